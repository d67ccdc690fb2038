"""Recognizes records that differ from an earlier one only in some strings and numbers.

Most consecutive records of a stream differ only in the delta, padding and a number. A `Template` is
the source text of such a record, including its framing, with holes for the values that differ. A
record whose source matches is not decoded: only the values of the holes are read, and the wire
receives only the delta. All other records are decoded in full, so errors and their positions do not
change.

After a wire has read a record, it may return a `Repeat`, which names the member with the delta and
the members without any effect. `Templates.learn` locates these members in the source. It verifies
each template by putting other values into the holes and decoding the result.

A record may also have token counts (`Counts`). The counts that differ between records are holes,
and the wire reads them after the delta.

A match alone is not sufficient, because the effect of a record may depend on earlier ones. A
template is *armed* only while each record since its own was read by a repeat or had no other effect
than a repeat (`Templates.age`).
"""

from __future__ import annotations

import re
from json import JSONDecoder
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any, ClassVar, Final

from streamparse._core._marks import mypyc_attr
from streamparse.limits import Limits

if TYPE_CHECKING:
    from mypy_extensions import i64

__all__ = ["PARTIAL", "Counts", "Repeat", "Template", "Templates", "UNLIKE", "unlimited"]

#: The source does not match a template.
UNLIKE: Final = -1
#: The source ends early, and may match a template when more text arrives.
PARTIAL: Final = -2

# The kinds of holes.
_DELTA: Final = 0
_STRING: Final = 1  # a string without any effect
_NUMBER: Final = 2  # the number of the record
_INTEGER: Final = 3  # a number without any effect
_COUNT: Final = 4  # a number in the member with token counts

_DEFAULT_LIMITS: Final = Limits()
_JSON: Final = JSONDecoder()
_DIGITS: Final = 15  # the maximum number of digits in a hole
_LONGEST: Final = 2_000  # the maximum length of a record that has a template, in characters
_MOST: Final = 4  # the maximum number of templates of one stream
_ALIKE: Final = 16  # similar records have this many equal first characters
_SPREAD: Final = 200  # the maximum difference between the lengths of similar records
_DEEPEST: Final = 4  # the maximum depth of a member with token counts
# Learning a template costs as much as several matches save. Each match therefore adds one credit; a
# record without a match and the arming of a template each use one, and learning uses several. If
# there is no credit left, learning pauses.
_CREDIT: Final = 24
_CREDIT_AFTER_PAUSE: Final = 12
_MOST_CREDIT: Final = 32
_LEARNING: Final = 8
_PAUSE: Final = 32  # records
_LONGEST_PAUSE: Final = 2_048
# The values that are put into the holes to verify a template.
_PROOF: Final = "~proof~"
_PROOF_DIGITS: Final = "918273645"
_PROOF_NUMBER: Final = 918273645


@mypyc_attr(allow_interpreted_subclasses=True)
class Counts:
    """The effect of the member with token counts, whose numbers differ between records.

    Attributes:
        name: The name of the member, which is an object.
    """

    __slots__ = ("name",)

    _init_types: ClassVar[tuple[Any, ...]] = (str,)

    def __init__(self, name: str) -> None:
        self.name = name

    def read(self, counts: dict[str, Any]) -> None:
        """Read the member of a record. It is read after the delta."""
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class Repeat:
    """The effect of a record on a wire, which can be repeated with another delta.

    Attributes:
        path: The keys and indexes of the delta in the record.
        padding: Members of the record without any effect that differ in nearly all records.
        inert: Other members without any effect.
        numbered: The name of the member with the number of the record; "" if there is none.
        counts: The effect of the member with token counts; None if there is none.
    """

    __slots__ = ("counts", "inert", "numbered", "padding", "path")

    _init_types: ClassVar[tuple[Any, ...]] = (list,)

    def __init__(
        self,
        path: list[Any],
        padding: tuple[str, ...] = (),
        inert: tuple[str, ...] = (),
        numbered: str = "",
    ) -> None:
        self.path = path
        self.padding = padding
        self.inert = inert
        self.numbered = numbered
        self.counts: Counts | None = None

    def total(self, delta: str) -> int:
        """Return the checksum of the content of a numbered record; see `Wire.total`."""
        raise NotImplementedError

    def holds(self) -> bool:
        """Return whether the wire would still read the record in the same way."""
        return True

    def read(self, delta: str) -> None:
        """Read the delta of a record."""
        raise NotImplementedError


