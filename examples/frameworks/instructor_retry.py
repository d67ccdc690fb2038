"""instructor: stream the first attempt and stop it at the first error; instructor asks again.

pip install "llm-streamparse[pydantic]" instructor
python examples/frameworks/instructor_retry.py "a rainy Saturday in Ghent"
"""

import sys
from typing import Any, Literal

import instructor
from openai import OpenAI
from pydantic import BaseModel

from streamparse import SchemaViolation, stream


class Stop(BaseModel):
    place: str = ""


class Outing(BaseModel):
    title: str = ""
    weather: Literal["sun", "clouds", "rain", "snow"] | None = None
    stops: list[Stop] = []


client = OpenAI()
messages: Any = [{"role": "user", "content": f"Plan an outing: {sys.argv[1]}"}]
schema: Any = {"name": "Outing", "schema": Outing.model_json_schema()}
response = client.chat.completions.create(
    model="gpt-5.1",
    messages=messages,
    response_format={"type": "json_schema", "json_schema": schema},
    stream=True,
)
try:
    with stream(response, output=Outing) as answer:
        for outing in answer.partials():
            print(outing.title, [stop.place for stop in outing.stops])
except SchemaViolation as error:
    print(error)
    outing = instructor.from_openai(client).create(
        model="gpt-5.1", messages=messages, response_model=Outing, max_retries=2
    )
print(outing)
