"""Where a record belongs: its index, whether it was read before, whether it is of another stream.

A resumed stream sends records again, by as much as the caller asks for. A record is skipped only
if its number or id and its content agree with those of a record that was read: servers exist that
send one number or one id for all, or that count each item anew.
"""

from __future__ import annotations

from typing import Any, Final
from zlib import crc32

from streamparse._core.plain import is_index

__all__ = ["Lane", "Numbers", "SeenIds", "index_of"]

_WATCHED: Final = 65_536  # ids that are remembered; beyond, nothing is skipped any more
_STEPS: Final = 2  # steps of one, before numbers are taken for those of records
_ENOUGH: Final = 3  # distinct ids, before a record that repeats the last one is taken for a replay


class SeenIds:
    """The ids of the records so far, as long as the server gives each record its own.

    A record is a replay if its id was seen before with the same content. An id that comes with
    other content shows that ids do not name records here (one id for all, one for each choice):
    from then on nothing is a replay. A constant id must not cost one of two equal deltas, so the
    record that came last is taken for a replay only after some distinct ids.

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
        """Was this record read before?"""
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

    A number that is no step of one starts a new count: the next response's, the next item's, or
    that of a server whose numbers mean something else. What came before is then forgotten.
    """

    __slots__ = ("first", "last", "sums")

    def __init__(self) -> None:
        self.first: int = 0
        self.last: int = -1
        self.sums: list[int] = []  # checksums of what the records said

    def is_replay(self, number: int, content: str, kind: int = 0) -> bool:
        """Whether the record with this number was read before; otherwise it is now.

        Args:
            number: The number in the record.
            content: What the record says.
            kind: A number for its type; the same content of another type is another record.
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
    """The stream on a shared connection that a message belongs to: that of its first record."""

    __slots__ = ("name",)

    def __init__(self) -> None:
        self.name: Any = None

    def is_other(self, data: dict[str, Any]) -> bool:
        """Whether this record belongs to another stream."""
        name = data.get("stream_id")
        if not isinstance(name, (str, int)) or name == "":
            return False
        if self.name is None:
            self.name = name
        return bool(name != self.name)


def index_of(value: Any) -> int | None:
    """An index, which some servers write as text; None: there is none."""
    if type(value) is int and 0 <= value < 256:
        return value  # by far the most
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 10:
        value = int(value)
    return value if is_index(value) and value >= 0 else None


def _sum_of(content: str, start: int = 0) -> int:
    # Not `hash`, which differs between processes and so would not survive a pickle.
    try:
        source = content.encode()
    except UnicodeEncodeError:
        source = content.encode("utf-8", "surrogatepass")
    return crc32(source, start)
