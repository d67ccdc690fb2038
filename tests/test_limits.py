"""Tests of `Limits`: its values, and the effect of every limit on text and bytes."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import sys
from typing import Any

import pytest

from streamparse import JSONParser, LimitError, Limits
from tests.parts import both, failure, halvings, read

NAMES = [field.name for field in dataclasses.fields(Limits)]
OPTIONAL = ["keys", "items"]


def test_defaults() -> None:
    assert dataclasses.asdict(Limits()) == {
        "depth": 1000,
        "string": 64 * 2**20,
        "number": 64 * 2**10,
        "integer_digits": 4300,
        "document": 2**30,
        "record": 64 * 2**20,
        "keys": None,
        "items": None,
        "tool_calls": 1000,
        "content": 64 * 2**20,
        "choices": 4096,
        "parts": 100_000,
        "name": 1024,
    }
    assert Limits().integer_digits == sys.int_info.default_max_str_digits


@pytest.mark.parametrize("name", NAMES)
def test_values(name: str) -> None:
    assert getattr(Limits(**{name: 0}), name) == 0
    assert getattr(Limits(**{name: 10**12}), name) == 10**12
    with pytest.raises(ValueError, match=rf"Limits\.{name} must be between 0 and 2\*\*62: -1"):
        Limits(**{name: -1})
    with pytest.raises(ValueError, match="between"):
        Limits(**{name: 2**62 + 1})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("wrong", [1.0, "5", True, False, (), object()])
def test_wrong_types(name: str, wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"Limits.{name} must be an int"):
        Limits(**{name: wrong})


@pytest.mark.parametrize("name", NAMES)
def test_none_is_only_for_optional_limits(name: str) -> None:
    options: dict[str, Any] = {name: None}
    if name in OPTIONAL:
        assert getattr(Limits(**options), name) is None
        return
    with pytest.raises(TypeError, match="not NoneType"):
        Limits(**options)


def test_limits_are_values() -> None:
    limits = Limits(depth=5, keys=7)
    assert limits == Limits(keys=7, depth=5)
    assert limits != Limits()
    assert hash(limits) == hash(Limits(keys=7, depth=5))
    assert pickle.loads(pickle.dumps(limits)) == copy.deepcopy(limits) == limits
    assert dataclasses.replace(limits, keys=None) == Limits(depth=5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        limits.depth = 6  # type: ignore[misc]


def test_limits_are_keyword_only() -> None:
    with pytest.raises(TypeError):
        Limits(5)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="deep"):
        Limits(deep=5)  # type: ignore[call-arg]


# For each limit a document that just satisfies it, and one that exceeds it.

BOUNDS = [
    ("depth", 3, '[{"a": []}]', '[{"a": [[', "depth"),
    ("depth", 0, "12", "{", "depth"),
    ("string", 5, '["hello"]', '["hello!', "string_length"),
    ("string", 5, '{"h\\u00e9llo": 1}', '{"h\\u00e9llo!', "string_length"),
    ("string", 5, '"é😀€ü\\t"', '"é😀€ü\\t\\t', "string_length"),
    ("string", 2, '"\\ud83d\\ude00x"', '"\\ud83d\\ude00xy', "string_length"),
    ("string", 0, '{"": ""}', '{"": "\\n', "string_length"),
    ("number", 6, "-1.5e3", "-1.5e33", "number_length"),
    ("number", 6, "[123456]", "[1234567", "number_length"),
    ("integer_digits", 4, "[-1234, 12.345, 1e1234]", "[-12345,", "integer_digits"),
    ("document", 8, '{"a": 1}', '{"a": 1 }', "document_length"),
    ("document", 8, "\ufeff[1, 23]", "\ufeff[1, 234]", "document_length"),
    ("document", 8, ' "é😀" \n\t', ' "é😀" \n\t ', "document_length"),
    ("document", 0, None, "\n", "document_length"),
    ("keys", 2, '{"a": 1, "b": {"c": 2, "d": 3}}', '{"a": 1, "b": 2, "', "object_keys"),
    ("keys", 2, '[{"a": 1, "a": 2}]', '[{"a": 1, "a": 2, "', "object_keys"),
    ("keys", 0, "[{}]", '[{"', "object_keys"),
    ("items", 2, "[[1, 2], [3]]", "[[1, 2], [3], [", "array_items"),
    ("items", 2, '["a", true]', '["a", true, f', "array_items"),
    ("items", 0, '{"a": [], "b": 1}', '{"a": [], "b": ["', "array_items"),
]


def parser(name: str, bound: int) -> JSONParser:
    return JSONParser(limits=Limits(**{name: bound}))


@pytest.mark.parametrize(
    ("name", "bound", "allowed"), [row[:3] for row in BOUNDS if row[2] is not None]
)
def test_at_the_bound(name: str, bound: int, allowed: str) -> None:
    expected = JSONParser()
    read(expected, [allowed])
    for fragments in [*both(allowed), *halvings(allowed)]:
        reader = parser(name, bound)
        read(reader, fragments)
        assert reader.value == expected.value
        assert reader.done


@pytest.mark.parametrize(
    ("name", "bound", "refused", "code"), [(*row[:2], *row[3:]) for row in BOUNDS]
)
def test_beyond_the_bound(name: str, bound: int, refused: str, code: str) -> None:
    # The last character is rejected, whatever follows it.
    for fragments in [*both(refused), *both(refused + '"]}'), *halvings(refused)]:
        error = failure(parser(name, bound), fragments)
        assert isinstance(error, LimitError)
        assert (error.code, error.offset) == (code, len(refused) - 1)
        assert error.excerpt == refused[:-1]
        assert str(bound) in error.message


@pytest.mark.parametrize(
    ("name", "bound", "refused", "code"), [(*row[:2], *row[3:]) for row in BOUNDS]
)
def test_the_value_before_the_limit_is_kept(name: str, bound: int, refused: str, code: str) -> None:
    before = JSONParser()
    before.feed(refused[:-1])
    reader = parser(name, bound)
    failure(reader, [refused])
    assert reader.value == before.value


@pytest.mark.parametrize("bound", [4300, 5000])
def test_the_digits_of_an_integer(bound: int) -> None:
    digits = "7" * 4300
    reader = parser("integer_digits", bound)
    read(reader, [f"[{digits}, -{digits}]"])
    assert reader.value == [int(digits), -int(digits)]
    error = failure(parser("integer_digits", bound), [f"[{digits}7]"])
    # Python rejects integers beyond its own limit, at the same offset.
    assert error.code == ("integer_digits" if bound == 4300 else "number_rejected")
    assert error.offset == 4302


def test_limits_apply_to_each_document() -> None:
    limits = Limits(document=7, depth=1, keys=1, items=2, string=2)
    documents = ['{"a":1}', "[1, 2]", '"ab"', "\n[3,4]", "12 "]
    for fragments in both("".join(documents)):
        reader = JSONParser(many=True, limits=limits)
        read(reader, fragments)
        assert reader.value == [{"a": 1}, [1, 2], "ab", [3, 4], 12]


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        ('{"a":1}{"a":123}', "document_length"),
        ("[1] [[", "depth"),
        ('{"a":1}{"b":1,"', "object_keys"),
        ("[1,2][3,4,5", "array_items"),
        ('"ab" "abc', "string_length"),
    ],
)
def test_a_later_document_beyond_its_bounds(refused: str, code: str) -> None:
    limits = Limits(document=8, depth=1, keys=1, items=2, string=2)
    for fragments in both(refused):
        error = failure(JSONParser(many=True, limits=limits), fragments)
        assert (error.code, error.offset) == (code, len(refused) - 1)
        assert error.path[0] == 1


def test_the_default_depth() -> None:
    reader = JSONParser()
    reader.feed("[" * 1000)
    error = failure(reader, ["["])
    assert (error.code, error.offset) == ("depth", 1000)
    assert error.path == (0,) * 1000


def test_a_repeated_key_counts_each_time() -> None:
    error = failure(parser("keys", 1), ['{"a": 1, "a": 2}'])
    assert (error.code, error.path) == ("object_keys", ())
