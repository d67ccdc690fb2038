"""Tests that every module has a test file of the corresponding name."""

from __future__ import annotations

from pathlib import Path

import pytest

import streamparse

SOURCES = Path(streamparse.__file__).parent
TESTS = Path(__file__).parent

# Modules without a test file: re-exports, a call of `cli.main`, a constant.
EXEMPT = ("__init__.py", "__main__.py", "_version.py")


def modules() -> list[Path]:
    found = (path.relative_to(SOURCES) for path in SOURCES.rglob("*.py"))
    return sorted(path for path in found if path.name not in EXEMPT)


def mirrored(module: Path) -> Path:
    """Return the test file of a module: `_core/test_marks.py` for `_core/_marks.py`."""
    return module.with_name(f"test_{module.name.lstrip('_')}")


@pytest.mark.parametrize("module", modules(), ids=Path.as_posix)
def test_module_has_its_test_file(module: Path) -> None:
    assert (TESTS / mirrored(module)).is_file(), f"tests/{mirrored(module).as_posix()} is missing"
