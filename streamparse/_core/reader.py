"""Fragments of text or bytes for a machine, and the places of its errors."""

from __future__ import annotations

from typing import Any, ClassVar

from streamparse._core.builder import Builder
from streamparse._core.chain import Chain
from streamparse._core.machine import EXCERPT, Machine
from streamparse._core.text import Utf8Decoder, ascii_text
from streamparse.errors import (
    IncompleteError,
    JSONSyntaxError,
    SchemaViolation,
    StreamParseError,
)


class DocumentReader:
    """Feeds the fragments of one input to a machine.

    Args:
        machine: The machine that reads the text.
        chain: The chain that the machine drives.
        collects: Whether the validator collects violations. They are given their places here.
    """

    __slots__ = ("chain", "collects", "decoder", "machine", "rest", "takes_text")

    _init_types: ClassVar[tuple[Any, ...]] = (Machine, Chain, bool)

    def __init__(self, machine: Machine, chain: Chain, collects: bool) -> None:
        self.machine: Machine = machine
        self.chain: Chain = chain
        self.collects: bool = collects
        self.decoder: Utf8Decoder | None = None
        self.takes_text: bool = False
        self.rest: list[Any] = []  # the fragments after the value

    def accept(self, is_text: bool) -> None:
        """Check the type of a fragment. The first fragment decides the type of the input.

        Raises:
            TypeError: The other fragments were of the other type.
        """
        if self.takes_text if is_text else self.decoder is not None:
            return
        if self.takes_text or self.decoder is not None:
            kinds = ("bytes", "text") if is_text else ("text", "bytes")
            message = "this parser was fed {}, now {}: feed it one or the other"
            raise TypeError(message.format(*kinds))
        self.takes_text = is_text
        if not is_text:
            self.decoder = Utf8Decoder()

    def decoded(self, data: bytes) -> str:
        """Decode `data`. Return "" and change nothing if it has no text or is not UTF-8."""
        decoder = self.decoder
        if decoder is None:
            return ""
        pending = decoder.pending
        plain = None if pending else ascii_text(data)
        if plain is not None:
            return plain
        text = decoder.feed(data)
        if decoder.invalid or not text:
            decoder.pending, decoder.invalid = pending, b""
            return ""
        return text

    def read(self, data: str | bytes) -> None:
        """Read a fragment; with `stop`, keep what follows the value in `rest`."""
        machine, decoder = self.machine, self.decoder
        if machine.stop and machine.done:
            self.rest.append(data)
            return
        if isinstance(data, str):
            taken = self._read_text(data)
            if taken < len(data):
                self.rest.append(data[taken:])
            return
        assert decoder is not None
        text = decoder.feed(data)
        taken = self._read_text(text) if text else 0
        if decoder.invalid:
            self._end_at_invalid(decoder)
        if machine.stop and machine.done:
            self.rest.append(text[taken:].encode() + (decoder.invalid or decoder.pending))
            decoder.pending = decoder.invalid = b""

    def end(self) -> None:
        """End the input.

        Raises:
            IncompleteError: The value is not complete.
        """
        machine, chain = self.machine, self.chain
        pending = self.decoder.pending if self.decoder is not None else b""
        if pending and not machine.stop:
            message = "the input ended inside a UTF-8 character"
            raise IncompleteError(message, code="truncated", offset=machine.offset)
        known = chain.count_violations()
        held = machine.undecided
        offset, line, line_start = machine.offset, machine.line, machine.line_start
        machine.finish()
        if self.collects:
            found = chain.violations_after(known)
            _locate_all(found, held, machine, offset, line, line_start)
        if pending:
            self.rest.append(pending)

    def _read_text(self, text: str) -> int:
        """Feed `text` to the machine, and return how much it took."""
        machine, chain = self.machine, self.chain
        if not self.collects:
            return machine.feed(text)
        known = chain.count_violations()
        held = machine.undecided
        offset, line, line_start = machine.offset, machine.line, machine.line_start
        try:
            return machine.feed(text)
        finally:
            found = chain.violations_after(known)
            if found:
                _locate_all(found, held + text, machine, offset, line, line_start)

    def _end_at_invalid(self, decoder: Utf8Decoder) -> None:
        """Raise the error for bytes that are not UTF-8, unless the value ends before them."""
        machine = self.machine
        if machine.stop:
            machine.end_root_number()
            if machine.done:
                return
        message = f"byte 0x{decoder.invalid[0]:02x} cannot be UTF-8 here"
        raise JSONSyntaxError(message, code="invalid_utf8", offset=machine.offset)

    # Forks and pickles.

    def state_now(self) -> tuple[Any, ...]:
        """Return the state of the decoding as plain data, for `resume`."""
        decoder = self.decoder
        undecoded = None if decoder is None else (decoder.pending, decoder.invalid)
        return list(self.rest), undecoded, self.takes_text

    def resume(self, state: tuple[Any, ...]) -> None:
        """Continue in the state that `state_now` returned."""
        rest, undecoded, self.takes_text = state
        self.rest = list(rest)
        if undecoded is not None:
            self.decoder = Utf8Decoder()
            self.decoder.pending, self.decoder.invalid = undecoded


def locate(error: StreamParseError, machine: Machine, builder: Builder) -> None:
    """Set the place of an error of `machine`: its line, column, excerpt and path."""
    error.line = machine.line
    error.column = error.offset - machine.line_start + 1
    error.excerpt = machine.text_before(error.offset)
    if not isinstance(error, SchemaViolation):  # a violation has its path
        error.path = builder.next_path() if machine.expects_item else builder.base


def _locate_all(
    errors: list[Any], text: str, machine: Machine, offset: int, line: int, line_start: int
) -> None:
    """Set the places of violations that were found while `machine` read `text`.

    `offset`, `line` and `line_start` are those of the beginning of `text`. A lenient machine holds
    a word until it is complete, so that a violation may lie before the text, on the same line.
    """
    read = 0
    before = machine.text_before(offset) if offset >= machine.recent_start else ""
    for error in errors:
        place = max(error.offset - offset, 0)
        feeds = text.count("\n", read, place)
        if feeds:
            line += feeds
            line_start = offset + text.rfind("\n", read, place) + 1
        read = max(read, place)
        error.line = line
        error.column = error.offset - line_start + 1
        if error.offset < offset:
            error.excerpt = machine.text_before(error.offset)
            continue
        excerpt = text[max(place - EXCERPT, 0) : place]
        error.excerpt = (before + excerpt)[-EXCERPT:] if place < EXCERPT else excerpt
