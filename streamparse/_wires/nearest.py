"""Creates the error for records of no known API, which suggests the most similar API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from streamparse._core.plain import text_of
from streamparse._wires.base import Wire
from streamparse.errors import WireError

__all__ = ["unknown_api"]

_DEPTH: Final = 3  # the number of levels of a record whose names are compared
_NAMES: Final = ("type", "event_type", "object", "kind")  # members whose value names a record
_FEWEST: Final = 2  # the minimum number of common names for a suggestion
_ENOUGH: Final = 0.5  # the minimum weight of these names
# The events of OpenAI's Assistants API. Codex has events of its own that begin with `thread.`.
_ASSISTANTS: Final = ("thread.run", "thread.message", "thread.created")
_SHUT_DOWN: Final = (
    "these are events of the Assistants API, which OpenAI shut down on 26 August 2026: use the "
    "Responses API"
)


def unknown_api(
    records: Sequence[tuple[Any, str]],
    excerpt: str,
    known: Sequence[type[Wire]],
    others: Sequence[type[Wire]],
    advice: str,
) -> WireError:
    """Return the error for records that match no API of a parser.

    Args:
        records: The data and the event names of the first records.
        excerpt: The beginning of the input.
        known: The adapters of the APIs that the parser reads.
        others: The adapters of the APIs that only the other parser reads.
        advice: The advice for records of the other parser.

    Returns:
        The error, with the code `unknown_api`.
    """
    message = _message_of(records, known, others, advice)
    return WireError(message, code="unknown_api", excerpt=excerpt[:40])


def _message_of(
    records: Sequence[tuple[Any, str]],
    known: Sequence[type[Wire]],
    others: Sequence[type[Wire]],
    advice: str,
) -> str:
    words: set[str] = set()
    for data, event in records:
        _collect(data, words, _DEPTH)
        words.add(event)
    words.discard("")
    if any([word.startswith(_ASSISTANTS) for word in words]):
        return _SHUT_DOWN
    for data, event in records:
        for kind in others:
            if isinstance(data, dict) and kind.recognizes(data, event):
                return f"the first records are of {kind.api}: {advice}"
    nearest = _nearest(words, known)
    guess = f"; they are most like {nearest}" if nearest else ""
    return f"the first records show no known API{guess}: choose one with api="


def _collect(value: Any, words: set[str], depth: int) -> None:
    """Collect the names of members, and the values of members that name a record."""
    if isinstance(value, list):
        value = value[0] if value else None
    if not isinstance(value, dict) or not depth:
        return
    for name, inner in value.items():
        words.add(name)
        if name in _NAMES:
            words.add(text_of(inner))
        _collect(inner, words, depth - 1)


def _nearest(words: set[str], known: Sequence[type[Wire]]) -> str:
    """Return the API that has most of these words. A word that fewer APIs have weighs more."""
    owners: dict[str, list[str]] = {}
    for kind in known:
        for word in kind.words() & words:
            owners.setdefault(word, []).append(kind.api)
    scores: dict[str, list[float]] = {}
    for word in sorted(owners):
        apis = owners[word]
        for api in apis:
            scores.setdefault(api, []).append(1 / len(apis))
    best, most = "", 0.0
    for kind in known:
        found = scores.get(kind.api, [])
        if len(found) >= _FEWEST and sum(found) > most:
            best, most = kind.api, sum(found)
    return best if most >= _ENOUGH else ""
