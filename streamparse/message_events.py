"""The events that report the progress of an answer.

Every event of an answer has `choice`, the index of the answer, which is 0 unless `n > 1` or in a
session. Events refer to the live call and message, which continue to grow. `to_dict()` returns
plain data.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, TypeAlias

from streamparse._core._marks import mypyc_attr
from streamparse._core.deep_path import SharedPath, steps_of
from streamparse._core.events import Reporter
from streamparse._core.flat import equal
from streamparse._core.shown import safe_repr
from streamparse.aliases import ValueKind
from streamparse.errors import StreamParseError
from streamparse.message import (
    Message,
    ServerToolResult,
    ToolCall,
    Usage,
    error_to_dict,
    pack,
    unpack,
)
from streamparse.paths import Path

__all__ = [
    "AnyMessageEvent",
    "AnySessionEvent",
    "ArgumentCompleted",
    "ArgumentDelta",
    "ArgumentStarted",
    "AudioDelta",
    "InputCompleted",
    "InputDelta",
    "MessageEvent",
    "MessageFailed",
    "MessageFinished",
    "MessageStarted",
    "OutputCompleted",
    "OutputDelta",
    "OutputRejected",
    "OutputStarted",
    "ProviderEvent",
    "ReasoningDelta",
    "RefusalDelta",
    "ServerToolCompleted",
    "TextDelta",
    "ToolCallCompleted",
    "ToolCallDelta",
    "ToolCallRejected",
    "ToolCallStarted",
    "ToolCallTruncated",
    "UsageUpdated",
]


@mypyc_attr(allow_interpreted_subclasses=True)
class MessageEvent:
    """Base class of the events: `type`, equality by fields, pickling, `to_dict()`."""

    __slots__ = ()

    __match_args__: ClassVar[tuple[str, ...]] = ()
    type: ClassVar[str] = "message_event"

    def _values(self) -> tuple[Any, ...]:
        return tuple([getattr(self, name) for name in self.__match_args__])

    def _choice(self) -> tuple[int | None, ...]:
        """Return `choice`, if events of this type have one."""
        return ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MessageEvent) or type(self) is not type(other):
            return NotImplemented
        if self._choice() != other._choice():
            return False
        return equal(list(self._values()), list(other._values()))

    def __repr__(self) -> str:
        values = zip(self.__match_args__, self._values(), strict=True)
        fields = [f"{name}={safe_repr(value)}" for name, value in values]
        fields += [f"choice={choice!r}" for choice in self._choice() if choice != 0]
        return f"{type(self).__name__}({', '.join(fields)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _revived, (type(self), [pack(value) for value in self._values()], self._choice())

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON: `type`, `choice` and the fields."""
        plain: dict[str, Any] = {"type": self.type}
        for choice in self._choice():
            plain["choice"] = choice
        for name, value in zip(self.__match_args__, self._values(), strict=True):
            plain[name] = _plain(value)
        return plain


@mypyc_attr(allow_interpreted_subclasses=True)
class AnswerEvent(MessageEvent):
    """Base class of the events of one answer; `choice` is its index."""

    __slots__ = ("choice",)

    def __init__(self, choice: int = 0) -> None:
        self.choice: int = choice

    def _choice(self) -> tuple[int | None, ...]:
        return (self.choice,)


def _revived(kind: Any, values: list[Any], choice: tuple[int | None, ...]) -> Any:
    return kind(*[unpack(value) for value in values], *choice)


def _plain(value: Any) -> Any:
    if isinstance(value, ToolCall):
        return value._naming()
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, StreamParseError):
        return error_to_dict(value)
    return value.to_dict() if isinstance(value, (Message, Usage, ServerToolResult)) else value


class _PathEvent(AnswerEvent):
    """An event about the value at `path`.

    Attributes:
        choice: The index of the answer.
    """

    __slots__ = ("_path",)

    def __init__(self, path: SharedPath, choice: int = 0) -> None:
        self.choice = choice
        self._path = path

    @property
    def path(self) -> Path:
        """The path of the value."""
        return steps_of(self._path)

    @path.setter
    def path(self, path: Path) -> None:
        self._path = path


