"""Endpoints that stream only text, an end and usage: one adapter, and a table of their shapes.

Sources: the documentation and types of Hugging Face Text Generation Inference, llama.cpp, SGLang,
Amazon Bedrock (the bodies of Llama, Mistral and Titan models), IBM watsonx, Writer and Cloudflare
Workers AI, and recorded streams of Titan, watsonx and Writer.

The model continues a prompt: there are no roles and no conversation. Tool calls, if any, are in the
text, for which `format=` exists.

Quirks that are handled here:
- SGLang sends the text so far with every record, unless it was started otherwise; the second text
  shows which it is. A character that is not whole yet ends such a text as U+FFFD.
- Text Generation Inference repeats the whole text in its last record, and marks tokens that are not
  text.
- Writer sends no record at the end.
- Workers AI sends `[DONE]` instead of a finish reason.
- Replicate sends text as the data of events, not in JSON records.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.response import ResponseReader
from streamparse._core._marks import mypyc_attr
from streamparse._core.plain import dict_of, is_something, list_of, number_of, text_of
from streamparse._decoding.record import TEXT_EVENTS
from streamparse._wires.base import Wire, error_of_text, finish, note_rest
from streamparse.message import Usage

__all__ = [
    "BedrockLlama",
    "BedrockMistral",
    "BedrockTitan",
    "LlamaCpp",
    "Replicate",
    "SGLang",
    "TGI",
    "Watsonx",
    "WorkersAI",
    "Writer",
]

Place = tuple[str, ...]

_BEDROCK: Final = "amazon-bedrock-invocationMetrics"


class Shape:
    """The places of the members in a record. A place is a path of member names.

    Args:
        text: The place of the piece of text.
        reason: The place of the finish reason.
        usage: The places of the input tokens, the output tokens and the cached tokens.
        entries: The member with one entry for each choice; "" where the record is the entry.
        whole: The place of the whole text, which the last record repeats.
        hidden: The place of a mark for pieces that are not text.
        model: The member with the name of the model.
        numbered: Whether `index` is the choice. Elsewhere it is the place of a token.
        known: The members that are understood.
    """

    __slots__ = (
        "entries",
        "hidden",
        "known",
        "model",
        "numbered",
        "reason",
        "text",
        "usage",
        "whole",
    )

    _init_types: ClassVar[tuple[Any, ...]] = (tuple,)

    def __init__(
        self,
        text: Place,
        reason: Place = (),
        usage: tuple[Place, ...] = (),
        *,
        entries: str = "",
        whole: Place = (),
        hidden: Place = (),
        model: str = "",
        numbered: bool = False,
        known: Place = (),
    ) -> None:
        self.text = text
        self.reason = reason
        self.usage = usage
        self.entries = entries
        self.whole = whole
        self.hidden = hidden
        self.model = model
        self.numbered = numbered
        tops = [place[0] for place in (text, reason, *usage, whole, hidden) if place]
        self.known = frozenset([*tops, entries, model, *known, "error", "index"])


def _at(data: Any, place: Place) -> Any:
    for name in place:
        data = dict_of(data).get(name)
    return data if place else None


@mypyc_attr(allow_interpreted_subclasses=True)
class TextPieces(Wire):
    """Reads the records of one shape."""

    shape: ClassVar[Shape] = Shape(())
    reasons: ClassVar[dict[str, str]] = {}

    @classmethod
    def words(cls) -> frozenset[str]:
        return cls.shape.known

    def __init__(self, response: ResponseReader) -> None:
        super().__init__(response)
        self.written: set[int] = set()  # the choices that have had text

    def record(self, data: dict[str, Any], event: str) -> bool:
        shape = self.shape
        entries = list_of(data.get(shape.entries)) if shape.entries else [data]
        texts = [_at(entry, shape.text) for entry in entries]
        ends = [_at(entry, shape.whole or shape.reason) for entry in entries]
        understood = any([isinstance(text, str) for text in texts]) or any(map(is_something, ends))
        if not understood and not self.has_usage(data):
            return False
        for place, entry in enumerate(entries):
            if isinstance(entry, dict):
                choice = entry.get("index", place) if shape.numbered else place
                answer = self.answer_of("entries", {"index": choice})
                if answer is not None:
                    self.entry(answer, entry, data)
        first = self.response.first
        first.begin(data.get("id"), data.get(shape.model) if shape.model else None)
        if self.has_usage(data):
            first.count(self.counts(data), _usage)
        note_rest(first, data, shape.known)
        if data.get("error"):
            self.fail(data)
        return True

    def entry(self, answer: AnswerReader, entry: dict[str, Any], data: dict[str, Any]) -> None:
        """Read the entry of one choice."""
        shape = self.shape
        answer.begin()
        text = _at(entry, shape.text)
        if isinstance(text, str) and _at(entry, shape.hidden) is not True:
            self.written.add(answer.choice)
            self.text(answer, text)
        whole = _at(entry, shape.whole)
        if isinstance(whole, str) and answer.choice not in self.written:
            answer.text(whole)
        self.finish_reason(answer, _at(entry, shape.reason))

    def text(self, answer: AnswerReader, text: str) -> None:
        """Take the text of a record."""
        answer.text(text)

    def finish_reason(self, answer: AnswerReader, raw: Any) -> None:
        """Apply the finish reason of a record, if it has one."""
        finish(answer, raw, self.reasons)

    def has_usage(self, data: dict[str, Any]) -> bool:
        """Return whether the record counts tokens."""
        return any([number_of(_at(data, place)) is not None for place in self.shape.usage])

    def counts(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the counts of tokens under our names."""
        names = ("input_tokens", "output_tokens", "cached_tokens")
        found = {}
        for name, place in zip(names, self.shape.usage, strict=False):
            count = number_of(_at(data, place))
            if count is not None:
                found[name] = count
        return found


