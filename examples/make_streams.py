"""Write the sample streams of this folder: answers of models, as their providers send them.

    python examples/make_streams.py [FOLDER]

What they say is invented; how it is framed and cut is what each provider does. Each function
below is one stream.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import zlib
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any


def main(folder: Path) -> None:
    for name, stream in STREAMS.items():
        (folder / name).write_bytes(b"".join(stream()))


# Cutting and framing


def words(text: str, count: int = 2) -> list[str]:
    """Text as models send it: `count` words at a time, white space in front."""
    single = re.findall(r"\s*\S+|\s+$", text)
    return ["".join(single[start : start + count]) for start in range(0, len(single), count)]


def cuts(value: Any) -> Iterator[str]:
    """The JSON text of arguments, cut without any respect for its grammar."""
    text = json.dumps(value, ensure_ascii=False)
    sizes = cycle((9, 14, 6, 19, 11, 25))
    start = 0
    while start < len(text):
        end = start + next(sizes)
        yield text[start:end]
        start = end


def compact(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def sse(data: Any, event: str | None = None, line_end: str = "\n") -> bytes:
    name = f"event: {event}{line_end}" if event else ""
    text = data if isinstance(data, str) else compact(data)
    return f"{name}data: {text}{line_end}{line_end}".encode()


def typed(data: dict[str, Any]) -> bytes:
    """A record whose event is named by its `type`."""
    return sse(data, data["type"])


def frame(event: str, payload: dict[str, Any]) -> bytes:
    """A frame of `application/vnd.amazon.eventstream`: lengths, headers, payload, checksums."""
    headers = b""
    for name, value in (
        (":event-type", event),
        (":content-type", "application/json"),
        (":message-type", "event"),
    ):
        headers += bytes([len(name)]) + name.encode()
        headers += b"\x07" + len(value).to_bytes(2, "big") + value.encode()  # 7: a string
    body = compact(payload).encode()
    prelude = (16 + len(headers) + len(body)).to_bytes(4, "big") + len(headers).to_bytes(4, "big")
    message = prelude + zlib.crc32(prelude).to_bytes(4, "big") + headers + body
    return message + zlib.crc32(message).to_bytes(4, "big")


# OpenAI Chat Completions


def chat_chunk(delta: dict[str, Any] | None, finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return sse(
        {
            "id": "chatcmpl-Cq7rainySaturday",
            "object": "chat.completion.chunk",
            "created": 1779180000,
            "model": "gpt-5.1-2025-11-13",
            "service_tier": "default",
            "system_fingerprint": None,
            "choices": [] if delta is None else [choice],
            "usage": None,
            **more,
        }
    )


def chat_calls(*calls: tuple[str, str, dict[str, Any]]) -> Iterator[bytes]:
    for index, (identity, name, arguments) in enumerate(calls):
        function = {"name": name, "arguments": ""}
        start = {"index": index, "id": identity, "type": "function", "function": function}
        yield chat_chunk({"tool_calls": [start]})
        for piece in cuts(arguments):
            yield chat_chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})


FORECAST = {"place": "Ljubljana", "date": "2026-05-23", "hours": [9, 12, 15, 18]}
PLACES = {
    "near": {"latitude": 46.0511, "longitude": 14.5051},
    "kinds": ["museum", "indoor playground"],
    "with_children": True,
    "max_price": 12.5,
}
NOTE = {
    "to": "Mira",
    "subject": "Saturday, rain or shine",
    "body": "Dear Mira,\n\nthe forecast looks wet, so we may swap the castle for the House of "
    "Illusions. The children have voted, twice, and both times for cake.\n\nSee you at ten, "
    "by the bridge with the dragons! 🐉\nJan",
}


def openai_chat() -> Iterator[bytes]:
    """Text, then three calls side by side, their arguments cut anywhere."""
    yield chat_chunk({"role": "assistant", "content": "", "refusal": None})
    said = (
        "I will look up Saturday's weather and what there is to do indoors. "
        "While we wait, here is a note for Mira that works either way."
    )
    for piece in words(said):
        yield chat_chunk({"content": piece})
    yield from chat_calls(
        ("call_8tQ2forecast", "get_forecast", FORECAST),
        ("call_Zk51places", "find_places", PLACES),
        ("call_1nW9note", "draft_message", NOTE),
    )
    yield chat_chunk({}, "tool_calls")
    usage = {
        "prompt_tokens": 412,
        "completion_tokens": 187,
        "total_tokens": 599,
        "prompt_tokens_details": {"cached_tokens": 256, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }
    yield chat_chunk(None, usage=usage)
    yield sse("[DONE]")


BOOKING = {
    "guests": 2,
    "name": "Van der Meer",
    "day": "Saturday",
    "wishes": ["by the window", "no candles"],
}
# The same as small models write it: a comment, single quotes, a missing comma, trailing ones.
SLOPPY = """{
  // two of us
  guests: 2,
  'name': 'Van der Meer',
  "day": "Saturday"
  "wishes": ["by the window", "no candles",],
}"""


def lenient() -> Iterator[bytes]:
    """A call whose arguments are not quite JSON."""
    function = {"name": "book_table", "arguments": ""}
    call = {"index": 0, "id": "call_5sloppy", "type": "function", "function": function}
    yield chat_chunk({"role": "assistant", "content": None, "tool_calls": [call]})
    for piece in (SLOPPY[start : start + 7] for start in range(0, len(SLOPPY), 7)):
        yield chat_chunk({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
    yield chat_chunk({}, "tool_calls")
    yield chat_chunk(
        None, usage={"prompt_tokens": 96, "completion_tokens": 61, "total_tokens": 157}
    )
    yield sse("[DONE]")


def cut() -> Iterator[bytes]:
    """The connection broke inside the arguments of the third call, and inside a record."""
    whole = b"".join(openai_chat())
    yield whole[: len(whole) * 5 // 6]


OUTING = {
    "title": "A wet Saturday in Ghent, with cake",
    "party": {"adults": 2, "children": [{"name": "Noor", "age": 6}, {"name": "Bas", "age": 9}]},
    "weather": "rain",
    "stops": [
        {
            "place": "House of Alijn",
            "from": "10:15",
            "indoors": True,
            "note": "Toys of four generations; the puppet theatre plays at eleven.",
        },
        {
            "place": "Industry Museum",
            "from": "13:00",
            "indoors": True,
            "note": "Start on the fifth floor, for the view of three towers in the rain, and work "
            "down to the looms, which are started at two.",
        },
        {"place": "Graslei", "from": "16:30", "indoors": False, "note": "Only if it clears up."},
    ],
    "budget": {"currency": "EUR", "tickets": 31.5, "cake": 18},
    "advice": "Take the tram from the station, line 1. Rain jackets are better than umbrellas on "
    "the towpath, and the waffle stand at Groentenmarkt takes no cards.",
}


def outing() -> Iterator[bytes]:
    """A structured output: the text is JSON (its schema: outing-schema.json)."""
    yield chat_chunk({"role": "assistant", "content": "", "refusal": None})
    for piece in cuts(OUTING):
        yield chat_chunk({"content": piece})
    yield chat_chunk({}, "stop")
    usage = {"prompt_tokens": 230, "completion_tokens": 291, "total_tokens": 521}
    yield chat_chunk(None, usage=usage)
    yield sse("[DONE]")


# OpenAI Responses


GARDEN_SUMMARY = (
    "**Reading the symptoms**\n\nYellow between the veins on old leaves, the veins still green: "
    "that is magnesium rather than nitrogen, which would pale the whole leaf. The photo's date "
    "matters too, because cold soil slows the uptake."
)
GARDEN_TEXT = (
    "This looks like a lack of **magnesium**, not of water:\n\n"
    "1. The oldest leaves yellow first, between veins that stay green.\n"
    "2. The new growth at the top is healthy.\n"
    "3. Your soil is sandy, and it has rained for a week.\n\n"
    "Spray two spoons of Epsom salt in five litres of water, in the evening, twice in ten days. "
    "I have put it into your garden diary."
)
DIARY = {
    "plant": "tomato 'Brandywine'",
    "bed": 3,
    "observed": "2026-06-14",
    "symptoms": ["interveinal chlorosis", "old leaves first"],
    "treatment": {"what": "Epsom salt, 30 g in 5 l", "repeat_after_days": 10},
    "certain": False,
}


class Responses:
    """Numbers the events of one response."""

    def __init__(self) -> None:
        self.number = -1

    def __call__(self, kind: str, **fields: Any) -> bytes:
        self.number += 1
        return typed({"type": kind, "sequence_number": self.number, **fields})

    def whole(self, kind: str, status: str, output: list[Any], **fields: Any) -> bytes:
        response = {
            "id": "resp_0b71tomato",
            "object": "response",
            "created_at": 1781430000,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "model": "gpt-5.1-2025-11-13",
            "output": output,
            "parallel_tool_calls": True,
            "usage": None,
            **fields,
        }
        return self(kind, response=response)


def openai_responses() -> Iterator[bytes]:
    """A summary of the reasoning, the answer, and a function call."""
    say = Responses()
    yield say.whole("response.created", "in_progress", [])
    yield say.whole("response.in_progress", "in_progress", [])
    output: list[Any] = []
    for item in (responses_reasoning, responses_text, responses_call):
        yield from item(say, output)
    usage = {
        "input_tokens": 871,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 298,
        "output_tokens_details": {"reasoning_tokens": 128},
        "total_tokens": 1169,
    }
    yield say.whole("response.completed", "completed", output, usage=usage)


def responses_reasoning(say: Responses, output: list[Any]) -> Iterator[bytes]:
    item: dict[str, Any] = {"id": "rs_0b71a", "type": "reasoning", "summary": []}
    place = {"item_id": item["id"], "output_index": 0, "summary_index": 0}
    yield say("response.output_item.added", output_index=0, item=item)
    part = {"type": "summary_text", "text": ""}
    yield say("response.reasoning_summary_part.added", **place, part=part)
    for piece in words(GARDEN_SUMMARY, 3):
        yield say("response.reasoning_summary_text.delta", **place, delta=piece)
    yield say("response.reasoning_summary_text.done", **place, text=GARDEN_SUMMARY)
    part = {"type": "summary_text", "text": GARDEN_SUMMARY}
    yield say("response.reasoning_summary_part.done", **place, part=part)
    item = {**item, "summary": [part]}
    output.append(item)
    yield say("response.output_item.done", output_index=0, item=item)


def responses_text(say: Responses, output: list[Any]) -> Iterator[bytes]:
    item = {"id": "msg_0b71b", "type": "message", "status": "in_progress", "role": "assistant"}
    place = {"item_id": item["id"], "output_index": 1, "content_index": 0}
    yield say("response.output_item.added", output_index=1, item={**item, "content": []})
    part: dict[str, Any] = {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}
    yield say("response.content_part.added", **place, part=part)
    for piece in words(GARDEN_TEXT, 3):
        yield say("response.output_text.delta", **place, delta=piece, logprobs=[])
    yield say("response.output_text.done", **place, text=GARDEN_TEXT, logprobs=[])
    part = {**part, "text": GARDEN_TEXT}
    yield say("response.content_part.done", **place, part=part)
    done = {**item, "status": "completed", "content": [part]}
    output.append(done)
    yield say("response.output_item.done", output_index=1, item=done)


def responses_call(say: Responses, output: list[Any]) -> Iterator[bytes]:
    item = {
        "id": "fc_0b71c",
        "type": "function_call",
        "status": "in_progress",
        "arguments": "",
        "call_id": "call_p4Vdiary",
        "name": "write_diary",
    }
    place = {"item_id": item["id"], "output_index": 2}
    yield say("response.output_item.added", output_index=2, item=item)
    for piece in cuts(DIARY):
        yield say("response.function_call_arguments.delta", **place, delta=piece)
    arguments = json.dumps(DIARY, ensure_ascii=False)
    yield say("response.function_call_arguments.done", **place, arguments=arguments)
    done = {**item, "status": "completed", "arguments": arguments}
    output.append(done)
    yield say("response.output_item.done", output_index=2, item=done)


# Anthropic Messages


def anthropic_start(identity: str, tokens: int) -> bytes:
    message: dict[str, Any] = {
        "id": identity,
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5-20250929",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {
            "input_tokens": tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 1024,
            "output_tokens": 3,
            "service_tier": "standard",
        },
    }
    return typed({"type": "message_start", "message": message})


def anthropic_block(
    index: int, block: dict[str, Any], deltas: list[dict[str, Any]], stop: bool = True
) -> Iterator[bytes]:
    yield typed({"type": "content_block_start", "index": index, "content_block": block})
    for delta in deltas:
        yield typed({"type": "content_block_delta", "index": index, "delta": delta})
    if stop:
        yield typed({"type": "content_block_stop", "index": index})


def anthropic_tool(
    index: int, identity: str, name: str, arguments: dict[str, Any]
) -> Iterator[bytes]:
    block = {"type": "tool_use", "id": identity, "name": name, "input": {}}
    pieces = ["", *cuts(arguments)]
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    yield from anthropic_block(index, block, deltas)


CODE_THOUGHT = (
    "The average fails on an empty list: len() is zero, and the division raises. A caller that "
    "has no readings yet should get None, not an exception. I should read the tests first and "
    "then make the change in one place."
)
SIGNATURE = "EqMBCkYIDRgCKkDnVGhpcyBzaWduYXR1cmUgaXMgaW52ZW50ZWQsIGJ1dCBhcyBsb25nIGFzIHNvbWU="
EDIT = {
    "path": "meteo/stats.py",
    "old": "def average(readings):\n    return sum(readings) / len(readings)\n",
    "new": "def average(readings: Sequence[float]) -> float | None:\n"
    '    """The mean; None while there are no readings."""\n'
    "    if not readings:\n"
    "        return None\n"
    "    return sum(readings) / len(readings)\n",
}


def anthropic_messages() -> Iterator[bytes]:
    """Thinking with its signature, text, and two calls of tools."""
    yield anthropic_start("msg_01Kaverage", 389)
    deltas = [{"type": "thinking_delta", "thinking": piece} for piece in words(CODE_THOUGHT, 3)]
    deltas.append({"type": "signature_delta", "signature": SIGNATURE})
    yield from anthropic_block(0, {"type": "thinking", "thinking": "", "signature": ""}, deltas)
    yield typed({"type": "ping"})
    said = (
        "`average([])` divides by zero. I will make it return `None`, and look at its tests "
        "in the same step, to see what they expect."
    )
    deltas = [{"type": "text_delta", "text": piece} for piece in words(said)]
    yield from anthropic_block(1, {"type": "text", "text": ""}, deltas)
    tests = {"path": "tests/test_stats.py", "lines": [1, 40]}
    yield from anthropic_tool(2, "toolu_01Tread", "read_file", tests)
    yield from anthropic_tool(3, "toolu_01Tedit", "edit_file", EDIT)
    delta = {"stop_reason": "tool_use", "stop_sequence": None}
    yield typed({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 243}})
    yield typed({"type": "message_stop"})


TABLE_THOUGHT = (
    "They want to eat outside, on Friday, with a view. I check that the evening stays dry before "
    "I book. The terrace would do, but the roof is what they asked for."
)
TABLE = {
    "restaurant": "De Kade",
    "day": "friday",
    "time": "19:30",
    "guests": 4,
    "seating": "rooftop",
    "wishes": "A table by the rail, if there is one. One of us eats neither nuts nor sesame; "
    "please tell the kitchen. We bring a cake of our own for the birthday, and would like plates "
    "for it at about nine, with the lights down for a moment.",
}


def table() -> Iterator[bytes]:
    """Two calls. No tool takes the second one: "rooftop" is no seating (see table-tools.json)."""
    yield anthropic_start("msg_01Ktable", 512)
    deltas = [{"type": "thinking_delta", "thinking": piece} for piece in words(TABLE_THOUGHT, 3)]
    deltas.append({"type": "signature_delta", "signature": SIGNATURE})
    yield from anthropic_block(0, {"type": "thinking", "thinking": "", "signature": ""}, deltas)
    said = "I look at the weather for Friday evening, and book the table on the roof meanwhile."
    deltas = [{"type": "text_delta", "text": piece} for piece in words(said)]
    yield from anthropic_block(1, {"type": "text", "text": ""}, deltas)
    weather = {"city": "Rotterdam", "day": "friday", "hours": [19, 20, 21]}
    yield from anthropic_tool(2, "toolu_01Tsky", "check_weather", weather)
    yield from anthropic_tool(3, "toolu_01Ttable", "book_table", TABLE)
    delta = {"stop_reason": "tool_use", "stop_sequence": None}
    yield typed({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 268}})
    yield typed({"type": "message_stop"})


def error() -> Iterator[bytes]:
    """The provider gave up in the middle of the answer."""
    yield anthropic_start("msg_01Koverloaded", 77)
    said = (
        "Three things make a sourdough rise more slowly in winter. First, the kitchen is colder: "
        "at 18 °C the yeast works at half the pace it keeps at 24 °C. Second, the flour"
    )
    deltas = [{"type": "text_delta", "text": piece} for piece in words(said)]
    yield from anthropic_block(0, {"type": "text", "text": ""}, deltas, stop=False)
    failure = {"type": "overloaded_error", "message": "Overloaded"}
    yield typed({"type": "error", "error": failure, "request_id": "req_011bread"})


# Google generateContent


class Gemini:
    """Chunks of one response, each with the usage so far."""

    def __init__(self, identity: str, prompt: int) -> None:
        self.identity = identity
        self.prompt = prompt
        self.thought = self.said = 0

    def __call__(self, *parts: dict[str, Any], finish: str | None = None) -> bytes:
        for part in parts:
            tokens = len(compact(part)) // 6
            if part.get("thought"):
                self.thought += tokens
            else:
                self.said += tokens
        candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}}
        if finish:
            candidate["finishReason"] = finish
        usage = {
            "promptTokenCount": self.prompt,
            "candidatesTokenCount": self.said,
            "totalTokenCount": self.prompt + self.said + self.thought,
            "thoughtsTokenCount": self.thought,
        }
        chunk = {
            "candidates": [{**candidate, "index": 0}],
            "usageMetadata": usage,
            "modelVersion": "gemini-3-pro-preview",
            "responseId": self.identity,
        }
        return sse(chunk, line_end="\r\n")


GUIDE_THOUGHT = (
    "**Choosing the hour**\n\nThe planetarium closes at six on Sundays, and the show for children "
    "takes fifty minutes. With the bus at 15:10 they arrive at 15:40, so the four o'clock show "
    "fits and the five o'clock one is a reserve.\n\n"
)
GUIDE_TEXT = (
    "Take the show at **four o'clock**: it is the one for children, and the bus at 15:10 gets you "
    "there with twenty minutes to spare. Seats in the back rows see the whole dome, so I am "
    "asking for row J. If it is full, five o'clock works too, but then the café will be closed."
)


def google_generate() -> Iterator[bytes]:
    """A thought, text, and two whole calls, the first with its signature."""
    say = Gemini("sample0planetarium", 164)
    for piece in words(GUIDE_THOUGHT, 5):
        yield say({"text": piece, "thought": True})
    for piece in words(GUIDE_TEXT, 5):
        yield say({"text": piece})
    seats = {"show": "Sky for Beginners", "time": "16:00", "seats": 4, "row": "J"}
    call = {"functionCall": {"name": "reserve_seats", "args": seats}}
    yield say({**call, "thoughtSignature": "CvQBAdHtim9pbnZlbnRlZCBzaWduYXR1cmU="})
    bus = {"line": "9", "at": "15:10", "notify_minutes_before": 15}
    yield say({"functionCall": {"name": "set_reminder", "args": bus}})
    yield say({"text": ""}, finish="STOP")


def google_partial_args() -> Iterator[bytes]:
    """A call whose arguments are streamed: values set, and strings appended to, at a path."""
    say = Gemini("sample1observatory", 98)
    signature = "CtIBAdHtim9hbm90aGVyIGludmVudGVk"
    name = {"name": "file_report", "willContinue": True}
    yield say({"functionCall": name, "thoughtSignature": signature})

    def argument(path: str, **value: Any) -> bytes:
        partial = {"jsonPath": path, **value}
        return say({"functionCall": {"partialArgs": [partial], "willContinue": True}})

    def string(path: str, text: str) -> Iterator[bytes]:
        for piece in words(text, 3):
            yield argument(path, stringValue=piece, willContinue=True)
        yield argument(path, stringValue="")

    yield from string("$.title", "Night of 12 August: clouds, then Perseids")
    yield argument("$.observers", numberValue=3)
    sightings = (("Perseus, low in the east", -1.5), ("overhead, with a trail of two seconds", 0))
    for index, (where, magnitude) in enumerate(sightings):
        yield from string(f"$.sightings[{index}].where", where)
        yield argument(f"$.sightings[{index}].magnitude", numberValue=magnitude)
    yield argument("$.photos_attached", boolValue=False)
    yield from string(
        "$.summary",
        "Clouds until eleven, then two clear hours. We counted 41 meteors, most of them from the "
        "radiant, and stopped when the dew reached the lenses.",
    )
    yield say({"functionCall": {}})
    yield say({"text": ""}, finish="STOP")


# AWS Bedrock ConverseStream


STOCK_THOUGHT = (
    "Shelf B4 holds 310 kg and is rated for 350. Moving twelve boxes of 18 kg from it to C1 "
    "leaves both below their limits; fewer would do, but a round dozen is one trip."
)
STOCK_TEXT = "B4 is close to its limit. I am moving one trolley of boxes to C1 and will check both."


def bedrock_converse() -> Iterator[bytes]:
    """Binary frames: reasoning with a signature, text, two calls."""

    def deltas(index: int, *values: dict[str, Any]) -> Iterator[bytes]:
        for value in values:
            delta = {"contentBlockIndex": index, "delta": value, "p": "abcdefghij"}
            yield frame("contentBlockDelta", delta)
        yield frame("contentBlockStop", {"contentBlockIndex": index})

    def tool(index: int, identity: str, name: str, arguments: dict[str, Any]) -> Iterator[bytes]:
        start = {"toolUse": {"toolUseId": identity, "name": name}}
        yield frame("contentBlockStart", {"contentBlockIndex": index, "start": start})
        yield from deltas(index, *({"toolUse": {"input": piece}} for piece in cuts(arguments)))

    yield frame("messageStart", {"role": "assistant", "p": "abc"})
    thoughts = [{"reasoningContent": {"text": piece}} for piece in words(STOCK_THOUGHT, 3)]
    yield from deltas(0, *thoughts, {"reasoningContent": {"signature": SIGNATURE}})
    yield from deltas(1, *({"text": piece} for piece in words(STOCK_TEXT)))
    move = {"from": "B4", "to": "C1", "boxes": [{"sku": "LMP-07", "count": 12}], "trolley": True}
    yield from tool(2, "tooluse_m0vestock", "move_stock", move)
    yield from tool(3, "tooluse_ch3ckload", "check_load", {"shelves": ["B4", "C1"]})
    yield frame("messageStop", {"stopReason": "tool_use", "p": "abcdef"})
    usage = {"inputTokens": 530, "outputTokens": 171, "totalTokens": 701}
    yield frame("metadata", {"usage": usage, "metrics": {"latencyMs": 2914}, "p": "ab"})


# Cohere v2


PLAN = (
    "I will search the ferry timetable for Friday afternoon, and look for a room within walking "
    "distance of the harbour for two nights."
)


def cohere_v2() -> Iterator[bytes]:
    """The plan for the tools, then two calls."""

    def delta(kind: str, message: dict[str, Any], **more: Any) -> bytes:
        return typed({"type": kind, **more, "delta": {"message": message}})

    start = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": []}
    identity = "29f14a5a-5e0c-4f1e-9d57-ferry0000000"
    yield delta("message-start", {**start, "citations": []}, id=identity)
    for piece in words(PLAN):
        yield delta("tool-plan-delta", {"tool_plan": piece})
    ferry = {"from": "Piran", "to": "Venice", "date": "2026-07-03", "after": "13:00"}
    room = {"near": "harbour", "nights": 2, "guests": [{"adults": 2}], "max_walk_minutes": 10}
    calls = (
        ("search_ferries_k3w8x1q0z7vd", "search_ferries", ferry),
        ("search_rooms_p9b2m4c6t0ya", "search_rooms", room),
    )
    for index, (call, name, arguments) in enumerate(calls):
        function = {"name": name, "arguments": ""}
        begun = {"id": call, "type": "function", "function": function}
        yield delta("tool-call-start", {"tool_calls": begun}, index=index)
        for piece in cuts(arguments):
            more = {"tool_calls": {"function": {"arguments": piece}}}
            yield delta("tool-call-delta", more, index=index)
        yield typed({"type": "tool-call-end", "index": index})
    usage = {
        "billed_units": {"input_tokens": 61, "output_tokens": 88},
        "tokens": {"input_tokens": 1410, "output_tokens": 132},
    }
    end = {"finish_reason": "TOOL_CALL", "usage": usage}
    yield typed({"type": "message-end", "delta": end})


# Ollama


def ollama_chat() -> Iterator[bytes]:
    """JSON Lines: thinking, text, a whole call."""

    def line(message: dict[str, Any], done: bool = False, **more: Any) -> bytes:
        record = {
            "model": "qwen3:8b",
            "created_at": "2026-10-31T17:20:11.402Z",
            "message": {"role": "assistant", "content": "", **message},
            "done": done,
            **more,
        }
        return compact(record).encode() + b"\n"

    thought = (
        "The user wants the lights low but the path safe. The hall has a dimmer, the porch only "
        "on and off. Pumpkins are not on the network."
    )
    for piece in words(thought, 2):
        yield line({"thinking": piece})
    said = (
        "I am dimming the hall to a fifth and leaving the porch on, so that nobody trips over "
        "the pumpkins. They have to be lit by hand, I am afraid."
    )
    for piece in words(said, 2):
        yield line({"content": piece})
    hall = {"name": "set_light", "arguments": {"room": "hall", "level": 0.2, "colour": "amber"}}
    porch = {"name": "set_light", "arguments": {"room": "porch", "level": 1}}
    yield line({"tool_calls": [{"function": hall}, {"function": porch}]})
    counted = {
        "total_duration": 4820113000,
        "load_duration": 61022000,
        "prompt_eval_count": 233,
        "prompt_eval_duration": 512044000,
        "eval_count": 141,
        "eval_duration": 4190007000,
    }
    yield line({}, True, done_reason="stop", **counted)


# Raw text: nobody has parsed it


PALETTE = """\
# Colours of the bay, from the shore outwards.
SAND = "#e6d5a8"
SHALLOW = "#7fd1c7"
DEEP = "#0b3c5d"


