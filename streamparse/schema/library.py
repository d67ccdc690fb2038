"""The interface to the `jsonschema` library, which defines what a schema means.

The library checks schemas and resolves references. At the end of a value it applies the keywords
that are not followed while the value arrives: `format`, `unevaluated*`, and keywords that only old
drafts have.
"""

from __future__ import annotations

import copy
import importlib
import re
from collections.abc import Callable, Iterator
from typing import Any

from streamparse.errors import LimitError

_CLASSES = {
    "draft2020-12": "Draft202012Validator",
    "draft2019-09": "Draft201909Validator",
    "draft7": "Draft7Validator",
    "draft6": "Draft6Validator",
    "draft4": "Draft4Validator",
}
DRAFTS = tuple(_CLASSES)
# Keywords that reject a value because of the results of other schemas.
_OF_OTHERS = ("anyOf", "oneOf", "not")


def import_extra(module: str) -> Any:
    """Import a module of the extra `schema`; if it is missing, the error names the extra."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        message = (
            f"validating by JSON Schema needs {module.partition('.')[0]}: "
            "pip install 'llm-streamparse[schema]'"
        )
        raise ImportError(message, name=error.name) from error


class SchemaDialect:
    """One draft of JSON Schema: its validator class in the library, and the keywords it knows."""

    def __init__(self, kind: Any) -> None:
        referencing = import_extra("referencing.jsonschema")
        opaque = import_extra("referencing").Specification.OPAQUE
        self.kind = kind
        self.keywords: dict[str, Any] = kind.VALIDATORS
        names = {import_extra("jsonschema"): kind}
        modules = next(iter(names))
        self.name: str = next(
            (name for name, title in _CLASSES.items() if getattr(modules, title) is kind), ""
        )
        self.specification: Any = referencing.specification_with(
            kind.ID_OF(kind.META_SCHEMA), default=opaque
        )
        #: Up to draft 7, keywords beside `$ref` are ignored.
        self.lonely_refs: bool = self.name in ("draft7", "draft6", "draft4")

    def applicable(self, schema: dict[str, Any], around: SchemaDialect) -> list[tuple[str, Any]]:
        """Return the keywords of a schema that apply, with their values.

        The dialect around the schema decides which keywords apply beside `$ref`, as in the library.
        """
        if around.lonely_refs and schema.get("$ref") is not None:
            return [("$ref", schema["$ref"])]
        return [(name, value) for name, value in schema.items() if name in self.keywords]

    def of(self, schema: Any) -> Any:
        """Return the validator class for a schema inside a schema of this dialect."""
        return _class_of(schema, self.kind)


def _class_of(schema: Any, default: Any) -> Any:
    """Return the library's class for a schema; `check_schema` rejects a `$schema` of a bad type."""
    if isinstance(schema, dict) and not isinstance(schema.get("$schema", ""), str):
        return default
    return import_extra("jsonschema.validators").validator_for(schema, default=default)


def dialect_of(schema: Any, draft: str | None) -> SchemaDialect:
    """Return the dialect of a whole schema."""
    library = import_extra("jsonschema")
    if draft is not None:
        return SchemaDialect(getattr(library, _CLASSES[draft]))
    return SchemaDialect(_class_of(schema, library.Draft202012Validator))


def check_schema(schema: Any, dialect: SchemaDialect, location: str = "#") -> None:
    """Raise `ValueError` for an invalid schema; `location` is where it was found."""
    library = import_extra("jsonschema.exceptions")
    try:
        dialect.kind.check_schema(schema, format_checker=_formats(dialect.kind))
    except library.SchemaError as error:
        location = "/".join([location, *map(str, error.absolute_path)])
        raise ValueError(f"bad schema at {location}: {error.message[:300]}") from error


def _formats(kind: Any) -> Any:
    """Return the library's format checker, changed to accept every pattern that `engine` does."""
    checker = copy.copy(kind.FORMAT_CHECKER)
    checker.checkers = {**checker.checkers, "regex": (_is_pattern, ValueError)}
    return checker


def _is_pattern(text: Any) -> bool:
    if isinstance(text, str):
        engine(text)
    return True


def engine(text: str) -> Any:
    """Compile a pattern with `re`, or with `regex` if a lookbehind has no fixed length.

    Raises:
        ValueError: The text is not a regular expression.
    """
    try:
        return re.compile(text)
    except (re.error, OverflowError, TypeError) as error:
        found = _by_regex(text) if "(?<" in text else None
        if found is None:
            raise ValueError(
                f"bad schema: {text!r} is not a regular expression: {error}"
            ) from error
        return found


def _by_regex(text: str) -> Any:
    regex = import_extra("regex")
    try:
        return regex.compile(text)
    except (regex.error, OverflowError, TypeError):
        return None


def resolver(schema: Any, dialect: SchemaDialect, registry: Any) -> Any:
    """Return the resolver for the references of a schema, which fetches nothing."""
    known = import_extra("referencing.jsonschema").EMPTY_REGISTRY if registry is None else registry
    every = import_extra("jsonschema_specifications").REGISTRY.combine(known)
    return every.resolver_with_root(dialect.specification.create_resource(schema))


def is_too_deep(error: BaseException) -> bool:
    """Return whether an error comes from too deep recursion.

    The maps of the reference library are written in Rust. There, a `RecursionError` in a comparison
    becomes a panic, which is not an `Exception`.
    """
    return isinstance(error, RecursionError) or type(error).__name__ == "PanicException"


class Reference:
    """The library's validator for one schema, or for one keyword of it."""

    def __init__(
        self, dialect: SchemaDialect, schema: Any, resolves: Any, formats: bool, keyword: str = ""
    ) -> None:
        self.dialect = dialect
        self.schema = schema
        self.resolves = resolves
        self.formats = formats
        self.keyword = keyword
        self.made: Any = None  # created on first use, because most nodes never need it

    def __call__(self, value: Any) -> bool:
        """Return whether the value is valid.

        Raises:
            LimitError: The value is nested more deeply than the library can follow.
        """
        return next(self._errors(value), None) is None

    def fault(self, value: Any) -> str:
        """Return the first keyword of this schema that rejects a value, or `""`."""
        for error in self._errors(value):
            keyword = str(error.validator)
            if error.schema is self.schema and keyword not in _OF_OTHERS:
                return keyword
        return ""

    def _errors(self, value: Any) -> Iterator[Any]:
        if self.made is None:
            self.made = self._made()
        validator = self.made
        try:
            if not self.keyword:
                yield from validator.iter_errors(value)
                return
            decide: Callable[..., Any] = validator.VALIDATORS[self.keyword]
            yield from decide(validator, self.schema[self.keyword], value, self.schema) or ()
        except (ArithmeticError, LookupError, TypeError, ValueError, re.error):
            return  # the library itself failed, so the value is not rejected
        except BaseException as error:
            if not is_too_deep(error):
                raise
            message = "nested more deeply than the jsonschema library can validate"
            raise LimitError(message, code="depth") from None

    def _made(self) -> Any:
        checker = self.dialect.kind.FORMAT_CHECKER if self.formats else None
        return self.dialect.kind(
            schema=self.schema, _resolver=self.resolves, format_checker=checker
        )
