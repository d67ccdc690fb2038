"""Tests with the streams of `aimock` (npm, MIT), which imitates the APIs of several providers.

It cuts texts between UTF-16 code units, which splits characters, and it can close connections. It
showed two cases that our parser did not handle: a cut answer that Responses reports as "completed",
and halves of characters in the text of every API. It does not define the shapes of a provider.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from streamparse import Message, MessageParser, Text, session, stream
from tests.servers.processes import free_port, running

HERE = Path(__file__).parent
AIMOCK = HERE.parent / "node" / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
CHUNK = 3  # the characters of a delta


def missing() -> str | None:
    if shutil.which("node") is None:
        return "there is no node"
    if not AIMOCK.is_file():
        return "the npm packages are missing: npm ci --prefix tests/node"
    return None


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    why = missing()
    if why is not None:
        if os.environ.get("STREAMPARSE_NODE") == "required":
            pytest.fail(why)
        pytest.skip(why)
    port = free_port()
    command = ["node", str(AIMOCK), "-p", str(port), "-h", "127.0.0.1"]
    command += ["-f", str(HERE / "fixtures.json"), "-c", str(CHUNK), "--log-level", "silent"]
    with running(command, port, "/health") as address:
        yield address


def chat(question: str) -> dict[str, Any]:
    return {
        "model": "m",
        "messages": [{"role": "user", "content": question}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def anthropic(question: str) -> dict[str, Any]:
    return {
        "model": "claude-x",
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": question}],
        "stream": True,
    }


def google(question: str) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [{"text": question}]}]}


def converse(question: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"text": question}]}]}


def inputs(question: str) -> dict[str, Any]:
    return {"model": "m", "input": question, "stream": True}


GEMINI = "gemini-2.5-flash:streamGenerateContent"
VERTEX = "/v1/projects/p/locations/l/publishers/google/models/"
# Name: (API, path, body of the request).
WIRES: dict[str, tuple[str, str, Any]] = {
    "chat": ("openai-chat", "/v1/chat/completions", chat),
    "azure": ("openai-chat", "/openai/deployments/d/chat/completions?api-version=1", chat),
    "openrouter": ("openai-chat", "/api/v1/chat/completions", chat),
    "responses": ("openai-responses", "/v1/responses", inputs),
    "anthropic": ("anthropic-messages", "/v1/messages", anthropic),
    "gemini": ("google-generate", f"/v1beta/models/{GEMINI}?alt=sse", google),
    "vertex": ("google-generate", f"{VERTEX}{GEMINI}?alt=sse", google),
    "interactions": ("google-interactions", "/v1beta/interactions", inputs),
    "converse": ("bedrock-converse", "/model/amazon.nova/converse-stream", converse),
    "invoke": (
        "bedrock-invoke-anthropic",
        "/model/anthropic.claude-x/invoke-with-response-stream",
        anthropic,
    ),
    "cohere": ("cohere-v2", "/v2/chat", chat),
    "ollama": ("ollama-chat", "/api/chat", chat),
}
# APIs for which it reports a normal end after an answer that the limit cut.
LENGTH_IS_LOST = ("interactions", "ollama")
# APIs for which it sends no reasoning, or sends it as other content.
NO_REASONING = ("interactions", "cohere", "ollama")


def body(base: str, wire: str, question: str) -> bytes:
    _, path, request = WIRES[wire]
    with httpx.Client(base_url=base, trust_env=False) as client:
        return client.post(path, json=request(question)).content


def read(data: bytes, size: int = 0, api: Any = None) -> Message:
    """Return the message of these bytes, fed whole or in pieces."""
    parser = MessageParser(api)
    for start in range(0, len(data), size or len(data) or 1):
        parser.feed(data[start : start + (size or len(data))])
    parser.finish()
    return parser.message


def seen(message: Message) -> tuple[Any, ...]:
    calls = [(call.name, call.status, call.arguments) for call in message.tool_calls]
    return message.status, message.finish_reason, message.text, message.reasoning, calls


@pytest.fixture(params=WIRES)
def wire(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("question", ["say text", "call two", "say and use a tool", "think first"])
def test_cuts_and_detection_do_not_change_the_message(base: str, wire: str, question: str) -> None:
    data = body(base, wire, question)
    whole = read(data, api=WIRES[wire][0])
    assert seen(whole) == seen(read(data)) == seen(read(data, 1)) == seen(read(data, 13))
    assert whole.status == "complete"


def test_text(base: str, wire: str) -> None:
    message = read(body(base, wire, "say text"))
    assert message.text == "Rain falls over Graz today."
    assert (message.status, message.finish_reason) == ("complete", "stop")


def test_parallel_calls(base: str, wire: str) -> None:
    message = read(body(base, wire, "call two"))
    assert [(call.name, call.arguments) for call in message.tool_calls] == [
        ("weather", {"city": "Graz", "days": 2}),
        ("clock", {"zone": "CET"}),
    ]
    assert all(call.status == "complete" for call in message.tool_calls)


def test_text_before_a_call(base: str, wire: str) -> None:
    message = read(body(base, wire, "say and use a tool"))
    shown = message.text or message.reasoning  # Cohere sends it as `tool_plan`, which is reasoning
    assert shown == "One moment."
    assert [call.arguments for call in message.tool_calls] == [{"city": "Linz"}]
    assert message.finish_reason == "tool_calls"


def test_reasoning(base: str, wire: str) -> None:
    message = read(body(base, wire, "think first"))
    if wire not in NO_REASONING:
        assert message.reasoning == "It rained yesterday."
        assert message.text == "Yes."


def test_an_answer_cut_by_the_limit_is_truncated(base: str, wire: str) -> None:
    message = read(body(base, wire, "run out of tokens"))
    assert message.text == "Half a sent"
    if wire not in LENGTH_IS_LOST:
        assert (message.status, message.finish_reason) == ("truncated", "length")


def test_characters_are_whole(base: str, wire: str) -> None:
    message = read(body(base, wire, "smile"))
    assert message.text == "Sun \U0001f600 and rain \U0001f327."
    assert "".join(part.text for part in message.content if isinstance(part, Text)) == message.text


def test_an_error_of_the_provider(base: str, wire: str) -> None:
    message = read(body(base, wire, "fail at once"), api=WIRES[wire][0])
    assert message.status == "failed"
    assert "too many requests" in str(message.error)


def test_a_broken_connection(base: str, wire: str) -> None:
    """The exception of the source is raised, and the answer so far is truncated."""
    _, path, request = WIRES[wire]
    with (
        httpx.Client(base_url=base, trust_env=False) as client,
        client.stream("POST", path, json=request("break off")) as response,
    ):
        answer = stream(response)
        with pytest.raises(httpx.HTTPError):
            list(answer)
    assert answer.message.status == "truncated"
    assert "This answer is cut before its end has come.".startswith(answer.message.text)


def test_a_connection_is_read_as_it_arrives(base: str, wire: str) -> None:
    _, path, request = WIRES[wire]
    with (
        httpx.Client(base_url=base, trust_env=False) as client,
        client.stream("POST", path, json=request("say text")) as response,
    ):
        assert "".join(stream(response).text()) == "Rain falls over Graz today."


# The SDKs as sources


def openai_client(base: str, kind: str = "OpenAI") -> Any:
    openai = pytest.importorskip("openai")
    return getattr(openai, kind)(base_url=f"{base}/v1", api_key="none", max_retries=0)


def of_openai(base: str, question: str) -> Any:
    return openai_client(base).chat.completions.create(
        model="m", messages=[{"role": "user", "content": question}], stream=True
    )


def of_openai_responses(base: str, question: str) -> Any:
    return openai_client(base).responses.create(model="m", input=question, stream=True)


def of_anthropic(base: str, question: str) -> Any:
    anthropic = pytest.importorskip("anthropic")
    client = anthropic.Anthropic(base_url=base, api_key="none", max_retries=0)
    messages = [{"role": "user", "content": question}]
    return client.messages.create(model="c", max_tokens=9, messages=messages, stream=True)


def of_google(base: str, question: str) -> Any:
    genai = pytest.importorskip("google.genai")
    options = {"base_url": base, "api_version": "v1beta"}
    client = genai.Client(api_key="none", http_options=options)
    answer = client.models.generate_content_stream(model="gemini-2.5-flash", contents=question)
    # The client closes its connection when it is garbage-collected, so it is kept.
    return (chunk for chunk, _ in ((chunk, client) for chunk in answer))


def of_ollama(base: str, question: str) -> Any:
    ollama = pytest.importorskip("ollama")
    messages = [{"role": "user", "content": question}]
    return ollama.Client(host=base).chat(model="m", messages=messages, stream=True)


SDKS = [of_openai, of_openai_responses, of_anthropic, of_google, of_ollama]


@pytest.mark.filterwarnings("ignore:FUNCTION_CALL is not a valid FinishReason")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("ask", SDKS)
def test_sdk_streams(base: str, ask: Any) -> None:
    answer = stream(ask(base, "call two"))
    calls = [(call.name, call.arguments) for call in answer.tool_calls()]
    assert calls == [("weather", {"city": "Graz", "days": 2}), ("clock", {"zone": "CET"})]
    assert stream(ask(base, "smile")).result().text == "Sun \U0001f600 and rain \U0001f327."


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_async_sdk_stream(base: str) -> None:
    async def text() -> str:
        async with openai_client(base, "AsyncOpenAI") as client:
            answer = await client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "say text"}], stream=True
            )
            return "".join([piece async for piece in stream(answer).text()])

    assert asyncio.run(text()) == "Rain falls over Graz today."


# Sessions over a WebSocket


def realtime(question: str) -> list[dict[str, Any]]:
    content = [{"type": "input_text", "text": question}]
    item = {"type": "message", "role": "user", "content": content}
    response = {"output_modalities": ["text"]}
    return [
        {"type": "conversation.item.create", "item": item},
        {"type": "response.create", "response": response},
    ]


def responses(question: str) -> list[dict[str, Any]]:
    return [{"type": "response.create", "model": "m", "input": question}]


def live(question: str) -> list[dict[str, Any]]:
    turn = {"role": "user", "parts": [{"text": question}]}
    return [{"clientContent": {"turns": [turn], "turnComplete": True}}]


SETUP = {"setup": {"model": "models/m", "generationConfig": {"responseModalities": ["TEXT"]}}}
LIVE = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
# For each API: the path, the first messages of the client, the function for a question.
SESSIONS: dict[str, tuple[str, list[Any], Any]] = {
    "openai-realtime": ("/v1/realtime?model=gpt-realtime", [], realtime),
    "openai-responses": ("/v1/responses", [], responses),
    "google-live": (LIVE, [SETUP], live),
}


@pytest.fixture(params=SESSIONS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def ask(base: str, kind: str, questions: list[str], api: Any = "auto") -> list[Message]:
    """Return the answers to questions, each asked after the answer to the one before."""
    client = pytest.importorskip("websockets.sync.client")
    from websockets.exceptions import ConnectionClosed

    path, start, asking = SESSIONS[kind]
    with client.connect(base.replace("http", "ws", 1) + path, proxy=None) as socket:
        for message in start:
            socket.send(json.dumps(message))
        talk = session(socket, api=api)
        answers = talk.answers()
        with suppress(ConnectionClosed):
            for question in questions:
                for message in asking(question):
                    socket.send(json.dumps(message))
                next(answers)
        answers.close()
        return list(talk.messages)


def test_a_session(base: str, kind: str) -> None:
    questions = ["say text", "call two", "smile", "say and use a tool"]
    for api in ("auto", kind):
        messages = ask(base, kind, questions, api)
        assert [message.api for message in messages] == [kind] * 4
        assert [message.status for message in messages] == ["complete"] * 4
        text, calls, smile, both = messages
        assert (text.text, text.finish_reason) == ("Rain falls over Graz today.", "stop")
        assert [(call.name, call.arguments, call.status) for call in calls.tool_calls] == [
            ("weather", {"city": "Graz", "days": 2}, "complete"),
            ("clock", {"zone": "CET"}, "complete"),
        ]
        assert calls.finish_reason == both.finish_reason == "tool_calls"
        assert smile.text == "Sun \U0001f600 and rain \U0001f327."
        assert (both.text, both.tool_calls[0].arguments) == ("One moment.", {"city": "Linz"})


def test_a_session_continues_after_an_error(base: str) -> None:
    failed, text = ask(base, "openai-realtime", ["fail at once", "say text"])
    assert failed.status == "failed"
    assert "too many requests" in str(failed.error)
    assert (text.status, text.text) == ("complete", "Rain falls over Graz today.")


def test_a_session_with_a_broken_connection(base: str, kind: str) -> None:
    (message,) = ask(base, kind, ["break off"])
    assert message.status == "truncated"
    assert "This answer is cut before its end has come.".startswith(message.text)
