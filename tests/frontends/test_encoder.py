"""Tests of streamparse.frontends.encoder: what both protocols have in common."""

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
from streamparse.aliases import FinishReason, MessageStatus
from streamparse.errors import IncompleteError, ProviderError, SchemaViolation
from streamparse.frontends import AGUIEvents, UIMessageStream
from streamparse.frontends.encoder import CUT_ANSWER, EventQueue, cut_status
from streamparse.frontends.front_end import FrontEnd
from streamparse.message import (
    Citation,
    Message,
    Reasoning,
    ServerToolResult,
    Text,
    ToolCall,
    Usage,
)
from streamparse.message_events import (
    AnyMessageEvent,
    MessageFailed,
    MessageFinished,
    MessageStarted,
    OutputDelta,
    OutputRejected,
    OutputStarted,
    RefusalDelta,
    ServerToolCompleted,
    ToolCallCompleted,
    ToolCallDelta,
    ToolCallRejected,
    ToolCallStarted,
    ToolCallTruncated,
    UsageUpdated,
)
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


def chunks_of(make: Callable[..., FrontEnd], pieces: Iterable[Any], **options: Any) -> list[Any]:
    """Return the chunks of the encoder for the pieces of an OpenAI chat stream."""
    parser = MessageParser("openai-chat")
    encoder = make(**options)
    written = []
    for piece in pieces:
        written += encoder.encode(parser.feed(piece))
    return written + encoder.encode(parser.finish()) + encoder.finish()


def merged(chunks: Iterable[Any]) -> list[Any]:
    """Return the chunks, with adjacent deltas of one part merged."""
    found: list[Any] = []
    run: dict[str, list[Any]] = {}
    for written in [*chunks, None]:
        name = next((name for name in DELTAS if written and name in written), None)
        if name is not None:
            rest = {key: value for key, value in written.items() if key != name}
            run.setdefault(repr(rest), [rest, ""])[1] += written[name]
            continue
        found += [one for _, one in sorted(run.items())]
        run = {}
        found.append(written)
    return found[:-1]


def kinds(chunks: Iterable[Any]) -> list[str]:
    return [written["type"] for written in chunks]


def check_chunking(
    make: Callable[..., FrontEnd], script: Script, sizes: Sequence[int], **options: Any
) -> None:
    stream = as_bytes(script, steps(script))
    found = chunks_of(make, cut(stream, sizes), **options)
    assert merged(found) == merged(chunks_of(make, [stream], **options))


@BOTH
@given(script=SCRIPTS, sizes=SIZES, provider_events=st.booleans())
def test_law_1_any_chunking(
    make: Callable[..., FrontEnd], script: Script, sizes: Sequence[int], provider_events: bool
) -> None:
    """The chunks do not depend on the cuts of the provider's stream (law 1)."""
    check_chunking(make, script, sizes, provider_events=provider_events)


@BOTH
@given(script=scripts("late_id"), sizes=SIZES)
def test_law_1_with_late_ids(
    make: Callable[..., FrontEnd], script: Script, sizes: Sequence[int]
) -> None:
    check_chunking(make, script, sizes)


@BOTH
@given(script=SCRIPTS)
def test_chunks_are_json(make: Callable[..., FrontEnd], script: Script) -> None:
    """The bytes are the chunks as JSON, each in a server-sent event."""
    written = chunks_of(make, [as_bytes(script, steps(script))])
    body = make().to_sse(written)
    records = [event.data for event in SSEDecoder().feed(body)]
    if records[-1] == "[DONE]":
        records.pop()
    assert [json.loads(record) for record in records] == written


# Ids of calls


def starts(written: Iterable[Any]) -> list[str]:
    names = ("tool-input-start", "TOOL_CALL_START")
    return [each["toolCallId"] for each in written if each["type"] in names]


@BOTH
def test_an_id_that_arrives_with_the_first_arguments(make: Callable[..., FrontEnd]) -> None:
    """A call without an id waits for its next delta, and later events wait too."""
    parser, encoder = MessageParser("openai-chat"), make()
    written = encoder.encode(parser.feed(call_chunk("", name="f")))
    written += encoder.encode(parser.feed(text_chunk("x")))
    assert starts(written) == []
    assert not any("delta" in each for each in written)
    written = encoder.encode(parser.feed(call_chunk("{", id="late")))
    assert starts(written) == ["late"]
    assert [each["delta"] for each in written if "delta" in each][:1] == ["x"]


