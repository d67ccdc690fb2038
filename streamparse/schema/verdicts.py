"""What hangs on a refusal: branches that die, choices of which none is left, the document."""

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


class Frame:
    """An open container that something is asked of."""

    def __init__(self, in_array: bool, tasks: list[Task], groups: list[LiveGroup]) -> None:
        self.in_array = in_array
        self.tasks = tasks
        self.groups = groups
        self.sole: Node | None = None  # the one node that must hold, when there is but one task
        self.key: str = ""
        self.index: i64 = 0  # of the next item
        self.keys: set[str] | None = None  # so far, if anybody counts
        self.watches_keys: bool = False  # is there something to follow inside a key?
        self.seen: Seen | None = None  # the items so far, if they must differ
        self.finds: list[LiveGroup] = []  # `contains`


NO_TASKS: list[Task] = []
NO_GROUPS: list[LiveGroup] = []


class Court(Validator):
    """The state of one document, and what becomes of it when a node refuses."""

    def __init__(self, program: Program, factory: Any, collect: bool = False) -> None:
        super().__init__()
        self.program = program
        self.factory = factory  # for pickles: it can make the program again
        self.collect = collect
        self.frames: list[Frame] = []
        self.frame: Frame | None = None
        self.skip: i64 = 0  # open containers that nothing is asked of
        # Of the value that begins next: one node that must hold, or several tasks.
        self.node: Node | None = program.root
        self.requests: list[Task] = NO_TASKS
        # Of the value that began last, or of the open key.
        self.kind: i64 = OBJECT
        self.tasks: list[Task] = NO_TASKS
        self.groups: list[LiveGroup] = NO_GROUPS
        self.in_key: bool = False
        self.runs: list[Run] = []
        self.ended: list[Run] = []  # what the open text has broken already

    def _fail(
        self, branch: Branch, node: Node, keyword: str, offset: int, got: object, inner: bool
    ) -> None:
        """A node refuses; `inner`: the value inside the innermost container, not that itself."""
        self._lose(branch, Failure(node, keyword, self._path(inner), offset, got))

    def _lose(self, branch: Branch, failure: Failure) -> None:
        """A branch is dead, and what hangs on it."""
        waiting = [(branch, failure)]
        while waiting:
            one, why = waiting.pop()
            if one.must:
                self._refuse(why)
            elif not one.dead:
                one.dead = True
                one.failure = why
                waiting += [(parent, why) for parent in one.parents]
                for live in one.choices:
                    reason = self._lose_member(live, one, why)
                    if reason is not None:
                        waiting.append((live.owner, reason))

    def _lose_member(self, live: LiveGroup, member: Branch, why: Failure) -> Failure | None:
        """An alternative is lost: why the choice is, if it is."""
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
                return why  # it had been the only one left
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

    def _settle(self, groups: list[LiveGroup], offset: int, inner: bool) -> None:
        """A value is whole: what its alternatives come to. The innermost choices first."""
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
                    self._lose(live.owner, then.failure.at(offset))

    def _settle_find(self, find: LiveGroup, offset: int) -> None:
        rules = find.node.arrays
        if rules is None or find.owner.dead or find.count >= rules.contains_least:
            return
        keyword = "minContains" if find.count else "contains"
        self._fail(find.owner, find.node, keyword, offset, find.count, False)

    def _refuse(self, failure: Failure) -> None:
        error = violation(failure)
        if not self.collect:
            raise error
        self.violations.append(error)

    def _path(self, inner: bool) -> tuple[Any, ...]:
        """The path of the innermost open container, or of the value inside it."""
        steps: list[Any] = []
        for frame in self.frames:
            if frame.in_array:
                steps.append(frame.index - 1)
            else:
                steps.append(frame.key)
        if not inner and steps:
            steps.pop()
        return tuple(steps)

    def _came(self) -> Kind:
        return Kind(_KIND_NAMES[self.kind])


_KIND_NAMES = ("an object", "an array", "a string", "a number", "true", "false", "null")
