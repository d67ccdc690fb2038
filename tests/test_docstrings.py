"""Tests of the docstrings of all public names and methods, in both builds.

The docstrings of events, parts and messages describe their fields under "Attributes:".
"""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any, get_origin

import pytest

import streamparse
from streamparse import AnyMessageEvent, Dialect, Limits, Message, Metrics, Usage, message_events
from streamparse.message import Citation, Part, Reasoning, Refusal, ServerToolResult, Text, ToolCall

# In Python 3.10, `inspect.isclass` is true of an alias such as `tuple[Any, ...]`.
CLASSES = sorted(
    name
    for name in streamparse.__all__
    if inspect.isclass(getattr(streamparse, name)) and not get_origin(getattr(streamparse, name))
)
EVENTS = AnyMessageEvent.__args__
PARTS = (Text, Reasoning, Refusal, Citation, ServerToolResult, ToolCall)


def described(kind: Any) -> list[str]:
    """Return the names under "Attributes:"."""
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


@pytest.mark.parametrize("kind", [Limits, Dialect])
def test_fields_of_options_are_described(kind: Any) -> None:
    assert described(kind) == [field.name for field in dataclasses.fields(kind)]


def test_fields_of_metrics_are_described() -> None:
    properties = {name for name, each in vars(Metrics).items() if isinstance(each, property)}
    assert set(described(Metrics)) == set(Metrics(lambda: 0.0).to_dict()) - properties


@pytest.mark.parametrize("name", CLASSES)
def test_public_fields_are_described(name: str) -> None:
    """Fields without a description are internal, so their names begin with an underscore."""
    kind = getattr(streamparse, name)
    of_bases = [entry for base in kind.__mro__ for entry in described(base)]
    shown = "".join(inspect.getdoc(base) or "" for base in kind.__mro__ if base is not object)
    for member in dir(kind):
        thing = inspect.getattr_static(kind, member)
        is_field = inspect.isdatadescriptor(thing) and not inspect.getdoc(thing)
        if is_field and not member.startswith("_") and not hasattr(BaseException, member):
            assert member in of_bases or f"`{member}`" in shown, f"{name}.{member}"


def test_signatures() -> None:
    assert list(inspect.signature(Message).parameters) == ["choice"]
    assert list(inspect.signature(message_events.TextDelta).parameters) == ["text", "choice"]
    assert "dialect" in inspect.signature(streamparse.JSONParser).parameters