class Template:
    """The source of a record with holes."""

    __slots__ = (
        "age",
        "before",
        "constant",
        "counts",
        "end",
        "event",
        "first",
        "holes",
        "late",
        "line_count",
        "names",
        "places",
        "repeat",
        "segments",
    )

    _init_types: ClassVar[tuple[Any, ...]] = (str, Repeat)

    def __init__(self, event: str, repeat: Repeat) -> None:
        self.event = event
        self.repeat = repeat
        self.age: int = -1  # the age of the `Templates` when this template was armed
        self.before: int = 0  # the length of the source before the JSON
        self.end: int = 0  # the length of the source after the JSON
        self.late: int = 0
        self.line_count: int = 0
        self.first: str = ""  # the source before the first hole
        self.holes: bytes = b""  # the kind of each hole
        self.segments: list[str] = []  # the source after each hole
        self.names: tuple[str, ...] = ()  # the padding and inert members that are holes
        # The values of the inert members, in the order of the `Repeat`; None for missing ones.
        self.constant: tuple[Any, ...] = ()
        self.counts: dict[str, Any] | None = None  # the member with token counts
        self.places: tuple[list[Any], ...] = ()  # the paths in it that are holes, in their order

    def counts_with(self, numbers: list[int] | None) -> dict[str, Any]:
        """Return the member with token counts of a record that has these numbers in the holes."""
        counts: dict[str, Any] = _copied(self.counts)
        if numbers is not None:
            for path, number in zip(self.places, numbers, strict=True):
                inner: Any = counts
                if len(path) > 1:
                    inner = _at(counts, path[:-1])
                inner[path[-1]] = number
        return counts


