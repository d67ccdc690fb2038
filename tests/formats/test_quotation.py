"""Tests of Markdown code around markers."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse.formats import get, names
from streamparse.formats.quotation import Quotation
from tests.formats.checks import run
from tests.formats.reading import message_of
from tests.helpers import cut
from tests.strategies import SIZES

CALL = '<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", False),
        ("plain", False),
        ("a `b", True),
        ("a `b` c", False),
        ("a ``b` c", True),
        ("a ``b` c``", False),
        ("a ` b\n", False),  # it contains no marker
        ("```\n", True),
        ("```py\nx\n```", True),  # the line of the closing fence may continue
        ("```py\nx\n``` x\n", True),
        ("```py\nx\n```  \n", False),
        ("```py\r\nx\r\n```\r\n", False),
        ("~~~\n```\n", True),
        ("~~~\n```\n~~~\n", False),
        ("````\n```\n", True),
        ("````\n`````\n", False),
        ("   ```\n", True),
        ("> ```\n> x\n", True),
        ("> ```\n> x\n> ```\n", False),
        ("- ```\n  x\n", True),
        ("12. ```\n    x\n", True),
        ("a ```\n", False),
        ("```a``` b", False),
        ("a ~~~ b\n", False),
    ],
)
def test_whether_the_end_is_inside_code(text: str, expected: bool) -> None:
    for sizes in ([], [1], [2], [3, 1]):
        quotation = Quotation()
        for piece in cut(text, sizes):
            quotation.read(piece)
        assert quotation.is_code() is expected


def test_a_span_with_a_marker_ends_with_its_paragraph() -> None:
    quotation = Quotation()
    quotation.read("see `")
    assert quotation.is_code()
    quotation.marked = True
    quotation.read("<a>\n</a>")
    assert quotation.is_code()
    quotation.read("\n\n")
    assert not quotation.is_code()


@pytest.mark.parametrize(
    "text",
    [
        f"Write `{CALL}` so.",
        f"Write ``{CALL}`` so.",
        f"So:\n```xml\n{CALL}\n```\nThat is all.",
        f"~~~\n{CALL}\n~~~",
        f"```\n{CALL}\nand no end",
        "Between `<think>` and `</think>` it thinks.",
        'The words "<think>" and “</think>” mean something.',
        "```\nif '<think>' in text:\n```\nso",
    ],
)
def test_quoted_markers_are_text(text: str) -> None:
    message = message_of("hermes", text)
    assert (message.text, message.reasoning, message.tool_calls) == (text, "", [])


@pytest.mark.parametrize(
    ("text", "reasoning", "content"),
    [
        ("<think>Say `</think>` here.</think>Yes.", "Say `</think>` here.", "Yes."),
        ("<think>\n```\n<think>a</think>\n```\n</think>Yes.", "```\n<think>a</think>\n```", "Yes."),
        (
            "<think>Open:\n```\nx</think>Yes.",
            "Open:\n```\nx",
            "Yes.",
        ),  # an open fence does not hide the end tag
        ("<think>don`t</think>Yes.", "don`t", "Yes."),
        ("Sure.<think>hm</think> Yes.", "hm", "Sure. Yes."),
        ("</think>Yes.", "", "Yes."),
        ("<think>a</think>\n</think>Yes.", "a", "Yes."),
        ("Yes.</think> No.", "", "Yes.</think> No."),
    ],
)
def test_quoted_tags_of_reasoning(text: str, reasoning: str, content: str) -> None:
    message = message_of("hermes", text)
    assert (message.reasoning.strip(), message.text.strip()) == (reasoning, content)


def test_code_that_has_ended_quotes_nothing() -> None:
    for before in ("`make` it.\n", "```\nx\n```\n", "a ` b\n", "~~~\nx\n~~~~\n"):
        message = message_of("hermes", before + CALL)
        assert [call.name for call in message.tool_calls] == ["f"]


QUOTED = [name for name in names() if get(name).quotation and get(name).channels is None]
FRAMES = ("```\n{}\n```", "~~~xml\n{}\n~~~~", "> ```\n{}\n> ```", "````\n```\n{}\n```\n````")


@given(st.sampled_from(QUOTED), st.sampled_from(FRAMES), st.randoms(use_true_random=False), SIZES)
def test_law_8_every_example_in_a_fence_is_text(
    name: str, frame: str, choose: random.Random, sizes: Sequence[int]
) -> None:
    """Markers inside Markdown code are text, in any format and for any cut (laws 1 and 8)."""
    quoted = get(name).example.replace("```", "---")
    text = f"It reads\n{frame.format(quoted)}\nand no more."
    found = run(name, cut(text, sizes)).message
    assert (found.text, found.reasoning, found.tool_calls) == (text, "", [])
