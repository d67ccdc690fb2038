"""Tests of streamparse._core.lenient_structure: misplaced keys, colons, commas and brackets."""

from __future__ import annotations

import pytest

from streamparse import Dialect, IncompleteError, JSONParser, JSONSyntaxError, parse
from streamparse._core.lenient_strings import LOOK
from tests._core.machines import assert_repaired
from tests.helpers import run


@pytest.mark.parametrize(
    ("text", "value", "codes"),
    [
        ("[1,]", [1], "trailing_comma"),
        ("[,1]", [1], "extra_comma"),
        ("[1,,2]", [1, 2], "extra_comma"),
        ('{"a": 1,}', {"a": 1}, "trailing_comma"),
        ("[1 2]", [1, 2], "missing_comma"),
        ('[{"a": 1} {"b": 2}]', [{"a": 1}, {"b": 2}], "missing_comma"),
        ('{"a": 1 "b": 2}', {"a": 1, "b": 2}, "missing_comma"),
        ('{"a" 1}', {"a": 1}, "missing_colon"),
        ('{"a" {}}', {"a": {}}, "missing_colon"),
        ('{"a"5, "b"true, "c"-1}', {"a": 5, "b": True, "c": -1}, "missing_colon " * 3),
        ('{"a""b", "c": 1}', {"a": "b", "c": 1}, "missing_colon"),
        ('{"a": 12", "b": 1}', {"a": 12, "b": 1}, "missing_quote ambiguous"),
        (
            '{"a": {"b": null"}, "c": [1", 2]}',
            {"a": {"b": None}, "c": [1, 2]},
            "missing_quote ambiguous " * 2,
        ),
        ('{"a": "b"```', {"a": "b"}, "missing_closer"),
        ('{"a": 5\n```', {"a": 5}, "missing_closer"),
        (
            '{"a": {"b": [1}, "c": 2}}',
            {"a": {"b": [1]}, "c": 2},
            "ambiguous missing_closer extra_closer",
        ),
        ('{"a": 1}, "b": 2}', {"a": 1}, "trailing_text ambiguous"),
        ('"a": 1, "b": "c"}', {"a": 1, "b": "c"}, "missing_opener"),
        ('("a")', "a", "wrapper"),
        ('("a",)', ["a"], "tuple trailing_comma"),
        ("(7)", 7, "wrapper"),
        ('{"a" = 1}', {"a": 1}, "separator"),
        ('{"a" => 1; "b": 2}', {"a": 1, "b": 2}, "separator separator"),
        ('{"a": {} stray, "b": 2}', {"a": {}, "b": 2}, "unexpected_text"),
        ('{"a": "b" (so it is), "c": 5 (or 6)}', {"a": "b", "c": 5}, "unexpected_text " * 2),
        ('["a" (the first), "b"]', ["a", "b"], "unexpected_text"),
        ('["a" - that\'s it, "b"]', ["a", "b"], "unexpected_text"),
        ('{"a": "b"!, "c": 1 = one, "d": 2}', {"a": "b", "c": 1, "d": 2}, "unexpected_text " * 2),
        ("[(1, 2) (3, 4)]", [[1, 2], [3, 4]], "tuple missing_comma tuple"),
        ('{"a": [1, 2), "b": 3}', {"a": [1, 2], "b": 3}, "mismatched_closer"),
        ('{"a": 1)', {"a": 1}, "mismatched_closer"),
        ('{"a": "b"), "c": 1}', {"a": "b", "c": 1}, "extra_closer"),
        ('{"a"：1，"b"： ["c"、"d"]}', {"a": 1, "b": ["c", "d"]}, "separator " * 4),
        (
            '{"a": "b"，"c": "说"好"，是"}',
            {"a": "b", "c": '说"好"，是'},
            "separator inner_quote inner_quote",
        ),
        ("[1, ...]", [1], "ellipsis"),
        ("[..., 1]", [1], "ellipsis"),
        ("[1, …, 2]", [1, 2], "ellipsis"),
        ('{"a": 1, ...}', {"a": 1}, "ellipsis"),
        ("{...}", {}, "ellipsis"),
        ('{"a": [1, 2}', {"a": [1, 2]}, "missing_closer"),
        ('[{"a": 1]', [{"a": 1}], "missing_closer"),
        ('[{"a": 1, {"b": 2}]', [{"a": 1}, {"b": 2}], "missing_closer"),
        ('{"a": [1}, "b": 2}', {"a": [1], "b": 2}, "mismatched_closer"),
        ('{"a": 1]', {"a": 1}, "mismatched_closer"),
        ('[{"a": 1}}, 2]', [{"a": 1}, 2], "extra_closer"),
        ("[1\xa0,\v2]", [1, 2], "white_space white_space"),
        ("```\n[1, 2\n```", [1, 2], "fence missing_closer"),
        ("[1 // one\n, /* two */ 2 # three\n]", [1, 2], "comment comment comment"),
    ],
)
def test_repairs(text: str, value: object, codes: str) -> None:
    assert_repaired(text, value, codes)


