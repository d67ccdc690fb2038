"""Tests that run the example programs with real clients and a local provider.

`PEERS` has the number of lines of the shortest program with another library for the same task. An
example may only be longer if `MORE` says what it does in addition.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import streamparse
from streamparse import MessageParser, SSEDecoder
from tests.clients import read, row
from tests.helpers import checker_environment, run_mypy
from tests.messages import chunk, sse, text_chunk
from tests.test_fastapi_example import loaded
from tests.web.serving import Server

EXAMPLES = Path(__file__).parents[1] / "examples"
ROOT = Path(streamparse.__file__).parents[1]


class Provider:
    """Answers each request with the next recording, and records the bodies of the requests."""

    def __init__(self, *recordings: bytes) -> None:
        self.recordings = list(recordings)
        self.requests: list[Any] = []
        self.app = Starlette(routes=[Route("/{path:path}", self.answer, methods=["POST"])])

    async def answer(self, request: Request) -> Response:
        self.requests.append(await request.json())
        return Response(self.recordings.pop(0), media_type="text/event-stream")


def environment(url: str) -> dict[str, str]:
    own = {"ANTHROPIC_BASE_URL": url, "OPENAI_BASE_URL": f"{url}/v1", "PYTHONPATH": str(ROOT)}
    keys = {"ANTHROPIC_API_KEY": "none", "OPENAI_API_KEY": "none", "NO_PROXY": "*"}
    return {**os.environ, **own, **keys, "PYTHONUTF8": "1", "COLUMNS": "80"}


def run(provider: Provider, program: str, *arguments: str, folder: Path) -> str:
    """Return the output of a program that uses this provider."""
    with Server(provider.app) as server:
        given = [argument.replace("URL", server.url) for argument in arguments]
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / program), *given],
            capture_output=True,
            cwd=folder,
            env=environment(server.url),
            timeout=100,
            check=False,
        )
    assert (done.returncode, done.stderr.decode()) == (0, "")
    return done.stdout.decode()


def anthropic_answer(blocks: list[dict[str, Any]], reason: str) -> bytes:
    start = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "c"}
    usage = {"input_tokens": 1, "output_tokens": 1}
    records: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**start, "stop_reason": None, "usage": usage}}
    ]
    for index, block in enumerate(blocks):
        if block["type"] == "text":
            empty, delta = {**block, "text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            text = json.dumps(block["input"])
            empty = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": text}
        records += [
            {"type": "content_block_start", "index": index, "content_block": empty},
            {"type": "content_block_delta", "index": index, "delta": delta},
            {"type": "content_block_stop", "index": index},
        ]
    end = {"stop_reason": reason, "stop_sequence": None}
    records += [{"type": "message_delta", "delta": end, "usage": usage}, {"type": "message_stop"}]
    framed = [f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in records]
    return "".join(framed).encode()


def use(identity: str, name: str, **arguments: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": identity, "name": name, "input": arguments}


def test_agent(tmp_path: Path) -> None:
    """The agent runs two rounds of tools, one of which fails, and prints the answer."""
    pytest.importorskip("anthropic", reason="needs anthropic")
    pytest.importorskip("rich", reason="needs rich")
    (tmp_path / "notes.txt").write_text("first\nsecond\n", encoding="utf-8")
    provider = Provider(
        anthropic_answer([use("t1", "list_files"), use("t2", "read_file", path="no")], "tool_use"),
        anthropic_answer([use("t3", "read_file", path="notes.txt", lines=1)], "tool_use"),
        anthropic_answer([{"type": "text", "text": "It says: first."}], "end_turn"),
    )
    shown = run(provider, "agent.py", "What is in the notes?", folder=tmp_path)
    assert "It says: first." in shown
    first, second, third = provider.requests
    assert [tool["name"] for tool in first["tools"]] == ["list_files", "read_file"]
    results = second["messages"][2]["content"]
    assert results[0]["content"] == '["notes.txt"]'
    assert results[1]["is_error"]
    assert "FileNotFoundError" in results[1]["content"]
    assert [message["role"] for message in third["messages"]] == [
        *("user", "assistant", "user", "assistant", "user")
    ]
    assert third["messages"][4]["content"][0]["content"] == "first"


def test_extraction(tmp_path: Path) -> None:
    pytest.importorskip("openai", reason="needs openai")
    provider = Provider((EXAMPLES / "outing.sse").read_bytes())
    lines = run(provider, "extraction.py", "A wet day", folder=tmp_path).splitlines()
    assert lines[0] == " (None): "
    whole = "A wet Saturday in Ghent, with cake (rain): House of Alijn, Industry Museum, Graslei"
    assert lines[-1] == whole
    assert any("House of Alijn, Ind" in line for line in lines[:-10])
    [request] = provider.requests
    assert request["response_format"]["json_schema"]["schema"]["title"] == "Outing"


def test_open_model(tmp_path: Path) -> None:
    pytest.importorskip("openai", reason="needs openai")
    provider = Provider((EXAMPLES / "unparsed.sse").read_bytes())
    shown = run(provider, "open_model.py", "URL/v1", folder=tmp_path)
    assert shown == "the small one rang 3 times (not before eight </tool_call>)\n"
    assert "ring_bell" in provider.requests[0]["messages"][0]["content"]


# A page with useChat

POSTED = {
    "id": "chat",
    "trigger": "submit-message",
    "messages": [
        {"id": "1", "role": "user", "parts": [{"type": "text", "text": "Hello"}]},
        {
            "id": "2",
            "role": "assistant",
            "parts": [
                {"type": "step-start"},
                {"type": "reasoning", "text": "Hm"},
                {"type": "text", "text": "Good "},
                {"type": "text", "text": "day"},
            ],
        },
        {"id": "3", "role": "user", "parts": [{"type": "text", "text": "Bye"}]},
    ],
}


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that posts like `useChat`.

    It returns the request to the provider and the response of the application.
    """
    pytest.importorskip("openai", reason="needs openai")

    def post(recording: bytes) -> tuple[Any, httpx.Response]:
        provider = Provider(recording)
        with Server(provider.app) as upstream:
            for name, value in environment(upstream.url).items():
                monkeypatch.setenv(name, value)
            with loaded("usechat_app") as application, Server(application.app) as server:
                answer = httpx.post(f"{server.url}/chat", json=POSTED, timeout=30, trust_env=False)
        return provider.requests[0], answer

    return post


