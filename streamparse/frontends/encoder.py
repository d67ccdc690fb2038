"""The base of the encoders for front ends: which records they send, in which order, by which ids.

An encoder takes the events of one answer, or of several answers in a row when a server runs the
tools and asks again; `finish` ends the stream to the front end. The records do not depend on how
the provider's stream was cut, once adjacent deltas of the same part are merged.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Final, TypeAlias

from streamparse._core.plain import dict_of, json_text, text_of
from streamparse.errors import IncompleteError, StreamParseError
from streamparse.frontends.argument_text import ArgumentText
from streamparse.frontends.citations import Source, sources_of
from streamparse.message import Citation, Message, ServerToolResult, ToolCall, Usage
from streamparse.message_events import (
    AnyMessageEvent,
    ArgumentCompleted,
    ArgumentDelta,
    ArgumentStarted,
    MessageEvent,
    MessageFailed,
    MessageFinished,
    MessageStarted,
    OutputRejected,
    ProviderEvent,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallCompleted,
    ToolCallDelta,
    ToolCallRejected,
    ToolCallStarted,
    ToolCallTruncated,
    UsageUpdated,
)

__all__ = ["FrontEnd", "Record", "ShownCall", "usage_counts"]

Record: TypeAlias = dict[str, Any]

_COUNTS: Final = (
    ("inputTokens", "input_tokens"),
    ("outputTokens", "output_tokens"),
    ("totalTokens", "total_tokens"),
    ("reasoningTokens", "reasoning_tokens"),
    ("cachedInputTokens", "cached_tokens"),
    ("cacheWriteInputTokens", "cache_write_tokens"),
)


def usage_counts(usage: Usage | None) -> dict[str, int]:
    """Return the token counts under the names that both protocols use."""
    if usage is None:
        return {}
    counts = {name: getattr(usage, ours) for name, ours in _COUNTS}
    return {name: count for name, count in counts.items() if count is not None}


class ShownCall:
    """A tool call as the front end knows it.

    Attributes:
        id: The provider's id, or one derived from the id of the message.
        sent: The number of characters of `arguments_text` that the deltas have brought.
        arguments: Writes the argument events as JSON text.
        open: True until the call completes, is rejected or is truncated.
        complete: True if the call completed.
        answered: True once the call has a result.
    """

    __slots__ = ("answered", "arguments", "call", "complete", "id", "open", "sent")

    def __init__(self, call: ToolCall, identity: str) -> None:
        self.call: ToolCall = call
        self.id: str = identity
        self.sent: int = 0
        self.arguments: ArgumentText = ArgumentText()
        self.open: bool = True
        self.complete: bool = False
        self.answered: bool = False

    @property
    def name(self) -> str:
        """The name of the tool; the protocols need one even if the call was cut before its name."""
        return self.call.name or "unknown"

    @property
    def text(self) -> str:
        """The text of the arguments that the deltas have brought."""
        return self.call.arguments_text[: self.sent]

    @property
    def is_server(self) -> bool:
        """Whether the provider runs the tool."""
        return self.call.kind == "server"


class FrontEnd:
    """Base class of the encoders.

    `encode` returns the records for some events. `tool_output` and `tool_error` return those for
    the result of a tool that the server ran. `finish` or `abort` ends the stream. `to_sse` frames
    records as server-sent events; `headers` are the headers of that HTTP response.

    Args:
        choice: The index of the answer to encode; by default the first one that begins.
        error_text: Maps an exception to the text that the front end shows. The default is the
            message of a `StreamParseError`, and a neutral sentence for any other exception.
        provider_events: Whether to send the provider's records that have no event of their own.
    """

    headers: ClassVar[dict[str, str]]

    def __init__(
        self,
        *,
        choice: int | None = None,
        error_text: Callable[[BaseException], str] | None = None,
        provider_events: bool = False,
    ) -> None:
        self._choice = choice
        self._error_text = error_text
        self._provider_events = provider_events
        self._out: list[Record] = []
        self._growing: Record | None = None  # the delta that takes in those of the same thing
        self._pieces: list[str] = []
        # The events that wait for the id of a call. A call waits until its next event: an id that
        # arrives by then is the one to send.
        self._waiting: deque[AnyMessageEvent] = deque()
        self._seen: set[int] = set()
        self._started = False
        self._over = False
        self._answering = False
        self._answers = 0
        self._identity: str | None = None  # the id of the answer
        self._model: str | None = None
        self._message: Message | None = None  # the last message that has ended
        self._usage: list[
            tuple[str | None, Usage]
        ] = []  # one entry for each answer, with its model
        self._usage_so_far: Usage | None = None
        self._failure: BaseException | str | None = None
        self._part: str = ""  # the open part: "text", "reasoning", "refusal" or ""
        self._calls: dict[int, ShownCall] = {}  # the calls of this answer, by index
        self._by_id: dict[str, ShownCall] = {}  # the calls of all answers, by the provider's id
        self._ids: set[str] = set()
        self._made_ids = 0

    # The public methods.

    def encode(self, events: Iterable[AnyMessageEvent]) -> list[Record]:
        """Return the records to send for these events.

        Events of other choices give no records.

        Args:
            events: Message events, in the order in which the parser returned them.

        Returns:
            Plain data, ready for JSON; `to_sse` frames it.

        Raises:
            TypeError: One of them is no message event.
            StreamParseError: The stream has ended (code `"finished"`).
        """
        for event in events:
            if not isinstance(event, MessageEvent):
                raise TypeError(f"events must be message events, not {type(event).__name__}")
            self._refuse_after_the_end()
            if self._choice is None:
                self._choice = event.choice
            if event.choice == self._choice:
                self._queue(event)
        return self._take()

    def tool_output(self, call: ToolCall, output: Any) -> list[Record]:
        """Return the records for the output of a tool that the server ran.

        Args:
            call: A call of the last answer.
            output: What the tool returned, as plain data for JSON.

        Raises:
            ValueError: The call does not belong to the last answer encoded, or has not ended.
            StreamParseError: The stream has ended (code `"finished"`).
        """
        self._refuse_after_the_end()
        self._answer(self._shown(call), output, False)
        return self._take()

    def tool_error(self, call: ToolCall, error: BaseException | str) -> list[Record]:
        """Return the records for a tool that failed or was not run.

        Args:
            call: A call of the last answer.
            error: The exception or the text that the front end shows.

        Raises:
            ValueError: The call does not belong to the last answer encoded, or has not ended.
            StreamParseError: The stream has ended (code `"finished"`).
        """
        self._refuse_after_the_end()
        self._answer(self._shown(call), self._text_of(error), True)
        return self._take()

    def finish(self, error: BaseException | str | None = None) -> list[Record]:
        """End the stream and return its last records; a second call returns `[]`.

        Args:
            error: The exception that broke the stream, if one did. An answer that has not ended
                counts as broken too.
        """
        if self._over:
            return []
        self._drain()
        if error is not None or self._answering or not self._answers:
            self._break(error if error is not None else _CUT_ANSWER)
        self._end()
        self._over = True
        return self._take()

    def abort(self, reason: str | None = None) -> list[Record]:
        """End the stream because the user stopped it; `finish` then returns `[]`."""
        if self._over:
            return []
        self._drain()
        self._begin()
        self._close()
        self._end_aborted(reason)
        self._over = True
        return self._take()

    @classmethod
    def to_sse(cls, records: Iterable[Record]) -> bytes:
        """Return the records as server-sent events, in UTF-8."""
        return b"".join(cls._framed(record) for record in records)

    @classmethod
    def _framed(cls, record: Record) -> bytes:
        return f"data: {json_text(record)}\n\n".encode()

    def _start(self) -> None:
        """Write the record that starts the stream, once."""
        if not self._started:
            self._started = True
            self._start_stream()

    # Events, in their order.

    def _queue(self, event: AnyMessageEvent) -> None:
        """Handle the event, unless it or an earlier one waits for the id of a call."""
        waiting = self._waiting
        waiting.append(event)
        if not isinstance(event, ToolCallStarted):
            call = getattr(event, "call", None)
            if call is not None:
                self._seen.add(call.index)
        while waiting:
            first = waiting[0]
            if isinstance(first, ToolCallStarted) and not self._has_identity(first.call):
                return
            self._handle(waiting.popleft())

    def _has_identity(self, call: ToolCall) -> bool:
        return call.id is not None or call.index in self._seen

    def _drain(self) -> None:
        while self._waiting:
            self._handle(self._waiting.popleft())

    def _handle(self, event: AnyMessageEvent) -> None:
        handler = _HANDLERS.get(event.type)
        if handler is not None:
            handler(self, event)

    def _add(self, type: str, owner: str, identity: str, name: str, text: str) -> None:
        """Write a delta with its text in the member `name`; adjacent deltas become one record."""
        last = self._out[-1] if self._out else None
        growing = self._growing
        if last is None or last is not growing or last["type"] != type or last[owner] != identity:
            self._join()
            growing = self._growing = {"type": type, owner: identity, name: ""}
            self._out.append(growing)
        self._pieces.append(text)

    def _join(self) -> None:
        """Join the pieces of the open delta, once: adding each in turn would copy the text."""
        growing = self._growing
        if growing is not None:
            growing[next(reversed(growing))] = "".join(self._pieces)
            self._pieces = []
            self._growing = None

    def _take(self) -> list[Record]:
        self._join()
        records = self._out
        self._out = []
        return records

    def _refuse_after_the_end(self) -> None:
        if self._over:
            raise StreamParseError("the stream to the front end has ended", code="finished")

    # Answers.

    def _message_started(self, event: MessageStarted) -> None:
        if self._answering:
            self._break(_CUT_ANSWER)
        self._identity, self._model = event.id, event.model
        self._begin()

    def _begin(self) -> None:
        if self._answering:
            return
        self._start()
        self._answering = True
        self._answers += 1
        self._message = None
        self._failure = None
        self._usage_so_far = None
        self._calls = {}
        self._seen.clear()
        self._begin_answer()

    def _message_finished(self, event: MessageFinished) -> None:
        message = event.message
        self._end_answer(message)
        if message.finish_reason is None:
            self._fail(message.error or _CUT_ANSWER)

    def _message_failed(self, event: MessageFailed) -> None:
        self._end_answer(event.message)
        self._fail(event.error)

    def _end_answer(self, message: Message) -> None:
        """Write the parts that have no event: results of the provider's tools, and sources."""
        self._begin()
        self._model = message.model or self._model  # the last record names the model best
        self._close()
        self._message = message
        for part in message.content:
            if isinstance(part, Citation):
                for source in sources_of(part.data):
                    self._source(source, part.data)
            elif isinstance(part, ServerToolResult):
                self._server_result(part)

    def _close(self) -> None:
        """Close the open part and the open calls of this answer."""
        self._end_part()
        for call in self._calls.values():
            if call.open:
                self._cut(call, _CUT_CALL)
        if self._usage_so_far is not None:
            self._usage.append((self._model, self._usage_so_far))
            self._usage_so_far = None
        self._answering = False
        self._identity = None

    def _break(self, error: BaseException | str) -> None:
        """End an answer that stopped without an ending event."""
        if self._answering or not self._answers:
            self._begin()
            self._close()
        self._fail(error)

    def _fail(self, error: BaseException | str) -> None:
        """Write the first failure of an answer; later ones are its consequences."""
        if self._failure is None:
            self._failure = error
            self._write_failure(self._text_of(error))

    def _usage_updated(self, event: UsageUpdated) -> None:
        self._usage_so_far = event.usage

    # Text.

    def _text(self, event: TextDelta) -> None:
        self._grow("text", event.text)

    def _reasoning(self, event: ReasoningDelta) -> None:
        self._grow("reasoning", event.text)

    def _refusal(self, event: RefusalDelta) -> None:
        self._grow("refusal", event.text)

    def _grow(self, kind: str, text: str) -> None:
        if self._part != kind:
            self._begin()
            self._end_part()
            self._part = kind
            self._start_part(kind)
        self._more(kind, text)

    def _end_part(self) -> None:
        kind = self._part
        if kind:
            self._part = ""
            self._stop_part(kind)

    # Calls.

    def _call_started(self, event: ToolCallStarted) -> None:
        self._begin()
        self._end_part()
        call = event.call
        shown_call = ShownCall(call, self._id_for(call))
        self._calls[call.index] = shown_call
        if call.id is not None:
            self._by_id[call.id] = shown_call
        self._start_call(shown_call)

    def _id_for(self, call: ToolCall) -> str:
        """Return the provider's id, or a new one if it is missing or was used before."""
        identity = call.id
        base = identity or f"{self._id_base()}-call"
        while identity is None or identity in self._ids:
            self._made_ids += 1
            identity = f"{base}-{self._made_ids}"
        self._ids.add(identity)
        return identity

    def _call_delta(self, event: ToolCallDelta) -> None:
        call = self._known(event.call)
        call.sent += len(event.text)
        if call.call.kind == "custom":
            self._grow_call(call, event.text)

    def _argument_started(self, event: ArgumentStarted) -> None:
        call = self._known(event.call)
        self._grow_call(call, call.arguments.started(event))

    def _argument_delta(self, event: ArgumentDelta) -> None:
        call = self._known(event.call)
        self._grow_call(call, call.arguments.delta(event))

    def _argument_completed(self, event: ArgumentCompleted) -> None:
        call = self._known(event.call)
        self._grow_call(call, call.arguments.completed(event))

    def _call_completed(self, event: ToolCallCompleted) -> None:
        call = self._known(event.call)
        call.open = False
        call.complete = True
        self._complete_call(call)

    def _call_rejected(self, event: ToolCallRejected) -> None:
        self._cut(self._known(event.call), event.error)

    def _call_truncated(self, event: ToolCallTruncated) -> None:
        self._cut(self._known(event.call), _CUT_CALL)

    def _cut(self, call: ShownCall, error: StreamParseError) -> None:
        call.open = False
        self._cut_call(call, self._text_of(error), error.code)

    def _known(self, call: ToolCall) -> ShownCall:
        """Return the known call; events that were pickled carry copies of the call."""
        if call.index not in self._calls:
            self._call_started(ToolCallStarted(call))
        known = self._calls[call.index]
        known.call = call
        return known

    def _shown(self, call: ToolCall) -> ShownCall:
        if call.index not in self._calls:
            raise ValueError(f"no call {call.index} of the last answer was encoded")
        known = self._calls[call.index]
        if known.open:
            raise ValueError(f"the call {known.id} has not ended: it has no result yet")
        return known

    def _server_result(self, part: ServerToolResult) -> None:
        call = self._call_of(part)
        if call is None or call.answered or not call.complete:
            self._stray_result(part)
        elif _is_error(part):
            content = part.content
            self._answer(call, content if isinstance(content, str) else json_text(content), True)
        else:
            self._answer(call, part.content, False)

    def _call_of(self, part: ServerToolResult) -> ShownCall | None:
        """Find the call by id, or else the first call of that tool without a result."""
        if part.call_id is not None:
            return self._by_id.get(part.call_id)
        for call in self._calls.values():
            if call.is_server and not call.answered and call.name == part.name:
                return call
        return None

    def _answer(self, call: ShownCall, output: Any, failed: bool) -> None:
        call.answered = True
        self._result(call, output, failed)

    # The rest.

    def _provider_event(self, event: ProviderEvent) -> None:
        data = dict_of(event.data)
        media_type = text_of(data.get("mimeType"))
        if event.name == "inlineData" and media_type and text_of(data.get("data")):
            self._begin()
            self._end_part()
            self._file(f"data:{media_type};base64,{data['data']}", media_type)
        elif event.name == "fileData" and media_type and text_of(data.get("fileUri")):
            self._begin()
            self._end_part()
            self._file(data["fileUri"], media_type)
        elif self._provider_events:
            self._start()
            self._provider(event.name, event.data)

    def _output_rejected(self, event: OutputRejected) -> None:
        self._start()
        error = event.error
        about = {"code": error.code, "path": list(error.path), "offset": error.offset}
        self._reject_output({"errorText": self._text_of(error), **about})

    def _text_of(self, error: BaseException | str) -> str:
        if isinstance(error, str):
            return error
        if self._error_text is not None:
            return self._error_text(error)
        # The message of any other exception may name hosts and paths of the server.
        return error.message if isinstance(error, StreamParseError) else _BROKEN

    def _counted(self) -> dict[str, int]:
        """Return the tokens of all answers together."""
        total: dict[str, int] = {}
        for _, usage in self._usage:
            for name, count in usage_counts(usage).items():
                total[name] = total.get(name, 0) + count
        return total

    # The protocol: subclasses write its records.

    def _id_base(self) -> str:
        raise NotImplementedError

    def _start_stream(self) -> None:
        raise NotImplementedError

    def _begin_answer(self) -> None:
        raise NotImplementedError

    def _start_part(self, kind: str) -> None:
        raise NotImplementedError

    def _more(self, kind: str, text: str) -> None:
        raise NotImplementedError

    def _stop_part(self, kind: str) -> None:
        raise NotImplementedError

    def _start_call(self, call: ShownCall) -> None:
        raise NotImplementedError

    def _grow_call(self, call: ShownCall, text: str) -> None:
        raise NotImplementedError

    def _complete_call(self, call: ShownCall) -> None:
        raise NotImplementedError

    def _cut_call(self, call: ShownCall, text: str, code: str) -> None:
        raise NotImplementedError

    def _result(self, call: ShownCall, output: Any, failed: bool) -> None:
        raise NotImplementedError

    def _stray_result(self, part: ServerToolResult) -> None:
        raise NotImplementedError

    def _source(self, source: Source, citation: Any) -> None:
        raise NotImplementedError

    def _file(self, url: str, media_type: str) -> None:
        raise NotImplementedError

    def _provider(self, name: str, data: Any) -> None:
        raise NotImplementedError

    def _reject_output(self, about: dict[str, Any]) -> None:
        raise NotImplementedError

    def _write_failure(self, text: str) -> None:
        raise NotImplementedError

    def _end(self) -> None:
        raise NotImplementedError

    def _end_aborted(self, reason: str | None) -> None:
        raise NotImplementedError


