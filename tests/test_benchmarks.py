"""Tests of the benchmarks: they run, compare equal work, and report what they did not measure.

The figures are not checked, because they depend on the load of the machine.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from benchmarks import (
    bench_encoders,
    bench_formats,
    bench_gateway,
    bench_growth,
    bench_json,
    bench_lenient,
    bench_memory,
    bench_patches,
    bench_streams,
    bench_templates,
    bench_web,
    peers,
    plot,
    timing,
)
from benchmarks.corpus import DOCUMENTS, TOWER, cut, record_stream
from benchmarks.peers import FLOOR, OURS, Peer
from benchmarks.timing import apart
from streamparse import JSONParser, parse
from streamparse.formats import from_response_template

TINY = bench_json.Settings(("structure",), (200, 400), seconds=0.0, limit=5.0)


# Documents.


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("size", [200, 1_000, 10_000])
def test_documents_have_the_requested_length(name: str, size: int) -> None:
    text = DOCUMENTS[name](size)
    assert json.loads(text)
    assert size * 0.75 <= len(text) <= size
    assert text == DOCUMENTS[name](size)


def test_documents_have_at_least_one_element() -> None:
    assert len(json.loads(DOCUMENTS["structure"](1))["items"]) == 1


def test_the_depth_is_one_that_peers_allow() -> None:
    text = DOCUMENTS["deep"](10_000)
    assert max(len(run) for run in re.findall(r'(?:\{"in": \[)+', text)) == TOWER // 2 * 8


def test_escaped_prose_is_prose() -> None:
    escaped = DOCUMENTS["escaped prose"](5_000)
    assert escaped.isascii()
    start = json.loads(escaped)["text"]
    assert json.loads(DOCUMENTS["prose"](5_000))["text"].startswith(start)


def test_cutting_loses_nothing() -> None:
    assert cut("abcdefghij") == ["abcd", "efgh", "ij"]
    assert cut("abc", 1) == ["a", "b", "c"]


def test_record_stream_is_one_document_in_small_fragments() -> None:
    fragments = list(record_stream(120_000, 1_000))
    assert max(map(len, fragments)) <= 1_000
    assert 90_000 < len("".join(fragments)) <= 120_000
    assert json.loads("".join(fragments))["items"][0]["id"] == 0


# Timing.


def test_time_runs_out() -> None:
    assert list(timing.within(60, ["a", "b"])) == ["a", "b"]
    with pytest.raises(timing.OutOfTimeError, match="stopped after 0%"):
        list(timing.within(-1, ["a", "b"]))


def test_both_sides_run_alternately() -> None:
    seen: list[str] = []

    def work(name: str) -> None:
        seen.append(name)
        end = timing.clock() + timing._TURN
        while timing.clock() < end:
            pass

    first, second = timing.pair(lambda: work("a"), lambda: work("b"), 0.0, least=2)
    assert seen == ["a", "b", "a", "b"]
    assert min(first, second) >= timing._TURN


@pytest.mark.parametrize(
    ("function", "value", "text"),
    [
        (timing.microseconds, 1.234e-7, "0.123"),
        (timing.microseconds, 1.2345e-5, "12.3"),
        (timing.microseconds, 0.012345, "12,345"),
        (timing.times, 0.123, "\N{MULTIPLICATION SIGN}0.12"),
        (timing.times, 1234.5, "\N{MULTIPLICATION SIGN}1,234"),
        (timing.size_name, 200, "200 B"),
        (timing.size_name, 1_500, "1.5 kB"),
        (timing.size_name, 2_000_000, "2 MB"),
    ],
)
def test_figures_are_written_short(function: Callable[[Any], str], value: Any, text: str) -> None:
    assert function(value) == text


def test_table() -> None:
    assert timing.table(["a", "b"], [["long name", "1"], ["x", "23"]]).splitlines() == [
        "| a         |  b |",
        "| --------- | -: |",
        "| long name |  1 |",
        "| x         | 23 |",
    ]


# Peers.


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("peer", [*OURS.values(), FLOOR], ids=lambda peer: peer.name)
def test_the_adapters_of_streamparse_return_the_value(name: str, peer: Peer) -> None:
    text = DOCUMENTS[name](600)
    assert peer.run(cut(text)) == json.loads(text)


@pytest.mark.parametrize("name", peers.NAMES)
def test_a_missing_peer_is_reported(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    modules = ("ijson", "jiter", "json_repair", "jsonriver", "langchain_core.utils.json")
    for module in (*modules, "langchain_core", "partial_json_parser", "streaming_json_parser"):
        monkeypatch.setitem(sys.modules, module, None)
    printed: list[str] = []
    assert peers.load([name], printed.append) == [FLOOR]
    assert printed[0].startswith(f"{name} is left out: ")


def test_versions_of_missing_packages() -> None:
    peer = Peer("x", "value", str, "continues", ("no-such-package", "pytest"))
    assert peers.versions([peer]) == {
        "no-such-package": "not installed",
        "pytest": pytest.__version__,
    }


def test_a_coroutine_that_waits_is_rejected() -> None:
    class Waits:
        def __await__(self) -> Any:
            yield

    async def wait() -> None:
        await Waits()

    with pytest.raises(RuntimeError, match="waits"):
        peers._complete(wait())


# The comparison.


def fake(run: Callable[[Iterable[str]], Any], name: str = "fake", builds: bool = True) -> Peer:
    return Peer(name, "value", run, "continues", builds=builds)


def endless(deltas: Iterable[str]) -> Any:
    raise timing.OutOfTimeError(0.25)


def case(text: str = '{"a": 1}') -> bench_json.Case:
    return bench_json.Case("mine", len(text), text, cut(text))


@pytest.mark.parametrize(
    ("peer", "note"),
    [
        (fake(lambda deltas: {"a": 1}), ""),
        (fake(lambda deltas: {"a": 2}), "wrong value"),
        (fake(lambda deltas: 17, builds=False), ""),
        (fake(lambda deltas: 1 // 0), "fails"),
        (fake(endless), "> 5 s"),
    ],
)
def test_fault(peer: Peer, note: str) -> None:
    assert bench_json.fault(peer, case(), 5.0) == note


def test_a_peer_that_was_too_slow_is_not_run_again() -> None:
    (cells,) = bench_json.measure(TINY, [fake(endless, "slow"), FLOOR])
    text = bench_json.document_table(cells)
    assert re.search(r"slow +\| +> 5 s \| +not run \| +\|", text)
    floor = [cell for cell in cells if cell.peer == FLOOR.name]
    assert all(cell.cost and cell.ratio for cell in floor)


def test_the_ratio_is_to_streamparse_with_the_same_result() -> None:
    lowest = {"value": float("inf"), "events": float("inf")}
    events = Peer("x", "events", FLOOR.run, "continues")
    cell = bench_json.compare(events, case(), TINY, lowest)
    assert cell.cost is not None
    assert cell.ratio is not None
    assert lowest["value"] == float("inf")
    assert cell.cost * len(case().deltas) / lowest["events"] == pytest.approx(cell.ratio)


def test_growth_names_the_measured_range() -> None:
    cells = [
        bench_json.Cell("d", size, size, "x", "continues", cost, note="" if cost else "> 1 s")
        for size, cost in ((200, 1e-6), (1_000, 3e-6), (10_000, None))
    ]
    assert bench_json._row(cells)[-1] == "\N{MULTIPLICATION SIGN}3 to 1 kB"
    assert bench_json._row(cells[:1])[-1] == ""


def test_options_replace_defaults() -> None:
    options = bench_json._options().parse_args(["--quick", "--sizes", "300", "--limit", "2"])
    settings = bench_json._settings(options)
    assert settings.sizes == [300]
    assert settings.limit == 2.0
    assert settings.documents == bench_json.QUICK.documents


def test_bench_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, figures = tmp_path / "table.md", tmp_path / "raw.json"
    options = ["--quick", "--sizes", "200", "400", "--seconds", "0", "--peers"]
    bench_json.main([*options, "--output", str(text), "--json", str(figures)])
    written = text.read_text(encoding="utf-8")
    assert "streamparse (events)" in written
    assert written.strip() == capsys.readouterr().out.strip()
    cells = json.loads(figures.read_text(encoding="utf-8"))["cells"]
    assert len(cells) == 2 * 2 * 3


@pytest.mark.parametrize("name", peers.NAMES)
def test_bench_json_with_peer(name: str, tmp_path: Path) -> None:
    # In another process, because some peers emit warnings when they are imported.
    arguments = ("--documents", "structure", "--sizes", "200", "--seconds", "0")
    done = run_module("bench_json", *arguments, "--peers", name, cwd=tmp_path)
    if "is left out" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert re.search(rf"\| {re.escape(name)} +\| +[\d.,]+ \(", done.stdout), done


def run_module(name: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a benchmark in a process that has the search path of this one."""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=True
    )


