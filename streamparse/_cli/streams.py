"""What all commands share: the streams of the process, lines of JSON, the exit statuses.

Rule 1: input is read as it arrives, and what it gave is flushed before more is waited for.
Rule 2: every line of JSON is valid and in UTF-8, whatever the values and the locale.
Rule 3: whatever the input, there is no traceback: one line on stderr, and a status.
"""

from __future__ import annotations

import argparse
import errno
import os
import re
import select
import stat
import sys
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

from streamparse._core.plain import json_text
from streamparse.terminal import printable, printable_json

__all__ = [
    "BAD_INPUT",
    "BROKEN_PIPE",
    "Complaint",
    "INTERRUPTED",
    "LARGEST_FRAGMENT",
    "OK",
    "UNUSABLE",
    "abandon_output",
    "announce",
    "between",
    "complain",
    "fragments",
    "line",
    "name_of",
    "standard_output",
]

OK: Final = 0
BAD_INPUT: Final = 1
UNUSABLE: Final = 2  # also what argparse exits with
INTERRUPTED: Final = 130  # 128 + SIGINT
BROKEN_PIPE: Final = 141  # 128 + SIGPIPE

LARGEST_FRAGMENT: Final = 16 * 1024 * 1024


class Complaint(Exception):
    """What a command has to say on stderr when it gives up, and its exit status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def between(low: int, high: int) -> Callable[[str], int]:
    """For argparse: a whole number from `low` to `high`."""

    def number(text: str) -> int:
        if not re.fullmatch("[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low} to {high}")
        return int(text)

    return number


# Reading


def fragments(
    file: str, size: int, before_waiting: Callable[[], None] | None = None
) -> Iterator[bytes]:
    """What the file holds, each part as soon as it can be had; "-" is standard input.

    `before_waiting` is called before a read that will have to wait, or may have to.
    """
    inherited = file == "-"
    try:
        # Not `sys.stdin`: its buffer waits until it is full.
        with open(0 if inherited else file, "rb", buffering=0, closefd=not inherited) as source:
            while True:
                if before_waiting is not None and not _is_ready(source.fileno()):
                    before_waiting()
                if not (fragment := os.read(source.fileno(), size)):
                    return
                yield fragment
    except OSError as error:
        raise Complaint(f"{name_of(file)}: {error.strerror}", UNUSABLE) from error


def announce(file: str) -> None:
    """Say on standard error that input is awaited, where a person has to type it.

    Raises:
        Complaint: The file cannot be read. Nothing has been shown yet.
    """
    try:
        if file != "-" and stat.S_ISDIR(os.stat(file).st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise Complaint(f"{name_of(file)}: {said}", UNUSABLE) from error
    if file == "-" and sys.stdin is not None and sys.stdin.isatty():
        complain("reading from the terminal; end the input with Ctrl-D (or give a FILE)", OK)


def _is_ready(descriptor: int) -> bool:
    """Can something be read at once? False where that cannot be told (Windows)."""
    try:
        return bool(select.select([descriptor], [], [], 0)[0])
    except (OSError, ValueError):
        return False


def name_of(file: str) -> str:
    """How the file is called in a complaint."""
    return "<stdin>" if file == "-" else file


# Writing


def standard_output() -> BinaryIO:
    """Bytes, because neither the encoding nor the line ends may depend on the locale."""
    if sys.stdout is None:  # the process was started without one
        raise Complaint("<stdout>: closed", UNUSABLE)
    return sys.stdout.buffer


def abandon_output() -> None:
    """Send what is still in the buffer nowhere: at exit Python would try to write it again."""
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def complain(message: str, status: int) -> int:
    """Say it on stderr, if there is one; the status."""
    if sys.stderr is not None:  # `print` would take None for standard output
        print(f"streamparse: {printable(message)}", file=sys.stderr)
    return status


def line(value: Any) -> bytes:
    """Return `value` as one line of compact JSON, without characters that a terminal obeys."""
    return printable_json(json_text(value)).encode() + b"\n"
