"""Law 9, early rejections are final.

A validator rejects a prefix only if no continuation could be valid, and accepts the whole exactly
when the reference library does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis_jsonschema import from_schema
from jsonschema import Draft202012Validator, validators

from streamparse import IncompleteError, JSONParser, SchemaViolation
from streamparse.schema import SchemaValidator
from tests.helpers import cut
from tests.parts import chars, ragged
from tests.schema.schemas import (
    DRAFTS,
    REFERRING,
    SCHEMAS,
    VALUES,
    make_validator,
    valid,
    violation_of,
)
from tests.strategies import SIZES

DRAFT_NAMES = st.sampled_from(sorted(DRAFTS))


@given(SCHEMAS | REFERRING, st.lists(VALUES, min_size=1, max_size=4), DRAFT_NAMES, SIZES)
def test_law_9_the_verdict_is_the_library_s(
    schema: Any, values: list[Any], draft: str, sizes: Sequence[int]
) -> None:
    """Laws 1 and 9: the verdict is the reference library's, and any chunking gives the same one."""
    validator = make_validator(schema, draft=draft)
    for value in values:
        expected = valid(schema, value, draft)
        if expected is not None:
            text = json.dumps(value, ensure_ascii=False)
            whole = violation_of(validator, [text])
            assert (whole is None) is expected
            assert violation_of(validator, cut(text, sizes)) == whole
            assert violation_of(validator, chars(text)) == whole


@given(SCHEMAS | REFERRING, VALUES, DRAFT_NAMES)
def test_law_9_collected_violations_are_the_same_verdict(
    schema: Any, value: Any, draft: str
) -> None:
    """Law 9 with `collect=True`: the first violation is the one that would be raised."""
    expected = valid(schema, value, draft)
    assume(expected is not None)
    parser = JSONParser(validator=make_validator(schema, draft=draft, collect=True))
    text = json.dumps(value)
    parser.feed(text)
    parser.finish()
    assert (not parser.violations) is expected
    assert parser.value == value
    raised = violation_of(make_validator(schema, draft=draft), [text])
    if raised is not None:
        first = parser.violations[0]
        assert (first.code, first.offset, first.path, first.schema_path) == raised[:4]


@settings(suppress_health_check=list(HealthCheck))
@given(SCHEMAS, st.data())
def test_law_9_a_document_made_from_the_schema_is_accepted(
    schema: Any, data: st.DataObject
) -> None:
    """Law 9: a valid document that hypothesis-jsonschema made from the schema is accepted."""
    validator = make_validator(schema)
    try:
        value = data.draw(from_schema(schema))
    except Exception:  # It does not support every keyword and every version of Hypothesis.
        assume(False)
    assume(valid(schema, value))
    text = json.dumps(value)
    assert violation_of(validator, chars(text)) is None


@given(SCHEMAS, VALUES, VALUES)
def test_law_9_a_rejected_prefix_has_no_valid_end(schema: Any, one: Any, other: Any) -> None:
    """Law 9: a rejected prefix is rejected with any continuation."""
    validator = make_validator(schema)
    text = json.dumps([one, other])
    refused = violation_of(validator, [text])
    assume(refused is not None)
    assert refused is not None
    beginning = text[: refused[1] + 1]
    for tail in ("]", "1]", '"]', "}]", '": 1}]', "null]"):
        try:
            value = json.loads(beginning + tail)
        except ValueError:
            continue
        assert not valid(schema, value)


# Recorded calls and outputs.

RECORDED = {"tool_call_arguments.jsonl": "arguments", "structured_outputs.jsonl": "output"}


def recorded(path: Path, field: str) -> Iterator[tuple[Any, str]]:
    """Yield the schemas and texts of a recording, without malformed ones."""
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        schema, text = row.get("schema"), row.get(field)
        try:
            json.loads(text)
            validators.validator_for(schema, Draft202012Validator).check_schema(schema)
        except Exception:
            continue
        yield schema, text


@pytest.mark.parametrize("name", RECORDED)
def test_law_9_recorded_verdicts(name: str, shared_data: Path) -> None:
    """Law 9 for recorded output of models, in any chunking."""
    count = 0
    for schema, text in recorded(shared_data / name, RECORDED[name]):
        validator = SchemaValidator(schema)
        whole = violation_of(validator, [text])
        assert (whole is None) is valid(schema, json.loads(text))
        assert (
            violation_of(validator, chars(text))
            == violation_of(validator, ragged(text, 1))
            == whole
        )
        count += 1
    assert count > 200


