"""Tests of streamparse._core.lenient_strings: which quote ends a string."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import parse
from streamparse._core.lenient_strings import (
    AMONG_WORDS,
    ENDS,
    ENDS_DOUBLED,
    INNER,
    ITEM,
    JOINED,
    KEY,
    LOOK,
    MEMBER,
    ROOT,
    ROOT_OF_MANY,
    UNDECIDED,
    Quote,
    blank_end,
    classify,
    colon_ends,
    containers_fit,
    key_at,
)
from tests._core.machines import assert_repaired


def classified(
    behind: str, role: int, final: bool = True, kept: int = 0, fenced: bool = False
) -> int:
    closer = {ITEM: "]", MEMBER: "}", KEY: "}"}.get(role, "")
    quote = Quote(role, '"', closer, 1, kept=kept, fresh=False, wrapped=False, fenced=fenced)
    return classify('"' + behind, 1, len(behind) + 1, final, quote)


@pytest.mark.parametrize(
    ("role", "behind"),
    [
        (KEY, ": 1"),
        (KEY, " \n : 1"),
        (KEY, " 1}"),
        (MEMBER, "}"),
        (MEMBER, ', "b": 1'),
        (MEMBER, ",\n"),
        (MEMBER, ", b: 1"),
        (MEMBER, '\n"b": 1'),
        (MEMBER, " // so"),
        (MEMBER, " junk }"),
        (ITEM, ", 1]"),
        (ITEM, "]"),
        (ITEM, ' "b"]'),
        (ITEM, ", true]"),
        (ITEM, ', str("a")]'),
        (ROOT, ""),
        (ROOT, "\nThat was it."),
        (ROOT_OF_MANY, 'a"'),
    ],
)
def test_a_quote_that_ends_its_string(role: int, behind: str) -> None:
    assert classified(behind, role) == ENDS


@pytest.mark.parametrize(
    ("role", "behind"),
    [
        (KEY, 'b"c": 1'),
        (MEMBER, 'b" c"}'),
        (MEMBER, ' b" c"}'),
        (MEMBER, ', b" c"}'),
        (MEMBER, ": c}"),
        (MEMBER, '>b</i>"}'),
        (ITEM, 'b" c"]'),
        (ITEM, ', b" c"]'),
        (ROOT, ' b"'),
        (ROOT, '} b"'),
    ],
)
def test_a_quote_that_is_text(role: int, behind: str) -> None:
    assert classified(behind, role) == INNER


@pytest.mark.parametrize(
    ("role", "behind"),
    [(KEY, ""), (MEMBER, ","), (MEMBER, ", b"), (MEMBER, " b"), (ITEM, ", t"), (ROOT, " ")],
)
def test_quotes_that_need_more_text(role: int, behind: str) -> None:
    assert classified(behind, role, final=False) in (UNDECIDED, AMONG_WORDS)
    assert classified(behind, role) != UNDECIDED


@pytest.mark.parametrize("role", [KEY, MEMBER, ITEM, ROOT])
@pytest.mark.parametrize("text", [" ", "a", ", b", '"', ": ", "[1, ", "'a"])
def test_every_look_ahead_is_bounded(role: int, text: str) -> None:
    """Law 6: at most `LOOK` characters after a quote decide whether it ends the string."""
    behind = text * LOOK
    result = classified(behind[:LOOK], role, final=False)
    assert result not in (UNDECIDED, AMONG_WORDS)
    assert classified(behind, role, final=False) == result == classified(behind, role)


def test_after_an_inner_quote_the_rules_are_stricter() -> None:
    assert classified(', "b" or', MEMBER) == ENDS
    assert classified(', "b" or', MEMBER, kept=1) == INNER
    assert classified(', "b": 1', MEMBER, kept=1) == ENDS


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('"a": 1', 1),
        ("a: 1", 1),
        ("'a' : 1", 1),
        ('"a" /* : */ : 1', 1),
        (r'"a\"b": 1', 1),
        ("“a”: 1", 1),
        ("12: 1", 1),
        ('"a", 1', 0),
        ("http://a", 0),
        ("a b: 1", 0),
        ('"a" b', 0),
    ],
)
def test_key_at(text: str, answer: int) -> None:
    assert key_at(text, 0, len(text), False) == answer
    answers = {key_at(text[:end], 0, end, True) for end in range(len(text))}
    assert answers <= {-1, answer}, "more text does not change an answer"


def test_blank_end() -> None:
    assert blank_end(" \n\xa0x", 0, 4) == 3
    assert blank_end("   ", 1, 2) == 2


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": "x "y" z", "b": 1}', {"a": 'x "y" z', "b": 1}),
        ('{"a": "x "y"", "b": 1}', {"a": 'x "y"', "b": 1}),
        ('{"a": "5" pipe", "b": 1}', {"a": '5" pipe', "b": 1}),
        ('{"a": "x, "y", z", "b": 1}', {"a": 'x, "y", z', "b": 1}),
        ('{"a": "<b c="d">", "e": 1}', {"a": '<b c="d">', "e": 1}),
        ('["say "a", "b" now", "c"]', ['say "a", "b" now', "c"]),
        ('{"a"b": 1}', {'a"b': 1}),
        ("['it's', 'don't']", ["it's", "don't"]),
        ("{'a': 'the dogs' bone', 'b': 1}", {"a": "the dogs' bone", "b": 1}),
        ('{"a": "x" "b": 1}', {"a": "x", "b": 1}),
        ('{"a": "x"\n"b": 1}', {"a": "x", "b": 1}),
        ('["a" "b"]', ["a", "b"]),
        ('"a "b" c"', 'a "b" c'),
        ('{"a": """x "y" z"""}', {"a": 'x "y" z'}),
        ('{"a: 1, "b": 2}', {"a": 1, "b": 2}),
    ],
)
def test_strings_with_quotes_in_them(text: str, value: object) -> None:
    assert parse(text, dialect="lenient") == value


@pytest.mark.parametrize(
    ("role", "behind", "expected"),
    [
        (KEY, '"": 1', INNER),
        (KEY, '" : 1', ENDS_DOUBLED),
        (KEY, '"b", "c": 1', ENDS),
        (KEY, "5}", ENDS),
        (KEY, "5b", INNER),
        (KEY, " -5", ENDS),
        (KEY, " b, c", ENDS),
        (MEMBER, '"', ENDS_DOUBLED),
        (MEMBER, '" b"', INNER),
        (ITEM, '" b"', ENDS),
        (ROOT, '" b"', INNER),
        (MEMBER, ' + "b"', JOINED),
        (MEMBER, ' "b": 1', ENDS),
        (MEMBER, ' "b" c', INNER),
        (MEMBER, '/b"', INNER),
        (MEMBER, "/* b */}", ENDS),
        (MEMBER, " <!-- b -->}", ENDS),
        (MEMBER, " # b", ENDS),
        (MEMBER, "，b: 1", ENDS),
        (MEMBER, "，b", INNER),
        (ITEM, "、b]", INNER),
        (ITEM, ";", ENDS),
        (ITEM, "\n{", ENDS),
        (ITEM, " 5]", ENDS),
        (MEMBER, "```\n", ENDS),
        (MEMBER, "``` b", INNER),
        (MEMBER, ", ...}", ENDS),
        (MEMBER, ", <!-- b -->}", ENDS),
        (MEMBER, ", -- b", ENDS),
        (MEMBER, ', r"b": 1', ENDS),
        (ITEM, ', r"b"]', ENDS),
        (MEMBER, ", b", ENDS),
        (ITEM, ", fals", ENDS),
        (ITEM, ', b" c', INNER),
        (MEMBER, "] b", INNER),
        (MEMBER, '} "c": 1', ENDS),
        (ITEM, "} ]", ENDS),
        (MEMBER, " b: 1", ENDS),
        (MEMBER, ' b://c"', INNER),
        (MEMBER, ' b, c: 1"', ENDS),
        (MEMBER, ' b\n"c": 1', ENDS),
        (MEMBER, " b\n}", ENDS),
        (MEMBER, " b} ", ENDS),
        (ITEM, " b]", ENDS),
        (MEMBER, "\nb: 1", ENDS),
        (MEMBER, "\nb c", ENDS),
        (MEMBER, ' <b>"', INNER),
        (MEMBER, ", <b", ENDS),
        (MEMBER, ', <b>"', INNER),
        (MEMBER, ', . b"', INNER),
        (MEMBER, " b\n", ENDS),
        (MEMBER, ' b\nc"', INNER),
        (MEMBER, " b\n\n]", ENDS),
        (MEMBER, ' b} c"', INNER),
        (MEMBER, ' b}\nc"', ENDS),
        (MEMBER, ' b, c"', INNER),
        (MEMBER, " b c: d", ENDS),
    ],
)
def test_the_text_after_a_quote_decides(role: int, behind: str, expected: int) -> None:
    assert_classified(role, behind, expected)


def assert_classified(role: int, behind: str, expected: int, **options: Any) -> None:
    """The text after a quote decides its role, and more text does not change the decision."""
    assert classified(behind, role, **options) == expected
    before = {classified(behind[:end], role, final=False, **options) for end in range(len(behind))}
    assert before <= {UNDECIDED, AMONG_WORDS, expected}


@pytest.mark.parametrize(
    ("role", "behind", "expected"),
    [
        (ITEM, ' "b"]', ENDS),
        (ITEM, ' "b" c', INNER),
        (MEMBER, "} b", ENDS),
        (MEMBER, '} b"', INNER),
        (MEMBER, "} b\n", ENDS),
        (MEMBER, "] b", INNER),
        (MEMBER, '} "c": 1', ENDS),
        (ITEM, '] "c"', INNER),
        (MEMBER, "}}", ENDS),
        (MEMBER, "}\nb", ENDS),
        (MEMBER, " b c: d", INNER),
        (MEMBER, " b, c", INNER),
        (ITEM, " b, }", INNER),
        (MEMBER, " b, }", ENDS),
        (MEMBER, " b\n", INNER),
    ],
)
def test_a_quote_after_an_inner_quote(role: int, behind: str, expected: int) -> None:
    assert_classified(role, behind, expected, kept=1)


@pytest.mark.parametrize(
    ("role", "behind", "kept"),
    [
        (MEMBER, "\n```", 0),
        (MEMBER, "\n```", 1),
        (MEMBER, "```\n", 0),
        (MEMBER, "}\n```", 0),
        (MEMBER, "} ```\n", 1),
        (ITEM, "] ```", 1),
        (ITEM, "} ```", 0),
    ],
)
def test_a_fence_ends_the_string(role: int, behind: str, kept: int) -> None:
    assert_classified(role, behind, ENDS, kept=kept, fenced=True)


@pytest.mark.parametrize(
    ("tail", "closers", "fits"),
    [
        (",", "}", True),
        ("}, ", "]}}", True),
        ("}, {", "]}", True),
        ("]}, ", "}}]", True),
        (",,", "}", False),
        (",}", "}", False),
        ("],", "}", False),
        ("},", "}", False),
        (", {", "}", False),
        ("}, {{", "]}", False),
        (", [", "}", False),
        ("]", "}]", False),
    ],
)
def test_brackets_that_fit_the_open_containers(tail: str, closers: str, fits: bool) -> None:
    assert containers_fit(tail, list(closers)) is fits


@pytest.mark.parametrize(
    ("behind", "expected"),
    [
        (": 1", 1),
        (':b\\": 1', 0),
        (':b": 1', 0),
        (': "b', 1),
        (":\nb", 1),
        (':\\"b": 1', 0),
        (":", 0),
        (':"b', 1),
        (':"' + "b" * LOOK, 1),
        (": " + "b" * LOOK, 0),
    ],
)
def test_a_colon_in_a_key(behind: str, expected: int) -> None:
    assert colon_ends(behind, 0, len(behind), True, '"') == expected
    before = {colon_ends(behind[:end], 0, end, False, '"') for end in range(1, len(behind))}
    assert before <= {-1, expected}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[(1, 2) (3, 4)]", [[1, 2], [3, 4]]),
        ("{n: N'x', m: U'y', k: rb'\\z'}", {"n": "x", "m": "y", "k": "\\z"}),
        ('[@"C:\\d", $"e"]', ["C:\\d", "e"]),
        ('[{"n": "open}, {"m": 1}]', [{"n": "open"}, {"m": 1}]),
        ('[\\"a\\\\nb\\", \\"c\\" \\n]', ["a\nb", "c"]),
        ('{"n": 12", "m": 1}', {"n": 12, "m": 1}),
        ('{"n": "b" (so), "m": 5 (or 6)}', {"n": "b", "m": 5}),
        ('["n" (so it is), "m"]', ["n", "m"]),
        ('["n", (1, 2)]', ["n", [1, 2]]),
        ('{"n": "["b", "c"], or", "m": 1}', {"n": '["b", "c"], or', "m": 1}),
        ('{"n": "{"b": 1}", "m": 1}', {"n": '{"b": 1}', "m": 1}),
        ('{""n"": """x "y" z"""}', {"n": 'x "y" z'}),
        ('[""n""]', ["n"]),
        ("[`it's '`, `b`]", ["it's '", "b"]),
        ('("n");', "n"),
        ('["n" - just so]', ["n"]),
    ],
)
def test_text_around_strings(text: str, value: object) -> None:
    assert_repaired(text, value, "*")
