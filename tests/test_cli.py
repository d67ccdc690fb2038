"""Tests of streamparse.cli: in this process where that will do, in another for pipes and exits."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

import streamparse
from streamparse import COMPILED, JSONParser, __version__, cli

HERE = Path(__file__).parent
TRIP = HERE.parent / "examples" / "trip.json"
COMMAND = [sys.executable, "-m", "streamparse"]
# The build under test, wherever the tests run; and UTF-8 must not depend on the locale.
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(Path(streamparse.__file__).parents[1]),
    "PYTHONIOENCODING": "ascii",
}
TIMEOUT = 60  # seconds, for what takes a tenth of one


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *arguments], input=given, capture_output=True, env=ENVIRONMENT, timeout=TIMEOUT
    )


@contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process with three pipes, killed if it hangs."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=ENVIRONMENT) as child:
        watchdog = threading.Timer(TIMEOUT, child.kill)
        watchdog.start()
        try:
            yield child
        finally:
            watchdog.cancel()
            child.kill()


class Runner:
    """Runs the command line in this process; `out` and `err` are those of the last run."""

    def __init__(self, capture: pytest.CaptureFixture[bytes], folder: Path) -> None:
        self.capture = capture
        self.folder = folder
        self.out = self.err = b""

    def __call__(self, *arguments: str, given: bytes | str) -> int:
        file = self.folder / "input.json"
        file.write_bytes(given if isinstance(given, bytes) else given.encode())
        return self.bare("json", str(file), *arguments)

    def bare(self, *arguments: str) -> int:
        try:
            return cli.main(arguments)
        except SystemExit as left:
            return int(left.code or 0)
        finally:
            self.out, self.err = self.capture.readouterr()

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def complaint(self) -> str:
        """The one line on stderr, with the name of the file left out."""
        lines = self.err.decode().splitlines()
        assert len(lines) == 1
        return lines[0].replace(str(self.folder / "input.json"), "FILE")


@pytest.fixture
def command(capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> Runner:
    return Runner(capfdbinary, tmp_path)


# Output


@pytest.mark.parametrize("size", ["1", "7", "65536"])
def test_events(command: Runner, size: str) -> None:
    text = TRIP.read_bytes()
    parser = JSONParser()
    pieces = [text[start : start + int(size)] for start in range(0, len(text), int(size))]
    events = [event for piece in pieces for event in parser.feed(piece)]
    assert command("--chunk-size", size, given=text) == 0
    assert command.lines == [event.to_dict() for event in events]
    assert command.err == b""


def test_lines_are_compact_and_unescaped(command: Runner) -> None:
    assert command(given='{"a": "é"}') == 0
    assert command.out.decode().splitlines()[-1] == (
        '{"type":"value_completed","path":[],"value":{"a":"é"}}'
    )


def test_partial(command: Runner) -> None:
    assert command("--partial", "--chunk-size", "4", given='{"a": "bcd"  , "e": [1, 22]}') == 0
    assert command.lines == [
        {},
        {"a": "b"},
        {"a": "bcd"},
        {"a": "bcd", "e": [1]},
        {"a": "bcd", "e": [1, 22]},
    ]


def test_final(command: Runner) -> None:
    assert command("--final", "--chunk-size", "5", given=TRIP.read_bytes()) == 0
    assert command.lines == [json.loads(TRIP.read_bytes())]


def test_final_of_incomplete_input_is_nothing(command: Runner) -> None:
    assert command("--final", given="[1, 2") == 1
    assert command.out == b""


def test_select(command: Runner) -> None:
    arguments = ("--select", "$.days[*].date", "--select", "$.title")
    assert command(*arguments, given=TRIP.read_bytes()) == 0
    completed = [line for line in command.lines if line["type"] == "value_completed"]
    assert [line["path"] for line in completed] == [
        ["title"],
        ["days", 0, "date"],
        ["days", 1, "date"],
        ["days", 2, "date"],
    ]


def test_many(command: Runner) -> None:
    assert command("--many", "--final", given='{"a": 1}\n{"a": 2}\n') == 0
    assert command.lines == [[{"a": 1}, {"a": 2}]]
    assert command("--many", given="") == 0
    assert command.out == b""


def test_trailing_stop(command: Runner) -> None:
    """What follows is not even read: bytes that are no text do not matter."""
    arguments = ("--trailing", "stop", "--final", "--chunk-size", "1")
    assert command(*arguments, given=b"[1] and \xff") == 0
    assert command.lines == [[1]]


def test_surrogates(command: Runner) -> None:
    text = r'{"\ud83d": "\udc00 \ud83d\ude82"}'
    assert command("--final", given=text) == 0
    assert command.out == b'{"\\ud83d":"\\udc00 \xf0\x9f\x9a\x82"}\n'
    assert command("--final", "--surrogates", "replace", given=text) == 0
    assert command.lines == [{"\ufffd": "\ufffd \U0001f682"}]
    assert command("--surrogates", "error", given=text) == 1
    assert (
        command.complaint
        == "streamparse: FILE:1:9: half a surrogate pair: \\ud83d (lone_surrogate)"
    )


def test_infinity_stays_json(command: Runner) -> None:
    text = '{"a": [1e400, -1e999, 0.5, -7], "b\\n": ["\\"", true, null, {}, []]}'
    assert command("--final", given=text) == 0
    assert command.out == (b'{"a":[1e999,-1e999,0.5,-7],"b\\n":["\\"",true,null,{},[]]}\n')


def test_the_longest_integer(command: Runner) -> None:
    text = "-" + "9" * 4300
    assert command("--final", given=text) == 0
    assert command.out.decode() == text + "\n"


@pytest.mark.parametrize("opening", ["[", '{"":'])
def test_values_as_deep_as_the_limit(command: Runner, opening: str) -> None:
    closing = "]" if opening == "[" else "}"
    text = opening * 1000 + "1" + closing * 1000
    for view in ("--final", "--partial"):
        assert command(view, given=text) == 0
        assert command.out.decode() == text + "\n"
    assert command(given=text) == 0
    assert len(command.out.splitlines()) == 2001


def test_depth_limit(command: Runner) -> None:
    assert command("--partial", given="[" * 1001) == 1
    assert command.out.decode() == "[" * 1000 + "]" * 1000 + "\n"
    assert command.complaint.startswith("streamparse: FILE:1:1001: ")
    assert command.complaint.endswith(" (depth)")
    assert command("--max-depth", "2", given="[[[") == 1
    assert command("--max-depth", "1500", "--final", given="[" * 1500 + "]" * 1500) == 0
    assert command("--max-depth", "0", "--final", given="7") == 0


# Bad input


@pytest.mark.parametrize(
    ("given", "events", "complaint"),
    [
        (b"[1,\n x]", 2, "2:2: expected a value, not 'x' (expected_value)"),
        (b"[1,", 2, "1:4: the input ended before a value (truncated)"),
        (b"", 0, "1:1: no value in the input (empty)"),
        (b'["a\xff"]', 3, "1:4: byte 0xff cannot be UTF-8 here (invalid_utf8)"),
        (b'["\xc3', 2, "1:3: the input ended inside a UTF-8 character (truncated)"),
        (b"[1] x", 3, "1:5: only white space may follow the value, not 'x' (trailing_text)"),
    ],
)
def test_bad_input(command: Runner, given: bytes, events: int, complaint: str) -> None:
    """One line that says where, and everything that came before."""
    assert command(given=given) == 1
    assert command.complaint == f"streamparse: FILE:{complaint}"
    assert len(command.lines) == events


def test_missing_file(command: Runner, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.json")
    assert command.bare("json", missing) == 2
    assert command.complaint == f"streamparse: {missing}: {os.strerror(errno.ENOENT)}"


def test_directory(command: Runner, tmp_path: Path) -> None:
    assert command.bare("json", str(tmp_path)) == 2
    assert command.complaint.startswith(f"streamparse: {tmp_path}: ")


# Usage


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["json", "--partial", "--final"], "not allowed with argument --partial"),
        (["json", "--partial", "--select", "$.a"], "it contradicts --partial and --final"),
        (["json", "--final", "--select", "$.a"], "it contradicts --partial and --final"),
        (["json", "--many", "--trailing", "stop"], "it contradicts --trailing stop"),
        (["json", "--select", "a"], "a query must begin with '$'"),
        (["json", "--select", "$.a[-1]"], "a negative index cannot be known"),
        (["json", "--chunk-size", "0"], "'0' is not a number from 1 to "),
        (["json", "--chunk-size", "-1"], "'-1' is not a number from 1 to "),
        (["json", "--chunk-size", "9" * 5000], "is not a number from 1 to "),
        (["json", "--max-depth", "many"], "'many' is not a number from 0 to "),
        (["json", "--surrogates", "drop"], "invalid choice: 'drop'"),
        (["json", "a.json", "b.json"], "unrecognized arguments: b.json"),
        (["xml"], "invalid choice: 'xml'"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_wrong_usage(command: Runner, arguments: list[str], complaint: str) -> None:
    assert command.bare(*arguments) == 2
    assert complaint in command.err.decode()
    assert command.err.decode().startswith("usage: streamparse")
    assert command.out == b""


@pytest.mark.parametrize("arguments", [["--help"], ["json", "--help"]])
def test_help_lists_the_statuses(command: Runner, arguments: list[str]) -> None:
    assert command.bare(*arguments) == 0
    statuses = re.findall(r"^  (\d+) ", command.out.decode(), re.MULTILINE)
    assert [int(status) for status in statuses] == [
        cli.OK,
        cli.BAD_INPUT,
        cli.UNUSABLE,
        cli.INTERRUPTED,
        cli.BROKEN_PIPE,
    ]


def test_version_tells_the_build(command: Runner) -> None:
    assert command.bare("--version") == 0
    build = "compiled" if COMPILED else "interpreted"
    assert command.out.decode() == f"streamparse {__version__} ({build})\n"


# The streams of the process


def test_a_reader_that_went_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert cli.main(["json", str(TRIP)]) == 141
        pipe.write("goes nowhere, without an exception")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_output_that_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert cli.main(["json", str(TRIP)]) == 2
    assert capfd.readouterr().err == "streamparse: <stdout>: No space left on device\n"


def test_no_standard_output(command: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert command(given="1") == 2
    assert command.complaint == "streamparse: <stdout>: closed"


def test_no_standard_error(command: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert command(given="[1 2]") == 1
    assert len(command.lines) == 2  # and nothing but events


def test_output_is_utf8_whatever_the_locale(
    command: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii", newline="\r\n"))
    assert command("--final", given='"é"') == 0
    assert raw.getvalue() == '"é"\n'.encode()


def test_interrupt(command: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(file: str, size: int) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_fragments", interrupted)
    assert command.bare("json", str(TRIP)) == 130
    assert command.err == b""


# In a process of its own


def test_module_reads_standard_input() -> None:
    for arguments in (["json"], ["json", "-"]):
        done = run(*arguments, "--final", given='["é", 1]'.encode())
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout == '["é",1]\n'.encode()


def test_module_gives_the_status() -> None:
    done = run("json", given=b"[1,\n 2")
    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == [
        "streamparse: <stdin>:2:3: the input ended inside a number (truncated)"
    ]
    assert len(done.stdout.splitlines()) == 2


def test_module_without_a_command() -> None:
    done = run()
    assert done.returncode == 2
    assert done.stderr.startswith(b"usage: streamparse ")


def test_output_comes_before_more_input_is_needed() -> None:
    with running([*COMMAND, "json", "--partial"]) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for fragment, line in [
            (b'{"city": "Par', b'{"city":"Par"}\n'),
            (b'is", "days"', b'{"city":"Paris"}\n'),
            (b": [1, 2", b'{"city":"Paris","days":[1]}\n'),
            (b"]", b'{"city":"Paris","days":[1,2]}\n'),
        ]:
            child.stdin.write(fragment)
            child.stdin.flush()
            assert child.stdout.readline() == line
        child.stdin.write(b"}")
        child.stdin.close()
        assert child.stdout.read() == b""
        assert child.wait() == 0


def test_reader_that_closes_early() -> None:
    with running([*COMMAND, "json", "--many"]) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdin.write(b"1 ")
        child.stdin.flush()
        assert child.stdout.readline() != b""
        child.stdout.close()
        child.stdin.write(b"2 ")
        child.stdin.close()
        assert child.stderr.read() == b""
        assert child.wait() == 141


@pytest.mark.skipif(os.name == "nt", reason="signals are of another kind there")
def test_ctrl_c() -> None:
    # A process that was started in the background ignores the signal; here it must not.
    program = """
import signal, sys
from streamparse.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main())
"""
    with running([sys.executable, "-c", program, "json"]) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdin.write(b"[")
        child.stdin.flush()
        assert child.stdout.readline() != b""
        child.send_signal(signal.SIGINT)
        assert child.stderr.read() == b""
        assert child.wait() == 130
