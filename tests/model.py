"""A reference model of the parser, which applies the laws of the strict dialect to a whole text.

`read` is a plain recursive descent over the text so far, without fragments, states or sinks. At
the end of the text it raises `_Ended`, and what it has built by then is what must be visible. It
records each event with the offset of the character that decided it.

It is slow, because it reads each prefix from the start, and recursive, so texts must be small.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from streamparse import Limits, StringDelta, ValueCompleted, ValueEvent, ValueStarted
from tests.helpers import Path

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LITERALS = {"t": ("true", True), "f": ("false", False), "n": ("null", None)}
_SPACE = " \t\n\r"
# The characters that may follow a number; any other is an error of the number.
_AFTER_NUMBER = _SPACE + ',]}:[{"'


@dataclass(frozen=True)
class Options:
    """The options of `JSONParser` that affect the result."""

    many: bool = False
    trailing: str = "error"
    surrogates: str = "keep"
    limits: Limits = field(default_factory=Limits)
    parse_float: Callable[[str], object] = float
    parse_int: Callable[[str], object] = int
    validator: object = None  # Accepts everything, so the model ignores it.


@dataclass
class Reading:
    """The result of reading a text."""

    value: object
    started: bool
    done: bool
    open_path: Path | None
    decided: list[tuple[int, ValueEvent]]  # Events with the offset of the deciding character.
    error: tuple[str, int, Path] | None  # Its code, offset and path.
    end: int  # The offset at which reading stopped; a remainder begins there.

    def events(self, start: int = 0, stop: int | None = None) -> list[ValueEvent]:
        """Return the events decided from `start` up to `stop`; the end of input counts as one."""
        last = len(self.decided) and self.decided[-1][0]
        stop = last + 1 if stop is None else stop
        return [event for offset, event in self.decided if start <= offset < stop]


def read(text: str, *, finished: bool = False, **options: Any) -> Reading:
    """Return what must be visible after `text`, and after its end if `finished` is true."""
    reader = _Reader(text, finished, Options(**options))
    error = None
    try:
        reader.documents()
    except _Ended:
        error = reader.verdict_on_the_end()
    except _Refused as refused:
        error = refused.args
    return Reading(
        value=reader.root[0],
        started=reader.started,
        done=reader.done,
        open_path=reader.open[-1] if reader.open else None,
        decided=reader.decided,
        error=error,
        end=reader.pos,
    )


def completion(text: str) -> str | None:
    """Return the text that completes the beginning of a document, or None if it is invalid."""
    reading = read(text)
    if reading.error is not None:
        return None
    brackets = _brackets(reading.value, reading.open_path)
    # The rest may need the end of a token, a colon or a value.
    for rest in _RESTS:
        whole = read(text + rest + brackets, finished=True)
        if whole.error is None:
            return rest + brackets
    raise AssertionError(f"no completion found for {text!r}")


def _brackets(value: Any, open_path: Path | None) -> str:
    """Return the closing brackets of the open containers, innermost first."""
    closers = ""
    for step in (*(open_path or ()), None):
        if isinstance(value, (dict, list)) and open_path is not None:
            closers = ("}" if isinstance(value, dict) else "]") + closers
            value = value[step] if step is not None else value
    return closers


_STRING_RESTS = ["", "0", "00", "000", "0000", "u0000", "n"]
_RESTS = ["", "0", "true", "rue", "ue", "e", "alse", "lse", "se", "ull", "ll", "l", ":0", '"":0']
_RESTS += [f'{rest}"{more}' for rest in _STRING_RESTS for more in ("", ":0")]


def _begins_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text) or _NUMBER.fullmatch(text + "0"))


class _Ended(Exception):
    """Raised at the end of the text."""


class _Refused(Exception):
    """Raised for an error, with its code, offset and path."""


class _Reader:
    def __init__(self, text: str, finished: bool, options: Options) -> None:
        self.text = text
        self.finished = finished
        self.options = options
        self.limits = options.limits
        self.pos = 0
        self.document_start = 0
        self.begun = False  # Whether the current document has begun.
        self.done = False
        self.started = False
        self.root: list[Any] = [[]] if options.many else [None]
        self.open: list[Path] = [()] if options.many else []
        self.at: Path = (0,) if options.many else ()  # The path of an error at this place.
        self.decided: list[tuple[int, ValueEvent]] = []

    # Characters

    def peek(self) -> str:
        if self.pos >= len(self.text):
            raise _Ended
        if self.pos - self.document_start >= self.limits.document:
            self.refuse("document_length")
        return self.text[self.pos]

    def skip_space(self) -> str:
        """Return the next character that is not white space."""
        while self.peek() in _SPACE:
            self.pos += 1
        return self.peek()

    def refuse(self, code: str, offset: int | None = None) -> NoReturn:
        raise _Refused(code, self.pos if offset is None else offset, self.at)

    def note(self, event: ValueEvent, offset: int) -> None:
        self.decided.append((offset, event))
        self.started = True

    # Documents

    def documents(self) -> None:
        if self.text.startswith("\ufeff"):
            self.peek()
            self.pos = 1
        if self.options.many:
            self.one_after_the_other()
        self.document((), self.put_root)
        self.done = True
        if self.options.trailing == "error":
            self.at = ()
            self.skip_space()
            self.refuse("trailing_text")

    def one_after_the_other(self) -> NoReturn:
        items = self.root[0]
        glued = False
        while True:
            self.at = (len(items),)
            start = self.pos
            char = self.skip_space()
            if glued and start == self.pos and char not in '[{"':
                self.refuse("expected_value")
            self.document((len(items),), _Slot(items).put)
            glued = char in _LITERALS

    def document(self, path: Path, put: Callable[[object], None]) -> None:
        self.at = path
        self.skip_space()
        self.value(path, put)
        self.begun = False
        if self.options.many:  # Otherwise later text counts for the limit of the only document.
            self.document_start = self.pos

    def put_root(self, value: object) -> None:
        self.root[0] = value

    def verdict_on_the_end(self) -> tuple[str, int, Path] | None:
        """Return the error of the end of the text, or None."""
        if not self.finished:
            return None
        if not self.begun and (self.options.many or self.done):
            self.done = True
            self.open.clear()
            return None
        return ("truncated" if self.begun else "empty"), len(self.text), self.at

    # Values

    def value(self, path: Path, put: Callable[[object], None], expected: str = "") -> None:
        self.at = path
        char = self.skip_space()
        if char in "[{":
            self.begun = True
            self.container(path, put, char)
        elif char == '"':
            self.begun = True
            self.string(path, put)
        elif char in _LITERALS:
            self.begun = True
            self.literal(path, put, *_LITERALS[char])
        elif char in "-0123456789":
            self.begun = True
            self.number(path, put)
        else:
            self.refuse("mismatched_bracket" if char == expected else "expected_value")

    def literal(
        self, path: Path, put: Callable[[object], None], word: str, meaning: object
    ) -> None:
        for letter in word:
            if self.peek() != letter:
                self.refuse("invalid_literal")
            self.pos += 1
        put(meaning)
        self.note(ValueCompleted(path, meaning), self.pos - 1)

    def number(self, path: Path, put: Callable[[object], None]) -> None:
        text = self.number_text()
        if not _NUMBER.fullmatch(text):
            if self.pos == len(self.text):
                raise _Ended
            self.refuse("invalid_number")
        integer = not set(text) & set(".eE")
        if integer and len(text.lstrip("-")) > self.limits.integer_digits:
            self.refuse("integer_digits")
        parse = self.options.parse_int if integer else self.options.parse_float
        try:
            value = parse(text)
        except Exception:
            self.refuse("number_rejected")
        put(value)
        self.note(ValueCompleted(path, value), self.pos)

    def number_text(self) -> str:
        """Read the longest number here, up to the character that ends it."""
        start = self.pos
        at_root = len(self.open) == self.options.many
        while True:
            text = self.text[start : self.pos]
            try:
                char = self.peek()
            except _Ended:
                if self.finished and at_root:
                    return text
                raise
            except _Refused:
                if at_root and self.is_next_document(text, self.text[self.pos]):
                    return text
                raise
            if not _begins_number(text + char):
                break
            if len(text) == self.limits.number:
                self.refuse("number_length")
            self.pos += 1
        if char not in _AFTER_NUMBER and not (at_root and self.options.trailing == "stop"):
            self.refuse("invalid_number")
        return text

    def is_next_document(self, number: str, char: str) -> bool:
        """Return whether a root number ends before `char`, which then belongs to no document."""
        if not _NUMBER.fullmatch(number) or _begins_number(number + char):
            return False
        stop = self.options.trailing == "stop"
        return stop or (self.options.many and char in _AFTER_NUMBER)

    # Strings

    def string(self, path: Path, put: Callable[[object], None]) -> None:
        self.note(ValueStarted(path, "string"), self.pos)
        self.open.append(path)
        text = ""
        put(text)

        def grow(char: str, offset: int) -> None:
            nonlocal text
            text += char
            put(text)
            self.note(StringDelta(path, char), offset)

        self.characters(grow)
        self.open.pop()
        self.note(ValueCompleted(path, text), self.pos - 1)

    def key(self) -> str:
        parts: list[str] = []
        self.characters(lambda char, offset: parts.append(char))
        return "".join(parts)

    def characters(self, give: Callable[[str, int], None]) -> None:
        """Pass each character of the string to `give`, with the offset that decided it."""
        self.pos += 1
        high = ""
        room = self.limits.string

        def take(char: str, offset: int) -> None:
            nonlocal room
            if not room:
                self.refuse("string_length", offset)
            room -= 1
            give(char, offset)

        while self.peek() != '"':
            unit = self.unit()
            offset = self.pos - 1
            if high and "\udc00" <= unit <= "\udfff":
                unit = (high + unit).encode("utf-16", "surrogatepass").decode("utf-16")
            elif high:
                take(self.half(high, offset), offset)
            high = unit if "\ud800" <= unit <= "\udbff" else ""
            if not high:
                take(self.half(unit, offset), offset)
        if high:
            take(self.half(high, self.pos), self.pos)
        self.pos += 1

    def half(self, char: str, offset: int) -> str:
        """Return the replacement of a character that is half a surrogate pair."""
        if self.options.surrogates == "keep" or not "\ud800" <= char <= "\udfff":
            return char
        if self.options.surrogates == "error":
            self.refuse("lone_surrogate", offset)
        return "\ufffd"

    def unit(self) -> str:
        """Read one character or escape."""
        char = self.peek()
        if char < " ":
            self.refuse("control_character")
        self.pos += 1
        if char != "\\":
            return char
        letter = self.peek()
        if letter in _ESCAPES:
            self.pos += 1
            return _ESCAPES[letter]
        if letter != "u":
            self.refuse("invalid_escape")
        self.pos += 1
        for _ in range(4):
            if self.peek() not in "0123456789abcdefABCDEF":
                self.refuse("invalid_escape")
            self.pos += 1
        return chr(int(self.text[self.pos - 4 : self.pos], 16))

    # Containers

    def container(self, path: Path, put: Callable[[object], None], bracket: str) -> None:
        if len(self.open) - self.options.many >= self.limits.depth:
            self.refuse("depth")
        self.note(ValueStarted(path, "array" if bracket == "[" else "object"), self.pos)
        self.pos += 1
        self.open.append(path)
        value: Any = [] if bracket == "[" else {}
        put(value)
        if bracket == "[":
            self.items(path, value)
        else:
            self.members(path, value)
        self.open.pop()
        self.note(ValueCompleted(path, value), self.pos)
        self.pos += 1

    def items(self, path: Path, array: list[object]) -> None:
        self.at = (*path, 0)
        count, char = 0, self.skip_space()
        while char != "]":
            if count:
                self.comma(path, "]")
            self.at = (*path, count)
            char = self.skip_space()
            if count == self.limits.items and char in '[{"tfn-0123456789':
                self.refuse("array_items")
            self.value((*path, count), _Slot(array).put, expected="" if count else "}")
            self.at = path
            count += 1
            char = self.skip_space()

    def members(self, path: Path, members: dict[str, object]) -> None:
        self.at = path
        count, char = 0, self.skip_space()
        while char != "}":
            if count:
                self.comma(path, "}")
            self.at = path
            char = self.skip_space()
            if char != '"':
                wrong = char == "]" and not count
                self.refuse("mismatched_bracket" if wrong else "expected_key")
            if count == self.limits.keys:
                self.refuse("object_keys")
            self.member(path, members)
            self.at = path
            count += 1
            char = self.skip_space()

    def member(self, path: Path, members: dict[str, object]) -> None:
        key = self.key()
        if self.skip_space() != ":":
            self.refuse("expected_colon")
        self.pos += 1

        def put(value: object) -> None:
            members[key] = value

        self.value((*path, key), put)

    def comma(self, path: Path, closer: str) -> None:
        self.at = path
        char = self.peek()
        if char != ",":
            wrong = char in "]}" and char != closer
            self.refuse("mismatched_bracket" if wrong else "expected_comma")
        self.pos += 1


class _Slot:
    """The next item of an array: `put` adds it first, and then replaces it as it grows."""

    def __init__(self, array: list[object]) -> None:
        self.array = array
        self.index = len(array)

    def put(self, value: object) -> None:
        self.array[self.index :] = [value]
