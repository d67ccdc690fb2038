"""Tests of sources: objects by their attributes, and real clients with a local server."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import importlib
import importlib.util
import io
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import (
    IncompleteError,
    JSONSyntaxError,
    Message,
    MessageParser,
    ProviderError,
    WireError,
    iter_json,
    stream,
)
from streamparse._drivers.sources import (
    aclose,
    async_pieces,
    close,
    interrupt,
    is_async,
    named_file,
    pieces,
    readable,
    response_of,
)
from tests.messages import call_chunk, chunk, sse, text_chunk
from tests.parts import ragged

# Objects by their attributes


class Shape:
    """An object with these attributes."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


class Async:
    """An async iterable of its arguments."""

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
    """Like botocore's: an iterable that can be closed."""

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
def test_a_result_of_boto3(api: Any) -> None:
    events = EventStream(CONVERSE)
    answer = stream({"ResponseMetadata": {"RequestId": "r"}, "stream": events}, api=api)
    assert list(answer.text()) == ["Hi"]
    assert (answer.message.status, events.closed) == ("complete", True)


def test_chunks_of_boto3() -> None:
    records = [text_chunk("Hi"), chunk(finish="stop")]
    body = EventStream({"chunk": {"bytes": json.dumps(record).encode()}} for record in records)
    answer = stream({"body": body, "contentType": "application/json"})
    assert answer.result().text == "Hi"


def test_a_body_of_boto3() -> None:
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
    (io.BytesIO(b"one\ntwo"), [b"one\ntwo"]),  # Not divided into lines.
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
def test_objects_that_are_no_source(source: Any) -> None:
    assert not is_async(source)
    with pytest.raises(TypeError):
        pieces(source)
    with pytest.raises(TypeError):
        async_pieces(source)


def test_an_object_without_close_is_closed_by_its_response() -> None:
    log: list[str] = []
    response = Shape(close=lambda: log.append("response"))
    close(Shape(response=response))
    close(Shape(response=response, close=lambda: log.append("itself")))
    close(Shape(response=None))
    assert log == ["response", "itself"]


def test_closing_asynchronously() -> None:
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


def _is_read(connection: socket.socket) -> bool:
    """Read the whole request; a body left unread would reset the connection."""
    request = b""
    while True:
        piece = connection.recv(65536)
        if not piece:
            return False
        request += piece
        head, ended, body = request.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        if ended and len(body) >= (int(length[1]) if length else 0):
            return True


class Server:
    """Answers one request with `parts`, and stops before the part with index `hold`.

    `gone` is set when the client closes the connection before the answer has ended.
    """

    def __init__(
        self,
        parts: Sequence[bytes],
        chunked: bool = True,
        hold: int = -1,
        status: str = "200 OK",
        kind: str = "text/event-stream",
    ) -> None:
        self.parts, self.chunked, self.hold = parts, chunked, hold
        self.status, self.kind = status, kind
        self.gone = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    @property
    def url(self) -> str:
        return f"{self.base}/v1/chat/completions"

    def __enter__(self) -> Server:
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        # Without an installed client no connection arrives, and the server waits.
        with contextlib.suppress(OSError):
            socket.create_connection(self.listener.getsockname(), 1).close()
        self.thread.join(5)
        self.listener.close()
        assert not self.thread.is_alive()

    def _serve(self) -> None:
        connection, _ = self.listener.accept()
        with connection:
            connection.settimeout(5)
            if not _is_read(connection):
                return
            try:
                self._answer(connection)
            except OSError:
                self.gone.set()

    def _answer(self, connection: socket.socket) -> None:
        framing = "Transfer-Encoding: chunked" if self.chunked else "X-Framing: until the end"
        head = f"HTTP/1.1 {self.status}\r\nContent-Type: {self.kind}\r\n{framing}\r\n"
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode())
        for place, part in enumerate(self.parts):
            # `recv` waits until the client closes the connection.
            if place == self.hold and not connection.recv(1):
                self.gone.set()
                return
            framed = b"%x\r\n%b\r\n" % (len(part), part) if self.chunked else part
            connection.sendall(framed)
            time.sleep(0.0005)
        if self.chunked:
            connection.sendall(b"0\r\n\r\n")