def _usage(raw: dict[str, Any]) -> Usage:
    return Usage(
        input_tokens=number_of(raw.get("input_tokens")),
        output_tokens=number_of(raw.get("output_tokens")),
        cached_tokens=number_of(raw.get("cached_tokens")),
        raw=raw,
    )


# Servers of open models.


class TGI(TextPieces):
    """Text Generation Inference, `/generate_stream` and `/generate`."""

    api: ClassVar[str] = "tgi-generate"
    shape: ClassVar[Shape] = Shape(
        ("token", "text"),
        ("details", "finish_reason"),
        (("details", "input_length"), ("details", "generated_tokens")),
        whole=("generated_text",),
        hidden=("token", "special"),
        known=("top_tokens",),
    )

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        token = data.get("token")
        return (isinstance(token, dict) and "text" in token) or "generated_text" in data


class LlamaCpp(TextPieces):
    """llama.cpp, `/completion`. `truncated` says that the prompt did not fit, not the answer."""

    api: ClassVar[str] = "llama-cpp-completion"
    shape: ClassVar[Shape] = Shape(
        ("content",),
        ("stop_type",),
        (("tokens_evaluated",), ("tokens_predicted",), ("tokens_cached",)),
        model="model",
        numbered=True,
        known=("stop", "tokens", "id_slot"),
    )
    reasons: ClassVar[dict[str, str]] = {"limit": "length", "word": "stop"}

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        return isinstance(data.get("content"), str) and isinstance(data.get("stop"), bool)

    def counts(self, data: dict[str, Any]) -> dict[str, Any]:
        # `tokens_cached` counts what stays in the cache, not what was read from it.
        return {name: n for name, n in super().counts(data).items() if name != "cached_tokens"}


