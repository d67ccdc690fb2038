"""Tests of the sink protocol: the calls of a validator, and how a violation ends parsing."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from streamparse import JSONParser, SchemaViolation, StreamParseError
from streamparse._core.machine import Machine
from streamparse._core.sink import (
    NOTHING,
    Sink,
    Validator,
    ValidatorFactory,
    check_missing,
)
from tests.helpers import merge_deltas
from tests.parts import (
    DOCUMENTS,
    Call,
    Recorder,
    RecordingFactory,
    RecordingValidator,
    calls_of,
    chars,
    cuttings,
    feed_all,
    halvings,
    joined,
    play,
    read,
)

# The base classes

CALLS: list[Call] = [
    ("start_object", 0),
    ("start_array", 0),
    ("start_string", 0),
    ("start_scalar", "null", 0),
    ("start_key", 0),
    ("key_text", "k", 0),
    ("end_key", 0),
    ("text", "t", 0),
    ("end_string", 0),
    ("scalar", None, 0),
    ("end", 0),
    ("repair", "truncated", 0, True),
    ("cut_scalar", 1),
]


@pytest.mark.parametrize("kind", [Sink, Validator])
def test_every_call_does_nothing(kind: type[Sink]) -> None:
    play(CALLS, kind())


def test_a_sink_overrides_what_it_needs() -> None:
    class Counter(Sink):
        def __init__(self) -> None:
            super().__init__()
            self.strings = 0

        def start_string(self, offset: int) -> None:
            self.strings += 1

    counter = Counter()
    Machine(counter).feed('{"a": ["x", "y", 1, {"b": "z"}]}')
    assert counter.strings == 3


def test_defaults() -> None:
    assert Sink().precise is False
    validator = Validator()
    assert validator.precise is True
    assert validator.built is None
    assert validator.wants_whole is False
    assert validator.violations == []
    assert validator.violations is not Validator().violations


def test_methods_that_a_subclass_must_define() -> None:
    with pytest.raises(NotImplementedError, match="Validator cannot be cloned"):
        Validator().clone()
    with pytest.raises(NotImplementedError):
        ValidatorFactory().begin()


# The calls of a validator


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_validator_gets_the_calls_of_a_precise_sink(document: str) -> None:
    expected = joined(calls_of(document))
    for fragments in cuttings(document):
        judging = RecordingFactory()
        feed_all(JSONParser(validator=judging), fragments)
        (validator,) = judging.begun
        assert joined(validator.violations) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_character_has_its_offset(document: str) -> None:
    judging = RecordingFactory()
    read(JSONParser(validator=judging), [document])
    runs: list[Any] = [call for call in judging.begun[0].violations if "text" in str(call)]
    for _, text, offset in (call for call in runs if len(call) == 3):
        as_written = document[offset : offset + len(text)] == text
        assert as_written or len(text) == 1, "an escape is a separate run"


class Grammar(Sink):
    """Fails at a call that the protocol does not allow in the current state."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.place = -1

    def at(self, offset: int, *allowed: str) -> None:
        state = self.open[-1] if self.open else "root"
        assert state in allowed, f"{state}, not {allowed}"
        assert offset >= self.place, "offsets never decrease"
        self.place = offset

    def value(self, offset: int) -> None:
        self.at(offset, "root", "array", "member")
        if self.open and self.open[-1] == "member":
            self.open.pop()

    def start_object(self, offset: int) -> None:
        self.value(offset)
        self.open.append("object")

    def start_array(self, offset: int) -> None:
        self.value(offset)
        self.open.append("array")

    def start_string(self, offset: int) -> None:
        self.value(offset)
        self.open.append("string")

    def start_scalar(self, kind: str, offset: int) -> None:
        assert kind in ("number", "true", "false", "null")
        self.value(offset)
        self.open.append(kind)

    def start_key(self, offset: int) -> None:
        self.at(offset, "object")
        self.open.append("key")

    def key_text(self, text: str, offset: int) -> None:
        self.at(offset, "key")

    def end_key(self, offset: int) -> None:
        self.at(offset, "key")
        self.open[-1] = "member"

    def text(self, text: str, offset: int) -> None:
        assert text
        self.at(offset, "string")

    def end_string(self, offset: int) -> None:
        self.at(offset, "string")
        self.open.pop()

    def scalar(self, value: object, offset: int) -> None:
        kind = {bool: str(value).lower(), type(None): "null"}.get(type(value), "number")
        self.at(offset, kind)
        self.open.pop()

    def end(self, offset: int) -> None:
        self.at(offset, "object", "array")
        self.open.pop()


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("precise", [True, False])
def test_the_order_of_calls(document: str, precise: bool) -> None:
    for fragments in [*cuttings(document), *halvings(document)]:
        sink = Grammar()
        sink.precise = precise
        machine = Machine(sink)
        for fragment in fragments:
            machine.feed(fragment)
        machine.finish()
        assert sink.open == []


