"""Tests of streamparse._drivers.argument_stream."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from streamparse import (
    ArgumentStream,
    IncompleteError,
    MessageParser,
    SchemaViolation,
    StreamParseError,
    Toolbox,
    ToolCall,
    ToolRunner,
)
from streamparse._core.plain import json_text
from tests.helpers import cut
from tests.messages import call_chunk, chunk

Arguments = ArgumentStream


class Letter(BaseModel):
    to: str
    text: str
    copies: int = 1


WHOLE = '{"to": "Ada", "text": "Dear Ada,\\nhello", "copies": 2}'


def given_to(function: Any, fragments: list[str], *, end: str | None = "tool_calls") -> Any:
    """Return the result of a call of `function` whose arguments arrive in these fragments."""

    async def main() -> Any:
        toolbox = Toolbox([function])
        parser = MessageParser("openai-chat", tools=toolbox)
        async with ToolRunner(toolbox) as runner:
            for place, fragment in enumerate(fragments):
                first: Any = {} if place else {"id": "call-1", "name": function.__name__}
                for event in parser.feed(call_chunk(fragment, **first)):
                    runner.feed(event)
                await asyncio.sleep(0)
            for event in parser.feed(chunk(None, end)) if end else ():
                runner.feed(event)
            return await asyncio.wait_for(runner.results(), 20)

    [(call, result)] = asyncio.run(main())
    assert isinstance(call, ToolCall)
    return result


def test_text_arrives_while_the_call_is_in_progress() -> None:
    seen: list[Any] = []

    async def write(letter: ArgumentStream[Letter]) -> Any:
        """Write a letter."""
        async for text in letter.text("$.text"):
            seen.append((text, letter.call.status))  # noqa: PERF401 (an error ends the loop)
        return await letter.result()

    assert given_to(write, list(WHOLE)) == Letter(to="Ada", text="Dear Ada,\nhello", copies=2)
    assert "".join(text for text, _ in seen) == "Dear Ada,\nhello"
    assert {status for _, status in seen} == {"in_progress"}
    assert len(seen) > 10


def test_views_begin_with_the_first_argument_and_can_be_read_at_once() -> None:
    async def write(letter: ArgumentStream[Letter]) -> Any:
        to, copies = await asyncio.gather(letter.field("$.to"), letter.field("$.copies"))
        again = await letter.field("$.to")
        text = [text async for text in letter.text("$.text")]
        events = [event.type async for event in letter]
        last = [partial async for partial in letter.partials()][-1]
        return to, copies, again, "".join(text), events[0], events[-1], last["copies"]

    expected = ("Ada", 2, "Ada", "Dear Ada,\nhello", "argument_started", "argument_completed", 2)
    assert given_to(write, list(WHOLE)) == expected
    assert given_to(write, [WHOLE]) == expected


def test_partials_are_snapshots() -> None:
    async def write(letter: ArgumentStream[Letter]) -> Any:
        return [partial async for partial in letter.partials()]

    found = given_to(write, ['{"to": "A', 'da", "text": "x', '"', "}"])
    assert found[0] == {"to": "A"}
    assert found[1] == {"to": "Ada", "text": "x"}


def test_missing_fields_are_an_error() -> None:
    async def field(letter: ArgumentStream[Letter]) -> Any:
        return await letter.field("$.subject")

    async def text(letter: ArgumentStream[Letter]) -> Any:
        return [part async for part in letter.text("$.subject")]

    async def number(letter: ArgumentStream[Letter]) -> Any:
        return [part async for part in letter.text("$.copies")]

    for function in (field, text):
        cause = given_to(function, list(WHOLE)).__cause__
        assert type(cause) is StreamParseError
        assert (cause.code, cause.message) == (
            "not_found",
            "the arguments ended without $.subject",
        )
    cause = given_to(number, list(WHOLE)).__cause__
    assert isinstance(cause, SchemaViolation)
    assert (cause.code, cause.path) == ("wrong_type", ("copies",))


@pytest.mark.parametrize("end", ["length", None])
def test_a_truncated_call_raises_in_the_tool(end: str | None) -> None:
    caught: list[Exception] = []

    async def write(letter: ArgumentStream[Letter]) -> Any:
        try:
            return await letter.result()
        except StreamParseError as error:
            caught.append(error)
            raise

    result = given_to(write, ['{"to": "Ada", "te'], end=end)
    assert isinstance(result, IncompleteError)
    assert caught == [result]


def test_a_rejected_call_raises_after_its_earlier_text() -> None:
    seen: list[str] = []

    async def write(letter: ArgumentStream[Letter]) -> Any:
        async for text in letter.text("$.text"):
            seen.append(text)  # noqa: PERF401 (an error ends the loop)
        return await letter.field("$.copies")

    result = given_to(write, ['{"text": "Dear', ' Ada", "copies": ', "[", "1]}"])
    assert isinstance(result, SchemaViolation)
    assert "".join(seen) == "Dear Ada"


def test_run_passes_a_complete_call_at_once() -> None:
    async def write(letter: ArgumentStream[Letter]) -> Any:
        parts = [text async for text in letter.text("$.text")]
        return parts, await letter.result()

    parser = MessageParser("openai-chat", tools=(toolbox := Toolbox([write])))
    parser.feed(call_chunk(WHOLE, id="c", name="write"))
    parser.feed(chunk(None, "tool_calls"))
    [call] = parser.message.tool_calls
    parts, letter = asyncio.run(toolbox.run(call))
    assert (parts, letter) == (
        ["Dear Ada,\nhello"],
        Letter(to="Ada", text="Dear Ada,\nhello", copies=2),
    )
    with pytest.raises(TypeError, match="asynchronous"):
        toolbox.run_sync(call)


def test_the_declaration_has_the_schema_of_the_type() -> None:
    async def write(letter: ArgumentStream[Letter]) -> None:
        """Write a letter."""

    [declared] = Toolbox([write]).to_anthropic()
    assert (declared["name"], declared["description"]) == ("write", "Write a letter.")
    assert declared["input_schema"]["required"] == ["to", "text"]


def test_the_annotation_is_resolved() -> None:
    async def write(letter: Arguments[Letter]) -> Any:
        return await letter.field("$.to")

    assert given_to(write, [WHOLE]) == "Ada"
    assert repr(ArgumentStream(ToolCall())).startswith("ArgumentStream(ToolCall(")


def test_wrong_functions() -> None:
    def plain(letter: ArgumentStream[Letter]) -> None: ...

    async def more(letter: ArgumentStream[Letter], copies: int) -> None: ...

    async def bare(letter: ArgumentStream) -> None: ...  # type: ignore[type-arg]

    for function in (plain, more, bare):
        with pytest.raises(TypeError, match="only parameter of an async function"):
            Toolbox([function])


@given(
    st.lists(st.integers(1, 9), max_size=4),
    st.text(st.characters(codec="utf-8"), max_size=20),
)
def test_results_do_not_depend_on_the_chunking(sizes: list[int], text: str) -> None:
    async def write(letter: ArgumentStream[Letter]) -> Any:
        parts = [part async for part in letter.text("$.text")]
        return "".join(parts), await letter.field("$.to"), (await letter.result()).model_dump()

    value = Letter(to="Ada", text=text)
    found = given_to(write, cut(value.model_dump_json(), sizes))
    assert found == (text, "Ada", value.model_dump())


@pytest.mark.parametrize("value", ["1e400", "[" * 150 + "]" * 150, "1" * 4_000, "null"])
def test_run_passes_every_value_that_a_call_may_have(value: str) -> None:
    async def read(arguments: ArgumentStream[dict[str, Any]]) -> Any:
        """The schema allows anything."""
        return await arguments.field("$.value"), (await arguments.result())["value"]

    parser = MessageParser("openai-chat", tools=(toolbox := Toolbox([read])))
    parser.feed(call_chunk(f'{{"value": {value}}}', id="c", name="read"))
    parser.feed(chunk(None, "tool_calls"))
    given, result = asyncio.run(toolbox.run(parser.message.tool_calls[0]))
    assert json_text(given) == json_text(result)
