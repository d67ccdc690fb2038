"""Tests of how a record finds its item: by index, item id or call id."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse.message import Message
from streamparse.message_parser import MessageParser
from tests.helpers import cut
from tests.messages import data_named, sse
from tests.responses import (
    API,
    CREATED,
    added,
    at,
    call_events,
    call_item,
    completed,
    custom_events,
    done,
    event,
    items_of,
    message_item,
    only_call,
    opened,
    raw_reasoning,
    read,
    reasoning_events,
    stream,
    text_events,
)


def summary(message: Message) -> Any:
    """Return the results that must not depend on indexes and ids."""
    calls = [(call.id, call.name, call.status, call.arguments) for call in message.tool_calls]
    texts = (message.text, message.reasoning, message.refusal)
    return texts, calls, message.status, message.finish_reason


def with_stable_ids(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the events of an item with one id, as the API sends them."""
    changed = copy.deepcopy(records)
    identity = changed[0]["item"]["id"]
    for record in changed:
        if "item_id" in record:
            record["item_id"] = identity
    return changed


ONE = st.sampled_from(["", "Ferns", "haha", "haha haha", "{}", "Moss."])


@st.composite
def items(draw: st.DrawFn) -> list[list[dict[str, Any]]]:
    """Generate the records of up to five items, in a list for each item."""
    kinds = st.sampled_from(["text", "reasoning", "thought", "call", "custom"])
    found = []
    for index, kind in enumerate(draw(st.lists(kinds, min_size=1, max_size=5))):
        if kind == "text":
            records = text_events(draw(ONE) or "Hm", index, size=draw(st.integers(1, 5)))
        elif kind == "reasoning":
            records = reasoning_events(draw(st.lists(ONE.filter(bool), max_size=3)), index)
        elif kind == "thought":
            records = [
                {**record, "output_index": index}
                for record in raw_reasoning(draw(ONE.filter(bool)))
            ]
            for record in records:
                if "item" in record:
                    record["item"]["id"] = f"rs_{index}"
        elif kind == "call":
            records = call_events(draw(st.sampled_from(["{}", '{"bed": 1}', '{"a": []}'])), index)
        else:
            records = custom_events(draw(st.sampled_from(["water", "dig a hole"])), index)
        found.append(with_stable_ids(records))
    return found


