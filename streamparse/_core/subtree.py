"""One node of a document to a sink of its own, together with its source text.

For a body like `{"name": …, "arguments": {…}}`: one machine reads the whole, the arguments reach
the call's own chain as they arrive, and their text is known to the character without counting
brackets or reading twice.
"""

from __future__ import annotations

from typing import Any

from streamparse._core.sink import Sink


class Subtree(Sink):
    """Passes the value at `path` on to `inner`, everything else to `rest`.

    `rest` hears of the member's key, not of its value. A repeated key begins a second value; the
    first one has been passed on and stays: `occurrences` counts them.
    """

    def __init__(self, path: tuple[Any, ...], inner: Sink, rest: Sink) -> None:
        super().__init__()
        self.precise = inner.precise or rest.precise
        self.inner = inner
        self.rest = rest
        self.occurrences: int = 0
        #: Offsets of the subtree's first character, and of the one after its last; -1: not yet.
        self.start: int = -1
        self.stop: int = -1
        self.path: tuple[Any, ...] = path
        self.target: Sink = rest
        self.inside: bool = False  # within an occurrence, the first or a repeated one
        self.depth: int = 0  # containers open inside the occurrence
        # The way to what is being read: the step inside each open container, None before it.
        self.steps: list[Any] = []
        self.key: str = ""
        self.literal: bool = False  # is the open scalar true, false or null?

    def watch(self, path: tuple[Any, ...], inner: Sink) -> None:
        """Wait for another node once this one is complete, as for the next item of a list."""
        self.path = path
        self.inner = inner
        self.occurrences = 0
        self.start = self.stop = -1

    def source(self, text: str, offset: int) -> str:
        """The part of the fragment `text`, which began at `offset`, that is in the subtree."""
        if self.start < 0:
            return ""
        first = max(self.start - offset, 0)
        return text[first:] if self.stop < 0 else text[first : max(self.stop - offset, 0)]

    # Sink calls.

    def start_object(self, offset: int) -> None:
        self._begin(offset)
        self.target.start_object(offset)
        self._enter(None)

    def start_array(self, offset: int) -> None:
        self._begin(offset)
        self.target.start_array(offset)
        self._enter(-1)

    def start_string(self, offset: int) -> None:
        self._begin(offset)
        self.target.start_string(offset)

    def start_scalar(self, kind: str, offset: int) -> None:
        self._begin(offset)
        self.literal = kind != "number"
        self.target.start_scalar(kind, offset)

    def start_key(self, offset: int) -> None:
        self.key = ""
        self.target.start_key(offset)

    def key_text(self, text: str, offset: int) -> None:
        if not self.inside:
            self.key += text
        self.target.key_text(text, offset)

    def end_key(self, offset: int) -> None:
        if not self.inside:
            self.steps[-1] = self.key
        self.target.end_key(offset)

    def text(self, text: str, offset: int) -> None:
        self.target.text(text, offset)

    def end_string(self, offset: int) -> None:
        self.target.end_string(offset)
        self._complete(offset + 1)

    def scalar(self, value: object, offset: int) -> None:
        self.target.scalar(value, offset)
        # A literal is decided by its own last letter, a number by the character after it.
        self._complete(offset + 1 if self.literal else offset)

    def end(self, offset: int) -> None:
        if self.inside:
            self.depth -= 1
        else:
            self.steps.pop()
        self.target.end(offset)
        self._complete(offset + 1)

    def repair(self, code: str, offset: int, item: bool) -> None:
        self.target.repair(code, offset, item)

    def clone(self) -> Subtree:
        twin = Subtree(self.path, self.inner.clone(), self.rest.clone())
        twin.occurrences, twin.start, twin.stop = self.occurrences, self.start, self.stop
        twin.inside, twin.depth = self.inside, self.depth
        twin.steps, twin.key, twin.literal = list(self.steps), self.key, self.literal
        first = self.target is self.inner
        twin.target = twin.inner if first else twin.rest if self.target is self.rest else _NOWHERE
        return twin

    def _begin(self, offset: int) -> None:
        """A value begins: is it the one?"""
        if self.inside:
            return
        if self.steps and isinstance(self.steps[-1], int):
            self.steps[-1] += 1
        if len(self.steps) == len(self.path) and tuple(self.steps) == self.path:
            self.inside = True
            self.occurrences += 1
            self.target = self.inner if self.occurrences == 1 else _NOWHERE
            if self.occurrences == 1:
                self.start = offset

    def _enter(self, step: Any) -> None:
        if self.inside:
            self.depth += 1
        else:
            self.steps.append(step)

    def _complete(self, end: int) -> None:
        """A value is whole; the occurrence, when nothing inside it is open."""
        if self.inside and not self.depth:
            self.inside = False
            self.target = self.rest
            if self.occurrences == 1:
                self.stop = end


_NOWHERE = Sink()
