"""The interface of the protocols of sessions, which route messages to answers."""

from __future__ import annotations

from typing import Any, ClassVar

from streamparse._core._marks import mypyc_attr
from streamparse._sessions.reader import SessionReader
from streamparse._wires.base import Wire

__all__ = ["Conversation"]


@mypyc_attr(allow_interpreted_subclasses=True)
class Conversation:
    """Routes the messages of one session to its answers, which `wire` reads."""

    wire: ClassVar[type[Wire]] = Wire

    _init_types: ClassVar[tuple[Any, ...]] = (SessionReader,)

    def __init__(self, session: SessionReader) -> None:
        self.session = session

    @classmethod
    def recognizes(cls, data: dict[str, Any]) -> bool:
        """Return whether only this protocol has such a message."""
        return cls.wire.recognizes(data, "")

    def record(self, data: dict[str, Any]) -> None:
        """Read one message, which may belong to any answer."""
        raise NotImplementedError
