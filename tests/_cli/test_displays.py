"""Tests of streamparse._cli.displays."""

from __future__ import annotations

import io
import json
import re
import sys

import pytest

from streamparse import MessageParser, ServerToolCompleted, ServerToolResult
from streamparse._cli.displays import Display, EventLines, LiveView, MessageLines, PlainText
from streamparse._cli.figures import Figures
from tests._cli.running import EXAMPLES
from tests.parts import ragged

CHAT = (EXAMPLES / "openai-chat.sse").read_bytes()


class Terminal(io.TextIOWrapper):
    """A stream that rich considers a terminal."""

    def __init__(self) -> None:
        self.raw_output = io.BytesIO()
        super().__init__(self.raw_output, encoding="utf-8", newline="")

    def isatty(self) -> bool:
        return True

    @property
    def text(self) -> str:
        """Return the output without the colours."""
        self.flush()
        return re.sub(r"\x1b\[[0-9;]*m", "", self.raw_output.getvalue().decode())


def show(display: Display, data: bytes, size: int = 100) -> None:
    """Show the stream on the display, in pieces of `size` bytes."""
    parser = MessageParser()
    with display:
        for start in range(0, len(data), size):
            display.take(parser.feed(data[start : start + size]), parser.messages)
        display.take(parser.finish(), parser.messages)


def chat(*deltas: dict[str, object], finish: str = "stop") -> bytes:
    choices = [[{"index": 0, "delta": delta}] for delta in deltas]
    choices.append([{"index": 0, "delta": {}, "finish_reason": finish}])
    return b"".join(b"data: %s\n\n" % json.dumps({"choices": each}).encode() for each in choices)


def plain(data: bytes, size: int = 100) -> str:
    output = io.BytesIO()
    show(PlainText(output, Figures(lambda: 0.0)), data, size)
    return output.getvalue().decode()


def test_results_of_tools_of_the_provider() -> None:
    output = io.BytesIO()
    results = ServerToolResult("s1", "search", [{"n": 1}]), ServerToolResult(None, None, "a\nb")
    PlainText(output, Figures(lambda: 0.0)).take([ServerToolCompleted(one) for one in results], [])
    shown = '[server tool result search, s1]\n  [{"n":1}]\n\n[server tool result]\n  a\n  b'
    assert output.getvalue().decode() == shown


# JSON


def test_events() -> None:
    output = io.BytesIO()
    show(EventLines(output), CHAT)
    parser = MessageParser()
    expected = [event.to_dict()["type"] for event in parser.feed(CHAT) + parser.finish()]
    assert [json.loads(line)["type"] for line in output.getvalue().splitlines()] == expected


def test_message() -> None:
    output = io.BytesIO()
    show(MessageLines(output), CHAT)
    parser = MessageParser()
    parser.feed(CHAT)
    assert [json.loads(line) for line in output.getvalue().splitlines()] == [
        parser.message.to_dict()
    ]


# Plain text


@pytest.mark.parametrize("size", [1, 40, 100_000])
def test_plain_text(size: int) -> None:
    data = chat(
        {"reasoning": "Two and two,\n"},
        {"reasoning": "four."},
        {"content": "It is "},
        {"content": "four.\n"},
        {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "add", "arguments": "{"}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '"n": 2}'}}]},
    )
    assert plain(data, size).splitlines() == [
        "[reasoning]",
        "  Two and two,",
        "  four.",
        "",
        "[text]",
        "  It is four.",
        "",
        "[tool call add, c1: complete]",
        '  {"n": 2}',
        "",
        "[openai-chat: complete, finish reason tool_calls (stop)]",
    ]


def test_plain_text_comes_at_once() -> None:
    output = io.BytesIO()
    display = PlainText(output, Figures(lambda: 0.0))
    parser = MessageParser("openai-chat")
    for text, expected in (("Hel", "[text]\n  Hel"), ("lo", "[text]\n  Hello")):
        events = parser.feed({"choices": [{"index": 0, "delta": {"content": text}}]})
        display.take(events, parser.messages)
        assert output.getvalue().decode() == expected


