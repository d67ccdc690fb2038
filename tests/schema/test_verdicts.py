"""Tests of streamparse.schema.verdicts: what dies with what."""

from __future__ import annotations

import pytest

from streamparse import SchemaViolation
from streamparse.schema import SchemaValidator
from streamparse.schema.nodes import ANY, IF, MUST, NOT, Branch, Failure, Group, LiveGroup, Node
from streamparse.schema.verdicts import Court

NODE = Node(0, (), {"anyOf": [{}, {}]})


def court(collect: bool = True) -> Court:
    return Court(SchemaValidator({})._program, None, collect)


def choice(kind: int, members: int) -> tuple[LiveGroup, list[Branch]]:
    """A choice that the document hangs on, and its alternatives."""
    live = LiveGroup(Group(kind, NODE, "anyOf"), NODE, kind, MUST)
    branches = [Branch() for _ in range(members)]
    live.members = [*branches]
    live.alive = members
    for branch in branches:
        branch.choices.append(live)
    return live, branches


def failure(offset: int, keyword: str = "minLength") -> Failure:
    return Failure(Node(0, (), {"minLength": 2}), keyword, ("a",), offset, 1)


def told(judge: Court) -> list[tuple[str, int]]:
    return [(one.code, one.offset) for one in judge.violations if isinstance(one, SchemaViolation)]


def test_the_last_alternative_takes_the_choice_with_it() -> None:
    judge = court()
    _, (one, other) = choice(ANY, 2)
    judge._lose(one, failure(3))
    judge._lose(one, failure(4))  # dead already
    assert told(judge) == []
    judge._lose(other, failure(5))
    assert told(judge) == [("minLength", 5)]  # why the last one was lost


def test_alternatives_lost_at_once_are_lost_for_the_choice() -> None:
    judge = court()
    _, branches = choice(ANY, 2)
    for branch in branches:
        judge._lose(branch, failure(3))
    assert told(judge) == [("anyOf", 3)]


def test_what_is_excluded_may_be_lost() -> None:
    judge = court()
    live, (inner,) = choice(NOT, 1)
    judge._lose(inner, failure(3))
    judge._settle([live], 5, False)
    assert told(judge) == []


@pytest.mark.parametrize(("order", "offset"), [((0, 2), 7), ((2, 0), 7), ((2,), 0), ((1,), 9)])
def test_conditions(order: tuple[int, ...], offset: int) -> None:
    judge = court()
    live, branches = choice(IF, 3)
    for at, place in zip((3, 7), order, strict=False):
        judge._lose(branches[place], failure(at))
    judge._settle([live], 9, False)
    assert told(judge) == ([("minLength", offset)] if offset else [])


def test_parents_die_with_their_parts_at_any_depth() -> None:
    judge = court()
    live, (one, other) = choice(ANY, 2)
    judge._lose(other, failure(1))
    deepest = one
    for _ in range(5_000):
        branch = Branch()
        branch.parents.append(deepest)
        deepest = branch
    judge._lose(deepest, failure(2))
    assert one.dead
    assert live.alive == 0
    assert told(judge) == [("minLength", 2)]


def test_raising() -> None:
    with pytest.raises(SchemaViolation) as caught:
        court(collect=False)._lose(MUST, failure(3))
    assert (caught.value.code, caught.value.path) == ("minLength", ("a",))
