"""Finds the item of a response that a record is about.

An item has several names: its `output_index`, the `item_id` of its events, the `id` and the
`call_id` in it. Servers and gateways leave some of them out, and some are wrong:

- llama.cpp and MLflow send no index. Proxies, and recordings made by Prism, send it in some events
  only.
- GitHub Copilot sends a new id in every event, so an unknown id has no meaning.
- Gateways send one index for several items, or an index as text.

The index decides if it agrees with the ids. Otherwise a known id decides. A record without a known
name belongs to the open item, if no other record named that item.
"""

from __future__ import annotations

from typing import Any, Final

from streamparse._core.plain import dict_of, list_of, text_of
from streamparse._wires.replays import index_of
from streamparse._wires.responses_items import Item, arguments_in, is_call

__all__ = ["Items", "family_of", "names_of"]

# The most names from events that are kept for an item. Ids that rotate need none.
_NAMES: Final = 8
# An item with more names than these has new ones in every event.
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
        """Add a new item with these names."""
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
        """Add names of an item; `its_own` means that they are in the item itself."""
        for name in names:
            if name and (its_own or len(item.names) < _NAMES):
                item.names.add(name)
                self.by_name[(family_of(item.kind), name)] = item

    def end(self, item: Item) -> None:
        """End an item at its own record."""
        item.done = True
        self.open.get(item.kind, {}).pop(item.number, None)

    # Finding.

    def of_event(self, family: str, data: dict[str, Any], grows: bool) -> Item | None:
        """Return the item of an event; `grows` means that it has more text, not a repetition."""
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
            # LiteLLM sends output text for items of the type reasoning.
            item = self.by_name.get((_RELATED[family], name))
        return item

    def _unnamed(self, family: str, index: int | None, name: str, grows: bool) -> Item | None:
        """Return the item of an event with unknown names, of which one is missing."""
        item = self.latest.get(family)
        if item is None or (index is not None and name):
            return None
        if index is None and not name:
            return None if item.done and grows else item
        return None if item.done or item.addressed else item

    def of_added(self, content: dict[str, Any], index: int | None) -> Item | None:
        """Return the item of a record of its beginning, if it has begun already."""
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
        """Return the item of a record of its end, which may repeat an earlier one."""
        kind = text_of(content.get("type"))
        family = family_of(kind)
        names = names_of(content)
        at = None if index is None else self.by_place.get((family, index))
        if at is not None and (at.kind != kind or (at.done and not _repeats(at, content))):
            at = None
        if at is not None and not at.names.isdisjoint(names):
            # Several calls may share an index and an id, but not a call id.
            own = self.by_name.get((family, names[0])) if _calls_differ(at, content) else None
            return own if own is not None and own.kind == kind else at
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
        # If the ids of an item rotate, another id has no meaning.
        if at is not None and (not at.done or not names or len(at.names) > _ROTATING):
            return at
        return self._fitting(kind, content, index)

    def _fitting(self, kind: str, content: dict[str, Any], index: int | None) -> Item | None:
        """Return the open item of which this is the whole, by its content so far."""
        waiting = self.open.get(kind)
        if not waiting:
            return None
        for item in (next(iter(waiting.values())), self.latest[family_of(kind)]):
            fresh = item.added and not item.addressed and index is not None
            if item.kind == kind and not item.done and not fresh and fits(item, content):
                return item
        return None

    # The final list.

    def paired(self, output: list[Any]) -> list[tuple[Item | None, dict[str, Any]]]:
        """Pair final items with those that began; None means an item without any event.

        Items are found by id, by call id, or else by their order within a type, because the ids of
        Copilot's items rotate, and those of OpenRouter's reasoning.
        """
        known: dict[tuple[str, str], list[Item]] = {}
        for item in reversed(self.all):
            for name in names_of(item.data):
                known.setdefault((item.kind, name), []).append(item)
        pairs: list[tuple[Item | None, dict[str, Any]]] = []
        left: list[dict[str, Any]] = []
        found: set[int] = set()
        for data in map(dict_of, output):
            match = _match(known, data, found)
            if match is not None:
                found.add(match.number)
                pairs.append((match, data))
            elif data:
                left.append(data)
        return pairs + self._paired_by_type(left, found)

    def _paired_by_type(
        self, left: list[dict[str, Any]], found: set[int]
    ) -> list[tuple[Item | None, dict[str, Any]]]:
        free: dict[str, list[Item]] = {}
        for item in reversed(self.all):
            if item.number not in found:
                free.setdefault(item.kind, []).append(item)
        pairs: list[tuple[Item | None, dict[str, Any]]] = []
        fresh: list[tuple[Item | None, dict[str, Any]]] = []
        for data in left:
            same = free.get(text_of(data.get("type")))
            if not same:
                fresh.append((None, data))
                continue
            item = same.pop()
            if not item.done:
                pairs.append((item, data))
        return pairs + fresh


def _match(
    known: dict[tuple[str, str], list[Item]], data: dict[str, Any], found: set[int]
) -> Item | None:
    """Return the first item with a name of this final one, unless it was found for another."""
    for name in names_of(data):
        items = known.get((text_of(data.get("type")), name))
        while items:
            item = items.pop()
            if item.number not in found:
                return item
    return None


# The families whose events may be about items of the other one, if they name an item by id.
_RELATED: Final[dict[str, str]] = {"message": "reasoning", "reasoning": "message"}


def family_of(kind: str) -> str:
    """Return the family of an item; calls of all types are one. Names are kept by family."""
    return "call" if is_call(kind) else kind


def names_of(content: dict[str, Any]) -> list[str]:
    """Return the names in an item. That of a call for its result comes first."""
    found = [text_of(content.get("call_id")), text_of(content.get("id"))]
    return [name for name in found if name]


def texts_in(content: dict[str, Any]) -> list[str]:
    """Return the texts of a whole item in their order."""
    parts = [*list_of(content.get("summary")), *list_of(content.get("content"))]
    texts = [dict_of(part) for part in parts]
    names = ("text", "transcript", "refusal")
    return ["".join([text_of(text.get(name)) for name in names]) for text in texts]


def fits(item: Item, content: dict[str, Any]) -> bool:
    """Return whether this whole item begins with the content of the item so far."""
    if item.reader is None:
        whole = "".join(texts_in(content))
        return item.size <= len(whole) and whole.startswith(item.text_so_far())
    if _calls_differ(item, content):
        return False
    name = item.reader.call.name
    if name and text_of(content.get("name")) not in ("", name):
        return False
    given = arguments_in(item.kind, content)
    return not isinstance(given, str) or given.startswith(item.reader.call.raw_text)


def _repeats(item: Item, content: dict[str, Any]) -> bool:
    if item.reader is not None:
        return not _calls_differ(item, content)
    whole = "".join(texts_in(content))
    return item.size == len(whole) and whole == item.text_so_far()


def _calls_differ(item: Item, content: dict[str, Any]) -> bool:
    known, given = text_of(item.data.get("call_id")), text_of(content.get("call_id"))
    return bool(known and given and known != given and item.kind != "tool_search_call")


def _is_again(item: Item, content: dict[str, Any], index: int | None) -> bool:
    """Return whether this is the item that has begun, and not another one of the same name."""
    if _calls_differ(item, content):
        return False
    if item.added and index is not None and item.index not in (None, index):
        return item.kind in _WITH_CALL_IDS and bool(text_of(content.get("call_id")))
    return item.reader is not None or not item.done


_WITH_CALL_IDS: Final = frozenset(("function_call", "custom_tool_call"))
