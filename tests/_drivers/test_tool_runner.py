"""Tests of streamparse._drivers.tool_runner."""

from __future__ import annotations

import asyncio
import json
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
    Toolbox,
    ToolError,
    ToolRunner,
    stream,
)
from tests.messages import call_chunk, chunk


class Note(BaseModel):
    text: str


async def write(note: ArgumentStream[Note]) -> str:
    return "".join([text async for text in note.text("$.text")])


def add(one: int, other: int) -> int:
    return one + other


def broken(one: int) -> int:
    raise LookupError("lost")


TOOLBOX = Toolbox([write, add, broken, {"name": "page", "parameters": {"type": "object"}}])


def call(index: int, name: str, arguments: str) -> Any:
    return call_chunk(arguments, index=index, id=f"call-{index}", name=name)


async def results(chunks: list[Any], toolbox: Toolbox = TOOLBOX) -> list[tuple[Any, Any]]:
    async def source() -> Any:
        for each in chunks:
            yield each
            await asyncio.sleep(0)

    async with stream(source(), tools=toolbox) as answer, ToolRunner(toolbox) as runner:
        async for event in answer:
            runner.feed(event)
        return await asyncio.wait_for(runner.results(), 20)


def test_all_kinds_of_tools_run() -> None:
    chunks = [
        call(0, "write", '{"text": "he'),
        call_chunk('y"}'),
        call(1, "add", '{"one": 1, "other": 2}'),
        call(2, "broken", '{"one": 1}'),
        call(3, "page", "{}"),
        call(4, "add", '{"one": ['),
        chunk(None, "tool_calls"),
    ]
    found = asyncio.run(results(chunks))
    assert [each.name for each, _ in found] == ["write", "add", "broken", "add"]
    values = [value for _, value in found]
    assert values[:2] == ["hey", 3]
    assert isinstance(values[2], ToolError)
    assert str(values[2].__cause__) == "lost"
    assert isinstance(values[3], SchemaViolation)


def test_results_can_be_sent_to_the_model() -> None:
    async def main() -> Any:
        parser = MessageParser("openai-chat", tools=TOOLBOX)
        async with ToolRunner(TOOLBOX) as runner:
            chunks = [call(0, "write", '{"text": "hey"}'), chunk(None, "tool_calls")]
            for each in chunks:
                for event in parser.feed(each):
                    runner.feed(event)
            return parser.message.tool_results(await runner.results())

    assert asyncio.run(main()) == [{"role": "tool", "tool_call_id": "call-0", "content": "hey"}]


def test_a_tool_starts_before_its_arguments_end() -> None:
    started = asyncio.Event()

    async def slow(note: ArgumentStream[Note]) -> str:
        started.set()
        return (await note.result()).text

    async def main() -> Any:
        toolbox = Toolbox([slow])
        parser = MessageParser("openai-chat", tools=toolbox)
        async with ToolRunner(toolbox) as runner:
            for event in parser.feed(call(0, "slow", "")):
                runner.feed(event)
            await asyncio.wait_for(started.wait(), 20)
            assert parser.message.tool_calls[0].arguments_text == ""
            for each in (call_chunk('{"text": "x"}'), chunk(None, "tool_calls")):
                for event in parser.feed(each):
                    runner.feed(event)
            return await runner.results()

    assert asyncio.run(main())[0][1] == "x"


@pytest.mark.parametrize(("end", "kind"), [("}", SchemaViolation), ("length", IncompleteError)])
def test_a_tool_that_waits_for_something_else_is_cancelled(end: str, kind: type) -> None:
    cleaned: list[str] = []

    async def stuck(note: ArgumentStream[Note]) -> str:
        await anext(aiter(note))
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append("yes")
        return "never"

    last = chunk(None, end) if end == "length" else call_chunk(end)
    chunks = [call(0, "stuck", "{"), call_chunk(" "), last, chunk(None, "tool_calls")]
    [(_, result)] = asyncio.run(results(chunks, Toolbox([stuck])))
    assert isinstance(result, kind)
    assert cleaned == ["yes"]


async def by_a_queue(note: ArgumentStream[Note]) -> list[str]:
    """Read the arguments in another task, which passes them on through a queue."""
    queue: asyncio.Queue[str | None] = asyncio.Queue()

    async def read() -> None:
        async for text in note.text("$.text"):
            queue.put_nowait(text)
        queue.put_nowait(None)

    reading = asyncio.ensure_future(read())
    found = []
    try:
        while (text := await queue.get()) is not None:
            found.append(text)
    finally:
        reading.cancel()
        await asyncio.wait((reading,))
        _ = reading.cancelled() or reading.exception()
    return found


