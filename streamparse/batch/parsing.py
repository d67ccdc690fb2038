"""`parse_batches`: parses a column of Arrow record batches into record batches of answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa

from streamparse.batch.columns import SCHEMA, batch_of
from streamparse.batch.rows import RowParser

__all__ = ["parse_batches"]


def parse_batches(
    batches: Iterable[pa.RecordBatch | pa.Table],
    *,
    column: str = "body",
    id: str | None = None,
    **options: Any,
) -> Iterator[pa.RecordBatch]:
    """Parse the answers in a column of Arrow record batches.

    A row never raises an exception: its error is in the column `error`. The order of rows is kept.
    The column `row` is the number of the input row, counted from 0. An input row with several
    choices becomes several output rows with the same number.

    Args:
        batches: Record batches or tables, such as those of `pyarrow.dataset` or of an engine.
        column: The column to parse: text, bytes or structs. `unwrap` lists the accepted values.
        id: The column with the ids of rows, used where the envelope of a row has no id.
        options: The options of `MessageParser`.

    Returns:
        An iterator of record batches with the schema `SCHEMA`, one for each input batch.

    Raises:
        KeyError: A batch has no such column.
        ValueError: An option has an invalid value.
        TypeError: An option has the wrong type.

    >>> texts = pa.RecordBatch.from_pydict({"body": ["Good morning.", None]})
    >>> [batch] = parse_batches([texts], api="text")
    >>> batch["status"].to_pylist()
    ['complete', 'failed']
    """
    return _parsed(batches, column, id, RowParser(**options))


def _parsed(
    batches: Iterable[pa.RecordBatch | pa.Table], column: str, id: str | None, parser: RowParser
) -> Iterator[pa.RecordBatch]:
    number = 0
    for batch in batches:
        identities = None if id is None else batch.column(id)
        rows: list[dict[str, Any]] = []
        for place, value in enumerate(batch.column(column)):
            identity = None if identities is None else identities[place].as_py()
            named = None if identity is None else str(identity)
            rows += parser.rows(value.as_py(), number, named)
            number += 1
        yield batch_of(rows) if rows else pa.RecordBatch.from_pylist([], schema=SCHEMA)