@pytest.mark.parametrize(
    ("text", "code", "offset"),
    [
        ('{"a"}', "expected_colon", 4),
        ('{"a", "b"}', "expected_colon", 4),
        ('{"a":}', "expected_value", 5),
        ('{"a": , "b": 1}', "expected_value", 6),
        ("{a}", "expected_key", 1),
        ("{: 1}", "expected_key", 1),
        ('{"a": 1, [2]}', "expected_key", 9),
        ("[1 : 2]", "expected_comma", 3),
        ("[1, : 2]", "expected_value", 4),
        ("[!]", "expected_value", 1),
        ("[- 1]", "invalid_number", 2),
    ],
)
def test_no_value_is_invented(text: str, code: str, offset: int) -> None:
    """A member without a value is an error, not null; so is a key without a colon."""
    for pieces in ([text], list(text)):
        outcome = run(pieces, dialect="lenient")
        assert outcome.error is not None
        assert (outcome.error.code, outcome.error.offset) == (code, offset)
    with pytest.raises(JSONSyntaxError):
        parse(text, dialect="lenient")


def test_the_value_before_an_error_is_kept() -> None:
    parser = JSONParser("lenient")
    with pytest.raises(JSONSyntaxError) as caught:
        parser.feed("{a: [1, 2], 'b': , 'c': 3}")
    assert parser.value == {"a": [1, 2]}
    assert caught.value.path == ("b",)
    assert [repair.code for repair in parser.repairs] == ["unquoted_key", "single_quotes"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('It is {"a": [1, "x" as asked.', {"a": [1, "x"]}),
        ('It is {"a": null as asked.', {"a": None}),
        ('It is {"a": [1, 2 (in order)', {"a": [1, 2]}),
        ('"a": {"b": [1]}', {"a": {"b": [1]}}),
    ],
)
def test_a_sentence_that_continues_in_an_open_container(text: str, value: object) -> None:
    for pieces in ([text], list(text)):
        outcome = run(pieces, dialect="lenient")
        assert outcome.truncated
        assert parse(text, dialect="lenient") == value


def test_doubts_are_recorded_or_rejected() -> None:
    text = '{"a": 12", "b": 1}'
    parser = JSONParser("lenient")
    parser.feed(text)
    parser.finish()
    assert [(repair.code, repair.offset) for repair in parser.doubts] == [("ambiguous", 8)]
    with pytest.raises(JSONSyntaxError) as caught:
        parse(text, dialect=Dialect(doubts="error"))
    assert (caught.value.code, caught.value.offset) == ("repair_refused", 8)
    with pytest.raises(IncompleteError):
        parse('{"a": [1', dialect=Dialect(doubts="error"))
    assert parse("{a: 1,}", dialect=Dialect(doubts="error")) == {"a": 1}


@pytest.mark.parametrize("text", ['{"a": 1, REM so\n"b": 2}', "{% so\n'a': 1}", "{name Bob}"])
def test_words_in_place_of_a_member_are_doubtful(text: str) -> None:
    parser = JSONParser("lenient")
    parser.feed(text)
    assert "ambiguous" in {doubt.code for doubt in parser.doubts}
    parser = JSONParser("lenient")
    parser.feed('{"name" Bob, count 5}')
    assert not parser.doubts


