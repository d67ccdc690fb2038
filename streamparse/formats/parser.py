"""`FormatParser`, which converts the text of an open model to message events."""

from __future__ import annotations

from typing import Any, ClassVar

from streamparse._answers.answer import AnswerReader
from streamparse._answers.frozen import Frozen, freeze, thaw
from streamparse._answers.options import AnswerOptions
from streamparse._answers.response import ResponseReader
from streamparse._answers.tools import tools_of
from streamparse._core.parser import dialect_of
from streamparse.aliases import DialectName, Surrogates, ToolErrors
from streamparse.dialect import Dialect
from streamparse.errors import StreamParseError, interrupted
from streamparse.formats._auto import AutoFraming
from streamparse.formats._framing import Framing
from streamparse.formats.plan import REASONING, Plan
from streamparse.formats.registry import format_of, plan_of
from streamparse.formats.table import FormatLike
from streamparse.limits import Limits
from streamparse.message import Message
from streamparse.message_events import AnyMessageEvent

__all__ = ["FormatParser", "TextReading"]


class TextReading:
    """Makes readers for the text of answers in one format.

    Args:
        format: As for `FormatParser`.
        in_reasoning: Whether the answer begins inside the reasoning, because the prompt has opened
            it, as many templates do. If None, `prompt_suffix` and the format determine it.
        prompt_suffix: The end of the prompt, for formats whose answer continues it. For a format
            with an anchor, it may be the whole prompt.
        suffix: The text that a checkpoint adds to every tag, such as `":opensource"`.

    Raises:
        FormatError: `format` cannot be expressed as a format.
        ValueError: There is no format of this name.
    """

    _init_types: ClassVar[tuple[Any, ...]] = ("hermes",)

    def __init__(
        self,
        format: FormatLike,
        *,
        in_reasoning: bool | None = None,
        prompt_suffix: str = "",
        suffix: str = "",
    ) -> None:
        #: None if the first marker determines the format.
        self.plan: Plan | None = None
        if format != "auto":
            self.plan = plan_of(format_of(format), suffix)
        self.in_reasoning: bool = bool(in_reasoning)
        self.prompt_suffix: str = prompt_suffix
        if self.plan is not None:
            self.prompt_suffix = self.plan.behind_anchor(prompt_suffix)
        #: Whether the format begins answers in the reasoning, and `in_reasoning` is None.
        self.begun: bool = in_reasoning is None and self.plan is not None and self.plan.begun

    def __call__(self, answer: Any) -> Any:
        """Return a reader for an answer; its class is private."""
        return self._framing(answer)

    def _framing(self, answer: AnswerReader) -> Framing:
        if self.plan is None:
            framing: Framing = AutoFraming(answer, answer.limits)
        else:
            framing = Framing(answer, self.plan, answer.limits)
        if self.begun:
            framing.mode = REASONING
        framing.start(self.in_reasoning, self.prompt_suffix)
        return framing


