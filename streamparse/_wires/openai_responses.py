"""OpenAI Responses, and the servers and gateways that speak it.

Source: https://platform.openai.com/docs/api-reference/responses-streaming, the types of the
openai SDK, and recorded streams of OpenAI, Azure, ChatGPT's backend, GitHub Copilot, xAI,
OpenRouter and LM Studio.

Quirks that are handled here:
- Items are found by index and ids, of which any may be missing or wrong: `responses_names`.
- Texts come again in up to four records, under other indexes: `responses_texts`.
- GitHub Copilot sends encrypted argument deltas; the arguments in `.done` hold.
- Arguments come in deltas, only in `.done`, or only in `output_item.done` (LM Studio).
- `.done` comes for arguments that were cut too, and may be empty: without text, and for free text
  always, the end of a call is `output_item.done`, whose status says whether it was cut.
- An error comes nested or flat, and `response.failed` after it: that is the end.
- The terminal record may have a status of its own that says otherwise: vLLM sends
  `response.completed` for answers that a limit has cut. The worse of the two holds.
- Gateways end a stream with `[DONE]` alone.
- A web socket carries several streams, told apart by `stream_id`; a resumed stream overlaps.
- Spoken answers have a transcript, which is their text.
- ChatGPT's backend ends with an empty `output`; a stream that was resumed lacks its beginning.
- The patch of `apply_patch_call` is streamed by events that the API reference does not have.

`responses_items` says what the items are and whose their calls are, `responses_history` what goes
back into the next turn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.calls import CUT, CallReader
from streamparse._answers.response import ResponseReader
from streamparse._core.flat import equal
from streamparse._core.plain import dict_of, is_something, list_of, number_of, text_of
from streamparse._wires.base import Wire, error_of
from streamparse._wires.replays import Lane, Numbers, index_of
from streamparse._wires.responses_history import history, tool_result
from streamparse._wires.responses_items import (
    Item,
    StreamedArgument,
    in_order,
    is_call,
    rest_of,
    result_member,
    shape_of,
    stem_of,
)
from streamparse._wires.responses_names import Items, family_of, names_of
from streamparse._wires.responses_texts import THOUGHTS, Texts
from streamparse._wires.usage import openai_usage
from streamparse.errors import ProviderError
from streamparse.message import Message, Reasoning, ServerToolResult

__all__ = ["OpenAIResponses", "handles"]

# Events that carry a piece of what a call is asked to do, without their verb: the type of their
# item.
_ARGUMENT_STEMS: Final[dict[str, str]] = {
    "response.function_call_arguments": "function_call",
    "response.custom_tool_call_input": "custom_tool_call",
    "response.mcp_call_arguments": "mcp_call",
}
# The same by the whole type of the event.
_ARGUMENTS: Final[dict[str, str]] = {
    f"{stem}.{verb}": kind for stem, kind in _ARGUMENT_STEMS.items() for verb in ("delta", "done")
}
# The same for arguments without JSON text: where in them the growing string is. "" is an index.
_GROWING: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "response.code_interpreter_call_code": ("code_interpreter_call", ("code",)),
    "response.apply_patch_call_operation_diff": ("apply_patch_call", ("operation", "diff")),
    "response.shell_call_command": ("shell_call", ("action", "commands", "")),
}

_REASONS: Final[dict[str, str]] = {
    "max_output_tokens": "length",
    "max_messages": "length",
    "content_filter": "content_filter",
    # The answer stopped at a good place because the caller steered it; another one follows.
    "steered": "paused",
}

# States of a response, from good to bad.
_RANK: Final[dict[str, int]] = {
    "completed": 0,
    "queued": 1,
    "in_progress": 1,
    "incomplete": 2,
    "cancelled": 3,
    "failed": 4,
}
_OBJECTS: Final = frozenset(("response", "response.compaction"))
# Members of the response that are understood, or change from one event to the next.
_RESPONSE: Final = frozenset(
    ("id", "object", "created_at", "completed_at", "model", "status", "output", "output_text")
) | frozenset(("usage", "error"))
# Members of a record that are understood. `obfuscation` is padding against guessing by size.
_RECORD: Final = frozenset(
    (
        "type",
        "sequence_number",
        "response",
        "item",
        "part",
        "delta",
        "obfuscation",
        "item_id",
        "output_index",
        "content_index",
        "summary_index",
        "annotation_index",
        "annotation",
        "command_index",
        "command",
        "text",
        "refusal",
        "arguments",
        "input",
        "code",
        "diff",
        "name",
        "stream_id",
        "call_id",
    )
)

# Events of a text, without their verb: the kind of text, the member that tells several apart, and
# the type of their item.
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
    """`response.*` records of a stream or a web socket, and whole `response` bodies."""

    api: ClassVar[str] = "openai-responses"

    def __init__(self, response: ResponseReader) -> None:
        super().__init__(response)
        self.items = Items()
        self.texts = Texts(response)
        self.lane = Lane()
        self.numbers = Numbers()
        # The names of the members of the last record, and those of them that are not understood.
        self.members: list[str] = []
        self.others: list[str] = []
        self.sealed: list[Item] = []  # items with argument text that may be encrypted

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        if text_of(data.get("object")) in _OBJECTS and isinstance(data.get("output"), list):
            return True
        # The realtime API has events of the same names, each with an id.
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
        """Records are numbered within a response, from 0 or from where it was resumed."""
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
        """`[DONE]` is a normal end if every item that began has had the record of its end."""
        self._settle_all()
        items = self.items.all
        if items and all(item.done and not _is_cut(item.data) for item in items):
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
        if "stream_id" in data:  # on a web socket, in every event
            self._answer().note("stream_id", data["stream_id"])
        members = list(data)
        if members != self.members:  # most events have the members of the one before
            self.members = members
            self.others = [name for name in members if name not in _RECORD]
        for name in self.others:
            value = data[name]
            if is_something(value):
                if name == "model":  # LiteLLM, in every event
                    self._answer().note(name, value)
                else:
                    self._answer().pass_on(name, value)

    def _error(self, kind: str, data: dict[str, Any]) -> bool:
        """`response.failed` follows, as a rule: that, or the end of input, ends the message."""
        self._answer().fail(_failure(data.get("error") or data, data))
        return True

    # The end.

    def _body(self, data: dict[str, Any]) -> None:
        """A whole response is what its terminal event carries."""
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
        if state == "completed" and self._cut_calls():
            state = "incomplete"
        if state == "failed":
            error = response.get("error") or {"message": "the response has failed"}
            answer.finish("error", kind)
            answer.fail(_failure(error, response))
        elif state == "incomplete":
            details = dict_of(response.get("incomplete_details"))
            # Whatever the reason is: an answer that calls itself incomplete is cut.
            answer.finish(_REASONS.get(text_of(details.get("reason")), "length"), kind)
        elif state == "completed":
            answer.finish(self._completed(message), kind)
        elif state == "cancelled":
            answer.finish(state, kind)
        # One that is still "in_progress" has not finished: it ends truncated.
        message.raw_finish_reason = kind
        self.response.end()

    def _cut_calls(self) -> bool:
        """Whether a call for the caller was cut, by its own status; it is truncated then."""
        found = False
        for item in self.items.all:
            reader = item.reader
            if reader is not None and reader.open and _is_cut(item.data):
                reader.close(CUT)
                found = found or reader.call.kind != "server"
        return found

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
        """No more deltas come: the texts are final, and text that was held back goes out."""
        for item in self.sealed:
            self._open_sealed(item, None)
        self.sealed = []
        self.texts.settle()

    def _catch_up(self, output: list[Any], is_complete: bool) -> None:
        """The final list of items: what no event of its own brought is taken from it."""
        for data in self._unknown(output, is_complete):
            self._item_final(self._open(data, None, []), data, is_complete)
        for item in self.items.all:
            if not item.done and not item.addressed:
                self._settle(item, item.data)

    def _unknown(self, output: list[Any], is_complete: bool) -> list[dict[str, Any]]:
        """The final items that no event was about; those that had no end yet are ended.

        Items are found by id, by call id, or else by their order within a type: the ids of
        Copilot's items rotate, and those of OpenRouter's reasoning.
        """
        known: dict[tuple[str, str], list[Item]] = {}
        for item in reversed(self.items.all):
            for name in names_of(item.data):
                known.setdefault((item.kind, name), []).append(item)
        left: list[dict[str, Any]] = []
        found: set[int] = set()
        for data in map(dict_of, output):
            match = _match(known, data, found)
            if match is not None:
                found.add(match.number)
                self._item_final(match, data, is_complete)
            elif data:
                left.append(data)
        return self._unpaired(left, found, is_complete)

    def _unpaired(
        self, left: list[dict[str, Any]], found: set[int], is_complete: bool
    ) -> list[dict[str, Any]]:
        free: dict[str, list[Item]] = {}
        for item in reversed(self.items.all):
            if item.number not in found:
                free.setdefault(item.kind, []).append(item)
        unpaired: list[dict[str, Any]] = []
        for data in left:
            same = free.get(text_of(data.get("type")))
            if same:
                item = same.pop()
                if not item.done:
                    self._item_final(item, data, is_complete)
            else:
                unpaired.append(data)
        return unpaired

    def _item_final(self, item: Item, data: dict[str, Any], is_complete: bool) -> None:
        """An item in the final list, which is the last word about its texts."""
        if item.done:
            if item.reader is None:
                self.texts.whole_item(item, data)
            return
        # In an answer that was cut, only an item that says so has reached its end.
        status = text_of(data.get("status"))
        self._item_done(item, data, is_complete or status == "completed")

    # Items.

    def _item(self, data: dict[str, Any], kind: str, grows: bool) -> Item:
        """The item of an event; begun here, if its beginning was missed."""
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
            # A call that was cut has the status "incomplete", which is no end of its own.
            self._item_done(item, content, not _is_cut(content))
        return True

    def _begin(self, item: Item) -> None:
        answer = self._answer()
        answer.begin()
        if is_call(item.kind):
            self._begin_call(item)
        elif item.kind in ("reasoning", "compaction"):
            # What matters may be encrypted, and the id is wanted back: there is always a part.
            item.waiting = Reasoning()
            self.texts.add(item, item.waiting)
        elif item.kind != "message":
            item.result = ServerToolResult(name=stem_of(item.kind))
            answer.add(item.result)
        self._describe(item)

    def _begin_call(self, item: Item) -> None:
        kind, name, _, _ = shape_of(item.kind)
        data = item.data
        name = text_of(data.get("name")) or name
        identity = text_of(data.get("call_id")) or text_of(data.get("id"))
        environment = text_of(dict_of(data.get("environment")).get("type"))
        if item.kind == "shell_call" and environment.startswith("container"):
            kind = "server"
        elif item.kind == "tool_search_call" and data.get("execution") == "client":
            kind = "function"
        item.reader = self._answer().call(identity or None, name or None, kind)

    def _item_done(self, item: Item, data: dict[str, Any], is_whole: bool) -> None:
        item.data = data
        self.items.end(item)
        self._settle(item, data)
        reader = item.reader
        if reader is not None and is_whole and not _is_cut(data):
            reader.end()
            self._call_result(item, reader)

    def _settle(self, item: Item, data: dict[str, Any]) -> None:
        """Take from the whole item what its events have not brought."""
        self._describe(item)
        if item.kind in ("message", "reasoning"):
            self.texts.whole_item(item, data)
        elif item.reader is not None:
            self._whole_arguments(item, item.reader, data)
        elif item.result is not None:
            member = result_member(item.kind)
            if member is not None:
                content = data.get(member)
                self._answer().room.keep(content)
                item.result.content = content
            else:
                self._answer().pass_on(item.kind or "item", data)

    def _describe(self, item: Item) -> None:
        """What the item says besides its content goes into the `extra` of its parts."""
        rest = rest_of(item.kind, item.data)
        reader = item.reader
        if reader is not None:
            identity = text_of(item.data.get("call_id")) or text_of(item.data.get("id"))
            if identity:
                reader.set_id(identity)
                # Seen of a tool search: the id it ends with is the one that the API knows.
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
        """Parts begin empty; what they are, their deltas say."""
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
        if item.sealed is not None or (of_item != "custom_tool_call" and _is_sealed(item, text)):
            self._keep_sealed(item, text)
        else:
            item.reader.feed(text)
        return True

    def _arguments_done(self, kind: str, data: dict[str, Any]) -> bool:
        of_item = _ARGUMENTS[kind]
        item = self._item(data, of_item, False)
        reader = item.reader
        if reader is None:
            return False
        self._pass_on_rest(data)
        is_text = item.kind == "custom_tool_call" or of_item == "custom_tool_call"
        value = data.get("input" if is_text else "arguments")
        if reader.begun and isinstance(value, str) and value == item.confirmed:
            return True
        name = text_of(data.get("name"))
        if name and not reader.begun:
            reader.set_name(name)
        self._confirm(item, reader, value)
        # Nothing at all, and free text, may have been cut: the item's end says.
        if not is_text and item.sealed is None and reader.received and reader.begun:
            reader.end()
        return True

    def _confirm(self, item: Item, reader: CallReader, value: Any) -> None:
        """The whole arguments came."""
        if item.sealed is not None and is_something(value):
            self._open_sealed(item, value)
        if isinstance(value, str):
            # What was compared once is not compared with all that came again.
            if value != item.confirmed:
                reader.confirm(value)
                item.confirmed = value
        elif value is not None and not reader.received:
            reader.feed_value(value)

    def _keep_sealed(self, item: Item, text: str) -> None:
        """Argument text that may be encrypted waits for the whole arguments."""
        if item.sealed is None:
            item.sealed = []
            self.sealed.append(item)
        self._answer().room.take(len(text))
        item.sealed.append(text)
        item.size += len(text)
        if item.size > self.response.options.limits.string:
            self._open_sealed(item, None)

    def _open_sealed(self, item: Item, whole: Any) -> None:
        """The arguments are known, or will never be: what was held back was them, or encrypted."""
        reader = item.reader
        if reader is None or item.sealed is None:
            return
        text = "".join(item.sealed)
        item.sealed = None
        self._answer().room.give_back(len(text))
        if whole is None or (isinstance(whole, str) and whole.startswith(text)):
            reader.feed(text)
            return
        message = "the deltas held other text, perhaps encrypted"
        reader.note_anomaly("replaced_arguments", message)
        self._answer().pass_on("replaced_arguments", {**reader.call.naming(), "text": text})

    def _growing(self, kind: str, data: dict[str, Any]) -> bool:
        """A piece of a string in arguments that have no JSON text; the item's end closes it."""
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

    def _whole_arguments(self, item: Item, reader: CallReader, data: dict[str, Any]) -> None:
        _, _, names, _ = shape_of(item.kind)
        if item.streamed is not None:
            if item.done and not _is_cut(data):
                item.streamed.finish({name: data.get(name) for name in names})
        elif "arguments" in data or item.kind == "custom_tool_call":
            value = data.get("input" if item.kind == "custom_tool_call" else "arguments")
            # A search that has not ended has the arguments {}, a call that has not has "".
            if value or item.done:
                self._confirm(item, reader, value)
        elif item.done and not reader.received:
            value = {name: data[name] for name in names if data.get(name) is not None}
            reader.feed_value(in_order(item.kind, value))

    def _call_result(self, item: Item, reader: CallReader) -> None:
        """What the provider's tool gave: a part after the call."""
        _, _, _, names = shape_of(item.kind)
        for place, name in enumerate(names):
            value = item.data.get(name)
            if is_something(value):
                call = reader.call
                result = ServerToolResult(call.id, call.name, value)
                if place:
                    result.extra["is_error"] = True
                item.result = result
                self._answer().add(result)
                return


