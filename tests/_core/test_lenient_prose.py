"""Tests of streamparse._core.lenient_prose: where a value starts in prose."""

from __future__ import annotations

import pytest

from streamparse import IncompleteError, JSONParser, parse
from streamparse._core.lenient_prose import (
    LONG,
    PROSE,
    UNDECIDED,
    VALUE,
    fence_at,
    goes_on,
    is_code,
    quote_fence_at,
    reasoning_end,
    starts_array,
    starts_group,
    starts_members,
    starts_tuple,
    tag_at,
)
from tests.helpers import cut, run

# Prose with brackets and words that look like values but are none.
TRAPS = (
    'Here\'s the "data" you asked for: ',
    "I found 3 results: ",
    "no result is null, true data: ",
    "See [note 1] and [2]: ",
    "[INFO] done: ",
    "[1] Smith et al. say ",
    "Use {name} and {} and [] in templates. ",
    "A [link](http://example.org/{id}?a[]=1) first. ",
    "The set {a, b} and {1, 2, 3}; f(x) = {x | x > 0}: ",
    "- [ ] todo\n- [x] done\n",
    '`{"a"}` is no object. ',
    "In LaTeX \\frac{1}{2} and \\{x\\}: ",
    '<think>maybe {"wrong": 1}</think>',
    "<reasoning>\n[1, 2]\n</reasoning>\n\n",
    '```bash\nif [ -f x ]; then echo {"a": 1}; fi\n```\n',
    '```python\nx = {"a": 1}\nprint(x[0])\n```\nwhich gives ',
    "# A heading with {braces}\n",
    '// a comment with {"a": 1}\n',
    '/* {"a": 1} */ ',
    "<!-- [1, 2] --> ",
    "[[wiki]] page ",
    "(1) first, (2) second: ",
    "3 < 4 > 2, x <- [y] ",
    "callback(",
)


@pytest.mark.parametrize(
    "text",
    [
        'So: {, "a": {"b": 1}}',
        'So: {..., "a": {"b": 1}}',
        'So: {"a" = {"b": 1}}',
        'So: {"a" => {"b": 1}}',
        'So: { <!-- all --> "a": {"b": 1}}',
    ],
)
def test_objects_in_prose_that_begin_oddly(text: str) -> None:
    for pieces in ([text], list(text)):
        parser = JSONParser("lenient")
        for piece in pieces:
            parser.feed(piece)
        parser.finish()
        assert parser.value == {"a": {"b": 1}}


@pytest.mark.parametrize("text", ["So {...} and {, } are nothing.", "So {.5} {<b>} {... x}"])
def test_brackets_in_prose_that_start_no_object(text: str) -> None:
    for pieces in ([text], list(text)):
        found = run(pieces, dialect="lenient")
        assert found.error is not None
        assert found.error.code == "empty"


@pytest.mark.parametrize(
    "text", ['"a" => {"b": 1}', '"a" (b)', 'See {this "a": "{\\"b\\": 1}" ok}']
)
def test_reading_only_a_part_as_the_document_is_ambiguous(text: str) -> None:
    for pieces in ([text], list(text)):
        parser = JSONParser("lenient")
        for piece in pieces:
            parser.feed(piece)
        parser.finish()
        assert "ambiguous" in [doubt.code for doubt in parser.doubts]


