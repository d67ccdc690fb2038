"""Reconnects a stream: opens its source again when a connection breaks, and resumes the answer.

Rule 1: A connection is broken if the transport raises an exception, or if the input ends before the
answer. Any other exception is passed to the caller.
Rule 2: A source is reopened from `parser.resume_token`, or from the start if the answer has not
begun. If neither is possible, the answer is truncated immediately, with the reason as its error.
Rule 3: `attempts` limits consecutive attempts without progress. A new record resets the count.
"""

from __future__ import annotations

import random
import time
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any, Final, TypeAlias

from streamparse._drivers.sources import aclose, async_pieces, close, is_async, pieces, readable
from streamparse.errors import IncompleteError
from streamparse.message_parser import MessageParser

__all__ = ["Reconnect"]

#: Opens a source from a resume token, or from the start for None.
Open: TypeAlias = Callable[[dict[str, Any] | None], Any]

_RETRIED: Final = frozenset((408, 409, 425, 429, 500, 502, 503, 504, 529))
_LONGEST: Final = 8.0  # the maximum delay of the backoff, in seconds
_PATIENCE: Final = 120.0  # the maximum delay that a server may request, in seconds

# The names of base classes of transport exceptions that are not `OSError`: httpx, aiohttp,
# requests, urllib3, http.client, websockets, and the SDKs built on httpx.
_BREAKS: Final = frozenset(
    (
        "TransportError",
        "ClientError",
        "RequestException",
        "HTTPError",
        "HTTPException",
        "ConnectionClosed",
        "APIConnectionError",
        "TimeoutError",  # in asyncio before Python 3.11 not an `OSError`
    )
)


@dataclass(frozen=True)
class Reconnect:
    """The options with which `stream` reconnects.

    A delay that the server requests (`Retry-After`, up to two minutes) takes precedence.

    Attributes:
        attempts: The maximum number of consecutive attempts without progress.
        backoff: The delay before the first attempt, in seconds. It doubles with each attempt, up to
            8 seconds.
        jitter: The maximum fraction of a delay, from 0 to 1, by which it is shortened at random.

    Raises:
        ValueError: A number is out of range.
    """

    attempts: int = 5
    backoff: float = 0.5
    jitter: float = 0.25

    def __post_init__(self) -> None:
        if not isinstance(self.attempts, int) or self.attempts < 1:
            raise ValueError("attempts must be a whole number above 0")
        if not (isfinite(self.backoff) and self.backoff >= 0):
            raise ValueError("backoff must be a number of seconds")
        if not 0 <= self.jitter <= 1:
            raise ValueError("jitter must be a number from 0 to 1")

    def delay(self, attempt: int) -> float:
        """Return the delay before an attempt.

        Args:
            attempt: The number of attempts already made without progress.

        Returns:
            The delay in seconds.
        """
        longest = min(self.backoff * 2.0 ** min(attempt, 60), max(_LONGEST, self.backoff))
        return longest * (1 - self.jitter * random.random())


class _Connections:
    """The state of the connections of one answer, which sync and async reading share."""

    def __init__(self, open: Open, first: Any, reconnect: Reconnect) -> None:
        self._open = open
        self._first = first  # the first source, or the exception with which it failed to open
        self._reconnect = reconnect
        self._attempts = 0  # consecutive attempts without progress
        self._token: dict[str, Any] | None = None
        self._status = 0  # the HTTP status of the current connection if it reports an error
        self._headers: Any = None
        self._is_final = False  # whether there will be no further attempt
        #: Returns the parser, which is known only when the reading begins.
        self.parser: Callable[[], MessageParser]
        self.refused: Callable[[int, Any], None]  # called with the status and headers of an error

    def _opened(self) -> Any:
        first, self._first = self._first, None
        source = self._open(self._token) if first is None else first
        if isinstance(source, Exception):
            raise source
        return readable(source)

    def _look(self, status: int, headers: Any) -> None:
        self._status, self._headers = status, headers

    def _is_refused(self) -> bool:
        """Return whether to abandon the connection, because its status is an error.

        If no further attempt can help, the body of the first response is read as the answer.
        """
        if not self._status:
            return False
        if self._token is None and (self._status not in _RETRIED or self._is_last()):
            self.refused(self._status, self._headers)
            self._is_final = True
            return False
        return True

    def _is_last(self) -> bool:
        return self._attempts >= self._reconnect.attempts

    def _delay(self, failure: Exception | None) -> float | None:
        """Return the delay before the next attempt in seconds; None if reading ends here."""
        parser = self.parser()
        status, headers = self._status, self._headers
        self._status = 0
        if failure is not None:
            status, headers = _status_of(failure) or status, _headers_of(failure) or headers
            refused = bool(status) and status not in _RETRIED
            if not parser._begun and (self._is_final or self._is_last() or refused):
                raise failure
        is_end = parser._whole or parser.api == "text"  # if the connection has not broken
        if parser.ended or self._is_final or (failure is None and is_end):
            return None
        token = parser.resume_token
        if token != self._token:
            self._attempts = 0
        delay = self._reconnect.delay(self._attempts)
        why = ""
        if token is None and parser._begun:
            api = parser.api or "text"
            why = f"{api} has no way to resume this answer (see docs/resume.md)"
        elif status and status not in _RETRIED:
            why = f"the server refused to resume the answer with status {status}"
        elif self._is_last():
            why = f"{self._attempts} attempts to reconnect failed"
        else:
            asked = _asked_delay(headers)
            delay = delay if asked is None else asked
            if delay > max(_PATIENCE, self._reconnect.backoff):
                why = f"the server asks to wait for {delay:.0f} seconds"
        if why and not parser._whole:
            error = IncompleteError(f"the connection broke: {why}", code="truncated")
            error.__cause__ = failure
            parser._break_off(error)
        if why:
            return None
        self._token = token
        self._attempts += 1
        parser.reconnect()
        return delay


