"""What follows a string or a key while it arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamparse.schema.automaton import Automaton, Spots
from streamparse.schema.nodes import Branch, Node
from streamparse.schema.trie import Edge

if TYPE_CHECKING:
    from mypy_extensions import i64


class Run:
    """One constraint on the open text: a set of words and patterns, or a length.

    Words and patterns together: the text must be able to become one of the words, or match one of
    the patterns.
    """

    def __init__(self, node: Node, branch: Branch, keyword: str) -> None:
        self.node = node
        self.branch = branch
        self.keyword = keyword
        self.edge: Edge | None = None
        self.at: i64 = 0  # characters of its label that have been read
        self.matched: str = ""  # what could become a word, once no word is left
        self.automata: list[Automaton] = []
        self.spots: list[Spots] = []
        self.limit: i64 = -1
        self.count: i64 = 0

        self._set_out()

    def _set_out(self) -> None:
        """Begin with what the node's keyword allows."""
        keyword, rules = self.keyword, self.node.strings
        if keyword == "maxLength" and rules is not None:
            self.limit = rules.longest
        elif keyword == "pattern" and rules is not None and rules.pattern is not None:
            if rules.pattern.early is not None:
                self._follow([rules.pattern.early])
        elif self.node.values and (keyword == "enum" or keyword == "const"):
            for values in self.node.values:
                if values.keyword == keyword and values.words is not None:
                    self.edge = values.words.root
        elif self.node.objects is not None:
            for keys in self.node.objects.closed:
                if keys.keyword == keyword:
                    self._follow(keys.patterns.early)
                    if keys.words.words or not keys.patterns.early:
                        self.edge = keys.words.root

    def _follow(self, automata: list[Automaton]) -> None:
        self.automata = automata
        self.spots = [automaton.start for automaton in automata]

    @property
    def accepts(self) -> bool:
        """Does one of the patterns match if the text ends here?"""
        return any(spots.accepts for spots in self.spots)

    def walk_to(self, place: str, alive: bool, spots: list[tuple[int, ...]]) -> None:
        """Go where another run of the same node stood."""
        if not alive:
            self.edge = None
            self.matched = place
        elif place:
            self._walk(place)
        self.spots = [
            automaton.spots(places) for automaton, places in zip(self.automata, spots, strict=True)
        ]

    @property
    def prefix(self) -> str:
        """The text so far as far as it could become a word."""
        edge = self.edge
        return self.matched if edge is None else edge.before + edge.label[: self.at]

    def feed(self, text: str) -> i64:
        """The place of the first character that cannot be; -1 when there is none."""
        if self.limit >= 0:
            count = self.count
            size: i64 = len(text)
            self.count = count + size
            return self.limit - count if count + size > self.limit else -1
        if not self.automata:
            return self._walk(text)
        if self.edge is None and len(self.automata) == 1:
            return self._match(text)
        for at, char in enumerate(text):
            if not self._step(char):
                return at
        return -1

    def _match(self, text: str) -> i64:
        """Along the only pattern."""
        spots = self.spots[0]
        pos: i64 = 0
        end: i64 = len(text)
        while pos < end:
            char = text[pos]
            following = spots.next.get(char)
            if following is None:
                following = self.automata[0].step(spots, char)
            spots = following
            if not spots.places:
                break
            pos += 1
        self.spots[0] = spots
        return pos if pos < end else -1

    def _walk(self, text: str) -> i64:
        """Along the words."""
        edge = self.edge
        assert edge is not None
        label = edge.label
        at = self.at
        pos: i64 = 0
        end: i64 = len(text)
        while pos < end:
            size: i64 = len(label)
            if at == size:
                following = edge.next.get(text[pos])
                if following is None:
                    break
                edge = following
                label = edge.label
                at = 1
                pos += 1
            elif pos == 0 and at + end <= size and label.startswith(text, at):
                at += end
                pos = end
            elif label[at] == text[pos]:
                at += 1
                pos += 1
            else:
                break
        self.edge = edge
        self.at = at
        return pos if pos < end else -1

    def _step(self, char: str) -> bool:
        """One character for words and patterns."""
        alive = False
        if self.edge is not None:
            if self._walk(char) < 0:
                alive = True
            else:
                self.matched = self.prefix
                self.edge = None
        for place in range(len(self.automata)):
            spots = self.automata[place].step(self.spots[place], char)
            self.spots[place] = spots
            if spots.places:
                alive = True
        return alive
