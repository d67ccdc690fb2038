"""The example server of docs/javascript.md, with additional pages for a test."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tests.js.programs import PACKAGE

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "javascript.md"
REACT = (
    "useCallback, useEffect, useMemo, useRef, useState, createElement, StrictMode, memo, Fragment"
)


def block(language: str, word: str) -> str:
    """Return the code block of docs/javascript.md in this language that contains this word."""
    text = PAGE.read_text(encoding="utf-8")
    [found] = [
        code
        for name, code in re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL)
        if name == language and word in code
    ]
    return str(found)


def example_app(**pages: str) -> tuple[Starlette, dict[str, Any]]:
    """Return the application of docs/javascript.md, and the names that its code defines.

    `pages` are additional files by name: HTML if they begin with a tag, otherwise JavaScript.
    """
    names: dict[str, Any] = {}
    exec(compile(block("python", "def answer"), str(PAGE), "exec"), names)
    routes = [*names["routes"], Mount("/js", StaticFiles(directory=PACKAGE))]

    async def page(request: Request) -> Response:
        text = pages[request.path_params["name"]]
        if text.startswith("<"):
            return HTMLResponse(text)
        return Response(text, media_type="text/javascript")

    routes.append(Route("/page/{name}", page))
    return Starlette(routes=routes), names


# The npm package of React is CommonJS, so a page needs an import map and modules that load it.

MAP = {
    "llm-streamparse": "/js/index.js",
    "llm-streamparse/react": "/js/react.js",
    "react": "/page/react",
    "react/jsx-runtime": "/page/jsx",
    "react-dom/client": "/page/client",
}
_FILES = {
    "react": "react/cjs/react.development.js",
    "react/jsx-runtime": "react/cjs/react-jsx-runtime.development.js",
    "react-dom": "react-dom/cjs/react-dom.development.js",
    "react-dom/client": "react-dom/cjs/react-dom-client.development.js",
    "scheduler": "scheduler/cjs/scheduler.development.js",
}


def react_pages(modules: Path, answer: str, main: str) -> dict[str, str]:
    """Return the page `index`, which runs `main`, and the modules that it imports.

    One of them is `answer`.
    """
    sources = {name: (modules / file).read_text("utf-8") for name, file in _FILES.items()}
    bodies = ",\n".join(
        f"{json.dumps(name)}: (module, exports, require, process) => {{\n{source}\n}}"
        for name, source in sources.items()
    )
    load = """
const process = { env: { NODE_ENV: "development" } };
const loaded = {};
export function require(name) {
  if (!loaded[name]) {
    const module = (loaded[name] = { exports: {} });
    sources[name](module, module.exports, require, process);
  }
  return loaded[name].exports;
}"""
    head = 'import { require } from "/page/modules";\n'
    imports = json.dumps({"imports": {**MAP, "./answer.js": "/page/answer"}})
    return {
        "index": f'<!doctype html><script type="importmap">{imports}</script>'
        f'<div id="root"></div><script type="module">{main}</script>',
        "modules": f"const sources = {{{bodies}}};{load}",
        "react": f'{head}export const {{ {REACT} }} = require("react");',
        "jsx": f'{head}export const {{ jsx, jsxs, Fragment }} = require("react/jsx-runtime");',
        "client": f'{head}export const {{ createRoot }} = require("react-dom/client");',
        "answer": answer,
    }
