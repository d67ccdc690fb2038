"""Tests of the detection of the API of a stream."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from streamparse._decoding.record import Record
from streamparse._wires.detection import SESSION_WIRES, WIRES, adapter_of, is_of_an_api, wire_of
from streamparse.errors import WireError
from streamparse.message_events import MessageStarted, ProviderEvent, TextDelta
from streamparse.message_parser import MessageParser
from tests.messages import kinds, read, run_parser, sse, text_chunk


def unknown(number: int) -> dict[str, Any]:
    return {"kind": "heartbeat", "number": number}


def test_each_api_has_its_adapter() -> None:
    for api in (*WIRES, *SESSION_WIRES):
        assert wire_of(api).api == api
        assert wire_of(api) is wire_of(api)


def test_the_adapter_that_a_record_shows() -> None:
    assert adapter_of(Record("", text_chunk("x"), "")) is wire_of("openai-chat")
    assert adapter_of(Record("", {"kind": "x"}, "")) is None
    assert adapter_of(Record("", None, "x")) is None


def test_records_that_show_an_api_or_an_error() -> None:
    assert is_of_an_api(Record("", text_chunk("x"), ""))
    assert is_of_an_api(Record("", {"error": {"message": "x"}}, ""))
    assert is_of_an_api(Record("", {"object": "error", "message": "x"}, ""))
    assert not is_of_an_api(Record("", {"message": "x"}, ""))
    assert not is_of_an_api(Record("", None, "x"))
    assert not is_of_an_api(Record("", {"bytes": "%%"}, ""))


def test_detection_waits_for_evidence() -> None:
    held = [unknown(number) for number in range(16)]
    parser = MessageParser()
    for record in held:
        assert parser.feed(record) == []
    events = parser.feed(text_chunk("Hel"))
    assert events[:16] == [ProviderEvent("record", data) for data in held]
    assert events[16:] == [MessageStarted("cc-1", None), TextDelta("Hel")]


def test_detection_gives_up_after_16_records() -> None:
    records = [unknown(number) for number in range(17)]
    for pieces in (records, [sse(records)], ["\n".join(map(json.dumps, records))]):
        parser, events, error = run_parser(pieces, api="auto")
        assert isinstance(error, WireError)
        assert error.code == "unknown_api"
        assert "heartbeat" in error.excerpt
        passed_on = [event.data for event in events if isinstance(event, ProviderEvent)]
        assert passed_on == records, "every record is passed on"
        assert parser.message.status == "truncated"


@pytest.mark.parametrize("framed", [lambda record: record, lambda record: sse([record], False)])
def test_detection_gives_up_after_64_kib(framed: Callable[[Any], Any]) -> None:
    parser = MessageParser()
    parser.feed(framed({"kind": "x" * 65_000}))
    with pytest.raises(WireError) as caught:
        parser.feed(framed({"kind": "y" * 600}))
    assert caught.value.code == "unknown_api"
    assert len(caught.value.events) == 4


def test_detection_at_the_end_of_input() -> None:
    _, _, error = run_parser([sse([unknown(1)], done=False)], api="auto")
    assert error is not None
    assert error.code == "unknown_api"


@pytest.mark.parametrize("data", [b"", b"data: [DONE]\n\n", b'data: {"choices": [{"de', b'{"cho'])
def test_input_that_ends_before_any_evidence_is_truncated(data: bytes) -> None:
    message, _ = read([data], api="auto")
    assert message.status == "truncated"


def test_detection_of_an_error_needs_no_api() -> None:
    message, events = read([unknown(1), {"error": {"message": "busy"}}, unknown(2)], api="auto")
    assert kinds(events) == [
        "provider_event",
        "message_started",
        "message_failed",
        "provider_event",
    ]
    assert message.status == "failed"
    assert MessageParser().api is None


def test_azure_s_first_record_shows_its_api() -> None:
    first = {"choices": [], "id": "", "object": "", "prompt_filter_results": []}
    message, _ = read([sse([first], done=False)], api=None)
    assert (message.status, message.api) == ("truncated", "openai-chat")
