"""Tests of the public names: the package exports exactly those of its public modules."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import streamparse

# The modules whose names the package exports.
EXPORTED = (
    "_answers.metrics",
    "_clients.wrapped",
    "_decoding.jsonl",
    "_decoding.sse",
    "_drivers.coalescer",
    "_drivers.fields",
    "_drivers.json_stream",
    "_drivers.session",
    "_drivers.stream",
    "_drivers.reconnect",
    "_drivers.argument_stream",
    "_drivers.tool_runner",
    "_drivers.toolbox",
    "dialect",
    "errors",
    "events",
    "frontends.event_schema",
    "frontends.patches",
    "json_parser",
    "limits",
    "message",
    "message_events",
    "message_parser",
    "paths",
    "session_parser",
)
OWN = {"COMPILED", "__version__"}


def public_modules() -> list[str]:
    stems = (path.stem for path in Path(streamparse.__file__).parent.glob("*.py"))
    return sorted(stem for stem in stems if not stem.startswith("_"))


def listed(module: str) -> list[str]:
    names = importlib.import_module(f"streamparse.{module}").__all__
    assert isinstance(names, list)
    return names


@pytest.mark.parametrize("module", public_modules())
def test_public_module_lists_its_names(module: str) -> None:
    names = listed(module)
    assert names == sorted(set(names))
    for name in names:
        assert hasattr(importlib.import_module(f"streamparse.{module}"), name)


def test_package_exports_the_union() -> None:
    expected = OWN.union(*(listed(module) for module in EXPORTED))
    assert streamparse.__all__ == sorted(expected)


@pytest.mark.parametrize("module", EXPORTED)
def test_package_exports_the_same_objects(module: str) -> None:
    source = importlib.import_module(f"streamparse.{module}")
    for name in listed(module):
        assert getattr(streamparse, name) is getattr(source, name)


def test_own_names() -> None:
    assert isinstance(streamparse.COMPILED, bool)
    assert isinstance(streamparse.__version__, str)


def test_an_unknown_name() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'water'"):
        _ = streamparse.water


# Importing: a module is loaded when one of its names is first used.

STAR = "from streamparse import *"
# Modules that few programs need and that are slow to import.
SLOW = (
    *("asyncio", "pydantic", "rich", "starlette"),
    *("streamparse._core.lenient", "streamparse.formats", "streamparse._wires.openai_chat"),
)


def python(tmp_path: Path, code: str) -> str:
    """Run code in a new interpreter with its bytecode in this folder; return its output."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    paths = [str(Path(streamparse.__file__).parents[1]), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env=environment, check=True, stdout=subprocess.PIPE
    ).stdout.decode()


def test_the_package_alone_loads_no_module(tmp_path: Path) -> None:
    code = (
        "import streamparse, sys; print(*(m for m in sys.modules if m.startswith('streamparse')))"
    )
    assert python(tmp_path, code).split() == ["streamparse._version", "streamparse"]


def test_names_do_not_load_slow_modules(tmp_path: Path) -> None:
    loaded = python(tmp_path, f"{STAR}\nimport sys; print(*sys.modules)").split()
    assert [module for module in SLOW if module in loaded] == []


def test_every_name_and_public_module_is_found_at_first_use(tmp_path: Path) -> None:
    code = "import streamparse\nfor name in dir(streamparse): getattr(streamparse, name)"
    python(tmp_path, code)
    for module in ["events", "errors", "formats", "models", "schema"]:
        python(tmp_path, f"import streamparse; streamparse.{module}.__all__")


def test_help_lists_the_names(tmp_path: Path) -> None:
    shown = python(tmp_path, "import pydoc, streamparse; print(pydoc.render_doc(streamparse))")
    assert "class M\bMe\bes\bss\bsa\bag\bge\beP\bPa" in shown


@pytest.mark.parametrize(("code", "most"), [("import streamparse", 3), (STAR, 10)])
def test_importing_is_quick(tmp_path: Path, code: str, most: float) -> None:
    """The processor time of the import is at most `most` times that of starting an interpreter."""
    counted = f"import time; a = time.process_time(); {code}; print(time.process_time() - a)"
    started = "import time; print(time.process_time())"
    took = [float(python(tmp_path, counted)) for _ in range(5)]
    bare = [float(python(tmp_path, started)) for _ in range(5)]
    assert min(took) <= most * min(bare)
