"""Writes the texts of a response as output items: messages and reasoning, with their citations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from streamparse._core.plain import dict_of, list_of, text_of
from streamparse.encoders.blocks import BlockEncoder
from streamparse.encoders.response_items import (
    CONTENTS,
    CallItem,
    Content,
    TextItem,
    annotations_of,
    is_shown,
)
from streamparse.frontends.protocol import Record
from streamparse.message import Citation, Message, Part, Reasoning, Text

__all__ = ["ResponseTexts"]

_PREFIXES: Final = {"message": "msg", "reasoning": "rs"}


class ResponseTexts(BlockEncoder):
    """Writes the records of texts, and numbers all records and items."""

    def __init__(
        self,
        *,
        choice: int | None = None,
        error_text: Callable[[BaseException], str] | None = None,
    ) -> None:
        super().__init__(choice=choice, error_text=error_text)
        self._response_id = ""
        self._sequence = 0
        self._items: list[TextItem | CallItem | Record] = []  # results are plain records
        self._item: TextItem | None = None  # the item that texts may be added to
        self._content = Content("output_text", 0, None)
        self._ids: set[str] = set()

    @classmethod
    def _framed(cls, record: Record) -> bytes:
        return f"event: {record['type']}\n".encode() + super()._framed(record)

    def _write(self, type: str, **members: Any) -> None:
        self._out.append(self._record(type, **members))

    def _record(self, type: str, **members: Any) -> Record:
        number, self._sequence = self._sequence, self._sequence + 1
        return {"type": type, "sequence_number": number, **members}

    # Items.

    def _open_text(self, kind: str, part: Part | None, source: str) -> TextItem:
        made = f"{_PREFIXES[kind]}_{self._response_id}_{len(self._items)}"
        item = TextItem(kind, len(self._items), self._new_id(source or made), source)
        self._items.append(item)
        item.extra = {} if part is None else part.extra
        self._write_item("added", item.index, item.record("in_progress"))
        return item

    def _new_id(self, wanted: str) -> str:
        identity = wanted if wanted not in self._ids else f"{wanted}_{len(self._items)}"
        self._ids.add(identity)
        return identity

    def _write_item(self, verb: str, index: int, item: Record) -> None:
        self._write(f"response.output_item.{verb}", output_index=index, item=item)

    def _close_item(self, status: str = "completed") -> None:
        """End the message or reasoning that texts may be added to."""
        item = self._item
        self._item = None
        if item is not None:
            item.done = status == "completed"
            self._write_item("done", item.index, item.record(status))

    def _start_part(self, kind: str) -> None:
        part = self._open_part
        source = "" if part is None else text_of(part.extra.get("id"))
        item_kind = "reasoning" if kind == "reasoning" else "message"
        item = self._item
        if item is None or item.kind != item_kind or not source or item.source != source:
            self._close_item()
            item = self._item = self._open_text(item_kind, part, source)
        self._content = content = item.add(_content_kind(kind, part), part)
        self._write_part("added", item, content, content.record(""))

    def _place(self, item: TextItem, content: Content) -> Record:
        place = CONTENTS[content.kind].place
        return {"item_id": item.id, "output_index": item.index, place: content.index}

    def _write_part(self, verb: str, item: TextItem, content: Content, part: Record) -> None:
        event = f"{CONTENTS[content.kind].part}.{verb}"
        self._write(event, **self._place(item, content), part=part)

    def _more(self, kind: str, text: str) -> None:
        item, content = self._item, self._content
        assert item is not None
        content.pieces.append(text)
        if not self._extend((item.id, content.index), text):
            record = self._delta(item, content)
            self._grow_record((item.id, content.index), record, record, "delta", text)

    def _delta(self, item: TextItem, content: Content) -> Record:
        event = f"{CONTENTS[content.kind].events}.delta"
        record = self._record(event, **self._place(item, content), delta="")
        if content.kind == "output_text":
            record["logprobs"] = []
        return record

    def _stop_part(self, kind: str) -> None:
        item, content = self._item, self._content
        assert item is not None
        for citation in self._parts.citations_after(content.part):
            self._annotate(item, content, citation)
        names, text = CONTENTS[content.kind], content.text
        members: Record = {names.member: text}
        if content.kind == "output_text":
            members["logprobs"] = content.logprobs
        self._write(f"{names.events}.done", **self._place(item, content), **members)
        self._write_part("done", item, content, content.record(text))

    def _silent(self, part: Reasoning) -> None:
        self._close_item()
        if part.extra.get("type") == "compaction":
            self._write_whole(dict(part.extra))
        elif is_shown(part):
            item = self._open_text("reasoning", part, text_of(part.extra.get("id")))
            item.done = True
            self._write_item("done", item.index, item.record("completed"))

    def _write_whole(self, item: Record) -> None:
        index = len(self._items)
        self._items.append(item)
        for verb in ("added", "done"):
            self._write_item(verb, index, item)

    def _provider(self, name: str, data: Any) -> None:
        found = list_of(data) or list_of(dict_of(data).get("content"))
        content, item = self._content, self._item
        if name != "logprobs" or not found or item is None or self._part != "text":
            return
        record = self._growing
        if record is None or record.get("logprobs") is None:
            record = self._delta(item, content)
            self._out.append(record)
        content.logprobs += found
        record["logprobs"] += found

    # Citations.

    def _annotate(self, item: TextItem, content: Content, citation: Any) -> None:
        content.seen += 1
        for annotation in annotations_of(citation):
            place = {"annotation_index": len(content.annotations)}
            content.annotations.append(annotation)
            members = {**self._place(item, content), **place, "annotation": annotation}
            self._write("response.output_text.annotation.added", **members)

    def _cite(self, message: Message) -> None:
        """Write the citations that arrived after the end of their text, or before any text."""
        texts = [
            (item, content)
            for item in self._items
            if isinstance(item, TextItem)
            for content in item.contents
            if content.kind == "output_text"
        ]
        if not texts:
            return
        cited: dict[int, list[Any]] = {}
        last = 0  # no text
        for part in message.content:
            if isinstance(part, Text) and part.text:
                last = id(part)
            elif isinstance(part, Citation):
                cited.setdefault(last, []).append(part.data)
        for citation in cited.get(0, []):
            self._annotate(*texts[0], citation)
            texts[0][1].seen -= 1
        for item, content in texts:
            for citation in cited.get(id(content.part), [])[content.seen :]:
                self._annotate(item, content, citation)


def _content_kind(kind: str, part: Part | None) -> str:
    if kind == "reasoning":
        summary = part is not None and "summary_index" in part.extra
        return "summary_text" if summary else "reasoning_text"
    return "output_text" if kind == "text" else "refusal"
