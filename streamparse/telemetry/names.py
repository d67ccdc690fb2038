"""The names of attributes and metrics, for both generations of the GenAI conventions.

Sources: the semantic conventions of OpenTelemetry up to 1.41 (`"client"`), which most
instrumentations emit; and version 0.1 of the repository `semantic-conventions-genai`
(`"inference"`), which renamed the metrics. Names that begin with `streamparse.` are our own.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

__all__ = ["ATTRIBUTES", "CONVENTIONS", "COUNTS", "METRICS", "OWN_METRICS", "Convention"]

Convention: TypeAlias = Literal["client", "inference"]
CONVENTIONS: Final[tuple[Convention, ...]] = ("client", "inference")

# The counts of `Usage` that are recorded; the next table has their attribute names.
COUNTS: Final = (
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)

# Our name of each attribute, its name in "client", and its name in "inference".
ATTRIBUTES: Final[dict[str, tuple[str, str]]] = {
    "operation": ("gen_ai.operation.name", "gen_ai.operation.name"),
    "provider": ("gen_ai.provider.name", "gen_ai.provider.name"),
    "request_model": ("gen_ai.request.model", "gen_ai.request.model"),
    "request_stream": ("gen_ai.request.stream", "gen_ai.request.stream"),
    "server": ("server.address", "server.address"),
    "port": ("server.port", "server.port"),
    "response_id": ("gen_ai.response.id", "gen_ai.response.id"),
    "response_model": ("gen_ai.response.model", "gen_ai.response.model"),
    "finish_reasons": ("gen_ai.response.finish_reasons", "gen_ai.response.finish_reasons"),
    "first_chunk": (
        "gen_ai.response.time_to_first_chunk",
        "gen_ai.response.time_to_first_chunk",
    ),
    "input_tokens": ("gen_ai.usage.input_tokens", "gen_ai.usage.input_tokens"),
    "output_tokens": ("gen_ai.usage.output_tokens", "gen_ai.usage.output_tokens"),
    "cached_tokens": (
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_read.input_tokens",
    ),
    "cache_write_tokens": (
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_write.input_tokens",
    ),
    "reasoning_tokens": (
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.usage.reasoning.output_tokens",
    ),
    "output_type": ("gen_ai.output.type", "gen_ai.output.type"),
    "output_messages": ("gen_ai.output.messages", "gen_ai.output.messages"),
    "error": ("error.type", "error.type"),
    "token_type": ("gen_ai.token.type", "gen_ai.token.type"),
    "tool": ("gen_ai.tool.name", "gen_ai.tool.name"),
    "call_id": ("gen_ai.tool.call.id", "gen_ai.tool.call.id"),
    "status": ("streamparse.message.status", "streamparse.message.status"),
    "call_status": ("streamparse.call.status", "streamparse.call.status"),
    "code": ("streamparse.error.code", "streamparse.error.code"),
    "path": ("streamparse.error.path", "streamparse.error.path"),
    "repair": ("streamparse.repair.code", "streamparse.repair.code"),
    "first_argument": (
        "streamparse.time_to_first_argument",
        "streamparse.time_to_first_argument",
    ),
    "first_call": ("streamparse.time_to_first_call", "streamparse.time_to_first_call"),
}

# The same for metrics. An empty name means that the generation has no such metric.
METRICS: Final[dict[str, tuple[str, str]]] = {
    "duration": ("gen_ai.client.operation.duration", "gen_ai.client.inference.duration"),
    "first_chunk": (
        "gen_ai.client.operation.time_to_first_chunk",
        "gen_ai.client.inference.time_to_first_chunk",
    ),
    "chunk": (
        "gen_ai.client.operation.time_per_output_chunk",
        "gen_ai.client.inference.time_per_output_chunk",
    ),
    # One histogram for input and output tokens, which an attribute distinguishes.
    "tokens": ("gen_ai.client.token.usage", ""),
    "operation_input": ("", "gen_ai.client.inference.operation.input_tokens"),
    "operation_output": ("", "gen_ai.client.inference.operation.output_tokens"),
    "input_tokens": ("", "gen_ai.client.inference.usage.input_tokens"),
    "output_tokens": ("", "gen_ai.client.inference.usage.output_tokens"),
    "cached_tokens": ("", "gen_ai.client.inference.usage.cache_read.input_tokens"),
    "cache_write_tokens": ("", "gen_ai.client.inference.usage.cache_write.input_tokens"),
    "reasoning_tokens": ("", "gen_ai.client.inference.usage.reasoning.output_tokens"),
}

# Our own metrics, with the same name in both generations: name, unit, description.
OWN_METRICS: Final[dict[str, tuple[str, str, str]]] = {
    "first_argument": (
        "streamparse.time_to_first_argument",
        "s",
        "Time until the first argument of a tool call.",
    ),
    "first_call": (
        "streamparse.time_to_first_call",
        "s",
        "Time until the first complete tool call.",
    ),
    "calls": ("streamparse.calls", "{call}", "Tool calls that ended, by status."),
    "repairs": ("streamparse.repairs", "{repair}", "Repairs of damaged or coerced JSON."),
}