class SGLang(TextPieces):
    """SGLang, `/generate`."""

    api: ClassVar[str] = "sglang-generate"
    shape: ClassVar[Shape] = Shape(
        ("text",),
        ("meta_info", "finish_reason"),
        (
            ("meta_info", "prompt_tokens"),
            ("meta_info", "completion_tokens"),
            ("meta_info", "cached_tokens"),
        ),
        numbered=True,
        known=("output_ids",),
    )

    def __init__(self, response: ResponseReader) -> None:
        super().__init__(response)
        self.so_far: dict[int, TextSoFar] = {}

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        return isinstance(data.get("text"), str) and isinstance(data.get("meta_info"), dict)

    def text(self, answer: AnswerReader, text: str) -> None:
        known = self.so_far.get(answer.choice)
        if known is None:
            known = self.so_far[answer.choice] = TextSoFar()
        answer.text(known.more(text))

    def finish_reason(self, answer: AnswerReader, raw: Any) -> None:
        word = raw.get("type") if isinstance(raw, dict) else raw
        if text_of(word):
            held = self.so_far.get(answer.choice)
            if held is not None:
                answer.text(held.rest())
        finish(answer, word, self.reasons)


class TextSoFar:
    """Turns texts that repeat the earlier text into pieces.

    The second text decides whether a server does that: it begins with the first one then.

    >>> known = TextSoFar()
    >>> [known.more(text) for text in ("Good", "Good mor", "Good morning")]
    ['Good', ' mor', 'ning']
    """

    __slots__ = ("cumulative", "first", "held", "length")

    def __init__(self) -> None:
        self.first: str = ""
        self.cumulative: bool | None = None  # None: not known yet
        self.length: int = 0  # of what was emitted of a growing text
        self.held: str = ""  # bytes that may be the beginning of a character

    def more(self, text: str) -> str:
        """Return what is new in the next text."""
        if self.cumulative is None and text:
            if not self.first:
                self.first = text
            else:
                begins = self.first.rstrip("\ufffd")
                self.cumulative = len(text) > len(begins) and text.startswith(begins)
        if self.cumulative is False:
            held, self.held = self.held, ""
            return held + text
        whole = text.rstrip("\ufffd")
        self.held = text[len(whole) :]
        new = whole[self.length :]
        self.length = max(self.length, len(whole))
        return new

    def rest(self) -> str:
        """Return what was held back, because nothing follows."""
        held, self.held = self.held, ""
        return held


# Amazon Bedrock, `InvokeModelWithResponseStream`.


class BedrockLlama(TextPieces):
    """The body of Llama models."""

    api: ClassVar[str] = "bedrock-invoke-llama"
    shape: ClassVar[Shape] = Shape(
        ("generation",),
        ("stop_reason",),
        (("prompt_token_count",), ("generation_token_count",)),
        known=(_BEDROCK,),
    )

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        return isinstance(data.get("generation"), str) and "generation_token_count" in data


class BedrockMistral(TextPieces):
    """The body of Mistral's text models."""

    api: ClassVar[str] = "bedrock-invoke-mistral"
    shape: ClassVar[Shape] = Shape(
        ("text",),
        ("stop_reason",),
        ((_BEDROCK, "inputTokenCount"), (_BEDROCK, "outputTokenCount")),
        entries="outputs",
    )

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        outputs = list_of(data.get("outputs"))
        return bool(outputs) and isinstance(dict_of(outputs[0]).get("text"), str)


class BedrockTitan(TextPieces):
    """The body of Titan models."""

    api: ClassVar[str] = "bedrock-invoke-titan"
    shape: ClassVar[Shape] = Shape(
        ("outputText",),
        ("completionReason",),
        ((_BEDROCK, "inputTokenCount"), (_BEDROCK, "outputTokenCount")),
        known=("totalOutputTextTokenCount", "inputTextTokenCount"),
    )

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        return isinstance(data.get("outputText"), str)


# Providers.


class Watsonx(TextPieces):
    """IBM watsonx, `text/generation_stream`. Input tokens are counted in the first record only."""

    api: ClassVar[str] = "watsonx-generate"
    shape: ClassVar[Shape] = Shape(
        ("generated_text",),
        ("stop_reason",),
        entries="results",
        model="model_id",
        known=("created_at", "model_version"),
    )
    reasons: ClassVar[dict[str, str]] = {"time_limit": "length"}

    def __init__(self, response: ResponseReader) -> None:
        super().__init__(response)
        self.input: int = 0

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        results = list_of(data.get("results"))
        return bool(results) and "generated_text" in dict_of(results[0])

    def has_usage(self, data: dict[str, Any]) -> bool:
        return bool(list_of(data.get("results")))

    def counts(self, data: dict[str, Any]) -> dict[str, Any]:
        result = dict_of(list_of(data.get("results"))[0])
        self.input = max(self.input, number_of(result.get("input_token_count")) or 0)
        output = number_of(result.get("generated_token_count"))
        return {"input_tokens": self.input, "output_tokens": output}


