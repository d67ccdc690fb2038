"""The pages in docs/ tell the truth: their blocks run, and their pictures are real."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from streamparse import MessageParser
from streamparse.terminal import MessageView

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks() -> dict[str, tuple[Path, str]]:
    """By page and line, each block padded so that a traceback names the line of the page."""
    found = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in BLOCK.finditer(text):
            above = text.count("\n", 0, match.start(1))
            found[f"{page.name}, line {above + 1}"] = page, "\n" * above + match[1]
    return found


@pytest.mark.parametrize(("page", "source"), list(blocks().values()), ids=list(blocks()))
def test_block_runs(
    page: Path, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    exec(compile(source, page.name, "exec", dont_inherit=True), {"__name__": "__main__"})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_every_python_block_is_found(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(BLOCK.findall(text)) == text.count("```python")


# The pictures of docs/terminal.md: heading, records fed, tools

INSIDE_SRC = {"properties": {"path": {"type": "string", "pattern": "^src/"}}}
TOOLS = [
    {"name": "read_file", "parameters": {"type": "object"}},
    {"name": "edit_file", "parameters": {"type": "object", **INSIDE_SRC}},
]
PICTURES: dict[str, tuple[int, list[Any] | None]] = {
    "At the start": (6, None),
    "Half way": (59, None),
    "Done": (1000, None),
    "Rejected": (59, TOOLS),
}


@pytest.mark.parametrize("heading", PICTURES)
def test_pictures_of_the_terminal_are_real(heading: str) -> None:
    console = pytest.importorskip("rich.console", reason="needs the extra cli")
    count, tools = PICTURES[heading]
    if tools:
        pytest.importorskip("jsonschema", reason="needs the extra schema")
    parser = MessageParser(tools=tools)
    stream = (ROOT / "examples" / "anthropic-messages.sse").read_text(encoding="utf-8")
    for record in stream.split("\n\n")[:count]:
        parser.feed(f"{record}\n\n")
    target = io.StringIO()
    console.Console(file=target, width=92).print(MessageView(parser))
    page = (ROOT / "docs" / "terminal.md").read_text(encoding="utf-8")
    picture = re.search(rf"^### {heading}\n.*?^```text\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert picture is not None
    shown = "\n".join(line.rstrip() for line in target.getvalue().splitlines())
    assert shown == picture[1].rstrip("\n")
