"""Write the table of `formats.md` from the formats themselves.

    python docs/make_formats.py [--check]

What stands above the line `<!-- formats -->` is written by hand and stays.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from streamparse import formats
from streamparse.formats import (
    Elements,
    Format,
    FreeText,
    JsonArguments,
    JsonCall,
    Literals,
    Parameters,
)
from streamparse.formats.catalog import (
    channels,
    json_calls,
    keyed,
    literal_calls,
    named_json,
    tagged,
)

PAGE: Final = Path(__file__).with_name("formats.md")
LINE: Final = "<!-- formats -->\n"

FAMILIES: Final = (
    ("JSON calls after a marker", json_calls),
    ("A name, then JSON arguments", named_json),
    ("Parameters in tags", tagged),
    ("Pairs of key and value", keyed),
    ("Calls as code", literal_calls),
    ("Channels", channels),
)

TYPES: Final = {
    "schema": "the schema",
    "wire": 'beside the value (`string="…"`)',
    "type": "beside the value",
    "nested": 'beside the value (`type="…"`), nested',
    "json_or_string": "the schema, else JSON where it is JSON",
}
IN_REASONING: Final = {"text": "are quotations", "end": "end it", "inside": "leave it open"}


def types(format: Format) -> str:
    """Where the types of values come from."""
    payloads = [call.payload for call in format.calls]
    if format.channels is not None and format.channels.payload is not None:
        payloads.append(format.channels.payload)
    return ", ".join(dict.fromkeys(map(_types_of, payloads)))


def _types_of(payload: object) -> str:
    if isinstance(payload, JsonCall) and payload.python:
        return "Python literals"
    if isinstance(payload, FreeText):
        return "text, JSON"
    if isinstance(payload, (JsonCall, JsonArguments)):
        return "JSON"
    if isinstance(payload, Literals):
        return "literals" if payload.bare else "Python literals"
    if isinstance(payload, Elements):
        return "the schema, nested"
    assert isinstance(payload, Parameters)
    return TYPES[payload.typing]


def reasoning(format: Format) -> str:
    """Its delimiters, and what calls in it are."""
    if format.channels is not None and format.channels.reasoning:
        return " ".join(f"channel `{name}`" for name in format.channels.reasoning)
    spec = format.reasoning
    if spec is None:
        return "none"
    opens = spec.open or ("",) * len(spec.close)
    pairs = dict.fromkeys(zip(opens, spec.close, strict=False))
    shown = ", ".join(f"{_code(open)}…{_code(close)}" for open, close in pairs)
    return f"{shown}; calls {IN_REASONING[spec.calls]}"


def _code(text: str) -> str:
    text = text.replace("\n", "⏎")
    return f"`{text}`" if text else ""


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def table(rows: Iterable[Format]) -> Iterator[str]:
    yield "| format | models | types | reasoning | known to |"
    yield "|---|---|---|---|---|"
    for format in rows:
        source = format.source.removeprefix("parsers: ")
        cells = (f"`{format.name}`", format.models, types(format), reasoning(format), source)
        yield f"| {' | '.join(map(_cell, cells))} |"


def examples(rows: Iterable[Format]) -> Iterator[str]:
    for format in rows:
        yield f"`{format.name}`:"
        yield ""
        fence = "````" if "```" in format.example else "```"
        yield f"{fence}text"
        yield format.example.rstrip("\n")
        yield fence
        yield ""


def generated() -> str:
    """Everything below the line."""
    lines = []
    for title, family in FAMILIES:
        lines += ["", f"### {title}", "", *table(family.FORMATS), "", *examples(family.FORMATS)]
        lines.pop()
    return "\n".join(lines) + "\n"


def page() -> str:
    """The whole page as it should be."""
    above, line, _ = PAGE.read_text(encoding="utf-8").partition(LINE)
    assert line, f"{PAGE.name} has no line {LINE!r}"
    shown = [format.name for _, family in FAMILIES for format in family.FORMATS]
    assert shown == formats.names()
    return above + line + generated()


def main() -> int:
    """Write the page; with `--check` only say whether it is current."""
    wanted = page()
    if "--check" in sys.argv[1:]:
        return int(PAGE.read_text(encoding="utf-8") != wanted)
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
