"""Tests of streamparse._core.lenient_tokens: numbers, literals, words without quotes."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from streamparse import (
    JSONParser,
    JSONSyntaxError,
    LimitError,
    Limits,
    ValueCompleted,
    parse,
)
from tests._core.machines import assert_repaired
from tests.helpers import cut, run


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[0x1F, +1, .5, 5., 007, 1_000]", [31, 1, 0.5, 5.0, 7, 1000]),
        ("[True, FALSE, None, undefined]", [True, False, None, None]),
        ('{a: u"b", c: f"", d: >= 5}', {"a": "b", "c": "", "d": ">= 5"}),
        ('{"a": b", "c": u"}', {"a": "b", "c": "u"}),
        ("[trueish, nullable, Nonesuch]", ["trueish", "nullable", "Nonesuch"]),
        ("[2024-10-18T18:35:22Z, 1.2.3, 5e5e]", ["2024-10-18T18:35:22Z", "1.2.3", "5e5e"]),
        (
            r"""{a: r'x\d', b: R"\n", c: rb"\"", d: 'x\n'}""",
            {"a": "x\\d", "b": "\\n", "c": '\\"', "d": "x\n"},
        ),
        (r"""[@"C:\dir\", r'C:\\', $"x\t", "\t"]""", ["C:\\dir\\", "C:\\\\", "x\t", "\t"]),
        (r"""{"a": "x", r'b\c': fR"{y}\z"}""", {"a": "x", "b\\c": "{y}\\z"}),
        ("{a: O'Neill, b: l'avion's}", {"a": "O'Neill", "b": "l'avion's"}),
        ('[Id("x"), f(1), g([2]), h({})]', ["x", 1, [2], {}]),
        ('{"a": date(2020, 1, 2)}', {"a": "date(2020, 1, 2)"}),
        ("[(1, 2), (3), (), ('x')]", [[1, 2], 3, [], "x"]),
    ],
)
def test_tokens(text: str, value: object) -> None:
    found = parse(text, dialect="lenient")
    assert found == value
    assert repr(found) == repr(value)


def test_special_numbers() -> None:
    found = parse("[NaN, -Infinity, inf]", dialect="lenient")
    assert math.isnan(found[0])
    assert found[1:] == [-math.inf, math.inf]
    parser = JSONParser("lenient", parse_float=Decimal, parse_int=Decimal)
    parser.feed("[0x10, .50, Infinity]")
    assert parser.value == [Decimal(16), Decimal("0.50"), Decimal("Infinity")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[1, 12", [1, 12]),
        ("[1, 1.", [1, 1.0]),
        ("[1, 2e+", [1, 2.0]),
        ("[1, -", [1]),
        ("[1, tru", [1, True]),
        ("[1, Non", [1, None]),
        ("[1, N", [1, "N"]),
        ("{a: wor", {"a": "wor"}),
    ],
)
def test_a_truncated_token_has_no_event(text: str, value: object) -> None:
    """Law 7: a truncated token is in the value, but no event says that it is complete."""
    outcome = run([text], dialect="lenient")
    parser = JSONParser("lenient")
    events = parser.feed(text) + parser.finish()
    assert parser.value == value
    assert (parser.truncated, parser.done) == (True, False)
    assert sum(isinstance(event, ValueCompleted) for event in events) == ("1," in text)
    assert outcome.repairs[-1][0] == "truncated"


def test_limits_of_numbers() -> None:
    for text, code, offset in [("[" + "1" * 9, "number_length", 9), ("[0x1" + "_" * 9, "", 0)]:
        outcome = run(list(text), dialect="lenient", limits=Limits(number=8))
        assert outcome.error is not None
        assert outcome.error.code == (code or "number_length")
        assert outcome.error.offset == (offset or 9)
    with pytest.raises(LimitError, match="digits"):
        parse("[" + "1" * 5000 + "]", dialect="lenient")


def test_a_number_that_is_rejected() -> None:
    parser = JSONParser("lenient", parse_int=lambda text: 1 // (int(text) - 31))
    with pytest.raises(JSONSyntaxError) as caught:
        parser.feed("[0x1F]")
    assert caught.value.code == "number_rejected"
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        "```json\n[1, " + "a" * 70 + "```\nbye",
        "```json\n[1, " + "1" * 70 + "z```\nbye",
        "```json\n[1, " + "1" * 30 + "z" * 60 + "```\nbye",
        "a<a>" * 17,
        "1" * 70 + "a" * 9 + "<think>[1]</think>[2]",
        "[" + "1" * 101 + "z]",
        "[" + "1" * 100 + "z]",
        "[1234567z]",
    ],
)
def test_a_long_token_is_read_the_same_for_any_chunking(text: str, many: bool) -> None:
    for limit in (5, 100):
        options = {"dialect": "lenient", "many": many, "limits": Limits(number=limit)}
        whole = run([text], **options)
        for size in (1, 3, 4, 40):
            assert run(cut(text, [size]), **options) == whole


