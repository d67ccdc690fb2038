"""Google `generateContent` and `streamGenerateContent`: the Gemini API and Vertex AI.

Source: https://ai.google.dev/api/generate-content, the types of the google-genai SDK, and recorded
streams of both services (server-sent events, JSON arrays, whole bodies).

Quirks that are handled here:
- Parts have neither ids nor indexes: text grows until a part of another kind comes.
- A `thoughtSignature` belongs to its part, which is not merged with others and goes back
  unchanged, even if its text is empty.
- A call is one part, or (Vertex, `streamFunctionCallArguments`) pieces at paths. It then ends with
  an empty `functionCall`, with a part that lacks `willContinue`, with the next part that has a
  name, or with the finish reason. Pieces out of order are in the value of the call, but not in its
  `arguments_text`.
- There is no terminal record. Old models send `finishReason: "STOP"` with every chunk, so the last
  finish reason is used.
- A blocked prompt has no candidates, only `promptFeedback.blockReason`.
- `finishReason` is a number if an SDK converted it from protocol buffers.
- `usageMetadata` comes with every chunk; the early ones may only have `trafficType`.
- Chunks may repeat citations; `citationSources` is their old name.

Tools of the provider: `executableCode` is a server call named `code_execution` with the arguments
`{"language": …, "code": …}`; a `toolCall` is named by its `toolType`. Files (`inlineData`,
`fileData`) are passed on, and kept in the `extra` of an empty part, because the next turn needs
them in their place. Each support of a grounding is a `Citation` together with its chunks (see
`_Sources`); the whole grounding is in `message.extra`.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.calls import CallReader
from streamparse._answers.response import ResponseReader
from streamparse._core.plain import (
    dict_of,
    is_index,
    is_something,
    json_text,
    list_of,
    number_of,
    shown,
    text_of,
    weight_of,
)
from streamparse._decoding.templates import Repeat
from streamparse._wires.assemble import Assembler, parse_place
from streamparse._wires.base import Wire, note_rest, pass_on_rest
from streamparse._wires.reasons import reason_of
from streamparse._wires.repeats import ReasoningRepeat, TextRepeat, UsageCounts
from streamparse._wires.usage import sum_of
from streamparse.errors import StreamParseError
from streamparse.message import (
    Citation,
    GrowingText,
    Message,
    Part,
    Reasoning,
    ServerToolResult,
    Text,
    ToolCall,
    Usage,
)
from streamparse.paths import Path

__all__ = ["GoogleGenerate", "history", "tool_result", "usage_of"]

_REASONS: Final[dict[str, str]] = {
    "OTHER": "error",
    # The numbers that both services agree on.
    "1": "stop",
    "2": "length",
    "3": "content_filter",
    "4": "content_filter",
    "5": "error",
}

_TOP: Final = frozenset(
    ("candidates", "usageMetadata", "modelVersion", "responseId", "error", "promptFeedback")
)
# The google-genai SDK adds three members to its chunks.
_KNOWN: Final = _TOP | {"sdkHttpResponse", "automaticFunctionCallingHistory", "parsed"}
_CANDIDATE: Final = frozenset(("index", "content", "finishReason", "citationMetadata"))
_CONTENT: Final = frozenset(("role", "parts"))
# Members of a candidate that chunks repeat.
_REPEATED: Final = frozenset(
    ("avgLogprobs", "continuationToken", "finishMessage", "groundingMetadata", "safetyRatings")
) | frozenset(("tokenCount", "urlContextMetadata"))
_CALL: Final = frozenset(("id", "name", "args", "partialArgs", "willContinue"))
# The members of a piece of a string, which more may follow.
_PIECE: Final = frozenset(("jsonPath", "stringValue", "willContinue"))
# Members of a part that go back with its content.
_BESIDE: Final = ("thoughtSignature", "partMetadata", "videoMetadata", "mediaResolution")
# Content that is kept for the next turn, without being understood.
_FILES: Final = ("inlineData", "fileData", "functionResponse")
# The members of a part that are understood, if they are of these types.
_PART: Final[dict[str, type]] = {
    "text": str,
    "thought": bool,
    "functionCall": dict,
    "executableCode": dict,
    "codeExecutionResult": dict,
    "toolCall": dict,
    "toolResponse": dict,
    **dict.fromkeys(_BESIDE, object),
}
_CODE: Final = "code_execution"
_EXPANSION: Final = 8  # see `_Sources`
_ESCAPE: Final = 12  # the maximum length of a character in JSON text
_REFERENCE: Final = 16  # the characters that a reference to a chunk counts for


class GoogleGenerate(Wire):
    """Reads `GenerateContentResponse` records, which are chunks or whole bodies."""

    api: ClassVar[str] = "google-generate"

    def __init__(self, response: ResponseReader) -> None:
        super().__init__(response)
        # By choice: the call that is being streamed, and the digests of the citations so far.
        self.streamed: dict[int, _Streamed] = {}
        self.cited: dict[int, set[str]] = {}

    @classmethod
    def words(cls) -> frozenset[str]:
        return _KNOWN.union(_CANDIDATE, _REPEATED, _CALL, _PART)

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        if isinstance(data.get("candidates"), list) or isinstance(data.get("promptFeedback"), dict):
            return True
        return "usageMetadata" in data and ("modelVersion" in data or "responseId" in data)

    def history(self) -> Any:
        return history

    def write_result(self) -> Any:
        return tool_result

    def record(self, data: dict[str, Any], event: str) -> bool:
        if not _is_answer(data):
            return False
        if len(data) > 1 or "error" not in data:
            self._answer(data)
        if data.get("error"):
            self.fail(data)
        return True

    def repeat(self, data: dict[str, Any], event: str) -> Repeat | None:
        candidates, usage = data.get("candidates"), data.get("usageMetadata")
        if not isinstance(candidates, list) or len(candidates) != 1:
            return None
        if is_something(data.get("error")) or is_something(data.get("promptFeedback")):
            return None
        repeat = self._repeat_in(candidates[0])
        if repeat is not None and isinstance(usage, dict):
            repeat.counts = UsageCounts("usageMetadata", self.response.first, usage_of)
        elif is_something(usage):
            return None
        return repeat

    def _repeat_in(self, candidate: Any) -> Repeat | None:
        """Return the effect of a candidate with one text, or with one piece of a string."""
        if not isinstance(candidate, dict) or _has_more(candidate):
            return None
        index, content = candidate.get("index"), candidate.get("content")
        answer = self.response.answers.get(index if type(index) is int else 0)
        if answer is None or not isinstance(content, dict) or not _CONTENT.issuperset(content):
            return None
        parts = content.get("parts")
        part = parts[0] if isinstance(parts, list) and len(parts) == 1 else None
        if not isinstance(part, dict):
            return None
        path: list[Any] = ["candidates", 0, "content", "parts", 0]
        if "functionCall" in part:
            streamed = self.streamed.get(answer.choice)
            return None if streamed is None or len(part) > 1 else streamed.repeat(part, path)
        last = answer.message.content[-1] if answer.message.content else None
        text, thought = part.get("text"), part.get("thought", False)
        if not isinstance(text, str) or not text or not isinstance(thought, bool):
            return None
        if len(part) > 1 + ("thought" in part):
            return None
        if isinstance(last, GrowingText) and last.extra:
            return None
        if thought:
            return ReasoningRepeat(answer, None, [*path, "text"])
        return TextRepeat(answer, None, [*path, "text"])

    def count_late(self, data: dict[str, Any], event: str) -> None:
        self.response.first.count(data.get("usageMetadata"), usage_of)

    def _answer(self, data: dict[str, Any]) -> None:
        candidates = data.get("candidates")
        for candidate in list_of(candidates):
            if isinstance(candidate, dict):
                self._candidate(candidate, data)
            else:
                self.response.first.pass_on("candidates", candidate)
        if is_something(candidates) and not isinstance(candidates, list):
            self.response.first.pass_on("candidates", candidates)
        first = self.response.first
        first.begin(data.get("responseId"), data.get("modelVersion"))
        feedback = data.get("promptFeedback")
        if is_something(feedback):
            first.note("promptFeedback", feedback)
            blocked = dict_of(feedback).get("blockReason")
            if blocked:
                self.response.finish("content_filter", blocked)
        usage = data.get("usageMetadata")
        first.count(usage, usage_of)
        if is_something(usage) and not isinstance(usage, dict):
            first.pass_on("usageMetadata", usage)
        note_rest(first, data, _KNOWN)

    def _candidate(self, candidate: dict[str, Any], data: dict[str, Any]) -> None:
        answer = self.answer_of("candidates", candidate)
        if answer is None:
            return
        answer.begin(data.get("responseId"), data.get("modelVersion"))
        content = candidate.get("content")
        if isinstance(content, dict):
            for part in list_of(content.get("parts")):
                if isinstance(part, dict):
                    self._part(answer, part)
                else:
                    answer.pass_on("parts", part)
            pass_on_rest(answer, content, _CONTENT)
        elif is_something(content):
            answer.pass_on("content", content)
        self._citations(answer, candidate)
        for key, value in candidate.items():
            if key not in _CANDIDATE and is_something(value):
                if key in _REPEATED:
                    answer.note(key, value)
                else:
                    answer.pass_on(key, value)
        self._finish(answer, candidate.get("finishReason"))

    def _finish(self, answer: AnswerReader, reason: Any) -> None:
        if not is_something(reason) or reason == 0:
            return
        raw = shown(reason) if is_index(reason) else text_of(reason)
        if not raw or (raw is not reason and raw not in _REASONS):
            answer.pass_on("finishReason", reason)
            return
        word = reason_of(raw, _REASONS)
        if not word:
            return
        if word not in ("length", "content_filter", "error", "cancelled"):
            self._end_streamed(answer)
        answer.finish(word, raw)

    # Parts.

    def _part(self, answer: AnswerReader, part: dict[str, Any]) -> None:
        beside = _beside(part)
        call = part.get("functionCall")
        if isinstance(call, dict):
            self._call(answer, call, beside)
        elif isinstance(part.get("text"), str):
            _text(answer, part["text"], part.get("thought") is True, beside)
        elif not self._server_part(answer, part, beside):
            _file(answer, part, beside)
        for key, value in part.items():
            if key == "text" and isinstance(value, str):
                continue
            if not isinstance(value, _PART.get(key, ())) and is_something(value):
                answer.pass_on(key, value)

    def _server_part(
        self, answer: AnswerReader, part: dict[str, Any], beside: dict[str, Any]
    ) -> bool:
        """Read a call of the provider's tools, or its result; return whether it is one."""
        for key, name in (("executableCode", _CODE), ("toolCall", "")):
            content = part.get(key)
            if isinstance(content, dict):
                name = name or text_of(content.get("toolType")) or "tool"
                reader = answer.call(text_of(content.get("id")) or None, name, "server")
                answer.room.keep(beside)
                reader.call.extra.update(beside)
                given = content.get("args") if key == "toolCall" else _without_id(content)
                reader.feed_arguments(given)
                reader.end()
                return True
        for key, name in (("codeExecutionResult", _CODE), ("toolResponse", "")):
            content = part.get(key)
            if isinstance(content, dict):
                name = name or text_of(content.get("toolType")) or "tool"
                given = content.get("response") if key == "toolResponse" else _without_id(content)
                identity = text_of(content.get("id")) or None
                answer.add_result(ServerToolResult(identity, name, given, beside))
                return True
        return False

    # Calls.

    def _call(self, answer: AnswerReader, call: dict[str, Any], beside: dict[str, Any]) -> None:
        name = text_of(call.get("name")) or None
        pieces = list_of(call.get("partialArgs"))
        goes_on = call.get("willContinue") is True
        streamed = self.streamed.get(answer.choice)
        if name is not None or (streamed is None and (pieces or call.get("args") is not None)):
            self._end_streamed(answer)
            reader = answer.call(text_of(call.get("id")) or None, name)
            streamed = self.streamed[answer.choice] = _Streamed(reader, answer)
        if streamed is None:  # the end of a call that has ended already
            if beside:
                _text(answer, "", False, beside)
            return
        reader = streamed.reader
        if beside:
            answer.room.keep(beside)
            reader.call.extra.update(beside)
        # A streamed call begins with an empty object.
        if call.get("args") is not None and not (goes_on and call["args"] == {}):
            streamed.whole(call["args"])
        for piece in pieces:
            streamed.take(piece)
        pass_on_rest(answer, call, _CALL, "functionCall.")
        if not goes_on:
            self._end_streamed(answer)

    def _end_streamed(self, answer: AnswerReader) -> None:
        streamed = self.streamed.pop(answer.choice, None)
        if streamed is not None:
            streamed.end()

    # Sources.

    def _citations(self, answer: AnswerReader, candidate: dict[str, Any]) -> None:
        metadata = candidate.get("citationMetadata")
        if isinstance(metadata, dict):
            found = list_of(metadata.get("citations")) + list_of(metadata.get("citationSources"))
            for citation in found:
                self._cite(answer, citation, json_text(citation))
        grounding = candidate.get("groundingMetadata")
        if not isinstance(grounding, dict):
            return
        supports = list_of(grounding.get("groundingSupports"))
        if supports:
            sources = _Sources(grounding)
            for support in supports:
                cited = sources.of(dict_of(support))
                key = json_text(support) + "".join([source.digest for source in cited])
                data = {**dict_of(support), "groundingChunks": sources.chunks_of(cited)}
                self._cite(answer, data, key)

    def _cite(self, answer: AnswerReader, citation: Any, key: str) -> None:
        """Add a citation, unless the answer has one with the same key."""
        known = self.cited.setdefault(answer.choice, set())
        digest = _digest(key)
        if digest not in known:
            known.add(digest)
            answer.add(Citation(citation))


