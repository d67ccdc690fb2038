r"""Translates the patterns of a schema to the syntax of Python's `re`.

JSON Schema uses the patterns of ECMA-262, and schemas generated from JavaScript contain
`\p{Letter}` or `(?<year>\d{4})`. This module replaces the first by ranges of characters, which it
takes from the package `regex`; `ecma` translates the rest. The library, `re` and the automaton
then all accept the pattern.
"""

from __future__ import annotations

import functools
import re
from typing import Any, Final

from streamparse.schema.ecma import translated
from streamparse.schema.library import import_extra

# These match one element of a pattern, outside of a set of characters and inside. The group is the
# name of a property.
_OUTSIDE: Final = re.compile(r"\\[pP]\{([\w=]+)\}|\\.|\[\^?\]?|.", re.DOTALL)
_INSIDE: Final = re.compile(r"\\[pP]\{([\w=]+)\}|\\.|.", re.DOTALL)

# The keywords whose members are schemas, and the keywords that hold data.
_MAPS: Final = (
    *("$defs", "definitions", "dependencies", "dependentSchemas"),
    *("patternProperties", "properties"),
)
_DATA: Final = ("const", "default", "enum", "examples")


class TranslatedPattern(str):
    """A translated pattern; `original` is the pattern in the schema."""

    __slots__ = ("original",)

    original: str


def original(pattern: str) -> str:
    """Return the pattern as the schema has it."""
    return pattern.original if isinstance(pattern, TranslatedPattern) else pattern


def translate_patterns(schema: Any) -> None:
    """Translate the patterns of a whole schema, in place."""
    waiting: list[tuple[Any, bool]] = [(schema, False)]
    while waiting:
        value, is_map = waiting.pop()
        if isinstance(value, list):
            waiting += [(inner, False) for inner in value]
        elif isinstance(value, dict) and is_map:
            waiting += [(inner, False) for inner in value.values()]
        elif isinstance(value, dict):
            _translate_patterns_of(value)
            waiting += [
                (inner, name in _MAPS) for name, inner in value.items() if name not in _DATA
            ]


def _translate_patterns_of(schema: dict[str, Any]) -> None:
    if isinstance(schema.get("pattern"), str):
        schema["pattern"] = python_pattern(schema["pattern"])
    by_pattern = schema.get("patternProperties")
    if isinstance(by_pattern, dict):
        schema["patternProperties"] = {
            python_pattern(name) if isinstance(name, str) else name: inner
            for name, inner in by_pattern.items()
        }


def python_pattern(pattern: str) -> str:
    r"""Return the pattern in the syntax of `re`; an invalid pattern is unchanged.

    >>> python_pattern(r"^\p{ASCII_Hex_Digit}$")
    '^[\\U00000030-\\U00000039\\U00000041-\\U00000046\\U00000061-\\U00000066]$'
    """
    text = _without_properties(pattern)
    if not _is_known(text):
        text = translated(text)
    if text == pattern:
        return pattern
    whole = TranslatedPattern(text)
    whole.original = pattern
    return whole


def _is_known(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, OverflowError):
        return False
    return True


def _without_properties(pattern: str) -> str:
    if "\\p{" not in pattern and "\\P{" not in pattern:
        return pattern
    parts: list[str] = []
    at, inside = 0, False
    while at < len(pattern):
        found = (_INSIDE if inside else _OUTSIDE).match(pattern, at)
        assert found is not None
        at = found.end()
        part = found[0]
        if found[1] is not None:
            ranges = _ranges(part)
            if ranges is not None:
                part = ranges if inside else f"[{ranges}]"
        elif inside:
            inside = part != "]"
        else:
            inside = part[0] == "["
        parts.append(part)
    return "".join(parts)


@functools.lru_cache(maxsize=64)
def _ranges(escape: str) -> str | None:
    """Return the characters of an escape as ranges in a set, or `None` for an unknown property."""
    regex = import_extra("regex")
    try:
        spans = regex.finditer(f"{escape}+", _every_character())
    except regex.error:
        return None
    return "".join(f"\\U{span.start():08x}-\\U{span.end() - 1:08x}" for span in spans)


@functools.lru_cache(maxsize=1)
def _every_character() -> str:
    return "".join(map(chr, range(0x110000)))
