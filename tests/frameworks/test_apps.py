"""Tests of programs that show an answer while it arrives: Gradio, Streamlit, notebooks, Textual."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import streamparse
from streamparse import MessageParser
from tests.frameworks.serving import EXAMPLES, PROGRAMS

TITLE = "A wet Saturday in Ghent, with cake"
STOPS = ["House of Alijn", "Industry Museum", "Graslei"]
FOLDER = str(Path(streamparse.__file__).parents[1])


@pytest.fixture(autouse=True)
def _sdk() -> None:
    pytest.importorskip("openai", reason="needs openai")


def expected(sample: str) -> Any:
    parser = MessageParser()
    parser.feed((EXAMPLES / sample).read_bytes())
    parser.finish()
    return parser.message


def test_gradio(provide: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradio's client receives growing states of the answer from its server."""
    gradio_client = pytest.importorskip("gradio_client", reason="needs gradio")

    provider = provide("openai-responses.sse")
    provider.gate.clear()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("GRADIO_SERVER_PORT", str(port))
    monkeypatch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
    server = subprocess.Popen(
        [sys.executable, "-u", str(PROGRAMS / "gradio_app.py")], stdout=subprocess.PIPE
    )
    try:
        assert server.stdout is not None
        assert b"Running on local URL" in server.stdout.readline()
        client = gradio_client.Client(f"http://127.0.0.1:{port}", verbose=False)
        states = []
        for state in client.submit("What ails my tomatoes?", api_name="/answer"):
            states.append(state)
            provider.gate.set()
        client.close()
    finally:
        server.kill()
        server.communicate()
    message = expected("openai-responses.sse")
    assert states[0] != states[-1]
    *boxes, text = states[-1]
    content = text["content"]
    assert (content if isinstance(content, str) else content[0]["text"]) == message.text
    titles = [box["metadata"]["title"] for box in boxes]
    [call] = message.tool_calls
    assert titles == ["Reasoning", f"{call.name} (complete)"]


def test_streamlit(provide: Any) -> None:
    testing = pytest.importorskip("streamlit.testing.v1", reason="needs streamlit")
    provide("openai-chat.sse", "outing.sse")
    page = testing.AppTest.from_file(str(PROGRAMS / "streamlit_app.py"), default_timeout=60).run()
    page.text_input[0].input("Ljubljana").run()
    page.button[0].click().run()
    assert not page.exception
    assert page.markdown[0].value == expected("openai-chat.sse").text
    page.button[1].click().run()
    assert not page.exception
    assert page.subheader[0].value == TITLE
    assert list(page.table[0].value.iloc[:, 0]) == STOPS


def test_marimo(provide: Any, tmp_path: Path) -> None:
    """The notebook can be exported with its outputs."""
    pytest.importorskip("marimo", reason="needs marimo")
    provide("outing.sse")
    page = tmp_path / "page.html"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "marimo", "-y", "export", "html", "--no-include-code"),
            *(str(PROGRAMS / "marimo_notebook.py"), "-o", str(page)),
        ],
        capture_output=True,
        cwd=tmp_path,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    written = page.read_text(encoding="utf-8")
    assert TITLE in written
    assert all(stop in written for stop in STOPS)


def test_marimo_as_a_script(provide: Any, program: Any) -> None:
    pytest.importorskip("marimo", reason="needs marimo")
    provide("outing.sse")
    _, values = program("marimo_notebook").app.run()
    assert [stop.place for stop in values["outing"].stops] == STOPS


def test_jupyter(provide: Any, tmp_path: Path) -> None:
    nbclient = pytest.importorskip("nbclient", reason="needs nbclient")
    nbformat = pytest.importorskip("nbformat", reason="needs nbclient")
    pytest.importorskip("ipykernel", reason="needs ipykernel")
    pytest.importorskip("rich", reason="needs the extra cli")
    provide("openai-responses.sse")
    text = (PROGRAMS / "jupyter_cell.py").read_text(encoding="utf-8")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text)])
    updates: list[str] = []

    class Client(nbclient.NotebookClient):  # type: ignore[misc, name-defined]
        def process_message(self, message: Any, *rest: Any) -> Any:
            if message["msg_type"] == "update_display_data":
                updates.append(message["content"]["data"]["text/html"])
            return super().process_message(message, *rest)

    folders = os.pathsep.join([FOLDER, *sys.path])
    client = Client(notebook, timeout=120, kernel_name="python3")
    client.execute(cwd=str(tmp_path), env={**os.environ, "PYTHONPATH": folders})
    [shown] = notebook.cells[0].outputs
    assert "complete" in shown.data["text/plain"]
    assert "magnesium" in shown.data["text/html"]
    assert len(set(updates)) > 1


def test_textual(provide: Any, program: Any) -> None:
    widgets = pytest.importorskip("textual.widgets", reason="needs textual")
    provider = provide("openai-responses.sse")
    provider.gate.clear()
    app = program("textual_app").Answer("What ails my tomatoes?")

    async def drive() -> tuple[str, str, str]:
        async with app.run_test() as pilot:
            markdown = app.query_one(widgets.Markdown)
            while not markdown.source:
                await pilot.pause(0.02)
            half = markdown.source
            provider.gate.set()
            await app.workers.wait_for_complete()
            await pilot.pause()
            return half, markdown.source, str(app.query_one("#calls").render())

    half, whole, calls = asyncio.run(drive())
    message = expected("openai-responses.sse")
    assert whole == message.text
    assert message.text.startswith(half)
    assert half != whole
    [call] = message.tool_calls
    assert calls == f"{call.name} {call.arguments} complete"
    assert json.dumps(call.arguments)
