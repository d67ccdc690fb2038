"""Tests of streamparse._core.lenient_keys: keys that JSON does not have."""

from __future__ import annotations

import pytest

from streamparse import JSONParser, Limits
from tests._core.machines import assert_repaired
from tests.helpers import run


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


@pytest.mark.parametrize(
    ("text", "value", "codes"),
    [
        ('[{"n": 1, {"m": 2}]', [{"n": 1}, {"m": 2}], "missing_closer"),
        ('{so it is "n": 1}', {"n": 1}, "unexpected_text"),
        ("{-a- b: 1}", {"-a- b": 1}, "unquoted_key"),
        (
            '{"n": 1, REM so\n"m": 2}',
            {"n": 1, "REM": "so", "m": 2},
            "unquoted_key missing_colon ambiguous unquoted_string missing_comma",
        ),
    ],
)
def test_words_where_a_key_is_expected(text: str, value: object, codes: str) -> None:
    assert_repaired(text, value, codes)


@pytest.mark.parametrize(
    ("text", "offset"),
    [("{rest}", 1), ("{: 2}", 1), ('{"n": 1, abc"m": 2}', 9), ("{f(x): 1}", 1), ('{n.m"x', 1)],
)
def test_text_that_is_no_key(text: str, offset: int) -> None:
    for pieces in ([text], list(text)):
        error = run(pieces, dialect="lenient").error
        assert error is not None
        assert (error.code, error.offset) == ("expected_key", offset)


def test_a_truncated_key_is_dropped() -> None:
    text = '{"n": "x", m'
    parser = JSONParser("lenient")
    parser.feed(text)
    parser.finish()
    assert (parser.value, parser.truncated) == ({"n": "x"}, True)
    assert run(list(text), dialect="lenient") == run([text], dialect="lenient")


def test_keys_without_quotes_count_for_the_limits() -> None:
    text = "{n: 1, m: 2}"
    for pieces in ([text], list(text)):
        error = run(pieces, dialect="lenient", limits=Limits(keys=1)).error
        assert error is not None
        assert error.offset == 7
