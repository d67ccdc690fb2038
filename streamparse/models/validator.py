"""JSON judged by a pydantic type as it arrives.

Rule 1: pydantic has the last word. The whole value goes through pydantic's own validator of the
type once, when it is whole, and what that says is the verdict.
Rule 2: before that a value is refused only where pydantic certainly would: see `plans`.
Rule 3: every part is judged at most once while it arrives. A part that is made of parts (a list, a
model) is put together from what was judged, not judged again.

Alternatives: each open value is a frame with the shapes that it may still have. A shape that dies
takes with it those of the frame around that only it kept alive; when none is left at the root, the
value is refused. Where one shape is left, on the way from the root, its parts are judged one by
one, those first that came before it was the only one.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any, Final

from streamparse._core.expected import ANY_KIND, KIND_BITS, Expected
from streamparse._core.expected import ANYTHING as ANY_VALUE
from streamparse._core.sink import NOTHING, Validator, ValidatorFactory
from streamparse.errors import SchemaViolation
from streamparse.models.parts import assembled, finished, part_at, shown_parts
from streamparse.models.plans import ANYTHING, Plans, Shape, Slot
from streamparse.paths import Path, value_at

__all__ = ["ModelJudge", "ModelValidator", "code_of"]

MISSING_EXTRA: Final = "typed validation needs pydantic: pip install 'llm-streamparse[pydantic]'"

# pydantic's error types by the keyword of JSON Schema that says the same; others by their ending.
_CODES: Final[dict[str, str]] = {
    "missing": "required",
    "missing_argument": "required",
    "extra_forbidden": "additionalProperties",
    "unexpected_keyword_argument": "additionalProperties",
    "literal_error": "enum",
    "enum": "enum",
    "string_too_short": "minLength",
    "string_too_long": "maxLength",
    "bytes_too_short": "minLength",
    "bytes_too_long": "maxLength",
    "string_pattern_mismatch": "pattern",
    "too_short": "minItems",
    "too_long": "maxItems",
    "greater_than": "exclusiveMinimum",
    "greater_than_equal": "minimum",
    "less_than": "exclusiveMaximum",
    "less_than_equal": "maximum",
    "multiple_of": "multipleOf",
    "union_tag_invalid": "oneOf",
    "union_tag_not_found": "oneOf",
    "none_required": "type",
    "recursion_loop": "depth",
}
_ENDINGS: Final = (
    ("_type", "type"),
    ("_parsing", "format"),
    ("_parsing_size", "format"),
    ("_version", "format"),
    ("_scheme", "format"),
    ("_syntax_violation", "format"),
    ("_inexact", "format"),
    ("_invalid", "format"),
    ("_digits", "format"),
    ("_places", "format"),
    ("_number", "format"),
    ("_from_float", "type"),
    ("_past", "value_error"),
)


def code_of(kind: str) -> str:
    """The code of a pydantic error type.

    >>> code_of("missing"), code_of("int_parsing"), code_of("my_own")
    ('required', 'format', 'value_error')
    """
    known = _CODES.get(kind)
    if known is None:
        known = next((code for ending, code in _ENDINGS if kind.endswith(ending)), "value_error")
    return known


class ModelValidator(ValidatorFactory):
    """Judges JSON by any annotation that pydantic (version 2) understands.

    `strict`, `by_alias`, `by_name` and `context` are those of `TypeAdapter.validate_json`. The
    verdict on the whole is pydantic's own. A violation is a `SchemaViolation` whose code is the
    JSON Schema keyword that says the same (`"value_error"`: a validator of the type's own).
    `coerce` reads a value that would be refused in the one other way that is allowed, such as
    `"[1, 2]"` for a list; each is a `Repair` with the code `"coerced"`.

    Raises `ImportError` without the extra `pydantic`, `TypeError` for what is no type to pydantic.

    >>> from streamparse import JSONParser
    >>> parser = JSONParser(validator=ModelValidator(dict[str, int]))
    >>> try:
    ...     parser.feed('{"a": 1, "b": [')
    ... except SchemaViolation as error:
    ...     print(error.code, error.offset, error.path)
    type 14 ('b',)
    """

    def __init__(
        self,
        type: Any,
        *,
        strict: bool | None = None,
        by_alias: bool | None = None,
        by_name: bool | None = None,
        context: Any = None,
        coerce: bool = False,
    ) -> None:
        try:
            from pydantic import TypeAdapter
            from pydantic.errors import PydanticUserError
        except ImportError as error:
            raise ImportError(MISSING_EXTRA) from error
        self.type = type
        self.strict = strict
        self.by_alias = by_alias
        self.by_name = by_name
        self.context = context
        self.coerce = coerce
        try:
            self.adapter: TypeAdapter[Any] = TypeAdapter(type)
            schema = self.adapter.core_schema
        except PydanticUserError as error:
            raise TypeError(f"pydantic cannot validate {type!r}: {error.message}") from error
        self.options: dict[str, Any] = {"strict": strict, "context": context}
        for name, value in (("by_alias", by_alias), ("by_name", by_name)):
            if value is not None:  # not known to older versions
                self.options[name] = value
        self.plans: Plans = Plans(schema, strict, by_alias, by_name)
        self.afters: dict[int, Any] = {}
        #: What makes this validator again, where its type has no name for a pickle.
        self.remade: tuple[Any, ...] | None = None

    def begin(self) -> ModelJudge:
        """The state for one document."""
        return ModelJudge(self)

    @property
    def coerces(self) -> bool:
        return self.coerce

    def coercing(self, coerce: bool = True) -> ModelValidator:
        if self.coerce is coerce:
            return self
        twin = copy.copy(self)
        twin.coerce = coerce
        return twin

    def json_schema(self) -> Any:
        """What pydantic says the JSON of the type is like; None where it cannot say it."""
        from pydantic.errors import PydanticUserError

        try:
            return self.adapter.json_schema()
        except PydanticUserError:
            return None  # a type that no JSON Schema describes

    def whole(self, value: Any) -> Any:
        """pydantic's verdict on the whole; raises its `ValidationError`."""
        return self.adapter.validate_json(_json(value), **self.options)

    def part(self, slot: Slot, value: Any) -> Any:
        """The judged value of a part; raises pydantic's `ValidationError`."""
        if slot.postponed or type(value) is slot.trivial:
            return value
        return self.plans.validator(slot).validate_json(_json(value), **self.options)

    def after(self, function: Any, made: Any) -> Any:
        """What an "after" function makes of a value, called by pydantic."""
        found = self.afters.get(id(function))
        if found is None:
            from pydantic_core import SchemaValidator

            call = {"type": "no-info", "function": function}
            schema: Any = {"type": "function-after", "function": call, "schema": {"type": "any"}}
            found = self.afters[id(function)] = SchemaValidator(schema)
        return found.validate_python(made, context=self.context)

    def __reduce__(self) -> tuple[Any, ...]:
        if self.remade is not None:
            made, given = self.remade
            return made, (*given, self.coerce)
        options = (self.strict, self.by_alias, self.by_name, self.context, self.coerce)
        return _validator, (self.type, options)

    def __deepcopy__(self, memo: Any) -> ModelValidator:
        return self  # it never changes

    def __repr__(self) -> str:
        return f"ModelValidator({self.type!r})"


def _validator(type: Any, options: tuple[Any, ...]) -> ModelValidator:
    strict, by_alias, by_name, context, coerce = options
    return ModelValidator(
        type, strict=strict, by_alias=by_alias, by_name=by_name, context=context, coerce=coerce
    )


def _json(value: Any) -> str:
    """The JSON text of a value; numbers of the caller's own types as text says them."""
    return json.dumps(value, default=float)


def expected_of(slot: Slot) -> Expected:
    """What may stand at a place."""
    found = slot.expected
    if found is None:
        for shape in slot.shapes:
            items = 0
            if "array" in shape.kinds:
                first = None if shape.loose else shape.slot_at(0)
                items = _kinds_of(first) if first is not None else ANY_KIND
            words = None if shape.words is None else frozenset(shape.words)
            here = Expected(_bits(shape.kinds), words, items)
            found = here if found is None else found.either(here)
        found = slot.expected = found or ANY_VALUE
    return found


def _kinds_of(slot: Slot) -> int:
    return _bits(frozenset().union(*[shape.kinds for shape in slot.shapes]))


def _bits(kinds: frozenset[str]) -> int:
    return sum(KIND_BITS[kind] for kind in kinds)


class Frame:
    """A value that is open: what it may still be, and what of it was judged.

    `alive`: the alternatives left; `owners`: for each, those of the frame around it that allow it.
    `shape`: the one left, once nothing else is possible here and around; then `typed` holds the
    parts as pydantic gave them. Until then `raw` holds them as they came.
    """

    __slots__ = (
        "alive",
        "index",
        "key",
        "kind",
        "length",
        "owners",
        "raw",
        "seen",
        "shape",
        "slot",
        "step",
        "text",
        "typed",
        "watches",
    )

    def __init__(self, kind: str, step: str | int, slot: Slot | None) -> None:
        self.kind: str = kind
        self.step: str | int = step  # in the frame around it
        self.slot: Slot | None = slot  # None: the frame around it is not settled
        self.alive: list[Shape] = []
        self.owners: list[list[Shape]] = []
        self.shape: Shape | None = None
        self.raw: Any = {} if kind == "object" else []
        self.typed: Any = {} if kind == "object" else []
        self.key: str = ""
        self.index: int = 0
        self.text: list[str] = []  # an open string
        self.length: int = 0
        self.seen: set[Any] = set()  # the keys of the members that are whole
        self.watches: bool = True  # can the text of a string kill an alternative?

    def next_step(self) -> str | int:
        return self.key if self.kind == "object" else self.index

    def copy(self) -> Frame:
        twin = Frame(self.kind, self.step, self.slot)
        twin.alive, twin.owners = list(self.alive), [list(entry) for entry in self.owners]
        twin.shape, twin.raw, twin.typed = self.shape, self.raw.copy(), self.typed.copy()
        twin.key, twin.index = self.key, self.index
        twin.text, twin.length = list(self.text), self.length
        twin.seen = set(self.seen)
        twin.watches = self.watches
        return twin


class ModelJudge(Validator):
    """The state of one document."""

    def __init__(self, model: ModelValidator) -> None:
        super().__init__()
        self.model = model
        self.frames: list[Frame] = []
        self.settled: int = 0  # so many of them, from the outermost, have a shape
        self.skipped: int = 0  # containers open inside a value that may be anything
        self.done: bool = False

    # Sink calls.

    def start_object(self, offset: int) -> None:
        self._start_container("object", offset)

    def start_array(self, offset: int) -> None:
        self._start_container("array", offset)

    def start_string(self, offset: int) -> None:
        if not self.skipped:
            self._start("string", offset)

    def start_scalar(self, kind: str, offset: int) -> None:
        if not self.skipped:
            self._start(kind, offset)

    def start_key(self, offset: int) -> None:
        if not self.skipped:
            self.frames[-1].key = ""

    def key_text(self, text: str, offset: int) -> None:
        if self.skipped:
            return
        frame = self.frames[-1]
        before = frame.key
        frame.key = before + text
        self._each_death(frame, lambda shape: _key_death(shape, before, text), offset, "key")

    def end_key(self, offset: int) -> None:
        if self.skipped:
            return
        frame = self.frames[-1]
        key = frame.key
        self._each_death(frame, lambda shape: _key_end_death(shape, key), offset, "key")
        count = len(frame.seen)
        if key not in frame.seen:
            self._each_death(
                frame,
                lambda shape: 0 if shape.most is not None and count >= shape.most else None,
                offset,
                "room",
            )

    def text(self, text: str, offset: int) -> None:
        if self.skipped:
            return
        frame = self.frames[-1]
        frame.text.append(text)
        before = frame.length
        frame.length += len(text)
        if frame.watches:
            whole = "".join(frame.text) if _has_words(frame.alive) else ""
            self._each_death(
                frame, lambda shape: _text_death(shape, whole, before, text), offset, "text"
            )

    def end_string(self, offset: int) -> None:
        if self.skipped:
            return
        frame = self.frames[-1]
        whole = str(self.built)
        if frame.watches:
            self._each_death(
                frame,
                lambda shape: 0 if shape.words is not None and whole not in shape.words else None,
                offset,
                "text",
            )
        self._complete(whole, offset)

    def scalar(self, value: object, offset: int) -> None:
        if not self.skipped:
            self._complete(value, offset)

    def end(self, offset: int) -> None:
        if self.skipped:
            self.skipped -= 1
            if self.skipped:
                return
        else:
            frame = self.frames[-1]
            self._each_death(frame, lambda shape: _end_death(shape, frame), offset, "end")
        self._complete(self.built, offset)

    def expects(self) -> Expected | None:
        if self.skipped:
            return None
        if not self.frames:
            return expected_of(self.model.plans.root)
        around = self.frames[-1]
        step = around.next_step()
        found: Expected | None = None
        for owner in around.alive:
            if owner.loose:
                return None
            here = expected_of(owner.slot_at(step) or self._any())
            found = here if found is None else found.either(here)
        return found

    # How alternatives come and go.

    def _start_container(self, kind: str, offset: int) -> None:
        if self.skipped:
            self.skipped += 1
            return
        self._start(kind, offset)
        if all(shape.form == "any" or shape.loose for shape in self.frames[-1].alive):
            self.skipped = 1

    def _start(self, kind: str, offset: int) -> None:
        """A value begins: what may it be?"""
        if not self.frames:
            self.wants_whole = True
            frame = Frame(kind, "", self.model.plans.root)
            frame.alive = list(frame.slot.options[kind]) if frame.slot else []
            frame.owners = [[] for _ in frame.alive]
            self.frames.append(frame)
            if not frame.alive:
                message, code = _wrong_kind(self.model.plans.root, kind)
                self._refuse(message, code, offset)
            self._settle(offset)
            return
        around = self.frames[-1]
        if around.kind == "array":
            index = around.index
            self._each_death(
                around,
                lambda shape: 0 if shape.most is not None and index >= shape.most else None,
                offset,
                "room",
            )
        frame = self._child(around, kind)
        frame.watches = _is_bounded(frame.alive)
        self.frames.append(frame)
        kept = {id(owner) for owners in frame.owners for owner in owners}
        if len(kept) < len(around.alive):
            for owner in [owner for owner in around.alive if id(owner) not in kept]:
                if owner in around.alive:
                    place = owner.slot_at(frame.step) or self._any()
                    self._kill(len(self.frames) - 2, owner, _wrong_kind(place, kind), offset)
        self._settle(offset)

    def _child(self, around: Frame, kind: str) -> Frame:
        step = around.next_step()
        slot = None
        if around.shape is not None:
            slot = around.shape.slot_at(step) or self._any()
        frame = Frame(kind, step, slot)
        for owner in around.alive:
            place = owner.slot_at(step) or self._any()
            options = (ANYTHING,) if owner.loose else place.options[kind]
            for shape in options:
                if shape in frame.alive:
                    frame.owners[frame.alive.index(shape)].append(owner)
                else:
                    frame.alive.append(shape)
                    frame.owners.append([owner])
        return frame

    def _any(self) -> Slot:
        return self.model.plans.anything

    # A judged document has one of these calls for every key and string, so it costs little
    # where nothing dies.
    def _each_death(
        self,
        frame: Frame,
        death: Callable[[Shape], int | None],
        offset: int,
        what: str,
    ) -> None:
        """Drop the alternatives that die, in the order of the characters that kill them."""
        deaths = []
        for place, shape in enumerate(frame.alive):
            at = death(shape)
            if at is not None:
                deaths.append((at, place, shape))
        if not deaths:
            return
        for at, _, shape in sorted(deaths, key=lambda entry: entry[:2]):
            if shape in frame.alive:
                why = _REASONS[what](shape, frame, at)
                self._kill(len(self.frames) - 1, shape, why, offset + at)
                self._settle(offset + at)

    def _kill(self, depth: int, shape: Shape, why: tuple[str, str], offset: int) -> None:
        """An alternative is dead, and those around it that only it kept alive."""
        dead = [shape]
        while True:
            frame = self.frames[depth]
            lost: list[Shape] = []
            for one in dead:
                place = frame.alive.index(one)
                frame.alive.pop(place)
                lost += frame.owners.pop(place)
            if not depth:
                if not frame.alive:
                    self._refuse(why[0], why[1], offset)
                return
            kept = [owner for owners in frame.owners for owner in owners]
            around = self.frames[depth - 1]
            dead = [one for one in around.alive if one in lost and one not in kept]
            if not dead:
                return
            depth -= 1

    def _settle(self, offset: int) -> None:
        """Where one alternative is left, what came so far is judged by it."""
        while self.settled < len(self.frames):
            depth = self.settled
            frame = self.frames[depth]
            if frame.slot is None:
                around = self.frames[depth - 1].shape
                assert around is not None
                frame.slot = around.slot_at(frame.step) or self._any()
            if len(frame.alive) != 1:
                return
            shape = frame.alive[0]
            if (shape.bulk and depth) or shape.loose:
                return
            frame.shape = shape
            self.settled += 1
            self._catch_up(frame, shape, offset)

    def _catch_up(self, frame: Frame, shape: Shape, offset: int) -> None:
        steps = frame.raw.items() if frame.kind == "object" else enumerate(frame.raw)
        waiting = list(steps)
        frame.raw = {} if frame.kind == "object" else []
        for step, value in waiting:
            slot = shape.slot_at(step) or self._any()
            try:
                typed = self.model.part(slot, value)
            except Exception as error:
                self._refuse_by(error, self._path_to(frame, step), value, offset)
            self._keep(frame, step, typed)

    # Whole values.

    def _complete(self, value: Any, offset: int) -> None:
        """The innermost value is whole."""
        frame = self.frames[-1]
        if len(self.frames) == 1:
            self._complete_root(value, offset)
            return
        around = self.frames[-2]
        step = frame.step
        if around.shape is None:
            if around.kind == "object":
                around.raw[step] = value
                around.seen.add(step)
            else:
                around.raw.append(value)
        else:
            try:
                typed = self._judged(frame, value)
            except Exception as error:
                self._refuse_by(error, self._path_to(around, step), value, offset)
            self._keep(around, step, typed)
        around.index += 1
        self._pop()

    def _pop(self) -> None:
        self.frames.pop()
        self.settled = min(self.settled, len(self.frames))

    def _judged(self, frame: Frame, value: Any) -> Any:
        """The value of a part, where one alternative is known to hold for what is around it."""
        slot, shape = frame.slot, frame.shape
        assert slot is not None
        if slot.postponed:
            return value
        if shape is None or shape.form == "leaf":
            if len(frame.alive) == 1 and frame.alive[0].form == "any" and not frame.alive[0].loose:
                return value
            return self.model.part(slot, value)
        if shape.form == "any":
            return value
        return finished(shape, assembled(shape, frame.typed, True), self.model.after)

    def _complete_root(self, value: Any, offset: int) -> None:
        try:
            self.parsed = self.model.whole(value)
        except Exception as error:
            self._refuse_by(error, (), value, offset)
        self.done = True
        self._pop()

    def _keep(self, frame: Frame, step: str | int, typed: Any) -> None:
        """Put a judged part where it belongs."""
        if isinstance(step, int):
            frame.typed.append(typed)
        else:
            frame.seen.add(step)
            assert frame.shape is not None
            name = frame.shape.name_of(step)
            if name is not None:
                frame.typed[name] = typed

    # Refusals.

    def _path_to(self, frame: Frame, step: str | int | None = None) -> Path:
        depth = self.frames.index(frame)
        path = tuple(entry.step for entry in self.frames[1 : depth + 1])
        return path if step is None else (*path, step)

    def _refuse(self, message: str, code: str, offset: int) -> None:
        path = tuple(frame.step for frame in self.frames[1:])
        raise SchemaViolation(message, code=code, offset=offset, path=path)

    def _refuse_by(self, error: Exception, path: Path, value: Any, offset: int) -> None:
        """What pydantic said, as a violation."""
        message, code, place = _said(error, value)
        raise SchemaViolation(message, code=code, offset=offset, path=(*path, *place))

    # Typed partial values.

    def shown(self, snapshot: Callable[[], Any]) -> Any:
        """What is known so far, as the type; `NOTHING` if nothing can be shown yet.

        `snapshot` gives the JSON value so far; it is asked where a part has no type.
        """
        if self.done:
            return self.parsed
        inner: Any = NOTHING
        for depth in range(len(self.frames) - 1, -1, -1):
            inner = self._shown(depth, inner, snapshot)
        return inner

    def at(self, path: tuple[Any, ...]) -> Any:
        """The judged value at a path of the JSON; `NOTHING` where there is none by itself."""
        value: Any = self.parsed
        slots = [self.model.plans.root]
        if not self.done:
            depth = 0
            while depth < len(path) and depth + 1 < len(self.frames):
                if self.frames[depth + 1].step != path[depth]:
                    break
                depth += 1
            if depth >= min(len(path), len(self.frames)):
                return NOTHING
            frame = self.frames[depth]
            if frame.shape is None:
                return NOTHING
            first = path[depth]
            name = frame.shape.name_of(first) if isinstance(first, str) else first
            value = NOTHING if name is None else part_at(frame.typed, name)
            slots = [frame.shape.slot_at(first) or self._any()]
            path = path[depth + 1 :]
        for step in path:
            value, slots = _step(value, slots, step)
        return value

    def _shown(self, depth: int, inner: Any, snapshot: Callable[[], Any]) -> Any:
        frame = self.frames[depth]
        slot, shape = frame.slot, frame.shape
        if slot is None or slot.when_complete:
            return NOTHING
        if frame.kind == "string":
            return "".join(frame.text) if slot.grows else NOTHING
        if frame.kind not in ("object", "array"):
            return NOTHING
        if shape is None or shape.form == "any":
            return self._shown_raw(depth, snapshot)
        if shape.form == "leaf":
            return NOTHING
        return shown_parts(shape, self._parts(depth, shape, inner), slot, self.missing)

    def _parts(self, depth: int, shape: Shape, inner: Any) -> Any:
        """The judged parts of an open container, and what is shown of the one that is open."""
        parts = self.frames[depth].typed.copy()
        if inner is NOTHING or shape.form in ("set", "frozenset"):
            return parts  # what still changes is no member of a set
        step = self.frames[depth + 1].step
        if isinstance(step, int):
            parts.append(inner)
        else:
            name = shape.name_of(step)
            if name is not None:
                parts[name] = inner
        return parts

    def _shown_raw(self, depth: int, snapshot: Callable[[], Any]) -> Any:
        """What has no type of its own yet: anything, or what only the whole can be judged."""
        frame = self.frames[depth]
        if len(frame.alive) != 1 or frame.slot is None:
            return NOTHING
        shape = frame.alive[0]
        if shape.form not in ("any", "model", "dataclass", "fields"):
            return NOTHING
        if shape.form == "any" and shape.loose:
            return NOTHING
        raw = value_at(snapshot(), tuple(entry.step for entry in self.frames[1 : depth + 1]))
        if shape.form == "any":
            return raw
        if not isinstance(raw, dict):
            return NOTHING
        named = {shape.name_of(key): value for key, value in raw.items()}
        named.pop(None, None)
        return shown_parts(shape, named, frame.slot, self.missing)

    def is_open(self, path: Path, open_path: Path) -> bool:
        """Is what the shown value has at `path` open, where the JSON is open at `open_path`?"""
        if len(path) > len(open_path):
            return False
        for depth, step in enumerate(path):
            name: str | int | None = open_path[depth]
            frame = self.frames[depth] if depth < len(self.frames) else None
            if isinstance(name, str) and frame is not None and frame.alive:
                name = frame.alive[0].name_of(name) or name
            if step != name:
                return False
        return True

    # Forks and pickles.

    def clone(self) -> ModelJudge:
        twin = ModelJudge(self.model)
        twin.frames = [frame.copy() for frame in self.frames]
        twin.skipped, twin.done, twin.parsed = self.skipped, self.done, self.parsed
        twin.settled, twin.missing = self.settled, self.missing
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        numbers = {id(shape): place for place, shape in enumerate(self.model.plans.all_shapes)}
        frames = [_frame_state(frame, numbers) for frame in self.frames]
        place = (self.settled, self.skipped, self.done, self.parsed)
        return _judge, (self.model, frames, place)


def _step(value: Any, slots: list[Slot], step: str | int) -> tuple[Any, list[Slot]]:
    """The part of a judged value that a key or index of the JSON has become."""
    shapes = [shape for slot in slots for shape in slot.shapes]
    found: Any = NOTHING
    for shape in shapes:
        name = shape.name_of(step) if isinstance(step, str) else step
        if found is NOTHING and name is not None:
            found = part_at(value, name)
    if found is NOTHING:
        found = part_at(value, step)
    return found, [slot for shape in shapes if (slot := shape.slot_at(step)) is not None]


_FRAME: Final = ("raw", "typed", "key", "index", "text", "length", "seen", "watches")


def _frame_state(frame: Frame, numbers: dict[int, int]) -> tuple[Any, ...]:
    slot = None if frame.slot is None else frame.slot.number
    shape = None if frame.shape is None else numbers[id(frame.shape)]
    alive = [numbers[id(one)] for one in frame.alive]
    owners = [[numbers[id(one)] for one in several] for several in frame.owners]
    own = [getattr(frame, name) for name in _FRAME]
    return frame.kind, frame.step, slot, shape, alive, owners, own


def _judge(model: ModelValidator, frames: list[Any], place: tuple[Any, ...]) -> ModelJudge:
    judge = ModelJudge(model)
    shapes, slots = model.plans.all_shapes, model.plans.slots
    for kind, step, slot, shape, alive, owners, own in frames:
        frame = Frame(kind, step, None if slot is None else slots[slot])
        frame.shape = None if shape is None else shapes[shape]
        frame.alive = [shapes[number] for number in alive]
        frame.owners = [[shapes[number] for number in several] for several in owners]
        for name, value in zip(_FRAME, own, strict=True):
            setattr(frame, name, value)
        judge.frames.append(frame)
    judge.settled, judge.skipped, judge.done, judge.parsed = place
    return judge


# What kills an alternative: the place in the new text, or None.


def _beginning(words: tuple[str, ...], before: str, text: str) -> int | None:
    """The first character of `text` with which no word goes on after `before`."""
    whole = before + text
    if any(word.startswith(whole) for word in words):
        return None
    for length in range(len(before) + 1, len(whole)):
        if not any(word.startswith(whole[:length]) for word in words):
            return length - 1 - len(before)
    return len(text) - 1


def _key_words(shape: Shape) -> tuple[str, ...] | None:
    return shape.names if shape.closed else shape.key_words


def _key_death(shape: Shape, before: str, text: str) -> int | None:
    words = _key_words(shape)
    return None if words is None else _beginning(words, before, text)


def _key_end_death(shape: Shape, key: str) -> int | None:
    words = _key_words(shape)
    return None if words is None or key in words else 0


def _has_words(shapes: list[Shape]) -> bool:
    return any(shape.words is not None for shape in shapes)


def _is_bounded(shapes: list[Shape]) -> bool:
    return any(shape.words is not None or shape.longest is not None for shape in shapes)


def _text_death(shape: Shape, whole: str, before: int, text: str) -> int | None:
    if shape.words is not None:
        return _beginning(shape.words, whole[:before], text)
    if shape.longest is not None and before + len(text) > shape.longest:
        return max(shape.longest - before, 0)
    return None


def _end_death(shape: Shape, frame: Frame) -> int | None:
    if frame.kind == "array":
        return 0 if frame.index < shape.fewest else None
    return 0 if _lacking(shape, frame) else None


def _lacking(shape: Shape, frame: Frame) -> list[str]:
    """The required keys that did not come."""
    return [keys[0] for _, keys in shape.required if not any(key in frame.seen for key in keys)]


# Why it is dead: a message and a code. What they say does not depend on the chunking.


def _wrong_kind(slot: Slot, kind: str) -> tuple[str, str]:
    labels = list(dict.fromkeys(shape.label for shape in slot.shapes))
    return f"expected {' or '.join(labels)}, not {_KIND_NAMES.get(kind, kind)}", "type"


_KIND_NAMES: Final = {"object": "an object", "array": "an array", "string": "a string"}


def _key_reason(shape: Shape, frame: Frame, at: int) -> tuple[str, str]:
    words = _key_words(shape) or ()
    return f"{shape.label} has no such key; it has {_listed(words)}", "additionalProperties"


def _text_reason(shape: Shape, frame: Frame, at: int) -> tuple[str, str]:
    if shape.words is not None:
        return f"the text must be {_listed(shape.words)}", "enum"
    return f"the text must have at most {shape.longest} characters", "maxLength"


def _end_reason(shape: Shape, frame: Frame, at: int) -> tuple[str, str]:
    if frame.kind == "array":
        return f"the array must have at least {shape.fewest} items", "minItems"
    names = ", ".join(repr(name) for name in _lacking(shape, frame))
    return f"{shape.label} needs {names}", "required"


def _room_reason(shape: Shape, frame: Frame, at: int) -> tuple[str, str]:
    if frame.kind == "object":
        return f"the object must have at most {shape.most} members", "maxProperties"
    return f"the array must have at most {shape.most} items", "maxItems"


_REASONS: Final[dict[str, Callable[[Shape, Frame, int], tuple[str, str]]]] = {
    "key": _key_reason,
    "text": _text_reason,
    "end": _end_reason,
    "room": _room_reason,
}
_SHOWN_WORDS: Final = 12


def _listed(words: tuple[str, ...]) -> str:
    shown = " or ".join(repr(word) for word in words[:_SHOWN_WORDS])
    return shown + " or ..." if len(words) > _SHOWN_WORDS else shown or "none"


def _said(error: Exception, value: Any) -> tuple[str, str, Path]:
    """Message, code and place (inside `value`) of what pydantic or a validator raised."""
    if isinstance(error, RecursionError):
        return "the value is nested more deeply than pydantic reads", "depth", ()
    listing = getattr(error, "errors", None)
    if not callable(listing):
        message, code = f"a validator raised {type(error).__name__}: {error}", "value_error"
        return message, code, ()
    found = listing(include_url=False, include_input=False)
    first = found[0]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    code = code_of(first["type"])
    message = first["msg"]
    if first["type"] == "json_invalid":
        code = "depth" if "recursion" in message else "format"
    if first.get("ctx", {}).get("field_type") == "Dictionary":
        code = code.replace("Items", "Properties")
    return f"{message}{more}", code, _place(first["loc"], value)


def _place(loc: tuple[Any, ...], value: Any) -> Path:
    """pydantic's location without the steps that are no keys or indexes of the value."""
    path: list[str | int] = []
    for step in loc:
        if (isinstance(value, dict) and step in value) or (
            isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value)
        ):
            value = value[step]
        else:
            continue
        path.append(step)
    return tuple(path)
