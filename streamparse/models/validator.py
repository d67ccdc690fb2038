"""`ModelValidator`, the public validator of JSON against a type.

Rule 1: pydantic decides. The whole value is validated once by pydantic's own validator of the type,
when it is complete, and that result is final.
Rule 2: before that, a value is rejected only where pydantic certainly would reject it.
Rule 3: each part is validated at most once while it arrives. A part that consists of parts (a list,
a model) is put together from its validated parts, and is not validated again.
"""

from __future__ import annotations

import copy
from typing import Any

from streamparse._core.sink import ValidatorFactory
from streamparse.models.pydantic_type import PydanticType
from streamparse.models.walker import ModelWalker

__all__ = ["ModelValidator"]


class ModelValidator(ValidatorFactory):
    """Validates JSON against any annotation that pydantic (version 2) understands.

    The result for the whole value is pydantic's own. A violation is a `SchemaViolation` whose code
    is the keyword of JSON Schema with the same meaning, or `"value_error"` for an error that a
    validator of the type raised.

    Args:
        type: The annotation.
        strict: As in `TypeAdapter.validate_json`, like `by_alias`, `by_name` and `context`.
        coerce: Whether to read a value that would be rejected in the one other way that the type
            allows, such as `"[1, 2]"` for a list. Each is a `Repair` with the code `"coerced"`.

    Raises:
        ImportError: The extra `pydantic` is not installed.
        TypeError: pydantic cannot validate the annotation.

    >>> from streamparse import JSONParser, SchemaViolation
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
        self.type = type
        self.strict = strict
        self.by_alias = by_alias
        self.by_name = by_name
        self.context = context
        self.coerce = coerce
        self.model: PydanticType = PydanticType(type, strict, by_alias, by_name, context)
        #: The function and arguments that create this validator again, where its type has no
        #: name by which a pickle could refer to it.
        self.remade: tuple[Any, ...] | None = None

    def begin(self) -> ModelWalker:
        """Return the state for one document."""
        return ModelWalker(self, self.model)

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
        """Return the JSON Schema that pydantic generates; None if it generates none."""
        return self.model.json_schema()

    def __reduce__(self) -> tuple[Any, ...]:
        if self.remade is not None:
            made, given = self.remade
            return made, (*given, self.coerce)
        options = (self.strict, self.by_alias, self.by_name, self.context)
        return _validator, (self.type, *options, self.coerce)

    def __deepcopy__(self, memo: Any) -> ModelValidator:
        return self  # it never changes

    def __repr__(self) -> str:
        return f"ModelValidator({self.type!r})"


def _validator(
    type: Any, strict: Any, by_alias: Any, by_name: Any, context: Any, coerce: bool
) -> ModelValidator:
    return ModelValidator(
        type, strict=strict, by_alias=by_alias, by_name=by_name, context=context, coerce=coerce
    )
