"""The coverage that every module must have: `python -m tests.coverage_gate [--update]`.

Runs the tests once under coverage, with a context for each test, and compares two figures of each
module, both of branches, with their bars:

- by all tests: 95 %;
- by its own test file (the mirrored one, see `test_mirror`): 85 %.

`coverage_floors.json` lists the modules that miss a bar, with the figures they had. Those may only
rise; `--update` writes the current figures, and drops the modules that have reached the bars.
Options that pytest should get stand after `--`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import coverage

from tests.test_mirror import SOURCES, mirrored, modules

ROOT = Path(__file__).parents[1]
FLOORS = Path(__file__).with_name("coverage_floors.json")
BARS = (95, 85)  # by all tests, by the module's own
# Examples of properties and the work of clocks differ a little from run to run.
TOLERANCE = 1

Figures = dict[str, tuple[int, int]]


def run_tests(data: Path, options: list[str]) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    measured = ["--cov", "--cov-branch", "--cov-context=test", "--cov-report="]
    environment = f"COVERAGE_FILE={data}"
    return subprocess.run(["env", environment, *command, *measured], cwd=ROOT).returncode


def percent(report: coverage.Coverage, module: Path, contexts: list[str] | None) -> int:
    """The branch coverage of a module; of the tests whose context matches, if any are given."""
    with TemporaryDirectory() as folder:
        out = Path(folder, "report.json")
        try:
            report.json_report(morfs=[str(SOURCES / module)], contexts=contexts, outfile=str(out))
        except coverage.exceptions.NoDataError:
            return 0
        return int(json.loads(out.read_text())["totals"]["percent_covered"])


def measured(data: Path) -> Figures:
    figures = {}
    for module in modules():
        report = coverage.Coverage(data_file=str(data))
        report.load()
        every = percent(report, module, None)
        # What runs while a module is imported has no context.
        own = [rf"^$|tests/{re.escape(mirrored(module).as_posix())}"]
        figures[module.as_posix()] = (every, percent(report, module, own))
    return figures


def misses(figures: Figures, floors: Figures) -> list[str]:
    """Return the modules below the required coverage or their own floor."""
    found = []
    for module, reached in figures.items():
        for kind, now, bar, floor in zip(
            ("all tests", "its own tests"), reached, BARS, floors.get(module, BARS), strict=True
        ):
            least = min(bar, floor)
            if now < least - TOLERANCE * (least < bar):
                found.append(f"{module}: {now} % by {kind}, {least} % needed")
    return found + [f"{module}: no such module" for module in floors if module not in figures]


def main(arguments: list[str]) -> int:
    at = arguments.index("--") if "--" in arguments else len(arguments)
    update, options = "--update" in arguments[:at], arguments[at + 1 :]
    floors: Figures = {name: (a, b) for name, (a, b) in json.loads(FLOORS.read_text()).items()}
    with TemporaryDirectory() as folder:
        data = Path(folder, "coverage")
        status = run_tests(data, options)
        if status:
            return status
        figures = measured(data)
    if update:
        low = {m: f for m, f in figures.items() if f[0] < BARS[0] or f[1] < BARS[1]}
        rows = ",\n".join(f"  {json.dumps(m)}: {json.dumps(f)}" for m, f in sorted(low.items()))
        FLOORS.write_text("{\n" + rows + "\n}\n")
        print(f"{len(low)} of {len(figures)} modules are below a bar")
        return 0
    found = misses(figures, floors)
    print("\n".join(found) or f"coverage: {len(figures)} modules, {len(floors)} below a bar")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
