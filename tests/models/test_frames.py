"""Tests of streamparse.models.frames: copies and pickled states."""

from __future__ import annotations

import pickle

import pytest

pytest.importorskip("pydantic")


from streamparse.models.frames import Frame, frame_state, revived_frame
from streamparse.models.shapes import Shape


def frame() -> tuple[Frame, Shape]:
    shape = Shape("list", frozenset({"array"}), "list")
    found = Frame("array", "a", None)
    found.alive, found.owners, found.shape = [shape], [[shape]], shape
    found.typed, found.index, found.text = [1], 1, ["x"]
    return found, shape


def test_a_copy_is_independent() -> None:
    one, _ = frame()
    twin = one.copy()
    twin.typed.append(2)
    twin.owners[0].clear()
    twin.seen.add("k")
    assert (one.typed, len(one.owners[0]), one.seen) == ([1], 1, set())
    assert twin.next_step() == one.next_step() == 1


def test_a_state_restores_the_frame() -> None:
    one, shape = frame()
    state = pickle.loads(pickle.dumps(frame_state(one, {id(shape): 0})))
    again = revived_frame(state, [shape], [])
    for name in (
        "kind",
        "step",
        "slot",
        "alive",
        "owners",
        "shape",
        "typed",
        "index",
        "text",
        "seen",
    ):
        assert getattr(again, name) == getattr(one, name), name
