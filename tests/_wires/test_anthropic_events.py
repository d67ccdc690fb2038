"""Tests of Anthropic's events: each type of event, block and delta, deviations, the history."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse.errors import LimitError, StreamParseError
from streamparse.limits import Limits
from streamparse.message import Citation, Message, Reasoning, ServerToolResult, Text
from streamparse.message_events import MessageFailed, MessageFinished
from streamparse.message_parser import MessageParser
from tests.blocks import STOP, Event, begin, body, delta, sse, start, stop, stopped
from tests.growth import is_linear
from tests.helpers import cut
from tests.messages import about_calls, answer, kinds, passed_on, results_of, run_parser

API: Final = "anthropic-messages"


def run(*events: Any, **options: Any) -> tuple[Message, list[Any]]:
    parser, found, error = run_parser(events, API, **options)
    assert error is None
    return parser.message, found


def text_block(index: int, *pieces: str) -> list[Event]:
    deltas = [delta(index, "text_delta", piece) for piece in pieces]
    return [begin(index, "text", text=""), *deltas, stop(index)]


def call_start(index: int, kind: str = "tool_use", **fields: Any) -> Event:
    known = {"id": f"toolu_{index}", "name": "water", "input": {}}
    return begin(index, kind, **{**known, **fields})


def call_block(index: int, *pieces: str, kind: str = "tool_use", **fields: Any) -> list[Event]:
    deltas = [delta(index, "input_json_delta", piece) for piece in pieces]
    return [call_start(index, kind, **fields), *deltas, stop(index)]


# The message


def test_text() -> None:
    message, events = run(start(), *text_block(0, "Roses", " are red."), stopped("end_turn"), STOP)
    assert message.text == "Roses are red."
    assert (message.id, message.model, message.api) == ("msg-1", "claude-test", API)
    assert (message.status, message.finish_reason) == ("complete", "stop")
    assert message.raw_finish_reason == "end_turn"
    assert kinds(events) == [
        "message_started",
        "usage_updated",
        "text_delta",
        "usage_updated",
        "message_finished",
    ]


def test_events_come_with_their_records() -> None:
    """An event is returned for the record that decides it (law 2)."""
    parser = MessageParser(API)
    assert kinds(parser.feed(start())) == ["message_started", "usage_updated"]
    assert kinds(parser.feed(call_start(0))) == ["tool_call_started"]
    pieces = parser.feed(delta(0, "input_json_delta", '{"n": 1'))
    assert kinds(pieces) == ["tool_call_delta", "argument_started"]
    last = ["tool_call_delta", "argument_completed", "argument_completed"]
    assert kinds(parser.feed(delta(0, "input_json_delta", "2}"))) == last
    assert kinds(parser.feed(stop(0))) == ["tool_call_completed"]
    assert kinds(parser.feed(stopped("tool_use"))) == ["usage_updated"]
    assert kinds(parser.feed(STOP)) == ["message_finished"]
    assert parser.finish() == []


@pytest.mark.parametrize(
    ("raw", "reason", "status"),
    [
        ("end_turn", "stop", "complete"),
        ("stop_sequence", "stop", "complete"),
        ("tool_use", "tool_calls", "complete"),
        ("max_tokens", "length", "truncated"),
        ("model_context_window_exceeded", "length", "truncated"),
        ("refusal", "refusal", "complete"),
        ("pause_turn", "paused", "complete"),
        ("compaction", "paused", "complete"),
        ("moonstruck", "other", "complete"),
    ],
)
def test_stop_reasons(raw: str, reason: str, status: str) -> None:
    for message in (
        run(start(), *text_block(0, "Hm"), stopped(raw), STOP)[0],
        run(body({"type": "text", "text": "Hm"}, reason=raw))[0],
    ):
        assert (message.finish_reason, message.raw_finish_reason) == (reason, raw)
        assert message.status == status


def test_fields_of_the_message_are_kept_in_extra() -> None:
    details = {"type": "refusal", "category": "gardening", "explanation": None}
    message, events = run(
        start(container={"id": "c-1"}, diagnostics=None, novelty=1),
        {**stopped("stop_sequence", stop_sequence="##", stop_details=details), "later": [2]},
        STOP,
    )
    assert message.extra == {
        "container": {"id": "c-1"},
        "novelty": 1,
        "stop_sequence": "##",
        "stop_details": details,
        "later": [2],
    }
    assert dict(passed_on(events)) == message.extra


def test_pings_and_events_of_the_sdk_change_nothing() -> None:
    plain = [start(), *text_block(0, "Ivy"), *call_block(1, '{"a": 1}'), stopped("tool_use"), STOP]
    added: list[Event] = [
        {"type": "ping"},
        {"type": "text", "text": "Ivy", "snapshot": "Ivy"},
        {"type": "input_json", "partial_json": "{", "snapshot": {}},
        {"type": "thinking", "thinking": "x", "snapshot": "x"},
        {"type": "citation", "citation": {}, "snapshot": []},
        {"type": "signature", "signature": "s"},
        {"type": "compaction", "content": "c"},
    ]
    mixed = [record for event in plain for record in (event, *added)][: -len(added)]
    mixed[-1] = {**STOP, "message": body()}
    mixed[mixed.index(stop(0))] = {**stop(0), "content_block": {"type": "text", "text": "Ivy"}}
    assert answer(mixed, API) == answer(plain, API)


# Usage


def test_usage_is_cumulative() -> None:
    first = {
        "input_tokens": 10,
        "cache_read_input_tokens": 4,
        "cache_creation_input_tokens": 2,
        "output_tokens": 1,
        "service_tier": "standard",
    }
    last = {
        "output_tokens": 30,
        "input_tokens": None,
        "output_tokens_details": {"thinking_tokens": 9},
    }
    message, events = run(start(usage=first), stopped("end_turn", last), STOP)
    usage = message.usage
    assert usage is not None
    assert (usage.input_tokens, usage.cached_tokens, usage.cache_write_tokens) == (16, 4, 2)
    assert (usage.output_tokens, usage.reasoning_tokens, usage.total_tokens) == (30, 9, 46)
    assert usage.raw == {
        **first,
        "output_tokens": 30,
        "output_tokens_details": {"thinking_tokens": 9},
    }
    counts = [event.usage.output_tokens for event in events if event.type == "usage_updated"]
    assert counts == [1, 30]


def test_input_tokens_of_the_delta_replace_those_of_the_start() -> None:
    message, _ = run(start(), stopped("end_turn", {"input_tokens": 99, "output_tokens": 1}), STOP)
    assert message.usage is not None
    assert message.usage.input_tokens == 99


def test_usage_without_input_tokens() -> None:
    message, _ = run(start(usage={"cache_read_input_tokens": 3}), stopped("end_turn"), STOP)
    assert message.usage is not None
    assert (message.usage.input_tokens, message.usage.total_tokens) == (None, None)


# Text, citations, thinking


def test_citations() -> None:
    source = {"type": "page_location", "cited_text": "Oaks are tall.", "start_page_number": 3}
    early = {"type": "char_location", "cited_text": "Oaks."}
    message, _ = run(
        start(),
        begin(0, "text", text="Oaks ", citations=[early]),
        delta(0, "text_delta", "grow"),
        delta(0, "citations_delta", source),
        delta(0, "text_delta", " tall."),
        stop(0),
        stopped("end_turn"),
        STOP,
    )
    text = Text("Oaks grow tall.", {"citations": [early, source]})
    assert message.content == [text, Citation(early), Citation(source)]
    assert message.to_history()[0]["content"] == [
        {"type": "text", "text": "Oaks grow tall.", "citations": [early, source]}
    ]


def test_thinking() -> None:
    message, events = run(
        start(),
        begin(0, "thinking", thinking="", signature=""),
        delta(0, "thinking_delta", "Let me ", estimated_tokens=4),
        delta(0, "thinking_delta", "see."),
        delta(0, "signature_delta", "c2lnbmVk"),
        stop(0),
        begin(1, "redacted_thinking", data="b3BhcXVl"),
        stop(1),
        *text_block(2, "Yes."),
        stopped("end_turn"),
        STOP,
    )
    assert message.reasoning == "Let me see."
    assert message.content == [
        Reasoning("Let me see.", {"signature": "c2lnbmVk"}),
        Reasoning("", {"data": "b3BhcXVl"}),
        Text("Yes."),
    ]
    assert passed_on(events) == [("estimated_tokens", 4)]
    assert message.to_history() == [
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Let me see.", "signature": "c2lnbmVk"},
                {"type": "redacted_thinking", "data": "b3BhcXVl"},
                {"type": "text", "text": "Yes."},
            ],
        }
    ]


def test_a_signature_inside_a_thinking_delta() -> None:
    for last in ({"thinking": "?", "signature": "c2ln"}, {"signature": "c2ln"}):
        record = {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "thinking_delta", **last},
        }
        first = [begin(0, "thinking", thinking=""), delta(0, "thinking_delta", "Ferns")]
        message, events = run(start(), *first, record, stop(0), stopped("end_turn"), STOP)
        text = "Ferns" + last.get("thinking", "")
        block = {"type": "thinking", "thinking": text, "signature": "c2ln"}
        assert message.to_history() == [{"role": "assistant", "content": [block]}]
        assert not [event for event in events if event.type == "provider_event"]


def test_stop_reasons_of_compatible_servers() -> None:
    for word, reason in (("stop", "stop"), ("length", "length"), ("cancelled", "cancelled")):
        message, _ = run(start(), *text_block(0, "a"), stopped(word), STOP)
        assert message.finish_reason == reason


def test_zeros_in_later_usage() -> None:
    first = start()
    first["message"]["usage"] = {"input_tokens": 11, "output_tokens": 1}
    last = stopped("end_turn")
    last["usage"] = {"input_tokens": 0, "output_tokens": 7}
    message, _ = run(first, *text_block(0, "a"), last, STOP)
    assert message.usage is not None
    assert (message.usage.input_tokens, message.usage.output_tokens) == (11, 7)


def test_content_of_block_starts_is_kept() -> None:
    message, _ = run(
        start(),
        begin(0, "thinking", thinking="Hm", signature="s"),
        delta(0, "thinking_delta", "m"),
        begin(1, "text", text="So"),
        delta(1, "text_delta", "!"),
        stopped("end_turn"),
        STOP,
    )
    assert (message.reasoning, message.text) == ("Hmm", "So!")
    assert message.content[0].extra == {"signature": "s"}


def test_a_delta_of_another_type_than_its_block() -> None:
    """The type of the delta decides: gateways send reasoning deltas in a text block."""
    message, _ = run(
        start(),
        begin(0, "text", text=""),
        delta(0, "thinking_delta", "Hm."),
        delta(0, "text_delta", "Yes."),
        stop(0),
        stopped("end_turn"),
        STOP,
    )
    assert (message.text, message.reasoning) == ("Yes.", "Hm.")


# Calls


def test_calls() -> None:
    message, _ = run(
        start(),
        *call_block(0, "", '{"plant": "f', 'ern"}', caller={"type": "direct"}),
        *call_block(1, ""),
        *call_block(2, toolset_name=None),
        stopped("tool_use"),
        STOP,
    )
    calls = message.tool_calls
    assert [call.arguments for call in calls] == [{"plant": "fern"}, {}, {}]
    assert [call.arguments_text for call in calls] == ['{"plant": "fern"}', "", ""]
    assert [call.id for call in calls] == ["toolu_0", "toolu_1", "toolu_2"]
    assert [call.kind for call in calls] == ["function"] * 3
    assert [call.extra for call in calls] == [{"caller": {"type": "direct"}}, {}, {}]
    assert message.to_history()[0]["content"][0] == {
        "type": "tool_use",
        "id": "toolu_0",
        "name": "water",
        "input": {"plant": "fern"},
        "caller": {"type": "direct"},
    }


@pytest.mark.parametrize("ended", [True, False])
def test_input_of_the_start(ended: bool) -> None:
    """The input of the start is emitted at the end of the block if no delta has text."""
    parser = MessageParser(API)
    value = {"plant": "ivy", "litres": 2}
    parser.feed(start())
    for event in (call_start(0, input=value), delta(0, "input_json_delta", "")):
        assert "argument_started" not in kinds(parser.feed(event))
    if ended:
        found = kinds(parser.feed(stop(0)))
        assert found[:2] == ["tool_call_delta", "argument_started"]
        assert found[-2:] == ["argument_completed", "tool_call_completed"]
    parser.feed(stopped("tool_use"))
    parser.feed(STOP)
    call = parser.message.tool_calls[0]
    assert call.arguments == value
    assert json.loads(call.arguments_text) == value


def test_input_of_the_start_is_replaced_by_deltas() -> None:
    events = call_block(0, '{"plant": "fern"}', input={"plant": "ivy"})
    message, _ = run(start(), *events, stopped("tool_use"), STOP)
    assert message.tool_calls[0].arguments == {"plant": "fern"}


def test_input_of_the_start_as_text() -> None:
    events = call_block(0, input='{"plant": "ivy"}')
    message, _ = run(start(), *events, stopped("tool_use"), STOP)
    assert message.tool_calls[0].arguments == {"plant": "ivy"}


def test_input_of_the_start_of_a_cut_stream() -> None:
    message, _ = run(start(), call_start(0, input={"plant": "ivy"}))
    call = message.tool_calls[0]
    assert (call.status, call.partial, call.arguments) == ("truncated", {"plant": "ivy"}, None)
    assert message.to_history() == []


def test_broken_json_of_eager_streaming() -> None:
    parser = MessageParser(API)
    parser.feed(start())
    parser.feed(call_start(0))
    parser.feed(delta(0, "input_json_delta", '{"plant": '))
    found = about_calls(parser.feed(delta(0, "input_json_delta", '"ivy", plant}')))
    assert kinds(found) == ["tool_call_delta", "tool_call_rejected"]
    assert (found[0].text, found[1].error.offset) == ('"ivy", ', 17)
    for event in (delta(0, "input_json_delta", " and"), stop(0), stopped("tool_use"), STOP):
        assert about_calls(parser.feed(event)) == []
    call = parser.message.tool_calls[0]
    assert (call.status, call.partial) == ("rejected", {"plant": "ivy"})
    assert call.raw_text == '{"plant": "ivy", plant} and'
    assert parser.message.to_history()[0]["content"] == [
        {
            "type": "tool_use",
            "id": "toolu_0",
            "name": "water",
            "input": {"INVALID_JSON": '{"plant": "ivy", plant} and'},
        }
    ]


def test_arguments_other_than_objects_are_wrapped_in_the_history() -> None:
    message, _ = run(start(), *call_block(0, "[1]"), stopped("tool_use"), STOP)
    assert message.tool_calls[0].arguments == [1]
    assert message.to_history()[0]["content"][0]["input"] == {"INVALID_JSON": "[1]"}


@pytest.mark.parametrize("ended", [True, False])
@pytest.mark.parametrize(
    ("reason", "status"),
    [("max_tokens", "truncated"), ("tool_use", "rejected"), (None, "truncated")],
)
def test_unfinished_arguments(ended: bool, reason: str | None, status: str) -> None:
    """The stop reason decides the status of a call that ends inside its JSON (law 7)."""
    block = call_block(0, '{"plant": "iv')
    rest = [stopped(reason), STOP] if reason else [STOP]
    message, _ = run(start(), *(block if ended else block[:-1]), *rest)
    call = message.tool_calls[0]
    assert (call.status, call.arguments, call.partial) == (status, None, {"plant": "iv"})
    assert message.status == ("complete" if reason == "tool_use" else "truncated")


def test_server_tools() -> None:
    found = [{"type": "web_search_result", "url": "https://example.org", "title": "Ferns"}]
    message, events = run(
        start(),
        *call_block(0, '{"query": "ferns"}', kind="server_tool_use", name="web_search"),
        begin(1, "web_search_tool_result", tool_use_id="toolu_0", content=found),
        stop(1),
        *call_block(2, "{}", kind="mcp_tool_use", name="echo", server_name="garden"),
        begin(3, "mcp_tool_result", tool_use_id="toolu_2", is_error=False, content="hm"),
        stop(3),
        begin(4, "brand_new_tool_result", tool_use_id="toolu_earlier", content=None),
        stop(4),
        *text_block(5, "Found."),
        stopped("end_turn"),
        STOP,
    )
    assert [call.kind for call in message.tool_calls] == ["server", "server"]
    assert message.finish_reason == "stop"
    results = [part for part in message.content if isinstance(part, ServerToolResult)]
    assert (
        results_of(events)
        == results
        == [
            ServerToolResult("toolu_0", "web_search", found, {"type": "web_search_tool_result"}),
            ServerToolResult(
                "toolu_2", "echo", "hm", {"type": "mcp_tool_result", "is_error": False}
            ),
            ServerToolResult("toolu_earlier", None, None, {"type": "brand_new_tool_result"}),
        ]
    )
    content = message.to_history()[0]["content"]
    assert [block["type"] for block in content] == [
        "server_tool_use",
        "web_search_tool_result",
        "mcp_tool_use",
        "mcp_tool_result",
        "brand_new_tool_result",
        "text",
    ]
    assert content[2] == {
        "type": "mcp_tool_use",
        "id": "toolu_2",
        "name": "echo",
        "input": {},
        "server_name": "garden",
    }


def test_results_of_calls_that_are_left_out() -> None:
    message, _ = run(
        start(),
        *call_block(0, '{"query": ', kind="server_tool_use"),
        begin(1, "web_search_tool_result", tool_use_id="toolu_0", content=[]),
        stop(1),
        *text_block(2, " \n"),
        stopped("max_tokens"),
        STOP,
    )
    assert message.to_history() == []


# Blocks of other types


def test_other_blocks_are_passed_on_and_kept_for_the_history() -> None:
    upload = begin(1, "container_upload", file_id="file_1")
    novelty = begin(4, "hologram", data={"depth": 3})
    compaction = begin(2, "compaction", content=None)
    summary = delta(2, "compaction_delta", 0, content="They like ferns.", encrypted_content="e")
    del summary["delta"]["value"]
    message, events = run(
        start(),
        *text_block(0, "One."),
        upload,
        stop(1),
        compaction,
        summary,
        stop(2),
        *text_block(3, "Two."),
        novelty,
        stop(4),
        stopped("end_turn"),
        STOP,
    )
    assert message.text == "One.Two."
    assert passed_on(events) == [
        ("container_upload", upload),
        ("compaction", compaction),
        ("compaction_delta", summary),
        ("hologram", novelty),
    ]
    back = message.to_history()[0]["content"]
    assert back == [
        {"type": "text", "text": "One."},
        {"type": "container_upload", "file_id": "file_1"},
        {"type": "compaction", "content": "They like ferns.", "encrypted_content": "e"},
        {"type": "text", "text": "Two."},
        {"type": "hologram", "data": {"depth": 3}},
    ]


def test_a_compaction_keeps_all_its_fields_in_the_history() -> None:
    """The API requires the signature and the tool changes unchanged in the next request."""
    removed = {"type": "tool_removal", "tool": {"type": "tool_reference", "name": "dig"}}
    compaction = begin(0, "compaction", content=None, tool_changes=[removed])
    summary = delta(0, "compaction_delta", 0, content="Ferns.", encrypted_content="e")
    del summary["delta"]["value"]
    signed = {**summary, "delta": {"type": "signature_delta", "signature": "s=="}}
    message, _ = run(start(), compaction, summary, signed, stop(0), stopped("compaction"), STOP)
    block = {"type": "compaction", "content": "Ferns.", "encrypted_content": "e"}
    assert message.to_history()[0]["content"] == [
        {**block, "tool_changes": [removed], "signature": "s=="}
    ]


def test_a_block_with_unknown_deltas_is_not_in_the_history() -> None:
    events = [begin(0, "hologram"), delta(0, "hologram_delta", 7), delta(0, "text_delta", "x")]
    message, found = run(start(), *events, stop(0), stopped("end_turn"), STOP)
    assert passed_on(found) == [
        ("hologram", events[0]),
        ("hologram_delta", events[1]),
        ("text_delta", events[2]),
    ]
    assert message.text == ""
    assert message.to_history() == []


def test_a_fallback_names_the_model_that_continues() -> None:
    block = begin(0, "fallback", **{"from": {"model": "claude-test"}, "to": {"model": "claude-b"}})
    message, _ = run(start(), block, stop(0), *text_block(1, "Yes."), stopped("end_turn"), STOP)
    assert message.model == "claude-b"
    assert message.to_history()[0]["content"][0] == block["content_block"]


def test_unknown_events_fields_and_deltas_are_passed_on() -> None:
    """What is not understood reaches the caller (law 8)."""
    message, events = run(
        start(),
        {"type": "message_mood", "mood": "calm"},
        {**begin(0, "text", text="", shade="green"), "weight": 1},
        {**delta(0, "text_delta", "Ivy", tint=2), "size": 3},
        delta(0, "scent_delta", "sweet"),
        delta(7, "input_json_delta", "{}"),
        {"type": "content_block_delta", "index": 0, "delta": "odd"},
        {"type": "content_block_start", "index": 1},
        stop(0),
        stop(9),
        stopped("end_turn"),
        STOP,
        {"type": "content_block_stop", "index": 3},
    )
    assert message.content == [Text("Ivy", {"shade": "green"})]
    assert passed_on(events) == [
        ("message_mood", {"type": "message_mood", "mood": "calm"}),
        ("weight", 1),
        ("size", 3),
        ("tint", 2),
        ("scent_delta", delta(0, "scent_delta", "sweet")),
        ("input_json_delta", delta(7, "input_json_delta", "{}")),
        ("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": "odd"}),
        ("content_block_start", {"type": "content_block_start", "index": 1}),
        ("content_block_stop", {"type": "content_block_stop", "index": 3}),
    ]


def test_a_field_named_like_our_list_of_kept_blocks() -> None:
    message, events = run(start(content_blocks=5), begin(0, "hologram"), stopped("end_turn"), STOP)
    assert ("content_blocks", 5) in passed_on(events)
    assert message.to_history()[0]["content"] == [{"type": "hologram"}]


# Order


def test_repeated_message_start() -> None:
    plain = [start(), *text_block(0, "Ivy"), stopped("end_turn"), STOP]
    assert answer([plain[0], *plain], API) == answer(plain, API)


def test_spliced_answers() -> None:
    """If a proxy starts the answer again (recorded), the call of the first start is truncated."""
    message, events = run(
        start(),
        *call_block(0, '{"plant": "fe')[:-1],
        start("msg-2"),
        *call_block(0, '{"plant": "fern"}', id="toolu_again"),
        stopped("tool_use"),
        STOP,
    )
    assert [call.status for call in message.tool_calls] == ["truncated", "complete"]
    assert (message.id, message.status) == ("msg-1", "complete")
    assert passed_on(events)[0] == ("message_start", start("msg-2")["message"])
    assert [block["id"] for block in message.to_history()[0]["content"]] == ["toolu_again"]


def test_a_call_whose_index_is_reused_completes_at_the_finish() -> None:
    message, _ = run(
        start(),
        *call_block(0, '{"n": 1}')[:-1],
        *call_block(0, '{"n": 2}', id="toolu_again"),
        stopped("tool_use"),
        STOP,
    )
    assert [call.arguments for call in message.tool_calls] == [{"n": 1}, {"n": 2}]


def test_a_start_that_is_repeated() -> None:
    events = call_block(0, '{"n": ', "1}")
    events.insert(2, events[0])
    message, _ = run(start(), *events, stopped("tool_use"), STOP)
    assert [call.arguments for call in message.tool_calls] == [{"n": 1}]


def test_interleaved_blocks_and_gaps() -> None:
    first, second = call_block(3, '{"a": ', "1}"), call_block(8, '{"b": ', "2}")
    mixed = [event for pair in zip(first, second, strict=True) for event in pair]
    message, _ = run(start(), *mixed, stopped("tool_use"), STOP)
    assert [call.arguments for call in message.tool_calls] == [{"a": 1}, {"b": 2}]


def test_records_without_an_index() -> None:
    events = [*text_block(0, "Ivy"), *call_block(1, '{"a": ', "1}")]
    bare = [{key: event[key] for key in event if key != "index"} for event in events]
    message, _ = run(start(), *bare, stopped("tool_use"), STOP)
    assert (message.text, message.tool_calls[0].arguments) == ("Ivy", {"a": 1})


def test_deltas_without_a_start() -> None:
    message, _ = run(
        start(),
        delta(0, "thinking_delta", "Hm."),
        delta(0, "signature_delta", "s"),
        delta(1, "text_delta", "Yes"),
        delta(1, "text_delta", "!"),
        stopped("end_turn"),
        STOP,
    )
    assert message.content == [Reasoning("Hm.", {"signature": "s"}), Text("Yes!")]


def test_deltas_before_message_start() -> None:
    message, events = run(*text_block(0, "Ivy"), start(), stopped("end_turn"), STOP)
    assert (message.text, message.id, message.status) == ("Ivy", "msg-1", "complete")
    assert events[0].type == "message_started"


def test_content_of_message_start() -> None:
    call = {"type": "tool_use", "id": "t", "name": "water", "input": {"n": 1}}
    message, _ = run(start(content=[call]), *text_block(1, "So."), stopped("tool_use"), STOP)
    assert [part.type for part in message.content] == ["tool_call", "text"]
    assert message.tool_calls[0].arguments == {"n": 1}


def test_a_call_after_the_stop_reason() -> None:
    late = call_block(0, '{"n": 1}')
    message, events = run(start(), stopped("end_turn"), *late, stopped("tool_use"), STOP)
    assert [call.arguments for call in message.tool_calls] == [{"n": 1}]
    assert (message.status, message.raw_finish_reason) == ("complete", "tool_use")
    assert passed_on(events) == []


def test_deltas_after_a_stop() -> None:
    message, events = run(
        start(),
        *text_block(0, "Iv"),
        delta(0, "text_delta", "y"),
        *call_block(1, "{}"),
        delta(1, "input_json_delta", "[]"),
        stopped("tool_use"),
        STOP,
    )
    assert message.text == "Ivy"
    assert message.tool_calls[0].status == "complete"
    assert passed_on(events)[0][0] == "late_tool_call_delta"


# The end of a message


@pytest.mark.parametrize("kept", range(1, 10))
def test_cut_streams(kept: int) -> None:
    """A cut message is never complete (law 7), but `message_finished` is always emitted."""
    whole = [start(), *text_block(0, "Ivy"), *call_block(1, '{"n": ', "1}"), stopped("tool_use")]
    whole.append(STOP)
    message, events = run(*whole[:kept])
    finished = events[-1]
    assert isinstance(finished, MessageFinished)
    assert message.status == ("complete" if kept >= 9 else "truncated")
    assert all(
        call.status == ("complete" if kept >= 8 else "truncated") for call in message.tool_calls
    )


def test_message_stop_without_a_stop_reason() -> None:
    message, _ = run(start(), *text_block(0, "Ivy"), stopped(None), STOP)
    assert (message.status, message.finish_reason) == ("truncated", None)


@pytest.mark.parametrize("input", [None, {"n": 1}])
def test_done_completes_nothing(input: Any) -> None:
    """`[DONE]` completes nothing: proxies append it to a cut stream."""
    raw = sse([start(), *call_block(0, input=input)[:-1]]) + b"data: [DONE]\n\n"
    parser, _, error = run_parser([raw], API)
    assert error is None
    assert parser.message.status == "truncated"
    assert parser.message.tool_calls[0].arguments is None


@pytest.mark.parametrize(
    "record",
    [
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "x": 1},
    ],
)
def test_errors(record: Event) -> None:
    message, events = run(start(), call_start(0, input={"n": 1}), record, STOP)
    failed = next(event for event in events if isinstance(event, MessageFailed))
    assert failed.error.message == "overloaded_error: Overloaded"
    assert (message.status, message.tool_calls[0].status) == ("failed", "truncated")
    assert message.tool_calls[0].partial == {"n": 1}


def test_an_error_that_only_the_event_name_shows() -> None:
    raw = sse([start()]) + b'event: error\ndata: {"error": {"message": "gone"}}\n\n'
    parser, _, _ = run_parser([raw], API)
    assert parser.message.error is not None
    assert parser.message.error.message == "gone"


def test_too_many_calls() -> None:
    parser, _, error = run_parser(
        [start(), *call_block(0, "{}"), *call_block(1, "{}")], API, limits=Limits(tool_calls=1)
    )
    assert isinstance(error, LimitError)
    assert [call.status for call in parser.message.tool_calls] == ["complete"]


# Whole bodies


def test_a_body_is_its_stream() -> None:
    source = {"type": "char_location", "cited_text": "x"}
    result = {"type": "web_search_tool_result", "tool_use_id": "toolu_2", "content": []}
    content = [
        {"type": "thinking", "thinking": "Hm.", "signature": "s"},
        {"type": "text", "text": "Yes.", "citations": [source]},
        {"type": "server_tool_use", "id": "toolu_2", "name": "web_search", "input": {"query": "x"}},
        result,
        {"type": "tool_use", "id": "toolu_4", "name": "water", "input": {"n": 1}},
        {"type": "tool_use", "id": "toolu_5", "name": "water", "input": {}},
    ]
    usage = {"input_tokens": 12, "output_tokens": 20}
    streamed, _ = run(
        start(),
        begin(0, "thinking", thinking="", signature=""),
        delta(0, "thinking_delta", "Hm."),
        delta(0, "signature_delta", "s"),
        stop(0),
        begin(1, "text", text="", citations=[]),
        delta(1, "text_delta", "Yes."),
        delta(1, "citations_delta", source),
        stop(1),
        *call_block(2, '{"query":"x"}', kind="server_tool_use", name="web_search"),
        begin(3, **{"kind": result["type"], **without_type(result)}),
        stop(3),
        *call_block(4, '{"n":1}'),
        *call_block(5, ""),
        stopped("tool_use"),
        STOP,
    )
    whole, events = run(body(*content, reason="tool_use", usage=usage))
    assert whole == streamed
    assert events[-1].type == "message_finished"
    assert whole.to_history() == [{"role": "assistant", "content": content}]


def without_type(block: dict[str, Any]) -> dict[str, Any]:
    return {key: block[key] for key in block if key != "type"}


def test_a_body_cut_in_its_last_call() -> None:
    """The last call of a body cut by the token limit is truncated: its input may be incomplete."""
    calls = [
        {"type": "tool_use", "id": f"t{n}", "name": "water", "input": {"n": n}} for n in (1, 2)
    ]
    message, _ = run(body(*calls, reason="max_tokens"))
    assert [call.status for call in message.tool_calls] == ["complete", "truncated"]
    assert [call.partial for call in message.tool_calls] == [{"n": 1}, {"n": 2}]


def test_a_body_without_a_stop_reason() -> None:
    message, _ = run(body({"type": "text", "text": "Ivy"}, reason=None))
    assert (message.text, message.status) == ("Ivy", "truncated")


# Laws


JSON_TEXTS = ('{"plant": "fern", "litres": [1, 2.5]}', "{}", "", '{"note": "a\\u00e9b"}')
PIECES = st.lists(st.integers(1, 9), min_size=1, max_size=4)


@st.composite
def answers(draw: st.DrawFn) -> list[Event]:
    """Generate an answer of text, thinking and calls, sometimes cut or with invalid JSON."""
    events = [start()]
    for index in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(("text", "thinking", "tool_use", "server_tool_use", "other")))
        sizes = draw(PIECES)
        if kind == "text":
            events += text_block(index, *cut("Roses are red é😀.", sizes))
        elif kind == "thinking":
            events.append(begin(index, "thinking", thinking="", signature=""))
            deltas = cut("Which flowers?", sizes)
            events += [delta(index, "thinking_delta", piece) for piece in deltas]
            events += [delta(index, "signature_delta", "sig"), stop(index)]
        elif kind == "other":
            events += [begin(index, "container_upload", file_id="f"), stop(index)]
        else:
            text = draw(st.sampled_from((*JSON_TEXTS, '{"plant": fern}', '{"cut": [1')))
            given_first = draw(st.sampled_from(({}, {"plant": "ivy"})))
            name = "water" if kind == "tool_use" else "web_search"
            pieces = cut(text, sizes)
            events += call_block(index, *pieces, kind=kind, name=name, input=given_first)
    events += [stopped(draw(st.sampled_from(("end_turn", "tool_use", "max_tokens")))), STOP]
    return events[: draw(st.integers(1, len(events)))] if draw(st.booleans()) else events


@given(answers(), PIECES)
def test_any_chunking(events: list[Event], sizes: list[int]) -> None:
    """Bytes in any pieces and decoded records give the same result (law 1)."""
    raw = sse(events)
    whole = answer([raw], API)
    assert answer(cut(raw, sizes), API) == whole
    assert answer(events, API) == whole
    assert answer([raw], None) == whole


@given(answers())
def test_a_call_that_has_ended_never_changes(events: list[Event]) -> None:
    """A call that has ended never changes, and a complete one has valid JSON (laws 3 and 7)."""
    parser = MessageParser(API)
    settled: dict[int, Any] = {}
    for event in events:
        parser.feed(event)
        for call in parser.message.tool_calls:
            if call.index in settled:
                assert (call.status, call.arguments) == settled[call.index]
            elif call.status != "in_progress":
                settled[call.index] = call.status, copy.deepcopy(call.arguments)
            if call.status == "complete":
                assert call.arguments == json.loads(call.arguments_text or "{}")
    parser.finish()
    assert all(call.status != "in_progress" for call in parser.message.tool_calls)
    finished = any(event["type"] == "message_delta" for event in events)
    assert finished or parser.message.status == "truncated"


@given(answers(), st.data())
def test_strange_values_raise_nothing(events: list[Event], data: st.DataObject) -> None:
    """Values of any type raise no exception but our own errors."""
    odd = st.sampled_from((None, 0, -1, 1.5, True, "", "x", [], [1], {}, {"type": "text"}))
    events = copy.deepcopy(events)
    for _ in range(data.draw(st.integers(1, 3))):
        record: Any = data.draw(st.sampled_from(events))
        while True:
            key = data.draw(st.sampled_from(sorted(record)))
            if not isinstance(record[key], dict) or not record[key] or data.draw(st.booleans()):
                record[key] = data.draw(odd)
                break
            record = record[key]
    parser = MessageParser(API)
    try:
        for event in events:
            parser.feed(event)
        parser.finish()
    except StreamParseError:
        return
    assert parser.message.to_dict()
    assert isinstance(parser.message.to_history(), list)


def test_linear() -> None:
    """Text and arguments in many small deltas take linear time (law 6)."""

    def feed(pieces: Sequence[str]) -> None:
        parser = MessageParser(API)
        parser.feed(begin(0, "text", text=""))
        for piece in pieces:
            parser.feed(delta(0, "text_delta", piece))
        parser.feed(call_start(1))
        parser.feed(delta(1, "input_json_delta", '{"a": "'))
        for piece in pieces:
            parser.feed(delta(1, "input_json_delta", piece))
        parser.finish()

    is_linear(feed, lambda size: "ivy " * (size // 16), 4)
