"""Payloads in JSON: the arguments alone, and free text."""

from __future__ import annotations

from streamparse import Limits
from tests.formats.reading import calls_of, message_of, only


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
