"""Checks that must hold for any bytes.

The fuzz targets call them with data from atheris, `tests/test_fuzz.py` with data from Hypothesis. A
check that raises has found a bug.

Everything else that a check needs (cuts, options, queries) is derived from the data, so that the
file of a finding is enough to reproduce it.
"""

from __future__ import annotations

import importlib.util
import random
import zlib
from collections.abc import Callable, Sequence
from typing import Any

from streamparse import (
    JSONLinesDecoder,
    JSONParser,
    Limits,
    Query,
    SSEDecoder,
    StreamParseError,
)
from streamparse._decoding.record import Record
from streamparse._decoding.transport import Transport
from streamparse.schema import SchemaValidator
from tests.helpers import (
    Fragment,
    Outcome,
    calls,
    cut,
    described,
    failure,
    loads,
    pickled,
    place_of,
    raw_loads,
    run,
    run_on,
    run_relayed,
    tokens,
)
from tests.model import read

QUERIES = ("$", "$.*", "$..*", "$.a", "$..a", "$[0]", "$[1,2]", "$..[0]", "$.a.*", "$[*]['a','b']")

# The model and `json.loads` are recursive; deeper texts are not compared with them.
DEPTH = 100


def choices(data: bytes) -> random.Random:
    """Return a random generator that is determined by the data."""
    return random.Random(zlib.crc32(data))


def text_of(data: bytes) -> str:
    """Decode the data; invalid bytes become lone low surrogates, and 0xFF a lone high one."""
    return data.decode(errors="surrogateescape").replace("\udcff", "\ud83d")


def ragged(data: Fragment, choose: random.Random) -> list[Fragment]:
    """Cut data into pieces of up to nine characters, including empty ones."""
    return cut(data, [choose.randrange(10) for _ in range(5)])


def is_shallow(text: str) -> bool:
    return text.count("[") + text.count("{") <= DEPTH


def same_for_all_cuts(data: Fragment, seed: bytes, options: dict[str, Any]) -> Outcome:
    """Check that the outcome is the same for three ways of cutting the data, and return it."""
    whole = run([data], **options)
    assert run(cut(data, [1]), **options) == whole
    assert run(ragged(data, choices(seed)), **options) == whole
    return whole


def agrees_with_model(found: Outcome, text: str, options: dict[str, Any]) -> None:
    """Check that events, value and error equal those of the reference in `tests/model.py`."""
    if found.error:
        place = found.error.line, found.error.column, found.error.excerpt
        assert place == place_of(found.error.offset, text)
    if not is_shallow(text):
        return
    reading = read(text, finished=True, **options)
    error = found.error and (found.error.code, found.error.offset, found.error.path)
    assert error == reading.error
    assert found.value == tokens(reading.value)
    assert found.events == described(reading.events())
    assert (found.done, found.open_path) == (reading.done, reading.open_path)


# Checks


def check_json(data: bytes) -> None:
    """Check that a text gives one outcome for all cuts, which is that of `json.loads`."""
    text = text_of(data)
    found = same_for_all_cuts(text, data, {})
    agrees_with_model(found, text, {})
    if not is_shallow(text) or (found.error and found.error.kind == "LimitError"):
        return
    try:
        expected = tokens(loads(text))
    except ValueError:
        assert found.error is not None
    else:
        assert found.error is None
        assert found.value == expected


def check_json_bytes(data: bytes) -> None:
    """Check that bytes give one outcome for all cuts: that of their text, or an error."""
    found = same_for_all_cuts(data, data, {})
    try:
        text = data.decode()
    except UnicodeDecodeError:
        assert found.error is not None
    else:
        assert vars(found) | {"remainder": ""} == vars(run([text]))


def check_text_and_bytes(data: bytes) -> None:
    """Run both checks."""
    check_json(data)
    check_json_bytes(data)


def check_many(data: bytes) -> None:
    """Check that documents one after the other give the outcome of the model for all cuts."""
    text = text_of(data)
    found = same_for_all_cuts(text, data, {"many": True})
    agrees_with_model(found, text, {"many": True})


def check_stop(data: bytes) -> None:
    """Check that the remainder after a value is exact, and begins where `raw_decode` stops."""
    text = text_of(data)
    options = {"trailing": "stop"}
    found = same_for_all_cuts(text, data, options)
    in_bytes = same_for_all_cuts(data, data, options)
    agrees_with_model(found, text, options)
    if found.error is not None:
        return
    start = len(text) - len(text.removeprefix("\ufeff").lstrip(" \t\n\r"))
    assert isinstance(found.remainder, str)
    end = len(text) - len(found.remainder)
    assert text[end:] == found.remainder
    if is_shallow(text):
        value, stop = raw_loads(text, start)
        assert (tokens(value), stop) == (found.value, end)
    # Anything may follow the value; only the bytes of the value must be UTF-8.
    if data.isascii():
        assert vars(in_bytes) == vars(found) | {"remainder": data[end:]}


