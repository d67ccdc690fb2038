"""Tests of streamparse._clients.wrapped: the real SDKs against a local server."""

from __future__ import annotations

import asyncio
import copy
import gc
import json
import warnings
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from streamparse import AsyncStream, Stream, StreamParseError, Toolbox, wrap
from tests._clients.stand_in import (
    API,
    CHAT,
    EACH_API,
    GENERATE,
    MESSAGES,
    MISTRAL_CHAT,
    OLLAMA_CHAT,
    RESPONSES,
    Provider,
    Shared,
)
from tests.web.serving import Server, until

each_api = pytest.mark.parametrize("api", EACH_API, ids=str)
both = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])


class Bed(BaseModel):
    """A bed in a garden."""

    plant: str
    rows: int = 1


def look_up(plant: str, height: float = 1.0) -> str:
    """Look up a plant."""
    return f"{plant}, {height} m"


class find(BaseModel):
    """Find what grows near."""

    near: str


PLANT = {"type": "object", "properties": {"plant": {"type": "string"}}}


# Some SDKs leave sockets to the garbage collector, and Python warns when it closes them.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(scope="module", autouse=True)
def collected() -> Iterator[None]:
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="module")
def shared() -> Iterator[Shared]:
    shared = Shared()
    with Server(shared) as server:
        shared.url = server.url
        yield shared


