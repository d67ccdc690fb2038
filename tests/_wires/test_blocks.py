from __future__ import annotations

from typing import Any

from streamparse._answers.options import AnswerOptions
from streamparse._answers.response import ResponseReader
from streamparse._wires.blocks import cite, keep_block, name_of_call, note_fields, one_message
from streamparse.message import Citation, Message, Part, ServerToolResult, Text


def block_of(entry: dict[str, Any]) -> dict[str, Any] | None:
    return None if entry["block"].get("drop") else dict(entry["block"])


def blocks_of(part: Part) -> list[dict[str, Any]]:
    return [{"part": part.type}]


def test_kept_blocks_have_their_positions_in_the_history() -> None:
    answer = ResponseReader(AnswerOptions()).first
    keep_block(answer, {"at": 0})
    answer.add(Text("a"))
    entry = keep_block(answer, {"at": 1})
    keep_block(answer, {"drop": True})
    answer.add(Text("b"))
    keep_block(answer, {"at": 2})
    assert entry == {"position": 1, "block": {"at": 1}}
    [back] = one_message(answer.message, set(), block_of, blocks_of)
    text = {"part": "text"}
    assert back == {"role": "assistant", "content": [{"at": 0}, text, {"at": 1}, text, {"at": 2}]}


def test_a_result_is_in_the_history_only_with_its_call() -> None:
    message = Message()
    message.content += [ServerToolResult("a"), ServerToolResult("b")]
    [back] = one_message(message, {"a"}, block_of, blocks_of)
    assert len(back["content"]) == 1
    assert one_message(message, {"a", "b"}, block_of, blocks_of) == []


def test_names_of_calls() -> None:
    answer = ResponseReader(AnswerOptions()).first
    answer.call("call_1", "prune")
    assert name_of_call(answer, "call_1") == "prune"
    assert name_of_call(answer, "call_2") is None


def test_a_citation_is_kept_with_its_text() -> None:
    answer = ResponseReader(AnswerOptions()).first
    text = Text("moss")
    answer.add(text)
    cite(answer, text, {"page": 3})
    cite(answer, None, {"page": 4})
    assert text.extra == {"citations": [{"page": 3}]}
    assert [part.data for part in answer.message.content if isinstance(part, Citation)] == [
        {"page": 3},
        {"page": 4},
    ]


def test_fields_do_not_replace_the_kept_blocks() -> None:
    answer = ResponseReader(AnswerOptions()).first
    keep_block(answer, {"at": 0})
    note_fields(answer, {"type": "x", "tier": "low", "none": None, "content_blocks": 1}, _TYPE)
    assert answer.message.extra["tier"] == "low"
    assert len(answer.message.extra["content_blocks"]) == 1
    assert "none" not in answer.message.extra


_TYPE = frozenset(("type",))
