"""Laws 1 to 4, 7 and 8 for messages, on streams made by `tests/streams.py` and its own oracle.

Each stream is a script of what a model says, with calls named in one of many ways that servers
have; what must be read from it comes from the script alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from streamparse import (
    JSONParser,
    StreamParseError,
    StringDelta,
    ValueCompleted,
    ValueEvent,
    ValueStarted,
    stream,
)
from streamparse.aliases import CallsWhen
from streamparse.message import Message, ToolCall
from streamparse.message_events import (
    ArgumentCompleted,
    ArgumentDelta,
    ArgumentStarted,
    MessageFinished,
    ProviderEvent,
    ReasoningDelta,
    TextDelta,
    ToolCallCompleted,
    ToolCallDelta,
    ToolCallRejected,
    ToolCallStarted,
    ToolCallTruncated,
    UsageUpdated,
)
from streamparse.message_parser import MessageParser
from tests.helpers import call as json_call
from tests.helpers import cut, replay, same
from tests.laws.test_law_3_never_take_back import grown
from tests.messages import answer, call_texts, dumped, run_parser, sse
from tests.strategies import PLACES, SIZES
from tests.streams import (
    QUIRKS,
    SCRIPTS,
    SEQUENTIAL,
    WHOLE_ONLY,
    Said,
    Script,
    Step,
    as_bytes,
    completes_at_reason,
    expected_call,
    expected_content,
    expected_reason,
    expected_status,
    framed,
    scripts,
    steps,
)

ENDS = st.sampled_from(["\n\n", "\r\n\r\n", "\r\r"])
COMMENTS = st.sampled_from(["", ": keep-alive\n\n"])


def said(script: Script, kind: str) -> str:
    texts = [part for part in script.parts if isinstance(part, Said) and part.kind == kind]
    return "".join(part.text for part in texts)


def check_message(message: Any, script: Script) -> None:
    """The message equals the expected message of the script."""
    assert (message.status, message.finish_reason) == (
        expected_status(script),
        expected_reason(script),
    )
    assert message.raw_finish_reason == script.finish
    assert (message.text, message.reasoning) == (said(script, "text"), said(script, "reasoning"))
    assert [part.type for part in message.content] == expected_content(script)
    assert len(message.tool_calls) == len(script.calls)
    for number, call in enumerate(message.tool_calls):
        expected = expected_call(script, number)
        found = (call.id, call.name, call.status)
        assert found == (expected.id, expected.name, expected.status)
        assert same(call.arguments, expected.arguments)
    assert (message.usage is not None) == script.usage


# The oracle


@pytest.mark.parametrize("quirk", sorted(QUIRKS))
@given(st.data())
def test_every_way_of_naming_calls(quirk: str, data: st.DataObject) -> None:
    """Whatever a server leaves out, repeats or rotates, the message equals the script."""
    script = data.draw(scripts(quirk))
    parser, events, error = run_parser([as_bytes(script, steps(script))])
    assert error is None
    check_message(parser.message, script)
    texts = call_texts(events)
    for number in range(len(script.calls)):
        assert texts.get((0, number), "") == expected_call(script, number).said


@given(scripts(choice=0), scripts(choice=1))
def test_two_choices_do_not_touch_each_other(one: Script, other: Script) -> None:
    if one.done:  # where a record was not understood, `[DONE]` ends neither
        one, other = (replace(each, extras=()) for each in (one, other))
    other = replace(other, done=one.done, usage=False)
    first, second = steps(one), steps(other)
    records = [step.record for step in _interleaved(first, second)]
    parser, events, error = run_parser([sse(records, done=one.done)])
    assert error is None
    assert [message.choice for message in parser.messages] == [0, 1]
    check_message(parser.messages[0], one)
    check_message(parser.messages[1], other)
    alone = run_parser([as_bytes(one, first)])[1]
    assert [event.to_dict() for event in events if event.choice == 0 and _is_of_it(event)] == [
        event.to_dict() for event in alone if _is_of_it(event)
    ]


def _interleaved(one: Sequence[Step], other: Sequence[Step]) -> list[Step]:
    longest = max(len(one), len(other))
    return [step for at in range(longest) for step in [*one[at : at + 1], *other[at : at + 1]]]


def _is_of_it(event: Any) -> bool:
    return not isinstance(event, ProviderEvent)  # unknown records have no choice


# Law 1


@given(SCRIPTS, SIZES, ENDS, COMMENTS)
def test_law_1_bytes_and_text(script: Script, sizes: Sequence[int], end: str, comment: str) -> None:
    """Law 1: cut in bytes or in characters, with the API named or detected."""
    data = as_bytes(script, steps(script), end, comment)
    whole = answer([data])
    assert whole.error is None
    assert answer(cut(data, sizes)) == whole
    assert answer(cut(data.decode(), sizes)) == whole
    # With "auto", unknown records at the start are held: they precede the start of the message.
    if 0 not in script.extras:
        assert answer(cut(data, sizes), api="auto") == whole


@given(SCRIPTS, SIZES)
def test_law_1_whatever_the_framing(script: Script, sizes: Sequence[int]) -> None:
    """Law 1: the same records as events, lines, glued, in an array, decoded."""
    found = steps(replace(script, done=False))
    records = [step.record for step in found]
    whole = answer(records)
    texts = [dumped(record) for record in records]
    for framing in (
        sse(records, done=False).decode(),
        "\n".join(texts),
        "".join(texts),
        f"[{', '.join(texts)}]",
        json.dumps(records, indent=2),
    ):
        assert answer(cut(framing, sizes)) == whole
        assert answer(cut(framing.encode(), sizes)) == whole


@given(scripts("standard", interleaved=False), SIZES.map(tuple))
def test_law_1_whatever_the_deltas(script: Script, sizes: tuple[int, ...]) -> None:
    """Law 1 for the cuts that the provider makes: how texts and arguments come in deltas."""
    script = replace(script, extras=())
    one = answer([as_bytes(script, steps(script))])
    other = replace(script, sizes=sizes)
    assert answer([as_bytes(other, steps(other))]) == one


def damaged(data: bytes, kind: str, place: int, byte: int) -> bytes:
    place %= len(data) + 1
    before, after = data[:place], data[place:]
    return {
        "replace": before + bytes([byte]) + after[1:],
        "insert": before + bytes([byte]) + after,
        "delete": before + after[1:],
        "double": before + after[:30] + after,
    }[kind]


@given(
    SCRIPTS,
    SIZES,
    st.sampled_from(["replace", "insert", "delete", "double"]),
    st.integers(0, 5000),
    st.sampled_from(b'{}[]":,\\ \n\r01xdn\xc3\xff\x00'),
    st.sampled_from(["openai-chat", "auto"]),
)
def test_law_1_damaged(
    script: Script, sizes: Sequence[int], kind: str, place: int, byte: int, api: str
) -> None:
    """Law 1 for damaged streams: also their errors, with the places."""
    data = damaged(as_bytes(script, steps(script)), kind, place, byte)
    assert answer(cut(data, sizes), api) == answer([data], api)


# Law 2


def argument_events(events: Sequence[ValueEvent], call: ToolCall) -> list[Any]:
    found: list[Any] = []
    for event in events:
        match event:
            case ValueStarted(path, kind):
                found.append(ArgumentStarted(call, path, kind))
            case StringDelta(path, text):
                found.append(ArgumentDelta(call, path, text))
            case ValueCompleted(path, value):
                found.append(ArgumentCompleted(call, path, value))
    return found


class Oracle:
    """The events that each record must give at once, by the notes of its step."""

    def __init__(self, script: Script, parser: MessageParser) -> None:
        self.script = script
        self.parser = parser
        self.readers: dict[int, JSONParser] = {}
        self.lengths: dict[int, int] = {}  # of the arguments so far
        self.refused: set[int] = set()

    def events(self, step: Step) -> list[Any]:
        found: list[Any] = []
        for note in step.notes:
            match note:
                case ("text", text):
                    found.append(TextDelta(text))
                case ("reasoning", text):
                    found.append(ReasoningDelta(text))
                case ("started", number):
                    self.readers[number] = JSONParser()
                    found.append(ToolCallStarted(self.call(number)))
                case ("arguments", number, text):
                    found += self.arguments(number, text)
                case ("other", data):
                    name = "record" if "heartbeat" in data else "mood"
                    found.append(ProviderEvent(name, data))
                case ("finish", _):
                    found += self.finish()
                case ("usage",):
                    assert self.parser.message.usage is not None
                    found.append(UsageUpdated(self.parser.message.usage))
        return found

    def call(self, number: int) -> ToolCall:
        return self.parser.message.tool_calls[number]

    def arguments(self, number: int, text: str) -> list[Any]:
        call = self.call(number)
        if not text or number in self.refused:
            return []
        start = self.lengths.get(number, 0)
        self.lengths[number] = start + len(text)
        read, error = json_call(self.readers[number], text)
        events = argument_events(read, call)
        if error is None:
            return [ToolCallDelta(call, text), *events]
        self.refused.add(number)
        assert call.errors[-1].offset == error.offset
        accepted = text[: error.offset - start]
        events.append(ToolCallRejected(call, call.errors[-1]))
        return [ToolCallDelta(call, accepted)] * bool(accepted) + events

    def finish(self) -> list[Any]:
        """The events of the finish reason: the calls that it completes."""
        numbers = range(len(self.script.calls))
        completed = [number for number in numbers if completes_at_reason(self.script, number)]
        return [ToolCallCompleted(self.call(number)) for number in completed]

    def end(self) -> list[Any]:
        """The events of the end of the answer: the calls that waited for it, and the last event."""
        found = self.finish() if self.script.finish is None else []  # `[DONE]` in its place
        for number, spoken in enumerate(self.script.calls):
            call, expected = self.call(number), expected_call(self.script, number)
            if completes_at_reason(self.script, number) or spoken.form == "broken":
                continue
            if expected.status == "complete":
                found += argument_events(JSONParser().feed("{}"), call)
                found.append(ToolCallCompleted(call))
            elif expected.status == "truncated":
                found.append(ToolCallTruncated(call))
            else:
                found.append(ToolCallRejected(call, call.errors[-1]))
        return [*found, MessageFinished(self.parser.message)]


def plain(events: Sequence[Any]) -> list[Any]:
    """The events as data; adjacent deltas of one string are one, as how runs are cut is free."""
    found: list[Any] = []
    for event in events:
        data = event.to_dict()
        last: Any = found[-1] if found else None
        goes_on = last is not None and data["type"] == "argument_delta"
        if goes_on and {**last, "text": ""} == {**data, "text": ""}:
            last["text"] += data["text"]
        elif data["type"] != "message_started":
            found.append(data)
    return found


@given(SCRIPTS)
def test_law_2_each_record_brings_what_it_decides(script: Script) -> None:
    """Law 2: text, the start of a call, its arguments, a refusal, the ends of calls and answer."""
    parser = MessageParser("openai-chat")
    oracle = Oracle(script, parser)
    # Unknown fields precede the content of the delta; their place in a record does not matter.
    for step in steps(script):
        events = plain(parser.feed(sse([step.record], done=False)))
        expected = plain(oracle.events(step))
        assert sorted(events, key=_order) == sorted(expected, key=_order)
    last = parser.feed(sse([])) if script.done else parser.finish()
    assert plain(last) == plain(oracle.end())


def _order(event: dict[str, Any]) -> bool:
    return bool(event["type"] == "provider_event")


@given(SCRIPTS, st.sampled_from(["\n\n", "\r\n\r\n"]))
def test_law_2_in_bytes(script: Script, end: str) -> None:
    """Law 2: the byte that ends a record brings all of its events, and no other brings any."""
    by_record = MessageParser("openai-chat")
    parser = MessageParser("openai-chat")
    found = steps(script)
    for (data, _), step in zip(framed(script, found, end), found, strict=False):
        expected = [event.to_dict() for event in by_record.feed(step.record)]
        counts = [len(parser.feed(data[at : at + 1])) for at in range(len(data) - 1)]
        last = parser.feed(data[-1:])
        if end == "\n\n":
            assert not any(counts)
            assert [event.to_dict() for event in last] == expected
        else:  # a carriage return ends a line: the line feed after it decides nothing
            assert sum(counts) + len(last) == len(expected)
            assert not any(counts[:-1])
    if script.done:
        end_events = parser.feed(("data: [DONE]" + end).encode())
        assert isinstance(end_events[-1], MessageFinished)


# Laws 3 and 4


@given(SCRIPTS, SIZES)
def test_law_3_nothing_is_taken_back(script: Script, sizes: Sequence[int]) -> None:
    """Law 3: texts and values only grow, content is only added to, a status is left once."""
    parser = MessageParser("openai-chat")
    message = parser.message
    before: dict[str, Any] = {}
    for piece in [*cut(as_bytes(script, steps(script)), sizes), None]:
        _ = parser.finish() if piece is None else parser.feed(piece)
        now = _snapshot(message)
        for name, value in before.items():
            _check_grown(name, value, now[name])
        before = now


def _snapshot(message: Any) -> dict[str, Any]:
    now: dict[str, Any] = {"text": message.text, "reasoning": message.reasoning}
    now["status"] = message.status
    now["content"] = "".join(part.type[0] for part in message.content)
    for call in message.tool_calls:
        builder = call._builder
        path = builder.open_path
        now[f"arguments_text {call.index}"] = call.arguments_text
        now[f"status {call.index}"] = call.status
        now[f"partial {call.index}"] = (builder.snapshot(), path if builder.started else "none")
    return now


def _check_grown(name: str, old: Any, new: Any) -> None:
    if name.startswith("status"):
        assert old in ("in_progress", new)
    elif name.startswith("partial"):
        # The snapshot of a value that had not begun is None.
        assert old[1] == "none" or grown(old[0], new[0], old[1])
    else:
        assert new.startswith(old)


@given(scripts())
def test_law_4_deltas_add_up(script: Script) -> None:
    """Law 4: texts, and the arguments rebuilt from their events alone."""
    parser, events, _ = run_parser([as_bytes(script, steps(script))])
    message = parser.message
    for kind, text in ((TextDelta, message.text), (ReasoningDelta, message.reasoning)):
        assert "".join(event.text for event in events if isinstance(event, kind)) == text
    for call in message.tool_calls:
        told = [event for event in events if getattr(event, "call", None) is call]
        values = [_as_value(event) for event in told if hasattr(event, "path")]
        if values:
            assert same(replay(values), call.partial)
        endings = (ToolCallCompleted, ToolCallRejected, ToolCallTruncated)
        assert isinstance(told[0], ToolCallStarted)
        assert isinstance(told[-1], endings)
        assert sum(isinstance(event, endings) for event in told) == 1


def _as_value(event: Any) -> ValueEvent:
    match event:
        case ArgumentStarted(_, path, kind):
            return ValueStarted(path, kind)
        case ArgumentDelta(_, path, text):
            return StringDelta(path, text)
    return ValueCompleted(event.path, event.value)


# Law 7


@given(SCRIPTS, st.lists(st.integers(0, 100_000), min_size=1, max_size=8))
def test_law_7_cut_anywhere(script: Script, places: list[int]) -> None:
    """Law 7: complete needs its signal; what is completed is what the whole stream completes."""
    found = steps(script)
    records = framed(script, found)
    data = b"".join(record for record, _ in records)
    whole = run_parser([data])[0].message
    signal = _place_of_signal(script, found, records)
    for place in places:
        end = place % (len(data) + 1)
        parser, _, error = run_parser([data[:end]])
        assert error is None or data[:end] in (b"d", b"da", b"dat"), "no stream of any kind yet"
        message = parser.message
        signalled = signal is not None and end >= signal
        assert message.status == (expected_status(script) if signalled else "truncated")
        for call in message.tool_calls:
            if call.status == "complete":
                assert signalled
                later = whole.tool_calls[call.index]
                assert later.status == "complete"
                assert same(call.arguments, later.arguments)
        _check_what_stays(message, whole)


def _place_of_signal(
    script: Script, found: Sequence[Step], records: Sequence[tuple[bytes, int]]
) -> int | None:
    """From how many bytes on the finish is known."""
    start = 0
    for place, (record, length) in enumerate(records):
        notes = found[place].notes if place < len(found) else [("finish", "done")]
        if any(note[0] == "finish" for note in notes):
            return start + length
        start += len(record)
    return None


def _check_what_stays(message: Any, whole: Any) -> None:
    """The salvaged value is a prefix of the result of the whole stream."""
    assert whole.text.startswith(message.text)
    assert whole.reasoning.startswith(message.reasoning)
    for call, later in zip(message.tool_calls, whole.tool_calls, strict=False):
        assert later.arguments_text.startswith(call.arguments_text)
        assert later.raw_text.startswith(call.raw_text)
        assert call.name in (later.name, None)
        assert call.status != "in_progress"
        if call._builder.started and later._builder.started:
            assert grown(call.partial, later.partial, call._builder.open_path)


# Law 8

_JSON = st.recursive(
    st.booleans() | st.integers(1) | st.text(min_size=1),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=2)
        | st.dictionaries(st.text(min_size=1, max_size=5), inner, min_size=1, max_size=2)
    ),
    max_leaves=4,
)
_NEW_KEYS = st.text(st.sampled_from("uvwxyz"), min_size=3, max_size=6)


def everything_shown(events: Sequence[Any], message: Any) -> list[Any]:
    shown = [event.data for event in events if isinstance(event, ProviderEvent)]
    return shown + list(message.extra.values()) + [part.extra for part in message.content]


@given(scripts("standard"), PLACES, _NEW_KEYS, _JSON, st.integers(0, 4))
def test_law_8_unknown_fields_reach_the_caller(
    script: Script, place: int, key: str, value: Any, where: int
) -> None:
    """Law 8: a new field of a record, a choice, a delta, a call or a function."""
    records = [step.record for step in steps(script) if step.record.get("choices")]
    record = json.loads(dumped(records[place % len(records)]))
    holder: Any = record
    [choice] = record["choices"]
    calls = choice["delta"].get("tool_calls")
    if where == 1:
        holder = choice
    elif where == 2:
        holder = choice["delta"]
    elif where > 2:
        assume(calls)
        holder = calls[0] if where == 3 else calls[0]["function"]
    assume(key not in holder)
    holder[key] = value
    parser, events, error = run_parser([record])
    assert error is None
    found = everything_shown(events, parser.message)
    assert value in found or any(isinstance(one, dict) and one.get(key) == value for one in found)


@given(scripts("standard"), PLACES, st.sampled_from([5, "text", ["a"], {"a": 1}, True]))
def test_law_8_fields_of_another_type_reach_the_caller(
    script: Script, place: int, odd: Any
) -> None:
    """Law 8: a text has another type; no exception, and nothing is lost."""
    for key in ("content", "tool_calls", "function_call", "reasoning", "annotations"):
        record = {"choices": [{"index": 0, "delta": {"content": "a", key: odd}}]}
        parser, events, error = run_parser([record, {"choices": [odd], "usage": odd}])
        assert error is None
        shown = everything_shown(events, parser.message)
        shown += [parser.message.text, parser.message.reasoning, parser.message.usage]
        shown += [part.to_dict().get("data") for part in parser.message.content]
        items = odd if isinstance(odd, list) else [odd]
        understood = isinstance(odd, dict) and key == "function_call"
        assert understood or any(item in shown for item in items)


@given(SCRIPTS)
def test_law_8_text_beside_calls(script: Script) -> None:
    """Law 8: all the text there is, wherever it is between calls."""
    parser, events, _ = run_parser([as_bytes(script, steps(script))])
    assert parser.message.text == said(script, "text")
    places = {0: "record", 100: "mood"}
    others = [event for event in events if isinstance(event, ProviderEvent)]
    for step in steps(script):
        for note in step.notes:
            if note[0] == "other":
                name = places[0] if "heartbeat" in note[1] else places[100]
                assert ProviderEvent(name, note[1]) in others


@given(SCRIPTS, PLACES)
def test_law_8_a_cut_record_reaches_the_caller(script: Script, place: int) -> None:
    """Laws 7 and 8: the record that the cut went through is passed on as text."""
    records = framed(script, steps(script))
    data, length = records[place % len(records)]
    end = len("data: {") + place % (length - len("data: {"))
    assume(end < length)
    _, events, error = run_parser([data[:end]])
    assert error is None
    passed_on = [event for event in events if isinstance(event, ProviderEvent)]
    assert [event.data for event in passed_on] == [
        {"text": data[len("data: ") : end].decode("utf-8", "replace")}
    ]


def test_quirks_that_need_something_are_quirks() -> None:
    assert {*SEQUENTIAL, *WHOLE_ONLY} <= set(QUIRKS)


# Calls before they are complete


def _calls_when(pieces: Sequence[bytes], when: CallsWhen) -> tuple[list[Any], Message]:
    """Return the index and the arguments of each call as it was yielded, and the message."""
    reading = stream(pieces, api="openai-chat")
    found: list[Any] = []
    with suppress(StreamParseError):
        for call in reading.tool_calls(when=when):
            assert call.arguments is None or call.confirmed
            found.append((call.index, call.arguments_text.strip(), deepcopy(call.partial)))
    return found, reading.message


@given(SCRIPTS, SIZES, SIZES)
def test_whole_calls_are_the_completed_ones_and_perhaps_more(
    script: Script, sizes: list[int], others: list[int]
) -> None:
    """`when="whole"`: the same calls in the same order, no doubles, for any chunking."""
    data = as_bytes(script, steps(script))
    completed, _ = _calls_when(cut(data, sizes), "complete")
    whole, message = _calls_when(cut(data, others), "whole")
    assert same(whole, _calls_when([data], "whole")[0])
    indexes = [index for index, _, _ in whole]
    assert len(indexes) == len(set(indexes))
    confirmed = [entry for entry in whole if message.tool_calls[entry[0]].confirmed]
    assert same(confirmed, completed)
    for index, _, partial in whole:  # emitted events do not change any more
        assert same(message.tool_calls[index].partial, partial)
