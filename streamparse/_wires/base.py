"""The interface of all adapters, helpers for records, and the shapes of errors.

A wire is the adapter of one API. It reads the records of a response and calls the methods of its
`ResponseReader` and of the answers in it. Those decide what is complete.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.response import ResponseReader
from streamparse._core._marks import mypyc_attr
from streamparse._core.plain import (
    dict_of,
    is_index,
    is_something,
    json_text,
    number_of,
    shown,
    text_of,
)
from streamparse._core.room import Room
from streamparse._decoding.record import Record
from streamparse._decoding.templates import Repeat
from streamparse._wires.reasons import reason_of
from streamparse._wires.replays import Sieve, checksum
from streamparse.errors import ProviderError
from streamparse.message import Message, ToolCall

__all__ = [
    "Wire",
    "error_of",
    "error_of_text",
    "finish",
    "is_typed",
    "keep_rest",
    "no_history",
    "note_rest",
    "pass_on_rest",
    "provider_error",
    "result_text",
    "tool_message",
]


@mypyc_attr(allow_interpreted_subclasses=True)
class Wire:
    """The adapter of one API, for one response."""

    api: ClassVar[str] = ""

    _init_types: ClassVar[tuple[Any, ...]] = (ResponseReader,)

    def __init__(self, response: ResponseReader) -> None:
        self.response = response
        #: Drops repeated records by their marks, if the API has marks.
        self.sieve: Sieve | None = None
        response.serve(self.api, self.history(), self.write_result())

    @classmethod
    def recognizes(cls, data: dict[str, Any], event: str) -> bool:
        """Return whether only this API sends such a record. `event` is its name outside of it."""
        return False

    @classmethod
    def words(cls) -> frozenset[str]:
        """Return the names of members and records of this API, which `nearest` compares."""
        return frozenset()

    def history(self) -> Any:
        """Return the function that writes a message for the next turn; see `Message.to_history`."""
        return no_history

    def write_result(self) -> Any:
        """The function that writes the result of a call; None for APIs that take no results."""
        return None

    def record(self, data: dict[str, Any], event: str) -> bool:
        """Read one record or a whole body; return False if nothing in it was understood."""
        return False

    def text_record(self, text: str, event: str) -> bool:
        """Read the data of an event of `TEXT_EVENTS`; return False if the API has no such event."""
        return False

    def answer_of(self, name: str, entry: dict[str, Any]) -> AnswerReader | None:
        """Return the answer that an entry of the list `name` belongs to, by its `index`.

        Without an index it is the first. An entry whose index is too large is passed on, and the
        result is None.
        """
        index: Any = entry.get("index")
        if is_index(index):
            return self.response.at(index)
        if number_of(index) is None:
            return self.response.at(0)
        self.response.first.pass_on(name, entry)
        return None

    def is_elsewhere(self, data: dict[str, Any]) -> bool:
        """Return whether the record belongs to another stream on the same connection."""
        return False

    def total(self, data: dict[str, Any], event: str) -> int:
        """Return a checksum of a record that is equal for its repetitions only."""
        return checksum(event)

    def is_next(self, record: Record) -> bool:
        """Return whether a record is certainly new, which is then counted, as nearly all are.

        If the result is False, `sift` decides.
        """
        sieve, data = self.sieve, record.data
        if sieve is None:
            return True
        if not isinstance(data, dict) or not sieve.expects(data.get(sieve.member)):
            return False
        if self.is_elsewhere(data):
            return False
        sieve.count_expected(self.total(data, record.event))
        return True

    def sift(self, record: Record) -> list[Record]:
        """Return the records to read now; none if this record was read before. See `Sieve`."""
        sieve, data = self.sieve, record.data
        if sieve is None:
            return [record]
        mark: Any = data.get(sieve.member) if isinstance(data, dict) else None
        if mark is None or mark == "" or not sieve.takes(mark) or self.is_elsewhere(data):
            return [*sieve.release(), record]
        total = self.total(data, record.event) if sieve.counts else 0
        found = sieve.take(mark, total, record)
        if sieve.gap is not None:
            self.response.lose(sieve.gap)
        return found

    def resume_token(self) -> dict[str, Any] | None:
        """Return the mark from which the API can resume the stream; None if it cannot."""
        sieve = self.sieve
        if sieve is None or sieve.last is None or not sieve.counts:
            return None
        return {sieve.member: sieve.last}

    def repeat(self, data: dict[str, Any], event: str) -> Repeat | None:
        """Return the effect of a next record that differs from this one only in its delta.

        The router calls this after `record` has read the record. The result is None unless the
        effect of such a record depends only on its delta, padding and number, until a record of
        another kind is read.
        """
        return None

    def count_late(self, data: dict[str, Any], event: str) -> None:
        """Read the usage in a record that comes after an error."""

    def fail(self, data: dict[str, Any]) -> None:
        """Fail the response with the error in `data`."""
        self.response.fail(error_of(data))

    def done(self) -> None:
        """Read `[DONE]`: the end of input, except on the wires whose terminal record it is."""
        self.end()

    def end(self) -> None:
        """End the input."""
        self.response.end_input()

    def end_normally(self) -> None:
        """End the input of an API that has no record for the end of an answer."""
        if not self.response.unread:
            for answer in self.response.all:
                if answer.begun:
                    answer.finish("stop")
        self.response.end_input()


def result_text(value: Any, error: bool) -> str:
    """A result as text, for APIs that take it so and have no mark for errors."""
    if error:
        value = {"error": value}
    return value if isinstance(value, str) else json_text(value)


def tool_message(call: ToolCall, value: Any, error: bool) -> dict[str, Any]:
    """A message of the role "tool". Its content is text; errors have no mark."""
    identity = call.id or f"call_{call.index}"
    return {"role": "tool", "tool_call_id": identity, "content": result_text(value, error)}


def no_history(message: Message) -> list[dict[str, Any]]:
    """Return nothing, for APIs without a conversation."""
    return []


# Members of a record.


def is_typed(choice: dict[str, Any]) -> bool:
    """Return whether the delta or message of a choice has a type, as Snowflake's own API has it.

    Those of OpenAI's chat API have none.
    """
    delta = dict_of(choice.get("delta") or choice.get("message"))
    if "tool_calls" in delta:
        return False
    return "content_list" in delta or text_of(delta.get("type")) in (
        "text",
        "tool_use",
        "reasoning",
    )


def pass_on_rest(
    answer: AnswerReader, data: dict[str, Any], known: frozenset[str], prefix: str = ""
) -> None:
    """Pass on the members that are not in `known`, under their names after `prefix`."""
    if known.issuperset(data):
        return
    for key, value in data.items():
        if key not in known and is_something(value):
            answer.pass_on(prefix + key, value)


def note_rest(answer: AnswerReader, data: dict[str, Any], known: frozenset[str]) -> None:
    """Note the members that are not in `known`, because they are about the whole answer."""
    if known.issuperset(data):
        return
    for key, value in data.items():
        if key not in known and is_something(value):
            answer.note(key, value)


def keep_rest(
    room: Room, extra: dict[str, Any], data: dict[str, Any], known: frozenset[str]
) -> None:
    """Keep the members that are not in `known` in the `extra` of a part."""
    for key, value in data.items():
        if key not in known and is_something(value):
            room.put(extra, key, value)


def finish(answer: AnswerReader, raw: Any, own: dict[str, str]) -> None:
    """Apply the finish reason that a word means; `own` are words of the API, see `reason_of`."""
    reason = reason_of(text_of(raw), own)
    if reason:
        answer.finish(reason, raw)


# The shapes in which providers, gateways and web frameworks report an error, as recorded:
# {"error": {...}}, {"error": "text"}, {"code": …, "error": "text"}, {"object": "error", "message":
# …}, {"message": …}, {"detail": …}, {"type": "error", "error": {...}}, {"error": "Bad Request",
# "message": …}, {"error": "word", "error_description": …}, {"error": true, "message": …}.

_DESCRIPTIONS: Final = ("message", "error_description", "detail", "msg")
_SENTENCES: Final = (*_DESCRIPTIONS, "error", "errors")
_CODES: Final = ("code", "error_type")
_WORDS: Final = ("type", "status", *_CODES)
_UNKNOWN: Final = "the provider reported an error"


def provider_error(data: dict[str, Any], name: str = "", bare: bool = True) -> ProviderError | None:
    """Return the error that a record reports, or None if it reports none.

    Args:
        data: The record.
        name: The name of the record in its transport, if that marks it as an error.
        bare: Whether a record may be an error because it has a message and nothing else, as whole
            bodies of gateways do.
    """
    named = name or data.get("error") or _is_marked(data)
    if not named and not (bare and _looks_like_an_error(data)):
        return None
    return error_of(data, name)


def error_of(data: dict[str, Any], name: str = "") -> ProviderError:
    """Return the error in a record that is known to report one. `name`: see `provider_error`."""
    return ProviderError(_message_of(data, name), data=data)


def error_of_text(name: str, text: str, data: Any = None) -> ProviderError:
    """Return the error of a record that is marked as one and whose data are not an object."""
    sentence = text.strip() or (shown(data) if data is not None else "")
    word = "" if name == "error" else name
    message = ": ".join([part for part in (word, sentence) if part])
    return ProviderError(message or _UNKNOWN, data=text if data is None else data)


def _is_marked(data: dict[str, Any]) -> bool:
    return data.get("object") == "error" or data.get("type") == "error"


def _looks_like_an_error(data: dict[str, Any]) -> bool:
    if "choices" in data or "content" in data or "done" in data:
        return False
    return isinstance(data.get("message"), str) or "detail" in data or "errors" in data


def _message_of(data: dict[str, Any], name: str) -> str:
    """Return the provider's sentence, after its word for the kind of error if there is one."""
    inner = data.get("error")
    word: Any = "" if name == "error" else name
    if isinstance(inner, dict):
        sentence = _first(inner, _SENTENCES)
        word = word or _first(inner, _WORDS) or _first(data, _CODES)
    elif _has_meaning(inner):
        # With a sentence beside it, it is the word for the error; otherwise it is the sentence.
        sentence = _first(data, _DESCRIPTIONS)
        if sentence is None or sentence == inner:
            sentence = inner
            word = word or _first(data, _CODES)
        else:
            word = word or inner
    else:
        sentence = _first(data, _SENTENCES)
        word = word or _first(data, _WORDS)
    if sentence is None:
        return shown(word) if word else _UNKNOWN
    return f"{shown(word)}: {shown(sentence)}" if word else shown(sentence)


def _first(data: dict[str, Any], names: tuple[str, ...]) -> Any:
    """Return the first of these members that has a meaning."""
    for name in names:
        value = data.get(name)
        if _has_meaning(value) and value != "error":
            return value
    return None


def _has_meaning(value: Any) -> bool:
    """Return False for blank values, booleans and the word "None", which LiteLLM sends."""
    return bool(value) and not isinstance(value, bool) and value != "None"