@BOTH
def test_a_name_that_arrives_late(make: Callable[..., FrontEnd]) -> None:
    """A call starts when its name arrives, so it follows calls that had a name before."""
    unnamed = call_chunk("{}", index=0, id="c0")
    named = call_chunk("{}", index=1, id="c1", name="g")
    pieces = [sse([unnamed, named, call_chunk("", index=0, name="f"), chunk({}, "stop")])]
    assert starts(chunks_of(make, pieces)) == ["c1", "c0"]


@BOTH
def test_calls_without_ids(make: Callable[..., FrontEnd]) -> None:
    first = [call_chunk("{}", index=at, name="f") for at in range(2)]
    pieces = [sse([*first, chunk({}, "tool_calls")])]
    ids = starts(chunks_of(make, pieces))
    assert [identity.rpartition("-call")[2] for identity in ids] == ["-1", "-2"]
    assert ids == starts(chunks_of(make, pieces))


@BOTH
def test_each_id_is_used_once(make: Callable[..., FrontEnd]) -> None:
    """Two answers of one stream may use one id; for the front end they are different calls."""
    encoder = make()
    written = []
    for _ in range(2):
        _, events, _ = run_parser([sse([call_chunk("{}", id="c", name="f"), chunk({}, "stop")])])
        written += encoder.encode(events)
    assert starts(written) == ["c", "c-1"]


@BOTH
def test_pickled_events_give_the_same_records(make: Callable[..., FrontEnd]) -> None:
    """Events that were pickled refer to copies of their call."""
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
    """Without the option only the choice that starts first is encoded."""
    records = [text_chunk("one", 1), text_chunk("nil", 0), chunk({}, "stop", 0)]
    pieces = [sse([*records, chunk({}, "stop", 1)])]
    deltas = [each["delta"] for each in chunks_of(make, pieces) if "delta" in each]
    assert deltas == ["one"]
    deltas = [each["delta"] for each in chunks_of(make, pieces, choice=0) if "delta" in each]
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
    """If events are left out, the client can still read the stream."""
    _, events, _ = run_parser([sse([call_chunk("{}", id="c", name="f"), chunk({}, "stop")])])
    encoder = make()
    written = encoder.encode(event for event in events if event.type == "tool_call_completed")
    assert starts(written) == ["c"]
    assert written[0]["type"] in ("start", "RUN_STARTED")


@BOTH
def test_late_events(make: Callable[..., FrontEnd]) -> None:
    """Events after the end of the answer are still encoded."""
    encoder = make(provider_events=True)
    _, events, _ = run_parser([sse([chunk({}, "stop")])])
    encoder.encode(events)
    written = encoder.encode([ProviderEvent("more", {"a": 1})])
    assert kinds(written) in (["data-provider-event"], ["RAW"])
    assert kinds(make().encode([ProviderEvent("more", {"a": 1})])) == []


@BOTH
def test_error_text(make: Callable[..., FrontEnd]) -> None:
    """Texts of other exceptions than ours are not shown, unless `error_text` returns them."""
    secret = RuntimeError("http://10.0.0.7/internal refused")
    assert "10.0.0.7" not in json_text(make().finish(secret))
    assert "10.0.0.7" in json_text(make(error_text=str).finish(secret))
    assert "it rains" in json_text(make().finish("it rains"))
    error = StreamParseError("no such thing", code="not_found")
    assert "no such thing" in json_text(make().finish(error))


@BOTH
def test_a_new_answer_ends_the_one_before(make: Callable[..., FrontEnd]) -> None:
    """An unfinished answer is cut when the next one starts."""
    encoder = make()
    encoder.encode(MessageParser("openai-chat").feed(call_chunk('{"a', id="c", name="f")))
    written = encoder.encode(MessageParser("openai-chat").feed(text_chunk("again")))
    assert any("cut off" in json_text(each) for each in written)
    assert kinds(written)[-1] in ("text-delta", "TEXT_MESSAGE_CONTENT")