PARTS = ragged(BODY, 4)
SMALL = [BODY[at : at + 211] for at in range(0, len(BODY), 211)]
# After these parts some text has arrived, and more follows.
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
def test_a_response_is_a_source(opener: Any, chunked: bool) -> None:
    with Server(SMALL, chunked) as server, stream(opener(server.url)) as answer:
        assert answer.result() == expected()


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "plain"])
@pytest.mark.parametrize("opener", OPENERS)
def test_text_arrives_before_the_rest_and_leaving_closes(opener: Any, chunked: bool) -> None:
    with Server(SMALL, chunked, hold=HOLD) as server:
        with stream(opener(server.url)) as answer:
            texts = answer.text()  # Kept in a variable, because a dropped view closes the source.
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


# Sources that are opened first


@pytest.fixture(autouse=True)
def _without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ignore proxies of the environment, because the servers are local."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")


def client_of(library: str, url: str, is_async: bool) -> Any:
    module: Any = pytest.importorskip(library)
    if library == "openai":
        kind = module.AsyncOpenAI if is_async else module.OpenAI
        return kind(api_key="k", base_url=f"{url}/v1", max_retries=0)
    kind = module.AsyncAnthropic if is_async else module.Anthropic
    return kind(api_key="k", base_url=url, max_retries=0)


def typed(records: Sequence[dict[str, Any]]) -> bytes:
    """Return server-sent events that are named after the types of their records."""
    texts = [f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in records]
    return "".join(texts).encode()


ASKED: Any = {"model": "m", "messages": [{"role": "user", "content": "?"}]}
CLAUDE = typed(
    [
        {
            "type": "message_start",
            "message": {
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "model": "m",
                "content": [],
                "stop_reason": None,
                "stop_sequence": None,
                "usage": {"input_tokens": 1, "output_tokens": 1},
            },
        },
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "text", "text": ""},
        },
        *[
            {
                "type": "content_block_delta",
                "index": 0,
                "delta": {"type": "text_delta", "text": text},
            }
            for text in ("Grüß ", "Gott")
        ],
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": 4},
        },
        {"type": "message_stop"},
    ]
)
RESPONSES = typed(
    [
        {
            "type": "response.created",
            "sequence_number": 0,
            "response": {"id": "r", "object": "response", "output": [], "status": "in_progress"},
        },
        {
            "type": "response.output_item.added",
            "sequence_number": 1,
            "output_index": 0,
            "item": {
                "id": "i",
                "type": "message",
                "role": "assistant",
                "status": "in_progress",
                "content": [],
            },
        },
        {
            "type": "response.content_part.added",
            "sequence_number": 2,
            "output_index": 0,
            "content_index": 0,
            "item_id": "i",
            "part": {"type": "output_text", "text": "", "annotations": []},
        },
        *[
            {
                "type": "response.output_text.delta",
                "sequence_number": number,
                "output_index": 0,
                "content_index": 0,
                "item_id": "i",
                "delta": text,
                "logprobs": [],
            }
            for number, text in ((3, "Grüß "), (4, "Gott"))
        ],
        {
            "type": "response.completed",
            "sequence_number": 5,
            "response": {
                "id": "r",
                "object": "response",
                "status": "completed",
                "output": [
                    {
                        "id": "i",
                        "type": "message",
                        "role": "assistant",
                        "status": "completed",
                        "content": [
                            {"type": "output_text", "text": "Grüß Gott", "annotations": []}
                        ],
                    }
                ],
            },
        },
    ]
)
HELPERS: Any = [
    ("openai", SMALL, lambda client: client.chat.completions.stream(**ASKED)),
    ("openai", SMALL, lambda client: client.chat.completions.create(**ASKED, stream=True)),
    (
        "openai",
        SMALL,
        lambda client: client.chat.completions.with_streaming_response.create(**ASKED, stream=True),
    ),
    ("openai", [RESPONSES], lambda client: client.responses.stream(model="m", input="?")),
    ("anthropic", [CLAUDE], lambda client: client.messages.stream(**ASKED, max_tokens=9)),
    (
        "anthropic",
        [CLAUDE],
        lambda client: client.messages.create(**ASKED, max_tokens=9, stream=True),
    ),
]
HELPER_NAMES = [
    "chat stream()",
    "chat create()",
    "with_streaming_response",
    "responses stream()",
    "messages stream()",
    "messages create()",
]


