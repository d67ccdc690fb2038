"""Tests of streamparse._core.lenient_fences: fences, tags and comments."""

from __future__ import annotations

import pytest

from streamparse import (
    JSONParser,
    parse,
)
from tests._core.machines import assert_repaired
from tests.helpers import cut, run


def read(text: str, **options: object) -> JSONParser:
    parser = JSONParser("lenient", **options)  # type: ignore[arg-type]
    parser.feed(text)
    parser.finish()
    return parser


def test_a_fence_inside_a_string_is_text() -> None:
    text = '```json\n{"code": "```py\\nx = 1\\n```", "b": "\n```\n"}\n```'
    assert read(text).value == {"code": "```py\nx = 1\n```", "b": "\n```\n"}


def test_several_fences() -> None:
    text = "```sh\nls {a: 1}\n```\n```json\n[1]\n```\n```json\n[2]\n```"
    assert read(text).value == [1]
    assert read(text, many=True).value == [[1], [2]]


def test_an_unclosed_fence() -> None:
    assert read("```json\n[1]\n").value == [1]
    assert read("```json\n[1, 2").truncated


@pytest.mark.parametrize("inside", ["İ" * 30, "</thinİ</THIN", "\u212a</thin\u212a>", "</thin"])
def test_case_of_the_closing_tag_of_reasoning(inside: str) -> None:
    """Letters whose lower case is longer, or is an ASCII letter, do not shift the closing tag."""
    text = f'<think>{inside}</Think>{{"a": 1}}'
    outcomes = [run(cut(text, [size]), dialect="lenient") for size in (len(text), 1, 3)]
    assert parse(text, dialect="lenient") == {"a": 1}
    assert outcomes[0] == outcomes[1] == outcomes[2]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'''json\n{\"a\": 1}\n'''", {"a": 1}),
        ('"""\n[1, 2]\n"""\nThat was all.', [1, 2]),
        ("´´´JSON\r\n[1]´´´", [1]),
        ("'''json\n{\"a\": [1, 2\n'''", {"a": [1, 2]}),
        ("'''python\n[1]\n'''", "python\n[1]\n"),
        ('"""the {text}"""', "the {text}"),
        ("'''[text'''", None),
    ],
)
def test_three_quotes_before_a_bracket_are_a_fence(text: str, value: object) -> None:
    found = run([text], dialect="lenient")
    assert run(list(text), dialect="lenient") == found
    if value is not None:
        assert (parse(text, "lenient"), found.done) == (value, True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1, -- it\'s {so}\n"b": -2}', {"a": 1, "b": -2}),
        ("{--\n'a': -- one\n 1}", {"a": 1}),
        ('[-- "one"\n -1, --[[ 2,\n ]] "x", -- y\r\n 3]', [-1, "x", 3]),
        ('{"a": "x", -- "y": yes\n"b": 1}', {"a": "x", "b": 1}),
        ("{--b: 1}", {"--b": 1}),
    ],
)
def test_comments_after_two_dashes(text: str, value: object) -> None:
    found = run([text], dialect="lenient")
    assert (parse(text, "lenient"), found.done) == (value, True)
    assert run(list(text), dialect="lenient") == found


@pytest.mark.parametrize(
    ("text", "value", "codes"),
    [
        ("`{x}` is code.\n[4]", [4], "leading_text"),
        ("Write `` or {x}: [4]", [4], "leading_text"),
        ("```js\n{'n': undefined}\n```", {"n": None}, "fence single_quotes literal"),
        ("```py\n{not json} = f()\n```\n```json\n[8]\n```", [8], "fence fence leading_text"),
        ("// a [1]\n/* b {} */ [2]", [2], "comment comment"),
        ('<!-- {"old": 0} -->\n[2]', [2], "comment"),
        ('{"n": 1 <b>}', {"n": 1}, "unexpected_text"),
    ],
)
def test_code_comments_and_tags_before_a_value(text: str, value: object, codes: str) -> None:
    assert_repaired(text, value, codes)
