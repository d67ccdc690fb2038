"""The laws in the lenient dialect for arbitrary text, which gives a value or an error.

The texts combine pieces of JSON, typical damage and surrounding prose in any order; most cannot be
repaired. The result must not depend on the chunking (law 1), values only grow (law 3), and
truncation is never success (law 7).
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streamparse import REPAIR_CODES, Dialect, JSONParser, ValueCompleted, ValueStarted
from tests.helpers import (
    AcceptingFactory,
    call,
    cut,
    outcome,
    pickled,
    place_of,
    replay,
    run,
    run_relayed,
    same,
)
from tests.laws.test_law_3_never_take_back import grown
from tests.strategies import ANY_TEXTS, LIMITS, PLACES, QUERIES, SIZES, SURROGATES

PIECES = (
    *"{}[]():,;\"'\\\n \t\r\v=+-.…“”‘’`´<>/#*@%$_?!0aé😀\ud83d\ude00\ufeff\xa0\u200b\x00",
    *("true", "fals", "None", "NaN", "-inf", "undefined", "12.5", "0x1F", "1e", "007", ".5", "key"),
    *("//", "/*", "*/", "<!--", "-->", "```", "```json\n", "~~~", "```py\n", "<think>", "</think>"),
    *("<b>", "</b>", "...", '\\"', "\\u00e9", "\\ud83d", "\\ude00", "\\u", "\\x4", "\\n", '"""'),
    *("''", '""', '"a":', '"b": 1', "'c': ", '{"a": 1}', '["x", "y"]', "word word", "f(", '("x")'),
    *(
        ", ",
        '", "',
        "http://x.y/z",
        "[1]",
        "{}",
        '", "d": "',
        "\n\n",
        "=>",
        "x = ",
        "see [1] ",
        "A: ",
    ),
)
TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | ANY_TEXTS
OPTIONS = st.fixed_dictionaries(
    {"dialect": st.just("lenient")},
    optional={
        "many": st.just(True),
        "surrogates": SURROGATES,
        "limits": LIMITS,
        "validator": st.just(AcceptingFactory()),
        "select": QUERIES,
    },
)


@given(TEXTS, SIZES, OPTIONS)
def test_law_1_any_chunking(text: str, sizes: Sequence[int], chosen: dict[str, Any]) -> None:
    """Law 1: value, events, error, repairs and surrounding text do not depend on the cut."""
    whole = run([text], **chosen)
    assert run(cut(text, [1]), **chosen) == whole
    assert run(cut(text, sizes), **chosen) == whole


@given(TEXTS, SIZES)
def test_law_1_trailing_stop(text: str, sizes: Sequence[int]) -> None:
    """Laws 1 and 8 with `trailing="stop"`: no text before or after the value is lost."""
    whole = run([text], dialect="lenient", trailing="stop")
    assert run(cut(text, sizes), dialect="lenient", trailing="stop") == whole
    if whole.done:
        assert isinstance(whole.remainder, str)
        assert text.startswith(whole.prefix)
        assert text.endswith(whole.remainder)


@given(TEXTS, st.lists(st.integers(1, 9), max_size=4))
def test_law_1_bytes(text: str, sizes: Sequence[int]) -> None:
    """Law 1: bytes, cut anywhere, give the results of their text."""
    data = text.encode(errors="replace") or b" "
    by_bytes, by_text = (
        run(cut(data, sizes), dialect="lenient"),
        run([data.decode()], dialect="lenient"),
    )
    assert isinstance(by_text.remainder, str)
    assert vars(by_bytes) == vars(by_text) | {"remainder": by_text.remainder.encode()}


@given(TEXTS, SIZES, st.booleans())
def test_laws_3_and_4(text: str, sizes: Sequence[int], many: bool) -> None:
    """Laws 3 and 4: the value only grows, and the events alone rebuild it."""
    parser = JSONParser("lenient", many=many)
    events: list[Any] = []
    before: tuple[Any, Any] | None = None
    keys_repeat = False
    for piece in [*cut(text, sizes), None]:
        new, error = call(parser, piece)
        events += new
        now = parser.snapshot()
        keys_repeat = keys_repeat or _repeats(events)
        if before is not None and not keys_repeat and not parser.truncated:
            assert grown(*(before[0], now), before[1])
        if parser.started:
            before = now, parser.open_path
        if error is not None:
            break
    if not parser.truncated:
        assert same(replay(events, root=[] if many else None), parser.value)


def _repeats(events: list[Any]) -> bool:
    """Return whether a key was repeated, so that a member was replaced."""
    begun = [
        event.path
        for event in events
        if isinstance(event, ValueStarted)
        or (isinstance(event, ValueCompleted) and not isinstance(event.value, (dict, list, str)))
    ]
    return len(set(begun)) != len(begun)


@given(TEXTS, st.booleans())
def test_law_7_four_outcomes(text: str, many: bool) -> None:
    """Law 7: every result is exactly one of complete, repaired, truncated and malformed."""
    found = run([text], dialect="lenient", many=many)
    codes = {code for code, _, _ in found.repairs}
    assert codes <= set(REPAIR_CODES)
    assert found.truncated == ("truncated" in codes)
    if found.error:
        assert not found.done
        assert not found.truncated
        place = found.error.line, found.error.column, found.error.excerpt
        assert place == place_of(found.error.offset, text)
    elif found.truncated:
        assert many or not found.done
        assert found.repairs[-1][0] == "truncated"
    else:
        assert found.done
        assert found.open_path is None
    for _, offset, _ in found.repairs:
        assert 0 <= offset <= len(text)


@given(TEXTS, SIZES, OPTIONS, st.booleans())
def test_forks(text: str, sizes: Sequence[int], chosen: dict[str, Any], pickles: bool) -> None:
    """A clone and an unpickled copy give the results that the parser would give."""
    relay = pickled if pickles else JSONParser.clone
    assert run_relayed(JSONParser(**chosen), cut(text, sizes), relay) == run([text], **chosen)


@given(TEXTS, PLACES)
def test_forks_are_independent(text: str, place: int) -> None:
    place %= len(text) + 1
    parser = JSONParser("lenient")
    events, error = call(parser, text[:place])
    if error is not None:
        return
    twin = parser.clone()
    more, error = call(twin, text[place:])
    if error is None:
        more, error = [*more, *(last := call(twin, None))[0]], last[1]
    assert outcome(twin, [*events, *more], error) == run([text], dialect="lenient")
    assert pickle.dumps(parser.value) == pickle.dumps(run_prefix(text[:place]).value)


def run_prefix(text: str) -> JSONParser:
    parser = JSONParser("lenient")
    parser.feed(text)
    return parser


@given(TEXTS)
def test_a_repair_can_be_forbidden(text: str) -> None:
    """A dialect that lacks a needed repair, or allows too few, gives another result."""
    found = run([text], dialect="lenient")
    codes = {code for code, _, _ in found.repairs}
    if found.error or not codes:
        return
    for code in codes:
        allowed = run([text], dialect=Dialect(allowed=frozenset(codes - {code})))
        assert allowed != found
    fewer = run([text], dialect=Dialect(max_repairs=len(found.repairs) - 1))
    assert fewer.error is not None
    assert fewer.error.code in ("too_many_repairs", "truncated")
    # These two are always allowed, because forbidding them changes how strings are read: every
    # quote then ends its string, and a truncated string keeps all of its text.
    enough = frozenset(codes | {"inner_quote", "missing_quote"})
    exactly = Dialect(max_repairs=len(found.repairs), allowed=enough)
    assert run([text], dialect=exactly) == found
