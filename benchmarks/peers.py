"""An adapter for each library, with the calls that its user makes after every delta.

An adapter takes the deltas of one document (text) and returns the final value. After every delta it
has a partial value (`gives="value"`) or the events of that delta (`gives="events"`). If a library
has several ways, the adapter uses the one that its documentation recommends for streams, or else
the fastest one. For a library that needs bytes, the time includes encoding, because clients of
models return text.

A library that is not installed is left out; `load` prints a note.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Final, Literal

from streamparse import COMPILED, JSONParser

Run = Callable[[Iterable[str]], Any]
Gives = Literal["value", "events", "end"]


@dataclass(frozen=True)
class Peer:
    name: str
    gives: Gives
    run: Run
    approach: str
    packages: tuple[str, ...] = ()
    builds: bool = True  # Whether `run` returns the value of the document.


def streamparse_value(deltas: Iterable[str]) -> Any:
    parser = JSONParser()
    feed = parser.feed
    for delta in deltas:
        feed(delta)
        parser.value  # noqa: B018
    parser.finish()
    return parser.value


def streamparse_events(deltas: Iterable[str]) -> Any:
    parser = JSONParser()
    feed = parser.feed
    seen = 0
    for delta in deltas:
        seen += len(feed(delta))
    parser.finish()
    return parser.value


def json_loads_once(deltas: Iterable[str]) -> Any:
    """Parse the whole text at the end: the lower bound, without partial values."""
    return json.loads("".join(deltas))


def _jiter() -> Run:
    from jiter import from_json

    def run(deltas: Iterable[str]) -> Any:
        buffer, value = b"", None
        for delta in deltas:
            buffer += delta.encode()
            value = from_json(buffer, partial_mode="trailing-strings")
        return value

    return run


def _ijson() -> Run:
    import ijson

    # Raises ImportError if the C library is missing; the Python backend is not measured.
    backend = ijson.get_backend("yajl2_c")

    def run(deltas: Iterable[str]) -> int:
        events = ijson.sendable_list()
        parser = backend.parse_coro(events, use_float=True)
        seen = 0
        for delta in deltas:
            parser.send(delta.encode())
            seen += len(events)
            del events[:]
        parser.close()
        return seen

    return run


def _streaming_json_parser() -> Run:
    from streaming_json_parser import StreamingJsonParser

    def run(deltas: Iterable[str]) -> Any:
        parser = StreamingJsonParser()
        feed = parser.feed
        for delta in deltas:
            feed(delta).value  # noqa: B018
        return parser.finish().value

    return run


def _jsonriver() -> Run:
    from jsonriver import parse

    def run(deltas: Iterable[str]) -> Any:
        async def source() -> AsyncIterator[str]:
            for delta in deltas:
                yield delta

        async def last() -> Any:
            value = None
            async for value in parse(source()):  # noqa: B007
                pass
            return value

        return _complete(last())

    return run


def _complete(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never waits, without the cost of an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise RuntimeError("the coroutine waits for something")


def _growing_buffer(parse: Callable[[str], Any]) -> Run:
    """Parse all the text so far again after every delta."""

    def run(deltas: Iterable[str]) -> Any:
        buffer, value = "", None
        for delta in deltas:
            buffer += delta
            value = parse(buffer)
        return value

    return run


def _partial_json_parser() -> Run:
    from partial_json_parser import loads

    return _growing_buffer(loads)


def _json_repair() -> Run:
    from json_repair import loads

    return _growing_buffer(lambda text: loads(text, stream_stable=True))


def _langchain_core() -> Run:
    from langchain_core.utils.json import parse_partial_json

    return _growing_buffer(parse_partial_json)


@dataclass(frozen=True)
class _Candidate:
    name: str
    load: Callable[[], Run]
    approach: str
    packages: tuple[str, ...]  # The first is required, the others make it faster.
    gives: Gives = "value"


_CANDIDATES: Final = (
    _Candidate("jiter", _jiter, "re-parses", ("jiter",)),
    _Candidate("ijson", _ijson, "continues", ("ijson",), gives="events"),
    _Candidate(
        "streaming-json-parser",
        _streaming_json_parser,
        "continues",
        ("streaming-json-parser", "streaming-json-parser-native"),
    ),
    _Candidate("jsonriver", _jsonriver, "continues", ("jsonriver",)),
    _Candidate("langchain-core", _langchain_core, "re-parses", ("langchain-core",)),
    _Candidate("partial-json-parser", _partial_json_parser, "re-parses", ("partial-json-parser",)),
    _Candidate("json_repair", _json_repair, "re-parses", ("json_repair",)),
)

NAMES: Final = tuple(candidate.name for candidate in _CANDIDATES)

OURS: Final = {
    "value": Peer("streamparse (value)", "value", streamparse_value, "ours"),
    "events": Peer("streamparse (events)", "events", streamparse_events, "ours"),
}
FLOOR: Final = Peer("json.loads at the end", "end", json_loads_once, "floor")


def load(names: Iterable[str], say: Callable[[str], object]) -> list[Peer]:
    """Return the peers of these names that are installed, and the lower bound."""
    wanted = set(names)
    found = [_loaded(candidate, say) for candidate in _CANDIDATES if candidate.name in wanted]
    return [*(peer for peer in found if peer is not None), FLOOR]


def _loaded(candidate: _Candidate, say: Callable[[str], object]) -> Peer | None:
    try:
        run = candidate.load()
    except ImportError as error:
        say(f"{candidate.name} is left out: {error}")
        return None
    return Peer(
        candidate.name,
        candidate.gives,
        run,
        candidate.approach,
        candidate.packages,
        builds=candidate.gives == "value",
    )


def versions(peers: Iterable[Peer]) -> dict[str, str]:
    """Return the versions of all packages; optional ones may be missing."""
    packages = [package for peer in peers for package in peer.packages]
    return {package: _version(package) for package in packages}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def build() -> str:
    return "compiled" if COMPILED else "interpreted"
