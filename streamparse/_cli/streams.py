"""Standard input and output, lines of JSON, and exit statuses, for all commands.

Rule 1: Input is read as it arrives, and its output is flushed before a command waits for more.
Rule 2: Every line of JSON is valid and in UTF-8, whatever the values and the locale.
Rule 3: No input causes a traceback. An error is one line on standard error and an exit status.
"""

from __future__ import annotations

import argparse
import errno
import os
import re
import select
import shlex
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
_URL: Final = re.compile("[A-Za-z][A-Za-z0-9+.-]+://")


class Complaint(Exception):
    """An error that ends a command: the message for standard error and the exit status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def between(low: int, high: int) -> Callable[[str], int]:
    """Return a type for argparse: a whole number from `low` to `high`."""

    def number(text: str) -> int:
        if not re.fullmatch("[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low} to {high}")
        return int(text)

    return number


# Reading


def fragments(
    file: str, size: int, before_waiting: Callable[[], None] | None = None
) -> Iterator[bytes]:
    """Yield the content of a file, each part as soon as it can be read.

    Args:
        file: The name of the file; "-" for standard input.
        size: How many bytes to read at most at a time.
        before_waiting: Called before a read that may have to wait.

    Raises:
        Complaint: The file cannot be read.
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
    """Check the file before anything is shown; if the input is typed, write how to end it.

    Raises:
        Complaint: The file cannot be read.
    """
    if _URL.match(file):
        what = "a URL cannot be read; pipe the response into this command, as in"
        raise Complaint(f"{file}: {what} curl -sN {shlex.quote(file)} | streamparse …", UNUSABLE)
    try:
        if file != "-" and stat.S_ISDIR(os.stat(file).st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Complaint(f"{name_of(file)}: {reason}", UNUSABLE) from error
    if file == "-" and sys.stdin is not None and sys.stdin.isatty():
        complain("reading from the terminal; end the input with Ctrl-D (or give a FILE)", OK)


def _is_ready(descriptor: int) -> bool:
    """Return whether a read returns at once; False where that is unknown (Windows)."""
    try:
        return bool(select.select([descriptor], [], [], 0)[0])
    except (OSError, ValueError):
        return False


def name_of(file: str) -> str:
    """Return the name of the file for a message."""
    return "<stdin>" if file == "-" else file


# Writing


def standard_output() -> BinaryIO:
    """Return standard output for bytes: encoding and line ends do not depend on the locale."""
    if sys.stdout is None:  # the process was started without one
        raise Complaint("<stdout>: closed", UNUSABLE)
    return sys.stdout.buffer


def abandon_output() -> None:
    """Discard the buffer of standard output, which Python would write again at exit."""
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def complain(message: str, status: int) -> int:
    """Write a message to standard error, if the process has one; return the status."""
    if sys.stderr is not None:  # `print` would take None for standard output
        print(f"streamparse: {printable(message)}", file=sys.stderr)
    return status


def line(value: Any) -> bytes:
    """Return `value` as one line of compact JSON, without characters that a terminal obeys."""
    return printable_json(json_text(value)).encode() + b"\n"
