"""Tests of streamparse._core.jsonable: Python objects become plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timezone
from decimal import Decimal
from enum import Enum
from pathlib import PurePosixPath
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

import pytest
from pydantic import BaseModel

from streamparse._core.jsonable import jsonable


class Colour(Enum):
    RED = "red"


class Plant(BaseModel):
    name: str
    day: date


class Point(NamedTuple):
    x: int
    y: int


@dataclass
class Bed:
    plants: list[Plant]
    size: Point
    kind: ClassVar[str] = "bed"
    tags: set[str] = field(default_factory=lambda: {"a"})


FERN = Plant(name="fern", day=date(2026, 5, 23))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("text", "text"),
        ({"a": [1, 2.5, True, None]}, {"a": [1, 2.5, True, None]}),
        ((1, 2), [1, 2]),
        (FERN, {"name": "fern", "day": "2026-05-23"}),
        (
            {"beds": [Bed([FERN], Point(1, 2))]},
            {
                "beds": [
                    {
                        "plants": [{"name": "fern", "day": "2026-05-23"}],
                        "size": [1, 2],
                        "tags": ["a"],
                    }
                ]
            },
        ),
        (datetime(2026, 5, 23, tzinfo=timezone.utc), "2026-05-23T00:00:00+00:00"),
        (time(8, 30), "08:30:00"),
        ([Colour.RED, Decimal("1.50"), PurePosixPath("a/b"), UUID(int=0)], None),
        (frozenset(), []),
        ({1: "one"}, {"1": "one"}),
    ],
)
def test_values(value: Any, expected: Any) -> None:
    if expected is None and value is not None:
        expected = ["red", "1.50", "a/b", "00000000-0000-0000-0000-000000000000"]
    assert jsonable(value) == expected


@pytest.mark.parametrize("value", [object(), b"bytes", [Bed], {"a": 1j}])
def test_objects_without_a_json_form_are_rejected(value: Any) -> None:
    with pytest.raises(TypeError, match="a result must be JSON data"):
        jsonable(value)


def test_a_number_that_is_not_finite() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        jsonable([float("nan")])