class MessageStarted(AnswerEvent):
    """The answer has begun.

    `message` is the live message, which continues to grow. It is None after pickling, and neither
    `to_dict()` nor the comparison of events includes it.

    Attributes:
        id: The id of the message; None if the provider sends none.
        model: The name of the model; None if the provider sends none.
        choice: The index of the answer.
    """

    __slots__ = ("id", "message", "model")

    __match_args__: ClassVar[tuple[Literal["id"], Literal["model"]]] = ("id", "model")
    type: ClassVar[Literal["message_started"]] = "message_started"

    def __init__(
        self,
        id: str | None,
        model: str | None,
        choice: int = 0,
        message: Message | None = None,
    ) -> None:
        self.choice = choice
        self.id: str | None = id
        self.model: str | None = model
        self.message: Message | None = message


class TextDelta(AnswerEvent):
    """New text of the answer; never empty.

    Attributes:
        text: The new text.
        choice: The index of the answer.
    """

    __slots__ = ("text",)

    __match_args__: ClassVar[tuple[Literal["text"]]] = ("text",)
    type: ClassVar[Literal["text_delta"]] = "text_delta"

    def __init__(self, text: str, choice: int = 0) -> None:
        self.choice = choice
        self.text: str = text


class ReasoningDelta(AnswerEvent):
    """New reasoning; never empty.

    Attributes:
        text: The new text.
        choice: The index of the answer.
    """

    __slots__ = ("text",)

    __match_args__: ClassVar[tuple[Literal["text"]]] = ("text",)
    type: ClassVar[Literal["reasoning_delta"]] = "reasoning_delta"

    def __init__(self, text: str, choice: int = 0) -> None:
        self.choice = choice
        self.text: str = text


class RefusalDelta(AnswerEvent):
    """New text of a refusal; never empty.

    Attributes:
        text: The new text.
        choice: The index of the answer.
    """

    __slots__ = ("text",)

    __match_args__: ClassVar[tuple[Literal["text"]]] = ("text",)
    type: ClassVar[Literal["refusal_delta"]] = "refusal_delta"

    def __init__(self, text: str, choice: int = 0) -> None:
        self.choice = choice
        self.text: str = text


class ToolCallStarted(AnswerEvent):
    """A call has begun and its name is known.

    Attributes:
        call: The live call, which continues to grow.
        choice: The index of the answer.
    """

    __slots__ = ("call",)

    __match_args__: ClassVar[tuple[Literal["call"]]] = ("call",)
    type: ClassVar[Literal["tool_call_started"]] = "tool_call_started"

    def __init__(self, call: ToolCall, choice: int = 0) -> None:
        self.choice = choice
        self.call: ToolCall = call


class ToolCallDelta(AnswerEvent):
    """New text of the call's `arguments_text`.

    Attributes:
        call: The live call, which continues to grow.
        text: The new part of the argument text.
        choice: The index of the answer.
    """

    __slots__ = ("call", "text")

    __match_args__: ClassVar[tuple[Literal["call"], Literal["text"]]] = ("call", "text")
    type: ClassVar[Literal["tool_call_delta"]] = "tool_call_delta"

    def __init__(self, call: ToolCall, text: str, choice: int = 0) -> None:
        self.choice = choice
        self.call: ToolCall = call
        self.text: str = text


class ArgumentStarted(_PathEvent):
    """A container or string among the arguments has begun; `kind` as in `ValueStarted`.

    Attributes:
        call: The live call, which continues to grow.
        path: The keys and indexes that lead to the value.
        kind: `"object"`, `"array"` or `"string"`.
        choice: The index of the answer.
    """

    __slots__ = ("call", "kind")

    __match_args__: ClassVar[tuple[Literal["call"], Literal["path"], Literal["kind"]]] = (
        "call",
        "path",
        "kind",
    )
    type: ClassVar[Literal["argument_started"]] = "argument_started"

    def __init__(self, call: ToolCall, path: SharedPath, kind: ValueKind, choice: int = 0) -> None:
        self.choice = choice
        self.call: ToolCall = call
        self._path: SharedPath = path
        self.kind: ValueKind = kind


