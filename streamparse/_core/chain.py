"""Validator, builder and selector behind one sink.

Anything that calls the methods of `Sink` may drive a chain: the JSON machine, or a driver of
XML-like or Python-like arguments that have no JSON text. The validator sees each call first, so
that what it refuses at character k is not built.

A refusal stops a document: the chain raises it. The arguments of a tool call go on: the call is
rejected at the refused character, but its value is still worth building. A chain made with
`continues` keeps such a refusal in `refusal` and builds on without events.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streamparse._core.builder import Builder
from streamparse._core.coercion import Coercer, Place
from streamparse._core.events import Reporter
from streamparse._core.expected import Expected
from streamparse._core.selector import SelectingBuilder, Selector
from streamparse._core.sink import Sink, Validator, ValidatorFactory
from streamparse.errors import SchemaViolation, StreamParseError
from streamparse.paths import Query


class Chain(Place):
    """One value (`many`: a list of them) as it is built, judged and reported.

    Machines drive `head`: the builder itself when there is nothing to judge, else the chain.
    """

    def __init__(
        self,
        *,
        validator: ValidatorFactory | None = None,
        queries: Sequence[Query] | None = None,
        drop: bool = False,
        many: bool = False,
        reporter: Reporter | None = None,
        continues: bool = False,
    ) -> None:
        super().__init__()
        self.validator = validator
        self.queries = queries
        self.drop = drop
        self.many = many
        self.reporter = reporter
        self.continues = continues
        self.builder: Builder = (
            Builder(many, reporter)
            if queries is None
            else SelectingBuilder(Selector(queries), drop=drop, many=many)
        )
        self.precise = validator is not None
        self.judge: Validator | None = None
        self.judged: list[Any] = []  # violations of the documents before this one
        self.depth: int = 0
        self.coercer: Coercer | None = None
        self.at_root: Expected | None = None  # of a validator that coerces
        #: With `continues`: the error the validator raised.
        self.refusal: StreamParseError | None = None
        #: Receives the builder's events after `silence`. Whoever drives the chain clears it.
        self.unseen: list[Any] = []

    @property
    def head(self) -> Sink:
        """What a machine drives."""
        if self.validator is None:
            return self.builder
        if not self.validator.coerces:
            return self
        if self.coercer is None:
            self.coercer = Coercer(self)
            self.at_root = self.validator.begin().expects()
        return self.coercer

    @property
    def value(self) -> Any:
        """The value so far, updated in place; `None` before one has begun."""
        return self.builder.value

    @property
    def parsed(self) -> object:
        """The validated object of the whole value, where the validator makes one."""
        return None if self.judge is None else self.judge.parsed

    @property
    def violations(self) -> list[Any]:
        """What validators gathered without raising."""
        return self.violations_after(0)

    def count_violations(self) -> int:
        """How many that are."""
        return len(self.judged) + (0 if self.judge is None else len(self.judge.violations))

    def violations_after(self, count: int) -> list[Any]:
        """All but the first so many of them."""
        found = self.judged[count:]
        if self.judge is not None:
            before = count - len(self.judged)
            found += self.judge.violations[before:] if before > 0 else self.judge.violations
        return found

    def judge_by(self, validator: ValidatorFactory | None) -> None:
        """Replace the validator (None: judge no more). `head` and `precise` change with it."""
        self.validator = validator
        self.precise = validator is not None
        self.judge = None
        self.coercer = None

    def silence(self) -> None:
        """Drop the events that the builder holds, and all later ones; judge no more."""
        self.judge_by(None)
        self.unseen.clear()
        self.builder.events = self.unseen

    # Sink calls.

    def start_object(self, offset: int) -> None:
        judge = self._judge()
        if judge is not None:
            try:
                judge.start_object(offset)
            except StreamParseError as error:
                self._refused(error)
            self._keep(judge)
        self.builder.start_object(offset)
        self.depth += 1

    def start_array(self, offset: int) -> None:
        judge = self._judge()
        if judge is not None:
            try:
                judge.start_array(offset)
            except StreamParseError as error:
                self._refused(error)
            self._keep(judge)
        self.builder.start_array(offset)
        self.depth += 1

    def start_string(self, offset: int) -> None:
        judge = self._judge()
        if judge is not None:
            try:
                judge.start_string(offset)
            except StreamParseError as error:
                self._refused(error)
            self._keep(judge)
        self.builder.start_string(offset)

    def start_scalar(self, kind: str, offset: int) -> None:
        judge = self._judge()
        if judge is not None:
            try:
                judge.start_scalar(kind, offset)
            except StreamParseError as error:
                self._refused(error)
            judge.wants_whole = False  # a scalar always is

    def start_key(self, offset: int) -> None:
        if self.judge is not None:
            try:
                self.judge.start_key(offset)
            except StreamParseError as error:
                self._refused(error)
        self.builder.start_key(offset)

    def key_text(self, text: str, offset: int) -> None:
        if self.judge is not None:
            try:
                self.judge.key_text(text, offset)
            except StreamParseError as error:
                self._refused(error)
        self.builder.key_text(text, offset)

    def end_key(self, offset: int) -> None:
        judge = self.judge
        if judge is not None:
            judge.built = self.builder.buffer.value
            try:
                judge.end_key(offset)
            except StreamParseError as error:
                self._refused(error)
            judge.built = None
        self.builder.end_key(offset)

    def text(self, text: str, offset: int) -> None:
        if self.judge is not None:
            try:
                self.judge.text(text, offset)
            except StreamParseError as error:
                accepted = error.offset - offset
                if accepted > 0:
                    self.builder.text(text[:accepted], offset)
                    text = text[accepted:]
                self._refused(error)
        self.builder.text(text, offset)

    def end_string(self, offset: int) -> None:
        judge = self.judge
        if judge is not None:
            judge.built = self.builder.innermost()
            try:
                judge.end_string(offset)
            except StreamParseError as error:
                self._refused(error)
            judge.built = None
        self.builder.end_string(offset)

    def scalar(self, value: object, offset: int) -> None:
        if self.judge is not None:
            try:
                self.judge.scalar(value, offset)
            except StreamParseError as error:
                self._refused(error)
        self.builder.scalar(value, offset)

    def end(self, offset: int) -> None:
        judge = self.judge
        if judge is not None:
            judge.built = self.builder.innermost()
            try:
                judge.end(offset)
            except StreamParseError as error:
                self._refused(error)
            judge.built = None
        self.builder.end(offset)
        self.depth -= 1

    def cut_scalar(self, value: object) -> None:
        self.builder.cut_scalar(value)  # not judged: it may have gone on

    def repair(self, code: str, offset: int, item: bool) -> None:
        if self.judge is not None:
            self.judge.repair(code, offset, item)
        self.builder.repair(code, offset, item)

    # For a coercer.

    def expects(self) -> Expected | None:
        if self.judge is None or not self.depth:
            return None if self.validator is None else self.at_root
        return self.judge.expects()

    def next_path(self) -> tuple[Any, ...]:
        return self.builder.next_path()

    def object_to(self, violation: SchemaViolation) -> None:
        if self.judge is not None and self.validator is not None and self.validator.collects:
            self.judge.violations.append(violation)
        elif self.validator is not None:
            self._refused(violation)

    def _refused(self, error: StreamParseError) -> None:
        """Raise what the validator raised, or keep it and go on in silence."""
        if error.offset < self.floor:
            error.offset = self.floor
        if not self.continues:
            raise error
        self.refusal = error
        self.silence()

    def _judge(self) -> Validator | None:
        """The validator's state; a new one where a document begins."""
        if self.validator is not None and not self.depth:
            if self.judge is not None:
                self.judged += self.judge.violations
            self.judge = self.validator.begin()
        return self.judge

    def _keep(self, judge: Validator) -> None:
        if judge.wants_whole:
            judge.wants_whole = False
            self.builder.keep_next()

    # Forks and pickles.

    def clone(self) -> Chain:
        twin = self._empty()
        twin.builder = self.builder.clone()
        judge = self.judge.clone() if self.judge is not None else None
        assert judge is None or isinstance(judge, Validator)
        twin.judge = judge
        twin.judged, twin.depth = list(self.judged), self.depth
        if self.coercer is not None:
            twin.at_root, twin.floor = self.at_root, self.floor
            twin.coercer = self.coercer.branch(twin)
        return twin

    def state_now(self) -> tuple[Any, ...]:
        """Everything as flat data, for `resume`; the validator's state as it pickles itself."""
        coerced = None if self.coercer is None else (self.coercer.state_now(), self.floor)
        return self.builder.state_now(), self.judge, list(self.judged), self.depth, coerced

    def resume(self, state: tuple[Any, ...]) -> None:
        """Go on where the chain that gave `state_now` stood."""
        built, self.judge, self.judged, self.depth, coerced = state
        self.builder.resume(built)
        if coerced is not None and isinstance(self.head, Coercer):
            self.head.resume(coerced[0])
            self.floor = coerced[1]

    def _empty(self) -> Chain:
        twin = self._bare()
        twin.options = self.options
        return twin

    def _bare(self) -> Chain:
        return Chain(
            validator=self.validator,
            queries=self.queries,
            drop=self.drop,
            many=self.many,
            reporter=self.reporter,
            continues=self.continues,
        )
