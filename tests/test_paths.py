"""Tests of streamparse.paths: notations of a path, and streamable JSONPath queries."""

from __future__ import annotations

import dataclasses
import doctest
import pickle
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streamparse import paths
from streamparse.paths import (
    Path,
    Query,
    Segment,
    json_pointer,
    normalized_path,
    parse_json_pointer,
    value_at,
)

MAX_INDEX = 2**53 - 1

# st.text() generates no surrogates, so every name can be written in a query.
NAMES = st.text(max_size=6) | st.text(
    st.sampled_from("'\"\\/~01\b\t\n\f\r\x00\x1f\x7f"), max_size=6
)
INDEXES = st.integers(0, MAX_INDEX)
PATHS = st.lists(NAMES | INDEXES, max_size=6).map(tuple)


def segment(*selectors: str | int | None, descendant: bool = False) -> Segment:
    """Return the segment with these selectors; None is the wildcard."""
    return Segment(
        descendant,
        frozenset(one for one in selectors if isinstance(one, str)),
        frozenset(one for one in selectors if isinstance(one, int)),
        None in selectors,
    )


def test_the_examples_in_the_docstrings() -> None:
    failed, attempted = doctest.testmod(paths)
    assert attempted > 0
    assert failed == 0


def test_all_names_exist() -> None:
    assert all(hasattr(paths, name) for name in paths.__all__)


# Normalized paths


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ((), "$"),
        (("orders", 12, ""), "$['orders'][12]['']"),
        (("0", 0), "$['0'][0]"),
        (("\b\t\n\f\r",), r"$['\b\t\n\f\r']"),
        (("\x00\x07\x0b\x0e\x1b\x1f",), r"$['\u0000\u0007\u000b\u000e\u001b\u001f']"),
        (("don't",), r"$['don\'t']"),
        (("C:\\",), r"$['C:\\']"),
        (('"', "/"), "$['\"']['/']"),
        ((" \x7f\x80é\u2028😀",), "$[' \x7f\x80é\u2028😀']"),
        (("\ud83d", "\ude00"), "$['\ud83d']['\ude00']"),
    ],
)
def test_normalized_path(path: Path, expected: str) -> None:
    assert normalized_path(path) == expected


def test_exactly_the_characters_of_the_rfc_are_escaped() -> None:
    escaped = {chr(code) for code in range(0x300) if "\\" in normalized_path((chr(code),))}
    assert escaped == {*map(chr, range(0x20)), "'", "\\"}


@given(PATHS)
@example(())
def test_a_normalized_path_is_a_query_for_that_path(path: Path) -> None:
    query = Query.parse(normalized_path(path))
    assert query.segments == tuple(segment(step) for step in path)
    assert query.matches(path)


@given(PATHS, PATHS)
def test_the_query_of_one_path_matches_no_other(path: Path, other: Path) -> None:
    query = Query.parse(normalized_path(path))
    assert query.matches(other) == (path == other)
    assert not query.matches((*path, *other, "more"))
    if path:
        assert not query.matches(path[:-1])


# JSON pointers


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ((), ""),
        (("",), "/"),
        (("", ""), "//"),
        (("lines", 3), "/lines/3"),
        (("and/or",), "/and~1or"),
        (("~home",), "/~0home"),
        (("~1", "~0"), "/~01/~00"),
        (("/~/",), "/~1~0~1"),
        (("a b", "é", "\x00", "\ud800"), "/a b/é/\x00/\ud800"),
    ],
)
def test_json_pointer(path: Path, pointer: str) -> None:
    assert json_pointer(path) == pointer
    assert parse_json_pointer(pointer) == tuple(map(str, path))


@given(PATHS)
def test_json_pointer_round_trip(path: Path) -> None:
    assert parse_json_pointer(json_pointer(path)) == tuple(map(str, path))


@given(st.text(st.sampled_from("/~01a#"), max_size=8))
def test_parsed_json_pointers_round_trip(text: str) -> None:
    try:
        tokens = parse_json_pointer(text)
    except ValueError:
        well_formed = re.fullmatch(r"(/([^/~]|~[01])*)*", text)
        assert not well_formed
    else:
        assert json_pointer(tokens) == text


