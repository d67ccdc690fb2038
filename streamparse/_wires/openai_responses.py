"""OpenAI Responses, and the servers and gateways that speak it.

Source: https://platform.openai.com/docs/api-reference/responses-streaming, the types of the
openai SDK, and recorded streams of OpenAI, Azure, ChatGPT's backend, GitHub Copilot, xAI,
OpenRouter and LM Studio.

Quirks that are handled here:
- Everything is found by `output_index`: GitHub Copilot sends a fresh item id in every event.
- Arguments come in deltas, only in `.done`, or only in `output_item.done` (LM Studio).
- `.done` comes for arguments that were cut too, and may be empty: without text, and for free text
  always, the end of a call is `output_item.done`, whose status says whether it was cut.
- An error comes nested or flat, and `response.failed` after it: that is the end.
- ChatGPT's backend ends with an empty `output`; a stream that was resumed lacks its beginning.
- The patch of `apply_patch_call` is streamed by events that the API reference does not have.

What the items are and whose their calls are is said in `responses_items`, what goes back into the
next turn in `responses_history`.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._answers.calls import CallReader
from streamparse._answers.turn import Turn, Turns
from streamparse._core.plain import dict_of, is_something, list_of, number_of, text_of
from streamparse._wires.base import Wire, provider_error
from streamparse._wires.responses_history import history
from streamparse._wires.responses_items import (
    Item,
    Spoken,
    in_order,
    is_call,
    rest_of,
    result_member,
    shape_of,
    stem_of,
)
from streamparse.errors import ProviderError
from streamparse.message import (
    Citation,
    Message,
    Reasoning,
    Refusal,
    ServerToolResult,
    Text,
    Usage,
)

__all__ = ["OpenAIResponses"]

# Events that carry a piece of what a call is asked to do, by the type of their item.
_ARGUMENTS: Final[dict[str, str]] = {
    "response.function_call_arguments": "function_call",
    "response.custom_tool_call_input": "custom_tool_call",
    "response.mcp_call_arguments": "mcp_call",
}
# The same for arguments without JSON text: where in them the growing string is. "" is an index.
_GROWING: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "response.code_interpreter_call_code": ("code_interpreter_call", ("code",)),
    "response.apply_patch_call_operation_diff": ("apply_patch_call", ("operation", "diff")),
    "response.shell_call_command": ("shell_call", ("action", "commands", "")),
}

_REASONS: Final[dict[str, str]] = {
    "max_output_tokens": "length",
    "max_messages": "length",
    "content_filter": "content_filter",
    # The answer stopped at a good place because the caller steered it; another one follows.
    "steered": "paused",
}

_STATES: Final = frozenset(("response.created", "response.queued", "response.in_progress"))
_ENDS: Final = frozenset(
    (
        "response.completed",
        "response.incomplete",
        "response.failed",
        "response.cancelled",
    )
)
_OBJECTS: Final = frozenset(("response", "response.compaction"))
# Members of the response that are understood, or change from one event to the next.
_RESPONSE: Final = frozenset(
    ("id", "object", "created_at", "completed_at", "model", "status", "output", "output_text")
) | frozenset(("usage", "error"))
# Members of a record that are understood. `obfuscation` is padding against guessing by size.
_RECORD: Final = frozenset(
    (
        "type",
        "sequence_number",
        "response",
        "item",
        "part",
        "delta",
        "obfuscation",
        "item_id",
        "output_index",
        "content_index",
        "summary_index",
        "annotation_index",
        "annotation",
        "command_index",
        "command",
        "text",
        "refusal",
        "arguments",
        "input",
        "code",
        "diff",
        "name",
    )
)


class OpenAIResponses(Wire):
    """`response.*` records of a stream or a web socket, and whole `response` bodies."""

    api: ClassVar[str] = "openai-responses"

    def __init__(self, turns: Turns) -> None:
        super().__init__(turns)
        self.items: list[Item] = []
        self.by_key: dict[Any, Item] = {}

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        if text_of(data.get("object")) in _OBJECTS and isinstance(data.get("output"), list):
            return True
        # The realtime API has events of the same names, each with an id.
        if not text_of(data.get("type")).startswith("response.") or "event_id" in data:
            return False
        response = data.get("response")
        return not isinstance(response, dict) or response.get("object") in (None, "response")

    def history(self) -> Any:
        return history

    # Records.

    def record(self, data: dict[str, Any], event: str) -> bool:
        kind = text_of(data.get("type")) or event
        if text_of(data.get("object")) in _OBJECTS and "output" in data:
            self._body(data)
        elif kind == "error":
            self._error(data)
        elif not kind.startswith("response."):
            return False
        elif kind in _STATES:
            self._response(dict_of(data.get("response")))
            self._pass_on_rest(data)
        elif kind in _ENDS:
            self._pass_on_rest(data)
            self._end(kind, dict_of(data.get("response")))
        elif not self._event(kind, data):
            self._turn().pass_on(kind, data)
        return True

    def _turn(self) -> Turn:
        return self.turns.first

    def _event(self, kind: str, data: dict[str, Any]) -> bool:
        """An event of one item; False: it is passed on as it is."""
        stem, _, verb = kind.rpartition(".")
        if stem == "response.output_item":
            return self._output_item(verb, data)
        if stem in _ARGUMENTS:
            return self._arguments(stem, verb, data)
        if stem in _GROWING:
            return self._growing(stem, verb, data)
        if verb == "delta":
            return self._text_delta(stem, data)
        if verb == "done":
            return self._text_done(stem, data)
        if kind == "response.output_text.annotation.added":
            self._annotation(data)
            return True
        # Parts begin empty; what they are, their deltas say.
        return kind in ("response.content_part.added", "response.reasoning_summary_part.added")

    def _response(self, response: dict[str, Any]) -> None:
        turn = self._turn()
        turn.begin(response.get("id"), response.get("model"))
        usage = response.get("usage")
        if isinstance(usage, dict):
            turn.usage(_usage(usage))
        rest = {
            name: value
            for name, value in response.items()
            if name not in _RESPONSE and is_something(value)
        }
        if rest:
            turn.note("response", rest)

    def _pass_on_rest(self, data: dict[str, Any]) -> None:
        for name in data:
            if name == "stream_id":  # on a web socket, in every event
                self._turn().note(name, data[name])
            elif name not in _RECORD and is_something(data[name]):
                self._turn().pass_on(name, data[name])

    def _error(self, data: dict[str, Any]) -> None:
        """`response.failed` follows, as a rule: that, or the end of input, ends the message."""
        self._turn().fail(_failure(data.get("error") or data, data))

    # The end.

    def _body(self, data: dict[str, Any]) -> None:
        """A whole response is what its terminal event carries."""
        status = text_of(data.get("status"))
        if not status:
            status = "failed" if data.get("error") else "completed"
            status = "incomplete" if data.get("incomplete_details") else status
        self._end(f"response.{status}", data)

    def _end(self, kind: str, response: dict[str, Any]) -> None:
        self._response(response)
        self._catch_up(list_of(response.get("output")))
        turn = self._turn()
        message = turn.message
        if kind == "response.failed":
            error = response.get("error") or {"message": "the response has failed"}
            turn.finish("error", kind)
            turn.fail(_failure(error, response))
        elif kind == "response.incomplete":
            details = dict_of(response.get("incomplete_details"))
            # Whatever the reason is: an answer that calls itself incomplete is cut.
            turn.finish(_REASONS.get(text_of(details.get("reason")), "length"), kind)
        elif kind == "response.completed":
            turn.finish(self._completed(message), kind)
        # "cancelled" (and a body that is still "in_progress") is no finish: it ends truncated.
        message.raw_finish_reason = kind
        self.turns.end()

    def _completed(self, message: Message) -> str:
        if message.refusal:
            return "refusal"
        waiting = False
        for item in self.items:
            reader = item.reader
            if reader is not None and reader.call.kind != "server":
                return "stop"
            waiting = waiting or item.kind == "mcp_approval_request"
        return "paused" if waiting else "stop"

    def _catch_up(self, output: list[Any]) -> None:
        """The final list of items: what no event of its own has told is taken from it."""
        for data in self._unknown(output):
            self._item_done(self._open(("late", len(self.items)), data), data)
        for item in self.items:
            if not item.done and not item.touched:
                self._settle(item, item.data)

    def _unknown(self, output: list[Any]) -> list[dict[str, Any]]:
        """The final items that no event was about; those that had no end yet are ended.

        Items are found by id, by call id, or else by their order within a type: the ids of
        Copilot's items rotate, and those of OpenRouter's reasoning.
        """
        known: dict[str, Item] = {}
        for item in self.items:
            known[text_of(item.data.get("id"))] = item
            known[text_of(item.data.get("call_id"))] = item
        left: list[dict[str, Any]] = []
        found: set[int] = set()
        for data in output:
            match = _known(known, dict_of(data))
            if match is not None:
                found.add(id(match))
                self._item_final(match, data)
            elif isinstance(data, dict):
                left.append(data)
        return self._unpaired(left, found)

    def _unpaired(self, left: list[dict[str, Any]], found: set[int]) -> list[dict[str, Any]]:
        free: dict[str, list[Item]] = {}
        for item in reversed(self.items):
            if id(item) not in found:
                free.setdefault(item.kind, []).append(item)
        unpaired: list[dict[str, Any]] = []
        for data in left:
            same = free.get(text_of(data.get("type")))
            if same:
                self._item_final(same.pop(), data)
            else:
                unpaired.append(data)
        return unpaired

    def _item_final(self, item: Item, data: dict[str, Any]) -> None:
        if not item.done:
            self._item_done(item, data)

    # Items.

    def _item(self, data: dict[str, Any], kind: str) -> Item:
        """The item of an event; begun here, if its beginning was missed."""
        item = self.by_key.get(_key(data))
        if item is None or (item.kind != kind and item.done):
            item = self._open(_key(data), {"type": kind})
        item.touched = True
        return item

    def _open(self, key: Any, data: dict[str, Any]) -> Item:
        item = Item(text_of(data.get("type")), data)
        self.items.append(item)
        self.by_key[key] = item
        self._begin(item)
        return item

    def _output_item(self, verb: str, data: dict[str, Any]) -> bool:
        content = data.get("item")
        if not isinstance(content, dict) or verb not in ("added", "done"):
            return False
        self._pass_on_rest(data)
        item = self.by_key.get(_key(data))
        if item is None or item.done or item.kind != content.get("type"):
            item = self._open(_key(data), content)
        if verb == "done":
            self._item_done(item, content)
        return True

    def _begin(self, item: Item) -> None:
        turn = self._turn()
        turn.begin()
        if is_call(item.kind):
            self._begin_call(item)
        elif item.kind in ("reasoning", "compaction"):
            # What matters may be encrypted, and the id is wanted back: there is always a part.
            turn.add(self._reasoning_part(item, None))
        elif item.kind != "message":
            item.result = ServerToolResult(name=stem_of(item.kind))
            turn.add(item.result)
        self._describe(item)

    def _begin_call(self, item: Item) -> None:
        kind, name, _, _ = shape_of(item.kind)
        data = item.data
        name = text_of(data.get("name")) or name
        identity = text_of(data.get("call_id")) or text_of(data.get("id"))
        environment = text_of(dict_of(data.get("environment")).get("type"))
        if item.kind == "shell_call" and environment.startswith("container"):
            kind = "server"
        elif item.kind == "tool_search_call" and data.get("execution") == "client":
            kind = "function"
        item.reader = self._turn().call(identity or None, name or None, kind)

    def _item_done(self, item: Item, data: dict[str, Any]) -> None:
        item.data = data
        item.done = True
        self._settle(item, data)
        reader = item.reader
        # A call that was cut is said to be "incomplete": that is no end of its own.
        if reader is not None and data.get("status") != "incomplete":
            reader.end()
            self._call_result(item, reader)

    def _settle(self, item: Item, data: dict[str, Any]) -> None:
        """Take from the whole item what its events have not told."""
        self._describe(item)
        if item.kind == "message":
            for index, part in enumerate(list_of(data.get("content"))):
                self._whole_part(item, index, part)
        elif item.kind == "reasoning":
            for index, part in enumerate(list_of(data.get("summary"))):
                self._whole_text(item, "summary_text", index, text_of(dict_of(part).get("text")))
            for index, part in enumerate(list_of(data.get("content"))):
                self._whole_text(item, "reasoning_text", index, text_of(dict_of(part).get("text")))
        elif item.reader is not None:
            self._whole_arguments(item, item.reader, data)
        elif item.result is not None:
            member = result_member(item.kind)
            if member is not None:
                item.result.content = data.get(member)
            else:
                self._turn().pass_on(item.kind or "item", data)

    def _describe(self, item: Item) -> None:
        """What is said about the item goes into the `extra` of its parts."""
        rest = rest_of(item.kind, item.data)
        reader = item.reader
        if reader is not None:
            identity = text_of(item.data.get("call_id")) or text_of(item.data.get("id"))
            if identity:
                reader.set_id(identity)
                # Seen of a tool search: the id it ends with is the one that the API knows.
                reader.call.id = identity
            name = text_of(item.data.get("name"))
            if name and not reader.begun:
                reader.set_name(name)
            reader.call.extra.update(rest)
        if item.result is not None:
            item.result.call_id = text_of(item.data.get("call_id")) or None
            item.result.extra.update(rest)
        first = True
        for part in item.parts.values():
            part.extra.update(rest)
            if not first:
                part.extra.pop("encrypted_content", None)
            first = False

    # Text, refusals, reasoning.

    def _text_delta(self, stem: str, data: dict[str, Any]) -> bool:
        delta = data.get("delta")
        if stem not in _TEXTS or not isinstance(delta, str):
            return False
        kind, index = _TEXTS[stem]
        item = self._item(data, "reasoning" if kind in _THOUGHTS else "message")
        self._grow(item, kind, number_of(data.get(index)) or 0, delta)
        self._pass_on_rest(data)
        return True

    def _text_done(self, stem: str, data: dict[str, Any]) -> bool:
        if stem in _TEXTS:
            kind, name = _TEXTS[stem]
            text = data.get("refusal" if kind == "refusal" else "text")
            if not isinstance(text, str):
                return False
            item = self._item(data, "reasoning" if kind in _THOUGHTS else "message")
            self._whole_text(item, kind, number_of(data.get(name)) or 0, text)
            return True
        if stem == "response.reasoning_summary_part" or stem == "response.content_part":
            part = dict_of(data.get("part"))
            thought = text_of(part.get("type")) in _THOUGHTS
            item = self._item(data, "reasoning" if thought else "message")
            index = number_of(data.get("summary_index"), data.get("content_index")) or 0
            self._whole_part(item, index, part)
            return True
        return False

    def _whole_part(self, item: Item, index: int, part: Any) -> None:
        content = dict_of(part)
        kind = text_of(content.get("type"))
        if kind == "refusal":
            self._whole_text(item, kind, index, text_of(content.get("refusal")))
        elif kind in ("output_text", "text", "summary_text", "reasoning_text"):
            kind = "output_text" if kind == "text" else kind
            self._whole_text(item, kind, index, text_of(content.get("text")))
            annotations = list_of(content.get("annotations"))
            for annotation in annotations[item.cited.get(index, 0) :]:
                self._cite(item, index, annotation)
        else:
            self._tell_once(item, "content_part", index, part)

    def _whole_text(self, item: Item, kind: str, index: int, whole: str) -> None:
        """A text came whole: what was not streamed is added, what was shown is not taken back."""
        part = item.parts.get((kind, index))
        known = "" if part is None else part.text
        if part is not None and part.half:
            self._turn().drop_half(part)  # `whole` has the whole character
        if whole.startswith(known):
            self._grow(item, kind, index, whole[len(known) :])
        elif whole:
            self._tell_once(item, "replaced_text", index, {"type": kind, "text": whole})

    def _tell_once(self, item: Item, name: str, index: int, data: Any) -> None:
        """Something is said by up to three events, of the text, of the part and of the item."""
        if data and (name, index) not in item.told:
            item.told.add((name, index))
            self._turn().pass_on(name, data)

    def _grow(self, item: Item, kind: str, index: int, text: str) -> None:
        if not text:
            return
        turn = self._turn()
        if kind in _THOUGHTS:
            turn.reasoning(text, self._reasoning_at(item, kind, index))
            return
        part = item.parts.get((kind, index))
        if part is None:
            part = Refusal() if kind == "refusal" else Text()
            item.parts[(kind, index)] = part
            part.extra.update(rest_of(item.kind, item.data))
            turn.add(part)
        if isinstance(part, Refusal):
            turn.refusal(text, part)
        elif isinstance(part, Text):
            turn.text(text, part)

    def _reasoning_at(self, item: Item, kind: str, index: int) -> Reasoning:
        """A part for each summary and each text; the first of them is there from the start."""
        part = item.parts.get((kind, index))
        if part is None:
            part = item.parts.pop(None, None)
            if part is None:
                part = self._reasoning_part(item, (kind, index))
                self._turn().add(part)
                part.extra.update(rest_of(item.kind, item.data))
                part.extra.pop("encrypted_content", None)
            # The first one stays the first, it has what is encrypted.
            item.parts[(kind, index)] = part
            name = "summary_index" if kind == "summary_text" else "content_index"
            part.extra[name] = index
        assert isinstance(part, Reasoning)
        return part

    def _reasoning_part(self, item: Item, key: Any) -> Reasoning:
        part = Reasoning()
        item.parts[key] = part
        return part

    # Citations.

    def _annotation(self, data: dict[str, Any]) -> None:
        item = self._item(data, "message")
        index = number_of(data.get("content_index")) or 0
        self._cite(item, index, data.get("annotation"))
        self._pass_on_rest(data)

    def _cite(self, item: Item, index: int, annotation: Any) -> None:
        item.cited[index] = item.cited.get(index, 0) + 1
        self._turn().add(Citation(annotation))

    # Calls.

    def _arguments(self, stem: str, verb: str, data: dict[str, Any]) -> bool:
        """`verb`: "delta" or "done"."""
        kind = _ARGUMENTS[stem]
        item = self._item(data, kind)
        reader = item.reader
        value = data.get("input" if kind == "custom_tool_call" else "arguments")
        if verb == "delta":
            value = data.get("delta")
        if reader is None or verb not in ("delta", "done"):
            return False
        self._pass_on_rest(data)
        if verb == "delta":
            reader.feed(text_of(value))
            return True
        name = text_of(data.get("name"))
        if name and not reader.begun:
            reader.set_name(name)
        self._confirm(reader, value)
        # Nothing at all, and free text, may have been cut: the item's end says.
        if kind != "custom_tool_call" and reader.received and reader.begun:
            reader.end()
        return True

    def _confirm(self, reader: CallReader, value: Any) -> None:
        if isinstance(value, str):
            reader.confirm(value)
        elif value is not None and not reader.received:
            reader.feed_value(value)

    def _growing(self, stem: str, verb: str, data: dict[str, Any]) -> bool:
        """A piece of a string in arguments that have no JSON text; the item's end closes it."""
        kind, where = _GROWING[stem]
        item = self._item(data, kind)
        reader = item.reader
        if reader is None or verb not in ("added", "delta", "done"):
            return False
        self._pass_on_rest(data)
        index = number_of(data.get("command_index")) or 0
        before = dict_of(item.data.get(where[0]))
        text = text_of(data.get("delta" if verb == "delta" else stem.rpartition("_")[2]))
        if item.spoken is None and text:
            item.spoken = Spoken(reader, where)
        if item.spoken is not None and verb == "delta":
            item.spoken.grow(text, index, before)
        elif item.spoken is not None and verb == "done":
            item.spoken.close(text, index, before)
        return True

    def _whole_arguments(self, item: Item, reader: CallReader, data: dict[str, Any]) -> None:
        _, _, names, _ = shape_of(item.kind)
        cut = data.get("status") == "incomplete"
        if item.spoken is not None:
            if item.done and not cut:
                item.spoken.finish({name: data.get(name) for name in names})
        elif "arguments" in data or item.kind == "custom_tool_call":
            value = data.get("input" if item.kind == "custom_tool_call" else "arguments")
            # A search that has not ended has the arguments {}, a call that has not has "".
            if value or item.done:
                self._confirm(reader, value)
        elif item.done and not reader.received:
            value = {name: data[name] for name in names if data.get(name) is not None}
            reader.feed_value(in_order(item.kind, value))

    def _call_result(self, item: Item, reader: CallReader) -> None:
        """What the provider's tool gave: a part after the call."""
        _, _, _, names = shape_of(item.kind)
        for place, name in enumerate(names):
            value = item.data.get(name)
            if is_something(value):
                call = reader.call
                result = ServerToolResult(call.id, call.name, value)
                if place:
                    result.extra["is_error"] = True
                item.result = result
                self._turn().add(result)
                return


