"""The text that the framing machine passes on, and the white space that it drops."""

from __future__ import annotations

import pytest

from tests.formats.reading import message_of

CALL = '<tool_call>{"name": "f", "arguments": {}}</tool_call>'


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("  a  ", "  a  "),
        (f"a\n\n{CALL}\n\nb", "a\n\n\n\nb"),
        (f"\n{CALL}\n", ""),
        (f" {CALL} {CALL} a", " a"),
        ("<think>x</think>\n\na", "\n\na"),
        ("<think>x</think>\n\n" + CALL, ""),
    ],
)
def test_white_space_counts_only_beside_words(text: str, content: str) -> None:
    assert message_of("hermes", text).text == content


def test_what_was_held_comes_out_unchanged() -> None:
    text = "a <tool_call> \n and words"
    assert message_of("hermes", text).text == text
