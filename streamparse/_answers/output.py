"""The structured output of one answer: its text, read as a JSON document while it arrives.

The text is also emitted as text, even if the document is refused. `message.partial_output` is the
value so far. `message.output` is set once the document is whole and the message is complete. A
whole document alone is not enough, because the text may have been cut after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from streamparse._answers.options import ANY, AnswerOptions
from streamparse._core.chain import Chain
from streamparse._core.machine import Machine, MachineOptions
from streamparse._core.reader import locate
from streamparse._core.sink import NOTHING
from streamparse.aliases import Missing
from streamparse.errors import IncompleteError, SchemaViolation, StreamParseError
from streamparse.message import Message
from streamparse.message_events import OutputRejected, OutputReporter

if TYPE_CHECKING:
    from streamparse._core.lenient import LenientMachine

__all__ = ["OutputReader"]

_SPACE: Final = " \t\n\r\ufeff"  # a misplaced byte order mark is left for the machine to refuse
# The characters that a value may begin with. The machine refuses any other.
_BEGINNINGS: Final = '{["-0123456789tfn'
_OPENINGS: Final[dict[str, str]] = {"object": "{", "array": "["}


class OutputReader:
    """Reads the text of one message; events go to `out`.

    A text that is not the expected document is refused by `OutputRejected` at the first character
    that shows it. The message is not rejected.
    """

    __slots__ = (
        "_lenient",
        "begun",
        "chain",
        "held",
        "kind",
        "machine",
        "may_call",
        "message",
        "open",
        "out",
    )

    _init_types: ClassVar[tuple[Any, ...]] = (Message, list, AnswerOptions)

    def __init__(
        self,
        message: Message,
        out: list[Any],
        options: AnswerOptions,
    ) -> None:
        self.kind: str = options.output
        # With tools, the text may only introduce a call, so its rejection waits for the end.
        self.may_call: bool = options.tools is not None
        self.held: StreamParseError | None = None
        self.message: Message = message
        self.out: list[Any] = out
        reporter = OutputReporter(message.choice)
        self.chain: Chain = Chain(validator=options.output_validator, reporter=reporter)
        self.chain.builder.events = out
        message._output_builder = self.chain.builder
        machine = MachineOptions(limits=options.limits, surrogates=options.surrogates)
        self.chain.options = machine
        dialect = options.output_dialect
        self._lenient: LenientMachine | None = None
        if dialect is None:
            self.machine: Machine = Machine(self.chain.head, machine)
        else:
            from streamparse._core.lenient import LenientMachine  # slow to import

            self._lenient = LenientMachine(self.chain.head, dialect, machine)
            self._lenient.wanted = "" if self.kind == ANY else self.kind
            self.machine = self._lenient
        self.begun: bool = False  # text other than white space has arrived
        self.open: bool = True  # neither refused nor ended

    def feed(self, text: str) -> None:
        """Read more text of the message."""
        if not self.open:
            return
        try:
            if not self.begun and self._lenient is None:
                self._begin(text)
            self.begun = self.begun or bool(text.strip(_SPACE))
            self.machine.feed(text)
        except StreamParseError as error:
            self._reject(error)

    def give_up(self) -> None:
        """Reject the document, because a part of its text is missing."""
        if self.open:
            offset = self.machine.offset
            self._reject(IncompleteError("a part is missing", code="truncated", offset=offset))

    def end(self) -> None:
        """End the document. A complete message must hold a whole one.

        An answer that ends in client calls or is a refusal has no output.
        """
        message = self.message
        if _owes_no_output(message):
            self.open = False
            return
        if self.held is not None:
            self.out.append(OutputRejected(self.held, message.choice))
        if not self.open or message.status != "complete":
            return
        try:
            self.machine.finish()
        except StreamParseError as error:
            self._reject(error)
            return
        if self._lenient is not None and self._lenient.truncated:
            cut, offset = "the text ended before the output did", self.machine.offset
            self._reject(IncompleteError(cut, code="truncated", offset=offset))
            return
        self.open = False
        parsed = self.chain.parsed
        message.output = self.chain.value if parsed is None else parsed

    def shown(self, missing: Missing = "raise") -> Any:
        """Return a snapshot of the document so far as the expected type, or `NOTHING`.

        `missing`: see `Validator.missing`.
        """
        builder, validator = self.chain.builder, self.chain.validator
        if validator is None:
            return builder.snapshot()
        validator.missing = missing
        return validator.shown(builder.snapshot)

    def at(self, path: tuple[Any, ...]) -> Any:
        """Return the complete value at a path as its type, or `NOTHING` if it has none."""
        validator = self.chain.validator
        return NOTHING if validator is None else validator.at(path)

    def _begin(self, text: str) -> None:
        """Check the kind of the document by its first character."""
        body = text.lstrip(_SPACE)
        if not body:
            return
        opening = _OPENINGS.get(self.kind, "")
        if opening and body[0] in _BEGINNINGS and body[0] != opening:
            self.machine.feed(text[: len(text) - len(body)])
            message = f"the output must be an {self.kind}: {opening!r} must come first"
            raise SchemaViolation(message, code="wrong_type", offset=self.machine.offset)

    def _reject(self, error: StreamParseError) -> None:
        locate(error, self.machine, self.chain.builder)
        self.open = False
        if self.may_call and self.message.status == "in_progress":
            self.held = error
        else:
            self.out.append(OutputRejected(error, self.message.choice))


def _owes_no_output(message: Message) -> bool:
    if message.finish_reason == "refusal" or message.refusal:
        return True
    return any(call.kind != "server" and call.name is not None for call in message.tool_calls)
