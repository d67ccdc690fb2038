"""Tests of the hints about calls in text that is read without a format."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import MessageParser
from streamparse.formats.hints import looks_like
from tests.messages import chunk, text_chunk

CALL = '<tool_call>\n{"name": "water", "arguments": {"litres": 2}}\n</tool_call>'


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (CALL, ["hermes"]),
        ("<tool_call>\n<function=water>\n<parameter=litres>\n2\n", ["qwen3_coder"]),
        ('I will.\n[TOOL_CALLS]water[ARGS]{"litres": 2}', ["mistral_v13"]),
        ('{"name": "water", "parameters": {"litres": 2}}', ["llama3_json"]),
        ('[{"name": "water", "arguments": {"litres": 2}}]', ["xlam"]),
        ("[water(litres=2), rest()]", ["pythonic"]),
        (f"{CALL} <|channel|>analysis {CALL}", ["hermes", "harmony"]),
        ("", []),
        ("The <tool_call> tag opens a call.", []),
        ('{"name": "Ada", "born": 1815}', []),
        ("[a link](https://example.org) and [another(one)](x)", []),
        ("<tool_call>" * 1000 + CALL, []),
    ],
)
def test_formats_that_a_text_resembles(text: str, names: list[str]) -> None:
    assert looks_like(text) == names


def read(fragments: list[Any], **options: Any) -> dict[str, Any]:
    parser = MessageParser(**options)
    for fragment in fragments:
        parser.feed(fragment)
    parser.finish()
    return parser.message.extra


def test_the_hint_is_in_the_message() -> None:
    chunks = [text_chunk(CALL[:20]), text_chunk(CALL[20:]), chunk(finish="stop")]
    assert read(chunks)["looks_like"] == ["hermes"]
    assert read([CALL], api="text")["looks_like"] == ["hermes"]
    assert read(chunks[:2])["looks_like"] == ["hermes"]  # an answer that was cut


def test_no_hint_with_a_format_or_without_a_call() -> None:
    assert "looks_like" not in read([CALL], format="hermes")
    assert "looks_like" not in read([CALL], format="glm45")
    assert "looks_like" not in read([text_chunk("Hi"), chunk(finish="stop")])


def test_the_hint_is_there_with_the_last_event() -> None:
    parser = MessageParser()
    events = parser.feed(text_chunk(CALL)) + parser.feed(chunk(finish="stop")) + parser.finish()
    assert events[-1].to_dict()["message"]["extra"] == {"looks_like": ["hermes"]}


@given(st.text(alphabet='<>tol_ca[]{}"name:TOOL_CALLS|('))
def test_any_text(text: str) -> None:
    assert all(isinstance(name, str) for name in looks_like(text))
