"""The usage records of one answer, and sums of usages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Final

from streamparse._core.flat import equal
from streamparse._core.plain import weight_of
from streamparse._core.room import Room
from streamparse.message import Message, Usage

__all__ = ["TOKEN_COUNTS", "UsageRecords", "sum_of_usages"]

#: The attributes of a `Usage` that are counts.
TOKEN_COUNTS: Final = (
    "input_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "total_tokens",
)

# Usage records have about ten members; one with more replaces the earlier one.
_LARGEST_USAGE: Final = 100
_DEEPEST_USAGE: Final = 2


class UsageRecords:
    """Keeps the usage of a message, which later records complete or replace."""

    __slots__ = ("message", "room", "weight")

    _init_types: ClassVar[tuple[Any, ...]] = (Message, Room)

    def __init__(self, message: Message, room: Room) -> None:
        self.message: Message = message
        self.room: Room = room
        self.weight: int = 0  # the characters that the usage takes of `room`

    def completed(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Return a record, completed by the earlier ones.

        A member that it lacks, or has as zero, keeps its earlier value.
        """
        known = self.message.usage
        return raw if known is None else _merged(known.raw, raw)

    def added(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Return the sum of a record and the earlier ones."""
        known = self.message.usage
        return raw if known is None else _sum(known.raw, raw)

    def replace(self, usage: Usage) -> bool:
        """Replace the usage; return whether it changed."""
        known = self.message.usage
        if known is not None and _is_same(usage, known):
            return False
        weight = weight_of(usage.raw)
        self.room.give_back(self.weight)
        self.room.take(weight)
        self.weight = weight
        self.message.usage = usage
        return True


def _is_same(usage: Usage, known: Usage) -> bool:
    # Most records count more tokens than the one before, so the counts are compared first.
    if usage.output_tokens != known.output_tokens or usage.total_tokens != known.total_tokens:
        return False
    return equal(usage.to_dict(), known.to_dict())


def _merged(known: dict[str, Any], new: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    """Return a usage record, completed by an earlier one, with the details in it."""
    if len(known) > _LARGEST_USAGE:
        return new
    merged = dict(known)
    for key, value in new.items():
        old = merged.get(key)
        if isinstance(old, dict) and isinstance(value, dict) and depth < _DEEPEST_USAGE:
            merged[key] = _merged(old, value, depth + 1)
        elif not old or value or isinstance(value, bool):
            merged[key] = value
    return merged


def _sum(known: dict[str, Any], new: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    """Return a usage record whose counts are those of two records, with the details in them."""
    summed = _merged(known, new)
    for key in known.keys() & new.keys():
        old, value = known[key], new[key]
        if isinstance(old, dict) and isinstance(value, dict) and depth < _DEEPEST_USAGE:
            summed[key] = _sum(old, value, depth + 1)
        elif type(old) is int and type(value) is int:
            summed[key] = old + value
    return summed


def sum_of_usages(usages: Iterable[Usage | None]) -> Usage | None:
    """Return the sum of the counts that are known, or None if none is."""
    counts: dict[str, Any] = {}
    for usage in usages:
        for name in TOKEN_COUNTS:
            count = getattr(usage, name, None)
            if count is not None:
                counts[name] = counts.get(name, 0) + count
    return Usage(**counts) if counts else None
