r"""Automata that decide after each character whether a regular expression can still match.

Python's own `re` module parses the pattern; the automaton then follows the set of all states that
are possible at once. Each set is computed once and remembered, so the work per character is
bounded. (Matching the whole text again after each character would be quadratic.)

An `exact` automaton gives the same answer as `re.search`, in time linear in the text. An inexact
one found something that it cannot follow (a lookahead, `\b`, a back reference) and assumes that it
matches: it rejects only what cannot match, and `re` decides at the end.
"""

from __future__ import annotations

import re
from typing import Any, Final

try:
    from re import _parser as _sre  # type: ignore[attr-defined,unused-ignore]
except ImportError:  # Python 3.10
    import sre_parse as _sre  # type: ignore[import-not-found,no-redef,unused-ignore]

_parse: Any = _sre.parse

_LARGEST: Final = 4000  # the largest number of states of one pattern
_MEMO: Final = 2000  # the largest number of state sets that are remembered
_CHARS: Final = 300  # the largest number of characters remembered for each set

_CATEGORIES: Final = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}
_UNICODE: Final = int(re.UNICODE)
# The states with a special meaning.
_DONE: Final = 0  # matched, whatever follows
_AT_END: Final = 1  # after `$`: the text must end, possibly after a line feed
_ENDED: Final = 2  # after `\Z`: the text must end


class UnknownPattern(Exception):
    """No automaton can be built for this pattern."""


class CharTest:
    """The set of characters that lead from a state to its successor."""

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


class StateSet:
    """A set of states that are possible at once, with its transitions found so far."""

    def __init__(self, states: tuple[int, ...]) -> None:
        self.states = states
        self.next: dict[str, StateSet] = {}

    @property
    def dead(self) -> bool:
        return not self.states

    @property
    def accepts(self) -> bool:
        """Whether the pattern matches if the text ends here."""
        return bool(self.states) and self.states[0] <= _ENDED


class Automaton:
    """The automaton of one pattern; it can be shared, because only its memo ever changes."""

    def __init__(self, pattern: str) -> None:
        self.tests: list[CharTest | None] = [None, None, None]
        self.leads: list[int] = [_DONE, _DONE, _DONE]  # the successor after a character
        self.free: list[list[int]] = [[], [], []]  # the successors without a character
        self.begins: list[list[int]] = [[], [], []]  # the same, but only at the start of the text
        line_feed = CharTest()
        line_feed.chars.add("\n")
        self.tests[_AT_END] = line_feed
        self.leads[_AT_END] = _ENDED
        self.memo: dict[tuple[int, ...], StateSet] = {}
        #: Whether the result is always that of `re.search`.
        self.exact: bool = True
        tree = _parse(pattern)
        if int(tree.state.flags) & ~_UNICODE:
            raise UnknownPattern(pattern)
        first = self._sequence(tree, _DONE)
        #: The states where a match may begin after the first character; empty if anchored.
        self.anywhere: list[int] = list(self._reached([first], False))
        self.start: StateSet = self.state_set(self._reached([first], True))  # never forgotten

    def matches(self, text: str) -> bool:
        """Return whether the pattern matches a whole text."""
        state_set = self.start
        for char in text:
            following = state_set.next.get(char)
            if following is None:
                following = self.step(state_set, char)
            state_set = following
            if not state_set.states or state_set.states[0] == _DONE:
                break
        return state_set.accepts

    def step(self, state_set: StateSet, char: str) -> StateSet:
        """Return the states that a character leads to."""
        found = state_set.next.get(char)
        if found is None:
            found = self._step(state_set, char)
            if len(state_set.next) < _CHARS:
                state_set.next[char] = found
        return found

    def _step(self, state_set: StateSet, char: str) -> StateSet:
        if state_set.states and state_set.states[0] == _DONE:
            return state_set
        reached: list[int] = []
        for state in state_set.states:
            test = self.tests[state]
            if test is not None and test.holds(char):
                reached.append(self.leads[state])
        return self.state_set(self._reached(reached + self.anywhere, False))

    def state_set(self, states: tuple[int, ...]) -> StateSet:
        """Return the one object for a set of states."""
        found = self.memo.get(states)
        if found is None:
            if len(self.memo) >= _MEMO:
                self._forget()
            found = StateSet(states)
            self.memo[states] = found
        return found

    def _forget(self) -> None:
        """Drop all remembered sets and their transitions, which keep further sets alive."""
        known = self.memo
        self.memo = {self.start.states: self.start}
        for state_set in list(known.values()):  # another thread may still add some
            state_set.next = {}

    def _reached(self, states: list[int], beginning: bool) -> tuple[int, ...]:
        """Follow the transitions without a character; return the states that matter, sorted."""
        seen: set[int] = set()
        waiting = list(states)
        while waiting:
            state = waiting.pop()
            if state in seen:
                continue
            seen.add(state)
            waiting += self.free[state]
            if beginning:
                waiting += self.begins[state]
        if _DONE in seen:
            return (_DONE,)
        return tuple(
            sorted(
                state
                for state in seen
                if state in (_AT_END, _ENDED) or self.tests[state] is not None
            )
        )

    # The states are built from the end of the pattern: each method returns the state that comes
    # before `after`.

    def _state(self, test: CharTest | None, leads: int) -> int:
        if len(self.tests) >= _LARGEST:
            raise UnknownPattern("the pattern has too many states")
        self.tests.append(test)
        self.leads.append(leads)
        self.free.append([])
        self.begins.append([])
        return len(self.tests) - 1

    def _fork(self, leads: list[int]) -> int:
        state = self._state(None, _DONE)
        self.free[state] += leads
        return state

    def _sequence(self, items: Any, after: int) -> int:
        backwards: list[Any] = list(items)[::-1]
        for item in backwards:
            after = self._item(str(item[0]), item[1], after)
        return after

    def _item(self, name: str, argument: Any, after: int) -> int:
        if name == "LITERAL" or name == "NOT_LITERAL" or name == "ANY" or name == "IN":
            return self._state(_test(name, argument), after)
        if name == "BRANCH":
            return self._fork([self._sequence(branch, after) for branch in argument[1]])
        if name == "SUBPATTERN":
            if argument[1] or argument[2]:
                raise UnknownPattern("flags")
            return self._sequence(argument[3], after)
        if name == "ATOMIC_GROUP":
            self.exact = False  # an atomic group never backtracks, so it matches less
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
            state = self._state(None, _DONE)
            self.begins[state].append(after)
            return state
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
                break  # the item matches only the empty text
            after = before
        return after


def _test(name: str, argument: Any) -> CharTest:
    test = CharTest()
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


def _widen(test: CharTest, kind: str, what: Any) -> None:
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
    """Return the automaton of a pattern, or `None` if none can be built."""
    try:
        return Automaton(pattern)
    except (UnknownPattern, RecursionError, OverflowError, re.error):
        return None
