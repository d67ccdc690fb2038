"""Converts value events to JSON Patch (RFC 6902), for readers without a parser, and back.

The events are those of a document (`ValueStarted` and so on), of the arguments of one tool call, or
of the structured output of one message. They become operations on that document:

- `{"op": "add", "path": pointer, "value": value}` when a value begins. `value` includes whatever
  the same batch of events contains of it. For a repeated key the operation replaces the member, as
  RFC 6902 defines for `add`.
- `{"op": "append", "path": pointer, "value": text}` when the open string at `path` grows. RFC 6902
  has no such operation; it would have to send the whole string again, which is quadratic.
- `{"op": "replace", ...}` with `append=False`: the whole string, once it is complete.

Rule 1: The events of one call are merged. A value that begins and ends in them is one operation,
and adjacent pieces of a string are one operation. Larger batches (`batches()` of a stream with
`every=`) need fewer bytes and give the same value.
Rule 2: `to_patches` keeps no state between calls. `PatchPacker` does: in its packed form an
operation contains only the part of its path that differs from the last one.

The packed operations, as JSON:

- `"text"`: append to the string at the path of the last operation.
- `[value]`: add `value` as the item after the item of the last operation.
- `[n, step, ..., value]`: add `value`. Its path is the first n steps of the last path followed by
  these steps, each a name or an index, not escaped.
- `[[n, step, ...], "text"]`: append to the string at the path that is given in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

from streamparse.errors import StreamParseError
from streamparse.events import StringDelta, ValueCompleted, ValueStarted
from streamparse.message import Message, ToolCall
from streamparse.message_events import (
    ArgumentCompleted,
    ArgumentDelta,
    ArgumentStarted,
    OutputCompleted,
    OutputDelta,
    OutputStarted,
)
from streamparse.paths import Path, json_pointer, parse_json_pointer

__all__ = ["PatchApplier", "PatchPacker", "to_patches"]

Operation: TypeAlias = dict[str, Any]

_START, _DELTA, _END = range(3)
# Each type of event: the kind of document that it belongs to, and its role.
_ROLES: Final[dict[type, tuple[str, int]]] = {
    ValueStarted: ("value", _START),
    StringDelta: ("value", _DELTA),
    ValueCompleted: ("value", _END),
    ArgumentStarted: ("call", _START),
    ArgumentDelta: ("call", _DELTA),
    ArgumentCompleted: ("call", _END),
    OutputStarted: ("output", _START),
    OutputDelta: ("output", _DELTA),
    OutputCompleted: ("output", _END),
}


# From events to operations.


def to_patches(
    events: Iterable[Any], *, append: bool = True, of: ToolCall | Message | None = None
) -> list[Operation]:
    """Return the operations that turn the document before these events into the one after them.

    Before the first operation the document is null, or `[]` with `many`.

    The form has limits. Each operation contains a pointer, so its size grows with the depth and the
    length of the keys (`PatchPacker` has no such cost). If `parse_int` or `parse_float` returns
    strings or containers, they cannot be distinguished from other values. Infinity, from `1e400`,
    has no JSON. The events of selected nodes (`select=`) lack the rest of the document, so they
    cannot be converted.

    Args:
        events: All events of one or more calls of `feed`, in their order. Events without a value
            are ignored.
        append: Whether to emit `append`. With `False` the result is plain RFC 6902: a string is
            sent with the text that had arrived when it began and again when it is complete, which
            takes at most twice its length.
        of: The document to convert if there are several: a call, for its arguments, or a message,
            for its output.

    Returns:
        The operations, in their order.

    Raises:
        ValueError: The events belong to several documents, and `of` is not given.

    >>> from streamparse import JSONParser
    >>> parser = JSONParser()
    >>> to_patches(parser.feed('{"city": "Par'))
    [{'op': 'add', 'path': '', 'value': {'city': 'Par'}}]
    >>> to_patches(parser.feed("is"))
    [{'op': 'append', 'path': '/city', 'value': 'is'}]
    >>> to_patches(parser.feed('", "days": 3'))
    []
    >>> to_patches(parser.feed("}"))
    [{'op': 'add', 'path': '/days', 'value': 3}]
    """
    return [
        {"op": change.op, "path": json_pointer(change.path), "value": change.value}
        for change in _changes(events, append, of)
    ]


class PatchPacker:
    """Encodes events as packed operations (see the module), whose size is linear in the document.

    A packer belongs to one document and one reader, which must receive all operations in order.

    Args:
        of: The document to convert if there are several; see `to_patches`.

    >>> from streamparse import JSONParser
    >>> parser, packer = JSONParser(), PatchPacker()
    >>> [packer.pack(parser.feed(text)) for text in ('{"city": "Par', 'is"', ', "days": [3, 4, ')]
    [[[0, {'city': 'Par'}]], [[[0, 'city'], 'is']], [[0, 'days', [3, 4]]]]
    >>> packer.pack(parser.feed('"fi')), packer.pack(parser.feed("ve"))
    ([[1, 2, 'fi']], ['ve'])
    """

    def __init__(self, of: ToolCall | Message | None = None) -> None:
        self._of = of
        self._last: Path = ()

    def pack(self, events: Iterable[Any]) -> list[Any]:
        """Return the packed operations of some events.

        Args:
            events: The next events, as for `to_patches`.

        Returns:
            The packed operations, as plain data for JSON.
        """
        return [self._packed(change) for change in _changes(events, True, self._of)]

    def _packed(self, change: _Change) -> Any:
        last, self._last = self._last, change.path
        if change.op == "append" and change.path == last:
            return change.value
        if change.op == "add" and _is_next(change.path, last):
            return [change.value]
        shared = _shared(last, change.path)
        where = [shared, *change.path[shared:]]
        return [where, change.value] if change.op == "append" else [*where, change.value]


def _is_next(path: Path, last: Path) -> bool:
    """Return whether `path` leads to the item after the one at `last`."""
    if not last or len(path) != len(last):
        return False
    step, before = path[-1], last[-1]
    is_next = isinstance(step, int) and isinstance(before, int) and step == before + 1
    return is_next and path[:-1] == last[:-1]


def _shared(one: Path, other: Path) -> int:
    """Return the number of steps that the paths have in common from the root."""
    shared = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        shared += 1
    return shared


class _Change:
    """An operation before it is encoded."""

    __slots__ = ("op", "path", "value")

    def __init__(self, op: str, path: Path, value: Any) -> None:
        self.op = op
        self.path = path
        self.value = value


def _changes(events: Iterable[Any], append: bool, of: ToolCall | Message | None) -> list[_Change]:
    merger = _Merger(append)
    document = _key_of(of)
    for event in events:
        kind, role = _ROLES.get(type(event), ("", _END))
        if not kind:
            continue
        its = _document_of(kind, event)
        if document is None:
            document = its
        if its != document:
            if of is None:
                raise ValueError("events of several documents: choose one with `of`")
        elif role == _DELTA:
            merger.delta(event.path, event.text)
        elif role == _START:
            merger.started(event.path, event.kind)
        else:
            merger.completed(event.path, event.value)
    return merger.end()


def _key_of(of: ToolCall | Message | None) -> object:
    """Return what `_document_of` returns for the events of `of`."""
    if of is None:
        return None
    return ("call", id(of)) if isinstance(of, ToolCall) else ("output", of.choice)


def _document_of(kind: str, event: Any) -> object:
    """Return a key that is equal for all events of one document."""
    if kind == "call":
        return kind, id(event.call)
    return (kind, event.choice) if kind == "output" else kind


class _Merger:
    """Merges events in document order into as few changes as possible.

    Rule: A value that begins inside a value of this batch becomes part of the value of its change.
    """

    __slots__ = ("append", "changes", "holders", "paths", "pieces", "string")

    def __init__(self, append: bool) -> None:
        self.append = append
        self.changes: list[_Change] = []
        # The open containers that began in this batch, outermost first.
        self.holders: list[Any] = []
        self.paths: list[Path] = []
        # The path of the open string if it began in this batch, and its new text.
        self.string: Path | None = None
        self.pieces: list[str] = []

    def started(self, path: Path, kind: str) -> None:
        if kind == "string":
            self._flush_text()
            self._add(path, "")
            self.string = path
            return
        value: Any = {} if kind == "object" else []
        self._add(path, value)
        self.holders.append(value)
        self.paths.append(path)

    def delta(self, path: Path, text: str) -> None:
        if self.string is None and self.append:
            last = self.changes[-1] if self.changes else None
            if last is None or last.op != "append" or last.path != path:
                self._flush_text()
                self.changes.append(_Change("append", path, ""))
        self.pieces.append(text)

    def completed(self, path: Path, value: Any) -> None:
        if isinstance(value, str):
            if self.string is None and not self.append:
                self.pieces.clear()
                self.changes.append(_Change("replace", path, value))
            self._flush_text()
        elif isinstance(value, (dict, list)):
            if self.paths and self.paths[-1] == path:
                self.holders.pop()
                self.paths.pop()
        else:
            self._add(path, value)

    def end(self) -> list[_Change]:
        self._flush_text()
        return self.changes

    def _add(self, path: Path, value: Any) -> None:
        """Add a value to the container that began in this batch, or as a change of its own."""
        if path and self.paths and self.paths[-1] == path[:-1]:
            holder, step = self.holders[-1], path[-1]
            if isinstance(holder, dict):
                holder[step] = value
                return
            if step == len(holder):
                holder.append(value)
                return
        self.holders.clear()
        self.paths.clear()
        self.changes.append(_Change("add", path, value))

    def _flush_text(self) -> None:
        """Move the text of the open string to its container or its change."""
        text = "".join(self.pieces)
        self.pieces.clear()
        path, self.string = self.string, None
        if path is None:
            if text and self.append:
                self.changes[-1].value = text
        elif path and self.paths and self.paths[-1] == path[:-1]:
            self.holders[-1][path[-1]] = text
        else:
            self.changes[-1].value = text


# From operations to the value.


class PatchApplier:
    """Applies plain or packed operations to a value; `streamparse.js` does the same.

    It supports `add`, `replace` and `append`. In an array, `add` inserts before the index, or at
    the end for the length and for `-` (RFC 6902, section 4.1). Operations are copied.

    `value` is the current value. It is updated in place; read it, but do not change it.

    An invalid operation raises `StreamParseError` with the code `"invalid_patch"`, and one that
    does not fit the value raises it with the code `"patch_target"` and the `path`. The operations
    before it have been applied. Later operations rely on the failed one, so every later call raises
    the same error.

    Args:
        value: The value to start with; it is copied.

    >>> applier = PatchApplier()
    >>> applier.apply([{"op": "add", "path": "", "value": {"city": "Par"}}])
    >>> applier.apply([[[0, "city"], "is"], [0, "days", 3]])
    >>> applier.value
    {'city': 'Paris', 'days': 3}
    """

    def __init__(self, value: Any = None) -> None:
        # The path of the last operation, and the container of each of its steps. A list around
        # the root makes the root an element like others.
        self._steps: list[Any] = [0]
        self._holders: list[Any] = [[_copied(value)]]
        # The string at that path once it has grown; it is taken out of its container, because
        # only a string with a single reference grows in place.
        self._text: str | None = None
        self._in_container = False  # whether the container holds the current text
        self._failure: StreamParseError | None = None

    @property
    def value(self) -> Any:
        """The current value; None before the first operation."""
        self._flush_text()
        return self._holders[0][0]

    def apply(self, patch: Iterable[Any]) -> None:
        """Apply a patch.

        Args:
            patch: A list of operations, or one operation as a dict.

        Raises:
            TypeError: `patch` is not a list of operations.
            StreamParseError: An operation is invalid or does not fit the value.
        """
        if isinstance(patch, (str, bytes)) or not isinstance(patch, Iterable):
            raise TypeError(f"a patch is a list of operations, not {type(patch).__name__}")
        if self._failure is not None:
            raise self._failure.copy_without_events()
        try:
            for operation in [patch] if isinstance(patch, dict) else patch:
                self._apply(operation)
        except StreamParseError as error:
            self._failure = error.copy_without_events()
            raise

    def _apply(self, operation: Any) -> None:
        if isinstance(operation, str):
            self._append(operation)
        elif isinstance(operation, list) and operation:
            *where, value = operation
            if not where:
                self._go_packed(self._next_item())
                self._add(value)
            elif isinstance(where[0], list):
                self._go_packed(where[0] if len(where) == 1 else [])
                self._append(value)
            else:
                self._go_packed(where)
                self._add(value)
        elif isinstance(operation, dict):
            self._apply_plain(operation)
        else:
            raise _invalid("it must be an object, a string or an array that is not empty")

    def _apply_plain(self, operation: Operation) -> None:
        op: Any = operation.get("op")
        pointer: Any = operation.get("path")
        if op not in ("add", "replace", "append"):
            raise _invalid(f"unknown operation {_display(op)}")
        if "value" not in operation:
            raise _invalid("an operation without a value")
        try:
            steps = parse_json_pointer(pointer)
        except (TypeError, ValueError) as error:
            raise _invalid(str(error)) from None
        self._go(0, steps)
        if op == "append":
            self._append(operation["value"])
        elif op == "add":
            self._add(operation["value"])
        else:
            self._look("replace")
            self._holders[-1][self._steps[-1]] = _copied(operation["value"])

    # Moving to the path of an operation.

    def _go_packed(self, where: list[Any]) -> None:
        shared, steps = (where[0], where[1:]) if where else (None, [])
        if type(shared) is not int or not 0 <= shared < len(self._steps):
            raise _invalid(f"{_display(shared)} is not a number of steps of the last path")
        if not all(type(step) is str or _is_small(step) for step in steps):
            raise _invalid("a step must be a name or an index")
        self._go(shared, steps)

    def _next_item(self) -> list[Any]:
        """Return the packed path of the item after the one of the last operation."""
        if len(self._steps) == 1 or not isinstance(self._steps[-1], int):
            raise _invalid("the last operation was not on an item of an array")
        return [len(self._steps) - 2, self._steps[-1] + 1]

    def _go(self, shared: int, steps: Sequence[Any]) -> None:
        """Move to the path of an operation; there may be no value yet."""
        self._flush_text()
        self._text = None
        del self._steps[shared + 1 :]
        del self._holders[shared + 1 :]
        for step in steps:
            holder = self._look("look into")
            self._steps.append(self._step_in(holder, step))
            self._holders.append(holder)

    def _step_in(self, holder: Any, step: Any) -> Any:
        """Return the step in the form that its container needs."""
        if isinstance(holder, dict) and isinstance(step, str):
            return step
        if isinstance(holder, list):
            index = len(holder) if step == "-" else _index(step)
            if index is not None and 0 <= index <= len(holder):
                return index
        message = f"{_display(step)} is not a key or index of the value there"
        raise self._misfit(message, (*self._steps[1:], step))

    def _look(self, purpose: str) -> Any:
        """Return the value at the current path."""
        holder, step = self._holders[-1], self._steps[-1]
        there = step in holder if isinstance(holder, dict) else step < len(holder)
        if not there:
            raise self._misfit(f"there is no value to {purpose}", tuple(self._steps[1:]))
        return holder[step]

    def _misfit(self, message: str, path: Path) -> StreamParseError:
        return StreamParseError(
            f"{message}: {json_pointer(path)!r}", code="patch_target", path=path
        )

    # Values.

    def _add(self, value: Any) -> None:
        holder, step = self._holders[-1], self._steps[-1]
        if isinstance(holder, list) and len(self._steps) > 1:
            holder.insert(step, _copied(value))
        else:
            holder[step] = _copied(value)

    def _append(self, text: Any) -> None:
        if not isinstance(text, str):
            raise _invalid(f"only text can be appended, not {type(text).__name__}")
        holder, step = self._holders[-1], self._steps[-1]
        if self._text is None:
            self._text = self._look("append to")
            if not isinstance(self._text, str):
                self._text = None
                raise self._misfit("there is no string to append to", tuple(self._steps[1:]))
            self._in_container = True
        if self._in_container:
            holder[step] = ""  # the text grows in place only if there is no other reference
            self._in_container = False
        buffer = self._text
        self._text = ""
        buffer += text
        self._text = buffer

    def _flush_text(self) -> None:
        if self._text is not None and not self._in_container:
            self._holders[-1][self._steps[-1]] = self._text
            self._in_container = True


def _invalid(message: str) -> StreamParseError:
    return StreamParseError(f"not a patch operation: {message}", code="invalid_patch")


def _display(value: Any) -> str:
    """Return a short text for an untrusted value, for use in a message."""
    if isinstance(value, str):
        return repr(value[:40])
    return repr(value) if value is None or _is_small(value) else f"a {type(value).__name__}"


def _is_small(value: Any) -> bool:
    return type(value) is int and abs(value) < 1 << 63


def _index(step: Any) -> int | None:
    """Return an index (RFC 6901, section 4: no sign, no leading zeros), or None."""
    if isinstance(step, int):
        return step
    digits = step.isascii() and step.isdigit() and len(step) < 20
    return int(step) if digits and (step == "0" or step[0] != "0") else None


def _copied(value: Any) -> Any:
    """Return a deep copy of `value`, without recursion."""
    if not isinstance(value, (dict, list)):
        return value
    copy: Any = value.copy()
    todo: list[Any] = [copy]
    while todo:
        holder = todo.pop()
        for step, part in holder.items() if isinstance(holder, dict) else enumerate(holder):
            if isinstance(part, (dict, list)):
                holder[step] = part.copy()
                todo.append(holder[step])
    return copy
