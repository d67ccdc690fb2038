"""Tests of `streamparse demo`: it prints the address of the page and serves it."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import sys
import webbrowser
from typing import Any, ClassVar

import httpx
import pytest

from streamparse._cli import demo_command
from tests._cli.running import Runner, running


@pytest.mark.skipif(sys.platform == "win32", reason="signals are different on Windows")
def test_serves_until_interrupted() -> None:
    # A process that is started in the background would ignore the signal.
    program = """
import signal, sys
from streamparse._cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main())
"""
    with running([sys.executable, "-c", program, "demo", "--port", "0"]) as child:
        assert child.stdout is not None
        line = child.stdout.readline().decode()
        found = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert found is not None
        assert "<title>streamparse" in httpx.get(found[0], trust_env=False).text
        child.send_signal(signal.SIGINT)
        assert child.wait(20) == 130


def test_port_that_is_taken(command: Runner) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert command.bare("demo", "--port", str(port)) == 2
    assert f"cannot listen on 127.0.0.1:{port}" in command.complaint


class Server:
    """Replaces uvicorn's server, and records its configuration and port."""

    started: ClassVar[list[tuple[Any, int]]] = []

    def __init__(self, config: Any) -> None:
        self.config = config

    def run(self, sockets: list[socket.socket]) -> None:
        self.started.append((self.config, sockets[0].getsockname()[1]))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, int]]:
    monkeypatch.setattr("uvicorn.Server", Server)
    monkeypatch.setattr(Server, "started", [])
    return Server.started


@pytest.mark.parametrize("option", [[], ["--open"]])
def test_opens_the_browser_on_request(
    option: list[str],
    command: Runner,
    started: list[tuple[Any, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    assert command.bare("demo", "--port", "0", *option) == 0
    ((_, port),) = started
    url = f"http://127.0.0.1:{port}/"
    assert opened == ([url] if option else [])
    assert url in command.out.decode()


def test_plays_a_recording(command: Runner, started: list[tuple[Any, int]]) -> None:
    records = [{"id": "r", "choices": [{"index": 0, "delta": {"content": "Hi from a file"}}]}]
    text = "".join(f"data: {json.dumps(record)}\n\n" for record in records)
    assert command("demo", "--port", "0", given=text) == 0
    ((config, _),) = started

    async def titles() -> list[str]:
        transport = httpx.ASGITransport(config.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return [sample["title"] for sample in (await client.get("/samples")).json()]

    assert asyncio.run(titles())[0] == "input.json"


def test_a_recording_that_is_missing(command: Runner, started: list[tuple[Any, int]]) -> None:
    assert command.bare("demo", "nowhere.json", "--port", "0") == 2
    assert command.complaint.startswith("streamparse: nowhere.json: ")
    assert started == []


@pytest.mark.parametrize("module", ["jsonschema", "uvicorn"])
def test_missing_extra_is_named(
    module: str, command: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    assert command.bare("demo", "--port", "0") == 2
    assert "llm-streamparse[web,schema]" in command.complaint


def test_parts() -> None:
    application, uvicorn = demo_command._parts()
    assert callable(application)
    assert uvicorn.__name__ == "uvicorn"
