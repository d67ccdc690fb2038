r"""Paths to values inside a document, and queries that select them.

A `path` is the tuple of steps that leads from the root to a value: a `str` for the
member of an object, an `int` (never negative) for the element of an array. `()` is
the root itself. This module writes paths in the two standard notations, reads JSON
pointers, looks a path up in a finished document, and parses the part of JSONPath that
can be decided while a document is still arriving.

>>> normalized_path(("users", 0, "name"))
"$['users'][0]['name']"
>>> Query.parse("$.users[*].name").matches(("users", 0, "name"))
True

Sources: RFC 9535 (JSONPath) and RFC 6901 (JSON Pointer). Positions in error messages
are offsets into the text, in characters, counted from 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

__all__ = [
    "Path",
    "Query",
    "Segment",
    "json_pointer",
    "normalized_path",
    "parse_json_pointer",
    "value_at",
]

Path: TypeAlias = tuple[str | int, ...]

# RFC 9535, section 2.1: the integers that every JSON implementation holds exactly.
_MAX_INDEX = 2**53 - 1
_MAX_INDEX_DIGITS = len(str(_MAX_INDEX))

_NAMED_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "\\": "\\"}

# For str.translate. The \u00xx entries come first, so that the shorter escapes, which
# section 2.7 prefers, replace them.
_NORMALIZED_ESCAPES = (
    {code: f"\\u{code:04x}" for code in range(0x20)}
    | {ord(char): f"\\{letter}" for letter, char in _NAMED_ESCAPES.items()}
    | {ord("'"): "\\'"}
)

_QUERY_ESCAPES = _NAMED_ESCAPES | {"/": "/"}

_BLANK = re.compile(r"[ \t\n\r]*")
_INTEGER = re.compile(r"-?[0-9]+")
_UNESCAPED = re.compile(r"[^'\"\\\x00-\x1f\ud800-\udfff]*")
_HEX_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")
# The characters that RFC 9535 allows in a name. Excluding the others compiles faster.
_SHORTHAND = re.compile(r"[^\x00-@\[-^`{-\x7f\ud800-\udfff][^\x00-/:-@\[-^`{-\x7f\ud800-\udfff]*")
_BAD_TILDE = re.compile(r"~(?![01])")

_SLICE_REFUSED = "slices are not supported in a streamed query"
_NEGATIVE_REFUSED = "a negative index cannot be known before the array ends"

# These are valid elsewhere in JSONPath, so they get a better message than "unexpected character".
_REFUSED = {
    "?": "filters are not supported: they need values that have not arrived yet",
    ":": _SLICE_REFUSED,
    "(": "functions and script expressions are not supported in a streamed query",
}


def normalized_path(path: Path) -> str:
    r"""Return the normalized path of RFC 9535, section 2.7.

    Names are in single quotes. Only control characters, the single quote and the
    backslash are escaped, always in the same way.

    It never fails on a path. A lone surrogate in a name is unchanged, although the RFC
    has no notation for it; the result then cannot be encoded as UTF-8, and `Query.parse`
    rejects it.

    Args:
        path: The steps from the root.

    Returns:
        The normalized path.

    >>> normalized_path(())
    '$'
    >>> print(normalized_path(("it's", 7, "tab\t", "\x0b")))
    $['it\'s'][7]['tab\t']['\u000b']
    """
    return "$" + "".join(map(_normalized_step, path))


def _normalized_step(step: str | int) -> str:
    if isinstance(step, str):
        return f"['{step.translate(_NORMALIZED_ESCAPES)}']"
    return f"[{step:d}]"


def json_pointer(path: Path) -> str:
    """Return the JSON pointer of RFC 6901, section 3, for `path`; the root is `""`.

    A pointer does not distinguish the name `"0"` from the index `0`: both are written
    `/0`. It never fails on a path; characters other than `~` and `/` are unchanged.

    Args:
        path: The steps from the root.

    Returns:
        The pointer.

    >>> json_pointer(("a/b", 0, "m~n"))
    '/a~1b/0/m~0n'
    """
    # "~" goes first: afterwards the "~" of every "~1" would be escaped again.
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def parse_json_pointer(text: str) -> tuple[str, ...]:
    """Return the reference tokens of a JSON pointer (RFC 6901, section 3), unescaped.

    Every token is a `str`, digits too: whether `/0` means the element 0 or the member
    `"0"` depends on the document, which is not known here.

    The `#` notation for URIs (section 6) is not supported.

    Args:
        text: The pointer.

    Returns:
        The tokens; `()` for the root.

    Raises:
        ValueError: The text is not a pointer; the message contains the position.
        TypeError: `text` is not a `str`.

    >>> parse_json_pointer("/a~1b/0")
    ('a/b', '0')
    >>> parse_json_pointer("")
    ()
    """
    _require_str(text, "JSON pointer")
    if text == "":
        return ()
    if text[0] != "/":
        raise _malformed("JSON pointer", text, 0, "must be empty or begin with '/'")
    tilde = _BAD_TILDE.search(text)
    if tilde is not None:
        raise _malformed("JSON pointer", text, tilde.start(), "'~' must be followed by '0' or '1'")
    # "~0" goes last: otherwise "~01", which is the name "~1", would become "/".
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in text[1:].split("/"))


def value_at(value: object, path: Path) -> object:
    """Return the value at `path` inside `value`, a document of dicts and lists.

    A name leads only into a dict, an index only into a list; negative indexes do not
    count from the end.

    Args:
        value: The document.
        path: The steps from the root.

    Returns:
        The value itself, not a copy.

    Raises:
        LookupError: There is no such value; the message names `path` and the part of it
            that exists.

    >>> value_at({"a": [10, 20]}, ("a", 1))
    20
    >>> value_at({"a": [10, 20]}, ("a", 2))
    Traceback (most recent call last):
        ...
    LookupError: no value at $['a'][2], only as far as $['a']
    """
    current: Any = value
    for depth, step in enumerate(path):
        if isinstance(step, str):
            exists = isinstance(current, dict) and step in current
        else:
            exists = isinstance(current, list) and 0 <= step < len(current)
        if not exists:
            reached = normalized_path(path[:depth])
            raise LookupError(f"no value at {normalized_path(path)}, only as far as {reached}")
        current = current[step]
    return current


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a query (RFC 9535, section 2.5), which selects children of a value.

    `names` and `indexes` are the members and elements it selects. With `wildcard` it
    selects every child. With `descendant` it applies to the children of all
    descendants as well (`..`).

    >>> Query.parse("$..['a']").segments
    (Segment(descendant=True, names=frozenset({'a'}), indexes=frozenset(), wildcard=False),)
    """

    descendant: bool
    names: frozenset[str]
    indexes: frozenset[int]
    wildcard: bool

    def selects(self, step: str | int) -> bool:
        """Return whether the segment selects the child at a step.

        Args:
            step: The name (`str`) or index (`int`) of the child.

        Returns:
            Whether one of the selectors matches.

        >>> Query.parse("$['a', 1]").segments[0].selects("1")
        False
        """
        return self.wildcard or step in self.names or step in self.indexes


