"""Tools: their names, and the validators of the arguments of their calls.

Tools are given as their users have them: pydantic models, functions, JSON Schemas with a name, or
the dicts that the providers' APIs take. Pydantic and jsonschema are asked for only where a tool
needs them (extras `pydantic` and `schema`).
"""

from __future__ import annotations

import difflib
import inspect
import marshal
import re
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from types import NoneType
from typing import Any, ClassVar, Final, get_args, get_origin, get_type_hints

from streamparse._core.chain import Chain
from streamparse._core.sink import ValidatorFactory
from streamparse._core.transcriber import Transcriber, emit_value
from streamparse.aliases import ToolErrors
from streamparse.errors import SchemaViolation

__all__ = ["Tool", "Tools", "tools_of", "validated", "validator_of"]


class Tool:
    """One tool that a model may call.

    Attributes:
        name: Its name.
        description: What it is for; "" if this is not known.
        validator: What validates its arguments; None if any will do.
        function: What to call with the arguments; None if it was not given as a function.
        is_function: Whether it takes JSON arguments. The tools of a provider and tools that take
            free text do not.
        streams: Whether the function takes the arguments while they arrive, as an
            `ArgumentStream`.
        error: Why no validator could be made, until `Tools` has taken the tool.
    """

    __slots__ = ("description", "error", "function", "is_function", "name", "streams", "validator")

    _init_types: ClassVar[tuple[Any, ...]] = (str,)

    def __init__(
        self, name: str, validator: ValidatorFactory | None = None, description: str = ""
    ) -> None:
        self.name: str = name
        self.validator: ValidatorFactory | None = validator
        self.description: str = description
        self.function: Callable[..., Any] | None = None
        self.is_function: bool = True
        self.streams: bool = False
        self.error: Exception | None = None

    def __repr__(self) -> str:
        return f"Tool({self.name!r}, {self.validator!r})"

    def schema(self) -> Any:
        """The JSON Schema of the arguments; None where the validator has none."""
        schema = getattr(self.validator, "json_schema", None)
        return None if schema is None else schema()

    def declaration(self, key: str) -> dict[str, Any]:
        """Return the tool as APIs take it: its name, description and schema, the last as `key`.

        Raises:
            ValueError: It does not take JSON arguments.
        """
        if not self.is_function:
            raise ValueError(f"the tool {self.name!r} has no JSON arguments: declare it by hand")
        described = {"description": self.description} if self.description else {}
        schema = self.schema()
        if not isinstance(schema, dict):
            schema = {"type": "object", "properties": {}}
        return {"name": self.name, **described, key: schema}

    def coercing(self) -> Tool:
        """Return the tool with arguments that are read as their schema asks."""
        if self.validator is None:
            return self
        twin = copy(self)
        twin.validator = self.validator.coercing()
        return twin


