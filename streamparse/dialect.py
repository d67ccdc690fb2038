"""The repairs that a lenient parser may make, and the record of a repair.

Rule: Every deviation from RFC 8259 has a code. Every code belongs to one switch of `Dialect`. Each
repair is recorded as a `Repair`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal

from streamparse._core.deep_path import SharedPath, steps_of

__all__ = ["Dialect", "REPAIR_CODES", "Repair"]

# Each code with the switch that allows it and a description of the repair.
_CODES: Final[dict[str, tuple[str, str]]] = {
    "comment": ("comments", "a comment was skipped"),
    "single_quotes": ("single_quotes", "a string stood in single quotes or backticks"),
    "smart_quotes": ("smart_quotes", "a string stood in typographic quotes"),
    "escaped_quotes": ("escaped_quotes", "the quotes around a string were escaped"),
    "doubled_quotes": ("doubled_quotes", "the quotes around a string were doubled or tripled"),
    "inner_quote": ("inner_quotes", "a quote inside a string was not escaped"),
    "missing_quote": ("missing_quotes", "one of the quotes around a string was missing"),
    "concatenation": ("concatenation", "strings joined by '+' became one"),
    "unquoted_key": ("unquoted_keys", "a key had no quotes"),
    "unquoted_string": ("unquoted_strings", "a string had no quotes"),
    "trailing_comma": ("trailing_commas", "a comma stood before a closing bracket"),
    "extra_comma": ("trailing_commas", "a comma had no value before it"),
    "missing_comma": ("missing_commas", "a comma was missing"),
    "missing_colon": ("missing_colons", "a colon was missing"),
    "separator": ("separators", "';' stood for a comma, or '=' or '=>' for a colon"),
    "number": ("numbers", "a number was not written as in JSON"),
    "special_number": ("special_numbers", "NaN or an infinity was read"),
    "literal": ("literals", "a literal was not written as in JSON"),
    "tuple": ("tuples", "an array stood in round brackets"),
    "wrapper": ("wrappers", "a name, a prefix or round brackets around a value were skipped"),
    "control_character": ("control_characters", "a string held raw control characters"),
    "escape": ("escapes", "a string held an escape that JSON does not know"),
    "white_space": ("white_space", "white space that JSON does not know was skipped"),
    "missing_opener": ("closers", "the opening bracket of the document was missing"),
    "missing_closer": ("closers", "a closing bracket was missing"),
    "mismatched_closer": ("closers", "a closing bracket was of the wrong kind"),
    "extra_closer": ("closers", "a closing bracket too many was skipped"),
    "extra_opener": ("closers", "an opening bracket too many was skipped"),
    "ellipsis": ("ellipses", "dots in place of values were skipped"),
    "unexpected_text": ("unexpected_text", "text between values was skipped"),
    "leading_text": ("prose", "text before the value was skipped"),
    "trailing_text": ("prose", "text after the value was skipped"),
    "fence": ("fences", "the value stood in a Markdown fence"),
    "tag": ("tags", "the value stood in a tag, or reasoning in tags was skipped"),
    "ambiguous": ("doubts", "the text could have been meant in another way"),
    "truncated": ("truncation", "the input ended early; what was open was closed"),
}

# These repairs leave a doubt: something else may have been meant, or something is missing.
DOUBT_CODES: Final = frozenset(["ambiguous", "truncated", "unexpected_text"])

REPAIR_CODES: Final[dict[str, str]] = {code: text for code, (_, text) in _CODES.items()}


class Repair:
    """One repair of the text.

    Attributes:
        code: One of `REPAIR_CODES`, or `"coerced"` for a value that a validator with
            `coerce=True` converted.
        offset: The position, in characters from the start of the input.
        path: The path of the value being read or expected next, otherwise that of the container.

    >>> Repair("trailing_comma", 17, ("items",))
    Repair(code='trailing_comma', offset=17, path=('items',))
    """

    __slots__ = ("_path", "code", "offset")
    __match_args__ = ("code", "offset", "path")

    def __init__(self, code: str, offset: int, path: SharedPath) -> None:
        self.code: str = code
        self.offset: int = offset
        self._path: SharedPath = path

    @property
    def path(self) -> tuple[Any, ...]:
        """The path of the value or container; a deep one is made when it is asked for."""
        return steps_of(self._path)

    @path.setter
    def path(self, path: tuple[Any, ...]) -> None:
        self._path = path

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {"code": self.code, "offset": self.offset, "path": list(self.path)}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Repair):
            return NotImplemented
        mine = (self.code, self.offset, self.path)
        return mine == (other.code, other.offset, other.path)

    def __hash__(self) -> int:
        return hash((self.code, self.offset, self.path))

    def __repr__(self) -> str:
        return f"Repair(code={self.code!r}, offset={self.offset}, path={self.path!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Repair, (self.code, self.offset, self.path)


def doubts_among(repairs: Iterable[Repair]) -> list[Repair]:
    """Return the repairs that leave a doubt; see `DOUBT_CODES`."""
    return [repair for repair in repairs if repair.code in DOUBT_CODES]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    r"""The accepted deviations from RFC 8259: a switch for each kind of repair, on by default.

    `dialect="lenient"` is `Dialect()`. Text that needs a repair whose switch is off raises an error
    with the code `repair_refused`.

    Attributes:
        comments: `// to the end of the line`, `/* block */`, `# line`, `<!-- block -->`;
            `-- line` and `--[[ block ]]` before a key or value.
        single_quotes: `{'a': 'b'}` and backticks.
        smart_quotes: `{“a”: “b”}`.
        escaped_quotes: `{\"a\": \"b\"}`: JSON that was escaped once more than it should be.
        doubled_quotes: `{""a"": ""b""}`, and three quotes.
        inner_quotes: `"he said "hi" and left"`; if off, the first quote ends the string.
        missing_quotes: `{"a: 1, b": 2}`: one quote of a key.
        concatenation: `"a" + "b"`.
        unquoted_keys: `{a: 1}`.
        unquoted_strings: `{"a": some words}`.
        trailing_commas: `[1, 2,]`, and leading and repeated commas.
        missing_commas: `[1 2]`, `{"a": 1 "b": 2}`.
        missing_colons: `{"a" 1}`.
        separators: `{"a" = 1; "b" => 2}`.
        numbers: `0x1F`, `+1`, `.5`, `5.`, `007`, `1_000`, `2e`.
        special_numbers: `NaN`, `Infinity`, `-Infinity`, `nan`, `inf`.
        literals: `True`, `None`, `NULL`, `undefined`.
        tuples: `(1, 2)`.
        wrappers: `ObjectId("12")`, `("a")`, `({"a": 1})`, `callback(1);`, `r"a"`.
        control_characters: Raw line ends and tabs in strings.
        escapes: `\'`, `\x41`, a backslash before a line end; unknown ones are kept: `C:\Users`.
        white_space: No-break and zero-width spaces, byte order marks, and an escaped line end
            between values.
        closers: `{"a": [1, 2}`, `{"a": 1}}`, `{{"a": 1}}`.
        ellipses: `[1, 2, ...]`.
        unexpected_text: `{"a": 1, note "b": 2}`.
        prose: `Here it is: {"a": 1} Anything else?`.
        fences: Markdown fences, or three quotes, around the value.
        tags: `<answer>{"a": 1}</answer>`; the content of `<think>` and similar tags is skipped.
        truncation: `{"a": [1, 2`: `finish()` closes open values; if off, it raises
            `IncompleteError`.
        doubts: `"error"` rejects repairs that leave a doubt; see `DOUBT_CODES`.
        max_repairs: The largest number of repairs; one more raises an error with the code
            `too_many_repairs`.
        allowed: The codes of the allowed repairs; with `None` only the switches decide.
        codes: The codes of the repairs that this dialect makes, derived from the other fields.

    >>> Dialect(prose=False, unquoted_strings=False).allows("comment")
    True
    """

    comments: bool = True
    single_quotes: bool = True
    smart_quotes: bool = True
    escaped_quotes: bool = True
    doubled_quotes: bool = True
    inner_quotes: bool = True
    missing_quotes: bool = True
    concatenation: bool = True
    unquoted_keys: bool = True
    unquoted_strings: bool = True
    trailing_commas: bool = True
    missing_commas: bool = True
    missing_colons: bool = True
    separators: bool = True
    numbers: bool = True
    special_numbers: bool = True
    literals: bool = True
    tuples: bool = True
    wrappers: bool = True
    control_characters: bool = True
    escapes: bool = True
    white_space: bool = True
    closers: bool = True
    ellipses: bool = True
    unexpected_text: bool = True
    prose: bool = True
    fences: bool = True
    tags: bool = True
    truncation: bool = True
    doubts: Literal["allow", "error"] = "allow"
    max_repairs: int | None = None
    allowed: frozenset[str] | None = None
    # Computed once, because a parser is created for each document.
    codes: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for one in fields(self):
            if not one.init:
                continue
            given = getattr(self, one.name)
            if one.name == "max_repairs":
                _check_count(given)
            elif one.name == "doubts":
                if given not in ("allow", "error"):
                    raise ValueError(f"Dialect.doubts must be 'allow' or 'error', not {given!r}")
            elif one.name == "allowed":
                if given is not None:
                    object.__setattr__(self, "allowed", _codes(given))
            elif not isinstance(given, bool):
                raise TypeError(f"Dialect.{one.name} must be a bool, not {given!r}")
        codes = frozenset(code for code in _CODES if self.allows(code))
        object.__setattr__(self, "codes", codes)

    @classmethod
    def json5(cls) -> Dialect:
        """Return the dialect with the extensions of JSON5 only.

        >>> Dialect.json5().allows("comment"), Dialect.json5().allows("missing_comma")
        (True, False)
        """
        added = (
            "comments",
            "single_quotes",
            "unquoted_keys",
            "trailing_commas",
            "numbers",
            "special_numbers",
            "escapes",
            "white_space",
        )
        switches = [one.name for one in fields(cls) if one.default is True]
        return cls(**{name: name in added for name in switches})  # type: ignore[arg-type]

    def allows(self, code: str) -> bool:
        """Return whether a repair is allowed.

        Args:
            code: The code of the repair, one of `REPAIR_CODES`.

        Returns:
            Whether the dialect makes this repair.

        Raises:
            ValueError: There is no such code.
        """
        if code not in _CODES:
            raise ValueError(f"there is no repair {code!r}")
        if self.allowed is not None and code not in self.allowed:
            return False
        if code in DOUBT_CODES and self.doubts == "error":
            return False
        return code == "ambiguous" or bool(getattr(self, _CODES[code][0]))


def _check_count(given: object) -> None:
    if given is None:
        return
    if not isinstance(given, int) or isinstance(given, bool):
        raise TypeError(f"Dialect.max_repairs must be an int or None, not {given!r}")
    if given < 0:
        raise ValueError(f"Dialect.max_repairs must not be negative: {given}")


def _codes(given: Iterable[str]) -> frozenset[str]:
    if isinstance(given, str):
        raise TypeError(f"Dialect.allowed must be a set of codes, not {given!r}")
    codes = frozenset(given)
    unknown = sorted(repr(code) for code in codes if code not in _CODES)
    if unknown:
        raise ValueError(f"there is no repair {', '.join(unknown)}")
    return codes
