"""Tests of the READMEs of the packages: they name all modules, and CONTRIBUTING quotes them."""

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
    assert [name for name in named if not list(package.rglob(name))] == []


@pytest.mark.parametrize("package", PACKAGES, ids=IDS)
def test_readme_names_every_module(package: Path) -> None:
    modules = [path.name for path in package.rglob("*.py") if path.name != "__init__.py"]
    assert [name for name in modules if f"`{name}`" not in readme(package)] == []


# Questions of newcomers, the module that answers them, and the word that must describe it.
QUESTIONS = [
    (
        "Where is an Anthropic signature kept?",
        "_wires/anthropic_events.py",
        "signatures",
    ),
    ("Where would I add a finish reason of Azure?", "_wires/reasons.py", "finish reasons"),
    (
        "What happens at the first rejected character?",
        "_core/chain.py",
        "violation",
    ),
    (
        "Which call gets a delta without an index?",
        "_wires/correlation.py",
        "delta",
    ),
    ("Where is the depth of a document checked?", "_core/machine.py", "depth"),
    ("Where does a violation reject a call?", "_answers/call_record.py", "violation"),
    ("Where are templates of records learned?", "_decoding/templates.py", "learns"),
    ("Where are events written for a page?", "web/records.py", "server-sent events"),
    ("Where is a call truncated?", "_answers/calls.py", "truncated"),
    ("Where is the API of a stream detected?", "_wires/detection.py", "API"),
    ("Where does `[DONE]` go?", "_decoding/sse_records.py", "`[DONE]`"),
    (
        "Where would I add the marker of a model to `auto`?",
        "formats/_auto.py",
        "detects the format",
    ),
    ("Why is a string that grows for a megabyte not quadratic?", "_core/growing.py", "grow"),
    ("Where is the end of a lenient string decided?", "_core/lenient_strings.py", "a string ends"),
    ("Which module reads `Last-Event-ID`?", "web/response.py", "Last-Event-ID"),
    ("Where is `pattern` followed?", "schema/automaton.py", "`pattern`"),
]


@pytest.mark.parametrize(("question", "file", "word"), QUESTIONS)
def test_the_readmes_answer(question: str, file: str, word: str) -> None:
    """The word follows the name of the module, before the next name."""
    package, _, name = file.partition("/")
    text = " ".join(readme(SOURCES / package).split())
    about = text.partition(f"`{name}`")[2]
    assert word in re.split(r"`\w+\.py`", about)[0], question


@pytest.mark.parametrize("package", PACKAGES, ids=IDS)
def test_contributing_quotes_the_readme(package: Path) -> None:
    summary = readme(package).split("\n\n")[1].replace("\n", " ")
    row = f"| [`{package.name}/`](streamparse/{package.name}/README.md) | {summary} |"
    assert row in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