def test_usechat(posted: Any) -> None:
    request, answer = posted((EXAMPLES / "openai-chat.sse").read_bytes())
    assert [message["role"] for message in request["input"]] == ["user", "assistant", "user"]
    received = json.dumps(request["input"])
    assert received.index("Hello") < received.index("Good day") < received.index("Bye")
    assert answer.headers["x-vercel-ai-ui-message-stream"] == "v1"
    assert answer.text.rstrip().endswith("data: [DONE]")
    parts = [json.loads(each.data) for each in SSEDecoder().feed(answer.text)[:-1]]
    assert {"tool-input-available", "text-delta", "finish"} <= {part["type"] for part in parts}


def test_usechat_is_read_by_the_ai_package(posted: Any) -> None:
    """The `ai` package reads the whole content of the recording."""
    recording = (EXAMPLES / "openai-chat.sse").read_bytes()
    _, answer = posted(recording)
    parser = MessageParser()
    events = [*parser.feed(recording), *parser.finish()]
    expected = row("usechat", parser.message, events)
    expected["expected"]["ui"]["id"] = ""  # The page generates the id.
    body = "\n\n".join(part for part in answer.text.split("\n\n") if not part.startswith(":"))
    found = read([{**expected, "ui": body, "agui": None}])
    assert (found.counts["ui"], found.differences) == (1, [])


def test_usechat_with_a_failure(posted: Any, caplog: pytest.LogCaptureFixture) -> None:
    _, answer = posted(sse([text_chunk("Go"), {"error": {"message": "overloaded"}}], done=False))
    assert '"type":"error"' in answer.text


# Lengths, without blank lines, comments and docstrings

PEERS = {
    "usechat_app.py": 8,  # pydantic-ai
    "agent.py": 16,  # the anthropic SDK
    "extraction.py": 22,  # instructor, with the same models and the same request
    "open_model.py": 16,  # No library does it; the openai SDK if the server parses the calls.
    "fastapi_app.py": 50,  # No library does it.
}
MORE = {
    "usechat_app.py": (11, "chooses the client and the model; the page can be reloaded"),
    "agent.py": (12, "a live view, validated calls, errors of tools for the model, several tools"),
    "open_model.py": (5, "reads the text of the model, runs the tool"),
}


@pytest.mark.parametrize("program", PEERS)
def test_programs_are_not_longer_than_those_of_peers(program: str) -> None:
    tree = ast.parse((EXAMPLES / program).read_text(encoding="utf-8").partition('@app.get("/")')[0])
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and not _is_docstring(node):
            lines |= {node.lineno, getattr(node, "end_lineno", node.lineno)}
            lines |= {each.lineno for each in ast.walk(node) if hasattr(each, "lineno")}
    assert len(lines) <= PEERS[program] + MORE.get(program, (0, ""))[0]


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def test_telemetry_program() -> None:
    pytest.importorskip("opentelemetry.sdk", reason="needs the SDK of OpenTelemetry")
    done = subprocess.run(
        [sys.executable, EXAMPLES / "telemetry.py"],
        capture_output=True,
        env=checker_environment("PYTHONPATH"),
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    written = done.stdout.decode()
    assert "gen_ai.response.id" in written
    assert "streamparse.time_to_first_call" in written


def test_types_of_the_programs(mypy_cache: Path) -> None:
    """The example programs have no type errors."""
    for name in ("mypy", "openai", "anthropic", "fastapi"):
        pytest.importorskip(name, reason=f"needs {name}")
    assert run_mypy(mypy_cache, *PEERS, cwd=EXAMPLES) == ""


def test_chunks_of_the_tests_are_read() -> None:
    """The streams that these tests write are valid streams of their APIs."""
    parser = MessageParser()
    parser.feed(anthropic_answer([use("a", "f", x=1)], "tool_use"))
    parser.finish()
    assert (parser.api, parser.message.status) == ("anthropic-messages", "complete")
    assert chunk()["object"] == "chat.completion.chunk"
