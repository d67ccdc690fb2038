"""The exceptions of the library.

- `StreamParseError` (a `ValueError`)
    - `JSONSyntaxError`: the text violates the dialect; no continuation can make it valid.
    - `IncompleteError`: the input ended before the value did.
    - `LimitError`: a limit of `Limits` was exceeded.
    - `SchemaViolation`: a validator rejected the value.
    - `WireError`: the transport could not be decoded, or the API was not detected.
    - `ProviderError`: the provider reported an error.
    - `FormatError`: the text of the model violates its tool-call format.
- `ToolError`: a tool raised an exception when `Toolbox.run` called it; the input is valid.

Contract: No input raises any other exception, except `TypeError` for an argument of the wrong type.
`code` is one of `ERROR_CODES`, or one of `VIOLATION_CODES` for a violation of a JSON Schema. Both
sets are closed: a new code is a change of the interface.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from streamparse.paths import Path

__all__ = [
    "ERROR_CODES",
    "FormatError",
    "IncompleteError",
    "JSONSyntaxError",
    "LimitError",
    "ProviderError",
    "SchemaViolation",
    "StreamParseError",
    "ToolError",
    "VIOLATION_CODES",
    "WireError",
]

ERROR_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        # StreamParseError itself
        "finished": "something was fed after `finish()`",
        "interrupted": "an unexpected exception ended an earlier call",
        "not_found": "the document ended without the requested value",
        "invalid_patch": "an operation of a patch is invalid",
        "patch_target": "the operation of a patch does not fit the value",
        # JSONSyntaxError
        "expected_value": "a value must begin here",
        "expected_key": "a key or the end of the object must come here",
        "expected_colon": "a colon must follow the key",
        "expected_comma": "a comma or the closing bracket must come here",
        "mismatched_bracket": "the closing bracket does not match the open container",
        "invalid_number": "the number violates the grammar of RFC 8259, section 6",
        "invalid_literal": "only `true`, `false` and `null` are literals",
        "invalid_escape": "RFC 8259, section 7, has no such escape",
        "control_character": "a control character inside a string must be escaped",
        "lone_surrogate": "half a surrogate pair, rejected by `surrogates='error'`",
        "invalid_utf8": "the bytes are not UTF-8",
        "trailing_text": "only whitespace may follow the value",
        "number_rejected": "`parse_int` or `parse_float` raised for this number",
        "repair_refused": "a lenient dialect does not allow the repair that is needed here",
        "too_many_repairs": "more repairs than `Dialect.max_repairs`",
        "unfinished_line": "a line of JSON Lines ended before its value",
        # IncompleteError
        "empty": "the input ended before a value began",
        "truncated": "the input ended inside a value",
        # SchemaViolation
        "wrong_type": "the value is not of the requested type",
        "value_error": "a validator of the type rejected the value",
        "unknown_tool": "there is no tool of this name",
        # JSONSyntaxError of a tool call
        "multiple_values": "a second value follows the arguments",
        # FormatError
        "malformed_call": "the call violates the rules of its format",
        "invalid_format": "the description of a format is wrong or cannot be expressed",
        # WireError: the stream
        "unknown_api": "the records belong to no known API",
        "not_a_stream": "the input is neither JSON nor server-sent events",
        "invalid_record": "a record is not valid JSON or has the wrong structure",
        "bad_frame": "a binary frame is damaged",
        # WireError: in `ToolCall.errors`
        "missing_name": "the call never got a name",
        "repeated_arguments": "the whole arguments arrived a second time",
        "repeated_id": "two calls have the same id",
        "changed_id": "the deltas of one call carry different ids",
        "changed_name": "the deltas of one call carry different names",
        "ambiguous_delta": "a delta names no call, and several are open",
        "late_delta": "a delta arrived after the end of its call",
        "replaced_arguments": "the final arguments differ from what was streamed",
        "misplaced_value": "a value arrived at a path that was complete, skipped or set before",
        "unexpected_text": "there is text between the parameters of a call",
        # ProviderError
        "provider_error": "the provider reported an error",
        # LimitError
        "record_length": "a record is longer than `Limits.record`",
        "tool_calls": "a message has more calls than `Limits.tool_calls`",
        "content": "a message keeps more characters than `Limits.content`",
        "choices": "a response has more choices than `Limits.choices`",
        "parts": "a message has more parts than `Limits.parts`",
        "name": "the name of a tool is longer than `Limits.name`",
        "depth": "containers are nested more deeply than `Limits.depth`",
        "string_length": "a string or key is longer than `Limits.string`",
        "number_length": "the text of a number is longer than `Limits.number`",
        "integer_digits": "an integer has more digits than `Limits.integer_digits`",
        "document_length": "a document is longer than `Limits.document`",
        "object_keys": "an object has more members than `Limits.keys`",
        "array_items": "an array has more items than `Limits.items`",
    }
)

#: The codes of a `SchemaViolation` by a JSON Schema: the keyword that rejects the value.
VIOLATION_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "$schema": "a part of the schema in another dialect rejects the value",
        "additionalItems": "there are more items than the schema allows",
        "additionalProperties": "the schema does not allow this member",
        "allOf": "the schema is too large to follow, and the whole value is not valid",
        "anyOf": "no alternative is left",
        "const": "the value is not the allowed one",
        "contains": "no item matches `contains`",
        "dependencies": "a member that another one needs is missing",
        "dependentRequired": "a member that another one needs is missing",
        "enum": "the value is not one of those allowed",
        "exclusiveMaximum": "the number is not below the bound",
        "exclusiveMinimum": "the number is not above the bound",
        "false": "the schema `false` allows nothing",
        "format": "the string is not of the format",
        "items": "there are more items than the schema allows",
        "maxContains": "too many items match `contains`",
        "maxItems": "the array is too long",
        "maxLength": "the string is too long",
        "maxProperties": "the object has too many members",
        "maximum": "the number is above the bound",
        "minContains": "too few items match `contains`",
        "minItems": "the array is too short",
        "minLength": "the string is too short",
        "minProperties": "the object has too few members",
        "minimum": "the number is below the bound",
        "multipleOf": "the number is not a multiple",
        "not": "the value is what the schema excludes",
        "oneOf": "no alternative is left, or more than one fits",
        "pattern": "the string does not match",
        "required": "a member is missing",
        "type": "the value is of another type",
        "unevaluatedItems": "there is an item that no part of the schema evaluates",
        "unevaluatedProperties": "there is a member that no part of the schema evaluates",
        "uniqueItems": "an item occurs twice",
    }
)


class StreamParseError(ValueError):
    """Base class of all errors for bad input. Errors can be pickled.

    Attributes:
        message: The description of the error, without its position.
        code: One of `ERROR_CODES`.
        offset: The number of characters from the start of the stream.
        line: The line, from 1; a line ends at a line feed.
        column: The column, from 1.
        path: The path of the value being read or expected next.
        excerpt: The text just before the error, at most 40 characters.
        events: The events that the failed call completed before the error.

    >>> error = JSONSyntaxError("expected a value, not ']'", code="expected_value", offset=3)
    >>> error.code, error.offset, error.path
    ('expected_value', 3, ())
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        offset: int = 0,
        line: int = 1,
        column: int = 1,
        path: Path = (),
        excerpt: str = "",
        events: Sequence[Any] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.offset = offset
        self.line = line
        self.column = column
        self.path = path
        self.excerpt = excerpt
        self.events: list[Any] = list(events)

    def __str__(self) -> str:
        place = f"{self.message}: line {self.line}, column {self.column} (offset {self.offset})"
        return f"{place}, after {self.excerpt!r}" if self.excerpt else place

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"{name}({self.message!r}, code={self.code!r}, offset={self.offset!r})"

    def _fields(self) -> dict[str, Any]:
        """Return everything but the message, as keyword arguments of the constructor."""
        return {name: getattr(self, name) for name in _FIELDS}

    def __reduce__(self) -> tuple[Callable[..., StreamParseError], tuple[Any, ...]]:
        # By default an exception pickles its positional arguments only.
        return _rebuilt, (type(self), self.message, self._fields())

    def copy_without_events(self) -> StreamParseError:
        """Return the error for a later call; the first call has already delivered the events."""
        return _rebuilt(type(self), self.message, {**self._fields(), "events": ()})


