"""Tests of templates: which records match, and that they do not change the results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import Limits, MessageParser, StreamParseError
from streamparse._decoding.templates import PARTIAL, UNLIKE, Counts, Repeat, Templates, unlimited
from streamparse.aliases import API


class Growing(Repeat):
    """A repeat without any effect."""

    def read(self, delta: str) -> None:
        pass


def learned(data: dict[str, Any], path: list[Any], **more: Any) -> Templates:
    """Return templates that were learned from one record without an event name."""
    templates = Templates()
    templates.learn("", json.dumps(data), data, Growing(path, **more))
    return templates


def source(data: Any) -> str:
    return f"data: {json.dumps(data)}\n\n"


def test_a_template_matches_records_with_another_delta() -> None:
    templates = learned({"a": [{"text": "x"}], "b": 1}, ["a", 0, "text"])
    for delta in ("", "y", 'quoted "text" \\', "\n\u2028é🙂\ud800"):
        text = source({"a": [{"text": delta}], "b": 1})
        assert templates.match("--" + text + "more", 2) == len(text) + 2
        assert templates.delta == delta


@pytest.mark.parametrize(
    "other",
    [
        {"a": [{"text": "y"}], "b": 2},
        {"a": [{"text": 1}], "b": 1},
        {"a": [{"text": "y", "c": 0}], "b": 1},
        {"b": 1, "a": [{"text": "y"}]},
    ],
)
def test_a_different_record_does_not_match(other: Any) -> None:
    templates = learned({"a": [{"text": "x"}], "b": 1}, ["a", 0, "text"])
    assert templates.match(source(other) + " " * 40, 0) == UNLIKE


@pytest.mark.parametrize("raw", ["a\x01b", "\\x", "\\u12", "a\tb"])
def test_invalid_strings_do_not_match(raw: str) -> None:
    templates = learned({"text": "x", "b": 1}, ["text"])
    assert templates.match(source({"text": "@", "b": 1}).replace("@", raw), 0) == UNLIKE


def test_an_incomplete_source_may_still_match() -> None:
    templates = learned({"n": 7, "text": "x", "b": 1}, ["text"], numbered="n")
    text = source({"n": 81, "text": "long", "b": 1})
    for stop in range(1, len(text)):
        assert templates.match(text[:stop], 0) == PARTIAL
    assert templates.match(text, 0) == len(text)
    assert (templates.number, templates.delta) == (81, "long")


@pytest.mark.parametrize("number", ["01", "-1", "1.5", "1e3", "", "1234567890123456", "true"])
def test_only_plain_numbers_match(number: str) -> None:
    templates = learned({"n": 7, "text": "x"}, ["text"], numbered="n")
    text = f'data: {{"n": {number}, "text": "y"}}\n\n'
    assert templates.match(text, 0) == UNLIKE


@pytest.mark.parametrize(
    "text",
    [
        '{"text": "x", "text": "y"}',  # the name occurs twice
        '{"a": {"text": "x"}, "text": "y"}',
        '{"te\\u0078t": "x"}',
        '{"text":\n"x"}',  # several lines of data
    ],
)
def test_no_template_if_the_place_of_the_delta_is_ambiguous(text: str) -> None:
    templates = Templates()
    templates.learn("", text, json.loads(text), Growing(["text"]))
    assert templates.all == []


def test_members_that_differ_may_vary_in_the_template() -> None:
    templates = learned({"id": 1, "text": "x"}, ["text"], inert=("id",))
    assert templates.match(source({"id": 2, "text": "y"}), 0) == UNLIKE
    templates.may_learn = True
    other = {"id": 2, "text": "y"}
    templates.learn("", json.dumps(other), other, Growing(["text"], inert=("id",)))
    text = source({"id": 33, "text": "z"})
    assert templates.match(text, 0) == len(text)
    assert len(templates.all) == 1


COUNTED_RECORDS = [
    {"text": "x", "usage": {"in": 9, "out": out, "more": [{"n": 9}, {"n": out}]}}
    for out in range(1, 6)
]


class CountsAnything(Counts):
    """Counts without any effect."""

    def read(self, counts: dict[str, Any]) -> None:
        pass


def counting() -> Growing:
    repeat = Growing(["text"])
    repeat.counts = CountsAnything("usage")
    return repeat


def test_counts_that_differ_may_vary_in_the_template() -> None:
    templates = Templates()
    first, second, third = COUNTED_RECORDS[1:4]
    for record in (first, second):
        templates.learn("", json.dumps(record), record, counting())
    (template,) = templates.all
    assert template.places == (["out"], ["more", 1, "n"])
    text = source(third)
    assert templates.match(text, 0) == len(text)
    assert templates.numbers is not None
    counts = template.counts_with(templates.numbers)
    assert counts == third["usage"]
    counts["more"][1]["n"] = 77
    assert template.counts_with(templates.numbers) == third["usage"]
    assert templates.match(source({**third, "usage": {"in": 9, "out": 2}}), 0) == UNLIKE


def test_counts_that_differ_later_may_vary_too() -> None:
    templates = Templates()
    for record in COUNTED_RECORDS[:2]:
        templates.learn("", json.dumps(record), record, counting())
    templates.may_learn = True
    other = {"text": "y", "usage": {**COUNTED_RECORDS[2]["usage"], "in": 8}}  # type: ignore[dict-item]
    templates.learn("", json.dumps(other), other, counting())
    (template,) = templates.all
    assert template.places == (["in"], ["out"], ["more", 1, "n"])


@pytest.mark.parametrize(
    "usage",
    [
        {"out": -2},  # not only digits
        {"out": 12345678901234567},
        {"a": {"out": 2}, "b": {"out": 2}},  # nothing distinguishes the two members
        {"a": [[[[1]]]], "out": 3},
    ],
)
def test_no_template_if_the_place_of_a_count_is_ambiguous(usage: Any) -> None:
    templates = Templates()
    record = {"text": "x", "usage": usage}
    other = {"text": "x", "usage": {"more": 1}}
    templates.learn("", json.dumps(other), other, counting())
    templates.learn("", json.dumps(record), record, counting())
    assert templates.all == []


def test_learning_pauses_when_nothing_matches() -> None:
    templates = learned({"text": "x"}, ["text"])
    assert not templates.is_pausing(1)
    for _ in range(40):
        templates.spend(1)
    assert templates.is_pausing(1)
    assert templates.all == []


def test_limits_that_depend_on_the_content_prevent_templates() -> None:
    assert unlimited(Limits(keys=5)) == 0
    assert unlimited(Limits(depth=3)) == 6
    templates = Templates(Limits(depth=3))
    templates.learn("", '{"text": "x"}', {"text": "x"}, Growing(["text"]))
    assert templates.match(source({"text": "y"}), 0) == UNLIKE


# Results are the same with and without templates.

HEAD = {"id": "c-1", "object": "chat.completion.chunk", "created": 5, "model": "m"}
Record: TypeAlias = st.SearchStrategy[dict[str, Any]]
TEXTS = st.one_of(
    st.sampled_from(["", "a", " word", '"', "\\", "\n", "é", "🙂", "\ud83d", "\ude00", '{"', "1}"]),
    st.text(max_size=5),
)


def chat(delta: Any, **more: Any) -> dict[str, Any]:
    return {**HEAD, "choices": [{"index": 0, "delta": delta, "finish_reason": None}], **more}


def arguments(text: str, index: int = 0, **more: Any) -> dict[str, Any]:
    return chat({"tool_calls": [{"index": index, "function": {"arguments": text}, **more}]})


CHAT: list[Record] = [
    st.builds(lambda text: chat({"content": text}), TEXTS),
    st.builds(lambda text: chat({"content": text}), TEXTS),
    st.builds(lambda text, pad: chat({"content": text}, obfuscation=pad), TEXTS, TEXTS),
    st.builds(lambda text: chat({"reasoning_content": text}), TEXTS),
    st.builds(lambda text: {**chat({"content": text}), "created": len(text)}, TEXTS),
    st.builds(lambda text: {**chat({"content": text}), "model": text}, TEXTS),
    st.builds(lambda text: chat({"content": "x", "channel": text}), TEXTS),
    st.builds(lambda text: chat({"content": text}, system_fingerprint=text[:1]), TEXTS),
    st.builds(arguments, TEXTS, st.integers(0, 1)),
    st.builds(arguments, TEXTS),
    st.builds(lambda text: arguments(text, 0, id="call", type="function"), TEXTS),
    st.just(chat({"tool_calls": [{"index": 0, "id": "i", "function": {"name": "f"}}]})),
    st.builds(lambda n: {**HEAD, "choices": [], "usage": {"prompt_tokens": n}}, st.integers(0, 9)),
    st.just({**HEAD, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
    st.builds(
        lambda text, n: {**HEAD, "choices": [{"index": n, "delta": {"content": text}}]},
        TEXTS,
        st.integers(0, 2),
    ),
]


def block(kind: str, field: str, text: str, index: int) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, field: text}}


def begun(index: int, **content: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": content}


ANTHROPIC: list[Record] = [
    st.builds(block, st.just("text_delta"), st.just("text"), TEXTS, st.integers(0, 1)),
    st.builds(block, st.just("text_delta"), st.just("text"), TEXTS, st.just(0)),
    st.builds(block, st.just("thinking_delta"), st.just("thinking"), TEXTS, st.integers(0, 1)),
    st.builds(block, st.just("input_json_delta"), st.just("partial_json"), TEXTS, st.just(1)),
    st.builds(lambda n: begun(n, type="text", text=""), st.integers(0, 1)),
    st.builds(lambda n: begun(n, type="thinking", thinking=""), st.integers(0, 1)),
    st.builds(lambda n: begun(n, type="tool_use", id="i", name="f", input={}), st.integers(0, 1)),
    st.builds(lambda n: {"type": "content_block_stop", "index": n}, st.integers(0, 1)),
    st.just({"type": "ping"}),
    st.just({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}),
]


def output_text(text: str, number: int, index: int) -> dict[str, Any]:
    return {
        "type": "response.output_text.delta",
        "sequence_number": number,
        "item_id": f"m{index}",
        "output_index": index,
        "content_index": 0,
        "delta": text,
    }


def output_arguments(text: str, number: int) -> dict[str, Any]:
    place = {"item_id": "f", "output_index": 1, "delta": text}
    kind = "response.function_call_arguments.delta"
    return {"type": kind, "sequence_number": number, **place}


def added(number: int, **item: Any) -> dict[str, Any]:
    place = {"sequence_number": number, "output_index": 0 if item["type"] == "message" else 1}
    return {"type": "response.output_item.added", **place, "item": item}


NUMBERS = st.integers(0, 30)
RESPONSES: list[Record] = [
    st.builds(output_text, TEXTS, NUMBERS, st.just(0)),
    st.builds(output_text, TEXTS, NUMBERS, st.integers(0, 1)),
    st.builds(output_arguments, TEXTS, NUMBERS),
    st.builds(lambda n: added(n, type="message", id="m0", content=[]), NUMBERS),
    st.builds(
        lambda n: added(n, type="function_call", id="f", call_id="c", name="g", arguments=""),
        NUMBERS,
    ),
    st.builds(
        lambda text: {"type": "response.output_text.done", "item_id": "m0", "text": text}, TEXTS
    ),
]


def ollama(message: dict[str, Any], at: str, **more: Any) -> dict[str, Any]:
    line = {"model": "m", "created_at": at, "message": {"role": "assistant", **message}}
    return {**line, "done": False, **more}


OLLAMA: list[Record] = [
    st.builds(lambda text, at: ollama({"content": text}, at), TEXTS, TEXTS),
    st.builds(lambda text, at: ollama({"content": text}, at), TEXTS, TEXTS),
    st.builds(lambda text, at: ollama({"content": "", "thinking": text}, at), TEXTS, TEXTS),
    st.builds(lambda text: ollama({"content": text}, "t", remote_host=text), TEXTS),
]


def cohere(kind: str, index: int, message: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "index": index, "delta": {"message": message}}


COHERE: list[Record] = [
    st.builds(
        lambda text, n: cohere("content-delta", n, {"content": {"text": text}}),
        TEXTS,
        st.integers(0, 1),
    ),
    st.builds(lambda text: cohere("content-delta", 0, {"content": {"thinking": text}}), TEXTS),
    st.builds(
        lambda text: cohere(
            "tool-call-delta", 0, {"tool_calls": {"function": {"arguments": text}}}
        ),
        TEXTS,
    ),
    st.builds(lambda text: cohere("tool-plan-delta", 0, {"tool_plan": text}), TEXTS),
    st.just(cohere("tool-call-start", 0, {"tool_calls": {"id": "i", "function": {"name": "f"}}})),
]


# Counts that grow, details with equal names, zeros, and other members.
COUNTS = st.builds(
    lambda n, m, more: {
        "promptTokenCount": 7,
        "candidatesTokenCount": n,
        "totalTokenCount": n + 7,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 7}],
        "candidatesTokensDetails": [{"modality": "TEXT", "tokenCount": m}],
        **more,
    },
    st.integers(0, 30),
    st.integers(0, 8),
    st.sampled_from([{}, {}, {}, {"thoughtsTokenCount": 4}, {"trafficType": "x"}, {"a": [[[[]]]]}]),
)
USAGE = st.one_of(
    COUNTS,
    COUNTS,
    st.builds(lambda n: {"promptTokenCount": 7, "totalTokenCount": n}, st.integers(0, 9)),
    st.sampled_from([None, {}, {"trafficType": "ON_DEMAND"}, 3]),
)


def google(part: dict[str, Any], usage: Any = None, **more: Any) -> dict[str, Any]:
    candidate = {"content": {"parts": [part], "role": "model"}, **more}
    counted = {} if usage is None else {"usageMetadata": usage}
    return {"candidates": [candidate], **counted, "modelVersion": "m", "responseId": "r"}


def piece(text: str, path: str, usage: Any, goes_on: bool = True) -> dict[str, Any]:
    value = {"jsonPath": path, "stringValue": text, **({"willContinue": True} if goes_on else {})}
    return google({"functionCall": {"partialArgs": [value], "willContinue": True}}, usage)


PLACES = st.sampled_from(["$.a", "$.a", "$.a", "$.b[0]", "$.b[1]", "?", "$.c[]"])
GOOGLE: list[Record] = [
    st.builds(lambda text, usage: google({"text": text}, usage), TEXTS, USAGE),
    st.builds(lambda text, usage: google({"text": text}, usage, index=0), TEXTS, COUNTS),
    st.builds(lambda text, usage: google({"text": text}, usage, index=1), TEXTS, COUNTS),
    st.builds(lambda text, usage: google({"text": text, "thought": True}, usage), TEXTS, COUNTS),
    st.builds(lambda text: google({"text": text, "thoughtSignature": "s"}), TEXTS),
    st.builds(lambda text: google({"text": "x"}, safetyRatings=[text]), TEXTS),
    st.builds(lambda text: {**google({"text": "x"}), "createTime": text}, TEXTS),
    st.builds(lambda text: {**google({"text": "x"}), "modelVersion": text}, TEXTS),
    st.builds(lambda usage: google({"text": ""}, usage, finishReason="STOP"), USAGE),
    st.just(google({"functionCall": {"name": "f", "willContinue": True}})),
    st.just(google({"functionCall": {"name": "g", "willContinue": True, "id": "i"}})),
    st.just(google({"functionCall": {}})),
    st.builds(piece, TEXTS, PLACES, COUNTS),
    st.builds(piece, TEXTS, st.just("$.a"), COUNTS),
    st.builds(piece, TEXTS, PLACES, COUNTS, st.booleans()),
]


def counted_chat(text: str, count: int, more: dict[str, Any]) -> dict[str, Any]:
    details = {"prompt_tokens_details": {"cached_tokens": 2}, **more}
    usage = {"prompt_tokens": 5, "completion_tokens": count, "total_tokens": count + 5, **details}
    return chat({"content": text}, usage=usage)


COUNTED: list[Record] = [
    st.builds(counted_chat, TEXTS, st.integers(0, 9), st.sampled_from([{}, {"queue_time": 0.5}])),
    st.builds(counted_chat, TEXTS, st.integers(0, 9), st.just({})),
    st.builds(lambda text: chat({"content": text}, usage=None), TEXTS),
    st.builds(lambda text: chat({"reasoning_content": text}, usage={"total_tokens": 3}), TEXTS),
    st.builds(lambda text: chat({"content": "x"}, usage=text), TEXTS),
    st.builds(arguments, TEXTS),
]


def steps(api: API, pieces: list[Any], templates: bool) -> list[Any]:
    """Return what each call of a parser returns or raises, then its messages."""
    parser = MessageParser(api)
    out: list[Any] = []
    try:
        for piece in pieces:
            out.append([event.to_dict() for event in parser.feed(piece)])
            if not templates and parser._input.router.templates is not None:
                parser._input.router.templates._wait = 10**9
                parser._input.router.templates.all.clear()
        out.append([event.to_dict() for event in parser.finish()])
    except StreamParseError as error:
        place = error.offset, error.line, error.column, error.excerpt
        out.append([error.code, place, str(error), [event.to_dict() for event in error.events]])
    out.append([message.to_dict() for message in parser.messages])
    out.append(parser.replayed)
    return out


def runs(records: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Return a strategy for records, some repeated, whose numbers may be consecutive."""
    times = st.integers(1, 4) | st.integers(20, 50)
    return st.builds(_repeated, st.lists(st.tuples(records, times), max_size=25), st.booleans())


