"""Pydantic AI: `direct.model_request_stream`, and `Agent.run_stream().stream_output()`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from benchmarks.scoreboard.readers.common import (
    TOOLS,
    Found,
    Show,
    Wire,
    found,
    http_module,
    module,
    parsed,
    run,
    schema_of,
)


def _models(wire: Wire) -> dict[str, Any]:
    models: dict[str, Any] = {}
    try:
        AsyncOpenAI = module("openai").AsyncOpenAI
        OpenAIChatModel = module("pydantic_ai.models.openai").OpenAIChatModel
        OpenAIResponsesModel = module("pydantic_ai.models.openai").OpenAIResponsesModel
        OpenAIProvider = module("pydantic_ai.providers.openai").OpenAIProvider

        client = AsyncOpenAI(api_key="none", http_client=wire.async_client, max_retries=0)
        provider = OpenAIProvider(openai_client=client)
        models["openai-chat"] = OpenAIChatModel("m", provider=provider)
        models["openai-responses"] = OpenAIResponsesModel("m", provider=provider)
    except ImportError:
        pass
    try:
        AsyncAnthropic = module("anthropic").AsyncAnthropic
        AnthropicModel = module("pydantic_ai.models.anthropic").AnthropicModel
        AnthropicProvider = module("pydantic_ai.providers.anthropic").AnthropicProvider

        other = AsyncAnthropic(api_key="none", http_client=wire.async_client, max_retries=0)
        models["anthropic-messages"] = AnthropicModel(
            "m", provider=AnthropicProvider(anthropic_client=other)
        )
    except ImportError:
        pass
    return models


def readers(name: str) -> dict[str, Any]:
    pydantic_ai = module("pydantic_ai")
    model_request_stream = module("pydantic_ai.direct").model_request_stream
    ModelRequestParameters = module("pydantic_ai.models").ModelRequestParameters
    ToolDefinition = module("pydantic_ai.tools").ToolDefinition

    wire = Wire(http_module())
    models = _models(wire)
    tools = [ToolDefinition(name=name, parameters_json_schema=schema_of(name)) for name in TOOLS]
    parameters = ModelRequestParameters(function_tools=tools, allow_text_output=True)
    prompt = [pydantic_ai.ModelRequest.user_text_prompt("go")]

    async def read(model: Any, pieces: Iterable[bytes]) -> Found:
        wire.pieces = pieces
        text = ""
        try:
            async with model_request_stream(
                model, prompt, model_request_parameters=parameters
            ) as stream:
                async for _ in stream:
                    text = "".join(_parts(stream.get(), "text"))
                response = stream.get()
        except Exception as error:
            return found(text, raised=error)
        calls = [
            (part.tool_name, part.args) for part in response.parts if part.part_kind == "tool-call"
        ]
        return found(
            "".join(_parts(response, "text")),
            "".join(_parts(response, "thinking")),
            refusal=(response.provider_details or {}).get("refusal"),
            calls=parsed(calls, response.finish_reason),
            reason=response.finish_reason,
        )

    async def typed(pieces: Iterable[bytes], show: Show) -> Any:
        from benchmarks.scoreboard.readers.trip import Trip

        wire.pieces = pieces
        agent = pydantic_ai.Agent(
            models["openai-chat"], output_type=pydantic_ai.NativeOutput(Trip), retries=0
        )
        async with agent.run_stream("go") as result:
            async for partial in result.stream_output(debounce_by=None):
                show(partial)
            return await result.get_output()

    given: dict[str, Any] = {
        task: lambda pieces, model=model: run(read(model, pieces)) for task, model in models.items()
    }
    if "openai-chat" in models:
        given["typed"] = lambda pieces, show: run(typed(pieces, show))
    return given


def _parts(response: Any, kind: str) -> list[str]:
    return [part.content for part in response.parts if part.part_kind == kind]
