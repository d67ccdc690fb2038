"""The events of Anthropic's Messages API, whatever wire brings them.

The API itself and Vertex send them as server-sent events, Bedrock's InvokeModel wraps each in a
chunk. An answer is a list of blocks; each has an index, a start, deltas and a stop.

Source: https://docs.claude.com/en/docs/build-with-claude/streaming, the types of the SDK, and
recorded streams.

Quirks that are handled here:
- `input` of a call may be there at its start (programmatic tool calls, proxies): it holds unless
  deltas that are not empty follow.
- With eager input streaming the arguments may be no JSON.
- Proxies repeat `message_start`, or splice a second answer into the first (recorded).
- `message_start` may bring content.
- Blocks interleave, indexes have gaps; a delta may come without a start.
- Usage is cumulative, and what `message_delta` leaves out holds as `message_start` said it.
- A `fallback` block names the model that goes on in place of the one that refused.
- What the SDK's `MessageStream` adds to the events says nothing new.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.calls import CUT, CallReader
from streamparse._answers.response import ResponseReader
from streamparse._core._marks import mypyc_attr
from streamparse._core.plain import dict_of, is_index, list_of, number_of, text_of
from streamparse._wires.base import Wire, provider_error
from streamparse._wires.reasons import reason_of
from streamparse.errors import StreamParseError
from streamparse.json_parser import parse
from streamparse.message import (
    Citation,
    Message,
    Part,
    Reasoning,
    ServerToolResult,
    Text,
    ToolCall,
    Usage,
)

__all__ = ["AnthropicEvents", "EVENTS", "history"]

#: The events that only this API has.
EVENTS: Final = frozenset(
    (
        "content_block_delta",
        "content_block_start",
        "content_block_stop",
        "message_delta",
        "message_start",
        "message_stop",
    )
)

REASONS: Final[dict[str, str]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
    "pause_turn": "paused",
    "compaction": "paused",
}

# What the SDK's MessageStream adds: `{"type": "text", "text": …, "snapshot": …}` and so on.
_ADDED: Final = frozenset(("citation", "input_json", "text", "thinking"))
_ADDED_BARE: Final = frozenset(("compaction", "signature"))

# What is understood of each object; other fields are passed on.
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


class _Block:
    """One block: what its deltas go to."""

    __slots__ = ("entry", "input", "open", "part", "reader")

    def __init__(self) -> None:
        self.part: Part | None = None  # text or reasoning
        self.reader: CallReader | None = None
        self.input: Any = None  # of a call: came with the start, holds if no delta comes
        self.entry: dict[str, Any] | None = None  # of a block of another kind; see `_begin_other`
        self.open: bool = True


@mypyc_attr(allow_interpreted_subclasses=True)
class AnthropicEvents(Wire):
    """Understands `message_start` to `message_stop`, and whole bodies (`"type": "message"`)."""

    def __init__(self, response: ResponseReader) -> None:
        super().__init__(response)
        self.blocks: dict[int, _Block] = {}
        self.given: list[_Block] = []  # calls whose input came with the start
        self.last: int = -1  # the index of the block that began last

    def history(self) -> Any:
        return history

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

    def end(self) -> None:
        self._take_inputs()
        super().end()

    def _stop(self) -> None:
        """The terminal record, or the end of a body."""
        self._take_inputs()
        self.response.end()

    # The whole.

    def _message_start(self, data: dict[str, Any]) -> None:
        answer = self.response.at(0)
        message = dict_of(data.get("message"))
        if answer.begun and message.get("id") != answer.message.id:
            answer.pass_on("message_start", message)  # another answer, spliced into this one
        self._note(data, _START)
        self._begin(message)
        for place, block in enumerate(list_of(message.get("content"))):
            self._whole_block(place, block)

    def _begin(self, message: dict[str, Any]) -> None:
        self.response.at(0).begin(message.get("id"), message.get("model"))
        self._note(message, _MESSAGE)
        self._usage(message.get("usage"))

    def _message_stop(self, data: dict[str, Any]) -> None:
        self._note(data, _STOP)
        self._stop()

    def _ping(self, data: dict[str, Any]) -> None:
        """Ignore it: a ping keeps the connection alive and has no content."""

    def _message_delta(self, data: dict[str, Any]) -> None:
        delta = dict_of(data.get("delta"))
        self._note(delta, _STOPPED)
        self._note(data, _DELTA)
        self._usage(data.get("usage"))
        self._finish(delta.get("stop_reason"))

    def _whole(self, body: dict[str, Any]) -> None:
        """A body that was not streamed: judged as its stream would be.

        A limit may have cut the last block. Where that is a call, nothing tells whether its input
        is whole, as the text of a stream would: so its end counts as not signalled.
        """
        self._begin(body)
        content = list_of(body.get("content"))
        raw = body.get("stop_reason")
        limited = isinstance(raw, str) and reason_of(raw, REASONS) == "length"
        for place, block in enumerate(content):
            self._whole_block(place, block, limited and place == len(content) - 1)
        self._finish(raw)
        self._stop()

    def _whole_block(self, place: int, block: Any, cut: bool = False) -> None:
        record = {"type": "content_block_start", "index": place, "content_block": block}
        self._block_start(record)
        begun = self.blocks.get(place)
        if begun is not None and not (cut and begun.reader is not None):
            self._close(begun)

    def _finish(self, raw: Any) -> None:
        if isinstance(raw, str) and raw:
            reason = reason_of(raw, REASONS)
            if reason:
                self.response.finish(reason, raw)

    def _fail(self, data: dict[str, Any]) -> None:
        self._take_inputs()
        error = provider_error(data) or provider_error(data, "error")
        assert error is not None
        self.response.fail(error)

    def _note(self, data: dict[str, Any], known: Collection[str]) -> None:
        """What is not understood of an object that speaks of the whole answer."""
        answer = self.response.at(0)
        for key, value in data.items():
            if key == "content_blocks":  # the name of what `_begin_other` keeps
                answer.pass_on(key, value)
            elif key not in known and value is not None:
                answer.note(key, value)

    def count_late(self, data: dict[str, Any], event: str) -> None:
        self._usage(data.get("usage"))

    def _usage(self, usage: Any) -> None:
        if isinstance(usage, dict):
            self.response.at(0).count(usage, _usage)

    # Blocks.

    def _place(self, data: dict[str, Any]) -> int:
        """The index of the block that a record is about: without one, of the last that began."""
        index = data.get("index")
        return index if isinstance(index, int) else self.last

    def _block_start(self, data: dict[str, Any]) -> None:
        answer = self.response.at(0)
        block = data.get("content_block")
        if not isinstance(block, dict):
            answer.pass_on("content_block_start", data)
            return
        for key in data:
            if key not in _BLOCK_START:
                answer.pass_on(key, data[key])
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
            name = _name_of(answer, identity)
            extra = _rest(block, _RESULT)
            answer.add(ServerToolResult(identity, name, block.get("content"), extra))
        else:
            self._begin_other(answer, begun, block, data)
        return begun

    def _begin_text(self, answer: AnswerReader, begun: _Block, block: dict[str, Any]) -> None:
        part = Text(extra=_rest(block, _TEXT))
        begun.part = part
        answer.add(part)
        answer.text(text_of(block.get("text")), part)
        for citation in list_of(block.get("citations")):
            _cite(answer, part, citation)

    def _begin_thinking(self, answer: AnswerReader, begun: _Block, block: dict[str, Any]) -> None:
        part = Reasoning(extra=_rest(block, _THINKING))
        begun.part = part
        answer.add(part)
        answer.reasoning(text_of(block.get("thinking")), part)
        if block.get("signature"):  # "" until its delta comes
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
        """A block that is no part of the content here: passed on, and kept for the history.

        `message.extra["content_blocks"]` has each with the position in `content` it came at.
        """
        answer.begin()
        message = answer.message
        answer.room.keep(block)
        begun.entry = {"position": len(message.content), "block": dict(block)}
        message.extra.setdefault("content_blocks", []).append(begun.entry)
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
        """Another block begins under the index: if this one was not over, it was cut off."""
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
        """A delta of a kind that is known, for a block that can take it."""
        if kind == "citations_delta":
            part = None if block is None else block.part
            _cite(answer, part if isinstance(part, Text) else None, value)
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
        """A block whose start never came."""
        block = _Block()
        block.part = Text() if kind == "text_delta" else Reasoning()
        answer.add(block.part)
        self.last = self._place(data)
        self.blocks[self.last] = block
        return block


def _is_added(kind: str, data: dict[str, Any]) -> bool:
    """An event of the SDK's own, which repeats what the last one said?"""
    return kind in _ADDED_BARE or (kind in _ADDED and "snapshot" in data)


