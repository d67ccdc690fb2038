"""Tests of the conversion of rows to record batches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

pa = pytest.importorskip("pyarrow", reason="needs pyarrow")

from streamparse.batch import SCHEMA, RowParser  # noqa: E402
from streamparse.batch.columns import batch_of, without_dictionaries  # noqa: E402
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


def test_lone_surrogates_beside_missing_values() -> None:
    row = RowParser().rows(BODY)[0]
    rows = [{**row, "model": None}, {**row, "row": 1, "model": "m\udc00\ud83d\ude00"}]
    batch = batch_of(rows)
    batch.validate(full=True)
    assert batch["model"].to_pylist() == [None, "m\ufffd\U0001f600"]


def test_a_schema_without_dictionaries() -> None:
    plain = without_dictionaries(SCHEMA)
    assert plain.names == SCHEMA.names
    assert not [field.name for field in plain if pa.types.is_dictionary(field.type)]
    for field in SCHEMA:
        if pa.types.is_dictionary(field.type):
            assert plain.field(field.name).type == pa.string()
        else:
            assert plain.field(field.name) == field
    assert without_dictionaries(plain) == plain
    batch = batch_of(RowParser().rows(BODY))
    values = pa.Table.from_batches([batch]).cast(plain).to_pylist()
    assert values == batch.to_pylist()
