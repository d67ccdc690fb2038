"""Tests of `fromEventSource` in Node with servers that break connections or reject requests."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from streamparse import SSEDecoder
from streamparse.web import MemoryStore, sse_response, stop_stream
from tests.helpers import cut
from tests.js.programs import HERE, Program
from tests.web.serving import Breaking, Server, Upstream, until


@pytest.fixture(scope="module")
def source() -> Iterator[Program]:
    program = Program(HERE / "read_source.mjs")
    yield program
    program.close()


WORDS = ["So", "it", "begins", "again", "and", "again", "and", "ends"]
RECORDS = [{"type": "text_delta", "text": f"{word} "} for word in WORDS]
FINISHED = {"type": "message_finished", "status": "complete", "finish_reason": "stop"}
TEXT = " ".join([*WORDS, ""])


@dataclass
class App:
    """An application that sends the `refusals`, one for each request, and then the records."""

    upstream: Upstream = field(default_factory=lambda: Upstream([*RECORDS, FINISHED], pause=0.002))
    store: MemoryStore | None = field(default_factory=MemoryStore)
    refusals: list[Response] = field(default_factory=list)
    requests: list[tuple[str, str | None, bytes]] = field(default_factory=list)

    @property
    def routes(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self.answer, methods=["GET", "POST"]),
                Route("/stop", self.stop, methods=["POST"]),
            ]
        )

    async def answer(self, request: Request) -> Response:
        last_id = request.headers.get("last-event-id")
        self.requests.append((request.method, last_id, await request.body()))
        if self.refusals:
            return self.refusals.pop(0)
        return sse_response(self.upstream, store=self.store, retry=0.01)

    async def stop(self, request: Request) -> Response:
        assert self.store is not None
        await stop_stream(self.store, request.query_params["id"])
        return Response(status_code=204)


def last_message(answer: Any) -> Any:
    return answer["updates"][-1]["message"]


def test_a_whole_stream(source: Program) -> None:
    app = App()
    with Server(app.routes) as server:
        answer = source.ask({"url": server.url})
    assert (answer["error"], answer["stopped"]) == (None, [])
    assert last_message(answer) == {
        "status": "complete",
        "text": TEXT,
        "reasoning": "",
        "refusal": "",
        "content": [{"type": "text", "text": TEXT}],
        "tool_calls": [],
        "finish_reason": "stop",
    }
    events = [event["type"] for update in answer["updates"] for event in update["events"]]
    assert events == [*["text_delta"] * 8, "message_finished", "stream_ended"]
    texts = [update["message"]["text"] for update in answer["updates"]]
    assert all(later.startswith(sooner) for sooner, later in itertools.pairwise(texts))


@pytest.mark.parametrize("messages", [3, 4, 6])
def test_a_broken_connection_is_resumed(source: Program, messages: int) -> None:
    app = App()
    with Server(Breaking(app.routes, "/", messages)) as server:
        init = {"method": "POST", "body": "question", "attempts": 2}
        answer = source.ask({"url": server.url, "init": init})
    assert answer["error"] is None
    assert last_message(answer)["text"] == TEXT
    assert last_message(answer)["status"] == "complete"
    first, *others = app.requests
    assert first == ("POST", None, b"question")
    assert others
    assert all(method == "POST" and body == b"question" for method, _, body in others)
    ids = [last_id for _, last_id, _ in others]
    assert None not in ids
    assert len(set(ids)) == len(ids)
    assert app.upstream.opened == 1


def test_a_temporary_error_is_retried(source: Program) -> None:
    busy = [Response(status_code=status) for status in (503, 429, 408)]
    with Server(App(refusals=busy).routes) as server:
        answer = source.ask({"url": server.url, "init": {"attempts": 3}})
    assert last_message(answer)["text"] == TEXT


def test_attempts_are_limited(source: Program) -> None:
    app = App(refusals=[Response(status_code=503) for _ in range(9)])
    with Server(app.routes) as server:
        answer = source.ask({"url": server.url, "init": {"attempts": 1}})
    assert answer["error"]["status"] == 503
    assert len(app.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413])
def test_other_errors_are_final(source: Program, status: int) -> None:
    app = App(refusals=[PlainTextResponse("no", status_code=status)])
    with Server(app.routes) as server:
        answer = source.ask({"url": server.url})
    assert answer["error"]["status"] == status
    assert answer["updates"] == []
    assert len(app.requests) == 1


def test_a_page_instead_of_a_stream_is_an_error(source: Program) -> None:
    app = App(refusals=[PlainTextResponse("Please log in")])
    with Server(app.routes) as server:
        assert source.ask({"url": server.url})["error"]["status"] == 200


def test_nothing_to_replay(source: Program) -> None:
    with Server(App(refusals=[Response(status_code=204)]).routes) as server:
        answer = source.ask({"url": server.url})
    assert answer["error"] is None
    assert [update["events"][0]["type"] for update in answer["updates"]] == ["stream_ended"]


def test_a_stream_that_is_no_longer_kept(source: Program) -> None:
    with Server(App().routes) as server:
        answer = source.ask({"url": server.url, "init": {"lastEventId": f"{'0' * 32}-7"}})
    assert answer["error"]["code"] == "expired"
    assert answer["updates"][-1]["events"][0]["type"] == "stream_failed"


def test_a_source_that_fails(source: Program) -> None:
    app = App(Upstream(RECORDS[:2], error=ValueError("it broke")))
    with Server(app.routes) as server:
        answer = source.ask({"url": server.url})
    assert answer["error"]["message"] == answer["updates"][-1]["events"][0]["error"]["message"]
    assert last_message(answer)["status"] == "truncated"
    assert answer["stopped"] == []


@pytest.mark.parametrize("way", ["abort", "leave"])
def test_leaving_stops_the_stream(source: Program, way: str) -> None:
    app = App(Upstream(RECORDS, endless=True))
    with Server(app.routes) as server:
        answer = source.ask({"url": server.url, way: 4})
        if way == "abort":
            assert answer["error"]["name"] == "AbortError"
        else:
            assert answer["error"] is None
        [last_id] = answer["stopped"]
        assert last_id == answer["updates"][-1]["id"]
        assert app.upstream.closed == 0  # The store waits for the page to return.
        source.ask({"url": f"{server.url}/stop?id={last_id}", "init": {"method": "POST"}})
        until(lambda: app.upstream.closed == 1)


def test_abort_while_waiting_to_reconnect(source: Program) -> None:
    app = App(refusals=[Response(status_code=503) for _ in range(9)])
    with Server(app.routes) as server:
        answer = source.ask({"url": server.url, "abort": 0, "init": {"attempts": 9}})
    assert answer["error"]["name"] == "AbortError"
    assert len(app.requests) == 1


def test_continuing_by_hand(source: Program) -> None:
    app = App()
    with Server(app.routes) as server:
        part = source.ask({"url": server.url, "leave": 4})
        init = {"lastEventId": part["updates"][-1]["id"]}
        rest = source.ask({"url": server.url, "init": init})
    joined = last_message(part)["text"] + last_message(rest)["text"]
    assert joined == TEXT


# Framing


def asked(source: Program, pieces: list[bytes]) -> Any:
    return source.ask({"chunks": [base64.b64encode(piece).decode() for piece in pieces]})


def test_without_ids_the_end_of_the_response_is_the_end(source: Program) -> None:
    whole = [f"data: {json.dumps(record)}\n\n".encode() for record in [*RECORDS, FINISHED]]
    answer = asked(source, whole)
    assert (answer["error"], last_message(answer)["status"]) == (None, "complete")
    answer = asked(source, whole[:3])
    assert (answer["error"], last_message(answer)["status"]) == (None, "truncated")


_BLOCK = st.sampled_from(
    [
        ["data: 1"],
        ["data:[2,", "data: 3]"],
        ["data", "data:  4"],
        ['data: "\u2028🌱"'],
        ["id: a", "data: 5"],
        ["data: 6", "id:b", "event: message"],
        ["id"],
        ["retry: 5", "other: 1"],
        [": a comment"],
        [],
    ]
)


@given(
    blocks=st.lists(_BLOCK, max_size=6),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    start=st.sampled_from(["", "\ufeff"]),
    sizes=st.lists(st.integers(0, 9), max_size=6),
)
def test_events_are_those_of_the_decoder(
    source: Program, blocks: list[list[str]], end: str, start: str, sizes: list[int]
) -> None:
    lines = [line for block in [*blocks, ["id: end"]] for line in [*block, ""]]
    data = (start + end.join([*lines, ":", ""])).encode()
    decoder = SSEDecoder()
    records = [(each.id or "", each.data) for each in decoder.feed(data)]
    answer = asked(source, [bytes(piece) for piece in cut(data, sizes)])
    assert answer["error"] is None
    found = [(update.get("id") or "", update.get("data")) for update in answer["updates"]]
    assert [each for each in found if each[1] is not None] == records
    assert found[-1] == ("end", None)
