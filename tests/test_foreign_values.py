"""Tests that the code that reads records never passes their values to `str` or `repr`.

Both raise `RecursionError` for deep containers and `ValueError` for integers of many digits, which
callers need not expect. `plain.shown` and `shown.safe_repr` work for any value.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import streamparse

SOURCES = Path(streamparse.__file__).parent
READERS = ("_answers", "_decoding", "_wires", "message_parser.py")
OF_THE_CALLER = ("_answers/tools.py",)  # Reads arguments of the caller, no records.
CONVERTERS = ("ascii", "format", "repr", "str")

# Expressions whose value is text, an exception or an argument of the caller, not of a record.
SAFE = frozenset(
    (
        "_BOM",
        "api",
        "call.id",
        "call.name",
        "error",
        "headers.get(':error-message', '')",  # A header of a frame is text or a short number.
        "headers.get(':message-type', 'event')",
        "identity",
        "name",
        "name or ''",
        "name or quoted or double_quoted or ''",
        "opening",
        "output",
        "text",
        "unterminated",
        "word",  # The reason of a message, which is text.
    )
)


def files() -> list[Path]:
    found: list[Path] = []
    for reader in READERS:
        place = SOURCES / reader
        found += [place] if place.is_file() else sorted(place.rglob("*.py"))
    exempt = [SOURCES / name for name in OF_THE_CALLER]
    return [path for path in found if path not in exempt]


def converted(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the values that are passed to `str`, `repr` and the like, except in `__repr__`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "__repr__":
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            if node.func.id in CONVERTERS:
                yield node.args[0]
        elif isinstance(node, ast.FormattedValue) and node.conversion != -1:
            yield node.value
        yield from converted(node)


@pytest.mark.parametrize("path", files(), ids=lambda path: path.relative_to(SOURCES).as_posix())
def test_values_of_records_are_shown_safely(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {ast.unparse(value): value.lineno for value in converted(tree)}
    unsafe = {text: line for text, line in found.items() if text not in SAFE}
    assert not unsafe, f"use `shown` or `safe_repr` for these: {unsafe}"


def test_the_rule_finds_violations() -> None:
    source = "def f(data):\n    return str(data['a']) + f'{data!r}' + repr(data.b)\n"
    found = [ast.unparse(value) for value in converted(ast.parse(source))]
    assert found == ["data['a']", "data", "data.b"]
