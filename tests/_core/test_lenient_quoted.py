"""Tests of streamparse._core.lenient_quoted: quotes and escapes."""

from __future__ import annotations

import pytest

from streamparse import JSONParser, Limits, StringDelta, ValueCompleted, parse
from tests.helpers import run


@pytest.mark.parametrize(
    ("text", "value", "codes"),
    [
        ("['a', `b`, ´c´]", ["a", "b", "c"], "single_quotes single_quotes single_quotes"),
        ("[“a”, ‘b’, „c“, «d»]", ["a", "b", "c", "d"], " ".join(["smart_quotes"] * 4)),
        (r"{\"a\": \"b \\\"c\\\" d\"}", {"a": 'b "c" d'}, "escaped_quotes escaped_quotes"),
        (r"[\"a\\nb\\u00e9\\\\\", 1]", ["a\nbé\\", 1], "escaped_quotes"),
        ('{""a"": """b "c" d"""}', {"a": 'b "c" d'}, " ".join(["doubled_quotes"] * 3)),
        ("['''a''', 'it\\'s']", ["a", "it's"], "single_quotes doubled_quotes single_quotes escape"),
        ('["a" + "b" +\n\'c\']', ["abc"], "concatenation concatenation"),
        ('["a\n\tb\n"]', ["a\n\tb\n"], "control_character"),
        (r'["\q\(\x4\u12\ud"]', [r"\q\(\x4\u12\ud"], " ".join(["escape"] * 5)),
        (r'["C:\Users\new"]', ["C:\\Users\new"], "escape"),
        ('["a\\\nb\\\r\nc\\x41\\v\\0"]', ["abcA\v\0"], " ".join(["escape"] * 5)),
        (r'["\01"]', [r"\01"], "escape"),
        (r'["\ud83d\ude00"]', ["😀"], ""),
        ('{"a:b": 1, "c: d": 2}', {"a:b": 1, "c: d": 2}, ""),
        ('{"a:"b"}', {"a": "b"}, "missing_quote"),
        ('{"a": 1, "b: true}', {"a": 1, "b": True}, "missing_quote"),
        ('{"a: [1]}', {"a": [1]}, "missing_quote"),
        ('{"x: \\"y\\" z": 1}', {'x: "y" z': 1}, ""),
        ('{"a, b: \\"": 1}', {'a, b: "': 1}, ""),
        ('{"a": "sea, "b": 1}', {"a": "sea", "b": 1}, "missing_quote"),
        ('{"a": "sea , "b": [1]}', {"a": "sea", "b": [1]}, "missing_quote"),
        ('{"a": "sea,\n  "b": null\n}', {"a": "sea", "b": None}, "missing_quote"),
        ('{"a": {"b": "sea}, "c": 1}', {"a": {"b": "sea"}, "c": 1}, "missing_quote"),
        ('[{"a": "sea}, {"a": 1}]', [{"a": "sea"}, {"a": 1}], "missing_quote"),
        ('{"a": "so {x}, "b": 1}', {"a": "so {x}", "b": 1}, "missing_quote"),
        ('{"a": "sea\n "b": 1}', {"a": "sea", "b": 1}, "missing_quote ambiguous missing_comma"),
        (r'{"a": "C:\dir\", "b": 1}', {"a": 'C:\\dir"', "b": 1}, "escape missing_quote ambiguous"),
        ('{"a": "sea”, "b": 1}', {"a": "sea”", "b": 1}, "missing_quote ambiguous"),
        ('{"a”: 1}', {"a”": 1}, "missing_quote ambiguous"),
        ('["sea, "air"]', ["sea", "air"], "missing_quote ambiguous"),
        ('{"a": ["sea], "b": 1}', {"a": ["sea"], "b": 1}, "missing_quote ambiguous"),
        ('{"a": "sea\n}\n\nBye', {"a": "sea"}, "missing_quote ambiguous trailing_text"),
        (
            '{"a": "say, "b": not so", "c": 1}',
            {"a": 'say, "b": not so', "c": 1},
            "inner_quote " * 2,
        ),
        ('{"a": "use {"b": "c"}, then", "d": 1}', {"a": 'use {"b": "c"}, then', "d": 1}, "*"),
        ('{"a": "{"b": [1, "}"]}", "d": 1}', {"a": '{"b": [1, "}"]}', "d": 1}, "*"),
        ('{"a": "["b", "c"], or", "d": 1}', {"a": '["b", "c"], or', "d": 1}, "*"),
        ('{"a": "x {", ":": 1}', {"a": "x {", ":": 1}, ""),
        ('{"a": "x,", ":": 1}', {"a": "x,", ":": 1}, ""),
        ("[`it's '`, `b`]", ["it's '", "b"], "single_quotes inner_quote inner_quote single_quotes"),
        ('["a" /* + */ + // "b"\n "c"]', ["ac"], "concatenation"),
        ('{"a": "5" pipe", "b": 1}', {"a": '5" pipe', "b": 1}, "inner_quote ambiguous"),
    ],
)
def test_strings(text: str, value: object, codes: str) -> None:
    for pieces in ([text], list(text)):
        parser = JSONParser("lenient")
        for piece in pieces:
            parser.feed(piece)
        parser.finish()
        assert parser.value == value
        if codes != "*":
            assert [repair.code for repair in parser.repairs] == codes.split()
        assert parser.done


