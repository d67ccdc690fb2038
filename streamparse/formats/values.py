"""Converts values that are written without types, using the tool's JSON Schema.

In formats that write parameters as plain text, only the schema determines whether `42` is a number.
The rules are those of vLLM's parameter conversion, which agrees with the models' own templates:
text that has none of the allowed types stays text.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, ClassVar, Final

from streamparse._answers.arguments import finite
from streamparse._core.flat import equal
from streamparse._core.parser import JSONParser
from streamparse._core.sink import NOTHING
from streamparse.dialect import Dialect
from streamparse.errors import LimitError, StreamParseError
from streamparse.limits import Limits

__all__ = [
    "DIGITS",
    "INTEGER",
    "NUMBER",
    "Kinds",
    "Reading",
    "item_schema",
    "kinds_of",
    "property_schema",
    "read_json",
    "typed",
]

_ALIASES: Final[dict[str, str]] = {
    "str": "string",
    "text": "string",
    "enum": "string",
    "int": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "num": "number",
    "bool": "boolean",
    "list": "array",
    "arr": "array",
    "tuple": "array",
    "dict": "object",
    "map": "object",
    "none": "null",
}
_TYPES: Final = frozenset(("string", "integer", "number", "boolean", "array", "object", "null"))
_CHOICES: Final = ("anyOf", "oneOf", "allOf")
# Numbers as models write them: a sign, separators as in Python, a bare point.
INTEGER: Final = re.compile(r"[+-]?\d+(?:_\d+)*")
NUMBER: Final = re.compile(r"[+-]?(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
DIGITS: Final = 4300  # of an integer, the same limit as Python's
_NESTED: Final = 64  # references and choices inside one another


class Kinds:
    """The JSON types a schema allows, in its order, and its literals that are not strings."""

    __slots__ = ("literals", "names")

    def __init__(self) -> None:
        self.names: list[str] = []
        self.literals: list[Any] = []

    @property
    def known(self) -> bool:
        """Whether the schema restricts the type."""
        return bool(self.names) or bool(self.literals)

    @property
    def is_text(self) -> bool:
        """Whether any text is a string."""
        return not self.literals and (
            not self.names or (self.names[0] == "string" and "null" not in self.names)
        )

    @property
    def is_text_or_null(self) -> bool:
        """Whether any text except a null is a string."""
        others = [name for name in self.names if name != "null"]
        return not self.literals and others[:1] == ["string"]


def property_schema(schema: Any, key: str, root: Any = None) -> Any:
    """Return the schema of a member of an object, or None; references are resolved in `root`."""
    parts = _parts(schema, schema if root is None else root)
    for part in parts:
        properties = part.get("properties")
        if isinstance(properties, dict) and key in properties:
            return properties[key]
    for part in parts:
        others = part.get("additionalProperties")
        if isinstance(others, dict):
            return others
    return None


def item_schema(schema: Any, root: Any) -> Any:
    """Return the schema of the items of an array, or None."""
    for part in _parts(schema, root):
        if "items" in part:
            return part["items"]
    return None


def kinds_of(schema: Any, root: Any) -> Kinds:
    """Return the types that `schema`, a part of `root`, allows."""
    kinds = Kinds()
    for part in _parts(schema, root):
        _add_types(part, kinds)
        values = part.get("enum")
        for value in values if isinstance(values, list) else []:
            _add_literal(value, kinds, "type" in part)
        if "const" in part:
            _add_literal(part["const"], kinds, "type" in part)
    return kinds


def _add_types(part: dict[str, Any], kinds: Kinds) -> None:
    given = part.get("type")
    names = given if isinstance(given, list) else [given] if given is not None else []
    for name in names:
        word = str(name).lower()
        _add(_ALIASES.get(word, word), kinds)
    if not names and "properties" in part:
        _add("object", kinds)
    elif not names and "items" in part:
        _add("array", kinds)
    if part.get("nullable") is True:
        _add("null", kinds)


def _add(name: str, kinds: Kinds) -> None:
    if name in _TYPES and name not in kinds.names:
        kinds.names.append(name)


def _add_literal(value: Any, kinds: Kinds, is_typed: bool) -> None:
    if isinstance(value, str):
        if not is_typed:
            _add("string", kinds)
    elif value is None:
        _add("null", kinds)
    else:
        kinds.literals.append(value)


def _parts(schema: Any, root: Any) -> list[dict[str, Any]]:
    """Return the schema, what it refers to and its alternatives in order, without recursion."""
    found: list[dict[str, Any]] = []
    waiting = [schema]
    for _ in range(_NESTED):
        if not waiting:
            break
        part = waiting.pop(0)
        if not isinstance(part, dict) or any(part is known for known in found):
            continue
        found.append(part)
        choices: list[Any] = []
        reference = part.get("$ref")
        if isinstance(reference, str):
            choices.append(_resolved(reference, root))
        for word in _CHOICES:
            given = part.get(word)
            if isinstance(given, list):
                choices += given
        waiting = choices + waiting
    return found


def _resolved(reference: str, root: Any) -> Any:
    """Return the target of a reference inside the same schema, or None."""
    if not reference.startswith("#"):
        return None
    node = root
    for step in reference[1:].split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict):
            node = node.get(name)
        elif isinstance(node, list) and name.isdigit() and int(name) < len(node):
            node = node[int(name)]
        else:
            return None
    return node


class Reading:
    """How JSON in values is read: its limits and the allowed repairs, None for no repairs.

    `repairs` collects the codes of the repairs that were made.
    """

    __slots__ = ("dialect", "limits", "repairs")

    _init_types: ClassVar[tuple[Any, ...]] = (Limits,)

    def __init__(self, limits: Limits, dialect: Dialect | None = None) -> None:
        self.limits: Limits = limits
        # The value is complete, so text around it and a missing end must not be repaired.
        self.dialect: Dialect | None = (
            None if dialect is None else replace(dialect, prose=False, truncation=False)
        )
        self.repairs: list[str] = []

    def take_repairs(self) -> list[str]:
        """Return the codes added since the last call."""
        codes, self.repairs = self.repairs, []
        return codes


_STRICT: Final = Reading(Limits())


def typed(text: str, kinds: Kinds, reading: Reading = _STRICT) -> Any:
    """Return the value of `text`, or the text itself if it has none of the allowed types.

    A number beyond the limits stays text; JSON beyond them raises `LimitError`.

    >>> count = kinds_of({"type": ["integer", "null"]}, {})
    >>> typed(" 1_000 ", count), typed("None", count), typed("many", count)
    (1000, None, 'many')
    """
    if kinds.is_text:
        return text
    trimmed = text.strip()
    names = kinds.names
    if trimmed.lower() in ("null", "none") and ("null" in names or "string" not in names):
        return None
    for literal in kinds.literals:
        if _is_written(literal, trimmed, reading):
            return literal
    for name in names:
        value = _as_type(name, text, trimmed, reading)
        if value is not NOTHING:
            return value
    return text


def _is_written(literal: Any, text: str, reading: Reading) -> bool:
    if isinstance(literal, bool):
        return text.lower() == ("true" if literal else "false")
    if isinstance(literal, (int, float)):
        value = _number(text, reading)
        return isinstance(value, (int, float)) and value == literal
    return equal(read_json(text, reading), literal)


def _as_type(name: str, text: str, trimmed: str, reading: Reading) -> Any:
    if name == "string":
        return text
    if name == "integer":
        return _integer(trimmed, reading)
    if name == "number":
        return _number(trimmed, reading)
    if name == "boolean":
        return _boolean(trimmed)
    if name == "object" or name == "array":
        return _container(name, trimmed, reading)
    return NOTHING


def _integer(text: str, reading: Reading) -> Any:
    value = _number(text, reading)
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return NOTHING


def _number(text: str, reading: Reading) -> Any:
    if len(text) > min(DIGITS, reading.limits.number) or not NUMBER.fullmatch(text):
        return NOTHING
    if INTEGER.fullmatch(text):
        digits = sum(map(str.isdigit, text))
        return int(text) if digits <= reading.limits.integer_digits else NOTHING
    value = float(text)
    return NOTHING if value in (float("inf"), float("-inf")) else value


def _boolean(text: str) -> Any:
    word = text.lower()
    if word in ("true", "1"):
        return True
    return False if word in ("false", "0") else NOTHING


def _container(name: str, text: str, reading: Reading) -> Any:
    if not text:
        return {} if name == "object" else []
    value = read_json(text, reading)
    return value if isinstance(value, dict if name == "object" else list) else NOTHING


def read_json(text: str, reading: Reading = _STRICT) -> Any:
    """Return the value of JSON text, or `NOTHING` if it is not JSON.

    Only objects and arrays are repaired, because other text may be a string without quotes.

    Raises:
        LimitError: The JSON exceeds a limit.
    """
    parser = JSONParser(limits=reading.limits, parse_float=finite)
    value = _parsed(text, parser)
    if value is not NOTHING or reading.dialect is None or text.lstrip()[:1] not in ("{", "["):
        return value
    parser = JSONParser(reading.dialect, limits=reading.limits, parse_float=finite)
    value = _parsed(text, parser)
    if value is not NOTHING:
        reading.repairs += [repair.code for repair in parser.repairs]
    return value


def _parsed(text: str, parser: JSONParser) -> Any:
    try:
        parser.feed(text)
        parser.finish()
    except LimitError:
        raise
    except StreamParseError:
        return NOTHING
    return parser.value
