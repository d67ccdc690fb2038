"""Reads the cases, and makes the jobs for a library.

A job is one input for a library: a case in one chunking, or truncated at one place. The files in
`cases/` have short forms; `records_of` documents those of streams.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

from benchmarks.scoreboard import wire_responses

FOLDER: Final = Path(__file__).parent / "cases"

#: The disciplines and their subjects.
DISCIPLINES: Final = {
    "openai-chat": "Streams of OpenAI Chat Completions and compatible servers",
    "openai-responses": "Streams of OpenAI Responses",
    "anthropic-messages": "Streams of Anthropic Messages",
    "typed": "Partial objects of a model, from a stream of OpenAI Chat Completions",
    "json": "Partial JSON",
    "repair": "Repair of damaged JSON",
    "raw-text": "Raw text of open models",
}
STREAMS: Final = ("openai-chat", "openai-responses", "anthropic-messages")

#: The checks, and what counts as right.
CHECKS: Final = {
    "answer": "The result is the expected one, in every chunking.",
    "cut call": "The stream ends early: no call is given with arguments that are not right.",
    "cut end": "The stream ends early: the answer is not reported as complete.",
    "kept": "No value that was shown is changed later; strings, arrays and objects may grow.",
    "live": "The start of a string, or a first field, is shown before its end.",
    "early": "The error comes before the rest of the stream has been read.",
}

_TINY: Final = 7


@dataclass(frozen=True)
class Job:
    """One input. Bytes are sent as Latin-1 text, so that jobs are JSON."""

    id: str
    check: str
    task: str
    pieces: list[str]
    options: dict[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        return json.dumps({"id": self.id, "task": self.task, "pieces": self.pieces, **self.options})


@dataclass(frozen=True)
class Case:
    discipline: str
    data: dict[str, Any]

    @property
    def id(self) -> str:
        style = self.data.get("style")
        return "/".join((self.discipline, *([style] if style else []), self.data["id"]))

    @property
    def kind(self) -> str:
        return str(self.data["kind"])

    @property
    def asks(self) -> str:
        return str(self.data["asks"])

    @property
    def needs(self) -> str | None:
        """The feature that a library must have for this case to count."""
        return self.data.get("needs")

    @property
    def expect(self) -> Any:
        return self.data["expect"]

    def jobs(self) -> list[Job]:
        return list(_JOBS[self.discipline](self))


def load(disciplines: Iterable[str] | None = None) -> list[Case]:
    wanted = list(DISCIPLINES if disciplines is None else disciplines)
    return [Case(name, data) for name in wanted for data in _read(name)]


def _read(discipline: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / f"{discipline}.json").read_text("utf-8"))
    return found


# Streams.


def records_of(case: Case) -> tuple[list[bytes], int]:
    """Return the records of a stream, and the number of those before its finish reason.

    A record in a file is `{"raw": text}`, a delta with an optional `finish`, `{"text": [pieces]}`,
    or `{"index": n, "pieces": [...]}` for the arguments of a call, which `"call"` starts. Streams
    of Anthropic have `{"start": block}`, `{"stop": index}`, and a `delta` whose `field` gets each
    of the `pieces`. Those of Responses are described in `wire_responses`.
    """
    data = case.data
    texts = list(_WIRES[case.discipline](data))
    finish = next((n for n, (_, ends) in enumerate(texts) if ends), len(texts))
    line_end = data.get("line_end", "\n")
    return [text.replace("\n", line_end).encode() for text, _ in texts], finish


def _chat(data: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    role = {"role": "assistant"}
    for record in data["records"]:
        if "raw" in record:
            yield record["raw"], '"error"' in record["raw"]
            continue
        for delta in _chat_deltas(record):
            choice = {"index": 0, "delta": {**role, **delta}, "logprobs": None}
            yield _chat_record(choice | {"finish_reason": record.get("finish")}), "finish" in record
            role = {}
    if data.get("done", True):
        yield "data: [DONE]\n\n", True


def _chat_record(choice: dict[str, Any]) -> str:
    chunk = {
        "id": "chatcmpl-7",
        "object": "chat.completion.chunk",
        "created": 1780000000,
        "model": "some-model",
        "choices": [choice],
    }
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n"


def _chat_deltas(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "delta" in record:
        yield record["delta"]
    for piece in record.get("text", ()):
        yield {"content": piece}
    call = record.get("call")
    if call is not None:
        function = {"name": call["name"], "arguments": ""}
        start = {"index": call["index"], "id": call["id"], "type": "function", "function": function}
        yield {"tool_calls": [start]}
    index = call["index"] if call else record.get("index")
    for piece in record.get("pieces", ()):
        yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def _anthropic(data: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    usage = {"input_tokens": 9, "output_tokens": 1}
    message: dict[str, Any] = {
        "id": "msg_7",
        "type": "message",
        "role": "assistant",
        "model": "some-model",
    }
    message |= {"content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
    yield _event({"type": "message_start", "message": message}), False
    for record in data["records"]:
        if "raw" in record:
            yield record["raw"], "event: error" in record["raw"]
        elif "finish" in record:
            delta = {"stop_reason": record["finish"], "stop_sequence": None}
            yield (
                _event({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 9}}),
                True,
            )
            yield _event({"type": "message_stop"}), True
        else:
            for event in _block_events(record):
                yield _event(event), False


def _block_events(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "start" in record:
        block, index = record["start"], record["index"]
        yield {"type": "content_block_start", "index": index, "content_block": block}
    elif "stop" in record:
        yield {"type": "content_block_stop", "index": record["stop"]}
    for piece in record.get("pieces", ()):
        delta = {**record["delta"], record["field"]: piece}
        yield {"type": "content_block_delta", "index": record["index"], "delta": delta}


def _event(data: dict[str, Any]) -> str:
    return f"event: {data['type']}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


_WIRES: Final[dict[str, Callable[[dict[str, Any]], Iterator[tuple[str, bool]]]]] = {
    "openai-chat": _chat,
    "openai-responses": wire_responses.texts,
    "anthropic-messages": _anthropic,
}


def _stream_jobs(case: Case) -> Iterator[Job]:
    records, finish = records_of(case)
    body = b"".join(records)
    chunkings = {
        "whole": [body],
        "records": records,
        "seven": _sliced(body, _TINY),
        "bytes": _sliced(body, 1),
    }
    for name, pieces in chunkings.items():
        yield Job(f"{case.id}#{name}", "answer", case.discipline, _latin(pieces))
    for place in _places(records, finish):
        yield Job(f"{case.id}#cut-{place}", "cut", case.discipline, _latin([body[:place]]))


def _places(records: list[bytes], finish: int) -> list[int]:
    """Return the ends and the middles of all records before the finish reason."""
    ends = list(accumulate(map(len, records[:finish])))
    starts = [0, *ends]
    middles = [(start + end) // 2 for start, end in zip(starts, ends, strict=False)]
    before = ends if finish < len(records) else ends[:-1]
    return sorted({*before, *middles} - {0})


def _latin(pieces: list[bytes]) -> list[str]:
    return [piece.decode("latin-1") for piece in pieces]


def _sliced(body: Any, size: int) -> list[Any]:
    return [body[at : at + size] for at in range(0, len(body), size)]


def _typed_jobs(case: Case) -> Iterator[Job]:
    data = case.data
    pieces: list[str] = data["pieces"]
    finish: str | None = data["finish"]
    yield _typed_job(f"{case.id}#records", "answer", _typed_stream(pieces, finish))
    if not case.expect.get("refused"):
        stream = _typed_stream(pieces, finish)
        whole = {shape: ["".join(records)] for shape, records in stream.items()}
        yield _typed_job(f"{case.id}#whole", "answer", whole)
        single = _sliced("".join(pieces), 1)
        yield _typed_job(f"{case.id}#characters", "kept", _typed_stream(single, finish))


def _typed_job(id: str, check: str, shapes: dict[str, list[str]]) -> Job:
    return Job(id, check, "typed", shapes["text"], {"call_pieces": shapes["call"]})


def _typed_stream(pieces: list[str], finish: str | None) -> dict[str, list[str]]:
    """Return the records of an answer as text, and as the arguments of a call, in Latin-1.

    Some libraries request text from the model, others a call.
    """
    call = {"index": 0, "id": "call_7", "name": "Trip"}
    bodies: dict[str, Any] = {"text": {"text": pieces}, "call": {"call": call, "pieces": pieces}}
    shapes = {}
    for shape, body in bodies.items():
        reason = "tool_calls" if shape == "call" and finish == "stop" else finish
        end: list[Any] = [] if finish is None else [{"delta": {}, "finish": reason}]
        stream = {"records": [body, *end], "done": finish is not None}
        shapes[shape] = _latin([text.encode() for text, _ in _chat(stream)])
    return shapes


# JSON and text.


def _json_jobs(case: Case) -> Iterator[Job]:
    data, expect = case.data, case.expect
    options: dict[str, Any] = {}
    for measure in ("deep", "string", "survives"):
        if measure in expect:
            options = {"measure": "string" if measure == "string" else "deep"}
    if "repeat" in data:
        text, written = _repeated(data), []
    else:
        text, written = "".join(data["chunks"]), data["chunks"]
    chunkings = {"characters": _sliced(text, 1), "fours": _sliced(text, 4), "whole": [text]}
    if written:
        chunkings["written"] = written
    if "chunkings" in data:
        chunkings = {"big": _sliced(text, max(200, len(text) // 50))}
    for name, pieces in chunkings.items():
        yield Job(f"{case.id}#{name}", "answer", "json", pieces, options)


def _repeated(data: dict[str, Any]) -> str:
    repeat = data["repeat"]
    if "unit" in repeat:
        return str(repeat["open"] + repeat["unit"] * repeat["times"] + data["tail"])
    return str(repeat["open"] * repeat["times"] + repeat["close"] * repeat["times"])


def _repair_jobs(case: Case) -> Iterator[Job]:
    text = case.data["text"]
    yield Job(f"{case.id}#whole", "answer", "repair", [text])
    yield Job(f"{case.id}#threes", "answer", "repair", _sliced(text, 3))


def _raw_text_jobs(case: Case) -> Iterator[Job]:
    text, options = case.data["text"], {"style": case.data["style"]}
    for name, pieces in {
        "whole": [text],
        "fours": _sliced(text, 4),
        "one": _sliced(text, 1),
    }.items():
        yield Job(f"{case.id}#{name}", "answer", "raw-text", pieces, options)
    if case.expect["end"] == "complete":
        for place in range(9, text.rindex("<|"), 9):
            yield Job(f"{case.id}#cut-{place}", "cut", "raw-text", [text[:place]], options)


_JOBS: Final = {
    "openai-chat": _stream_jobs,
    "openai-responses": _stream_jobs,
    "anthropic-messages": _stream_jobs,
    "typed": _typed_jobs,
    "json": _json_jobs,
    "repair": _repair_jobs,
    "raw-text": _raw_text_jobs,
}
