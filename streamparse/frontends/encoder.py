"""What encoders for front ends share: what of the events is told, when, and under which ids.

An encoder is fed the events of one answer, or of several one after the other where a server runs
the tools and asks again; `finish` ends the stream to the front end. What it says does not depend
on how the provider's stream was cut, once adjacent deltas of one thing are merged.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Final, TypeAlias

from streamparse._core.plain import dict_of, json_text, text_of
from streamparse.errors import IncompleteError, StreamParseError
from streamparse.frontends.argument_text import ArgumentText
from streamparse.frontends.citations import Source, sources_of
from streamparse.message import Citation, Message, ServerToolResult, ToolCall, Usage
from streamparse.message_events import (
    AnyMessageEvent,
    ArgumentCompleted,
    ArgumentDelta,
    ArgumentStarted,
    MessageEvent,
    MessageFailed,
    MessageFinished,
    MessageStarted,
    OutputRejected,
    ProviderEvent,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallCompleted,
    ToolCallDelta,
    ToolCallRejected,
    ToolCallStarted,
    ToolCallTruncated,
    UsageUpdated,
)

__all__ = ["FrontEnd", "Record", "ShownCall", "usage_counts"]

Record: TypeAlias = dict[str, Any]

_COUNTS: Final = (
    ("inputTokens", "input_tokens"),
    ("outputTokens", "output_tokens"),
    ("totalTokens", "total_tokens"),
    ("reasoningTokens", "reasoning_tokens"),
    ("cachedInputTokens", "cached_tokens"),
    ("cacheWriteInputTokens", "cache_write_tokens"),
)


def usage_counts(usage: Usage | None) -> dict[str, int]:
    """What the provider has counted, under the names that both protocols use."""
    if usage is None:
        return {}
    counts = {name: getattr(usage, ours) for name, ours in _COUNTS}
    return {name: count for name, count in counts.items() if count is not None}


class ShownCall:
    """A call as the front end knows it.

    `id` is the provider's, or one made from the id of the message; `sent` how many characters of
    its text the deltas have told, which `arguments` writes as JSON; `open` until one of the three
    ending events; `complete` if it was that of a complete call; `answered` once there is a result.
    """

    __slots__ = ("answered", "arguments", "call", "complete", "id", "open", "sent")

    def __init__(self, call: ToolCall, identity: str) -> None:
        self.call = call
        self.id = identity
        self.sent = 0
        self.arguments = ArgumentText()
        self.open = True
        self.complete = False
        self.answered = False

    @property
    def name(self) -> str:
        """The name of the tool; protocols want one even where a call was cut before it had any."""
        return self.call.name or "unknown"

    @property
    def text(self) -> str:
        """The text of the arguments, as far as deltas have told it."""
        return self.call.arguments_text[: self.sent]

    @property
    def is_server(self) -> bool:
        """Does the provider run it?"""
        return self.call.kind == "server"


class FrontEnd:
    """Base of the encoders.

    - `encode(events)`: what is to be sent for these events, as plain data.
    - `tool_output(call, output)`, `tool_error(call, error)`: what a tool gave that the server ran.
    - `finish(error=None)`: the end, with the error that broke the stream, if one did;
      `abort(reason)`: the end, where the user has stopped it.
    - `to_sse(records)`: them as server-sent events. `headers`: those of the HTTP response.

    Options:

    - `choice`: which answer of several is told; by default the first that begins.
    - `error_text`: a function from an exception to the text that the front end sees; by default the
      message of a `StreamParseError`, and a neutral sentence for any other exception.
    - `provider_events`: are events told that the provider sent and that have no event of their own?
    """

    headers: ClassVar[dict[str, str]]

    def __init__(
        self,
        *,
        choice: int | None = None,
        error_text: Callable[[BaseException], str] | None = None,
        provider_events: bool = False,
    ) -> None:
        self._choice = choice
        self._error_text = error_text
        self._provider_events = provider_events
        self._out: list[Record] = []
        self._growing: Record | None = None  # the delta that takes in those of the same thing
        self._pieces: list[str] = []
        # Events from a call on that has no id yet, and the indexes of calls that were heard of
        # after their start: an id that comes by then is the one that is told.
        self._waiting: deque[AnyMessageEvent] = deque()
        self._heard: set[int] = set()
        self._started = False
        self._over = False
        self._answering = False
        self._answers = 0
        self._identity: str | None = None  # of the answer
        self._model: str | None = None
        self._message: Message | None = None  # the last one that has ended
        self._usage: list[tuple[str | None, Usage]] = []  # of each answer, with its model
        self._usage_so_far: Usage | None = None
        self._failure: BaseException | str | None = None
        self._part: str = ""  # what is growing: "text", "reasoning", "refusal" or nothing
        self._calls: dict[int, ShownCall] = {}  # of this answer, by index
        self._by_id: dict[str, ShownCall] = {}  # of all answers, by the provider's id
        self._ids: set[str] = set()
        self._made_ids = 0

    # What callers do.

    def encode(self, events: Iterable[AnyMessageEvent]) -> list[Record]:
        """What is to be sent for these events; those of other choices say nothing.

        Raises `StreamParseError` (code `"finished"`) after the end.
        """
        for event in events:
            if not isinstance(event, MessageEvent):
                raise TypeError(f"events must be message events, not {type(event).__name__}")
            self._refuse_after_the_end()
            if self._choice is None:
                self._choice = event.choice
            if event.choice == self._choice:
                self._queue(event)
        return self._take()

    def tool_output(self, call: ToolCall, output: Any) -> list[Record]:
        """A tool that the server ran gave `output` (plain data for JSON).

        Raises `ValueError` for a call that is not of the last answer encoded, or has not ended.
        """
        self._refuse_after_the_end()
        self._answer(self._shown(call), output, False)
        return self._take()

    def tool_error(self, call: ToolCall, error: BaseException | str) -> list[Record]:
        """A tool that the server ran failed, or was not run. Raises as `tool_output`."""
        self._refuse_after_the_end()
        self._answer(self._shown(call), self._text_of(error), True)
        return self._take()

    def finish(self, error: BaseException | str | None = None) -> list[Record]:
        """The stream to the front end ends; a second call returns `[]`.

        `error`: what broke it. An answer that has not ended is a broken one too.
        """
        if self._over:
            return []
        self._drain()
        if error is not None or self._answering or not self._answers:
            self._break(error if error is not None else _CUT_ANSWER)
        self._end()
        self._over = True
        return self._take()

    def abort(self, reason: str | None = None) -> list[Record]:
        """The user has stopped the answer; `finish` then has nothing to add."""
        if self._over:
            return []
        self._drain()
        self._begin()
        self._close()
        self._end_aborted(reason)
        self._over = True
        return self._take()

    @classmethod
    def to_sse(cls, records: Iterable[Record]) -> bytes:
        """The records as server-sent events, in UTF-8."""
        return b"".join(cls._framed(record) for record in records)

    @classmethod
    def _framed(cls, record: Record) -> bytes:
        return f"data: {json_text(record)}\n\n".encode()

    def _start(self) -> None:
        """The first thing that is said."""
        if not self._started:
            self._started = True
            self._start_stream()

    # Events, in their order.

    def _queue(self, event: AnyMessageEvent) -> None:
        """Tell the event, unless it or one before it waits for the id of a call."""
        waiting = self._waiting
        waiting.append(event)
        if not isinstance(event, ToolCallStarted):
            call = getattr(event, "call", None)
            if call is not None:
                self._heard.add(call.index)
        while waiting:
            first = waiting[0]
            if isinstance(first, ToolCallStarted) and not self._has_identity(first.call):
                return
            self._tell(waiting.popleft())

    def _has_identity(self, call: ToolCall) -> bool:
        return call.id is not None or call.index in self._heard

    def _drain(self) -> None:
        while self._waiting:
            self._tell(self._waiting.popleft())

    def _tell(self, event: AnyMessageEvent) -> None:
        teller = _TELLERS.get(event.type)
        if teller is not None:
            teller(self, event)

    def _add(self, type: str, owner: str, identity: str, name: str, text: str) -> None:
        """A delta of `identity`, its text in the member `name`; those in a row become one."""
        last = self._out[-1] if self._out else None
        growing = self._growing
        if last is None or last is not growing or last["type"] != type or last[owner] != identity:
            self._join()
            growing = self._growing = {"type": type, owner: identity, name: ""}
            self._out.append(growing)
        self._pieces.append(text)

    def _join(self) -> None:
        """Join the pieces of the delta that grows; one by one they would be copied each time."""
        growing = self._growing
        if growing is not None:
            growing[next(reversed(growing))] = "".join(self._pieces)
            self._pieces = []
            self._growing = None

    def _take(self) -> list[Record]:
        self._join()
        records = self._out
        self._out = []
        return records

    def _refuse_after_the_end(self) -> None:
        if self._over:
            raise StreamParseError("the stream to the front end has ended", code="finished")

    # Answers.

    def _message_started(self, event: MessageStarted) -> None:
        if self._answering:
            self._break(_CUT_ANSWER)
        self._identity, self._model = event.id, event.model
        self._begin()

    def _begin(self) -> None:
        if self._answering:
            return
        self._start()
        self._answering = True
        self._answers += 1
        self._message = None
        self._failure = None
        self._usage_so_far = None
        self._calls = {}
        self._heard.clear()
        self._begin_answer()

    def _message_finished(self, event: MessageFinished) -> None:
        message = event.message
        self._end_answer(message)
        if message.finish_reason is None:
            self._fail(message.error or _CUT_ANSWER)

    def _message_failed(self, event: MessageFailed) -> None:
        self._end_answer(event.message)
        self._fail(event.error)

    def _end_answer(self, message: Message) -> None:
        """What has no event of its own is told here: results of the provider's tools, sources."""
        self._begin()
        self._model = message.model or self._model  # the last word; the start told the first
        self._close()
        self._message = message
        for part in message.content:
            if isinstance(part, Citation):
                for source in sources_of(part.data):
                    self._source(source, part.data)
            elif isinstance(part, ServerToolResult):
                self._server_result(part)

    def _close(self) -> None:
        """Nothing of this answer grows any more."""
        self._end_part()
        for call in self._calls.values():
            if call.open:
                self._cut(call, _CUT_CALL)
        if self._usage_so_far is not None:
            self._usage.append((self._model, self._usage_so_far))
            self._usage_so_far = None
        self._answering = False
        self._identity = None

    def _break(self, error: BaseException | str) -> None:
        """The answer goes no further, and nothing has said so."""
        if self._answering or not self._answers:
            self._begin()
            self._close()
        self._fail(error)

    def _fail(self, error: BaseException | str) -> None:
        """The first failure of an answer is told; what follows comes of it."""
        if self._failure is None:
            self._failure = error
            self._tell_failure(self._text_of(error))

    def _usage_updated(self, event: UsageUpdated) -> None:
        self._usage_so_far = event.usage

    # Text.

    def _text(self, event: TextDelta) -> None:
        self._grow("text", event.text)

    def _reasoning(self, event: ReasoningDelta) -> None:
        self._grow("reasoning", event.text)

    def _refusal(self, event: RefusalDelta) -> None:
        self._grow("refusal", event.text)

    def _grow(self, kind: str, text: str) -> None:
        if self._part != kind:
            self._begin()
            self._end_part()
            self._part = kind
            self._start_part(kind)
        self._more(kind, text)

    def _end_part(self) -> None:
        kind = self._part
        if kind:
            self._part = ""
            self._stop_part(kind)

    # Calls.

    def _call_started(self, event: ToolCallStarted) -> None:
        self._begin()
        self._end_part()
        call = event.call
        shown_call = ShownCall(call, self._id_for(call))
        self._calls[call.index] = shown_call
        if call.id is not None:
            self._by_id[call.id] = shown_call
        self._start_call(shown_call)

    def _id_for(self, call: ToolCall) -> str:
        """The provider's id; a made one where there is none, or where it has been used."""
        identity = call.id
        base = identity or f"{self._id_base()}-call"
        while identity is None or identity in self._ids:
            self._made_ids += 1
            identity = f"{base}-{self._made_ids}"
        self._ids.add(identity)
        return identity

    def _call_delta(self, event: ToolCallDelta) -> None:
        call = self._known(event.call)
        call.sent += len(event.text)
        if call.call.kind == "custom":
            self._grow_call(call, event.text)

    def _argument_started(self, event: ArgumentStarted) -> None:
        call = self._known(event.call)
        self._grow_call(call, call.arguments.started(event))

    def _argument_delta(self, event: ArgumentDelta) -> None:
        call = self._known(event.call)
        self._grow_call(call, call.arguments.delta(event))

    def _argument_completed(self, event: ArgumentCompleted) -> None:
        call = self._known(event.call)
        self._grow_call(call, call.arguments.completed(event))

    def _call_completed(self, event: ToolCallCompleted) -> None:
        call = self._known(event.call)
        call.open = False
        call.complete = True
        self._complete_call(call)

    def _call_rejected(self, event: ToolCallRejected) -> None:
        self._cut(self._known(event.call), event.error)

    def _call_truncated(self, event: ToolCallTruncated) -> None:
        self._cut(self._known(event.call), _CUT_CALL)

    def _cut(self, call: ShownCall, error: StreamParseError) -> None:
        call.open = False
        self._cut_call(call, self._text_of(error), error.code)

    def _known(self, call: ToolCall) -> ShownCall:
        """The call as it is known; events that were pickled bring copies of it."""
        if call.index not in self._calls:
            self._call_started(ToolCallStarted(call))
        known = self._calls[call.index]
        known.call = call
        return known

    def _shown(self, call: ToolCall) -> ShownCall:
        if call.index not in self._calls:
            raise ValueError(f"no call {call.index} of the last answer was encoded")
        known = self._calls[call.index]
        if known.open:
            raise ValueError(f"the call {known.id} has not ended: it has no result yet")
        return known

    def _server_result(self, part: ServerToolResult) -> None:
        call = self._call_of(part)
        if call is None or call.answered or not call.complete:
            self._stray_result(part)
        elif _is_error(part):
            content = part.content
            self._answer(call, content if isinstance(content, str) else json_text(content), True)
        else:
            self._answer(call, part.content, False)

    def _call_of(self, part: ServerToolResult) -> ShownCall | None:
        """By the id; where there is none, the first call of that tool without a result."""
        if part.call_id is not None:
            return self._by_id.get(part.call_id)
        for call in self._calls.values():
            if call.is_server and not call.answered and call.name == part.name:
                return call
        return None

    def _answer(self, call: ShownCall, output: Any, failed: bool) -> None:
        call.answered = True
        self._result(call, output, failed)

    # The rest.

    def _provider_event(self, event: ProviderEvent) -> None:
        data = dict_of(event.data)
        media_type = text_of(data.get("mimeType"))
        if event.name == "inlineData" and media_type and text_of(data.get("data")):
            self._begin()
            self._end_part()
            self._file(f"data:{media_type};base64,{data['data']}", media_type)
        elif event.name == "fileData" and media_type and text_of(data.get("fileUri")):
            self._begin()
            self._end_part()
            self._file(data["fileUri"], media_type)
        elif self._provider_events:
            self._start()
            self._provider(event.name, event.data)

    def _output_rejected(self, event: OutputRejected) -> None:
        self._start()
        error = event.error
        about = {"code": error.code, "path": list(error.path), "offset": error.offset}
        self._reject_output({"errorText": self._text_of(error), **about})

    def _text_of(self, error: BaseException | str) -> str:
        if isinstance(error, str):
            return error
        if self._error_text is not None:
            return self._error_text(error)
        # What others say may name hosts and paths of the server.
        return error.message if isinstance(error, StreamParseError) else _BROKEN

    def _counted(self) -> dict[str, int]:
        """The tokens of all answers."""
        total: dict[str, int] = {}
        for _, usage in self._usage:
            for name, count in usage_counts(usage).items():
                total[name] = total.get(name, 0) + count
        return total

    # What the protocols say.

    def _id_base(self) -> str:
        raise NotImplementedError

    def _start_stream(self) -> None:
        raise NotImplementedError

    def _begin_answer(self) -> None:
        raise NotImplementedError

    def _start_part(self, kind: str) -> None:
        raise NotImplementedError

    def _more(self, kind: str, text: str) -> None:
        raise NotImplementedError

    def _stop_part(self, kind: str) -> None:
        raise NotImplementedError

    def _start_call(self, call: ShownCall) -> None:
        raise NotImplementedError

    def _grow_call(self, call: ShownCall, text: str) -> None:
        raise NotImplementedError

    def _complete_call(self, call: ShownCall) -> None:
        raise NotImplementedError

    def _cut_call(self, call: ShownCall, text: str, code: str) -> None:
        raise NotImplementedError

    def _result(self, call: ShownCall, output: Any, failed: bool) -> None:
        raise NotImplementedError

    def _stray_result(self, part: ServerToolResult) -> None:
        raise NotImplementedError

    def _source(self, source: Source, citation: Any) -> None:
        raise NotImplementedError

    def _file(self, url: str, media_type: str) -> None:
        raise NotImplementedError

    def _provider(self, name: str, data: Any) -> None:
        raise NotImplementedError

    def _reject_output(self, about: dict[str, Any]) -> None:
        raise NotImplementedError

    def _tell_failure(self, text: str) -> None:
        raise NotImplementedError

    def _end(self) -> None:
        raise NotImplementedError

    def _end_aborted(self, reason: str | None) -> None:
        raise NotImplementedError


