"""Parses one row at a time. Invalid input does not raise an exception: the row has the error."""

from __future__ import annotations

import json
from typing import Any, Final

from streamparse._answers.usage import TOKEN_COUNTS
from streamparse.batch.envelopes import Enveloped, unwrap
from streamparse.dialect import Repair
from streamparse.errors import StreamParseError
from streamparse.message import Message, ToolCall, Usage
from streamparse.message_parser import MessageParser
from streamparse.paths import normalized_path

__all__ = ["RowParser"]

Row = dict[str, Any]


class RowParser:
    """Parses input rows into dicts, one for each answer (choice) of a row.

    The keys of a dict are the columns of `streamparse.batch.SCHEMA`.

    Args:
        options: The options of `MessageParser`. The constructor checks them.

    Raises:
        ValueError: An option has an invalid value.
        TypeError: An option has the wrong type.

    >>> [row] = RowParser(api="text").rows("Good morning.")
    >>> row["status"], row["text"]
    ('complete', 'Good morning.')
    """

    def __init__(self, **options: Any) -> None:
        MessageParser(**options)
        self._options = options
        self._is_text = options.get("api") == "text"

    def rows(self, value: Any, number: int = 0, identity: str | None = None) -> list[Row]:
        """Parse one input row.

        Args:
            value: A value that `unwrap` accepts; None for a row without a value.
            number: The number of the row in the input.
            identity: The id of the row, used if its envelope has none.

        Returns:
            One dict for each answer; if there is no answer, one dict with the error.
        """
        common = {"row": number, "id": identity}
        if value is None:
            return [_failed(common, "empty", "the row has no value", "IncompleteError")]
        size = len(value) if isinstance(value, (str, bytes)) else None
        common["bytes"] = size
        try:
            # Model text may be any JSON, so it is never treated as an envelope.
            is_text = self._is_text and isinstance(value, (str, bytes))
            found = Enveloped(None, [value]) if is_text else unwrap(value)
            common["id"] = identity if found.id is None else found.id
            if found.error is not None:
                return [_of_error(common, found.error)]
            return self._parsed(found, common)
        except StreamParseError as error:
            return [_of_error(common, error)]
        except Exception as error:  # one row must not end the job
            return [_failed(common, "internal", str(error), type(error).__name__)]

    def _parsed(self, found: Enveloped, common: Row) -> list[Row]:
        parser = self._parser(found)
        failure: StreamParseError | None = None
        try:
            for piece in found.body:
                parser.feed(piece)
            parser.finish()
        except StreamParseError as error:
            failure = error
        return [_of_message(message, common, failure) for message in parser.messages]

    def _parser(self, found: Enveloped) -> MessageParser:
        options = self._options
        if found.is_text:
            # The text of a model, in chunks of this API.
            options = {**options, "api": "openai-chat"}
        parser = MessageParser(**options)
        parser.http_status = found.http_status
        return parser


def _of_message(message: Message, common: Row, failure: StreamParseError | None) -> Row:
    error = failure if message.error is None else message.error
    row = {
        **common,
        "api": message.api,
        "model": message.model,
        "message_id": message.id,
        "choice": message.choice,
        "status": "failed" if failure is not None else message.status,
        "finish_reason": message.finish_reason,
        "raw_finish_reason": message.raw_finish_reason,
        "text": message.text or None,
        "reasoning": message.reasoning or None,
        "refusal": message.refusal or None,
        "output": _json(message.partial_output),
        "calls": [_of_call(call) for call in message.tool_calls],
        "usage": None if message.usage is None else _of_usage(message.usage),
        "error": None if error is None else error_row(error),
        "repairs": _repairs(message),
        "metadata": _json(message.extra) if message.extra else None,
    }
    return row


def _of_call(call: ToolCall) -> Row:
    return {
        "index": call.index,
        "id": call.id,
        "name": call.name,
        "kind": call.kind,
        "status": call.status,
        "arguments": _json(call.arguments),
        "arguments_text": call.arguments_text or call.raw_text,
        "errors": [error_row(error) for error in call.errors],
    }


_LARGEST: Final = 2**63 - 1  # the largest Arrow integer


def _of_usage(usage: Usage) -> Row:
    counts = {name: getattr(usage, name) for name in TOKEN_COUNTS}
    return {name: _bounded(count) for name, count in counts.items()} | {"raw": _json(usage.raw)}


def _bounded(count: int | None) -> int | None:
    return None if count is None else max(-_LARGEST, min(_LARGEST, int(count)))


def _repairs(message: Message) -> list[Row]:
    found = [_of_repair(repair, None) for repair in message.output_repairs]
    for call in message.tool_calls:
        found += [_of_repair(repair, call.index) for repair in call.repairs]
    return found


def _of_repair(repair: Repair, call: int | None) -> Row:
    path = normalized_path(repair.path)
    return {"code": repair.code, "offset": repair.offset, "path": path, "call": call}


def error_row(error: StreamParseError) -> Row:
    """Return the fields of the column `error`.

    Args:
        error: The error.

    Returns:
        Its type, code, message, offset and path.
    """
    return {
        "type": type(error).__name__,
        "code": error.code,
        "message": error.message,
        "offset": _bounded(error.offset),
        "path": normalized_path(error.path),
    }


def _of_error(common: Row, error: StreamParseError) -> Row:
    return {**_EMPTY, **common, "status": "failed", "error": error_row(error)}


def _failed(common: Row, code: str, message: str, kind: str) -> Row:
    error = {"type": kind, "code": code, "message": message, "offset": 0, "path": "$"}
    return {**_EMPTY, **common, "status": "failed", "error": error}


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, default=str)


_EMPTY: Final[Row] = {
    "row": 0,
    "id": None,
    "bytes": None,
    "api": None,
    "model": None,
    "message_id": None,
    "choice": 0,
    "status": "failed",
    "finish_reason": None,
    "raw_finish_reason": None,
    "text": None,
    "reasoning": None,
    "refusal": None,
    "output": None,
    "calls": [],
    "usage": None,
    "error": None,
    "repairs": [],
    "metadata": None,
}
