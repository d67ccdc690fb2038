"""Tests of messages and their parts: growing, comparing, copying and pickling."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse.aliases import CallStatus
from streamparse.errors import ProviderError, StreamParseError, WireError
from streamparse.message import (
    Citation,
    GrowingText,
    Message,
    Part,
    Reasoning,
    Refusal,
    ServerToolResult,
    Text,
    ToolCall,
    Usage,
)
from tests.messages import call_chunk, chunk, run_parser, text_chunk


def a_call(status: CallStatus = "in_progress") -> ToolCall:
    call = ToolCall(2)
    call.id, call.name, call.status = "call-7", "water", status
    call.arguments_text = '{"litres": 3}'
    call._settled = {"litres": 3}
    return call


PARTS: list[Any] = [
    Text("Good evening"),
    Text("Good evening", {"phase": "final"}),
    Reasoning("Is it evening?", {"signature": "c2ln"}),
    Refusal("Not that"),
    Citation({"url": "https://example.org/a"}),
    ServerToolResult("srv-1", "search", [{"title": "A"}], {"cost": 1}),
    a_call(),
    a_call("complete"),
]


@pytest.mark.parametrize("first", range(len(PARTS)))
def test_parts_are_equal_when_type_and_data_are(first: int) -> None:
    for second, other in enumerate(PARTS):
        assert (PARTS[first] == other) is (first == second)


def test_parts_of_different_types_differ() -> None:
    assert Text("x") != Reasoning("x")
    assert Text("x") != "x"
    assert Text() == Text("")


@pytest.mark.parametrize("part", PARTS, ids=repr)
def test_parts_are_unhashable(part: Part) -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(part)


@pytest.mark.parametrize("part", PARTS, ids=repr)
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_parts_pickle_and_copy(part: Part, protocol: int) -> None:
    for again in (
        pickle.loads(pickle.dumps(part, protocol)),
        copy.copy(part),
        copy.deepcopy(part),
    ):
        assert type(again) is type(part)
        assert again == part
        assert again is not part


@pytest.mark.parametrize("part", PARTS, ids=repr)
def test_to_dict_is_json(part: Part) -> None:
    plain = part.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["type"] == part.type


def test_to_dict() -> None:
    assert Text("a").to_dict() == {"type": "text", "text": "a"}
    assert Reasoning("a", {"id": "r"}).to_dict() == {
        "type": "reasoning",
        "text": "a",
        "extra": {"id": "r"},
    }
    assert Refusal("no").to_dict() == {"type": "refusal", "text": "no"}
    assert Citation([1]).to_dict() == {"type": "citation", "data": [1]}
    assert ServerToolResult("c", "n", 5).to_dict() == {
        "type": "server_tool_result",
        "call_id": "c",
        "name": "n",
        "content": 5,
    }
    assert Part().to_dict() == {"type": "part"}
    assert Part({"a": 1}).to_dict() == {"type": "part", "extra": {"a": 1}}


def test_repr() -> None:
    assert repr(Text("a")) == "Text(text='a')"
    assert repr(Citation(1, {"b": 2})) == "Citation(data=1, extra={'b': 2})"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["grow", "grow", "grow", "set part", "set whole", "pickle"]),
            st.integers(0, 4),
            st.text("aé", max_size=3),
        ),
        max_size=30,
    )
)
def test_the_texts_of_parts_and_message_are_separate(steps: list[tuple[str, int, str]]) -> None:
    """The texts of parts and message change independently, although they may share a string."""
    message = Message()
    message.content = [Text(), Text("x"), Reasoning(), Reasoning(), Refusal()]
    parts, wholes = ["", "x", "", "", ""], ["", "", ""]
    for step, at, text in steps:
        part, kind = message.content[at], at // 2
        assert isinstance(part, GrowingText)
        if step == "grow":
            message._grow(part, text)
            parts[at] += text
            wholes[kind] += text
        elif step == "set part":
            part.text = parts[at] = text
        elif step == "set whole":
            setattr(message, ("text", "reasoning", "refusal")[kind], text)
            wholes[kind] = text
        else:
            message = pickle.loads(pickle.dumps(message))
        assert [one.text for one in message.content if isinstance(one, GrowingText)] == parts
        assert [message.text, message.reasoning, message.refusal] == wholes


# Calls


@pytest.mark.parametrize("status", ["in_progress", "truncated", "rejected"])
def test_only_a_complete_call_has_arguments(status: CallStatus) -> None:
    call = a_call(status)
    assert call.arguments is None
    assert call.partial == {"litres": 3}
    assert call.to_dict()["arguments"] is None
    call.status = "complete"
    assert call.arguments == {"litres": 3}


def test_custom_call_is_its_text() -> None:
    call = ToolCall(0, "custom")
    call._grow("go ")
    call._grow("home")
    assert (call.partial, call.arguments, call.raw_text) == ("go home", None, "go home")
    call.status = "complete"
    assert call.arguments == "go home"


def test_raw_text_is_the_text_until_they_differ() -> None:
    call = ToolCall()
    call._grow("{}")
    assert call.raw_text == "{}"
    call._grow_raw("{}")
    assert (call.arguments_text, call.raw_text) == ("{}", "{}{}")
    call._grow("\n")
    assert (call.arguments_text, call.raw_text) == ("{}\n", "{}{}\n")


def test_to_dict_of_a_call() -> None:
    call = a_call("rejected")
    call.errors.append(WireError("odd", code="changed_id", offset=3))
    call.extra["caller"] = "x"
    assert call.to_dict() == {
        "type": "tool_call",
        "index": 2,
        "id": "call-7",
        "name": "water",
        "kind": "function",
        "status": "rejected",
        "arguments": None,
        "partial": {"litres": 3},
        "arguments_text": '{"litres": 3}',
        "raw_text": '{"litres": 3}',
        "errors": [
            {
                "type": "WireError",
                "code": "changed_id",
                "message": "odd",
                "offset": 3,
                "path": [],
            }
        ],
        "extra": {"caller": "x"},
    }


def test_a_pickled_call_keeps_its_partial_value() -> None:
    parser, _, _ = run_parser([call_chunk('{"city": "Gra', id="a", name="w")])
    call = parser.message.tool_calls[0]
    again = pickle.loads(pickle.dumps(call))
    assert again == call
    assert (again.partial, again.status, again.arguments) == ({"city": "Gra"}, "truncated", None)


# Usage


def test_usage_total() -> None:
    assert Usage(input_tokens=3, output_tokens=4).total_tokens == 7
    assert Usage(input_tokens=3, output_tokens=4, total_tokens=9).total_tokens == 9
    assert Usage(input_tokens=3).total_tokens is None


def test_usage_is_plain_data() -> None:
    usage = Usage(1, 2, 3, 4, 5, raw={"deep": [{}]})
    assert usage.to_dict() == {
        "input_tokens": 1,
        "cached_tokens": 2,
        "cache_write_tokens": 3,
        "output_tokens": 4,
        "reasoning_tokens": 5,
        "total_tokens": 5,
        "raw": {"deep": [{}]},
    }
    for again in (pickle.loads(pickle.dumps(usage)), copy.copy(usage), copy.deepcopy(usage)):
        assert again == usage
    assert usage != Usage(1)
    assert usage != "usage"
    assert repr(Usage(1, raw={})) == "Usage(input_tokens=1, raw={})"


# Messages


def a_message() -> Message:
    records = [
        chunk({"reasoning_content": "Hm. "}, model="tiny"),
        text_chunk("Here: "),
        call_chunk('{"a": [1, {"b": "c"}]}', id="x", name="f"),
        chunk(finish="tool_calls", usage={"prompt_tokens": 4, "completion_tokens": 2}),
    ]
    parser, _, _ = run_parser(records)
    return parser.message


def test_message_to_dict() -> None:
    message = a_message()
    plain = message.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert [part["type"] for part in plain["content"]] == ["reasoning", "text", "tool_call"]
    assert plain["tool_calls"] == plain["content"][2:]
    assert (plain["text"], plain["reasoning"], plain["refusal"]) == ("Here: ", "Hm. ", "")
    assert (plain["id"], plain["model"]) == ("cc-1", "tiny")
    assert (plain["status"], plain["finish_reason"]) == ("complete", "tool_calls")
    assert plain["usage"]["total_tokens"] == 6
    assert (plain["output"], plain["partial_output"], plain["error"]) == (None, None, None)
    assert "extra" not in plain


def test_message_copies() -> None:
    message = a_message()
    for again in (pickle.loads(pickle.dumps(message)), copy.copy(message), copy.deepcopy(message)):
        assert again == message
        assert again is not message
        assert again.to_history() == message.to_history()
        assert again.tool_calls[0].arguments == {"a": [1, {"b": "c"}]}
    assert message != Message()
    assert message != Message(1)
    assert message != "message"


def test_message_repr() -> None:
    assert repr(a_message()) == (
        "Message(status='complete', finish_reason='tool_calls', text='Here: ', tool_calls=['f'])"
    )


def test_a_new_message() -> None:
    message = Message()
    assert (message.status, message.finish_reason, message.content) == ("in_progress", None, [])
    assert message.tool_calls == []
    with pytest.raises(ValueError, match="not known"):
        message.to_history()


def test_the_error_of_a_message_is_plain_data() -> None:
    message = Message()
    message.error = ProviderError("overloaded", data={"code": 529})
    assert message.to_dict()["error"] == {
        "type": "ProviderError",
        "code": "provider_error",
        "message": "overloaded",
        "offset": 0,
        "path": [],
    }
    again = pickle.loads(pickle.dumps(message))
    assert again == message
    assert again.error.data == {"code": 529}


def test_a_message_with_a_transport_error_pickles() -> None:
    """The error in the message has no events, because its events refer to the message."""
    parser, _, error = run_parser(['data: {"choices": [}\n\n'])
    assert isinstance(error, StreamParseError)
    assert [event.type for event in error.events] == ["message_started", "message_finished"]
    message = parser.message
    assert message.error is not None
    assert message.error.code == error.code
    assert message.error.events == []
    assert pickle.loads(pickle.dumps(message)) == message
    assert pickle.loads(pickle.dumps(error)).events == error.events


@pytest.mark.parametrize("depth", [10, 400, 990])
def test_deep_values_pickle(depth: int) -> None:
    deep: Any = {}
    for _ in range(depth):
        deep = {"in": deep}
    call = ToolCall()
    call._settled = deep
    message = Message()
    message.content = [call, Citation(deep), Text("x", {"deep": deep})]
    message.extra["deep"] = deep
    message._settled_output = [deep]
    for again in (pickle.loads(pickle.dumps(message)), copy.deepcopy(message)):
        inner = again.tool_calls[0].partial
        for _ in range(depth):
            inner = inner["in"]
        assert inner == {}
        assert [type(part) for part in again.content] == [ToolCall, Citation, Text]
    assert pickle.loads(pickle.dumps(Usage(raw=deep))).raw.keys() == {"in"}


def deep_value(levels: int = 5000) -> Any:
    value: Any = 1
    for level in range(levels):
        value = {"a": value} if level % 2 else [value]
    return value


DEEP: list[Any] = [
    lambda value: Text("a", {"b": value}),
    lambda value: Citation(value),
    lambda value: ServerToolResult("c", "search", value),
    lambda value: Usage(1, raw={"a": value}),
]


@pytest.mark.parametrize("make", DEEP)
def test_parts_with_deep_and_huge_values_print_and_compare(make: Any) -> None:
    assert make(deep_value()) == make(deep_value())
    assert make(deep_value()) != make([deep_value()])
    assert repr(make(deep_value())).startswith(type(make(1)).__name__)
    assert "1" + "0" * 5000 in repr(make([10**5000]))


def test_true_and_one_are_not_equal() -> None:
    assert Text("a", {"b": True}) != Text("a", {"b": 1})
    assert Text("a", {"b": 1.0}) == Text("a", {"b": 1})


def test_messages_with_deep_values_compare() -> None:
    first, second = Message(), Message()
    for message in (first, second):
        message.content.append(Citation(deep_value()))
        message.extra["more"] = deep_value()
    assert first == second
    second.extra["more"] = None
    assert first != second


# Results of tools


def message_of(records: list[Any], api: Any) -> Message:
    return run_parser(records, api)[0].message


CALL = {"index": 0, "id": "c1", "type": "function", "function": {"name": "mow", "arguments": "{}"}}
BLOCK = {"type": "tool_use", "id": "c1", "name": "mow", "input": {}}
ITEM = {"type": "function_call", "id": "i1", "call_id": "c1", "name": "mow", "arguments": "{}"}
TOOL_USE = {"toolUse": {"toolUseId": "c1", "name": "mow", "input": {}}}
STEP = {"type": "function_call", "id": "c1", "name": "mow", "arguments": {}}


def body(item: dict[str, Any]) -> dict[str, Any]:
    return {"id": "r1", "object": "response", "status": "completed", "output": [item]}


# For each API an answer with one call, and the messages with the results {"a": 1}, "text" and the
# error "no", without the fields that all three share.
RESULTS: list[tuple[Any, list[Any], list[Any]]] = [
    (
        "openai-chat",
        [chunk({"tool_calls": [CALL]}, finish="tool_calls")],
        [
            {"role": "tool", "tool_call_id": "c1", "content": content}
            for content in ('{"a":1}', "text", '{"error":"no"}')
        ],
    ),
    (
        "cohere-v2",
        [{"id": "m", "message": {"tool_calls": [CALL]}, "finish_reason": "TOOL_CALL"}],
        [
            {"role": "tool", "tool_call_id": "c1", "content": content}
            for content in ('{"a":1}', "text", '{"error":"no"}')
        ],
    ),
    (
        "ollama-chat",
        [
            {
                "message": {"tool_calls": [{"function": {"name": "mow", "arguments": {}}}]},
                "done": True,
            }
        ],
        [
            {"role": "tool", "tool_name": "mow", "content": content}
            for content in ('{"a":1}', "text", '{"error":"no"}')
        ],
    ),
    (
        "openai-responses",
        [body(ITEM)],
        [
            {"type": "function_call_output", "call_id": "c1", "output": output}
            for output in ('{"a":1}', "text", '{"error":"no"}')
        ],
    ),
    *[
        (
            api,
            [
                {
                    "type": "message",
                    "role": "assistant",
                    "content": [BLOCK],
                    "stop_reason": "tool_use",
                }
            ],
            [
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "tool_use_id": "c1", "content": content, **more}
                    ],
                }
                for content, more in (('{"a":1}', {}), ("text", {}), ("no", {"is_error": True}))
            ],
        )
        for api in ("anthropic-messages", "bedrock-invoke-anthropic")
    ],
    (
        "google-generate",
        [
            {
                "candidates": [
                    {
                        "content": {"parts": [{"functionCall": {"name": "mow", "args": {}}}]},
                        "finishReason": "STOP",
                    }
                ]
            }
        ],
        [
            {"role": "user", "parts": [{"functionResponse": {"name": "mow", "response": response}}]}
            for response in ({"a": 1}, {"output": "text"}, {"error": "no"})
        ],
    ),
    (
        "bedrock-converse",
        [
            {
                "output": {"message": {"role": "assistant", "content": [TOOL_USE]}},
                "stopReason": "tool_use",
            }
        ],
        [
            {
                "role": "user",
                "content": [{"toolResult": {"toolUseId": "c1", "content": [content], **more}}],
            }
            for content, more in (
                ({"json": {"a": 1}}, {}),
                ({"text": "text"}, {}),
                ({"text": "no"}, {"status": "error"}),
            )
        ],
    ),
    (
        "google-interactions",
        [{"id": "i", "object": "interaction", "status": "requires_action", "steps": [STEP]}],
        [
            {"type": "function_result", "call_id": "c1", "name": "mow", "result": result, **more}
            for result, more in (({"a": 1}, {}), ("text", {}), ("no", {"is_error": True}))
        ],
    ),
]


@pytest.mark.parametrize(("api", "records", "expected"), RESULTS, ids=[row[0] for row in RESULTS])
def test_results_in_the_form_of_each_api(api: Any, records: list[Any], expected: list[Any]) -> None:
    message = message_of(records, api)
    [call] = message.tool_calls
    assert call.confirmed
    results = [({"a": 1}, False), ("text", False), ("no", True)]
    written = [message.tool_result(call, value, error=error) for value, error in results]
    assert written == expected
    assert message.tool_result(call, LookupError("no")) == expected[2]
    assert pickle.loads(pickle.dumps(message)).tool_result(call, "text") == expected[1]


@pytest.mark.parametrize(("api", "records", "expected"), RESULTS, ids=[row[0] for row in RESULTS])
def test_several_results(api: Any, records: list[Any], expected: list[Any]) -> None:
    """Several results that are parts of a user message are written in one message."""
    message = message_of(records, api)
    [call] = message.tool_calls
    written = message.tool_results([(call, {"a": 1}), (call, "text"), (call, ValueError("no"))])
    key = {"google-generate": "parts"}.get(api, "content")
    if expected[0].get("role") == "user":
        assert written == [{"role": "user", key: [part for each in expected for part in each[key]]}]
    else:
        assert written == expected
    assert message.tool_results([]) == []


def test_results_of_calls_outside_the_history_are_left_out() -> None:
    """Results of rejected calls are omitted, except for Anthropic's API, where they are errors."""
    half = {"index": 1, "id": "c2", "function": {"name": "mow", "arguments": '{"a'}}
    chat = message_of([chunk({"tool_calls": [CALL, half]}), chunk(finish="tool_calls")], "auto")
    calls = chat.tool_calls
    assert [call.status for call in calls] == ["complete", "rejected"]
    assert [each["tool_call_id"] for each in chat.tool_results([(c, "x") for c in calls])] == ["c1"]
    records = [
        {"type": "message_start", "message": {"id": "m", "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": BLOCK},
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "input_json_delta", "partial_json": "{]"},
        },
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
        {"type": "message_stop"},
    ]
    anthropic = message_of(records, "auto")
    [call] = anthropic.tool_calls
    assert call.status == "rejected"
    [written] = anthropic.tool_results([(call, call.errors[0])])
    assert written["content"][0]["is_error"]
    assert len(anthropic.to_history()[0]["content"]) == 1


