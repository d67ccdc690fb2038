"""Libraries for partial and damaged JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Final

from benchmarks.scoreboard.readers.common import Show, module, run

Partial = Callable[[Iterable[str], Show], Any]


def _again(parse: Callable[[str], Any], last: Callable[[str], Any]) -> Partial:
    """Parse all the text so far again after every piece, and the whole text with `last`."""

    def read(pieces: Iterable[str], show: Show) -> Any:
        text = ""
        for piece in pieces:
            text += piece
            if text and not text.isspace():
                show(parse(text))
        return last(text)

    return read


def _jiter() -> dict[str, Any]:
    from_json = module("jiter").from_json

    def partial(pieces: Iterable[str], show: Show) -> Any:
        buffer = b""
        for piece in pieces:
            buffer += piece.encode()
            if buffer and not buffer.isspace():
                show(from_json(buffer, partial_mode="trailing-strings"))
        return from_json(buffer)

    return {"json": partial}


def _pydantic_core() -> dict[str, Any]:
    from_json = module("pydantic_core").from_json

    def partial(text: str) -> Any:
        return from_json(text, allow_partial="trailing-strings")

    return {"json": _again(partial, from_json)}


def _partial_json_parser() -> dict[str, Any]:
    loads = module("partial_json_parser").loads

    return {"json": _again(loads, lambda text: loads(text, 0))}


def _json_repair() -> dict[str, Any]:
    loads = module("json_repair").loads

    def partial(text: str) -> Any:
        return loads(text, stream_stable=True)

    return {"json": _again(partial, loads), "repair": lambda pieces: loads("".join(pieces))}


def _fast_json_repair() -> dict[str, Any]:
    loads = module("fast_json_repair").loads

    return {"repair": lambda pieces: loads("".join(pieces))}


def _jsonmend() -> dict[str, Any]:
    Mender = module("jsonmend").Mender

    def partial(pieces: Iterable[str], show: Show) -> Any:
        mender = Mender()
        for piece in pieces:
            show(mender.feed(piece))
        return mender.close()

    return {"json": partial, "repair": lambda pieces: partial(pieces, lambda value: None)}


def _ijson() -> dict[str, Any]:
    ijson = module("ijson")

    def partial(pieces: Iterable[str], show: Show) -> Any:
        events = ijson.sendable_list()
        parser = ijson.basic_parse_coro(events, use_float=True)
        builder = ijson.ObjectBuilder()
        for piece in pieces:
            if not piece:
                continue  # An empty piece would end the input.
            parser.send(piece.encode())
            for event in events:
                builder.event(*event)
            del events[:]
            if hasattr(builder, "value"):
                show(builder.value)
        parser.close()
        for event in events:
            builder.event(*event)
        return builder.value

    return {"json": partial}


def _streaming_json_parser() -> dict[str, Any]:
    ParseStatus = module("streaming_json_parser").ParseStatus
    StreamingJsonParser = module("streaming_json_parser").StreamingJsonParser

    def partial(pieces: Iterable[str], show: Show) -> Any:
        parser = StreamingJsonParser()
        for piece in pieces:
            state = parser.feed(piece)
            if state.status is not ParseStatus.EMPTY:
                show(state.value)
        state = parser.finish()
        if state.status is not ParseStatus.COMPLETE:
            raise ValueError(f"status {state.status.name}")
        return state.value

    return {"json": partial}


def _without_native() -> dict[str, Any]:
    # A worker runs one library, so the package is not hidden from others.
    sys.modules["streaming_json_parser_native"] = None  # type: ignore[assignment]
    return _streaming_json_parser()


def _jsonriver() -> dict[str, Any]:
    parse = module("jsonriver").parse

    def partial(pieces: Iterable[str], show: Show) -> Any:
        async def source() -> AsyncIterator[str]:
            for piece in pieces:
                yield piece

        async def last() -> Any:
            value = None
            async for value in parse(source()):
                show(value)
            return value

        return run(last())

    return {"json": partial}


def _json() -> dict[str, Any]:
    def partial(pieces: Iterable[str], show: Show) -> Any:
        return json.loads("".join(pieces))

    return {"json": partial}


_READERS: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "json (standard library)": _json,
    "jiter": _jiter,
    "pydantic-core": _pydantic_core,
    "partial-json-parser": _partial_json_parser,
    "json_repair": _json_repair,
    "fast_json_repair": _fast_json_repair,
    "jsonmend": _jsonmend,
    "ijson": _ijson,
    "streaming-json-parser": _streaming_json_parser,
    "streaming-json-parser (Python)": _without_native,
    "jsonriver": _jsonriver,
}


def readers(name: str) -> dict[str, Any]:
    return _READERS[name]()
