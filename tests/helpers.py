"""Helpers for all tests: cutting input, running a parser, and strict comparison.

In Python `1 == 1.0 == True`, so values are compared by `tokens`, which distinguishes them. It is
not recursive, so documents at the depth limit can be compared too.

The fuzz targets use this module too, so it does not import hypothesis.
"""

from __future__ import annotations

import importlib.util
import json
import os
import pathlib
import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias, TypeVar

import streamparse
from streamparse import (
    JSONParser,
    StreamParseError,
    StringDelta,
    ValueCompleted,
    ValueEvent,
    ValueStarted,
)
from streamparse.protocols import Validator, ValidatorFactory

Fragment = TypeVar("Fragment", str, bytes, str | bytes)
Path: TypeAlias = tuple[Any, ...]
Tokens: TypeAlias = list[object]

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


# Strict comparison


def tokens(value: object) -> Tokens:
    """Return `value` as a flat list that includes types, member order and the sign of zero."""
    found: Tokens = []
    todo: list[Any] = [value]
    while todo:
        part = todo.pop()
        if isinstance(part, _Done):
            found.append(part.bracket)
        elif isinstance(part, dict):
            found.append("{")
            todo.append(_CLOSE_OBJECT)
            for key, member in reversed(part.items()):
                todo += (member, key)
        elif isinstance(part, list):
            found.append("[")
            todo.append(_CLOSE_ARRAY)
            todo += reversed(part)
        else:
            found.append(exact(part))
    return found


def exact(scalar: object) -> tuple[str, object]:
    """Return a scalar with its type, so that 0.0 differs from -0.0."""
    return type(scalar).__name__, scalar.hex() if isinstance(scalar, float) else scalar


class _Done:
    """Marks the end of a container on the stack of `tokens`."""

    def __init__(self, bracket: str) -> None:
        self.bracket = bracket


_CLOSE_OBJECT = _Done("}")
_CLOSE_ARRAY = _Done("]")


def same(one: object, other: object) -> bool:
    """Return whether two values are equal, including their types."""
    return tokens(one) == tokens(other)


# Events


def merge_deltas(events: Iterable[ValueEvent]) -> list[ValueEvent]:
    """Merge adjacent deltas of one path, so that the result does not depend on the chunking."""
    merged: list[ValueEvent] = []
    for event in events:
        last = merged[-1] if merged else None
        if (
            isinstance(event, StringDelta)
            and isinstance(last, StringDelta)
            and last.path == event.path
        ):
            merged[-1] = StringDelta(event.path, last.text + event.text)
        else:
            merged.append(event)
    return merged


def described(events: Iterable[ValueEvent]) -> list[Tokens]:
    """Return the merged events as plain data, in which `1` and `True` differ."""
    return [_described(event) for event in merge_deltas(events)]


def _described(event: ValueEvent) -> Tokens:
    path = [(type(step).__name__, step) for step in event.path]
    match event:
        case ValueStarted(_, kind):
            return ["started", path, kind]
        case StringDelta(_, text):
            return ["delta", path, text]
        case ValueCompleted(_, value):
            return ["completed", path, tokens(value)]


def replay(events: Iterable[ValueEvent], root: object = None) -> object:
    """Build the value from its events alone; for `many` pass a list as `root`."""
    for event in events:
        match event:
            case ValueStarted(path, kind):
                root = _placed(root, path, {"object": {}, "array": [], "string": ""}[kind])
            case StringDelta(path, text):
                root = _placed(root, path, _at(root, path) + text)
            case ValueCompleted(path, value) if not isinstance(value, (dict, list)):
                root = _placed(root, path, value)
    return root


def _at(root: Any, path: Path) -> Any:
    for step in path:
        root = root[step]
    return root


def _placed(root: Any, path: Path, value: object) -> object:
    """Return `root` with `value` at `path`, replaced or appended."""
    if not path:
        return value
    holder, step = _at(root, path[:-1]), path[-1]
    if isinstance(holder, list) and step == len(holder):
        holder.append(value)
    else:
        holder[step] = value
    return root


# Input


def cut(data: Fragment, sizes: Sequence[int]) -> list[Fragment]:
    """Cut `data` into pieces of these sizes, which are repeated; without sizes, into one piece."""
    if not any(sizes):
        return [data]
    pieces: list[Fragment] = []
    start = turn = 0
    while start < len(data):
        size = sizes[turn % len(sizes)]
        pieces.append(data[start : start + size])
        start += size
        turn += 1
    return pieces


