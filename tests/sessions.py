"""Sessions for tests: planned answers, written as the messages of each protocol."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from streamparse.message_events import ProviderEvent

Frame = dict[str, Any]

ENDS = ("completed", "cancelled", "incomplete", "failed", "open")
STATUS = {
    "completed": "complete",
    "cancelled": "truncated",
    "incomplete": "truncated",
    "failed": "failed",
    "open": "truncated",
}


@dataclass
class Said:
    """Text of an answer, written or spoken."""

    pieces: list[str]
    spoken: bool = False


@dataclass
class Called:
    """A call of an answer, with its argument text in pieces."""

    id: str
    name: str
    pieces: list[str]


@dataclass
class Plan:
    """The description of one answer."""

    id: str
    items: list[Said | Called] = field(default_factory=list)
    end: str = "completed"

    @property
    def text(self) -> str:
        return "".join("".join(item.pieces) for item in self.items if isinstance(item, Said))

    @property
    def calls(self) -> list[tuple[str, str, Any]]:
        calls = [item for item in self.items if isinstance(item, Called)]
        return [(call.id, call.name, json.loads("".join(call.pieces))) for call in calls]

    @property
    def sound(self) -> int:
        """The number of bytes of sound: one for each character of the transcript."""
        spoken = [item for item in self.items if isinstance(item, Said) and item.spoken]
        return sum(len("".join(item.pieces)) for item in spoken)


def passed_on(events: list[Any]) -> list[tuple[str, int | None]]:
    """Return the names and the choices of the provider's events."""
    return [(one.name, one.choice) for one in events if isinstance(one, ProviderEvent)]


def sound_of(text: str) -> str:
    return base64.b64encode(bytes(len(text))).decode()


# OpenAI Realtime.


def realtime(plan: Plan, beta: bool = False) -> list[Frame]:
    """Return the messages of an answer of OpenAI's Realtime API, or of its beta version."""
    frames: list[Frame] = []
    output = []

    def emit(kind: str, **fields: Any) -> None:
        frames.append({"type": kind, "event_id": f"e-{plan.id}-{len(frames)}", **fields})

    opened = {"id": plan.id, "object": "realtime.response", "status": "in_progress", "output": []}
    emit("response.created", response=opened)
    for index, item in enumerate(plan.items):
        at = {"response_id": plan.id, "output_index": index}
        final = realtime_item(plan, index, item)
        name = "conversation.item.created" if beta else "conversation.item.added"
        emit("response.output_item.added", **at, item={**final, "status": "in_progress"})
        emit(name, item={**final, "status": "in_progress"}, previous_item_id=None)
        place = {**at, "item_id": final["id"], "content_index": 0}
        if isinstance(item, Called):
            stem = "response.function_call_arguments"
            for piece in item.pieces:
                emit(f"{stem}.delta", **place, call_id=item.id, delta=piece)
            text = "".join(item.pieces)
            emit(f"{stem}.done", **place, call_id=item.id, name=item.name, arguments=text)
        else:
            write_said(emit, item, place, beta)
        emit("response.output_item.done", **at, item=final)
        output.append(final)
    if plan.end != "open":
        details = {
            "cancelled": {"type": "cancelled", "reason": "turn_detected"},
            "incomplete": {"type": "incomplete", "reason": "max_output_tokens"},
            "failed": {"type": "failed", "error": {"code": "overloaded"}},
        }.get(plan.end)
        usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
        whole = {"status": plan.end, "status_details": details, "output": output, "usage": usage}
        emit("response.done", response={**opened, **whole})
    return frames


def realtime_item(plan: Plan, index: int, item: Said | Called) -> Frame:
    identity = f"{plan.id}-{index}"
    text = "".join(item.pieces)
    if isinstance(item, Called):
        call = {"type": "function_call", "call_id": item.id, "name": item.name}
        return {"id": identity, "status": "completed", **call, "arguments": text}
    part = {"type": "output_text", "text": text}
    if item.spoken:
        part = {"type": "output_audio", "transcript": text}
    message = {"type": "message", "role": "assistant", "content": [part]}
    return {"id": identity, "status": "completed", **message}


def write_said(emit: Any, item: Said, place: Frame, beta: bool) -> None:
    text = "".join(item.pieces)
    if item.spoken:
        stem = "response.audio_transcript" if beta else "response.output_audio_transcript"
        sound = "response.audio" if beta else "response.output_audio"
        for piece in item.pieces:
            emit(f"{sound}.delta", **place, delta=sound_of(piece))
            emit(f"{stem}.delta", **place, delta=piece)
        emit(f"{sound}.done", **place)
        emit(f"{stem}.done", **place, transcript=text)
        return
    stem = "response.text" if beta else "response.output_text"
    for piece in item.pieces:
        emit(f"{stem}.delta", **place, delta=piece)
    emit(f"{stem}.done", **place, text=text)


# Responses over a WebSocket.


