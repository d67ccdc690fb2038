"""Follows the document with a schema and rejects it at the first character that decides.

Every open container has a `SchemaFrame` with the tasks that constrain it. A task belongs to a
branch. When a task fails, its branch fails, and with it whatever depends on that branch: the value
around it, or one of several alternatives. When no alternative is left, the document fails.

Rule 1: A rejected prefix can never become valid, in whatever order the members arrive.
Rule 2: A value passes at its end if and only if it passes in the reference library.
Rule 3: Nothing recurses on the document, and the work per character is bounded by the size of the
schema: a node is applied to a value once, however many alternatives refer to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streamparse._core.expected import Expected
from streamparse.schema.checks import Seen
from streamparse.schema.expectations import expected_at
from streamparse.schema.failures import NO_GROUPS, NO_TASKS, SchemaFrame
from streamparse.schema.nodes import (
    ANY,
    ARRAY,
    CONTAINS,
    DEPENDENT,
    KIND_OF,
    MUST,
    OBJECT,
    ONE,
    STRING,
    ArrayRules,
    Branch,
    Failure,
    KindPlan,
    LiveGroup,
    Node,
    ObjectRules,
    Task,
)
from streamparse.schema.runs import Run
from streamparse.schema.state import StateReader, StateWriter, read_seen, write_seen
from streamparse.schema.whole_values import WholeValueValidator

if TYPE_CHECKING:
    from mypy_extensions import i64


class Walker(WholeValueValidator):
    """Validates one document from its sink calls."""

    # Sink calls.

    def start_object(self, offset: int) -> None:
        if self.skip:
            self.skip += 1
        else:
            self._begin(OBJECT, offset)
            if self.tasks or self.groups:
                self._enter(False)
            else:
                self.skip = 1

    def start_array(self, offset: int) -> None:
        if self.skip:
            self.skip += 1
        else:
            self._begin(ARRAY, offset)
            if self.tasks or self.groups:
                self._enter(True)
            else:
                self.skip = 1

    def start_string(self, offset: int) -> None:
        if not self.skip:
            self._begin(STRING, offset)
            if self.tasks:
                self._follow(self.tasks)

    def start_scalar(self, kind: str, offset: int) -> None:
        if not self.skip:
            self._begin(KIND_OF[kind], offset)

    def start_key(self, offset: int) -> None:
        frame = self.frame
        if not self.skip and frame is not None and frame.watches_keys:
            self._begin_key(frame, offset)

    def key_text(self, text: str, offset: int) -> None:
        if self.runs:
            self._run(text, offset)

    def end_key(self, offset: int) -> None:
        frame = self.frame
        if self.skip or frame is None:
            return
        built = self.built
        assert isinstance(built, str)
        if frame.watches_keys:
            self._end_key(frame, built, offset)
        frame.key = built
        sole = frame.sole
        if sole is None or sole.objects is None:
            if frame.keys is not None:
                self._count(frame, built, offset)
            self._ask_member(frame, built)
            return
        rules = sole.objects
        if frame.keys is not None:
            self._count(frame, built, offset)
        if rules.plain:
            self.node = rules.properties.get(built, rules.additional)
        else:
            self._ask_matching(rules, built)

    def text(self, text: str, offset: int) -> None:
        if self.runs:
            self._run(text, offset)

    def end_string(self, offset: int) -> None:
        if self.skip:
            return
        if self.tasks:
            built = self.built
            assert isinstance(built, str)
            for task in self.tasks:
                if not task.branch.dead:
                    self._check_text(task, built, offset)
            self._close_text(offset)
        frame = self.frame
        if frame is not None and frame.in_array:
            self._item_ends(frame, self.built, offset)

    def scalar(self, value: object, offset: int) -> None:
        if self.skip:
            return
        if self.tasks:
            for task in self.tasks:
                if not task.branch.dead:
                    self._check_scalar(task, value, offset)
            if self.groups:
                self._resolve(self.groups, offset, True)
                self.groups = NO_GROUPS
            self.tasks = NO_TASKS
        frame = self.frame
        if frame is not None and frame.in_array:
            self._item_ends(frame, value, offset)

    def end(self, offset: int) -> None:
        if self.skip:
            self.skip -= 1
            if self.skip:
                return
        else:
            self._leave(offset)
        frame = self.frame
        if frame is not None and frame.in_array:
            self._item_ends(frame, self.built, offset)

    def expects(self) -> Expected | None:
        if self.skip:
            return None
        frame = self.frame
        if frame is not None and frame.in_array:
            return _expected_by(_items_at(frame.tasks, frame.index))
        node = self.node
        return expected_at(node) if node is not None else _expected_by(self.requests)

    # The tasks of a value.

    def _begin(self, kind: i64, offset: int) -> None:
        """Choose the tasks of a value that begins; its first character tells its kind."""
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
        """Apply a node to the next value; several requests for one node share one task."""
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

    # Containers.

    def _enter(self, in_array: bool) -> None:
        """Enter the container that has begun."""
        tasks = self.tasks
        frame = SchemaFrame(in_array, tasks, self.groups)
        for task in tasks:
            node = task.node
            if in_array:
                if node.arrays is not None:
                    self._watch_items(frame, node.arrays, task)
            elif node.objects is not None:
                if node.objects.counts and frame.keys is None:
                    frame.keys = set()
                if node.objects.closed or node.objects.names is not None:
                    frame.watches_keys = True
        for group in self.groups:
            if group.kind == DEPENDENT and frame.keys is None:
                frame.keys = set()
        if (
            len(tasks) == 1
            and tasks[0].branch.must
            and not frame.contains_groups
            and not self.groups
        ):
            frame.sole = tasks[0].node
        self.tasks = NO_TASKS
        self.groups = NO_GROUPS
        self.frames.append(frame)
        self.frame = frame

    def _watch_items(self, frame: SchemaFrame, rules: ArrayRules, task: Task) -> None:
        if rules.unique and frame.seen is None:
            frame.seen = Seen()
        if rules.contains is not None:
            frame.contains_groups.append(LiveGroup(None, task.node, CONTAINS, task.branch))

    def _leave(self, offset: int) -> None:
        """Check the innermost container at its end, and leave it."""
        frame = self.frame
        assert frame is not None
        for task in frame.tasks:
            if task.branch.dead:
                continue
            if frame.in_array:
                self._check_array(frame, task, offset)
            else:
                self._check_object(frame, task, offset)
            self._check_container(task, offset)
        for group in frame.contains_groups:
            self._resolve_contains(group, offset)
        if frame.groups:
            self._resolve(frame.groups, offset, False)
        self.frames.pop()
        self.frame = self.frames[-1] if self.frames else None
        self.requests = NO_TASKS

    def _item_ends(self, frame: SchemaFrame, value: object, offset: int) -> None:
        """Check an array after one of its items has ended."""
        for group in frame.contains_groups:
            member = group.members.pop() if group.members else None
            if member is not None and not member.dead:
                group.count += 1
                rules = group.node.arrays
                if rules is not None and 0 <= rules.contains_most < group.count:
                    self._fail(group.owner, group.node, "maxContains", offset, group.count, False)
        if frame.seen is not None and frame.seen.repeats(value):
            for task in frame.tasks:
                arrays = task.node.arrays
                if arrays is not None and arrays.unique and not task.branch.dead:
                    self._fail(task.branch, task.node, "uniqueItems", offset, value, False)
            if self.collect:
                frame.seen = None  # report it once

    # Keys and strings.

    def _begin_key(self, frame: SchemaFrame, offset: int) -> None:
        self.in_key = True
        self.kind = STRING
        self.requests = []
        self.tasks, self.groups = [], []
        for task in frame.tasks:
            rules = task.node.objects
            if rules is None or task.branch.dead:
                continue
            for keys in rules.closed:
                if not keys.patterns.late:
                    self.runs.append(Run(task.node, task.branch, keys.keyword))
            if rules.names is not None:
                self._request(rules.names, task.branch)
        requests = self.requests
        self.requests = NO_TASKS
        for request in requests:
            plan = request.node.plans[STRING]
            self._ask(plan, request.branch, self.tasks, self.groups, offset)
        self.wants_whole = False  # a sink always receives whole keys
        self._follow(self.tasks)

    def _end_key(self, frame: SchemaFrame, key: str, offset: int) -> None:
        for task in frame.tasks:
            rules = task.node.objects
            if rules is None or task.branch.dead:
                continue
            for keys in rules.closed:
                if not self._already_reported(task.node, keys.keyword) and not keys.has(key):
                    self._fail(task.branch, task.node, keys.keyword, offset, key, False)
        for task in self.tasks:
            if not task.branch.dead:
                self._check_text(task, key, offset)
        self._close_text(offset)
        self.in_key = False

    def _count(self, frame: SchemaFrame, key: str, offset: int) -> None:
        """Count a key unless it occurred before, and check the rules on the set of keys."""
        keys = frame.keys
        assert keys is not None
        if key in keys:
            return
        keys.add(key)
        size: i64 = len(keys)
        for task in frame.tasks:
            rules = task.node.objects
            if rules is not None and 0 <= rules.most < size and not task.branch.dead:
                self._fail(task.branch, task.node, "maxProperties", offset, size, False)
        for live in frame.groups:
            if live.kind == DEPENDENT and live.group is not None and live.group.key == key:
                live.triggered = True
                member = live.members[0]
                if member is not None and member.dead and member.failure is not None:
                    self._fail_branch(live.owner, member.failure.at(offset))

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

    # Forks and pickles.

    def clone(self) -> Walker:
        twin = Walker(self.program, self.factory, self.collect)
        twin._resume(self._state())
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        return _revived, (self.factory, self._state())

    def _state(self) -> tuple[Any, ...]:
        """Return the whole state as flat data."""
        writer = StateWriter()
        frames = [_frame_state(frame, writer) for frame in self.frames]
        node = -1 if self.node is None else self.node.index
        coming = (node, writer.tasks(self.requests), self.skip)
        begun = (self.kind, writer.tasks(self.tasks), writer.groups(self.groups), self.in_key)
        runs = [writer.run(run) for run in self.runs], [writer.run(run) for run in self.ended]
        return frames, coming, begun, runs, list(self.violations), writer.rest()

    def _resume(self, state: tuple[Any, ...]) -> None:
        frames, coming, begun, runs, violations, rest = state
        reader = StateReader(self.program, *rest)
        self.frames = [_frame(one, reader) for one in frames]
        self.frame = self.frames[-1] if self.frames else None
        node, requests, self.skip = coming
        self.node = None if node < 0 else self.program.nodes[node]
        self.requests = reader.tasks(requests)
        self.kind, tasks, groups, in_key = begun
        self.in_key = in_key
        self.tasks = reader.tasks(tasks)
        self.groups = reader.groups(groups)
        self.runs = [reader.run(run) for run in runs[0]]
        self.ended = [reader.run(run) for run in runs[1]]
        self.violations = list(violations)


def _frame_state(frame: SchemaFrame, writer: StateWriter) -> tuple[Any, ...]:
    tasks = writer.tasks(frame.tasks)
    groups, contains_groups = writer.groups(frame.groups), writer.groups(frame.contains_groups)
    keys = None if frame.keys is None else sorted(frame.keys)
    counts = (frame.key, frame.index, keys, frame.watches_keys, write_seen(frame.seen))
    return frame.in_array, frame.sole is not None, tasks, groups, contains_groups, counts


def _frame(state: tuple[Any, ...], reader: StateReader) -> SchemaFrame:
    in_array, alone, tasks, groups, contains_groups, counts = state
    frame = SchemaFrame(in_array, reader.tasks(tasks), reader.groups(groups))
    frame.sole = frame.tasks[0].node if alone else None
    frame.contains_groups = reader.groups(contains_groups)
    frame.key, frame.index, keys, frame.watches_keys, seen = counts
    frame.keys = None if keys is None else set(keys)
    frame.seen = read_seen(seen)
    return frame


def _revived(factory: Any, state: tuple[Any, ...]) -> Walker:
    walker = factory.begin()
    assert isinstance(walker, Walker)
    walker._resume(state)
    return walker


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


def _by_position(broken: tuple[int, int, Run]) -> tuple[int, int]:
    return broken[0], broken[1]
