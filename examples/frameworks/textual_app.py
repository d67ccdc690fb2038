"""Textual: Markdown and tool calls while they arrive.

pip install llm-streamparse textual openai
python examples/frameworks/textual_app.py "What shall we do on Saturday?"
"""

import sys

from openai import AsyncOpenAI
from textual import work
from textual.app import App, ComposeResult
from textual.widgets import Markdown, Static

from streamparse import TextDelta, stream


class Answer(App[None]):
    def __init__(self, question: str) -> None:
        super().__init__()
        self.question = question

    def compose(self) -> ComposeResult:
        yield Markdown()
        yield Static(id="calls", markup=False)

    def on_mount(self) -> None:
        self.ask()

    @work(exclusive=True)
    async def ask(self) -> None:
        text = Markdown.get_stream(self.query_one(Markdown))
        calls = self.query_one("#calls", Static)
        response = AsyncOpenAI().responses.create(model="gpt-5.1", input=self.question, stream=True)
        async with stream(response, every=1 / 20) as answer:
            async for batch in answer.batches():
                for event in batch:
                    if isinstance(event, TextDelta):
                        await text.write(event.text)
                shown = [f"{c.name} {c.partial} {c.status}" for c in answer.message.tool_calls]
                calls.update("\n".join(shown))
        await text.stop()


if __name__ == "__main__":
    Answer(sys.argv[1]).run()