@BOTH
def test_the_first_failure_is_shown(make: Callable[..., FrontEnd]) -> None:
    """Later failures are its consequences."""
    message, encoder = Message(), make()
    error = ProviderError("overloaded", code="provider")
    sent = encoder.encode([TextDelta("Hm"), MessageFailed(message, error)])
    sent += encoder.finish(StreamParseError("the connection broke", code="closed"))
    assert kinds(sent)[-1] in ("finish", "RUN_ERROR")
    assert "overloaded" in json_text(sent)
    assert "the connection broke" not in json_text(sent)


@BOTH
@pytest.mark.parametrize("error", [None, IncompleteError("the line went dead", code="truncated")])
def test_an_answer_without_a_finish_reason_has_failed(
    make: Callable[..., FrontEnd], error: StreamParseError | None
) -> None:
    message, encoder = Message(), make()
    message.status, message.error = "truncated", error
    sent = encoder.encode([TextDelta("Hm"), MessageFinished(message)]) + encoder.finish()
    assert (error or CUT_ANSWER).message in json_text(sent)


@BOTH
def test_a_later_answer_hides_a_failure(make: Callable[..., FrontEnd]) -> None:
    """The server may request the answer again after a failure."""
    encoder, error = make(), ProviderError("overloaded", code="provider")
    sent = encoder.encode([MessageStarted("a", None), MessageFailed(Message(), error)])
    _, events, _ = run_parser([text_chunk("Hi"), chunk({}, "stop")])
    sent += encoder.encode(events) + encoder.finish()
    assert "overloaded" not in json_text(sent)
    assert kinds(sent)[-1] in ("finish", "RUN_FINISHED")


@BOTH
def test_an_aborted_stream(make: Callable[..., FrontEnd]) -> None:
    """The open call is cut, events that wait for an id are sent, and the stream ends."""
    encoder = make()
    sent = encoder.encode([TextDelta("Hm"), ToolCallStarted(ToolCall())])
    assert starts(sent) == []
    sent = encoder.abort("the user left")
    assert len(starts(sent)) == 1
    assert label(sent[-2]) in ("tool-input-error", "tool_call_truncated")
    assert "the user left" in json_text(sent[-1])
    assert encoder.abort() == encoder.finish() == []


@BOTH
def test_a_stream_that_is_aborted_before_it_starts(make: Callable[..., FrontEnd]) -> None:
    sent = make().abort()
    assert kinds(sent)[0] in ("start", "RUN_STARTED")
    assert kinds(sent)[-1] in ("abort", "RUN_FINISHED")


@BOTH
def test_nothing_more_of_a_discarded_answer_is_encoded(make: Callable[..., FrontEnd]) -> None:
    encoder = make()
    encoder.encode([MessageStarted("a", None), TextDelta("Hm")])
    assert encoder.reset()
    between: list[AnyMessageEvent] = [UsageUpdated(Usage(input_tokens=1)), ProviderEvent("more", 1)]
    assert encoder.encode(between) == []
    with pytest.raises(StreamParseError, match="the next one must start first") as raised:
        encoder.encode([TextDelta("late")])
    assert raised.value.code == "finished"
    sent = encoder.encode([MessageStarted("b", None), TextDelta("new")])
    assert [each["delta"] for each in sent if "delta" in each] == ["new"]


@BOTH
def test_token_counts_of_all_answers(make: Callable[..., FrontEnd]) -> None:
    """The last usage event of an answer counts; a stream has the sum of its answers."""
    encoder = make()
    message = Message()
    message.finish_reason = "stop"
    for name, count in (("a", 3), ("b", 4)):
        encoder.encode([MessageStarted(name, name), UsageUpdated(Usage(input_tokens=1))])
        usage = Usage(input_tokens=count)
        encoder.encode([UsageUpdated(usage), MessageFinished(message)])
    [last] = [each for each in encoder.finish() if each["type"] in ("finish", "RUN_FINISHED")]
    if last["type"] == "finish":
        assert last["messageMetadata"]["usage"] == {"inputTokens": 7}
    else:
        counts = [{"model": "a", "inputTokens": 3}, {"model": "b", "inputTokens": 4}]
        assert last["usage"] == counts


