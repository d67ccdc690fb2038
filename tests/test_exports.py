"""The public names: each module lists its own, and the package offers exactly their union."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import streamparse

# The modules whose names the package offers.
EXPORTED = (
    "_decoding.jsonl",
    "_decoding.sse",
    "_drivers.json_stream",
    "_drivers.stream",
    "coalesce",
    "dialect",
    "errors",
    "event_records",
    "events",
    "json_parser",
    "limits",
    "message",
    "message_events",
    "message_parser",
    "metrics",
    "patches",
    "paths",
)
OWN = {"COMPILED", "__version__"}


def public_modules() -> list[str]:
    stems = (path.stem for path in Path(streamparse.__file__).parent.glob("*.py"))
    return sorted(stem for stem in stems if not stem.startswith("_"))


def listed(module: str) -> list[str]:
    names = importlib.import_module(f"streamparse.{module}").__all__
    assert isinstance(names, list)
    return names


@pytest.mark.parametrize("module", public_modules())
def test_public_module_lists_its_names(module: str) -> None:
    names = listed(module)
    assert names == sorted(set(names))
    for name in names:
        assert hasattr(importlib.import_module(f"streamparse.{module}"), name)


def test_package_offers_the_union() -> None:
    expected = OWN.union(*(listed(module) for module in EXPORTED))
    assert streamparse.__all__ == sorted(expected)


@pytest.mark.parametrize("module", EXPORTED)
def test_package_offers_the_same_objects(module: str) -> None:
    source = importlib.import_module(f"streamparse.{module}")
    for name in listed(module):
        assert getattr(streamparse, name) is getattr(source, name)


def test_own_names() -> None:
    assert isinstance(streamparse.COMPILED, bool)
    assert isinstance(streamparse.__version__, str)
