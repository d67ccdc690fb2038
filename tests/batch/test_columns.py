"""Tests of the conversion of rows to record batches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

pa = pytest.importorskip("pyarrow", reason="needs pyarrow")

from streamparse.batch import SCHEMA, RowParser  # noqa: E402
from streamparse.batch.columns import batch_of  # noqa: E402
from tests.batch.test_rows import BODY  # noqa: E402
from tests.strategies import ANY_TEXTS  # noqa: E402


def test_batches_have_the_values_of_rows() -> None:
    rows = [*RowParser().rows(BODY), *RowParser().rows(None, 1)]
    batch = batch_of(rows)
    assert batch.schema == SCHEMA
    batch.validate(full=True)
    assert batch.to_pylist() == rows


def test_large_counts_and_lone_surrogates() -> None:
    body = {**BODY, "id": "a\ud800", "usage": {"prompt_tokens": 2**70, "completion_tokens": 1}}
    batch = batch_of(RowParser().rows(body))
    assert batch["message_id"][0].as_py() == "a\ufffd"
    assert batch["usage"][0].as_py()["input_tokens"] == 2**63 - 1


@given(st.lists(ANY_TEXTS, max_size=5))
def test_any_texts(texts: list[str]) -> None:
    parser = RowParser(api="text", output=object)
    rows = [row for place, text in enumerate(texts) for row in parser.rows(text, place)]
    batch = batch_of(rows)
    batch.validate(full=True)
    assert batch["row"].to_pylist() == list(range(len(texts)))
    assert batch["status"].to_pylist() == [row["status"] for row in rows]
