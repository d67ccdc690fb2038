"""The command line: `streamparse json [FILE]`.

Rule 1: input is read as it arrives, and what it gave is flushed before more is waited for.
Rule 2: every line of output is valid JSON in UTF-8, whatever the values and the locale.
Rule 3: whatever the input, there is no traceback: one line on stderr, and a status of `STATUSES`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, BinaryIO, Final

from streamparse import _version
from streamparse._core.grammar import COMPILED
from streamparse._core.writer import Writer
from streamparse.errors import StreamParseError
from streamparse.limits import Limits
from streamparse.paths import Query
from streamparse.stream import JSONStream, iter_json

__all__ = ["main"]

OK: Final = 0
BAD_INPUT: Final = 1
UNUSABLE: Final = 2  # also what argparse exits with
INTERRUPTED: Final = 130  # 128 + SIGINT
BROKEN_PIPE: Final = 141  # 128 + SIGPIPE

STATUSES: Final = """\
exit status:
  0    the value is complete and well-formed
  1    the input is malformed, incomplete or beyond a limit; output so far stands
  2    wrong usage, or a file that cannot be read or written
  130  interrupted (Ctrl-C)
  141  the reader of the output went away
"""

_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_LARGEST_FRAGMENT: Final = 16 * 1024 * 1024
_DEEPEST: Final = 1_000_000


class _Unusable(Exception):
    """A file that cannot be read; the text says which and why."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line on `argv` (default: the arguments of the process); the exit status.

    Wrong usage, `--help` and `--version` raise `SystemExit`, as argparse does.
    """
    options = _options(argv)
    try:
        return _json(options)
    except StreamParseError as error:
        place = f"{_name(options.file)}:{error.line}:{error.column}"
        return _complain(f"{place}: {error.message} ({error.code})", BAD_INPUT)
    except _Unusable as error:
        return _complain(str(error), UNUSABLE)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _abandon_output()
        return BROKEN_PIPE
    except OSError as error:
        _abandon_output()
        return _complain(f"<stdout>: {error.strerror}", UNUSABLE)


# Usage


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="streamparse",
        description="Parse LLM output while it is still arriving.",
        epilog=STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    build = "compiled" if COMPILED else "interpreted"
    version = f"streamparse {_version.__version__} ({build})"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    command = commands.add_parser(
        "json",
        help="events or values of a JSON stream, as JSON Lines",
        description="Read JSON as it arrives and write its events, one line of JSON for each.",
        epilog=STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_json_arguments(command)
    options = parser.parse_args(argv)
    _refuse_contradictions(options, command)
    return options


def _add_json_arguments(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("file", nargs="?", default="-", metavar="FILE", help="'-', the default: standard input")
    shown = command.add_mutually_exclusive_group()
    shown.add_argument(
        "--partial",
        action="store_true",
        help="write the growing value, once for each fragment that changed it, not events",
    )
    shown.add_argument(
        "--final", action="store_true", help="write the value only, once it has been read whole"
    )
    add(
        "--select",
        action="append",
        type=_query,
        metavar="QUERY",
        help="events for these nodes only, nothing else is kept in memory; an RFC 9535 query "
        "such as $.items[*], and more of them if repeated",
    )
    add("--many", action="store_true", help="several documents (JSON Lines, say), as a list")
    add(
        "--trailing",
        choices=("error", "stop"),
        default="error",
        help="what text after the value is: an error (the default), or where to stop reading",
    )
    add(
        "--surrogates",
        choices=("keep", "replace", "error"),
        default="keep",
        help="what becomes of half a surrogate pair (default: keep)",
    )
    add(
        "--max-depth",
        type=_between(0, _DEEPEST),
        default=Limits().depth,
        metavar="N",
        help="arrays and objects open at once (default: %(default)s)",
    )
    add(
        "--chunk-size",
        type=_between(1, _LARGEST_FRAGMENT),
        default=65536,
        metavar="N",
        help="read at most N bytes at a time (default: %(default)s)",
    )


def _refuse_contradictions(options: argparse.Namespace, command: argparse.ArgumentParser) -> None:
    if options.select and (options.partial or options.final):
        command.error("--select chooses events: it contradicts --partial and --final")
    if options.many and options.trailing == "stop":
        command.error("--many reads every document: it contradicts --trailing stop")


def _query(text: str) -> Query:
    try:
        return Query.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _between(low: int, high: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not re.fullmatch("[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low} to {high}")
        return int(text)

    return number


# Reading


def _json(options: argparse.Namespace) -> int:
    output = _standard_output()
    stream: JSONStream

    def fragments() -> Iterator[bytes]:
        for fragment in _fragments(options.file, options.chunk_size):
            yield fragment
            output.flush()
            if options.trailing == "stop" and stream.parser.done:
                return

    stream = iter_json(
        fragments(),
        many=options.many,
        trailing=options.trailing,
        select=options.select,
        keep="open" if options.select else "all",
        surrogates=options.surrogates,
        limits=Limits(depth=options.max_depth),
    )
    try:
        with stream:
            for value in _shown(stream, options):
                output.write(_line(value))
    finally:
        output.flush()
    return OK


def _shown(stream: JSONStream, options: argparse.Namespace) -> Iterable[Any]:
    if options.partial:
        return stream.partials()
    if options.final:
        return [stream.result()]
    return (event.to_dict() for event in stream)


def _fragments(file: str, size: int) -> Iterator[bytes]:
    """What the file holds, each part as soon as it can be had."""
    inherited = file == "-"
    try:
        # Not `sys.stdin`: its buffer waits until it is full.
        with open(0 if inherited else file, "rb", buffering=0, closefd=not inherited) as source:
            while fragment := os.read(source.fileno(), size):
                yield fragment
    except OSError as error:
        raise _Unusable(f"{_name(file)}: {error.strerror}") from error


def _name(file: str) -> str:
    return "<stdin>" if file == "-" else file


# Writing


def _standard_output() -> BinaryIO:
    if sys.stdout is None:  # the process was started without one
        raise _Unusable("<stdout>: closed")
    return sys.stdout.buffer


def _abandon_output() -> None:
    """Send what is still in the buffer nowhere: at exit Python would try to write it again."""
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _complain(message: str, status: int) -> int:
    if sys.stderr is not None:  # `print` would take None for standard output
        print(f"streamparse: {message}", file=sys.stderr)
    return status


def _line(value: Any) -> bytes:
    """`value` as one line of compact JSON."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (RecursionError, ValueError):  # too deep for it, or an infinity (which 1e400 is)
        text = _written(value)
    return _LONE_SURROGATE.sub(_escaped, text).encode() + b"\n"