def test_a_scalar_begins_as_soon_as_its_kind_is_certain() -> None:
    judging = RecordingFactory()
    parser = JSONParser(validator=judging)
    parser.feed("[-")
    assert judging.begun[0].violations[-1] == ("start_scalar", "number", 1)
    parser.feed("1, n")
    assert judging.begun[0].violations[-1] == ("start_scalar", "null", 5)


# `built`: the value that has just been completed


def test_built_at_the_end_of_each_value() -> None:
    for fragments in cuttings('{"k": ["a", {}, [1]], "": "\\n"}'):
        judging = RecordingFactory()
        feed_all(JSONParser(validator=judging), fragments)
        assert judging.begun[0].seen == [
            "k",
            "a",
            {},
            [1],
            ["a", {}, [1]],
            "",
            "\n",
            {"k": ["a", {}, [1]], "": "\n"},
        ]


class ReadsBuiltEarly(RecordingValidator):
    """Reads `built` at every call that does not end a value or key, where it is None."""

    def look(self) -> None:
        pass

    def hear(self, *call: Any) -> None:
        if not call[0].startswith("end"):
            self.seen.append(self.built)

    def hear_text(self, name: str, text: str, offset: int) -> None:
        self.seen.append(self.built)


def test_built_is_none_at_other_calls() -> None:
    judging = RecordingFactory(kind=ReadsBuiltEarly)
    JSONParser(validator=judging).feed('{"a": [[], "x", "y"], "b": {}, "c": [2, {}, true]}')
    assert judging.begun[0].seen == [None] * 20


def test_built_is_the_value_itself() -> None:
    class Keeper(Validator):
        def end(self, offset: int) -> None:
            self.violations.append(self.built)

    class Factory(ValidatorFactory):
        def begin(self) -> Validator:
            return Keeper()

    parser = JSONParser(validator=Factory())
    parser.feed('{"a": [1]}')
    inner, outer = parser.violations
    assert outer is parser.value
    assert inner is parser.value["a"]


class Wanting(RecordingValidator):
    """Requests the value of every member `keep`."""

    def __init__(self, bound: int | None = None) -> None:
        super().__init__(bound)
        self.asking = False

    def end_key(self, offset: int) -> None:
        self.asking = self.built == "keep"

    def ask(self) -> None:
        if self.asking:
            self.wants_whole = True
        self.asking = False

    def start_object(self, offset: int) -> None:
        self.ask()

    def start_array(self, offset: int) -> None:
        self.ask()

    def start_string(self, offset: int) -> None:
        self.ask()


@pytest.mark.parametrize("select", [(), "$.none", "$..deep"])
def test_a_validator_can_request_a_value_that_would_be_dropped(select: Any) -> None:
    document = (
        '{"keep": "kept", "b": "left", "c": [{"keep": [1, {"d": "in"}]}, [2], ["out"]],'
        ' "e": {"keep": {"f": [3]}, "g": {"h": {}}}}'
    )
    expected = ["kept", "", "in", {"d": "in"}, [1, {"d": "in"}], {}, [], "", [], []]
    expected += [[3], {"f": [3]}, {}, {}, {}, {}]
    for fragments in cuttings(document):
        judging = RecordingFactory(kind=Wanting)
        parser = JSONParser(select=select, keep="open", validator=judging)
        assert read(parser, fragments) == []
        assert judging.begun[0].seen == expected
        assert not judging.begun[0].wants_whole
        assert parser.value == {}


def test_nothing_is_kept_without_a_request() -> None:
    judging = RecordingFactory()
    parser = JSONParser(select=(), keep="open", validator=judging)
    read(parser, ['{"a": [1, "two", [3]], "b": "c"}'])
    assert judging.begun[0].seen == ["a", "", [], [], "b", "", {}]


class WantingScalars(RecordingValidator):
    def start_scalar(self, kind: str, offset: int) -> None:
        self.wants_whole = True


def test_requesting_a_scalar_requests_nothing_else() -> None:
    judging = RecordingFactory(kind=WantingScalars)
    read(JSONParser(select=(), keep="open", validator=judging), ["[1, [2, 3]]"])
    assert judging.begun[0].seen == [[], []]


