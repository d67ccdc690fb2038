"""Wrapped clients of all SDKs, with the types that an editor should know.

`test_typing.py` checks it with mypy and pyright. It is never run.
"""

from __future__ import annotations

from typing import Any

import anthropic
import ollama
import openai
from google import genai
from mistralai.client import Mistral
from openai.types.chat import ChatCompletion
from pydantic import BaseModel
from typing_extensions import assert_type

from streamparse import AsyncStream, Stream, wrap


class Trip(BaseModel):
    city: str


def pack(city: str) -> str:
    return city


ASK: Any = [{"role": "user", "content": "Ghent?"}]


async def of_openai(schema: dict[str, Any]) -> None:
    client = wrap(openai.OpenAI(), every=1 / 30)
    create = client.chat.completions.create
    assert_type(create(model="m", messages=ASK, stream=True, tools=[Trip, pack]), Stream[None])
    assert_type(create(model="m", messages=ASK, stream=True, output=Trip), Stream[Trip])
    assert_type(create(model="m", messages=ASK, stream=True, output=schema), Stream[Any])
    assert_type(create(model="m", messages=ASK), ChatCompletion)
    create(model="m", messages=ASK, streams=True)  # type: ignore[call-overload]  # pyright: ignore
    assert_type(client.responses.create(model="m", input="", stream=True), Stream[None])
    assert_type(client.models.retrieve("m"), openai.types.Model)
    with client as same:
        chat = same.with_options(timeout=3).chat.completions
        assert_type(chat.create(model="m", messages=ASK, stream=True), Stream[None])
    other = wrap(openai.AsyncOpenAI())
    answer = await other.responses.create(model="m", input="", stream=True, output=Trip)
    assert_type(answer, AsyncStream[Trip])
    azure = wrap(openai.AzureOpenAI()).chat.completions
    assert_type(azure.create(model="m", messages=ASK, stream=True, output=Trip), Stream[Trip])


async def of_anthropic() -> None:
    client = wrap(anthropic.Anthropic())
    create, beta = client.messages.create, client.beta.messages.create
    typed = create(model="m", max_tokens=1, messages=ASK, stream=True, output=Trip)
    assert_type(typed, Stream[Trip])
    assert_type(beta(model="m", max_tokens=1, messages=ASK, stream=True), Stream[None])
    other = wrap(anthropic.AsyncAnthropic()).messages
    answer = await other.create(model="m", max_tokens=1, messages=ASK, stream=True)
    assert_type(answer, AsyncStream[None])


async def of_google() -> None:
    client = wrap(genai.Client())
    models = client.models
    assert_type(models.generate_content_stream(model="m", contents="x", tools=[pack]), Stream[None])
    assert_type(models.generate_content_stream(model="m", contents="x", output=Trip), Stream[Trip])
    for other in (client.aio, wrap(genai.Client().aio)):
        answer = await other.models.generate_content_stream(model="m", contents="x", output=Trip)
        assert_type(answer, AsyncStream[Trip])


async def of_mistral_and_ollama() -> None:
    chat = wrap(Mistral(api_key="none")).chat
    assert_type(chat.stream(model="m", messages=ASK, tools=[Trip]), Stream[None])
    answer = await chat.stream_async(model="m", messages=ASK, output=Trip)
    assert_type(answer, AsyncStream[Trip])
    client = wrap(ollama.Client())
    assert_type(client.chat("m", ASK, stream=True, output=Trip), Stream[Trip])
    assert_type(await wrap(ollama.AsyncClient()).chat("m", ASK, stream=True), AsyncStream[None])
