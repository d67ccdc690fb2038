"""The options for the answers of a response, which all readers share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from streamparse._answers.tools import Tools
from streamparse._core.machine_state import MachineOptions
from streamparse._core.sink import ValidatorFactory
from streamparse._core.surrogates import check_surrogates
from streamparse.dialect import Dialect
from streamparse.limits import Limits

__all__ = ["AnswerOptions"]

_DEFAULT_LIMITS: Final = Limits()


class AnswerOptions:
    """The options for the answers of a response.

    Args:
        limits: The bounds of a response; the default ones if None.
        tools: The tools that calls may name; None allows any.
        dialect: The dialect of call arguments; None is strict JSON.
        surrogates: `"keep"`, `"replace"` or `"error"`, for lone surrogate halves.
        output: The kind of document that each text is, see `output.root_kind`; "" for none.
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
