"""OpenAI Responses, and compatible servers and gateways.

Source: https://platform.openai.com/docs/api-reference/responses-streaming, the types of the
openai SDK, and recorded streams of OpenAI, Azure, ChatGPT's backend, GitHub Copilot, xAI,
OpenRouter and LM Studio.

Quirks that are handled here:
- Items are found by index and ids, of which any may be missing or wrong: `responses_names`.
- Up to four records repeat a text, under other indexes: `responses_texts`.
- GitHub Copilot sends encrypted argument deltas; the arguments in `.done` are used.
- Arguments come in deltas, only in `.done`, or only in `output_item.done` (LM Studio).
- `.done` also comes for arguments that were cut, and may be empty. Without text, and always for
  free text, a call ends with `output_item.done`, whose status shows whether it was cut.
- An error is nested or flat. `response.failed` follows it and ends the answer.
- The terminal record may have another status than its type: vLLM sends `response.completed` for
  answers that a limit has cut. The worse one is used.
- Gateways end a stream with `[DONE]` alone.
- A web socket carries several streams, which differ in `stream_id`. A resumed stream overlaps.
- The text of an audio answer is its transcript.
- ChatGPT's backend ends with an empty `output`. A stream that was resumed lacks its beginning.
- The events that stream the patch of an `apply_patch_call` are not in the API reference.

`responses_items` lists the types of items, `responses_calls` writes the calls, and
`responses_history` the next turn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.response import ResponseReader
from streamparse._core.flat import equal
from streamparse._core.plain import dict_of, is_something, list_of, number_of, text_of
from streamparse._wires.base import Wire, error_of
from streamparse._wires.replays import Lane, Numbers, index_of
from streamparse._wires.responses_calls import Calls, cut_calls
from streamparse._wires.responses_history import history, tool_result
from streamparse._wires.responses_items import (
    Item,
    StreamedArgument,
    is_call,
    is_cut,
    rest_of,
    result_member,
    stem_of,
)
from streamparse._wires.responses_names import Items, family_of, names_of
from streamparse._wires.responses_texts import THOUGHTS, Texts
from streamparse._wires.usage import openai_usage
from streamparse.errors import ProviderError
from streamparse.message import Message, Reasoning, ServerToolResult

__all__ = ["OpenAIResponses", "handles"]

# The events of arguments without their verb: the type of their item.
_ARGUMENT_STEMS: Final[dict[str, str]] = {
    "response.function_call_arguments": "function_call",
    "response.custom_tool_call_input": "custom_tool_call",
    "response.mcp_call_arguments": "mcp_call",
}
# The same by the whole type of the event.
_ARGUMENTS: Final[dict[str, str]] = {
    f"{stem}.{verb}": kind for stem, kind in _ARGUMENT_STEMS.items() for verb in ("delta", "done")
}
# The events of arguments that are not JSON text: the type of their item, and the place of the
# string that grows. "" stands for an index.
_GROWING: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "response.code_interpreter_call_code": ("code_interpreter_call", ("code",)),
    "response.apply_patch_call_operation_diff": ("apply_patch_call", ("operation", "diff")),
    "response.shell_call_command": ("shell_call", ("action", "commands", "")),
}

_REASONS: Final[dict[str, str]] = {
    "max_output_tokens": "length",
    "max_messages": "length",
    "content_filter": "content_filter",
    # The caller steered the answer, which stopped at a good place; another one follows.
    "steered": "paused",
}

# The states of a response, from good to bad.
_RANK: Final[dict[str, int]] = {
    "completed": 0,
    "queued": 1,
    "in_progress": 1,
    "incomplete": 2,
    "cancelled": 3,
    "failed": 4,
}
_OBJECTS: Final = frozenset(("response", "response.compaction"))
# The members of the response that are understood, or differ from event to event.
_RESPONSE: Final = frozenset(
    ("id", "object", "created_at", "completed_at", "model", "status", "output", "output_text")
) | frozenset(("usage", "error"))
# The members of a record that are understood. `obfuscation` is padding.
_NAMES: Final = (
    "type sequence_number response item part delta obfuscation stream_id item_id output_index "
    "content_index summary_index annotation_index annotation command_index command text refusal "
    "arguments input code diff name call_id"
)
_RECORD: Final = frozenset(_NAMES.split())

# The events of texts without their verb: the kind of text, the member with its index, and the type
# of the item.
_TEXT_STEMS: Final[dict[str, tuple[str, str, str]]] = {
    "response.output_text": ("output_text", "content_index", "message"),
    "response.refusal": ("refusal", "content_index", "message"),
    "response.reasoning_summary_text": ("summary_text", "summary_index", "reasoning"),
    "response.reasoning_text": ("reasoning_text", "content_index", "reasoning"),
    "response.audio.transcript": ("output_audio", "content_index", "message"),
    "response.output_audio_transcript": ("output_audio", "content_index", "message"),
}
# The same by the whole type of the event.
_TEXTS: Final[dict[str, tuple[str, str, str]]] = {
    f"{stem}.{verb}": found for stem, found in _TEXT_STEMS.items() for verb in ("delta", "done")
}


class OpenAIResponses(Wire):
    """Reads `response.*` records of a stream or a web socket, and whole `response` bodies."""

    api: ClassVar[str] = "openai-responses"

    def __init__(self, response: ResponseReader) -> None:
        super().__init__(response)
        self.items = Items()
        self.texts = Texts(response)
        self.calls = Calls(response)
        self.lane = Lane()
        self.numbers = Numbers()
        # The names of the members of the last record, and those of them that are not understood.
        self.members: list[str] = []
        self.others: list[str] = []

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        if text_of(data.get("object")) in _OBJECTS and isinstance(data.get("output"), list):
            return True
        # The realtime API has events with these names, but each has an id.
        if not text_of(data.get("type")).startswith("response.") or "event_id" in data:
            return False
        response = data.get("response")
        return not isinstance(response, dict) or response.get("object") in (None, "response")

    def history(self) -> Any:
        return history

    def write_result(self) -> Any:
        return tool_result

    # Records.

    def is_replay(self, data: dict[str, Any], event: str) -> bool:
        """Return whether the record was read before, by its number within the response."""
        number = data.get("sequence_number")
        if not isinstance(number, int) or isinstance(number, bool):
            return False
        if "stream_id" in data and self.lane.is_other(data):
            return False
        kind = data.get("type")
        if not isinstance(kind, str) or not kind:
            kind = event
        content = data.get("delta")
        if not isinstance(content, str):
            whole = dict_of(data.get("response") or data.get("item"))
            content = text_of(whole.get("id"))
        known = _NUMBERED.get(kind)
        if known is None:
            return self.numbers.is_replay(number, kind + content)
        return self.numbers.is_replay(number, content, known)

    def record(self, data: dict[str, Any], event: str) -> bool:
        kind = data.get("type")
        if not isinstance(kind, str) or not kind:
            kind = event
        if "stream_id" in data and self.lane.is_other(data):
            self._answer().pass_on(kind or "record", data)
            return True
        handler = _HANDLERS.get(kind)
        if handler is None and text_of(data.get("object")) in _OBJECTS and "output" in data:
            self._body(data)
            return True
        if handler is None and not kind.startswith("response."):
            return False
        if handler is None or not handler(self, kind, data):
            self._answer().pass_on(kind, data)
        return True

    def done(self) -> None:
        """End normally at `[DONE]` if every item that began has ended."""
        self._settle_all()
        items = self.items.all
        if items and all(item.done and not is_cut(item.data) for item in items):
            answer = self._answer()
            answer.finish(self._completed(answer.message))
            self.response.end()
        else:
            self.response.end_input()

    def end(self) -> None:
        self._settle_all()
        self.response.end_input()

    def _answer(self) -> AnswerReader:
        return self.response.first

    # The response.

    def _state(self, kind: str, data: dict[str, Any]) -> bool:
        self._response(dict_of(data.get("response")))
        self._pass_on_rest(data)
        return True

    def _response(self, response: dict[str, Any]) -> None:
        answer = self._answer()
        answer.begin(response.get("id"), response.get("model"))
        usage = response.get("usage")
        if isinstance(usage, dict) and usage:
            answer.usage(openai_usage(usage))
        rest = {
            name: value
            for name, value in response.items()
            if name not in _RESPONSE and is_something(value)
        }
        if rest:
            answer.note("response", rest)

    def _pass_on_rest(self, data: dict[str, Any]) -> None:
        if "stream_id" in data:  # in every event of a web socket
            self._answer().note("stream_id", data["stream_id"])
        members = list(data)
        if members != self.members:  # most events have the members of the one before
            self.members = members
            self.others = [name for name in members if name not in _RECORD]
        for name in self.others:
            value = data[name]
            if is_something(value):
                if name == "model":  # in every event of LiteLLM
                    self._answer().note(name, value)
                else:
                    self._answer().pass_on(name, value)

    def _error(self, kind: str, data: dict[str, Any]) -> bool:
        """Read an error; `response.failed` or the end of input will end the answer."""
        self._answer().fail(_failure(data.get("error") or data, data))
        return True

    # The end.

    def _body(self, data: dict[str, Any]) -> None:
        """Read a whole response as its terminal event."""
        self._end(_state_of(text_of(data.get("status")) or "completed", data), data)

    def _terminal(self, kind: str, data: dict[str, Any]) -> bool:
        self._pass_on_rest(data)
        response = dict_of(data.get("response"))
        self._end(_state_of(kind.partition(".")[2], response), response)
        return True

    def _end(self, state: str, response: dict[str, Any]) -> None:
        self._response(response)
        self._catch_up(list_of(response.get("output")), state == "completed")
        self._settle_all()
        answer = self._answer()
        message = answer.message
        kind = f"response.{state}"
        if state == "completed" and cut_calls(self.items.all):
            state = "incomplete"
        if state == "failed":
            error = response.get("error") or {"message": "the response has failed"}
            answer.finish("error", kind)
            answer.fail(_failure(error, response))
        elif state == "incomplete":
            details = dict_of(response.get("incomplete_details"))
            # For any reason, even an unknown one, an incomplete answer was cut.
            answer.finish(_REASONS.get(text_of(details.get("reason")), "length"), kind)
        elif state == "completed":
            answer.finish(self._completed(message), kind)
        elif state == "cancelled":
            answer.finish(state, kind)
        # A response that is still "in_progress" ends truncated.
        message.raw_finish_reason = kind
        self.response.end()

    def _completed(self, message: Message) -> str:
        if message.refusal:
            return "refusal"
        waiting = False
        for item in self.items.all:
            reader = item.reader
            if reader is not None and reader.call.kind != "server":
                return "stop"
            waiting = waiting or item.kind == "mcp_approval_request"
        return "paused" if waiting else "stop"

    def _settle_all(self) -> None:
        """Settle texts and calls, once no more deltas come."""
        self.calls.settle()
        self.texts.settle()

    def _catch_up(self, output: list[Any], is_complete: bool) -> None:
        """Read the part of the final list of items that no event had."""
        for known, data in self.items.paired(output):
            item = self._open(data, None, []) if known is None else known
            self._item_final(item, data, is_complete)
        for item in self.items.all:
            if not item.done and not item.addressed:
                self._settle(item, item.data)

    def _item_final(self, item: Item, data: dict[str, Any], is_complete: bool) -> None:
        """Read an item of the final list, whose texts replace those of earlier records."""
        if item.done:
            if item.reader is None:
                self.texts.whole_item(item, data)
            return
        # In an answer that was cut, only items with the status "completed" have ended.
        status = text_of(data.get("status"))
        self._item_done(item, data, is_complete or status == "completed")

    # Items.

    def _item(self, data: dict[str, Any], kind: str, grows: bool) -> Item:
        """Return the item of an event; begin it if its own record is missing."""
        family = kind if kind in ("message", "reasoning") else family_of(kind)
        item = self.items.of_event(family, data, grows)
        if item is None:
            index, name = index_of(data.get("output_index")), text_of(data.get("item_id"))
            item = self._open({"type": kind}, index, [name])
            item.addressed = True
        return item

    def _open(self, data: dict[str, Any], index: int | None, names: list[str]) -> Item:
        item = Item(text_of(data.get("type")), data)
        self.items.begin(item, index, names)
        self._begin(item)
        return item

    def _item_added(self, kind: str, data: dict[str, Any]) -> bool:
        content = data.get("item")
        if not isinstance(content, dict):
            return False
        self._pass_on_rest(data)
        index = index_of(data.get("output_index"))
        item = self.items.of_added(content, index)
        if item is None:
            item = self._open(content, index, names_of(content))
        elif not item.added and not item.done:
            item.data = content
            self.items.name(item, names_of(content))
            self._describe(item)
        item.added = True
        return True

    def _item_ended(self, kind: str, data: dict[str, Any]) -> bool:
        content = data.get("item")
        if not isinstance(content, dict):
            return False
        self._pass_on_rest(data)
        index = index_of(data.get("output_index"))
        item = self.items.of_done(content, index)
        if item is None:
            item = self._open(content, index, names_of(content))
        if not item.done:
            self.items.name(item, names_of(content))
            self._item_done(item, content, not is_cut(content))
        return True

    def _begin(self, item: Item) -> None:
        answer = self._answer()
        answer.begin()
        if is_call(item.kind):
            self.calls.begin(item)
        elif item.kind in ("reasoning", "compaction"):
            # There is a part even without text, because the next turn needs its id and the
            # encrypted content.
            item.waiting = Reasoning()
            self.texts.add(item, item.waiting)
        elif item.kind != "message":
            item.result = ServerToolResult(name=stem_of(item.kind))
            answer.add(item.result)
        self._describe(item)

    def _item_done(self, item: Item, data: dict[str, Any], is_whole: bool) -> None:
        item.data = data
        self.items.end(item)
        self._settle(item, data)
        reader = item.reader
        if reader is not None and is_whole and not is_cut(data):
            self.calls.end(item, reader)

    def _settle(self, item: Item, data: dict[str, Any]) -> None:
        """Read the part of a whole item that its events did not have."""
        self._describe(item)
        if item.kind in ("message", "reasoning"):
            self.texts.whole_item(item, data)
        elif item.reader is not None:
            self.calls.whole_item(item, item.reader, data)
        elif item.result is not None:
            member = result_member(item.kind)
            if member is not None:
                content = data.get(member)
                self._answer().room.keep(content)
                item.result.content = content
            else:
                self._answer().pass_on(item.kind or "item", data)

    def _describe(self, item: Item) -> None:
        """Put the members of an item other than its content into the `extra` of its parts."""
        rest = rest_of(item.kind, item.data)
        reader = item.reader
        if reader is not None:
            identity = text_of(item.data.get("call_id")) or text_of(item.data.get("id"))
            if identity:
                reader.set_id(identity)
                # A tool search was seen to change its id; the API knows the last one.
                reader.call.id = identity
            name = text_of(item.data.get("name"))
            if name and not reader.begun:
                reader.set_name(name)
            self._extend(reader.call.extra, rest)
        if item.result is not None:
            item.result.call_id = text_of(item.data.get("call_id")) or None
            self._extend(item.result.extra, rest)
        for place, part in enumerate(item.parts):
            self._extend(part.extra, rest)
            if place:
                part.extra.pop("encrypted_content", None)

    def _extend(self, extra: dict[str, Any], rest: dict[str, Any]) -> None:
        room = self._answer().room
        for name, value in rest.items():
            if name not in extra or not equal(extra[name], value):
                room.put(extra, name, value)

    # Text, refusals, reasoning.

    def _text_delta(self, kind: str, data: dict[str, Any]) -> bool:
        delta = data.get("delta")
        if not isinstance(delta, str):
            return False
        text_kind, member, family = _TEXTS[kind]
        item = self._item(data, family, True)
        self.texts.delta(item, text_kind, index_of(data.get(member)), delta)
        self._pass_on_rest(data)
        return True

    def _text_done(self, kind: str, data: dict[str, Any]) -> bool:
        text_kind, member, family = _TEXTS[kind]
        text = data.get(_WHOLE.get(text_kind, "text"))
        if not isinstance(text, str):
            return text is None and text_kind == "output_audio"
        item = self._item(data, family, False)
        self.texts.whole(item, text_kind, index_of(data.get(member)), text)
        return True

    def _part_done(self, kind: str, data: dict[str, Any]) -> bool:
        part = dict_of(data.get("part"))
        is_thought = text_of(part.get("type")) in THOUGHTS
        item = self._item(data, "reasoning" if is_thought else "message", False)
        member = "summary_index" if "summary_index" in data else "content_index"
        self.texts.whole_part(item, index_of(data.get(member)), part)
        return True

    def _nothing(self, kind: str, data: dict[str, Any]) -> bool:
        """Ignore the beginning of a part, which is always empty."""
        return True

    def _annotation(self, kind: str, data: dict[str, Any]) -> bool:
        item = self._item(data, "message", False)
        self.texts.cite(item, index_of(data.get("content_index")) or 0, data.get("annotation"))
        self._pass_on_rest(data)
        return True

    def _audio_delta(self, kind: str, data: dict[str, Any]) -> bool:
        delta = data.get("delta")
        if not isinstance(delta, str):
            return False
        item = self._item(data, "message", True)
        self.texts.audio(item, index_of(data.get("content_index")), delta)
        self._pass_on_rest(data)
        return True

    # Calls.

    def _arguments_delta(self, kind: str, data: dict[str, Any]) -> bool:
        of_item = _ARGUMENTS[kind]
        item = self._item(data, of_item, True)
        if item.reader is None:
            return False
        self._pass_on_rest(data)
        text = text_of(data.get("delta"))
        if item.reader.received and item.sealed is None:
            item.reader.feed(text)
        else:
            self.calls.first_text(item, item.reader, text, of_item == "custom_tool_call")
        return True

    def _arguments_done(self, kind: str, data: dict[str, Any]) -> bool:
        of_item = _ARGUMENTS[kind]
        item = self._item(data, of_item, False)
        if item.reader is None:
            return False
        self._pass_on_rest(data)
        self.calls.text_done(item, item.reader, data, of_item == "custom_tool_call")
        return True

    def _growing(self, kind: str, data: dict[str, Any]) -> bool:
        """Read an event of a string in the arguments; the end of the item ends the arguments."""
        stem, _, verb = kind.rpartition(".")
        of_item, where = _GROWING[stem]
        item = self._item(data, of_item, verb != "done")
        reader = item.reader
        if reader is None:
            return False
        self._pass_on_rest(data)
        index = number_of(data.get("command_index")) or 0
        before = dict_of(item.data.get(where[0]))
        text = text_of(data.get("delta" if verb == "delta" else stem.rpartition("_")[2]))
        if item.streamed is None and text:
            item.streamed = StreamedArgument(reader, where)
        if item.streamed is not None and verb == "delta":
            item.streamed.grow(text, index, before)
        elif item.streamed is not None and verb == "done":
            item.streamed.close(text, index, before)
        return True


def _handlers() -> dict[str, Callable[[OpenAIResponses, str, dict[str, Any]], bool]]:
    """Return the method that reads each type of event. It returns False to pass the event on."""
    wire = OpenAIResponses
    table: dict[str, Callable[[OpenAIResponses, str, dict[str, Any]], bool]] = {
        "error": wire._error,
        "response.output_item.added": wire._item_added,
        "response.output_item.done": wire._item_ended,
        "response.content_part.added": wire._nothing,
        "response.reasoning_summary_part.added": wire._nothing,
        "response.content_part.done": wire._part_done,
        "response.reasoning_summary_part.done": wire._part_done,
        "response.output_text.annotation.added": wire._annotation,
        "response.audio.delta": wire._audio_delta,
        "response.output_audio.delta": wire._audio_delta,
        "response.audio.done": wire._nothing,
        "response.output_audio.done": wire._nothing,
    }
    for state in ("created", "queued", "in_progress"):
        table[f"response.{state}"] = wire._state
    for state in ("completed", "incomplete", "failed", "cancelled"):
        table[f"response.{state}"] = wire._terminal
    for stem in _TEXT_STEMS:
        table[f"{stem}.delta"] = wire._text_delta
        table[f"{stem}.done"] = wire._text_done
    for stem in _ARGUMENT_STEMS:
        table[f"{stem}.delta"] = wire._arguments_delta
        table[f"{stem}.done"] = wire._arguments_done
    for stem in _GROWING:
        for verb in ("added", "delta", "done"):
            table[f"{stem}.{verb}"] = wire._growing
    return table


_HANDLERS: Final = _handlers()


def handles(kind: str) -> bool:
    """Return whether events of this type are read, not passed on."""
    return kind in _HANDLERS


# The number of each type of event, with which its checksum begins.
_NUMBERED: Final[dict[str, int]] = {kind: place for place, kind in enumerate(_HANDLERS)}

# The member of a `.done` event with the whole text, if it is not `text`.
_WHOLE: Final[dict[str, str]] = {"refusal": "refusal", "output_audio": "transcript"}


def _state_of(state: str, response: dict[str, Any]) -> str:
    """Return the worst state among those of a terminal record and of the response in it."""
    states = [state, text_of(response.get("status"))]
    if is_something(response.get("error")):
        states.append("failed")
    if any(map(is_something, dict_of(response.get("incomplete_details")).values())):
        states.append("incomplete")
    for other in states:
        if _RANK.get(other, 0) > _RANK.get(state, 0):
            state = other
    return state


def _failure(error: Any, data: dict[str, Any]) -> ProviderError:
    """Return an error with its code and the provider's sentence; `data` is the whole record."""
    inner = error
    if isinstance(error, dict):
        inner = {key: value for key, value in error.items() if key != "type" or value != "error"}
        if inner.get("code"):
            inner.pop("type", None)
    failure = error_of({"error": inner or {"message": "the provider reported an error"}})
    return ProviderError(failure.message, data=data)
