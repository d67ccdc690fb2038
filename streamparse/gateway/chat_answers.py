"""Rewrites the answers of the upstream: streams while they arrive, and whole bodies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from streamparse._core.plain import dict_of, json_text, list_of, text_of
from streamparse._decoding.record import Record
from streamparse._decoding.transport import Transport
from streamparse.encoders import OpenAIChat
from streamparse.errors import StreamParseError, WireError
from streamparse.gateway.chat_chunks import Chunks, dressed_body
from streamparse.gateway.upstream import RefusedError
from streamparse.limits import Limits
from streamparse.message_events import (
    AnyMessageEvent,
    MessageFailed,
    MessageFinished,
    ProviderEvent,
    ToolCallCompleted,
    ToolCallRejected,
    ToolCallTruncated,
)
from streamparse.message_parser import MessageParser
from streamparse.paths import json_pointer

__all__ = ["ChatBody", "ChatStream"]

_DONE: Final = "[DONE]"
_LAST: Final = (MessageFinished, MessageFailed)
_ENDED: Final = (ToolCallCompleted, ToolCallRejected, ToolCallTruncated)


class _Calls:
    """The states of the calls of an answer.

    Attributes:
        statuses: The statuses of the calls that have ended.
        rejection: Why the first rejected call was rejected, for the client.
    """

    def __init__(self) -> None:
        self.statuses: list[str] = []
        self.rejection: RefusedError | None = None

    def note(self, event: AnyMessageEvent) -> None:
        """Take note of an event."""
        if isinstance(event, _ENDED):
            self.statuses.append(event.call.status)
        if isinstance(event, ToolCallRejected) and self.rejection is None:
            self.rejection = _rejection(event)


def _rejection(event: ToolCallRejected) -> RefusedError:
    error = event.error
    param = json_pointer(error.path) if error.path else None
    place = f" (at {param})" if param else ""
    text = f"The call of {event.call.name} was rejected: {error.message}{place}."
    # Not a status of the server's own failures: clients would send the request again at once.
    return RefusedError(422, "invalid_tool_call", error.code, text, param)


class ChatStream:
    """Rewrites one stream of chunks. It does no I/O.

    Args:
        parser: Parses the answer.
        limits: The limits of its records.
        chunks: Writes the chunks; the same for all answers of one response.
        stop: Whether nothing more is read after a call was rejected.
        hold: Whether calls are written when the answer has ended.

    Attributes:
        calls: What became of the calls.
        over: Whether nothing more is read.
        ending: The end of the stream, once `over`.
    """

    def __init__(
        self, parser: MessageParser, limits: Limits, chunks: Chunks, *, stop: bool, hold: bool
    ) -> None:
        self.calls: _Calls = _Calls()
        self.over: bool = False
        self.ending: bytes = b""
        self._parser = parser
        self._transport = Transport(limits=limits)
        self._chunks = chunks
        self._encoder = OpenAIChat(include_usage=False)
        self._stop = stop
        self._hold = hold
        self._held: list[AnyMessageEvent] = []
        self._texts: list[str] = []
        self._has_failed = False  # the upstream has sent an error, which was passed on

    @property
    def text(self) -> str:
        """The text of the first choice as the model wrote it, if calls are held."""
        return "".join(self._texts)

    def feed(self, data: bytes) -> bytes:
        """Take bytes of the upstream; return those for the client."""
        records = _records(self._transport, data)
        written = b"".join([self._read(record) for record in records])
        failure = self._transport.failure
        return written if failure is None else written + self._fail(failure)

    def finish(self, failure: RefusedError | None = None) -> bytes:
        """End the input; return the last deltas, which `ending` follows.

        Args:
            failure: Why the connection to the upstream broke, if it did.
        """
        if self.over:
            return b""
        written = b""
        if failure is None:
            written = b"".join([self._read(record) for record in self._transport.finish()])
            if self._transport.failure is not None:
                written += self._fail(self._transport.failure)
        return written + self._end(failure)

    def _read(self, record: Record) -> bytes:
        if self.over:
            return b""
        failure: StreamParseError | None = None
        try:
            events = self._parser.feed(record)
        except StreamParseError as error:
            events, failure = error.events, error
        encoded = self._encoded(events)
        if failure is not None:
            return _sse(self._chunks.wrap(encoded)) + self._fail(failure)
        if record.text == _DONE:
            return _sse(self._chunks.wrap(encoded)) + self._end(None)
        written = self._written(record, encoded)
        if self._stop and self.calls.rejection is not None:
            written += self._end(None)
        return written

    def _written(self, record: Record, encoded: list[Any]) -> bytes:
        """Return a record of the upstream for the client."""
        data = dict_of(record.data)
        error = data.get("error")
        self._has_failed = self._has_failed or bool(error) or record.event == "error"
        if not isinstance(data.get("choices"), list):
            written = _sse(self._chunks.wrap(encoded))
            return written if record.cut else written + _as_it_was(record)
        self._keep_text(data)
        members = {name: value for name, value in data.items() if name != "error"}
        written = _sse(self._chunks.dress(members, encoded))
        return written + _sse([{"error": error}]) if error else written

    def _keep_text(self, data: dict[str, Any]) -> None:
        if self._hold:
            for choice in list_of(data["choices"]):
                self._texts.append(text_of(dict_of(dict_of(choice).get("delta")).get("content")))

    def _encoded(self, events: Iterable[AnyMessageEvent]) -> list[Any]:
        """Return the chunks for events, up to a rejection that ends the answer."""
        kept: list[AnyMessageEvent] = []
        for event in events:
            if isinstance(event, ProviderEvent):  # its data are in the chunk of the upstream
                continue
            if self._stop and self.calls.rejection is not None:
                break
            self.calls.note(event)
            if self._hold and (isinstance(event, _LAST) or getattr(event, "call", None)):
                self._held.append(event)
            else:
                kept.append(event)
        return self._encoder.encode(kept)

    def _fail(self, error: StreamParseError) -> bytes:
        """End the answer, because the upstream does not send what it should."""
        return self._end(_unreadable(error))

    def _end(self, failure: RefusedError | None) -> bytes:
        """Return the last deltas, and set `ending`."""
        if self.over:
            return b""
        self.over = True
        encoded: list[Any] = []
        try:
            is_cut = failure is not None and not self._parser._whole
            events = self._parser.cut() if is_cut else self._parser.finish()
            encoded = self._encoded(events)
        except StreamParseError as error:  # of an earlier call, or of what was held back
            failure = failure or _unreadable(error)
            encoded = self._encoded(error.events)
        # Everything in front of the finish reasons flows even if the request is sent again.
        written = _sse(self._chunks.wrap(encoded))
        calls = [] if self.calls.rejection is not None else self._encoder.encode(self._held)
        closing = [*calls, *self._encoder.finish()]
        error_record = closing.pop() if "error" in closing[-1] else None
        self.ending = _sse(self._chunks.close(closing))
        if self._has_failed:
            return written
        if error_record is None:
            self.ending += b"data: [DONE]\n\n"
        else:
            refusal = self.calls.rejection or failure
            self.ending += _sse([refusal.to_dict() if refusal else error_record])
        return written


class ChatBody:
    """Rewrites the whole body of an answer.

    Args:
        content: The body.
        parser: Parses it.
        limits: Its limits.

    Attributes:
        calls: What became of the calls.
        content: The body for the client; the same if it is not a chat completion.
        refusal: Why the client gets no answer, or None.
        text: The text of the first choice as the model wrote it.
    """

    def __init__(self, content: bytes, parser: MessageParser, limits: Limits) -> None:
        self.calls: _Calls = _Calls()
        self.content: bytes = content
        self.refusal: RefusedError | None = None
        self.text: str = ""
        transport = Transport(limits=limits)
        records = _records(transport, content) + transport.finish()
        data = records[0].data if len(records) == 1 and transport.failure is None else None
        if not isinstance(data, dict) or not isinstance(data.get("choices"), list):
            if any(list_of(dict_of(record.data).get("choices")) for record in records):
                text = "the upstream sent a stream, which it calls a whole body"
                self.refusal = RefusedError(502, "upstream_error", "upstream_broken", text)
            return
        first = dict_of((list_of(data["choices"]) or [None])[0])
        self.text = text_of(dict_of(first.get("message")).get("content"))
        try:
            events = parser.feed(records[0]) + parser.finish()
        except StreamParseError as error:
            self.refusal = _unreadable(error)
            return
        for event in events:
            self.calls.note(event)
        encoded = OpenAIChat().body(*parser.messages)
        if "error" in encoded:
            about = encoded["error"]
            failure = RefusedError(502, "upstream_error", about["code"], about["message"])
            self.refusal = self.calls.rejection or failure
        else:
            self.content = json_text(dressed_body(data, encoded)).encode()


def _sse(records: Iterable[Any]) -> bytes:
    return OpenAIChat.to_sse(records)


def _records(transport: Transport, data: bytes) -> list[Record]:
    try:
        return transport.feed(data)
    except (
        ImportError
    ) as error:  # binary frames need a library, and no server of this API sends any
        transport.failure = WireError(str(error), code="not_a_stream")
        return []


def _unreadable(error: StreamParseError) -> RefusedError:
    text = f"The answer of the upstream cannot be read: {error.message}."
    return RefusedError(502, "upstream_error", error.code, text)


def _as_it_was(record: Record) -> bytes:
    """Return a record that is not a chunk of an answer as a server-sent event."""
    name = f"event: {record.event}\n" if record.event else ""
    lines = "".join([f"data: {line}\n" for line in record.text.split("\n")])
    return f"{name}{lines}\n".encode()
