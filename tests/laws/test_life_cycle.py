"""The life cycle of a parser: errors and `finish` are final, and text and bytes do not mix."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import COMPILED, ERROR_CODES, JSONParser, LimitError, Limits, StreamParseError
from streamparse.protocols import Validator, ValidatorFactory
from tests.helpers import calls, cut, failure, loads, run, tokens
from tests.strategies import ANY_BYTES, ANY_TEXTS, JSON_TEXTS, PLACES, SIZES, options

LATER: list[Callable[[JSONParser], object]] = [
    lambda parser: parser.feed("1"),
    lambda parser: parser.feed(""),
    lambda parser: parser.feed(b"]"),
    JSONParser.finish,
]


@given(st.one_of(ANY_TEXTS, ANY_BYTES), SIZES, options())
def test_an_error_is_final(data: str | bytes, sizes: Sequence[int], chosen: dict[str, Any]) -> None:
    """After an error, later calls raise a copy of it without events, and change nothing."""
    parser = JSONParser(**chosen)
    *_, (_, first) = calls(parser, cut(data, sizes))
    if first is None:
        return
    assert first.code in ERROR_CODES
    value = tokens(parser.value)
    for call in LATER:
        with pytest.raises(StreamParseError) as caught:
            call(parser)
        assert caught.value is not first
        assert failure(caught.value) == failure(first)
        assert caught.value.events == []
        assert tokens(parser.value) == value


@given(ANY_TEXTS, SIZES, options())
def test_errors_pickle(text: str, sizes: Sequence[int], chosen: dict[str, Any]) -> None:
    *_, (_, error) = calls(JSONParser(**chosen), cut(text, sizes))
    if error is not None:
        twin = pickle.loads(pickle.dumps(error))
        assert failure(twin) == failure(error)
        assert twin.events == error.events
        assert str(twin) == str(error)


@given(JSON_TEXTS, SIZES, st.sampled_from(["error", "stop"]))
def test_finish_is_final(text: str, sizes: Sequence[int], trailing: str) -> None:
    """After `finish`, a second `finish` and empty fragments do nothing, and other input raises."""
    parser = JSONParser(trailing=trailing)
    for piece in cut(text, sizes):
        parser.feed(piece)
    parser.finish()
    assert parser.finish() == parser.feed("") == parser.finish() == []
    for _ in range(2):
        with pytest.raises(StreamParseError) as caught:
            parser.feed(" ")
        assert type(caught.value) is StreamParseError
        assert caught.value.code == "finished"
        assert caught.value.offset == len(text) - len(parser.remainder)
    assert parser.done
    assert tokens(parser.value) == tokens(loads(text))


def test_a_second_finish_adds_nothing_to_the_remainder() -> None:
    """An incomplete character at the end of the input is added to the remainder only once."""
    parser = JSONParser(trailing="stop")
    parser.feed(b"12\xc3")
    assert len(parser.finish()) == 1
    assert parser.finish() == []
    assert parser.remainder == b"\xc3"


@given(JSON_TEXTS, PLACES)
def test_text_and_bytes_do_not_mix(text: str, place: int) -> None:
    """The wrong kind raises `TypeError`, and the right kind can still be fed after it."""
    place %= len(text) + 1
    parser = JSONParser()
    parser.feed(text[:place])
    if place:
        with pytest.raises(TypeError):
            parser.feed(b"1")
    parser.feed(text[place:])
    parser.finish()
    assert tokens(parser.value) == tokens(loads(text))


@pytest.mark.parametrize("wrong", [None, 1, ["{"], object()], ids=str)
def test_a_fragment_of_another_type_is_refused(wrong: Any) -> None:
    parser = JSONParser()
    for _ in range(2):
        with pytest.raises(TypeError):
            parser.feed(wrong)
    parser.feed("[1]")
    assert parser.done


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_every_kind_of_bytes(kind: Callable[[bytearray], Any]) -> None:
    """A buffer may be overwritten after the call."""
    buffer = bytearray(b'["\xc3')
    parser = JSONParser()
    parser.feed(kind(buffer))
    buffer[:] = b"xxx"
    parser.feed(kind(bytearray(b'\xa9"]')))
    parser.finish()
    assert parser.value == ["é"]


@given(st.one_of(ANY_TEXTS, ANY_BYTES), SIZES, options())
def test_empty_fragments_change_nothing(
    data: str | bytes, sizes: Sequence[int], chosen: dict[str, Any]
) -> None:
    pieces, empty = cut(data, sizes), data[:0]
    spread = [part for piece in pieces for part in (empty, piece, empty)]
    assert run(spread, **chosen) == run(pieces, **chosen)
    parser = JSONParser(**chosen)
    assert parser.feed("") == parser.feed(b"") == []


@pytest.mark.parametrize("unit", ["[", '{"":', '[{"a":'])
@pytest.mark.parametrize("sizes", [[], [1], [1000]], ids=str)
def test_a_million_brackets(unit: str, sizes: list[int]) -> None:
    """A million brackets exceed the limit of depth; they cause no recursion error."""
    text = unit * (1_000_000 // len(unit))
    outcome = run(cut(text, sizes))
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.error.code) == ("LimitError", "depth")
    brackets = [place for place, char in enumerate(text[:10_000]) if char in "[{"]
    assert outcome.error.offset == brackets[1000]
    assert len(outcome.error.path) == 1000


def test_beyond_the_default_depth() -> None:
    """With a higher limit, a document may be deeper than Python's recursion limit."""
    depth = 3000  # Each level has a path, so memory grows with the square of the depth.
    parser = JSONParser(limits=Limits(depth=depth), select=[])
    parser.feed("[" * depth)
    with pytest.raises(LimitError):
        parser.clone().feed("[")
    parser.feed("]" * depth)
    parser.finish()
    assert parser.done


