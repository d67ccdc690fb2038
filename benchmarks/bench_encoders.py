"""The cost of encoding an answer in the API of a provider, for each delta.

A text and the arguments of a call arrive in deltas of four characters. The figures are the µs for
each delta, in addition to parsing: for the records (`encode`), and for the records as server-sent
events (`to_sse`). The last row writes the same text as chunks with `json.dumps` alone, for
comparison.

    python -m benchmarks.bench_encoders [--quick]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from benchmarks.corpus import cut, prose, structure
from benchmarks.timing import microseconds, pair, size_name, table
from streamparse import MessageParser
from streamparse.encoders import AnthropicMessages, OpenAIChat, OpenAIResponses

SIZE: Final = 100_000
ENCODERS: Final[tuple[Callable[[], Any], ...]] = (OpenAIChat, OpenAIResponses, AnthropicMessages)


def chunk(delta: dict[str, Any]) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    head = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    return {**head, "choices": [choice]}


def text_deltas(size: int) -> Iterator[dict[str, Any]]:
    return (chunk({"content": piece}) for piece in cut(prose(size)))


def call_deltas(size: int) -> Iterator[dict[str, Any]]:
    named = {"index": 0, "id": "c", "function": {"name": "f", "arguments": ""}}
    yield chunk({"tool_calls": [named]})
    for piece in cut(structure(size)):
        yield chunk({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})


def batches(records: list[dict[str, Any]]) -> list[list[Any]]:
    """Return the events of each record."""
    parser = MessageParser("openai-chat")
    return [parser.feed(record) for record in records]


def encoding(make: Callable[[], Any], events: list[list[Any]]) -> Callable[[], object]:
    def work() -> None:
        encoder = make()
        for batch in events:
            encoder.encode(batch)

    return work


def sending(make: Callable[[], Any], events: list[list[Any]]) -> Callable[[], object]:
    def work() -> None:
        encoder = make()
        for batch in events:
            encoder.to_sse(encoder.encode(batch))

    return work


def dumping(records: list[dict[str, Any]]) -> Callable[[], object]:
    def work() -> None:
        for record in records:
            f"data: {json.dumps(record)}\n\n".encode()

    return work


def rows(size: int, seconds: float) -> Iterator[list[str]]:
    inputs = [list(deltas(size)) for deltas in (text_deltas, call_deltas)]
    events = [batches(records) for records in inputs]
    for make in ENCODERS:
        figures: list[str] = []
        for found in events:
            took = pair(encoding(make, found), sending(make, found), seconds)
            figures += [microseconds(each / len(found)) for each in took]
        yield [getattr(make, "__name__", ""), *figures]
    alone = [pair(dumping(records), dumping(records), seconds)[1] for records in inputs]
    figures = [microseconds(took / len(found)) for took, found in zip(alone, inputs, strict=True)]
    yield ["json.dumps alone", "", figures[0], "", figures[1]]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Cost of encoders of provider APIs.")
    parser.add_argument("--quick", action="store_true", help="a small answer, for a look")
    quick = parser.parse_args(arguments).quick
    size, seconds = (SIZE // 20, 0.0) if quick else (SIZE, 1.0)
    print(f"µs for each delta of 4 characters, {size_name(size)}:\n")
    head = [f"{kind}, {way}" for kind in ("text", "call") for way in ("records", "sent")]
    print(table(["", *head], rows(size, seconds)))


if __name__ == "__main__":
    main()
