"""Tests of streamparse.frontends.encoder: what holds for both protocols."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import MessageParser, ProviderEvent, SSEDecoder, StreamParseError, TextDelta
from streamparse._core.plain import json_text
from streamparse.frontends import AGUIEvents, UIMessageStream
from streamparse.frontends.front_end import FrontEnd
from streamparse.message import ToolCall
from tests.helpers import cut
from tests.messages import call_chunk, chunk, run_parser, sse, text_chunk
from tests.strategies import SIZES
from tests.streams import SCRIPTS, Script, as_bytes, scripts, steps

MAKERS: list[Callable[..., FrontEnd]] = [
    lambda **options: UIMessageStream(message_id="m", **options),
    lambda **options: AGUIEvents("t", "r", **options),
]
BOTH = pytest.mark.parametrize("make", MAKERS, ids=["ui", "agui"])
DELTAS = ("delta", "inputTextDelta")


def told(make: Callable[..., FrontEnd], pieces: Iterable[Any], **options: Any) -> list[Any]:
    """The chunks that the encoder emits for the pieces of an OpenAI chat stream."""
    parser = MessageParser("openai-chat")
    encoder = make(**options)
    said = []
    for piece in pieces:
        said += encoder.encode(parser.feed(piece))
    return said + encoder.encode(parser.finish()) + encoder.finish()


def merged(chunks: Iterable[Any]) -> list[Any]:
    """The chunks; adjacent deltas of one part become one."""
    found: list[Any] = []
    run: dict[str, list[Any]] = {}
    for said in [*chunks, None]:
        name = next((name for name in DELTAS if said and name in said), None)
        if name is not None:
            rest = {key: value for key, value in said.items() if key != name}
            run.setdefault(repr(rest), [rest, ""])[1] += said[name]
            continue
        found += [one for _, one in sorted(run.items())]
        run = {}
        found.append(said)
    return found[:-1]


def kinds(chunks: Iterable[Any]) -> list[str]:
    return [said["type"] for said in chunks]


def check_chunking(
    make: Callable[..., FrontEnd], script: Script, sizes: Sequence[int], **options: Any
) -> None:
    stream = as_bytes(script, steps(script))
    found = told(make, cut(stream, sizes), **options)
    assert merged(found) == merged(told(make, [stream], **options))


@BOTH
@given(script=SCRIPTS, sizes=SIZES, provider_events=st.booleans())
def test_law_1_any_chunking(
    make: Callable[..., FrontEnd], script: Script, sizes: Sequence[int], provider_events: bool
) -> None:
    """Law 1: the chunks do not depend on how the provider's stream is cut."""
    check_chunking(make, script, sizes, provider_events=provider_events)


@BOTH
@given(script=scripts("late_id"), sizes=SIZES)
def test_law_1_where_ids_come_late(
    make: Callable[..., FrontEnd], script: Script, sizes: Sequence[int]
) -> None:
    check_chunking(make, script, sizes)


@BOTH
@given(script=SCRIPTS)
def test_chunks_are_json(make: Callable[..., FrontEnd], script: Script) -> None:
    """The bytes are the encoded chunks, each an event."""
    said = told(make, [as_bytes(script, steps(script))])
    body = make().to_sse(said)
    records = [event.data for event in SSEDecoder().feed(body)]
    if records[-1] == "[DONE]":
        records.pop()
    assert [json.loads(record) for record in records] == said


# Ids of calls


def starts(said: Iterable[Any]) -> list[str]:
    names = ("tool-input-start", "TOOL_CALL_START")
    return [each["toolCallId"] for each in said if each["type"] in names]


@BOTH
def test_an_id_that_comes_with_the_first_arguments(make: Callable[..., FrontEnd]) -> None:
    """A call without an id waits for its next delta, and what comes after it waits too."""
    parser, encoder = MessageParser("openai-chat"), make()
    said = encoder.encode(parser.feed(call_chunk("", name="f")))
    said += encoder.encode(parser.feed(text_chunk("x")))
    assert starts(said) == []
    assert not any("delta" in each for each in said)
    said = encoder.encode(parser.feed(call_chunk("{", id="late")))
    assert starts(said) == ["late"]
    assert [each["delta"] for each in said if "delta" in each][:1] == ["x"]


@BOTH
def test_a_name_that_comes_late(make: Callable[..., FrontEnd]) -> None:
    """A call begins when it has a name: after a call whose name arrived first."""
    unnamed = call_chunk("{}", index=0, id="c0")
    named = call_chunk("{}", index=1, id="c1", name="g")
    pieces = [sse([unnamed, named, call_chunk("", index=0, name="f"), chunk({}, "stop")])]
    assert starts(told(make, pieces)) == ["c1", "c0"]


@BOTH
def test_calls_without_ids(make: Callable[..., FrontEnd]) -> None:
    first = [call_chunk("{}", index=at, name="f") for at in range(2)]
    pieces = [sse([*first, chunk({}, "tool_calls")])]
    ids = starts(told(make, pieces))
    assert [identity.rpartition("-call")[2] for identity in ids] == ["-1", "-2"]
    assert ids == starts(told(make, pieces))


