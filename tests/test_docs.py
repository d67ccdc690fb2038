"""The pages in `docs/`: generated pages and pictures are current."""

from __future__ import annotations

import importlib.util
import io
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from streamparse import MessageParser, formats
from streamparse.formats import Format
from streamparse.terminal import MessageView

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_formats", DOCS / "make_formats.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_page_of_formats_is_current(program: ModuleType) -> None:
    """If it is not: `python docs/make_formats.py`."""
    assert (DOCS / "formats.md").read_text(encoding="utf-8") == program.page()


def test_page_shows_every_format(program: ModuleType) -> None:
    page = program.generated()
    rows = re.findall(r"^\| `(\w+)` \| ", page, re.MULTILINE)
    assert rows == formats.names()
    for name in rows:
        assert formats.get(name).example.rstrip("\n") in page


def test_reasoning_is_told(program: ModuleType) -> None:
    told = {name: program.reasoning(formats.get(name)) for name in formats.names()}
    assert told["hermes"] == "`<think>`…`</think>`; calls are quotations"
    assert told["apriel_thinker"] == "…`[BEGIN FINAL RESPONSE]`; calls are quotations"
    assert told["harmony"] == "channel `analysis`"
    assert told["functionary_v31"] == "none"
    assert program.types(formats.get("dots")) == "the schema, JSON"
    assert program.types(Format(name="none", calls=())) == ""


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
    stream = (DOCS.parent / "examples" / "anthropic-messages.sse").read_text(encoding="utf-8")
    for record in stream.split("\n\n")[:count]:
        parser.feed(f"{record}\n\n")
    target = io.StringIO()
    console.Console(file=target, width=92).print(MessageView(parser))
    page = (DOCS / "terminal.md").read_text(encoding="utf-8")
    picture = re.search(rf"^### {heading}\n.*?^```text\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert picture is not None
    shown = "\n".join(line.rstrip() for line in target.getvalue().splitlines())
    assert shown == picture[1].rstrip("\n")
