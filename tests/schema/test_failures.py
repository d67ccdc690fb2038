"""Tests of streamparse.schema.failures: how the failure of one part leads to others."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import SchemaViolation
from streamparse.schema import SchemaValidator
from streamparse.schema.failures import FailurePropagation
from streamparse.schema.nodes import ANY, IF, MUST, NOT, Branch, Failure, Group, LiveGroup, Node
from tests.helpers import cut
from tests.schema.schemas import violation_of

NODE = Node(0, (), {"anyOf": [{}, {}]})


def propagation(collect: bool = True) -> FailurePropagation:
    return FailurePropagation(SchemaValidator({})._program, None, collect)


def choice(kind: int, members: int) -> tuple[LiveGroup, list[Branch]]:
    """Return a choice that must succeed, and its alternatives."""
    live = LiveGroup(Group(kind, NODE, "anyOf"), NODE, kind, MUST)
    branches = [Branch() for _ in range(members)]
    live.members = [*branches]
    live.alive = members
    for branch in branches:
        branch.choices.append(live)
    return live, branches


def failure(offset: int, keyword: str = "minLength") -> Failure:
    return Failure(Node(0, (), {"minLength": 2}), keyword, ("a",), offset, 1)


def reported(validator: FailurePropagation) -> list[tuple[str, int]]:
    return [
        (one.code, one.offset) for one in validator.violations if isinstance(one, SchemaViolation)
    ]


def test_a_choice_fails_with_its_last_alternative() -> None:
    validator = propagation()
    _, (one, other) = choice(ANY, 2)
    validator._fail_branch(one, failure(3))
    validator._fail_branch(one, failure(4))  # It has already failed.
    assert reported(validator) == []
    validator._fail_branch(other, failure(5))
    assert reported(validator) == [("minLength", 5)]  # The last alternative gives the reason.


def test_alternatives_that_fail_together_fail_for_the_choice() -> None:
    validator = propagation()
    _, branches = choice(ANY, 2)
    for branch in branches:
        validator._fail_branch(branch, failure(3))
    assert reported(validator) == [("anyOf", 3)]


def test_a_failed_not_is_valid() -> None:
    validator = propagation()
    live, (inner,) = choice(NOT, 1)
    validator._fail_branch(inner, failure(3))
    validator._resolve([live], 5, False)
    assert reported(validator) == []


@pytest.mark.parametrize(("order", "offset"), [((0, 2), 7), ((2, 0), 7), ((2,), 0), ((1,), 9)])
def test_conditions(order: tuple[int, ...], offset: int) -> None:
    validator = propagation()
    live, branches = choice(IF, 3)
    for at, number in zip((3, 7), order, strict=False):
        validator._fail_branch(branches[number], failure(at))
    validator._resolve([live], 9, False)
    assert reported(validator) == ([("minLength", offset)] if offset else [])


def test_parents_fail_with_their_children_at_any_depth() -> None:
    validator = propagation()
    live, (one, other) = choice(ANY, 2)
    validator._fail_branch(other, failure(1))
    deepest = one
    for _ in range(5_000):
        branch = Branch()
        branch.parents.append(deepest)
        deepest = branch
    validator._fail_branch(deepest, failure(2))
    assert one.dead
    assert live.alive == 0
    assert reported(validator) == [("minLength", 2)]


def test_raising() -> None:
    with pytest.raises(SchemaViolation) as caught:
        propagation(collect=False)._fail_branch(MUST, failure(3))
    assert (caught.value.code, caught.value.path) == ("minLength", ("a",))


@pytest.mark.parametrize(
    ("schema", "text", "code", "path", "offset"),
    [
        ({"oneOf": [{"type": "integer"}, {"minimum": 0}]}, "[5]", "oneOf", (0,), 2),
        ({"not": {"required": ["a"]}}, '[{"a": 1}]', "not", (0,), 8),
        ({"contains": {"type": "null"}}, "[[1, 2]]", "contains", (0,), 6),
        ({"contains": {}, "minContains": 3}, "[[1, 2]]", "minContains", (0,), 6),
        ({"anyOf": [{"type": "null"}, {"minLength": 3}]}, '["ab"]', "minLength", (0,), 4),
        ({"if": {"minLength": 3}, "then": {"pattern": "^b"}}, '["abc"]', "pattern", (0,), 5),
        ({"if": {"type": "string"}, "else": {"maximum": 3}}, "[4]", "maximum", (0,), 2),
        ({"dependentSchemas": {"a": {"required": ["b"]}}}, '[{"a": 1}]', "required", (0,), 8),
        (
            {"properties": {"a": {"items": {"type": "null"}}}},
            '[{"a": [null, 1]}]',
            "type",
            (0, "a", 1),
            14,
        ),
        ({"maxItems": 1}, '[{"a": 1}, [2, 3]]', "maxItems", (1,), 15),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 100])
def test_places_of_failed_choices_and_containers(
    schema: Any, text: str, code: str, path: tuple[Any, ...], offset: int, size: int
) -> None:
    """A violation has the path of the rejected value and the offset of the deciding character."""
    refused = violation_of(SchemaValidator({"items": schema}), cut(text, [size]))
    assert refused is not None
    assert refused[:3] == (code, offset, path)
