"""OpenAI Chat Completions: the chunks and bodies that clients of `/v1/chat/completions` read.

Protocol: https://platform.openai.com/docs/api-reference/chat-streaming and the models of the
package `openai` (3.57.0). `reasoning_content` is an extension of many servers and clients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any, ClassVar, Final

from streamparse._answers.usage import sum_of_usages
from streamparse._core.plain import dict_of, json_text
from streamparse.encoders.response import (
    LastRecord,
    Problem,
    ResponseEncoder,
    change_in,
    token_counts,
)
from streamparse.errors import StreamParseError
from streamparse.frontends.citations import Source, sources_of
from streamparse.frontends.protocol import Record
from streamparse.frontends.shown_calls import ShownCall, ShownCalls
from streamparse.message import Citation, Message, ToolCall, Usage
from streamparse.message_events import AnyMessageEvent, MessageEvent

__all__ = ["OpenAIChat", "finish_word"]

_ID: Final = "chatcmpl-0"
# An answer with another reason has ended normally.
_REASONS: Final = {
    "length": "length",
    "paused": "length",  # the provider expects a request that continues the answer
    "content_filter": "content_filter",
    "tool_calls": "tool_calls",
}


class OpenAIChat:
    """Encodes message events as the chunks of a chat completion, with all its choices.

    The finish reason, the usage and `[DONE]` come from `finish()`. An answer that failed, was
    cancelled or ended early has no finish reason: the stream ends with an error record, without
    `[DONE]`, and clients raise an exception. So does a stream with a rejected call, because clients
    run every call of an answer that ends normally. A call that is cut by a limit or a filter ends
    with the finish reason `"length"` or `"content_filter"`, as in the API itself.

    Calls that the provider runs itself are left out, because clients would try to run them.

    Args:
        id: The id of the completion. The default is the id of the provider's message.
        created: The time of the completion, in seconds since 1970.
        model: The name of the model. The default is the name that the provider sends.
        include_usage: Whether the last chunk has the usage, if the provider counted it
            (`stream_options.include_usage` of the request).
        reasoning_field: The member that has the reasoning. Some clients read `"reasoning"`.
        error_text: Maps an exception to the text of the error record. The default is the message of
            a `StreamParseError`, and a neutral sentence for any other exception.

    >>> from streamparse import MessageParser
    >>> parser, chat = MessageParser("text"), OpenAIChat(model="m")
    >>> [chunk["choices"][0]["delta"] for chunk in chat.encode(parser.feed("Hi"))]
    [{'role': 'assistant', 'content': ''}, {'content': 'Hi'}]
    >>> last = chat.encode(parser.finish()) + chat.finish()
    >>> OpenAIChat.to_sse(last).endswith(b'"finish_reason":"stop"}]}\\n\\ndata: [DONE]\\n\\n')
    True
    """

    headers: ClassVar[dict[str, str]] = ResponseEncoder.headers

    def __init__(
        self,
        *,
        id: str | None = None,
        created: int = 0,
        model: str | None = None,
        include_usage: bool = True,
        reasoning_field: str = "reasoning_content",
        error_text: Callable[[BaseException], str] | None = None,
    ) -> None:
        self._head = _Head(id, created, model)
        self._include_usage = include_usage
        self._reasoning_field = reasoning_field
        self._error_text = error_text
        self._choices: dict[int, _Choice] = {}
        self._over = False

    @classmethod
    def to_sse(cls, records: Iterable[Record]) -> bytes:
        """Return the records as server-sent events, in UTF-8."""
        return b"".join(map(_framed, records))

    def encode(self, events: Iterable[AnyMessageEvent]) -> list[Record]:
        """Return the chunks for these events.

        Args:
            events: Message events, in the order in which the parser returned them.

        Returns:
            Plain data, ready for JSON; `to_sse` frames it. Adjacent deltas of the same part are
            one chunk.

        Raises:
            TypeError: One of them is not a message event.
            StreamParseError: The stream has ended, or a second answer begins (code `"finished"`).
        """
        records: list[Record] = []
        for choice, group in groupby(events, _choice_of):
            if self._over:
                raise StreamParseError("the stream of this encoder has ended", code="finished")
            if choice is not None:
                records += self._choice(choice).encode(group)
        return records

    def finish(self, error: BaseException | str | None = None) -> list[Record]:
        """End the stream and return its last records; a second call returns `[]`.

        Args:
            error: The exception that broke the stream, if one did. An answer that has not ended
                counts as broken too.
        """
        return self._end(lambda choice: choice.finish(error))

    def abort(self, reason: str | None = None) -> list[Record]:
        """End the stream because the user stopped it; `finish` then returns `[]`."""
        return self._end(lambda choice: choice.abort(reason))

    def body(self, *messages: Message) -> Record:
        """Return the body of a response that is not streamed.

        Args:
            *messages: The finished messages, one for each choice.

        Returns:
            A chat completion. If a message has no successful end, an object with `error`, which
            belongs to a response with a status of an error.
        """
        encoders = [self._new(message.choice) for message in messages]
        for encoder, message in zip(encoders, messages, strict=True):
            problem = encoder._problem_in(message)
            if problem is not None:
                return _error(problem)
        for message in messages:
            self._head.learn(message.id, message.model)
        choices = [
            encoder.whole(message) for encoder, message in zip(encoders, messages, strict=True)
        ]
        body = self._head.record("chat.completion", choices)
        usage = sum_of_usages([message.usage for message in messages])
        return body if usage is None else {**body, "usage": _usage(usage)}

    def _choice(self, index: int) -> _Choice:
        if index not in self._choices:
            self._choices[index] = self._new(index)
        return self._choices[index]

    def _new(self, index: int) -> _Choice:
        return _Choice(index, self._head, self._reasoning_field, self._error_text)

    def _end(self, end: Callable[[_Choice], list[Record]]) -> list[Record]:
        if self._over:
            return []
        self._over = True
        if not self._choices:
            self._choice(0)
        choices = [self._choices[index] for index in sorted(self._choices)]
        records = [record for choice in choices for record in end(choice)]
        usage = sum_of_usages([usage for choice in choices for _, usage in choice._usage.entries])
        if usage is not None and self._include_usage:
            chunk = self._head.record("chat.completion.chunk", [])
            records.append({**chunk, "usage": _usage(usage)})
        problems = [problem for choice in choices if (problem := choice._problem()) is not None]
        if problems:
            return [*records, _error(problems[0])]
        return [*records[:-1], LastRecord(records[-1])]


class _Head:
    """The members that all chunks of a response share."""

    def __init__(self, id: str | None, created: int, model: str | None) -> None:
        self._id, self._created, self._model = id, created, model
        self._is_given = model is not None

    def learn(self, id: str | None, model: str | None) -> None:
        """Set what the options do not determine: the first id and the last model."""
        self._id = self._id or id
        if not self._is_given:
            self._model = model or self._model

    def record(self, object: str, choices: list[Record]) -> Record:
        self._id = self._id or _ID  # which all chunks must share
        head = {"id": self._id, "object": object, "created": self._created}
        return {**head, "model": self._model or "", "choices": choices}


class _Choice(ResponseEncoder):
    """Encodes one choice."""

    def __init__(
        self,
        index: int,
        head: _Head,
        reasoning_field: str,
        error_text: Callable[[BaseException], str] | None,
    ) -> None:
        super().__init__(choice=index, error_text=error_text)
        self._index = index
        self._head = head
        self._fields = {"text": "content", "reasoning": reasoning_field, "refusal": "refusal"}
        self._places: dict[str, int] = {}  # the index of each call, by its id
        self._begun: set[str] = set()  # the calls of which arguments were sent, by id
        self._citations: list[Record] = []

    # Chunks.

    def _chunk(self, delta: Record, reason: str | None = None) -> Record:
        choice = {"index": self._index, "delta": delta, "finish_reason": reason}
        return self._head.record("chat.completion.chunk", [choice])

    def _id_base(self) -> str:
        return self._identity or "call"

    def _start_stream(self) -> None:
        self._head.learn(self._identity, self._model)
        self._out.append(self._chunk({"role": "assistant", "content": ""}))

    def _end(self) -> None:
        self._head.learn(None, self._model)
        if self._citations:
            self._out.append(self._chunk({"annotations": self._citations}))
        if self._message is not None and self._problem() is None:
            self._out.append(self._chunk({}, finish_word(self._message)))

    def _more(self, kind: str, text: str) -> None:
        if not self._extend((kind,), text):
            field = self._fields[kind]
            delta: Record = {field: ""}
            self._grow_record((kind,), self._chunk(delta), delta, field, text)

    def _provider(self, name: str, data: Any) -> None:
        if isinstance(data, list):  # as the Responses API has them
            data = {"content": data, "refusal": None}
        if name == "logprobs" and self._started and isinstance(data, dict):
            # The wire passes on the log probabilities after the text of their chunk.
            last = self._growing["choices"][0] if self._growing is not None else None
            if last is None or "logprobs" in last:
                chunk = self._chunk({})
                self._out.append(chunk)
                last = chunk["choices"][0]
            last["logprobs"] = data

    def _source(self, source: Source, citation: Any, index: int) -> None:
        self._citations += _annotations(source, citation, index)

    # Calls.

    def _start_call(self, call: ShownCall) -> None:
        if call.is_server:
            return
        self._places[call.id] = len(self._places)
        self._sent_names[call.id] = call.name
        kind = call.call.kind
        naming = {"name": call.name, "input" if kind == "custom" else "arguments": ""}
        self._call_delta_of(call, {"id": call.id, "type": kind, kind: naming})

    def _grow_call(self, call: ShownCall, text: str) -> None:
        if call.is_server or not text or self._extend(("call", call.id), text):
            return
        kind = call.call.kind
        sent = self._sent_names[call.id]
        if call.name != sent and call.name.startswith(sent) and call.id not in self._begun:
            # The name grew after the start was sent. Clients join the pieces of a name.
            self._call_delta_of(call, {kind: {"name": call.name.removeprefix(sent)}})
            self._sent_names[call.id] = call.name
        self._begun.add(call.id)
        name = "input" if kind == "custom" else "arguments"
        holder: Record = {name: ""}
        entry = {"type": "custom", kind: holder} if kind == "custom" else {kind: holder}
        chunk = self._chunk({"tool_calls": [{"index": self._places[call.id], **entry}]})
        self._grow_record(("call", call.id), chunk, holder, name, text)

    def _call_delta_of(self, call: ShownCall, entry: Record) -> None:
        self._out.append(self._chunk({"tool_calls": [{"index": self._places[call.id], **entry}]}))

    def _complete_call(self, call: ShownCall) -> None:
        if call.is_server:
            return
        self._is_as_sent(call, change_in(call.call))

    # Bodies.

    def whole(self, message: Message) -> Record:
        """Return the choice of a finished message."""
        said: Record = {"role": "assistant", "content": message.text or None}
        said["refusal"] = message.refusal or None
        if message.reasoning:
            said[self._fields["reasoning"]] = message.reasoning
        ids = ShownCalls()
        calls = [
            _whole_call(call, ids.add(call, message.id or "call").id)
            for call in message.tool_calls
            if call.kind != "server"
        ]
        if calls:
            said["tool_calls"] = calls
        annotations = [
            annotation
            for part in message.content
            if isinstance(part, Citation)
            for index, source in enumerate(sources_of(part.data))
            for annotation in _annotations(source, part.data, index)
        ]
        if annotations:
            said["annotations"] = annotations
        choice = {"index": message.choice, "message": said, "logprobs": None}
        return {**choice, "finish_reason": finish_word(message)}


def _framed(record: Record) -> bytes:
    framed = ResponseEncoder._framed(record)
    return framed + b"data: [DONE]\n\n" if isinstance(record, LastRecord) else framed


def _choice_of(event: AnyMessageEvent) -> int | None:
    if not isinstance(event, MessageEvent):
        raise TypeError(f"events must be message events, not {type(event).__name__}")
    return event.choice


def finish_word(message: Message) -> str:
    """Return the `finish_reason` of this API for a message."""
    reason = message.finish_reason
    if reason == "refusal":
        # The API reports a refusal by its text, which other providers do not send.
        return "stop" if message.refusal else "content_filter"
    return _REASONS.get(reason or "", "stop")


def _whole_call(call: ToolCall, identity: str) -> Record:
    if call.kind == "custom":
        custom = {"name": call.name or "unknown", "input": call.arguments_text}
        return {"id": identity, "type": "custom", "custom": custom}
    text = call.arguments_text if call.status != "complete" else json_text(call.arguments)
    function = {"name": call.name or "unknown", "arguments": text}
    return {"id": identity, "type": "function", "function": function}


def _annotations(source: Source, citation: Any, index: int) -> list[Record]:
    """Return a source as an annotation, or none if it is not a web page."""
    data = dict_of(citation)
    page = data.get("url_citation")
    if not isinstance(page, dict):
        page = {"url": source.url, "title": source.title} if source.url else {}
    elif index:
        return []  # the citation was sent with its first source
    place = {"start_index": 0, "end_index": 0, "title": ""}
    return [{"type": "url_citation", "url_citation": {**place, **page}}] if page else []


def _usage(usage: Usage) -> Record:
    """Return a usage record."""
    given, output, total = token_counts(usage)
    record: Record = {
        "prompt_tokens": given,
        "completion_tokens": output,
        "total_tokens": total,
    }
    taken = {"cached_tokens": usage.cached_tokens, "cache_write_tokens": usage.cache_write_tokens}
    known = {name: count for name, count in taken.items() if count is not None}
    if known:
        record["prompt_tokens_details"] = known
    if usage.reasoning_tokens is not None:
        record["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    return record


def _error(problem: Problem) -> Record:
    about = {"message": problem.text, "type": "server_error", "param": None, "code": problem.code}
    return {"error": about}
