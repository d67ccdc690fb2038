"""Which item of a response a record is about.

An item has several names: its `output_index`, the `item_id` of its events, the `id` and the
`call_id` in it. Servers and gateways leave some of them out, and some are wrong:

- llama.cpp and MLflow send no index. Prism's recordings and proxies send it in some events only.
- GitHub Copilot sends a fresh id in every event, so an id that nobody has seen says nothing.
- Gateways send one index for several items, or an index as text.

The index leads where it agrees with the ids. Otherwise an id that is known leads. A record without
a name that is known belongs to the item that is open, if no other record named that item.
"""

from __future__ import annotations

from typing import Any, Final

from streamparse._core.plain import dict_of, list_of, text_of
from streamparse._wires.replays import index_of
from streamparse._wires.responses_items import Item, is_call

__all__ = ["Items", "family_of", "names_of"]

# So many names that its events use are kept for an item. Rotating ids need none.
_NAMES: Final = 8
# An item with more names than these has fresh ones in every event.
_ROTATING: Final = 3


class Items:
    """The items of one response, in the order in which they began."""

    __slots__ = ("all", "by_name", "by_place", "latest", "open")

    def __init__(self) -> None:
        self.all: list[Item] = []
        # The family is a part of every key: items of different types may share an id or an index.
        self.by_name: dict[tuple[str, str], Item] = {}
        self.by_place: dict[tuple[str, int], Item] = {}
        self.latest: dict[str, Item] = {}
        self.open: dict[str, dict[int, Item]] = {}  # by type, in the order in which they began

    def begin(self, item: Item, index: int | None, names: list[str]) -> None:
        """A new item with these names."""
        family = family_of(item.kind)
        item.index = index
        item.number = len(self.all)
        self.all.append(item)
        self.latest[family] = item
        self.open.setdefault(item.kind, {})[item.number] = item
        if index is not None:
            self.by_place[(family, index)] = item
        self.name(item, names)

    def name(self, item: Item, names: list[str], its_own: bool = True) -> None:
        """These names are names of this item from now on; `its_own`: they stand in it."""
        for name in names:
            if name and (its_own or len(item.names) < _NAMES):
                item.names.add(name)
                self.by_name[(family_of(item.kind), name)] = item

    def end(self, item: Item) -> None:
        """The item has ended by its own record."""
        item.done = True
        self.open.get(item.kind, {}).pop(item.number, None)

    # Finding.

    def of_event(self, family: str, data: dict[str, Any], grows: bool) -> Item | None:
        """The item that an event is about; `grows`: it brings more, and does not repeat."""
        index = index_of(data.get("output_index"))
        name = text_of(data.get("item_id"))
        at = None if index is None else self.by_place.get((family, index))
        if at is not None and name in at.names:
            at.addressed = True
            return at
        item = self._named(family, name, at)
        if item is None and at is not None and not (at.done and name and grows):
            item = at
        if item is not None:
            item.addressed = True
            if name and name not in item.names:
                self.name(item, [name], its_own=False)
            return item
        return self._unnamed(family, index, name, grows)

    def _named(self, family: str, name: str, at: Item | None) -> Item | None:
        if not name:
            return at
        item = self.by_name.get((family, name))
        if item is None and family in _RELATED:
            # LiteLLM sends output text for items that it added as reasoning.
            item = self.by_name.get((_RELATED[family], name))
        return item

    def _unnamed(self, family: str, index: int | None, name: str, grows: bool) -> Item | None:
        """The item of an event with names that nobody has seen, if it lacks one of the two."""
        item = self.latest.get(family)
        if item is None or (index is not None and name):
            return None
        if index is None and not name:
            return None if item.done and grows else item
        return None if item.done or item.addressed else item

    def of_added(self, content: dict[str, Any], index: int | None) -> Item | None:
        """The item that is said to begin, if it has begun already."""
        kind = text_of(content.get("type"))
        family = family_of(kind)
        names = names_of(content)
        for name in names:
            known = self.by_name.get((family, name))
            if known is not None and known.kind == kind and _is_again(known, content, index):
                return known
        at = self.latest.get(family) if index is None else self.by_place.get((family, index))
        if at is None or at.done or at.kind != kind:
            return None
        if at.added and (names or index is None):
            return None
        return at if not _calls_differ(at, content) else None

    def of_done(self, content: dict[str, Any], index: int | None) -> Item | None:
        """The item that is said to end; one that has ended already, if this is that once more."""
        kind = text_of(content.get("type"))
        family = family_of(kind)
        names = names_of(content)
        at = None if index is None else self.by_place.get((family, index))
        if at is not None and (at.kind != kind or (at.done and not _repeats(at, content))):
            at = None
        if at is not None and not at.names.isdisjoint(names):
            return at
        again: Item | None = None
        for name in names:
            known = self.by_name.get((family, name))
            if known is None or known.kind != kind or _calls_differ(known, content):
                continue
            if not known.done:
                return known
            if index is None or known.index in (None, index) or _repeats(known, content):
                again = known
        if again is not None:
            return again
        # Of an item whose ids rotate, another id says nothing.
        if at is not None and (not at.done or not names or len(at.names) > _ROTATING):
            return at
        return self._fitting(kind, content, index)

    def _fitting(self, kind: str, content: dict[str, Any], index: int | None) -> Item | None:
        """The open item that this is the whole of, by what has come of it."""
        waiting = self.open.get(kind)
        if not waiting:
            return None
        for item in (next(iter(waiting.values())), self.latest[family_of(kind)]):
            fresh = item.added and not item.addressed and index is not None
            if item.kind == kind and not item.done and not fresh and fits(item, content):
                return item
        return None


