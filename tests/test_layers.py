"""Tests of the layer rule: imports only point down, and only the top layers do input and output.

- A module may import modules with a smaller position in the table. Modules of the same position
  may not import each other. Imports inside functions and under TYPE_CHECKING count.
- A third-party package may only be imported where the table of third parties allows it.
- Only drivers use `async`, clocks, threads, sockets and processes.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import streamparse

# Each module may import those before it.
CORE = (
    "_marks",
    "decimals",
    "grammar",
    "deep_path",
    "flat",
    "surrogates",
    "shown",
    "events",
    "expected",
    "sink",
    "whole",
    "growing",
    "machine_state",
    "machine_tokens",
    "machine",
    "lenient_scalars",
    "lenient_strings",
    "lenient_prose",
    "lenient_state",
    "lenient_quotes",
    "lenient_escapes",
    "lenient_quoted",
    "lenient_words",
    "lenient_tokens",
    "lenient_fences",
    "lenient_around",
    "lenient_keys",
    "lenient_structure",
    "lenient",
    "builder_state",
    "builder",
    "quiet_builder",
    "selector",
    "coercion_values",
    "coercion",
    "chain",
    "writer",
    "transcriber",
    "plain",
    "jsonable",
    "room",
    "text",
    "reader",
    "parser",
)

SCHEMA = (
    "trie",
    "automaton",
    "library",
    "patterns",
    "nodes",
    "literals",
    "plans",
    "ecma",
    "escapes",
    "evaluated",
    "compiler",
    "checks",
    "expectations",
    "runs",
    "messages",
    "state",
    "failures",
    "whole_values",
    "_selection",
    "_texts",
    "_walker",
    "validator",
)

# `registry` and the modules after it import the folder `catalog`.
FORMATS = (
    "markers",
    "quotation",
    "ending",
    "table",
    "plan",
    "values",
    "_literal_strings",
    "_literals",
    "bounds",
    "_payloads",
    "_call_payload",
    "_lenient_payload",
    "_literal_payload",
    "_dictionaries",
    "_generated",
    "_free_text",
    "_parameters_plan",
    "_parameter_values",
    "_parameters",
    "_elements",
    "_framing_state",
    "_framing_calls",
    "_framing_headers",
    "_framing_sections",
    "_framing",
    "detect",
    "aliases",
    "patterns",
    "response_templates",
    "structural_tags",
    "registry",
    "_auto",
    "hints",
    "parser",
)

DECODING = (
    "templates",
    "record",
    "opening",
    "json_records",
    "lines",
    "sse",
    "sse_records",
    "jsonl",
    "event_stream",
    "binary_records",
    "langchain",
    "sdk",
    "transport",
)
MODELS = (
    "shapes",
    "shape_maker",
    "program",
    "absent",
    "parts",
    "frames",
    "rejections",
    "pydantic_type",
    "alternatives",
    "typed_values",
    "walker",
    "validator",
    "parser",
)
ANSWERS = (
    "metrics",
    "frozen",
    "tools",
    "options",
    "arguments",
    "call_record",
    "call_input",
    "calls",
    "answer_calls",
    "output",
    "texts",
    "usage",
    "answer_content",
    "answer",
    "response",
    "life_cycle",
)
# The adapters, one for each API, are above these and do not import each other.
WIRES = (
    "names",
    "reasons",
    "usage",
    "replays",
    "base",
    "repeats",
    "blocks",
    "front_ends",
    "correlation",
    "assemble",
    "anthropic_events",
    "bedrock_chunks",
    "envelopes",
    "rewriting",
    "responses_items",
    "responses_names",
    "responses_texts",
    "responses_calls",
    "responses_output",
    "responses_history",
    "chat_reasoning",
    "nearest",
)
SESSIONS = ("reader", "conversation", "frames")
GATEWAY = (
    "headers",
    "measures",
    "settings",
    "upstream",
    "exchange",
    "forwarding",
    "chat_request",
    "chat_chunks",
    "chat_answers",
    "chat",
    "application",
)
DRIVERS = (
    "units",
    "coalescer",
    "connections",
    "sources",
    "fields",
    "reading",
    "json_stream",
    "reconnect",
    "stream",
    "session",
    "argument_stream",
    "toolbox",
    "tool_runner",
)


def _in_order(
    package: str, layer: int, names: tuple[str, ...], start: int = 1
) -> dict[str, tuple[int, int]]:
    return {f"{package}.{name}": (layer, place) for place, name in enumerate(names, start)}


# Module: (layer, position in the layer). A module that is missing here fails, as does an entry
# without its module.
PLACES: dict[str, tuple[int, int]] = {
    "_version": (0, 0),
    "paths": (0, 1),
    "aliases": (0, 1),
    "limits": (0, 2),
    "errors": (0, 3),
    "dialect": (1, 5),
    "_core": (1, 0),
    **_in_order("_core", 1, CORE),
    "events": (2, 0),
    "json_parser": (2, 1),
    "protocols": (2, 2),
    "message": (2, 2),
    "message_events": (2, 3),
    "schema": (2, 4 + len(SCHEMA)),
    **_in_order("schema", 2, SCHEMA, 4),
    "_decoding": (3, 0),
    **_in_order("_decoding", 3, DECODING),
    "models": (3, 11 + len(MODELS)),
    **_in_order("models", 3, MODELS, 10),
    "_answers": (3, 30),
    **_in_order("_answers", 3, ANSWERS, 31),
    "_wires": (4, 0),
    **_in_order("_wires", 4, WIRES),
    "_wires.openai_realtime": (4, len(WIRES) + 2),
    "_wires.google_live": (4, len(WIRES) + 2),
    "_wires.router": (4, len(WIRES) + 2),
    "_wires.repeat_router": (4, len(WIRES) + 3),
    "_wires.input": (4, len(WIRES) + 4),
    "_sessions": (4, len(WIRES) + 3),
    **_in_order("_sessions", 4, SESSIONS, len(WIRES) + 4),
    "_sessions.realtime": (4, len(WIRES) + 8),
    "_sessions.lanes": (4, len(WIRES) + 8),
    "_sessions.live": (4, len(WIRES) + 8),
    "formats": (4, len(FORMATS)),
    "formats.catalog": (4, FORMATS.index("structural_tags") - 1),
    **_in_order("formats", 4, FORMATS, 0),
    "message_parser": (5, 1),
    "session_parser": (5, 2),
    "frontends.patches": (5, 1),
    "frontends.event_schema": (5, 1),
    "frontends.argument_text": (5, 0),
    "frontends.citations": (5, 0),
    "frontends.files": (5, 0),
    "frontends.shown_calls": (5, 1),
    "frontends.signatures": (5, 0),
    "frontends.live_parts": (5, 0),
    "frontends.waiting_calls": (5, 0),
    "frontends.front_end": (5, 4),
    "frontends.usage_totals": (5, 1),
    "frontends.protocol": (5, 2),
    "frontends.encoder": (5, 3),
    "frontends.runs": (5, 5),
    "frontends.ag_ui": (5, 6),
    "frontends.compact": (5, 3),
    "frontends.ui_message_stream": (5, 5),
    "frontends.data_stream": (5, 7),
    "frontends.page_messages": (5, 4),
    "frontends": (5, 8),
    "encoders.losses": (5, 0),
    "encoders.response": (5, 6),
    "encoders.blocks": (5, 7),
    "encoders.response_items": (5, 6),
    "encoders.anthropic_messages": (5, 8),
    "encoders.response_texts": (5, 8),
    "encoders.openai_responses": (5, 9),
    "encoders.openai_chat": (5, 7),
    "encoders": (5, 10),
    "_drivers": (5, 2),
    **_in_order("_drivers", 5, DRIVERS, 3),
    "_clients.strict": (5, 0),
    "_clients.requests": (5, 1),
    "_clients.wrapped": (5, 3 + len(DRIVERS)),
    "_clients": (5, 0),
    "batch.envelopes": (5, 0),
    "batch.rows": (5, 2),
    "batch.columns": (5, 0),
    "batch.parsing": (5, 3),
    "batch": (5, 4),
    "terminal": (6, 0),
    "telemetry.names": (5, 0),
    "telemetry._instruments": (5, 1),
    "telemetry.span": (5, 1),
    "telemetry.recording": (5, 2),
    "telemetry": (5, 3),
    "_cli.streams": (6, 1),
    "_cli.listening": (6, 2),
    "_cli.figures": (6, 2),
    "_cli.displays": (6, 3),
    "_cli.lists_command": (6, 4),
    "_cli.session_lines": (6, 4),
    "_cli.validating": (6, 4),
    "_cli.json_command": (6, 5),
    "_cli.replay_command": (6, 5),
    "web.records": (6, 0),
    "web.store": (6, 0),
    "web.redis_store": (6, 1),
    "web.pump": (6, 1),
    "web.response": (6, 2),
    "web.ui_messages": (6, 3),
    "web": (6, 4),
    "_demo.samples": (6, 0),
    "_demo.playing": (6, 1),
    "_demo.application": (6, 5),
    "_demo": (6, 6),
    **_in_order("gateway", 6, GATEWAY, 0),
    "gateway": (6, len(GATEWAY)),
    "_cli.batch_inputs": (6, 5),
    "_cli.batch_job": (6, 6),
    "_cli.batch_report": (6, 7),
    "_cli.batch_command": (6, 8),
    "_cli.demo_command": (6, 6),
    "_cli.gateway_command": (6, len(GATEWAY) + 1),
    "_cli.entry": (6, len(GATEWAY) + 2),
    "_cli": (6, len(GATEWAY) + 3),
    "__main__": (6, len(GATEWAY) + 4),
    "__init__": (7, 0),
}

# The position of the files of a folder that the table does not name. A folder need not exist.
FOLDERS: dict[str, tuple[int, int]] = {
    "_wires.": (4, len(WIRES) + 1),
    "formats.catalog.": (4, FORMATS.index("structural_tags") - 1),
}

# By the beginning of the module's name. `mypy_extensions` is not needed at run time.
THIRD_PARTIES: dict[str, set[str]] = {
    "_core.": {"mypy_extensions"},
    "_decoding.event_stream": {"botocore"},
    "_decoding.lines": {"mypy_extensions"},
    "_decoding.templates": {"mypy_extensions"},
    "_decoding.sse": {"mypy_extensions"},
    "_drivers.stream": {"typing_extensions"},  # For type checkers only.
    "_drivers.session": {"typing_extensions"},
    "_clients.requests": {"anthropic"},
    "_clients.wrapped": {"typing_extensions"},
    # Without the extra, `library` raises an error that names it.
    "schema.": {"mypy_extensions"},
    "models.program": {"pydantic_core"},
    "models.pydantic_type": {"pydantic", "pydantic_core"},
    "models.parser": {"pydantic", "typing_extensions"},
    "terminal": {"IPython", "rich"},
    "_cli.batch_command": {"rich"},
    "_cli.batch_job": {"pyarrow"},
    "_cli.displays": {"rich"},
    "_cli.demo_command": {"jsonschema", "uvicorn"},
    "_cli.gateway_command": {"uvicorn"},
    "batch.columns": {"pyarrow"},
    "batch.parsing": {"pyarrow"},
    "telemetry._instruments": {"opentelemetry"},
    "telemetry.recording": {"opentelemetry"},
    "web.response": {"starlette"},
    "_demo.application": {"starlette"},
    "gateway.application": {"httpx", "starlette"},
    "gateway.chat": {"anyio", "httpx", "jsonschema"},  # For `chat` and `chat_request`.
    "gateway.exchange": {"anyio"},
    "gateway.forwarding": {"anyio", "httpx"},
    "gateway.measures": {"prometheus_client"},
    "gateway.settings": {"httpx"},
    "gateway.upstream": {"httpx"},
}
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
    """Yield the full names that are imported; relative imports start from `package`."""
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
    """Return the module of this package that an import of `name` loads: `name` or its parent."""
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
    # `protocols` declares the asynchronous methods of stores and runs nothing.
    return module.startswith(
        (
            *("_drivers.", "_clients.", "_cli.", "_demo.", "gateway.", "telemetry.", "web."),
            *("__main__", "protocols"),
        )
    )


def objections(module: str, tree: ast.AST, package: str = "streamparse") -> Iterator[str]:
    """Yield the violations of the rule in this module."""
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
        ("limits", "import streamparse._drivers.stream", 1),
        ("_cli", "from streamparse import JSONParser", 1),
        ("_cli", "from streamparse import json_parser", 0),
        ("_cli.streams", "import select", 0),
        ("_cli.streams", "import rich", 1),
        ("terminal", "def late():\n    import rich", 0),
        ("terminal", "import time", 1),
        ("_core.flat", "from streamparse._core import machine", 1),
        ("_core.parser", "from streamparse._core import machine", 0),
        ("_core.machine", "def late():\n    from streamparse import _cli", 1),
        ("_core.sink", "from mypy_extensions import mypyc_attr", 0),
        ("limits", "if TYPE_CHECKING:\n    from mypy_extensions import i64", 1),
        ("formats.catalog.hermes", "from streamparse.formats.table import Format", 0),
        ("formats.catalog.hermes", "from streamparse.formats.catalog import keyed", 1),
        ("formats.plan", "from streamparse.formats._framing import Framing", 1),
        ("_core.text", "import time", 1),
        ("_core.text", "from urllib.parse import urljoin", 0),
        ("_core.text", "from urllib import request", 1),
        ("_core.text", "async def feed(): ...", 1),
        ("_core.text", "def feed(): return [x async for x in y]", 1),
        ("_drivers.stream", "import asyncio\nasync def feed(): ...", 0),
    ],
)
def test_checker(module: str, source: str, count: int) -> None:
    assert len(list(objections(module, ast.parse(source)))) == count
