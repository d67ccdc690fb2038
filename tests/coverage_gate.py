"""Checks the coverage of every module: `python -m tests.coverage_gate [--update]`.

It runs the tests once, with a context of coverage for each test file, and compares two figures of
each module with their required minimum. Both include lines and branches:

- by all tests: 95 %;
- by its own test file (the mirrored one, see `test_mirror`): 85 %.

`coverage_floors.json` lists the modules below a minimum, with their figures, which may only rise.
`--update` writes the current figures and removes the modules that have reached the minimum.
Lines that only the compiled build runs count as missed, and so do lines that run while a test has
a trace function of its own. A failed test does not fail the check, because coverage slows all tests
down and some have time limits; the other runs of the tests decide about failures. `--data=FILE`
saves the measurements; if the file exists, they are read and no tests run. Options for pytest
follow `--`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import coverage
import pytest

from tests.test_mirror import SOURCES, mirrored, modules

ROOT = Path(__file__).parents[1]
FLOORS = Path(__file__).with_name("coverage_floors.json")
BARS = (95, 85)  # The minimum by all tests, and by the module's own tests.
# The coverage of some modules varies slightly, because examples and times vary.
TOLERANCE = 1
# These tests take long under coverage, and every module has quicker ones.
LEFT_OUT = ("benchmarks.py", "expressions.py", "typing.py", "law_[146]*", "forks.py", "format_l*")

Figures = dict[str, tuple[int, int]]


class ContextOfFile:
    """A plugin of pytest that makes the test file the context of coverage.

    With a context for each test, a run would take three times as long and its data would be a
    hundred times as large.
    """

    def __init__(self) -> None:
        self.file = ""

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        file = nodeid.partition("::")[0]
        measurement = coverage.Coverage.current()
        if measurement is not None and file != self.file:
            self.file = file
            measurement.switch_context(file)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(ContextOfFile())
    # All modules are imported before the first context. Otherwise the definitions of a module that
    # is imported late would belong to the first test file that uses it.
    for module in modules():
        with suppress(ImportError):  # A dependency is missing.
            importlib.import_module(f"streamparse.{'.'.join(module.with_suffix('').parts)}")


def run_tests(data: Path, options: list[str]) -> int:
    run = [sys.executable, "-m", "coverage", "run", f"--data-file={data}"]
    tests = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.coverage_gate"]
    left_out = ["-k", "not linear", *(f"--ignore-glob=*/test_{name}" for name in LEFT_OUT)]
    return subprocess.run([*run, *tests, *left_out, *options], cwd=ROOT).returncode


def percents(
    report: coverage.Coverage, chosen: list[Path], contexts: list[str] | None
) -> dict[str, int]:
    """Return the coverage of modules by all tests, or by those whose context matches."""
    with TemporaryDirectory() as folder:
        out = Path(folder, "report.json")
        files = [str(SOURCES / module) for module in chosen]
        try:
            report.json_report(morfs=files, contexts=contexts, outfile=str(out))
        except coverage.exceptions.NoDataError:
            return {}
        found = json.loads(out.read_text())["files"]
    return {
        Path(name).resolve().relative_to(SOURCES).as_posix(): int(
            file["summary"]["percent_covered"]
        )
        for name, file in found.items()
    }


def measured(data: Path) -> Figures:
    report = coverage.Coverage(data_file=str(data))
    report.load()
    by_all = percents(report, modules(), [])
    figures = {}
    for module in modules():
        name = module.as_posix()
        # Lines that run when a module is imported have no context.
        own = [rf"^$|^tests/{re.escape(mirrored(module).as_posix())}$"]
        by_own = percents(report, [module], own)
        figures[name] = (by_all.get(name, 0), by_own.get(name, 0))
    return figures


def misses(figures: Figures, floors: Figures) -> list[str]:
    """Return the modules below the required coverage, or below their entry in `floors`."""
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
    options = arguments[at + 1 :]
    parser = argparse.ArgumentParser(prog="python -m tests.coverage_gate")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--data", type=Path)
    chosen = parser.parse_args(arguments[:at])
    floors: Figures = {name: (a, b) for name, (a, b) in json.loads(FLOORS.read_text()).items()}
    with TemporaryDirectory() as folder:
        data = chosen.data or Path(folder, "coverage")
        status = pytest.ExitCode.OK if data.exists() else run_tests(data.absolute(), options)
        if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            return status
        figures = measured(data)
    if chosen.update:
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
