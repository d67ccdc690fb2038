"""Tests of streamparse.frontends.front_end: records that a server adds to those of an answer.

The npm clients read the records, and our wires read them back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from streamparse import AnyMessageEvent, MessageParser, ServerToolResult, StreamParseError
from streamparse.frontends import (
    AGUIEvents,
    DataStream,
    UIMessageStream,
    from_ag_ui,
    from_ui_messages,
)
from tests.clients import raw_state
from tests.messages import call_chunk, chunk, run_parser, sse, text_chunk

MAKERS = [lambda: UIMessageStream(message_id="m"), lambda: AGUIEvents("t", "r")]
BOTH = pytest.mark.parametrize("make", MAKERS, ids=["ui", "agui"])


def asked(*names: str) -> tuple[Any, list[AnyMessageEvent]]:
    """Return an answer with a text and a call of each of these tools."""
    records = [text_chunk("Wait.")]
    records += [
        call_chunk('{"a": 1}', index=index, id=f"c{index}", name=name)
        for index, name in enumerate(names)
    ]
    parser, events, _ = run_parser([sse([*records, chunk({}, "tool_calls")])])
    return parser.message, events


def kinds(records: Iterable[Any]) -> list[str]:
    return [record["type"] for record in records]


def read(encoder: Any, records: list[Any]) -> tuple[Any, list[Any]]:
    parser, events, error = run_parser([encoder.to_sse(records)], "auto")
    assert error is None
    return parser.message, [
        one for one in events if one.type == "provider_event" and one.name != "threadId"
    ]


def approvals(encoder: Any) -> list[Any]:
    """Return the records of a call approved and run, one denied, and one without an answer."""
    message, events = asked("send", "drop", "wait")
    records = encoder.encode(events)
    send, drop, wait = message.tool_calls
    for call in (send, drop, wait):
        records += encoder.request_approval(call, reason=f"{call.name}?")
    records += encoder.answer_approval("c0-approval", True)
    records += encoder.tool_output(send, {"n": 1}, preliminary=True)
    records += encoder.tool_output(send, {"n": 2})
    records += encoder.tool_denied(drop, "never")
    return [*records, *encoder.finish()]


def test_approvals_in_the_ai_sdk() -> None:
    ui = UIMessageStream(message_id="m")
    records = approvals(ui)
    [message] = raw_state(ui=ui.to_sse(records))["ui"]["messages"]
    send, drop, wait = (one for one in message["parts"] if one["type"].startswith("tool-"))
    assert (send["state"], send["output"]) == ("output-available", {"n": 2})
    assert send["approval"] == {"id": "c0-approval", "requestReason": "send?", "approved": True}
    assert drop["state"] == "output-denied"
    assert drop["approval"]["approved"] is False
    assert drop["approval"]["reason"] == "never"
    assert wait["state"] == "approval-requested"
    history = from_ui_messages([message], "openai-chat")
    assert [call["id"] for call in history[0]["tool_calls"]] == ["c0", "c1"]
    assert "never" in history[2]["content"]

    back, passed = read(ui, records)
    assert [one.name for one in passed].count("tool-approval-request") == 3
    [mine] = back.to_history()
    assert [
        (one["state"], one.get("approval"))
        for one in mine["parts"]
        if one["type"].startswith("tool-")
    ] == [(one["state"], one.get("approval")) for one in (send, drop, wait)]


def test_the_page_answers_an_approval() -> None:
    """The answers are in the next request, whose stream continues the message of the page."""
    call = {"toolCallId": "c0", "input": {}, "state": "approval-responded"}
    yes = {**call, "type": "tool-send", "approval": {"id": "1", "approved": True}}
    denied = {"id": "2", "approved": False, "reason": "no"}
    no = {**call, "type": "tool-drop", "toolCallId": "c1", "approval": denied}
    history = from_ui_messages([{"role": "assistant", "parts": [yes, no]}], "openai-chat")
    assert [call["id"] for call in history[0]["tool_calls"]] == ["c1"]
    assert "denied: no" in history[1]["content"]
    ui = UIMessageStream()
    assert ui.tool_output("c0", 3)[-1] == {
        **{"type": "tool-output-available", "toolCallId": "c0", "output": 3}
    }
    assert ui.tool_denied("c1") == [{"type": "tool-output-denied", "toolCallId": "c1"}]
    run = AGUIEvents("t", "r")
    assert kinds(run.tool_error("c0", "no")) == ["RUN_STARTED", "TOOL_CALL_RESULT"]


def test_approvals_in_ag_ui_are_interrupts() -> None:
    run = AGUIEvents("t", "r")
    records = approvals(run)
    state = raw_state(agui=run.to_sse(records))["agui"]
    assert [(one["id"], one["toolCallId"], one["reason"]) for one in state["interrupts"]] == [
        ("c2-approval", "c2", "tool_call")
    ]
    assert state["interrupts"][0]["responseSchema"]["required"] == ["approved"]
    results = {
        one["toolCallId"]: one["content"] for one in state["messages"] if one["role"] == "tool"
    }
    assert results == {"c0": '{"n":2}', "c1": "never"}
    assert [name for name, _ in state["custom"]] == [
        "tool_approval",
        "tool_output",
        "tool_approval",
    ]
    back, _ = read(run, records)
    assert (back.finish_reason, back.status) == ("paused", "complete")
    assert back.extra["outcome"]["interrupts"] == state["interrupts"]
    denied = [part for part in back.content if isinstance(part, ServerToolResult)][1]
    assert denied.extra["denied"] is True


@BOTH
def test_reset_discards_an_answer(make: Any) -> None:
    """The page shows only the second answer. In AG-UI a record lists the messages to remove."""
    encoder = make()
    records = encoder.reset()
    _, events = asked("f")
    records += encoder.encode(events[:-2])  # a call is open
    records += encoder.reset()
    _, events, _ = run_parser([sse([text_chunk("Better."), chunk({}, "stop")])])
    records += encoder.encode(events) + encoder.finish()
    if isinstance(encoder, UIMessageStream):
        state = raw_state(ui=encoder.to_sse(records))["ui"]
        [message] = state["messages"]
        assert [part["type"] for part in message["parts"]] == ["step-start", "text"]
        assert message["parts"][1]["text"] == "Better."
        assert (state["errors"], state["finished"]) == ([], ["stop"])
    else:
        state = raw_state(agui=encoder.to_sse(records))["agui"]
        [reset] = [value for name, value in state["custom"] if name == "answer_reset"]
        assert reset["toolCallIds"] == ["c0"]
        kept = [one for one in state["messages"] if one["id"] not in reset["messageIds"]]
        assert [one["content"] for one in kept if one["role"] == "assistant"] == ["Better."]
        assert state["end"]["outcome"] == "success"
    back, passed = read(encoder, records)
    assert back.text.endswith("Better.")
    assert {"reset-step", "answer_reset"} & {one.name for one in passed}


ALL = pytest.mark.parametrize(
    "make",
    [
        UIMessageStream,
        DataStream,
        lambda: AGUIEvents("t", "r"),
        lambda: AGUIEvents("t", "r", one_call_at_a_time=True),
    ],
)


@ALL
def test_nothing_more_of_a_discarded_answer_is_encoded(make: Any) -> None:
    _, events = asked("f", "g")
    for place in range(1, len(events)):
        encoder = make()
        encoder.encode(events[:place])
        encoder.reset()
        assert encoder.reset() == []
        for event in events[place:]:
            if event.type not in ("usage_updated", "provider_event"):
                with pytest.raises(StreamParseError, match="discarded") as caught:
                    encoder.encode([event])
                assert caught.value.code == "finished"
        encoder.encode(events)
        assert encoder.finish()
        encoder = make()
        encoder.encode(events[:place])
        encoder.reset()
        assert encoder.abort()


def test_reset_discards_waiting_calls() -> None:
    """The second call was waiting for the end of the first one."""
    deltas = [call_chunk("{", index=index, id=f"c{index}", name="f") for index in (0, 1)]
    _, events, _ = run_parser([sse(deltas, done=False)])
    run = AGUIEvents("t", "r", one_call_at_a_time=True)
    records = run.encode(events[:-3]) + run.reset()
    [reset] = [one["value"] for one in records if one.get("name") == "answer_reset"]
    assert reset["toolCallIds"] == ["c0", "c1"]
    _, events, _ = run_parser([sse([text_chunk("Yes."), chunk({}, "stop")])])
    assert "TOOL_CALL_START" not in kinds(run.encode(events))


def test_a_failed_answer_that_is_reset_is_not_an_error() -> None:
    ui = UIMessageStream()
    broken = {"error": {"message": "overloaded"}}
    _, events, _ = run_parser([sse([text_chunk("So"), broken], done=False)])
    records = ui.encode(events) + ui.reset()
    _, events, _ = run_parser([sse([text_chunk("Yes."), chunk({}, "stop")])])
    records += ui.encode(events) + ui.finish()
    assert "error" not in kinds(records)
    assert records[-1]["finishReason"] == "stop"


@BOTH
def test_data_of_the_application(make: Any) -> None:
    encoder = make()
    records = encoder.data("note", {"n": 1}, id="a")
    _, events, _ = run_parser([sse([text_chunk("So"), text_chunk("on"), chunk({}, "stop")])])
    records += encoder.encode(events[:2])
    records += encoder.data("note", {"n": 2}, id="a")
    records += encoder.data("log", "x", transient=True)
    records += encoder.encode(events[2:]) + encoder.finish()
    if isinstance(encoder, UIMessageStream):
        [message] = raw_state(ui=encoder.to_sse(records))["ui"]["messages"]
        assert message["parts"] == [
            {"type": "data-note", "id": "a", "data": {"n": 2}},
            {"type": "step-start"},
            {"type": "text", "text": "Soon", "state": "done"},
        ]
        names = ["data-note", "data-note", "data-log"]
    else:
        state = raw_state(agui=encoder.to_sse(records))["agui"]
        [activity] = [one for one in state["messages"] if one["role"] == "activity"]
        assert (activity["id"], activity["activityType"]) == ("a", "note")
        assert activity["content"] == {"n": 2}
        assert state["custom"] == [["log", "x"]]
        names = ["ACTIVITY_SNAPSHOT", "ACTIVITY_SNAPSHOT", "log"]
    back, passed = read(encoder, records)
    assert back.text == "Soon"
    assert [one.name for one in passed] == names


@BOTH
def test_nothing_follows_the_end(make: Any) -> None:
    encoder = make()
    encoder.finish()
    late: list[Any] = [
        ("data", "x", 1),
        ("tool_output", "c", 1),
        ("tool_error", "c", "no"),
        ("reset",),
    ]
    for name, *values in [*late, ("tool_denied", "c"), ("request_approval", "c")]:
        with pytest.raises(StreamParseError, match="has ended"):
            getattr(encoder, name)(*values)
    with pytest.raises(StreamParseError, match="has ended"):
        encoder.answer_approval("a", True)


@BOTH
def test_an_open_call_cannot_be_approved(make: Any) -> None:
    encoder = make()
    parser = MessageParser("openai-chat")
    encoder.encode(parser.feed(sse([call_chunk("{", id="c", name="f")], done=False)))
    call = parser.message.tool_calls[0]
    with pytest.raises(ValueError, match="has not ended"):
        encoder.request_approval(call)
    with pytest.raises(ValueError, match="has not ended"):
        encoder.tool_output("c", 1)
    encoder.encode(parser.finish())
    with pytest.raises(ValueError, match="not complete"):
        encoder.request_approval(call)


# Signatures, which must be in the history that a page posts.

ANTHROPIC = [
    {"type": "message_start", "message": {"id": "msg", "model": "m", "content": []}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking"}},
    {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "thinking_delta", "thinking": "One."},
    },
    {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "signature_delta", "signature": "s1"},
    },
    {"type": "content_block_stop", "index": 0},
    {
        "type": "content_block_start",
        "index": 1,
        "content_block": {"type": "redacted_thinking", "data": "d1"},
    },
    {"type": "content_block_stop", "index": 1},
    {"type": "content_block_start", "index": 2, "content_block": {"type": "thinking"}},
    {
        "type": "content_block_delta",
        "index": 2,
        "delta": {"type": "thinking_delta", "thinking": "Two."},
    },
    {
        "type": "content_block_delta",
        "index": 2,
        "delta": {"type": "signature_delta", "signature": "s2"},
    },
    {"type": "content_block_stop", "index": 2},
    {"type": "content_block_start", "index": 3, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 3, "delta": {"type": "text_delta", "text": "Hi."}},
    {"type": "content_block_stop", "index": 3},
    {
        "type": "content_block_start",
        "index": 4,
        "content_block": {"type": "tool_use", "id": "c0", "name": "f", "input": {}},
    },
    {
        "type": "content_block_delta",
        "index": 4,
        "delta": {"type": "input_json_delta", "partial_json": "{}"},
    },
    {"type": "content_block_stop", "index": 4},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
    {"type": "message_stop"},
]
GOOGLE = [
    {
        "candidates": [
            {
                "content": {
                    "role": "model",
                    "parts": [
                        {"text": "Hm.", "thought": True},
                        {"text": "Let me look."},
                        {
                            "functionCall": {"id": "c0", "name": "f", "args": {}},
                            "thoughtSignature": "t1",
                        },
                    ],
                }
            }
        ]
    },
    {
        "candidates": [
            {
                "content": {"role": "model", "parts": [{"text": "", "thoughtSignature": "t2"}]},
                "finishReason": "STOP",
            }
        ]
    },
]
SUMMARY = {"type": "summary_text", "text": "Hm."}
THOUGHT = {"id": "rs", "type": "reasoning", "summary": [SUMMARY], "encrypted_content": "e1"}
CALL = {"id": "fc", "type": "function_call", "call_id": "c0", "name": "f", "arguments": "{}"}
RESPONSES: list[Any] = [
    {"type": "response.created", "response": {"id": "resp", "output": []}},
    {
        "type": "response.output_item.added",
        "output_index": 0,
        "item": {**THOUGHT, "summary": [], "encrypted_content": None},
    },
    {
        "type": "response.reasoning_summary_text.delta",
        "item_id": "rs",
        "output_index": 0,
        "summary_index": 0,
        "delta": "Hm.",
    },
    {"type": "response.output_item.done", "output_index": 0, "item": THOUGHT},
    {
        "type": "response.output_item.added",
        "output_index": 1,
        "item": {"id": "rs2", "type": "reasoning", "summary": []},
    },
    {
        "type": "response.output_item.done",
        "output_index": 1,
        "item": {"id": "rs2", "type": "reasoning", "summary": [], "encrypted_content": "e2"},
    },
    {"type": "response.output_item.added", "output_index": 2, "item": CALL},
    {"type": "response.output_item.done", "output_index": 2, "item": CALL},
    {"type": "response.completed", "response": {"id": "resp", "status": "completed"}},
]
SIGNED = pytest.mark.parametrize(
    ("api", "records", "secrets"),
    [
        ("anthropic-messages", ANTHROPIC, ["s1", "d1", "s2"]),
        ("google-generate", GOOGLE, ["t1", "t2"]),
        ("openai-responses", RESPONSES, ["e1", "e2"]),
    ],
    ids=["anthropic", "google", "responses"],
)


def signed_run(encoder: Any, api: Any, records: list[Any], batch: bool) -> tuple[Any, list[Any]]:
    parser = MessageParser(api)
    feeds = [parser.feed(record) for record in records] + [parser.finish()]
    if batch:
        feeds = [[event for events in feeds for event in events]]
    sent = [record for events in feeds for record in encoder.encode(events)]
    sent += encoder.tool_output(parser.message.tool_calls[0], "done")
    return parser.message, sent + encoder.finish()


def secrets_in(history: Any, secrets: list[str]) -> list[str]:
    """Return the secrets that are in a history, in their order."""
    text = json.dumps(history)
    return sorted([one for one in secrets if f'"{one}"' in text], key=text.index)


@SIGNED
@pytest.mark.parametrize("batch", [False, True])
def test_signatures_are_in_the_posted_history(
    api: str, records: list[Any], secrets: list[str], batch: bool
) -> None:
    ui, run = UIMessageStream(), AGUIEvents("t", "r")
    message, ui_records = signed_run(ui, api, records, batch)
    _, events = signed_run(run, api, records, batch)
    result = message.tool_results([(message.tool_calls[0], "done")])
    for encoder, sent in ((ui, ui_records), (run, events)):
        back, _ = read(encoder, sent)
        if isinstance(encoder, UIMessageStream):
            found = [raw_state(ui=encoder.to_sse(sent))["ui"]["messages"], back.to_history()]
            histories = [from_ui_messages(posted, api) for posted in found]
        else:
            posted = raw_state(agui=encoder.to_sse(sent))["agui"]["messages"]
            histories = [from_ag_ui(one, api) for one in (posted, back.to_history())]
        for history in histories:
            assert secrets_in(history, secrets) == secrets
            if api == "anthropic-messages":
                assert history == message.to_history() + result


@SIGNED
@pytest.mark.parametrize("make", [UIMessageStream, lambda **more: AGUIEvents("t", "r", **more)])
def test_signatures_can_be_left_out(
    make: Any, api: str, records: list[Any], secrets: list[str]
) -> None:
    _, sent = signed_run(make(signatures=False), api, records, False)
    assert secrets_in(sent, secrets) == []


@SIGNED
@BOTH
def test_records_do_not_depend_on_the_time_of_encoding(
    make: Any, api: str, records: list[Any], secrets: list[str]
) -> None:
    assert signed_run(make(), api, records, True)[1] == signed_run(make(), api, records, False)[1]


def test_files_of_the_reasoning() -> None:
    """Gemini marks them as thoughts; both protocols separate them from files of the answer."""
    thought = {"inlineData": {"mimeType": "image/png", "data": "aGk="}, "thought": True}
    answer = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
    content = {"role": "model", "parts": [thought, answer, {"text": "Here."}]}
    record = {"candidates": [{"content": content, "finishReason": "STOP"}]}
    _, events, _ = run_parser([record], "google-generate")
    ui, run = UIMessageStream(message_id="m"), AGUIEvents("t", "r")
    records = ui.encode(events) + ui.finish()
    [message] = raw_state(ui=ui.to_sse(records))["ui"]["messages"]
    expected = ["step-start", "reasoning-file", "file", "text"]
    assert [part["type"] for part in message["parts"]] == expected
    sent = run.encode(events) + run.finish()
    assert [one["name"] for one in sent if one["type"] == "CUSTOM"] == ["reasoning-file", "file"]
    for encoder, all_sent in ((ui, records), (run, sent)):
        back, passed = read(encoder, all_sent)
        assert [one.name for one in passed] == ["reasoning-file", "file"]
        assert [part.type for part in back.content] == ["reasoning", "text", "text"]
        again = UIMessageStream(message_id="m")
        _, events_back, _ = run_parser([encoder.to_sse(all_sent)], "auto")
        kinds_again = kinds(again.encode(events_back))
        assert [kind for kind in kinds_again if "file" in kind] == ["reasoning-file", "file"]
    [mine] = read(ui, records)[0].to_history()
    assert [part["type"] for part in mine["parts"]] == expected[1:]
