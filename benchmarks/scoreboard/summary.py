"""The summary of the results: counts, features, and Markdown tables."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.scoreboard.cases import DISCIPLINES, STREAMS
from benchmarks.scoreboard.libraries import OURS
from benchmarks.timing import times

Result = dict[str, Any]
Row = dict[str, Any]
Outcome = dict[str, Any]

START: Final = "<!-- scoreboard: start -->"
END: Final = "<!-- scoreboard: end -->"

_CUT_KINDS: Final = (
    "finish reason length",
    "error mid stream",
    "cut in the middle of arguments",
    "cut stream",
)


@dataclass(frozen=True)
class Feature:
    """A feature in the table of features.

    Attributes:
        name: The key in the results.
        text: Its description.
        counts: Returns whether an outcome of a case (discipline, kind, check) belongs to it.
    """

    name: str
    text: str
    counts: Callable[[str, str, str], bool]


def _stream(discipline: str, kind: str, check: str) -> bool:
    return discipline in STREAMS and check == "answer" and kind not in _CUT_KINDS


FEATURES: Final = (
    Feature("streams", "messages of providers, in every chunking", _stream),
    Feature(
        "cut calls",
        "a call that was cut is not given with wrong arguments",
        lambda discipline, kind, check: (
            discipline in (*STREAMS, "raw-text")
            and (check == "cut call" or (check == "answer" and kind in _CUT_KINDS))
        ),
    ),
    Feature(
        "cut answers",
        "an answer that was cut is not reported as complete",
        lambda discipline, kind, check: check == "cut end",
    ),
    Feature(
        "typed answers",
        "a typed object, and an error where the answer does not fit or was cut",
        lambda discipline, kind, check: discipline == "typed" and check == "answer",
    ),
    Feature(
        "early errors",
        "an answer that does not fit is refused before its end",
        lambda discipline, kind, check: check == "early",
    ),
    Feature(
        "open strings",
        "the start of a string, or the first field, is shown before its end",
        lambda discipline, kind, check: check == "live",
    ),
    Feature(
        "kept values",
        "a value that was shown is not changed later",
        lambda discipline, kind, check: check == "kept",
    ),
    Feature(
        "JSON",
        "partial JSON: right values, and errors for what is broken, cut or too deep",
        lambda discipline, kind, check: discipline == "json" and check == "answer",
    ),
    Feature(
        "repair",
        "damaged JSON",
        lambda discipline, kind, check: discipline == "repair",
    ),
    Feature(
        "raw text",
        "calls in the raw text of open models",
        lambda discipline, kind, check: (
            discipline == "raw-text" and check == "answer" and kind not in _CUT_KINDS
        ),
    ),
)

#: The growth of the cost per delta, which is measured.
FLAT: Final = "growth"
#: The cost per delta is constant if a document of a hundred times the size is below this ratio.
_FLAT_BELOW: Final = 4.0
#: The columns of the table and their descriptions.
COLUMNS: Final = {
    **{feature.name: feature.text for feature in FEATURES},
    FLAT: "cost per delta of partial JSON in 100 kB, as a multiple of that in 1 kB",
}


def features(result: Result) -> dict[str, dict[str, dict[str, Any]]]:
    """Return for each library and feature the number of right, wrong and not offered checks.

    `says` is `"yes"`, `"no"`, `"partly"`, `"not offered"`, or None if the library takes no part.
    """
    kinds = {case["id"]: (case["discipline"], case["kind"]) for case in result["cases"]}
    return {
        row["name"]: {
            **{feature.name: _said(feature, row, kinds) for feature in FEATURES},
            FLAT: _growth(row),
        }
        for row in installed(result)
    }


def _growth(row: Row) -> dict[str, Any]:
    """Return how the cost per delta grows from the smallest to the largest document.

    The growth is that of the worse kind of document, and a lower bound if a run was stopped.
    """
    costs = _json_costs(row)
    documents = {document for document, _ in costs}
    growths = []
    for document in documents:
        line = [cost["microseconds"] for (name, _), cost in costs.items() if name == document]
        growths.append(line[-1] / line[0])
    if not growths:
        return {"says": None}
    growth = round(max(growths), 1)
    bound = any("stopped" in cost for cost in costs.values())
    says = "no" if bound or growth > _FLAT_BELOW else "yes"
    return {"says": says, "growth": growth, "bound": bound}


def _said(feature: Feature, row: Row, kinds: dict[str, tuple[str, str]]) -> dict[str, Any]:
    found = [
        outcome
        for outcome in row["outcomes"]
        if feature.counts(*kinds[outcome["case"]], outcome["check"])
    ]
    total = count(found)
    return {"says": word(total), **total}


def word(total: dict[str, int]) -> str | None:
    if total["right"]:
        return "partly" if total["wrong"] or total["not offered"] else "yes"
    if total["wrong"]:
        return "no"
    return "not offered" if total["not offered"] else None


def count(outcomes: list[Outcome]) -> dict[str, int]:
    total = {"right": 0, "wrong": 0, "not offered": 0}
    for outcome in outcomes:
        total[outcome["verdict"]] += 1
    return total


def line_of(row: Row) -> str:
    if "missing" in row:
        return f"not installed ({row['missing']})"
    return ", ".join(f"{number} {verdict}" for verdict, number in count(row["outcomes"]).items())


def version_of(row: Row) -> str:
    if row["name"] == OURS:
        return f"this checkout, {row['build']}"
    return str(next(iter(row["versions"].values()), ""))


def installed(result: Result) -> list[Row]:
    return [row for row in result["libraries"] if "outcomes" in row]


def cell(facts: dict[str, Any]) -> str:
    """Return a cell of the table of features."""
    if facts["says"] in (None, "not offered"):
        return facts["says"] or ""
    if "growth" in facts:
        return ("more than " if facts["bound"] else "") + times(facts["growth"])
    skipped = f" ({facts['not offered']} not offered)" if facts["not offered"] else ""
    return f"{facts['right']} of {facts['right'] + facts['wrong']}{skipped}"


def written(result: Result) -> str:
    """Return the results as JSON, with one line for each object without inner objects."""
    text = json.dumps(result, indent=1)
    return re.sub(r"\{\s+([^{}]*?)\s+\}", _in_one_line, text) + "\n"


def _in_one_line(found: re.Match[str]) -> str:
    return "{" + re.sub(r"\n\s+", " ", found[1]) + "}"


def text(result: Result) -> str:
    """Return the table of features, and the names of the missing libraries."""
    missing = [row["name"] for row in result["libraries"] if "missing" in row]
    lines = [*_features_table(result), ""]
    if missing:
        lines.append(f"Not installed: {', '.join(missing)}.")
    return "\n".join(lines).rstrip()


def _features_table(result: Result) -> Iterator[str]:
    shown = [
        name
        for name in COLUMNS
        if any(facts[name]["says"] for facts in result["features"].values())
    ]
    yield f"| library | version | {' | '.join(shown)} |"
    yield "|---|---|" + "---|" * len(shown)
    for row in installed(result):
        facts = result["features"][row["name"]]
        cells = " | ".join(cell(facts[name]) for name in shown)
        yield f"| {row['name']} | {version_of(row)} | {cells} |"


def _costs_table(result: Result) -> Iterator[str]:
    timed = [(row, costs) for row in installed(result) if (costs := _json_costs(row))]
    if not timed:
        return
    columns = list(dict.fromkeys(key for _, costs in timed for key in costs))
    names = [f"{document}, {size // 1000} kB" for document, size in columns]
    yield f"| library | {' | '.join(names)} |"
    yield "|---|" + "---:|" * len(names)
    for row, costs in sorted(timed, key=lambda pair: list(pair[1].values())[-1]["microseconds"]):
        cells = (microseconds(costs[key]) if key in costs else "" for key in columns)
        yield f"| {row['name']} | {' | '.join(cells)} |"


def _json_costs(row: Row) -> dict[tuple[str, int], Any]:
    return {
        (cost["document"], cost["size"]): cost
        for cost in row.get("costs", ())
        if cost["of"] == "json" and "microseconds" in cost
    }


def microseconds(cost: dict[str, Any]) -> str:
    value = cost["microseconds"]
    text = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"more than {text}" if "stopped" in cost else text


def markdown(result: Result) -> str:
    """Return the text between the marks in `docs/scoreboard.md`."""
    counted = ", ".join(
        f"{sum(case['discipline'] == name for case in result['cases'])} of `{name}`"
        for name in DISCIPLINES
    )
    parts = [
        f"Run on {result['date']} with Python {result['python']}. Cases: {counted}.",
        text(result),
    ]
    costs = "\n".join(_costs_table(result))
    if costs:
        head = "Microseconds per delta of 4 characters of JSON, with one partial value after each:"
        parts += [head, costs]
    return "\n\n".join(parts)


def update(path: Path, result: Result) -> None:
    """Replace the text between the marks of a Markdown file."""
    page = path.read_text("utf-8")
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{START}\n\n{markdown(result)}\n\n{END}{after}", encoding="utf-8")
