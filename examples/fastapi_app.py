"""A model's answer on a page while it arrives; its tool calls are checked as they come, then run.

pip install "llm-streamparse[web,pydantic]" fastapi httpx
python examples/stand_in_provider.py &    # or PROVIDER=https://… and your key in the headers
uvicorn --app-dir examples fastapi_app:app

With REDIS=redis://localhost:6379/0 (and the extra `redis`), several processes share the streams.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles

import streamparse
from streamparse import Toolbox, ToolCallCompleted, stream
from streamparse.web import MemoryStore, RedisStore, sse_response


def get_forecast(place: str, date: str, hours: list[int]) -> str:
    return f"{place}, {date}: rain from {min(hours, default=12)} o'clock on"


def find_places(
    near: dict[str, float], kinds: list[str], with_children: bool, max_price: float
) -> list[str]:
    return [f"{kind}, at most {max_price} each" for kind in kinds]


toolbox = Toolbox([get_forecast, find_places])  # there is no draft_message


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    provider = os.environ.get("PROVIDER", "http://127.0.0.1:8001")
    async with httpx.AsyncClient(base_url=provider, timeout=60) as app.state.client:
        yield
    await store.aclose()


app = FastAPI(lifespan=lifespan)
app.mount("/js", StaticFiles(directory=Path(streamparse.__file__).with_name("js")))
# A page that lost its connection resumes where it was.
store = RedisStore(os.environ["REDIS"]) if "REDIS" in os.environ else MemoryStore()


@app.get("/answer")
async def answer(question: str) -> Response:
    async def events() -> AsyncIterator[object]:
        messages = [{"role": "user", "content": question}]
        body = {"model": "gpt-5.1", "stream": True, "messages": messages}
        async with (
            app.state.client.stream("POST", "/v1/chat/completions", json=body) as response,
            stream(response, tools=toolbox, every=1 / 30) as answer,
        ):
            async for event in answer:
                yield event
                if isinstance(event, ToolCallCompleted):  # complete and valid
                    result = await toolbox.run(event.call)
                    yield {"type": "tool_result", "id": event.call.id, "result": result}

    return sse_response(events, store=store)


@app.get("/")
async def page() -> HTMLResponse:
    return HTMLResponse("""<!doctype html><meta charset="utf-8"><title>An answer</title>
<pre id="shown" style="white-space: pre-wrap"></pre><script type="module">
  import { fromEventSource } from "/js/index.js";
  const results = {};
  const url = "/answer?question=What+shall+we+do+on+Saturday%3F";
  for await (const { events, message } of fromEventSource(url)) {
    for (const { type, id, result } of events) if (type === "tool_result") results[id] = result;
    shown.textContent = [message.text, ...message.tool_calls.map(({ id, name, partial, error }) =>
      `${name} ${JSON.stringify(partial ?? null)} ` +
      (error ? `✗ ${error.message}` : `→ ${JSON.stringify(results[id] ?? null)}`)
    )].join("\\n");
  }
</script>""")