def _is_again(old: _Block, block: dict[str, Any]) -> bool:
    """Does a start repeat that of the call which has this index?"""
    reader = old.reader
    return reader is not None and bool(block.get("id")) and reader.call.id == block.get("id")


def _rest(block: dict[str, Any], known: Collection[str]) -> dict[str, Any]:
    """The fields that a part keeps: they go back with it."""
    return {key: block[key] for key in block if key not in known and block[key] is not None}


def _name_of(answer: AnswerReader, identity: str | None) -> str | None:
    """The name of the call with this id."""
    for reader in answer.calls:
        if reader.call.id == identity:
            return reader.call.name
    return None


def _cite(answer: AnswerReader, part: Text | None, citation: Any) -> None:
    """A citation is a part of its own; its text keeps it too, because they go back together."""
    if part is not None:
        part.extra.setdefault("citations", []).append(citation)
    answer.add(Citation(citation))


def _sign(answer: AnswerReader, block: _Block | None, signature: Any) -> bool:
    """Keep the signature of a block of text or thinking; False: it has none to keep."""
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
    """No delta came for this call: its arguments are those that its start brought."""
    value = block.input
    reader = block.reader
    if value is None or reader is None:
        return
    block.input = None
    if isinstance(value, str):
        reader.feed(value)
    else:
        reader.feed_value(value)


