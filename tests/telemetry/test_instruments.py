"""Tests of the metrics of token counts, for both generations of the conventions."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from streamparse import Usage
from streamparse.telemetry._instruments import Instruments


def points(reader: InMemoryMetricReader) -> dict[str, list[Any]]:
    data = reader.get_metrics_data()
    assert data is not None
    found: dict[str, list[Any]] = {}
    for resource in data.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                found[metric.name] = list(metric.data.data_points)
    return found


@pytest.mark.parametrize("generation", [0, 1])
def test_usage(generation: int) -> None:
    reader = InMemoryMetricReader()
    instruments = Instruments(MeterProvider([reader]), generation)
    usage = Usage(input_tokens=70, cached_tokens=30, output_tokens=9)
    instruments.usage(usage, {"a": 1})
    found = points(reader)
    if generation == 0:
        sums = {
            point.attributes["gen_ai.token.type"]: point.sum
            for point in found.pop("gen_ai.client.token.usage")
        }
        assert sums == {"input": 70, "output": 9}
        assert found == {}
        return
    inference = "gen_ai.client.inference"
    assert [point.sum for point in found[f"{inference}.operation.input_tokens"]] == [70]
    assert [point.sum for point in found[f"{inference}.operation.output_tokens"]] == [9]
    counters = {
        name.removeprefix(f"{inference}.usage."): point.value
        for name, (point,) in found.items()
        if name.startswith(f"{inference}.usage.")
    }
    assert counters == {"input_tokens": 70, "output_tokens": 9, "cache_read.input_tokens": 30}


def test_buckets_are_those_of_the_conventions() -> None:
    reader = InMemoryMetricReader()
    instruments = Instruments(MeterProvider([reader]), 0)
    instruments.duration.record(0.02)
    (point,) = points(reader)["gen_ai.client.operation.duration"]
    assert point.explicit_bounds[:3] == (0.01, 0.02, 0.04)
    assert point.explicit_bounds[-1] == pytest.approx(81.92)
