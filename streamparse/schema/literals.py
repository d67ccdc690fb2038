"""`enum` and `const`: the values that are allowed, followed item by item where they are containers.

An allowed container becomes a node like that of a schema which nothing else fits: its keys are
closed and required, its members and items are allowed containers and scalars themselves. Several
of them are alternatives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from streamparse.schema.nodes import (
    ANY,
    ANYTHING,
    ARRAY,
    FALSE,
    NULL,
    NUMBER,
    OBJECT,
    STRING,
    TRUE,
    ArrayRules,
    Choice,
    KeySet,
    Node,
    ObjectRules,
    Values,
)
from streamparse.schema.patterns import Patterns
from streamparse.schema.trie import Trie

#: So many parts of containers are followed for one keyword; with more `equal` decides at the end.
MOST: Final = 200


def values_of(keyword: str, allowed: list[Any]) -> Values:
    """What a keyword allows, told apart by kind."""
    values = Values(keyword, allowed)
    words: list[str] = []
    for one in allowed:
        values.kinds |= 1 << _kind(one)
        if isinstance(one, str):
            words.append(one)
        elif isinstance(one, (dict, list)):
            values.containers.append(one)
        elif one is not None and not isinstance(one, bool):
            values.numbers.add(one)
    if words:
        values.words = Trie(words)
    return values


def _kind(value: Any) -> int:
    if value is None or isinstance(value, bool):
        return NULL if value is None else TRUE if value else FALSE
    if isinstance(value, (int, float)):
        return NUMBER
    if isinstance(value, str):
        return STRING
    return OBJECT if isinstance(value, dict) else ARRAY


def follow(values: Values, made: Callable[[dict[str, Any]], Node]) -> Choice | None:
    """The containers among the allowed values as alternatives; `None`: too large to follow.

    `made` gives a new node for a schema that is part of the keyword's.
    """
    if not values.containers or _size(values.containers) > MOST:
        return None
    nodes: list[Node | None] = [_node(values.keyword, one, made) for one in values.containers]
    other = made({})  # what is no container is not for these alternatives
    other.refuse(1 << OBJECT | 1 << ARRAY, values.keyword)
    return Choice(ANY, values.keyword, [*nodes, other])


def _size(containers: list[Any]) -> int:
    """How many values there are in containers, themselves included; not counted beyond `MOST`."""
    waiting, count = list(containers), 0
    while waiting and count <= MOST:
        value = waiting.pop()
        count += 1
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return count


def _node(keyword: str, value: Any, made: Callable[[dict[str, Any]], Node]) -> Node:
    node = made({keyword: [value] if keyword == "enum" else value})
    node.refuse(ANYTHING & ~(1 << _kind(value)), keyword)
    if isinstance(value, dict):
        node.objects = rules = ObjectRules()
        rules.required, rules.required_keyword = list(value), keyword
        rules.closed.append(KeySet(keyword, Trie(value), Patterns([])))
        for name, inner in value.items():
            rules.properties[name] = _node(keyword, inner, made)
    elif isinstance(value, list):
        node.arrays = items = ArrayRules()
        items.room = items.fewest = len(value)
        items.room_keyword = items.fewest_keyword = keyword
        items.prefix = [_node(keyword, inner, made) for inner in value]
    elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
        node.values.append(values_of(keyword, [value]))
    return node
