"""Tests of streamparse._drivers.fields."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from streamparse import (
    IncompleteError,
    JSONSyntaxError,
    Query,
    SchemaViolation,
    StreamParseError,
    aiter_json,
    iter_json,
    stream,
)
from tests.helpers import cut, same

PLAN = '{"plant": "fern", "beds": [{"rows": 2}, {"rows": 3}], "days": 4, "notes": "shade"}'


class Source:
    """An iterable of fragments that counts the fragments read and the calls of `close`."""

    def __init__(self, fragments: list[str], error: Exception | None = None) -> None:
        self.fragments, self.error = fragments, error
        self.read, self.closed = 0, 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.read == len(self.fragments):
            raise self.error or StopIteration
        self.read += 1
        return self.fragments[self.read - 1]

    def close(self) -> None:
        self.closed += 1


class AsyncSource:
    """The asynchronous form of `Source`."""

    def __init__(self, fragments: list[str]) -> None:
        self.source = Source(fragments)

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        await asyncio.sleep(0)
        for fragment in self.source:
            return fragment
        raise StopAsyncIteration

    def close(self) -> None:
        self.source.close()


def characters(text: str) -> list[str]:
    return list(text)


# Synchronous


def test_each_field_is_read_as_far_as_necessary() -> None:
    source = Source(characters(PLAN))
    fields = iter_json(source).fields("$.days", "$.plant", "$.beds[1].rows")
    assert fields["$.plant"] == "fern"
    assert source.read == PLAN.index(",")
    assert fields["$.beds[1].rows"] == 3
    assert fields["$.plant"] == "fern"
    assert source.read < PLAN.index("days")
    assert repr(fields) == "Fields(2 of 3 fields)"
    assert source.closed == 0
    assert fields.result() == (4, "fern", 3)
    assert source.read == PLAN.index(', "notes"') + 1
    assert source.closed == 1


def test_iteration_is_in_the_order_of_arrival_and_can_be_repeated() -> None:
    fields = iter_json([PLAN]).fields("$.days", "$.plant")
    first = iter(fields)
    assert next(first) == ("$.plant", "fern")
    assert list(fields) == [("$.plant", "fern"), ("$.days", 4)]
    assert list(first) == [("$.days", 4)]
    assert dict(fields) == {"$.plant": "fern", "$.days": 4}


def test_the_first_value_of_a_query_counts() -> None:
    fields = iter_json([PLAN]).fields("$..rows", Query.parse("$.beds"), "$.beds")
    assert fields.result() == (2, [{"rows": 2}, {"rows": 3}], [{"rows": 2}, {"rows": 3}])
    assert fields[Query.parse("$..rows")] == 2


def test_a_missing_field_does_not_affect_others() -> None:
    fields = iter_json(characters(PLAN)).fields("$.days", "$.city")
    assert fields["$.days"] == 4
    for _ in range(2):
        with pytest.raises(StreamParseError, match=r"ended without \$\.city:") as caught:
            _ = fields["$.city"]
        assert (caught.value.code, caught.value.offset) == ("not_found", len(PLAN))
    assert fields["$.days"] == 4
    with pytest.raises(StreamParseError, match="ended without"):
        list(fields)
    with pytest.raises(StreamParseError, match="ended without"):
        fields.result()


def test_an_error_in_the_document_is_raised_for_fields_that_have_not_arrived() -> None:
    fields = iter_json(characters('{"plant": "fern", "days": 4x')).fields("$.days", "$.plant")
    assert fields["$.plant"] == "fern"
    for _ in range(2):
        with pytest.raises(JSONSyntaxError):
            _ = fields["$.days"]
    assert next(iter(fields)) == ("$.plant", "fern")


def test_an_error_of_the_source_is_raised_unchanged() -> None:
    failure = OSError("cut")
    source = Source(['{"plant": "fern", '], failure)
    fields = iter_json(source).fields("$.days", "$.plant")
    with pytest.raises(OSError, match="cut") as caught:
        list(fields)
    assert caught.value is failure
    assert (fields["$.plant"], source.closed) == ("fern", 1)


def test_a_stream_that_was_closed_has_no_more_fields() -> None:
    with iter_json(Source(characters(PLAN))) as document:
        fields = document.fields("$.plant", "$.days")
        assert fields["$.plant"] == "fern"
    with pytest.raises(RuntimeError, match="closed while it was being read"):
        fields.result()


def test_wrong_queries() -> None:
    with pytest.raises(ValueError, match="at least one query"):
        iter_json([PLAN]).fields()
    with pytest.raises(ValueError, match="position"):
        iter_json([PLAN]).fields("$.plant", "plant")
    with pytest.raises(ValueError, match="select"):
        iter_json([PLAN], select="$.plant").fields("$.plant")
    fields = iter_json([PLAN]).fields("$.plant")
    with pytest.raises(KeyError, match=r"'\$\.days' is not one of the fields \$\.plant"):
        _ = fields["$.days"]


def test_a_stream_is_read_once() -> None:
    document = iter_json([PLAN])
    document.fields("$.plant")
    with pytest.raises(RuntimeError, match="read once"):
        document.fields("$.days")


# Asynchronous


def test_tasks_wait_for_different_fields() -> None:
    async def main() -> Any:
        source = AsyncSource(characters(PLAN))
        fields = aiter_json(source).fields("$.plant", "$.beds", "$.days")
        found = await asyncio.gather(fields["$.days"], fields["$.plant"], fields["$.beds"], fields)
        return found, [each async for each in fields], source.source.closed

    found, pairs, closed = asyncio.run(main())
    beds = [{"rows": 2}, {"rows": 3}]
    assert found == [4, "fern", beds, ("fern", beds, 4)]
    assert pairs == [("$.plant", "fern"), ("$.beds", beds), ("$.days", 4)]
    assert closed == 1


def test_all_tasks_that_wait_for_a_missing_field_get_the_error() -> None:
    async def main() -> Any:
        source = AsyncSource(characters(PLAN))
        fields = aiter_json(source).fields("$.plant", "$.a", "$.b")
        waiting = (fields["$.a"], fields["$.b"], fields["$.plant"], fields.result())
        return await asyncio.gather(*waiting, return_exceptions=True)

    first, second, plant, whole = asyncio.run(asyncio.wait_for(main(), 20))
    assert plant == "fern"
    for error in (first, second, whole):
        assert isinstance(error, StreamParseError)
        assert error.message == "the document ended without $.a, $.b"


def test_cancelling_a_waiting_task_closes_the_stream() -> None:
    async def main() -> Any:
        source = AsyncSource(characters(PLAN))
        fields = aiter_json(source).fields("$.plant", "$.days")
        assert await fields["$.plant"] == "fern"
        task = asyncio.ensure_future(fields.result())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(RuntimeError, match="closed while"):
            await fields["$.days"]
        return source.source.closed

    assert asyncio.run(main()) == 1


# Answers of models


class Plan(BaseModel):
    plant: str
    days: int = 1


def test_fields_of_a_typed_output() -> None:
    class Nested(BaseModel):
        plan: Plan
        note: str

    text = '{"note": "x", "plan": {"plant": "moss"}}'
    with stream(characters(text), api="text", output=Nested) as answer:
        fields = answer.fields("$.plan", "$.note")
        assert fields.result() == (Plan(plant="moss"), "x")


def test_fields_of_an_answer_without_a_type() -> None:
    assert stream(["Here: ", PLAN], api="text").fields("$.days", "$.plant").result() == (4, "fern")


def test_an_output_without_the_field() -> None:
    with stream(characters('{"plant": "moss"}'), api="text", output=Plan) as answer:
        fields = answer.fields("$.plant", "$.days")
        assert fields["$.plant"] == "moss"
        with pytest.raises(StreamParseError, match=r"the output ended without \$\.days"):
            fields.result()


def test_a_rejected_and_a_truncated_output() -> None:
    fields = stream(['{"plant": "moss", "days": ['], api="text", output=Plan).fields(
        "$.plant", "$.days"
    )
    assert fields["$.plant"] == "moss"
    with pytest.raises(SchemaViolation):
        fields.result()
    chunk = {"delta": {"content": '{"plant": "moss", "da'}, "finish_reason": "length"}
    fields = stream([{"choices": [chunk]}], output=Plan).fields("$.plant", "$.days")
    assert next(iter(fields)) == ("$.plant", "moss")
    with pytest.raises(IncompleteError):
        fields.result()


def test_fields_of_an_asynchronous_answer() -> None:
    async def main() -> Any:
        async with stream(AsyncSource(characters(PLAN)), api="text", output=dict) as answer:
            return await answer.fields("$.days", "$.plant")

    assert asyncio.run(main()) == (4, "fern")


# Properties

KEYS = ("a", "b", "c", "d")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from(KEYS), VALUES),
    st.lists(st.sampled_from(KEYS), min_size=1, unique=True),
    st.data(),
)
def test_fields_are_those_of_the_value_for_any_chunking(
    value: dict[str, Any], wanted: list[str], data: st.DataObject
) -> None:
    text = json.dumps(value)
    fragments = cut(text, data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    queries = [f"$.{key}" for key in wanted]
    expected = [(f"$.{key}", value[key]) for key in value if key in wanted]

    async def main() -> Any:
        pairs: list[Any] = []
        fields = aiter_json(AsyncSource(fragments)).fields(*queries)
        try:
            async for pair in fields:
                pairs.append(pair)  # noqa: PERF401 (an error ends the loop)
        except StreamParseError as error:
            return pairs, error.code
        return pairs, await fields

    def read() -> Any:
        pairs: list[Any] = []
        fields = iter_json(fragments).fields(*queries)
        try:
            for pair in fields:
                pairs.append(pair)  # noqa: PERF402 (an error ends the loop)
        except StreamParseError as error:
            return pairs, error.code
        return pairs, fields.result()

    for pairs, end in (read(), asyncio.run(main())):
        assert same(list(map(list, pairs)), list(map(list, expected)))
        if len(expected) < len(wanted):
            assert end == "not_found"
        else:
            assert end == tuple(value[key] for key in wanted)
