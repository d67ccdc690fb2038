"""`FormatParser`, which converts the text of an open model to message events."""

from __future__ import annotations

from typing import Any, ClassVar

from streamparse._answers.answer import AnswerReader
from streamparse._answers.life_cycle import LifeCycle
from streamparse._answers.options import options_of
from streamparse._answers.response import ResponseReader
from streamparse.aliases import DialectName, Surrogates, ToolErrors
from streamparse.dialect import Dialect
from streamparse.errors import StreamParseError
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


class FormatParser(LifeCycle[str, AnyMessageEvent]):
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

    _init_types: ClassVar[tuple[Any, ...]] = ("hermes",)  # any format: its state is replaced

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
        super().__init__()
        reading = TextReading(
            format, in_reasoning=in_reasoning, prompt_suffix=prompt_suffix, suffix=suffix
        )
        options = options_of(
            limits,
            tools=tools,
            tools_errors=tools_errors,
            coerce=coerce,
            dialect=dialect,
            surrogates=surrogates,
            text_reader=reading,
        )
        self._response = ResponseReader(options)
        self._answer = self._response.at(0)

    @property
    def tool_errors(self) -> dict[str, Exception]:
        """Why calls of a tool are not validated, by the tool's name; see `tools_errors`."""
        return self._response.options.tool_errors()

    @property
    def message(self) -> Message:
        """The answer so far, which is in progress from the start."""
        return self._answer.message

    def _accepted(self, fragment: Any) -> Any:
        if not isinstance(fragment, str):
            raise TypeError(f"a format reads text, not {type(fragment).__name__}")
        if not fragment:
            return None
        self._check_open()
        return fragment

    def _read(self, fragment: Any) -> None:
        self._answer.text(fragment)

    def _end(self) -> None:
        if self._answer.finish_text(True):
            self._response.finish("stop")
        self._response.end()

    def _end_broken(self, error: StreamParseError | None) -> None:
        self._response.end_broken(error)

    def _abandon(self) -> None:
        self._response.abandon()

    def _new_events(self) -> list[AnyMessageEvent]:
        return self._response.take()