@pytest.mark.parametrize(("library", "parts", "ask"), HELPERS, ids=HELPER_NAMES)
def test_a_result_of_a_client_is_opened(library: str, parts: Any, ask: Any) -> None:
    with Server(parts) as server:
        client = client_of(library, server.base, False)
        with stream(ask(client)) as answer:
            message = answer.result()
        assert (message.status, message.text[:9]) == ("complete", "Grüß Gott")
        client.close()


@pytest.mark.parametrize(("library", "parts", "ask"), HELPERS, ids=HELPER_NAMES)
def test_a_result_of_an_async_client_is_opened(library: str, parts: Any, ask: Any) -> None:
    async def read(url: str) -> Message:
        async with client_of(library, url, True) as client, stream(ask(client)) as answer:
            result: Message = await answer.result()
            return result

    with Server(parts) as server:
        message = asyncio.run(read(server.base))
        assert (message.status, message.text[:9]) == ("complete", "Grüß Gott")


@pytest.mark.parametrize("leave", [False, True])
def test_a_context_manager_is_entered(leave: bool) -> None:
    httpx = pytest.importorskip("httpx")
    with Server(SMALL, hold=HOLD if leave else -1) as server:
        client = httpx.Client(trust_env=False)
        with stream(client.stream("POST", server.url)) as answer:
            if leave:
                assert next(answer.text()) == "Grüß "
            else:
                assert answer.result() == expected()
        assert not leave or server.gone.wait(5)


async def enter_httpx(url: str, leave: bool) -> Any:
    httpx = importlib.import_module("httpx")
    async with (
        httpx.AsyncClient(trust_env=False) as client,
        stream(client.stream("POST", url)) as answer,
    ):
        return await left_or_read(answer, leave)


async def await_httpx(url: str, leave: bool) -> Any:
    httpx = importlib.import_module("httpx")
    async with httpx.AsyncClient(trust_env=False) as client:
        request = client.build_request("POST", url)
        async with stream(client.send(request, stream=True)) as answer:
            return await left_or_read(answer, leave)


async def await_aiohttp(url: str, leave: bool) -> Any:
    aiohttp = importlib.import_module("aiohttp")
    async with aiohttp.ClientSession() as session, stream(session.post(url)) as answer:
        return await left_or_read(answer, leave)


OPENED = [("httpx", enter_httpx), ("httpx", await_httpx), ("aiohttp", await_aiohttp)]


@pytest.mark.parametrize(("library", "read"), OPENED)
@pytest.mark.parametrize("leave", [False, True])
def test_async_context_managers_and_awaitables_are_opened(
    library: str, read: Any, leave: bool
) -> None:
    pytest.importorskip(library)
    with Server(SMALL, hold=HOLD if leave else -1) as server:
        assert asyncio.run(read(server.url, leave)) == ("Grüß " if leave else expected())
        assert not leave or server.gone.wait(5)


def test_an_unread_source_is_never_opened() -> None:
    @contextlib.contextmanager
    def manager() -> Any:
        raise AssertionError("entered")
        yield

    async def later() -> Any:
        raise AssertionError("awaited")

    with stream(manager()):
        pass

    async def main() -> None:
        async with stream(later()):
            pass

    asyncio.run(main())


def test_a_context_manager_is_left_early() -> None:
    seen: list[type[BaseException]] = []

    @contextlib.contextmanager
    def manager() -> Any:
        try:
            yield [text_chunk("Hi")]
        except BaseException as error:
            seen.append(type(error))
            raise

    with stream(manager()) as answer:
        assert next(answer.text()) == "Hi"
    assert seen == [GeneratorExit]


# Files


def test_a_path_is_opened(tmp_path: Path) -> None:
    file = tmp_path / "answer.sse"
    file.write_bytes(BODY)
    assert stream(file).result() == expected()
    assert stream(str(file)).result() == expected()
    with pytest.raises(FileNotFoundError):
        stream(tmp_path / "none").result()


def test_text_of_a_model_is_never_the_name_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("secret")
    assert stream(str(file), api="text").result().text == str(file)
    assert stream(str(file), format="hermes").result().text == str(file)
    for other in ("no such file", "a\0b", "x" * 5000, ""):
        assert named_file(other) is None
    assert named_file(str(file)) == file


def test_json_from_a_path(tmp_path: Path) -> None:
    file = tmp_path / "value.json"
    file.write_text('{"a": [1, 2]}')
    source: Any = file
    assert iter_json(source).result() == {"a": [1, 2]}


# Lines without their ends


def iter_lines(found: Sequence[Any]) -> Iterator[Any]:
    yield from found


