"""Parses JSON in fragments (`JSONParser`) or as a whole (`parse`)."""

from __future__ import annotations

from typing import Any

from streamparse._core.parser import JSONParser
from streamparse.aliases import DialectName
from streamparse.dialect import Dialect

__all__ = ["JSONParser", "parse"]


def parse(
    text: str | bytes | bytearray | memoryview,
    dialect: DialectName | Dialect = "strict",
    *,
    partial: bool = False,
) -> Any:
    """Return the value of one document.

    Args:
        text: The document, as text or as bytes in UTF-8.
        dialect: `"strict"`, `"lenient"` or a `Dialect`.
        partial: Whether `text` may be a prefix of a document. The result is then the partial value,
            or `None` if no value has begun. Numbers and literals that may continue are left out,
            so a later prefix never contradicts the result.

    Returns:
        The value, or the partial value if `partial` is true.

    Raises:
        JSONSyntaxError: The text is not JSON of this dialect.
        LimitError: A default limit is exceeded.
        IncompleteError: The document is incomplete, and `partial` is false.

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
