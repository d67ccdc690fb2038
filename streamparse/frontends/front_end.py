"""`FrontEnd`: what the encoders for front ends can write beside the events of an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamparse.frontends.encoder import Encoder
from streamparse.frontends.live_parts import LiveParts
from streamparse.frontends.protocol import Record
from streamparse.frontends.shown_calls import ShownCall
from streamparse.frontends.signatures import signature_of
from streamparse.message import GrowingText, Part, Reasoning, ToolCall

__all__ = ["FrontEnd"]


class FrontEnd(Encoder):
    """Base class of the encoders for front ends.

    Beside the events of the answers, a server can send data of its own (`data`), the state of a
    call that needs an approval (`request_approval`, `answer_approval`, `tool_denied`), results of
    calls of an earlier request (by their ids), and `reset`, which discards an answer.

    Args:
        choice: See `Encoder`.
        error_text: See `Encoder`.
        provider_events: See `Encoder`.
        signatures: Whether the page gets the data that the provider requires in the next turn:
            signatures and encrypted reasoning. `from_ui_messages` and `from_ag_ui` read it again.
    """

    def __init__(
        self,
        *,
        choice: int | None = None,
        error_text: Callable[[BaseException], str] | None = None,
        provider_events: bool = False,
        signatures: bool = True,
    ) -> None:
        super().__init__(choice=choice, error_text=error_text, provider_events=provider_events)
        self._signatures = signatures
        self._places: LiveParts | None = None  # the parts of the message, if it is known
        self._shown: Part | None = None  # the part of the message that the open part shows
        self._approvals: dict[str, ShownCall] = {}  # the calls whose approval is open, by its id
        self._answered: set[str] = set()  # the ids of the calls whose approval was answered

    # The public methods.

    def data(
        self, name: str, value: Any, *, id: str | None = None, transient: bool = False
    ) -> list[Record]:
        """Return the records for data of the application.

        Args:
            name: The name of the data.
            value: The data, as plain data for JSON.
            id: The page replaces data with the same name and id.
            transient: Whether the page gets the data once and does not keep it.

        Raises:
            StreamParseError: The stream has ended (code `"finished"`).
        """
        self._refuse_after_the_end()
        self._start()
        self._write_data(name, value, id, transient)
        return self._take()

    def tool_output(
        self, call: ToolCall | str, output: Any, *, preliminary: bool = False
    ) -> list[Record]:
        """Return the records for the output of a tool that the server ran.

        Args:
            call: A call of the last answer, or the id of any call that the page knows.
            output: What the tool returned, as plain data for JSON.
            preliminary: Whether another output of this call follows.

        Raises:
            ValueError: The call does not belong to the last answer encoded, or has not ended.
            StreamParseError: The stream has ended (code `"finished"`).
        """
        self._refuse_after_the_end()
        known = self._answerable(call)
        if preliminary:
            self._preliminary(known, output)
        else:
            self._answer(known, output, False)
        return self._take()

    def tool_error(self, call: ToolCall | str, error: BaseException | str) -> list[Record]:
        """Return the records for a tool that failed or was not run.

        Args:
            call: A call of the last answer, or the id of any call that the page knows.
            error: The exception or the text that the front end shows.

        Raises:
            ValueError: The call does not belong to the last answer encoded, or has not ended.
            StreamParseError: The stream has ended (code `"finished"`).
        """
        self._refuse_after_the_end()
        self._answer(self._answerable(call), self._text_of(error), True)
        return self._take()

    def tool_denied(self, call: ToolCall | str, reason: str | None = None) -> list[Record]:
        """Return the records for a call that will not be run, because somebody denied it.

        Args:
            call: A call of the last answer, or the id of any call that the page knows.
            reason: Why it was denied.

        Raises:
            ValueError: The call does not belong to the last answer encoded, or has not ended.
            StreamParseError: The stream has ended (code `"finished"`).
        """
        self._refuse_after_the_end()
        known = self._answerable(call)
        known.answered = True
        self._deny_approval(known, isinstance(call, str), reason)
        self._denied(known, reason)
        return self._take()

    def request_approval(
        self, call: ToolCall | str, *, id: str | None = None, reason: str | None = None
    ) -> list[Record]:
        """Return the records that ask the user whether a call may be run.

        Args:
            call: A complete call of the last answer, or the id of any call that the page knows.
            id: The id of the approval; by default it is derived from the id of the call.
            reason: Why the approval is needed.

        Raises:
            ValueError: The call does not belong to the last answer encoded, or is not complete.
            StreamParseError: The stream has ended (code `"finished"`).
        """
        self._refuse_after_the_end()
        known = self._answerable(call)
        if not known.complete:
            raise ValueError(f"the call {known.id} is not complete: it cannot be run")
        identity = id or f"{known.id}-approval"
        self._approvals[identity] = known
        self._request(known, identity, reason)
        return self._take()

    def answer_approval(
        self, id: str, approved: bool, *, reason: str | None = None
    ) -> list[Record]:
        """Return the records for the answer to `request_approval`, if the page did not give it.

        Args:
            id: The id of the approval.
            approved: Whether the call may be run.
            reason: Why.

        Raises:
            StreamParseError: The stream has ended (code `"finished"`).
        """
        self._refuse_after_the_end()
        self._start()
        call = self._approvals.pop(id, None)
        if call is not None:
            self._answered.add(call.id)
        self._respond(id, call, approved, reason)
        return self._take()

    def reset(self) -> list[Record]:
        """Discard the last answer: the server asks the model again.

        Nothing more of that answer can be encoded: `encode` raises a `StreamParseError` with the
        code `"finished"` for its content, until another answer starts.

        Returns:
            The records that remove the text, the reasoning and the calls of the answer; `[]` if
            there is no answer, or it was discarded already.

        Raises:
            StreamParseError: The stream has ended (code `"finished"`).
        """
        self._refuse_after_the_end()
        self._handle_all(self._queue.drain())
        if self._discarded or not self._answers:
            return self._take()
        self._end_part()
        discarded = [call for call in self._calls.current.values() if not call.answered]
        if self._answering:
            self._usage.end_answer(self._model)
            self._answering = False
        self._failure = None
        self._places = None
        self._reset(discarded)
        for call in discarded:
            call.open, call.answered = False, True
        self._calls.begin_answer()
        self._discarded = True
        return self._take()

    # Calls and their approvals.

    def _answerable(self, call: ToolCall | str) -> ShownCall:
        if isinstance(call, ToolCall):
            return self._calls.ended(call)
        self._start()
        return self._calls.named(call)

    def _deny_approval(self, call: ShownCall, is_earlier: bool, reason: str | None) -> None:
        """Answer the approval of a call that is denied; a call of this request needs one."""
        identity = next((name for name, one in self._approvals.items() if one is call), None)
        if identity is None:
            if is_earlier or call.id in self._answered:
                return
            identity = f"{call.id}-approval"
            self._request(call, identity, None)
        self._approvals.pop(identity, None)
        self._answered.add(call.id)
        self._respond(identity, call, False, reason)

    # The parts of the message, which deltas do not name.

    def _begin_answer(self) -> None:
        self._places = None if self._live is None else LiveParts(self._live)

    def _grow_part(self, kind: str, text: str) -> None:
        if self._places is None:
            super()._grow_part(kind, text)
            return
        if self._part == kind and self._places.continues(kind, len(text)):
            self._more(kind, text)
            return
        for part, piece in self._places.split(kind, text):
            shown = self._shown
            if part is not None and part is not shown:
                # Signed parts stay apart, and so does all reasoning, which is signed at its end.
                apart = isinstance(shown, Reasoning) or self._is_signed(shown)
                if self._part != kind or apart:
                    self._end_part()
                self._pass(part)
            super()._grow_part(kind, piece)
            self._shown = part or self._shown

    def _end_part(self) -> None:
        super()._end_part()
        self._shown = None

    def _close(self) -> None:
        self._end_part()
        self._pass(None)
        super()._close()

    def _pass(self, before: Part | None) -> None:
        """Write the signed parts without text that precede a part, or all that are left."""
        for part in [] if self._places is None else self._places.passed(before):
            if isinstance(part, GrowingText) and not part.text and self._is_signed(part):
                self._end_part()
                self._part = "reasoning" if isinstance(part, Reasoning) else "text"
                self._start_part(self._part)
                self._shown = part
                self._end_part()

    def _is_signed(self, part: Part | None) -> bool:
        signed = part is not None and signature_of(self._api, part.extra)
        return self._signatures and bool(signed)

    @property
    def _api(self) -> str | None:
        """The API of the answer."""
        return None if self._live is None else self._live.api

    # The protocol: subclasses write its records.

    def _write_data(self, name: str, value: Any, identity: str | None, transient: bool) -> None:
        raise NotImplementedError

    def _preliminary(self, call: ShownCall, output: Any) -> None:
        raise NotImplementedError

    def _denied(self, call: ShownCall, reason: str | None) -> None:
        raise NotImplementedError

    def _request(self, call: ShownCall, identity: str, reason: str | None) -> None:
        raise NotImplementedError

    def _respond(
        self, identity: str, call: ShownCall | None, approved: bool, reason: str | None
    ) -> None:
        raise NotImplementedError

    def _reset(self, calls: list[ShownCall]) -> None:
        raise NotImplementedError
