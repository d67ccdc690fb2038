"""Tests of the classes of formats: their values, and tags with a suffix."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from streamparse.formats import Call, Format, Header, JsonCall, Parameters, Reasoning, Section, get
from tests.formats.invented import literals


def test_entries_are_values() -> None:
    """Entries are immutable, and equal ones have equal hashes, so a plan is made once."""
    one, other = (Format(name="mine", calls=(Call(payload=JsonCall()),)) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    with pytest.raises(FrozenInstanceError):
        one.name = "yours"  # type: ignore[misc]


def test_arguments_are_keyword_only() -> None:
    with pytest.raises(TypeError):
        Reasoning(("<a>",), ("</a>",))  # type: ignore[call-arg]


def test_every_tag_gets_the_suffix() -> None:
    format = Format(
        name="suffixed",
        calls=(
            Call(
                open=("<call>",),
                header=Header(pattern=r"(?P<name>\w+)", stop=("<key>", "</call>")),
                payload=Parameters(
                    open=("<key>",),
                    header=Header(pattern=r"(?P<key>\w+)</key>", end=("<value>",)),
                    close=("</value>",),
                ),
                close=("</call>",),
            ),
        ),
        sections=(Section(open=("<calls>", "[calls]"), close=("</calls>",)),),
        example="<call>",
    )
    marked = format.with_suffix(":v2")
    written = {word for word in literals(marked) if word not in format.ends_of_turn}
    assert {"<calls:v2>", "</calls:v2>", "[calls]", "<call:v2>", "<key:v2>"} <= written
    assert not {"<calls>", "<call>", "<key>"} & written
    payload = marked.calls[0].payload
    assert isinstance(payload, Parameters)
    assert payload.header.pattern == r"(?P<key>\w+)</key:v2>"  # the name of the group is not a tag
    assert (marked.name, marked.example) == ("suffixed", "<call>")
    assert marked.reasoning is not None
    assert marked.reasoning.open == ("<think:v2>",)


def test_without_a_suffix_the_format_is_the_same_object() -> None:
    format = get("hy_v3")
    assert format.with_suffix("") is format
