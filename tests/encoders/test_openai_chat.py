"""Tests of streamparse.encoders.openai_chat: the SDK and our parser read the results."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given

from streamparse import Message, MessageParser, StreamParseError, Usage, UsageUpdated
from streamparse.encoders import OpenAIChat
from streamparse.encoders.openai_chat import finish_word
from tests.encoders import clients, views
from tests.encoders.sources import answers_of_examples, answers_of_recordings, records_of
from tests.helpers import cut
from tests.messages import call_chunk, chunk, run_parser, text_chunk
from tests.strategies import SIZES
from tests.streams import SCRIPTS, Script, as_bytes, steps


def stream_of(events: list[Any], batch: int = 1, **options: Any) -> bytes:
    encoder = OpenAIChat(**options)
    sent = b""
    for start in range(0, len(events), batch):
        sent += encoder.to_sse(encoder.encode(events[start : start + batch]))
    return sent + encoder.to_sse(encoder.finish())


def finish_of(message: Message) -> str | None:
    """Return the finish reason that is read back."""
    if views.problem(message) is not None:
        return None
    word = finish_word(message)
    if word == "stop" and message.refusal:
        return "refusal"
    calls = [call for call in views.client_calls(message) if call.status == "complete"]
    return "tool_calls" if word == "stop" and calls else word


def complete_calls(message: Message) -> list[Any]:
    """Return the calls that are complete when they are read back."""
    calls = views.client_calls(message)
    if views.problem(message) is not None:
        return []
    cut = finish_word(message) == "length"
    return [
        views.shown(call)
        for place, call in enumerate(calls)
        if call.status == "complete" and not (cut and place == len(calls) - 1)
    ]


def expected(message: Message, events: list[Any]) -> dict[str, Any]:
    return {
        **views.texts(events, message.choice),
        "calls": complete_calls(message),
        "finish": finish_of(message),
    }


def read_back(message: Message, events: list[Any]) -> dict[str, Any]:
    calls = views.client_calls(message)
    return {
        **views.texts(events, message.choice),
        "calls": [views.shown(call) for call in calls if call.status == "complete"],
        "finish": None if message.finish_reason == "error" else message.finish_reason,
    }


def check_usage(messages: list[Message], found: dict[str, int]) -> None:
    counted = [views.counts(message.usage) for message in messages if message.usage]
    for name in {name for counts in counted for name in counts}:
        total = sum(counts.get(name, 0) for counts in counted)
        assert found.get(name) == total, name


def check(messages: list[Message], events: list[Any], batch: int = 1) -> None:
    """Check that the messages of a response survive, except for the parts in `LOSSES`."""
    sent = stream_of(events, batch)
    parser, back, error = run_parser([sent], "openai-chat")
    assert error is None
    found = {message.choice: read_back(message, back) for message in parser.messages}
    problems = [text for message in messages if (text := views.problem(message))]
    assert found.keys() == {message.choice for message in messages}
    for message in messages:
        wanted = expected(message, events)
        if problems:  # an error ends all choices
            wanted["calls"], wanted["finish"] = [], None
            found[message.choice]["finish"] = None
            found[message.choice]["calls"] = []
        assert found[message.choice] == wanted
    if problems:
        errors = {message.error.message for message in parser.messages if message.error}
        assert errors == {f"server_error: {problems[0]}"}
    else:
        assert sent.endswith(b"data: [DONE]\n\n")
        check_usage(messages, views.counts(parser.message.usage))
    check_sdk(messages, events, sent, problems)
    check_bodies(messages, problems)


def check_sdk(messages: list[Message], events: list[Any], sent: bytes, problems: list[str]) -> None:
    if clients.missing("openai") or [m.choice for m in messages] != list(range(len(messages))):
        return  # the SDK expects the choices in their order
    read = clients.chat_stream(sent)
    assert read["error"] == (problems[0] if problems else None)
    for message in messages:
        choice = read["choices"][message.choice]
        assert choice["texts"] == views.texts(events, message.choice)
        check_sdk_calls(message, choice["calls"])
        if not problems:
            assert choice["finish"] == finish_word(message)
    if not problems:
        check_usage(messages, read["usage"])


def check_sdk_calls(message: Message, found: list[tuple[Any, ...]]) -> None:
    calls = views.client_calls(message)
    assert [name for _, name, _, _ in found] == [call.name or "unknown" for call in calls]
    for call, identity, (sent, _, kind, text) in zip(calls, views.ids(message), found, strict=True):
        assert sent
        assert identity in (None, sent)
        assert kind == call.kind
        if call.status == "complete":
            assert (text if kind == "custom" else json.loads(text)) == call.arguments


def check_bodies(messages: list[Message], problems: list[str]) -> None:
    body = OpenAIChat().body(*messages)
    if problems:
        assert body["error"]["message"] == problems[0]
        return
    parser, back, error = run_parser([body], "openai-chat")
    assert error is None
    for message, found in zip(messages, parser.messages, strict=True):
        wanted = {**expected(message, []), **_whole_texts(message)}
        assert {**read_back(found, back), **_whole_texts(found)} == wanted
        assert views.urls(found) == views.urls(message)
    check_usage(messages, views.counts(parser.message.usage))
    if clients.missing("openai"):
        return
    read = clients.chat_body(json.dumps(body))
    for message, choice in zip(messages, read["choices"], strict=True):
        assert choice["texts"] == _whole_texts(message)
        check_sdk_calls(message, choice["calls"])
        assert choice["finish"] == finish_word(message)


def _whole_texts(message: Message) -> dict[str, str]:
    return {"text": message.text, "reasoning": message.reasoning, "refusal": message.refusal}


# Round trips


def test_recordings(shared_data: Path) -> None:
    for name, parser, events in answers_of_recordings(shared_data):
        with clients.explained(name):
            check(parser.messages, events, 1 + len(events) % 5)


@pytest.mark.parametrize("name", sorted(answers_of_examples()))
def test_examples(name: str) -> None:
    for parser, events in answers_of_examples()[name]:
        check(parser.messages, events)


@given(script=SCRIPTS, sizes=SIZES)
def test_law_1_scripts(script: Script, sizes: Any) -> None:
    """The result for a client does not depend on the cuts of the provider's stream (law 1)."""
    parser, events, error = run_parser([as_bytes(script, steps(script))])
    assert error is None
    assume(views.start_in_order(events))
    check(parser.messages, events, 1 + len(sizes))


