"""Writes tools and output types into the requests of the providers' SDKs.

A `Request` reads the `tools` and `output` of a call once: for the request, in the form of its API,
and for the parser. Tools and schemas that are already in that form are sent as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from streamparse._answers.options import output_validator_of
from streamparse._answers.tools import Tool, Tools
from streamparse._clients.strict import strict_schema
from streamparse.aliases import API, ToolErrors

__all__ = ["APIS", "RequestForm"]

Arguments = dict[str, Any]

_NOT_GIVEN: Final = ("NotGiven", "Omit", "Unset")  # the placeholders of SDKs


@dataclass(frozen=True)
class RequestForm:
    """How one API takes tools and the schema of the output.

    Attributes:
        api: The API of the response.
        declare: Writes tools for this API.
        constrain: Asks for an output in the arguments of the call, unless they do so already.
        inside: The argument that contains the tools and the schema; "" if they are arguments.
    """

    api: API
    declare: Callable[[Tools], list[Any]]
    constrain: Callable[[Arguments, Any, Any], None]
    inside: str = ""

    def prepare(self, arguments: Arguments, errors: ToolErrors = "raise") -> tuple[Any, Any]:
        """Convert the tools and the output in the arguments of a call.

        Args:
            arguments: The arguments by name, which are changed in place.
            errors: See `Tools`.

        Returns:
            The tools and the output for the parser; None for each that was not given.

        Raises:
            ValueError, TypeError: Something is not a tool or an output type.
            ImportError: An extra is missing.
        """
        output = arguments.pop("output", None)
        if type(output).__name__ in _NOT_GIVEN:
            output = None
        fields = arguments
        if self.inside:
            fields = _fields_of(arguments.get(self.inside))
            given = _listed(fields.get("tools")) + _listed(arguments.pop("tools", None))
        else:
            given = _listed(fields.get("tools"))
        given = [_read(tool, errors) for tool in given]
        if given:
            fields["tools"] = [sent for tool in given for sent in self._sent(tool)]
        if output is not None:
            self.constrain(fields, output, _schema_of(output))
        if self.inside and fields:
            arguments[self.inside] = _merged(arguments.get(self.inside), fields)
        return given or None, output

    def _sent(self, tool: Any) -> list[Any]:
        """Return a tool as it is sent: unchanged if it was already in the form of the API."""
        if isinstance(tool, Tools):
            return self.declare(tool)
        to_dict = getattr(tool, "to_dict", None)  # as of the Anthropic SDK's `beta_tool`
        return [to_dict()] if callable(to_dict) else [tool]


def _listed(tools: Any) -> list[Any]:
    """Return what was given as a list. The placeholders of SDKs for "not given" are false."""
    if isinstance(tools, (Tools, Tool, Mapping, type)) or _is_model_instance(tools):
        return [tools]
    if not tools:
        return []
    is_list = isinstance(tools, Iterable) and not (callable(tools) or isinstance(tools, str))
    return list(tools) if is_list else [tools]


def _read(tool: Any, errors: ToolErrors) -> Any:
    """Return a tool of Python as `Tools`, and a tool of an API unchanged."""
    if isinstance(tool, Tools):
        return tool
    is_python = isinstance(tool, (type, Tool)) or callable(tool)
    if not is_python or (not isinstance(tool, type) and hasattr(tool, "to_dict")):
        return tool
    return Tools(tool, errors)


def _is_model_instance(given: Any) -> bool:
    return not isinstance(given, type) and hasattr(given, "model_dump")


def _fields_of(config: Any) -> Arguments:
    """Return the tools and the constraints of a configuration: a dict or an object of the SDK."""
    if config is None or isinstance(config, Mapping):
        return {_snake(name): value for name, value in (config or {}).items()}
    names = config.model_fields_set
    return {name: getattr(config, name) for name in names}


def _merged(config: Any, fields: Arguments) -> Any:
    if config is None or isinstance(config, Mapping):
        return fields
    return config.model_copy(update=fields)


def _snake(name: str) -> str:
    """Return the name of a field for its alias, which the SDK accepts too."""
    return re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name)


def _schema_of(output: Any) -> Any:
    """Return the JSON Schema of an output type, or None for any JSON."""
    validator = output_validator_of(output)
    write = getattr(validator, "json_schema", None)
    schema = None if write is None else write()
    return schema if isinstance(schema, dict) else None


def _name_of(output: Any, schema: Any) -> str:
    """Return a name that APIs accept: 64 letters, digits, dashes and underscores."""
    title = schema.get("title")
    name = getattr(output, "__name__", None) or (title if isinstance(title, str) else "")
    return re.sub(r"[^a-zA-Z0-9_-]+", "_", name)[:64] or "output"


def _named_schema(output: Any, schema: Any) -> Arguments:
    """Return the schema with its name, strict if the rules of strict schemas allow it."""
    strict = strict_schema(schema)
    sent = schema if strict is None else strict
    return {"name": _name_of(output, schema), "schema": sent, "strict": strict is not None}


# The constraints. Each gets the arguments of a call, the output, and its schema or None.


def _chat(arguments: Arguments, output: Any, schema: Any) -> None:
    """Chat Completions, also of Mistral."""
    if arguments.get("response_format"):
        return
    if schema is not None:
        named = _named_schema(output, schema)
        arguments["response_format"] = {"type": "json_schema", "json_schema": named}
    elif output is dict:
        arguments["response_format"] = {"type": "json_object"}


def _responses(arguments: Arguments, output: Any, schema: Any) -> None:
    text = dict(arguments.get("text") or {})
    if text.get("format"):
        return
    if schema is not None:
        text["format"] = {"type": "json_schema", **_named_schema(output, schema)}
    elif output is dict:
        text["format"] = {"type": "json_object"}
    if text:
        arguments["text"] = text


def _messages(arguments: Arguments, output: Any, schema: Any) -> None:
    """Anthropic's Messages: every object of the schema is closed, as in a strict schema.

    A schema that cannot be written so is not sent; the parser validates the output by it anyway.
    """
    config = dict(arguments.get("output_config") or {})
    given = config.get("format") or arguments.get("output_format")
    if given or schema is None or strict_schema(schema) is None:
        return
    try:
        # The SDK's own version of the schema, without keywords that the API refuses.
        from anthropic import transform_schema

        schema = transform_schema(schema)
    except (ImportError, ValueError):
        return
    arguments["output_config"] = {**config, "format": {"type": "json_schema", "schema": schema}}


_GOOGLE_SCHEMAS: Final = ("response_schema", "response_json_schema")


def _google(arguments: Arguments, output: Any, schema: Any) -> None:
    arguments.setdefault("response_mime_type", "application/json")
    if schema is not None and not any(arguments.get(name) for name in _GOOGLE_SCHEMAS):
        arguments["response_json_schema"] = schema


def _ollama(arguments: Arguments, output: Any, schema: Any) -> None:
    if not arguments.get("format"):
        arguments["format"] = "json" if schema is None else schema


_CHAT: Final = RequestForm("openai-chat", Tools.to_openai, _chat)
_RESPONSES: Final = RequestForm("openai-responses", Tools.to_responses, _responses)
_MESSAGES: Final = RequestForm("anthropic-messages", Tools.to_anthropic, _messages)
_GOOGLE: Final = RequestForm("google-generate", Tools.to_google, _google, "config")
_OLLAMA: Final = RequestForm("ollama-chat", Tools.to_openai, _ollama)

#: The calls of each SDK that stream, by the name of its package and the path of the method.
APIS: Final[dict[str, dict[str, RequestForm]]] = {
    "openai": {"chat.completions.create": _CHAT, "responses.create": _RESPONSES},
    "anthropic": {"messages.create": _MESSAGES, "beta.messages.create": _MESSAGES},
    "google": {
        "models.generate_content_stream": _GOOGLE,
        "aio.models.generate_content_stream": _GOOGLE,
    },
    "mistralai": {
        f"{resource}.{method}": _CHAT
        for resource in ("chat", "agents")
        for method in ("stream", "stream_async")
    },
    "ollama": {"chat": _OLLAMA},
}
