"""Tests of `parse_batches` with Arrow record batches and tables."""

from __future__ import annotations

import json
from typing import Any

import pytest

pa = pytest.importorskip("pyarrow", reason="needs pyarrow")

from streamparse.batch import SCHEMA, parse_batches  # noqa: E402
from tests.batch.test_rows import BODY  # noqa: E402

LINES = [
    json.dumps({"custom_id": "one", "response": {"status_code": 200, "body": BODY}}),
    "data: not a stream",
    None,
    json.dumps({"custom_id": "late", "response": None, "error": {"code": "batch_expired"}}),
]


def table() -> Any:
    return pa.table({"body": LINES, "name": ["a", "b", "c", "d"]})


def test_order_and_identity() -> None:
    found = pa.Table.from_batches(parse_batches(table().to_batches(2), id="name"))
    assert found.schema == SCHEMA
    assert found["row"].to_pylist() == [0, 0, 1, 2, 3]
    assert found["id"].to_pylist() == ["one", "one", "b", "c", "late"]
    assert found["status"].to_pylist() == ["complete", "truncated", "failed", "failed", "failed"]


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_results_do_not_depend_on_the_batches(size: int) -> None:
    whole = pa.Table.from_batches(parse_batches([table()]))
    parts = pa.Table.from_batches(parse_batches(table().to_batches(size)))
    assert parts.to_pylist() == whole.to_pylist()


def test_bytes_and_structs() -> None:
    data = pa.array([line.encode() for line in LINES if line], pa.large_binary())
    assert [len(batch) for batch in parse_batches([pa.table({"x": data})], column="x")] == [4]
    bodies = pa.table({"body": [{"custom_id": "s", "result": {"type": "expired"}}]})
    [batch] = parse_batches([bodies])
    assert batch["id"].to_pylist() == ["s"]


def test_empty_batches_and_wrong_options() -> None:
    empty = pa.table({"body": pa.array([], pa.string())})
    [batch] = parse_batches([empty])
    assert (len(batch), batch.schema) == (0, SCHEMA)
    with pytest.raises(KeyError):
        list(parse_batches([empty], column="other"))
    with pytest.raises(ValueError, match="api"):
        parse_batches([empty], api="none")