@BOTH
def test_each_id_is_used_once(make: Callable[..., FrontEnd]) -> None:
    """Two answers of one stream may use the same id: for the front end they are two calls."""
    encoder = make()
    said = []
    for _ in range(2):
        _, events, _ = run_parser([sse([call_chunk("{}", id="c", name="f"), chunk({}, "stop")])])
        said += encoder.encode(events)
    assert starts(said) == ["c", "c-1"]


@BOTH
def test_pickled_events_say_the_same(make: Callable[..., FrontEnd]) -> None:
    """Events that went through a queue bring copies of their call."""
    parser, here, there = MessageParser("openai-chat"), make(), make()
    records = [call_chunk('{"a"', name="f"), call_chunk(": 1}"), chunk({}, "tool_calls")]
    for record in [*records, None]:
        events = parser.finish() if record is None else parser.feed(record)
        copies = [pickle.loads(pickle.dumps(event)) for event in events]
        assert there.encode(copies) == here.encode(events)
    assert there.finish() == here.finish()


# Answers


@BOTH
def test_choices(make: Callable[..., FrontEnd]) -> None:
    """Without the option, the choice that begins first is encoded, and no other."""
    records = [text_chunk("one", 1), text_chunk("nil", 0), chunk({}, "stop", 0)]
    pieces = [sse([*records, chunk({}, "stop", 1)])]
    deltas = [each["delta"] for each in told(make, pieces) if "delta" in each]
    assert deltas == ["one"]
    deltas = [each["delta"] for each in told(make, pieces, choice=0) if "delta" in each]
    assert deltas == ["nil"]


@BOTH
def test_life_cycle(make: Callable[..., FrontEnd]) -> None:
    encoder = make()
    with pytest.raises(TypeError, match="message events, not str"):
        encoder.encode(["text"])  # type: ignore[list-item]
    assert encoder.encode([]) == []
    assert encoder.finish()
    assert encoder.finish() == encoder.abort() == encoder.encode([]) == []
    with pytest.raises(StreamParseError) as raised:
        encoder.encode([TextDelta("late")])
    assert raised.value.code == "finished"
    with pytest.raises(StreamParseError):
        encoder.tool_output(ToolCall(), 1)
    with pytest.raises(ValueError, match="no call 0"):
        make().tool_error(ToolCall(), "no")


@BOTH
def test_an_open_call_has_no_result(make: Callable[..., FrontEnd]) -> None:
    parser, encoder = MessageParser("openai-chat"), make()
    encoder.encode(parser.feed(call_chunk('{"a', id="c", name="f")))
    with pytest.raises(ValueError, match="the call c has not ended"):
        encoder.tool_output(parser.message.tool_calls[0], 1)


@BOTH
def test_events_without_a_start(make: Callable[..., FrontEnd]) -> None:
    """Whoever leaves events out still gets a stream that its client can read."""
    _, events, _ = run_parser([sse([call_chunk("{}", id="c", name="f"), chunk({}, "stop")])])
    encoder = make()
    said = encoder.encode(event for event in events if event.type == "tool_call_completed")
    assert starts(said) == ["c"]
    assert said[0]["type"] in ("start", "RUN_STARTED")


@BOTH
def test_late_events(make: Callable[..., FrontEnd]) -> None:
    """Events after the end of the answer are still encoded."""
    encoder = make(provider_events=True)
    _, events, _ = run_parser([sse([chunk({}, "stop")])])
    encoder.encode(events)
    said = encoder.encode([ProviderEvent("more", {"a": 1})])
    assert kinds(said) in (["data-provider-event"], ["RAW"])
    assert kinds(make().encode([ProviderEvent("more", {"a": 1})])) == []


@BOTH
def test_error_text(make: Callable[..., FrontEnd]) -> None:
    """Other exceptions than ours may reveal too much; a function returns the text to show."""
    secret = RuntimeError("http://10.0.0.7/internal refused")
    assert "10.0.0.7" not in json_text(make().finish(secret))
    assert "10.0.0.7" in json_text(make(error_text=str).finish(secret))
    assert "it rains" in json_text(make().finish("it rains"))
    error = StreamParseError("no such thing", code="not_found")
    assert "no such thing" in json_text(make().finish(error))


@BOTH
def test_a_new_answer_ends_the_one_before(make: Callable[..., FrontEnd]) -> None:
    """An answer that was left in the middle is cut when the next one begins."""
    encoder = make()
    encoder.encode(MessageParser("openai-chat").feed(call_chunk('{"a', id="c", name="f")))
    said = encoder.encode(MessageParser("openai-chat").feed(text_chunk("again")))
    assert any("cut off" in json_text(each) for each in said)
    assert kinds(said)[-1] in ("text-delta", "TEXT_MESSAGE_CONTENT")
