"""Bounds on what one stream may ask for.

A stream comes from a machine that may have run wild, so every growing thing has a bound. Passing
one is a `LimitError` at the first character beyond it, the same for every chunking.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

__all__ = ["Limits"]

_LARGEST = 1 << 62  # what a machine word can count, with room to add to it


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds; sizes count decoded characters (bytes only for binary frames). `None`: no bound.

    The defaults: `depth` as Python's own recursion limit, `integer_digits` as
    `sys.get_int_max_str_digits()`, the sizes far above what any model sends in one answer.

    >>> Limits(depth=3).depth
    3
    """

    depth: int = 1_000
    """Containers open at once."""
    string: int = 64 * 1024 * 1024
    """Characters of one decoded string or key."""
    number: int = 64 * 1024
    """Characters of one number's text."""
    integer_digits: int = 4_300
    """Digits of one integer."""
    document: int = 1024 * 1024 * 1024
    """Characters of one document, white space around it included."""
    record: int = 64 * 1024 * 1024
    """Characters of one server-sent event or JSON Lines record."""
    keys: int | None = None
    """Members of one object, repeated keys counted each time."""
    items: int | None = None
    """Items of one array."""
    tool_calls: int = 1_000
    """Tool calls of one message."""
    content: int = 64 * 1024 * 1024
    """Characters of everything one message keeps.

    That is its text, reasoning and refusal, the texts of its calls (of those without a name too),
    citations, results, and what is in `extra`. With a `format` the model's text is counted as it
    came.
    """
    choices: int = 4_096
    """Choices (messages) of one response."""
    parts: int = 100_000
    """Entries of the `content` of one message."""
    name: int = 1_024
    """Characters of the name of a tool."""

    def __post_init__(self) -> None:
        for field in fields(self):
            bound = getattr(self, field.name)
            if bound is None and field.default is None:
                continue
            if not isinstance(bound, int) or isinstance(bound, bool):
                raise TypeError(f"Limits.{field.name} must be an int, not {type(bound).__name__}")
            if not 0 <= bound <= _LARGEST:
                raise ValueError(f"Limits.{field.name} must be between 0 and 2**62: {bound}")
