"""FastAPI: the events of an answer with `fastapi.sse`.

pip install llm-streamparse fastapi uvicorn openai
uvicorn --app-dir examples/frameworks fastapi_sse:app
"""

from collections.abc import AsyncIterable

from fastapi import FastAPI
from fastapi.sse import EventSourceResponse, ServerSentEvent
from openai import AsyncOpenAI

from streamparse import stream
from streamparse.frontends import CompactEvents

app, client = FastAPI(), AsyncOpenAI()


@app.get("/answer", response_class=EventSourceResponse)
async def answer(question: str) -> AsyncIterable[ServerSentEvent]:
    response = client.responses.create(model="gpt-5.1", input=question, stream=True)
    compact = CompactEvents()
    async with stream(response, every=1 / 30) as events:
        async for batch in events.batches():
            for record in compact.encode(batch):
                yield ServerSentEvent(data=record)
