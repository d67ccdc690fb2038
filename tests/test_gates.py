"""Tests of the checks that CI runs in addition to the tests: coverage and lower bounds."""

from __future__ import annotations

from tests.coverage_gate import misses
from tests.floors import PROJECT, floors


def test_a_module_below_the_minimum_is_found() -> None:
    assert misses({"a.py": (95, 85), "b.py": (100, 100)}, {}) == []
    assert misses({"a.py": (94, 84)}, {}) == [
        "a.py: 94 % by all tests, 95 % needed",
        "a.py: 84 % by its own tests, 85 % needed",
    ]


def test_a_module_with_a_floor_may_only_rise() -> None:
    floors = {"a.py": (80, 100)}
    assert misses({"a.py": (80, 85)}, floors) == []
    assert misses({"a.py": (79, 85)}, floors) == []  # Within the tolerance.
    assert misses({"a.py": (78, 85)}, floors) == ["a.py: 78 % by all tests, 80 % needed"]
    assert misses({}, floors) == ["a.py: no such module"]


def test_lower_bounds_of_the_user_extras() -> None:
    found = floors(PROJECT.read_text(encoding="utf-8"))
    names = {line.partition("==")[0] for line in found}
    assert {"pydantic", "jsonschema", "referencing", "regex", "rich", "botocore"} <= names
    assert "pytest" not in names