def check_options(data: bytes) -> None:
    """Check that limits and surrogate options give the outcome of the model for all cuts."""
    choose, text = choices(data), text_of(data)
    options = {
        "limits": some_limits(choose),
        "surrogates": choose.choice(["keep", "replace", "error"]),
        "many": choose.random() < 0.3,
    }
    found = same_for_all_cuts(text, data, options)
    agrees_with_model(found, text, options)


def some_limits(choose: random.Random) -> Limits:
    chosen = {
        "depth": choose.randrange(6),
        "string": choose.randrange(12),
        "number": choose.randrange(10),
        "integer_digits": choose.randrange(8),
        "document": choose.randrange(100),
        "keys": choose.randrange(4),
        "items": choose.randrange(6),
    }
    return Limits(**{name: bound for name, bound in chosen.items() if choose.random() < 0.5})


def check_select(data: bytes) -> None:
    """Check that selection only filters the events, whether or not values are kept."""
    choose, text = choices(data), text_of(data)
    queries = [Query.parse(query) for query in choose.sample(QUERIES, choose.randrange(4))]
    options: dict[str, Any] = {"many": choose.random() < 0.3}
    plain = run([text], **options)
    expected = [
        event
        for events, _ in calls(JSONParser(**options), [text])
        for event in events
        if any(query.matches(event.path) for query in queries)
    ]
    kept = same_for_all_cuts(text, data, options | {"select": queries})
    dropped = same_for_all_cuts(text, data, options | {"select": queries, "keep": "open"})
    assert kept.events == dropped.events == described(expected)
    assert vars(kept) | {"events": []} == vars(plain) | {"events": []}
    assert vars(dropped) | {"value": []} == vars(kept) | {"value": []}


def check_clone(data: bytes) -> None:
    """Check that a clone inside a document does not affect the original."""
    choose, text = choices(data), text_of(data)
    place = choose.randrange(len(text) + 1)
    before, after = text[:place], text[place:]
    options = some_options(choose)
    parser = JSONParser(**options)
    try:
        parser.feed(before)
    except StreamParseError:
        return
    twin = parser.clone()
    other = run_on(twin, [choose.choice(['"', "]", "}", "1", text, after[::-1]])])
    assert other.error or twin.done
    fresh = JSONParser(**options)
    fresh.feed(before)
    assert run_on(parser, [after]) == run_on(fresh, [after])


def some_options(choose: random.Random) -> dict[str, Any]:
    """Choose compatible options."""
    options: dict[str, Any] = {"limits": some_limits(choose)} if choose.random() < 0.3 else {}
    if choose.random() < 0.5:
        options["select"] = choose.sample(QUERIES, 2)
        options["keep"] = choose.choice(["all", "open"])
    chosen = choose.choice(["", "", "many", "stop"])
    if chosen:
        options |= {"many": True} if chosen == "many" else {"trailing": "stop"}
    return options


def check_pickle(data: bytes) -> None:
    """Check that pickling a parser between all fragments does not change the outcome."""
    choose = choices(data)
    options = some_options(choose)
    for fed in (data, text_of(data)):
        pieces: Sequence[Any] = ragged(fed, choose)
        assert run_relayed(JSONParser(**options), pieces, pickled) == run(pieces, **options)


def check_lenient(data: bytes) -> None:
    """Check that a text gives one outcome for all cuts: a value, a truncated value or an error."""
    text = text_of(data)
    choose = choices(data)
    options: dict[str, Any] = {"dialect": "lenient", "many": choose.random() < 0.3}
    found = same_for_all_cuts(text, data, options)
    assert found.truncated == any(code == "truncated" for code, _, _ in found.repairs)
    assert not (found.truncated and found.error)
    assert found.done or found.truncated or found.error
    if found.error:
        place = found.error.line, found.error.column, found.error.excerpt
        assert place == place_of(found.error.offset, text)
    relay = choose.choice([JSONParser.clone, pickled])
    assert run_relayed(JSONParser(**options), ragged(text, choose), relay) == found
    strict = run([text], many=options["many"])
    if strict.error is None:
        assert (found.value, found.events) == (strict.value, strict.events)
        assert not found.repairs


