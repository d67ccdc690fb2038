"""Law 7, truncation is never success.

Input that stops early raises `IncompleteError`; what was read before stays available.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given

from streamparse import IncompleteError, JSONParser, parse
from tests.helpers import cut, described, is_encodable, loads, replay, run, same, tokens
from tests.model import completion, read
from tests.strategies import JSON_TEXTS, MANY_TEXTS, PLACES, SIZES, UTF8_TEXTS, options


def is_document(text: str) -> bool:
    try:
        loads(text)
    except ValueError:
        return False
    return True


@given(JSON_TEXTS, SIZES)
def test_law_7_every_beginning_of_a_document(text: str, sizes: Sequence[int]) -> None:
    """Law 7: the beginning of a document is incomplete unless `json.loads` accepts it."""
    for end in range(len(text) + 1):
        outcome = run(cut(text[:end], sizes))
        if is_document(text[:end]):
            assert outcome.error is None
            assert outcome.done
        else:
            assert outcome.error is not None
            assert outcome.error.kind == "IncompleteError"
            assert outcome.error.offset == end
            assert not outcome.done
            assert outcome.value == tokens(read(text[:end]).value)


@given(MANY_TEXTS, PLACES, SIZES)
def test_law_7_beginnings_of_many(text: str, place: int, sizes: Sequence[int]) -> None:
    """Law 7 for documents one after the other: the input may end between two of them."""
    text = text[: place % (len(text) + 1)]
    expected = read(text, finished=True, many=True)
    outcome = run(cut(text, sizes), many=True)
    assert outcome.done == (outcome.error is None) == (expected.error is None)
    assert outcome.value == tokens(expected.value)
    assert (outcome.open_path is None) == outcome.done


@given(UTF8_TEXTS, PLACES, SIZES)
def test_law_7_beginnings_in_bytes(text: str, place: int, sizes: Sequence[int]) -> None:
    """Law 7: input that ends inside a character is incomplete."""
    data = text.encode()
    data = data[: place % (len(data) + 1)]
    shown = data.decode(errors="ignore")
    outcome = run(cut(data, sizes))
    if len(shown.encode()) < len(data):
        assert outcome.error is not None
        assert (outcome.error.code, outcome.error.offset) == ("truncated", len(shown))
        assert outcome.value == tokens(read(shown).value)
    else:
        assert outcome.error == run([shown]).error


@given(JSON_TEXTS, PLACES, options())
def test_law_7_results_before_the_end_stay(text: str, place: int, chosen: dict[str, Any]) -> None:
    """Law 7: value, events and open path are still available after `finish` has failed."""
    text = text[: place % (len(text) + 1)]
    outcome = run([text], **chosen)
    reading = read(text, finished=True, **chosen)
    assert outcome.value == tokens(reading.value)
    assert outcome.events == described(reading.events())
    assert outcome.open_path == reading.open_path
    error = outcome.error
    assert (error and (error.code, error.offset, error.path)) == reading.error
    parser = JSONParser(**chosen)
    assert not parser.truncated


@given(JSON_TEXTS, PLACES)
def test_law_7_parse_partial(text: str, place: int) -> None:
    """Law 7: `parse` raises for incomplete text; `partial=True` gives its value so far."""
    text = text[: place % (len(text) + 1)]
    shown = parse(text, partial=True)
    assert same(shown, read(text).value)
    assert same(shown, replay(JSONParser().feed(text)))
    if not is_document(text):
        with pytest.raises(IncompleteError):
            parse(text)


@given(JSON_TEXTS.filter(is_encodable), PLACES)
def test_law_7_a_beginning_can_be_completed(text: str, place: int) -> None:
    """Law 7: text that is only incomplete can be completed to a valid document."""
    text = text[: place % (len(text) + 1)]
    rest = completion(text)
    assert rest is not None
    assert run([text, rest]).error is None
    assert run([text.encode(), rest.encode()]).done


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        ("", "empty", ()),
        (" \n", "empty", ()),
        ("\ufeff", "empty", ()),
        ("-", "truncated", ()),
        ("1.", "truncated", ()),
        ("tru", "truncated", ()),
        ('"abc', "truncated", ()),
        ('"\\ud83d', "truncated", ()),
        ("[", "truncated", (0,)),
        ("[1", "truncated", (0,)),
        ("[1,", "truncated", (1,)),
        ("[[]", "truncated", ()),
        ('{"a"', "truncated", ()),
        ('{"a":', "truncated", ("a",)),
        ('{"a":[{"b":"', "truncated", ("a", 0, "b")),
        ('{"a":1', "truncated", ("a",)),
        ('{"a":1,', "truncated", ()),
    ],
)
@pytest.mark.parametrize("trailing", ["error", "stop"])
def test_law_7_examples(text: str, code: str, path: tuple[object, ...], trailing: str) -> None:
    """Law 7: the code and path of the error for incomplete text (checked without the model)."""
    outcome = run([text], trailing=trailing)
    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.path) == (code, path)
    assert (outcome.error.offset, outcome.done) == (len(text), False)
