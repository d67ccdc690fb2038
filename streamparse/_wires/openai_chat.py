"""OpenAI Chat Completions, and the many servers with an API like it.

Source: https://platform.openai.com/docs/api-reference/chat-streaming, and recorded streams of
OpenAI, Azure, DeepSeek, Qwen, Groq, OpenRouter, xAI, Mistral, Moonshot, Gemini's and Ollama's
compatible endpoints, vLLM, llama.cpp, Perplexity and gateways.

Quirks that are handled here:
- Reasoning comes in several members: see `chat_reasoning`.
- The transcript of an audio answer is its text.
- `content` may be a list of parts, which may be thinking (Mistral).
- Azure sends a first chunk without choices and with blank ids, and chunks without `delta`.
- Calls may have no index, a constant one, or rotating or missing ids: see `correlation`.
- Arguments may be an object (Mistral), a call may have `extra_content` (Gemini), and the id may be
  `"null"`.
- The finish reason comes twice (OpenRouter), with the last delta (vLLM, Mistral), or never (a
  stream that ends with `[DONE]` alone).
- Usage comes in the finish chunk, in a chunk of its own, or in every chunk (Perplexity); some put
  it in the choice (Moonshot) or in `x_groq`.
- Perplexity sends the whole `message` beside each delta, and another `object` at the end.
- The usage of LangChain's chunks is added to that of the chunks before.
- A chunk may have an error beside its choices (OpenRouter).
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.calls import CallReader
from streamparse._answers.response import ResponseReader
from streamparse._core.plain import dict_of, is_index, is_something, list_of, text_of
from streamparse._decoding.langchain import ADDED_USAGE
from streamparse._decoding.templates import Repeat
from streamparse._wires.base import Wire, is_typed, keep_rest, pass_on_rest, tool_message
from streamparse._wires.chat_reasoning import DETAILS, REASONING, ChatReasoning, read_thinking
from streamparse._wires.correlation import AMBIGUOUS, Correlator, Outcome
from streamparse._wires.reasons import reason_of
from streamparse._wires.repeats import CallRepeat, ReasoningRepeat, TextRepeat, UsageCounts
from streamparse._wires.usage import openai_usage
from streamparse.aliases import CallKind
from streamparse.message import Citation, Message, Reasoning, ToolCall

__all__ = ["OpenAIChat", "history"]

# The members of a chunk that are read, are padding, or are not about the answer.
_IGNORED: Final = frozenset(
    ("id", "object", "created", "model", "choices", "usage", "error", "obfuscation", "p")
)
_CHOICE: Final = frozenset(("index", "delta", "message", "finish_reason", "usage"))
_CALL: Final = frozenset(("index", "id", "type", "function", "custom"))
_SAME_CALL: Final = frozenset(("index", "id", "type", "function"))
_FUNCTION: Final = frozenset(("name", "arguments", "input"))
# The members of a delta that are understood, if they are of these types. `"refusal": false` has
# no meaning.
_DELTA: Final[dict[str, tuple[type, ...]]] = {
    "annotations": (list,),
    "audio": (dict,),
    "channel": (str,),
    "content": (str, list),
    "function_call": (dict,),
    "reasoning": (str,),
    "reasoning_content": (str,),
    "reasoning_details": (list,),
    "reasoning_opaque": (str,),
    "reasoning_text": (str,),
    "refusal": (str, bool),
    "role": (str,),
    "thinking_blocks": (list,),
    "tool_calls": (list,),
}
# Most deltas have no other members than these.
_USUAL: Final[dict[str, type]] = {"content": str, "role": str, "tool_calls": list}
# The members in which reasoning is sent back.
_RETURNED: Final = ("reasoning_content", "reasoning_text")
# The members of a choice that chunks repeat.
_REPEATED: Final = frozenset(("content_filter_results", "native_finish_reason", "stop_reason"))
# The members of a choice, except its delta, that have no effect when they are repeated.
_WITHOUT_EFFECT: Final = _REPEATED | frozenset(("index", "delta", "text"))
# The members of a chunk that have no effect: padding, and others that may differ in each chunk.
# These are objects, not constants that mypyc copies into each `Repeat`.
_PADDING: Final[tuple[str, ...]] = ("obfuscation", "p")
_INERT: Final[tuple[str, ...]] = ("id", "created")
# The paths of the deltas that are repeated, by the member of the delta.
_DELTA_PATH: Final[list[Any]] = ["choices", 0, "delta"]
_PATHS: Final[dict[str, list[Any]]] = {
    "content": [*_DELTA_PATH, "content"],
    "reasoning": [*_DELTA_PATH, "reasoning"],
    "reasoning_content": [*_DELTA_PATH, "reasoning_content"],
    "reasoning_text": [*_DELTA_PATH, "reasoning_text"],
    "tool_calls": [*_DELTA_PATH, "tool_calls", 0, "function", "arguments"],
}


class OpenAIChat(Wire):
    """Reads `chat.completion.chunk` records, and whole `chat.completion` bodies."""

    api: ClassVar[str] = "openai-chat"

    def __init__(self, response: ResponseReader) -> None:
        super().__init__(response)
        self.choices: dict[int, _Choice] = {}  # those that have reasoning or calls

    @classmethod
    def words(cls) -> frozenset[str]:
        return _IGNORED.union(_CHOICE, _DELTA)

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        if text_of(data.get("object")).startswith("chat.completion"):
            return True
        for choice in list_of(data.get("choices")):
            if isinstance(choice, dict) and ("delta" in choice or "message" in choice):
                return not is_typed(choice)
        # Azure begins with a record of the content filter, which has no choices.
        return "prompt_filter_results" in data and not data.get("object")

    def history(self) -> Any:
        return history

    def write_result(self) -> Any:
        return tool_message

    def done(self) -> None:
        self.response.done()

    def record(self, data: dict[str, Any], event: str) -> bool:
        choices = data.get("choices")
        error = data.get("error")
        if choices is None and (error or "usage" not in data):
            if not error and text_of(data.get("object")) != "error":
                return False
            self.count_late(data, event)
            self.fail(data)
            return True
        whole = False
        for choice in list_of(choices):
            if isinstance(choice, dict):
                whole = self._choice(choice, data) or whole
            else:
                self.response.first.pass_on("choices", choice)
        first = self.response.first
        if "usage" in data or "x_groq" in data:
            usage = self._count(data)
            if usage is not None and not isinstance(usage, dict):
                first.pass_on("usage", usage)
        for key, value in data.items():
            if key not in _IGNORED and is_something(value):
                first.note(key, value)
        if error:
            self.fail(data)
        if whole:
            self.response.end()
        return True

    def repeat(self, data: dict[str, Any], event: str) -> Repeat | None:
        choices, usage = data.get("choices"), data.get("usage")
        if not isinstance(choices, list) or len(choices) != 1 or "x_groq" in data:
            return None
        choice = choices[0]
        if data.get("error") or not _is_bare(choice):
            return None
        if usage is not None and not (isinstance(usage, dict) and usage):
            return None
        index = choice.get("index")
        answer = self.response.answers.get(index if type(index) is int else 0)
        if answer is None or answer.message.id is None or not (index is None or is_index(index)):
            return None
        repeat = self._repeat_in(answer, choice["delta"])
        if repeat is not None and usage is not None:
            if data.get("object") == ADDED_USAGE:
                return None
            repeat.counts = UsageCounts("usage", self.response.first, openai_usage)
        return repeat

    def _repeat_in(self, answer: AnswerReader, delta: dict[str, Any]) -> Repeat | None:
        name = ""  # the name of the only member that is not empty
        for key, value in delta.items():
            if value is None or value == "" or value == []:
                continue
            if key == "role" and isinstance(value, str):
                continue
            if name:
                return None
            name = key
        path = _PATHS.get(name)
        if path is None:
            return None
        if name == "tool_calls":
            reader = self._reader_of(answer, delta[name])
            return None if reader is None else CallRepeat(reader, answer, path, _PADDING, _INERT)
        if not isinstance(delta[name], str):
            return None
        if name == "content":
            return TextRepeat(answer, None, path, _PADDING, _INERT)
        state = self.choices.get(answer.choice)
        part = None if state is None else state.reasoning.part
        content = answer.message.content
        if part is None or not content or content[-1] is not part:
            return None
        repeat = ReasoningRepeat(answer, part, path, _PADDING, _INERT)
        repeat.growing = True
        return repeat

    def _reader_of(self, answer: AnswerReader, calls: Any) -> CallReader | None:
        """Return the reader of the call if a delta only continues its arguments; otherwise None."""
        if not isinstance(calls, list) or len(calls) != 1 or not isinstance(calls[0], dict):
            return None
        entry = calls[0]
        function, index = entry.get("function"), entry.get("index")
        if not isinstance(function, dict) or type(index) is not int or entry.get("id"):
            return None
        if not _SAME_CALL.issuperset(entry) or not _FUNCTION.issuperset(function):
            return None
        if function.get("name") or not isinstance(function.get("arguments"), str):
            return None
        state = self.choices.get(answer.choice)
        reader = None if state is None else state.correlator.by_index.get(index)
        return None if reader is None or reader.entry is not None else reader

    def count_late(self, data: dict[str, Any], event: str) -> None:
        self._count(data)

    def _count(self, data: dict[str, Any]) -> Any:
        """Read the usage in a chunk, if there is one; return it."""
        usage = _usage_in(data)
        if data.get("object") == ADDED_USAGE:
            self.response.first.add_usage(usage, openai_usage)
        else:
            self.response.first.count(usage, openai_usage)
        return usage

    def _choice(self, choice: dict[str, Any], data: dict[str, Any]) -> bool:
        """Read one choice of a chunk; return whether it was a whole message."""
        answer = self.answer_of("choices", choice)
        if answer is None:
            return False
        answer.begin(data.get("id"), data.get("model"))
        delta = choice.get("delta")
        message = choice.get("message")
        whole = isinstance(message, dict) and not isinstance(delta, dict)
        if whole:
            self._message(answer, dict_of(message))
        elif isinstance(delta, dict):
            self._delta(answer, delta)
        elif is_something(delta):
            answer.pass_on("delta", delta)
        for key, value in choice.items():
            if key not in _CHOICE and is_something(value):
                if key in _REPEATED:
                    answer.note(key, value)
                elif key != "text":  # Together repeats the text of the delta
                    answer.pass_on(key, value)
        if "usage" in choice:
            answer.count(choice["usage"], openai_usage)
        reason = choice.get("finish_reason")
        if isinstance(reason, str):
            self._finish(answer, reason)
        elif reason is not None and is_something(reason):
            answer.pass_on("finish_reason", reason)
        return whole

    def _finish(self, answer: AnswerReader, raw: str) -> None:
        reason = reason_of(raw, {})
        if reason == "stop" and answer.message.refusal:
            reason = "refusal"
        if reason:
            answer.finish(reason, raw)

    def _message(self, answer: AnswerReader, message: dict[str, Any]) -> None:
        """Read the message of a whole body as one delta, in which each call is whole."""
        if answer.choice in self.choices:
            self.choices[answer.choice].correlator = Correlator()
        calls = [
            {**call, "index": place} if isinstance(call, dict) else call
            for place, call in enumerate(list_of(message.get("tool_calls")))
        ]
        self._delta(answer, {**message, "tool_calls": calls})

    def _delta(self, answer: AnswerReader, delta: dict[str, Any]) -> None:
        more = False  # whether there is anything but the role, text and calls
        for key, value in delta.items():
            if value is None or type(value) is _USUAL.get(key):
                continue
            more = True
            if not isinstance(value, _DELTA.get(key, ())) and is_something(value):
                answer.pass_on(key, value)
        if more and not REASONING.isdisjoint(delta):
            self._state_of(answer).reasoning.read(delta)
        content = delta.get("content")
        if isinstance(content, str):
            answer.text(content)
        elif isinstance(content, list):
            for part in content:
                _part(answer, part)
        if more:
            self._before_calls(answer, delta, not content)
        calls = delta.get("tool_calls")
        if isinstance(calls, list):
            for call in calls:
                self._call(answer, call)
            if answer.texts.reader is None:
                answer.calls.mark_ready()
        if more:
            self._after_calls(answer, delta)

    def _before_calls(self, answer: AnswerReader, delta: dict[str, Any], is_silent: bool) -> None:
        audio = delta.get("audio")
        if isinstance(audio, dict):
            _audio(answer, audio, is_silent)
        if isinstance(delta.get("channel"), str):
            answer.note("channel", delta["channel"])
        answer.refusal(text_of(delta.get("refusal")))

    def _after_calls(self, answer: AnswerReader, delta: dict[str, Any]) -> None:
        legacy = delta.get("function_call")
        if isinstance(legacy, dict):
            self._call(answer, {"index": "function_call", "function": legacy})
        for annotation in list_of(delta.get("annotations")):
            answer.add(Citation(annotation))

    def _state_of(self, answer: AnswerReader) -> _Choice:
        state = self.choices.get(answer.choice)
        if state is None:
            state = self.choices[answer.choice] = _Choice(answer)
        return state

    # Calls.

    def _call(self, answer: AnswerReader, entry: Any) -> None:
        if not isinstance(entry, dict):
            answer.pass_on("tool_calls", entry)
            return
        custom = entry.get("custom")
        function = dict_of(custom if isinstance(custom, dict) else entry.get("function"))
        arguments = function.get("input" if isinstance(custom, dict) else "arguments")
        name = text_of(function.get("name")) or None
        identity = text_of(entry.get("id")) or None
        if identity == "null":
            identity = None
        kind: CallKind = "custom" if isinstance(custom, dict) else "function"
        if not _FUNCTION.issuperset(function):
            pass_on_rest(answer, function, _FUNCTION, "function.")
        reader = self._reader(answer, entry, identity, name, arguments, kind)
        if reader is None:
            return
        if isinstance(arguments, str):
            reader.feed(arguments)
        elif arguments is not None:
            reader.feed_value(arguments)
        if not _CALL.issuperset(entry):
            keep_rest(answer.room, reader.call.extra, entry, _CALL)
        if reader.entry is not None:  # only white space so far: it may never become a call
            _pass_on_members(answer, entry)

    def _reader(
        self,
        answer: AnswerReader,
        entry: dict[str, Any],
        identity: str | None,
        name: str | None,
        arguments: Any,
        kind: CallKind,
    ) -> CallReader | None:
        """Return the call that an entry belongs to, perhaps a new one; None if there is none."""
        correlator = self._state_of(answer).correlator
        index = entry.get("index")
        if isinstance(index, (list, dict)):  # it means nothing, and cannot be a key
            index = None
        text = arguments if isinstance(arguments, str) else ""
        found = correlator.find(index, identity, name, text)
        if not isinstance(found, Outcome):
            if identity is not None:
                found.set_id(identity)
            if name is not None:
                found.add_name(name)
            return found
        is_empty = identity is None and name is None and not is_something(arguments)
        if is_empty or (found is AMBIGUOUS and not text.strip()):
            _pass_on_members(answer, entry)
            return None
        if found is AMBIGUOUS:
            correlator.mark_ambiguous()
            answer.pass_on("ambiguous_tool_call_delta", entry)
            return None
        reader = answer.call(identity, name, kind)
        correlator.add(reader, index, identity)
        return reader


def _is_bare(choice: Any) -> bool:
    """Return whether only the delta of a choice can have an effect."""
    if not isinstance(choice, dict) or not isinstance(choice.get("delta"), dict):
        return False
    for key, value in choice.items():
        if key not in _WITHOUT_EFFECT and is_something(value):
            return False
    return True


def _pass_on_members(answer: AnswerReader, entry: dict[str, Any]) -> None:
    """Pass on an entry that is not a call, if it has other members than a call."""
    if any(key not in _CALL and is_something(entry[key]) for key in entry):
        answer.pass_on("tool_calls", entry)


def _part(answer: AnswerReader, part: Any) -> None:
    """Read a part of a `content` list, as Mistral sends them."""
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "text":
        answer.text(text_of(part.get("text")))
    elif kind == "thinking":
        read_thinking(answer, part)
    elif kind == "reference":
        answer.add(Citation(part))
    elif kind == "refusal":
        answer.refusal(text_of(part.get("refusal")))
    elif isinstance(part, str):
        answer.text(part)
    else:
        answer.pass_on("content_part", part)


def _audio(answer: AnswerReader, audio: dict[str, Any], silent: bool) -> None:
    """Read an audio answer, whose transcript is the text unless there is text beside it."""
    transcript = text_of(audio.get("transcript")) if silent else ""
    answer.text(transcript)
    if not transcript or len(audio) > 1:
        answer.pass_on("audio", audio)


class _Choice:
    """What is known of the reasoning and the calls of one choice."""

    __slots__ = ("correlator", "reasoning")

    _init_types: ClassVar[tuple[Any, ...]] = (AnswerReader,)

    def __init__(self, answer: AnswerReader) -> None:
        self.reasoning = ChatReasoning(answer)
        self.correlator = Correlator()


def _usage_in(data: dict[str, Any]) -> Any:
    usage = data.get("usage")
    if is_something(usage):
        return usage
    groq = data.get("x_groq")
    return groq.get("usage") if isinstance(groq, dict) else None


def history(message: Message) -> list[dict[str, Any]]:
    """Return one assistant message: text, refusal, complete calls, and reasoning if required.

    DeepSeek and Moonshot require `reasoning_content` beside tool calls, OpenRouter its
    `reasoning_details`, LiteLLM its `thinking_blocks`, GitHub Copilot `reasoning_text` and
    `reasoning_opaque`, Gemini's endpoint the `extra_content` of a call. Calls that are not complete
    are left out, because the API refuses a call without a result.
    """
    calls = [_call_back(call) for call in message.tool_calls if call.status == "complete"]
    if not calls and not message.text and not message.refusal:
        return []
    back: dict[str, Any] = {"role": "assistant", "content": message.text or None}
    if message.refusal:
        back["refusal"] = message.refusal
    if calls:
        back["tool_calls"] = calls
    thoughts: dict[str, list[str]] = {}
    for part in message.content:
        if isinstance(part, Reasoning):
            field = part.extra.get("field")
            if field in _RETURNED:
                thoughts.setdefault(field, []).append(part.text)
            _add_reasoning(back, part)
    return [{**back, **{field: "".join(texts) for field, texts in thoughts.items()}}]


def _add_reasoning(back: dict[str, Any], part: Reasoning) -> None:
    if part.extra.get("reasoning_opaque"):
        back["reasoning_opaque"] = part.extra["reasoning_opaque"]
    for name in DETAILS:
        details = [entry for entry in part.extra.get(name, []) if not _is_unsigned(entry)]
        if details:
            back.setdefault(name, []).extend(details)


def _is_unsigned(entry: Any) -> bool:
    """Return whether a thinking block was cut. Anthropic's models require its signature."""
    block = dict_of(entry)
    return block.get("type") == "thinking" and not block.get("signature")


def _call_back(call: ToolCall) -> dict[str, Any]:
    identity = call.id or f"call_{call.index}"
    if call.kind == "custom":
        custom = {"name": call.name, "input": call.arguments_text}
        return {"id": identity, "type": "custom", "custom": custom, **call.extra}
    function = {"name": call.name, "arguments": call.arguments_text.strip() or "{}"}
    return {"id": identity, "type": "function", "function": function, **call.extra}
