"""The closed sets of words in this package, as `Literal` types for annotations.

Each is tested to hold exactly the words that are accepted or emitted.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

__all__ = [
    "API",
    "CallKind",
    "CallStatus",
    "CallsWhen",
    "DialectName",
    "ErrorCode",
    "FinishReason",
    "FormatName",
    "Keep",
    "MessageStatus",
    "Missing",
    "RunErrors",
    "SessionAPI",
    "Surrogates",
    "TextUnit",
    "ToolErrors",
    "Trailing",
    "ValueKind",
    "ViolationCode",
]

API: TypeAlias = Literal[
    "openai-chat",
    "bedrock-invoke-anthropic",
    "anthropic-messages",
    "bedrock-converse",
    "openai-responses",
    "openai-completions",
    "google-generate",
    "google-interactions",
    "cohere-v2",
    "ollama-chat",
    "cohere-v1",
    "mistral-conversations",
    "vercel-ui",
    "ag-ui",
    "tgi-generate",
    "llama-cpp-completion",
    "sglang-generate",
    "bedrock-invoke-llama",
    "bedrock-invoke-mistral",
    "bedrock-invoke-titan",
    "watsonx-generate",
    "writer-completions",
    "workers-ai-run",
    "snowflake-cortex",
    "a2a",
    "replicate-text",
    "text",
    "auto",
]
"""What `MessageParser(api=...)` takes: the wire formats, `"text"` and `"auto"`."""

SessionAPI: TypeAlias = Literal[
    "openai-realtime",
    "openai-responses",
    "google-live",
    "google-interactions",
    "auto",
]
"""What `SessionParser(api=...)` takes: APIs with several answers over one connection."""

FormatName: TypeAlias = Literal[
    "hermes",
    "longcat",
    "granite4",
    "ernie45",
    "smollm3",
    "reka_edge",
    "trinity",
    "nemotron_nano_v2",
    "apriel",
    "apriel_thinker",
    "jamba",
    "hunyuan_a13b",
    "xlam",
    "phi4_mini",
    "firefunction",
    "granite",
    "granite_20b_fc",
    "internlm2",
    "intern_s1",
    "minimax_m1",
    "cohere_command3",
    "cohere_command4",
    "command_r_plus",
    "llama3_json",
    "mistral_v3",
    "apertus",
    "inkling",
    "gigachat3",
    "gigachat31",
    "openpangu",
    "qwen2_5_coder",
    "rwkv",
    "sarashina",
    "kimi_think",
    "hyperclovax",
    "k2_horizon_json",
    "mistral_v11",
    "mistral_v13",
    "kimi_k2",
    "deepseek_v3",
    "deepseek_v31",
    "functionary_v31",
    "functionary_v32",
    "llama31_function_tag",
    "solar_open",
    "use_mcp_tool",
    "plamo3",
    "qwen3_coder",
    "seed_oss",
    "mimo",
    "step3p5",
    "step5",
    "nemotron3",
    "minimax_m2",
    "minimax_m3",
    "dots",
    "minicpm5",
    "step3",
    "deepseek_v32",
    "deepseek_v4",
    "deepseek_v41",
    "gigachat35",
    "cohere_cofl",
    "cwm",
    "muse",
    "kimi_k3",
    "glm45",
    "glm47",
    "laguna",
    "ling3",
    "spark25",
    "iquest_q1",
    "iquest_coder_v2",
    "solar_open2",
    "hy_v3",
    "hy_v4",
    "k2_horizon",
    "k2_horizon_typed",
    "pythonic",
    "llama4_pythonic",
    "olmo3",
    "granite_pythonic",
    "lfm2",
    "functiongemma",
    "gemma4",
    "harmony",
    "beam",
]
"""The names of `formats.names()`. `format=` also takes `"auto"`, so its type is `str`."""

MessageStatus: TypeAlias = Literal[
    "in_progress",
    "complete",
    "truncated",
    "failed",
]
"""`Message.status`."""

FinishReason: TypeAlias = Literal[
    "stop",
    "length",
    "tool_calls",
    "content_filter",
    "refusal",
    "paused",
    "error",
    "cancelled",
    "other",
]
"""`Message.finish_reason`, where it is not None."""

CallStatus: TypeAlias = Literal[
    "in_progress",
    "complete",
    "truncated",
    "rejected",
]
"""`ToolCall.status`."""

CallKind: TypeAlias = Literal[
    "function",
    "custom",
    "server",
]
"""`ToolCall.kind`."""

ValueKind: TypeAlias = Literal[
    "object",
    "array",
    "string",
]
"""The `kind` of `ValueStarted`, `ArgumentStarted` and `OutputStarted`."""

DialectName: TypeAlias = Literal[
    "strict",
    "lenient",
]
"""What `dialect=` takes by name."""

Surrogates: TypeAlias = Literal[
    "keep",
    "replace",
    "error",
]
"""What `surrogates=` takes."""

Trailing: TypeAlias = Literal[
    "error",
    "stop",
]
"""What `trailing=` takes."""

Keep: TypeAlias = Literal[
    "all",
    "open",
]
"""What `keep=` takes."""

CallsWhen: TypeAlias = Literal[
    "complete",
    "whole",
]
"""What `when=` of `Stream.tool_calls` takes."""

Missing: TypeAlias = Literal[
    "raise",
    "default",
    "none",
]
"""What `missing=` takes: what a typed partial does for a field that has not arrived."""

RunErrors: TypeAlias = Literal[
    "raise",
    "return",
]
"""What `errors=` of `Toolbox.run` takes."""

TextUnit: TypeAlias = Literal["word", "line", "sentence"]
ToolErrors: TypeAlias = Literal[
    "raise",
    "skip",
]
"""What `tools_errors=` takes."""

ErrorCode: TypeAlias = Literal[
    "finished",
    "interrupted",
    "not_found",
    "invalid_patch",
    "patch_target",
    "expected_value",
    "expected_key",
    "expected_colon",
    "expected_comma",
    "mismatched_bracket",
    "invalid_number",
    "invalid_literal",
    "invalid_escape",
    "control_character",
    "lone_surrogate",
    "invalid_utf8",
    "trailing_text",
    "number_rejected",
    "repair_refused",
    "too_many_repairs",
    "unfinished_line",
    "empty",
    "truncated",
    "wrong_type",
    "value_error",
    "unknown_tool",
    "multiple_values",
    "malformed_call",
    "invalid_format",
    "unknown_api",
    "not_a_stream",
    "invalid_record",
    "bad_frame",
    "missing_name",
    "repeated_arguments",
    "repeated_id",
    "changed_id",
    "changed_name",
    "ambiguous_delta",
    "late_delta",
    "replaced_arguments",
    "misplaced_value",
    "unexpected_text",
    "provider_error",
    "record_length",
    "tool_calls",
    "content",
    "choices",
    "parts",
    "name",
    "depth",
    "string_length",
    "number_length",
    "integer_digits",
    "document_length",
    "object_keys",
    "array_items",
]
"""The keys of `ERROR_CODES`."""

ViolationCode: TypeAlias = Literal[
    "$schema",
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "contains",
    "dependencies",
    "dependentRequired",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "false",
    "format",
    "items",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "required",
    "type",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
]
"""The keys of `VIOLATION_CODES`."""
