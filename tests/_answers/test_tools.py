"""Tests of tools in every form, and of calls that are validated while they arrive."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("pydantic")
pytest.importorskip("jsonschema")

from pydantic import BaseModel, Field, RootModel, model_validator

from streamparse import (
    MessageParser,
    OutputRejected,
    SchemaViolation,
    ToolCallCompleted,
    ToolCallDelta,
    ToolCallRejected,
    ToolCallStarted,
    stream,
)
from streamparse._answers.calls import CUT, LIMIT, NORMAL, CallReader
from streamparse._answers.options import AnswerOptions
from streamparse._answers.tools import (
    Tool,
    Tools,
    json_schema,
    parameters_in,
    tools_of,
    validator_of,
)
from streamparse.aliases import CallKind
from streamparse.message import ToolCall
from streamparse.models import ModelValidator
from streamparse.schema import SchemaValidator
from tests.helpers import cut
from tests.messages import answer, call_chunk, call_texts, chunk, read, sse, text_chunk
from tests.strategies import SIZES


class Water(BaseModel):
    """Water a plant."""

    plant: Literal["fern", "cactus"]
    litres: float = Field(default=1.0, gt=0)


def mow(lawn: str, height: Annotated[int, Field(ge=2)] = 4, *, edges: bool = False) -> str:
    """Mow a lawn.

    More words.

    Args:
        lawn: Which one.
        height (int): In centimetres,
            above the ground.
    """
    return f"{lawn} {height} {edges}"


SCHEMA = {
    "type": "object",
    "properties": {"plant": {"enum": ["fern", "cactus"]}, "litres": {"type": "number"}},
    "required": ["plant"],
    "additionalProperties": False,
}
GEMINI = {
    "type": "OBJECT",
    "properties": {
        "plant": {"type": "STRING", "enum": ["fern", "cactus"]},
        "litres": {"type": "NUMBER", "nullable": True},
        "days": {"type": "ARRAY", "items": {"type": "INTEGER"}, "maxItems": "2"},
    },
    "required": ["plant"],
}

# Forms of tools

FORMS: list[tuple[str, Any]] = [
    ("a JSON Schema with a name", {"name": "water", "parameters": SCHEMA}),
    ("OpenAI chat", {"type": "function", "function": {"name": "water", "parameters": SCHEMA}}),
    ("Ollama", {"type": "function", "function": {"name": "water", "parameters": SCHEMA}}),
    ("Responses", {"type": "function", "name": "water", "parameters": SCHEMA, "strict": True}),
    ("Anthropic", {"name": "water", "description": "d", "input_schema": SCHEMA}),
    ("MCP", {"name": "water", "inputSchema": SCHEMA}),
    ("Gemini", {"functionDeclarations": [{"name": "water", "parameters": GEMINI}]}),
    ("google-genai", {"function_declarations": [{"name": "water", "parameters": GEMINI}]}),
    ("Gemini, JSON Schema", {"name": "water", "parametersJsonSchema": SCHEMA}),
    ("Bedrock", {"toolSpec": {"name": "water", "inputSchema": {"json": SCHEMA}}}),
    (
        "Bedrock, whole",
        {
            "tools": [
                {"toolSpec": {"name": "water", "inputSchema": {"json": SCHEMA}}},
                {"cachePoint": {}},
            ]
        },
    ),
    (
        "Cohere, older",
        {
            "name": "water",
            "parameter_definitions": {
                "plant": {"type": "str", "required": True},
                "litres": {"type": "float"},
            },
        },
    ),
]


@pytest.mark.parametrize("given_tool", [row[1] for row in FORMS], ids=[row[0] for row in FORMS])
def test_forms(given_tool: Any) -> None:
    several: list[Any] = [given_tool, [given_tool], ({"googleSearch": {}}, given_tool)]
    for given_tools in several:
        toolbox = Tools(given_tools)
        assert toolbox.names == ["water"]
    for text, fine in [
        ('{"plant": "fern", "litres": 1.5}', True),
        ('{"litres": 2}', False),
        ('{"plant": 3}', False),
        ('{"plant": "fern", "litres": "x"}', False),
    ]:
        call, _ = run_call(toolbox, "water", [text])
        assert (call.status == "complete") == fine, text
        assert call.parsed == (json.loads(text) if fine else None)


def test_models_and_functions() -> None:
    toolbox = Tools([Water, mow])
    assert toolbox.names == ["Water", "mow"]
    assert [tool.description for tool in toolbox.tools.values()] == [
        "Water a plant.",
        "Mow a lawn.",
    ]
    call, _ = run_call(toolbox, "Water", ['{"plant": "fern"}'])
    assert call.parsed == Water(plant="fern")
    assert call.arguments == {"plant": "fern"}
    call, _ = run_call(toolbox, "mow", ['{"lawn": "north", "height": "3", "edges": true}'])
    assert mow(**call.parsed) == "north 3 True"
    assert call.parsed == {"lawn": "north", "height": 3, "edges": True}
    for text, code in [
        ('{"lawn": "a", "colour": 1}', "additionalProperties"),
        ('{"lawn": "a", "height": 1}', "minimum"),
        ('{"height": 3}', "required"),
    ]:
        call, _ = run_call(toolbox, "mow", [text])
        assert (call.status, call.errors[0].code) == ("rejected", code)


def test_models_of_sdks_are_dumped() -> None:
    types = pytest.importorskip("google.genai.types")
    declaration = types.FunctionDeclaration(
        name="water", parameters=types.Schema(type="OBJECT", properties={"n": {"type": "INTEGER"}})
    )
    toolbox = Tools(types.Tool(function_declarations=[declaration]))
    assert run_call(toolbox, "water", ['{"n": 1}'])[0].status == "complete"
    assert run_call(toolbox, "water", ['{"n": "'])[0].status == "rejected"


def test_tools_without_a_schema() -> None:
    toolbox = Tools(
        [
            {"type": "bash_20250124", "name": "bash"},
            {"type": "local_shell"},
            {"type": "custom", "name": "write"},
            Tool("mine"),
        ]
    )
    assert toolbox.names == ["bash", "local_shell", "write", "mine"]
    assert run_call(toolbox, "bash", ['{"x": 1}'])[0].parsed is None


def cohere(definitions: Any) -> dict[str, Any]:
    return {"name": "f", "parameter_definitions": definitions}


@pytest.mark.parametrize(
    ("tools", "kind", "says"),
    [
        ({"type": "object", "properties": {}}, ValueError, "no tool can be read|has no name"),
        ({"title": "T", "type": "function"}, ValueError, "no tool can be read"),
        ({"name": "f", "parameters": {"type": "strong"}}, ValueError, "the parameters of 'f'"),
        ({"name": "f", "parameters": "object"}, TypeError, "are not a schema"),
        ([Water, Water], ValueError, "two tools are named 'Water'"),
        ("water", TypeError, "is not a tool"),
        (3, TypeError, "not int"),
        (lambda: 1, TypeError, "has no name"),
        (int, TypeError, "no arguments"),
        (type, TypeError, "no arguments"),
        (RootModel[list[int]]([1]), TypeError, "does not give a dict"),
        ({"name": 5, "type": "bash"}, TypeError, "name of a tool is a str, not int"),
        ({"type": ""}, ValueError, "no tool can be read"),
        ({"type": "STRING"}, ValueError, "has no name"),
        ({"tools": 5}, TypeError, "'tools' is a list of tools, not int"),
        ({"functionDeclarations": {}}, TypeError, "is a list of tools, not dict"),
        ({"toolSpec": "x"}, TypeError, "'toolSpec' is a dict, not str"),
        ({"type": "function", "function": {"parameters": {}}}, ValueError, "no tool can be read"),
        ({"parameters": {}}, ValueError, "no tool can be read"),
        ({"googleSearch": 5}, ValueError, "no tool can be read"),
        ({5: {}}, ValueError, "no tool can be read"),
        (cohere(5), TypeError, "the parameters of 'f' are not a dict: 5"),
        (cohere([]), TypeError, "the parameters of 'f' are not a dict"),
        (cohere({"x": 5}), TypeError, "the parameter 'x' of 'f' is not a dict: 5"),
        (cohere({5: {}}), TypeError, "the parameter 5 of 'f' has a name that is not a str"),
        (cohere({"x": {"type": 5}}), TypeError, "has a type that is not a str: 5"),
        (cohere({"x": {"required": "no"}}), TypeError, "has a 'required' that is not a bool: 'no'"),
        ({"name": "f", "parameters": {"$schema": 5}}, ValueError, "the parameters of 'f': bad"),
    ],
)
def test_invalid_tools(tools: Any, kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        MessageParser(tools=tools)


def test_a_docstring_that_is_not_a_string() -> None:
    own = type("own", (BaseModel,), {"__doc__": 5, "__module__": __name__})
    assert [tool.description for tool in Tools([own]).tools.values()] == [""]


WRONG: list[Any] = [5, -1.5, True, None, "x", "", b"x", [], {}, [5], [None], [[]], {"x": 5}]
WRONG += [{"x": None}, {"x": []}, {5: 5}, {"type": 5}, {"type": []}, {"type": {}}, int, object()]
MORE_FORMS: list[tuple[str, Any]] = [
    ("custom", {"type": "custom", "custom": {"name": "water", "format": {"type": "text"}}}),
    ("the provider's", {"type": "web_search", "filters": {"x": 1}}),
    ("Anthropic's", {"type": "bash_20250124", "name": "bash", "cache_control": {"type": "x"}}),
    ("Gemini's", {"googleSearch": {}}),
    ("references", {"name": "water", "parameters": {"$ref": "#/$defs/a", "$defs": {"a": SCHEMA}}}),
    (
        "draft 4",
        {
            "name": "water",
            "parameters": {
                "$schema": "http://json-schema.org/draft-04/schema#",
                "definitions": {"a": SCHEMA},
                "$ref": "#/definitions/a",
            },
        },
    ),
    (
        "Gemini, all",
        {
            "functionDeclarations": [
                {"name": "water", "description": "d", "parameters": GEMINI, "response": GEMINI}
            ]
        },
    ),
]


def places_in(value: Any) -> list[tuple[Any, ...]]:
    """Return the paths of all members of a value, and that of the value itself."""
    inside: Any = ()
    if isinstance(value, dict):
        inside = value.items()
    elif isinstance(value, (list, tuple)):
        inside = enumerate(value)
    return [(), *((key, *rest) for key, inner in inside for rest in places_in(inner))]


def with_another(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    """Return a copy of the value with another value at the path."""
    if not path:
        return other
    made = value.copy()
    made[path[0]] = with_another(made[path[0]], path[1:], other)
    return made


ALL_FORMS = FORMS + MORE_FORMS


@pytest.mark.parametrize("form", [row[1] for row in ALL_FORMS], ids=[row[0] for row in ALL_FORMS])
def test_a_field_of_a_wrong_type(form: Any) -> None:
    """Such a tool is rejected, or it has a name and can be called."""
    taken = Tools([form]).names
    for path in places_in(form):
        for wrong in WRONG:
            given_tool = with_another(form, path, wrong)
            try:
                toolbox = Tools([given_tool])
            except (ValueError, TypeError):
                continue
            assert all(name and isinstance(name, str) for name in toolbox.names), given_tool
            # A tool may become one of the provider, or its list empty; other losses are errors.
            lost = bool(taken) and not toolbox.names
            whole = not path or isinstance(path[-1], int)
            assert not lost or whole or wrong in (None, [], [[]]), given_tool
            for name in toolbox.names:
                run_call(toolbox, name, ['{"plant": "fern", "litres": [1, {}]}'])


def test_positional_only_parameters_cannot_be_called_by_name() -> None:
    def f(a: int, /) -> None: ...

    with pytest.raises(TypeError, match="'a' is positional-only"):
        Tools(f)


def test_descriptions_of_parameters() -> None:
    # Python 3.13 and later remove the indentation themselves.
    assert parameters_in(inspect.cleandoc(mow.__doc__ or "")) == {
        "lawn": "Which one.",
        "height": "In centimetres, above the ground.",
    }
    assert parameters_in(":param int n: how many,\n    at most\n:return: x") == {
        "n": "how many, at most"
    }


def dig(bed: str, depth: float, width: float = 1.0, **more: Any) -> None:
    """Dig a bed over.

    Parameters
    ----------
    bed : str
        Which one,
        by name.
    depth, width : float, optional
        In metres.
    **more
        Anything else.

    Returns
    -------
    nothing : None
        Not a parameter.

    Other Parameters
    ----------------
    seed : int
        For tests.
    """


def test_descriptions_of_parameters_in_the_style_of_numpy() -> None:
    described = {
        "bed": "Which one, by name.",
        "depth": "In metres.",
        "width": "In metres.",
        "more": "Anything else.",
        "seed": "For tests.",
    }
    assert parameters_in(inspect.cleandoc(dig.__doc__ or "")) == described
    [tool] = Tools(dig).tools.values()
    properties = tool.schema()["properties"]
    assert properties["bed"]["description"] == "Which one, by name."
    assert properties["width"]["description"] == "In metres."


def test_schemas_of_gemini_become_json_schema() -> None:
    assert json_schema(GEMINI) == {
        "type": "object",
        "properties": {
            "plant": {"type": "string", "enum": ["fern", "cactus"]},
            "litres": {"type": ["number", "null"]},
            "days": {"type": "array", "items": {"type": "integer"}, "maxItems": 2},
        },
        "required": ["plant"],
    }
    assert json_schema({"type": "TYPE_UNSPECIFIED"}) == {}
    assert json_schema({"type": "STRING", "nullable": True, "enum": ["a"]}) == {
        "type": ["string", "null"],
        "enum": ["a", None],
    }
    assert json_schema(SCHEMA) == SCHEMA
    named = {"properties": {"type": {"type": "STRING"}, "items": {"type": "ARRAY"}}}
    assert json_schema(named) == {
        "properties": {"type": {"type": "string"}, "items": {"type": "array"}}
    }


def test_toolboxes_pickle() -> None:
    twin = pickle.loads(pickle.dumps(Tools([Water, {"name": "f", "parameters": SCHEMA}])))
    assert twin.names == ["Water", "f"]
    assert run_call(twin, "f", ['{"plant": "x'])[0].status == "rejected"


def test_validator_of() -> None:
    assert isinstance(validator_of(SCHEMA), SchemaValidator)
    assert isinstance(validator_of(list[int]), ModelValidator)
    validator = SchemaValidator(True)
    assert validator_of(validator) is validator


# Calls

TOOLS = Tools([Water, mow, {"name": "garden_water", "parameters": SCHEMA}])


def run_call(
    tools: Any,
    name: str | None,
    pieces: Sequence[Any],
    kind: CallKind = "function",
    how: int = NORMAL,
) -> tuple[ToolCall, list[Any]]:
    """Return a call with this name that has read the pieces and is closed, and its events."""
    events: list[Any] = []
    call = ToolCall(0, kind)
    reader = CallReader(call, 0, events, AnswerOptions(tools=Tools(tools)))
    if name is not None:
        reader.set_name(name)
    for piece in pieces:
        reader.feed(piece) if isinstance(piece, str) else reader.feed_value(piece)
    if name is not None:
        reader.close(how)
    return call, events


def test_a_call_is_rejected_at_the_character_of_the_violation() -> None:
    call = ToolCall()
    events: list[Any] = []
    reader = CallReader(call, 0, events, AnswerOptions(tools=TOOLS))
    reader.set_name("Water")
    reader.feed('{"plant": "fe')
    statuses = [call.status]
    reader.feed('st", "litres": 2')
    statuses.append(call.status)
    assert statuses == ["in_progress", "rejected"]
    assert call_texts(events) == {(0, 0): '{"plant": "fe'}
    [error] = call.errors
    assert isinstance(error, SchemaViolation)
    assert (error.code, error.offset, error.path) == ("enum", 13, ("plant",))
    assert (error.line, error.column, error.excerpt) == (1, 14, '{"plant": "fe')
    assert isinstance(events[-1], ToolCallRejected)
    count = len(events)
    reader.feed('5, "more": ["x')
    assert call.partial == {"plant": "fest", "litres": 25, "more": ["x"]}
    reader.feed('"]}')
    reader.close(NORMAL)
    whole = '{"plant": "fest", "litres": 25, "more": ["x"]}'
    assert call.partial == json.loads(whole)
    assert call.arguments_text == call.raw_text == whole
    assert (call.arguments, call.parsed, len(events)) == (None, None, count)


def test_after_invalid_json_only_the_texts_grow() -> None:
    call, events = run_call(TOOLS, "Water", ['{"plant": 1, ', "oops", ' "litres": 2}'])
    assert call.partial == {"plant": 1}
    assert call.arguments_text == '{"plant": 1, oops "litres": 2}'
    assert [error.code for error in call.errors] == ["type"]
    assert sum(isinstance(event, ToolCallRejected) for event in events) == 1


def test_the_place_counts_lines() -> None:
    call, _ = run_call(TOOLS, "Water", ['{\n  "plant": "fern",\n  "litres": -1\n}'])
    [error] = call.errors
    assert (error.code, error.line, error.column) == ("exclusiveMinimum", 3, 15)


TEXTS = [
    '{"plant": "fern", "litres": 2}',
    '{"plant": "cactus", "litres": 0}',
    '{"plant": "ferment", "litres": [1, {"a": "b"}]}',
    '{"litres": 3}',
    '{"plant": "fern", "litres": "much"}  ',
    '["fern"]',
    '{"plant": "fern"} {"plant": "fern"}',
    '{"plant": 1} {"plant": 1}',
    '{"plant": nope}',
    '{"plant": 1, oops}',
    '{"plant": "fern", "other": 1}',
    "12",
    "",
]


@given(
    st.sampled_from(TEXTS),
    st.sampled_from(["Water", "garden_water", "mow", "nothing", "garden"]),
    SIZES,
    st.sampled_from([NORMAL, LIMIT, CUT]),
)
def test_the_chunking_does_not_matter(text: str, name: str, sizes: list[int], how: int) -> None:
    """Status, error, value, texts and events do not depend on the chunking (law 1)."""
    whole, whole_events = run_call(TOOLS, name, [text], how=how)
    call, events = run_call(TOOLS, name, cut(text, sizes), how=how)
    assert call.to_dict() == whole.to_dict()
    assert call.parsed == whole.parsed
    assert call_texts(events) == call_texts(whole_events)
    shown = [repr(event) for event in events if type(event).__name__.endswith("Completed")]
    assert shown == [
        repr(event) for event in whole_events if type(event).__name__.endswith("Completed")
    ]
    assert call.arguments_text + (call.raw_text if call._source else "") != "" or not text


@given(st.sampled_from(TEXTS), SIZES)
def test_a_value_is_validated_like_its_text(text: str, sizes: list[int]) -> None:
    """Wires that send values instead of JSON text give the same result."""
    try:
        value = json.loads(text)
    except ValueError:
        return
    by_text, _ = run_call(TOOLS, "Water", cut(json.dumps(value, separators=(",", ":")), sizes))
    by_value, events = run_call(TOOLS, "Water", [value])
    assert by_value.status == by_text.status
    assert by_value.partial == by_text.partial == value
    assert by_value.arguments_text == by_text.arguments_text
    assert [error.code for error in by_value.errors] == [error.code for error in by_text.errors]
    if by_value.errors:
        offset = by_value.errors[0].offset
        assert call_texts(events).get((0, 0), "") == by_value.arguments_text[:offset]


def test_arguments_before_the_name_are_validated_when_it_arrives() -> None:
    call = ToolCall()
    events: list[Any] = []
    reader = CallReader(call, 0, events, AnswerOptions(tools=TOOLS))
    reader.feed('{"plant": "oak"')
    assert events == []
    reader.set_name("Water")
    assert [type(event) for event in events[:2]] == [ToolCallStarted, ToolCallDelta]
    assert call_texts(events) == {(0, 0): '{"plant": "'}
    assert call.status == "rejected"


def test_an_unknown_tool() -> None:
    call, events = run_call(TOOLS, "watre", ['{"a": "b', '", "c": [1]}'])
    assert [type(event) for event in events] == [ToolCallStarted, ToolCallRejected]
    [error] = call.errors
    assert isinstance(error, SchemaViolation)
    assert (error.code, error.offset) == ("unknown_tool", 0)
    assert call.partial == {"a": "b", "c": [1]}
    assert call.arguments_text == '{"a": "b", "c": [1]}'
    again, _ = run_call(TOOLS, "watre", [{"a": 1}])
    assert (again.status, again.partial, again.arguments_text) == ("rejected", {"a": 1}, '{"a":1}')


def test_server_calls_are_not_validated() -> None:
    call, _ = run_call(TOOLS, "web_search", ['{"query": "x"}'], kind="server")
    assert (call.status, call.parsed) == ("complete", None)
    assert run_call(TOOLS, "Water", ["[]"], kind="server")[0].status == "complete"


def test_custom_calls_are_checked_by_name_only() -> None:
    tools = [{"type": "custom", "name": "write"}, {"name": "water", "parameters": SCHEMA}]
    assert run_call(tools, "write", ["free text"], kind="custom")[0].status == "complete"
    call, _ = run_call(tools, "wrote", ["free ", "text"], kind="custom")
    assert (call.status, call.partial) == ("rejected", "free text")


def test_a_name_that_grows() -> None:
    """Some servers send the name in pieces, each piece from its beginning."""
    for names, status in [(["garden", "garden_water"], "complete"), (["garden"], "rejected")]:
        call = ToolCall()
        reader = CallReader(call, 0, [], AnswerOptions(tools=TOOLS))
        for name in names:
            reader.set_name(name)
            assert call.status == "in_progress"
        reader.feed('{"plant": "fern"}')
        reader.close(NORMAL)
        assert call.status == status
    late = ToolCall()
    tools = Tools([Tool("a"), {"name": "ab", "parameters": SCHEMA}])
    reader = CallReader(late, 0, [], AnswerOptions(tools=tools))
    reader.set_name("a")
    reader.feed('{"plant": "oak"')
    reader.set_name("ab")
    reader.feed("}")
    assert late.status == "in_progress"
    reader.close(NORMAL)
    assert (late.status, late.errors[-1].code) == ("rejected", "enum")


def test_no_arguments_are_validated_as_an_empty_object() -> None:
    call, _events = run_call(TOOLS, "Water", [])
    assert (call.status, call.errors[0].code) == ("rejected", "required")
    assert call.errors[0].offset == 0
    free = run_call([{"name": "f", "parameters": {"type": "object"}}], "f", [])[0]
    assert (free.status, free.parsed) == ("complete", {})


def test_a_number_is_validated_at_the_end() -> None:
    tools = [{"name": "f", "parameters": {"maximum": 5}}]
    assert run_call(tools, "f", ["1", "2"])[0].errors[0].code == "maximum"
    assert run_call(tools, "f", ["1"])[0].parsed == 1


def test_cut_calls_have_no_parsed_value() -> None:
    call, _ = run_call(TOOLS, "Water", ['{"plant": "fern"}'], how=CUT)
    assert (call.status, call.parsed) == ("truncated", None)


def test_misplaced_values_are_validated_at_the_end() -> None:
    """If the pieces of Gemini are out of order, the whole value is validated at the end."""

    def pieces(*parts: dict[str, Any]) -> list[dict[str, Any]]:
        function = {"name": "garden_water", "partialArgs": list(parts), "willContinue": False}
        content = {"parts": [{"functionCall": function}], "role": "model"}
        return [{"candidates": [{"content": content, "finishReason": "STOP", "index": 0}]}]

    plant = {"jsonPath": "$.plant", "stringValue": "fern"}
    odd = {"jsonPath": "$.plant", "stringValue": "oak"}
    fine, _ = read(pieces(plant), api="google-generate", tools=TOOLS)
    assert (fine.tool_calls[0].status, fine.tool_calls[0].parsed) == ("complete", {"plant": "fern"})
    bad, _ = read(pieces(odd), api="google-generate", tools=TOOLS)
    assert bad.tool_calls[0].status == "rejected"
    assert bad.tool_calls[0].partial == {"plant": "oak"}
    twice, _ = read(pieces(plant, odd), api="google-generate", tools=TOOLS)
    assert [error.code for error in twice.tool_calls[0].errors] == ["misplaced_value", "enum"]


# Messages


def test_a_parser_with_tools() -> None:
    records = [
        call_chunk('{"plant"', id="1", name="Water"),
        call_chunk(': "fern"}', index=0),
        call_chunk('{"plant": "oak"}', index=1, id="2", name="Water"),
        call_chunk("{}", index=2, id="3", name="dig"),
        chunk(finish="tool_calls"),
    ]
    message, events = read([sse(records)], api="openai-chat", tools=[Water])
    assert [call.status for call in message.tool_calls] == ["complete", "rejected", "rejected"]
    assert message.tool_calls[0].parsed == Water(plant="fern")
    assert message.tool_calls[2].errors[0].code == "unknown_tool"
    assert message.status == "complete"
    assert sum(isinstance(event, ToolCallCompleted) for event in events) == 1


@given(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3), SIZES)
def test_messages_with_tools_do_not_depend_on_the_chunking(
    texts: list[str], sizes: list[int]
) -> None:
    records = []
    for index, text in enumerate(texts):
        records.append(
            call_chunk("", index=index, id=str(index), name=["Water", "mow", "x"][index])
        )
        records += [call_chunk(text[i : i + 3], index=index) for i in range(0, len(text), 3)]
    body = sse([*records, chunk(finish="tool_calls")])
    assert answer(cut(body, sizes), tools=TOOLS) == answer([body], tools=TOOLS)


def test_the_caller_may_stop_at_the_first_violation() -> None:
    """The call is rejected while the rest of it has not arrived."""
    sent = []

    def source() -> Any:
        yield call_chunk("", id="1", name="Water")
        for char in '{"plant": "oak", "litres": 1000}':
            sent.append(char)
            yield call_chunk(char)

    with stream(source(), api="openai-chat", tools=[Water]) as reading:
        for event in reading:
            if isinstance(event, ToolCallRejected):
                break
    assert "".join(sent) == '{"plant": "o'


# Output


class Plan(BaseModel):
    title: str
    days: Annotated[int, Field(le=7)] = 1

    @model_validator(mode="after")
    def fine(self) -> Plan:
        return self


def test_output_of_a_type() -> None:
    message, _events = read(['{"title": "A", "days": "3"}'], api="text", output=Plan)
    assert message.output == Plan(title="A", days=3)
    assert message.partial_output == message.to_dict()["output"] == {"title": "A", "days": "3"}
    assert stream(["[1, ", '"2"]'], api="text", output=list[int]).result() == [1, 2]


@pytest.mark.parametrize(
    ("output", "text", "offset", "code"),
    [
        (Plan, '{"title": 3', 10, "type"),
        (Plan, '{"days": 8,', 10, "maximum"),
        (list[Plan], "{", 0, "type"),
        (SCHEMA, '{"plant": "fes', 13, "enum"),
        (SCHEMA, '{"plan"', 6, "additionalProperties"),
        (ModelValidator(int, strict=True), '"', 0, "type"),
    ],
)
def test_output_is_rejected_at_the_character(
    output: Any, text: str, offset: int, code: str
) -> None:
    parser = MessageParser("openai-chat", output=output, output_dialect="strict")
    events = [event for char in text[:-1] for event in parser.feed(text_chunk(char))]
    assert not any(isinstance(event, OutputRejected) for event in events)
    [rejected] = [
        event for event in parser.feed(text_chunk(text[-1])) if isinstance(event, OutputRejected)
    ]
    assert isinstance(rejected.error, SchemaViolation)
    assert (rejected.error.offset, rejected.error.code) == (offset, code)


def test_result_raises_the_error_of_the_output() -> None:
    with pytest.raises(SchemaViolation) as caught:
        stream(['{"title": 3}'], api="text", output=Plan).result()
    assert caught.value.path == ("title",)


# Typed views


class Shop(BaseModel):
    shop_name: str = Field(alias="shopName")
    plans: list[Plan] = []


SHOP = '{"shopName": "Green", "plans": [{"title": "A"}, {"title": "B", "days": "2"}]}'


@pytest.mark.parametrize("size", [1, 7, 100])
def test_typed_items(size: int) -> None:
    pieces = [SHOP[place : place + size] for place in range(0, len(SHOP), size)]
    items = list(stream(pieces, api="text", output=Shop).items("$.plans[*]"))
    assert items == [Plan(title="A"), Plan(title="B", days=2)]
    days = list(stream(pieces, api="text", output=Shop).items("$.plans[*].days"))
    assert days == [2]
    assert stream(pieces, api="text", output=Shop).field("$.shopName") == "Green"
    whole = list(stream(pieces, api="text", output=Shop).items("$"))
    assert whole == [Shop.model_validate_json(SHOP)]
    plain = list(stream(pieces, api="text", output=dict).items("$.plans[*]"))
    assert plain[1] == {"title": "B", "days": "2"}


def test_typed_partials() -> None:
    seen = list(stream(SHOP, api="text", output=Shop).partials())
    assert seen == [Shop.model_validate_json(SHOP)]
    seen = list(stream(list(SHOP), api="text", output=Shop).partials())
    assert all(isinstance(each, Shop) for each in seen)
    names = [each.shop_name for each in seen if hasattr(each, "shop_name")]
    assert names[:6] == ["", "G", "Gr", "Gre", "Gree", "Green"]
    assert seen[-1] == Shop.model_validate_json(SHOP)


# Tools without a schema


class Odd:
    """A class for which pydantic has no schema."""

    def __init__(self, given: Any) -> None:
        self.given = given


def odd(given: Odd) -> None:
    """A function with a parameter of such a class."""


BAD: list[tuple[str, Any]] = [
    ("bad", {"name": "bad", "parameters": {"type": "nothing"}}),
    ("bad", {"name": "bad", "parameters": {"$ref": "#/nowhere"}}),
    ("bad", {"name": "bad", "parameters": {"pattern": "("}}),
    ("bad", {"name": "bad", "parameters": [1]}),
    ("bad", {"type": "function", "function": {"name": "bad", "parameters": {"required": 5}}}),
    ("odd", odd),
]


@pytest.mark.parametrize(("name", "tool"), BAD)
def test_one_invalid_tool_does_not_stop_the_others(name: str, tool: Any) -> None:
    tools = [tool, {"name": "water", "parameters": SCHEMA}]
    with pytest.raises((ValueError, TypeError, RuntimeError)):
        MessageParser("openai-chat", tools=tools)
    parser = MessageParser("openai-chat", tools=tools, tools_errors="skip")
    assert list(parser.tool_errors) == [name]
    assert str(parser.tool_errors[name])
    for at, called in enumerate((name, "water")):
        parser.feed(call_chunk('{"plant": "oak"}', index=at, name=called, id=f"c{at}"))
    parser.feed(chunk(finish="tool_calls"))
    parser.finish()
    assert [call.status for call in parser.message.tool_calls] == ["complete", "rejected"]


def test_a_copy_has_the_errors_of_skipped_tools() -> None:
    box = Tools([odd, mow], "skip")
    for other in (Tools(box), pickle.loads(pickle.dumps(box))):
        assert other.names == ["odd", "mow"]
        assert {name: str(error) for name, error in other.errors.items()} == {
            name: str(error) for name, error in box.errors.items()
        }
    with stream([], api="text", tools=[odd], tools_errors="skip") as answer:
        assert list(answer.parser.tool_errors) == ["odd"]


def test_invalid_tools_are_never_skipped() -> None:
    wrong: list[Any] = [5, {"parameters": {}}, "water", [mow, mow]]
    word: Any = "ignore"
    for tool in wrong:
        with pytest.raises((ValueError, TypeError)):
            Tools(tool, "skip")
    with pytest.raises(ValueError, match="tools_errors"):
        Tools([mow], word)
    assert MessageParser().tool_errors == {}


def test_a_function_as_a_tool_is_pickled_by_its_name() -> None:
    twin = pickle.loads(pickle.dumps(Tools([mow]))).find("mow")
    assert twin.schema() == Tools([mow]).tools["mow"].schema()
    assert copy.deepcopy(twin.validator) is twin.validator


# Equal lists of dicts


def _named(name: str, **schema: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": schema}}


def test_an_equal_list_of_dicts_is_compiled_once() -> None:
    first = tools_of([_named("f", type="object")])
    assert tools_of([_named("f", type="object")]) is first
    assert tools_of([_named("f", type="object")], coerce=True) is not first
    assert tools_of([_named("f", type="object")], "skip") is not first


def test_a_changed_list_is_compiled_again() -> None:
    given = [_named("f", properties={"a": {"const": 1}})]
    first = tools_of(given)
    given[0]["function"]["parameters"]["properties"]["a"]["const"] = True
    second = tools_of(given)
    assert second is not first
    assert first.to_openai()[0]["function"]["parameters"]["properties"]["a"]["const"] is not True
    assert second.to_openai()[0]["function"]["parameters"]["properties"]["a"]["const"] is True


def test_the_number_of_kept_lists_is_bounded() -> None:
    first = tools_of([_named("first")])
    for number in range(100):
        tools_of([_named(f"tool_{number}")])
    assert tools_of([_named("first")]) is not first


def test_lists_with_objects_are_not_kept() -> None:
    def act(a: int) -> None: ...

    assert tools_of([act]) is not tools_of([act])
    with pytest.raises(ValueError, match="no name"):
        tools_of([{"type": "object"}])
