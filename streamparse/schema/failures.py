"""Propagates a failure: it fails branches, then choices with no branch left, then the document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streamparse._core.sink import Validator
from streamparse.schema.checks import Seen
from streamparse.schema.messages import Kind, violation
from streamparse.schema.nodes import (
    ANY,
    DEPENDENT,
    IF,
    NOT,
    OBJECT,
    ONE,
    Branch,
    Failure,
    LiveGroup,
    Node,
    Program,
    Task,
)
from streamparse.schema.runs import Run

if TYPE_CHECKING:
    from mypy_extensions import i64


class SchemaFrame:
    """An open container that some node constrains."""

    def __init__(self, in_array: bool, tasks: list[Task], groups: list[LiveGroup]) -> None:
        self.in_array = in_array
        self.tasks = tasks
        self.groups = groups
        self.sole: Node | None = None  # the only node, if there is one task and it must hold
        self.key: str = ""
        self.index: i64 = 0  # the index of the next item
        self.keys: set[str] | None = None  # the keys so far, if a rule needs them
        self.watches_keys: bool = False  # whether keys are checked while they arrive
        self.seen: Seen | None = None  # the items so far, if they must differ
        self.contains_groups: list[LiveGroup] = []  # one group for each `contains`


NO_TASKS: list[Task] = []
NO_GROUPS: list[LiveGroup] = []


class FailurePropagation(Validator):
    """The state of one document, and the rules by which the failure of a node spreads in it.

    This is the base class; `WholeValueValidator` checks values at their end, and `Walker` follows
    the document.
    """

    def __init__(self, program: Program, factory: Any, collect: bool = False) -> None:
        super().__init__()
        self.program = program
        self.factory = factory  # a pickle stores the factory, which compiles the program again
        self.collect = collect
        self.frames: list[SchemaFrame] = []
        self.frame: SchemaFrame | None = None
        self.skip: i64 = 0  # the number of open containers that nothing constrains
        # The next value is validated by one node that must hold, or by several tasks.
        self.node: Node | None = program.root
        self.requests: list[Task] = NO_TASKS
        # These describe the value that began last, or the open key.
        self.kind: i64 = OBJECT
        self.tasks: list[Task] = NO_TASKS
        self.groups: list[LiveGroup] = NO_GROUPS
        self.in_key: bool = False
        self.runs: list[Run] = []
        self.ended: list[Run] = []  # the constraints that the open text has already broken

    def _fail(
        self, branch: Branch, node: Node, keyword: str, offset: int, got: object, inner: bool
    ) -> None:
        """Report that a node rejects a value.

        `inner`: the value is inside the innermost open container; otherwise it is that container.
        """
        self._fail_branch(branch, Failure(node, keyword, self._path(inner), offset, got))

    def _fail_branch(self, branch: Branch, failure: Failure) -> None:
        """Fail a branch, and then whatever depends on it."""
        waiting = [(branch, failure)]
        while waiting:
            one, why = waiting.pop()
            if one.must:
                self._reject(why)
            elif not one.dead:
                one.dead = True
                one.failure = why
                waiting += [(parent, why) for parent in one.parents]
                for live in one.choices:
                    reason = self._fail_member(live, one, why)
                    if reason is not None:
                        waiting.append((live.owner, reason))

    def _fail_member(self, live: LiveGroup, member: Branch, why: Failure) -> Failure | None:
        """Fail one alternative; return the failure of the choice if that fails with it."""
        group = live.group
        if group is None:
            return None
        narrowed = live.narrowed
        live.alive -= 1
        live.narrowed = why.offset
        if live.kind == ANY or live.kind == ONE:
            if live.alive or group.passes:
                return None
            if 0 <= narrowed < why.offset:
                return why  # it was the only alternative left, so its own reason is the best one
            path = why.path[: live.depth]
            return Failure(live.node, group.keyword, path, why.offset, None)
        if live.kind == IF:
            condition, other = live.members[0], live.members[2]
            if member is condition and other is not None and other.failure is not None:
                return other.failure.at(why.offset)
            if member is other and condition is not None and condition.dead:
                return why
        elif live.kind == DEPENDENT and live.triggered:
            return why
        return None

    def _resolve(self, groups: list[LiveGroup], offset: int, inner: bool) -> None:
        """Decide the choices of a value that has ended, innermost first."""
        for at in range(len(groups) - 1, -1, -1):
            live = groups[at]
            if live.owner.dead or live.group is None:
                continue
            keyword = live.group.keyword
            if live.kind == ONE:
                if live.alive + live.group.passes > 1:
                    self._fail(live.owner, live.node, keyword, offset, "several", inner)
            elif live.kind == NOT:
                if live.alive:
                    self._fail(live.owner, live.node, keyword, offset, None, inner)
            elif live.kind == IF:
                condition, then = live.members[0], live.members[1]
                holds = condition is not None and not condition.dead
                if holds and then is not None and then.failure is not None:
                    self._fail_branch(live.owner, then.failure.at(offset))

    def _resolve_contains(self, group: LiveGroup, offset: int) -> None:
        rules = group.node.arrays
        if rules is None or group.owner.dead or group.count >= rules.contains_least:
            return
        keyword = "minContains" if group.count else "contains"
        self._fail(group.owner, group.node, keyword, offset, group.count, False)

    def _reject(self, failure: Failure) -> None:
        error = violation(failure)
        if not self.collect:
            raise error
        self.violations.append(error)

    def _path(self, inner: bool) -> tuple[Any, ...]:
        """Return the path of the innermost open container, or of the value inside it."""
        steps: list[Any] = []
        for frame in self.frames:
            if frame.in_array:
                steps.append(frame.index - 1)
            else:
                steps.append(frame.key)
        if not inner and steps:
            steps.pop()
        return tuple(steps)

    def _actual_kind(self) -> Kind:
        return Kind(_KIND_NAMES[self.kind])


_KIND_NAMES = ("an object", "an array", "a string", "a number", "true", "false", "null")
