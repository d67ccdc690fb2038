"""`streamparse demo [FILE]`: serves a page that shows recorded responses as they arrive."""

from __future__ import annotations

import argparse
import webbrowser
from pathlib import Path
from typing import Any

from streamparse._cli.listening import add_address, listen, origin
from streamparse._cli.streams import OK, announce

__all__ = ["add", "run"]

_PORT = 8765


def add(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    argument = command.add_argument
    argument(
        "file", nargs="?", metavar="FILE", help="a recording to play; it comes before the samples"
    )
    add_address(command, _PORT)
    argument("--open", action="store_true", help="open the page in the browser")


def run(options: argparse.Namespace, command: argparse.ArgumentParser) -> int:
    """Serve the page until interrupted."""
    application, uvicorn = _parts()
    recording = None if options.file in (None, "-") else Path(options.file)
    if recording is not None:
        announce(options.file)
    with listen(options.host, options.port) as listening:
        url = f"{origin(options.host, listening)}/"
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
