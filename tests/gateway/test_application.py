"""Tests of the application: its options, its routes, and mounting it in another application."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from streamparse.gateway import gateway
from tests.gateway.model_server import TOOLS, ModelServer, Play, answer_in, served, streamed
from tests.web.serving import Server, until

BODY = {"model": "m", "messages": [], "tools": TOOLS, "stream": True}


def post(url: str, **more: Any) -> httpx.Response:
    return httpx.post(url, json=BODY, trust_env=False, timeout=30, **more)


def test_mounted_in_another_application() -> None:
    model = ModelServer(Play(streamed(answer_in("hermes"))))
    with Server(model) as upstream:
        front = gateway(upstream.url + "/v1")
        outer = Starlette(routes=[Mount("/model", front)], lifespan=front.router.lifespan_context)
        with Server(outer) as server:
            got = post(server.url + "/model/v1/chat/completions?x=1")
            other = post(server.url + "/model/v1/completions")
            assert httpx.get(server.url + "/model/metrics", trust_env=False).status_code == 200
    assert b'"tool_calls"' in got.content
    assert b'"tool_calls"' not in other.content
    targets = [asked.target for asked in model.asked]
    assert targets == [b"/v1/chat/completions?x=1", b"/v1/completions"]


@pytest.mark.parametrize(
    ("method", "path", "parsed"),
    [
        ("POST", "/v1/chat/completions", True),
        ("POST", "/chat/completions", True),
        ("PUT", "/v1/chat/completions", False),
        ("POST", "/v1/chat/completions/", False),
        ("POST", "/v1/responses", False),
    ],
)
def test_which_requests_are_parsed(method: str, path: str, parsed: bool) -> None:
    with (
        served(Play(streamed(answer_in("hermes")))) as server,
        httpx.Client(trust_env=False) as client,
    ):
        got = client.request(method, server.gateway.url + path, json=BODY)
    assert (b'"reasoning_content"' in got.content) is parsed


def test_metrics() -> None:
    with served(Play(streamed(answer_in("hermes")))) as server:
        post(server.url + "/chat/completions")

        def text() -> str:
            return httpx.get(server.gateway.url + "/metrics", trust_env=False).text

        until(lambda: "streamparse_gateway_active_requests 0.0" in text())
        found = text()
    assert 'requests_total{kind="chat",status="200"} 1.0' in found
    assert "streamparse_gateway_first_delta_seconds_count 1.0" in found
    assert "streamparse_gateway_departures_total 0.0" in found


def test_invalid_options() -> None:
    with pytest.raises(ValueError, match="upstream"):
        gateway("m:8000")
    with pytest.raises(ValueError, match="no format is named"):
        gateway("http://m", format="nonsense")
    with pytest.raises(TypeError, match="limits"):
        gateway("http://m", limits=5)  # type: ignore[arg-type]


class Recorder:
    """Telemetry that keeps the types of events."""

    def __init__(self) -> None:
        self.types: list[str] = []
        self.ended = 0

    def recorder(self) -> Recorder:
        return self

    def note(self, events: Any) -> None:
        self.types += [event.type for event in events]

    def end(self, error: Any = None) -> None:
        self.ended += 1


def test_telemetry() -> None:
    recorder: Any = Recorder()
    with served(Play(streamed(answer_in("hermes"))), telemetry=recorder) as server:
        post(server.url + "/chat/completions")
    assert "tool_call_completed" in recorder.types
    assert recorder.ended == 1


def test_telemetry_of_a_client_that_leaves() -> None:
    recorder: Any = Recorder()
    play = Play(streamed(answer_in("hermes"), reason=None), hang=True)
    with served(play, telemetry=recorder) as server:
        with (
            httpx.Client(trust_env=False) as client,
            client.stream("POST", server.url + "/chat/completions", json=BODY) as response,
        ):
            next(response.iter_raw())
        until(lambda: recorder.ended == 1)
    assert recorder.types[-1] == "message_finished"


def test_an_upstream_that_cannot_be_reached() -> None:
    with Server(gateway("http://127.0.0.1:9", connect_timeout=2)) as server:
        for path in ("/v1/chat/completions", "/v1/models"):
            got = post(server.url + path)
            assert (got.status_code, got.json()["error"]["type"]) == (502, "upstream_error")
        text = httpx.get(server.url + "/metrics", trust_env=False).text
    assert 'upstream_failures_total{code="upstream_unreachable"} 2.0' in text


@pytest.mark.parametrize("module", ["httpx", "jsonschema", "prometheus_client", "starlette"])
def test_a_missing_package_names_the_extra(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(sys.modules):
        if name.startswith(("streamparse.gateway", f"{module}.")) or name == module:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r"'llm-streamparse\[gateway\]'"):
        importlib.import_module("streamparse.gateway")
