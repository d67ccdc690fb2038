"""Shapes of sources, and real connections to a server of our own."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import io
import json
import socket
import threading
import time
import urllib.request
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from streamparse import IncompleteError, Message, MessageParser, iter_json, stream
from streamparse._drivers.sources import (
    aclose,
    async_pieces,
    close,
    is_async,
    pieces,
    readable,
)
from tests.messages import call_chunk, chunk, sse, text_chunk
from tests.parts import ragged

# Shapes


class Shape:
    """An object with these attributes."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


class Async:
    """An async iterable of what it is given."""

    def __init__(self, *found: Any) -> None:
        self.found = found

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._run()

    async def _run(self) -> AsyncIterator[Any]:
        for piece in self.found:
            yield piece


class AsyncResponse(Shape):
    async def iter_bytes(self) -> AsyncIterator[bytes]:
        yield b"x"


class EventStream(list[Any]):
    """As botocore's: an iterable that can be closed."""

    closed = False

    def close(self) -> None:
        self.closed = True


CONVERSE = [
    {"messageStart": {"role": "assistant"}},
    {"contentBlockDelta": {"delta": {"text": "Hi"}, "contentBlockIndex": 0}},
    {"contentBlockStop": {"contentBlockIndex": 0}},
    {"messageStop": {"stopReason": "end_turn"}},
]


@pytest.mark.parametrize("api", [None, "bedrock-converse"])
def test_what_a_call_of_boto3_returns(api: Any) -> None:
    events = EventStream(CONVERSE)
    answer = stream({"ResponseMetadata": {"RequestId": "r"}, "stream": events}, api=api)
    assert list(answer.text()) == ["Hi"]
    assert (answer.message.status, events.closed) == ("complete", True)


def test_chunks_that_a_call_of_boto3_returns() -> None:
    records = [text_chunk("Hi"), chunk(finish="stop")]
    body = EventStream({"chunk": {"bytes": json.dumps(record).encode()}} for record in records)
    answer = stream({"body": body, "contentType": "application/json"})
    assert answer.result().text == "Hi"


def test_a_body_that_a_call_of_boto3_returns() -> None:
    body = json.dumps(chunk({"content": "Hi"}, "stop")).encode()
    for found in (io.BytesIO(body), body):
        assert stream({"body": found, "ResponseMetadata": {}}).result().text == "Hi"


def test_an_async_stream_of_aioboto3() -> None:
    async def read() -> str:
        answer: Any = stream({"stream": Async(*CONVERSE)})
        return "".join([text async for text in answer.text()])

    assert asyncio.run(read()) == "Hi"


@pytest.mark.parametrize(
    "record", [text_chunk("x"), {"stream": True}, {"body": "text"}, {"body": {"a": 1}}, {}]
)
def test_other_mappings_are_one_piece(record: dict[str, Any]) -> None:
    assert list(readable(record)) == [record]


SYNC_SHAPES: list[tuple[Any, list[Any]]] = [
    ("text", ["text"]),
    (b"bytes", [b"bytes"]),
    (["a", "b"], ["a", "b"]),
    (iter(["a"]), ["a"]),
    (Shape(iter_bytes=lambda: [b"a", b"b"]), [b"a", b"b"]),
    (io.BytesIO(b"one\ntwo"), [b"one\ntwo"]),  # as it comes, not by lines
    (io.StringIO("one\ntwo"), ["one\n", "two"]),
]


@pytest.mark.parametrize(("source", "found"), SYNC_SHAPES, ids=lambda shape: type(shape).__name__)
def test_pieces(source: Any, found: list[Any]) -> None:
    assert not is_async(source)
    assert list(pieces(source)) == found


@pytest.mark.parametrize(
    "source",
    [
        Async("x"),
        Shape(aiter_bytes=lambda: Async(b"x"), iter_bytes=list, stream=Async()),
        Shape(content=Shape(iter_any=lambda: Async(b"x"))),
        AsyncResponse(),
    ],
    ids=["iterable", "httpx", "aiohttp", "openai"],
)
def test_async_pieces(source: Any) -> None:
    async def collect() -> list[Any]:
        return [piece async for piece in async_pieces(source)]

    assert is_async(source)
    assert asyncio.run(collect()) in (["x"], [b"x"])


