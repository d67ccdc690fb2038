"""Law 6, linear.

Work per character is bounded for any chunking, also for one huge string and with `value` read
after every feed. Memory is the value plus bounded state.

There are two measurements. In the interpreted build the executed lines of the package are
counted: the count is exact, so the test allows hardly any growth. But a line that copies all
earlier text counts as one, and compiled code has no lines. So processor time is measured too, with
a generous bound: copying the text for each fragment would give a ratio of 16, and noise stays
below 4.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from streamparse import COMPILED, JSONParser, Limits
from tests.helpers import AcceptingFactory, cut
from tests.timing import lines_run, seconds


@dataclass(frozen=True)
class Load:
    """A text of about `n` characters, and how it is parsed."""

    name: str
    text: Callable[[int], str]
    options: dict[str, Any] = field(default_factory=dict)
    as_bytes: bool = False
    times: int = 1  # The factor for the length of the text when time is measured.
    whole: bool = False  # Whether the text is one fragment.

    def pieces(self, n: int) -> list[Any]:
        """Return fragments of four characters, or single bytes so that characters are cut."""
        text = self.text(n)
        if self.whole:
            return [text]
        return cut(text.encode(), [1]) if self.as_bytes else cut(text, [4])


def lenient(name: str, text: Callable[[int], str], **options: Any) -> Load:
    return Load(f"lenient {name}", text, {"dialect": "lenient", **options})


def at_once(name: str, text: Callable[[int], str], **options: Any) -> Load:
    options = {"dialect": "lenient", **options}
    return Load(f"lenient at once {name}", text, options, whole=True)


def strict_at_once(name: str, text: Callable[[int], str], **options: Any) -> Load:
    return Load(f"at once {name}", text, options, whole=True)


# Texts for which the lenient machine looks ahead, or holds back undecided text.
LENIENT_LOADS = [
    lenient("string", lambda n: '{"a": ["' + "😀" * n + '"]}'),
    lenient("objects", lambda n: "[" + '{"a": "b"},' * (n // 11) + "{}]"),
    lenient("key", lambda n: '{"' + "😀" * n + '": 1}'),
    lenient("key with colons", lambda n: '{"' + "a:b" * (n // 3) + '": 1}'),
    lenient("inner quotes", lambda n: '{"a": "' + 'b "c", ' * (n // 7) + '", "d": 1}'),
    lenient("quotes", lambda n: '["' + '"' * n),
    lenient("quotes and spaces", lambda n: '["' + ('a"' + " " * 500) * (n // 502)),
    lenient("apostrophes", lambda n: "{'a': '" + "it's " * (n // 5) + "'}"),
    lenient("line ends", lambda n: '["' + "\n\t" * (n // 2)),
    lenient("unknown escapes", lambda n: '["' + r"\q\x4" * (n // 5)),
    lenient("unquoted", lambda n: "{a: " + "word, " * (n // 6)),
    Load("lenient unquoted spaces", lambda n: "{a: b" + " " * n, {"dialect": "lenient"}, times=5),
    lenient("brackets in words", lambda n: "{a: b" + "{" * n),
    lenient("long word", lambda n: "[" + "é" * n),
    lenient("long key", lambda n: "{a: 1, " + "b: 2 " * (n // 5)),
    lenient("numbers", lambda n: "[" + "0x1F +1 .5 " * (n // 11)),
    lenient("missing commas", lambda n: '["a" ' + "'b' " * (n // 4)),
    lenient("commas", lambda n: "[" + ", " * (n // 2)),
    lenient("dots", lambda n: "[" + "..., " * (n // 5)),
    lenient("comments", lambda n: "[" + "/* x */1," * (n // 9)),
    lenient("comment", lambda n: "[/*" + "*" * n),
    lenient("spaces", lambda n: "[1" + " " * n),
    lenient("other spaces", lambda n: "[1" + "\xa0" * n),
    lenient("closers", lambda n: "[" * 50 + "{a: 1]" * (n // 6)),
    lenient("prose", lambda n: "It's [1] {x} <y> `z` [see] (a) " * (n // 31)),
    lenient("prose before a key", lambda n: 'x {"' + "a" * n),
    lenient("opening brackets", lambda n: "x " + "[[[[[[[ y " * (n // 10)),
    lenient("backticks", lambda n: "x " + "`` " * (n // 3)),
    lenient("a fence of backticks", lambda n: "`" * n),
    lenient("code", lambda n: "```c\n" + "if (a) { b[1]; }\n" * (n // 17)),
    lenient("tags", lambda n: "<a>< <b" * (n // 7)),
    lenient("reasoning", lambda n: "<think>" + "</thin {" * (n // 8)),
    lenient("trailing text", lambda n: "[1]" + "}x `" * (n // 4)),
    lenient("many", lambda n: "{'a': 1}, then\n" * (n // 15), many=True),
    lenient("validator", lambda n: "{a: '" + "😀" * n, validator=AcceptingFactory()),
    at_once("reasoning", lambda n: "<think></think>" * (n // 15)),
    at_once("comments", lambda n: "[" + "#\n" * (n // 2)),
    at_once("comments and returns", lambda n: "[" + "//\r" * (n // 3)),
    at_once("prose", lambda n: "It's [1] {x} <y> `z` [see] (a) " * (n // 31)),
    at_once("prose among documents", lambda n: "a {x} " * (n // 6), many=True),
    at_once("lines among documents", lambda n: "a b\n" * (n // 4), many=True),
]


# Characters of four bytes make any copying of the text expensive.
LOADS = [
    Load("string", lambda n: '{"a": ["' + "😀" * n + '"]}'),
    Load("root string", lambda n: '"' + "😀" * n),
    Load("escapes", lambda n: '["' + r"\n\u00e9" * (n // 8) + '"]'),
    Load("pairs", lambda n: '["' + r"\ud83d\ude00" * (n // 24) + "\ud83d\ude00" * (n // 4) + '"]'),
    Load("key", lambda n: '{"' + "😀" * n + '": 1}'),
    Load("items", lambda n: "[" + "1, " * (n // 3) + "1]"),
    Load("members", lambda n: "{" + ",".join(f'"{i}": true' for i in range(n // 12)) + "}"),
    Load("objects", lambda n: "[" + '{"a": "b"},' * (n // 11) + "{}]"),
    Load("nested", lambda n: "[" * 50 + "[[], {}, []]," * (n // 13) + "0" + "]" * 50),
    Load("spaces", lambda n: "[" + " " * n + "]"),
    Load("lines", lambda n: "\n" * (n // 2) + "[]" + "\r\n" * (n // 4)),
    Load("many", lambda n: '{"a":1}\n' * (n // 8), {"many": True}),
    Load("many numbers", lambda n: "12 " * (n // 3), {"many": True}),
    Load("remainder", lambda n: "[1]" + "x" * n, {"trailing": "stop"}),
    Load("bytes", lambda n: '["' + "é" * (n // 2) + '"]', as_bytes=True),
    Load(
        "number",
        lambda n: "[" + "1" * n + "]",
        {"limits": Limits(number=10**9, integer_digits=10**9), "parse_int": len},
        times=5,
    ),
    Load("limits", lambda n: "[" + "[1]," * (n // 4) + "1]", {"limits": Limits(items=10**9)}),
    Load("validator", lambda n: '{"a": "' + "😀" * n, {"validator": AcceptingFactory()}),
    Load("selection", lambda n: "[" + '{"a": ["b"]},' * (n // 13) + "1]", {"select": "$..a[0]"}),
    strict_at_once(
        "long strings",
        lambda n: "[" + f'"{"x" * 600}", ' * (n // 1_200) + "1, " * (n // 6) + "1]",
    ),
    strict_at_once(
        "escaped quotes", lambda n: "[" + ('"' + r"\"" * 200 + '", ') * (n // 405) + "1]"
    ),
    strict_at_once("halves", lambda n: '["' + r"text \ud83d" * (n // 11) + '"]'),
    strict_at_once("containers", lambda n: "[" + "[[1, 2], 3], " * (n // 13), events=False),
    strict_at_once(
        "open containers", lambda n: "[" * n, events=False, limits=Limits(depth=1_000_000)
    ),
    *LENIENT_LOADS,
    Load(
        "dropping",
        lambda n: "[" + '{"a": ["b"]},' * (n // 13) + '"' + "x" * (n // 2),
        {"select": "$..a[0]", "keep": "open"},
    ),
]
each_load = pytest.mark.parametrize("load", LOADS, ids=lambda load: load.name)
reading_or_not = pytest.mark.parametrize("reading", [False, True], ids=["", "reading"])


def parse(load: Load, pieces: list[Any], reading: bool) -> JSONParser:
    parser = JSONParser(**load.options)
    for piece in pieces:
        parser.feed(piece)
        if reading:
            parser.value  # noqa: B018 (the cost of reading it is measured)
    return parser


# Lines


@pytest.mark.skipif(COMPILED, reason="compiled code has no lines")
@each_load
@reading_or_not
def test_law_6_lines_for_each_character(load: Load, reading: bool) -> None:
    """Law 6: a late character executes no more lines than an early one."""
    few, many = load.pieces(500), load.pieces(16 * 500)
    at_first = lines_run(lambda: parse(load, few, reading)) / sum(map(len, few))
    later = lines_run(lambda: parse(load, many, reading)) / sum(map(len, many))
    assert 0 < later <= 1.1 * at_first


# Time


@each_load
@reading_or_not
def test_law_6_time_for_each_character(load: Load, reading: bool) -> None:
    """Law 6: a late character takes no more time than an early one."""
    n = 20_000 * load.times
    few, many = load.pieces(n), load.pieces(16 * n)
    later = float("inf")
    for _ in range(5):  # Another process may disturb some of the rounds, but hardly all.
        short = min(seconds(lambda: parse(load, few, reading)) for _ in range(3))
        at_first = short / sum(map(len, few))
        later = min(later, seconds(lambda: parse(load, many, reading)) / sum(map(len, many)))
        if later <= 4 * at_first:
            return
    pytest.fail(f"a character costs {later / at_first:.1f} times as much in a longer stream")


# Memory


def peak(call: Callable[[], object]) -> int:
    """Return the peak memory of this call, beyond what was in use before."""
    call()  # Fills caches first, so that they do not count.
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


DROPPING = [
    ("items", lambda n: "[" + '{"a": ["b"]},' * (n // 13) + "1]", "$..a[0]"),
    ("selected", lambda n: "[" + '{"a": ["b"]},' * (n // 13) + "1]", "$[*]"),
    ("string", lambda n: '{"a": "' + "x" * n + '"}', "$.b"),
    ("spaces", lambda n: "[" + " " * n, "$"),
    ("many", lambda n: '{"a": 1}' * (n // 8), "$[*]"),
]


@pytest.mark.parametrize(("name", "text", "query"), DROPPING, ids=[name for name, *_ in DROPPING])
def test_law_6_memory_when_dropping(name: str, text: Callable[[int], str], query: str) -> None:
    """Law 6: with `keep="open"` a stream of any length needs no more memory than a short one."""
    load = Load(name, text, {"select": query, "keep": "open", "many": name == "many"})
    few, many = load.pieces(20_000), load.pieces(80_000)
    bound = peak(lambda: parse(load, few, False))
    # Numbers of elements take more memory above 256.
    assert peak(lambda: parse(load, many, False)) <= 1.2 * bound + 1_000


def memory_of(call: Callable[[], object]) -> int:
    """Return the memory of the result of this call."""
    tracemalloc.start()
    try:
        result = call()
        size = tracemalloc.get_traced_memory()[0]
        del result
        return size
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("part", ["\xa0", ",", "/**/"])
def test_law_6_memory_of_repairs(part: str) -> None:
    """Law 6: the memory of a repair does not depend on its depth."""
    load = lenient("repairs", str)
    open_only, deep, flat = (
        memory_of(lambda: parse(load, cut(text, [4]), False))  # noqa: B023 (called at once)
        for text in ("[" * 900, "[" * 900 + part * 2000, "[" + part * 2000)
    )
    assert deep - open_only <= 1.2 * flat


@pytest.mark.parametrize("name", ["string", "escapes", "key", "items", "objects", "spaces"])
def test_law_6_memory_is_the_value(name: str) -> None:
    """Law 6: a parser needs at most 20 kB in addition to its value."""
    load = next(load for load in LOADS if load.name == name)
    pieces = load.pieces(40_000)
    parse(load, pieces, True)
    with_parser = memory_of(lambda: parse(load, pieces, True))
    value = memory_of(lambda: parse(load, pieces, True).snapshot())
    assert with_parser - value <= 20_000
