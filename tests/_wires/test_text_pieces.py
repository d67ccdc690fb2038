"""Tests of endpoints that stream pieces of text, an end and usage."""

from __future__ import annotations

import enum
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import MessageParser, StreamParseError, stream
from streamparse._wires.text_pieces import TextSoFar
from streamparse.message import Message
from tests.helpers import cut

TEXT = ["The ", "sky é", " is\n", "blue."]


def tgi(pieces: list[str], reason: str = "eos_token") -> list[Any]:
    tokens = [
        {"index": place, "token": {"id": place, "text": piece, "special": False}}
        for place, piece in enumerate(pieces, 1)
    ]
    details = {"finish_reason": reason, "generated_tokens": 9, "input_length": 4}
    end = {"id": 2, "text": "</s>", "special": True}
    last = {"index": 9, "token": end, "generated_text": "".join(pieces), "details": details}
    return [*tokens, last]


def llama_cpp(pieces: list[str], reason: str = "eos") -> list[Any]:
    counts = {"tokens_evaluated": 4, "tokens_predicted": 9, "tokens_cached": 13}
    last = {"content": "", "stop": True, "stop_type": reason, **counts, "truncated": False}
    return [*[{"content": piece, "stop": False, "tokens": [1]} for piece in pieces], last]


def sglang(pieces: list[str], reason: str = "stop", cumulative: bool = True) -> list[Any]:
    records = []
    for place in range(1, len(pieces) + 1):
        text = "".join(pieces[:place]) if cumulative else pieces[place - 1]
        finish = {"type": reason} if place == len(pieces) else None
        counts = {"prompt_tokens": 4, "completion_tokens": 9, "cached_tokens": 1}
        records.append({"text": text, "meta_info": {"id": "a", "finish_reason": finish, **counts}})
    return records


def bedrock_llama(pieces: list[str], reason: str = "stop") -> list[Any]:
    counts = {"prompt_token_count": 4, "generation_token_count": 9}
    records: list[Any] = [
        {"generation": piece, "stop_reason": None, "generation_token_count": 1} for piece in pieces
    ]
    return [*records, {"generation": "", "stop_reason": reason, **counts}]


METRICS = {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 4, "outputTokenCount": 9}}


def bedrock_mistral(pieces: list[str], reason: str = "stop") -> list[Any]:
    records: list[Any] = [{"outputs": [{"text": piece, "stop_reason": None}]} for piece in pieces]
    return [*records, {"outputs": [{"text": "", "stop_reason": reason}], **METRICS}]


def bedrock_titan(pieces: list[str], reason: str = "FINISH") -> list[Any]:
    records: list[Any] = [{"outputText": piece, "completionReason": None} for piece in pieces]
    return [*records, {"outputText": "", "index": 0, "completionReason": reason, **METRICS}]


def watsonx(pieces: list[str], reason: str = "eos_token") -> list[Any]:
    records: list[Any] = [
        {
            "model_id": "tiny",
            "results": [
                {
                    "generated_text": piece,
                    "generated_token_count": place,
                    "input_token_count": 0 if place else 4,
                    "stop_reason": "not_finished",
                }
            ],
        }
        for place, piece in enumerate(pieces)
    ]
    last = {"generated_text": "", "generated_token_count": 9, "stop_reason": reason}
    return [*records, {"model_id": "tiny", "results": [last]}]


def writer(pieces: list[str]) -> list[Any]:
    return [{"value": piece} for piece in pieces]


def workers_ai(pieces: list[str]) -> list[Any]:
    usage = {"prompt_tokens": 4, "completion_tokens": 9}
    records: list[Any] = [{"response": piece, "p": "abcd"} for piece in pieces]
    return [*records, {"response": "", "usage": usage}, "[DONE]"]


def replicate(pieces: list[str], reason: str = "") -> list[Any]:
    end: dict[str, str] = {"reason": reason} if reason else {}
    records = [
        f"event: output\nid: 9:{place}\n{lines(piece)}" for place, piece in enumerate(pieces)
    ]
    return [*records, f"event: done\ndata: {json.dumps(end)}\n\n"]


def lines(text: str) -> str:
    return "".join([f"data: {line}\n" for line in text.split("\n")]) + "\n"


APIS: dict[str, Any] = {
    "tgi-generate": tgi,
    "llama-cpp-completion": llama_cpp,
    "sglang-generate": sglang,
    "bedrock-invoke-llama": bedrock_llama,
    "bedrock-invoke-mistral": bedrock_mistral,
    "bedrock-invoke-titan": bedrock_titan,
    "watsonx-generate": watsonx,
    "writer-completions": writer,
    "workers-ai-run": workers_ai,
    "replicate-text": replicate,
}
each_api = pytest.mark.parametrize("api", APIS)


