"""Tests of chat completions with faults of the upstream or of the client."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from streamparse import MessageParser
from tests.formats.test_response_templates import OBJECTS
from tests.gateway.model_server import (
    ARGUMENTS,
    CALLS,
    TOOLS,
    Play,
    Served,
    answer_in,
    chunk,
    served,
    sse,
    streamed,
    whole,
)
from tests.web.serving import until

BODY = {
    "model": "m",
    "messages": [{"role": "user", "content": "Please water."}],
    "tools": TOOLS,
    "stream": True,
}
JSON = {"content-type": "application/json"}
WRONG = (
    '<tool_call>\n{"name": "water", "arguments": {"bed": "roses", "liters": "many"}}\n</tool_call>'
)


class Got:
    """A response: its chunks, and the error among its records."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.text = response.text
        lines = [line for line in self.text.splitlines() if line.startswith("data: ")]
        self.done = bool(lines) and lines[-1] == "data: [DONE]"
        records = [json.loads(line[6:]) for line in lines if line != "data: [DONE]"]
        self.error: Any = next((each["error"] for each in records if "error" in each), None)
        self.chunks = [each for each in records if "choices" in each]
        self.choices = [choice for each in self.chunks for choice in each["choices"]]
        parser = MessageParser("openai-chat")
        parser.feed(self.text)
        parser.finish()
        self.message = parser.message

    @property
    def reasons(self) -> list[str]:
        return [each["finish_reason"] for each in self.choices if each["finish_reason"]]

    @property
    def complete(self) -> list[Any]:
        calls = self.message.tool_calls
        return [call.arguments for call in calls if call.status == "complete"]


def ask(server: Served, **more: Any) -> Got:
    with httpx.Client(trust_env=False, timeout=30) as client:
        return Got(client.post(server.url + "/chat/completions", json={**BODY, **more}))


def ask_whole(server: Served, **more: Any) -> httpx.Response:
    body = {**BODY, "stream": False, **more}
    with httpx.Client(trust_env=False, timeout=30) as client:
        return client.post(server.url + "/chat/completions", json=body)


# The upstream.


@pytest.mark.parametrize("places", range(0, 28, 3))
def test_a_cut_stream_is_an_error_and_no_call_is_complete(places: int) -> None:
    pieces = streamed(answer_in("hermes"))[: places + 10]
    play = Play([*pieces, b'data: {"id": "chat-1", "choi'], cut=True)
    with served(play) as server:
        got = ask(server)
    assert got.error["code"] == "upstream_broken"
    assert (got.done, got.reasons, got.complete) == (False, [], [])


def test_a_stream_that_ends_early() -> None:
    with served(Play(streamed(answer_in("hermes"), reason=None))) as server:
        got = ask(server)
    assert got.error["code"] == "truncated"
    assert (got.done, got.reasons, got.complete) == (False, [], [])


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_a_call_cut_by_a_limit(reason: str) -> None:
    text = answer_in("hermes")[:-30]
    with served(Play(streamed(text, reason=reason))) as server:
        got = ask(server)
    assert (got.reasons, got.done, got.complete) == ([reason], True, [])


def test_a_call_that_the_model_did_not_end() -> None:
    text = answer_in("hermes")[:-30]
    with served(Play(streamed(text, reason="stop"))) as server:
        got = ask(server)
    assert got.error["code"] == "truncated"
    assert (got.reasons, got.complete) == ([], [])
    with served(Play([whole(text)], headers=JSON)) as server:
        response = ask_whole(server)
    assert (response.status_code, response.json()["error"]["code"]) == (502, "truncated")


def test_a_connection_that_breaks_after_the_finish_reason() -> None:
    pieces = streamed(answer_in("hermes"), reason=None)
    pieces.append(sse(chunk({}, finish_reason="stop")))
    with served(Play(pieces, cut=True)) as server:
        got = ask(server)
    assert (got.reasons, got.done, got.complete) == (["tool_calls"], True, [ARGUMENTS])


def test_a_silent_upstream() -> None:
    with served(Play(streamed("Hello", reason=None), hang=True), timeout=0.3) as server:
        got = ask(server)
    assert got.error["code"] == "upstream_timeout"
    assert got.message.text == "Hello"
    server.upstream_is_closed()


def test_comments_while_the_upstream_is_silent() -> None:
    pieces = streamed("Hello")
    with served(Play(pieces, pause=0.3), heartbeat=0.1) as server:
        got = ask(server)
    assert ": keep-alive\n\n" in got.text
    assert (got.message.text, got.reasons) == ("Hello", ["stop"])


