"""Tests of streamparse.frontends.json_text."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streamparse.frontends.json_text import json_text

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_it_reads_back(value: Any) -> None:
    text = json_text(value)
    assert json.loads(text.encode()) == value
    assert "\n" not in text


def test_compact() -> None:
    assert json_text({"a": [1, "ä", None]}) == '{"a":[1,"ä",null]}'


def test_infinities() -> None:
    assert json_text([float("inf"), -float("inf")]) == "[1e999,-1e999]"


def test_depth() -> None:
    deep: Any = []
    for _ in range(5_000):
        deep = [deep]
    assert json_text(deep) == "[" * 5_001 + "]" * 5_001


def test_halves_of_pairs() -> None:
    assert json_text("ä \ud83d") == '"ä \\ud83d"'
    assert json_text({"\udc00": [float("inf")]}) == '{"\\udc00":[1e999]}'
