"""Tests of `SessionParser`: every answer of a session becomes a message."""

from __future__ import annotations

import copy
import json
import pickle
from enum import IntEnum
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import (
    Audio,
    AudioDelta,
    Limits,
    Message,
    MessageParser,
    ProviderEvent,
    SessionParser,
    StreamParseError,
)
from streamparse.errors import LimitError, WireError
from streamparse.session_parser import begins_session
from tests.sessions import (
    STATUS,
    Called,
    Frame,
    Plan,
    Said,
    interaction,
    interleaved,
    laned,
    live,
    realtime,
    several,
)

# For each API a function that writes a list of answers, one after the other.
PROTOCOLS: dict[str, Any] = {
    "openai-realtime": realtime,
    "openai-responses": laned,
    "google-live": live,
    "google-interactions": interaction,
}
each_protocol = pytest.mark.parametrize("api", PROTOCOLS)

ORDER = Plan(
    "r1",
    [Said(["One ", "moment."]), Called("c1", "order", ['{"tea"', ': "mint"}'])],
)
THANKS = Plan("r2", [Said(["Here ", "it is."])])


def frames_of(api: str, plans: list[Plan]) -> list[Frame]:
    return [frame for plan in plans for frame in PROTOCOLS[api](plan)]


def read(api: Any, frames: list[Any], end: str = "finish", **options: Any) -> Any:
    """Return the parser and all its events."""
    parser = SessionParser(api, **options)
    events = [event for frame in frames for event in parser.feed(frame)]
    events += parser.cut() if end == "cut" else parser.finish()
    return parser, events


def shown(message: Message) -> dict[str, Any]:
    """Return the message as data, without its choice, which depends on the rest of the session."""
    return message.to_dict()


def check(message: Message, plan: Plan) -> None:
    """Check that the message is the planned one."""
    assert message.text == plan.text
    calls = [(call.id, call.name, call.arguments) for call in message.tool_calls]
    assert calls == plan.calls
    assert {call.status for call in message.tool_calls} <= {"complete"}
    assert message.status == STATUS[plan.end]


@each_protocol
def test_two_answers_are_two_messages(api: str) -> None:
    parser, events = read(api, frames_of(api, [ORDER, THANKS]))
    first, second = parser.messages
    check(first, ORDER)
    check(second, THANKS)
    assert (first.finish_reason, second.finish_reason) == ("tool_calls", "stop")
    assert parser.message is second
    assert parser.open == []
    assert {message.api for message in parser.messages} == {api}
    for number in (0, 1):
        kinds = [event.type for event in events if getattr(event, "choice", None) == number]
        assert kinds.count("message_started") == kinds.count("message_finished") == 1
        assert kinds[0] == "message_started"


@each_protocol
def test_the_api_is_detected(api: str) -> None:
    frames = frames_of(api, [ORDER, THANKS])
    parser, events = read("auto", frames)
    expected, expected_events = read(api, frames)
    assert parser.api == api
    assert [shown(m) for m in parser.messages] == [shown(m) for m in expected.messages]
    assert events == expected_events


class FrameType(IntEnum):
    TEXT = 1
    BINARY = 2
    PING = 9


class WSMessage(NamedTuple):
    type: FrameType
    data: Any


class SDKEvent:
    def __init__(self, fields: Frame) -> None:
        self.fields = fields

    def model_dump(self, **_: Any) -> Frame:
        return copy.deepcopy(self.fields)


FORMS: dict[str, Any] = {
    "text": json.dumps,
    "bytes": lambda frame: json.dumps(frame).encode(),
    "bytearray": lambda frame: bytearray(json.dumps(frame, ensure_ascii=False).encode()),
    "an event of an SDK": SDKEvent,
    "a text frame": lambda frame: WSMessage(FrameType.TEXT, json.dumps(frame)),
    "a binary frame": lambda frame: WSMessage(FrameType.BINARY, json.dumps(frame).encode()),
    "a batch": lambda frame: {"events": [frame]},
    "a batch as text": lambda frame: json.dumps({"events": [frame]}),
}


@each_protocol
@pytest.mark.parametrize("form", FORMS)
def test_the_forms_of_messages_of_clients(api: str, form: str) -> None:
    frames = frames_of(api, [ORDER, THANKS])
    parser, events = read(api, [FORMS[form](frame) for frame in frames])
    expected, expected_events = read(api, frames)
    assert [shown(m) for m in parser.messages] == [shown(m) for m in expected.messages]
    assert events == expected_events


@pytest.mark.parametrize("empty", ["", b"", " \n", {"events": []}, WSMessage(FrameType.PING, b"")])
def test_an_empty_message_gives_nothing(empty: Any) -> None:
    parser = SessionParser("google-live")
    assert parser.feed(empty) == []
    assert parser.messages == []


def test_a_message_that_is_no_json_is_passed_on() -> None:
    parser = SessionParser("openai-realtime")
    assert parser.feed("hello {") == [ProviderEvent("record", {"text": "hello {"}, None)]
    check_frames = realtime(THANKS)
    for frame in check_frames:
        parser.feed(frame)
    assert parser.messages[0].status == "complete"


