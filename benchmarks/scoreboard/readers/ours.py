"""streamparse."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from benchmarks.scoreboard.readers.common import Found, Show, found
from streamparse import COMPILED, JSONParser, Message, MessageParser, StreamParseError, stream
from streamparse.formats import FormatParser

HEADER: Final = {"build": "compiled" if COMPILED else "interpreted"}
FORMATS: Final = {"hermes": "hermes", "tags": "qwen3_coder"}


def _found(message: Message, raised: Exception | None) -> Found:
    calls = [
        (call.name, call.arguments) for call in message.tool_calls if call.status == "complete"
    ]
    answer = found(message.text, message.reasoning, message.refusal, calls, raised=raised)
    if raised is None:
        reason = message.finish_reason
        status = "filtered" if reason in ("content_filter", "refusal") else message.status
        answer |= {"end": status, "reason": reason}
    return answer


def _message(api: Any) -> Callable[[Iterable[bytes]], Found]:
    def read(pieces: Iterable[bytes]) -> Found:
        parser = MessageParser(api=api)
        raised: Exception | None = None
        try:
            for piece in pieces:
                parser.feed(piece)
            parser.finish()
        except StreamParseError as error:
            raised = error
        return _found(parser.message, raised)

    return read


def _raw_text(pieces: Iterable[str], style: str) -> Found:
    parser = FormatParser(FORMATS[style])
    raised: Exception | None = None
    try:
        for piece in pieces:
            parser.feed(piece)
        parser.finish()
    except StreamParseError as error:
        raised = error
    return _found(parser.message, raised)


def _partial(pieces: Iterable[str], show: Show) -> Any:
    parser = JSONParser()
    for piece in pieces:
        parser.feed(piece)
        show(parser.value)
    parser.finish()
    return parser.value


def _repair(pieces: Iterable[str]) -> Any:
    parser = JSONParser("lenient")
    for piece in pieces:
        parser.feed(piece)
    parser.finish()
    return parser.value


def _typed(pieces: Iterable[bytes], show: Show) -> Any:
    from benchmarks.scoreboard.readers.trip import Trip

    answer = stream(pieces, output=Trip)
    for partial in answer.partials(missing="none"):
        show(partial)
    return answer.message.output


def readers(name: str) -> dict[str, Any]:
    return {
        "openai-chat": _message("openai-chat"),
        "openai-responses": _message("openai-responses"),
        "anthropic-messages": _message("anthropic-messages"),
        "typed": _typed,
        "json": _partial,
        "repair": _repair,
        "raw-text": _raw_text,
    }
