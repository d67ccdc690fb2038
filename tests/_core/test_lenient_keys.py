"""Tests of streamparse._core.lenient_keys: keys that JSON does not have."""

from __future__ import annotations

import pytest

from tests._core.machines import assert_repaired


@pytest.mark.parametrize(
    ("text", "value", "codes"),
    [
        ("{'a': 1 b: 2}", {"a": 1, "b": 2}, "single_quotes missing_comma unquoted_key"),
        ("{a\ufeff: 1}", {"a": 1}, "unquoted_key white_space"),
        ("{two words: 1}", {"two words": 1}, "unquoted_key"),
        ("{a-b.c: 1}", {"a-b.c": 1}, "unquoted_key"),
        ('{a": 1}', {"a": 1}, "missing_quote"),
        ('{"a": 1, NOTE "b": 2}', {"a": 1, "b": 2}, "unexpected_text"),
        (
            "{u'a': u'b', 'c': [b'd']}",
            {"a": "b", "c": ["d"]},
            "wrapper single_quotes " * 2 + "single_quotes wrapper single_quotes",
        ),
        ('{{"a": 1}}', {"a": 1}, "extra_opener extra_closer"),
    ],
)
def test_keys(text: str, value: object, codes: str) -> None:
    assert_repaired(text, value, codes)
