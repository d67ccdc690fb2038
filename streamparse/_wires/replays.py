"""`SeenIds`: recognizes the records that a resumed stream sends again."""

from __future__ import annotations

from typing import Final
from zlib import crc32

__all__ = ["SeenIds"]

_WATCHED: Final = 65_536  # ids that are remembered; beyond, nothing is skipped any more
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
        # Not `hash`, which differs between processes and so would not survive a pickle.
        total = crc32(content.encode("utf-8", "surrogatepass"))
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
