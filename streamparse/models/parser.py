"""`ModelParser`, which parses JSON into a type while it arrives, and the markers of fields."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar, get_args, overload

from streamparse._core.sink import NOTHING, check_missing
from streamparse.aliases import DialectName, Missing
from streamparse.dialect import Dialect, Repair
from streamparse.errors import IncompleteError
from streamparse.events import ValueEvent
from streamparse.json_parser import JSONParser
from streamparse.limits import Limits
from streamparse.models.parts import fields_of, part_at
from streamparse.models.program import MARK
from streamparse.models.pydantic_type import MISSING_EXTRA
from streamparse.models.validator import ModelValidator
from streamparse.models.walker import ModelWalker
from streamparse.paths import Path

if TYPE_CHECKING:
    from typing_extensions import TypedDict, Unpack

__all__ = ["ModelParser", "ModelValidator", "NotBefore", "WhenComplete"]

T = TypeVar("T")


class WhenComplete:
    """In `Annotated`: `ModelParser.partial` shows this value only when it is complete.

    >>> from typing import Annotated
    >>> from pydantic import BaseModel
    >>> class Search(BaseModel):
    ...     query: Annotated[str, WhenComplete()]
    >>> parser = ModelParser(Search)
    >>> _ = parser.feed('{"query": "hot')
    >>> parser.get("query", "not yet")
    'not yet'
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return _marked(handler(source), {"when_complete": True})


class NotBefore:
    """In `Annotated`: an object is not shown before these of its fields are.

    With `list[Annotated[Step, NotBefore("title")]]` a step joins the list when its title begins.
    """

    def __init__(self, *names: str) -> None:
        self.names = names

    def __repr__(self) -> str:
        return f"NotBefore({', '.join(map(repr, self.names))})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NotBefore) and self.names == other.names

    def __hash__(self) -> int:
        return hash(self.names)

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return _marked(handler(source), {"not_before": self.names})


def _marked(schema: Any, marker: dict[str, Any]) -> Any:
    """Return the schema with a marker in its metadata, or in that of a wrapper of a reference."""
    if schema["type"] == "definition-ref" or "ref" in schema:
        schema = {"type": "union", "choices": [schema]}
    metadata = schema.get("metadata") or {}
    markers = {**metadata.get(MARK, {}), **marker}
    return {**schema, "metadata": {**metadata, MARK: markers}}


if TYPE_CHECKING:

    class ModelOptions(TypedDict, total=False):
        """The keywords of `ModelParser`."""

        strict: bool | None
        by_alias: bool | None
        by_name: bool | None
        context: Any
        coerce: bool
        missing: Missing
        dialect: DialectName | Dialect
        limits: Limits | None


