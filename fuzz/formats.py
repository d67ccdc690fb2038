"""Checks for any text in any format: it raises nothing else than `StreamParseError`.

The data is a line with the name of a format, and then a text. If the text is empty, a valid answer
is generated instead, and must be read back. Everything else (cuts, damage, tools) is derived from
the data, so that the file of a finding is enough to reproduce it.
"""

from __future__ import annotations

import random
from typing import Any

from fuzz.checks import choices, ragged
from streamparse.formats import get, names
from tests.formats.checks import (
    check_answer,
    check_any_text,
    check_events,
    check_growth,
    check_truncated,
    run,
)
from tests.formats.damage import damaged
from tests.formats.render import Answer, make_answer
from tests.helpers import cut

NAMES = (*names(), "auto")
# The end of the prompt of formats in which it is the start of the answer.
_PROMPTS = {"harmony": "<|start|>assistant", "muse": "<|start|>assistant", "functionary_v32": ">>>"}


def parts(data: bytes, choose: random.Random) -> tuple[str, str]:
    """Return the format and the text."""
    name, _, text = data.decode(errors="replace").partition("\n")
    return (name, text) if name in NAMES else (choose.choice(NAMES), f"{name}\n{text}")


def check_formats(data: bytes) -> None:
    """Check the text, or else a generated answer, whole and damaged."""
    choose = choices(data)
    name, text = parts(data, choose)
    if text.strip():
        options: dict[str, Any] = {"in_reasoning": choose.random() < 0.2}
        if name in _PROMPTS and choose.random() < 0.7:
            options["prompt_suffix"] = _PROMPTS[name]
        check_text(name, text, choose, options)
        return
    if name == "auto":
        name = choose.choice(names())
    answer = make_answer(name, choose)
    options = {"tools": answer.tools or None, **answer.options}
    check_made(answer, choose, options)
    check_text(name, damaged(answer.text, get(name), choose), choose, options)


def check_text(name: str, text: str, choose: random.Random, options: dict[str, Any]) -> None:
    """Check laws 1, 4 and 8 for any text."""
    pieces = [cut(text, [1]), ragged(text, choose)]
    if name != "auto":
        check_any_text(name, text, pieces, **options)
        return
    whole = run(name, [text], **options)
    assert all(run(name, one, **options).reading == whole.reading for one in pieces)


def check_made(answer: Answer, choose: random.Random, options: dict[str, Any]) -> None:
    """Check that a generated answer is read back, and that its prefixes are truncated."""
    for pieces in ([answer.text], cut(answer.text, [1]), ragged(answer.text, choose)):
        found = run(answer.format, pieces, **options)
        assert found.error is None
        check_answer(found.message, answer)
        check_events(found)
    check_growth(answer.format, cut(answer.text, [2]), **options)
    for _ in range(4):
        place = choose.randrange(len(answer.text) + 1)
        check_truncated(answer, place, ragged(answer.text[:place], choose))
