"""Values of a program as plain JSON data: what a tool returns, for the provider."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["jsonable"]


def jsonable(value: Any) -> Any:
    """Return a value as plain data, with models, dataclasses, dates, sets and enums in it.

    Raises:
        TypeError: Something in it has no JSON.
        ValueError: A number in it is not finite.

    >>> from datetime import date
    >>> jsonable({"day": date(2026, 5, 23), "sizes": (1, 2)})
    {'day': '2026-05-23', 'sizes': [1, 2]}
    """
    return json.loads(json.dumps(value, default=_plain, allow_nan=False))


def _plain(value: Any) -> Any:
    """Convert one object for `json.dumps`, which calls this again for the objects in it."""
    # Imported here: few programs need these modules.
    from dataclasses import fields, is_dataclass
    from datetime import date, time
    from decimal import Decimal
    from enum import Enum
    from pathlib import PurePath
    from uuid import UUID

    if callable(getattr(value, "model_dump", None)):
        return value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return list(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (Decimal, PurePath, UUID)):
        return str(value)
    name = type(value).__name__
    raise TypeError(f"a result must be JSON data, a model or a dataclass, not {name}")
