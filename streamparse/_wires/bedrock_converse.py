"""Amazon Bedrock ConverseStream and Converse, and the models that send its events by InvokeModel.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html,
the service model of botocore, and recorded streams.

An event is named outside its body in a binary frame, and is the key of its body from boto3:
`{"contentBlockDelta": {…}}`. Quirks that are handled here:
- Blocks of text and reasoning have no start, or an empty one.
- `p` is padding against the guessing of tokens by size.
- `metadata` comes after `messageStop`, as a rule; both may be the last.
- Nova by InvokeModel: the events come in chunks, and each delta of text is a block of its own.
- A citation comes before the text that it is for (recorded).
- `toolUse.type` is "tool_use" too (recorded), though the API takes back "server_tool_use" only.
- boto3 gives bytes where the wire has base64.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection
from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.calls import CUT, CallReader
from streamparse._answers.response import ResponseReader
from streamparse._core.plain import dict_of, grow_in, is_index, list_of, number_of, text_of
from streamparse._wires.base import Wire
from streamparse._wires.bedrock_chunks import CHUNK
from streamparse._wires.reasons import reason_of
from streamparse.aliases import CallKind
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

__all__ = ["BedrockConverse", "history"]

REASONS: Final[dict[str, str]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "malformed_model_output": "error",
    "malformed_tool_use": "error",
}

_EVENTS: Final = frozenset(
    (
        "contentBlockDelta",
        "contentBlockStart",
        "contentBlockStop",
        "messageStart",
        "messageStop",
        "metadata",
    )
)

# What is understood of each object; other fields are passed on.
_PADDING: Final = frozenset(("p",))
_MESSAGE_START: Final = frozenset(("role", "p"))
_MESSAGE_STOP: Final = frozenset(("stopReason", "p"))
_METADATA: Final = frozenset(("usage", "p"))
_BLOCK_START: Final = frozenset(("contentBlockIndex", "start", "p"))
_BLOCK_DELTA: Final = frozenset(("contentBlockIndex", "delta", "p"))
# `ResponseMetadata` is boto3's.
_BODY: Final = frozenset(("output", "stopReason", "usage", "ResponseMetadata"))
# Kinds of content whose `source` may hold bytes.
_MEDIA: Final = ("audio", "document", "image", "video")


class _Block:
    """One block: what its deltas go to."""

    __slots__ = ("entry", "open", "reader", "reasoning", "redacted", "result", "text")

    def __init__(self) -> None:
        self.text: Text | None = None
        self.reasoning: Reasoning | None = None
        self.redacted: Reasoning | None = None
        self.reader: CallReader | None = None
        self.result: ServerToolResult | None = None
        self.entry: dict[str, Any] | None = None  # of a block of another kind; see `_begin_other`
        self.open: bool = True


class BedrockConverse(Wire):
    """`messageStart` to `messageStop` and `metadata`, and whole bodies of Converse."""

    api: ClassVar[str] = "bedrock-converse"

    def __init__(self, response: ResponseReader) -> None:
        super().__init__(response)
        self.blocks: dict[int, _Block] = {}
        self.last: int = 0  # the index that came last
        self.stopped: bool = False  # has `messageStop` come?
        self.counted: bool = False  # has `metadata` come?
        self.in_chunks: bool = False

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        if event in _EVENTS and event != "metadata":
            return True
        if any(name in data for name in _EVENTS if name != "metadata"):
            return True
        return "message" in dict_of(data.get("output")) and "stopReason" in data

    def history(self) -> Any:
        return history

    def record(self, data: dict[str, Any], event: str) -> bool:
        if event == CHUNK:
            self.in_chunks = True
        if event in _EVENTS:
            self._event(event, data)
        elif any(name in data for name in _EVENTS):
            for name, body in data.items():
                if name in _EVENTS and isinstance(body, dict):
                    self._event(name, body)
                else:
                    self._note({name: body}, _PADDING)
        elif "message" in dict_of(data.get("output")):
            self._whole(data)
        else:
            return False
        if self.stopped and self.counted:
            self.response.end()
        return True

    def _event(self, name: str, body: dict[str, Any]) -> None:
        index = body.get("contentBlockIndex")
        if isinstance(index, int) and not is_index(index):
            self.response.at(0).pass_on(name, body)
        elif name == "contentBlockDelta":  # most records: called directly, which is quicker
            self._delta(body)
        else:
            _HANDLERS[name](self, body)

    def _message_start(self, body: dict[str, Any]) -> None:
        self.response.at(0).begin()
        self._note(body, _MESSAGE_START)

    def _block_stop(self, body: dict[str, Any]) -> None:
        block = self.blocks.get(self._place(body))
        if block is not None:
            block.open = False
            if block.reader is not None:
                block.reader.end()

    def _message_stop(self, body: dict[str, Any]) -> None:
        self._note(body, _MESSAGE_STOP)
        self._finish(body.get("stopReason"))
        self.stopped = True

    def _last_metadata(self, body: dict[str, Any]) -> None:
        self._metadata(body, _METADATA)
        self.counted = True

    # The whole.

    def _note(self, body: dict[str, Any], known: Collection[str]) -> None:
        answer = self.response.at(0)
        for key, value in body.items():
            if key == "content_blocks":  # the name of what `_begin_other` keeps
                answer.pass_on(key, value)
            elif key not in known and value is not None:
                answer.note(key, value)

    def _metadata(self, body: dict[str, Any], known: Collection[str]) -> None:
        answer = self.response.at(0)
        usage = body.get("usage")
        if isinstance(usage, dict):
            answer.count(usage, _usage)
        self._note(body, known)
        router = dict_of(dict_of(body.get("trace")).get("promptRouter"))
        if router.get("invokedModelId"):
            answer.begin(None, router["invokedModelId"])

    def count_late(self, data: dict[str, Any], event: str) -> None:
        usage = (data if event == "metadata" else dict_of(data.get("metadata"))).get("usage")
        if isinstance(usage, dict):
            self.response.at(0).count(usage, _usage)

    def _finish(self, raw: Any) -> None:
        if isinstance(raw, str) and raw:
            reason = reason_of(raw, REASONS)
            if reason:
                self.response.finish(reason, raw)

    def _whole(self, body: dict[str, Any]) -> None:
        """A body that was not streamed: judged as its stream would be.

        A limit may have cut the last block. Where that is a call, nothing tells whether its input
        is whole, as the text of a stream would: so its end counts as not signalled.
        """
        answer = self.response.at(0)
        answer.begin()
        raw = body.get("stopReason")
        limited = isinstance(raw, str) and reason_of(raw, REASONS) == "length"
        content = list_of(dict_of(dict_of(body.get("output")).get("message")).get("content"))
        for place, block in enumerate(content):
            reader = self._whole_block(answer, place, block)
            if reader is not None and not (limited and place == len(content) - 1):
                reader.end()
        self._metadata(body, _BODY)
        self._finish(raw)
        self.response.end()

    def _whole_block(self, answer: AnswerReader, place: int, block: Any) -> CallReader | None:
        """One block of a body; the call that it is, if it is one."""
        if not isinstance(block, dict):
            answer.pass_on("content", block)
            return None
        begun = self._at(place)
        for kind, value in block.items():
            if kind == "toolUse" or kind == "toolResult":
                self._begin(answer, begun, {kind: value}, block)
                inner = dict_of(value)
                if begun.reader is not None:
                    _feed(begun.reader, inner.get("input") or None)
                elif begun.result is not None:
                    answer.room.keep(inner.get("content"))
                    begun.result.content = inner.get("content")
            elif kind == "citationsContent":
                self._cited(answer, begun, dict_of(value))
            elif kind == "reasoningContent":
                inner = dict_of(value)
                self._reasoning(answer, begun, dict_of(inner.get("reasoningText")) or inner)
            elif not self._understands(answer, begun, kind, value):
                self._begin(answer, begun, {kind: value}, block)
        return begun.reader

    def _cited(self, answer: AnswerReader, block: _Block, content: dict[str, Any]) -> None:
        """Text with its citations, in the order of a stream: the citations come at its start."""
        for citation in list_of(content.get("citations")):
            self._cite(answer, block, citation)
        for piece in list_of(content.get("content")):
            self._text(answer, block, text_of(dict_of(piece).get("text")))

    # Blocks.

    def _place(self, body: dict[str, Any]) -> int:
        """The index of the block that a body is about: without one, that of the last."""
        index = body.get("contentBlockIndex")
        return index if isinstance(index, int) else self.last

    def _at(self, place: int) -> _Block:
        self.last = place
        block = self.blocks.get(place)
        if block is None:
            block = _Block()
            self.blocks[place] = block
        return block

    def _start(self, body: dict[str, Any]) -> None:
        answer = self.response.at(0)
        for key in body:
            if key not in _BLOCK_START:
                answer.pass_on(key, body[key])
        start = dict_of(body.get("start"))
        if not start:
            return
        place = self._place(body)
        old = self.blocks.get(place)
        if old is not None:
            reader = old.reader
            identity = dict_of(start.get("toolUse")).get("toolUseId")
            if reader is not None and identity and reader.call.id == identity:
                return  # the start of the same call, again
            if reader is not None and old.open and not reader.whole:
                reader.close(CUT)  # nothing more can reach it
            del self.blocks[place]
        self._begin(answer, self._at(place), start, body)

    def _begin(
        self, answer: AnswerReader, block: _Block, start: dict[str, Any], record: dict[str, Any]
    ) -> None:
        call, result = start.get("toolUse"), start.get("toolResult")
        if isinstance(call, dict):
            self._begin_call(answer, block, call)
        elif isinstance(result, dict):
            identity = text_of(result.get("toolUseId")) or None
            extra = {key: result[key] for key in ("status", "type") if result.get(key)}
            block.result = ServerToolResult(identity, _name_of(answer, identity), [], extra)
            answer.add(block.result)
        else:
            self._begin_other(answer, block, start)
            answer.pass_on("contentBlockStart", _unpadded(record))

    def _begin_other(self, answer: AnswerReader, block: _Block, start: dict[str, Any]) -> None:
        """A block that is no part of the content here: passed on, and kept for the history.

        `message.extra["content_blocks"]` has each with the position in `content` it came at.
        """
        answer.begin()
        message = answer.message
        kept = {kind: _kept(value) for kind, value in start.items()}
        answer.room.keep(kept)
        block.entry = {"position": len(message.content), "block": kept}
        message.extra.setdefault("content_blocks", []).append(block.entry)

    def _begin_call(self, answer: AnswerReader, block: _Block, call: dict[str, Any]) -> None:
        kind: CallKind = "server" if call.get("type") == "server_tool_use" else "function"
        identity = text_of(call.get("toolUseId")) or None
        block.reader = answer.call(identity, text_of(call.get("name")) or None, kind)
        for key in call:
            if key not in ("toolUseId", "name", "input") and call[key] is not None:
                answer.room.put(block.reader.call.extra, key, call[key])

    # Deltas.

    def _delta(self, body: dict[str, Any]) -> None:
        answer = self.response.at(0)
        for key in body:
            if key not in _BLOCK_DELTA:
                answer.pass_on(key, body[key])
        block = self._at(self._place(body))
        delta = body.get("delta")
        if not isinstance(delta, dict):
            answer.pass_on("contentBlockDelta", _unpadded(body))
            return
        for kind, value in delta.items():
            if not self._understands(answer, block, kind, value):
                answer.pass_on(kind, value)
                if block.entry is not None:  # nobody knows how the whole block would look
                    answer.room.keep(value)
                    block.entry.setdefault("deltas", []).append({kind: value})

    def _understands(self, answer: AnswerReader, block: _Block, kind: str, value: Any) -> bool:
        """A delta, or a block of a body, of a kind that is known."""
        if kind == "text" and isinstance(value, str):
            self._text(answer, block, value)
        elif kind == "toolUse" and block.reader is not None:
            _feed(block.reader, dict_of(value).get("input"))
        elif kind == "reasoningContent" and isinstance(value, dict):
            self._reasoning(answer, block, value)
        elif kind == "citation":
            self._cite(answer, block, value)
        elif kind == "toolResult" and block.result is not None:
            answer.room.keep(value)
            block.result.content += list_of(value)
        elif kind == "image" and block.entry is not None:
            answer.room.keep(value)
            dict_of(block.entry["block"].get("image")).update(_kept(dict_of(value)))
            answer.pass_on(kind, value)
        else:
            return value is None
        return True

    def _text(self, answer: AnswerReader, block: _Block, text: str) -> None:
        if not text:
            return
        if block.text is None and self.in_chunks:
            block.text = answer.growing_text()  # blocks of text mean nothing there
        answer.text(text, self._text_of(answer, block))

    def _text_of(self, answer: AnswerReader, block: _Block) -> Text:
        if block.text is None:
            block.text = Text()
            answer.add(block.text)
        return block.text

    def _cite(self, answer: AnswerReader, block: _Block, citation: Any) -> None:
        """A citation is a part of its own; its text keeps it too: they go back together."""
        self._text_of(answer, block).extra.setdefault("citations", []).append(citation)
        answer.add(Citation(citation))

    def _reasoning(self, answer: AnswerReader, block: _Block, content: dict[str, Any]) -> None:
        for key, value in content.items():
            if key == "redactedContent":
                self._redacted(answer, block, value)
            elif key != "text" and key != "signature":
                answer.pass_on(key, value)
            elif value:
                part = block.reasoning
                if part is None:
                    part = Reasoning()
                    block.reasoning = part
                    answer.add(part)
                if key == "text":
                    answer.reasoning(text_of(value), part)
                else:
                    answer.room.keep(value)
                    grow_in(part.extra, key, text_of(value))

    def _redacted(self, answer: AnswerReader, block: _Block, value: Any) -> None:
        """Encrypted reasoning; the pieces of one block are one."""
        part = block.redacted
        if part is None:
            part = Reasoning()
            block.redacted = part
            answer.add(part)
        known = text_of(part.extra.get("redactedContent"))
        if known.endswith("="):  # base64 that ends inside a group of three bytes
            tail = known[-4:]
            part.extra["redactedContent"] = known[:-4]
            value = base64.b64encode(_bytes(tail) + _bytes(_base64(value))).decode("ascii")
        grow_in(part.extra, "redactedContent", _base64(value))


def _unpadded(body: dict[str, Any]) -> dict[str, Any]:
    return {key: body[key] for key in body if key not in _PADDING}


def _name_of(answer: AnswerReader, identity: str | None) -> str | None:
    """The name of the call with this id."""
    for reader in answer.calls:
        if reader.call.id == identity:
            return reader.call.name
    return None


def _feed(reader: CallReader, value: Any) -> None:
    if isinstance(value, str):
        reader.feed(value)
    elif value is not None:
        reader.feed_value(value)


def _base64(value: Any) -> str:
    """Bytes as they are on the wire, so that all that is kept is plain data."""
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    return text_of(value)


def _kept(value: Any) -> Any:
    """The body of a block, its `source.bytes` in base64."""
    if not isinstance(value, dict):
        return value
    source = value.get("source")
    if not isinstance(source, dict) or not source.get("bytes"):
        return dict(value)
    return {**value, "source": {**source, "bytes": _base64(source["bytes"])}}


def _usage(raw: dict[str, Any]) -> Usage:
    """`inputTokens` leaves out what was read from the cache or written to it, `totalTokens` not."""
    fresh = number_of(raw.get("inputTokens"))
    output = number_of(raw.get("outputTokens"))
    total = number_of(raw.get("totalTokens"))
    read = number_of(raw.get("cacheReadInputTokens"), raw.get("cacheReadInputTokenCount"))
    written = number_of(raw.get("cacheWriteInputTokens"), raw.get("cacheWriteInputTokenCount"))
    whole = None if fresh is None else fresh + (read or 0) + (written or 0)
    return Usage(whole, read, written, output, None, total, raw)


# What reads each event of `_EVENTS`.
_HANDLERS: Final[dict[str, Callable[[BedrockConverse, dict[str, Any]], None]]] = {
    "messageStart": BedrockConverse._message_start,
    "contentBlockStart": BedrockConverse._start,
    "contentBlockDelta": BedrockConverse._delta,
    "contentBlockStop": BedrockConverse._block_stop,
    "messageStop": BedrockConverse._message_stop,
    "metadata": BedrockConverse._last_metadata,
}


# The next turn


def history(message: Message) -> list[dict[str, Any]]:
    """One assistant message, in the shapes that boto3 takes (bytes where the wire has base64).

    Calls that are not complete are left out, with their results; so is reasoning without a
    signature, which Claude refuses and other models do not ask for, and blank text.
    """
    dropped = {call.id for call in message.tool_calls if call.status != "complete"}
    others: dict[int, list[dict[str, Any]]] = {}
    for entry in list_of(message.extra.get("content_blocks")):
        if "deltas" not in entry and _has_source(entry["block"]):
            others.setdefault(entry["position"], []).append(_unkept(entry["block"]))
    blocks: list[dict[str, Any]] = []
    for position, part in enumerate(message.content):
        blocks += others.get(position, [])
        if not isinstance(part, ServerToolResult) or part.call_id not in dropped:
            blocks += _blocks_of(part)
    blocks += others.get(len(message.content), [])
    return [{"role": "assistant", "content": blocks}] if blocks else []


def _has_source(block: dict[str, Any]) -> bool:
    """False for an image whose data never came: the API refuses it."""
    return all(dict_of(block[kind]).get("source") for kind in _MEDIA if kind in block)


def _unkept(block: dict[str, Any]) -> dict[str, Any]:
    back = dict(block)
    for kind in _MEDIA:
        body = dict_of(back.get(kind))
        source = dict_of(body.get("source"))
        if isinstance(source.get("bytes"), str):
            back[kind] = {**body, "source": {"bytes": _bytes(source["bytes"])}}
    return back


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except ValueError:
        return text.encode()


def _blocks_of(part: Part) -> list[dict[str, Any]]:
    if isinstance(part, Text):
        return _text_blocks(part)
    if isinstance(part, Reasoning):
        return _reasoning_blocks(part)
    if isinstance(part, ToolCall) and part.status == "complete" and part.id:
        call = {"toolUseId": part.id, "name": part.name, "input": part.arguments}
        kind = {"type": "server_tool_use"} if part.kind == "server" else {}
        return [{"toolUse": {**call, **kind}}]
    if isinstance(part, ServerToolResult):
        result = {"toolUseId": part.call_id, "content": list_of(part.content)}
        return [{"toolResult": {**result, **part.extra}}]
    return []


def _text_blocks(part: Text) -> list[dict[str, Any]]:
    if not part.text.strip():
        return []
    citations = part.extra.get("citations")
    if not citations:
        return [{"text": part.text}]
    return [{"citationsContent": {"content": [{"text": part.text}], "citations": citations}}]


def _reasoning_blocks(part: Reasoning) -> list[dict[str, Any]]:
    redacted = part.extra.get("redactedContent")
    if redacted:
        return [{"reasoningContent": {"redactedContent": _bytes(redacted)}}]
    signature = part.extra.get("signature")
    if not signature:
        return []
    return [{"reasoningContent": {"reasoningText": {"text": part.text, "signature": signature}}}]
