"""Tests of streamparse._clients.strict."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse._clients.strict import strict_schema

TEXT = {"type": "string"}


def closed(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def open_object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def test_all_properties_are_required_at_every_depth() -> None:
    inner = open_object(rows={"type": "integer", "default": 1, "title": "Rows"})
    schema = open_object(bed=inner, beds={"type": "array", "items": inner}, plant=TEXT)
    rows = closed(rows={"type": "integer", "title": "Rows"})
    assert strict_schema(schema) == closed(
        bed=rows, beds={"type": "array", "items": rows}, plant=TEXT
    )
    assert "required" not in inner  # The given schema is not changed.


def test_alternatives_become_any_of_without_their_discriminator() -> None:
    kinds = [open_object(fern=TEXT), open_object(moss=TEXT)]
    either = {"oneOf": kinds, "discriminator": {"propertyName": "kind"}}
    assert strict_schema(open_object(plant=either)) == closed(
        plant={"anyOf": [closed(fern=TEXT), closed(moss=TEXT)]}
    )


def test_a_reference_stands_alone() -> None:
    bed = open_object(plant=TEXT)
    schema = {
        **open_object(bed={"$ref": "#/$defs/Bed", "description": "The bed"}),
        "$defs": {"Bed": bed},
    }
    found = strict_schema(schema)
    assert found is not None
    assert found["properties"]["bed"] == {
        "description": "The bed",
        "anyOf": [{"$ref": "#/$defs/Bed"}],
    }
    assert found["$defs"] == {"Bed": closed(plant=TEXT)}


def test_formats_that_the_api_rejects_are_left_out() -> None:
    day, address = {"type": "string", "format": "date"}, {"type": "string", "format": "uri"}
    assert strict_schema(open_object(day=day, address=address)) == closed(day=day, address=TEXT)


def test_an_object_that_may_be_null_is_closed_too() -> None:
    bed = {"type": ["object", "null"], "properties": {"plant": TEXT}}
    found = strict_schema(open_object(bed=bed))
    assert found is not None
    assert found["properties"]["bed"] == {**closed(plant=TEXT), "type": ["object", "null"]}


@pytest.mark.parametrize(
    "part",
    [
        {},
        True,
        {"type": "object"},
        {"type": "object", "additionalProperties": TEXT},
        {**open_object(plant=TEXT), "additionalProperties": True},
        {"type": "array"},
        {"type": "array", "prefixItems": [TEXT]},
        {"type": "object", "patternProperties": {"^x": TEXT}},
        {"allOf": [TEXT, TEXT]},
        {"not": TEXT},
        {"description": "anything"},
        {"properties": {"plant": TEXT}},
    ],
)
def test_schemas_that_cannot_be_strict(part: Any) -> None:
    assert strict_schema(open_object(part=part)) is None
    assert strict_schema(part) is None


def test_the_root_is_an_object() -> None:
    assert strict_schema({"type": "array", "items": TEXT}) is None
