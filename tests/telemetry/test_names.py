"""Tests of the names of attributes and metrics: they are distinct and documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streamparse.telemetry.names import ATTRIBUTES, CONVENTIONS, METRICS, OWN_METRICS

PAGE = Path(__file__).parents[2] / "docs" / "telemetry.md"


@pytest.mark.parametrize("generation", range(len(CONVENTIONS)))
def test_names_are_distinct(generation: int) -> None:
    for table in (ATTRIBUTES, METRICS):
        names = [both[generation] for both in table.values() if both[generation]]
        assert len(names) == len(set(names))


def test_page_lists_every_name() -> None:
    if not PAGE.is_file():
        pytest.skip("needs the pages")
    named = set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", PAGE.read_text(encoding="utf-8")))
    wanted = {name for table in (ATTRIBUTES, METRICS) for both in table.values() for name in both}
    wanted |= {name for name, _, _ in OWN_METRICS.values()}
    assert wanted - {""} - named == set()
