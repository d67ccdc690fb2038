"""What `help()` shows: the docstring of every public name and method, in both builds.

The fields of events, parts and messages are described under "Attributes:" in their class.
"""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import streamparse
from streamparse import AnyMessageEvent, Message, Usage, message_events
from streamparse.message import Citation, Part, Reasoning, Refusal, ServerToolResult, Text, ToolCall

CLASSES = sorted(
    name for name in streamparse.__all__ if inspect.isclass(getattr(streamparse, name))
)
EVENTS = AnyMessageEvent.__args__
PARTS = (Text, Reasoning, Refusal, Citation, ServerToolResult, ToolCall)


def described(kind: Any) -> list[str]:
    """The names under "Attributes:"."""
    lines = (inspect.getdoc(kind) or "").partition("\nAttributes:\n")[2].split("\n\n")[0]
    starts = [line for line in lines.splitlines() if line[:4] == "    " and line[4:5] != " "]
    return [line.split(":")[0].strip() for line in starts]


@pytest.mark.parametrize("name", CLASSES)
def test_classes_and_methods_have_docstrings(name: str) -> None:
    kind = getattr(streamparse, name)
    assert (kind.__doc__ or "").strip()
    for member, thing in vars(kind).items():
        is_documented = callable(thing) or isinstance(thing, property)
        if is_documented and not member.startswith("_"):
            assert inspect.getdoc(getattr(kind, member)), f"{name}.{member}"


def test_functions_have_docstrings() -> None:
    for name in streamparse.__all__:
        if inspect.isroutine(getattr(streamparse, name)):
            assert inspect.getdoc(getattr(streamparse, name)), name


@pytest.mark.parametrize("kind", EVENTS)
def test_fields_of_events_are_described(kind: Any) -> None:
    assert described(kind) == [*kind.__match_args__, "choice"]


@pytest.mark.parametrize("kind", PARTS)
def test_fields_of_parts_are_described(kind: type[Part]) -> None:
    shown = set(kind().to_dict()) - {"type"}
    assert shown | {"extra"} <= set(described(kind))


def test_fields_of_messages_are_described() -> None:
    assert set(Message().to_dict()) <= set(described(Message))
    assert described(Usage) == list(Usage().to_dict())


def test_signatures() -> None:
    assert list(inspect.signature(Message).parameters) == ["choice"]
    assert list(inspect.signature(message_events.TextDelta).parameters) == ["text", "choice"]
    assert "dialect" in inspect.signature(streamparse.JSONParser).parameters