@pytest.mark.parametrize(
    ("text", "position", "problem"),
    [
        ("a", 0, "must be empty or begin with '/'"),
        ("#/a", 0, "must be empty or begin with '/'"),
        ("~0", 0, "must be empty or begin with '/'"),
        ("/ok/~2", 4, "'~' must be followed by '0' or '1'"),
        ("/~0~1~", 5, "'~' must be followed by '0' or '1'"),
        ("/~/", 1, "'~' must be followed by '0' or '1'"),
    ],
)
def test_malformed_json_pointer(text: str, position: int, problem: str) -> None:
    message = f"JSON pointer {text!r}, position {position}: {problem}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_json_pointer(text)


def test_json_pointer_must_be_a_str() -> None:
    with pytest.raises(TypeError, match=r"^a JSON pointer must be a str, not bytes$"):
        parse_json_pointer(b"/a")  # type: ignore[arg-type]


# Values

DOCUMENT = {"rows": [{"id": 7}, None], "": "x"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ((), DOCUMENT),
        (("rows", 0, "id"), 7),
        (("rows", 1), None),
        (("",), "x"),
    ],
)
def test_value_at(path: Path, expected: object) -> None:
    assert value_at(DOCUMENT, path) == expected


@pytest.mark.parametrize(
    ("path", "reached"),
    [
        (("columns",), "$"),
        (("columns", 0, "id"), "$"),
        ((0,), "$"),
        (("rows", 2), "$['rows']"),
        (("rows", -1), "$['rows']"),
        (("rows", "0"), "$['rows']"),
        (("rows", 0, "id", "x"), "$['rows'][0]['id']"),
        (("", 0), "$['']"),
    ],
)
def test_value_at_a_path_that_leads_nowhere(path: Path, reached: str) -> None:
    message = f"no value at {normalized_path(path)}, only as far as {reached}"
    with pytest.raises(LookupError, match=f"^{re.escape(message)}$"):
        value_at(DOCUMENT, path)


def test_value_at_creates_no_members() -> None:
    class Growing(dict[str, object]):
        def __missing__(self, key: str) -> object:
            raise AssertionError("asked to make a member")

    with pytest.raises(LookupError, match="no value at"):
        value_at(Growing(), ("a",))


def test_value_at_the_bottom_of_a_deep_document() -> None:
    depth = 50_000
    document: object = "bottom"
    for _ in range(depth):
        document = [document]
    try:
        assert value_at(document, (0,) * depth) == "bottom"
    finally:
        while isinstance(document, list):  # Freeing it at once would recurse.
            document = document.pop()


# Valid queries


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("$", []),
        ("$.port", [segment("port")]),
        ("$._x1.été.数.😀9", [segment("_x1"), segment("été"), segment("数"), segment("😀9")]),
        ("$.\x80\ud7ff\ue000\U0010ffff", [segment("\x80\ud7ff\ue000\U0010ffff")]),
        ("$.\u0663", [segment("\u0663")]),  # No ASCII digit, so it may come first.
        ("$.null.true", [segment("null"), segment("true")]),
        ("$.*[*]", [segment(None), segment(None)]),
        ("$[0][10]", [segment(0), segment(10)]),
        (f"$[{MAX_INDEX}]", [segment(MAX_INDEX)]),
        ("$['it']", [segment("it")]),
        ('$["it"]', [segment("it")]),
        ("$['']", [segment("")]),
        ("$['a','a']", [segment("a")]),
        ("$['b', 4, *, \"c\"]", [segment("b", 4, None, "c")]),
        ("$..k", [segment("k", descendant=True)]),
        ("$..*", [segment(None, descendant=True)]),
        ("$..['k', 2]..[*]", [segment("k", 2, descendant=True), segment(None, descendant=True)]),
        ("$ .a\n[0]\t\r..b", [segment("a"), segment(0), segment("b", descendant=True)]),
        ("$[ \n'a'\t,\r0 ]", [segment("a", 0)]),
        ("$[0 ]", [segment(0)]),
    ],
)
def test_parse(text: str, segments: list[Segment]) -> None:
    query = Query.parse(text)
    assert query.segments == tuple(segments)
    assert query.text == str(query) == text


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (r"'\b\t\n\f\r\/\\'", "\b\t\n\f\r/\\"),
        (r"'\''", "'"),
        (r'"\""', '"'),
        ("'\"'", '"'),
        ('"\'"', "'"),
        (r"'\u0041\u00e9\u00E9\u0000'", "Aéé\x00"),
        (r"'\uD83D\uDE00'", "😀"),
        (r'"x\ud800\udc00y"', "x\U00010000y"),
        (r"'\udbff\udfff'", "\U0010ffff"),
        (r"'\ud7ff\ue000'", "\ud7ff\ue000"),
        ("'\x7f\u2028😀'", "\x7f\u2028😀"),
    ],
)
def test_quoted_names(written: str, name: str) -> None:
    assert Query.parse(f"$[{written}]").segments == (segment(name),)


