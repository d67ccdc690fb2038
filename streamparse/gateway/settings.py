"""`Settings`: the options of a gateway, checked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from streamparse.formats.parser import TextReading
from streamparse.formats.registry import format_of
from streamparse.limits import Limits, check_limits
from streamparse.protocols import StreamTelemetry

if TYPE_CHECKING:
    import httpx

    from streamparse.formats.table import FormatLike

__all__ = ["Settings"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The options of a gateway; `gateway` documents them.

    Raises:
        ValueError: An option has an invalid value.
        TypeError: An option has the wrong type.
    """

    upstream: str
    format: FormatLike | None = "auto"
    in_reasoning: bool | None = None
    reject: bool = False
    retry: int = 0
    coerce: bool = False
    limits: Limits = field(default_factory=Limits)
    max_body: int = 64 * 1024 * 1024
    max_connections: int = 1_000
    connect_timeout: float = 10.0
    timeout: float = 600.0
    stall: float = 60.0
    heartbeat: float = 15.0
    metrics: str | None = "/metrics"
    allowed_hosts: Sequence[str] | None = None
    telemetry: StreamTelemetry | None = None
    transport: httpx.AsyncBaseTransport | None = None

    def __post_init__(self) -> None:
        check_limits(self.limits)
        for name in ("retry", "max_body", "max_connections"):
            number = getattr(self, name)
            if not isinstance(number, int) or isinstance(number, bool):
                raise TypeError(f"{name} must be an int, not {type(number).__name__}")
            least = 0 if name == "retry" else 1
            if number < least:
                raise ValueError(f"{name} must be {least} or more: {number}")
        for name in ("connect_timeout", "timeout", "stall", "heartbeat"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be a number of seconds above 0")
        if self.metrics is not None and not self.metrics.startswith("/"):
            raise ValueError(f"metrics must be a path that starts with '/': {self.metrics!r}")
        _ = self._readings  # raises an exception for an unknown format

    def reading(self, has_tools: bool) -> TextReading | None:
        """Return how to read the text of an answer; None if it is read as it is.

        Args:
            has_tools: Whether the model was given tools. Without them, text that looks like a call
                is text.
        """
        return self._readings[has_tools]

    @cached_property
    def _readings(self) -> dict[bool, TextReading | None]:
        if self.format is None:
            return dict.fromkeys((True, False))
        read = self.format
        if read == "auto":  # it reads calls of the tools that exist only
            both = TextReading(read, in_reasoning=self.in_reasoning)
            return dict.fromkeys((True, False), both)
        known = format_of(read)
        quiet = replace(known, calls=(), sections=())
        return {
            True: TextReading(known, in_reasoning=self.in_reasoning),
            False: TextReading(quiet, in_reasoning=self.in_reasoning),
        }

    @property
    def seconds(self) -> dict[str, float | None]:
        """The time-outs as httpx takes them."""
        read = None if math.isinf(self.timeout) else self.timeout
        connect = None if math.isinf(self.connect_timeout) else self.connect_timeout
        return {"connect": connect, "pool": connect, "read": read, "write": read}
