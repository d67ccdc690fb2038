"""Tests of the texts of Responses items, which up to four records repeat."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse.message import Audio, Citation, Message, Reasoning, Refusal, Text
from streamparse.message_parser import MessageParser
from tests.growth import is_linear
from tests.messages import data_named
from tests.responses import (
    API,
    CREATED,
    PAGE,
    SAMPLES,
    added,
    at,
    completed,
    done,
    items_of,
    message_item,
    opened,
    read,
)


def parts_of(texts: list[str]) -> list[dict[str, Any]]:
    return [{"type": "output_text", "text": text, "annotations": []} for text in texts]


def whole(texts: list[str]) -> dict[str, Any]:
    return message_item("", content=parts_of(texts))


def deltas(texts: list[str], indexes: list[Any]) -> list[dict[str, Any]]:
    """Return two deltas for each text."""
    return [
        at("output_text.delta", 0, content_index=index, delta=piece)
        for text, index in zip(texts, indexes, strict=True)
        for piece in (text[:1], text[1:])
    ]


def shown(message: Message) -> list[str]:
    return [part.to_dict().get("text", "") for part in message.content]


TEXTS = st.lists(st.text("ab ", min_size=1, max_size=3), min_size=1, max_size=4)


@given(texts=TEXTS, shift=st.integers(0, 3), streamed=st.integers(0, 4), ends=st.booleans())
def test_the_final_item_has_the_texts(
    texts: list[str], shift: int, streamed: int, ends: bool
) -> None:
    """The final item replaces all streamed texts, under any indexes."""
    some = texts[:streamed]
    indexes = [place + shift for place in range(len(some))]
    records = deltas(some, indexes)
    if ends:
        for place, text in enumerate(some):
            records.append(at("output_text.done", 0, content_index=place, text=text))
    begin = added(0, opened(whole([])))
    message, _ = read([CREATED, begin, *records, done(0, whole(texts)), completed()])
    assert message.text == "".join(texts)
    message, _ = read([CREATED, begin, *records, completed([whole(texts)])])
    assert message.text == "".join(texts)


@given(streamed=TEXTS, final=TEXTS, indexes=st.lists(st.integers(0, 2), min_size=4, max_size=4))
def test_final_texts_replace_streamed_texts(
    streamed: list[str], final: list[str], indexes: list[int]
) -> None:
    """The message and its history have the final texts."""
    records = [added(0, opened(whole([]))), *deltas(streamed, indexes[: len(streamed)])]
    for end in ([done(0, whole(final)), completed()], [completed([whole(final)])]):
        message, events = read([CREATED, *records, *end])
        assert message.text == "".join(shown(message))
        text_so_far = "".join(event.text for event in events if event.type == "text_delta")
        assert message.text == text_so_far or data_named(events, "replaced_text")
        assert "".join(final) == message.text
        back = [part["text"] for item in message.to_history() for part in item["content"]]
        assert "".join(back) == message.text


@pytest.mark.parametrize("index", [0, 1, "0", None])
def test_one_index_for_two_texts(index: Any) -> None:
    texts = ["Ferns. ", "Moss."]
    records = []
    for text in texts:
        records += deltas([text], [index])
        records.append(at("output_text.done", 0, content_index=index, text=text))
    message, events = read([CREATED, *records, done(0, whole(texts)), completed([whole(texts)])])
    assert shown(message) == texts
    assert not data_named(events, "replaced_text")


def test_the_end_of_a_text_under_another_index() -> None:
    texts = ["Ferns. ", "Moss."]
    records = deltas(texts, [1, 2])
    for place, text in enumerate(texts):
        records.append(at("output_text.done", 0, content_index=place, text=text))
        part = parts_of([text])[0]
        records.append(at("content_part.done", 0, content_index=place, part=part))
    message, events = read([CREATED, *records, completed()])
    assert (shown(message), data_named(events, "replaced_text")) == (texts, [])


def test_an_item_with_fewer_texts_than_streamed() -> None:
    records = deltas(["Fer", "ns"], [0, 1])
    message, events = read([CREATED, *records, done(0, whole(["Ferns."])), completed()])
    assert (message.text, data_named(events, "replaced_text")) == ("Ferns.", [])
    message, events = read([CREATED, *records, done(0, whole(["Moss."])), completed()])
    assert (message.text, len(data_named(events, "replaced_text"))) == ("Moss.", 2)


def test_half_a_character_at_the_end_of_a_text_is_kept() -> None:
    text = "Fern" + chr(0xD83C)
    ends = [at("output_text.done", 0, content_index=0, text=text)] * 2
    item = whole([text])
    records = [CREATED, *deltas([text], [0]), *ends, done(0, item), completed([item])]
    assert read(records)[0].text == text


@pytest.mark.parametrize("event", ["error", "gap"])
def test_text_that_a_format_no_longer_reads_is_content(event: str) -> None:
    """A format reads nothing after an error, or after a gap in the numbers."""
    between = [] if event == "gap" else [{"type": "error", "message": "busy"}]
    records = [CREATED, *deltas(["Ferns"], [0]), *between, *deltas([" like"], [0])]
    numbered = [{**record, "sequence_number": n} for n, record in enumerate(records)]
    for record in numbered[3:] if event == "gap" else ():
        record["sequence_number"] += 1
    message, _ = read(numbered, format="hermes")
    assert "".join(shown(message)) == message.text == "Ferns like"


@pytest.mark.parametrize("shift", [0, 1])
def test_repeated_citations_are_one_under_any_index(shift: int) -> None:
    part = {"type": "output_text", "text": "Ferns.", "annotations": [PAGE, PAGE]}
    cited = at("output_text.annotation.added", 0, content_index=shift, annotation=PAGE)
    records = [*deltas(["Ferns."], [shift]), cited]
    item = message_item("", content=[part])
    message, _ = read([CREATED, *records, done(0, item), completed([item])])
    assert sum(isinstance(one, Citation) for one in message.content) == 2


def test_work_for_repeated_ends_is_constant() -> None:
    """A repeated end costs no more after a long text (law 6)."""

    def feed(pieces: Any) -> None:
        parser = MessageParser(API)
        parser.feed(CREATED)
        for piece in pieces:
            parser.feed(at("output_text.delta", 0, content_index=0, delta=piece * 8))
            parser.feed(at("custom_tool_call_input.delta", 1, delta=piece * 8))
        for place, _ in enumerate(pieces):
            parser.feed(at("output_text.done", 0, content_index=0, text=f"x{place % 2}"))
            parser.feed(done(0, message_item(f"y{place % 2}")))
            parser.feed(at("custom_tool_call_input.done", 1, input="x"))
        parser.feed(completed())

    is_linear(feed, lambda size: "+ fern\n" * (size // 28), 7)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_texts_of_the_events_and_of_the_final_items(name: str) -> None:
    """The final items alone give the same texts as all events."""
    streamed, _ = read(SAMPLES[name])
    final, _ = read([CREATED, completed(items_of(SAMPLES[name]))])
    kinds = (Text, Reasoning, Refusal, Audio, Citation)
    parts = [
        [part.to_dict() for part in message.content if isinstance(part, kinds)]
        for message in (streamed, final)
    ]
    assert parts[0] == parts[1]


def refusal_item(text: str) -> dict[str, Any]:
    return message_item("", content=[{"type": "refusal", "refusal": text}])


@pytest.mark.parametrize("final", ["No.", "Never."])
def test_refusals(final: str) -> None:
    records = [at("refusal.delta", 0, content_index=0, delta=piece) for piece in ("N", "o.")]
    records.append(at("refusal.done", 0, content_index=0, refusal=final))
    item = refusal_item(final)
    message, events = read([CREATED, *records, done(0, item), completed([item])])
    assert [part.to_dict()["text"] for part in message.content] == [final]
    replaced = [event for event in events if event.type == "provider_event"]
    assert len(replaced) == (final == "Never.")
    [back] = message.to_history()
    assert back["content"] == [{"type": "refusal", "refusal": final}]


def test_audio_and_its_transcript() -> None:
    records = [
        at("output_audio.delta", 0, content_index=0, delta="AAEC"),
        at("output_audio_transcript.delta", 0, content_index=0, delta="Fer"),
        at("output_audio_transcript.delta", 0, content_index=0, delta="ns."),
        at("output_audio_transcript.done", 0, content_index=0, transcript="Moss."),
    ]
    message, events = read([CREATED, *records, completed()])
    [part] = message.content
    assert isinstance(part, Audio)
    assert (part.text, part.size) == ("Ferns.", 3), "audio that was played cannot be replaced"
    assert len(data_named(events, "replaced_text")) == 1


def test_a_content_part_of_an_unknown_type_is_passed_on_once() -> None:
    part = {"type": "hologram", "data": "x"}
    ends = [at("content_part.done", 0, content_index=0, part=part)] * 2
    message, events = read([CREATED, *ends, completed()])
    assert message.content == []
    assert provided(events) == [("content_part", part)]


def test_a_text_whose_first_delta_has_no_index() -> None:
    records = [
        at("output_text.delta", 0, delta="Fer"),
        at("output_text.delta", 0, content_index=0, delta="ns."),
        at("output_text.done", 0, content_index=0, text="Ferns."),
        at("output_text.done", 0, content_index=0, text=""),
    ]
    message, _ = read([CREATED, *records, completed()])
    assert shown(message) == ["Ferns."]


def test_an_end_without_deltas_has_the_whole_text() -> None:
    records = [at("output_text.done", 0, content_index=0, text="Ferns.")]
    message, _ = read([CREATED, *records, completed()])
    assert shown(message) == ["Ferns."]


def provided(events: list[Any]) -> list[Any]:
    return [(one.name, one.data) for one in events if one.type == "provider_event"]


def test_texts_whose_deltas_are_mixed() -> None:
    """The text of the message is in the order of the final item, not of the deltas."""
    pieces = [(0, "Fe"), (1, "Mo"), (0, "rns. "), (1, "ss.")]
    records = [at("output_text.delta", 0, content_index=at_, delta=text) for at_, text in pieces]
    texts = ["Ferns. ", "Moss."]
    message, events = read([CREATED, *records, done(0, whole(texts)), completed([whole(texts)])])
    assert (shown(message), message.text) == (texts, "Ferns. Moss.")
    replaced = {"type": "output_text", "text": "Ferns. Moss."}
    assert provided(events) == [("replaced_text", replaced)]
    fewer = whole(["Mud."])
    message, events = read([CREATED, *records, done(0, fewer), completed([fewer])])
    assert (shown(message), message.text) == (["Mud.", ""], "Mud.")
    other = [*texts, "Mud."]
    message, events = read([CREATED, *records, done(0, whole(other)), completed()])
    assert (shown(message), message.text) == (other, "Ferns. Moss.Mud.")


def test_a_first_text_that_only_the_final_item_has() -> None:
    texts = ["Ferns. ", "Moss."]
    message, events = read([CREATED, *deltas(["Mo"], [1]), done(0, whole(texts)), completed()])
    assert (shown(message), message.text) == (texts, "Ferns. Moss.")
    assert [event.text for event in events if event.type == "text_delta"] == [
        "M",
        "o",
        "Ferns. ",
        "ss.",
    ]
    assert [name for name, _ in provided(events)] == ["replaced_text"]


WRITTEN = 'Yes. <tool_call>\n{"name": "plant", "arguments": {}}\n</tool_call>'


@pytest.mark.parametrize(
    ("texts", "shown_text", "replaced"),
    [
        ([WRITTEN], "Yes. ", []),
        ([WRITTEN, " Moss."], "Yes.  Moss.", []),
        ([""], "Yes. ", []),
        (["No."], "Yes. ", ["No."]),
        (["Hm. ", WRITTEN], "Yes. Hm. ", [f"Hm. {WRITTEN}"]),
    ],
)
def test_texts_that_a_format_reads(texts: list[str], shown_text: str, replaced: list[str]) -> None:
    """The format has read the deltas, so a different final text is only passed on."""
    records = [CREATED, *deltas([WRITTEN], [0]), done(0, whole(texts)), completed([whole(texts)])]
    parser = MessageParser(API, format="hermes")
    events: list[Any] = []
    for record in records:
        events += parser.feed(record)
    events += parser.finish()
    message = parser.message
    assert [(call.name, call.status) for call in message.tool_calls] == [("plant", "complete")]
    assert message.text == shown_text
    assert [data["text"] for data in data_named(events, "replaced_text")] == replaced


def test_citations_of_a_part_are_those_of_its_final_form() -> None:
    part = {"type": "output_text", "text": "Ferns.", "annotations": [PAGE, PAGE]}
    first = at("output_text.annotation.added", 0, content_index=0, annotation=PAGE)
    end = at("content_part.done", 0, content_index=0, part=part)
    item = message_item("", content=[part])
    message, _ = read([CREATED, first, end, end, done(0, item), completed([item])])
    assert [one.data for one in message.content if isinstance(one, Citation)] == [PAGE, PAGE]


def test_unknown_parts_of_a_whole_item_are_passed_on_once() -> None:
    part = {"type": "hologram", "data": "x"}
    item = message_item("", content=[part, *parts_of(["Ferns."])])
    ends = [at("content_part.done", 0, content_index=0, part=part), done(0, item), done(0, item)]
    message, events = read([CREATED, *ends, completed([item])])
    assert (message.text, provided(events)) == ("Ferns.", [("content_part", part)])


def test_reasoning_in_a_part_of_a_new_type() -> None:
    """All parts of an item of the type reasoning are reasoning."""
    item = {"type": "reasoning", "id": "rs", "summary": [{"type": "gist", "text": "Hm."}]}
    message, _ = read([CREATED, done(0, item), completed([item])])
    assert (message.reasoning, len(message.content)) == ("Hm.", 1)


def test_more_audio_of_one_part() -> None:
    data = [at("output_audio.delta", 0, content_index=0, delta=piece) for piece in ("AAEC", "AAE=")]
    end = at("output_audio_transcript.done", 0, content_index=0, transcript="Moss.")
    begin = at("output_audio_transcript.delta", 0, content_index=0, delta="Fern")
    message, events = read([CREATED, *data, begin, end, end, completed()])
    [part] = message.content
    assert isinstance(part, Audio)
    assert (part.text, part.size) == ("Fern", 5)
    assert [name for name, _ in provided(events)] == ["replaced_text"]