class ModelParser(Generic[T]):
    """Parses JSON into a type while it arrives; `partial` is the value so far, as that type.

    `type` is any annotation that pydantic understands. The keywords are those of `ModelValidator`;
    `dialect` and `limits` are those of `JSONParser`. `feed` and `finish` return events and raise
    as it does, with `SchemaViolation` at the first character that pydantic certainly rejects.

    In `partial`, complete parts are validated. An open string grows, the items of a list appear
    one by one, and numbers, dates and literals appear when they are complete. `missing` is what a
    field that has not arrived does when it is read: with `"raise"`, the default, it raises
    `AttributeError`; with `"default"` it has its declared default, if there is one; with `"none"`
    it is None. A complete object has its defaults. A value is not shown while more than one member
    of a union is possible. `WhenComplete` and `NotBefore` in `Annotated` hold back more.

    >>> from pydantic import BaseModel
    >>> class Trip(BaseModel):
    ...     city: str
    ...     days: int = 1
    >>> parser = ModelParser(Trip)
    >>> _ = parser.feed('{"city": "Par')
    >>> parser.partial.city
    'Par'
    >>> parser.partial.days
    Traceback (most recent call last):
    AttributeError: 'days' has not arrived yet
    >>> _ = parser.feed('is"}')
    >>> parser.result
    Trip(city='Paris', days=1)
    """

    @overload
    def __init__(self, type: type[T], **options: Unpack[ModelOptions]) -> None: ...

    # A union or an annotated type is not a `type[T]`; write `ModelParser[A | B](A | B)`.
    @overload
    def __init__(self, type: Any, **options: Unpack[ModelOptions]) -> None: ...

    def __init__(
        self,
        type: Any,
        *,
        strict: bool | None = None,
        by_alias: bool | None = None,
        by_name: bool | None = None,
        context: Any = None,
        coerce: bool = False,
        missing: Missing = "raise",
        dialect: DialectName | Dialect = "strict",
        limits: Limits | None = None,
    ) -> None:
        self._model = ModelValidator(
            type, strict=strict, by_alias=by_alias, by_name=by_name, context=context, coerce=coerce
        )
        self._parser = JSONParser(
            dialect,
            validator=self._model,
            limits=limits if limits is not None else Limits(),
        )
        check_missing(missing)
        self._missing: Missing = missing
        self._shown: Any = NOTHING
        self._fresh: bool = False  # whether `_shown` is up to date

    def __repr__(self) -> str:
        fields = f", fields_set={sorted(self.fields_set)!r}" if self.fields_set else ""
        return f"ModelParser({_name_of(self._model.type)}, done={self.done!r}{fields})"

    def feed(self, fragment: str | bytes | bytearray | memoryview) -> list[ValueEvent]:
        """Parse a fragment and return the events that it decides. It may be empty."""
        self._fresh = False
        return self._parser.feed(fragment)

    def finish(self) -> list[ValueEvent]:
        """End the input. Raises `IncompleteError` if the document is not complete."""
        self._fresh = False
        return self._parser.finish()

    @property
    def started(self) -> bool:
        """Whether a root value has begun."""
        return self._parser.started

    @property
    def done(self) -> bool:
        """Whether the document is complete."""
        return self._parser.done

    @property
    def repairs(self) -> list[Repair]:
        """The repairs of a lenient dialect, see `JSONParser.repairs`."""
        return self._parser.repairs

    @property
    def truncated(self) -> bool:
        """Whether the input ended early, in a lenient dialect."""
        return self._parser.truncated

    @property
    def value(self) -> Any:
        """The partial JSON value, see `JSONParser.value`."""
        return self._parser.value

    @property
    def result(self) -> T:
        """The validated object. Raises `IncompleteError` while the document is not complete."""
        walker = self._walker()
        if walker is None or not walker.done:
            raise IncompleteError("the value is not complete yet", code="truncated")
        result: T = walker.parsed  # type: ignore[assignment]
        return result

    @property
    def partial(self) -> T:
        """The value so far, which later feeds do not change. Once complete, it is `result`.

        Complete parts are shared, so the cost is that of the open containers and the open string.

        Raises:
            IncompleteError: Nothing can be shown yet.
        """
        if not self._fresh:
            self._shown = self._show(self._missing)
            self._fresh = True
        if self._shown is NOTHING:
            raise IncompleteError("no partial value is available yet", code="empty")
        shown: T = self._shown
        return shown

    @property
    def fields_set(self) -> set[str]:
        """The names of the fields of the root that are shown."""
        return fields_of(self._show("raise"))

    def get(self, path: Path | str | int, default: Any = None) -> Any:
        """Return the value at a path of `partial` (names of fields, keys, indexes) or `default`."""
        try:
            value: Any = self.partial
        except IncompleteError:
            return default
        found = _found(value, path if isinstance(path, tuple) else (path,))
        return default if found is NOTHING else found

    def is_complete(self, path: Path | str | int = ()) -> bool:
        """Return whether the value at a path of `partial` is complete.

        It is also validated, unless its validators need the value around it.
        """
        walker = self._walker()
        steps = path if isinstance(path, tuple) else (path,)
        if walker is None or _found(self._show("raise"), steps) is NOTHING:
            return False
        open_path = self._parser.open_path
        return walker.done or open_path is None or not walker.is_open(steps, open_path)

    def __copy__(self) -> ModelParser[T]:
        twin = self.__class__.__new__(self.__class__)
        vars(twin).update(self.__getstate__(), _parser=self._parser.clone())
        return twin

    def __deepcopy__(self, memo: object) -> ModelParser[T]:
        return self.__copy__()

    def __getstate__(self) -> dict[str, Any]:
        # `_shown` can be made again from the rest.
        return {**vars(self), "_shown": NOTHING, "_fresh": False}

    def _show(self, missing: Missing) -> Any:
        """Return the value so far; `NOTHING` if nothing can be shown."""
        walker = self._walker()
        if walker is None:
            return NOTHING
        walker.missing = missing
        return walker.shown(self._parser.snapshot)

    def _walker(self) -> ModelWalker | None:
        walker = self._parser._chain.validator
        assert walker is None or isinstance(walker, ModelWalker)
        return walker


def _name_of(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) and not get_args(kind) else repr(kind)


def _found(value: Any, path: Path) -> Any:
    """Return the value at a path of a typed value; `NOTHING` if there is none."""
    for step in path:
        if value is NOTHING:
            return NOTHING
        value = part_at(value, step)
    return value


def function_validator(
    function: Any, described: dict[str, str], coerce: bool = False
) -> ModelValidator:
    """Return a validator of the keyword arguments of a function, pickled by the function's name."""
    validator = ModelValidator(keywords_type(function, described), coerce=coerce)
    validator.remade = (function_validator, (function, described))
    return validator


def keywords_type(function: Any, described: dict[str, str]) -> Any:
    """Return a type of the keyword arguments of a function: a TypedDict without other keys.

    Args:
        function: The function.
        described: The descriptions of parameters, by name.
    """
    try:
        import typing_extensions
        from pydantic import Field
    except ImportError as error:
        raise ImportError(MISSING_EXTRA) from error
    hints = typing_extensions.get_type_hints(function, include_extras=True)
    members: dict[str, Any] = {}
    more = False
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            more = more or parameter.kind is parameter.VAR_KEYWORD
            continue
        kind = hints.get(parameter.name, Any)
        if parameter.name in described:
            kind = Annotated[kind, Field(description=described[parameter.name])]
        if parameter.default is not parameter.empty:
            kind = typing_extensions.NotRequired[kind]
        members[parameter.name] = kind
    name = getattr(function, "__name__", "arguments")
    make: Any = typing_extensions.TypedDict
    made = make(name, members)
    made.__pydantic_config__ = {"extra": "allow" if more else "forbid"}
    return made
