"""The cost of validation by a JSON Schema while a document arrives.

Every document is parsed without and with a schema of closed objects, required members,
enumerations, patterns, bounds and alternatives. The first ratio compares the two. The second is
that of one validation of the complete document with the `jsonschema` library.

    python -m benchmarks.bench_schema [--quick]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from benchmarks.corpus import DOCUMENTS, cut
from benchmarks.peers import build
from benchmarks.timing import microseconds, pair, table, times
from streamparse import JSONParser
from streamparse._core.sink import ValidatorFactory
from streamparse.schema import SchemaValidator

SIZE = 10_000

_WORDS: Final = (
    *("alpha", "beta", "gamma", "delta", "query", "index"),
    *("remote", "stable", "branch", "commit", "ready", "tool"),
)
_RECORD: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "minimum": 0},
        "name": {"enum": [*_WORDS]},
        "tags": {"type": "array", "items": {"enum": [*_WORDS]}, "maxItems": 8},
        "price": {"type": "number", "minimum": 0, "maximum": 1000},
        "ok": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
    },
    "required": ["id", "name", "tags", "price", "ok"],
    "additionalProperties": False,
}


def _closed(**properties: Any) -> dict[str, Any]:
    """Return a schema of an object with these members and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    "structure": _closed(items={"type": "array", "items": _RECORD}),
    "code string": _closed(
        path={"type": "string", "pattern": r"^[\w/]+\.py$"}, content={"type": "string"}
    ),
    "prose": _closed(text={"type": "string", "maxLength": 10_000_000}),
    "escaped prose": _closed(text={"type": "string", "maxLength": 10_000_000}),
    "deep": {
        **_closed(towers={"type": "array", "items": {"$ref": "#/$defs/floor"}}),
        "$defs": {
            "floor": {"anyOf": [{"type": "integer"}, {"$ref": "#/$defs/tower"}]},
            "tower": _closed(**{"in": {"type": "array", "items": {"$ref": "#/$defs/floor"}}}),
        },
    },
    "wide": {
        "type": "object",
        "patternProperties": {"^field_[0-9]{6}$": {"type": ["integer", "string"]}},
        "additionalProperties": False,
    },
    "numbers": _closed(
        rows={
            "type": "array",
            "items": {
                "type": "array",
                "prefixItems": [{"type": "integer", "minimum": 0}, {"type": "integer"}],
                "items": {"type": "number"},
                "minItems": 4,
                "maxItems": 4,
            },
        }
    ),
}


def parse(deltas: Iterable[str], validator: ValidatorFactory | None = None) -> Any:
    """Return the value of a document."""
    parser = JSONParser(validator=validator)
    for delta in deltas:
        parser.feed(delta)
    parser.finish()
    return parser.value


def row(name: str, size: int, seconds: float) -> list[str]:
    """Return the row of a document: µs per delta without and with a schema, and the ratios."""
    from jsonschema import Draft202012Validator

    text = DOCUMENTS[name](size)
    deltas, value = cut(text), json.loads(text)
    validator, reference = SchemaValidator(SCHEMAS[name]), Draft202012Validator(SCHEMAS[name])
    assert parse(deltas, validator) == value
    plain, judged = pair(lambda: parse(deltas), lambda: parse(deltas, validator), seconds)
    late, _ = pair(lambda: reference.is_valid(value), lambda: parse(deltas), seconds)
    each = [cost / len(deltas) for cost in (plain, judged, late)]
    return [
        name,
        microseconds(each[0]),
        f"{microseconds(each[1])} ({times(judged / plain)})",
        f"{microseconds(each[2])} ({times(late / plain)})",
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="short runs: does it work?")
    options = parser.parse_args(arguments)
    size, seconds = (1_000, 0.02) if options.quick else (SIZE, 0.5)
    head = ["document", "no schema", "with a schema", "jsonschema at the end"]
    print(f"Build of streamparse: **{build()}**. µs per delta of 4 characters.\n")
    print(table(head, [row(name, size, seconds) for name in SCHEMAS]))


if __name__ == "__main__":
    main()
