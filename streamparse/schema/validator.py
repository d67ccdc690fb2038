"""`SchemaValidator`: validates documents by a JSON Schema while they arrive."""

from __future__ import annotations

import copy
from typing import Any

from streamparse._core.sink import Validator, ValidatorFactory
from streamparse.schema import library
from streamparse.schema._walker import Walker
from streamparse.schema.compiler import Compiler
from streamparse.schema.escapes import translate_patterns
from streamparse.schema.nodes import Program

__all__ = ["SchemaValidator"]


class SchemaValidator(ValidatorFactory):
    """Validates a JSON value by a JSON Schema while it arrives, for `JSONParser(validator=…)`.

    A value is rejected at the first character after which no continuation can be valid; members
    may arrive in any order. At the end of a value the result is that of the `jsonschema` library.
    A violation raises `SchemaViolation`. Its `code` is the keyword, `path` leads to the value,
    `schema_path` leads to the keyword in the schema, `offset` is the character that decided, and
    `closest` is the allowed value or key that was probably meant.

    A validator is immutable. It can be shared between parsers and threads, and pickled.

    Args:
        schema: A JSON Schema, as a `dict` or `bool`; it is copied.
        draft: One of `"draft2020-12"`, `"draft2019-09"`, `"draft7"`, `"draft6"`, `"draft4"`. By
            default `$schema` decides, and a schema without it is 2020-12.
        registry: A `referencing.Registry` with the schemas that it refers to; nothing is fetched.
        formats: Whether `format` is an assertion. If it is, the library checks each string at its
            end.
        collect: Whether to go on after a violation; `parser.violations` holds all of them.
        coerce: Whether to read a value that would be rejected in the one other way that the schema
            allows, such as `"[1, 2]"` where only an array is allowed. Each such value is reported
            as a `Repair` with the code `"coerced"`.

    Raises:
        TypeError: `schema` is neither a `dict` nor a `bool`.
        ValueError: The schema is bad, one of its references leads nowhere, or `draft` is unknown.
        ImportError: The extra `schema` is not installed.

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
        except BaseException as error:
            # The library, `re`, `copy` and the plans all recurse.
            if not library.is_too_deep(error):
                raise
            raise ValueError("bad schema: nested too deeply") from None
        self._collect = collect
        self._coerce = coerce

    def _compiled(self) -> Program:
        given, draft, registry, formats, _ = self._options
        schema = copy.deepcopy(given)
        translate_patterns(schema)
        dialect = library.dialect_of(schema, draft)
        library.check_schema(schema, dialect)
        resolves = library.resolver(schema, dialect, registry)
        return Compiler(schema, dialect, resolves, formats).run()

    def begin(self) -> Validator:
        """Return a validator for one document."""
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
        """Return the schema that it validates by."""
        return self._options[0]

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (*self._options, self._coerce)

    def __deepcopy__(self, memo: Any) -> SchemaValidator:
        return self  # a validator is immutable

    def __repr__(self) -> str:
        return f"SchemaValidator({self._options[0]!r:.60})"


def _refuse_loops(schema: Any) -> None:
    """Reject a schema that contains itself; one container in several places is fine."""
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
