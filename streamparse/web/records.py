"""Events as records of a server-sent event stream, and the ids by which one is resumed.

The id of a record is the name of its stream and its number there, `4be1…-17`. The first record is
the opening, which a page is not shown. The last one has the id `end`: who comes back with it has
everything.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from streamparse._core.plain import json_text

__all__ = ["END", "HEARTBEAT", "Place", "encoded", "opening", "place_of", "record"]

END: Final = "end"
HEARTBEAT: Final = b":\n\n"  # a comment, which no reader shows

_ID: Final = re.compile("([0-9a-f]{32})-([0-9]{1,18})", re.ASCII)
_LINE_END: Final = re.compile("\r\n|\r|\n")


class Place(NamedTuple):
    """A place in a stream: how far its reader has come."""

    stream: str
    number: int

    def __str__(self) -> str:
        return f"{self.stream}-{self.number}"


def place_of(last_event_id: str) -> Place | None:
    """What an id says; None for what is no id of ours."""
    found = _ID.fullmatch(last_event_id)
    return None if found is None else Place(found[1], int(found[2]))


def record(data: str | None, id: object) -> bytes:
    """One record (https://html.spec.whatwg.org/multipage/server-sent-events.html).

    Without data, only the id is told. Halves of surrogate pairs, which no page can be sent, are
    joined where they meet, and else become U+FFFD.
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


def opening(place: Place, retry: float) -> bytes:
    """The first record: without data, so that a page is not shown it.

    A connection that breaks before the first event can then be resumed as well. `retry`: the
    seconds after which an `EventSource` comes back.
    """
    return f"retry: {round(retry * 1000)}\nid: {place}\n\n".encode()


def encoded(item: Any) -> str:
    """What an item of a stream says to the page: text as it is, everything else as JSON.

    Events and messages are what `to_dict()` gives of them; a list (events that came together) is an
    array. Raises `TypeError` for what has no JSON.
    """
    if isinstance(item, str):
        return item
    return json_text(_plain(item))


def _plain(item: Any) -> Any:
    if hasattr(item, "to_dict"):
        return item.to_dict()
    if isinstance(item, (list, tuple)):
        return [_plain(each) for each in item]
    return item
