"""The command that runs the libraries, judges their answers, and writes the report.

python -m benchmarks.scoreboard [--install FOLDER] [--only NAME …] [--quick]
    [--json FILE] [--html FILE] [--markdown FILE]
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.scoreboard import cases, costs, page, summary
from benchmarks.scoreboard.judge import Outcome, judge
from benchmarks.scoreboard.libraries import LIBRARIES, OURS, Library
from benchmarks.scoreboard.run import LIMIT, Environment, install, run

Result = dict[str, Any]

OUT: Final = Path(__file__).parents[1] / "out"


def measure(
    libraries: Sequence[Library],
    found: Sequence[cases.Case],
    environments: dict[str, Environment],
    sizes: Sequence[int] = costs.SIZES,
    seconds: float = 1.0,
    log: Any = subprocess.DEVNULL,
) -> Result:
    """Run all cases and measure the costs."""
    result: Result = {
        "date": datetime.date.today().isoformat(),
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "cases": [_case_row(case) for case in found],
        "checks": cases.CHECKS,
        "libraries": [],
    }
    for library in libraries:
        print(f"{library.name} … ", end="", flush=True)
        row = _library_row(library, found, environments, sizes, seconds, log)
        result["libraries"].append(row)
        print(summary.line_of(row), flush=True)
    result["features"] = summary.features(result)
    return result


def _case_row(case: cases.Case) -> dict[str, Any]:
    row = {"id": case.id, "discipline": case.discipline, "kind": case.kind, "asks": case.asks}
    return row | ({"needs": case.needs} if case.needs else {})


def _library_row(
    library: Library,
    found: Sequence[cases.Case],
    environments: dict[str, Environment],
    sizes: Sequence[int],
    seconds: float,
    log: Any,
) -> Result:
    environment = environments.get(library.environment, Environment())
    entered = [case for case in found if case.discipline in library.uses]
    jobs = [(job.id, job.line()) for case in entered for job in case.jobs()]
    answers = run(library, environment, jobs, log)
    row: Result = {"name": library.name, "uses": library.uses, "lacks": library.lacks}
    if "missing" in answers.header:
        return row | {"missing": answers.header["missing"], "versions": {}}
    row |= answers.header
    outcomes: list[Outcome] = []
    for case in entered:
        outcomes += judge(case, library, answers.by_job)
    row["outcomes"] = [outcome.as_dict() for outcome in outcomes]
    if sizes and not library.node:
        timed = costs.jobs(library, sizes, seconds)
        measured = run(library, environment, timed, log, limit=LIMIT + 4 * costs.LIMIT)
        row["costs"] = costs.rows(measured.by_job)
    return row


_EPILOG: Final = (
    "Without --install, libraries of this environment are used, and those of Node.js from"
    " benchmarks/scoreboard/node; the others are reported as not installed."
)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.scoreboard",
        description="Compare libraries that read the output of language models while it streams.",
        epilog=_EPILOG,
    )
    add = made.add_argument
    add("--install", type=Path, metavar="FOLDER", help="install the newest version of each there")
    add("--only", nargs="+", choices=LIBRARIES, metavar="NAME", help="these libraries")
    add("--discipline", nargs="+", choices=cases.DISCIPLINES, help="these disciplines")
    add("--quick", action="store_true", help="no costs")
    add("--json", type=Path, default=OUT / "scoreboard.json", help="the results as data")
    add("--html", type=Path, default=OUT / "scoreboard.html", help="the results as a page")
    add("--markdown", type=Path, help="write the summary into this file, between its marks")
    add("--from", type=Path, dest="source", metavar="FILE", help="do not run: read these results")
    add("--merge", type=Path, metavar="FILE", help="keep the other libraries of these results")
    add("--log", type=Path, help="a file for what the libraries print")
    return made


def main(arguments: Sequence[str] | None = None) -> None:
    options = parser().parse_args(arguments)
    for path in (options.json, options.html):
        path.parent.mkdir(parents=True, exist_ok=True)
    if options.source:
        result = json.loads(options.source.read_text("utf-8"))
    else:
        result = _measured(options)
        if options.merge:
            result = merged(json.loads(options.merge.read_text("utf-8")), result)
        options.json.write_text(summary.written(result), encoding="utf-8")
    options.html.write_text(page.render(result), encoding="utf-8")
    if options.markdown:
        summary.update(options.markdown, result)
    print(f"\n{summary.text(result)}\n\nThe page is {options.html}.")


def merged(old: Result, new: Result) -> Result:
    """Return the new results with the rows of other libraries from old ones.

    Raises:
        SystemExit: The cases differ, so that the results cannot be compared.
    """
    if old["cases"] != new["cases"]:
        raise SystemExit("the results are those of other cases: run all libraries")
    rows = {row["name"]: row for row in old["libraries"] + new["libraries"]}
    result = new | {"libraries": [rows[name] for name in LIBRARIES if name in rows]}
    return result | {"features": summary.features(result)}


def _measured(options: argparse.Namespace) -> Result:
    libraries = [LIBRARIES[name] for name in options.only or LIBRARIES]
    found = cases.load(options.discipline)
    environments = install(options.install, libraries) if options.install else {}
    sizes = () if options.quick else costs.SIZES
    if options.log is None:
        return measure(libraries, found, environments, sizes)
    with options.log.open("w", encoding="utf-8") as log:
        return measure(libraries, found, environments, sizes, log=log)


if __name__ == "__main__":
    main()

__all__ = ["OURS", "main", "measure"]
