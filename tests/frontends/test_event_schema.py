"""Tests that the schema of event records accepts the events of whole streams."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from streamparse import AnyMessageEvent, MessageParser, event_schema

jsonschema = pytest.importorskip("jsonschema", reason="needs the extra schema")
EXAMPLES = Path(__file__).parents[2] / "examples"


def records(data: Any, **options: Any) -> list[dict[str, Any]]:
    parser = MessageParser(**options)
    return [event.to_dict() for event in [*parser.feed(data), *parser.finish()]]


def test_events_of_whole_streams_are_valid() -> None:
    judge = jsonschema.Draft202012Validator(event_schema())
    jsonschema.Draft202012Validator.check_schema(event_schema())
    tools = [{"name": "write_note", "parameters": {"type": "object", "required": ["nothing"]}}]
    found: set[str] = set()
    for path in sorted(EXAMPLES.glob("*.sse")):
        for options in ({}, {"output": dict}, {"tools": tools}):
            for record in records(path.read_bytes(), **options):
                assert list(judge.iter_errors(record)) == []
                found.add(record["type"])
    kinds = {kind.type for kind in get_args(AnyMessageEvent)}
    assert {"text_delta", "tool_call_completed", "message_finished", "message_failed"} <= found
    assert found <= kinds
    assert set(event_schema()["$defs"]) >= kinds


def test_other_records_are_rejected() -> None:
    judge = jsonschema.Draft202012Validator(event_schema())
    for wrong in ({"type": "text_delta", "choice": 0}, {"type": "text", "choice": 0}, {}):
        assert list(judge.iter_errors(wrong))
