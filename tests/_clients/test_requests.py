"""Tests of streamparse._clients.requests, without any SDK."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from streamparse import Toolbox
from streamparse._clients.requests import APIS

CHAT = APIS["openai"]["chat.completions.create"]
RESPONSES = APIS["openai"]["responses.create"]
MESSAGES = APIS["anthropic"]["messages.create"]
GOOGLE = APIS["google"]["models.generate_content_stream"]
OLLAMA = APIS["ollama"]["chat"]


def water(plant: str) -> None: ...


class Bed(BaseModel):
    plant: str
    rows: int = 1


class Loose(BaseModel):
    counts: dict[str, int]


def prepared(form: Any, **arguments: Any) -> tuple[dict[str, Any], Any, Any]:
    tools, output = form.prepare(arguments)
    return arguments, tools, output


class NotGiven:
    """The placeholder of an SDK for an argument that was not given."""

    def __bool__(self) -> bool:
        return False


@pytest.mark.parametrize("nothing", [None, [], (), NotGiven()])
def test_no_tools(nothing: Any) -> None:
    arguments, tools, _ = prepared(CHAT, tools=nothing)
    assert (arguments, tools) == ({"tools": nothing}, None)


def test_an_output_that_is_not_given() -> None:
    assert prepared(CHAT, output=NotGiven()) == ({}, None, None)


@pytest.mark.parametrize("given", [water, [water], (water,), Toolbox([water]), [Toolbox([water])]])
def test_python_functions_and_models_as_tools(given: Any) -> None:
    arguments, tools, _ = prepared(CHAT, tools=given)
    assert [entry["function"]["name"] for entry in arguments["tools"]] == ["water"]
    assert [box.names for box in tools] == [["water"]]


def test_an_iterator_of_tools_is_read_once() -> None:
    arguments, tools, _ = prepared(CHAT, tools=iter([water]))
    assert (len(arguments["tools"]), len(tools)) == (1, 1)


def test_an_object_with_to_dict() -> None:
    class Written:
        def to_dict(self) -> Any:
            return {"name": "water", "input_schema": {}}

        def __call__(self, plant: str) -> None: ...

    tool = Written()
    arguments, tools, _ = prepared(MESSAGES, tools=[tool])
    assert arguments["tools"] == [tool.to_dict()]
    assert tools == [tool]


def test_a_class_with_the_same_method_is_a_class() -> None:
    class Plan(BaseModel):
        plant: str

        def to_dict(self) -> Any:
            return {}

    arguments, _, _ = prepared(MESSAGES, tools=[Plan])
    assert arguments["tools"][0]["name"] == "Plan"


# Output


def test_a_request_with_a_response_format_is_unchanged() -> None:
    own: Any = {"type": "json_object"}
    assert prepared(CHAT, output=Bed, response_format=own)[0] == {"response_format": own}
    text = {"format": own, "verbosity": "low"}
    assert prepared(RESPONSES, output=Bed, text=text)[0] == {"text": text}
    config = {"format": own}
    assert prepared(MESSAGES, output=Bed, output_config=config)[0] == {"output_config": config}
    assert prepared(OLLAMA, output=Bed, format="json")[0] == {"format": "json"}
    google = {"response_schema": own, "response_mime_type": "text/x.enum"}
    assert prepared(GOOGLE, output=Bed, config=google)[0] == {"config": google}


def test_other_members_are_kept() -> None:
    arguments, _, _ = prepared(RESPONSES, output=Bed, text={"verbosity": "low"})
    assert arguments["text"]["verbosity"] == "low"
    assert arguments["text"]["format"]["strict"] is True
    config = {"temperature": 0, "responseLogprobs": True}
    arguments, tools, _ = prepared(GOOGLE, tools=water, config=config)
    assert arguments["config"].keys() == {"temperature", "response_logprobs", "tools"}
    assert config.keys() == {"temperature", "responseLogprobs"}
    assert tools is not None


def test_a_configuration_object() -> None:
    class Config(BaseModel):
        temperature: float = 1
        tools: Any = None

    config = Config(temperature=0, tools=[{"google_search": {}}])
    arguments, tools, _ = prepared(GOOGLE, tools=[water], config=config)
    sent = arguments["config"]
    assert (type(sent), sent.temperature, len(sent.tools)) == (Config, 0, 2)
    assert len(config.tools) == 1
    assert len(tools) == 2


def test_any_object() -> None:
    assert prepared(CHAT, output=dict)[0] == {"response_format": {"type": "json_object"}}
    assert prepared(RESPONSES, output=dict)[0] == {"text": {"format": {"type": "json_object"}}}
    assert prepared(OLLAMA, output=dict)[0] == {"format": "json"}
    mime = {"response_mime_type": "application/json"}
    assert prepared(GOOGLE, output=dict)[0] == {"config": mime}
    for form in (CHAT, RESPONSES):
        assert prepared(form, output=list)[0] == {}
    assert prepared(MESSAGES, output=dict)[0] == {}


def test_a_schema_that_cannot_be_strict() -> None:
    arguments, _, output = prepared(CHAT, output=Loose)
    named = arguments["response_format"]["json_schema"]
    assert (named["strict"], named["name"], output) == (False, "Loose", Loose)
    assert named["schema"] == Loose.model_json_schema()
    assert prepared(MESSAGES, output=Loose)[0] == {}


@pytest.mark.parametrize(
    ("output", "name"),
    [
        ({"type": "object", "title": "Garden plan (draft)"}, "Garden_plan_draft_"),
        ({"type": "object"}, "output"),
        (list[Bed], "list"),
        (Bed, "Bed"),
    ],
)
def test_names_of_schemas(output: Any, name: str) -> None:
    pytest.importorskip("jsonschema")
    arguments, _, _ = prepared(CHAT, output=output)
    assert arguments["response_format"]["json_schema"]["name"] == name
