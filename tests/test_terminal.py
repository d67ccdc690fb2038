"""Tests of streamparse.terminal: the view of messages, and that text cannot control a terminal."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import streamparse
from streamparse import stream
from streamparse.aliases import MessageStatus
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
from streamparse.message_parser import MessageParser
from streamparse.terminal import (
    LiveMessages,
    MessageView,
    printable,
    printable_json,
    status_of_call,
    status_of_message,
    usage_of,
)

console = pytest.importorskip("rich.console", reason="needs the extra cli")

ESCAPE = "\x1b"


def shown(view: MessageView, width: int = 60, height: int = 20, colours: bool = False) -> str:
    target = io.StringIO()
    system = "truecolor" if colours else None
    screen = console.Console(
        file=target, width=width, height=height, force_terminal=colours, color_system=system
    )
    screen.print(view)
    return target.getvalue()


def lines(view: MessageView, height: int = 20) -> list[str]:
    return [line.rstrip() for line in shown(view, height=height).splitlines()]


def chunk(delta: dict[str, Any], finish: str | None = None, choice: int = 0) -> dict[str, Any]:
    return {"choices": [{"index": choice, "delta": delta, "finish_reason": finish}]}


def calling(*pieces: str, finish: str | None = None) -> MessageParser:
    """Return a parser that received one call, with its arguments in these pieces."""
    parser = MessageParser("openai-chat")
    function = {"name": "write_note", "arguments": ""}
    parser.feed(chunk({"tool_calls": [{"index": 0, "id": "call_7", "function": function}]}))
    for piece in pieces:
        parser.feed(chunk({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}))
    if finish:
        parser.feed(chunk({}, finish))
    return parser


def ended(parser: MessageParser) -> MessageParser:
    parser.finish()
    return parser


def card(*pieces: str, finish: str | None = None, whole: bool = True) -> list[str]:
    """Return the lines inside the card, without its frame."""
    parser = calling(*pieces, finish=finish)
    view = MessageView((ended(parser) if finish else parser).messages, whole=whole)
    return [line.strip("│ ") for line in lines(view) if line.startswith("│")]


# The text of a model cannot control the terminal


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain,\ttabs\nand lines", "plain,\ttabs\nand lines"),
        (f"{ESCAPE}[2J{ESCAPE}]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"),
        ("a\u200e\u061c\ufeff\u2028b\U000e0041", "a\\u200e\\u061c\\ufeff\\u2028b\\U000e0041"),
        ("one\r\ntwo\rthree", "one\ntwo\\x0dthree"),
        ("\x7f\x9b31m", "\\x7f\\x9b31m"),
        ("abc\u202edcba", "abc\\u202edcba"),
        ("half \ud83d", "half \\ud83d"),
        ("🐉 ž 漢", "🐉 ž 漢"),
    ],
)
def test_printable(text: str, expected: str) -> None:
    assert printable(text) == expected


def test_nothing_of_the_model_reaches_the_terminal_as_a_command() -> None:
    evil = f"{ESCAPE}[2J[bold]\x07\x9b1m:dragon:"
    message = Message()
    message.model = message.api = evil
    call = ToolCall()
    call.name = call.id = evil
    call._settled = {evil: evil, "nested": [evil, f"\n{evil}"]}
    result = ServerToolResult("a", evil, evil)
    message.content = [Text(evil), Reasoning(evil), Refusal(evil), call, Citation(evil), result]
    text = shown(MessageView([message], footer=["ours"]), width=300)
    assert not {ESCAPE, "\x07", "\x9b"} & set(text)
    assert text.count("[bold]") >= 10  # It is not read as markup.
    assert ":dragon:" in text
    coloured = shown(MessageView([message]), width=300, colours=True)
    assert f"{ESCAPE}[2J" not in coloured
    assert "\x9b" not in coloured


# Texts of statuses and usage


def test_status_of_call() -> None:
    call = ToolCall()
    assert status_of_call(call) == "open"
    call.status = "rejected"
    assert status_of_call(call) == "rejected"


@pytest.mark.parametrize(
    ("status", "reason", "raw", "expected"),
    [
        ("in_progress", None, None, "in progress"),
        ("complete", "stop", "stop", "complete, finish reason stop"),
        ("complete", "tool_calls", "STOP", "complete, finish reason tool_calls (STOP)"),
        ("truncated", "length", "max_tokens", "truncated, finish reason length (max_tokens)"),
        ("truncated", None, None, "truncated, without a finish reason"),
    ],
)
def test_status_of_message(status: MessageStatus, reason: Any, raw: Any, expected: str) -> None:
    message = Message()
    message.status, message.finish_reason, message.raw_finish_reason = status, reason, raw
    assert status_of_message(message) == expected


def test_status_of_a_failed_message() -> None:
    parser = MessageParser("openai-chat")
    parser.feed({"error": {"message": "too\nmany"}})
    assert status_of_message(parser.message) == "failed: too many"


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (Usage(), ""),
        (Usage(input_tokens=7), "tokens: 7 in"),
        (Usage(7, 3, None, 5, 2), "tokens: 7 in (3 cached), 5 out (2 reasoning)"),
        (Usage(7, 0, None, 5, 0), "tokens: 7 in, 5 out"),
        pytest.param(Usage(10**5000), f"tokens: 1{'0' * 5000} in", id="huge"),
    ],
)
def test_usage_of(usage: Usage, expected: str) -> None:
    assert usage_of(usage) == expected


# The view


def test_text_reasoning_and_status() -> None:
    parser = MessageParser("openai-chat")
    parser.feed(chunk({"reasoning_content": "Two and two,\n\nthat is"}))
    assert lines(MessageView(parser.messages)) == [
        "┊ Two and two,",
        "┊",
        "┊ that is▌",
        "",
        "openai-chat: in progress",
    ]
    parser.feed(chunk({"reasoning_content": " four."}))
    parser.feed(chunk({"content": "Four."}, "stop"))
    parser.finish()
    assert lines(MessageView(parser.messages, footer=["3 events"], fold=False)) == [
        "┊ Two and two,",
        "┊",
        "┊ that is four.",
        "",
        "Four.",
        "",
        "openai-chat: complete, finish reason stop",
        "3 events",
    ]


def test_reasoning_is_dimmed() -> None:
    message = Message()
    message.content = [Reasoning("hmm")]
    message.status = "complete"
    assert f"{ESCAPE}[2;3mhmm" in shown(MessageView([message], fold=False), colours=True)
    assert f"{ESCAPE}[2;3mreasoning" in shown(MessageView([message]), colours=True)


def test_reasoning_is_folded_when_it_has_ended() -> None:
    parser = MessageParser("openai-chat")
    parser.feed(chunk({"reasoning_content": "Two and two,\n\nthat is " + "four. " * 30}))
    assert len(lines(MessageView(parser))) > 4
    parser.feed(chunk({"content": "Four."}))
    assert lines(MessageView(parser)) == [
        "┊ reasoning, 202 characters: Two and two, that is four. fou…",
        "",
        "Four.▌",
        "",
        "openai-chat: in progress",
    ]
    assert len(lines(MessageView(parser, fold=False))) > 8


def test_folded_reasoning_is_escaped() -> None:
    message = Message()
    message.content = [Reasoning(f"{ESCAPE}[2J [bold] " + "\n" * 1_000 + "漢" * 1_000)]
    message.status = "complete"
    [folded, *_] = lines(MessageView([message]))
    assert folded.startswith("┊ reasoning, 2012 characters: \\x1b[2J [bold]")


def test_all_kinds_of_parts() -> None:
    message = Message()
    message.status = "complete"
    server = ToolCall(0, "server")
    server.name, server.status, server._settled = "web_search", "complete", {"query": "tides"}
    custom = ToolCall(1, "custom")
    custom.name, custom.status = "run_code", "complete"
    custom._grow("print(1)\nprint(2)")
    message.content = [
        Reasoning(extra={"encrypted_content": "x"}),
        server,
        ServerToolResult("s1", "web_search", [{"title": "Tides"}]),
        Citation({"url": "https://example.org"}),
        custom,
        Refusal("No more."),
        Part(),
    ]
    text = "\n".join(lines(MessageView([message])))
    for expected in (
        "┊ (reasoning that the provider hides)",
        "web_search (server)",
        '│ ✓ query  "tides"',
        'result of web_search: [{"title": "Tides"}]',
        'source: {"url": "https://example.org"}',
        "run_code (custom)",
        "│ print(1)  ",
        "│ print(2)  ",
        "No more.",
        '{"type": "part"}',
    ):
        assert expected in text


def test_several_choices() -> None:
    parser = MessageParser("openai-chat")
    for choice, text in ((0, "yes"), (1, "no")):
        parser.feed(chunk({"content": text}, choice=choice))
    assert lines(MessageView(parser.messages)) == [
        "choice 0",
        "",
        "yes▌",
        "",
        "openai-chat: in progress",
        "",
        "choice 1",
        "",
        "no▌",
        "",
        "openai-chat: in progress",
    ]


def test_no_messages() -> None:
    assert shown(MessageView()) == ""
    assert lines(MessageView(footer=["nothing yet"])) == ["nothing yet"]


# Cards


def test_card_has_name_id_and_status() -> None:
    top, bottom, *_ = lines(MessageView(calling("{}").messages))
    assert top.startswith("╭─ write_note call_7 ─")
    assert bottom.endswith("─ open ─╯")


@pytest.mark.parametrize(
    ("finish", "status"),
    [("tool_calls", "complete"), ("length", "truncated")],
)
def test_card_shows_the_final_status(finish: str, status: str) -> None:
    text = shown(MessageView(ended(calling('{"a": 1}', finish=finish)).messages))
    assert f"─ {status} ─╯" in text


def test_arguments_grow() -> None:
    pieces = ('{"title": "Ti', 'des", "tags": ["sea', '", "moon"], "n": 1', "2", "}")
    seen = [card(*pieces[: count + 1]) for count in range(len(pieces))]
    assert seen == [
        ['… title  "Ti▌'],
        ['✓ title  "Tides"', '… tags   ["sea▌'],
        ['✓ title  "Tides"', '✓ tags   ["sea", "moon"]'],
        ['✓ title  "Tides"', '✓ tags   ["sea", "moon"]'],
        ['✓ title  "Tides"', '✓ tags   ["sea", "moon"]', "✓ n      12"],
    ]


def test_a_string_of_several_lines_is_shown_as_it_is() -> None:
    assert card(r'{"body": "Dear Mira,\n\tthe b') == ["… body  Dear Mira,", "the b▌"]
    assert card(r'{"body": "a\nb"}', finish="tool_calls") == ["✓ body  a", "b"]


def test_a_truncated_string_does_not_look_whole() -> None:
    assert card('{"a": "half', finish="length") == ['… a  "half…']
    assert card('{"a": {"b": [1, "half', finish="length") == ['… a  {"b": [1, "half…']


def test_rejected_call_shows_the_reason_and_the_text() -> None:
    assert card('{"a": 1, "b": nul}', finish="tool_calls") == [
        "✓ a  1",
        "✗ b",
        "expected 'null', not 'nul}' (invalid_literal)",
        '{"a": 1, "b": nul}',
    ]


def validated_card(*pieces: str, finish: str | None = None) -> list[str]:
    """Return the lines of the card of a call that is validated by a schema."""
    pytest.importorskip("jsonschema", reason="needs the extra schema")
    properties = {"n": {"maximum": 9}, "tags": {"items": {"enum": ["sea", "sun"]}}}
    tool = {"name": "write_note", "parameters": {"properties": properties, "required": ["n"]}}
    parser = MessageParser("openai-chat", tools=[tool])
    function = {"name": "write_note", "arguments": ""}
    parser.feed(chunk({"tool_calls": [{"index": 0, "id": "c", "function": function}]}))
    for piece in pieces:
        parser.feed(chunk({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}))
    if finish:
        parser.feed(chunk({}, finish))
    view = MessageView(parser)
    return [line.strip("│ ") for line in lines(view) if line.startswith("│")]


def test_fields_are_marked() -> None:
    assert validated_card('{"a": "x", "tags": ["s') == ['✓ a     "x"', '… tags  ["s▌']
    rejected = validated_card('{"a": "x", "tags": ["sea", "moon"], "b": "y')
    assert rejected[:3] == ['✓ a     "x"', '✗ tags  ["sea", "moon"]', '… b     "y…']
    assert "(enum)" in rejected[3]
    assert validated_card('{"n": 12', ", ")[0] == "✗ n  12"
    missing = validated_card('{"a": "x"}', finish="tool_calls")
    assert missing[0] == '✓ a  "x"'  # A missing member has no line.
    assert "(required)" in missing[1]


def test_warnings_about_the_stream_do_not_mark_a_field() -> None:
    seen = card('{"a": 1}', '{"a": 1}', finish="tool_calls")
    assert seen[0] == "✓ a  1"


def test_marks_in_ascii() -> None:
    target = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="backslashreplace")
    screen = console.Console(file=target, width=60)
    screen.print(MessageView(calling('{"a": 1, "b": "x', finish=None)))
    target.seek(0)
    text = target.read()
    assert "+ a  1" in text
    assert ". b  " in text


def test_warnings_about_a_complete_call_are_shown() -> None:
    seen = card('{"a": 1}', '{"a": 1}', finish="tool_calls")
    assert seen == ["✓ a  1", "the whole arguments came once more (repeated_arguments)"]


def test_arguments_that_are_no_object() -> None:
    assert card("[1, 2", finish=None) == ["[1▌"]
    assert card('"wo', finish=None) == ['"wo▌']


def test_an_open_value_shows_only_its_end() -> None:
    items = ", ".join(str(number) for number in range(1000))
    assert card('{"a": [' + items + ", ") == ["… a  […, 992, 993, 994, 995, 996, 997, 998, 999▌"]
    long = card('{"a": {"b": "' + "x" * 5000 + "the end")
    assert "".join(long).startswith('… a  {"b":"…x')
    assert "".join(long).endswith("xthe end▌")
    assert sum(map(len, long)) < 500


def test_a_complete_value_is_shown_whole_on_request() -> None:
    text = json.dumps({"a": ["x" * 30] * 40})
    assert "".join(card(text, finish="tool_calls")).count("x") == 1200
    assert 100 < "".join(card(text, finish="tool_calls", whole=False)).count("x") < 500


def test_deep_arguments() -> None:
    """Very deep levels are left out, and deep arguments cause no recursion error."""
    text = '{"a": ' + "[" * 900 + '"bottom'
    assert card(text) == ["… a  " + "[" * 12 + "…"]
    with_little_stack = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    try:
        seen = card(text + '"' + "]" * 900 + "}", finish="tool_calls")
    finally:
        sys.setrecursionlimit(with_little_stack)
    assert seen == ["✓ a  " + "[" * 12 + "…" + "]" * 12]


# The size of the screen


def test_the_end_is_shown_when_the_screen_is_full() -> None:
    message = Message()
    message.content = [Text("\n".join(f"line {number}" for number in range(100)))]
    view = MessageView([message], whole=False, footer=["figures"])
    seen = lines(view, height=8)
    assert seen == ["line 96", "line 97", "line 98", "line 99▌", "", "in progress", "figures"]
    assert len(lines(view, height=1)) == 1
    view.whole = True
    assert len(lines(view, height=8)) == 103


def test_rendering_does_not_cost_more_for_longer_messages() -> None:
    """The number of characters that rich renders does not depend on the length of the message."""

    def handled(size: int) -> int:
        message = Message()
        message.content = [Text("word " * size), Reasoning("thought " * size), Text("end " * size)]
        view = MessageView([message], whole=False)
        counted = 0

        class Counting(console.Console):  # type: ignore[misc, name-defined]
            def render_lines(self, block: Any, *rest: Any, **options: Any) -> Any:
                nonlocal counted
                counted += len(getattr(block, "plain", ""))
                return super().render_lines(block, *rest, **options)

        Counting(file=io.StringIO(), width=60, height=20).print(view)
        return counted

    assert handled(100_000) == handled(1_000)


@given(
    text=st.text(),
    arguments=st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ).map(json.dumps)
    | st.text(),
    size=st.integers(1, 8),
    finish=st.sampled_from([None, "tool_calls", "length"]),
    width=st.integers(1, 40),
    height=st.integers(1, 12),
)
def test_any_text_and_arguments_can_be_shown(
    text: str, arguments: str, size: int, finish: str | None, width: int, height: int
) -> None:
    """Any text and arguments can be shown, in any chunking and on a screen of any size."""
    pieces = [arguments[start : start + size] for start in range(0, len(arguments), size)]
    parser = calling(*pieces, finish=finish)
    parser.feed(chunk({"content": text, "reasoning": text}))
    for whole in (True, False):
        seen = shown(MessageView(parser.messages, whole=whole), width=width, height=height)
        assert printable(seen) == seen
        assert whole or seen.count("\n") <= height


@pytest.mark.parametrize("kind", [MessageView, LiveMessages])
def test_without_rich(kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)
    with pytest.raises(ImportError, match=r"llm-streamparse\[cli\]"):
        kind()


# Live views


def test_a_view_over_a_parser_follows_it() -> None:
    parser = MessageParser("openai-chat")
    view = MessageView(parser)
    parser.feed(chunk({"content": "one"}))
    assert lines(view)[0] == "one▌"
    parser.feed(chunk({"content": "two"}, choice=1))
    assert "choice 1" in lines(view)
    assert view.messages == parser.messages


def screen_and_text() -> tuple[Any, io.StringIO]:
    target = io.StringIO()
    screen = console.Console(
        file=target, width=60, height=10, force_terminal=True, color_system=None, _environ={}
    )
    return screen, target


def test_live_messages_draw_in_place_and_print_the_end() -> None:
    screen, target = screen_and_text()
    pieces = ["Hel", "lo\n" * 20, "end"]
    with stream(pieces, api="text") as answer, LiveMessages(answer, console=screen) as live:
        for number, _ in enumerate(answer.batches()):
            live.view.footer = [f"picture {number}"]
            live.draw()
    text = target.getvalue()
    assert "Hel▌" in text
    drawn, _, final = text.rpartition("\x1b[?25h")  # Shows the cursor again.
    assert drawn.count("picture") == 4 + 1  # The last one is drawn again before it is removed.
    assert final.count("lo\n") == 20  # The whole text, although the screen has ten lines.
    assert "complete, finish reason stop\npicture 3\n" in final
    live.close()
    assert target.getvalue() == text


def test_live_messages_restore_the_terminal_after_an_error() -> None:
    screen, target = screen_and_text()

    def source() -> Any:
        yield "Hello"
        raise ConnectionError("gone")

    def show() -> None:
        with stream(source(), api="text") as answer, LiveMessages(answer, console=screen) as live:
            for _ in answer.batches():
                live.draw()

    with pytest.raises(ConnectionError):
        show()
    final = target.getvalue().rpartition("\x1b[?25h")[2]
    assert "Hello\n" in final


def test_without_a_terminal_only_the_end_is_printed() -> None:
    target = io.StringIO()
    screen = console.Console(file=target, width=60)
    with stream(["Hel", "lo"], api="text") as answer, LiveMessages(answer, console=screen) as live:
        for _ in answer.batches():
            live.draw()
    assert target.getvalue() == "Hello\n\ncomplete, finish reason stop\n"


def test_integers_of_many_digits_are_shown() -> None:
    parser = MessageParser("ollama-chat")
    arguments = {"a": 10**5000}
    message = {"tool_calls": [{"function": {"name": "f", "arguments": arguments}}]}
    parser.feed({"model": "m", "message": message, "done": False})
    for whole in (True, False):
        assert "0000" in shown(MessageView(parser, whole=whole))


def test_json_for_a_terminal_is_the_same_json() -> None:
    text = "".join(
        map(chr, [*range(0x20, 0x250), *range(0x2000, 0x2070), 0xFEFF, 0xE0041, 0x1F600])
    )
    written = printable_json(json.dumps(text, ensure_ascii=False))
    assert json.loads(written) == text
    assert printable(written) == written
    assert "\U0001f600" in written


# Notebooks


def test_a_view_has_text_and_html() -> None:
    parser = MessageParser(api="openai-chat")
    delta = {"content": "1 < 2 & [b]", "reasoning_content": "Hm <i>"}
    call = {"index": 0, "id": "c", "function": {"name": "<u>", "arguments": '{"a": "<s>"}'}}
    parser.feed({"choices": [{"delta": delta}]})
    parser.feed({"choices": [{"delta": {"tool_calls": [call]}}]})
    parser.feed({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]})
    parser.finish()
    bundle = MessageView(parser, footer=["<b>"])._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert "1 < 2 & [b]" in bundle["text/plain"]
    shown = bundle["text/html"]
    assert re.findall(r"<(?![/]?(?:div|b|small|pre|details|summary)\b)", shown) == []
    for text in (
        "1 &lt; 2 &amp; [b]",
        "Hm &lt;i&gt;",
        "<b>&lt;u&gt;</b>",
        "&lt;s&gt;",
        "&lt;b&gt;",
    ):
        assert text in shown
    assert "complete, finish reason tool_calls" in shown
    [live] = parser.message.tool_calls
    assert live._repr_html_() in parser.message._repr_html_()


def test_a_rejected_call_shows_the_reason_in_html() -> None:
    parser = MessageParser(api="openai-chat")
    call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{a"}}
    parser.feed({"choices": [{"delta": {"tool_calls": [call]}}]})
    [live] = parser.message.tool_calls
    assert "rejected" in live._repr_html_()
    assert "✗ " in live._repr_html_()


NOTEBOOK = """
from streamparse import stream
from streamparse.terminal import LiveMessages

answer = stream(["Hel", "lo <b>"], api="text")
with answer, LiveMessages(answer) as live:
    for _ in answer.batches():
        live.draw()
"""


def test_a_notebook_shows_a_message_while_it_grows(tmp_path: Path) -> None:
    nbclient = pytest.importorskip("nbclient", reason="needs nbclient")
    nbformat = pytest.importorskip("nbformat", reason="needs nbclient")
    pytest.importorskip("ipykernel", reason="needs ipykernel")
    cells = [nbformat.v4.new_code_cell(text) for text in (NOTEBOOK, "answer.message", "answer")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    folders = os.pathsep.join([str(Path(streamparse.__file__).parents[1]), *sys.path])
    client = nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3")
    client.execute(cwd=str(tmp_path), env={**os.environ, "PYTHONPATH": folders})
    live, message, source = (cell.outputs for cell in notebook.cells)
    [shown] = [output for output in live if output.output_type == "display_data"]
    assert "Hello &lt;b&gt;" in shown.data["text/html"]
    assert "complete" in shown.data["text/plain"]
    assert "Hello &lt;b&gt;" in message[0].data["text/html"]
    assert source[0].data["text/plain"].startswith("Stream(MessageParser(api='text', message=")
