"""What the page receives is enough to rebuild the answer, for any cuts and any batches."""

from __future__ import annotations

import asyncio
import json
import time
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import AnyMessageEvent, MessageParser, PatchApplier, SessionParser
from streamparse._demo.playing import News, bytes_a_second, player
from streamparse._demo.samples import SAMPLES, Recording, Sample


class Page:
    """What the page makes of the news."""

    def __init__(self) -> None:
        self.text = self.reasoning = ""
        self.values: dict[Any, PatchApplier] = {}
        self.open: dict[Any, Any] = {}
        self.ends: dict[Any, str] = {}
        self.status = ""

    def take(self, news: list[dict[str, Any]]) -> None:
        for each in json.loads(json.dumps(news)):
            kind = each["type"]
            if kind == "text_delta":
                self.text += each["text"]
            elif kind == "reasoning_delta":
                self.reasoning += each["text"]
            elif kind == "value":
                self.values.setdefault(each["call"], PatchApplier()).apply(each["patch"])
                self.open[each["call"]] = each["open"]
            elif kind.startswith("tool_call_") and kind != "tool_call_started":
                self.ends[each["call"]] = kind.removeprefix("tool_call_")
            elif kind.startswith("message_") and kind != "message_started":
                self.status = each["status"]


STREAMS = [sample for sample in SAMPLES if not sample.session]


@pytest.mark.parametrize("sample", STREAMS, ids=lambda sample: sample.title)
@given(size=st.integers(1, 20_000), seed=st.integers(0, 2**32))
def test_page_can_rebuild_the_answer(sample: Sample, size: int, seed: int) -> None:
    recording = sample.read()
    parser = MessageParser(
        format=recording.format,
        tools=recording.tools,
        output=recording.output,
        dialect=recording.dialect,
    )
    news, page, chance = News(), Page(), Random(seed)
    batch: list[AnyMessageEvent] = []
    for start in range(0, len(recording.data), size):
        batch += parser.feed(recording.data[start : start + size])
        if chance.random() < 0.5:
            page.take(news.of(batch))
            batch = []
    page.take(news.of(batch + parser.finish()))
    message = parser.message
    assert (page.text, page.reasoning, page.status) == (
        message.text,
        message.reasoning,
        message.status,
    )
    for call in message.tool_calls:
        assert page.ends[call.index] == call.status.replace("complete", "completed")
        if call.status != "rejected":
            assert page.values[call.index].value == call.partial
        if call.status == "complete":
            assert page.open[call.index] is None
    if recording.output is not None:
        assert (page.values[None].value, page.open[None]) == (message.output, None)


def test_open_path_tells_what_is_complete() -> None:
    chunks = ['{"a": [1, "x', 'y"', ', {"b": "', '"}', "]", "}"]
    parser = MessageParser("text", output=object, output_dialect="strict")
    news, seen = News(), []
    for chunk in chunks:
        told = news.of(parser.feed(chunk))
        seen += [each["open"] for each in told if each["type"] == "value"]
    assert seen == [["a", 1], ["a"], ["a", 2, "b"], ["a"], [], None]


def play(recording: Recording, speed: float, size: int) -> list[list[dict[str, Any]]]:
    async def read() -> list[list[dict[str, Any]]]:
        return [news async for news in player(recording, speed, size)()]

    return asyncio.run(read())


def test_player_tells_what_is_structured() -> None:
    recording = SAMPLES[1].read()
    page = Page()
    news = play(recording, 0, 64)
    for each in news:
        page.take(each)
    assert news[0][0]["structured"]
    assert page.values[None].value["title"] == "A wet Saturday in Ghent, with cake"


def test_pace() -> None:
    recording = SAMPLES[8].read()
    characters = 163
    speed = bytes_a_second(recording, characters / 0.4)
    began = time.monotonic()
    news = play(recording, speed, 50)
    took = time.monotonic() - began
    assert 0.3 < took < 5
    assert 2 < len(news) <= took * 30 + 2  # one for a frame


@pytest.mark.parametrize("data", [b"", b"no stream at all", b"{"])
def test_pace_of_what_is_no_stream(data: bytes) -> None:
    assert bytes_a_second(Recording(data), 100) == 100


def test_a_session() -> None:
    (sample,) = [each for each in SAMPLES if each.session]
    recording = sample.read()
    parser = SessionParser()
    for line in recording.data.splitlines():
        parser.feed(line)
    for speed in (0.0, bytes_a_second(recording, 3000)):
        records = [each for news in play(recording, speed, 5) for each in news]
        started = [each for each in records if each["type"] == "message_started"]
        assert [(each["choice"], each["session"]) for each in started] == [
            (0, True),
            (1, True),
            (2, True),
        ]
        for choice, message in enumerate(parser.messages):
            its = [each for each in records if each.get("choice") == choice]
            texts = [each["text"] for each in its if "text" in each]
            assert "".join(texts) == message.text
        heard = [each["text"] for each in records if each["type"] == "input_completed"]
        assert [text[:5] for text in heard] == ["Good ", "Sorry"]
        assert sum([each["size"] for each in records if each["type"] == "audio_delta"]) > 1000
        ends = [each["finish_reason"] for each in records if each["type"] == "message_finished"]
        assert ends == ["cancelled", "tool_calls", "stop"]
