"""Tests that no regular expression of the package takes exponential time.

An expression that can match a repeated text in many ways tries all of them before it fails. Then a
line of `#`, of comments or of spaces is enough to block a parser. So every compiled expression is
tried with such texts.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

import streamparse
from streamparse.formats.plan import Plan
from streamparse.formats.registry import FORMATS

# Two ways for each of 24 repetitions make 17 million, six places to divide the text 270,000.
TIMES = 24
SLOW = 0.005  # Seconds; a linear expression takes some microseconds.
PIECES: tuple[str, ...] = (
    *"a1 \n\"'#~`\\<[](){}-._e*=:,|/é+$",
    *(
        "/**/",
        "//x\n",
        "//",
        "\\\\",
        "<a>",
        '"a"',
        "'a'",
        "[0]",
        "``",
        "*/",
        "a=",
        "<|",
        "|>",
        "\t",
    ),
)
HEADS: tuple[str, ...] = ("", "a", '"', "(", "/*")
ENDS: tuple[str, ...] = ("", "\x00", "\n x")


def expressions() -> dict[re.Pattern[str], str]:
    """Return every compiled expression, and the place where it is found first."""
    found: dict[re.Pattern[str], str] = {}
    for module in pkgutil.walk_packages(streamparse.__path__, "streamparse."):
        if module.name.endswith("__main__"):
            continue
        try:
            names = vars(importlib.import_module(module.name))
        except ImportError:
            continue  # A module of an extra that is not installed.
        for name, value in names.items():
            for pattern in patterns_in(value):
                found.setdefault(pattern, f"{module.name}.{name}")
    for format in FORMATS.values():
        for pattern in patterns_in(Plan(format)):
            found.setdefault(pattern, f"{format.name}.{pattern.pattern[:20]}")
    return found


def patterns_in(value: Any, depth: int = 6) -> Iterator[re.Pattern[str]]:
    """Yield the expressions in a value, its items, and its attributes if it is of the package."""
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
        return
    inner: list[Any] = []
    if isinstance(value, dict):
        inner = list(value.values())
    elif isinstance(value, (list, tuple, set, frozenset)):
        inner = list(value)
    elif type(value).__module__.startswith("streamparse"):
        names = [name for name in dir(value) if not name.startswith("__")]
        inner = [getattr(value, name, None) for name in names]
    for item in inner if depth else ():
        yield from patterns_in(item, depth - 1)


def seconds(pattern: re.Pattern[str], text: str, whole: bool) -> float:
    start = time.perf_counter()
    if whole:
        pattern.fullmatch(text)
    else:
        pattern.match(text)
    return time.perf_counter() - start


def slow_text(pattern: re.Pattern[str], whole: bool) -> str | None:
    """Return the first text that is repeatedly slow, or None."""
    for head in HEADS:
        for piece in PIECES:
            for end in ENDS:
                text = head + piece * TIMES + end
                if seconds(pattern, text, whole) > SLOW and all(
                    seconds(pattern, text, whole) > SLOW for _ in range(3)
                ):
                    return text
    return None


def test_the_expressions_are_found() -> None:
    names = set(expressions().values())
    assert {"streamparse._core.lenient_around._ALONE", "streamparse._core.grammar.UNIT"} < names
    assert len(expressions()) > 500


def test_a_slow_expression_is_found() -> None:
    assert slow_text(re.compile(r"(?:#[^\n]*\s*)*\Z"), whole=False)
    assert slow_text(re.compile(r"\s*a?\s*b?\s*c?\s*d?\s*e?\s*f?\s*"), whole=True)


@pytest.mark.parametrize("whole", [False, True], ids=["match", "fullmatch"])
def test_no_expression_is_slow(whole: bool) -> None:
    slow = {
        name: text
        for pattern, name in expressions().items()
        if (text := slow_text(pattern, whole)) is not None
    }
    assert slow == {}