@pytest.mark.parametrize("status", [400, 429, 500])
def test_errors_are_forwarded_unchanged(status: int) -> None:
    body = b'{"error": {"message": "too many", "type": "x"}}'
    headers = {**JSON, "retry-after": "3", "x-request-id": "7"}
    with served(Play([body], status=status, headers=headers), retry=2) as server:
        for streaming in (True, False):
            response = ask_whole(server, stream=streaming)
            assert (response.status_code, response.content) == (status, body)
            assert response.headers["retry-after"] == "3"
        assert len(server.model.asked) == 2


def test_an_error_in_the_stream_is_forwarded_unchanged() -> None:
    error = {"error": {"message": "out of memory", "type": "server", "code": 500}}
    pieces = [*streamed("Hel", reason=None), sse(error, "[DONE]")]
    with served(Play(pieces)) as server:
        got = ask(server)
    assert got.error == error["error"]
    assert got.text.count("error") == 1
    assert (got.message.text, got.reasons) == ("Hel", [])


def test_an_error_beside_choices() -> None:
    record = {**chunk({"content": "lo"}, finish_reason="error"), "error": {"message": "died"}}
    with served(Play([*streamed("Hel", reason=None), sse(record)])) as server:
        got = ask(server)
    assert (got.message.text, got.error, got.reasons) == ("Hello", {"message": "died"}, [])


@pytest.mark.parametrize("kind", ["text/html", "text/plain", ""])
def test_other_content_is_forwarded_unchanged(kind: str) -> None:
    with served(Play([b"<h1>a page</h1>"], headers={"content-type": kind})) as server:
        response = ask_whole(server)
    assert response.content == b"<h1>a page</h1>"


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
def test_other_content_that_is_cut(kind: str) -> None:
    """The gateway adds nothing to a body that is not parsed."""
    play = Play([b"<h1>a pa"], headers={"content-type": kind}, cut=True)
    with served(play) as server:
        if kind == "text/html":
            with pytest.raises(httpx.RemoteProtocolError):
                ask_whole(server)
        else:
            assert ask_whole(server).json()["error"]["code"] == "upstream_broken"


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"{", b'{"choices": 5}', b'{"error": "x"}', b""])
def test_other_json_is_forwarded_unchanged(body: bytes) -> None:
    with served(Play([body], headers=JSON)) as server:
        assert ask_whole(server).content == body


def test_a_body_that_is_not_a_stream() -> None:
    headers = {"content-type": "text/event-stream"}
    with served(Play([b"<h1>a page</h1>"], headers=headers)) as server:
        got = ask(server)
    assert got.error["code"] == "not_a_stream"


@pytest.mark.parametrize("kind", ["text/event-stream", "application/json"])
def test_an_answer_without_content(kind: str) -> None:
    with served(Play([], status=204, headers={"content-type": kind})) as server:
        response = ask_whole(server, stream=True)
    assert (response.status_code, response.content) == (204, b"")


def test_a_whole_answer_for_a_stream() -> None:
    with served(Play([whole(answer_in("hermes"))], headers=JSON)) as server:
        response = ask_whole(server, stream=True)
    assert response.json()["choices"][0]["finish_reason"] == "tool_calls"


def test_compressed_answers() -> None:
    coded = {"content-encoding": "gzip"}
    stream = Play(
        [gzip.compress(b"".join(streamed(answer_in("hermes"))))],
        headers={"content-type": "text/event-stream", **coded},
    )
    body = Play([gzip.compress(whole(answer_in("hermes")))], headers={**JSON, **coded})
    broken = Play([b"no gzip"], headers={**JSON, **coded})
    with served(stream, body, broken) as server:
        assert ask(server).complete == [ARGUMENTS]
        assert ask_whole(server).json()["choices"][0]["message"]["tool_calls"]
        assert ask_whole(server).status_code == 502
    assert server.last.header("accept-encoding") == ["identity"]


def test_answers_that_are_too_large() -> None:
    with served(Play([whole("x" * 2000)], headers=JSON), max_body=1500) as server:
        response = ask_whole(server)
    assert (response.status_code, response.json()["error"]["code"]) == (502, "body_too_large")


# The client.


