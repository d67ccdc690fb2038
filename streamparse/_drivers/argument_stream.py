"""`ArgumentStream`: the arguments of a call, given to its tool while they arrive.

Rule 1: What has arrived is kept, so each view begins with the first argument, and several views can
be read at once.
Rule 2: A view ends with the arguments. If the call is rejected or truncated, it raises the reason
after everything that arrived before it. So no view waits forever.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypeVar

from streamparse._core.plain import json_text
from streamparse.errors import SchemaViolation, StreamParseError
from streamparse.events import StringDelta, ValueEvent, ValueStarted
from streamparse.json_parser import JSONParser
from streamparse.message import ToolCall
from streamparse.message_events import ArgumentCompleted, ArgumentDelta, ArgumentStarted
from streamparse.paths import Query

if TYPE_CHECKING:
    import asyncio

__all__ = ["ArgumentStream"]

T_co = TypeVar("T_co", covariant=True)
_Event: TypeAlias = ArgumentStarted | ArgumentDelta | ArgumentCompleted


class ArgumentStream(Generic[T_co]):
    """The arguments of one call, while they arrive; created by `ToolRunner` and `Toolbox.run`.

    An asynchronous function whose only parameter is annotated `ArgumentStream[T]` is a tool with
    the arguments `T`, such as a pydantic model. `ToolRunner` starts it when its call begins.

    Iteration yields the events `ArgumentStarted`, `ArgumentDelta` and `ArgumentCompleted`. All
    views may be used, one after the other or at once. If the call is rejected or truncated, they
    raise the error of the call: `SchemaViolation`, `JSONSyntaxError`, `IncompleteError`.

    Attributes:
        call: The live call.
    """

    _streams_arguments: ClassVar[bool] = True  # recognized by `Tools`

    def __init__(self, call: ToolCall) -> None:
        self.call = call
        self._events: list[_Event] = []
        self._value: Any = None
        self._ended = False
        self._failure: StreamParseError | None = None
        # The futures that wait for the next argument, each with its task.
        self._waiting: dict[asyncio.Future[None], asyncio.Task[Any] | None] = {}

    def __repr__(self) -> str:
        return f"ArgumentStream({self.call!r})"

    # Views.

    async def __aiter__(self) -> AsyncIterator[_Event]:
        place = 0
        while await self._has(place):
            yield self._events[place]
            place += 1

    async def text(self, query: str | Query) -> AsyncGenerator[str, None]:
        """Yield the text of the first string that `query` selects, delta by delta.

        Raises:
            StreamParseError: The arguments end without the string (code `"not_found"`).
            SchemaViolation: The value is not a string.
            ValueError: The query is invalid.
        """
        wanted = _parsed(query)
        path = None
        place = 0
        while await self._has(place):
            event = self._events[place]
            place += 1
            if path is None and wanted.matches(event.path):
                if not isinstance(event, ArgumentStarted) or event.kind != "string":
                    message = f"the value of {wanted} is not a string"
                    raise SchemaViolation(message, code="wrong_type", path=event.path)
                path = event.path
            elif event.path == path and isinstance(event, ArgumentDelta):
                yield event.text
            elif event.path == path:
                return
        raise self._not_found(wanted)

    async def field(self, query: str | Query) -> Any:
        """Return the first value that `query` selects, as soon as it is complete.

        Returns:
            The value as JSON data.

        Raises:
            StreamParseError: The arguments end without the value (code `"not_found"`).
            ValueError: The query is invalid.
        """
        wanted = _parsed(query)
        place = 0
        while await self._has(place):
            event = self._events[place]
            place += 1
            if isinstance(event, ArgumentCompleted) and wanted.matches(event.path):
                return event.value
        raise self._not_found(wanted)

    async def partials(self) -> AsyncGenerator[Any, None]:
        """Yield snapshots of the arguments as JSON data, whenever more of them has arrived."""
        place = 0
        while await self._has(place):
            place = len(self._events)
            builder = self.call._builder
            yield self.call.partial if builder is None else builder.snapshot()

    async def result(self) -> T_co:
        """Wait for the end of the call; return the validated arguments.

        Raises:
            StreamParseError: The call was rejected or truncated.
        """
        while await self._has(len(self._events)):
            pass
        value: T_co = self._value
        return value

    async def _has(self, place: int) -> bool:
        """Wait for the event number `place`; return whether there is one."""
        from asyncio import current_task, get_running_loop

        while place >= len(self._events):
            if self._failure is not None:
                raise self._failure
            if self._ended:
                return False
            future = get_running_loop().create_future()
            self._waiting[future] = current_task()
            try:
                await future
            finally:
                del self._waiting[future]
        return True

    def _not_found(self, query: Query) -> StreamParseError:
        offset = len(self.call.arguments_text)
        message = f"the arguments ended without {query}"
        return StreamParseError(message, code="not_found", offset=offset)

    # The methods that `ToolRunner` calls.

    def _is_awaited_by(self, task: asyncio.Task[Any]) -> bool:
        """Return whether this task itself waits for arguments."""
        return task in self._waiting.values()

    def _push(self, event: _Event) -> None:
        self._events.append(event)
        self._wake()

    def _finish(self, value: Any) -> None:
        self._value, self._ended = value, True
        self._wake()

    def _fail(self, error: StreamParseError) -> None:
        self._failure = error
        self._wake()

    def _wake(self) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    @classmethod
    def _whole(cls, call: ToolCall, value: Any) -> ArgumentStream[Any]:
        """Return the arguments of a complete call."""
        made: ArgumentStream[Any] = cls(call)
        parser = JSONParser()
        for event in parser.feed(json_text(call.partial)) + parser.finish():
            made._push(_of_call(call, event))
        made._finish(value)
        return made


def _parsed(query: str | Query) -> Query:
    return query if isinstance(query, Query) else Query.parse(query)


def _of_call(call: ToolCall, event: ValueEvent) -> _Event:
    """Return the event of an argument for that of a value."""
    if isinstance(event, ValueStarted):
        return ArgumentStarted(call, event.path, event.kind)
    if isinstance(event, StringDelta):
        return ArgumentDelta(call, event.path, event.text)
    return ArgumentCompleted(call, event.path, event.value)
