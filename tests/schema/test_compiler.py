"""Tests of streamparse.schema.compiler: each schema object becomes one node."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from referencing import Registry
from referencing.jsonschema import DRAFT7, DRAFT202012

from streamparse.schema import SchemaValidator
from streamparse.schema.nodes import Node
from tests.helpers import cut
from tests.schema.schemas import DRAFTS, SCHEMAS, VALUES, make_validator, valid, violation_of
from tests.strategies import SIZES


def nodes(schema: Any, **options: Any) -> list[Node]:
    return SchemaValidator(schema, **options)._program.nodes


def test_one_node_for_each_schema_object() -> None:
    schema = {
        "properties": {"a": {"$ref": "#/$defs/x"}, "b": {"$ref": "#/$defs/x"}},
        "$defs": {"x": {"items": {"$ref": "#"}}},
    }
    # The root, the two references, their target, and its items.
    assert len(nodes(schema)) == 5


def test_paths_start_at_the_root_of_the_document() -> None:
    schema = {
        "properties": {"a": {"$ref": "#/$defs/x~1y"}},
        "$defs": {"x/y": {"not": {"const": 1}}},
    }
    assert {node.path for node in nodes(schema)} == {
        (),
        ("properties", "a"),
        ("$defs", "x/y"),
        ("$defs", "x/y", "not"),
    }


@pytest.mark.parametrize("reference", [5, None, True, [], {}, ["a"]])
def test_a_reference_that_is_not_a_string(reference: Any) -> None:
    schema = {"$schema": "http://json-schema.org/draft-04/schema#", "$ref": reference}
    with pytest.raises(ValueError, match=r"bad schema|unresolvable"):
        SchemaValidator({**schema, "properties": {"a": schema}})
    with pytest.raises(ValueError, match="unresolvable"):
        SchemaValidator(schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/missing"},
        {"$ref": "https://example.com/nowhere.json"},
        {"$ref": "#nowhere"},
        {"properties": {"a": {"$dynamicRef": "#nowhere"}}},
    ],
)
def test_a_reference_without_a_target(schema: Any) -> None:
    with pytest.raises(ValueError, match="unresolvable"):
        SchemaValidator(schema)


def test_schemas_of_a_registry() -> None:
    resource = DRAFT202012.create_resource({"$defs": {"n": {"type": "integer"}}})
    registry: Any = Registry().with_resource("https://example.com/s", resource)
    schema = {"items": {"$ref": "https://example.com/s#/$defs/n"}}
    validator = SchemaValidator(schema, registry=registry)
    assert violation_of(validator, ["[1, 2]"]) is None
    refused = violation_of(validator, ['[1, "']) or ()
    assert refused[:4] == ("type", 4, (1,), ("https://example.com/s", "$defs", "n", "type"))


def test_the_meta_schemas_are_known() -> None:
    validator = SchemaValidator({"$ref": "https://json-schema.org/draft/2020-12/schema"})
    assert violation_of(validator, ['{"properties": {"a": {"type": "object"}}}']) is None
    refused = violation_of(validator, ['{"properties": {"a": {"type": "objekt"}}}']) or ()
    assert refused[0] in ("anyOf", "enum")


def test_a_dynamic_reference_depends_on_its_scope() -> None:
    schema = {
        "$id": "https://example.com/strict-tree",
        "$dynamicAnchor": "node",
        "$ref": "tree",
        "unevaluatedProperties": False,
        "$defs": {
            "tree": {
                "$id": "https://example.com/tree",
                "$dynamicAnchor": "node",
                "properties": {"data": True, "children": {"items": {"$dynamicRef": "#node"}}},
            }
        },
    }
    validator = SchemaValidator(schema)
    assert violation_of(validator, ['{"children": [{"data": 1}]}']) is None
    refused = violation_of(validator, ['{"children": [{"daat": 1}]}']) or ()
    assert refused[:3] == ("unevaluatedProperties", 18, ("children", 0))


def test_keywords_beside_a_reference_are_ignored_up_to_draft_7() -> None:
    schema = {"definitions": {"x": {}}, "$ref": "#/definitions/x", "type": "string"}
    assert violation_of(SchemaValidator(schema, draft="draft7"), ["1"]) is None
    assert violation_of(SchemaValidator(schema), ["1"]) is not None


def test_keywords_of_later_drafts_are_ignored() -> None:
    schema = {"prefixItems": [True], "items": False, "dependentRequired": {"a": ["b"]}}
    assert violation_of(SchemaValidator(schema), ["[1]"]) is None
    assert (violation_of(SchemaValidator(schema, draft="draft2019-09"), ["[1]"]) or ())[1] == 1
    assert violation_of(SchemaValidator(schema, draft="draft7"), ['{"a": 1}']) is None


def test_exclusive_bounds_of_draft_4() -> None:
    schema = {"minimum": 1, "exclusiveMinimum": True, "maximum": 5}
    for text in ("1", "1.5", "5", "6"):
        refused = violation_of(SchemaValidator(schema, draft="draft4"), [text])
        assert (refused is None) is valid(schema, float(text), "draft4")


OLD = "http://json-schema.org/draft-04/schema#"


@pytest.mark.parametrize(
    ("schema", "text", "code", "offset"),
    [
        ({"const": 1, "maximum": 5}, '{"old": 2}', None, 0),  # Draft 4 has no `const`.
        ({"const": 1, "maximum": 5}, '{"old": 6}', "maximum", 9),
        ({"items": {"const": 1, "type": "integer"}}, '{"old": [2, 1.0]}', "type", 15),
        ({"$ref": "#/$defs/new"}, '{"old": {}}', None, 0),  # `$ref` is read in the old dialect.
        ({"dependencies": {"a": ["b"]}}, '{"old": {"a": 1}}', "dependencies", 15),
        ({"enum": []}, '{"old": 1}', "$schema", 9),  # Draft 4 requires at least one value.
    ],
)
def test_a_subschema_in_another_dialect(
    schema: Any, text: str, code: str | None, offset: int
) -> None:
    whole = {
        "properties": {"old": {"$schema": OLD, **schema}},
        "$defs": {"new": {"const": 1}},
    }
    refused = violation_of(SchemaValidator(whole), [text])
    assert (refused is None) is valid(whole, json.loads(text), "draft2020-12")
    assert (refused and refused[:2]) == (code and (code, offset))


@given(SCHEMAS, SCHEMAS, st.sampled_from(sorted(DRAFTS)), st.lists(VALUES, max_size=3), SIZES)
def test_subschemas_in_other_dialects_agree_with_the_library(
    one: Any, other: Any, draft: str, value: list[Any], sizes: list[int]
) -> None:
    assume(isinstance(one, dict))
    part = {**one, "$schema": DRAFTS[draft]}
    schema = {"items": {"anyOf": [part, {"allOf": [other, {"not": part}]}]}, "maxItems": 2}
    validator = make_validator(schema)
    expected = valid(schema, value)
    assume(expected is not None)
    text = json.dumps(value, ensure_ascii=False)
    whole = violation_of(validator, [text])
    assert (whole is None) is expected
    assert violation_of(validator, cut(text, sizes)) == whole


def test_the_library_validates_unsupported_dialects() -> None:
    schema = {"$schema": "http://json-schema.org/draft-03/schema#", "disallow": "integer"}
    for whole, texts in (
        (schema, ("1.5", "1 ")),
        ({"items": {"$ref": "#/$defs/x"}, "$defs": {"x": schema}}, ("[1.5]", "[1]")),
    ):
        validator = SchemaValidator(whole)
        assert violation_of(validator, [texts[0]]) is None
        assert (violation_of(validator, [texts[1]]) or ())[0] == "$schema"


def test_schemas_of_other_drafts_in_a_registry() -> None:
    registry: Any = Registry().with_resource("urn:x", DRAFT7.create_resource({"minimum": 2}))
    assert violation_of(SchemaValidator({"$ref": "urn:x"}, registry=registry), ["1"]) is not None


def test_a_schema_with_too_many_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamparse.schema.compiler._MAX_NODES", 100)
    with pytest.raises(ValueError, match="parts"):
        SchemaValidator({"allOf": [{"anyOf": [{"minimum": 1}] * 5} for _ in range(100)]})


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/minimum/x", "minimum": 3},
        {"$ref": "#/default/x", "default": None},
        {"$ref": "#/x/y", "x": True},
    ],
)
def test_a_reference_into_a_scalar(schema: Any) -> None:
    with pytest.raises(ValueError, match="unresolvable"):
        SchemaValidator(schema)


BAD_PARTS: list[dict[Any, Any]] = [
    {"$id": 5},
    {"$ref": 5},
    {"$schema": 5},
    {"$schema": []},
    {"anyOf": 5},
    {"contains": {}, "minContains": "x"},
    {"dependentRequired": {"a": 5}},
    {"enum": 5},
    {"maxLength": float("inf")},
    {"minLength": None},
    {"minimum": "a"},
    {"multipleOf": 0},
    {"pattern": 5},
    {"patternProperties": {5: True}},
    {"patternProperties": 5},
    {"prefixItems": 5},
    {"properties": 5},
    {"required": [[5]]},
    {"type": [[5]]},
    {"unevaluatedProperties": False, "properties": [1, 2]},
]


@pytest.mark.parametrize("part", BAD_PARTS, ids=str)
def test_a_reference_to_an_invalid_schema(part: dict[Any, Any]) -> None:
    """The target of a reference is checked, even where the meta-schema does not check it."""
    registry: Any = Registry().with_resource("urn:x", DRAFT202012.create_resource({"x": part}))
    for schema in (part, {"$ref": "#/x", "x": part}, {"$ref": "urn:x#/x"}):
        with pytest.raises(ValueError, match="bad schema"):
            SchemaValidator(schema, registry=registry)


def test_the_error_names_the_location_of_the_bad_part() -> None:
    with pytest.raises(ValueError, match="at #/x/properties/a/minimum:"):
        SchemaValidator({"$ref": "#/x", "x": {"properties": {"a": {"minimum": "b"}}}})


def test_a_part_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    monkeypatch.setattr(
        "streamparse.schema.compiler.check_schema", lambda *given: checked.append(given[2])
    )
    places = ["#", "#/$defs/a", "#/$defs/a/items", "#/x", "#/x/items", "#/x", "#/y"]
    parts: dict[str, Any] = {"x": {"items": {}}, "y": {}, "$defs": {"a": {"items": {}}}}
    SchemaValidator(
        {"properties": {str(n): {"$ref": one} for n, one in enumerate(places)}, **parts}
    )
    assert sorted(checked) == ["#/x", "#/y"]


def test_counts_without_bound() -> None:
    most = {"maxLength": 10**30, "maxItems": 10**30, "maxProperties": 10**30}
    assert violation_of(SchemaValidator(most), ['["a"]']) is None
    refused = violation_of(SchemaValidator({"minItems": 10**30}), ["[1]"]) or ()
    assert refused[0] == "minItems"


@pytest.mark.parametrize(
    ("schema", "draft"),
    [
        ({"items": [{"type": "null"}, {"type": "string"}], "additionalItems": False}, "draft7"),
        ({"items": [{"type": "null"}], "additionalItems": {"type": "integer"}}, "draft7"),
        ({"items": {"type": "null"}, "additionalItems": False}, "draft7"),
        ({"items": [{"type": "null"}], "additionalItems": True}, "draft6"),
        ({"items": {"$recursiveRef": "#"}, "type": ["array", "null"]}, "draft2019-09"),
    ],
)
@pytest.mark.parametrize(
    "text", ["[]", "[null]", '[null, "a"]', '[null, "a", 1]', "[null, 1]", "[[]]"]
)
def test_items_of_earlier_drafts(schema: Any, draft: str, text: str) -> None:
    """The outcome is that of the reference library."""
    validator = SchemaValidator(schema, draft=draft)
    assert (violation_of(validator, [text]) is None) is valid(schema, json.loads(text), draft)


@pytest.mark.parametrize(
    "schema", [{"properties": {"a": 5}}, {"items": "x"}, {"type": "text"}, {"not": None}]
)
def test_a_bad_schema_has_no_nodes(schema: Any) -> None:
    with pytest.raises(ValueError, match="bad schema"):
        SchemaValidator(schema)


@pytest.mark.parametrize(
    ("schema", "texts"),
    [
        ({"type": "string", "pattern": "^a", "minLength": 2}, ['"ab"', '"ba"', '"a"', "1"]),
        ({"dependencies": {"a": ["b"], "c": {"minProperties": 3}}}, ['{"a": 1}', '{"c": 1}']),
        ({"dependentSchemas": {"a": {"required": ["b"]}}}, ['{"a": 1}', '{"a": 1, "b": 2}', "{}"]),
        ({"uniqueItems": False, "contains": {"type": "null"}}, ["[1, 1]", "[1, null, 1]"]),
        ({"uniqueItems": True}, ["[1, 1]", "[1, 2]"]),
        ({"if": {"minimum": 3}, "then": {"multipleOf": 2}}, ["1", "4", "5"]),
        ({"if": {"minimum": 3}, "else": {"multipleOf": 2}}, ["1", "2", "5"]),
        ({"not": {"type": "integer"}}, ["1", "1.5"]),
        ({"additionalProperties": True, "properties": {"a": False}}, ['{"b": 1}', '{"a": 1}']),
        (
            {"patternProperties": {"^a": True}, "additionalProperties": {"type": "null"}},
            ['{"ab": 1, "b": null}', '{"ab": 1, "b": 1}'],
        ),
        ({"propertyNames": {"maxLength": 1}, "maxProperties": 1}, ['{"a": 1}', '{"aa": 1}']),
        ({"oneOf": [{"minimum": 2}, {"maximum": 4}]}, ["1", "3", "5"]),
    ],
    ids=str,
)
def test_keywords_agree_with_the_library(schema: Any, texts: list[str]) -> None:
    for draft in ("draft2020-12", "draft7"):
        validator = SchemaValidator(schema, draft=draft)
        for text in texts:
            accepted = violation_of(validator, [text]) is None
            assert accepted is valid(schema, json.loads(text), draft), (draft, text)


@pytest.mark.parametrize("formats", [True, False])
def test_formats_are_checked_only_on_request(formats: bool) -> None:
    validator = SchemaValidator({"format": "ipv4"}, formats=formats)
    refused = violation_of(validator, ['"1.2.3"'])
    assert (refused and refused[0]) == ("format" if formats else None)


@pytest.mark.parametrize(
    "schema", [{"$ref": "#"}, {"allOf": [{"$ref": "#"}]}, {"$ref": "#/x", "x": {"$ref": "#"}}]
)
def test_a_cycle_of_references(schema: Any) -> None:
    with pytest.raises(ValueError, match="never ends"):
        SchemaValidator(schema)


@pytest.mark.parametrize("target", [5, "x", ["a"]])
def test_a_reference_to_something_that_is_no_schema(target: Any) -> None:
    with pytest.raises(ValueError, match=r"bad schema|unresolvable"):
        SchemaValidator({"$ref": "#/x", "x": target})


def test_the_path_of_an_anchor_in_another_document() -> None:
    contents = {"$defs": {"n": {"$anchor": "number", "type": "integer"}}}
    resource = DRAFT202012.create_resource(contents)
    registry: Any = Registry().with_resource("https://example.com/s", resource)
    schema = {"$ref": "https://example.com/s#number"}
    refused = violation_of(SchemaValidator(schema, registry=registry), ['"a"']) or ()
    assert refused[:4] == ("type", 0, (), ("https://example.com/s#number", "type"))
