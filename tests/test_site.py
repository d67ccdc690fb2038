"""Tests of the documentation site: it builds without warnings and loads nothing from elsewhere."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import streamparse

ROOT = Path(__file__).parents[1]
API = ROOT / "docs" / "api"
MODULES = (
    "streamparse",
    *(f"streamparse.{name}" for name in ("batch", "encoders", "formats", "frontends", "gateway")),
    *(f"streamparse.{name}" for name in ("models", "protocols", "schema", "telemetry")),
    *(f"streamparse.{name}" for name in ("terminal", "web")),
)
NEEDED = ("mkdocs", "material", "mkdocstrings_handlers.python")

# Elements that load a file when a page is shown.
LOADING = {"img": "src", "script": "src", "iframe": "src", "source": "src", "link": "href"}


class Loaded(HTMLParser):
    """Collects the addresses that a page loads or links, and its identifiers."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []
        self.identifiers: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.identifiers.add(values.get("id", ""))
        if tag == "a":
            self.linked.append(values.get("href", ""))
        if tag in LOADING and values.get("rel") != "canonical":
            self.loaded.append(values.get(LOADING[tag], ""))


def directives() -> list[str]:
    pages = "".join(page.read_text(encoding="utf-8") for page in API.glob("*.md"))
    return re.findall(r"^::: (\S+)$", pages, re.MULTILINE)


def test_the_reference_has_every_public_name() -> None:
    names = {
        f"{module}.{name}" for module in MODULES for name in importlib.import_module(module).__all__
    }
    shown = directives()
    assert len(shown) == len(set(shown))
    same = {name.rpartition(".")[2] for name in shown}
    assert set(shown) <= names
    # A name that two modules export, such as a store, is described once.
    assert {name for name in names - set(shown) if name.rpartition(".")[2] not in same} == set()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (ROOT / "streamparse").is_dir():
        pytest.skip("needs the sources")
    for name in NEEDED:
        pytest.importorskip(name, reason="needs the extra docs")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    variables = {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **variables}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return folder


def pages(site: Path) -> dict[Path, Loaded]:
    found = {}
    for page in site.rglob("*.html"):
        found[page] = Loaded()
        found[page].feed(page.read_text(encoding="utf-8"))
    return found


def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    outside = [
        (page.name, address)
        for page, parsed in pages(site).items()
        for address in parsed.loaded
        if re.match(r"(\w+:)?//", address)
    ]
    assert outside == []
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert not re.search(r"url\([\"']?(https?:)?//|@import", text), sheet.name


def test_every_example_has_a_page(site: Path) -> None:
    parsed = pages(site)[site / "examples.html"]
    programs = [path.relative_to(ROOT) for path in ROOT.glob("examples/**/[!_]*.py")]
    assert {program.with_suffix(".html").as_posix() for program in programs} <= set(parsed.linked)


def test_the_reference_is_built(site: Path) -> None:
    identifiers = set().union(*(parsed.identifiers for parsed in pages(site).values()))
    assert [name for name in directives() if name not in identifiers] == []


@pytest.mark.parametrize("kind", streamparse.AnyMessageEvent.__args__)
def test_the_fields_of_every_event_are_shown(site: Path, kind: type) -> None:
    text = (site / "api" / "events.html").read_text(encoding="utf-8")
    about = text.partition(f'id="streamparse.{kind.__name__}"')[2].partition(
        '<h3 id="streamparse.'
    )[0]
    shown = re.findall(r'title="[^"]+">(\w+)</(?:span|a)></code></b>', about)
    assert shown == [*kind.__match_args__, "choice"]  # type: ignore[attr-defined]


def test_links_of_llms_txt_exist(site: Path) -> None:
    text = (site / "llms.txt").read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert links != []
    assert [link for link in links if not (site / link).is_file()] == []
