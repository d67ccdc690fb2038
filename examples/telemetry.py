"""Print the span and the metrics of a stream: python examples/telemetry.py

Needs `pip install "llm-streamparse[otel]" opentelemetry-sdk`. A service would export to a
collector; this program prints.
"""

from pathlib import Path

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

from streamparse import stream
from streamparse.telemetry import Telemetry

RECORDING = Path(__file__).with_name("anthropic-messages.sse")


def main() -> None:
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))
    meters = MeterProvider([PeriodicExportingMetricReader(ConsoleMetricExporter())])
    telemetry = Telemetry(provider="anthropic", tracer_provider=tracers, meter_provider=meters)
    for call in stream(RECORDING, telemetry=telemetry).tool_calls():
        print(call.name, call.arguments)
    meters.shutdown()


if __name__ == "__main__":
    main()
