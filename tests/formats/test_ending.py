"""Tests of end-of-turn tokens at the end of a text."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse.formats import get, names
from streamparse.formats.ending import Ending
from streamparse.formats.markers import Markers
from tests.formats.checks import run
from tests.helpers import cut
from tests.strategies import SIZES

TOKENS = Markers(["<eos>", "</s>"])


def taken(text: str, sizes: Sequence[int]) -> tuple[str, str]:
    ending = Ending()
    found = "".join(ending.take(piece, TOKENS) for piece in cut(text, sizes))
    return found, ending.rest()


@pytest.mark.parametrize(
    ("text", "whole", "rest"),
    [
        ("", "", ""),
        ("a", "a", ""),
        ("a<eos>", "a", ""),
        ("a<eos>\n</s> \n", "a", ""),
        ("a<eos> b", "a<eos> b", ""),
        ("a<eos> b<eos>", "a<eos> b", ""),
        ("a<eo", "a", "<eo"),
        ("a<eos> <e", "a", "<eos> <e"),
        ("</s></s></s>x</s>", "</s></s></s>x", ""),
        ("a<<eos>", "a<", ""),
    ],
)
def test_text_that_is_held_back(text: str, whole: str, rest: str) -> None:
    for sizes in ([], [1], [2], [3, 1], [4]):
        assert taken(text, sizes) == (whole, rest)


def state(name: str, pieces: Sequence[str]) -> Any:
    message = run(name, pieces).message
    calls = [(call.name, call.status, call.arguments_text) for call in message.tool_calls]
    return message.text.strip(), message.reasoning.strip(), calls


@given(st.sampled_from(names()), st.randoms(use_true_random=False), SIZES)
def test_law_8_a_token_after_a_cut_changes_nothing(
    name: str, choose: random.Random, sizes: Sequence[int]
) -> None:
    """The token that ends the turn is dropped wherever the answer was cut."""
    format = get(name)
    tokens = sorted(set(format.ends_of_turn) - format.literals())
    text = format.example[: choose.randrange(len(format.example) + 1)]
    token = choose.choice(tokens)
    assert state(name, cut(text + token, sizes)) == state(name, [text])
