"""Selects the nodes that constrain a value, before it begins and when its kind is known.

A node that must hold alone is kept in `node`. Otherwise `requests` has the nodes with the branches
that fail if they reject the value; several requests for one node share a task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamparse._core.expected import Expected
from streamparse.schema.expectations import expected_at
from streamparse.schema.failures import NO_GROUPS, NO_TASKS, SchemaFrame
from streamparse.schema.nodes import (
    ANY,
    MUST,
    ONE,
    ArrayRules,
    Branch,
    Failure,
    KindPlan,
    LiveGroup,
    Node,
    ObjectRules,
    Task,
)
from streamparse.schema.whole_values import WholeValueValidator

if TYPE_CHECKING:
    from mypy_extensions import i64


class NodeSelection(WholeValueValidator):
    """Selects the tasks of the next value."""

    def expects(self) -> Expected | None:
        if self.skip:
            return None
        frame = self.frame
        if frame is not None and frame.in_array:
            return _expected_by(_items_at(frame.tasks, frame.index))
        node = self.node
        return expected_at(node) if node is not None else _expected_by(self.requests)

    def _begin(self, kind: i64, offset: int) -> None:
        """Choose the tasks of a value that begins, whose first character determines its kind."""
        frame = self.frame
        if frame is not None and frame.in_array:
            self._begin_item(frame, offset)
            if frame.seen is not None:
                self.wants_whole = True
        self.kind = kind
        node = self.node
        if node is not None:
            self.node = None
            plan = node.plans[kind]
            shared = plan.tasks
            if shared is not None:
                self.tasks = shared
                self.groups = NO_GROUPS
                if plan.keeps:
                    self.wants_whole = True
                return
            self.tasks, self.groups = [], []
            self._ask(plan, MUST, self.tasks, self.groups, offset)
        elif self.requests:
            requests = self.requests
            self.requests = NO_TASKS
            self.tasks, self.groups = [], []
            for request in requests:
                if not request.branch.dead:
                    plan = request.node.plans[kind]
                    self._ask(plan, request.branch, self.tasks, self.groups, offset)
        else:
            self.tasks = NO_TASKS
            self.groups = NO_GROUPS

    def _ask(
        self,
        plan: KindPlan,
        branch: Branch,
        tasks: list[Task],
        groups: list[LiveGroup],
        offset: int,
    ) -> None:
        """Add the tasks and groups of a plan, for a branch."""
        refusal = plan.refusal
        if refusal is not None:
            self._fail(
                branch, refusal.node, refusal.keyword, offset, self._actual_kind(), not self.in_key
            )
            return
        if plan.keeps:
            self.wants_whole = True
        tasks += [Task(node, branch) for node in plan.nodes]
        for group in plan.groups:
            live = LiveGroup(group, group.node, group.kind, branch)
            live.depth = len(self.frames)
            groups.append(live)
            for inner in group.plans:
                member: Branch | None = None
                if inner is not None:
                    member = Branch()
                    member.choices.append(live)
                    if inner.refusal is None:
                        live.alive += 1
                live.members.append(member)
                if member is not None and inner is not None:
                    self._ask_alternative(inner, member, tasks, groups, offset)

    def _ask_alternative(
        self,
        plan: KindPlan,
        member: Branch,
        tasks: list[Task],
        groups: list[LiveGroup],
        offset: int,
    ) -> None:
        """Add one alternative; an alternative that rejects the kind fails at once."""
        refusal = plan.refusal
        if refusal is None:
            self._ask(plan, member, tasks, groups, offset)
        else:
            member.dead = True
            path = self._path(not self.in_key)
            member.failure = Failure(
                refusal.node, refusal.keyword, path, offset, self._actual_kind()
            )

    def _request(self, node: Node, parent: Branch, group: LiveGroup | None = None) -> None:
        """Request a node for the next value; several requests for one node share one task."""
        must = group is None and parent.must
        for request in self.requests:
            if request.node is node and request.branch.must == must:
                if not must:
                    _add_parent(request.branch, parent, group)
                return
        branch = MUST
        if not must:
            branch = Branch()
            _add_parent(branch, parent, group)
        self.requests.append(Task(node, branch))

    def _ask_member(self, frame: SchemaFrame, key: str) -> None:
        """Collect the nodes that constrain the value of this member."""
        self.requests = []
        for task in frame.tasks:
            rules = task.node.objects
            if rules is not None and not task.branch.dead:
                self._request_member(rules, key, task.branch)

    def _ask_matching(self, rules: ObjectRules, key: str) -> None:
        """Do the same as `_ask_member`, for a single node that must hold."""
        self.requests = NO_TASKS
        self.node = rules.properties.get(key)
        for pattern, inner in rules.patterns:
            if pattern.matches(key):
                if self.node is not None:  # more than one node applies
                    self.node, self.requests = None, []
                    self._request_member(rules, key, MUST)
                    return
                self.node = inner
        rest = rules.additional if self.node is None else None
        if rest is not None and (rules.extras is None or not rules.extras.matches(key)):
            self.node = rest

    def _request_member(self, rules: ObjectRules, key: str, branch: Branch) -> None:
        node = rules.properties.get(key)
        if node is not None:
            self._request(node, branch)
        for pattern, inner in rules.patterns:
            if pattern.matches(key):
                self._request(inner, branch)
        rest = rules.additional if node is None else None
        if rest is not None and (rules.extras is None or not rules.extras.matches(key)):
            self._request(rest, branch)

    def _begin_item(self, frame: SchemaFrame, offset: int) -> None:
        """Check that there is room for the next item, and collect the nodes that constrain it."""
        index = frame.index
        frame.index = index + 1
        sole = frame.sole
        if sole is not None and sole.arrays is not None:
            rules = sole.arrays
            if not self._has_room(rules, index):
                self._refuse_item(frame.tasks[0], rules, index, offset)
            if index < len(rules.prefix):
                self.node = rules.prefix[index]
            else:
                self.node = rules.rest
            return
        self.requests = []
        for task in frame.tasks:
            inner = task.node.arrays
            if inner is None or task.branch.dead:
                continue
            if not self._has_room(inner, index):
                self._refuse_item(task, inner, index, offset)
            if index < len(inner.prefix):
                self._request(inner.prefix[index], task.branch)
            elif inner.rest is not None:
                self._request(inner.rest, task.branch)
        for group in frame.contains_groups:
            contains = group.node.arrays
            if not group.owner.dead and contains is not None and contains.contains is not None:
                self._request(contains.contains, group.owner, group)

    def _has_room(self, rules: ArrayRules, index: i64) -> bool:
        if rules.most >= 0 and index >= rules.most:
            return False
        return rules.room < 0 or index < rules.room

    def _refuse_item(self, task: Task, rules: ArrayRules, index: i64, offset: int) -> None:
        if rules.most >= 0 and index >= rules.most:
            self._fail(task.branch, task.node, "maxItems", offset, index + 1, False)
        if 0 <= rules.room <= index:
            self._fail(task.branch, task.node, rules.room_keyword, offset, index, False)


def _items_at(tasks: list[Task], index: int) -> list[Task]:
    """Return the tasks that constrain the item at an index."""
    found: list[Task] = []
    for task in tasks:
        rules = task.node.arrays
        if rules is not None:
            node = rules.prefix[index] if index < len(rules.prefix) else rules.rest
            if node is not None:
                found.append(Task(node, task.branch))
    return found


def _expected_by(tasks: list[Task]) -> Expected | None:
    """Return what several nodes allow together, as far as it is certain."""
    must: Expected | None = None
    members: dict[int, Expected] = {}  # what each alternative of an outer value allows here
    groups: dict[int, LiveGroup] = {}
    for task in tasks:
        here = expected_at(task.node)
        if task.branch.must:
            must = here if must is None else must.both(here)
        elif not task.branch.dead:
            for member in _alternatives_above(task.branch):
                known = members.get(id(member))
                members[id(member)] = here if known is None else known.both(here)
                for live in member.choices:
                    groups[id(live)] = live
    for live in groups.values():
        allowed = _expected_by_one(live, members)
        if allowed is not None:
            must = allowed if must is None else must.both(allowed)
    return must


def _alternatives_above(branch: Branch) -> list[Branch]:
    """Return the alternatives that fail if a branch fails."""
    found: list[Branch] = []
    waiting = [branch]
    while waiting:
        one = waiting.pop()
        waiting += one.parents
        if one.choices:
            found.append(one)
    return found


def _expected_by_one(live: LiveGroup, members: dict[int, Expected]) -> Expected | None:
    """Return what a group allows if one alternative must hold; None if there is no such bound."""
    group = live.group
    if group is None or group.kind not in (ANY, ONE) or group.passes or not live.owner.must:
        return None
    found: Expected | None = None
    for member in live.members:
        if member is not None and not member.dead:
            here = members.get(id(member))
            if here is None:
                return None  # this alternative allows anything here
            found = here if found is None else found.either(here)
    return found


def _add_parent(branch: Branch, parent: Branch, group: LiveGroup | None) -> None:
    """Record what fails if a branch fails."""
    if group is None:
        if parent not in branch.parents:
            branch.parents.append(parent)
    else:
        group.members.append(branch)
