"""Typed partial objects, read after every delta, beside instructor and pydantic-ai's way.

Each side gets the same deltas of the same document and gives the object so far after each of them.

- ours: `ModelParser.feed`, then `partial`.
- pydantic: `TypeAdapter.validate_json(text, experimental_allow_partial="trailing-strings")`, what
  pydantic-ai does with the whole text at every tick.
- instructor: `Partial[T]`'s `process_potential_object`, if instructor is installed.

The peers read the whole text again with every delta, so their cost for a large document is measured
on deltas spread over it. `parsing` is our parser without a type, `judging` with one and no reading.

    python -m benchmarks.bench_models [--quick]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from pydantic import BaseModel, Field, TypeAdapter

from benchmarks.timing import clock, microseconds, size_name, times
from streamparse import JSONParser
from streamparse.models import ModelParser, ModelValidator

DELTA: Final = 4  # characters
SIZES: Final = (1_000, 10_000, 100_000)
SAMPLES: Final = 40  # deltas at which a slow peer is measured


class Item(BaseModel):
    name: str
    price: float
    tags: list[str] = []
    text: str = Field(max_length=1000)


class Catalogue(BaseModel):
    title: str
    items: list[Item]


def document(size: int) -> str:
    """About so many characters of items."""
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
    """Seconds for each delta; the best of three."""
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


def judging(deltas: list[str]) -> None:
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


def sampled(read: Callable[[str], object], deltas: list[str]) -> float:
    """Seconds for a delta, on average, at places spread over the document."""
    total, count = 0.0, 0
    step = max(len(deltas) // SAMPLES, 1)
    for number in range(step, len(deltas), step):
        text = "".join(deltas[:number])
        start = clock()
        read(text)
        total, count = total + clock() - start, count + 1
    return total / count


def pydantic_way() -> Callable[[str], object]:
    adapter = TypeAdapter(Catalogue)

    def read(text: str) -> object:
        try:
            return adapter.validate_json(text, experimental_allow_partial="trailing-strings")
        except ValueError:
            return None

    return read


def instructor_way() -> Callable[[str], object] | None:
    if importlib.util.find_spec("instructor") is None:
        return None
    from instructor.dsl.partial import Partial, process_potential_object

    model = Partial[Catalogue]
    partial_model = model.get_partial_model()

    def read(text: str) -> object:
        return process_potential_object(text, "trailing-strings", partial_model)

    return read


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="the small sizes only")
    quick = parser.parse_args(arguments).quick
    peers = {"pydantic": pydantic_way(), "instructor": instructor_way()}
    print(f"microseconds for a delta of {DELTA} characters, the partial object read after each")
    for size in SIZES[:1] if quick else SIZES:
        text = document(size)
        deltas = [text[place : place + DELTA] for place in range(0, len(text), DELTA)]
        alone, judged, typed = (per_delta(run, deltas) for run in (parsing, judging, ours))
        shown = [
            f"parsing {microseconds(alone)}",
            f"judging {microseconds(judged)}",
            f"partial {microseconds(typed)}",
        ]
        for name, read in peers.items():
            if read is not None:
                cost = sampled(read, deltas)
                shown.append(f"{name} {microseconds(cost)} ({times(cost / typed)})")
        print(f"{size_name(size):>7}: {', '.join(shown)}")


if __name__ == "__main__":
    main()
