"""The protocol between the readers of text and the builders of values.

A machine (for JSON, or for XML-like arguments) calls the methods of a sink. Sinks build, validate
and write values. A sink knows no text; a machine knows no paths and no Python containers.

`offset` is the offset in the stream, in characters, of the character that decided the call: the
last character of an escape or a literal, the character after a number (or the length of the input).
For a run of text it is the offset of its first character.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, get_args

from streamparse._core._marks import mypyc_attr
from streamparse._core.expected import Expected
from streamparse.aliases import Missing


class Nothing:
    """A missing value, where None would be a value."""

    def __repr__(self) -> str:
        return "NOTHING"

    def __reduce__(self) -> str:
        return "NOTHING"  # a copy and a pickle are the same object


NOTHING: Final = Nothing()


@mypyc_attr(allow_interpreted_subclasses=True)
class Sink:
    """The calls for the values of a document. They do nothing here.

    The calls come in the order of the document: a member is `start_key key_text* end_key` and then
    its value; a value is `start_object … end`, `start_array … end`, `start_string text*
    end_string` or `start_scalar scalar`.
    """

    __slots__ = ("numeral", "precise", "takes_containers")

    def __init__(self) -> None:
        #: The text of the number in `scalar`. A machine sets it for a precise sink; it is empty
        #: where a driver has no such text.
        self.numeral: str = ""
        #: Whether each run must be passed on alone, so that `offset + i` is the offset of its
        #: character i. Otherwise one call may join runs and escapes. Validators set it. The
        #: machine reads it once, when it is created.
        self.precise: bool = False
        #: Whether `scalar` may be given a whole container.
        self.takes_containers: bool = False

    def start_object(self, offset: int) -> None:
        """An object begins."""

    def start_array(self, offset: int) -> None:
        """An array begins."""

    def start_string(self, offset: int) -> None:
        """A string value begins."""

    def start_scalar(self, kind: str, offset: int) -> None:
        """A scalar begins; `kind` is `"number"`, `"true"`, `"false"` or `"null"`."""

    def start_key(self, offset: int) -> None:
        """The key of the next member begins."""

    def key_text(self, text: str, offset: int) -> None:
        """Text is added to the open key."""

    def end_key(self, offset: int) -> None:
        """The open key is complete."""

    def text(self, text: str, offset: int) -> None:
        """Text, which is never empty, is added to the open string."""

    def end_string(self, offset: int) -> None:
        """The open string is complete."""

    def scalar(self, value: object, offset: int) -> None:
        """A number or literal is complete."""

    def end(self, offset: int) -> None:
        """The innermost open container is complete."""

    def cut_scalar(self, value: object) -> None:
        """The input ended inside a number or literal; `value` is its partial value."""

    def repair(self, code: str, offset: int, item: bool) -> None:
        """A lenient machine made a repair.

        Args:
            code: The code of the repair.
            offset: Its offset.
            item: Whether it is in the value that is read or expected next, not in its container.
        """

    def clone(self) -> Sink:
        """Return an independent sink in the same state."""
        raise NotImplementedError(f"{type(self).__name__} cannot be cloned")


def check_missing(missing: Missing) -> None:
    """Check the option `missing`.

    Raises:
        ValueError: It has another value.
    """
    if missing not in get_args(Missing):
        raise ValueError(f"missing must be 'raise', 'default' or 'none', not {missing!r}")


@mypyc_attr(allow_interpreted_subclasses=True)
class Validator(Sink):
    """A sink that rejects a value with a `SchemaViolation`. Each document has a new one.

    The chain calls it before the builder, so that the text from the rejected character on is not
    built.
    """

    def __init__(self) -> None:
        super().__init__()
        self.precise = True
        #: The innermost open value: a container, or the text of a string or key. The chain sets it
        #: during `end`, `end_string` and `end_key`.
        self.built: object = None
        #: Set this in a `start_*` call to keep the whole value for `built`, also with
        #: `keep="open"`. The chain reads and clears it.
        self.wants_whole: bool = False
        #: The violations that were collected.
        self.violations: list[object] = []
        #: The fields of an open object that have not arrived are absent in `shown` ("raise"), have
        #: their declared defaults ("default"), or are None ("none").
        self.missing: Missing = "raise"
        #: The validated object of a complete root, if the validator creates one.
        self.parsed: object = None

    def expects(self) -> Expected | None:
        """Return what the next value may be, for a coercer, or None if that is not known."""
        return None

    def at(self, path: tuple[Any, ...]) -> object:
        """Return the object that the validator created for a complete value.

        Args:
            path: The path of the value.

        Returns:
            The object, or `NOTHING` if there is none.
        """
        return NOTHING

    def shown(self, snapshot: Callable[[], Any]) -> object:
        """Return the partial value for readers, or `NOTHING` if there is none.

        Args:
            snapshot: Returns the partial value as plain JSON.
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
    """Creates a validator for each document: the type of the option `validator`.

    A factory is immutable and may be shared between parsers.
    """

    def begin(self) -> Validator:
        """Return the validator of one document."""
        raise NotImplementedError

    @property
    def collects(self) -> bool:
        """Whether its validators collect violations in `violations` and do not raise them.

        The parser then sets the line, column and excerpt of each.
        """
        return False

    @property
    def coerces(self) -> bool:
        """Whether values of other types are coerced to those of the schema."""
        return False

    def coercing(self, coerce: bool = True) -> ValidatorFactory:
        """Return the same factory with or without coercion.

        Args:
            coerce: Whether the validators of the factory coerce values.

        Returns:
            The factory; `self` if it does not support coercion.
        """
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _revived, (type(self), _own(self))


# Without these, pickling an interpreted subclass of a compiled class would lose its `__dict__`, and
# fail with the oldest protocols.


def _own(pickled: object) -> dict[str, Any]:
    return dict(getattr(pickled, "__dict__", {}))


def _revived(kind: Any, state: dict[str, Any]) -> Any:
    revived = kind.__new__(kind)
    for name, value in state.items():
        setattr(revived, name, value)
    return revived
