"""Tests of streamparse.frontends.page_messages: the conversion of messages that pages post."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streamparse import MessageParser
from streamparse.frontends import from_ag_ui, from_ui_messages
from streamparse.frontends.page_messages import USERS

PIXEL = "data:image/png;base64,aGk="
UI: list[dict[str, Any]] = [
    {"role": "system", "parts": [{"type": "text", "text": "Obey."}]},
    {
        "role": "user",
        "parts": [
            {"type": "text", "text": "Who?"},
            {"type": "file", "url": PIXEL, "mediaType": "image/png"},
        ],
    },
    {
        "role": "assistant",
        "parts": [
            {"type": "step-start"},
            {
                "type": "reasoning",
                "text": "Hm.",
                "providerMetadata": {"anthropic": {"signature": "s1"}},
            },
            {"type": "reasoning", "text": "unsigned"},
            {"type": "text", "text": "Let me look."},
            {
                "type": "tool-find",
                "toolCallId": "c1",
                "state": "output-available",
                "input": {"q": "x"},
                "output": {"n": 1},
            },
            {
                "type": "dynamic-tool",
                "toolName": "ask",
                "toolCallId": "c2",
                "state": "output-error",
                "input": {},
                "errorText": "no",
            },
            {"type": "tool-open", "toolCallId": "c3", "state": "input-available", "input": {}},
            {"type": "source-url", "sourceId": "1", "url": "u"},
            {"type": "step-start"},
            {"type": "text", "text": "It is Bo."},
        ],
    },
    {"role": "user", "parts": [{"type": "text", "text": "Thanks"}]},
]
CALLS = [
    {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"q": "x"}'}},
    {"id": "c2", "type": "function", "function": {"name": "ask", "arguments": "{}"}},
    {"id": "c3", "type": "function", "function": {"name": "open", "arguments": "{}"}},
]
AG_UI: list[dict[str, Any]] = [
    {"id": "0", "role": "system", "content": "Obey."},
    {
        "id": "1",
        "role": "user",
        "content": [
            {"type": "text", "text": "Who?"},
            {"type": "image", "source": {"type": "data", "value": "aGk=", "mimeType": "image/png"}},
        ],
    },
    {"id": "2", "role": "reasoning", "content": "Hm.", "encryptedValue": "s1"},
    {"id": "3", "role": "assistant", "content": "Let me look.", "toolCalls": CALLS},
    {"id": "4", "role": "tool", "toolCallId": "c1", "content": '{"n": 1}'},
    {"id": "5", "role": "tool", "toolCallId": "c2", "content": "", "error": "no"},
    {"id": "6", "role": "assistant", "content": "It is Bo."},
    {"id": "7", "role": "user", "content": "Thanks"},
]
BOTH = [pytest.param(from_ui_messages, UI, id="ui"), pytest.param(from_ag_ui, AG_UI, id="ag-ui")]


@pytest.mark.parametrize(("convert", "posted"), BOTH)
def test_anthropic(convert: Any, posted: Any) -> None:
    user, answer, results, after, thanks = convert(posted, "anthropic-messages")
    source = {"type": "base64", "media_type": "image/png", "data": "aGk="}
    assert user["content"] == [
        {"type": "text", "text": "Who?"},
        {"type": "image", "source": source},
    ]
    assert [block["type"] for block in answer["content"]] == [
        *("thinking", "text", "tool_use", "tool_use")
    ]
    assert answer["content"][0]["signature"] == "s1"
    assert answer["content"][2]["input"] == {"q": "x"}
    assert [block["tool_use_id"] for block in results["content"]] == ["c1", "c2"]
    assert results["content"][1]["is_error"] is True
    assert after["content"] == [{"type": "text", "text": "It is Bo."}]
    assert thanks["content"] == [{"type": "text", "text": "Thanks"}]


@pytest.mark.parametrize(("convert", "posted"), BOTH)
def test_chat(convert: Any, posted: Any) -> None:
    messages = convert(posted, "openai-chat")
    assert [one["role"] for one in messages] == [
        *("user", "assistant", "tool", "tool", "assistant", "user")
    ]
    assert messages[0]["content"][1] == {"type": "image_url", "image_url": {"url": PIXEL}}
    assert [call["id"] for call in messages[1]["tool_calls"]] == ["c1", "c2"]
    assert json.loads(messages[2]["content"]) == {"n": 1}
    assert "no" in messages[3]["content"]
    assert messages[-1] == {"role": "user", "content": "Thanks"}


@pytest.mark.parametrize(("convert", "posted"), BOTH)
@pytest.mark.parametrize("api", list(USERS))
def test_every_api(convert: Any, posted: Any, api: str) -> None:
    text = repr(convert(posted, api))
    for word in ("Who?", "Let me look.", "find", "It is Bo.", "Thanks"):
        assert word in text
    for word in ("Obey", "unsigned", "c3"):
        assert word not in text


def test_signed_reasoning_goes_to_apis_that_sign_it() -> None:
    signed = [{"anthropic": {"signature": "s1"}}, {"google": {"thoughtSignature": "s2"}}]
    thought = {"type": "reasoning", "text": "Hm."}
    parts: list[Any] = [{**thought, "providerMetadata": one} for one in signed]
    posted = [{"role": "assistant", "parts": [*parts, {"type": "text", "text": "Yes."}]}]
    for api in USERS:
        text = repr(from_ui_messages(posted, api))
        assert ("'s2'" in text) == (api == "google-generate")
        assert ("'s1'" in text) == (api.startswith(("anthropic", "bedrock")))
    part = {"text": "Hm.", "thought": True, "thoughtSignature": "s1"}
    assert from_ag_ui(AG_UI, "google-generate")[1]["parts"][0] == part


def test_responses() -> None:
    items = from_ui_messages(UI, "openai-responses")
    assert items[0]["content"][1] == {"type": "input_image", "image_url": PIXEL}
    kinds = [item.get("type") for item in items]
    assert kinds.count("function_call") == kinds.count("function_call_output") == 2


def test_other_files() -> None:
    def posted(url: str, media_type: str = "application/pdf") -> list[Any]:
        part = {"type": "file", "url": url, "mediaType": media_type, "filename": "a.pdf"}
        return [{"role": "user", "parts": [part]}]

    address, inside = "https://example.org/a.pdf", "data:application/pdf,hi"
    for api in USERS:
        assert from_ui_messages(posted(inside), api)
    with pytest.raises(ValueError, match="content of this file"):
        from_ui_messages(posted(address), "openai-chat")
    with pytest.raises(ValueError, match="not base64"):
        from_ui_messages(posted("data:a/b;base64,??"), "bedrock-converse")
    found = from_ui_messages(posted(address), "google-generate")[0]["parts"]
    assert found == [{"fileData": {"mimeType": "application/pdf", "fileUri": address}}]
    assert "a.pdf" not in repr(from_ui_messages(posted(inside), "bedrock-converse"))


def test_an_api_without_messages() -> None:
    with pytest.raises(ValueError, match="cannot be the target of page messages"):
        from_ui_messages(UI, "openai-completions")
    with pytest.raises(ValueError, match="unheard-of"):
        from_ag_ui(AG_UI, "unheard-of")


@pytest.mark.parametrize(
    "junk",
    [
        {},
        {"role": "user"},
        {"role": "assistant", "parts": [3, {}]},
        {"role": "assistant", "toolCalls": [{"id": []}, {"id": None}, {}]},
        {"role": "tool", "content": "x"},
        None,
        "x",
        5,
        [[]],
    ],
)
def test_invalid_messages(junk: Any) -> None:
    for convert in (from_ui_messages, from_ag_ui):
        assert convert([junk, {"role": "tool"}], "openai-chat") == []
        assert convert(junk, "openai-chat") == []


def test_a_posted_answer_has_the_history_of_the_message() -> None:
    parser = MessageParser("text")
    parser.feed("Hello")
    parser.finish()
    page = [{"role": "assistant", "parts": [{"type": "text", "text": parser.message.text}]}]
    assert from_ui_messages(page, "openai-chat") == [{"role": "assistant", "content": "Hello"}]