@pytest.mark.parametrize(
    ("item", "value", "error", "expected"),
    [
        (
            {"type": "custom_tool_call", "call_id": "c1", "name": "sql", "input": "select 1"},
            [1],
            False,
            {"type": "custom_tool_call_output", "call_id": "c1", "output": "[1]"},
        ),
        (
            {"type": "local_shell_call", "id": "i", "call_id": "c1", "action": {"type": "exec"}},
            "done",
            False,
            {"type": "local_shell_call_output", "id": "c1", "output": "done"},
        ),
        (
            {"type": "apply_patch_call", "id": "i", "call_id": "c1", "operation": {"path": "a"}},
            "no such file",
            True,
            {
                "type": "apply_patch_call_output",
                "call_id": "c1",
                "status": "failed",
                "output": "no such file",
            },
        ),
        (
            {"type": "computer_call", "id": "i", "call_id": "c1", "action": {"type": "wait"}},
            {"type": "computer_screenshot", "image_url": "data:"},
            False,
            {
                "type": "computer_call_output",
                "call_id": "c1",
                "output": {"type": "computer_screenshot", "image_url": "data:"},
            },
        ),
        (
            {
                "type": "tool_search_call",
                "id": "i",
                "call_id": "c1",
                "execution": "client",
                "arguments": {"q": "x"},
            },
            [],
            False,
            {"type": "tool_search_output", "call_id": "c1", "tools": []},
        ),
    ],
)
def test_results_of_the_own_tools_of_responses(
    item: Any, value: Any, error: bool, expected: Any
) -> None:
    message = message_of([body({**item, "status": "completed"})], "openai-responses")
    assert message.tool_result(message.tool_calls[0], value, error=error) == expected