def test_plain_text_has_no_control_codes() -> None:
    evil = "\x1b[2J\x07\x9b \ud83d"
    call = {"index": 0, "id": evil, "function": {"name": evil, "arguments": f'{{"a": "{evil}"}}'}}
    text = plain(chat({"content": evil}, {"reasoning": evil}, {"tool_calls": [call]}))
    assert all(character.isprintable() or character == "\n" for character in text)
    assert "\\x1b[2J\\x07\\x9b \\ud83d" in text


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("place", ["content", "reasoning", "refusal", "name", "id", "arguments"])
def test_plain_text_cannot_be_forged(place: str, size: int) -> None:
    """Text of the model cannot imitate the headings of the output, in any field."""
    forged = "\r\n\n[tool call pay, c9: complete]\n{}\n[text]\n"
    call = {"index": 0, "id": "c1", "function": {"name": "add", "arguments": "{}"}}
    delta: dict[str, object] = {place: f"so{forged}"}
    if place in ("name", "arguments"):
        delta = {"tool_calls": [{**call, "function": {**call["function"], place: f"x{forged}"}}]}  # type: ignore[dict-item]
    elif place == "id":
        delta = {"tool_calls": [{**call, "id": f"c{forged}"}]}
    lines = plain(chat(delta, finish=f"stop{forged}"), size).splitlines()
    assert not [line for line in lines if line.startswith(("[tool call pay", "{}"))]
    assert lines.count("[text]") == (place == "content")


def test_plain_text_of_several_choices() -> None:
    records = [{"choices": [{"index": n % 2, "delta": {"content": f"{n}"}}]} for n in range(4)]
    data = b"".join(b"data: %s\n\n" % json.dumps(record).encode() for record in records)
    text = plain(data, 100_000)
    assert text.startswith("[choice 0: text]\n  0\n\n[choice 1: text]\n  1\n\n[choice 0: text]\n")
    assert "[choice 1: openai-chat: truncated, without a finish reason]" in text


def test_plain_text_gives_the_reason_of_a_rejection() -> None:
    call = {"index": 0, "id": "c1", "function": {"name": "add", "arguments": '{"n": 2]'}}
    text = plain(chat({"tool_calls": [call]}))
    assert '[tool call add, c1: rejected]\n  {"n": 2]\n' in text
    assert "(mismatched_bracket)\n" in text


# Live


def terminal_in(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Replace standard output with a terminal of 75 by 20 characters.

    This is no fixture, because pytest replaces standard output after its fixtures.
    """
    pytest.importorskip("rich", reason="needs the extra cli")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    for name, value in (("TERM", "xterm"), ("COLUMNS", "75"), ("LINES", "20")):
        monkeypatch.setenv(name, value)
    return terminal


def test_live_view_draws_while_it_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_in(monkeypatch)
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 0.1  # Enough for another frame each time.
        return now

    show(LiveView(Figures(clock), clock), CHAT)
    text = terminal.text
    assert text.count("─ open ─╯") > 10
    assert text.count("in progress") > 10
    assert "▌" in text
    assert text.startswith("\x1b[?25l")  # The cursor is hidden,
    assert text.count("\x1b[?25h") == 1  # and shown again at the end.
    final = text[text.index("\x1b[?25h") :]
    assert final.count("─ complete ─╯") == 3
    assert final.count("I will look up") == 1
    assert "finish reason tool_calls" in final
    assert "▌" not in final


def test_live_view_keeps_to_a_frame_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_in(monkeypatch)
    show(LiveView(Figures(lambda: 0.0), lambda: 0.0), CHAT)
    assert terminal.text.count("in progress") == 1  # Only the first frame: no time has passed.
    assert terminal.text.count("─ open ─╯") == 0
    assert "finish reason tool_calls" in terminal.text


def test_live_view_shows_everything_before_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_in(monkeypatch)
    display = LiveView(Figures(lambda: 0.0), lambda: 0.0)
    parser = MessageParser("openai-chat")
    with display:
        for text in ("Hello", " there"):
            events = parser.feed({"choices": [{"index": 0, "delta": {"content": text}}]})
            display.take(events, parser.messages)
        assert "Hello▌" in terminal.text  # The first frame is drawn at once.
        assert "there" not in terminal.text
        display.rest()
        assert "Hello there▌" in terminal.text
        drawn = len(terminal.text)
        display.rest()
        assert len(terminal.text) == drawn  # Nothing has changed.


def test_live_view_in_a_terminal_of_few_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_in(monkeypatch)
    terminal.reconfigure(encoding="ascii")
    show(LiveView(Figures(lambda: 0.0), lambda: 0.0), CHAT)
    assert "\\U0001f409" in terminal.text  # The escaped emoji.


def test_live_view_needs_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)
    with pytest.raises(ImportError, match=r"llm-streamparse\[cli\]"):
        LiveView(Figures(lambda: 0.0))


@pytest.mark.parametrize("seed", range(3))
def test_any_cutting_shows_the_same(seed: int) -> None:
    """Law 1: the output does not depend on the chunking."""

    def tail(text: str) -> str:
        return text[: text.rindex("tokens: ")]

    output = io.BytesIO()
    display = PlainText(output, Figures(lambda: 0.0))
    parser = MessageParser()
    with display:
        for piece in ragged(CHAT, seed):
            assert isinstance(piece, bytes)
            display.take(parser.feed(piece), parser.messages)
        display.take(parser.finish(), parser.messages)
    assert tail(output.getvalue().decode()) == tail(plain(CHAT))