@pytest.mark.parametrize("text", TRAPS)
def test_prose_before_a_value(text: str) -> None:
    """The object after the prose is the value, and the prose is the prefix, for any chunking."""
    whole = run([text + '{"answer": 42}'], dialect="lenient")
    parser = JSONParser("lenient")
    parser.feed(text + '{"answer": 42}')
    parser.finish()
    assert parser.value == {"answer": 42}
    assert parser.prefix == text
    assert run(list(text + '{"answer": 42}'), dialect="lenient") == whole


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Sure: [1, 2]", [1, 2]),
        ("Sure: [3]", [3]),
        ("x = []", []),
        ("The list:\n[true, null]", [True, None]),
        ('as ["a"] and', ["a"]),
        ("so [{}]", [{}]),
        ("so {}", {}),
        ("f({});", {}),
        ("see {'a': 1}", {"a": 1}),
        ("see {a: 1}", {"a": 1}),
        ("see {“a”: 1}", {"a": 1}),
        ('`{"a": 1}`', {"a": 1}),
        ('Use ```{"a": 1}``` now', {"a": 1}),
        ("```python\n{'a': None}\n```", {"a": None}),
        ('{{"a": 1}}', {"a": 1}),
        ("~~~\n[1]\n~~~", [1]),
        ('```\nResult: {"a": 1}\n```', {"a": 1}),
        ("```css\na {b: c}\n```\n```json\n[1]\n```", [1]),
        ("<json>[1]</json>", [1]),
        ("(1, 2)", [1, 2]),
        ("true", True),
        ("None", None),
        ("12,", 12),
        ("-0.5 // half", -0.5),
        ("word", "word"),
        ("0.0.1", "0.0.1"),
        ("https://example.org/", "https://example.org/"),
        ('Id("a");', "a"),
        ("f(false)", False),
        ("```\n42\n```", 42),
        ("'a'", "a"),
        ("“a”", "a"),
    ],
)
def test_values_that_are_found(text: str, value: object) -> None:
    found = parse(text, dialect="lenient")
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "Sorry, I cannot do that.",
        "yes or no",
        "]",
        "-",
        ":x",
        '<think>{"a": 1}',
        "[x](y)",
        "/* a */",
    ],
)
def test_text_without_a_value(text: str) -> None:
    for pieces in ([text], list(text)):
        outcome = run(pieces, dialect="lenient")
        assert outcome.error is not None
        assert (outcome.error.kind, outcome.error.code) == ("IncompleteError", "empty")
    with pytest.raises(IncompleteError):
        parse(text, dialect="lenient")


def test_many_gives_every_value() -> None:
    text = 'First {"a": 1}, then:\n```json\n[2]\n```\nand 3 more\n4\ntrue\n"five"\n{b: 6} [1] [7,]'
    parser = JSONParser("lenient", many=True)
    parser.feed(text)
    parser.finish()
    assert parser.value == [{"a": 1}, [2], 4, True, "five", {"b": 6}, [1], [7]]
    assert (parser.prefix, parser.done) == ("First ", True)
    assert str(parser.remainder).startswith(", then:\n```json\n")


def decided(text: str, before: str = "") -> int:
    return goes_on(text, 0, len(text), False, before)


def test_goes_on() -> None:
    assert decided('{"a":') == decided("[{a: ") == decided("[1, ", ":") == VALUE
    assert decided("{a, ") == decided("[1] ", "x") == decided("[see]") == decided("{} is") == PROSE
    assert decided("{") == decided('{"a"') == decided("[1", ":") == decided("[]", ":") == UNDECIDED


def test_starts() -> None:
    def array(text: str, final: bool = False, many: bool = False) -> int:
        return starts_array(text, 0, len(text), final, many)

    assert array('["') == array("[1,") == array("[a,") == array("[a]", final=True) == VALUE
    assert array("[a] b") == array("[1] b") == PROSE
    assert array("[a") == array("[1]") == UNDECIDED
    assert array("[1]", many=True) == VALUE
    assert starts_tuple("(1,", 0, 3, False) == starts_tuple('("', 0, 2, False) == VALUE
    assert starts_tuple("(1)", 0, 3, False) == PROSE
    assert starts_tuple("(1", 0, 2, False) == UNDECIDED


def test_fences_and_tags() -> None:
    assert fence_at("```json\n", 0, 8, False) == 7
    assert fence_at("``", 0, 2, False) == fence_at("```js", 0, 5, False) == 0
    assert fence_at("`` ", 0, 3, False) == fence_at("``", 0, 2, True) == -1
    assert is_code("Python")
    assert not is_code("json")
    assert tag_at("<a b='c'> ", 0, 10, False) == 9
    assert tag_at("<a", 0, 2, False) == 0
    assert tag_at("< a>", 0, 4, False) == tag_at("<a", 0, 2, True) == -1
    assert reasoning_end("<Think>") == "</think>"
    assert reasoning_end("<answer>") == ""