@given(script=SCRIPTS, sizes=SIZES)
def test_law_1_records(script: Script, sizes: Any) -> None:
    """With adjacent deltas merged, the records do not depend on the cuts (law 1)."""
    stream = as_bytes(script, steps(script))
    found = records_of(OpenAIChat(), cut(stream, sizes), "openai-chat")
    assert found == records_of(OpenAIChat(), [stream], "openai-chat")


# Records


def encoded(pieces: Iterable[Any], **options: Any) -> list[Any]:
    parser, encoder = MessageParser("openai-chat"), OpenAIChat(**options)
    records = []
    for piece in pieces:
        records += encoder.encode(parser.feed(piece))
    return [*records, *encoder.encode(parser.finish()), *encoder.finish()]


def deltas(records: Iterable[Any]) -> list[Any]:
    return [record["choices"][0]["delta"] for record in records if record["choices"]]


def test_chunks_share_their_head() -> None:
    records = encoded([text_chunk("a"), chunk({}, "stop")], id="x", created=7, model="m")
    heads = [[record[name] for name in ("id", "created", "model", "object")] for record in records]
    assert heads == [["x", 7, "m", "chat.completion.chunk"]] * 3


def test_arguments_are_streamed() -> None:
    pieces = ['{"a": "x', 'y", "b"', ": 12", "}"]
    calls = [call_chunk(piece, id="c" if piece is pieces[0] else None) for piece in pieces]
    calls[0]["choices"][0]["delta"]["tool_calls"][0]["function"]["name"] = "f"
    found = [
        entry["function"]
        for delta in deltas(encoded([*calls, chunk({}, "tool_calls")]))
        for entry in delta.get("tool_calls", [])
    ]
    texts = [function["arguments"] for function in found]
    assert found[0] == {"name": "f", "arguments": ""}
    assert texts == ["", '{"a":"x', 'y"', ',"b":12}'] or "".join(texts) == '{"a":"xy","b":12}'
    assert texts[1] == '{"a":"x'


