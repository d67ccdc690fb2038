"""Tests of streamparse._core.guard: after a refusal the value grows on, in silence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streamparse._core.builder import Builder
from streamparse._core.guard import Guard
from streamparse._core.machine import Machine
from streamparse._core.sink import Validator
from streamparse.errors import SchemaViolation
from tests.helpers import cut, loads, merge_deltas, same
from tests.strategies import JSON_TEXTS, SIZES


class RefusesAt(Validator):
    """Refuses whatever character `place` decides."""

    def __init__(self, place: int) -> None:
        super().__init__()
        self.place = place

    def see(self, offset: int, length: int = 1) -> None:
        if offset + length > self.place:
            place = max(offset, self.place)
            raise SchemaViolation("no", code="type", offset=place)

    def start_object(self, offset: int) -> None:
        self.see(offset)

    start_array = start_string = start_key = end = end_string = end_key = start_object

    def start_scalar(self, kind: str, offset: int) -> None:
        self.see(offset)

    def scalar(self, value: object, offset: int) -> None:
        self.see(offset)

    def text(self, text: str, offset: int) -> None:
        self.see(offset, len(text))

    key_text = text


def run(pieces: Sequence[Any], judge: Validator | None) -> tuple[Guard, list[Any]]:
    events: list[Any] = []
    builder = Builder()
    builder.events = events
    guard = Guard(judge, builder)
    machine = Machine(guard)
    for piece in pieces:
        machine.feed(piece)
    machine.finish()
    return guard, events


@given(JSON_TEXTS, SIZES, st.integers(0, 40))
def test_the_value_grows_and_the_events_stop(text: str, sizes: list[int], place: int) -> None:
    """Law 1 for what is said before the refusal; the value is that of the whole document."""
    guard, events = run(cut(text, sizes), RefusesAt(place))
    whole, all_events = run([text], RefusesAt(place))
    assert same(guard.builder.value, loads(text))
    assert merge_deltas(events) == merge_deltas(all_events)
    one, other = guard.refusal, whole.refusal
    assert (one and one.offset) == (other and other.offset)
    assert (one is None) == (guard.judge is not None)


@given(JSON_TEXTS)
def test_without_a_judge(text: str) -> None:
    guard, events = run([text], None)
    assert same(guard.builder.value, loads(text))
    assert len(events) > 0
    guard.silence()
    assert guard.builder.events is guard.unseen == []
