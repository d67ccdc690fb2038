"""Tests of connections to the model server, and to no other server."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from streamparse.gateway.settings import Settings
from streamparse.gateway.upstream import RefusedError, Upstream, failure_of


class Transport(httpx.AsyncBaseTransport):
    """A transport that keeps the last request."""

    def __init__(self, error: Exception | None = None, status: int = 200) -> None:
        self.error = error
        self.status = status
        self.request: Any = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.request = request
        if self.error is not None:
            raise self.error
        return httpx.Response(self.status)


def opened(upstream: str, target: bytes, error: Exception | None = None) -> Any:
    transport = Transport(error)
    made = Upstream(Settings(upstream=upstream, transport=transport))
    asyncio.run(made.open("GET", target, [(b"host", made.host)], b""))
    return transport.request


@pytest.mark.parametrize("upstream", ["http://m:8000", "http://m:8000/", "http://m:8000/v1/"])
def test_the_version_may_be_in_the_url(upstream: str) -> None:
    request = opened(upstream, b"/v1/models?a=%2F&b")
    assert request.extensions["target"] == b"/v1/models?a=%2F&b"
    assert request.headers.raw == [(b"host", b"m:8000")]


def test_a_path_before_the_version() -> None:
    request = opened("https://m/api/openai/v1", b"/v1/models")
    assert request.extensions["target"] == b"/api/openai/v1/models"
    assert (request.url.scheme, request.url.host) == ("https", "m")


@pytest.mark.parametrize(
    "target", [b"//evil.test/x", b"/@evil.test", b"/..//evil.test", b"/%2e%2e/x", b"/\\evil.test"]
)
def test_no_path_reaches_another_server(target: bytes) -> None:
    request = opened("http://m:8000", target)
    assert (request.url.host, request.url.port) == ("m", 8000)
    assert request.extensions["target"] == target


@pytest.mark.parametrize(
    "upstream",
    [
        "m:8000",
        "ftp://m",
        "http://",
        "http://u:p@m",
        "http://m/?q=1",
        "http://m/#x",
    ],
)
def test_invalid_urls(upstream: Any) -> None:
    with pytest.raises(ValueError, match="upstream"):
        Upstream(Settings(upstream=upstream, transport=Transport()))


@pytest.mark.parametrize("status", [199, 600, 999])
def test_invalid_statuses(status: int) -> None:
    upstream = Upstream(Settings(upstream="http://m", transport=Transport(status=status)))
    with pytest.raises(RefusedError, match=f"status {status}") as caught:
        asyncio.run(upstream.open("GET", b"/", [], b""))
    assert (caught.value.status, caught.value.code) == (502, "upstream_broken")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (httpx.PoolTimeout(""), 503, "too_many_requests"),
        (httpx.ConnectError("m:8000 refused"), 502, "upstream_unreachable"),
        (httpx.ConnectTimeout(""), 502, "upstream_unreachable"),
        (httpx.ReadTimeout(""), 504, "upstream_timeout"),
        (httpx.RemoteProtocolError(""), 502, "upstream_broken"),
    ],
)
def test_failures(error: httpx.TransportError, status: int, code: str) -> None:
    with pytest.raises(RefusedError) as caught:
        opened("http://m", b"/", error)
    assert (caught.value.status, caught.value.code) == (status, code)
    assert "m:8000" not in str(caught.value.to_dict())
    assert failure_of(error).type == "upstream_error"


def test_cookies_are_not_shared_between_clients() -> None:
    transport = Transport()
    made = Upstream(Settings(upstream="http://m", transport=transport))

    async def run() -> None:
        for _ in range(2):
            response = await made.open("GET", b"/", [], b"")
            response.headers["set-cookie"] = "a=1"
        await made.close()

    asyncio.run(run())
    assert "cookie" not in transport.request.headers
