"""Typed partial objects, read after every delta, compared with instructor and pydantic-ai.

Each library reads the same deltas of the same document and returns the partial object after each.

- streamparse: `ModelParser.feed`, then `partial`.
- pydantic-ai: only the validation of the whole text so far that `stream_output` runs, which is
  pydantic's with `allow_partial="trailing-strings"`.
- instructor: `Partial[T].model_from_chunks`.

The peers read the whole text again with every delta, so they are timed on deltas spread over the
document. `parsing` is streamparse without a type, and `validating` is streamparse with a type but
without reading `partial`. A peer that is not installed, or does not work with this version of
pydantic, is left out.

    python -m benchmarks.bench_models [--quick]
"""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Callable, Sequence
from importlib import import_module, metadata
from typing import Any, Final

from pydantic import BaseModel, Field

from benchmarks.peers import build
from benchmarks.timing import clock, microseconds, size_name, table, times
from streamparse import JSONParser
from streamparse.models import ModelParser, ModelValidator

DELTA: Final = 4  # Characters.
SIZES: Final = (1_000, 10_000, 100_000)
SAMPLES: Final = 40  # The number of deltas at which a slow peer is measured.


class Item(BaseModel):
    name: str
    price: float
    tags: list[str] = []
    text: str = Field(max_length=1000)


class Catalogue(BaseModel):
    title: str
    items: list[Item]


def document(size: int) -> str:
    """Return a document of about `size` characters."""
    items: list[dict[str, Any]] = []
    length = 0
    while length < size - 60:
        number = len(items)
        item = {
            "name": f"item {number}",
            "price": number * 1.25,
            "tags": ["new", "blue", "small"],
            "text": "what there is to say about it, in a sentence or two",
        }
        items.append(item)
        length += len(json.dumps(item)) + 2
    return json.dumps({"title": "a catalogue", "items": items})


def per_delta(run: Callable[[list[str]], None], deltas: list[str]) -> float:
    """Return the seconds per delta, the best of three runs."""
    best = float("inf")
    for _ in range(3):
        start = clock()
        run(deltas)
        best = min(best, (clock() - start) / len(deltas))
    return best


def parsing(deltas: list[str]) -> None:
    parser = JSONParser()
    for delta in deltas:
        parser.feed(delta)
    parser.finish()


VALIDATOR: Final = ModelValidator(Catalogue)


def validating(deltas: list[str]) -> None:
    parser = JSONParser(validator=VALIDATOR)
    for delta in deltas:
        parser.feed(delta)
    parser.finish()


def ours(deltas: list[str]) -> None:
    parser = ModelParser(Catalogue)
    for delta in deltas:
        parser.feed(delta)
        if parser.started:
            _ = parser.partial
    parser.finish()
    assert len(parser.result.items) > 0


#: Returns the seconds for a delta after this text.
Peer = Callable[[str, str], float]


def sampled(peer: Peer, deltas: list[str]) -> float:
    """Return the average seconds per delta at places in the document, each the best of three."""
    step = max(len(deltas) // SAMPLES, 1)
    costs = []
    for number in range(step, len(deltas), step):
        before = "".join(deltas[:number])
        costs.append(min(peer(before, deltas[number]) for _ in range(3)))
    return sum(costs) / len(costs)


def pydantic_ai() -> Peer:
    output = import_module("pydantic_ai._output")
    processor = output.ObjectOutputProcessor(output=Catalogue)

    def cost(before: str, delta: str) -> float:
        text = before + delta
        start = clock()
        with contextlib.suppress(ValueError):  # pydantic-ai skips text that is not valid so far.
            processor.validate(text, allow_partial=True)
        return clock() - start

    return cost


def instructor() -> Peer:
    model = import_module("instructor.dsl.partial").Partial[Catalogue]

    def cost(before: str, delta: str) -> float:
        objects = model.model_from_chunks([before, delta])
        next(objects)
        start = clock()
        next(objects)
        return clock() - start

    return cost


def peers() -> dict[str, Peer]:
    """Return the peers that are installed and work, with their versions."""
    return {
        **_loaded("pydantic-ai", "pydantic-ai-slim", pydantic_ai),
        **_loaded("instructor", "instructor", instructor),
    }


def _loaded(name: str, distribution: str, made: Callable[[], Peer]) -> dict[str, Peer]:
    try:
        return {f"{name} {metadata.version(distribution)}": made()}
    except Exception as error:  # Old releases fail in many ways with a new pydantic.
        print(f"{name} is left out: {error}")
        return {}


def row(size: int, against: dict[str, Peer]) -> list[str]:
    """Return the row of a document: µs per delta, and the ratios of the peers to streamparse."""
    text = document(size)
    deltas = [text[place : place + DELTA] for place in range(0, len(text), DELTA)]
    alone, validated, typed = (per_delta(run, deltas) for run in (parsing, validating, ours))
    shown = [size_name(size), *map(microseconds, (alone, validated, typed))]
    for peer in against.values():
        cost = sampled(peer, deltas)
        shown.append(f"{microseconds(cost)} ({times(cost / typed)})")
    return shown


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="the small sizes only")
    quick = parser.parse_args(arguments).quick
    against = peers()
    print(f"Build of streamparse: **{build()}**. µs per delta of {DELTA} characters, the partial")
    print("object read after each; in brackets: times ours.\n")
    head = ["document", "parsing", "validating", "partial", *against]
    print(table(head, [row(size, against) for size in (SIZES[:1] if quick else SIZES)]))


if __name__ == "__main__":
    main()
