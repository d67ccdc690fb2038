"""Tests of streamparse._drivers.toolbox: running calls, and the calls that are rejected."""

from __future__ import annotations

import asyncio
import copy
import functools
import pickle
import threading
from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel

from streamparse import (
    IncompleteError,
    MessageParser,
    SchemaViolation,
    StreamParseError,
    Toolbox,
    ToolCall,
    ToolError,
    stream,
)
from tests.messages import call_chunk, chunk


class Seat(BaseModel):
    row: str
    number: int


def reserve(seats: list[Seat], day: date, name: str = "nobody") -> str:
    """Reserve seats.

    Args:
        seats: The seats, of one row.
        day: When.
    """
    return f"{name}: {', '.join(f'{seat.row}{seat.number}' for seat in seats)} on {day:%d %B}"


async def where(day: date) -> tuple[int, int]:
    """Return its position."""
    await asyncio.sleep(0)
    return day.day, threading.get_ident()


def thread() -> int:
    return threading.get_ident()


def broken(kind: str) -> None:
    raise {"value": ValueError, "stop": StopIteration, "wire": SchemaViolation}[kind](
        *(["no"] if kind != "wire" else []), **({} if kind != "wire" else WIRE)
    )


WIRE: dict[str, Any] = {"message": "inner", "code": "type"}
SCHEMA = {"name": "by_hand", "parameters": {"type": "object"}}
TOOLBOX = Toolbox([reserve, where, thread, broken, SCHEMA])
SEATS = '{"seats": [{"row": "J", "number": 4}], "day": "2026-05-23"}'


def call_of(name: str, arguments: str, finish: str | None = "tool_calls", **options: Any) -> Any:
    parser = MessageParser("openai-chat", **options)
    parser.feed(call_chunk(arguments, id="c1", name=name))
    if finish:
        parser.feed(chunk(finish=finish))
        parser.finish()
    [call] = parser.message.tool_calls
    return call


def run(call: ToolCall, way: str, **options: Any) -> Any:
    if way == "run":
        return asyncio.run(TOOLBOX.run(call, **options))
    return TOOLBOX.run_sync(call, **options)


WAYS = pytest.mark.parametrize("way", ["run", "run_sync"])


@WAYS
@pytest.mark.parametrize("tools", [None, TOOLBOX])
def test_arguments_have_the_annotated_types(way: str, tools: Any) -> None:
    """Arguments become models and dates, whether or not the parser knew the tools."""
    assert run(call_of("reserve", SEATS, tools=tools), way) == "nobody: J4 on 23 May"


def test_synchronous_functions_run_in_a_thread_and_others_do_not() -> None:
    own = threading.get_ident()
    assert run(call_of("where", '{"day": "2026-05-23"}'), "run") == (23, own)
    assert run(call_of("thread", "{}"), "run") != own
    assert run(call_of("thread", "{}"), "run_sync") == own
    with pytest.raises(TypeError, match="asynchronous: await"):
        run(call_of("where", '{"day": "2026-05-23"}'), "run_sync")


def test_awaitable_results_are_awaited() -> None:
    def later(day: date) -> Any:
        return where(day)

    async def ask() -> Any:
        toolbox = Toolbox([later])
        return await toolbox.run(call_of("later", '{"day": "2026-05-23"}'))

    assert asyncio.run(ask())[0] == 23


@WAYS
@pytest.mark.parametrize("kind", ["value", "stop", "wire"])
def test_errors_of_a_tool_differ_from_errors_of_a_call(way: str, kind: str) -> None:
    with pytest.raises(ToolError) as caught:
        run(call_of("broken", f'{{"kind": "{kind}"}}'), way)
    cause = caught.value.__cause__
    expected = {"value": ValueError, "stop": StopIteration, "wire": SchemaViolation}[kind]
    assert type(cause) is expected
    assert not isinstance(caught.value, StreamParseError)
    assert str(caught.value).startswith(f"the tool 'broken' raised {expected.__name__}: ")
    twin = pickle.loads(pickle.dumps(caught.value))
    assert (str(twin), twin.name) == (str(caught.value), "broken")