@pytest.mark.parametrize("content", [b"{", b"[]", b"", b"\xff", b"[" * 100_000])
def test_invalid_bodies_are_forwarded(content: bytes) -> None:
    play = Play([b"bad request"], status=400, headers={})
    with served(play) as server, httpx.Client(trust_env=False) as client:
        response = client.post(server.url + "/chat/completions", content=content)
    assert (response.status_code, response.content) == (400, b"bad request")
    assert server.last.body == content


def test_invalid_tools_are_forwarded() -> None:
    lists: list[Any] = [
        [5],
        "x",
        [{"type": "function", "function": {"name": "water"}}],
        [{}],
    ]
    for tools in lists:
        with served(Play(streamed("Hello"))) as server:
            assert ask(server, tools=tools).message.text == "Hello"
        assert server.last.json["tools"] == tools


def test_a_compressed_request_is_forwarded_unchanged() -> None:
    content = gzip.compress(json.dumps(BODY).encode())
    pieces = streamed(answer_in("hermes"))
    with served(Play(pieces)) as server, httpx.Client(trust_env=False) as client:
        headers = {"content-encoding": "gzip"}
        response = client.post(server.url + "/chat/completions", content=content, headers=headers)
    assert response.content == b"".join(pieces)
    assert server.last.body == content


def test_a_request_with_the_encoding_identity() -> None:
    with served(Play(streamed(answer_in("hermes")))) as server, httpx.Client(trust_env=False) as c:
        headers = {"content-encoding": "identity"}
        response = c.post(server.url + "/chat/completions", json=BODY, headers=headers)
    assert Got(response).complete == [ARGUMENTS]


def test_a_client_that_leaves_closes_the_upstream() -> None:
    play = Play(streamed("Hello", reason=None), hang=True)
    with served(play) as server:
        with (
            httpx.Client(trust_env=False) as client,
            client.stream("POST", server.url + "/chat/completions", json=BODY) as response,
        ):
            next(response.iter_raw())
        server.upstream_is_closed()


def test_a_client_that_leaves_before_the_answer() -> None:
    with served(Play([], hang=True)) as server:
        with pytest.raises(httpx.ReadTimeout), httpx.Client(trust_env=False, timeout=0.3) as client:
            client.post(server.url + "/chat/completions", json=BODY)
        server.upstream_is_closed()


def test_a_slow_reader_slows_the_upstream() -> None:
    play = Play([sse(chunk({"content": "x" * 30_000}))], endless=True)
    with served(play) as server:
        with (
            httpx.Client(trust_env=False) as client,
            client.stream("POST", server.url + "/chat/completions", json=BODY) as response,
        ):
            next(response.iter_raw())
            until(lambda: server.last.sent > 10)
            time.sleep(1)
            before = server.last.sent
            time.sleep(0.5)
            assert server.last.sent == before
        server.upstream_is_closed()


# Invalid calls.


def test_an_invalid_call_without_options() -> None:
    """The whole answer is sent, and it ends with the error of the call."""
    with served(Play(streamed(f"Well. {WRONG} Done."))) as server:
        got = ask(server)
    assert got.error["type"] == "invalid_tool_call"
    assert "water" in got.error["message"]
    assert (got.error["param"], got.reasons, got.complete) == ("/liters", [], [])
    assert got.message.text == "Well.  Done."
    with served(Play([whole(WRONG)], headers=JSON)) as server:
        response = ask_whole(server)
    assert (response.status_code, response.json()["error"]["param"]) == (422, "/liters")


def test_reject_ends_the_upstream_at_the_first_character() -> None:
    place = WRONG.index("many") + 1
    pieces = [*streamed(WRONG[:place], reason=None, size=1)]
    with served(Play(pieces, hang=True), reject=True) as server:
        got = ask(server)
        server.upstream_is_closed()
    assert (got.error["type"], got.error["param"]) == ("invalid_tool_call", "/liters")
    assert (got.done, got.reasons, got.complete) == (False, [], [])
    sent = "".join(
        call["function"]["arguments"]
        for choice in got.choices
        for call in choice["delta"].get("tool_calls", ())
    )
    assert sent == '{"bed":"roses"'


def test_reject_of_a_tool_that_does_not_exist() -> None:
    text = WRONG.replace('"water"', '"drain"')
    with served(Play(streamed(text), hang=True), reject=True, format="hermes") as server:
        got = ask(server)
    assert "drain" in got.error["message"]
    assert got.error["code"] == "unknown_tool"


