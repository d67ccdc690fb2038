"""Tests of the types: a user's program, the blocks of the pages, and completeness.

Here the type checkers read the installed package, as they do for users.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import streamparse
from tests import typed_program
from tests.helpers import checker_environment, missing_sdks, run_mypy

ROOT = Path(__file__).parents[1]
PACKAGE = Path(streamparse.__file__).parent
PROGRAM = Path(typed_program.__file__)
CLIENTS = PROGRAM.with_name("typed_clients.py")
PAGES = [
    ROOT / "README.md",
    PACKAGE / "llms.txt",
    *sorted((ROOT / "docs").rglob("*.md")),
]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)

# The blocks omit annotations to be short, so this line precedes each of them.
UNTYPED = "# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls"
# The percentage of public symbols whose types pyright knows. The others are those of
# `web.response`, whose base class is Starlette's, of `wrap`, which returns classes of the SDKs, and
# inherited attributes.
COMPLETE = 99.0


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the blocks of all pages as modules, in which they keep their line numbers."""
    folder = tmp_path_factory.mktemp("blocks")
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in BLOCK.finditer(text):
            above = text.count("\n", 0, found.start(1))
            name = f"{page.stem.lower().replace('-', '_')}_{above + 1}.py"
            if missing_sdks(found[1]):
                continue
            (folder / name).write_text(UNTYPED + "\n" * above + found[1], encoding="utf-8")
    return folder


def run_pyright(folder: Path, *arguments: str) -> Any:
    pytest.importorskip("pyright", reason="pyright is not installed")
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson"]
    found = subprocess.run(
        [*command, *arguments],
        capture_output=True,
        text=True,
        env=checker_environment("PYTHONPATH"),
        cwd=folder,
    )
    if not found.stdout.lstrip().startswith("{"):  # The first run needs a download.
        pytest.skip(f"pyright cannot be run: {found.stderr[-300:]}")
    return json.loads(found.stdout)


def faults(report: Any) -> list[str]:
    return [
        f"{Path(one['file']).name}:{one['range']['start']['line'] + 1}: {one['message']}"
        for one in report["generalDiagnostics"]
        if one["severity"] == "error"
    ]


def test_the_program_runs() -> None:
    typed_program.main()


@pytest.fixture(params=[PROGRAM, CLIENTS], ids=["program", "clients"])
def program(request: pytest.FixtureRequest) -> str:
    path: Path = request.param
    for sdk in ("openai", "anthropic", "google.genai", "mistralai", "ollama"):
        if path == CLIENTS:
            pytest.importorskip(sdk)
    return str(path)


def test_mypy_accepts_the_program(program: str, mypy_cache: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed")
    assert run_mypy(mypy_cache, program) == ""


def test_pyright_accepts_the_program(program: str, tmp_path: Path) -> None:
    settings = {"include": [program], "reportUnnecessaryTypeIgnoreComment": True}
    project = tmp_path / "pyrightconfig.json"
    project.write_text(json.dumps({**settings, "enableTypeIgnoreComments": False}))
    assert faults(run_pyright(tmp_path, "--project", str(project))) == []


def test_mypy_accepts_the_pages(blocks: Path, mypy_cache: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed")
    assert run_mypy(mypy_cache, *map(str, sorted(blocks.glob("*.py")))) == ""


def test_pyright_accepts_the_pages(blocks: Path) -> None:
    files = [str(path) for path in sorted(blocks.glob("*.py"))]
    assert faults(run_pyright(blocks, *files)) == []


def test_types_are_complete(tmp_path: Path) -> None:
    report = run_pyright(tmp_path, "--verifytypes", "streamparse", "--ignoreexternal")
    found = report["typeCompleteness"]
    bad = [
        symbol["name"]
        for symbol in found["symbols"]
        if symbol["isExported"] and not symbol["isTypeKnown"]
    ]
    assert found["completenessScore"] * 100 >= COMPLETE, bad