class _Source:
    """One of the `groundingChunks`."""

    __slots__ = ("chunk", "digest", "weight")

    _init_types: ClassVar[tuple[Any, ...]] = (None,)

    def __init__(self, chunk: Any) -> None:
        self.chunk = chunk
        text = json_text(chunk)
        self.digest = _digest(text)
        self.weight = len(text) + _REFERENCE


class _Sources:
    """The `groundingChunks` of a record, for the citations of the supports that refer to them.

    Supports may refer to a chunk any number of times. The chunks in citations have at most
    `_EXPANSION` times as many characters as the grounding itself, so that a small record cannot
    become a large message. Citations beyond that have the indexes of their chunks only.
    """

    __slots__ = ("room", "sources")

    _init_types: ClassVar[tuple[Any, ...]] = (dict,)

    def __init__(self, grounding: dict[str, Any]) -> None:
        self.sources = [_Source(chunk) for chunk in list_of(grounding.get("groundingChunks"))]
        supports = weight_of(grounding.get("groundingSupports"))
        self.room = _EXPANSION * (supports + sum([source.weight for source in self.sources]))

    def of(self, support: dict[str, Any]) -> list[_Source]:
        """Return the sources that a support refers to, each once."""
        places = list_of(support.get("groundingChunkIndices"))
        whole = [place for place in places if is_index(place) and 0 <= place < len(self.sources)]
        return [self.sources[place] for place in dict.fromkeys(whole)]

    def chunks_of(self, cited: list[_Source]) -> list[Any]:
        """Return the chunks of sources, or nothing if there is no room for them."""
        weight = sum([source.weight for source in cited])
        if weight > self.room:
            return []
        self.room -= weight
        return [source.chunk for source in cited]


