"""The texts of Responses items: deltas, and the whole text that up to four records repeat.

A text comes in deltas, and as a whole in the records of the end of the text, of its part, of its
item and of the response. Only the part that was not received yet is appended. If the whole text
differs, or texts are in another order, the last record is right: the message gets the whole text,
and so does a `replaced_text` event (`replaced_reasoning`, `replaced_refusal`), because deltas
cannot be taken back.

Indexes only distinguish texts. Some servers count from 1, some count all parts and some those of
one kind, and some use one index twice (https://github.com/vllm-project/vllm/issues/45742). So the
texts of a whole item are paired with those that came in their order.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse._answers.response import ResponseReader
from streamparse._core.plain import dict_of, list_of, text_of
from streamparse._wires.responses_items import Item, Piece, rest_of
from streamparse._wires.rewriting import take_texts_of_parts
from streamparse.message import Audio, Citation, GrowingText, Reasoning, Refusal, Text

__all__ = ["THOUGHTS", "Texts"]

THOUGHTS: Final = frozenset(("summary_text", "reasoning_text"))
# By the type of a content part: the kind of its text, and the member with it.
_PARTS: Final[dict[str, tuple[str, str]]] = {
    "output_text": ("output_text", "text"),
    "text": ("output_text", "text"),
    "output_audio": ("output_audio", "transcript"),
    "audio": ("output_audio", "transcript"),
    "refusal": ("refusal", "refusal"),
    "summary_text": ("summary_text", "text"),
    "reasoning_text": ("reasoning_text", "text"),
}

# The classes of the parts of an item, but for thoughts.
_PART_CLASSES: Final[dict[str, type[GrowingText]]] = {
    "output_text": Text,
    "output_audio": Audio,
    "refusal": Refusal,
}


class Texts:
    """Writes the texts of all items of one response."""

    __slots__ = ("replaced", "response")

    _init_types: ClassVar[tuple[Any, ...]] = (ResponseReader,)

    def __init__(self, response: ResponseReader) -> None:
        self.response = response
        self.replaced: bool = False  # whether a text of the message is no longer that of its deltas

    def _answer(self) -> AnswerReader:
        return self.response.first

    # Events.

    def delta(self, item: Item, kind: str, index: int | None, text: str) -> None:
        """Read more of a text."""
        if not text:
            return
        piece = _piece_at(item, kind, index)
        if piece is None or piece.final is not None:
            piece = self._begin(item, kind, index)
        elif piece.index is None and index is not None:
            _place(item, piece, index)
        self.grow(item, piece, text)

    def whole(self, item: Item, kind: str, index: int | None, text: str) -> None:
        """Read an event with the whole text."""
        if not text:
            return
        piece = _piece_of(item, kind, index, text)
        if piece is None:
            piece = self._begin(item, kind, index)
        elif index is not None:
            _place(item, piece, index)
        self._finish(item, piece, text)

    def audio(self, item: Item, index: int | None, data: str) -> None:
        """Read more audio, which comes beside a transcript."""
        piece = _piece_at(item, "output_audio", index)
        if piece is None:
            piece = self._begin(item, "output_audio", index)
        part = piece.part
        identity = text_of(item.data.get("id")) or None
        self._answer().audio(data, part if isinstance(part, Audio) else None, identity)

    def whole_part(self, item: Item, index: int | None, part: dict[str, Any]) -> None:
        """Read an event with a whole content part."""
        known = _PARTS.get(text_of(part.get("type")))
        place = 0 if index is None else index
        if known is None:
            self._pass_on_once(item, place, part)
            return
        kind, member = known
        self.whole(item, kind, index, text_of(part.get(member)))
        annotations = list_of(part.get("annotations"))
        for annotation in annotations[item.cited_at(place) :]:
            self.cite(item, place, annotation)

    def cite(self, item: Item, index: int, annotation: Any) -> None:
        """Add a citation of the text at this index."""
        if item.cited is None:
            item.cited = {}
        item.cited[index] = item.cited.get(index, 0) + 1
        self._answer().add(Citation(annotation))

    # Whole items.

    def whole_item(self, item: Item, data: dict[str, Any]) -> None:
        """Read all texts of a whole item."""
        summary = [dict_of(part) for part in list_of(data.get("summary"))]
        content = [dict_of(part) for part in list_of(data.get("content"))]
        wholes: dict[str, list[tuple[int, str]]] = {}
        for name, parts in (("summary_text", summary), ("reasoning_text", content)):
            for place, part in enumerate(parts):
                kind, member = _PARTS.get(text_of(part.get("type")), ("", ""))
                if item.kind == "reasoning" and kind not in item.pieces:
                    kind, member = name, "text"
                if not kind:
                    self._pass_on_once(item, place, part)
                elif text_of(part.get(member)):
                    wholes.setdefault(kind, []).append((place, part[member]))
        for kind, texts in wholes.items():
            self._pair(item, kind, texts)
            if kind in item.mixed:
                self._put_in_order(item, kind, texts)
        self._cite_the_rest(item, content)

    def _pair(self, item: Item, kind: str, wholes: list[tuple[int, str]]) -> None:
        """Pair the texts of one kind with those of the whole item."""
        pieces = item.pieces.get(kind, [])[:]
        if len(pieces) < len(wholes):
            self._pair_some(item, kind, pieces, wholes)
            return
        if len(pieces) > len(wholes):
            # The whole item may have the same text in fewer parts, perhaps with more at its end.
            joined = "".join([text for _, text in wholes])
            text_so_far = "".join([piece.text_so_far() for piece in pieces])
            if joined.startswith(text_so_far):
                self.grow(item, pieces[-1], joined[len(text_so_far) :])
                return
        for place, piece in enumerate(pieces):
            self._finish(item, piece, wholes[place][1] if place < len(wholes) else "")

    def _pair_some(
        self, item: Item, kind: str, pieces: list[Piece], wholes: list[tuple[int, str]]
    ) -> None:
        """Pair the texts when some have not arrived: those that no text so far begins."""
        found: list[Piece | None] = []
        taken = 0
        for _, text in wholes:
            fits = taken < len(pieces) and _continues(pieces[taken], text)
            found.append(pieces[taken] if fits else None)
            taken += fits
            if fits and None in found:
                item.mix(kind)
        left = pieces[taken:]
        for place, (index, text) in enumerate(wholes):
            piece = found[place]
            if piece is None and left:
                piece = left.pop(0)
            self._finish(item, piece or self._begin(item, kind, index), text)

    def _put_in_order(self, item: Item, kind: str, wholes: list[tuple[int, str]]) -> None:
        """Give the whole texts to the parts in their order, after deltas of several were mixed."""
        pieces = item.pieces[kind]
        if len(pieces) != len(wholes):
            return
        for piece, (_, text) in zip(pieces, wholes, strict=True):
            piece.set_text(text)
        item.mixed = tuple([other for other in item.mixed if other != kind])
        self._pass_on_replaced(kind, "".join([text for _, text in wholes]))

    def _pass_on_replaced(self, kind: str, text: str) -> None:
        member = "reasoning" if kind in THOUGHTS else "refusal" if kind == "refusal" else "text"
        self._answer().pass_on(f"replaced_{member}", {"type": kind, "text": text})
        self.replaced = True

    def _cite_the_rest(self, item: Item, content: list[dict[str, Any]]) -> None:
        """Add the citations that no event had; count them all if the indexes do not fit."""
        lists = [list_of(part.get("annotations")) for part in content]
        cited: dict[int, int] = {} if item.cited is None else dict(item.cited)
        sizes = {place: len(found) for place, found in enumerate(lists)}
        if any(count > sizes.get(place, 0) for place, count in cited.items()):
            total = sum(cited.values())
            for place, size in sizes.items():
                cited[place] = min(size, total)
                total -= cited[place]
        for place, found in enumerate(lists):
            for annotation in found[cited.get(place, 0) :]:
                self.cite(item, place, annotation)

    def _pass_on_once(self, item: Item, place: int, part: Any) -> None:
        """Pass on an unknown part, which up to three records repeat."""
        if item.passed_on is None:
            item.passed_on = set()
        if part and place not in item.passed_on:
            item.passed_on.add(place)
            self._answer().pass_on("content_part", part)

    # Writing.

    def _begin(self, item: Item, kind: str, index: int | None) -> Piece:
        pieces = item.pieces.setdefault(kind, [])
        answer = self._answer()
        is_read = kind in ("output_text", "output_audio") and answer.texts.reader is not None
        part: GrowingText
        if kind in THOUGHTS:
            part = self._thought(item, kind, len(pieces) if index is None else index)
        else:
            part = _PART_CLASSES[kind]()
            self.add(item, part, not is_read)
        piece = Piece(kind, index, part, is_read)
        pieces.append(piece)
        if index is not None:
            _place(item, piece, index)
        return piece

    def add(self, item: Item, part: GrowingText, is_shown: bool = True) -> None:
        """Add a part of an item; only the first one has the encrypted content."""
        part.extra.update(rest_of(item.kind, item.data))
        if item.parts:
            part.extra.pop("encrypted_content", None)
        item.parts.append(part)
        if is_shown:
            self._answer().add(part)

    def _thought(self, item: Item, kind: str, index: int) -> Reasoning:
        """Return a part for a summary or a text; the first one exists from the start."""
        part = item.waiting
        item.waiting = None
        if part is None:
            part = Reasoning()
            self.add(item, part)
        part.extra["summary_index" if kind == "summary_text" else "content_index"] = index
        return part

    def grow(self, item: Item, piece: Piece, text: str) -> None:
        """Append more of a text."""
        if not text:
            return
        item.size += len(text)
        if piece.raw is not None:
            piece.raw.append(text)
        if piece is not item.pieces[piece.kind][-1]:
            item.mix(piece.kind)
        part = piece.part
        answer = self.response.first
        if piece.raw is not None:
            answer.text(text)  # after a gap or an error, no format reads it
        elif isinstance(part, (Text, Audio)):
            answer.text(text, part)
        elif isinstance(part, Reasoning):
            answer.reasoning(text, part)
        else:
            assert isinstance(part, Refusal)
            answer.refusal(text, part)

    def _finish(self, item: Item, piece: Piece, whole: str) -> None:
        """Read the whole text of a piece."""
        text_so_far = piece.text_so_far()
        if piece.part._half and whole != piece.final:
            self._answer().texts.drop_half(piece.part)  # `whole` has the whole character
        if not whole.startswith(text_so_far):
            self._replace(item, piece, whole)
        elif whole != piece.final:
            self.grow(item, piece, whole[len(text_so_far) :])
            piece.final = whole

    def _replace(self, item: Item, piece: Piece, whole: str) -> None:
        if whole == piece.final:
            return
        if isinstance(piece.part, Audio):
            # Audio that was played cannot be replaced, so its transcript stays that of the deltas.
            piece.final = whole
            self._answer().pass_on("replaced_text", {"type": piece.kind, "text": whole})
            return
        more = len(whole) - len(piece.text_so_far())
        if more > 0:
            self._answer().room.take(more)
        item.size += more
        piece.set_text(whole)
        self._pass_on_replaced(piece.kind, whole)

    def settle(self) -> None:
        """Give the message the texts of its parts, once there are no more deltas."""
        if self.replaced:
            self.replaced = False
            take_texts_of_parts(self.response)


def _piece_at(item: Item, kind: str, index: int | None) -> Piece | None:
    """Return the text at an index; without an index the last text of its kind."""
    piece = None if index is None else item.places.get((kind, index))
    if piece is not None:
        return piece
    pieces = item.pieces.get(kind)
    if not pieces:
        return None
    last = pieces[-1]
    return last if index is None or last.index is None else None


def _piece_of(item: Item, kind: str, index: int | None, whole: str) -> Piece | None:
    """Return the text that begins `whole`: the one at the index if it does, or another one."""
    pieces = item.pieces.get(kind)
    if not pieces:
        return None
    ended = item.ended.get(kind, 0)
    while ended < len(pieces) and pieces[ended].final is not None:
        ended += 1
    item.ended[kind] = ended
    at = _piece_at(item, kind, index)
    if at is not None and _continues(at, whole):
        return at
    if ended < len(pieces) and _continues(pieces[ended], whole):
        return pieces[ended]
    return pieces[-1] if _continues(pieces[-1], whole) else at


def _continues(piece: Piece, whole: str) -> bool:
    """Return whether this may be the whole text of the piece."""
    return whole.startswith(piece.text_so_far()) if piece.final is None else whole == piece.final


def _place(item: Item, piece: Piece, index: int) -> None:
    item.places[(piece.kind, index)] = piece
    if piece.index is None:
        piece.index = index
