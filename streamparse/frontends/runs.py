"""`RunEncoder`: what an AG-UI run has beside messages and calls.

Interrupts, the state, activities and steps, and the order of calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from streamparse.frontends.encoder import EventQueue
from streamparse.frontends.front_end import FrontEnd
from streamparse.frontends.patches import to_patches
from streamparse.frontends.protocol import Record, given
from streamparse.frontends.shown_calls import ShownCall
from streamparse.frontends.waiting_calls import WaitingCalls
from streamparse.message import ToolCall
from streamparse.message_events import (
    AnyMessageEvent,
    OutputCompleted,
    OutputDelta,
    OutputStarted,
)
from streamparse.paths import parse_json_pointer

__all__ = ["RunEncoder"]


class RunEncoder(FrontEnd):
    """Base class of `AGUIEvents`, which documents the arguments."""

    def __init__(
        self,
        run_id: str,
        *,
        choice: int | None,
        error_text: Callable[[BaseException], str] | None,
        provider_events: bool,
        signatures: bool,
        one_call_at_a_time: bool,
        output_state: str | None,
    ) -> None:
        super().__init__(
            choice=choice,
            error_text=error_text,
            provider_events=provider_events,
            signatures=signatures,
        )
        if output_state is not None:
            parse_json_pointer(output_state)  # raises if it is invalid
        self._run_id = run_id
        self._output_state = output_state
        self._outputs: list[Any] = []  # events of the output that are not sent yet
        self._turns = WaitingCalls() if one_call_at_a_time else None
        if self._turns is not None:
            self._queue = _QueueOfTurns(self._turns)
        self._interrupts: dict[str, dict[str, Any]] = {}
        self._steps: dict[str, None] = {}  # the names of the open steps

    def _write(self, type: str, **fields: Any) -> None:
        """Write an event without the fields that are None."""
        self._out.append({"type": type, **given(**fields)})

    def _custom(self, name: str, value: Any) -> None:
        self._out.append({"type": "CUSTOM", "name": name, "value": value})

    # The public methods.

    def interrupt(
        self,
        reason: str,
        *,
        id: str | None = None,
        message: str | None = None,
        call: ToolCall | str | None = None,
        response_schema: dict[str, Any] | None = None,
        expires_at: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> list[Record]:
        """End the run with an interrupt: it needs something from outside before it can continue.

        The next request answers it in `resume`. Approvals of calls are interrupts too
        (`request_approval`).

        Args:
            reason: Why the run stops, such as `"input_required"` or `"confirmation"`.
            id: The id of the interrupt; by default it is derived from the id of the run.
            message: The question to the user.
            call: The call that it concerns.
            response_schema: A JSON Schema of the answer.
            expires_at: The time after which it cannot be answered (ISO 8601).
            metadata: Other data.

        Returns:
            No records of its own: the outcome of the run has the interrupts.

        Raises:
            ValueError: The call does not belong to the last answer encoded, or has not ended.
            StreamParseError: The stream has ended (code `"finished"`).
        """
        self._refuse_after_the_end()
        identity = id or f"{self._run_id}-interrupt-{len(self._interrupts) + 1}"
        self._interrupts[identity] = given(
            id=identity,
            reason=reason,
            message=message,
            toolCallId=None if call is None else self._answerable(call).id,
            responseSchema=response_schema,
            expiresAt=expires_at,
            metadata=metadata,
        )
        return self._take()

    def state(self, snapshot: Any) -> list[Record]:
        """Return the records that replace the state of the run (`STATE_SNAPSHOT`)."""
        return self._send({"type": "STATE_SNAPSHOT", "snapshot": snapshot})

    def state_delta(self, operations: list[dict[str, Any]]) -> list[Record]:
        """Return the records that change the state by a JSON Patch (RFC 6902)."""
        return self._send({"type": "STATE_DELTA", "delta": operations})

    def activity_delta(self, name: str, id: str, operations: list[dict[str, Any]]) -> list[Record]:
        """Return the records that change an activity, which `data` with an id has begun.

        Args:
            name: The type of the activity.
            id: The id of its message.
            operations: A JSON Patch (RFC 6902) of its content.
        """
        record = {"type": "ACTIVITY_DELTA", "messageId": id, "activityType": name}
        return self._send({**record, "patch": operations})

    def step_started(self, name: str) -> list[Record]:
        """Return the records that begin a step of the run.

        Raises:
            ValueError: A step of this name is open.
        """
        if name in self._steps:
            raise ValueError(f"the step {name!r} is open already")
        records = self._send({"type": "STEP_STARTED", "stepName": name})
        self._steps[name] = None
        return records

    def step_finished(self, name: str) -> list[Record]:
        """Return the records that end a step. `finish` ends the steps that are still open.

        Raises:
            ValueError: No step of this name is open.
        """
        if name not in self._steps:
            raise ValueError(f"no step {name!r} is open")
        del self._steps[name]
        return self._send({"type": "STEP_FINISHED", "stepName": name})

    def _send(self, record: Record) -> list[Record]:
        self._refuse_after_the_end()
        self._start()
        self._out.append(record)
        return self._take()

    def _write_data(self, name: str, value: Any, identity: str | None, transient: bool) -> None:
        if identity is None or transient or not isinstance(value, dict):
            self._custom(name, value)
        else:
            self._write("ACTIVITY_SNAPSHOT", messageId=identity, activityType=name, content=value)

    # The state, the order of calls, and approvals.

    def _grow_output(self, event: OutputStarted | OutputDelta | OutputCompleted) -> None:
        if self._output_state is not None:
            self._outputs.append(event)

    def _close(self) -> None:
        if self._turns is not None:
            self._handle_all(self._turns.drain())
        super()._close()

    def _take(self) -> list[Record]:
        if self._outputs:
            self._flush_output()
        return super()._take()

    def _flush_output(self) -> None:
        """Write the changes of the output as operations on the state."""
        if self._outputs:
            operations = to_patches(self._outputs, append=False)
            self._outputs = []
            for operation in operations:
                operation["path"] = f"{self._output_state}{operation['path']}"
            if operations:
                self._write("STATE_DELTA", delta=operations)

    def _end_steps(self) -> None:
        """End the open steps: a run may not finish before them."""
        for name in reversed(self._steps):
            self._write("STEP_FINISHED", stepName=name)
        self._steps = {}

    def _preliminary(self, call: ShownCall, output: Any) -> None:
        self._custom("tool_output", {"toolCallId": call.id, "output": output, "preliminary": True})

    def _request(self, call: ShownCall, identity: str, reason: str | None) -> None:
        self._interrupts[identity] = given(
            id=identity,
            reason="tool_call",
            message=reason,
            toolCallId=call.id,
            responseSchema=_APPROVAL,
        )

    def _respond(
        self, identity: str, call: ShownCall | None, approved: bool, reason: str | None
    ) -> None:
        self._interrupts.pop(identity, None)
        named = None if call is None else call.id
        about = given(approvalId=identity, toolCallId=named, approved=approved, reason=reason)
        self._custom("tool_approval", about)


class _QueueOfTurns(EventQueue):
    """Holds events back while another call is open, too."""

    def __init__(self, turns: WaitingCalls) -> None:
        super().__init__()
        self._turns = turns

    def put(self, event: AnyMessageEvent) -> Iterator[AnyMessageEvent]:
        for ready in super().put(event):
            yield from self._turns.put(ready)

    def drain(self) -> Iterator[AnyMessageEvent]:
        for ready in super().drain():
            yield from self._turns.put(ready)
        yield from self._turns.drain()


_APPROVAL: Final = {
    "type": "object",
    "properties": {"approved": {"type": "boolean"}, "reason": {"type": "string"}},
    "required": ["approved"],
}
