"""How much one message may keep: the bounds of `Limits` that a message counts.

A sender decides how much text, how many parts and what names it sends. Whatever a message keeps is
counted here before it is kept.
"""

from __future__ import annotations

from typing import Any, ClassVar

from streamparse._core.plain import weight_of
from streamparse.errors import LimitError
from streamparse.limits import Limits

__all__ = ["Room", "check_name"]


class Room:
    """Counts what one message keeps against `Limits.content`, `parts` and `name`.

    >>> room = Room(Limits(content=5))
    >>> room.fitting("abc"), room.fitting("def"), room.left
    ('abc', 'de', 0)
    """

    __slots__ = ("left", "limits")

    init_types: ClassVar[tuple[Any, ...]] = (Limits,)

    def __init__(self, limits: Limits) -> None:
        self.limits: Limits = limits
        self.left: int = limits.content

    def fitting(self, text: str) -> str:
        """Count `text`; returns as much of it as there is room for.

        Where that is less than all of it, the caller keeps it and then raises `passed()`: so a
        message holds the same, whatever the pieces its text came in.
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
            LimitError: They are more than there is room for.
        """
        if size > self.left:
            raise self.passed()
        self.left -= size

    def keep(self, value: Any) -> None:
        """Count a value of a record. Raises `LimitError` as `take` does."""
        self.take(weight_of(value))

    def give_back(self, size: int) -> None:
        """So many characters that were counted are not kept any more, or are counted again."""
        self.left += size

    def put(self, holder: dict[str, Any], name: str, value: Any) -> None:
        """Set a member of what a message keeps; a value that it replaces is not kept any more.

        Raises:
            LimitError: There is no room for the value.
        """
        self.replace(holder.get(name), value)
        holder[name] = value

    def replace(self, old: Any, new: Any) -> None:
        """Count `new`, and `old` no more. Raises `LimitError` as `take` does."""
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
        """The message ends: what was held back is kept, without a bound."""
        self.left = 1 << 62

    def passed(self) -> LimitError:
        """The error for a message that keeps more than `Limits.content` characters."""
        most = self.limits.content
        message = f"one message keeps more than {most} characters"
        return LimitError(message, code="content", offset=most)


def check_name(name: str, limits: Limits) -> None:
    """Raises `LimitError` where the name of a tool is longer than `Limits.name`."""
    if len(name) > limits.name:
        message = f"the name of a tool is longer than {limits.name} characters"
        raise LimitError(message, code="name", offset=limits.name)