@WAYS
def test_calls_that_may_not_run(way: str) -> None:
    with pytest.raises(IncompleteError, match="its status is 'truncated'"):
        run(call_of("reserve", SEATS, finish="length"), way)
    with pytest.raises(IncompleteError, match="its status is 'truncated'"):
        run(call_of("reserve", SEATS, finish="length"), way, unconfirmed=True)
    with pytest.raises(SchemaViolation, match="did you mean 'reserve'") as caught:
        run(call_of("reserv", SEATS), way)
    assert caught.value.code == "unknown_tool"
    with pytest.raises(SchemaViolation, match="seats"):
        run(call_of("reserve", '{"day": "2026-05-23"}'), way)
    with pytest.raises(StreamParseError) as rejected:
        run(call_of("reserve", '{"seats": 3}', tools=TOOLBOX), way)
    assert rejected.value.path == ("seats",)
    with pytest.raises(TypeError, match="not given as a function"):
        run(call_of("by_hand", "{}"), way)
    with pytest.raises(SchemaViolation, match="not an object"):
        run(call_of("thread", "[1]"), way)


@WAYS
def test_errors_can_be_returned(way: str) -> None:
    """Errors of the call and of the tool can be returned, but no others."""
    raised = run(call_of("broken", '{"kind": "value"}'), way, errors="return")
    assert isinstance(raised, ToolError)
    assert isinstance(run(call_of("mow", "{}"), way, errors="return"), SchemaViolation)
    assert run(call_of("reserve", SEATS), way, errors="return").startswith("nobody")
    with pytest.raises(TypeError):
        run(call_of("by_hand", "{}"), way, errors="return")
    with pytest.raises(ValueError, match="errors must be"):
        run(call_of("reserve", SEATS), way, errors="ignore")


@WAYS
def test_a_whole_call_runs_early_only_on_demand(way: str) -> None:
    call = call_of("reserve", SEATS, finish=None)
    assert (call.whole, call.confirmed) == (True, False)
    with pytest.raises(IncompleteError, match="its status is 'in_progress'"):
        run(call, way)
    assert run(call, way, unconfirmed=True) == "nobody: J4 on 23 May"
    half = call_of("reserve", SEATS[:-1], finish=None)
    assert not half.whole
    with pytest.raises(IncompleteError):
        run(half, way, unconfirmed=True)


@WAYS
def test_calls_without_an_arguments_object(way: str) -> None:
    """Calls with free text, and calls that the provider runs itself, are rejected."""
    free, server = ToolCall(kind="custom"), ToolCall(kind="server")
    for call in (free, server):
        call.name, call.status, call.arguments_text = "thread", "complete", "text"
    with pytest.raises(SchemaViolation, match="not an object"):
        run(free, way)
    with pytest.raises(SchemaViolation) as caught:
        run(server, way)
    assert caught.value.code == "unknown_tool"
    assert free.whole


def test_one_toolbox_serves_many_parsers() -> None:
    """Parsers share the validators of a toolbox, one set with and one without coercion."""
    toolbox = Toolbox([reserve])
    plain, coercing = ([Toolbox(toolbox, coerce=each) for _ in "12"] for each in (False, True))
    assert plain[0].tools is plain[1].tools is toolbox.tools
    assert coercing[0].tools is coercing[1].tools is not toolbox.tools
    text = '{"seats": "[]", "day": "2026-05-23"}'
    for coerce, status in [(False, "rejected"), (True, "complete"), (False, "rejected")]:
        assert call_of("reserve", text, tools=toolbox, coerce=coerce).status == status
    coerced = call_of("reserve", text, tools=toolbox, coerce=True)
    assert toolbox.run_sync(coerced) == "nobody:  on 23 May"
    assert call_of("reserve", text, tools=Toolbox([reserve], coerce=True)).status == "complete"


def test_a_toolbox_is_copied_and_pickled_with_its_functions() -> None:
    for twin in (pickle.loads(pickle.dumps(TOOLBOX)), copy.deepcopy(TOOLBOX), copy.copy(TOOLBOX)):
        assert repr(twin) == repr(TOOLBOX).replace("Tools", "Toolbox")
        assert twin.run_sync(call_of("reserve", SEATS)) == "nobody: J4 on 23 May"
        assert twin.to_openai() == TOOLBOX.to_openai()
    assert pickle.loads(pickle.dumps(Toolbox([reserve], coerce=True))).coerce