async def aiter_lines(found: Sequence[Any]) -> AsyncIterator[Any]:
    for line in found:
        yield line


LINES = BODY.decode().split("\n")


@pytest.mark.parametrize("as_bytes", [False, True])
@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("blank", [False, True])
def test_lines(as_bytes: bool, named: bool, blank: bool) -> None:
    lines: list[Any] = [line for line in LINES if line or blank]
    if as_bytes:
        lines = [line.encode() for line in lines]
    source = iter_lines(lines) if named else (line for line in lines)
    assert stream(source).result() == expected()

    async def read() -> Any:
        read = aiter_lines(lines) if named else Async(*lines)._run()
        return await stream(read).result()

    assert asyncio.run(read()) == expected()


@pytest.mark.parametrize("library", ["httpx", "requests"])
def test_lines_of_a_response(library: str) -> None:
    opener = open_httpx if library == "httpx" else open_requests
    with Server(SMALL) as server, stream(opener(server.url).iter_lines()) as answer:
        assert answer.result() == expected()


def test_the_text_of_a_model_by_lines() -> None:
    assert stream(iter_lines(["one", "", "two"]), api="text").result().text == "one\n\ntwo\n"


@given(cuts=st.lists(st.integers(0, len(BODY)), max_size=12))
def test_fragments_of_a_generator_may_be_cut_anywhere(cuts: list[int]) -> None:
    places = sorted({0, len(BODY), *cuts})
    parts = [BODY[start:end] for start, end in itertools.pairwise(places)]
    assert stream(part for part in parts).result() == expected()


def test_line_ends_inside_a_string() -> None:
    text = chunk({"content": "}data: {} event: x"}, "stop")
    body = sse([text]).decode()
    cut = body.index("data:", 5)
    answer = stream(part for part in (body[:cut], body[cut : cut + 8], body[cut + 8 :]))
    assert answer.result().text == "}data: {} event: x"


# Statuses


@pytest.mark.parametrize("opener", [open_httpx, open_requests, open_urllib3])
@pytest.mark.parametrize(
    ("body", "beginning"),
    [
        (b"", "HTTP status 429: the server refused the request"),
        (b'{"error": {"message": "too many"}}', "HTTP status 429: too many"),
        (b"<html>Sorry</html>", "HTTP status 429: the input is neither JSON nor"),
    ],
)
def test_a_status_is_part_of_the_error(opener: Any, body: bytes, beginning: str) -> None:
    parts = [body] if body else []
    with Server(parts, status="429 Too Many Requests") as server:
        source = opener(server.url)
        with stream(source) as answer, pytest.raises((ProviderError, WireError)) as raised:
            answer.result()
        assert raised.value.message.startswith(beginning)
        assert answer.message.error is not None
        assert answer.message.error.message.startswith(beginning)


def test_the_status_of_an_async_response() -> None:
    aiohttp = pytest.importorskip("aiohttp")

    async def read(url: str) -> list[Any]:
        async with aiohttp.ClientSession() as session, stream(session.post(url)) as answer:
            return [event async for event in answer]

    with Server([], status="503 Service Unavailable") as server:
        last = asyncio.run(read(server.url))[-1]
    assert last.type == "message_failed"
    assert str(last.error) == "HTTP status 503: the server refused the request"


def test_text_with_an_error_status_is_no_answer() -> None:
    source = Shape(status_code=500, iter_bytes=lambda: [b"Internal Server Error"])
    answer = stream(source, api="text")
    with pytest.raises(ProviderError, match="HTTP status 500"):
        answer.result()


def test_the_status_beside_json() -> None:
    source: Any = Shape(status_code=502, iter_bytes=lambda: [b"<html>"])
    with pytest.raises(JSONSyntaxError, match="HTTP status 502: "):
        iter_json(source).result()


# Stand-ins for objects of libraries that need not be installed


async def collected(source: Any) -> list[Any]:
    return [piece async for piece in async_pieces(source)]


def test_a_response_of_requests_is_read_as_it_arrives() -> None:
    """A response is read by `read1`, or by `iter_content` if it is chunked or already read."""
    asked: list[Any] = []
    parts = [b"a", b"b", b""]

    def read1(decode_content: bool) -> bytes:
        asked.append(decode_content)
        return parts.pop(0)

    def iter_content(size: int | None) -> list[bytes]:
        return [b"by chunks"]

    for raw, found in (
        (Shape(read1=read1, closed=False), [b"a", b"b"]),
        (Shape(read1=read1, closed=False, chunked=True), [b"by chunks"]),
        (Shape(read1=read1, closed=True), [b"by chunks"]),
        (Shape(closed=False), [b"by chunks"]),
    ):
        assert list(pieces(Shape(iter_content=iter_content, raw=raw))) == found
    assert asked == [True, True, True]


