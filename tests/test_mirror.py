"""Every module has a test file at the mirrored place, so that the tests of a module are found."""

from __future__ import annotations

from pathlib import Path

import pytest

import streamparse

SOURCES = Path(streamparse.__file__).parent
TESTS = Path(__file__).parent

# Nothing to test: re-exports, a call of `cli.main`, a constant.
EXEMPT = ("__init__.py", "__main__.py", "_version.py")


def modules() -> list[Path]:
    found = (path.relative_to(SOURCES) for path in SOURCES.rglob("*.py"))
    return sorted(path for path in found if path.name not in EXEMPT)


def mirrored(module: Path) -> Path:
    """`_core/machine.py` gives `_core/test_machine.py`, `_core/_marks.py` `_core/test_marks.py`."""
    return module.with_name(f"test_{module.name.lstrip('_')}")


@pytest.mark.parametrize("module", modules(), ids=Path.as_posix)
def test_module_has_its_test_file(module: Path) -> None:
    assert (TESTS / mirrored(module)).is_file(), f"tests/{mirrored(module).as_posix()} is missing"