class Templates:
    """The templates of one stream. The decoder matches them; the router calls `learn`."""

    __slots__ = (
        "_begins",
        "_credit",
        "_length",
        "_limit",
        "_pause",
        "_wait",
        "age",
        "all",
        "counts",
        "delta",
        "found",
        "lines",
        "may_learn",
        "newline",
        "number",
        "numbers",
        "spaced",
    )

    def __init__(self, limits: Limits = _DEFAULT_LIMITS) -> None:
        # A text of at most this length is within all limits of a record.
        self._limit: int = min(_LONGEST, unlimited(limits))
        #: Whether the stream is JSON Lines, which have no fields.
        self.lines: bool = False
        self.newline: str = "\n"
        #: Whether a space follows the colon of a field.
        self.spaced: bool = True
        self.all: list[Template] = []
        self.may_learn: bool = True
        #: Changes when a record has another effect than a repeat.
        self.age: int = 0
        # The hash of the first characters, and the length, of the JSON of the last record.
        self._begins: i64 = 0
        self._length: int = 0
        self._credit: int = _CREDIT
        #: The token counts of an earlier record.
        self.counts: dict[str, Any] | None = None
        self._wait: int = 0  # the number of records to skip before learning again
        self._pause: int = _PAUSE
        # The result of the last match.
        self.found: Template | None = None
        self.delta: str = ""
        self.number: int = 0
        self.numbers: list[int] | None = None  # the token counts in holes

    def __reduce__(self) -> tuple[Any, ...]:
        return _without_templates, (self._limit, self.lines)

    # Matching.

    def match(self, text: str, start: int) -> int:
        """Return where the source at `start` ends; `UNLIKE` or `PARTIAL` without a match."""
        result = UNLIKE
        for template in self.all:
            end = self._match(template, text, start)
            if end >= 0:
                self.found = template
                if self._credit < _MOST_CREDIT:
                    self._credit += 1
                else:
                    self._pause = _PAUSE
                return end
            if end == PARTIAL:
                result = PARTIAL
        return result

    def _match(self, template: Template, text: str, start: i64) -> i64:
        size: i64 = len(text)
        first = template.first
        at: i64 = start + len(first)
        if at > size:
            return PARTIAL if first.startswith(text[start:]) else UNLIKE
        if not text.startswith(first, start):
            return UNLIKE
        segments = template.segments
        holes = template.holes
        last: i64 = len(segments) - 1
        delta = ""
        number = 0
        numbers: list[int] | None = None
        place: i64 = 0
        while place <= last:
            hole: i64 = holes[place]
            if hole >= _NUMBER:
                end = _digits_end(text, at, size)
                if end == size and end - at <= _DIGITS and end - start < self._limit:
                    return PARTIAL
                if end == at or end - at > _DIGITS or (end - at > 1 and text[at] == "0"):
                    return UNLIKE
                if hole == _NUMBER:
                    number = int(text[at:end])
                elif hole == _COUNT:
                    if numbers is None:
                        numbers = []
                    numbers.append(int(text[at:end]))
            else:
                end = text.find('"', at)
                if end < 0:
                    is_open = size - start < self._limit and _is_plain(text[at:])
                    return PARTIAL if is_open else UNLIKE
                value = text[at:end]
                if not _is_plain(value):
                    try:
                        value, after = scanstring(text, at)
                    except ValueError:
                        return UNLIKE
                    end = after - 1
                if hole == _DELTA:
                    delta = value
            segment = segments[place]
            at = end + len(segment)
            if at > size:
                # A source may be held back only if its record is incomplete.
                late: i64 = template.late if place == last else 0
                is_open = at - size > late and segment.startswith(text[end:])
                return PARTIAL if is_open and size - start < self._limit else UNLIKE
            if not text.startswith(segment, end):
                return UNLIKE
            place += 1
        if at - start > self._limit:
            return UNLIKE
        self.delta = delta
        self.number = number
        self.numbers = numbers
        return at

    # Learning.

    def is_pausing(self, records: int) -> bool:
        """Count down a pause; return whether learning is paused."""
        if self._wait <= 0:
            return False
        self._wait -= records
        return True

    def is_similar(self, text: str) -> bool:
        """Return whether a decoded record resembles the previous one, so that learning may help."""
        size = len(text)
        spread = size - self._length
        begins = hash(text[:_ALIKE])
        begins_alike = begins == self._begins
        self._begins, self._length = begins, size
        return begins_alike and -_SPREAD <= spread <= _SPREAD and size + 100 <= self._limit

    def arm(self, template: Template, repeat: Repeat) -> None:
        """Arm a template after a matching record was decoded and read in full."""
        template.repeat = repeat
        template.age = self.age
        self.spend(1)

    def learn(self, event: str, text: str, data: dict[str, Any], repeat: Repeat) -> None:
        """Create a template from a record that `repeat` describes."""
        old: Template | None = None
        for template in self.all:
            if template.event == event and template.repeat.path == repeat.path:
                old = template
                break
        source = self.before(event) + text + self.after()
        for template in self.all:
            if self._match(template, source, 0) == len(source):
                template.repeat = repeat
                template.age = self.age
                return
        if not self.may_learn or self._wait > 0 or self._credit < _LEARNING:
            return
        earlier = self.counts
        if repeat.counts is not None:
            self.counts = data[repeat.counts.name]
            if earlier is None:
                return  # the next record shows which counts differ
        self.may_learn = False  # until the next records have been matched
        made: Template | None = None
        if "\n" not in text:
            made = _made(self, Template(event, repeat), text, data, old, earlier)
        if made is not None:
            made.age = self.age
            if old is not None and not _are_in_turn(old, made):
                self.all.remove(old)
            self.all = [made, *self.all[: _MOST - 1]]
        self.spend(_LEARNING)

    def before(self, event: str) -> str:
        """Return the source before the JSON of a record."""
        if self.lines:
            return ""
        space = " " if self.spaced else ""
        return (f"event:{space}{event}{self.newline}" if event else "") + f"data:{space}"

    def after(self) -> str:
        """Return the source after the JSON of a record."""
        return self.newline if self.lines else self.newline + self.newline

    def spend(self, credit: int) -> None:
        """Use credit; if there is none left, pause learning, each time for longer."""
        self._credit -= credit
        if self._credit < 0:
            self.all.clear()
            self._wait = self._pause
            self._credit = _CREDIT_AFTER_PAUSE
            self._pause = min(4 * self._pause, _LONGEST_PAUSE)


