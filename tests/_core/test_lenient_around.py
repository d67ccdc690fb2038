"""Tests of streamparse._core.lenient_around: the text around values, comments, what is no value."""

from __future__ import annotations

import pytest

from streamparse import JSONParser
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
    """Law 8: nothing is lost: prefix, value and remainder make up the whole text."""
    text = before + '{"a": 1}' + after
    parser = read(text)
    assert parser.value == {"a": 1}
    assert (parser.prefix, parser.remainder) == (before, after)
    assert " ".join(repair.code for repair in parser.repairs) == codes
    assert run(list(text), dialect="lenient") == run([text], dialect="lenient")


def test_white_space_around_is_nothing() -> None:
    parser = read(' \n{"a": 1}\n ')
    assert (parser.prefix, parser.remainder, parser.repairs) == ("", "", [])


def test_stop_keeps_the_rest_exactly() -> None:
    parser = read('x {"a": 1} \n y', trailing="stop")
    assert (parser.prefix, parser.remainder) == ("x ", " \n y")
    assert [repair.code for repair in parser.repairs] == ["leading_text"]


def test_bytes_have_bytes_behind_them() -> None:
    parser = JSONParser("lenient")
    for byte in "é {'a': 1} ü".encode():
        parser.feed(bytes([byte]))
    parser.finish()
    assert (parser.prefix, parser.remainder) == ("é ", " ü".encode())


def test_a_value_without_brackets_is_all_there_is() -> None:
    for text, value in [("true", True), (" 12 // so", 12), ("nul", None), ("word.", "word.")]:
        assert read(text).value == value
    assert read("tru").truncated
    assert not read("true").repairs
    assert read("word").repairs[0].code == "unquoted_string"