def test_the_field_of_reasoning() -> None:
    records = encoded([chunk({"reasoning": "hm"}), chunk({}, "stop")], reasoning_field="reasoning")
    assert {"reasoning": "hm"} in deltas(records)


def test_usage_is_optional() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    pieces = [text_chunk("a"), chunk({}, "stop"), {"choices": [], "usage": usage}]
    assert encoded(pieces)[-1] == {**encoded(pieces)[-1], "choices": [], "usage": usage}
    assert all("usage" not in record for record in encoded(pieces, include_usage=False))


@pytest.mark.parametrize(
    ("given", "record"),
    [
        ({"total_tokens": 5}, (5, 0, 5)),
        ({"completion_tokens": 2}, (0, 2, 2)),
        ({"prompt_tokens": 2, "total_tokens": 9}, (2, 0, 9)),
    ],
)
def test_unknown_counts(given: dict[str, int], record: tuple[int, int, int]) -> None:
    records = encoded([text_chunk("a"), chunk({}, "stop"), {"choices": [], "usage": given}])
    usage = records[-1]["usage"]
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    assert tuple(usage[name] for name in names) == record


def test_log_probabilities() -> None:
    probabilities = {"content": [{"token": "a", "logprob": -1.0, "bytes": [97]}], "refusal": None}
    piece = text_chunk("a")
    piece["choices"][0]["logprobs"] = probabilities
    choices = [record["choices"][0] for record in encoded([piece, piece, chunk({}, "stop")])]
    written = [(choice["delta"], choice.get("logprobs")) for choice in choices]
    assert written[1:3] == [({"content": "a"}, probabilities)] * 2
    one_by_one = OpenAIChat()
    parser = MessageParser("openai-chat")
    found = [record for event in parser.feed(piece) for record in one_by_one.encode([event])]
    assert found[-1]["choices"][0]["logprobs"] == probabilities
    assert found[-1]["choices"][0]["delta"] == {}


def test_several_choices() -> None:
    pieces = [text_chunk("a"), text_chunk("b", 1), chunk({}, "stop"), chunk({}, "length", 1)]
    records = encoded(pieces)
    written = [
        (choice["index"], choice["delta"].get("content"), choice["finish_reason"])
        for record in records
        for choice in record["choices"]
    ]
    expected = [(0, "", None), (0, "a", None), (1, "", None), (1, "b", None)]
    assert written == [*expected, (0, None, "stop"), (1, None, "length")]


def test_a_rejected_call_is_an_error() -> None:
    call = call_chunk('{"a": x}', id="c", name="f")
    records = encoded([call, chunk({}, "tool_calls")])
    assert records[-1]["error"]["code"] == "expected_value"
    assert all(choice["finish_reason"] is None for r in records[:-1] for choice in r["choices"])
    assert b"[DONE]" not in OpenAIChat.to_sse(records)


