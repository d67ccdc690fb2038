"""`enum` and `const`: allowed containers are followed item by item.

An allowed container becomes the node of a schema that only this container satisfies: its keys are
closed and required, and its members and items are allowed values in turn. Several containers
become alternatives.
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
    AllowedValues,
    ArrayRules,
    Choice,
    KeySet,
    Node,
    ObjectRules,
)
from streamparse.schema.patterns import Patterns
from streamparse.schema.trie import Trie

#: The largest number of container parts to follow for one keyword. If there are more, `equal`
#: decides at the end of the value.
MAX_FOLLOWED: Final = 200


def values_of(keyword: str, allowed: list[Any]) -> AllowedValues:
    """Return the values that a keyword allows, sorted by kind."""
    values = AllowedValues(keyword, allowed)
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


def follow(values: AllowedValues, new_node: Callable[[dict[str, Any]], Node]) -> Choice | None:
    """Return the allowed containers as alternatives, or `None` if there are none or too many.

    `new_node` creates a node for a schema that stands for a part of the keyword's value.
    """
    if not values.containers or _size(values.containers) > MAX_FOLLOWED:
        return None
    nodes: list[Node | None] = [_node(values.keyword, one, new_node) for one in values.containers]
    other = new_node({})  # this alternative admits every value that is not a container
    other.refuse(1 << OBJECT | 1 << ARRAY, values.keyword)
    return Choice(ANY, values.keyword, [*nodes, other])


def _size(containers: list[Any]) -> int:
    """Count the values in containers, including the containers, up to `MAX_FOLLOWED`."""
    waiting, count = list(containers), 0
    while waiting and count <= MAX_FOLLOWED:
        value = waiting.pop()
        count += 1
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return count


def _node(keyword: str, value: Any, new_node: Callable[[dict[str, Any]], Node]) -> Node:
    node = new_node({keyword: [value] if keyword == "enum" else value})
    node.refuse(ANYTHING & ~(1 << _kind(value)), keyword)
    if isinstance(value, dict):
        node.objects = rules = ObjectRules()
        rules.required, rules.required_keyword = list(value), keyword
        rules.closed.append(KeySet(keyword, Trie(value), Patterns([])))
        for name, inner in value.items():
            rules.properties[name] = _node(keyword, inner, new_node)
    elif isinstance(value, list):
        node.arrays = items = ArrayRules()
        items.room = items.fewest = len(value)
        items.room_keyword = items.fewest_keyword = keyword
        items.prefix = [_node(keyword, inner, new_node) for inner in value]
    elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
        node.values.append(values_of(keyword, [value]))
    return node
