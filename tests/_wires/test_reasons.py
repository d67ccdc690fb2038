from __future__ import annotations

import pytest

from streamparse._wires.reasons import reason_of


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("END_TURN", "stop"),
        ("tool_call", "tool_calls"),
        ("Length", "length"),
        ("SAFETY", "content_filter"),
        ("aborted", "cancelled"),
        ("pause_turn", "paused"),
        ("null", ""),
        ("", ""),
        ("sealed", "other"),
    ],
)
def test_words_of_all_servers(word: str, reason: str) -> None:
    assert reason_of(word, {}) == reason


def test_the_words_of_the_api_take_precedence() -> None:
    assert reason_of("stop", {"stop": "paused"}) == "paused"
    assert reason_of("STOP", {"stop": "paused"}) == "stop"
