"""Law 6 for records: the work for one record does not depend on how many precede it.

`test_law_6_linear.py` tests characters of JSON; here whole records are repeated: choices, parts,
blocks and citations. Some tests also read the message after each record.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from streamparse import COMPILED, MessageParser
from streamparse.aliases import API
from tests.messages import chunk, sse, text_chunk
from tests.timing import lines_run, seconds

Records: TypeAlias = Callable[[int], list[dict[str, Any]]]
Reading: TypeAlias = Callable[[MessageParser], object]

FEW, MANY = 250, 2_000
COLLIDING = 2**61 - 1  # The hash of an integer is its value modulo this, so multiples collide.


def block(name: str, at: int = 0, **more: Any) -> dict[str, Any]:
    return {"type": f"content_block_{name}", "index": at, **more}


def answer(*records: dict[str, Any]) -> list[dict[str, Any]]:
    start = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "m"}
    return [{"type": "message_start", "message": start}, *records]


def candidate(text: str, at: int = 0, **more: Any) -> dict[str, Any]:
    return {"candidates": [{"index": at, "content": {"parts": [{"text": text}]}, **more}]}


def texts_and_refusals(count: int) -> list[dict[str, Any]]:
    return [chunk({"content": "a"} if at % 2 else {"refusal": "b"}) for at in range(count)]


def details(count: int) -> list[dict[str, Any]]:
    kept = {"type": "reasoning.encrypted", "index": 0, "data": "q"}
    first = chunk({"reasoning_details": [kept]})
    return [first, *texts_and_refusals(count), *[chunk({"reasoning_details": [kept]})] * count]


def blocks(count: int) -> list[dict[str, Any]]:
    records = []
    for at in range(count):
        records += [block("start", at, content_block={"type": "text", "text": "a"})]
        records += [block("stop", at)]
    return answer(*records)


def finishes(count: int) -> list[dict[str, Any]]:
    call = {"type": "tool_use", "id": "t", "name": "save", "input": {"a": 1}}
    starts = [
        block("start", at, content_block={"type": "text", "text": "a"}) for at in range(count)
    ]
    again = {"type": "message_delta", "delta": {"stop_reason": "tool_use"}}
    return answer(*starts, block("start", count, content_block=call), *[again] * count)


def cited(count: int) -> list[dict[str, Any]]:
    deltas = [
        block("delta", delta={"type": "citations_delta", "citation": {"cited_text": f"t{at}"}})
        for at in range(count)
    ]
    return answer(block("start", content_block={"type": "text", "text": ""}), *deltas)


def signed(count: int) -> list[dict[str, Any]]:
    content = {"signature": "abcdefgh" * 8}
    delta = {"delta": {"reasoningContent": content}, "contentBlockIndex": 0}
    return [{"messageStart": {"role": "assistant"}}, *[{"contentBlockDelta": delta}] * count]


def results(count: int) -> list[dict[str, Any]]:
    step = {"event_type": "step.start", "index": 0, "step": {"type": "search_result"}}
    delta = {"type": "search_result", "result": "abcdefgh" * 8}
    return [step, *[{"event_type": "step.delta", "index": 0, "delta": delta}] * count]


STREAMS: dict[str, tuple[str, Records]] = {
    "choices": ("openai-chat", lambda n: [text_chunk("a", 1 + at) for at in range(n)]),
    "choices that end": (
        "openai-chat",
        lambda n: [
            *[text_chunk("a", 1 + at) for at in range(n)],
            *[chunk({}, "stop", 1 + at) for at in range(n)],
        ],
    ),
    "candidates": ("google-generate", lambda n: [candidate("a", 1 + at) for at in range(n)]),
    "parts": ("openai-chat", texts_and_refusals),
    "reasoning details": ("openai-chat", details),
    "blocks": ("anthropic-messages", blocks),
    "finish reasons after blocks": ("anthropic-messages", finishes),
    "citations": ("anthropic-messages", cited),
    "citations of candidates": (
        "google-generate",
        lambda n: [
            candidate("a", citationMetadata={"citations": [{"uri": f"https://example.org/{at}"}]})
            for at in range(n)
        ],
    ),
    "signatures": ("bedrock-converse", signed),
    "results": ("google-interactions", results),
}

READINGS: dict[str, Reading] = {
    "nothing": lambda parser: None,
    "message": lambda parser: (parser.message.text, parser.message.status),
    "tool_calls": lambda parser: parser.message.tool_calls,
}


def work(api: Any, records: list[dict[str, Any]], read: Reading) -> Callable[[], None]:
    parser = MessageParser(api)

    def feed() -> None:
        for record in records:
            parser.feed(record)
            read(parser)

    return feed


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("name", STREAMS)
def test_law_6_a_record_costs_the_same_late_in_a_stream(name: str, reading: str) -> None:
    api, records = STREAMS[name]
    read = READINGS[reading]
    if not COMPILED:
        at_first = lines_run(work(api, records(FEW), read)) / FEW
        later = lines_run(work(api, records(MANY), read)) / MANY
        assert later <= 1.1 * at_first + 1
    few, many = records(FEW), records(MANY)
    for _ in range(5):  # Another process may disturb some of the rounds, but hardly all.
        at_first = min(seconds(work(api, few, read)) for _ in range(3)) / FEW
        later = seconds(work(api, many, read)) / MANY
        if later <= 3 * at_first:
            return
    pytest.fail(f"a record costs {later / at_first:.1f} times as much in a longer stream")


INDEXED: dict[str, tuple[API, Callable[[int], dict[str, Any]]]] = {
    "choices": ("openai-chat", lambda at: text_chunk("a", at)),
    "choices of completions": (
        "openai-completions",
        lambda at: {"object": "text_completion", "choices": [{"index": at, "text": "a"}]},
    ),
    "candidates": ("google-generate", lambda at: candidate("a", at)),
    "blocks": (
        "anthropic-messages",
        lambda at: block("start", at, content_block={"type": "text", "text": "a"}),
    ),
    "blocks of Bedrock": (
        "bedrock-converse",
        lambda at: {"contentBlockDelta": {"contentBlockIndex": at, "delta": {"text": "a"}}},
    ),
    "blocks of Cohere": (
        "cohere-v2",
        lambda at: {
            "type": "content-delta",
            "index": at,
            "delta": {"message": {"content": {"text": "a"}}},
        },
    ),
    "steps": (
        "google-interactions",
        lambda at: {
            "event_type": "step.delta",
            "index": at,
            "delta": {"type": "text", "text": "a"},
        },
    ),
}


@pytest.mark.parametrize("name", INDEXED)
@pytest.mark.parametrize(
    "index", [2**31, COLLIDING, -3 * COLLIDING, 10**5000], ids=["word", "prime", "minus", "long"]
)
def test_law_6_an_index_beyond_any_list_is_passed_on(name: str, index: int) -> None:
    api, record = INDEXED[name]
    parser = MessageParser(api)
    parser.feed(record(0))
    events = parser.feed(record(index))
    assert [event.type for event in events] == ["provider_event"]
    assert parser.message.text == "a"
    assert len(parser.messages) == 1


def test_a_parser_is_small() -> None:
    """A parser needs little memory, because a server may hold thousands of them."""
    records = [sse([text_chunk(f"word {at} ")], done=False) for at in range(4)]
    MessageParser().feed(records[0])  # Imports the wires, so that they do not count.
    tracemalloc.start()
    try:
        parsers = [MessageParser() for _ in range(100)]
        new = tracemalloc.get_traced_memory()[0] / len(parsers)
        for parser in parsers:
            for record in records:
                parser.feed(record)
        fed = tracemalloc.get_traced_memory()[0] / len(parsers)
    finally:
        tracemalloc.stop()
    assert new < 1_500
    assert fed < 6_000
