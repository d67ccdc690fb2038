"""Tests of streamparse.schema.trie."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streamparse.schema.trie import Edge, Trie

WORDS = st.lists(st.text("abé", max_size=6), max_size=12)


def spelled(edge: Edge) -> list[str]:
    """Return the words of a tree."""
    found = [edge.before + edge.label] if edge.word else []
    for child in edge.next.values():
        found += spelled(child)
    return found


@given(WORDS)
def test_the_tree_contains_the_words(words: list[str]) -> None:
    trie = Trie(words)
    assert sorted(spelled(trie.root)) == sorted(set(words))
    assert trie.words == list(dict.fromkeys(words))
    assert trie.known == set(words)


@given(WORDS)
def test_labels_are_as_long_as_possible(words: list[str]) -> None:
    waiting = list(Trie(words).root.next.values())
    while waiting:
        edge = waiting.pop()
        assert edge.label
        assert edge.word or len(edge.next) > 1
        assert all(child.label[0] == first for first, child in edge.next.items())
        waiting += edge.next.values()


def test_no_words() -> None:
    trie = Trie([])
    assert not trie.root.word
    assert not trie.root.next
