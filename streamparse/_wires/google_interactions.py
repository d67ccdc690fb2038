"""Google Interactions API (`/v1beta/interactions`).

Source: https://ai.google.dev/api/interactions-api, the types of the google-genai SDK, and recorded
streams of the revision 2026-05-20. The events of the revision before it (`content.start`,
`content.delta`, `content.stop`, `interaction.start`, `interaction.complete`) are read as well.

Quirks that are handled here:
- The type of an event is `event_type`; every step has an `index`.
- A call starts with `arguments: {}`, which only counts if no `arguments_delta` follows.
- A blank `id` (`store: false`) or `signature` says nothing.
- A thought may consist of nothing but its signature, which the next turn needs.
- `interaction.completed` ends the stream, and `[DONE]` may follow; its `steps` may be missing.
  Where they are there they repeat what was streamed, and their texts are the last word.
- Live sessions end with a flat record: the status beside `event_type`, without `interaction`.

What the provider runs itself (`google_search_call`, `mcp_server_tool_call`, …) are server calls
named without `_call`, or by their own name. Pictures, videos and documents are passed on, and kept
in the `extra` of an empty `Text`; sound is passed on only.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.calls import CallReader
from streamparse._answers.response import ResponseReader
from streamparse._core.plain import (
    dict_of,
    is_index,
    is_something,
    list_of,
    number_of,
    shown,
    text_of,
)
from streamparse._core.room import check_name
from streamparse._wires.base import Wire, provider_error
from streamparse._wires.replays import Lane, SeenIds, index_of
from streamparse._wires.rewriting import take_texts_of_parts
from streamparse.aliases import CallKind
from streamparse.errors import ProviderError
from streamparse.message import (
    Citation,
    GrowingText,
    Message,
    Part,
    Reasoning,
    ServerToolResult,
    Text,
    ToolCall,
    Usage,
)

__all__ = ["GoogleInteractions", "history"]

# The statuses with which an interaction stops. "idle" is that of a session whose turn is over.
REASONS: Final[dict[str, str]] = {
    "completed": "stop",
    "idle": "stop",
    "requires_action": "tool_calls",
    "requires_continuation": "paused",
    "incomplete": "length",
    "budget_exceeded": "length",
    "failed": "error",
    "cancelled": "cancelled",
}
_RUNNING: Final = frozenset(("", "in_progress", "queued"))

# Events that end an interaction, with the status of those that need none.
_ENDS: Final[dict[str, str]] = {
    "interaction.completed": "",
    "interaction.complete": "",
    "interaction.cancelled": "cancelled",
}
_EVENTS: Final = frozenset(
    (
        "interaction.created",
        "interaction.start",
        "interaction.status_update",
        "step.start",
        "step.delta",
        "step.stop",
        "content.start",
        "content.delta",
        "content.stop",
        "error",
    )
)
_RECORD: Final = frozenset(
    ("event_type", "event_id", "index", "step", "content", "delta", "metadata", "usage", "error")
) | frozenset(("interaction", "interaction_id", "status", "stream_id"))
# Members of a flat terminal record that an interaction has.
_FLAT: Final = ("id", "status", "usage", "steps", "outputs", "error", "model", "agent")
_INTERACTION: Final = frozenset(
    ("id", "object", "model", "agent", "status", "usage", "steps", "outputs", "error")
)

# Content of the model without text, which the next turn may need.
_FILES: Final = frozenset(("image", "video", "document"))
_CONTENT: Final = _FILES | {"text", "audio"}
# Calls that have no arguments at all.
_BARE: Final = frozenset(("file_search_call", "processing_call"))


class GoogleInteractions(Wire):
    """The typed events of a stream, and whole interactions."""

    api: ClassVar[str] = "google-interactions"

    def __init__(self, response: ResponseReader) -> None:
        super().__init__(response)
        self.steps: dict[int | None, _Step] = {}
        self.texts: dict[str, list[_Step]] = {}  # steps with text, by type
        self.lane = Lane()
        self.ids = SeenIds()

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        kind = text_of(data.get("event_type"))
        return kind in _EVENTS or kind in _ENDS or data.get("object") == "interaction"

    def history(self) -> Any:
        return history

    def is_replay(self, data: dict[str, Any], event: str) -> bool:
        """Events have an id, from which a stream can be resumed."""
        identity = text_of(data.get("event_id"))
        if not identity or self.lane.is_other(data):
            return False
        delta = dict_of(data.get("delta"))
        content = dict_of(delta.get("content"))
        texts = [text_of(delta.get(name)) for name in ("type", "text", "arguments", "signature")]
        kind, index = text_of(data.get("event_type")), index_of(data.get("index"))
        texts += [kind, shown(index), text_of(content.get("text"))]
        return self.ids.is_replay(identity, " ".join(texts))

    def record(self, data: dict[str, Any], event: str) -> bool:
        answer = self.response.first
        kind = text_of(data.get("event_type"))
        if self.lane.is_other(data):
            answer.pass_on(kind or "record", data)
            return True
        if not kind and data.get("object") == "interaction":
            self._interaction(answer, data)
            self._complete(answer, data)
            return True
        index = number_of(data.get("index"))
        if (kind not in _EVENTS and kind not in _ENDS) or not is_index(index or 0):
            return False
        answer.begin(data.get("interaction_id"))
        if data.get("event_id"):  # to resume the stream; in every event, so it has none here
            answer.message.extra["event_id"] = data["event_id"]
        for key in data:
            if (key not in _RECORD or key == "stream_id") and is_something(data[key]):
                answer.note(key, data[key])
        self._event(answer, kind, data)
        metadata = dict_of(data.get("metadata"))
        usage = metadata.get("total_usage") or metadata.get("usage") or data.get("usage")
        if isinstance(usage, dict) and not self.response.ended:
            answer.usage(_usage(usage))
        return True

    def _event(self, answer: AnswerReader, kind: str, data: dict[str, Any]) -> None:
        interaction = dict_of(data.get("interaction"))
        what = kind.partition(".")[2]
        index = index_of(data.get("index"))
        if kind == "error":
            failure = provider_error(data, "" if data.get("error") else "error")
            assert failure is not None
            self.response.fail(failure)
        elif kind in _ENDS:
            whole = interaction or {name: data[name] for name in _FLAT if name in data}
            self._interaction(answer, whole)
            self._complete(answer, whole, _ENDS[kind])
        elif kind == "interaction.status_update":
            self._finish(answer, text_of(data.get("status")))
        elif interaction:
            self._interaction(answer, interaction)
        elif what == "start":
            self._start(answer, index, _step_of(data))
        elif what == "delta":
            self._delta(answer, index, data.get("delta"))
        elif what == "stop":
            self._stop(index)

    # The whole.

    def _interaction(self, answer: AnswerReader, interaction: dict[str, Any]) -> None:
        answer.begin(interaction.get("id"), interaction.get("model") or interaction.get("agent"))
        for key in interaction:
            if key not in _INTERACTION and is_something(interaction[key]):
                answer.note(key, interaction[key])

    def _complete(
        self, answer: AnswerReader, interaction: dict[str, Any], status: str = ""
    ) -> None:
        """A whole interaction, or the end of a streamed one; `status`: what its event says."""
        steps = list_of(interaction.get("steps") or interaction.get("outputs"))
        if self.steps:
            self._confirm(answer, steps)
        else:
            for index, step in enumerate(steps):
                self._start(answer, index, _as_step(step))
                self._stop(index)
        usage = interaction.get("usage")
        if isinstance(usage, dict):
            answer.usage(_usage(usage))
        self._finish(answer, status or text_of(interaction.get("status")))
        error = interaction.get("error")
        if error:
            failure = provider_error({"error": error})
            assert isinstance(failure, ProviderError)
            answer.fail(failure)
        elif interaction.get("status") == "requires_continuation":
            # The client may have asked for the rest, which is an interaction of its own.
            self.steps = {}
            self.texts = {}
            return
        self.response.end()

    def _finish(self, answer: AnswerReader, status: str) -> None:
        if status not in _RUNNING:
            answer.finish(REASONS.get(status, "other"), status)

    def _confirm(self, answer: AnswerReader, steps: list[Any]) -> None:
        """The final steps repeat what was streamed; of texts that differ theirs hold."""
        final: dict[str, list[str]] = {}
        for data in map(dict_of, map(_as_step, steps)):
            if text := _text_in(data):
                final.setdefault(text_of(data.get("type")), []).append(text)
        replaced = False
        for kind, texts in final.items():
            streamed = self.texts.get(kind, [])
            if len(streamed) == len(texts):
                for step, text in zip(streamed, texts, strict=True):
                    replaced = _replace(answer, step, text) or replaced
        if replaced:
            take_texts_of_parts(self.response)

    # Steps.

    def _begin(self, index: int | None, kind: str) -> _Step:
        step = self.steps[index] = _Step(kind)
        if kind in ("model_output", "thought"):
            self.texts.setdefault(kind, []).append(step)
        return step

    def _start(self, answer: AnswerReader, index: int | None, start: Any) -> None:
        if not isinstance(start, dict):
            answer.pass_on("step", start)
            return
        kind = text_of(start.get("type"))
        step = self._begin(index, kind)
        if kind == "model_output":
            for content in list_of(start.get("content")):
                self._content(answer, step, content)
            _pass_on(answer, start, ("type", "content"))
        elif kind == "thought":
            for content in list_of(start.get("summary")):
                self._summary(answer, step, content)
            self._signature(answer, step, start)
            _pass_on(answer, start, ("type", "summary", "signature"))
        elif kind.endswith("_call"):
            self._call(answer, step, start)
        elif kind.endswith("_result"):
            self._result(answer, step, start)
        else:
            answer.pass_on("step", start)

    def _delta(self, answer: AnswerReader, index: int | None, delta: Any) -> None:
        if not isinstance(delta, dict):
            answer.pass_on("delta", delta)
            return
        kind = text_of(delta.get("type"))
        step = self.steps.get(index)
        if step is None:
            step = self._begin(index, _TYPE_OF_DELTA.get(kind, kind))
        if kind in _CONTENT:
            self._content(answer, step, delta)
        elif kind == "text_annotation_delta":
            _cite(answer, delta)
        elif kind == "thought_summary":
            self._summary(answer, step, delta.get("content"))
        elif kind == "thought_signature":
            self._signature(answer, step, delta)
        elif kind == "arguments_delta" or kind.endswith("_call"):
            self._call(answer, step, delta)
        elif kind.endswith("_result"):
            self._result(answer, step, delta)
        else:
            answer.pass_on("delta", delta)

    def _stop(self, index: int | None) -> None:
        step = self.steps.get(index)
        if step is not None and step.reader is not None:
            if step.given is not None and not step.reader.received:
                step.reader.feed_value(step.given)
            step.reader.end()

    # What is in a step.

    def _content(self, answer: AnswerReader, step: _Step, content: Any) -> None:
        kind = text_of(content.get("type")) if isinstance(content, dict) else ""
        if kind == "text":
            text = text_of(content.get("text"))
            if text:
                if step.text is None:
                    step.text = Text()
                    step.parts.append(step.text)
                    if answer.reader is None:
                        answer.add(step.text)
                step.is_read = step.is_read or answer.reader is not None
                answer.text(text, step.text)
            _cite(answer, content)
            _pass_on(answer, content, ("type", "text", "annotations"))
            return
        answer.pass_on(kind or "content", content)
        if kind in _FILES:
            answer.add(Text("", dict(content)))
            step.text = None  # more text comes after it

    def _summary(self, answer: AnswerReader, step: _Step, content: Any) -> None:
        text = text_of(content.get("text")) if isinstance(content, dict) else text_of(content)
        if text:
            answer.reasoning(text, step.thought_in(answer))
        elif is_something(content) and dict_of(content).get("type") != "text":
            answer.pass_on("thought_summary", content)

    def _signature(self, answer: AnswerReader, step: _Step, source: dict[str, Any]) -> None:
        if source.get("signature"):
            answer.room.put(step.thought_in(answer).extra, "signature", source["signature"])

    def _call(self, answer: AnswerReader, step: _Step, source: dict[str, Any]) -> None:
        """A call, or more of it."""
        reader = step.reader
        starts = reader is None
        if reader is None:
            kind = step.kind
            name = text_of(source.get("name")) or None
            if kind != "function_call":
                name = name or kind.removesuffix("_call")
            whose: CallKind = "function" if kind == "function_call" else "server"
            reader = step.reader = answer.call(text_of(source.get("id")) or None, name, whose)
            reader.call.extra["type"] = kind
        else:
            if text_of(source.get("id")):
                reader.set_id(source["id"])
            if text_of(source.get("name")):
                reader.set_name(source["name"])
        arguments = source.get("arguments")
        if isinstance(arguments, str):
            reader.feed(arguments)
        elif starts:
            step.given = arguments
        elif arguments:
            reader.feed_value(arguments)
        for key in source:
            if key not in ("type", "id", "name", "arguments") and is_something(source[key]):
                answer.room.put(reader.call.extra, key, source[key])

    def _result(self, answer: AnswerReader, step: _Step, source: dict[str, Any]) -> None:
        """What a server call gave, or more of it; lists grow."""
        part = step.result
        if part is None:
            part = step.result = ServerToolResult(None, step.kind.removesuffix("_result"))
            part.extra["type"] = step.kind
            answer.add(part)
        part.call_id = text_of(source.get("call_id")) or part.call_id
        if text_of(source.get("name")):
            check_name(source["name"], answer.limits)
            part.name = source["name"]
            part.extra["name"] = source["name"]
        answer.room.keep(source.get("result"))
        _grow(part, source.get("result"))
        for key in source:
            if key not in ("type", "call_id", "name", "result") and is_something(source[key]):
                answer.room.put(part.extra, key, source[key])


class _Step:
    """One step: what of the message it fills."""

    __slots__ = ("given", "is_read", "kind", "parts", "reader", "result", "text", "thought")

    init_types: ClassVar[tuple[Any, ...]] = (str,)

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.text: Text | None = None
        self.parts: list[GrowingText] = []  # all parts with text
        self.is_read: bool = False  # has a format read the text, and put it elsewhere?
        self.thought: Reasoning | None = None
        self.reader: CallReader | None = None
        self.result: ServerToolResult | None = None
        self.given: Any = None  # arguments as an object, for the end of the step

    def thought_in(self, answer: AnswerReader) -> Reasoning:
        """The part for this thought; made when there is something to say."""
        if self.thought is None:
            self.thought = Reasoning()
            self.parts.append(self.thought)
            answer.add(self.thought)
        return self.thought


def _text_in(step: dict[str, Any]) -> str:
    """All text of a whole step."""
    contents = [*list_of(step.get("content")), *list_of(step.get("summary"))]
    return "".join([text_of(dict_of(content).get("text")) for content in contents])


def _replace(answer: AnswerReader, step: _Step, whole: str) -> bool:
    """Make this the text of the step, if it is another one; whether it is."""
    told = "".join([part.text for part in step.parts])
    if step.is_read or not step.parts or whole == told:
        return False
    member = "reasoning" if step.kind == "thought" else "text"
    answer.pass_on(f"replaced_{member}", {"type": step.kind, "text": whole})
    for place, part in enumerate(step.parts):
        part.text = "" if place else whole
    return True


def _grow(part: ServerToolResult, result: Any) -> None:
    """More of a result: lists and texts go on, anything else is whole."""
    if isinstance(result, list) and isinstance(part.content, list):
        part.content.extend(result)
    elif isinstance(result, list):
        part.content = list(result)
    elif isinstance(result, str) and isinstance(part.content, str):
        whole = part.content
        part.content = ""  # the only reference is now the local one
        whole += result
        part.content = whole
    elif result is not None:
        part.content = result


# The step that a delta belongs to, where its start was not seen.
_TYPE_OF_DELTA: Final[dict[str, str]] = {
    "arguments_delta": "function_call",
    "thought_summary": "thought",
    "thought_signature": "thought",
    "text_annotation_delta": "model_output",
    **dict.fromkeys(_CONTENT, "model_output"),
}


def _step_of(data: dict[str, Any]) -> Any:
    """The step that starts; in the older revision its content."""
    return data["step"] if data.get("step") is not None else _as_step(data.get("content"))


def _as_step(step: Any) -> Any:
    """Content of the older revision, as the step it now stands in."""
    if isinstance(step, dict) and text_of(step.get("type")) in _CONTENT:
        return {"type": "model_output", "content": [step]}
    return step


def _cite(answer: AnswerReader, source: dict[str, Any]) -> None:
    for annotation in list_of(source.get("annotations")):
        answer.add(Citation(annotation))


def _pass_on(answer: AnswerReader, source: dict[str, Any], understood: tuple[str, ...]) -> None:
    for key in source:
        if key not in understood and is_something(source[key]):
            answer.pass_on(key, source[key])


def _usage(raw: dict[str, Any]) -> Usage:
    return Usage(
        input_tokens=_sum(raw.get("total_input_tokens"), raw.get("total_tool_use_tokens")),
        cached_tokens=number_of(raw.get("total_cached_tokens")),
        output_tokens=_sum(raw.get("total_output_tokens"), raw.get("total_thought_tokens")),
        reasoning_tokens=number_of(raw.get("total_thought_tokens")),
        total_tokens=number_of(raw.get("total_tokens")),
        raw=raw,
    )


def _sum(*counts: Any) -> int | None:
    known = [count for count in map(number_of, counts) if count is not None]
    return sum(known) if known else None


# The next turn.


def history(message: Message) -> list[dict[str, Any]]:
    """The steps of this answer, to be added to the `input` of the next interaction.

    That is what the API documents for callers who keep the conversation themselves (`store:
    false`). Who lets the server keep it sends `previous_interaction_id=message.id` instead, and
    only what is new as `input`. Calls that are not complete are left out.
    """
    steps: list[dict[str, Any]] = []
    for part in message.content:
        if isinstance(part, (Text, Citation)):
            _content_back(steps, part)
        elif isinstance(part, Reasoning):
            if part.text or part.extra:
                steps.append(_thought_back(part))
        elif isinstance(part, ToolCall):
            if part.status == "complete":
                steps.append(_call_back(part))
        elif isinstance(part, ServerToolResult):
            steps.append({**part.extra, "call_id": part.call_id, "result": part.content})
    if all(step["type"] == "thought" for step in steps):
        return []  # thoughts that led to nothing
    return steps


def _content_back(steps: list[dict[str, Any]], part: Part) -> None:
    """Content, in the output that the last step is; an annotation, beside the text before it."""
    if isinstance(part, Citation):
        texts = [
            content
            for step in steps[-1:]
            for content in step.get("content", ())
            if content["type"] == "text"
        ]
        if texts:
            texts[-1].setdefault("annotations", []).append(part.data)
    elif isinstance(part, Text) and (part.text or part.extra):
        if not steps or steps[-1]["type"] != "model_output":
            steps.append({"type": "model_output", "content": []})
        text = {"type": "text", "text": part.text}
        steps[-1]["content"].append(dict(part.extra) if part.extra else text)


def _thought_back(part: Reasoning) -> dict[str, Any]:
    back: dict[str, Any] = {"type": "thought", **part.extra}
    if part.text:
        back["summary"] = [{"type": "text", "text": part.text}]
    return back


def _call_back(call: ToolCall) -> dict[str, Any]:
    back: dict[str, Any] = {**call.extra, "id": call.id or f"call_{call.index}"}
    if call.kind == "function" or call.extra.get("type") == "mcp_server_tool_call":
        back["name"] = call.name
    if call.extra.get("type") not in _BARE or call.arguments:
        back["arguments"] = call.arguments
    return back
