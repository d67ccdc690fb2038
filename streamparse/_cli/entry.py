"""`streamparse COMMAND`: the arguments, and what becomes of everything a command may raise."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from types import ModuleType
from typing import Final

from streamparse import _version
from streamparse._cli import demo_command, json_command, replay_command
from streamparse._cli.streams import (
    BAD_INPUT,
    BROKEN_PIPE,
    INTERRUPTED,
    UNUSABLE,
    Complaint,
    abandon_output,
    complain,
    name_of,
)
from streamparse._core.grammar import COMPILED
from streamparse.errors import StreamParseError, WireError

__all__ = ["main"]

STATUSES: Final = """\
exit status:
  0    all of it is complete and well-formed
  1    the input is malformed, incomplete or beyond a limit, it violates the schema, or an
       answer in it was cut off or has failed; output so far stands
  2    wrong usage, a file that cannot be read or written, or a part that is not installed
  130  interrupted (Ctrl-C)
  141  the reader of the output went away
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line on `argv` (default: the arguments of the process); the exit status.

    Wrong usage, `--help` and `--version` raise `SystemExit`, as argparse does.
    """
    options = _options(argv)
    try:
        status = options.run(options)
        assert isinstance(status, int)
        return status
    except StreamParseError as error:
        return complain(f"{name_of(options.file)}:{_described(error)}", BAD_INPUT)
    except Complaint as complaint:
        return complain(str(complaint), complaint.status)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        abandon_output()
        return BROKEN_PIPE
    except OSError as error:
        abandon_output()
        return complain(f"<stdout>: {error.strerror}", UNUSABLE)
    except ImportError as error:  # an extra is missing: the text names it
        return complain(str(error), UNUSABLE)


def _described(error: StreamParseError) -> str:
    text = f"{error.line}:{error.column}: {error.message} ({error.code})"
    # What is no stream shows best what it is by itself: the headline of a gateway's page, say.
    return f"{text}: {error.excerpt!r}" if isinstance(error, WireError) and error.excerpt else text


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="streamparse",
        description="Parse LLM output while it is still arriving.",
        epilog=STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    build = "compiled" if COMPILED else "interpreted"
    version = f"streamparse {_version.__version__} ({build})"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(name: str, module: ModuleType, summary: str, description: str) -> None:
        command = commands.add_parser(
            name,
            help=summary,
            description=description,
            epilog=STATUSES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add(command)
        command.set_defaults(run=partial(module.run, command=command))

    add(
        "replay",
        replay_command,
        "a model's answer as it arrives: text, reasoning, tool calls",
        "Read the response of a model provider, as recorded or as it arrives, and show it growing.",
    )
    add(
        "json",
        json_command,
        "events or values of a JSON stream, as JSON Lines",
        "Read JSON as it arrives and write its events, one line of JSON for each.",
    )
    add(
        "demo",
        demo_command,
        "a page in the browser that shows answers as they arrive",
        "Serve a page that plays recorded answers: samples, or files that are dropped on it.",
    )
    return parser.parse_args(argv)