_BROKEN: Final = "an error broke off the answer"
_CUT_CALL: Final = IncompleteError("the call was cut off before its end", code="truncated")
_CUT_ANSWER: Final = IncompleteError("the answer was cut off before its end", code="truncated")

_TELLERS: Final[dict[str, Callable[[FrontEnd, Any], None]]] = {
    MessageStarted.type: FrontEnd._message_started,
    MessageFinished.type: FrontEnd._message_finished,
    MessageFailed.type: FrontEnd._message_failed,
    TextDelta.type: FrontEnd._text,
    ReasoningDelta.type: FrontEnd._reasoning,
    RefusalDelta.type: FrontEnd._refusal,
    ToolCallStarted.type: FrontEnd._call_started,
    ToolCallDelta.type: FrontEnd._call_delta,
    ArgumentStarted.type: FrontEnd._argument_started,
    ArgumentDelta.type: FrontEnd._argument_delta,
    ArgumentCompleted.type: FrontEnd._argument_completed,
    ToolCallCompleted.type: FrontEnd._call_completed,
    ToolCallRejected.type: FrontEnd._call_rejected,
    ToolCallTruncated.type: FrontEnd._call_truncated,
    UsageUpdated.type: FrontEnd._usage_updated,
    ProviderEvent.type: FrontEnd._provider_event,
    OutputRejected.type: FrontEnd._output_rejected,
}


def _is_error(part: ServerToolResult) -> bool:
    """Do the provider's words say that its tool failed?"""
    if part.extra.get("is_error") is True or part.extra.get("status") == "error":
        return True
    return text_of(dict_of(part.content).get("type")).endswith("_error")
