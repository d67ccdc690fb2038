"""A stand-in for a provider: answers every request with a recorded stream, a piece at a time.

    python examples/stand_in_provider.py [FILE] [PORT]

It speaks the wire format of the file, by default that of OpenAI Chat Completions.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

SAMPLE = Path(__file__).parent / "openai-chat.sse"


def provider(recording: bytes, size: int = 60, pause: float = 0.01) -> Starlette:
    """An application that sends `size` bytes of the recording after each `pause` in seconds."""

    async def answer(request: Request) -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            for start in range(0, len(recording), size):
                await asyncio.sleep(pause)
                yield recording[start : start + size]

        return StreamingResponse(pieces(), media_type="text/event-stream")

    return Starlette(routes=[Route("/{path:path}", answer, methods=["POST"])])


if __name__ == "__main__":
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8001
    uvicorn.run(provider(file.read_bytes()), port=port)
