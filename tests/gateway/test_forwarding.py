"""Tests of requests other than chat completions, which pass unchanged."""

from __future__ import annotations

import gzip
import socket
import time
from typing import Any

import httpx
import pytest

from streamparse.gateway import gateway
from streamparse.gateway.forwarding import refuse_unsafe, target_of
from streamparse.gateway.upstream import RefusedError
from tests.gateway.model_server import Play, Served, served, streamed
from tests.web.serving import Server, until


def fetch(server: Served, method: str, path: str, **options: Any) -> httpx.Response:
    with httpx.Client(trust_env=False, timeout=30) as client:
        return client.request(method, server.gateway.url + path, **options)


def raw_response(server: Server, request: bytes) -> bytes:
    """Send these bytes, and return all bytes until the connection is closed."""
    with socket.create_connection(server.address, timeout=20) as connection:
        connection.sendall(request)
        found = b""
        while piece := connection.recv(65536):
            found += piece
        return found


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"])
def test_methods_queries_and_bodies(method: str) -> None:
    play = Play([b"one", b"two"], status=207, headers={"x-upstream": "1", "content-type": "a/b"})
    with served(play) as server:
        body = b"" if method in ("GET", "OPTIONS") else bytes(range(256)) * 300
        got = fetch(server, method, "/v1/a%2Fb//c?x=%20&x=2&y", content=body)
    assert (got.status_code, got.content) == (207, b"onetwo")
    assert (got.headers["x-upstream"], got.headers["content-type"]) == ("1", "a/b")
    asked = server.last
    assert (asked.method, asked.target, asked.body) == (method, b"/v1/a%2Fb//c?x=%20&x=2&y", body)
    assert asked.header("host") == [server.upstream.url.removeprefix("http://")]
    assert asked.header("via")[0].startswith("1.1 streamparse-")


def test_a_body_of_unknown_length() -> None:
    with served(Play([b"ok"], headers={})) as server:
        fetch(server, "POST", "/v1/files", content=iter([b"a" * 70_000, b"b"]))
    assert server.last.body == b"a" * 70_000 + b"b"
    assert server.last.header("content-length") == []


def test_head() -> None:
    with served(Play([], headers={"content-length": "12345"})) as server:
        got = fetch(server, "HEAD", "/v1/models")
    assert (got.content, got.headers["content-length"]) == (b"", "12345")


@pytest.mark.parametrize("status", [301, 404, 429, 500])
def test_statuses_and_their_bodies(status: int) -> None:
    headers = {"content-type": "text/html", "location": "/other", "retry-after": "7"}
    play = Play([b"<h1>no</h1>"], status=status, headers=headers)
    with served(play) as server:
        got = fetch(server, "POST", "/v1/chat/completions", json={"stream": True})
        other = fetch(server, "GET", "/v1/models")
    for each in (got, other):
        assert (each.status_code, each.content) == (status, b"<h1>no</h1>")
        assert {name: each.headers[name] for name in headers} == headers


def test_other_streams_pass_as_they_arrive() -> None:
    pieces = [b": hi\n\n", b"event: x\ndata: <tool_call>\n\n"]
    with (
        served(Play(pieces, pause=0.05, hang=True)) as server,
        httpx.Client(trust_env=False, timeout=30) as client,
        client.stream("POST", server.url + "/responses", json={}) as response,
    ):
        found = b""
        for data in response.iter_raw():
            found += data
            if found == b"".join(pieces):
                break
    server.upstream_is_closed()


def test_compressed_bodies_stay_compressed() -> None:
    body = gzip.compress(b"x" * 1000)
    headers = {"content-encoding": "gzip", "content-length": str(len(body))}
    with served(Play([body], headers=headers)) as server, httpx.Client(trust_env=False) as client:
        request = client.build_request("GET", server.url + "/models")
        response = client.send(request, stream=True)
        assert b"".join(response.iter_raw()) == body
    assert server.last.header("accept-encoding") == ["gzip, deflate"] or server.last.headers