def unlimited(limits: Limits) -> int:
    """Return the length up to which any JSON text is within the limits."""
    if limits.keys is not None or limits.items is not None:
        return 0
    digits = min(limits.number, limits.integer_digits)
    return min(2 * limits.depth, limits.string, limits.record, digits)


def _without_templates(limit: int, lines: bool) -> Templates:
    """Create empty templates for an unpickled or copied object, which learns them again."""
    templates = Templates()
    templates._limit = limit
    templates.lines = lines
    return templates


def _is_plain(text: str) -> bool:
    """Return whether a text can occur in a JSON string without escapes."""
    return "\\" not in text and (text.isprintable() or _SPECIAL.search(text) is None)


_SPECIAL: Final = re.compile(r"[\x00-\x1f]")


def _digits_end(text: str, at: i64, size: i64) -> i64:
    while at < size and 48 <= ord(text[at]) <= 57:
        at += 1
    return at


class _Hole:
    """A hole in the JSON of a record."""

    __slots__ = ("end", "hole", "path", "start", "value")

    _init_types: ClassVar[tuple[Any, ...]] = (list, None, int)

    def __init__(self, path: list[Any], value: Any, hole: int) -> None:
        self.path = path
        self.value = value
        self.hole = hole
        self.start: int = -1
        self.end: int = -1


def _made(
    templates: Templates,
    made: Template,
    text: str,
    data: dict[str, Any],
    old: Template | None,
    earlier: dict[str, Any] | None,
) -> Template | None:
    """Fill in a new template; return None if its holes cannot be located with certainty."""
    repeat = made.repeat
    names = [name for name in repeat.padding if name in data]
    if old is not None:
        for name, constant in zip(repeat.inert, old.constant, strict=False):
            if name not in data:
                continue
            if name in old.names or (constant is not None and data[name] != constant):
                names.append(name)
    holes = [_Hole(repeat.path, _at(data, repeat.path), _DELTA)]
    if repeat.numbered:
        holes.append(_Hole([repeat.numbered], data.get(repeat.numbered), _NUMBER))
    for name in names:
        is_text = isinstance(data[name], str)
        holes.append(_Hole([name], data[name], _STRING if is_text else _INTEGER))
    if repeat.counts is not None:
        if not _is_shallow(data[repeat.counts.name], _DEEPEST):
            return None
        holes += _holes_of_counts(made, data[repeat.counts.name], old, earlier)
    for hole in holes:
        if not _locate(hole, text):
            return None
    holes.sort(key=_start_of)
    if not _is_proved(text, data, holes):
        return None
    before, after = templates.before(made.event), templates.after()
    made.before, made.end = len(before), len(after)
    made.late = len(after) if templates.lines else len(templates.newline) - 1
    made.names = tuple(names)
    made.constant = tuple([data.get(name) for name in repeat.inert])
    source = before + text + after
    made.line_count = source.count("\n")
    made.first = source[: made.before + holes[0].start]
    made.holes = bytes([hole.hole for hole in holes])
    made.places = tuple([hole.path[1:] for hole in holes if hole.hole == _COUNT])
    stops = [made.before + hole.start for hole in holes[1:]] + [len(source)]
    made.segments = [
        source[made.before + hole.end : stop] for hole, stop in zip(holes, stops, strict=True)
    ]
    return made


def _holes_of_counts(
    made: Template, counts: dict[str, Any], old: Template | None, earlier: Any
) -> list[_Hole]:
    """Return holes for the counts that differ from those of earlier records."""
    assert made.repeat.counts is not None
    made.counts = _copied(counts)
    holes: list[_Hole] = []
    for path in _numbers_in(counts):
        value = _at(counts, path)
        is_hole = not _has(earlier, path, value)
        if old is not None:
            is_hole = is_hole or path in old.places or not _has(old.counts, path, value)
        if is_hole:
            holes.append(_Hole([made.repeat.counts.name, *path], value, _COUNT))
    return holes