class Connection:
    """Like a connection of httpx-ws: `receive` returns the next event and raises at the end."""

    def __init__(self, *found: Any) -> None:
        self.found = [*found, Closed()]

    def receive(self) -> Any:
        event = self.found.pop(0)
        if isinstance(event, Exception):
            raise event
        return event


class AsyncConnection(Connection):
    async def receive(self) -> Any:
        return super().receive()


class Closed(Exception):
    code = 1000


def test_a_connection_is_read_until_it_is_closed() -> None:
    assert not is_async(Connection())
    assert list(pieces(Connection("a", Shape(data=b"b")))) == ["a", b"b"]
    assert is_async(AsyncConnection())
    assert asyncio.run(collected(AsyncConnection("a", Shape(data=b"b")))) == ["a", b"b"]


def test_messages_of_a_socket_without_data_are_left_out() -> None:
    class Socket(Async):
        """Like the WebSocket of aiohttp."""

        receive_bytes: Any = staticmethod(bytes)

    source = Socket(Shape(data="a"), Shape(data=None), "b")
    assert is_async(source)
    assert asyncio.run(collected(source)) == ["a", "b"]


BLOCKS = [
    {"event": "message-start", "id": "lc-1"},
    {"event": "content-block-start", "index": 0, "content": {"type": "image"}},  # Not read.
    {"event": "content-block-delta", "index": 0, "delta": {"type": "text-delta", "text": "Hi"}},
    {"event": "message-finish", "metadata": {"finish_reason": "stop"}},
]


class Blocks(list[Any]):
    """Like a stream of content-block events of LangChain, which is recognised by its module."""

    __module__ = "langchain_core.language_models.chat_model_stream"


class AsyncBlocks(Async):
    """The asynchronous form; awaiting it would return the whole message, so it must not happen."""

    __module__ = "langchain_core.language_models.chat_model_stream"

    def __await__(self) -> Iterator[Any]:
        raise AssertionError("awaited")


def test_events_of_content_blocks_are_read_as_chunks() -> None:
    found = list(pieces(Blocks(BLOCKS)))
    assert asyncio.run(collected(AsyncBlocks(*BLOCKS))) == found
    assert len(found) == 3
    message = stream(found).result()
    assert (message.status, message.id, message.text) == ("complete", "lc-1", "Hi")


class AsyncManager:
    """An asynchronous context manager that logs when it is entered and left."""

    def __init__(self, inner: Any, log: list[str]) -> None:
        self.inner, self.log = inner, log

    async def __aenter__(self) -> Any:
        self.log.append("entered")
        return self.inner

    async def __aexit__(self, *error: object) -> None:
        self.log.append("left")


@pytest.mark.parametrize(
    "inner",
    [["a", "b"], Async("a", "b"), {"stream": ["a", "b"]}, Shape(iter_bytes=lambda: ["a", "b"])],
    ids=["sync", "async", "boto3", "response"],
)
def test_an_async_manager_may_return_a_sync_source(inner: Any) -> None:
    async def later() -> Any:
        return inner

    log: list[str] = []
    assert asyncio.run(collected(AsyncManager(inner, log))) == ["a", "b"]
    assert log == ["entered", "left"]
    assert asyncio.run(collected(later())) == ["a", "b"]


@pytest.mark.parametrize("awaited", [False, True])
def test_a_source_that_is_left_early_is_closed(awaited: bool) -> None:
    log: list[str] = []

    class Source(Async):
        async def aclose(self) -> None:
            log.append("closed")

    async def later() -> Any:
        return Source("a", "b")

    async def main() -> None:
        opened: Any = later() if awaited else AsyncManager(["a", "b"], log)
        found: Any = async_pieces(opened)
        assert await anext(found) == "a"
        await found.aclose()

    asyncio.run(main())
    assert log == (["closed"] if awaited else ["entered", "left"])


