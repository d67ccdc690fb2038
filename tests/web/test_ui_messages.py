"""Tests of streamparse.web.ui_messages: responses for `useChat` and AG-UI."""

from __future__ import annotations

import json
import logging
import runpy
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from streamparse import MessageParser, SSEDecoder, stream
from streamparse.frontends import AGUIEvents, UIMessageStream, from_ui_messages
from streamparse.web import (
    MemoryStore,
    ag_ui_response,
    replay_response,
    ui_message_response,
    ui_messages,
)
from tests import clients
from tests.messages import chunk, text_chunk
from tests.responses import stream as response_of
from tests.responses import text_events
from tests.web.serving import Server, Upstream, connected, until

CHUNKS = [text_chunk("Hel"), text_chunk("lo"), chunk(finish="stop")]


def served(make: Any) -> tuple[httpx.Response, list[Any]]:
    """Return the response of an application that answers with `make()`, and its records."""

    async def chat(request: object) -> Any:
        return make()

    with Server(Starlette(routes=[Route("/", chat)])) as server:
        response = httpx.get(server.url, timeout=30, trust_env=False)
    return response, [event.data for event in SSEDecoder().feed(response.text)]


def types(records: list[Any]) -> list[str]:
    assert records[-1] == "[DONE]"
    return [json.loads(record)["type"] for record in records[:-1]]


WHOLE = ["start", "start-step", "text-start", "text-delta", "text-delta", "text-end"]


@pytest.mark.parametrize("kind", ["sync", "async", "events", "batches"])
def test_an_answer_from_any_source(kind: str) -> None:
    upstream = Upstream(CHUNKS)

    def make() -> Any:
        if kind == "async":
            return ui_message_response(stream(upstream()))
        if kind == "sync":
            return ui_message_response(stream(CHUNKS))
        parser = MessageParser()
        batches = [parser.feed(each) for each in CHUNKS] + [parser.finish()]
        return ui_message_response(
            batches if kind == "batches" else [event for batch in batches for event in batch]
        )

    response, records = served(make)
    assert types(records)[: len(WHOLE)] == WHOLE
    assert types(records)[-1] == "finish"
    assert response.headers["x-vercel-ai-ui-message-stream"] == "v1"
    assert response.headers["content-type"] == "text/event-stream"
    assert upstream.closed == upstream.opened


@pytest.mark.parametrize("is_async", [True, False])
def test_failures_are_logged_and_reported(is_async: bool, caplog: pytest.LogCaptureFixture) -> None:
    upstream = Upstream(CHUNKS[:1], error=ConnectionError("secret of the house"))

    def broken() -> Any:
        yield CHUNKS[0]
        raise ConnectionError("secret of the house")

    with caplog.at_level(logging.ERROR, "streamparse.web"):
        _, records = served(
            lambda: ui_message_response(stream(upstream() if is_async else broken()))
        )
    assert "error" in types(records)
    assert "secret" not in "".join(records)
    assert "secret of the house" in caplog.text


def test_error_messages() -> None:
    def broken() -> Any:
        yield CHUNKS[0]
        raise ConnectionError("no")

    response, records = served(
        lambda: ui_message_response(
            stream(broken()), headers={"x-a": "b"}, error_text=lambda error: f"told: {error}"
        )
    )
    assert "told: no" in "".join(records)
    assert response.headers["x-a"] == "b"


def test_a_page_that_leaves_closes_the_source() -> None:
    upstream = Upstream([text_chunk("x")], endless=True)

    async def chat(request: object) -> Any:
        return ui_message_response(stream(upstream()))

    with (
        Server(Starlette(routes=[Route("/", chat)])) as server,
        httpx.Client(timeout=30, trust_env=False) as client,
        client.stream("GET", server.url) as response,
    ):
        pieces = response.iter_bytes()
        next(pieces)
        assert upstream.closed == 0
        response.close()
        until(lambda: upstream.closed)


def test_records_of_the_encoder_between_the_events() -> None:
    """A source may yield records of the encoder, one or a list, between its events."""

    def answer(encoder: Any) -> Any:
        yield encoder.data("progress", 1, transient=True)
        yield from stream(["Hi"], api="text")
        yield encoder.data("log", 2)[0]

    def page() -> Any:
        ui = UIMessageStream(message_id="m")
        return ui_message_response(answer(ui), encoder=ui)

    def run() -> Any:
        encoder = AGUIEvents("t", "r")
        return ag_ui_response(answer(encoder), encoder=encoder)

    _, records = served(page)
    assert types(records)[:3] == ["start", "data-progress", "start-step"]
    assert types(records)[-3:] == ["data-log", "finish-step", "finish"]
    assert json.loads(records[0])["messageId"] == "m"
    _, events = served(run)
    found = [json.loads(one) for one in events]
    assert [one["name"] for one in found if one["type"] == "CUSTOM"] == ["progress", "log"]
    with pytest.raises(ValueError, match="run_id"):
        ag_ui_response([])


