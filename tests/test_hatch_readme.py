"""Tests of the README that is written for package indexes."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def module() -> ModuleType:
    pytest.importorskip("hatchling", reason="needs hatchling")
    spec = importlib.util.spec_from_file_location("hatch_readme", ROOT / "hatch_readme.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def described(module: ModuleType, **metadata: Any) -> str:
    module.ReadmeHook(str(ROOT), {}).update(metadata)
    assert metadata["readme"]["content-type"] == "text/markdown"
    text: str = metadata["readme"]["text"]
    return text


def test_without_an_address_links_are_unchanged(module: ModuleType) -> None:
    assert described(module) == README


def test_with_an_address_all_links_are_absolute(module: ModuleType) -> None:
    text = described(module, urls={"Repository": "https://example.org/streamparse/"})
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert len(links) == len(re.findall(r"\]\(([^)]+)\)", README))
    assert [link for link in links if not link.startswith("https://")] == []
    start = "https://example.org/streamparse"
    assert re.search(rf"\]\({start}/blob/v[\d.]+\w*/docs/index\.md\)", text)
    assert re.search(rf"!\[[^\]]+\]\({start}/raw/v[\d.]+\w*/docs/benchmark\.svg\)", text)


def test_links_inside_a_page_and_to_other_hosts_are_unchanged(module: ModuleType) -> None:
    text = "[a](#part) [b](https://example.com/x) [c](mailto:x@example.com)"
    assert module.absolute(text, "https://example.org/p", "1.0") == text
