from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse._core.surrogates import Halves, check_surrogates, joined, lone
from streamparse._core.surrogates import replaced as without_halves

HIGH, LOW, SMILE = "\ud83d", "\ude00", "\U0001f600"


@given(st.lists(st.text(alphabet=["a", "é", HIGH, LOW, SMILE], max_size=4), max_size=6))
def test_any_cut_gives_the_same_text(pieces: list[str]) -> None:
    halves = Halves()
    out = [halves.take(piece) for piece in pieces]
    whole = "".join([*out, halves.rest()])
    # Halves from two pieces must be one character: Python strings would keep them apart.
    assert whole == joined("".join(pieces))
    assert halves.passed == len(whole)
    assert halves.rest() == ""


def test_lone_halves() -> None:
    assert lone("abc") == lone(SMILE) == -1
    assert lone(f"é{LOW}") == 1
    assert without_halves(f"{LOW}{SMILE}{HIGH}") == f"\ufffd{SMILE}\ufffd"
    assert without_halves("abc") == "abc"


def test_check_surrogates() -> None:
    for choice in ("keep", "replace", "error"):
        check_surrogates(choice)
    with pytest.raises(ValueError, match="surrogates must be"):
        check_surrogates("drop")
