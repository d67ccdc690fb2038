"""The ways to show a response: live in a terminal, as plain text, as JSON."""

from __future__ import annotations

import io
import re
import sys
import time
from collections.abc import Callable, Sequence
from typing import BinaryIO, Final

from streamparse._cli.figures import Figures
from streamparse._cli.streams import line
from streamparse._core.plain import json_text
from streamparse._drivers.coalescer import Coalescer
from streamparse.message import Message, ServerToolResult, ToolCall
from streamparse.message_events import (
    AnySessionEvent,
    InputCompleted,
    MessageFailed,
    MessageFinished,
    OutputRejected,
    ReasoningDelta,
    RefusalDelta,
    ServerToolCompleted,
    TextDelta,
    ToolCallCompleted,
    ToolCallRejected,
    ToolCallTruncated,
)
from streamparse.terminal import (
    LiveMessages,
    one_line,
    printable,
    status_of_call,
    status_of_message,
    usage_of,
)

__all__ = ["Display", "EventLines", "LiveView", "MessageLines", "PlainText"]

_INDENT: Final = "  "
_LATER_LINE: Final = re.compile(r"\n(?=[^\n])")
_FRAME: Final = 1 / 30  # seconds between two renderings of the live view


class Display:
    """Shows events. Use it as a context manager; leaving it shows what was held back."""

    def __enter__(self) -> Display:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def take(self, events: Sequence[AnySessionEvent], messages: list[Message]) -> None:
        """Show these events; `messages` are the live messages."""

    def rest(self) -> None:
        """Show what is held back, because the next events may take a while."""

    def close(self) -> None:
        """Show what is left."""


class EventLines(Display):
    """`--events`: writes each event as a line of JSON when it arrives."""

    def __init__(self, output: BinaryIO) -> None:
        self._output = output

    def take(self, events: Sequence[AnySessionEvent], messages: list[Message]) -> None:
        for event in events:
            self._output.write(line(event.to_dict()))
        self._output.flush()


class MessageLines(Display):
    """`--message`: writes each message as a line of JSON when it has ended."""

    def __init__(self, output: BinaryIO) -> None:
        self._output = output

    def take(self, events: Sequence[AnySessionEvent], messages: list[Message]) -> None:
        for event in events:
            if isinstance(event, (MessageFinished, MessageFailed)):
                self._output.write(line(event.message.to_dict()))
        self._output.flush()


class PlainText(Display):
    """Writes text as it arrives, calls when they end, and a summary: UTF-8, no control codes.

    Lines of the model are indented, so that none of them looks like a line of this program.
    """

    def __init__(self, output: BinaryIO, figures: Figures) -> None:
        self._output = output
        self._figures = figures
        self._heading = ""  # of the part that is being written
        self._begun = False  # whether anything has been written
        self._fresh = True  # whether the output is at the start of a line
        self._several = False

    def take(self, events: Sequence[AnySessionEvent], messages: list[Message]) -> None:
        self._several = self._several or len(messages) > 1
        for event in events:
            self._show(event)
        self._output.flush()

    def close(self) -> None:
        self._end_line()
        self._write_own("".join(f"{each}\n" for each in self._figures.lines()))
        self._output.flush()

    def _show(self, event: AnySessionEvent) -> None:
        if isinstance(event, TextDelta):
            self._more("text", event.choice, event.text)
        elif isinstance(event, ReasoningDelta):
            self._more("reasoning", event.choice, event.text)
        elif isinstance(event, RefusalDelta):
            self._more("refusal", event.choice, event.text)
        elif isinstance(event, (ToolCallCompleted, ToolCallRejected, ToolCallTruncated)):
            self._call(event.call, event.choice)
        elif isinstance(event, ServerToolCompleted):
            self._result(event.result, event.choice)
        elif isinstance(event, OutputRejected):
            error = event.error
            place = f"{error.line}:{error.column}"
            why = one_line(error.message)
            self._begin(f"output rejected at {place}: {why} ({error.code})", event.choice)
        elif isinstance(event, (MessageFinished, MessageFailed)):
            self._message(event.message)
        elif isinstance(event, InputCompleted):
            self._begin("user", None)
            self._write_theirs(event.text)

    def _more(self, kind: str, choice: int, text: str) -> None:
        self._begin(kind, choice)
        self._write_theirs(text)

    def _call(self, call: ToolCall, choice: int) -> None:
        identity = f", {one_line(call.id)}" if call.id else ""
        kind = f"{call.kind} " if call.kind != "function" else ""
        self._heading = ""
        name = one_line(call.name)
        self._begin(f"{kind}tool call {name}{identity}: {status_of_call(call)}", choice)
        self._write_theirs(call.arguments_text.strip("\r\n"))
        for error in call.errors:
            self._end_line()
            self._write_theirs(f"{one_line(error.message)} ({error.code})\n")

    def _result(self, result: ServerToolResult, choice: int) -> None:
        words = (one_line(word) for word in (result.name, result.call_id) if word)
        self._heading = ""
        self._begin(f"server tool result {', '.join(words)}".rstrip(), choice)
        content = result.content
        self._write_theirs(content if isinstance(content, str) else json_text(content))

    def _message(self, message: Message) -> None:
        origin = " ".join(one_line(word) for word in (message.api, message.model) if word)
        self._begin(f"{origin}: {status_of_message(message)}".removeprefix(": "), message.choice)
        counts = usage_of(message.usage) if message.usage is not None else ""
        self._write_own(f"{counts}\n" if counts else "")

    def _begin(self, heading: str, choice: int | None) -> None:
        if self._several and choice is not None:
            heading = f"choice {choice}: {heading}"
        if heading == self._heading:
            return
        self._end_line()
        self._write_own("\n" if self._begun else "")
        self._write_own(f"[{heading}]\n")
        self._heading = heading

    def _end_line(self) -> None:
        self._write_own("" if self._fresh else "\n")

    def _write_theirs(self, text: str) -> None:
        """Write text of the model, with each line indented."""
        text = _LATER_LINE.sub(f"\n{_INDENT}", printable(text))
        first = _INDENT if self._fresh and text[:1] not in ("", "\n") else ""
        self._write_own(first + text)

    def _write_own(self, text: str) -> None:
        if text:
            self._output.write(printable(text).encode())
            self._begun = True
            self._fresh = text.endswith("\n")


class LiveView(Display):
    """Redraws the view of `streamparse.terminal` while the response grows.

    Raises:
        ImportError: rich is not installed; the message names the extra.
    """

    def __init__(
        self,
        figures: Figures,
        clock: Callable[[], float] = time.monotonic,
        fold: bool = True,
    ) -> None:
        self._live = LiveMessages(fold=fold)
        if isinstance(sys.stdout, io.TextIOWrapper):
            # In a terminal that is not UTF-8, characters that it lacks become escapes.
            sys.stdout.reconfigure(errors="backslashreplace")
        self._figures = figures
        self._clock = clock
        self._coalescer = Coalescer(_FRAME, hold="all")

    def __enter__(self) -> LiveView:
        self._live.__enter__()
        return self

    def take(self, events: Sequence[AnySessionEvent], messages: list[Message]) -> None:
        self._live.view.source = messages
        if self._coalescer.feed(events, self._clock()):
            self._draw()

    def rest(self) -> None:
        if self._coalescer.flush():
            self._draw()

    def close(self) -> None:
        """Replace the live view by the whole content, which stays in the terminal."""
        self._live.view.footer = self._figures.lines()
        self._live.close()

    def _draw(self) -> None:
        self._live.view.footer = self._figures.lines()
        self._live.draw()