def test_only_what_is_undecided_is_held_back() -> None:
    """Law 2: the text of a string goes out at once; a quote waits for what follows it."""
    parser = JSONParser("lenient")
    assert parser.feed('{"a": "he said ')[-1] == StringDelta(("a",), "he said")
    assert parser.feed('"') == [StringDelta(("a",), " ")]
    assert parser.feed("hi") == []
    assert "".join(event.text for event in parser.feed('" and')) == '"hi'  # type: ignore[union-attr]
    assert parser.feed(" lef") == []
    assert parser.feed('t"') == [StringDelta(("a",), '"'), StringDelta(("a",), " and left")]
    assert parser.feed("}") == []
    assert parser.finish()[0] == ValueCompleted(("a",), 'he said "hi" and left')


def test_a_clean_string_ends_as_soon_as_it_may() -> None:
    parser = JSONParser("lenient")
    parser.feed('{"a": "b')
    assert parser.feed('",\n') == [ValueCompleted(("a",), "b")]
    assert parser.feed('"c": "d')[-1] == StringDelta(("c",), "d")
    assert parser.feed('"}')[0] == ValueCompleted(("c",), "d")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": "b', {"a": "b"}),
        ('{"a": "b\\', {"a": "b"}),
        ('{"a": "b\\u00', {"a": "b"}),
        ('{"a": "b\\ud83d', {"a": "b"}),
        ('{"a": "b", "c', {"a": "b"}),
        ('{"a": "b", "c"', {"a": "b"}),
        ('{"a": "b", "c":', {"a": "b"}),
        ('{"a": "b", c', {"a": "b"}),
    ],
)
def test_what_is_cut_inside_a_string_or_key(text: str, value: object) -> None:
    outcome = run(list(text), dialect="lenient")
    assert outcome == run([text], dialect="lenient")
    assert parse(text, dialect="lenient") == value
    assert outcome.truncated


def test_limits_of_strings() -> None:
    for text in ("['abcdef']", "[abcdef]", "{abcdef: 1}", r'["\q\q\q"]'):
        outcome = run(list(text), dialect="lenient", limits=Limits(string=5))
        assert outcome.error is not None
        assert outcome.error.code == "string_length"
        assert outcome == run([text], dialect="lenient", limits=Limits(string=5))


def test_brackets_at_the_end_of_the_input_are_left_out_of_a_string_without_its_quote() -> None:
    parser = JSONParser("lenient")
    parser.feed('{"a": [{"b": "sea}]}')
    parser.finish()
    assert parser.value == {"a": [{"b": "sea"}]}
    assert (parser.done, parser.truncated) == (False, True)


def test_letters_are_shown_at_once_and_a_comma_with_what_follows() -> None:
    parser = JSONParser("lenient")
    parser.feed('{"a": "sea, ')
    assert parser.value == {"a": "sea"}
    parser.feed("a")
    assert parser.value == {"a": "sea, a"}
