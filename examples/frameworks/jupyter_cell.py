"""Jupyter: the cell of a notebook that shows the message while it grows.

pip install "llm-streamparse[cli]" ipykernel openai
"""

from openai import OpenAI

from streamparse import stream
from streamparse.terminal import LiveMessages

response = OpenAI().responses.create(model="gpt-5.1", input="What ails my tomatoes?", stream=True)
with stream(response, every=1 / 10) as answer, LiveMessages(answer) as live:
    for _ in answer.batches():
        live.draw()