def test_hop_by_hop_fields() -> None:
    with served(Play([b"ok"], headers={"keep-alive": "timeout=9", "x-kept": "1"})) as server:
        request = (
            b"GET /v1/models HTTP/1.1\r\nHost: front\r\nConnection: close, x-mine\r\nX-Mine: 1\r\n"
            b"TE: trailers\r\nProxy-Authorization: Basic x\r\nX-Yours: 1\r\n\r\n"
        )
        found = raw_response(server.gateway, request)
    assert b"keep-alive" not in found.lower()
    assert b"x-kept: 1" in found
    names = {name for name, _ in server.last.headers}
    assert not names & {b"x-mine", b"te", b"proxy-authorization"}
    assert b"x-yours" in names


@pytest.mark.parametrize(("host", "status"), [("front", b"204"), ("evil.test", b"421")])
def test_options_of_the_server(host: str, status: bytes) -> None:
    """`OPTIONS *` concerns the gateway itself (RFC 9110, section 9.3.7)."""
    request = f"OPTIONS * HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    with served(Play([b"ok"], headers={}), allowed_hosts=("front",)) as server:
        found = raw_response(server.gateway, request.encode())
        other = raw_response(server.gateway, request.replace("OPTIONS", "GET").encode())
    assert found.startswith(b"HTTP/1.1 " + status)
    assert (b"allow: GET" in found) == (status == b"204")
    assert other.startswith(b"HTTP/1.1 4")
    assert server.model.asked == []


@pytest.mark.parametrize("method", ["CONNECT", "TRACE"])
def test_connect_and_trace_are_rejected(method: str) -> None:
    target = "evil.test:443" if method == "CONNECT" else "/"
    request = f"{method} {target} HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n"
    with served(Play([b"ok"], headers={})) as server:
        found = raw_response(server.gateway, request.encode())
    assert found.startswith(b"HTTP/1.1 40")
    assert server.model.asked == []


def test_an_absolute_url_does_not_reach_another_server() -> None:
    """A server may accept a URL as the target (RFC 9112, section 3.2.2)."""
    request = b"GET http://evil.test/x HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n"
    with served(Play([b"ok"], headers={})) as server:
        found = raw_response(server.gateway, request)
    # With h11, uvicorn does not change the target, which then matches no route.
    refused = found.startswith((b"HTTP/1.1 400", b"HTTP/1.1 404"))
    assert refused or server.last.target == b"/x"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:99", 200),
        ("localhost", 200),
        ("[::1]:8080", 200),
        ("evil.test", 421),
        ("[", 421),
    ],
)
def test_allowed_hosts(host: str, status: int) -> None:
    hosts = ("127.0.0.1", "localhost", "::1")
    with served(Play([b"ok"], headers={}), allowed_hosts=hosts) as server:
        got = fetch(server, "GET", "/v1/models", headers={"host": host})
    assert got.status_code == status
    assert bool(server.model.asked) == (status == 200)


def test_max_forwards() -> None:
    with served(Play([b"ok"], headers={})) as server:
        last = fetch(server, "OPTIONS", "/v1/models", headers={"max-forwards": "0"})
        assert server.model.asked == []
        fetch(server, "OPTIONS", "/v1/models", headers={"max-forwards": "3"})
    assert last.status_code == 204
    assert "POST" in last.headers["allow"]
    assert "content-length" not in last.headers
    assert server.last.header("max-forwards") == ["2"]


def test_numbers_of_thousands_of_digits() -> None:
    digits = "9" * 5_000
    with served(Play([b"ok"], headers={})) as server:
        got = fetch(server, "OPTIONS", "/v1/models", headers={"max-forwards": digits})
    assert got.status_code == 200
    assert server.last.header("max-forwards") == [digits]


def test_the_field_connection_cannot_remove_the_content_length() -> None:
    head = "POST /v1/files HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n"
    head += "connection: close, content-length\r\n\r\n"
    with served(Play([b"ok"], headers={})) as server:
        got = raw_response(server.gateway, head.encode() + b"body")
    assert got.startswith(b"HTTP/1.1 200")
    assert server.last.body == b"body"


def test_a_request_that_loops() -> None:
    made: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await made[0](scope, receive, send)

    server = Server(application)
    made.append(gateway(server.url))
    with server:
        got = httpx.get(server.url + "/v1/models", trust_env=False)
    assert got.status_code == 508
    assert got.json()["error"]["code"] == "loop_detected"


