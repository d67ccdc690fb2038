"""Tests of streamparse._cli.json_command."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from streamparse import JSONParser
from tests._cli.running import COMMAND, TRIP, Runner, run, running

# Output


@pytest.mark.parametrize("size", ["1", "7", "65536"])
def test_events(command: Runner, size: str) -> None:
    text = TRIP.read_bytes()
    parser = JSONParser()
    pieces = [text[start : start + int(size)] for start in range(0, len(text), int(size))]
    events = [event for piece in pieces for event in parser.feed(piece)]
    assert command("json", "--chunk-size", size, given=text) == 0
    assert command.lines == [event.to_dict() for event in events]
    assert command.err == b""


def test_lines_are_compact_and_unescaped(command: Runner) -> None:
    assert command("json", given='{"a": "é"}') == 0
    assert command.out.decode().splitlines()[-1] == (
        '{"type":"value_completed","path":[],"value":{"a":"é"}}'
    )


def test_partial(command: Runner) -> None:
    assert (
        command("json", "--partial", "--chunk-size", "4", given='{"a": "bcd"  , "e": [1, 22]}') == 0
    )
    assert command.lines == [
        {},
        {"a": "b"},
        {"a": "bcd"},
        {"a": "bcd", "e": [1]},
        {"a": "bcd", "e": [1, 22]},
    ]


def test_final(command: Runner) -> None:
    assert command("json", "--final", "--chunk-size", "5", given=TRIP.read_bytes()) == 0
    assert command.lines == [json.loads(TRIP.read_bytes())]


def test_final_of_incomplete_input_is_nothing(command: Runner) -> None:
    assert command("json", "--final", given="[1, 2") == 1
    assert command.out == b""


def test_select(command: Runner) -> None:
    arguments = ("--select", "$.days[*].date", "--select", "$.title")
    assert command("json", *arguments, given=TRIP.read_bytes()) == 0
    completed = [line for line in command.lines if line["type"] == "value_completed"]
    assert [line["path"] for line in completed] == [
        ["title"],
        ["days", 0, "date"],
        ["days", 1, "date"],
        ["days", 2, "date"],
    ]


def test_many(command: Runner) -> None:
    assert command("json", "--many", "--final", given='{"a": 1}\n{"a": 2}\n') == 0
    assert command.lines == [[{"a": 1}, {"a": 2}]]
    assert command("json", "--many", given="") == 0
    assert command.out == b""


def test_trailing_stop(command: Runner) -> None:
    """The rest after the value is not read, so it may be invalid."""
    arguments = ("--trailing", "stop", "--final", "--chunk-size", "1")
    assert command("json", *arguments, given=b"[1] and \xff") == 0
    assert command.lines == [[1]]


def test_surrogates(command: Runner) -> None:
    text = r'{"\ud83d": "\udc00 \ud83d\ude82"}'
    assert command("json", "--final", given=text) == 0
    assert command.out == b'{"\\ud83d":"\\udc00 \xf0\x9f\x9a\x82"}\n'
    assert command("json", "--final", "--surrogates", "replace", given=text) == 0
    assert command.lines == [{"\ufffd": "\ufffd \U0001f682"}]
    assert command("json", "--surrogates", "error", given=text) == 1
    assert (
        command.complaint
        == "streamparse: FILE:1:9: half a surrogate pair: \\ud83d (lone_surrogate)"
    )


def test_infinity_stays_json(command: Runner) -> None:
    text = '{"a": [1e400, -1e999, 0.5, -7], "b\\n": ["\\"", true, null, {}, []]}'
    assert command("json", "--final", given=text) == 0
    assert command.out == (b'{"a":[1e999,-1e999,0.5,-7],"b\\n":["\\"",true,null,{},[]]}\n')


def test_the_longest_integer(command: Runner) -> None:
    text = "-" + "9" * 4300
    assert command("json", "--final", given=text) == 0
    assert command.out.decode() == text + "\n"


@pytest.mark.parametrize("opening", ["[", '{"":'])
def test_values_as_deep_as_the_limit(command: Runner, opening: str) -> None:
    closing = "]" if opening == "[" else "}"
    text = opening * 1000 + "1" + closing * 1000
    for view in ("--final", "--partial"):
        assert command("json", view, given=text) == 0
        assert command.out.decode() == text + "\n"
    assert command("json", given=text) == 0
    assert len(command.out.splitlines()) == 2001


def test_depth_limit(command: Runner) -> None:
    assert command("json", "--partial", given="[" * 1001) == 1
    assert command.out.decode() == "[" * 1000 + "]" * 1000 + "\n"
    assert command.complaint.startswith("streamparse: FILE:1:1001: ")
    assert command.complaint.endswith(" (depth)")
    assert command("json", "--max-depth", "2", given="[[[") == 1
    assert command("json", "--max-depth", "1500", "--final", given="[" * 1500 + "]" * 1500) == 0
    assert command("json", "--max-depth", "0", "--final", given="7") == 0


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
    """An error is one line with its place, after all earlier output."""
    assert command("json", given=given) == 1
    assert command.complaint == f"streamparse: FILE:{complaint}"
    assert len(command.lines) == events


def test_missing_file(command: Runner, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.json")
    assert command.bare("json", missing) == 2
    assert command.complaint == f"streamparse: {missing}: {os.strerror(errno.ENOENT)}"


def test_directory(command: Runner, tmp_path: Path) -> None:
    assert command.bare("json", str(tmp_path)) == 2
    assert command.complaint.startswith(f"streamparse: {tmp_path}: ")


def test_output_is_utf8_in_any_locale(command: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii", newline="\r\n"))
    assert command("json", "--final", given='"é"') == 0
    assert raw.getvalue() == '"é"\n'.encode()


# In another process


def test_module_reads_standard_input() -> None:
    for arguments in (["json"], ["json", "-"]):
        done = run(*arguments, "--final", given='["é", 1]'.encode())
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout == '["é",1]\n'.encode()


def test_module_returns_the_status() -> None:
    done = run("json", given=b"[1,\n 2")
    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == [
        "streamparse: <stdin>:2:3: the input ended inside a number (truncated)"
    ]
    assert len(done.stdout.splitlines()) == 2


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


@pytest.mark.skipif(os.name == "nt", reason="signals are different on Windows")
def test_ctrl_c() -> None:
    # A process that is started in the background would ignore the signal.
    program = """
