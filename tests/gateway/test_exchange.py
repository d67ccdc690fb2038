"""Tests of the exchange with a client, which may leave, be slow, or be cancelled by the server."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
import pytest

from streamparse.gateway.exchange import Exchange, LeftError
from streamparse.gateway.upstream import RefusedError


class Client:
    """The client of an exchange."""

    def __init__(self, *messages: dict[str, Any], headers: Any = (), stuck: bool = False) -> None:
        self.messages = list(messages)
        self.headers = list(headers)
        self.sent: list[Any] = []
        self.stuck = stuck
        self.gone = False

    def exchange(self, stall: float = 5.0, largest: int = 10) -> Exchange:
        scope = {"headers": self.headers}
        return Exchange(scope, self.receive, self.send, stall=stall, largest=largest)

    async def receive(self) -> Any:
        if not self.messages:
            await asyncio.Event().wait()
        return self.messages.pop(0)

    async def send(self, message: Any) -> None:
        if self.gone:
            raise OSError
        if self.stuck:
            await asyncio.Event().wait()
        self.sent.append(message)


def request(body: bytes = b"", more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


GONE = {"type": "http.disconnect"}


def test_the_body() -> None:
    async def run() -> None:
        client = Client(request(b"ab", True), request(b"cd"))
        assert await client.exchange().body() == b"abcd"
        with pytest.raises(LeftError):
            await Client(request(b"ab", True), GONE).exchange().body()
        with pytest.raises(RefusedError, match="10 bytes"):
            await Client(request(b"x" * 11)).exchange().body()
        with pytest.raises(RefusedError) as caught:
            await Client(request(b"ab", True)).exchange(stall=0.02).body()
        assert (caught.value.status, caught.value.code) == (408, "body_timeout")
        announced = Client(headers=[(b"content-length", b"11")]).exchange()
        with pytest.raises(RefusedError, match="10 bytes"):
            announced.check_length()
        digits = Client(headers=[(b"content-length", b"1" * 5_000)]).exchange()
        with pytest.raises(RefusedError, match="10 bytes"):
            digits.check_length()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ([], False),
        ([(b"content-length", b"0")], False),
        ([(b"content-length", b"3")], True),
        ([(b"transfer-encoding", b"chunked")], True),
        ([(b"content-length", b"x")], False),
    ],
)
def test_has_body(headers: Any, found: bool) -> None:
    async def run() -> None:
        assert Client(headers=headers).exchange().has_body is found

    asyncio.run(run())


def test_an_answer() -> None:
    async def run() -> None:
        client = Client(request())
        exchange = client.exchange()

        async def work() -> None:
            await exchange.body()
            await exchange.answer(200, [(b"x", b"y")], b"ok")

        assert await exchange.run(work())
        assert client.sent[0]["headers"] == [(b"x", b"y"), (b"content-length", b"2")]
        assert exchange.status == 200

    asyncio.run(run())


@pytest.mark.parametrize("stuck", [False, True])
def test_a_client_that_leaves_ends_the_work(stuck: bool) -> None:
    async def run() -> None:
        client = Client(request(), *([] if stuck else [GONE]), stuck=stuck)
        exchange = client.exchange(stall=0.05)
        closed = False

        async def work() -> None:
            nonlocal closed
            try:
                await exchange.body()
                await exchange.start(200, [])
                await asyncio.Event().wait()
            finally:
                with anyio.CancelScope(shield=True):
                    await asyncio.sleep(0.01)
                closed = True

        assert not await asyncio.wait_for(exchange.run(work()), 5)
        assert closed

    asyncio.run(run())


def test_a_send_to_a_client_that_has_left() -> None:
    async def run() -> None:
        client = Client(request())
        exchange = client.exchange()
        client.gone = True
        assert not await exchange.run(exchange.start(200, []))

    asyncio.run(run())


def test_an_error_is_raised() -> None:
    async def run() -> None:
        async def work() -> None:
            raise KeyError("a bug")

        with pytest.raises(KeyError):
            await Client(request()).exchange().run(work())

    asyncio.run(run())


def test_the_server_may_cancel_more_than_once() -> None:
    async def run() -> None:
        exchange = Client(request()).exchange()
        closed = False

        async def work() -> None:
            nonlocal closed
            try:
                await asyncio.Event().wait()
            finally:
                with anyio.CancelScope(shield=True):
                    await asyncio.sleep(0.05)
                closed = True

        running = asyncio.ensure_future(exchange.run(work()))
        for _ in range(3):
            await asyncio.sleep(0.01)
            running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert closed

    asyncio.run(run())


def test_comments_while_nothing_is_sent() -> None:
    async def run() -> None:
        client = Client()
        exchange = client.exchange()
        exchange.is_event_stream = True
        beating = asyncio.ensure_future(exchange.keep_alive(0.03, b":\n\n"))
        for _ in range(5):
            await asyncio.sleep(0.01)
            await exchange.send(b"x")
        assert all(message["body"] == b"x" for message in client.sent)
        await asyncio.sleep(0.1)
        assert client.sent[-1]["body"] == b":\n\n"
        client.gone = True
        await asyncio.wait_for(beating, 5)

    asyncio.run(run())
