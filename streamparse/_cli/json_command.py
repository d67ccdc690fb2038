"""`streamparse json [FILE]`: events or values of JSON while it arrives, as JSON Lines."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Final

from streamparse._cli.streams import (
    BAD_INPUT,
    LARGEST_FRAGMENT,
    OK,
    announce,
    between,
    fragments,
    line,
    standard_output,
)
from streamparse._drivers.json_stream import JSONStream, iter_json
from streamparse.dialect import DOUBT_CODES, REPAIR_CODES
from streamparse.json_parser import JSONParser
from streamparse.limits import Limits
from streamparse.paths import Query, normalized_path

__all__ = ["add", "run"]

_DEEPEST: Final = 1_000_000


def add(command: argparse.ArgumentParser) -> None:
    """Say what arguments the command takes."""
    argument = command.add_argument
    argument(
        "file", nargs="?", default="-", metavar="FILE", help="'-', the default: standard input"
    )
    shown = command.add_mutually_exclusive_group()
    shown.add_argument(
        "--partial",
        action="store_true",
        help="write the growing value, once for each fragment that changed it, not events",
    )
    shown.add_argument(
        "--final", action="store_true", help="write the value only, once it has been read whole"
    )
    argument(
        "--select",
        action="append",
        type=_query,
        metavar="QUERY",
        help="events for these nodes only, nothing else is kept in memory; an RFC 9535 query "
        "such as $.items[*], and more of them if repeated",
    )
    argument(
        "--schema",
        metavar="FILE",
        help="judge by the JSON Schema in FILE while reading (extra 'schema'): violations stand "
        "among the events, and the exit status is 1",
    )
    argument(
        "--coerce",
        action="store_true",
        help="with --schema: read a value that it refuses in the one other way that it allows, "
        "such as a string that holds an array; each is named on standard error",
    )
    lenient = command.add_mutually_exclusive_group()
    lenient.add_argument(
        "--lenient",
        action="store_true",
        help="mend what can be mended: fences, prose, single quotes, missing commas and more",
    )
    lenient.add_argument(
        "--repair",
        action="store_true",
        help="write the value as JSON once it has been read leniently, and each repair on "
        "standard error; the exit status is 1 if the input ended early",
    )
    _add_options(command)


def _add_options(command: argparse.ArgumentParser) -> None:
    """Options of the parser."""
    argument = command.add_argument
    argument("--many", action="store_true", help="several documents (JSON Lines, say), as a list")
    argument(
        "--trailing",
        choices=("error", "stop"),
        default="error",
        help="what text after the value is: an error (the default), or where to stop reading",
    )
    argument(
        "--surrogates",
        choices=("keep", "replace", "error"),
        default="keep",
        help="what becomes of half a surrogate pair (default: keep)",
    )
    argument(
        "--max-depth",
        type=between(0, _DEEPEST),
        default=Limits().depth,
        metavar="N",
        help="arrays and objects open at once (default: %(default)s)",
    )
    argument(
        "--chunk-size",
        type=between(1, LARGEST_FRAGMENT),
        default=65536,
        metavar="N",
        help="read at most N bytes at a time (default: %(default)s)",
    )


def _refuse_contradictions(options: argparse.Namespace, command: argparse.ArgumentParser) -> None:
    if options.select and (options.partial or options.final):
        command.error("--select chooses events: it contradicts --partial and --final")
    if options.schema is not None and (options.partial or options.final):
        command.error("--schema shows violations among events: not with --partial and --final")
    if options.coerce and options.schema is None:
        command.error("--coerce reads values as a schema asks: it needs --schema")
    if options.repair and (options.partial or options.final or options.select or options.schema):
        command.error("--repair writes the whole value: no other output can be asked for with it")
    if options.many and options.trailing == "stop":
        command.error("--many reads every document: it contradicts --trailing stop")


def _query(text: str) -> Query:
    try:
        return Query.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(options: argparse.Namespace, command: argparse.ArgumentParser) -> int:
    """Write what was asked for; the exit status."""
    _refuse_contradictions(options, command)
    announce(options.file)
    if options.schema is not None:
        return _run_judged(options)
    if options.repair:
        return _run_repair(options)
    output = standard_output()
    stream: JSONStream

    def read() -> Iterator[bytes]:
        for fragment in fragments(options.file, options.chunk_size):
            yield fragment
            output.flush()
            if options.trailing == "stop" and stream.parser.done:
                return

    stream = iter_json(read(), **_parsing(options))
    try:
        with stream:
            for value in _shown(stream, options):
                output.write(line(value))
    finally:
        output.flush()
    return OK


def _parsing(options: argparse.Namespace) -> dict[str, Any]:
    """The options of the parser."""
    return {
        "dialect": "lenient" if options.lenient or options.repair else "strict",
        "many": options.many,
        "trailing": options.trailing,
        "select": options.select,
        "keep": "open" if options.select else "all",
        "surrogates": options.surrogates,
        "limits": Limits(depth=options.max_depth),
    }


def _run_repair(options: argparse.Namespace) -> int:
    """The value as JSON, and what was mended on standard error."""
    output = standard_output()
    parser = JSONParser(**_parsing(options))
    told = 0
    try:
        for fragment in fragments(options.file, options.chunk_size):
            parser.feed(fragment)
            told = _tell_repairs(parser, told)
        parser.finish()
    finally:
        _tell_repairs(parser, told)
    output.write(line(parser.value))
    output.flush()
    return BAD_INPUT if parser.truncated else OK


def _tell_repairs(parser: JSONParser, told: int) -> int:
    """List the repairs from number `told` on; how many there are now."""
    for repair in parser.repairs[told:]:
        where = f"offset {repair.offset}, {normalized_path(repair.path)}"
        told_by_code = REPAIR_CODES.get(repair.code, "a value was read as its schema asks")
        doubt = " [doubt]" if repair.code in DOUBT_CODES else ""
        print(f"{repair.code}: {told_by_code} ({where}){doubt}", file=sys.stderr)
    return len(parser.repairs)


def _run_judged(options: argparse.Namespace) -> int:
    """The same with a schema."""
    from streamparse._cli.judging import Judging, validator

    output = standard_output()
    judging = Judging(
        JSONParser(**_parsing(options), validator=validator(options.schema, options.coerce))
    )

    def read() -> Iterator[bytes]:
        for fragment in fragments(options.file, options.chunk_size):
            yield fragment
            output.flush()
            if options.trailing == "stop" and judging.parser.done:
                return

    try:
        for shown in judging.lines(read()):
            output.write(line(shown))
    finally:
        output.flush()
        if options.coerce:
            _tell_repairs(judging.parser, 0)
    return BAD_INPUT if judging.told else OK


def _shown(stream: JSONStream, options: argparse.Namespace) -> Iterable[Any]:
    if options.partial:
        return stream.partials()
    if options.final:
        return [stream.result()]
    return (event.to_dict() for event in stream)
