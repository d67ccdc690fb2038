"""Tests of the address that the servers of the command line listen on."""

from __future__ import annotations

import argparse
import socket

import pytest

from streamparse._cli import listening as module
from streamparse._cli.listening import add_address, listen, origin
from streamparse._cli.streams import UNUSABLE, Complaint


def test_the_options() -> None:
    parser = argparse.ArgumentParser()
    add_address(parser, 8_000)
    assert vars(parser.parse_args([])) == {"host": "127.0.0.1", "port": 8_000}
    assert vars(parser.parse_args(["--host", "::1", "--port", "0"])) == {"host": "::1", "port": 0}
    with pytest.raises(SystemExit):
        parser.parse_args(["--port", "65536"])


def test_any_free_port() -> None:
    with listen("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        assert origin("127.0.0.1", listening) == f"http://127.0.0.1:{port}"
        with pytest.raises(Complaint, match=f"cannot listen on 127.0.0.1:{port}: ") as caught:
            listen("127.0.0.1", port)
    assert caught.value.status == UNUSABLE


def test_addresses() -> None:
    assert module._family("::1") == socket.AF_INET6
    assert module._family("127.0.0.1") == socket.AF_INET


def test_an_ipv6_address_is_in_brackets() -> None:
    try:
        listening = listen("::1", 0)
    except Complaint:
        pytest.skip("this machine has no IPv6")
    with listening:
        assert listening.family == socket.AF_INET6
        assert origin("::1", listening) == f"http://[::1]:{listening.getsockname()[1]}"
