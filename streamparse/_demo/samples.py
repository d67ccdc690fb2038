"""The recorded streams that the page offers: those of `examples/`, which a wheel carries along."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

from streamparse.json_parser import parse

__all__ = ["SAMPLES", "Recording", "Sample"]

_HERE: Final = Path(__file__).parent / "samples"
_CHECKOUT: Final = Path(__file__).parents[2] / "examples"
FOLDER: Final = _HERE if _HERE.is_dir() else _CHECKOUT


class Recording(NamedTuple):
    """A stream as a provider sent it, and what is to judge it: `tools`, an `output` schema."""

    data: bytes
    tools: Any = None
    output: Any = None


class Sample(NamedTuple):
    """A sample stream: its files and what there is to see."""

    title: str
    about: str
    file: str
    tools: str | None = None
    output: str | None = None

    def read(self) -> Recording:
        """Its files."""
        data = (FOLDER / self.file).read_bytes()
        return Recording(data, _loaded(self.tools), _loaded(self.output))


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
        "The connection to the provider broke: the last call is truncated, never complete.",
        "cut.sse",
    ),
    Sample(
        "An error of the provider",
        "The provider gave up in mid-sentence: what had come stays.",
        "error.sse",
    ),
)
