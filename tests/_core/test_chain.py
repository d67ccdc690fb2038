"""Tests of the chain as formats and wires use it, with JSON and with other notations."""

from __future__ import annotations

import pickle
import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import (
    JSONParser,
    LimitError,
    Limits,
    Query,
    SchemaViolation,
    StringDelta,
    ValueCompleted,
    ValueStarted,
)
from streamparse._core.chain import Chain
from streamparse._core.machine import Machine, MachineOptions
from streamparse.protocols import Sink, Validator, ValidatorFactory
from streamparse.schema import SchemaValidator
from tests.helpers import cut, loads, merge_deltas, same
from tests.parts import (
    DOCUMENTS,
    Call,
    RecordingFactory,
    calls_of,
    cuttings,
    feed_each,
    halvings,
    play,
)
from tests.strategies import JSON_TEXTS, SIZES

# Elements without JSON: <person><name>Ada</name></person>

KINDS = {"person": "object", "name": "string", "aliases": "array", "alias": "string"}
TAG = re.compile("<(/?)([a-z]+)>")


class Elements:
    """Reads elements and makes the sink calls of their values.

    The name of an element gives the kind of its value; a `json` element holds JSON text. An
    incomplete tag is held back, and text between tags is passed on as it comes.
    """

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.held = ""
        self.place = 0
        self.open: list[str] = []
        self.machine: Machine | None = None

    def feed(self, fragment: str) -> None:
        self.held += fragment
        while self.held:
            read = self.read_tag_or_text if self.machine is None else self.read_json
            if not read():
                break

    def take(self, count: int) -> None:
        self.held = self.held[count:]
        self.place += count

    def read_json(self) -> bool:
        assert self.machine is not None
        self.take(self.machine.feed(self.held))
        if self.machine.done:
            self.machine = None
        return True

    def read_tag_or_text(self) -> bool:
        found = TAG.match(self.held)
        if found is None:
            return self.read_text()
        if found[1]:
            self.close(found[2])
        else:
            self.begin(found[2])
        self.take(found.end())
        if found[0] == "<json>":
            self.machine = self.inner_machine()
        return True

    def inner_machine(self) -> Machine:
        depth = sum(KINDS.get(name) in ("object", "array") for name in self.open)
        options = MachineOptions(limits=Limits(depth=4), stop=True)
        return Machine(self.sink, options, depth=depth, offset=self.place)

    def read_text(self) -> bool:
        end = self.held.find("<")
        text = self.held if end < 0 else self.held[:end]
        if text:
            self.sink.text(text, self.place)
            self.take(len(text))
        return bool(text)

    def begin(self, name: str) -> None:
        if self.open and KINDS[self.open[-1]] == "object":
            self.sink.start_key(self.place)
            self.sink.key_text(name, self.place)
            self.sink.end_key(self.place)
        self.open.append(name)
        if name != "json":
            getattr(self.sink, f"start_{KINDS[name]}")(self.place)

    def close(self, name: str) -> None:
        assert self.open.pop() == name
        if name != "json":
            end = self.sink.end_string if KINDS[name] == "string" else self.sink.end
            end(self.place)


PERSON = (
    "<person><name>Ada Lovelace</name><aliases><alias>AAL</alias><alias></alias></aliases>"
    '<json>{"born": [1815, 12, 10], "field": "mathe\\u006datics"}</json></person>'
)
ADA = {
    "name": "Ada Lovelace",
    "aliases": ["AAL", ""],
    "json": {"born": [1815, 12, 10], "field": "mathematics"},
}


def test_elements_become_a_value() -> None:
    expected = None
    for fragments in cuttings(PERSON):
        chain = Chain()
        driver = Elements(chain.head)
        events = []
        for fragment in fragments:
            driver.feed(fragment)
            events += chain.builder.take_events()
        assert chain.value == ADA
        assert chain.builder.open_path is None
        expected = expected or merge_deltas(events)
        assert merge_deltas(events) == expected


def state(chain: Chain) -> tuple[Any, ...]:
    return chain.value, chain.builder.open_path, chain.builder.started