def _keep(entry: dict[str, Any], kind: str, delta: dict[str, Any]) -> None:
    """A delta of a block of another kind.

    That of a compaction is known: it brings the fields. Others make the block one that cannot be
    given back, because nobody knows how it would look.
    """
    if kind == "compaction_delta":
        entry["block"].update(_rest(delta, _ONLY_TYPE))
    else:
        entry.setdefault("deltas", []).append(delta)


def _usage(raw: dict[str, Any]) -> Usage:
    """`input_tokens` on the wire leaves out what was read from the cache or written to it."""
    fresh = number_of(raw.get("input_tokens"))
    read = number_of(raw.get("cache_read_input_tokens"))
    written = number_of(raw.get("cache_creation_input_tokens"))
    details = dict_of(raw.get("output_tokens_details"))
    return Usage(
        input_tokens=None if fresh is None else fresh + (read or 0) + (written or 0),
        cached_tokens=read,
        cache_write_tokens=written,
        output_tokens=number_of(raw.get("output_tokens")),
        reasoning_tokens=number_of(details.get("thinking_tokens")),
        raw=raw,
    )


# What reads each event; any other `type` is not understood.
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
    """One assistant message with the blocks of the answer.

    - Thinking goes back with its signature; unsigned thinking, which a cut leaves, is refused by
      the API and left out, as is text without a visible character.
    - Calls that are complete, and those rejected for broken JSON, as
      `{"INVALID_JSON": "<what came>"}`, so that an error can be given as their result. (See
      https://docs.claude.com/en/docs/agents-and-tools/tool-use/fine-grained-tool-streaming.)
    - Results of the provider's tools, unless their call is left out.
    - Compactions, fallbacks, uploads and blocks of unknown kinds, where they came.
    """
    calls = {call.id: call for call in message.tool_calls if not _goes_back(call)}
    others: dict[int, list[dict[str, Any]]] = {}
    for entry in list_of(message.extra.get("content_blocks")):
        if "deltas" not in entry:
            others.setdefault(entry["position"], []).append(entry["block"])
    blocks: list[dict[str, Any]] = []
    for position, part in enumerate(message.content):
        blocks += others.get(position, [])
        if not isinstance(part, ServerToolResult) or part.call_id not in calls:
            blocks += _blocks_of(part)
    blocks += others.get(len(message.content), [])
    return [{"role": "assistant", "content": blocks}] if blocks else []


def _goes_back(call: ToolCall) -> bool:
    if not call.id or not call.name:
        return False
    return call.status == "complete" or (call.status == "rejected" and call.kind == "function")


def _blocks_of(part: Part) -> list[dict[str, Any]]:
    """The block of a part; none for a part that has none of its own."""
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
