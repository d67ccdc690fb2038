"""Tests of streamparse.schema.library."""

from __future__ import annotations

import re
import sys
from decimal import Decimal
from typing import Any

import pytest

from streamparse import JSONParser, LimitError
from streamparse.schema import SchemaValidator
from streamparse.schema.library import DRAFTS, Reference, dialect_of, resolver
from tests.schema.schemas import DRAFTS as ADDRESSES
from tests.schema.schemas import violation_of


def test_every_draft_has_a_dialect() -> None:
    assert set(DRAFTS) == set(ADDRESSES)
    for name in DRAFTS:
        assert dialect_of({}, name).name == name
        assert dialect_of({"$schema": ADDRESSES[name]}, None).name == name
    assert dialect_of({}, None).name == "draft2020-12"
    assert dialect_of({"$schema": "https://example.com/mine"}, None).name == "draft2020-12"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "text"},
        {"minLength": -1},
        {"required": "a"},
        {"pattern": "("},
        {"$schema": 5},
        {"$schema": ["a"]},
        {"$schema": {}},
    ],
)
def test_a_bad_schema_is_reported_with_its_location(schema: Any) -> None:
    with pytest.raises(ValueError, match=re.escape(f"#/{next(iter(schema))}")):
        SchemaValidator(schema)


@pytest.mark.parametrize("missing", ["jsonschema", "referencing.jsonschema"])
def test_a_missing_library_names_the_extra(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=r"llm-streamparse\[schema\]"):
        SchemaValidator({})


def reference(schema: Any, keyword: str = "", formats: bool = False) -> Reference:
    dialect = dialect_of(schema, None)
    return Reference(dialect, schema, resolver(schema, dialect, None), formats, keyword)


def test_reference_agrees_with_the_library() -> None:
    assert reference({"minimum": 3})(3)
    assert not reference({"minimum": 3})(2)
    schema = {"minimum": 3, "format": "ipv4"}
    assert reference(schema, "format", True)("127.0.0.1")
    assert not reference(schema, "format", True)("127.0.0")
    assert reference(schema, "minimum")("text")


def test_a_value_too_deep_for_the_library_raises_limit_error() -> None:
    schema: dict[str, Any] = {"items": {"$ref": "#"}, "unevaluatedItems": {"$ref": "#"}}
    value: list[Any] = []
    for _ in range(5_000):
        value = [value]
    with pytest.raises(LimitError) as caught:
        reference(schema)(value)
    assert caught.value.code == "depth"


def test_formats_on_demand() -> None:
    schema = {"format": "date"}
    assert violation_of(SchemaValidator(schema), ['"tomorrow"']) is None
    refused = violation_of(SchemaValidator(schema, formats=True), ['"tomorrow"']) or ()
    assert refused[:2] == ("format", 9)
    assert violation_of(SchemaValidator(schema, formats=True), ['"2024-02-29"']) is None


class PanicException(BaseException):
    """Like the exception for a panic in Rust code, which cannot be imported."""


@pytest.mark.parametrize(
    ("error", "expected"), [(PanicException, LimitError), (KeyboardInterrupt, KeyboardInterrupt)]
)
def test_a_panic_of_the_library_is_too_deep_nesting(
    error: type[BaseException], expected: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing:
        def iter_errors(self, value: object) -> None:
            raise error

    dialect = dialect_of({}, None)
    judge = Reference(dialect, {}, resolver({}, dialect, None), False)
    monkeypatch.setattr(judge, "made", Failing())
    with pytest.raises(expected):
        judge("x")


def test_a_lookbehind_of_any_length_needs_the_regex_package() -> None:
    validator = SchemaValidator({"pattern": "(?<=a+)b$"})
    assert violation_of(validator, ['"aab"']) is None
    assert violation_of(validator, ['"cb"']) is not None
    with pytest.raises(ValueError, match="bad schema"):
        SchemaValidator({"pattern": "(?<=a+"})
    assert violation_of(SchemaValidator({"type": "string", "format": "regex"}), ['"a"']) is None


def test_keywords_beside_a_reference() -> None:
    """Keywords beside a reference are ignored up to draft 7."""
    schema = {"$ref": "#/definitions/a", "maxLength": 1, "definitions": {"a": {"type": "string"}}}
    assert violation_of(SchemaValidator(schema, draft="draft7"), ['"abc"']) is None
    assert violation_of(SchemaValidator(schema, draft="draft2020-12"), ['"abc"']) is not None


def test_numbers_of_the_caller_s_own_type() -> None:
    """Numbers of other types are validated by the reference library."""
    for text, code in (("1.5", None), ("2.5", "maximum"), ("0.5", "minimum")):
        schema = {"minimum": 1, "maximum": 2}
        parser = JSONParser(parse_float=Decimal, validator=SchemaValidator(schema, collect=True))
        parser.feed(text)
        parser.finish()
        assert [error.code for error in parser.violations] == ([] if code is None else [code])
