"""Texts that are damaged as by models and transports: pieces lost, doubled, moved or inserted.

This module does not import hypothesis, because the fuzz targets use it too.
"""

from __future__ import annotations

from streamparse.formats import Format
from tests.formats.invented import Choices, literals

_NOISE = (
    "<",
    ">",
    '"',
    "'",
    "\\",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ",",
    "=",
    ":",
    "\n",
    " ",
    "\ud83d",
)


def damaged(text: str, format: Format, choose: Choices) -> str:
    """Return the text with one to four damages."""
    words = [*literals(format), *_NOISE]
    for _ in range(choose.choice([1, 1, 2, 4])):
        place = choose.randrange(len(text) + 1)
        length = choose.choice([1, 1, 3, 10, 30])
        before, piece, after = text[:place], text[place : place + length], text[place + length :]
        how = choose.randrange(5)
        if how == 0:
            text = before + after
        elif how == 1:
            text = before + piece + piece + after
        elif how == 2:
            text = before + choose.choice(words) + piece + after
        elif how == 3:
            text = before + choose.choice(words) + after
        else:
            text = before + after[:length] + piece + after[length:]
    return text
