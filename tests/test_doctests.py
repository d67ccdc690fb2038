"""Tests that run the examples in the docstrings with the loaded build.

They are read from the source files, because compiled classes have no docstrings.
"""

from __future__ import annotations

import ast
import doctest
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import streamparse

SOURCES = Path(streamparse.__file__).parent
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef

# Modules that must have examples.
MUST_HAVE_EXAMPLES = (
    "_core/events.py",
    "_core/parser.py",
    "errors.py",
    "json_parser.py",
    "limits.py",
    "paths.py",
    "_core/text.py",
)


def modules() -> list[Path]:
    return sorted(path.relative_to(SOURCES) for path in SOURCES.rglob("*.py"))


def examples(path: Path) -> Iterator[doctest.DocTest]:
    """Yield the docstrings of a source file that have examples, ready to run in its module."""
    source = (SOURCES / path).read_text(encoding="utf-8")
    name = ".".join(("streamparse", *path.with_suffix("").parts)).removesuffix(".__init__")
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, Documented) or ">>>" not in (ast.get_docstring(node) or ""):
            continue
        text = node.body[0]
        assert isinstance(text, ast.Expr)
        assert isinstance(text.value, ast.Constant)
        owner = getattr(node, "name", "")
        space = dict(vars(importlib.import_module(name)))
        found = doctest.DocTestParser().get_doctest(
            str(text.value.value), space, f"{name}.{owner}", path.as_posix(), text.lineno - 1
        )
        if found.examples:
            yield found


def every_example() -> list[doctest.DocTest]:
    return [found for path in modules() for found in examples(path)]


@pytest.mark.parametrize("example", every_example(), ids=lambda example: str(example.name))
def test_example(example: doctest.DocTest) -> None:
    report: list[str] = []
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(example, out=report.append, clear_globs=False)
    assert not report, "".join(report)
    assert runner.tries > 0


@pytest.mark.parametrize("path", MUST_HAVE_EXAMPLES)
def test_the_public_modules_have_examples(path: str) -> None:
    assert list(examples(Path(path)))


def test_no_docstring_is_missed() -> None:
    """Every `>>>` in a source file belongs to an example that is run."""
    for path in modules():
        text = (SOURCES / path).read_text(encoding="utf-8")
        prompts = sum(line.lstrip().startswith(">>> ") for line in text.splitlines())
        assert prompts == sum(len(found.examples) for found in examples(path)), path