class FormatParser:
    """Reads model text in one raw-text tool-call format.

    `feed` takes text split at any point and returns the events that it completes. `finish` ends
    the text, which is the normal end of an answer, and returns the last events.

    Args:
        format: A name (see `names`), `"auto"`, a `Format` of your own, a response template, a
            structural tag, or the path of a `tokenizer_config.json`.
        tools: As for `MessageParser`.
        tools_errors: As for `MessageParser`.
        coerce: As for `MessageParser`.
        dialect: As for `MessageParser`.
        in_reasoning: As for `TextReading`.
        prompt_suffix: The end of the prompt, or all of it if the format has an anchor.
        suffix: The text that the checkpoint adds to every tag.
        surrogates: As for `MessageParser`.
        limits: As for `MessageParser`.

    Raises:
        FormatError: `format` cannot be expressed as a format.
        LimitError: From `feed` and `finish`, if the answer exceeds a limit.
        WireError: From `feed`, if the text has a lone surrogate, with `surrogates="error"`.

    >>> parser = FormatParser("hermes")
    >>> events = parser.feed('On it. <tool_call>{"name": "water", "arguments": {"liters": 2')
    >>> parser.message.text, parser.message.tool_calls[0].name
    ('On it. ', 'water')
    >>> events = parser.feed("}}</tool_call>") + parser.finish()
    >>> parser.message.tool_calls[0].arguments
    {'liters': 2}
    """

    def __init__(
        self,
        format: FormatLike,
        *,
        tools: Any = None,
        tools_errors: ToolErrors = "raise",
        coerce: bool = False,
        dialect: DialectName | Dialect = "strict",
        in_reasoning: bool | None = None,
        prompt_suffix: str = "",
        suffix: str = "",
        surrogates: Surrogates = "keep",
        limits: Limits | None = None,
    ) -> None:
        reading = TextReading(
            format, in_reasoning=in_reasoning, prompt_suffix=prompt_suffix, suffix=suffix
        )
        toolbox = None if tools is None else tools_of(tools, tools_errors, coerce)
        #: The errors of tools whose calls are not validated, by tool name; see `tools_errors`.
        self.tool_errors: dict[str, Exception] = {} if toolbox is None else toolbox.errors
        options = AnswerOptions(
            limits,
            tools=toolbox,
            dialect=dialect_of(dialect),
            surrogates=surrogates,
            text_reader=reading,
        )
        self._response = ResponseReader(options)
        self._answer = self._response.at(0)
        self._finished: bool = False
        self._failure: StreamParseError | None = None

    @property
    def message(self) -> Message:
        """The answer so far, which is in progress from the start."""
        return self._answer.message

    def feed(self, text: str) -> list[AnyMessageEvent]:
        """Read more text.

        Args:
            text: The next text; empty text has no effect.

        Returns:
            The events that the text completes.

        Raises:
            StreamParseError: The text exceeds a limit, the parser has failed before, or `finish`
                was called before.
            TypeError: `text` is not a `str`.
        """
        if not isinstance(text, str):
            raise TypeError(f"a format reads text, not {type(text).__name__}")
        if self._failure is not None:
            raise self._failure.copy_without_events()
        if text:
            if self._finished:
                raise StreamParseError("feed() was called after finish()", code="finished")
            try:
                self._answer.text(text)
                return self._response.take()
            except StreamParseError as error:
                self._fail(error)
                raise
            except BaseException:
                self._interrupt()
                raise
        return self._response.take()

    def finish(self) -> list[AnyMessageEvent]:
        """End the text.

        Returns:
            The last events; `[]` if `finish` was called before.

        Raises:
            StreamParseError: The parser has failed.
        """
        if self._failure is not None:
            raise self._failure.copy_without_events()
        if not self._finished:
            self._finished = True
            try:
                if self._answer.finish_text(True):
                    self._response.finish("stop")
                self._response.end()
            except StreamParseError as error:
                self._fail(error)
                raise
            except BaseException:
                self._interrupt()
                raise
        return self._response.take()

    def __copy__(self) -> FormatParser:
        return restored(freeze(self._state()))

    def __deepcopy__(self, memo: object) -> FormatParser:
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        return restored, (freeze(self._state()),)

    def _state(self) -> list[Any]:
        return [self._response, self._answer, self._finished, self._failure, self.tool_errors]

    def _fail(self, error: StreamParseError) -> None:
        try:
            self._response.fail_transport(error)
            self._response.end_broken()
            error.events = self._response.take()
            self._failure = error.copy_without_events()
        except BaseException:
            self._interrupt()
            raise

    def _interrupt(self) -> None:
        """Refuse further input, because an exception interrupted `feed` or `finish`."""
        self._failure = interrupted()
        self._response.abandon()


def restored(frozen: Frozen) -> FormatParser:
    """Return a parser in the state of the one that was frozen."""
    parser = FormatParser("hermes")  # any format: its state is replaced
    response, answer, finished, failure, errors = thaw(frozen)
    parser._response, parser._answer = response, answer
    parser._finished, parser._failure, parser.tool_errors = finished, failure, errors
    return parser
