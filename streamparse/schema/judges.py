"""Whole values, and what the nodes that were asked about them say."""

from __future__ import annotations

from streamparse.schema.checks import equal, number_fault, unique
from streamparse.schema.nodes import ARRAY, NUMBER, OBJECT, STRING, Node, StringRules, Task
from streamparse.schema.verdicts import Court, Frame


class Judge(Court):
    """Judges what has just ended; everything a prefix could tell has been told before."""

    def _judge_object(self, frame: Frame, task: Task, offset: int) -> None:
        rules = task.node.objects
        keys = frame.keys
        if rules is None or keys is None:
            return
        for name in rules.required:
            if name not in keys:
                self._fail(task.branch, task.node, rules.required_keyword, offset, name, False)
        if len(keys) < rules.fewest:
            self._fail(task.branch, task.node, "minProperties", offset, len(keys), False)
        for name, needs in rules.dependents.items():
            if name in keys:
                for need in needs:
                    if need not in keys:
                        keyword = rules.dependents_keyword
                        self._fail(task.branch, task.node, keyword, offset, (name, need), False)

    def _judge_array(self, frame: Frame, task: Task, offset: int) -> None:
        rules = task.node.arrays
        if rules is None:
            return
        if frame.index < rules.fewest:
            self._fail(task.branch, task.node, rules.fewest_keyword, offset, frame.index, False)
        if rules.unique and frame.seen is not None and not _unique(self.built):
            self._fail(task.branch, task.node, "uniqueItems", offset, None, False)

    def _judge_whole(self, task: Task, offset: int) -> None:
        """What only the whole container tells."""
        node = task.node
        for values in node.values:
            containers = values.containers
            if containers and not any(equal(one, self.built) for one in containers):
                self._fail(task.branch, node, values.keyword, offset, self.built, False)
        bit = 1 << (ARRAY if isinstance(self.built, list) else OBJECT)
        for check in node.checks:
            if check.kinds & bit and not check.decide(self.built):
                self._fail(task.branch, node, check.keyword, offset, self.built, False)

    def _judge_text(self, task: Task, text: str, offset: int) -> None:
        """A whole string or key."""
        node = task.node
        inner = not self.in_key
        for values in node.values:
            words = values.words
            if words is None or text in words.known or self._broke(node, values.keyword):
                continue
            self._fail(task.branch, node, values.keyword, offset, text, inner)
        rules = node.strings
        if rules is not None:
            if len(text) < rules.shortest:
                self._fail(task.branch, node, "minLength", offset, len(text), inner)
            if not self._broke(node, "pattern") and not self._fits(node, rules, text):
                self._fail(task.branch, node, "pattern", offset, text, inner)
        for check in node.checks:
            if check.kinds & 1 << STRING and not check.decide(text):
                self._fail(task.branch, node, check.keyword, offset, text, inner)

    def _fits(self, node: Node, rules: StringRules, text: str) -> bool:
        """Does the text match the pattern? An exact automaton that was followed knows already."""
        pattern = rules.pattern
        if pattern is None:
            return True
        if pattern.exact:
            for run in self.runs:
                if run.node is node and run.keyword == "pattern":
                    return run.accepts
        return pattern.matches(text)

    def _judge_scalar(self, task: Task, value: object, offset: int) -> None:
        node = task.node
        if self.kind == NUMBER:
            self._judge_number(task, value, offset)
        for check in node.checks:
            if check.kinds >> self.kind & 1 and not check.decide(value):
                self._fail(task.branch, node, check.keyword, offset, value, True)

    def _judge_number(self, task: Task, value: object, offset: int) -> None:
        node = task.node
        if not isinstance(value, (int, float)):  # what `parse_float` made of it
            keyword = "" if node.reference is None else node.reference.fault(value)
            if keyword:
                self._fail(task.branch, node, keyword, offset, value, True)
            return
        for values in node.values:
            if value not in values.numbers:
                self._fail(task.branch, node, values.keyword, offset, value, True)
        if node.numbers is not None:
            keyword = number_fault(node.numbers, value)
            if keyword:
                self._fail(task.branch, node, keyword, offset, value, True)

    def _broke(self, node: Node, keyword: str) -> bool:
        """Was this said inside the text?"""
        return any(run.node is node and run.keyword == keyword for run in self.ended)


def _unique(built: object) -> bool:
    return not isinstance(built, list) or unique(built)