def test_partial_elements() -> None:
    chain = Chain()
    driver = Elements(chain.head)
    assert state(chain) == (None, None, False)
    driver.feed("<person><na")
    assert state(chain) == ({}, (), True)
    driver.feed("me>Ada Lo")
    assert state(chain) == ({"name": "Ada Lo"}, ("name",), True)
    snapshot = chain.builder.snapshot()
    driver.feed("velace</name><aliases><alias>A")
    assert state(chain) == ({"name": "Ada Lovelace", "aliases": ["A"]}, ("aliases", 0), True)
    assert snapshot == {"name": "Ada Lo"}
    assert chain.builder.take_events() == [
        ValueStarted((), "object"),
        ValueStarted(("name",), "string"),
        StringDelta(("name",), "Ada Lo"),
        StringDelta(("name",), "velace"),
        ValueCompleted(("name",), "Ada Lovelace"),
        ValueStarted(("aliases",), "array"),
        ValueStarted(("aliases", 0), "string"),
        StringDelta(("aliases", 0), "A"),
    ]
    assert chain.builder.take_events() == []


def test_selected_elements() -> None:
    for drop in (False, True):
        chain = Chain(queries=[Query.parse("$.aliases[*]"), Query.parse("$..born")], drop=drop)
        Elements(chain.head).feed(PERSON)
        completed = [
            event for event in chain.builder.take_events() if isinstance(event, ValueCompleted)
        ]
        assert completed == [
            ValueCompleted(("aliases", 0), "AAL"),
            ValueCompleted(("aliases", 1), ""),
            ValueCompleted(("json", "born"), [1815, 12, 10]),
        ]
        assert chain.value == ({} if drop else ADA)


def test_validated_elements() -> None:
    for fragments in cuttings(PERSON):
        judging = RecordingFactory()
        chain = Chain(validator=judging)
        driver = Elements(chain.head)
        for fragment in fragments:
            driver.feed(fragment)
        (validator,) = judging.begun
        assert validator.seen[:3] == ["name", "Ada Lovelace", "aliases"]
        assert validator.seen[-1] == ADA
        assert chain.violations is not validator.violations
        assert chain.violations == validator.violations


def test_refused_elements() -> None:
    place = PERSON.index("lace")
    for fragments in cuttings(PERSON):
        chain = Chain(validator=RecordingFactory(bound=place))
        driver = Elements(chain.head)
        with pytest.raises(SchemaViolation) as caught:
            feed_each(driver, fragments)
        assert caught.value.offset == place
        assert chain.value == {"name": "Ada Love"}
        assert merge_deltas(chain.builder.take_events())[-1] == StringDelta(("name",), "Ada Love")


# A machine that reads one value inside the input of another driver


def test_a_machine_inside_an_element_stops_after_its_value() -> None:
    for text, value in (("12", 12), ('"<person>"', "<person>"), ("null", None), ("[{}]", [{}])):
        document = f"<person><json>{text}</json><name>x</name></person>"
        for fragments in [*cuttings(document), *halvings(document)]:
            chain = Chain()
            driver = Elements(chain.head)
            for fragment in fragments:
                driver.feed(fragment)
            assert chain.value == {"json": value, "name": "x"}


def test_a_machine_inside_an_element_counts_from_the_document() -> None:
    document = '<person><json>[[{"a":[1]}]]'
    for fragments in cuttings(document):
        judging = RecordingFactory()
        driver = Elements(Chain(validator=judging).head)
        with pytest.raises(LimitError) as caught:
            feed_each(driver, fragments)
        assert caught.value.offset == document.index("[1")
        heard = [call for call in judging.begun[0].violations if "start_array" in str(call)]
        assert heard == [("start_array", 14), ("start_array", 15)]


def test_one_validator_for_a_value_of_two_drivers() -> None:
    judging = RecordingFactory()
    Elements(Chain(validator=judging).head).feed(PERSON)
    assert len(judging.begun) == 1


# Values set by path, in document order


