"""Tests with LangChain, LiteLLM, pydantic-ai and instructor: their chunks, and programs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from streamparse import ArgumentDelta, MessageParser, stream
from tests.frameworks.serving import EXAMPLES, run

ASK: list[Any] = [{"role": "user", "content": "What shall we do?"}]
TITLE = "A wet Saturday in Ghent, with cake"


def direct(sample: str) -> Any:
    """Return the message that is read from the bytes of a sample."""
    parser = MessageParser()
    parser.feed((EXAMPLES / sample).read_bytes())
    parser.finish()
    return parser.message


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Share one event loop, because LangChain keeps its connections for later requests."""
    found = asyncio.new_event_loop()
    yield found
    found.close()


def counts(message: Any) -> dict[str, Any]:
    usage = message.usage
    return {name: getattr(usage, name) for name in ("input_tokens", "output_tokens")}


def calls(message: Any) -> list[Any]:
    return [(call.name, call.arguments, call.status) for call in message.tool_calls]


# LangChain


def chat_model(name: str, url: str) -> Any:
    """Return a chat model of LangChain for the API of a sample."""
    if name == "anthropic":
        return integration("langchain_anthropic").ChatAnthropic(model="claude-sonnet-4-5")
    if name == "google":
        google = integration("langchain_google_genai")
        return google.ChatGoogleGenerativeAI(model="gemini-3-pro", base_url=url, api_key="none")
    if name == "ollama":
        ollama = integration("langchain_ollama")
        return ollama.ChatOllama(model="qwen3", base_url=url, reasoning=True)
    version = "v1" if name == "blocks" else None
    return integration("langchain_openai").ChatOpenAI(
        model="gpt-5.1", use_responses_api=name != "chat", output_version=version
    )


def integration(module: str) -> Any:
    return pytest.importorskip(module, reason=f"needs {module}")


MODELS = {
    "chat": "openai-chat.sse",
    "responses": "openai-responses.sse",
    "blocks": "openai-responses.sse",
    "anthropic": "anthropic-messages.sse",
    "google": "google-generate.sse",
    "ollama": "ollama-chat.ndjson",
}


@pytest.mark.parametrize("name", MODELS)
def test_langchain_chunks(name: str, provide: Any) -> None:
    """The message is the one that is read from the provider's bytes."""
    provider = provide(MODELS[name])
    with stream(chat_model(name, provider.url).stream("What shall we do?")) as answer:
        events = list(answer)
    found, expected = answer.message, direct(MODELS[name])
    assert (found.text, calls(found)) == (expected.text, calls(expected))
    assert (found.status, found.reasoning) == (expected.status, expected.reasoning)
    if name != "anthropic":  # langchain-anthropic loses the token counts of the first record.
        assert counts(found) == counts(expected)
    assert [event for event in events if event.type == "provider_event"] == []
    if name in ("chat", "blocks", "anthropic"):
        assert sum(isinstance(event, ArgumentDelta) for event in events) > 10


@pytest.mark.parametrize("name", MODELS)
def test_langchain_block_events(name: str, provide: Any, loop: Any) -> None:
    provider = provide(MODELS[name], MODELS[name])
    model, expected = chat_model(name, provider.url), direct(MODELS[name])

    async def read() -> Any:
        async with stream(model.astream_events("What now?", version="v3")) as answer:
            return [event async for event in answer], answer.message

    with stream(model.stream_events("What now?", version="v3")) as answer:
        events = list(answer)
    async_events, message = loop.run_until_complete(read())
    for found, happened in ((answer.message, events), (message, async_events)):
        assert (found.text, calls(found)) == (expected.text, calls(expected))
        assert (found.status, found.reasoning) == (expected.status, expected.reasoning)
        assert [event for event in happened if event.type == "provider_event"] == []
        if name in ("chat", "blocks", "anthropic"):
            assert sum(isinstance(event, ArgumentDelta) for event in happened) > 10


