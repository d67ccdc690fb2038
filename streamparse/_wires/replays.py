"""Detects records that were read before, and records of another stream; reads indexes.

A resumed stream repeats records, from the one that the caller asks for. A record is skipped only if
its number or id and its content agree with those of a record that was read, because some servers
send one number or one id for all records, and some count from the start for each item.
"""

from __future__ import annotations

from typing import Any, Final
from zlib import crc32

from streamparse._core.plain import is_index

__all__ = ["Lane", "Numbers", "SeenIds", "index_of"]

_WATCHED: Final = 65_536  # the ids that are remembered; after more, nothing is skipped
_STEPS: Final = 2  # the steps of one after which numbers count as those of records
_ENOUGH: Final = 3  # the distinct ids after which a repetition of the last record is a replay


class SeenIds:
    """The ids of the records so far, as long as the server gives each record its own.

    A record is a replay if its id came before with the same content. An id with other content shows
    that the server does not give each record its own (one for all, or one for each choice). From
    then on nothing is a replay. If all ids are equal, one of two equal deltas must not get lost, so
    a repetition of the last record is a replay only after some distinct ids.

    >>> seen = SeenIds()
    >>> [seen.is_replay(*record) for record in (("1", "a"), ("2", "b"), ("1", "a"), ("2", "b"))]
    [False, False, True, True]
    """

    __slots__ = ("_distinct", "_last", "_sums")

    def __init__(self) -> None:
        self._distinct: bool = True
        self._last: str = ""
        self._sums: dict[str, int] = {}

    def is_replay(self, identity: str, content: str) -> bool:
        """Return whether this record was read before."""
        if not self._distinct:
            return False
        total = _sum_of(content)
        known = self._sums.get(identity)
        repeats_last = identity == self._last
        self._last = identity
        if known is None:
            self._sums[identity] = total
            self._distinct = len(self._sums) <= _WATCHED
        elif known == total and len(self._sums) >= (_ENOUGH if repeats_last else 2):
            return True
        else:
            self._distinct = False
        if not self._distinct:
            self._sums = {}
        return False


class Numbers:
    """The numbers of the records of one response, as long as they count by ones.

    Any other number starts a new count: that of the next response, of the next item, or of a server
    whose numbers mean something else. The earlier numbers are then forgotten.
    """

    __slots__ = ("first", "last", "sums")

    def __init__(self) -> None:
        self.first: int = 0
        self.last: int = -1
        self.sums: list[int] = []  # the checksums of the records

    def is_replay(self, number: int, content: str, kind: int = 0) -> bool:
        """Return whether the record with this number was read before.

        Args:
            number: The number in the record.
            content: A text that differs between records, such as the delta.
            kind: The number of its type; the same content of another type is another record.
        """
        total = _sum_of(content, kind)
        steps = self.last - self.first
        if number == self.last + 1 and steps >= 0:
            self.last = number
            if len(self.sums) < _WATCHED:
                self.sums.append(total)
            return False
        place = number - self.first
        is_known = steps >= _STEPS and 0 <= place <= steps
        if is_known and (place >= len(self.sums) or self.sums[place] == total):
            return True
        self.first = self.last = number
        self.sums = [total]
        return False


class Lane:
    """The stream of a message on a shared connection: that of its first record."""

    __slots__ = ("name",)

    def __init__(self) -> None:
        self.name: Any = None

    def is_other(self, data: dict[str, Any]) -> bool:
        """Return whether this record belongs to another stream."""
        name = data.get("stream_id")
        if not isinstance(name, (str, int)) or name == "":
            return False
        if self.name is None:
            self.name = name
        return bool(name != self.name)


def index_of(value: Any) -> int | None:
    """Return an index, which some servers write as text; None if there is none."""
    if type(value) is int and 0 <= value < 256:
        return value  # a shortcut for nearly all
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 10:
        value = int(value)
    return value if is_index(value) and value >= 0 else None


def _sum_of(content: str, start: int = 0) -> int:
    # `hash` differs between processes, so it would not survive a pickle.
    try:
        source = content.encode()
    except UnicodeEncodeError:
        source = content.encode("utf-8", "surrogatepass")
    return crc32(source, start)
