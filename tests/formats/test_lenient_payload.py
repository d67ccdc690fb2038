"""Tests of JSON in calls that is read with the repairs of a lenient dialect."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamparse import Dialect, MessageParser
from streamparse.formats import FormatParser, get, names
from tests.formats.checks import check_growth, check_nothing_lost, run
from tests.formats.damage import damaged
from tests.formats.reading import CUTS, only, tool
from tests.formats.render import make_answer
from tests.helpers import cut
from tests.strategies import SIZES

FEW = settings(max_examples=max(settings().max_examples // 50, 2))
CHOICES = st.randoms(use_true_random=False)
each_format = pytest.mark.parametrize("name", names())


def call_in(format: str, text: str, **options: Any) -> Any:
    """Return the only call of the text, checked to be the same for all cuts."""
    options = {"dialect": "lenient", **options}
    found = run(format, [text], **options)
    for sizes in CUTS:
        assert run(format, cut(text, sizes), **options).reading == found.reading
    check_nothing_lost(text, format, found)
    return only(found.message)


def codes(call: Any) -> list[str]:
    return [repair.code for repair in call.repairs]


@pytest.mark.parametrize(
    ("written", "arguments", "repaired"),
    [
        ('{"q": "two\nlines"}', {"q": "two\nlines"}, ["control_character"]),
        ('{"q": [1, 2,],}', {"q": [1, 2]}, ["trailing_comma"]),
        ("{'q': True}", {"q": True}, ["single_quotes", "literal"]),
        ('{"q": "the "big" one", "n": 2}', {"q": 'the "big" one', "n": 2}, None),
        ('{q: "a"}', {"q": "a"}, ["unquoted_key"]),
        ('{"q": "a" "n": 2}', {"q": "a", "n": 2}, ["missing_comma"]),
        ('{"q": "a"', {"q": "a"}, ["missing_closer"]),
        ('{"q": [1, {"n": 2}', {"q": [1, {"n": 2}]}, ["missing_closer"]),
        ('{"q": 12', {"q": 12}, ["missing_closer"]),
        ('{"q": "a"}', {"q": "a"}, []),
    ],
)
@pytest.mark.parametrize(
    ("format", "frame"),
    [
        ("hermes", '<tool_call>\n{"name": "f", "arguments": %s}\n</tool_call>'),
        ("deepseek_v31", "<｜tool▁call▁begin｜>f<｜tool▁sep｜>%s<｜tool▁call▁end｜>"),
        ("llama31_function_tag", "<function=f>%s</function>"),
        ("harmony", "<|channel|>commentary to=functions.f<|message|>%s<|call|>"),
        ("mistral_v13", "[TOOL_CALLS]f[ARGS]%s[TOOL_CALLS]"),
    ],
)
def test_repairs(format: str, frame: str, written: str, arguments: Any, repaired: Any) -> None:
    call = call_in(format, frame.replace("%s", written))
    assert (call.name, call.status) == ("f", "complete")
    assert call.arguments == arguments
    if repaired is None:
        assert set(codes(call)) == {"inner_quote"}
    else:
        assert list(dict.fromkeys(codes(call))) == repaired


def test_the_object_around_the_arguments_is_repaired_too() -> None:
    call = call_in("hermes", "<tool_call>{'name': 'f', 'arguments': {\"a\": 1}</tool_call>")
    assert (call.status, call.arguments) == ("complete", {"a": 1})
    assert set(codes(call)) == {"single_quotes", "missing_closer"}
    assert call.arguments_text == '{"a": 1}'


def test_the_name_may_come_last() -> None:
    call = call_in("hermes", "<tool_call>{'arguments': {'a': [1,],}, 'name': 'f',}</tool_call>")
    assert (call.name, call.status, call.arguments) == ("f", "complete", {"a": [1]})


def test_arguments_in_a_string_are_repaired_too() -> None:
    call = call_in("hermes", '<tool_call>{"name": "f", "arguments": "{\\"a\\": [1,]}"}</tool_call>')
    assert (call.arguments, codes(call)) == ({"a": [1]}, ["trailing_comma"])


@pytest.mark.parametrize(
    "text",
    [
        '<tool_call>{"name": "f", "arguments": {"a": "</tool_call>"}}</tool_call>',
        "<tool_call>{'name': 'f', 'arguments': {'a': '</tool_call>'}}</tool_call>",
        '<tool_call>{"name": "f", "arguments": {"a": "</tool_call>",}}</tool_call>',
    ],
)
def test_a_marker_inside_a_string_is_text(text: str) -> None:
    assert call_in("hermes", text).arguments == {"a": "</tool_call>"}


def test_a_marker_after_a_quote_ends_the_object() -> None:
    text = '<tool_call>{"name": "f", "arguments": {"a": "b"</tool_call>Done.'
    found = run("hermes", [text], dialect="lenient")
    assert only(found.message).arguments == {"a": "b"}
    assert found.message.text == "Done."


def test_repairs_do_not_complete_a_cut_call() -> None:
    for text in ('{"name": "f", "arguments": {"a": "b', '{"name": "f", "arguments": {"a": 1}'):
        call = call_in("hermes", f"<tool_call>{text}")
        assert call.status == "truncated"
    assert call_in("mistral_v13", '[TOOL_CALLS]f[ARGS]{"a": 1').status == "truncated"


def test_prose_after_a_marker_is_text() -> None:
    for text in ("Use <tool_call> for it.", "<tool_call>{some words}</tool_call>"):
        found = run("hermes", [text], dialect="lenient")
        assert (found.message.text, found.message.tool_calls) == (text, [])


def test_text_that_a_repair_skips_is_passed_on() -> None:
    text = '<tool_call>{"name": "f" /* why */, "arguments": {}}</tool_call>'
    found = run("hermes", [text], dialect="lenient")
    assert only(found.message).status == "complete"
    (event,) = [event for event in found.events if event.type == "provider_event"]
    assert "/* why */" in event.data["text"]


def test_repairs_that_are_not_allowed_reject_the_call() -> None:
    text = '<tool_call>{"name": "f", "arguments": {"a": [1,]}}</tool_call>'
    call = call_in("hermes", text, dialect=Dialect(trailing_commas=False))
    assert (call.status, call.partial) == ("rejected", {"a": []})


def test_values_in_tags_are_repaired() -> None:
    text = "<tool_call><function=f><parameter=a>{'x': [1,]}</parameter></function></tool_call>"
    call = call_in("qwen3_coder", text, tools=[tool("f", a="object")])
    assert (call.arguments, call.status) == ({"a": {"x": [1]}}, "complete")
    assert [(repair.code, repair.path) for repair in call.repairs] == [
        ("single_quotes", ("a",)),
        ("trailing_comma", ("a",)),
    ]
    words = text.replace("{'x': [1,]}", "a few words")
    assert call_in("qwen3_coder", words, tools=[tool("f", a="object")]).partial == {
        "a": "a few words"
    }


def test_on_top_of_a_wire() -> None:
    parser = MessageParser("openai-chat", format="hermes", dialect="lenient")
    text = '<tool_call>{"name": "f", "arguments": {"a": 1,}}</tool_call>'
    parser.feed({"choices": [{"delta": {"content": text}}]})
    parser.feed({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    parser.finish()
    assert parser.message.tool_calls[0].arguments == {"a": 1}


@each_format
@FEW
@given(choose=CHOICES)
def test_valid_answers_are_read_as_in_strict_json(name: str, choose: random.Random) -> None:
    answer = make_answer(name, choose)
    options = {"tools": answer.tools or None, **answer.options}
    strict = run(name, [answer.text], **options)
    lenient = run(name, [answer.text], dialect="lenient", **options)
    assert lenient.reading.message == strict.reading.message


@each_format
@FEW
@given(choose=CHOICES, sizes=SIZES)
def test_damaged_answers_do_not_depend_on_the_cuts(
    name: str, choose: random.Random, sizes: Sequence[int]
) -> None:
    answer = make_answer(name, choose)
    options = {"tools": answer.tools or None, "dialect": "lenient", **answer.options}
    text = damaged(answer.text, get(name), choose)
    whole = run(name, [text], **options)
    assert run(name, cut(text, [1]), **options).reading == whole.reading
    assert run(name, cut(text, sizes), **options).reading == whole.reading
    check_nothing_lost(text, name, whole)


def test_partial_arguments_only_grow() -> None:
    text = "<tool_call>{'name': 'f', 'arguments': {'a': 'it is', 'b': [1, {'c': None},]}}"
    check_growth("hermes", list(text), dialect="lenient")


def test_the_options_of_tools() -> None:
    broken = {"name": "g", "parameters": {"type": 5}}
    parser = FormatParser(
        "hermes", tools=[tool("f", a="integer"), broken], tools_errors="skip", coerce=True
    )
    assert list(parser.tool_errors) == ["g"]
    parser.feed('<tool_call>{"name": "f", "arguments": {"a": "5"}}</tool_call>')
    call = parser.message.tool_calls[0]
    assert (call.arguments, codes(call)) == ({"a": 5}, ["coerced"])
