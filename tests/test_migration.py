"""Tests of the pages in `docs/migrate`: both programs of a page print the same result."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import streamparse
from tests.stand_in import PROVIDER, environment
from tests.web.serving import Server

PAGES = sorted((Path(__file__).parents[1] / "docs" / "migrate").glob("*.md"))
BLOCK = re.compile(r"^## (Before|After)\n+```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with Server(PROVIDER) as server:
        yield server.url


def programs(page: Path) -> tuple[str, str]:
    found = dict(BLOCK.findall(page.read_text(encoding="utf-8")))
    before, after = found["Before"], found["After"]
    for name in re.findall(r"^(?:from|import) (\w+)", before + after, re.MULTILINE):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"needs {name}")
    return before, after


def run(program: str, url: str) -> subprocess.CompletedProcess[str]:
    root = str(Path(streamparse.__file__).parents[1])
    variables = {"PYTHONPATH": root, "PYTHONUTF8": "1", "PYTHONWARNINGS": "ignore"}
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, **environment(url), **variables},
        timeout=60,
    )


def last_line(program: str, url: str) -> str:
    done = run(program, url)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_both_programs_print_the_same_result(page: Path, url: str) -> None:
    before, after = programs(page)
    assert last_line(before, url) == last_line(after, url)


# Truncated streams: the page, the provider, and the last line that the other library prints.
CUT = [
    ("openai", "cut", "city='Paris' stops=['Louvre', 'Seine']"),
    ("pydantic-ai", "cut", "city='Paris' stops=['Louvre', 'Seine']"),
    ("instructor", "broken", "city='Paris' stops=['Louvre', 'S']"),
]


@pytest.mark.parametrize(("name", "provider", "last"), CUT)
def test_a_truncated_stream_looks_complete_to_the_other_library(
    name: str, provider: str, last: str, url: str
) -> None:
    before, after = programs(PAGES[0].with_name(f"{name}.md"))
    assert last_line(before, f"{url}/{provider}") == last
    ours = run(after, f"{url}/{provider}")
    assert "IncompleteError" in ours.stderr or ours.stdout.splitlines()[-1] == "None"


def test_truncated_text_looks_complete_to_langchain(url: str) -> None:
    before, after = (
        program.replace(", 'ine\"]}'", "")
        for program in programs(PAGES[0].with_name("langchain.md"))
    )
    assert last_line(before, url) == "{'city': 'Paris', 'stops': ['Louvre', 'Se']}"
    assert "IncompleteError" in run(after, url).stderr
