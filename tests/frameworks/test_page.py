"""Tests of `docs/frameworks.md`: it shows the tested programs and versions."""

from __future__ import annotations

import os
import re
from importlib import metadata

import pytest

from tests.frameworks.page import CONSTRAINTS, PAGE, current, versions
from tests.frameworks.serving import PROGRAMS

PROJECT = PAGE.parents[1] / "pyproject.toml"


def test_page_is_current() -> None:
    """`python -m tests.frameworks.page` updates the page."""
    page = PAGE.read_text(encoding="utf-8")
    assert page == current(page)
    names = [path.name for path in PROGRAMS.glob("*.py")]
    assert sorted(re.findall(r"^\[examples/frameworks/(\S+)\]", page, re.MULTILINE)) == sorted(
        names
    )


def test_page_lists_every_version() -> None:
    page = PAGE.read_text(encoding="utf-8")
    table = page.partition("| framework |")[2].partition("\n\n")[0]
    listed = re.findall(r"([a-z][\w-]+) (\d[\d.]+)", table)
    assert sorted(listed) == sorted(versions().items())


def test_bounds_are_tested_versions() -> None:
    group = PROJECT.read_text(encoding="utf-8").partition("\nframeworks = [")[2].partition("]\n")[0]
    bounds = dict(re.findall(r'"([\w-]+)>=([\d.]+)"', group))
    for name, version in versions().items():
        assert f"{version}.".startswith(f"{bounds[name]}."), CONSTRAINTS


def test_installed_versions() -> None:
    """If frameworks are required, the versions of the page are installed."""
    if os.environ.get("STREAMPARSE_FRAMEWORKS") != "required":
        pytest.skip("STREAMPARSE_FRAMEWORKS is not set to required")
    assert {name: metadata.version(name) for name in versions()} == versions()
