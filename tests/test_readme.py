"""The README tells the truth: its Python blocks run, and its test command is the one CI runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks() -> dict[str, str]:
    """By line number, each block padded so that a traceback names the line of the README."""
    found = {}
    for match in BLOCK.finditer(README):
        above = README.count("\n", 0, match.start(1))
        found[f"line {above + 1}"] = "\n" * above + match[1]
    return found


@pytest.mark.parametrize("source", list(blocks().values()), ids=list(blocks()))
def test_block_runs(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(source, "README.md", "exec"), {"__name__": "__main__"})


def test_every_python_block_is_found() -> None:
    assert len(BLOCK.findall(README)) == README.count("```python") > 0


def test_readme_gives_the_test_command_of_ci() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    command = re.search(r"^README_TEST='(.+)'$", script, re.MULTILINE)
    assert command is not None
    assert command[1] in README
