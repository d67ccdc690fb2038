"""Tests with published samples of all formats, read whole and in pieces.

The samples are kept outside the repository; without them these tests are skipped.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from streamparse._answers.tools import Tools
from streamparse.message import Message
from tests.formats.checks import check_events, check_growth, check_nothing_lost, run
from tests.helpers import cut


@pytest.fixture(scope="module")
def vectors(shared_data: Path) -> list[dict[str, Any]]:
    path = shared_data / "tool_vectors.jsonl"
    if not path.is_file():
        pytest.skip("the test data has no tool_vectors.jsonl")
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [row for row in rows if not row.get("optional")]


def options_of(row: dict[str, Any]) -> dict[str, Any]:
    return {"tools": row["tools"], **row.get("init", {})}


def expected(row: dict[str, Any]) -> tuple[str, str, list[Any]]:
    """Return the content, the reasoning, and the calls with their arguments."""
    wanted = row["expect"]
    calls = [
        (call["name"], call["arguments"], _status(call, row), call.get("id"))
        for call in wanted["calls"]
    ]
    return (wanted["content"] or "").strip(), (wanted.get("reasoning") or "").strip(), calls


def _status(call: dict[str, Any], row: dict[str, Any]) -> str:
    """Return "truncated", or the result of validation by the schema of the tool."""
    if not call.get("complete", True):
        return "truncated"
    tool = None if row["tools"] is None else Tools(row["tools"]).find(call["name"])
    if tool is None:
        return "complete"
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(tool.schema() or {})
    return "complete" if validator.is_valid(call["arguments"]) else "rejected"


def shown(message: Message, row: dict[str, Any]) -> tuple[str, str, list[Any]]:
    wanted = row["expect"]["calls"]
    calls = []
    for number, call in enumerate(message.tool_calls):
        has_id = number < len(wanted) and wanted[number].get("id")
        calls.append((call.name, call.partial or {}, call.status, call.id if has_id else None))
    return message.text.strip(), message.reasoning.strip(), calls


def test_each_sample_gives_its_expected_result(vectors: list[dict[str, Any]]) -> None:
    assert vectors
    for row in vectors:
        found = run(row["format"], [row["text"]], **options_of(row))
        assert found.error is None
        assert shown(found.message, row) == expected(row), row["id"]
        check_events(found)
        suffix = row.get("init", {}).get("suffix", "")
        check_nothing_lost(row["text"], row["format"], found, suffix)


def test_samples_in_pieces(vectors: list[dict[str, Any]]) -> None:
    for row in vectors:
        text, options = row["text"], options_of(row)
        whole = run(row["format"], [text], **options).reading
        choose = random.Random(row["id"])
        for sizes in ([1], [2], [choose.randrange(12) for _ in range(7)]):
            assert run(row["format"], cut(text, sizes), **options).reading == whole, row["id"]


def test_values_of_samples_only_grow(vectors: list[dict[str, Any]]) -> None:
    for row in vectors:
        check_growth(row["format"], cut(row["text"], [3]), **options_of(row))
