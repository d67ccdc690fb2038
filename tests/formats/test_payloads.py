"""Tests of payloads that are JSON arguments alone, or free text."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import Limits
from streamparse.formats import Call, Format, Header, JsonArguments, Section
from tests.formats.checks import run
from tests.formats.reading import calls_in, calls_of, message_of, only, tool


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


@pytest.mark.parametrize(
    ("end", "call"),
    [
        ("{'a': [1, [TOOL_", ("f", "truncated", {"a": [1, []]})),
        ("{'a': 'x [TOOL_", ("f", "truncated", {"a": "x [TOOL_"})),
        ("{'a': 1}[TOOL_", ("f", "complete", {"a": 1})),
        ("{'a': 1 [TOOL_CALLS]", ("f", "complete", {"a": 1})),
    ],
)
def test_half_a_literal_at_the_end_of_lenient_arguments(end: str, call: Any) -> None:
    for pieces in ([ARGS + end], list(ARGS + end)):
        found = run("mistral_v13", pieces, dialect="lenient")
        assert calls_in(found.message) == [call]


# Calls in sections: `@@name=arguments#`, or `@@name;` without arguments.
BOXED = Format(
    name="boxed",
    calls=(
        Call(
            open=("@@",),
            header=Header(pattern=r"(?P<name>\w+)", end=("=",), empty=(";",), forbidden="\n"),
            payload=JsonArguments(),
            close=("#",),
        ),
    ),
    sections=(Section(open=("<<",), close=(">>",)),),
)
KNOWN = [tool("g")]


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("<<@@g;@@g={}#>>", [("g", "complete", {}), ("g", "complete", {})]),
        ("<<@@f=@@g={}#>>", [("f", "rejected", None), ("g", "complete", {})]),
        ("<<@@g= @@g=#>>", [("g", "rejected", None), ("g", "complete", {})]),
        ("<<@@g=@@g", [("g", "rejected", None)]),
        ('<<@@g={"a": "x', [("g", "truncated", {"a": "x"})]),
    ],
)
def test_calls_with_an_empty_header_or_no_end(text: str, calls: list[Any]) -> None:
    message = message_of(BOXED, text, tools=KNOWN)
    assert (calls_in(message), message.text) == (calls, "")


@pytest.mark.parametrize(
    ("text", "shown", "calls"),
    [
        ('Hi @@f={"a": 1}# there', 'Hi @@f={"a": 1}# there', []),
        ("Hi @@f; there", "Hi @@f; there", []),
        ("@@f=@@g={}#", "@@f=", [("g", "complete", {})]),
        ("@@f=", "", []),  # the arguments may have been cut
    ],
)
def test_an_unknown_tool_outside_of_a_section_is_text(
    text: str, shown: str, calls: list[Any]
) -> None:
    message = message_of(BOXED, text, tools=KNOWN)
    assert (message.text, calls_in(message)) == (shown, calls)
