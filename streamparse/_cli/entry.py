"""`streamparse COMMAND`: parses the arguments and turns exceptions into messages and statuses."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

from streamparse import _version
from streamparse._cli import (
    batch_command,
    demo_command,
    gateway_command,
    json_command,
    lists_command,
    replay_command,
)
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
  0    the input is complete and valid
  1    the input is malformed, incomplete, beyond a limit or violates the schema, or a response
       in it was cut off or failed; the output up to there has been written
  2    wrong usage, a file that cannot be read or written, or an extra that is not installed
  130  interrupted (Ctrl-C)
  141  the reader of the output has closed it
"""


_READING: Final = ("replay", "json")
_EXAMPLES: Final = {
    "replay": """\
examples:
  streamparse replay answer.sse                a recorded response, at reading speed
  curl -sN URL | streamparse replay            a response while it arrives
  streamparse replay --format auto answer.txt  the text of a model that contains tool calls
  streamparse replay --tools tools.json answer.sse
""",
    "json": """\
examples:
  streamparse json trip.json
  streamparse json --select '$.days[*].place' trip.json
  streamparse json --repair broken.json > mended.json
""",
    "batch": """\
examples:
  streamparse batch 'results/*.jsonl.gz' -o answers.parquet
  streamparse batch outputs.jsonl --format hermes -o answers.jsonl --html report.html

exit status: 1 if an answer has failed, 2 for wrong usage or files that cannot be read or written
""",
    "demo": """\
examples:
  streamparse demo --open
  streamparse demo answer.sse
""",
    "gateway": """\
examples:
  streamparse gateway --upstream http://127.0.0.1:8000
  streamparse gateway --upstream http://127.0.0.1:8000 --format hermes --retry 2

Point clients of OpenAI's API at the address that the command prints.
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


class _Command(NamedTuple):
    """A command: the functions that add its arguments and run it, and its line in the help."""

    add: Callable[[argparse.ArgumentParser], None]
    run: Callable[..., int]
    summary: str
    description: str


_COMMANDS: Final = {
    "replay": _Command(
        replay_command.add,
        replay_command.run,
        "show the response of a model as it arrives: text, reasoning, tool calls",
        "Read the response of a model provider, recorded or live, and show it as it grows.",
    ),
    "json": _Command(
        json_command.add,
        json_command.run,
        "write events or values of JSON as it arrives, as JSON Lines",
        "Read JSON as it arrives and write its events, each as one line of JSON.",
    ),
    "batch": _Command(
        batch_command.add,
        batch_command.run,
        "parse many recorded answers into a table",
        "Parse files of recorded answers, one a row, into a Parquet or JSON Lines file. A row that "
        "cannot be parsed is a row with an error. A run that was stopped is resumed.",
    ),
    "demo": _Command(
        demo_command.add,
        demo_command.run,
        "show responses as they arrive on a page in the browser",
        "Serve a page that plays recorded responses: samples, FILE, or files dropped on the page.",
    ),
    "gateway": _Command(
        gateway_command.add,
        gateway_command.run,
        "serve the API of a model server with parsed tool calls and reasoning",
        "Forward requests to an OpenAI-compatible server. In the answers to chat completions, tool "
        "calls and reasoning that the model wrote as text become tool_calls and reasoning_content, "
        "while they arrive. Calls are checked against the tools of the request. Everything else "
        "passes unchanged.",
    ),
    "formats": _Command(
        lists_command.add_formats,
        lists_command.run_formats,
        "list the raw-text tool-call formats that --format takes",
        "List the raw-text tool-call formats, each with the models that write it.",
    ),
    "apis": _Command(
        lists_command.add_apis,
        lists_command.run_apis,
        "list the wire formats that --api takes",
        "List the wire formats.",
    ),
    "completion": _Command(
        lists_command.add_completion,
        lists_command.run_completion,
        "write a script for completion in a shell",
        "Write a script with which a shell completes commands, options and names.",
    ),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status.

    Args:
        argv: The arguments; by default those of the process.

    Raises:
        SystemExit: Wrong usage, `--help` or `--version`.
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
    # The beginning of a foreign document often explains it, as the title of an error page does.
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
    words: dict[str, list[str]] = {}  # the options of each command, for `completion`
    for name, command in _COMMANDS.items():
        examples = _EXAMPLES.get(name, "")
        added = commands.add_parser(
            name,
            help=command.summary,
            description=command.description,
            epilog=f"{examples}\n{STATUSES}" if name in _READING else examples or None,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add(added)
        added.set_defaults(run=partial(command.run, command=added), file="-", words=words)
        words[name] = [each for each in added._option_string_actions if each.startswith("--")]
    return parser.parse_args(argv)
