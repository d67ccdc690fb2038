"""Tests of response templates of Hugging Face as formats.

The results are compared with those of transformers, where it is installed.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from streamparse import MessageParser
from streamparse.errors import FormatError
from streamparse.formats import FormatParser, Parameters, from_response_template, get
from tests.formats.reading import calls_of, message_of, read

ANCHOR = "<|turn|>harbour\n"
FUNCTION = {"type": "function", "function": "{content}"}
CAPTURED = {"type": "function", "function": {"name": "{name}", "arguments": "{content}"}}
THINK = {"open": "<muse>", "close": "</muse>"}


def template(calls: Any = None, **fields: Any) -> dict[str, Any]:
    """Return a template with these fields; `calls` are those of `tool_calls`."""
    found: dict[str, Any] = {"reasoning_content": THINK}
    if calls is not None:
        found["tool_calls"] = {"repeats": True, **calls}
    found["content"] = {"close": "<|over|>"}
    found.update(fields)
    return {"version": 1, "start_anchor": ANCHOR, "fields": found}


OBJECTS = template(
    {"open": "<do>", "close": "</do>", "content": "json", "transform": FUNCTION},
)
ARRAY = template(
    {
        "open": "DO:",
        "content": "json",
        "repeats": False,
        "transform_each": True,
        "transform": {
            "type": "function",
            "id": "{nr}",
            "function": {"name": "{tool}", "arguments": "{with}"},
        },
    },
)
NESTED_KEYS = template(
    {
        "open": "<do>",
        "close": "</do>",
        "content": "json",
        "transform": {"function": {"name": "{content.tool}", "arguments": "{content.with}"}},
    },
)
NAMED = template(
    {
        "open_pattern": r"<do id=\"(?P<nr>\w+)\">(?P<tool>[\w.]+)\s*::",
        "close": "</do>",
        "content": "json",
        "transform": {"id": "{nr}", "function": {"name": "{tool}", "arguments": "{content}"}},
    },
)
TAGS = template(
    {
        "open_pattern": r"\s*<do>\s*<tool=(?P<name>[^>]+)>",
        "close_pattern": r"</tool>\s*</do>\s*",
        "content": "xml-inline",
        "content_args": {"tag_pattern": r"<with=(?P<key>[^>]+)>\s*(?P<value>.*?)\s*</with>"},
        "transform": CAPTURED,
    },
)
PAIRS = template(
    {
        "open_pattern": r"<do>(?P<name>\w+)",
        "close": "</do>",
        "content": "xml-inline",
        "content_args": {
            "tag_pattern": r"<k>(?P<key>[^<]*)</k>\s*<v>(?P<value>.*?)</v>",
            "value_parser": {"name": "json", "args": {"allow_non_json": True}},
        },
        "transform": CAPTURED,
    },
)
DELIMITED = template(
    {
        "open_pattern": r"<do>(?P<name>\w+)",
        "close": "</do>",
        "content": "json",
        "content_args": {"unquoted_keys": True, "string_delims": [["<q>", "<q>"]]},
        "transform": CAPTURED,
    },
)
PYTHON = template(
    {
        "open": "<do>",
        "close": "</do>",
        "content": "python-call-list",
        "repeats": False,
        "transform_each": True,
        "transform": {"function": {"name": "{name}", "arguments": "{arguments}"}},
    },
)
INNER_TAG = template(
    {
        "open_pattern": r"<do>\s*<tool=(?P<name>\w+)>",
        "close": "</do>",
        "content": "xml-inline",
        "content_args": {"tag_pattern": r"<with=(?P<key>\w+)>\s*(?P<value>.*?)\s*</with>"},
        "transform": CAPTURED,
    },
)
OPTIONAL = template(
    {
        "open_pattern": r"(?:<\|turn\|>harbour\n)?<\|do\|>(?P<name>\w+)(?:<\|as\|>json)?<\|with\|>",
        "close": ["<|done|>", "<|stop|>"],
        "content": "json",
        "transform": CAPTURED,
    },
)
LOOKING = template(
    {
        "open_pattern": r"\[DO\](?P<name>[^\[]+)\[WITH\]",
        "close_pattern": r"(?=\[DO\])|</s>",
        "content": "json",
        "transform": CAPTURED,
    },
)
NESTED_GROUPS = template(
    {
        "open_pattern": r"<do>(?P<nr>\w+\.(?P<name>\w+))<with>",
        "close": "</do>",
        "content": "json",
        "transform": {**CAPTURED, "id": "{nr}"},
    },
)
CHOICE = template(
    {
        "open_pattern": r"<do>(?P<name>\w+)<with>",
        "close": "</do>",
        "content": "xml-inline",
        "content_args": {"tag_pattern": r"<w n=(?P<key>\w+) as=(?:text|json)>(?P<value>.*?)</w>"},
        "transform": CAPTURED,
    },
)
MOOR = {"name": "moor", "parameters": {"properties": {"feet": {"type": "integer"}}}}

CALLS: list[tuple[str, Any, str]] = [
    ("objects", OBJECTS, '<do>{"name": "moor", "arguments": {"feet": 40}}</do>'),
    ("array", ARRAY, 'DO:[{"nr": "a1", "tool": "moor", "with": {"feet": 40}}]'),
    ("nested keys", NESTED_KEYS, '<do>{"tool": "moor", "with": {"feet": 40}}</do>'),
    ("named", NAMED, '<do id="a1">moor ::{"feet": 40}</do>'),
    ("tags", TAGS, "<do>\n<tool=moor>\n<with=feet>\n40\n</with>\n</tool>\n</do>"),
    ("pairs", PAIRS, "<do>moor<k>feet</k><v>40</v></do>"),
    ("delimited", DELIMITED, "<do>moor{feet:40}</do>"),
    ("python", PYTHON, "<do>[moor(feet=40)]</do>"),
    (
        "inner tag",
        INNER_TAG,
        "<do>\n<tool=moor>\n<with=feet>\n40\n</with>\n</tool>\n</do>",
    ),
    ("optional", OPTIONAL, f'{ANCHOR}<|do|>moor<|as|>json<|with|>{{"feet": 40}}<|done|>'),
    ("looking ahead", LOOKING, '[DO]moor[WITH]{"feet": 40}'),
    ("nested groups", NESTED_GROUPS, '<do>a1.moor<with>{"feet": 40}</do>'),
    ("choice", CHOICE, "<do>moor<with><w n=feet as=json>40</w></do>"),
    ("left out", OPTIONAL, '<|do|>moor<|with|>{"feet": 40}<|stop|>'),
]


@pytest.mark.parametrize(
    ("given", "text"), [case[1:] for case in CALLS], ids=[case[0] for case in CALLS]
)
def test_calls(given: Any, text: str) -> None:
    message = message_of(from_response_template(given), f"Now.{text}", tools=[MOOR])
    [call] = message.tool_calls
    assert (call.name, call.arguments, call.status) == ("moor", {"feet": 40}, "complete")
    assert call.id in (None, "a1", "a1.moor")
    assert message.text.strip() == "Now."
    assert message.status == "complete"
    mixed = message_of(from_response_template(given), f"<muse>Hm.</muse>{text}<|over|>")
    assert mixed.reasoning == "Hm."
    assert mixed.text == ""


@pytest.mark.parametrize(
    ("given", "text"), [case[1:] for case in CALLS], ids=[case[0] for case in CALLS]
)
def test_cut_calls(given: Any, text: str) -> None:
    """Cut calls are truncated."""
    format = from_response_template(given)
    for cut in range(1, len(text) - 1):
        parser = FormatParser(format)
        parser.feed(text[:cut])
        parser.finish()
        statuses = {call.status for call in parser.message.tool_calls}
        assert statuses <= {"truncated", "complete"}


def test_markers_inside_strings_are_text() -> None:
    text = '<do>{"name": "note", "arguments": {"body": "</do><muse><|over|>"}}</do>'
    [(_, arguments)] = calls_of(from_response_template(OBJECTS), text)
    assert arguments == {"body": "</do><muse><|over|>"}


def test_arguments_are_streamed() -> None:
    parser = FormatParser(from_response_template(TAGS))
    parser.feed("<do><tool=note><with=body>so f")
    assert parser.message.tool_calls[0].partial == {"body": "so f"}


def test_the_prompt_is_read_from_its_last_anchor() -> None:
    prompt = f"{ANCHOR}<muse>old</muse>{ANCHOR}<muse>\n"
    message = message_of(
        from_response_template(OBJECTS), "Hm.</muse>Yes.<|over|>", prompt_suffix=prompt
    )
    assert (message.reasoning, message.text) == ("Hm.", "Yes.")
    pattern = {**OBJECTS, "start_anchor_pattern": r"<\|turn\|>\w+\n"}
    del pattern["start_anchor"]
    message = message_of(from_response_template(pattern), "Hm.</muse>Yes.", prompt_suffix=prompt)
    assert (message.reasoning, message.text) == ("Hm.", "Yes.")


@pytest.mark.parametrize("text", ["Hm.</muse>Yes.", "<muse>\nHm.</muse>Yes."])
def test_an_answer_that_begins_inside_its_reasoning(text: str) -> None:
    opening = {"open_pattern": r"(?:^|<muse>\s*)", "close": "</muse>"}
    format = from_response_template(template(reasoning_content=opening))
    message = message_of(format, text)
    assert (message.reasoning.strip(), message.text) == ("Hm.", "Yes.")
    closed = message_of(format, "Yes.", prompt_suffix=f"{ANCHOR}<muse>\n\n</muse>\n\n")
    assert (closed.reasoning, closed.text) == ("", "Yes.")
    answer = message_of(format, "Yes.", in_reasoning=False)
    assert (answer.reasoning, answer.text) == ("", "Yes.")


def test_reasoning_that_a_call_ends() -> None:
    closing = {"open": "<muse>", "close_pattern": "</muse>|(?=<do>)"}
    fields = {**OBJECTS["fields"], "reasoning_content": closing}
    format = from_response_template({**OBJECTS, "fields": fields})
    message = message_of(format, '<muse>Hm.<do>{"name": "moor", "arguments": {}}</do>')
    assert (message.reasoning, message.tool_calls[0].status) == ("Hm.", "complete")


def test_marked_content() -> None:
    format = from_response_template(
        template(content={"open": "<say>", "close": ["</say>", "</said>"]})
    )
    message = message_of(format, f"<muse>Hm.</muse>{ANCHOR}<say>Yes <b>it</b> is.</said>")
    assert (message.reasoning, message.text) == ("Hm.", "Yes <b>it</b> is.")


def test_several_markers_and_patterns_of_literals() -> None:
    opening = {"open": ["<muse>", "<mull>"], "close_pattern": r"\s*(?:</muse>|</mull>)\n*"}
    ending = {"close_pattern": r"\s*(?:<\|over\|>|<\|out\|>)"}
    format = from_response_template(template(reasoning_content=opening, content=ending))
    message = message_of(format, "<mull>Hm.</mull>\nYes.<|out|>")
    assert (message.reasoning, message.text.strip()) == ("Hm.", "Yes.")


def test_parameters_of_a_tag_pattern() -> None:
    payload = from_response_template(PAIRS).calls[0].payload
    assert isinstance(payload, Parameters)
    assert (payload.open, payload.value, payload.close) == (("<k>",), ("<v>",), ("</v>",))
    assert payload.typing == "json_or_string"
    text = "<do>f<k>a</k><v>[1]</v><k>b</k><v>so it is</v></do>"
    assert calls_of(from_response_template(PAIRS), text) == [("f", {"a": [1], "b": "so it is"})]


PIECES = st.sampled_from(
    [
        "<muse>",
        "</muse>",
        "<|over|>",
        "\n",
        "x",
        '"',
        "{",
        "}",
        "[",
        "]",
        ANCHOR,
        "`",
        "</do>",
        ", ",
    ]
)


@pytest.mark.parametrize(
    ("given", "text"), [case[1:] for case in CALLS], ids=[case[0] for case in CALLS]
)
@drawn(data=st.data())
def test_any_text_at_any_cut(given: Any, text: str, data: st.DataObject) -> None:
    format = from_response_template(given)
    places = st.integers(0, len(text))
    parts = st.lists(PIECES | st.just(text) | places.map(lambda end: text[:end]), max_size=8)
    read(format, "".join(data.draw(parts)), tools=data.draw(st.sampled_from([None, [MOOR]])))


# Rejected templates


def changed(**changes: Any) -> dict[str, Any]:
    """Return `OBJECTS` with other keys in its calls; None removes a key."""
    found = copy.deepcopy(OBJECTS)
    calls = found["fields"]["tool_calls"]
    calls.update(changes)
    for key in [key for key in calls if calls[key] is None]:
        del calls[key]
    return found


def top(**changes: Any) -> dict[str, Any]:
    return {**OBJECTS, **changes}


PATTERN: dict[str, Any] = {"content": "xml-inline", "transform": CAPTURED, "open": None}
OPENER = r"<do>(?P<name>\w+)>"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], "must be an object, not list"),
        (top(version=2), "version: 2 is not known"),
        (top(regex=".*"), "response_template: unknown keys: regex"),
        (top(defaults=[]), "defaults: must be an object"),
        (top(fields={}), "fields: must be an object with at least one field"),
        (top(fields={"content": 7}), "fields.content: must be an object"),
        (top(start_anchor=None), "start_anchor or start_anchor_pattern is missing"),
        (top(start_anchor=""), "none of them empty"),
        (top(start_anchor=[]), "must have at least one text"),
        (top(start_anchor_pattern="x"), "has both start_anchor and start_anchor_pattern"),
        (template(mood={"open": "<m>", "close": "</m>"}), "fields.mood: a message has no such"),
        (template(thinking=THINK), "a second field for the reasoning"),
        (template(reasoning_content={"close": "</x>"}), "only one field may have no opener"),
        (template(content={"close": "x", "content": "json"}), "must be text, json is not"),
        (template(content={"close": "x", "transform": {}}), "text cannot be transformed"),
        (template(reasoning_content={"open_pattern": "<m.>"}), "is not literal text"),
        (changed(open_pattern="x"), "has both open and open_pattern"),
        (changed(open=None, open_pattern="("), "is not a regular expression"),
        (changed(open=None, open_pattern=7), "must be a text"),
        (changed(content="yaml"), "'yaml' is not one of bool, float"),
        (changed(content="kv-lines"), "calls cannot be kv-lines"),
        (changed(colour=1), "unknown keys: colour"),
        (changed(join=",", repeats=None), "join: needs repeats"),
        (changed(transform_each=True, transform=None), "needs a transform"),
        (changed(transform_each=1), "must be true or false"),
        (changed(transform=None, open=None, open_pattern=OPENER), "need a transform"),
        (changed(transform="x"), "calls must become objects"),
        (changed(transform={"function": "x {content}"}), "is not a reference"),
        (changed(transform={"function": "{name}"}), "is neither a group nor a key"),
        (changed(transform={"function": {"name": "{content.n}"}}), "the arguments of the"),
        (changed(transform={"function": "{content}", "mood": "glad"}), "unknown keys: mood"),
        (changed(content_args={"unquoted_keys": True}), "need the name in the opener"),
        (changed(content_args=[]), "content_args: must be an object"),
        (changed(content="xml-inline"), "xml-inline needs the name in the opener"),
        (changed(close=None, close_pattern="</(?P<x>do)>"), "a closer with named groups"),
        (changed(**PATTERN, open_pattern=r"\w<do>(?P<name>\w+)>"), "must begin with literal text"),
        (changed(**PATTERN, open_pattern=OPENER), "tag_pattern: must be a text"),
        (changed(**PATTERN, open_pattern=OPENER, close=None), "xml-inline needs a closer"),
        (
            changed(**PATTERN, open_pattern=OPENER, content_args={"tag_pattern": "<(?P<key>.)>"}),
            "must be one tag with the groups key and value",
        ),
        (
            changed(
                **PATTERN,
                open_pattern=OPENER,
                content_args={"tag_pattern": r"(?P<key>\w+)=(?P<value>\w+);"},
            ),
            "must stand between literal text",
        ),
        (
            changed(
                **PATTERN,
                open_pattern=OPENER,
                content_args={
                    "tag_pattern": "<(?P<key>.+)>(?P<value>.*?)</>",
                    "merge_duplicates": True,
                },
            ),
            "a repeated key cannot become a list",
        ),
    ],
)
def test_rejected_templates(given: Any, expected: str) -> None:
    with pytest.raises(FormatError) as raised:
        from_response_template(given)
    assert expected in str(raised.value)
    assert raised.value.code == "invalid_format"


# Templates in place of formats.


def test_a_template_is_a_format(tmp_path: Path) -> None:
    text = '<do>{"name": "moor", "arguments": {}}</do>'
    config = {"tokenizer_class": "Any", "response_template": OBJECTS}
    path = tmp_path / "tokenizer_config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    for given in (OBJECTS, config, path, str(path), tmp_path):
        parser = MessageParser(format=given)
        parser.feed(text)
        parser.finish()
        assert [call.name for call in parser.message.tool_calls] == ["moor"]
        assert FormatParser(given).message.status == "in_progress"


def test_a_configuration_without_a_response_template(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer_config.json"
    known = {"chat_template": "{{ '[TOOL_CALLS]' + call.name + '[ARGS]' + call.arguments }}"}
    path.write_text(json.dumps(known), encoding="utf-8")
    assert FormatParser(path)._answer is not None
    for text, expected in [
        ("{}", "has no response_template"),
        ("[]", "must be an object"),
        ("{", "is not JSON"),
        ('{"response_template": {"fields": 1}}', "fields: must be an object"),
    ]:
        path.write_text(text, encoding="utf-8")
        with pytest.raises(FormatError, match=expected):
            FormatParser(path)
    with pytest.raises(FileNotFoundError):
        FormatParser(tmp_path / "none.json")


def test_a_name_is_still_a_format() -> None:
    assert get("hermes").name == "hermes"


# Comparison with transformers.


@pytest.mark.parametrize(
    ("given", "text"), [case[1:] for case in CALLS], ids=[case[0] for case in CALLS]
)
def test_transformers_gives_the_same(given: Any, text: str) -> None:
    chat_parsing = pytest.importorskip(
        "transformers.utils.chat_parsing", reason="transformers is not installed"
    )
    text = f"<muse>Hm.</muse>{text}"
    theirs = chat_parsing.parse_response(text, given, prefix=ANCHOR, tools=[{"function": MOOR}])
    ours = message_of(from_response_template(given), text, tools=[MOOR])
    assert theirs["reasoning_content"] == ours.reasoning
    found = [each.get("function", each) for each in theirs["tool_calls"]]
    assert [(each["name"], each["arguments"]) for each in found] == [
        (call.name, call.arguments) for call in ours.tool_calls
    ]
