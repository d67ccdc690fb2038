"""Tests of the text of a message as a document: its events, its value and its errors."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streamparse import (
    Dialect,
    IncompleteError,
    JSONParser,
    JSONSyntaxError,
    LimitError,
    Limits,
    MessageParser,
    OutputCompleted,
    OutputDelta,
    OutputRejected,
    OutputStarted,
    SchemaViolation,
    StreamParseError,
    StringDelta,
    TextDelta,
    ValueCompleted,
    ValueStarted,
)
from streamparse._answers.options import AnswerOptions
from streamparse._answers.output import OutputReader
from streamparse._core.sink import NOTHING, Validator, ValidatorFactory
from streamparse._core.surrogates import joined
from streamparse.message import Message
from tests.helpers import cut, failure, loads, merge_deltas, same, tokens
from tests.messages import call_chunk, chunk, kinds, read, sse, text_chunk
from tests.parts import cuttings, halvings
from tests.strategies import ANY_TEXTS, JSON_TEXTS, PLACES, SIZES

TRIP = '{"city": "Zürich", "stops": [{"n": 1}, {"n": -2.5}], "sure": true, "note": null}'
VALUE_EVENTS: dict[type, Callable[[Any], Any]] = {
    OutputStarted: lambda event: ValueStarted(event.path, event.kind),
    OutputDelta: lambda event: StringDelta(event.path, event.text),
    OutputCompleted: lambda event: ValueCompleted(event.path, event.value),
}


def as_values(events: Sequence[Any]) -> list[Any]:
    """Return the events of the output as those of a document."""
    return [VALUE_EVENTS[type(event)](event) for event in events if type(event) in VALUE_EVENTS]


def rejection(events: Sequence[Any]) -> StreamParseError | None:
    """Return the error with which the output was rejected, or None."""
    errors = [event.error for event in events if isinstance(event, OutputRejected)]
    assert len(errors) <= 1
    return errors[0] if errors else None


def run(pieces: Sequence[str], output: Any = object, **options: Any) -> tuple[Any, list[Any]]:
    return read(pieces, api="text", output=output, **options)


def test_a_name_is_rejected_as_output() -> None:
    with pytest.raises(TypeError, match="takes a type or a JSON Schema"):
        MessageParser(output="dict")


def test_the_dialect_has_a_name() -> None:
    with pytest.raises(ValueError, match="output_dialect must be 'strict', 'lenient' or a Dialect"):
        MessageParser(output=dict, output_dialect="loose")  # type: ignore[arg-type]


def test_without_output_there_is_none() -> None:
    message, events = read(["[1]"], api="text")
    assert (message.output, message.partial_output) == (None, None)
    assert as_values(events) == []


# While the text arrives


def test_events_of_the_output_follow_their_text() -> None:
    parser = MessageParser("text", output=dict)
    assert kinds(parser.feed('{"a": "x')) == [
        "message_started",
        "text_delta",
        "output_started",
        "output_started",
        "output_delta",
    ]
    assert parser.feed("yz") == [TextDelta("yz"), OutputDelta(("a",), "yz")]
    assert parser.message.partial_output == {"a": "xyz"}
    assert parser.message.output is None


def test_only_a_complete_message_has_an_output() -> None:
    parser = MessageParser("openai-chat", output=dict)
    parser.feed(text_chunk(TRIP))
    parser.feed(chunk(finish="stop"))
    assert parser.message.output is None
    assert parser.message.partial_output == json.loads(TRIP)
    parser.feed(chunk(usage={"prompt_tokens": 1, "completion_tokens": 2}))
    parser.finish()
    assert parser.message.status == "complete"
    assert parser.message.output == json.loads(TRIP)


def test_choice_by_choice() -> None:
    parser = MessageParser("openai-chat", output=object)
    for text, choice in [('{"a"', 0), ("[1, ", 1), (": 1}", 0), ("2]", 1)]:
        parser.feed(text_chunk(text, choice))
    events = [*parser.feed(chunk(finish="stop")), *parser.feed(chunk(finish="stop", choice=1))]
    events += parser.finish()
    assert [message.output for message in parser.messages] == [{"a": 1}, [1, 2]]
    assert rejection(events) is None


@given(JSON_TEXTS, SIZES)
@example(TRIP, [1])
def test_a_document_gives_the_same_as_json_parser(text: str, sizes: list[int]) -> None:
    """Values and events are those of `JSONParser`, for any chunking (laws 1, 4 and 5)."""
    parser = JSONParser()
    expected = [*parser.feed(text), *parser.finish()]
    message, events = run([str(piece) for piece in cut(text, sizes)])
    assert rejection(events) is None
    assert same(message.output, parser.value)
    assert merge_deltas(as_values(events)) == merge_deltas(expected)
    assert message.text == joined(text)


@given(ANY_TEXTS, SIZES)
def test_a_rejection_does_not_depend_on_the_chunking(text: str, sizes: list[int]) -> None:
    """Neither do the value before the error and the text, which continues (law 1)."""
    whole, whole_events = run([text])
    message, events = run([str(piece) for piece in cut(text, sizes)])
    one, other = rejection(whole_events), rejection(events)
    assert (one and failure(one)) == (other and failure(other))
    assert tokens(message.to_dict()) == tokens(whole.to_dict())
    assert merge_deltas(as_values(events)) == merge_deltas(as_values(whole_events))
    assert message.text == joined(text)


@given(ANY_TEXTS)
def test_a_rejection_is_the_error_of_json_parser(text: str) -> None:
    """Code, place and excerpt are the same, and later text does not change the value."""
    parser = JSONParser()
    expected: StreamParseError | None = None
    events: list[Any] = []
    try:
        events = parser.feed(joined(text))
        events += parser.finish()
    except StreamParseError as error:
        expected, events = error, events + error.events
    message, mine = run([text], output_dialect="strict")
    found = rejection(mine)
    assert (found and failure(found)) == (expected and failure(expected))
    assert as_values(mine) == events
    assert same(message.partial_output, parser.value)
    assert message.status == "complete"  # text other than a document is still text


# The kind of the document


@pytest.mark.parametrize(
    ("output", "text", "offset"),
    [
        (dict, "[1]", 0),
        (dict, ' \n"x"', 2),
        (dict, "-1", 0),
        (dict, "true", 0),
        (dict, "\ufeff null", 2),
        (list, "{}", 0),
        (list, "\t7", 1),
    ],
)
def test_a_document_of_another_kind_is_rejected_at_its_start(
    output: Any, text: str, offset: int
) -> None:
    for pieces in [*cuttings(text), *halvings(text)]:
        message, events = run(pieces, output)
        error = rejection(events)
        assert isinstance(error, SchemaViolation)
        assert (error.code, error.offset, error.path) == ("wrong_type", offset, ())
        assert error.excerpt == text[:offset]
        assert as_values(events) == []
        assert (message.output, message.partial_output) == (None, None)


def test_text_other_than_json_is_a_syntax_error_for_any_kind() -> None:
    for output in (dict, list, object):
        error = rejection(run(["Sure, here"], output, output_dialect="strict")[1])
        assert isinstance(error, JSONSyntaxError)
        assert (error.code, error.offset) == ("expected_value", 0)


@pytest.mark.parametrize("text", [" {}", '\ufeff{"a": [1]}\n'])
def test_an_object_of_the_expected_kind(text: str) -> None:
    for pieces in cuttings(text):
        assert run(pieces, dict)[0].output == json.loads(text.strip("\ufeff"))


# The end of the message


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\ufeff"])
def test_no_document_at_all(text: str) -> None:
    _, events = run([text])
    error = rejection(events)
    assert isinstance(error, IncompleteError)
    assert (error.code, error.offset) == ("empty", len(text))
    assert kinds(events)[-2:] == ["output_rejected", "message_finished"]


@given(JSON_TEXTS, PLACES)
def test_a_normal_finish_inside_the_document(text: str, place: int) -> None:
    """A prefix is rejected, unless it is a document itself (law 7)."""
    prefix = text[: place % (len(text) + 1)]
    message, events = run([prefix])
    try:
        expected = loads(prefix.removeprefix("\ufeff"))
    except ValueError:
        assert isinstance(rejection(events), IncompleteError)
        assert message.output is None
    else:
        assert rejection(events) is None
        assert same(message.output, expected)


def test_a_root_number_is_complete_at_the_end() -> None:
    parser = MessageParser("text", output=object)
    assert as_values(parser.feed("12")) == []
    assert as_values(parser.finish()) == [ValueCompleted((), 12)]
    assert parser.message.output == 12


@pytest.mark.parametrize("finish", ["length", "content_filter", None])
@pytest.mark.parametrize("text", [TRIP, TRIP[:20], ""])
def test_a_truncated_message_has_no_output(finish: str | None, text: str) -> None:
    """Even a whole document is not the output; it is not rejected either (law 7)."""
    records = [text_chunk(text), *([chunk(finish=finish)] if finish else [])]
    message, events = read([sse(records, done=False)], output=dict)
    assert message.status == "truncated"
    assert message.output is None
    assert rejection(events) is None
    assert message.partial_output == (JSONParser() if not text else parsed(text)).value


def parsed(text: str) -> JSONParser:
    parser = JSONParser()
    parser.feed(text)
    return parser


def test_a_failed_message_has_no_output() -> None:
    records = [text_chunk(TRIP), {"error": {"message": "overloaded"}}]
    message, _ = read([sse(records, done=False)], output=dict)
    assert (message.status, message.output) == ("failed", None)


def test_an_answer_with_calls_needs_no_output() -> None:
    records = [call_chunk("{}", id="c", name="look"), chunk(finish="tool_calls")]
    message, events = read([sse(records)], output=dict)
    assert message.finish_reason == "tool_calls"
    assert rejection(events) is None
    assert message.output is None


@pytest.mark.parametrize("text", ["{", "Let me look.", '{"plan": 1}'])
def test_text_before_a_call_is_not_rejected_as_output(text: str) -> None:
    tools = [{"name": "look", "parameters": {"type": "object"}}]
    schema = {"type": "object", "required": ["city"]}
    records = [text_chunk(text), call_chunk("{}", id="c", name="look"), chunk(finish="tool_calls")]
    message, events = read([sse(records)], output=schema, tools=tools)
    assert rejection(events) is None
    assert message.output is None


def test_with_tools_a_rejection_waits_for_the_end() -> None:
    tools = [{"name": "look", "parameters": {"type": "object"}}]
    parser = MessageParser("text", output=list, tools=tools)
    assert rejection(parser.feed('{"a": 1}')) is None
    assert rejection(parser.finish()) is not None


def test_a_refusal_needs_no_output() -> None:
    records = [chunk({"refusal": "No."}), chunk(finish="stop")]
    message, events = read([sse(records)], output=dict)
    assert (message.finish_reason, rejection(events)) == ("refusal", None)


def test_text_continues_after_a_rejection() -> None:
    parser = MessageParser("text", output=object, output_dialect="strict")
    parser.feed("[1] and")
    assert parser.feed(" more") == [TextDelta(" more")]
    parser.finish()
    message = parser.message
    assert (message.text, message.status) == ("[1] and more", "complete")
    assert (message.output, message.partial_output) == (None, [1])


# The lenient dialect, which is the default


def test_an_output_in_a_fence_with_repairs() -> None:
    text = 'Here you are:\n```json\n{\'city\': "Zürich", "stops": [1, 2,]}\n```\nBon voyage!'
    for pieces in cuttings(text):
        message, events = run(pieces, dict)
        assert rejection(events) is None
        assert message.output == {"city": "Zürich", "stops": [1, 2]}
        assert message.text == text
        codes = [repair.code for repair in message.output_repairs]
        assert codes == [
            "fence",
            "leading_text",
            "single_quotes",
            "trailing_comma",
            "trailing_text",
        ]
        assert message.to_dict()["output_repairs"][0]["code"] == "fence"
        assert pickle.loads(pickle.dumps(message)).output_repairs == message.output_repairs


def test_without_repairs_there_are_none_in_the_message() -> None:
    message, _ = run(['{"a": 1}'], dict)
    assert (message.output, message.output_repairs) == ({"a": 1}, [])
    assert "output_repairs" not in message.to_dict()


def test_a_complete_message_with_a_cut_document_has_no_output() -> None:
    """The cut document is the partial output only (law 7)."""
    for pieces in cuttings('{"a": [1, "x'):
        message, events = run(pieces, dict)
        error = rejection(events)
        assert isinstance(error, IncompleteError)
        assert error.code == "truncated"
        assert (message.output, message.partial_output) == (None, {"a": [1, "x"]})


def test_a_text_without_a_value_has_no_output() -> None:
    message, events = run(["Sorry, I cannot do that."], dict)
    error = rejection(events)
    assert isinstance(error, IncompleteError)
    assert (error.code, message.output) == ("empty", None)


@pytest.mark.parametrize(
    ("output", "text"), [(dict, "A: [1, 2]"), (list, "A: {'a': 1}"), (dict, "'a'")]
)
def test_a_value_of_another_kind_is_rejected_in_prose_too(output: Any, text: str) -> None:
    for pieces in cuttings(text):
        message, events = run(pieces, output)
        error = rejection(events)
        assert isinstance(error, SchemaViolation)
        assert (error.code, message.output) == ("wrong_type", None)


def test_an_output_dialect_may_allow_less() -> None:
    message, events = run(["{'a': 1}"], dict, output_dialect=Dialect(single_quotes=False))
    error = rejection(events)
    assert isinstance(error, JSONSyntaxError)
    assert (error.code, message.output) == ("repair_refused", None)


def test_limits_apply() -> None:
    for pieces in cuttings("[[[]]]"):
        error = rejection(run(pieces, limits=Limits(depth=2))[1])
        assert isinstance(error, LimitError)
        assert (error.code, error.offset) == ("depth", 2)


@given(st.text())
def test_deltas_add_up_to_the_text(text: str) -> None:
    """The text is complete whether the output is accepted or rejected (law 8)."""
    message, events = run([text])
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == text
    assert message.text == text


# The reader


class Typed(Validator):
    """Returns what it was asked for."""

    def shown(self, snapshot: Callable[[], Any]) -> object:
        return self.missing, snapshot()

    def at(self, path: tuple[Any, ...]) -> object:
        return "object at", path


class TypedFactory(ValidatorFactory):
    def begin(self) -> Validator:
        return Typed()


def reader_of(**options: Any) -> OutputReader:
    return OutputReader(Message(), [], AnswerOptions(**options))


def test_the_partial_output_is_a_snapshot() -> None:
    reader = reader_of(output="any")
    reader.feed('{"a": [1, "x')
    shown = reader.shown()
    assert shown == {"a": [1, "x"]}
    reader.feed('y"]')
    assert shown == {"a": [1, "x"]}
    assert reader.shown("none") == {"a": [1, "xy"]}
    assert reader.at(("a",)) is NOTHING


def test_the_validator_makes_the_partial_output() -> None:
    reader = reader_of(output="any", output_validator=TypedFactory())
    reader.feed('{"a": 1')
    assert reader.shown() == ("raise", {})
    reader.feed(",")
    assert reader.shown("default") == ("default", {"a": 1})
    assert reader.at(("a",)) == ("object at", ("a",))


@pytest.mark.parametrize("dialect", [None, Dialect()])
def test_a_document_with_a_missing_part_is_rejected(dialect: Dialect | None) -> None:
    reader = reader_of(output="object", output_dialect=dialect)
    reader.feed(' {"a": [1, ')
    reader.give_up()
    [event] = reader.out[-1:]
    assert isinstance(event.error, IncompleteError)
    assert (event.error.code, event.error.offset, event.error.path) == ("truncated", 11, ("a", 1))
    count = len(reader.out)
    reader.feed("2]}")
    reader.give_up()
    assert len(reader.out) == count, "nothing comes after the rejection"
    assert reader.shown() == {"a": [1]}


@pytest.mark.parametrize(("kind", "text", "offset"), [("object", " [1]", 1), ("array", "\n\n{", 2)])
def test_a_strict_reader_checks_the_first_character(kind: str, text: str, offset: int) -> None:
    for pieces in cuttings(text):
        reader = reader_of(output=kind)
        for piece in pieces:
            reader.feed(piece)
        [event] = reader.out
        assert (event.error.code, event.error.offset) == ("wrong_type", offset)
        assert event.error.message.startswith(f"the output must be an {kind}")


@pytest.mark.parametrize(("kind", "text"), [("object", " {}"), ("array", "[]"), ("any", "\t7 ")])
def test_a_strict_reader_reads_the_expected_kind(kind: str, text: str) -> None:
    for pieces in cuttings(text):
        reader = reader_of(output=kind)
        for piece in pieces:
            reader.feed(piece)
        assert reader.shown() == json.loads(text)
        assert rejection(reader.out) is None
