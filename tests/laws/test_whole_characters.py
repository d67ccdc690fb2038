"""A character that a server divided between two deltas is read as one character.

For each wire format the text, the reasoning and the arguments are cut into deltas by UTF-16 code
units, as servers in JavaScript or Java do it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import MessageParser, StreamParseError
from streamparse._core.surrogates import joined
from streamparse.aliases import API, Surrogates
from streamparse.formats import FormatParser
from streamparse.message import Message
from streamparse.message_events import (
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    ToolCallRejected,
)
from tests.messages import call_chunk, chunk

HIGH, LOW, SMILE = "\ud83d", "\ude00", "\U0001f600"


def units(text: str, size: int) -> list[str]:
    """Cut `text` into pieces of `size` UTF-16 code units."""
    data = text.encode("utf-16-le")
    pieces = [data[place : place + 2 * size] for place in range(0, len(data), 2 * size)]
    return [piece.decode("utf-16-le", "surrogatepass") for piece in pieces]


Records = list[dict[str, Any]]


def chat(text: list[str], thoughts: list[str], arguments: list[str]) -> Records:
    return [
        *[chunk({"reasoning_content": piece}) for piece in thoughts],
        *[chunk({"content": piece}) for piece in text],
        call_chunk("", index=0, id="c1", name="say"),
        *[call_chunk(piece, index=0) for piece in arguments],
        chunk(finish="tool_calls"),
    ]


def anthropic(text: list[str], thoughts: list[str], arguments: list[str]) -> Records:
    blocks = [
        ({"type": "thinking", "thinking": ""}, "thinking_delta", "thinking", thoughts),
        ({"type": "text", "text": ""}, "text_delta", "text", text),
        (
            {"type": "tool_use", "id": "c1", "name": "say", "input": {}},
            "input_json_delta",
            "partial_json",
            arguments,
        ),
    ]
    records: Records = [{"type": "message_start", "message": {"id": "m", "role": "assistant"}}]
    for index, (block, kind, field, pieces) in enumerate(blocks):
        place = {"index": index}
        records.append({"type": "content_block_start", **place, "content_block": block})
        for piece in pieces:
            delta = {"type": kind, field: piece}
            records.append({"type": "content_block_delta", **place, "delta": delta})
        if kind == "thinking_delta":
            delta = {"type": "signature_delta", "signature": "s"}
            records.append({"type": "content_block_delta", **place, "delta": delta})
        records.append({"type": "content_block_stop", **place})
    records.append({"type": "message_delta", "delta": {"stop_reason": "tool_use"}})
    return [*records, {"type": "message_stop"}]


def converse(text: list[str], thoughts: list[str], arguments: list[str]) -> Records:
    def delta(index: int, value: Any) -> dict[str, Any]:
        return {"contentBlockDelta": {"contentBlockIndex": index, "delta": value}}

    start = {"toolUse": {"toolUseId": "c1", "name": "say"}}
    return [
        {"messageStart": {"role": "assistant"}},
        *[delta(0, {"reasoningContent": {"text": piece}}) for piece in thoughts],
        delta(0, {"reasoningContent": {"signature": "s"}}),
        *[delta(1, {"text": piece}) for piece in text],
        {"contentBlockStart": {"contentBlockIndex": 2, "start": start}},
        *[delta(2, {"toolUse": {"input": piece}}) for piece in arguments],
        {"contentBlockStop": {"contentBlockIndex": 2}},
        {"messageStop": {"stopReason": "tool_use"}},
        {"metadata": {"usage": {"inputTokens": 1, "outputTokens": 2}}},
    ]


def google(text: list[str], thoughts: list[str], arguments: list[str]) -> Records:
    def part(**fields: Any) -> dict[str, Any]:
        return {"candidates": [{"index": 0, "content": {"role": "model", "parts": [fields]}}]}

    call = {"name": "say", "args": json.loads(joined("".join(arguments)))}
    return [
        *[part(text=piece, thought=True) for piece in thoughts],
        *[part(text=piece) for piece in text],
        part(functionCall=call),
        {"candidates": [{"index": 0, "finishReason": "STOP"}]},
    ]


def google_pieces(text: list[str], thoughts: list[str], arguments: list[str]) -> Records:
    """Write the arguments as Vertex does, in pieces with a JSON path each."""
    records = google(text, thoughts, arguments)
    words = units(json.loads(joined("".join(arguments)))["word"], 1)
    pieces = [
        {"jsonPath": "$.word", "stringValue": word, "willContinue": place < len(words) - 1}
        for place, word in enumerate(words)
    ]
    calls: list[dict[str, Any]] = [{"name": "say", "willContinue": True}]
    calls += [{"partialArgs": [piece], "willContinue": True} for piece in pieces]
    calls.append({})
    records[-2:-1] = [
        {"candidates": [{"index": 0, "content": {"parts": [{"functionCall": call}]}}]}
        for call in calls
    ]
    return records


def responses(text: list[str], thoughts: list[str], arguments: list[str]) -> Records:
    def delta(kind: str, index: int, piece: str) -> dict[str, Any]:
        name = f"response.{kind}.delta"
        record = {"type": name, "item_id": f"i{index}", "output_index": index, "delta": piece}
        return {**record, "content_index": 0, "summary_index": 0}

    def item(word: str, index: int, **fields: Any) -> dict[str, Any]:
        whole = {"id": f"i{index}", **fields}
        return {"type": f"response.output_item.{word}", "output_index": index, "item": whole}

    shown, thought, written = "".join(text), "".join(thoughts), "".join(arguments)
    summary = [{"type": "summary_text", "text": joined(thought)}]
    content = [{"type": "output_text", "text": joined(shown), "annotations": []}]
    call = {"type": "function_call", "call_id": "c1", "name": "say"}
    message = {"type": "message", "role": "assistant"}
    return [
        {"type": "response.created", "response": {"id": "r", "status": "in_progress"}},
        item("added", 0, type="reasoning", summary=[]),
        *[delta("reasoning_summary_text", 0, piece) for piece in thoughts],
        item("done", 0, type="reasoning", summary=summary),
        item("added", 1, **message, content=[]),
        *[delta("output_text", 1, piece) for piece in text],
        item("done", 1, **message, content=content),
        item("added", 2, **call, arguments=""),
        *[delta("function_call_arguments", 2, piece) for piece in arguments],
        item("done", 2, **call, arguments=joined(written)),
        {"type": "response.completed", "response": {"id": "r", "status": "completed"}},
    ]


def cohere(text: list[str], thoughts: list[str], arguments: list[str]) -> Records:
    def record(kind: str, index: int, **message: Any) -> dict[str, Any]:
        return {"type": kind, "index": index, "delta": {"message": message}}

    call = {"id": "c1", "type": "function", "function": {"name": "say", "arguments": ""}}
    thinking = {"type": "thinking", "thinking": ""}
    return [
        {"type": "message-start", "id": "m", "delta": {"message": {"role": "assistant"}}},
        record("content-start", 0, content=thinking),
        *[record("content-delta", 0, content={"thinking": piece}) for piece in thoughts],
        {"type": "content-end", "index": 0},
        record("content-start", 1, content={"type": "text", "text": ""}),
        *[record("content-delta", 1, content={"text": piece}) for piece in text],
        {"type": "content-end", "index": 1},
        record("tool-call-start", 0, tool_calls=call),
        *[
            record("tool-call-delta", 0, tool_calls={"function": {"arguments": piece}})
            for piece in arguments
        ],
        {"type": "tool-call-end", "index": 0},
        {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL"}},
    ]


def ollama(text: list[str], thoughts: list[str], arguments: list[str]) -> Records:
    def line(**message: Any) -> dict[str, Any]:
        return {"model": "m", "message": {"role": "assistant", **message}, "done": False}

    call = {"function": {"name": "say", "arguments": json.loads(joined("".join(arguments)))}}
    return [
        *[line(content="", thinking=piece) for piece in thoughts],
        *[line(content=piece) for piece in text],
        line(content="", tool_calls=[call]),
        {**line(content=""), "done": True, "done_reason": "stop"},
    ]


WIRES: dict[str, tuple[API, Callable[[list[str], list[str], list[str]], Records]]] = {
    "openai-chat": ("openai-chat", chat),
    "openai-responses": ("openai-responses", responses),
    "anthropic-messages": ("anthropic-messages", anthropic),
    "bedrock-converse": ("bedrock-converse", converse),
    "google-generate": ("google-generate", google),
    "google-generate, pieces": ("google-generate", google_pieces),
    "cohere-v2": ("cohere-v2", cohere),
    "ollama-chat": ("ollama-chat", ollama),
}

WORDS = st.text(alphabet=["a", "é", SMILE, "\U0001f468", "\u200d"], min_size=1, max_size=8)


@pytest.mark.parametrize("name", WIRES)
@given(text=WORDS, thought=WORDS, word=WORDS, size=st.integers(1, 4), as_bytes=st.booleans())
def test_every_wire(
    name: str, text: str, thought: str, word: str, size: int, as_bytes: bool
) -> None:
    api, write = WIRES[name]
    arguments = json.dumps({"word": word}, ensure_ascii=False)
    records = write(units(text, size), units(thought, size), units(arguments, size))
    parser = MessageParser(api)
    events: list[Any] = []
    for record in records:
        line = f"data: {json.dumps(record)}\n\n"
        events += parser.feed(line.encode() if as_bytes else record)
    events += parser.finish()
    message = parser.message
    assert message.status == "complete"
    assert (message.text, message.reasoning) == (text, thought)
    assert [call.arguments for call in message.tool_calls] == [{"word": word}]
    assert json.loads(message.tool_calls[0].arguments_text) == {"word": word}
    shown = [event.text for event in events if isinstance(event, TextDelta)]
    assert "".join(shown) == text
    thoughts = [event.text for event in events if isinstance(event, ReasoningDelta)]
    assert "".join(thoughts) == thought
    written = [event.text for event in events if isinstance(event, ToolCallDelta)]
    assert "".join(written) == message.tool_calls[0].arguments_text
    json.dumps(message.to_history(), ensure_ascii=False).encode()
    json.dumps(message.to_dict(), ensure_ascii=False).encode()


@given(text=WORDS, word=WORDS, size=st.integers(1, 4))
def test_model_text_in_a_format(text: str, word: str, size: int) -> None:
    call = json.dumps({"name": "say", "arguments": {"word": word}}, ensure_ascii=False)
    source = f"{text}<tool_call>{call}</tool_call>"
    alone, on_a_wire = FormatParser("hermes"), MessageParser("openai-chat", format="hermes")
    for piece in units(source, size):
        alone.feed(piece)
        on_a_wire.feed(chunk({"content": piece}))
    alone.finish()
    on_a_wire.feed(chunk(finish="stop"))
    on_a_wire.finish()
    for message in (alone.message, on_a_wire.message):
        assert message.text == text
        assert [call.arguments for call in message.tool_calls] == [{"word": word}]


def read(*records: dict[str, Any], surrogates: Surrogates = "keep") -> tuple[Message, list[Any]]:
    parser = MessageParser("openai-chat", surrogates=surrogates)
    events: list[Any] = []
    for record in [*records, chunk(finish="stop")]:
        events += parser.feed(record)
    return parser.message, events + parser.finish()


@pytest.mark.parametrize("field", ["content", "refusal", "reasoning_content"])
@pytest.mark.parametrize(
    ("surrogates", "expected"), [("keep", f"a{HIGH}b{LOW}"), ("replace", "a\ufffdb\ufffd")]
)
def test_halves_that_do_not_meet(field: str, surrogates: Surrogates, expected: str) -> None:
    deltas = [chunk({field: piece}) for piece in (f"a{HIGH}", f"b{LOW}")]
    message, events = read(*deltas, surrogates=surrogates)
    assert message.text + message.refusal + message.reasoning == expected
    kinds = (TextDelta, RefusalDelta, ReasoningDelta)
    assert [event.text for event in events if isinstance(event, kinds)] == ["a", expected[1:]]


@pytest.mark.parametrize("second", ["b", LOW, ""])
def test_an_error_for_a_half_in_text(second: str) -> None:
    parser = MessageParser("openai-chat", surrogates="error")
    first = LOW if second == LOW else HIGH

    def read_all() -> None:
        parser.feed(chunk({"content": f"ab{first}"}))
        parser.feed(chunk({"content": second}))
        parser.finish()

    with pytest.raises(StreamParseError) as caught:
        read_all()
    assert (caught.value.code, caught.value.offset) == ("lone_surrogate", 2)
    assert (parser.message.text, parser.message.status) == ("ab", "truncated")


def test_an_error_for_a_half_in_model_text() -> None:
    parser = FormatParser("hermes", surrogates="error")
    parser.feed("ab")
    with pytest.raises(StreamParseError) as caught:
        parser.feed(f"c{LOW}d")
    assert (caught.value.code, caught.value.offset) == ("lone_surrogate", 3)
    parser = FormatParser("hermes", surrogates="error")
    parser.feed(f"ab{HIGH}")
    with pytest.raises(StreamParseError):
        parser.finish()
    assert parser.message.text == "ab"


def test_an_early_end_raises_nothing() -> None:
    parser = MessageParser("openai-chat", surrogates="error")
    parser.feed(chunk({"content": f"ab{HIGH}"}))
    parser.cut()
    assert (parser.message.text, parser.message.status) == ("ab", "truncated")


@pytest.mark.parametrize("kind", ["function", "custom"])
def test_a_half_in_arguments(kind: str) -> None:
    field = "arguments" if kind == "function" else "input"

    def delta(text: str, **more: Any) -> dict[str, Any]:
        return chunk({"tool_calls": [{"index": 0, kind: {field: text, **more}}]})

    records = [delta(f'{{"a": "{HIGH}', name="say"), delta('b"}')]
    message, _ = read(*records, surrogates="replace")
    assert message.tool_calls[0].arguments_text == '{"a": "\ufffdb"}'
    message, events = read(*records, surrogates="error")
    rejected = [event.error for event in events if isinstance(event, ToolCallRejected)]
    assert [error.code for error in rejected] == ["lone_surrogate"]
    message, _ = read(*records)
    assert message.tool_calls[0].arguments_text == f'{{"a": "{HIGH}b"}}'
    assert message.tool_calls[0].status == "complete"


def test_the_second_half_may_come_in_another_part() -> None:
    message, _ = read(
        chunk({"content": f"a{HIGH}"}), chunk({"reasoning_content": "?"}), chunk({"content": LOW})
    )
    assert message.text == f"a{SMILE}"
    message, events = read(
        chunk({"content": f"a{HIGH}"}), chunk({"reasoning_content": "?"}), chunk({"content": "b"})
    )
    assert message.text == f"a{HIGH}b"
    assert [getattr(event, "text", "") for event in events[1:5]] == ["a", "?", HIGH, "b"]


def test_blocks_that_interleave() -> None:
    records = anthropic([], [], ["{}"])
    parser = MessageParser("anthropic-messages")
    parser.feed(records[0])
    for index, piece in ((0, f"a{HIGH}"), (1, f"b{HIGH}"), (0, f"{LOW}c"), (1, f"{LOW}d")):
        delta = {"type": "text_delta", "text": piece}
        parser.feed({"type": "content_block_delta", "index": index, "delta": delta})
    parser.finish()
    assert [part.text for part in parser.message.content] == [f"a{SMILE}c", f"b{SMILE}d"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("surrogates", "status"), [("replace", "complete"), ("error", "rejected")])
def test_a_half_in_a_value(surrogates: Surrogates, status: str) -> None:
    parser = MessageParser("ollama-chat", surrogates=surrogates)
    function = {"name": "say", "arguments": {f"k{HIGH}": f"a{LOW}b"}}
    message = {"role": "assistant", "content": "", "tool_calls": [{"function": function}]}
    parser.feed({"model": "m", "message": message, "done": True, "done_reason": "stop"})
    call = parser.message.tool_calls[0]
    assert call.status == status
    if surrogates == "replace":
        assert call.arguments == {"k\ufffd": "a\ufffdb"}
    else:
        assert [error.code for error in call.errors] == ["lone_surrogate"]


def test_the_structured_output() -> None:
    parser = MessageParser("openai-chat", output=Any, surrogates="replace")
    for piece in (f'{{"a": "{HIGH}', f'{LOW}\\ud83d"}}'):
        parser.feed(chunk({"content": piece}))
    parser.feed(chunk(finish="stop"))
    parser.finish()
    assert parser.message.output == {"a": f"{SMILE}\ufffd"}
