"""Reasoning in the deltas of Chat Completions.

It comes as `reasoning_content`, as `reasoning`, as `reasoning_text` with `reasoning_opaque` (GitHub
Copilot), in `reasoning_details` (OpenRouter), in `thinking_blocks` (LiteLLM), or in the parts of
`content` (Mistral).
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._core.flat import equal
from streamparse._core.plain import dict_of, grow_in, list_of, text_of
from streamparse._core.surrogates import Halves
from streamparse.message import Citation, Reasoning

__all__ = ["DETAILS", "REASONING", "ChatReasoning", "read_thinking"]

# The members in which servers send reasoning, as text and as lists of typed objects.
_THOUGHTS: Final = ("reasoning_content", "reasoning", "reasoning_text")
DETAILS: Final = ("reasoning_details", "thinking_blocks")
REASONING: Final = frozenset((*_THOUGHTS, *DETAILS, "reasoning_opaque"))
# The members of a detail or thinking block that come in pieces.
_PIECES: Final = ("text", "summary", "data", "thinking")


class ChatReasoning:
    """The reasoning of one choice."""

    __slots__ = ("answer", "details", "part")

    _init_types: ClassVar[tuple[Any, ...]] = (AnswerReader,)

    def __init__(self, answer: AnswerReader) -> None:
        self.answer = answer
        self.part: Reasoning | None = None  # the last reasoning
        self.details: dict[str, _Details] = {}  # the last ones of each name

    def read(self, delta: dict[str, Any]) -> None:
        """Read a delta that has one of the members `REASONING`."""
        answer = self.answer
        text = ""
        for field in _THOUGHTS:
            text = text_of(delta.get(field))
            if text:
                self._part_for(True).extra.setdefault("field", field)
                break
        for name in DETAILS:
            details = list_of(delta.get(name))
            if details:
                answer.room.keep(details)
                text = text or "".join([_text_of_detail(detail) for detail in details])
                self._details_for(name, bool(text)).take(details)
        answer.reasoning(text)
        opaque = text_of(delta.get("reasoning_opaque"))
        if opaque:
            answer.room.put(self._part_for(False).extra, "reasoning_opaque", opaque)

    def _part_for(self, growing: bool) -> Reasoning:
        """Return the reasoning that grows now; unless `growing`, the last one that grew."""
        part = self.part
        if growing or part is None:
            part = self.part = self.answer.growing_reasoning()
        return part

    def _details_for(self, name: str, growing: bool) -> _Details:
        """Return the details of the reasoning that grows now, or the last ones of this name."""
        details = self.details.get(name)
        if details is None or (growing and details.part is not self._part_for(True)):
            details = self.details[name] = _Details(name, self._part_for(growing))
        return details


class _Details:
    """A list of typed objects that comes in pieces and goes back with its reasoning.

    OpenRouter's `reasoning_details` have an index each. LiteLLM's `thinking_blocks` have none: a
    signature ends a block, and redacted blocks come whole.
    """

    __slots__ = ("entries", "halves", "part")

    _init_types: ClassVar[tuple[Any, ...]] = (str, Reasoning)

    def __init__(self, name: str, part: Reasoning) -> None:
        self.part = part
        self.entries: list[Any] = part.extra.setdefault(name, [])
        self.halves: Halves = Halves()  # of the text in the last entry

    def take(self, details: list[Any]) -> None:
        """Read pieces of the last entry, or new entries."""
        for detail in details:
            if not isinstance(detail, dict):
                self.entries.append(detail)
                continue
            last = dict_of(self.entries[-1]) if self.entries else {}
            if not last or not _goes_on(last, detail):
                self.halves = Halves()
                last = {}
                self.entries.append(last)
            for key, value in detail.items():
                if key in _PIECES and isinstance(value, str):
                    grow_in(last, key, self.halves.take(value))
                elif value is not None or key not in last:
                    last[key] = value


def _goes_on(last: dict[str, Any], detail: dict[str, Any]) -> bool:
    if not all(equal(last.get(key), detail.get(key)) for key in ("type", "index")):
        return False
    if last.get("type") == "thinking":
        return not last.get("signature")
    return last.get("type") != "redacted_thinking"


def _text_of_detail(detail: Any) -> str:
    texts = [text_of(dict_of(detail).get(key)) for key in ("text", "summary", "thinking")]
    return next((text for text in texts if text), "")


def read_thinking(answer: AnswerReader, part: dict[str, Any]) -> None:
    """Read a part of `content` with the type `"thinking"`."""
    thinking = part.get("thinking")
    pieces = thinking if isinstance(thinking, list) else [{"type": "text", "text": thinking}]
    for piece in pieces:
        text = text_of(piece.get("text")) if isinstance(piece, dict) else ""
        if text:
            answer.growing_reasoning().extra.setdefault("field", "thinking")
            answer.reasoning(text)
        elif isinstance(piece, dict) and piece.get("type") == "reference":
            answer.add(Citation(piece))
    if part.get("signature"):
        answer.room.put(answer.growing_reasoning().extra, "signature", part["signature"])
