"""Tests of `streamparse gateway`: the server and its options."""

from __future__ import annotations

import re
import signal
import socket
import sys
from typing import Any

import httpx
import pytest

from tests._cli.running import Runner, running
from tests.gateway.model_server import ModelServer, Play, whole
from tests.web.serving import Server

PROGRAM = """
import signal, sys
from streamparse._cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are different on Windows")
def test_serves_until_interrupted() -> None:
    model = ModelServer(Play([whole("Hi")], headers={"content-type": "a/b", "server": "theirs"}))
    with Server(model) as upstream:
        command = [sys.executable, "-c", PROGRAM, "gateway", "--upstream", upstream.url]
        with running([*command, "--port", "0", "--retry", "2"]) as child:
            assert child.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:\d+", child.stdout.readline().decode())
            assert found is not None
            with httpx.Client(base_url=found[0], trust_env=False) as client:
                got = client.get("/v1/models")
                assert "streamparse_gateway" in client.get("/metrics").text
                assert client.get("/v1/x", headers={"host": "evil.test"}).status_code == 421
            assert (got.content, got.headers["content-type"]) == (whole("Hi"), "a/b")
            assert len(got.headers.get_list("date")) == 1
            child.send_signal(signal.SIGINT)
            assert child.wait(20) == 130


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Replace uvicorn's server; return the list of its configurations."""
    found: list[Any] = []

    class Server:
        def __init__(self, config: Any) -> None:
            found.append(config)

        def run(self, sockets: list[socket.socket]) -> None:
            assert sockets[0].getsockname()[1]

    monkeypatch.setattr("uvicorn.Server", Server)
    return found


def test_other_machines_only_with_a_warning(command: Runner, started: list[Any]) -> None:
    options = ("gateway", "--upstream", "http://m", "--port", "0")
    assert command.bare(*options, "--reject", "--format", "none", "--metrics", "none") == 0
    assert command.err == b""
    assert command.bare(*options, "--host", "0.0.0.0") == 0
    assert "--host 0.0.0.0: every machine" in command.complaint
    assert len(started) == 2
    assert not started[0].date_header


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--upstream", "m:1"], "--upstream must begin with http"),
        (["--upstream", "http://m", "--format", "nonsense"], "no format is named 'nonsense'"),
        (["--upstream", "http://m", "--metrics", "x"], "--metrics must be a path"),
        (["--upstream", "http://m", "--format", "./no/tokenizer_config.json"], "No such file"),
    ],
)
def test_invalid_options(command: Runner, options: list[str], complaint: str) -> None:
    assert command.bare("gateway", *options) == 2
    assert complaint in command.complaint


def test_port_that_is_taken(command: Runner) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert command.bare("gateway", "--upstream", "http://m", "--port", port) == 2
    assert f"cannot listen on 127.0.0.1:{port}" in command.complaint


def test_missing_extra_is_named(command: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert command.bare("gateway", "--upstream", "http://m") == 2
    assert "llm-streamparse[gateway]" in command.complaint
