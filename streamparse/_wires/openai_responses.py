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

`responses_output` writes the items, and `responses_history` writes those of the next turn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.response import ResponseReader
from streamparse._core.plain import dict_of, is_something, list_of, number_of, text_of
from streamparse._decoding.templates import Repeat
from streamparse._wires.base import Wire, error_of
from streamparse._wires.replays import Lane, Numbers, checksum, index_of
from streamparse._wires.responses_calls import cut_calls
from streamparse._wires.responses_history import history, tool_result
from streamparse._wires.responses_items import Item, Piece, StreamedArgument
from streamparse._wires.responses_names import family_of
from streamparse._wires.responses_output import Output
from streamparse._wires.responses_texts import THOUGHTS, Texts
from streamparse._wires.usage import openai_usage
from streamparse.errors import ProviderError

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
# string that grows. "" means any index.
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
# The same with a member of most records, which is nearly always an empty list.
_USUAL: Final = _RECORD | frozenset(("logprobs",))

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
        self.output = Output(response)
        self.texts = self.output.texts
        self.calls = self.output.calls
        self.lane = Lane()
        self.sieve = Numbers("sequence_number")
        # The type and place of the last delta, and the checksum of both, see `total`.
        self._kind: str = ""
        self._place: int | None = None
        self._start: int = checksum(_content_before("", None))
        self.background: Any = None  # whether the provider continues without a connection

    @classmethod
    def words(cls) -> frozenset[str]:
        return _RECORD.union(_RESPONSE, _HANDLERS)

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

    def is_elsewhere(self, data: dict[str, Any]) -> bool:
        return "stream_id" in data and self.lane.is_other(data)

    def total(self, data: dict[str, Any], event: str) -> int:
        # A repeated record may differ in `obfuscation`, which is random.
        kind = text_of(data.get("type")) or event
        delta = data.get("delta")
        if not isinstance(delta, str):
            inner = dict_of(data.get("response") or data.get("item"))
            return checksum(kind + text_of(inner.get("id")))
        place = index_of(data.get("output_index"))
        if place != self._place or kind != self._kind:
            self._kind, self._place = kind, place
            self._start = checksum(_content_before(kind, place))
        return checksum(delta, self._start)

    def resume_token(self) -> dict[str, Any] | None:
        return None if self.background is False else super().resume_token()

    def record(self, data: dict[str, Any], event: str) -> bool:
        kind = text_of(data.get("type")) or event
        if self.is_elsewhere(data):
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

    def repeat(self, data: dict[str, Any], event: str) -> Repeat | None:
        kind, delta = data.get("type"), data.get("delta")
        if not isinstance(kind, str) or not isinstance(delta, str) or "stream_id" in data:
            return None
        if _has_rest(data):
            for name in data:
                if name not in _RECORD and is_something(data[name]):
                    return None
        if type(data.get("sequence_number")) is not int:
            return None
        return self._growth_of(kind, data)

    def _growth_of(self, kind: str, data: dict[str, Any]) -> _Growth | None:
        """Return the effect of a delta event for a text or call that has begun; otherwise None."""
        text = _TEXTS.get(kind)
        kind_of_item = _ARGUMENTS.get(kind, "") if text is None else text[2]
        index = data.get("output_index")
        if not kind_of_item or not kind.endswith(".delta") or type(index) is not int:
            return None
        is_text = kind_of_item in ("message", "reasoning")
        family = kind_of_item if is_text else family_of(kind_of_item)
        item = self.output.items.by_place.get((family, index))
        if item is None or text_of(data.get("item_id")) not in item.names:
            return None
        if text is None:
            reader = item.reader
            if reader is None or not reader.received or item.sealed is not None:
                return None
            return _Growth(self.texts, item, None, kind, index)
        place = data.get(text[1])
        piece = item.places.get((text[0], place)) if type(place) is int else None
        if piece is None or piece.final is not None:
            return None
        return _Growth(self.texts, item, piece, kind, index)

    def done(self) -> None:
        """End normally at `[DONE]` if every item that began has ended."""
        self.output.settle()
        if self.output.is_complete():
            answer = self._answer()
            answer.finish(self.output.finish_reason())
            self.response.end()
        else:
            self.response.end_input()

    def end(self) -> None:
        self.output.settle()
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
        self.background = response.get("background", self.background)
        usage = response.get("usage")
        if isinstance(usage, dict) and usage:
            answer.usage(openai_usage(usage))
        others = [name for name in response if name not in _RESPONSE]
        rest = {name: response[name] for name in others if is_something(response[name])}
        if rest:
            answer.note("response", rest)

    def _pass_on_rest(self, data: dict[str, Any]) -> None:
        if "stream_id" in data:  # in every event of a web socket
            self._answer().note("stream_id", data["stream_id"])
        if not _has_rest(data):
            return
        for name, value in data.items():
            if name not in _RECORD and is_something(value):
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
        self.output.catch_up(list_of(response.get("output")), state == "completed")
        self.output.settle()
        answer = self._answer()
        kind = f"response.{state}"
        if state == "completed" and cut_calls(self.output.items.all):
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
            answer.finish(self.output.finish_reason(), kind)
        elif state == "cancelled":
            answer.finish(state, kind)
        # A response that is still "in_progress" ends truncated.
        answer.message.raw_finish_reason = kind
        self.response.end()

    # Items.

    def _item(self, kind: str, data: dict[str, Any]) -> bool:
        content, index = data.get("item"), index_of(data.get("output_index"))
        if not isinstance(content, dict):
            return False
        self._pass_on_rest(data)
        if kind.endswith(".added"):
            self.output.added(content, index)
        else:
            self.output.ended(content, index)
        return True

    # Text, refusals, reasoning.

    def _text_delta(self, kind: str, data: dict[str, Any]) -> bool:
        delta = data.get("delta")
        if not isinstance(delta, str):
            return False
        text_kind, member, family = _TEXTS[kind]
        item = self.output.item_of(data, family, True)
        self.texts.delta(item, text_kind, index_of(data.get(member)), delta)
        self._pass_on_rest(data)
        return True

    def _text_done(self, kind: str, data: dict[str, Any]) -> bool:
        text_kind, member, family = _TEXTS[kind]
        text = data.get(_WHOLE.get(text_kind, "text"))
        if not isinstance(text, str):
            return text is None and text_kind == "output_audio"
        item = self.output.item_of(data, family, False)
        self.texts.whole(item, text_kind, index_of(data.get(member)), text)
        return True

    def _part_done(self, kind: str, data: dict[str, Any]) -> bool:
        part = dict_of(data.get("part"))
        is_thought = text_of(part.get("type")) in THOUGHTS
        item = self.output.item_of(data, "reasoning" if is_thought else "message", False)
        member = "summary_index" if "summary_index" in data else "content_index"
        self.texts.whole_part(item, index_of(data.get(member)), part)
        return True

    def _nothing(self, kind: str, data: dict[str, Any]) -> bool:
        """Ignore the beginning of a part, which is always empty."""
        return True

    def _annotation(self, kind: str, data: dict[str, Any]) -> bool:
        item = self.output.item_of(data, "message", False)
        self.texts.cite(item, index_of(data.get("content_index")) or 0, data.get("annotation"))
        self._pass_on_rest(data)
        return True

    def _audio_delta(self, kind: str, data: dict[str, Any]) -> bool:
        delta = data.get("delta")
        if not isinstance(delta, str):
            return False
        item = self.output.item_of(data, "message", True)
        self.texts.audio(item, index_of(data.get("content_index")), delta)
        self._pass_on_rest(data)
        return True

    # Calls.

    def _arguments_delta(self, kind: str, data: dict[str, Any]) -> bool:
        of_item = _ARGUMENTS[kind]
        item = self.output.item_of(data, of_item, True)
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
        item = self.output.item_of(data, of_item, False)
        if item.reader is None:
            return False
        self._pass_on_rest(data)
        self.calls.text_done(item, item.reader, data, of_item == "custom_tool_call")
        return True

    def _growing(self, kind: str, data: dict[str, Any]) -> bool:
        """Read an event of a string in the arguments; the end of the item ends the arguments."""
        stem, _, verb = kind.rpartition(".")
        of_item, where = _GROWING[stem]
        item = self.output.item_of(data, of_item, verb != "done")
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


