"""The recordings that the page offers: files of `examples/`, which wheels include."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

from streamparse.aliases import DialectName
from streamparse.json_parser import parse
from streamparse.session_parser import begins_session

__all__ = ["SAMPLES", "Recording", "Sample", "sample_of"]

_HERE: Final = Path(__file__).parent / "samples"
_CHECKOUT: Final = Path(__file__).parents[2] / "examples"
FOLDER: Final = _HERE if _HERE.is_dir() else _CHECKOUT


_SESSION: Final = """\
from streamparse import session

with session(open("{}", "rb")) as talk:
    for events in talk.batches():
        print(events)"""


class Recording(NamedTuple):
    """A recorded stream of a provider, and the options of `stream` that read it."""

    data: bytes
    tools: Any = None
    output: Any = None
    format: str | None = None
    dialect: DialectName = "strict"

    @property
    def session(self) -> bool:
        """Whether it is a recorded session, with one message of the connection per line."""
        return begins_session(self.data.partition(b"\n")[0])


class Sample(NamedTuple):
    """A sample stream: its files and its description."""

    title: str
    about: str
    file: str
    tools: str | None = None
    output: str | None = None
    format: str | None = None
    dialect: DialectName = "strict"
    session: bool = False

    def read(self) -> Recording:
        """Read the files of the sample."""
        data = (FOLDER / self.file).read_bytes()
        tools, output = _loaded(self.tools), _loaded(self.output)
        return Recording(data, tools, output, self.format, self.dialect)

    @property
    def code(self) -> str:
        """The program that produces the view on the page."""
        if self.session:
            return _SESSION.format(self.file)
        options = [f'Path("{self.file}")']
        if self.format is not None:
            options.append(f'format="{self.format}"')
        if self.dialect != "strict":
            options.append(f'dialect="{self.dialect}"')
        if self.tools is not None:
            options.append("tools=tools")
        if self.output is not None:
            options.append("output=schema")
        view = "partials()" if self.output is not None else "batches()"
        loading = [
            f'{name} = json.loads(Path("{file}").read_text())'
            for name, file in (("tools", self.tools), ("schema", self.output))
            if file is not None
        ]
        shown = "value" if self.output is not None else "events"
        return "\n".join(
            [
                *(["import json"] if loading else []),
                "from pathlib import Path",
                "",
                "from streamparse import stream",
                "",
                *loading,
                f"with stream({', '.join(options)}) as answer:",
                f"    for {shown} in answer.{view}:",
                f"        print({shown})",
            ]
        )


def sample_of(file: Path) -> Sample:
    """Return a file of the user as a sample."""
    about = "Your recording."
    return Sample(file.name, about, str(file.resolve()), format="auto")


def _loaded(file: str | None) -> Any:
    return None if file is None else parse((FOLDER / file).read_bytes())


SAMPLES: Final = (
    Sample(
        "Mending a bug",
        "Anthropic Messages: reasoning, text, and two tool calls, one of them with code.",
        "anthropic-messages.sse",
    ),
    Sample(
        "A form that fills in",
        "OpenAI Chat Completions: a structured output, checked by its JSON Schema.",
        "outing.sse",
        output="outing-schema.json",
    ),
    Sample(
        "A conversation, interrupted",
        "OpenAI Realtime, a session: the user's voice cuts the first answer, the second one calls "
        "a tool, and the third says what it gave.",
        "realtime.jsonl",
        session=True,
    ),
    Sample(
        "A call that is refused",
        "Anthropic Messages: one of two calls asks for what its tool does not take, and is refused "
        "at the first letter that shows it.",
        "table.sse",
        tools="table-tools.json",
    ),
    Sample(
        "Three calls",
        "OpenAI Chat Completions: three tool calls, their arguments cut anywhere.",
        "openai-chat.sse",
    ),
    Sample(
        "A garden diary",
        "OpenAI Responses: a summary of the reasoning, text, a tool call.",
        "openai-responses.sse",
    ),
    Sample(
        "A night of meteors",
        "Google: a call whose arguments come as paths and pieces, without any JSON text.",
        "google-partial-args.sse",
    ),
    Sample(
        "Cut off",
        "The connection to the provider broke: what was open is cut off, never complete.",
        "cut.sse",
    ),
    Sample(
        "An error of the provider",
        "The provider gave up in mid-sentence: what had come stays.",
        "error.sse",
    ),
    Sample(
        "An open model behind a plain server",
        "OpenAI Chat Completions: the server passed on what the model wrote, calls and all; "
        'read with format="auto".',
        "unparsed.sse",
        format="auto",
    ),
    Sample(
        "The text of a model",
        "Qwen3-Coder: the text as the model wrote it, with its own tags around the call.",
        "qwen3-coder.txt",
        format="qwen3_coder",
    ),
    Sample(
        "Broken JSON, mended",
        "The arguments of a call with single quotes, a comment and missing commas, read with "
        'dialect="lenient".',
        "lenient.sse",
        dialect="lenient",
    ),
)
