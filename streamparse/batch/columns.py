"""The Arrow schema of parsed answers, and the conversion of rows to record batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

__all__ = ["SCHEMA", "batch_of", "without_dictionaries"]

_WORD: Final = pa.dictionary(pa.int32(), pa.string())
_ERROR: Final = pa.struct(
    [
        pa.field("type", pa.string()),
        pa.field("code", pa.string()),
        pa.field("message", pa.string()),
        pa.field("offset", pa.int64()),
        pa.field("path", pa.string()),
    ]
)
_CALL: Final = pa.struct(
    [
        pa.field("index", pa.int32()),
        pa.field("id", pa.string()),
        pa.field("name", pa.string()),
        pa.field("kind", pa.string()),
        pa.field("status", pa.string()),
        pa.field("arguments", pa.large_string()),
        pa.field("arguments_text", pa.large_string()),
        pa.field("errors", pa.list_(_ERROR)),
    ]
)
_USAGE: Final = pa.struct(
    [
        pa.field("input_tokens", pa.int64()),
        pa.field("cached_tokens", pa.int64()),
        pa.field("cache_write_tokens", pa.int64()),
        pa.field("output_tokens", pa.int64()),
        pa.field("reasoning_tokens", pa.int64()),
        pa.field("total_tokens", pa.int64()),
        pa.field("raw", pa.string()),
    ]
)
_REPAIR: Final = pa.struct(
    [
        pa.field("code", pa.string()),
        pa.field("offset", pa.int64()),
        pa.field("path", pa.string()),
        pa.field("call", pa.int32()),
    ]
)

#: The columns of `parse_batches`; `docs/batch.md` describes each.
SCHEMA: Final = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("id", pa.string()),
        pa.field("bytes", pa.int64()),
        pa.field("api", _WORD),
        pa.field("model", pa.string()),
        pa.field("message_id", pa.string()),
        pa.field("choice", pa.int32(), nullable=False),
        pa.field("status", _WORD, nullable=False),
        pa.field("finish_reason", _WORD),
        pa.field("raw_finish_reason", pa.string()),
        pa.field("text", pa.large_string()),
        pa.field("reasoning", pa.large_string()),
        pa.field("refusal", pa.large_string()),
        pa.field("output", pa.large_string()),
        pa.field("calls", pa.list_(_CALL)),
        pa.field("usage", _USAGE),
        pa.field("error", _ERROR),
        pa.field("repairs", pa.list_(_REPAIR)),
        pa.field("metadata", pa.large_string()),
    ]
)


def without_dictionaries(schema: pa.Schema) -> pa.Schema:
    """Replace dictionary-encoded strings by plain ones, for engines such as Spark.

    Args:
        schema: The schema, usually `SCHEMA`.

    Returns:
        The schema without dictionary types.
    """
    plain = [pa.field(one.name, pa.string()) if one.type == _WORD else one for one in schema]
    return pa.schema(plain)


def batch_of(rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    """Convert rows to a record batch.

    Args:
        rows: Rows that `RowParser.rows` returned.

    Returns:
        A record batch with the schema `SCHEMA`.
    """
    columns = [_array([row[field.name] for row in rows], field.type) for field in SCHEMA]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def _array(values: list[Any], kind: pa.DataType) -> pa.Array:
    """Return the values as an array of one type; the fields of structs are converted separately."""
    if pa.types.is_struct(kind):
        absent = pa.array([value is None for value in values], pa.bool_())
        children = [
            _array([None if value is None else value[field.name] for value in values], field.type)
            for field in kind
        ]
        return pa.StructArray.from_arrays(children, fields=list(kind), mask=absent)
    if pa.types.is_list(kind):
        offsets, flat = [0], []
        for value in values:
            flat += value
            offsets.append(len(flat))
        inner = _array(flat, kind.value_type)
        return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), inner, type=kind)
    return _texts(values, kind)


def _texts(values: list[Any], kind: pa.DataType) -> pa.Array:
    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:
        # Arrow stores text as UTF-8, which cannot encode lone surrogates.
        return pa.array([_whole(value) for value in values], kind)


def _whole(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