# Event: the kind of text it brings, and what tells several of them apart.
_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "response.output_text": ("output_text", "content_index"),
    "response.refusal": ("refusal", "content_index"),
    "response.reasoning_summary_text": ("summary_text", "summary_index"),
    "response.reasoning_text": ("reasoning_text", "content_index"),
}
_THOUGHTS: Final = frozenset(("summary_text", "reasoning_text"))


def _key(data: dict[str, Any]) -> Any:
    index = number_of(data.get("output_index"))
    return text_of(data.get("item_id")) if index is None else index


def _known(known: dict[str, Item], data: dict[str, Any]) -> Item | None:
    for name in ("id", "call_id"):
        item = known.get(text_of(data.get(name)))
        if item is not None and data.get(name) and item.kind == data.get("type"):
            return item
    return None


def _failure(error: Any, data: dict[str, Any]) -> ProviderError:
    """The error, by its code and the provider's sentence; `data` is the whole record."""
    inner = error
    if isinstance(error, dict):
        inner = {key: value for key, value in error.items() if key != "type" or value != "error"}
        if inner.get("code"):
            inner.pop("type", None)
    failure = provider_error({"error": inner or {"message": "the provider reported an error"}})
    assert failure is not None
    return ProviderError(failure.message, data=data)


def _usage(raw: dict[str, Any]) -> Usage:
    taken = dict_of(raw.get("input_tokens_details"))
    given = dict_of(raw.get("output_tokens_details"))
    return Usage(
        input_tokens=number_of(raw.get("input_tokens")),
        cached_tokens=number_of(taken.get("cached_tokens")),
        cache_write_tokens=number_of(taken.get("cache_write_tokens")),
        output_tokens=number_of(raw.get("output_tokens")),
        reasoning_tokens=number_of(given.get("reasoning_tokens")),
        total_tokens=number_of(raw.get("total_tokens")),
        raw=raw,
    )