def test_a_heartbeat_has_to_be_positive() -> None:
    with pytest.raises(ValueError, match="heartbeat"):
        ui_message_response([], heartbeat=0)


# A page that is reloaded during an answer


@pytest.mark.parametrize("protocol", ["ui", "ag-ui"])
def test_a_reload_replays_the_whole_answer(protocol: str) -> None:
    store, names = MemoryStore(), dict[str, str]()
    words = [text_chunk(word) for word in ["one", "two", "three", "four", "five", "six"]]
    upstream = Upstream([*words, chunk(finish="stop")], pause=0.02)

    async def chat(request: object) -> Any:
        source = stream(upstream())
        if protocol == "ui":
            response = ui_message_response(source, store=store, message_id="m")
        else:
            response = ag_ui_response(source, thread_id="t", run_id="r", store=store)
        names["chat"] = response.stream
        return response

    async def again(request: object) -> Any:
        return replay_response(store, names.get("chat"))

    routes = [Route("/", chat), Route("/again", again)]
    with Server(Starlette(routes=routes)) as server:
        assert httpx.get(f"{server.url}/again", trust_env=False).status_code == 204
        with connected(server.url) as response:
            for piece in response.iter_text():
                if "two" in piece:
                    break
        found = httpx.get(f"{server.url}/again", timeout=30, trust_env=False)
        records = [event.data for event in SSEDecoder().feed(found.text)]
        texts = [json.loads(one).get("delta") for one in records if one.startswith("{")]
        assert "".join(text for text in texts if text) == "onetwothreefourfivesix"
        kinds = [json.loads(one)["type"] for one in records if one.startswith("{")]
        last = "finish" if protocol == "ui" else "RUN_FINISHED"
        assert (kinds[-1], records[-1] == "[DONE]") == (last, protocol == "ui")
        assert (upstream.opened, upstream.closed) == (1, 1)
        names["chat"] = "f" * 32
        assert httpx.get(f"{server.url}/again", trust_env=False).status_code == 204


def test_a_lost_stream_is_an_error_on_the_page() -> None:
    failed = {"type": "stream_failed", "error": {"message": "secret"}}
    assert "secret" not in ui_messages._last_of_ui(failed)
    assert "secret" not in str(ui_messages._last_of_ag_ui(failed))


def test_other_users_may_not_replay() -> None:
    store = MemoryStore()

    async def again(request: object) -> Any:
        return replay_response(store, "f" * 32, authorize=lambda stream, new: False)

    with Server(Starlette(routes=[Route("/", again)])) as server:
        assert httpx.get(server.url, trust_env=False).status_code == 403


@pytest.mark.parametrize("example", [False, True])
def test_reloading_with_the_real_clients(example: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clients of `useChat` and AG-UI disconnect and get the whole answer again."""
    records = response_of(text_events("one two three four five six.", size=4))
    upstream = Upstream(records, pause=0.03)
    store, names = MemoryStore(capacity=100_000), dict[str, str]()

    async def chat(request: Any) -> Any:
        posted = await request.json()
        assert from_ui_messages(posted["messages"], "openai-chat")
        response = ui_message_response(stream(upstream()), store=store)
        names[posted["id"]] = response.stream
        return response

    async def resume(request: Any) -> Any:
        return replay_response(store, names.get(request.path_params["chat"]))

    async def run(request: Any) -> Any:
        posted = await request.json()
        response = ag_ui_response(
            stream(upstream()), thread_id=posted["threadId"], run_id=posted["runId"], store=store
        )
        names["run"] = response.stream
        return response

    async def again(request: Any) -> Any:
        return replay_response(store, names["run"])

    app = Starlette(
        routes=[
            Route("/chat", chat, methods=["POST"]),
            Route("/chat/{chat}/stream", resume),
            Route("/run", run, methods=["POST"]),
            Route("/again", again, methods=["POST"]),
        ]
    )
    if example:
        app.mount("/example", example_app(upstream, monkeypatch))
    with Server(app) as server:
        chat_url = f"{server.url}/example/chat" if example else f"{server.url}/chat"
        urls = {"chat": chat_url, "run": f"{server.url}/run", "again": f"{server.url}/again"}
        found = clients._run("reload.mjs", json.dumps(urls) + "\n")
    whole = "one two three four five six."
    assert found == [{"left": 2, "ui": whole, "nothing": None, "agui": whole}]
    assert (upstream.opened, upstream.closed) == (2, 2)


def example_app(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the example application, with a client that reads from `upstream`."""
    pytest.importorskip("fastapi")
    pytest.importorskip("openai")
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    path = Path(__file__).parents[2] / "examples" / "usechat_app.py"
    names = runpy.run_path(str(path))

    async def create(**request: Any) -> Any:
        assert request["input"][0]["content"] == [{"type": "input_text", "text": "Hi"}]
        return upstream()

    monkeypatch.setattr(names["client"].responses, "create", create)
    return names["app"]
