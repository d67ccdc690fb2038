"""Tests of the scoreboard: its cases, its verdicts and the published results."""

from __future__ import annotations

import importlib.util
import io
import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from benchmarks.scoreboard import __main__ as command
from benchmarks.scoreboard import cases, drawing, page, run, summary, worker
from benchmarks.scoreboard.judge import judge, same
from benchmarks.scoreboard.libraries import LIBRARIES, OURS, Library

DOCS = Path(__file__).parents[1] / "docs"
CASES = cases.load()
BY_ID = {case.id: case for case in CASES}

Result = dict[str, Any]


# Cases.


def test_cases_have_different_names() -> None:
    assert len(BY_ID) == len(CASES)
    jobs = [job.id for case in CASES for job in case.jobs()]
    assert len(set(jobs)) == len(jobs)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_case_is_complete(case: cases.Case) -> None:
    assert case.asks.endswith(".")
    assert case.kind
    assert case.jobs()
    assert {job.check for job in case.jobs()} <= {"answer", "cut", "kept"}


@pytest.mark.parametrize("name", cases.STREAMS)
def test_chunkings_of_a_stream_are_the_same_bytes(name: str) -> None:
    for case in cases.load([name]):
        answers = [job for job in case.jobs() if job.check == "answer"]
        assert len({"".join(job.pieces) for job in answers}) == 1
        assert len({len(job.pieces) for job in answers}) == len(answers)


@pytest.mark.parametrize("name", cases.STREAMS)
def test_cut_streams_end_before_the_finish_reason(name: str) -> None:
    for case in cases.load([name]):
        whole = "".join(case.jobs()[0].pieces)
        for job in case.jobs():
            if job.check == "cut":
                [piece] = job.pieces
                assert whole.startswith(piece)
                assert len(piece) < len(whole)
                assert not re.search(r'"(finish_reason|stop_reason)": "', piece), job.id


def test_records_of_streams_are_json() -> None:
    for case in cases.load(cases.STREAMS):
        for record in cases.records_of(case)[0]:
            for line in record.decode().splitlines():
                data = line.partition("data: ")[2]
                assert not data or data == "[DONE]" or json.loads(data)


def test_every_feature_is_missing_in_some_library() -> None:
    needs = {case.needs for case in CASES if case.needs}
    lacks = {key.rpartition("/")[2] for library in LIBRARIES.values() for key in library.lacks}
    assert needs <= lacks | {"surrogates"}
    assert lacks <= needs | set(cases.CHECKS)


# Verdicts.


def seen(case: cases.Case, answer: Result, library: Library = LIBRARIES[OURS]) -> dict[str, str]:
    """Return the verdict of each check if the library gives this answer to every input."""
    answers = {job.id: answer for job in case.jobs()}
    return {outcome.check: outcome.verdict for outcome in judge(case, library, answers)}


def message(**parts: Any) -> Result:
    empty = {"text": "", "reasoning": "", "refusal": "", "calls": [], "end": "complete"}
    return empty | parts


PIRAN = {"name": "find_ferry", "arguments": {"from": "Piran"}}


def test_verdicts_of_streams() -> None:
    case = BY_ID["openai-chat/no-done"]
    wrong = {"name": "find_ferry", "arguments": {}}
    right = {"answer": "right", "cut call": "right", "cut end": "wrong"}
    assert seen(case, message(calls=[PIRAN])) == right
    assert seen(case, message(calls=[PIRAN, PIRAN]))["answer"] == "wrong"
    assert seen(case, message(calls=[wrong]))["cut call"] == "wrong"
    assert seen(case, message(calls=[PIRAN], end="truncated"))["answer"] == "wrong"
    assert seen(case, message(end="unknown"))["cut end"] == "right"
    assert seen(case, {"raised": "ValueError: no"})["answer"] == "wrong"
    assert seen(case, {"died": "crash: -11"})["cut call"] == "wrong"


def test_verdicts_of_truncated_answers() -> None:
    case = BY_ID["openai-chat/length-in-arguments"]
    assert seen(case, message(end="truncated"))["answer"] == "right"
    assert seen(case, message(end="failed", raised="Error: cut"))["answer"] == "right"
    assert seen(case, message(end="complete"))["answer"] == "wrong"
    cut = {"name": "add_note", "arguments": {"title": "Delete all of the o"}}
    assert seen(case, message(calls=[cut], end="truncated"))["answer"] == "wrong"


def test_a_missing_feature_is_not_wrong() -> None:
    case = BY_ID["openai-chat/reasoning-field"]
    answer = message(text="At 09:40.")
    assert seen(case, answer)["answer"] == "wrong"
    assert seen(case, answer, LIBRARIES["openai"])["answer"] == "not offered"
    assert seen(case, {"died": "hang"}, LIBRARIES["openai"])["answer"] == "not offered"
    assert seen(case, {"died": "crash: 1"}, LIBRARIES["openai"])["answer"] == "wrong"