@dataclass(frozen=True, slots=True)
class Query:
    """A JSONPath query (RFC 9535) that can be decided while a document streams.

    Created by `parse`. `text` is the query as written, which `str()` returns;
    `segments` are its parsed segments. Queries compare by both, so two spellings of
    the same segments are not equal. The constructor does not check that both agree.

    A query selects a *set* of values: where the RFC lists a value twice (`$[0, 0]`),
    it is selected once.

    >>> str(Query.parse("$.a[0]"))
    '$.a[0]'
    """

    text: str
    segments: tuple[Segment, ...]

    @classmethod
    def parse(cls, text: str) -> Query:
        r"""Parse `text`, written as in RFC 9535, sections 2.1 to 2.5.

        It supports names (`.name`, `['name']`, `["name"]`), indexes (`[0]`),
        wildcards (`.*`, `[*]`), lists of these in brackets, and descendant segments
        (`..name`, `..*`, `..[0]`). Negative indexes, slices, filters and
        functions are rejected; the text after a rejected selector is not examined.

        Args:
            text: The query.

        Raises:
            ValueError: The query is invalid; the message names the problem and the position.
            TypeError: `text` is not a `str`.

        >>> [sorted(segment.names) for segment in Query.parse("$.a['b', '\u00e9']").segments]
        [['a'], ['b', 'é']]
        >>> Query.parse("$.a[-1]")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        ValueError: query '$.a[-1]', position 4: a negative index cannot be known before ...
        """
        _require_str(text, "query")
        return cls(text, _Scanner(text).query())

    def matches(self, path: Path) -> bool:
        """Return whether the query selects the value at `path`, in a document that has one.

        A name matches only a `str` step and an index only an `int` step. The time is at
        most proportional to the number of steps times the number of segments.

        Args:
            path: The steps from the root.

        Returns:
            Whether the query selects the value.

        >>> Query.parse("$..id").matches(("users", 3, "id"))
        True
        >>> Query.parse("$.users").matches(("users", 3))
        False
        """
        # All numbers of leading segments that can match the steps so far. Keeping the whole
        # set avoids backtracking over "..".
        used = {0}
        for step in path:
            following = set()
            for count in used:
                if count == len(self.segments):
                    continue
                segment = self.segments[count]
                if segment.descendant:
                    following.add(count)
                if segment.selects(step):
                    following.add(count + 1)
            used = following
        return len(self.segments) in used

    def __str__(self) -> str:
        return self.text


