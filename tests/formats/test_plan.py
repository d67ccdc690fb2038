"""Tests of prepared formats: the meaning of each literal in each mode."""

from __future__ import annotations

import pytest

from streamparse.formats import get, names
from streamparse.formats.plan import (
    ANSWER,
    CALL,
    CONTENT,
    DROP,
    END,
    LATE,
    QUOTED,
    REASON,
    REASONING,
    SECTION,
    STRAY,
    HeaderPlan,
    Plan,
)
from streamparse.formats.table import Header


def kind(name: str, mode: int, word: str) -> int | None:
    action = Plan(get(name)).actions[mode].get(word)
    return None if action is None else action.kind


@pytest.mark.parametrize(
    ("name", "mode", "word", "expected"),
    [
        ("hermes", CONTENT, "<tool_call>", SECTION),
        ("hermes", REASONING, "<tool_call>", None),  # a call in the reasoning is a quotation
        ("trinity", REASONING, "<tool_call>", SECTION),  # a call ends the reasoning
        ("hermes", CONTENT, "<think>", REASON),
        ("hermes", CONTENT, "</think>", STRAY),
        ("hermes", REASONING, "</think>", ANSWER),
        ("trinity", LATE, "</think>", DROP),
        ("hermes", CONTENT, "<|im_end|>", END),
        ("glm45", CONTENT, "<tool_call>", CALL),
        ("gemma4", CONTENT, "call:", None),  # only inside its section it starts a call
        ("ernie45", CONTENT, "<response>", DROP),
        ("muse", QUOTED, "<atem:function_calls>", None),
    ],
)
def test_the_meaning_of_literals(name: str, mode: int, word: str, expected: int | None) -> None:
    assert kind(name, mode, word) == expected


@pytest.mark.parametrize("name", names())
def test_the_markers_of_a_mode_are_the_literals_with_a_meaning(name: str) -> None:
    plan = Plan(get(name))
    for mode in (CONTENT, REASONING, QUOTED, LATE):
        assert set(plan.markers[mode].words) == set(plan.actions[mode])


def test_headers() -> None:
    header = HeaderPlan(Header(pattern=r"\w+", end=("(",), stop=("[",), forbidden="]."))
    assert set(header.ends.words) == {"(", "["}
    assert header.stops == {"["}
    assert header.forbidden is not None
    assert header.forbidden.search("a.b") is not None
    plain = HeaderPlan(Header(pattern=r".*", end=(">",)))
    assert plain.forbidden is plain.start is None