class _Growth(Repeat):
    """Reads more of a text or of the arguments of a call."""

    __slots__ = ("item", "piece", "start", "texts")

    _init_types: ClassVar[tuple[Any, ...]] = (Texts, Item, None, str, int)

    def __init__(
        self, texts: Texts, item: Item, piece: Piece | None, kind: str, place: int
    ) -> None:
        super().__init__(["delta"], ("obfuscation",), (), "sequence_number")
        self.texts = texts
        self.item = item
        self.piece = piece
        self.start = checksum(_content_before(kind, place))

    def total(self, delta: str) -> int:
        return checksum(delta, self.start)

    def read(self, delta: str) -> None:
        reader = self.item.reader
        if self.piece is not None:
            self.texts.grow(self.item, self.piece, delta)
        elif reader is not None:
            reader.feed(delta)


def _handlers() -> dict[str, Callable[[OpenAIResponses, str, dict[str, Any]], bool]]:
    """Return the method that reads each type of event. It returns False to pass the event on."""
    wire = OpenAIResponses
    table: dict[str, Callable[[OpenAIResponses, str, dict[str, Any]], bool]] = {
        "error": wire._error,
        "response.output_item.added": wire._item,
        "response.output_item.done": wire._item,
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


def _content_before(kind: str, place: int | None) -> str:
    """Return the part before the delta of the content that identifies a repeated record."""
    return f"{kind} {place} "


def _has_rest(data: dict[str, Any]) -> bool:
    """Return whether a record may have members that are passed on."""
    return not _USUAL.issuperset(data) or is_something(data.get("logprobs"))


def handles(kind: str) -> bool:
    """Return whether events of this type are read, not passed on."""
    return kind in _HANDLERS


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
