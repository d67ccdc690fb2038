"""The endpoint of a chat page with `useChat` of the Vercel AI SDK.

pip install "llm-streamparse[web]" fastapi uvicorn openai
uvicorn --app-dir examples usechat_app:app      # with OPENAI_API_KEY set
In the page: useChat({ transport: new DefaultChatTransport({ api: "/chat" }) })
"""

from typing import Any

from fastapi import FastAPI, Request, Response
from openai import AsyncOpenAI

from streamparse import stream
from streamparse.web import ui_message_response

app, client = FastAPI(), AsyncOpenAI()


@app.post("/chat")
async def chat(request: Request) -> Response:
    messages: list[Any] = []
    for message in (await request.json())["messages"]:  # what the page shows: their text
        texts = [part["text"] for part in message["parts"] if part["type"] == "text"]
        messages.append({"role": message["role"], "content": "".join(texts)})
    answer = await client.chat.completions.create(model="gpt-5.1", messages=messages, stream=True)
    return ui_message_response(stream(answer))
