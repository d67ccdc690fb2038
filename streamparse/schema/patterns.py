"""What `pattern` and `patternProperties` ask of a text: one pattern, or one of several.

The verdict is that of `re.search`, as in the reference library. An exact automaton gives it in
time linear in the text; a backtracking engine is asked only about the patterns that the automaton
cannot follow.
"""

from __future__ import annotations

from typing import Any

from streamparse.schema.automaton import Automaton, automaton
from streamparse.schema.library import engine


class Pattern:
    """One pattern; raises `ValueError` for what is no regular expression."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.engine: Any = engine(text)
        found = automaton(text)
        #: Says inside a text that no continuation can match; None if the pattern is not anchored.
        self.early: Automaton | None = None if found is None or found.anywhere else found
        #: Gives the verdict on a whole text; None if only the engine can.
        self.whole: Automaton | None = found if found is not None and found.exact else None

    @property
    def exact(self) -> bool:
        """Is the automaton's verdict that of the engine?"""
        return self.whole is not None

    def matches(self, text: str) -> bool:
        """Is there a match anywhere in a whole text?"""
        whole = self.whole
        if whole is not None:
            return whole.matches(text)
        return self.engine.search(text) is not None


class Patterns:
    """Several patterns, one of which must match."""

    def __init__(self, each: list[Pattern]) -> None:
        self.each = each
        self.early: list[Automaton] = [one.early for one in self.each if one.early is not None]
        #: Can one of them always still match? Then only the whole text tells.
        self.late: bool = len(self.early) < len(each)
        exact = all(one.exact for one in each)
        #: All in one, as the reference library asks them: back references count through all.
        self.joined: Any = None if exact else engine("|".join(one.text for one in each))

    def matches(self, text: str) -> bool:
        """Does one of them match a whole text?"""
        if self.joined is not None:
            return self.joined.search(text) is not None
        return any(one.matches(text) for one in self.each)


__all__ = ["Pattern", "Patterns"]