BLANKS = st.text(st.sampled_from(" \t\n\r"), max_size=2)


def utf16_units(char: str) -> list[int]:
    data = char.encode("utf-16-be")
    return [data[at] << 8 | data[at + 1] for at in range(0, len(data), 2)]


@st.composite
def written_selectors(draw: st.DrawFn) -> tuple[str, str | int | None]:
    """Generate a selector in one of its spellings, with its value."""
    value = draw(st.none() | INDEXES | NAMES)
    if not isinstance(value, str):
        return ("*" if value is None else str(value)), value
    quote = draw(st.sampled_from("'\""))
    form = draw(st.sampled_from(["\\u{:04x}", "\\u{:04X}"]))
    parts = []
    for char in value:
        plain = char >= " " and char not in (quote, "\\")
        if plain and draw(st.booleans()):
            parts.append(char)
        else:
            parts.append("".join(form.format(unit) for unit in utf16_units(char)))
    return quote + "".join(parts) + quote, value


@st.composite
def written_segments(draw: st.DrawFn) -> tuple[str, Segment]:
    dots = draw(st.sampled_from(["", ".."]))
    chosen = draw(st.lists(written_selectors(), min_size=1, max_size=3))
    inside = ",".join(draw(BLANKS) + text + draw(BLANKS) for text, _ in chosen)
    meaning = segment(*(value for _, value in chosen), descendant=dots != "")
    return f"{draw(BLANKS)}{dots}[{inside}]", meaning


@given(st.lists(written_segments(), max_size=4))
def test_every_spelling_is_understood(written: list[tuple[str, Segment]]) -> None:
    text = "$" + "".join(one for one, _ in written)
    assert Query.parse(text).segments == tuple(meaning for _, meaning in written)


# Invalid queries

BEGIN = "a query must begin with '$'"
SEGMENT = "expected '.', '..' or '[' (other characters in a name need quotes: ['...'])"
AFTER_DOT = "expected a name or '*' after '.'"
AFTER_DOTS = "expected a name, '*' or '[' after '..'"
SELECTOR = "expected a name in quotes, an index or '*'"
DELIMITER = "expected ',' or ']' after a selector"
OPEN_BRACKET = "this '[' is never closed"
OPEN_QUOTE = "this quoted name is never closed"
NOT_CANONICAL = "an index has neither leading zeros nor the form '-0'"
TOO_BIG = "an index must lie within 2**53 - 1"
NO_PAIR = "the escape of a surrogate is not part of a pair"
HEX = "expected four hexadecimal digits after '\\u'"
NEGATIVE = "a negative index cannot be known before the array ends"
SLICE = "slices are not supported in a streamed query"
FILTER = "filters are not supported: they need values that have not arrived yet"
FUNCTION = "functions and script expressions are not supported in a streamed query"


