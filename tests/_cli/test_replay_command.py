"""Tests of streamparse._cli.replay_command."""

from __future__ import annotations

import errno
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from streamparse import MessageParser
from streamparse._cli import replay_command
from streamparse._cli.replay_command import Pace
from streamparse.message_events import AnyMessageEvent, ReasoningDelta, TextDelta
from tests._cli.running import COMMAND, ENVIRONMENT, EXAMPLES, TIMEOUT, Runner, run, running

CHAT = EXAMPLES / "openai-chat.sse"
CUT = EXAMPLES / "cut.sse"


def events_of(file: Path) -> list[dict[str, Any]]:
    parser = MessageParser()
    events = parser.feed(file.read_bytes()) + parser.finish()
    return [event.to_dict() for event in events]


def record(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return b"data: %s\n\n" % json.dumps({"choices": [choice]}).encode()


# Output


def test_plain_text_without_a_terminal(command: Runner) -> None:
    assert command.bare("replay", str(CHAT)) == 0
    assert command.err == b""
    text = command.out.decode()
    assert text.startswith("[text]\n  I will look up Saturday's weather")
    assert "\n\n[tool call find_places, call_Zk51places: complete]\n  {" in text
    assert text.isprintable() or "\x1b" not in text
    status, tokens, times, counts = text.splitlines()[-4:]
    assert status == "[openai-chat gpt-5.1-2025-11-13: complete, finish reason tool_calls]"
    assert tokens == "tokens: 412 in (256 cached), 187 out"
    assert times.startswith("first token ")
    assert "events" in counts


@pytest.mark.parametrize("chunk", ["1", "50", "65536"])
def test_events(command: Runner, chunk: str) -> None:
    assert command.bare("replay", str(CHAT), "--events", "--chunk", chunk) == 0
    assert command.err == b""
    types = [line["type"] for line in command.lines]
    assert types == [event["type"] for event in events_of(CHAT)]
    if chunk != "1":
        return
    assert command.lines == events_of(CHAT)


def test_message(command: Runner) -> None:
    assert command.bare("replay", "--message", str(CHAT)) == 0
    (message,) = command.lines
    parser = MessageParser()
    parser.feed(CHAT.read_bytes())
    assert message == parser.message.to_dict()


def test_a_message_for_each_choice(command: Runner) -> None:
    records = [
        {"choices": [{"index": n, "delta": {"content": f"{n}"}, "finish_reason": "stop"}]}
        for n in range(2)
    ]
    given = b"".join(b"data: %s\n\n" % json.dumps(each).encode() for each in records)
    assert command("replay", "--message", given=given) == 0
    assert [line["text"] for line in command.lines] == ["0", "1"]


def test_an_api_that_is_named(command: Runner) -> None:
    assert command("replay", "--api", "text", "--message", given="Hello") == 0
    assert command.lines[0]["text"] == "Hello"
    assert command.lines[0]["status"] == "complete"
    given = "data: " + json.dumps({"choices": [], "usage": {"prompt_tokens": 1}}) + "\n\n"
    assert command("replay", "--api", "openai-chat", "--events", given=given) == 1
    assert command.lines[-1]["type"] == "message_finished"


RAW = EXAMPLES / "qwen3-coder.txt"
UNPARSED = EXAMPLES / "unparsed.sse"


@pytest.mark.parametrize("format", ["qwen3_coder", "auto"])
@pytest.mark.parametrize("chunk", ["1", "65536"])
def test_raw_text(command: Runner, format: str, chunk: str) -> None:
    arguments = ("--format", format, "--message", "--chunk", chunk)
    assert command.bare("replay", str(RAW), *arguments) == 0
    (message,) = command.lines
    write, test = message["tool_calls"]
    assert write["arguments"]["path"] == "chart/palette.py"
    assert "</parameter> is no colour" in write["arguments"]["content"]
    assert test["arguments"] == {"only": "tests/test_palette.py", "verbose": "true"}


def test_raw_text_with_the_types_of_tools(command: Runner, tmp_path: Path) -> None:
    tools: list[dict[str, Any]] = [
        {"name": name, "parameters": {}} for name in ("write_file", "run_tests")
    ]
    tools[1]["parameters"] = {"properties": {"verbose": {"type": "boolean"}}}
    file = tmp_path / "tools.json"
    file.write_text(json.dumps(tools), encoding="utf-8")
    arguments = ("--format", "auto", "--tools", str(file), "--message")
    assert command.bare("replay", str(RAW), *arguments) == 0
    assert command.lines[0]["tool_calls"][1]["arguments"]["verbose"] is True


def test_a_stream_whose_server_parsed_nothing(command: Runner) -> None:
    for api in ("openai-chat", "auto"):
        arguments = ("--api", api, "--format", "hermes", "--message")
        assert command.bare("replay", str(UNPARSED), *arguments) == 0
        (message,) = command.lines
        assert [call["name"] for call in message["tool_calls"]] == ["ring_bell"]
    assert command.bare("replay", str(UNPARSED), "--message") == 0
    assert "<tool_call>" in command.lines[0]["text"]


def test_raw_text_that_was_cut(command: Runner) -> None:
    given = RAW.read_bytes()[:-60]
    assert command("replay", "--format", "qwen3_coder", given=given) == 1
    assert (
        command.complaint == "streamparse: FILE: the stream ended before the response was complete"
    )


def test_a_format_that_is_not_known(command: Runner) -> None:
    assert command("replay", "--format", "morse", given="-- .") == 2
    assert b"no format is named 'morse'" in command.err


# Error messages


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (b"", "the input is empty"),
        (record("Hi"), "the stream ended before the response was complete"),
        (record("Hi", "length"), "the response was cut off by its length limit"),
        (record("Hi", "content_filter"), "the response was cut off by a filter"),
        (
            record("Hi") + b'data: {"error": {"message": "out of\\u001b order"}}\n\n',
            r"the provider reported an error: 'out of\x1b order'",
        ),
    ],
)
@pytest.mark.parametrize("show", ["--plain", "--events", "--message"])
def test_answers_that_are_not_complete(
    command: Runner, given: bytes, complaint: str, show: str
) -> None:
    """The reason is one line on standard error; standard output has all earlier output."""
    assert command("replay", show, given=given) == 1
    assert command.complaint == f"streamparse: FILE: {complaint}"
    assert (b"Hi" in command.out) == (b"Hi" in given)


