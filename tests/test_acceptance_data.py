"""Tests with JSONTestSuite: its verdicts hold for any chunking.

The suite is not in the repository; without it these tests are skipped.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers import Outcome, run, tokens
from tests.parts import cuttings


@pytest.fixture(scope="module")
def suite(shared_data: Path) -> dict[str, bytes]:
    """Return the content of the files by name."""
    folder = shared_data / "json_parsing" / "JSONTestSuite" / "test_parsing"
    if not folder.is_dir():
        pytest.skip("the test data has no JSONTestSuite")
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.json"))}


def outcomes(data: bytes) -> list[Outcome]:
    return [run(fragments) for fragments in cuttings(data)]


def test_valid_texts_are_accepted(suite: dict[str, bytes]) -> None:
    texts = {name: data for name, data in suite.items() if name.startswith("y_")}
    assert texts
    for name, data in texts.items():
        expected = tokens(json.loads(data))
        for outcome in outcomes(data):
            assert outcome.error is None, name
            assert outcome.value == expected, name
            assert outcome.done


def test_invalid_texts_are_rejected(suite: dict[str, bytes]) -> None:
    texts = {name: data for name, data in suite.items() if name.startswith("n_")}
    assert texts
    for name, data in texts.items():
        found = outcomes(data)
        assert found[0].error is not None, name
        assert [outcome.error for outcome in found] == [found[0].error] * len(found), name


def test_results_do_not_depend_on_the_chunking(suite: dict[str, bytes]) -> None:
    for name, data in suite.items():
        found = outcomes(data)
        assert found == [found[0]] * len(found), name
