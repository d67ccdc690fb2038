"""The reference: the `jsonschema` library, which says what a schema means.

It checks schemas, resolves references, and decides at the end of a value what is not followed as
the value arrives: `format`, `unevaluated*`, keywords that only old drafts have.
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
# Keywords that refuse a value because other schemas do, or do not.
_OF_OTHERS = ("anyOf", "oneOf", "not")


def needed(module: str) -> Any:
    """A module of the extra `schema`; `ImportError` says how to get it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        message = (
            f"validating by JSON Schema needs {module.partition('.')[0]}: "
            "pip install 'llm-streamparse[schema]'"
        )
        raise ImportError(message, name=error.name) from error


class Dialect:
    """One draft: its validator class in the library, and the keywords that class knows."""

    def __init__(self, kind: Any) -> None:
        referencing = needed("referencing.jsonschema")
        opaque = needed("referencing").Specification.OPAQUE
        self.kind = kind
        self.keywords: dict[str, Any] = kind.VALIDATORS
        names = {needed("jsonschema"): kind}
        modules = next(iter(names))
        self.name: str = next(
            (name for name, title in _CLASSES.items() if getattr(modules, title) is kind), ""
        )
        self.specification: Any = referencing.specification_with(
            kind.ID_OF(kind.META_SCHEMA), default=opaque
        )
        #: Up to draft 7 nothing counts beside `$ref`.
        self.lonely_refs: bool = self.name in ("draft7", "draft6", "draft4")

    def applicable(self, schema: dict[str, Any], around: Dialect) -> list[tuple[str, Any]]:
        """The keywords of a schema that count, with their values.

        What counts beside `$ref` depends on the dialect around it, as it does for the library.
        """
        if around.lonely_refs and schema.get("$ref") is not None:
            return [("$ref", schema["$ref"])]
        return [(name, value) for name, value in schema.items() if name in self.keywords]

    def of(self, schema: Any) -> Any:
        """The validator class for a schema found inside one of this dialect."""
        return _class_of(schema, self.kind)


def _class_of(schema: Any, default: Any) -> Any:
    """The library's class for a schema; a `$schema` that is no text is for the check to refuse."""
    if isinstance(schema, dict) and not isinstance(schema.get("$schema", ""), str):
        return default
    return needed("jsonschema.validators").validator_for(schema, default=default)


def dialect(schema: Any, draft: str | None) -> Dialect:
    """The dialect of a whole schema."""
    library = needed("jsonschema")
    if draft is not None:
        return Dialect(getattr(library, _CLASSES[draft]))
    return Dialect(_class_of(schema, library.Draft202012Validator))


def check_schema(schema: Any, spoken: Dialect, place: str = "#") -> None:
    """Raise `ValueError` for what is not a schema; `place`: where it stands."""
    library = needed("jsonschema.exceptions")
    try:
        spoken.kind.check_schema(schema, format_checker=_formats(spoken.kind))
    except library.SchemaError as error:
        place = "/".join([place, *map(str, error.absolute_path)])
        raise ValueError(f"bad schema at {place}: {error.message[:300]}") from error


def _formats(kind: Any) -> Any:
    """The library's checks of formats, but for patterns: `patterns.Pattern` knows more of them."""
    checker = copy.copy(kind.FORMAT_CHECKER)
    checker.checkers = {**checker.checkers, "regex": (_is_pattern, ValueError)}
    return checker


def _is_pattern(text: Any) -> bool:
    if isinstance(text, str):
        engine(text)
    return True


def engine(text: str) -> Any:
    """A compiled pattern: by `re`, or by `regex` for a lookbehind that has no fixed length."""
    try:
        return re.compile(text)
    except (re.error, OverflowError, TypeError) as error:
        found = _by_regex(text) if "(?<" in text else None
        if found is None:
            raise ValueError(f"bad schema: {text!r} is no regular expression: {error}") from error
        return found


def _by_regex(text: str) -> Any:
    regex = needed("regex")
    try:
        return regex.compile(text)
    except (regex.error, OverflowError, TypeError):
        return None


def resolver(schema: Any, spoken: Dialect, registry: Any) -> Any:
    """What resolves the references of a schema; nothing is fetched from anywhere."""
    known = needed("referencing.jsonschema").EMPTY_REGISTRY if registry is None else registry
    every = needed("jsonschema_specifications").REGISTRY.combine(known)
    return every.resolver_with_root(spoken.specification.create_resource(schema))


class Reference:
    """The library's verdict on values, for one schema or for one keyword of it."""

    def __init__(
        self, spoken: Dialect, schema: Any, resolves: Any, formats: bool, keyword: str = ""
    ) -> None:
        self.spoken = spoken
        self.schema = schema
        self.resolves = resolves
        self.formats = formats
        self.keyword = keyword
        self.made: Any = None  # costs more than a node is worth that never asks

    def __call__(self, value: Any) -> bool:
        """Is the value valid? Raises `LimitError` where the library cannot go so deep."""
        return next(self._errors(value), None) is None

    def fault(self, value: Any) -> str:
        """The keyword of this very schema that refuses a value first; empty when none does."""
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
        except RecursionError:
            message = "nested more deeply than the reference library can judge"
            raise LimitError(message, code="depth") from None
        except (ArithmeticError, LookupError, TypeError, ValueError, re.error):
            return  # a fault of the library's own is no verdict

    def _made(self) -> Any:
        checker = self.spoken.kind.FORMAT_CHECKER if self.formats else None
        return self.spoken.kind(schema=self.schema, _resolver=self.resolves, format_checker=checker)