@pytest.mark.parametrize(
    ("text", "value", "codes"),
    [
        ('{"n": 1 m: 2}', {"n": 1, "m": 2}, "missing_comma unquoted_key"),
        ('[{"n": 1 {"m": 2}]', [{"n": 1}, {"m": 2}], "missing_closer missing_comma"),
        ("[1, ...\n 2]", [1, 2], "ellipsis missing_comma"),
        ('{"n": 1, …, "m": 2}', {"n": 1, "m": 2}, "ellipsis"),
        ('{\n```json\n"n": 1}\n```', {"n": 1}, "fence"),
        ("'''json\n[[1\n'''", [[1]], "fence missing_closer"),
        ('{"n": [1, {"m": 2], "k": 3}', {"n": [1, {"m": 2}], "k": 3}, "missing_closer"),
        ("(1, 2)", [1, 2], "tuple"),
        ("[1, --[[ 5, ]] 2]", [1, 2], "comment"),
        (
            '{\\"n\\": 1\\n, \\"m\\": 2}',
            {"n": 1, "m": 2},
            "escaped_quotes white_space escaped_quotes",
        ),
        ("[1 ... ]", [1], "ellipsis"),
        ('{"n": 1 ... "m": 2}', {"n": 1, "m": 2}, "ellipsis missing_comma"),
        ("'''\n[1, 'x']\n'''", [1, "x"], "fence single_quotes"),
        ("'''\n[1 'x']\n'''", [1, "x"], "fence missing_comma single_quotes"),
        ('["n" -b]', ["n", "-b"], "missing_comma unquoted_string"),
        ('["n" -5]', ["n", -5], "missing_comma"),
        ('{"n": 1 –b, "m": 2}', {"n": 1, "m": 2}, "unexpected_text"),
    ],
)
def test_more_repairs(text: str, value: object, codes: str) -> None:
    assert_repaired(text, value, codes)


@pytest.mark.parametrize(
    ("text", "code", "offset"),
    [
        ("[1, :]", "expected_value", 4),
        ('{"n": }', "expected_value", 6),
        ('{"n": ...}', "expected_value", 8),
        ('{"n": , "m": 1}', "expected_value", 6),
        ('{"n": 1, ~"m": 2}', "expected_key", 9),
        ('[{"n": 1, ```', "expected_key", 10),
        ('{"n", "m"}', "expected_colon", 4),
        ('{"n" ```', "expected_colon", 5),
        ('```\n{"n" \n```', "expected_colon", 10),
        ('```\n{"n": \n```', "expected_value", 11),
        ('{"n" ! 1}', "expected_colon", 5),
    ],
)
def test_text_that_cannot_be_repaired(text: str, code: str, offset: int) -> None:
    for pieces in ([text], list(text)):
        error = run(pieces, dialect="lenient").error
        assert error is not None
        assert (error.code, error.offset) == (code, offset)


@pytest.mark.parametrize(
    ("text", "value", "codes"),
    [
        # The text after the bracket can only follow one of the containers.
        ('{"n": [1} "m": 2}', {"n": [1], "m": 2}, "mismatched_closer missing_comma"),
        ('["n", {"m": 1]\n"k": 2}]', ["n", {"m": 1, "k": 2}], "extra_closer missing_comma"),
        ('[{"n": (1} "m": 2}]', [{"n": [1], "m": 2}], "tuple mismatched_closer missing_comma"),
        ('[{"n": [1} "m"]', [{"n": [1]}, "m"], "missing_closer missing_comma"),
        ('[{"n": [1} 5]', [{"n": [1]}, 5], "missing_closer missing_comma"),
        ('{"n": {"m": 1] "k": 2}', {"n": {"m": 1}, "k": 2}, "mismatched_closer missing_comma"),
        ('{"n": [1} "so it is."', {"n": [1]}, "missing_closer trailing_text"),
        # It cannot follow any of them.
        (
            '{"n": {"m": 1] or so, "k": 2}',
            {"n": {"m": 1}, "k": 2},
            "ambiguous mismatched_closer unexpected_text",
        ),
        ('{"n": [[1} "m": 2}', {"n": [[1]]}, "ambiguous missing_closer trailing_text"),
        # It is beyond the look-ahead.
        ('{"n": [1}' + " " * LOOK + '"m": 2}', {"n": [1]}, "missing_closer trailing_text"),
    ],
)
def test_which_container_a_bracket_closes(text: str, value: object, codes: str) -> None:
    assert_repaired(text, value, codes)
