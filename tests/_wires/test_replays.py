"""Tests of replays: records of a resumed stream are skipped, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse._wires import replays
from streamparse._wires.replays import SeenIds
from streamparse.message_parser import MessageParser
from tests.messages import answer, chunk, dumped, text_chunk

Identified = tuple[str, Any]


def stream(records: list[Identified]) -> bytes:
    texts = [f"id: {identity}\ndata: {dumped(record)}\n\n" for identity, record in records]
    return "".join(texts).encode()


def numbered(words: list[str]) -> list[Identified]:
    records = [text_chunk(word) for word in words] + [chunk(finish="stop")]
    return [(f"e-{place}", record) for place, record in enumerate(records)]


@given(st.lists(st.sampled_from(["ha", "ho"]), min_size=3, max_size=8), st.data())
def test_an_overlap_is_as_if_it_had_not_been(words: list[str], data: st.DataObject) -> None:
    records = numbered(words)
    cut = data.draw(st.integers(3, len(records) - 1), label="the connection ends before")
    back = data.draw(st.integers(0, cut), label="and the stream goes on from")
    again = records[:cut] + records[back:]
    assert answer([stream(again)]) == answer([stream(records)])
    parser = MessageParser("openai-chat")
    parser.feed(stream(again))
    assert parser.replayed == cut - back


@given(st.lists(st.sampled_from(["ha", "ho"]), min_size=1, max_size=8), st.integers(1, 3))
def test_ids_that_do_not_name_records_lose_nothing(words: list[str], ids: int) -> None:
    """One id for all, one for each choice of a few."""
    records = [text_chunk(word, choice=place % ids) for place, word in enumerate(words)]
    found = answer([stream([(f"{place % ids}", one) for place, one in enumerate(records)])])
    plain = answer(["".join(f"data: {dumped(one)}\n\n" for one in records).encode()])
    if ids == 1:
        assert found == plain


def test_equal_deltas_under_one_id() -> None:
    records = [
        ("0", chunk({"role": "assistant"})),
        ("0", text_chunk("ha")),
        ("0", text_chunk("ha")),
    ]
    parser = MessageParser("openai-chat")
    parser.feed(stream(records))
    assert (parser.message.text, parser.replayed) == ("haha", 0)


def test_equal_deltas_without_ids() -> None:
    parser = MessageParser("openai-chat")
    parser.feed("".join(f"data: {dumped(text_chunk('ha'))}\n\n" for _ in range(3)))
    assert (parser.message.text, parser.replayed) == ("hahaha", 0)


def test_ids_that_restart_with_other_content() -> None:
    seen = SeenIds()
    first = [("0", "a"), ("1", "b"), ("2", "c")]
    assert not any(seen.is_replay(*record) for record in first)
    assert not any(seen.is_replay(*record) for record in [("0", "d"), ("1", "b"), ("2", "c")])


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(replays.__loader__, "get_source"):
        pytest.skip("compiled: the constant is part of the code")
    monkeypatch.setattr(replays, "_WATCHED", 4)
    seen = SeenIds()
    for number in range(9):
        assert not seen.is_replay(str(number), "x")
    assert not seen.is_replay("0", "x")
