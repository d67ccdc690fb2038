"""The life cycle that parsers of answers share: open, then finished or failed.

Rule 1: a failure is final. Its error carries the last events, and later calls raise a copy of it.
Rule 2: any other exception that ends a call (a `KeyboardInterrupt`, a bug in a validator) is final
too, because part of the input may be lost: later calls raise the code `interrupted`.
Rule 3: a copy or a pickle is in the same state, and does not record telemetry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final, Generic, TypeVar

from streamparse._answers.frozen import Frozen, attributes_of, blank_of, freeze, thaw
from streamparse._answers.metrics import Metrics
from streamparse._core._marks import mypyc_attr
from streamparse.errors import StreamParseError, finished, interrupted
from streamparse.protocols import StreamRecorder

__all__ = ["FINISHED", "LifeCycle"]

F = TypeVar("F")  # what is fed
E = TypeVar("E")  # the events

_OPEN: Final = 0
_BROKEN: Final = 1  # the connection broke for good: only the end can come
FINISHED: Final = 2
_FAILED: Final = 3


@mypyc_attr(allow_interpreted_subclasses=True)
class LifeCycle(Generic[F, E]):
    """The base of `MessageParser`, `SessionParser` and `FormatParser`.

    A subclass reads the input in `_accepted`, `_read` and `_end`, and truncates open answers in
    `_end_broken` and `_abandon`.

    Args:
        clock: A function that returns seconds, for `metrics`.
        recorder: Records the telemetry of the events.
    """

    _init_types: ClassVar[tuple[Any, ...]] = ()

    def __init__(
        self, clock: Callable[[], float] | None = None, recorder: StreamRecorder | None = None
    ) -> None:
        self._state: int = _OPEN
        self._error: StreamParseError | None = None  # why the state is broken or failed
        self._metrics: Metrics | None = None if clock is None else Metrics(clock)
        self._recorder: StreamRecorder | None = recorder

    @property
    def metrics(self) -> Metrics | None:
        """Times and counts; None without a clock."""
        return self._metrics

    # The methods of a subclass.

    def _accepted(self, fragment: F) -> Any:
        """Return the fragment as `_read` takes it; None for an empty one.

        It calls `_check_open` for one that is not empty. After a `TypeError`, the parser is as
        before.
        """
        raise NotImplementedError

    def _read(self, fragment: Any) -> None:
        """Read what `_accepted` returned."""
        raise NotImplementedError

    def _end(self) -> None:
        """End the input normally."""
        raise NotImplementedError

    def _end_broken(self, error: StreamParseError | None) -> None:
        """Truncate what is open, because of this error or because the input was cut."""
        raise NotImplementedError

    def _abandon(self) -> None:
        """Truncate what is open, without events, after an exception of any kind."""
        raise NotImplementedError

    def _new_events(self) -> list[E]:
        """Return the events since the last call."""
        raise NotImplementedError

    # The life cycle.

    def feed(self, fragment: F) -> list[E]:
        """Read the next fragment of the input; an empty one is legal and free.

        Args:
            fragment: One of the types that the class reads.

        Returns:
            The events that it decided.

        Raises:
            WireError: The input is not what the parser reads.
            LimitError: A bound of `Limits` was passed.
            StreamParseError: An earlier call failed (the same error again), the parser has been
                finished (`finished`), or an exception that reading does not handle, as
                `KeyboardInterrupt`, left an earlier call (`interrupted`).
            TypeError: The fragment is of another type; the parser is as before.
        """
        if self._state == _FAILED:
            self._raise_again()
        reading = False
        try:
            accepted = self._accepted(fragment)
            if accepted is None:
                return []
            reading = True
            self._read(accepted)
            return self._take_events()
        except StreamParseError as error:
            if reading or error.code != "finished":
                self._fail(error)
            raise
        except TypeError:
            if reading:
                self._interrupt()
            raise
        except BaseException:
            self._interrupt()
            raise

    def finish(self) -> list[E]:
        """End the input.

        Returns:
            The last events; `[]` from a second call.

        Raises:
            WireError: The input is not what the parser reads.
            StreamParseError: As `feed`.
        """
        if self._state == _FAILED:
            self._raise_again()
        if self._state != _OPEN:
            return self.cut()
        self._state = FINISHED
        try:
            self._end()
            events = self._take_events()
            self._end_recording()
            return events
        except StreamParseError as error:
            self._fail(error)
            raise
        except BaseException:
            self._interrupt()
            raise

    def cut(self) -> list[E]:
        """End the input as `finish` does, but never as a normal end.

        Call this if the input broke off or is not read to its end. Everything that is open is
        truncated, including the plain text of a model. Input that was held back for a decision is
        no longer held back. The method raises no exception.

        Returns:
            The last events; `[]` after `finish` or a failure.
        """
        if self._state >= FINISHED:
            return []
        self._state = FINISHED
        self._end_broken(self._error)
        events = self._new_events()  # not part of the metrics, because no text arrived
        if self._recorder is not None:
            self._recorder.note(events)
        self._end_recording()
        return events

    def _check_open(self) -> None:
        """Raise the error of input after the end."""
        if self._state == FINISHED:
            raise finished()

    def _break_off(self, error: StreamParseError) -> None:
        """Make `finish` end the input as `cut` does, with this error as the reason."""
        if self._state == _OPEN:
            self._state, self._error = _BROKEN, error

    # Failing.

    def _raise_again(self) -> None:
        assert self._error is not None
        raise self._error.copy_without_events()

    def _fail(self, error: StreamParseError) -> None:
        """Truncate what is open; the error carries the last events."""
        try:
            self._end_broken(error)
            error.events = self._take_events()
            self._state, self._error = _FAILED, error.copy_without_events()
            self._end_recording(self._error)
        except BaseException:
            self._interrupt()
            raise

    def _interrupt(self) -> None:
        """Refuse further input, because an exception interrupted `feed` or `finish`."""
        self._state, self._error = _FAILED, interrupted()
        self._abandon()
        self._end_recording(self._error)

    # Metrics and telemetry.

    def _take_events(self) -> list[E]:
        events: list[Any] = self._new_events()
        if self._metrics is not None:
            self._metrics.note(events)
        if self._recorder is not None:
            self._recorder.note(events)
        return events

    def _end_recording(self, error: StreamParseError | None = None) -> None:
        if self._recorder is not None:
            self._recorder.end(error)

    # Copies and pickles.

    def __copy__(self) -> Any:
        return _restored(type(self), self._frozen())

    def __deepcopy__(self, memo: object) -> Any:
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self._frozen())

    def _frozen(self) -> Frozen:
        return freeze({**attributes_of(self), "_recorder": None})


def _restored(kind: type[Any], frozen: Frozen) -> Any:
    """Return a parser in the state of the one that was frozen."""
    parser = blank_of(kind)
    for name, value in thaw(frozen).items():
        setattr(parser, name, value)
    return parser
