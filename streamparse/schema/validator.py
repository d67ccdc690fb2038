"""`SchemaValidator`: a JSON Schema that documents are judged by as they arrive."""

from __future__ import annotations

import copy
from typing import Any

from streamparse._core.sink import Validator, ValidatorFactory
from streamparse.schema import library
from streamparse.schema.compiler import Compiler
from streamparse.schema.escapes import write_out
from streamparse.schema.nodes import Program
from streamparse.schema.walker import Walker

__all__ = ["SchemaValidator"]


class SchemaValidator(ValidatorFactory):
    """Judges a JSON value by a JSON Schema while it arrives, for `JSONParser(validator=…)`.

    A value is refused at the first character that dooms it, and only then: members may come in
    any order. The verdict on a whole value is that of the `jsonschema` library. Refused is by
    `SchemaViolation`: its `code` is the keyword, `path` the place in the value, `schema_path` the
    place in the schema, `offset` the character that decided, `closest` the allowed value or key
    that was probably meant.

    - `schema`: a JSON Schema, as a `dict` or `bool`; it is copied.
    - `draft`: one of `"draft2020-12"`, `"draft2019-09"`, `"draft7"`, `"draft6"`, `"draft4"`;
      `None` goes by `$schema`, and is 2020-12 where there is none.
    - `registry`: a `referencing.Registry` with the schemas that it refers to; nothing is fetched.
    - `formats`: is `format` an assertion? Then strings are checked as the library does, when whole.
    - `collect`: go on after a violation; all are in `parser.violations`.
    - `coerce`: read a value that would be refused in the one other way that is allowed, such as
      `"[1, 2]"` where only an array may stand; each is a `Repair` with the code `"coerced"`.

    Raises `ValueError` for a bad schema or a reference that leads nowhere, `ImportError` without
    the extra `schema`. Immutable: share it between parsers and threads, pickle it.

    >>> from streamparse import JSONParser
    >>> validator = SchemaValidator({"properties": {"unit": {"enum": ["celsius", "kelvin"]}}})
    >>> JSONParser(validator=validator).feed('{"unit": "celc')
    Traceback (most recent call last):
      ...
    streamparse.errors.SchemaViolation: expected one of 'celsius' or 'kelvin', not 'celc'; did you \
mean 'celsius'?: line 1, column 14 (offset 13), after '{"unit": "cel'
    """

    def __init__(
        self,
        schema: dict[str, Any] | bool,
        *,
        draft: str | None = None,
        registry: Any = None,
        formats: bool = False,
        collect: bool = False,
        coerce: bool = False,
    ) -> None:
        super().__init__()
        if not isinstance(schema, (dict, bool)):
            raise TypeError(f"a schema is a dict or a bool, not {type(schema).__name__}")
        if draft is not None and draft not in library.DRAFTS:
            choices = ", ".join(map(repr, library.DRAFTS))
            raise ValueError(f"draft must be one of {choices}, not {draft!r}")
        _refuse_loops(schema)
        try:
            self._options = (copy.deepcopy(schema), draft, registry, formats, collect)
            self._program = self._compiled()
        except RecursionError:  # of whatever reads schemas: the library, `re`, `copy`, plans
            raise ValueError("bad schema: nested too deeply") from None
        self._collect = collect
        self._coerce = coerce

    def _compiled(self) -> Program:
        given, draft, registry, formats, _ = self._options
        schema = copy.deepcopy(given)
        write_out(schema)
        spoken = library.dialect(schema, draft)
        library.check_schema(schema, spoken)
        resolves = library.resolver(schema, spoken, registry)
        return Compiler(schema, spoken, resolves, formats).run()

    def begin(self) -> Validator:
        """The state for one document."""
        return Walker(self._program, self, self._collect)

    @property
    def collects(self) -> bool:
        return self._collect

    @property
    def coerces(self) -> bool:
        return self._coerce

    def coercing(self, coerce: bool = True) -> SchemaValidator:
        if self._coerce is coerce:
            return self
        twin = SchemaValidator(True)
        twin._options, twin._program = self._options, self._program
        twin._collect, twin._coerce = self._collect, coerce
        return twin

    def json_schema(self) -> Any:
        """The schema it judges by."""
        return self._options[0]

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (*self._options, self._coerce)

    def __deepcopy__(self, memo: Any) -> SchemaValidator:
        return self  # it never changes

    def __repr__(self) -> str:
        return f"SchemaValidator({self._options[0]!r:.60})"


def _refuse_loops(schema: Any) -> None:
    """A container inside itself has no end; one that stands in several places is fine."""
    around: set[int] = set()
    done: set[int] = set()
    waiting: list[tuple[Any, bool]] = [(schema, False)]
    while waiting:
        value, whole = waiting.pop()
        key = id(value)
        if whole:
            around.discard(key)
            done.add(key)
        elif key in around:
            raise ValueError("bad schema: it contains itself")
        elif key not in done and isinstance(value, (dict, list)):
            around.add(key)
            waiting.append((value, True))
            inside = value.values() if isinstance(value, dict) else value
            waiting += [(inner, False) for inner in inside]


def _made(
    schema: dict[str, Any] | bool,
    draft: str | None,
    registry: Any,
    formats: bool,
    collect: bool,
    coerce: bool,
) -> SchemaValidator:
    return SchemaValidator(
        schema, draft=draft, registry=registry, formats=formats, collect=collect, coerce=coerce
    )