@pytest.mark.parametrize(
    ("status", "reason", "error", "expected"),
    [
        ("truncated", None, None, "truncated"),
        ("truncated", "stop", None, "truncated"),
        ("truncated", "length", None, None),
        ("truncated", "content_filter", None, None),
        ("truncated", "cancelled", None, None),
        ("truncated", None, CUT_ANSWER, None),
        ("complete", "stop", None, None),
    ],
)
def test_the_status_of_an_answer_is_sent_if_nothing_else_shows_it(
    status: MessageStatus,
    reason: FinishReason | None,
    error: StreamParseError | None,
    expected: str | None,
) -> None:
    message = Message()
    message.status, message.finish_reason, message.error = status, reason, error
    assert cut_status(message) == expected


# Calls


def label(record: Any) -> str:
    """Return the type of a record, or the name of a custom one."""
    name: str = record["name"] if record["type"] == "CUSTOM" else record["type"]
    return name


def labelled(sent: Iterable[Any], *names: str) -> list[Any]:
    return [each for each in sent if label(each) in names]


def test_events_after_a_call_without_an_id_wait() -> None:
    queue, call = EventQueue(), ToolCall()
    started, text, delta = ToolCallStarted(call), TextDelta("x"), ToolCallDelta(call, "{")
    assert list(queue.put(started)) == []
    assert list(queue.put(text)) == []
    assert list(queue.put(delta)) == [started, text, delta]
    again = ToolCallStarted(call)
    assert list(queue.put(again)) == [again]
    queue.begin_answer()
    assert list(queue.put(started)) == []
    assert list(queue.drain()) == [started]
    assert list(queue.drain()) == []


@BOTH
def test_a_call_that_waits_for_its_id_is_sent_at_the_end(make: Callable[..., FrontEnd]) -> None:
    encoder = make()
    assert starts(encoder.encode([ToolCallStarted(ToolCall())])) == []
    assert len(starts(encoder.finish())) == 1


@BOTH
def test_a_custom_call_has_the_text_that_arrived(make: Callable[..., FrontEnd]) -> None:
    """It has no events of arguments, so its text deltas are sent; those of other calls are not."""
    custom, function = ToolCall(0, "custom"), ToolCall(1)
    for call, identity in ((custom, "c"), (function, "f")):
        call.id = call.name = identity
    sent = make().encode(
        [
            ToolCallStarted(custom),
            ToolCallDelta(custom, "select "),
            ToolCallDelta(custom, "1"),
            ToolCallStarted(function),
            ToolCallDelta(function, "{"),
        ]
    )
    deltas = labelled(sent, "tool-input-delta", "TOOL_CALL_ARGS")
    assert {each["toolCallId"] for each in deltas} == {"c"}
    text = "".join(each[name] for each in deltas for name in DELTAS if name in each)
    assert text.lstrip('"') == "select 1"


@BOTH
def test_a_cut_call_has_the_reason(make: Callable[..., FrontEnd]) -> None:
    rejected, truncated = ToolCall(0), ToolCall(1)
    rejected.id, rejected.status = "r", "rejected"
    truncated.id, truncated.status = "t", "truncated"
    error = SchemaViolation("not one of these", code="enum", path=("unit",), offset=4)
    sent = make().encode([ToolCallRejected(rejected, error), ToolCallTruncated(truncated)])
    first, second = labelled(sent, "tool-input-error", "tool_call_rejected", "tool_call_truncated")
    assert "not one of these" in json_text(first)
    assert '"enum"' in json_text(first)
    assert "the call was cut off before its end" in json_text(second)
    assert '"truncated"' in json_text(second)


def server_call(status: Any = "complete") -> ToolCall:
    """Return a call that the provider runs."""
    call = ToolCall(0, "server")
    call.id, call.name, call.status = "s", "search", status
    return call


RESULTS = ("tool-output-available", "tool-output-error", "TOOL_CALL_RESULT")
STRAY = ("data-server-tool-result", "server_tool_result")


def finished(*parts: Any) -> MessageFinished:
    message = Message()
    message.content = list(parts)
    message.status, message.finish_reason = "complete", "stop"
    return MessageFinished(message)


def shown(record: Any) -> Any:
    """Return the output in the record of a result."""
    return next(record[name] for name in ("output", "errorText", "content") if name in record)