# The picture.


def figures(build: str = "compiled") -> dict[str, Any]:
    cells = [
        bench_json.Cell(document, size, size, name, approach, cost * size**growth)
        for document in plot.PANELS
        for name, approach, cost, growth in (
            (OURS["value"].name, "ours", 2e-7, 0.0),
            (OURS["events"].name, "ours", 1e-7, 0.0),
            ("near", "continues", 2.1e-7, 0.0),
            ("again", "re-parses", 1e-8, 1.0),
        )
        for size in (200, 1_000)
    ]
    return {"build": build, "delta": 4, "cells": [vars(cell) for cell in cells]}


def test_lines_of_both_builds() -> None:
    lines = list(plot.panel_lines([figures(), figures("interpreted")], "structure"))
    names = [line.name for line in lines]
    assert names == ["streamparse, compiled", "near", "again", "streamparse, interpreted"]
    assert [line.dashed for line in lines] == [False, False, False, True]


def test_labels_do_not_overlap() -> None:
    lines = list(plot.panel_lines([figures()], "structure"))
    plot.spread_labels(lines)
    places = sorted(line.label_at for line in lines)
    assert all(high / low > 1.6 for low, high in pairwise(places))


def test_picture(tmp_path: Path) -> None:
    if importlib.util.find_spec("matplotlib") is None:
        pytest.skip("matplotlib is not installed")
    source, target = tmp_path / "raw.json", tmp_path / "picture.svg"
    source.write_text(json.dumps(figures()), encoding="utf-8")
    run_module("plot", str(source), str(target), cwd=tmp_path)
    assert b"streamparse, compiled" in target.read_bytes()
    assert target.stat().st_size < 100_000


