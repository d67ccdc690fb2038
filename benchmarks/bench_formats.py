"""Cost per delta of raw-text tool calls, compared with the JSON parser on the same arguments.

The text is one call with a path and a long string of code, in deltas of four characters, in several
formats. The events, the typed arguments and the message are read.

    python -m benchmarks.bench_formats [--quick]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from benchmarks import peers
from benchmarks.corpus import DOCUMENTS, cut
from benchmarks.timing import microseconds, pair, size_name, table, times
from streamparse import JSONParser
from streamparse.formats import FormatParser

SIZES: Final = (1_000, 20_000, 100_000)
NAME: Final = "write_file"


def arguments_of(size: int) -> dict[str, str]:
    """Return a path and code whose JSON has about `size` characters."""
    arguments = json.loads(DOCUMENTS["code string"](size))
    assert isinstance(arguments, dict)
    return arguments


def hermes(arguments: Mapping[str, Any]) -> str:
    call = json.dumps({"name": NAME, "arguments": arguments})
    return f"<tool_call>\n{call}\n</tool_call>"


def qwen3_coder(arguments: Mapping[str, Any]) -> str:
    inside = "".join(
        f"<parameter={key}>\n{value}\n</parameter>\n" for key, value in arguments.items()
    )
    return f"<tool_call>\n<function={NAME}>\n{inside}</function>\n</tool_call>"


def glm45(arguments: Mapping[str, Any]) -> str:
    inside = "".join(
        f"<arg_key>{key}</arg_key>\n<arg_value>{value}</arg_value>\n"
        for key, value in arguments.items()
    )
    return f"<tool_call>{NAME}\n{inside}</tool_call>"


def harmony(arguments: Mapping[str, Any]) -> str:
    head = f"<|channel|>commentary to=functions.{NAME} <|constrain|>json<|message|>"
    return f"{head}{json.dumps(arguments)}<|call|>"


def deepseek_v32(arguments: Mapping[str, Any]) -> str:
    tag = "\N{FULLWIDTH VERTICAL LINE}DSML\N{FULLWIDTH VERTICAL LINE}"
    inside = "".join(
        f'<{tag}parameter name="{key}" string="true">{value}</{tag}parameter>\n'
        for key, value in arguments.items()
    )
    invoke = f'<{tag}invoke name="{NAME}">\n{inside}</{tag}invoke>'
    return f"<{tag}function_calls>\n{invoke}\n</{tag}function_calls>"


def pythonic(arguments: Mapping[str, Any]) -> str:
    inside = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    return f"[{NAME}({inside})]"


RENDERED: Final[dict[str, Callable[[Mapping[str, Any]], str]]] = {
    render.__name__: render for render in (hermes, harmony, qwen3_coder, glm45, deepseek_v32)
} | {"pythonic": pythonic}


def read_json(deltas: list[str]) -> Any:
    parser = JSONParser()
    for delta in deltas:
        parser.feed(delta)
    parser.finish()
    return parser.value


def read_call(deltas: list[str], format: str) -> Any:
    parser = FormatParser(format)
    for delta in deltas:
        parser.feed(delta)
    parser.finish()
    [call] = parser.message.tool_calls
    assert call.name == NAME
    return call.arguments


def rows(sizes: Sequence[int], seconds: float) -> Iterator[list[str]]:
    for format in RENDERED:
        costs = [measured(format, size, seconds) for size in sizes]
        figures = [f"{microseconds(ours)} ({times(ours / plain)})" for ours, plain in costs]
        yield [format, *figures, times(costs[-1][0] / costs[0][0])]


def measured(format: str, size: int, seconds: float) -> tuple[float, float]:
    """Return the seconds per delta of the format, and of the JSON parser."""
    arguments = arguments_of(size)
    raw, plain = cut(RENDERED[format](arguments)), cut(json.dumps(arguments))
    assert read_call(raw, format) == read_json(plain) == arguments
    call, document = pair(partial(read_call, raw, format), partial(read_json, plain), seconds)
    return call / len(raw), document / len(plain)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small arguments and short runs")
    quick = parser.parse_args(arguments).quick
    sizes, seconds = (SIZES[:2], 0.01) if quick else (SIZES, 2.0)
    print(f"Build of streamparse: **{peers.build()}**.\n")
    print("µs per delta of 4 characters, and how many times what the JSON parser takes.\n")
    head = ["format", *map(size_name, sizes), "growth"]
    print(table(head, rows(sizes, seconds)), flush=True)


if __name__ == "__main__":
    main()
