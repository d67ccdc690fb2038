"""Records spans and metrics of streams with OpenTelemetry (extra `otel`)."""

from __future__ import annotations

from streamparse.telemetry.names import CONVENTIONS, Convention
from streamparse.telemetry.recording import Telemetry

__all__ = ["CONVENTIONS", "Convention", "Telemetry"]
