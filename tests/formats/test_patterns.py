"""Tests of the analysis of regular expressions."""

from __future__ import annotations

import re

import pytest

from streamparse.formats.patterns import alternatives, beginnings, source, trimmed
from streamparse.formats.table import beginning


@pytest.mark.parametrize(
    ("pattern", "literals"),
    [
        ("<a>", [["<a>"]]),
        (r"<\|a\|>\n", [["<|a|>\n"]]),
        ("a|b", [["a"], ["b"]]),
        (r"\s*(?:<a>|<b>)\s+", [["", "<a>", ""], ["", "<b>", ""]]),
        (r"<(?P<name>\w+)>", [["<", "", ">"]]),
        (r"<a(?:b|c[|)]d)>", [["<ab>"], ["<ac", "", "d>"]]),
        (r"ab*c{2}d?", [["a", "", "", ""]]),
        (r"[]x]\)(?=y)(z)", [["", ")", "", ""]]),
        (r"^a$", [["", "a", ""]]),
        (r"\dx\0", [["", "x\0"]]),
        ("", [[]]),
    ],
)
def test_pieces(pattern: str, literals: list[list[str]]) -> None:
    found = alternatives(pattern)
    assert [[piece.literal for piece in pieces] for pieces in found] == literals
    joined = "|".join(source(pieces) for pieces in found)
    for text in ("", "a", "<a>", "<ab>", " <b> ", "\n<a>", "abbccd", "])z", "5x\0"):
        assert bool(re.fullmatch(joined, text)) == bool(re.fullmatch(pattern, text))


def test_groups_that_are_not_expanded() -> None:
    [pieces] = alternatives("<a=(?:b|c)>", expand=False)
    assert [piece.source for piece in pieces] == ["<a=", "(?:b|c)", ">"]


def test_white_space_around() -> None:
    [pieces] = alternatives(r"(?:<c>)?\s*[ \n]+<a>\s*<b>\n?")
    assert [piece.literal for piece in trimmed(pieces)] == ["<a>", "", "<b>"]


@pytest.mark.parametrize(
    ("pattern", "text", "length"),
    [
        (r"id=(?P<id>\d+)\s*:(?P<name>\w{1,3})!", "id=12 :abc!", 11),
        (r"id=(?P<id>\d+)\s*:(?P<name>\w{1,3})!", "id=12 x", 6),
        (r"id=(?P<id>\d+)\s*:(?P<name>\w{1,3})!", "ix", 1),
        (r"(?:<a>|<ab>)?!", "<ab>!", 5),
        (r"(?:<a>|<ab>)?!", "<x", 1),
        (r"a?\s+b", "  c", 2),
        (r".*?<x>", "anything", 8),
    ],
)
def test_beginnings(pattern: str, text: str, length: int) -> None:
    """Every prefix of a text that the pattern matches is a beginning."""
    start = re.compile(beginning(*beginnings(alternatives(pattern)[0])))
    whole = re.fullmatch(pattern, text) is not None
    for end in range(length + 1):
        assert start.fullmatch(text[:end])
    found = start.match(text)
    assert found is not None
    assert found.end() == length
    assert whole == (length == len(text)) or pattern.startswith(".")


def test_patterns_without_known_beginnings() -> None:
    assert beginnings(alternatives(r"(?P<name>\w+-\d+)x")[0]) == []
    assert beginnings(alternatives(r"(?=x)x")[0]) == []
