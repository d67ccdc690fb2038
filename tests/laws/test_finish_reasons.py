"""A finish reason neither ends an answer nor completes a call that the text left open.

Both rules hold for any stream and any chunking. The first is checked against the same stream
without the additional finish reasons, the second against the same text without a wire format.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streamparse import MessageParser
from streamparse.formats import FormatParser, names
from streamparse.formats.registry import format_of
from streamparse.message import Message
from tests.helpers import cut
from tests.messages import call_chunk, chunk, sse, text_chunk
from tests.strategies import SIZES

ARGUMENTS = ("", "{}", '{"a": 1}', ' {"b": [true, "x"]}', '{"c": {"d": null}} ')
EXAMPLES: dict[str, str] = {name: format_of(name).example for name in names()}


@st.composite
def answers(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Records of an answer with text, reasoning and calls, without its finish reason."""
    records = [chunk({"role": "assistant"})]
    for number, kind in enumerate(draw(st.lists(st.sampled_from("trc"), min_size=1, max_size=5))):
        if kind == "t":
            records += [text_chunk(piece) for piece in ("Let ", "me")]
        elif kind == "r":
            records.append(chunk({"reasoning_content": "Hm."}))
        else:
            records.append(call_chunk("", index=number, id=f"id{number}", name="f"))
            arguments = draw(st.sampled_from(ARGUMENTS))
            pieces = [piece for piece in cut(arguments, draw(SIZES)) if piece]
            records += [call_chunk(piece, index=number) for piece in pieces]
    return records


def answer(records: list[dict[str, Any]], sizes: list[int], **options: Any) -> Message:
    parser = MessageParser("openai-chat", **options)
    for piece in cut(sse(records).decode(), sizes):
        parser.feed(piece)
    parser.finish()
    return parser.message


def content(message: Message) -> Any:
    return [part.to_dict() for part in message.content], message.status, message.finish_reason


@given(
    records=answers(),
    reasons=st.lists(
        st.tuples(st.integers(1, 40), st.sampled_from(["stop", "tool_calls", "null"])), max_size=4
    ),
    last=st.sampled_from(["stop", "length"]),
    sizes=SIZES,
)
def test_additional_finish_reasons_change_nothing(
    records: list[dict[str, Any]], reasons: list[tuple[int, str]], last: str, sizes: list[int]
) -> None:
    interrupted = list(records)
    for place, reason in reasons:
        interrupted.insert(min(place, len(interrupted)), chunk(finish=reason))
    end = chunk(finish=last)
    plain = answer([*records, end], sizes)
    found = answer([*interrupted, end], sizes)
    if last == "length":
        # An earlier "stop" may have completed calls that "length" alone would truncate.
        assert (found.text, found.reasoning) == (plain.text, plain.reasoning)
        assert (found.status, found.finish_reason) == ("truncated", "length")
    else:
        assert content(found) == content(plain)


@given(
    name=st.sampled_from(sorted(EXAMPLES)),
    stop=st.integers(0, 400),
    reason=st.sampled_from(["stop", "tool_calls", None]),
    sizes=SIZES,
)
def test_a_reason_completes_no_call_of_raw_text(
    name: str, stop: int, reason: str | None, sizes: list[int]
) -> None:
    text = EXAMPLES[name][:stop]
    alone = FormatParser(name)
    alone.feed(text)
    alone.finish()
    records = [text_chunk(piece) for piece in cut(text, sizes) if piece]
    message = answer([*records, chunk(finish=reason)], sizes, format=name)
    assert [part.to_dict() for part in message.content] == [
        part.to_dict() for part in alone.message.content
    ]
    if any(call.status == "truncated" for call in message.tool_calls):
        assert message.status == "truncated"
    if reason is not None:
        assert message.raw_finish_reason == reason
