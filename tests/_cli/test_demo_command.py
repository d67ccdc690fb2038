"""`streamparse demo` as a process: it prints the address of the page, and serves it."""

from __future__ import annotations

import re
import signal
import socket
import sys
import webbrowser

import httpx
import pytest

from streamparse._cli import demo_command
from tests._cli.running import Runner, running


@pytest.mark.skipif(sys.platform == "win32", reason="signals are different there")
def test_serves_until_interrupted() -> None:
    # A process that was started in the background ignores the signal; here it must not.
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


def test_opens_the_browser(command: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    class Server:
        def __init__(self, config: object) -> None: ...

        def run(self, sockets: list[socket.socket]) -> None:
            assert sockets[0].getsockname()[1] == int(opened[0].rsplit(":")[-1].strip("/"))

    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr("uvicorn.Server", Server)
    assert command.bare("demo", "--port", "0", "--open") == 0
    assert opened[0] in command.out.decode()


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
