"""Tests of streamparse._decoding.sdk, with objects that the SDKs create from bytes.

Each SDK reads a body through a transport without a network. Its chunks must be the records of the
body, and its message must be the one parsed from the bytes. Pings are the exception: the SDKs drop
them, and they have no content.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from streamparse import MessageParser, stream
from streamparse._decoding.sdk import chunk_of
from streamparse._drivers.sources import async_pieces, pieces
from streamparse.message_parser import APIS

ASK: list[Any] = [{"role": "user", "content": "What grows in the shade?"}]


def sse(records: list[dict[str, Any]], named: bool = False, done: bool = True) -> bytes:
    """Return server-sent events; if `named`, each has its type as the name of the event."""
    texts = [
        (f"event: {record['type']}\n" if named else "") + f"data: {json.dumps(record)}\n\n"
        for record in records
    ]
    return "".join([*texts, "data: [DONE]\n\n" if done else ""]).encode()


# Bodies


def chat(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-fern",
        "object": "chat.completion.chunk",
        "created": 1790000000,
        "model": "gpt-shade",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        **more,
    }


def call(index: int, arguments: str, **more: Any) -> dict[str, Any]:
    function = {"arguments": arguments}
    if "name" in more:
        function = {"name": more.pop("name"), **function}
    return {"tool_calls": [{"index": index, **more, "function": function}]}


OPENAI_CHAT = [
    chat({"role": "assistant", "content": "", "refusal": None}, system_fingerprint=None),
    chat({"reasoning_content": "Ferns, then."}),  # a field that no SDK knows
    chat({"content": "Ferns "}),
    chat({"content": "and moss."}),
    chat(call(0, "", id="call_1", type="function", name="look_up")),
    chat(call(0, '{"plant": "fe')),
    chat(call(0, 'rn"}')),
    chat(call(1, '{"plant": "moss"}', id="call_2", type="function", name="look_up")),
    chat({}, "tool_calls"),
    {
        **chat({}),
        "choices": [],
        "usage": {"prompt_tokens": 11, "completion_tokens": 22, "total_tokens": 33},
    },
]

_ITEM = {"id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress"}
_CALL = {
    "id": "fc_1",
    "type": "function_call",
    "status": "in_progress",
    "name": "look_up",
    "call_id": "call_1",
    "arguments": "",
}
_TEXT = {"type": "output_text", "annotations": [], "text": ""}
_RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1790000000,
    "status": "in_progress",
    "model": "gpt-shade",
    "output": [],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "error": None,
    "usage": None,
}


def openai_responses() -> list[dict[str, Any]]:
    whole_text = {**_TEXT, "text": "Ferns."}
    whole_item = {**_ITEM, "status": "completed", "content": [whole_text]}
    whole_call = {**_CALL, "status": "completed", "arguments": '{"plant": "fern"}'}
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    of_call = {"item_id": "fc_1", "output_index": 1}
    usage = {
        "input_tokens": 11,
        "input_tokens_details": {"cached_tokens": 3},
        "output_tokens": 22,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 33,
    }
    output = [whole_item, whole_call]
    completed = {**_RESPONSE, "status": "completed", "output": output, "usage": usage}
    records: list[dict[str, Any]] = [
        {"type": "response.created", "response": _RESPONSE},
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {**_ITEM, "content": []},
        },
        {"type": "response.content_part.added", **place, "part": _TEXT},
        {"type": "response.output_text.delta", **place, "delta": "Fer", "logprobs": []},
        {"type": "response.output_text.delta", **place, "delta": "ns.", "logprobs": []},
        {"type": "response.output_text.done", **place, "text": "Ferns.", "logprobs": []},
        {"type": "response.content_part.done", **place, "part": whole_text},
        {"type": "response.output_item.done", "output_index": 0, "item": whole_item},
        {"type": "response.output_item.added", "output_index": 1, "item": _CALL},
        {"type": "response.function_call_arguments.delta", **of_call, "delta": '{"plant": '},
        {"type": "response.function_call_arguments.delta", **of_call, "delta": '"fern"}'},
        {
            "type": "response.function_call_arguments.done",
            **of_call,
            "name": "look_up",
            "arguments": '{"plant": "fern"}',
        },
        {"type": "response.output_item.done", "output_index": 1, "item": whole_call},
        {"type": "response.completed", "response": completed},
    ]
    return [{**record, "sequence_number": place} for place, record in enumerate(records)]


def block(index: int, kind: str, **fields: Any) -> dict[str, Any]:
    content = {"type": kind, **fields}
    return {"type": "content_block_start", "index": index, "content_block": content}


def piece(index: int, kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


def stop(index: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


ANTHROPIC: list[dict[str, Any]] = [
    {
        "type": "message_start",
        "message": {
            "id": "msg_fern",
            "type": "message",
            "role": "assistant",
            "model": "claude-shade",
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 11, "output_tokens": 1, "cache_read_input_tokens": 4},
        },
    },
    block(0, "thinking", thinking="", signature=""),
    piece(0, "thinking_delta", thinking="What about ferns?"),
    piece(0, "signature_delta", signature="c2lnbmF0dXJlKy8="),
    stop(0),
    block(1, "text", text=""),
    piece(1, "text_delta", text="Fer"),
    piece(1, "text_delta", text="ns."),
    stop(1),
    block(2, "tool_use", id="toolu_1", name="look_up", input={}),
    piece(2, "input_json_delta", partial_json=""),
    piece(2, "input_json_delta", partial_json='{"plant": "f'),
    piece(2, "input_json_delta", partial_json='ern"}'),
    stop(2),
    {
        "type": "message_delta",
        "delta": {"stop_reason": "tool_use", "stop_sequence": None},
        "usage": {"output_tokens": 22},
    },
    {"type": "message_stop"},
]


def gemini(*parts: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": [*parts], "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    usage = {"promptTokenCount": 11, "candidatesTokenCount": 22, "totalTokenCount": 33}
    return {
        "candidates": [candidate],
        "usageMetadata": usage,
        "modelVersion": "gemini-shade",
        "responseId": "resp-fern",
    }


GOOGLE = [
    gemini({"text": "Shade first.", "thought": True}),
    # Base64 with both characters by which its two alphabets differ.
    gemini({"text": "Ferns.", "thoughtSignature": "+/v7++//"}),
    gemini(
        {"inlineData": {"mimeType": "image/png", "data": "/9j/4AAQ+w=="}},
        {"functionCall": {"name": "look_up", "args": {"plant": "fern", "height": 1.5}}},
        finish="STOP",
    ),
]

MISTRAL = [
    chat({"role": "assistant", "content": ""}),
    chat({"content": "Ferns."}),
    # Neither index nor id: the SDK has index 0 and the id "null" for both.
    chat(
        {
            "tool_calls": [
                {"function": {"name": "look_up", "arguments": '{"plant": "fern"}'}},
                {"id": "D681PevKs", "function": {"name": "find", "arguments": {"near": "moss"}}},
            ]
        },
        "tool_calls",
        usage={"prompt_tokens": 11, "completion_tokens": 22, "total_tokens": 33},
    ),
]


def ollama(message: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "model": "llama-shade",
        "created_at": "2026-05-03T10:00:00.123456789Z",
        "message": {"role": "assistant", **message},
        "done": bool(more),
        **more,
    }


OLLAMA = [
    ollama({"content": "", "thinking": "Ferns?"}),
    ollama({"content": "Ferns."}),
    ollama(
        {
            "content": "",
            "tool_calls": [{"function": {"name": "look_up", "arguments": {"plant": "fern"}}}],
        }
    ),
    ollama({"content": ""}, done_reason="stop", prompt_eval_count=11, eval_count=22),
]


# SDKs: each gives its stream object for a body, sync and async


@dataclass(frozen=True)
class Case:
    """A body, its API, and functions that return the stream of an SDK for it."""

    name: str
    api: str
    records: list[dict[str, Any]]
    body: bytes
    make: Callable[[bytes], Any]
    make_async: Callable[[bytes], Any]


def answering(http: Any, body: bytes, kind: str = "text/event-stream") -> Any:
    headers = {"content-type": kind}
    return http.MockTransport(lambda _: http.Response(200, headers=headers, content=body))


def openai_client(body: bytes) -> Any:
    openai, httpx = pytest.importorskip("openai"), pytest.importorskip("httpx")
    client = httpx.Client(transport=answering(httpx, body))
    return openai.OpenAI(api_key="none", http_client=client)


def async_openai_client(body: bytes) -> Any:
    openai, httpx = pytest.importorskip("openai"), pytest.importorskip("httpx")
    client = httpx.AsyncClient(transport=answering(httpx, body))
    return openai.AsyncOpenAI(api_key="none", http_client=client)


def http_of(module: Any) -> Any:
    """Return the HTTP library that an SDK uses: httpx, or its successor."""
    return getattr(module, "httpx2", None) or getattr(module, "httpx", None)


def anthropic_client(body: bytes) -> Any:
    anthropic = pytest.importorskip("anthropic")
    http = http_of(anthropic._base_client)
    return anthropic.Anthropic(
        api_key="none", http_client=http.Client(transport=answering(http, body))
    )


def async_anthropic_client(body: bytes) -> Any:
    anthropic = pytest.importorskip("anthropic")
    http = http_of(anthropic._base_client)
    return anthropic.AsyncAnthropic(
        api_key="none", http_client=http.AsyncClient(transport=answering(http, body))
    )


def chat_create(body: bytes) -> Any:
    client = openai_client(body)
    return client.chat.completions.create(model="m", messages=ASK, stream=True)


async def async_chat_create(body: bytes) -> Any:
    client = async_openai_client(body)
    return await client.chat.completions.create(model="m", messages=ASK, stream=True)


def chat_helper(body: bytes) -> Any:
    client = openai_client(body)
    return client.chat.completions.stream(model="m", messages=ASK).__enter__()


async def async_chat_helper(body: bytes) -> Any:
    client = async_openai_client(body)
    return await client.chat.completions.stream(model="m", messages=ASK).__aenter__()


def responses_create(body: bytes) -> Any:
    return openai_client(body).responses.create(model="m", input="x", stream=True)


async def async_responses_create(body: bytes) -> Any:
    return await async_openai_client(body).responses.create(model="m", input="x", stream=True)


def responses_helper(body: bytes) -> Any:
    return openai_client(body).responses.stream(model="m", input="x").__enter__()


async def async_responses_helper(body: bytes) -> Any:
    client = async_openai_client(body)
    return await client.responses.stream(model="m", input="x").__aenter__()


def messages_create(body: bytes) -> Any:
    client = anthropic_client(body)
    return client.messages.create(model="m", max_tokens=9, messages=ASK, stream=True)


async def async_messages_create(body: bytes) -> Any:
    client = async_anthropic_client(body)
    return await client.messages.create(model="m", max_tokens=9, messages=ASK, stream=True)


def messages_helper(body: bytes) -> Any:
    client = anthropic_client(body)
    return client.messages.stream(model="m", max_tokens=9, messages=ASK).__enter__()


async def async_messages_helper(body: bytes) -> Any:
    client = async_anthropic_client(body)
    return await client.messages.stream(model="m", max_tokens=9, messages=ASK).__aenter__()


def genai_options(body: bytes) -> Any:
    types = pytest.importorskip("google.genai.types")
    httpx = pytest.importorskip("httpx")
    return types.HttpOptions(
        httpx_client=httpx.Client(transport=answering(httpx, body)),
        httpx_async_client=httpx.AsyncClient(transport=answering(httpx, body)),
    )


def generate_content(body: bytes) -> Any:
    genai = pytest.importorskip("google.genai")
    client = genai.Client(api_key="none", http_options=genai_options(body))
    return client.models.generate_content_stream(model="m", contents="x")


async def async_generate_content(body: bytes) -> Any:
    genai = pytest.importorskip("google.genai")
    client = genai.Client(api_key="none", http_options=genai_options(body))
    return await client.aio.models.generate_content_stream(model="m", contents="x")


def mistral_client(body: bytes) -> Any:
    module = pytest.importorskip("mistralai.client")
    http = http_of(pytest.importorskip("mistralai.client.httpclient"))
    return module.Mistral(
        api_key="none",
        client=http.Client(transport=answering(http, body)),
        async_client=http.AsyncClient(transport=answering(http, body)),
    )


def mistral_stream(body: bytes) -> Any:
    return mistral_client(body).chat.stream(model="m", messages=ASK)


async def async_mistral_stream(body: bytes) -> Any:
    return await mistral_client(body).chat.stream_async(model="m", messages=ASK)


def ollama_chat(body: bytes) -> Any:
    module, httpx = pytest.importorskip("ollama"), pytest.importorskip("httpx")
    lines = answering(httpx, body, "application/x-ndjson")
    return module.Client(host="http://none", transport=lines).chat("m", ASK, stream=True)


async def async_ollama_chat(body: bytes) -> Any:
    module, httpx = pytest.importorskip("ollama"), pytest.importorskip("httpx")
    lines = answering(httpx, body, "application/x-ndjson")
    return await module.AsyncClient(host="http://none", transport=lines).chat("m", ASK, stream=True)


PING = {"type": "ping"}  # the SDK drops pings
ANTHROPIC_BODY = sse([*ANTHROPIC[:5], PING, *ANTHROPIC[5:]], named=True, done=False)
RESPONSES_BODY = sse(openai_responses(), named=True, done=False)
CASES = [
    Case(
        "chat.completions.create",
        "openai-chat",
        OPENAI_CHAT,
        sse(OPENAI_CHAT),
        chat_create,
        async_chat_create,
    ),
    Case(
        "chat.completions.stream",
        "openai-chat",
        OPENAI_CHAT,
        sse(OPENAI_CHAT),
        chat_helper,
        async_chat_helper,
    ),
    Case(
        "responses.create",
        "openai-responses",
        openai_responses(),
        RESPONSES_BODY,
        responses_create,
        async_responses_create,
    ),
    Case(
        "responses.stream",
        "openai-responses",
        openai_responses(),
        RESPONSES_BODY,
        responses_helper,
        async_responses_helper,
    ),
    Case(
        "messages.create",
        "anthropic-messages",
        ANTHROPIC,
        ANTHROPIC_BODY,
        messages_create,
        async_messages_create,
    ),
    Case(
        "messages.stream",
        "anthropic-messages",
        ANTHROPIC,
        ANTHROPIC_BODY,
        messages_helper,
        async_messages_helper,
    ),
    Case(
        "generate_content_stream",
        "google-generate",
        GOOGLE,
        sse(GOOGLE, done=False),
        generate_content,
        async_generate_content,
    ),
    Case(
        "mistral.chat.stream",
        "openai-chat",
        MISTRAL,
        sse(MISTRAL),
        mistral_stream,
        async_mistral_stream,
    ),
    Case(
        "ollama.chat",
        "ollama-chat",
        OLLAMA,
        "".join(f"{json.dumps(record)}\n" for record in OLLAMA).encode(),
        ollama_chat,
        async_ollama_chat,
    ),
]


@pytest.fixture(params=CASES, ids=[case.name for case in CASES])
def case(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_chunks_are_the_records_of_the_wire(case: Case) -> None:
    chunks = [chunk_of(chunk) for chunk in pieces(case.make(case.body))]
    assert [chunk for chunk in chunks if chunk is not None] == case.records


def test_async_chunks_are_the_records_of_the_wire(case: Case) -> None:
    async def collect() -> list[Any]:
        source = await case.make_async(case.body)
        return [chunk_of(chunk) async for chunk in async_pieces(source)]

    chunks = asyncio.run(collect())
    assert [chunk for chunk in chunks if chunk is not None] == case.records


def from_bytes(case: Case) -> MessageParser:
    if case.api not in APIS:
        pytest.skip(f"{case.api} is not among the APIs yet")
    parser = MessageParser()
    parser.feed(case.body)
    parser.finish()
    assert parser.api == case.api
    assert parser.message.status == "complete"
    assert parser.message.tool_calls
    return parser


def test_the_message_is_that_of_the_bytes(case: Case) -> None:
    expected = from_bytes(case).message
    with stream(case.make(case.body)) as answer:
        assert answer.result() == expected


def test_the_message_of_an_async_stream_is_that_of_the_bytes(case: Case) -> None:
    async def read() -> Any:
        async with stream(await case.make_async(case.body)) as answer:
            return await answer.result()

    expected = from_bytes(case).message
    assert asyncio.run(read()) == expected


def test_leaving_early_closes_the_response_of_the_sdk(case: Case) -> None:
    from_bytes(case)
    source = case.make(case.body)
    with stream(source) as answer:
        events = iter(answer)
        next(events)
    response = response_of(source)
    if response is None:  # a generator, which must have ended
        assert list(source) == []
    else:
        assert response.is_closed


def test_leaving_early_closes_the_async_response_too(case: Case) -> None:
    async def leave() -> None:
        source = await case.make_async(case.body)
        async with stream(source) as answer:
            await anext(aiter(answer))
        response = response_of(source)
        if response is None:
            assert [chunk async for chunk in source] == []
        else:
            assert response.is_closed

    from_bytes(case)
    asyncio.run(leave())


def response_of(source: Any) -> Any:
    """Return the HTTP response that the stream object of an SDK reads."""
    return getattr(source, "response", None) or getattr(source, "_response", None)


# Objects that are dropped, passed on, or rejected


def test_the_sdk_drops_done() -> None:
    body = sse([chat({"content": "Ferns."})])
    assert stream(body).result().status == "complete"
    with stream(chat_create(body)) as answer:
        assert list(answer)[-1].type == "message_finished"
    assert answer.message.status == "truncated"


def test_errors_of_the_provider_are_raised_by_the_sdk() -> None:
    openai = pytest.importorskip("openai")
    body = sse([chat({"content": "Ferns."}), {"error": {"message": "overloaded"}}], done=False)
    with stream(chat_create(body)) as answer:
        texts = answer.text()
        assert next(texts) == "Ferns."
        with pytest.raises(openai.APIError, match="overloaded"):
            next(texts)


class Model:
    """Resembles a model of pydantic."""

    def __init__(self, data: Any) -> None:
        self.data = data

    def model_dump(self, **options: Any) -> Any:
        assert options.pop("mode") == "json"
        assert options.pop("exclude_unset") is True
        return self.data


def test_a_dict_is_passed_on_unchanged() -> None:
    record = {"a": 1}
    assert chunk_of(record) is record


def test_unknown_models() -> None:
    assert chunk_of(Model({"a": 1})) == {"a": 1}
    with pytest.raises(TypeError, match="does not return a dict"):
        chunk_of(Model([1]))


@pytest.mark.parametrize("chunk", [3, None, ["a"], object()])
def test_invalid_chunks(chunk: Any) -> None:
    with pytest.raises(TypeError, match="a fragment is bytes, text, a decoded chunk"):
        chunk_of(chunk)
    with pytest.raises(TypeError):
        MessageParser().feed(chunk)


def test_values_of_another_type_raise_no_warning() -> None:
    """Compatible servers send values that the types of the SDK do not allow."""
    odd = chat({"tool_calls": [{"index": "0", "function": {"name": "f", "arguments": {"a": 1}}}]})
    chunks = [chunk_of(chunk) for chunk in pieces(chat_create(sse([odd])))]
    assert chunks == [odd]


def test_whole_responses_of_an_sdk() -> None:
    types = pytest.importorskip("openai.types.chat")
    message = {"role": "assistant", "content": "Ferns."}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1790000000,
        "model": "gpt-shade",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
    }
    whole = types.ChatCompletion.model_validate(body)
    assert chunk_of(whole) == body
    assert stream(whole).result().text == "Ferns."


def test_protocol_buffers() -> None:
    """The a2a SDK gives protocol buffers; this test uses `Struct`, another message type."""
    struct = pytest.importorskip("google.protobuf.struct_pb2")
    answered = {"role": "ROLE_AGENT", "parts": [{"text": "It is open."}]}
    state = {"state": "TASK_STATE_COMPLETED", "message": answered}
    record = {"statusUpdate": {"taskId": "task-1", "status": state}}
    chunk = struct.Struct()
    chunk.update(record)
    assert chunk_of(chunk) == record
    answer = stream([chunk]).result()
    assert (answer.api, answer.text, answer.status) == ("a2a", "It is open.", "complete")