def shade(metres):
    \"\"\"</parameter> is no colour, but it may stand in a comment.\"\"\"
    return SAND if metres < 0 else SHALLOW if metres < 8 else DEEP
"""
PALETTE_THOUGHT = "The chart needs three colours. A module of its own is best, then the tests."
PALETTE_TEXT = "I will write the colours down and run the tests."


def qwen3_coder() -> Iterator[bytes]:
    """The text of a model as it comes out of it: reasoning, text, two calls in tags."""
    yield f"""\
<think>
{PALETTE_THOUGHT}
</think>

{PALETTE_TEXT}

<tool_call>
<function=write_file>
<parameter=path>
chart/palette.py
</parameter>
<parameter=content>
{PALETTE}
</parameter>
</function>
</tool_call>
<tool_call>
<function=run_tests>
<parameter=only>
tests/test_palette.py
</parameter>
<parameter=verbose>
true
</parameter>
</function>
</tool_call>""".encode()


BELL = {"bell": "the small one", "times": 3, "note": "not before eight </tool_call>"}


def unparsed() -> Iterator[bytes]:
    """A server that speaks OpenAI's API and passes the text of the model on as it is."""
    text = (
        "The ferry leaves in ten minutes, so I will ring for it.\n"
        f'<tool_call>\n{{"name": "ring_bell", "arguments": {json.dumps(BELL)}}}\n</tool_call>'
    )
    for piece in words(text, 1):
        choice = {"index": 0, "delta": {"content": piece}, "finish_reason": None}
        yield sse({**_UNPARSED, "choices": [choice]})
    stop = {"index": 0, "delta": {}, "finish_reason": "stop"}
    yield sse({**_UNPARSED, "choices": [stop]})
    usage = {"prompt_tokens": 88, "completion_tokens": 57, "total_tokens": 145}
    yield sse({**_UNPARSED, "choices": [], "usage": usage})
    yield b"data: [DONE]\n\n"


