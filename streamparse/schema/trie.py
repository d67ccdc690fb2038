"""Closed sets of strings, followed character by character.

The set is a radix tree. Each edge has a piece of text as its label, so that one call compares many
characters of a delta.
"""

from __future__ import annotations

from collections.abc import Iterable


class Edge:
    """A piece of text and the edges that may follow it."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.before: str = ""  # the text from the root to this edge
        self.word: bool = False  # whether a word ends at the end of the label
        self.next: dict[str, Edge] = {}  # keyed by the first character of their labels


class Trie:
    """A set of words and their radix tree."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words: list[str] = list(dict.fromkeys(words))
        self.known: frozenset[str] = frozenset(self.words)
        self.root: Edge = Edge("")
        for word in self.words:
            _insert(self.root, word)
        _set_prefixes(self.root)


def _insert(root: Edge, word: str) -> None:
    edge, at = root, 0
    while at < len(word):
        rest = word[at:]
        child = edge.next.get(rest[0])
        if child is None:
            child = Edge(rest)
            edge.next[rest[0]] = child
            shared = len(rest)
        else:
            shared = _shared(child.label, rest)
            if shared < len(child.label):
                child = _split(edge, child, shared)
        edge = child
        at += shared
    edge.word = True


def _split(edge: Edge, child: Edge, at: int) -> Edge:
    """Split the label of a child; return the edge of the first half."""
    first = Edge(child.label[:at])
    edge.next[child.label[0]] = first
    child.label = child.label[at:]
    first.next[child.label[0]] = child
    return first


def _shared(one: str, other: str) -> int:
    """Return the length of the common prefix of two texts."""
    bound = min(len(one), len(other))
    for at in range(bound):
        if one[at] != other[at]:
            return at
    return bound


def _set_prefixes(root: Edge) -> None:
    """Set the text before each edge."""
    waiting = [root]
    while waiting:
        edge = waiting.pop()
        for child in edge.next.values():
            child.before = edge.before + edge.label
            waiting.append(child)
