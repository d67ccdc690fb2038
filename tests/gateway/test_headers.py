"""Tests of which header fields are forwarded."""

from __future__ import annotations

import pytest

from streamparse.gateway.headers import listed, request_headers, response_headers, value_of

HOP_BY_HOP = [
    (b"connection", b"keep-alive, X-Mine"),
    (b"keep-alive", b"timeout=5"),
    (b"proxy-authorization", b"Basic x"),
    (b"proxy-connection", b"keep-alive"),
    (b"te", b"trailers"),
    (b"trailer", b"x-sum"),
    (b"upgrade", b"h2c"),
    (b"x-mine", b"1"),
]


def test_a_request_keeps_the_rest() -> None:
    kept = [(b"authorization", b"Bearer k"), (b"cookie", b"a=1"), (b"cookie", b"b=2")]
    received = [(b"host", b"front"), (b"expect", b"100-continue"), *HOP_BY_HOP, *kept]
    sent = request_headers(received, b"model:8000", b"us")
    assert sent == [(b"host", b"model:8000"), *kept, (b"via", b"1.1 us")]


def test_a_chunked_request_stays_chunked() -> None:
    received = [(b"transfer-encoding", b"chunked"), (b"content-length", b"5")]
    sent = request_headers(received, b"m", b"us")
    assert (b"transfer-encoding", b"chunked") in sent
    assert value_of(sent, b"content-length") == ""


def test_a_response_keeps_the_rest() -> None:
    kept = [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"x-request-id", b"7")]
    received = [*HOP_BY_HOP, (b"transfer-encoding", b"chunked"), (b"Content-Length", b"3"), *kept]
    assert response_headers(received) == [(b"content-length", b"3"), *kept]
    received += [(b"content-encoding", b"gzip"), (b"ETag", b"x"), (b"content-digest", b"x")]
    assert response_headers(received, rewritten=True) == kept


@pytest.mark.parametrize(
    ("value", "members"), [("", []), (" , A ,b", ["a", "b"]), ("close", ["close"])]
)
def test_listed(value: str, members: list[str]) -> None:
    assert listed(value) == members


def test_value_of() -> None:
    fields = [(b"Via", b"1.1 a"), (b"via", b"1.1 b")]
    assert value_of(fields, b"via") == "1.1 a, 1.1 b"
    assert value_of(fields, b"host") == ""
