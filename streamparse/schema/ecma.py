r"""Translates patterns of ECMA-262 that Python's `re` rejects.

JSON Schema uses the regular expressions of ECMA-262 (JSON Schema Core, section 6.4). A pattern
that `re` accepts is never changed, because the reference library gives it to `re` as well. The
translated syntax: `(?<name>…)` and `\k<name>`, `\u{1F600}` and escaped surrogate pairs, `\cJ`,
`[^]` and `[]`, a hyphen beside `\w` in a set, and escapes of letters that need none.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["translated"]

_ESCAPE: Final = (
    r"\\u\{(?P<point>[0-9a-fA-F]+)\}"
    r"|\\u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|\\c(?P<control>[A-Za-z])"
    r"|\\k<(?P<name>[^>]*)>"
    r"|\\(?P<number>[1-9][0-9]*)"
    r"|\\(?P<kind>[dDwWsS])"
    r"|\\(?P<letter>[A-Za-z])"
    r"|\\."
)
# These match one element of a pattern, outside of a set of characters and inside.
_OUTSIDE: Final = re.compile(
    _ESCAPE + r"|\(\?<(?P<open>[^=!>][^>]*)>|\((?P<other>\?)?|\)|\[\^?\]?|.", re.DOTALL
)
_INSIDE: Final = re.compile(_ESCAPE + r"|.", re.DOTALL)
# The letters whose escapes mean the same to `re`, or are not translated.
_KNOWN: Final = frozenset("AbBdDfnNpPrsStuUvwWxZ")


def translated(pattern: str) -> str:
    r"""Return the pattern in the syntax of `re`.

    A pattern that is not valid in ECMA-262 either is returned mostly unchanged.

    >>> translated(r"(?<year>\d{4})-\k<year>")
    '(\\d{4})-(?(1)(?:\\1)|)'
    >>> translated(r"[\w-.]\u{1F600}")
    '[\\w\\-.]\\U0001f600'
    """
    return _Translation(pattern).run()


class _Translation:
    """The state of one translation."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.parts: list[str] = []
        self.groups = 0  # the number of capturing groups opened so far
        self.open: list[int] = []  # the numbers of the open groups; 0 for one that does not capture
        self.closed: set[int] = set()
        self.names: dict[str, list[int]] = {}

    def run(self) -> str:
        at, inside = 0, False
        while at < len(self.pattern):
            found = (_INSIDE if inside else _OUTSIDE).match(self.pattern, at)
            if found is None:  # a backslash at the very end
                return self.pattern
            at = found.end()
            part = found[0]
            if part[0] == "\\":
                self.parts.append(self._escape(found, inside))
            elif inside:
                inside = part != "]"
                self.parts.append(self._in_set(part, at))
            elif part[0] == "[":
                inside = not part.endswith("]")
                self.parts.append({"[]": "(?!)", "[^]": r"[\s\S]"}.get(part, part))
            else:
                self.parts.append(self._group(found))
        return "".join(self.parts)

    def _escape(self, found: re.Match[str], inside: bool) -> str:
        if found["point"]:
            return _point(int(found["point"], 16), found[0])
        if found["high"]:
            high, low = int(found["high"], 16), int(found["low"], 16)
            return _point(0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF), found[0])
        if found["control"]:
            return f"\\x{ord(found['control']) % 32:02x}"
        if inside:
            return found["letter"] if self._is_plain(found["letter"]) else found[0]
        if found["name"] is not None:
            return self._reference(self.names.get(found["name"], []))
        if found["number"]:
            number = int(found["number"])
            return self._reference([number]) if number <= self._all() else found[0]
        return found["letter"] if self._is_plain(found["letter"]) else found[0]

    def _is_plain(self, letter: str | None) -> bool:
        return letter is not None and letter not in _KNOWN

    def _in_set(self, part: str, at: int) -> str:
        """Escape a hyphen beside a class such as `\\w`, which does not form a range."""
        beside = self.parts[-1] in _CLASSES or self.pattern[at : at + 2] in _CLASSES
        if part == "-" and beside and self.pattern[at : at + 1] != "]":
            return "\\-"
        return "\\[" if part == "[" else part

    def _group(self, found: re.Match[str]) -> str:
        part = found[0]
        if part == ")" and self.open:
            self.closed.add(self.open.pop())
        elif part[0] == "(":
            captures = not found["other"]
            self.groups += captures
            self.open.append(self.groups if captures else 0)
            if found["open"]:
                self.names.setdefault(found["open"], []).append(self.groups)
                return "("
        return part

    def _reference(self, numbers: list[int]) -> str:
        """Refer to a group; ECMA-262 matches the empty text if it is open or did not take part."""
        known = [number for number in numbers if number in self.closed]
        return "".join(f"(?({number})(?:\\{number})|)" for number in known) or "(?:)"

    def _all(self) -> int:
        """Return the number of capturing groups of the whole pattern."""
        bare = re.sub(r"\\.|\[(?:\\.|[^\]])*\]", "", self.pattern, flags=re.DOTALL)
        return len(re.findall(r"\((?!\?)|\(\?<(?![=!])", bare))


_CLASSES: Final = frozenset(f"\\{letter}" for letter in "dDwWsS")


def _point(code: int, otherwise: str) -> str:
    """Return the escape of a code point; `re` rejects `otherwise`, which is beyond Unicode."""
    return f"\\U{code:08x}" if code <= 0x10FFFF else otherwise