class Tools:
    """The tools that a model may call, by name.

    Args:
        given: Models, functions, dicts and `Tool`s, alone or in a list.
        errors: `"raise"`, or `"skip"` for tools whose arguments nothing can validate: a schema that
            cannot be compiled, a type that pydantic does not know. The arguments of such a tool are
            not validated, and the tool is named in `errors`.
        coerce: Whether arguments are read as their schema asks; see `SchemaValidator`.

    Raises:
        ValueError, TypeError: Something is not a tool.
        ImportError: An extra is missing.

    >>> def water(plant: str, liters: float = 1.0) -> None: ...
    >>> tools = Tools([water, {"name": "stop", "parameters": {"type": "object"}}])
    >>> tools.names
    ['water', 'stop']
    >>> tools.unknown("watr").message
    "no tool is named 'watr'; did you mean 'water'?"
    """

    __slots__ = ("_coercing", "coerce", "errors", "tools")

    def __init__(self, given: Any, errors: ToolErrors = "raise", coerce: bool = False) -> None:
        if errors not in ("raise", "skip"):
            raise ValueError(f"tools_errors must be 'raise' or 'skip', not {errors!r}")
        self.tools: dict[str, Tool] = {}
        #: Why the arguments of a tool are not validated, by its name.
        self.errors: dict[str, Exception] = {}
        self.coerce: bool = coerce
        self._coercing: dict[str, Tool] | None = None  # the tools with `coerce`, once asked for
        if isinstance(given, Tools):
            self._share(given)
            return
        for tool in _tools_in(given):
            if tool.error is not None:
                if errors == "raise":
                    raise tool.error
                self.errors[tool.name] = _plain(tool.error)
                tool.error = None
            if tool.name in self.tools:
                raise ValueError(f"two tools are named {tool.name!r}")
            self.tools[tool.name] = tool.coercing() if coerce else tool

    def _share(self, other: Tools) -> None:
        """Take the tools of others, whose validators are made once for all parsers."""
        self.tools, self.errors = other.tools, other.errors
        if self.coerce and not other.coerce:
            if other._coercing is None:
                other._coercing = {name: tool.coercing() for name, tool in other.tools.items()}
            self.tools = other._coercing
        self.coerce = self.coerce or other.coerce

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.names!r})"

    @property
    def names(self) -> list[str]:
        """The names, in the order given."""
        return list(self.tools)

    def find(self, name: str) -> Tool | None:
        """The tool of this name."""
        return self.tools.get(name)

    def may_become(self, name: str) -> bool:
        """Whether a tool's name starts with `name`."""
        return any(known.startswith(name) for known in self.tools)

    def unknown(self, name: str) -> SchemaViolation:
        """Return the error of a call whose name no tool has."""
        message = f"no tool is named {name!r}"
        close = difflib.get_close_matches(name, self.tools, 1)
        if close:
            message += f"; did you mean {close[0]!r}?"
        return SchemaViolation(message, code="unknown_tool", closest=close[0] if close else None)

    # Declarations. Their type is `Any`, so that type checkers accept them as each SDK's own types.

    def to_openai(self) -> list[Any]:
        """Return the `tools` of Chat Completions, which Cohere, Mistral and Ollama take too.

        Raises:
            ValueError: A tool does not take JSON arguments.

        >>> Tools([{"name": "stop", "description": "Stops."}]).to_openai()[0]["function"]["name"]
        'stop'
        """
        declared = [tool.declaration("parameters") for tool in self.tools.values()]
        return [{"type": "function", "function": function} for function in declared]

    def to_responses(self) -> list[Any]:
        """Return the `tools` of the Responses API; otherwise as `to_openai`.

        They are not strict: without the word, that API would make every parameter required.
        """
        declared = [tool.declaration("parameters") for tool in self.tools.values()]
        return [{"type": "function", **function, "strict": False} for function in declared]

    def to_anthropic(self) -> list[Any]:
        """Return the `tools` of Anthropic's Messages API; otherwise as `to_openai`."""
        return [tool.declaration("input_schema") for tool in self.tools.values()]

    def to_google(self) -> list[Any]:
        """Return the `tools` of Gemini's `generateContent`; otherwise as `to_openai`."""
        declared = [tool.declaration("parametersJsonSchema") for tool in self.tools.values()]
        return [{"functionDeclarations": declared}] if declared else []

    def __reduce__(self) -> tuple[Any, ...]:
        return _revived, (type(self), list(self.tools.values()), self.errors, self.coerce)


# The tools of recent lists of dicts, by the serialized list and the options.
_known: Final[dict[tuple[bytes, ToolErrors, bool], Tools]] = {}
_KNOWN: Final = 32  # the maximum number of lists that are kept


def tools_of(given: Any, errors: ToolErrors = "raise", coerce: bool = False) -> Tools:
    """Return `Tools`; equal lists of dicts are compiled only once.

    A server creates a parser with the same tools for each request. The cache key is the serialized
    list, so the cache keeps no object of the caller alive, and a list that was changed gets a new
    entry. `1`, `1.0` and `True` are different. Lists with other objects are not cached.
    """
    if type(given) is not list and type(given) is not dict:
        return Tools(given, errors, coerce)
    try:
        # Version 2 has no references, so equal values have equal bytes.
        content = marshal.dumps(given, 2)
        key = (content, errors, coerce)
        found = _known.pop(key, None)
    except (TypeError, ValueError):
        return Tools(given, errors, coerce)
    if found is None:
        found = Tools(marshal.loads(content), errors, coerce)
    _known[key] = found  # at the end, so that the least recently used lists are dropped first
    for oldest in list(_known)[:-_KNOWN]:
        _known.pop(oldest, None)
    return found


