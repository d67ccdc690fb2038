"""The libraries: their packages, how each is used, and the features that it does not offer.

A feature that a library does not promise is not counted as wrong. `lacks` lists such features: a
need of a case (`"reasoning"`), a check (`"kept"`), or one of them in one discipline
(`"json/kept"`), with the reason that the page shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

OURS: Final = "streamparse"


@dataclass(frozen=True)
class Library:
    """A library.

    Attributes:
        name: The displayed name.
        module: The module of `readers` that drives it, or a script of Node.
        packages: The distributions whose versions are shown; the first is the library.
        environment: Libraries of one environment are installed together.
        uses: How it is used in each discipline.
        lacks: The features that it does not offer, and how that is known.
        requires: The requirements for its environment; by default the first package.
    """

    name: str
    module: str
    packages: tuple[str, ...]
    environment: str
    uses: dict[str, str]
    lacks: dict[str, str] = field(default_factory=dict)
    requires: tuple[str, ...] = ()

    @property
    def node(self) -> bool:
        return self.environment == "node"


_NO_END = "has no call that ends the input"
_PROTOTYPE = "the documentation does not promise that partial values only grow"
_AS_IS = "returns what has arrived; the user checks the finish reason"
_DOUBLES = "numbers are those of JavaScript"
_BY_DESIGN = "repairs broken JSON by design"
_LIMIT = "documents a limit of the depth, or has that of its interpreter"

_LIBRARIES: Final = (
    Library(
        OURS,
        "ours",
        ("llm-streamparse", "pydantic"),
        "streamparse",
        {
            "openai-chat": "`MessageParser.feed()`, `.message`",
            "openai-responses": "`MessageParser.feed()`, `.message`",
            "anthropic-messages": "`MessageParser.feed()`, `.message`",
            "typed": "`stream(output=Trip).partials()`",
            "json": "`JSONParser.feed()`, `.value`",
            "repair": '`JSONParser("lenient")`',
            "raw-text": "`FormatParser(format).feed()`, `.message`",
        },
        requires=("llm-streamparse[pydantic]",),
    ),
    Library(
        "openai",
        "openai_sdk",
        ("openai", "jiter", "pydantic"),
        "openai",
        {
            "openai-chat": "`client.chat.completions.stream(tools=…)`, strict tools",
            "openai-responses": "`client.responses.stream(tools=…)`, `get_final_response()`",
            "typed": "`client.chat.completions.stream(response_format=Trip)`, `event.parsed`",
        },
        {
            "openai-chat/reasoning": "keeps fields that OpenAI does not send as extra attributes",
            "function_call": "the helper has no events for the old field",
            "typed/kept": _PROTOTYPE,
            "typed/early": "validates at the end",
            "fences": "reads the JSON mode of OpenAI, which has none",
        },
    ),
    Library(
        "anthropic",
        "anthropic_sdk",
        ("anthropic", "jiter"),
        "anthropic",
        {"anthropic-messages": "`client.messages.stream()`, `get_final_message()`"},
    ),
    Library(
        "litellm",
        "litellm_",
        ("litellm", "openai"),
        "litellm",
        {
            "openai-chat": "`completion(stream=True)`, `stream_chunk_builder()`",
            "anthropic-messages": "`completion(stream=True)`, `stream_chunk_builder()`",
        },
        {"custom": "custom tools are not in its type of calls"},
    ),
    Library(
        "langchain-openai",
        "langchain",
        ("langchain-openai", "langchain-core", "openai"),
        "langchain",
        {
            "openai-chat": "sum of the chunks of `ChatOpenAI.bind_tools().stream()`",
            "openai-responses": "the same with `use_responses_api=True`",
            "typed": "`ChatOpenAI.with_structured_output(schema).stream()`",
        },
        {
            "openai-chat/reasoning": "reads the fields of OpenAI only, as its documentation says",
            "function_call": "gives the old field as an additional keyword only",
            "openai-chat/custom": "custom tools need the Responses API",
            "typed/kept": _PROTOTYPE,
            "typed/early": "gives partial dicts, which the user validates at the end",
            "fences": "reads the JSON mode of OpenAI, which has none",
        },
    ),
    Library(
        "langchain-anthropic",
        "langchain",
        ("langchain-anthropic", "langchain-core", "anthropic"),
        "langchain",
        {"anthropic-messages": "sum of the chunks of `ChatAnthropic.bind_tools().stream()`"},
    ),
    Library(
        "pydantic-ai",
        "pydantic_ai_",
        ("pydantic-ai-slim", "openai", "anthropic"),
        "pydantic-ai",
        {
            "openai-chat": "`direct.model_request_stream()`, `.get()`",
            "openai-responses": "`direct.model_request_stream()`, `.get()`",
            "anthropic-messages": "`direct.model_request_stream()`, `.get()`",
            "typed": "`Agent(output_type=NativeOutput(Trip)).run_stream()`, `stream_output()`",
        },
        {
            "function_call": "has no support for the old field",
            "custom": "has no custom tools",
            "typed/kept": _PROTOTYPE,
            "typed/early": "errors of partial answers are ignored until the end",
            "typed/live": "gives nothing before all required fields have come; for partial"
            " objects its documentation advises `TypedDict(total=False)`",
            "fences": "reads the JSON mode of OpenAI, which has none",
        },
        requires=("pydantic-ai-slim[openai,anthropic]",),
    ),
    Library(
        "instructor",
        "instructor_",
        ("instructor", "openai", "jiter"),
        "instructor",
        {"typed": "`from_openai(AsyncOpenAI()).chat.completions.create_partial()`"},
        {
            "typed/kept": _PROTOTYPE,
            "typed/early": "partial objects are not validated until they close",
            "fences": "its default mode reads the arguments of a call",
        },
        requires=("instructor", "openai"),
    ),
    Library(
        "ai (Vercel, Node.js)",
        "vercel",
        ("ai", "@ai-sdk/openai-compatible", "@ai-sdk/openai", "@ai-sdk/anthropic"),
        "node",
        {
            "openai-chat": "`streamText()` with `createOpenAICompatible()`, `fullStream`",
            "openai-responses": "`streamText()` with `createOpenAI()`, `fullStream`",
            "anthropic-messages": "`streamText()` with `createAnthropic()`, `fullStream`",
            "typed": "`streamText({output: Output.object()})`, `partialOutputStream`",
            "json": "`parsePartialJson()`",
        },
        {
            "refusal": "has no part for refusals",
            "function_call": "has no support for the old field",
            "openai-chat/custom": "has no custom tools for Chat Completions",
            "numbers": _DOUBLES,
            "typed/kept": "the documentation says that partial objects are not validated",
            "typed/early": "validates at the end",
            "fences": "has a middleware for it, which is not used here",
            "json/kept": _PROTOTYPE,
            "strict": "completes the text by design and reports it as repaired",
            "end": "reports a state, `repaired-parse`, for every text that it completed",
        },
    ),
    Library(
        "jsonrepair (Node.js)",
        "jsonrepair",
        ("jsonrepair",),
        "node",
        {"repair": "`JSON.parse(text)`, else `JSON.parse(jsonrepair(text))`"},
        {"numbers": _DOUBLES},
    ),
    Library(
        "partial-json (Node.js)",
        "partial-json",
        ("partial-json",),
        "node",
        {"json": "`parse(text)`, `JSON.parse` at the end"},
        {"json/kept": _PROTOTYPE, "numbers": _DOUBLES},
    ),
    Library(
        "jsonriver (Node.js)",
        "jsonriver",
        ("jsonriver",),
        "node",
        {"json": "`parse(stream)`"},
        {"numbers": _DOUBLES},
    ),
    Library(
        "jiter",
        "json_libraries",
        ("jiter",),
        "json",
        {"json": '`from_json(partial_mode="trailing-strings")`, `from_json()` at the end'},
        {"json/kept": _PROTOTYPE, "depth": _LIMIT},
    ),
    Library(
        "pydantic-core",
        "json_libraries",
        ("pydantic_core",),
        "json",
        {"json": '`from_json(allow_partial="trailing-strings")`, `from_json()` at the end'},
        {"json/kept": _PROTOTYPE, "depth": _LIMIT},
    ),
    Library(
        "partial-json-parser",
        "json_libraries",
        ("partial-json-parser",),
        "json",
        {"json": "`loads(text)`, `loads(text, 0)` at the end"},
        {"json/kept": _PROTOTYPE},
    ),
    Library(
        "ijson",
        "json_libraries",
        ("ijson",),
        "json",
        {"json": "`basic_parse_coro()` and `ObjectBuilder`"},
        {"json/live": "an event for a string comes at its end"},
    ),
    Library(
        "streaming-json-parser",
        "json_libraries",
        ("streaming-json-parser", "streaming-json-parser-native"),
        "json",
        {"json": "`StreamingJsonParser.feed().value`, `finish()`"},
        requires=("streaming-json-parser", "streaming-json-parser-native"),
    ),
    Library(
        "streaming-json-parser (Python)",
        "json_libraries",
        ("streaming-json-parser",),
        "json",
        {"json": "the same without the package `streaming-json-parser-native`"},
    ),
    Library(
        "jsonriver",
        "json_libraries",
        ("jsonriver",),
        "json",
        {"json": "`parse(stream)`"},
        {"numbers": "the documentation says that numbers are floats"},
    ),
    Library(
        "langchain-core",
        "langchain",
        ("langchain-core",),
        "json",
        {
            "json": "`JsonOutputParser().transform()`",
            "repair": "`JsonOutputParser().parse()`, made for partial and fenced JSON",
        },
        {
            "json/kept": _PROTOTYPE,
            "strict": "made for answers of models: completes what is broken at its end",
            "end": _NO_END,
        },
    ),
    Library(
        "json_repair",
        "json_libraries",
        ("json_repair",),
        "json",
        {"json": "`loads(text, stream_stable=True)`, `loads()` at the end", "repair": "`loads()`"},
        {"strict": _BY_DESIGN, "end": _BY_DESIGN},
    ),
    Library(
        "jsonmend",
        "json_libraries",
        ("jsonmend",),
        "json",
        {"json": "`Mender.feed()`, `close()`", "repair": "`Mender.feed()`, `close()`"},
        {"strict": _BY_DESIGN, "end": _BY_DESIGN},
    ),
    Library(
        "fast_json_repair",
        "json_libraries",
        ("fast_json_repair",),
        "json",
        {"repair": "`loads()`"},
    ),
    Library(
        "transformers",
        "transformers_",
        ("transformers",),
        "transformers",
        {"raw-text": "`ResponseParser(template).feed()`, `finalize()`"},
        {"end": "leaves it to the caller to say whether the model stopped"},
    ),
)

LIBRARIES: Final = {library.name: library for library in _LIBRARIES}
