"""Tests of streamparse.frontends.data_stream: the lines that assistant-ui reads."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given

from streamparse import MessageParser, ProviderEvent
from streamparse.frontends import DataStream
from streamparse.message import Citation, Message, ServerToolResult, ToolCall
from streamparse.message_events import (
    MessageFinished,
    ServerToolCompleted,
    ToolCallCompleted,
    ToolCallDelta,
    ToolCallStarted,
)
from tests.clients import assistant_state
from tests.helpers import cut
from tests.messages import call_chunk, chunk, run_parser, sse, text_chunk
from tests.strategies import SIZES
from tests.streams import SCRIPTS, Script, as_bytes, steps

STOP = chunk({}, "stop")


def sent(*records: Any, **options: Any) -> list[Any]:
    _, events, _ = run_parser([sse(records)])
    data = DataStream(message_id="m", **options)
    return data.encode(events) + data.finish()


def codes(records: list[Any]) -> str:
    return "".join(record["type"] for record in records)


@given(script=SCRIPTS, sizes=SIZES)
def test_any_chunking(script: Script, sizes: Any) -> None:
    """The records do not depend on the cuts, and each of them is a line of JSON."""
    stream = as_bytes(script, steps(script))

    def encoded(pieces: list[Any]) -> list[Any]:
        parser, data = MessageParser("openai-chat"), DataStream()
        records: list[Any] = []
        for piece in pieces:
            records += data.encode(parser.feed(piece))
        records += data.encode(parser.finish()) + data.finish()
        lines = DataStream.to_sse(records).decode().split("\n")[:-1]
        assert len(lines) == len(records)
        assert all(json.loads(line.partition(":")[2]) is not ... for line in lines)
        return merged(records)

    assert encoded(cut(stream, sizes)) == encoded([stream])


def merged(records: list[Any]) -> list[Any]:
    """Return the records; deltas of one text or call are merged up to the next other record."""
    found: list[Any] = []
    run: dict[Any, str] = {}
    for record in [*records, {"type": None}]:
        code, value = record["type"], record.get("value")
        if code in ("0", "g"):
            run[code, ""] = run.get((code, ""), "") + value
        elif code == "c":
            key = (code, value["toolCallId"])
            run[key] = run.get(key, "") + value["argsTextDelta"]
        else:
            found += sorted(run.items())
            run = {}
            found.append(record)
    return found[:-1]


def test_text_and_a_call() -> None:
    records = sent(
        text_chunk("Hi"),
        call_chunk('{"a": 1}', id="c", name="f"),
        chunk({}, "tool_calls", usage={"prompt_tokens": 3, "completion_tokens": 2}),
    )
    assert codes(records) == "f0bc9ed"
    assert records[0]["value"] == {"messageId": "m"}
    assert records[3]["value"] == {"toolCallId": "c", "argsTextDelta": '{"a":1}'}
    assert records[4]["value"] == {"toolCallId": "c", "toolName": "f", "args": {"a": 1}}
    usage = {"inputTokens": 3, "outputTokens": 2}
    assert records[-1]["value"] == {"finishReason": "tool-calls", "usage": usage}


def test_a_cut_answer() -> None:
    _, events, _ = run_parser([sse([call_chunk("{", id="c", name="f")], done=False)])
    data = DataStream()
    records = data.encode(events) + data.finish()
    assert codes(records) == "fbca3ed"
    assert records[3]["value"]["isError"] is True
    assert records[-1]["value"]["finishReason"] == "error"
    stopped = DataStream()
    records = stopped.encode(events[:1]) + stopped.abort("stopped")
    assert (codes(records), records[-1]["value"]["finishReason"]) == ("fed", "other")
    assert codes(DataStream().abort()) == "fed"


def test_a_free_text_call() -> None:
    call = ToolCall(0, "custom")
    call.id, call.name, call.status = "c", "run", "complete"
    call.arguments_text, call.parsed = 'say "hi"', None
    message = Message()
    message.content, message.status, message.finish_reason = [call], "complete", "tool_calls"
    events: list[Any] = [ToolCallStarted(call), ToolCallDelta(call, 'say "hi"')]
    data = DataStream()
    records = data.encode([*events, ToolCallCompleted(call), MessageFinished(message)])
    [part] = assistant_state(data.to_sse(records + data.finish()))["parts"]
    assert json.loads(part["argsText"]) == {"input": 'say "hi"'}


def test_records_that_the_server_adds() -> None:
    parser, events, _ = run_parser(
        [sse([call_chunk("{}", index=i, id=f"c{i}", name="f") for i in range(3)] + [STOP])]
    )
    data = DataStream(message_id="m")
    records = data.encode(events)
    first, second, third = parser.message.tool_calls
    records += data.tool_output(first, 1, preliminary=True) + data.tool_output(first, 2)
    records += data.request_approval(second, reason="Sure?")
    records += data.answer_approval("c1-approval", False, reason="no")
    records += data.tool_denied(second, "no")
    records += data.request_approval(third) + data.answer_approval("unknown", True)
    records += data.data("note", {"n": 1}) + data.data("log", "x", transient=True)
    state = assistant_state(data.to_sse(records + data.finish()))
    one, two, three, note = state["parts"]
    assert (one["result"], two["result"], two["isError"]) == (2, {"error": "no"}, True)
    assert two["approval"]["approved"] is False
    assert three["approval"] == {"id": "c2-approval"}
    assert (note["type"], note["name"], note["data"]) == ("data", "note", {"n": 1})
    assert state["metadata"]["unstable_data"] == [{"name": "log", "data": "x"}]


def test_reset() -> None:
    _, events, _ = run_parser([sse([call_chunk("{}", id="c", name="f")], done=False)])
    data = DataStream()
    records = data.encode(events[:-2]) + data.reset()
    _, events, _ = run_parser([sse([text_chunk("So"), STOP])])
    records += data.encode(events) + data.finish()
    assert codes(records) == "fbca8ef0ed"
    assert records[-1]["value"]["finishReason"] == "stop"


TRIP = '{"title": "A long day", "stops": [{"n": 1}, {"n": 2}]}'


def test_the_output_is_the_state() -> None:
    """Strings are streamed, as the state has an operation that appends text."""
    records = [text_chunk(piece) for piece in cut(TRIP, [3])]
    _, events, _ = run_parser([sse([*records, STOP])], output={"type": "object"})
    data = DataStream(output_state="/trip")
    encoded = [record for event in events for record in data.encode([event])] + data.finish()
    operations = [
        one for record in encoded if record["type"] == "aui-state" for one in record["value"]
    ]
    assert {"type": "append-text", "path": ["trip", "title"], "value": "ng"} in operations
    state = assistant_state(data.to_sse(encoded))["metadata"]["unstable_state"]
    assert state == {"trip": json.loads(TRIP)}


def test_other_records() -> None:
    call = ToolCall(0, "server")
    call.id, call.name, call.status, call.arguments_text = "s", "search", "complete", "{}"
    message = Message()
    page = {"type": "url_citation", "url": "https://example.org", "title": "Tides"}
    stray = ServerToolResult("other", "lookup", 3)
    message.content = [call, stray, Citation(page), Citation({"filename": "a.pdf"})]
    message.status, message.finish_reason = "complete", "stop"
    image = {"id": "i", "url": "data:image/png;base64,aGk=", "mediaType": "image/png", "index": 0}
    file = {"url": "https://example.org/a.png", "mediaType": "image/png"}
    data = DataStream(provider_events=True)
    records = data.encode(
        [
            ProviderEvent("file", file),
            ProviderEvent("partial_image", image),
            ProviderEvent("other", 1),
            ToolCallStarted(call),
            ToolCallCompleted(call),
            ServerToolCompleted(ServerToolResult("s", "search", ["found"])),
            ServerToolCompleted(stray),
            MessageFinished(message),
        ]
    )
    records += data.finish()
    assert codes(records) == "fk22b9a2hhed"
    parts = assistant_state(data.to_sse(records))["parts"]
    assert [part["type"] for part in parts] == ["file", "tool-call", "source", "source"]
    assert parts[3]["filename"] == "a.pdf"
