"""The model of the discipline `typed`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


class Day(BaseModel):
    port: str
    hours: int


class Trip(BaseModel):
    title: str
    budget: float
    days: list[Day]
    by: Literal["ferry", "bus"]