def test_a_choice_that_is_not_complete(command: Runner) -> None:
    first = {"index": 0, "delta": {"content": "a"}, "finish_reason": "stop"}
    second = {"index": 1, "delta": {"content": "b"}}
    given = f"data: {json.dumps({'choices': [first, second]})}\n\n"
    assert command("replay", given=given) == 1
    assert (
        command.complaint
        == "streamparse: FILE: choice 1: the stream ended before the response was complete"
    )


@pytest.mark.parametrize("chunk", ["1", "65536"])
def test_input_that_is_no_stream(command: Runner, chunk: str) -> None:
    page = "<html><h1>502 Bad Gateway</h1>\n</html>"
    assert command("replay", "--chunk", chunk, given=page) == 1
    assert command.complaint == (
        "streamparse: FILE:1:1: the input is neither JSON nor server-sent events; for the text of "
        "a model, use --format auto or --api text (not_a_stream): "
        r"'<html><h1>502 Bad Gateway</h1>\n</html>'"
    )


def test_output_before_an_error_of_the_stream(command: Runner) -> None:
    given = record("Hello") + b"data: {not json}\n\n"
    for show in ("--events", "--plain", "--message"):
        assert command("replay", show, given=given) == 1
        assert b"Hello" in command.out
        assert "(invalid_record)" in command.complaint
    assert command.lines[0]["status"] == "truncated"


def test_missing_file(command: Runner, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.sse")
    assert command.bare("replay", missing) == 2
    assert command.complaint == f"streamparse: {missing}: {os.strerror(errno.ENOENT)}"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--api", "telepathy"], "no api is named 'telepathy'"),
        (["--speed", "fast"], "'fast' is not a number of 0 or more"),
        (["--speed", "-1"], "'-1' is not a number of 0 or more"),
        (["--speed", "nan"], "'nan' is not a number of 0 or more"),
        (["--speed", "inf"], "'inf' is not a number of 0 or more"),
        (["--chunk", "0"], "'0' is not a number from 1 to "),
        (["--events", "--message"], "not allowed with argument"),
        (["--events", "--plain"], "not allowed with argument"),
        (["a.sse", "b.sse"], "unrecognized arguments: b.sse"),
    ],
)
def test_wrong_usage(command: Runner, arguments: list[str], complaint: str) -> None:
    assert command.bare("replay", *arguments) == 2
    assert complaint in command.err.decode()
    assert command.out == b""


# Speed


class Time:
    """A clock that only advances when the program sleeps."""

    def __init__(self) -> None:
        self.now = 50.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def wait(pace: Pace, *texts: str) -> None:
    events: list[AnyMessageEvent] = [TextDelta(text) for text in texts]
    pace.wait(events, lambda: None)


