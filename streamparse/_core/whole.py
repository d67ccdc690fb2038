"""Decodes containers that are in one fragment with the scanner of the standard library.

If no events are needed, the scanner has the same result as the machine and is many times faster.
It knows neither the limits of a document nor the places of errors. So it reads short windows, which
are within the limits, and the machine reads all text that the scanner rejects.
"""

from __future__ import annotations

from codecs import utf_32_le_encode
from json import JSONDecoder
from json.scanner import c_make_scanner  # type: ignore[attr-defined]
from typing import Any, Final, NoReturn

#: The length of a window, which no number or string in it can exceed.
WINDOW: Final = 4_096


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


#: The decoder of the standard library, without the constants that are not JSON.
STRICT: Final = JSONDecoder(parse_constant=_refuse)
# The scanner that is written in Python is slower than the machine, and accepts more.
_scan: Final[Any] = None if c_make_scanner is None else c_make_scanner(STRICT)


def containers(window: str, room: int, surrogates: str, siblings: bool) -> tuple[list[Any], int]:
    """Decode the container at the beginning of `window`.

    Args:
        window: The text.
        room: The number of containers that may be nested.
        surrogates: The option of the parser.
        siblings: Whether the container is an item of an array, whose next items may be decoded too.

    Returns:
        The values that were decoded, and the position after the last one; `[]` and 0 if the
        container does not end in the window or the machine must read it.
    """
    if _scan is None or window.count("[") + window.count("{") > room:
        return [], 0
    if surrogates != "keep" and "\\u" in window:
        return [], 0
    found: list[Any] = []
    end = 0
    try:
        if not window.isascii():
            utf_32_le_encode(window)  # raises for a surrogate, which the machine may join
        if siblings:
            several = _together(window)
            if several is not None:
                return several
        at = 0
        while True:
            value, end = _scan(window, at)
            found.append(value)
            at = end + 2 if window.startswith(", ", end) else end + 1
            if not siblings or window[end : end + 1] != "," or window[at : at + 1] not in "[{":
                break
    except (StopIteration, ValueError, RecursionError):
        pass
    return found, end


def _together(window: str) -> tuple[list[Any], int] | None:
    """Decode the items of an array up to the last bracket that may close one of them."""
    cut = window.rfind("]" if window[0] == "[" else "}") + 1
    try:
        found, end = _scan(f"[{window[:cut]}]", 0)
    except (StopIteration, ValueError, RecursionError):
        return None
    return found, end - 2
