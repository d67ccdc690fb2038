"""Tests of streamparse.schema.literals: containers in `const` and `enum`, item by item."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import JSONParser, SchemaViolation
from streamparse.schema import SchemaValidator
from streamparse.schema.literals import MAX_FOLLOWED, follow, values_of
from streamparse.schema.nodes import ARRAY, NULL, NUMBER, OBJECT, STRING, Node
from tests.helpers import cut
from tests.parts import chars, cuttings, failure
from tests.schema.schemas import VALUES, valid, violation_of
from tests.strategies import SIZES

SHAPES: list[Any] = [
    {"kind": "circle", "radius": 1},
    {"kind": "square", "side": [1, 2]},
    [],
    [[0], None, True],
    "circle",
    7,
]

# The allowed values, a document, and where it is rejected.
ROWS: list[tuple[Any, str, int, tuple[Any, ...]]] = [
    (SHAPES, '{"kind": "c", ', 11, ("kind",)),
    (SHAPES, '{"kind": "circle", "side": [1, 2]}', 20, ()),
    (SHAPES, '{"side": [1, 3, 4]}', 14, ("side", 1)),
    (SHAPES, '{"side": [1, 2], "kind": "square", "side": [2, 2]}', 45, ("side", 0)),
    (SHAPES, '{"kind": "square"}', 17, ()),
    (SHAPES, "[[0], null, 1]", 12, (2,)),
    (SHAPES, "[[1], null, true]", 3, (0, 0)),
    (SHAPES, "[[0]]", 4, ()),
    (SHAPES, "[[0], null, true, 4]", 18, ()),
    (SHAPES, "7.5 ", 3, ()),
    (SHAPES, "null", 0, ()),
    ([{}], '{"a"', 2, ()),
    ([{"a": {"b": []}}], '{"a": {"b": [0', 13, ("a", "b")),
    ([{"a": {"b": []}}], '{"a": {}', 7, ("a",)),
    ([{"a": False}, {"a": 0}], '{"a": 1,', 7, ("a",)),
    ([{"a": False}, {"a": 0}], '{"a": true', 6, ()),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1])
def test_rejected_at_the_first_part_that_differs(row: tuple[Any, str, int, Any]) -> None:
    allowed, text, offset, path = row
    validator = SchemaValidator({"enum": allowed})
    for fragments in cuttings(text):
        error = failure(JSONParser(validator=validator), fragments)
        assert isinstance(error, SchemaViolation)
        assert (error.code, error.offset, error.path) == ("enum", offset, path)
        assert error.schema_path == ("enum",)


@pytest.mark.parametrize(
    "text", ['{"radius": 1, "kind": "circle"}', "[]", "[[0], null, true]", '"circle"', "7.0"]
)
def test_allowed_in_any_order(text: str) -> None:
    assert violation_of(SchemaValidator({"enum": SHAPES}), [text]) is None


CONTAINERS = VALUES.filter(lambda value: isinstance(value, (dict, list)))


@given(st.data(), st.lists(CONTAINERS, min_size=1, max_size=4), SIZES)
def test_the_result_is_that_of_the_library(
    data: st.DataObject, allowed: list[Any], sizes: list[int]
) -> None:
    value = data.draw(st.sampled_from(allowed) | VALUES)
    one = data.draw(st.booleans())
    schema = {"const": allowed[0]} if one else {"enum": allowed}
    for outer, inner in [(schema, value), ({"not": schema}, value)]:
        text = json.dumps(inner, ensure_ascii=False)
        validator = SchemaValidator(outer)
        whole = violation_of(validator, [text])
        assert (whole is None) is valid(outer, inner, "draft2020-12")
        assert (
            violation_of(validator, chars(text))
            == violation_of(validator, cut(text, sizes))
            == whole
        )


def test_each_difference_is_collected_once() -> None:
    validator = SchemaValidator({"const": {"a": {"b": [1, 2]}, "c": 3}}, collect=True)
    parser = JSONParser(validator=validator)
    parser.feed('{"a": {"b": [1, 5, 6], "d": 0}, "c": "3"}')
    assert [(one.code, one.path) for one in parser.violations] == [
        ("const", ("a", "b", 1)),
        ("const", ("a", "b")),
        ("const", ("a",)),
        ("const", ("c",)),
    ]


def test_kinds() -> None:
    values = values_of("enum", [*SHAPES, None])
    kinds = [OBJECT, ARRAY, STRING, NUMBER, NULL]
    assert values.kinds == sum(1 << kind for kind in kinds)
    assert values.numbers == {7}
    assert values.words is not None
    assert values.words.words == ["circle"]


def test_large_containers_are_compared_at_the_end() -> None:
    def new_node(schema: dict[str, Any]) -> Node:
        return Node(0, (), schema)

    assert follow(values_of("enum", [1, "a"]), new_node) is None
    assert follow(values_of("const", [[0] * (MAX_FOLLOWED - 1)]), new_node) is not None
    assert follow(values_of("const", [[0] * MAX_FOLLOWED]), new_node) is None
    validator = SchemaValidator({"const": [0] * MAX_FOLLOWED})
    assert violation_of(validator, [json.dumps([0] * MAX_FOLLOWED)]) is None
    error = failure(JSONParser(validator=validator), ["[1, 0]"])
    assert (error.code, error.offset) == ("const", 5)
