"""Tests of streamparse.frontends.protocol: how deltas are merged."""

from __future__ import annotations

from typing import Any

from streamparse.frontends.protocol import Protocol


class Plain(Protocol):
    """A protocol that writes parts unchanged."""

    def _start_part(self, kind: str) -> None:
        self._out.append({"type": f"{kind}-start"})

    def _more(self, kind: str, text: str) -> None:
        self._add(f"{kind}-delta", "id", kind, "delta", text)

    def _stop_part(self, kind: str) -> None:
        self._out.append({"type": f"{kind}-end"})


def test_adjacent_deltas_become_one() -> None:
    protocol = Plain()
    for kind, text in [("text", "a"), ("text", "b"), ("reasoning", "c"), ("text", "d")]:
        protocol._grow_part(kind, text)
    protocol._end_part()
    shown: list[Any] = [record.get("delta", record["type"]) for record in protocol._take()]
    expected = ["text-start", "ab", "text-end", "reasoning-start", "c", "reasoning-end"]
    assert shown == [*expected, "text-start", "d", "text-end"]
    assert protocol._take() == []


def test_framing() -> None:
    records = [{"type": "a", "text": "é"}, {"type": "b"}]
    written = Protocol.to_sse(records).decode()
    assert written == 'data: {"type":"a","text":"é"}\n\ndata: {"type":"b"}\n\n'