@pytest.mark.parametrize(
    ("text", "position", "problem"),
    [
        ("", 0, BEGIN),
        ("a.b", 0, BEGIN),
        ("@.a", 0, BEGIN),
        (" $.a", 0, "blank space before '$' is not allowed"),
        ("\n", 0, "blank space before '$' is not allowed"),
        ("$ ", 1, "blank space at the end is not allowed"),
        ("$.a \n", 3, "blank space at the end is not allowed"),
        ("$a", 1, SEGMENT),
        ("$$", 1, SEGMENT),
        ("$.a-b", 3, SEGMENT),
        ("$.a b", 4, SEGMENT),
        ("$.a\xa0b\x0b", 5, SEGMENT),
        ("$[0]]", 4, SEGMENT),
        ("$.", 2, AFTER_DOT),
        ("$. a", 2, AFTER_DOT),
        ("$.1", 2, AFTER_DOT),
        ("$.'a'", 2, AFTER_DOT),
        ("$.[0]", 2, AFTER_DOT),
        ("$.\ud800", 2, AFTER_DOT),
        ("$.\x7f", 2, AFTER_DOT),
        ("$..", 3, AFTER_DOTS),
        ("$...a", 3, AFTER_DOTS),
        ("$.. [0]", 3, AFTER_DOTS),
        ("$..-", 3, AFTER_DOTS),
        ("$[]", 2, SELECTOR),
        ("$[a]", 2, SELECTOR),
        ("$[,0]", 2, SELECTOR),
        ("$[0,]", 4, SELECTOR),
        ("$[+1]", 2, SELECTOR),
        ("$[\u0663]", 2, SELECTOR),
        ("$[\xa00]", 2, SELECTOR),
        ("$[0 1]", 4, DELIMITER),
        ("$['a''b']", 5, DELIMITER),
        ("$[1.5]", 3, DELIMITER),
        ("$[1e2]", 3, DELIMITER),
        ("$.a[*", 3, OPEN_BRACKET),
        ("$.a[", 3, OPEN_BRACKET),
        ("$.a[0, ", 3, OPEN_BRACKET),
        ("$[0, 'ab", 5, OPEN_QUOTE),
        ("$['a\"]", 2, OPEN_QUOTE),
        ("$['a\nb']", 4, "control character U+000A in a quoted name"),
        ("$['\x1f']", 3, "control character U+001F in a quoted name"),
        ("$['\ud83d']", 3, "lone surrogate U+D83D in a quoted name"),
        ("$['\udfff']", 3, "lone surrogate U+DFFF in a quoted name"),
        (r"$['a\q']", 4, "a backslash before 'q' is not an escape"),
        (r"$['\"']", 3, "a backslash before '\"' is not an escape"),
        (r'$["\'"]', 3, 'a backslash before "\'" is not an escape'),
        (r"$['\U0041']", 3, "a backslash before 'U' is not an escape"),
        ("$['\\", 3, "a backslash before the end is not an escape"),
        (r"$['\u12']", 3, HEX),
        (r"$['\u12g4']", 3, HEX),
        (r"$['\u', 0]", 3, HEX),
        (r"$['\ud83d\u12']", 9, HEX),
        (r"$['x\uD83D']", 4, NO_PAIR),
        (r"$['\uD83D\n']", 3, NO_PAIR),
        (r"$['\uD83D\u0041']", 3, NO_PAIR),
        (r"$['\uD83D\uD83D\uDE00']", 3, NO_PAIR),
        (r"$['\uDE00']", 3, NO_PAIR),
        (r"$['\uDE00\uD83D']", 3, NO_PAIR),
        ("$[007]", 2, NOT_CANONICAL),
        ("$[00]", 2, NOT_CANONICAL),
        ("$[-0]", 2, NOT_CANONICAL),
        ("$[-01]", 2, NOT_CANONICAL),
        ("$[-]", 2, "expected digits after '-'"),
        ("$[--1]", 2, "expected digits after '-'"),
        (f"$[{MAX_INDEX + 1}]", 2, TOO_BIG),
        (f"$[-{MAX_INDEX + 1}]", 2, TOO_BIG),
        pytest.param(f"$[{'9' * 5000}]", 2, TOO_BIG, id="an index of 5000 digits"),
        ("$[0, -1]", 5, NEGATIVE),
        (f"$[-{MAX_INDEX}]", 2, NEGATIVE),
        ("$[:]", 2, SLICE),
        ("$[1:]", 2, SLICE),
        ("$[0, -3 : -1]", 5, SLICE),
        ("$[::2]", 2, SLICE),
        ("$.a[?@.price > 3]", 4, FILTER),
        ("$[0, ?length(@.x) == 1]", 5, FILTER),
        ("$.rows.length()", 13, FUNCTION),
        ("$[(@.length-1)]", 2, FUNCTION),
    ],
)
def test_invalid_queries(text: str, position: int, problem: str) -> None:
    message = f"query {text!r}, position {position}: {problem}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Query.parse(text)


@pytest.mark.parametrize("wrong", [b"$", None, ("a",)])
def test_query_must_be_a_str(wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"^a query must be a str, not {type(wrong).__name__}$"):
        Query.parse(wrong)


@given(st.text(st.sampled_from("$.*[],'\"\\/u0aD8-:?( \n\ud800"), max_size=12).map("$".__add__))
def test_any_text_is_a_query_or_a_value_error_with_a_position_inside(text: str) -> None:
    try:
        query = Query.parse(text)
    except ValueError as error:
        message = str(error)
        prefix = f"query {text!r}, position "
        assert message.startswith(prefix)
        assert 0 <= int(message.removeprefix(prefix).partition(":")[0]) <= len(text)
    else:
        assert str(query) == text


def test_a_long_query_needs_no_deep_recursion() -> None:
    depth = 20_000
    query = Query.parse("$" + "[0]" * depth)
    assert query.matches((0,) * depth)


# Matches


