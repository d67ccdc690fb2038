"""Tests of the adapter of Anthropic Messages: detection, objects of the SDK, recordings.

`test_anthropic_events.py` tests the events themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given

from streamparse._wires.anthropic_messages import AnthropicMessages
from streamparse.message import Message
from streamparse.message_parser import MessageParser
from tests._wires.recordings import Recording, recordings, validated, without
from tests._wires.test_anthropic_events import answers
from tests.blocks import STOP, Event, begin, body, delta, sse, start, stop, stopped
from tests.messages import answer, run_parser

API: Final = "anthropic-messages"

CITED = {
    "cited_text": "Ferns like shade.",
    "document_index": 0,
    "document_title": "Ferns",
    "end_char_index": 17,
    "start_char_index": 0,
    "type": "char_location",
}
FOUND = {"encrypted_content": "e", "title": "t", "type": "web_search_result", "url": "u"}


def stream(*blocks: tuple[Event, list[Event]], reason: str = "end_turn") -> list[Event]:
    middle = [
        event for index, (first, rest) in enumerate(blocks) for event in (first, *rest, stop(index))
    ]
    return [start(), *middle, stopped(reason), STOP]


def searched(index: int) -> tuple[Event, list[Event]]:
    server = begin(index, "server_tool_use", id="srvtoolu_1", name="web_search", input={})
    return server, [delta(index, "input_json_delta", '{"query": "ferns"}')]


def called(index: int, *pieces: str) -> tuple[Event, list[Event]]:
    first = begin(index, "tool_use", id=f"toolu_{index}", name="water", input={})
    return first, [delta(index, "input_json_delta", piece) for piece in pieces]


RICH = stream(
    (
        begin(0, "thinking", thinking="", signature=""),
        [delta(0, "thinking_delta", "Ferns?"), delta(0, "signature_delta", "c2ln")],
    ),
    (begin(1, "redacted_thinking", data="b3BhcXVl"), []),
    searched(2),
    (begin(3, "web_search_tool_result", tool_use_id="srvtoolu_1", content=[FOUND]), []),
    (
        begin(4, "text", text="", citations=[]),
        [delta(4, "text_delta", "Shade."), delta(4, "citations_delta", CITED)],
    ),
    called(5, '{"plant": ', '"fern"}'),
    called(6, ""),
    called(7, '{"plant": fern}'),
    (begin(8, "container_upload", file_id="file_1"), []),
    reason="tool_use",
)


# Detection


@pytest.mark.parametrize(
    ("record", "seen"),
    [
        (start(), True),
        (begin(0, "text", text=""), True),
        (delta(0, "text_delta", "x"), True),
        (stop(0), True),
        (stopped("end_turn"), True),
        (STOP, True),
        (body({"type": "text", "text": "x"}), True),
        ({"type": "message", "role": "assistant", "content": "x"}, False),
        ({"type": "message", "content": []}, False),
        ({"type": "ping"}, False),
        ({"type": "error", "error": {}}, False),
        ({"type": "message-start"}, False),
        ({"type": ["message_start"]}, False),
        ({}, False),
    ],
)
def test_recognizes(record: Event, seen: bool) -> None:
    assert AnthropicMessages.recognizes(record, "") is seen


def test_auto() -> None:
    parser, _, error = run_parser([b": hello\n\n" + sse([{"type": "ping"}, *RICH])], None)
    assert error is None
    assert parser.api == API
    assert answer(RICH, None) == answer(RICH, API)


# The SDK


def test_objects_of_the_sdk() -> None:
    """Objects of `client.messages.create(stream=True)` give the same result as the records."""
    types = pytest.importorskip("anthropic.types")
    pydantic = pytest.importorskip("pydantic")
    adapter = pydantic.TypeAdapter(types.RawMessageStreamEvent)
    objects = [adapter.validate_python(event) for event in RICH]
    assert shown(objects) == shown(RICH)


def shown(pieces: list[Any]) -> Any:
    """Return the message and the events as dicts, which compare equal in any order of members."""
    parser, events, error = run_parser(pieces, API)
    assert error is None
    return parser.message.to_dict(), [event.to_dict() for event in events]


def test_helper_stream_of_the_sdk() -> None:
    """The events and fields that `client.messages.stream()` adds change nothing."""
    anthropic = pytest.importorskip("anthropic")
    httpx = pytest.importorskip("httpx2")  # the HTTP library of the SDK
    records = stream(
        (begin(0, "text", text=""), [delta(0, "text_delta", "Fe"), delta(0, "text_delta", "rns")]),
        called(1, '{"plant": ', '"fern"}'),
        reason="tool_use",
    )

    def respond(request: Any) -> Any:
        headers = {"content-type": "text/event-stream"}
        return httpx.Response(200, headers=headers, content=sse(records))

    transport = httpx.MockTransport(respond)
    with httpx.Client(transport=transport) as http:
        client = anthropic.Anthropic(api_key="none", http_client=http)
        asked = [{"role": "user", "content": "?"}]
        with client.messages.stream(model="m", max_tokens=9, messages=asked) as helper:
            objects = list(helper)
    assert len(objects) > len(records)
    assert shown(objects) == shown(records)


@pytest.fixture(scope="module")
def params() -> tuple[Any, Any]:
    """Return adapters for the SDK's types of a message in a request, stable and beta."""
    pydantic = pytest.importorskip("pydantic")
    types = pytest.importorskip("anthropic.types")
    beta = pytest.importorskip("anthropic.types.beta")
    return pydantic.TypeAdapter(types.MessageParam), pydantic.TypeAdapter(beta.BetaMessageParam)


