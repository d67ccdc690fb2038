"""Tests of streamparse.frontends.runs: interrupts, state, activities, steps, order of calls."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamparse import MessageParser, ProviderEvent
from streamparse.frontends import AGUIEvents
from streamparse.frontends.patches import PatchApplier
from tests.clients import raw_state
from tests.frontends.test_ag_ui import arguments, kinds, only
from tests.helpers import cut
from tests.messages import call_chunk, chunk, run_parser, sse, text_chunk
from tests.strategies import SIZES

STOP = chunk({}, "stop")


def test_other_interrupts() -> None:
    run = AGUIEvents("t", "r")
    parser, events, _ = run_parser([sse([call_chunk("{}", id="c0", name="f"), STOP])])
    records = run.encode(events)
    assert (
        run.interrupt("input_required", message="Which port?", call=parser.message.tool_calls[0])
        == []
    )
    run.interrupt("confirmation", id="i", expires_at="2030-01-01T00:00:00Z")
    records += run.finish()
    state = raw_state(agui=run.to_sse(records))["agui"]
    first = {"id": "r-interrupt-1", "reason": "input_required", "message": "Which port?"}
    assert state["interrupts"] == [
        {**first, "toolCallId": "c0"},
        {"id": "i", "reason": "confirmation", "expiresAt": "2030-01-01T00:00:00Z"},
    ]


def test_state_activities_and_steps() -> None:
    run = AGUIEvents("t", "r")
    events = run.state({"n": 1})
    events += run.state_delta([{"op": "replace", "path": "/n", "value": 2}])
    events += run.data("PLAN", {"steps": ["a"]}, id="plan")
    events += run.activity_delta("PLAN", "plan", [{"op": "add", "path": "/steps/1", "value": "b"}])
    events += run.step_started("look") + run.step_started("think")
    with pytest.raises(ValueError, match="open already"):
        run.step_started("look")
    events += run.step_finished("look")
    with pytest.raises(ValueError, match="no step"):
        run.step_finished("look")
    _, answer, _ = run_parser([sse([text_chunk("Hi"), STOP])])
    events += run.encode(answer) + run.finish()
    assert kinds(events)[-2:] == ["STEP_FINISHED", "RUN_FINISHED"]
    found = raw_state(agui=run.to_sse(events))["agui"]
    assert found["state"] == {"n": 2}
    [plan] = [one for one in found["messages"] if one["role"] == "activity"]
    assert plan["content"] == {"steps": ["a", "b"]}
    _, passed, error = run_parser([run.to_sse(events)], "auto")
    assert error is None
    names = [one.name for one in passed if isinstance(one, ProviderEvent)]
    assert {"STATE_SNAPSHOT", "STATE_DELTA", "ACTIVITY_DELTA", "STEP_FINISHED"} <= set(names)


TRIP = '{"city": "Paris \\u00e9", "days": [{"n": 1}, {"n": 2, "do": ["walk", "eat"]}], "ok": true}'


@pytest.mark.parametrize(("place", "before"), [("", None), ("/trip/now", {"trip": {}})])
@given(sizes=SIZES, batch=st.integers(1, 5))
@settings(max_examples=20)
def test_the_output_is_the_state(place: str, before: Any, sizes: Any, batch: int) -> None:
    """Operations of RFC 6902 alone keep the state equal to the output."""
    run = AGUIEvents("t", "r", output_state=place)
    pieces = cut(TRIP, sizes)
    parser = MessageParser("openai-chat", output={"type": "object"})
    state: Any = before
    records: list[Any] = [] if before is None else run.state(before)
    feeds = [parser.feed(text_chunk(piece)) for piece in pieces if piece]
    feeds += [parser.feed(STOP), parser.finish()]
    events = [event for some in feeds for event in some]
    for start in range(0, len(events), batch):
        records += run.encode(events[start : start + batch])
    records += run.finish()
    for record in only(records, "STATE_DELTA"):
        for operation in record["delta"]:
            assert operation["op"] in ("add", "replace")
            assert operation["path"].startswith(place)
        applier = PatchApplier(state)
        applier.apply(record["delta"])
        state = applier.value
    shown = state if before is None else state["trip"]["now"]
    assert shown == json.loads(TRIP)
    assert kinds(records)[-1] == "RUN_FINISHED"


def test_the_client_has_the_output_as_its_state() -> None:
    run = AGUIEvents("t", "r", output_state="")
    records = [text_chunk(piece) for piece in cut(TRIP, [3])]
    _, events, _ = run_parser([sse([*records, STOP])], output={"type": "object"})
    sent = [record for event in events for record in run.encode([event])] + run.finish()
    assert raw_state(agui=run.to_sse(sent))["agui"]["state"] == json.loads(TRIP)


def test_an_invalid_place() -> None:
    with pytest.raises(ValueError, match="JSON pointer"):
        AGUIEvents("t", "r", output_state="trip")


def test_one_call_at_a_time() -> None:
    records = [
        call_chunk('{"a"', index=0, id="c0", name="f"),
        call_chunk('{"b"', index=1, id="c1", name="g"),
        call_chunk(": 1}", index=0),
        call_chunk(": 2}", index=1),
        chunk({}, "tool_calls"),
    ]
    _, events, _ = run_parser([sse(records)])
    plain, run = AGUIEvents("t", "r"), AGUIEvents("t", "r", one_call_at_a_time=True)
    mixed = [record for event in events for record in plain.encode([event])] + plain.finish()
    sent = [record for event in events for record in run.encode([event])] + run.finish()
    begun = [(one["type"][10:], one["toolCallId"]) for one in sent if "TOOL_CALL" in one["type"]]
    assert [one for one in begun if one[0] != "ARGS"] == [
        *(("START", "c0"), ("END", "c0"), ("START", "c1"), ("END", "c1"))
    ]
    assert arguments(sent) == '{"a":1}{"b":2}'
    assert sent[-1] == mixed[-1]


def test_one_call_at_a_time_when_the_answer_is_cut() -> None:
    records = [call_chunk("{", index=0, id="c0", name="f"), call_chunk("{", index=1, name="g")]
    _, events, _ = run_parser([sse(records, done=False)])
    run = AGUIEvents("t", "r", one_call_at_a_time=True)
    sent = run.encode(events) + run.finish()
    assert kinds(sent).count("TOOL_CALL_START") == 2
    assert kinds(sent)[-1] == "RUN_ERROR"
    half = AGUIEvents("t", "r", one_call_at_a_time=True)
    half.encode(events[:3])
    assert kinds(half.abort())[-1] == "RUN_ERROR"