def _require_str(text: object, what: str) -> None:
    if not isinstance(text, str):
        raise TypeError(f"a {what} must be a str, not {type(text).__name__}")


def _malformed(what: str, text: str, position: int, problem: str) -> ValueError:
    return ValueError(f"{what} {text!r}, position {position}: {problem}")


def _segment(descendant: bool, selectors: Iterable[str | int | None]) -> Segment:
    """Return the segment of these selectors: a name, an index, or None for the wildcard."""
    chosen = frozenset(selectors)
    return Segment(
        descendant,
        names=frozenset(selector for selector in chosen if isinstance(selector, str)),
        indexes=frozenset(selector for selector in chosen if isinstance(selector, int)),
        wildcard=None in chosen,
    )


class _Scanner:
    """Reads the text of one query from left to right.

    Each method reads one rule of the grammar (RFC 9535, appendix A) and moves `position`
    past it.
    """

    __slots__ = ("position", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def peek(self) -> str:
        """Return the next character, or "" at the end."""
        return self.text[self.position : self.position + 1]

    def take(self, pattern: re.Pattern[str]) -> str:
        """Return the text that `pattern` matches here and move past it; "" if it does not match."""
        match = pattern.match(self.text, self.position)
        if match is None:
            return ""
        self.position = match.end()
        return match.group()

    def error(self, problem: str, position: int | None = None) -> ValueError:
        """Return the error for `problem` at `position`, by default the current one."""
        at = self.position if position is None else position
        return _malformed("query", self.text, at, problem)

    def query(self) -> tuple[Segment, ...]:
        if self.take(_BLANK):
            raise self.error("blank space before '$' is not allowed", 0)
        if self.peek() != "$":
            raise self.error("a query must begin with '$'")
        self.position += 1
        segments = []
        while self.position < len(self.text):
            segments.append(self.segment())
        return tuple(segments)

    def segment(self) -> Segment:
        start = self.position
        self.take(_BLANK)
        if self.peek() == "":
            raise self.error("blank space at the end is not allowed", start)
        if self.peek() == "[":
            return _segment(False, self.bracketed())
        if self.peek() != ".":
            expected = "expected '.', '..' or '[' (other characters in a name need quotes: ['...'])"
            raise self.error(_REFUSED["("] if self.peek() == "(" else expected)
        descendant = self.text.startswith("..", self.position)
        self.position += 2 if descendant else 1
        if descendant and self.peek() == "[":
            return _segment(True, self.bracketed())
        return _segment(descendant, [self.shorthand(descendant)])

    def shorthand(self, descendant: bool) -> str | None:
        if self.peek() == "*":
            self.position += 1
            return None
        name = self.take(_SHORTHAND)
        if not name:
            expected = "a name, '*' or '[' after '..'" if descendant else "a name or '*' after '.'"
            raise self.error(f"expected {expected}")
        return name

    def bracketed(self) -> list[str | int | None]:
        opening = self.position
        selectors = []
        delimiter = ","
        while delimiter == ",":
            self.position += 1
            self.take(_BLANK)
            selectors.append(self.selector(opening))
            self.take(_BLANK)
            delimiter = self.peek()
        if delimiter == "":
            raise self.error("this '[' is never closed", opening)
        if delimiter != "]":
            raise self.error("expected ',' or ']' after a selector")
        self.position += 1
        return selectors

    def selector(self, opening: int) -> str | int | None:
        char = self.peek()
        if char == "":
            raise self.error("this '[' is never closed", opening)
        if char == "*":
            self.position += 1
            return None
        if char in "'\"":
            return self.quoted_name()
        if char in "-0123456789":
            return self.index()
        expected = "expected a name in quotes, an index or '*'"
        raise self.error(_REFUSED.get(char, expected))

    def index(self) -> int:
        start = self.position
        written = self.take(_INTEGER)
        if written == "":
            raise self.error("expected digits after '-'")
        digits = written.removeprefix("-")
        if written != "0" and digits.startswith("0"):
            raise self.error("an index has neither leading zeros nor the form '-0'", start)
        self.refuse_slice(start)
        # The length is checked first, because int() rejects thousands of digits itself.
        if len(digits) > _MAX_INDEX_DIGITS or int(digits) > _MAX_INDEX:
            raise self.error("an index must lie within 2**53 - 1", start)
        if written.startswith("-"):
            raise self.error(_NEGATIVE_REFUSED, start)
        return int(digits)

    def refuse_slice(self, start: int) -> None:
        self.take(_BLANK)
        if self.peek() == ":":
            raise self.error(_SLICE_REFUSED, start)

    def quoted_name(self) -> str:
        opening = self.position
        quote = self.peek()
        self.position += 1
        parts = []
        while True:
            parts.append(self.take(_UNESCAPED))
            char = self.peek()
            if char == "":
                raise self.error("this quoted name is never closed", opening)
            if char == "\\":
                parts.append(self.escape(quote))
                continue
            if char not in "'\"":
                kind = "control character" if char < " " else "lone surrogate"
                raise self.error(f"{kind} U+{ord(char):04X} in a quoted name")
            self.position += 1
            if char == quote:
                return "".join(parts)
            parts.append(char)

    def escape(self, quote: str) -> str:
        letter = self.text[self.position + 1 : self.position + 2]
        if letter == "u":
            return self.unicode_escape()
        # The other quote needs no escape, and the grammar does not allow one.
        char = quote if letter == quote else _QUERY_ESCAPES.get(letter)
        if char is None:
            follower = repr(letter) if letter else "the end"
            raise self.error(f"a backslash before {follower} is not an escape")
        self.position += 2
        return char

    def unicode_escape(self) -> str:
        start = self.position
        unit = self.hex_unit()
        if not 0xD800 <= unit <= 0xDFFF:
            return chr(unit)
        paired = unit < 0xDC00 and self.text.startswith("\\u", self.position)
        low = self.hex_unit() if paired else 0
        if not 0xDC00 <= low <= 0xDFFF:
            raise self.error("the escape of a surrogate is not part of a pair", start)
        return chr(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))

    def hex_unit(self) -> int:
        written = self.take(_HEX_ESCAPE)
        if not written:
            raise self.error("expected four hexadecimal digits after '\\u'")
        return int(written[2:], 16)