def body(records: list[Any]) -> str:
    texts = [record if isinstance(record, str) else json.dumps(record) for record in records]
    return "".join([text if text.startswith("event:") else f"data: {text}\n\n" for text in texts])


def read(api: Any, source: str, size: int = 0, **options: Any) -> tuple[Message, MessageParser]:
    parser = MessageParser(api, **options)
    for piece in cut(source, [size]) if size else [source]:
        parser.feed(piece)
    parser.finish()
    return parser.message, parser


@each_api
@pytest.mark.parametrize("detected", [True, False])
def test_an_answer(api: str, detected: bool) -> None:
    message, parser = read("auto" if detected else api, body(APIS[api](TEXT)))
    assert (message.text, message.status) == ("".join(TEXT), "complete")
    assert (message.finish_reason, parser.api) == ("stop", api)
    if api not in ("writer-completions", "replicate-text"):
        assert message.usage is not None
        assert (message.usage.input_tokens, message.usage.output_tokens) == (4, 9)


@each_api
@given(pieces=st.lists(st.text("aé😀 \n}", min_size=1), min_size=1), size=st.integers(1, 40))
def test_any_chunking(api: str, pieces: list[str], size: int) -> None:
    if api == "sglang-generate":
        pieces = [f"{place}{piece}" for place, piece in enumerate(pieces)]
    source = body(APIS[api](pieces))
    message, _ = read(api, source, size)
    assert message == read(api, source)[0]
    assert message.text == "".join(pieces)


@each_api
@given(place=st.integers(0, 3))
def test_a_cut_stream_is_never_complete(api: str, place: int) -> None:
    message, _ = read(api, body(APIS[api](TEXT)[:place]))
    if api != "writer-completions":  # its streams end without an end record
        assert message.status == "truncated"
    assert message.text == "".join(TEXT[:place])


@pytest.mark.parametrize(
    ("api", "word", "expected"),
    [
        ("tgi-generate", "length", "length"),
        ("tgi-generate", "stop_sequence", "stop"),
        ("llama-cpp-completion", "limit", "length"),
        ("llama-cpp-completion", "word", "stop"),
        ("sglang-generate", "length", "length"),
        ("sglang-generate", "abort", "cancelled"),
        ("bedrock-invoke-llama", "length", "length"),
        ("bedrock-invoke-mistral", "length", "length"),
        ("bedrock-invoke-titan", "LENGTH", "length"),
        ("bedrock-invoke-titan", "CONTENT_FILTERED", "content_filter"),
        ("watsonx-generate", "max_tokens", "length"),
        ("watsonx-generate", "time_limit", "length"),
        ("watsonx-generate", "cancelled", "cancelled"),
    ],
)
def test_finish_reasons(api: str, word: str, expected: str) -> None:
    assert read(api, body(APIS[api](TEXT, word)))[0].finish_reason == expected


@each_api
def test_calls_in_the_text(api: str) -> None:
    call = '<tool_call>{"name": "look", "arguments": {"a": 1}}</tool_call>'
    pieces = ["Wait. ", call[:20], call[20:]]
    message, _ = read(api, body(APIS[api](pieces)), format="hermes")
    assert [found.arguments for found in message.tool_calls] == [{"a": 1}]
    assert message.text.strip() == "Wait."


@each_api
def test_an_error_after_some_text(api: str) -> None:
    records = [*APIS[api](TEXT)[:2], {"error": {"message": "out of memory"}}]
    message, _ = read(api, body(records))
    assert message.status == "failed"
    assert "out of memory" in str(message.error)


def test_a_whole_body_of_tgi() -> None:
    details = {"finish_reason": "eos_token", "generated_tokens": 2}
    message, _ = read("auto", json.dumps({"generated_text": "Blue.", "details": details}))
    assert (message.text, message.finish_reason) == ("Blue.", "stop")


def test_sglang_with_texts_that_are_not_cumulative() -> None:
    message, _ = read("sglang-generate", body(sglang(TEXT, cumulative=False)))
    assert message.text == "".join(TEXT)


def test_choices_of_sglang() -> None:
    records = []
    for index in (1, 0):
        records += [{**record, "index": index} for record in sglang([str(index), "!"])]
    parser = MessageParser("sglang-generate")
    parser.feed(body(records))
    parser.finish()
    assert [message.text for message in parser.messages] == ["0!", "1!"]