_INTEGERS: dict[str, Any] = {"type": "array", "items": {"type": "integer"}}
_RECORD: dict[str, Any] = {
    "type": "object",
    "properties": {
        "a": _INTEGERS,
        "b": {"type": "string"},
        "k": {"type": ["number", "boolean", "null"]},
        "x": {"enum": ["metre", "Foot", 1]},
    },
}
COERCING: tuple[dict[str, Any], ...] = (
    _RECORD,
    _INTEGERS,
    {"type": "array", "items": _RECORD},
    {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    {"type": "object", "additionalProperties": {"type": "string"}},
    {"type": "object", "additionalProperties": {"anyOf": [_RECORD, {"type": "integer"}]}},
)


def check_coercion(data: bytes) -> None:
    """Check that coercion gives one outcome for all cuts, and does not change valid values."""
    text = text_of(data)
    choose = choices(data)
    schema = choose.choice(COERCING)
    options: dict[str, Any] = {"dialect": choose.choice(["strict", "lenient"])}
    plain = run([text], **options, validator=SchemaValidator(schema))
    options["validator"] = SchemaValidator(schema, coerce=True)
    found = same_for_all_cuts(text, data, options)
    relay = choose.choice([JSONParser.clone, pickled])
    assert run_relayed(JSONParser(**options), ragged(text, choose), relay) == found
    if plain.error is None:
        assert found == plain


# The last byte of the data chooses one of these, so that seeds begin with plain JSON.
OPTION_CHECKS: tuple[Callable[[bytes], None], ...] = (
    check_many,
    check_stop,
    check_options,
    check_select,
    check_clone,
    check_pickle,
)


def check_any_option(data: bytes) -> None:
    """Run the check that the last byte chooses on the bytes before it."""
    if data:
        OPTION_CHECKS[data[-1] % len(OPTION_CHECKS)](data[:-1])


# Streams

BOTOCORE = importlib.util.find_spec("botocore") is not None


def check_transport(data: bytes) -> None:
    """Check that a transport gives one outcome for all cuts, and reports errors in `failure`."""
    choose, text = choices(data), text_of(data)
    limits = Limits(record=choose.choice([10, 100, 10**6]), depth=choose.choice([2, 1000]))
    for fed in (data, text):
        if fed[:1] == b"\0" and not BOTOCORE:
            continue
        pieces: Sequence[Any] = ragged(fed, choose)
        whole = transported([fed], limits)
        assert transported(cut(fed, [1]), limits) == transported(pieces, limits) == whole
    try:
        body = loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(body, dict):
        ((_, value, *_),), error, framing = transported([text], Limits())
        assert (value, error, framing) == (tokens(body), None, "json")


def transported(pieces: Sequence[Any], limits: Limits) -> tuple[list[Any], object, str]:
    """Return the records, the failure and the framing, for strict comparison."""
    transport = Transport(limits=limits)
    records: list[Record] = []
    for piece in pieces:
        records += transport.feed(piece)
    records += transport.finish()
    error = transport.failure
    shown = [(one.event, tokens(one.data), one.text, one.cut, one.exception) for one in records]
    return shown, error and failure(error), transport.framing


def check_lines(data: bytes) -> None:
    """Check that the decoders of SSE and JSON Lines give one outcome for all cuts."""
    choose, text = choices(data), text_of(data)
    limits = Limits(record=choose.choice([10, 100, 10**6]), depth=choose.choice([2, 1000]))
    for fed in (data, text):
        pieces: Sequence[Any] = ragged(fed, choose)
        for unterminated in ("discard", "dispatch"):
            cuts = [[fed], cut(fed, [1]), pieces]
            whole, *others = (decoded(SSEDecoder(unterminated, limits), one) for one in cuts)
            assert others == [whole, whole]
        whole, *others = (decoded(JSONLinesDecoder(limits), one) for one in cuts)
        assert others == [whole, whole]


def decoded(decoder: SSEDecoder | JSONLinesDecoder, pieces: Sequence[Any]) -> tuple[Any, ...]:
    """Return the decoded values and the failure."""
    found: list[Any] = []
    try:
        for piece in pieces:
            found += decoder.feed(piece)
        found += decoder.finish()
    except StreamParseError as error:
        return [tokens(one) for one in found + error.events], failure(error)
    return [tokens(one) for one in found], None


def check_streams(data: bytes) -> None:
    """Run both checks."""
    check_transport(data)
    check_lines(data)
