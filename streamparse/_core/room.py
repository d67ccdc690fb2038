"""The limits on the content of one message.

A sender chooses the amount of text, the number of parts and the names that it sends, so everything
that a message keeps is counted first.
"""

from __future__ import annotations

from typing import Any, ClassVar

from streamparse._core.plain import weight_of
from streamparse.errors import LimitError
from streamparse.limits import Limits

__all__ = ["Room", "check_name"]


class Room:
    """Counts the content of one message against `Limits.content` and `Limits.parts`.

    >>> room = Room(Limits(content=5))
    >>> room.fitting("abc"), room.fitting("def"), room.left
    ('abc', 'de', 0)
    """

    __slots__ = ("left", "limits")

    _init_types: ClassVar[tuple[Any, ...]] = (Limits,)

    def __init__(self, limits: Limits) -> None:
        self.limits: Limits = limits
        self.left: int = limits.content

    def fitting(self, text: str) -> str:
        """Count `text` and return as much of it as there is room for.

        If that is not all of it, the caller keeps it and then raises `passed()`. The content of the
        message then does not depend on chunking.
        """
        size = len(text)
        if size > self.left:
            text = text[: self.left]
            size = len(text)
        self.left -= size
        return text

    def take(self, size: int) -> None:
        """Count `size` characters.

        Raises:
            LimitError: There is no room for them.
        """
        if size > self.left:
            raise self.passed()
        self.left -= size

    def keep(self, value: Any) -> None:
        """Count a value of a record.

        Raises:
            LimitError: There is no room for it.
        """
        self.take(weight_of(value))

    def give_back(self, size: int) -> None:
        """Subtract `size` characters that are no longer kept."""
        self.left += size

    def put(self, holder: dict[str, Any], name: str, value: Any) -> None:
        """Set a member of an object of the message, and count it in place of the old value.

        Raises:
            LimitError: There is no room for the value.
        """
        self.replace(holder.get(name), value)
        holder[name] = value

    def replace(self, old: Any, new: Any) -> None:
        """Count `new` in place of `old`.

        Raises:
            LimitError: There is no room for it.
        """
        self.left += weight_of(old)
        self.take(weight_of(new))

    def enter(self, content: list[Any], part: Any) -> None:
        """Append a part to the content of the message.

        Raises:
            LimitError: The content has `Limits.parts` parts already.
        """
        most = self.limits.parts
        if len(content) >= most:
            raise LimitError(f"more than {most} parts in one message", code="parts")
        content.append(part)

    def lift(self) -> None:
        """Remove the limit at the end of the message, so that held text can be kept."""
        self.left = 1 << 62

    def passed(self) -> LimitError:
        """Return the error for more than `Limits.content` characters."""
        most = self.limits.content
        message = f"one message keeps more than {most} characters"
        return LimitError(message, code="content", offset=most)


def check_name(name: str, limits: Limits) -> None:
    """Check the length of the name of a tool.

    Raises:
        LimitError: It is longer than `Limits.name`.
    """
    if len(name) > limits.name:
        message = f"the name of a tool is longer than {limits.name} characters"
        raise LimitError(message, code="name", offset=limits.name)