def _handlers() -> dict[str, Callable[[OpenAIResponses, str, dict[str, Any]], bool]]:
    """What reads an event, by its type; each returns False for what is to be passed on."""
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


# A number for each type of event, which its checksum begins with.
_NUMBERED: Final[dict[str, int]] = {kind: place for place, kind in enumerate(_HANDLERS)}

# The member of a `.done` event that has the whole text, where it is not `text`.
_WHOLE: Final[dict[str, str]] = {"refusal": "refusal", "output_audio": "transcript"}


def _is_cut(data: dict[str, Any]) -> bool:
    return data.get("status") == "incomplete"


def _is_sealed(item: Item, text: str) -> bool:
    """Whether argument text begins as encrypted text does (Base64), and JSON objects do not."""
    reader = item.reader
    if reader is None or reader.received or not reader.open:
        return False
    first = text.lstrip()[:1]
    return first.isalnum() or first in ("+", "/", "-", "_")


def _state_of(state: str, response: dict[str, Any]) -> str:
    """The worst of what a terminal record and the response in it say."""
    states = [state, text_of(response.get("status"))]
    if is_something(response.get("error")):
        states.append("failed")
    if any(map(is_something, dict_of(response.get("incomplete_details")).values())):
        states.append("incomplete")
    for other in states:
        if _RANK.get(other, 0) > _RANK.get(state, 0):
            state = other
    return state


def _match(
    known: dict[tuple[str, str], list[Item]], data: dict[str, Any], found: set[int]
) -> Item | None:
    """The first item with a name of this final one that none was found to be before."""
    for name in names_of(data):
        items = known.get((text_of(data.get("type")), name))
        while items:
            item = items.pop()
            if item.number not in found:
                return item
    return None


def _failure(error: Any, data: dict[str, Any]) -> ProviderError:
    """The error, by its code and the provider's sentence; `data` is the whole record."""
    inner = error
    if isinstance(error, dict):
        inner = {key: value for key, value in error.items() if key != "type" or value != "error"}
        if inner.get("code"):
            inner.pop("type", None)
    failure = error_of({"error": inner or {"message": "the provider reported an error"}})
    return ProviderError(failure.message, data=data)
