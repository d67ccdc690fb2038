"""`streamparse COMMAND`: the arguments, and what becomes of everything a command may raise."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeAlias

from streamparse import _version
from streamparse._cli import demo_command, json_command, lists_command, replay_command
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


_READING: Final = ("replay", "json")
_EXAMPLES: Final = {
    "replay": """\
examples:
  streamparse replay answer.sse                a recorded answer, at a pleasant pace
  curl -sN ... | streamparse replay            an answer while it arrives
  streamparse replay --format auto answer.txt  the text of a model with tool calls in it
  streamparse replay --tools tools.json answer.sse
""",
    "json": """\
examples:
  streamparse json trip.json
  streamparse json --select '$.days[*].place' trip.json
  streamparse json --repair broken.json > mended.json
""",
    "demo": """\
examples:
  streamparse demo --open
  streamparse demo answer.sse
""",
    "formats": """\
examples:
  streamparse formats
  streamparse formats Qwen/Qwen3-Coder-30B-A3B-Instruct
""",
    "completion": """\
examples:
  source <(streamparse completion bash)
  streamparse completion fish > ~/.config/fish/completions/streamparse.fish
""",
}

_Adding: TypeAlias = Callable[[argparse.ArgumentParser], None]
_Running: TypeAlias = Callable[..., int]


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
    message = _OPTION.sub(_as_typed, error.message)
    if error.code == "not_a_stream":
        message += "; for the text of a model, use --format auto or --api text"
    text = f"{error.line}:{error.column}: {message} ({error.code})"
    # The beginning of what is not a stream often explains it: the headline of a gateway's page.
    return f"{text}: {error.excerpt!r}" if isinstance(error, WireError) and error.excerpt else text


def _as_typed(match: re.Match[str]) -> str:
    """Return an option of the library as the command line has it."""
    return " ".join(part for part in (f"--{match[1]}", match[2]) if part)


# `api=`, `format="auto"`: options of the library in its messages.
_OPTION: Final = re.compile(r"\b(api|format|tools)=(?:[\"']([^\"']*)[\"'])?")


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

    words: dict[str, list[str]] = {}

    def add(name: str, adding: _Adding, running: _Running, summary: str, description: str) -> None:
        examples = _EXAMPLES.get(name, "")
        command = commands.add_parser(
            name,
            help=summary,
            description=description,
            epilog=f"{examples}\n{STATUSES}" if name in _READING else examples or None,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        adding(command)
        command.set_defaults(run=partial(running, command=command), file="-", words=words)
        words[name] = [each for each in command._option_string_actions if each.startswith("--")]

    add(
        "replay",
        replay_command.add,
        replay_command.run,
        "a model's answer as it arrives: text, reasoning, tool calls",
        "Read the response of a model provider, as recorded or as it arrives, and show it growing.",
    )
    add(
        "json",
        json_command.add,
        json_command.run,
        "events or values of a JSON stream, as JSON Lines",
        "Read JSON as it arrives and write its events, one line of JSON for each.",
    )
    add(
        "demo",
        demo_command.add,
        demo_command.run,
        "a page in the browser that shows answers as they arrive",
        "Serve a page that plays recorded answers: samples, or files that are dropped on it.",
    )
    add(
        "formats",
        lists_command.add_formats,
        lists_command.run_formats,
        "the raw-text formats of tool calls that --format takes",
        "List the raw-text formats of tool calls, each with the models that write it.",
    )
    add(
        "apis",
        lists_command.add_apis,
        lists_command.run_apis,
        "the wire formats that --api takes",
        "List the wire formats.",
    )
    add(
        "completion",
        lists_command.add_completion,
        lists_command.run_completion,
        "a script that completes commands and options in a shell",
        "Write a script that completes commands, options and names in a shell.",
    )
    return parser.parse_args(argv)