_FIELDS: Final = ("code", "offset", "line", "column", "path", "excerpt", "events")


def _rebuilt(
    kind: type[StreamParseError], message: str, fields: dict[str, Any]
) -> StreamParseError:
    return kind(message, **fields)


def finished(offset: int = 0) -> StreamParseError:
    """Return the error for input after the end, at this offset."""
    return StreamParseError("feed() was called after finish()", code="finished", offset=offset)


def interrupted() -> StreamParseError:
    """Return the error for calls after an exception, such as `KeyboardInterrupt`, ended a call."""
    message = "an earlier call was interrupted, so text may be missing"
    return StreamParseError(message, code="interrupted")


def name_status(error: StreamParseError, status: int) -> None:
    """Put the HTTP status of the response before the message, unless it is 0 (unknown).

    >>> error = ProviderError("the model is overloaded")
    >>> name_status(error, 529)
    >>> name_status(error, 529)
    >>> error.message
    'HTTP status 529: the model is overloaded'
    """
    heading = f"HTTP status {status}"
    if status and not error.message.startswith(heading):
        error.message = f"{heading}: {error.message}"
        error.args = (error.message,)


class JSONSyntaxError(StreamParseError):
    """The text is not JSON of the chosen dialect; `offset` is the first invalid character."""


class IncompleteError(StreamParseError):
    """The input ended too early; the parser keeps the value up to there."""


