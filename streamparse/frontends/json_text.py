"""Any value as JSON text that can be sent."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from streamparse.wire import shown

__all__ = ["json_text"]

_HALF: Final = re.compile("[\ud800-\udfff]")


def json_text(value: Any) -> str:
    """`value` as compact JSON on one line, of any depth, which UTF-8 can hold.

    Infinities, which numbers like 1e400 are, become `1e999`; halves of surrogate pairs are escaped.

    >>> json_text({"text": "é\\n"})
    '{"text":"é\\\\n"}'
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return shown(value)
    return text if text.isascii() else _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", text)
