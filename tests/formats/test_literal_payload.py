"""Calls whose arguments are literals of a programming language."""

from __future__ import annotations

import pytest

from streamparse import Limits
from tests.formats.reading import only, read


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("pythonic", "[f(p='P', day=2), g(port=)]"),
        ("pythonic", "[f(p='P', day=2), g()]"),
        ("hermes", '<tool_call>{"name": "f", "arguments": {"p": "P", "day": 2}}</tool_call>' * 2),
    ],
)
def test_one_call_too_many_is_an_error_of_the_answer(format: str, text: str) -> None:
    found = read(format, text, limits=Limits(tool_calls=1))
    assert found.error is not None
    assert found.error.code == "tool_calls"
    assert only(found.message).arguments == {"p": "P", "day": 2}
