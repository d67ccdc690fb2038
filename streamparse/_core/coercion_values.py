"""Coercion of containers, numbers and literals; see `coercion`."""

from __future__ import annotations

import json
from typing import Any, ClassVar, Final

from streamparse._core.expected import ARRAY, KIND_BITS, NULL, NUMBER, OBJECT, STRING, Expected
from streamparse._core.machine_state import DEFAULT_OPTIONS, MachineOptions
from streamparse._core.sink import Sink
from streamparse.errors import SchemaViolation

# The modes of the open number or literal.
_AS_IT_IS: Final = 0
_AS_TEXT: Final = 1
_AS_ITEM: Final = 2


class Place(Sink):
    """The interface of a chain for a coercer, which drives it."""

    def __init__(self) -> None:
        super().__init__()
        #: The least offset of an error of the validator, because the text was held until here.
        self.floor: int = 0
        #: The options of the machine that drives the chain.
        self.options: MachineOptions = DEFAULT_OPTIONS

    def expects(self) -> Expected | None:
        """Return what the next value may be, or None if that is not known."""
        raise NotImplementedError

    def next_path(self) -> tuple[Any, ...]:
        """Return the path of the next value."""
        raise NotImplementedError

    def reject_value(self, violation: SchemaViolation) -> None:
        """Reject the value, like the validator."""
        raise NotImplementedError


class ValueCoercer(Sink):
    """Coerces the containers, numbers and literals of one text.

    Args:
        place: The chain.
        outer: The coercer around a string that contains JSON; None for the document.
    """

    _init_types: ClassVar[tuple[Any, ...]] = (Place,)

    def __init__(self, place: Place, outer: ValueCoercer | None = None) -> None:
        super().__init__()
        self.precise = True
        self.place = place
        #: Whether each open container is an array, outermost first. All texts share the list.
        self.arrays: list[bool] = [] if outer is None else outer.arrays
        self.base: int = len(self.arrays)  # the number of containers around this text
        self.wraps: list[int] = []  # the depths of arrays that were opened around an object
        self.in_key: bool = False
        # How much larger an offset in the document is than one in this text. A machine never refers
        # back to text of an earlier fragment, so the shift of the last one is enough.
        self.shift: int = 0
        # The open scalar.
        self.scalar_mode: int = _AS_IT_IS

    # Offsets.

    def at(self, offset: int) -> int:
        """Return the offset in the document of an offset in this text."""
        return offset + self.shift

    def map(self, start: int, offset: int) -> None:
        """Map the text from `start` on to the document from `offset` on."""
        self.shift = offset - start

    def _expects(self) -> Expected | None:
        return self.place.expects()

    def _coerced(self, offset: int) -> None:
        self.place.floor = offset
        self.place.repair("coerced", offset, True)

    def _may_wrap(self, expected: Expected, kind: int) -> bool:
        """Whether Rule 4 allows an array around a value of this kind."""
        if kind == NULL or (self.arrays and self.arrays[-1]):
            return False
        only = expected.kinds & ARRAY and not expected.kinds & ~(ARRAY | NULL)
        return bool(only and expected.items & kind)

    def _open_array(self, offset: int) -> None:
        """Open an array around one value."""
        self._coerced(offset)
        self.place.start_array(offset)
        self.arrays.append(True)

    def _close_array(self, offset: int) -> None:
        self.arrays.pop()
        self.place.end(offset)

    # Containers and keys.

    def start_object(self, offset: int) -> None:
        offset = self.at(offset)
        expected = self._expects()
        if expected is not None and self._may_wrap(expected, OBJECT):
            self._open_array(offset)
            self.wraps.append(len(self.arrays))
        self.place.start_object(offset)
        self.arrays.append(False)

    def start_array(self, offset: int) -> None:
        self.place.start_array(self.at(offset))
        self.arrays.append(True)

    def end(self, offset: int) -> None:
        offset = self.at(offset)
        self.place.end(offset)
        self.arrays.pop()
        if self.wraps and self.wraps[-1] == len(self.arrays):
            self.wraps.pop()
            self._close_array(offset)

    def start_key(self, offset: int) -> None:
        self.in_key = True
        self.place.start_key(self.at(offset))

    def key_text(self, text: str, offset: int) -> None:
        self.place.key_text(text, self.at(offset))

    def end_key(self, offset: int) -> None:
        self.in_key = False
        self.place.end_key(self.at(offset))

    def repair(self, code: str, offset: int, item: bool) -> None:
        self.place.repair(code, self.at(offset), item)

    # Numbers and literals.

    def start_scalar(self, kind: str, offset: int) -> None:
        offset = self.at(offset)
        self.scalar_mode = _AS_IT_IS
        expected = self._expects()
        bit = KIND_BITS[kind]
        if expected is not None and not expected.kinds & bit:
            if self._may_wrap(expected, bit):
                self._open_array(offset)
                self.scalar_mode = _AS_ITEM
            elif bit == NUMBER and expected.kinds & (STRING | ARRAY) == STRING:
                self.scalar_mode = _AS_TEXT  # when it is complete
                return
        self.place.start_scalar(kind, offset)

    def scalar(self, value: object, offset: int) -> None:
        offset = self.at(offset)
        mode = self.scalar_mode
        self.scalar_mode = _AS_IT_IS
        if mode == _AS_TEXT:
            text = self.numeral or json.dumps(value, default=str)
            self.numeral = ""
            self._coerced(offset)
            self._emit_string(text, offset)
            return
        self.numeral = ""
        self.place.scalar(value, offset)
        if mode == _AS_ITEM:
            self._close_array(offset)

    def _emit_string(self, text: str, offset: int) -> None:
        """Pass on a complete string, which ends at `offset`."""
        self.place.start_string(offset)
        self.place.text(text, max(offset - len(text), 0))
        self.place.end_string(offset)

    def cut_scalar(self, value: object) -> None:
        self.place.cut_scalar(value)  # as it is, since more of it may have followed
