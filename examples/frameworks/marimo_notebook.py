"""marimo: a cell whose output is replaced while the answer arrives.

pip install "llm-streamparse[pydantic]" marimo openai
marimo edit examples/frameworks/marimo_notebook.py
"""

import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
    from openai import OpenAI
    from pydantic import BaseModel

    from streamparse import stream

    class Stop(BaseModel):
        place: str = ""

    class Outing(BaseModel):
        title: str = ""
        stops: list[Stop] = []

    return OpenAI, Outing, mo, stream


@app.cell
def _(OpenAI, Outing, mo, stream):
    response = OpenAI().chat.completions.create(
        model="gpt-5.1",
        messages=[{"role": "user", "content": "Plan an outing in Ghent, as JSON."}],
        stream=True,
    )
    for outing in stream(response, output=Outing, every=1 / 10).partials():
        mo.output.replace(mo.vstack([mo.md(f"## {outing.title}"), mo.json(outing.model_dump())]))
    return (outing,)


if __name__ == "__main__":
    app.run()
