"""Fixtures of the tests of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests._cli.running import Runner


@pytest.fixture
def command(capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> Runner:
    return Runner(capfdbinary, tmp_path)
