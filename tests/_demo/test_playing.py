"""Tests of playing recordings for the demo page: the records and the speed."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from streamparse import SessionParser
from streamparse._demo.playing import bytes_a_second, player
from streamparse._demo.samples import SAMPLES, Recording


def play(recording: Recording, speed: float, size: int) -> tuple[dict[str, Any], list[list[Any]]]:
    """Return the first record, and the batches of events."""

    async def read() -> list[list[Any]]:
        return [batch async for batch in player(recording, speed, size)()]

    [[first], *batches] = asyncio.run(read())
    return first, batches


def test_the_first_record_is_about_the_recording() -> None:
    first, batches = play(SAMPLES[1].read(), 0, 64)
    assert first == {"type": "recording", "structured": True, "session": False}
    message = batches[-1][-1].message
    assert message.output["title"] == "A wet Saturday in Ghent, with cake"
    assert not play(SAMPLES[0].read(), 0, 64)[0]["structured"]


def test_pace() -> None:
    recording = SAMPLES[8].read()
    characters = 163
    speed = bytes_a_second(recording, characters / 0.4)
    began = time.monotonic()
    _, batches = play(recording, speed, 50)
    took = time.monotonic() - began
    assert 0.3 < took < 5
    assert 2 < len(batches) <= took * 30 + 2  # At most one batch for each frame.


@pytest.mark.parametrize("data", [b"", b"no stream at all", b"{"])
def test_pace_of_other_files(data: bytes) -> None:
    assert bytes_a_second(Recording(data), 100) == 100


def test_a_session() -> None:
    (sample,) = [each for each in SAMPLES if each.session]
    recording = sample.read()
    parser = SessionParser()
    for line in recording.data.splitlines():
        parser.feed(line)
    for speed in (0.0, bytes_a_second(recording, 3000)):
        first, batches = play(recording, speed, 5)
        assert first["session"]
        events = [event for batch in batches for event in batch]
        assert [event.choice for event in events if event.type == "message_started"] == [0, 1, 2]
        for choice, message in enumerate(parser.messages):
            its = [e for e in events if e.type == "text_delta" and e.choice == choice]
            assert "".join([event.text for event in its]) == message.text
        heard = [event.text for event in events if event.type == "input_completed"]
        assert [text[:5] for text in heard] == ["Good ", "Sorry"]
        sound = [event for event in events if event.type == "audio_delta"]
        assert sum([event.size for event in sound]) > 1000
        assert {event.data for event in sound} == {""}
        ended = [event.message for event in events if event.type == "message_finished"]
        assert [each.finish_reason for each in ended] == ["cancelled", "tool_calls", "stop"]