_BROKEN: Final = "an error broke off the answer"
_CUT_CALL: Final = IncompleteError("the call was cut off before its end", code="truncated")
_CUT_ANSWER: Final = IncompleteError("the answer was cut off before its end", code="truncated")

_HANDLERS: Final[dict[str, Callable[[FrontEnd, Any], None]]] = {
    MessageStarted.type: FrontEnd._message_started,
    MessageFinished.type: FrontEnd._message_finished,
    MessageFailed.type: FrontEnd._message_failed,
    TextDelta.type: FrontEnd._text,
    ReasoningDelta.type: FrontEnd._reasoning,
    RefusalDelta.type: FrontEnd._refusal,
    ToolCallStarted.type: FrontEnd._call_started,
    ToolCallDelta.type: FrontEnd._call_delta,
    ArgumentStarted.type: FrontEnd._argument_started,
    ArgumentDelta.type: FrontEnd._argument_delta,
    ArgumentCompleted.type: FrontEnd._argument_completed,
    ToolCallCompleted.type: FrontEnd._call_completed,
    ToolCallRejected.type: FrontEnd._call_rejected,
    ToolCallTruncated.type: FrontEnd._call_truncated,
    UsageUpdated.type: FrontEnd._usage_updated,
    ProviderEvent.type: FrontEnd._provider_event,
    OutputRejected.type: FrontEnd._output_rejected,
}


def _is_error(part: ServerToolResult) -> bool:
    """Return whether the provider says that its tool failed."""
    if part.extra.get("is_error") is True or part.extra.get("status") == "error":
        return True
    return text_of(dict_of(part.content).get("type")).endswith("_error")
