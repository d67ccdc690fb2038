"""The options for the answers of a response, which all readers share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from streamparse._answers.tools import Tools, tools_of, validator_of
from streamparse._core.machine_state import MachineOptions
from streamparse._core.parser import dialect_of
from streamparse._core.sink import ValidatorFactory
from streamparse._core.surrogates import check_surrogates
from streamparse.aliases import DialectName, Surrogates, ToolErrors
from streamparse.dialect import Dialect
from streamparse.limits import Limits, check_limits

__all__ = ["ANY", "AnswerOptions", "options_of", "output_validator_of", "root_kind"]

ANY: Final = "any"

_DEFAULT_LIMITS: Final = Limits()


class AnswerOptions:
    """The options for the answers of a response.

    Args:
        limits: The bounds of a response; the default ones if None.
        tools: The tools that calls may name; None allows any.
        dialect: The dialect of call arguments; None is strict JSON.
        surrogates: `"keep"`, `"replace"` or `"error"`, for lone surrogate halves.
        output: The kind of document that each text is, see `root_kind`; "" for none.
        output_validator: Validates that document; None where its kind is all that matters.
        output_dialect: The dialect of that document; None is strict JSON.
        text_reader: Makes the reader of an answer's text, where a raw-text format is read. It is
            called with the `AnswerReader`.

    Raises:
        ValueError: `surrogates` is not one of the three words.
    """

    __slots__ = (
        "_machine",
        "dialect",
        "limits",
        "output",
        "output_dialect",
        "output_validator",
        "surrogates",
        "text_reader",
        "tools",
    )

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        tools: Tools | None = None,
        dialect: Dialect | None = None,
        surrogates: str = "keep",
        output: str = "",
        output_validator: ValidatorFactory | None = None,
        output_dialect: Dialect | None = None,
        text_reader: Callable[[Any], Any] | None = None,
    ) -> None:
        check_surrogates(surrogates)
        self.limits: Limits = limits if limits is not None else _DEFAULT_LIMITS
        self.tools: Tools | None = tools
        self.dialect: Dialect | None = dialect
        self.surrogates: str = surrogates
        self.output: str = output
        self.output_validator: ValidatorFactory | None = output_validator
        self.output_dialect: Dialect | None = output_dialect
        self.text_reader: Callable[[Any], Any] | None = text_reader
        self._machine: MachineOptions | None = None

    @property
    def machine_options(self) -> MachineOptions:
        """The options of the machines that read arguments."""
        if self._machine is None:
            self._machine = MachineOptions(limits=self.limits, surrogates=self.surrogates)
        return self._machine

    def tool_errors(self) -> dict[str, Exception]:
        """Return why calls of a tool are not validated, by the tool's name."""
        return {} if self.tools is None else dict(self.tools.errors)


_DEFAULT_OPTIONS: Final = AnswerOptions(output_dialect=dialect_of("lenient", "output_dialect"))


def options_of(
    limits: Limits | None,
    *,
    tools: Any,
    tools_errors: ToolErrors,
    coerce: bool,
    dialect: DialectName | Dialect,
    surrogates: Surrogates,
    output: Any = None,
    output_dialect: DialectName | Dialect = "lenient",
    text_reader: Callable[[Any], Any] | None = None,
) -> AnswerOptions:
    """Return the options of the readers of answers from those of a parser.

    Raises:
        TypeError: `limits`, a tool or the output is of the wrong type.
        ValueError: An option has an invalid value.
    """
    plain = limits is None and tools is None and output is None and text_reader is None
    if plain and (dialect, output_dialect, surrogates) == ("strict", "lenient", "keep"):
        return _DEFAULT_OPTIONS
    if limits is not None:
        check_limits(limits)
    return AnswerOptions(
        limits,
        tools=None if tools is None else tools_of(tools, tools_errors, coerce),
        dialect=dialect_of(dialect),
        surrogates=surrogates,
        output="" if output is None else root_kind(output),
        output_validator=output_validator_of(output, coerce),
        output_dialect=dialect_of(output_dialect, "output_dialect"),
        text_reader=text_reader,
    )


def root_kind(output: Any) -> str:
    """Return the kind of document that `output` asks for: `"any"`, `"object"` or `"array"`.

    `output_validator_of` returns the validator of anything more specific.

    >>> root_kind(dict), root_kind(object)
    ('object', 'any')
    """
    return "object" if output is dict else "array" if output is list else ANY


def output_validator_of(output: Any, coerce: bool = False) -> ValidatorFactory | None:
    """Return the validator of the document; None where `output` asks for its kind only."""
    if output is None or any(output is plain for plain in (Any, object, dict, list)):
        return None
    if isinstance(output, str):
        raise TypeError(f"output takes a type or a JSON Schema, not {output!r}")
    validator = validator_of(output)
    return validator.coercing() if coerce else validator
