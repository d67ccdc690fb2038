"""Regular expressions for `pattern` and `patternProperties`.

The result is that of `re.search`, as in the reference library. An exact automaton finds it in time
linear in the text; the backtracking engine runs only patterns that the automaton cannot follow.
"""

from __future__ import annotations

from typing import Any

from streamparse.schema.automaton import Automaton, automaton
from streamparse.schema.library import engine


class Pattern:
    """One pattern; raises `ValueError` if the text is not a regular expression."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.engine: Any = engine(text)
        found = automaton(text)
        #: Detects inside a text that no continuation can match; None if not anchored.
        self.early: Automaton | None = None if found is None or found.anywhere else found
        #: Matches a whole text; None if only the engine can.
        self.whole: Automaton | None = found if found is not None and found.exact else None

    @property
    def exact(self) -> bool:
        """Whether the automaton always gives the result of the engine."""
        return self.whole is not None

    def matches(self, text: str) -> bool:
        """Return whether the pattern matches anywhere in a whole text."""
        whole = self.whole
        if whole is not None:
            return whole.matches(text)
        return self.engine.search(text) is not None


class Patterns:
    """Several patterns, one of which must match."""

    def __init__(self, each: list[Pattern]) -> None:
        self.each = each
        self.early: list[Automaton] = [one.early for one in self.each if one.early is not None]
        #: Whether one of them can match after any prefix, so that only the whole text decides.
        self.late: bool = len(self.early) < len(each)
        exact = all(one.exact for one in each)
        #: All joined into one, as in the reference library: back references count through all.
        self.joined: Any = None if exact else engine("|".join(one.text for one in each))

    def matches(self, text: str) -> bool:
        """Return whether one of the patterns matches a whole text."""
        if self.joined is not None:
            return self.joined.search(text) is not None
        return any(one.matches(text) for one in self.each)


__all__ = ["Pattern", "Patterns"]
