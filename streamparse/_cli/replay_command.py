"""`streamparse replay [FILE]`: the answer of a model provider as it arrives, or as it once did."""

from __future__ import annotations

import argparse
import math
import os
import stat
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from streamparse import formats
from streamparse._cli.displays import Display, EventLines, LiveView, MessageLines, PlainText
from streamparse._cli.figures import DELTAS, Figures
from streamparse._cli.lists_command import typed
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
from streamparse._wires.names import api_named
from streamparse.errors import StreamParseError
from streamparse.json_parser import parse
from streamparse.message import Message
from streamparse.message_events import AnyMessageEvent, OutputRejected, ToolCallRejected
from streamparse.message_parser import APIS, MessageParser

__all__ = ["add", "run"]

PLEASANT: Final = 300.0  # characters a second: quick, but the eye can follow
_AT_ONCE: Final = 65536  # bytes: as much as there is
_SLOWLY: Final = 64  # bytes: less than most records, so that they come one by one
_REST: Final = 1 / 30  # seconds: for a longer wait everything is shown first

_CUT: Final = {
    "length": "the answer was cut off by a limit of its length",
    "content_filter": "the answer was cut off by a filter",
    "cancelled": "the answer was cancelled",
}


def add(command: argparse.ArgumentParser) -> None:
    """Say what arguments the command takes."""
    argument = command.add_argument
    argument(
        "file", nargs="?", default="-", metavar="FILE", help="'-', the default: standard input"
    )
    argument(
        "--api",
        type=_api,
        metavar="NAME",
        help=f"the wire format: {', '.join(APIS)} (the default), or the name of a provider",
    )
    argument(
        "--format",
        type=_format,
        metavar="NAME",
        help="FILE is the text of a model that writes its tool calls in this format, 'auto' to "
        "detect it, or a stream whose server passed such text on ('streamparse formats' lists the "
        "names; those of tool parsers of vLLM and SGLang and of models are understood too)",
    )
    shown = command.add_mutually_exclusive_group()
    for name, what in (
        ("events", "write the events as they come, a line of JSON for each"),
        ("message", "write each message when it has ended, as a line of JSON"),
        ("plain", "write plain text, as when the output is not a terminal"),
    ):
        shown.add_argument(
            f"--{name}", action="store_const", dest="show", const=name, default="", help=what
        )
    argument(
        "--reasoning",
        action="store_true",
        help="in the live view, show reasoning in full, not folded when it has ended",
    )
    argument(
        "--tools",
        metavar="FILE",
        help="judge calls as they arrive by these tools: JSON, a list of the tool dicts of any API "
        "or of {name, parameters}",
    )
    argument(
        "--output-schema",
        metavar="FILE",
        help="judge the text of the answer as it arrives by this JSON Schema",
    )
    argument(
        "--speed",
        type=_speed,
        metavar="X",
        help="show X characters of the answer (text, reasoning, arguments) a second; 0: do not "
        f"wait (default: {PLEASANT:.0f} for a file that is shown live, else 0)",
    )
    argument(
        "--chunk",
        type=between(1, LARGEST_FRAGMENT),
        metavar="N",
        help=f"feed at most N bytes at a time (default: {_AT_ONCE}, with a speed {_SLOWLY})",
    )


def _format(text: str) -> str:
    try:
        return text if text == "auto" else formats.get(text).name
    except ValueError as error:
        raise argparse.ArgumentTypeError(typed(str(error))) from None


def _api(text: str) -> str:
    try:
        return api_named(text, APIS)
    except ValueError as error:
        raise argparse.ArgumentTypeError(typed(str(error))) from None


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not 0 <= speed < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 on")
    return speed


def run(options: argparse.Namespace, command: argparse.ArgumentParser) -> int:
    """Show the answer; the exit status."""
    announce(options.file)
    figures = Figures(time.monotonic, judged=options.tools is not None)
    display = _display(options.show, figures, fold=not options.reasoning)
    pace = Pace(_speed_of(options, display))
    size = options.chunk or (_SLOWLY if pace.speed else _AT_ONCE)
    parser = _parser(options)
    violations: list[StreamParseError] = []

    def show(events: list[AnyMessageEvent]) -> None:
        figures.note(events)
        violations.extend(
            event.error for event in events if isinstance(event, (ToolCallRejected, OutputRejected))
        )
        display.take(events, parser.messages)

    with display:
        try:
            for fragment in fragments(options.file, size, display.rest):
                events = parser.feed(fragment)
                show(events)
                pace.wait(events, display.rest)
            show(parser.finish())
        except StreamParseError as error:
            show(error.events)
            raise
    for message in parser.messages:
        _hint(message, name_of(options.file))
    for message in parser.messages:
        _judge(message, name_of(options.file))
    if violations and (options.tools or options.output_schema):
        first = violations[0]
        more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
        said = f"rejected: {first.message} ({first.code}){more}"
        raise Complaint(f"{name_of(options.file)}: {said}", BAD_INPUT)
    return OK


def _parser(options: argparse.Namespace) -> MessageParser:
    tools = None if options.tools is None else _loaded(options.tools)
    output = None if options.output_schema is None else _loaded(options.output_schema)
    try:
        return MessageParser(options.api, format=options.format, tools=tools, output=output)
    except (TypeError, ValueError) as error:
        raise Complaint(str(error), UNUSABLE) from None


def _loaded(file: str) -> Any:
    """The JSON of a file."""
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
    """Is it a file, that is all there already? A pipe has a pace of its own."""
    try:
        return file != "-" and stat.S_ISREG(os.stat(file).st_mode)
    except OSError:  # which reading it will tell
        return False


class Pace:
    """Waits so that an answer is shown at a `speed` in characters a second; 0: never."""

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

    def wait(self, events: list[AnyMessageEvent], before: Callable[[], None]) -> None:
        """Until these events may have been read; `before` is called if that takes long."""
        if not self.speed:
            return
        self._shown += sum(len(event.text) for event in events if isinstance(event, DELTAS))
        # By the schedule of the whole, so that what each step takes does not add up.
        left = self._began + self._shown / self.speed - self._clock()
        if left > _REST:
            before()
        if left > 0:
            self._sleep(left)


def _hint(message: Message, name: str) -> None:
    """Say that the text holds calls that nobody asked to read."""
    found = message.extra.get("looks_like")
    if found:
        said = f"the text looks like tool calls in the format {found[0]}: read it with"
        complain(f"{name}: {said} --format {found[0]}", OK)


def _judge(message: Message, name: str) -> None:
    """Raise the complaint about a message that is not complete."""
    if message.status == "complete":
        return
    which = f"{name}: choice {message.choice}" if message.choice else name
    if message.status == "failed":
        reason = message.error.message if message.error is not None else "no reason given"
        raise Complaint(f"{which}: the provider reported an error: {reason!r}", BAD_INPUT)
    cut = _CUT.get(message.finish_reason or "", "the stream ended before the answer did")
    raise Complaint(f"{which}: {cut}", BAD_INPUT)