class ArgumentDelta(_PathEvent):
    """New text of the open string at `path`.

    Attributes:
        call: The live call, which continues to grow.
        path: The keys and indexes that lead to the value.
        text: The new part of the string.
        choice: The index of the answer.
    """

    __slots__ = ("call", "text")

    __match_args__: ClassVar[tuple[Literal["call"], Literal["path"], Literal["text"]]] = (
        "call",
        "path",
        "text",
    )
    type: ClassVar[Literal["argument_delta"]] = "argument_delta"

    def __init__(self, call: ToolCall, path: SharedPath, text: str, choice: int = 0) -> None:
        self.choice = choice
        self.call: ToolCall = call
        self._path: SharedPath = path
        self.text: str = text


class ArgumentCompleted(_PathEvent):
    """The value at `path` is complete; the call may still be incomplete.

    Attributes:
        call: The live call, which continues to grow.
        path: The keys and indexes that lead to the value.
        value: The value; do not change it.
        choice: The index of the answer.
    """

    __slots__ = ("call", "value")

    __match_args__: ClassVar[tuple[Literal["call"], Literal["path"], Literal["value"]]] = (
        "call",
        "path",
        "value",
    )
    type: ClassVar[Literal["argument_completed"]] = "argument_completed"

    def __init__(self, call: ToolCall, path: SharedPath, value: Any, choice: int = 0) -> None:
        self.choice = choice
        self.call: ToolCall = call
        self._path: SharedPath = path
        self.value: Any = value


class ToolCallCompleted(AnswerEvent):
    """The call is complete, and its `arguments` are set.

    Attributes:
        call: The live call, which continues to grow.
        choice: The index of the answer.
    """

    __slots__ = ("call",)

    __match_args__: ClassVar[tuple[Literal["call"]]] = ("call",)
    type: ClassVar[Literal["tool_call_completed"]] = "tool_call_completed"

    def __init__(self, call: ToolCall, choice: int = 0) -> None:
        self.choice = choice
        self.call: ToolCall = call

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON, including the whole call."""
        return {**super().to_dict(), "call": self.call.to_dict()}


class ToolCallRejected(AnswerEvent):
    """The call was rejected, at the first character that makes it invalid.

    Attributes:
        call: The live call, which continues to grow.
        error: The reason.
        choice: The index of the answer.
    """

    __slots__ = ("call", "error")

    __match_args__: ClassVar[tuple[Literal["call"], Literal["error"]]] = ("call", "error")
    type: ClassVar[Literal["tool_call_rejected"]] = "tool_call_rejected"

    def __init__(self, call: ToolCall, error: StreamParseError, choice: int = 0) -> None:
        self.choice = choice
        self.call: ToolCall = call
        self.error: StreamParseError = error

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON, including the whole call."""
        return {**super().to_dict(), "call": self.call.to_dict()}


