"""Strategies and helpers for the tests of validation.

Schemas and documents draw names, words and numbers from the same small sets, so that documents
often satisfy a schema.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, validators

from streamparse import JSONParser, SchemaViolation
from streamparse.schema import SchemaValidator
from streamparse.schema.library import is_too_deep

DRAFTS = {
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
    "draft2019-09": "https://json-schema.org/draft/2019-09/schema",
    "draft7": "http://json-schema.org/draft-07/schema#",
    "draft6": "http://json-schema.org/draft-06/schema#",
    "draft4": "http://json-schema.org/draft-04/schema#",
}

NAMES = st.sampled_from(["a", "ab", "abc", "b", "", "é", "x-1"])
WORDS = st.sampled_from(["", "a", "ab", "abc", "aab", "b", "é", "ab\n", "1", "😀"])
NUMBERS = st.sampled_from([0, 1, -1, 2, 3, 1.0, 0.5, 2.5, 10, -3.25, 1e300, 10**30])
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, WORDS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
PATTERNS = st.sampled_from(
    [
        "^a",
        "^a+$",
        "b",
        "^(ab|b)*$",
        "^[a-c]{2,3}$",
        "^$",
        r"^\w\d?$",
        "a$",
        "^(?!ab)a",
        r"^.\Z",
        "^é",
    ]
)
TYPES = st.sampled_from(["object", "array", "string", "number", "integer", "boolean", "null"])
COUNTS = st.integers(0, 3)

LEAVES: dict[str, Any] = {
    "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
    "enum": st.lists(VALUES, min_size=1, max_size=4, unique_by=lambda one: json.dumps(one)),
    "const": VALUES,
    "minimum": NUMBERS,
    "maximum": NUMBERS,
    "exclusiveMinimum": NUMBERS,
    "exclusiveMaximum": NUMBERS,
    "multipleOf": st.sampled_from([1, 2, 0.5, 3]),
    "minLength": COUNTS,
    "maxLength": COUNTS,
    "pattern": PATTERNS,
    "minItems": COUNTS,
    "maxItems": COUNTS,
    "uniqueItems": st.booleans(),
    "minProperties": COUNTS,
    "maxProperties": COUNTS,
    "required": st.lists(NAMES, max_size=2, unique=True),
    "dependentRequired": st.dictionaries(
        NAMES, st.lists(NAMES, max_size=2, unique=True), max_size=2
    ),
    "unevaluatedProperties": st.booleans(),
    "unevaluatedItems": st.booleans(),
}


def _branches(inner: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Return strategies for the keywords that contain schemas."""
    several = st.lists(inner, min_size=1, max_size=3)
    named = st.dictionaries(NAMES, inner, max_size=3)
    return {
        "properties": named,
        "patternProperties": st.dictionaries(PATTERNS, inner, max_size=2),
        "additionalProperties": inner,
        "propertyNames": inner,
        "dependentSchemas": named,
        "items": inner,
        "prefixItems": several,
        "contains": inner,
        "minContains": COUNTS,
        "maxContains": COUNTS,
        "allOf": several,
        "anyOf": several,
        "oneOf": several,
        "not": inner,
        "if": inner,
        "then": inner,
        "else": inner,
        "$schema": st.sampled_from(sorted(DRAFTS.values())),
    }


def _with_some(keywords: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Generate schemas with one to four of these keywords."""
    chosen = st.lists(st.sampled_from(sorted(keywords)), min_size=1, max_size=4, unique=True)
    return chosen.flatmap(
        lambda names: st.fixed_dictionaries({name: keywords[name] for name in names})
    )


SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | _with_some(LEAVES),
    lambda inner: _with_some({**LEAVES, **_branches(inner)}),
    max_leaves=6,
)

REFERENCES = st.sampled_from(["#", "#/$defs/one", "#/$defs/two"])
_REFERRING = st.recursive(
    _with_some({**LEAVES, "$ref": REFERENCES}),
    lambda inner: _with_some({**LEAVES, **_branches(inner), "$ref": REFERENCES}),
    max_leaves=4,
)
#: Schemas with references into themselves, including recursive ones.
REFERRING: st.SearchStrategy[Any] = st.builds(
    lambda schema, one, two: {**schema, "$defs": {"one": one, "two": two}},
    _REFERRING,
    _REFERRING,
    _REFERRING,
)


def make_validator(schema: Any, **options: Any) -> SchemaValidator:
    """Return the validator; reject the example if the schema is invalid."""
    try:
        return SchemaValidator(schema, **options)
    except ValueError:
        assume(False)
        raise


def violation_of(
    validator: SchemaValidator, fragments: Sequence[str | bytes]
) -> tuple[Any, ...] | None:
    """Return the violation and its position, or `None` for a valid document."""
    return violation_in(JSONParser(validator=validator), fragments)


def violation_in(parser: JSONParser, fragments: Sequence[str | bytes]) -> tuple[Any, ...] | None:
    """Return as `violation_of` for a parser that has read the beginning of the document."""
    try:
        for fragment in fragments:
            parser.feed(fragment)
        parser.finish()
    except SchemaViolation as error:
        where = (error.offset, error.path, error.schema_path)
        return error.code, *where, error.message, error.line, error.column
    return None


def valid(schema: Any, value: Any, draft: str | None = None) -> bool | None:
    """Return the result of the reference library, or `None` if the library itself fails."""
    kind = validators.validator_for(schema, Draft202012Validator)
    if draft is not None:
        kind = validators.validator_for({"$schema": DRAFTS[draft]})
    try:
        return bool(kind(schema).is_valid(value))
    except TypeError:
        return None
    except BaseException as error:
        if not is_too_deep(error):
            raise
        return None
