"""Drops records that were read before, and detects missing records; reads indexes.

A resumed stream repeats the records from a position that the caller requests. Each record has a
mark: the id of its server-sent event, or a number or id of its API. A record is a replay only if
both its mark and its content equal those of an earlier record, because some servers send one mark
for all records, and some restart the numbers for each item.
"""

from __future__ import annotations

from array import array
from typing import Any, Final
from zlib import crc32

from streamparse._core.plain import is_index
from streamparse._decoding.record import Record

__all__ = ["Ids", "Lane", "Numbers", "Sieve", "checksum", "index_of"]

_WATCHED: Final = 65_536  # the maximum number of marks that are remembered
_STEPS: Final = 2  # the steps of one after which numbers count as those of records
_ENOUGH: Final = 3  # the number of distinct ids that shows that each record has its own id
_HELD: Final = 16  # the maximum number of records that wait for a decision

# The results of `_judge`.
_NEW: Final = 0  # the record is new, and the marks identify records
_REPLAY: Final = 1
_MAYBE: Final = 2  # it looks like a replay, but the marks may not identify records
_UNDECIDED: Final = 3  # it is new, but an earlier record waits for a decision
_NO_MARK: Final = 4  # the marks do not identify records, so all records are new


class Sieve:
    """Decides which records are new, by their marks.

    The first records may not show whether the marks identify records. Then a record that looks like
    a replay waits, together with the records after it, until the marks of later records decide.

    Args:
        member: The name of the member with the mark; "" for the ids of server-sent events.
    """

    __slots__ = ("_held", "counts", "gap", "last", "member", "skipped")

    def __init__(self, member: str = "") -> None:
        self.member = member
        #: The mark of the last record; None before the first.
        self.last: Any = None
        #: Whether the marks may identify records. If they do not, no record is a replay.
        self.counts: bool = True
        #: The numbers before and after the first records that are missing; None if none are.
        self.gap: dict[str, int] | None = None
        self.skipped: int = 0  # the number of replays
        self._held: list[tuple[Record, bool]] = []  # the records that wait; whether each is new

    def takes(self, mark: Any) -> bool:
        """Return whether a value can be the mark of a record."""
        return isinstance(mark, str)

    def sift(self, mark: Any, content: str, record: Record) -> list[Record]:
        """Take a record and decide whether it is new.

        Args:
            mark: The number or id of the record.
            content: A text that differs between records, such as the delta.
            record: The record.

        Returns:
            The records to read now, in order.
        """
        return self.take(mark, checksum(content), record) if self.counts else [record]

    def expects(self, mark: Any) -> bool:
        """Return whether a record only continues the marks, so that it is certainly new."""
        return False

    def count_expected(self, total: int) -> None:
        """Count the record that `expects` has accepted, with the checksum of its content."""

    def take(self, mark: Any, total: int, record: Record) -> list[Record]:
        """Do what `sift` does, with the checksum of the content."""
        if not self.counts:
            return [record]
        verdict = self._judge(mark, total)
        if verdict == _NEW and not self._held:
            return [record]
        if verdict == _REPLAY:
            self.skipped += 1
            return []
        if verdict in (_MAYBE, _UNDECIDED):
            self._held.append((record, verdict == _UNDECIDED))
            return self.give_up() if len(self._held) > _HELD else []
        if verdict == _NO_MARK:
            return [*self.give_up(), record]
        self.skipped += len([one for one, is_new in self._held if not is_new])
        records = [one for one, is_new in self._held if is_new]
        self._held = []
        return [*records, record]

    def release(self) -> list[Record]:
        """Return the records that wait, because no further record will decide about them."""
        records = [one for one, _ in self._held]
        self._held = []
        return records

    def give_up(self) -> list[Record]:
        """Stop using the marks, which do not identify records; return the records that wait."""
        self.counts = False
        return self.release()

    def _judge(self, mark: Any, total: int) -> int:
        """Classify a record by its mark and its checksum."""
        raise NotImplementedError


