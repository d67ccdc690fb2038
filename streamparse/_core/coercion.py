"""Coercion of values to the types of their schema, between a machine and a chain.

A coercer passes on the calls of the machine, unless the validator would certainly reject a value
and exactly one other reading of it is allowed:

Rule 1: a string that contains JSON, where an array or object is allowed and no string is. An inner
machine reads its text while it arrives, and the value of the text replaces the string.
Rule 2: a string that is a number or literal, where that is allowed and no string is.
Rule 3: a number, where a string is allowed and no number is, becomes a string with its text.
Rule 4: a value becomes the item of an array where only an array is allowed whose first item may be
of that kind. This excludes null, which may mean no array, and items of an array.
Rule 5: a string that differs from one of the allowed words only in case becomes that word.

The validator validates a coerced value like any other, and a repair with the code `coerced` records
it. A string is held until its reading is decided; nothing is taken back.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final

from streamparse._core.coercion_values import Place, ValueCoercer
from streamparse._core.expected import (
    ARRAY,
    FALSE,
    NULL,
    NUMBER,
    OBJECT,
    SCALARS,
    STRING,
    TRUE,
    Expected,
)
from streamparse._core.growing import GrowingString
from streamparse._core.machine import Machine
from streamparse._core.machine_state import MachineOptions
from streamparse._core.sink import Sink
from streamparse.errors import LimitError, SchemaViolation, StreamParseError

_SPACE: Final = " \t\n\r"
# The kind of scalar that a text begins, by its first character.
_SCALAR_AT: Final[dict[str, int]] = {
    **dict.fromkeys("-0123456789", NUMBER),
    "t": TRUE,
    "f": FALSE,
    "n": NULL,
}
# The kind of value that an item begins, by its first character.
_ITEM_AT: Final[dict[str, int]] = {
    **_SCALAR_AT,
    '"': STRING,
    "[": ARRAY,
    "{": OBJECT,
}

# The modes of the open string.
_PLAIN: Final = 0  # passed on as it is
_HELD: Final = 1  # held, as several readings are possible
_INNER: Final = 2  # read by an inner machine
_BROKEN: Final = 3  # the inner machine has failed, and the chain builds on


class Coercer(ValueCoercer):
    """Coerces the values of one text.

    Args:
        place: The chain.
        outer: The coercer around a string that contains JSON; None for the document.
    """

    _init_types: ClassVar[tuple[Any, ...]] = (Place,)

    def __init__(self, place: Place, outer: Coercer | None = None) -> None:
        super().__init__(place, outer)
        # The open string.
        self.open: bool = False
        self.mode: int = _PLAIN
        self.wrapped: bool = False  # whether an array was opened around it
        self.expected: Expected | None = None
        self.held: list[tuple[GrowingString, int]] = []  # texts and their offsets
        self.held_end: int = 0  # the offset after the held text
        self.seen: str = ""  # the held text, without white space before it
        self.kinds: int = 0  # the kinds that the text may still be
        self.may_wrap: bool = False
        self.words: list[str] = []  # the words that the text may still be, in another case
        self.folded: str = ""  # the held text, case-folded, while there are words
        self.literal: Literal | None = None
        self.inner: Coercer | None = None
        self.machine: Machine | None = None
        self.path: tuple[Any, ...] = ()

    # Strings.

    def start_string(self, offset: int) -> None:
        self.open = True
        self._begin(self.at(offset))

    def text(self, text: str, offset: int) -> None:
        self._read(text, self.at(offset))

    def end_string(self, offset: int) -> None:
        offset = self.at(offset)
        if self.mode == _HELD:
            self._decide_at_end(offset)
        elif self.mode == _PLAIN:
            self.place.end_string(offset)
        else:
            self._end_inner(offset)
        if self.wrapped:
            self.wrapped = False
            self._close_array(offset)
        self._forget()
        self.open = False

    def repair(self, code: str, offset: int, item: bool) -> None:
        super().repair(code, offset, _is_item(self, item))

    def _begin(self, offset: int) -> None:
        """Begin a string, and hold it if another reading may be allowed."""
        expected = self._expects()
        if expected is None or (expected.kinds & STRING and expected.words is None):
            self.place.start_string(offset)
            return
        self.mode = _HELD
        self.expected = expected
        self.kinds = expected.kinds & ~STRING
        self.may_wrap = self._may_wrap(expected, STRING)
        if expected.kinds & STRING and expected.words is not None:
            self.words = list(expected.words)

    def _read(self, text: str, offset: int) -> None:
        if self.mode == _PLAIN:
            self.place.text(text, offset)
        elif self.mode == _INNER:
            self._read_inner(text, offset)
        elif self.mode == _HELD:
            self._hold(text, offset)

    def _hold(self, text: str, offset: int) -> None:
        """Hold text, character by character, until one reading is left."""
        for number, char in enumerate(text):
            self._keep(char, offset + number)
            self._consider(char)
            self._decide(offset + number)
            if self.mode != _HELD:
                rest = text[number + 1 :]
                if rest:
                    self._read(rest, offset + number + 1)
                return

    def _keep(self, char: str, offset: int) -> None:
        """Hold a character; consecutive ones are one text."""
        if not self.held or offset != self.held_end:
            self.held.append((GrowingString(), offset))
        self.held[-1][0].append(char)
        self.held_end = offset + 1

    def _consider(self, char: str) -> None:
        """Drop the readings that this character excludes."""
        if self.words:
            self.folded += char.casefold()
            self.words = [word for word in self.words if word.casefold().startswith(self.folded)]
        if not self.seen:
            if char in _SPACE:
                return
            self.seen = char
            kind = OBJECT if char == "{" else ARRAY if char == "[" else _SCALAR_AT.get(char, 0)
            self.kinds &= kind
            if self.kinds & SCALARS:
                self.literal = Literal(self.place.options)
            elif self.kinds & OBJECT:
                self.may_wrap = False
        elif self.may_wrap and self.seen == "[" and char not in _SPACE:
            self.seen += char
            assert self.expected is not None
            if _begins_item(char, self.expected.items):
                self.may_wrap = False
            else:
                self.kinds = 0
        if self.literal is not None and not self.literal.feed(char):
            self.literal = None
            self.kinds &= ~SCALARS

    def _decide(self, offset: int) -> None:
        """Continue with the one reading that is left, if the text has decided."""
        if self.words:
            return
        if self.kinds & (OBJECT | ARRAY) and self.seen:
            if not self.may_wrap:
                self._go_inside(offset)
        elif not self.kinds & SCALARS and self.seen:
            if self.may_wrap:
                self._wrap(offset)
            else:
                self._stand(offset)

    def _decide_at_end(self, offset: int) -> None:
        """Decide at the end of the string."""
        text = "".join([held for held, _ in self._held_texts()])
        expected = self.expected
        words = [word for word in self.words if word.casefold() == text.casefold()]
        exact = expected is not None and expected.words is not None and text in expected.words
        literal = self.literal
        if exact or len(words) > 1:
            self._stand(offset)
        elif words:
            self._coerced(offset)
            self.mode = _PLAIN
            self._emit_string(words[0], offset)
            return
        elif literal is not None and literal.ends():
            self._coerced(offset)
            self.place.start_scalar(literal.kind, offset)
            self.place.scalar(literal.value, offset)
            return
        elif self.may_wrap and self.seen:
            self._wrap(offset)
            if self.mode == _HELD:
                self._decide_at_end(offset)
                return
        else:
            self._stand(offset)
        self.place.end_string(offset)

    def _take_held(self) -> list[tuple[str, int]]:
        """Return the held text, and hold nothing."""
        held = self._held_texts()
        self._forget()
        return held

    def _held_texts(self) -> list[tuple[str, int]]:
        return [(text.value, offset) for text, offset in self.held]

    def _forget(self) -> None:
        """Reset the state of the open string."""
        self.mode = _PLAIN
        self.held = []
        self.seen = ""
        self.kinds = 0
        self.may_wrap = False
        self.words = []
        self.folded = ""
        self.literal = self.inner = self.machine = None
        self.expected = None

    def _stand(self, offset: int) -> None:
        """Pass on the held string as it is."""
        held = self._take_held()
        self.place.floor = offset
        self.place.start_string(offset)
        for text, place in held:
            self.place.text(text, place)

    def _wrap(self, offset: int) -> None:
        """Open an array around the string (Rule 4)."""
        held = self._take_held()
        self._open_array(offset)
        self.wrapped = True
        self._begin(offset)
        for text, place in held:
            self._read(text, place)

    # JSON in a string.

    def _go_inside(self, offset: int) -> None:
        """Let an inner machine read the string (Rule 1)."""
        held = self._take_held()
        self.path = self.place.next_path()
        self._coerced(offset)
        self.mode = _INNER
        self.inner = Coercer(self.place, self)
        self.machine = _inner_machine(self.inner, self.place.options, len(self.arrays))
        for text, place in held:
            self._read(text, place)

    def _read_inner(self, text: str, offset: int) -> None:
        machine, inner = self.machine, self.inner
        assert machine is not None
        assert inner is not None
        inner.map(machine.offset, offset)
        try:
            machine.feed(text)
        except SchemaViolation:
            raise
        except LimitError as error:
            error.offset = inner.at(error.offset)
            raise
        except StreamParseError as error:
            self._break(error, inner.at(error.offset))

    def _end_inner(self, offset: int) -> None:
        machine, inner = self.machine, self.inner
        assert inner is not None
        if self.mode == _INNER and machine is not None:
            inner.map(machine.offset, offset)
            try:
                machine.finish()
            except StreamParseError as error:
                self._break(error, offset)
        if self.mode == _BROKEN:
            inner.close(offset)

    def _break(self, error: StreamParseError, offset: int) -> None:
        """Reject the string, which is not valid JSON."""
        self.mode = _BROKEN
        message = f"the string does not contain one complete JSON value: {error.message}"
        violation = SchemaViolation(message, code="type", offset=offset, path=self.path)
        self.place.reject_value(violation)

    def close(self, offset: int) -> None:
        """Close all open values of this text, which ends at `offset`."""
        if self.open:
            if self.inner is not None:
                self.inner.close(offset)
            else:
                if self.mode == _HELD:
                    self._stand(offset)
                self.place.end_string(offset)
            self._forget()
            self.open = False
        if self.in_key:
            self.in_key = False
            self.place.end_key(offset)
        while len(self.arrays) > self.base:
            self._close_array(offset)

    # Forks and pickles.

    def branch(self, place: Place) -> Coercer:
        """Return a coercer in the same state for a clone of the chain."""
        twin = Coercer(place)
        twin.resume(self.state_now())
        return twin

    def state_now(self) -> tuple[Any, ...]:
        """Return the state as plain data, for `resume`."""
        containers = (list(self.arrays), self.base, list(self.wraps), self.in_key)
        string = (self.open, self.mode, self.wrapped, self._held_texts(), self.path)
        inner, machine = self.inner, self.machine
        deeper: Any = None
        if inner is not None and machine is not None:
            deeper = (inner.state_now(), machine.state_now())
        return containers, string, self.scalar_mode, self.shift, deeper

    def resume(self, state: tuple[Any, ...]) -> None:
        """Continue in the state that `state_now` returned. The chain is already in its state."""
        containers, string, self.scalar_mode, self.shift, deeper = state
        arrays, self.base, wraps, self.in_key = containers
        self.arrays[:] = arrays
        self.wraps = list(wraps)
        self.open, mode, self.wrapped, held, self.path = string
        if mode == _HELD:  # reading the same characters again restores the readings
            self._begin(0)
            for text, offset in held:
                self._read(text, offset)
        self.mode = mode
        if deeper is not None:
            inner = self.inner = Coercer(self.place, self)
            machine = self.machine = _inner_machine(inner, self.place.options, len(self.arrays))
            inner.resume(deeper[0])
            machine.resume(deeper[1])


def _is_item(coercer: Coercer, item: bool) -> bool:
    """Return whether a repair concerns a value, which the JSON in an open string decides."""
    machine, inner = coercer.machine, coercer.inner
    if machine is None:
        return item
    return machine.expects_item if inner is None else _is_item(inner, machine.expects_item)


def _begins_item(char: str, items: int) -> bool:
    """Return whether an array whose items are of these kinds may continue with `char` after `[`.

    The items may be strings, and so a number may be one (Rule 3).
    """
    return char == "]" or bool(_ITEM_AT.get(char, 0) & (items | NUMBER))


def _inner_machine(inner: Coercer, given: MachineOptions, depth: int) -> Machine:
    """Return a machine for JSON in a string."""
    options = MachineOptions(
        limits=given.limits,
        surrogates=given.surrogates,
        parse_float=given.parse_float,
        parse_int=given.parse_int,
    )
    return Machine(inner, options, depth=depth)


class Literal(Sink):
    """Reads a text that may be a number or literal (Rule 2)."""

    _init_types: ClassVar[tuple[Any, ...]] = (MachineOptions,)

    def __init__(self, options: MachineOptions) -> None:
        super().__init__()
        self.kind: str = ""
        self.value: object = None
        self.whole: bool = False
        self.machine: Machine = Machine(
            self,
            MachineOptions(
                limits=options.limits,
                parse_float=options.parse_float,
                parse_int=options.parse_int,
            ),
        )

    def start_scalar(self, kind: str, offset: int) -> None:
        self.kind = kind

    def scalar(self, value: object, offset: int) -> None:
        self.value = value
        self.whole = not isinstance(value, float) or math.isfinite(value)

    def feed(self, char: str) -> bool:
        """Read a character; return whether the text may still be a number or literal."""
        try:
            self.machine.feed(char)
        except StreamParseError:
            return False
        return True

    def ends(self) -> bool:
        """End the text; return whether it is a number or literal."""
        try:
            self.machine.finish()
        except StreamParseError:
            return False
        return self.whole
