"""Tests of reasoning in Chat Completions, in the members that each server uses for it."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse.message import Citation, Message
from tests.messages import call_chunk, chunk, read, text_chunk


def ended(*records: Any, finish: str = "stop") -> Message:
    """Return the message for these records and a finish reason."""
    return read([*records, chunk(finish=finish)], api="openai-chat")[0]


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_reasoning_by_either_name(field: str) -> None:
    message = ended(chunk({field: "Oak"}), chunk({field: "?"}), text_chunk("Elm."))
    assert (message.reasoning, len(message.content)) == ("Oak?", 2)


def test_reasoning_by_both_names_counts_once() -> None:
    message = ended(chunk({"reasoning": "Oak?", "reasoning_content": "Oak?"}))
    assert message.reasoning == "Oak?"


def details(**detail: Any) -> dict[str, Any]:
    return chunk({"content": "", "reasoning_details": [{"index": 0, **detail}]})


def test_openrouter_describes_its_reasoning() -> None:
    thought = {"type": "reasoning.text", "format": "f-1"}
    message = ended(
        details(**thought, text="Oak"),
        details(**thought, text="?"),
        details(**thought, signature="c2ln"),
        details(type="reasoning.encrypted", data="Zm9v", id="rs_1"),
        text_chunk("Elm."),
        call_chunk("{}", id="call_a", name="saw"),
    )
    assert message.reasoning == "Oak?"
    known = [
        {"index": 0, **thought, "text": "Oak?", "signature": "c2ln"},
        {"index": 0, "type": "reasoning.encrypted", "data": "Zm9v", "id": "rs_1"},
    ]
    assert message.content[0].extra["reasoning_details"] == known
    assert message.to_history()[0]["reasoning_details"] == known


def test_openrouter_sends_reasoning_twice() -> None:
    record = details(type="reasoning.summary", summary="Oak?")
    record["choices"][0]["delta"]["reasoning"] = "Oak?"
    assert ended(record).reasoning == "Oak?"


def test_mistral_thinks_in_a_list_of_parts() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Oak?"}]}
    message = ended(
        chunk({"content": [thinking]}),
        chunk({"content": [{"type": "text", "text": "Elm"}]}),
        chunk({"content": [{"type": "reference", "reference_ids": [3]}, "."]}),
        chunk({"content": [{"type": "song", "notes": "abc"}]}),
    )
    assert (message.reasoning, message.text) == ("Oak?", "Elm.")
    assert Citation({"type": "reference", "reference_ids": [3]}) in message.content


def thinking_blocks(*pieces: Any, **more: Any) -> dict[str, Any]:
    blocks = [
        {"type": "thinking", "thinking": text, "signature": signature} for text, signature in pieces
    ]
    return chunk({"thinking_blocks": blocks, **more})


SAW = call_chunk("{}", id="call_a", name="saw")


@pytest.mark.parametrize("mirrored", [True, False])
def test_thinking_blocks_of_litellm_keep_their_signatures(mirrored: bool) -> None:
    def piece(text: str, signature: str | None = None) -> dict[str, Any]:
        more = {"reasoning_content": text} if mirrored else {}
        return thinking_blocks((text, signature), **more)

    redacted = {"type": "redacted_thinking", "data": "b3BhcXVl"}
    message = ended(
        piece("Oak"),
        piece("? \ud83c"),
        piece("\udf33"),
        piece("", "c2ln"),
        chunk({"thinking_blocks": [redacted, redacted]}),
        piece("Elm"),
        piece("", "c2ln2"),
        SAW,
        finish="tool_calls",
    )
    assert message.reasoning == "Oak? \U0001f333Elm"
    blocks = message.to_history()[0]["thinking_blocks"]
    assert blocks == [
        {"type": "thinking", "thinking": "Oak? \U0001f333", "signature": "c2ln"},
        redacted,
        redacted,
        {"type": "thinking", "thinking": "Elm", "signature": "c2ln2"},
    ]


def test_a_cut_thinking_block_is_not_in_the_history() -> None:
    message = ended(thinking_blocks(("Oak?", None)), SAW, finish="tool_calls")
    assert message.reasoning == "Oak?"
    assert "thinking_blocks" not in message.to_history()[0]


def test_reasoning_of_copilot() -> None:
    deltas = [{"reasoning_text": "Oak"}, {"reasoning_text": "?"}, {"content": "Elm"}]
    deltas.append({"reasoning_opaque": "b3BhcXVl"})
    message = ended(*[chunk(delta) for delta in deltas], SAW)
    assert (message.reasoning, message.text) == ("Oak?", "Elm")
    back = message.to_history()[0]
    assert (back["reasoning_text"], back["reasoning_opaque"]) == ("Oak?", "b3BhcXVl")
    alone = ended(chunk({"reasoning_opaque": "b3BhcXVl"}), SAW)
    assert alone.to_history()[0]["reasoning_opaque"] == "b3BhcXVl"


def test_details_other_than_objects_are_kept() -> None:
    message = ended(
        details(type="reasoning.text", text="Oak"),
        chunk({"reasoning_details": ["odd", 5]}),
        details(type="reasoning.text", text="?"),
    )
    assert message.reasoning == "Oak?"
    kept = message.content[0].extra["reasoning_details"]
    assert kept[1:3] == ["odd", 5]


def thinking(**members: Any) -> dict[str, Any]:
    return chunk({"content": [{"type": "thinking", **members}]})


def test_a_thinking_part_with_a_reference_and_a_signature() -> None:
    message = ended(
        thinking(thinking=[{"type": "text", "text": "Oak"}, {"type": "reference", "ids": [1]}]),
        thinking(thinking="?", signature="c2ln"),
        text_chunk("Elm."),
    )
    assert (message.reasoning, message.text) == ("Oak?", "Elm.")
    [reference] = [part for part in message.content if isinstance(part, Citation)]
    assert reference.data == {"type": "reference", "ids": [1]}
    signed = [part.extra.get("signature") for part in message.content]
    assert signed.count("c2ln") == 1


@pytest.mark.parametrize("odd", [None, 5, [5, None], [{"type": "text"}], [{"type": "other"}], {}])
def test_a_thinking_part_of_another_shape_is_not_text(odd: Any) -> None:
    message = ended(thinking(thinking=odd), text_chunk("Elm."))
    assert (message.reasoning, message.text) == ("", "Elm.")