def test_a_stream_in_one_function() -> None:
    chunks = [call_chunk(SEATS, id="c1", name="reserve"), chunk(finish="tool_calls")]

    async def source() -> Any:
        for each in chunks:
            yield each

    async def answer() -> list[Any]:
        calls = stream(source(), tools=TOOLBOX).tool_calls(when="whole")
        return [await TOOLBOX.run(call, unconfirmed=True) async for call in calls]

    assert asyncio.run(answer()) == ["nobody: J4 on 23 May"]


class Counter:
    def __init__(self) -> None:
        self.count = 0

    def add(self, by: int) -> int:
        """Add to it."""
        self.count += by
        return self.count


def test_methods_are_tools_and_partials_are_not() -> None:
    counter = Counter()
    assert Toolbox([counter.add]).run_sync(call_of("add", '{"by": 3}')) == counter.count == 3
    with pytest.raises(TypeError, match="no name"):
        Toolbox([functools.partial(reserve, name="x")])


# Declarations for the clients


def test_declarations() -> None:
    [openai] = Toolbox([reserve]).to_openai()
    parameters = openai["function"].pop("parameters")
    assert openai == {
        "type": "function",
        "function": {"name": "reserve", "description": "Reserve seats."},
    }
    assert parameters["properties"]["seats"]["description"] == "The seats, of one row."
    assert parameters["required"] == ["seats", "day"]
    named = {"name": "reserve", "description": "Reserve seats."}
    assert Toolbox([reserve]).to_responses() == [
        {"type": "function", **named, "parameters": parameters, "strict": False}
    ]
    assert Toolbox([reserve]).to_anthropic() == [{**named, "input_schema": parameters}]
    assert Toolbox([reserve]).to_google() == [
        {"functionDeclarations": [{**named, "parametersJsonSchema": parameters}]}
    ]
    bare = Toolbox([{"name": "stop"}])
    assert bare.to_anthropic() == [
        {"name": "stop", "input_schema": {"type": "object", "properties": {}}}
    ]
    assert Toolbox([]).to_google() == []


def test_declarations_can_be_read_again() -> None:
    for declared in (
        TOOLBOX.to_openai(),
        TOOLBOX.to_responses(),
        TOOLBOX.to_anthropic(),
        TOOLBOX.to_google(),
    ):
        assert Toolbox(declared).to_openai() == TOOLBOX.to_openai()


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "custom", "name": "patch"},
        {"type": "custom", "custom": {"name": "patch"}},
        {"type": "local_shell"},
        {"type": "web_search_20250305", "name": "web_search"},
    ],
)
def test_tools_without_json_arguments_cannot_be_declared(tool: Any) -> None:
    with pytest.raises(ValueError, match="declare it by hand"):
        Toolbox([tool]).to_openai()


def test_clients_accept_the_declarations() -> None:
    """The declarations are valid for the request types of the SDKs."""
    from pydantic import TypeAdapter

    openai = pytest.importorskip("openai.types.chat", reason="needs openai")
    responses = pytest.importorskip("openai.types.responses", reason="needs openai")
    anthropic = pytest.importorskip("anthropic.types", reason="needs anthropic")
    google = pytest.importorskip("google.genai.types", reason="needs google-genai")
    for kind, declared in [
        (openai.ChatCompletionFunctionToolParam, TOOLBOX.to_openai()),
        (responses.FunctionToolParam, TOOLBOX.to_responses()),
        (anthropic.ToolParam, TOOLBOX.to_anthropic()),
    ]:
        for entry in declared:
            assert set(TypeAdapter(kind).validate_python(entry)) == set(entry)
    [tool] = TOOLBOX.to_google()
    taken = google.Tool.model_validate(tool).function_declarations
    assert [entry.name for entry in taken] == TOOLBOX.names
    assert all(entry.parameters_json_schema for entry in taken)