class Connections(_Connections):
    """Iterates over the pieces of all connections in order."""

    def __iter__(self) -> Generator[Any, None, None]:
        while True:
            failure: Exception | None = None
            try:
                yield from self._pieces()
            except Exception as error:
                if not _is_break(error):
                    raise
                failure = error
            delay = self._delay(failure)
            if delay is None:
                return
            time.sleep(delay)

    def _pieces(self) -> Generator[Any, None, None]:
        source = self._opened()
        try:
            fragments = pieces(source, self._look)
            try:
                for piece in fragments:
                    if self._is_refused():
                        return
                    yield piece
                self._is_refused()
            finally:
                if fragments is not source:
                    close(fragments)
        finally:
            close(source)

    def close(self) -> None:
        """Close the first source if it was not read."""
        first, self._first = self._first, None
        if not isinstance(first, Exception):
            close(first)


class AsyncConnections(_Connections):
    """Iterates over the pieces of all connections of asynchronous sources in order."""

    async def __aiter__(self) -> AsyncGenerator[Any, None]:
        import asyncio

        while True:
            failure: Exception | None = None
            fragments = self._pieces()
            try:
                async for piece in fragments:
                    yield piece
            except Exception as error:
                if not _is_break(error):
                    raise
                failure = error
            finally:
                await fragments.aclose()
            delay = self._delay(failure)
            if delay is None:
                return
            await asyncio.sleep(delay)

    async def _pieces(self) -> AsyncGenerator[Any, None]:
        source = self._opened()
        if not is_async(source):
            raise TypeError(
                "open returned an asynchronous source before, and a synchronous one now"
            )
        try:
            fragments = async_pieces(source, self._look)
            try:
                async for piece in fragments:
                    if self._is_refused():
                        return
                    yield piece
                self._is_refused()
            finally:
                if fragments is not source:
                    await aclose(fragments)
        finally:
            await aclose(source)

    async def aclose(self) -> None:
        """Close the first source if it was not read."""
        first, self._first = self._first, None
        await aclose(first)


def connections(open: Any, reconnect: Any) -> Connections | AsyncConnections:
    """Return a source that calls `open` for each connection; the first result shows if it is async.

    Raises:
        TypeError: `open` is not callable, or `reconnect` is not a `Reconnect`.
    """
    if not isinstance(reconnect, Reconnect):
        raise TypeError(f"reconnect must be a Reconnect, not {type(reconnect).__name__}")
    if not callable(open):
        raise TypeError("with reconnect=, the source is a function that opens one: open(token)")
    try:
        first = open(None)
    except Exception as error:
        status = _status_of(error)
        if not _is_break(error) or (status and status not in _RETRIED):
            raise
        first = error
    kind = AsyncConnections if is_async(readable(first)) else Connections
    return kind(open, first, reconnect)


# Exceptions and headers of HTTP libraries, which are not imported.


def _is_break(error: Exception) -> bool:
    """Return whether the transport failed or a server rejected the request."""
    if isinstance(error, (OSError, EOFError)) or _status_of(error):
        return True
    return any(kind.__name__ in _BREAKS for kind in type(error).__mro__)


def _status_of(error: Exception) -> int:
    response = getattr(error, "response", None)
    for owner, name in ((error, "status_code"), (response, "status_code"), (error, "status")):
        status = getattr(owner, name, None)
        if isinstance(status, int) and not isinstance(status, bool) and 400 <= status < 600:
            return status
    return 0


def _headers_of(error: Exception) -> Any:
    response = getattr(error, "response", None)
    return getattr(response, "headers", None) or getattr(error, "headers", None)


def _asked_delay(headers: Any) -> float | None:
    """Return the seconds in `Retry-After` (RFC 9110, 10.2.3) or `retry-after-ms`, if any."""
    if not isinstance(headers, Mapping):
        return None
    names = {str(name).lower(): str(value) for name, value in headers.items()}
    milliseconds, text = names.get("retry-after-ms", ""), names.get("retry-after", "")
    for number, unit in ((milliseconds, 1000.0), (text, 1.0)):
        try:
            seconds = float(number) / unit
        except ValueError:
            continue
        if isfinite(seconds) and seconds >= 0:
            return seconds
    try:
        return max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError):
        return None
