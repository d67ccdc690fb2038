"""Tests of the FastAPI example and its stand-in for a provider, with real servers and clients."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import httpx
import pytest

from streamparse import MessageParser
from tests.chromium import chromium
from tests.web.redis_server import RedisServer, servers
from tests.web.serving import Server, get, whole_events

EXAMPLES = Path(__file__).parents[1] / "examples"


@contextmanager
def loaded(name: str) -> Iterator[ModuleType]:
    """Load a program as a module until the end of the block, because FastAPI imports it by name."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.modules.pop(name, None)


@contextmanager
def example(recording: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Yield the address of the application, whose provider answers with `recording`."""
    with (
        loaded("stand_in_provider") as stand_in,
        loaded("fastapi_app") as application,
        Server(stand_in.provider(recording, size=200, pause=0.002)) as provider,
    ):
        monkeypatch.setenv("PROVIDER", provider.url)
        with Server(application.app) as server:
            yield server.url


ANSWER = "/answer?question=What+now%3F"


def test_tools_are_checked_and_run_while_the_answer_arrives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recording = (EXAMPLES / "openai-chat.sse").read_bytes()
    with example(recording, monkeypatch) as url:
        got = get(url + ANSWER)
    events = whole_events(got.data)
    types = [event["type"] for event in events]
    assert [event["result"] for event in events if event["type"] == "tool_result"] == [
        "Ljubljana, 2026-05-23: rain from 9 o'clock on",
        ["museum, at most 12.5 each", "indoor playground, at most 12.5 each"],
    ]
    [rejected] = [event for event in events if event["type"] == "tool_call_rejected"]
    assert rejected["call"] == 2
    assert rejected["error"]["code"] == "unknown_tool"
    assert types[-2:] == ["message_finished", "stream_ended"]
    received = "".join(event["text"] for event in events if event["type"] == "text_delta")
    assert received.startswith("I will look up")


def test_resumed(monkeypatch: pytest.MonkeyPatch) -> None:
    recording = (EXAMPLES / "openai-chat.sse").read_bytes()
    with example(recording, monkeypatch) as url:
        whole = get(url + ANSWER)
        first = get(url + ANSWER, stop_after=5)
        rest = get(url + ANSWER, first.last_id)
    received = [
        "".join(event["text"] for event in events if event["type"] == "text_delta")
        for events in map(whole_events, (whole.data, first.data + rest.data))
    ]
    assert received[0] == received[1]
    assert rest.data[-1] == whole.data[-1]


def test_provider_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    with example(b'{"error": {"message": "out of credit"}}', monkeypatch) as url:
        got = get(url + ANSWER)
    assert [event["type"] for event in got.data][-2:] == ["message_failed", "stream_ended"]
    assert "out of credit" in got.data[-2]["error"]["message"]


@pytest.mark.parametrize("program", servers())
def test_a_page_resumes_in_another_process(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With REDIS, two applications share their streams."""
    pytest.importorskip("redis", reason="redis-py is not installed")
    recording = (EXAMPLES / "openai-chat.sse").read_bytes()
    redis = RedisServer(program)
    monkeypatch.setenv("REDIS", redis.url)
    try:
        with (
            example(recording, monkeypatch) as url,
            loaded("fastapi_app") as other,
            Server(other.app) as server,
        ):
            first = get(url + ANSWER, stop_after=3)
            second = get(server.url + ANSWER, first.last_id)
    finally:
        redis.close()
    ids = [int(each.rpartition("-")[2]) for each in [*first.ids, *second.ids[:-1]]]
    assert ids == list(range(2, len(ids) + 2))
    assert second.data[-1] == {"type": "stream_ended"}


def test_page_and_length(monkeypatch: pytest.MonkeyPatch) -> None:
    with example(b"", monkeypatch) as url:
        page = httpx.get(url, trust_env=False).text
    assert re.search(r"answer\?question=", page)
    code = (EXAMPLES / "fastapi_app.py").read_text(encoding="utf-8").partition('@app.get("/")')[0]
    lines = [line for line in code.splitlines() if line.strip()]
    assert len(lines) <= 50


def test_page_in_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page shows the text, the results of tools and the reason of a rejection."""
    recording = (EXAMPLES / "openai-chat.sse").read_bytes()
    parser = MessageParser()
    parser.feed(recording)
    complaints: list[str] = []
    with example(recording, monkeypatch) as url, chromium() as browser:
        page = browser.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        page.wait_for_function("shown.textContent.includes('✗ no tool is named')", timeout=30_000)
        page.wait_for_function("shown.textContent.includes('museum, at most 12.5')")
        shown = page.inner_text("#shown")
    assert complaints == []
    lines = shown[len(parser.message.text) :].strip().splitlines()
    assert shown.startswith(parser.message.text)
    assert [line.split()[0] for line in lines] == ["get_forecast", "find_places", "draft_message"]
    assert lines[0].endswith('→ "Ljubljana, 2026-05-23: rain from 9 o\'clock on"')
