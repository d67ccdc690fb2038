"""Helpers for unit tests: ways to cut a text, and sinks that record their calls."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

import pytest

from streamparse import JSONParser, SchemaViolation, StreamParseError
from streamparse._core.machine import Machine, MachineOptions
from streamparse.protocols import Sink, Validator, ValidatorFactory

Cuttable = TypeVar("Cuttable", str, bytes)
Call: TypeAlias = tuple[Any, ...]
Fragments: TypeAlias = Sequence[str | bytes]

# Documents with all kinds of values, empty and nested, all escapes, pairs and long runs.
DOCUMENTS = (
    '{"name": "Ada", "tags": ["x", "y\\n\\u00e9 \\ud83d\\ude00!"], "rate": -12.5e+3}',
    '[true, false, null, 0, -0, 7E9, 1.25, "", {"": {"": []}}, [[{}], []]]',
    ' \r\n\t"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\uD834\\uDD1E and a tail of plain characters" \n',
    '{"k\\u00fc\\ud83c\\udf0dy": {"a run longer than a short loop would look at": [1, 2, 3]},\n'
    ' "second line": "\\t a long text, with \\"quotes\\" far apart: here \\" and there \\"."}',
    '{"twice": 1, "twice": [2], "é": "ü 😀", "n": 100000000000000000000000000001}',
    "-0.5e-7",
)


def chars(text: Cuttable) -> list[Cuttable]:
    """Cut a text into single characters."""
    return [text[at : at + 1] for at in range(len(text))]


def ragged(text: Cuttable, seed: int) -> list[Cuttable]:
    """Cut a text into fragments of one to nine characters, which depend on the seed."""
    sizes = random.Random(seed)
    fragments, at = [], 0
    while at < len(text):
        size = sizes.randint(1, 9)
        fragments.append(text[at : at + size])
        at += size
    return fragments


def cuttings(text: Cuttable) -> list[list[Cuttable]]:
    """Return several ways to feed a text: whole, in single characters, in random fragments."""
    return [[text], chars(text), ragged(text, 1), ragged(text, 2)]


def halvings(text: Cuttable) -> Iterator[list[Cuttable]]:
    """Yield every division of a text into two."""
    for at in range(len(text) + 1):
        yield [text[:at], text[at:]]


def cuts_of(document: str | bytes) -> list[Fragments]:
    """Return the `cuttings` of text or of bytes."""
    if isinstance(document, str):
        return [*cuttings(document)]
    return [*cuttings(document)]


def both(text: str) -> list[Fragments]:
    """Return the `cuttings` of a text and of its UTF-8 bytes."""
    return [*cuttings(text), *cuttings(text.encode())]


class Feedable(Protocol):
    """A machine, parser or driver."""

    def feed(self, text: str, /) -> object: ...


def feed_each(reader: Feedable, fragments: Iterable[str]) -> None:
    for fragment in fragments:
        reader.feed(fragment)


def feed_all(parser: JSONParser, fragments: Iterable[str | bytes]) -> list[Any]:
    """Return the events of all fragments, without calling `finish`."""
    return [event for fragment in fragments for event in parser.feed(fragment)]


def read(parser: JSONParser, fragments: Iterable[str | bytes]) -> list[Any]:
    """Return the events of all fragments and of the end of the input."""
    return feed_all(parser, fragments) + parser.finish()


def failure(parser: JSONParser, fragments: Iterable[str | bytes]) -> StreamParseError:
    """Return the error that these fragments, or the end of the input, raise."""
    with pytest.raises(StreamParseError) as caught:
        read(parser, fragments)
    return caught.value


class Recorder(Sink):
    """Records every call."""

    def __init__(self, precise: bool = False) -> None:
        super().__init__()
        self.precise = precise
        self.calls: list[Call] = []

    def start_object(self, offset: int) -> None:
        self.calls.append(("start_object", offset))

    def start_array(self, offset: int) -> None:
        self.calls.append(("start_array", offset))

    def start_string(self, offset: int) -> None:
        self.calls.append(("start_string", offset))

    def start_scalar(self, kind: str, offset: int) -> None:
        self.calls.append(("start_scalar", kind, offset))

    def start_key(self, offset: int) -> None:
        self.calls.append(("start_key", offset))

    def key_text(self, text: str, offset: int) -> None:
        self.calls.append(("key_text", text, offset))

    def end_key(self, offset: int) -> None:
        self.calls.append(("end_key", offset))

    def text(self, text: str, offset: int) -> None:
        self.calls.append(("text", text, offset))

    def end_string(self, offset: int) -> None:
        self.calls.append(("end_string", offset))

    def scalar(self, value: object, offset: int) -> None:
        self.calls.append(("scalar", value, offset))

    def end(self, offset: int) -> None:
        self.calls.append(("end", offset))

    def repair(self, code: str, offset: int, item: bool) -> None:
        self.calls.append(("repair", code, offset, item))

    def clone(self) -> Recorder:
        twin = Recorder(self.precise)
        twin.calls = list(self.calls)
        return twin


def joined(calls: Iterable[Call]) -> list[Call]:
    """Join adjacent pieces of one text; the offset is that of the first piece."""
    found: list[Call] = []
    for call in calls:
        if found and call[0] in ("text", "key_text") and found[-1][0] == call[0]:
            found[-1] = (call[0], found[-1][1] + call[1], found[-1][2])
        else:
            found.append(call)
    return found


def play(calls: Iterable[Call], sink: Sink) -> None:
    """Make recorded calls on another sink."""
    for name, *arguments in calls:
        getattr(sink, name)(*arguments)


def calls_of(text: str, many: bool = False) -> list[Call]:
    """Return the precise sink calls of the machine for a text, without the end."""
    recorder = Recorder(precise=True)
    Machine(recorder, MachineOptions(many=many)).feed(text)
    return recorder.calls


def emit_value(value: Any, sink: Sink) -> None:
    """Make the sink calls for a small value; every offset is 0."""
    if isinstance(value, dict):
        sink.start_object(0)
        for key, member in value.items():
            sink.start_key(0)
            sink.key_text(key, 0)
            sink.end_key(0)
            emit_value(member, sink)
        sink.end(0)
    elif isinstance(value, list):
        sink.start_array(0)
        for item in value:
            emit_value(item, sink)
        sink.end(0)
    elif isinstance(value, str):
        sink.start_string(0)
        if value:
            sink.text(value, 0)
        sink.end_string(0)
    else:
        names = {True: "true", False: "false", None: "null"}
        sink.start_scalar(names[value] if value in (None, True, False) else "number", 0)
        sink.scalar(value, 0)


class RecordingValidator(Validator):
    """Records its calls as violations, and the built values; rejects everything from `bound` on."""

    def __init__(self, bound: int | None = None) -> None:
        super().__init__()
        self.bound = bound
        self.seen: list[Any] = []

    # The base class is compiled, so forks and pickles must copy the state explicitly.

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored_validator, (type(self), self.bound, self.seen, self.violations)

    def clone(self) -> RecordingValidator:
        return _restored_validator(type(self), self.bound, self.seen, self.violations)

    def hear(self, *call: Any) -> None:
        self.violations.append(call)
        self.refuse_from(call[-1])

    def hear_text(self, name: str, text: str, offset: int) -> None:
        self.violations.append((name, text, offset))
        if self.bound is not None and offset + len(text) > self.bound:
            self.refuse_from(max(offset, self.bound))

    def refuse_from(self, offset: int) -> None:
        if self.bound is not None and offset >= self.bound:
            raise SchemaViolation("not this one", code="expected_value", offset=offset)

    def look(self) -> None:
        """Record a copy of the built value, which may still grow."""
        built = self.built
        self.seen.append(built.copy() if isinstance(built, (dict, list)) else built)

    def start_object(self, offset: int) -> None:
        self.hear("start_object", offset)

    def start_array(self, offset: int) -> None:
        self.hear("start_array", offset)

    def start_string(self, offset: int) -> None:
        self.hear("start_string", offset)

    def start_scalar(self, kind: str, offset: int) -> None:
        self.hear("start_scalar", kind, offset)

    def start_key(self, offset: int) -> None:
        self.hear("start_key", offset)

    def key_text(self, text: str, offset: int) -> None:
        self.hear_text("key_text", text, offset)

    def end_key(self, offset: int) -> None:
        self.look()
        self.hear("end_key", offset)

    def text(self, text: str, offset: int) -> None:
        self.hear_text("text", text, offset)

    def end_string(self, offset: int) -> None:
        self.look()
        self.hear("end_string", offset)

    def scalar(self, value: object, offset: int) -> None:
        self.hear("scalar", value, offset)

    def end(self, offset: int) -> None:
        self.look()
        self.hear("end", offset)

    def repair(self, code: str, offset: int, item: bool) -> None:
        self.hear("repair", code, offset)


def _restored_validator(
    kind: type[RecordingValidator], bound: int | None, seen: list[Any], violations: list[object]
) -> RecordingValidator:
    validator = kind(bound)
    validator.seen, validator.violations = list(seen), list(violations)
    return validator


class RecordingFactory(ValidatorFactory):
    """Begins recording validators, and keeps them in `begun`."""

    def __init__(
        self, bound: int | None = None, kind: type[RecordingValidator] = RecordingValidator
    ) -> None:
        super().__init__()
        self.bound = bound
        self.kind = kind
        self.begun: list[RecordingValidator] = []

    def __reduce__(self) -> tuple[Any, ...]:
        return RecordingFactory, (self.bound, self.kind)

    def begin(self) -> Validator:
        validator = self.kind(self.bound)
        self.begun.append(validator)
        return validator
