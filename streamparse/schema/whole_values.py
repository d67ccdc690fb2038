"""The checks of values that have ended."""

from __future__ import annotations

from streamparse.schema.checks import equal, number_fault, unique
from streamparse.schema.failures import FailurePropagation, SchemaFrame
from streamparse.schema.nodes import ARRAY, NUMBER, OBJECT, STRING, Node, StringRules, Task


class WholeValueValidator(FailurePropagation):
    """Checks the value that has just ended, for whatever could not be decided from its prefix."""

    def _check_object(self, frame: SchemaFrame, task: Task, offset: int) -> None:
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

    def _check_array(self, frame: SchemaFrame, task: Task, offset: int) -> None:
        rules = task.node.arrays
        if rules is None:
            return
        if frame.index < rules.fewest:
            self._fail(task.branch, task.node, rules.fewest_keyword, offset, frame.index, False)
        if rules.unique and frame.seen is not None and not _unique(self.built):
            self._fail(task.branch, task.node, "uniqueItems", offset, None, False)

    def _check_container(self, task: Task, offset: int) -> None:
        """Apply the checks that need the whole container."""
        node = task.node
        for values in node.values:
            containers = values.containers
            if containers and not any(equal(one, self.built) for one in containers):
                self._fail(task.branch, node, values.keyword, offset, self.built, False)
        bit = 1 << (ARRAY if isinstance(self.built, list) else OBJECT)
        for check in node.checks:
            if check.kinds & bit and not check.decide(self.built):
                self._fail(task.branch, node, check.keyword, offset, self.built, False)

    def _check_text(self, task: Task, text: str, offset: int) -> None:
        """Check a whole string or key."""
        node = task.node
        inner = not self.in_key
        for values in node.values:
            words = values.words
            if words is None or text in words.known or self._already_reported(node, values.keyword):
                continue
            self._fail(task.branch, node, values.keyword, offset, text, inner)
        rules = node.strings
        if rules is not None:
            if len(text) < rules.shortest:
                self._fail(task.branch, node, "minLength", offset, len(text), inner)
            if not self._already_reported(node, "pattern") and not self._fits(node, rules, text):
                self._fail(task.branch, node, "pattern", offset, text, inner)
        for check in node.checks:
            if check.kinds & 1 << STRING and not check.decide(text):
                self._fail(task.branch, node, check.keyword, offset, text, inner)

    def _fits(self, node: Node, rules: StringRules, text: str) -> bool:
        """Return whether the text matches the pattern.

        An exact automaton that followed the text already has the answer.
        """
        pattern = rules.pattern
        if pattern is None:
            return True
        if pattern.exact:
            for run in self.runs:
                if run.node is node and run.keyword == "pattern":
                    return run.accepts
        return pattern.matches(text)

    def _check_scalar(self, task: Task, value: object, offset: int) -> None:
        node = task.node
        if self.kind == NUMBER:
            self._check_number(task, value, offset)
        for check in node.checks:
            if check.kinds >> self.kind & 1 and not check.decide(value):
                self._fail(task.branch, node, check.keyword, offset, value, True)

    def _check_number(self, task: Task, value: object, offset: int) -> None:
        node = task.node
        if not isinstance(value, (int, float)):  # the caller's `parse_float` returned another type
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

    def _already_reported(self, node: Node, keyword: str) -> bool:
        """Return whether the keyword failed while the text arrived."""
        return any(run.node is node and run.keyword == keyword for run in self.ended)


def _unique(built: object) -> bool:
    return not isinstance(built, list) or unique(built)
