"""LangChain: a chain whose last step gives typed objects while the model is writing.

pip install "llm-streamparse[pydantic]" langchain-openai
python examples/frameworks/langchain_chain.py "a rainy Saturday in Ghent"
"""

import sys
from collections.abc import AsyncIterator, Iterator

from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableGenerator
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from streamparse import stream


class Stop(BaseModel):
    place: str = ""


class Outing(BaseModel):
    title: str = ""
    stops: list[Stop] = []


def outings(chunks: Iterator[AIMessage]) -> Iterator[Outing]:
    yield from stream(chunks, output=Outing).partials()


async def async_outings(chunks: AsyncIterator[AIMessage]) -> AsyncIterator[Outing]:
    async for outing in stream(chunks, output=Outing).partials():
        yield outing


chain = ChatOpenAI(model="gpt-5.1") | RunnableGenerator(outings, async_outings)

if __name__ == "__main__":
    for outing in chain.stream(f"Plan an outing, as JSON: {sys.argv[1]}"):
        print(f"{outing.title}: {', '.join(stop.place for stop in outing.stops)}")
