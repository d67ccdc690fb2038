"""`parse_batches`: Arrow record batches in, parsed answers as record batches out."""

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
    """Parse one answer a row and yield record batches of `SCHEMA`, one for each batch.

    A row never raises: what is wrong with it is in its column `error`. Order is kept. `row` counts
    the rows of the input from 0; a row with several choices becomes several rows with one number.

    Args:
        batches: Record batches or tables, such as those of `pyarrow.dataset` or of an engine.
        column: The column to parse: text, bytes or structs. See `unwrap` for what a value may be.
        id: The column that identifies a row, for values without an envelope that does.
        options: The options of `MessageParser`.

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
