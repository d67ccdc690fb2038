"""The base of all encoders: which records they send, in which order, by which ids.

An encoder takes the events of one answer, or of several answers in a row when a server runs the
tools and asks again; `finish` ends the stream to the client. The records do not depend on how
the provider's stream was cut, once adjacent deltas of the same part are merged.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from streamparse._core.plain import dict_of, json_text, text_of
from streamparse.errors import IncompleteError, StreamParseError
from streamparse.frontends.citations import sources_of
from streamparse.frontends.files import file_of
from streamparse.frontends.protocol import Protocol, Record
from streamparse.frontends.shown_calls import ShownCall, ShownCalls
from streamparse.frontends.usage_totals import UsageTotals
from streamparse.message import Citation, Message, Reasoning, ServerToolResult, ToolCall
from streamparse.message_events import (
    AnyMessageEvent,
    ArgumentCompleted,
    ArgumentDelta,
    ArgumentStarted,
    MessageEvent,
    MessageFailed,
    MessageFinished,
    MessageStarted,
    OutputCompleted,
    OutputDelta,
    OutputRejected,
    OutputStarted,
    ProviderEvent,
    ReasoningDelta,
    RefusalDelta,
    ServerToolCompleted,
    TextDelta,
    ToolCallCompleted,
    ToolCallDelta,
    ToolCallRejected,
    ToolCallStarted,
    ToolCallTruncated,
    UsageUpdated,
)

__all__ = ["CUT_ANSWER", "Encoder", "EventQueue", "cut_status"]


class EventQueue:
    """Holds events back while a call waits for its id.

    A call waits until its next event: an id that arrives by then is the one to send.
    """

    def __init__(self) -> None:
        self._waiting: deque[AnyMessageEvent] = deque()
        self._seen: set[int] = set()  # the calls that have had another event

    def begin_answer(self) -> None:
        """Forget the calls of the answer before."""
        self._seen.clear()

    def put(self, event: AnyMessageEvent) -> Iterator[AnyMessageEvent]:
        """Add an event; yield the events that do not wait."""
        self._waiting.append(event)
        if not isinstance(event, ToolCallStarted):
            call = getattr(event, "call", None)
            if call is not None:
                self._seen.add(call.index)
        while self._waiting:
            first = self._waiting[0]
            if isinstance(first, ToolCallStarted) and not self._has_identity(first.call):
                return
            yield self._waiting.popleft()

    def drain(self) -> Iterator[AnyMessageEvent]:
        """Yield all events that wait."""
        while self._waiting:
            yield self._waiting.popleft()

    def _has_identity(self, call: ToolCall) -> bool:
        return call.id is not None or call.index in self._seen


class Encoder(Protocol):
    """Base class of all encoders.

    `encode` returns the records for some events. `finish` or `abort` ends the stream. `to_sse`
    frames records as server-sent events; `headers` are the headers of that HTTP response.

    Args:
        choice: The index of the answer to encode; by default the first one that begins.
        error_text: Maps an exception to the text that the client shows. The default is the
            message of a `StreamParseError`, and a neutral sentence for any other exception.
        provider_events: Whether to send the provider's records that have no event of their own.
    """

    def __init__(
        self,
        *,
        choice: int | None = None,
        error_text: Callable[[BaseException], str] | None = None,
        provider_events: bool = False,
    ) -> None:
        super().__init__()
        self._choice = choice
        self._error_text = error_text
        self._provider_events = provider_events
        self._queue = EventQueue()
        self._started = False
        self._over = False
        self._answering = False
        self._discarded = False  # whether the last answer was discarded
        self._answers = 0
        self._identity: str | None = None  # the id of the answer
        self._model: str | None = None
        self._live: Message | None = None  # the message that grows, if the events refer to it
        self._message: Message | None = None  # the last message that has ended
        self._files = 0  # the files of the parts before this place have been sent
        self._usage = UsageTotals()
        self._failure: BaseException | str | None = None
        self._calls = ShownCalls()
        self._results: list[ServerToolResult] = []  # results whose calls have not ended yet

    # The public methods.

    def encode(self, events: Iterable[AnyMessageEvent]) -> list[Record]:
        """Return the records to send for these events.

        Events of other choices give no records.

        Args:
            events: Message events, in the order in which the parser returned them.

        Returns:
            Plain data, ready for JSON; `to_sse` frames it.

        Raises:
            TypeError: One of them is not a message event.
            StreamParseError: The stream has ended, or `reset` has discarded this answer (code
                `"finished"`); or an event of the arguments of a call lacks the ones before it
                (code `"misplaced_value"`).
        """
        for event in events:
            if not isinstance(event, MessageEvent):
                raise TypeError(f"events must be message events, not {type(event).__name__}")
            self._refuse_after_the_end()
            if self._choice is None:
                self._choice = event.choice
            if event.choice == self._choice:
                if self._discarded and not isinstance(event, _BEFORE_ANSWERS):
                    text = "the answer was discarded: the next one must start first"
                    raise StreamParseError(text, code="finished")
                self._handle_all(self._queue.put(event))
        return self._take()

    def finish(self, error: BaseException | str | None = None) -> list[Record]:
        """End the stream and return its last records; a second call returns `[]`.

        Args:
            error: The exception that broke the stream, if one did. An answer that has not ended
                counts as broken too.
        """
        if self._over:
            return []
        self._handle_all(self._queue.drain())
        if error is not None or self._answering or not self._answers:
            self._break(error if error is not None else CUT_ANSWER)
        self._end()
        self._over = True
        return self._take()

    def abort(self, reason: str | None = None) -> list[Record]:
        """End the stream because the user stopped it; `finish` then returns `[]`."""
        if self._over:
            return []
        self._handle_all(self._queue.drain())
        self._begin()
        self._close()
        self._end_aborted(reason)
        self._over = True
        return self._take()

    def _start(self) -> None:
        if not self._started:
            self._started = True
            self._start_stream()

    def _handle_all(self, events: Iterable[AnyMessageEvent]) -> None:
        for event in events:
            handler = _HANDLERS.get(event.type)
            if handler is not None:
                handler(self, event)

    def _refuse_after_the_end(self) -> None:
        if self._over:
            raise StreamParseError("the stream of this encoder has ended", code="finished")

    # Answers.

    def _message_started(self, event: MessageStarted) -> None:
        if self._answering:
            self._break(CUT_ANSWER)
        self._discarded = False
        self._identity, self._model, self._live = event.id, event.model, event.message
        self._begin()

    def _begin(self) -> None:
        if self._answering:
            return
        self._start()
        self._answering = True
        self._answers += 1
        self._message = self._failure = None
        self._files = 0
        self._usage.update(None)
        self._calls.begin_answer()
        self._queue.begin_answer()
        self._results = []
        self._begin_answer()

    def _message_finished(self, event: MessageFinished) -> None:
        message = event.message
        self._end_answer(message)
        if message.finish_reason is None:
            self._fail(message.error or CUT_ANSWER)

    def _message_failed(self, event: MessageFailed) -> None:
        self._end_answer(event.message)
        self._fail(event.error)

    def _end_answer(self, message: Message) -> None:
        """Write the results whose calls have now ended, and the sources, which have no event."""
        self._begin()
        self._model = message.model or self._model  # the last record names the model best
        self._close()
        self._message = message
        for result in self._results:
            self._server_result(result)
        for part in message.content:
            if isinstance(part, Citation):
                for index, source in enumerate(sources_of(part.data)):
                    self._source(source, part.data, index)

    def _close(self) -> None:
        """Close the open part and the open calls of this answer."""
        self._end_part()
        for call in self._calls.current.values():
            if call.open:
                self._cut(call, _CUT_CALL)
        self._usage.end_answer(self._model)
        self._answering = False
        self._identity = None

    def _break(self, error: BaseException | str) -> None:
        """End an answer that stopped without an ending event."""
        if self._answering or not self._answers:
            self._begin()
            self._close()
        self._fail(error)

    def _fail(self, error: BaseException | str) -> None:
        """Keep the first failure of an answer; later ones are its consequences.

        `_end` writes it, because a server may ask again after a failure.
        """
        if self._failure is None:
            self._failure = error

    def _usage_updated(self, event: UsageUpdated) -> None:
        self._usage.update(event.usage)

    # Text.

    def _text_delta(self, event: TextDelta | ReasoningDelta | RefusalDelta) -> None:
        self._begin()
        self._grow_part(event.type.removesuffix("_delta"), event.text)

    # Calls.

    def _call_started(self, event: ToolCallStarted) -> None:
        self._begin()
        self._end_part()
        self._start_call(self._calls.add(event.call, self._id_base()))

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

    def _call_cut(self, event: ToolCallRejected | ToolCallTruncated) -> None:
        error = event.error if isinstance(event, ToolCallRejected) else _CUT_CALL
        self._cut(self._known(event.call), error)

    def _cut(self, call: ShownCall, error: StreamParseError) -> None:
        call.open = False
        self._cut_call(call, self._text_of(error), error.code)

    def _known(self, call: ToolCall) -> ShownCall:
        """Return the known call; events that were pickled carry copies of the call."""
        if call.index not in self._calls.current:
            self._call_started(ToolCallStarted(call))
        known = self._calls.current[call.index]
        known.call = call
        return known

    def _server_tool_completed(self, event: ServerToolCompleted) -> None:
        self._begin()
        if self._must_wait(event.result):
            self._results.append(event.result)
        else:
            self._end_part()
            self._server_result(event.result)

    def _must_wait(self, part: ServerToolResult) -> bool:
        """Return whether a result can be written only after the calls have ended."""
        call = self._calls.of_result(part)
        return call is None or call.open

    def _server_result(self, part: ServerToolResult) -> None:
        call = self._calls.of_result(part)
        if call is None or call.answered or not call.complete:
            self._stray_result(part)
        else:
            failed = _is_error(part)
            is_data = failed and not isinstance(part.content, str)
            self._answer(call, json_text(part.content) if is_data else part.content, failed)

    def _answer(self, call: ShownCall, output: Any, failed: bool) -> None:
        call.answered = True
        self._result(call, output, failed)

    # The rest.

    def _provider_event(self, event: ProviderEvent) -> None:
        file = file_of(event.name, event.data)
        if file is not None:
            self._begin()
            self._end_part()
            if event.name == "reasoning-file" or self._is_thought(event):
                self._reasoning_file(*file)
            else:
                self._file(*file)
        elif (image := _partial_image_in(event)) is not None:
            self._begin()
            self._partial_image(image)
        elif self._provider_events:
            self._provider(event.name, event.data)

    def _is_thought(self, event: ProviderEvent) -> bool:
        """Return whether a file belongs to the reasoning, as the part that has it shows."""
        content = [] if self._live is None else self._live.content
        for place in range(self._files, len(content)):
            if content[place].extra.get(event.name) is event.data:
                self._files = place + 1
                return isinstance(content[place], Reasoning)
        return False

    def _output_grown(self, event: OutputStarted | OutputDelta | OutputCompleted) -> None:
        self._grow_output(event)

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


_BEFORE_ANSWERS: Final = (MessageStarted, ProviderEvent, UsageUpdated)
_BROKEN: Final = "an error broke off the answer"
_CUT_CALL: Final = IncompleteError("the call was cut off before its end", code="truncated")
CUT_ANSWER: Final = IncompleteError("the answer was cut off before its end", code="truncated")

_HANDLERS: Final[dict[str, Callable[[Encoder, Any], None]]] = {
    MessageStarted.type: Encoder._message_started,
    MessageFinished.type: Encoder._message_finished,
    MessageFailed.type: Encoder._message_failed,
    TextDelta.type: Encoder._text_delta,
    ReasoningDelta.type: Encoder._text_delta,
    RefusalDelta.type: Encoder._text_delta,
    ToolCallStarted.type: Encoder._call_started,
    ToolCallDelta.type: Encoder._call_delta,
    ArgumentStarted.type: Encoder._argument_started,
    ArgumentDelta.type: Encoder._argument_delta,
    ArgumentCompleted.type: Encoder._argument_completed,
    ToolCallCompleted.type: Encoder._call_completed,
    ToolCallRejected.type: Encoder._call_cut,
    ToolCallTruncated.type: Encoder._call_cut,
    ServerToolCompleted.type: Encoder._server_tool_completed,
    UsageUpdated.type: Encoder._usage_updated,
    ProviderEvent.type: Encoder._provider_event,
    OutputStarted.type: Encoder._output_grown,
    OutputDelta.type: Encoder._output_grown,
    OutputCompleted.type: Encoder._output_grown,
    OutputRejected.type: Encoder._output_rejected,
}


def _partial_image_in(event: ProviderEvent) -> dict[str, Any] | None:
    """Return the id, URL, media type and number of a partial image, or None.

    OpenAI Responses sends such images. The front-end wires pass on the dicts that this returns.
    """
    data = dict_of(event.data)
    if event.name == "partial_image" and text_of(data.get("url")):
        return data
    content = text_of(data.get("partial_image_b64"))
    if not content:
        return None
    media_type = f"image/{text_of(data.get('output_format')) or 'png'}"
    url = f"data:{media_type};base64,{content}"
    about = {"id": text_of(data.get("item_id")) or "image", "url": url, "mediaType": media_type}
    return {**about, "index": data.get("partial_image_index", 0)}


def cut_status(message: Message) -> str | None:
    """Return `"truncated"` if the answer was cut and no finish reason or error shows it."""
    if message.finish_reason in ("length", "content_filter", "cancelled") or message.error:
        return None
    return "truncated" if message.status == "truncated" else None


def _is_error(part: ServerToolResult) -> bool:
    """Return whether the provider says that its tool failed."""
    if part.extra.get("is_error") is True or part.extra.get("status") == "error":
        return True
    return text_of(dict_of(part.content).get("type")).endswith("_error")
