"""Tests of the event classes: plain values that match, compare, print, copy and pickle."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

from streamparse._core.events import StringDelta, ValueCompleted, ValueStarted

EVENTS: list[Any] = [
    ValueStarted((), "object"),
    ValueStarted(("a", 0), "string"),
    StringDelta(("a", 0), "piece"),
    ValueCompleted((), None),
    ValueCompleted(("a",), 1.5),
    ValueCompleted(("a",), "text"),
    ValueCompleted((3, "k"), {"b": [1, {}, []]}),
    ValueCompleted((), [[], "x"]),
]


def nested(depth: int) -> Any:
    value: Any = {}
    for at in range(depth):
        value = [value] if at % 2 else {"in": value}
    return value


def depth_of(value: Any) -> int:
    """Return the number of containers around the innermost one."""
    depth = 0
    while value:
        value = value[0] if isinstance(value, list) else value["in"]
        depth += 1
    return depth


def described(event: object) -> str:
    match event:
        case ValueStarted(path, kind):
            return f"{kind} at {path}"
        case StringDelta(path, text):
            return f"{text!r} more at {path}"
        case ValueCompleted(path, value):
            return f"{value!r} whole at {path}"
    return "something else"


def test_positional_match() -> None:
    assert described(ValueStarted(("a",), "array")) == "array at ('a',)"
    assert described(StringDelta((0,), "x")) == "'x' more at (0,)"
    assert described(ValueCompleted((), [1])) == "[1] whole at ()"
    assert described(()) == "something else"


def test_match_inside_a_pattern() -> None:
    match ValueCompleted(("users", 3, "name"), "Ada"):
        case ValueCompleted(("users", int(index), "name"), str(name)):
            found = (index, name)
    assert found == (3, "Ada")


def test_match_by_name() -> None:
    match StringDelta(("a",), "x"):
        case StringDelta(text=text, path=path):
            assert (text, path) == ("x", ("a",))


def test_arguments_by_name() -> None:
    assert ValueStarted(path=(1,), kind="object") == ValueStarted((1,), "object")
    assert StringDelta(text="x", path=()) == StringDelta((), "x")
    assert ValueCompleted(value=2, path=()) == ValueCompleted((), 2)


@pytest.mark.parametrize("first", range(len(EVENTS)))
def test_equality(first: int) -> None:
    for second, other in enumerate(EVENTS):
        assert (EVENTS[first] == other) is (first == second)
        assert (EVENTS[first] != other) is (first != second)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ValueStarted((), "object"), ValueStarted((), "array")),
        (ValueStarted((0,), "object"), ValueStarted((1,), "object")),
        (ValueStarted((0,), "object"), ValueStarted(("0",), "object")),
        (StringDelta((), "a"), StringDelta((), "b")),
        (StringDelta((), "a"), StringDelta(("a",), "a")),
        (ValueCompleted((), 1), ValueCompleted((), 2)),
        (ValueCompleted((), 1), ValueCompleted((1,), 1)),
    ],
)
def test_every_field_counts(one: object, other: object) -> None:
    assert one != other


def test_equality_with_anything_else() -> None:
    class Same:
        def __eq__(self, other: object) -> bool:
            return True

    for event in EVENTS:
        assert event != (event.path, "object")
        assert event != None  # noqa: E711
        assert event == Same(), "the other operand's __eq__ is called"


@pytest.mark.parametrize("event", EVENTS, ids=repr)
def test_unhashable(event: object) -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(event)


@pytest.mark.parametrize("event", EVENTS, ids=repr)
def test_repr_reads_back(event: object) -> None:
    assert eval(repr(event)) == event


def test_repr() -> None:
    assert repr(ValueStarted(("a", 0), "string")) == "ValueStarted(path=('a', 0), kind='string')"
    assert repr(StringDelta((), "é\n")) == "StringDelta(path=(), text='é\\n')"
    assert repr(ValueCompleted((1,), {"a": None})) == (
        "ValueCompleted(path=(1,), value={'a': None})"
    )


@pytest.mark.parametrize("event", EVENTS, ids=repr)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(event: object, protocol: int) -> None:
    again = pickle.loads(pickle.dumps(event, protocol))
    assert type(again) is type(event)
    assert again == event


@pytest.mark.parametrize("event", EVENTS, ids=repr)
def test_copy(event: Any) -> None:
    for again in (copy.copy(event), copy.deepcopy(event)):
        assert again == event
        assert again is not event


def test_a_deep_copy_shares_no_container() -> None:
    event = ValueCompleted((), {"a": [1]})
    again = copy.deepcopy(event)
    event.value["a"].append(2)
    assert again.value == {"a": [1]}


@pytest.mark.parametrize("depth", [999, 1000, 1001, 20_000])
def test_deep_values_pickle_and_copy(depth: int) -> None:
    event = ValueCompleted(("x",), nested(depth))
    for again in (pickle.loads(pickle.dumps(event)), copy.copy(event), copy.deepcopy(event)):
        assert again.path == ("x",)
        assert depth_of(again.value) == depth


def test_several_events_in_one_pickle() -> None:
    assert pickle.loads(pickle.dumps(EVENTS)) == EVENTS


def test_type() -> None:
    assert ValueStarted.type == ValueStarted((), "object").type == "value_started"
    assert StringDelta.type == StringDelta((), "x").type == "string_delta"
    assert ValueCompleted.type == ValueCompleted((), 0).type == "value_completed"


def test_to_dict() -> None:
    assert ValueStarted(("a", 0), "array").to_dict() == {
        "type": "value_started",
        "path": ["a", 0],
        "kind": "array",
    }
    assert StringDelta((), "x").to_dict() == {"type": "string_delta", "path": [], "text": "x"}
    assert ValueCompleted((1,), {"a": 1}).to_dict() == {
        "type": "value_completed",
        "path": [1],
        "value": {"a": 1},
    }


@pytest.mark.parametrize("event", EVENTS, ids=repr)
def test_to_dict_is_json(event: Any) -> None:
    plain = event.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert list(plain)[:2] == ["type", "path"]


def test_to_dict_of_a_completed_value_holds_the_value_itself() -> None:
    value = [1]
    assert ValueCompleted((), value).to_dict()["value"] is value
