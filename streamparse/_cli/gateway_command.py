"""`streamparse gateway`: serves an API whose answers have parsed calls and reasoning."""

from __future__ import annotations

import argparse
import re
from typing import Any, Final

from streamparse._cli.listening import add_address, listen, origin
from streamparse._cli.streams import OK, UNUSABLE, Complaint, between, complain

__all__ = ["add", "run"]

_PORT: Final = 8080
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


def add(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    argument = command.add_argument
    argument(
        "--upstream",
        required=True,
        metavar="URL",
        help="the OpenAI-compatible server of the model, such as http://127.0.0.1:8000",
    )
    argument(
        "--format",
        default="auto",
        metavar="NAME",
        help="the raw-text format of the model: a name from 'streamparse formats', the name of a "
        "model, the path of a tokenizer_config.json, 'none' to read only calls that the server "
        "has parsed, or 'auto' (default)",
    )
    argument(
        "--in-reasoning",
        action="store_true",
        default=None,
        help="answers begin inside the reasoning, because the prompt ends with its opening tag",
    )
    _add_checks(command)
    _add_server(command)


def _add_checks(command: argparse.ArgumentParser) -> None:
    checks = command.add_argument_group("invalid calls").add_mutually_exclusive_group()
    checks.add_argument(
        "--reject",
        action="store_true",
        help="stop the model at the first character that makes a call invalid for the tools of "
        "the request, and answer with the reason (default: at the end of the answer)",
    )
    checks.add_argument(
        "--retry",
        type=between(0, 100),
        default=0,
        metavar="N",
        help="ask the model again, up to N times, with the reason; calls are then sent when the "
        "answer has ended",
    )
    command.add_argument(
        "--coerce",
        action="store_true",
        help="read a value of the wrong type in the only other way that the schema allows",
    )


def _add_server(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("server")
    add_address(group, _PORT)
    argument = group.add_argument
    argument(
        "--timeout",
        type=between(1, 86_400),
        default=600,
        metavar="SECONDS",
        help="how long the upstream may be silent (default: %(default)s)",
    )
    argument(
        "--heartbeat",
        type=between(1, 86_400),
        default=15,
        metavar="SECONDS",
        help="how long a stream may be silent before it gets a comment (default: %(default)s)",
    )
    argument(
        "--max-body",
        type=between(1, 999_999_999),
        default=64 * 1024 * 1024,
        metavar="BYTES",
        help="the largest body of a request (default: %(default)s)",
    )
    argument(
        "--metrics",
        default="/metrics",
        metavar="PATH",
        help="the path of the metrics for Prometheus (default: %(default)s; 'none' for no metrics)",
    )


def run(options: argparse.Namespace, command: argparse.ArgumentParser) -> int:
    """Serve until interrupted."""
    gateway, uvicorn = _parts()
    try:
        application = gateway(
            options.upstream,
            format=None if options.format == "none" else options.format,
            in_reasoning=options.in_reasoning,
            reject=options.reject,
            retry=options.retry,
            coerce=options.coerce,
            timeout=options.timeout,
            heartbeat=options.heartbeat,
            max_body=options.max_body,
            metrics=None if options.metrics == "none" else options.metrics,
            # A web page could otherwise use the server of its reader (DNS rebinding).
            allowed_hosts=_LOOPBACK if options.host in _LOOPBACK else None,
        )
    except (ValueError, OSError) as error:
        raise Complaint(_OPTION.sub(r"--\1", str(error)), UNUSABLE) from error
    with listen(options.host, options.port) as listening:
        _announce(options.host, origin(options.host, listening))
        config = uvicorn.Config(
            application,
            log_level="warning",
            ws="none",
            # The fields `date` and `server` are those of the upstream.
            date_header=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        uvicorn.Server(config).run(sockets=[listening])
    return OK


_OPTION: Final = re.compile(r"^(upstream|metrics)\b")


def _announce(host: str, origin: str) -> None:
    print(f"The API is at {origin}/v1 (Ctrl-C ends it)", flush=True)
    if host not in _LOOPBACK:
        what = "every machine that can reach this address can use the upstream"
        complain(f"--host {host}: {what}", OK)


def _parts() -> tuple[Any, Any]:
    """Return the function `gateway` and uvicorn, which need an extra."""
    try:
        import uvicorn

        from streamparse.gateway import gateway
    except ImportError as error:
        needs = "the gateway needs more: pip install 'llm-streamparse[gateway]'"
        raise ImportError(needs, name=error.name) from error
    return gateway, uvicorn