def is_encodable(text: str) -> bool:
    """Return whether UTF-8 can encode the text: it has no lone surrogate."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


# Runs


@dataclass(frozen=True)
class Failure:
    """An error as plain data, without its events."""

    kind: str
    code: str
    offset: int
    line: int
    column: int
    path: Path
    excerpt: str
    message: str


@dataclass(frozen=True)
class Outcome:
    """The complete result of a run as plain data, for strict comparison."""

    events: list[Tokens]  # With adjacent deltas merged.
    value: Tokens  # The value at the end or at the error.
    error: Failure | None
    done: bool
    open_path: Path | None
    remainder: str | bytes
    prefix: str
    repairs: list[tuple[str, int, Path]]
    truncated: bool


def failure(error: StreamParseError) -> Failure:
    """Return the error as plain data."""
    place = (error.offset, error.line, error.column)
    kind = type(error).__name__
    return Failure(kind, error.code, *place, error.path, error.excerpt, error.message)


def place_of(offset: int, text: str) -> tuple[int, int, str]:
    """Return the line, column and excerpt of an error at `offset`."""
    line_start = text.rfind("\n", 0, offset) + 1
    excerpt = text[max(offset - 40, 0) : offset]
    return text.count("\n", 0, offset) + 1, offset - line_start + 1, excerpt


def run(pieces: Iterable[str | bytes], **options: Any) -> Outcome:
    """Feed the pieces to a new parser and finish it, up to the first error."""
    return run_on(JSONParser(**options), pieces)


def run_on(parser: JSONParser, pieces: Iterable[str | bytes]) -> Outcome:
    """Feed the pieces to `parser` and finish it, up to the first error."""
    return run_relayed(parser, pieces, lambda same_parser: same_parser)


def run_relayed(
    parser: JSONParser, pieces: Iterable[str | bytes], relay: Callable[[JSONParser], JSONParser]
) -> Outcome:
    """Like `run_on`, but replace the parser with `relay(parser)` before each call and the end."""
    events: list[ValueEvent] = []
    error = None
    for piece in [*pieces, None]:
        parser = relay(parser)
        new, error = call(parser, piece)
        events += new
        if error is not None:
            break
    return outcome(relay(parser), events, error)


def calls(
    parser: JSONParser, pieces: Iterable[str | bytes]
) -> Iterator[tuple[list[ValueEvent], StreamParseError | None]]:
    """Yield the events and the error of each `feed` and of `finish`, up to the first error."""
    for piece in [*pieces, None]:
        events, error = call(parser, piece)
        yield events, error
        if error is not None:
            return


def call(
    parser: JSONParser, piece: str | bytes | None
) -> tuple[list[ValueEvent], StreamParseError | None]:
    """Feed a piece, or finish the parser if it is None; return the events and the error."""
    try:
        return (parser.finish() if piece is None else parser.feed(piece)), None
    except StreamParseError as error:
        return error.events, error


def pickled(parser: JSONParser) -> JSONParser:
    """Return a copy of the parser that went through `pickle`."""
    twin = pickle.loads(pickle.dumps(parser))
    assert isinstance(twin, JSONParser)
    return twin


def outcome(
    parser: JSONParser, events: Iterable[ValueEvent], error: StreamParseError | None
) -> Outcome:
    """Return the state of `parser` after these events and this error."""
    return Outcome(
        described(events),
        tokens(parser.value),
        failure(error) if error else None,
        parser.done,
        parser.open_path,
        parser.remainder,
        parser.prefix,
        [(repair.code, repair.offset, repair.path) for repair in parser.repairs],
        parser.truncated,
    )


# A validator


class Accepting(Validator):
    """Accepts everything. A parser with a validator runs other code, with the same results."""

    def clone(self) -> Accepting:
        return Accepting()

    def __reduce__(self) -> tuple[type[Accepting], tuple[()]]:
        return Accepting, ()


class AcceptingFactory(ValidatorFactory):
    """Begins an `Accepting` validator for each document."""

    def begin(self) -> Accepting:
        return Accepting()


# The standard library as the reference


def loads(text: str) -> Any:
    """Like `json.loads`, with the documented differences: BOM, NaN and joined surrogate halves.

    Raises ValueError for text that is not JSON.
    """
    return _with_pairs(_DECODER.decode(text.removeprefix("\ufeff")))


def raw_loads(text: str, start: int) -> tuple[Any, int]:
    """Return the value that begins at `start`, and its end; the text after it is not read."""
    value, end = _DECODER.raw_decode(text, start)
    return _with_pairs(value), end


def join_halves(text: str) -> str:
    """Join every high surrogate half with the low half that follows it."""
    return _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)


def _with_pairs(value: Any) -> Any:
    """Join the surrogate halves in the strings of `value`; the decoder joins those in keys."""
    root = [value]
    todo: list[Any] = [root]
    while todo:
        holder = todo.pop()
        for step, part in enumerate(holder) if isinstance(holder, list) else holder.items():
            if isinstance(part, str):
                holder[step] = join_halves(part)
            elif isinstance(part, (dict, list)):
                todo.append(part)
    return root[0]


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {join_halves(key): value for key, value in pairs}


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_refuse_constant)


# Libraries of the extra `sdks`; tests that need a missing one are skipped.
SDKS = (
    "anthropic",
    "google",
    "instructor",
    "jiter",
    "json_repair",
    "langchain_core",
    "openai",
    "partial_json_parser",
    "pydantic_ai",
    "redis",
)


def missing_sdks(block: str) -> list[str]:
    """Return the SDKs and other libraries that a block imports and that are not installed."""
    modules = re.findall(r"^(?:from|import) (\w+)", block, re.MULTILINE)
    return [name for name in modules if name in SDKS and importlib.util.find_spec(name) is None]


def run_mypy(cache: pathlib.Path, *files: str, cwd: pathlib.Path | None = None) -> str:
    """Return the errors that mypy reports in its strictest mode.

    The options are the same for all callers, because mypy's cache depends on them.
    """
    options = ["--strict", "--python-version=3.10", "--config-file=", "--no-error-summary"]
    options += [f"--cache-dir={cache}", "--follow-imports=silent", "--ignore-missing-imports"]
    found = subprocess.run(
        [sys.executable, "-m", "mypy", *options, *files],
        capture_output=True,
        text=True,
        env=checker_environment("MYPYPATH"),
        cwd=cwd or cache,
        check=False,
    )
    return found.stdout + found.stderr


def checker_environment(name: str) -> dict[str, str]:
    """Return an environment in which a type checker finds the package that is loaded here.

    Args:
        name: The variable of its search path, such as `MYPYPATH`.
    """
    package = pathlib.Path(streamparse.__file__).parent
    if name == "MYPYPATH" and package.parent.name == "site-packages":
        return dict(os.environ)  # mypy finds it there, and rejects the folder in MYPYPATH.
    return {**os.environ, name: str(package.parent)}