# Interrupts


class Interrupt(BaseException):
    """Stands for an exception from outside the parser, such as `KeyboardInterrupt`."""


MODULES = ("parser.py", "machine.py", "builder.py", "lenient.py", "selector.py", "text.py")


def interrupting(parser: JSONParser, steps: int) -> Callable[..., Any]:
    """Return a trace function that raises at the given step of reading.

    The step that returns the events is not counted: the parser has then finished reading, and it
    cannot notice that its caller does not receive them.
    """
    left = steps
    reading = False

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal left, reading
        name = frame.f_code.co_filename
        if "streamparse" not in name or not name.endswith(MODULES):
            return None
        reading = reading or not name.endswith("parser.py")  # The steps before do not read.
        left -= reading and parser._reading
        if left < 0:
            sys.settrace(None)
            raise Interrupt
        return trace

    return trace


@pytest.mark.skipif(COMPILED, reason="a compiled parser cannot be interrupted at any step")
@given(JSON_TEXTS, SIZES, options(), st.integers(0, 60))
def test_an_interrupt_is_final(
    text: str, sizes: Sequence[int], chosen: dict[str, Any], steps: int
) -> None:
    """After an interrupt at any step, later calls raise, and the parser is not done."""
    parser = JSONParser(**chosen)
    old = sys.gettrace()
    pieces = cut(text, sizes)
    for place, piece in enumerate(pieces):
        sys.settrace(interrupting(parser, steps))
        try:
            parser.feed(piece)
        except Interrupt:
            sys.settrace(old)
            assert_interrupted(parser, [*pieces[place + 1 :], "1"])
            return
        except StreamParseError:
            return
        finally:
            sys.settrace(old)


def assert_interrupted(parser: JSONParser, rest: Sequence[str | bytes]) -> None:
    for twin in (parser, pickle.loads(pickle.dumps(parser)), parser.clone()):
        assert not twin.done
        for piece in rest:
            with pytest.raises(StreamParseError) as caught:
                twin.feed(piece)
            assert (caught.value.code, caught.value.events) == ("interrupted", [])
        with pytest.raises(StreamParseError) as caught:
            twin.finish()
        assert caught.value.code == "interrupted"


class Faulty(Validator):
    """A validator that raises `Interrupt` at the end of a container."""

    def end(self, offset: int) -> None:
        raise Interrupt

    def clone(self) -> Faulty:
        return Faulty()


class FaultyFactory(ValidatorFactory):
    """Begins a `Faulty` validator for each document."""

    def begin(self) -> Faulty:
        return Faulty()


@pytest.mark.parametrize("data", ["[[], ", b"[[], "], ids=["text", "bytes"])
@pytest.mark.parametrize("dialect", ["strict", "lenient"])
def test_an_interrupt_in_a_validator_is_final(dialect: str, data: str | bytes) -> None:
    parser = JSONParser(dialect, validator=FaultyFactory())
    with pytest.raises(Interrupt):
        parser.feed(data)
    assert_interrupted(parser, [data])


def test_an_interrupt_in_a_function_for_numbers_is_final() -> None:
    def parse_int(text: str) -> int:
        raise Interrupt

    parser = JSONParser(parse_int=parse_int)
    parser.feed("12")
    with pytest.raises(Interrupt):
        parser.finish()
    with pytest.raises(StreamParseError) as caught:
        parser.finish()
    assert caught.value.code == "interrupted"
