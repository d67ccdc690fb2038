"""Tests of the adapter of OpenAI chat: the API, and the deviations of other servers."""

from __future__ import annotations

import copy
import json
import warnings
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse._wires.openai_chat import OpenAIChat
from streamparse.errors import StreamParseError
from streamparse.message import Citation, Message, Reasoning, Refusal, Text, ToolCall
from streamparse.message_events import ProviderEvent
from tests._wires.recordings import Recording, recordings, validated, without
from tests.helpers import cut
from tests.messages import (
    answer,
    call_chunk,
    chunk,
    data_named,
    dumped,
    kinds,
    run_parser,
    sse,
    text_chunk,
)
from tests.messages import read as read_records

API: Final = "openai-chat"
read = partial(read_records, api=API)
USAGE = {
    "prompt_tokens": 20,
    "prompt_tokens_details": {"cached_tokens": 16},
    "completion_tokens": 9,
    "completion_tokens_details": {"reasoning_tokens": 4},
    "total_tokens": 29,
}
COUNTED = {"id": "cc-1", "object": "chat.completion.chunk", "choices": [], "usage": USAGE}


def ended(*records: Any, finish: str = "stop") -> Message:
    """Return the message for these records and a finish reason."""
    return read([*records, chunk(finish=finish)])[0]


def called(*records: Any, finish: str = "tool_calls") -> ToolCall:
    calls = ended(*records, finish=finish).tool_calls
    assert len(calls) == 1
    return calls[0]


def codes(call: ToolCall) -> list[str]:
    return [error.code for error in call.errors]


# The API itself


def test_text_role_and_usage() -> None:
    records = [
        chunk({"role": "assistant", "content": ""}, model="bark-4", usage=None),
        {**text_chunk("An elm"), "usage": None, "obfuscation": "xx"},
        chunk(finish="stop"),
        COUNTED,
    ]
    message, events = read([sse(records)])
    assert kinds(events) == ["message_started", "text_delta", "usage_updated", "message_finished"]
    assert (message.id, message.model, message.text) == ("cc-1", "bark-4", "An elm")
    assert (message.status, message.finish_reason, message.raw_finish_reason) == (
        "complete",
        "stop",
        "stop",
    )
    usage = message.usage
    assert usage is not None
    assert (usage.input_tokens, usage.cached_tokens, usage.output_tokens) == (20, 16, 9)
    assert (usage.reasoning_tokens, usage.total_tokens) == (4, 29)


def test_a_refusal() -> None:
    message, events = read([chunk({"refusal": "Not "}), chunk({"refusal": "that"}, "stop")])
    assert (message.refusal, message.content) == ("Not that", [Refusal("Not that")])
    assert (message.finish_reason, message.status) == ("refusal", "complete")
    assert kinds(events)[1] == "refusal_delta"


def test_calls_one_after_another() -> None:
    message = ended(
        call_chunk("", id="call_a", name="saw"),
        call_chunk('{"tree"'),
        call_chunk(':"elm"}'),
        call_chunk("", index=1, id="call_b", name="saw"),
        call_chunk('{"tree":"ash"}', index=1),
        finish="tool_calls",
    )
    assert [call.arguments for call in message.tool_calls] == [{"tree": "elm"}, {"tree": "ash"}]
    assert [call.id for call in message.tool_calls] == ["call_a", "call_b"]
    assert message.finish_reason == "tool_calls"


def test_interleaved_calls() -> None:
    message = ended(
        call_chunk('{"tr', id="call_a", name="saw"),
        call_chunk('{"tree":', index=1, id="call_b", name="saw"),
        call_chunk('ee":1}'),
        call_chunk("2}", index=1),
    )
    assert [call.arguments for call in message.tool_calls] == [{"tree": 1}, {"tree": 2}]


def test_two_entries_of_one_index_in_one_chunk() -> None:
    # vLLM with Kimi sends the start and the first arguments in one chunk.
    entries = [
        {"index": 0, "id": "call_a", "function": {"name": "saw", "arguments": ""}},
        {"index": 0, "function": {"arguments": '{"tree'}},
    ]
    call = called(chunk({"tool_calls": entries}), call_chunk('":1}'))
    assert (call.arguments, call.errors) == ({"tree": 1}, [])


def test_the_legacy_call() -> None:
    first = chunk({"function_call": {"name": "saw", "arguments": ""}})
    call = called(first, chunk({"function_call": {"arguments": '{"a":1}'}}), finish="function_call")
    assert (call.name, call.id, call.arguments) == ("saw", None, {"a": 1})


def test_a_custom_call() -> None:
    entry = {"index": 0, "id": "call_a", "type": "custom", "custom": {"name": "carve"}}
    more = {"index": 0, "custom": {"input": "a leaf"}}
    call = called(chunk({"tool_calls": [entry]}), chunk({"tool_calls": [more]}))
    assert (call.kind, call.name, call.arguments) == ("custom", "carve", "a leaf")


def test_audio_probabilities_and_moderation_reach_the_caller() -> None:
    """Data without an event of its own is passed on or kept in `extra` (law 8)."""
    audio = {"id": "au_1", "data": "AAAA"}
    odds = {"content": [{"token": "An", "logprob": -0.2}]}
    record = chunk({"audio": audio}, moderation={"input": {"flagged": False}})
    record["choices"][0]["logprobs"] = odds
    message, events = read([record, chunk(finish="stop")])
    assert data_named(events, "audio") == [audio]
    assert data_named(events, "logprobs") == [odds]
    assert message.extra == {"moderation": {"input": {"flagged": False}}}


def test_several_choices() -> None:
    records = [text_chunk("A", 1), text_chunk("B"), chunk(finish="stop"), chunk(None, "length", 1)]
    parser, _, _ = run_parser(records, API)
    assert [message.text for message in parser.messages] == ["B", "A"]
    assert [message.status for message in parser.messages] == ["complete", "truncated"]