def test_retry_asks_again_with_the_reason() -> None:
    plays = [Play(streamed(f"First. {WRONG}"), hang=True), Play(streamed(answer_in("hermes")))]
    with served(*plays, retry=2) as server:
        got = ask(server)
        first, second = server.model.asked
        assert first.left
    assert (got.error, got.reasons, got.complete) == (None, ["tool_calls"], [ARGUMENTS])
    assert got.message.text == "First. I water them. "
    assert [each["delta"].get("role") for each in got.choices].count("assistant") == 1
    more = second.json["messages"][1:]
    assert [each["role"] for each in more] == ["assistant", "user"]
    assert "First. <tool_call>" in more[0]["content"]
    assert "water" in more[1]["content"]
    assert "/liters" in more[1]["content"]
    assert {**second.json, "messages": 0} == {**first.json, "messages": 0}


def test_comments_while_the_model_is_asked_again() -> None:
    plays = [Play(streamed(WRONG)), Play(streamed(answer_in("hermes")), delay=0.5)]
    with served(*plays, retry=1, heartbeat=0.1) as server:
        got = ask(server)
    assert got.text.count(": keep-alive") >= 2
    assert got.complete == [ARGUMENTS]


def test_other_bodies_get_no_comments() -> None:
    play = Play([b"<h1>", b"a page</h1>"], pause=0.3, headers={"content-type": "text/html"})
    with served(play, heartbeat=0.1) as server:
        assert ask_whole(server).content == b"<h1>a page</h1>"


def test_retry_of_whole_answers() -> None:
    plays = [Play([whole(text)], headers=JSON) for text in (WRONG, WRONG, answer_in("hermes"))]
    with served(*plays, retry=2) as server:
        response = ask_whole(server)
        assert len(server.model.asked) == 3
    calls = response.json()["choices"][0]["message"]["tool_calls"]
    assert json.loads(calls[0]["function"]["arguments"]) == ARGUMENTS


def test_the_number_of_retries_is_limited() -> None:
    with served(Play(streamed(WRONG)), retry=2) as server:
        got = ask(server)
        assert len(server.model.asked) == 3
        text = httpx.get(server.gateway.url + "/metrics", trust_env=False).text
    assert got.error["type"] == "invalid_tool_call"
    assert (got.done, got.reasons, got.message.tool_calls) == (False, [], [])
    assert "streamparse_gateway_retries_total 2.0" in text


def test_a_retry_that_fails() -> None:
    failure = Play([b"no"], status=500, headers={})
    with served(Play(streamed(WRONG)), failure, retry=2) as server:
        got = ask(server)
    assert got.error["code"] == "upstream_broken"
    assert "500" in got.error["message"]
    assert (got.done, got.reasons) == (False, [])


def test_with_retry_only_valid_calls_are_sent() -> None:
    both = CALLS["hermes"] + WRONG
    with served(Play(streamed(both)), Play(streamed(CALLS["hermes"])), retry=1) as server:
        got = ask(server)
    assert got.complete == [ARGUMENTS]


def test_several_choices_are_not_asked_for_again() -> None:
    with served(Play(streamed(WRONG)), retry=3) as server:
        got = ask(server, n=2)
        assert len(server.model.asked) == 1
    assert got.error["type"] == "invalid_tool_call"


def test_coerce() -> None:
    text = CALLS["hermes"].replace("12", '"12"')
    with served(Play(streamed(text)), coerce=True) as server:
        assert ask(server).complete == [ARGUMENTS]


def test_tool_choice_none() -> None:
    with served(Play(streamed(CALLS["hermes"]))) as server:
        got = ask(server, tool_choice="none")
    assert (got.message.text, got.reasons) == (CALLS["hermes"], ["stop"])


# Formats.


def test_a_response_template_of_a_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer_config.json"
    path.write_text(json.dumps({"response_template": OBJECTS}))
    text = '<do>{"name": "water", "arguments": {"bed": "roses", "liters": 12}}</do>'
    with served(Play(streamed(text)), format=str(path)) as server:
        path.unlink()  # the file is read once, at the start
        assert ask(server).complete == [ARGUMENTS]
        assert ask(server, tools=[]).complete == []


def test_answers_that_begin_inside_the_reasoning() -> None:
    play = Play(streamed("I think.</think>Yes."))
    with served(play, in_reasoning=True, format="hermes") as server:
        message = ask(server).message
    assert (message.reasoning, message.text) == ("I think.", "Yes.")
