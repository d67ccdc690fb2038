"""The layer rule: imports point down only, and what touches the outside world stays on top.

- A module imports only modules at a smaller place of the table; an equal place means siblings,
  which do not know each other. Imports inside functions and under TYPE_CHECKING count.
- A third party is imported only where the table of third parties says so.
- `async`, clocks, threads, sockets and processes are for the drivers alone.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import streamparse

# Each may import those before it.
CORE = (
    "_marks",
    "flat",
    "events",
    "sink",
    "grammar",
    "machine",
    "lenient_scalars",
    "lenient_strings",
    "lenient_prose",
    "lenient_state",
    "lenient_quoted",
    "lenient_tokens",
    "lenient_around",
    "lenient_structure",
    "lenient",
    "builder",
    "selector",
    "chain",
    "guard",
    "writer",
    "transcriber",
    "subtree",
    "fused",
    "parser",
)

SCHEMA = (
    "trie",
    "automaton",
    "nodes",
    "literals",
    "plans",
    "library",
    "escapes",
    "evaluated",
    "compiler",
    "checks",
    "runs",
    "messages",
    "state",
    "verdicts",
    "judges",
    "walker",
    "validator",
)

# The catalog, which is in a folder of its own, is needed by `registry` and what follows.
FORMATS = (
    "markers",
    "table",
    "plan",
    "typing",
    "literals",
    "bounds",
    "payloads",
    "generated",
    "parameters",
    "elements",
    "framing",
    "registry",
    "auto",
    "parser",
    "detect",
)

# Module: (layer, position in the layer). A module that is missing here fails, as does an entry
# without its module.
PLACES: dict[str, tuple[int, int]] = {
    "_version": (0, 0),
    "paths": (0, 1),
    "limits": (0, 2),
    "errors": (0, 3),
    "dialect": (0, 4),
    "_core": (1, 0),
    "text": (1, 0),
    **{f"_core.{name}": (1, place) for place, name in enumerate(CORE, start=1)},
    "events": (2, 0),
    "json_parser": (2, 1),
    "sse": (2, 2),
    "message": (2, 3),
    "message_events": (2, 4),
    "assemble": (2, 5),
    "event_stream": (2, 6),
    "jsonl": (2, 7),
    **{f"schema.{name}": (2, 8 + place) for place, name in enumerate(SCHEMA)},
    "schema": (2, 8 + len(SCHEMA)),
    "json_text": (2, 7),
    "transport": (3, 0),
    "model_plans": (3, 0),
    "model_parts": (3, 1),
    "model_judge": (3, 2),
    "models": (3, 3),
    "tools": (3, 4),
    "calls": (3, 5),
    "correlation": (3, 6),
    "output": (3, 6),
    "turn": (3, 7),
    "wire": (3, 8),
    "anthropic_events": (3, 9),
    "bedrock": (3, 9),
    "responses_items": (3, 9),
    "responses_history": (3, 10),
    "wires": (4, 0),
    **{f"formats.{name}": (4, place) for place, name in enumerate(FORMATS)},
    "formats.catalog": (4, FORMATS.index("registry") - 1),
    "formats": (4, len(FORMATS)),
    "sdk": (5, 0),
    "metrics": (5, 0),
    "message_parser": (5, 1),
    "patches": (5, 1),
    "coalesce": (5, 1),
    "frontends.argument_text": (5, 0),
    "frontends.citations": (5, 0),
    "frontends.encoder": (5, 1),
    "frontends.ag_ui": (5, 2),
    "frontends.ui_message_stream": (5, 2),
    "frontends": (5, 3),
    "sources": (5, 2),
    "reading": (5, 3),
    "json_stream": (5, 4),
    "stream": (5, 4),
    "terminal": (6, 0),
    "cli.streams": (6, 1),
    "cli.figures": (6, 2),
    "cli.displays": (6, 3),
    "cli.judging": (6, 4),
    "cli.json_command": (6, 5),
    "cli.replay_command": (6, 5),
    "web.records": (6, 0),
    "web.store": (6, 0),
    "web.pump": (6, 1),
    "web.response": (6, 2),
    "web": (6, 3),
    "demo.samples": (6, 0),
    "demo.playing": (6, 1),
    "demo.application": (6, 4),
    "demo": (6, 5),
    "cli.demo_command": (6, 6),
    "cli.entry": (6, 7),
    "cli": (6, 8),
    "__main__": (6, 9),
    "__init__": (7, 0),
}

# For folders of siblings: files that the table does not name. A folder need not exist.
FOLDERS: dict[str, tuple[int, int]] = {
    "wires.": (4, 0),
    "formats.catalog.": (4, FORMATS.index("registry") - 1),
}

# By the beginning of the module's name. `mypy_extensions` is never needed to run.
THIRD_PARTIES: dict[str, set[str]] = {
    "_core.": {"mypy_extensions"},
    "event_stream": {"botocore"},
    # What runs without the extra is refused by `library`, which names it.
    "schema.": {"mypy_extensions"},
    "model_plans": {"pydantic_core"},
    "model_judge": {"pydantic", "pydantic_core"},
    "models": {"pydantic", "typing_extensions"},
    "sse": {"mypy_extensions"},
    "terminal": {"rich"},
    "cli.displays": {"rich"},
    "cli.demo_command": {"jsonschema", "uvicorn"},
    "web.response": {"starlette"},
    "demo.application": {"starlette"},
}

DRIVERS = ("sources", "reading", "json_stream", "stream", "cli", "__main__")
OUTSIDE_WORLD = {
    "asyncio",
    "concurrent",
    "http",
    "multiprocessing",
    "queue",
    "select",
    "selectors",
    "signal",
    "socket",
    "ssl",
    "subprocess",
    "threading",
    "time",
    "urllib.request",
}

SOURCES = Path(streamparse.__file__).parent


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCES).with_suffix("").parts
    return ".".join(parts[:-1]) if parts[-1] == "__init__" and len(parts) > 1 else ".".join(parts)


MODULES = {module_name(path): path for path in sorted(SOURCES.rglob("*.py"))}


def place(module: str) -> tuple[int, int]:
    for start, shared in FOLDERS.items():
        if module.startswith(start):
            return PLACES.get(module, shared)
    assert module in PLACES, f"{module} is missing in the table of layers"
    return PLACES[module]


def allowed_third_parties(module: str) -> set[str]:
    return set().union(
        *(names for start, names in THIRD_PARTIES.items() if module.startswith(start))
    )


def imported(tree: ast.AST, package: str) -> Iterator[str]:
    """Every imported name in full; `package` is what relative imports start from."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def own_module(name: str) -> str:
    """The module of ours that the import of `name` loads: `name` itself, or the one it is from."""
    inside = name.removeprefix("streamparse").removeprefix(".")
    if inside in PLACES or inside in MODULES:
        return inside
    above = inside.rpartition(".")[0]
    return above if above in PLACES or above in MODULES else "__init__"