def test_langchain_messages_of_its_fakes() -> None:
    messages = pytest.importorskip("langchain_core.messages", reason="needs langchain-core")
    fakes = pytest.importorskip("langchain_core.language_models.fake_chat_models")
    call = {"name": "look_up", "args": {"plant": "fern"}, "id": "call_1"}
    end = {"finish_reason": "tool_calls"}
    whole = messages.AIMessage("Ferns, then.", tool_calls=[call], response_metadata=end)
    with stream(whole) as answer:
        list(answer)
    assert (answer.message.text, answer.message.status) == ("Ferns, then.", "complete")
    assert calls(answer.message) == [("look_up", {"plant": "fern"}, "complete")]
    # LangChain accepts the dict of OpenAI's API.
    [back] = messages.utils.convert_to_messages(answer.message.to_history())
    assert (back.content, back.tool_calls) == (whole.content, whole.tool_calls)

    model = fakes.GenericFakeChatModel(messages=iter([messages.AIMessage("Ferns, then.")]))
    with stream(model.stream("Hello")) as answer:
        list(answer)
    # Without a finish reason, the end of the stream does not complete the message.
    assert (answer.message.text, answer.message.status) == ("Ferns, then.", "truncated")


def test_langchain_chain(provide: Any, program: Any, loop: Any) -> None:
    pytest.importorskip("langchain_openai", reason="needs langchain-openai")
    provide("outing.sse", "outing.sse")
    chain = program("langchain_chain").chain
    titles = [outing.title for outing in chain.stream("Plan an outing")]
    assert titles[-1] == TITLE
    assert len(set(titles)) > 2  # The title grows.

    async def read() -> list[Any]:
        return [outing async for outing in chain.astream("Plan an outing")]

    [*_, last] = loop.run_until_complete(read())
    assert [stop.place for stop in last.stops] == ["House of Alijn", "Industry Museum", "Graslei"]


def test_langchain_program(provide: Any) -> None:
    pytest.importorskip("langchain_openai", reason="needs langchain-openai")
    provide("outing.sse")
    lines = run("langchain_chain.py", "a wet Saturday").splitlines()
    assert lines[-1] == f"{TITLE}: House of Alijn, Industry Museum, Graslei"
    assert len(lines) > 10


def test_langchain_open_model(provide: Any, program: Any) -> None:
    """Calls in the text become calls of LangChain, unless they are truncated."""
    pytest.importorskip("langchain_openai", reason="needs langchain-openai")
    recording = (EXAMPLES / "unparsed.sse").read_bytes()
    cut = recording[: recording.index(b"eight")]
    provide("unparsed.sse", recording, cut)
    printed = run("langchain_open_model.py")
    assert printed == "the small one rang 3 times (not before eight </tool_call>)\n"
    model = program("langchain_open_model").model
    whole, broken = model.invoke("The ferry?"), model.invoke("The ferry?")
    [call] = whole.tool_calls
    assert (call["name"], call["args"]["times"]) == ("ring_bell", 3)
    assert "tool_call>" not in whole.text + broken.text
    assert broken.tool_calls == []


def test_langchain_events_in_a_chain(provide: Any) -> None:
    """A step of a chain may yield events, and calls of undeclared tools are rejected."""
    pytest.importorskip("langchain_openai", reason="needs langchain-openai")
    from langchain_core.runnables import RunnableGenerator

    def get_forecast(place: str, date: str, hours: list[int]) -> str:
        return place

    def events(chunks: Any) -> Any:
        yield from stream(chunks, tools=[get_forecast])

    provider = provide("openai-chat.sse")
    chain = chat_model("chat", provider.url) | RunnableGenerator(events)
    types = [event.type for event in chain.stream("What shall we do?")]
    assert types.count("tool_call_completed") == 1
    assert types.count("tool_call_rejected") == 2  # Calls of undeclared tools.


# LiteLLM