class Ids(Sieve):
    """The ids of records, if the server gives each record its own id.

    If an id occurs again with different content, the server sends one id for all records or for
    each choice. If all ids are equal, two equal deltas must both be kept, so a repetition is a
    replay only after several distinct ids.
    """

    __slots__ = ("_sums",)

    def __init__(self, member: str = "") -> None:
        super().__init__(member)
        self._sums: dict[str, int] = {}  # the checksum of each record, by its id

    def give_up(self) -> list[Record]:
        self._sums = {}
        return super().give_up()

    def _judge(self, mark: Any, total: int) -> int:
        sums = self._sums
        known = sums.get(mark)
        repeats_last = mark == self.last
        if known is None:
            if len(sums) == _WATCHED:
                return _NO_MARK
            self.last = mark
            sums[mark] = total
            return _UNDECIDED if self._held and len(sums) < _ENOUGH else _NEW
        if known != total:
            return _NO_MARK
        enough = len(sums) >= (_ENOUGH if repeats_last or self._held else 2)
        return _REPLAY if enough else _MAYBE


class Numbers(Sieve):
    """The numbers of the records of one response, if they are consecutive.

    A number above the next expected one shows that records are missing, if the other numbers are
    consecutive. A known number with different content starts a new sequence, of the next response
    or the next item.
    """

    __slots__ = ("_first", "_jump", "_next", "_steps", "_sums")

    def __init__(self, member: str = "") -> None:
        super().__init__(member)
        self._first: int = 0
        self._next: int = 0  # the number after the last one
        self._steps: int = 0  # how often a number was the last one plus 1
        self._jump: dict[str, int] | None = None  # a gap, if the numbers turn out consecutive
        # The checksums of all records since the first; 0 in gaps.
        self._sums: array[int] = array("I")

    def takes(self, mark: Any) -> bool:
        return isinstance(mark, int) and not isinstance(mark, bool)

    def expects(self, mark: Any) -> bool:
        if type(mark) is not int or self.last is None or self._jump is not None:
            return False
        number: int = mark
        return number == self._next and self.counts and not self._held

    def count_expected(self, total: int) -> None:
        number = self._next
        self.last = number
        self._next = number + 1
        self._steps += 1
        if number - self._first < _WATCHED:
            self._sums.append(total)

    def _judge(self, mark: Any, total: int) -> int:
        number: int = mark
        if self.last is None or number < self._first:
            return self._restart(number, total)
        last: int = self.last
        if number == last + 1:
            self._steps += 1
            if self._jump is not None and self._steps >= _STEPS and self.gap is None:
                self.gap = self._jump
            self._count(number, total)
            undecided = self._held and self._jump is not None and self._steps < _STEPS
            return _UNDECIDED if undecided else _NEW
        if number > last:
            return self._leap(last, number, total)
        place = number - self._first
        known = self._sums[place] if place < len(self._sums) else 0
        if known and known != total:
            if self._steps < _STEPS:
                return _NO_MARK
            return self._restart(number, total)
        return _REPLAY if self._steps >= _STEPS else _MAYBE

    def _leap(self, last: int, number: int, total: int) -> int:
        """Classify a record whose number is above the next expected one."""
        few = self._steps < _STEPS
        if few and self._jump is not None:
            return _NO_MARK
        if self._jump is None:
            self._jump = {"after": last, "before": number}
        if not few and self.gap is None:
            self.gap = self._jump
        self._count(number, total)
        return _UNDECIDED if few and self._held else _NEW

    def _count(self, number: int, total: int) -> None:
        self.last = number
        self._next = number + 1
        place = number - self._first
        if place < _WATCHED:
            while len(self._sums) < place:
                self._sums.append(0)
            self._sums.append(total)

    def _restart(self, number: int, total: int) -> int:
        self._first = number
        self._steps = 0
        self._jump = None
        self._sums = array("I")
        held = bool(self._held)
        self._count(number, total)
        return _NO_MARK if held else _NEW


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


def checksum(content: str, start: int = 0) -> int:
    """Return the checksum of a text, or of the text with the checksum `start` and this one."""
    # `hash` differs between processes, so it would not survive a pickle.
    try:
        source = content.encode()
    except UnicodeEncodeError:
        source = content.encode("utf-8", "surrogatepass")
    return crc32(source, start)
