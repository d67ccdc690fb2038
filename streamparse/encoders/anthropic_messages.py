"""Anthropic Messages: the events and bodies that clients of `/v1/messages` read.

Protocol: https://docs.claude.com/en/docs/build-with-claude/streaming, and the models and the
accumulator of the package `anthropic` (2.14.0).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from streamparse._core.plain import dict_of, list_of, text_of
from streamparse._core.writer import escaped
from streamparse.encoders.blocks import BlockEncoder
from streamparse.encoders.response import Problem, change_in
from streamparse.frontends.protocol import Record
from streamparse.frontends.shown_calls import ShownCall, ShownCalls
from streamparse.message import (
    Audio,
    Message,
    Part,
    Reasoning,
    Refusal,
    ServerToolResult,
    Text,
    ToolCall,
    Usage,
)

__all__ = ["AnthropicMessages"]

_ID: Final = "msg_0"
# The words of the API for each finish reason; the first is used if the provider has another one.
# Any other reason is an end of the turn.
_REASONS: Final[dict[str, tuple[str, ...]]] = {
    "stop": ("end_turn", "stop_sequence"),
    "tool_calls": ("tool_use",),
    "length": ("max_tokens", "model_context_window_exceeded"),
    "content_filter": ("refusal",),
    "refusal": ("refusal",),
    "paused": ("pause_turn",),
}
# The callers of tools other than the model. OpenAI has other names in the same member.
_CALLERS: Final = ("direct", "code_execution")
_TEXT: Final = {"type": "text", "text": ""}
_THINKING: Final = {"type": "thinking", "thinking": "", "signature": ""}


class _Block:
    """A block of text or thinking, with what was sent of the fields of its part."""

    __slots__ = ("cited", "index", "part", "signature")

    def __init__(self, index: int, part: Part) -> None:
        self.index: int = index
        self.part: Part = part
        self.cited: int = 0
        self.signature: str = ""


class AnthropicMessages(BlockEncoder):
    """Encodes message events as the events of one message.

    Each part of the message is a block. Signatures, redacted thinking, citations, and the tools
    that Anthropic runs are sent if the answer comes from an API with Anthropic's blocks. A call
    with free text has the object `{"input": …}`. A call that is not complete has no
    `content_block_stop`.

    An answer that failed, was cancelled or ended early, or that has a rejected call, ends with an
    `error` event, for which clients raise an exception, and without `message_stop`.

    Args:
        id: The id of the message. The default is the id of the provider's message.
        model: The name of the model. The default is the name that the provider sends.
        choice: The index of the answer to encode; by default the first one that begins.
        error_text: Maps an exception to the text of the error event. The default is the message of
            a `StreamParseError`, and a neutral sentence for any other exception.

    >>> from streamparse import MessageParser
    >>> parser, encoder = MessageParser("text"), AnthropicMessages()
    >>> [event["type"] for event in encoder.encode(parser.feed("Hi"))]
    ['message_start', 'content_block_start', 'content_block_delta']
    >>> [event["type"] for event in encoder.encode(parser.finish()) + encoder.finish()]
    ['content_block_stop', 'message_delta', 'message_stop']
    """

    # The API has no word for a filter that cut a call.
    cut_reasons: ClassVar[tuple[str, ...]] = ("length",)

    def __init__(
        self,
        *,
        id: str | None = None,
        model: str | None = None,
        choice: int | None = None,
        error_text: Callable[[BaseException], str] | None = None,
    ) -> None:
        super().__init__(choice=choice, error_text=error_text)
        self._id = id
        self._model_name = model
        self._count = 0  # the blocks that have begun
        self._index = 0  # the block of the open part
        self._written: list[_Block] = []
        self._indexes: dict[str, int] = {}  # the index of the block of each call, by its id

    @classmethod
    def _framed(cls, record: Record) -> bytes:
        return f"event: {record['type']}\n".encode() + super()._framed(record)

    def body(self, message: Message) -> Record:
        """Return the body of a response that is not streamed.

        Args:
            message: The finished message.

        Returns:
            A message. If the message has no successful end, an object of the type `"error"`, which
            belongs to a response with a status of an error.
        """
        problem = self._problem_in(message)
        if problem is not None:
            return _error(problem)
        head = self._head(message.id, message.model)
        ends = {"stop_reason": _reason(message), "stop_sequence": None}
        usage = {"input_tokens": 0, **_usage(message.usage)}
        return {**head, "content": self._whole_blocks(message), **ends, "usage": usage}

    def _head(self, id: str | None, model: str | None) -> Record:
        named = {"id": self._id or id or _ID, "type": "message", "role": "assistant"}
        return {**named, "model": self._model_name or model or ""}

    def _id_base(self) -> str:
        return self._identity or "toolu"

    # The message.

    def _start_stream(self) -> None:
        message = {
            **self._head(self._identity, self._model),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 0, "output_tokens": 0},
        }
        self._out.append({"type": "message_start", "message": message})

    def _end(self) -> None:
        for block in self._written:  # fields that arrived after the end of their block
            self._write_fields(block)
        problem = self._problem()
        if problem is not None:
            self._out.append(_error(problem))
            return
        message = self._message
        assert message is not None
        delta = {"stop_reason": _reason(message), "stop_sequence": None}
        self._out.append({"type": "message_delta", "delta": delta, "usage": _usage(message.usage)})
        self._out.append({"type": "message_stop"})

    # Blocks.

    def _start_block(self, block: Record) -> int:
        index, self._count = self._count, self._count + 1
        self._out.append({"type": "content_block_start", "index": index, "content_block": block})
        return index

    def _write_delta(self, index: int, delta: Record) -> None:
        self._out.append({"type": "content_block_delta", "index": index, "delta": delta})

    def _grow_block(self, index: int, type: str, member: str, text: str) -> None:
        if not self._extend((index,), text):
            delta: Record = {"type": type, member: ""}
            record = {"type": "content_block_delta", "index": index, "delta": delta}
            self._grow_record((index,), record, delta, member, text)

    def _stop_block(self, index: int) -> None:
        self._out.append({"type": "content_block_stop", "index": index})

    def _start_part(self, kind: str) -> None:
        self._index = self._start_block(dict(_THINKING if kind == "reasoning" else _TEXT))

    def _more(self, kind: str, text: str) -> None:
        member = "thinking" if kind == "reasoning" else "text"
        self._grow_block(self._index, f"{member}_delta", member, text)

    def _stop_part(self, kind: str) -> None:
        if self._open_part is not None:
            block = _Block(self._index, self._open_part)
            self._written.append(block)
            self._write_fields(block)
        self._stop_block(self._index)

    def _silent(self, part: Reasoning) -> None:
        data, signature = part.extra.get("data"), text_of(part.extra.get("signature"))
        if isinstance(data, str) and data:
            self._stop_block(self._start_block({"type": "redacted_thinking", "data": data}))
        elif signature:
            index = self._start_block(dict(_THINKING))
            self._write_delta(index, {"type": "signature_delta", "signature": signature})
            self._stop_block(index)

    def _write_fields(self, block: _Block) -> None:
        """Write the citations and the signature that were not sent yet."""
        extra = block.part.extra
        signature = text_of(extra.get("signature"))
        if isinstance(block.part, Reasoning) and signature not in ("", block.signature):
            block.signature = signature
            delta = {"type": "signature_delta", "signature": signature}
            self._write_delta(block.index, delta)
        citations = _citations(block.part)
        for citation in citations[block.cited :]:
            self._write_delta(block.index, {"type": "citations_delta", "citation": citation})
        block.cited = len(citations)

    # Calls.

    def _start_call(self, call: ShownCall) -> None:
        self._begin_call(call)
        if call.is_server and not _is_own(call.call):
            return
        self._sent_names[call.id] = call.name
        block = _call_block(call.call, call.id, {})
        self._indexes[call.id] = self._start_block(block)
        if call.call.kind == "custom":
            self._grow_input(call, '{"input":"')

    def _grow_call(self, call: ShownCall, text: str) -> None:
        if text and call.id in self._indexes:
            self._grow_input(call, escaped(text) if call.call.kind == "custom" else text)

    def _grow_input(self, call: ShownCall, text: str) -> None:
        self._grow_block(self._indexes[call.id], "input_json_delta", "partial_json", text)

    def _complete_call(self, call: ShownCall) -> None:
        if call.id not in self._indexes:
            return
        if call.call.kind == "custom":
            self._grow_input(call, '"}')
        if self._is_as_sent(call, change_in(call.call)):
            self._stop_block(self._indexes[call.id])

    def _must_wait(self, part: ServerToolResult) -> bool:
        return False  # the call may belong to an earlier answer

    def _server_result(self, part: ServerToolResult) -> None:
        block = _result_block(part)
        if block is not None:
            self._stop_block(self._start_block(block))

    # Bodies.

    def _whole_blocks(self, message: Message) -> list[Record]:
        ids = ShownCalls()
        blocks = []
        for part in message.content:
            if isinstance(part, ToolCall):
                identity = ids.add(part, message.id or "toolu").id
                # A client takes any call but the last one of an answer that was cut for complete.
                if part.status == "complete" or part is message.content[-1]:
                    blocks += _whole_call(part, identity)
            else:
                blocks += _whole_part(part)
        return blocks


def _is_own(call: ToolCall) -> bool:
    """Return whether Anthropic runs the tool."""
    return text_of(call.extra.get("type")).endswith("_tool_use")


def _citations(part: Part) -> list[Any]:
    """Return the citations of a text that have the form of this API."""
    if not isinstance(part, Text):
        return []
    found = list_of(part.extra.get("citations"))
    return [each for each in found if text_of(dict_of(each).get("type")).endswith("_location")]


def _call_block(call: ToolCall, identity: str, value: Any) -> Record:
    block = {"type": "tool_use", "id": identity, "name": call.name or "unknown", "input": value}
    if call.kind == "server":
        return {**block, **call.extra}
    caller = call.extra.get("caller")
    own = text_of(dict_of(caller).get("type")).startswith(_CALLERS)
    return {**block, "caller": caller} if own else block


def _result_block(part: ServerToolResult) -> Record | None:
    """Return the result of a tool that Anthropic ran, or None for other results."""
    if not text_of(part.extra.get("type")).endswith("_tool_result"):
        return None
    return {**part.extra, "tool_use_id": part.call_id, "content": part.content}


def _whole_call(call: ToolCall, identity: str) -> list[Record]:
    if call.kind == "server" and not _is_own(call):
        return []
    value = {"input": call.arguments_text} if call.kind == "custom" else call.partial
    if value is None or (call.status != "complete" and not isinstance(value, dict)):
        value = {}
    return [_call_block(call, identity, value)]


def _whole_part(part: Part) -> list[Record]:
    if isinstance(part, Reasoning):
        signature = text_of(part.extra.get("signature"))
        if part.text or signature:
            return [{"type": "thinking", "thinking": part.text, "signature": signature}]
        data = part.extra.get("data")
        return [{"type": "redacted_thinking", "data": data}] if text_of(data) else []
    if isinstance(part, (Text, Audio, Refusal)):
        block = {"type": "text", "text": part.text, "citations": _citations(part) or None}
        return [block] if part.text else []
    result = _result_block(part) if isinstance(part, ServerToolResult) else None
    return [] if result is None else [result]


def _reason(message: Message) -> str:
    words = _REASONS.get(message.finish_reason or "", ("end_turn",))
    raw = message.raw_finish_reason
    return raw if raw in words else words[0]


def _usage(usage: Usage | None) -> Record:
    """Return a usage record, in which the input does not include what the cache has."""
    if usage is None:
        return {"output_tokens": 0}
    record: Record = {"output_tokens": usage.output_tokens or 0}
    if usage.input_tokens is not None:
        cached = (usage.cached_tokens or 0) + (usage.cache_write_tokens or 0)
        record["input_tokens"] = max(usage.input_tokens - cached, 0)
    if usage.cached_tokens is not None:
        record["cache_read_input_tokens"] = usage.cached_tokens
    if usage.cache_write_tokens is not None:
        record["cache_creation_input_tokens"] = usage.cache_write_tokens
    if usage.reasoning_tokens is not None:
        record["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    return record


def _error(problem: Problem) -> Record:
    about = {"type": "api_error", "message": problem.text}
    return {"type": "error", "error": about}
