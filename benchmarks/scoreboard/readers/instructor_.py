"""Instructor: `create_partial()` of the async client.

The sync client of version 1.17 collects all partial objects and returns them at the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from benchmarks.scoreboard.readers.common import Show, Wire, http_module, module, run

_MESSAGES: Any = [{"role": "user", "content": "go"}]


def readers(name: str) -> dict[str, Any]:
    instructor = module("instructor")
    openai = module("openai")

    wire = Wire(http_module())
    plain = openai.AsyncOpenAI(api_key="none", http_client=wire.async_client, max_retries=0)
    client = instructor.from_openai(plain)

    async def read(pieces: Iterable[bytes], show: Show) -> Any:
        """Return the last partial object, which is the result."""
        from benchmarks.scoreboard.readers.trip import Trip

        wire.pieces = pieces
        last = None
        async for last in client.chat.completions.create_partial(
            model="m", messages=_MESSAGES, response_model=Trip, max_retries=0
        ):
            show(last)
        return last

    def typed(pieces: Iterable[bytes], show: Show) -> Any:
        return run(read(pieces, show))

    typed.reads_calls = True  # type: ignore[attr-defined]  # The default mode is TOOLS.
    return {"typed": typed}
