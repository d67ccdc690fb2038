"""Tests of streamparse._cli.entry."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from streamparse import COMPILED, __version__, _cli
from streamparse._cli import json_command, streams
from tests._cli.running import TRIP, Runner, run

# Usage


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["json", "--partial", "--final"], "not allowed with argument --partial"),
        (["json", "--partial", "--select", "$.a"], "it cannot be used with --partial or --final"),
        (["json", "--final", "--select", "$.a"], "it cannot be used with --partial or --final"),
        (["json", "--many", "--trailing", "stop"], "cannot be used with --trailing stop"),
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
        streams.OK,
        streams.BAD_INPUT,
        streams.UNUSABLE,
        streams.INTERRUPTED,
        streams.BROKEN_PIPE,
    ]


def test_version_names_the_build(command: Runner) -> None:
    assert command.bare("--version") == 0
    build = "compiled" if COMPILED else "interpreted"
    assert command.out.decode() == f"streamparse {__version__} ({build})\n"


# The streams of the process


def test_a_reader_that_went_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert _cli.main(["json", str(TRIP)]) == 141
        pipe.write("goes nowhere, without an exception")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_output_that_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert _cli.main(["json", str(TRIP)]) == 2
    assert capfd.readouterr().err == "streamparse: <stdout>: No space left on device\n"


def test_no_standard_output(command: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert command("json", given="1") == 2
    assert command.complaint == "streamparse: <stdout>: closed"


def test_no_standard_error(command: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert command("json", given="[1 2]") == 1
    assert len(command.lines) == 2  # The output holds only events.


def test_interrupt(command: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(file: str, size: int) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(json_command, "fragments", interrupted)
    assert command.bare("json", str(TRIP)) == 130
    assert command.err == b""


def test_module_without_a_command() -> None:
    done = run()
    assert done.returncode == 2
    assert done.stderr.startswith(b"usage: streamparse ")
