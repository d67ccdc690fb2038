"""Tests of streamparse._drivers.stream: the results of each view of an answer, and its end.

The fixtures `drive` and `ask` run a test with synchronous and asynchronous streams.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from hypothesis import given

from streamparse import (
    AsyncStream,
    IncompleteError,
    JSONSyntaxError,
    Message,
    MessageParser,
    ProviderError,
    Query,
    SchemaViolation,
    Stream,
    StreamParseError,
    TextDelta,
    ToolCall,
    WireError,
    stream,
)
from tests.counted import AsyncSource, Fragments, Source
from tests.helpers import cut
from tests.messages import answer_of, call_chunk, chunk, read, sse, text_chunk
from tests.strategies import SIZES

TRIP = '{"city": "Paris", "items": [{"n": 1}, {"n": 2}], "days": 3}'
VALUE = {"city": "Paris", "items": [{"n": 1}, {"n": 2}], "days": 3}
RECORDS = [
    chunk({"role": "assistant", "content": ""}, model="m-1"),
    text_chunk("I look "),
    text_chunk("it up."),
    call_chunk('{"place": ', id="c1", name="weather"),
    call_chunk('"Graz"}'),
    call_chunk('{"place": "Linz"}', index=1, id="c2", name="weather"),
    call_chunk('{"place": ', index=2, id="c3", name="weather"),
    chunk(finish="tool_calls"),
    chunk(usage={"prompt_tokens": 5, "completion_tokens": 9}),
]


def text_chunks(text: str, finish: str | None = "stop", size: int = 4) -> list[Any]:
    """Return chunks with this text and finish reason."""
    chunks = [text_chunk(text[at : at + size]) for at in range(0, len(text), size)]
    return [*chunks, chunk(finish=finish)] if finish else chunks


@dataclass
class Outcome:
    """What a view returned for a source, and the state of the source and message after it."""

    shown: list[Any]
    error: BaseException | None
    closed: int
    left: int  # The number of fragments that were not read.
    message: Message

    @property
    def code(self) -> str | None:
        return self.error.code if isinstance(self.error, StreamParseError) else None


Drive = Callable[..., Outcome]


def view_options(options: dict[str, Any]) -> dict[str, Any]:
    """Remove the options of the view from those of the stream, and return them."""
    return {"when": options.pop("when")} if "when" in options else {}


def drive_sync(fragments: Fragments, view: str, *args: Any, **options: Any) -> Outcome:
    source, shown, error = Source(fragments), [], None
    own = view_options(options)
    with stream(source, **options) as answer:
        try:
            values = iter(answer) if view == "events" else getattr(answer, view)(*args, **own)
            for value in values:
                shown.append(value)  # noqa: PERF402 (they are to be seen if an error follows)
        except Exception as caught:
            error = caught
    return Outcome(shown, error, source.closed, len(source.left), answer.message)


def drive_async(fragments: Fragments, view: str, *args: Any, **options: Any) -> Outcome:
    source, messages, own = AsyncSource(fragments), [], view_options(options)
    shown: list[Any] = []
    errors: list[Exception] = []

    async def read_all() -> None:
        async with stream(source, **options) as answer:
            try:
                values = aiter(answer) if view == "events" else getattr(answer, view)(*args, **own)
                async for value in values:
                    shown.append(value)  # noqa: PERF401 (as above)
            except Exception as caught:
                errors.append(caught)
        messages.append(answer.message)

    asyncio.run(read_all())
    error = errors[0] if errors else None
    return Outcome(shown, error, source.inner.closed, len(source.inner.left), messages[0])


def ask_sync(fragments: Fragments, view: str, *args: Any, **options: Any) -> Outcome:
    source, shown, error = Source(fragments), [], None
    answer = stream(source, **options)
    try:
        shown.append(getattr(answer, view)(*args))
    except Exception as caught:
        error = caught
    return Outcome(shown, error, source.closed, len(source.left), answer.message)


def ask_async(fragments: Fragments, view: str, *args: Any, **options: Any) -> Outcome:
    source, messages = AsyncSource(fragments), []
    shown: list[Any] = []
    errors: list[Exception] = []

    async def ask() -> None:
        answer = stream(source, **options)
        try:
            shown.append(await getattr(answer, view)(*args))
        except Exception as caught:
            errors.append(caught)
        messages.append(answer.message)

    asyncio.run(ask())
    error = errors[0] if errors else None
    return Outcome(shown, error, source.inner.closed, len(source.inner.left), messages[0])


@pytest.fixture(
    params=[drive_sync, drive_async, partial(drive_sync, every=0), partial(drive_async, every=0)],
    ids=["sync", "async", "sync, paced", "async, paced"],
)
def drive(request: pytest.FixtureRequest) -> Any:
    """Return a function that reads all values of a view."""
    return request.param


@pytest.fixture(
    params=[ask_sync, ask_async, partial(ask_sync, every=0), partial(ask_async, every=0)],
    ids=["sync", "async", "sync, paced", "async, paced"],
)
def ask(request: pytest.FixtureRequest) -> Any:
    """Return a function that reads the single value of a view."""
    return request.param


# The sources


def test_the_kind_of_the_source_decides_the_kind_of_the_stream() -> None:
    assert type(stream([])) is Stream
    assert type(stream(AsyncSource([]))) is AsyncStream
    with pytest.raises(TypeError):
        stream(3)


def test_options_are_those_of_the_parser() -> None:
    *mine, every, by, drain, reconnect = list(inspect.signature(stream).parameters.values())[1:]
    own = (every.name, by.name, drain.name, reconnect.name)
    assert own == ("every", "by", "drain", "reconnect")
    theirs = list(inspect.signature(MessageParser).parameters.values())
    assert [(option.name, option.default) for option in mine] == [
        (option.name, option.default) for option in theirs
    ]


@pytest.mark.parametrize(
    "options",
    [{"api": "morse"}, {"tools": [{"no": "name", "at": "all"}]}, {"output_dialect": "lax"}],
)
def test_bad_options_are_rejected_at_once(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be|takes|no api is named|no tool can be read"):
        stream([], **options)


@pytest.mark.parametrize(
    "fragments",
    [
        RECORDS,
        [sse(RECORDS)],
        [sse(RECORDS).decode()],
        [bytearray(sse(RECORDS)[:100]), memoryview(sse(RECORDS)[100:])],
    ],
    ids=["chunks", "bytes", "text", "buffers"],
)
def test_every_kind_of_fragment(ask: Drive, fragments: Fragments) -> None:
    outcome = ask(fragments, "result")
    assert outcome.error is None
    assert outcome.shown == [read([sse(RECORDS)], api=None)[0]]
    assert (outcome.closed, outcome.left) == (1, 0)


@pytest.mark.parametrize("source", [sse(RECORDS), sse(RECORDS).decode()])
def test_one_text_is_one_fragment(source: Any) -> None:
    assert stream(source).result().text == "I look it up."


def test_one_dict_is_one_chunk() -> None:
    message = {"role": "assistant", "content": "Hello."}
    body = {
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }
    assert stream(body).result().text == "Hello."


# Events


@given(SIZES)
def test_events_are_those_of_the_parser(sizes: list[int]) -> None:
    """Law 1: a stream gives the events of `MessageParser`, for any chunking."""
    pieces = cut(sse(RECORDS), sizes)
    source, parser = stream(pieces), MessageParser()
    events = list(source)
    expected = [event for piece in pieces for event in parser.feed(piece)] + parser.finish()
    assert answer_of(source.parser, events, None) == answer_of(parser, expected, None)


def test_an_event_comes_before_more_is_asked_for() -> None:
    source = Source(text_chunks("Hello there"))
    events = iter(stream(source))
    assert [next(events).type, next(events)] == ["message_started", TextDelta("Hell")]
    assert len(source.left) == 3


def test_iteration_shows_failures_as_events(drive: Drive) -> None:
    outcome = drive([*text_chunks("Hel", None), {"error": {"message": "overloaded"}}], "events")
    assert outcome.error is None
    assert outcome.shown[-1].type == "message_failed"


def test_an_error_of_the_transport_is_raised_after_earlier_events(drive: Drive) -> None:
    fragments = [sse(text_chunks("Hel", None), done=False), b"data: {nonsense}\n\n", b"data: {}"]
    for view in ("events", "text"):
        outcome = drive(fragments, view, api="openai-chat")
        assert isinstance(outcome.error, WireError)
        assert outcome.error.events == []
        assert (outcome.closed, outcome.left) == (1, 1)
        assert outcome.message.status == "truncated"
        if view == "text":
            assert outcome.shown == ["Hel"]
        else:
            assert [event.type for event in outcome.shown][-1] == "message_finished"


# The end of the answer


def records(data: list[Any]) -> str:
    """Return server-sent events without a final `[DONE]`."""
    return "".join(f"data: {json.dumps(each)}\n\n" for each in data)


TERMINATED = {
    "openai-chat": [records([*text_chunks("[1, 2]", "stop")]), "data: [DONE]\n\n"],
    "anthropic-messages": [
        records(
            [
                {"type": "message_start", "message": {"id": "m", "content": []}},
                {"type": "content_block_start", "index": 0, "content_block": {"type": "text"}},
                {
                    "type": "content_block_delta",
                    "index": 0,
                    "delta": {"type": "text_delta", "text": "[1, 2]"},
                },
                {"type": "content_block_stop", "index": 0},
                {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
                {"type": "message_stop"},
            ]
        )
    ],
    "ollama-chat": [
        '{"message": {"role": "assistant", "content": "[1, 2]"}, "done": false}\n',
        '{"message": {"role": "assistant", "content": ""}, "done": true, "done_reason": "stop"}\n',
    ],
}
LATER = ["\n\n", "\n\n"]


@pytest.mark.parametrize("api", TERMINATED)
@pytest.mark.parametrize("view", ["events", "text", "tool_calls", "partials", "items", "result"])
def test_every_view_ends_with_the_answer(drive: Drive, ask: Drive, api: str, view: str) -> None:
    reader = ask if view == "result" else drive
    args = ["$[*]"] if view == "items" else []
    outcome = reader([*TERMINATED[api], *LATER], view, *args, api=api)
    assert outcome.error is None
    assert outcome.message.status == "complete"
    assert (outcome.closed, outcome.left) == (1, len(LATER))


@pytest.mark.parametrize("drain", [False, True])
def test_drain_reads_the_records_after_the_answer(drive: Drive, drain: bool) -> None:
    later = ['data: {"type": "ping"}\n\n']
    outcome = drive([*TERMINATED["openai-chat"], *later], "events", drain=drain)
    names = [event.name for event in outcome.shown if event.type == "provider_event"]
    assert names == (["ping"] if drain else [])
    assert outcome.left == (0 if drain else 1)
    assert outcome.message.status == "complete"


def test_an_answer_without_a_terminal_record_ends_with_the_input(drive: Drive) -> None:
    first = {"candidates": [{"content": {"parts": [{"text": "one"}]}, "finishReason": "STOP"}]}
    usage = {"usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 1}}
    outcome = drive([records([first]), records([usage])], "text", api="google-generate")
    assert outcome.left == 0
    assert outcome.message.usage is not None


def test_exceptions_of_the_source_pass_unchanged(drive: Drive) -> None:
    lost = OSError("the line is dead")
    outcome = drive([*text_chunks("Hel", None), lost], "text")
    assert outcome.shown == ["Hel"]
    assert outcome.error is lost
    assert outcome.closed == 1


# Text and calls


def test_text(drive: Drive) -> None:
    outcome = drive(RECORDS, "text")
    assert outcome.shown == ["I look ", "it up."]
    assert (outcome.error, outcome.closed) == (None, 1)


def test_text_of_the_first_answer_only(drive: Drive) -> None:
    records = [text_chunk("a"), text_chunk("b", choice=1), text_chunk("c")]
    ends = [chunk(finish="stop"), chunk(finish="length", choice=1)]
    outcome = drive([sse([*records, *ends])], "text")
    assert (outcome.shown, outcome.error) == (["a", "c"], None)


def test_whole_calls_come_before_the_finish_reason(drive: Drive) -> None:
    """A chat call is yielded when the next one begins; the finish reason confirms it."""
    early = drive(RECORDS[:7], "tool_calls", when="whole")
    assert [(call.id, call.confirmed, call.status) for call in early.shown] == [
        ("c1", False, "truncated"),
        ("c2", False, "truncated"),
    ]
    assert [call.partial for call in early.shown] == [{"place": "Graz"}, {"place": "Linz"}]
    assert isinstance(early.error, IncompleteError)
    assert early.message.status == "truncated"
    late = drive(RECORDS, "tool_calls", when="whole")
    assert [(call.id, call.confirmed) for call in late.shown] == [("c1", True), ("c2", True)]


@pytest.mark.parametrize("end", [True, False])
def test_a_whole_call_waits_for_those_before_it(drive: Drive, end: bool) -> None:
    """Calls are yielded in order even if their chunks are interleaved."""
    records = [
        call_chunk('{"n": ', id="a", name="f"),
        call_chunk('{"n": 2}', index=1, id="b", name="f"),
        call_chunk("", index=2, id="c", name="f"),
    ]
    if end:
        records.append(call_chunk("1}"))
    outcome = drive(records, "tool_calls", when="whole")
    assert [call.partial for call in outcome.shown] == ([{"n": 1}, {"n": 2}] if end else [])


def test_calls_that_are_rejected_at_their_end_are_not_whole() -> None:
    """Rejected calls, doubly encoded JSON and a name alone are not yielded as whole calls."""
    tools = [{"name": "f", "parameters": {"type": "object", "required": ["n"]}}]
    records = [
        call_chunk("", id="a", name="f"),
        call_chunk("{}", id="a"),
        call_chunk('"{}"', index=1, id="b", name="f"),
        call_chunk("", index=2, id="c", name="f"),
    ]
    reading = stream(records, tools=tools)
    with pytest.raises(IncompleteError):
        list(reading.tool_calls(when="whole"))
    assert [call.status for call in reading.message.tool_calls] == [
        "rejected",
        "rejected",
        "truncated",
    ]
    untyped = stream(records[2:])
    with pytest.raises(IncompleteError):
        assert list(untyped.tool_calls(when="whole")) == []


def test_whole_calls_of_the_first_answer_only() -> None:
    """Another choice may begin earlier than the first one."""
    other = [call_chunk("{}", id="a", name="f", choice=1), chunk(finish="tool_calls", choice=1)]
    own = [call_chunk("{}", id="b", name="g"), chunk(finish="tool_calls")]
    calls = list(stream([*other, *own]).tool_calls(when="whole"))
    assert [call.name for call in calls] == ["f", "g"]


def test_calls_with_an_explicit_end_are_yielded_there() -> None:
    block = {"type": "tool_use", "id": "t1", "name": "f", "input": {}}
    delta = {"type": "input_json_delta", "partial_json": "{}"}
    records = [
        {"type": "message_start", "message": {"id": "m", "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
    ]
    source = Source(records)
    call = next(stream(source).tool_calls(when="whole"))
    assert (call.confirmed, call.arguments) == (True, {})


def test_when_rejects_other_values() -> None:
    reading = stream(RECORDS)
    word: Any = "early"
    with pytest.raises(ValueError, match="when must be 'complete' or 'whole', not 'early'"):
        reading.tool_calls(when=word)
    assert len(list(reading.tool_calls())) == 2


def test_tool_calls_come_as_they_complete(drive: Drive) -> None:
    outcome = drive(RECORDS, "tool_calls")
    assert [(call.id, call.arguments) for call in outcome.shown] == [
        ("c1", {"place": "Graz"}),
        ("c2", {"place": "Linz"}),
    ]
    assert all(isinstance(call, ToolCall) for call in outcome.shown)
    # The third call was rejected; it is only in the message.
    assert [call.status for call in outcome.message.tool_calls][-1] == "rejected"
    assert outcome.error is None


ENDS: list[tuple[list[Any], type[StreamParseError], str, str]] = [
    ([chunk(finish="length")], IncompleteError, "truncated", "finish reason 'length'"),
    ([chunk(finish="content_filter")], IncompleteError, "truncated", "'content_filter'"),
    ([], IncompleteError, "truncated", "the input ended before the answer did"),
    ([{"error": {"message": "too busy"}}], ProviderError, "provider_error", "too busy"),
]


@pytest.mark.parametrize(("end", "kind", "code", "words"), ENDS)
@pytest.mark.parametrize("view", ["text", "tool_calls", "partials"])
def test_views_of_an_incomplete_answer_raise(
    drive: Drive, end: list[Any], kind: type, code: str, words: str, view: str
) -> None:
    """Law 7: a view returns everything that arrived, and then raises."""
    outcome = drive([text_chunk("[1, 2"), *end], view)
    assert isinstance(outcome.error, kind)
    assert outcome.code == code
    assert words in str(outcome.error)
    assert outcome.shown == {"text": ["[1, 2"], "tool_calls": [], "partials": [[1]]}[view]
    assert outcome.closed == 1


@pytest.mark.parametrize(("end", "kind", "code", "words"), ENDS)
@pytest.mark.parametrize("output", [None, object])
def test_result_of_an_incomplete_answer(
    ask: Drive, end: list[Any], kind: type, code: str, words: str, output: Any
) -> None:
    outcome = ask([text_chunk("[1, 2]"), *end], "result", output=output)
    assert isinstance(outcome.error, kind)
    assert (outcome.code, outcome.shown, outcome.closed) == (code, [], 1)
    assert outcome.message.text == "[1, 2]"


# The output


def test_result(ask: Drive) -> None:
    assert ask(text_chunks(TRIP), "result", output=dict).shown == [VALUE]
    assert ask(text_chunks("null"), "result", output=object).shown == [None]
    (message,) = ask(text_chunks(TRIP), "result").shown
    assert (message.text, message.output) == (TRIP, None)


def test_result_of_a_rejected_output(ask: Drive) -> None:
    strict = {"output": dict, "output_dialect": "strict"}
    outcome = ask([*text_chunks("[1]", None), *text_chunks("never read")], "result", **strict)
    assert isinstance(outcome.error, SchemaViolation)
    assert (outcome.closed, outcome.left) == (1, 4)  # The rest is not read.
    outcome = ask(text_chunks("Here you are: {}"), "result", **strict)
    assert isinstance(outcome.error, JSONSyntaxError)
    assert outcome.code == "expected_value"


@pytest.mark.parametrize("view", ["partials", "result", "items", "field"])
def test_an_answer_without_output(drive: Drive, ask: Drive, view: str) -> None:
    args = ["$.a"] if view in ("items", "field") else []
    reader = ask if view in ("result", "field") else drive
    outcome = reader([sse([chunk(finish="stop")])], view, *args, output=object, api="openai-chat")
    assert isinstance(outcome.error, IncompleteError)
    assert outcome.code == "empty"
    outcome = reader(RECORDS[3:], view, *args, output=object)
    assert outcome.code == "empty"
    assert "it calls tools" in str(outcome.error)


@pytest.mark.parametrize("view", ["partials", "result", "items", "field"])
def test_a_refusal_has_no_output(drive: Drive, ask: Drive, view: str) -> None:
    args = ["$.a"] if view in ("items", "field") else []
    reader = ask if view in ("result", "field") else drive
    refused = [chunk({"refusal": "I cannot do that."}), chunk(finish="stop")]
    outcome = reader(refused, view, *args, output=object)
    assert outcome.code == "empty"
    assert "the model refused" in str(outcome.error)


def test_partials(drive: Drive) -> None:
    pieces = ['{"city', '": "Par', "\\u00", '69s",', ' "n": 1', "2}"]
    outcome = drive([*map(text_chunk, pieces), chunk(finish="stop")], "partials", output=dict)
    assert outcome.shown == [
        {},
        {"city": "Par"},
        {"city": "Paris"},
        {"city": "Paris", "n": 12},
    ]
    assert outcome.message.output == outcome.shown[-1]


def test_partials_do_not_change_later() -> None:
    pieces = ["[[1, ", "2], [", "3]]"]
    records = [*map(text_chunk, pieces), chunk(finish="stop")]
    shown = list(stream(records, output=list).partials())
    assert shown == [[[1]], [[1, 2], []], [[1, 2], [3]]]


@pytest.mark.parametrize("query", ["$.items[*]", Query.parse("$.items[*]")])
def test_items(drive: Drive, query: Any) -> None:
    outcome = drive(text_chunks(TRIP), "items", query, output=dict)
    assert (outcome.shown, outcome.error) == ([{"n": 1}, {"n": 2}], None)
    assert outcome.message.output == VALUE


def test_each_item_comes_as_it_completes() -> None:
    source = Source(text_chunks(TRIP, size=1))
    items = stream(source).items("$.items[*]")
    assert next(items) == {"n": 1}
    assert len(source.left) == len(TRIP) - TRIP.index("}") - 1 + 1


def test_items_before_a_failure_are_given(drive: Drive) -> None:
    outcome = drive(text_chunks('[1, 2, "x'), "items", "$[*]", output=list)
    assert outcome.shown == [1, 2]
    assert isinstance(outcome.error, IncompleteError)


@pytest.mark.parametrize("view", ["items", "field"])
def test_a_bad_query_starts_no_view(view: str) -> None:
    answer = stream(text_chunks(TRIP))
    with pytest.raises(ValueError, match="position"):
        getattr(answer, view)("$.items[-1]")
    assert list(answer.text())


def test_field_is_returned_as_soon_as_it_is_complete(ask: Drive) -> None:
    outcome = ask(
        text_chunks(TRIP, size=1), "field", "$.city", output=dict, output_dialect="strict"
    )
    assert outcome.shown == ["Paris"]
    assert outcome.left == len(TRIP) - len('{"city": "Paris"') + 1
    assert outcome.closed == 1


def test_a_missing_field_of_a_complete_output(ask: Drive) -> None:
    fragments = [*text_chunks(TRIP, None), *text_chunks("   "), chunk()]
    outcome = ask(fragments, "field", "$.country", output=dict)
    assert outcome.code == "not_found"
    assert str(outcome.error).startswith("the output ended without $.country")
    assert outcome.left == 3  # Nothing after the document is read.
    assert outcome.closed == 1


def test_field_of_a_rejected_output(ask: Drive) -> None:
    outcome = ask(text_chunks("no"), "field", "$.city", output_dialect="strict")
    assert isinstance(outcome.error, JSONSyntaxError)
    outcome = ask(text_chunks("no"), "field", "$.city")
    assert outcome.code == "not_found"


def test_views_of_the_output_without_a_type_read_any_json(drive: Drive) -> None:
    assert drive(text_chunks("[1, 2]"), "items", "$[*]").shown == [1, 2]
    assert drive(text_chunks("[1, 2]"), "partials").shown[-1] == [1, 2]


# One view only, and the attributes of an open stream


@pytest.mark.parametrize("first", ["text", "tool_calls", "partials", "items", "field", "result"])
@pytest.mark.parametrize("second", ["text", "result", "items"])
def test_a_second_view_is_rejected(first: str, second: str) -> None:
    answer = stream(text_chunks(TRIP))
    arguments = {"items": ["$.city"], "field": ["$.city"]}
    getattr(answer, first)(*arguments.get(first, []))
    with pytest.raises(RuntimeError, match="read once"):
        getattr(answer, second)(*arguments.get(second, []))


def test_attributes_while_reading() -> None:
    ticks = iter(range(100))
    with stream(text_chunks("Hello there"), clock=lambda: float(next(ticks))) as answer:
        assert (answer.message.status, answer.messages) == ("in_progress", [answer.message])
        texts = answer.text()
        next(texts)
        assert answer.message.text == "Hell"
        assert answer.metrics is not None
        assert answer.metrics.text_characters == 4
        assert list(texts) == ["o th", "ere"]
        assert answer.message.status == "complete"
    assert stream([]).metrics is None


def test_leaving_early_closes_the_source() -> None:
    source = Source(text_chunks("Hello there"))
    with stream(source) as answer:
        next(answer.text())
    assert (source.closed, len(source.left)) == (1, 3)


@pytest.mark.parametrize("api", ["openai-chat", "text"])
@pytest.mark.parametrize("view", ["__iter__", "text"])
def test_an_answer_that_is_left_early_is_truncated(api: Any, view: str) -> None:
    """Law 7: an answer is truncated if its reader leaves early, even if it is plain text."""
    source: list[Any] = RECORDS if api == "openai-chat" else ["Hello ", "there"]
    with stream(source, api=api) as answer:
        shown = getattr(answer, view)()  # In a variable, as a dropped view closes the source.
        next(shown)
        assert answer.message.status == "in_progress"
    assert answer.message.status == "truncated"


def test_a_call_is_truncated_when_the_source_breaks(drive: Drive) -> None:
    outcome = drive([*RECORDS[:4], OSError("reset by peer")], "text")
    assert isinstance(outcome.error, OSError)
    assert outcome.message.status == "truncated"
    assert [call.status for call in outcome.message.tool_calls] == ["truncated"]


def test_leaving_after_the_end_changes_nothing() -> None:
    with stream(RECORDS) as answer:
        message = answer.result()
        status = message.status
    assert (status, answer.message.status) == ("complete", "complete")


def test_leaving_an_async_stream_early_closes_the_source() -> None:
    source = AsyncSource(text_chunks("Hello there"))

    async def leave() -> str:
        async with stream(source) as answer:
            async for text in answer.text():
                return text
        raise AssertionError

    assert asyncio.run(leave()) == "Hell"
    assert (source.inner.closed, len(source.inner.left)) == (1, 3)


def test_an_exception_in_the_block_closes_the_source() -> None:
    source = Source(text_chunks("Hello there"))
    with pytest.raises(KeyError), stream(source):
        raise KeyError("mine")
    assert source.closed == 1


# Fields that have not arrived


def test_partials_show_declared_defaults() -> None:
    pydantic = pytest.importorskip("pydantic", reason="needs the extra pydantic")
    Trip = pydantic.create_model("Trip", city=(str, ...), days=(int, 1), guide=(str | None, None))
    pieces = ["{", '"city": "Par', 'is", "days": 4', "}"]
    shown = {}
    for missing in ("default", "raise", "none"):
        partials = list(stream(pieces, api="text", output=Trip).partials(missing=missing))
        shown[missing] = [
            tuple(getattr(trip, name, "absent") for name in ("city", "days", "guide"))
            for trip in partials
        ]
        assert partials[-1] == Trip(city="Paris", days=4)
    last = ("Paris", 4, None)
    assert shown == {
        "default": [("absent", 1, None), ("Par", 1, None), ("Paris", 1, None), last],
        "raise": [
            ("absent",) * 3,
            ("Par", "absent", "absent"),
            ("Paris", "absent", "absent"),
            last,
        ],
        "none": [(None,) * 3, ("Par", None, None), ("Paris", None, None), last],
    }
    default = stream(pieces, api="text", output=Trip).partials()
    assert next(default).days == 1
    default.close()


def test_missing_rejects_other_values() -> None:
    with pytest.raises(ValueError, match="missing must be"):
        stream(["{}"], api="text").partials(missing="null")  # type: ignore[call-overload]


def test_a_stream_shows_its_parser() -> None:
    answer = stream(["Hi"], api="text")
    list(answer)
    assert repr(answer) == f"Stream({answer.parser!r})"


def test_text_by_sentence() -> None:
    deltas = ["It ra", "ins. It i", "s cold. S", "tay"]
    with stream(deltas, api="text", every=60, by="sentence") as answer:
        assert list(answer.text()) == ["It rains. ", "It is cold. ", "Stay"]
    with stream(deltas, api="text", every=60, by="sentence") as answer:
        lists = [[event.type for event in events] for events in answer.batches()]
    assert lists[1:3] == [["text_delta"], ["text_delta"]]
    with pytest.raises(ValueError, match="by= needs every="):
        stream(deltas, api="text", by="word")