# Families whose items an event of the other one may be about, if it names them by id.
_RELATED: Final[dict[str, str]] = {"message": "reasoning", "reasoning": "message"}


def family_of(kind: str) -> str:
    """Items of one family may be confused with each other; calls of all types are one."""
    return "call" if is_call(kind) else kind


def names_of(content: dict[str, Any]) -> list[str]:
    """The names in an item: of a call, the one that its result will be sent back with, first."""
    found = [text_of(content.get("call_id")), text_of(content.get("id"))]
    return [name for name in found if name]


def texts_in(content: dict[str, Any]) -> list[str]:
    """The texts of a whole item, in their order."""
    parts = [*list_of(content.get("summary")), *list_of(content.get("content"))]
    texts = [dict_of(part) for part in parts]
    names = ("text", "transcript", "refusal")
    return ["".join([text_of(text.get(name)) for name in names]) for text in texts]


def fits(item: Item, content: dict[str, Any]) -> bool:
    """Whether what has come of the item is the beginning of this whole item."""
    if item.reader is None:
        said = "".join(texts_in(content))
        return item.size <= len(said) and said.startswith(item.text_so_far())
    if _calls_differ(item, content):
        return False
    name = item.reader.call.name
    if name and text_of(content.get("name")) not in ("", name):
        return False
    given = content.get("input" if item.kind == "custom_tool_call" else "arguments")
    return not isinstance(given, str) or given.startswith(item.reader.call.raw_text)


def _repeats(item: Item, content: dict[str, Any]) -> bool:
    if item.reader is not None:
        return not _calls_differ(item, content)
    said = "".join(texts_in(content))
    return item.size == len(said) and said == item.text_so_far()


def _calls_differ(item: Item, content: dict[str, Any]) -> bool:
    known, given = text_of(item.data.get("call_id")), text_of(content.get("call_id"))
    return bool(known and given and known != given and item.kind != "tool_search_call")


def _is_again(item: Item, content: dict[str, Any], index: int | None) -> bool:
    """Whether the item of this name begins once more, and not another item of the same name."""
    if _calls_differ(item, content):
        return False
    if item.added and index is not None and item.index not in (None, index):
        return item.kind in _WITH_CALL_IDS and bool(text_of(content.get("call_id")))
    return item.reader is not None or not item.done


_WITH_CALL_IDS: Final = frozenset(("function_call", "custom_tool_call"))
