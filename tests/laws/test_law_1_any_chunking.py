"""Law 1, any chunking, same result.

The final value, the errors and the events (once adjacent deltas of one path are merged) do not
depend on where the input was cut, even inside a character or an escape.

An `Outcome` holds more than the law asks for: lines, columns, excerpts, messages and the
remainder do not depend on the cut either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streamparse import Limits
from tests.helpers import cut, run
from tests.strategies import (
    ANY_BYTES,
    ANY_MANY_TEXTS,
    ANY_TEXTS,
    ANY_UTF8_TEXTS,
    QUERIES,
    SIZES,
    STOP_TEXTS,
    options,
)

# Texts with every construct that a cut could affect: tokens, escapes, surrogate pairs, the BOM.
TRICKY = (
    '\ufeff{"a\\u00e9b": "\\ud83d\\ude00\\n", "\ud83d\ude00": [-0.5e+1, true, false, null]} \r\n',
    '["\\ud83d", "\\ude00", "\\ud83dx", "\\ud83d\\ud83d\\ude00", "\ud83d\\ude00", "\\ud83d\ude00"]',
    '{"k": "a long run of plain characters, longer than any loop would look at", "k": {}}',
    '"\\ud83d\\u12',
    "[1.5e",
    '{"a":01}',
    '["\n"]',
    "-",
    "",
)
TRICKY_BYTES = (
    b"\xef\xbb\xbf[1]",
    b'"\xf0\x9f\x98\x80\xff"',
    b'"\xed\xa0\xbd"',
    b"[1, 2\xc3",
    b'{"\xc3(": 1}',
    b"[1]\xf0\x9f\x98\x80",
    b"12\xc3\xa9",
    b"12\xff\xc3",
)


def cuts_in_two(data: Any) -> list[list[Any]]:
    return [[data[:place], data[place:]] for place in range(len(data) + 1)]


@pytest.mark.parametrize("text", TRICKY)
@pytest.mark.parametrize(
    "chosen", [{}, {"surrogates": "error"}, {"limits": Limits(string=2)}, {"many": True}], ids=str
)
def test_law_1_every_cut_in_two(text: str, chosen: dict[str, Any]) -> None:
    """Law 1 for every division of a tricky text into two."""
    whole = run([text], **chosen)
    for pieces in [*cuts_in_two(text), list(text)]:
        assert run(pieces, **chosen) == whole


@pytest.mark.parametrize("data", TRICKY_BYTES)
@pytest.mark.parametrize("trailing", ["error", "stop"])
def test_law_1_every_cut_of_bytes_in_two(data: bytes, trailing: str) -> None:
    """Law 1 for every division of tricky bytes into two, also inside a character or a BOM."""
    whole = run([data], trailing=trailing)
    for pieces in [*cuts_in_two(data), cut(data, [1])]:
        assert run(pieces, trailing=trailing) == whole


@given(ANY_TEXTS, SIZES, options(select=QUERIES))
@example('["ab"]', [4, 0], {"limits": Limits(string=1)})
def test_law_1_text(text: str, sizes: Sequence[int], chosen: dict[str, Any]) -> None:
    """Law 1 for any text, valid or damaged, within the limits or beyond."""
    assert run(cut(text, sizes), **chosen) == run([text], **chosen)


# A text, and the number of characters that it decodes to.
UNITS = (
    ("x", 1),
    (r"\n", 1),
    (r"\u00e9", 1),
    (r"\ud83d\ude00", 1),
    ("\U0001f600", 1),
    ("\ud83d\ude00", 1),
    (r"\ud83dx", 2),
    (r"ab\ude00\u0041", 4),
)


@pytest.mark.parametrize(("unit", "length"), UNITS)
@pytest.mark.parametrize("sizes", [[], [1], [3, 0, 4], [1000], [9000, 5]], ids=str)
@pytest.mark.parametrize("before", ['["', '{"'])
def test_law_1_limits_far_into_a_string(
    unit: str, length: int, sizes: list[int], before: str
) -> None:
    """Law 1 for a long string: a parser may check its limit only now and then.

    A string of just the allowed length is accepted; one more character is rejected at its place.
    """
    limit = 20_000 if not sizes or max(sizes) > 100 else 7_000
    text = before + unit * (limit // length) + "y"
    chosen = {"limits": Limits(string=limit)}
    outcome = run(cut(text, sizes), **chosen)
    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.offset) == ("string_length", len(text) - 1)
    rest = '"]' if before == '["' else '": 1}'
    assert run(cut(text[:-1] + rest, sizes), **chosen).error is None


@pytest.mark.parametrize("sizes", [[], [1], [3, 0, 4], [1000], [9000, 5]], ids=str)
@pytest.mark.parametrize("text", ["[" + " " * 30_000, '"' + "x" * 30_000, "[0" + ", 10" * 10_000])
def test_law_1_limits_far_into_a_document(text: str, sizes: list[int]) -> None:
    """Law 1: the limit of a document is exact after 20 000 characters."""
    outcome = run(cut(text, sizes), limits=Limits(document=20_000))
    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.offset) == ("document_length", 20_000)


@given(ANY_MANY_TEXTS, SIZES, options())
def test_law_1_many(text: str, sizes: Sequence[int], chosen: dict[str, Any]) -> None:
    """Law 1 for documents one after the other."""
    assert run(cut(text, sizes), many=True, **chosen) == run([text], many=True, **chosen)


@given(ANY_UTF8_TEXTS, SIZES, options(many=st.just(True)))
def test_law_1_bytes_are_as_good_as_text(
    text: str, sizes: Sequence[int], chosen: dict[str, Any]
) -> None:
    """Law 1 for bytes: they give the results of the text, and offsets count characters."""
    as_bytes = run(cut(text.encode(), sizes), **chosen)
    as_text = run([text], **chosen)
    assert not as_bytes.remainder
    assert vars(as_bytes) | {"remainder": ""} == vars(as_text)


@given(ANY_BYTES, SIZES, options())
def test_law_1_bytes(data: bytes, sizes: Sequence[int], chosen: dict[str, Any]) -> None:
    """Law 1 for bytes that may not be UTF-8, cut inside characters."""
    assert run(cut(data, sizes), **chosen) == run([data], **chosen)


@given(STOP_TEXTS, SIZES, options())
def test_law_1_stop(text: str, sizes: Sequence[int], chosen: dict[str, Any]) -> None:
    """Law 1 with `trailing="stop"`; the remainder is part of the outcome."""
    chosen = {"trailing": "stop", **chosen}
    assert run(cut(text, sizes), **chosen) == run([text], **chosen)


@given(ANY_BYTES, ANY_BYTES, SIZES, options())
def test_law_1_stop_in_bytes(
    data: bytes, more: bytes, sizes: Sequence[int], chosen: dict[str, Any]
) -> None:
    """Law 1 with `trailing="stop"`: the remainder is bytes, and need not be UTF-8."""
    chosen = {"trailing": "stop", **chosen}
    assert run(cut(data + more, sizes), **chosen) == run([data + more], **chosen)


@given(ANY_TEXTS, SIZES, QUERIES, options())
def test_law_1_dropping(
    text: str, sizes: Sequence[int], queries: list[str], chosen: dict[str, Any]
) -> None:
    """Law 1 when complete values are dropped."""
    chosen = {"select": queries, "keep": "open", **chosen}
    assert run(cut(text, sizes), **chosen) == run([text], **chosen)
