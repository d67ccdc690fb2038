"""`streamparse batch FILES -o OUT`: parses many recorded answers into a table."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from streamparse._cli.batch_inputs import chunks, expanded, sources
from streamparse._cli.batch_job import Counts, Job, Part
from streamparse._cli.batch_report import report
from streamparse._cli.replay_command import api_of, format_of, loaded
from streamparse._cli.streams import BAD_INPUT, OK, UNUSABLE, Complaint, between
from streamparse.message_parser import MessageParser
from streamparse.terminal import printable

__all__ = ["add", "ignore", "progress", "run", "summarize"]

_ROWS: Final = 256  # rows in a chunk; a row can be a whole response


def add(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    argument = command.add_argument
    argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="the input: JSON Lines (.jsonl, .ndjson) with one answer a line, Parquet, or files "
        "with one answer each, as .sse; also with .gz or .zst, patterns, and '-' for lines on "
        "standard input",
    )
    argument("-o", "--output", required=True, metavar="OUT", help="a .parquet or .jsonl file")
    argument("--api", type=api_of, metavar="NAME", help="the wire format (default: detected)")
    argument("--format", type=format_of, metavar="NAME", help="the raw-text format of tool calls")
    argument("--tools", metavar="FILE", help="validate tool calls; a JSON list of tools")
    argument("--output-schema", metavar="FILE", help="validate the text; a JSON Schema")
    argument(
        "--column",
        default="body",
        metavar="NAME",
        help="the column of Parquet files with the answers (default: body)",
    )
    argument(
        "--jobs",
        type=between(1, 1024),
        default=os.cpu_count() or 1,
        metavar="N",
        help="how many processes parse (default: one for each processor)",
    )
    argument(
        "--rows",
        type=between(1, 1_000_000),
        default=_ROWS,
        metavar="N",
        help=f"how many rows are parsed at once (default: {_ROWS})",
    )
    argument(
        "--restart",
        action="store_true",
        help="discard the results of an earlier run that was stopped",
    )
    argument("--html", metavar="FILE", help="also write a report with plots")


def run(options: argparse.Namespace, command: argparse.ArgumentParser) -> int:
    """Parse the files and return the exit status: 1 if an answer has failed."""
    parsing = _parser_options(options)
    files = sources(expanded(options.files))
    job = Job(Path(options.output), files, parsing, options.rows, options.column)
    job.prepare(options.restart or any(file.name == "-" for file in files))
    parts: list[Part] = []
    began = time.monotonic()
    with progress(sum(file.size for file in files)) as show:
        for part in job.parts(chunks(files, options.rows, options.column), options.jobs):
            parts.append(part)
            show(part)
    job.join(parts)
    parts.sort(key=lambda part: part.path.name)
    total = Counts()
    for part in parts:
        total.add(part.counts)
    summarize(total, time.monotonic() - began)
    if options.html:
        title = f"{options.output}: {total.answers:,} answers"
        page = report(title, [part.counts for part in parts])
        Path(options.html).write_text(page, encoding="utf-8")
    return BAD_INPUT if total.status["failed"] else OK


def _parser_options(options: argparse.Namespace) -> dict[str, Any]:
    """Return the options of `MessageParser`, and check them before any file is written."""
    found: dict[str, Any] = {"api": options.api, "format": options.format}
    if options.tools is not None:
        found["tools"] = loaded(options.tools)
    if options.output_schema is not None:
        found["output"] = loaded(options.output_schema)
    try:
        MessageParser(**found)
    except (TypeError, ValueError) as error:
        raise Complaint(str(error), UNUSABLE) from None
    return found


@contextmanager
def progress(size: int) -> Iterator[Callable[[Part], None]]:
    """Show the progress of the job if standard error is a terminal and rich is installed."""
    try:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
    except ImportError:
        yield ignore
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        yield ignore
        return
    columns = [
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[rows]:,} rows, {task.fields[rate]:,.0f}/s"),
        TextColumn("{task.fields[failed]:,} failed"),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=size or None, rows=0, rate=0.0, failed=0)
        total, began, furthest = Counts(), time.monotonic(), 0

        def show(part: Part) -> None:
            nonlocal furthest
            total.add(part.counts)
            furthest = max(furthest, part.read)
            rate = total.rows / max(time.monotonic() - began, 1e-9)
            failed = total.status["failed"]
            bar.update(task, completed=furthest, rows=total.rows, rate=rate, failed=failed)

        yield show


def ignore(part: Part) -> None:
    """Show nothing."""


def summarize(total: Counts, spent: float) -> None:
    """Write a summary of all answers to standard error."""
    if sys.stderr is None:
        return
    rate = total.rows / spent if spent > 0 else 0.0
    lines = [f"{total.rows:,} rows, {total.answers:,} answers in {spent:.1f} s ({rate:,.0f}/s)"]
    for heading, counts in (
        ("status", total.status),
        ("finish reason", total.finish),
        ("error", total.errors),
        ("call", total.calls),
    ):
        for name, count in sorted(counts.items(), key=lambda row: -row[1]):
            lines.append(f"  {heading:<14} {printable(name):<32} {count:>12,}")
    if total.input_tokens or total.output_tokens:
        lines.append(f"  {'tokens':<14} {'input':<32} {total.input_tokens:>12,}")
        lines.append(f"  {'tokens':<14} {'output':<32} {total.output_tokens:>12,}")
    print("\n".join(lines), file=sys.stderr)
