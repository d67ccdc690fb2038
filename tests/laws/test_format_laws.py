"""Laws 1 to 4, 6 to 8 for raw-text formats: answers rendered in every format, cut anywhere."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamparse.formats import FormatParser, get, names
from streamparse.formats.registry import plan_of
from tests.formats.checks import (
    check_answer,
    check_any_text,
    check_events,
    check_growth,
    check_truncated,
    run,
)
from tests.formats.damage import damaged
from tests.formats.invented import Wanted
from tests.formats.render import CHANNELS, NO_CALLS, WRITERS, Page, make_answer
from tests.helpers import cut
from tests.strategies import SIZES

# Each format is a separate property, so each gets a fraction of the examples.
FEW = settings(max_examples=max(settings().max_examples // 50, 2))
each_format = pytest.mark.parametrize("name", names())
CHOICES = st.randoms(use_true_random=False)


@each_format
@FEW
@given(choose=CHOICES, sizes=SIZES)
def test_law_1_an_answer_is_read_back(
    name: str, choose: random.Random, sizes: Sequence[int]
) -> None:
    """Laws 1 and 4: an answer written in the format is read back, however it is cut."""
    answer = make_answer(name, choose)
    options = {"tools": answer.tools or None, **answer.options}
    whole = run(name, [answer.text], **options)
    assert whole.error is None
    check_answer(whole.message, answer)
    check_events(whole)
    assert run(name, cut(answer.text, [1]), **options).reading == whole.reading
    assert run(name, cut(answer.text, sizes), **options).reading == whole.reading


@each_format
@FEW
@given(choose=CHOICES, sizes=SIZES)
def test_law_3_texts_and_arguments_only_grow(
    name: str, choose: random.Random, sizes: Sequence[int]
) -> None:
    """Law 3: texts and partial arguments only grow."""
    answer = make_answer(name, choose, most=2)
    options = {"tools": answer.tools or None, **answer.options}
    check_growth(name, cut(answer.text, sizes if any(sizes) else [1]), **options)


@each_format
@FEW
@given(choose=CHOICES, sizes=SIZES, places=st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_law_7_a_cut_call_is_never_complete(
    name: str, choose: random.Random, sizes: Sequence[int], places: list[float]
) -> None:
    """Laws 7 and 8: an answer that stops early is truncated, and none of its text is lost."""
    answer = make_answer(name, choose)
    for place in {int(share * len(answer.text)) for share in places}:
        check_truncated(answer, place, cut(answer.text[:place], sizes))


@pytest.mark.parametrize("name", ["step3", "deepseek_v32", "kimi_k3", "minimax_m3", "glm45"])
def test_law_7_cut_at_every_character_of_a_call(name: str) -> None:
    """If the text ends inside a marker, the call is truncated, not rejected."""
    answer = make_answer(name, random.Random(11), most=1)
    assert answer.calls
    for place in range(max(answer.ends[0] - 250, 0), answer.ends[0] + 1):
        check_truncated(answer, place, [answer.text[:place]])


@each_format
@FEW
@given(choose=CHOICES, sizes=SIZES, known=st.booleans())
def test_law_1_damaged(name: str, choose: random.Random, sizes: Sequence[int], known: bool) -> None:
    """Laws 1, 4 and 8: a damaged answer loses no text, and any cut gives the same result."""
    answer = make_answer(name, choose)
    text = damaged(answer.text, get(name), choose)
    tools = answer.tools if known and answer.calls else None
    check_any_text(name, text, [cut(text, [1]), cut(text, sizes)], tools=tools, **answer.options)


# Law 2

DIGITS = "0123456789 0123456789"


class Plain(random.Random):
    """Always makes the first choice, which is the usual spelling."""

    def random(self) -> float:
        return 0.99

    def randrange(self, *args: int) -> int:  # type: ignore[override]
        return 0

    def choice(self, seq: Sequence[object]) -> object:  # type: ignore[override]
        return seq[0]


def fed_singly(parser: FormatParser, text: str) -> list[list[dict[str, Any]]]:
    return [[event.to_dict() for event in parser.feed(char)] for char in text]


@pytest.mark.parametrize("name", [name for name in names() if name not in NO_CALLS])
def test_law_2_each_character_of_a_text_argument_comes_at_once(name: str) -> None:
    """Law 2: the feed that brings a digit of a text argument returns it."""
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    call = Wanted("search", {"city": DIGITS}, "id1", schema)
    page = Page()
    WRITERS[name](page, (call,), Plain())
    start = page.text.index(DIGITS)
    prompt = CHANNELS[name][0][2] if name in CHANNELS else ""
    tools = [{"name": "search", "parameters": schema}]
    parser = FormatParser(name, tools=tools, prompt_suffix=prompt)
    fed_singly(parser, page.text[:start])
    (found,) = parser.message.tool_calls
    assert found.name == "search"
    for place, events in enumerate(fed_singly(parser, DIGITS)):
        texts = [event["text"] for event in events if event["type"] == "argument_delta"]
        assert texts == [DIGITS[place]]
    fed_singly(parser, page.text[start + len(DIGITS) :])
    parser.finish()
    assert found.arguments == {"city": DIGITS}


@each_format
def test_law_2_each_character_of_text_comes_at_once(name: str) -> None:
    """Law 2: each character of content and reasoning is returned by the feed that brings it."""
    texts = {"text_delta": ("", ""), "reasoning_delta": ("", "")}
    prompt = ""
    if name in CHANNELS:
        (opener, closer, prompt), contents, reasons = CHANNELS[name]
        texts["text_delta"] = opener.format(contents[0]), closer
        if reasons:
            texts["reasoning_delta"] = opener.format(reasons), closer
    reasoning = get(name).reasoning
    if reasoning is not None and reasoning.open:
        texts["reasoning_delta"] = reasoning.open[0], reasoning.close[0]
    for kind, (opener, closer) in texts.items():
        if kind == "reasoning_delta" and not opener:
            continue
        parser = FormatParser(name, prompt_suffix=prompt)
        parser.feed(opener)
        for place, events in enumerate(fed_singly(parser, DIGITS)):
            found = [event for event in events if event["type"] != "message_started"]
            assert found == [{"type": kind, "text": DIGITS[place], "choice": 0}]
        parser.feed(closer)
        parser.finish()


# Markers in prose

# After these openers any word belongs to the call; the last one only frames the content.
NOT_LONE = ("<tool: function>", "<|message_model|>")
HELD = 256  # The most characters that are held back after an opener.


def openers(name: str) -> list[str]:
    """Return the markers that begin a call, a section or a message."""
    plan = plan_of(get(name))
    words = set(plan.openers)
    if plan.channels is not None:
        words.update(plan.channels.open)
    return sorted(words.difference(NOT_LONE)) or ["<no_marker>"]


@each_format
@FEW
@given(choose=CHOICES, sizes=SIZES, count=st.integers(3, 80))
def test_law_8_a_lone_opener_is_text(
    name: str, choose: random.Random, sizes: Sequence[int], count: int
) -> None:
    """Laws 1, 2 and 8: an opener in prose becomes text after at most 256 more characters."""
    opener = choose.choice(openers(name))
    words = [choose.choice(["the", "tag", "opens", "a call", "here"]) for _ in range(count)]
    text = f"Then {opener} {' '.join(words)}, it says."
    found = run(name, cut(text, sizes))
    message = found.message
    assert (message.text, message.reasoning, message.tool_calls) == (text, "", [])
    assert (message.status, found.error) == ("complete", None)
    parser = FormatParser(name)
    for place, char in enumerate(text, 1):
        parser.feed(char)
        assert place - len(parser.message.text) <= HELD + len(opener)


@each_format
@FEW
@given(choose=CHOICES, sizes=SIZES)
def test_law_8_markers_in_markdown_around_a_call_are_text(
    name: str, choose: random.Random, sizes: Sequence[int]
) -> None:
    """Laws 1 and 8: markers quoted in Markdown are text, and the calls after them are unchanged."""
    format = get(name)
    if not format.quotation or format.channels is not None or name in NO_CALLS:
        return
    opener = choose.choice(openers(name))
    frame = choose.choice(["`{}` ", "`` {} `` ", "```\n{}\n```\n", "~~~xml\n{}\n{}\n~~~\n"])
    quoted = f"So:\n{frame.format(opener, opener)}it is.\n\n"
    answer = make_answer(name, choose, most=1)
    if answer.reasoning or answer.options or not answer.calls or answer.content:
        return
    options = {"tools": answer.tools or None}
    if any(section.at_start for section in format.sections):
        return  # Its sections are only recognised at the start of the answer.
    found = run(name, cut(quoted + answer.text, sizes), **options)
    alone = run(name, [answer.text], **options)
    assert found.message.text.startswith(quoted.strip())
    calls = [(call.name, call.status, call.partial) for call in found.message.tool_calls]
    assert calls == [(call.name, call.status, call.partial) for call in alone.message.tool_calls]


@each_format
@FEW
@given(choose=CHOICES, sizes=SIZES)
def test_law_8_markdown_inside_arguments_is_kept(
    name: str, choose: random.Random, sizes: Sequence[int]
) -> None:
    """Laws 1 and 8: fences and code spans in a string argument do not end or change the call."""
    if name in NO_CALLS:
        return
    code = choose.choice(["```sh\nls\n```", "`a` and `b", "~~~\nopen", "- x\n\n> y `z`"])
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    page = Page()
    WRITERS[name](page, (Wanted("search", {"city": code}, "id1", schema),), choose)
    prompt = CHANNELS[name][0][2] if name in CHANNELS else ""
    tools = [{"name": "search", "parameters": schema}]
    found = run(name, cut(page.text, sizes), tools=tools, prompt_suffix=prompt)
    (call,) = found.message.tool_calls
    assert (call.status, call.arguments) == ("complete", {"city": code})