def test_messages_that_take_no_results() -> None:
    call = a_call("complete")
    with pytest.raises(ValueError, match=r"\(None\) does not accept results"):
        Message().tool_result(call, "x")
    with pytest.raises(ValueError, match=r"\(openai-completions\) does not accept results"):
        message_of(
            [{"object": "text_completion", "choices": [{"index": 0, "text": "x"}]}],
            "openai-completions",
        ).tool_result(call, "x")
    message = message_of([chunk({"tool_calls": [CALL]})], "openai-chat")
    server = ToolCall(kind="server")
    server.name = "web_search"
    with pytest.raises(ValueError, match="the provider runs 'web_search' itself"):
        message.tool_result(server, "x")
    with pytest.raises(TypeError, match="a result must be JSON data"):
        message.tool_result(message.tool_calls[0], object())
    empty = message.tool_result(message.tool_calls[0], ValueError())
    assert empty["content"] == '{"error":"ValueError"}'


def test_clients_accept_results() -> None:
    """The results are valid for the request types of the SDKs."""
    from pydantic import TypeAdapter

    chat = pytest.importorskip("openai.types.chat", reason="needs openai")
    responses = pytest.importorskip("openai.types.responses", reason="needs openai")
    anthropic = pytest.importorskip("anthropic.types", reason="needs anthropic")
    google = pytest.importorskip("google.genai.types", reason="needs google-genai")
    ollama = pytest.importorskip("ollama", reason="needs ollama")
    kinds: dict[str, Any] = {
        "openai-chat": chat.ChatCompletionMessageParam,
        "openai-responses": responses.ResponseInputItemParam,
        "anthropic-messages": anthropic.MessageParam,
        "google-generate": google.ContentDict,
        "ollama-chat": ollama.Message,
    }
    for api, _, expected in RESULTS:
        if api in kinds:
            for written in expected:
                taken = TypeAdapter(kinds[api]).validate_python(written)
                if api == "ollama-chat":
                    taken = taken.model_dump(exclude_none=True)
                assert set(taken) == set(written)
    for written in RESULTS[6][2]:
        part = google.Content.model_validate(written).parts[0]
        assert part.function_response.response


def test_boto3_accepts_results() -> None:
    validate = pytest.importorskip("botocore.validate", reason="needs the extra bedrock")
    session = pytest.importorskip("botocore.session").get_session()
    shape = session.get_service_model("bedrock-runtime").operation_model("Converse").input_shape
    messages = next(expected for api, _, expected in RESULTS if api == "bedrock-converse")
    report = validate.ParamValidator().validate({"modelId": "m", "messages": messages}, shape)
    assert not report.has_errors(), report.generate_report()
