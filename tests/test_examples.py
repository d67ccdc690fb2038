"""Tests of the examples: they print the documented output, and the sample streams are read."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import streamparse
from streamparse import Message, MessageParser, SessionParser, ToolCallRejected
from tests.parts import chars, ragged

EXAMPLES = Path(__file__).parents[1] / "examples"
TRIP = EXAMPLES / "trip.json"
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(Path(streamparse.__file__).parents[1]),
    "PYTHONUTF8": "1",
}


def output(*command: str, folder: Path) -> str:
    """Run a program in this folder and return its output; it may not fail or write to stderr."""
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, cwd=folder, env=ENVIRONMENT, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


def test_trip_has_all_kinds_of_escapes() -> None:
    text = TRIP.read_text(encoding="utf-8")
    assert 2000 < len(text) < 3000
    assert not text.isascii()
    assert {"\\n", "\\t", '\\"', "\\\\", "\\u", "\\ud83d"} <= {
        piece for size in (2, 6) for start in range(len(text)) if (piece := text[start:][:size])
    }
    assert streamparse.parse(text) == json.loads(text)


def test_partial_json(tmp_path: Path) -> None:
    lines = output(str(EXAMPLES / "partial_json.py"), folder=tmp_path).splitlines()
    assert lines[0] == "    6  {}"
    assert '   24  {"title": "Three days"}' in lines
    assert " 1782  $['budget']['total'] = 59.4" in lines
    assert lines[-1].startswith(f"{len(TRIP.read_text(encoding='utf-8')):5}  $ = ")


def test_partial_json_of_another_file(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('"ciao"', encoding="utf-8")
    assert (
        output(str(EXAMPLES / "partial_json.py"), str(other), folder=tmp_path) == '    6  "ciao"\n'
    )


@pytest.mark.parametrize("arguments", [[], ["--partial"], ["--select", "$.days[*]"]])
def test_command_line_on_the_example(arguments: list[str], tmp_path: Path) -> None:
    text = output("-m", "streamparse", "json", str(TRIP), *arguments, folder=tmp_path)
    assert [json.loads(line) for line in text.splitlines()]


# Sample streams


def written() -> ModuleType:
    """Load the program that writes the samples, whose constants are their content."""
    spec = importlib.util.spec_from_file_location("make_streams", EXAMPLES / "make_streams.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SAMPLES = written()
CHAT_CALLS = [
    ("get_forecast", SAMPLES.FORECAST),
    ("find_places", SAMPLES.PLACES),
    ("draft_message", SAMPLES.NOTE),
]

# For each file the API, status, finish reason, text, words of the reasoning, and calls.
EXPECTED: dict[str, tuple[str, str, str | None, str, str, list[tuple[str, Any]]]] = {
    "openai-chat.sse": (
        "openai-chat",
        "complete",
        "tool_calls",
        "I will look up Saturday's weather",
        "",
        CHAT_CALLS,
    ),
    "openai-responses.sse": (
        "openai-responses",
        "complete",
        "tool_calls",
        SAMPLES.GARDEN_TEXT,
        SAMPLES.GARDEN_SUMMARY,
        [("write_diary", SAMPLES.DIARY)],
    ),
    "anthropic-messages.sse": (
        "anthropic-messages",
        "complete",
        "tool_calls",
        "`average([])` divides by zero.",
        SAMPLES.CODE_THOUGHT,
        [
            ("read_file", {"path": "tests/test_stats.py", "lines": [1, 40]}),
            ("edit_file", SAMPLES.EDIT),
        ],
    ),
    "google-generate.sse": (
        "google-generate",
        "complete",
        "tool_calls",
        SAMPLES.GUIDE_TEXT,
        SAMPLES.GUIDE_THOUGHT,
        [
            (
                "reserve_seats",
                {"show": "Sky for Beginners", "time": "16:00", "seats": 4, "row": "J"},
            ),
            ("set_reminder", {"line": "9", "at": "15:10", "notify_minutes_before": 15}),
        ],
    ),
    "google-partial-args.sse": (
        "google-generate",
        "complete",
        "tool_calls",
        "",
        "",
        [
            (
                "file_report",
                {
                    "title": "Night of 12 August: clouds, then Perseids",
                    "observers": 3,
                    "sightings": [
                        {"where": "Perseus, low in the east", "magnitude": -1.5},
                        {"where": "overhead, with a trail of two seconds", "magnitude": 0},
                    ],
                    "photos_attached": False,
                    "summary": "Clouds until eleven, then two clear hours. We counted 41 meteors, "
                    "most of them from the radiant, and stopped when the dew reached the lenses.",
                },
            ),
        ],
    ),
    "bedrock-converse.bin": (
        "bedrock-converse",
        "complete",
        "tool_calls",
        SAMPLES.STOCK_TEXT,
        SAMPLES.STOCK_THOUGHT,
        [
            (
                "move_stock",
                {
                    "from": "B4",
                    "to": "C1",
                    "boxes": [{"sku": "LMP-07", "count": 12}],
                    "trolley": True,
                },
            ),
            ("check_load", {"shelves": ["B4", "C1"]}),
        ],
    ),
    "cohere-v2.sse": (
        "cohere-v2",
        "complete",
        "tool_calls",
        "",
        SAMPLES.PLAN,
        [
            (
                "search_ferries",
                {"from": "Piran", "to": "Venice", "date": "2026-07-03", "after": "13:00"},
            ),
            (
                "search_rooms",
                {
                    "near": "harbour",
                    "nights": 2,
                    "guests": [{"adults": 2}],
                    "max_walk_minutes": 10,
                },
            ),
        ],
    ),
    "ollama-chat.ndjson": (
        "ollama-chat",
        "complete",
        "tool_calls",
        "I am dimming the hall to a fifth",
        "The user wants the lights low",
        [
            ("set_light", {"room": "hall", "level": 0.2, "colour": "amber"}),
            ("set_light", {"room": "porch", "level": 1}),
        ],
    ),
    "outing.sse": (
        "openai-chat",
        "complete",
        "stop",
        '{"title": "A wet Saturday',
        "",
        [],
    ),
    "table.sse": (
        "anthropic-messages",
        "complete",
        "tool_calls",
        "I look at the weather",
        SAMPLES.TABLE_THOUGHT,
        [
            ("check_weather", {"city": "Rotterdam", "day": "friday", "hours": [19, 20, 21]}),
            ("book_table", SAMPLES.TABLE),
        ],
    ),
    "cut.sse": (
        "openai-chat",
        "truncated",
        None,
        "I will look up Saturday's weather",
        "",
        [("get_forecast", None), ("find_places", None), ("draft_message", None)],
    ),
    "error.sse": (
        "anthropic-messages",
        "failed",
        "error",
        "Three things make a sourdough rise more slowly in winter.",
        "",
        [],
    ),
    "qwen3-coder.txt": (
        "",  # No API.
        "complete",
        "tool_calls",
        f"\n\n{SAMPLES.PALETTE_TEXT}",
        f"\n{SAMPLES.PALETTE_THOUGHT}",
        [
            ("write_file", {"path": "chart/palette.py", "content": SAMPLES.PALETTE}),
            ("run_tests", {"only": "tests/test_palette.py", "verbose": "true"}),
        ],
    ),
    "unparsed.sse": (
        "openai-chat",
        "complete",
        "tool_calls",
        "The ferry leaves in ten minutes",
        "",
        [("ring_bell", SAMPLES.BELL)],
    ),
    "lenient.sse": (
        "openai-chat",
        "complete",
        "tool_calls",
        "",
        "",
        [("book_table", SAMPLES.BOOKING)],
    ),
}

# The API and format of samples whose calls are in the text.
RAW: dict[str, Any] = {
    "qwen3-coder.txt": ("text", "qwen3_coder"),
    "unparsed.sse": ("openai-chat", "hermes"),
}

DIALECTS: dict[str, Any] = {"lenient.sse": "lenient"}


def sample(name: str) -> bytes:
    if name.endswith(".bin"):
        pytest.importorskip("botocore", reason="needs the extra bedrock")
    return (EXAMPLES / name).read_bytes()


def read(pieces: list[Any], name: str = "") -> Message:
    api, format = RAW.get(name, ("auto", None))
    parser = MessageParser(api, format=format, dialect=DIALECTS.get(name, "strict"))
    for piece in pieces:
        parser.feed(piece)
    parser.finish()
    return parser.message


def test_every_sample_is_known() -> None:
    programs = (".py", ".json")
    files = {path.name for path in EXAMPLES.iterdir() if path.is_file()}
    files = {name for name in files if not name.endswith(programs)}
    assert files == set(SAMPLES.STREAMS)
    assert files - {"realtime.jsonl"} == set(EXPECTED)


@pytest.mark.parametrize("name", SAMPLES.STREAMS)
def test_sample_is_the_output_of_the_program(name: str) -> None:
    assert (EXAMPLES / name).read_bytes() == b"".join(SAMPLES.STREAMS[name]())


@pytest.mark.parametrize("name", EXPECTED)
def test_sample(name: str) -> None:
    api, status, finish_reason, text, reasoning, calls = EXPECTED[name]
    message = read([sample(name)], name)
    assert (message.api or "", message.status, message.finish_reason) == (
        api,
        status,
        finish_reason,
    )
    assert message.text.startswith(text)
    assert bool(message.text) == bool(text)
    assert message.reasoning.startswith(reasoning)
    assert bool(message.reasoning) == bool(reasoning)
    assert [(call.name, call.arguments) for call in message.tool_calls] == calls
    assert all(not call.errors for call in message.tool_calls)
    assert message.status != "complete" or not api or message.usage is not None


@pytest.mark.parametrize("name", EXPECTED)
def test_sample_is_the_same_for_any_cutting(name: str) -> None:
    """Law 1: any chunking of a sample gives the same message."""
    data = sample(name)
    whole = read([data], name)
    assert read(list(chars(data)), name) == whole
    for seed in range(3):
        assert read(list(ragged(data, seed)), name) == whole


def test_a_truncated_sample() -> None:
    call = read([sample("cut.sse")]).tool_calls[-1]
    assert call.status == "truncated"
    assert call.partial["subject"] == SAMPLES.NOTE["subject"]
    assert SAMPLES.NOTE["body"].startswith(call.partial["body"])
    assert len(call.partial["body"]) > 50


def test_a_failed_sample() -> None:
    error = read([sample("error.sse")]).error
    assert error is not None
    assert "Overloaded" in error.message


def schema_of(name: str) -> Any:
    return json.loads((EXAMPLES / name).read_bytes())


def test_outing_is_valid_for_its_schema() -> None:
    parser = MessageParser(output=schema_of("outing-schema.json"))
    parser.feed(sample("outing.sse"))
    parser.finish()
    assert parser.message.output == SAMPLES.OUTING


def test_a_call_for_a_table_is_rejected_early() -> None:
    parser = MessageParser(tools=schema_of("table-tools.json"))
    events = parser.feed(sample("table.sse"))
    assert [call.status for call in parser.message.tool_calls] == ["complete", "rejected"]
    [rejected] = [event for event in events if isinstance(event, ToolCallRejected)]
    assert (rejected.error.code, rejected.error.path) == ("enum", ("seating",))
    assert rejected.error.offset == json.dumps(SAMPLES.TABLE).index("rooftop")


@pytest.mark.parametrize("name", EXPECTED)
def test_replay_of_a_sample(name: str, tmp_path: Path) -> None:
    sample(name)
    api, format = RAW.get(name, ("auto", ""))
    command = ["replay", str(EXAMPLES / name), "--message", "--api", api]
    done = subprocess.run(
        [sys.executable, "-m", "streamparse", *command, *(["--format", format] if format else [])],
        capture_output=True,
        cwd=tmp_path,
        env=ENVIRONMENT,
        timeout=60,
    )
    status = EXPECTED[name][1]
    assert json.loads(done.stdout)["status"] == status
    assert done.returncode == (0 if status == "complete" else 1)
    assert len(done.stderr.splitlines()) == done.returncode


def test_the_session() -> None:
    parser = SessionParser()
    heard = []
    for line in (EXAMPLES / "realtime.jsonl").read_bytes().splitlines():
        heard += [event.text for event in parser.feed(line) if event.type == "input_completed"]
    parser.finish()
    first, second, third = parser.messages
    assert (parser.api, len(heard)) == ("openai-realtime", 2)
    assert SAMPLES.LIGHTS.startswith(first.text)
    assert (first.status, first.finish_reason) == ("truncated", "cancelled")
    assert [(call.name, call.arguments) for call in second.tool_calls] == [
        ("book_berth", SAMPLES.BERTH)
    ]
    assert (second.finish_reason, third.text) == ("tool_calls", SAMPLES.BOOKED)
