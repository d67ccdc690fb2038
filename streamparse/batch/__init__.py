"""Parses many recorded answers into a table. `parse_batches` needs the extra `arrow`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streamparse.batch.envelopes import Enveloped, unwrap
from streamparse.batch.rows import RowParser

if TYPE_CHECKING:
    from streamparse.batch.columns import SCHEMA
    from streamparse.batch.parsing import parse_batches

__all__ = ["SCHEMA", "Enveloped", "RowParser", "parse_batches", "unwrap"]


def __getattr__(name: str) -> Any:
    """Import the names that need pyarrow on first access (PEP 562)."""
    if name == "SCHEMA":
        from streamparse.batch.columns import SCHEMA

        return SCHEMA
    if name == "parse_batches":
        from streamparse.batch.parsing import parse_batches

        return parse_batches
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
