"""Tests of reconnecting with real clients and a server that drops connections."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest

from streamparse import IncompleteError, Reconnect, WireError, stream
from streamparse.web import MemoryStore, sse_response
from tests.messages import chunk, merged, sse, text_chunk
from tests.responses import call_events, text_events
from tests.responses import stream as response_of
from tests.web.serving import Server, connected

AT_ONCE = Reconnect(attempts=3, backoff=0.0)
RECORDS = [
    {**record, "sequence_number": place}
    for place, record in enumerate(
        response_of(text_events("haha ha.", 0, size=2), call_events('{"bed": 1}', 1))
    )
]
LAST = len(RECORDS) - 1
CHAT = [*[text_chunk(word) for word in ("ha", "ha", "!")], chunk(finish="stop")]


class Provider(ThreadingHTTPServer):
    """Serves records as server-sent events and drops connections.

    Each connection uses the next entry of `drops`: the number of records to send before it breaks
    (None for all), the number of records to repeat, and the number to omit. `refusals` are sent
    first.
    """

    daemon_threads = True

    def __init__(self, records: list[Any], ids: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.records, self.ids = records, ids
        self.drops: list[tuple[int | None, int, int]] = []
        self.pause = 0.0  # The seconds between two records.
        self.clean = False  # Whether a dropped connection looks like a finished answer.
        self.refusals: list[tuple[int, dict[str, str]]] = []
        self.requests: list[str] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that leave."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Provider

    def log_message(self, *values: Any) -> None:
        pass

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self._answer(0)

    def do_GET(self) -> None:
        after = parse_qs(urlparse(self.path).query).get("starting_after")
        last = self.headers.get("last-event-id")
        self._answer(int((after or [last or "-1"])[0]) + 1)

    def _answer(self, start: int) -> None:
        server = self.server
        server.requests.append(f"{self.command} {start}")
        if server.refusals:
            status, headers = server.refusals.pop(0)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.send_header("connection", "close")
            self.end_headers()
            return
        size, overlap, missing = server.drops.pop(0) if server.drops else (None, 0, 0)
        start = max(start - overlap, 0) + missing
        end = len(server.records) if size is None else min(start + size, len(server.records))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.send_header("connection", "close")
        self.end_headers()
        for place in range(start, end):
            time.sleep(server.pause)
            name = f"id: {place}\n" if server.ids else ""
            self._send(f"{name}data: {json.dumps(server.records[place])}\n\n")
        if size is None or server.clean:
            self.wfile.write(b"0\r\n\r\n")
        else:
            self._send('data: {"half of a rec')
        self.close_connection = True

    def _send(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()


@contextmanager
def provider(records: list[Any], ids: bool = False) -> Iterator[Provider]:
    server = Provider(records, ids)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def read(open: Any, api: Any, reconnect: Reconnect = AT_ONCE) -> tuple[Any, Any]:
    with stream(open, api=api, reconnect=reconnect) as answer:
        events = list(answer)
        return answer.message.to_dict(), merged(events)


async def aread(open: Any, api: Any, reconnect: Reconnect = AT_ONCE) -> tuple[Any, Any]:
    async with stream(open, api=api, reconnect=reconnect) as answer:
        events = [event async for event in answer]
        return answer.message.to_dict(), merged(events)


def by_openai(server: Provider, client: Any = None) -> Callable[[Any], Any]:
    openai = pytest.importorskip("openai")
    kind = client or openai.OpenAI
    client = kind(api_key="none", base_url=f"{server.url}/v1", max_retries=0)

    def open(token: dict[str, Any] | None) -> Any:
        if token is None:
            return client.responses.create(model="m", input="x", background=True, stream=True)
        after = token["sequence_number"]
        return client.responses.retrieve(token["id"], stream=True, starting_after=after)

    return open


def by_httpx(server: Provider) -> Callable[[Any], Any]:
    httpx = pytest.importorskip("httpx")
    client = httpx.Client(trust_env=False)

    def open(token: dict[str, Any] | None) -> Any:
        headers = {} if token is None else {"Last-Event-ID": token["last_event_id"]}
        return client.stream("GET", server.url, headers=headers)

    return open


@pytest.mark.parametrize("clean", [False, True])
def test_openai_at_every_record(clean: bool) -> None:
    with provider(RECORDS) as server:
        server.clean = clean
        open = by_openai(server)
        whole = read(open, "openai-responses")
        for size in range(LAST + 1):
            server.drops = [(size, 0, 0)]
            assert read(open, "openai-responses") == whole


@pytest.mark.parametrize("overlap", [0, 1, 4, 99])
def test_openai_with_two_breaks_and_overlap(overlap: int) -> None:
    with provider(RECORDS) as server:
        open = by_openai(server)
        whole = read(open, "openai-responses")
        for size in range(1, LAST, 3):
            server.drops = [(size, 0, 0), (2 + overlap, overlap, 0), (None, overlap, 0)]
            assert read(open, "openai-responses") == whole


def test_an_asynchronous_client() -> None:
    openai = pytest.importorskip("openai")
    with provider(RECORDS) as server:

        async def main() -> None:
            open = by_openai(server, openai.AsyncOpenAI)
            whole = await aread(open, "openai-responses")
            for size in (0, 1, 5, LAST):
                server.drops = [(size, 0, 0), (3, 1, 0)]
                assert await aread(open, "openai-responses") == whole

        asyncio.run(main())


def test_a_gap_is_reported() -> None:
    with provider(RECORDS) as server:
        server.drops = [(5, 0, 0), (None, 0, 2)]
        message, _ = read(by_openai(server), "openai-responses")
    assert message["extra"]["gap"] == {"after": 4, "before": 7}
    assert message["status"] == "truncated"


def test_ids_of_events() -> None:
    with provider(CHAT, ids=True) as server:
        open = by_httpx(server)
        whole = read(open, "openai-chat")
        for size in range(1, len(CHAT)):
            server.drops = [(size, 0, 0), (1, 0, 0), (None, 1, 0)]
            assert read(open, "openai-chat") == whole


def test_the_server_of_this_package() -> None:
    """A client that drops every connection after twelve pieces still reads the whole answer."""
    store = MemoryStore()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def source() -> Any:
            for record in CHAT:
                await asyncio.sleep(0.001)
                yield record

        await sse_response(source, store=store)(scope, receive, send)

    with Server(app) as server:

        def open(token: dict[str, Any] | None) -> Iterator[bytes]:
            with connected(server.url, "" if token is None else token["last_event_id"]) as response:
                for count, piece in enumerate(response.iter_raw(40)):
                    if count == 12:
                        raise ConnectionResetError
                    yield piece

        reconnect = Reconnect(attempts=50, backoff=0.001)
        message, events = read(open, "openai-chat", reconnect)
    assert (message["text"], message["status"]) == ("haha!", "complete")
    assert len(events) == 4


@pytest.mark.parametrize("asked", [{"Retry-After": "0.05"}, {"retry-after-ms": "50"}])
def test_the_server_asks_for_a_delay(asked: dict[str, str]) -> None:
    with provider(RECORDS) as server:
        server.drops = [(4, 0, 0)]
        open = by_openai(server)
        start = time.monotonic()
        with stream(open, api="openai-responses", reconnect=AT_ONCE) as answer:
            for count, _ in enumerate(answer):
                if count == 0:
                    server.refusals = [(503, asked)]
        assert time.monotonic() - start >= 0.05
        assert answer.message.status == "complete"


@pytest.mark.parametrize(
    ("status", "headers", "why"),
    [
        (404, {}, "status 404"),
        (429, {"Retry-After": "900"}, "wait for 900 seconds"),
        (503, {"Retry-After": formatdate(time.time() + 3600, usegmt=True)}, "seconds"),
    ],
)
def test_a_server_that_does_not_resume(status: int, headers: dict[str, str], why: str) -> None:
    with provider(RECORDS) as server:
        server.drops = [(7, 0, 0)]
        with stream(by_openai(server), api="openai-responses", reconnect=AT_ONCE) as answer:
            for count, _ in enumerate(answer):
                if count == 0:
                    server.refusals = [(status, headers)]
        assert answer.message.status == "truncated"
        assert why in str(answer.message.error)
        assert len(server.requests) == 2


def test_progress_resets_the_number_of_attempts() -> None:
    with provider(RECORDS) as server:
        open = by_openai(server)
        whole = read(open, "openai-responses")
        server.drops = [(1, 0, 0)] * LAST
        assert read(open, "openai-responses") == whole
        server.requests.clear()
        server.drops = [(3, 0, 0), *[(0, 0, 0)] * 9]
        with (
            pytest.raises(IncompleteError, match="3 attempts"),
            stream(open, api="openai-responses", reconnect=AT_ONCE) as answer,
        ):
            answer.result()
        assert server.requests == ["POST 0", "GET 3", "GET 3", "GET 3"]


def test_the_first_request_is_repeated_only_before_the_answer() -> None:
    with provider(CHAT) as server:
        server.refusals = [(503, {}), (429, {})]
        assert read(by_httpx(server), "openai-chat")[0]["status"] == "complete"
        server.requests.clear()
        server.drops = [(2, 0, 0)]
        with stream(by_httpx(server), api="openai-chat", reconnect=AT_ONCE) as answer:
            texts = []
            with pytest.raises(IncompleteError, match="openai-chat has no way to resume"):
                texts += list(answer.text())
        assert (answer.message.text, answer.message.status) == ("haha", "truncated")
        assert server.requests == ["GET 0"]


def test_other_errors_are_not_retried() -> None:
    openai = pytest.importorskip("openai")
    with provider(RECORDS) as server:
        server.refusals = [(400, {})]
        with pytest.raises(openai.BadRequestError):
            stream(by_openai(server), reconnect=AT_ONCE)
        server.refusals = [(400, {})]
        with stream(by_httpx(server), api="openai-chat", reconnect=AT_ONCE) as answer:
            events = list(answer)
        assert (events[-1].type, answer.message.status) == ("message_failed", "failed")

    def broken(token: Any) -> Iterator[Any]:
        yield RECORDS[0]
        raise KeyError("of the caller")

    with pytest.raises(KeyError):
        read(broken, "openai-responses")
    with pytest.raises(WireError):
        read(lambda token: iter([b"data: {]}\n\n"]), "openai-responses")


def test_plain_text_is_not_resumed() -> None:
    assert read(lambda token: iter(["Hel", "lo"]), "text")[0]["status"] == "complete"

    def broken(token: Any) -> Iterator[str]:
        yield "Hel"
        raise EOFError

    message, _ = read(broken, "text")
    assert (message["text"], message["status"]) == ("Hel", "truncated")


@pytest.mark.parametrize(
    "options", [{"attempts": 0}, {"backoff": -1}, {"backoff": float("nan")}, {"jitter": 2}]
)
def test_numbers_out_of_range(options: Any) -> None:
    with pytest.raises(ValueError, match="must be"):
        Reconnect(**options)


def test_delays() -> None:
    reconnect = Reconnect(backoff=1.0, jitter=0.0)
    assert [reconnect.delay(attempt) for attempt in (0, 1, 2, 3, 9)] == [1.0, 2.0, 4.0, 8.0, 8.0]
    assert 0.5 <= Reconnect(backoff=1.0, jitter=0.5).delay(0) <= 1.0


def test_invalid_sources() -> None:
    with pytest.raises(TypeError, match="open"):
        stream([b""], reconnect=AT_ONCE)
    with pytest.raises(TypeError, match="Reconnect"):
        stream(lambda token: [b""], reconnect=3)  # type: ignore[call-overload]


# Sources without a network


class Reply:
    """A response that counts how often it is closed."""

    def __init__(self, status: int, *body: Any, headers: Any = None) -> None:
        self.status_code, self.headers = status, headers
        self.body = iter(body)
        self.closed = 0

    def iter_bytes(self) -> Iterator[bytes]:
        for piece in self.body:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def close(self) -> None:
        self.closed += 1


class AsyncReply(Reply):
    iter_bytes = None  # type: ignore[assignment]
    close = None  # type: ignore[assignment]

    def __aiter__(self) -> AsyncReply:
        return self

    async def __anext__(self) -> bytes:
        for piece in self.body:
            if isinstance(piece, Exception):
                raise piece
            return piece  # type: ignore[no-any-return]
        raise StopAsyncIteration

    async def aclose(self) -> None:
        self.closed += 1


def opening(replies: list[Any], tokens: list[Any]) -> Callable[[Any], Any]:
    """Return a function that opens the replies in order, and raises those that are errors."""
    waiting = iter(replies)

    def open(token: dict[str, Any] | None) -> Any:
        tokens.append(token)
        reply = next(waiting)
        if isinstance(reply, Exception):
            raise reply
        return reply

    return open


def read_both(open: Any, kind: type[Reply], reconnect: Reconnect = AT_ONCE) -> Any:
    if kind is Reply:
        return read(open, "openai-responses", reconnect)
    return asyncio.run(aread(open, "openai-responses", reconnect))


BODY = sse(RECORDS, done=False)
KINDS = pytest.mark.parametrize("kind", [Reply, AsyncReply])


def test_a_first_connection_that_fails() -> None:
    tokens: list[Any] = []
    failures = [ConnectionRefusedError(), TimeoutError()]
    message, _ = read(opening([*failures, Reply(200, BODY)], tokens), "openai-responses")
    assert (message["status"], tokens) == ("complete", [None, None, None])
    last = ConnectionRefusedError("still down")
    tokens.clear()
    with pytest.raises(ConnectionRefusedError, match="still down"):
        read(opening([ConnectionRefusedError()] * 3 + [last], tokens), "openai-responses")
    assert tokens == [None] * 4


@KINDS
def test_an_error_response_is_not_read_as_the_answer(kind: type[Reply]) -> None:
    tokens: list[Any] = []
    refusals = [kind(503, b"busy", b"busy"), kind(502)]
    whole = kind(200, BODY)
    message, _ = read_both(opening([*refusals, whole], tokens), kind)
    assert (message["status"], message["text"]) == ("complete", "haha ha.")
    assert len(tokens) == 3
    assert [reply.closed for reply in (*refusals, whole)] == [1, 1, 1]
    assert next(refusals[0].body) == b"busy"


@KINDS
def test_the_last_error_response_is_read_as_the_answer(kind: type[Reply]) -> None:
    error = json.dumps({"error": {"type": "server_error", "message": "all are busy"}}).encode()
    message, _ = read_both(opening([kind(503, error) for _ in range(4)], []), kind)
    assert message["status"] == "failed"
    assert "all are busy" in str(message["error"])


@KINDS
def test_only_connection_errors_resume_the_stream(kind: type[Reply]) -> None:
    half = sse(RECORDS[:4], done=False)
    rest = sse(RECORDS[4:], done=False)
    tokens: list[Any] = []
    breaks = [kind(200, half, ConnectionResetError()), kind(200, rest)]
    message, _ = read_both(opening(breaks, tokens), kind)
    assert message["status"] == "complete"
    assert [token and token["sequence_number"] for token in tokens] == [None, 3]
    with pytest.raises(KeyError, match="of the caller"):
        read_both(opening([kind(200, half, KeyError("of the caller"))], []), kind)


@KINDS
def test_a_source_that_was_not_read_is_closed(kind: type[Reply]) -> None:
    reply = kind(200, BODY)
    open = opening([reply], [])
    if kind is Reply:
        with stream(open, api="openai-responses", reconnect=AT_ONCE):
            pass
    else:

        async def main() -> None:
            async with stream(open, api="openai-responses", reconnect=AT_ONCE):
                pass

        asyncio.run(main())
    assert reply.closed == 1


def test_asynchronous_text_is_not_resumed() -> None:
    tokens: list[Any] = []
    replies = [AsyncReply(200, b"Hel", ConnectionResetError())]
    message, _ = asyncio.run(aread(opening(replies, tokens), "text"))
    assert (message["text"], message["status"], tokens) == ("Hel", "truncated", [None])


def test_nothing_is_closed_after_a_failure_to_open() -> None:
    with stream(opening([EOFError()], []), reconnect=AT_ONCE) as answer:
        pass
    assert answer.message.status == "truncated"


def test_an_asynchronous_source_followed_by_a_synchronous_one() -> None:
    replies = [AsyncReply(200, sse(RECORDS[:3], done=False)), Reply(200, BODY)]
    with pytest.raises(TypeError, match="asynchronous source before"):
        read_both(opening(replies, []), AsyncReply)


def test_a_delay_that_is_not_a_number_of_seconds() -> None:
    """Another header is used if there is one, or else the backoff."""
    slow = Reconnect(attempts=3, backoff=9.0)
    busy = Reply(503, headers={"retry-after-ms": "-5", "Retry-After": "0"})
    start = time.monotonic()
    read(opening([busy, Reply(200, BODY)], []), "openai-responses", slow)
    assert time.monotonic() - start < 5
    for asked in ("soon", "nan", "-1"):
        busy = Reply(503, headers={"Retry-After": asked})
        message, _ = read(opening([busy, Reply(200, BODY)], []), "openai-responses")
        assert message["status"] == "complete"
