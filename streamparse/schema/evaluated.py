"""Early checks for `unevaluatedProperties: false` and `unevaluatedItems: false`.

The library decides at the end of a value which members were evaluated. A key or an index that no
schema could ever evaluate is rejected at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from streamparse.schema.nodes import NOT, ArrayRules, KeySet, Node, ObjectRules
from streamparse.schema.patterns import Pattern, Patterns
from streamparse.schema.trie import Trie


def close(node: Node, draft: str) -> None:
    """Restrict the keys and the number of items of a node that has one of the two keywords."""
    schema = node.schema
    if draft not in ("draft2020-12", "draft2019-09"):
        return
    if schema.get("unevaluatedProperties") is False:
        keys = _keys(node)
        if keys is not None:
            node.objects = node.objects or ObjectRules()
            node.objects.closed.append(keys)
    if schema.get("unevaluatedItems") is False:
        room = _room(node)
        node.arrays = node.arrays or ArrayRules()
        if room is not None and node.arrays.room < 0:
            node.arrays.room, node.arrays.room_keyword = room, "unevaluatedItems"


def _in_place(node: Node) -> Iterator[Node]:
    """Yield the nodes that may evaluate parts of the same value, this one first."""
    waiting, met = [node], {node.index}
    while waiting:
        one = waiting.pop()
        yield one
        alternatives = [
            inner for choice in one.choices if choice.kind != NOT for inner in choice.nodes
        ]
        for inner in [*one.links, *alternatives]:
            if inner is not None and inner.index not in met:
                met.add(inner.index)
                waiting.append(inner)


def _keys(node: Node) -> KeySet | None:
    """Return the keys that some schema may evaluate; `None` if it may be any key."""
    words: list[str] = []
    patterns: list[Pattern] = []
    for one in _in_place(node):
        if isinstance(one.schema, bool):
            continue
        if not _closed(one, ("additionalProperties", "unevaluatedProperties")):
            return None
        words += one.schema.get("properties", {})
        patterns += [Pattern(text) for text in one.schema.get("patternProperties", {})]
    return KeySet("unevaluatedProperties", Trie(words), Patterns(patterns))


def _room(node: Node) -> int | None:
    """Return the number of items that some schema may evaluate; `None` if there is no bound."""
    room = 0
    for one in _in_place(node):
        if isinstance(one.schema, bool):
            continue
        items: Any = one.schema.get("items", [])
        open_ended = "contains" in one.schema or "additionalItems" in one.schema
        if open_ended or not isinstance(items, list) or not _closed(one, ("unevaluatedItems",)):
            return None
        room = max(room, len(items), len(one.schema.get("prefixItems", [])))
    return room


def _closed(node: Node, keywords: tuple[str, ...]) -> bool:
    """Return whether the node is understood and none of these keywords evaluates anything."""
    return not node.foreign and all(node.schema.get(name, False) is False for name in keywords)
