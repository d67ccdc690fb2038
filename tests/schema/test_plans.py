"""Tests of streamparse.schema.plans: what is left of a schema once the kind is known."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse.schema.nodes import ARRAY, KINDS, NULL, NUMBER, OBJECT, STRING, TRUE, Plan
from streamparse.schema.plans import HEAVIEST
from streamparse.schema.validator import SchemaValidator
from tests.schema.schemas import verdict


def plan(schema: Any, kind: int) -> Plan:
    root = SchemaValidator(schema)._program.root
    assert root is not None
    return root.plans[kind]


def refusing(schema: Any) -> list[int]:
    """The kinds that a schema refuses."""
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
    assert refusing(schema) == [kind for kind in range(KINDS) if kind not in allowed]


def test_an_alternative_that_is_alone_is_none() -> None:
    schema = {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]}
    assert not plan(schema, STRING).groups
    assert len(plan(schema, STRING).nodes) == 1
    assert plan(schema, NULL).idle


def test_real_alternatives_stay() -> None:
    schema = {"oneOf": [{"maxLength": 3}, {"minLength": 2}, {"type": "null"}]}
    (group,) = plan(schema, STRING).groups
    assert len(group.plans) == 2
    assert plan(schema, STRING).tasks is None
    assert plan(schema, NUMBER).refusal is not None  # two pass for certain


def test_one_that_is_certain_to_pass_is_counted() -> None:
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
def test_a_schema_without_end_is_a_bad_schema(schema: Any) -> None:
    with pytest.raises(ValueError, match="without end"):
        SchemaValidator(schema)


def test_what_is_too_much_to_follow_is_left_to_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = {"items": {"anyOf": [{"minimum": 5}, {"multipleOf": 7}, {"maximum": -3}]}}
    early = verdict(SchemaValidator(schema), ["[6, 0, 3]"])
    monkeypatch.setattr("streamparse.schema.plans.HEAVIEST", 2)
    late = SchemaValidator(schema)
    assert verdict(late, ["[6, 0, -3]"]) is None
    refused = verdict(late, ["[6, 0, 3]"])
    assert early is not None
    assert refused is not None
    assert refused[1:3] == early[1:3]
    assert (early[0], refused[0]) == ("anyOf", "allOf")


def doubled(keyword: str, levels: int) -> dict[str, Any]:
    """A schema that asks for the next one twice, again and again."""
    parts: dict[str, Any] = {
        str(level): {keyword: [{"$ref": f"#/$defs/{level + 1}"}] * 2} for level in range(levels)
    }
    parts[str(levels)] = {"dependentSchemas": {"a": False}}
    return {"$ref": "#/$defs/0", "$defs": parts}


def test_what_is_asked_twice_is_one_group() -> None:
    schema = doubled("allOf", 30)
    assert len(plan(schema, OBJECT).groups) == 1
    assert verdict(SchemaValidator(schema), ['{"b": 1}']) is None
    assert (verdict(SchemaValidator(schema), ['{"a": 1}']) or ())[0] == "false"


def test_groups_of_branches_that_ask_nothing_have_a_weight() -> None:
    """However many there are, not more than is bearable are kept for one value."""
    assert plan(doubled("anyOf", 3), OBJECT).weight == 15
    for levels in (3, 14):
        schema = doubled("anyOf", levels)
        assert plan(schema, OBJECT).weight <= HEAVIEST
        assert verdict(SchemaValidator(schema), ['{"b": 1}']) is None
        assert verdict(SchemaValidator(schema), ['{"a": 1}']) is not None
