"""Tests of the event classes of messages: matching, comparing, printing, copying, pickling."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any, get_args

import pytest

from streamparse import message_events
from streamparse.errors import JSONSyntaxError, ProviderError
from streamparse.message import Message, ServerToolResult, ToolCall, Usage
from streamparse.message_events import (
    AnyMessageEvent,
    AnySessionEvent,
    ArgumentCompleted,
    ArgumentDelta,
    ArgumentReporter,
    ArgumentStarted,
    AudioDelta,
    InputCompleted,
    InputDelta,
    MessageEvent,
    MessageFailed,
    MessageFinished,
    MessageStarted,
    OutputCompleted,
    OutputDelta,
    OutputRejected,
    OutputReporter,
    OutputStarted,
    ProviderEvent,
    ReasoningDelta,
    RefusalDelta,
    ServerToolCompleted,
    TextDelta,
    ToolCallCompleted,
    ToolCallDelta,
    ToolCallRejected,
    ToolCallStarted,
    ToolCallTruncated,
    UsageUpdated,
)


def a_call(name: str = "water") -> ToolCall:
    call = ToolCall(1)
    call.id, call.name = "call-1", name
    call.arguments_text = "{"
    return call


CALL = a_call()
NAMING = {"index": 1, "id": "call-1", "name": "water"}
ERROR = JSONSyntaxError("a key must come here", code="expected_key", offset=1)
FAILURE = ProviderError("overloaded", data={"code": 5})
PLAIN_ERROR = {
    "type": "JSONSyntaxError",
    "code": "expected_key",
    "message": "a key must come here",
    "offset": 1,
    "path": [],
}

RESULT = ServerToolResult("s-1", "web_search", [{"url": "https://example.org"}])

# Each event with the members of its `to_dict()` besides `type` and `choice`.
CASES: list[tuple[Any, dict[str, Any]]] = [
    (MessageStarted("m-1", "tiny"), {"id": "m-1", "model": "tiny"}),
    (MessageStarted(None, None), {"id": None, "model": None}),
    (TextDelta("hé"), {"text": "hé"}),
    (ReasoningDelta("so"), {"text": "so"}),
    (RefusalDelta("no"), {"text": "no"}),
    (ToolCallStarted(CALL), {"call": NAMING}),
    (ToolCallDelta(CALL, "{"), {"call": NAMING, "text": "{"}),
    (ArgumentStarted(CALL, ("a", 0), "array"), {"call": NAMING, "path": ["a", 0], "kind": "array"}),
    (ArgumentDelta(CALL, ("a",), "x"), {"call": NAMING, "path": ["a"], "text": "x"}),
    (ArgumentCompleted(CALL, (), {"a": []}), {"call": NAMING, "path": [], "value": {"a": []}}),
    (ToolCallCompleted(CALL), {"call": CALL.to_dict()}),
    (ToolCallRejected(CALL, ERROR), {"call": CALL.to_dict(), "error": PLAIN_ERROR}),
    (ToolCallTruncated(CALL), {"call": CALL.to_dict()}),
    (ServerToolCompleted(RESULT), {"result": RESULT.to_dict()}),
    (OutputStarted((), "object"), {"path": [], "kind": "object"}),
    (OutputDelta(("a",), "x"), {"path": ["a"], "text": "x"}),
    (OutputCompleted(("a",), 1.5), {"path": ["a"], "value": 1.5}),
    (OutputRejected(ERROR), {"error": PLAIN_ERROR}),
    (UsageUpdated(Usage(1, 0)), {"usage": Usage(1, 0).to_dict()}),
    (ProviderEvent("ping", {"a": [1]}), {"name": "ping", "data": {"a": [1]}}),
    (AudioDelta("i-1", 3, "AAAA"), {"item": "i-1", "size": 3, "data": "AAAA"}),
    (MessageFinished(Message()), {"message": Message().to_dict()}),
    (
        MessageFailed(Message(), FAILURE),
        {
            "message": Message().to_dict(),
            "error": {
                "type": "ProviderError",
                "code": "provider_error",
                "message": "overloaded",
                "offset": 0,
                "path": [],
            },
        },
    ),
]
EVENTS = [event for event, _ in CASES]
each_event = pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)


def again(event: Any, **changes: Any) -> Any:
    """Return a copy of the event that is made by keywords, with some fields changed."""
    fields = {name: getattr(event, name) for name in (*event.__match_args__, "choice")}
    return type(event)(**(fields | changes))


def test_every_event_is_among_the_cases() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(AnyMessageEvent))
    exported = {getattr(message_events, name) for name in message_events.__all__}
    inputs = {InputCompleted, InputDelta}
    assert set(get_args(AnySessionEvent)) == {*get_args(AnyMessageEvent), *inputs}
    bases = {AnyMessageEvent, AnySessionEvent, MessageEvent}
    assert exported == {*get_args(AnySessionEvent), *bases}


def described(event: object) -> str:
    match event:
        case TextDelta(text):
            return f"text {text!r}"
        case ToolCallDelta(ToolCall(name=str(name)), text):
            return f"{text!r} for {name}"
        case ArgumentCompleted(ToolCall(index=1), ("a", int(item)), value):
            return f"item {item} is {value!r}"
        case MessageFailed(Message(status=status), ProviderError(message=message)):
            return f"{status}: {message}"
        case ToolCallCompleted(choice=choice):
            return f"a call of choice {choice}"
    return "something else"


def test_positional_match() -> None:
    assert described(TextDelta("hi")) == "text 'hi'"
    assert described(ToolCallDelta(CALL, "{")) == "'{' for water"
    assert described(ArgumentCompleted(CALL, ("a", 3), [True])) == "item 3 is [True]"
    assert described(MessageFailed(Message(), FAILURE)) == "in_progress: overloaded"
    assert described(ToolCallCompleted(CALL, 4)) == "a call of choice 4"
    assert described("text") == "something else"


@each_event
def test_the_fields_match_in_the_order_of_the_constructor(event: Any) -> None:
    values = [getattr(event, name) for name in event.__match_args__]
    assert type(event)(*values) == event
    assert type(event)(*values, 3).choice == 3
    assert again(event) == event


@pytest.mark.parametrize("first", range(len(EVENTS)))
def test_equality(first: int) -> None:
    for second, other in enumerate(EVENTS):
        assert (EVENTS[first] == other) is (first == second)
        assert (EVENTS[first] != other) is (first != second)


OTHER_VALUES: dict[str, Any] = {
    "item": "i-2",
    "result": ServerToolResult("other"),
    "size": 4,
    "id": "other",
    "model": "other",
    "text": "other",
    "call": a_call("other"),
    "path": ("other",),
    "kind": "string",
    "value": "other",
    "error": ProviderError("other"),
    "usage": Usage(7),
    "name": "other",
    "data": "other",
    "message": Message(1),
    "choice": 2,
}


@each_event
def test_every_field_counts(event: Any) -> None:
    for name in (*event.__match_args__, "choice"):
        assert again(event, **{name: OTHER_VALUES[name]}) != event, name


@each_event
def test_equality_with_anything_else(event: Any) -> None:
    class Same:
        def __eq__(self, other: object) -> bool:
            return True

    assert event != event.to_dict()
    assert event != None  # noqa: E711
    assert event == Same(), "the other operand's __eq__ is called"


@each_event
def test_unhashable(event: object) -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(event)


def test_repr() -> None:
    assert repr(TextDelta("é\n")) == "TextDelta(text='é\\n')"
    assert repr(TextDelta("a", 2)) == "TextDelta(text='a', choice=2)"
    assert repr(MessageStarted("m", None)) == "MessageStarted(id='m', model=None)"
    assert repr(ToolCallDelta(CALL, "{")) == f"ToolCallDelta(call={CALL!r}, text='{{')"
    assert repr(OutputCompleted((), 1)) == "OutputCompleted(path=(), value=1)"


@each_event
def test_repr_names_the_fields(event: Any) -> None:
    shown = repr(again(event, choice=7))
    assert shown.startswith(f"{type(event).__name__}(")
    assert shown.endswith("choice=7)")
    assert all(f"{name}=" in shown for name in event.__match_args__)


@each_event
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(event: Any, protocol: int) -> None:
    event = again(event, choice=3)
    twin = pickle.loads(pickle.dumps(event, protocol))
    assert type(twin) is type(event)
    assert twin.to_dict() == event.to_dict()
    if not isinstance(getattr(event, "error", None), Exception):  # They compare by identity.
        assert twin == event


@each_event
def test_copy(event: Any) -> None:
    for twin in (copy.copy(event), copy.deepcopy(event)):
        assert twin.to_dict() == event.to_dict()
        assert twin is not event


def test_events_pickled_together_share_their_call() -> None:
    events = [ToolCallStarted(CALL), ToolCallDelta(CALL, "{"), ToolCallTruncated(CALL)]
    twins = pickle.loads(pickle.dumps(events))
    assert twins == events
    assert twins[0].call is twins[1].call is twins[2].call


@pytest.mark.parametrize("kind", [ArgumentCompleted, OutputCompleted, ProviderEvent])
@pytest.mark.parametrize("depth", [400, 990])
def test_deep_values_pickle(kind: Any, depth: int) -> None:
    deep: Any = 1
    for _ in range(depth):
        deep = [deep]
    fields = {"call": CALL, "path": (), "value": deep, "name": "n", "data": deep}
    event = kind(**{name: fields[name] for name in kind.__match_args__})
    for twin in (pickle.loads(pickle.dumps(event)), copy.deepcopy(event)):
        value = twin.data if kind is ProviderEvent else twin.value
        for _ in range(depth):
            [value] = value
        assert value == 1


@each_event
def test_type_is_the_name_in_snake_case(event: Any) -> None:
    words = event.type.split("_")
    assert "".join(word.capitalize() for word in words) == type(event).__name__
    assert type(event).type == event.type


@pytest.mark.parametrize(("event", "fields"), CASES, ids=[event.type for event in EVENTS])
def test_to_dict(event: Any, fields: dict[str, Any]) -> None:
    plain = again(event, choice=1).to_dict()
    assert plain == {"type": event.type, "choice": 1, **fields}
    assert json.loads(json.dumps(plain)) == plain
    assert list(plain)[:2] == ["type", "choice"]


def test_choice_is_0_by_default() -> None:
    assert all(event.choice == 0 for event in EVENTS)


def test_an_event_without_an_answer() -> None:
    event = ProviderEvent("ping", {}, None)
    assert event.to_dict() == {"type": "provider_event", "choice": None, "name": "ping", "data": {}}
    assert event != ProviderEvent("ping", {})
    assert repr(event) == "ProviderEvent(name='ping', data={}, choice=None)"
    assert pickle.loads(pickle.dumps(event)) == event


@pytest.mark.parametrize("event", [InputDelta("u-1", "So"), InputCompleted(None, "So it is.")])
def test_an_event_of_the_user(event: InputDelta | InputCompleted) -> None:
    assert event.to_dict() == {"type": event.type, "item": event.item, "text": event.text}
    assert pickle.loads(pickle.dumps(event)) == event == copy.deepcopy(event)
    assert event != TextDelta(event.text)
    assert "choice" not in repr(event)


def test_reporters() -> None:
    argument = ArgumentReporter(CALL, 1)
    assert argument.started((), "object") == ArgumentStarted(CALL, (), "object", 1)
    assert argument.delta(("a",), "x") == ArgumentDelta(CALL, ("a",), "x", 1)
    assert argument.completed((0,), 5) == ArgumentCompleted(CALL, (0,), 5, 1)
    output = OutputReporter(2)
    assert output.started((), "array") == OutputStarted((), "array", 2)
    assert output.delta((0,), "x") == OutputDelta((0,), "x", 2)
    assert output.completed((), []) == OutputCompleted((), [], 2)


def test_events_with_deep_and_huge_values_print_and_compare() -> None:
    def made(value: Any) -> list[Any]:
        return [
            ArgumentCompleted(ToolCall(), ("a",), value),
            OutputCompleted((), value),
            ProviderEvent("x", value),
            UsageUpdated(Usage(raw={"a": value})),
        ]

    def deep() -> Any:
        value: Any = 1
        for _ in range(5000):
            value = [value]
        return value

    assert made(deep()) == made(deep())
    assert made(deep()) != made([deep()])
    for event in [*made(deep()), *made(10**5000)]:
        assert repr(event).startswith(type(event).__name__)
