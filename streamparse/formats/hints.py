"""Hints that plain text contains tool calls that are not being parsed."""

from __future__ import annotations

import re
from typing import Final

from streamparse.formats._auto import AHEAD, CHOICES

__all__ = ["looks_like"]

_MARKERS: Final = re.compile("|".join(map(re.escape, sorted(CHOICES, key=len, reverse=True))))
_MOST_MARKERS: Final = 64  # that are examined; an answer may repeat a marker

# Answers that consist of calls without a marker. Their end must be present too, because JSON and
# brackets are common in other answers.
_WHOLE: Final = (
    (
        re.compile(r'\s*\{\s*"name"\s*:\s*"[^"]*"\s*,\s*"parameters"\s*:.*\}\s*', re.S),
        "llama3_json",
    ),
    (re.compile(r'\s*\[\s*\{\s*"name"\s*:\s*"[^"]*"\s*,\s*"arguments"\s*:.*\]\s*', re.S), "xlam"),
    (re.compile(r"\s*\[\s*[A-Za-z_][\w.]*\(.*\)\s*\]\s*", re.S), "pythonic"),
)


def looks_like(text: str) -> list[str]:
    """Return the names of the formats whose markers occur in `text`, in the order of the text.

    The list is empty for most text. It is a hint, because an answer about a format may contain its
    markers too.

    >>> looks_like('<tool_call>{"name": "water", "arguments": {}}</tool_call>')
    ['hermes']
    >>> looks_like("Put the call into <tool_call> tags.")
    []
    """
    found: list[str] = []
    for number, marker in enumerate(_MARKERS.finditer(text)):
        if number == _MOST_MARKERS:
            break
        start = marker.end()
        for pattern, name in CHOICES[marker.group()]:
            if name not in found and pattern.match(text, start, start + AHEAD):
                found.append(name)
    if not found:
        found = [name for pattern, name in _WHOLE if pattern.fullmatch(text)]
    return found
