r"""Regular expressions, asked after each character whether they can still match.

A pattern is read by the parser of Python's own `re` and walked as a set of places that are
possible at once, each such set being worked out once: bounded work per character, whatever the
cut. (Partial matching of the whole text again would be quadratic.)

An automaton that is `exact` gives the same verdict as `re.search`, in time linear in the text. One
that is not has met something it cannot follow (a lookahead, `\b`, a back reference) and takes it
for possible: it refuses only what cannot match, and `re` decides at the end.
"""

from __future__ import annotations

import re
from typing import Any, Final

try:
    from re import _parser as _sre  # type: ignore[attr-defined,unused-ignore]
except ImportError:  # Python 3.10
    import sre_parse as _sre  # type: ignore[import-not-found,no-redef,unused-ignore]

_parse: Any = _sre.parse

_LARGEST: Final = 4000  # places of one pattern
_MEMO: Final = 2000  # sets of places that are remembered
_CHARS: Final = 300  # characters remembered for each

_CATEGORIES: Final = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}
_UNICODE: Final = int(re.UNICODE)
# Places with a meaning of their own.
_DONE: Final = 0  # matched: whatever follows
_AT_END: Final = 1  # behind `$`: the end, or a line feed and the end
_ENDED: Final = 2  # behind `\Z`


class UnknownPattern(Exception):
    """No automaton can be made of this pattern."""


class Test:
    """Which characters lead on from a place."""

    def __init__(self) -> None:
        self.negated: bool = False
        self.any: bool = False
        self.chars: set[str] = set()
        self.ranges: list[tuple[str, str]] = []
        self.categories: list[Any] = []

    def holds(self, char: str) -> bool:
        return self._among(char) != self.negated

    def _among(self, char: str) -> bool:
        if self.any or char in self.chars:
            return True
        for first, last in self.ranges:
            if first <= char <= last:
                return True
        return any(category.match(char) is not None for category in self.categories)


class Spots:
    """A set of places that are possible at once, and where each character leads from there."""

    def __init__(self, places: tuple[int, ...]) -> None:
        self.places = places
        self.next: dict[str, Spots] = {}

    @property
    def dead(self) -> bool:
        return not self.places

    @property
    def accepts(self) -> bool:
        """Does the pattern match if the text ends here?"""
        return bool(self.places) and self.places[0] <= _ENDED


