"""What the adapters of all wire APIs share: the interface, and the shapes errors come in.

A wire reads the records of one API and calls the `ResponseReader` for what they say. The rules
about what is complete are not here: they are the reader's.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.response import ResponseReader
from streamparse._core._marks import mypyc_attr
from streamparse._core.plain import is_index, number_of, shown
from streamparse.errors import ProviderError
from streamparse.message import Message

__all__ = ["Wire", "error_of_text", "no_history", "provider_error"]


@mypyc_attr(allow_interpreted_subclasses=True)
class Wire:
    """The adapter of one API, for one response."""

    api: ClassVar[str] = ""

    init_types: ClassVar[tuple[Any, ...]] = (ResponseReader,)

    def __init__(self, response: ResponseReader) -> None:
        self.response = response
        response.serve(self.api, self.history())

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        """Is this record one that only this API sends? `event`: its name outside the data."""
        return False

    def history(self) -> Any:
        """The function that writes a message for the next turn; see `Message.to_history`."""
        return no_history

    def record(self, data: dict[str, Any], event: str) -> bool:
        """One decoded record or whole body; False: nothing in it was understood."""
        return False

    def turn_of(self, name: str, choice: dict[str, Any]) -> AnswerReader | None:
        """The answer that an entry of the list `name` belongs to, by its `index`.

        Without an index it is the first. Returns None, and passes the entry on, where the index is
        too large to be one.
        """
        index: Any = choice.get("index")
        if is_index(index):
            return self.response.at(index)
        if number_of(index) is None:
            return self.response.at(0)
        self.response.first.pass_on(name, choice)
        return None

    def is_replay(self, data: dict[str, Any], event: str) -> bool:
        """Whether this record was read before, and comes again after a reconnect.

        Called once for each record, before `record`.
        """
        return False

    def count_late(self, data: dict[str, Any], event: str) -> None:
        """Take the usage of a record that comes after an error; all else is passed on."""

    def done(self) -> None:
        """`[DONE]`. It is the end of input, except on the wires whose terminal record it is."""
        self.end()

    def end(self) -> None:
        """The input has ended."""
        self.response.end_input()


def no_history(message: Message) -> list[dict[str, Any]]:
    """For APIs without a conversation: nothing goes back."""
    return []


# The shapes in which providers, gateways and web frameworks report an error, as recorded:
# {"error": {...}}, {"error": "text"}, {"code": …, "error": "text"}, {"object": "error", "message":
# …}, {"message": …}, {"detail": …}, {"type": "error", "error": {...}}, {"error": "Bad Request",
# "message": …}, {"error": "word", "error_description": …}, {"error": true, "message": …}.

_SENTENCES: Final = ("message", "error_description", "detail", "msg", "error", "errors")
_WORDS: Final = ("type", "status", "code", "error_type")


def provider_error(data: dict[str, Any], name: str = "", bare: bool = True) -> ProviderError | None:
    """The error that a record reports.

    Args:
        data: The record.
        name: What the transport calls the record, if that says that it is an error.
        bare: May it be an error that only has a message, as whole bodies of gateways do?

    Returns:
        The error, or None if the record does not report one.
    """
    named = name or data.get("error") or _is_marked(data)
    if not named and not (bare and _looks_like_an_error(data)):
        return None
    return ProviderError(_message_of(data, name), data=data)


def error_of_text(name: str, text: str, data: Any = None) -> ProviderError:
    """The error of a record that is marked as one and whose data are not an object."""
    sentence = text.strip() or (shown(data) if data is not None else "")
    word = "" if name == "error" else name
    message = ": ".join([part for part in (word, sentence) if part])
    return ProviderError(message or _UNKNOWN, data=text if data is None else data)


_UNKNOWN: Final = "the provider reported an error"


def _is_marked(data: dict[str, Any]) -> bool:
    return data.get("object") == "error" or data.get("type") == "error"


def _looks_like_an_error(data: dict[str, Any]) -> bool:
    if "choices" in data or "content" in data or "done" in data:
        return False
    return isinstance(data.get("message"), str) or "detail" in data or "errors" in data


def _message_of(data: dict[str, Any], name: str) -> str:
    """The sentence of the provider, after its word for the kind of error, where there is one."""
    inner = data.get("error")
    sentence: Any = None
    word: Any = "" if name == "error" else name
    if isinstance(inner, dict):
        sentence = _first(inner, _SENTENCES)
        word = word or _first(inner, _WORDS) or _first(data, ("code", "error_type"))
    elif _is_said(inner):
        # A word or a sentence: where a sentence stands beside it, it is the word.
        sentence = _first(data, ("message", "error_description", "detail", "msg"))
        if sentence is None or sentence == inner:
            sentence = inner
            word = word or _first(data, ("code", "error_type"))
        else:
            word = word or inner
    else:
        sentence = _first(data, _SENTENCES)
        word = word or _first(data, _WORDS)
    if sentence is None:
        return shown(word) if word else _UNKNOWN
    return f"{shown(word)}: {shown(sentence)}" if word else shown(sentence)


def _first(data: dict[str, Any], names: tuple[str, ...]) -> Any:
    """The first of these members that says something."""
    for name in names:
        value = data.get(name)
        if _is_said(value) and value != "error":
            return value
    return None


def _is_said(value: Any) -> bool:
    """Blank values, booleans and the word "None" (LiteLLM) say nothing."""
    return bool(value) and not isinstance(value, bool) and value != "None"