# Mutations of a valid document, and the character at which each is rejected.

ORDER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]+$"},
        "status": {"enum": ["open", "paid", "shipped"]},
        "lines": {
            "type": "array",
            "maxItems": 3,
            "items": {
                "type": "object",
                "properties": {
                    "sku": {"type": "string", "maxLength": 8},
                    "count": {"type": "integer", "minimum": 1},
                    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                },
                "required": ["sku", "count"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["id", "status", "lines"],
    "additionalProperties": False,
}
VALID = (
    '{"id": "AB-12", "status": "paid", "lines": [{"sku": "pen", "count": 2}, '
    '{"sku": "ink", "count": 1, "note": null}, {"count": 3, "sku": "paper", "note": "A4"}]}'
)
# The replaced text, the replacement, the code, and which character of the new text is rejected,
# counted from 1.
MUTATIONS: list[tuple[str, str, str, int]] = [
    ('"AB-12"', "12", "type", 1),
    ('"AB-12"', '"AB12"', "pattern", 4),
    ('"paid"', '"payed"', "enum", 4),
    ('"paid"', '"pai"', "enum", 5),
    ('"status"', '"state"', "additionalProperties", 6),
    ('"status"', '"stat"', "additionalProperties", 6),
    ('"count": 2', '"count": "2"', "type", 10),
    ('"count": 2', '"count": 0', "minimum", 11),
    ('"count": 2', '"count": 2.5', "type", 13),
    ('"pen"', '"a pencil!"', "maxLength", 10),
    ('"note": null', '"note": 1', "anyOf", 9),
    ('"A4"}', '"A4"}, {}', "maxItems", 8),
    ('"A4"}', '"A4", "colour": 1}', "additionalProperties", 10),
    (', "count": 2}', "}", "required", 1),
]


def test_the_document_of_the_mutations_is_valid() -> None:
    assert violation_of(SchemaValidator(ORDER), [VALID]) is None


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one[1])
def test_how_early_a_mutation_is_refused(mutation: tuple[str, str, str, int]) -> None:
    """Law 9: a mutation is rejected at the first character that makes the document invalid."""
    old, new, code, read = mutation
    text = VALID.replace(old, new, 1)
    for fragments in ([text], chars(text), ragged(text, 3)):
        refused = violation_of(SchemaValidator(ORDER), fragments)
        assert refused is not None
        assert (refused[0], refused[1]) == (code, VALID.index(old) + read - 1)


def mutated(value: Any, random: Random) -> Any:
    """Return a copy with one random change: of a type, a key, an array or a text."""
    value = json.loads(json.dumps(value))
    places: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        places += [(holder, key) for key in keys]
        waiting += [holder[key] for key in keys if isinstance(holder[key], (dict, list))]
    if not places:
        return [value]
    holder, key = random.choice(places)
    kind = random.randrange(4)
    if kind == 0:
        holder[key] = random.choice([None, True, 7, -0.5, "x", [], {}, [7], {"x": 7}])
    elif kind == 1 and isinstance(holder, dict):
        holder[f"{key}x"] = holder.pop(key)
    elif kind == 2 and isinstance(holder, list):
        holder += holder
    elif isinstance(holder[key], str):
        holder[key] = holder[key][:-1] if random.random() < 0.5 else holder[key] * 40 + "x"
    return value


@pytest.mark.parametrize("name", RECORDED)
def test_law_9_mutated_recorded_documents(name: str, shared_data: Path) -> None:
    """Law 9: the verdict is the reference library's, and most violations are found early."""
    random = Random(name)
    shares: list[float] = []
    for schema, text in recorded(shared_data / name, RECORDED[name]):
        validator = SchemaValidator(schema)
        for _ in range(3):
            value = mutated(json.loads(text), random) if text[:1] in "{[" else [text]
            changed = json.dumps(value)
            refused = violation_of(validator, chars(changed))
            assert (refused is None) is valid(schema, value)
            if refused is not None and refused[0] != "required":
                shares.append(refused[1] / len(changed))
    assert len(shares) > 50
    assert sum(share < 0.9 for share in shares) / len(shares) > 0.5


def test_law_7_a_violation_is_no_truncation() -> None:
    """Law 7: input that ends early raises `IncompleteError`, which is no `SchemaViolation`."""
    parser = JSONParser(validator=SchemaValidator(ORDER))
    parser.feed(VALID[:-1])
    with pytest.raises(IncompleteError):
        parser.finish()
    assert not issubclass(IncompleteError, SchemaViolation)