def laned(plan: Plan, lane: str | None = None) -> list[Frame]:
    """Return the messages of an answer on a Responses WebSocket; `lane` is its `stream_id`."""
    frames: list[Frame] = []

    def emit(kind: str, **fields: Any) -> None:
        address = {} if lane is None else {"stream_id": lane}
        frames.append({"type": kind, "sequence_number": len(frames), **fields, **address})

    opened = {"id": plan.id, "object": "response", "status": "in_progress", "output": []}
    emit("response.created", response=opened)
    for index, planned in enumerate(plan.items):
        # This API has no spoken text.
        item = Said(planned.pieces) if isinstance(planned, Said) else planned
        final = realtime_item(plan, index, item)
        emit("response.output_item.added", output_index=index, item=bare(final))
        place = {"output_index": index, "item_id": final["id"]}
        if isinstance(item, Called):
            stem = "response.function_call_arguments"
            for piece in item.pieces:
                emit(f"{stem}.delta", **place, delta=piece)
            emit(f"{stem}.done", **place, arguments="".join(item.pieces))
        else:
            write_said(emit, item, {**place, "content_index": 0}, False)
        emit("response.output_item.done", output_index=index, item=final)
    if plan.end != "open":
        whole: Frame = {**opened, "status": plan.end}
        if plan.end == "incomplete":
            whole["incomplete_details"] = {"reason": "max_output_tokens"}
        if plan.end == "failed":
            whole["error"] = {"code": "overloaded", "message": "too many requests"}
        emit(f"response.{plan.end}", response=whole)
    return frames


def bare(item: Frame) -> Frame:
    begun = {**item, "status": "in_progress"}
    if "content" in begun:
        begun["content"] = []
    if "arguments" in begun:
        begun["arguments"] = ""
    return begun


# Gemini Live: turns without ids, one after the other. Calls are not divided.


def live(plan: Plan) -> list[Frame]:
    """Return the messages of a turn."""
    frames: list[Frame] = []
    for item in plan.items:
        if isinstance(item, Called):
            call = {"id": item.id, "name": item.name, "args": json.loads("".join(item.pieces))}
            frames.append({"toolCall": {"functionCalls": [call]}})
            continue
        for piece in item.pieces:
            if item.spoken:
                sound = {"mimeType": "audio/pcm;rate=24000", "data": sound_of(piece)}
                frames.append({"serverContent": {"modelTurn": {"parts": [{"inlineData": sound}]}}})
                frames.append({"serverContent": {"outputTranscription": {"text": piece}}})
            else:
                frames.append({"serverContent": {"modelTurn": {"parts": [{"text": piece}]}}})
    if plan.end == "cancelled":
        frames.append({"serverContent": {"interrupted": True}})
    reason = {"incomplete": "BLOCKLIST", "failed": "MALFORMED_FUNCTION_CALL"}.get(plan.end)
    if plan.end != "open":
        content: Frame = {"turnComplete": True}
        if reason is not None:
            content["turnCompleteReason"] = reason
        usage = {"promptTokenCount": 3, "responseTokenCount": 2, "totalTokenCount": 5}
        frames.append({"serverContent": content, "usageMetadata": usage})
    return frames


# Live Interactions.


def interaction(plan: Plan) -> list[Frame]:
    """Return the events of a live interaction."""
    frames: list[Frame] = [{"event_type": "interaction.created", "interaction_id": plan.id}]
    for index, item in enumerate(plan.items):
        if isinstance(item, Called):
            step = {"type": "function_call", "id": item.id, "name": item.name, "arguments": {}}
            frames.append({"event_type": "step.start", "index": index, "step": step})
            deltas = [{"type": "arguments_delta", "arguments": piece} for piece in item.pieces]
        else:
            step = {"type": "model_output"}
            frames.append({"event_type": "step.start", "index": index, "step": step})
            deltas = [{"type": "text", "text": piece} for piece in item.pieces]
        at = {"event_type": "step.delta", "index": index}
        frames += [{**at, "delta": delta} for delta in deltas]
        frames.append({"event_type": "step.stop", "index": index})
    status: Any = plan.end
    if plan.end == "failed":
        status = {"code": 13, "message": "it broke"}
    if plan.end == "cancelled":
        frames.append({"event_type": "interaction.cancelled"})
    elif plan.end != "open":
        frames.append({"event_type": "interaction.completed", "status": status})
    return frames


# Random plans.

_TEXT = st.text("aé😀 \n", min_size=1, max_size=6)
_ARGUMENTS = st.dictionaries(
    st.sampled_from("abc"), st.none() | st.integers() | st.text('xé\\"', max_size=4), max_size=3
)


@st.composite
def cut_up(draw: st.DrawFn, text: str) -> list[str]:
    """Cut the text into pieces, none of them empty."""
    cuts = draw(st.sets(st.integers(1, max(len(text) - 1, 1)), max_size=3))
    places = [0, *sorted(place for place in cuts if place < len(text)), len(text)]
    return [text[start:stop] for start, stop in pairwise(places)]


@st.composite
def plans(draw: st.DrawFn, identity: str) -> Plan:
    """Generate an answer with some text and some calls."""
    items: list[Said | Called] = []
    for number in range(draw(st.integers(0, 3))):
        if draw(st.booleans()):
            items.append(Said(draw(st.lists(_TEXT, min_size=1, max_size=3)), draw(st.booleans())))
        else:
            text = json.dumps(draw(_ARGUMENTS))
            call = f"{identity}-call-{number}"
            items.append(Called(call, draw(st.sampled_from(("look", "book"))), draw(cut_up(text))))
    return Plan(identity, items, draw(st.sampled_from(ENDS)))


@st.composite
def several(draw: st.DrawFn) -> list[Plan]:
    """Generate some answers with different ids."""
    return [draw(plans(f"r{number}")) for number in range(draw(st.integers(1, 3)))]


@st.composite
def interleaved(draw: st.DrawFn, streams: list[list[Frame]]) -> list[Frame]:
    """Mix the messages of the streams, keeping the order of each stream."""
    queues = [list(stream) for stream in streams]
    mixed: list[Frame] = []
    while any(queues):
        queue = draw(st.sampled_from([queue for queue in queues if queue]))
        mixed.append(queue.pop(0))
    return mixed
