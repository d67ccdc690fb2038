"""Generates documents of any size, which are the same every time.

A document of `size` is the longest of its kind with at most `size` characters and at least one
element.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from random import Random
from typing import Any, Final, TypeVar

Document = Callable[[int], str]
_T = TypeVar("_T")

# Peers reject deeper documents: jiter at 200 levels, those that use json.loads near 1,000.
TOWER: Final = 96

_WORDS: Final = (
    *("alpha", "beta", "gamma", "delta", "query", "index"),
    *("remote", "stable", "branch", "commit", "ready", "tool"),
)

_CODE: Final = (
    "def {0}({1}: str) -> None:\n",
    '    """Return the {0} of the {1}."""\n',
    '    print(f"{0}: {{{1}}}")\n',
    "    if {0} not in {1}:\n",
    "\t\treturn \"\\n\".join({0}, '{1}')\n",
    '    pattern = re.compile(r"\\d+\\s*{0}")\n',
    "    # The {0} comes before the {1}.\n",
    "\n",
)

# Words in several scripts, whose characters have one to four bytes in UTF-8.
_PROSE: Final = (
    "the quick answer is déjà vu über façade naïve Привет мир быстрый ответ",
    "γρήγορη απάντηση 你好 世界 快速 回答 こんにちは 안녕하세요 मौसम 😀 🚀 – “quoted” …",  # noqa: RUF001
)


def structure(size: int) -> str:
    """Return a list of records, as in most structured outputs."""
    items = _take(size - _length({"items": []}), records(Random("structure")), _item_length)
    return json.dumps({"items": items})


def records(random: Random) -> Iterator[dict[str, Any]]:
    for number in count():
        yield {
            "id": number,
            "name": random.choice(_WORDS),
            "tags": random.sample(_WORDS, 2),
            "price": random.randrange(10_000) / 100,
            "ok": random.choice((True, False, None)),
        }


def code(size: int) -> str:
    """Return one long string: a file as an argument of a tool call, with many short escapes."""
    random = Random("code")
    lines = (random.choice(_CODE).format(*random.sample(_WORDS, 2)) for _ in count())
    return _around(size, {"path": "src/app.py", "content": ""}, "content", lines)


def prose(size: int) -> str:
    """Return one string of text in many scripts, without escapes."""
    return _around(size, {"text": ""}, "text", _words("prose"), ascii_only=False)


def escaped(size: int) -> str:
    """Return text like `prose`, with all characters beyond ASCII escaped."""
    return _around(size, {"text": ""}, "text", _words("prose"))


def _words(seed: str) -> Iterator[str]:
    random, words = Random(seed), " ".join(_PROSE).split()
    return (random.choice(words) + " " for _ in count())


def deep(size: int) -> str:
    """Return nested objects and arrays, each `TOWER` levels deep if the size allows it."""
    room = size - _length({"towers": []})
    levels = max(2, min(TOWER, (room - 3) // len('{"in": []}') * 2))
    towers = (_tower(levels, number) for number in count())
    return json.dumps({"towers": _take(room, towers, _item_length)})


def _tower(levels: int, number: int) -> Any:
    value: Any = number
    for _ in range(levels // 2):
        value = {"in": [value]}
    return value


def wide(size: int) -> str:
    """Return one object with very many members."""
    random = Random("wide")
    values = (number if number % 3 else random.choice(_WORDS) for number in count())
    members = ((f"field_{number:06}", value) for number, value in enumerate(values))
    return json.dumps(dict(_take(size - 2, members, lambda pair: _length(dict([pair])))))


def numbers(size: int) -> str:
    """Return rows of integers (also beyond 2**53, as in ids), fractions and exponents."""
    random = Random("numbers")
    rows = (_row(random) for _ in count())
    return json.dumps({"rows": _take(size - _length({"rows": []}), rows, _item_length)})


def _row(random: Random) -> list[float]:
    return [
        random.randrange(1_000),
        random.getrandbits(62),
        random.randrange(1_000_000) / 1_000,
        random.uniform(-1, 1) * 10 ** random.randrange(20, 30),
    ]


DOCUMENTS: Final[dict[str, Document]] = {
    "structure": structure,
    "code string": code,
    "prose": prose,
    "escaped prose": escaped,
    "deep": deep,
    "wide": wide,
    "numbers": numbers,
}


def cut(text: str, size: int = 4) -> list[str]:
    """Return the deltas of a stream; models send about four characters at a time."""
    return [text[start : start + size] for start in range(0, len(text), size)]


def record_stream(size: int, fragment: int) -> Iterator[str]:
    """Yield fragments of a document of about `size` characters, which is never in memory.

    Its records repeat, so that generating them costs little compared with parsing.
    """
    block = structure(50_000).removeprefix('{"items": [').removesuffix("]}")
    pieces = cut(block, fragment)
    yield '{"items": ['
    yield from pieces
    for _ in range(size // len(block) - 1):
        yield ", "
        yield from pieces
    yield "]}"


def _around(
    size: int, frame: dict[str, str], key: str, pieces: Iterable[str], *, ascii_only: bool = True
) -> str:
    """Return the frame with as many pieces at `key` as fit."""

    def length(piece: str) -> int:
        return len(json.dumps(piece, ensure_ascii=ascii_only)) - 2  # Without the quotes.

    text = "".join(_take(size - _length(frame), pieces, length))
    return json.dumps({**frame, key: text}, ensure_ascii=ascii_only)


def _take(size: int, pieces: Iterable[_T], length: Callable[[_T], int]) -> list[_T]:
    """Return the first pieces that fit into `size`, at least one."""
    taken: list[_T] = []
    for piece in pieces:
        size -= length(piece)
        if size < 0 and taken:
            break
        taken.append(piece)
    return taken


def _length(value: object) -> int:
    return len(json.dumps(value))


def _item_length(value: object) -> int:
    return _length(value) + 2  # With the comma and the space.
