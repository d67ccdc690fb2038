"""`Telemetry`, and the recorders that it creates for parsers.

A recorder never raises an exception. It logs the first exception of a tracer, a meter or an
exporter, and the stream continues.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider, get_tracer

from streamparse._answers.metrics import Metrics
from streamparse._answers.usage import sum_of_usages
from streamparse._version import __version__
from streamparse.message import Message, ToolCall, Usage
from streamparse.message_events import (
    AnySessionEvent,
    MessageFailed,
    MessageFinished,
    MessageStarted,
    ToolCallCompleted,
    ToolCallRejected,
    ToolCallTruncated,
    UsageUpdated,
)
from streamparse.paths import normalized_path
from streamparse.telemetry._instruments import Instruments
from streamparse.telemetry.names import ATTRIBUTES, CONVENTIONS, Convention
from streamparse.telemetry.span import (
    clean,
    error_type,
    of_messages,
    of_usage,
    output_messages,
)

__all__ = ["AnswerRecorder", "SessionRecorder", "Telemetry"]

_LOG: Final = logging.getLogger(__name__)
_ABANDONED: Final = "_OTHER"  # the value of `error.type` for an error without a name


class Telemetry:
    """Records streams with OpenTelemetry: one span for each response, and metrics.

    Create one for each kind of request and pass it as `telemetry=` to `stream`, `session`,
    `MessageParser` or `SessionParser`. Nothing is recorded unless an OpenTelemetry SDK is
    configured. Texts and arguments are recorded only with `content="span"`.

    Args:
        model: The requested model.
        provider: The provider, as the conventions name it: `"openai"`, `"anthropic"`,
            `"aws.bedrock"`, `"gcp.gemini"` and so on.
        operation: The operation, as the conventions name it: `"chat"`, `"text_completion"`,
            `"generate_content"` or another.
        server: The host of the API; append a colon and the port if it is not the default port.
        attributes: Further attributes of the span, such as `gen_ai.request.temperature`. They are
            not added to metrics.
        output_type: `"json"`, `"text"`, `"speech"` or `"image"`, if the request asks for one.
        content: Where texts and tool calls are recorded: `"off"` (nowhere) or `"span"`.
        tool_names: Whether the metrics of calls have the name of the tool as an attribute. Each
            name creates a time series, so use it only with few tools.
        conventions: The generation of the conventions; see `streamparse.telemetry.names`.
        tracer_provider: The tracer provider; None for the global one.
        meter_provider: The meter provider; None for the global one.
        clock: A monotonic function that returns seconds.

    Raises:
        ValueError: `conventions` or `content` has an unknown value.

    >>> from streamparse import stream
    >>> telemetry = Telemetry(model="small", provider="example")
    >>> stream(["Good ", "morning."], api="text", telemetry=telemetry).result().text
    'Good morning.'
    """

    def __init__(
        self,
        *,
        model: str | None = None,
        provider: str | None = None,
        operation: str = "chat",
        server: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        output_type: str | None = None,
        content: Literal["off", "span"] = "off",
        tool_names: bool = False,
        conventions: Convention = "client",
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        if conventions not in CONVENTIONS:
            raise ValueError(f"conventions must be one of {CONVENTIONS}, not {conventions!r}")
        if content not in ("off", "span"):
            raise ValueError(f"content must be 'off' or 'span', not {content!r}")
        generation = CONVENTIONS.index(conventions)
        self._names: dict[str, str] = {key: both[generation] for key, both in ATTRIBUTES.items()}
        self._title = f"{operation} {model}" if model else operation
        self._tracer = get_tracer("streamparse", __version__, tracer_provider)
        self._more = dict(attributes or {})
        self._output_type = output_type
        self._clock = clock
        self.content = content
        self.tool_names = tool_names
        self.instruments: Instruments = Instruments(meter_provider, generation)
        host, _, port = (server or "").partition(":")
        self.common: dict[str, Any] = self.named(
            operation=operation,
            provider=provider,
            request_model=model,
            server=host or None,
            port=int(port) if port else None,
        )

    def named(self, **values: Any) -> dict[str, Any]:
        """Return the values that are not None, under the names of the conventions.

        Args:
            values: The values under our own names, such as `request_model`.

        Returns:
            The attributes.
        """
        return {self._names[key]: value for key, value in values.items() if value is not None}

    def recorder(self, *, requested: bool = True) -> AnswerRecorder:
        """Create a recorder for one response.

        Args:
            requested: Whether the request is sent now. Otherwise the time to the first chunk is
                unknown and is not recorded.

        Returns:
            The recorder; its span has been started.
        """
        return AnswerRecorder(self, Metrics(self._clock), self._span(), requested)

    def session_recorder(self) -> SessionRecorder:
        """Create a recorder for a session, in which each answer has its own span.

        Returns:
            The recorder.
        """
        return SessionRecorder(self)

    def _span(self) -> Span | None:
        attributes = {
            **self.common,
            **self.named(request_stream=True, output_type=self._output_type),
            **self._more,
        }
        try:
            return self._tracer.start_span(self._title, kind=SpanKind.CLIENT, attributes=attributes)
        except Exception:
            _LOG.warning("no span could be started", exc_info=True)
            return None


class AnswerRecorder:
    """Records one response; created by `Telemetry.recorder`.

    Args:
        telemetry: The `Telemetry` that creates the recorder.
        metrics: The times and counts of the response.
        span: The span of the response; None if none could be started.
        requested: Whether the clock started with the request, so that the time to the first chunk
            is known.
    """

    __slots__ = (
        "_ended",
        "_logged",
        "_messages",
        "_metrics",
        "_requested",
        "_span",
        "_telemetry",
        "_usages",
    )

    def __init__(
        self, telemetry: Telemetry, metrics: Metrics, span: Span | None, requested: bool
    ) -> None:
        self._telemetry = telemetry
        self._metrics = metrics
        self._span = span
        self._requested = requested
        self._messages: list[Message] = []
        self._usages: dict[int | None, Usage] = {}
        self._ended = False
        self._logged = False

    def note(self, events: Sequence[AnySessionEvent]) -> None:
        """Record events.

        Args:
            events: The events that one call of `feed` or `finish` returned.
        """
        if not events or self._ended:
            return
        try:
            self._time(events)
            for event in events:
                reader = _READERS.get(type(event))
                if reader is not None:
                    reader(self, event)
        except Exception:
            self._log()

    def end(self, error: BaseException | None = None) -> None:
        """End the span; later calls do nothing.

        Args:
            error: The exception that ended the stream; None at the end of the input.
        """
        if self._ended:
            return
        self._ended = True
        try:
            self._record_end(_failure_of(self._messages) if error is None else error)
        except Exception:
            self._log()

    def __del__(self) -> None:
        if not getattr(self, "_ended", True):
            self.end(_AbandonedError())

    # Times.

    def _time(self, events: Sequence[AnySessionEvent]) -> None:
        metrics, instruments = self._metrics, self._telemetry.instruments
        before, deltas = metrics.last_event, metrics.deltas
        argument, call = metrics.first_argument, metrics.first_call
        metrics.note(events)
        now, common = metrics.last_event, self._telemetry.common
        assert now is not None
        if before is None:
            if self._requested:
                instruments.first_chunk.record(now, common)
        elif metrics.deltas != deltas:
            instruments.chunk.record(now - before, common)
        if argument is None and metrics.first_argument is not None:
            instruments.first_argument.record(metrics.first_argument, common)
        if call is None and metrics.first_call is not None:
            instruments.first_call.record(metrics.first_call, common)

    # Events.

    def _end_call(self, call: ToolCall, status: str, code: str | None = None) -> None:
        telemetry = self._telemetry
        attributes = {**telemetry.common, **telemetry.named(call_status=status, code=code)}
        if telemetry.tool_names and call.name:
            attributes |= telemetry.named(tool=clean(call.name))
        telemetry.instruments.calls.add(1, attributes)
        for repair in call.repairs:
            self._repair(repair.code)

    def _complete(self, event: ToolCallCompleted) -> None:
        self._end_call(event.call, "complete")

    def _truncate(self, event: ToolCallTruncated) -> None:
        self._end_call(event.call, "truncated")

    def _reject(self, event: ToolCallRejected) -> None:
        error = event.error
        self._end_call(event.call, "rejected", error.code)
        if self._span is not None:
            named = self._telemetry.named(
                tool=clean(event.call.name or "") or None,
                call_id=clean(event.call.id or "") or None,
                code=error.code,
                path=clean(normalized_path(error.path)),
            )
            self._span.add_event("streamparse.tool_call_rejected", named)

    def _repair(self, code: str) -> None:
        telemetry = self._telemetry
        attributes = {**telemetry.common, **telemetry.named(repair=code)}
        telemetry.instruments.repairs.add(1, attributes)

    def _update_usage(self, event: UsageUpdated) -> None:
        self._usages[event.choice] = event.usage

    def _end_message(self, event: MessageFinished | MessageFailed) -> None:
        self._messages.append(event.message)
        for repair in event.message.output_repairs:
            self._repair(repair.code)

    # The end.

    def _record_end(self, error: BaseException | None) -> None:
        telemetry, metrics, span = self._telemetry, self._metrics, self._span
        kind = None if error is None else error_type(error)
        kind = _ABANDONED if isinstance(error, _AbandonedError) else kind
        found = of_messages(self._messages)
        usage = sum_of_usages(self._usages.values()) or Usage()
        attributes = {
            **telemetry.common,
            **telemetry.named(response_model=found.get("response_model"), error=kind),
        }
        telemetry.instruments.duration.record(metrics.elapsed, attributes)
        telemetry.instruments.usage(usage, attributes)
        if span is None:
            return
        times = {"first_argument": metrics.first_argument, "first_call": metrics.first_call}
        if self._requested:
            times["first_chunk"] = metrics.first_event
        span.set_attributes(telemetry.named(**found, **of_usage(usage), **times, error=kind))
        if telemetry.content == "span" and self._messages:
            content = output_messages(self._messages)
            span.set_attributes(telemetry.named(output_messages=content))
        if error is not None:
            span.set_status(Status(StatusCode.ERROR, clean(str(error))))
        span.end()

    def _log(self) -> None:
        if not self._logged:
            self._logged = True
            _LOG.warning("a stream could not be recorded", exc_info=True)


class SessionRecorder:
    """Records the answers of a session; created by `Telemetry.session_recorder`."""

    __slots__ = ("_open", "_telemetry")

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._open: dict[int, AnswerRecorder] = {}

    def note(self, events: Sequence[AnySessionEvent]) -> None:
        """Record events.

        Args:
            events: The events of one message of the session.
        """
        by_choice: dict[int, list[AnySessionEvent]] = {}
        for event in events:
            # The events of user input have no `choice`. A `ProviderEvent` that belongs to no
            # answer has None.
            choice = getattr(event, "choice", None)
            if choice is not None:
                by_choice.setdefault(choice, []).append(event)
        for choice, some in by_choice.items():
            self._note(choice, some)

    def end(self, error: BaseException | None = None) -> None:
        """End the spans of the answers in progress.

        Args:
            error: The exception that ended the session; None at the end of the input.
        """
        for recorder in self._open.values():
            recorder.end(error)
        self._open.clear()

    def _note(self, choice: int, events: list[AnySessionEvent]) -> None:
        recorder = self._open.get(choice)
        if recorder is None:
            if not isinstance(events[0], MessageStarted):
                return  # The events belong to no answer, or follow its end.
            # A session does not show when the client requested the answer.
            recorder = self._open[choice] = self._telemetry.recorder(requested=False)
        recorder.note(events)
        if isinstance(events[-1], (MessageFinished, MessageFailed)):
            recorder.end()
            del self._open[choice]


class _AbandonedError(Exception):
    """The stream was dropped before its end, and was not closed."""

    def __init__(self) -> None:
        super().__init__("the stream was abandoned")


def _failure_of(messages: Sequence[Message]) -> BaseException | None:
    for message in messages:
        if message.error is not None:
            return message.error
    return None


_READERS: Final[dict[type, Callable[[AnswerRecorder, Any], None]]] = {
    ToolCallCompleted: AnswerRecorder._complete,
    ToolCallTruncated: AnswerRecorder._truncate,
    ToolCallRejected: AnswerRecorder._reject,
    UsageUpdated: AnswerRecorder._update_usage,
    MessageFinished: AnswerRecorder._end_message,
    MessageFailed: AnswerRecorder._end_message,
}
