"""The tool calls of a stream as the front end knows them: their ids, their state, their results."""

from __future__ import annotations

from streamparse.frontends.argument_text import ArgumentText
from streamparse.message import ServerToolResult, ToolCall

__all__ = ["ShownCall", "ShownCalls"]


class ShownCall:
    """A tool call as the front end knows it.

    Attributes:
        id: The provider's id, or one derived from the id of the message.
        sent: The number of characters of `arguments_text` that the deltas have brought.
        arguments: Writes the argument events as JSON text.
        open: True until the call completes, is rejected or is truncated.
        complete: True if the call completed.
        answered: True once the call has a result.
    """

    __slots__ = ("answered", "arguments", "call", "complete", "id", "open", "sent")

    def __init__(self, call: ToolCall, identity: str) -> None:
        self.call: ToolCall = call
        self.id: str = identity
        self.sent: int = 0
        self.arguments: ArgumentText = ArgumentText()
        self.open: bool = True
        self.complete: bool = False
        self.answered: bool = False

    @property
    def name(self) -> str:
        """The name of the tool; the protocols need one even if the call was cut before its name."""
        return self.call.name or "unknown"

    @property
    def text(self) -> str:
        """The text of the arguments that the deltas have brought."""
        return self.call.arguments_text[: self.sent]

    @property
    def is_server(self) -> bool:
        """Whether the provider runs the tool."""
        return self.call.kind == "server"


class ShownCalls:
    """The calls of all answers of a stream.

    Attributes:
        current: The calls of the current answer, by index.
    """

    def __init__(self) -> None:
        self.current: dict[int, ShownCall] = {}
        self._by_id: dict[str, ShownCall] = {}  # the calls of all answers, by the provider's id
        self._shown: dict[str, ShownCall] = {}  # all calls, by the id that the front end knows
        self._made_ids = 0

    def begin_answer(self) -> None:
        """Begin the calls of another answer."""
        self.current = {}

    def add(self, call: ToolCall, base: str) -> ShownCall:
        """Add a call of the current answer; `base` is the beginning of an id that is made."""
        shown = ShownCall(call, self._id_for(call, base))
        self.current[call.index] = shown
        self._shown[shown.id] = shown
        if call.id is not None:
            self._by_id[call.id] = shown
        return shown

    def ended(self, call: ToolCall) -> ShownCall:
        """Return a call of the current answer that has ended.

        Raises:
            ValueError: There is no such call, or it has not ended.
        """
        if call.index not in self.current:
            raise ValueError(f"no call {call.index} of the last answer was encoded")
        known = self.current[call.index]
        if known.open:
            raise ValueError(f"the call {known.id} has not ended: it has no result yet")
        return known

    def named(self, identity: str) -> ShownCall:
        """Return the call with this id, or a complete one that an earlier stream sent.

        Raises:
            ValueError: The call has not ended.
        """
        known = self._shown.get(identity)
        if known is None:
            call = ToolCall()
            call.id = identity
            known = self._shown[identity] = ShownCall(call, identity)
            known.open, known.complete = False, True
        elif known.open:
            raise ValueError(f"the call {identity} has not ended: it has no result yet")
        return known

    def of_result(self, part: ServerToolResult) -> ShownCall | None:
        """Find the call by id, or else the first call of that tool without a result."""
        if part.call_id is not None:
            return self._by_id.get(part.call_id)
        for call in self.current.values():
            if call.is_server and not call.answered and call.name == part.name:
                return call
        return None

    def _id_for(self, call: ToolCall, base: str) -> str:
        """Return the provider's id, or a new one if it is missing or was used before."""
        identity = call.id
        base = identity or f"{base}-call"
        while identity is None or identity in self._shown:
            self._made_ids += 1
            identity = f"{base}-{self._made_ids}"
        return identity
