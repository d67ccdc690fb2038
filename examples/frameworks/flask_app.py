"""Flask: an answer as server-sent events.

pip install llm-streamparse flask openai
flask --app examples/frameworks/flask_app.py run
"""

import json
from collections.abc import Iterator

from flask import Flask, Response, request
from openai import OpenAI

from streamparse import stream

app = Flask(__name__)


@app.get("/answer")
def answer() -> Response:
    response = OpenAI().responses.create(
        model="gpt-5.1", input=request.args["question"], stream=True
    )

    def body() -> Iterator[str]:
        with stream(response, every=1 / 30) as events:
            for event in events:
                yield f"data: {json.dumps(event.to_dict())}\n\n"

    return Response(body(), mimetype="text/event-stream")