def test_a_manager_may_return_another_manager() -> None:
    log: list[str] = []

    @contextlib.contextmanager
    def manager(inner: Any) -> Iterator[Any]:
        yield inner
        log.append("left")

    source = manager(manager({"body": iter([b"a"])}))
    assert not is_async(source)
    assert list(pieces(source)) == [b"a"]
    assert log == ["left", "left"]


def test_responses_of_sync_and_async_httpx() -> None:
    """The class of a response is the same for both clients; its `stream` shows which it is."""
    both: Any = {"aiter_bytes": lambda: Async(b"a"), "iter_bytes": lambda: [b"a"]}
    assert is_async(Shape(**both, stream=Async()))
    assert not is_async(Shape(**both, stream=[]))
    assert not is_async(Shape(**both))


@pytest.mark.parametrize("name", ["status_code", "status"])
def test_an_error_response_is_reported_with_its_headers(name: str) -> None:
    seen: list[Any] = []

    def refused(status: int, headers: Any) -> None:
        seen.append((status, headers))

    fields: dict[str, Any] = {"iter_bytes": lambda: [b"no"], "headers": {"retry-after": "1"}}
    for status in (200, 399, "500", None):
        pieces(Shape(**fields, **{name: status}), refused)
    assert seen == []
    pieces(Shape(**fields, **{name: 400}), refused)
    del fields["headers"]
    async_pieces(Async(), refused)
    refusing = Shape(content=Shape(iter_any=lambda: Async(b"no")), **{name: 503})
    async_pieces(refusing, refused)
    assert seen == [(400, {"retry-after": "1"}), (503, None)]


def test_the_response_of_a_source() -> None:
    response = Shape(status_code=200)
    assert response_of(response) is response
    assert response_of(Shape(status=404)).status == 404
    assert response_of(Shape(response=response, status="done")) is response
    assert response_of([]) is None


def test_a_connection_that_other_responses_share_is_not_shut_down() -> None:
    log: list[str] = []
    shared = {"http_version": b"HTTP/2", "network_stream": Shape()}
    interrupt(Shape(extensions=shared, close=lambda: log.append("closed")))
    assert log == ["closed"]


def test_interrupt_shuts_down_the_socket_of_a_response() -> None:
    """The other side sees the end of the connection, although the socket is not closed."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        network = Shape(get_extra_info={"socket": ours}.get)
        response = Shape(extensions={"network_stream": network})
        interrupt(Shape(response=response))
        assert theirs.recv(1) == b""


def test_interrupt_ignores_errors_and_leaves_generators_open() -> None:
    def broken() -> None:
        raise RuntimeError("closed by its thread")

    interrupt(Shape(close=broken))
    source = (number for number in range(2))
    interrupt(source)
    assert list(source) == [0, 1]


def test_a_name_that_the_system_rejects_is_no_file() -> None:
    assert named_file("x" * 1000) is None


@pytest.mark.parametrize(
    "found",
    [
        [{"a": 1}, "data: {}", "data: {}"],  # Chunks of an SDK.
        ["data: {", "data: {}"],  # The first fragment ends inside its document.
        ["one", "data: {}"],
        ["data: {}", "x"],
        ["data: {}", "", "event: x\n"],
        ["data: {}\n", "data: {}"],
        ["", "one"],
    ],
)
def test_pieces_that_are_no_lines_are_unchanged(found: list[Any]) -> None:
    assert list(pieces(each for each in found)) == found
    assert asyncio.run(collected(Async(*found)._run())) == found


@pytest.mark.parametrize("kind", [str, str.encode])
def test_line_ends_are_restored(kind: Any) -> None:
    lines = [kind(line) for line in ("", "event: x", "data: {}", "", "", ": note", "data: [1]")]
    whole = list(pieces(line for line in lines))
    assert kind("").join(whole) == kind("event: x\ndata: {}\n\n\n: note\ndata: [1]\n")


# Other objects


# In a separate process, because LiteLLM leaves an event loop and sockets open.
LITELLM = """
import asyncio, sys, litellm
from streamparse import stream

asked = {
    "model": "openai/m",
    "messages": [{"role": "user", "content": "?"}],
    "api_key": "k",
    "api_base": sys.argv[1],
    "stream": True,
}

async def awaited():
    return await stream(await litellm.acompletion(**asked)).result()

async def awaiting():
    return await stream(litellm.acompletion(**asked)).result()

way = sys.argv[2]
if way == "stream":
    message = stream(litellm.completion(**asked)).result()