def _numbers_in(value: Any) -> list[list[Any]]:
    """Return the paths of the whole numbers in a container."""
    found: list[list[Any]] = []
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    for key in keys:
        inner = value[key]
        if type(inner) is int:
            found.append([key])
        elif isinstance(inner, (dict, list)):
            found += [[key, *path] for path in _numbers_in(inner)]
    return found


def _has(data: Any, path: list[Any], value: int) -> bool:
    """Return whether a record has this value at a path."""
    try:
        return bool(_at(data, path) == value)
    except (LookupError, TypeError):
        return False


def _copied(value: Any) -> Any:
    """Return a copy of a container and of the containers in it."""
    if isinstance(value, dict):
        copy = value.copy()
        for key, inner in value.items():
            if isinstance(inner, (dict, list)):
                copy[key] = _copied(inner)
        return copy
    return [_copied(inner) if isinstance(inner, (dict, list)) else inner for inner in value]


def _is_shallow(value: Any, depth: int) -> bool:
    """Return whether a value has at most this many levels of containers."""
    if not isinstance(value, (dict, list)):
        return True
    if not depth:
        return False
    inside = list(value.values()) if isinstance(value, dict) else value
    return all([_is_shallow(inner, depth - 1) for inner in inside])


def _start_of(hole: _Hole) -> int:
    return hole.start


def _at(data: Any, path: list[Any]) -> Any:
    for key in path:
        data = data[key]
    return data


def _locate(hole: _Hole, text: str) -> bool:
    """Locate the value of a hole; return False unless one member has the name of the hole.

    Details of token counts may have the same names. Their values tell them apart.
    """
    if not isinstance(hole.value, str) and type(hole.value) is not int:
        return False
    key = hole.path[-1]
    if not isinstance(key, str):
        return False
    name = '"' + key + '"'
    at = text.find(name)
    found = -1
    while at >= 0:
        after = _past_space(text, at + len(name))
        if text[after : after + 1] == ":":
            start = _past_space(text, after + 1)
            if hole.hole != _COUNT or _number_at(text, start) == hole.value:
                if found >= 0:
                    return False
                found = start
        at = text.find(name, at + 1)
    if found < 0:
        return False
    if isinstance(hole.value, str):
        if text[found : found + 1] != '"':
            return False
        hole.start = found + 1
        try:
            hole.end = scanstring(text, hole.start)[1] - 1
        except ValueError:
            return False
        return True
    hole.start = found
    hole.end = _digits_end(text, found, len(text))
    return hole.end > found and text[hole.end : hole.end + 1] not in (".", "e", "E")


def _number_at(text: str, start: int) -> int:
    """Return the number that the digits from `start` on are; -1 without digits."""
    end = _digits_end(text, start, len(text))
    return int(text[start:end]) if start < end <= start + _DIGITS else -1


def _past_space(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\t", "\n", "\r"):
        at += 1
    return at


def _is_proved(text: str, data: dict[str, Any], holes: list[_Hole]) -> bool:
    """Return whether putting other values into the holes changes only the values of these members.

    If a string is decoded to the text that was put in, it is a separate token, so it can be
    replaced by any other string.
    """
    source = ""
    at = 0
    for hole in holes:
        if hole.start < at:
            return False
        is_text = isinstance(hole.value, str)
        source += text[at : hole.start] + (_PROOF if is_text else _PROOF_DIGITS)
        at = hole.end
    try:
        other = _JSON.decode(source + text[at:])
        for hole in holes:
            inner = _at(other, hole.path[:-1])
            wanted: Any = _PROOF if isinstance(hole.value, str) else _PROOF_NUMBER
            if inner[hole.path[-1]] != wanted:
                return False
            inner[hole.path[-1]] = hole.value
    except (ValueError, LookupError, TypeError):
        return False
    return bool(other == data)


def _are_in_turn(old: Template, new: Template) -> bool:
    """Return whether the templates are for alternating records, such as those of two choices."""
    if old.names != new.names or old.constant != new.constant or old.places != new.places:
        return False
    if old.counts is None or new.counts is None:
        return old.counts is new.counts
    numbers = [0] * len(old.places)
    return old.counts_with(numbers) == new.counts_with(numbers)
