"""Runs each library in its own process, so that a crash or a hang is only an answer."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from benchmarks.scoreboard.libraries import Library

ROOT: Final = Path(__file__).parents[2]
NODE: Final = Path(__file__).parent / "node"
#: The seconds that a library has for its import, and for each job.
START: Final = 120.0
LIMIT: Final = 20.0


@dataclass
class Environment:
    """The place in which the libraries of an environment are installed.

    Attributes:
        python: The interpreter.
        root: A folder with `benchmarks`, in which the process runs.
        node_folder: A folder with `worker.mjs` and `node_modules`.
    """

    python: str = sys.executable
    root: Path = ROOT
    node_folder: Path = NODE

    def command(self, library: Library) -> list[str]:
        if library.node:
            node = shutil.which("node") or "node"
            return [node, str(self.node_folder / "worker.mjs"), library.module]
        return [self.python, "-m", "benchmarks.scoreboard.worker", library.name]


@dataclass
class Answers:
    """The answers of one library.

    Attributes:
        header: Versions, or the key `missing` with a reason.
        by_job: The answer to each job.
    """

    header: dict[str, Any] = field(default_factory=dict)
    by_job: dict[str, dict[str, Any]] = field(default_factory=dict)


class _Process:
    """A worker process; a thread reads its lines, so that waiting for one can time out."""

    def __init__(self, command: list[str], root: Path, log: IO[str] | int) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=root,
            env={**os.environ, "PYTHONUTF8": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            encoding="utf-8",
        )
        self.lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def send(self, line: str) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # `receive` finds that its output has ended.

    def receive(self, seconds: float) -> dict[str, Any] | str:
        """Return the next line as JSON, or a description of the failure."""
        try:
            line = self.lines.get(timeout=seconds)
        except queue.Empty:
            return f"hang: no answer within {seconds:g} s"
        if line is None:
            return f"crash: the process ended with {self.process.wait()}"
        found: dict[str, Any] = json.loads(line)
        return found

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


def run(
    library: Library,
    environment: Environment,
    jobs: Iterable[tuple[str, str]],
    log: IO[str] | int = subprocess.DEVNULL,
    limit: float = LIMIT,
) -> Answers:
    """Run jobs (ids and lines) with a library; after a crash or a hang, a new process continues."""
    answers, waiting = Answers(), list(jobs)
    while waiting or not answers.header:
        try:
            process = _Process(environment.command(library), environment.root, log)
        except OSError as error:
            answers.header = {"missing": str(error)}
            return answers
        header = process.receive(START)
        if isinstance(header, str) or "missing" in header:
            answers.header = {"missing": header} if isinstance(header, str) else header
            process.end()
            return answers
        answers.header = header
        waiting = _give(process, waiting, answers, limit)
        process.end()
    return answers


def _give(
    process: _Process, jobs: list[tuple[str, str]], answers: Answers, limit: float
) -> list[tuple[str, str]]:
    """Run jobs until one fails, and return the remaining ones."""
    for number, (id, line) in enumerate(jobs):
        process.send(line)
        answer = process.receive(limit)
        if isinstance(answer, str):
            answers.by_job[id] = {"died": answer}
            return jobs[number + 1 :]
        answers.by_job[id] = answer
    return []


# Environments.


def install(folder: Path, libraries: Iterable[Library]) -> dict[str, Environment]:
    """Create the environments of these libraries in `folder`, with the newest versions.

    The benchmarks are copied to the folder, so that they import the streamparse that is installed
    there: a compiled build, if there is a C compiler.
    """
    environments: dict[str, Environment] = {}
    folder = folder.resolve()
    shutil.copytree(ROOT / "benchmarks", folder / "code" / "benchmarks", dirs_exist_ok=True)
    for name, members in _grouped(libraries).items():
        place = folder / name
        print(f"Installing {name} …", flush=True)
        make = _install_node if name == "node" else _install_python
        environments[name] = make(place, members)
    return environments


def _grouped(libraries: Iterable[Library]) -> dict[str, list[Library]]:
    groups: dict[str, list[Library]] = {}
    for library in libraries:
        groups.setdefault(library.environment, []).append(library)
    return groups


def _install_python(place: Path, members: list[Library]) -> Environment:
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = list(dict.fromkeys(_requirements(members)))
    done = place / "installed.json"
    if not done.exists() or json.loads(done.read_text()) != wanted:
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        command = [str(python), "-m", "pip", "install", "-q", "--upgrade"]
        for requirement in [wanted] if _pip(command + wanted) else [[one] for one in wanted]:
            _pip(command + requirement)
        done.write_text(json.dumps(wanted))
    return Environment(str(python), place.parent / "code")


def _pip(command: list[str]) -> bool:
    """Run pip; the worker reports packages that it cannot install as missing."""
    return subprocess.run(command, check=False).returncode == 0


def _requirements(members: list[Library]) -> Iterator[str]:
    for library in members:
        for requirement in library.requires or library.packages[:1]:
            name, bracket, extras = requirement.partition("[")
            yield f"{ROOT}{bracket}{extras}" if name == "llm-streamparse" else requirement


def _install_node(place: Path, members: list[Library]) -> Environment:
    place.mkdir(parents=True, exist_ok=True)
    shutil.copy(NODE / "worker.mjs", place)
    source = (NODE / "package.json").read_text("utf-8")
    target = place / "package.json"
    if not (place / "node_modules").exists() or target.read_text("utf-8") != source:
        target.write_text(source, "utf-8")
        npm = shutil.which("npm")
        if npm is not None:
            command = [npm, "install", "--no-audit", "--no-fund", "--silent"]
            subprocess.run(command, cwd=place, check=False)
    return Environment(node_folder=place)
