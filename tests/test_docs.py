"""Tests of the pages in `docs/`: pictures, tables and generated pages are current."""

from __future__ import annotations

import importlib.util
import inspect
import io
import re
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from streamparse import (
    ERROR_CODES,
    REPAIR_CODES,
    VIOLATION_CODES,
    AnySessionEvent,
    Dialect,
    MessageParser,
    ValueEvent,
    formats,
)
from streamparse.formats import Format
from streamparse.message_parser import APIS
from streamparse.terminal import MessageView

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def text_of(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def drawn(view: MessageView) -> list[str]:
    """Return the lines of the view in a terminal of 92 columns."""
    console = pytest.importorskip("rich.console", reason="needs the extra cli")
    target = io.StringIO()
    console.Console(file=target, width=92).print(view)
    return [line.rstrip() for line in target.getvalue().splitlines()]


@pytest.fixture(scope="module")
def program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_formats", DOCS / "make_formats.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_page_of_formats_is_current(program: ModuleType) -> None:
    """`python docs/make_formats.py` updates the page."""
    assert text_of("formats.md") == program.page()


def test_page_shows_every_format(program: ModuleType) -> None:
    page = program.generated()
    rows = re.findall(r"^\| `(\w+)` \| ", page, re.MULTILINE)
    assert rows == formats.names()
    for name in rows:
        assert formats.get(name).example.rstrip("\n") in page


def test_the_page_names_the_reasoning_of_formats(program: ModuleType) -> None:
    reasonings = {name: program.reasoning(formats.get(name)) for name in formats.names()}
    assert reasonings["hermes"] == "`<think>`…`</think>`; calls are quotations"
    assert reasonings["apriel_thinker"] == "…`[BEGIN FINAL RESPONSE]`; calls are quotations"
    assert reasonings["harmony"] == "channel `analysis`"
    assert reasonings["functionary_v31"] == "none"
    assert program.types(formats.get("dots")) == "the schema, JSON"
    assert program.types(Format(name="none", calls=())) == ""


# The pictures of docs/terminal.md: the heading, the records that are fed, and the tools.

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
def test_pictures_of_the_terminal_are_current(heading: str) -> None:
    count, tools = PICTURES[heading]
    if tools:
        pytest.importorskip("jsonschema", reason="needs the extra schema")
    parser = MessageParser(tools=tools)
    stream = (DOCS.parent / "examples" / "anthropic-messages.sse").read_text(encoding="utf-8")
    for record in stream.split("\n\n")[:count]:
        parser.feed(f"{record}\n\n")
    shown = "\n".join(drawn(MessageView(parser)))
    page = text_of("terminal.md")
    picture = re.search(rf"^### {heading}\n.*?^```text\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert picture is not None
    assert shown == picture[1].rstrip("\n")


def test_pictures_of_the_first_command_are_current() -> None:
    """The pictures are current, except for the times in their last two lines."""
    middle, end = re.findall(r"^```text\n(.*?)^```$", text_of("index.md"), re.DOTALL | re.MULTILINE)
    parser = MessageParser()
    moments = []
    with open(ROOT / "examples" / "openai-chat.sse", "rb") as stream:
        for line in stream:
            parser.feed(line)
            moments.append(drawn(MessageView(parser.messages)))
    assert [line.rstrip() for line in middle.splitlines()][:-2] in moments
    assert end.splitlines()[:-2] == moments[-1][-2:]
    for picture in (middle, end):
        times, counts = picture.splitlines()[-2:]
        assert re.fullmatch(r"first token [\d.]+ m?s(, first complete \w+ [\d.]+ m?s)+", times)
        assert re.fullmatch(r"\d+ events \(\d+/s\)(, \d+ tokens/s)?", counts)


# Tables


def test_every_api_is_listed() -> None:
    page = text_of("messages.md")
    assert [api for api in APIS if f"`{api}`" not in page and api != "auto"] == []


@pytest.mark.parametrize("page", ["README.md", "streamparse/llms.txt"])
def test_the_number_of_formats(page: str) -> None:
    assert f"{len(formats.names())} formats" in (ROOT / page).read_text(encoding="utf-8")


def test_every_code_is_described() -> None:
    codes = re.findall(r"^\| `([\w$]+)` \| (.*) \|$", text_of("errors.md"), re.MULTILINE)
    described = [row for row in codes if not row[0][0].isupper() or "Error" not in row[0]]
    known = [*ERROR_CODES.items(), *VIOLATION_CODES.items()]
    assert [row for row in described if row[0] != "SchemaViolation"] == known


def test_the_page_of_the_lenient_dialect_names_every_switch_and_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*\| ([`\w ]+) \|$", text_of("lenient.md"), re.MULTILINE)
    listed = {switch: set(re.findall(r"`(\w+)`", codes)) for switch, codes in rows}
    switches = [field.name for field in fields(Dialect) if field.default is True]
    assert list(listed) == switches
    for switch, codes in listed.items():
        off: dict[str, Any] = {switch: False}
        without = Dialect(**off)
        assert codes == {code for code in REPAIR_CODES if not without.allows(code)}


def test_every_event_is_described() -> None:
    """Each event has a row with its fields and the first paragraph of its docstring."""
    rows = re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \|$", text_of("events.md"), re.MULTILINE)
    described = {name: (re.findall(r"`(\w+)`", fields), about) for name, fields, about in rows}
    for kind in {*AnySessionEvent.__args__, *ValueEvent.__args__}:
        fields, about = described.pop(kind.__name__)
        assert fields == list(kind.__match_args__)
        assert about == (inspect.getdoc(kind) or "").partition("\n\n")[0].replace("\n", " ")
    assert described == {}


def test_every_extra_of_users_is_described() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    users = project.partition("# What users may add.\n")[2].partition("# What developers")[0]
    extras = re.findall(r"^(\w+) = \[", users, re.MULTILINE)
    assert re.findall(r"^\| `(\w+)` \|", text_of("install.md"), re.MULTILINE) == extras
