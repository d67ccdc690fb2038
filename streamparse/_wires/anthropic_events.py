"""The events of Anthropic's Messages API, for the wires that send them.

The API itself and Vertex send them as server-sent events; Bedrock's InvokeModel wraps each in a
chunk. An answer is a list of blocks; each has an index, a start, deltas and a stop.

Source: https://docs.claude.com/en/docs/build-with-claude/streaming, the types of the SDK, and
recorded streams.

Quirks that are handled here:
- The start of a call may contain `input` (programmatic tool calls, proxies). It is used if no
  deltas follow, or only empty ones.
- With eager input streaming the arguments may not be JSON.
- Proxies repeat `message_start`, or splice a second answer into the first (recorded).
- `message_start` may contain content.
- Blocks interleave, indexes have gaps, and a delta may come without a start.
- Usage is cumulative. A count that `message_delta` lacks is that of `message_start`.
- A `fallback` block names the model that continues in place of one that refused.
- The SDK's `MessageStream` adds events that repeat what the API's events contain.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.calls import CUT, CallReader
from streamparse._answers.response import ResponseReader
from streamparse._core._marks import mypyc_attr
from streamparse._core.plain import dict_of, is_index, list_of, number_of, text_of
from streamparse._decoding.templates import Repeat
from streamparse._wires.base import Wire, finish, pass_on_rest, result_text
from streamparse._wires.blocks import cite, keep_block, name_of_call, note_fields, one_message
from streamparse._wires.reasons import reason_of
from streamparse._wires.repeats import CallRepeat, repeat_of_part
from streamparse._wires.usage import input_with_cache
from streamparse.errors import StreamParseError
from streamparse.json_parser import parse
from streamparse.message import Message, Part, Reasoning, ServerToolResult, Text, ToolCall, Usage

__all__ = ["AnthropicEvents", "EVENTS", "EVENT_WORDS", "history", "tool_result"]

#: The events that only this API has.
EVENTS: Final = frozenset(
    ("content_block_delta", "content_block_start", "content_block_stop")
) | frozenset(("message_delta", "message_start", "message_stop"))

# Events that the SDK's MessageStream adds: `{"type": "text", "text": …, "snapshot": …}`, and two
# that have no snapshot.
_ADDED: Final = frozenset(("citation", "input_json", "text", "thinking"))
_ADDED_BARE: Final = frozenset(("compaction", "signature"))

# The fields of each object that are understood; others are passed on.
_START: Final = frozenset(("type", "message"))
_DELTA: Final = frozenset(("type", "delta", "usage"))
_STOP: Final = frozenset(("type", "message"))  # the SDK adds the message
_BLOCK_START: Final = frozenset(("type", "index", "content_block"))
_BLOCK_DELTA: Final = frozenset(("type", "index", "delta"))
_MESSAGE: Final = frozenset(
    ("content", "id", "model", "role", "stop_reason", "type", "usage", "parsed_output")
)
_STOPPED: Final = frozenset(("stop_reason",))
_TEXT: Final = frozenset(("type", "text", "citations", "parsed_output"))
_THINKING: Final = frozenset(("type", "thinking", "signature"))
_ONLY_TYPE: Final = frozenset(("type",))
_CALL: Final = frozenset(("type", "id", "name", "input"))
_RESULT: Final = frozenset(("tool_use_id", "content"))
# The field of each kind of delta.
_FIELDS: Final[dict[str, str]] = {
    "text_delta": "text",
    "input_json_delta": "partial_json",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "citations_delta": "citation",
}

_GROWING: Final[dict[str, type]] = {"text_delta": Text, "thinking_delta": Reasoning}


#: The names of its members and events.
EVENT_WORDS: Final = EVENTS.union(_BLOCK_START, _DELTA, _MESSAGE, _FIELDS)


class _Block:
    """One block, with what its deltas grow."""

    __slots__ = ("entry", "input", "open", "part", "reader")

    def __init__(self) -> None:
        self.part: Part | None = None  # text or reasoning
        self.reader: CallReader | None = None
        self.input: Any = None  # the input in the start of a call, until a delta arrives
        self.entry: dict[str, Any] | None = None  # of a block that is not content; see `blocks`
        self.open: bool = True


@mypyc_attr(allow_interpreted_subclasses=True)
class AnthropicEvents(Wire):
    """Reads `message_start` to `message_stop`, and whole bodies (`"type": "message"`)."""

    def __init__(self, response: ResponseReader) -> None:
        super().__init__(response)
        self.blocks: dict[int, _Block] = {}
        self.given: list[_Block] = []  # the calls with `input`
        self.last: int = -1  # the index of the block that began last

    def history(self) -> Any:
        return history

    def write_result(self) -> Any:
        return tool_result

    def record(self, data: dict[str, Any], event: str) -> bool:
        kind = text_of(data.get("type")) or event
        index = data.get("index")
        if isinstance(index, int) and not is_index(index):
            return False
        if kind == "content_block_delta":  # most records: called directly, which is quicker
            self._delta(data)
            return True
        handler = _HANDLERS.get(kind)
        if handler is None:
            return _is_added(kind, data)
        handler(self, data)
        return True

    def repeat(self, data: dict[str, Any], event: str) -> Repeat | None:
        delta, index = data.get("delta"), data.get("index")
        if data.get("type") != "content_block_delta" or not _BLOCK_DELTA.issuperset(data):
            return None
        if not isinstance(delta, dict) or len(delta) != 2 or type(index) is not int:
            return None
        kind, block = text_of(delta.get("type")), self.blocks.get(index)
        field = _FIELDS.get(kind, "")
        if block is None or not isinstance(delta.get(field), str):
            return None
        path: list[Any] = ["delta", field]
        if kind == "input_json_delta":
            reader = block.reader
            return None if reader is None or block.input else CallRepeat(reader, None, path)
        part = block.part
        wanted = _GROWING.get(kind)
        if part is None or wanted is None or type(part) is not wanted:
            return None
        assert isinstance(part, (Text, Reasoning))
        return repeat_of_part(self.response.at(0), part, path)

    def end(self) -> None:
        self._take_inputs()
        super().end()

    def _stop(self) -> None:
        """End at the terminal record or the end of a body."""
        self._take_inputs()
        self.response.end()

    # The message.

    def _message_start(self, data: dict[str, Any]) -> None:
        answer = self.response.at(0)
        message = dict_of(data.get("message"))
        if answer.begun and message.get("id") != answer.message.id:
            answer.pass_on("message_start", message)  # another answer, spliced into this one
        note_fields(answer, data, _START)
        self._begin(message)
        for place, block in enumerate(list_of(message.get("content"))):
            self._whole_block(place, block)

    def _begin(self, message: dict[str, Any]) -> None:
        answer = self.response.at(0)
        answer.begin(message.get("id"), message.get("model"))
        note_fields(answer, message, _MESSAGE)
        answer.count(message.get("usage"), _usage)

    def _message_stop(self, data: dict[str, Any]) -> None:
        note_fields(self.response.at(0), data, _STOP)
        self._stop()

    def _ping(self, data: dict[str, Any]) -> None:
        """Ignore it: a ping keeps the connection alive and has no content."""

    def _message_delta(self, data: dict[str, Any]) -> None:
        answer = self.response.at(0)
        delta = dict_of(data.get("delta"))
        note_fields(answer, delta, _STOPPED)
        note_fields(answer, data, _DELTA)
        answer.count(data.get("usage"), _usage)
        finish(answer, delta.get("stop_reason"), {})

    def _whole(self, body: dict[str, Any]) -> None:
        """Read a body that was not streamed.

        A limit may have cut the last block. If that is a call, its input may be incomplete although
        it is valid JSON, so its end counts as not signalled.
        """
        self._begin(body)
        content = list_of(body.get("content"))
        raw = body.get("stop_reason")
        limited = reason_of(text_of(raw), {}) == "length"
        for place, block in enumerate(content):
            self._whole_block(place, block, limited and place == len(content) - 1)
        finish(self.response.at(0), raw, {})
        self._stop()

    def _whole_block(self, place: int, block: Any, cut: bool = False) -> None:
        record = {"type": "content_block_start", "index": place, "content_block": block}
        self._block_start(record)
        begun = self.blocks.get(place)
        if begun is not None and not (cut and begun.reader is not None):
            self._close(begun)

    def _fail(self, data: dict[str, Any]) -> None:
        self._take_inputs()
        self.fail(data)

    def count_late(self, data: dict[str, Any], event: str) -> None:
        self.response.at(0).count(data.get("usage"), _usage)

    # Blocks.

    def _place(self, data: dict[str, Any]) -> int:
        """Return the index of the block that a record is about, by default the last one."""
        index = data.get("index")
        return index if isinstance(index, int) else self.last

    def _block_start(self, data: dict[str, Any]) -> None:
        answer = self.response.at(0)
        block = data.get("content_block")
        if not isinstance(block, dict):
            answer.pass_on("content_block_start", data)
            return
        pass_on_rest(answer, data, _BLOCK_START)
        index = data.get("index")
        place = index if isinstance(index, int) else self.last + 1
        old = self.blocks.get(place)
        if old is not None:
            if _is_again(old, block):
                return
            self._leave(old)
        self.last = place
        self.blocks[place] = self._begun(answer, block, data)

    def _begun(self, answer: AnswerReader, block: dict[str, Any], data: dict[str, Any]) -> _Block:
        begun = _Block()
        kind = text_of(block.get("type"))
        if kind == "text":
            self._begin_text(answer, begun, block)
        elif kind == "thinking":
            self._begin_thinking(answer, begun, block)
        elif kind == "redacted_thinking":
            begun.part = Reasoning(extra=_rest(block, _ONLY_TYPE))
            answer.add(begun.part)
        elif kind == "tool_use" or kind.endswith("_tool_use"):
            self._begin_call(answer, begun, block)
        elif kind.endswith("_tool_result") and "tool_use_id" in block:
            identity = text_of(block.get("tool_use_id")) or None
            name = name_of_call(answer, identity)
            extra = _rest(block, _RESULT)
            answer.add_result(ServerToolResult(identity, name, block.get("content"), extra))
        else:
            self._begin_other(answer, begun, block, data)
        return begun

    def _begin_text(self, answer: AnswerReader, begun: _Block, block: dict[str, Any]) -> None:
        part = Text(extra=_rest(block, _TEXT))
        begun.part = part
        answer.add(part)
        answer.text(text_of(block.get("text")), part)
        for citation in list_of(block.get("citations")):
            cite(answer, part, citation)

    def _begin_thinking(self, answer: AnswerReader, begun: _Block, block: dict[str, Any]) -> None:
        part = Reasoning(extra=_rest(block, _THINKING))
        begun.part = part
        answer.add(part)
        answer.reasoning(text_of(block.get("thinking")), part)
        if block.get("signature"):  # it is "" until its delta arrives
            answer.room.put(part.extra, "signature", block["signature"])

    def _begin_call(self, answer: AnswerReader, begun: _Block, block: dict[str, Any]) -> None:
        kind = text_of(block.get("type"))
        identity = text_of(block.get("id")) or None
        name = text_of(block.get("name")) or None
        reader = answer.call(identity, name, "function" if kind == "tool_use" else "server")
        reader.call.extra = _rest(block, _CALL)
        answer.room.keep(reader.call.extra)
        if kind != "tool_use":
            reader.call.extra["type"] = kind
        begun.reader = reader
        begun.input = block.get("input") or None
        if begun.input is not None:
            self.given.append(begun)

    def _begin_other(
        self, answer: AnswerReader, begun: _Block, block: dict[str, Any], data: dict[str, Any]
    ) -> None:
        """Pass on a block that is not a part of the content, and keep it for the next turn."""
        begun.entry = keep_block(answer, dict(block))
        answer.pass_on(text_of(block.get("type")) or "content_block", data)
        if block.get("type") == "fallback":
            answer.begin(None, dict_of(block.get("to")).get("model"))

    def _block_stop(self, data: dict[str, Any]) -> None:
        block = self.blocks.get(self._place(data))
        if block is not None:
            self._close(block)

    def _close(self, block: _Block) -> None:
        block.open = False
        reader = block.reader
        if reader is not None:
            _take_input(block)
            reader.end()

    def _leave(self, block: _Block) -> None:
        """Cut off a block that has not ended, because another one begins under its index."""
        reader = block.reader
        if reader is not None and block.open:
            _take_input(block)
            if not reader.whole:
                reader.close(CUT)

    def _take_inputs(self) -> None:
        for block in self.given:
            _take_input(block)
        self.given.clear()

    # Deltas.

    def _delta(self, data: dict[str, Any]) -> None:
        answer = self.response.at(0)
        delta = data.get("delta")
        if not isinstance(delta, dict):
            answer.pass_on("content_block_delta", data)
            return
        if len(data) > 3:
            for key in data:
                if key not in _BLOCK_DELTA:
                    answer.pass_on(key, data[key])
        kind = text_of(delta.get("type"))
        field = _FIELDS.get(kind)
        block = self.blocks.get(self._place(data))
        value = None if field is None else delta.get(field)
        if not self._understands(answer, kind, value, block, data):
            answer.pass_on(kind or "content_block_delta", data)
            if block is not None and block.entry is not None:
                answer.room.keep(delta)
                _keep(block.entry, kind, delta)
            return
        if len(delta) > 2 or value is None:
            for key in delta:
                if key == "signature" and _sign(answer, block, delta[key]):
                    continue  # gateways put it beside the thinking
                if key != "type" and key != field:
                    answer.pass_on(key, delta[key])

    def _understands(
        self,
        answer: AnswerReader,
        kind: str,
        value: Any,
        block: _Block | None,
        data: dict[str, Any],
    ) -> bool:
        """Read a delta; return False for an unknown kind, and for a block that cannot take it."""
        if kind == "citations_delta":
            part = None if block is None else block.part
            cite(answer, part if isinstance(part, Text) else None, value)
            return True
        if not isinstance(value, str):
            return value is None and kind in _FIELDS
        if kind == "input_json_delta":
            return _feed(block, value)
        if block is None:
            block = self._unannounced(answer, kind, data)
        part = block.part
        if part is None:
            return False
        if kind == "text_delta":
            answer.text(value, part if isinstance(part, Text) else None)
        elif kind == "thinking_delta":
            answer.reasoning(value, part if isinstance(part, Reasoning) else None)
        else:
            _sign(answer, block, value)
        return True

    def _unannounced(self, answer: AnswerReader, kind: str, data: dict[str, Any]) -> _Block:
        """Return a new block, whose start never arrived."""
        block = _Block()
        block.part = Text() if kind == "text_delta" else Reasoning()
        answer.add(block.part)
        self.last = self._place(data)
        self.blocks[self.last] = block
        return block


def _is_added(kind: str, data: dict[str, Any]) -> bool:
    """Return whether the SDK added this event, which repeats the last one."""
    return kind in _ADDED_BARE or (kind in _ADDED and "snapshot" in data)


def _is_again(old: _Block, block: dict[str, Any]) -> bool:
    """Return whether a start repeats that of the call under its index."""
    reader = old.reader
    return reader is not None and bool(block.get("id")) and reader.call.id == block.get("id")


def _rest(block: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """Return the fields that a part keeps, because they go back with it."""
    return {key: block[key] for key in block if key not in known and block[key] is not None}


def _sign(answer: AnswerReader, block: _Block | None, signature: Any) -> bool:
    """Keep the signature of a block of text or thinking; return whether there is one to keep."""
    if block is None or block.part is None or not isinstance(signature, str):
        return False
    if signature:
        answer.room.keep(signature)
        block.part.extra["signature"] = signature
    return True


def _feed(block: _Block | None, text: str) -> bool:
    if block is None or block.reader is None:
        return False
    if text:
        block.input = None
        block.reader.feed(text)
    return True


def _take_input(block: _Block) -> None:
    """Read the arguments in the start of a call, for which no delta arrived."""
    if block.reader is not None:
        block.reader.feed_arguments(block.input)
        block.input = None


def _keep(entry: dict[str, Any], kind: str, delta: dict[str, Any]) -> None:
    """Keep a delta of a block that is not a part of the content.

    The deltas of compactions and signatures have the fields of the block. A block with other deltas
    is not included in the history, because their effect on the block is unknown.
    """
    if kind in ("compaction_delta", "signature_delta"):
        entry["block"].update(_rest(delta, _ONLY_TYPE))
    else:
        entry.setdefault("deltas", []).append(delta)


def _usage(raw: dict[str, Any]) -> Usage:
    # The record counts apart what was read from the cache or written to it.
    read = number_of(raw.get("cache_read_input_tokens"))
    written = number_of(raw.get("cache_creation_input_tokens"))
    details = dict_of(raw.get("output_tokens_details"))
    return Usage(
        input_tokens=input_with_cache(number_of(raw.get("input_tokens")), read, written),
        cached_tokens=read,
        cache_write_tokens=written,
        output_tokens=number_of(raw.get("output_tokens")),
        reasoning_tokens=number_of(details.get("thinking_tokens")),
        raw=raw,
    )


# The method that reads each type of event.
_HANDLERS: Final[dict[str, Callable[[AnthropicEvents, dict[str, Any]], None]]] = {
    "message_start": AnthropicEvents._message_start,
    "content_block_start": AnthropicEvents._block_start,
    "content_block_delta": AnthropicEvents._delta,
    "content_block_stop": AnthropicEvents._block_stop,
    "message_delta": AnthropicEvents._message_delta,
    "message_stop": AnthropicEvents._message_stop,
    "message": AnthropicEvents._whole,
    "error": AnthropicEvents._fail,
    "ping": AnthropicEvents._ping,
}


# The next turn


def history(message: Message) -> list[dict[str, Any]]:
    """Return one assistant message with the blocks of the answer.

    - Thinking goes back with its signature. Unsigned thinking, which a cut leaves, and text without
      a visible character are left out, because the API refuses them.
    - Complete calls go back. So do calls that were rejected for broken JSON, with the input
      `{"INVALID_JSON": "<the text>"}`, so that an error can be given as their result. (See
      https://docs.claude.com/en/docs/agents-and-tools/tool-use/fine-grained-tool-streaming.)
    - Results of the provider's tools go back, unless their call is left out.
    - Compactions, fallbacks, uploads and blocks of unknown kinds go back in their places.
    """
    dropped = {call.id for call in message.tool_calls if not _goes_back(call)}
    return one_message(message, dropped, _kept_block, _blocks_of)


def tool_result(call: ToolCall, value: Any, error: bool) -> dict[str, Any]:
    """A user message with a `tool_result` block."""
    block = {"type": "tool_result", "tool_use_id": call.id, "content": result_text(value, False)}
    marked = {**block, "is_error": True} if error else block
    return {"role": "user", "content": [marked]}


def _kept_block(entry: dict[str, Any]) -> dict[str, Any] | None:
    return None if "deltas" in entry else dict_of(entry["block"])


def _goes_back(call: ToolCall) -> bool:
    if not call.id or not call.name:
        return False
    return call.status == "complete" or (call.status == "rejected" and call.kind == "function")


def _blocks_of(part: Part) -> list[dict[str, Any]]:
    """Return the block of a part, or nothing for a part without one of its own."""
    if isinstance(part, Text):
        return [{"type": "text", "text": part.text, **part.extra}] if part.text.strip() else []
    if isinstance(part, Reasoning):
        if not part.text and part.extra.get("data"):
            return [{"type": "redacted_thinking", **part.extra}]
        signed = bool(part.extra.get("signature"))
        return [{"type": "thinking", "thinking": part.text, **part.extra}] if signed else []
    if isinstance(part, ToolCall):
        if not _goes_back(part):
            return []
        named = {"type": "tool_use", "id": part.id, "name": part.name}
        return [{**named, "input": _input_of(part), **part.extra}]
    if isinstance(part, ServerToolResult):
        return [{"tool_use_id": part.call_id, "content": part.content, **part.extra}]
    return []


def _input_of(call: ToolCall) -> dict[str, Any]:
    value = call.arguments
    if call.status == "rejected":
        try:
            value = parse(call.raw_text)
        except StreamParseError:
            value = None
    return value if isinstance(value, dict) else {"INVALID_JSON": call.raw_text}
