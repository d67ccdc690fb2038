# mypy: disable-error-code="call-arg,override,misc,import-not-found"
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false
"""The types of wrapped clients, for type checkers and editors only.

Each client and resource is that of the SDK, with other signatures of the methods that `wrap`
replaces. Any of the SDKs may be missing. `wrap` recognizes clients by protocols, because the
class of an SDK that is missing would match every client.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias, TypeVar, overload

import anthropic
import ollama
import openai
from anthropic.resources import Beta as AnthropicBeta
from anthropic.resources import messages as anthropic_messages
from anthropic.resources.beta import AsyncBeta as AsyncAnthropicBeta
from anthropic.resources.beta import messages as anthropic_beta
from anthropic.types import Message, message_create_params
from anthropic.types.beta import BetaMessage
from anthropic.types.beta import message_create_params as beta_message_create_params
from google.genai import client as google_client
from google.genai import models as google_models
from google.genai import types as google
from mistralai import client as mistralai
from mistralai.client import agents as mistral_agents
from mistralai.client import chat as mistral_chat
from mistralai.client import models as mistral
from openai.resources import chat as openai_chat
from openai.resources import responses as openai_responses
from openai.types.chat import ChatCompletion, completion_create_params
from openai.types.responses import Response, response_create_params
from typing_extensions import Required, TypedDict, Unpack

from streamparse._drivers.stream import AsyncStream, Stream

T = TypeVar("T")

# openai

class _OpenAIOptions(TypedDict, total=False):
    extra_headers: Mapping[str, Any] | None
    extra_query: Mapping[str, object] | None
    extra_body: object | None
    timeout: float | openai.Timeout | None

class _ChatParams(completion_create_params.CompletionCreateParamsBase, _OpenAIOptions, total=False):
    tools: object

class _ResponseParams(response_create_params.ResponseCreateParamsBase, _OpenAIOptions, total=False):
    tools: object

class Completions(openai_chat.Completions):
    @overload
    def create(
        self, *, stream: Literal[True], output: None = None, **params: Unpack[_ChatParams]
    ) -> Stream[None]: ...
    @overload
    def create(
        self, *, stream: Literal[True], output: type[T], **params: Unpack[_ChatParams]
    ) -> Stream[T]: ...
    @overload
    def create(
        self, *, stream: Literal[True], output: Any, **params: Unpack[_ChatParams]
    ) -> Stream[Any]: ...
    @overload
    def create(
        self, *, stream: Literal[False] | None = None, **params: Unpack[_ChatParams]
    ) -> ChatCompletion: ...

class Responses(openai_responses.Responses):
    @overload
    def create(
        self, *, stream: Literal[True], output: None = None, **params: Unpack[_ResponseParams]
    ) -> Stream[None]: ...
    @overload
    def create(
        self, *, stream: Literal[True], output: type[T], **params: Unpack[_ResponseParams]
    ) -> Stream[T]: ...
    @overload
    def create(
        self, *, stream: Literal[True], output: Any, **params: Unpack[_ResponseParams]
    ) -> Stream[Any]: ...
    @overload
    def create(
        self, *, stream: Literal[False] | None = None, **params: Unpack[_ResponseParams]
    ) -> Response: ...

class Chat(openai_chat.Chat):
    @property
    def completions(self) -> Completions: ...

class OpenAI(openai.OpenAI):
    @property
    def chat(self) -> Chat: ...
    @property
    def responses(self) -> Responses: ...

class AsyncCompletions(openai_chat.AsyncCompletions):
    @overload
    async def create(
        self, *, stream: Literal[True], output: None = None, **params: Unpack[_ChatParams]
    ) -> AsyncStream[None]: ...
    @overload
    async def create(
        self, *, stream: Literal[True], output: type[T], **params: Unpack[_ChatParams]
    ) -> AsyncStream[T]: ...
    @overload
    async def create(
        self, *, stream: Literal[True], output: Any, **params: Unpack[_ChatParams]
    ) -> AsyncStream[Any]: ...
    @overload
    async def create(
        self, *, stream: Literal[False] | None = None, **params: Unpack[_ChatParams]
    ) -> ChatCompletion: ...

class AsyncResponses(openai_responses.AsyncResponses):
    @overload
    async def create(
        self, *, stream: Literal[True], output: None = None, **params: Unpack[_ResponseParams]
    ) -> AsyncStream[None]: ...
    @overload
    async def create(
        self, *, stream: Literal[True], output: type[T], **params: Unpack[_ResponseParams]
    ) -> AsyncStream[T]: ...
    @overload
    async def create(
        self, *, stream: Literal[True], output: Any, **params: Unpack[_ResponseParams]
    ) -> AsyncStream[Any]: ...
    @overload
    async def create(
        self, *, stream: Literal[False] | None = None, **params: Unpack[_ResponseParams]
    ) -> Response: ...

class AsyncChat(openai_chat.AsyncChat):
    @property
    def completions(self) -> AsyncCompletions: ...

class AsyncOpenAI(openai.AsyncOpenAI):
    @property
    def chat(self) -> AsyncChat: ...
    @property
    def responses(self) -> AsyncResponses: ...

class OpenAIShape(Protocol):
    @property
    def chat(self) -> object: ...
    @property
    def images(self) -> object: ...
    def close(self) -> None: ...

class AsyncOpenAIShape(Protocol):
    @property
    def chat(self) -> object: ...
    @property
    def images(self) -> object: ...
    async def close(self) -> None: ...

# anthropic

class _AnthropicOptions(TypedDict, total=False):
    extra_headers: Mapping[str, Any] | None
    extra_query: Mapping[str, object] | None
    extra_body: object | None
    timeout: float | anthropic.Timeout | None

class _MessageParams(message_create_params.MessageCreateParamsBase, _AnthropicOptions, total=False):
    tools: object

class _BetaMessageParams(
    beta_message_create_params.MessageCreateParamsBase, _AnthropicOptions, total=False
):
    tools: object

class Messages(anthropic_messages.Messages):
    @overload
    def create(
        self, *, stream: Literal[True], output: None = None, **params: Unpack[_MessageParams]
    ) -> Stream[None]: ...
    @overload
    def create(
        self, *, stream: Literal[True], output: type[T], **params: Unpack[_MessageParams]
    ) -> Stream[T]: ...
    @overload
    def create(
        self, *, stream: Literal[True], output: Any, **params: Unpack[_MessageParams]
    ) -> Stream[Any]: ...
    @overload
    def create(
        self, *, stream: Literal[False] | None = None, **params: Unpack[_MessageParams]
    ) -> Message: ...

class BetaMessages(anthropic_beta.Messages):
    @overload
    def create(
        self, *, stream: Literal[True], output: None = None, **params: Unpack[_BetaMessageParams]
    ) -> Stream[None]: ...
    @overload
    def create(
        self, *, stream: Literal[True], output: type[T], **params: Unpack[_BetaMessageParams]
    ) -> Stream[T]: ...
    @overload
    def create(
        self, *, stream: Literal[True], output: Any, **params: Unpack[_BetaMessageParams]
    ) -> Stream[Any]: ...
    @overload
    def create(
        self, *, stream: Literal[False] | None = None, **params: Unpack[_BetaMessageParams]
    ) -> BetaMessage: ...

class Beta(AnthropicBeta):
    @property
    def messages(self) -> BetaMessages: ...

class Anthropic(anthropic.Anthropic):
    @property
    def messages(self) -> Messages: ...
    @property
    def beta(self) -> Beta: ...

class AsyncMessages(anthropic_messages.AsyncMessages):
    @overload
    async def create(
        self, *, stream: Literal[True], output: None = None, **params: Unpack[_MessageParams]
    ) -> AsyncStream[None]: ...
    @overload
    async def create(
        self, *, stream: Literal[True], output: type[T], **params: Unpack[_MessageParams]
    ) -> AsyncStream[T]: ...
    @overload
    async def create(
        self, *, stream: Literal[True], output: Any, **params: Unpack[_MessageParams]
    ) -> AsyncStream[Any]: ...
    @overload
    async def create(
        self, *, stream: Literal[False] | None = None, **params: Unpack[_MessageParams]
    ) -> Message: ...

class AsyncBetaMessages(anthropic_beta.AsyncMessages):
    @overload
    async def create(
        self, *, stream: Literal[True], output: None = None, **params: Unpack[_BetaMessageParams]
    ) -> AsyncStream[None]: ...
    @overload
    async def create(
        self, *, stream: Literal[True], output: type[T], **params: Unpack[_BetaMessageParams]
    ) -> AsyncStream[T]: ...
    @overload
    async def create(
        self, *, stream: Literal[True], output: Any, **params: Unpack[_BetaMessageParams]
    ) -> AsyncStream[Any]: ...
    @overload
    async def create(
        self, *, stream: Literal[False] | None = None, **params: Unpack[_BetaMessageParams]
    ) -> BetaMessage: ...

class AsyncBeta(AsyncAnthropicBeta):
    @property
    def messages(self) -> AsyncBetaMessages: ...

class AsyncAnthropic(anthropic.AsyncAnthropic):
    @property
    def messages(self) -> AsyncMessages: ...
    @property
    def beta(self) -> AsyncBeta: ...

class AnthropicShape(Protocol):
    @property
    def messages(self) -> object: ...
    @property
    def models(self) -> object: ...
    def close(self) -> None: ...

class AsyncAnthropicShape(Protocol):
    @property
    def messages(self) -> object: ...
    @property
    def models(self) -> object: ...
    async def close(self) -> None: ...

# google-genai

class _GoogleParams(TypedDict, total=False):
    model: Required[str]
    contents: Required[google.ContentListUnion | google.ContentListUnionDict]
    config: google.GenerateContentConfigOrDict | None
    tools: object

class Models(google_models.Models):
    @overload
    def generate_content_stream(
        self, *, output: None = None, **params: Unpack[_GoogleParams]
    ) -> Stream[None]: ...
    @overload
    def generate_content_stream(
        self, *, output: type[T], **params: Unpack[_GoogleParams]
    ) -> Stream[T]: ...
    @overload
    def generate_content_stream(
        self, *, output: Any, **params: Unpack[_GoogleParams]
    ) -> Stream[Any]: ...

class AsyncModels(google_models.AsyncModels):
    @overload
    async def generate_content_stream(
        self, *, output: None = None, **params: Unpack[_GoogleParams]
    ) -> AsyncStream[None]: ...
    @overload
    async def generate_content_stream(
        self, *, output: type[T], **params: Unpack[_GoogleParams]
    ) -> AsyncStream[T]: ...
    @overload
    async def generate_content_stream(
        self, *, output: Any, **params: Unpack[_GoogleParams]
    ) -> AsyncStream[Any]: ...

class AsyncGoogleClient(google_client.AsyncClient):
    @property
    def models(self) -> AsyncModels: ...

class GoogleClient(google_client.Client):
    @property
    def models(self) -> Models: ...
    @property
    def aio(self) -> AsyncGoogleClient: ...

class GoogleShape(Protocol):
    @property
    def aio(self) -> object: ...
    @property
    def chats(self) -> object: ...

class AsyncGoogleShape(Protocol):
    @property
    def chats(self) -> object: ...
    async def aclose(self) -> None: ...

# mistralai

class _MistralChatParams(mistral.ChatCompletionStreamRequestTypedDict, total=False):
    messages: Iterable[
        mistral.ChatCompletionStreamRequestMessage
        | mistral.ChatCompletionStreamRequestMessageTypedDict
    ]
    tools: object
    response_format: mistral.ResponseFormat | mistral.ResponseFormatTypedDict
    server_url: str | None
    timeout_ms: int | None
    http_headers: Mapping[str, str] | None

class _MistralAgentParams(mistral.AgentsCompletionStreamRequestTypedDict, total=False):
    messages: Iterable[
        mistral.AgentsCompletionStreamRequestMessage
        | mistral.AgentsCompletionStreamRequestMessageTypedDict
    ]
    tools: object
    response_format: mistral.ResponseFormat | mistral.ResponseFormatTypedDict
    server_url: str | None
    timeout_ms: int | None
    http_headers: Mapping[str, str] | None

class MistralChat(mistral_chat.Chat):
    @overload
    def stream(
        self, *, output: None = None, **params: Unpack[_MistralChatParams]
    ) -> Stream[None]: ...
    @overload
    def stream(self, *, output: type[T], **params: Unpack[_MistralChatParams]) -> Stream[T]: ...
    @overload
    def stream(self, *, output: Any, **params: Unpack[_MistralChatParams]) -> Stream[Any]: ...
    @overload
    async def stream_async(
        self, *, output: None = None, **params: Unpack[_MistralChatParams]
    ) -> AsyncStream[None]: ...
    @overload
    async def stream_async(
        self, *, output: type[T], **params: Unpack[_MistralChatParams]
    ) -> AsyncStream[T]: ...
    @overload
    async def stream_async(
        self, *, output: Any, **params: Unpack[_MistralChatParams]
    ) -> AsyncStream[Any]: ...

class MistralAgents(mistral_agents.Agents):
    @overload
    def stream(
        self, *, output: None = None, **params: Unpack[_MistralAgentParams]
    ) -> Stream[None]: ...
    @overload
    def stream(self, *, output: type[T], **params: Unpack[_MistralAgentParams]) -> Stream[T]: ...
    @overload
    def stream(self, *, output: Any, **params: Unpack[_MistralAgentParams]) -> Stream[Any]: ...
    @overload
    async def stream_async(
        self, *, output: None = None, **params: Unpack[_MistralAgentParams]
    ) -> AsyncStream[None]: ...
    @overload
    async def stream_async(
        self, *, output: type[T], **params: Unpack[_MistralAgentParams]
    ) -> AsyncStream[T]: ...
    @overload
    async def stream_async(
        self, *, output: Any, **params: Unpack[_MistralAgentParams]
    ) -> AsyncStream[Any]: ...

class Mistral(mistralai.Mistral):
    @property
    def chat(self) -> MistralChat: ...
    @property
    def agents(self) -> MistralAgents: ...

class MistralShape(Protocol):
    chat: Any
    fim: Any

# ollama

class _OllamaParams(TypedDict, total=False):
    tools: object
    think: bool | str | None
    logprobs: bool | None
    top_logprobs: int | None
    format: str | dict[str, Any] | None
    options: Mapping[str, Any] | ollama.Options | None
    keep_alive: float | str | None

_OllamaMessages: TypeAlias = Sequence[Mapping[str, Any] | ollama.Message] | None

class OllamaClient(ollama.Client):
    @overload
    def chat(
        self,
        model: str = "",
        messages: _OllamaMessages = None,
        *,
        stream: Literal[True],
        output: None = None,
        **params: Unpack[_OllamaParams],
    ) -> Stream[None]: ...
    @overload
    def chat(
        self,
        model: str = "",
        messages: _OllamaMessages = None,
        *,
        stream: Literal[True],
        output: type[T],
        **params: Unpack[_OllamaParams],
    ) -> Stream[T]: ...
    @overload
    def chat(
        self,
        model: str = "",
        messages: _OllamaMessages = None,
        *,
        stream: Literal[True],
        output: Any,
        **params: Unpack[_OllamaParams],
    ) -> Stream[Any]: ...
    @overload
    def chat(
        self,
        model: str = "",
        messages: _OllamaMessages = None,
        *,
        stream: Literal[False] | None = None,
        **params: Unpack[_OllamaParams],
    ) -> ollama.ChatResponse: ...

class AsyncOllamaClient(ollama.AsyncClient):
    @overload
    async def chat(
        self,
        model: str = "",
        messages: _OllamaMessages = None,
        *,
        stream: Literal[True],
        output: None = None,
        **params: Unpack[_OllamaParams],
    ) -> AsyncStream[None]: ...
    @overload
    async def chat(
        self,
        model: str = "",
        messages: _OllamaMessages = None,
        *,
        stream: Literal[True],
        output: type[T],
        **params: Unpack[_OllamaParams],
    ) -> AsyncStream[T]: ...
    @overload
    async def chat(
        self,
        model: str = "",
        messages: _OllamaMessages = None,
        *,
        stream: Literal[True],
        output: Any,
        **params: Unpack[_OllamaParams],
    ) -> AsyncStream[Any]: ...
    @overload
    async def chat(
        self,
        model: str = "",
        messages: _OllamaMessages = None,
        *,
        stream: Literal[False] | None = None,
        **params: Unpack[_OllamaParams],
    ) -> ollama.ChatResponse: ...

class _Processes(Protocol):
    models: Any

class OllamaShape(Protocol):
    def ps(self) -> _Processes: ...

class AsyncOllamaShape(Protocol):
    async def ps(self) -> _Processes: ...
