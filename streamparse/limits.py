"""Limits on the resources that one stream may use.

A model or a provider may send unlimited data, so everything that grows has a limit. Exceeding one
raises `LimitError` at the first character beyond it, for every chunking.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

__all__ = ["Limits"]

_LARGEST = 1 << 62  # counts fit into a 64-bit integer, with room for additions


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits of a parser.

    Sizes count decoded characters; only binary frames are counted in bytes. `None` means no limit.

    The default `depth` is that of Python's recursion limit, and the default `integer_digits` is
    that of `sys.get_int_max_str_digits()`. The default sizes are far above the size of any answer
    of a model.

    Attributes:
        depth: The number of nested containers.
        string: The characters of one decoded string or key.
        number: The characters of the text of one number.
        integer_digits: The digits of one integer.
        document: The characters of one document, including white space around it.
        record: The characters of one server-sent event or JSON Lines record.
        keys: The members of one object; a repeated key counts each time.
        items: The items of one array.
        tool_calls: The tool calls of one message.
        content: The characters of everything that one message keeps. This includes text, reasoning
            and refusal, the text of all calls (also calls without a name), citations, results, and
            the values in `extra`. With a `format` the text of the model counts as it arrived.
        choices: The choices (messages) of one response.
        parts: The entries of the `content` of one message.
        name: The characters of the name of a tool.

    >>> Limits(depth=3).depth
    3
    """

    depth: int = 1_000
    string: int = 64 * 1024 * 1024
    number: int = 64 * 1024
    integer_digits: int = 4_300
    document: int = 1024 * 1024 * 1024
    record: int = 64 * 1024 * 1024
    keys: int | None = None
    items: int | None = None
    tool_calls: int = 1_000
    content: int = 64 * 1024 * 1024
    choices: int = 4_096
    parts: int = 100_000
    name: int = 1_024

    def __post_init__(self) -> None:
        for field in fields(self):
            bound = getattr(self, field.name)
            if bound is None and field.default is None:
                continue
            if not isinstance(bound, int) or isinstance(bound, bool):
                raise TypeError(f"Limits.{field.name} must be an int, not {type(bound).__name__}")
            if not 0 <= bound <= _LARGEST:
                raise ValueError(f"Limits.{field.name} must be between 0 and 2**62: {bound}")


def check_limits(limits: object) -> None:
    """Raise a `TypeError` unless the value of the option `limits` is a `Limits`."""
    if not isinstance(limits, Limits):
        raise TypeError(f"limits must be Limits, not {type(limits).__name__}")
