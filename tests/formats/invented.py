"""Random answers of a model: texts, names, arguments, and schemas that the arguments match.

This module does not import hypothesis, because the fuzz targets use it too. All choices are made by
a `random.Random`, or by an object with its methods.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeAlias

from streamparse.formats import Format

Choices: TypeAlias = random.Random

NAMES = ("water_plants", "search", "noop", "write_file", "a", "do2", "_x")
KEYS = ("city", "n", "body_text", "x_1", "größe")
# Keys for formats that write them between delimiters.
TAG_KEYS = (*KEYS, "max-size", "a.b", "two words")
ANY_KEYS = (*TAG_KEYS, "", 'quo"te', "name", "arguments", "😀", "back\\slash", "new\nline")

_WORDS = ("alpha", "Bravo", "x", "12", "3.5", "null", "None", "True", "é", "日本", "😀", "end")
_SIGNS = (" ", " ", "\n", "\n\n", "\t", '"', "'", "\\", "\\n", "{", "}", "[", "]", "(", ")", ",")
_TAGS = ("<", ">", "</", "<|", "|>", "&amp;", ":", ";", "`", "```", "=", "]]>", "a<b", "$")


@dataclass(frozen=True)
class Wanted:
    """A call that the model intends to make."""

    name: str
    arguments: dict[str, Any]
    id: str | None = None
    schema: Any = None


# Literals


def literals(format: Format) -> list[str]:
    """Return all literal text of the format, without the patterns of headers."""
    return sorted({word for word in _literals(format) if word})


def _literals(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, tuple):
        for entry in part:
            yield from _literals(entry)
    elif is_dataclass(part):
        for one in fields(part):
            if one.name not in ("name", "models", "source", "example", "pattern", "typing"):
                yield from _literals(getattr(part, one.name))


def markers(format: Format) -> list[str]:
    """Return the literals of more than two characters that are not white space."""
    return [word for word in literals(format) if len(word) > 2 and not word.isspace()]


# Texts


def text(choose: Choices, words: Sequence[str], size: int = 6, whole: bool = False) -> str:
    """Return a text with parts of some `words`; if `whole`, with whole words."""
    pieces: list[str] = []
    for _ in range(choose.randrange(size)):
        kind = choose.randrange(6)
        if kind < 2:
            pieces.append(choose.choice(_WORDS))
        elif kind < 4:
            pieces.append(choose.choice(_SIGNS))
        elif kind == 4 or not words:
            pieces.append(choose.choice(_TAGS))
        else:
            word = choose.choice(words)
            pieces.append(word if whole else word[: choose.randrange(len(word))])
    return "".join(pieces)


def prose(choose: Choices, words: Sequence[str]) -> str:
    """Return text outside calls, without any of `words` and without white space around it.

    It contains no Markdown code, which would quote the text after it.
    """
    found = text(choose, words).replace("`", "'")
    if any(word in found for word in words):
        found = "".join(char for char in found if char.isalnum() or char.isspace())
    return f"Well, {found}".strip() + choose.choice(["", ".", "!", "<"])


# Arguments


@dataclass(frozen=True)
class Manner:
    """The content that a format can express.

    Attributes:
        keys: The keys of the arguments.
        inner_keys: The keys of objects inside the arguments.
        is_text: Returns whether a text may be a string.
        whole: Whether strings may contain the markers of the format.
        uniform: Whether all items of an array have one schema.
        typed: Whether strings need a schema.
    """

    keys: Sequence[str] = ANY_KEYS
    inner_keys: Sequence[str] = ANY_KEYS
    is_text: Callable[[str], bool] = lambda text: True
    whole: bool = True
    uniform: bool = False
    typed: bool = False


def wanted(choose: Choices, manner: Manner, words: Sequence[str], number: int) -> Wanted:
    """Return a call; `number` makes its name unique."""
    arguments: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    for _ in range(choose.choice([0, 1, 1, 2, 3])):
        key = choose.choice(list(manner.keys))
        if key not in arguments:
            arguments[key], properties[key] = value(choose, manner, words)
    name = choose.choice(NAMES) + (str(number) if number else "")
    schema = {"type": "object", "properties": properties, "$defs": {"Text": {"type": "string"}}}
    return Wanted(name, arguments, None, schema)


def value(choose: Choices, manner: Manner, words: Sequence[str], depth: int = 0) -> tuple[Any, Any]:
    """Return a value and its schema."""
    kind = choose.randrange(8 if depth < 3 else 6)
    if kind < 3:
        string = text(choose, words, whole=manner.whole)
        if not manner.is_text(string):
            string = "".join(char for char in string if char.isalnum() or char in " \n.")
        return string, text_schema(choose, string, manner) if depth == 0 else {"type": "string"}
    if kind < 6:
        return scalar(choose, choose.randrange(4))
    size = choose.randrange(3)
    if kind == 6:
        return _array(choose, manner, words, size, depth)
    members: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    for _ in range(size):
        key = choose.choice(list(manner.inner_keys))
        if key not in members:
            members[key], properties[key] = value(choose, manner, words, depth + 1)
    return members, {"type": "object", "properties": properties}


def _array(
    choose: Choices, manner: Manner, words: Sequence[str], size: int, depth: int
) -> tuple[Any, Any]:
    items = [value(choose, manner, words, depth + 1) for _ in range(size)]
    if not manner.uniform:
        return [item for item, _ in items], {"type": "array"}
    if not items:
        return [], {"type": "array"}
    return [items[0][0]] * size, {"type": "array", "items": items[0][1]}


def scalar(choose: Choices, kind: int) -> tuple[Any, Any]:
    if kind == 0:
        number = choose.choice([0, 7, -3, 10**6, -(10**18), choose.randrange(1000)])
        options = [{"type": "integer"}, {"type": ["integer", "null"]}, {"type": "number"}]
        return number, choose.choice([*options, {"anyOf": [{"type": "null"}, {"type": "integer"}]}])
    if kind == 1:
        fraction = choose.choice([0.5, -2.25, 1e-7, 1.5e300, 108.25])
        return fraction, choose.choice([{"type": "number"}, {"type": ["number", "null"]}])
    if kind == 2:
        return choose.choice([True, False]), {"type": "boolean"}
    return None, choose.choice([{"type": "null"}, {"type": ["integer", "null"]}])


def text_schema(choose: Choices, string: str, manner: Manner) -> Any:
    """Return a schema by which `string`, written without quotes, is a string."""
    schemas: list[Any] = [
        {"type": "string"},
        {"$ref": "#/$defs/Text"},
        {"anyOf": [{"type": "string"}, {"type": "integer"}]},
    ]
    if string.strip().lower() not in ("null", "none"):
        schemas.append({"type": ["string", "null"]})
    if not manner.typed:
        schemas.append({})
    return choose.choice(schemas)
