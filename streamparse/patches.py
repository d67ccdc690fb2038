"""Value events as JSON Patch (RFC 6902), for readers that have no parser, and back to the value.

The events may be those of a document (`ValueStarted` and so on), of the arguments of one tool call
or of the structured output of one message. They become operations on that document:

- `{"op": "add", "path": pointer, "value": value}` where a value begins; it has what the same
  events told of it already. Of a repeated key the member is replaced, as RFC 6902 says of `add`.
- `{"op": "append", "path": pointer, "value": text}` where the open string at `path` grows. Not in
  RFC 6902, which can only send the string again: the work would be quadratic.
- `{"op": "replace", ...}` instead, with `append=False`: the string once more when it is complete.

Rule 1: what the events of one call tell is merged: a value that begins and ends in them is one
operation, adjacent pieces of a string are one. The more events at a time (`batches()` of a stream
with `every=`), the fewer bytes; the value is the same.
Rule 2: `to_patches` keeps nothing from call to call. What needs a memory, the packed form in which
an operation says only where its path differs from the last one, is `PatchPacker`'s.

Packed operations, by their JSON:

- `"text"`: append to the string at the path of the last operation.
- `[value]`: add `value` as the next item, behind the one of the last operation.
- `[n, step, ..., value]`: add `value`; its path is the first n steps of that of the last operation
  and then these steps (a name or an index each, not escaped).
- `[[n, step, ...], "text"]`: append to the string at the path that is told in the same way.
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
# What an event tells of, and what it says.
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


# From events


def to_patches(
    events: Iterable[Any], *, append: bool = True, of: ToolCall | Message | None = None
) -> list[Operation]:
    """The operations that make of the document before these events the one after them.

    `events` are those of one `feed`, of several, or of the whole document: all events in their
    order, none left out; those that tell of no value are passed over. `of` chooses a document where
    there are several: the arguments of a call, or the output of a message; without it
    events of two documents are a `ValueError`.

    Before the first operation the document is nothing (null), with `many` it is `[]`.

    `append=False` gives plain RFC 6902. A string then shows what had come when it began, and the
    whole when it is complete, which is at most twice its length; nothing in between, for which
    JSON Patch has no words that are not quadratic.

    Limits of the form: a pointer is written with each operation, so bytes grow with depth and
    length of keys (`PatchPacker` has no such cost). Numbers have to be numbers: where `parse_int`
    or `parse_float` make strings or containers of them, those cannot be told from others.
    Infinity, from `1e400`, has no JSON. Events of selected nodes only (`select=`) tell neither what
    is around nor what is inside them: no patches can be made of them.

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
    """Operations in the packed form (see the module), whose bytes are linear in the document.

    A packer goes with one document and one reader, who gets everything in order.

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
        """The operations of these events, as those of `to_patches`; `[]` if there are none."""
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
    """Is `path` that of the item behind the one at `last`?"""
    if not last or len(path) != len(last):
        return False
    step, before = path[-1], last[-1]
    is_next = isinstance(step, int) and isinstance(before, int) and step == before + 1
    return is_next and path[:-1] == last[:-1]


def _shared(one: Path, other: Path) -> int:
    """How many steps the paths have in common from the root."""
    shared = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        shared += 1
    return shared


class _Change:
    """An operation on its way."""

    __slots__ = ("op", "path", "value")

    def __init__(self, op: str, path: Path, value: Any) -> None:
        self.op = op
        self.path = path
        self.value = value


def _changes(events: Iterable[Any], append: bool, of: ToolCall | Message | None) -> list[_Change]:
    merging = _Merging(append)
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
                raise ValueError("events of several documents: choose one by `of`")
        elif role == _DELTA:
            merging.delta(event.path, event.text)
        elif role == _START:
            merging.started(event.path, event.kind)
        else:
            merging.completed(event.path, event.value)
    return merging.end()


def _key_of(of: ToolCall | Message | None) -> object:
    """What `_document_of` says for the events of `of`."""
    if of is None:
        return None
    return ("call", id(of)) if isinstance(of, ToolCall) else ("output", of.choice)


def _document_of(kind: str, event: Any) -> object:
    """Equal for the events of one document."""
    if kind == "call":
        return kind, id(event.call)
    return (kind, event.choice) if kind == "output" else kind


class _Merging:
    """Takes events in document order; makes as few changes of them as it can.

    Rule: what begins inside a value that began here goes into the value of its change.
    """

    __slots__ = ("append", "changes", "holders", "paths", "pieces", "string")

    def __init__(self, append: bool) -> None:
        self.append = append
        self.changes: list[_Change] = []
        # The containers that began here and are open, outermost first.
        self.holders: list[Any] = []
        self.paths: list[Path] = []
        # The open string: its path if it began here; its new text.
        self.string: Path | None = None
        self.pieces: list[str] = []

    def started(self, path: Path, kind: str) -> None:
        if kind == "string":
            self._settle()
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
                self._settle()
                self.changes.append(_Change("append", path, ""))
        self.pieces.append(text)

    def completed(self, path: Path, value: Any) -> None:
        if isinstance(value, str):
            if self.string is None and not self.append:
                self.pieces.clear()
                self.changes.append(_Change("replace", path, value))
            self._settle()
        elif isinstance(value, (dict, list)):
            if self.paths and self.paths[-1] == path:
                self.holders.pop()
                self.paths.pop()
        else:
            self._add(path, value)

    def end(self) -> list[_Change]:
        self._settle()
        return self.changes

    def _add(self, path: Path, value: Any) -> None:
        """Into the container that began here, or as a change of its own."""
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

    def _settle(self) -> None:
        """Put the text of the open string where it belongs."""
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


# Back to the value


class PatchApplier:
    """Applies operations, plain or packed, to a value; `streamparse.js` does the same.

    It knows `add`, `replace` and `append`; `add` inserts into an array before the index, or at its
    end for the length and for `-`, as RFC 6902 says.

    `value` is what they have made so far: updated in place, read it, do not mutate it. Operations
    are only read, nothing of them is kept.

    What is no operation is a `StreamParseError` with the code `"invalid_patch"`, one that does not
    fit the value has the code `"patch_target"`; `path` is the place. Operations before it have been
    applied; then the applier is dead, because every later one counts on this one: later calls raise
    the error again.

    >>> applier = PatchApplier()
    >>> applier.apply([{"op": "add", "path": "", "value": {"city": "Par"}}])
    >>> applier.apply([[[0, "city"], "is"], [0, "days", 3]])
    >>> applier.value
    {'city': 'Paris', 'days': 3}
    """

    def __init__(self, value: Any = None) -> None:
        # The path of the last operation below a list that holds the root, so that the root is
        # a place like others; and the containers in which its steps are taken.
        self._steps: list[Any] = [0]
        self._holders: list[Any] = [[_copied(value)]]
        # The string there, once it has grown: out of its container, to be grown in place.
        self._text: str | None = None
        self._settled = False  # is all of it in the container just now?
        self._failure: StreamParseError | None = None

    @property
    def value(self) -> Any:
        """The value so far; None before the first operation."""
        self._settle()
        return self._holders[0][0]

    def apply(self, patch: Iterable[Any]) -> None:
        """Apply a patch: a list of operations. One operation as a dict is taken too."""
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
            raise _invalid("neither an object, nor an array that is not empty, nor a string")

    def _apply_plain(self, operation: Operation) -> None:
        op: Any = operation.get("op")
        pointer: Any = operation.get("path")
        if op not in ("add", "replace", "append"):
            raise _invalid(f"unknown operation {_shown(op)}")
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

    # Places.

    def _go_packed(self, where: list[Any]) -> None:
        shared, steps = (where[0], where[1:]) if where else (None, [])
        if type(shared) is not int or not 0 <= shared < len(self._steps):
            raise _invalid(f"{_shown(shared)} is not a number of steps of the last path")
        if not all(type(step) is str or _is_small(step) for step in steps):
            raise _invalid("a step is a name or an index")
        self._go(shared, steps)

    def _next_item(self) -> list[Any]:
        """Where the item behind that of the last operation is."""
        if len(self._steps) == 1 or not isinstance(self._steps[-1], int):
            raise _invalid("no item was before the next one")
        return [len(self._steps) - 2, self._steps[-1] + 1]

    def _go(self, shared: int, steps: Sequence[Any]) -> None:
        """To the place of an operation; the value there may be missing yet."""
        self._settle()
        self._text = None
        del self._steps[shared + 1 :]
        del self._holders[shared + 1 :]
        for step in steps:
            holder = self._look("look into")
            self._steps.append(self._step_in(holder, step))
            self._holders.append(holder)

    def _step_in(self, holder: Any, step: Any) -> Any:
        """The step as its container has it."""
        if isinstance(holder, dict) and isinstance(step, str):
            return step
        if isinstance(holder, list):
            index = len(holder) if step == "-" else _index(step)
            if index is not None and 0 <= index <= len(holder):
                return index
        message = f"{_shown(step)} is no place in what is there"
        raise self._misfit(message, (*self._steps[1:], step))

    def _look(self, purpose: str) -> Any:
        """The value at the place."""
        holder, step = self._holders[-1], self._steps[-1]
        there = step in holder if isinstance(holder, dict) else step < len(holder)
        if not there:
            raise self._misfit(f"nothing is there to {purpose}", tuple(self._steps[1:]))
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
            raise _invalid(f"what is appended is text, not {type(text).__name__}")
        holder, step = self._holders[-1], self._steps[-1]
        if self._text is None:
            self._text = self._look("append to")
            if not isinstance(self._text, str):
                self._text = None
                raise self._misfit("no string is there to append to", tuple(self._steps[1:]))
            self._settled = True
        if self._settled:
            holder[step] = ""  # the only reference has to be ours: then it grows in place
            self._settled = False
        buffer = self._text
        self._text = ""
        buffer += text
        self._text = buffer

    def _settle(self) -> None:
        if self._text is not None and not self._settled:
            self._holders[-1][self._steps[-1]] = self._text
            self._settled = True


def _invalid(message: str) -> StreamParseError:
    return StreamParseError(f"not a patch operation: {message}", code="invalid_patch")


def _shown(value: Any) -> str:
    """A foreign value in a message, which it must not break or fill."""
    if isinstance(value, str):
        return repr(value[:40])
    return repr(value) if value is None or _is_small(value) else f"a {type(value).__name__}"


def _is_small(value: Any) -> bool:
    return type(value) is int and abs(value) < 1 << 63


def _index(step: Any) -> int | None:
    """An index, written as RFC 6901 wants it: no sign, no leading zeros."""
    if isinstance(step, int):
        return step
    digits = step.isascii() and step.isdigit() and len(step) < 20
    return int(step) if digits and (step == "0" or step[0] != "0") else None


def _copied(value: Any) -> Any:
    """`value` with containers of its own; no recursion on its shape."""
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
