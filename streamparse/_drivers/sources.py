"""Reads what callers pass to `stream`: detects its kind by shape, without importing any library.

An iterable is read as it is. Other sources are opened first, and closed again at the end:

- A context manager that cannot be iterated over is entered: `client.messages.stream(...)`,
  `client.chat.completions.stream(...)`, `httpx.stream(...)`, `with_streaming_response`.
- An awaitable is awaited: `client.chat.completions.create(...)` of an asynchronous client.
- A path is opened as a file.

Responses of HTTP libraries are read as decoded bytes, in the pieces that arrive:

- httpx: `iter_bytes()`, `aiter_bytes()`; also raw responses of the SDKs that are built on it.
- aiohttp: `content.iter_any()`; for a WebSocket, the data of its messages.
- requests: `iter_content()`, because its own iteration waits for 128 bytes at a time.
- urllib3, `http.client`, binary files: `read1()`, because their own iteration goes by lines.
- boto3: the `stream` or `body` of the mapping that a call returns.
- LangChain's streams of content-block events: the events, as chunks.
- httpx-ws, live sessions of google-genai: the results of `receive()`, see `connections`.

`iter_lines()` removes line ends, which separate server-sent events, so they are put back.
"""

from __future__ import annotations

import inspect
import json
import os
import re
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeAlias

from streamparse._decoding.langchain import BlockEvents
from streamparse._drivers.connections import async_messages, messages

__all__ = [
    "aclose",
    "async_pieces",
    "close",
    "interrupt",
    "is_async",
    "named_file",
    "pieces",
    "readable",
    "response_of",
]

_Refused: TypeAlias = Callable[[int, Any], None]

_FIRST_ERROR: Final = 400  # the lowest HTTP status that reports an error
_LONGEST_NAME: Final = 1024  # characters of a file name


def _ignore(status: int, headers: Any) -> None:
    """Ignore the HTTP status."""


def readable(source: Any) -> Any:
    """Return the object to read: the iterable inside a mapping of boto3, or `source` itself.

    Calls of boto3 (`converse_stream`, `invoke_model_with_response_stream`, `invoke_model`) return a
    mapping that has an iterable under `stream` or `body`. Any other mapping, and a whole response
    object of an SDK, is a source of one piece.
    """
    if isinstance(source, Mapping):
        for name in ("stream", "body"):
            inner = source.get(name)
            if _is_source(inner) or (isinstance(inner, bytes) and "ResponseMetadata" in source):
                return inner
        return (dict(source),)
    return (source,) if hasattr(source, "model_dump") else source


def named_file(text: str) -> os.PathLike[str] | None:
    """Return the path of the file that `text` names, or None if there is no such file."""
    if len(text) > _LONGEST_NAME or text.lstrip()[:1] in ("", "{", "[") or not text.isprintable():
        return None
    from pathlib import Path

    path = Path(text)
    try:
        return path if path.is_file() else None
    except (OSError, ValueError):
        return None


def _is_source(thing: object) -> bool:
    if isinstance(thing, (str, bytes, bytearray, memoryview, Mapping)):
        return False
    return hasattr(thing, "__iter__") or hasattr(thing, "__aiter__")


def is_async(source: Any) -> bool:
    """Return whether `source` is read by `async for`, or has to be awaited."""
    if inspect.isawaitable(source):
        return True
    if hasattr(source, "__iter__"):
        # LiteLLM has one class of streams; the stream inside shows which client it is from.
        inner = getattr(source, "completion_stream", None)
        return hasattr(inner, "__aiter__") and not hasattr(inner, "__iter__")
    if hasattr(source, "__aiter__"):
        return True
    iter_bytes = _method(source, "iter_bytes")
    if _method(source, "aiter_bytes") is not None:
        # httpx has one class of responses; the stream inside shows which client it is from.
        inner = getattr(source, "stream", None)
        return hasattr(inner, "__aiter__") and not hasattr(inner, "__iter__")
    if iter_bytes is not None:
        return inspect.isasyncgenfunction(iter_bytes)
    if _iter_any(source) is not None:
        return True
    receive = _method(source, "receive")
    if receive is not None:
        return inspect.iscoroutinefunction(receive) or inspect.isasyncgenfunction(receive)
    return hasattr(source, "__aenter__") and not hasattr(source, "__enter__")