def _revived(
    kind: type[Tools], tools: list[Tool], errors: dict[str, Exception], coerce: bool
) -> Tools:
    box = kind(tools)
    box.errors, box.coerce = errors, coerce
    return box


def _plain(error: Exception) -> Exception:
    """The error without what it refers to, so that it can be kept and pickled."""
    if type(error) in (TypeError, ValueError):
        return type(error)(str(error))
    return ValueError(f"{type(error).__name__}: {error}")


def validated(validator: ValidatorFactory, value: Any) -> Any:
    """Return a plain value as its validator makes it: an object of a type, or the value itself.

    Nothing is coerced. Raises `SchemaViolation` for an invalid value.
    """
    chain = Chain(validator=validator.coercing(False))
    emit_value(value, Transcriber(chain.head))
    return value if chain.parsed is None else chain.parsed


def validator_of(type: Any) -> ValidatorFactory:
    """Return the validator of a JSON Schema (a dict or bool) or of a type (for pydantic).

    A validator is taken as it is.
    """
    if isinstance(type, ValidatorFactory):
        return type
    if isinstance(type, (dict, bool)):
        return _schema_validator(type)
    from streamparse.models.parser import ModelValidator

    return ModelValidator(type)


def _schema_validator(schema: dict[str, Any] | bool) -> ValidatorFactory:
    from streamparse.schema import SchemaValidator

    return SchemaValidator(schema)


# Reading what is given


def _tools_in(given: Any) -> list[Tool]:
    """One thing that was given, or a list of them, as tools."""
    if isinstance(given, Tools):
        return list(given.tools.values())
    if isinstance(given, Tool):
        return [given]
    if isinstance(given, Mapping):
        return _from_dict(dict(given))
    if inspect.isclass(given):
        return [_from_class(given)]
    if isinstance(given, (str, bytes)):
        raise TypeError(f"{given!r} is not a tool")
    if _is_model_instance(given):
        return _from_dumped(given, given.model_dump(by_alias=True, exclude_none=True, mode="json"))
    if callable(getattr(given, "to_dict", None)):
        tools = _from_dumped(given, given.to_dict())
        if callable(given) and len(tools) == 1:  # as of the Anthropic SDK's `beta_tool`
            tools[0].function = given
        return tools
    if callable(given):
        return [_from_function(given)]
    if isinstance(given, Iterable):
        return [tool for entry in given for tool in _tools_in(entry)]
    raise TypeError(f"a tool is a model, a function or a dict, not {type(given).__name__}")


def _is_model_instance(given: Any) -> bool:
    return callable(getattr(given, "model_dump", None))


def _from_dumped(given: Any, dumped: Any) -> list[Tool]:
    """Read the dict of an SDK's object."""
    if not isinstance(dumped, Mapping):
        raise TypeError(f"{type(given).__name__} is not a tool: dumping it does not give a dict")
    return _from_dict(dict(dumped))


def _from_class(cls: type) -> Tool:
    """A class is a tool by its name; its fields are the arguments."""
    if issubclass(cls, (str, bytes, int, float, list, tuple, set, frozenset, type)):
        raise TypeError(f"{cls.__name__} has no arguments, so it is not a tool")
    own = cls.__dict__.get("__doc__")
    # Anything may be assigned to it, even a property.
    text = inspect.cleandoc(own) if isinstance(own, str) else ""
    return _with_validator(cls.__name__, text, lambda: validator_of(cls))


def _with_validator(name: str, text: str, make: Callable[[], ValidatorFactory | None]) -> Tool:
    """Return a tool with its validator, or with the error that making one raised."""
    tool = Tool(name, description=text)
    try:
        tool.validator = make()
    except ImportError:
        raise
    except Exception as error:  # whatever a schema or an annotation makes pydantic raise
        tool.error = error
    return tool


