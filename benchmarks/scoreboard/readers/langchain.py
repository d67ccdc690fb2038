"""LangChain: the sum of the chunks of `ChatOpenAI.stream()` and `ChatAnthropic.stream()`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from benchmarks.scoreboard.readers.common import (
    ENDS,
    RESPONSE_REASONS,
    TOOLS,
    Found,
    Show,
    Wire,
    found,
    http_module,
    module,
    schema_of,
)


def _read(model: Any, reason_key: str, pieces: Iterable[bytes], wire: Wire) -> Found:
    wire.pieces = pieces
    whole: Any = None
    try:
        for chunk in model.stream("go"):
            whole = chunk if whole is None else whole + chunk
    except Exception as error:
        return found(whole and _text(whole), raised=error)
    if whole is None:
        return found()
    details = whole.response_metadata.get("incomplete_details") or {}
    return {"incomplete": details.get("reason")} | found(
        _text(whole),
        _reasoning(whole),
        _refusal(whole),
        [(call["name"], _arguments(call["args"])) for call in whole.tool_calls],
        whole.response_metadata.get(reason_key),
    )


def _read_response(model: Any, pieces: Iterable[bytes], wire: Wire) -> Found:
    """Like `_read`, but the end of a response is the status in its metadata."""
    answer = _read(model, "status", pieces, wire)
    if "raised" not in answer:
        status = answer["incomplete"] or answer["reason"]
        answer["end"] = ENDS.get(RESPONSE_REASONS.get(status or "", ""), "unknown")
    return answer


def _text(message: Any) -> str:
    if isinstance(message.content, str):
        return message.content
    return "".join(block.get("text", "") for block in message.content if isinstance(block, dict))


def _reasoning(message: Any) -> str:
    blocks = [block for block in message.content_blocks if block["type"] == "reasoning"]
    return "".join(block.get("reasoning", "") for block in blocks)


def _arguments(given: dict[str, Any]) -> Any:
    """Return the arguments of a call; LangChain puts the text of a custom call into `__arg1`."""
    return given["__arg1"] if given.keys() == {"__arg1"} else given


def _refusal(message: Any) -> str:
    blocks = message.content if isinstance(message.content, list) else []
    parts = [block.get("refusal", "") for block in blocks if isinstance(block, dict)]
    return message.additional_kwargs.get("refusal") or "".join(parts)


def _tools() -> list[dict[str, Any]]:
    return [
        {"type": "function", "function": {"name": name, "parameters": schema_of(name)}}
        for name in TOOLS
    ]


def _openai() -> dict[str, Any]:
    ChatOpenAI = module("langchain_openai").ChatOpenAI

    wire = Wire(http_module())
    options: dict[str, Any] = {"http_client": wire.client, "api_key": "none", "max_retries": 0}
    plain = ChatOpenAI(model="some-model", use_responses_api=False, stream_usage=False, **options)
    model = plain.bind_tools(_tools())
    other = ChatOpenAI(model="some-model", use_responses_api=True, **options).bind_tools(_tools())

    def typed(pieces: Iterable[bytes], show: Show) -> Any:
        from benchmarks.scoreboard.readers.trip import Trip

        wire.pieces = pieces
        chain = plain.with_structured_output(Trip.model_json_schema(), method="json_schema")
        value: Any = None
        for value in chain.stream("go"):
            show(value)
        return Trip.model_validate(value)

    return {
        "openai-chat": lambda pieces: _read(model, "finish_reason", pieces, wire),
        "openai-responses": lambda pieces: _read_response(other, pieces, wire),
        "typed": typed,
    }


def _anthropic() -> dict[str, Any]:
    anthropic = module("anthropic")
    ChatAnthropic = module("langchain_anthropic").ChatAnthropic

    wire = Wire(http_module())
    chat = ChatAnthropic(model_name="some-model", api_key="none", max_retries=0)
    chat.__dict__["_client"] = anthropic.Anthropic(
        api_key="none", http_client=wire.client, max_retries=0
    )
    model = chat.bind_tools(_tools())
    return {"anthropic-messages": lambda pieces: _read(model, "stop_reason", pieces, wire)}


def _core() -> dict[str, Any]:
    JsonOutputParser = module("langchain_core.output_parsers").JsonOutputParser

    def partial(pieces: Iterable[str], show: Show) -> Any:
        value = None
        for value in JsonOutputParser().transform(iter(pieces)):
            show(value)
        return value

    def repair(pieces: Iterable[str]) -> Any:
        return JsonOutputParser().parse("".join(pieces))

    return {"json": partial, "repair": repair}


def readers(name: str) -> dict[str, Any]:
    made = {
        "langchain-core": _core,
        "langchain-openai": _openai,
        "langchain-anthropic": _anthropic,
    }
    return made[name]()
