"""Assertions of the laws for any text in any format.

This module does not import hypothesis or pytest, because the fuzz targets use it too.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from streamparse import StreamParseError, StringDelta, ValueCompleted, ValueStarted
from streamparse.formats import Format, FormatParser
from streamparse.formats.registry import format_of
from streamparse.message import Message, ToolCall
from streamparse.message_events import (
    ArgumentCompleted,
    ArgumentDelta,
    ArgumentStarted,
    MessageFinished,
    MessageStarted,
    ProviderEvent,
    ReasoningDelta,
    TextDelta,
    ToolCallCompleted,
    ToolCallDelta,
    ToolCallRejected,
    ToolCallStarted,
    ToolCallTruncated,
)
from tests.formats.invented import literals
from tests.formats.render import Answer
from tests.helpers import Failure, failure, replay, same, tokens
from tests.messages import call_texts, merged

ENDINGS = (ToolCallCompleted, ToolCallRejected, ToolCallTruncated)


@dataclass(frozen=True)
class Reading:
    """The complete result of a run as plain data; law 1 requires equal readings."""

    message: Any
    events: list[Any]  # adjacent deltas merged
    texts: dict[Any, str]
    error: Failure | None


@dataclass(frozen=True)
class Run:
    """The message, the events and the error of a run."""

    message: Message
    events: list[Any]
    error: StreamParseError | None

    @property
    def reading(self) -> Reading:
        return Reading(
            tokens(self.message.to_dict()),
            merged(self.events),
            call_texts(self.events),
            None if self.error is None else failure(self.error),
        )


def run(format: str | Format, pieces: Iterable[str], **options: Any) -> Run:
    """Feed the pieces to a new parser and finish, or stop at the first error."""
    parser = FormatParser(format, **options)
    events: list[Any] = []
    try:
        for piece in pieces:
            events += parser.feed(piece)
        events += parser.finish()
    except StreamParseError as error:
        return Run(parser.message, events + error.events, error)
    return Run(parser.message, events, None)


# The results of a known answer


def check_answer(message: Message, answer: Answer) -> None:
    """Assert that the message equals the answer and is complete."""
    assert message.text.strip() == answer.content
    assert message.reasoning.strip() == answer.reasoning
    assert [call.name for call in message.tool_calls] == [call.name for call in answer.calls]
    for index, (call, expected) in enumerate(zip(message.tool_calls, answer.calls, strict=True)):
        assert (call.index, call.status, call.id) == (index, "complete", expected.id)
        assert same(call.arguments, expected.arguments)
    assert message.status == "complete"
    assert message.finish_reason == ("tool_calls" if answer.calls else "stop")


def check_truncated(answer: Answer, place: int, pieces: Sequence[str]) -> None:
    """Assert that only whole calls are complete (law 7) and nothing is lost (law 8).

    `pieces` are the text of the answer up to `place`.
    """
    whole = sum(end <= place for end in answer.ends)
    found = run(answer.format, pieces, tools=answer.tools or None, **answer.options)
    assert found.error is None
    calls = found.message.tool_calls
    assert [call.status for call in calls[:whole]] == ["complete"] * whole
    for call, expected in zip(calls, answer.calls, strict=False):
        assert call.name == expected.name
        assert call.status in ("complete", "truncated")
        if call.status == "complete":
            assert same(call.arguments, expected.arguments)
    assert [call.status for call in calls[whole:]] in ([], ["truncated"])
    if place < len(answer.text) and len(calls) > whole:
        assert found.message.status == "truncated"
    check_events(found)
    check_nothing_lost("".join(pieces), answer.format, found)


# The results of any run


def check_events(found: Run) -> None:
    """Assert that deltas add up (law 4), and that message and calls start and end once."""
    events, message = found.events, found.message
    assert isinstance(events[0], MessageStarted)
    assert isinstance(events[-1], MessageFinished)
    assert message.status in ("complete", "truncated")
    assert _joined(events, TextDelta) == message.text
    assert _joined(events, ReasoningDelta) == message.reasoning
    for event in events:
        if isinstance(event, (TextDelta, ReasoningDelta, ToolCallDelta, ArgumentDelta)):
            assert event.text
    for call in message.tool_calls:
        check_call(call, [event for event in events if getattr(event, "call", None) is call])
        if call.status == "truncated":
            assert message.status == "truncated"


def _joined(events: Iterable[Any], kind: Any) -> str:
    return "".join(event.text for event in events if isinstance(event, kind))


def check_call(call: ToolCall, events: list[Any]) -> None:
    """Assert that a call has one start and one end, and deltas that add up to its arguments."""
    assert [type(event) for event in events if isinstance(event, ToolCallStarted)] == [
        ToolCallStarted
    ]
    assert isinstance(events[0], ToolCallStarted)
    assert sum(isinstance(event, ENDINGS) for event in events) == 1
    assert isinstance(events[-1], ENDINGS)
    assert call.name
    assert call.status in ("complete", "rejected", "truncated")
    assert call.arguments is None or call.status == "complete"
    emitted = _joined(events, ToolCallDelta)
    assert call.arguments_text.startswith(emitted)
    if call.status == "rejected":
        return
    assert emitted == call.arguments_text
    if call.kind == "custom":
        assert call.partial == emitted
        return
    assert same(replay(_value_events(events)), call.partial)
    if call.status == "complete":
        assert call.arguments == json.loads(call.arguments_text.strip() or "{}")


def _value_events(events: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for event in events:
        match event:
            case ArgumentStarted(_, path, kind):
                found.append(ValueStarted(path, kind))
            case ArgumentDelta(_, path, text):
                found.append(StringDelta(path, text))
            case ArgumentCompleted(_, path, value):
                found.append(ValueCompleted(path, value))
    return found


# Law 3


def check_growth(format: str | Format, pieces: Iterable[str], **options: Any) -> None:
    """Assert that the text and the arguments after one piece begin those after the next (law 3)."""
    parser = FormatParser(format, **options)
    message = parser.message
    shown: list[Any] = []
    texts = "", ""
    for piece in [*pieces, None]:
        if piece is None:
            parser.finish()
        else:
            parser.feed(piece)
        assert message.text.startswith(texts[0])
        assert message.reasoning.startswith(texts[1])
        texts = message.text, message.reasoning
        calls = message.tool_calls
        assert len(calls) >= len(shown)
        now = [json.loads(json.dumps(call.partial)) for call in calls]
        assert all(map(grows, shown, now))
        # (A call without a value yet may become anything.)
        shown = now


def grows(old: Any, new: Any) -> bool:
    """Return whether `old` may have become `new`: only its last part may have changed."""
    if old is None or same(old, new):
        return True
    if type(old) is not type(new):
        return False
    if isinstance(old, str):
        return bool(new.startswith(old))
    if isinstance(old, dict):
        if list(new)[: len(old)] != list(old):
            return False
        old, new = list(old.values()), list(new.values())
    if not isinstance(old, list) or len(new) < len(old):
        return False
    if not old:
        return True
    last, now = old[-1], new[len(old) - 1]
    return same(old[:-1], new[: len(old) - 1]) and (
        same(last, now) or (last is not None and grows(last, now))
    )


# Law 8

_WORD = re.compile(r"[^\W_]{3,}")
_RECIPIENT = re.compile(r"to=[^\s<]+")  # the call repeats the name in it
_ATTRIBUTE = re.compile(r'\b(?!(?:tool|key)=)\w+="[^"]*"|\w+="')  # only `tool` and `key` carry data
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,4}|U[0-9a-fA-F]{0,8}|x[0-9a-fA-F]{0,2}|.|$)", re.DOTALL)
# Keys and words of the templates, which are framing and not part of a call.
_FRAMING = (
    "name arguments parameters args type function tool_name tool_call_id id index json constrain "
    "assistant functions commentary analysis final self user message call string object array "
    "integer number boolean null true false think"
)


def check_nothing_lost(text: str, format: str | Format, found: Run, suffix: str = "") -> None:
    """Assert that every word of the text is in the result of the run, or is framing (law 8)."""
    dump = _dump(found)
    words = literals(format_of(format).with_suffix(suffix))
    framing = " ".join([_FRAMING, *words])
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, " ")
    if "<atem:invoke name=" in words:
        text = _RECIPIENT.sub(" ", text)
    if "<|open|>call" in words:
        text = _ATTRIBUTE.sub(" ", text)
    calls = found.message.tool_calls
    broken = any(call.status == "rejected" or type(call.partial) is not dict for call in calls)
    # A limit may end the start of a call inside a word; the rest of the word is text.
    broken = broken or any(
        isinstance(event, ProviderEvent) and event.name == "incomplete_call"
        for event in found.events
    )
    for word in _WORD.findall(_ESCAPE.sub(" ", html.unescape(text))):
        is_there = word in dump or word in framing or (broken and _is_split(word, dump))
        assert is_there, f"{word!r} is lost"


def _is_split(word: str, dump: str) -> bool:
    """Return whether the word is in two places, because an error ended the JSON inside it."""
    return any(word[:place] in dump and word[place:] in dump for place in range(1, len(word)))


def _dump(found: Run) -> str:
    """Return all text that reached the caller."""
    message = found.message
    parts = [message.text, message.reasoning]
    for call in message.tool_calls:
        parts += [call.name or "", call.id or "", call.raw_text, call.arguments_text]
        parts += [error.message for error in call.errors]
    for event in found.events:
        if isinstance(event, ProviderEvent):
            parts += [event.name, str(event.data), json.dumps(event.data, ensure_ascii=False)]
    return " ".join(parts)


# Any text


def check_any_text(
    format: str | Format, text: str, cuttings: Iterable[Sequence[str]], **options: Any
) -> None:
    """Assert laws 1, 4 and 8 for any text. Exceptions other than our own are not caught."""
    whole = run(format, [text], **options)
    for pieces in cuttings:
        assert run(format, pieces, **options).reading == whole.reading
    if whole.error is None:
        check_events(whole)
        check_nothing_lost(text, format, whole, options.get("suffix", ""))