def test_verdicts_of_partial_values() -> None:
    case = BY_ID["json/live-string"]
    value = case.expect["value"]

    def shown(*values: Any) -> dict[str, str]:
        return seen(case, {"value": value, "shown": [json.dumps(one) for one in values]})

    good = {"answer": "right", "kept": "right", "live": "right"}
    assert shown({}, {"title": "The ferry lea"}, value) == good
    assert shown({}, value)["live"] == "wrong"
    assert shown({"title": "The ferry lea"}, {}, value)["kept"] == "wrong"
    assert shown({"title": None}, {"title": "The ferry lea"})["kept"] == "right"
    assert shown({"title": 1}, {"title": 12})["kept"] == "wrong"


def test_verdicts_of_errors() -> None:
    broken, deep = BY_ID["json/missing-comma"], BY_ID["json/deep-100000"]
    assert seen(broken, {"raised": "ValueError: no"})["answer"] == "right"
    assert seen(broken, {"value": [1, 2]})["answer"] == "wrong"
    assert seen(broken, {"value": [1, 2]}, LIBRARIES["jsonmend"])["answer"] == "not offered"
    assert seen(deep, {"raised": "RecursionError: deep"})["answer"] == "wrong"
    assert seen(deep, {"raised": "LimitError: deep"})["answer"] == "right"


@pytest.mark.parametrize(
    ("one", "other", "exact", "loose"),
    [
        ({"a": [1]}, {"a": [1]}, True, True),
        (2, 2.0, False, True),
        (True, 1, False, False),
        ([1], [1, 2], False, False),
        ({"a": 1}, {"b": 1}, False, False),
        (None, "", False, False),
    ],
)
def test_same(one: Any, other: Any, exact: bool, loose: bool) -> None:
    assert same(one, other) is exact
    assert same(one, other, numbers="loose") is loose


# Workers.


def serve(name: str, found: list[cases.Case]) -> tuple[Result, dict[str, Result]]:
    """Run a library in this process."""
    jobs = [job for case in found for job in case.jobs()]
    source, target = io.StringIO("".join(job.line() + "\n" for job in jobs)), io.StringIO()
    worker.serve(name, source, target)
    header, *answers = map(json.loads, target.getvalue().splitlines())
    return header, {answer["id"]: answer for answer in answers}


@cache
def verdicts_of_ours() -> dict[tuple[str, str], str]:
    found = [case for case in CASES if case.discipline != "typed" or has("pydantic")]
    header, answers = serve(OURS, found)
    assert header["build"] in ("compiled", "interpreted")
    outcomes = [one for case in found for one in judge(case, LIBRARIES[OURS], answers)]
    return {(outcome.case, outcome.check): outcome.verdict for outcome in outcomes}


