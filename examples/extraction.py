"""Extraction: an object of your own type that fills up while the answer arrives.

pip install "llm-streamparse[pydantic]" openai
python examples/extraction.py "A rainy Saturday in Ghent with two children"
"""

import sys
from typing import Literal

from openai import OpenAI
from pydantic import BaseModel

from streamparse import wrap


class Stop(BaseModel):
    place: str = ""
    indoors: bool | None = None


class Outing(BaseModel):
    title: str = ""
    weather: Literal["sun", "clouds", "rain", "snow"] | None = None
    stops: list[Stop] = []


answer = wrap(OpenAI()).chat.completions.create(
    model="gpt-5.1",
    messages=[{"role": "user", "content": f"Plan an outing: {sys.argv[1]}"}],
    output=Outing,
    stream=True,
)
for outing in answer.partials():
    print(f"{outing.title} ({outing.weather}): {', '.join(stop.place for stop in outing.stops)}")
