"""Payloads in JSON: the arguments alone, and free text."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import Limits
from tests.formats.checks import run
from tests.formats.reading import calls_in, calls_of, message_of, only


def test_the_arguments_alone() -> None:
    assert calls_of(
        "mistral_v13", '[TOOL_CALLS]f[ARGS]{"a": {"b": "}{"}}[TOOL_CALLS]g[ARGS] {}'
    ) == [
        ("f", {"a": {"b": "}{"}}),
        ("g", {}),
    ]
    call = only(message_of("mistral_v13", "[TOOL_CALLS]f[ARGS]{nope} text"))
    assert (call.status, call.raw_text) == ("rejected", "{nope} text")


def test_free_text_for_a_custom_tool() -> None:
    text = " to=python<|channel|>commentary code<|message|>print('{<|end')\n<|call|>"
    call = only(message_of("harmony", text, prompt_suffix="<|start|>assistant"))
    assert (call.kind, call.name, call.status) == ("custom", "python", "complete")
    assert call.arguments == "print('{<|end')\n"


def test_free_text_is_limited_as_a_string_is() -> None:
    text = "<|channel|>commentary to=python<|message|>0123456789<|call|>"
    call = only(message_of("harmony", text, limits=Limits(string=8)))
    assert (call.status, call.errors[-1].code) == ("rejected", "string_length")
    call = only(message_of("harmony", text, limits=Limits(string=10)))
    assert (call.status, call.arguments) == ("complete", "0123456789")


ARGS = "[TOOL_CALLS]f[ARGS]"


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        (ARGS, [("f", "truncated", None)]),
        (ARGS + "  " + ARGS + "{}", [("f", "rejected", None), ("f", "complete", {})]),
        (ARGS + " so it is", []),
        (ARGS + '{"a": ]}', [("f", "rejected", {})]),
        (ARGS + '{"a": "x', [("f", "truncated", {"a": "x"})]),
    ],
)
def test_how_arguments_begin_and_end(text: str, calls: list[Any]) -> None:
    assert [(a, b, c or None) for a, b, c in calls_in(message_of("mistral_v13", text))] == [
        (a, b, c or None) for a, b, c in calls
    ]


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        (ARGS + "{'a': 1,}", [("f", "complete", {"a": 1})]),
        (
            ARGS + "{'a': 'x [TOOL_CALLS]', b: 2}",
            [("f", "complete", {"a": "x [TOOL_CALLS]", "b": 2})],
        ),
        (
            ARGS + "{'a': [1, 2" + ARGS + "{b: 3}",
            [("f", "complete", {"a": [1, 2]}), ("f", "complete", {"b": 3})],
        ),
        (ARGS + "{'a': 'x", [("f", "truncated", {"a": "x"})]),
    ],
)
def test_a_literal_outside_of_strings_ends_lenient_arguments(text: str, calls: list[Any]) -> None:
    whole, single = (run("mistral_v13", each, dialect="lenient") for each in ([text], list(text)))
    assert whole.reading == single.reading
    assert calls_in(whole.message) == calls


def test_a_call_in_square_brackets_without_arguments() -> None:
    text = "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜><｜tool▁call▁end｜>"
    assert calls_in(message_of("deepseek_v31", text)) == [("f", "complete", {})]
