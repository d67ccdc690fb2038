"""Tests of streamparse.encoders.response_texts: items with texts, and of OpenAI's own tools."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streamparse import (
    Citation,
    Message,
    MessageStarted,
    ProviderEvent,
    Reasoning,
    ReasoningDelta,
    RefusalDelta,
    Text,
    TextDelta,
)
from streamparse.encoders import OpenAIResponses
from tests.encoders import test_openai_responses as trips
from tests.encoders.sources import sent_while_read
from tests.messages import chunk, results_of, run_parser

PAGE = {"type": "url_citation", "url": "https://a", "title": "A", "start_index": 0, "end_index": 1}
TEXT = {"type": "output_text", "text": "found", "annotations": [PAGE]}


def item(place: int, kind: str, **members: Any) -> list[dict[str, Any]]:
    whole = {"id": f"{kind}_{place}", "type": kind, "status": "completed", **members}
    return [
        {"type": "response.output_item.added", "output_index": place, "item": whole},
        {"type": "response.output_item.done", "output_index": place, "item": whole},
    ]


ANSWER = [
    {"type": "response.created", "response": {"id": "r", "object": "response"}},
    *item(0, "web_search_call", action={"type": "search", "query": "x"}),
    *item(1, "mcp_call", name="echo", server_label="s", arguments='{"a":1}', output="done"),
    *item(2, "compaction", encrypted_content="C"),
    *item(3, "tool_search_output", call_id="t", tools=[{"name": "f"}]),
    *item(4, "message", content=[TEXT, {**TEXT, "text": "more"}], phase="commentary"),
    *item(5, "message", content=[{"type": "refusal", "refusal": "no"}]),
    *item(6, "computer_call", call_id="c", action={"type": "click", "x": 1}),
    {"type": "response.completed", "response": {"id": "r", "status": "completed"}},
]


@pytest.mark.parametrize("size", [1, 3, len(ANSWER)])
def test_items_of_the_api_survive(size: int) -> None:
    parts = [ANSWER[start : start + size] for start in range(0, len(ANSWER), size)]
    pieces = ["".join([json.dumps(record) for record in part]) for part in parts]
    sent = sent_while_read(OpenAIResponses(), pieces, "openai-responses")
    parser, back, _ = run_parser([sent], "openai-responses")
    source, events, _ = run_parser(ANSWER, "openai-responses")
    assert trips.parts(parser.message) == trips.parts(source.message)
    results = [result.content for result in results_of(events)]
    assert [result.content for result in results_of(back)] == results == ["done", [{"name": "f"}]]
    assert [part.to_dict().get("data") for part in parser.message.content].count(PAGE) == 2
    trips.check(source.message, events)


def test_a_message_has_its_texts_in_one_item() -> None:
    source, _, _ = run_parser(ANSWER, "openai-responses")
    output = OpenAIResponses().body(source.message)["output"]
    [message, refusal] = [each for each in output if each["type"] == "message"]
    assert (message["id"], message["phase"]) == ("message_4", "commentary")
    assert [part["text"] for part in message["content"]] == ["found", "more"]
    assert refusal["content"] == [{"type": "refusal", "refusal": "no"}]


def test_a_cut_text_is_incomplete() -> None:
    _, events, _ = run_parser([chunk({"content": "a"}), chunk({}, "length")])
    encoder = OpenAIResponses()
    records = encoder.encode(events) + encoder.finish()
    [done] = [record for record in records if record["type"] == "response.output_item.done"]
    assert done["item"]["status"] == "incomplete"
    assert records[-1]["response"]["output"] == [done["item"]]


def test_ids_are_not_used_twice() -> None:
    texts = [*item(0, "message", content=[TEXT]), *item(1, "reasoning", summary=[])]
    again = [{**one, "output_index": one["output_index"] + 2} for one in texts]
    end = {"type": "response.completed", "response": {"id": "r", "status": "completed"}}
    source, _, _ = run_parser([ANSWER[0], *texts, *again, end], "openai-responses")
    output = OpenAIResponses().body(source.message)["output"]
    assert len({each["id"] for each in output}) == len(output)


def written(*batches: list[Any]) -> list[Any]:
    """Return the records for batches of events, without those with the whole response."""
    encoder = OpenAIResponses()
    records = [record for batch in batches for record in encoder.encode(batch)]
    records += encoder.finish()
    return [record for record in records if "response" not in record]


def kinds(records: list[Any]) -> list[str]:
    return [record["type"].removeprefix("response.") for record in records]


START = MessageStarted("r", "m")


def likely(token: str) -> ProviderEvent:
    return ProviderEvent("logprobs", [{"token": token, "logprob": -1.0, "top_logprobs": []}])


def test_log_probabilities_belong_to_the_text_that_is_open() -> None:
    a, b, c = likely("a"), likely("b"), ProviderEvent("logprobs", {"content": likely("c").data})
    records = written(
        [START, likely("early"), ReasoningDelta("Hm"), likely("thought"), TextDelta("a"), a],
        [TextDelta("b"), TextDelta("c"), b],
        [c, ProviderEvent("logprobs", []), ProviderEvent("ping", [1])],
    )
    deltas = [record for record in records if record["type"] == "response.output_text.delta"]
    assert [(record["delta"], record["logprobs"]) for record in deltas] == [
        ("a", a.data),
        ("bc", b.data),
        ("", likely("c").data),
    ]
    [done] = [record for record in records if record["type"] == "response.output_text.done"]
    assert done["logprobs"] == [*a.data, *b.data, *likely("c").data]


@pytest.mark.parametrize(
    ("extra", "kind", "place"),
    [({}, "reasoning_text", "content"), ({"summary_index": 0}, "summary_text", "summary")],
)
def test_reasoning_is_a_summary_or_a_text(extra: Any, kind: str, place: str) -> None:
    message = finished(Reasoning("Hm.", extra), Text("So."))
    [thought, text] = OpenAIResponses().body(message)["output"]
    assert thought[place] == [{"type": kind, "text": "Hm."}]
    assert (text["type"], text["content"][0]["text"]) == ("message", "So.")


def finished(*parts: Any) -> Message:
    message = Message()
    message.content = list(parts)
    message.status, message.finish_reason = "complete", "stop"
    return message


def test_reasoning_without_text() -> None:
    """It becomes an item if the next turn needs it."""
    empty, kept = Reasoning("", {"odd": 1}), Reasoning("", {"encrypted_content": "E", "id": "rs"})
    output = OpenAIResponses().body(finished(empty, kept, Text("So.")))["output"]
    assert [(item["type"], item.get("encrypted_content")) for item in output] == [
        ("reasoning", "E"),
        ("message", None),
    ]


def test_citations_in_other_places() -> None:
    """A citation before all texts belongs to the first, and a later one to the text before it."""
    pages = [{**PAGE, "url": f"https://{name}"} for name in "abcd"]
    one, two, three, four = map(Citation, pages)
    message = finished(one, Text("A"), two, Reasoning("Hm."), three, Text("B"), four)
    first, _, second = OpenAIResponses().body(message)["output"]
    cited = [
        [note["url"] for note in item["content"][0]["annotations"]] for item in (first, second)
    ]
    assert cited == [["https://b", "https://a", "https://c"], ["https://d"]]
    [thought] = OpenAIResponses().body(finished(one, Reasoning("Hm.")))["output"]
    assert thought["type"] == "reasoning"


def test_records_of_one_text() -> None:
    records = written([START, TextDelta("a"), TextDelta("b")], [RefusalDelta("No.")])
    assert kinds(records) == [
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "refusal.delta",
        "refusal.done",
        "content_part.done",
        "output_item.done",
    ]
    assert [record["sequence_number"] for record in records] == list(range(2, 14))
