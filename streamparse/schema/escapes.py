r"""Patterns in the words of Python's `re`, before anybody reads the schema.

JSON Schema asks for the patterns of ECMA-262, and tools that make schemas from JavaScript send
`\p{Letter}` or `(?<year>\d{4})`. The first is written out here as the ranges of its characters,
which the package `regex` knows; the rest is for `ecma`. The library, `re` and the automaton then
all understand the pattern.
"""

from __future__ import annotations

import functools
import re
from typing import Any, Final

from streamparse.schema.ecma import translated
from streamparse.schema.library import needed

# One element of a pattern, outside of a set of characters and inside; the group is a property.
_OUTSIDE: Final = re.compile(r"\\[pP]\{([\w=]+)\}|\\.|\[\^?\]?|.", re.DOTALL)
_INSIDE: Final = re.compile(r"\\[pP]\{([\w=]+)\}|\\.|.", re.DOTALL)

# Keywords whose members are schemas, and those that hold data.
_MAPS: Final = (
    *("$defs", "definitions", "dependencies", "dependentSchemas"),
    *("patternProperties", "properties"),
)
_DATA: Final = ("const", "default", "enum", "examples")


class Written(str):
    """A pattern in other words; `said` is what the schema says."""

    __slots__ = ("said",)

    said: str


def said(pattern: str) -> str:
    """The pattern as the schema has it."""
    return pattern.said if isinstance(pattern, Written) else pattern


def write_out(schema: Any) -> None:
    """Write out the patterns of a whole schema, in place."""
    waiting: list[tuple[Any, bool]] = [(schema, False)]
    while waiting:
        value, is_map = waiting.pop()
        if isinstance(value, list):
            waiting += [(inner, False) for inner in value]
        elif isinstance(value, dict) and is_map:
            waiting += [(inner, False) for inner in value.values()]
        elif isinstance(value, dict):
            _write_out_one(value)
            waiting += [
                (inner, name in _MAPS) for name, inner in value.items() if name not in _DATA
            ]


def _write_out_one(schema: dict[str, Any]) -> None:
    if isinstance(schema.get("pattern"), str):
        schema["pattern"] = written(schema["pattern"])
    by_pattern = schema.get("patternProperties")
    if isinstance(by_pattern, dict):
        schema["patternProperties"] = {
            written(name) if isinstance(name, str) else name: inner
            for name, inner in by_pattern.items()
        }


def written(pattern: str) -> str:
    r"""A pattern that `re` reads; what is no pattern at all stays, for `re` to refuse.

    >>> written(r"^\p{ASCII_Hex_Digit}$")
    '^[\\U00000030-\\U00000039\\U00000041-\\U00000046\\U00000061-\\U00000066]$'
    """
    text = _without_properties(pattern)
    if not _is_known(text):
        text = translated(text)
    if text == pattern:
        return pattern
    whole = Written(text)
    whole.said = pattern
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
    """The characters of an escape, as they stand in a set; `None`: there is no such property."""
    regex = needed("regex")
    try:
        spans = regex.finditer(f"{escape}+", _every_character())
    except regex.error:
        return None
    return "".join(f"\\U{span.start():08x}-\\U{span.end() - 1:08x}" for span in spans)


@functools.lru_cache(maxsize=1)
def _every_character() -> str:
    return "".join(map(chr, range(0x110000)))
