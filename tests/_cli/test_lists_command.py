"""Tests of `streamparse formats`, `apis` and `completion`."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from streamparse import formats
from streamparse.message_parser import APIS
from tests._cli.running import Runner


def test_formats_are_listed(command: Runner) -> None:
    assert command.bare("formats") == 0
    lines = command.out.decode().splitlines()
    assert [line.split()[0] for line in lines] == formats.names()
    assert all(len(line.split()) > 1 for line in lines)


def test_one_format(command: Runner) -> None:
    assert command.bare("formats", "Qwen/Qwen3-Coder-30B-A3B-Instruct") == 0
    assert command.out.startswith(b"qwen3_coder  ")
    assert command.bare("formats", "herms") == 2
    assert b"did you mean 'hermes'?" in command.err


def test_apis_are_listed(command: Runner) -> None:
    assert command.bare("apis") == 0
    assert command.out.decode().split() == list(APIS)


@pytest.mark.parametrize("name", ["replay", "json", "demo", "formats", "completion"])
def test_help_has_examples(command: Runner, name: str) -> None:
    assert command.bare(name, "--help") == 0
    assert f"examples:\n  streamparse {name}" in command.out.decode() or name == "completion"
    assert (b"exit status" in command.out) == (name in ("replay", "json"))


COMPLETE = """
COMP_WORDS=(streamparse "$@"); COMP_CWORD=$#; _streamparse; echo "${COMPREPLY[@]}"
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["re"], "replay"),
        (["js"], "json"),
        (["replay", "--pl"], "--plain"),
        (["json", "--max"], "--max-depth"),
        (["replay", "--api", "cohere"], "cohere-v2 cohere-v1"),
        (["replay", "--format", "qwen3"], "qwen3_coder"),
        (["demo", "--h"], "--help --host"),
    ],
)
def test_completion_in_bash(command: Runner, words: list[str], expected: str) -> None:
    assert command.bare("completion", "bash") == 0
    script = command.out.decode() + COMPLETE
    done = subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True, timeout=30)
    assert done.stdout.decode().strip() == expected, done.stderr


def test_completion_in_other_shells(command: Runner) -> None:
    assert command.bare("completion", "zsh") == 0
    assert command.out.startswith(b"autoload")
    assert command.bare("completion", "fish") == 0
    assert all(
        line.startswith("complete -c streamparse ") for line in command.out.decode().splitlines()
    )
    assert command.bare("completion", "tcsh") == 2
