"""Connects a validator, a builder and a selector to one sink.

Anything that calls the methods of `Sink` may drive a chain: the JSON machine, or a driver of
XML-like or Python-like arguments that have no JSON text. The validator receives each call first, so
that a value that it rejects at character k is not built from k on.

A violation ends a document: the chain raises it. The arguments of a tool call continue: the call is
rejected at that character, but its value is still built. With `continues` the chain keeps the error
in `rejection` and builds on without events.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streamparse._core.builder import Builder
from streamparse._core.coercion import Coercer
from streamparse._core.coercion_values import Place
from streamparse._core.events import Reporter
from streamparse._core.expected import Expected
from streamparse._core.quiet_builder import QuietBuilder
from streamparse._core.selector import SelectingBuilder, Selector
from streamparse._core.sink import Sink, Validator, ValidatorFactory
from streamparse.errors import SchemaViolation, StreamParseError
from streamparse.paths import Query


class Chain(Place):
    """Validates and builds one value (`many`: a list of them). Machines drive `head`.

    Args:
        validator: Creates the validator of each document.
        queries: The selected nodes; None selects all.
        drop: Whether to drop complete values.
        many: Whether to build a list of documents.
        reporter: Creates the events.
        continues: Whether to build on after the first error of the validator.
        quiet: Whether to build without events.
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
        quiet: bool = False,
    ) -> None:
        super().__init__()
        self.quiet = quiet
        self.factory = validator
        self.queries = queries
        self.drop = drop
        self.many = many
        self.reporter = reporter
        self.continues = continues
        self.builder: Builder
        if queries is not None:
            self.builder = SelectingBuilder(Selector(queries), drop=drop, many=many)
        elif quiet:
            self.builder = QuietBuilder(many)
        else:
            self.builder = Builder(many, reporter)
        self.precise = validator is not None
        self.validator: Validator | None = None
        self.earlier: list[Any] | None = None  # the violations of the previous documents
        self.depth: int = 0
        self.coercer: Coercer | None = None
        self.at_root: Expected | None = None  # for a factory that coerces
        #: The error that the validator raised, with `continues`.
        self.rejection: StreamParseError | None = None
        #: Receives the builder's events after `silence`. Whoever drives the chain clears it.
        self.unseen: list[Any] | None = None

    @property
    def head(self) -> Sink:
        """The sink that a machine drives: the builder itself if there is no validator."""
        if self.factory is None:
            return self.builder
        if not self.factory.coerces:
            return self
        if self.coercer is None:
            self.coercer = Coercer(self)
            self.at_root = self.factory.begin().expects()
        return self.coercer

    @property
    def value(self) -> Any:
        """The value so far, updated in place; `None` before one has begun."""
        return self.builder.value

    @property
    def parsed(self) -> object:
        """The validated object of the whole value, where the validator makes one."""
        return None if self.validator is None else self.validator.parsed

    @property
    def violations(self) -> list[Any]:
        """The violations that validators collected."""
        return self.violations_after(0)

    def count_violations(self) -> int:
        """Return the number of violations."""
        earlier = 0 if self.earlier is None else len(self.earlier)
        return earlier + (0 if self.validator is None else len(self.validator.violations))

    def violations_after(self, count: int) -> list[Any]:
        """Return the violations after the first `count`."""
        earlier = self.earlier or []
        found = earlier[count:]
        if self.validator is not None:
            before = count - len(earlier)
            found += self.validator.violations[before:] if before > 0 else self.validator.violations
        return found

    def replace_factory(self, factory: ValidatorFactory | None) -> None:
        """Replace the factory of validators; None ends validation. `head` changes with it."""
        self.factory = factory
        self.precise = factory is not None
        self.validator = None
        self.coercer = None

    def silence(self) -> None:
        """Drop the events of the builder and all later ones, and end validation."""
        self.replace_factory(None)
        self.unseen = []
        self.builder.events = self.unseen

    # Sink calls.

    def start_object(self, offset: int) -> None:
        validator = self._validator()
        if validator is not None:
            try:
                validator.start_object(offset)
            except StreamParseError as error:
                self._reject(error)
            self._keep(validator)
        self.builder.start_object(offset)
        self.depth += 1

    def start_array(self, offset: int) -> None:
        validator = self._validator()
        if validator is not None:
            try:
                validator.start_array(offset)
            except StreamParseError as error:
                self._reject(error)
            self._keep(validator)
        self.builder.start_array(offset)
        self.depth += 1

    def start_string(self, offset: int) -> None:
        validator = self._validator()
        if validator is not None:
            try:
                validator.start_string(offset)
            except StreamParseError as error:
                self._reject(error)
            self._keep(validator)
        self.builder.start_string(offset)

    def start_scalar(self, kind: str, offset: int) -> None:
        validator = self._validator()
        if validator is not None:
            try:
                validator.start_scalar(kind, offset)
            except StreamParseError as error:
                self._reject(error)
            validator.wants_whole = False  # a scalar is always kept

    def start_key(self, offset: int) -> None:
        if self.validator is not None:
            try:
                self.validator.start_key(offset)
            except StreamParseError as error:
                self._reject(error)
        self.builder.start_key(offset)

    def key_text(self, text: str, offset: int) -> None:
        if self.validator is not None:
            try:
                self.validator.key_text(text, offset)
            except StreamParseError as error:
                self._reject(error)
        self.builder.key_text(text, offset)

    def end_key(self, offset: int) -> None:
        validator = self.validator
        if validator is not None:
            validator.built = self.builder.open_key()
            try:
                validator.end_key(offset)
            except StreamParseError as error:
                self._reject(error)
            validator.built = None
        self.builder.end_key(offset)

    def text(self, text: str, offset: int) -> None:
        if self.validator is not None:
            try:
                self.validator.text(text, offset)
            except StreamParseError as error:
                accepted = error.offset - offset
                if accepted > 0:
                    self.builder.text(text[:accepted], offset)
                    text = text[accepted:]
                self._reject(error)
        self.builder.text(text, offset)

    def end_string(self, offset: int) -> None:
        validator = self.validator
        if validator is not None:
            validator.built = self.builder.innermost()
            try:
                validator.end_string(offset)
            except StreamParseError as error:
                self._reject(error)
            validator.built = None
        self.builder.end_string(offset)

    def scalar(self, value: object, offset: int) -> None:
        if self.validator is not None:
            try:
                self.validator.scalar(value, offset)
            except StreamParseError as error:
                self._reject(error)
        self.builder.scalar(value, offset)

    def end(self, offset: int) -> None:
        validator = self.validator
        if validator is not None:
            validator.built = self.builder.innermost()
            try:
                validator.end(offset)
            except StreamParseError as error:
                self._reject(error)
            validator.built = None
        self.builder.end(offset)
        self.depth -= 1

    def cut_scalar(self, value: object) -> None:
        self.builder.cut_scalar(value)  # not validated: more of it may have followed

    def repair(self, code: str, offset: int, item: bool) -> None:
        if self.validator is not None:
            self.validator.repair(code, offset, item)
        self.builder.repair(code, offset, item)

    # The methods of `Place`, for a coercer.

    def expects(self) -> Expected | None:
        if self.validator is None or not self.depth:
            return None if self.factory is None else self.at_root
        return self.validator.expects()

    def next_path(self) -> tuple[Any, ...]:
        return self.builder.next_path()

    def reject_value(self, violation: SchemaViolation) -> None:
        if self.validator is not None and self.factory is not None and self.factory.collects:
            self.validator.violations.append(violation)
        elif self.factory is not None:
            self._reject(violation)

    def _reject(self, error: StreamParseError) -> None:
        """Raise an error of the validator, or keep it and build on without events."""
        if error.offset < self.floor:
            error.offset = self.floor
        if not self.continues:
            raise error
        self.rejection = error
        self.silence()

    def _validator(self) -> Validator | None:
        """Return the validator; a new one where a document begins."""
        if self.factory is not None and not self.depth:
            if self.validator is not None:
                if self.earlier is None:
                    self.earlier = []
                self.earlier += self.validator.violations
            self.validator = self.factory.begin()
        return self.validator

    def _keep(self, validator: Validator) -> None:
        if validator.wants_whole:
            validator.wants_whole = False
            self.builder.keep_next()

    # Forks and pickles.

    def clone(self) -> Chain:
        twin = self._empty()
        twin.builder = self.builder.clone()
        validator = self.validator.clone() if self.validator is not None else None
        assert validator is None or isinstance(validator, Validator)
        twin.validator = validator
        twin.earlier, twin.depth = list(self.earlier or []), self.depth
        if self.coercer is not None:
            twin.at_root, twin.floor = self.at_root, self.floor
            twin.coercer = self.coercer.branch(twin)
        return twin

    def state_now(self) -> tuple[Any, ...]:
        """Return the state as flat data, for `resume`; the validator pickles itself."""
        coerced = None if self.coercer is None else (self.coercer.state_now(), self.floor)
        return (
            self.builder.state_now(),
            self.validator,
            list(self.earlier or []),
            self.depth,
            coerced,
        )

    def resume(self, state: tuple[Any, ...]) -> None:
        """Continue in the state that `state_now` returned."""
        built, self.validator, self.earlier, self.depth, coerced = state
        self.builder.resume(built)
        if coerced is not None and isinstance(self.head, Coercer):
            self.head.resume(coerced[0])
            self.floor = coerced[1]

    def _empty(self) -> Chain:
        twin = Chain(
            validator=self.factory,
            queries=self.queries,
            drop=self.drop,
            many=self.many,
            reporter=self.reporter,
            continues=self.continues,
            quiet=self.quiet,
        )
        twin.options = self.options
        return twin
