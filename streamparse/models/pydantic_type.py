"""A type with its program, and pydantic's own validation of values and parts of it."""

from __future__ import annotations

import json
from typing import Any, Final

from streamparse.models.program import TypeProgram
from streamparse.models.shapes import Slot

__all__ = ["MISSING_EXTRA", "PydanticType"]

MISSING_EXTRA: Final = "typed validation needs pydantic: pip install 'llm-streamparse[pydantic]'"


class PydanticType:
    """A type as pydantic validates it with some options, which are those of `ModelValidator`."""

    def __init__(
        self,
        annotation: Any,
        strict: bool | None,
        by_alias: bool | None,
        by_name: bool | None,
        context: Any,
    ) -> None:
        try:
            from pydantic import TypeAdapter
            from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError
        except ImportError as error:
            raise ImportError(MISSING_EXTRA) from error
        self.annotation = annotation
        try:
            self.adapter: TypeAdapter[Any] = TypeAdapter(annotation)
            # Reading the schema of a type that is not fully defined raises an error.
            program = TypeProgram(self.adapter.core_schema, strict, by_alias, by_name)
        except (PydanticUserError, PydanticUndefinedAnnotation) as error:
            message = f"pydantic cannot validate {annotation!r}: {error.message}"
            raise TypeError(message) from error
        self.options: dict[str, Any] = {"strict": strict, "context": context}
        for name, value in (("by_alias", by_alias), ("by_name", by_name)):
            if value is not None:  # older versions do not know these
                self.options[name] = value
        self.program: TypeProgram = program
        self.afters: dict[int, Any] = {}

    def json_schema(self) -> Any:
        """Return the JSON Schema that pydantic generates; None if it generates none."""
        from pydantic.errors import PydanticUserError

        try:
            return self.adapter.json_schema()
        except PydanticUserError:
            return None

    def whole(self, value: Any) -> Any:
        """Validate the whole value. Raises pydantic's `ValidationError`."""
        return self.adapter.validate_json(_json(value), **self.options)

    def part(self, slot: Slot, value: Any) -> Any:
        """Validate a part. Raises pydantic's `ValidationError`."""
        if slot.postponed or type(value) is slot.trivial:
            return value
        return self.program.validator(slot).validate_json(_json(value), **self.options)

    def after(self, function: Any, made: Any) -> Any:
        """Return what an "after" function makes of a value, called by pydantic."""
        found = self.afters.get(id(function))
        if found is None:
            from pydantic_core import SchemaValidator

            call = {"type": "no-info", "function": function}
            schema: Any = {"type": "function-after", "function": call, "schema": {"type": "any"}}
            found = self.afters[id(function)] = SchemaValidator(schema)
        return found.validate_python(made, context=self.options["context"])


def _json(value: Any) -> str:
    """Return the JSON text of a value. Custom number types are written as floats."""
    return json.dumps(value, default=float)
