"""Tests of reading recorded sessions with `streamparse replay`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from streamparse import SessionParser
from streamparse._cli.session_lines import SessionLines, is_session
from tests.sessions import Called, Frame, Plan, Said, laned, live, realtime

PLANS = [
    Plan("r1", [Said(["Let me ", "look."]), Called("c1", "look", ['{"a"', ": 1}"])]),
    Plan("r2", [Said(["Open."])], "cancelled"),
]
REALTIME = [frame for plan in PLANS for frame in realtime(plan)]
HEARD = {
    "type": "conversation.item.input_audio_transcription.completed",
    "event_id": "e-0",
    "item_id": "u-1",
    "transcript": "Is it open?",
}


def lines(frames: list[Frame]) -> bytes:
    return b"".join([json.dumps(frame).encode() + b"\n" for frame in frames])


@pytest.mark.parametrize("size", [1, 7, 1000, 10**6])
@pytest.mark.parametrize("newline", [True, False])
def test_bytes_cut_anywhere(size: int, newline: bool) -> None:
    source = lines(REALTIME) if newline else lines(REALTIME)[:-1]
    parser = SessionLines(SessionParser())
    events = []
    for start in range(0, len(source), size):
        events += parser.feed(source[start : start + size])
    events += parser.finish()
    whole = SessionParser()
    expected = [event for frame in REALTIME for event in whole.feed(frame)] + whole.finish()
    assert events == expected
    assert [message.text for message in parser.messages] == [plan.text for plan in PLANS]


def test_which_files_are_sessions(tmp_path: Path) -> None:
    file = tmp_path / "recording.jsonl"
    for source, expected in (
        (lines(REALTIME), True),
        (lines(live(PLANS[0])), True),
        (lines(laned(PLANS[0])), False),  # This one can be read as a single answer.
        (b'data: {"choices": []}\n', False),
        (b"[1]", False),
        (b"", False),
    ):
        file.write_bytes(source)
        assert is_session(str(file)) == expected
    assert not is_session(str(tmp_path / "missing"))


def replay(file: Path, *options: str) -> str:
    command = [sys.executable, "-m", "streamparse", "replay", *options, str(file)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    return done.stdout.decode()


def test_replay_shows_a_session(tmp_path: Path) -> None:
    file = tmp_path / "recording.jsonl"
    file.write_bytes(lines([HEARD, *REALTIME]))
    shown = replay(file, "--plain")
    for part in ("[user]\n  Is it open?", "Let me look.", "tool call look", "cancelled"):
        assert part in shown
    named = replay(file, "--plain", "--api", "openai-realtime")
    assert named.splitlines()[:3] == shown.splitlines()[:3]
    messages = [json.loads(line) for line in replay(file, "--message").splitlines()]
    assert [message["text"] for message in messages] == [plan.text for plan in PLANS]