@pytest.mark.parametrize(
    ("raw", "finish", "status"),
    [
        ("stop", "stop", "complete"),
        ("length", "length", "truncated"),
        ("content_filter", "content_filter", "truncated"),
        ("insufficient_system_resource", "error", "failed"),
        ("error", "error", "failed"),
        ("weariness", "other", "complete"),
    ],
)
def test_finish_reasons(raw: str, finish: str, status: str) -> None:
    message = ended(text_chunk("An elm"), finish=raw)
    assert (message.finish_reason, message.raw_finish_reason) == (finish, raw)
    assert message.status == status


def test_a_normal_stop_with_calls() -> None:
    message = ended(call_chunk('{"a":1}', id="call_a", name="saw"), finish="stop")
    assert (message.finish_reason, message.raw_finish_reason) == ("tool_calls", "stop")
    assert message.tool_calls[0].status == "complete"


@pytest.mark.parametrize("arguments", ['{"a":', '{"a":1}', ""])
def test_a_limit_inside_a_call(arguments: str) -> None:
    """The last call before a limit is truncated, as no record ends a call on this wire (law 7)."""
    message = ended(call_chunk(arguments, id="call_a", name="saw"), finish="length")
    assert [call.status for call in message.tool_calls] == ["truncated"]


def test_without_a_finish_the_stream_was_cut() -> None:
    message, _ = read([text_chunk("An"), call_chunk('{"a":1}', id="call_a", name="saw")])
    assert (message.status, message.finish_reason) == ("truncated", None)
    assert message.tool_calls[0].arguments is None


def test_text_after_done_is_passed_on() -> None:
    message, events = read([sse([text_chunk("An"), chunk(finish="stop")]) + b"data: bye\n\n"])
    assert message.text == "An"
    assert events[-1].type == "provider_event"


# Errors


@pytest.mark.parametrize(
    "error",
    [
        {"error": {"message": "no wood", "type": "server_error", "param": None, "code": None}},
        {"error": {"message": "no wood"}},
        {"error": "no wood"},
        {"object": "error", "message": "no wood"},  # vLLM
        {"error": {"message": "no wood", "code": "content_filter", "status": 400}},  # Azure
        {  # Groq
            "error": {
                "message": "no wood",
                "type": "invalid_request_error",
                "code": "tool_use_failed",
                "failed_generation": "<function=saw>",
            }
        },
    ],
)
def test_an_error_in_the_middle(error: dict[str, Any]) -> None:
    message, events = read([call_chunk('{"a":1}', id="call_a", name="saw"), error])
    assert kinds(events)[-2:] == ["tool_call_truncated", "message_failed"]
    assert (message.status, message.finish_reason) == ("failed", "error")
    assert "no wood" in str(message.error)


def test_an_error_inside_a_chunk() -> None:
    # OpenRouter.
    record = chunk({"content": ""}, "error", error={"code": 502, "message": "no wood"})
    for api in (API, "auto"):
        parser, events, _ = run_parser([text_chunk("An"), record], api)
        assert parser.message.status == "failed"
        assert parser.message.text == "An"
        assert "no wood" in str(parser.message.error)
        assert events[-1].type == "message_failed"


# Azure


