"""Helpers of the wires with numbered blocks: blocks that are not content, citations, history.

`message.extra["content_blocks"]` has each block that is not a part of the content, with the
position in `content` at which it came, so that the next turn can have it in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from streamparse._answers.answer import AnswerReader
from streamparse._core.plain import list_of
from streamparse.message import Citation, Message, Part, ServerToolResult, Text

__all__ = ["KEPT", "cite", "keep_block", "name_of_call", "note_fields", "one_message"]

KEPT: Final = "content_blocks"


def keep_block(answer: AnswerReader, block: dict[str, Any]) -> dict[str, Any]:
    """Keep a block that is not a part of the content; return its entry."""
    answer.begin()
    message = answer.message
    answer.room.keep(block)
    entry = {"position": len(message.content), "block": block}
    message.extra.setdefault(KEPT, []).append(entry)
    return entry


def note_fields(answer: AnswerReader, data: dict[str, Any], known: frozenset[str]) -> None:
    """Note the fields that are not in `known`, because they are about the whole answer."""
    for key, value in data.items():
        if key == KEPT:
            answer.pass_on(key, value)
        elif key not in known and value is not None:
            answer.note(key, value)


def name_of_call(answer: AnswerReader, identity: str | None) -> str | None:
    """Return the name of the call with this id."""
    for reader in answer.calls.readers:
        if reader.call.id == identity:
            return reader.call.name
    return None


def cite(answer: AnswerReader, part: Text | None, citation: Any) -> None:
    """Add a citation, and keep it with its text too, because they go back together."""
    if part is not None:
        part.extra.setdefault("citations", []).append(citation)
    answer.add(Citation(citation))


def one_message(
    message: Message,
    dropped: set[str | None],
    block_of_entry: Callable[[dict[str, Any]], dict[str, Any] | None],
    blocks_of: Callable[[Part], list[dict[str, Any]]],
) -> list[dict[str, Any]]:
    """Return one assistant message with the blocks of the answer, in their order.

    Args:
        message: The answer.
        dropped: The ids of calls that do not go back; neither do their results.
        block_of_entry: Returns the block of a kept entry, or None if it cannot go back.
        blocks_of: Returns the blocks of a part.
    """
    others: dict[int, list[dict[str, Any]]] = {}
    for entry in list_of(message.extra.get(KEPT)):
        block = block_of_entry(entry)
        if block is not None:
            others.setdefault(entry["position"], []).append(block)
    blocks: list[dict[str, Any]] = []
    for position, part in enumerate(message.content):
        blocks += others.get(position, [])
        if not isinstance(part, ServerToolResult) or part.call_id not in dropped:
            blocks += blocks_of(part)
    blocks += others.get(len(message.content), [])
    return [{"role": "assistant", "content": blocks}] if blocks else []
