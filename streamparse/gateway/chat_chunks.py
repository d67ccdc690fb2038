"""Reads the data of a chunk or body of the upstream beside the parts that were parsed.

The parts that the parser reads come from the encoder: text, reasoning, refusals, calls and finish
reasons. All other members of a chunk, of its choices and of their deltas are those of the upstream,
such as `usage`, `system_fingerprint`, `logprobs` and members that only one server sends.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from streamparse._core.plain import dict_of, is_index, is_something, list_of

__all__ = ["Chunks", "dressed_body"]

# The members that every chunk of an answer has.
_HEAD: Final = ("id", "object", "created", "model", "system_fingerprint", "service_tier")
# The members that the parser reads. `text` repeats the text of a delta (Together).
_CHOICE: Final = frozenset(("index", "delta", "message", "finish_reason", "text"))
_PARSED: Final = frozenset(
    (
        "content",
        "function_call",
        "reasoning",
        "reasoning_content",
        "reasoning_text",
        "refusal",
        "role",
        "tool_calls",
    )
)
# The members in which some servers send reasoning that they have parsed.
_REASONING: Final = ("reasoning", "reasoning_text")


class Chunks:
    """Puts parsed choices into the chunks of the upstream.

    Used for one response to a client, also if it takes several requests to the upstream.
    """

    def __init__(self) -> None:
        self._id: Any = None  # of the first chunk
        self._head: dict[str, Any] = {}
        self._waiting: dict[str, Any] = {}  # members of chunks of the upstream without a choice
        self._begun: set[int] = set()  # the choices whose role was sent
        self._ends: dict[int, dict[str, Any]] = {}  # members of the choices that have finished
        self._last: list[dict[str, Any]] = []  # chunks that belong after the finish reason

    def dress(self, data: dict[str, Any], encoded: Iterable[dict[str, Any]]) -> list[Any]:
        """Return the chunks for one chunk of the upstream.

        Args:
            data: The chunk of the upstream.
            encoded: The chunks of the encoder for its events.
        """
        self._id = self._id or data.get("id")
        choices = self._choices(encoded)
        entries = list_of(data.get("choices"))
        if entries:
            self._learn(data)
            for entry in entries:
                if isinstance(entry, dict):
                    self._add_members(entry, choices)
            return self._wrapped(choices)
        chunk = {**data, **self._identity()}
        if self._ends:  # the usage, which follows the finish reason
            self._last.append(chunk)
            return self._wrapped(choices)
        return [*self._wrapped(choices), chunk]

    def wrap(self, encoded: Iterable[dict[str, Any]]) -> list[Any]:
        """Return chunks for those of the encoder that have no chunk of the upstream."""
        return list(self._wrapped(self._choices(encoded)))

    def close(self, encoded: Iterable[dict[str, Any]]) -> list[Any]:
        """Return the last chunks, from those of the encoder at the end of the answer."""
        choices = self._choices(encoded)
        for choice in choices:
            if choice["finish_reason"] is not None:
                choice.update(self._ends.get(choice["index"], {}))
        last, self._last = self._last, []
        self._ends = {}
        return [*self._wrapped(choices), *last]

    def _learn(self, data: dict[str, Any]) -> None:
        self._head = {name: data[name] for name in _HEAD if name in data} | self._identity()
        for name, value in data.items():
            if name in _HEAD or name == "choices":
                continue
            if value is not None or name not in self._waiting:
                self._waiting[name] = value

    def _identity(self) -> dict[str, Any]:
        return {"id": self._id} if self._id else {}

    def _choices(self, encoded: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the choices of chunks. Each role is sent once; citations are the upstream's."""
        found = []
        for chunk in encoded:
            for choice in chunk["choices"]:
                delta, index = choice["delta"], choice["index"]
                if "annotations" in delta or ("role" in delta and index in self._begun):
                    continue
                self._begun.add(index)
                found.append(choice)
        return found

    def _add_members(self, entry: dict[str, Any], choices: list[dict[str, Any]]) -> None:
        """Add the other members of a choice of the upstream to the parsed choices."""
        number = entry.get("index")
        index = number if isinstance(number, int) and is_index(number) else 0
        delta = dict_of(entry.get("delta"))
        members = {name: value for name, value in entry.items() if name not in _CHOICE}
        more = {name: value for name, value in delta.items() if name not in _PARSED}
        mine = [choice for choice in choices if choice["index"] == index]
        _rename_reasoning(mine, delta)
        has_finished = entry.get("finish_reason") is not None
        if mine:
            mine[-1].update(members)
            mine[-1]["delta"].update(more)
        elif any(is_something(value) for value in more.values()) or (
            not has_finished and any(is_something(value) for value in members.values())
        ):
            choices.append({"index": index, "delta": more, "finish_reason": None, **members})
        if has_finished:
            self._ends.setdefault(index, {} if mine else members)

    def _wrapped(self, choices: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return a chunk for each choice; the first one has the members that wait."""
        chunks = []
        for choice in choices:
            chunks.append({**self._head, **self._waiting, "choices": [choice]})
            self._waiting = {}
        return chunks


def dressed_body(data: dict[str, Any], encoded: dict[str, Any]) -> dict[str, Any]:
    """Return a whole body of the upstream with the parsed choices of the encoder."""
    entries = [dict_of(entry) for entry in list_of(data.get("choices"))]
    by_index = {entry.get("index", place): entry for place, entry in enumerate(entries)}
    choices = []
    for choice in encoded["choices"]:
        entry = by_index.get(choice["index"], {})
        said = dict_of(entry.get("message"))
        parsed = {name: value for name, value in choice["message"].items() if name in _PARSED}
        if "refusal" not in said and not parsed.get("refusal"):
            parsed.pop("refusal", None)
        holder = {"delta": parsed}
        _rename_reasoning([holder], said)
        more = {name: value for name, value in said.items() if name not in _PARSED}
        members = {name: value for name, value in entry.items() if name not in _CHOICE}
        reason = {"finish_reason": choice["finish_reason"]}
        message = {**holder["delta"], **more}
        choices.append({"index": choice["index"], "message": message, **reason, **members})
    return {**data, "choices": choices}


def _rename_reasoning(choices: list[dict[str, Any]], delta: dict[str, Any]) -> None:
    """Write the reasoning that the upstream has parsed in the member that it uses."""
    names = [name for name in _REASONING if delta.get(name)]
    if not names or delta.get("reasoning_content"):
        return
    for choice in choices:
        parsed = choice["delta"]
        if "reasoning_content" in parsed:
            parsed[names[0]] = parsed.pop("reasoning_content")
