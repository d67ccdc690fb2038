"""Agent2Agent (A2A) 0.3 and 1.0: the updates of a task, and whole tasks and messages.

Source: https://a2a-protocol.org/latest/specification/, the types of the a2a SDK, and recorded
streams of 0.3. The router opens the JSON-RPC envelope.

An artifact is an answer, because several may grow at the same time: the first one is choice 0.

Quirks that are handled here:
- 0.3 has `kind` in a record, 1.0 has one member whose name is the kind. States of 1.0 begin with
  `TASK_STATE_`.
- The stream of 0.3 ends with `final`. That of 1.0 ends with a state that cannot change.
- Many agents send their text only in the message of the last status. The messages of earlier
  states report progress, and agents repeat them in the artifact, so they are passed on.
- An artifact without `append` replaces its earlier content.
- The server keeps the conversation: send `message.extra["contextId"]`, and no history.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.response import ResponseReader
from streamparse._core.plain import dict_of, is_something, list_of, text_of
from streamparse._wires.base import Wire, note_rest
from streamparse._wires.rewriting import take_texts_of_parts
from streamparse.message import Text

__all__ = ["A2A"]

# The member of a record of 1.0 for each kind of 0.3.
_MEMBERS: Final[dict[str, str]] = {
    "task": "task",
    "message": "message",
    "statusUpdate": "status-update",
    "artifactUpdate": "artifact-update",
}
_PREFIX: Final = "task-state-"
_GOES_ON: Final = frozenset(("", "submitted", "working", "unknown", "unspecified"))
_TERMINAL: Final = frozenset(("completed", "canceled", "failed", "rejected"))
# `failed` is an error of the provider.
_REASONS: Final[dict[str, str]] = {
    "completed": "stop",
    "canceled": "cancelled",
    "rejected": "refusal",
    "input-required": "paused",
    "auth-required": "paused",
}
_TASK: Final = frozenset(("kind", "id", "status", "artifacts", "history"))
_MESSAGE: Final = frozenset(("kind", "messageId", "role", "parts", "taskId"))
_STATUS: Final = frozenset(("kind", "taskId", "status", "final"))
_ARTIFACT: Final = frozenset(("kind", "taskId", "artifact", "append", "lastChunk"))


class A2A(Wire):
    """Reads the updates of one task."""

    api: ClassVar[str] = "a2a"

    def __init__(self, response: ResponseReader) -> None:
        super().__init__(response)
        self.artifacts: dict[str, AnswerReader] = {}  # by their ids
        self.texts: dict[str, Text] = {}  # of each artifact

    @classmethod
    def words(cls) -> frozenset[str]:
        return _STATUS.union(_ARTIFACT, _MESSAGE, _MEMBERS, _HANDLERS)

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        kind, body = _opened(data)
        if kind == "message":
            return isinstance(body.get("parts"), list) and "role" in body
        if kind == "artifact-update":
            return isinstance(body.get("artifact"), dict)
        return bool(kind) and "state" in dict_of(body.get("status"))

    def record(self, data: dict[str, Any], event: str) -> bool:
        kind, body = _opened(data)
        handler = _HANDLERS.get(kind)
        if handler is None:
            return False
        handler(self, body)
        return True

    def _begin(self, body: dict[str, Any], task: str, known: frozenset[str]) -> None:
        first = self.response.first
        first.begin(body.get(task))
        note_rest(first, body, known)

    # The kinds of records.

    def _task(self, body: dict[str, Any]) -> None:
        self._begin(body, "id", _TASK)
        for artifact in map(dict_of, list_of(body.get("artifacts"))):
            self._read_artifact(artifact, False)
        self._read_status(dict_of(body.get("status")))

    def _message(self, body: dict[str, Any]) -> None:
        first = self.response.first
        self._begin(body, "messageId", _MESSAGE)
        if not _is_of_agent(body):
            first.pass_on("message", body)
            return
        self._parts(first, list_of(body.get("parts")))
        self.response.finish("stop", "message")
        self.response.end()

    def _status_update(self, body: dict[str, Any]) -> None:
        self._begin(body, "taskId", _STATUS)
        status = dict_of(body.get("status"))
        self._read_status(status)
        final = body.get("final")
        if final is True or (final is None and _state_of(status) in _TERMINAL):
            self.response.end()

    def _artifact_update(self, body: dict[str, Any]) -> None:
        self._begin(body, "taskId", _ARTIFACT)
        self._read_artifact(dict_of(body.get("artifact")), body.get("append") is True)

    # The content of records.

    def _read_status(self, status: dict[str, Any]) -> None:
        first = self.response.first
        state = _state_of(status)
        message = dict_of(status.get("message"))
        if state in _GOES_ON:
            if message:
                first.pass_on("status-update", status)
            return
        parts = list_of(message.get("parts"))
        if state == "failed":
            self.fail({"error": {"message": _text_of_parts(parts), "code": state}})
            return
        self._parts(first, parts, Text())
        if state:
            self.response.finish(_REASONS.get(state, "other"), text_of(status.get("state")))

    def _read_artifact(self, artifact: dict[str, Any], append: bool) -> None:
        identity = text_of(artifact.get("artifactId"))
        answer = self.artifacts.get(identity)
        parts = list_of(artifact.get("parts"))
        if answer is None:
            answer = self.artifacts[identity] = self.response.at(len(self.artifacts))
            answer.begin()
            self.texts[identity] = Text()
            for name in ("artifactId", "name", "description"):
                if is_something(artifact.get(name)):
                    answer.note(name, artifact[name])
        elif not append:
            parts = self._without_known(answer, self.texts[identity], artifact)
        self._parts(answer, parts, self.texts[identity])

    def _without_known(
        self, answer: AnswerReader, known: Text, artifact: dict[str, Any]
    ) -> list[Any]:
        """Return the new parts of an artifact that is sent again; replace a text that differs."""
        parts = list_of(artifact.get("parts"))
        text = _text_of_parts(parts)
        others = [part for part in parts if not isinstance(dict_of(part).get("text"), str)]
        if text.startswith(known.text):
            return [{"text": text[len(known.text) :]}, *others]
        answer.pass_on("artifact", artifact)
        known.text = text
        take_texts_of_parts(self.response, answer)
        return []

    def _parts(self, answer: AnswerReader, parts: list[Any], into: Text | None = None) -> None:
        for part in parts:
            text = dict_of(part).get("text")
            if isinstance(text, str):
                self._text(answer, text, into)
            else:
                answer.pass_on(text_of(dict_of(part).get("kind")) or "part", part)

    def _text(self, answer: AnswerReader, text: str, into: Text | None) -> None:
        if into is None or answer.texts.reader is not None:
            answer.text(text)
        elif text:
            if not any([part is into for part in answer.message.content]):
                answer.add(into)
            answer.text(text, into)


_HANDLERS: Final[dict[str, Callable[[A2A, dict[str, Any]], None]]] = {
    "task": A2A._task,
    "message": A2A._message,
    "status-update": A2A._status_update,
    "artifact-update": A2A._artifact_update,
}


def _opened(data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the kind of a record and its content; the kind is "" for other records."""
    kind = text_of(data.get("kind"))
    if kind in _HANDLERS:
        return kind, data
    for name, kind in _MEMBERS.items():
        body = data.get(name)
        if isinstance(body, dict):
            return kind, body
    is_task = _state_of(dict_of(data.get("status")), bare=True) != ""
    return ("task", data) if is_task else ("", data)


def _state_of(status: dict[str, Any], bare: bool = False) -> str:
    """Return the state without its prefix; if `bare`, "" for a state without the prefix."""
    state = text_of(status.get("state")).lower().replace("_", "-")
    if bare and not state.startswith(_PREFIX):
        return ""
    return state.removeprefix(_PREFIX)


def _is_of_agent(message: dict[str, Any]) -> bool:
    return text_of(message.get("role")).lower().endswith("agent")


def _text_of_parts(parts: list[Any]) -> str:
    return "".join([text_of(dict_of(part).get("text")) for part in parts])