@BOTH
def test_a_result_of_a_call_that_has_ended_is_sent_at_once(make: Callable[..., FrontEnd]) -> None:
    """Text before it ends first."""
    call, encoder = server_call(), make()
    encoder.encode([ToolCallStarted(call), ToolCallCompleted(call), TextDelta("Hm")])
    sent = encoder.encode([ServerToolCompleted(ServerToolResult("s", "search", "low"))])
    assert kinds(sent)[0] in ("text-end", "TEXT_MESSAGE_END")
    assert label(sent[1]) in RESULTS
    assert (sent[1]["toolCallId"], shown(sent[1])) == ("s", "low")


@BOTH
def test_a_result_waits_for_the_end_of_its_call(make: Callable[..., FrontEnd]) -> None:
    call, encoder = server_call(), make()
    result = ServerToolResult("s", "search", "low")
    sent = encoder.encode([ToolCallStarted(call), ServerToolCompleted(result)])
    sent += encoder.encode([ToolCallCompleted(call)])
    assert labelled(sent, *RESULTS, *STRAY) == []
    sent = encoder.encode([finished(call, result)])
    assert [shown(each) for each in labelled(sent, *RESULTS, *STRAY)] == ["low"]


@BOTH
@pytest.mark.parametrize(
    ("content", "extra", "text"),
    [
        ("offline", {"is_error": True}, "offline"),
        ({"reason": 1}, {"status": "error"}, '{"reason":1}'),
        ({"type": "search_error"}, {}, '{"type":"search_error"}'),
    ],
)
def test_a_tool_of_the_provider_that_failed(
    make: Callable[..., FrontEnd], content: Any, extra: dict[str, Any], text: str
) -> None:
    call = server_call()
    result = ServerToolResult("s", "search", content, extra)
    sent = make().encode(
        [ToolCallStarted(call), ToolCallCompleted(call), ServerToolCompleted(result)]
    )
    [record] = labelled(sent, *RESULTS)
    assert shown(record) == text
    assert record["type"] == "tool-output-error" or record["metadata"] == {"error": True}


@BOTH
def test_results_without_a_complete_call_are_sent_as_data(make: Callable[..., FrontEnd]) -> None:
    """So are results of unknown or cut calls, and second results of a call."""
    call, encoder = server_call(), make()
    results = [ServerToolResult("x", "list", 0), *[ServerToolResult("s", "search", 1)] * 2]
    sent = encoder.encode([ToolCallStarted(call), ToolCallCompleted(call)])
    sent += encoder.encode([ServerToolCompleted(result) for result in results])
    sent += encoder.encode([finished(call, *results)])
    assert len(labelled(sent, *RESULTS)) == 1
    stray = [each.get("data") or each.get("value") for each in labelled(sent, *STRAY)]
    assert [each["content"] for each in stray] == [1, 0]

    call, encoder = server_call("truncated"), make()
    sent = encoder.encode([ToolCallStarted(call), ToolCallTruncated(call)])
    sent += encoder.encode([ServerToolCompleted(results[1]), finished(call, results[1])])
    assert labelled(sent, *RESULTS) == []
    assert len(labelled(sent, *STRAY)) == 1


# Other parts of an answer


@BOTH
def test_sources_are_sent_when_the_answer_ends(make: Callable[..., FrontEnd]) -> None:
    """A citation may have several sources; text between them gives no record."""
    pages = [{"web": {"uri": f"https://example.org/{n}", "title": f"Tide {n}"}} for n in range(2)]
    notes = {"title": "Notes", "filename": "notes.txt"}
    encoder = make()
    encoder.encode([TextDelta("Low.")])
    sent = encoder.encode([finished(Citation({"groundingChunks": pages}), Text(), Citation(notes))])
    sources = labelled(sent, "source-url", "source-document", "source")
    values = [each.get("value", each) for each in sources]
    assert [each["title"] for each in values] == ["Tide 0", "Tide 1", "Notes"]
    assert [each.get("url") for each in values[:2]] == [page["web"]["uri"] for page in pages]
    assert values[2]["mediaType"] == "text/plain"


FILE = {"mimeType": "image/png", "data": "aGk="}
FILES = ("file", "reasoning-file")


