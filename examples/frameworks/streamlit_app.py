"""Streamlit: the text with `st.write_stream`, and a form that fills up.

pip install "llm-streamparse[pydantic]" streamlit openai
streamlit run examples/frameworks/streamlit_app.py
"""

from typing import Any

import streamlit as st
from openai import OpenAI
from pydantic import BaseModel

from streamparse import stream


class Stop(BaseModel):
    place: str = ""


class Outing(BaseModel):
    title: str = ""
    stops: list[Stop] = []


def ask(question: str, **options: Any) -> Any:
    messages: Any = [{"role": "user", "content": question}]
    return OpenAI().chat.completions.create(
        model="gpt-5.1", messages=messages, stream=True, **options
    )


question = st.text_input("Where to?")
if st.button("Describe it") and question:
    st.write_stream(stream(ask(question), every=1 / 20).text())
if st.button("Plan it") and question:
    schema = {"name": "Outing", "schema": Outing.model_json_schema()}
    response = ask(question, response_format={"type": "json_schema", "json_schema": schema})
    title, stops = st.empty(), st.empty()
    for outing in stream(response, output=Outing, every=1 / 10).partials():
        title.subheader(outing.title)
        stops.table([stop.place for stop in outing.stops])
