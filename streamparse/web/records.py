"""Encodes records of a server-sent event stream, and the ids by which a stream is resumed.

The id of a record consists of the name of its stream and its number, as in `4be1…-17`. The first
record is the opening, which is not passed to the page. The last record has the id `end`; a client
that returns with it has received everything.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any, Final, NamedTuple

from streamparse._core.plain import json_text
from streamparse.frontends.compact import CompactEvents
from streamparse.message_events import MessageEvent

__all__ = [
    "END",
    "HEARTBEAT",
    "CompactEncoder",
    "StreamPosition",
    "encoded",
    "opening",
    "parse_position",
    "record",
]

END: Final = "end"
HEARTBEAT: Final = b":\n\n"  # a comment, which clients ignore

_ID: Final = re.compile("([0-9a-f]{32})-([0-9]{1,18})", re.ASCII)
_LINE_END: Final = re.compile("\r\n|\r|\n")


class StreamPosition(NamedTuple):
    """A position in a stream: the number of the last record that a reader has."""

    stream: str
    number: int

    def __str__(self) -> str:
        return f"{self.stream}-{self.number}"


def parse_position(last_event_id: str) -> StreamPosition | None:
    """Return the position of an id, or None if it has another form."""
    found = _ID.fullmatch(last_event_id)
    return None if found is None else StreamPosition(found[1], int(found[2]))


def record(data: str | None, id: object) -> bytes:
    """Encode one record (https://html.spec.whatwg.org/multipage/server-sent-events.html).

    UTF-8 has no surrogates: adjacent halves of a pair are joined, and others become U+FFFD.

    Args:
        data: The text of the record; None for a record with only an id.
        id: The id.

    Returns:
        The bytes of the record.

    Raises:
        TypeError: `data` is not a string.
    """
    if data is None:
        return f"id: {id}\n\n".encode()
    if not isinstance(data, str):
        raise TypeError(f"encode gives the text of a record, not {type(data).__name__}")
    lines = _LINE_END.split(data) if "\n" in data or "\r" in data else (data,)
    text = "".join([f"id: {id}\n", *(f"data: {line}\n" for line in lines), "\n"])
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def opening(position: StreamPosition, retry: float) -> bytes:
    """Encode the first record, which has no data, so that the client does not pass it to the page.

    Its id makes it possible to resume a connection that breaks before the first event.

    Args:
        position: The position of the record.
        retry: The seconds after which an `EventSource` reconnects.
    """
    return f"retry: {round(retry * 1000)}\nid: {position}\n\n".encode()


def encoded(item: Any) -> str:
    """Return the text of an item for the page.

    Args:
        item: A string, which is unchanged; an event or message, which becomes the JSON of its
            `to_dict()`; a list of these, which becomes an array; or plain data.

    Returns:
        The text of the record.

    Raises:
        TypeError: The item cannot be written as JSON.
    """
    if isinstance(item, str):
        return item
    plain = _plain(item)
    if not (plain is None or isinstance(plain, (dict, list, int, float))):
        raise TypeError(f"a record is text, an event or plain data, not {type(item).__name__}")
    return json_text(plain)


class CompactEncoder:
    """The default encoding of `sse_response`, which writes message events as compact records.

    An encoder belongs to one stream. `frontends.CompactEvents` describes the records.

    Args:
        open_paths: Whether records have the member `open`; see `frontends.CompactEvents`.
    """

    def __init__(self, *, open_paths: bool = False) -> None:
        self._events = CompactEvents(open_paths=open_paths)

    def __call__(self, item: Any) -> str | None:
        """Return the text of an item, or None if it contains nothing new for the page.

        Raises:
            TypeError: The item cannot be written as JSON.
        """
        if isinstance(item, MessageEvent):
            records = self._records([item])
            return json_text(records[0]) if records else None
        if isinstance(item, (list, tuple)) and item:
            records = self._records(item)
            return json_text(records) if records else None
        self._events.interrupt()
        return encoded(item)

    def _records(self, items: Any) -> list[Any]:
        records: list[Any] = []
        for are_events, group in groupby(items, lambda item: isinstance(item, MessageEvent)):
            if are_events:
                records += self._events.encode(group)
            else:
                self._events.interrupt()
                records += [_plain(item) for item in group]
        return records


def _plain(item: Any) -> Any:
    if hasattr(item, "to_dict"):
        return item.to_dict()
    if isinstance(item, (list, tuple)):
        return [_plain(each) for each in item]
    return item
