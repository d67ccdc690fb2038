"""The pages in `docs/` that are written by a program are what it writes."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from streamparse import formats
from streamparse.formats import Format

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
