"""transformers: the `ResponseParser` of response templates."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any, Final

from benchmarks.scoreboard.readers.common import Found, found

_MODULE: Final = "transformers.utils.chat_parsing"
_ANCHOR: Final = "<|im_start|>assistant\n"
_CALLS: Final[dict[str, dict[str, Any]]] = {
    "hermes": {
        "open": "<tool_call>\n",
        "close": "\n</tool_call>",
        "content": "json",
        "transform": {"function": "{content}"},
    },
    "tags": {
        "open_pattern": r"<tool_call>\s*<function=(?P<name>\w+)>\s*",
        "close": "</tool_call>",
        "content": "xml-inline",
        "content_args": {"tag_pattern": r"<parameter=(?P<key>\w+)>\n(?P<value>.*?)\n</parameter>"},
        "transform": {"function": {"name": "{name}", "arguments": "{content}"}},
    },
}


def _template(style: str) -> dict[str, Any]:
    fields = {
        "reasoning_content": {"open": "<think>", "close": "</think>"},
        "tool_calls": {"repeats": True, **_CALLS[style]},
        "content": {"close": "<|im_end|>"},
    }
    return {"version": 1, "start_anchor": _ANCHOR, "fields": fields}


def readers(name: str) -> dict[str, Any]:
    parsing: Any = import_module(_MODULE)
    load = import_module(f"{_MODULE}.response_templates").load_response_template
    templates = {style: load(_template(style)) for style in _CALLS}

    def raw_text(pieces: Iterable[str], style: str) -> Found:
        try:
            parser = parsing.ResponseParser(templates[style], prefix=_ANCHOR)
            for piece in pieces:
                parser.feed(piece)
            message, _ = parser.finalize()
        except Exception as error:
            return found(raised=error)
        calls = [
            (call["function"]["name"], call["function"]["arguments"])
            for call in message.get("tool_calls", ())
        ]
        return found(message.get("content"), message.get("reasoning_content"), calls=calls)

    return {"raw-text": raw_text}
