"""Tests of one call: when it is complete, and how it ends otherwise."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse._answers.answer import AnswerReader
from streamparse._answers.calls import CUT, DONE, INPUT_ENDED, LIMIT, NORMAL, CallReader
from streamparse._answers.options import AnswerOptions
from streamparse._answers.tools import Tools
from streamparse.dialect import Dialect
from streamparse.errors import JSONSyntaxError, SchemaViolation
from streamparse.message import ToolCall
from streamparse.message_events import (
    ArgumentCompleted,
    ArgumentDelta,
    ArgumentStarted,
    ProviderEvent,
    ToolCallCompleted,
    ToolCallDelta,
    ToolCallRejected,
    ToolCallStarted,
)
from tests._answers.calling import HALF, WHOLE, Run
from tests.helpers import cut
from tests.messages import about_calls, kinds
from tests.strategies import SIZES

# The rules of completion


RULES = [
    # (text, whether the call has its own end, way to close, whether a call follows, status)
    (WHOLE, True, None, False, "complete"),  # its own end
    (WHOLE, True, CUT, False, "complete"),
    (WHOLE, False, NORMAL, False, "complete"),  # a normal finish
    (WHOLE, False, LIMIT, True, "complete"),  # a limit in a later call
    (WHOLE, False, LIMIT, False, "truncated"),  # the limit may have cut the last call
    (WHOLE, False, CUT, True, "truncated"),  # valid JSON alone does not complete a call
    (WHOLE, False, CUT, False, "truncated"),
    (WHOLE, False, None, False, "in_progress"),
    (HALF, True, None, False, "in_progress"),  # open until the finish
    (HALF, True, NORMAL, False, "rejected"),
    (HALF, True, LIMIT, False, "truncated"),
    (HALF, True, CUT, False, "truncated"),
    (HALF, False, NORMAL, True, "rejected"),
    (HALF, False, LIMIT, True, "truncated"),
    (HALF, False, CUT, True, "truncated"),
    ("", True, None, False, "complete"),  # no text is an empty object
    ("", False, NORMAL, False, "complete"),
    ("", False, LIMIT, True, "truncated"),  # a later call does not complete a call without text
    ("", False, CUT, False, "truncated"),
    ("{oops", True, NORMAL, False, "rejected"),
    ("{oops", False, CUT, False, "rejected"),
]


@pytest.mark.parametrize(("text", "ended", "how", "later", "status"), RULES)
def test_rules(text: str, ended: bool, how: int | None, later: bool, status: str) -> None:
    run = Run(*text)
    if ended:
        run.end()
    if how is not None:
        run.close(how, later)
    assert run.status == status
    assert len(run.endings) == (status != "in_progress")
    if status == "complete":
        assert run.call.arguments == ({"litres": 3} if text else {})
        assert isinstance(run.endings[0], ToolCallCompleted)
    else:
        assert run.call.arguments is None
    assert (status == "rejected") == bool(run.call.errors)
    assert run.call.arguments_text == text


@pytest.mark.parametrize("how", [NORMAL, LIMIT, CUT])
def test_nothing_ends_twice(how: int) -> None:
    for text in (WHOLE, HALF, "{oops", ""):
        run = Run(text).end().close(how).end().close(NORMAL).close(CUT)
        assert len(run.endings) == 1


@pytest.mark.parametrize("text", ["", " ", "\n \t"])
def test_no_arguments_are_an_empty_object(text: str) -> None:
    run = Run(text).end()
    assert run.summary == ("complete", {}, text, text)
    assert run.events[-3:] == [
        ArgumentStarted(run.call, (), "object"),
        ArgumentCompleted(run.call, (), {}),
        ToolCallCompleted(run.call),
    ]


@pytest.mark.parametrize("text", ['"x"', '""', r'"{\"a\": 1}"'])
def test_a_string_rejects_the_call_of_a_function(text: str) -> None:
    """A function cannot be called with a string instead of an object."""
    run = Run(*text).close(NORMAL)
    assert run.summary == ("rejected", json.loads(text), text, text)
    assert run.call.arguments is None
    assert [error.code for error in run.call.errors] == ["type"]


@pytest.mark.parametrize("text", ["null", "true", "[1, 2]", "12", "-0.5e3"])
def test_any_root_is_a_value(text: str) -> None:
    run = Run(*text).close(NORMAL)
    assert run.summary == ("complete", json.loads(text), text, text)
    assert run.events[-2] == ArgumentCompleted(run.call, (), json.loads(text))


def test_a_number_is_complete_at_the_end() -> None:
    assert Run("12").close(LIMIT, later_call=True).status == "complete"
    assert Run("12").end().status == "complete"
    assert Run("1").feed("2").end().call.arguments == 12
    assert Run("1.").close(NORMAL).status == "rejected"
    assert Run("1.").close(LIMIT, later_call=True).status == "truncated"
    assert Run("tru").close(NORMAL).codes == ["truncated"]
    assert Run("12").close(CUT).call.partial is None


# Events


def test_events_of_arguments() -> None:
    run = Run('{"a": "x', 'y", "b": [1', "]}").close(NORMAL)
    call = run.call
    assert run.events == [
        ToolCallStarted(call),
        ToolCallDelta(call, '{"a": "x'),
        ArgumentStarted(call, (), "object"),
        ArgumentStarted(call, ("a",), "string"),
        ArgumentDelta(call, ("a",), "x"),
        ToolCallDelta(call, 'y", "b": [1'),
        ArgumentDelta(call, ("a",), "y"),
        ArgumentCompleted(call, ("a",), "xy"),
        ArgumentStarted(call, ("b",), "array"),
        ToolCallDelta(call, "]}"),
        ArgumentCompleted(call, ("b", 0), 1),
        ArgumentCompleted(call, ("b",), [1]),
        ArgumentCompleted(call, (), {"a": "xy", "b": [1]}),
        ToolCallCompleted(call),
    ]


def test_choice_of_the_events() -> None:
    events: list[Any] = []
    reader = CallReader(ToolCall(), 3, events, AnswerOptions())
    reader.set_name("f")
    reader.feed('{"a": "b"}')
    reader.end()
    assert {event.choice for event in events} == {3}


def test_partial_grows() -> None:
    run = Run('{"city": "Lin')
    assert run.call.partial == {"city": "Lin"}
    run.feed('z", "days"')
    assert run.call.partial == {"city": "Linz"}
    run.feed(": 2")
    assert run.call.partial == {"city": "Linz"}
    run.feed("}")
    assert run.call.partial == {"city": "Linz", "days": 2}
    assert run.status == "in_progress"


@pytest.mark.parametrize("sizes", [[], [1], [3], [5, 0, 1]])
def test_empty_text_changes_nothing(sizes: Sequence[int]) -> None:
    run = Run(*cut(WHOLE, sizes), "").close(NORMAL)
    assert run.summary == ("complete", {"litres": 3}, WHOLE, WHOLE)


# Broken JSON

BROKEN = [
    # (text, offset of the invalid character, code)
    ('{"a": 1, oops}', 9, "expected_key"),
    ('{"a": nope', 7, "invalid_literal"),
    ('{"a": 01}', 7, None),
    ('{"a" 1}', 5, "expected_colon"),
    ("{]", 1, None),
    ('["a\nb"]', 3, "control_character"),
    ("['a']", 1, "expected_value"),
    ("Sure! {}", 0, "expected_value"),
]


@pytest.mark.parametrize(("text", "offset", "code"), BROKEN)
@pytest.mark.parametrize("sizes", [[], [1], [3], [4, 1]], ids=str)
def test_rejected_at_the_character(
    text: str, offset: int, code: str | None, sizes: Sequence[int]
) -> None:
    run = Run()
    start = 0
    for piece in cut(text, sizes):
        run.feed(piece)
        start += len(piece)
        assert run.status == ("rejected" if start > offset else "in_progress")
        assert run.call.arguments_text == text[:start]
    [ending] = run.endings
    assert isinstance(ending, ToolCallRejected)
    assert run.events[-1] == ending, "nothing comes after it"
    assert ending.error is run.call.errors[-1]
    assert ending.error.offset == offset
    assert code is None or ending.error.code == code
    assert isinstance(ending.error, JSONSyntaxError)
    assert run.emitted == text[:offset], "the deltas add up to the text before the character"
    assert run.call.raw_text == text


def test_a_rejected_call_keeps_its_partial_arguments() -> None:
    run = Run('{"a": "kept", "b": x').feed(' and more {"', "").end().close(NORMAL)
    assert run.call.partial == {"a": "kept"}
    assert run.call.arguments_text == '{"a": "kept", "b": x and more {"'
    assert run.call.errors[0].path == ("b",)
    assert [type(event) for event in run.events[-1:]] == [ToolCallRejected]


def test_the_place_of_an_unfinished_call() -> None:
    run = Run('{"a": [1, ').close(NORMAL)
    [error] = run.call.errors
    assert (error.code, error.offset, error.path) == ("truncated", 10, ("a", 1))
    assert error.excerpt == '{"a": [1, '


# Custom calls


def test_a_custom_call_is_free_text() -> None:
    run = Run("SELECT {", "oops", kind="custom")
    assert run.call.partial == "SELECT {oops"
    assert not run.reader.whole
    run.end()
    assert run.summary == ("complete", "SELECT {oops", "SELECT {oops", "SELECT {oops")
    assert run.call.arguments == "SELECT {oops"
    assert kinds(run.events) == ["tool_call_started", "tool_call_delta", "tool_call_completed"]


@pytest.mark.parametrize(
    ("how", "later", "status"),
    [
        (NORMAL, False, "complete"),
        (LIMIT, True, "complete"),
        (LIMIT, False, "truncated"),
        (CUT, True, "truncated"),
    ],
)
def test_the_end_of_a_custom_call(how: int, later: bool, status: str) -> None:
    assert Run("x", kind="custom").close(how, later).status == status


# Any cut


TEXTS = st.sampled_from(
    [WHOLE, HALF, WHOLE + WHOLE, WHOLE + HALF, "{}{", "12", "12 1", '{"a": "\\ud83d\\ude00"} x', ""]
) | st.text(st.sampled_from('{}[]":,a1 \\n'), max_size=12)


@given(TEXTS, st.lists(st.integers(0, 5), min_size=1), st.sampled_from([NORMAL, LIMIT, CUT]))
def test_law_1_any_pieces(text: str, sizes: list[int], how: int) -> None:
    """The result does not depend on the pieces (law 1), and the deltas add up (law 4)."""
    whole = Run(text).close(how, later_call=True)
    pieces = Run(*cut(text, sizes)).close(how, later_call=True)
    assert pieces.call.to_dict() == whole.call.to_dict()
    assert pieces.summary == whole.summary
    assert kinds(about_calls(pieces.events)) == kinds(about_calls(whole.events))
    if whole.status == "complete":
        assert whole.emitted == whole.call.arguments_text
    elif whole.status == "rejected" and not isinstance(whole.call.errors[-1], SchemaViolation):
        # (A root string is rejected for its type at its end, so its deltas contain it.)
        assert whole.emitted == text[: whole.call.errors[-1].offset]


# The lenient dialect


def test_arguments_in_a_lenient_dialect() -> None:
    text = "{'city': \"Z\\xfcrich\", days: [1, 2,]} "
    for size in (1, 3, len(text)):
        events: list[Any] = []
        call = ToolCall()
        reader = CallReader(call, 0, events, AnswerOptions(dialect=Dialect()))
        call.name = "trip"
        reader.begin()
        for start in range(0, len(text), size):
            reader.feed(text[start : start + size])
        reader.end()
        assert (call.status, call.arguments) == ("complete", {"city": "Zürich", "days": [1, 2]})
        codes = [repair.code for repair in call.repairs]
        assert codes == ["single_quotes", "escape", "unquoted_key", "trailing_comma"]
        assert call.to_dict()["repairs"][1]["path"] == ["city"]
        assert call.arguments_text == text
        assert pickle.loads(pickle.dumps(call)).repairs == call.repairs


def test_repairs_do_not_complete_a_cut_call() -> None:
    """Arguments that end early are truncated or rejected, in a lenient dialect too (law 7)."""
    for how, status in ((NORMAL, "rejected"), (LIMIT, "truncated"), (CUT, "truncated")):
        call = ToolCall()
        reader = CallReader(call, 0, [], AnswerOptions(dialect=Dialect()))
        call.name = "trip"
        reader.begin()
        reader.feed("{'city': 'Zü")
        reader.end()
        assert call.status == "in_progress"
        reader.close(how)
        assert (call.status, call.arguments, call.partial) == (status, None, {"city": "Zü"})


def test_repairs_of_arguments_that_are_validated() -> None:
    """Repairs are recorded with and without a tool for the call."""
    tools = Tools([{"name": "trip", "parameters": {"type": "object"}}])
    found = []
    for toolbox in (None, tools):
        call = ToolCall()
        reader = CallReader(call, 0, [], AnswerOptions(tools=toolbox, dialect=Dialect()))
        reader.set_name("trip")
        reader.feed("{'to': 'Oslo',}")
        reader.close(NORMAL)
        found.append([repair.code for repair in call.repairs])
    assert found[0] == found[1] != []


def test_repeated_arguments_in_a_lenient_dialect() -> None:
    call = ToolCall()
    reader = CallReader(call, 0, [], AnswerOptions(dialect=Dialect()))
    call.name = "trip"
    reader.begin()
    reader.feed('{"x": 1}')
    reader.feed('{"x": 1}')
    reader.close(NORMAL)
    assert (call.status, call.arguments) == ("complete", {"x": 1})
    assert [repair.code for repair in call.repairs] == ["trailing_text"]


@given(
    st.sampled_from(
        [
            "{'city': \"Z\\xfcrich\", days: [1, 2,]} ",
            '{"city": "the "old" town", "days": 12}',
            '{"city": nowhere, "days": "many"}',
            '{"city": None, "days": 99999}',
            '{"days": [1] [2], "city": ',
            "```json\n{city: 'x'}\n```",
            '{"a":, "b": 1}',
        ]
    ),
    SIZES,
    st.sampled_from([NORMAL, LIMIT]),
)
def test_law_1_of_rejections_in_a_lenient_dialect(
    text: str, sizes: Sequence[int], how: int
) -> None:
    """The deltas are the text before the rejected character, for any pieces (laws 1 and 4)."""
    properties = {"days": {"type": "integer", "maximum": 100}, "city": {"type": "string"}}
    tools = Tools([{"name": "trip", "parameters": {"properties": properties}}])
    reported = []
    for pieces in ([text], cut(text, sizes), list(text)):
        events: list[Any] = []
        call = ToolCall()
        reader = CallReader(call, 0, events, AnswerOptions(tools=tools, dialect=Dialect()))
        reader.set_name("trip")
        for piece in pieces:
            reader.feed(piece)
        reader.close(how)
        emitted = "".join(event.text for event in events if isinstance(event, ToolCallDelta))
        error = call.errors[-1] if call.status == "rejected" else None
        assert emitted == (text if error is None else text[: error.offset])
        reported.append(
            (call.status, call.partial, error and (error.code, error.offset, error.path))
        )
    assert reported[0] == reported[1] == reported[2]


# The tool and the server


TOOLS = Tools([{"name": "water", "parameters": {"properties": {"litres": {"type": "integer"}}}}])


def call_with(*texts: Any, name: str = "water", **options: Any) -> CallReader:
    reader = CallReader(ToolCall(), 0, [], AnswerOptions(tools=TOOLS), **options)
    reader.set_name(name)
    for text in texts:
        reader.feed_arguments(text)
    return reader


@pytest.mark.parametrize("ending", ["end", "close"])
def test_a_name_that_stays_unfinished(ending: str) -> None:
    reader = call_with(name="wat")
    reader.end() if ending == "end" else reader.close(NORMAL)
    assert reader.call.status == "rejected"
    assert [error.code for error in reader.call.errors] == ["unknown_tool"]


def test_a_call_that_the_server_rejected() -> None:
    run = Run('{"a": 1')
    run.reader.reject(JSONSyntaxError("refused", code="refused", offset=0))
    assert (run.status, run.codes) == ("rejected", ["refused"])
    assert run.call.errors[0].offset == 7
    run.reader.reject(JSONSyntaxError("refused again", code="again", offset=0))
    assert run.codes == ["refused"]


def test_an_end_before_id_name_and_arguments() -> None:
    """A call without a name and arguments is not in the message."""
    call = ToolCall()
    answer = AnswerReader(0, [], AnswerOptions())
    reader = answer.call(None, None)
    reader.end()
    assert answer.message.tool_calls == []
    assert call.status == "in_progress"


@pytest.mark.parametrize(
    ("text", "how", "later", "status"),
    [
        (WHOLE, NORMAL, False, "complete"),
        (WHOLE, LIMIT, True, "complete"),
        (WHOLE, LIMIT, False, "in_progress"),
        (WHOLE, CUT, True, "in_progress"),
        (HALF, NORMAL, False, "in_progress"),
        (WHOLE + HALF, NORMAL, False, "in_progress"),
    ],
)
def test_a_finish_reason_before_the_end_of_the_stream(
    text: str, how: int, later: bool, status: str
) -> None:
    run = Run(text)
    run.reader.settle(how, later)
    assert run.status == status
    run.reader.settle(how, later)
    assert len(run.endings) == (status == "complete")


def test_arguments_after_the_finish_reason_are_cut() -> None:
    run = Run(HALF)
    run.reader.settle(NORMAL)
    assert run.feed('0, "more": ').close(INPUT_ENDED).status == "truncated"
    run = Run(HALF)
    run.reader.settle(NORMAL)
    assert run.close(INPUT_ENDED).status == "rejected", "no arguments followed the finish reason"


def test_a_call_in_raw_text_needs_its_own_end() -> None:
    for ended, status in ((True, "complete"), (False, "truncated")):
        reader = CallReader(ToolCall(), 0, [], AnswerOptions(), raw_text=True)
        reader.set_name("f")
        reader.feed(WHOLE)
        reader.settle(NORMAL)
        assert reader.call.status == "in_progress"
        if ended:
            reader.end()
        reader.close(NORMAL)
        assert reader.call.status == status


@pytest.mark.parametrize(
    ("litres", "status"), [(3, "complete"), ("three", "rejected"), (None, "rejected")]
)
def test_arguments_before_the_whole_name_are_validated_at_the_end(litres: Any, status: str) -> None:
    """Arguments read without a tool are validated as a whole at the end."""
    reader = CallReader(ToolCall(), 0, [], AnswerOptions(tools=TOOLS))
    reader.set_name("water")
    reader.note_anomaly("misplaced_value", "a value came in the middle of the text")
    reader.feed(json.dumps({"litres": litres}))
    reader.end()
    assert reader.call.status == status
    assert reader.call.partial == {"litres": litres}


def test_a_lone_surrogate_at_the_end_is_read() -> None:
    run = Run('{"a": "x\ud83d').close(CUT)
    assert run.call.arguments_text == '{"a": "x\ud83d'
    assert run.emitted == '{"a": "x\ud83d'


# The final arguments, which some APIs send once more


@pytest.mark.parametrize(
    ("streamed", "final", "raw_text"),
    [
        ("", WHOLE, WHOLE),
        (HALF, WHOLE, WHOLE),
        (WHOLE, WHOLE, WHOLE),
        (WHOLE, "", WHOLE),
        (WHOLE, " \n", WHOLE),
        (WHOLE, f"{WHOLE}\n", f"{WHOLE}\n"),
    ],
)
def test_final_arguments_of_the_same_text(streamed: str, final: str, raw_text: str) -> None:
    run = Run(streamed)
    run.reader.confirm(final)
    run.reader.confirm(final)
    assert run.end().summary == ("complete", {"litres": 3}, raw_text, raw_text)
    assert run.codes == []


@pytest.mark.parametrize(
    ("streamed", "final", "codes"),
    [
        ("\n x y ", "x y", []),
        ("x y", " x y\n", []),
        ("x y!", " x y", ["replaced_arguments"]),
        ("x y", " y", ["replaced_arguments"]),
    ],
)
def test_a_custom_call_may_differ_in_white_space(
    streamed: str, final: str, codes: list[str]
) -> None:
    run = Run(streamed, kind="custom")
    run.reader.confirm(final)
    run.reader.confirm(final)
    assert run.end().status == ("rejected" if codes else "complete")
    assert sorted(set(run.codes)) == codes
    assert run.call.raw_text == streamed


@pytest.mark.parametrize("final", ['{"litres":3}', f" {WHOLE}", '{"l\\u0069tres": 3.0}'])
def test_final_arguments_in_another_spelling_are_an_anomaly(final: str) -> None:
    run = Run(WHOLE)
    run.reader.confirm(final)
    assert run.end().summary == ("complete", {"litres": 3}, WHOLE, WHOLE)
    assert run.codes == ["replaced_arguments"]


@pytest.mark.parametrize("final", ['{"litres": 4}', "3", "oops", '[{"litres": 3}]'])
@pytest.mark.parametrize("streamed", [WHOLE, HALF])
def test_other_final_arguments_reject_the_call(streamed: str, final: str) -> None:
    run = Run(streamed)
    run.reader.confirm(final)
    partial = {"litres": 3} if streamed == WHOLE else {}
    assert run.close(NORMAL).summary == ("rejected", partial, streamed, streamed)
    [error] = run.call.errors
    assert (error.code, error.offset) == ("replaced_arguments", len(streamed))
    event = run.events[-1]
    assert isinstance(event, ProviderEvent)
    assert (event.name, event.data["text"]) == ("replaced_arguments", final)


def test_other_final_arguments_after_the_end_are_an_anomaly() -> None:
    run = Run(WHOLE).end()
    run.reader.confirm('{"litres": 4}')
    assert (run.status, run.call.arguments) == ("complete", {"litres": 3})
    assert run.codes == ["replaced_arguments"]
    event = run.events[-1]
    assert isinstance(event, ProviderEvent)
    assert event.data["text"] == '{"litres": 4}'


def test_final_arguments_before_the_name_replace_those_that_were_held() -> None:
    run = Run(HALF, name=None)
    run.reader.confirm(WHOLE)
    run.reader.set_name("water")
    assert run.end().summary == ("complete", {"litres": 3}, WHOLE, WHOLE)


def test_final_arguments_have_the_whole_character_of_a_half() -> None:
    run = Run('{"a": "\ud83d')
    run.reader.confirm('{"a": "\U0001f600"}')
    assert run.end().summary[:2] == ("complete", {"a": "\U0001f600"})


# Calls that never became whole


@pytest.mark.parametrize("how", [NORMAL, DONE, INPUT_ENDED])
@pytest.mark.parametrize("ended", [True, False])
def test_a_call_without_a_name_is_rejected(how: int, ended: bool) -> None:
    run = Run(WHOLE, name=None)
    if ended:
        run.end()
    assert run.close(how).status == "rejected"
    assert run.codes == ["missing_name"]


def test_done_does_not_complete_a_call_without_arguments() -> None:
    assert Run().close(DONE).status == "truncated"
    assert Run(WHOLE).close(DONE).status == "complete"
    assert Run(HALF).close(DONE).codes == ["truncated"]


@pytest.mark.parametrize(
    ("how", "status", "codes"),
    [
        (NORMAL, "rejected", ["multiple_values"]),
        (LIMIT, "truncated", ["repeated_arguments"]),
        (CUT, "truncated", ["repeated_arguments"]),
    ],
)
def test_an_end_inside_repeated_arguments(how: int, status: str, codes: list[str]) -> None:
    run = Run(WHOLE, HALF).close(how)
    assert (run.status, run.codes) == (status, codes)
    assert run.call.arguments is None
