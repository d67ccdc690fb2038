"""The page: one HTML file without scripts or requests, for any screen, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, Final

from benchmarks.scoreboard import drawing, summary
from benchmarks.scoreboard.cases import CHECKS, DISCIPLINES
from benchmarks.scoreboard.costs import DOCUMENTS
from benchmarks.scoreboard.libraries import OURS
from benchmarks.timing import times

Result = dict[str, Any]
Row = dict[str, Any]

_STYLE: Final = (Path(__file__).parent / "page.css").read_text("utf-8")
_SIGNS: Final = {"right": "✓", "wrong": "✗", "not offered": "\N{EN DASH}"}
_CLASSES: Final = {"right": "right", "wrong": "wrong", "not offered": "none"}


def render(result: Result) -> str:
    body = "\n".join(_body(result))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>Scoreboard: streams of language models</title>\n<style>\n{_STYLE}</style>\n"
        f"</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _body(result: Result) -> Iterator[str]:
    yield "<h1>Scoreboard</h1>"
    yield (
        "<p>Libraries that read the output of language models while it streams, on the same"
        f" {len(result['cases'])} cases: streams in several chunkings and cut at every record,"
        " partial and damaged JSON, and the raw text of open models. Run on"
        f" {escape(result['date'])} with Python {escape(result['python'])}.</p>"
    )
    signs = {name: f'<span class="{_CLASSES[name]}">{sign}</span>' for name, sign in _SIGNS.items()}
    yield (
        f"<p>{signs['right']} right, {signs['wrong']} wrong (also a crash or a hang),"
        f" {signs['not offered']} not offered: the library does not promise it.</p>"
        "<p>The authors of streamparse wrote the cases, from the documentation of providers and of"
        " these libraries. Cases and code are part of its repository, so that anyone can check,"
        " correct and run them.</p>"
    )
    yield from _features(result)
    yield from _rules()
    yield from _costs(result)
    for discipline in DISCIPLINES:
        yield from _discipline(result, discipline)
    yield from _libraries(result)


def _features(result: Result) -> Iterator[str]:
    yield '<h2 id="summary">Summary</h2>'
    yield (
        "<p>Right checks of those that count. What is not offered does not count, and is the grey"
        " part of a bar.</p>"
    )
    heads = "".join(
        f'<th scope="col" title="{escape(text)}">{escape(name)}</th>'
        for name, text in summary.COLUMNS.items()
    )
    yield f'<div class="scroll"><table><thead><tr><td></td>{heads}</tr></thead><tbody>'
    for row in summary.installed(result):
        facts = result["features"][row["name"]]
        cells = "".join(_share(facts[name]) for name in summary.COLUMNS)
        yield f"<tr{_own(row)}>{_name(row)}{cells}</tr>"
    yield "</tbody></table></div>"
    yield "<dl>"
    for name, text in summary.COLUMNS.items():
        yield f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>"
    yield "</dl>"


def _own(row: Row) -> str:
    return ' class="own"' if row["name"] == OURS else ""


def _name(row: Row) -> str:
    version = escape(summary.version_of(row))
    return f'<th scope="row">{escape(row["name"])} <small>{version}</small></th>'


def _share(facts: dict[str, Any]) -> str:
    """Return a cell with a bar for the share of right results."""
    text = summary.cell(facts)
    if not text:
        return '<td class="empty"></td>'
    if facts["says"] == "not offered":
        return '<td class="none">\N{EN DASH}</td>'
    if "growth" in facts:
        return f'<td class="{"right" if facts["says"] == "yes" else "wrong"}">{text}</td>'
    total = sum(facts[verdict] for verdict in _SIGNS)
    right = facts["right"] / total * 100
    wrong = right + facts["wrong"] / total * 100
    style = f"--right-to:{right:.0f}%;--wrong-to:{wrong:.0f}%"
    text = escape(text).replace(" (", " <small>(").replace(")", ")</small>")
    return f'<td><span class="bar" style="{style}"></span>{text}</td>'


def _rules() -> Iterator[str]:
    yield '<h2 id="rules">What counts as right</h2><dl>'
    for name, text in CHECKS.items():
        yield f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>"
    yield "</dl>"
    yield (
        "<p>A call counts as given if the library reports it as complete or valid, or gives"
        " arguments that it has parsed. Where a library gives the text of arguments only, the call"
        " counts if that text is JSON. A library that parses arguments answers for the value:"
        " <code>{}</code> in place of arguments that were cut is wrong, even if the finish reason"
        " says that the answer was cut. An exception gives no call.</p>"
        "<p>In a cut stream the connection ends without an error, as behind a proxy.</p>"
        "<p>Each library is used as its documentation says, in a process of its own, with 20"
        " seconds for each input.</p>"
    )


def _costs(result: Result) -> Iterator[str]:
    charts = [
        (title, lines)
        for document, title in DOCUMENTS.items()
        if (lines := _lines(result, document))
    ]
    if not charts:
        return
    yield '<h2 id="costs">Cost per delta</h2>'
    yield (
        "<p>Partial JSON in deltas of four characters, one partial value after each delta."
        " Microseconds per delta: a flat line means that the cost does not grow with the"
        " document. A run of more than five seconds was stopped; its point is a lower bound, at"
        " the end of a dashed line.</p>"
    )
    yield '<div class="charts">'
    for title, lines in charts:
        yield f"<figure><figcaption>{escape(title)}</figcaption>"
        yield drawing.chart(lines, f"{title}: microseconds per delta") + "</figure>"
    yield "</div>"
    yield from _cost_table(result)


def _lines(result: Result, document: str) -> list[drawing.Line]:
    lines = []
    for row in summary.installed(result):
        costs = [
            cost
            for cost in row.get("costs", ())
            if cost["of"] == "json" and cost["document"] == document and "microseconds" in cost
        ]
        if costs:
            style = "ours" if row["name"] == OURS else "other"
            bounds = sum("stopped" in cost for cost in costs)
            points = [(cost["size"], cost["microseconds"]) for cost in costs]
            name = row["name"].replace(" (Python)", " py")  # Shorter, as there is little room.
            lines.append(drawing.Line(name, style, points, bounds))
    return lines


def _cost_table(result: Result) -> Iterator[str]:
    yield (
        "<p>The same as multiples of the cost for the fastest way to read the whole text once,"
        " <code>json.loads</code>, which ran in turn in the same process. For streams the"
        " multiple is that of <code>json.loads</code> on each record, with the arguments of a"
        " call in deltas of four characters.</p>"
    )
    timed = [row for row in summary.installed(result) if row.get("costs")]
    keys = list(
        dict.fromkeys(
            (cost["of"], cost["document"], cost["size"]) for row in timed for cost in row["costs"]
        )
    )
    yield '<div class="scroll"><table><thead><tr><td></td>'
    for of, document, size in keys:
        yield f'<th scope="col">{escape(of)}<br>{escape(document)}<br>{size // 1000} kB</th>'
    yield "</tr></thead><tbody>"
    for row in timed:
        by_key = {(cost["of"], cost["document"], cost["size"]): cost for cost in row["costs"]}
        cells = "".join(f"<td>{_ratio(by_key.get(key))}</td>" for key in keys)
        yield f"<tr{_own(row)}>{_name(row)}{cells}</tr>"
    yield "</tbody></table></div>"


def _ratio(cost: dict[str, Any] | None) -> str:
    if cost is None:
        return ""
    if "failed" in cost:
        return "failed"
    if "ratio" not in cost:
        return "stopped"
    return times(cost["ratio"])


def _discipline(result: Result, discipline: str) -> Iterator[str]:
    entered = [row for row in summary.installed(result) if discipline in row["uses"]]
    cases = [case for case in result["cases"] if case["discipline"] == discipline]
    if not entered or not cases:
        return
    yield f'<h2 id="{discipline}">{escape(DISCIPLINES[discipline])}</h2>'
    found = {row["name"]: _by_case(row) for row in entered}
    heads = "".join(
        f'<th scope="col"{_own(row)}><span>{escape(row["name"])}</span></th>' for row in entered
    )
    yield f'<div class="scroll"><table class="cases"><thead><tr><td></td>{heads}</tr></thead>'
    yield "<tbody>"
    kind = ""
    for case in cases:
        if case["kind"] != kind:
            kind = case["kind"]
            yield _kind_row(kind, len(entered) + 1)
        cells = "".join(_verdict(found[row["name"]].get((case["id"], "answer"))) for row in entered)
        yield f'<tr><th scope="row">{escape(case["asks"]).replace("`", "")}</th>{cells}</tr>'
    yield from _other_checks(entered, found, {case["id"] for case in cases})
    yield "</tbody></table></div>"
    yield from _faults(entered, {case["id"]: case for case in cases})


def _kind_row(kind: str, columns: int) -> str:
    head = f'<th scope="colgroup" colspan="{columns}">{escape(kind)}</th>'
    return f'<tr class="kind">{head}</tr>'


def _by_case(row: Row) -> dict[tuple[str, str], dict[str, Any]]:
    return {(outcome["case"], outcome["check"]): outcome for outcome in row["outcomes"]}


def _verdict(outcome: dict[str, Any] | None) -> str:
    if outcome is None:
        return '<td class="empty"></td>'
    verdict = outcome["verdict"]
    title = f' title="{escape(outcome["detail"])}"' if "detail" in outcome else ""
    return f'<td class="{_CLASSES[verdict]}"{title}>{_SIGNS[verdict]}</td>'


def _other_checks(
    entered: list[Row], found: dict[str, dict[tuple[str, str], dict[str, Any]]], cases: set[str]
) -> Iterator[str]:
    """Yield a row for each check except that of the answer, with the number of right cases."""
    yield _kind_row("all cases", len(entered) + 1)
    for check, text in CHECKS.items():
        outcomes = [
            [
                outcome
                for (case, name), outcome in found[row["name"]].items()
                if name == check and case in cases
            ]
            for row in entered
        ]
        if not any(outcomes):
            continue
        cells = "".join(_share(_total(one)) for one in outcomes)
        yield f'<tr><th scope="row">{escape(check)}: {escape(text)}</th>{cells}</tr>'


def _total(outcomes: list[dict[str, Any]]) -> dict[str, Any]:
    total = summary.count(outcomes)
    return {"says": summary.word(total), **total}


def _faults(entered: list[Row], cases: dict[str, dict[str, Any]]) -> Iterator[str]:
    for row in entered:
        found = [
            outcome
            for outcome in row["outcomes"]
            if outcome["case"] in cases and outcome["verdict"] != "right"
        ]
        wrong = sum(outcome["verdict"] == "wrong" for outcome in found)
        others = len(found) - wrong
        yield (
            f"<details><summary>{escape(row['name'])}: {wrong} wrong, {others} not offered"
            f"</summary><p>Used as {_code(row['uses'][next(iter(_discipline_of(cases)))])}.</p><ul>"
        )
        for outcome in found:
            sign = _SIGNS[outcome["verdict"]]
            share = f"{outcome['right']} of {outcome['of']} inputs right"
            yield (
                f'<li><span class="{_CLASSES[outcome["verdict"]]}">{sign}</span>'
                f" <b>{escape(outcome['case'].partition('/')[2])}</b>,"
                f" {escape(outcome['check'])} ({share}): {escape(outcome['detail'])}</li>"
            )
        yield "</ul></details>"


def _discipline_of(cases: dict[str, dict[str, Any]]) -> set[str]:
    return {case["discipline"] for case in cases.values()}


def _code(text: str) -> str:
    """Escape a text, and mark the parts in backquotes as code."""
    parts = escape(text).split("`")
    return "".join(
        f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts)
    )


def _libraries(result: Result) -> Iterator[str]:
    yield '<h2 id="libraries">Libraries</h2><ul>'
    for row in summary.installed(result):
        versions = ", ".join(f"{name} {version}" for name, version in row["versions"].items())
        lacks = "; ".join(f"{key}: {reason}" for key, reason in row["lacks"].items())
        yield f"<li><b>{escape(row['name'])}</b> {escape(versions)}"
        yield f"<br><small>Not offered: {escape(lacks)}.</small></li>" if lacks else "</li>"
    yield "</ul>"
    missing = [row for row in result["libraries"] if "missing" in row]
    if missing:
        yield '<h2 id="missing">Not installed</h2><ul>'
        for row in missing:
            yield f"<li><b>{escape(row['name'])}</b>: {escape(row['missing'])}</li>"
        yield "</ul>"
