"""What the adapters of all wire APIs share: the interface, and the shapes errors come in.

An adapter understands the records of one API and tells the `Turns` what they mean. It holds no
rule about what is complete: those are the turns'.
"""

from __future__ import annotations

from typing import Any, ClassVar

from streamparse._answers.turn import Turn, Turns
from streamparse._core._marks import mypyc_attr
from streamparse._core.plain import is_index, number_of, shown
from streamparse.errors import ProviderError
from streamparse.message import Message

__all__ = ["Wire", "no_history", "provider_error"]


@mypyc_attr(allow_interpreted_subclasses=True)
class Wire:
    """The adapter of one API, for one response."""

    api: ClassVar[str] = ""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        turns.serve(self.api, self.history())

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

    def turn_of(self, name: str, choice: dict[str, Any]) -> Turn | None:
        """The answer that an entry of the list `name` belongs to, by its `index`.

        Without an index it is the first. Returns None, and passes the entry on, where the index is
        too large to be one.
        """
        index = number_of(choice.get("index"))
        if index is not None and not is_index(index):
            self.turns.first.pass_on(name, choice)
            return None
        return self.turns.at(index or 0)

    def done(self) -> None:
        """The `[DONE]` of APIs that have one: without a finish reason it is a normal finish."""
        self.turns.finish("stop")
        self.turns.end()

    def end(self) -> None:
        """The input has ended."""
        self.turns.end()


def no_history(message: Message) -> list[dict[str, Any]]:
    """For APIs without a conversation: nothing goes back."""
    return []


# The shapes in which providers and gateways report an error, as recorded: {"error": {...}},
# {"error": "text"}, {"code": …, "error": "text"}, {"object": "error", "message": …}, {"message":
# …}, {"detail": …}, {"type": "error", "error": {...}}.


def provider_error(data: dict[str, Any], name: str = "", bare: bool = True) -> ProviderError | None:
    """The error that a record reports, if it does; `name`: what the transport calls it.

    `bare`: may it be one that only has a message, as whole bodies of gateways do?
    """
    inner = data.get("error")
    if not inner:
        if not name and not _is_marked(data) and not (bare and _looks_like_an_error(data)):
            return None
        inner = data
    return ProviderError(_message_of(inner, data, name), data=data)


def _is_marked(data: dict[str, Any]) -> bool:
    return data.get("object") == "error" or data.get("type") == "error"


def _looks_like_an_error(data: dict[str, Any]) -> bool:
    if "choices" in data or "content" in data or "done" in data:
        return False
    return isinstance(data.get("message"), str) or "detail" in data or "errors" in data


def _message_of(inner: Any, data: dict[str, Any], name: str) -> str:
    """The provider's sentence, after its word for the kind of error, where there is one."""
    sentence: Any = inner
    word: Any = name or data.get("code") or data.get("error_type")
    if isinstance(inner, dict):
        keys = ("message", "detail", "msg", "error", "errors")
        sentence = next((inner[key] for key in keys if inner.get(key)), None)
        words = ("type", "status", "code", "error_type")
        named = (inner[key] for key in words if inner.get(key) and inner[key] != "error")
        word = name or next(named, word)
    if sentence is None:
        return shown(word) if word else "the provider reported an error"
    return f"{shown(word)}: {shown(sentence)}" if word and word != "error" else shown(sentence)