_UNPARSED = {
    "id": "chatcmpl-harbour",
    "object": "chat.completion.chunk",
    "created": 1793452811,
    "model": "Qwen2.5-7B-Instruct",
}


# A session: OpenAI Realtime


LIGHTS = (
    "Good evening. The sea is calm under the point, with a light wind from the west, and the tide "
    "turns a little after nine. Further out, past the second buoy, a long swell is running, and"
)
LIGHTS_HEARD = 30  # pieces, before the user interrupts
BERTH = {
    "boat": "Kittiwake",
    "length_m": 7.4,
    "nights": 2,
    "arrival": "2026-09-18T21:30",
    "needs": ["shore power", "fresh water"],
}
BOOKED = (
    "Done: berth fourteen is yours for two nights, with power and water at the pontoon. Come in "
    "with the green light on your right, and ring the bell if it is late."
)


class Realtime:
    """Numbers the messages of a session, and the bytes of its sound."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, kind: str, **fields: Any) -> bytes:
        self.number += 1
        return (
            compact({"type": kind, "event_id": f"event_{self.number:04}", **fields}).encode()
            + b"\n"
        )

    def sound(self) -> str:
        """Some sound; in a real session a piece has thousands of bytes."""
        wave = [(self.number * 37 + step * step) % 256 for step in range(120)]
        return base64.b64encode(bytes(wave)).decode()

    def heard(self, item: str, text: str) -> Iterator[bytes]:
        """The user speaks; the transcript comes in pieces."""
        yield self(
            "input_audio_buffer.speech_started", item_id=item, audio_start_ms=self.number * 250
        )
        yield self(
            "input_audio_buffer.speech_stopped", item_id=item, audio_end_ms=self.number * 300
        )
        yield self("input_audio_buffer.committed", item_id=item)
        content = [{"type": "input_audio", "transcript": None}]
        yield self.item({"id": item, "type": "message", "role": "user", "content": content})
        name = "conversation.item.input_audio_transcription"
        for piece in words(text):
            yield self(f"{name}.delta", item_id=item, content_index=0, delta=piece)
        yield self(f"{name}.completed", item_id=item, content_index=0, transcript=text)

    def item(self, item: dict[str, Any]) -> bytes:
        return self("conversation.item.added", item=item)

    def created(self, identity: str) -> bytes:
        response = {"id": identity, "object": "realtime.response", "status": "in_progress"}
        return self("response.created", response={**response, "output": []})

    def done(self, identity: str, item: dict[str, Any], details: dict[str, Any] | None) -> bytes:
        response = {
            "id": identity,
            "object": "realtime.response",
            "status": "cancelled" if details else "completed",
            "status_details": details,
            "output": [item],
            "usage": {"total_tokens": 236, "input_tokens": 141, "output_tokens": 95},
        }
        return self("response.done", response=response)

    def spoken(self, identity: str, text: str, pieces: int | None = None) -> Iterator[bytes]:
        """An answer in sound, with its transcript. After some pieces the user interrupts it."""
        yield self.created(identity)
        item = {"id": f"item_{identity}", "type": "message", "role": "assistant"}
        place = {"response_id": identity, "item_id": item["id"]}
        place.update(output_index=0, content_index=0)
        added = {**item, "status": "in_progress", "content": []}
        yield self("response.output_item.added", response_id=identity, output_index=0, item=added)
        yield self.item(added)
        yield self("response.content_part.added", **place, part={"type": "audio", "transcript": ""})
        said = ""
        for piece in words(text, 1)[:pieces]:
            said += piece
            yield self("response.output_audio_transcript.delta", **place, delta=piece)
            yield self("response.output_audio.delta", **place, delta=self.sound())
        status = "completed" if pieces is None else "incomplete"
        content = [{"type": "output_audio", "transcript": said}]
        item = {**item, "status": status, "content": content}
        if pieces is None:
            yield self("response.output_audio.done", **place)
            yield self("response.output_audio_transcript.done", **place, transcript=said)
            yield self("response.output_item.done", response_id=identity, output_index=0, item=item)
            yield self.done(identity, item, None)
        else:
            yield self(
                "input_audio_buffer.speech_started", item_id="item_user_2", audio_start_ms=9120
            )
            yield self.done(identity, item, {"type": "cancelled", "reason": "turn_detected"})
            cut = {"item_id": item["id"], "content_index": 0, "audio_end_ms": 8800}
            yield self("conversation.item.truncated", **cut)

    def calling(self, identity: str, name: str, arguments: dict[str, Any]) -> Iterator[bytes]:
        """An answer that is a call."""
        yield self.created(identity)
        item = {"id": f"item_{identity}", "type": "function_call", "call_id": "call_berth"}
        item["name"] = name
        place = {"response_id": identity, "item_id": item["id"], "call_id": item["call_id"]}
        at = {"response_id": identity, "output_index": 0}
        added = {**item, "status": "in_progress", "arguments": ""}
        yield self("response.output_item.added", **at, item=added)
        delta = "response.function_call_arguments"
        for piece in cuts(arguments):
            yield self(f"{delta}.delta", **place, output_index=0, delta=piece)
        text = json.dumps(arguments, ensure_ascii=False)
        yield self(f"{delta}.done", **place, output_index=0, name=name, arguments=text)
        item = {**item, "status": "completed", "arguments": text}
        yield self("response.output_item.done", **at, item=item)
        yield self.done(identity, item, None)


def realtime() -> Iterator[bytes]:
    """A spoken answer that the user interrupts; a call; and the answer after its result."""
    say = Realtime()
    session = {"type": "realtime", "object": "realtime.session", "id": "sess_point"}
    yield say("session.created", session={**session, "model": "gpt-realtime"})
    yield from say.heard("item_user_1", "Good evening. How is the sea off the point tonight?")
    yield from say.spoken("resp_sea", LIGHTS, LIGHTS_HEARD)
    second = "Sorry, one thing first: can you keep a berth for the Kittiwake, for two nights?"
    yield from say.heard("item_user_2", second)
    yield from say.calling("resp_berth", "book_berth", BERTH)
    result = {"id": "item_result", "type": "function_call_output", "call_id": "call_berth"}
    yield say.item({**result, "output": '{"berth": 14}'})
    yield from say.spoken("resp_booked", BOOKED)
    yield say("rate_limits.updated", rate_limits=[{"name": "tokens", "remaining": 39612}])


STREAMS = {
    "realtime.jsonl": realtime,
    "openai-chat.sse": openai_chat,
    "openai-responses.sse": openai_responses,
    "anthropic-messages.sse": anthropic_messages,
    "google-generate.sse": google_generate,
    "google-partial-args.sse": google_partial_args,
    "bedrock-converse.bin": bedrock_converse,
    "cohere-v2.sse": cohere_v2,
    "ollama-chat.ndjson": ollama_chat,
    "outing.sse": outing,
    "table.sse": table,
    "cut.sse": cut,
    "error.sse": error,
    "qwen3-coder.txt": qwen3_coder,
    "unparsed.sse": unparsed,
    "lenient.sse": lenient,
}


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent)
