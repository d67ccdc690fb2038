"""Closed sets of strings, walked character by character.

A radix tree: each edge carries a piece of text, so a run of a delta is compared with one call.
"""

from __future__ import annotations

from collections.abc import Iterable


class Edge:
    """A piece of text and what may follow it."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.before: str = ""  # the text that leads here
        self.word: bool = False  # may a word end where the label ends?
        self.next: dict[str, Edge] = {}  # by the first character of their labels


class Trie:
    """The words, and the tree that walks into them."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words: list[str] = list(dict.fromkeys(words))
        self.known: frozenset[str] = frozenset(self.words)
        self.root: Edge = Edge("")
        for word in self.words:
            _insert(self.root, word)
        _place(self.root)


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
    """Cut the label of a child in two; the edge of the first half."""
    first = Edge(child.label[:at])
    edge.next[child.label[0]] = first
    child.label = child.label[at:]
    first.next[child.label[0]] = child
    return first


def _shared(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    bound = min(len(one), len(other))
    for at in range(bound):
        if one[at] != other[at]:
            return at
    return bound


def _place(root: Edge) -> None:
    """Tell every edge the text before it."""
    waiting = [root]
    while waiting:
        edge = waiting.pop()
        for child in edge.next.values():
            child.before = edge.before + edge.label
            waiting.append(child)
