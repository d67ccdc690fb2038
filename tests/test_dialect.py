"""Tests of streamparse.dialect: switches, codes and repairs."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from streamparse import (
    REPAIR_CODES,
    Dialect,
    JSONParser,
    JSONSyntaxError,
    Repair,
    StreamParseError,
    parse,
)
from tests.helpers import call

SWITCHES = [field.name for field in fields(Dialect) if field.default is True]

# For each switch a text that needs it, and the code of its repair.
NEEDS: dict[str, tuple[str, str]] = {
    "comments": ("[1 /* one */]", "comment"),
    "single_quotes": ("['a']", "single_quotes"),
    "smart_quotes": ("[“a”]", "smart_quotes"),
    "escaped_quotes": (r"[\"a\"]", "escaped_quotes"),
    "doubled_quotes": ('[""a""]', "doubled_quotes"),
    "inner_quotes": ('{"a": "b "c" d"}', "inner_quote"),
    "missing_quotes": ('{a": 1}', "missing_quote"),
    "concatenation": ('["a" + "b"]', "concatenation"),
    "unquoted_keys": ("{a: 1}", "unquoted_key"),
    "unquoted_strings": ("[a]", "unquoted_string"),
    "trailing_commas": ("[1,]", "trailing_comma"),
    "missing_commas": ("[1 2]", "missing_comma"),
    "missing_colons": ('{"a" 1}', "missing_colon"),
    "separators": ('{"a" = 1}', "separator"),
    "numbers": ("[+1]", "number"),
    "special_numbers": ("[NaN]", "special_number"),
    "literals": ("[True]", "literal"),
    "tuples": ("(1, 2)", "tuple"),
    "wrappers": ('[Id("a")]', "wrapper"),
    "control_characters": ('["a\nb"]', "control_character"),
    "escapes": (r'["\q"]', "escape"),
    "white_space": ("[1,\xa02]", "white_space"),
    "closers": ('{"a": [1}', "missing_closer"),
    "ellipses": ("[1, ...]", "ellipsis"),
    "unexpected_text": ('{"a": 1, note "b": 2}', "unexpected_text"),
    "prose": ("so: [{}]", "leading_text"),
    "fences": ("```\n[1]\n```", "fence"),
    "tags": ("<a>[1]</a>", "tag"),
    "truncation": ("[1, 2", "truncated"),
}


def switched(off: set[str]) -> Dialect:
    """Return a dialect in which all switches but these are on."""
    options: dict[str, Any] = dict.fromkeys(off, False)
    return Dialect(**options)


def test_every_switch_has_a_text_here() -> None:
    assert list(NEEDS) == SWITCHES


@pytest.mark.parametrize("switch", NEEDS)
def test_only_its_switch_allows_a_repair(switch: str) -> None:
    text, code = NEEDS[switch]
    parser = JSONParser(switched(set(SWITCHES) - {switch}))
    parser.feed(text)
    parser.finish()
    assert [repair.code for repair in parser.repairs] == [code] * len(parser.repairs)
    assert parser.repairs
    without = JSONParser(switched({switch}))
    _, error = call(without, text)
    if error is None:
        _, error = call(without, None)
    if switch == "inner_quotes":  # Without it, the first quote ends the string.
        assert without.value != parser.value
        return
    assert error is not None
    assert error.code == ("truncated" if switch == "truncation" else "repair_refused")


def test_every_code_belongs_to_a_switch() -> None:
    codes = set(REPAIR_CODES) - {"ambiguous"}  # Only `doubts="error"` rejects it.
    for code in codes:
        assert Dialect().allows(code)
        off = [switch for switch in SWITCHES if not switched({switch}).allows(code)]
        assert len(off) == 1
    used = {code for switch in SWITCHES for code in REPAIR_CODES if not _allows(switch, code)}
    assert used == codes


def _allows(switch: str, code: str) -> bool:
    return switched({switch}).allows(code)


def test_allowed_codes() -> None:
    dialect = Dialect(allowed=["comment", "fence"], fences=False)  # type: ignore[arg-type]
    assert dialect.codes == {"comment"}
    assert dialect.allowed == frozenset({"comment", "fence"})
    assert parse("[1] // one", dialect=Dialect(allowed=frozenset({"comment", "trailing_text"})))
    with pytest.raises(JSONSyntaxError) as caught:
        parse("[1,]", dialect=dialect)
    assert (caught.value.code, caught.value.offset) == ("repair_refused", 2)
    assert "trailing_comma" in caught.value.message


def test_max_repairs() -> None:
    text = "[1,, 2,, 3]"
    assert parse(text, dialect=Dialect(max_repairs=2)) == [1, 2, 3]
    parser = JSONParser(Dialect(max_repairs=1))
    with pytest.raises(JSONSyntaxError) as caught:
        parser.feed(text)
    assert (caught.value.code, caught.value.offset) == ("too_many_repairs", 7)
    assert parser.value == [1, 2]
    assert parse("[1]", dialect=Dialect(max_repairs=0)) == [1]


def test_json5() -> None:
    dialect = Dialect.json5()
    text = "// one\n{unquoted: 'a\\\nb', x: .5, y: +0x1F, z: [Infinity, NaN,], 'w': \"\\x41\",}"
    value = parse(text, dialect=dialect)
    assert (value["unquoted"], value["x"], value["y"], value["w"]) == ("ab", 0.5, 31, "A")
    for text in ("[1 2]", "[True]", "a: {}", "[1", "{“a”: 1}", '{"a": "b\n"}'):
        with pytest.raises(StreamParseError):
            parse(text, dialect=dialect)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"comments": 1}, TypeError),
        ({"comments": None}, TypeError),
        ({"max_repairs": -1}, ValueError),
        ({"max_repairs": True}, TypeError),
        ({"max_repairs": 1.0}, TypeError),
        ({"allowed": "comment"}, TypeError),
        ({"allowed": ["no such code"]}, ValueError),
        ({"no_such_switch": True}, TypeError),
    ],
)
def test_bad_options(options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        Dialect(**options)


def test_an_unknown_code_is_an_error() -> None:
    with pytest.raises(ValueError, match="there is no repair 'typo'"):
        Dialect().allows("typo")


def test_a_dialect_is_a_value() -> None:
    dialect = Dialect(comments=False, allowed=frozenset({"fence"}))
    assert dialect == Dialect(comments=False, allowed=frozenset({"fence"}))
    assert pickle.loads(pickle.dumps(dialect)) == dialect == copy.copy(dialect)
    assert hash(dialect) == hash(copy.deepcopy(dialect))
    with pytest.raises(FrozenInstanceError):
        dialect.comments = True  # type: ignore[misc]


def test_a_repair() -> None:
    repair = Repair("fence", 3, ("a", 0))
    assert repair == Repair("fence", 3, ("a", 0)) != Repair("fence", 3, ("a",))
    assert repair != ("fence", 3, ("a", 0))
    assert pickle.loads(pickle.dumps(repair)) == repair == copy.deepcopy(repair)
    assert hash(repair) == hash(Repair("fence", 3, ("a", 0)))
    assert repair.to_dict() == {"code": "fence", "offset": 3, "path": ["a", 0]}
    assert repr(repair) == "Repair(code='fence', offset=3, path=('a', 0))"
    match repair:
        case Repair(code, offset, path):
            assert (code, offset, path) == ("fence", 3, ("a", 0))