def pieces(source: Any, refused: _Refused = _ignore) -> Iterator[Any]:
    """Return an iterator over the pieces of `source`.

    Args:
        source: A source for which `is_async` is false. Text or bytes are one piece.
        refused: Called with the HTTP status and the headers of a response that reports an error.

    Raises:
        TypeError: `source` cannot be read.
    """
    if isinstance(source, (str, bytes, bytearray, memoryview)):
        return iter((source,))
    if isinstance(source, os.PathLike):
        return _pieces_of_file(source)
    _look_at_status(source, refused)
    if _method(source, "iter_content") is not None:
        return _pieces_of_requests(source)
    for name in ("iter_bytes", "read1"):
        method = _method(source, name)
        if method is not None:
            return iter(method()) if name == "iter_bytes" else iter(method, b"")
    if _has_block_events(source):
        return _block_events(source)
    if hasattr(source, "__iter__"):
        return _with_line_ends(source) if inspect.isgenerator(source) else iter(source)
    if _method(source, "receive") is not None:
        return messages(source)
    if hasattr(source, "__enter__"):
        return _pieces_within(source, refused)
    raise _unreadable(source)


def async_pieces(source: Any, refused: _Refused = _ignore) -> AsyncIterator[Any]:
    """Return an async iterator over the pieces of `source`; see `pieces`."""
    if _has_block_events(source):  # first, because awaiting it gives the whole message
        return _async_block_events(source)
    if inspect.isawaitable(source):
        return _async_pieces_of_awaitable(source, refused)
    _look_at_status(source, refused)
    method = _method(source, "aiter_bytes") or _method(source, "iter_bytes") or _iter_any(source)
    if method is not None:
        return aiter(method())
    if hasattr(source, "__aiter__"):
        if _method(source, "receive_bytes") is not None:
            return _data_of_messages(source)
        return _with_line_ends_async(source) if inspect.isasyncgen(source) else aiter(source)
    if _method(source, "receive") is not None:
        return async_messages(source)
    if hasattr(source, "__aenter__"):
        return _async_pieces_within(source, refused)
    raise _unreadable(source, "an async iterable")


def _unreadable(source: object, wanted: str = "iterable") -> TypeError:
    return TypeError(
        f"{type(source).__name__!r} object is not {wanted}: pass an iterable of bytes, text or "
        "chunks, a response, a stream of an SDK, or a path"
    )


def _look_at_status(source: Any, refused: _Refused) -> None:
    """Report the status of a response: `status_code` (httpx, requests) or `status` (others)."""
    for name in ("status_code", "status"):
        status = getattr(source, name, None)
        if isinstance(status, int) and status >= _FIRST_ERROR:
            refused(status, getattr(source, "headers", None))
            return


def response_of(source: Any) -> Any:
    """Return the HTTP response of a source, or None."""
    for name in ("status_code", "status"):
        if isinstance(getattr(source, name, None), int):
            return source
    return getattr(source, "response", None)


# Sources that are opened first


def _pieces_of_file(path: os.PathLike[Any]) -> Generator[bytes, None, None]:
    with open(path, "rb") as file:
        yield from iter(file.read1, b"")


def _pieces_within(manager: Any, refused: _Refused) -> Generator[Any, None, None]:
    with manager as inner:
        yield from pieces(readable(inner), refused)


async def _async_pieces_within(manager: Any, refused: _Refused) -> AsyncGenerator[Any, None]:
    async with manager as inner:
        fragments = _opened(inner, refused)
        try:
            async for piece in fragments:
                yield piece
        finally:
            await aclose(fragments)


async def _async_pieces_of_awaitable(source: Any, refused: _Refused) -> AsyncGenerator[Any, None]:
    inner = await source
    try:
        fragments = _opened(inner, refused)
        try:
            async for piece in fragments:
                yield piece
        finally:
            await aclose(fragments)
    finally:
        await aclose(inner)


def _opened(source: Any, refused: _Refused) -> AsyncIterator[Any]:
    """Return the pieces of a source that an async manager or awaitable gave; it may be sync."""
    source = readable(source)
    if hasattr(source, "__aiter__") or is_async(source):
        return async_pieces(source, refused)
    return _as_async(pieces(source, refused))


async def _as_async(fragments: Iterator[Any]) -> AsyncGenerator[Any, None]:
    for piece in fragments:
        yield piece


async def _data_of_messages(socket: Any) -> AsyncGenerator[Any, None]:
    """Yield the data of the messages of a WebSocket of aiohttp."""
    async for message in socket:
        data = getattr(message, "data", message)
        if isinstance(data, BaseException):
            raise data
        if data is not None:
            yield data


# Line ends

_FIELD: Final = re.compile(rb"(?:data|event|id|retry)?:")
_LINE_ITERATORS: Final = ("iter_lines", "aiter_lines")


