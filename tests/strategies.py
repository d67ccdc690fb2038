"""Hypothesis strategies for JSON texts, their chunking and damage, and options of parsers.

A document is generated as a tree of nodes that keep their spelling, not by `json.dumps`. So it may
have repeated keys, unusual white space, every legal spelling of numbers and escapes, and halves of
surrogate pairs, raw or escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from hypothesis import strategies as st

from streamparse import Limits
from tests.helpers import AcceptingFactory, loads

# Nodes


@dataclass(frozen=True)
class Scalar:
    """A number or literal."""

    text: str


@dataclass(frozen=True)
class String:
    """A string or key, as pieces of text and escapes."""

    pieces: tuple[str, ...]

    @property
    def text(self) -> str:
        return f'"{"".join(self.pieces)}"'


@dataclass(frozen=True)
class Array:
    """Items, and the white space before and after each comma or bracket."""

    items: tuple[Node, ...]
    spaces: tuple[str, str]

    @property
    def text(self) -> str:
        before, after = self.spaces
        inside = f"{before},{after}".join(item.text for item in self.items)
        return f"[{after}{inside}{before}]"


@dataclass(frozen=True)
class Object:
    """Members, perhaps with repeated keys, and the white space before and after punctuation."""

    members: tuple[tuple[String, Node], ...]
    spaces: tuple[str, str]

    @property
    def text(self) -> str:
        before, after = self.spaces
        members = (f"{key.text}{before}:{after}{value.text}" for key, value in self.members)
        return f"{{{after}{f'{before},{after}'.join(members)}{before}}}"


Node: TypeAlias = Scalar | String | Array | Object


# Parts of texts

SPACES = st.sampled_from(["", "", "", " ", "\n", "\t", "\r\n", " \n\r\t "])

_FRACTIONS = ("", "", "", ".0", ".5", ".250", ".00000000000000000000001")
_EXPONENTS = ("", "", "", "e5", "E+2", "e-07", "E400", "e-400", "E00")
NUMBERS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "", "-"]),
    st.sampled_from(["0", "1", "12", "9007199254740993"]) | st.integers(0).map(str),
    st.sampled_from(_FRACTIONS),
    st.sampled_from(_EXPONENTS),
)
SCALARS = (st.sampled_from(["true", "false", "null"]) | NUMBERS).map(Scalar)

_PLAIN = st.text(
    st.sampled_from("ab/é€\x7f\u2028\ufeff😀")
    | st.characters(min_codepoint=32, exclude_categories=["Cs"], exclude_characters='"\\'),
    min_size=1,
    max_size=5,
)
_SHORT_ESCAPES = st.sampled_from([r"\"", r"\\", r"\/", r"\b", r"\f", r"\n", r"\r", r"\t"])
_CASES = st.sampled_from([str.lower, str.upper, str.title])
_HIGH_HALVES = st.integers(0xD800, 0xDBFF)
_LOW_HALVES = st.integers(0xDC00, 0xDFFF)


def _escaped(codes: st.SearchStrategy[int]) -> st.SearchStrategy[str]:
    return st.builds(lambda code, case: "\\u" + case(f"{code:04x}"), codes, _CASES)


def _halves(codes: st.SearchStrategy[int], raw: bool) -> st.SearchStrategy[str]:
    """Generate half a surrogate pair, escaped, or raw if the text need not be UTF-8."""
    return _escaped(codes) | codes.map(chr) if raw else _escaped(codes)


def _string_nodes(raw_halves: bool) -> st.SearchStrategy[String]:
    high, low = _halves(_HIGH_HALVES, raw_halves), _halves(_LOW_HALVES, raw_halves)
    pieces = st.one_of(
        _PLAIN,
        _PLAIN,
        _SHORT_ESCAPES,
        _escaped(st.integers(0, 0xD7FF)),
        st.builds(str.__add__, high, low),
        high,
        low,
    )
    return st.builds(String, st.lists(pieces, max_size=4).map(tuple))


# Few keys, so that they are repeated; one of them in three spellings.
_FEW_KEYS = st.sampled_from([("a",), (r"\u0061",), (r"\u00", "61"), ("b",), (), ("c d.e",)])


def nodes(raw_halves: bool = True, repeat_keys: bool = True) -> st.SearchStrategy[Node]:
    """Generate values of every kind, nested or not."""
    strings = _string_nodes(raw_halves)
    keys = _FEW_KEYS.map(String) | strings
    spaces = st.tuples(SPACES, SPACES)

    def containers(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        unique_by = None if repeat_keys else _meaning_of_key
        members = st.lists(st.tuples(keys, inner), max_size=4, unique_by=unique_by)
        arrays = st.builds(Array, st.lists(inner, max_size=4).map(tuple), spaces)
        objects = st.builds(Object, members.map(tuple), spaces)
        return arrays | objects

    return st.recursive(SCALARS | strings, containers, max_leaves=8)


def _meaning_of_key(member: tuple[String, Node]) -> str:
    return str(loads(member[0].text))


# Where to cut or damage a text, modulo its length.
PLACES = st.integers(0, 200)


# Texts

NODES = nodes()
_BOMS = st.sampled_from(["", "", "", "", "\ufeff"])


def _texts(values: st.SearchStrategy[Node]) -> st.SearchStrategy[str]:
    text = values.map(lambda node: node.text)
    return st.builds("{}{}{}{}".format, _BOMS, SPACES, text, SPACES)


JSON_TEXTS = _texts(NODES)
UNIQUE_KEY_TEXTS = _texts(nodes(repeat_keys=False))
UTF8_TEXTS = _texts(nodes(raw_halves=False))  # Texts that can be encoded.


def _damaged(text: str, kind: str, place: int, char: str) -> str:
    place %= len(text) + 1
    before, after = text[:place], text[place:]
    return {
        "replace": before + char + after[1:],
        "insert": before + char + after,
        "delete": before + after[1:],
        "truncate": before,
        "double": before + after[:1] + after,
    }[kind]


_STRUCTURE = '{}[],:"\\'
_ODD = " \t\n\r\x0b\x0c\x00\x1f\x7f\xa0\ufeff\u2028é😀/'+-.eE0123456789abfnrtuNI"


def damage(texts: st.SearchStrategy[str], raw_halves: bool = True) -> st.SearchStrategy[str]:
    """Replace, insert, delete or double one character of these texts, or truncate them there."""
    chars = st.sampled_from(_STRUCTURE * 3 + _ODD + "\ud83d\ude00" * raw_halves)
    kinds = st.sampled_from(["replace", "insert", "delete", "truncate", "double"])
    return st.builds(_damaged, texts, kinds, PLACES, chars)


ANY_TEXTS = st.one_of(JSON_TEXTS, damage(JSON_TEXTS), damage(damage(JSON_TEXTS)))
ANY_UTF8_TEXTS = st.one_of(UTF8_TEXTS, damage(UTF8_TEXTS, raw_halves=False))


def _several(values: st.SearchStrategy[Node]) -> st.SearchStrategy[str]:
    # More scalars, because it can be unclear where one of them ends.
    texts = (SCALARS | values).map(lambda node: node.text)
    pieces = st.tuples(texts, SPACES).map("".join)
    return st.builds("{}{}{}".format, _BOMS, SPACES, st.lists(pieces, max_size=4).map("".join))


# Documents one after the other, some without a separator: `1` and `2` become `12`.
MANY_TEXTS = _several(NODES)
ANY_MANY_TEXTS = MANY_TEXTS | damage(MANY_TEXTS)

# A value, followed by any text.
_RESTS = st.sampled_from(["", ",", "x", "é", "😀é"]) | ANY_TEXTS
STOP_TEXTS = st.builds("{}{}".format, JSON_TEXTS, _RESTS)


# Bytes that may not be UTF-8
def _spoilt(text: str, place: int, wrong: bytes) -> bytes:
    data = text.encode()
    place %= len(data) + 1
    return data[:place] + wrong + data[place:]


_NOT_UTF8 = (b"\x80", b"\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xed\xa0\xbd")
ANY_BYTES = st.builds(_spoilt, ANY_UTF8_TEXTS, PLACES, st.sampled_from((b"", *_NOT_UTF8)))


# Cuts, for `helpers.cut`

SIZES: st.SearchStrategy[Sequence[int]] = st.one_of(
    st.just([1]),
    st.lists(st.integers(0, 7), min_size=1, max_size=6),
    st.integers(0, 60).map(lambda first: [first, 1_000_000]),
    st.just([]),
)

# Options

SURROGATES = st.sampled_from(["keep", "replace", "error"])

LIMITS = st.builds(
    Limits,
    depth=st.integers(0, 4) | st.just(1000),
    string=st.integers(0, 6) | st.just(1000),
    number=st.integers(0, 6) | st.just(1000),
    integer_digits=st.integers(0, 4) | st.just(1000),
    document=st.integers(0, 60) | st.just(1000),
    keys=st.none() | st.integers(0, 3),
    items=st.none() | st.integers(0, 3),
)


def refuse_even(text: str) -> int:
    """A `parse_int` that sometimes raises."""
    if int(text) % 2 == 0:
        raise ArithmeticError("even")
    return int(text)


_PARSERS = st.fixed_dictionaries(
    {},
    optional={"parse_float": st.just(Decimal), "parse_int": st.sampled_from([float, refuse_even])},
)


def options(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Generate options of `JSONParser` that do not change the grammar, and `more`."""
    validator = st.just(AcceptingFactory())
    optional = {"surrogates": SURROGATES, "limits": LIMITS, "validator": validator, **more}
    chosen = st.fixed_dictionaries({}, optional=optional)
    return st.builds(lambda one, other: one | other, chosen, _PARSERS)


# Queries for keys that the generated documents are likely to have.
_QUERIES = ("$", "$.*", "$..*", "$.a", "$..a", "$['a','b']", "$[0]", "$[1,2]", "$..[0]")
_LONGER_QUERIES = ("$.a.*", "$.*.b", "$[*].a", "$..a..b", "$.*[*]", "$['c d.e']", "$[''][0]")
QUERIES = st.lists(st.sampled_from(_QUERIES + _LONGER_QUERIES), max_size=3)