def test_a_large_body_is_rejected() -> None:
    with served(Play([b"ok"], headers={}), max_body=1000) as server:
        for path in ("/v1/files", "/v1/chat/completions"):
            got = fetch(server, "POST", path, content=b"x" * 1001)
            assert (got.status_code, got.json()["error"]["code"]) == (413, "body_too_large")
        assert server.model.asked == []
        got = fetch(server, "POST", "/v1/files", content=iter([b"x" * 600] * 2))
        assert got.status_code == 413
        assert fetch(server, "POST", "/v1/files", content=b"x" * 1000).status_code == 200


def test_an_upstream_that_cannot_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = free.getsockname()
    with Server(gateway(f"http://127.0.0.1:{address[1]}")) as front:
        got = httpx.get(front.url + "/v1/models", trust_env=False)
    assert got.status_code == 502
    assert got.json()["error"]["code"] == "upstream_unreachable"
    assert str(address[1]) not in got.text


def test_an_upstream_that_closes_the_connection() -> None:
    with (
        served(Play([b"half"], headers={}, cut=True)) as server,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        fetch(server, "GET", "/v1/models")


def test_an_upstream_that_is_silent() -> None:
    with served(Play([], headers={}, hang=True), timeout=0.2) as server:
        began = time.monotonic()
        with pytest.raises(httpx.RemoteProtocolError):
            fetch(server, "GET", "/v1/models")
        assert time.monotonic() - began < 5


def test_a_client_that_leaves_closes_the_upstream() -> None:
    with served(Play([b"x"], headers={}, hang=True)) as server:
        with (
            httpx.Client(trust_env=False) as client,
            client.stream("GET", server.url + "/models") as response,
        ):
            assert next(response.iter_raw()) == b"x"
        server.upstream_is_closed()
        until(lambda: "departures_total 1.0" in fetch(server, "GET", "/metrics").text)


def test_a_slow_reader_slows_the_upstream() -> None:
    with served(Play([b"x" * 65536], headers={}, endless=True)) as server:
        with (
            httpx.Client(trust_env=False) as client,
            client.stream("GET", server.url + "/models") as response,
        ):
            assert next(response.iter_raw())
            until(lambda: server.last.sent > 10)
            time.sleep(0.5)
            before = server.last.sent
            time.sleep(0.5)
            assert server.last.sent == before
        server.upstream_is_closed()


def test_a_reader_that_reads_nothing_is_dropped() -> None:
    play = Play([b"x" * 65536], headers={}, endless=True)
    with (
        served(play, stall=0.5) as server,
        socket.create_connection(server.gateway.address) as connection,
    ):
        connection.sendall(b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: server.model.asked)
        server.upstream_is_closed()


def test_metrics_of_the_upstream() -> None:
    with served(Play([b"theirs"], headers={}), metrics=None) as server:
        assert fetch(server, "GET", "/metrics").content == b"theirs"
    with served(Play([b"theirs"], headers={}), metrics="/gateway") as server:
        assert b"streamparse_gateway" in fetch(server, "GET", "/gateway").content
        assert fetch(server, "GET", "/metrics").content == b"theirs"


class Request:
    """The attributes of a request that the functions of `forwarding` read."""

    def __init__(self, **scope: Any) -> None:
        self.scope = {"method": "GET", "path": "/", "query_string": b"", **scope}
        self.headers: list[tuple[bytes, bytes]] = []


def test_targets() -> None:
    under: Any = Request(raw_path=b"/gw/v1/x", path="/gw/v1/x", root_path="/gw", query_string=b"q")
    assert target_of(under) == b"/v1/x?q"
    assert target_of(Request(path="/a b")) == b"/a%20b"  # type: ignore[arg-type]


def test_methods_that_are_rejected() -> None:
    for method in ("CONNECT", "TRACE"):
        request: Any = Request(method=method)
        with pytest.raises(RefusedError, match=method):
            refuse_unsafe(request, None, None)  # type: ignore[arg-type]


def test_streams_are_not_parsed_elsewhere() -> None:
    pieces = streamed("<think>a</think>b")
    with served(Play(pieces)) as server:
        got = fetch(server, "POST", "/v1/completions", json={"stream": True})
    assert got.content == b"".join(pieces)
