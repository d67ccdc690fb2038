"""The HTML report of `streamparse batch`: one page that loads no other resources."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from streamparse._cli.batch_job import Counts

__all__ = ["report"]

_WIDTH: Final = 720
_HEIGHT: Final = 120
_BARS: Final = 120

_PAGE: Final = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark; --bar: #3866b0; --bad: #b8432f; --soft: #8883; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; }}
body {{ padding: 0 1rem; }}
h1 {{ font-size: 1.4rem; }} h2 {{ font-size: 1.05rem; margin: 2rem 0 .3rem; }}
table {{ border-collapse: collapse; }} td, th {{ padding: .15rem 1rem .15rem 0; text-align: left; }}
td:last-child {{ text-align: right; font-variant-numeric: tabular-nums; }}
svg {{ width: 100%; height: auto; background: var(--soft); }}
rect {{ fill: var(--bar); }} rect.bad {{ fill: var(--bad); }}
p.note {{ opacity: .7; font-size: .9rem; margin: .2rem 0; }}
@media (prefers-color-scheme: dark) {{ :root {{ --bar: #7aa5ea; --bad: #ec8a78; }} }}
</style></head><body>
<h1>{title}</h1>
{body}
</body></html>
"""


def report(title: str, parts: Sequence[Counts]) -> str:
    """Return the report as HTML.

    Args:
        title: The heading.
        parts: The counts of consecutive parts of the input, in order.
    """
    total = Counts()
    for part in parts:
        total.add(part)
    bins = _binned(parts)
    sections = [
        f"<p>{total.rows:,} rows, {total.answers:,} answers, "
        f"{total.input_tokens:,} input and {total.output_tokens:,} output tokens.</p>",
        _table("Status", total.status),
        _table("Finish reason", total.finish),
        _table("Errors by code", total.errors),
        _table("Calls", total.calls),
        _plot("Output tokens for an answer", [_mean(one.output_tokens, one) for one in bins]),
        _plot("Calls for an answer", [_mean(sum(one.calls.values()), one) for one in bins]),
        _plot("Failed answers, %", [100 * _mean(one.status["failed"], one) for one in bins], "bad"),
        _plot(
            "Truncated answers, %",
            [100 * _mean(one.status["truncated"], one) for one in bins],
            "bad",
        ),
    ]
    return _PAGE.format(title=escape(title), body="\n".join(filter(None, sections)))


def _binned(parts: Sequence[Counts]) -> list[Counts]:
    """Merge adjacent counts, so that there is at most one for each bar of a plot."""
    size = max(1, -(-len(parts) // _BARS))
    found = []
    for at in range(0, len(parts), size):
        one = Counts()
        for part in parts[at : at + size]:
            one.add(part)
        found.append(one)
    return found


def _mean(value: int, counts: Counts) -> float:
    return value / counts.answers if counts.answers else 0.0


def _table(heading: str, counts: dict[str, int]) -> str:
    if not counts:
        return ""
    rows = sorted(counts.items(), key=lambda row: -row[1])
    lines = "".join(f"<tr><td>{escape(name)}</td><td>{count:,}</td></tr>" for name, count in rows)
    return f"<h2>{escape(heading)}</h2><table>{lines}</table>"


def _plot(heading: str, values: Sequence[float], kind: str = "") -> str:
    highest = max(values, default=0.0)
    if not highest:
        return ""
    step = _WIDTH / len(values)
    bars = "".join(
        f'<rect class="{kind}" x="{place * step:.1f}" y="{_HEIGHT * (1 - value / highest):.1f}" '
        f'width="{max(step - 1, 0.5):.1f}" height="{_HEIGHT * value / highest:.1f}">'
        f"<title>{value:,.2f}</title></rect>"
        for place, value in enumerate(values)
    )
    return (
        f"<h2>{escape(heading)}</h2>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(heading)}">'
        f"{bars}</svg>"
        f'<p class="note">From the first row to the last; the highest bar is {highest:,.2f}.</p>'
    )
