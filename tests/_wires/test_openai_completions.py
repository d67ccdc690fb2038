"""Tests of the adapter of OpenAI's text completions."""

from __future__ import annotations

import copy
import json
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse._wires.openai_completions import OpenAICompletions
from streamparse.errors import StreamParseError
from streamparse.message_parser import MessageParser
from tests._wires.recordings import recordings
from tests.helpers import cut
from tests.messages import answer, data_named, kinds, run_parser, sse
from tests.messages import read as read_records

API: Final = "openai-completions"
read = partial(read_records, api=API)
USAGE = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}


def piece(text: Any, finish: str | None = None, choice: int = 0, **more: Any) -> dict[str, Any]:
    """Return a chunk whose choice has the members `more`."""
    entry = {"index": choice, "text": text, "logprobs": None, "finish_reason": finish, **more}
    whole = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "pen-2"}
    return {**whole, "choices": [entry]}


COUNTED = {"id": "cmpl-1", "object": "text_completion", "model": "pen-2", "choices": []}
STORY = [piece("Once upon"), piece(" a tide"), piece("", "stop"), {**COUNTED, "usage": USAGE}]


def test_a_completion() -> None:
    message, events = read([sse(STORY)])
    assert kinds(events) == ["message_started", "text_delta", "usage_updated", "message_finished"]
    assert (message.id, message.model, message.text) == ("cmpl-1", "pen-2", "Once upon a tide")
    assert (message.status, message.finish_reason) == ("complete", "stop")
    assert message.usage is not None
    assert (message.usage.input_tokens, message.usage.output_tokens) == (5, 7)
    assert message.usage.total_tokens == 12


@pytest.mark.parametrize(
    ("raw", "finish", "status"),
    [
        ("stop", "stop", "complete"),
        ("eos", "stop", "complete"),
        ("length", "length", "truncated"),
        ("content_filter", "content_filter", "truncated"),
        ("error", "error", "failed"),
        ("tired", "other", "complete"),
    ],
)
def test_finish_reasons(raw: str, finish: str, status: str) -> None:
    message, _ = read([piece("Once", raw)])
    assert (message.finish_reason, message.raw_finish_reason) == (finish, raw)
    assert message.status == status


def test_a_repeated_finish_reason() -> None:
    message, events = read([piece("Once", "length"), piece("", "length")])
    assert (message.text, message.finish_reason) == ("Once", "length")
    assert kinds(events)[-1] == "message_finished"


def test_cut_streams() -> None:
    """A message without a finish reason is truncated (law 7)."""
    assert read([piece("Once")])[0].status == "truncated"
    message, _ = read([sse([piece("Once")])])
    assert (message.status, message.finish_reason) == ("complete", "stop")


def test_several_choices() -> None:
    parser, _, _ = run_parser(
        [piece("A", choice=1), piece("B"), piece("C", "stop", 1), piece("D", "length")], API
    )
    assert [message.text for message in parser.messages] == ["BD", "AC"]
    assert [message.status for message in parser.messages] == ["truncated", "complete"]


def test_other_members_are_passed_on() -> None:
    """Members without an event are passed on or kept in `extra` (law 8)."""
    odds = {"tokens": ["Once"], "token_logprobs": [-0.5]}
    records = [{**piece("Once", logprobs=odds), "system_fingerprint": "fp_1"}, *STORY[1:]]
    records[2] = piece("", "stop", stop_reason="\n\n")
    message, events = read(records)
    assert data_named(events, "logprobs") == [odds]
    assert message.extra == {"system_fingerprint": "fp_1", "stop_reason": "\n\n"}


def test_an_error_in_the_middle() -> None:
    error = {"error": {"message": "out of ink", "type": "server_error"}}
    for record in (error, {**piece("x"), **error}):
        message, events = read([piece("Once"), record])
        assert (message.status, str(message.error)) == ("failed", "server_error: out of ink")
        assert kinds(events)[-1] == "message_failed"


