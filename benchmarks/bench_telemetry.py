"""The cost of telemetry per event: off, without an SDK, and with the SDK of OpenTelemetry.

python -m benchmarks.bench_telemetry [--quick]
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any, Final

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider

from streamparse import MessageParser
from streamparse.telemetry import Telemetry

_MICRO: Final = 1e6


def records(count: int) -> list[bytes]:
    """Return the records of one stream of text."""
    chunks = [{"choices": [{"index": 0, "delta": {"content": f" word{n}"}}]} for n in range(count)]
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    return [f"data: {json.dumps(chunk)}\n\n".encode() for chunk in [*chunks, end]]


def cost(pieces: list[bytes], telemetry: Telemetry | None) -> float:
    """Return the microseconds per event of one stream."""
    began, events = time.process_time(), 0
    parser = MessageParser(telemetry=telemetry)
    for piece in pieces:
        events += len(parser.feed(piece))
    events += len(parser.finish())
    return (time.process_time() - began) / events * _MICRO


def kinds() -> dict[str, Telemetry | None]:
    """Return the variants to compare, by name."""
    meters = MeterProvider([InMemoryMetricReader()])
    return {
        "off": None,
        "on, without an SDK": Telemetry(),
        "on, with the SDK": Telemetry(tracer_provider=TracerProvider(), meter_provider=meters),
    }


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="one short round, to try it")
    quick = parser.parse_args(arguments).quick
    pieces, rounds = (records(50), 1) if quick else (records(2_000), 9)
    best: dict[str, Any] = {}
    for _ in range(rounds):
        for name, telemetry in kinds().items():
            best[name] = min(best.get(name, 1e9), cost(pieces, telemetry))
    for name, spent in best.items():
        print(f"{name:20} {spent:6.2f} µs an event, {spent / best['off']:.2f} x")


if __name__ == "__main__":
    main()