# Functions


def _from_function(function: Any) -> Tool:
    """A function's parameters are the arguments; `parsed` is then the keyword arguments."""
    from streamparse.models.parser import function_validator

    name = getattr(function, "__name__", "")
    if not name or name == "<lambda>":
        raise TypeError(f"{function!r} has no name, which a tool needs")
    text = inspect.getdoc(function) or ""
    described = parameters_in(text)
    streamed = _streamed_type(function)
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise TypeError(
                f"{name}: {parameter.name!r} is positional-only, but tools are called with keywords"
            )
    first = re.split(r"\n\s*\n", text, maxsplit=1)[0]
    if streamed is None:
        tool = _with_validator(name, first, lambda: function_validator(function, described))
    else:
        tool = _with_validator(name, first, lambda: validator_of(streamed))
        tool.streams = True
    tool.function = function
    return tool


def _streamed_type(function: Any) -> Any:
    """Return `T` if the only parameter of a function is an `ArgumentStream[T]`, else None."""
    try:
        hints = get_type_hints(function, include_extras=True)
    except Exception:  # of an annotation; `function_validator` reports it
        return None
    hints.pop("return", None)
    found = [
        hint
        for hint in hints.values()
        if getattr(get_origin(hint) or hint, "_streams_arguments", False)
    ]
    if not found:
        return None
    is_only = len(inspect.signature(function).parameters) == 1
    if not is_only or not get_args(found[0]) or not inspect.iscoroutinefunction(function):
        name = function.__name__
        raise TypeError(
            f"{name}: an ArgumentStream[T] must be the only parameter of an async function"
        )
    return get_args(found[0])[0]


_SECTION: Final = re.compile(r"^(Args|Arguments|Parameters):\s*$")
_ENTRY: Final = re.compile(r"^\s+\*{0,2}(\w+)\s*(?:\([^)]*\))?:\s*(.*)$")
_NUMPY_SECTION: Final = re.compile(r"^\s*(Other )?Parameters\s*$")
_UNDERLINE: Final = re.compile(r"^-{3,}$")
_SPHINX: Final = re.compile(r"^:param\s+(?:[^:]*\s)?(\w+):\s*(.*)$")


def parameters_in(text: str) -> dict[str, str]:
    """Return the descriptions of parameters in a docstring, by the names of the parameters.

    It may be written in the style of Google (an "Args:" section), of Sphinx (`:param name:` lines)
    or of NumPy ("Parameters", underlined).

    >>> parameters_in('''Water a plant.
    ...
    ... Args:
    ...     plant: which one,
    ...         by name
    ... ''')
    {'plant': 'which one, by name'}
    """
    found = _parameters_of_numpy(text.splitlines())
    inside = False
    current = ""
    indent = 0
    for line in text.splitlines():
        sphinx = _SPHINX.match(line.strip())
        entry = _ENTRY.match(line) if inside else None
        depth = len(line) - len(line.lstrip())
        if sphinx:
            current, indent = sphinx[1], depth
            found[current] = sphinx[2]
        elif _SECTION.match(line):
            inside, current, indent = True, "", 0
        elif entry and (not indent or depth <= indent):
            current, indent = entry[1], depth
            found[current] = entry[2]
        elif line.strip() and current and depth > indent:
            found[current] = f"{found[current]} {line.strip()}".strip()
        elif line.strip():
            inside, current = inside and depth > 0, ""
    return found


def _parameters_of_numpy(lines: list[str]) -> dict[str, str]:
    """The same for the style of NumPy.

    `x, y : int` and the lines below that are indented further describe both. The section ends
    where another line is underlined.
    """
    found: dict[str, str] = {}
    names: list[str] = []
    inside, indent = False, 0
    for place, line in enumerate(lines):
        below = lines[place + 1].strip() if place + 1 < len(lines) else ""
        depth = len(line) - len(line.lstrip())
        if _UNDERLINE.match(below) and line.strip():
            inside, indent, names = bool(_NUMPY_SECTION.match(line)), depth, []
        elif not inside or not line.strip() or _UNDERLINE.match(line.strip()):
            continue
        elif depth <= indent:
            words = line.partition(":")[0].split(",")
            names = [word.strip().lstrip("*") for word in words]
            found.update(dict.fromkeys(names, ""))
        else:
            for name in names:
                found[name] = f"{found[name]} {line.strip()}".strip()
    return {name: text for name, text in found.items() if text}


