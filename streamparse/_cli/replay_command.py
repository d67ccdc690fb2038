"""`streamparse replay [FILE]`: shows the response of a model provider, recorded or live."""

from __future__ import annotations

import argparse
import math
import os
import stat
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from streamparse import formats
from streamparse._cli.displays import Display, EventLines, LiveView, MessageLines, PlainText
from streamparse._cli.figures import DELTAS, Figures
from streamparse._cli.lists_command import typed
from streamparse._cli.session_lines import SessionLines, is_session
from streamparse._cli.streams import (
    BAD_INPUT,
    LARGEST_FRAGMENT,
    OK,
    UNUSABLE,
    Complaint,
    announce,
    between,
    complain,
    fragments,
    name_of,
    standard_output,
)
from streamparse._wires.detection import SESSION_WIRES
from streamparse._wires.names import api_named
from streamparse.errors import StreamParseError
from streamparse.json_parser import parse
from streamparse.message import Message
from streamparse.message_events import AnySessionEvent, OutputRejected, ToolCallRejected
from streamparse.message_parser import APIS, MessageParser
from streamparse.session_parser import SessionParser

__all__ = ["add", "api_of", "format_of", "loaded", "run"]

PLEASANT: Final = 300.0  # characters per second: quick, but readable
_AT_ONCE: Final = 65536  # bytes
_SLOWLY: Final = 64  # bytes: less than most records, so that they arrive one by one
_REST: Final = 1 / 30  # seconds: before a longer wait everything is drawn

_CUT: Final = {
    "length": "the response was cut off by its length limit",
    "content_filter": "the response was cut off by a filter",
    "cancelled": "the response was cancelled",
}


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
    argument(
        "--api",
        type=api_of,
        metavar="NAME",
        help=f"the wire format: {', '.join(APIS)} (the default), or the name of a provider; for a "
        f"recorded session, JSON Lines with its messages, also {' and '.join(SESSION_WIRES)}",
    )
    argument(
        "--format",
        type=format_of,
        metavar="NAME",
        help="the raw-text format of the tool calls in the text of the model, or 'auto' to detect "
        "it; FILE is that text, or a stream whose server did not parse the calls ('streamparse "
        "formats' lists the names; names of models and of vLLM and SGLang parsers work too)",
    )
    shown = command.add_mutually_exclusive_group()
    for name, what in (
        ("events", "write each event as a line of JSON when it arrives"),
        ("message", "write each message as a line of JSON when it has ended"),
        ("plain", "write plain text, as when the output is not a terminal"),
    ):
        shown.add_argument(
            f"--{name}", action="store_const", dest="show", const=name, default="", help=what
        )
    argument(
        "--reasoning",
        action="store_true",
        help="in the live view, do not fold reasoning that has ended",
    )
    argument(
        "--tools",
        metavar="FILE",
        help="validate tool calls while they arrive; FILE is JSON, a list of tool dicts of any API "
        "or of {name, parameters}",
    )
    argument(
        "--output-schema",
        metavar="FILE",
        help="validate the text of the response while it arrives; FILE is a JSON Schema",
    )
    _add_pace(command)


def _add_pace(command: argparse.ArgumentParser) -> None:
    argument = command.add_argument
    argument(
        "--speed",
        type=_speed,
        metavar="X",
        help="show X characters of text, reasoning and arguments per second; 0 does not wait "
        f"(default: {PLEASANT:.0f} for a file that is shown live, else 0)",
    )
    argument(
        "--chunk",
        type=between(1, LARGEST_FRAGMENT),
        metavar="N",
        help=f"feed at most N bytes at a time (default: {_AT_ONCE}, with a speed {_SLOWLY})",
    )


def format_of(text: str) -> str:
    """Return the name of a format, for argparse."""
    try:
        return text if text == "auto" else formats.get(text).name
    except ValueError as error:
        raise argparse.ArgumentTypeError(typed(str(error))) from None


def api_of(text: str) -> str:
    """Return the name of an API, for argparse."""
    try:
        return api_named(text, (*APIS, *SESSION_WIRES))
    except ValueError as error:
        raise argparse.ArgumentTypeError(typed(str(error))) from None


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not 0 <= speed < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 0 or more")
    return speed


