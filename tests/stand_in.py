"""A local provider for the programs in the documentation, which use the real client of OpenAI.

It answers each request with one of `ANSWERS`, in deltas of four characters: as the arguments of
the first tool of the request, or as text if there is none. Below `/cut` its streams end without a
finish reason, and below `/broken` inside the JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.messages import chunk, sse

ANSWERS = {
    "stops": '{"city": "Paris", "stops": ["Louvre", "Seine"]}',
    "days": '{"city": "Paris", "days": 2}',
}


def deltas(body: Any) -> list[dict[str, Any]]:
    """Return the deltas of the answer to this request."""
    [tool] = body.get("tools", [None])[:1]
    asked = "stops" if tool is None or "stops" in str(tool) else "days"
    pieces = [ANSWERS[asked][place : place + 4] for place in range(0, len(ANSWERS[asked]), 4)]
    if tool is None:
        return [{"role": "assistant", "content": ""}, *({"content": piece} for piece in pieces)]
    function = {"name": tool["function"]["name"], "arguments": ""}
    first = {"index": 0, "id": "call_1", "type": "function", "function": function}
    calls = [first, *({"index": 0, "function": {"arguments": piece}} for piece in pieces)]
    return [{"role": "assistant", "tool_calls": [call]} for call in calls]


async def answer(request: Request) -> Response:
    body = await request.json()
    known = {"created": 1, "model": body["model"]}
    chunks = [chunk(delta, **known) for delta in deltas(body)]
    reason = "tool_calls" if body.get("tools") else "stop"
    path = request.url.path
    if path.startswith("/broken"):
        chunks = chunks[:-2]
    elif not path.startswith("/cut"):
        chunks.append(chunk({}, reason, **known))
    return Response(sse(chunks, done=path.startswith("/v1")), media_type="text/event-stream")


PROVIDER = Starlette(routes=[Route("/{path:path}", answer, methods=["POST"])])


def environment(url: str) -> Mapping[str, str]:
    """Return the environment variables that make OpenAI's client use this provider."""
    return {"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": "none", "NO_PROXY": "*"}