def test_picture_without_matplotlib(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SystemExit, match="drawing needs matplotlib"):
        bench_json.main(["--quick", "--plot", str(tmp_path / "picture.svg")])


# The others.


def test_bench_resume(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("redis", reason="redis-py is not installed")
    from benchmarks import bench_resume

    small = [
        "--streams",
        "9",
        "--writers",
        "3",
        "--seconds",
        "1.5",
        "--pause",
        "0.1",
        "--lease",
        "1.5",  # of a process that may have to wait for a processor
    ]
    bench_resume.main(small)
    printed = capsys.readouterr().out
    assert printed.count(", 0 streams with a fault") == printed.count(" streams, ")


def test_bench_batch(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pyarrow", reason="needs pyarrow")
    from benchmarks import bench_batch

    bench_batch.main(["--quick"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert [line.split()[-1] for line in lines if "loop" in line] == ["20", "200"]


def test_bench_telemetry(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("opentelemetry.sdk", reason="needs the SDK of OpenTelemetry")
    from benchmarks import bench_telemetry

    bench_telemetry.main(["--quick"])
    assert capsys.readouterr().out.count("µs an event") == 3


def test_bench_formats(capsys: pytest.CaptureFixture[str]) -> None:
    bench_formats.main(["--quick"])
    written = capsys.readouterr().out
    for format in bench_formats.RENDERED:
        assert f"\n| {format} " in written


def test_bench_templates(capsys: pytest.CaptureFixture[str]) -> None:
    bench_templates.main(["--quick"])
    written = capsys.readouterr().out
    if importlib.util.find_spec("transformers") is None:
        assert written.startswith("Nothing is measured: transformers is not installed")
        return
    for kind in bench_templates.CALLS:
        assert f"\n| {kind} " in written


@pytest.mark.parametrize("kind", bench_templates.CALLS)
def test_answers_by_response_templates_are_read(kind: str) -> None:
    format = from_response_template(bench_templates.template_of(kind))
    text = bench_templates.answer_of(kind, 1_000)
    assert bench_templates.read_ours(cut(text), format) == bench_formats.arguments_of(1_000)


def test_bench_growth(capsys: pytest.CaptureFixture[str]) -> None:
    bench_growth.main(["--quick"])
    written = capsys.readouterr().out
    assert written.count("\N{MULTIPLICATION SIGN}") == 2 * len(bench_growth.DOCUMENTS_MEASURED)


def test_bench_coercion(capsys: pytest.CaptureFixture[str]) -> None:
    """The first column has the results of the table in `docs/coercion.md`."""
    from benchmarks import bench_coercion

    bench_coercion.main()
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| `")]
    found = [line.split("|")[2].strip() for line in lines]
    assert found == ["[1, 2]", "3", "refused", '"1.50"', "refused", '["new"]', '"Kelvin"']


def test_bench_lenient(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("json_repair")
    bench_lenient.main(["--quick"])
    peers = 2 if importlib.util.find_spec("jsonmend") else 1
    assert capsys.readouterr().out.count("\N{MULTIPLICATION SIGN}") == 2 * (2 + peers)


def test_every_kind_of_damage_is_undone() -> None:
    header, *rows = bench_lenient.recovery(2)
    assert header[1] == "streamparse"
    assert {row[1] for row in rows} == {"100 %", "100.0 %"}


def test_damaged_records_have_the_valid_values() -> None:
    text = bench_lenient.damaged(4_000)
    assert parse(text, dialect="lenient") == json.loads(bench_lenient.valid(4_000))
    parser = JSONParser("lenient")
    parser.feed(text)
    assert len({repair.code for repair in parser.repairs}) >= 9


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell the highest memory use")
def test_memory_without_kept_values_is_bounded() -> None:
    kept_open = apart(bench_memory.measure, 3, "open")
    kept = apart(bench_memory.measure, 3, "all")
    assert kept_open.items == kept.items > 10_000
    assert kept_open.raised[-1] < 1.0 < 3.0 < kept.raised[-1]
    assert kept.raised == sorted(kept.raised)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell the highest memory use")
def test_bench_patches(capsys: pytest.CaptureFixture[str]) -> None:
    bench_patches.main(["--quick"])
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    assert len(rows) == 2 * 2 + len(DOCUMENTS) + 3


def test_bench_encoders(capsys: pytest.CaptureFixture[str]) -> None:
    bench_encoders.main(["--quick"])
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    assert len(rows) == 2 + 3 + 1


def test_bench_patches_counts_what_is_sent_again() -> None:
    pieces = cut(DOCUMENTS["structure"](400))
    parser = JSONParser()
    exact = 0
    for piece in pieces:
        parser.feed(piece)
        exact += bench_patches.written(parser.value)
    assert bench_patches.sent_again(pieces) == exact


def test_bench_memory(capsys: pytest.CaptureFixture[str]) -> None:
    bench_memory.main(["--megabytes", "0.5"])
    assert 'keep="open"' in capsys.readouterr().out


# With a schema.


def test_documents_are_valid_for_their_schemas(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("jsonschema")
    from benchmarks import bench_schema

    assert set(bench_schema.SCHEMAS) == set(DOCUMENTS)
    bench_schema.main(["--quick"])
    assert len(capsys.readouterr().out.splitlines()) == len(DOCUMENTS) + 4


def test_bench_models(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pydantic")
    from benchmarks import bench_models

    against = bench_models.peers()
    bench_models.main(["--quick"])
    *_, head, rule, row = capsys.readouterr().out.splitlines()
    assert head.count("|") == rule.count("|") == row.count("|") == 5 + len(against)
    text = bench_models.document(2_000)
    for peer in against.values():
        assert peer(text[:1_000], text[1_000:1_004]) > 0
    assert bench_models.VALIDATOR.model.whole(json.loads(text)).title == "a catalogue"


# Pages.


def test_pages_get_every_event() -> None:
    lines = bench_web.report(streams=3, rate=200, seconds=0.05).splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == [
        "streamparse, at pace",
        "streamparse, flat out",
        "passed through, at pace",
        "passed through, flat out",
    ]
    result = bench_web.measure("streamparse", 3, 10, 200)
    assert result.events == len(result.delays) == 30
    assert 0 < result.delay(0.5) <= result.delay(0.99) < 5


# The gateway.


def test_gateway_adds_a_delay(capsys: pytest.CaptureFixture[str]) -> None:
    bench_gateway.report(streams=[2], count=3)
    rows = capsys.readouterr().out.splitlines()
    assert [row[:15].strip() for row in rows[2:5]] == list(bench_gateway.KINDS)
    assert all("µs of processor time" in row for row in rows[5:])
    assert len(rows) == 7


def test_bench_streams(capsys: pytest.CaptureFixture[str]) -> None:
    bench_streams.main(["--quick"])
    written = capsys.readouterr().out
    for api in bench_streams.APIS:
        for reader in bench_streams.readers_of(api):
            assert f"\n| {api}, {reader} " in written
