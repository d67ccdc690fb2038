"""Tests of the example of every format, read in one piece and in characters."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import Message, formats
from streamparse.formats import FormatParser

TIDE: dict[str, Any] = {
    "name": "find_tide",
    "parameters": {
        "type": "object",
        "properties": {
            "port": {"type": "string"},
            "day": {"type": "integer"},
            "days": {"type": "array", "items": {"type": "integer"}},
        },
        "required": ["port"],
    },
}
BERTH: dict[str, Any] = {
    "name": "find_berth",
    "parameters": {
        "type": "object",
        "properties": {"port": {"type": "string"}, "sheltered": {"type": "boolean"}},
    },
}

CALLS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "kimi_think": [],
    "minimax_m1": [("find_tide", {"port": "Piran", "day": 2}), ("find_berth", {"port": "Piran"})],
    "minimax_m3": [("find_tide", {"port": "Piran", "days": [2, 3]})],
    "pythonic": [("find_tide", {"port": "Piran", "day": 2}), ("find_berth", {"port": "Piran"})],
    "granite_pythonic": [
        ("find_tide", {"port": "Piran", "day": 2}),
        ("find_berth", {"port": "Piran", "sheltered": True}),
    ],
    "olmo3": [
        ("find_tide", {"port": "Piran", "day": 2}),
        ("find_berth", {"port": "Piran", "sheltered": True}),
    ],
}
ALL = [("find_tide", {"port": "Piran", "day": 2})]
IDS = {
    "apriel": "7",
    "cohere_command3": "0",
    "cohere_command4": "0",
    "cohere_cofl": "0",
    "mistral_v3": "t1de4pirn",
    "mistral_v11": "t1de4pirn",
    "kimi_k2": "functions.find_tide:0",
    "solar_open": "c1",
}
NOT_AUTO = {
    "trinity",  # has calls inside the reasoning, where those of other formats are quotations
    "functionary_v32",  # has the marker `>>>`, which may be ordinary text
    "beam",  # begins like harmony
    "granite_pythonic",  # has no marker
}


def read(name: str, pieces: list[str]) -> Message:
    parser = FormatParser(name, tools=[TIDE, BERTH])
    for piece in pieces:
        parser.feed(piece)
    parser.finish()
    return parser.message


@pytest.mark.parametrize("name", formats.names())
def test_example(name: str) -> None:
    example = formats.get(name).example
    for pieces in ([example], list(example)):
        message = read(name, pieces)
        calls = message.tool_calls
        assert [(call.name, call.arguments) for call in calls] == CALLS.get(name, ALL)
        assert [call.status for call in calls] == ["complete"] * len(calls)
        assert [call.id for call in calls[:1]] == [IDS.get(name)] * bool(calls)
        assert message.status == "complete"
        assert "<" not in message.text + message.reasoning


@pytest.mark.parametrize("name", [name for name in formats.names() if name not in NOT_AUTO])
def test_example_detected_by_its_marker(name: str) -> None:
    message = read("auto", list(formats.get(name).example))
    assert [(call.name, call.arguments) for call in message.tool_calls] == CALLS.get(name, ALL)


@pytest.mark.parametrize("name", formats.names())
def test_every_format_names_models_and_source(name: str) -> None:
    format = formats.get(name)
    assert format.models
    assert format.source