def test_litellm_chunks(provide: Any) -> None:
    litellm = pytest.importorskip("litellm", reason="needs litellm")
    provide("openai-chat.sse", "anthropic-messages.sse", "openai-responses.sse")
    options: Any = {"stream": True, "stream_options": {"include_usage": True}}
    for name in ("openai/gpt-5.1", "anthropic/claude-sonnet-4-5"):
        sample = "openai-chat.sse" if name.startswith("openai") else "anthropic-messages.sse"
        with stream(litellm.completion(model=name, messages=ASK, **options)) as answer:
            list(answer)
        found, expected = answer.message, direct(sample)
        assert (found.text, found.reasoning) == (expected.text, expected.reasoning)
        assert (found.status, calls(found)) == (expected.status, calls(expected))
        assert counts(found) == counts(expected)
    with stream(litellm.responses(model="openai/gpt-5.1", input="Why?", stream=True)) as answer:
        list(answer)
    assert calls(answer.message) == calls(direct("openai-responses.sse"))


def test_litellm_mock(provide: Any) -> None:
    litellm = pytest.importorskip("litellm", reason="needs litellm")
    mocked = {"model": "gpt-5.1", "messages": ASK, "mock_response": '{"city": "Oslo"}'}
    with stream(litellm.completion(**mocked, stream=True), output=dict) as answer:
        assert answer.result() == {"city": "Oslo"}

    async def read() -> Any:
        async with stream(litellm.acompletion(**mocked, stream=True), output=dict) as answer:
            return await answer.result()

    assert asyncio.run(read()) == {"city": "Oslo"}


def test_litellm_program(provide: Any) -> None:
    pytest.importorskip("litellm", reason="needs litellm")
    provider = provide("unparsed.sse")
    lines = run("litellm_calls.py", "openai/Qwen3-8B", "The ferry?").splitlines()
    assert lines[-1] == "the small one rang 3 times (not before eight </tool_call>)"
    assert any(line.startswith("ring_bell ('note',) 'not") for line in lines)
    assert "ring_bell" in provider.requests[0]["messages"][0]["content"]


# pydantic-ai, instructor


def test_pydantic_ai_program(provide: Any) -> None:
    pytest.importorskip("pydantic_ai", reason="needs pydantic-ai")
    provider = provide("openai-chat.sse", "outing.sse")
    lines = run("pydantic_ai_arguments.py", "Write a note to Mira").splitlines()
    shown = [eval(line.partition(") ")[2]) for line in lines if line.startswith("('body',)")]
    assert len(shown) > 5
    expected = direct("openai-chat.sse").tool_calls[2].arguments["body"]
    assert "".join(shown) == expected
    assert len(provider.requests) == 2  # The second one sends the results of the tools.


def test_instructor_program(provide: Any) -> None:
    pytest.importorskip("instructor", reason="needs instructor")
    provide("outing.sse")
    lines = run("instructor_retry.py", "a wet Saturday").splitlines()
    assert lines[-1].startswith(f"title='{TITLE}' weather='rain' stops=[Stop(")
    assert len(lines) > 10


def test_instructor_program_asks_again(provide: Any) -> None:
    pytest.importorskip("instructor", reason="needs instructor")
    wrong = (EXAMPLES / "outing.sse").read_bytes().replace(b"rain", b"hail")
    arguments = json.dumps({"title": "Again", "weather": "rain", "stops": []})
    function = {"name": "Outing", "arguments": arguments}
    call = {"id": "call_1", "type": "function", "function": function}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    body = {"id": "c", "object": "chat.completion", "created": 1, "model": "gpt-5.1"}
    provider = provide(wrong, json.dumps({**body, "choices": [choice]}).encode())
    lines = run("instructor_retry.py", "a wet Saturday").splitlines()
    assert any("weather" in line for line in lines)
    assert lines[-1] == "title='Again' weather='rain' stops=[]"
    assert len(provider.requests) == 2
