"""`ToolRunner`: runs the tools of an answer while the answer arrives.

Rule: A result counts only if the call is complete at the end. A tool that takes an `ArgumentStream`
starts before; if its call is rejected or truncated, it is stopped, and the error of the call is its
result.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

from streamparse._answers.tools import Tool, validated
from streamparse._drivers.argument_stream import ArgumentStream
from streamparse._drivers.toolbox import Toolbox
from streamparse.errors import IncompleteError, StreamParseError, ToolError
from streamparse.message import ToolCall
from streamparse.message_events import (
    AnySessionEvent,
    ArgumentCompleted,
    ArgumentDelta,
    ArgumentStarted,
    ToolCallCompleted,
    ToolCallRejected,
    ToolCallStarted,
    ToolCallTruncated,
)

if TYPE_CHECKING:
    import asyncio

__all__ = ["ToolRunner"]


class ToolRunner:
    """Runs the tools of an answer in tasks of asyncio, fed with the events of the answer.

    A tool that takes an `ArgumentStream` starts when its call begins, and gets the arguments as
    they arrive. Any other tool starts when its call is complete, as by `Toolbox.run`. The calls of
    tools that were not given as functions are left to the caller.

    If a call is rejected or truncated, its tool is stopped: a wait for arguments raises the error
    of the call, and a wait for anything else is cancelled, also for another task that reads the
    arguments.

    The runner is an async context manager, which cancels the tools that still run at its end.

    Args:
        toolbox: The tools.

    >>> async def shout(arguments: ArgumentStream[dict[str, str]]) -> str:
    ...     '''Shout a text.'''
    ...     return "".join([text.upper() async for text in arguments.text("$.text")])
    >>> import asyncio
    >>> from streamparse import MessageParser
    >>> parts = ['<tool_call>{"name": "shout", "arguments": {"text": "he', 'y"}}</tool_call>']
    >>> async def main():
    ...     toolbox = Toolbox([shout])
    ...     parser = MessageParser("text", format="hermes", tools=toolbox)
    ...     async with ToolRunner(toolbox) as runner:
    ...         for part in parts:
    ...             for event in parser.feed(part):
    ...                 runner.feed(event)
    ...         return await runner.results()
    >>> [(call, result)] = asyncio.run(main())
    >>> call.name, result
    ('shout', 'HEY')
    """

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox
        self._runs: dict[int, _Run] = {}  # by the `id` of the call, which the run refers to

    def feed(self, event: AnySessionEvent) -> None:
        """Start, feed or stop the tool of an event. Other events are ignored.

        Args:
            event: The next event of the answer, or of a session.
        """
        if isinstance(event, (ArgumentDelta, ArgumentStarted, ArgumentCompleted)):
            run = self._runs.get(id(event.call))
            if run is not None and run.arguments is not None:
                run.arguments._push(event)
        elif isinstance(event, ToolCallStarted):
            tool = self._tool_of(event.call)
            if tool is not None and tool.streams:
                self._run_of(event.call).start(tool)
        elif isinstance(event, ToolCallCompleted):
            tool = self._tool_of(event.call)
            if tool is not None:
                self._run_of(event.call).complete(tool, self._toolbox)
        elif isinstance(event, ToolCallRejected):
            if event.call.kind != "server":
                self._run_of(event.call).stop(event.error)
        elif isinstance(event, ToolCallTruncated) and event.call.kind != "server":
            self._run_of(event.call).stop(_cut(event.call))

    def _tool_of(self, call: ToolCall) -> Tool | None:
        """Return the tool of a call that is to be run here."""
        tool = None if call.kind == "server" else self._toolbox.find(call.name or "")
        return None if tool is None or tool.function is None else tool

    def _run_of(self, call: ToolCall) -> _Run:
        return self._runs.setdefault(id(call), _Run(call))

    async def results(self) -> list[tuple[ToolCall, Any]]:
        """Wait for the tools; return each call with its result, for `Message.tool_results`.

        A call that has not ended by now is treated as truncated.

        Returns:
            The calls in the order of their indexes. The result of a call that is not complete is
            its error, and that of a tool that raised an exception is a `ToolError`.
        """
        for run in self._runs.values():
            if not run.settled:
                run.stop(_cut(run.call))
        runs = sorted(self._runs.values(), key=lambda run: run.call.index)
        return [(run.call, await run.result()) for run in runs]

    async def __aenter__(self) -> ToolRunner:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        from asyncio import gather

        tasks = [run.task for run in self._runs.values() if run.task is not None]
        for task in tasks:
            task.cancel()
        await gather(*tasks, return_exceptions=True)


class _Run:
    """The run of one call."""

    def __init__(self, call: ToolCall) -> None:
        self.call = call
        self.task: asyncio.Task[Any] | None = None
        self.arguments: ArgumentStream[Any] | None = None
        self.error: StreamParseError | None = None  # why the call is not complete
        self.settled = False  # whether the call has ended

    def start(self, tool: Tool) -> None:
        """Start a tool that takes the arguments while they arrive."""
        from asyncio import ensure_future

        self.arguments = ArgumentStream(self.call)
        self.task = ensure_future(_called(tool, self.arguments))

    def complete(self, tool: Tool, toolbox: Toolbox) -> None:
        """Give the tool its validated arguments, or start it with them."""
        from asyncio import ensure_future

        self.settled = True
        if self.arguments is None:
            self.task = ensure_future(toolbox.run(self.call, errors="return"))
            return
        value = self.call.parsed
        if value is None and tool.validator is not None:  # the parser did not know the tool
            try:
                value = validated(tool.validator, self.call.partial)
            except StreamParseError as error:
                self.stop(error)
                return
        self.arguments._finish(value)

    def stop(self, error: StreamParseError) -> None:
        """Stop the tool of a call that is not complete."""
        self.settled = True
        self.error = error.copy_without_events()
        if self.task is None or self.arguments is None:
            return
        # A tool whose other tasks read the arguments may wait for them, and they fail silently.
        if not self.arguments._is_awaited_by(self.task):
            self.task.cancel()
        self.arguments._fail(self.error)

    async def result(self) -> Any:
        """Wait for the tool; return its result, or the error of the call."""
        from asyncio import CancelledError, wait

        if self.task is not None:
            await wait((self.task,))
        if self.error is not None or self.task is None:
            if self.task is not None and not self.task.cancelled():
                self.task.exception()  # marks it as retrieved, so that asyncio does not log it
            return self.error
        if self.task.cancelled():  # by the tool itself, for example by a task that it waits for
            return ToolError(self.call.name or "", CancelledError())
        return self.task.result()


async def _called(tool: Tool, arguments: ArgumentStream[Any]) -> Any:
    try:
        function: Any = tool.function
        return await function(arguments)
    except Exception as error:
        return ToolError(tool.name, error)


def _cut(call: ToolCall) -> IncompleteError:
    message = f"the call of {call.name!r} was cut"
    return IncompleteError(message, code="truncated", offset=len(call.arguments_text))
