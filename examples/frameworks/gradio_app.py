"""Gradio: a chat that shows reasoning, text and growing tool calls.

pip install llm-streamparse gradio openai
python examples/frameworks/gradio_app.py
"""

import json
from collections.abc import Iterator

import gradio as gr
from openai import OpenAI

from streamparse import Message, stream


def shown(message: Message) -> list[gr.ChatMessage]:
    """Return the message so far, with a folded box for its reasoning and for each call."""
    folded = [(f"{call.name} ({call.status})", call.partial) for call in message.tool_calls]
    boxes = [("Reasoning", message.reasoning)] if message.reasoning else []
    boxes += [(title, f"```json\n{json.dumps(value, indent=2)}\n```") for title, value in folded]
    calls = [gr.ChatMessage(text, metadata={"title": title}) for title, text in boxes]
    return [*calls, gr.ChatMessage(message.text)]


def answer(question: str, history: list[dict[str, object]]) -> Iterator[list[gr.ChatMessage]]:
    response = OpenAI().responses.create(model="gpt-5.1", input=question, stream=True)
    with stream(response, every=1 / 20) as events:
        for _ in events.batches():
            yield shown(events.message)


demo = gr.ChatInterface(answer)

if __name__ == "__main__":
    demo.launch()