@pytest.mark.parametrize("width", [1, 126, 127, 128, 129, 300])
@pytest.mark.parametrize("end", ["", "1]", "]"])
def test_a_sign_and_spaces(width: int, end: str) -> None:
    """A sign that spaces separate from its number is an error, for any number of spaces."""
    text = "[-" + " " * width + end
    whole = run([text], dialect="lenient")
    for size in (1, 3, 40):
        assert run(cut(text, [size]), dialect="lenient") == whole
    if end or width > 127:
        assert whole.error is not None
        assert (whole.error.code, whole.error.offset) == ("invalid_number", 2)


@pytest.mark.parametrize("text", ["1.", "0e", "-1.5e+", "12E-"])
def test_a_truncated_number_at_the_root(text: str) -> None:
    """Law 7: an unfinished number is truncated at the root, and repaired inside an array."""
    found = run([text], dialect="lenient")
    assert found.truncated
    assert run(cut(text, [1]), dialect="lenient") == found
    assert run([f"[{text}]"], dialect="lenient").truncated is False


@pytest.mark.parametrize("text", ["{a: N'x'}", '{a: L"x", b: 1}', '[E"y"]'])
def test_an_unknown_prefix_of_a_string_is_doubtful(text: str) -> None:
    found = run([text], dialect="lenient")
    assert "ambiguous" in {repair[0] for repair in found.repairs}
    assert run(list(text), dialect="lenient") == found


@pytest.mark.parametrize(
    ("text", "value", "codes"),
    [
        ('({"a": 1});', {"a": 1}, ["wrapper"]),
        ("([1, 2])", [1, 2], ["wrapper"]),
        ('(\n[{"a": ")"}]\n)', [{"a": ")"}], ["wrapper"]),
        ('(([{"a": 1}]))', [{"a": 1}], ["wrapper", "wrapper"]),
        ('({"a": 1}, {"b": 2})', [{"a": 1}, {"b": 2}], ["tuple"]),
        ('({"a": 1},)', [{"a": 1}], ["tuple", "trailing_comma"]),
        ('{"a": ({"b": [1]}), "c": (([1], 2), 3)}', None, ["wrapper", "tuple", "tuple"]),
        (f'({{"a": "{"x" * 200}"}})', {"a": "x" * 200}, ["wrapper"]),
        (
            f'({{"a": "{"x" * 200}"}}, 2)',
            {"a": "x" * 200},
            ["wrapper", "trailing_text", "ambiguous"],
        ),
        (f'[(["{"x" * 200}"])]', [[["x" * 200]]], ["tuple", "ambiguous"]),
    ],
)
def test_round_brackets_around_an_object_or_array(
    text: str, value: object, codes: list[str]
) -> None:
    found = run([text], dialect="lenient")
    assert parse(text, "lenient") == (
        {"a": {"b": [1]}, "c": [[[1], 2], 3]} if value is None else value
    )
    assert [repair[0] for repair in found.repairs] == codes
    assert run(list(text), dialect="lenient") == found


@pytest.mark.parametrize(
    ("text", "value", "codes"),
    [
        ('{"n": true story, "m": true}', {"n": "true story", "m": True}, "unquoted_string"),
        ("[true , 1 // one\n, 1 /2]", [True, 1, "1 /2"], "comment unquoted_string"),
        ('{"n": 1 \\n, "m": 2}', {"n": 1, "m": 2}, "white_space"),
        ('{"n": 5 m: 6}', {"n": 5, "m": 6}, "missing_comma unquoted_key"),
        ('{"n": 5 so it is, "m": 1}', {"n": "5 so it is", "m": 1}, "unquoted_string"),
        ('{"n": 7(8)}', {"n": "7(8)"}, "unquoted_string"),
        ('["x", Id("y"), Id(7)]', ["x", "y", 7], "wrapper wrapper"),
    ],
)
def test_where_tokens_end(text: str, value: object, codes: str) -> None:
    assert_repaired(text, value, codes)


def test_numbers_and_words_among_many_documents() -> None:
    text = "1 2.5 [3] true x\n4."
    for pieces in ([text], list(text)):
        parser = JSONParser("lenient", many=True)
        for piece in pieces:
            parser.feed(piece)
        parser.finish()
        assert parser.value == [1, 2.5, [3], True, 4.0]
        assert [repair.code for repair in parser.repairs] == ["leading_text", "number", "truncated"]
