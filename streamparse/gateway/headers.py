"""Which header fields a gateway forwards (RFC 9110, sections 7.6 and 10.1.1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

__all__ = ["Headers", "listed", "request_headers", "response_headers", "value_of"]

Headers: TypeAlias = list[tuple[bytes, bytes]]

# Fields that are about one connection. `proxy-authorization` is for a proxy that asks for it, which
# the model server is not; trailers are not forwarded, so neither is the list of their names.
_HOP_BY_HOP: Final = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)
# The server of the gateway has answered `expect: 100-continue` itself.
_REPLACED: Final = frozenset((b"host", b"expect"))
# Without these, the bytes of a message would have another meaning. No sender may nominate them.
_OF_THE_MESSAGE: Final = frozenset((b"content-encoding", b"content-length", b"content-type"))
# Fields that describe the bytes of a body, which a rewritten body does not have.
_OF_THE_BYTES: Final = frozenset(
    (
        b"accept-ranges",
        b"content-digest",
        b"content-encoding",
        b"content-length",
        b"content-md5",
        b"digest",
        b"etag",
        b"repr-digest",
    )
)


def request_headers(received: Iterable[tuple[bytes, bytes]], host: bytes, via: bytes) -> Headers:
    """Return the fields of a request to the upstream.

    Args:
        received: The fields that the client sent, with names in lower case.
        host: The authority of the upstream.
        via: The pseudonym of this gateway, which is added to the field `via`.
    """
    fields = list(received)
    nominated = _nominated(fields)
    chunked = any(name == b"transfer-encoding" for name, _ in fields)
    sent: Headers = [(b"host", host)]
    for name, value in fields:
        if name in _HOP_BY_HOP or name in _REPLACED or name in nominated:
            continue
        if name == b"content-length" and chunked:
            continue  # RFC 9112, section 6.3: transfer-encoding overrides it
        sent.append((name, value))
    if chunked:
        sent.append((b"transfer-encoding", b"chunked"))
    sent.append((b"via", b"1.1 " + via))
    return sent


def response_headers(
    received: Iterable[tuple[bytes, bytes]], *, rewritten: bool = False
) -> Headers:
    """Return the fields of a response to the client.

    Args:
        received: The fields that the upstream sent.
        rewritten: Whether the body is not that of the upstream.
    """
    fields = [(name.lower(), value) for name, value in received]
    left_out = _HOP_BY_HOP | _nominated(fields)
    if rewritten:
        left_out |= _OF_THE_BYTES
    return [(name, value) for name, value in fields if name not in left_out]


def value_of(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str:
    """Return the value of a field, joined if it was sent in several lines; `""` without one."""
    return ", ".join(value.decode("latin-1") for key, value in headers if key.lower() == name)


def listed(value: str) -> list[str]:
    """Return the members of a comma-separated value, in lower case."""
    return [member.strip().lower() for member in value.split(",") if member.strip()]


def _nominated(fields: Headers) -> frozenset[bytes]:
    """Return the names that the field `connection` declares to be about the connection."""
    names = frozenset(each.encode("latin-1") for each in listed(value_of(fields, b"connection")))
    return names - _OF_THE_MESSAGE
