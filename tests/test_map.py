"""The map of the packages: each has a README that names real files; CONTRIBUTING quotes it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "streamparse"
PARTS = ("In", "Out", "Read in this order", "May not import")

if not SOURCES.is_dir():
    pytest.skip("needs the sources", allow_module_level=True)

PACKAGES = sorted(path.parent for path in SOURCES.glob("*/__init__.py"))
IDS = [path.name for path in PACKAGES]


def readme(package: Path) -> str:
    return (package / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("package", PACKAGES, ids=IDS)
def test_readme_has_its_parts(package: Path) -> None:
    text = readme(package)
    assert text.startswith(f"# {package.name}\n\n")
    assert re.findall(r"^\*\*([\w ]+):\*\*", text, re.MULTILINE) == list(PARTS)
    assert 10 <= len(text.splitlines()) <= 25


@pytest.mark.parametrize("package", PACKAGES, ids=IDS)
def test_readme_names_modules_that_exist(package: Path) -> None:
    named = re.findall(r"`(\w+\.py)`", readme(package))
    assert [name for name in named if not (package / name).is_file()] == []


@pytest.mark.parametrize("package", PACKAGES, ids=IDS)
def test_contributing_quotes_the_readme(package: Path) -> None:
    summary = readme(package).split("\n\n")[1].replace("\n", " ")
    row = f"| [`{package.name}/`](streamparse/{package.name}/README.md) | {summary} |"
    assert row in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
