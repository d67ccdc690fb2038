"""Follows the text of strings and keys, which may be rejected while it arrives."""

from __future__ import annotations

from streamparse.schema._selection import NodeSelection
from streamparse.schema.failures import NO_GROUPS, NO_TASKS
from streamparse.schema.nodes import Task
from streamparse.schema.runs import Run


class TextValidator(NodeSelection):
    """Runs the constraints of the open string or key."""

    def _follow(self, tasks: list[Task]) -> None:
        """Start the runs that can reject the string while it arrives."""
        for task in tasks:
            node = task.node
            for values in node.values:
                if values.words is not None:
                    self.runs.append(Run(node, task.branch, values.keyword))
            rules = node.strings
            if rules is None:
                continue
            if rules.longest >= 0:
                self.runs.append(Run(node, task.branch, "maxLength"))
            if rules.pattern is not None and rules.pattern.early is not None:
                self.runs.append(Run(node, task.branch, "pattern"))

    def _run(self, text: str, offset: int) -> None:
        """Follow more of the open string or key."""
        if len(self.runs) == 1:
            run = self.runs[0]
            at = run.feed(text)
            if at >= 0:
                self.runs = []
                self._break(run, text[at], offset + at)
            return
        broken: list[tuple[int, int, Run]] = []
        for number, run in enumerate(self.runs):
            at = run.feed(text)
            if at >= 0:
                broken.append((at, number, run))
        if broken:
            broken.sort(key=_by_position)
            lost = [run for _, _, run in broken]
            self.runs = [run for run in self.runs if run not in lost]
            for at, _, run in broken:
                self._break(run, text[at], offset + at)

    def _break(self, run: Run, char: str, offset: int) -> None:
        self.ended.append(run)
        if not run.branch.dead:
            got: object = run.prefix + char
            if run.limit >= 0:
                got = run.limit + 1
            elif run.keyword == "pattern":
                got = char
            self._fail(run.branch, run.node, run.keyword, offset, got, not self.in_key)

    def _close_text(self, offset: int) -> None:
        if self.groups:
            self._resolve(self.groups, offset, not self.in_key)
            self.groups = NO_GROUPS
        self.tasks = NO_TASKS
        if self.runs:
            self.runs = []
        if self.ended:
            self.ended = []


def _by_position(broken: tuple[int, int, Run]) -> tuple[int, int]:
    return broken[0], broken[1]
