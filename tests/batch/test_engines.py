"""`parse_batches` under engines, each in its local mode; skipped where an engine is missing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

pa = pytest.importorskip("pyarrow", reason="needs pyarrow")

from streamparse.batch import SCHEMA, parse_batches  # noqa: E402
from tests.batch.test_rows import BODY  # noqa: E402

COUNT = 60


def lines() -> list[str]:
    """Every fifth row is broken."""
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


@pytest.mark.filterwarnings("ignore")  # of the engine, about its own versions
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
def test_spark() -> None:
    sql = pytest.importorskip("pyspark.sql", reason="needs pyspark")
    if shutil.which("java") is None:
        pytest.skip("needs Java")
    types = pytest.importorskip("pyspark.sql.pandas.types", reason="needs pyspark")
    spark = sql.SparkSession.builder.master("local[1]").getOrCreate()
    try:
        rows = spark.createDataFrame([(line,) for line in lines()], "body string")
        schema = types.from_arrow_schema(_plain(SCHEMA))
        parsed = rows.mapInArrow(_for_spark, schema)
        check(row["status"] for row in parsed.select("status").collect())
    finally:
        spark.stop()


def _plain(schema: Any) -> Any:
    """Spark has no dictionaries and no large strings."""
    from streamparse.batch.columns import without_dictionaries

    return without_dictionaries(schema)


def _for_spark(batches: Iterator[Any]) -> Iterator[Any]:
    from streamparse.batch import SCHEMA, parse_batches
    from streamparse.batch.columns import without_dictionaries

    plain = without_dictionaries(SCHEMA)
    for batch in parse_batches(batches):
        yield from pa.Table.from_batches([batch]).cast(plain).to_batches()