class LimitError(StreamParseError):
    """A limit of `Limits` was exceeded; `offset` is the first character beyond it."""


class SchemaViolation(StreamParseError):
    """A validator rejected the value.

    Attributes:
        code: The keyword of the JSON Schema that rejects the value; see `VIOLATION_CODES`.
        offset: The character at which the value became invalid.
        path: The path of the rejected value.
        schema_path: The path of the keyword in the schema; `json_pointer(error.schema_path)` is its
            JSON pointer.
        closest: The allowed value or key that was probably meant, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        offset: int = 0,
        line: int = 1,
        column: int = 1,
        path: Path = (),
        excerpt: str = "",
        events: Sequence[Any] = (),
        schema_path: Path = (),
        closest: str | None = None,
    ) -> None:
        super().__init__(
            message,
            code=code,
            offset=offset,
            line=line,
            column=column,
            path=path,
            excerpt=excerpt,
            events=events,
        )
        self.schema_path = schema_path
        self.closest = closest

    def _fields(self) -> dict[str, Any]:
        own = {"schema_path": self.schema_path, "closest": self.closest}
        return {**super()._fields(), **own}


class WireError(StreamParseError):
    """The transport could not be decoded, or the API was not detected."""


class ProviderError(StreamParseError):
    """The provider reported an error in the stream or as the response body.

    Attributes:
        data: The error as the provider sent it.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "provider_error",
        offset: int = 0,
        line: int = 1,
        column: int = 1,
        path: Path = (),
        excerpt: str = "",
        events: Sequence[Any] = (),
        data: Any = None,
    ) -> None:
        super().__init__(
            message,
            code=code,
            offset=offset,
            line=line,
            column=column,
            path=path,
            excerpt=excerpt,
            events=events,
        )
        self.data = data

    def __str__(self) -> str:
        return self.message

    def _fields(self) -> dict[str, Any]:
        return {**super()._fields(), "data": self.data}


class FormatError(StreamParseError):
    """The text of the model violates the rules of its tool-call format.

    With the code `"invalid_format"`, the description of a format is wrong or cannot be expressed;
    the message then names the place in it.
    """

    def __str__(self) -> str:
        return self.message if self.code == "invalid_format" else super().__str__()


class ToolError(Exception):
    """A tool raised an exception, which is the `__cause__`.

    It is not a `StreamParseError`, because the input is valid. `message.tool_result` accepts a
    `ToolError` as the result of its call.

    >>> str(ToolError("mow", LookupError("no lawn")))
    "the tool 'mow' raised LookupError: no lawn"
    """

    def __init__(self, name: str, cause: BaseException | None = None) -> None:
        super().__init__(name, cause)
        #: The name of the tool.
        self.name = name
        self.__cause__ = cause

    def __str__(self) -> str:
        cause = self.__cause__
        why = "" if cause is None else f" {type(cause).__name__}: {cause}"
        return f"the tool {self.name!r} raised{why}"
