"""Tests of streamparse._cli.streams."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import pytest

from streamparse._cli import streams


def test_statuses_differ() -> None:
    statuses = (
        streams.OK,
        streams.BAD_INPUT,
        streams.UNUSABLE,
        streams.INTERRUPTED,
        streams.BROKEN_PIPE,
    )
    assert statuses == (0, 1, 2, 130, 141)


def test_between() -> None:
    number = streams.between(1, 20)
    assert [number("1"), number("020")] == [1, 20]
    for text in ("0", "21", "-1", "1.0", "", " 1", "1_0", "٣", "9" * 5000):
        with pytest.raises(argparse.ArgumentTypeError, match="is not a number from 1 to 20"):
            number(text)


@pytest.mark.parametrize("size", [1, 4, 100])
def test_fragments(tmp_path: Path, size: int) -> None:
    file = tmp_path / "input"
    file.write_bytes(b"0123456789")
    found = list(streams.fragments(str(file), size))
    assert b"".join(found) == b"0123456789"
    assert max(map(len, found)) <= size


def test_fragments_of_a_file_that_is_missing(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    with pytest.raises(streams.Complaint, match="missing: ") as caught:
        list(streams.fragments(missing, 1))
    assert caught.value.status == streams.UNUSABLE


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot tell whether a pipe has data")
def test_the_callback_is_called_before_waiting(tmp_path: Path) -> None:
    """The callback is called when a pipe is empty, not while it has data."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)
    os.write(writer, b"abcdef")
    pauses = 0

    def pause() -> None:
        nonlocal pauses
        pauses += 1
        os.write(writer, b"g")

    reading = streams.fragments(str(pipe), 2, pause)
    assert [next(reading), next(reading), next(reading)] == [b"ab", b"cd", b"ef"]
    assert pauses == 0
    assert next(reading) == b"g"
    assert pauses == 1
    os.close(writer)
    assert list(reading) == []


def test_a_file_has_no_pauses(tmp_path: Path) -> None:
    file = tmp_path / "input"
    file.write_bytes(b"abc")

    def pause() -> None:
        raise AssertionError

    assert b"".join(streams.fragments(str(file), 1, pause)) == b"abc"


def test_names() -> None:
    assert [streams.name_of("-"), streams.name_of("a.sse")] == ["<stdin>", "a.sse"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": [1, None, True, 0.5], "é": "\n"}, '{"a":[1,null,true,0.5],"é":"\\n"}\n'),
        ([float("inf"), -float("inf")], "[1e999,-1e999]\n"),
        ({"\ud83d": "\udc00x"}, '{"\\ud83d":"\\udc00x"}\n'),
        ({}, "{}\n"),
    ],
)
def test_line(value: object, expected: str) -> None:
    assert streams.line(value).decode() == expected


def test_line_of_a_deep_value() -> None:
    value: list[object] = ["bottom"]
    for _ in range(5000):
        value = [{"": value}]
    text = streams.line(value).decode()
    assert text == '[{"":' * 5000 + '["bottom"]' + "}]" * 5000 + "\n"
    assert "\n" not in text[:-1]
    assert json.loads(streams.line({"a": 1})) == {"a": 1}


def test_complain(capsys: pytest.CaptureFixture[str]) -> None:
    assert streams.complain("no such thing", 7) == 7
    assert capsys.readouterr().err == "streamparse: no such thing\n"
    streams.complain("a file called \x1b[2J", 1)
    assert capsys.readouterr().err == "streamparse: a file called \\x1b[2J\n"


def test_reading_from_a_terminal_is_announced(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    streams.announce("-")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys, "stdin", Terminal())
    streams.announce("-")
    assert "reading from the terminal" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdin", None)
    streams.announce("-")
    with pytest.raises(streams.Complaint, match="No such file"):
        streams.announce("no such file")


def test_lines_of_json_are_safe_in_a_terminal() -> None:
    text = "\x9b\u202e\x7f\u200e"
    written = streams.line({text: text}).decode()
    assert written.isascii()
    assert json.loads(written) == {text: text}


def test_inputs_that_are_not_files(tmp_path: Path) -> None:
    with pytest.raises(streams.Complaint, match="curl -sN"):
        streams.announce("https://example.org/a b")
    with pytest.raises(streams.Complaint, match="directory"):
        streams.announce(str(tmp_path))
    with pytest.raises(streams.Complaint):
        streams.announce("a\0b")


def test_a_process_without_standard_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    with pytest.raises(streams.Complaint, match="closed"):
        streams.standard_output()
    assert streams.complain("nobody reads this", 3) == 3


def test_an_invalid_descriptor_is_not_ready() -> None:
    assert streams._is_ready(-1) is False
