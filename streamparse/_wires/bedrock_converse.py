"""Amazon Bedrock ConverseStream and Converse, and the models that send its events by InvokeModel.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html,
the service model of botocore, and recorded streams.

In a binary frame the name of an event is outside its body; in chunks of boto3 it is the key of the
body: `{"contentBlockDelta": {…}}`. Quirks that are handled here:
- Blocks of text and reasoning have no start, or an empty one.
- `p` is padding, which hides the sizes of tokens.
- `metadata` usually comes after `messageStop`, but either may be the last.
- Nova by InvokeModel: the events come in chunks, and each delta of text is a block of its own.
- A citation comes before its text (recorded).
- `toolUse.type` may be "tool_use" (recorded), but the API takes back only "server_tool_use".
- boto3 gives bytes where the wire has base64.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.calls import CUT, CallReader
from streamparse._answers.response import ResponseReader
from streamparse._core.plain import dict_of, grow_in, is_index, list_of, number_of, text_of
from streamparse._wires.base import Wire, finish, keep_rest, pass_on_rest, result_text
from streamparse._wires.bedrock_chunks import CHUNK
from streamparse._wires.blocks import cite, keep_block, name_of_call, note_fields, one_message
from streamparse._wires.reasons import reason_of
from streamparse._wires.usage import input_with_cache
from streamparse.aliases import CallKind
from streamparse.message import Message, Part, Reasoning, ServerToolResult, Text, ToolCall, Usage

__all__ = ["BedrockConverse", "history", "tool_result"]

# The events that only this API has.
_OWN_EVENTS: Final = frozenset(
    ("contentBlockDelta", "contentBlockStart", "contentBlockStop", "messageStart", "messageStop")
)
_EVENTS: Final = _OWN_EVENTS | {"metadata"}

# The fields of each object that are understood; others are passed on.
_PADDING: Final = frozenset(("p",))
_MESSAGE_START: Final = frozenset(("role", "p"))
_MESSAGE_STOP: Final = frozenset(("stopReason", "p"))
_METADATA: Final = frozenset(("usage", "p"))
_BLOCK_START: Final = frozenset(("contentBlockIndex", "start", "p"))
_BLOCK_DELTA: Final = frozenset(("contentBlockIndex", "delta", "p"))
_CALL: Final = frozenset(("toolUseId", "name", "input"))
# boto3 adds `ResponseMetadata`.
_BODY: Final = frozenset(("output", "stopReason", "usage", "ResponseMetadata"))
# The kinds of content whose `source` may hold bytes.
_MEDIA: Final = ("audio", "document", "image", "video")


class _Block:
    """One block, with what its deltas grow."""

    __slots__ = ("entry", "open", "reader", "reasoning", "redacted", "result", "text")

    def __init__(self) -> None:
        self.text: Text | None = None
        self.reasoning: Reasoning | None = None
        self.redacted: Reasoning | None = None
        self.reader: CallReader | None = None
        self.result: ServerToolResult | None = None
        self.entry: dict[str, Any] | None = None  # of a block that is not content; see `blocks`
        self.open: bool = True


class BedrockConverse(Wire):
    """Reads `messageStart` to `messageStop` and `metadata`, and whole bodies of Converse."""

    api: ClassVar[str] = "bedrock-converse"

    def __init__(self, response: ResponseReader) -> None:
        super().__init__(response)
        self.blocks: dict[int, _Block] = {}
        self.last: int = 0  # the last index
        self.stopped: bool = False  # whether `messageStop` has arrived
        self.counted: bool = False  # whether `metadata` has arrived
        self.in_chunks: bool = False

    @classmethod
    def words(cls) -> frozenset[str]:
        return _OWN_EVENTS | _BLOCK_START | _BLOCK_DELTA | _MESSAGE_STOP | _CALL

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        if event in _OWN_EVENTS or not _OWN_EVENTS.isdisjoint(data):
            return True
        return "message" in dict_of(data.get("output")) and "stopReason" in data

    def history(self) -> Any:
        return history

    def write_result(self) -> Any:
        return tool_result

    def record(self, data: dict[str, Any], event: str) -> bool:
        if event == CHUNK:
            self.in_chunks = True
        if event in _EVENTS:
            self._event(event, data)
        elif not _EVENTS.isdisjoint(data):
            for name, body in data.items():
                if name in _EVENTS and isinstance(body, dict):
                    self._event(name, body)
                else:
                    note_fields(self.response.at(0), {name: body}, _PADDING)
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
        answer = self.response.at(0)
        answer.begin()
        note_fields(answer, body, _MESSAGE_START)

    def _block_stop(self, body: dict[str, Any]) -> None:
        block = self.blocks.get(self._place(body))
        if block is not None:
            if block.reader is not None:
                block.reader.end()
            if block.result is not None and block.open:
                self.response.at(0).complete_result(block.result)
            block.open = False

    def _message_stop(self, body: dict[str, Any]) -> None:
        answer = self.response.at(0)
        note_fields(answer, body, _MESSAGE_STOP)
        finish(answer, body.get("stopReason"), {})
        self.stopped = True

    def _last_metadata(self, body: dict[str, Any]) -> None:
        self._metadata(body, _METADATA)
        self.counted = True

    # The whole.

    def _metadata(self, body: dict[str, Any], known: frozenset[str]) -> None:
        answer = self.response.at(0)
        answer.count(body.get("usage"), _usage)
        note_fields(answer, body, known)
        router = dict_of(dict_of(body.get("trace")).get("promptRouter"))
        if router.get("invokedModelId"):
            answer.begin(None, router["invokedModelId"])

    def count_late(self, data: dict[str, Any], event: str) -> None:
        metadata = data if event == "metadata" else dict_of(data.get("metadata"))
        self.response.at(0).count(metadata.get("usage"), _usage)

    def _whole(self, body: dict[str, Any]) -> None:
        """Read a body that was not streamed.

        A limit may have cut the last block. If that is a call, its input may be incomplete although
        it is valid JSON, so its end counts as not signalled.
        """
        answer = self.response.at(0)
        answer.begin()
        raw = body.get("stopReason")
        limited = reason_of(text_of(raw), {}) == "length"
        content = list_of(dict_of(dict_of(body.get("output")).get("message")).get("content"))
        for place, block in enumerate(content):
            reader = self._whole_block(answer, place, block)
            if reader is not None and not (limited and place == len(content) - 1):
                reader.end()
        self._metadata(body, _BODY)
        finish(answer, raw, {})
        self.response.end()

    def _whole_block(self, answer: AnswerReader, place: int, block: Any) -> CallReader | None:
        """Read one block of a body; return its call, if it is one."""
        if not isinstance(block, dict):
            answer.pass_on("content", block)
            return None
        begun = self._at(place)
        for kind, value in block.items():
            if kind == "toolUse" or kind == "toolResult":
                self._begin(answer, begun, {kind: value}, block)
                inner = dict_of(value)
                if begun.reader is not None:
                    begun.reader.feed_arguments(inner.get("input") or None)
                elif begun.result is not None:
                    answer.room.keep(inner.get("content"))
                    begun.result.content = inner.get("content")
                    answer.complete_result(begun.result)
            elif kind == "citationsContent":
                self._cited(answer, begun, dict_of(value))
            elif kind == "reasoningContent":
                inner = dict_of(value)
                self._reasoning(answer, begun, dict_of(inner.get("reasoningText")) or inner)
            elif not self._understands(answer, begun, kind, value):
                self._begin(answer, begun, {kind: value}, block)
        return begun.reader

    def _cited(self, answer: AnswerReader, block: _Block, content: dict[str, Any]) -> None:
        """Read text with its citations, which come first in a stream too."""
        for citation in list_of(content.get("citations")):
            cite(answer, self._text_of(answer, block), citation)
        for piece in list_of(content.get("content")):
            self._text(answer, block, text_of(dict_of(piece).get("text")))

    # Blocks.

    def _place(self, body: dict[str, Any]) -> int:
        """Return the index of the block that a body is about, by default the last one."""
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
        pass_on_rest(answer, body, _BLOCK_START)
        start = dict_of(body.get("start"))
        if not start:
            return
        place = self._place(body)
        old = self.blocks.get(place)
        if old is not None:
            reader = old.reader
            identity = dict_of(start.get("toolUse")).get("toolUseId")
            if reader is not None and identity and reader.call.id == identity:
                return  # the start of the same call again
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
            block.result = ServerToolResult(identity, name_of_call(answer, identity), [], extra)
            answer.add(block.result)
        else:
            block.entry = keep_block(answer, {kind: _kept(value) for kind, value in start.items()})
            answer.pass_on("contentBlockStart", _unpadded(record))

    def _begin_call(self, answer: AnswerReader, block: _Block, call: dict[str, Any]) -> None:
        kind: CallKind = "server" if call.get("type") == "server_tool_use" else "function"
        identity = text_of(call.get("toolUseId")) or None
        block.reader = answer.call(identity, text_of(call.get("name")) or None, kind)
        keep_rest(answer.room, block.reader.call.extra, call, _CALL)

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
                if block.entry is not None:  # its effect is not known, so it cannot be sent back
                    answer.room.keep(value)
                    block.entry.setdefault("deltas", []).append({kind: value})

    def _understands(self, answer: AnswerReader, block: _Block, kind: str, value: Any) -> bool:
        """Read a delta, or a part of a whole block; return False for an unknown kind."""
        if kind == "text" and isinstance(value, str):
            self._text(answer, block, value)
        elif kind == "toolUse" and block.reader is not None:
            block.reader.feed_arguments(dict_of(value).get("input"))
        elif kind == "reasoningContent" and isinstance(value, dict):
            self._reasoning(answer, block, value)
        elif kind == "citation":
            cite(answer, self._text_of(answer, block), value)
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
            block.text = answer.growing_text()  # each delta is a block there
        answer.text(text, self._text_of(answer, block))

    def _text_of(self, answer: AnswerReader, block: _Block) -> Text:
        if block.text is None:
            block.text = Text()
            answer.add(block.text)
        return block.text

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
        """Read encrypted reasoning, and join the pieces of one block."""
        part = block.redacted
        if part is None:
            part = Reasoning()
            block.redacted = part
            answer.add(part)
        known = text_of(part.extra.get("redactedContent"))
        if known.endswith("="):  # the base64 ends inside a group of three bytes
            tail = known[-4:]
            part.extra["redactedContent"] = known[:-4]
            value = base64.b64encode(_bytes(tail) + _bytes(_base64(value))).decode("ascii")
        grow_in(part.extra, "redactedContent", _base64(value))


def _unpadded(body: dict[str, Any]) -> dict[str, Any]:
    return {key: body[key] for key in body if key not in _PADDING}


def _base64(value: Any) -> str:
    """Return bytes as the wire has them, so that only plain data is kept."""
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    return text_of(value)


def _kept(value: Any) -> Any:
    """Return the body of a block, with `source.bytes` in base64."""
    if not isinstance(value, dict):
        return value
    source = value.get("source")
    if not isinstance(source, dict) or not source.get("bytes"):
        return dict(value)
    return {**value, "source": {**source, "bytes": _base64(source["bytes"])}}


def _usage(raw: dict[str, Any]) -> Usage:
    # Only `totalTokens` includes what was read from the cache or written to it.
    output = number_of(raw.get("outputTokens"))
    total = number_of(raw.get("totalTokens"))
    read = number_of(raw.get("cacheReadInputTokens"), raw.get("cacheReadInputTokenCount"))
    written = number_of(raw.get("cacheWriteInputTokens"), raw.get("cacheWriteInputTokenCount"))
    whole = input_with_cache(number_of(raw.get("inputTokens")), read, written)
    return Usage(whole, read, written, output, None, total, raw)


# The method that reads each event.
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
    """Return one assistant message as boto3 takes it (bytes where the wire has base64).

    Calls that are not complete are left out, with their results. So are blank text and reasoning
    without a signature, which Claude refuses and other models do not need.
    """
    dropped = {call.id for call in message.tool_calls if call.status != "complete"}
    return one_message(message, dropped, _kept_block, _blocks_of)


def tool_result(call: ToolCall, value: Any, error: bool) -> dict[str, Any]:
    """A user message with a `toolResult` block. Models take objects as JSON, and else text.

    The status is sent for errors only: not every model takes one.
    """
    content = {"json": value} if isinstance(value, dict) else {"text": result_text(value, False)}
    result = {"toolUseId": call.id, "content": [content]}
    marked = {**result, "status": "error"} if error else result
    return {"role": "user", "content": [{"toolResult": marked}]}


def _kept_block(entry: dict[str, Any]) -> dict[str, Any] | None:
    """Return a kept block as boto3 takes it; None for an image whose data never arrived."""
    block = dict_of(entry["block"])
    complete = all(dict_of(block[kind]).get("source") for kind in _MEDIA if kind in block)
    return _unkept(block) if complete and "deltas" not in entry else None


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