@pytest.mark.parametrize("reason", ["tool_calls", "length"])
def test_a_tool_may_read_its_arguments_in_another_task(reason: str) -> None:
    end = '"}' if reason == "tool_calls" else ""
    chunks = [call(0, "by_a_queue", '{"text": "he'), call_chunk(f"y{end}"), chunk(None, reason)]
    [(_, result)] = asyncio.run(results(chunks, Toolbox([by_a_queue])))
    if end:
        assert result == ["he", "y"]
    else:
        assert isinstance(result, IncompleteError)


async def cancelled(note: ArgumentStream[Note]) -> None:
    raise asyncio.CancelledError


async def cancelled_later(text: str) -> None:
    waiting = asyncio.ensure_future(asyncio.sleep(20))
    waiting.cancel()
    await waiting


@pytest.mark.parametrize("tool", [cancelled, cancelled_later])
def test_cancellation_inside_a_tool_is_an_error(tool: Any) -> None:
    chunks = [call(0, tool.__name__, '{"text": "hey"}'), chunk(None, "tool_calls")]
    [(_, result)] = asyncio.run(results(chunks, Toolbox([tool])))
    assert isinstance(result, ToolError)
    assert str(result).startswith(f"the tool '{tool.__name__}' raised CancelledError")


def test_the_result_of_an_incomplete_call_is_discarded() -> None:
    async def hasty(note: ArgumentStream[Note]) -> str:
        return "done"

    async def careless(note: ArgumentStream[Note]) -> str:
        try:
            await note.result()
        except IncompleteError:
            return "ignored"
        return "whole"

    for function in (hasty, careless):
        chunks = [call(0, function.__name__, '{"te'), chunk(None, "length")]
        [(_, result)] = asyncio.run(results(chunks, Toolbox([function])))
        assert isinstance(result, IncompleteError)


def test_leaving_an_answer_early_ends_its_calls() -> None:
    async def main() -> Any:
        parser = MessageParser("openai-chat", tools=TOOLBOX)
        async with ToolRunner(TOOLBOX) as runner:
            for event in parser.feed(call(0, "write", '{"text": "he')):
                runner.feed(event)
            return await asyncio.wait_for(runner.results(), 20)

    [(_, result)] = asyncio.run(main())
    assert isinstance(result, IncompleteError)


def test_leaving_the_runner_cancels_its_tools() -> None:
    ended: list[str] = []

    async def stuck(note: ArgumentStream[Note]) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("yes")

    async def main() -> None:
        toolbox = Toolbox([stuck])
        parser = MessageParser("openai-chat", tools=toolbox)
        async with ToolRunner(toolbox) as runner:
            for event in parser.feed(call(0, "stuck", "{")):
                runner.feed(event)
            await asyncio.sleep(0)
            raise LookupError("the program goes on")

    with pytest.raises(LookupError):
        asyncio.run(main())
    assert ended == ["yes"]


def test_a_parser_without_tools_validates_at_the_end() -> None:
    async def whole(note: ArgumentStream[Note]) -> Any:
        return await note.result()

    async def main(arguments: str) -> Any:
        toolbox = Toolbox([whole])
        parser = MessageParser("openai-chat")
        async with ToolRunner(toolbox) as runner:
            for each in (call(0, "whole", arguments), chunk(None, "tool_calls")):
                for event in parser.feed(each):
                    runner.feed(event)
            return (await runner.results())[0][1]

    assert asyncio.run(main('{"text": "x"}')) == Note(text="x")
    assert isinstance(asyncio.run(main('{"text": 3}')), SchemaViolation)


@given(st.text(max_size=8), st.integers(0, 40), st.sampled_from(["tool_calls", "length", None]))
def test_results_arrive_wherever_the_answer_ends(text: str, at: int, end: str | None) -> None:
    arguments = json.dumps({"text": text})
    chunks = [call(0, "write", arguments[:at]), *([chunk(None, end)] if end else [])]

    async def main() -> Any:
        parser = MessageParser("openai-chat", tools=TOOLBOX)
        async with ToolRunner(TOOLBOX) as runner:
            for each in chunks:
                for event in parser.feed(each):
                    runner.feed(event)
            return parser.message.tool_calls[0], await asyncio.wait_for(runner.results(), 20)

    made, [(_, result)] = asyncio.run(main())
    if made.status == "complete":
        assert result == text
    else:
        assert isinstance(result, Exception)
