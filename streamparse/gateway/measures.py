"""`Measures`: the metrics of a gateway, in the text form of Prometheus."""

from __future__ import annotations

from typing import Final

try:
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
except ImportError as _error:
    needs = "streamparse.gateway needs prometheus-client: pip install 'llm-streamparse[gateway]'"
    raise ImportError(needs, name=_error.name) from _error

__all__ = ["Measures"]

_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class Measures:
    """Counts what one gateway does.

    No label holds text of clients or models, so the number of series is bounded.
    """

    content_type: Final[str] = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)  # CPU time, memory and open files, on Linux
        name = "streamparse_gateway"
        self.requests: Counter = Counter(
            f"{name}_requests",
            "Requests, by kind (chat, other) and status; 0 if the client left before the answer.",
            ["kind", "status"],
            registry=self._registry,
        )
        self.active: Gauge = Gauge(
            f"{name}_active_requests", "Requests that are served now.", registry=self._registry
        )
        self.calls: Counter = Counter(
            f"{name}_tool_calls",
            "Tool calls, by status: complete, rejected or truncated.",
            ["status"],
            registry=self._registry,
        )
        self.retries: Counter = Counter(
            f"{name}_retries",
            "Requests that were sent again because a call was rejected.",
            registry=self._registry,
        )
        self.failures: Counter = Counter(
            f"{name}_upstream_failures",
            "Failures of the upstream, by the code of the error.",
            ["code"],
            registry=self._registry,
        )
        self.departures: Counter = Counter(
            f"{name}_departures",
            "Clients that left before the end of their answer.",
            registry=self._registry,
        )
        self.first_delta: Histogram = Histogram(
            f"{name}_first_delta_seconds",
            "Seconds from a request to the first delta that was sent.",
            buckets=_SECONDS,
            registry=self._registry,
        )

    def text(self) -> bytes:
        """Return the metrics as Prometheus reads them."""
        return generate_latest(self._registry)