def test_a_fence_that_closes_right_after_the_value() -> None:
    """A closing fence directly after the value ends the document, for any chunking."""
    for text, value in (
        ("```js\n[ false ]```\n", [False]),
        ("```python\n[]```", []),
        ("```sh\n[ 1 ] ```", [1]),
    ):
        for size in (1, 2, len(text)):
            parser = JSONParser("lenient")
            for piece in cut(text, [size]):
                parser.feed(piece)
            parser.finish()
            assert parser.done
            assert parser.value == value
    with pytest.raises(IncompleteError):
        parse("the list `a [ 1 ]` stays text", dialect="lenient")


@pytest.mark.parametrize(
    "document",
    ['{"a" "b"}', '{"a"5}', '{"a: 1}', "{„a“: 1}", "{‘a’: [‘b’]}", '{ # so\n"a": 1}', "[„a“, 1]"],
)
def test_damaged_documents_in_a_sentence(document: str) -> None:
    assert parse(f"It is {document} here.", dialect="lenient") == parse(document, dialect="lenient")


@pytest.mark.parametrize("start", ["(", "()", "(1", "(true"])
@pytest.mark.parametrize("width", [120, 126, 127, 128, 300])
def test_a_tuple_is_recognised_for_any_chunking(start: str, width: int) -> None:
    for rest in (', "a", "b")', '"a", "b")'):
        text = start + " " * width + rest
        whole = run([text], dialect="lenient")
        assert run(list(text), dialect="lenient") == whole
        assert run(cut(text, [40]), dialect="lenient") == whole


@pytest.mark.parametrize("word", ["Truen", "falsehood", "nullable", "None1"])
@pytest.mark.parametrize("start", ['f{"a"', 'so {"a": 1, "b"', 'x {"a": "y "b": ', 'x ["a", {"k"'])
def test_a_literal_at_the_end_of_a_fragment_may_be_a_longer_word(start: str, word: str) -> None:
    text = start + word
    expected = run([text], dialect="lenient")
    for size in (1, 2, 3, len(text) - 1):
        assert run(cut(text, [size]), dialect="lenient") == expected


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ('"a": 1', VALUE),
        ('"a" : {', VALUE),
        ('"a": one', PROSE),
        ('"a", "b"', PROSE),
        ('"a" said', PROSE),
    ],
)
def test_members_without_an_opening_bracket(text: str, result: int) -> None:
    assert starts_members(text, 0, len(text), True) == result
    before = {starts_members(text[:end], 0, end, False) for end in range(1, len(text))}
    assert before <= {UNDECIDED, result}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("([1, 2])", VALUE),
        ('({"a": ")}", \'b\': "\\""})', VALUE),
        ("([1], 2)", PROSE),
        ("(1, 2)", PROSE),
        ("(", PROSE),
        ("([1, ", LONG),
        ("([" + "1, " * 100 + "1])", LONG),
    ],
)
def test_groups(text: str, result: int) -> None:
    assert starts_group(text, 0, len(text), True) == result
    before = {starts_group(text[:end], 0, end, False) for end in range(1, len(text))}
    assert before <= {UNDECIDED, result}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("'''json\n[1]", 8),
        ('"""{', 3),
        ("'''data\n[1]", 8),
        ("'''data [1]", -1),
        ("'''python\n[1]", -1),
        ("'''it", -1),
        ("'''", -1),
        ("''x", -1),
    ],
)
def test_fences_of_three_quotes(text: str, result: int) -> None:
    assert quote_fence_at(text, 0, len(text), True) == result
    before = {quote_fence_at(text[:end], 0, end, False) for end in range(1, len(text))}
    assert before <= {0, result}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("{/* one */", VALUE),
        ("{// one", VALUE),
        ("{/", PROSE),
        ("{# one", VALUE),
        ("{#", PROSE),
        ("[" * 40, VALUE),
        ('["a"', VALUE),
        ('["a": 1]', PROSE),
        ('["a" b c', PROSE),
        ('{"' + "k" * 200, VALUE),
    ],
)
def test_brackets_that_start_a_value_in_prose(text: str, result: int) -> None:
    assert goes_on(text, 0, len(text), True, ":") == result
    before = {goes_on(text[:end], 0, end, False, ":") for end in range(1, len(text))}
    assert before <= {UNDECIDED, result}
