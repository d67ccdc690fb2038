"""Tests of the life cycle of parsers, with a minimal parser."""

from __future__ import annotations

import copy
import pickle
import time
from collections.abc import Callable
from typing import Any

import pytest

from streamparse._answers.life_cycle import LifeCycle
from streamparse.errors import StreamParseError, WireError


class Words(LifeCycle[str, str]):
    """Emits each word that it is fed; "bad" raises an error, and "stop" an interrupt."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.events: list[str] = []

    def _accepted(self, fragment: Any) -> list[str] | None:
        if not isinstance(fragment, str):
            raise TypeError("words are text")
        if not fragment:
            return None
        self._check_open()
        return fragment.split()

    def _read(self, fragment: list[str]) -> None:
        for word in fragment:
            if word == "bad":
                raise WireError("a bad word", code="not_a_stream")
            if word == "stop":
                raise KeyboardInterrupt
            if word == "wrong":
                raise TypeError("a fault of a validator")
            self.events.append(word)

    def _end(self) -> None:
        self.events.append("end")

    def _end_broken(self, error: StreamParseError | None) -> None:
        self.events.append("cut" if error is None else f"cut: {error.message}")

    def _abandon(self) -> None:
        self.events.clear()

    def _new_events(self) -> list[str]:
        events, self.events = self.events, []
        return events


class Recorder:
    """Telemetry that records its calls."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def note(self, events: Any) -> None:
        self.seen.extend(events)

    def end(self, error: BaseException | None = None) -> None:
        self.seen.append(error)


LATER: list[Callable[[Words], Any]] = [lambda parser: parser.feed("a"), Words.finish]


def pickled(parser: Words) -> Words:
    twin: Words = pickle.loads(pickle.dumps(parser))
    return twin


def check_dead(parser: Words, code: str) -> None:
    for call in LATER:
        with pytest.raises(StreamParseError) as caught:
            call(parser)
        assert (caught.value.code, caught.value.events) == (code, [])
    assert parser.cut() == []


def test_from_the_start_to_the_end() -> None:
    recorder = Recorder()
    parser = Words(recorder=recorder)
    assert (parser.feed("a b"), parser.feed(""), parser.finish()) == (["a", "b"], [], ["end"])
    assert (parser.finish(), parser.feed(""), parser.cut()) == ([], [], [])
    for _ in range(2):
        with pytest.raises(StreamParseError) as caught:
            parser.feed("c")
        assert caught.value.code == "finished"
    assert parser.finish() == []
    assert recorder.seen == ["a", "b", "end", None]


def test_a_failure_is_final_and_carries_the_last_events() -> None:
    recorder = Recorder()
    parser = Words(recorder=recorder)
    with pytest.raises(WireError) as caught:
        parser.feed("a bad b")
    assert caught.value.events == ["a", "cut: a bad word"]
    check_dead(parser, "not_a_stream")
    assert [str(one) for one in recorder.seen] == [*caught.value.events, str(caught.value)]


@pytest.mark.parametrize(("word", "kind"), [("stop", KeyboardInterrupt), ("wrong", TypeError)])
def test_any_other_exception_while_reading_is_final(word: str, kind: type[BaseException]) -> None:
    parser = Words()
    with pytest.raises(kind):
        parser.feed(f"a {word}")
    check_dead(parser, "interrupted")


def test_a_fragment_of_another_type_changes_nothing() -> None:
    parser = Words()
    wrong: Any = 5
    with pytest.raises(TypeError):
        parser.feed(wrong)
    assert parser.feed("a") == ["a"]


def test_an_interrupt_while_ending_is_final() -> None:
    class Broken(Words):
        def _end(self) -> None:
            raise KeyboardInterrupt

    parser = Broken()
    with pytest.raises(KeyboardInterrupt):
        parser.finish()
    check_dead(parser, "interrupted")


def test_an_interrupt_while_failing_is_final() -> None:
    class Broken(Words):
        def _end_broken(self, error: StreamParseError | None) -> None:
            raise KeyboardInterrupt

    parser = Broken()
    with pytest.raises(KeyboardInterrupt):
        parser.feed("bad")
    check_dead(parser, "interrupted")


def test_cut() -> None:
    recorder = Recorder()
    parser = Words(recorder=recorder)
    parser.feed("a")
    assert (parser.cut(), parser.cut(), parser.finish()) == (["cut"], [], [])
    assert recorder.seen == ["a", "cut", None]


def test_a_broken_connection_ends_as_a_cut_with_its_error() -> None:
    parser = Words()
    parser._break_off(WireError("no network", code="not_a_stream"))
    assert (parser.finish(), parser.finish()) == (["cut: no network"], [])
    parser._break_off(WireError("again", code="not_a_stream"))
    assert parser.finish() == []


def test_metrics_count_all_events_but_those_of_a_cut() -> None:
    parser = Words(clock=lambda: 1.0)
    parser.feed("a b")
    parser.cut()
    assert parser.metrics is not None
    assert parser.metrics.events == 2
    assert Words().metrics is None


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, pickled])
def test_copies_and_pickles_are_in_the_same_state(twin: Callable[[Words], Words]) -> None:
    recorder = Recorder()
    parser = Words(recorder=recorder, clock=time.monotonic)
    parser.feed("a")
    other = twin(parser)
    assert other.feed("b") + other.finish() == ["b", "end"]
    assert parser.metrics is not None
    assert other.metrics is not None
    assert (parser.metrics.events, other.metrics.events) == (1, 3)
    assert twin(other).finish() == []
    with pytest.raises(WireError):
        parser.feed("bad")
    check_dead(twin(parser), "not_a_stream")
    assert recorder.seen[:2] == ["a", "cut: a bad word"]


def test_the_base_class_is_abstract() -> None:
    parser: LifeCycle[str, str] = LifeCycle()
    for call in (
        lambda: parser._accepted(""),
        lambda: parser._read(""),
        parser._end,
        lambda: parser._end_broken(None),
        parser._abandon,
        parser._new_events,
    ):
        with pytest.raises(NotImplementedError):
            call()