def test_azure_begins_with_filter_results() -> None:
    results = [{"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False}}}]
    first = {"choices": [], "created": 0, "id": "", "model": "", "object": ""}
    records = [{**first, "prompt_filter_results": results}, text_chunk("An"), chunk(finish="stop")]
    for api in (API, "auto"):
        parser, events, _ = run_parser(records, api)
        assert (parser.message.id, parser.message.text) == ("cc-1", "An")
        assert data_named(events, "prompt_filter_results") == [results]


@pytest.mark.parametrize("delta", [{}, {"delta": None}])
def test_azure_sends_filter_results_without_a_delta(delta: dict[str, Any]) -> None:
    verdict = {"index": 0, "finish_reason": None, "content_filter_results": {"hate": {}}, **delta}
    where = {"content_filter_offsets": {"start_offset": 0, "end_offset": 2}}
    late = {"id": "", "object": "", "model": "", "choices": [{**verdict, **where}]}
    message, events = read([text_chunk("An"), late, chunk(finish="stop")])
    assert (message.text, message.status) == ("An", "complete")
    assert data_named(events, "content_filter_results") == [{"hate": {}}]
    assert len(data_named(events, "content_filter_offsets")) == 1


def test_azure_filters_the_answer() -> None:
    assert ended(text_chunk("An"), finish="content_filter").status == "truncated"


def test_azure_routes_to_another_model() -> None:
    records = [chunk({"role": "assistant"}, model="router"), chunk({}, "stop", model="bark-4-mini")]
    assert read(records)[0].model == "bark-4-mini"


def test_azure_sends_a_latency_checkpoint() -> None:
    message, _ = read([chunk({}, "stop"), {**COUNTED, "latency_checkpoint": {"engine": 3}}])
    assert message.usage is not None
    assert message.extra == {"latency_checkpoint": {"engine": 3}}


# Reasoning


def test_deepseek_reasons_first() -> None:
    message = ended(
        chunk({"reasoning_content": "Oak?", "content": None}),
        chunk({"reasoning_content": None, "content": "Elm."}),
    )
    assert (message.reasoning, message.text) == ("Oak?", "Elm.")
    assert message.content == [Reasoning("Oak?", {"field": "reasoning_content"}), Text("Elm.")]


def test_deepseek_counts_in_the_finish_chunk() -> None:
    raw = {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}
    raw |= {"prompt_cache_hit_tokens": 6, "prompt_cache_miss_tokens": 3}
    usage = read([text_chunk("An"), chunk({}, "stop", usage=raw)])[0].usage
    assert usage is not None
    assert (usage.cached_tokens, usage.raw["prompt_cache_miss_tokens"]) == (6, 3)


def test_comments_while_deepseek_is_busy() -> None:
    body = b": keep-alive\n\n" + sse([text_chunk("An")], done=False) + b": keep-alive\n\n"
    assert read([body, sse([chunk(finish="stop")])])[0].text == "An"


def test_the_transcript_of_an_audio_answer_is_its_text() -> None:
    audio = [{"id": "au", "transcript": "Oak"}, {"data": "UklG"}, {"transcript": "?"}]
    message, events = read([*[chunk({"audio": part}) for part in audio], chunk(finish="stop")])
    assert message.text == "Oak?"
    assert data_named(events, "audio") == audio[:2]
    body = {"role": "assistant", "content": None, "audio": {"data": "U", "transcript": "Oak?"}}
    whole = {"choices": [{"index": 0, "message": body, "finish_reason": "stop"}]}
    assert read([whole])[0].text == "Oak?"
    body["content"] = "Elm"
    assert read([whole])[0].text == "Elm"


def test_a_repeated_channel_is_passed_on_once() -> None:
    names = ["analysis", "analysis", "final", "final"]
    deltas = [chunk({"content": "a", "channel": name}) for name in names]
    _, events = read([*deltas, chunk(finish="stop")])
    assert data_named(events, "channel") == ["analysis", "final"]


@pytest.mark.parametrize(
    ("word", "reason", "status"),
    [
        ("tool_call", "tool_calls", "complete"),
        ("eos_token", "tool_calls", "complete"),
        ("stop_sequence", "tool_calls", "complete"),
        ("STOP", "tool_calls", "complete"),
        ("completed", "tool_calls", "complete"),
        ("MAX_TOKENS", "length", "truncated"),
        ("max_output_tokens", "length", "truncated"),
        ("SAFETY", "content_filter", "truncated"),
        ("abort", "cancelled", "truncated"),
        ("canceled", "cancelled", "truncated"),
        ("network_error", "error", "failed"),
    ],
)
def test_finish_words_of_other_servers(word: str, reason: str, status: str) -> None:
    message = ended(call_chunk("{}", id="call_a", name="saw"), finish=word)
    assert (message.finish_reason, message.status) == (reason, status)
    assert message.raw_finish_reason == word
    assert message.tool_calls[0].status == ("complete" if status == "complete" else "truncated")


@pytest.mark.parametrize("word", ["null", "not_finished", ""])
def test_finish_reasons_that_mean_not_finished(word: str) -> None:
    records = [chunk({"content": "Oak"}, finish=word), chunk({"content": "?"}, finish="stop")]
    message, _ = read(records)
    assert (message.text, message.raw_finish_reason) == ("Oak?", "stop")
    assert read(records[:1])[0].status == "truncated"


def test_zeros_of_later_usage_keep_earlier_counts() -> None:
    zeros = {"prompt_tokens": 0, "completion_tokens": 12, "prompt_tokens_details": None}
    later = {**zeros, "completion_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 32}
    message = ended(text_chunk("Oak"), COUNTED, {**COUNTED, "usage": later})
    usage = message.usage
    assert usage is not None
    assert (usage.input_tokens, usage.cached_tokens, usage.output_tokens) == (20, 16, 12)
    assert (usage.reasoning_tokens, usage.total_tokens) == (4, 32)


@pytest.mark.parametrize("after", [True, False])
def test_usage_of_a_failed_answer(after: bool) -> None:
    error: dict[str, Any] = {"error": {"message": "boom"}}
    records = [error, COUNTED] if after else [{**error, "usage": USAGE}]
    message, events = read([text_chunk("Oak"), *records])
    assert message.status == "failed"
    assert [event.type for event in events if not isinstance(event, ProviderEvent)][-1] == (
        "message_failed"
    )
    assert message.usage is not None
    assert message.usage.output_tokens == 9


# Ids, indexes and names of calls


def test_qwen_sends_an_empty_id_in_later_deltas() -> None:
    end = chunk({"tool_calls": [{"index": 0, "id": "", "type": "function", "function": {}}]})
    del end["choices"][0]["finish_reason"]
    call = called(
        call_chunk('{"a"', id="call_a", name="saw"),
        call_chunk(":1}", id=""),
        call_chunk("", id=""),
        end,
    )
    assert (call.id, call.arguments, call.errors) == ("call_a", {"a": 1}, [])


def test_qwen_and_deepseek_may_repeat_the_id() -> None:
    call = called(
        call_chunk('{"a"', id="call_a", name="saw"),
        call_chunk(":1}", id="call_a"),
    )
    assert (call.id, call.arguments) == ("call_a", {"a": 1})


def test_minimax_repeats_name_and_id() -> None:
    pieces = ['{"a"', ":1", "}"]
    call = called(*[call_chunk(piece, id="call_a", name="saw") for piece in pieces])
    assert (call.id, call.name, call.arguments) == ("call_a", "saw", {"a": 1})


@pytest.mark.parametrize("index", [0, None])
def test_whole_calls_under_one_index_or_none(index: Any) -> None:
    # Groq's older models and Ollama (always 0); Gemini's endpoint (none).
    message = ended(
        call_chunk('{"a":1}', index=index, id="call_a", name="saw"),
        call_chunk('{"a":2}', index=index, id="call_b", name="saw"),
        call_chunk("{}", index=index, id="call_c", name="rest"),
        finish="stop",
    )
    assert [call.arguments for call in message.tool_calls] == [{"a": 1}, {"a": 2}, {}]
    assert [call.id for call in message.tool_calls] == ["call_a", "call_b", "call_c"]
    assert message.finish_reason == "tool_calls"


def test_calls_without_index_and_id() -> None:
    message = ended(
        call_chunk('{"a":1}', index=None, name="saw"),
        call_chunk('{"a":2}', index=None, name="saw"),
    )
    assert [call.arguments for call in message.tool_calls] == [{"a": 1}, {"a": 2}]


def test_later_deltas_without_index_and_id() -> None:
    call = called(
        call_chunk('{"a"', index=None, id="call_a", name="saw"),
        call_chunk(":1}", index=None),
    )
    assert (call.arguments, call.errors) == ({"a": 1}, [])


def test_the_signature_of_gemini_is_in_the_history() -> None:
    extra = {"google": {"thought_signature": "c2ln"}}
    record = call_chunk('{"a":1}', index=None, id="call_a", name="saw")
    record["choices"][0]["delta"]["tool_calls"][0]["extra_content"] = extra
    message = ended(record)
    assert message.tool_calls[0].extra == {"extra_content": extra}
    assert message.to_history()[0]["tool_calls"][0]["extra_content"] == extra


@pytest.mark.parametrize("index", [{}, {"index": 0}])
@pytest.mark.parametrize("arguments", ["", " ", "\n\t"])
def test_unknown_fields_of_an_entry_without_a_call(index: Any, arguments: str) -> None:
    """White space starts no call, so the unknown fields beside it are passed on at once."""
    function = {"arguments": arguments, "hint": [1]}
    entry = {**index, "function": function, "mood": False}
    message, events = read([chunk({"tool_calls": [entry]})])
    assert not message.tool_calls
    passed_on = [(event.name, event.data) for event in events if isinstance(event, ProviderEvent)]
    assert passed_on == [("function.hint", [1]), ("tool_calls", entry)]


def test_unknown_fields_before_the_name_are_kept_in_the_call() -> None:
    entry = {"index": 0, "function": {"arguments": " "}, "mood": False}
    message, _ = read(
        [chunk({"tool_calls": [entry]}), call_chunk("{}", name="look"), chunk(finish="stop")]
    )
    [call] = message.tool_calls
    assert (call.status, call.extra) == ("complete", {"mood": False})


def test_kimi_sends_ids_with_the_name_and_a_counter() -> None:
    records = [
        call_chunk("{}", id="functions.saw:0", name="saw"),
        call_chunk("{}", index=1, id="functions.saw:1", name="saw"),
        chunk(finish="tool_calls"),
    ]
    for record in records:
        del record["object"]
    message, _ = read(records)
    assert [call.id for call in message.tool_calls] == ["functions.saw:0", "functions.saw:1"]


def test_the_first_index_may_be_one() -> None:
    call = called(call_chunk('{"a":', index=1, id="call_a", name="saw"), call_chunk("1}", index=1))
    assert (call.index, call.arguments) == (0, {"a": 1})


def test_id_and_name_may_arrive_late() -> None:
    call = called(call_chunk('{"a"'), call_chunk(":", name="saw"), call_chunk("1}", id="call_a"))
    assert (call.id, call.name, call.arguments) == ("call_a", "saw", {"a": 1})


def test_the_id_null_is_no_id() -> None:
    call = called(call_chunk('{"a":1}', id="null", name="saw"))
    assert (call.id, call.arguments) == (None, {"a": 1})


def test_ids_that_rotate() -> None:
    call = called(call_chunk('{"a"', id="x1", name="saw"), call_chunk(":1}", id="x2"))
    assert (call.id, call.arguments, codes(call)) == ("x1", {"a": 1}, ["changed_id"])


# Arguments


@pytest.mark.parametrize("arguments", ["{}", "", None, "  "])
def test_no_arguments(arguments: Any) -> None:
    call = called(call_chunk(arguments, id="call_a", name="saw"))
    assert (call.status, call.arguments) == ("complete", {})


def test_arguments_in_one_piece_with_the_finish() -> None:
    # Groq and xAI send whole calls, and vLLM sends the finish reason in the same chunk.
    record = call_chunk('{"a":1}', id="call_a", name="saw")
    record["choices"][0]["finish_reason"] = "tool_calls"
    message, _ = read([record])
    assert (message.tool_calls[0].arguments, message.status) == ({"a": 1}, "complete")


def test_arguments_as_an_object() -> None:
    call = called(call_chunk({"a": {"b": 1}}, id="call_a", name="saw"))
    assert (call.arguments, call.arguments_text) == ({"a": {"b": 1}}, '{"a":{"b":1}}')


def test_vllm_sends_null_arguments() -> None:
    record = call_chunk(id="call_a", name="saw")
    record["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"] = None
    assert called(record, call_chunk('{"a":1}'), record).arguments == {"a": 1}


def test_vllm_sends_all_the_arguments_again() -> None:
    again = call_chunk('{"a":1}', id="call_a", name="saw")
    call = called(call_chunk("", id="call_a", name="saw"), call_chunk('{"a":1}'), again)
    assert (call.arguments, call.arguments_text) == ({"a": 1}, '{"a":1}')
    assert codes(call) == ["repeated_arguments"]


def test_two_objects_under_one_index() -> None:
    # GPT-5 models have sent this (open-webui #22235).
    call = called(call_chunk('{"a":1}', id="call_a", name="saw"), call_chunk('{"a":2}'))
    assert (call.status, codes(call)) == ("rejected", ["multiple_values"])


def test_arguments_that_are_not_json() -> None:
    message = ended(call_chunk("{a: 1}", id="call_a", name="saw"), text_chunk("Hm"))
    assert message.tool_calls[0].status == "rejected"
    assert message.to_history() == [{"role": "assistant", "content": "Hm"}]


# The finish reason and usage


def test_openrouter_sends_two_finish_reasons() -> None:
    end = chunk({"content": ""}, "stop")
    end["choices"][0]["native_finish_reason"] = "end_turn"
    message, events = read([sse([text_chunk("An"), end, {**end, "usage": USAGE}])])
    assert kinds(events).count("message_finished") == 1
    assert kinds(events)[-2:] == ["usage_updated", "message_finished"]
    assert message.extra == {"native_finish_reason": "end_turn"}


def test_openrouter_sends_comments() -> None:
    body = b": OPENROUTER PROCESSING\n\n" + sse([text_chunk("An"), chunk(finish="stop")])
    assert read([body])[0].status == "complete"


def test_xai_omits_the_finish_reason_in_deltas() -> None:
    record = text_chunk("An")
    del record["choices"][0]["finish_reason"]
    assert ended(record).text == "An"


def test_a_blank_finish_is_none() -> None:
    message, _ = read([chunk({"content": "An"}, ""), chunk({"content": " elm"}, "stop")])
    assert (message.text, message.raw_finish_reason) == ("An elm", "stop")


def test_done_alone_is_a_finish() -> None:
    records = [text_chunk("An"), call_chunk('{"a":1}', id="call_a", name="saw")]
    message, _ = read([sse(records)])
    assert (message.status, message.finish_reason) == ("complete", "tool_calls")
    assert message.tool_calls[0].status == "complete"


def usage_of(*records: Any) -> Any:
    usage = read([text_chunk("An"), *records])[0].usage
    return None if usage is None else usage.total_tokens


def test_the_places_of_usage() -> None:
    inside = chunk(finish="stop")
    inside["choices"][0]["usage"] = USAGE  # Moonshot
    assert usage_of(inside) == 29
    assert usage_of(chunk(finish="stop", x_groq={"id": "req_1", "usage": USAGE})) == 29
    assert usage_of(chunk(finish="stop", usage=USAGE)) == 29
    assert usage_of(chunk(finish="stop"), COUNTED) == 29
    assert usage_of(chunk(finish="stop")) is None


def test_the_last_known_usage_counts() -> None:
    # vLLM and Perplexity send usage in every chunk.
    counts = [{"prompt_tokens": 2, "completion_tokens": count} for count in (1, 2, 3)]
    records = [{**text_chunk("x"), "usage": usage} for usage in counts]
    assert usage_of(*records, chunk(finish="stop", usage=None)) == 5


# Other members of chunks


def test_groq_sends_executed_tools_and_annotations() -> None:
    ran = [{"index": 0, "type": "search", "output": "elms"}]
    link = {"type": "url_citation", "url_citation": {"url": "https://example.org"}}
    record = chunk({"executed_tools": ran, "annotations": [link]}, x_groq={"id": "req_1"})
    message, events = read([record, chunk(finish="stop")])
    assert data_named(events, "executed_tools") == [ran]
    assert message.content == [Citation(link)]
    assert message.extra == {"x_groq": {"id": "req_1"}}


def test_perplexity_repeats_the_text_so_far() -> None:
    def chunk_of(delta: str, whole: str, **more: Any) -> dict[str, Any]:
        record = chunk({"role": "assistant", "content": delta}, citations=["https://a.org"], **more)
        record["choices"][0]["message"] = {"role": "assistant", "content": whole}
        return record

    last = chunk_of("", "<think>Oak?</think>Elm.", usage=USAGE)
    last["object"] = "chat.completion.done"
    last["choices"][0]["finish_reason"] = "stop"
    message, events = read(
        [
            chunk_of("<think>Oak?", "<think>Oak?"),
            chunk_of("</think>Elm.", "<think>Oak?</think>Elm."),
            last,
        ]
    )
    assert (message.text, message.status) == ("<think>Oak?</think>Elm.", "complete")
    assert data_named(events, "citations") == [["https://a.org"]]


def test_together_changes_the_id_and_repeats_the_text() -> None:
    records = [chunk({"content": word}) for word in ("An", " elm")]
    for place, record in enumerate(records):
        record["id"] = f"cc-{place}"
        record["choices"][0]["text"] = record["choices"][0]["delta"]["content"]
    message, events = read([*records, chunk(finish="stop")])
    assert (message.id, message.text) == ("cc-0", "An elm")
    assert kinds(events) == ["message_started", "text_delta", "message_finished"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("timings", {"predicted_ms": 3.5}),  # llama.cpp
        ("provider", "Woods"),  # OpenRouter
        ("system_fingerprint", "fp_1"),
        ("prompt_token_ids", [1, 2]),  # vLLM
        ("search_results", [{"url": "https://a.org"}]),  # Perplexity
    ],
)
def test_unknown_members_of_chunks_are_passed_on_once(name: str, data: Any) -> None:
    """They are also kept in the `extra` of the message (law 8)."""
    message, events = read(
        [chunk({"content": "x"}, **{name: data}), chunk({}, "stop", **{name: data})]
    )
    assert data_named(events, name) == [data]
    assert message.extra == {name: data}


@pytest.mark.parametrize("name", ["provider_metadata", "token_ids", "something_new"])
def test_unknown_members_of_deltas_are_passed_on(name: str) -> None:
    """Each of them is passed on, even if it has the value of the one before (law 8)."""
    _, events = read([chunk({name: {"a": 1}}), chunk({name: {"a": 1}}, "stop")])
    assert data_named(events, name) == [{"a": 1}, {"a": 1}]


@pytest.mark.parametrize(
    "odd", [{"refusal": False}, {"tool_calls": None}, {"content": None}, {"function_call": None}]
)
def test_missing_null_and_false_are_the_same(odd: dict[str, Any]) -> None:
    message = ended(
        chunk(odd), chunk({"content": "An", **odd} if "content" not in odd else {"content": "An"})
    )
    assert (message.text, message.refusal, message.tool_calls) == ("An", "", [])
    assert message.finish_reason == "stop"


def test_a_delta_that_is_null() -> None:
    record = chunk()
    record["choices"][0]["delta"] = None
    assert ended(record, text_chunk("An")).text == "An"


def test_chunks_with_choices_alone() -> None:
    records = [{"choices": [{"delta": {"content": "An"}}]}]
    assert read([sse(records)])[0].text == "An"


# Detection


def test_its_records_are_recognized() -> None:
    bare: dict[str, Any] = {"choices": [{"delta": {}}]}
    body = {"choices": [{"message": {"content": "x"}}]}
    for record in (text_chunk("x"), COUNTED, bare, body):
        assert OpenAIChat.recognizes(record, "")
    for other in ({"choices": [{"text": "x"}]}, {"type": "message_start"}, {"object": 3}, {}):
        assert not OpenAIChat.recognizes(other, "")


# Whole bodies and laws


def body_of(message: dict[str, Any], finish: str, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return {"id": "cc-1", "object": "chat.completion", "choices": [choice], **more}


CALLS = [
    {"id": "call_a", "type": "function", "function": {"name": "saw", "arguments": '{"a":1}'}},
    {"id": "call_b", "type": "function", "function": {"name": "rest", "arguments": ""}},
    {"id": "call_c", "type": "custom", "custom": {"name": "carve", "input": "a leaf"}},
]


def split_call(call: dict[str, Any], index: int) -> list[dict[str, Any]]:
    """Return the call of a body as the chunks of a stream."""
    kind, text = call["type"], "arguments" if call["type"] == "function" else "input"
    first = {**call, "index": index, kind: {"name": call[kind]["name"], text: ""}}
    entries = [{"index": index, kind: {text: piece}} for piece in cut(call[kind][text], [3])]
    return [chunk({"tool_calls": [entry]}) for entry in (first, *entries)]


SAMPLES: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "text": (
        [text_chunk("An “elm”"), text_chunk(" tree"), chunk(finish="stop"), COUNTED],
        body_of({"content": "An “elm” tree"}, "stop", usage=USAGE),
    ),
    "refusal": (
        [chunk({"refusal": "Not "}), chunk({"refusal": "that"}), chunk(finish="stop")],
        body_of({"content": None, "refusal": "Not that"}, "stop"),
    ),
    "calls": (
        [
            chunk({"reasoning_content": "Oak?"}),
            *[record for place, call in enumerate(CALLS) for record in split_call(call, place)],
            chunk(finish="tool_calls"),
        ],
        body_of({"content": None, "reasoning_content": "Oak?", "tool_calls": CALLS}, "tool_calls"),
    ),
    "cut": (
        [
            text_chunk("So"),
            call_chunk('{"a":1}', id="call_a", name="saw"),
            call_chunk('{"a"', index=1, id="call_b", name="saw"),
            chunk(finish="length"),
        ],
        body_of(
            {
                "content": "So",
                "tool_calls": [
                    {"id": "call_a", "function": {"name": "saw", "arguments": '{"a":1}'}},
                    {"id": "call_b", "function": {"name": "saw", "arguments": '{"a"'}},
                ],
            },
            "length",
        ),
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_whole_body_gives_the_message_of_its_stream(name: str) -> None:
    records, body = SAMPLES[name]
    whole, _ = read(records)
    for fed in (body, dumped(body), json.dumps(body, indent=1).encode()):
        assert read([fed])[0].to_dict() == whole.to_dict()


@given(name=st.sampled_from(sorted(SAMPLES)), sizes=st.lists(st.integers(1, 40), max_size=8))
def test_any_chunking(name: str, sizes: list[int]) -> None:
    """The result does not depend on the chunking of streams and bodies (law 1)."""
    records, body = SAMPLES[name]
    for data in (sse(records), dumped(body).encode()):
        whole = answer([data], API)
        assert whole.error is None
        assert answer(cut(data, sizes), "auto") == whole
        assert answer(cut(data.decode(), sizes), API) == whole


@given(name=st.sampled_from(sorted(SAMPLES)), text=st.text(max_size=30))
def test_deltas_add_up_to_the_text(name: str, text: str) -> None:
    """Text deltas add up to the text beside any other members (law 4)."""
    records, _ = SAMPLES[name]
    message, events = read([sse([text_chunk(text), *records])])
    deltas = [event.text for event in events if event.type == "text_delta"]
    assert "".join(deltas) == message.text
    assert message.text.startswith(text)


JUNK: list[Any] = [None, 0, 7, True, "", "x", [], [[]], {}, {"type": []}, [{"type": {}}], 1.5]


@given(
    name=st.sampled_from(sorted(SAMPLES)),
    changes=st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 9), st.sampled_from(JUNK)), min_size=1
    ),
)
def test_changed_records_raise_nothing(name: str, changes: list[tuple[int, int, Any]]) -> None:
    """Members of any types raise no exception but our own errors."""
    records = copy.deepcopy(SAMPLES[name][0])
    for place, member, junk in changes:
        found = holders(records[place % len(records)])
        holder = found[member % len(found)]
        holder[list(holder)[place % len(holder)]] = copy.deepcopy(junk)
    parser, _, error = run_parser(records, API)
    assert error is None or isinstance(error, StreamParseError)
    assert parser.message.status != "in_progress"
    json.dumps(parser.message.to_history(), default=str)


def holders(value: Any) -> list[dict[str, Any]]:
    """Return the objects in plain data that have members."""
    if isinstance(value, list):
        return [one for item in value for one in holders(item)]
    if not isinstance(value, dict) or not value:
        return []
    return [value, *[one for member in value.values() for one in holders(member)]]


# The history


def assistant_message() -> Any:
    pytest.importorskip("openai")
    pydantic = pytest.importorskip("pydantic")
    from openai.types.chat import ChatCompletionAssistantMessageParam

    return pydantic.TypeAdapter(ChatCompletionAssistantMessageParam)


@pytest.mark.parametrize("name", SAMPLES)
def test_history_has_the_types_of_the_sdk(name: str) -> None:
    adapter = assistant_message()
    for message in read(SAMPLES[name][0])[0].to_history():
        validated(adapter, message)


def test_history_has_the_calls_that_are_complete() -> None:
    (back,) = read(SAMPLES["calls"][0])[0].to_history()
    calls = copy.deepcopy(CALLS)
    calls[1]["function"] = {"name": "rest", "arguments": "{}"}
    assert back == {
        "role": "assistant",
        "content": None,
        "tool_calls": calls,
        "reasoning_content": "Oak?",
    }
    (back,) = read(SAMPLES["cut"][0])[0].to_history()
    assert [call["id"] for call in back["tool_calls"]] == ["call_a"]


def test_reasoning_alone_has_no_history() -> None:
    assert read([chunk({"reasoning": "Oak?"}), chunk(finish="length")])[0].to_history() == []


# Recordings


@pytest.fixture(scope="module")
def recorded(shared_data: Path) -> list[Recording]:
    return list(recordings(shared_data, API))


def test_history_of_every_recording_has_the_types_of_the_sdk(recorded: list[Recording]) -> None:
    adapter = assistant_message()
    for recording in recorded:
        parser, _, _ = run_parser(recording.records, API)
        for message in parser.messages:
            for back in message.to_history():
                validated(adapter, back)


def accumulated(records: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the body that the openai SDK accumulates from a stream; None if it fails."""
    from openai._models import construct_type
    from openai.lib.streaming.chat import ChatCompletionStreamState
    from openai.types.chat import ChatCompletionChunk

    state: Any = ChatCompletionStreamState()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for record in records:
                state.handle_chunk(construct_type(type_=ChatCompletionChunk, value=record))
            return dict(state.current_completion_snapshot.model_dump(mode="json"))
    except (TypeError, ValueError, IndexError, AttributeError, AssertionError):
        return None


# Recordings that the SDK accumulates otherwise: it drops an error inside a chunk, and it appends a
# repeated name to the name.
DIFFERENT = (
    "openai/llm__test_tools_streaming__test_tools_streaming_variant_a",
    "openrouter/pydantic-ai__test_openrouter__test_openrouter_stream_error",
)


def test_the_body_of_every_recording_gives_its_message(recorded: list[Recording]) -> None:
    """The body that the SDK accumulates from a stream gives the same message as the stream."""
    pytest.importorskip("openai")
    compared = 0
    for recording in recorded:
        body = accumulated(recording.records)
        if body is None or recording.name in DIFFERENT or has_lists(recording):
            continue
        streamed, _, _ = run_parser(recording.records, API)
        whole, _, _ = run_parser([body], API)
        for one, other in zip(streamed.messages, whole.messages, strict=True):
            if other.usage is None:  # the SDK drops `x_groq`, in which Groq sends it
                one.usage = None
            assert comparable(one) == comparable(other), recording.name
        compared += 1
    assert compared > 0.95 * len(recorded)


def has_lists(recording: Recording) -> bool:
    """Return whether the text arrives as lists of parts, which the SDK joins by their index."""
    choices = [choice for record in recording.records for choice in record.get("choices") or ()]
    return any(isinstance((one.get("delta") or {}).get("content"), list) for one in choices)


def comparable(message: Message) -> dict[str, Any]:
    """Return the data of a message that a body has too.

    Anomalies of deltas are noted in the `errors` of a stream only. The id and model are left out
    because the SDK keeps the blank ones of Azure's first chunk.
    """
    left_out = ["extra", "content", "raw", "errors", "raw_text", "model"]
    return {**without(message.to_dict(), left_out), "id": None}


# Records that are like the one before


def entry_chunk(entry: Any, **more: Any) -> dict[str, Any]:
    """Return a chunk whose only choice is `entry`."""
    return {"id": "cc-1", "object": "chat.completion.chunk", "choices": [entry], **more}


def tool_chunk(entry: Any) -> dict[str, Any]:
    return chunk({"tool_calls": [entry]})


PART = {"arguments": "1"}
ALIKE: dict[str, dict[str, Any]] = {
    "text": text_chunk("x"),
    "two choices": {**text_chunk("x"), "choices": [*text_chunk("x")["choices"]] * 2},
    "counts of groq": {**text_chunk("x"), "x_groq": {"usage": USAGE}},
    "probabilities": entry_chunk({"index": 0, "delta": {"content": "x"}, "logprobs": {"a": 1}}),
    "no delta": entry_chunk({"index": 0}),
    "a choice that is text": entry_chunk("x"),
    "counts": {**text_chunk("x"), "usage": USAGE},
    "counts that are a list": {**text_chunk("x"), "usage": [1]},
    "counts that are added": {
        **text_chunk("x"),
        "object": "chat.completion.chunk.added",
        "usage": USAGE,
    },
    "an index that is too large": chunk({"content": "x"}, choice=1 << 70),
    "a role": chunk({"role": "assistant", "content": "x", "tool_calls": []}),
    "two texts": chunk({"content": "x", "reasoning_content": "y"}),
    "unknown": chunk({"new": "x"}),
    "a list": chunk({"content": [{"type": "text", "text": "x"}]}),
    "reasoning": chunk({"content": None, "reasoning_content": "y"}),
    "reasoning of another type": chunk({"reasoning": {"y": 1}}),
    "a call": tool_chunk({"index": 0, "function": PART}),
    "two calls": chunk({"tool_calls": [{"index": 0, "function": PART}] * 2}),
    "a call that is text": tool_chunk("x"),
    "a call with an id": tool_chunk({"index": 0, "id": "c-1", "function": PART}),
    "a call without an index": tool_chunk({"function": PART}),
    "a call with more": tool_chunk({"index": 0, "function": PART, "extra_content": {"a": 1}}),
    "a function with more": tool_chunk({"index": 0, "function": {**PART, "strict": True}}),
    "a call with a name": tool_chunk({"index": 0, "function": {"name": "dig", **PART}}),
    "a call with an object": tool_chunk({"index": 0, "function": {"arguments": {"a": 1}}}),
    "another call": tool_chunk({"index": 7, "function": PART}),
}


@pytest.mark.parametrize("name", list(ALIKE))
def test_equal_records_are_read_like_records_apart(name: str) -> None:
    """A record that is like the one before has the effect it has when it is read alone."""
    begin = [text_chunk("Elm: "), call_chunk("1", id="c-1", name="dig")]
    records = [*begin, *[ALIKE[name]] * 6, chunk(finish="stop")]
    apart = answer(records, API)
    assert answer([sse(records, done=False)], API) == apart
    assert answer([sse([record], done=False) for record in records], API) == apart
    assert answer(cut(sse(records, done=False), [7]), API) == apart
    assert read([sse(records)])[0].text.startswith("Elm: ")


def test_equal_records_without_an_id() -> None:
    records: list[Any] = [{"choices": [{"delta": {"content": "x"}}]}] * 6
    message, _ = read([sse(records)])
    assert (message.id, message.text) == (None, "x" * 6)
    pieces = [sse([record], done=False) for record in records]
    assert answer(pieces, API) == answer(records, API)


# Fields of another type


@pytest.mark.parametrize(
    ("record", "name", "data"),
    [
        (entry_chunk("x"), "choices", "x"),
        (entry_chunk({"index": 1 << 70}), "choices", {"index": 1 << 70}),
        (entry_chunk({"delta": 5}), "delta", 5),
        (entry_chunk({"delta": {}, "finish_reason": ["stop"]}), "finish_reason", ["stop"]),
        (chunk({}, usage=7), "usage", 7),
        (chunk({"content": 5}), "content", 5),
        (chunk({"content": [5]}), "content_part", 5),
        (chunk({"content": [{"type": "image"}]}), "content_part", {"type": "image"}),
        (tool_chunk("x"), "tool_calls", "x"),
        (tool_chunk({"index": 1, "note": "n"}), "tool_calls", {"index": 1, "note": "n"}),
        ({"note": 1}, "record", {"note": 1}),
    ],
)
def test_fields_of_another_type_reach_the_caller(record: Any, name: str, data: Any) -> None:
    message, events = read([text_chunk("Elm"), record, chunk(finish="stop")])
    assert data_named(events, name) == [data]
    assert (message.text, message.status) == ("Elm", "complete")


def test_parts_of_content() -> None:
    parts = [
        "An ",
        {"type": "text", "text": "elm"},
        {"type": "thinking", "thinking": "Tall?"},
        {"type": "reference", "reference_ids": [3]},
        {"type": "refusal", "refusal": "No."},
    ]
    message = ended(chunk({"content": parts}))
    assert (message.text, message.refusal, message.finish_reason) == ("An elm", "No.", "refusal")
    assert [type(part) for part in message.content] == [Text, Reasoning, Citation, Refusal]


def test_an_index_that_cannot_be_a_key() -> None:
    call = called(tool_chunk({"index": [0], "id": "c-1", "function": {"name": "dig", **PART}}))
    assert (call.id, call.name, call.arguments_text) == ("c-1", "dig", "1")


def test_a_delta_that_may_belong_to_several_calls() -> None:
    begin = [call_chunk('{"a', index=place, id=f"c-{place}", name="dig") for place in (0, 1)]
    lost = {"function": {"arguments": '": 1}'}}
    message, events = read([*begin, tool_chunk(lost), chunk(finish="tool_calls")])
    assert data_named(events, "ambiguous_tool_call_delta") == [lost]
    assert [codes(call)[0] for call in message.tool_calls] == ["ambiguous_delta"] * 2


def test_a_body_after_deltas() -> None:
    """The calls of a whole body are other calls than those of the deltas before."""
    function = {"name": "dig", "arguments": "{}"}
    whole = {"role": "assistant", "tool_calls": [{"id": "c-2", "function": function}, 5]}
    body = entry_chunk({"index": 0, "message": whole, "finish_reason": "tool_calls"})
    message, events = read([call_chunk("{}", id="c-1", name="dig"), body])
    assert [call.id for call in message.tool_calls] == ["c-1", "c-2"]
    assert data_named(events, "tool_calls") == [5]


def test_an_error_beside_a_choice() -> None:
    message, _ = read([{**text_chunk("x"), "error": {"message": "out of sap"}}])
    assert (message.text, message.status) == ("x", "failed")
    assert "out of sap" in str(message.error)


def test_counts_of_langchain_are_added() -> None:
    counted = {**text_chunk("x"), "object": "chat.completion.chunk.added", "usage": USAGE}
    usage = ended(counted, counted).usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (40, 18)


def test_signed_reasoning_is_in_the_history() -> None:
    """A thinking block without a signature is left out."""
    signed = {"type": "thinking", "thinking": "Tall?", "signature": "c2ln"}
    unsigned = {"type": "thinking", "thinking": "Old?"}
    message = ended(
        chunk({"reasoning_text": "Tall?", "reasoning_opaque": "b3A"}),
        chunk({"thinking_blocks": [signed, unsigned]}),
        text_chunk("Elm"),
    )
    (back,) = message.to_history()
    assert (back["content"], back["reasoning_opaque"]) == ("Elm", "b3A")
    assert back["thinking_blocks"] == [signed]
