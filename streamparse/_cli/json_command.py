"""`streamparse json [FILE]`: writes events or values of JSON as it arrives, as JSON Lines."""

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
    """Add the arguments of the command."""
    argument = command.add_argument
    argument(
        "file",
        nargs="?",
        default="-",
        metavar="FILE",
        help="the input; '-', the default, is standard input",
    )
    shown = command.add_mutually_exclusive_group()
    shown.add_argument(
        "--partial",
        action="store_true",
        help="write the partial value after each fragment that changed it, not events",
    )
    shown.add_argument(
        "--final", action="store_true", help="write only the value, when it is complete"
    )
    argument(
        "--select",
        action="append",
        type=_query,
        metavar="QUERY",
        help="write events for these nodes only and keep nothing else in memory; an RFC 9535 query "
        "such as $.items[*]; may be repeated",
    )
    argument(
        "--schema",
        metavar="FILE",
        help="validate by the JSON Schema in FILE while reading (extra 'schema'): violations are "
        "written among the events, and the exit status is 1",
    )
    argument(
        "--coerce",
        action="store_true",
        help="with --schema: read a value that it rejects in the only other way that it allows, "
        "such as a string that contains an array; each is listed on standard error",
    )
    lenient = command.add_mutually_exclusive_group()
    lenient.add_argument(
        "--lenient",
        action="store_true",
        help="repair damaged JSON: fences, prose, single quotes, missing commas and more",
    )
    lenient.add_argument(
        "--repair",
        action="store_true",
        help="as --lenient, but write the value as JSON when it is complete, and each repair to "
        "standard error; the exit status is 1 if the input ended early",
    )
    _add_options(command)


def _add_options(command: argparse.ArgumentParser) -> None:
    """Add the options of the parser."""
    argument = command.add_argument
    argument(
        "--many", action="store_true", help="read several documents, such as JSON Lines, as a list"
    )
    argument(
        "--trailing",
        choices=("error", "stop"),
        default="error",
        help="text after the value is an error (the default), or ends the reading",
    )
    argument(
        "--surrogates",
        choices=("keep", "replace", "error"),
        default="keep",
        help="what to do with a lone surrogate (default: keep)",
    )
    argument(
        "--max-depth",
        type=between(0, _DEEPEST),
        default=Limits().depth,
        metavar="N",
        help="the largest depth of nested arrays and objects (default: %(default)s)",
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
        command.error("--select selects events, so it cannot be used with --partial or --final")
    if options.schema is not None and (options.partial or options.final):
        command.error("--schema writes events, so it cannot be used with --partial or --final")
    if options.coerce and options.schema is None:
        command.error("--coerce needs --schema")
    if options.repair and (options.partial or options.final or options.select or options.schema):
        command.error("--repair cannot be used with --partial, --final, --select or --schema")
    if options.many and options.trailing == "stop":
        command.error("--many cannot be used with --trailing stop")


def _query(text: str) -> Query:
    try:
        return Query.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(options: argparse.Namespace, command: argparse.ArgumentParser) -> int:
    """Write the output and return the exit status."""
    _refuse_contradictions(options, command)
    announce(options.file)
    if options.schema is not None:
        return _run_validated(options)
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
    """Return the options of the parser."""
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
    """Write the value as JSON, and the repairs to standard error."""
    output = standard_output()
    parser = JSONParser(**_parsing(options))
    listed = 0
    try:
        for fragment in fragments(options.file, options.chunk_size):
            parser.feed(fragment)
            listed = _list_repairs(parser, listed)
        parser.finish()
    finally:
        _list_repairs(parser, listed)
    output.write(line(parser.value))
    output.flush()
    return BAD_INPUT if parser.truncated else OK


def _list_repairs(parser: JSONParser, listed: int) -> int:
    """Write the repairs from number `listed` on to standard error; return how many there are."""
    for repair in parser.repairs[listed:]:
        where = f"offset {repair.offset}, {normalized_path(repair.path)}"
        meaning = REPAIR_CODES.get(repair.code, "a value was converted as its schema requires")
        doubt = " [doubt]" if repair.code in DOUBT_CODES else ""
        print(f"{repair.code}: {meaning} ({where}){doubt}", file=sys.stderr)
    return len(parser.repairs)


def _run_validated(options: argparse.Namespace) -> int:
    """Write events and violations of a schema."""
    from streamparse._cli.validating import Validating, validator

    output = standard_output()
    validating = Validating(
        JSONParser(**_parsing(options), validator=validator(options.schema, options.coerce))
    )

    def read() -> Iterator[bytes]:
        for fragment in fragments(options.file, options.chunk_size):
            yield fragment
            output.flush()
            if options.trailing == "stop" and validating.parser.done:
                return

    try:
        for shown in validating.lines(read()):
            output.write(line(shown))
    finally:
        output.flush()
        if options.coerce:
            _list_repairs(validating.parser, 0)
    return BAD_INPUT if validating.reported else OK


def _shown(stream: JSONStream, options: argparse.Namespace) -> Iterable[Any]:
    if options.partial:
        return stream.partials()
    if options.final:
        return [stream.result()]
    return (event.to_dict() for event in stream)