def test_a_whole_body_gives_the_message_of_its_stream() -> None:
    whole, _ = read(STORY)
    body = {**piece("Once upon a tide", "stop"), "usage": USAGE}
    for fed in (body, json.dumps(body), json.dumps(body, indent=1).encode()):
        assert read([fed])[0].to_dict() == whole.to_dict()


def test_there_is_no_history() -> None:
    assert read(STORY)[0].to_history() == []


def test_records_after_the_end_are_passed_on() -> None:
    message, events = read([sse(STORY) + b'data: {"choices": "none"}\n\n'])
    assert message.text == "Once upon a tide"
    assert data_named(events, "record") == [{"choices": "none"}]


@pytest.mark.parametrize(
    ("record", "name", "data"),
    [
        ({"choices": "none"}, "record", {"choices": "none"}),
        ({"choices": {}}, "record", {"choices": {}}),
        ({**COUNTED, "choices": [{"index": 1 << 70}]}, "choices", {"index": 1 << 70}),
        ({"usage": 7}, "record", {"usage": 7}),
        (piece("", new=[1]), "new", [1]),
    ],
)
def test_fields_of_another_type_reach_the_caller(record: Any, name: str, data: Any) -> None:
    message, events = read([piece("Once"), record, piece("", "stop")])
    assert data_named(events, name) == [data]
    assert (message.text, message.status) == ("Once", "complete")


def test_choices_of_another_type_are_passed_on() -> None:
    records = [piece("Once"), {**COUNTED, "choices": ["x", 5]}, piece(" more", "stop")]
    message, events = read(records)
    assert data_named(events, "choices") == ["x", 5]
    assert message.text == "Once more"


def test_counts_of_a_failed_answer() -> None:
    message, _ = read(
        [piece("Once"), {"error": {"message": "no ink"}}, {**COUNTED, "usage": USAGE}]
    )
    assert message.status == "failed"
    assert message.usage is not None
    assert message.usage.total_tokens == 12


def test_its_records_are_recognized() -> None:
    bare = {"choices": [{"text": "Once"}]}
    for record in [*STORY, bare]:
        assert OpenAICompletions.recognizes(record, "")
        parser = MessageParser()
        parser.feed(record)
        assert parser.api == API


def test_records_of_others_are_not() -> None:
    others: list[dict[str, Any]] = [
        {"object": "chat.completion.chunk", "choices": [{"delta": {}, "text": "x"}]},
        {"choices": [{"message": {"content": "x"}, "text": "x"}]},
        {"object": "text_completion"},
        {"choices": ["x"]},
        {},
    ]
    assert not any(OpenAICompletions.recognizes(record, "") for record in others)


@given(sizes=st.lists(st.integers(1, 40), max_size=8))
def test_any_chunking(sizes: list[int]) -> None:
    """The result does not depend on the chunking (law 1)."""
    data = sse([piece("Ein Häkchen "), piece("„✓“"), *STORY[2:]])
    whole = answer([data], API)
    assert answer(cut(data, sizes), "auto") == whole
    assert answer(cut(data.decode(), sizes), API) == whole


JUNK: list[Any] = [None, 0, "", "x", [], [[]], {}, {"type": []}, [{}], 1.5]


@given(
    changes=st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from(JUNK)), min_size=1
    )
)
def test_changed_records_raise_nothing(changes: list[tuple[int, int, Any]]) -> None:
    records = copy.deepcopy(STORY)
    for place, member, junk in changes:
        record: Any = records[place % len(records)]
        choices = record.get("choices")
        if member % 2 and isinstance(choices, list) and choices and isinstance(choices[0], dict):
            record = choices[0]
        if record:
            record[list(record)[member % len(record)]] = junk
    parser, _, error = run_parser(records, API)
    assert error is None or isinstance(error, StreamParseError)
    assert parser.message.status != "in_progress"


def test_recordings(shared_data: Path) -> None:
    for recording in recordings(shared_data, API):
        message, _ = read(recording.records)
        expected = recording.row["assembled"]
        assert message.text == expected["text"], recording.name
        assert message.raw_finish_reason == expected["finish"], recording.name
