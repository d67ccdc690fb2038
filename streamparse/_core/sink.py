"""The one protocol between what reads text and what makes something of it.

A machine (JSON, or a driver of XML-like arguments) says what it sees; sinks build, judge, write.
A sink knows no text, a machine knows no paths and no Python containers.

`offset` is the place, in characters from the start of the stream, of the character that decided
the call: an escape's last character, a literal's last letter, the character after a number (or
the length of the input). For a run of text it is the place of its first character.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, get_args

from streamparse._core._marks import mypyc_attr
from streamparse._core.expected import Expected
from streamparse.aliases import Missing


class Nothing:
    """What is not there, where None would be a value."""

    def __repr__(self) -> str:
        return "NOTHING"

    def __reduce__(self) -> str:
        return "NOTHING"  # a copy and a pickle are the same object


NOTHING: Final = Nothing()


@mypyc_attr(allow_interpreted_subclasses=True)
class Sink:
    """Every call does nothing; a sink overrides what it needs.

    The order of calls is that of a document: a member is `start_key key_text* end_key` and then
    its value; a value is `start_object … end`, `start_array … end`, `start_string text*
    end_string` or `start_scalar scalar`.
    """

    __slots__ = ("numeral", "precise")

    def __init__(self) -> None:
        #: The text of the number that `scalar` passes on: a machine sets it before, for a sink that
        #: is precise. Empty where a driver has no such text.
        self.numeral: str = ""
        #: Ask the machine for runs in which `offset + i` is the place of character i, an escape
        #: being a run of its own. Otherwise one call may join runs and escapes. Validators need
        #: it; read once, when the machine is made.
        self.precise: bool = False

    def start_object(self, offset: int) -> None:
        """An object begins."""

    def start_array(self, offset: int) -> None:
        """An array begins."""

    def start_string(self, offset: int) -> None:
        """A string value begins."""

    def start_scalar(self, kind: str, offset: int) -> None:
        """A `"number"`, `"true"`, `"false"` or `"null"` begins: its kind is now certain."""

    def start_key(self, offset: int) -> None:
        """The key of the next member begins."""

    def key_text(self, text: str, offset: int) -> None:
        """More of the open key."""

    def end_key(self, offset: int) -> None:
        """The open key is whole."""

    def text(self, text: str, offset: int) -> None:
        """More of the open string; never empty."""

    def end_string(self, offset: int) -> None:
        """The open string is whole."""

    def scalar(self, value: object, offset: int) -> None:
        """A number or literal is whole."""

    def end(self, offset: int) -> None:
        """The innermost open container is whole."""

    def cut_scalar(self, value: object) -> None:
        """The input ended inside a number or literal, which would be this: shown, never whole."""

    def repair(self, code: str, offset: int, item: bool) -> None:
        """A lenient machine mended something here.

        `item`: it concerns the value that is being read or expected next, else its container.
        """

    def clone(self) -> Sink:
        """An independent sink in the same state, for a fork in mid-stream."""
        raise NotImplementedError(f"{type(self).__name__} cannot be cloned")


def check_missing(missing: Missing) -> None:
    """Raise `ValueError` for a word that `missing=` does not take."""
    if missing not in get_args(Missing):
        raise ValueError(f"missing must be 'raise', 'default' or 'none', not {missing!r}")


@mypyc_attr(allow_interpreted_subclasses=True)
class Validator(Sink):
    """A sink that refuses a value by raising `SchemaViolation`; one for each document.

    The chain calls it before anything is built: what it refuses at character k never shows.
    """

    def __init__(self) -> None:
        super().__init__()
        self.precise = True
        #: The innermost open value as built so far (a container, the text of a string or of a
        #: key); set by the chain around `end`, `end_string` and `end_key` only.
        self.built: object = None
        #: Set during a `start_*` call to have the value that begins kept whole for `built`,
        #: also under `keep="open"`; the chain reads and clears it.
        self.wants_whole: bool = False
        #: What was found without raising.
        self.violations: list[object] = []
        #: What `shown` does about the fields of an open object that have not arrived: they are
        #: absent ("raise"), have their declared defaults ("default"), or are None ("none").
        self.missing: Missing = "raise"
        #: The validated object, once the root is whole, where the validator makes one.
        self.parsed: object = None

    def expects(self) -> Expected | None:
        """What the value that comes next may be, for a coercer; None: nothing is known."""
        return None

    def at(self, path: tuple[Any, ...]) -> object:
        """What the validator made of the complete value at a path; `NOTHING`: no more than it."""
        return NOTHING

    def shown(self, snapshot: Callable[[], Any]) -> object:
        """What is to be seen of the value so far; `NOTHING`: nothing yet.

        `snapshot` gives it as plain JSON.
        """
        return snapshot()

    def __reduce__(self) -> tuple[Any, ...]:
        state = {
            "precise": self.precise,
            "built": self.built,
            "wants_whole": self.wants_whole,
            "violations": self.violations,
            "parsed": self.parsed,
            "missing": self.missing,
        }
        return _revived, (type(self), state | _own(self))


@mypyc_attr(allow_interpreted_subclasses=True)
class ValidatorFactory:
    """What `validator=` takes: immutable, shared between parsers, a new state per document."""

    def begin(self) -> Validator:
        """The state for one document."""
        raise NotImplementedError

    @property
    def collects(self) -> bool:
        """Does it put `SchemaViolation`s into `violations`, in place of raising them?

        The parser then tells each its line, column and excerpt.
        """
        return False

    @property
    def coerces(self) -> bool:
        """Are values that it would refuse read as they may have been meant? See `coercion`."""
        return False

    def coercing(self, coerce: bool = True) -> ValidatorFactory:
        """The same validator with coercion or without; one that knows none is returned as it is."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _revived, (type(self), _own(self))


# Compiled, Python would forget what a subclass of its own keeps in its `__dict__`, and refuse to
# pickle it at all by the oldest protocols.


def _own(pickled: object) -> dict[str, Any]:
    return dict(getattr(pickled, "__dict__", {}))


def _revived(kind: Any, state: dict[str, Any]) -> Any:
    revived = kind.__new__(kind)
    for name, value in state.items():
        setattr(revived, name, value)
    return revived