@st.composite
def interleaved(draw: st.DrawFn, parts: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Generate the records of all items, those of each item in their order."""
    if draw(st.booleans()):
        return [record for part in parts for record in part]
    waiting = [part[:] for part in parts]
    mixed = []
    while any(waiting):
        nonempty = [part for part in waiting if part]
        mixed.append(nonempty[draw(st.integers(0, len(nonempty) - 1))].pop(0))
    return mixed


def without_index(record: dict[str, Any], kinds: str) -> None:
    if kinds in ("all", record["type"].rpartition(".")[2]):
        record.pop("output_index", None)


def as_text(record: dict[str, Any]) -> None:
    record["output_index"] = str(record["output_index"])


def shared(record: dict[str, Any]) -> None:
    record["output_index"] = 0


def wrong_in_events(record: dict[str, Any]) -> None:
    if "item" not in record:
        record["output_index"] = 0


def shifted_in_events(record: dict[str, Any]) -> None:
    if "item" not in record:
        record["output_index"] += 1


def only_an_index(record: dict[str, Any]) -> None:
    record.pop("item_id", None)


def only_a_call_id(record: dict[str, Any]) -> None:
    """Leave only the id of the call, which is how llama.cpp identifies calls."""
    record.pop("output_index", None)
    item = record.get("item", {})
    if item.get("type") in ("function_call", "custom_tool_call"):
        item.pop("id")
    if "call" in record["type"] and "item_id" in record:
        record["item_id"] = f"call_{record['item_id'].rpartition('_')[2]}"


def rotating(record: dict[str, Any]) -> None:
    fresh = f"new_{id(record)}"
    if "item_id" in record:
        record["item_id"] = fresh
    if "item" in record:
        record["item"]["id"] = fresh


PARTS = ("content_index", "summary_index")


def from_one(record: dict[str, Any]) -> None:
    for name in PARTS:
        if name in record:
            record[name] += 1


def parts_as_text(record: dict[str, Any]) -> None:
    for name in PARTS:
        if name in record:
            record[name] = str(record[name])


def no_parts(record: dict[str, Any]) -> None:
    for name in PARTS:
        record.pop(name, None)


CHANGES = {
    "no index": lambda record: without_index(record, "all"),
    "no index in deltas": lambda record: without_index(record, "delta"),
    "no index in done": lambda record: without_index(record, "done"),
    "no index in added": lambda record: without_index(record, "added"),
    "text": as_text,
    "shared": shared,
    "wrong": wrong_in_events,
    "shifted": shifted_in_events,
    "only an index": only_an_index,
    "only a call id": only_a_call_id,
    "rotating": rotating,
    "parts from one": from_one,
    "parts as text": parts_as_text,
    "parts unnamed": no_parts,
}


@given(data=st.data(), change=st.sampled_from(sorted(CHANGES)), parts=items())
def test_ids_and_indexes_change_nothing(
    data: st.DataObject, change: str, parts: list[list[dict[str, Any]]]
) -> None:
    """Missing, shared or wrong ids and indexes change neither texts nor calls nor the end."""
    records = data.draw(interleaved(parts))
    final = completed(data.draw(st.sampled_from([items_of(records), []])))
    plain, _ = read([CREATED, *records, final])
    changed = copy.deepcopy(records)
    for record in changed:
        CHANGES[change](record)
    if data.draw(st.booleans()):
        ends = [record for record in changed if record["type"].endswith("item.done")]
        changed.insert(len(changed), copy.deepcopy(data.draw(st.sampled_from(ends))))
    body = sse([CREATED, *changed, final], done=False)
    parser = MessageParser(API)
    events = []
    for piece in cut(body, data.draw(st.lists(st.integers(1, 300), max_size=3))):
        events += parser.feed(piece)
    events += parser.finish()
    assert summary(parser.message) == summary(plain)
    assert not data_named(events, "replaced_text")
    assert sum(event.type == "tool_call_completed" for event in events) == len(plain.tool_calls)


def test_a_delta_without_id_and_index_belongs_to_the_open_item() -> None:
    deltas = [event("output_text.delta", delta=text) for text in ("Fer", "ns.")]
    for end in ([], [event("output_text.done", text="Ferns.")]):
        item = message_item("Ferns.")
        for finals in ([done(0, item)], [done(0, item), done(0, item)], []):
            message, _ = read([CREATED, *deltas, *end, *finals, completed([item])])
            assert message.text == "Ferns."


def test_items_with_one_id_and_different_indexes() -> None:
    parts = [text_events("Ferns.", 0), text_events("Ferns.", 1)]
    for record in parts[0] + parts[1]:
        if "item" in record:
            record["item"]["id"] = "msg"
        if "item_id" in record:
            record["item_id"] = "msg"
    message, _ = read(stream(*parts))
    assert message.text == "Ferns.Ferns."
    ends = [parts[0][-1], parts[1][-1]]
    assert read([CREATED, *ends, completed()])[0].text == "Ferns."
    ends[1]["item"]["content"][0]["text"] = "Moss."
    assert read([CREATED, *ends, completed()])[0].text == "Ferns.Moss."


def test_a_call_that_begins_late_or_again_is_one_call() -> None:
    begin, *events, end = call_events('{"bed": 1}')
    for records in (
        [begin, begin, *events, end],
        [begin, *events, begin, end],
        [begin, *events, end, begin, end],
        [*events, begin, end],
        [*events[:2], begin, *events[2:], end],
    ):
        call = only_call([CREATED, *records, completed([end["item"]])])
        assert (call.status, call.arguments, call.name) == ("complete", {"bed": 1}, "plant")


def test_calls_with_different_ids_are_two() -> None:
    first, second = call_item('{"bed": 1}'), call_item('{"bed": 2}', 1)
    records = [added(0, opened(first, arguments="")), added(0, opened(second, arguments=""))]
    message, _ = read([CREATED, *records, done(0, second), done(0, first), completed()])
    assert [call.arguments for call in message.tool_calls] == [{"bed": 1}, {"bed": 2}]
    del first["id"], second["id"]
    message, _ = read([CREATED, done(0, first), done(0, second), completed([first, second])])
    assert [call.arguments for call in message.tool_calls] == [{"bed": 1}, {"bed": 2}]


def test_text_of_an_item_that_was_added_as_reasoning() -> None:
    item = {"type": "reasoning", "id": "rs", "summary": []}
    content = [{"type": "output_text", "text": "Ferns."}]
    delta = {**at("output_text.delta", 0, content_index=0, delta="Ferns."), "item_id": "rs"}
    message, _ = read(
        [CREATED, added(0, item), delta, done(0, {**item, "content": content}), completed()]
    )
    assert (message.text, message.reasoning) == ("Ferns.", "")


@pytest.mark.parametrize("index", [2**61 - 1, -1, 1.5, "x", [], None])
def test_invalid_indexes(index: Any) -> None:
    records = text_events("Ferns.")
    for record in records:
        record["output_index"] = index
    assert read(stream(with_stable_ids(records)))[0].text == "Ferns."


def test_the_number_of_kept_ids_is_bounded() -> None:
    parser = MessageParser(API)
    parser.feed(text_events("Ferns.")[0])
    for place in range(100):
        delta = at("output_text.delta", 0, content_index=0, delta="a")
        parser.feed({**delta, "item_id": f"new_{place}"})
    assert parser.message.text == "a" * 100
    wire: Any = parser._input.router.wire
    assert len(wire.output.items.by_name) < 10


@pytest.mark.parametrize(
    ("end", "calls"),
    [
        # A call without a known id is the open one if its arguments begin like those that arrived.
        ({"arguments": '{"bed": 1}'}, [("plant", {"bed": 1})]),
        ({"arguments": '{"bed": 1}', "name": "water"}, [("plant", None), ("water", {"bed": 1})]),
        ({"arguments": '{"row": 1}'}, [("plant", None), ("plant", {"row": 1})]),
        ({"arguments": '{"bed": 1}', "call_id": "x"}, [("plant", None), ("plant", {"bed": 1})]),
    ],
)
def test_a_whole_call_with_an_unknown_id(end: dict[str, Any], calls: list[Any]) -> None:
    begin, *deltas, _, _ = call_events('{"bed": 1}')
    item = call_item({"bed": 1}, id="fresh")
    del item["call_id"]
    last = event("output_item.done", item={**item, **end})
    message, _ = read([CREATED, begin, *deltas[:1], last, completed()])
    assert [(call.name, call.arguments) for call in message.tool_calls] == calls
    assert [call.status for call in message.tool_calls][-1] == "complete"
    given = event("output_item.done", item=item)  # with an object instead of text
    call = only_call([CREATED, begin, *deltas, given, completed()])
    assert (call.status, call.arguments) == ("complete", {"bed": 1})


def test_an_item_of_another_call_id_is_another_call() -> None:
    """Gateways give all calls one id and one index, but different call ids."""
    items = [call_item(f'{{"bed": {place}}}', place, id="fc") for place in range(3)]
    begins = [added(0, opened(item, arguments="")) for item in items]
    for ends in (items, items[::-1], [*items, items[0]]):
        records = [*begins, *(done(0, item) for item in ends)]
        message, _ = read([CREATED, *records, completed(items)])
        found = [(call.id, call.arguments) for call in message.tool_calls]
        assert found == [(f"call_{place}", {"bed": place}) for place in range(3)]


def test_events_with_an_unknown_id() -> None:
    """They belong to the latest item, unless it has ended or has events with another id."""
    bare = message_item("Ferns.")
    del bare["id"]
    begin = {"type": "response.output_item.added", "item": opened(bare, content=[])}
    deltas = [
        event("output_text.delta", item_id="new", content_index=0, delta=text)
        for text in ("Fer", "ns.")
    ]
    message, events = read([CREATED, begin, *deltas, completed([bare])])
    assert (message.text, data_named(events, "replaced_text")) == ("Ferns.", [])
    more = event("output_text.delta", item_id="newer", content_index=0, delta="Moss.")
    message, _ = read([CREATED, begin, *deltas, {**begin, "type": done(0, bare)["type"]}, more])
    assert [part.to_dict()["text"] for part in message.content] == ["Ferns.", "Moss."]


def test_the_final_list_has_items_without_events() -> None:
    """Items without a common id are matched by their type; the others are new."""
    ended, still_open = message_item("Ferns."), message_item("Moss.", 1)
    begin = added(1, opened(still_open, content=[]))
    final: list[Any] = [
        {**message_item(text), "id": f"final_{place}"}
        for place, text in enumerate(("Ferns.", "Moss.", "Mud."))
    ]
    message, _ = read([CREATED, done(0, ended), begin, completed([*final, None, {}])])
    assert [part.to_dict()["text"] for part in message.content] == ["Ferns.", "Moss.", "Mud."]


def test_two_final_items_with_one_id() -> None:
    item = call_item('{"bed": 1}')
    other = call_item('{"bed": 2}', call_id="call_9")
    bare = call_item('{"bed": 2}')
    del bare["call_id"]
    records = [done(0, item), done(1, other)]
    message, _ = read([CREATED, *records, completed([item, bare])])
    assert [call.arguments for call in message.tool_calls] == [{"bed": 1}, {"bed": 2}]


def test_ids_that_rotate_at_the_end() -> None:
    """An item whose events all have new ids may end twice, with more new ids."""
    begin, *events, end = text_events("Ferns.")
    for place, record in enumerate(events):
        if "item_id" in record:
            record["item_id"] = f"new_{place}"
    ends = [{**end, "item": {**end["item"], "id": f"end_{place}"}} for place in range(2)]
    message, _ = read([CREATED, begin, *events, *ends, completed([end["item"]])])
    assert [part.to_dict()["text"] for part in message.content] == ["Ferns."]
