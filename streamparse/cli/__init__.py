"""The command line, one module a command: see `streamparse.cli.entry`."""

from __future__ import annotations

from streamparse.cli.entry import main

__all__ = ["main"]
