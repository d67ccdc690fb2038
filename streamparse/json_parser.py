"""JSON, pushed or in one go."""

from __future__ import annotations

from typing import Any

from streamparse._core.parser import JSONParser
from streamparse.dialect import Dialect

__all__ = ["JSONParser", "parse"]


def parse(
    text: str | bytes | bytearray | memoryview,
    *,
    dialect: str | Dialect = "strict",
    partial: bool = False,
) -> Any:
    """The value of one document.

    `partial=True`: what this prefix of a document shows; `None` before a value has begun. Open
    numbers and literals are not shown: nothing that is shown can be taken back.

    Raises `JSONSyntaxError`, `LimitError` and, unless `partial`, `IncompleteError`.

    >>> parse('{"a": [1, 2]}')
    {'a': [1, 2]}
    >>> parse('{"a": [1, 2', partial=True)
    {'a': [1]}
    """
    parser = JSONParser(dialect, select=())
    parser.feed(text)
    if not partial:
        parser.finish()
    return parser.value
