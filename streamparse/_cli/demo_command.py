"""`streamparse demo [FILE]`: serves a page that shows recorded responses as they arrive."""

from __future__ import annotations

import argparse
import socket
import webbrowser
from pathlib import Path
from typing import Any

from streamparse._cli.streams import OK, UNUSABLE, Complaint, announce, between

__all__ = ["add", "run"]

_PORT = 8765


def add(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    argument = command.add_argument
    argument(
        "file", nargs="?", metavar="FILE", help="a recording to play; it comes before the samples"
    )
    argument(
        "--host",
        default="127.0.0.1",
        metavar="NAME",
        help="the address to listen on (default: %(default)s, this machine only)",
    )
    argument(
        "--port",
        type=between(0, 65535),
        default=_PORT,
        metavar="N",
        help="the port (default: %(default)s; 0 takes any free port)",
    )
    argument("--open", action="store_true", help="open the page in the browser")


def run(options: argparse.Namespace, command: argparse.ArgumentParser) -> int:
    """Serve the page until interrupted."""
    application, uvicorn = _parts()
    recording = None if options.file in (None, "-") else Path(options.file)
    if recording is not None:
        announce(options.file)
    try:
        listening = socket.create_server((options.host, options.port))
    except OSError as error:
        what = f"cannot listen on {options.host}:{options.port}: {error.strerror}"
        raise Complaint(what, UNUSABLE) from error
    with listening:
        url = f"http://{options.host}:{listening.getsockname()[1]}/"
        print(f"The page is at {url} (Ctrl-C ends it)", flush=True)
        if options.open:
            webbrowser.open(url)
        config = uvicorn.Config(
            application(recording=recording, host=options.host),
            log_level="warning",
            ws="none",
            timeout_graceful_shutdown=1,
        )
        uvicorn.Server(config).run(sockets=[listening])
    return OK


def _parts() -> tuple[Any, Any]:
    """Return the application and uvicorn, which need extras."""
    try:
        import jsonschema  # noqa: F401
        import uvicorn

        from streamparse._demo.application import application
    except ImportError as error:
        needs = "the demo needs more: pip install 'llm-streamparse[web,schema]'"
        raise ImportError(needs, name=error.name) from error
    return application, uvicorn
