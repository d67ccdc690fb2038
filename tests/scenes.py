"""Parsers of every kind and fragments for them, for properties that hold at any point."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from streamparse.formats import FormatParser
from streamparse.limits import Limits
from streamparse.message_parser import MessageParser
from tests.blocks import STOP, begin, chunk, delta, frame, start, stop, stopped
from tests.messages import call_chunk, sse, text_chunk
from tests.messages import chunk as chat_chunk
from tests.responses import call_events, reasoning_events, stream, text_events


class Order(BaseModel):
    title: str
    count: int


def weigh(item: str, grams: int = 1) -> None:
    """A tool that is a function."""


SCHEMA = {
    "name": "weigh",
    "parameters": {
        "type": "object",
        "properties": {"item": {"type": "string"}, "grams": {"type": "integer"}},
        "required": ["item"],
    },
}
ARGUMENTS = '{"item": "green tea", "grams": 250}'
LOOSE = '{"item": "green tea", "grams": "250"}'
BROKEN = 'Here: {\'item\': "green "tea"", grams: 25, // so\n}'
CHAT = [
    text_chunk("I weigh "),
    text_chunk("it."),
    call_chunk("", id="c-1", name="weigh"),
    *(call_chunk(ARGUMENTS[at : at + 6]) for at in range(0, len(ARGUMENTS), 6)),
    chat_chunk(finish="tool_calls"),
]
CLAUDE = [
    start(),
    begin(0, "thinking", thinking="", signature=""),
    delta(0, "thinking_delta", "Hm."),
    stop(0),
    begin(1, "tool_use", id="toolu_1", name="weigh", input={}),
    *(delta(1, "input_json_delta", ARGUMENTS[at : at + 9]) for at in range(0, len(ARGUMENTS), 9)),
    stop(1),
    stopped("tool_use"),
    STOP,
]
HERMES = f'I weigh. <tool_call>{{"name": "weigh", "arguments": {ARGUMENTS}}}</tool_call> So.'
QWEN = (
    "Well. <tool_call>\n<function=weigh>\n<parameter=item>\ntea\n</parameter>\n"
    "<parameter=grams>\n2\n</parameter>\n</function>\n</tool_call>"
)
ORDER = '{"title": "Green tea", "count": 2}'
PLACES = [
    {"functionCall": {"name": "weigh", "willContinue": True}},
    {"functionCall": {"partialArgs": [{"jsonPath": "$.item", "stringValue": "gr"}]}},
    {"functionCall": {"partialArgs": [{"jsonPath": "$.list[0].a", "numberValue": 1}]}},
    {"functionCall": {"partialArgs": [{"jsonPath": "$.item", "stringValue": "een"}]}},
    {"functionCall": {"partialArgs": [{"jsonPath": "$.list[0].b", "numberValue": 2}]}},
    {"functionCall": {}},
]
GOOGLE = [{"candidates": [{"content": {"parts": [part]}, "index": 0}]} for part in PLACES]
RESPONSE = stream(
    reasoning_events(["It is dry.", "It is late."]),
    text_events("I weigh it.", 1, size=3),
    call_events(ARGUMENTS, 2),
)


def pieces(text: Any, size: int) -> list[Any]:
    return [text[at : at + size] for at in range(0, len(text), size)]


SCENES: dict[str, tuple[Callable[[], Any], list[Any]]] = {
    "chunks": (lambda: MessageParser("openai-chat"), CHAT),
    "bytes": (lambda: MessageParser("openai-chat"), pieces(sse(CHAT), 19)),
    "auto": (MessageParser, pieces(sse(CHAT), 23)),
    "json": (MessageParser, pieces(json.dumps(CHAT), 29)),
    "claude": (lambda: MessageParser("anthropic-messages"), CLAUDE),
    "frames": (MessageParser, pieces(b"".join(frame("chunk", chunk(one)) for one in CLAUDE), 37)),
    "places": (lambda: MessageParser("google-generate"), GOOGLE),
    "responses": (lambda: MessageParser("openai-responses"), pieces(sse(RESPONSE, done=False), 61)),
    "schema": (lambda: MessageParser("openai-chat", tools=[SCHEMA]), CHAT),
    "function": (lambda: MessageParser("openai-chat", tools=[weigh]), CHAT),
    "coerced": (
        lambda: MessageParser("openai-chat", tools=[SCHEMA], coerce=True),
        [*CHAT[:2], call_chunk("", id="c-1", name="weigh"), *map(call_chunk, pieces(LOOSE, 3))],
    ),
    "lenient output": (
        lambda: MessageParser("text", output=SCHEMA["parameters"], output_dialect="lenient"),
        pieces(BROKEN, 3),
    ),
    "lenient": (lambda: MessageParser("openai-chat", dialect="lenient"), CHAT),
    "text": (lambda: MessageParser("text"), pieces("\u00e9t\u00e9, hiver".encode(), 1)),
    "undecided": (lambda: MessageParser(format="hermes"), pieces(sse(CHAT).decode(), 11)),
    "format": (lambda: MessageParser("text", format="auto"), pieces(HERMES, 5)),
    "output": (lambda: MessageParser("text", output=SCHEMA["parameters"]), pieces(ARGUMENTS, 3)),
    "model": (lambda: MessageParser("text", output=Order), pieces(ORDER, 3)),
    "limits": (lambda: MessageParser("openai-chat", limits=Limits(string=99)), CHAT),
    "hermes": (lambda: FormatParser("hermes"), pieces(HERMES, 4)),
    "hermes with tools": (lambda: FormatParser("hermes", tools=[SCHEMA]), pieces(HERMES, 7)),
    "parameters": (lambda: FormatParser("qwen3_coder", tools=[SCHEMA]), pieces(QWEN, 5)),
}
