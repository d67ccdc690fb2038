"""Google Interactions API (`/v1beta/interactions`).

Source: https://ai.google.dev/api/interactions-api, the types of the google-genai SDK, and recorded
streams of the revision 2026-05-20. The events of the revision before it (`content.start`,
`content.delta`, `content.stop`, `interaction.start`, `interaction.complete`) are read as well.

Quirks that are handled here:
- The type of an event is `event_type`; every step has an `index`.
- A call starts with `arguments: {}`, which is used only if no `arguments_delta` follows.
- `id` (with `store: false`) and `signature` may be blank.
- A thought may have a signature without a text; the next turn needs it.
- `interaction.completed` ends the stream, and `[DONE]` may follow. It may have `steps` that repeat
  what was streamed; if their texts differ, they replace it.
- Live sessions end with a flat record: the status beside `event_type`, without `interaction`.

Calls of the provider's tools (`google_search_call`, `mcp_server_tool_call`, …) are server calls,
named by their own name or by their type without `_call`. Images, videos and documents are passed
on, and kept in the `extra` of an empty `Text`; audio is counted in an `Audio` part.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.calls import CallReader
from streamparse._answers.response import ResponseReader
from streamparse._core.growing import GrowingString
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
from streamparse._wires.base import (
    Wire,
    error_of,
    finish,
    keep_rest,
    note_rest,
    pass_on_rest,
    result_text,
)
from streamparse._wires.replays import Ids, Lane, checksum, index_of
from streamparse._wires.rewriting import take_texts_of_parts
from streamparse._wires.usage import sum_of
from streamparse.aliases import CallKind
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

__all__ = ["GoogleInteractions", "history", "tool_result"]

# The statuses of an interaction that are not common. "idle" is that of a session after its turn.
_REASONS: Final[dict[str, str]] = {
    "idle": "stop",
    "requires_action": "tool_calls",
    "requires_continuation": "paused",
    "incomplete": "length",
    "budget_exceeded": "length",
    "queued": "",
}
# The status that an event ends an interaction with, if it has none of its own.
_ENDS: Final[dict[str, str]] = {"interaction.cancelled": "cancelled"}

_RECORD: Final = frozenset(
    ("event_type", "event_id", "index", "step", "content", "delta", "metadata", "usage", "error")
) | frozenset(("interaction", "interaction_id", "status"))
# The members of an interaction in a flat terminal record.
_FLAT: Final = ("id", "status", "usage", "steps", "outputs", "error", "model", "agent")
_INTERACTION: Final = frozenset((*_FLAT, "object"))

# The types of content without text that the next turn may need.
_FILES: Final = frozenset(("image", "video", "document"))
_CONTENT: Final = _FILES | {"text", "audio"}
# The members of each object that are understood.
_OUTPUT: Final = frozenset(("type", "content"))
_THOUGHT: Final = frozenset(("type", "summary", "signature"))
_TEXT: Final = frozenset(("type", "text", "annotations"))
_CALL: Final = frozenset(("type", "id", "name", "arguments"))
_RESULT: Final = frozenset(("type", "call_id", "name", "result"))
# The types of calls without arguments.
_BARE: Final = frozenset(("file_search_call", "processing_call"))


class GoogleInteractions(Wire):
    """Reads the typed events of a stream, and whole interactions."""

    api: ClassVar[str] = "google-interactions"

    def __init__(self, response: ResponseReader) -> None:
        super().__init__(response)
        self.steps: dict[int | None, _Step] = {}
        self.texts: dict[str, list[_Step]] = {}  # the steps with text, by their type
        self.lane = Lane()
        self.sieve = Ids("event_id")
        # Whether this message continues an interaction that asks for it.
        self.continues: bool = True

    @classmethod
    def words(cls) -> frozenset[str]:
        return _RECORD.union(_INTERACTION, _HANDLERS)

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        return text_of(data.get("event_type")) in _HANDLERS or data.get("object") == "interaction"

    def history(self) -> Any:
        return history

    def write_result(self) -> Any:
        return tool_result

    def is_elsewhere(self, data: dict[str, Any]) -> bool:
        return self.lane.is_other(data)

    def total(self, data: dict[str, Any], event: str) -> int:
        delta = dict_of(data.get("delta"))
        content = dict_of(delta.get("content"))
        texts = [text_of(delta.get(name)) for name in ("type", "text", "arguments", "signature")]
        kind, index = text_of(data.get("event_type")), index_of(data.get("index"))
        return checksum(" ".join([*texts, kind, shown(index), text_of(content.get("text"))]))

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
        handler = _HANDLERS.get(kind)
        if handler is None or not is_index(number_of(data.get("index")) or 0):
            return False
        answer.begin(data.get("interaction_id"))
        if data.get("event_id"):  # to resume the stream; every event has one, so it is not noted
            answer.message.extra["event_id"] = data["event_id"]
        note_rest(answer, data, _RECORD)
        handler(self, answer, data)
        metadata = dict_of(data.get("metadata"))
        usage = metadata.get("total_usage") or metadata.get("usage") or data.get("usage")
        if isinstance(usage, dict) and not self.response.ended:
            answer.usage(_usage(usage))
        return True

    # Events.

    def _error(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        self.fail(data)

    def _ended(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        whole = dict_of(data.get("interaction"))
        whole = whole or {name: data[name] for name in _FLAT if name in data}
        self._interaction(answer, whole)
        self._complete(answer, whole, _ENDS.get(text_of(data.get("event_type")), ""))

    def _status_update(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        finish(answer, _status_of(data.get("status")), _REASONS)

    def _created(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        self._interaction(answer, dict_of(data.get("interaction")))

    def _step_start(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        self._start(answer, index_of(data.get("index")), _step_of(data))

    def _step_delta(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        self._delta(answer, index_of(data.get("index")), data.get("delta"))

    def _step_stop(self, answer: AnswerReader, data: dict[str, Any]) -> None:
        self._stop(answer, index_of(data.get("index")))

    # The interaction.

    def _interaction(self, answer: AnswerReader, interaction: dict[str, Any]) -> None:
        answer.begin(interaction.get("id"), interaction.get("model") or interaction.get("agent"))
        note_rest(answer, interaction, _INTERACTION)

    def _complete(
        self, answer: AnswerReader, interaction: dict[str, Any], status: str = ""
    ) -> None:
        """Read a whole interaction, or the end of a streamed one; `status` is that of its event."""
        steps = list_of(interaction.get("steps") or interaction.get("outputs"))
        if self.steps:
            self._confirm(answer, steps)
        else:
            for index, step in enumerate(steps):
                self._start(answer, index, _as_step(step))
                self._stop(answer, index)
        usage = interaction.get("usage")
        if isinstance(usage, dict):
            answer.usage(_usage(usage))
        status = status or _status_of(interaction.get("status"))
        finish(answer, status, _REASONS)
        error = interaction.get("error")
        if status == "failed" and not error:
            error = interaction.get("status")
        if error:
            answer.fail(error_of({"error": error}))
        elif self.continues and status == "requires_continuation":
            # The client may ask for the rest, which is an interaction of its own.
            self.steps = {}
            self.texts = {}
            return
        self.response.end()

    def _confirm(self, answer: AnswerReader, steps: list[Any]) -> None:
        """Read the final steps, whose texts replace streamed ones that differ."""
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
            pass_on_rest(answer, start, _OUTPUT)
        elif kind == "thought":
            for content in list_of(start.get("summary")):
                self._summary(answer, step, content)
            self._signature(answer, step, start)
            pass_on_rest(answer, start, _THOUGHT)
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

    def _stop(self, answer: AnswerReader, index: int | None) -> None:
        step = self.steps.get(index)
        if step is None or step.stopped:
            return
        step.stopped = True
        if step.result is not None:
            answer.complete_result(step.result)
        if step.reader is not None:
            if step.given is not None and not step.reader.received:
                step.reader.feed_value(step.given)
            step.reader.end()

    # The content of a step.

    def _content(self, answer: AnswerReader, step: _Step, content: Any) -> None:
        kind = text_of(content.get("type")) if isinstance(content, dict) else ""
        if kind == "text":
            text = text_of(content.get("text"))
            if text:
                if step.text is None:
                    step.text = Text()
                    step.parts.append(step.text)
                    if answer.texts.reader is None:
                        answer.add(step.text)
                step.is_read = step.is_read or answer.texts.reader is not None
                answer.text(text, step.text)
            _cite(answer, content)
            pass_on_rest(answer, content, _TEXT)
            return
        if kind == "audio" and isinstance(content.get("data"), str):
            answer.audio(content["data"], None, None, text_of(content.get("mime_type")) or None)
            return
        answer.pass_on(kind or "content", content)
        if kind in _FILES:
            answer.add(Text("", dict(content)))
            step.text = None  # more text follows it

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
        """Read a call or more of it."""
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
        keep_rest(answer.room, reader.call.extra, source, _CALL)

    def _result(self, answer: AnswerReader, step: _Step, source: dict[str, Any]) -> None:
        """Read the result of a server call or more of it; lists and texts grow."""
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
        step.grow_result(part, source.get("result"))
        keep_rest(answer.room, part.extra, source, _RESULT)


def _status_of(status: Any) -> str:
    """Return the status; a live session sends a code of gRPC, of which 0 is success."""
    if isinstance(status, dict):
        code = number_of(status.get("code")) or 0
        return {0: "completed", 1: "cancelled"}.get(code, "failed")
    return text_of(status)


class _Step:
    """One step, with the parts of the message that it fills."""

    __slots__ = (
        "given",
        "is_read",
        "kind",
        "parts",
        "reader",
        "result",
        "result_text",
        "stopped",
        "text",
        "thought",
    )

    _init_types: ClassVar[tuple[Any, ...]] = (str,)

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.text: Text | None = None
        self.parts: list[GrowingText] = []  # all parts with text
        self.is_read: bool = False  # whether a format has read the text, and put it elsewhere
        self.thought: Reasoning | None = None
        self.reader: CallReader | None = None
        self.result: ServerToolResult | None = None
        self.result_text: GrowingString = GrowingString()
        self.stopped: bool = False
        self.given: Any = None  # arguments as an object, for the end of the step

    def thought_in(self, answer: AnswerReader) -> Reasoning:
        """Return the part of this thought; a new one with the first text or signature."""
        if self.thought is None:
            self.thought = Reasoning()
            self.parts.append(self.thought)
            answer.add(self.thought)
        return self.thought

    def grow_result(self, part: ServerToolResult, more: Any) -> None:
        """Add to a result: lists and texts grow, anything else replaces the result."""
        if isinstance(more, list):
            known = list_of(part.content)
            known.extend(more)
            part.content = known
        elif isinstance(more, str):
            if not isinstance(part.content, str):
                self.result_text = GrowingString()
            part.content = None  # the only reference to the text is now that of `result_text`
            self.result_text.append(more)
            part.content = self.result_text.value
        elif more is not None:
            part.content = more


def _text_in(step: dict[str, Any]) -> str:
    """Return the text of a whole step."""
    contents = [*list_of(step.get("content")), *list_of(step.get("summary"))]
    return "".join([text_of(dict_of(content).get("text")) for content in contents])


def _replace(answer: AnswerReader, step: _Step, whole: str) -> bool:
    """Replace the text of a step if it is another one; return whether it is."""
    known = "".join([part.text for part in step.parts])
    if step.is_read or not step.parts or whole == known:
        return False
    member = "reasoning" if step.kind == "thought" else "text"
    answer.pass_on(f"replaced_{member}", {"type": step.kind, "text": whole})
    for place, part in enumerate(step.parts):
        part.text = "" if place else whole
    return True


# The type of the step of a delta, if the stream lacks its start.
_TYPE_OF_DELTA: Final[dict[str, str]] = {
    "arguments_delta": "function_call",
    "thought_summary": "thought",
    "thought_signature": "thought",
    "text_annotation_delta": "model_output",
    **dict.fromkeys(_CONTENT, "model_output"),
}


def _step_of(data: dict[str, Any]) -> Any:
    """Return the step that starts; events of the older revision have its content instead."""
    return data["step"] if data.get("step") is not None else _as_step(data.get("content"))


def _as_step(step: Any) -> Any:
    """Return content of the older revision as a step of the current one."""
    if isinstance(step, dict) and text_of(step.get("type")) in _CONTENT:
        return {"type": "model_output", "content": [step]}
    return step


def _cite(answer: AnswerReader, source: dict[str, Any]) -> None:
    for annotation in list_of(source.get("annotations")):
        answer.add(Citation(annotation))


def _usage(raw: dict[str, Any]) -> Usage:
    return Usage(
        input_tokens=sum_of(raw.get("total_input_tokens"), raw.get("total_tool_use_tokens")),
        cached_tokens=number_of(raw.get("total_cached_tokens")),
        output_tokens=sum_of(raw.get("total_output_tokens"), raw.get("total_thought_tokens")),
        reasoning_tokens=number_of(raw.get("total_thought_tokens")),
        total_tokens=number_of(raw.get("total_tokens")),
        raw=raw,
    )


# The method that reads each type of event.
_HANDLERS: Final[dict[str, Callable[[GoogleInteractions, AnswerReader, dict[str, Any]], None]]] = {
    "interaction.connected": GoogleInteractions._created,
    "interaction.created": GoogleInteractions._created,
    "interaction.start": GoogleInteractions._created,
    "interaction.status_update": GoogleInteractions._status_update,
    "interaction.completed": GoogleInteractions._ended,
    "interaction.complete": GoogleInteractions._ended,
    "interaction.cancelled": GoogleInteractions._ended,
    "step.start": GoogleInteractions._step_start,
    "step.delta": GoogleInteractions._step_delta,
    "step.stop": GoogleInteractions._step_stop,
    "content.start": GoogleInteractions._step_start,
    "content.delta": GoogleInteractions._step_delta,
    "content.stop": GoogleInteractions._step_stop,
    "error": GoogleInteractions._error,
}


# The next turn.


def history(message: Message) -> list[dict[str, Any]]:
    """Return the steps of this answer, for the `input` of the next interaction.

    The API documents this for callers who keep the conversation themselves (`store: false`). If the
    server keeps it, send `previous_interaction_id=message.id` and only the new input instead. Calls
    that are not complete are left out.
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


def tool_result(call: ToolCall, value: Any, error: bool) -> dict[str, Any]:
    """A step of the `input`. Its result is an object or text."""
    result = value if isinstance(value, dict) else result_text(value, False)
    named = {"call_id": call.id or f"call_{call.index}", "name": call.name}
    marked = {"is_error": True} if error else {}
    return {"type": "function_result", **named, "result": result, **marked}


def _content_back(steps: list[dict[str, Any]], part: Part) -> None:
    """Add content to the last step if that is output, or an annotation to the text before it."""
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
    # A call that was written in the text has no type.
    back: dict[str, Any] = {"type": "function_call", **call.extra}
    back["id"] = call.id or f"call_{call.index}"
    if call.kind == "function" or call.extra.get("type") == "mcp_server_tool_call":
        back["name"] = call.name
    if call.extra.get("type") not in _BARE or call.arguments:
        back["arguments"] = call.arguments
    return back
