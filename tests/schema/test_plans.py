"""Tests of streamparse.schema.plans: a schema is simplified for each kind of value."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse.schema.nodes import ARRAY, KINDS, NULL, NUMBER, OBJECT, STRING, TRUE, KindPlan
from streamparse.schema.plans import MAX_WEIGHT
from streamparse.schema.validator import SchemaValidator
from tests.schema.schemas import violation_of


def plan(schema: Any, kind: int) -> KindPlan:
    root = SchemaValidator(schema)._program.root
    assert root is not None
    return root.plans[kind]


def rejected_kinds(schema: Any) -> list[int]:
    """Return the kinds that a schema rejects."""
    return [kind for kind in range(KINDS) if plan(schema, kind).refusal is not None]


@pytest.mark.parametrize(
    ("schema", "allowed"),
    [
        ({"type": "string"}, [STRING]),
        ({"type": ["integer", "null"]}, [NUMBER, NULL]),
        ({"enum": ["a", 1, True, {}]}, [OBJECT, STRING, NUMBER, TRUE]),
        ({"const": []}, [ARRAY]),
        ({"allOf": [{"type": ["string", "null"]}, {"type": ["null", "array"]}]}, [NULL]),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, [STRING, NULL]),
        ({"not": {"type": ["string", "number", "boolean", "array"]}}, [OBJECT, NULL]),
        ({"oneOf": [{"type": ["string", "null"]}, {"type": ["null", "array"]}]}, [ARRAY, STRING]),
        ({"if": {"type": "string"}, "then": False, "else": {"type": ["null", "string"]}}, [NULL]),
        ({"$ref": "#/$defs/x", "$defs": {"x": {"type": "null"}}}, [NULL]),
        (False, []),
    ],
)
def test_kinds(schema: Any, allowed: list[int]) -> None:
    assert rejected_kinds(schema) == [kind for kind in range(KINDS) if kind not in allowed]


def test_a_single_alternative_is_not_a_choice() -> None:
    schema = {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]}
    assert not plan(schema, STRING).groups
    assert len(plan(schema, STRING).nodes) == 1
    assert plan(schema, NULL).idle


def test_real_alternatives_stay() -> None:
    schema = {"oneOf": [{"maxLength": 3}, {"minLength": 2}, {"type": "null"}]}
    (group,) = plan(schema, STRING).groups
    assert len(group.plans) == 2
    assert plan(schema, STRING).tasks is None
    assert plan(schema, NUMBER).refusal is not None  # Two alternatives allow every number.


def test_an_alternative_that_always_passes_is_counted() -> None:
    (group,) = plan({"oneOf": [{}, {"maxLength": 3}]}, STRING).groups
    assert group.passes == 1


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
        {"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}},
    ],
)
def test_an_endless_schema_is_rejected(schema: Any) -> None:
    with pytest.raises(ValueError, match="never ends"):
        SchemaValidator(schema)


def test_the_library_validates_schemas_that_are_too_heavy(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = {"items": {"anyOf": [{"minimum": 5}, {"multipleOf": 7}, {"maximum": -3}]}}
    early = violation_of(SchemaValidator(schema), ["[6, 0, 3]"])
    monkeypatch.setattr("streamparse.schema.plans.MAX_WEIGHT", 2)
    late = SchemaValidator(schema)
    assert violation_of(late, ["[6, 0, -3]"]) is None
    refused = violation_of(late, ["[6, 0, 3]"])
    assert early is not None
    assert refused is not None
    assert refused[1:3] == early[1:3]
    assert (early[0], refused[0]) == ("anyOf", "allOf")


def doubled(keyword: str, levels: int) -> dict[str, Any]:
    """Return a chain of schemas, each of which refers to the next one twice."""
    parts: dict[str, Any] = {
        str(level): {keyword: [{"$ref": f"#/$defs/{level + 1}"}] * 2} for level in range(levels)
    }
    parts[str(levels)] = {"dependentSchemas": {"a": False}}
    return {"$ref": "#/$defs/0", "$defs": parts}


def test_a_choice_that_is_reached_twice_is_one_group() -> None:
    schema = doubled("allOf", 30)
    assert len(plan(schema, OBJECT).groups) == 1
    assert violation_of(SchemaValidator(schema), ['{"b": 1}']) is None
    assert (violation_of(SchemaValidator(schema), ['{"a": 1}']) or ())[0] == "false"


def test_groups_of_idle_branches_have_a_weight() -> None:
    """The number of groups that are kept for one value is bounded."""
    assert plan(doubled("anyOf", 3), OBJECT).weight == 15
    for levels in (3, 14):
        schema = doubled("anyOf", levels)
        assert plan(schema, OBJECT).weight <= MAX_WEIGHT
        assert violation_of(SchemaValidator(schema), ['{"b": 1}']) is None
        assert violation_of(SchemaValidator(schema), ['{"a": 1}']) is not None
