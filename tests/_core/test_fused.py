"""The loop for interpreted code, against machine and builder as they work without it.

It must not show at all: the same events for each fragment, and the same state whenever it is put
back. So both states are compared, not only what can be seen of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import (
    COMPILED,
    JSONParser,
    Limits,
    StreamParseError,
    StringDelta,
    ValueCompleted,
    ValueStarted,
)
from streamparse._core.builder import Builder
from streamparse._core.fused import can_read, reading
from streamparse._core.machine import Machine
from streamparse._core.parser import locate
from streamparse._core.selector import SelectingBuilder, Selector
from streamparse.paths import Query
from tests.helpers import cut, described, failure, tokens
from tests.strategies import ANY_MANY_TEXTS, ANY_TEXTS, SIZES, SURROGATES

pytestmark = pytest.mark.skipif(COMPILED, reason="the loop is only for interpreted code")

# Members that are long enough to go on over many fragments, and limits that are met in them.
INSIDE = ANY_TEXTS.map(lambda text: f'{{"a": [{text}, {text}], "b": "{"x" * 50}"}}')
LIMITS = st.builds(
    Limits,
    depth=st.integers(1, 4) | st.just(1000),
    string=st.integers(0, 60) | st.just(1_000_000),
    number=st.integers(1, 40) | st.just(1000),
    integer_digits=st.integers(1, 40) | st.just(1000),
    document=st.integers(1, 200) | st.just(1_000_000),
    keys=st.none() | st.integers(0, 3),
)


class Pair:
    """A machine and a builder, driven by the loop or not."""

    def __init__(self, fused: bool, **options: Any) -> None:
        self.builder = Builder(options.get("many", False))
        self.machine = Machine(self.builder, **options)
        self.send = None
        if fused and can_read(self.machine, self.builder):
            loop = reading(self.machine, self.builder)
            next(loop)
            self.send = loop.send

    def feed(self, text: str) -> tuple[Any, Any]:
        """Events and the error; after an error the loop has ended."""
        try:
            if self.send is not None:
                return described(self.send(text)), None
            self.machine.feed(text)
        except StreamParseError as error:
            self.send = None
            locate(error, self.machine, self.builder)
            return described(self.builder.take_events()), failure(error)
        return described(self.builder.take_events()), None

    def value(self) -> Any:
        """What a reader sees, who does not put the state back."""
        if self.send is None:
            return tokens(self.builder.value)
        self.send("")
        return tokens(self.builder.root)

    def state(self) -> Any:
        """All there is."""
        value = self.value()
        if self.send is not None:
            self.send(None)
            assert tokens(self.builder.value) == value
        before = self.machine.text_before(self.machine.offset)
        if self.machine.depth:
            self.machine.glued = False  # which means something only between documents
        return value, before, self.machine.state_now(), self.builder.state_now()[2]


@given(
    ANY_TEXTS | ANY_MANY_TEXTS | INSIDE,
    SIZES,
    st.lists(st.sampled_from(["value", "state", ""]), max_size=9),
    st.fixed_dictionaries(
        {"many": st.booleans(), "surrogates": SURROGATES}, optional={"limits": LIMITS}
    ),
)
def test_the_loop_does_not_show(
    text: str, sizes: Sequence[int], looks: list[str], options: dict[str, Any]
) -> None:
    fused, plain = Pair(True, **options), Pair(False, **options)
    for number, piece in enumerate(cut(text, sizes)):
        if not piece:
            continue
        found = fused.feed(piece)
        assert found == plain.feed(piece)
        if found[1] is not None:
            assert fused.value() == plain.value()
            return
        look = looks[number % len(looks)] if looks else ""
        if look == "value":
            assert fused.value() == plain.value()
        elif look:
            assert fused.state() == plain.state()
    assert fused.state() == plain.state()


@pytest.mark.parametrize(
    "pieces",
    [
        ['{"a": "x', "y\\", 'n\\"', '\\\\z"', "}"],
        ['{"a": "x', "y\\u00", 'e9z"', "}"],
        ['{"a": "x', "\xa0", "y", "\ud83d", '\ude00"}'],
        ['["a", ', '"b', 'c"', ", [", "], {", "}", ", 1", "2, -0.", "5e", "+1 , tr", "ue", "]"],
        ['{\n  "a"', ': [\n    "b",', "\n\t1", "\r\n  ]", "\n}"],
        ["[" + "1" * 30, "2", ", 1" + "0" * 19, ", 1.5]"],
        ["[1, ", "-", "]"],
        ["[1, ", "01", "]"],
        ["[1, ", "tru", "x]"],
        ["[1, ", '"a\x01"', "]"],
        ['{"a": 1', ', "b" 2}'],
        ['{"a": [1', "}"],
        ['{"a": 1', "]"],
        ['{"a":', "}"],
        ["[[1", ", ]"],
        ['["a\\', "x"],
    ],
)
def test_every_way_out_of_the_loop(pieces: list[str]) -> None:
    fused, plain = Pair(True), Pair(False)
    for piece in pieces:
        found = fused.feed(piece)
        assert found == plain.feed(piece)
        assert fused.value() == plain.value()
        if found[1] is not None:
            return
        assert fused.state() == plain.state()


def test_what_the_loop_cannot_do_is_not_given_to_it() -> None:
    def fits(builder: Builder | None = None, **options: Any) -> bool:
        target = builder or Builder()
        return can_read(Machine(target, **options), target)

    assert fits()
    assert fits(many=True, surrogates="error", limits=Limits(depth=3, string=5, document=9))
    assert not fits(SelectingBuilder(Selector([Query.parse("$.a")]), drop=False, many=False))
    assert not fits(parse_float=Decimal)
    assert not fits(parse_int=str)
    assert not fits(stop=True)
    assert not fits(limits=Limits(keys=1))
    assert not fits(limits=Limits(number=5))
    assert not can_read(Machine(Builder()), Builder())


def test_a_parser_is_read_copied_and_failed_in_the_loop() -> None:
    parser = JSONParser()
    parser.feed('{"a": ["b", "c')
    assert parser.feed("d") == [StringDelta(("a", 1), "d")]
    assert parser.value == {"a": ["b", "cd"]}
    twin = parser.clone()
    assert parser.feed("e") == twin.feed("e") == [StringDelta(("a", 1), "e")]
    assert (parser.open_path, parser.done, parser.started) == (("a", 1), False, True)
    assert parser.snapshot() == twin.value == {"a": ["b", "cde"]}
    with pytest.raises(StreamParseError) as caught:
        parser.feed('f", }')
    assert caught.value.events[0] == StringDelta(("a", 1), "f")
    assert failure(caught.value).code == "expected_value"
    assert parser.value == {"a": ["b", "cdef"]}
    twin.feed('"]}')
    assert twin.finish() == []
    assert twin.value == {"a": ["b", "cde"]}


def test_an_interrupt_leaves_a_parser_that_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(text: str) -> None:
        raise KeyboardInterrupt

    parser = JSONParser()
    parser.feed('{"a": [1')
    with monkeypatch.context() as patch:
        patch.setattr("streamparse._core.fused._decoded", interrupt)
        with pytest.raises(KeyboardInterrupt):
            parser.feed(', "b\\n')
    assert parser.value == {"a": [1, ""]}
    assert parser.feed("c") == [
        ValueCompleted(("a", 0), 1),
        ValueStarted(("a", 1), "string"),
        StringDelta(("a", 1), "c"),
    ]
    parser.feed('"]}')
    parser.finish()
    assert parser.value == {"a": [1, "c"]}


@pytest.mark.parametrize("look", ["value", "open_path", "done", "started"])
def test_an_interrupt_while_a_parser_is_read(look: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop ends with it, and what it gave already is not given again."""

    def interrupt(builder: Builder) -> None:
        raise KeyboardInterrupt

    parser = JSONParser()
    parser.feed('{"a": "b')
    parser.feed("c")
    with monkeypatch.context() as patch:
        patch.setattr(Builder, "show", interrupt)
        assert parser.open_path == ("a",)  # the state is where it came from
        with pytest.raises(KeyboardInterrupt):
            parser.value  # noqa: B018 (reading it is what is tested)
    assert parser.value == {"a": "bc"}
    getattr(parser, look)
    assert parser.feed("d") == [StringDelta(("a",), "d")]
    assert parser.value == {"a": "bcd"}


def test_text_that_is_seldom_usual() -> None:
    """The loop leaves some fragments to the machine then; nothing of that shows."""
    text = '["' + "".join(f"\\u00e{place}x\xa0\\\\" for place in range(10)) + '", [1, 2]]'
    for size in (1, 3, 7, 200):
        fused, plain = Pair(True), Pair(False)
        for piece in cut(text, [size]):
            assert fused.feed(piece) == plain.feed(piece)
            assert fused.value() == plain.value()
        assert fused.state() == plain.state()