def test_pace() -> None:
    time = Time()
    pace = Pace(10, lambda: time.now, time.sleep)
    wait(pace, "12345")
    wait(pace)
    assert time.slept == [0.5]
    time.now += 0.25  # After a delay the next wait is shorter.
    wait(pace, "12345", "12345")
    assert time.slept == [0.5, 0.75]
    time.now += 10
    wait(pace, "1")
    assert len(time.slept) == 2  # It is already late.


def test_no_pace() -> None:
    time = Time()
    wait(Pace(0, lambda: time.now, time.sleep), "12345")
    assert time.slept == []


def test_everything_is_shown_before_a_long_wait() -> None:
    time = Time()
    shown: list[float] = []
    pace = Pace(100, lambda: time.now, time.sleep)
    pace.wait([ReasoningDelta("1")], lambda: shown.append(time.now))
    assert shown == []
    pace.wait([ReasoningDelta("1" * 100)], lambda: shown.append(time.now))
    assert shown == [50.01]


def test_speed_slows_down_the_output(command: Runner) -> None:
    given = b"".join(record("five ") for _ in range(10)) + record("", "stop")
    began = time.monotonic()
    assert command("replay", "--speed", "250", given=given) == 0
    assert 0.2 <= time.monotonic() - began < 10


def test_without_a_terminal_a_file_is_not_slowed_down(
    command: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    speeds = []

    class Watched(Pace):
        def __init__(self, speed: float) -> None:
            super().__init__(speed)
            speeds.append(speed)

    monkeypatch.setattr(replay_command, "Pace", Watched)
    for arguments in ([], ["--events"], ["--speed", "1e6"]):
        assert command.bare("replay", str(CHAT), *arguments) == 0
    assert speeds == [0, 0, 1e6]


# In another process


def test_module_reads_standard_input() -> None:
    for arguments in (["replay"], ["replay", "-"]):
        done = run(*arguments, "--message", given=CHAT.read_bytes())
        assert (done.returncode, done.stderr) == (0, b"")
        assert json.loads(done.stdout)["status"] == "complete"


def test_output_comes_before_more_input_is_needed() -> None:
    with running([*COMMAND, "replay", "--events"]) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for text, expected in (("Hel", ["message_started", "text_delta"]), ("lo", ["text_delta"])):
            child.stdin.write(record(text))
            child.stdin.flush()
            for kind in expected:
                assert json.loads(child.stdout.readline())["type"] == kind
        child.stdin.write(record("", "stop"))
        child.stdin.close()
        assert json.loads(child.stdout.read().splitlines()[-1])["type"] == "message_finished"
        assert child.wait() == 0


def test_plain_text_comes_before_more_input_is_needed() -> None:
    with running([*COMMAND, "replay"]) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(record("é"))
        child.stdin.flush()
        assert child.stdout.read(11) == "[text]\n  é".encode()
        child.stdin.close()
        assert child.wait() == 1


def test_reader_that_closes_early() -> None:
    with running([*COMMAND, "replay"]) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdin.write(record("a"))
        child.stdin.flush()
        assert child.stdout.readline() != b""
        child.stdout.close()
        child.stdin.write(record("b"))
        child.stdin.close()
        assert child.stderr.read() == b""
        assert child.wait() == 141


def test_interrupt(command: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(replay_command, "fragments", interrupted)
    assert command.bare("replay", str(CHAT)) == 130
    assert command.err == b""


def test_binary_stream_without_its_extra(command: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.partition(".")[0] == "botocore"]:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, "botocore", None)
    monkeypatch.setitem(sys.modules, "botocore.eventstream", None)
    assert command("replay", given=b"\0\0\0\x50") == 2
    assert "llm-streamparse[bedrock]" in command.complaint


# In a terminal


class Terminal:
    """A process in a terminal of 80 by 24 characters; `text` is its output so far."""

    def __init__(self, child: subprocess.Popen[bytes], descriptor: int) -> None:
        self.child = child
        self.descriptor = descriptor
        self.text = ""

    def read(self) -> bool:
        """Read the next piece of output; return False at the end."""
        assert select.select([self.descriptor], [], [], TIMEOUT)[0], "no output"
        try:
            piece = os.read(self.descriptor, 65536)
        except OSError:  # On Linux this means that the other end is closed.
            return False
        self.text += piece.decode(errors="replace")
        return bool(piece)

    def read_until(self, text: str) -> None:
        while text not in self.text:
            assert self.read(), self.text[-500:]

    def read_all(self) -> str:
        while self.read():
            pass
        return self.text


# A process that is started in the background would ignore Ctrl-C.
PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
{before}
from streamparse._cli import main
sys.exit(main())
"""


@contextmanager
def in_terminal(
    *arguments: str, before: str = "", given: int = subprocess.DEVNULL, term: str = "xterm"
) -> Iterator[Terminal]:
    pty = pytest.importorskip("pty", reason="needs pseudo-terminals")
    fcntl = pytest.importorskip("fcntl")
    termios = pytest.importorskip("termios")
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, b"\x18\0\x50\0\0\0\0\0")
    kept = {name: value for name, value in ENVIRONMENT.items() if name not in ("NO_COLOR",)}
    del kept["PYTHONIOENCODING"]
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(before=before), "replay", *arguments],
        stdin=given,
        stdout=theirs,
        stderr=theirs,
        env={**kept, "TERM": term, "PYTHONUTF8": "1"},
    )
    os.close(theirs)
    with child:
        try:
            yield Terminal(child, ours)
        finally:
            child.kill()
            os.close(ours)


def test_live_view_of_a_file() -> None:
    pytest.importorskip("rich", reason="needs the extra cli")
    with in_terminal(str(CHAT), "--speed", "2000") as terminal:
        text = terminal.read_all()
        assert terminal.child.wait() == 0
    assert text.count("in progress") > 3
    assert "▌" in text
    assert text.startswith("\x1b[?25l")
    assert text.count("\x1b[?25h") == 1
    final = text[text.index("\x1b[?25h") :]
    assert "finish reason tool_calls" in final
    assert "tokens/s" in final
    assert final.count(" complete ") >= 3


@pytest.mark.parametrize("arguments", [[], ["--reasoning"]])
def test_reasoning_is_folded_unless_asked_for(arguments: list[str]) -> None:
    pytest.importorskip("rich", reason="needs the extra cli")
    with in_terminal(str(EXAMPLES / "anthropic-messages.sse"), "--speed", "0", *arguments) as shown:
        text = shown.read_all()
        assert shown.child.wait() == 0
    final = text[text.index("\x1b[?25h") :]
    assert ("reasoning, 213 characters" in final) == (not arguments)
    assert final.count("┊") == (3 if arguments else 1)  # One for each line.


def test_a_file_in_a_terminal_is_not_shown_all_at_once() -> None:
    pytest.importorskip("rich", reason="needs the extra cli")
    with in_terminal(str(CUT)) as terminal:
        text = terminal.read_all()
        assert terminal.child.wait() == 1
    assert text.count("in progress") > 10
    assert text.rstrip().endswith("cut.sse: the stream ended before the response was complete")
    assert text.count(" truncated ") >= 3


def test_live_view_of_a_pipe() -> None:
    """Everything that has arrived is shown before the program waits for more."""
    pytest.importorskip("rich", reason="needs the extra cli")
    reading, writing = os.pipe()
    with in_terminal(given=reading) as terminal, open(writing, "wb", buffering=0) as pipe:
        os.close(reading)
        pipe.write(record("Hel"))
        terminal.read_until("Hel▌")
        pipe.write(record("lo"))
        terminal.read_until("Hello▌")
        pipe.write(record("", "stop"))
        pipe.close()
        assert "complete, finish reason stop" in terminal.read_all().replace("\x1b[0m", "")
        assert terminal.child.wait() == 0


def test_ctrl_c_restores_the_terminal() -> None:
    pytest.importorskip("rich", reason="needs the extra cli")
    with in_terminal(str(CHAT), "--speed", "20") as terminal:
        terminal.read_until("▌")
        terminal.child.send_signal(signal.SIGINT)
        text = terminal.read_all()
        assert terminal.child.wait() == 130
    assert "Traceback" not in text
    assert text.count("\x1b[?25h") == 1
    assert "in progress" in text[text.index("\x1b[?25h") :]


@pytest.mark.parametrize(("arguments", "term"), [(["--plain"], "xterm"), ([], "dumb")])
def test_plain_text_in_a_terminal(arguments: list[str], term: str) -> None:
    with in_terminal(str(CHAT), *arguments, term=term) as terminal:
        text = terminal.read_all()
        assert terminal.child.wait() == 0
    assert text.startswith("[text]\r\n  I will look up")
    assert "\x1b" not in text


def test_terminal_without_rich() -> None:
    """A hint names the extra, and plain text is shown."""
    with in_terminal(str(CHAT), before="sys.modules['rich'] = None") as terminal:
        text = terminal.read_all()
        assert terminal.child.wait() == 0
    hint = "streamparse: the live view needs rich: pip install 'llm-streamparse[cli]'\r\n"
    assert text.startswith(hint + "[text]\r\n  I will look up")
    assert "\x1b" not in text


# Validation


def call_record(**function: str) -> bytes:
    entry = {"index": 0, "id": "c1", "function": function}
    choice = {"index": 0, "delta": {"tool_calls": [entry]}, "finish_reason": None}
    return b"data: %s\n\n" % json.dumps({"choices": [choice]}).encode()


def test_calls_are_validated_against_tools(command: Runner, tmp_path: Path) -> None:
    pytest.importorskip("jsonschema")
    tools = tmp_path / "tools.json"
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    tools.write_text(json.dumps([{"name": "f", "parameters": schema}]))
    good = call_record(name="f", arguments='{"n": 1}') + record("", "tool_calls")
    assert command("replay", "--tools", str(tools), given=good) == 0
    bad = call_record(name="f", arguments='{"n": "x"}') + record("", "tool_calls")
    assert command("replay", "--tools", str(tools), given=bad) == 1
    assert b"[tool call f, c1: rejected]" in command.out
    assert b"rejected: expected" in command.err
    unknown = call_record(name="g", arguments="{}") + record("", "tool_calls")
    assert command("replay", "--events", "--tools", str(tools), given=unknown) == 1
    codes = [json.loads(line).get("error", {}) for line in command.out.splitlines()]
    assert [error["code"] for error in codes if error] == ["unknown_tool"]
    assert command("replay", given=unknown) == 0, "without --tools every name is accepted"


def test_the_text_is_validated_against_the_output_schema(command: Runner, tmp_path: Path) -> None:
    pytest.importorskip("jsonschema")
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps({"properties": {"unit": {"enum": ["celsius"]}}}))
    given = record('{"unit": "kel') + record('vin"}', "stop")
    assert command("replay", "--output-schema", str(schema), given=given) == 1
    text = command.out.decode()
    assert text.index("[output rejected at 1:11: ") < text.index("complete, finish reason stop")
    assert command("replay", "--output-schema", str(schema), given=record("{}", "stop")) == 0


@pytest.mark.parametrize("content", [None, "{", '{"no": "tool", "at": "all"}', '"text"'])
def test_tools_that_cannot_be_used(command: Runner, tmp_path: Path, content: str | None) -> None:
    tools = tmp_path / "tools.json"
    if content is not None:
        tools.write_text(content)
    assert command("replay", "--tools", str(tools), given=record("x", "stop")) == 2
    assert command.err.count(b"\n") == 1


# Hints


def test_text_that_looks_like_a_format_is_named(command: Runner) -> None:
    assert command.bare("replay", str(UNPARSED)) == 0
    assert "seems to contain tool calls in the format hermes" in command.complaint
    assert command.complaint.endswith("to parse them, add --format hermes")
    assert command.bare("replay", "--format", "hermes", str(UNPARSED)) == 0
    assert command.err == b""


def test_an_empty_input_and_a_url_show_nothing(command: Runner) -> None:
    assert command("replay", given=b"") == 1
    assert (command.out, command.complaint) == (b"", "streamparse: FILE: the input is empty")
    for name in ("replay", "json"):
        assert command.bare(name, "https://example.org/a?b=1&c") == 2
        assert "curl -sN 'https://example.org/a?b=1&c' | streamparse" in command.complaint
        assert command.out == b""


def test_options_are_named_as_they_were_typed(command: Runner) -> None:
    assert command("replay", given="plain text") == 1
    assert "use --format auto or --api text" in command.complaint
    assert command("replay", given='{"a": 1}') == 1
    assert "choose one with --api" in command.complaint
    assert "api=" not in command.complaint


def test_aliases_of_formats_and_apis(command: Runner) -> None:
    assert command.bare("replay", "--api", "openai", str(CHAT)) == 0
    assert command.bare("replay", "--format", "qwen25", str(UNPARSED)) == 0
    assert command.bare("replay", "--format", "herms", str(UNPARSED)) == 2
    assert b"did you mean 'hermes'? 'streamparse formats' lists them" in command.err
    assert command.bare("replay", "--api", "opanai-chat", str(CHAT)) == 2
    assert b"did you mean 'openai-chat'" in command.err


def test_a_missing_file_shows_nothing(command: Runner, tmp_path: Path) -> None:
    for file in (tmp_path / "none", tmp_path):
        assert command.bare("replay", str(file)) == 2
        assert command.out == b""
        assert str(file) in command.complaint
