"""The parts of the message that grows, for encoders that write a block for each part.

Two thinking blocks in a row have two signatures. The deltas alone show neither where the second
begins nor that there is an encrypted block between them; the live message does.
"""

from __future__ import annotations

from typing import Any

from streamparse.frontends.live_parts import LiveParts
from streamparse.message import Citation, GrowingText, Message, Part

__all__ = ["BlockParts"]


class BlockParts(LiveParts):
    """The parts of a message, each on its own; without the live message no delta has a part."""

    def __init__(self, message: Message | None) -> None:
        super().__init__(Message() if message is None else message)

    def _leading(self, part: GrowingText | None) -> GrowingText | None:
        return part

    def citations_after(self, part: Part | None) -> list[Any]:
        """Return the citations that directly follow a part so far."""
        content = self._content
        place = next((place for place, each in enumerate(content) if each is part), len(content))
        found: list[Any] = []
        for each in content[place + 1 :]:
            if not isinstance(each, Citation):
                break
            found.append(each.data)
        return found