@pytest.mark.parametrize(
    ("text", "matched", "missed"),
    [
        ("$", [()], [("a",), (0,)]),
        ("$.a", [("a",)], [(), ("b",), ("a", "a"), (0,)]),
        ("$[1]", [(1,)], [("1",), (0,), (1, 1)]),
        ("$['1']", [("1",)], [(1,)]),
        ("$.*.b", [("a", "b"), (0, "b")], [("b",), ("a", 0, "b")]),
        ("$['a', 0].*", [("a", 1), (0, "z")], [("b", 1), (1, "z")]),
        ("$..a", [("a",), ("a", "a"), (0, "x", "a")], [(), ("a", "b")]),
        ("$..*", [("a",), (0, 0)], [()]),
        ("$.a..b.c", [("a", "b", "c"), ("a", "b", "b", 0, "b", "c")], [("b", "c"), ("a", "b")]),
        ("$..a..a", [("a", "a"), ("a", 0, "a")], [("a",), (0, "a")]),
        ("$..[0, 'k'].v", [(0, "v"), ("x", "k", "v")], [("v",), (1, "v"), ("k", 0)]),
    ],
)
def test_matches(text: str, matched: list[Path], missed: list[Path]) -> None:
    query = Query.parse(text)
    assert [path for path in [*matched, *missed] if query.matches(path)] == matched


STEP_NAMES = st.sampled_from(["a", "b", "0"])
DOCUMENTS = st.recursive(
    st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(STEP_NAMES, inner, max_size=3),
    max_leaves=12,
)
SMALL_QUERIES = st.lists(
    st.tuples(
        st.sampled_from(["", ".."]),
        st.lists(st.sampled_from(["'a'", "'b'", "'0'", "0", "1", "*"]), min_size=1, max_size=3),
    ).map(lambda drawn: f"{drawn[0]}[{','.join(drawn[1])}]"),
    max_size=4,
).map(lambda segments: Query.parse("$" + "".join(segments)))


def children(document: object, path: Path) -> list[Path]:
    value = value_at(document, path)
    if isinstance(value, dict):
        return [(*path, name) for name in value]
    if isinstance(value, list):
        return [(*path, index) for index in range(len(value))]
    return []


def descendants(document: object, path: Path) -> Iterator[Path]:
    """Yield the path itself and all paths below it."""
    yield path
    for child in children(document, path):
        yield from descendants(document, child)


def selected(document: object, query: Query) -> set[Path]:
    """Evaluate a query as RFC 9535 defines it: each segment turns a list of nodes into another."""
    nodes: set[Path] = {()}
    for one in query.segments:
        if one.descendant:
            nodes = {below for node in nodes for below in descendants(document, node)}
        nodes = {child for node in nodes for child in children(document, node)}
        nodes = {node for node in nodes if one.wildcard or node[-1] in (*one.names, *one.indexes)}
    return nodes


@given(DOCUMENTS, SMALL_QUERIES)
def test_matches_agrees_with_the_evaluation_of_the_document(document: object, query: Query) -> None:
    everything = descendants(document, ())
    assert {path for path in everything if query.matches(path)} == selected(document, query)


def test_many_descendant_segments_take_linear_time() -> None:
    query = Query.parse("$" + "..*" * 60 + ".end")
    started = time.perf_counter()
    assert not query.matches(("x",) * 400)
    assert query.matches((*("x",) * 400, "end"))
    assert time.perf_counter() - started < 5  # Backtracking takes exponential time.


# Queries as values


def test_equal_queries_have_the_same_hash() -> None:
    one, same = Query.parse("$..a[0, *]"), Query.parse("$..a[0, *]")
    assert one == same
    assert len({one, same}) == 1
    assert one.segments[0] == segment("a", descendant=True)
    assert len({*one.segments, *same.segments}) == 2


def test_queries_that_differ_are_unequal() -> None:
    plain = Query.parse("$.a")
    assert plain != Query.parse("$.b")
    assert plain != Query.parse("$['a']")
    assert plain.segments == Query.parse("$['a']").segments
    assert segment("a") != segment("a", descendant=True)
    assert segment("0") != segment(0)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickling(protocol: int) -> None:
    query = Query.parse("$.a..['b', 0, *]")
    copy = pickle.loads(pickle.dumps(query, protocol))
    assert copy == query
    assert hash(copy) == hash(query)
    assert copy.matches(("a", "c", "b"))


def test_queries_cannot_be_changed() -> None:
    query = Query.parse("$.a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        query.text = "$.b"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        query.segments[0].wildcard = True  # type: ignore[misc]
    assert not hasattr(query, "__dict__")
    assert not hasattr(query.segments[0], "__dict__")
