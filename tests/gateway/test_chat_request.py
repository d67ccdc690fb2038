from __future__ import annotations

import json
from typing import Any

import pytest

from streamparse.gateway.chat_request import ChatRequest
from streamparse.gateway.settings import Settings
from tests.gateway.model_server import TOOLS

SETTINGS = Settings(upstream="http://m")


def read(**body: Any) -> ChatRequest:
    request = ChatRequest.read(json.dumps(body).encode())
    assert request is not None
    return request


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_bodies_that_are_not_requests(content: bytes) -> None:
    assert ChatRequest.read(content) is None


def test_the_body_is_unchanged() -> None:
    content = b'{ "model" : "m", "n": 1.0 }'
    request = ChatRequest.read(content)
    assert request is not None
    assert request.content == content


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({"tools": TOOLS}, 1),
        ({"tools": TOOLS, "tool_choice": "none"}, 0),
        ({"tools": TOOLS, "tool_choice": "required"}, 1),
        ({"tools": "x"}, 0),
        ({}, 0),
    ],
)
def test_tools(body: Any, count: int) -> None:
    assert len(read(**body).tools) == count


@pytest.mark.parametrize(
    ("more", "can"),
    [
        ({}, True),
        ({"n": 1}, True),
        ({"n": 2}, False),
        ({"messages": "x"}, False),
        ({"tools": []}, False),
    ],
)
def test_can_be_repeated(more: Any, can: bool) -> None:
    assert read(**{"messages": [], "tools": TOOLS, **more}).can_be_repeated is can


def test_again() -> None:
    request = read(messages=[{"role": "user", "content": "Hi"}], tools=TOOLS, seed=3)
    again = request.again("text ❦", "The call was wrong.")
    data = json.loads(again.content)
    assert data == again.data
    assert data["seed"] == 3
    assert [each["role"] for each in data["messages"]] == ["user", "assistant", "user"]
    assert data["messages"][1]["content"] == "text ❦"
    assert data["messages"][2]["content"].startswith("The call was wrong. Write all")
    assert [each["role"] for each in request.data["messages"]] == ["user"]
    assert len(request.again("", "No.").data["messages"]) == 2


@pytest.mark.parametrize("tools", [[5], [{}], [{"type": "function"}], [None, "x"]])
def test_invalid_tools_are_not_checked(tools: Any) -> None:
    parser = read(tools=tools).parser(SETTINGS)
    assert parser.message.status == "in_progress"


def test_a_tool_whose_schema_cannot_be_compiled_is_not_checked() -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "nonsense"}}}
    assert "f" in read(tools=[tool]).parser(SETTINGS).tool_errors
