"""Tests in Node and Chromium: the examples of docs/javascript.md, and the React hook."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from streamparse import MessageParser
from tests.chromium import chromium
from tests.js.programs import MODULES, PACKAGE, node, npm_packages, workspace
from tests.js.served import ROOT, block, example_app, react_pages
from tests.js.test_package import check_types
from tests.web.serving import Breaking, Server, Upstream, until

if not (ROOT / "docs" / "javascript.md").is_file():
    pytest.skip("needs the documentation", allow_module_level=True)

REACT = ("react", "react-dom", "scheduler")


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)  # The examples use paths of files.


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@contextmanager
def opened(browser: Any, url: str) -> Iterator[Any]:
    """Open a page, and check at the end that it reported no errors."""
    page = browser.new_page()
    page.set_default_timeout(60_000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda each: complaints.append(each.text) if each.type == "error" else None)
    page.goto(url)
    yield page
    page.close()
    # Chromium also reports each broken connection.
    assert [each for each in complaints if "Failed to load resource" not in each] == []


def message() -> Any:
    parser = MessageParser()
    parser.feed((ROOT / "examples" / "openai-chat.sse").read_bytes())
    return parser.message


def run(program: str, folder: Path, *arguments: str) -> str:
    (folder / "program.mjs").write_text(program, encoding="utf-8")
    done = subprocess.run(
        [node(), "program.mjs", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


def test_example_for_node(tmp_path: Path) -> None:
    app, _ = example_app()
    with Server(app) as server:
        shown = run(block("js", "process.argv"), workspace(tmp_path), f"{server.url}/answer")
    assert shown.startswith(message().text)
    for call in message().tool_calls:
        assert call.name in shown


def test_example_page(browser: Any) -> None:
    app, _ = example_app(index=block("html", "fromEventSource"))
    with (
        Server(Breaking(app, "/answer", 5)) as server,
        opened(browser, f"{server.url}/page/index") as page,
    ):
        page.wait_for_function("document.querySelectorAll('#calls li').length === 3")
        page.wait_for_function("!document.body.innerText.includes('in_progress')")
        calls = page.locator("#calls li").all_inner_texts()
        assert page.inner_text("#text").strip() == message().text.strip()
    for shown, call in zip(calls, message().tool_calls, strict=True):
        assert shown.startswith(f"{call.name} (complete) ")
        assert json.loads(shown.partition(") ")[2]) == call.arguments


def test_button_that_stops(browser: Any) -> None:
    app, names = example_app(index=block("html", "fromEventSource"))
    upstream = Upstream([{"type": "text_delta", "text": "So"}], endless=True)
    names.update(stream=lambda *arguments, **options: upstream.read(), open=lambda *arguments: None)
    page = browser.new_page()
    with Server(app) as server:
        page.goto(f"{server.url}/page/index")
        page.wait_for_function("document.querySelector('#text').textContent === 'So'")
        assert upstream.closed == 0
        page.click("#stop")
        until(lambda: upstream.closed == 1)
    page.close()


# React


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the component of docs/javascript.md, type-checked and compiled."""
    npm_packages("typescript", *REACT)
    folder = tmp_path_factory.mktemp("react")
    workspace(folder, "react", "@types/react", "csstype")
    (folder / "answer.tsx").write_text(block("tsx", "useMessage"), encoding="utf-8")
    assert check_types(folder, "answer.tsx", noEmit=False) == ""
    return (folder / "answer.js").read_text(encoding="utf-8")


MAIN = """
import { createElement, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Answer } from "./answer.js";
const root = createRoot(document.getElementById("root"));
root.render(createElement(StrictMode, null, createElement(Answer)));
window.remove = () => root.unmount();
"""


def test_react_on_the_server(tmp_path: Path, answer: str) -> None:
    folder = workspace(tmp_path, *REACT)
    (folder / "answer.mjs").write_text(answer, encoding="utf-8")
    program = """
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { Answer } from "./answer.mjs";
console.log(renderToString(createElement(Answer)));
"""
    assert run(program, folder) == "<main><button>Ask</button><p></p></main>\n"