@BOTH
def test_files_of_the_reasoning_stay_apart(make: Callable[..., FrontEnd]) -> None:
    """The part of the message with the file shows whether it belongs to the reasoning."""
    message, encoder = Message(), make()
    thought, answer, unknown_file = dict(FILE), dict(FILE), dict(FILE)
    message.content = [Text(), Reasoning(), Text()]
    message.content[1].extra["inlineData"] = thought
    message.content[2].extra["inlineData"] = answer
    events = [ProviderEvent("inlineData", data) for data in (thought, answer, unknown_file)]
    sent = encoder.encode([MessageStarted("a", None, message=message), *events])
    assert [label(each) for each in labelled(sent, *FILES)] == ["reasoning-file", "file", "file"]


@BOTH
def test_a_file_ends_the_open_text(make: Callable[..., FrontEnd]) -> None:
    file = ProviderEvent("inlineData", FILE)
    sent = make().encode([TextDelta("Hm"), file, RefusalDelta("No.")])
    place = next(at for at, each in enumerate(sent) if label(each) == "file")
    assert kinds(sent)[place - 1] in ("text-end", "TEXT_MESSAGE_END")
    url = {"url": "data:image/png;base64,aGk=", "mediaType": "image/png"}
    assert url.items() <= sent[place].get("value", sent[place]).items()


@BOTH
def test_a_file_that_is_marked_as_reasoning(make: Callable[..., FrontEnd]) -> None:
    data = {"url": "https://example.org/a.png", "mediaType": "image/png"}
    sent = make().encode([ProviderEvent("reasoning-file", data)])
    assert label(sent[-1]) == "reasoning-file"


PARTIAL = {"partial_image_b64": "AA==", "item_id": "i", "output_format": "webp"}


@BOTH
@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        (
            "response.image_generation_call.partial_image",
            {**PARTIAL, "partial_image_index": 2},
            {"id": "i", "mediaType": "image/webp", "index": 2},
        ),
        (
            "image_generation.partial_image",
            {"partial_image_b64": "AA=="},
            {"id": "image", "mediaType": "image/png", "index": 0},
        ),
        (
            "partial_image",
            {"id": "p", "url": "data:image/png;base64,AA=="},
            {"id": "p", "url": "data:image/png;base64,AA=="},
        ),
    ],
    ids=["Responses", "only the image", "from another front end"],
)
def test_partial_images(
    make: Callable[..., FrontEnd], name: str, data: Any, expected: dict[str, Any]
) -> None:
    [record] = labelled(
        make().encode([ProviderEvent(name, data)]), "data-partial-image", "partial_image"
    )
    image = record.get("data") or record.get("value")
    assert expected.items() <= image.items()
    assert image["url"].endswith(";base64,AA==")


@BOTH
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("mood", None),
        ("inlineData", {"mimeType": "image/png"}),
        ("partial_image", {"id": "p"}),
        ("image", {"partial_image_b64": ""}),
    ],
)
def test_other_data_of_the_provider_is_sent_if_the_option_is_set(
    make: Callable[..., FrontEnd], name: str, data: Any
) -> None:
    event = ProviderEvent(name, data)
    assert make().encode([event]) == []
    sent = make(provider_events=True).encode([event])
    assert kinds(sent) in (["start", "data-provider-event"], ["RUN_STARTED", "RAW"])


@BOTH
def test_a_rejected_output(make: Callable[..., FrontEnd]) -> None:
    error = SchemaViolation("not one of these", code="enum", path=("unit",), offset=4)
    [record] = labelled(
        make().encode([OutputRejected(error)]), "data-output-rejected", "output_rejected"
    )
    about = {"code": "enum", "path": ["unit"], "offset": 4}
    assert (record.get("data") or record.get("value")) == {"errorText": error.message, **about}


@BOTH
def test_the_output_is_not_sent_twice(make: Callable[..., FrontEnd]) -> None:
    """The output is the text of the answer, which its own deltas contain."""
    _, events, _ = run_parser([text_chunk('{"a": "b"}'), chunk({}, "stop")], output=dict)
    output = [event for event in events if event.type.startswith("output_")]
    assert {type(event) for event in output} >= {OutputStarted, OutputDelta}
    encoder = make()
    assert encoder.encode(output) == []
    sent = encoder.encode(event for event in events if event not in output)
    assert [each["delta"] for each in sent if "delta" in each] == ['{"a": "b"}']