class Writer(TextPieces):
    """Writer, `/v1/completions`. Its end is the end of the input."""

    api: ClassVar[str] = "writer-completions"
    shape: ClassVar[Shape] = Shape(("value",))

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        return len(data) == 1 and isinstance(data.get("value"), str)

    def end(self) -> None:
        self.end_normally()


class WorkersAI(TextPieces):
    """Cloudflare Workers AI, `/ai/run/` in its own shape. `p` is padding."""

    api: ClassVar[str] = "workers-ai-run"
    shape: ClassVar[Shape] = Shape(
        ("response",),
        (),
        (("usage", "prompt_tokens"), ("usage", "completion_tokens")),
        known=("p", "tool_calls", "success", "errors", "messages", "result"),
    )

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        return isinstance(data.get("response"), str) and ("p" in data or "usage" in data)

    def entry(self, answer: AnswerReader, entry: dict[str, Any], data: dict[str, Any]) -> None:
        super().entry(answer, entry, data)
        for call in map(dict_of, list_of(entry.get("tool_calls"))):
            reader = answer.call(None, text_of(call.get("name")) or None)
            if call.get("arguments") is not None:
                reader.feed_value(call["arguments"])
            reader.end()

    def done(self) -> None:
        self.response.done()


class Replicate(Wire):
    """Reads the stream of a Replicate prediction, and whole predictions.

    The data of an `output` event are always text, even if they look like JSON. `done` has a reason
    if the prediction did not end normally. The data of `error` are text or JSON.
    """

    api: ClassVar[str] = "replicate-text"

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        return event in TEXT_EVENTS or _is_prediction(data) or _is_event(data)

    def record(self, data: dict[str, Any], event: str) -> bool:
        first = self.response.first
        if _is_event(data):
            return self._event_of_sdk(data)
        if event == "done":
            first.begin()
            reason = text_of(data.get("reason"))
            finish(first, reason or "stop", {})
            note_rest(first, data, frozenset(("reason",)))
            self.response.end()
            return True
        if not _is_prediction(data):
            return False
        first.begin(data.get("id"), data.get("model") or data.get("version"))
        output = data.get("output")
        for piece in output if isinstance(output, list) else [output]:
            first.text(text_of(piece))
        first.count(dict_of(data.get("metrics")), _replicate_usage)
        if data.get("error"):
            self.fail(data)
        finish(first, data.get("status"), _PREDICTION)
        return True

    def _event_of_sdk(self, data: dict[str, Any]) -> bool:
        """Read an event object of the SDK, whose `data` are unchanged."""
        name, text = data["event"], data["data"]
        if name in TEXT_EVENTS:
            return self.text_record(text, name)
        if name == "error":
            self.response.fail(error_of_text(name, text))
            return True
        try:
            inner: Any = json.loads(text)
        except (ValueError, RecursionError):
            inner = {}
        return self.record(dict_of(inner), name)

    def text_record(self, text: str, event: str) -> bool:
        self.response.first.begin()
        self.response.first.text(text)
        return True


# The states of a prediction. A prediction that has just begun has no output.
_PREDICTION: Final[dict[str, str]] = {"succeeded": "stop", "starting": "", "processing": ""}


def _is_event(data: dict[str, Any]) -> bool:
    name = data.get("event")
    return name in ("output", "done", "error", "logs") and isinstance(data.get("data"), str)


def _is_prediction(data: dict[str, Any]) -> bool:
    return isinstance(data.get("urls"), dict) and "output" in data and "status" in data


def _replicate_usage(raw: dict[str, Any]) -> Usage:
    return Usage(
        input_tokens=number_of(raw.get("input_token_count")),
        output_tokens=number_of(raw.get("output_token_count")),
        raw=raw,
    )
