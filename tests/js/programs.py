"""Runs the JavaScript of the package in Node, in a process that answers lines of JSON."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import streamparse

#: The folder of the npm package, in the checkout or in the installed wheel.
PACKAGE = Path(streamparse.__file__).parent / "js"
HERE = Path(__file__).parent
MODULES = HERE.parent / "node" / "node_modules"


def node() -> str:
    """Return the path of Node, or skip the test if it is not installed."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed")
    return program


def npm_packages(*names: str) -> Path:
    """Return the folder of the npm packages, or skip the test if one of these is missing."""
    missing = [name for name in names if not (MODULES / name).is_dir()]
    if missing:
        why = f"npm packages are missing ({missing[0]}): npm ci --prefix tests/node"
        if os.environ.get("STREAMPARSE_NODE") == "required":
            pytest.fail(why)
        pytest.skip(why)
    return MODULES


class Program:
    """A program in Node that answers each line of JSON with another."""

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen(
            [node(), str(path), str(PACKAGE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def ask(self, question: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate(timeout=30)


def workspace(folder: Path, *packages: str) -> Path:
    """Prepare a folder in which programs can import the package and these npm packages."""
    modules = folder / "node_modules"
    modules.mkdir()
    shutil.copytree(PACKAGE, modules / "llm-streamparse")
    if packages:
        source = npm_packages(*packages)
        for name in packages:
            (modules / name).parent.mkdir(exist_ok=True)
            (modules / name).symlink_to(source / name)
    return folder
