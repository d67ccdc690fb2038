"""The data model of an answer: `Message`, its parts, its tool calls and its usage.

These objects are live: they grow while the stream is read. `to_dict()` returns plain data for JSON.
`extra` contains fields that a provider sends with a part, under the provider's names. Some of them
(signatures, item ids, encrypted content) must be sent back with the part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Final, Literal

from streamparse._core._marks import mypyc_attr
from streamparse._core.builder import Builder
from streamparse._core.flat import equal, flatten, unflatten
from streamparse._core.growing import GrowingString
from streamparse._core.jsonable import jsonable
from streamparse._core.room import Room
from streamparse._core.shown import safe_repr
from streamparse.aliases import CallKind, CallStatus, FinishReason, MessageStatus
from streamparse.dialect import Repair, doubts_among
from streamparse.errors import StreamParseError

__all__ = [
    "Audio",
    "Citation",
    "Message",
    "Part",
    "Reasoning",
    "Refusal",
    "ServerToolResult",
    "Text",
    "ToolCall",
    "Usage",
]


@mypyc_attr(allow_interpreted_subclasses=True)
class Part:
    """One entry of `Message.content`. Parts are equal if their types and plain data are.

    Attributes:
        type: The name of the kind of part.
        extra: Other fields that the provider sent, under the provider's names.
    """

    __slots__ = ("extra",)

    type: ClassVar[str] = "part"

    def __init__(self, extra: dict[str, Any] | None = None) -> None:
        self.extra: dict[str, Any] = {} if extra is None else extra

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {"type": self.type, "extra": self.extra} if self.extra else {"type": self.type}

    def _state(self) -> dict[str, Any]:
        """Return the slots for a pickle."""
        return {"extra": self.extra}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Part) or type(self) is not type(other):
            return NotImplemented
        return equal(self.to_dict(), other.to_dict())

    def __repr__(self) -> str:
        shown = {name: value for name, value in self.to_dict().items() if name != "type"}
        fields = ", ".join(f"{name}={safe_repr(value)}" for name, value in shown.items())
        return f"{type(self).__name__}({fields})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _revived, (type(self), _packed(self._state()))


class Packed:
    """A flat form of a container for pickling, because pickle recurses and values may be deep."""

    __slots__ = ("leaves", "shape")

    def __init__(self, shape: str, leaves: list[object]) -> None:
        self.shape: str = shape
        self.leaves: list[object] = leaves

    def __reduce__(self) -> tuple[Any, ...]:
        return Packed, (self.shape, self.leaves)


def pack(value: Any) -> Any:
    """Return `value` in the form in which it is pickled."""
    return Packed(*flatten(value)) if isinstance(value, (dict, list)) else value


def unpack(value: Any) -> Any:
    """Return the value that `pack` received."""
    return unflatten(value.shape, value.leaves) if isinstance(value, Packed) else value


def _packed(state: dict[str, Any]) -> dict[str, Any]:
    return {name: pack(value) for name, value in state.items()}


def _revived(kind: Any, state: dict[str, Any]) -> Any:
    revived = kind()
    for name, value in state.items():
        setattr(revived, name, unpack(value))
    return revived


@mypyc_attr(allow_interpreted_subclasses=True)
class GrowingText(Part):
    """Base class of the parts that consist of text."""

    __slots__ = ("_half", "_text")

    def __init__(self, text: str = "", extra: dict[str, Any] | None = None) -> None:
        super().__init__(extra)
        self._text = GrowingString(text)
        #: The first half of a surrogate pair, while the second half may still arrive.
        self._half: str = ""

    @property
    def text(self) -> str:
        """The text so far."""
        return self._text.value

    @text.setter
    def text(self, text: str) -> None:
        self._text = GrowingString(text)

    def to_dict(self) -> dict[str, Any]:
        return {"type": self.type, "text": self.text, **_named(self.extra)}

    def _state(self) -> dict[str, Any]:
        return {"text": self.text, "_half": self._half, "extra": self.extra}


class Text(GrowingText):
    """Text of the answer.

    Attributes:
        text: The text so far.
        extra: Other fields that the provider sent, under the provider's names.
    """

    type: ClassVar[Literal["text"]] = "text"


class Audio(GrowingText):
    """A spoken answer. Its text is the transcript; the sound itself is not kept.

    Attributes:
        text: The transcript so far.
        format: The media type or format of the sound; None if the provider does not send it.
        size: The number of bytes of sound so far.
        extra: Other fields that the provider sent, under the provider's names.
    """

    __slots__ = ("format", "size")

    type: ClassVar[Literal["audio"]] = "audio"

    def __init__(self, text: str = "", extra: dict[str, Any] | None = None) -> None:
        super().__init__(text, extra)
        self.format: str | None = None
        self.size: int = 0

    @property
    def transcript(self) -> str:
        """The transcript so far; the same as `text`."""
        return self.text

    def to_dict(self) -> dict[str, Any]:
        shown = {"type": self.type, "text": self.text, "format": self.format, "size": self.size}
        return {**shown, **_named(self.extra)}

    def _state(self) -> dict[str, Any]:
        return {**super()._state(), "format": self.format, "size": self.size}


class Reasoning(GrowingText):
    """Reasoning of the model, or a summary of it.

    Attributes:
        text: The text so far; empty if the provider sends it encrypted.
        extra: Other fields that the provider sent, such as a signature.
    """

    type: ClassVar[Literal["reasoning"]] = "reasoning"


class Refusal(GrowingText):
    """The text with which the model refuses to answer.

    Attributes:
        text: The text so far.
        extra: Other fields that the provider sent.
    """

    type: ClassVar[Literal["refusal"]] = "refusal"


class Citation(Part):
    """A source of the text before it.

    Attributes:
        data: The source, as the provider sent it.
        extra: Other fields that the provider sent.
    """

    __slots__ = ("data",)

    type: ClassVar[Literal["citation"]] = "citation"

    def __init__(self, data: Any = None, extra: dict[str, Any] | None = None) -> None:
        super().__init__(extra)
        self.data: Any = data

    def to_dict(self) -> dict[str, Any]:
        return {"type": self.type, "data": self.data, **_named(self.extra)}

    def _state(self) -> dict[str, Any]:
        return {"data": self.data, "extra": self.extra}


class ServerToolResult(Part):
    """The result of a tool that the provider ran.

    Attributes:
        call_id: The id of the call; None if the API does not send it.
        name: The name of the tool; None if the API does not send it.
        content: The result, as the provider sent it.
        extra: Other fields that the provider sent.
    """

    __slots__ = ("call_id", "content", "name")

    type: ClassVar[Literal["server_tool_result"]] = "server_tool_result"

    def __init__(
        self,
        call_id: str | None = None,
        name: str | None = None,
        content: Any = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(extra)
        self.call_id: str | None = call_id
        self.name: str | None = name
        self.content: Any = content

    def to_dict(self) -> dict[str, Any]:
        return {"type": self.type, **self._state_of_result(), **_named(self.extra)}

    def _state_of_result(self) -> dict[str, Any]:
        return {"call_id": self.call_id, "name": self.name, "content": self.content}

    def _state(self) -> dict[str, Any]:
        return {**self._state_of_result(), "extra": self.extra}


class ToolCall(Part):
    """A call of a tool, which exists from its first delta on.

    Attributes:
        index: The position in `Message.tool_calls`.
        id: The provider's id of the call; None while it is not known.
        name: The name of the tool; None while it is not known.
        kind: `"function"` (JSON arguments), `"custom"` (free text) or `"server"` (the provider runs
            it).
        status: `"in_progress"`, `"complete"`, `"truncated"` (cut by a limit, an error or the
            transport) or `"rejected"` (broken JSON, unknown tool, invalid arguments).
        arguments: The arguments of a complete call. None for any other call, so that no incomplete
            call is run by mistake.
        partial: The arguments so far, whatever the status.
        arguments_text: The JSON text as received, or generated JSON if the API sends none.
        raw_text: The source of the arguments, unchanged.
        errors: The errors (`StreamParseError`) that rejected the call, and those that did not.
        parsed: The validated arguments of a complete call if its tool is in `tools`: an object of
            the model, the keyword arguments of a function, or JSON data for a JSON Schema.
        extra: Other fields that the provider sent with the call, under the provider's names.
    """

    __slots__ = (
        "_builder",
        "_raw",
        "_room",
        "_settled",
        "_settled_repairs",
        "_written",
        "errors",
        "id",
        "index",
        "kind",
        "name",
        "parsed",
        "status",
    )

    type: ClassVar[Literal["tool_call"]] = "tool_call"

    def __init__(self, index: int = 0, kind: CallKind = "function") -> None:
        super().__init__()
        self.index: int = index
        self.id: str | None = None
        self.name: str | None = None
        self.kind: CallKind = kind
        self.status: CallStatus = "in_progress"
        #: The text of `arguments_text`.
        self._written: GrowingString = GrowingString()
        self.errors: list[StreamParseError] = []
        self.parsed: Any = None
        self._raw: GrowingString | None = None
        #: Counts the texts against the limits; None if they were counted when they arrived.
        self._room: Room | None = None
        #: Builds the arguments while they arrive; afterwards they are in `_settled`.
        self._builder: Builder | None = None
        self._settled: Any = None
        self._settled_repairs: list[Repair] | None = None

    @property
    def arguments(self) -> Any:
        """The arguments of a complete call; None for any other call."""
        if self.status != "complete":
            return None
        return self.partial

    @property
    def whole(self) -> bool:
        """Whether `partial` is a whole value. The call may still be incomplete."""
        builder = self._builder
        if builder is None or self.kind == "custom":
            return self.status == "complete"
        return builder.started and builder.open_path is None

    @property
    def confirmed(self) -> bool:
        """Whether the call is complete. `tool_calls(when="whole")` also yields incomplete calls."""
        return self.status == "complete"

    @property
    def partial(self) -> Any:
        """The arguments so far. They are updated in place; do not keep or change them."""
        if self.kind == "custom":
            return self.arguments_text
        return self._settled if self._builder is None else self._builder.value

    @property
    def repairs(self) -> list[Repair]:
        """The repairs of a lenient `dialect` in the arguments; offsets are in `arguments_text`."""
        builder = self._builder
        return self._settled_repairs or [] if builder is None else builder.repairs

    @property
    def doubts(self) -> list[Repair]:
        """The repairs that are not certain; see `JSONParser.doubts`."""
        return doubts_among(self.repairs)

    @property
    def arguments_text(self) -> str:
        """The JSON text of the arguments so far."""
        return self._written.value

    @arguments_text.setter
    def arguments_text(self, text: str) -> None:
        self._written = GrowingString(text)

    @property
    def _source(self) -> str | None:
        """The source, if it differs from `arguments_text`."""
        return None if self._raw is None else self._raw.value

    @_source.setter
    def _source(self, text: str | None) -> None:
        self._raw = None if text is None else GrowingString(text)

    @property
    def raw_text(self) -> str:
        """The source of the arguments, as received."""
        return self.arguments_text if self._raw is None else self._raw.value

    def _grow(self, text: str) -> None:
        """Append to `arguments_text` in amortised constant time."""
        self._grow_generated(text)
        if self._raw is not None:
            self._grow_raw(text)

    def _grow_generated(self, text: str) -> None:
        """Append to `arguments_text` only, because the source has other text."""
        if self._room is not None:
            self._room.take(len(text))
        self._written.append(text)

    def _grow_raw(self, text: str) -> None:
        """Append to `raw_text` only."""
        if self._room is not None:
            self._room.take(len(text))
        if self._raw is None:
            self._raw = GrowingString(self.arguments_text)
        self._raw.append(text)

    def _settle(self) -> None:
        """Take the arguments from the builder, because they are complete."""
        builder = self._builder
        if builder is not None:
            self._settled = builder.value
            self._settled_repairs = builder.repairs or None
            self._builder = None

    def _repr_html_(self) -> str:
        """Return the call as HTML, for notebooks."""
        reasons = "".join([f"<div>✗ {_escaped(error.message)}</div>" for error in self.errors])
        name = _escaped("(no name)" if self.name is None else self.name)
        arguments = _preformatted(self.arguments_text)
        return f"<div><b>{name}</b> <small>{self.status}</small>{arguments}{reasons}</div>"

    def _naming(self) -> dict[str, Any]:
        """Return the fields that identify this call in an event: `index`, `id`, `name`."""
        return {"index": self.index, "id": self.id, "name": self.name}

    def to_dict(self) -> dict[str, Any]:
        return {
            "type": self.type,
            **self._naming(),
            "kind": self.kind,
            "status": self.status,
            "arguments": self.arguments,
            "partial": self.partial,
            "arguments_text": self.arguments_text,
            "raw_text": self.raw_text,
            "errors": [error_to_dict(error) for error in self.errors],
            **_mended("repairs", self.repairs),
            **_named(self.extra),
        }

    def _state(self) -> dict[str, Any]:
        kept = ("index", "id", "name", "kind", "status", "arguments_text", "errors", "parsed")
        state = {name: getattr(self, name) for name in kept}
        partial = self._settled if self._builder is None else self._builder.snapshot()
        settled = {"_settled": partial, "_settled_repairs": list(self.repairs)}
        return {**state, "_source": self._source, **settled, "extra": self.extra}


class Usage:
    """The tokens that the provider counted. A count that it does not send is None.

    Attributes:
        input_tokens: Tokens of the input, including cached ones.
        cached_tokens: Tokens of the input that were read from a cache.
        cache_write_tokens: Tokens of the input that were written to a cache.
        output_tokens: Tokens of the output, including reasoning.
        reasoning_tokens: Tokens of reasoning.
        total_tokens: All tokens.
        raw: All usage records of the provider, merged.
    """

    __slots__ = (
        "cache_write_tokens",
        "cached_tokens",
        "input_tokens",
        "output_tokens",
        "raw",
        "reasoning_tokens",
        "total_tokens",
    )

    def __init__(
        self,
        input_tokens: int | None = None,
        cached_tokens: int | None = None,
        cache_write_tokens: int | None = None,
        output_tokens: int | None = None,
        reasoning_tokens: int | None = None,
        total_tokens: int | None = None,
        raw: dict[str, Any] | None = None,
    ) -> None:
        self.input_tokens: int | None = input_tokens
        self.cached_tokens: int | None = cached_tokens
        self.cache_write_tokens: int | None = cache_write_tokens
        self.output_tokens: int | None = output_tokens
        self.reasoning_tokens: int | None = reasoning_tokens
        self.total_tokens = total_tokens
        self.raw: dict[str, Any] = {} if raw is None else raw
        if total_tokens is None and input_tokens is not None and output_tokens is not None:
            self.total_tokens = input_tokens + output_tokens

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "input_tokens": self.input_tokens,
            "cached_tokens": self.cached_tokens,
            "cache_write_tokens": self.cache_write_tokens,
            "output_tokens": self.output_tokens,
            "reasoning_tokens": self.reasoning_tokens,
            "total_tokens": self.total_tokens,
            "raw": self.raw,
        }

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Usage):
            return NotImplemented
        return equal(self.to_dict(), other.to_dict())

    def __repr__(self) -> str:
        known = {name: value for name, value in self.to_dict().items() if value is not None}
        return f"Usage({', '.join(f'{name}={safe_repr(value)}' for name, value in known.items())})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _revived, (Usage, _packed(self.to_dict()))


class Message:
    """One answer (one choice) of a model, which grows from the start of the response.

    Attributes:
        id: The provider's id; None while it is not known.
        model: The name of the model; None while it is not known.
        api: The wire format; None while it is not known.
        choice: The index of this answer in the response.
        content: `Text`, `Audio`, `Reasoning`, `ToolCall`, `ServerToolResult`, `Citation` and
            `Refusal`, in the order in which they began.
        text: All text. Where the provider's final text differs from its deltas, this is the final
            text, and a `ProviderEvent` named `"replaced_text"` has reported it.
        reasoning: All reasoning.
        refusal: All text of refusals.
        tool_calls: The calls among the content.
        status: `"in_progress"`, `"complete"`, `"truncated"` (a limit, a filter, a cancellation, an
            early end) or `"failed"` (the provider reported an error).
        finish_reason: `"stop"`, `"length"`, `"tool_calls"`, `"content_filter"`, `"refusal"`,
            `"paused"`, `"error"`, `"cancelled"`, `"other"` or None.
        raw_finish_reason: The finish reason as the provider sent it.
        output: The structured output once it is complete, as the requested type.
        partial_output: The structured output so far, as plain JSON.
        usage: The tokens that the provider counted; None before it has sent them.
        error: The error that made the message fail, or None.
        extra: Other fields of the whole message, under the provider's names.
    """

    __slots__ = (
        "_found",
        "_history",
        "_output_builder",
        "_reasoning",
        "_refusal",
        "_searched",
        "_searched_to",
        "_settled_output",
        "_settled_repairs",
        "_text",
        "_write_result",
        "api",
        "choice",
        "content",
        "error",
        "extra",
        "finish_reason",
        "id",
        "model",
        "output",
        "raw_finish_reason",
        "status",
        "usage",
    )

    def __init__(self, choice: int = 0) -> None:
        self.choice: int = choice
        self.api: str | None = None
        self.id: str | None = None
        self.model: str | None = None
        self.content: list[Part] = []
        # The text of each kind, see `_grown`; None if there is none.
        self._text: GrowingString | None = None
        self._reasoning: GrowingString | None = None
        self._refusal: GrowingString | None = None
        self.output: Any = None
        self.usage: Usage | None = None
        self.finish_reason: FinishReason | None = None
        self.raw_finish_reason: str | None = None
        self.status: MessageStatus = "in_progress"
        self.error: StreamParseError | None = None
        self.extra: dict[str, Any] = {}
        self._output_builder: Builder | None = None
        self._settled_output: Any = None
        self._settled_repairs: list[Repair] | None = None
        #: The calls among the first `searched_to` parts of the list `searched`. `content` only
        #: grows, so `tool_calls` searches only the parts that are new.
        self._found: list[ToolCall] | None = None
        self._searched: list[Part] = self.content
        self._searched_to: int = 0
        #: Writes the message in the form of its API, for `to_history`; set by the adapter.
        self._history: Callable[[Message], list[dict[str, Any]]] | None = None
        #: Writes the result of a call in the form of its API. Its arguments are the call, the
        #: result as plain data, and whether it is an error.
        self._write_result: Callable[[ToolCall, Any, bool], dict[str, Any]] | None = None

    def _grow(self, part: GrowingText, text: str) -> None:
        """Append to `part` and to the whole text of its kind, in amortised constant time."""
        if isinstance(part, (Text, Audio)):
            self._text = _grown(self._text, part, text)
        elif isinstance(part, Reasoning):
            self._reasoning = _grown(self._reasoning, part, text)
        else:
            self._refusal = _grown(self._refusal, part, text)

    @property
    def text(self) -> str:
        """All text so far."""
        return "" if self._text is None else self._text.value

    @text.setter
    def text(self, text: str) -> None:
        self._text = GrowingString(text)

    @property
    def reasoning(self) -> str:
        """All reasoning so far."""
        return "" if self._reasoning is None else self._reasoning.value

    @reasoning.setter
    def reasoning(self, text: str) -> None:
        self._reasoning = GrowingString(text)

    @property
    def refusal(self) -> str:
        """All text of refusals so far."""
        return "" if self._refusal is None else self._refusal.value

    @refusal.setter
    def refusal(self, text: str) -> None:
        self._refusal = GrowingString(text)

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The calls among the content, in the order in which they began."""
        content = self.content
        if content is not self._searched or self._searched_to > len(content):
            self._searched, self._searched_to, self._found = content, 0, None
        while self._searched_to < len(content):
            part = content[self._searched_to]
            self._searched_to += 1
            if isinstance(part, ToolCall):
                if self._found is None:
                    self._found = []
                self._found.append(part)
        return [] if self._found is None else self._found[:]

    @property
    def partial_output(self) -> Any:
        """The structured output so far, updated in place."""
        return self._settled_output if self._output_builder is None else self._output_builder.value

    @property
    def output_repairs(self) -> list[Repair]:
        """The repairs of a lenient `output_dialect` in the output; offsets are in its text."""
        builder = self._output_builder
        return self._settled_repairs or [] if builder is None else builder.repairs

    @property
    def output_doubts(self) -> list[Repair]:
        """The repairs of the output that are not certain; see `JSONParser.doubts`."""
        return doubts_among(self.output_repairs)

    def _repr_html_(self) -> str:
        """Return the message as HTML, for notebooks: its parts in order, and its status."""
        reason = "" if self.finish_reason is None else f", finish reason {self.finish_reason}"
        error = "" if self.error is None else f"<div>✗ {_escaped(self.error.message)}</div>"
        parts = "".join([_html_of(part) for part in self.content])
        return f"<div>{parts}{error}<small>{self.status}{reason}</small></div>"

    def to_history(self) -> list[dict[str, Any]]:
        """Return this message in the form in which the same API takes it back in the next turn.

        Append the result to the list of messages (Responses: of input items; Gemini: of contents).
        It contains only complete calls, and the fields that the API requires again: thinking and
        its signatures, item ids, encrypted content. It is empty if there is nothing to send back.
        """
        if self._history is None:
            raise ValueError("the API of this message is not known: nothing was read yet")
        return self._history(self)

    def tool_result(self, call: ToolCall, value: Any, *, error: bool = False) -> dict[str, Any]:
        """Return the message (Responses: the item) that gives the result of a call to its API.

        It follows those of `to_history()`. Use `tool_results` for all calls of a message.

        Args:
            call: A call of this message.
            value: The result of the tool: text, JSON data, a pydantic model or a dataclass. An
                exception is sent as an error with its text.
            error: Whether the value is an error. Anthropic, Bedrock and Interactions have a field
                for that; the other APIs receive an object `{"error": value}`.

        Returns:
            The message or item, as plain data.

        Raises:
            ValueError: The API has no tool results, or its provider runs the call itself.
            TypeError: The value cannot be written as JSON.

        >>> from streamparse import MessageParser
        >>> parser = MessageParser("ollama-chat")
        >>> named = {"function": {"name": "mow", "arguments": {}}}
        >>> _ = parser.feed({"message": {"tool_calls": [named]}, "done": True})
        >>> parser.message.tool_result(parser.message.tool_calls[0], ["front", "back"])
        {'role': 'tool', 'tool_name': 'mow', 'content': '["front","back"]'}
        """
        if self._write_result is None:
            raise ValueError(
                f"the API of this message ({self.api}) does not accept results of tools"
            )
        if call.kind == "server":
            raise ValueError(f"the provider runs {call.name!r} itself and needs no result")
        if isinstance(value, BaseException):
            error, value = True, str(value) or type(value).__name__
        return self._write_result(call, jsonable(value), error)

    def tool_results(self, results: Iterable[tuple[ToolCall, Any]]) -> list[dict[str, Any]]:
        """Return the messages that give the results of several calls, in their order.

        For Anthropic, Bedrock and Gemini all results are in one message, as these APIs require.
        Pass the results of all calls of a message together: the APIs reject a call without a result
        and a result without a call. Calls that `to_history` omits are omitted here too.

        Args:
            results: The calls and the results of their tools; see `tool_result`.

        Returns:
            The messages or items, as plain data.

        Raises:
            ValueError: See `tool_result`.
            TypeError: See `tool_result`.
        """
        messages: list[dict[str, Any]] = []
        for call, value in results:
            if not self._gives_back(call):
                continue
            message = self.tool_result(call, value)
            key = "parts" if "parts" in message else "content"
            if messages and message.get("role") == "user":
                messages[0][key] += message[key]
            else:
                messages.append(message)
        return messages

    def _gives_back(self, call: ToolCall) -> bool:
        """Return whether `to_history` includes a call; for Anthropic, some rejected ones too."""
        alone = Message(self.choice)
        alone.content.append(call)
        return self._history is not None and bool(self._history(alone))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "id": self.id,
            "model": self.model,
            "content": [part.to_dict() for part in self.content],
            "text": self.text,
            "reasoning": self.reasoning,
            "refusal": self.refusal,
            "tool_calls": [call.to_dict() for call in self.tool_calls],
            # `output` may be a typed object; `partial_output` is plain data.
            "output": None if self.output is None else self.partial_output,
            "partial_output": self.partial_output,
            "usage": None if self.usage is None else self.usage.to_dict(),
            "finish_reason": self.finish_reason,
            "raw_finish_reason": self.raw_finish_reason,
            "status": self.status,
            "error": None if self.error is None else error_to_dict(self.error),
            **_mended("output_repairs", self.output_repairs),
            **_named(self.extra),
        }

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return self.choice == other.choice and equal(self.to_dict(), other.to_dict())

    def __repr__(self) -> str:
        calls = [call.name for call in self.tool_calls]
        return (
            f"Message(status={self.status!r}, finish_reason={self.finish_reason!r}, "
            f"text={self.text!r}, tool_calls={calls!r})"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: getattr(self, name) for name in _MESSAGE_STATE}
        builder = self._output_builder
        state["_settled_output"] = self._settled_output if builder is None else builder.snapshot()
        state["_settled_repairs"] = list(self.output_repairs)
        return _revived, (Message, _packed(state))


