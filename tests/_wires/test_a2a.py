"""Tests of Agent2Agent 0.3 and 1.0."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import MessageParser, Text
from tests.helpers import cut

IDS = {"taskId": "task-1", "contextId": "talk-1"}


class Old:
    """Builds records of version 0.3."""

    @staticmethod
    def parts(text: str) -> list[Any]:
        return [{"kind": "text", "text": text}]

    @classmethod
    def message(cls, text: str, role: str = "agent") -> dict[str, Any]:
        return {"kind": "message", "messageId": "m1", "role": role, "parts": cls.parts(text)}

    @classmethod
    def status(cls, state: str, text: str = "", final: bool = False) -> dict[str, Any]:
        content = {"message": cls.message(text)} if text else {}
        status = {"state": state, **content}
        return {"kind": "status-update", **IDS, "status": status, "final": final}

    @classmethod
    def end(cls, state: str, text: str = "") -> dict[str, Any]:
        return cls.status(state, text, True)

    @classmethod
    def artifact(cls, identity: str, text: str, **more: Any) -> dict[str, Any]:
        artifact = {"artifactId": identity, "parts": cls.parts(text)}
        return {"kind": "artifact-update", **IDS, "artifact": artifact, **more}

    @classmethod
    def task(cls, state: str, text: str) -> dict[str, Any]:
        artifact = {"artifactId": "a", "parts": cls.parts(text)}
        ids = {"id": "task-1", "contextId": "talk-1"}
        return {"kind": "task", **ids, "status": {"state": state}, "artifacts": [artifact]}


class New:
    """Builds records of version 1.0."""

    @staticmethod
    def message(text: str, role: str = "ROLE_AGENT") -> dict[str, Any]:
        return {"message": {"messageId": "m1", "role": role, "parts": [{"text": text}]}}

    @classmethod
    def status(cls, state: str, text: str = "") -> dict[str, Any]:
        name = "TASK_STATE_" + state.upper().replace("-", "_")
        status = {"state": name, **(cls.message(text) if text else {})}
        return {"statusUpdate": {**IDS, "status": status}}

    end = status

    @classmethod
    def artifact(cls, identity: str, text: str, **more: Any) -> dict[str, Any]:
        artifact = {"artifactId": identity, "parts": [{"text": text}]}
        return {"artifactUpdate": {**IDS, "artifact": artifact, **more}}

    @classmethod
    def task(cls, state: str, text: str) -> dict[str, Any]:
        task = {**Old.task("", text), **cls.status(state)["statusUpdate"]}
        del task["kind"], task["taskId"]
        return {"task": task}


versions = pytest.mark.parametrize("version", [Old, New])


def body(records: list[Any], bare: bool = False) -> str:
    wrapped = [{"jsonrpc": "2.0", "id": 1, "result": record} for record in records]
    return "".join([f"data: {json.dumps(one)}\n\n" for one in (records if bare else wrapped)])


def read(records: list[Any], size: int = 0, api: Any = "auto", bare: bool = False) -> MessageParser:
    parser = MessageParser(api)
    source = body(records, bare)
    for piece in cut(source, [size]) if size else [source]:
        parser.feed(piece)
    parser.finish()
    return parser


def answer(version: Any) -> list[Any]:
    return [
        version.status("submitted"),
        version.status("working", "Looking."),
        version.artifact("a", "It is "),
        version.artifact("a", "open.", append=True, lastChunk=True),
        version.end("completed"),
    ]


def with_final_text(version: Any) -> list[Any]:
    return [version.status("working"), version.end("completed", "It is open.")]


@versions
@pytest.mark.parametrize("records", [answer, with_final_text])
@pytest.mark.parametrize("bare", [True, False])
def test_an_answer(version: Any, records: Any, bare: bool) -> None:
    parser = read(records(version), bare=bare)
    message = parser.message
    assert (parser.api, message.id, message.extra["contextId"]) == ("a2a", "task-1", "talk-1")
    assert (message.text, message.status) == ("It is open.", "complete")
    assert (message.finish_reason, parser.ended) == ("stop", True)
    assert message.to_history() == []


@versions
def test_progress_is_passed_on(version: Any) -> None:
    parser = MessageParser()
    events = [event for record in answer(version) for event in parser.feed(record)]
    passed = [event for event in events if event.type == "provider_event"]
    (update,) = [event for event in passed if event.name == "status-update"]
    assert "Looking." in json.dumps(update.data)


@versions
def test_artifacts_are_answers(version: Any) -> None:
    parser = read(
        [
            version.artifact("a", "It is "),
            version.artifact("b", "Tide"),
            version.artifact("a", "open.", append=True),
            version.artifact("b", " table", append=True),
            version.end("completed"),
        ]
    )
    assert [message.text for message in parser.messages] == ["It is open.", "Tide table"]
    assert [message.extra["artifactId"] for message in parser.messages] == ["a", "b"]
    assert [message.status for message in parser.messages] == ["complete"] * 2


@versions
def test_an_artifact_that_is_sent_again(version: Any) -> None:
    grown = [version.artifact("a", text) for text in ("It", "It is", "It is open.")]
    assert read([*grown, version.end("completed")]).message.text == "It is open."
    other = [*grown, version.artifact("a", "Shut."), version.end("completed", "Sorry.")]
    message = read(other).message
    assert message.content == [Text("Shut."), Text("Sorry.")]
    assert message.text == "Shut.Sorry."


@versions
def test_whole_results(version: Any) -> None:
    message = read([version.task("completed", "It is open.")]).message
    assert (message.id, message.text, message.status) == ("task-1", "It is open.", "complete")
    parser = read([version.message("Good morning.")])
    assert (parser.message.text, parser.message.status) == ("Good morning.", "complete")
    assert parser.ended
    working = read([version.task("working", "It is")]).message
    assert (working.text, working.status) == ("It is", "truncated")


def test_a_bare_task_of_1_0() -> None:
    message = read([New.task("completed", "It is open.")["task"]]).message
    assert (message.text, message.status) == ("It is open.", "complete")


@versions
@pytest.mark.parametrize(
    ("state", "status", "reason"),
    [
        ("canceled", "truncated", "cancelled"),
        ("rejected", "complete", "refusal"),
        ("input-required", "complete", "paused"),
        ("auth-required", "complete", "paused"),
        ("dreaming", "complete", "other"),
    ],
)
def test_states(version: Any, state: str, status: str, reason: str) -> None:
    message = read([version.artifact("a", "It is "), version.end(state, "Why?")]).message
    assert (message.status, message.finish_reason, message.text) == (status, reason, "It is Why?")


@versions
def test_errors(version: Any) -> None:
    message = read([version.artifact("a", "It is "), version.end("failed", "no map")]).message
    assert (message.status, message.text) == ("failed", "It is ")
    assert "no map" in str(message.error)
    error = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32603, "message": "no map"}}
    message = read(
        [{"jsonrpc": "2.0", "id": 1, "result": version.status("working")}, error], 0, bare=True
    ).message
    assert (message.status, str(message.error)) == ("failed", "-32603: no map")


@versions
@given(size=st.integers(1, 60))
def test_any_chunking(version: Any, size: int) -> None:
    assert read(answer(version), size).messages == read(answer(version)).messages


@versions
@pytest.mark.parametrize("records", [answer, with_final_text])
def test_a_cut_stream_is_never_complete(version: Any, records: Any) -> None:
    for place in range(1, len(records(version))):
        assert read(records(version)[:place]).message.status == "truncated"


@versions
def test_records_without_a_message_event_are_passed_on(version: Any) -> None:
    data = {"kind": "data", "data": {"n": 1}}
    record = version.artifact("a", "", append=True)
    record.get("artifactUpdate", record)["artifact"]["parts"] = [data]
    parser = MessageParser("a2a")
    events = [*parser.feed(version.artifact("a", "Hi")), *parser.feed(record)]
    user = version.message("Hello?", "user")
    events += parser.feed(user)
    passed = [(event.name, event.data) for event in events if event.type == "provider_event"]
    assert ("data", data) in passed
    assert ("message", user.get("message", user)) in passed
    assert parser.message.text == "Hi"
    assert parser.feed({"note": 1})[0].type == "provider_event"