def test_react_component(browser: Any, answer: str) -> None:
    app, _ = example_app(**react_pages(MODULES, answer, MAIN))
    with (
        Server(Breaking(app, "/answer", 6)) as server,
        opened(browser, f"{server.url}/page/index") as page,
    ):
        for _ in range(2):
            page.click("text=Ask")
            page.wait_for_selector("text=Stop")
            page.wait_for_selector("text=Ask")
            assert page.inner_text("p") == message().text
            calls = page.locator("pre").all_inner_texts()
            assert [re.split(r"[ (]", call)[0] for call in calls] == [
                call.name for call in message().tool_calls
            ]
            assert all("(complete)" in call for call in calls)


def test_react_component_stops_and_fails(browser: Any, answer: str) -> None:
    app, names = example_app(**react_pages(MODULES, answer, MAIN))
    upstreams: list[Upstream] = []

    def stream(*arguments: Any, **options: Any) -> Any:
        error = ValueError("broken") if len(upstreams) == 2 else None
        upstreams.append(Upstream([{"type": "text_delta", "text": "So"}], error=error))
        upstreams[-1].endless = error is None
        return upstreams[-1].read()

    store = names["MemoryStore"](grace=0)
    names.update(stream=stream, store=store, open=lambda *arguments: None)
    with Server(app) as server, opened(browser, f"{server.url}/page/index") as page:
        page.click("text=Ask")
        page.wait_for_function("document.querySelector('p').textContent === 'So'")
        page.click("text=Stop")
        page.wait_for_selector("text=Ask")
        assert page.inner_text("p") == "So"
        until(lambda: upstreams[0].closed == 1)
        page.click("text=Ask")
        page.wait_for_function("document.querySelector('p').textContent === 'So'")
        page.evaluate("remove()")
        until(lambda: upstreams[1].closed == 1)
        page.reload()
        page.click("text=Ask")
        page.wait_for_selector("[role=alert]")
        assert page.inner_text("p") == "So"
        assert page.inner_text("[role=alert]").startswith("Error: ")


def test_react_messages_are_new_objects(browser: Any) -> None:
    """A memoized component shows every change, because each message is a new object."""
    probe = """
import { createElement, memo } from "react";
import { useMessage } from "llm-streamparse/react";
const Call = memo(({ call }) => createElement("pre", null, JSON.stringify(call.partial)));
export function Answer() {
  const { message, start } = useMessage();
  const calls = message.tool_calls.map((call) => createElement(Call, { key: call.index, call }));
  return createElement("button", { onClick: () => start("/answer") }, "Ask", ...calls);
}
"""
    npm_packages(*REACT)
    app, _ = example_app(**react_pages(MODULES, probe, MAIN))
    with Server(app) as server, opened(browser, f"{server.url}/page/index") as page:
        page.click("text=Ask")
        page.wait_for_function("document.querySelectorAll('pre').length === 3")
        last = json.dumps(message().tool_calls[-1].arguments, separators=(",", ":"))
        page.wait_for_function(
            "(last) => JSON.stringify(JSON.parse([...document.querySelectorAll('pre')].at(-1)"
            ".textContent)) === last",
            arg=json.dumps(json.loads(last), separators=(",", ":"), ensure_ascii=False),
        )


def test_every_record_in_chromium(browser: Any) -> None:
    """In a browser, the reader gets the same message from the server as in Node."""
    app, _ = example_app(index="<!doctype html>")
    with Server(app) as server:
        page = browser.new_page()
        page.goto(f"{server.url}/page/index")
        shown = page.evaluate(
            """async () => {
              const { fromEventSource } = await import("/js/index.js");
              let last;
              for await (const { message } of fromEventSource("/answer")) last = message;
              return last;
            }"""
        )
        page.close()
    whole = message().to_dict()
    assert (shown["text"], shown["status"]) == (whole["text"], whole["status"])
    assert [call["arguments"] for call in shown["tool_calls"]] == [
        call["arguments"] for call in whole["tool_calls"]
    ]
    assert (PACKAGE / "index.js").is_file()
