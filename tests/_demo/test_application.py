"""Tests of the application that serves the demo page, without a browser."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from streamparse import SSEDecoder
from streamparse._demo.application import LARGEST_RECORDING, Guarded, application
from streamparse._demo.samples import SAMPLES
from tests.web.serving import Server


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with Server(application(grace=5)) as server:
        yield server.url


def post(url: str, **options: Any) -> httpx.Response:
    return httpx.post(url, trust_env=False, timeout=30, **options)


def updates_of(response: httpx.Response) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the records about the answer that a page receives, and the last record."""
    records = [json.loads(each.data) for each in SSEDecoder().feed(response.content)]
    *updates, last = [
        one for each in records for one in (each if isinstance(each, list) else [each])
    ]
    return [each for each in updates if each.get("type") != "recording"], last


def test_page_loads_nothing_from_other_servers(url: str) -> None:
    page = httpx.get(url, trust_env=False)
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.text.startswith("<!doctype html>")
    seen, todo = set(), {"page.css", "page.js"}
    assert todo <= set(re.findall(r'(?:href|src)="([\w.]+)"', page.text))
    while todo:
        file = todo.pop()
        seen.add(file)
        found = httpx.get(f"{url}/{file}", trust_env=False)
        assert found.status_code == 200
        assert "http" not in found.text
        folder = file.rpartition("/")[0]
        for name in re.findall(r'from "\./([\w./]+)"', found.text):
            todo.add(f"{folder}/{name}" if folder else name)
        todo -= seen
    assert seen == {"page.css", "page.js", "values.js", "js/index.js", "js/streamparse.js"}


def test_samples_are_listed(url: str) -> None:
    listed = httpx.get(f"{url}/samples", trust_env=False).json()
    assert [each["title"] for each in listed] == [each.title for each in SAMPLES]


@pytest.mark.parametrize("index", range(len(SAMPLES)))
def test_sample_is_played(url: str, index: int) -> None:
    updates, last = updates_of(post(f"{url}/play?sample={index}&speed=0&chunk=64"))
    assert last == {"type": "stream_ended"}
    types = [each.get("type") for each in updates]
    types = [type for type in types if type not in (None, "provider_event")]
    assert types[-1] in ("message_finished", "message_failed")
    assert types[0] in ("message_started", "input_delta")


def test_dropped_recording(url: str) -> None:
    chunk = {"choices": [{"delta": {"content": '{"a": 1}'}, "finish_reason": "stop"}]}
    body = f"data: {json.dumps(chunk)}\n\n".encode()
    updates, _ = updates_of(post(f"{url}/play?speed=0&chunk=5", content=body))
    assert {"type": "text_delta", "text": '{"a": 1}'} in updates
    updates, _ = updates_of(post(f"{url}/play?speed=0&chunk=1000&output=json", content=body))
    values = [each for each in updates if each.get("type") == "output"]
    assert values[-1]["open"] is None


def test_files_that_are_no_recordings(url: str) -> None:
    updates, last = updates_of(post(f"{url}/play?speed=0&chunk=64", content=b"<h1>502</h1>"))
    assert last["error"]["code"] == updates[-1]["error"]["code"] == "not_a_stream"
    large = post(f"{url}/play?speed=0&chunk=64", content=b" " * (LARGEST_RECORDING + 1))
    assert large.status_code == 413


def test_recording_that_needs_an_extra(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.eventstream", None)
    data = (Path(__file__).parents[2] / "examples" / "bedrock-converse.bin").read_bytes()
    refused = post(f"{url}/play?speed=0&chunk=64", content=data)
    assert refused.status_code == 422
    assert "llm-streamparse[bedrock]" in refused.text


@pytest.mark.parametrize(
    "query",
    ["", "speed=0", "speed=-1&chunk=1", "speed=nan&chunk=1", "speed=x&chunk=1", "speed=0&chunk=0"],
)
@pytest.mark.parametrize("sample", ["sample=0", "sample=99", "sample=x", ""])
def test_bad_requests(url: str, query: str, sample: str) -> None:
    if sample == "sample=0" or query:
        assert post(f"{url}/play?{query}&{sample}").status_code == 400


def test_cut_resumed_and_stopped(url: str) -> None:
    whole, _ = updates_of(post(f"{url}/play?sample=1&speed=0&chunk=64"))
    decoder, records = SSEDecoder(), []
    with httpx.stream(
        "POST", f"{url}/play?sample=1&speed=800&chunk=64", trust_env=False, timeout=30
    ) as response:
        for data in response.iter_bytes():
            records += decoder.feed(data)
            if len(records) > 5:
                break
    rest, last = updates_of(post(f"{url}/play", headers={"Last-Event-ID": records[-1].id}))
    assert last == {"type": "stream_ended"}
    assert rest[-1] == whole[-1]
    with httpx.stream(
        "POST", f"{url}/play?sample=1&speed=20&chunk=64", trust_env=False, timeout=30
    ) as response:
        decoder, records = SSEDecoder(), []
        for data in response.iter_bytes():
            records += decoder.feed(data)
            if len(records) == 1:
                assert post(f"{url}/stop", params={"id": records[0].id}).status_code == 204
        assert json.loads(records[-1].data) == {"type": "stream_stopped"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "[::1]:1"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": ""}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "localhost:1", "Origin": "http://localhost:1"}, 200),
        ({"Host": "localhost:1", "Origin": "http://localhost:2"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
    ],
)
def test_requests_of_other_pages_are_rejected(
    url: str, headers: dict[str, str], status: int
) -> None:
    answered = post(f"{url}/play?sample=0&speed=0&chunk=64", headers=headers)
    assert answered.status_code == status
    assert httpx.get(url, headers=headers, trust_env=False).status_code == status


def test_a_host_of_the_users_choice() -> None:
    guard = Guarded(application(), "Box.local")
    wild = Guarded(application(), "0.0.0.0")
    for host, refused in ((b"box.local:1", False), (b"other.local", True), (b"localhost", False)):
        scope = {"type": "http", "headers": [(b"host", host)]}
        assert (guard._refusal(scope) is not None) == refused
        assert wild._refusal(scope) is None


def test_a_recording_of_the_user_comes_first(tmp_path: Path) -> None:
    file = tmp_path / "mine.sse"
    file.write_bytes((Path(__file__).parents[2] / "examples" / "unparsed.sse").read_bytes())
    with Server(application(recording=file)) as server:
        listed = httpx.get(f"{server.url}/samples", trust_env=False).json()
        assert listed[0]["title"] == "mine.sse"
        updates, _ = updates_of(post(f"{server.url}/play?sample=0&speed=0&chunk=64"))
        assert "ring_bell" in [each.get("name") for each in updates]
        file.unlink()
        assert post(f"{server.url}/play?sample=0&speed=0&chunk=64").status_code == 404
