"""Sources for tests that count how often they were closed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

Fragments = Sequence[Any]


class Source:
    """An iterator of fragments that raises those that are exceptions."""

    def __init__(self, fragments: Fragments) -> None:
        self.left = list(fragments)
        self.closed = 0

    def __iter__(self) -> Source:
        return self

    def __next__(self) -> Any:
        if not self.left:
            raise StopIteration
        fragment = self.left.pop(0)
        if isinstance(fragment, BaseException):
            raise fragment
        return fragment

    def close(self) -> None:
        self.closed += 1


class AsyncSource:
    """The asynchronous form of `Source`."""

    def __init__(self, fragments: Fragments) -> None:
        self.inner = Source(fragments)

    def __aiter__(self) -> AsyncSource:
        return self

    async def __anext__(self) -> Any:
        await asyncio.sleep(0)
        for fragment in self.inner:
            return fragment
        raise StopAsyncIteration

    async def aclose(self) -> None:
        await asyncio.sleep(0)
        self.inner.close()