def run(options: argparse.Namespace, command: argparse.ArgumentParser) -> int:
    """Show the response and return the exit status."""
    announce(options.file)
    figures = Figures(time.monotonic, validated=options.tools is not None)
    display = _display(options.show, figures, fold=not options.reasoning)
    pace = Pace(_speed_of(options, display))
    size = options.chunk or (_SLOWLY if pace.speed else _AT_ONCE)
    parser = _parser(options)
    violations: list[StreamParseError] = []

    def show(events: Sequence[AnySessionEvent]) -> None:
        figures.note(events)
        violations.extend(
            event.error for event in events if isinstance(event, (ToolCallRejected, OutputRejected))
        )
        display.take(events, parser.messages)

    empty = True
    with display:
        try:
            for fragment in fragments(options.file, size, display.rest):
                empty = False
                events = parser.feed(fragment)
                show(events)
                pace.wait(events, display.rest)
            if empty:
                raise Complaint(f"{name_of(options.file)}: the input is empty", BAD_INPUT)
            show(parser.finish())
        except StreamParseError as error:
            show(error.events)
            raise
    for message in parser.messages:
        _hint(message, name_of(options.file))
    for message in parser.messages if isinstance(parser, MessageParser) else ():
        _complain_about(message, name_of(options.file))  # a session continues after such a message
    if violations and (options.tools or options.output_schema):
        first = violations[0]
        more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
        what = f"rejected: {first.message} ({first.code}){more}"
        raise Complaint(f"{name_of(options.file)}: {what}", BAD_INPUT)
    return OK


def _parser(options: argparse.Namespace) -> MessageParser | SessionLines:
    tools = None if options.tools is None else loaded(options.tools)
    output = None if options.output_schema is None else loaded(options.output_schema)
    recorded = options.api is None and options.format is None and _is_recorded(options.file)
    try:
        if options.api in SESSION_WIRES or (recorded and is_session(options.file)):
            return SessionLines(SessionParser(options.api or "auto", tools=tools, output=output))
        return MessageParser(options.api, format=options.format, tools=tools, output=output)
    except (TypeError, ValueError) as error:
        raise Complaint(str(error), UNUSABLE) from None


def loaded(file: str) -> Any:
    """Return the value of a JSON file."""
    try:
        with open(file, "rb") as stream:
            return parse(stream.read())
    except OSError as error:
        raise Complaint(f"{file}: {error.strerror}", UNUSABLE) from None
    except StreamParseError as error:
        place = f"{error.line}:{error.column}"
        raise Complaint(f"{file}:{place}: {error.message} ({error.code})", UNUSABLE) from None


def _display(show: str, figures: Figures, fold: bool) -> Display:
    output = standard_output()
    if show == "events":
        return EventLines(output)
    if show == "message":
        return MessageLines(output)
    if not show and sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        try:
            return LiveView(figures, fold=fold)
        except ImportError as error:
            complain(str(error), OK)
    return PlainText(output, figures)


def _speed_of(options: argparse.Namespace, display: Display) -> float:
    if options.speed is not None:
        return float(options.speed)
    return PLEASANT if isinstance(display, LiveView) and _is_recorded(options.file) else 0.0


def _is_recorded(file: str) -> bool:
    """Return whether it is a regular file. The speed of a pipe is that of its writer."""
    try:
        return file != "-" and stat.S_ISREG(os.stat(file).st_mode)
    except OSError:  # reported when the file is read
        return False


class Pace:
    """Waits, so that a response is shown at `speed` characters per second; 0 never waits."""

    def __init__(
        self,
        speed: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.speed = speed
        self._clock = clock
        self._sleep = sleep
        self._began = clock()
        self._shown = 0

    def wait(self, events: Sequence[AnySessionEvent], before: Callable[[], None]) -> None:
        """Wait until these events are due; call `before` first if that takes long."""
        if not self.speed:
            return
        self._shown += sum(len(event.text) for event in events if isinstance(event, DELTAS))
        # Relative to the start, so that the time of each step does not add up.
        left = self._began + self._shown / self.speed - self._clock()
        if left > _REST:
            before()
        if left > 0:
            self._sleep(left)


def _hint(message: Message, name: str) -> None:
    """Report that the text seems to contain tool calls of a raw-text format."""
    found = message.extra.get("looks_like")
    if found:
        what = f"the text seems to contain tool calls in the format {found[0]}; to parse them, add"
        complain(f"{name}: {what} --format {found[0]}", OK)


def _complain_about(message: Message, name: str) -> None:
    """Raise `Complaint` if the message is not complete."""
    if message.status == "complete":
        return
    which = f"{name}: choice {message.choice}" if message.choice else name
    if message.status == "failed":
        reason = message.error.message if message.error is not None else "no reason given"
        raise Complaint(f"{which}: the provider reported an error: {reason!r}", BAD_INPUT)
    cut = _CUT.get(message.finish_reason or "", "the stream ended before the response was complete")
    raise Complaint(f"{which}: {cut}", BAD_INPUT)
