"""Tests of `Room`, which counts how much a message keeps."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse._core.room import Room, check_name
from streamparse.errors import LimitError
from streamparse.limits import Limits


def code_of(call: Any, *arguments: Any) -> str:
    with pytest.raises(LimitError) as caught:
        call(*arguments)
    return caught.value.code


def test_text_is_cut_at_the_limit() -> None:
    room = Room(Limits(content=5))
    assert [room.fitting(text) for text in ("abc", "def", "g", "")] == ["abc", "de", "", ""]
    assert room.passed().offset == 5


def test_values_are_counted_whole_or_not_at_all() -> None:
    room = Room(Limits(content=10))
    room.keep("abcd")
    assert code_of(room.keep, {"a": "bcdefgh"}) == "content"
    assert room.left == 6
    room.give_back(4)
    room.keep("abcdefghij")
    assert code_of(room.take, 1) == "content"


def test_a_replaced_value_no_longer_counts() -> None:
    room = Room(Limits(content=10))
    holder: dict[str, Any] = {}
    for _ in range(5):
        room.put(holder, "a", "12345678")
    assert holder == {"a": "12345678"}
    assert code_of(room.put, holder, "b", "12345678") == "content"
    assert "b" not in holder


def test_parts_and_names() -> None:
    content: list[Any] = []
    room = Room(Limits(parts=2))
    room.enter(content, "one")
    room.enter(content, "two")
    assert code_of(room.enter, content, "three") == "parts"
    assert content == ["one", "two"]
    check_name("abc", Limits(name=3))
    assert code_of(check_name, "abcd", Limits(name=3)) == "name"


def test_lift_removes_the_bounds() -> None:
    room = Room(Limits(content=0))
    room.lift()
    assert room.fitting("abc") == "abc"
