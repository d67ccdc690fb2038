"""Converts a walker in mid-document to flat data and back, for forks and pickles at any depth."""

from __future__ import annotations

from typing import Any

from streamparse._core.flat import flatten, unflatten
from streamparse.schema.checks import Seen
from streamparse.schema.nodes import MUST, Branch, Failure, LiveGroup, Program, Task
from streamparse.schema.runs import Run


class StateWriter:
    """Numbers the branches and groups that it meets, and writes each of them once."""

    def __init__(self) -> None:
        self.branches: list[Branch] = []
        self.branch_numbers: dict[int, int] = {}
        self.lives: list[LiveGroup] = []
        self.live_numbers: dict[int, int] = {}

    def branch(self, branch: Branch | None) -> int:
        """Return the number of a branch: -1 for the document, -2 for none."""
        if branch is None:
            return -2
        if branch.must:
            return -1
        number = self.branch_numbers.get(id(branch))
        if number is None:
            number = self.branch_numbers[id(branch)] = len(self.branches)
            self.branches.append(branch)
        return number

    def live(self, live: LiveGroup) -> int:
        number = self.live_numbers.get(id(live))
        if number is None:
            number = self.live_numbers[id(live)] = len(self.lives)
            self.lives.append(live)
        return number

    def tasks(self, tasks: list[Task]) -> list[tuple[int, int]]:
        return [(task.node.index, self.branch(task.branch)) for task in tasks]

    def groups(self, groups: list[LiveGroup]) -> list[int]:
        return [self.live(live) for live in groups]

    def run(self, run: Run) -> tuple[Any, ...]:
        where = (run.node.index, self.branch(run.branch), run.keyword)
        state_sets = [one.states for one in run.state_sets]
        return where, run.edge is not None, run.prefix, state_sets, run.count

    def rest(self) -> tuple[list[Any], list[Any]]:
        """Write all numbered branches and groups; doing so may number more of them."""
        branches: list[Any] = []
        lives: list[Any] = []
        while len(branches) < len(self.branches) or len(lives) < len(self.lives):
            while len(branches) < len(self.branches):
                branches.append(self._branch(self.branches[len(branches)]))
            while len(lives) < len(self.lives):
                lives.append(self._live(self.lives[len(lives)]))
        return branches, lives

    def _branch(self, branch: Branch) -> tuple[Any, ...]:
        parents = [self.branch(parent) for parent in branch.parents]
        return branch.dead, _failure(branch.failure), parents, self.groups(branch.choices)

    def _live(self, live: LiveGroup) -> tuple[Any, ...]:
        group = -1 if live.group is None else live.group.index
        members = [self.branch(member) for member in live.members]
        counts = (live.depth, live.alive, live.narrowed, live.triggered, live.count)
        return group, live.node.index, live.kind, self.branch(live.owner), members, counts


def _failure(failure: Failure | None) -> Any:
    if failure is None:
        return None
    where = (failure.node.index, failure.keyword, failure.path, failure.offset)
    return where, flatten(failure.got)


class StateReader:
    """Creates the branches and groups again."""

    def __init__(self, program: Program, branches: list[Any], lives: list[Any]) -> None:
        self.program = program
        self.branches: list[Branch] = [Branch() for _ in branches]
        self.lives: list[LiveGroup] = []
        for index, node, kind, owner, members, counts in lives:
            group = None if index < 0 else program.groups[index]
            live = LiveGroup(group, program.nodes[node], kind, self._branch(owner))
            live.members = [self.member(member) for member in members]
            live.depth, live.alive, live.narrowed, live.triggered, live.count = counts
            self.lives.append(live)
        for branch, (dead, failure, parents, choices) in zip(self.branches, branches, strict=True):
            branch.dead, branch.failure = dead, self._failure(failure)
            branch.parents = [self._branch(parent) for parent in parents]
            branch.choices = self.groups(choices)

    def member(self, number: int) -> Branch | None:
        return None if number == -2 else self._branch(number)

    def _branch(self, number: int) -> Branch:
        return MUST if number == -1 else self.branches[number]

    def _failure(self, state: Any) -> Failure | None:
        if state is None:
            return None
        (index, keyword, path, offset), got = state
        return Failure(self.program.nodes[index], keyword, path, offset, unflatten(*got))

    def tasks(self, state: list[tuple[int, int]]) -> list[Task]:
        return [Task(self.program.nodes[node], self._branch(branch)) for node, branch in state]

    def groups(self, state: list[int]) -> list[LiveGroup]:
        return [self.lives[number] for number in state]

    def run(self, state: tuple[Any, ...]) -> Run:
        (index, branch, keyword), alive, prefix, state_sets, count = state
        run = Run(self.program.nodes[index], self._branch(branch), keyword)
        run.restore(prefix, alive, [tuple(states) for states in state_sets])
        run.count = count
        return run


def write_seen(seen: Seen | None) -> Any:
    """Return the items of an array so far as flat data."""
    if seen is None:
        return None
    containers = [item for alike in seen.containers.values() for item in alike] + seen.others
    return list(seen.texts), list(seen.scalars), flatten(containers), seen.booleans


def read_seen(state: Any) -> Seen | None:
    """Restore what `write_seen` wrote."""
    if state is None:
        return None
    texts, scalars, containers, booleans = state
    seen = Seen()
    seen.texts, seen.scalars = set(texts), set(scalars)
    items = unflatten(*containers)
    for item in items if isinstance(items, list) else []:
        seen.add(item)
    seen.booleans = booleans
    return seen