def _escaped(surrogate: re.Match[str]) -> str:
    return f"\\u{ord(surrogate.group()):04x}"


def _written(value: Any) -> str:
    """What `json.dumps` gives, without recursion, and with 1e999 for infinity."""
    writer = Writer()
    open_containers: list[Iterator[tuple[str | None, Any]]] = [iter([(None, value)])]
    while open_containers:
        for key, child in open_containers[-1]:
            if key is not None:
                _write_key(writer, key)
            inside = _begun(writer, child)
            if inside is not None:
                open_containers.append(inside)
                break
        else:
            open_containers.pop()
            if open_containers:
                writer.end(0)
    return writer.take()


def _begun(writer: Writer, value: Any) -> Iterator[tuple[str | None, Any]] | None:
    """Write a scalar, or the beginning of a container; what is inside the container."""
    if isinstance(value, dict):
        writer.start_object(0)
        return iter(value.items())
    if isinstance(value, list):
        writer.start_array(0)
        return ((None, item) for item in value)
    if isinstance(value, str):
        writer.start_string(0)
        writer.text(value, 0)
        writer.end_string(0)
    else:
        writer.scalar(value, 0)
    return None


def _write_key(writer: Writer, key: str) -> None:
    writer.start_key(0)
    writer.key_text(key, 0)
    writer.end_key(0)