class ToolCallTruncated(AnswerEvent):
    """The call was cut by a limit, an error or the transport.

    Attributes:
        call: The live call, which continues to grow.
        choice: The index of the answer.
    """

    __slots__ = ("call",)

    __match_args__: ClassVar[tuple[Literal["call"]]] = ("call",)
    type: ClassVar[Literal["tool_call_truncated"]] = "tool_call_truncated"

    def __init__(self, call: ToolCall, choice: int = 0) -> None:
        self.choice = choice
        self.call: ToolCall = call

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON, including the whole call."""
        return {**super().to_dict(), "call": self.call.to_dict()}


class ServerToolCompleted(AnswerEvent):
    """The result of a tool that the provider ran has arrived in full.

    There is no event for a result that was cut.

    Attributes:
        result: The part of the message. Its `call_id` is the id of the call.
        choice: The index of the answer.
    """

    __slots__ = ("result",)

    __match_args__: ClassVar[tuple[Literal["result"]]] = ("result",)
    type: ClassVar[Literal["server_tool_completed"]] = "server_tool_completed"

    def __init__(self, result: ServerToolResult, choice: int = 0) -> None:
        self.choice = choice
        self.result: ServerToolResult = result


class OutputStarted(_PathEvent):
    """A container or string of the structured output has begun.

    Attributes:
        path: The keys and indexes that lead to the value.
        kind: `"object"`, `"array"` or `"string"`.
        choice: The index of the answer.
    """

    __slots__ = ("kind",)

    __match_args__: ClassVar[tuple[Literal["path"], Literal["kind"]]] = ("path", "kind")
    type: ClassVar[Literal["output_started"]] = "output_started"

    def __init__(self, path: SharedPath, kind: ValueKind, choice: int = 0) -> None:
        self.choice = choice
        self._path: SharedPath = path
        self.kind: ValueKind = kind


class OutputDelta(_PathEvent):
    """New text of the open string at `path` of the output.

    Attributes:
        path: The keys and indexes that lead to the value.
        text: The new part of the string.
        choice: The index of the answer.
    """

    __slots__ = ("text",)

    __match_args__: ClassVar[tuple[Literal["path"], Literal["text"]]] = ("path", "text")
    type: ClassVar[Literal["output_delta"]] = "output_delta"

    def __init__(self, path: SharedPath, text: str, choice: int = 0) -> None:
        self.choice = choice
        self._path: SharedPath = path
        self.text: str = text


class OutputCompleted(_PathEvent):
    """The value at `path` of the output is complete.

    Attributes:
        path: The keys and indexes that lead to the value.
        value: The value; do not change it.
        choice: The index of the answer.
    """

    __slots__ = ("value",)

    __match_args__: ClassVar[tuple[Literal["path"], Literal["value"]]] = ("path", "value")
    type: ClassVar[Literal["output_completed"]] = "output_completed"

    def __init__(self, path: SharedPath, value: Any, choice: int = 0) -> None:
        self.choice = choice
        self._path: SharedPath = path
        self.value: Any = value


class OutputRejected(AnswerEvent):
    """The text is not the requested output.

    Attributes:
        error: The reason.
        choice: The index of the answer.
    """

    __slots__ = ("error",)

    __match_args__: ClassVar[tuple[Literal["error"]]] = ("error",)
    type: ClassVar[Literal["output_rejected"]] = "output_rejected"

    def __init__(self, error: StreamParseError, choice: int = 0) -> None:
        self.choice = choice
        self.error: StreamParseError = error


class UsageUpdated(AnswerEvent):
    """The provider sent token counts. The last such event has the final ones.

    Attributes:
        usage: All counts so far.
        choice: The index of the answer.
    """

    __slots__ = ("usage",)

    __match_args__: ClassVar[tuple[Literal["usage"]]] = ("usage",)
    type: ClassVar[Literal["usage_updated"]] = "usage_updated"

    def __init__(self, usage: Usage, choice: int = 0) -> None:
        self.choice = choice
        self.usage: Usage = usage


class ProviderEvent(MessageEvent):
    """Data of the provider for which there is no other event.

    Attributes:
        name: The provider's name for the data, or a name of this library.
        data: The data, as the provider sent it.
        choice: The index of the answer. None in a session if the data belongs to no answer.
    """

    __slots__ = ("choice", "data", "name")

    __match_args__: ClassVar[tuple[Literal["name"], Literal["data"]]] = ("name", "data")
    type: ClassVar[Literal["provider_event"]] = "provider_event"

    def __init__(self, name: str, data: Any, choice: int | None = 0) -> None:
        self.choice: int | None = choice
        self.name: str = name
        self.data: Any = data

    def _choice(self) -> tuple[int | None, ...]:
        return (self.choice,)


class AudioDelta(AnswerEvent):
    """New sound of a spoken answer. The message does not keep it.

    Attributes:
        item: The provider's id of the item; None if it sends none.
        size: The number of bytes of sound.
        data: The sound in base64, as the provider sent it.
        choice: The index of the answer.
    """

    __slots__ = ("data", "item", "size")

    __match_args__: ClassVar[tuple[Literal["item"], Literal["size"], Literal["data"]]] = (
        "item",
        "size",
        "data",
    )
    type: ClassVar[Literal["audio_delta"]] = "audio_delta"

    def __init__(self, item: str | None, size: int, data: str, choice: int = 0) -> None:
        self.choice = choice
        self.item: str | None = item
        self.size: int = size
        self.data: str = data


class InputDelta(MessageEvent):
    """New text of the transcript of the user's speech, in a session.

    Attributes:
        item: The provider's id of the user's item; None if it sends none.
        text: The new text.
    """

    __slots__ = ("item", "text")

    __match_args__: ClassVar[tuple[Literal["item"], Literal["text"]]] = ("item", "text")
    type: ClassVar[Literal["input_delta"]] = "input_delta"

    def __init__(self, item: str | None, text: str) -> None:
        self.item: str | None = item
        self.text: str = text


class InputCompleted(MessageEvent):
    """The whole transcript of the user's speech, in a session.

    Attributes:
        item: The provider's id of the user's item; None if it sends none.
        text: The transcript.
    """

    __slots__ = ("item", "text")

    __match_args__: ClassVar[tuple[Literal["item"], Literal["text"]]] = ("item", "text")
    type: ClassVar[Literal["input_completed"]] = "input_completed"

    def __init__(self, item: str | None, text: str) -> None:
        self.item: str | None = item
        self.text: str = text


class MessageFinished(AnswerEvent):
    """The answer has ended, with the status in `message.status`. The last event of its choice.

    Attributes:
        message: The whole message.
        choice: The index of the answer.
    """

    __slots__ = ("message",)

    __match_args__: ClassVar[tuple[Literal["message"]]] = ("message",)
    type: ClassVar[Literal["message_finished"]] = "message_finished"

    def __init__(self, message: Message, choice: int = 0) -> None:
        self.choice = choice
        self.message: Message = message


class MessageFailed(AnswerEvent):
    """The provider reported an error. The last event of its choice.

    Attributes:
        message: The whole message.
        error: The reason.
        choice: The index of the answer.
    """

    __slots__ = ("error", "message")

    __match_args__: ClassVar[tuple[Literal["message"], Literal["error"]]] = ("message", "error")
    type: ClassVar[Literal["message_failed"]] = "message_failed"

    def __init__(self, message: Message, error: StreamParseError, choice: int = 0) -> None:
        self.choice = choice
        self.message: Message = message
        self.error: StreamParseError = error


AnyMessageEvent: TypeAlias = (
    MessageStarted
    | TextDelta
    | ReasoningDelta
    | RefusalDelta
    | ToolCallStarted
    | ToolCallDelta
    | ArgumentStarted
    | ArgumentDelta
    | ArgumentCompleted
    | ToolCallCompleted
    | ToolCallRejected
    | ToolCallTruncated
    | ServerToolCompleted
    | OutputStarted
    | OutputDelta
    | OutputCompleted
    | OutputRejected
    | UsageUpdated
    | AudioDelta
    | ProviderEvent
    | MessageFinished
    | MessageFailed
)
AnySessionEvent: TypeAlias = AnyMessageEvent | InputDelta | InputCompleted


class ArgumentReporter(Reporter):
    """Converts the events of a builder to those of a call's arguments."""

    __slots__ = ("call", "choice")

    _init_types: ClassVar[tuple[Any, ...]] = (ToolCall, int)

    def __init__(self, call: ToolCall, choice: int) -> None:
        self.call: ToolCall = call
        self.choice: int = choice

    def started(self, path: SharedPath, kind: ValueKind) -> object:
        return ArgumentStarted(self.call, path, kind, self.choice)

    def delta(self, path: SharedPath, text: str) -> object:
        return ArgumentDelta(self.call, path, text, self.choice)

    def completed(self, path: SharedPath, value: Any) -> object:
        return ArgumentCompleted(self.call, path, value, self.choice)


class OutputReporter(Reporter):
    """Converts the events of a builder to those of the structured output."""

    __slots__ = ("choice",)

    _init_types: ClassVar[tuple[Any, ...]] = (int,)

    def __init__(self, choice: int) -> None:
        self.choice: int = choice

    def started(self, path: SharedPath, kind: ValueKind) -> object:
        return OutputStarted(path, kind, self.choice)

    def delta(self, path: SharedPath, text: str) -> object:
        return OutputDelta(path, text, self.choice)

    def completed(self, path: SharedPath, value: Any) -> object:
        return OutputCompleted(path, value, self.choice)