def is_async(node: ast.AST) -> bool:
    asynchronous = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
    return isinstance(node, asynchronous) or (
        isinstance(node, ast.comprehension) and bool(node.is_async)
    )


def is_outside_world(name: str) -> bool:
    return any(f"{name}.".startswith(f"{outside}.") for outside in OUTSIDE_WORLD)


def is_driver(module: str) -> bool:
    return module in DRIVERS or module.startswith(("cli.", "demo.", "web."))


def objections(module: str, tree: ast.AST, package: str = "streamparse") -> Iterator[str]:
    """What in this module breaks the rule."""
    for name in imported(tree, package):
        top = name.partition(".")[0]
        if top == "streamparse":
            target = own_module(name)
            if place(target) >= place(module):
                yield f"{module} may not import {target}"
        elif top not in sys.stdlib_module_names and top not in allowed_third_parties(module):
            yield f"{module} may not import {top}, a third party"
        elif is_outside_world(name) and not is_driver(module):
            yield f"{module} may not import {name}: only drivers touch the outside world"
    if not is_driver(module) and any(is_async(node) for node in ast.walk(tree)):
        yield f"{module} may not be asynchronous"


@pytest.mark.parametrize("module", MODULES)
def test_module_keeps_to_its_layer(module: str) -> None:
    path = MODULES[module]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = ".".join(("streamparse", *path.relative_to(SOURCES).parent.parts))
    assert list(objections(module, tree, package)) == []


def test_table_names_existing_modules_only() -> None:
    assert set(PLACES) - set(MODULES) == set()


@pytest.mark.parametrize(
    ("module", "source", "count"),
    [
        ("errors", "from streamparse.limits import Limits", 0),
        ("limits", "from streamparse.errors import LimitError", 1),
        ("limits", "from .errors import LimitError", 1),
        ("limits", "from . import errors, paths", 1),
        ("limits", "import streamparse.stream", 1),
        ("cli", "from streamparse import JSONParser", 1),
        ("cli", "from streamparse import json_parser", 0),
        ("cli.streams", "import select", 0),
        ("cli.streams", "import rich", 1),
        ("terminal", "def late():\n    import rich", 0),
        ("terminal", "import time", 1),
        ("_core.flat", "from streamparse._core import machine", 1),
        ("_core.parser", "from streamparse._core import machine", 0),
        ("_core.machine", "def late():\n    from streamparse import cli", 1),
        ("_core.sink", "from mypy_extensions import mypyc_attr", 0),
        ("limits", "if TYPE_CHECKING:\n    from mypy_extensions import i64", 1),
        ("formats.catalog.hermes", "from streamparse.formats.table import Format", 0),
        ("formats.catalog.hermes", "from streamparse.formats.catalog import keyed", 1),
        ("formats.plan", "from streamparse.formats.framing import Framing", 1),
        ("text", "import time", 1),
        ("text", "from urllib.parse import urljoin", 0),
        ("text", "from urllib import request", 1),
        ("text", "async def feed(): ...", 1),
        ("text", "def feed(): return [x async for x in y]", 1),
        ("stream", "import asyncio\nasync def feed(): ...", 0),
    ],
)
def test_checker(module: str, source: str, count: int) -> None:
    assert len(list(objections(module, ast.parse(source)))) == count