# Violations


Violation = tuple[JSONParser, list[Any], SchemaViolation]


def refused(fragments: list[str], bound: int) -> Violation | None:
    """Return the parser, its events and the violation, or None if there was none."""
    parser = JSONParser(validator=RecordingFactory(bound))
    events: list[Any] = []
    try:
        for fragment in fragments:
            events += parser.feed(fragment)
        parser.finish()
    except SchemaViolation as error:
        return parser, events + error.events, error
    return None


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_violation_stops_everything_before_the_character(document: str) -> None:
    refusals = 0
    for bound in range(len(document)):
        for fragments in cuttings(document):
            outcome = refused(fragments, bound)
            if outcome is None:
                continue
            refusals += 1
            parser, events, error = outcome
            assert error.offset >= bound
            before = JSONParser()
            expected = before.feed(document[: error.offset])
            assert merge_deltas(events) == merge_deltas(expected)
            assert parser.value == before.value
            assert parser.started == before.started
            assert not parser.done
    assert refusals > len(document)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_place_of_a_violation_does_not_depend_on_the_cut(document: str) -> None:
    for bound in range(len(document) + 1):
        places = set()
        for fragments in cuttings(document):
            outcome = refused(fragments, bound)
            if outcome is not None:
                error = outcome[2]
                places.add((error.offset, error.line, error.column, error.excerpt))
        assert len(places) <= 1


def test_a_violation_in_the_middle_of_a_run() -> None:
    parser = JSONParser(validator=RecordingFactory(bound=6))
    with pytest.raises(SchemaViolation) as caught:
        parser.feed('["abcdef"]')
    assert parser.value == ["abcd"]
    assert [event.type for event in caught.value.events] == [
        "value_started",
        "value_started",
        "string_delta",
    ]
    assert caught.value.events[-1].text == "abcd"
    assert (caught.value.offset, caught.value.column) == (6, 7)
    assert caught.value.excerpt == '["abcd'


@pytest.mark.parametrize(
    ("document", "bound", "value"),
    [
        ('{"ab": 1}', 3, {}),
        ('{"ab": 1}', 4, {}),
        ('{"ab": 1}', 7, {}),
        ('{"ab": 1}', 8, {}),
        ('["\\u0041"]', 3, [""]),
        ('["a"]', 3, ["a"]),
        ("[[]]", 2, [[]]),
        ("[true]", 2, []),
        ("[", 0, None),
        ("12", 0, None),
        ("12", 2, None),
    ],
)
def test_the_value_after_a_violation(document: str, bound: int, value: object) -> None:
    for fragments in cuttings(document):
        outcome = refused(fragments, bound)
        assert outcome is not None
        assert outcome[0].value == value


def test_a_violation_is_final() -> None:
    parser = JSONParser(validator=RecordingFactory(bound=1))
    with pytest.raises(SchemaViolation):
        parser.feed("[1]")
    for fragment in ("]", None, ""):
        with pytest.raises(SchemaViolation) as caught:
            _ = parser.finish() if fragment is None else parser.feed(fragment)
        assert caught.value.offset == 1
        assert caught.value.events == []


def test_a_violation_with_its_own_path() -> None:
    class Knowing(Validator):
        def start_array(self, offset: int) -> None:
            raise SchemaViolation("no", code="expected_value", offset=offset, path=("own", 1))

    class Factory(ValidatorFactory):
        def begin(self) -> Validator:
            return Knowing()

    with pytest.raises(SchemaViolation) as caught:
        JSONParser(validator=Factory()).feed('{"a": [')
    assert caught.value.path == ("own", 1)


# One state for each document


def test_each_document_has_its_own_validator() -> None:
    for fragments in cuttings('[1] "a" {}\n7 [[]]'):
        judging = RecordingFactory()
        parser = JSONParser(many=True, validator=judging)
        read(parser, fragments)
        starts = [validator.violations[0] for validator in judging.begun]
        assert starts == [
            ("start_array", 0),
            ("start_string", 4),
            ("start_object", 8),
            ("start_scalar", "number", 11),
            ("start_array", 13),
        ]


def test_violations_of_all_documents_are_collected() -> None:
    parser = JSONParser(many=True, validator=RecordingFactory())
    assert parser.violations == []
    parser.feed("[1] ")
    assert parser.violations == calls_of("[1]")
    parser.feed('"x')
    both = calls_of('[1] "x', many=True)
    assert parser.violations == both
    parser.feed('" []')
    assert parser.violations == calls_of('[1] "x" []', many=True)


