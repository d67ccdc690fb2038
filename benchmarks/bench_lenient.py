"""The cost of the lenient dialect and its repairs, compared with json_repair and jsonmend.

A document of about 40 kB arrives in deltas of four characters: once with the mistakes of a model
(prose, a fence, comments, single quotes, unquoted keys, Python literals, trailing and missing
commas, quotes inside strings), and once as valid JSON, in both dialects. json_repair parses the
whole text again with each delta, so its cost per delta grows with the text. It is timed on deltas
in the middle, and the time for all deltas is estimated from them.

The second table counts, for each kind of damage in `tests/damage.py`, how many of the generated
documents are restored. Each library reads the whole text.

    python -m benchmarks.bench_lenient [--quick]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

from benchmarks import peers
from benchmarks.corpus import cut
from benchmarks.timing import clock, microseconds, pair, table, times
from streamparse import JSONParser
from streamparse import parse as parse_text
from tests.damage import DAMAGES, root
from tests.damage import damaged as damaged_text

SIZE: Final = 40_000
_WORDS: Final = tuple(
    [
        "the",
        "cat",
        "sat",
        "on",
        "a",
        "mat",
        "near",
        "an",
        "open",
        "door",
        "and",
        "thought",
        "about",
        "it",
    ]
)


def record(number: int) -> dict[str, Any]:
    """Return one record of the document."""
    text = " ".join(_WORDS[(number + place) % len(_WORDS)] for place in range(24))
    return {
        "id": number,
        "name": f'the "best" record, number {number}',
        "remark": text,
        "active": number % 2 == 0,
        "parent": None,
        "scores": [number / 4, number + 1],
    }


def records(size: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while len(json.dumps(found, indent=1)) < size:
        found.append(record(len(found)))
    return found


def valid(size: int) -> str:
    return json.dumps(records(size), indent=1)


def damaged(size: int) -> str:
    """Return the list with one or two kinds of damage in each record, in turn."""
    written = [_DAMAGES[number % len(_DAMAGES)](item) for number, item in enumerate(records(size))]
    return "Here is the list you asked for:\n```json\n[\n" + ",\n".join(written) + "\n]\n```\n"


def _text(item: dict[str, Any]) -> str:
    return json.dumps(item, indent=1)


def _single_quotes(item: dict[str, Any]) -> str:
    name: str = item["name"]
    return _text(item).replace('"name"', "'name'").replace(json.dumps(name), f"'{name}'")


_DAMAGES: Final = (
    lambda item: _text(item).replace('"id"', "id").replace("null", "None"),
    lambda item: _text(item).replace("\n}", ",\n}"),
    _single_quotes,
    lambda item: _text(item).replace('"active"', '// so far\n "active"').replace("true", "True"),
    lambda item: _text(item).replace(',\n "parent"', '\n "parent"'),
    lambda item: _text(item).replace('\\"', '"'),
)


def parse(dialect: str, deltas: list[str]) -> Any:
    parser = JSONParser(dialect)
    for delta in deltas:
        parser.feed(delta)
    parser.finish()
    return parser.value


def json_repair_seconds(text: str, deltas: int, tries: int) -> float:
    """Estimate the time of json_repair for a whole stream from calls in its middle."""
    from json_repair import loads

    step = len(text) // deltas
    start = clock()
    for number in range(tries):
        loads(text[: len(text) // 2 + (number - tries // 2) * step])
    return (clock() - start) / tries * deltas


def rows(size: int, seconds: float, tries: int) -> list[list[str]]:
    """Return the table: the input, the time of a delta, and its ratio to the strict parser."""
    twin, text = cut(valid(size)), cut(damaged(size))
    assert parse("lenient", text) == parse("strict", twin) == records(size)
    strict, lenient = pair(lambda: parse("strict", twin), lambda: parse("lenient", text), seconds)
    again, clean = pair(lambda: parse("strict", twin), lambda: parse("lenient", twin), seconds)
    other = json_repair_seconds(damaged(size), len(text), tries)
    return [
        ["strict, valid", microseconds(strict / len(twin)), ""],
        ["lenient, valid", microseconds(clean / len(twin)), times(clean / again)],
        ["lenient, damaged", microseconds(lenient / len(text)), times(lenient / strict)],
        ["json_repair, damaged", microseconds(other / len(text)), times(other / strict)],
    ]


def readers() -> dict[str, Callable[[str], Any]]:
    """Return the libraries that are installed, by name."""
    found: dict[str, Callable[[str], Any]] = {
        "streamparse": lambda text: parse_text(text, dialect="lenient")
    }
    for name in ("json_repair", "jsonmend"):
        if importlib.util.find_spec(name) is None:
            print(f"{name} is not installed.\n")
        else:
            found[name] = importlib.import_module(name).loads
    return found


def documents(kind: str, count: int) -> list[tuple[str, str]]:
    """Return texts with one kind of damage, and the valid texts."""
    found: list[tuple[str, str]] = []
    seed = 0
    while len(found) < count:
        seed += 1
        value = root(Random(seed))
        text, hit = damaged_text(kind, value, seed)
        if hit and (kind != "prose" or isinstance(value, dict)):
            found.append((text, json.dumps(value)))
    return found


def comes_back(read: Callable[[str], Any], text: str, valid_text: str) -> bool:
    try:
        return json.dumps(read(text)) == valid_text
    except Exception:  # any exception means that the document was not restored
        return False


def recovery(count: int) -> list[list[str]]:
    """Return the table: a kind of damage, and the share of documents that each library restores."""
    by_name = readers()
    out = [["", *by_name]]
    total = dict.fromkeys(by_name, 0)
    for kind in DAMAGES:
        texts = documents(kind, count)
        row = [kind]
        for name, read in by_name.items():
            good = sum(comes_back(read, text, valid_text) for text, valid_text in texts)
            total[name] += good
            row.append(f"{100 * good / count:.0f} %")
        out.append(row)
    whole = count * len(DAMAGES)
    return [*out, ["all", *(f"{100 * good / whole:.1f} %" for good in total.values())]]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a small document and short runs")
    quick = parser.parse_args(arguments).quick
    print(f"Build of streamparse: **{peers.build()}**.\n")
    measured = rows(4_000 if quick else SIZE, 0.2 if quick else 5, 3 if quick else 20)
    print(table(["Deltas of four characters", "µs a delta", "beside strict"], measured))
    header, *recovered = recovery(5 if quick else 100)
    print("\n" + table(["Damage", *header[1:]], recovered))


if __name__ == "__main__":
    main()
