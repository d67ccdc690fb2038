"""Tests of streamparse.encoders.losses: the documentation has the same table."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamparse.encoders.losses import LOSSES

PAGE = Path(__file__).parents[2] / "docs" / "encoders.md"


def test_the_documentation_lists_the_losses() -> None:
    if not PAGE.is_file():
        pytest.skip("needs the documentation")
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    for api, losses in LOSSES.items():
        for name, sentence in losses.items():
            assert f"| {name} | {sentence} |" in text, (api, name)
