"""Helpers that run machines and parsers for the tests of their parts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from streamparse import JSONParser, StreamParseError
from streamparse._core.builder import Builder
from streamparse._core.machine import Machine, MachineOptions
from streamparse.protocols import Sink
from tests.parts import Call, Recorder, feed_each


def made(sink: Sink, *, depth: int = 0, offset: int = 0, **options: Any) -> Machine:
    return Machine(sink, MachineOptions(**options), depth=depth, offset=offset)


def calls(fragments: Iterable[str], precise: bool = True, **options: Any) -> list[Call]:
    """Return the sink calls for these fragments and the end of the input."""
    recorder = Recorder(precise)
    machine = made(recorder, **options)
    feed_each(machine, fragments)
    machine.finish()
    return recorder.calls


def built(fragments: Iterable[str], **options: Any) -> Any:
    builder = Builder(options.get("many", False))
    machine = made(builder, **options)
    feed_each(machine, fragments)
    machine.finish()
    return builder.value


def refusal(fragments: Iterable[str], **options: Any) -> StreamParseError:
    with pytest.raises(StreamParseError) as caught:
        calls(fragments, **options)
    return caught.value


def assert_repaired(text: str, value: object, codes: str) -> None:
    """Check value and repairs in the lenient dialect, also character by character.

    `*` stands for any repairs.
    """
    for pieces in ([text], list(text)):
        parser = JSONParser("lenient")
        for piece in pieces:
            parser.feed(piece)
        parser.finish()
        assert parser.value == value
        assert parser.done
        if codes != "*":
            assert [repair.code for repair in parser.repairs] == codes.split()