def _grown(whole: GrowingString | None, part: GrowingText, text: str) -> GrowingString:
    """Append to a part and to the whole text of its kind; return the whole text.

    The text of the only part of a kind is the whole text, so it is kept only once. The strings
    are separate from the time at which another part grows.
    """
    own = part._text
    if whole is not own:
        if whole is None:
            if not len(own):
                own.append(text)
                own.shared = True
                return own
            whole = GrowingString()
        elif whole.shared:
            whole = GrowingString(whole.value)
        own.append(text)
    whole.append(text)
    return whole


def _html_of(part: Part) -> str:
    """Return a part as HTML; empty for citations and results of the provider's tools."""
    if isinstance(part, ToolCall):
        return part._repr_html_()
    if isinstance(part, Reasoning):
        folded = _preformatted(part.text)
        return f"<details><summary>reasoning</summary>{folded}</details>" if part.text else ""
    return _preformatted(part.text) if isinstance(part, GrowingText) else ""


def _escaped(text: str) -> str:
    from html import escape  # imported late, because it loads the table of all entities

    return escape(text)


def _preformatted(text: str) -> str:
    return f'<pre style="white-space: pre-wrap">{_escaped(text)}</pre>' if text else ""


_MESSAGE_STATE: Final = (
    "choice",
    "api",
    "id",
    "model",
    "content",
    "text",
    "reasoning",
    "refusal",
    "output",
    "usage",
    "finish_reason",
    "raw_finish_reason",
    "status",
    "error",
    "extra",
    "_history",
    "_write_result",
)


def _mended(name: str, repairs: list[Repair]) -> dict[str, Any]:
    """Return the repairs under `name`, or an empty dict if there are none."""
    return {name: [repair.to_dict() for repair in repairs]} if repairs else {}


def _named(extra: dict[str, Any]) -> dict[str, Any]:
    return {"extra": extra} if extra else {}


def error_to_dict(error: StreamParseError) -> dict[str, Any]:
    """Return an error as plain data: its class, code, message, offset and path."""
    return {
        "type": type(error).__name__,
        "code": error.code,
        "message": error.message,
        "offset": error.offset,
        "path": list(error.path),
    }