import signal, sys
from streamparse._cli import main
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


# The lenient dialect


def test_lenient(command: Runner) -> None:
    text = "So:\n```json\n{'a': [1, 2,], b: True}\n```"
    assert command("json", "--final", given=text) == 1
    assert command("json", "--lenient", "--final", given=text) == 0
    assert command.lines == [{"a": [1, 2], "b": True}]


@pytest.mark.parametrize("size", ["1", "65536"])
def test_repair(command: Runner, size: str) -> None:
    assert command("json", "--repair", "--chunk-size", size, given="[1, {'a': 2,}] ok?") == 0
    assert command.out == b'[1,{"a":2}]\n'
    assert command.err.decode().splitlines() == [
        "single_quotes: a string stood in single quotes or backticks (offset 5, $[1])",
        "trailing_comma: a comma stood before a closing bracket (offset 11, $[1])",
        "trailing_text: text after the value was skipped (offset 15, $)",
    ]


def test_repair_marks_doubts(command: Runner) -> None:
    assert command("json", "--repair", given='{"a": 12", "b": 1,}') == 0
    lines = command.err.decode().splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "missing_quote",
        "ambiguous",
        "trailing_comma",
    ]
    assert [line.endswith("[doubt]") for line in lines] == [False, True, False]


def test_repair_of_truncated_input_has_a_status(command: Runner) -> None:
    assert command("json", "--repair", given='{"a": [1, "b') == 1
    assert command.lines == [{"a": [1, "b"]}]
    assert command.err.startswith(b"truncated: the input ended early")


def test_input_that_cannot_be_repaired(command: Runner) -> None:
    assert command("json", "--repair", given="{'a': , 'b': 1}") == 1
    assert command.out == b""
    assert command.err.decode().startswith("single_quotes: ")
    assert "expected a value" in command.err.decode()


@pytest.mark.parametrize("other", ["--final", "--partial", "--lenient", "--select=$.a"])
def test_repair_excludes_other_options(command: Runner, other: str) -> None:
    assert command("json", "--repair", other, given="1") == 2


@pytest.mark.parametrize(
    "options",
    [
        ("--select", "a", "--partial"),
        ("--schema", "x.json", "--final"),
        ("--coerce",),
        ("--repair", "--partial"),
        ("--many", "--trailing", "stop"),
        ("--select", "a["),
    ],
)
def test_options_that_contradict_each_other(command: Runner, options: tuple[str, ...]) -> None:
    assert command("json", *options, given="{}") == 2
    assert b"error:" in command.err
    assert command.out == b""


@pytest.mark.parametrize(("text", "status"), [('{"a": "1"}', 0), ('{"a": "x"}', 1)])
def test_values_are_validated_and_coerced(
    command: Runner, tmp_path: Path, text: str, status: int
) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text('{"properties": {"a": {"type": "integer"}}}')
    options = ["--schema", str(schema), "--coerce", "--trailing", "stop", "--chunk-size", "3"]
    assert command("json", *options, given=text + " rest") == status
    assert (b"coerced" in command.err) == (status == 0)