# Dicts

# The members in which the APIs have the schema of the arguments.
_SCHEMA_KEYS: Final = (
    "parameters",
    "input_schema",  # Anthropic
    "inputSchema",  # Bedrock; MCP
    "parametersJsonSchema",  # Gemini
    "parameters_json_schema",
)
_DECLARATIONS: Final = ("functionDeclarations", "function_declarations")
_LISTS: Final = ("tools", *_DECLARATIONS)
# Members that hold the tool itself.
_WRAPPERS: Final = ("function", "custom", "toolSpec")
# The members of a tool that has a name.
_PARTS: Final = (*_SCHEMA_KEYS, "parameter_definitions", "name", "description", "type", "strict")


def _from_dict(given: dict[str, Any]) -> list[Tool]:
    """Return the tools in a provider's dict, without those that the provider runs itself."""
    for key in _LISTS:
        if isinstance(given.get(key), (list, tuple)):
            return [tool for entry in given[key] for tool in _tools_in(entry)]
    for key in _WRAPPERS:
        if isinstance(given.get(key), Mapping):
            return _wrapped(given, dict(given[key]))
    kind = given.get("type")
    name = given.get("name")
    if name is not None and not isinstance(name, str):
        raise TypeError(f"the name of a tool is a str, not {type(name).__name__}")
    if name:
        text = given.get("description")
        label = text if isinstance(text, str) else ""
        tool = _with_validator(name, label, lambda: _validator_in(name, given))
        tool.is_function = tool.validator is not None or kind in (None, "", "function")
        return [tool]
    if "properties" in given or "$schema" in given or kind in _TYPES:
        raise ValueError("a JSON Schema alone has no name: give {'name': …, 'parameters': …}")
    if isinstance(kind, str) and kind not in ("function", "custom", ""):
        tool = Tool(kind)  # as OpenAI's local_shell: the API names it by its type
        tool.is_function = False
        return [tool]
    if _is_of_the_provider(given):
        return []
    raise ValueError(f"no tool can be read from {given!r:.200}")


def _wrapped(given: dict[str, Any], inner: dict[str, Any]) -> list[Tool]:
    """The tool that is held by a member; there must be one, or its name was forgotten."""
    tools = _from_dict(inner)
    if not tools:
        raise ValueError(f"no tool can be read from {given!r:.200}")
    if "custom" in given:
        tools[0].is_function = False  # it takes free text
    return tools


def _is_of_the_provider(given: dict[str, Any]) -> bool:
    """Return whether Gemini runs it (`{"googleSearch": {}}`), or it is a cache point of Bedrock.

    The names of such tools are not listed here, because Gemini adds more every year. A name that is
    known as a part of a tool is not one of them: without an error, all calls of the tool that the
    caller meant would be rejected.
    """
    if len(given) != 1:
        return False
    [(key, value)] = given.items()
    if key in _LISTS and value is not None:
        raise TypeError(f"{key!r} is a list of tools, not {type(value).__name__}")
    if key in _WRAPPERS:
        raise TypeError(f"{key!r} is a dict, not {type(value).__name__}")
    if not isinstance(key, str) or key in _PARTS:
        return False
    # Otherwise a dict, nothing, or an SDK's object.
    return not isinstance(value, (str, bytes, int, float, list, tuple))


def _validator_in(name: str, given: dict[str, Any]) -> ValidatorFactory | None:
    schema: Any = next((given[key] for key in _SCHEMA_KEYS if given.get(key) is not None), None)
    if isinstance(schema, Mapping) and set(schema) == {"json"}:
        schema = schema["json"]  # Bedrock
    definitions = given.get("parameter_definitions")  # Cohere v1
    if schema is None and definitions is not None:
        schema = _from_definitions(name, definitions)
    if schema is None:
        return None
    if inspect.isclass(schema):
        return validator_of(schema)
    if not isinstance(schema, (Mapping, bool)):
        raise TypeError(f"the parameters of {name!r} are not a schema: {schema!r:.100}")
    try:
        return _schema_validator(json_schema(schema))
    except ValueError as error:
        raise ValueError(f"the parameters of {name!r}: {error}") from error


