"""Tests with other clients: assistant-ui (`assistant-stream`) and TanStack AI.

They must have the text, the reasoning, the calls, the results and the errors of our message; other
data and the order are not compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hypothesis import given, settings

from tests.clients import read_by_others, row_of_others
from tests.messages import call_chunk, chunk, run_parser, sse
from tests.streams import SCRIPTS, Script, as_bytes, steps
from tests.test_recordings import WIRES, recordings

EXAMPLES = Path(__file__).parents[2] / "examples"


def rows_of(units: list[Any], api: str = "auto", **options: Any) -> list[dict[str, Any]]:
    parser, events, _ = run_parser(units, api, **options)
    return [row_of_others(f"{api} {one.choice}", one, events) for one in parser.messages]


def check(rows: Iterable[dict[str, Any]]) -> None:
    sent = list(rows)
    read, differences = read_by_others(sent)
    assert read == 3 * len(sent) > 0
    assert differences == []


def test_examples() -> None:
    paths = [path for path in sorted(EXAMPLES.iterdir()) if path.suffix in (".sse", ".bin")]
    bodies = [path.read_bytes() for path in paths]
    halves = [data[: len(data) // 2] for data in bodies]
    check(row for data in bodies + halves for row in rows_of([data]))


def test_scripts() -> None:
    rows: list[dict[str, Any]] = []

    @settings(derandomize=True, max_examples=50, database=None)
    @given(script=SCRIPTS.filter(lambda script: script.quirk != "late_name"))
    def gather(script: Script) -> None:
        rows.extend(rows_of([as_bytes(script, steps(script))], "openai-chat"))

    gather()
    check(rows)


def test_rejected_calls() -> None:
    tools = [{"name": "f", "parameters": {"type": "object"}}]
    records = [
        call_chunk('{"a": tru3}', index=0, id="c0", name="f"),
        call_chunk('{"a": 1}', index=1, id="c1", name="f"),
        chunk({}, "tool_calls"),
    ]
    check(rows_of([sse(records)], "openai-chat", tools=tools))


def test_recordings(shared_data: Path) -> None:
    """A third of the recordings is read, always the same."""
    check(
        row
        for api in WIRES
        for recording in recordings(shared_data, api)
        if len(recording.name) % 3 == 0
        for row in rows_of(recording.units, api)
    )
