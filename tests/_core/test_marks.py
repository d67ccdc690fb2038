"""Tests of `mypyc_attr`: it does not change classes, with or without `mypy_extensions`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

import streamparse
from streamparse._core import _marks

SOURCE = Path(streamparse.__file__).parent / "_core" / "_marks.py"


def loaded_again() -> ModuleType:
    """Import the module again from its source."""
    spec = importlib.util.spec_from_file_location("marks_anew", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def leaves_classes_unchanged(module: ModuleType) -> bool:
    class Plain:
        pass

    marks = (
        module.mypyc_attr(),
        module.mypyc_attr("acyclic"),
        module.mypyc_attr(native_class=True),
    )
    return all(mark(Plain) is Plain for mark in marks)


def test_the_mark_that_is_in_use() -> None:
    assert leaves_classes_unchanged(_marks)


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mypy_extensions", None)
    module = loaded_again()
    assert module.mypyc_attr.__module__ == "marks_anew"
    assert leaves_classes_unchanged(module)


def test_with_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    package = ModuleType("mypy_extensions")
    package.mypyc_attr = lambda *attrs, **kwattrs: lambda kind: kind  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mypy_extensions", package)
    module = loaded_again()
    assert module.mypyc_attr is package.mypyc_attr
    assert leaves_classes_unchanged(module)
