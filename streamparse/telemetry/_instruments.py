"""The metric instruments: histograms of times and tokens, and counters."""

from __future__ import annotations

from typing import Any, Final

from opentelemetry.metrics import Counter, Histogram, MeterProvider, get_meter

from streamparse._version import __version__
from streamparse.message import Usage
from streamparse.telemetry.names import ATTRIBUTES, COUNTS, METRICS, OWN_METRICS

__all__ = ["Instruments"]

# The bucket boundaries that the conventions recommend.
_SECONDS: Final = [0.01 * 2**power for power in range(14)]
_TOKENS: Final = [4**power for power in range(14)]


class Instruments:
    """The instruments for one generation of the conventions.

    Args:
        provider: The meter provider; None for the global one.
        generation: The index of the generation in `CONVENTIONS`.
    """

    def __init__(self, provider: MeterProvider | None, generation: int) -> None:
        self._meter = get_meter("streamparse", __version__, meter_provider=provider)
        self._generation = generation
        self._token_type = ATTRIBUTES["token_type"][generation]
        self.duration = self._times("duration", "Duration of the operation.")
        self.first_chunk = self._times("first_chunk", "Time until the first chunk.")
        self.chunk = self._times("chunk", "Time between two chunks of the output.")
        self._tokens = self._sizes("tokens", "Input and output tokens.")
        self._operation_input = self._sizes("operation_input", "Input tokens of an operation.")
        self._operation_output = self._sizes("operation_output", "Output tokens of an operation.")
        self._counters: dict[str, Counter] = {}
        for count in COUNTS:
            name = METRICS[count][generation]
            if name:
                self._counters[count] = self._meter.create_counter(name, "{token}")
        self.first_argument = self._own_times("first_argument")
        self.first_call = self._own_times("first_call")
        self.calls = self._meter.create_counter(*OWN_METRICS["calls"])
        self.repairs = self._meter.create_counter(*OWN_METRICS["repairs"])

    def usage(self, usage: Usage, attributes: dict[str, Any]) -> None:
        """Record the token counts of one operation."""
        for count, histogram in (
            ("input", self._operation_input),
            ("output", self._operation_output),
        ):
            tokens = usage.input_tokens if count == "input" else usage.output_tokens
            if tokens is None:
                continue
            if histogram is not None:
                histogram.record(tokens, attributes)
            if self._tokens is not None:
                self._tokens.record(tokens, {**attributes, self._token_type: count})
        for count, counter in self._counters.items():
            tokens = getattr(usage, count)
            if tokens is not None and tokens >= 0:
                counter.add(tokens, attributes)

    def _times(self, name: str, description: str) -> Histogram:
        full = METRICS[name][self._generation]
        return self._meter.create_histogram(
            full, "s", description, explicit_bucket_boundaries_advisory=_SECONDS
        )

    def _own_times(self, name: str) -> Histogram:
        return self._meter.create_histogram(
            *OWN_METRICS[name], explicit_bucket_boundaries_advisory=_SECONDS
        )

    def _sizes(self, name: str, description: str) -> Histogram | None:
        full = METRICS[name][self._generation]
        if not full:
            return None
        return self._meter.create_histogram(
            full, "{token}", description, explicit_bucket_boundaries_advisory=_TOKENS
        )
