"""Answers of a model encoded as OpenAI chat streams, with every way of identifying calls.

A `Script` describes an answer. This module makes of it the records of a stream, the facts that
each record decides, and the expected message, without code of the package.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from hypothesis import strategies as st

from tests.helpers import cut
from tests.messages import dumped

# The script


@dataclass(frozen=True)
class Said:
    """A piece of text or of reasoning."""

    kind: str  # "text" or "reasoning".
    text: str


@dataclass(frozen=True)
class Call:
    """A call; `refused` is the offset of the first invalid character of its arguments."""

    name: str
    arguments: str
    form: str  # "whole", "empty", "cut" or "broken".
    refused: int | None = None


@dataclass(frozen=True)
class Script:
    """An answer: its parts, their division into deltas, how calls are identified, and its end."""

    parts: tuple[Said | Call, ...]
    sizes: tuple[int, ...]
    quirk: str
    interleaved: bool
    finish: str | None  # The finish reason, if there is one.
    done: bool  # Whether `[DONE]` follows.
    with_last: bool  # Whether the finish reason comes with the last delta.
    twice: bool  # Whether it is repeated.
    usage: bool
    extras: tuple[int, ...]  # The records that an unknown record precedes.
    choice: int = 0

    @property
    def calls(self) -> list[Call]:
        return [part for part in self.parts if isinstance(part, Call)]


# The facts of a record: ("text" | "reasoning", text), ("started", call), ("arguments", call, text),
# ("finish", reason), ("usage",), ("other", data).
Note: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True)
class Step:
    """A record, and the facts that it decides."""

    record: dict[str, Any]
    notes: tuple[Note, ...]


# Ways to identify calls: (call, its number, its pieces) -> (entry of `tool_calls`, notes)

Entries: TypeAlias = Iterator[tuple[dict[str, Any], list[Note]]]


def entry(
    arguments: Any = None, index: Any = None, identity: Any = None, name: Any = None
) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    shown: dict[str, Any] = {"index": index, "id": identity}
    shown = {key: value for key, value in shown.items() if value is not None}
    function = {key: value for key, value in function.items() if value is not None}
    return {**shown, "type": "function", "function": function}


def standard(call: Call, number: int, pieces: Sequence[str], first: int = 0) -> Entries:
    yield entry("", first + number, f"id{number}", call.name), [("started", number)]
    for piece in pieces:
        yield entry(piece, first + number), [("arguments", number, piece)]


def from_one(call: Call, number: int, pieces: Sequence[str]) -> Entries:
    return standard(call, number, pieces, first=1)


def everything_each_time(call: Call, number: int, pieces: Sequence[str]) -> Entries:
    for place, piece in enumerate(pieces or [""]):
        start = [("started", number)] if place == 0 else []
        one = entry(piece, number, f"id{number}", call.name)
        yield one, [*start, ("arguments", number, piece)]


def blank_later(call: Call, number: int, pieces: Sequence[str]) -> Entries:
    yield entry(None, number, f"id{number}", call.name), [("started", number)]
    for place, piece in enumerate(pieces):
        blank = entry(piece, number, "null" if place % 2 else "", "")
        yield blank, [("arguments", number, piece)]


def late_id(call: Call, number: int, pieces: Sequence[str]) -> Entries:
    yield entry("", number, None, call.name), [("started", number)]
    for place, piece in enumerate(pieces or [""]):
        identity = f"id{number}" if place == 0 else None
        yield entry(piece, number, identity), [("arguments", number, piece)]


def late_name(call: Call, number: int, pieces: Sequence[str]) -> Entries:
    for piece in pieces:
        yield entry(piece, number, f"id{number}"), []
    everything = [("arguments", number, piece) for piece in pieces]
    yield entry("", number, f"id{number}", call.name), [("started", number), *everything]


def by_id_only(call: Call, number: int, pieces: Sequence[str]) -> Entries:
    yield entry("", None, f"id{number}", call.name), [("started", number)]
    for piece in pieces:
        yield entry(piece, None, f"id{number}"), [("arguments", number, piece)]


def rotating_ids(call: Call, number: int, pieces: Sequence[str]) -> Entries:
    yield entry("", number, f"id{number}", call.name), [("started", number)]
    for place, piece in enumerate(pieces):
        yield entry(piece, number, f"id{number}.{place}"), [("arguments", number, piece)]


def in_one(call: Call, number: int, pieces: Sequence[str]) -> Entries:
    notes: list[Note] = [("started", number), ("arguments", number, call.arguments)]
    yield entry(call.arguments, number, f"id{number}", call.name), notes


def in_one_without_index(call: Call, number: int, pieces: Sequence[str]) -> Entries:
    notes: list[Note] = [("started", number), ("arguments", number, call.arguments)]
    yield entry(call.arguments, None, f"id{number}", call.name), notes


def in_one_as_an_object(call: Call, number: int, pieces: Sequence[str]) -> Entries:
    value = json.loads(call.arguments)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    notes: list[Note] = [("started", number), ("arguments", number, text)]
    yield entry(value, number, f"id{number}", call.name), notes


def constant_index(call: Call, number: int, pieces: Sequence[str]) -> Entries:
    yield entry("", 0, f"id{number}", call.name), [("started", number)]
    for piece in pieces:
        yield entry(piece, 0), [("arguments", number, piece)]


def without_labels(call: Call, number: int, pieces: Sequence[str]) -> Entries:
    yield entry("", number, f"id{number}", call.name), [("started", number)]
    for piece in pieces:
        yield entry(piece), [("arguments", number, piece)]


def repeated_at_the_end(call: Call, number: int, pieces: Sequence[str]) -> Entries:
    yield from standard(call, number, pieces)
    yield entry(call.arguments, number), []


QUIRKS: dict[str, Callable[..., Entries]] = {
    quirk.__name__: quirk
    for quirk in (
        standard,
        from_one,
        everything_each_time,
        blank_later,
        late_id,
        late_name,
        by_id_only,
        rotating_ids,
        in_one,
        in_one_without_index,
        in_one_as_an_object,
        constant_index,
        without_labels,
        repeated_at_the_end,
    )
}
# With these, a call must end before the next one begins.
SEQUENTIAL = ("constant_index", "without_labels")
# With these, all calls must be whole.
WHOLE_ONLY = ("in_one_as_an_object", "without_labels", "repeated_at_the_end")


# Records


def steps(script: Script) -> list[Step]:
    """Return the records of the answer, without `[DONE]`."""
    found = [Step(_chunk(script, {"role": "assistant", "content": ""}), ())]
    found += [Step(_chunk(script, delta), tuple(notes)) for delta, notes in _deltas(script)]
    if script.finish is not None:
        end = ("finish", script.finish)
        if script.with_last:
            last = found.pop()
            found.append(Step(_finished(last.record, script.finish), (*last.notes, end)))
        else:
            found.append(Step(_finished(_chunk(script, {}), script.finish), (end,)))
        if script.twice:
            found.append(Step(_finished(_chunk(script, {"content": ""}), script.finish), ()))
    if script.usage:
        counts = {"prompt_tokens": 7, "completion_tokens": 5}
        found.append(Step({"choices": [], "usage": counts}, (("usage",),)))
    return list(_with_extras(script, found))


def _chunk(script: Script, delta: dict[str, Any]) -> dict[str, Any]:
    choice = {"index": script.choice, "delta": delta, "finish_reason": None}
    return {"id": "cc-9", "object": "chat.completion.chunk", "model": "tiny", "choices": [choice]}


def _finished(record: dict[str, Any], reason: str) -> dict[str, Any]:
    [choice] = record["choices"]
    return {**record, "choices": [{**choice, "finish_reason": reason}]}


def _deltas(script: Script) -> Iterator[tuple[dict[str, Any], list[Note]]]:
    fields = {"text": "content", "reasoning": "reasoning_content"}
    waiting: list[Entries] = []
    number = 0
    for part in script.parts:
        if isinstance(part, Said):
            yield from _round_robin(waiting)
            waiting = []
            for piece in _pieces(part.text, script.sizes):
                yield {fields[part.kind]: piece}, [(part.kind, piece)]
        else:
            pieces = _pieces(part.arguments, script.sizes)
            entries = QUIRKS[script.quirk](part, number, pieces)
            number += 1
            waiting.append(entries)
            if not script.interleaved:
                yield from _round_robin(waiting)
                waiting = []
    yield from _round_robin(waiting)


def _pieces(text: str, sizes: Sequence[int]) -> list[str]:
    return [piece for piece in cut(text, sizes) if piece]


def _round_robin(waiting: list[Entries]) -> Iterator[tuple[dict[str, Any], list[Note]]]:
    while waiting:
        for entries in list(waiting):
            following = next(entries, None)
            if following is None:
                waiting.remove(entries)
            else:
                yield {"tool_calls": [following[0]]}, following[1]


def _with_extras(script: Script, found: list[Step]) -> Iterator[Step]:
    """Add the unknown records and fields of the script."""
    for place, step in enumerate(found):
        if place in script.extras:
            data: dict[str, Any] = {"heartbeat": place}
            yield Step(data, (("other", data),))
        if place + 100 in script.extras and step.record["choices"]:
            [choice] = step.record["choices"]
            mood = {"place": place}
            delta = {**choice["delta"], "mood": mood}
            record = {**step.record, "choices": [{**choice, "delta": delta}]}
            step = Step(record, (*step.notes, ("other", mood)))
        yield step


def as_bytes(script: Script, found: Sequence[Step], end: str = "\n\n", comment: str = "") -> bytes:
    """Return the stream as server-sent events."""
    return b"".join(data for data, _ in framed(script, found, end, comment))


def framed(
    script: Script, found: Sequence[Step], end: str = "\n\n", comment: str = ""
) -> list[tuple[bytes, int]]:
    """Return each record as a server-sent event, with the length up to the end of its data.

    A record of this length is complete, even if the stream ends before its blank line.
    """
    texts = [dumped(step.record) for step in found] + ["[DONE]"] * script.done
    framed_texts = [(comment + f"data: {text}", end) for text in texts]
    return [((text + end).encode(), len(text.encode())) for text, end in framed_texts]


# The expected results


@dataclass(frozen=True)
class ExpectedCall:
    id: str | None
    name: str
    status: str
    arguments: Any  # Those of a complete call.
    emitted: str  # The text that the deltas add up to.


NORMAL = ("stop", "tool_calls", "eos")


def expected_status(script: Script) -> str:
    if not ends_normally(script):
        return "truncated"
    cut = any(expected_call(script, number).status == "truncated" for number in _numbers(script))
    return "truncated" if cut else "complete"


def ends_normally(script: Script) -> bool:
    """Return whether the answer ends normally: by a normal finish reason, or by `[DONE]`."""
    return script.finish in NORMAL or (script.finish is None and ends_by_done(script))


def expected_reason(script: Script) -> str | None:
    if script.finish is None and not ends_by_done(script):
        return None
    reason = {"eos": "stop", None: "stop"}.get(script.finish, script.finish)
    left = any(expected_call(script, number).status != "truncated" for number in _numbers(script))
    return "tool_calls" if reason == "stop" and left else reason


def ends_by_done(script: Script) -> bool:
    """Return whether `[DONE]` ends the answer: it needs content, and no unknown records."""
    if script.finish is not None or not script.done or not script.parts:
        return False
    return not any("heartbeat" in step.record for step in steps(script))


def _numbers(script: Script) -> range:
    return range(len(script.calls))


def expected_call(script: Script, number: int) -> ExpectedCall:
    call = script.calls[number]
    status = _expected_call_status(script, number)
    value = None
    if status == "complete":
        value = json.loads(call.arguments) if call.arguments.strip() else {}
    emitted = call.arguments if call.refused is None else call.arguments[: call.refused]
    if script.quirk == "in_one_as_an_object":
        emitted = json.dumps(json.loads(emitted), ensure_ascii=False, separators=(",", ":"))
    return ExpectedCall(f"id{number}", call.name, status, value, emitted)


def _expected_call_status(script: Script, number: int) -> str:
    form = script.calls[number].form
    if form == "broken":
        return "rejected"
    if completes_at_reason(script, number):
        return "complete"
    if not ends_normally(script):
        return "truncated"
    if form == "cut":
        return "rejected"
    # `[DONE]` without a finish reason does not complete a call without arguments.
    return "truncated" if ends_by_done(script) else "complete"


def completes_at_reason(script: Script, number: int) -> bool:
    """Return whether the finish reason completes the call; otherwise the end of the answer may."""
    if script.calls[number].form != "whole":
        return False
    followed = number + 1 < len(script.calls)
    return ends_normally(script) or (script.finish == "length" and followed)


def expected_content(script: Script) -> list[str]:
    """Return the types of the parts in the order in which they begin."""
    found: list[str] = []
    for part in script.parts:
        kind = "tool_call" if isinstance(part, Call) else part.kind
        if kind == "tool_call" or not found or found[-1] != kind:
            found.append(kind)
    return found


# Strategies

_TEXTS = st.text(st.sampled_from('ab \n"\\{é😀\u2028') | st.characters(exclude_categories=["Cs"]))
_SOME_TEXT = _TEXTS.filter(bool)
_LEAVES = st.none() | st.booleans() | st.integers() | st.sampled_from([0.5, -1e-7]) | _TEXTS
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=5,
)
_WHOLE = st.builds(
    lambda value, ascii_only, indent: json.dumps(value, ensure_ascii=ascii_only, indent=indent),
    st.dictionaries(_TEXTS, _VALUES, min_size=1, max_size=3),
    st.booleans(),
    st.sampled_from([None, None, 1]),
)
_BROKEN = st.sampled_from(
    [
        ('{"a": oops}', 6),
        ("{'a': 1}", 1),
        ('{"a": 1,}', 8),
        ('{"a": "b"]', 9),
        ('{"a" "b"}', 5),
        ("Well, {}", 0),
        ('{"a": "\\x"}', 8),
    ]
)
_NAMES = st.sampled_from(["water", "find", "write_file"])


def _beginning(text: str, place: int) -> str:
    return text[: 1 + place % (len(text) - 1)]


_WHOLE_CALLS = st.builds(Call, _NAMES, _WHOLE, st.just("whole"))
CALLS: st.SearchStrategy[Call] = st.one_of(
    _WHOLE_CALLS,
    _WHOLE_CALLS,
    st.builds(Call, _NAMES, st.sampled_from(["", " ", "\n"]), st.just("empty")),
    st.builds(Call, _NAMES, st.builds(_beginning, _WHOLE, st.integers(0, 99)), st.just("cut")),
    st.builds(lambda name, broken: Call(name, broken[0], "broken", broken[1]), _NAMES, _BROKEN),
)
_SAID = st.builds(Said, st.sampled_from(["text", "text", "reasoning"]), _SOME_TEXT)
SIZES: st.SearchStrategy[tuple[int, ...]] = st.one_of(
    st.just((1,)), st.lists(st.integers(0, 9), max_size=4).map(tuple)
)


@st.composite
def scripts(
    draw: st.DrawFn, quirk: str | None = None, interleaved: bool | None = None, choice: int = 0
) -> Script:
    quirk = draw(st.sampled_from(sorted(QUIRKS))) if quirk is None else quirk
    calls = _WHOLE_CALLS if quirk in WHOLE_ONLY else CALLS
    parts = draw(st.lists(st.one_of(_SAID, calls, calls), max_size=4))
    if interleaved is None:
        interleaved = draw(st.booleans())
    return Script(
        parts=tuple(parts),
        sizes=draw(SIZES),
        quirk=quirk,
        interleaved=interleaved and quirk not in SEQUENTIAL,
        finish=draw(
            st.sampled_from(["stop", "tool_calls", "eos", "length", "content_filter", None])
        ),
        done=draw(st.booleans()),
        with_last=draw(st.booleans()),
        twice=draw(st.booleans()),
        usage=draw(st.booleans()),
        extras=tuple(draw(st.lists(st.integers(0, 5) | st.integers(100, 105), max_size=3))),
        choice=choice,
    )


SCRIPTS = scripts()