@pytest.mark.parametrize("source", [3, None, object()])
def test_what_cannot_be_read(source: Any) -> None:
    assert not is_async(source)
    with pytest.raises(TypeError):
        pieces(source)
    with pytest.raises(TypeError):
        async_pieces(source)


def test_closing_goes_to_the_response_where_there_is_no_other_way() -> None:
    log: list[str] = []
    response = Shape(close=lambda: log.append("response"))
    close(Shape(response=response))
    close(Shape(response=response, close=lambda: log.append("itself")))
    close(Shape(response=None))
    assert log == ["response", "itself"]


def test_closing_what_has_to_be_awaited() -> None:
    log: list[str] = []

    async def later() -> None:
        log.append("later")

    async def main() -> None:
        await aclose(Shape(response=Shape(aclose=later, close=lambda: log.append("never"))))
        await aclose(Shape(close=lambda: log.append("at once")))
        await aclose(object())

    asyncio.run(main())
    assert log == ["later", "at once"]


# A server

BODY = sse(
    [
        chunk({"role": "assistant", "content": ""}, model="m"),
        *[text_chunk(word) for word in ("Grüß ", "Gott, ", "ich ", "sehe ", "nach.")],
        call_chunk("", id="call_1", name="look"),
        *[call_chunk(piece) for piece in ('{"wo": "dr', 'außen", "n"', ": [1, 2.5]}")],
        chunk(finish="tool_calls"),
        chunk(usage={"prompt_tokens": 12, "completion_tokens": 34}),
    ]
)


def expected() -> Message:
    parser = MessageParser()
    parser.feed(BODY)
    parser.finish()
    assert parser.message.status == "complete"
    return parser.message


class Server:
    """Answers each request with `parts`, a little apart, then waits where it is told to.

    `gone` is set when the client closes the connection before the answer has ended.
    """

    def __init__(self, parts: Sequence[bytes], chunked: bool = True, hold: int = -1) -> None:
        self.parts, self.chunked, self.hold = parts, chunked, hold
        self.gone = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}/v1/chat/completions"

    def __enter__(self) -> Server:
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        # Where the client is not installed nobody has come yet, and the server waits.
        with contextlib.suppress(OSError):
            socket.create_connection(self.listener.getsockname(), 1).close()
        self.thread.join(5)
        self.listener.close()
        assert not self.thread.is_alive()

    def _serve(self) -> None:
        connection, _ = self.listener.accept()
        with connection:
            connection.settimeout(5)
            while b"\r\n\r\n" not in (request := connection.recv(65536)):
                if not request:
                    return
            try:
                self._answer(connection)
            except OSError:
                self.gone.set()

    def _answer(self, connection: socket.socket) -> None:
        framing = "Transfer-Encoding: chunked" if self.chunked else "X-Framing: until the end"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{framing}\r\n"
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode())
        for place, part in enumerate(self.parts):
            if place == self.hold and not connection.recv(1):  # waits for the client to go away
                self.gone.set()
                return
            framed = b"%x\r\n%b\r\n" % (len(part), part) if self.chunked else part
            connection.sendall(framed)
            time.sleep(0.0005)
        if self.chunked:
            connection.sendall(b"0\r\n\r\n")


PARTS = ragged(BODY, 4)
SMALL = [BODY[at : at + 211] for at in range(0, len(BODY), 211)]
# After these there is text to be seen, and more is to come.
HOLD = 4


def open_httpx(url: str) -> Any:
    httpx = pytest.importorskip("httpx")
    client = httpx.Client(trust_env=False)
    return client.send(client.build_request("POST", url), stream=True)


def open_requests(url: str) -> Any:
    session = pytest.importorskip("requests").Session()
    session.trust_env = False
    return session.post(url, stream=True)


def open_urllib3(url: str) -> Any:
    return pytest.importorskip("urllib3").PoolManager().request("POST", url, preload_content=False)