@pytest.fixture
def provider(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> Provider:
    monkeypatch.setenv("NO_PROXY", "*")
    shared.current = Provider(shared.url)
    return shared.current


def asked(provider: Provider, api: API, asynchronous: bool, **more: Any) -> list[Any]:
    """Send a request; return the events of the answer and the message."""
    provider.kind = api.kind
    client = wrap(api.client(provider.url, asynchronous))
    if asynchronous:
        return asyncio.run(asked_async(client, api, more))
    with client:
        answer = api.method(client)(**api.arguments, **api.streams, **more)
        assert isinstance(answer, Stream)
        with answer:
            return [*answer, answer.message]


async def asked_async(client: Any, api: API, more: dict[str, Any]) -> list[Any]:
    async with api.open(client):
        answer = await api.method(client, True)(**api.arguments, **api.streams, **more)
        assert isinstance(answer, AsyncStream)
        async with answer:
            events: list[Any] = [event async for event in answer]
    return [*events, answer.message]


# Tools and output


def declared(api: API, request: Any) -> list[Any]:
    """Return the name and the schema of each tool in a request."""
    tools = request["tools"]
    if api is GENERATE:
        return [
            (tool["name"], tool.get("parametersJsonSchema") or tool["parameters_json_schema"])
            for entry in tools
            for tool in entry["functionDeclarations"]
        ]
    if api in (CHAT, MISTRAL_CHAT, OLLAMA_CHAT):
        tools = [entry["function"] for entry in tools]
    key = "input_schema" if api.name == "anthropic-messages" else "parameters"
    return [(tool["name"], tool[key]) for tool in tools]


@both
@each_api
def test_tools_go_to_the_request_and_to_the_parser(
    api: API, asynchronous: bool, provider: Provider
) -> None:
    provider.body = api.calls
    *_, message = asked(provider, api, asynchronous, tools=[look_up, find])
    first, *others = message.tool_calls
    assert first.parsed["plant"] == "fern"
    assert first.parsed.keys() >= {"plant"}
    assert [call.parsed for call in others if call.name == "find"] in ([], [find(near="moss")])
    [request] = provider.requests
    names, schemas = zip(*declared(api, request), strict=True)
    assert names == ("look_up", "find")
    assert schemas[0]["properties"]["plant"]["type"] == "string"
    assert schemas[0]["required"] == ["plant"]
    assert schemas[1]["required"] == ["near"]


@each_api
def test_arguments_are_validated(api: API, provider: Provider) -> None:
    provider.body = api.calls

    class look_up(BaseModel):
        plant: int

    *_, message = asked(provider, api, False, tools=look_up)
    assert message.tool_calls[0].status == "rejected"


@each_api
def test_a_toolbox_is_declared(api: API, provider: Provider) -> None:
    provider.body = api.calls
    toolbox = Toolbox([look_up, find])
    *_, message = asked(provider, api, False, tools=toolbox)
    assert [name for name, _ in declared(api, provider.requests[0])] == toolbox.names
    results = [(call, toolbox.run_sync(call)) for call in message.tool_calls[:1]]
    assert json.dumps(message.tool_results(results)).count("fern, 1") == 1


FORMS: list[tuple[API, Any]] = [
    (CHAT, {"type": "function", "function": {"name": "look_up", "parameters": PLANT}}),
    (RESPONSES, {"type": "function", "name": "look_up", "parameters": PLANT, "strict": True}),
    (MESSAGES, {"name": "look_up", "input_schema": PLANT, "cache_control": {"type": "ephemeral"}}),
    (
        GENERATE,
        {"functionDeclarations": [{"name": "look_up", "parametersJsonSchema": PLANT}]},
    ),
    (MISTRAL_CHAT, {"type": "function", "function": {"name": "look_up", "parameters": PLANT}}),
    (OLLAMA_CHAT, {"type": "function", "function": {"name": "look_up", "parameters": PLANT}}),
]


@pytest.mark.parametrize(("api", "tool"), FORMS, ids=[str(api) for api, _ in FORMS])
def test_a_tool_in_the_form_of_the_api_is_sent_unchanged(
    api: API, tool: Any, provider: Provider
) -> None:
    pytest.importorskip("jsonschema")
    provider.body = api.calls
    before = copy.deepcopy(tool)
    *_, message = asked(provider, api, False, tools=[tool, find])
    sent = provider.requests[0]["tools"]
    if api is GENERATE:  # The SDK puts all declarations into one entry and renames the schema.
        assert sent[0]["functionDeclarations"][0]["parameters_json_schema"] == PLANT
    else:
        assert {**sent[0], **tool} == sent[0]  # The SDKs of Mistral and Ollama add defaults.
    assert len(declared(api, provider.requests[0])) == 2
    assert tool == before
    assert message.tool_calls[0].arguments["plant"] == "fern"


def constraint(api: API, request: Any) -> Any:
    """Return the schema that a request prescribes for its answer."""
    if api in (CHAT, MISTRAL_CHAT):
        assert request["response_format"]["json_schema"]["name"] == "Bed"
        return request["response_format"]["json_schema"]["schema"]
    if api is RESPONSES:
        assert request["text"]["format"]["name"] == "Bed"
        return request["text"]["format"]["schema"]
    if api.name == "anthropic-messages":
        return request["output_config"]["format"]["schema"]
    if api is GENERATE:
        assert request["generationConfig"]["responseMimeType"] == "application/json"
        return request["generationConfig"]["responseJsonSchema"]
    return request["format"]


@both
@each_api
def test_the_output_goes_to_the_request_and_to_the_parser(
    api: API, asynchronous: bool, provider: Provider
) -> None:
    provider.body = api.text('{"plant": "fern", "rows": 2}')
    *_, message = asked(provider, api, asynchronous, output=Bed)
    assert message.output == Bed(plant="fern", rows=2)
    schema = constraint(api, provider.requests[0])
    assert schema["properties"]["plant"]["type"] == "string"
    is_strict = api.name in ("openai-chat", "openai-responses")
    assert schema["required"] == (["plant", "rows"] if is_strict else ["plant"])


@each_api
def test_without_an_output_nothing_is_constrained(api: API, provider: Provider) -> None:
    provider.body = api.text("Ferns.")
    *_, message = asked(provider, api, False)
    assert (message.text, message.output) == ("Ferns.", None)
    added = {"response_format", "text", "output_config", "generationConfig", "format", "tools"}
    assert {name for name, value in provider.requests[0].items() if value} & added == set()


def test_an_error_of_a_tool_precedes_the_request(provider: Provider) -> None:
    with pytest.raises(TypeError, match="is not a tool"):
        asked(provider, CHAT, False, tools=["look_up"])
    with pytest.raises(TypeError, match="'look_up' is not a tool"):
        asked(provider, CHAT, False, tools="look_up")
    with pytest.raises(TypeError, match="a tool is a model, a function or a dict, not int"):
        asked(provider, CHAT, False, tools=5)
    with pytest.raises(ValueError, match="two tools are named"):
        asked(provider, CHAT, False, tools=[look_up, look_up])
    assert provider.requests == []


# The rest of the client


@both
@pytest.mark.parametrize("api", [CHAT, RESPONSES, MESSAGES, OLLAMA_CHAT], ids=str)
def test_a_call_without_streaming_is_unchanged(
    api: API, asynchronous: bool, provider: Provider
) -> None:
    whole = {"id": "x", "model": "m", "message": {"role": "assistant"}}
    provider.body, provider.kind = json.dumps(whole).encode(), "application/json"
    found = [
        asyncio.run(own_async(each, api)) if asynchronous else own(each, api)
        for kind in (lambda client: client, wrap)
        for each in [kind(api.client(provider.url, asynchronous))]
    ]
    assert type(found[0]) is type(found[1])
    assert provider.requests[0] == provider.requests[1]


def own(client: Any, api: API) -> Any:
    with client:
        return api.method(client)(**api.arguments)


async def own_async(client: Any, api: API) -> Any:
    async with client:
        return await api.method(client, True)(**api.arguments)


@both
@each_api
def test_errors_of_the_client_are_unchanged(
    api: API, asynchronous: bool, provider: Provider
) -> None:
    provider.body, provider.status = b'{"error": {"message": "slow down"}}', 429
    with pytest.raises(Exception, match=r"429|slow down") as caught:
        asked(provider, api, asynchronous)
    assert type(caught.value).__module__.partition(".")[0] == api.sdk
    assert not isinstance(caught.value, StreamParseError)


@each_api
def test_closing_the_stream_closes_the_connection(api: API, provider: Provider) -> None:
    provider.body, provider.kind, provider.endless = api.calls[:600], api.kind, True
    with (
        wrap(api.client(provider.url, False)) as client,
        api.method(client)(**api.arguments, **api.streams) as answer,
    ):
        next(iter(answer))
    until(lambda: provider.closed == 1)
    assert answer.message.status == "truncated"


@each_api
def test_cancelling_the_reader_closes_the_connection(api: API, provider: Provider) -> None:
    provider.body, provider.kind, provider.endless = api.calls[:600], api.kind, True

    async def read(url: str) -> None:
        client = wrap(api.client(url, True))
        begun = asyncio.Event()

        async def consume() -> None:
            answer = await api.method(client, True)(**api.arguments, **api.streams)
            async with answer:
                async for _ in answer:
                    begun.set()

        task = asyncio.create_task(consume())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while not provider.closed:
            await asyncio.sleep(0.01)
        async with api.open(client):
            pass

    asyncio.run(asyncio.wait_for(read(provider.url), 20))


@both
@pytest.mark.parametrize("api", [CHAT, RESPONSES, MESSAGES, MISTRAL_CHAT], ids=str)
def test_the_response_and_its_headers_can_be_read(
    api: API, asynchronous: bool, provider: Provider
) -> None:
    provider.body, provider.kind = api.calls, api.kind

    async def headers(client: Any) -> Any:
        async with api.open(client):
            answer = await api.method(client, True)(**api.arguments, **api.streams)
            async with answer:
                return answer.response.headers

    client = wrap(api.client(provider.url, asynchronous))
    if asynchronous:
        found = asyncio.run(headers(client))
    else:
        with client, api.method(client)(**api.arguments, **api.streams) as answer:
            found = answer.response.headers
    assert found["x-request-id"] == "req-7"


def test_a_wrapped_client_has_all_attributes_of_the_client(provider: Provider) -> None:
    openai = pytest.importorskip("openai")
    client = CHAT.client("http://none", False)
    wrapped = wrap(client)
    assert isinstance(wrapped, openai.OpenAI)
    assert repr(wrapped) == f"wrap({client!r})"
    assert dir(wrapped) == dir(client)
    assert wrapped.base_url == client.base_url
    assert wrapped.chat.completions.with_raw_response is client.chat.completions.with_raw_response
    assert wrapped.chat.completions.create.__doc__ == client.chat.completions.create.__doc__
    wrapped.timeout = 7
    assert client.timeout == 7
    with wrapped as same:
        assert same is wrapped
    assert client.is_closed()
    with pytest.raises(AttributeError, match="chats"):
        _ = wrapped.chats


def test_an_asynchronous_client_is_a_context_manager() -> None:
    client = CHAT.client("http://none", True)

    async def enter() -> None:
        async with wrap(client) as same:
            assert type(same) is not type(client)

    asyncio.run(enter())
    assert client.is_closed()


def test_a_copy_with_options_is_wrapped(provider: Provider) -> None:
    provider.body = CHAT.text("Ferns.")
    client = wrap(CHAT.client(provider.url, False)).with_options(timeout=3)
    assert client.timeout == 3
    with client.copy().chat.completions.create(**CHAT.arguments, stream=True) as answer:
        assert "".join(answer.text()) == "Ferns."


def test_options_apply_to_all_calls(provider: Provider) -> None:
    provider.body = CHAT.text('<tool_call>{"name": "find", "arguments": {"near": 3}}</tool_call>')
    client = wrap(CHAT.client(provider.url, False), format="hermes", coerce=True)
    create = client.chat.completions.create
    with create(**CHAT.arguments, stream=True, tools=find) as answer:
        [call] = answer.tool_calls()
    assert call.parsed == find(near="3")


def test_a_wrapped_client_can_be_given_more_options(provider: Provider) -> None:
    provider.body = CHAT.text('<tool_call>{"name": "find", "arguments": {"near": 3}}</tool_call>')
    client = wrap(wrap(CHAT.client(provider.url, False), format="hermes"), coerce=True)
    with client.chat.completions.create(**CHAT.arguments, stream=True, tools=find) as answer:
        [call] = answer.tool_calls()
    assert call.parsed == find(near="3")


def test_a_subclass_of_a_client(provider: Provider) -> None:
    openai = pytest.importorskip("openai")
    provider.body = CHAT.calls
    azure = openai.AzureOpenAI(azure_endpoint=provider.url, api_version="v", api_key="none")
    with wrap(azure) as client:
        create = client.chat.completions.create
        with create(**CHAT.arguments, stream=True, tools=[look_up, find]) as answer:
            calls = list(answer.tool_calls())
    assert [call.parsed["plant"] for call in calls] == ["fern", "moss"]


def test_a_tool_of_the_sdk_of_anthropic(provider: Provider) -> None:
    anthropic = pytest.importorskip("anthropic")
    provider.body = MESSAGES.calls
    tool = anthropic.beta_tool(look_up)
    *_, message = asked(provider, MESSAGES, False, tools=[tool])
    assert provider.requests[0]["tools"] == [tool.to_dict()]
    assert message.tool_calls[0].status == "complete"


class Other:
    """A client of an unknown package that has a method of a known API."""

    def __init__(self) -> None:
        self.chat = self.completions = self
        self.asked: list[Any] = []
        self.entered = 0

    def create(self, **request: Any) -> Any:
        self.asked.append(request)
        return iter([CHAT.text("Ferns.")]) if request.get("stream") else "whole"

    def copy(self) -> Other:
        return Other()

    def __enter__(self) -> Other:
        self.entered += 1
        return self

    def __exit__(self, *exception: object) -> None:
        self.entered -= 1

    async def __aenter__(self) -> Other:
        return self.__enter__()

    async def __aexit__(self, *exception: object) -> None:
        self.entered -= 1


class AsyncOther(Other):
    async def create(self, **request: Any) -> Any:
        found = super().create(**request)
        return found if isinstance(found, str) else AsyncPieces(found)


class AsyncPieces:
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece


def test_a_client_of_another_package_with_the_same_call() -> None:
    client = Other()
    with wrap(client) as wrapped:
        assert (client.entered, wrapped.chat.completions.create(tools=[find])) == (1, "whole")
        with wrapped.chat.completions.create(stream=True, output=None) as answer:
            assert answer.result().text == "Ferns."
        with wrapped.copy().chat.completions.create(stream=True) as answer:
            assert "".join(answer.text()) == "Ferns."
    assert client.asked == [{"tools": [find]}, {"stream": True}]
    assert isinstance(wrapped, Other)
    wrapped.entered = 7
    assert client.entered == 7
    del wrapped.entered
    assert not hasattr(client, "entered")


def test_an_asynchronous_client_of_another_package() -> None:
    async def main() -> Any:
        async with wrap(AsyncOther()) as client:
            create = client.chat.completions.create
            async with await create(stream=True, output=None) as answer:
                return await create(), (await answer.result()).text

    assert asyncio.run(main()) == ("whole", "Ferns.")


def test_other_objects_and_options_are_rejected() -> None:
    with pytest.raises(TypeError, match=r"wrap\(\) takes a client of .*, not object"):
        wrap(object())
    client = CHAT.client("http://none", False)
    with pytest.raises(TypeError, match="not Completions"):
        wrap(client.chat.completions)
    with pytest.raises(TypeError, match="'tools' is not an option of wrap"):
        wrap(client, tools=[])  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="colour"):
        wrap(client, colour="red")  # type: ignore[call-overload]
    with pytest.raises(ValueError, match="every"):
        wrap(client, every=-1)


def test_a_copy_keeps_the_options() -> None:
    wrapped = wrap(Other(), every=1)
    assert repr(copy.copy(wrapped)) == repr(wrapped)
    assert dir(wrapped) == dir(Other())
