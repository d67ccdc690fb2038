"""Cost per delta of answers by a response template, compared with transformers.

streamparse and the `ResponseParser` of transformers read the same template and the same answer, in
deltas of four characters: reasoning, some text, and one call with a path and a string of code. The
events and the final message are read. transformers returns arguments at the end of their call,
streamparse while they arrive.

    python -m benchmarks.bench_templates [--quick]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module, metadata
from typing import Any, Final

from benchmarks import peers
from benchmarks.bench_formats import NAME, arguments_of
from benchmarks.corpus import cut
from benchmarks.timing import microseconds, pair, size_name, table, times
from streamparse.formats import Format, FormatParser, from_response_template

SIZES: Final = (1_000, 20_000, 100_000)
ANCHOR: Final = "<|begin|>"
_THEIRS: Final = "transformers.utils.chat_parsing"
CALL: Final = {"function": {"name": "{name}", "arguments": "{content}"}}
CALLS: Final[dict[str, dict[str, Any]]] = {
    "JSON object": {
        "open": "<call>",
        "close": "</call>",
        "content": "json",
        "transform": {"function": "{content}"},
    },
    "name, then JSON": {
        "open_pattern": r"<call=(?P<name>\w+)>",
        "close": "</call>",
        "content": "json",
        "transform": CALL,
    },
    "tags": {
        "open_pattern": r"<call=(?P<name>\w+)>\s*",
        "close": "</call>",
        "content": "xml-inline",
        "content_args": {"tag_pattern": r"<arg=(?P<key>\w+)>\n(?P<value>.*?)\n</arg>"},
        "transform": CALL,
    },
}


def template_of(kind: str) -> dict[str, Any]:
    """Return the response template for this kind of calls."""
    fields = {
        "reasoning_content": {"open": "<think>", "close": "</think>"},
        "tool_calls": {"repeats": True, **CALLS[kind]},
        "content": {"close": "<|end|>"},
    }
    return {"version": 1, "start_anchor": ANCHOR, "fields": fields}


def answer_of(kind: str, size: int) -> str:
    """Return an answer whose arguments have about `size` characters."""
    arguments = arguments_of(size)
    if kind == "JSON object":
        call = "<call>" + json.dumps({"name": NAME, "arguments": arguments})
    elif kind == "tags":
        inside = [f"<arg={key}>\n{value}\n</arg>" for key, value in arguments.items()]
        call = f"<call={NAME}>\n" + "\n".join(inside)
    else:
        call = f"<call={NAME}>" + json.dumps(arguments)
    return f"<think>A file is needed.</think>I write it.\n{call}</call><|end|>"


def read_ours(deltas: list[str], format: Format) -> Any:
    parser = FormatParser(format)
    for delta in deltas:
        parser.feed(delta)
    parser.finish()
    [call] = parser.message.tool_calls
    return call.arguments


def reader_of_theirs(template: dict[str, Any]) -> Callable[[list[str]], Any]:
    """Return a function that reads with transformers; raise ImportError if it is missing."""
    theirs: Any = import_module(_THEIRS)
    loaded = import_module(f"{_THEIRS}.response_templates").load_response_template(template)

    def read(deltas: list[str]) -> Any:
        parser = theirs.ResponseParser(loaded, prefix=ANCHOR)
        for delta in deltas:
            parser.feed(delta)
        message, _ = parser.finalize()
        [call] = message["tool_calls"]
        return call["function"]["arguments"]

    return read


def rows(sizes: Sequence[int], seconds: float) -> Iterator[list[str]]:
    for kind in CALLS:
        template = template_of(kind)
        ours, theirs = from_response_template(template), reader_of_theirs(template)
        for size in sizes:
            deltas = cut(answer_of(kind, size))
            assert read_ours(deltas, ours) == theirs(deltas) == arguments_of(size)
            costs = pair(partial(read_ours, deltas, ours), partial(theirs, deltas), seconds)
            figures = [microseconds(cost / len(deltas)) for cost in costs]
            yield [kind, size_name(size), *figures, times(costs[1] / costs[0])]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small arguments and short runs")
    quick = parser.parse_args(arguments).quick
    sizes, seconds = (SIZES[:1], 0.01) if quick else (SIZES, 1.0)
    try:
        version = metadata.version("transformers")
        import_module(_THEIRS)
    except ImportError as error:
        print(f"Nothing is measured: transformers is not installed ({error}).")
        return
    print(f"Build of streamparse: **{peers.build()}**. transformers {version}.\n")
    print("µs per delta of 4 characters.\n")
    head = ["calls", "arguments", "streamparse", "transformers", "ratio"]
    print(table(head, rows(sizes, seconds)), flush=True)


if __name__ == "__main__":
    main()