def test_without_a_validator_there_are_no_violations() -> None:
    parser = JSONParser()
    parser.feed("[1]")
    assert parser.violations == []


def test_a_violation_in_a_later_document() -> None:
    parser = JSONParser(many=True, validator=RecordingFactory(bound=5))
    with pytest.raises(SchemaViolation) as caught:
        parser.feed("[1] [2]")
    assert caught.value.offset == 5
    assert parser.value == [[1], []]


# Forks


def pickled(parser: JSONParser) -> JSONParser:
    again: JSONParser = pickle.loads(pickle.dumps(parser))
    return again


@pytest.mark.parametrize("document", DOCUMENTS)
def test_forks_copy_the_validator(document: str) -> None:
    whole = JSONParser(validator=RecordingFactory())
    read(whole, [document])
    for first, second in halvings(document):
        parser = JSONParser(validator=RecordingFactory())
        parser.feed(first)
        for twin in (parser.clone(), pickled(parser), copy.copy(parser), copy.deepcopy(parser)):
            read(twin, [second])
            assert joined(twin.violations) == joined(whole.violations)
            assert twin.value == whole.value
        assert parser.violations == calls_of(first)


def test_forks_keep_the_violations_of_earlier_documents() -> None:
    parser = JSONParser(many=True, validator=RecordingFactory())
    parser.feed('[1] "a')
    for twin in (parser.clone(), pickled(parser)):
        read(twin, ['"'])
        assert twin.violations == calls_of('[1] "a"', many=True)
    assert parser.violations == calls_of('[1] "a', many=True)


def test_a_fork_raises_its_own_violations() -> None:
    for at in range(5):
        parser = JSONParser(validator=RecordingFactory(bound=5))
        parser.feed("[1, 2]"[:at])
        for twin in (parser.clone(), pickled(parser)):
            with pytest.raises(SchemaViolation) as caught:
                twin.feed("[1, 2]"[at:])
            assert caught.value.offset == 5
        feed_all(parser, chars("[1, 2]"[at:5]))


def test_a_validator_that_cannot_be_cloned() -> None:
    class Plain(ValidatorFactory):
        def begin(self) -> Validator:
            return Validator()

    parser = JSONParser(validator=Plain())
    parser.clone()
    parser.feed("[")
    with pytest.raises(NotImplementedError):
        parser.clone()
    with pytest.raises(StreamParseError):
        parser.finish()


def test_the_recording_validator_can_be_cloned() -> None:
    recorder = Recorder()
    play(CALLS, recorder)
    twin = recorder.clone()
    play(CALLS, twin)
    heard = [call for call in CALLS if call[0] != "cut_scalar"]
    assert recorder.calls == heard
    assert twin.calls == heard + heard


class _Counting(Validator):
    """A validator with a state of its own."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count


class _Factory(ValidatorFactory):
    """A factory with an option of its own."""

    def __init__(self, count: int) -> None:
        self.count = count

    def begin(self) -> Validator:
        return _Counting(self.count)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_subclasses_pickle_by_every_protocol(protocol: int) -> None:
    factory = pickle.loads(pickle.dumps(_Factory(3), protocol))
    assert type(factory) is _Factory
    validator = factory.begin()
    validator.wants_whole = True
    validator.violations.append("one")
    twin = pickle.loads(pickle.dumps(validator, protocol))
    assert type(twin) is _Counting
    assert (twin.count, twin.precise, twin.wants_whole) == (3, True, True)
    assert (twin.built, twin.violations) == (None, ["one"])


def test_nothing_is_one_object() -> None:
    assert repr(NOTHING) == "NOTHING"
    for twin in (pickle.loads(pickle.dumps(NOTHING)), copy.copy(NOTHING), copy.deepcopy(NOTHING)):
        assert twin is NOTHING


def test_a_plain_validator_has_no_objects_and_does_not_coerce() -> None:
    validator = Validator()
    assert validator.at(()) is NOTHING
    assert validator.expects() is None
    assert validator.parsed is None
    assert validator.shown(lambda: [1]) == [1]
    factory = ValidatorFactory()
    assert not factory.collects
    assert not factory.coerces
    assert factory.coercing() is factory
    assert factory.coercing(False) is factory


@pytest.mark.parametrize("missing", ["raise", "default", "none"])
def test_missing_is_one_of_three_words(missing: Any) -> None:
    check_missing(missing)
    with pytest.raises(ValueError, match=f"not '{missing}s'"):
        check_missing(missing + "s")
