"""Tests of `events=False`: value, repairs, paths and errors are the same, without events."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import JSONParser, StreamParseError
from streamparse.schema import SchemaValidator

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


def steps(pieces: list[str], **options: Any) -> list[Any]:
    """Return the state of a parser after each piece, its error and its repairs."""
    parser = JSONParser(**options)
    seen: list[Any] = []
    try:
        for piece in pieces:
            events = parser.feed(piece)
            assert options.get("events", True) or events == []
            seen.append((json.dumps(parser.value), parser.open_path, parser.done))
            parser = copy.copy(parser)
        parser.finish()
    except StreamParseError as error:
        seen.append((error.code, error.offset, error.path, str(error)))
    return [*seen, json.dumps(parser.value), [str(repair) for repair in parser.repairs]]


@given(VALUES, st.data())
def test_without_events_the_value_and_the_errors_are_the_same(value: Any, data: Any) -> None:
    text = json.dumps(value, ensure_ascii=data.draw(st.booleans()))
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(text)))
        text = (
            text[:at] + data.draw(st.sampled_from(["", "x", '"', "}", ",", "\\"])) + text[at + 1 :]
        )
    size = data.draw(st.integers(1, 20))
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    options: dict[str, Any] = {"dialect": data.draw(st.sampled_from(["strict", "lenient"]))}
    options["many"] = data.draw(st.booleans())
    assert steps(pieces, **options, events=False) == steps(pieces, **options)


def test_a_validator_works_without_events() -> None:
    parser = JSONParser(validator=SchemaValidator({"type": "array"}), events=False)
    with pytest.raises(StreamParseError, match="array"):
        parser.feed("{")


def test_select_needs_events() -> None:
    with pytest.raises(ValueError, match="give one of them"):
        JSONParser(select="$.a", events=False)


DOCUMENT = '{"a": ["b\\n", 1, [], {"c": "déf"}], "g": {"h": null}, "i": "j"}'


@pytest.mark.parametrize("text", [DOCUMENT, f"[{DOCUMENT}, {DOCUMENT}]", '"root"', "12", "[[["])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_documents_in_pieces(text: str, size: int) -> None:
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    assert steps(pieces, events=False) == steps(pieces)
    assert steps(pieces, events=False, dialect="lenient") == steps(pieces, dialect="lenient")