class _Lines:
    """Detects pieces that are lines without their ends, and puts the ends back.

    The generators of httpx and requests are detected by their names. For any other generator, the
    first two pieces decide: if each is a whole line of server-sent events, the ends are missing,
    because a stream in fragments has a line end between two lines.
    """

    def __init__(self, name: str) -> None:
        self.certain = name in _LINE_ITERATORS
        self.over = False  # whether nothing has to be put back any more
        self._first: str | bytes | None = None
        self._blank = 0  # empty pieces after the first

    def ended(self, piece: Any) -> Any:
        """Return the piece with the missing line ends before and after it."""
        if not isinstance(piece, (str, bytes)):
            self.over = True
            return piece
        end: Any = "\n" if isinstance(piece, str) else b"\n"
        if self.certain:
            return piece + end
        if self._first is None:
            self._first = piece or None
            self.over = bool(piece) and not _is_whole_line(piece)
            return piece
        if not piece:
            self._blank += 1
            return piece
        if not _is_field(piece):
            self.over = True
            return piece
        self.certain = True
        return end * (1 + self._blank) + piece + end


def _is_field(piece: str | bytes) -> bool:
    line = piece.encode(errors="replace") if isinstance(piece, str) else piece
    return b"\n" not in line and b"\r" not in line and _FIELD.match(line) is not None


def _is_whole_line(piece: str | bytes) -> bool:
    """Return whether it is a field of an event, with a JSON document if the field is `data`."""
    line = piece.encode(errors="replace") if isinstance(piece, str) else piece
    if not line.startswith(b"data:"):
        return _is_field(piece)
    try:
        json.loads(line[5:])
    except (ValueError, RecursionError):
        return False
    return _is_field(piece)


def _with_line_ends(source: Generator[Any, Any, Any]) -> Generator[Any, None, None]:
    lines = _Lines(source.gi_code.co_name)  # type: ignore[attr-defined]
    for piece in source:
        yield lines.ended(piece)
        if lines.over:
            break
    yield from source


async def _with_line_ends_async(source: AsyncGenerator[Any, Any]) -> AsyncGenerator[Any, None]:
    lines = _Lines(source.ag_code.co_name)  # type: ignore[attr-defined]
    async for piece in source:
        yield piece if lines.over else lines.ended(piece)


# LangChain


def _has_block_events(source: object) -> bool:
    return type(source).__module__ == "langchain_core.language_models.chat_model_stream"


def _block_events(source: Any) -> Generator[Any, None, None]:
    events = BlockEvents()
    for event in source:
        chunk = events.chunk(event)
        if chunk is not None:
            yield chunk


async def _async_block_events(source: Any) -> AsyncGenerator[Any, None]:
    events = BlockEvents()
    async for event in source:
        chunk = events.chunk(event)
        if chunk is not None:
            yield chunk


# Responses


def _pieces_of_requests(response: Any) -> Iterator[Any]:
    """Read with `read1`, because `iter_content` waits for the whole of a body without chunks."""
    raw = response.raw
    read1 = _method(raw, "read1")
    if read1 is None or getattr(raw, "chunked", False) or raw.closed:
        return iter(response.iter_content(None))
    return iter(partial(read1, decode_content=True), b"")


def close(thing: object) -> None:
    """Close `thing`, or else its `response`, if either can be closed."""
    for owner in (thing, getattr(thing, "response", None)):
        method = _method(owner, "close")
        if method is not None:
            method()
            return


def interrupt(thing: object) -> None:
    """Close `thing` while another thread reads it, so that the thread stops waiting.

    Closing a socket does not wake a thread that reads from it, so the connection is shut down
    first. This works for responses of httpx, requests, urllib3 and `http.client`, and for streams
    of SDKs that have such a `response`. A generator can only be closed by its own thread.
    """
    for owner in (thing, getattr(thing, "response", None)):
        with suppress(Exception):
            _shut_down(owner)
    if not inspect.isgenerator(thing):
        with suppress(Exception):  # a foreign object, whose thread may have just closed it
            close(thing)


def _shut_down(response: Any) -> None:
    extensions = getattr(response, "extensions", None)
    if isinstance(extensions, Mapping):  # httpx
        if extensions.get("http_version") == b"HTTP/2":
            return  # other responses share the connection
        owner = extensions["network_stream"].get_extra_info("socket")
    else:
        owner = getattr(response, "raw", response)
    with socket.socket(fileno=os.dup(owner.fileno())) as connection:
        connection.shutdown(socket.SHUT_RDWR)


async def aclose(thing: object) -> None:
    """Close `thing` or its `response` as `close` does, and await the result if needed."""
    for owner in (thing, getattr(thing, "response", None)):
        method = _method(owner, "aclose") or _method(owner, "close")
        if method is not None:
            closing = method()
            if inspect.isawaitable(closing):
                await closing
            return


def _iter_any(source: Any) -> Any:
    """Return the reader of aiohttp. Call it last, because `content` of others reads the body."""
    return _method(getattr(source, "content", None), "iter_any")


def _method(thing: object, name: str) -> Any:
    method = getattr(thing, name, None)
    return method if callable(method) else None
