"""Follows a string or a key while it arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamparse.schema.automaton import Automaton, StateSet
from streamparse.schema.nodes import Branch, Node
from streamparse.schema.trie import Edge

if TYPE_CHECKING:
    from mypy_extensions import i64


class Run:
    """One constraint on the open text: a set of words and patterns, or a maximum length.

    If there are both words and patterns, the text must be able to become one of the words or to
    match one of the patterns.
    """

    def __init__(self, node: Node, branch: Branch, keyword: str) -> None:
        self.node = node
        self.branch = branch
        self.keyword = keyword
        self.edge: Edge | None = None
        self.at: i64 = 0  # the number of characters of the edge's label that were read
        self.matched: str = ""  # the longest beginning that could become a word, once none can
        self.automata: list[Automaton] = []
        self.state_sets: list[StateSet] = []
        self.limit: i64 = -1
        self.count: i64 = 0

        self._start()

    def _start(self) -> None:
        """Start with the words, patterns or length of the node's keyword."""
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
        self.state_sets = [automaton.start for automaton in automata]

    @property
    def accepts(self) -> bool:
        """Whether one of the patterns matches if the text ends here."""
        return any(state_set.accepts for state_set in self.state_sets)

    def restore(self, prefix: str, alive: bool, state_sets: list[tuple[int, ...]]) -> None:
        """Restore the state of another run of the same node."""
        if not alive:
            self.edge = None
            self.matched = prefix
        elif prefix:
            self._walk(prefix)
        self.state_sets = [
            automaton.state_set(states)
            for automaton, states in zip(self.automata, state_sets, strict=True)
        ]

    @property
    def prefix(self) -> str:
        """The longest beginning of the text that could become a word."""
        edge = self.edge
        return self.matched if edge is None else edge.before + edge.label[: self.at]

    def feed(self, text: str) -> i64:
        """Read more text; return the index of the first character that is not allowed, or -1."""
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
        """Follow the only pattern; return the index of the first character refused, or -1."""
        state_set = self.state_sets[0]
        pos: i64 = 0
        end: i64 = len(text)
        while pos < end:
            char = text[pos]
            following = state_set.next.get(char)
            if following is None:
                following = self.automata[0].step(state_set, char)
            state_set = following
            if not state_set.states:
                break
            pos += 1
        self.state_sets[0] = state_set
        return pos if pos < end else -1

    def _walk(self, text: str) -> i64:
        """Follow the words; return the index of the first character refused, or -1."""
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
        """Read one character for both words and patterns; return whether anything can match."""
        alive = False
        if self.edge is not None:
            if self._walk(char) < 0:
                alive = True
            else:
                self.matched = self.prefix
                self.edge = None
        for number in range(len(self.automata)):
            state_set = self.automata[number].step(self.state_sets[number], char)
            self.state_sets[number] = state_set
            if state_set.states:
                alive = True
        return alive
