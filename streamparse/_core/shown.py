"""Untrusted values and names in error messages.

Python's own functions raise `RecursionError` for containers that are nested too deeply and
`ValueError` for integers with more digits than `sys.get_int_max_str_digits()`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

__all__ = ["int_text", "no_such_name", "safe_repr"]

_OUTLINE_LEVELS: Final = 8
# Python converts this many digits whatever its limit is set to.
_PIECE_DIGITS: Final = 600
_PIECE: Final = 10**_PIECE_DIGITS


def int_text(value: int) -> str:
    """Return the decimal digits of an integer of any size.

    `repr` and `str` raise `ValueError` beyond `sys.get_int_max_str_digits()`.
    """
    try:
        # Not the text of a subclass.
        return str(value) if type(value) is int else int.__repr__(value)
    except ValueError:
        pass
    pieces: list[str] = []
    rest = abs(value)
    while rest:
        rest, piece = divmod(rest, _PIECE)
        pieces.append(f"{piece:0{_PIECE_DIGITS}d}")
    digits = "".join(reversed(pieces)).lstrip("0")
    return f"-{digits}" if value < 0 else digits


def safe_repr(value: object) -> str:
    """Return `repr(value)`, or an outline of the value where `repr` raises.

    `repr` raises for containers that are nested too deeply, for integers of many digits, and for
    objects whose own `repr` does.

    >>> safe_repr({"a": [1, "b"]})
    "{'a': [1, 'b']}"
    """
    try:
        return repr(value)
    except Exception:
        return _outline(value, _OUTLINE_LEVELS)


def _outline(value: object, levels: int) -> str:
    """Return `repr(value)` without the containers below `levels`."""
    if isinstance(value, dict):
        if levels == 0:
            return "{...}"
        members = [
            f"{_outline(key, levels - 1)}: {_outline(value[key], levels - 1)}" for key in value
        ]
        return "{" + ", ".join(members) + "}"
    if isinstance(value, (list, tuple)):
        inside = "..." if levels == 0 else ", ".join([_outline(item, levels - 1) for item in value])
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    if isinstance(value, int):
        return repr(value) if isinstance(value, bool) else int_text(value)
    try:
        return repr(value)
    except Exception:
        return f"<{type(value).__name__}>"


def no_such_name(what: str, name: str, names: Iterable[str], listed: str) -> str:
    """Return the message for an unknown name, with the names that are closest to it.

    >>> no_such_name("format", "herms", ["hermes", "granite"], "names()")
    "no format is named 'herms'; did you mean 'hermes'? names() lists them"
    """
    from difflib import get_close_matches  # loaded for errors only

    known = list(names)
    close = [each for each in known if name and each.startswith(name.lower())][:3]
    close = close or get_close_matches(name.lower(), known, 2)
    meant = f"; did you mean {' or '.join(map(repr, close))}?" if close else ":"
    return f"no {what} is named {name!r}{meant} {listed} lists them"
