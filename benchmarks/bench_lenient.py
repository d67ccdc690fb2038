"""The cost of the lenient dialect and its repairs, compared with json_repair and jsonmend.

A document of about 40 kB arrives in deltas of four characters: once with the mistakes of a model
(prose, a fence, comments, single quotes, unquoted keys, Python literals, trailing and missing
commas, quotes inside strings), and once as valid JSON, in both dialects. json_repair parses the
whole text again with each delta, so its cost per delta grows with the text. It is timed on deltas
in the middle of the document, from which the time for all deltas is estimated. The second table is
for short documents of one record each, and includes the time for creating the parsers.

The third table counts, for each kind of damage in `tests/damage.py`, how many of the generated
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

Reader = Callable[[list[str]], Any]

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
    """Return the list; each record has the next one or two kinds of damage."""
    written = ",\n".join(damaged_record(number, item) for number, item in enumerate(records(size)))
    return f"Here is the list you asked for:\n```json\n[\n{written}\n]\n```\n"


def damaged_record(number: int, item: dict[str, Any]) -> str:
    return _DAMAGES[number % len(_DAMAGES)](item)


def short_documents() -> tuple[list[list[str]], list[list[str]]]:
    """Return the deltas of documents of about 300 characters, valid and damaged.

    The first is in a fence after a sentence.
    """
    items = [record(number) for number in range(len(_DAMAGES))]
    texts = [damaged_record(number, item) for number, item in enumerate(items)]
    texts[0] = f"Here it is:\n```json\n{texts[0]}\n```\n"
    return [cut(_text(item)) for item in items], [cut(text) for text in texts]


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


def mend(deltas: list[str]) -> Any:
    """Read a stream with jsonmend."""
    mender: Any = importlib.import_module("jsonmend").Mender()
    for delta in deltas:
        mender.feed(delta)
    return mender.close()


def json_repair_seconds(deltas: list[str], tries: int) -> float:
    """Estimate the time of json_repair for a whole stream from calls in its middle."""
    from json_repair import loads

    middle = len(deltas) // 2
    start = clock()
    for number in range(tries):
        loads("".join(deltas[: middle + number - tries // 2]))
    return (clock() - start) / tries * len(deltas)


def rows(
    twins: list[list[str]], texts: list[list[str]], seconds: float, tries: int
) -> list[list[str]]:
    """Return the table: the input, the time of a delta, and its ratio to the strict parser.

    Args:
        twins: The deltas of valid documents.
        texts: The deltas of the same documents with damage.
        seconds: The time for each measurement.
        tries: The number of calls of json_repair that are timed for a document.
    """
    for twin, text in zip(twins, texts, strict=True):
        assert parse("lenient", text) == parse("strict", twin)

    def beside(name: str, documents: list[list[str]], read: Reader) -> list[str]:
        strict, other = pair(lambda: _all(_strict, twins), lambda: _all(read, documents), seconds)
        return [name, microseconds(other / sum(map(len, documents))), times(other / strict)]

    found = [beside("lenient, valid", twins, _lenient), beside("lenient, damaged", texts, _lenient)]
    if _is_installed("jsonmend"):
        found.append(beside("jsonmend, damaged", texts, mend))
    strict, _ = pair(lambda: _all(_strict, twins), lambda: None, seconds / 4)
    found.insert(0, ["strict, valid", microseconds(strict / sum(map(len, twins))), ""])
    if _is_installed("json_repair"):
        other = sum(json_repair_seconds(text, tries) for text in texts)
        cost = microseconds(other / sum(map(len, texts)))
        found.append(["json_repair, damaged", cost, times(other / strict)])
    return found


def _all(read: Reader, documents: list[list[str]]) -> None:
    for deltas in documents:
        read(deltas)


def _strict(deltas: list[str]) -> Any:
    return parse("strict", deltas)


def _lenient(deltas: list[str]) -> Any:
    return parse("lenient", deltas)


def _is_installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def readers() -> dict[str, Callable[[str], Any]]:
    """Return the libraries that are installed, by name."""
    found: dict[str, Callable[[str], Any]] = {
        "streamparse": lambda text: parse_text(text, dialect="lenient")
    }
    for name in ("json_repair", "jsonmend"):
        if not _is_installed(name):
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


def is_restored(read: Callable[[str], Any], text: str, valid_text: str) -> bool:
    try:
        return json.dumps(read(text)) == valid_text
    except Exception:  # Any exception means that the document was not restored.
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
            good = sum(is_restored(read, text, valid_text) for text, valid_text in texts)
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
    size, seconds, tries = (4_000, 0.2, 3) if quick else (SIZE, 5, 20)
    long = [cut(valid(size))], [cut(damaged(size))]
    for name, (twins, texts) in (("", long), ("short documents", short_documents())):
        measured = rows(twins, texts, seconds, tries)
        title = f"Deltas of four characters, {name}".rstrip(", ")
        print(table([title, "µs a delta", "beside strict"], measured) + "\n")
    header, *recovered = recovery(5 if quick else 100)
    print(table(["Damage", *header[1:]], recovered))


if __name__ == "__main__":
    main()
