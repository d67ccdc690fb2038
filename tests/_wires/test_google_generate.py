"""Tests of the adapter of Google's generateContent: parts, streamed calls, ends, history."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse._wires.google_generate import GoogleGenerate
from streamparse.limits import Limits
from streamparse.message import Citation, Message, Reasoning, ServerToolResult, Text, ToolCall
from streamparse.message_parser import MessageParser
from tests._wires.changes import CHANGES, changed
from tests._wires.recordings import Recording, recordings, without
from tests.growth import is_linear
from tests.helpers import cut
from tests.messages import about_calls, answer, kinds, passed_on, run_parser, sse
from tests.messages import read as read_records

API: Final = "google-generate"
read = partial(read_records, api=API)
COUNTS = {
    "promptTokenCount": 30,
    "cachedContentTokenCount": 10,
    "candidatesTokenCount": 7,
    "thoughtsTokenCount": 5,
    "toolUsePromptTokenCount": 4,
    "totalTokenCount": 46,
}


# Records


def chunk(*parts: Any, finish: Any = None, **more: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}, **more}
    if finish is not None:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": "gem-1", "responseId": "r-1"}


def call(name: str | None = None, **members: Any) -> dict[str, Any]:
    return {"functionCall": {**({} if name is None else {"name": name}), **members}}


def piece(path: str, more: bool = False, **value: Any) -> dict[str, Any]:
    """Return a part with one piece of arguments, after which the call continues."""
    goes_on = {"willContinue": True} if more else {}
    return call(partialArgs=[{"jsonPath": path, **value, **goes_on}], willContinue=True)


END = call()
STREAMED = [
    chunk({**call("brew", willContinue=True), "thoughtSignature": "c2ln"}),
    chunk(piece("$.tea", True, stringValue="se")),
    chunk(piece("$.tea", True, stringValue="ncha"), piece("$.tea", stringValue="")),
    chunk(piece("$.cups[0].ml", numberValue=150)),
    chunk(call(willContinue=True)),
    chunk(piece("$.cups[0]['for whom']", nullValue="NULL_VALUE")),
    chunk(piece("$.cups[1].hot", boolValue=True), piece("$.cups[]"), piece("$.notes[]")),
    chunk(piece("$.extras"), END),
    chunk({"text": ""}, finish="STOP"),
]
BREWED = {
    "tea": "sencha",
    "cups": [{"ml": 150, "for whom": None}, {"hot": True}],
    "notes": [],
    "extras": {},
}

SAMPLES: dict[str, list[dict[str, Any]]] = {
    "text": [chunk({"text": "Green "}), chunk({"text": "tea."}, finish="STOP")],
    "thought": [
        chunk({"text": "Which ", "thought": True}),
        chunk({"text": "tea?", "thought": True}),
        chunk({"text": "Sencha"}),
        chunk({"text": "", "thoughtSignature": "c2ln"}, finish="STOP"),
    ],
    "calls": [
        chunk({"text": "Two calls."}, {**call("brew", args={"ml": 150}), "thoughtSignature": "cw"}),
        chunk(call("stir", id="k-2"), finish="STOP"),
    ],
    "streamed": STREAMED,
    "code": [
        chunk({"executableCode": {"language": "PYTHON", "code": "print(2)"}}),
        chunk({"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2\n"}}),
        chunk({"text": "It is 2."}, finish="STOP"),
    ],
    "tools": [
        chunk({"toolCall": {"id": "t1", "toolType": "GOOGLE_SEARCH_WEB", "args": {"q": ["tea"]}}}),
        chunk({"toolResponse": {"id": "t1", "toolType": "GOOGLE_SEARCH_WEB", "response": {}}}),
        chunk({"text": "Found."}, finish="STOP"),
    ],
    "picture": [
        chunk({"text": "Look: "}),
        chunk({"inlineData": {"mimeType": "image/png", "data": "aGk="}, "thoughtSignature": "cw"}),
        chunk({"text": "tea"}, finish="STOP"),
    ],
    "cut": [chunk({"text": "Green te"}, finish="MAX_TOKENS")],
}


def only_call(records: Iterable[Any]) -> ToolCall:
    (found,) = read(records)[0].tool_calls
    return found


def codes(found: ToolCall) -> list[str]:
    return [error.code for error in found.errors]


# Text


def test_a_text() -> None:
    message, events = read(SAMPLES["text"])
    assert kinds(events) == ["message_started", "text_delta", "message_finished"]
    assert (message.id, message.model) == ("r-1", "gem-1")
    assert (message.text, message.status) == ("Green tea.", "complete")
    assert (message.finish_reason, message.raw_finish_reason) == ("stop", "STOP")
    assert message.content == [Text("Green tea.")]


def test_each_kind_of_part_is_a_part_of_its_own() -> None:
    message, _ = read(SAMPLES["thought"])
    signed = Text("", {"thoughtSignature": "c2ln"})
    assert message.content == [Reasoning("Which tea?"), Text("Sencha"), signed]
    assert (message.text, message.reasoning) == ("Sencha", "Which tea?")


def test_a_part_with_a_signature_is_not_merged() -> None:
    message, _ = read(
        [
            chunk({"text": "a"}),
            chunk({"text": "b", "thoughtSignature": "cw"}),
            chunk({"text": "c"}, {"text": "d"}, finish="STOP"),
        ]
    )
    assert message.content == [Text("a"), Text("b", {"thoughtSignature": "cw"}), Text("cd")]
    assert message.text == "abcd"
    thoughts = [{"text": "a", "thought": True, "thoughtSignature": "cw"}]
    message, _ = read([chunk(*thoughts, {"text": "b", "thought": True})])
    assert message.content == [Reasoning("a", {"thoughtSignature": "cw"}), Reasoning("b")]


def test_content_may_be_missing() -> None:
    blank = {"candidates": [{"index": 0}], "responseId": "r-1"}
    message, _ = read([blank, chunk(finish="STOP"), {"usageMetadata": COUNTS, "responseId": "r-1"}])
    assert (message.content, message.status) == ([], "complete")
    assert message.usage is not None


def test_usage() -> None:
    first = {**chunk({"text": "a"}), "usageMetadata": {"trafficType": "ON_DEMAND"}}
    last = {**chunk(finish="STOP"), "usageMetadata": COUNTS}
    after = {"usageMetadata": {"trafficType": "ON_DEMAND"}, "responseId": "r-1"}
    usage = read([first, last, after])[0].usage
    assert usage is not None
    assert (usage.input_tokens, usage.cached_tokens) == (34, 10)
    assert (usage.output_tokens, usage.reasoning_tokens, usage.total_tokens) == (12, 5, 46)
    assert usage.raw == {"trafficType": "ON_DEMAND", **COUNTS}


def test_several_candidates_are_choices() -> None:
    one, two = chunk({"text": "a"}, index=0), chunk({"text": "b"}, index=1, finish="STOP")
    parser, _, _ = run_parser([one, two, chunk({"text": "c"}, index=0, finish="SAFETY")], API)
    assert [message.text for message in parser.messages] == ["ac", "b"]
    assert [message.status for message in parser.messages] == ["truncated", "complete"]


# Calls


def test_a_whole_call_is_complete_at_once() -> None:
    parser = MessageParser(API)
    kept = [event.type for event in about_calls(parser.feed(SAMPLES["calls"][0]))]
    assert kept == ["tool_call_started", "tool_call_delta", "tool_call_completed"]
    brew = parser.message.tool_calls[0]
    assert (brew.name, brew.id, brew.arguments) == ("brew", None, {"ml": 150})
    assert brew.arguments_text == '{"ml":150}'
    assert brew.extra == {"thoughtSignature": "cw"}


def test_a_call_without_arguments() -> None:
    message, _ = read(SAMPLES["calls"])
    stir = message.tool_calls[1]
    assert (stir.name, stir.id, stir.arguments, stir.status) == ("stir", "k-2", {}, "complete")
    assert (message.finish_reason, message.raw_finish_reason) == ("tool_calls", "STOP")


def test_a_call_in_pieces() -> None:
    message, events = read(STREAMED)
    (found,) = message.tool_calls
    assert (found.status, found.arguments, found.errors) == ("complete", BREWED, [])
    assert json.loads(found.arguments_text) == BREWED
    assert found.extra == {"thoughtSignature": "c2ln"}
    assert message.finish_reason == "tool_calls"
    deltas = [event.text for event in events if event.type == "tool_call_delta"]
    assert "".join(deltas) == found.arguments_text


def test_pieces_are_emitted_at_once() -> None:
    """A piece of arguments is emitted for the record that has it (law 2)."""
    parser = MessageParser(API)
    parser.feed(STREAMED[0])
    events = parser.feed(STREAMED[1])
    (found,) = parser.message.tool_calls
    assert found.partial == {"tea": "se"}
    assert [event.type for event in events] == [
        "tool_call_delta",
        "argument_started",
        "argument_started",
        "argument_delta",
    ]
    ended = [parser.feed(record) for record in STREAMED[2:]]
    complete = [
        place
        for place, events in enumerate(ended)
        if any(event.type == "tool_call_completed" for event in events)
    ]
    assert complete == [5]  # the record with the empty call, before the finish reason


TEA = piece("$.tea", True, stringValue="sencha")


@pytest.mark.parametrize(
    "records",
    [
        [chunk(TEA), chunk(END)],
        # The last part lacks `willContinue`.
        [chunk(call(partialArgs=[{"jsonPath": "$.tea", "stringValue": "sencha"}]))],
        # The next call begins.
        [chunk(TEA), chunk(call("stir", willContinue=True)), chunk(END)],
        [chunk(TEA, finish="STOP")],
    ],
)
def test_how_a_streamed_call_ends(records: list[Any]) -> None:
    start = [chunk(call("brew", willContinue=True))]
    message, _ = read([*start, *records, chunk(finish="STOP")])
    assert message.tool_calls[0].arguments == {"tea": "sencha"}
    assert all(found.status == "complete" for found in message.tool_calls)


@pytest.mark.parametrize(
    ("finish", "status", "message_status"),
    [
        ("MAX_TOKENS", "truncated", "truncated"),
        ("SAFETY", "truncated", "truncated"),
        ("MALFORMED_FUNCTION_CALL", "truncated", "failed"),
        (None, "truncated", "truncated"),
    ],
)
def test_a_cut_streamed_call(finish: str | None, status: str, message_status: str) -> None:
    """A streamed call without its end is truncated (law 7)."""
    message, _ = read([chunk(call("brew", willContinue=True)), chunk(TEA), chunk(finish=finish)])
    (found,) = message.tool_calls
    assert (found.status, found.arguments) == (status, None)
    assert found.partial == {"tea": "sencha"}
    assert message.status == message_status


def test_a_streamed_call_without_arguments() -> None:
    for end in (chunk(END), chunk(finish="STOP")):
        assert only_call([chunk(call("brew", willContinue=True)), end]).arguments == {}


def test_a_streamed_call_may_begin_with_an_empty_object() -> None:
    found = only_call([chunk(call("brew", args={}, willContinue=True)), chunk(TEA), chunk(END)])
    assert (found.arguments, found.errors) == ({"tea": "sencha"}, [])


def test_whole_arguments_after_their_pieces() -> None:
    start = [chunk(call("brew", willContinue=True)), chunk(TEA)]
    same = only_call([*start, chunk(call(args={"tea": "sencha"}))])
    assert (same.status, codes(same)) == ("complete", ["repeated_arguments"])
    other = only_call([*start, chunk(call(args={"tea": "bancha"}))])
    assert (other.status, codes(other)) == ("rejected", ["multiple_values"])


def test_misplaced_pieces_are_set_and_noted() -> None:
    pieces = [
        piece("$.a.x", numberValue=1),
        piece("$.b", numberValue=2),
        piece("$.a.y", numberValue=3),
        piece("$.c[1]", numberValue=4),
    ]
    found = only_call([chunk(call("brew", willContinue=True)), chunk(*pieces), chunk(END)])
    assert found.arguments == {"a": {"x": 1, "y": 3}, "b": 2, "c": [None, 4]}
    assert found.status == "complete"
    assert codes(found) == ["misplaced_value"]
    assert json.loads(found.arguments_text) == {"a": {"x": 1}, "b": 2, "c": []}


def test_a_piece_without_a_place_is_passed_on() -> None:
    strange = {"jsonPath": "$..tea", "stringValue": "x"}
    records = [chunk(call("brew", partialArgs=[strange, 7]))]
    message, events = read([*records, chunk(finish="STOP")])
    assert passed_on(events) == [("partialArgs", strange), ("partialArgs", 7)]
    assert codes(message.tool_calls[0]) == ["misplaced_value"]


def test_a_piece_after_the_finish_reason_is_read() -> None:
    start = chunk(call("brew", willContinue=True), finish="MAX_TOKENS")
    message, events = read([start, chunk(TEA)])
    (found,) = message.tool_calls
    assert (found.status, codes(found)) == ("truncated", [])
    assert found.partial
    assert passed_on(events) == []


def test_items_may_be_appended_by_empty_brackets() -> None:
    pieces = [piece("$.t[]", True, stringValue="a"), piece("$.t[]", stringValue="b")]
    found = only_call([chunk(call("f", willContinue=True)), chunk(*pieces), chunk(END)])
    assert found.arguments == {"t": ["ab"]}


@pytest.mark.parametrize(("number", "value"), [(2, 2), (0.5, 0.5), ("Infinity", float("inf"))])
def test_numbers(number: Any, value: float) -> None:
    found = only_call([chunk(call("f", partialArgs=[{"jsonPath": "$.n", "numberValue": number}]))])
    assert found.arguments == {"n": value}


def test_a_path_beyond_the_limits_rejects_the_call() -> None:
    deep = {"jsonPath": "$" + ".a" * 5, "numberValue": 1}
    records = [chunk(call("f", willContinue=True)), chunk(TEA, call(partialArgs=[deep]))]
    parser, events, _ = run_parser(records, API, limits=Limits(depth=4))
    (found,) = parser.message.tool_calls
    assert (found.status, codes(found)) == ("rejected", ["depth"])
    assert [event.type for event in about_calls(events)][-1] == "tool_call_rejected"
    assert found.partial == {"tea": "sencha"}


def test_a_rejected_call_emits_no_more_events() -> None:
    deep = {"jsonPath": "$.a.b.c", "numberValue": 1}
    later = piece("$.x", numberValue=2)
    records = [chunk(call("f", partialArgs=[deep], willContinue=True)), chunk(later), chunk(END)]
    parser, events, _ = run_parser(records, API, limits=Limits(depth=2))
    assert parser.message.tool_calls[0].partial == {"x": 2}
    assert not [event for event in events if event.type.startswith("argument_")]


def test_a_call_without_a_name_is_rejected() -> None:
    found = only_call([chunk(call(args={"a": 1})), chunk(finish="STOP")])
    assert (found.status, codes(found)) == ("rejected", ["missing_name"])


def test_work_is_linear() -> None:
    """A string in many pieces takes linear time (law 6)."""

    def one_string(pieces: Sequence[str]) -> None:
        parser = MessageParser(API)
        parser.feed(chunk(call("brew", willContinue=True)))
        for text in pieces:
            parser.feed(chunk(piece("$.steps[0]['to do']", True, stringValue=text)))

    is_linear(one_string, lambda size: "x" * size, 20)


# Tools that the provider runs


def test_code() -> None:
    message, _ = read(SAMPLES["code"])
    ran, result, _ = message.content
    assert isinstance(ran, ToolCall)
    assert (ran.kind, ran.name, ran.status) == ("server", "code_execution", "complete")
    assert ran.arguments == {"language": "PYTHON", "code": "print(2)"}
    assert result == ServerToolResult(
        None, "code_execution", {"outcome": "OUTCOME_OK", "output": "2\n"}
    )
    assert message.finish_reason == "stop"


def test_tools_of_the_server() -> None:
    message, _ = read(SAMPLES["tools"])
    ran, result, _ = message.content
    assert isinstance(ran, ToolCall)
    assert (ran.kind, ran.name, ran.id) == ("server", "GOOGLE_SEARCH_WEB", "t1")
    assert result == ServerToolResult("t1", "GOOGLE_SEARCH_WEB", {})
    assert message.finish_reason == "stop"


def test_files_are_passed_on_and_kept_in_their_place() -> None:
    message, events = read(SAMPLES["picture"])
    data = {"mimeType": "image/png", "data": "aGk="}
    kept = Text("", {"inlineData": data, "thoughtSignature": "cw"})
    assert message.content == [Text("Look: "), kept, Text("tea")]
    assert passed_on(events) == [("inlineData", data)]


# Sources


def test_repeated_citations_are_one() -> None:
    one, two = {"startIndex": 0, "uri": "u:1"}, {"startIndex": 5, "uri": "u:2"}
    records = [
        chunk({"text": "a"}, citationMetadata={"citationSources": [one]}),
        chunk({"text": "b"}, citationMetadata={"citations": [one, two]}, finish="STOP"),
    ]
    message, _ = read(records)
    assert [part for part in message.content if isinstance(part, Citation)] == [
        Citation(one),
        Citation(two),
    ]
    assert message.text == "ab"


def test_grounding() -> None:
    chunks = [{"web": {"uri": "u:1"}}, {"web": {"uri": "u:2"}}]
    support = {"segment": {"endIndex": 4}, "groundingChunkIndices": [1, 9]}
    grounding = {"groundingChunks": chunks, "groundingSupports": [support]}
    message, events = read([chunk({"text": "Tea."}, groundingMetadata=grounding, finish="STOP")])
    assert message.content[1] == Citation({**support, "groundingChunks": [chunks[1]]})
    assert message.extra["groundingMetadata"] == grounding
    assert ("groundingMetadata", grounding) in passed_on(events)


def supported(*supports: Any, uri: str = "u:1") -> dict[str, Any]:
    grounding = {"groundingChunks": [{"web": {"uri": uri}}], "groundingSupports": list(supports)}
    return chunk({"text": "Tea."}, groundingMetadata=grounding)


def citations(message: Message) -> list[Any]:
    return [part.data for part in message.content if isinstance(part, Citation)]


def test_a_support_has_each_of_its_chunks_once() -> None:
    support = {"groundingChunkIndices": [0, 0, True, 0, -1, "0", 10**5000]}
    message, _ = read([supported(support)])
    assert [len(data["groundingChunks"]) for data in citations(message)] == [1]


def test_supports_are_compared_with_their_sources() -> None:
    """Equal supports are one citation, unless they refer to different chunks."""
    support = {"groundingChunkIndices": [0]}
    records = [supported(support), supported(support), supported(support, uri="u:2")]
    uris = [data["groundingChunks"][0]["web"]["uri"] for data in citations(read(records)[0])]
    assert uris == ["u:1", "u:2"]


@pytest.mark.parametrize("count", [100, 400])
def test_grounding_does_not_expand_a_record(count: int) -> None:
    """The message stays linear in its record if many supports refer to one long chunk."""
    supports = [{"segment": {"endIndex": at}, "groundingChunkIndices": [0]} for at in range(count)]
    record = supported(*supports, uri="u" * 50 * count)
    message, _ = read([record])
    assert len(citations(message)) == count
    assert citations(message)[0]["groundingChunks"]
    assert len(json.dumps(message.to_dict())) < 12 * len(json.dumps(record))


def test_a_deep_citation_is_read() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    record = chunk({"text": "a"}, citationMetadata={"citations": [{"uri": deep}]})
    message, _ = read([record, record])
    assert len(citations(message)) == 1


# The end of a message


@pytest.mark.parametrize("word", [{"x": 1}, True, 1.5, ["STOP"], 10**30, [[[]]]])
def test_only_text_and_numbers_are_finish_reasons(word: Any) -> None:
    message, events = read([chunk({"text": "a"}, finish=word)])
    assert (message.finish_reason, message.status) == (None, "truncated")
    assert ("finishReason", word) in passed_on(events)


def test_deep_reasons_are_passed_on() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    feedback = {"promptFeedback": {"blockReason": deep}}
    for record in (chunk({"text": "a"}, finish=deep), feedback):
        assert read([record])[0].status == "truncated"


@pytest.mark.parametrize(
    ("raw", "reason", "status"),
    [
        ("STOP", "stop", "complete"),
        ("MAX_TOKENS", "length", "truncated"),
        ("RECITATION", "content_filter", "truncated"),
        ("IMAGE_SAFETY", "content_filter", "truncated"),
        ("MALFORMED_FUNCTION_CALL", "error", "failed"),
        ("UNEXPECTED_TOOL_CALL", "error", "failed"),
        ("OTHER", "error", "failed"),
        ("CONTINUATION", "paused", "complete"),
        ("NEWEST_REASON", "other", "complete"),
        (1, "stop", "complete"),
        (2, "length", "truncated"),
    ],
)
def test_finish_reasons(raw: Any, reason: str, status: str) -> None:
    message, _ = read([chunk({"text": "a"}, finish=raw, finishMessage="why")])
    assert (message.finish_reason, message.status) == (reason, status)
    assert message.raw_finish_reason == str(raw)
    assert message.extra["finishMessage"] == "why"


def test_the_last_finish_reason_counts() -> None:
    """Old models send STOP with every chunk."""
    message, _ = read([chunk({"text": "a"}, finish="STOP"), chunk({"text": "b"}, finish="SAFETY")])
    assert (message.text, message.raw_finish_reason) == ("ab", "SAFETY")
    assert message.status == "truncated"
    message, _ = read([chunk({"text": "a"}, finish="STOP"), chunk(call("brew"), finish="STOP")])
    assert message.finish_reason == "tool_calls"
    assert message.tool_calls[0].status == "complete"


def test_an_unspecified_finish_reason_is_none() -> None:
    for blank in ("FINISH_REASON_UNSPECIFIED", 0, "", None):
        message, _ = read([chunk({"text": "a"}, finish=blank)])
        assert (message.finish_reason, message.status) == (None, "truncated")


def test_cut_streams() -> None:
    """A message without a finish reason is truncated, wherever it was cut (law 7)."""
    for records in SAMPLES.values():
        for length in range(len(records)):
            message, _ = read(records[:length])
            assert message.status == "truncated"
            assert all(found.status != "in_progress" for found in message.tool_calls)


def test_a_blocked_prompt() -> None:
    feedback = {"blockReason": "SAFETY", "blockReasonMessage": "no"}
    message, events = read([{"promptFeedback": feedback}])
    assert (message.finish_reason, message.raw_finish_reason) == ("content_filter", "SAFETY")
    assert message.status == "truncated"
    assert message.extra["promptFeedback"] == feedback
    assert kinds(events) == ["message_started", "provider_event", "message_finished"]


ERROR = {"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}


@pytest.mark.parametrize(
    "data",
    [
        sse([chunk({"text": "a"}), ERROR], done=False),
        json.dumps([chunk({"text": "a"}), ERROR], indent=1).encode(),
    ],
)
def test_an_error_in_mid_stream(data: bytes) -> None:
    parser, events, error = run_parser([data], API)
    assert error is None
    assert (parser.message.status, parser.message.text) == ("failed", "a")
    assert kinds(events)[-1] == "message_failed"
    assert str(parser.message.error) == "UNAVAILABLE: busy"


@pytest.mark.parametrize("body", [ERROR, [ERROR]])
def test_an_error_alone(body: Any) -> None:
    for api in (API, "auto"):
        parser, _, _ = run_parser([json.dumps(body)], api)
        assert (parser.message.status, parser.message.finish_reason) == ("failed", "error")


# Framings, bodies, chunkings


def array_of(records: list[Any]) -> bytes:
    return ("[" + ",\r\n".join(map(json.dumps, records)) + "]").encode()


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_framing_does_not_matter(name: str) -> None:
    records = SAMPLES[name]
    expected = answer(records, API)
    assert answer([sse(records, False, "\r\n\r\n")], API) == expected
    assert answer([array_of(records)], API) == expected
    assert answer([sse(records, False)], "auto") == expected
    assert answer([array_of(records)], "auto") == expected


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"streamed"}))
def test_a_whole_body_gives_the_message_of_its_stream(name: str) -> None:
    records = SAMPLES[name]
    parts = [part for record in records for part in record["candidates"][0]["content"]["parts"]]
    body = chunk(*parts, finish=records[-1]["candidates"][0]["finishReason"])
    assert read([body])[0] == read(records)[0]


@given(name=st.sampled_from(sorted(SAMPLES)), sizes=st.lists(st.integers(1, 60), min_size=1))
def test_any_chunking(name: str, sizes: list[int]) -> None:
    """The result does not depend on the chunking (law 1)."""
    for data in (sse(SAMPLES[name], False, "\r\n\r\n"), array_of(SAMPLES[name])):
        assert answer(cut(data, sizes), API) == answer([data], API)


@given(name=st.sampled_from(sorted(SAMPLES)), changes=CHANGES)
def test_changed_records_raise_nothing(name: str, changes: list[tuple[int, Any]]) -> None:
    records = changed(SAMPLES[name], changes)
    parser, _, error = run_parser(records, API)
    assert error is None
    parser.message.to_history()


# What is passed on


def test_unknown_members_and_records_are_passed_on() -> None:
    part = {"text": "a", "new1": 1}
    record = chunk({**part}, call("f", new2=2), finish="STOP", new3=3)
    record["candidates"][0]["content"]["new4"] = 4
    message, events = read([{**record, "new5": 5, "createTime": "now"}, {"new6": 6}])
    found = passed_on(events)
    for name, data in [
        ("new1", 1),
        ("functionCall.new2", 2),
        ("new3", 3),
        ("new4", 4),
        ("new5", 5),
    ]:
        assert (name, data) in found
    assert ("record", {"new6": 6}) in found
    assert message.extra["createTime"] == "now"


def test_repeated_members_are_passed_on_once() -> None:
    ratings = [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "LOW"}]
    records = [chunk({"text": "a"}, safetyRatings=ratings) for _ in range(3)]
    assert passed_on(read(records)[1]) == [("safetyRatings", ratings)]


def test_fields_of_another_type_reach_the_caller() -> None:
    record = chunk({"text": 5}, {"functionCall": "f"}, 9)
    assert passed_on(read([record])[1]) == [("text", 5), ("functionCall", "f"), ("parts", 9)]


def test_its_records_are_recognized() -> None:
    records = [chunk(), {"promptFeedback": {}}, {"usageMetadata": {}, "modelVersion": "gem-1"}]
    assert all(GoogleGenerate.recognizes(record, "") for record in records)
    live = {"serverContent": {"turnComplete": True}, "usageMetadata": {"responseTokenCount": 1}}
    assert not GoogleGenerate.recognizes(live, "")


# History


def test_history_keeps_the_order_of_parts() -> None:
    (back,) = read(SAMPLES["thought"])[0].to_history()
    assert back == {
        "role": "model",
        "parts": [
            {"text": "Which tea?", "thought": True},
            {"text": "Sencha"},
            {"text": "", "thoughtSignature": "c2ln"},
        ],
    }
    assert read(SAMPLES["picture"])[0].to_history()[0]["parts"] == [
        {"text": "Look: "},
        SAMPLES["picture"][1]["candidates"][0]["content"]["parts"][0],
        {"text": "tea"},
    ]


def test_history_has_the_signatures_of_calls() -> None:
    (back,) = read(STREAMED)[0].to_history()
    assert back["parts"] == [
        {"functionCall": {"name": "brew", "args": BREWED}, "thoughtSignature": "c2ln"}
    ]
    (back,) = read(SAMPLES["calls"])[0].to_history()
    assert back["parts"][2] == {"functionCall": {"id": "k-2", "name": "stir", "args": {}}}


def test_history_has_the_calls_of_the_server() -> None:
    for name in ("code", "tools"):
        parts = [record["candidates"][0]["content"]["parts"][0] for record in SAMPLES[name]]
        assert read(SAMPLES[name])[0].to_history()[0]["parts"] == parts


def test_history_of_a_cut_message() -> None:
    message, _ = read([chunk({"text": "Hm", "thought": True}, call("brew", willContinue=True))])
    assert message.to_history() == []
    assert read([])[0].to_history() == []


def content_type() -> Any:
    types = pytest.importorskip("google.genai.types")
    return types.Content


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_history_has_the_types_of_the_sdk(name: str) -> None:
    content = content_type()
    for back in read(SAMPLES[name])[0].to_history():
        content.model_validate(back)


# The SDK's own chunks, and recordings


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_chunks_of_the_sdk_are_read(name: str) -> None:
    types = pytest.importorskip("google.genai.types")
    records = SAMPLES[name]
    chunks = [types.GenerateContentResponse.model_validate(record) for record in records]
    # The SDK orders members otherwise, and writes signatures in URL-safe base64.
    left_out = ["extra", "arguments_text", "raw_text"]
    assert without(read(chunks)[0].to_dict(), left_out) == without(
        read(records)[0].to_dict(), left_out
    )


@pytest.fixture(scope="module")
def recorded(shared_data: Path) -> list[Recording]:
    return list(recordings(shared_data, API))


def test_history_of_every_recording_has_the_types_of_the_sdk(recorded: list[Recording]) -> None:
    content = content_type()
    given_back = 0
    for recording in recorded:
        for back in read(recording.records)[0].to_history():
            content.model_validate(back)
            given_back += 1
    assert given_back > len(recorded) // 2


def test_the_parts_of_every_recording_as_a_body_give_its_message(
    recorded: list[Recording],
) -> None:
    """The SDK has no accumulator, so the body is the last record with the parts of all records."""
    compared = 0
    for recording in recorded:
        records = [record for record in recording.records if record.get("candidates")]
        candidates = [record["candidates"][0] for record in records]
        contents = [candidate.get("content") or {} for candidate in candidates]
        parts = [part for content in contents for part in content.get("parts") or []]
        pieces = any("willContinue" in part.get("functionCall", {}) for part in parts)
        if not records or pieces or any(len(record["candidates"]) > 1 for record in records):
            continue
        last = {**candidates[-1], "content": {"role": "model", "parts": parts}}
        body = {**recording.records[-1], **records[-1], "candidates": [last]}
        left_out = ["extra", "usage"]  # chunks may repeat these with other values
        if any("citationMetadata" in candidate for candidate in candidates):
            continue  # a body does not have the places of citations
        if "error" in recording.records[-1]:
            continue  # a body does not have the error
        whole = without(read([body])[0].to_dict(), left_out)
        assert whole == without(read(records)[0].to_dict(), left_out), recording.name
        compared += 1
    assert compared > len(recorded) * 3 // 4


# Records that are like the one before


def content_chunk(content: Any, **more: Any) -> dict[str, Any]:
    return {"candidates": [{"content": content, **more}], "modelVersion": "gem-1"}


STRING = {"jsonPath": "$.tea", "stringValue": "se", "willContinue": True}
STRING_PART = {"functionCall": {"partialArgs": [STRING], "willContinue": True}}
ALIKE: dict[str, dict[str, Any]] = {
    "text": chunk({"text": "a"}),
    "a thought": chunk({"text": "a", "thought": True}),
    "no candidates": {"usageMetadata": COUNTS, "modelVersion": "gem-1"},
    "two candidates": {"candidates": [{"content": {"parts": [{"text": "a"}]}}] * 2},
    "a candidate that is text": {"candidates": ["a"], "modelVersion": "gem-1"},
    "a large index": chunk({"text": "a"}, index=1 << 70),
    "feedback": {**chunk({"text": "a"}), "promptFeedback": {"safetyRatings": [1]}},
    "more": chunk({"text": "a"}, logprobsResult={"a": 1}),
    "grounding": chunk({"text": "a"}, groundingMetadata={"webSearchQueries": ["tea"]}),
    "repeated members": chunk({"text": "a"}, tokenCount=0, avgLogprobs=-0.5),
    "counts": {**chunk({"text": "a"}), "usageMetadata": COUNTS},
    "counts that are a list": {**chunk({"text": "a"}), "usageMetadata": [1]},
    "content that is text": content_chunk("a"),
    "content with more": content_chunk({"parts": [{"text": "a"}], "new": 1}),
    "parts that are text": content_chunk({"parts": "a"}),
    "two parts": chunk({"text": "a"}, {"text": "b"}),
    "a part that is text": chunk("a"),
    "a part with more": chunk({"text": "a", "new": 1}),
    "a part with a signature": chunk({"text": "a", "thoughtSignature": "c2ln"}),
    "text of another type": chunk({"text": 5}),
    "a string": chunk(STRING_PART),
    "a string with a signature": chunk({**STRING_PART, "thoughtSignature": "c2ln"}),
    "a call that is text": chunk({"functionCall": "f"}),
    "two pieces": chunk(call(partialArgs=[STRING, STRING], willContinue=True)),
    "a piece that is text": chunk(call(partialArgs=["a"], willContinue=True)),
    "the end of a string": chunk(piece("$.tea", stringValue="se")),
    "an item": chunk(piece("$.teas[]", True, stringValue="se")),
    "a string of another type": chunk(piece("$.tea", True, stringValue=5)),
    "a number": chunk(piece("$.tea", True, numberValue=1)),
    "a piece without a place": chunk(piece("$..tea", True, stringValue="se")),
    "the end of a call": chunk(call(partialArgs=[STRING])),
    "a call with more": chunk(call(partialArgs=[STRING], willContinue=True, new=1)),
}


@pytest.mark.parametrize("name", list(ALIKE))
@pytest.mark.parametrize("first", [{"text": "Tea: "}, {"text": "T", "thoughtSignature": "c2ln"}])
def test_equal_records_are_read_like_records_apart(name: str, first: dict[str, Any]) -> None:
    """A record that is like the one before has the effect it has when it is read alone."""
    begin = [chunk(first), chunk(call("brew", willContinue=True))]
    records = [*begin, *[ALIKE[name]] * 6, chunk(finish="STOP")]
    apart = answer(records, API)
    assert answer([sse(records, done=False)], API) == apart
    assert answer([sse([record], done=False) for record in records], API) == apart
    assert answer(cut(sse(records, done=False), [7]), API) == apart
    assert read([sse(records)])[0].text.startswith(first["text"])


def test_equal_records_without_a_call() -> None:
    """Pieces of arguments without a beginning are a call without a name."""
    records = [chunk({"text": "Tea"}), *[chunk(call(willContinue=True))] * 6, chunk(finish="STOP")]
    message, events = read([sse(records)])
    assert (message.text, message.tool_calls, passed_on(events)) == ("Tea", [], [])


def test_a_growing_string_beyond_the_limits() -> None:
    """A limit counts for a string in equal records as for one in records apart."""
    records = [chunk(call("brew", willContinue=True)), *[chunk(STRING_PART)] * 30]
    records.append(chunk(finish="STOP"))
    limits = Limits(string=21)
    pieces = [sse([record], done=False) for record in records]
    assert answer(pieces, API, limits=limits) == answer(records, API, limits=limits)
    (found,) = read(pieces, limits=limits)[0].tool_calls
    assert (found.status, codes(found)) == ("rejected", ["string_length"])


def test_a_growing_string_beyond_the_content_of_a_message() -> None:
    """The limit ends the message, however its records arrive."""
    records = [chunk(call("brew", willContinue=True)), *[chunk(STRING_PART)] * 30]
    limits = Limits(content=60)
    pieces = [sse([record], done=False) for record in records]
    assert answer(pieces, API, limits=limits) == answer(records, API, limits=limits)
    parser, _, error = run_parser(pieces, API, limits=limits)
    assert error is not None
    assert (error.code, parser.message.status) == ("content", "truncated")


def test_counts_of_a_failed_answer() -> None:
    error = {"error": {"message": "no water"}}
    message, _ = read([chunk({"text": "Tea"}), error, {**chunk(), "usageMetadata": COUNTS}])
    assert message.status == "failed"
    assert message.usage is not None
    assert message.usage.total_tokens == 46


# Fields of another type


@pytest.mark.parametrize(
    ("record", "name", "data"),
    [
        ({"candidates": "none"}, "candidates", "none"),
        ({"candidates": {"a": 1}}, "candidates", {"a": 1}),
        ({"candidates": ["a"]}, "candidates", "a"),
        ({"candidates": [{"index": 1 << 70}]}, "candidates", {"index": 1 << 70}),
        ({**chunk(), "usageMetadata": 7}, "usageMetadata", 7),
        ({**chunk(), "usageMetadata": [7]}, "usageMetadata", [7]),
        ({**chunk(), "promptFeedback": "odd"}, "promptFeedback", "odd"),
        (content_chunk("a"), "content", "a"),
        (content_chunk({"parts": [None]}), "parts", None),
        (chunk(finish=["STOP"]), "finishReason", ["STOP"]),
    ],
)
def test_members_of_another_type_reach_the_caller(record: Any, name: str, data: Any) -> None:
    message, events = read([chunk({"text": "Tea"}), record, chunk(finish="STOP")])
    assert (name, data) in passed_on(events)
    assert (message.text, message.status) == ("Tea", "complete")


def test_the_end_of_a_call_that_has_ended() -> None:
    """Its signature goes back in a part of its own."""
    late = {**END, "thoughtSignature": "c2ln"}
    message, _ = read([chunk(call("brew", args={})), chunk(late), chunk(finish="STOP")])
    assert message.tool_calls[0].status == "complete"
    assert message.content[-1] == Text("", {"thoughtSignature": "c2ln"})