def _repeated(pairs: list[tuple[Any, int]], consecutive: bool) -> list[Any]:
    found = [dict(record) for record, times in pairs for _ in range(times)]
    for number, record in enumerate(found):
        if consecutive and "sequence_number" in record:
            record["sequence_number"] = number
        usage = record.get("usageMetadata")
        if consecutive and isinstance(usage, dict) and "candidatesTokenCount" in usage:
            usage = {**usage, "candidatesTokenCount": number // 2}
            record["usageMetadata"] = usage
    return found


STREAMS: list[tuple[API, list[Record]]] = [
    ("openai-chat", CHAT),
    ("anthropic-messages", ANTHROPIC),
    ("openai-responses", RESPONSES),
    ("ollama-chat", OLLAMA),
    ("cohere-v2", COHERE),
    ("google-generate", GOOGLE),
    ("openai-chat", COUNTED),
]


@given(st.data())
def test_a_stream_reads_the_same_with_and_without_templates(data: st.DataObject) -> None:
    api, kinds = data.draw(st.sampled_from(STREAMS))
    newline = data.draw(st.sampled_from(["\n", "\n", "\r\n"]))
    space = data.draw(st.sampled_from([" ", ""]))
    separators = data.draw(st.sampled_from([(", ", ": "), (",", ":")]))
    lines = api == "ollama-chat" or data.draw(st.integers(0, 3)) == 0
    pieces: list[str] = []
    plain = data.draw(st.booleans())  # no damage, no ids and no comments
    if data.draw(st.booleans()):  # few kinds of records, as in nearly all streams
        few = data.draw(st.lists(st.integers(0, len(kinds) - 1), min_size=1, max_size=3))
        kinds = [kinds[place] for place in few]
    for record in data.draw(runs(st.one_of(*kinds))):
        text = json.dumps(record, separators=separators, ensure_ascii=data.draw(st.booleans()))
        if not plain and data.draw(st.integers(0, 40)) == 0:
            text = data.draw(st.sampled_from([text[:-1], text + "x", text.replace('"', "", 1)]))
        if lines:
            pieces.append(text + newline)
            continue
        name = record.get("type") if api == "anthropic-messages" else None
        lead = f"event:{space}{name}{newline}" if name else ""
        if not plain:
            leads = ["", "", "", "", f": ping{newline}", f"id: 1{newline}"]
            lead += data.draw(st.sampled_from(leads))
        pieces.append(f"{lead}data:{space}{text}{newline}{newline}")
    cut: Any = pieces
    if data.draw(st.booleans()):
        body: Any = "".join(pieces)
        if body.isascii() and data.draw(st.booleans()):
            body = body.encode()
        size = data.draw(st.sampled_from([1, 3, 30, 150, 700, 5_000]))
        cut = [body[at : at + size] for at in range(0, len(body), size)]
    assert steps(api, cut, True) == steps(api, cut, False)


EXAMPLE = Path(__file__).parents[2] / "examples" / "openai-chat.sse"


@pytest.mark.parametrize("size", [150, 164, 178, 200, 222, 250, 1400])
def test_matches_are_decoded_while_learning_pauses(size: int) -> None:
    """A record that matches an earlier template is decoded during a pause."""
    data = EXAMPLE.read_bytes()
    parser, plain = MessageParser(), MessageParser()
    plain.feed(data)
    for start in range(0, len(data), size):
        events = parser.feed(data[start : start + size])
        assert "record" not in [getattr(event, "name", None) for event in events]
    parser.finish()
    plain.finish()
    assert parser.message.to_dict() == plain.message.to_dict()
