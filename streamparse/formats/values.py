"""Values that are written without their types, typed by the tool's JSON Schema.

Formats that write parameters as plain text leave it to the schema whether `42` is a number. The
rules are those of vLLM's parameter conversion, which the models' own templates agree with: text
that is not of a type the schema allows stays the text it is.
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
DIGITS: Final = 4300  # of an integer, as Python's own limit
_NESTED: Final = 64  # references and choices inside one another


class Kinds:
    """The JSON types a schema allows, in its order, and its literals that are no strings."""

    __slots__ = ("literals", "names")

    def __init__(self) -> None:
        self.names: list[str] = []
        self.literals: list[Any] = []

    @property
    def known(self) -> bool:
        """Does the schema say anything of the type?"""
        return bool(self.names) or bool(self.literals)

    @property
    def is_text(self) -> bool:
        """Whatever is written is a string."""
        return not self.literals and (
            not self.names or (self.names[0] == "string" and "null" not in self.names)
        )

    @property
    def is_text_or_null(self) -> bool:
        """Whatever is written is a string, unless it says null."""
        others = [name for name in self.names if name != "null"]
        return not self.literals and others[:1] == ["string"]


def property_schema(schema: Any, key: str, root: Any = None) -> Any:
    """The schema of a member of an object, or None. `root`: what references are resolved in."""
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
    """The schema of the items of an array, or None."""
    for part in _parts(schema, root):
        if "items" in part:
            return part["items"]
    return None


def kinds_of(schema: Any, root: Any) -> Kinds:
    """What types `schema`, a part of `root`, allows."""
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
    """The schema with what it refers to and chooses from, in its order; no recursion."""
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
    """What a reference inside the same schema leads to, or None."""
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
    """How JSON in values is read: its limits, and the repairs that are allowed, None for none.

    `repairs` gets the codes of those that were made.
    """

    __slots__ = ("dialect", "limits", "repairs")

    _init_types: ClassVar[tuple[Any, ...]] = (Limits,)

    def __init__(self, limits: Limits, dialect: Dialect | None = None) -> None:
        self.limits: Limits = limits
        # The whole value is given, so text around it and a missing end are no slips of the model.
        self.dialect: Dialect | None = (
            None if dialect is None else replace(dialect, prose=False, truncation=False)
        )
        self.repairs: list[str] = []

    def take_repairs(self) -> list[str]:
        """Return the codes since the last call."""
        codes, self.repairs = self.repairs, []
        return codes


_STRICT: Final = Reading(Limits())


def typed(text: str, kinds: Kinds, reading: Reading = _STRICT) -> Any:
    """The value that `text` stands for; the text itself, if it is of no type allowed.

    A number beyond the limits stays text, JSON beyond them is a `LimitError`.

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
    """The value of JSON text; `NOTHING` if it is none. Raises `LimitError`.

    Repairs are made in objects and arrays only: other text may be a string without quotes.
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