def test_history_is_of_the_types_of_the_sdk(params: tuple[Any, Any]) -> None:
    parser, _, _ = run_parser(RICH, API)
    (back,) = parser.message.to_history()
    validated(params[0], back)
    assert [block["type"] for block in back["content"]] == [
        "thinking",
        "redacted_thinking",
        "server_tool_use",
        "web_search_tool_result",
        "text",
        "tool_use",
        "tool_use",
        "tool_use",
        "container_upload",
    ]
    inputs = [block["input"] for block in back["content"] if block["type"] == "tool_use"]
    assert inputs == [{"plant": "fern"}, {}, {"INVALID_JSON": '{"plant": fern}'}]


def test_history_of_beta_blocks(params: tuple[Any, Any]) -> None:
    summary = delta(0, "compaction_delta", 0, content="Ferns.", encrypted_content="e")
    del summary["delta"]["value"]
    switch = {"from": {"model": "a"}, "to": {"model": "b"}, "trigger": {"type": "refusal"}}
    call = {"id": "mcptoolu_1", "name": "echo", "server_name": "garden", "input": {}}
    parser, _, _ = run_parser(
        stream(
            (begin(0, "compaction", content=None), [summary]),
            (begin(1, "fallback", **switch), []),
            (begin(2, "mcp_tool_use", **call), [delta(2, "input_json_delta", "{}")]),
            (begin(3, "mcp_tool_result", tool_use_id="mcptoolu_1", is_error=False, content=[]), []),
        ),
        API,
    )
    (back,) = parser.message.to_history()
    validated(params[1], back)
    assert [block["type"] for block in back["content"]] == [
        "compaction",
        "fallback",
        "mcp_tool_use",
        "mcp_tool_result",
    ]


@given(answers())
def test_histories_follow_the_rules_of_the_api(
    params: tuple[Any, Any], events: list[Event]
) -> None:
    parser, _, _ = run_parser(events, API)
    for back in parser.message.to_history():
        validated(params[0], back)


# Recordings


def read(recording: Recording) -> Message:
    parser, _, error = run_parser(recording.records, API)
    assert error is None, recording.name
    return parser.message


def test_recorded_histories(shared_data: Path, params: tuple[Any, Any]) -> None:
    for recording in recordings(shared_data, API):
        message = read(recording)
        for back in message.to_history():
            assert is_valid(params, back), recording.name
            given = {block.get("tool_use_id") for block in back["content"]}
            assert not given & {
                call.id for call in message.tool_calls if call.status == "truncated"
            }


def is_valid(params: tuple[Any, Any], back: Any) -> bool:
    for adapter in params:
        try:
            validated(adapter, back)
        except ValueError:
            continue
        return True
    return False


def test_recorded_streams_as_bodies(shared_data: Path) -> None:
    """The body that the SDK accumulates from a stream gives the same message as the stream.

    Not compared: `usage.raw`, null fields that the SDK adds, and the texts of arguments, which a
    body does not have. Left out are recordings that the SDK accumulates otherwise: those with cut
    arguments, a second `message_start`, or a later token count of zero.
    """
    messages = pytest.importorskip("anthropic.lib.streaming._beta_messages")
    compared = 0
    for recording in recordings(shared_data, API):
        if recording.row.get("tool_arguments_invalid_json") or "message-start" in recording.name:
            continue
        if any(counts_nothing(record) for record in recording.records):
            continue
        body = accumulated(messages.accumulate_event, recording.records)
        parser = MessageParser(API)
        parser.feed(body)
        parser.finish()
        assert plain(parser.message) == plain(read(recording)), recording.name
        compared += 1
    assert compared


def accumulated(accumulate: Any, records: list[Event]) -> Event:
    construct = pytest.importorskip("anthropic._models").construct_type
    kind = pytest.importorskip("anthropic.types.beta").BetaRawMessageStreamEvent
    snapshot: Any = None
    texts: dict[int, bytes] = {}
    for record in records:
        if record["type"] != "ping":
            event = construct(type_=kind, value=record)
            snapshot = accumulate(
                event=event, current_snapshot=snapshot, json_bufs=texts, request_headers={}
            )
    whole: Event = snapshot.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return whole


def counts_nothing(record: Event) -> bool:
    return record["type"] == "message_delta" and not record.get("usage", {}).get("output_tokens")


def plain(message: Message) -> Any:
    texts = ("arguments_text", "raw_text", "raw")
    return without_nulls(without(message.to_dict(), texts))


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        kept: Iterator[Any] = ((key, value[key]) for key in value if value[key] is not None)
        return {key: without_nulls(member) for key, member in kept}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value
