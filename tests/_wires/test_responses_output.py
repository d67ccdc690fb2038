from __future__ import annotations

from typing import Any

import pytest

from streamparse._answers.options import AnswerOptions
from streamparse._answers.response import ResponseReader
from streamparse._wires.responses_output import Output

CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "prune"}
TEXT = {"type": "message", "id": "msg_1", "content": [{"type": "output_text", "text": "Done."}]}


@pytest.fixture
def output() -> Output:
    return Output(ResponseReader(AnswerOptions()))


def message(output: Output) -> Any:
    return output.response.first.message


def test_an_item_begins_and_ends_once(output: Output) -> None:
    for _ in range(2):
        output.added(CALL, 0)
    for _ in range(2):
        output.ended({**CALL, "arguments": "{}", "status": "completed"}, 0)
    [call] = message(output).tool_calls
    assert (call.id, call.name, call.status) == ("call_1", "prune", "complete")
    assert output.is_complete()


def test_an_event_begins_its_item(output: Output) -> None:
    item = output.item_of({"item_id": "fc_1", "output_index": 0}, "function_call", True)
    output.added(CALL, 0)
    assert output.item_of({"item_id": "fc_1"}, "function_call", True) is item
    assert not output.is_complete()


@pytest.mark.parametrize("complete", [True, False])
def test_the_final_list_has_items_without_events(output: Output, complete: bool) -> None:
    output.catch_up([TEXT, {**CALL, "arguments": '{"row": 1}'}], complete)
    assert message(output).text == "Done."
    [call] = message(output).tool_calls
    assert call.arguments_text == '{"row": 1}'
    assert (call.status == "complete") == complete


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        ([], "stop"),
        ([CALL], "stop"),
        ([{"type": "mcp_approval_request", "id": "ap_1", "name": "weigh"}], "paused"),
        ([{"type": "mcp_approval_request", "id": "ap_1"}, CALL], "stop"),
        ([{"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}], "refusal"),
    ],
)
def test_finish_reasons(output: Output, items: list[dict[str, Any]], reason: str) -> None:
    for place, item in enumerate(items):
        output.ended(item, place)
    assert output.finish_reason() == reason


def test_an_unknown_result_is_passed_on(output: Output) -> None:
    output.ended({"type": "orchard_map", "id": "om_1", "rows": [1]}, 0)
    names = [event.name for event in output.response.take() if event.type == "provider_event"]
    assert names == ["orchard_map"]
