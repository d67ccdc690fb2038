"""The command line, one module a command: see `streamparse._cli.entry`."""

from __future__ import annotations

from streamparse._cli.entry import main

__all__ = ["main"]