def _digest(text: str) -> str:
    """Return a short text by which to recognize a long one."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


class _Streamed:
    """A call whose arguments come as pieces at paths."""

    __slots__ = ("answer", "assembler", "place", "reader", "text")

    _init_types: ClassVar[tuple[Any, ...]] = (CallReader, AnswerReader)

    def __init__(self, reader: CallReader, answer: AnswerReader) -> None:
        self.reader = reader
        self.answer = answer
        self.assembler: Assembler | None = None
        # The last path as text and parsed, because the next piece usually has the same one.
        self.text: str = ""
        self.place: tuple[Path, bool] | None = None

    def whole(self, arguments: Any) -> None:
        """Read all arguments at once, even if they have arrived in pieces."""
        self._close()
        self.reader.feed_value(arguments)

    def take(self, piece: Any) -> None:
        """Read a `PartialArg`."""
        if not self.reader.open and self.reader.call.status != "rejected":
            self.answer.pass_on("partialArgs", piece)
            self.reader.note_anomaly("late_delta", "a delta came after the end of the call")
            return
        text = text_of(piece.get("jsonPath")) if isinstance(piece, dict) else ""
        if text != self.text:
            self.text = text
            self.place = parse_place(text)
        if self.place is None:
            self.answer.pass_on("partialArgs", piece)
            self.reader.note_anomaly("misplaced_value", f"a value came without a path: {text!r}")
            return
        assembler = self._begin()
        placed = True
        try:
            placed = _assemble(assembler, piece, *self.place)
        except StreamParseError as error:
            self._refuse(error)
        else:
            self.reader.emit()
        if not placed:
            self.reader.note_anomaly("misplaced_value", f"a value came out of order: {text}")

    def repeat(self, part: dict[str, Any], path: list[Any]) -> Repeat | None:
        """Return the effect of a part that only continues a string; None for other parts."""
        call = part["functionCall"]
        pieces = call.get("partialArgs") if isinstance(call, dict) else None
        if not isinstance(pieces, list) or len(pieces) != 1 or not isinstance(pieces[0], dict):
            return None
        piece = pieces[0]
        if call.get("willContinue") is not True or piece.get("willContinue") is not True:
            return None
        if len(call) > 2 or not _PIECE.issuperset(piece) or self.place is None or self.place[1]:
            return None
        if not isinstance(piece.get("stringValue"), str) or piece.get("jsonPath") != self.text:
            return None
        return _StringRepeat(self, [*path, "functionCall", "partialArgs", 0, "stringValue"])

    def grow(self, text: str, path: Path, delta: str) -> None:
        """Read a piece of a string that more may follow; `path` is what `text` means."""
        assembler, reader = self.assembler, self.reader
        # A message that is nearly full may end here, which does not reject the call: see `take`.
        is_full = self.answer.room.left < _ESCAPE * len(delta)
        can_grow = assembler is not None and reader.open and bool(delta) and not is_full
        if assembler is None or not can_grow or not assembler.grows(path, delta):
            self.take({"jsonPath": text, "stringValue": delta, "willContinue": True})
            return
        try:
            reader.grow_string(delta)
        except StreamParseError as error:
            self._refuse(error)

    def end(self) -> None:
        """End the call, which completes what is open in it."""
        self._close()
        self.reader.end()

    def _close(self) -> None:
        if self.assembler is not None and self.reader.listening:
            try:
                self.assembler.close()
            except StreamParseError as error:
                self._refuse(error)
            else:
                self.reader.emit()

    def _begin(self) -> Assembler:
        assembler = self.assembler
        if assembler is None:
            reader = self.reader
            reader.begin()
            builder = reader.chain.builder
            assembler = self.assembler = Assembler(reader.driver(), builder, reader.limits)
        return assembler

    def _refuse(self, error: StreamParseError) -> None:
        self.reader.refuse(error)
        if self.assembler is not None:
            self.assembler.detach()


class _StringRepeat(Repeat):
    """Appends to a string in the arguments of a call."""

    __slots__ = ("place", "streamed", "text")

    _init_types: ClassVar[tuple[Any, ...]] = (_Streamed, list)

    def __init__(self, streamed: _Streamed, path: list[Any]) -> None:
        super().__init__(path)
        self.streamed = streamed
        self.text = streamed.text
        self.place: Path = () if streamed.place is None else streamed.place[0]

    def read(self, delta: str) -> None:
        self.streamed.grow(self.text, self.place, delta)


def _has_more(candidate: dict[str, Any]) -> bool:
    """Return whether a candidate has more than content and members that chunks repeat."""
    for key, value in candidate.items():
        if key in ("index", "content") or not is_something(value):
            continue
        if key not in _REPEATED or key == "groundingMetadata":
            return True
    return False


def _assemble(assembler: Assembler, piece: dict[str, Any], path: Path, is_array: bool) -> bool:
    """Read a piece; return False if it is out of order."""
    value, known = _value_of(piece)
    if not known:
        return assembler.container(path, is_array)
    if is_array:
        path = assembler.next_path(path)
    if not isinstance(value, str):
        return assembler.set(path, value)
    placed = assembler.append(path, value)
    if piece.get("willContinue") is not True:
        assembler.complete(path)
    return placed


def _value_of(piece: dict[str, Any]) -> tuple[Any, bool]:
    """Return the value of a piece, and whether it has one."""
    if piece.get("nullValue") is not None:
        return None, True
    for name in ("stringValue", "boolValue"):
        if piece.get(name) is not None:
            return piece[name], True
    number = piece.get("numberValue")
    if number in ("NaN", "Infinity", "-Infinity"):  # as protocol buffers write them in JSON
        return float(number), True
    return number, number is not None


def _is_answer(data: dict[str, Any]) -> bool:
    """Return whether the record has a member that is understood."""
    return any(data.get(key) is not None for key in _TOP)


def _beside(part: dict[str, Any]) -> dict[str, Any]:
    """Return the members of a part that go back with its content."""
    if len(part) == 1 and "text" in part:
        return {}
    return {name: part[name] for name in _BESIDE if is_something(part.get(name))}


def _text(answer: AnswerReader, text: str, thought: bool, beside: dict[str, Any]) -> None:
    """Add text or a thought, as a part of its own if it has other members."""
    last = answer.message.content[-1] if answer.message.content else None
    if not beside and not (isinstance(last, GrowingText) and last.extra):
        if thought:
            answer.reasoning(text)
        else:
            answer.text(text)
    elif thought and (text or beside):
        reasoning = Reasoning("", beside)
        answer.add(reasoning)
        answer.reasoning(text, reasoning)
    elif text or beside:
        part = Text("", beside)
        answer.add(part)
        answer.text(text, part)


def _file(answer: AnswerReader, part: dict[str, Any], beside: dict[str, Any]) -> None:
    """Keep content without text in its place, for the next turn."""
    kept = {name: part[name] for name in _FILES if is_something(part.get(name))}
    if kept or beside:
        _text(answer, "", part.get("thought") is True, {**kept, **beside})


def _without_id(content: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name != "id"}


def usage_of(raw: dict[str, Any]) -> Usage:
    """Return the counts of a `usageMetadata`; live sessions have another name for the output."""
    given = raw.get("candidatesTokenCount")
    if given is None:
        given = raw.get("responseTokenCount")
    return Usage(
        input_tokens=sum_of(raw.get("promptTokenCount"), raw.get("toolUsePromptTokenCount")),
        cached_tokens=number_of(raw.get("cachedContentTokenCount")),
        output_tokens=sum_of(given, raw.get("thoughtsTokenCount")),
        reasoning_tokens=number_of(raw.get("thoughtsTokenCount")),
        total_tokens=number_of(raw.get("totalTokenCount")),
        raw=raw,
    )


# The next turn.


def history(message: Message) -> list[dict[str, Any]]:
    """Return one `Content` of the role `"model"`, with its parts and signatures in their places.

    The API accepts signatures only in their places, and no call without a response. So calls that
    are not complete are left out. Calls of the provider's tools and their results go back too.
    """
    parts = [back for part in message.content for back in _part_back(part)]
    if all(part.get("thought") for part in parts):
        return []  # thoughts that led to nothing
    return [{"role": "model", "parts": parts}]


def tool_result(call: ToolCall, value: Any, error: bool) -> dict[str, Any]:
    """A `Content` with a `functionResponse`, which is an object.

    The API asks for other results as its member "output", and for errors as "error".
    Source: https://ai.google.dev/api/caching#FunctionResponse.
    """
    if error or not isinstance(value, dict):
        value = {"error" if error else "output": value}
    named = {"name": call.name} if call.id is None else {"id": call.id, "name": call.name}
    return {"role": "user", "parts": [{"functionResponse": {**named, "response": value}}]}


def _part_back(part: Part) -> list[dict[str, Any]]:
    if isinstance(part, (Text, Reasoning)):
        is_thought = isinstance(part, Reasoning)
        if not is_thought and not part.text and not part.extra:
            return []
        is_file = any(name in part.extra for name in _FILES)
        text = {} if is_file else {"text": part.text}
        thought = {"thought": True} if is_thought else {}
        return [{**text, **thought, **part.extra}]
    if isinstance(part, ToolCall):
        return [{**_call_back(part), **part.extra}] if part.status == "complete" else []
    return [{**_result_back(part), **part.extra}] if isinstance(part, ServerToolResult) else []


def _call_back(call: ToolCall) -> dict[str, Any]:
    named = _named(call.id)
    if call.kind != "server":
        return {"functionCall": {**named, "name": call.name, "args": call.arguments}}
    if call.name == _CODE:
        return {"executableCode": {**named, **call.arguments}}
    return {"toolCall": {**named, "toolType": call.name, "args": call.arguments}}


def _result_back(result: ServerToolResult) -> dict[str, Any]:
    named = _named(result.call_id)
    if result.name == _CODE:
        return {"codeExecutionResult": {**named, **dict_of(result.content)}}
    return {"toolResponse": {**named, "toolType": result.name, "response": result.content}}


def _named(identity: str | None) -> dict[str, Any]:
    return {} if identity is None else {"id": identity}
