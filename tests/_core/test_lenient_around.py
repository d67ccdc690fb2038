"""Tests of streamparse._core.lenient_around: comments and other text around values."""

from __future__ import annotations

import pytest

from streamparse import JSONParser
from tests._core.machines import assert_repaired
from tests.helpers import run


def read(text: str, **options: object) -> JSONParser:
    parser = JSONParser("lenient", **options)  # type: ignore[arg-type]
    parser.feed(text)
    parser.finish()
    return parser


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        ("", "", ""),
        ("Here: ", "", "leading_text"),
        ("", " Done.", "trailing_text"),
        ("```json\n", "\n```", "fence"),
        ("Here:\n```\n", "\n```\nDone.", "fence leading_text trailing_text"),
        ("<answer>", "</answer>", "tag"),
        ("<think>{</think>\n", "", "tag"),
        ("// one\n/* two */", "", "comment comment"),
        ("", "}", "extra_closer"),
        ("f(", ");", "leading_text extra_closer"),
        ("", '{"b": 2}', "trailing_text"),
        ("", "\n```", ""),
    ],
)
def test_the_text_around_is_kept(before: str, after: str, codes: str) -> None:
    """Law 8: the text before the value is the prefix, and the text after it the remainder."""
    text = before + '{"a": 1}' + after
    parser = read(text)
    assert parser.value == {"a": 1}
    assert (parser.prefix, parser.remainder) == (before, after)
    assert " ".join(repair.code for repair in parser.repairs) == codes
    assert run(list(text), dialect="lenient") == run([text], dialect="lenient")


def test_white_space_around_a_value_is_not_kept() -> None:
    parser = read(' \n{"a": 1}\n ')
    assert (parser.prefix, parser.remainder, parser.repairs) == ("", "", [])


def test_stop_keeps_the_rest_exactly() -> None:
    parser = read('x {"a": 1} \n y', trailing="stop")
    assert (parser.prefix, parser.remainder) == ("x ", " \n y")
    assert [repair.code for repair in parser.repairs] == ["leading_text"]


def test_the_remainder_of_bytes_is_bytes() -> None:
    parser = JSONParser("lenient")
    for byte in "é {'a': 1} ü".encode():
        parser.feed(bytes([byte]))
    parser.finish()
    assert (parser.prefix, parser.remainder) == ("é ", " ü".encode())


def test_a_document_that_is_only_a_scalar() -> None:
    for text, value in [("true", True), (" 12 // so", 12), ("nul", None), ("word.", "word.")]:
        assert read(text).value == value
    assert read("tru").truncated
    assert not read("true").repairs
    assert read("word").repairs[0].code == "unquoted_string"


@pytest.mark.parametrize(
    ("text", "value", "codes"),
    [
        ('("n")', "n", "wrapper"),
        ("('n', 1)", ["n", 1], "tuple single_quotes"),
        ("()", [], "tuple"),
        ("[[page]] {'n': 1}", {"n": 1}, "leading_text single_quotes"),
        ("'''json\n[1]\n'''", [1], "fence"),
        ('"n": 1, "m": 2}', {"n": 1, "m": 2}, "missing_opener"),
        ("# one\n[1]", [1], "comment"),
        ('a < b {"n": 1}', {"n": 1}, "leading_text"),
        ("```py\nf([1])\n```\n[2]", [2], "fence leading_text"),
        ("```json\n[1]`", [1], "fence trailing_text"),
        ("<p>[1] <b", [1], "tag trailing_text"),
        ('"[1]" 2', "[1]", "trailing_text ambiguous"),
        ('Point("n");', "n", "wrapper"),
        ("Point('n')", "n", "wrapper single_quotes"),
        ("point(7)", 7, "wrapper"),
        ('n\\d"', "n\\d", "missing_quote"),
        ("`n`", "n", "single_quotes"),
        ('\\"n\\"', "n", "escaped_quotes"),
        ("\\x", "\\x", "unquoted_string"),
    ],
)
def test_the_start_of_a_document(text: str, value: object, codes: str) -> None:
    assert_repaired(text, value, codes)


@pytest.mark.parametrize("text", ["", "(n, 1", "( one [", "</p", "-", "+-", "%%", "<b>n</b>"])
def test_text_without_a_value(text: str) -> None:
    for pieces in ([text], list(text)):
        error = run(pieces, dialect="lenient").error
        assert error is not None
        assert error.code in ("empty", "truncated")
