"""The output items of one response: from their records to the parts of the message."""

from __future__ import annotations

from typing import Any, ClassVar

from streamparse._answers.answer import AnswerReader
from streamparse._answers.response import ResponseReader
from streamparse._core.flat import equal
from streamparse._core.plain import text_of
from streamparse._wires.replays import index_of
from streamparse._wires.responses_calls import Calls
from streamparse._wires.responses_items import (
    Item,
    is_call,
    is_cut,
    rest_of,
    result_member,
    stem_of,
)
from streamparse._wires.responses_names import Items, family_of, names_of
from streamparse._wires.responses_texts import Texts
from streamparse.message import Reasoning, ServerToolResult

__all__ = ["Output"]


class Output:
    """Writes the items of one response."""

    __slots__ = ("calls", "items", "response", "texts")

    _init_types: ClassVar[tuple[Any, ...]] = (ResponseReader,)

    def __init__(self, response: ResponseReader) -> None:
        self.response = response
        self.items = Items()
        self.texts = Texts(response)
        self.calls = Calls(response)

    def _answer(self) -> AnswerReader:
        return self.response.first

    def item_of(self, data: dict[str, Any], kind: str, grows: bool) -> Item:
        """Return the item of an event; begin it if its own record is missing."""
        family = kind if kind in ("message", "reasoning") else family_of(kind)
        item = self.items.of_event(family, data, grows)
        if item is None:
            index, name = index_of(data.get("output_index")), text_of(data.get("item_id"))
            item = self._open({"type": kind}, index, [name])
            item.addressed = True
        return item

    def added(self, content: dict[str, Any], index: int | None) -> None:
        """Begin an item, unless an event has begun it."""
        item = self.items.of_added(content, index)
        if item is None:
            item = self._open(content, index, names_of(content))
        elif not item.added and not item.done:
            item.data = content
            self.items.name(item, names_of(content))
            self._describe(item)
        item.added = True

    def ended(self, content: dict[str, Any], index: int | None) -> None:
        """End an item, unless it has ended."""
        item = self.items.of_done(content, index)
        if item is None:
            item = self._open(content, index, names_of(content))
        if not item.done:
            self.items.name(item, names_of(content))
            self._end(item, content, not is_cut(content))

    def catch_up(self, output: list[Any], is_complete: bool) -> None:
        """Read the part of the final list of items that no event had."""
        for known, data in self.items.paired(output):
            item = self._open(data, None, []) if known is None else known
            self._final(item, data, is_complete)
        for item in self.items.all:
            if not item.done and not item.addressed:
                self._read_whole(item, item.data)

    def _final(self, item: Item, data: dict[str, Any], is_complete: bool) -> None:
        """Read an item of the final list, whose texts replace those of earlier records."""
        if item.done:
            if item.reader is None:
                self.texts.whole_item(item, data)
            return
        # In an answer that was cut, only items with the status "completed" have ended.
        status = text_of(data.get("status"))
        self._end(item, data, is_complete or status == "completed")

    def settle(self) -> None:
        """Settle texts and calls, once there are no more deltas."""
        self.calls.settle()
        self.texts.settle()

    def is_complete(self) -> bool:
        """Return whether there are items, and all of them have ended."""
        items = self.items.all
        return bool(items) and all([item.done and not is_cut(item.data) for item in items])

    def finish_reason(self) -> str:
        """Return the finish reason of a completed response."""
        if self._answer().message.refusal:
            return "refusal"
        waiting = False
        for item in self.items.all:
            reader = item.reader
            if reader is not None and reader.call.kind != "server":
                return "stop"
            waiting = waiting or item.kind == "mcp_approval_request"
        return "paused" if waiting else "stop"

    # One item.

    def _open(self, data: dict[str, Any], index: int | None, names: list[str]) -> Item:
        item = Item(text_of(data.get("type")), data)
        self.items.begin(item, index, names)
        self._begin(item)
        return item

    def _begin(self, item: Item) -> None:
        answer = self._answer()
        answer.begin()
        if is_call(item.kind):
            self.calls.begin(item)
        elif item.kind in ("reasoning", "compaction"):
            # There is a part even without text, because the next turn needs its id and the
            # encrypted content.
            item.waiting = Reasoning()
            self.texts.add(item, item.waiting)
        elif item.kind != "message":
            item.result = ServerToolResult(name=stem_of(item.kind))
            answer.add(item.result)
        self._describe(item)

    def _end(self, item: Item, data: dict[str, Any], is_whole: bool) -> None:
        item.data = data
        self.items.end(item)
        self._read_whole(item, data)
        reader = item.reader
        if not is_whole or is_cut(data):
            return
        if reader is not None:
            self.calls.end(item, reader)
        elif item.result is not None and result_member(item.kind) is not None:
            self._answer().complete_result(item.result)

    def _read_whole(self, item: Item, data: dict[str, Any]) -> None:
        """Read the part of a whole item that its events did not have."""
        self._describe(item)
        if item.kind in ("message", "reasoning"):
            self.texts.whole_item(item, data)
        elif item.reader is not None:
            self.calls.whole_item(item, item.reader, data)
        elif item.result is not None:
            member = result_member(item.kind)
            if member is not None:
                content = data.get(member)
                self._answer().room.keep(content)
                item.result.content = content
            else:
                self._answer().pass_on(item.kind or "item", data)

    def _describe(self, item: Item) -> None:
        """Put the members of an item other than its content into the `extra` of its parts."""
        rest = rest_of(item.kind, item.data)
        reader = item.reader
        if reader is not None:
            identity = text_of(item.data.get("call_id")) or text_of(item.data.get("id"))
            if identity:
                reader.set_id(identity)
                # A tool search was seen to change its id; the API knows the last one.
                reader.call.id = identity
            name = text_of(item.data.get("name"))
            if name and not reader.begun:
                reader.set_name(name)
            self._extend(reader.call.extra, rest)
        if item.result is not None:
            item.result.call_id = text_of(item.data.get("call_id")) or None
            self._extend(item.result.extra, rest)
        for place, part in enumerate(item.parts):
            self._extend(part.extra, rest)
            if place:
                part.extra.pop("encrypted_content", None)

    def _extend(self, extra: dict[str, Any], rest: dict[str, Any]) -> None:
        room = self._answer().room
        for name, value in rest.items():
            if name not in extra or not equal(extra[name], value):
                room.put(extra, name, value)
