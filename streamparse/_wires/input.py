"""The input of one response: what is fed, and what reads it.

A transport decodes bytes and text, and the router reads the records, as it does decoded chunks.
With `api="text"` the input is the text of the first answer. With a format alone it may be either,
and the first record decides.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._answers.response import ResponseReader
from streamparse._core.text import Utf8Replacer
from streamparse._decoding.opening import may_be_records
from streamparse._decoding.record import Record
from streamparse._decoding.sdk import chunk_of
from streamparse._decoding.templates import Templates
from streamparse._decoding.transport import Transport
from streamparse._wires.detection import DONE, is_of_an_api
from streamparse._wires.repeat_router import RepeatRouter
from streamparse.errors import ProviderError, finished

__all__ = ["Input"]

# The types of nearly all fragments.
_KINDS: Final[dict[type, str]] = {str: "text", bytes: "bytes", dict: "chunks"}

_SLICE: Final = 4096

_LOOKED_AT: Final = 256  # characters that may show that text is not a stream of records


class Input:
    """Reads the input of one response.

    Args:
        response: The reader of the answers.
        api: The name of a wire API, `"text"` or `"auto"`.
        may_be_text: Whether input that is not a stream of an API is the text of a model.
    """

    _init_types: ClassVar[tuple[Any, ...]] = (ResponseReader, "auto", False)

    def __init__(self, response: ResponseReader, api: str, may_be_text: bool) -> None:
        self.api = api
        self.kind: str = ""  # what is fed: "text", "bytes" or "chunks"
        self.router = RepeatRouter(response, api)
        self._response = response
        self._transport: Transport | None = None
        self._decoder: Utf8Replacer | None = None
        # The input while it may still be either a stream of an API or the text of a model.
        self._undecided: list[Any] | None = [] if may_be_text else None
        self._start: str = ""  # the beginning of it

    def accepted(self, fragment: Any, ended: bool) -> Any:
        """Return the fragment as it is read; None for an empty one.

        Args:
            fragment: What the caller feeds.
            ended: Whether the input has ended, so that only an empty fragment is legal.

        Raises:
            StreamParseError: The input has ended (`finished`).
            TypeError: The fragment is of another type, or of another kind than the ones before.
        """
        kind = _KINDS.get(type(fragment)) or _kind_of(fragment)
        if kind != "chunks":
            if not len(fragment):
                return None
        elif type(fragment) is not dict and not isinstance(fragment, Record):
            fragment = chunk_of(fragment)
            if fragment is None:
                return None
        if ended:
            raise finished()
        if kind != self.kind:
            self._set_kind(kind)
        return fragment

    def _set_kind(self, kind: str) -> None:
        """Set the kind of the input; raise for a fragment of another kind than the first one."""
        if self.kind:
            raise TypeError(f"this parser was fed {self.kind}, now {kind}: feed it one of them")
        if kind == "chunks":
            if self.api == "text":
                raise TypeError("api='text' takes text or bytes, not chunks")
            self._undecided = None
        elif self.api != "text":
            templates = Templates(self._response.options.limits)
            self.router.templates = templates
            self._transport = Transport(limits=self._response.options.limits, templates=templates)
        self.kind = kind

    def read(self, fragment: Any) -> None:
        """Read what `accepted` returned."""
        if self._undecided is not None:
            self._decide(fragment)
        elif self.api == "text":
            self._feed_text(fragment)
        elif isinstance(fragment, Record):  # decoded by the caller, who also needs its data
            self.router.read(fragment)
        elif self.kind == "chunks":
            self.router.read_chunk(fragment)
        else:
            self._feed_wire(fragment)

    def end(self, refused: bool) -> None:
        """End the input normally.

        Args:
            refused: Whether the HTTP status of the response is an error.
        """
        transport = self._transport
        if transport is not None and self._undecided is None:
            self.router.read_all(transport.finish())
            if transport.failure is not None:
                raise transport.failure
        if self._undecided is not None:
            self._decide(None)
        if refused:
            self._response.fail(ProviderError("the server refused the request"))
        if self.api == "text":
            self._finish_text()
        else:
            self.router.finish()
        self._response.end()

    def reconnect(self, begun: bool) -> None:
        """Prepare for a new connection; see `MessageParser.reconnect`.

        Args:
            begun: Whether an answer has begun.
        """
        if self._transport is not None:
            # Without templates, so that the router learns none that nothing would match.
            self.router.templates = None
            self._transport = Transport(limits=self._response.options.limits)
        if not begun:
            self.router.restart()
            if self._undecided is not None:
                self._undecided, self._start = [], ""

    def _feed_wire(self, fragment: Any) -> None:
        transport = self._transport
        assert transport is not None
        if isinstance(fragment, memoryview):
            fragment = bytes(fragment)  # the items of a memoryview may be larger than a byte
        # A large fragment is read in slices: records in a slice are recognized by those before it.
        for start in range(0, len(fragment), _SLICE):
            piece = fragment if len(fragment) <= _SLICE else fragment[start : start + _SLICE]
            self.router.read_all(transport.feed(piece))
            if transport.failure is not None:
                raise transport.failure

    # Plain text.

    def _feed_text(self, fragment: Any) -> None:
        if not isinstance(fragment, str):
            if self._decoder is None:
                self._decoder = Utf8Replacer()
            fragment = self._decoder.feed(bytes(fragment))
        self._response.at(0).text(fragment)

    def _finish_text(self) -> None:
        """The end of a text is a normal one, but inside a character."""
        cut = "" if self._decoder is None else self._decoder.finish()
        answer = self._response.at(0)
        if cut:
            answer.text(cut)
        elif answer.finish_text(True):
            self._response.finish("stop")

    # A format alone: the input is a stream of an API, or the text of a model.

    def _decide(self, fragment: Any) -> None:
        """Read a fragment, or the end (None), of input that may be a stream of an API or text.

        The first record decides. Until then the input is held; most text shows at its first
        characters that it is not a stream of records.
        """
        held, transport = self._undecided, self._transport
        assert held is not None
        records: list[Record] = []
        if fragment is not None:
            held.append(fragment)
            if not self._looks_like_records(fragment):
                self._become_text(held)
                return
        if transport is not None:
            records = transport.finish() if fragment is None else transport.feed(fragment)
        if records and self._are_of_a_wire(records[0]):
            self._undecided = None
            self.router.read_all(records)
            if transport is not None and transport.failure is not None:
                raise transport.failure
        elif records or fragment is None or (transport is not None and transport.failure):
            self._become_text(held)

    def _looks_like_records(self, fragment: Any) -> bool:
        room = _LOOKED_AT - len(self._start)
        if room > 0:
            piece = fragment[:room] if isinstance(fragment, str) else bytes(fragment[:room])
            self._start += piece if isinstance(piece, str) else piece.decode("latin-1")
            self._start = self._start.lstrip(" \t\r\n")
        return may_be_records(self._start)

    def _are_of_a_wire(self, first: Record) -> bool:
        assert self._transport is not None
        if self._transport.framing == "json":
            return is_of_an_api(first)
        if first.bare:
            return first.data is not None
        begun_json = first.cut and first.text.lstrip().startswith("{")
        return bool(first.event) or first.text == DONE or first.data is not None or begun_json

    def _become_text(self, held: list[Any]) -> None:
        self._undecided = None
        self._transport = None
        self.api = "text"
        for fragment in held:
            self._feed_text(fragment)


def _kind_of(fragment: Any) -> str:
    if isinstance(fragment, str):
        return "text"
    if isinstance(fragment, (bytes, bytearray, memoryview)):
        return "bytes"
    return "chunks"
