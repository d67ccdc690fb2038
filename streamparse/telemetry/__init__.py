"""Spans and metrics of streams, recorded with OpenTelemetry (extra `otel`)."""

from __future__ import annotations

from streamparse.telemetry.names import CONVENTIONS, Convention
from streamparse.telemetry.recording import Telemetry

__all__ = ["CONVENTIONS", "Convention", "Telemetry"]
