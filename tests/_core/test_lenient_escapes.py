"""Tests of streamparse._core.lenient_escapes: escapes that JSON does not have."""

from __future__ import annotations

import pytest

from streamparse import JSONParser
from tests._core.machines import assert_repaired


@pytest.mark.parametrize(
    ("text", "value", "codes"),
    [
        (r"{\"a\": \"b \\\"c\\\" d\"}", {"a": 'b "c" d'}, "escaped_quotes escaped_quotes"),
        (r"[\"a\\nb\\u00e9\\\\\", 1]", ["a\nbé\\", 1], "escaped_quotes"),
        (r'["\q\(\x4\u12\ud"]', [r"\q\(\x4\u12\ud"], " ".join(["escape"] * 5)),
        (r'["C:\Users\new"]', ["C:\\Users\new"], "escape"),
        ('["a\\\nb\\\r\nc\\x41\\v\\0"]', ["abcA\v\0"], " ".join(["escape"] * 5)),
        (r'["\01"]', [r"\01"], "escape"),
        (r'["\ud83d\ude00"]', ["😀"], ""),
        (r"['\n\t\'']", ["\n\t'"], "single_quotes escape"),
        (r"[r'\n\'', R'\\']", [r"\n\'", r"\\"], "wrapper single_quotes wrapper single_quotes"),
        (r'[@"C:\n\"]', ["C:\\n\\"], "wrapper"),
        (r"[\"a\qb\"]", [r"a\qb"], "escaped_quotes"),
    ],
)
def test_escapes(text: str, value: object, codes: str) -> None:
    assert_repaired(text, value, codes)


@pytest.mark.parametrize("cut", ["\\", "\\u", "\\u00e", "\\x4"])
def test_a_truncated_escape_is_dropped(cut: str) -> None:
    for pieces in (['["ab' + cut], list('["ab' + cut)):
        parser = JSONParser("lenient")
        for piece in pieces:
            parser.feed(piece)
        parser.finish()
        assert (parser.value, parser.truncated) == (["ab"], True)