def open_urllib(url: str) -> Any:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(urllib.request.Request(url, data=b""))


OPENERS = [open_httpx, open_requests, open_urllib3, open_urllib]


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "plain"])
@pytest.mark.parametrize("opener", OPENERS)
def test_a_response_is_read_as_it_is(opener: Any, chunked: bool) -> None:
    with Server(SMALL, chunked) as server, stream(opener(server.url)) as answer:
        assert answer.result() == expected()


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "plain"])
@pytest.mark.parametrize("opener", OPENERS)
def test_text_is_there_before_the_rest_is_sent_and_leaving_closes(
    opener: Any, chunked: bool
) -> None:
    with Server(SMALL, chunked, hold=HOLD) as server:
        with stream(opener(server.url)) as answer:
            texts = answer.text()  # held: a view that is dropped closes the source
            assert next(texts) == "Grüß "
            assert not server.gone.is_set()
        assert server.gone.wait(5)
        assert answer.message.status == "truncated"


def test_pieces_of_a_few_bytes() -> None:
    with Server(PARTS) as server, stream(open_httpx(server.url)) as answer:
        assert [call.arguments for call in answer.tool_calls()] == [
            {"wo": "draußen", "n": [1, 2.5]}
        ]


def test_an_answer_cut_on_the_way() -> None:
    with Server(SMALL[:5], chunked=False) as server, stream(open_httpx(server.url)) as answer:
        texts = answer.text()
        assert next(texts) == "Grüß "
        with pytest.raises(IncompleteError, match="the input ended before the answer did"):
            list(texts)
        assert answer.message.status == "truncated"


def test_json_is_read_from_a_response_too() -> None:
    parts = [b'{"items": [1', b", 2", b"]}"]
    with Server(parts) as server, iter_json(open_httpx(server.url)) as read:
        assert list(read.items("$.items[*]")) == [1, 2]


# The same, async


async def read_httpx(url: str, leave: bool) -> Any:
    httpx = importlib.import_module("httpx")
    async with (
        httpx.AsyncClient(trust_env=False) as client,
        stream(await client.send(client.build_request("POST", url), stream=True)) as answer,
    ):
        return await left_or_read(answer, leave)


async def read_aiohttp(url: str, leave: bool) -> Any:
    aiohttp = importlib.import_module("aiohttp")
    async with aiohttp.ClientSession() as session, stream(await session.post(url)) as answer:
        return await left_or_read(answer, leave)


async def left_or_read(answer: Any, leave: bool) -> Any:
    if not leave:
        return await answer.result()
    texts = answer.text()
    return await anext(texts)


ASYNC_READERS = [("httpx", read_httpx), ("aiohttp", read_aiohttp)]


@pytest.mark.parametrize(("library", "read"), ASYNC_READERS)
@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "plain"])
def test_async_responses(library: str, read: Any, chunked: bool) -> None:
    pytest.importorskip(library)
    with Server(PARTS, chunked) as server:
        assert asyncio.run(read(server.url, False)) == expected()
        assert not server.gone.is_set()


@pytest.mark.parametrize(("library", "read"), ASYNC_READERS)
def test_leaving_an_async_response(library: str, read: Any) -> None:
    pytest.importorskip(library)
    with Server(SMALL, hold=HOLD) as server:
        assert asyncio.run(read(server.url, True)) == "Grüß "
        assert server.gone.wait(5)


def test_a_response_that_is_read_already() -> None:
    httpx = pytest.importorskip("httpx")
    response = httpx.Response(200, content=BODY)
    assert not is_async(response)
    assert stream(response).result() == expected()


def test_a_whole_body_is_not_read_to_find_out_what_it_is() -> None:
    class Lazy:
        """As httpx and requests do, unless their content was read before."""

        def __init__(self) -> None:
            self.aiter_bytes = lambda: Async(b"x")
            self.stream = Async()

        @property
        def content(self) -> bytes:
            raise RuntimeError("all of the body was asked for")

    assert is_async(Lazy())
    async_pieces(Lazy())