@pytest.mark.parametrize("wrong", [7, None, [], object()])
def test_another_type_is_rejected_and_changes_nothing(wrong: Any) -> None:
    parser = SessionParser("openai-realtime")
    for frame in realtime(THANKS):
        with pytest.raises(TypeError):
            parser.feed(wrong)
        parser.feed(frame)
    assert parser.messages[0].status == "complete"


@pytest.mark.parametrize("api", ["openai-chat", "nonsense", 5])
def test_an_api_without_sessions_is_rejected(api: Any) -> None:
    with pytest.raises(ValueError, match="api"):
        SessionParser(api)


def test_no_evidence_of_an_api() -> None:
    parser = SessionParser()
    with pytest.raises(WireError) as caught:
        parser.feed({"events": [{"choices": []}] * 40})
    assert caught.value.code == "unknown_api"
    with pytest.raises(WireError):
        parser.feed({"setupComplete": {}})


def test_no_evidence_until_the_end() -> None:
    parser = SessionParser()
    parser.feed({"hello": 1})
    with pytest.raises(WireError) as caught:
        parser.finish()
    assert caught.value.events == [ProviderEvent("record", {"hello": 1}, None)]


def test_after_the_end() -> None:
    parser, _ = read("openai-realtime", realtime(THANKS))
    assert parser.finish() == parser.cut() == []
    with pytest.raises(StreamParseError) as caught:
        parser.feed(realtime(THANKS)[0])
    assert caught.value.code == "finished"


def test_an_empty_session() -> None:
    parser = SessionParser()
    assert (parser.finish(), parser.messages, parser.open, parser.message) == ([], [], [], None)


def test_more_answers_than_the_limit() -> None:
    parser = SessionParser("openai-realtime", limits=Limits(choices=1))
    for frame in realtime(ORDER):
        parser.feed(frame)
    with pytest.raises(LimitError) as caught:
        parser.feed(realtime(THANKS)[0])
    assert caught.value.code == "choices"
    assert [message.status for message in parser.messages] == ["complete"]


def test_a_message_longer_than_the_limit() -> None:
    parser = SessionParser("openai-realtime", limits=Limits(record=64))
    with pytest.raises(LimitError) as caught:
        parser.feed(json.dumps({"type": "ping", "event_id": "x" * 100}))
    assert caught.value.code == "record_length"


@each_protocol
def test_tools_are_those_of_every_answer(api: str) -> None:
    tool = {"name": "order", "parameters": {"type": "object", "required": ["tea"]}}
    bad = Plan("r2", [Called("c2", "order", ["{}"]), Called("c3", "other", ["{}"])])
    parser, _ = read(api, frames_of(api, [ORDER, bad]), tools=[tool])
    statuses = [[call.status for call in message.tool_calls] for message in parser.messages]
    assert statuses == [["complete"], ["rejected", "rejected"]]


@each_protocol
def test_output_of_every_answer(api: str) -> None:
    plans = [Plan("r1", [Said(['{"n"', ": 1}"])]), Plan("r2", [Said(['{"n": [', "2]}"])])]
    parser, _ = read(api, frames_of(api, plans), output=dict)
    assert [message.output for message in parser.messages] == [{"n": 1}, {"n": [2]}]


@each_protocol
def test_metrics(api: str) -> None:
    times = iter(range(1000))
    parser, events = read(api, frames_of(api, [ORDER, THANKS]), clock=lambda: next(times))
    assert parser.metrics.completed_calls == 1
    assert parser.metrics.events == len(events)


def test_spoken_text_is_text() -> None:
    plan = Plan("r1", [Said(["Good ", "day."], spoken=True)])
    for api in ("openai-realtime", "google-live"):
        parser, events = read(api, frames_of(api, [plan]))
        (message,) = parser.messages
        (part,) = message.content
        assert isinstance(part, Audio)
        assert message.text == part.transcript == "Good day."
        assert part.size == 9
        sounds = [event for event in events if isinstance(event, AudioDelta)]
        assert [sound.size for sound in sounds] == [5, 4]


@each_protocol
def test_history_has_the_text_and_the_calls(api: str) -> None:
    parser, _ = read(api, frames_of(api, [ORDER]))
    history = json.dumps(parser.messages[0].to_history())
    assert "One moment." in history
    assert "mint" in history


def test_a_parser_of_one_answer_keeps_the_first() -> None:
    parser = MessageParser("openai-responses")
    frames = laned(ORDER) + laned(THANKS)
    events = [event for frame in frames for event in parser.feed(frame)] + parser.finish()
    (message,) = parser.messages
    check(message, ORDER)
    passed = [event.name for event in events if isinstance(event, ProviderEvent)]
    assert [frame["type"] for frame in laned(THANKS)] == passed


