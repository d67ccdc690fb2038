"""`Toolbox`: declares tools to any API and runs their calls."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from streamparse._answers.tools import Tools, validated
from streamparse._drivers.argument_stream import ArgumentStream
from streamparse.aliases import RunErrors
from streamparse.errors import (
    IncompleteError,
    SchemaViolation,
    StreamParseError,
    ToolError,
    WireError,
)
from streamparse.message import ToolCall

__all__ = ["Toolbox"]


class Toolbox(Tools):
    """Tools that a model may call. It declares them to any API and runs their calls.

    Pass it as `tools=` to any number of parsers and streams; its validators are created once. The
    docstring of a function describes the tool. Its section of parameters, in the style of Google,
    NumPy or Sphinx, describes the parameters.

    Args:
        given: Functions, pydantic models, JSON Schemas `{"name", "parameters"}` and tool dicts of
            any provider, alone or in a list.
        errors: `"raise"`, or `"skip"` to accept a tool whose arguments cannot be validated, because
            its schema cannot be compiled or pydantic does not support a type. The arguments of such
            a tool are not validated, and the attribute `errors` has the reason.
        coerce: Whether to coerce arguments to their schema; see `SchemaValidator`.

    Attributes:
        tools: The tools, by name.
        errors: The reasons why tools are not validated, by name.
        coerce: The argument `coerce`.

    Raises:
        ValueError, TypeError: Something is not a tool.
        ImportError: An extra is missing.

    >>> def water(plant: str, liters: float = 1.0) -> str:
    ...     '''Water a plant.'''
    ...     return f"{plant} has {liters} l"
    >>> toolbox = Toolbox([water])
    >>> toolbox.to_anthropic()[0]["description"]
    'Water a plant.'
    >>> from streamparse import stream
    >>> sent = ['<tool_call>{"name": "water", "arguments": {"plant": "fern"}}</tool_call>']
    >>> with stream(sent, format="hermes", tools=toolbox) as answer:
    ...     [toolbox.run_sync(call) for call in answer.tool_calls()]
    ['fern has 1.0 l']
    """

    __slots__ = ()

    async def run(
        self, call: ToolCall, *, unconfirmed: bool = False, errors: RunErrors = "raise"
    ) -> Any:
        """Call the function of a tool with the validated arguments of a call.

        An asynchronous function is awaited; any other function runs in a thread.

        Args:
            call: A complete call of one of the tools that were given as functions.
            unconfirmed: Whether to run also a call that is whole but not complete yet; see
                `Stream.tool_calls`.
            errors: `"return"` returns a `StreamParseError` or `ToolError` instead of raising it,
                so that `Message.tool_results` can report it to the model.

        Returns:
            The result of the function.

        Raises:
            IncompleteError: The call is not complete.
            SchemaViolation: No tool has its name, or the arguments are invalid.
            StreamParseError: The call was rejected; this is the error that rejected it.
            ToolError: The function raised an exception, which is the `__cause__`.
            TypeError: The tool was not given as a function.
            ValueError: `errors` is another word.
        """
        _check(errors)
        try:
            return await self._run(call, unconfirmed)
        except (StreamParseError, ToolError) as error:
            if errors == "raise":
                raise
            return error

    async def _run(self, call: ToolCall, unconfirmed: bool) -> Any:
        import asyncio  # imported late: it takes long, and synchronous programs do not need it

        function, arguments = self._prepared(call, unconfirmed)
        try:
            if _is_async(function):
                return await function(**arguments)
            result = await asyncio.to_thread(_called, function, arguments)
            return await result if inspect.isawaitable(result) else result
        except Exception as error:
            cause = error.__cause__ if isinstance(error, _Raised) else error
            raise ToolError(call.name or "", cause) from cause

    def run_sync(
        self, call: ToolCall, *, unconfirmed: bool = False, errors: RunErrors = "raise"
    ) -> Any:
        """Call the synchronous function of a tool in this thread.

        Args:
            call: See `run`.
            unconfirmed: See `run`.
            errors: See `run`.

        Returns:
            The result of the function.

        Raises:
            TypeError: The function is asynchronous, or the tool was not given as a function. `run`
                lists the other exceptions.
        """
        _check(errors)
        try:
            function, arguments = self._prepared(call, unconfirmed)
            if _is_async(function):
                raise TypeError(f"the tool {call.name!r} is asynchronous: await run(call)")
            try:
                return function(**arguments)
            except Exception as error:
                raise ToolError(call.name or "", error) from error
        except (StreamParseError, ToolError) as error:
            if errors == "raise":
                raise
            return error

    def _prepared(self, call: ToolCall, unconfirmed: bool) -> tuple[Callable[..., Any], Any]:
        """Return the function of a call, and its keyword arguments."""
        name = call.name or ""
        tool = None if call.kind == "server" else self.find(name)
        if tool is None:
            raise self.unknown(name)
        if call.status == "rejected":
            raise _refusal_of(call).copy_without_events()
        started = unconfirmed and call.status == "in_progress" and call.whole
        if not call.confirmed and not started:
            message = f"the call of {name!r} is not complete: its status is {call.status!r}"
            raise IncompleteError(message, code="truncated", offset=len(call._written))
        if tool.function is None:
            raise TypeError(f"the tool {name!r} was not given as a function: run it yourself")
        value = call.partial
        if not isinstance(value, dict):
            raise SchemaViolation(f"the arguments of {name!r} are not an object", code="type")
        parsed = value if tool.validator is None else validated(tool.validator, value)
        if tool.streams:
            return partial(tool.function, ArgumentStream._whole(call, parsed)), {}
        return tool.function, parsed


def _refusal_of(call: ToolCall) -> StreamParseError:
    """Return the error that rejected a call; `call.errors` may contain others."""
    refusals = [error for error in call.errors if not isinstance(error, WireError)]
    return (refusals or call.errors)[0]


def _check(errors: RunErrors) -> None:
    if errors not in ("raise", "return"):
        raise ValueError(f"errors must be 'raise' or 'return', not {errors!r}")


class _Raised(Exception):
    """Carries an exception out of a thread, which `StopIteration` cannot leave by itself."""


def _called(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    try:
        return function(**arguments)
    except Exception as error:
        raise _Raised from error


def _is_async(function: Any) -> bool:
    function = function.func if isinstance(function, partial) else function
    call = getattr(function, "__call__", None)  # noqa: B004 (of an object with this method)
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)
