"""The rate and memory use of batches: a plain loop, `parse_batches`, and the command.

    python -m benchmarks.bench_batch [--rows N] [--quick] [--engines]

Each row is a recorded stream of the Chat Completions API with one call; every hundredth stream is
truncated. The same job also runs on a tenth of the rows, to show that memory does not grow with
the input.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

_ROWS: Final = 100_000
_WORDS: Final = [
    "the",
    "small",
    "river",
    "between",
    "stone",
    "and",
    "light",
    "over",
    "a",
    "quiet",
    "table",
    "by",
    "winter",
    "path",
]

# Runs one variant in a separate process and writes its peak memory.
_WAYS: Final = {
    "plain loop": """
from streamparse import MessageParser
for line in open(SOURCE, encoding="utf-8"):
    parser = MessageParser()
    parser.feed(__import__("json").loads(line))
    parser.finish()
    count += len(parser.messages)
""",
    "parse_batches": """
import pyarrow as pa
from streamparse.batch import parse_batches
def read():
    lines = []
    for line in open(SOURCE, encoding="utf-8"):
        lines.append(__import__("json").loads(line))
        if len(lines) == 256:
            yield pa.record_batch({"body": lines})
            lines = []
    if lines:
        yield pa.record_batch({"body": lines})
count = sum(len(batch) for batch in parse_batches(read()))
""",
}
# The times include starting the engine and reading the file, of which it reads the columns.
_ENGINES: Final = {
    "duckdb": """
import duckdb
from streamparse.batch import parse_batches
rows = duckdb.sql("SELECT body FROM 'SOURCE'")
count = sum(len(batch) for batch in parse_batches(rows.to_arrow_reader(256)))
""",
    "polars": """
import polars
from streamparse.batch import parse_batches
rows = polars.read_parquet("SOURCE").to_arrow().to_batches(256)
count = sum(len(batch) for batch in parse_batches(rows))
""",
    "daft": """
import daft
from streamparse.batch import parse_batches
count = sum(len(batch) for batch in parse_batches(daft.read_parquet("SOURCE").to_arrow_iter()))
""",
    "ray": """
import pyarrow as pa
import ray
ray.init(include_dashboard=False, log_to_driver=False)
def parsed(batch):
    from streamparse.batch import parse_batches
    return pa.Table.from_batches(parse_batches([batch]))
rows = ray.data.read_parquet("SOURCE").repartition(8)
count = rows.map_batches(parsed, batch_format="pyarrow", batch_size=256).count()
""",
    "pyspark": """
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import from_arrow_schema
from streamparse.batch import SCHEMA
from streamparse.batch.columns import without_dictionaries
plain = without_dictionaries(SCHEMA)
def parsed(batches):
    import pyarrow as pa
    from streamparse.batch import parse_batches
    for batch in parse_batches(batches):
        yield from pa.Table.from_batches([batch]).cast(plain).to_batches()
spark = SparkSession.builder.master("local[2]").getOrCreate()
rows = spark.read.parquet("SOURCE").repartition(8)
count = rows.mapInArrow(parsed, from_arrow_schema(plain)).count()
""",
}
_AROUND: Final = """
import resource, warnings
warnings.simplefilter("ignore")
count = 0
{way}
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def answers(count: int) -> Iterator[str]:
    """Yield recorded streams."""
    pick = random.Random(7)
    for number in range(count):
        arguments = json.dumps({"query": " ".join(pick.choices(_WORDS, k=9)), "number": number})
        deltas: list[dict[str, Any]] = [
            {"content": f" {word}"} for word in pick.choices(_WORDS, k=9)
        ]
        call = {"index": 0, "id": "c", "function": {"name": "find", "arguments": ""}}
        deltas.append({"tool_calls": [call]})
        for at in range(0, len(arguments), 12):
            piece = {"index": 0, "function": {"arguments": arguments[at : at + 12]}}
            deltas.append({"tool_calls": [piece]})
        chunks: list[Any] = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
        if number % 100 == 99:
            del chunks[-3:]
        yield "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)


def write(path: Path, count: int) -> None:
    """Write a file of rows, each a JSON string."""
    with open(path, "w", encoding="utf-8") as file:
        for answer in answers(count):
            file.write(json.dumps(answer) + "\n")


def measured(command: list[str]) -> tuple[float, str]:
    """Run a process; return its duration in seconds and its output."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, env=environment, check=False, text=True)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)
    return time.perf_counter() - began, done.stdout


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Rate and memory of many answers.")
    parser.add_argument("--rows", type=int, default=_ROWS)
    parser.add_argument("--quick", action="store_true", help="200 rows, to try it")
    parser.add_argument(
        "--engines", action="store_true", help="also the engines that are installed"
    )
    options = parser.parse_args(arguments)
    rows = 200 if options.quick else options.rows
    with tempfile.TemporaryDirectory() as name:
        for count in (rows // 10, rows):
            source = Path(name, f"{count}.jsonl")
            write(source, count)
            for way, program in _WAYS.items():
                text = _AROUND.format(way=program.replace("SOURCE", repr(str(source))))
                spent, out = measured([sys.executable, "-c", text])
                found, peak = out.split()
                print(f"{count:>8,} rows  {way:14} {count / spent:>8,.0f}/s  {peak:>6} MB  {found}")
            target = Path(name, f"{count}.parquet")
            command = [sys.executable, "-m", "streamparse", "batch", str(source), "-o", str(target)]
            spent, _ = measured(command)
            print(f"{count:>8,} rows  {'command':14} {count / spent:>8,.0f}/s")
        if options.engines:
            measure_engines(source, rows)


def measure_engines(source: Path, count: int) -> None:
    """Write the rate of each engine on the same rows, which are in a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    lines = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
    table = source.with_name("engines.parquet")
    parquet.write_table(pa.table({"body": lines}), table)
    for name, program in _ENGINES.items():
        if importlib.util.find_spec(name) is None:
            print(f"{count:>8,} rows  {name:14} is not installed")
            continue
        text = _AROUND.format(way=program.replace("SOURCE", str(table)))
        spent, out = measured([sys.executable, "-c", text])
        print(f"{count:>8,} rows  {name:14} {count / spent:>8,.0f}/s  {out.split()[-2]}")


if __name__ == "__main__":
    main()
