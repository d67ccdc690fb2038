"""The npm clients read every recording and example, whole and cut, and must get our message.

A third of the recordings is cut too, each at another place; STREAMPARSE_CUTS=all cuts all of them.
The tests are skipped without node or its packages (`npm ci --prefix tests/node`), unless
STREAMPARSE_NODE is "required".
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from hypothesis import given, settings

from streamparse.frontends import AGUIEvents, UIMessageStream
from tests.clients import bodies, read, row
from tests.messages import call_chunk, chunk, run_parser, sse, text_chunk
from tests.streams import SCRIPTS, Script, as_bytes, steps
from tests.test_recordings import EVERY_CUT, WIRES, recordings

EXAMPLES = Path(__file__).parents[2] / "examples"


def check(rows: Iterable[dict[str, Any]]) -> None:
    sent = list(rows)
    found = read(sent)
    assert found.counts == {"ui": len(sent), "agui": len(sent)}
    assert sent
    shown = [json.dumps(one)[:3000] for one in found.differences[:5]]
    assert not found.differences, f"{len(found.differences)} differences:\n" + "\n".join(shown)


def rows_of(
    name: str, units: list[Any], api: str, batch: int = 1, **options: Any
) -> Iterator[dict[str, Any]]:
    parser, events, _ = run_parser(units, api, **options)
    for message in parser.messages:
        yield row(f"{name}, choice {message.choice}", message, events, batch)


def of_recordings(folder: Path) -> Iterator[dict[str, Any]]:
    for api in WIRES:
        for recording in recordings(folder, api):
            seed = zlib.crc32(recording.name.encode())
            yield from rows_of(recording.name, recording.units, api, 1 + seed % 8)
            if EVERY_CUT or seed % 3 == 0:
                units = recording.units[: 1 + seed // 3 % len(recording.units)]
                yield from rows_of(f"{recording.name}, cut", units, api, 1 + seed % 8)


def of_examples() -> Iterator[dict[str, Any]]:
    for path in sorted(EXAMPLES.iterdir()):
        if path.suffix in (".sse", ".bin", ".ndjson"):
            data = path.read_bytes()
            for quarter in range(1, 5):
                part = data[: len(data) * quarter // 4]
                yield from rows_of(f"{path.name}, {quarter} quarters", [part], "auto")


def of_scripts() -> list[dict[str, Any]]:
    """Return scripts with every end, and with every quirk but late names.

    A call starts when its name arrives, so a call with a late name is sent after parts that follow
    it in the message.
    """
    rows: list[dict[str, Any]] = []

    @settings(derandomize=True, max_examples=100, database=None)
    @given(script=SCRIPTS.filter(lambda script: script.quirk != "late_name"))
    def gather(script: Script) -> None:
        rows.extend(
            rows_of(f"script {len(rows)}", [as_bytes(script, steps(script))], "openai-chat")
        )

    gather()
    return rows


def test_recordings(shared_data: Path) -> None:
    check(of_recordings(shared_data))


def test_examples() -> None:
    check(of_examples())


def test_scripts() -> None:
    check(of_scripts())


def test_rejected_calls() -> None:
    """The calls have invalid JSON, an unknown tool, and no fault."""
    tools = [{"name": "f", "parameters": {"type": "object"}}]
    records = [
        call_chunk('{"a": tru3}', index=0, id="c0", name="f"),
        call_chunk('{"a": 1}', index=1, id="c1", name="g"),
        call_chunk('{"a": 1}', index=2, id="c2", name="f"),
        chunk({}, "tool_calls"),
    ]
    check(rows_of("rejected", [sse(records)], "openai-chat", tools=tools))


def test_arguments_that_are_not_json() -> None:
    """The clients get JSON for arguments with repairs, and for those of a format."""
    repaired = [call_chunk("{a: 'x', b: [1, 2,],}", id="c", name="f"), chunk({}, "tool_calls")]
    text = "<tool_call>\n<function=f>\n<parameter=a>\nhi\n</parameter>\n</function>\n</tool_call>"
    check(
        [
            *rows_of("repaired", [sse(repaired)], "openai-chat", dialect="lenient"),
            *rows_of("a format", list(text), "text", format="qwen3_coder"),
        ]
    )


# Streams with several answers or another end, with the expected results as literals.


def conversation(encoder: Any) -> Iterator[bytes]:
    """Yield the stream of a server that runs the tools, one with invalid JSON, and asks again."""
    records = [
        text_chunk("Let me see."),
        call_chunk('{"a": 1}', index=0, id="c0", name="f"),
        call_chunk('{"a": tru3}', index=1, id="c1", name="f"),
        chunk({}, "tool_calls"),
    ]
    parser, events, _ = run_parser([sse(records)])
    yield encoder.to_sse(encoder.encode(events))
    good, bad = parser.message.tool_calls
    yield encoder.to_sse(encoder.tool_output(good, {"b": 2}))
    yield encoder.to_sse(encoder.tool_error(bad, "no JSON"))
    _, events, _ = run_parser([sse([text_chunk("Two."), chunk({}, "stop")])])
    yield from bodies(encoder, events)


CONVERSATION_UI = {
    "id": "m",
    "text": "Let me see.Two.",
    "reasoning": "",
    "refusal": "",
    "order": ["text", "call c0", "call c1", "text"],
    "calls": [
        {
            "id": "c0",
            "name": "f",
            "server": False,
            "state": "output-available",
            "input": {"a": 1},
            "output": {"b": 2},
        },
        {
            "id": "c1",
            "name": "f",
            "server": False,
            "state": "output-error",
            "input": '{"a": tru',
            "errorText": "no JSON",
        },
    ],
    "sources": [],
    "metadata": {"finishReason": "stop", "rawFinishReason": "stop"},
    "signed": [],
    "open": 0,
    "errors": [],
    "finished": ["stop"],
}
CONVERSATION_AGUI = {
    "text": "Let me see.Two.",
    "reasoning": "",
    "refusal": "",
    "order": ["text", "call c0", "call c1", "text"],
    "calls": [
        {"id": "c0", "name": "f", "input": {"a": 1}},
        # For the client, arguments that it cannot parse are an empty object.
        {"id": "c1", "name": "f", "input": {}},
    ],
    "results": [["c0", '{"b":2}'], ["c1", "no JSON"]],
    "signed": [],
    "end": {"outcome": "success", "pending": [], "reason": "stop"},
}


def test_a_server_that_runs_the_tools() -> None:
    ui = b"".join(conversation(UIMessageStream(message_id="m"))).decode()
    agui = b"".join(conversation(AGUIEvents("t", "r"))).decode()
    expected = {"ui": CONVERSATION_UI, "agui": CONVERSATION_AGUI}
    [difference] = read(
        [{"name": "tools", "ui": ui, "agui": agui, "expected": expected}]
    ).differences
    # The only difference is the event for the rejection, with the text of the JSON parser.
    assert difference["protocol"] == "agui"
    custom = difference["actual"].pop("custom")
    assert difference["actual"] == CONVERSATION_AGUI
    assert [name for name, _ in custom] == ["tool_call_rejected"]


def test_abort() -> None:
    """For the client an answer that the user stopped has neither failed nor finished."""
    _, events, _ = run_parser([sse([text_chunk("So")], done=False)])
    ui, agui = UIMessageStream(), AGUIEvents("t", "r")
    sent = {
        "ui": ui.to_sse(ui.encode(events[:-1]) + ui.abort("stopped")).decode(),
        "agui": agui.to_sse(agui.encode(events[:-1]) + agui.abort()).decode(),
    }
    nothing: dict[str, Any] = {"ui": None, "agui": None}
    shown = {
        one["protocol"]: one["actual"]
        for one in read([{"name": "abort", **sent, "expected": nothing}]).differences
    }
    assert (shown["ui"]["text"], shown["ui"]["open"]) == ("So", 0)
    assert shown["ui"]["errors"] == shown["ui"]["finished"] == []
    assert (shown["agui"]["text"], shown["agui"]["end"]) == ("So", {"outcome": "cancelled"})