def test_calls_of_workers_ai() -> None:
    call = {"name": "look", "arguments": {"a": 1}}
    message, _ = read("auto", body([{"response": "", "p": "x", "tool_calls": [call]}, "[DONE]"]))
    assert [found.arguments for found in message.tool_calls] == [{"a": 1}]
    assert message.finish_reason == "tool_calls"


def test_unknown_members_are_kept() -> None:
    records = tgi(TEXT)
    records[-1]["timings"] = {"ms": 5}
    assert read("tgi-generate", body(records))[0].extra == {"timings": {"ms": 5}}


def test_an_unfinished_character_is_held_back() -> None:
    known = TextSoFar()
    texts = ["a", "ab\ufffd", "abé", "abé\ufffd"]
    assert [known.more(text) for text in texts] == ["a", "b", "é", ""]
    assert known.rest() == "\ufffd"


def test_texts_that_are_not_cumulative() -> None:
    known = TextSoFar()
    assert [known.more(text) for text in ("", "a", "b", "a")] == ["", "a", "b", "a"]


def test_a_cut_record_is_not_a_normal_end() -> None:
    message, _ = read("writer-completions", body(writer(TEXT))[:-6])
    assert (message.text, message.status) == ("".join(TEXT[:3]), "truncated")


# Replicate sends text that is not in JSON.

LOOKS = ['{"a": ', '{"b": 1}', "[DONE]", " ", "\n", '{"choices": ', '"error": 1}', "\n{}\n{}"]


@given(pieces=st.lists(st.sampled_from(LOOKS), min_size=1), size=st.integers(1, 40))
def test_text_that_looks_like_records_is_text(pieces: list[str], size: int) -> None:
    for api in ("auto", "replicate-text"):
        message, parser = read(api, body(replicate(pieces)), size)
        assert (message.text, message.status) == ("".join(pieces), "complete")
        assert parser.api == "replicate-text"


def test_predictions_that_failed() -> None:
    message, _ = read("auto", body(replicate(TEXT, "canceled")))
    assert (message.status, message.finish_reason) == ("truncated", "cancelled")
    message, _ = read("auto", body(replicate(TEXT, "error")))
    assert (message.status, message.finish_reason) == ("failed", "error")
    ends = ["event: error\ndata: it broke\n\n", 'event: error\ndata: {"detail": "it broke"}\n\n']
    for end in ends:
        message, _ = read("auto", body([*replicate(TEXT)[:2], end, replicate([])[0]]))
        assert (message.status, message.text) == ("failed", "".join(TEXT[:2]))
        assert "it broke" in str(message.error)


@pytest.mark.parametrize(
    ("status", "output", "expected"),
    [
        ("succeeded", TEXT, "complete"),
        ("succeeded", "".join(TEXT), "complete"),
        ("processing", TEXT, "truncated"),
        ("canceled", TEXT, "truncated"),
        ("failed", TEXT, "failed"),
    ],
)
def test_a_whole_prediction(status: str, output: Any, expected: str) -> None:
    error = "no room" if status == "failed" else None
    metrics = {"input_token_count": 4, "output_token_count": 9}
    data = {"id": "p1", "urls": {}, "status": status, "output": output, "error": error}
    message, parser = read("auto", json.dumps({**data, "metrics": metrics, "model": "tiny"}))
    assert (parser.api, message.id, message.model) == ("replicate-text", "p1", "tiny")
    assert (message.text, message.status) == ("".join(TEXT), expected)
    assert message.usage is not None
    assert message.usage.output_tokens == 9


def test_other_apis_may_use_the_same_event_names() -> None:
    chunk = {"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]}
    message, parser = read("auto", f"event: output\ndata: {json.dumps(chunk)}\n\n")
    assert (parser.api, message.text, message.status) == ("openai-chat", "Hi", "complete")


@pytest.mark.parametrize(
    ("name", "data", "status"),
    [
        ("done", "{}", "complete"),
        ("done", '{"reason": "canceled"}', "truncated"),
        ("done", "", "complete"),
        ("error", "it broke", "failed"),
        ("logs", "loading", "truncated"),
    ],
)
def test_events_of_the_sdk(name: str, data: str, status: str) -> None:
    class Kind(enum.Enum):
        OUTPUT = "output"
        END = name

    class Event:
        def __init__(self, kind: Kind, text: str) -> None:
            self.event, self.data, self.id = kind, text, "1:0"

    Event.__module__ = "replicate.stream"
    pieces = [Event(Kind.OUTPUT, text) for text in ("{", '"a": 1}')]
    answer = stream([*pieces, Event(Kind.END, data)])
    with suppress(StreamParseError):
        answer.result()
    message = answer.message
    assert (message.api, message.text, message.status) == ("replicate-text", '{"a": 1}', status)