def test_a_call_of_the_provider_is_left_out() -> None:
    event = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    pieces = [
        {"type": "message_start", "message": {"id": "m", "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": event},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
        {"type": "message_stop"},
    ]
    parser, events, _ = run_parser(pieces, "anthropic-messages")
    assert b"web_search" not in stream_of(events)
    assert parser.message.tool_calls
    assert "tool_calls" not in OpenAIChat().body(parser.message)["choices"][0]["message"]


def test_a_free_text_call() -> None:
    entry = {"index": 0, "id": "c", "type": "custom", "custom": {"name": "sh", "input": 'ls "a"'}}
    pieces = [chunk({"tool_calls": [entry]}), chunk({}, "tool_calls")]
    parser, events, _ = run_parser(pieces)
    check(parser.messages, events)
    assert deltas(encoded(pieces))[1]["tool_calls"][0]["custom"] == {"name": "sh", "input": ""}


def test_a_name_that_grows() -> None:
    pieces = [call_chunk(id="c", name="wat"), call_chunk(name="er"), call_chunk("{}")]
    pieces.append(chunk({}, "tool_calls"))
    parser, events, _ = run_parser(pieces)
    assert parser.message.tool_calls[0].name == "water"
    check(parser.messages, events, len(events))
    check_names(encoded(pieces), "water")


def check_names(records: list[Any], name: str) -> None:
    entries = [entry for delta in deltas(records) for entry in delta.get("tool_calls", [])]
    assert "".join([entry["function"].get("name", "") for entry in entries]) == name


# Ends


def test_errors_and_cancellation() -> None:
    def encoder() -> OpenAIChat:
        started = OpenAIChat()
        started.encode(MessageParser("openai-chat").feed(text_chunk("a")))
        return started

    [record] = encoder().finish()
    assert record["error"]["message"] == "the answer was cut off before its end"
    [record] = encoder().finish(OSError("host"))
    assert record["error"]["message"] == "an error broke off the answer"
    [record] = encoder().abort()
    assert record["error"] == {
        "message": "the answer was cancelled",
        "type": "server_error",
        "param": None,
        "code": "cancelled",
    }
    done = encoder()
    done.finish()
    assert done.finish() == done.abort() == []
    with pytest.raises(StreamParseError, match="has ended"):
        done.encode([UsageUpdated(Usage())])


def test_an_answer_without_events() -> None:
    records = OpenAIChat().finish()
    assert [next(iter(record)) for record in records] == ["id", "error"]


def test_a_second_answer_is_rejected() -> None:
    _, events, _ = run_parser([text_chunk("a"), chunk({}, "stop")])
    encoder = OpenAIChat()
    encoder.encode(events)
    with pytest.raises(StreamParseError, match="one answer only"):
        encoder.encode(events)


def test_only_message_events() -> None:
    with pytest.raises(TypeError, match="must be message events, not dict"):
        OpenAIChat().encode([{}])  # type: ignore[list-item]


def test_a_call_that_changes_is_an_error() -> None:
    parser, events, _ = run_parser([call_chunk("{}", id="c", name="f"), chunk({}, "stop")])
    encoder = OpenAIChat()
    records = encoder.encode(events[:3])
    parser.message.tool_calls[0].name = "g"
    records += encoder.encode(events[3:]) + encoder.finish()
    assert records[-1]["error"]["code"] == "changed_name"


def test_citations_and_usage_in_a_body() -> None:
    place = {"start_index": 0, "end_index": 1, "title": "A", "url": "https://a"}
    page = {"type": "url_citation", "url_citation": place}
    details = {
        "prompt_tokens_details": {"cached_tokens": 1},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7, **details}
    pieces = [
        chunk({"content": "x", "annotations": [page]}),
        chunk({}, "stop"),
        {"choices": [], "usage": usage},
    ]
    parser, events, _ = run_parser(pieces)
    check(parser.messages, events)
    body = OpenAIChat().body(parser.message)
    assert body["choices"][0]["message"]["annotations"] == [page]
    assert body["usage"] == usage
    assert {"annotations": [page]} in deltas(encoded(pieces))


def test_citations_of_other_apis() -> None:
    text = {"type": "text", "text": "x", "citations": [{"url": "https://a", "title": "A"}, {}]}
    body = {"type": "message", "id": "m", "content": [text], "stop_reason": "end_turn"}
    _, events, _ = run_parser([body], "anthropic-messages")
    place = {"start_index": 0, "end_index": 0, "title": "A", "url": "https://a"}
    expected = {"type": "url_citation", "url_citation": place}
    encoder = OpenAIChat()
    assert {"annotations": [expected]} in deltas(encoder.encode(events) + encoder.finish())
