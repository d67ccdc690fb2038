"""Shows messages on a terminal while they arrive, with `MessageView`, which rich can render.

This module needs the extra `cli`. It neither reads a stream nor measures time: the code that feeds
a parser also renders the view, with `Console.print`, in its own `rich.live.Live`, or in place with
`LiveMessages`, once for each of the `batches()` of a stream with `every=`.

Text of a model is data: its control characters are shown as escapes, never sent to the terminal,
and its square brackets are not markup.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Protocol

from streamparse._core.plain import json_text
from streamparse._core.shown import int_text
from streamparse.errors import WireError
from streamparse.message import (
    Citation,
    Message,
    Part,
    Reasoning,
    Refusal,
    ServerToolResult,
    Text,
    ToolCall,
    Usage,
)

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.segment import Segment
    from rich.text import Text as RichText

__all__ = [
    "LiveMessages",
    "MessageView",
    "one_line",
    "printable",
    "printable_json",
    "status_of_call",
    "status_of_message",
    "usage_of",
]

# Characters that a terminal obeys or hides: controls of the direction of text, other line ends,
# characters without a width, tags. Joiners are not included, because scripts and emoji need them.
_FORMATTING: Final = (
    "\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
    "\U000e0000-\U000e007f"
)
# These, surrogates, and all controls of ASCII except tab and line feed.
_UNSAFE: Final = re.compile(f"[\x00-\x08\x0b-\x1f{_FORMATTING}\ud800-\udfff]")
_UNSAFE_IN_JSON: Final = re.compile(f"[{_FORMATTING}]")
_COLORS: Final = {
    "in_progress": "yellow",
    "complete": "green",
    "truncated": "magenta",
    "rejected": "red",
    "failed": "red",
}
# The mark of a field of a call, the same for ASCII terminals, and its color.
_MARKS: Final = {
    "complete": ("✓", "+", "green"),
    "open": ("…", ".", "yellow"),
    "rejected": ("✗", "x", "red"),
}
_CURSOR: Final = "▌"
_CUT: Final = "…"
_READABLE_LEVELS: Final = 100  # deeper values are shortened
_DEEPEST: Final = 12  # levels that are shown of a shortened value
_ITEMS: Final = 8  # items and members of an open container, the last ones
_PREVIEW: Final = 400  # characters of a shortened value
_LABEL: Final = 200  # characters of a name, an id or an error message


# Text


def printable(text: str) -> str:
    """Return `text` with escapes in place of the characters that a terminal obeys or hides.

    >>> print(printable("a\\x1b[31mb\\u202e"))
    a\\x1b[31mb\\u202e
    """
    return _UNSAFE.sub(_escaped, text.replace("\r\n", "\n"))


def printable_json(text: str) -> str:
    """Return the same JSON, safe for a terminal; the text must have no raw controls of ASCII.

    >>> printable_json('"\\u202e"')
    '"\\\\u202e"'
    """
    return _UNSAFE_IN_JSON.sub(_escaped_in_json, text)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 256:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


def _escaped_in_json(match: re.Match[str]) -> str:
    return json.dumps(match.group())[1:-1].replace("\x7f", "\\u007f")


def _for_screen(text: str) -> str:
    """Return printable text without tabs, because rich prints them wider than it measures."""
    return printable(text).expandtabs(4)


def one_line(text: object) -> str:
    """Return the beginning of a text, safe for a terminal and on one line."""
    start = str(text)[: 2 * _LABEL]  # bounds the cost for long text
    line = printable(start).replace("\n", " ").replace("\t", " ")
    return line if len(line) <= _LABEL else line[: _LABEL - 1] + _CUT


def status_of_call(call: ToolCall) -> str:
    """Return the status in words: `"open"` while the call is in progress."""
    return "open" if call.status == "in_progress" else call.status


def status_of_message(message: Message) -> str:
    """Return the status in words with its reason: `"complete, finish reason tool_calls"`."""
    if message.status == "in_progress":
        return "in progress"
    if message.error is not None:
        return f"{message.status}: {one_line(message.error.message)}"
    if message.finish_reason is None:
        return f"{message.status}, without a finish reason"
    raw = message.raw_finish_reason
    said = "" if raw in (None, message.finish_reason) else f" ({one_line(raw)})"
    return f"{message.status}, finish reason {message.finish_reason}{said}"


def usage_of(usage: Usage) -> str:
    """Return the token counts in words, or `""` if the provider sent none."""
    counts = []
    if usage.input_tokens is not None:
        cached = f" ({int_text(usage.cached_tokens)} cached)" if usage.cached_tokens else ""
        counts.append(f"{int_text(usage.input_tokens)} in{cached}")
    if usage.output_tokens is not None:
        reasoning = ""
        if usage.reasoning_tokens:
            reasoning = f" ({int_text(usage.reasoning_tokens)} reasoning)"
        counts.append(f"{int_text(usage.output_tokens)} out{reasoning}")
    return f"tokens: {', '.join(counts)}" if counts else ""


# Values


def _preview(value: Any, room: int, path: tuple[Any, ...] | None, cursor: str) -> str:
    """Return `value` as JSON of about `room` characters.

    `path` leads to the open part of the value, which ends with `cursor` in place of a closing
    bracket or quote.
    """
    pieces: list[str] = []
    _write(value, room, path, cursor, pieces, _DEEPEST)
    return "".join(pieces)


def _write(
    value: Any, room: int, path: tuple[Any, ...] | None, cursor: str, out: list[str], levels: int
) -> int:
    """Add `value` to `out` and return how much room is left."""
    before = len(out)
    if isinstance(value, str):
        out.append(_quoted(value, room, cursor if path is not None else ""))
    elif not isinstance(value, (dict, list)):
        out.append(json_text(value))
    elif not levels or room <= 0:
        out.append(_CUT)
    else:
        return _write_container(value, room, path, cursor, out, levels)
    return room - sum(map(len, out[before:]))


def _write_container(
    value: dict[str, Any] | list[Any],
    room: int,
    path: tuple[Any, ...] | None,
    cursor: str,
    out: list[str],
    levels: int,
) -> int:
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    # A growing container shows its end, a complete one its beginning.
    shown = list(_last(value, _ITEMS) if path is not None else _first(value, room))
    out.append(opening)
    if path is not None and len(value) > len(shown):
        out.append(f"{_CUT}, ")
    for number, (key, item) in enumerate(shown):
        if room <= 0:
            out.append(_CUT)
            break
        lead = ", " if number else ""
        if isinstance(value, dict):
            lead += f"{json.dumps(key[:_LABEL], ensure_ascii=False)}: "
        out.append(lead)
        inner = path[1:] if path and path[0] == key else None
        room = _write(item, room - len(lead), inner, cursor, out, levels - 1)
    if path is None:
        out.append(closing)
    elif not path:
        out.append(cursor)
    return room - 2


def _first(value: dict[str, Any] | list[Any], count: int) -> Iterator[tuple[Any, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for _, pair in zip(range(max(count, 1)), pairs, strict=False):
        yield pair


def _last(value: dict[str, Any] | list[Any], count: int) -> list[tuple[Any, Any]]:
    if isinstance(value, list):
        start = max(len(value) - count, 0)
        return list(enumerate(value[start:], start))
    backwards = zip(range(count), reversed(value), strict=False)
    return [(key, value[key]) for _, key in backwards][::-1]


def _quoted(text: str, room: int, cursor: str) -> str:
    """Return a string as JSON; with `cursor`, its end without a closing quote."""
    room = max(room, 16)
    if cursor:
        shown = text if len(text) <= room else _CUT + text[-room:]
        return json.dumps(shown, ensure_ascii=False)[:-1] + cursor
    shown = text if len(text) <= room else text[:room] + _CUT
    return json.dumps(shown, ensure_ascii=False)


def _whole(value: Any) -> str:
    """Return `value` as JSON, shortened only if it is nested too deeply to be readable."""
    if _is_deeper(value, _READABLE_LEVELS):
        return _preview(value, 100_000, None, "")
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):  # an integer of many digits, or data that JSON cannot express
        return json_text(value)


def _is_deeper(value: Any, levels: int) -> bool:
    """Return whether more than `levels` containers are nested.

    The depth at which `json.dumps` fails depends on the version of Python and on the caller's
    stack, so it cannot be used instead.
    """
    layer = [value]
    for _ in range(levels + 1):
        inner: list[Any] = []
        for item in layer:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        if not inner:
            return False
        layer = inner
    return True


def _rejected_fields(call: ToolCall) -> list[str]:
    """Return the arguments for which the call was rejected."""
    if call.status != "rejected":
        return []
    # Errors of the transport do not reject a call.
    errors = [error for error in call.errors if not isinstance(error, WireError)]
    fields = [error.path[0] for error in errors if error.path]
    return [field for field in dict.fromkeys(fields) if isinstance(field, str)]


# The view


class _Answering(Protocol):
    """A stream, sync or async, or a parser of messages."""

    @property
    def messages(self) -> list[Message]: ...


class MessageView:
    """Renders messages: text, folded reasoning, a card for each tool call, the status.

    On a card, each field has a mark: ✓ complete, … open (also if the call was truncated), ✗
    rejected. The reasons for a rejection are listed below the fields.

    Args:
        source: A `Stream`, an `AsyncStream` or a `MessageParser`, whose messages are read whenever
            the view is rendered; or messages.
        footer: Lines of the caller, shown below everything.
        whole: Whether to show everything. If False, the view shows the end in the height of the
            screen, at a cost that does not depend on the length of the messages.
        fold: Whether to shorten reasoning that has ended to its beginning on one line.

    >>> view = MessageView([Message()])
    >>> from rich.console import Console
    >>> Console(width=40).print(view)
    in progress
    """

    def __init__(
        self,
        source: _Answering | Iterable[Message] = (),
        *,
        footer: Sequence[str] = (),
        whole: bool = True,
        fold: bool = True,
    ) -> None:
        _require_rich()
        self.source = source
        self.footer: list[str] = list(footer)
        self.whole = whole
        self.fold = fold

    @property
    def messages(self) -> list[Message]:
        """The messages that would be rendered now."""
        source: Any = self.source
        return list(getattr(source, "messages", source))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.segment import Segment

        options = options.update(height=None)
        height = 0 if self.whole else max(options.size.height - 1, 1)
        for line in _Lines(console, options, height, self.fold).of(self):
            yield from line
            yield Segment.line()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Return the messages as text and as HTML, for notebooks."""
        from rich.console import Console

        console = Console(width=100, file=io.StringIO(), force_jupyter=False)
        with console.capture() as captured:
            console.print(self)
        choices = "".join(message._repr_html_() for message in self.messages)
        lines = "".join(f"<div><small>{escape(line)}</small></div>" for line in self.footer)
        return {"text/plain": captured.get(), "text/html": f"<div>{choices}{lines}</div>"}


class LiveMessages:
    """Draws a `MessageView` in place while it grows, and prints all of it at the end.

    `view` is the view, with its `footer`. A notebook shows it in the output of the cell. Any other
    output that is not a terminal gets only the final state. Raises an `ImportError` that names the
    extra if rich is missing.

    >>> from streamparse import stream
    >>> answer = stream(["Hel", "lo"], api="text", every=1 / 30)
    >>> with answer, LiveMessages(answer) as live:
    ...     for _ in answer.batches():
    ...         live.draw()
    Hello
    <BLANKLINE>
    complete, finish reason stop
    """

    def __init__(
        self,
        source: _Answering | Iterable[Message] = (),
        *,
        console: Console | None = None,
        fold: bool = True,
    ) -> None:
        self.view: MessageView = MessageView(
            source, whole=False, fold=fold
        )  # first, because its `ImportError` names the extra
        from rich.console import Console
        from rich.live import Live

        if console is None:
            console = Console(highlight=False, emoji=False, markup=False)
        self._notebook: Any = None  # the handle of the display, in a notebook
        self._live = Live(
            self.view,
            console=console,
            auto_refresh=False,  # its thread would read values while they change
            transient=True,
            vertical_overflow="crop",
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def draw(self) -> None:
        """Draw the current state of the view."""
        if self._notebook is not None:
            self._notebook.update(self.view)
        else:
            self._live.refresh()

    def close(self) -> None:
        """Remove what was drawn and print everything; a second call has no effect."""
        if self._notebook is not None:
            self.view.whole = True
            self.draw()
            self._notebook = None
        elif self._live.is_started:
            self._live.stop()
            self.view.whole = True
            self._live.console.print(self.view)

    def __enter__(self) -> LiveMessages:
        if self._live.console.is_jupyter:
            from IPython import display

            # rich would need ipywidgets to draw in place.
            show: Any = display.display
            self._notebook = show(self.view, display_id=True)
        else:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _require_rich() -> None:
    try:
        import rich  # noqa: F401
    except ImportError as error:
        raise ImportError("the live view needs rich: pip install 'llm-streamparse[cli]'") from error


class _Lines:
    """Renders the view once, from the last block upwards until the screen is full."""

    def __init__(self, console: Console, options: ConsoleOptions, height: int, fold: bool) -> None:
        self.console = console
        self.options = options
        self.height = height  # 0: unlimited
        self.fold = fold

    def of(self, view: MessageView) -> list[list[Segment]]:
        upwards: list[list[list[Segment]]] = []
        room = self.height
        for block in self._blocks(view):
            if upwards:
                upwards.append([[]])  # a blank line between blocks
            upwards.append(block)
            room -= len(block) + 1
            if self.height and room <= 0:
                break
        lines = [line for block in reversed(upwards) for line in block]
        return lines[-self.height :] if self.height else lines

    def _blocks(self, view: MessageView) -> Iterator[list[list[Segment]]]:
        """Yield the blocks from the bottom to the top."""
        below = self._styled("\n".join(view.footer), "dim")
        for message in reversed(view.messages):
            yield self._status(message) + below
            below = []
            growing = message.status == "in_progress"
            for part in reversed(message.content):
                block = self._part(part, growing)
                growing = False  # only the last part grows; calls have their own status
                if block:
                    yield block
            if len(view.messages) > 1:
                yield self._styled(f"choice {message.choice}", "bold underline")
        if below:
            yield below

    def _status(self, message: Message) -> list[list[Segment]]:
        from rich.text import Text as RichText

        line = RichText(overflow="fold")
        origin = " ".join(one_line(word) for word in (message.api, message.model) if word)
        line.append(f"{origin}: " if origin else "", "dim")
        line.append(status_of_message(message), _COLORS.get(message.status, ""))
        if message.usage is not None:
            counts = usage_of(message.usage)
            line.append(f"\n{counts}" if counts else "", "dim")
        return self._rendered(line)

    # Parts.

    def _part(self, part: Part, growing: bool) -> list[list[Segment]]:
        if isinstance(part, Text):
            return self._styled(self._clipped(part.text, growing), "")
        if isinstance(part, Reasoning):
            return self._reasoning(part, growing)
        if isinstance(part, Refusal):
            return self._styled(self._clipped(part.text, growing), "red")
        if isinstance(part, ToolCall):
            return self._rendered(self._card(part))
        if isinstance(part, ServerToolResult):
            name = part.name or part.call_id or "a tool of the provider"
            return self._styled(f"result of {one_line(name)}: {self._short(part.content)}", "dim")
        if isinstance(part, Citation):
            return self._styled(f"source: {self._short(part.data)}", "dim")
        return self._styled(self._short(part.to_dict()), "dim")

    def _reasoning(self, part: Reasoning, growing: bool) -> list[list[Segment]]:
        """Render with a bar on the left, which marks reasoning even where there are no styles."""
        from rich.segment import Segment
        from rich.style import Style

        style = Style(dim=True, italic=True)
        bar = Segment("| " if self.options.ascii_only else "┊ ", Style(dim=True))
        width = max(self.options.max_width - 2, 1)
        if self.fold and not growing and part.text:
            return [[bar, *self._folded(part.text, style, width)]]
        text = self._clipped(part.text, growing) or "(reasoning that the provider hides)"
        return [[bar, *line] for line in self._styled(text, style, width)]

    def _folded(self, text: str, style: Any, width: int) -> list[Segment]:
        """Return one line with the length and the beginning of reasoning."""
        from rich.text import Text as RichText

        start = one_line(" ".join(text[: max(width, _LABEL)].split()))
        line = f"reasoning, {len(text)} characters: {start}"
        return self._rendered(RichText(line, style, no_wrap=True, overflow="ellipsis"), width)[0]

    def _card(self, call: ToolCall) -> RenderableType:
        from rich.panel import Panel
        from rich.text import Text as RichText

        color = _COLORS.get(call.status, "")
        title = RichText(one_line(call.name or "?"), "bold")
        if call.kind != "function":
            title.append(f" ({call.kind})", "not bold")
        if call.id:
            title.append(f" {one_line(call.id)}", "not bold dim")
        return Panel(
            self._body(call),
            title=title,
            title_align="left",
            subtitle=RichText(status_of_call(call), color),
            subtitle_align="right",
            border_style=color,
            padding=(0, 1),
        )

    def _body(self, call: ToolCall) -> RenderableType:
        from rich.console import Group
        from rich.table import Table

        path = call._builder.open_path if call._builder is not None else None
        partial = call.partial
        if not isinstance(partial, dict) or call.kind == "custom":
            open_path = () if call.kind == "custom" else path
            values = [] if partial is None else [self._value(call, partial, open_path)]
            return Group(*values, *self._remarks(call))
        rows = Table.grid(padding=(0, 2))
        rows.add_column(max_width=26, overflow="fold")
        rows.add_column(overflow="fold")
        rejected = _rejected_fields(call)
        for key, value in partial.items() if not self.height else _last(partial, self.height):
            inner = path[1:] if path and path[0] == key and call.status != "complete" else None
            how = "complete" if inner is None else "open"
            name = self._marked(key, "rejected" if key in rejected else how)
            rows.add_row(name, self._value(call, value, inner))
        for key in rejected:
            if key not in partial:  # rejected before it had a value
                rows.add_row(self._marked(key, "rejected"), "")
        return Group(*([rows] if rows.row_count else []), *self._remarks(call))

    def _marked(self, key: str, how: str) -> RichText:
        from rich.text import Text as RichText

        sign, plain, color = _MARKS[how]
        name = RichText(plain if self.options.ascii_only else sign, color)
        return name.append(f" {one_line(key)}", "bold")

    def _remarks(self, call: ToolCall) -> Iterator[RichText]:
        """Yield the errors of a call, and the end of its text if it was rejected."""
        from rich.text import Text as RichText

        for error in call.errors[:_ITEMS]:
            line = f"{one_line(error.message)} ({error.code})"
            yield RichText(line, "red" if call.status == "rejected" else "dim", overflow="fold")
        if call.status == "rejected":
            text = call.arguments_text
            shown = text if len(text) <= _PREVIEW else f"{_CUT}{text[-_PREVIEW:]}"
            yield RichText(_for_screen(shown), "dim", overflow="fold")

    def _value(self, call: ToolCall, value: Any, path: tuple[Any, ...] | None) -> RichText:
        """Render one argument; `path` leads to the open part of its value."""
        from rich.text import Text as RichText

        cursor = _CURSOR if call.status == "in_progress" else _CUT
        is_open = path is not None and call.status != "complete"
        if isinstance(value, str) and (call.kind == "custom" or "\n" in value):
            # Text of several lines is easier to read without quotes and escapes.
            text = self._clip(value) + (cursor if is_open else "")
        elif is_open or self.height:
            text = _preview(value, _PREVIEW, path if is_open else None, cursor)
        else:
            text = _whole(value)
        style = "green" if isinstance(value, str) else "cyan"
        return RichText(_for_screen(text), style, overflow="fold")

    # Helpers.

    def _clip(self, text: str) -> str:
        """Return the end of the text, as much as the screen can show."""
        most = self.height * self.options.max_width
        return text if not most or len(text) <= most else text[-most:]

    def _clipped(self, text: str, growing: bool) -> str:
        shown = self._clip(text).strip("\n")
        return _for_screen(shown) + (_CURSOR if growing else "")

    def _short(self, value: Any) -> str:
        return one_line(_preview(value, _PREVIEW, None, ""))

    def _styled(self, text: str, style: Any, width: int | None = None) -> list[list[Segment]]:
        from rich.text import Text as RichText

        return self._rendered(RichText(text, style, overflow="fold"), width) if text else []

    def _rendered(self, block: RenderableType, width: int | None = None) -> list[list[Segment]]:
        options = self.options if width is None else self.options.update(width=width)
        return self.console.render_lines(block, options, pad=False)
