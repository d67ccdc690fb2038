"""Tests of `parse_batches` on engines in their local mode; an engine may be missing."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

import streamparse

pa = pytest.importorskip("pyarrow", reason="needs pyarrow")

from streamparse.batch import SCHEMA, parse_batches  # noqa: E402
from streamparse.batch.columns import without_dictionaries  # noqa: E402
from tests.batch.test_rows import BODY  # noqa: E402

COUNT = 60


def lines() -> list[str]:
    """Return rows; every fifth is invalid."""
    good = [json.dumps({"custom_id": str(n), "response": {"body": BODY}}) for n in range(COUNT)]
    return ["{broken" if n % 5 == 0 else line for n, line in enumerate(good)]


def check(statuses: Iterable[str]) -> None:
    found = sorted(statuses)
    bad = COUNT // 5
    good = COUNT - bad
    assert found == ["complete"] * good + ["failed"] * bad + ["truncated"] * good


def test_duckdb() -> None:
    duckdb = pytest.importorskip("duckdb", reason="needs duckdb")
    rows = pa.table({"body": lines()})
    connection = duckdb.connect()
    reader = connection.sql("SELECT body FROM rows").to_arrow_reader(16)
    parsed = pa.Table.from_batches(parse_batches(reader), schema=SCHEMA)
    assert len(parsed) == len(rows) + COUNT - COUNT // 5
    check(row[0] for row in connection.sql("SELECT status FROM parsed").fetchall())


def test_polars() -> None:
    polars = pytest.importorskip("polars", reason="needs polars")
    frame = polars.DataFrame({"body": lines()})
    parsed = polars.from_arrow(pa.Table.from_batches(parse_batches(frame.to_arrow().to_batches())))
    check(parsed["status"].cast(polars.String).to_list())


def test_daft() -> None:
    daft = pytest.importorskip("daft", reason="needs daft")
    frame = daft.from_pydict({"body": lines()})
    parsed = parse_batches(frame.to_arrow_iter())
    check(daft.from_arrow(pa.Table.from_batches(parsed)).to_pydict()["status"])


@pytest.mark.filterwarnings("ignore")  # The engine warns about its own versions.
def test_ray(tmp_path: Path) -> None:
    ray = pytest.importorskip("ray", reason="needs ray")
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    try:
        rows = ray.data.from_arrow(pa.table({"body": lines()}))
        parsed = rows.map_batches(_for_ray, batch_format="pyarrow", batch_size=16)
        check(row["status"] for row in parsed.take_all())
    finally:
        ray.shutdown()


def _for_ray(batch: Any) -> Any:
    from streamparse.batch import parse_batches

    return pa.Table.from_batches(parse_batches([batch]))


@pytest.mark.filterwarnings("ignore")
def test_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    sql = pytest.importorskip("pyspark.sql", reason="needs pyspark")
    if shutil.which("java") is None:
        pytest.skip("needs Java")
    types = pytest.importorskip("pyspark.sql.pandas.types", reason="needs pyspark")
    # A worker must import the build that is tested.
    monkeypatch.setenv("PYTHONPATH", str(Path(streamparse.__file__).parents[1]))
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    spark = sql.SparkSession.builder.master("local[1]").getOrCreate()
    plain = without_dictionaries(SCHEMA)

    # A nested function, so that Spark sends its code: a worker cannot import the tests.
    def parsed(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow

        for batch in parse_batches(batches):
            yield from pyarrow.Table.from_batches([batch]).cast(plain).to_batches()

    try:
        rows = spark.createDataFrame([(line,) for line in lines()], "body string")
        found = rows.mapInArrow(parsed, types.from_arrow_schema(plain))
        check(row["status"] for row in found.select("status").collect())
    finally:
        spark.stop()
