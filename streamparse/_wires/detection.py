"""The adapters of all APIs, and which of them reads a stream whose API is not given."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from streamparse._core.plain import shown
from streamparse._decoding.record import TEXT_EVENTS, Record
from streamparse._wires.base import Wire, provider_error
from streamparse._wires.envelopes import opened
from streamparse._wires.nearest import unknown_api
from streamparse.errors import StreamParseError, WireError

__all__ = [
    "DONE",
    "HeldRecords",
    "SESSION_WIRES",
    "WIRES",
    "adapter_of",
    "is_of_an_api",
    "wire_of",
]

DONE: Final = "[DONE]"

# The adapter of each API, in the order in which `"auto"` asks them: the first that recognizes a
# record reads the stream. Its module, which has the name of the API unless it is named here, is
# imported at its first use.
WIRES: Final[dict[str, str]] = {
    "openai-chat": "OpenAIChat",
    "bedrock-invoke-anthropic": "BedrockInvokeAnthropic",
    "anthropic-messages": "AnthropicMessages",
    "bedrock-converse": "BedrockConverse",
    "openai-responses": "OpenAIResponses",
    "openai-completions": "OpenAICompletions",
    "google-generate": "GoogleGenerate",
    "google-interactions": "GoogleInteractions",
    "cohere-v2": "CohereV2",
    "ollama-chat": "OllamaChat",
    "cohere-v1": "CohereV1",
    "mistral-conversations": "MistralConversations",
    "vercel-ui": "VercelUI",
    "ag-ui": "AGUI",
    "tgi-generate": "text_pieces:TGI",
    "llama-cpp-completion": "text_pieces:LlamaCpp",
    "sglang-generate": "text_pieces:SGLang",
    "bedrock-invoke-llama": "text_pieces:BedrockLlama",
    "bedrock-invoke-mistral": "text_pieces:BedrockMistral",
    "bedrock-invoke-titan": "text_pieces:BedrockTitan",
    "watsonx-generate": "text_pieces:Watsonx",
    "writer-completions": "text_pieces:Writer",
    "workers-ai-run": "text_pieces:WorkersAI",
    "snowflake-cortex": "SnowflakeCortex",
    "a2a": "A2A",
    "replicate-text": "text_pieces:Replicate",
}
# The adapters of APIs that occur only in sessions.
SESSION_WIRES: Final[dict[str, str]] = {
    "openai-realtime": "OpenAIRealtime",
    "google-live": "GoogleLive",
}
_imported: Final[dict[str, type[Wire]]] = {}

# The most that "auto" holds before a record shows an API.
_HELD_RECORDS: Final = 16
_HELD_CHARACTERS: Final = 64 * 1024


class HeldRecords:
    """The records of a stream before one of them shows the API."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._size: int = 0  # in characters

    def add(self, record: Record) -> None:
        """Hold a record; raise `WireError` if this is more than the evidence may take."""
        self.records.append(record)
        self._size += len(_text_of(record))
        if len(self.records) > _HELD_RECORDS or self._size > _HELD_CHARACTERS:
            raise self._unknown()

    def end(self) -> None:
        """Raise `WireError` if a record should have shown the API; one that was cut need not."""
        if any(not record.cut and record.text != DONE for record in self.records):
            raise self._unknown()

    def _unknown(self) -> WireError:
        whole = [record for record in self.records if not record.cut]
        return unknown_api(
            [(record.data, record.event) for record in whole],
            _text_of(whole[0]) if whole else "",
            [wire_of(api) for api in WIRES],
            [wire_of(api) for api in SESSION_WIRES],
            "use SessionParser",
        )


def wire_of(api: str) -> type[Wire]:
    """Return the adapter of an API."""
    found = _imported.get(api)
    if found is None:
        place = WIRES.get(api) or SESSION_WIRES[api]
        module, _, name = place.rpartition(":")
        module = module or api.replace("-", "_")
        found = getattr(import_module("streamparse._wires." + module), name)
        assert found is not None
        _imported[api] = found
    return found


def adapter_of(record: Record) -> type[Wire] | None:
    """Return the adapter of the API that this record shows; None if it shows none."""
    data = record.data
    if data is None and record.event in TEXT_EVENTS:
        data = {}
    return _recognizing(data, record.event) if isinstance(data, dict) else None


def is_of_an_api(record: Record) -> bool:
    """Return whether this record shows an API, or reports an error of a provider."""
    data = record.data
    if not isinstance(data, dict):
        return record.event in TEXT_EVENTS
    try:
        inner = opened(data, record.event)
    except StreamParseError:
        return False
    for one, name in [(data, record.event)] if inner is None else inner:
        if _recognizing(one, name) is not None:
            return True
    return isinstance(data.get("error"), dict) or provider_error(data, "", False) is not None


def _recognizing(data: dict[str, Any], event: str) -> type[Wire] | None:
    """Return the adapter of the only API that sends such a record."""
    for api in WIRES:
        kind = wire_of(api)
        if kind.recognizes(data, event):
            return kind
    return None


def _text_of(record: Record) -> str:
    """Return the source of a record, or equal JSON."""
    return record.text if record.text or record.data is None else shown(record.data)
