"""The lenient dialect restores damaged documents: laws 1, 3, 4 and 7 for generated damage.

A value is written as text with one kind of repairable damage at any number of places
(`tests/damage.py`). Parsing it in any chunking must give a complete value that equals the original,
and must record the repairs that this damage needs and no others.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from streamparse import JSONParser, StreamParseError, StringDelta, ValueCompleted, parse
from tests.damage import DAMAGES, damaged, root
from tests.helpers import cut, replay, run, same
from tests.laws.test_law_3_never_take_back import grown
from tests.strategies import JSON_TEXTS, MANY_TEXTS, SIZES, UNIQUE_KEY_TEXTS

SEEDS = st.integers(0, 2**32 - 1)
each_damage = pytest.mark.parametrize("kind", DAMAGES)


def document(kind: str, seed: int) -> tuple[str, Any]:
    """Return a damaged text and its value, for the first seed whose value can be damaged so."""
    while True:
        value = root(Random(seed))
        text, hit = damaged(kind, value, seed)
        if hit and not _is_another_value(kind, text, value):
            return text, value
        seed += 1


def _is_another_value(kind: str, text: str, value: Any) -> bool:
    """Return whether the dialect deliberately reads another value."""
    # In a sentence a list such as `[1]` may be a reference to a note, so only objects are used.
    if kind == "prose":
        return not isinstance(value, dict)
    # A long object after `(` is read as the value: the comma that shows a tuple comes too late.
    is_root = kind == "tuples" and text.lstrip().startswith("(")
    return is_root and isinstance(value[0], dict) and len(json.dumps(value[0])) > 48


@each_damage
@given(SEEDS, SIZES)
def test_the_document_is_restored(kind: str, seed: int, sizes: Sequence[int]) -> None:
    """The value is restored completely, with the repairs of its damage and no others."""
    text, value = document(kind, seed)
    parser = JSONParser("lenient")
    events = [event for piece in cut(text, sizes) for event in parser.feed(piece)]
    events += parser.finish()
    assert same(parser.value, value)
    assert (parser.done, parser.truncated, parser.open_path) == (True, False, None)
    codes = {repair.code for repair in parser.repairs}
    assert codes & DAMAGES[kind].codes
    assert codes <= DAMAGES[kind].codes | DAMAGES[kind].also
    assert same(replay(events), value), "the events rebuild another value"
    completed = [event for event in events if isinstance(event, ValueCompleted)]
    assert len({event.path for event in completed}) == len(completed)
    assert all(event.text for event in events if isinstance(event, StringDelta))


# Not for members: these change the whole text, its end, or the quotes of all strings.
WHOLE: tuple[str, ...] = (
    "prose",
    "fences",
    "quotes as fences",
    "unclosed in a fence",
    "tags",
    "no opener",
    "escaped quotes",
)
WHOLE += ("extra openers", "extra closers", "missing closers", "wrong closers")
KINDS = st.sampled_from([kind for kind in DAMAGES if kind not in WHOLE])


@given(st.lists(st.tuples(KINDS, SEEDS), min_size=2, max_size=5), SIZES)
def test_members_with_different_damage_are_restored(
    parts: list[tuple[str, int]], sizes: Sequence[int]
) -> None:
    """Damage in one member does not change how the next one is read."""
    documents = [document(kind, seed) for kind, seed in parts]
    text = ", ".join(f'"m{at}": {text}' for at, (text, _) in enumerate(documents))
    value = {f"m{at}": value for at, (_, value) in enumerate(documents)}
    text = "{" + text + "}"
    assert same(parse(text, dialect="lenient"), value)
    found = run(cut(text, sizes), dialect="lenient")
    assert (found.done, found.truncated) == (True, False)
    assert found == run([text], dialect="lenient")


def composed(first: str, second: str, seed: int) -> str:
    """Damage a document in two ways at once; where both apply, the first one wins."""
    pens: Any = (DAMAGES[first].pen, DAMAGES[second].pen)
    try:
        pen: Any = type("Composed", pens, {})(Random(seed))
    except TypeError:  # One is a subclass of the other.
        pen = pens[0](Random(seed))
    text: str = pen.write(root(Random(seed)))
    return text


@given(st.sampled_from(list(DAMAGES)), st.sampled_from(list(DAMAGES)), SEEDS, SIZES)
def test_laws_1_and_3_where_damage_is_composed(
    first: str, second: str, seed: int, sizes: Sequence[int]
) -> None:
    text = composed(first, second, seed)
    assert run(cut(text, sizes), dialect="lenient") == run([text], dialect="lenient")
    parser = JSONParser("lenient")
    try:
        for piece in cut(text, sizes):
            before = (parser.snapshot(), parser.open_path) if parser.started else None
            parser.feed(piece)
            assert before is None or grown(before[0], parser.snapshot(), before[1])
    except StreamParseError:
        pass


@each_damage
@given(SEEDS, SIZES)
def test_law_1_any_chunking(kind: str, seed: int, sizes: Sequence[int]) -> None:
    """Law 1: events, value, repairs and the texts around it do not depend on the cut."""
    text, _ = document(kind, seed)
    assert run(cut(text, sizes), dialect="lenient") == run([text], dialect="lenient")


@each_damage
@given(SEEDS, SIZES)
def test_law_3_values_only_grow(kind: str, seed: int, sizes: Sequence[int]) -> None:
    """Law 3: each snapshot can grow into the next one and into the final value."""
    text, value = document(kind, seed)
    parser = JSONParser("lenient")
    shown = []
    for piece in cut(text, sizes):
        if parser.started:
            shown.append((parser.snapshot(), parser.open_path))
        parser.feed(piece)
        now = parser.snapshot()
        assert all(grown(old, now, path) for old, path in shown[-1:])
    parser.finish()
    assert all(grown(old, value, path) for old, path in shown)


@each_damage
@given(SEEDS, st.integers(0, 1000), SIZES)
def test_law_7_truncation(kind: str, seed: int, place: int, sizes: Sequence[int]) -> None:
    """Law 7: a damaged text that is also cut is either done, or truncated, or an error."""
    text, _ = document(kind, seed)
    text = text[: place % (len(text) + 1)]
    found = run(cut(text, sizes), dialect="lenient")
    assert found == run([text], dialect="lenient")
    truncated = any(code == "truncated" for code, _, _ in found.repairs)
    assert found.truncated == truncated
    assert not (found.done and (found.truncated or found.error))
    assert found.done or found.truncated or found.error


@given(JSON_TEXTS, SIZES)
def test_valid_text_is_read_as_in_the_strict_dialect(text: str, sizes: Sequence[int]) -> None:
    """Valid text needs no repair, and its value and events are those of the strict dialect."""
    strict, lenient = run([text]), run(cut(text, sizes), dialect="lenient")
    assert strict.error is None
    assert lenient == strict


PARTS = st.sampled_from([*"a{}[]:,\\\"#'“+(é\n ", "b c", ", ", "//", "/*", "```", "..."])
LONG_PARTS = st.sampled_from(['"x": 1', '{"k": "v"}', '", "', "}, ", "12", "true"])
AWKWARD = st.lists(PARTS | LONG_PARTS, max_size=6).map("".join)
VALID = st.recursive(
    AWKWARD | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(AWKWARD, inner, max_size=3),
).filter(lambda value: isinstance(value, (dict, list)))


@given(VALID, st.sampled_from((None, 1)), st.booleans(), SIZES)
def test_strings_that_look_like_damage_are_read_as_they_are(
    value: Any, indent: int | None, spaces: bool, sizes: Sequence[int]
) -> None:
    """A valid document is never changed, whatever its keys and strings contain."""
    text = json.dumps(value, indent=indent, separators=None if spaces else (",", ":"))
    assert run(cut(text, sizes), dialect="lenient") == run([text])
    assert parse(text, dialect="lenient") == value


@given(MANY_TEXTS, SIZES)
def test_valid_documents_are_read_as_in_the_strict_dialect(text: str, sizes: Sequence[int]) -> None:
    """Valid documents one after the other need no repair."""
    strict, lenient = run([text], many=True), run(cut(text, sizes), many=True, dialect="lenient")
    assume(strict.error is None)
    assert (lenient.value, lenient.events, lenient.repairs) == (strict.value, strict.events, [])


@given(UNIQUE_KEY_TEXTS, st.integers(0, 10_000))
def test_law_7_a_cut_document_is_truncated(text: str, place: int) -> None:
    """Law 7: text that is incomplete in the strict dialect is truncated in the lenient one."""
    text = text[: place % (len(text) + 1)]
    strict = run([text])
    assume(strict.error is not None and strict.error.code == "truncated")
    assume(text.lstrip("\ufeff \t\r\n")[:1] in tuple('[{"'))
    # Brackets at the end of an open string may close containers, if its quote is missing; then
    # they are not part of the string.
    assume(not text.rstrip().endswith(("}", "]")))
    lenient = run([text], dialect="lenient")
    assert lenient.truncated
    assert not lenient.done
    # The lenient dialect holds back a complete literal until something follows it.
    assert strict.events[:-1] == lenient.events or strict.events == lenient.events
    assert [code for code, _, _ in lenient.repairs] == ["truncated"]
    assert lenient.error is None
    assert grown(parse(text, partial=True), parse(text, dialect="lenient"), lenient.open_path)
