r"""Tests of streamparse.schema.escapes: `\p{…}` in patterns."""

from __future__ import annotations

import pickle
import re
import sys
import unicodedata
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from streamparse import JSONParser, SchemaViolation
from streamparse.schema import SchemaValidator, escapes
from streamparse.schema.escapes import original, python_pattern, translate_patterns
from tests.parts import cuttings, failure
from tests.schema.schemas import violation_of

pytest.importorskip("regex")


@given(st.sampled_from(["L", "Lu", "Nd", "P", "Zs"]), st.booleans(), st.characters())
def test_categories_are_those_of_unicode(category: str, negated: bool, char: str) -> None:
    assume(unicodedata.category(char) != "Cn")  # `regex` may have a later version of Unicode.
    escape = f"\\{'P' if negated else 'p'}{{{category}}}"
    holds = unicodedata.category(char).startswith(category)
    assert (re.fullmatch(python_pattern(escape), char) is not None) is (holds != negated)
    assert (re.fullmatch(python_pattern(f"[{escape}_]"), char) is not None) is (
        holds != negated or char == "_"
    )


@pytest.mark.parametrize(
    ("pattern", "fits", "fails"),
    [
        (r"^\p{Letter}+$", "πλ", "π1"),
        (r"^[\p{Script=Greek}-]+$", "π-λ", "a"),
        (r"^[^\p{L}\]]$", "1", "]"),
        (r"^[]\p{Lu}]+$", "]A", "a"),
        (r"\[\p{Nd}\]", "[7]", "7"),
        (r"^\P{White_Space}$", "a", " "),
        (r"^\p{Emoji_Presentation}$", "😀", "a"),
        (r"^\\p{2}$", "\\pp", "\\p{2}"),
    ],
)
def test_translated_properties(pattern: str, fits: str, fails: str) -> None:
    found = python_pattern(pattern)
    assert re.search(found, fits)
    assert not re.search(found, fails)
    assert original(found) == pattern


def test_an_unknown_property_is_rejected() -> None:
    assert python_pattern(r"\p{Nope}") == r"\p{Nope}"
    for pattern in (r"\p{Nope}", r"\p{", r"\p{}", r"\pL"):
        with pytest.raises(ValueError, match="regex"):
            SchemaValidator({"pattern": pattern})


def test_only_patterns_are_translated() -> None:
    text = r"\p{L}"
    schema: dict[str, Any] = {
        "pattern": text,
        "patternProperties": {text: {"pattern": text}},
        "properties": {"enum": {"pattern": text}, "pattern": {"type": "string"}},
        "const": {"pattern": text},
        "enum": [{"pattern": text}],
        "anyOf": [{"pattern": text}],
        "description": text,
    }
    translate_patterns(schema)
    out = python_pattern(text)
    assert schema["pattern"] == out
    assert schema["patternProperties"] == {out: {"pattern": out}}
    assert schema["properties"] == {"enum": {"pattern": out}, "pattern": {"type": "string"}}
    assert schema["anyOf"] == [{"pattern": out}]
    assert schema["const"] == {"pattern": text}
    assert schema["enum"] == [{"pattern": text}]
    assert schema["description"] == text


def test_a_violation_names_the_original_pattern() -> None:
    schema = {
        "patternProperties": {r"^\p{Lu}": {"pattern": r"^\p{L}+$"}},
        "additionalProperties": False,
    }
    validator = SchemaValidator(schema)
    for fragments in cuttings('{"Ä": "éa1b"}'):
        error = failure(JSONParser(validator=validator), fragments)
        assert isinstance(error, SchemaViolation)
        assert (error.code, error.offset, error.path) == ("pattern", 9, ("Ä",))
        assert error.schema_path == ("patternProperties", r"^\p{Lu}", "pattern")
        assert r"\\p{L}" in error.message
    assert violation_of(validator, ['{"ä"'])[:2] == ("additionalProperties", 2)  # type: ignore[index]
    again = pickle.loads(pickle.dumps(validator))
    assert violation_of(again, ['{"Ä": "é"}']) is None


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    escapes._ranges.cache_clear()
    monkeypatch.setitem(sys.modules, "regex", None)
    assert SchemaValidator({"pattern": "^a"}) is not None
    with pytest.raises(ImportError, match=r"llm-streamparse\[schema\]"):
        SchemaValidator({"pattern": r"\p{L}"})
