"""Tests of what a call reads: text, values, and the arguments that a wire sends at the end."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse._answers.calls import NORMAL, CallReader
from streamparse._answers.options import AnswerOptions
from streamparse._core.room import Room
from streamparse.aliases import CallKind
from streamparse.errors import LimitError
from streamparse.limits import Limits
from streamparse.message import ToolCall
from streamparse.message_events import ProviderEvent
from tests.messages import call_texts, kinds


def reader_of(name: str | None = "water", kind: CallKind = "function") -> CallReader:
    reader = CallReader(ToolCall(0, kind), 0, [], AnswerOptions())
    if name is not None:
        reader.set_name(name)
    return reader


def text_of(reader: CallReader) -> str:
    return call_texts(reader.out).get((0, 0), "")


@pytest.mark.parametrize(
    ("text", "taken"), [('{"a": 1} and', 8), ("{}", 2), ('{"a": x}', 6), ("[1, 2", 5)]
)
def test_take_stops_after_the_value(text: str, taken: int) -> None:
    reader = reader_of()
    assert reader.take(text) == taken
    assert text_of(reader) == reader.call.arguments_text == text[:taken]
    assert reader.listening == (taken != 6)


def test_text_after_a_refused_character_is_kept() -> None:
    reader = reader_of()
    text = '{"a": x}'
    taken = reader.take(text)
    reader.feed(text[taken:])
    assert reader.call.arguments_text == text
    assert text_of(reader) == text[:taken]


@pytest.mark.parametrize(
    ("known", "final", "status", "codes"),
    [
        ('{"a": 1', '{"a": 1}', "complete", []),
        ('{"a": 1}', '{"a": 1}', "complete", []),
        (' {"a"', '{"a"', "rejected", ["truncated"]),
        ('{"a": 1}', '{"a":1}', "complete", ["replaced_arguments"]),
        ('{"a": 1}', '{"a": 2}', "rejected", ["replaced_arguments"]),
        ('{"a": 1}', "  ", "complete", []),
    ],
)
def test_the_final_arguments(known: str, final: str, status: str, codes: list[str]) -> None:
    reader = reader_of()
    reader.feed(known)
    reader.confirm(final)
    reader.close(NORMAL)
    assert (reader.call.status, [error.code for error in reader.call.errors]) == (status, codes)
    replaced = [event for event in reader.out if isinstance(event, ProviderEvent)]
    assert len(replaced) == (final == '{"a": 2}')


def test_final_arguments_before_the_name() -> None:
    reader = reader_of(None)
    reader.feed('{"a"')
    reader.confirm('{"a": 1}')
    reader.set_name("water")
    assert reader.call.partial == {"a": 1}


def test_other_final_arguments_after_the_end() -> None:
    reader = reader_of()
    reader.feed("{}")
    reader.end()
    reader.replace('{"a": 1}')
    assert (reader.call.status, reader.call.arguments) == ("complete", {})
    assert [error.code for error in reader.call.errors] == ["replaced_arguments"]
    assert kinds(reader.out)[-1] == "provider_event"


def test_what_is_held_back_is_counted_once() -> None:
    """The limit of a message counts held text while it waits, and again where it is kept."""
    for pieces in (["[1, 2, 3]"], ["[1, 2", ", 3]"], [[1, 2, 3]]):
        room = Room(Limits())
        left = room.left
        reader = reader_of(None)
        reader.call._room = room
        for piece in pieces:
            if isinstance(piece, str):
                reader.feed(piece)
            else:
                reader.feed_value(piece)
        assert room.left < left
        reader.set_name("water")
        assert reader.call.partial == [1, 2, 3]
        assert left - room.left == len(reader.call.arguments_text)


def test_a_message_without_room_for_what_is_held_back() -> None:
    reader = reader_of(None)
    reader.call._room = Room(Limits(content=5))
    with pytest.raises(LimitError):
        reader.feed("[1, 2, 3]")


def test_halves_of_characters_meet_in_arguments() -> None:
    reader = reader_of()
    for text in ('{"a": "\ud83d', '\ude00"}'):
        reader.feed(text)
    assert reader.call.partial == {"a": "😀"}
    assert text_of(reader) == '{"a": "😀"}'


def test_the_value_of_a_rejected_call_grows_from_values_too() -> None:
    from streamparse._answers.tools import Tools

    events: list[Any] = []
    tools = Tools([{"name": "water", "parameters": {"type": "object"}}])
    reader = CallReader(ToolCall(), 0, events, AnswerOptions(tools=tools))
    reader.set_name("fire")
    reader.feed_value({"a": 1})
    assert reader.call.partial == {"a": 1}
    assert kinds(events) == ["tool_call_started", "tool_call_rejected"]


@pytest.mark.parametrize("pieces", [["0 "], ["0", " "], ["0", " ", "\n"]])
def test_white_space_ends_a_number(pieces: list[str]) -> None:
    reader = reader_of()
    for piece in pieces:
        reader.feed(piece)
    reader.end()
    completed = [event.value for event in reader.out if event.type == "argument_completed"]
    assert completed == [0]