elif way == "chunks":
    message = stream(list(litellm.completion(**asked))).result()
else:
    message = asyncio.run(awaited() if way == "awaited" else awaiting())
sys.stdout.buffer.write(f"{message.status}: {message.text}".encode())
"""


@pytest.mark.parametrize("way", ["stream", "chunks", "awaited", "awaiting"])
def test_streams_of_litellm(way: str) -> None:
    if importlib.util.find_spec("litellm") is None:
        pytest.skip("litellm is not installed")
    with Server(SMALL) as server:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", LITELLM, f"{server.base}/v1", way],
            env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
            capture_output=True,
            timeout=60,
        )
    assert done.stdout.decode() == f"complete: {expected().text}", done.stderr.decode()


class Either(Async):
    """Like the stream of LiteLLM: one class for both kinds of clients."""

    def __init__(self, inner: Any, *found: Any) -> None:
        super().__init__(*found)
        self.completion_stream = inner

    def __iter__(self) -> Iterator[Any]:
        return iter(self.found)


def test_the_stream_inside_shows_the_kind_of_client() -> None:
    record = chunk({"content": "Hi"}, "stop")
    assert not is_async(Either(iter(()), record))
    assert is_async(Either(Async(), record))
    assert stream(Either(iter(()), record)).result().text == "Hi"

    async def read() -> Any:
        async def later() -> Any:
            return Either(None, record)

        return await stream(later()).result()

    assert asyncio.run(read()).text == "Hi"


def test_messages_of_a_websocket() -> None:
    aiohttp = pytest.importorskip("aiohttp")
    web = importlib.import_module("aiohttp.web")
    records = [text_chunk("Hi"), chunk(finish="stop")]

    async def serve(request: Any) -> Any:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        for record in records:
            await socket.send_str(json.dumps(record))
        await socket.close()
        return socket

    async def read(opened: bool) -> Any:
        application = web.Application()
        application.router.add_get("/", serve)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        try:
            async with aiohttp.ClientSession() as session:
                connecting = session.ws_connect(url)
                source = await connecting if opened else connecting
                async with stream(source) as answer:
                    return await answer.result()
        finally:
            await runner.cleanup()

    for opened in (True, False):
        assert asyncio.run(read(opened)).text == "Hi"


def test_an_error_of_a_websocket_is_raised() -> None:
    class Socket(Async):
        receive_bytes: Any = staticmethod(list)

    async def read() -> None:
        failed = Shape(data=ConnectionError("gone"))
        await stream(Socket(Shape(data=json.dumps(text_chunk("Hi"))), failed)).result()

    with pytest.raises(ConnectionError, match="gone"):
        asyncio.run(read())


def test_with_on_an_async_source_names_async_with() -> None:
    answer: Any = stream(Async(text_chunk("Hi")))
    with pytest.raises(TypeError, match="use 'async with'"), answer:
        pass


def test_text_that_is_no_stream_names_the_option() -> None:
    with pytest.raises(WireError, match='pass api="text"'):
        stream(["hello ", "world"]).result()


def test_json_is_read_from_a_response_too() -> None:
    parts = [b'{"items": [1', b", 2", b"]}"]
    with Server(parts) as server, iter_json(open_httpx(server.url)) as read:
        assert list(read.items("$.items[*]")) == [1, 2]


# Async responses


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


def test_the_kind_is_found_without_reading_the_body() -> None:
    class Lazy:
        """Like an unread response of httpx or requests: `content` would read the whole body."""

        def __init__(self) -> None:
            self.aiter_bytes = lambda: Async(b"x")
            self.stream = Async()

        @property
        def content(self) -> bytes:
            raise RuntimeError("all of the body was asked for")

    assert is_async(Lazy())
    async_pieces(Lazy())


def test_interrupt_wakes_a_thread_that_reads_a_connection() -> None:
    """A thread that waits for data in the operating system ends when it is interrupted."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        connection = http.client.HTTPConnection(*listening.getsockname())
        connection.request("GET", "/")
        peer, _ = listening.accept()
        with peer:
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nab")
            response = connection.getresponse()

            def read() -> None:
                with contextlib.suppress(Exception):  # The response is incomplete.
                    list(pieces(response))

            reader = threading.Thread(target=read, daemon=True)
            reader.start()
            reader.join(0.2)
            assert reader.is_alive()
            interrupt(response)
            reader.join(10)
            assert not reader.is_alive()
        connection.close()
