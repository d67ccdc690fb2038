"""The address that the servers of the command line listen on."""

from __future__ import annotations

import argparse
import socket

from streamparse._cli.streams import UNUSABLE, Complaint, between

__all__ = ["add_address", "listen", "origin"]


def add_address(group: argparse._ActionsContainer, port: int) -> None:
    """Add `--host` and `--port`; `port` is the default."""
    group.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="NAME",
        help="the address to listen on (default: %(default)s, this machine only)",
    )
    group.add_argument(
        "--port",
        type=between(0, 65535),
        default=port,
        metavar="N",
        help="the port (default: %(default)s; 0 takes any free port)",
    )


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        Complaint: The address cannot be used.
    """
    try:
        return socket.create_server((host, port), family=_family(host))
    except OSError as error:
        what = f"cannot listen on {host}:{port}: {error.strerror}"
        raise Complaint(what, UNUSABLE) from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def origin(host: str, listening: socket.socket) -> str:
    """Return the URL of the server, without a path."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listening.getsockname()[1]}"
