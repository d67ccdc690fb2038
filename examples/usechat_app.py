"""The endpoints of a chat page with `useChat` of the Vercel AI SDK. The page can be reloaded.

pip install "llm-streamparse[web]" fastapi uvicorn openai
uvicorn --app-dir examples usechat_app:app      # with OPENAI_API_KEY set
In the page: useChat({ transport: new DefaultChatTransport({ api: "/chat" }), id, resume: true })
"""

from typing import Any

from fastapi import FastAPI, Request, Response
from openai import AsyncOpenAI

from streamparse import stream
from streamparse.frontends import from_ui_messages
from streamparse.web import MemoryStore, replay_response, ui_message_response

app, client, store = FastAPI(), AsyncOpenAI(), MemoryStore(capacity=1_000_000)
streams: dict[str, str] = {}  # the newest stream of each chat; store it in your database


@app.post("/chat")
async def chat(request: Request) -> Response:
    page = await request.json()
    messages: Any = from_ui_messages(page["messages"], "openai-responses")
    answer = await client.responses.create(model="gpt-5.1", input=messages, stream=True)
    response = ui_message_response(stream(answer), store=store)
    streams[page["id"]] = response.stream
    return response


@app.get("/chat/{chat}/stream")
async def resume(chat: str) -> Response:
    return replay_response(store, streams.get(chat))