_COHERE_TYPES: Final = {
    "str": "string",
    "string": "string",
    "int": "integer",
    "integer": "integer",
    "float": "number",
    "number": "number",
    "bool": "boolean",
    "boolean": "boolean",
    "list": "array",
    "dict": "object",
}


def _from_definitions(tool: str, definitions: Any) -> dict[str, Any]:
    """Cohere's older form: parameters with types by their names in Python."""
    if not isinstance(definitions, Mapping):
        raise TypeError(f"the parameters of {tool!r} are not a dict: {definitions!r:.100}")
    properties: dict[str, Any] = {}
    needed: list[str] = []
    for name, definition in definitions.items():
        label = f"the parameter {name!r} of {tool!r}"
        if not isinstance(name, str):
            raise TypeError(f"{label} has a name that is not a str")
        if not isinstance(definition, Mapping):
            raise TypeError(f"{label} is not a dict: {definition!r:.100}")
        spelled, required = definition.get("type"), definition.get("required")
        if not isinstance(spelled, (str, NoneType)):
            raise TypeError(f"{label} has a type that is not a str: {spelled!r:.100}")
        if not isinstance(required, (bool, NoneType)):
            raise TypeError(f"{label} has a 'required' that is not a bool: {required!r:.100}")
        word = re.match(r"\w*", spelled or "")
        kind = _COHERE_TYPES.get(word[0].lower()) if word else None
        properties[name] = {} if kind is None else {"type": kind}
        if required:
            needed.append(name)
    return {"type": "object", "properties": properties, "required": needed}


_GEMINI_TYPES: Final = {
    kind.upper(): kind
    for kind in ("string", "number", "integer", "boolean", "array", "object", "null")
}
_TYPES: Final = (*_GEMINI_TYPES.values(), *_GEMINI_TYPES)
_COUNTS: Final = (
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "minProperties",
    "maxProperties",
)
_SCHEMAS_BY_NAME: Final = ("properties", "$defs", "definitions", "patternProperties", "defs")
_SCHEMA_LISTS: Final = ("anyOf", "allOf", "oneOf", "prefixItems")
_INNER: Final = ("items", "additionalProperties", "not", "if", "then", "else", "contains")


def json_schema(schema: Any) -> Any:
    """Return a schema of Gemini as JSON Schema.

    Gemini writes types in capitals, counts as text, and `"nullable"`. Any other schema is returned
    unchanged.

    >>> json_schema({"type": "STRING", "nullable": True, "maxLength": "3"})
    {'type': ['string', 'null'], 'maxLength': 3}
    """
    if not isinstance(schema, Mapping):
        return schema
    capital = isinstance(schema.get("type"), str) and schema["type"].isupper()
    made: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _SCHEMAS_BY_NAME and isinstance(value, Mapping):
            made[key] = {name: json_schema(entry) for name, entry in value.items()}
        elif key in _SCHEMA_LISTS and isinstance(value, (list, tuple)):
            made[key] = [json_schema(entry) for entry in value]
        elif key in _INNER:
            made[key] = json_schema(value)
        elif key in _COUNTS and isinstance(value, str) and value.isdigit():
            made[key] = int(value)
        else:
            made[key] = value
    return _lowered(made) if capital else made


def _lowered(made: dict[str, Any]) -> dict[str, Any]:
    """The words of Gemini's own schemas, in those of JSON Schema."""
    kind = _GEMINI_TYPES.get(made["type"])
    if kind is None:
        del made["type"]  # TYPE_UNSPECIFIED
    nullable = made.pop("nullable", False)
    if kind is not None:
        made["type"] = [kind, "null"] if nullable else kind
    if nullable and isinstance(made.get("enum"), list):
        made["enum"] = [*made["enum"], None]
    return made