def has(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def test_published_verdicts_of_streamparse_are_current() -> None:
    published = {
        (outcome["case"], outcome["check"]): outcome["verdict"]
        for outcome in library_of(published_result(), OURS)["outcomes"]
    }
    now = verdicts_of_ours()
    assert now == {key: published[key] for key in now}
    if has("pydantic"):
        assert now.keys() == published.keys()


PEERS = {
    "jiter": ("jiter", "json/nested"),
    "ijson": ("ijson", "json/nested"),
    "jsonmend": ("jsonmend", "repair/trailing-commas"),
    "json_repair": ("json_repair", "repair/trailing-commas"),
    "partial-json-parser": ("partial_json_parser", "json/nested"),
    "streaming-json-parser": ("streaming_json_parser", "json/nested"),
    "openai": ("openai", "openai-chat/parallel"),
    "anthropic": ("anthropic", "anthropic-messages/text-and-calls"),
}


@pytest.mark.parametrize("name", PEERS)
def test_readers_of_libraries_that_are_installed(name: str) -> None:
    module, id = PEERS[name]
    if not has(module):
        pytest.skip(f"{name} is not installed")
    case = BY_ID[id]
    header, answers = serve(name, [case])
    assert header["versions"]
    verdicts = {one.check: one.verdict for one in judge(case, LIBRARIES[name], answers)}
    assert verdicts["answer"] == "right", answers


def test_a_library_that_is_missing_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonmend", None)
    header, answers = serve("jsonmend", [BY_ID["json/nested"]])
    assert "jsonmend" in header["missing"]
    assert not answers


STUB = """
import json, os, sys, time
print(json.dumps({"versions": {"stub": "1"}}), flush=True)
for line in sys.stdin:
    task = json.loads(line)["task"]
    if task == "crash":
        os._exit(3)
    if task == "hang":
        time.sleep(60)
    print(json.dumps({"id": task, "value": task}), flush=True)
"""


class Stub(run.Environment):
    def command(self, library: Library) -> list[str]:
        return [sys.executable, "-c", STUB]


def test_a_crash_and_a_hang_are_answers() -> None:
    jobs = [(task, json.dumps({"task": task})) for task in ("a", "crash", "b", "hang", "c")]
    answers = run.run(LIBRARIES[OURS], Stub(), jobs, limit=2)
    assert answers.header == {"versions": {"stub": "1"}}
    assert answers.by_job["crash"] == {"died": "crash: the process ended with 3"}
    assert answers.by_job["hang"] == {"died": "hang: no answer within 2 s"}
    assert [answers.by_job[task]["value"] for task in "abc"] == ["a", "b", "c"]


def test_a_worker_that_does_not_start_is_missing() -> None:
    answers = run.run(LIBRARIES[OURS], run.Environment(python="/no/python"), [("a", "{}")])
    assert "missing" in answers.header


# Reports.


def published_result() -> Result:
    found: Result = json.loads((DOCS / "scoreboard.json").read_text("utf-8"))
    return found


def library_of(result: Result, name: str) -> Result:
    [row] = [row for row in result["libraries"] if row["name"] == name]
    return dict(row)


def test_published_table_and_page_match_the_data() -> None:
    result = published_result()
    text = (DOCS / "scoreboard.md").read_text("utf-8")
    between = text.partition(summary.START)[2].partition(summary.END)[0]
    assert between.strip() == summary.markdown(result).strip()
    assert (DOCS / "scoreboard-results.html").read_text("utf-8") == page.render(result)
    assert result["features"] == summary.features(result)


def test_published_cases_are_current() -> None:
    assert [case["id"] for case in published_result()["cases"]] == [case.id for case in CASES]


def test_the_page_loads_nothing_from_other_hosts() -> None:
    html = page.render(published_result())
    assert not re.search(r"<script|<link|<img|src=|href=\"http|@import|url\(", html)
    for library in LIBRARIES:
        assert library in html
    for check in cases.CHECKS:
        assert f"<dt>{check}</dt>" in html


def test_summary_between_marks(tmp_path: Path) -> None:
    target = tmp_path / "page.md"
    target.write_text(f"before\n{summary.START}\nold\n{summary.END}\nafter\n", encoding="utf-8")
    summary.update(target, published_result())
    text = target.read_text("utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert f"| {OURS} |" in text


def texts_of_chart(lines: list[drawing.Line]) -> Iterator[float]:
    svg = drawing.chart(lines, "title")
    for height in re.findall(r'class="label \w+" x="[\d.]+" y="([\d.]+)"', svg):
        yield float(height)


def test_labels_in_a_chart_do_not_overlap() -> None:
    lines = [drawing.Line(f"line {n}", "flat", [(1000, 1.0), (2000, 1.0 + n)]) for n in range(12)]
    heights = sorted(texts_of_chart(lines))
    assert len(heights) == 12
    assert all(high - low >= 13 for low, high in pairwise(heights))
    assert heights[-1] <= drawing.HEIGHT


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, html = tmp_path / "data.json", tmp_path / "page.html"
    options = ["--quick", "--only", OURS, "transformers", "--discipline", "raw-text"]
    command.main([*options, "--json", str(data), "--html", str(html)])
    printed = capsys.readouterr().out
    result = json.loads(data.read_text("utf-8"))
    assert {case["discipline"] for case in result["cases"]} == {"raw-text"}
    assert result["features"][OURS]["raw text"]["says"] == "yes"
    assert f"| {OURS} |" in printed
    assert html.read_text("utf-8") == page.render(result)
    command.main(["--from", str(data), "--json", str(data), "--html", str(html)])
    assert f"| {OURS} |" in capsys.readouterr().out


def test_results_of_one_library_are_replaced() -> None:
    old = published_result()
    new = {**old, "date": "2030-01-01", "libraries": [library_of(old, OURS) | {"build": "other"}]}
    result = command.merged(old, new)
    assert result["date"] == "2030-01-01"
    assert library_of(result, OURS)["build"] == "other"
    assert [row["name"] for row in result["libraries"]] == [*LIBRARIES]
    assert result["features"] == old["features"]
    with pytest.raises(SystemExit, match="other cases"):
        command.merged(old, {**new, "cases": []})


def test_costs_are_measured() -> None:
    result = command.measure([LIBRARIES[OURS]], [BY_ID["json/nested"]], {}, (500, 1_000), 0.01)
    found = library_of(result, OURS)["costs"]
    assert {cost["of"] for cost in found} == {"json", *cases.STREAMS}
    assert all(cost["ratio"] > 0 and cost["microseconds"] > 0 for cost in found)
    assert "<svg" in page.render(result)
    assert result["features"][OURS]["growth"]["growth"] > 0


def test_growth_of_costs() -> None:
    def says(*microseconds: float, **more: Any) -> Any:
        sizes = (1_000, 10_000, 100_000)
        costs = [
            {"of": "json", "document": "structure", "size": size, "microseconds": one, **more}
            for size, one in zip(sizes, microseconds, strict=True)
        ]
        row = {"name": "some", "outcomes": [], "costs": costs}
        return summary.features({"cases": [], "libraries": [row]})["some"]["growth"]

    assert says(1.0, 1.1, 1.2) == {"says": "yes", "growth": 1.2, "bound": False}
    assert says(1.0, 10.0, 100.0) == {"says": "no", "growth": 100.0, "bound": False}
    stopped = says(1.0, 1.1, 1.2, stopped=0.1)
    assert stopped == {"says": "no", "growth": 1.2, "bound": True}
    assert summary.cell(stopped) == "more than \N{MULTIPLICATION SIGN}1.2"
