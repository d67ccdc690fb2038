"""Django: an answer as server-sent events, from an async view (ASGI) or a sync one (WSGI).

pip install llm-streamparse django uvicorn openai
uvicorn --app-dir examples/frameworks django_app:application
"""

import json
from collections.abc import AsyncIterator, Iterator

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import path
from openai import AsyncOpenAI, OpenAI

from streamparse import stream

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"])


def record(event: object) -> str:
    return f"data: {json.dumps(event)}\n\n"


async def answer(request: HttpRequest) -> StreamingHttpResponse:
    response = AsyncOpenAI().responses.create(
        model="gpt-5.1", input=request.GET["question"], stream=True
    )

    async def body() -> AsyncIterator[str]:
        async with stream(response, every=1 / 30) as events:
            async for event in events:
                yield record(event.to_dict())

    return StreamingHttpResponse(body(), content_type="text/event-stream")


def sync_answer(request: HttpRequest) -> StreamingHttpResponse:
    response = OpenAI().responses.create(
        model="gpt-5.1", input=request.GET["question"], stream=True
    )

    def body() -> Iterator[str]:
        with stream(response, every=1 / 30) as events:
            for event in events:
                yield record(event.to_dict())

    return StreamingHttpResponse(body(), content_type="text/event-stream")


urlpatterns = [path("answer", answer), path("sync-answer", sync_answer)]
application = get_asgi_application()
