"""Tests that the example of `docs/gateway.md` runs as written, on other ports."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests._cli.running import running
from tests.gateway.model_server import CALLS, TEXT, ModelServer, Play, streamed
from tests.web.serving import Server

PAGE = Path(__file__).parents[2] / "docs" / "gateway.md"


def blocks(language: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_the_example(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("openai", reason="openai is not installed (extra sdks)")
    command = next(
        line for line in blocks("bash")[0].splitlines() if line.startswith("streamparse")
    )
    with Server(ModelServer(Play(streamed(TEXT + CALLS["hermes"])))) as upstream:
        words = command.replace("http://127.0.0.1:8000", upstream.url).split()
        with running([sys.executable, "-m", *words, "--port", "0"]) as child:
            assert child.stdout is not None
            found = re.search(r"http://\S+", child.stdout.readline().decode())
            assert found is not None
            program = blocks("py")[0]
            assert "http://127.0.0.1:8080/v1" in program
            names: dict[str, object] = {}
            try:
                exec(program.replace("http://127.0.0.1:8080/v1", found[0]), names)
            finally:
                names["client"].close()  # type: ignore[attr-defined]
    assert capsys.readouterr().out == blocks("text")[0]


def test_the_table_of_options_is_current() -> None:
    import inspect

    from streamparse.gateway import gateway

    parameters = inspect.signature(gateway).parameters
    named = re.findall(r"^\| `(\w+)` \| ", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert named
    assert set(named) <= set(parameters)