@each_protocol
def test_copies_and_pickles_continue_independently(api: str) -> None:
    frames = frames_of(api, [ORDER, THANKS])
    expected, _ = read(api, frames)
    for place in range(0, len(frames), 3):
        parser = SessionParser(api)  # type: ignore[arg-type]
        for frame in frames[:place]:
            parser.feed(frame)
        for other in (pickle.loads(pickle.dumps(parser)), copy.deepcopy(parser), copy.copy(parser)):
            for frame in frames[place:]:
                other.feed(frame)
            other.finish()
            assert [shown(m) for m in other.messages] == [shown(m) for m in expected.messages]


def test_an_interrupt_ends_the_parser() -> None:
    times = iter([0.0, 1.0])

    def clock() -> float:
        for time in times:
            return time
        raise KeyboardInterrupt

    def feed_all() -> None:
        for message in realtime(ORDER):
            parser.feed(message)

    parser = SessionParser("openai-realtime", clock=clock)
    with pytest.raises(KeyboardInterrupt):
        feed_all()
    with pytest.raises(StreamParseError) as caught:
        parser.feed(realtime(ORDER)[-1])
    assert caught.value.code == "interrupted"
    assert [message.status for message in parser.messages] == ["truncated"]


@each_protocol
def test_records_that_a_resumed_session_repeats(api: str) -> None:
    frames = [{**frame, "event_id": f"e{at}"} for at, frame in enumerate(frames_of(api, [ORDER]))]
    parser, _ = read(api, [*frames, *frames[1:]])
    numbered = api in ("google-interactions", "openai-responses")
    assert parser.replayed == (len(frames) - 1 if numbered else 0)


def test_tools_that_are_skipped() -> None:
    bad = {"name": "bad", "parameters": {"required": 5}}
    parser = SessionParser(tools=[bad], tools_errors="skip")
    assert list(parser.tool_errors) == ["bad"]
    assert SessionParser().tool_errors == {}


@pytest.mark.parametrize(
    ("line", "begins"),
    [
        (json.dumps(realtime(THANKS)[0]), True),
        (json.dumps({"setupComplete": {}}), True),
        ('{"choices": []}', False),
        ("[1]", False),
        ("data: {", False),
        ("[" * 200_000, False),
    ],
)
def test_the_first_line_of_a_recorded_session(line: str, begins: bool) -> None:
    assert begins_session(line.encode()) is begins


# The laws for random sessions


@each_protocol
@given(data=st.data())
def test_every_answer_is_what_was_planned(api: str, data: st.DataObject) -> None:
    plans = data.draw(several())
    if api == "google-live":  # An empty turn has no messages, and an open one does not end.
        plans = [plan for plan in plans if plan.items and plan.end != "open"]
    parser, _ = read(api, frames_of(api, plans))
    assert len(parser.messages) == len(plans)
    for message, plan in zip(parser.messages, plans, strict=True):
        check(message, plan)


@pytest.mark.parametrize("api", ["openai-realtime", "openai-responses"])
@given(data=st.data())
def test_parallel_answers_do_not_affect_each_other(api: str, data: st.DataObject) -> None:
    plans = data.draw(several())
    write = realtime if api == "openai-realtime" else lambda plan: laned(plan, f"lane-{plan.id}")
    streams = [write(plan) for plan in plans]
    together, events = read(api, data.draw(interleaved(streams)))
    alone = [read(api, stream)[0].messages[0] for stream in streams]
    by_id = {message.id: shown(message) for message in together.messages}
    assert by_id == {message.id: shown(message) for message in alone}
    for number, message in enumerate(together.messages):
        deltas = [e.text for e in events if e.type == "text_delta" and e.choice == number]
        assert "".join(deltas) == message.text


@each_protocol
@given(data=st.data())
def test_a_truncated_session_completes_only_what_the_whole_one_completes(
    api: str, data: st.DataObject
) -> None:
    frames = frames_of(api, data.draw(several()))
    whole, _ = read(api, frames)
    place = data.draw(st.integers(0, len(frames)))
    parser, _ = read(api, frames[:place], data.draw(st.sampled_from(("cut", "finish"))))
    assert parser.open == []
    for message, final in zip(parser.messages, whole.messages, strict=False):
        assert message.status != "in_progress"
        assert final.text.startswith(message.text)
        for call, later in zip(message.tool_calls, final.tool_calls, strict=False):
            assert call.status in ("complete", "truncated")
            if call.status == "complete":
                assert (call.id, call.arguments) == (later.id, later.arguments)
        if message.status == "complete":
            assert shown(message) == shown(final)


@each_protocol
@given(data=st.data())
def test_batches_and_forms_change_nothing(api: str, data: st.DataObject) -> None:
    frames = frames_of(api, data.draw(several()))
    expected, _ = read(api, frames)
    feeds: list[Any] = []
    place = 0
    while place < len(frames):
        size = data.draw(st.integers(1, 4))
        batch = {"events": frames[place : place + size]}
        feeds.append(json.dumps(batch) if data.draw(st.booleans()) else batch)
        place += size
    parser, _ = read(api, feeds)
    assert [shown(m) for m in parser.messages] == [shown(m) for m in expected.messages]


def test_attributes_and_repr() -> None:
    parser = SessionParser("openai-realtime")
    assert repr(parser) == "<SessionParser api='openai-realtime', 0 messages, 0 open>"