class Pieces:
    """Makes sink calls for values with paths; a new path completes the containers it leaves."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.open: list[Any] = []  # The current key or index in each open container.

    def put(self, path: tuple[Any, ...], value: object) -> None:
        shared = 0
        while shared < len(self.open) and self.open[shared] == path[shared]:
            shared += 1
        self.leave(shared + 1)
        if self.open:
            self.step(path[shared])
        for step in path[len(self.open) :]:
            self.enter(step)
        self.say(value)

    def enter(self, step: Any) -> None:
        if isinstance(step, str):
            self.sink.start_object(0)
        else:
            self.sink.start_array(0)
        self.open.append(None)
        self.step(step)

    def step(self, step: Any) -> None:
        self.open[-1] = step
        if isinstance(step, str):
            self.sink.start_key(0)
            self.sink.key_text(step, 0)
            self.sink.end_key(0)

    def leave(self, depth: int) -> None:
        while len(self.open) > depth:
            self.open.pop()
            self.sink.end(0)

    def say(self, value: object) -> None:
        if isinstance(value, str):
            self.sink.start_string(0)
            for piece in value.split("|"):
                self.sink.text(piece, 0)
            self.sink.end_string(0)
        else:
            self.sink.start_scalar("number", 0)
            self.sink.scalar(value, 0)


PIECES = [
    (("title",), "a t|itle"),
    (("rooms", 0, "name"), "kitchen"),
    (("rooms", 0, "lights", 0), 40),
    (("rooms", 0, "lights", 1), 60),
    (("rooms", 1, "name"), "h|a|ll"),
    (("rooms", 1, "lights", 0), 25),
    (("total",), 125),
]
HOUSE = {
    "title": "a title",
    "rooms": [{"name": "kitchen", "lights": [40, 60]}, {"name": "hall", "lights": [25]}],
    "total": 125,
}


def test_a_value_set_by_paths() -> None:
    chain = Chain()
    driver = Pieces(chain.head)
    for path, value in PIECES:
        driver.put(path, value)
    assert chain.value == HOUSE
    assert chain.builder.open_path == ()
    driver.leave(0)
    assert chain.builder.open_path is None
    completed = [
        event.path for event in chain.builder.take_events() if event.type == "value_completed"
    ]
    assert completed == [
        ("title",),
        ("rooms", 0, "name"),
        ("rooms", 0, "lights", 0),
        ("rooms", 0, "lights", 1),
        ("rooms", 0, "lights"),
        ("rooms", 0),
        ("rooms", 1, "name"),
        ("rooms", 1, "lights", 0),
        ("rooms", 1, "lights"),
        ("rooms", 1),
        ("rooms",),
        ("total",),
        (),
    ]


def test_the_open_path_follows_the_pieces() -> None:
    chain = Chain()
    driver = Pieces(chain.head)
    opened = []
    for path, value in PIECES:
        driver.put(path, value)
        opened.append(chain.builder.open_path)
    assert opened == [path[:-1] for path, _ in PIECES]


def test_a_value_set_by_paths_is_validated_at_each_close() -> None:
    judging = RecordingFactory()
    driver = Pieces(Chain(validator=judging).head)
    for path, value in PIECES:
        driver.put(path, value)
    driver.leave(0)
    built = [one for one in judging.begun[0].seen if isinstance(one, (dict, list))]
    assert built == [
        [40, 60],
        {"name": "kitchen", "lights": [40, 60]},
        [25],
        {"name": "hall", "lights": [25]},
        HOUSE["rooms"],
        HOUSE,
    ]


# The parts of a chain


def test_without_a_validator_the_head_is_the_builder() -> None:
    chain = Chain()
    assert chain.head is chain.builder
    assert not chain.head.precise


def test_with_a_validator_the_head_is_the_chain() -> None:
    chain = Chain(validator=RecordingFactory())
    assert chain.head is chain
    assert chain.head.precise


def test_a_chain_takes_the_calls_of_its_head() -> None:
    for document in DOCUMENTS:
        direct, by_head = Chain(), Chain()
        play(calls_of(document + " "), direct)
        play(calls_of(document + " "), by_head.head)
        assert direct.value == by_head.value
        assert direct.builder.take_events() == by_head.builder.take_events()


def test_repairs_reach_the_validator() -> None:
    judging = RecordingFactory()
    chain = Chain(validator=judging)
    play([("start_array", 0), ("repair", "truncated", 1, True)], chain)
    assert judging.begun[0].violations[-1] == ("repair", "truncated", 1)
    Chain().repair("truncated", 0, True)


def test_repairs_before_any_value_start_no_validator() -> None:
    judging = RecordingFactory()
    Chain(validator=judging).repair("fence", 0, True)
    assert judging.begun == []


def test_a_chain_for_many() -> None:
    judging = RecordingFactory()
    chain = Chain(validator=judging, queries=[Query.parse("$[*]")], drop=True, many=True)
    Machine(chain.head, MachineOptions(many=True)).feed('[1] {"a": [2]} "x')
    assert chain.value == ["x"]
    assert chain.builder.open_path == (2,)
    assert len(judging.begun) == 3
    assert [event.path for event in chain.builder.take_events()] == [
        (0,),
        (0,),
        (1,),
        (1,),
        (2,),
        (2,),
    ]


# Forks

OPTIONS: list[dict[str, Any]] = [
    {},
    {"queries": [Query.parse("$..a")]},
    {"queries": [Query.parse("$.a")], "drop": True},
    {"queries": [], "drop": True},
    {"many": True},
    {"many": True, "queries": [Query.parse("$[0]..*")], "drop": True},
]


def resumed(chain: Chain, options: dict[str, Any]) -> Chain:
    again = Chain(**options)
    again.resume(pickle.loads(pickle.dumps(chain.state_now())))
    return again


def events_of(chain: Chain, calls: list[Call]) -> list[Any]:
    play(calls, chain.head)
    return chain.builder.take_events()


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("judged", [False, True])
def test_a_fork_at_every_call(options: dict[str, Any], judged: bool) -> None:
    options = {**options, "validator": RecordingFactory() if judged else None}
    calls = calls_of('{"a": ["x", {"a": 1}], "b": "y\\n"}' + ' "a"' * ("many" in options), True)
    whole = Chain(**options)
    events = events_of(whole, calls)
    for at in range(len(calls) + 1):
        chain = Chain(**options)
        first = events_of(chain, calls[:at])
        for twin in (chain.clone(), resumed(chain, options)):
            assert (twin.value, twin.builder.open_path) == (chain.value, chain.builder.open_path)
            assert twin.builder.started == chain.builder.started
            assert first + events_of(twin, calls[at:]) == events
            assert (twin.value, twin.violations) == (whole.value, whole.violations)
        assert chain.violations == whole.violations[: len(chain.violations)]
        assert first + events_of(chain, calls[at:]) == events


# A chain that continues after a violation


class RejectsAt(Validator):
    """Rejects the character at `place`."""

    def __init__(self, place: int) -> None:
        super().__init__()
        self.place = place

    def see(self, offset: int, length: int = 1) -> None:
        if offset + length > self.place:
            place = max(offset, self.place)
            raise SchemaViolation("no", code="type", offset=place)

    def start_object(self, offset: int) -> None:
        self.see(offset)

    start_array = start_string = start_key = end = end_string = end_key = start_object

    def start_scalar(self, kind: str, offset: int) -> None:
        self.see(offset)

    def scalar(self, value: object, offset: int) -> None:
        self.see(offset)

    def text(self, text: str, offset: int) -> None:
        self.see(offset, len(text))

    key_text = text


class RejectsFrom(ValidatorFactory):
    """Begins a `RejectsAt` for each document."""

    def __init__(self, place: int) -> None:
        self.place = place

    def begin(self) -> RejectsAt:
        return RejectsAt(self.place)


def run(pieces: Sequence[Any], validator: ValidatorFactory | None) -> tuple[Chain, list[Any]]:
    events: list[Any] = []
    chain = Chain(validator=validator, continues=True)
    chain.builder.events = events
    machine = Machine(chain)
    for piece in pieces:
        machine.feed(piece)
    machine.finish()
    return chain, events


@given(JSON_TEXTS, SIZES, st.integers(0, 40))
def test_after_a_violation_the_value_grows_and_the_events_stop(
    text: str, sizes: list[int], place: int
) -> None:
    """The value becomes that of the whole document, and the events end at the same character."""
    chain, events = run(cut(text, sizes), RejectsFrom(place))
    whole, all_events = run([text], RejectsFrom(place))
    assert same(chain.builder.value, loads(text))
    assert merge_deltas(events) == merge_deltas(all_events)
    one, other = chain.rejection, whole.rejection
    assert (one and one.offset) == (other and other.offset)
    assert (one is None) == (chain.factory is not None)


@given(JSON_TEXTS)
def test_silencing_a_chain_without_a_validator(text: str) -> None:
    chain, events = run([text], None)
    assert same(chain.builder.value, loads(text))
    assert len(events) > 0
    chain.silence()
    assert chain.builder.events is chain.unseen == []


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "array"}, '{"a": 1}', {"a": 1}),
        ({"type": "object"}, "[1, [2]]", [1, [2]]),
        ({"propertyNames": {"maxLength": 1}}, '{"a": 1, "bcd": 2}', {"a": 1, "bcd": 2}),
        ({"propertyNames": {"minLength": 2}}, '{"a": 1}', {"a": 1}),
        ({"properties": {"a": {"minLength": 3}}}, '{"a": "b", "c": 1}', {"a": "b", "c": 1}),
        ({"minProperties": 2}, '{"a": 1}', {"a": 1}),
    ],
)
def test_a_rejected_value_still_grows(schema: Any, text: str, value: object) -> None:
    """With `continues` the first violation is kept, and the value grows to the end."""
    for continues in (True, False):
        chain = Chain(validator=SchemaValidator(schema), continues=continues)
        machine = Machine(chain.head, MachineOptions())
        if continues:
            machine.feed(text)
            assert chain.builder.value == value
            assert chain.rejection is not None
        else:
            with pytest.raises(SchemaViolation):
                machine.feed(text)


def test_a_quiet_chain_builds_without_events() -> None:
    chain = Chain(quiet=True)
    Machine(chain.head, MachineOptions()).feed('{"a": ["b", 1]}')
    assert chain.builder.value == {"a": ["b", 1]}
    assert chain.builder.take_events() == []


@pytest.mark.parametrize("dialect", ["strict", "lenient"])
def test_values_are_coerced_and_validated(dialect: str) -> None:
    schema = {"items": {"properties": {"n": {"type": "integer"}}}}
    parser = JSONParser(dialect, validator=SchemaValidator(schema, coerce=True))
    parser.feed('[{"n": "1')
    twin = parser.clone()
    other = pickle.loads(pickle.dumps(parser))
    for each, rest, value in ((parser, '2"}]', 12), (twin, '3"}]', 13), (other, '4"}]', 14)):
        each.feed(rest)
        each.finish()
        assert each.value == [{"n": value}]
        assert [repair.code for repair in each.repairs] == ["coerced"] or each.repairs


def test_violations_of_coerced_values_are_collected() -> None:
    schema = {"items": {"type": "integer", "maximum": 5}}
    parser = JSONParser(validator=SchemaValidator(schema, coerce=True, collect=True))
    parser.feed('["1", "x", "9", 3]')
    parser.finish()
    assert parser.value == [1, "x", 9, 3]
    assert [(error.code, error.path) for error in parser.violations] == [
        ("type", (1,)),
        ("maximum", (2,)),
    ]


def test_a_truncated_scalar_is_not_validated() -> None:
    chain = Chain(validator=SchemaValidator({"items": {"minimum": 50}}))
    chain.start_array(0)
    chain.cut_scalar(1)
    assert chain.builder.value == [1]


def test_a_chain_gives_the_results_of_its_validator() -> None:
    chain = Chain(validator=RecordingFactory(), many=True)
    assert (chain.count_violations(), chain.parsed) == (0, None)
    play(calls_of("[1, 2]", False), chain)
    assert chain.count_violations() == len(chain.violations_after(0))
    assert Chain().parsed is None
