"""`Limits` bound all that a message keeps, at the same character for every cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import LimitError, Limits, MessageParser
from streamparse.errors import ERROR_CODES
from tests.helpers import cut
from tests.messages import answer, call_chunk, chunk, run_parser, sse, text_chunk

BOUND = 300

Records: TypeAlias = Callable[[list[str]], list[Any]]


def block(name: str, at: int = 0, **more: Any) -> dict[str, Any]:
    return {"type": f"content_block_{name}", "index": at, **more}


def deltas(kind: str, field: str, started: dict[str, Any]) -> Records:
    def made(pieces: list[str]) -> list[Any]:
        given = [block("delta", delta={"type": kind, field: piece}) for piece in pieces]
        return [block("start", content_block=started), *given]

    return made


def arguments(start: str, blank: bool = False, **named: Any) -> Records:
    """Return a function that makes one call of pieces; `blank` replaces them with spaces."""

    def made(pieces: list[str]) -> list[Any]:
        texts = [" " * len(piece) if blank else piece for piece in pieces]
        first = call_chunk(start, id="c", **named)
        return [first, *[call_chunk(text) for text in texts]]

    return made


def candidates(**beside: Any) -> Records:
    def made(pieces: list[str]) -> list[Any]:
        parts = [{"text": piece, **beside} for piece in pieces]
        return [{"candidates": [{"content": {"parts": [part]}}]} for part in parts]

    return made


def citing(pieces: list[str]) -> list[Any]:
    found = [{"citations": [{"uri": f"{at}{piece}"}]} for at, piece in enumerate(pieces)]
    return [{"candidates": [{"content": {}, "citationMetadata": metadata}]} for metadata in found]


TEXT = {"type": "text", "text": ""}
THINKING = {"type": "thinking", "thinking": "", "signature": ""}
CALL = {"type": "tool_use", "id": "c", "name": "save", "input": {}}

KEPT: dict[str, tuple[str, Records]] = {
    "text": ("openai-chat", lambda pieces: [text_chunk(piece) for piece in pieces]),
    "reasoning": ("openai-chat", lambda pieces: [chunk({"reasoning": text}) for text in pieces]),
    "refusal": ("openai-chat", lambda pieces: [chunk({"refusal": text}) for text in pieces]),
    "arguments": ("openai-chat", arguments('{"a": "', name="save")),
    "blanks after arguments": ("openai-chat", arguments("{}", name="save", blank=True)),
    "text after broken arguments": ("openai-chat", arguments("{no", name="save")),
    "arguments without a name": ("openai-chat", arguments('{"a": "')),
    "extra": (
        "openai-chat",
        lambda pieces: [{**chunk({}), f"x{at}": piece} for at, piece in enumerate(pieces)],
    ),
    "members of a call": (
        "openai-chat",
        lambda pieces: [
            chunk({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f"}, f"x{at}": x}]})
            for at, x in enumerate(pieces)
        ],
    ),
    "details": (
        "openai-chat",
        lambda pieces: [
            chunk({"reasoning_details": [{"type": "reasoning.encrypted", "data": piece}]})
            for piece in pieces
        ],
    ),
    "annotations": (
        "openai-chat",
        lambda pieces: [chunk({"annotations": [{"url": piece}]}) for piece in pieces],
    ),
    "text of a block": ("anthropic-messages", deltas("text_delta", "text", TEXT)),
    "thinking": ("anthropic-messages", deltas("thinking_delta", "thinking", THINKING)),
    "signatures": ("anthropic-messages", deltas("signature_delta", "signature", THINKING)),
    "citations": ("anthropic-messages", deltas("citations_delta", "citation", TEXT)),
    "input": ("anthropic-messages", deltas("input_json_delta", "partial_json", CALL)),
    "blocks of other kinds": (
        "anthropic-messages",
        lambda pieces: [
            block("start", at, content_block={"type": "upload", "file": piece})
            for at, piece in enumerate(pieces)
        ],
    ),
    "parts": ("google-generate", candidates()),
    "thoughts": ("google-generate", candidates(thought=True)),
    "files": ("google-generate", candidates(thoughtSignature="s" * 30)),
    "citations of candidates": ("google-generate", citing),
    "text of Bedrock": (
        "bedrock-converse",
        lambda pieces: [{"contentBlockDelta": {"delta": {"text": piece}}} for piece in pieces],
    ),
    "text of completions": (
        "openai-completions",
        lambda pieces: [
            {"object": "text_completion", "choices": [{"index": 0, "text": piece}]}
            for piece in pieces
        ],
    ),
}


def outcome(records: list[Any], api: str, **limits: int) -> tuple[MessageParser, str]:
    parser, _, error = run_parser(records, api, limits=Limits(**limits))
    assert error is None or isinstance(error, LimitError)
    return parser, "" if error is None else error.code


@pytest.mark.parametrize("kind", KEPT)
def test_the_content_of_a_message_is_bounded(kind: str) -> None:
    api, records = KEPT[kind]
    few, many = records(["w" * 10] * 4), records(["w" * 60] * 40)
    assert outcome(few, api, content=BOUND)[1] == ""
    parser, code = outcome(many, api, content=BOUND)
    assert code == "content"
    assert parser.message.status != "complete"
    assert all(call.status != "complete" for call in parser.message.tool_calls)


@pytest.mark.parametrize("kind", KEPT)
@given(sizes=st.lists(st.integers(1, 90), max_size=12), size=st.integers(1, 60))
def test_law_1_holds_at_the_bound(kind: str, sizes: list[int], size: int) -> None:
    api, records = KEPT[kind]
    stream = sse(records(["w" * each for each in sizes]))
    options = {"limits": Limits(content=BOUND)}
    assert answer(cut(stream, [size]), api, **options) == answer([stream], api, **options)


@pytest.mark.parametrize("format", [None, "hermes", "qwen3_coder", "auto"])
@given(
    text=st.text(st.sampled_from("ab {}"), max_size=80),
    called=st.booleans(),
    bound=st.integers(0, 120),
    size=st.integers(1, 30),
)
def test_law_1_holds_at_the_bound_of_raw_text(
    format: str | None, text: str, called: bool, bound: int, size: int
) -> None:
    """Raw text is bounded at the same character for every cut and every format."""
    call = '<tool_call>{"name": "save", "arguments": {"a": "b"}}</tool_call>' if called else ""
    whole = text + call + text
    options: dict[str, Any] = {"format": format, "limits": Limits(content=bound)}
    expected = answer([whole], "text", **options)
    assert answer(cut(whole, [size]), "text", **options) == expected
    if len(whole) <= bound:
        assert expected.error is None
    else:
        assert expected.error is not None
        assert (expected.error.code, expected.error.offset) == ("content", bound)


COUNTED: dict[str, tuple[str, str, Callable[[int], list[Any]]]] = {
    "choices": ("openai-chat", "choices", lambda n: [text_chunk("a", at) for at in range(n)]),
    "choices without the first": (
        "openai-chat",
        "choices",
        lambda n: [text_chunk("a", 1 + at) for at in range(n)],
    ),
    "parts": (
        "openai-chat",
        "parts",
        lambda n: [chunk({"content": "a"} if at % 2 else {"refusal": "b"}) for at in range(n)],
    ),
    "calls among the parts": (
        "openai-chat",
        "parts",
        lambda n: [call_chunk("{}", index=at, id=f"c{at}", name="f") for at in range(n)],
    ),
    "blocks": (
        "anthropic-messages",
        "parts",
        lambda n: [block("start", at, content_block=TEXT) for at in range(n)],
    ),
    "name": ("openai-chat", "name", lambda n: [call_chunk("{}", id="c", name="n" * n)]),
    "name in pieces": (
        "openai-chat",
        "name",
        lambda n: [call_chunk(id="c", name="n" * at) for at in range(1, n + 1)],
    ),
    "name of a result": (
        "google-generate",
        "name",
        lambda n: [
            {"candidates": [{"content": {"parts": [{"toolResponse": {"toolType": "n" * n}}]}}]}
        ],
    ),
}


@pytest.mark.parametrize("what", COUNTED)
def test_choices_parts_and_names_are_bounded(what: str) -> None:
    api, limit, records = COUNTED[what]
    for count, expected in ((4, ""), (5, limit), (50, limit)):
        parser, code = outcome(records(count), api, **{limit: 4})
        assert code == expected
        assert expected == "" or all(message.status != "complete" for message in parser.messages)
    assert limit in ERROR_CODES


@pytest.mark.parametrize("limit", ["content", "choices", "parts", "name", "tool_calls"])
@pytest.mark.parametrize("kind", KEPT)
def test_a_limit_of_zero(limit: str, kind: str) -> None:
    api, records = KEPT[kind]
    outcome(records(["w"] * 4), api, **{limit: 0})
    raw = 'a <tool_call>{"name": "save", "arguments": {}}</tool_call> b'
    for count in range(len(raw)):
        run_parser([raw[:count]], "text", format="hermes", limits=Limits(**{limit: 0}))
