"""Tests of recorders with the in-memory exporters of the OpenTelemetry SDK."""

from __future__ import annotations

import asyncio
import copy
import gc
import json
import logging
import pickle
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from streamparse import (
    MessageFinished,
    MessageParser,
    SessionParser,
    StreamParseError,
    TextDelta,
    session,
    stream,
)
from streamparse.telemetry import Telemetry
from tests.telemetry.test_instruments import points

TOOL = {
    "name": "find",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "additionalProperties": False,
    },
}


def chunk(delta: dict[str, Any], reason: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {"id": "r-7", "model": "small-2", "choices": [choice], **more}


def calling(arguments: str, reason: str | None = "tool_calls") -> list[dict[str, Any]]:
    start = {"index": 0, "id": "c1", "function": {"name": "find", "arguments": ""}}
    more = {"index": 0, "function": {"arguments": arguments}}
    usage = {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}
    chunks = [chunk({"role": "assistant", "content": "I look."}), chunk({"tool_calls": [start]})]
    chunks.append(chunk({"tool_calls": [more]}))
    if reason:
        chunks.append(chunk({}, reason))
        chunks.append({"id": "r-7", "model": "small-2", "choices": [], "usage": usage})
    return chunks


def run(parser: MessageParser, text: str) -> None:
    parser.feed(text)
    parser.finish()


def dicts(events: list[Any]) -> list[Any]:
    return [event.to_dict() for event in events]


class Steps:
    """A clock that advances by one each time it is read."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


class Recorded:
    """A `Telemetry` whose exporters keep spans and metrics in memory."""

    def __init__(self, **options: Any) -> None:
        self.spans = InMemorySpanExporter()
        tracers = TracerProvider()
        tracers.add_span_processor(SimpleSpanProcessor(self.spans))
        self.reader = InMemoryMetricReader()
        meters = MeterProvider([self.reader])
        options = {"model": "small", "provider": "openai", "clock": Steps(), **options}
        self.telemetry = Telemetry(tracer_provider=tracers, meter_provider=meters, **options)

    def span(self) -> ReadableSpan:
        (span,) = self.spans.get_finished_spans()
        return span

    def attributes(self) -> dict[str, Any]:
        return dict(self.span().attributes or {})

    def points(self) -> dict[str, list[Any]]:
        return points(self.reader)


def test_span_of_a_complete_call() -> None:
    recorded = Recorded(server="api.example:8443", attributes={"app": "tests"})
    calls = list(stream(calling('{"city": "Oslo"}'), telemetry=recorded.telemetry).tool_calls())
    assert [call.name for call in calls] == ["find"]
    span = recorded.span()
    assert (span.name, span.kind) == ("chat small", SpanKind.CLIENT)
    assert span.status.status_code is StatusCode.UNSET
    found = recorded.attributes()
    times = {name for name in found if "time_to" in name}
    assert times == {
        "gen_ai.response.time_to_first_chunk",
        "streamparse.time_to_first_argument",
        "streamparse.time_to_first_call",
    }
    assert {name: value for name, value in found.items() if name not in times} == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "small",
        "gen_ai.request.stream": True,
        "server.address": "api.example",
        "server.port": 8443,
        "app": "tests",
        "gen_ai.response.id": "r-7",
        "gen_ai.response.model": "small-2",
        "gen_ai.response.finish_reasons": ("tool_calls",),
        "streamparse.message.status": ("complete",),
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 5,
    }


def test_metrics_of_a_complete_call() -> None:
    recorded = Recorded()
    stream(calling('{"city": "Oslo"}'), telemetry=recorded.telemetry).result()
    found = recorded.points()
    assert [point.count for point in found["gen_ai.client.operation.duration"]] == [1]
    assert [point.count for point in found["gen_ai.client.operation.time_to_first_chunk"]] == [1]
    assert [point.count for point in found["gen_ai.client.operation.time_per_output_chunk"]] == [1]
    assert [point.count for point in found["streamparse.time_to_first_argument"]] == [1]
    assert [point.count for point in found["streamparse.time_to_first_call"]] == [1]
    (calls,) = found["streamparse.calls"]
    assert (calls.value, calls.attributes["streamparse.call.status"]) == (1, "complete")
    assert "gen_ai.tool.name" not in calls.attributes
    sums = [point.sum for point in found["gen_ai.client.token.usage"]]
    assert sorted(sums) == [5, 12]


def test_names_of_the_newer_conventions() -> None:
    recorded = Recorded(conventions="inference", tool_names=True)
    stream(calling("{}"), telemetry=recorded.telemetry).result()
    found = recorded.points()
    assert "gen_ai.client.inference.duration" in found
    assert not [name for name in found if name.startswith("gen_ai.client.operation")]
    assert found["streamparse.calls"][0].attributes["gen_ai.tool.name"] == "find"


def test_rejected_call() -> None:
    recorded = Recorded()
    chunks = calling('{"city": 3}')
    stream(chunks, tools=[TOOL], telemetry=recorded.telemetry).result()
    (event,) = recorded.span().events
    assert event.name == "streamparse.tool_call_rejected"
    assert dict(event.attributes or {}) == {
        "gen_ai.tool.name": "find",
        "gen_ai.tool.call.id": "c1",
        "streamparse.error.code": "type",
        "streamparse.error.path": "$['city']",
    }
    (calls,) = recorded.points()["streamparse.calls"]
    assert calls.attributes["streamparse.call.status"] == "rejected"
    assert calls.attributes["streamparse.error.code"] == "type"


def test_truncated_call_and_repairs() -> None:
    recorded = Recorded()
    chunks = calling("{city: 'Os", reason=None)
    list(stream(chunks, dialect="lenient", telemetry=recorded.telemetry))
    found = recorded.points()
    (calls,) = found["streamparse.calls"]
    assert calls.attributes["streamparse.call.status"] == "truncated"
    assert {point.attributes["streamparse.repair.code"] for point in found["streamparse.repairs"]}
    assert recorded.attributes()["streamparse.message.status"] == ("truncated",)


def test_provider_error() -> None:
    recorded = Recorded()
    events = list(
        stream(
            [chunk({"content": "a"}), {"error": {"message": "busy"}}],
            api="openai-chat",
            telemetry=recorded.telemetry,
        )
    )
    assert events[-1].type == "message_failed"
    assert recorded.span().status.status_code is StatusCode.ERROR
    assert recorded.attributes()["error.type"] == "provider_error"
    (duration,) = recorded.points()["gen_ai.client.operation.duration"]
    assert duration.attributes["error.type"] == "provider_error"


def test_transport_error() -> None:
    recorded = Recorded()
    parser = MessageParser(api="openai-chat", telemetry=recorded.telemetry)
    with pytest.raises(StreamParseError) as caught:
        run(parser, "This is no stream of records.\n\n")
    assert recorded.attributes()["error.type"] == caught.value.code


def test_stream_that_is_closed_early() -> None:
    recorded = Recorded()
    with stream(calling("{}"), telemetry=recorded.telemetry) as answer:
        next(iter(answer))
    assert recorded.attributes()["streamparse.message.status"] == ("truncated",)


def test_parser_that_is_dropped() -> None:
    recorded = Recorded()
    parser = MessageParser(telemetry=recorded.telemetry)
    parser.feed(chunk({"content": "a"}))
    del parser
    gc.collect()
    assert recorded.attributes()["error.type"] == "_OTHER"


def test_content_is_recorded_only_on_request() -> None:
    for content in ("off", "span"):
        recorded = Recorded(content=content)
        stream(calling('{"city": "Oslo"}'), telemetry=recorded.telemetry).result()
        assert ("gen_ai.output.messages" in recorded.attributes()) is (content == "span")
        if content == "off":
            assert "Oslo" not in repr(recorded.attributes()) + repr(recorded.points())


def test_view_that_needs_another_parser_has_one_span() -> None:
    recorded = Recorded()
    partials = stream(['{"a": ', "1}"], api="text", telemetry=recorded.telemetry).partials()
    assert list(partials)[-1] == {"a": 1}
    gc.collect()
    assert recorded.span().status.status_code is StatusCode.UNSET


def test_async_stream() -> None:
    async def source() -> AsyncIterator[dict[str, Any]]:
        for each in calling("{}"):
            yield each

    recorded = Recorded()
    asyncio.run(stream(source(), telemetry=recorded.telemetry).result())
    assert recorded.attributes()["gen_ai.response.id"] == "r-7"


def turn(text: str) -> list[dict[str, Any]]:
    parts = [{"text": text}]
    return [
        {"serverContent": {"modelTurn": {"parts": parts}}},
        {"serverContent": {"turnComplete": True}},
    ]


def test_session_has_a_span_for_each_answer() -> None:
    recorded = Recorded()
    messages = [{"setupComplete": {}}, *turn("One."), *turn("Two."), turn("Cut")[0]]
    list(session(messages, telemetry=recorded.telemetry))
    spans = recorded.spans.get_finished_spans()
    statuses = [dict(span.attributes or {})["streamparse.message.status"] for span in spans]
    assert statuses == [("complete",), ("complete",), ("truncated",)]
    assert "gen_ai.client.operation.time_to_first_chunk" not in recorded.points()


def test_session_that_is_closed_early() -> None:
    recorded = Recorded()
    parser = SessionParser("google-live", telemetry=recorded.telemetry)
    parser.feed(turn("Cut")[0])
    parser.cut()
    assert recorded.attributes()["streamparse.message.status"] == ("truncated",)


class Broken:
    """Raises an exception on each attribute access."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


def test_errors_of_a_tracer_do_not_reach_the_stream(caplog: pytest.LogCaptureFixture) -> None:
    recorded = Recorded()
    recorded.telemetry.instruments = Broken()  # type: ignore[assignment]
    with caplog.at_level(logging.WARNING):
        message = stream(calling("{}"), telemetry=recorded.telemetry).result()
    assert message.tool_calls[0].status == "complete"
    assert len(caplog.records) == 1


def test_metrics_are_recorded_without_a_span(
    caplog: pytest.LogCaptureFixture,
) -> None:
    recorded = Recorded()
    recorded.telemetry._tracer = Broken()  # type: ignore[assignment]
    with caplog.at_level(logging.WARNING):
        stream(calling('{"city": 3}'), tools=[TOOL], telemetry=recorded.telemetry).result()
    assert [record.message for record in caplog.records] == ["no span could be started"]
    assert recorded.spans.get_finished_spans() == ()
    found = recorded.points()
    assert found["streamparse.calls"][0].attributes["streamparse.call.status"] == "rejected"
    assert [point.count for point in found["gen_ai.client.operation.duration"]] == [1]


def test_repairs_of_the_output() -> None:
    recorded = Recorded()
    chunks = [chunk({"content": "{n: 1, m: 'a'}"}), chunk({}, "stop")]
    schema = {"type": "object", "required": ["n", "m"]}
    options: dict[str, Any] = {"output": schema, "dialect": "lenient"}
    finished = list(stream(chunks, telemetry=recorded.telemetry, **options))[-1]
    assert isinstance(finished, MessageFinished)
    message = finished.message
    assert message.output == {"n": 1, "m": "a"}
    points = recorded.points()["streamparse.repairs"]
    counts = {point.attributes["streamparse.repair.code"]: point.value for point in points}
    assert sum(counts.values()) == len(message.output_repairs) > 0
    assert set(counts) == {repair.code for repair in message.output_repairs}


def test_only_the_first_end_is_recorded() -> None:
    recorded = Recorded()
    recorder = recorded.telemetry.recorder()
    recorder.end()
    recorder.end(ValueError("late"))
    recorder.note([TextDelta("late")])
    assert recorded.span().status.status_code is StatusCode.UNSET
    assert [point.count for point in recorded.points()["gen_ai.client.operation.duration"]] == [1]


def test_a_session_that_fails_ends_the_spans_of_its_answers() -> None:
    recorded = Recorded()
    parser = SessionParser("google-live", telemetry=recorded.telemetry)
    recorder = recorded.telemetry.session_recorder()
    recorder.note(parser.feed(turn("Cut")[0]))
    assert recorded.spans.get_finished_spans() == ()
    recorder.end(ConnectionError("lost"))
    assert recorded.span().status.status_code is StatusCode.ERROR
    assert recorded.attributes()["error.type"] == "ConnectionError"


def test_events_without_an_answer_start_no_span() -> None:
    recorded = Recorded()
    recorder = recorded.telemetry.session_recorder()
    recorder.note([TextDelta("late", choice=3)])
    recorder.end()
    assert recorded.spans.get_finished_spans() == ()


def test_copies_and_pickles_record_nothing() -> None:
    recorded = Recorded()
    parser = MessageParser(telemetry=recorded.telemetry)
    parser.feed(chunk({"content": "a"}))
    for other in (copy.copy(parser), pickle.loads(pickle.dumps(parser))):
        other.feed(chunk({}, "stop"))
        other.finish()
    assert recorded.spans.get_finished_spans() == ()
    parser.finish()
    assert recorded.span()


@pytest.mark.parametrize(
    "options", [{"conventions": "old"}, {"content": "event"}], ids=["conventions", "content"]
)
def test_options_are_checked(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        Telemetry(**options)


@given(st.lists(st.integers(1, 40), max_size=12), st.sampled_from(['{"city": "Oslo"}', '{"b": 1}']))
def test_telemetry_does_not_change_results(sizes: list[int], arguments: str) -> None:
    text = "".join(f"data: {json.dumps(each)}\n\n" for each in calling(arguments))
    plain = MessageParser(tools=[TOOL])
    observed = MessageParser(tools=[TOOL], telemetry=Recorded().telemetry)
    at, found = 0, []
    for size in [*sizes, len(text)]:
        piece, at = text[at : at + size], at + size
        found.append((dicts(plain.feed(piece)), dicts(observed.feed(piece))))
    found.append((dicts(plain.finish()), dicts(observed.finish())))
    assert all(one == two for one, two in found)
    assert plain.message.to_dict() == observed.message.to_dict()