class Automaton:
    """One pattern. Immutable but for its memo, so it is shared."""

    def __init__(self, pattern: str) -> None:
        self.tests: list[Test | None] = [None, None, None]
        self.leads: list[int] = [_DONE, _DONE, _DONE]  # where a character that holds leads
        self.free: list[list[int]] = [[], [], []]  # where nothing at all leads
        self.begins: list[list[int]] = [[], [], []]  # the same, at the beginning only
        feed = Test()
        feed.chars.add("\n")
        self.tests[_AT_END] = feed
        self.leads[_AT_END] = _ENDED
        self.memo: dict[tuple[int, ...], Spots] = {}
        #: Is its verdict that of `re.search`?
        self.exact: bool = True
        tree = _parse(pattern)
        if int(tree.state.flags) & ~_UNICODE:
            raise UnknownPattern(pattern)
        first = self._sequence(tree, _DONE)
        #: Where a match may begin behind the first character; empty for an anchored pattern.
        self.anywhere: list[int] = list(self._reached([first], False))
        self.start: Spots = self.spots(self._reached([first], True))  # never forgotten

    def matches(self, text: str) -> bool:
        """The verdict on a whole text."""
        spots = self.start
        for char in text:
            following = spots.next.get(char)
            if following is None:
                following = self.step(spots, char)
            spots = following
            if not spots.places or spots.places[0] == _DONE:
                break
        return spots.accepts

    def step(self, spots: Spots, char: str) -> Spots:
        """Where a character leads."""
        found = spots.next.get(char)
        if found is None:
            found = self._step(spots, char)
            if len(spots.next) < _CHARS:
                spots.next[char] = found
        return found

    def _step(self, spots: Spots, char: str) -> Spots:
        if spots.places and spots.places[0] == _DONE:
            return spots
        reached: list[int] = []
        for place in spots.places:
            test = self.tests[place]
            if test is not None and test.holds(char):
                reached.append(self.leads[place])
        return self.spots(self._reached(reached + self.anywhere, False))

    def spots(self, places: tuple[int, ...]) -> Spots:
        """The one object for a set of places."""
        found = self.memo.get(places)
        if found is None:
            if len(self.memo) >= _MEMO:
                self._forget()
            found = Spots(places)
            self.memo[places] = found
        return found

    def _forget(self) -> None:
        """Let go of all sets: each leads to others, so one that is held would hold them all."""
        known = self.memo
        self.memo = {self.start.places: self.start}
        for spots in list(known.values()):  # another thread may still add some
            spots.next = {}

    def _reached(self, places: list[int], beginning: bool) -> tuple[int, ...]:
        """These places and those that nothing leads to; only those that matter, sorted."""
        seen: set[int] = set()
        waiting = list(places)
        while waiting:
            place = waiting.pop()
            if place in seen:
                continue
            seen.add(place)
            waiting += self.free[place]
            if beginning:
                waiting += self.begins[place]
        if _DONE in seen:
            return (_DONE,)
        return tuple(
            sorted(
                place
                for place in seen
                if place in (_AT_END, _ENDED) or self.tests[place] is not None
            )
        )

    # Making the places, from the back: each function gives the place before `after`.

    def _place(self, test: Test | None, leads: int) -> int:
        if len(self.tests) >= _LARGEST:
            raise UnknownPattern("a pattern of too many places")
        self.tests.append(test)
        self.leads.append(leads)
        self.free.append([])
        self.begins.append([])
        return len(self.tests) - 1

    def _fork(self, leads: list[int]) -> int:
        place = self._place(None, _DONE)
        self.free[place] += leads
        return place

    def _sequence(self, items: Any, after: int) -> int:
        backwards: list[Any] = list(items)[::-1]
        for item in backwards:
            after = self._item(str(item[0]), item[1], after)
        return after

    def _item(self, name: str, argument: Any, after: int) -> int:
        if name == "LITERAL" or name == "NOT_LITERAL" or name == "ANY" or name == "IN":
            return self._place(_test(name, argument), after)
        if name == "BRANCH":
            return self._fork([self._sequence(branch, after) for branch in argument[1]])
        if name == "SUBPATTERN":
            if argument[1] or argument[2]:
                raise UnknownPattern("flags")
            return self._sequence(argument[3], after)
        if name == "ATOMIC_GROUP":
            self.exact = False  # it matches less than its text allows
            return self._sequence(argument, after)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            self.exact = self.exact and name != "POSSESSIVE_REPEAT"
            return self._repeat(int(argument[0]), argument[1], argument[2], after)
        if name == "AT":
            return self._at(str(argument), after)
        if name in ("ASSERT", "ASSERT_NOT"):
            self.exact = False
            return after
        if name == "GROUPREF":
            self.exact = False
            return self._repeat(0, _sre.MAXREPEAT, [("ANY", None)], after)
        raise UnknownPattern(name)

    def _at(self, where: str, after: int) -> int:
        if where in ("AT_BEGINNING", "AT_BEGINNING_STRING"):
            place = self._place(None, _DONE)
            self.begins[place].append(after)
            return place
        if where == "AT_END" and after != _ENDED:
            self.exact = self.exact and after in (_DONE, _AT_END)
            return _AT_END
        if where in ("AT_END", "AT_END_STRING"):
            self.exact = self.exact and after <= _ENDED
            return _ENDED
        self.exact = False
        return after

    def _repeat(self, least: int, most: Any, items: Any, after: int) -> int:
        if most == _sre.MAXREPEAT:
            loop = self._fork([after])
            self.free[loop].append(self._sequence(items, loop))
            after = loop
        else:
            end = after
            for _ in range(int(most) - least):
                after = self._fork([end, self._sequence(items, after)])
        for _ in range(least):
            before = self._sequence(items, after)
            if before == after:
                break  # it takes no text
            after = before
        return after


def _test(name: str, argument: Any) -> Test:
    test = Test()
    if name == "ANY":
        test.negated = True
        test.chars.add("\n")
    elif name == "IN":
        for kind, what in argument:
            _widen(test, str(kind), what)
    else:
        test.negated = name == "NOT_LITERAL"
        test.chars.add(chr(argument))
    return test


def _widen(test: Test, kind: str, what: Any) -> None:
    if kind == "NEGATE":
        test.negated = True
    elif kind == "LITERAL":
        test.chars.add(chr(what))
    elif kind == "RANGE":
        test.ranges.append((chr(what[0]), chr(what[1])))
    elif kind == "CATEGORY" and str(what) in _CATEGORIES:
        test.categories.append(re.compile(_CATEGORIES[str(what)]))
    else:
        raise UnknownPattern(kind)


def automaton(pattern: str) -> Automaton | None:
    """The automaton of a pattern; `None` if none can be made."""
    try:
        return Automaton(pattern)
    except (UnknownPattern, RecursionError, OverflowError, re.error):
        return None
