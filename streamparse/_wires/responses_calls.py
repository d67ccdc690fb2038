"""The calls of Responses items: arguments in deltas, whole arguments, and results.

Argument text may be encrypted (GitHub Copilot): then the whole arguments follow, and they are other
text. Text that does not begin like a JSON object is held until they arrive.
"""

from __future__ import annotations

from typing import Any, ClassVar

from streamparse._answers.answer import AnswerReader
from streamparse._answers.calls import CUT, CallReader
from streamparse._answers.response import ResponseReader
from streamparse._core.plain import dict_of, is_something, text_of
from streamparse._wires.responses_items import Item, arguments_in, in_order, is_cut, shape_of
from streamparse.message import ServerToolResult

__all__ = ["Calls", "cut_calls"]


class Calls:
    """Writes the calls of all items of one response."""

    __slots__ = ("response", "sealed")

    _init_types: ClassVar[tuple[Any, ...]] = (ResponseReader,)

    def __init__(self, response: ResponseReader) -> None:
        self.response = response
        self.sealed: list[Item] = []  # items with argument text that may be encrypted

    def _answer(self) -> AnswerReader:
        return self.response.first

    def begin(self, item: Item) -> None:
        """Begin the call of an item."""
        kind, name, _, _ = shape_of(item.kind)
        data = item.data
        name = text_of(data.get("name")) or name
        identity = text_of(data.get("call_id")) or text_of(data.get("id"))
        environment = text_of(dict_of(data.get("environment")).get("type"))
        if item.kind == "shell_call" and environment.startswith("container"):
            kind = "server"
        elif item.kind == "tool_search_call" and data.get("execution") == "client":
            kind = "function"
        item.reader = self._answer().call(identity or None, name or None, kind)

    # JSON text and free text.

    def first_text(self, item: Item, reader: CallReader, text: str, is_custom: bool) -> None:
        """Read argument text, or hold it as long as it may be encrypted."""
        if item.sealed is None and (is_custom or not _may_be_encrypted(reader, text)):
            reader.feed(text)
            return
        if item.sealed is None:
            item.sealed = []
            self.sealed.append(item)
        self._answer().room.take(len(text))
        item.sealed.append(text)
        item.size += len(text)
        if item.size > self.response.options.limits.string:
            self._open_sealed(item, None)

    def text_done(
        self, item: Item, reader: CallReader, data: dict[str, Any], is_custom: bool
    ) -> None:
        """Read an event with the whole arguments."""
        is_text = is_custom or item.kind == "custom_tool_call"
        value = data.get("input" if is_text else "arguments")
        if reader.begun and isinstance(value, str) and value == item.confirmed:
            return
        name = text_of(data.get("name"))
        if name and not reader.begun:
            reader.set_name(name)
        self._confirm(item, reader, value)
        # Without text, and for free text, this is not the end: the arguments may have been cut.
        if not is_text and item.sealed is None and reader.received and reader.begun:
            reader.end()

    def _confirm(self, item: Item, reader: CallReader, value: Any) -> None:
        """Compare with the whole arguments."""
        if item.sealed is not None and is_something(value):
            self._open_sealed(item, value)
        if isinstance(value, str):
            if value != item.confirmed:  # the same text is compared only once
                reader.confirm(value)
                item.confirmed = value
        elif value is not None and not reader.received:
            reader.feed_value(value)

    def _open_sealed(self, item: Item, whole: Any) -> None:
        """Read held text if the whole arguments begin with it, or if they never arrive."""
        reader = item.reader
        if reader is None or item.sealed is None:
            return
        text = "".join(item.sealed)
        item.sealed = None
        self._answer().room.give_back(len(text))
        if whole is None or (isinstance(whole, str) and whole.startswith(text)):
            reader.feed(text)
            return
        message = "the deltas had other text, which may be encrypted"
        reader.note_anomaly("replaced_arguments", message)
        self._answer().pass_on("replaced_arguments", {**reader.call._naming(), "text": text})

    def settle(self) -> None:
        """Read the held text, once there are no more deltas."""
        for item in self.sealed:
            self._open_sealed(item, None)
        self.sealed = []

    # The whole item.

    def whole_item(self, item: Item, reader: CallReader, data: dict[str, Any]) -> None:
        """Read the part of the arguments in a whole item that no event had."""
        _, _, names, _ = shape_of(item.kind)
        if item.streamed is not None:
            if item.done and not is_cut(data):
                item.streamed.finish({name: data.get(name) for name in names})
        elif "arguments" in data or item.kind == "custom_tool_call":
            value = arguments_in(item.kind, data)
            # Before the end, a search has the arguments {}, and another call has "".
            if value or item.done:
                self._confirm(item, reader, value)
        elif item.done and not reader.received:
            value = {name: data[name] for name in names if data.get(name) is not None}
            reader.feed_value(in_order(item.kind, value))

    def end(self, item: Item, reader: CallReader) -> None:
        """End a call, and add the result of the provider's tool."""
        reader.end()
        _, _, _, names = shape_of(item.kind)
        for place, name in enumerate(names):
            value = item.data.get(name)
            if is_something(value):
                call = reader.call
                result = ServerToolResult(call.id, call.name, value)
                if place:
                    result.extra["is_error"] = True
                item.result = result
                self._answer().add_result(result)
                return


def _may_be_encrypted(reader: CallReader, text: str) -> bool:
    """Return whether the first argument text looks like Base64, which no JSON object does."""
    if reader.received or not reader.open:
        return False
    first = text.lstrip()[:1]
    return first.isalnum() or first in ("+", "/", "-", "_")


def cut_calls(items: list[Item]) -> bool:
    """Truncate the calls that are cut by their own status; return whether the caller runs one."""
    found = False
    for item in items:
        reader = item.reader
        if reader is not None and reader.open and is_cut(item.data):
            reader.close(CUT)
            found = found or reader.call.kind != "server"
    return found
