"""What can be read piece by piece, and how it is closed: by shape, without importing any library.

An iterable is read as it is. Responses of HTTP libraries are read as decoded bytes, in the pieces
in which they arrive:

- httpx: `iter_bytes()`, `aiter_bytes()`; so too the raw responses of SDKs that are built on it.
- aiohttp: `content.iter_any()`.
- requests: `iter_content()`, because its own iteration waits for 128 bytes at a time.
- urllib3, `http.client`, binary files: `read1()`, because their own iteration goes by lines.
- boto3: the `stream` or `body` of the mapping that a call returns.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import partial
from typing import Any

__all__ = ["aclose", "async_pieces", "close", "is_async", "pieces", "readable"]


def readable(source: Any) -> Any:
    """What there is to read in `source`: itself, or what it holds.

    A mapping with something that can be iterated over under `stream` or `body` is what a call of
    boto3 returns (`converse_stream`, `invoke_model_with_response_stream`, `invoke_model`). Any
    other mapping, and a whole response object of an SDK, is a source of one piece.
    """
    if isinstance(source, Mapping):
        for name in ("stream", "body"):
            inner = source.get(name)
            if _is_source(inner) or (isinstance(inner, bytes) and "ResponseMetadata" in source):
                return inner
        return (dict(source),)
    return (source,) if hasattr(source, "model_dump") else source


def _is_source(thing: object) -> bool:
    if isinstance(thing, (str, bytes, bytearray, memoryview, Mapping)):
        return False
    return hasattr(thing, "__iter__") or hasattr(thing, "__aiter__")


def is_async(source: Any) -> bool:
    """Is `source` read by `async for`?"""
    if hasattr(source, "__iter__"):
        return False
    if hasattr(source, "__aiter__"):
        return True
    iter_bytes = _method(source, "iter_bytes")
    if _method(source, "aiter_bytes") is not None:
        # httpx has one class of responses; what is inside tells the client it is from.
        inner = getattr(source, "stream", None)
        return hasattr(inner, "__aiter__") and not hasattr(inner, "__iter__")
    if iter_bytes is not None:
        return inspect.isasyncgenfunction(iter_bytes)
    return _iter_any(source) is not None


def pieces(source: Any) -> Iterator[Any]:
    """The pieces of `source`; text or bytes are one. Raises `TypeError` if it cannot be read."""
    if isinstance(source, (str, bytes, bytearray, memoryview)):
        return iter((source,))
    if _method(source, "iter_content") is not None:
        return _pieces_of_requests(source)
    for name in ("iter_bytes", "read1"):
        method = _method(source, name)
        if method is not None:
            return iter(method()) if name == "iter_bytes" else iter(method, b"")
    return iter(source)


def async_pieces(source: Any) -> AsyncIterator[Any]:
    """The same for `async for`."""
    method = _method(source, "aiter_bytes") or _method(source, "iter_bytes") or _iter_any(source)
    return aiter(source if method is None else method())


def _pieces_of_requests(response: Any) -> Iterator[Any]:
    """As they come; a body that is not sent in chunks would be waited for as a whole."""
    raw = response.raw
    read1 = _method(raw, "read1")
    if read1 is None or getattr(raw, "chunked", False) or raw.closed:
        return iter(response.iter_content(None))
    return iter(partial(read1, decode_content=True), b"")


def close(thing: object) -> None:
    """Close it, or the response it reads, if either can be."""
    for owner in (thing, getattr(thing, "response", None)):
        method = _method(owner, "close")
        if method is not None:
            method()
            return


async def aclose(thing: object) -> None:
    """The same, where closing may have to be waited for."""
    for owner in (thing, getattr(thing, "response", None)):
        method = _method(owner, "aclose") or _method(owner, "close")
        if method is not None:
            closing = method()
            if inspect.isawaitable(closing):
                await closing
            return


def _iter_any(source: Any) -> Any:
    """aiohttp's; asked for last, because the `content` of other responses is all of the body."""
    return _method(getattr(source, "content", None), "iter_any")


def _method(thing: object, name: str) -> Any:
    method = getattr(thing, name, None)
    return method if callable(method) else None
