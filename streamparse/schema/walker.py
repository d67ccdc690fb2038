"""A schema, walked beside the document: refuses at the first character that dooms it.

Every open container is a `Frame` with the tasks that ask something of it. A task belongs to a
branch; the branch of a task that fails is dead, and so is what hangs on it: the value around it,
or an alternative of which another may be left. Where nothing else is left the document fails.

Rule 1: what is refused can never become valid, in whatever order members come.
Rule 2: what is passed at its end is what the reference library passes.
Rule 3: nothing recurses on the document, and a character costs no more than the schema is large:
the same node is asked once about a value, however many alternatives ask it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streamparse._core.expected import Expected
from streamparse.schema.checks import Seen
from streamparse.schema.expectations import expected_at
from streamparse.schema.judges import Judge
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
    LiveGroup,
    Node,
    ObjectRules,
    Plan,
    Task,
)
from streamparse.schema.runs import Run
from streamparse.schema.state import Reader, Writer, read_seen, write_seen
from streamparse.schema.verdicts import NO_GROUPS, NO_TASKS, Frame

if TYPE_CHECKING:
    from mypy_extensions import i64


class Walker(Judge):
    """Listens to one document."""

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
                    self._judge_text(task, built, offset)
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
                    self._judge_scalar(task, value, offset)
            if self.groups:
                self._settle(self.groups, offset, True)
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

    # What is asked of a value.

    def _begin(self, kind: i64, offset: int) -> None:
        """A value begins, and its kind is known."""
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
        self, plan: Plan, branch: Branch, tasks: list[Task], groups: list[LiveGroup], offset: int
    ) -> None:
        """Add what a plan asks for, on behalf of a branch."""
        refusal = plan.refusal
        if refusal is not None:
            self._fail(branch, refusal.node, refusal.keyword, offset, self._came(), not self.in_key)
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
        self, plan: Plan, member: Branch, tasks: list[Task], groups: list[LiveGroup], offset: int
    ) -> None:
        """One alternative; one that refuses the kind is dead before it began."""
        refusal = plan.refusal
        if refusal is None:
            self._ask(plan, member, tasks, groups, offset)
        else:
            member.dead = True
            path = self._path(not self.in_key)
            member.failure = Failure(refusal.node, refusal.keyword, path, offset, self._came())

    def _request(self, node: Node, parent: Branch, find: LiveGroup | None = None) -> None:
        """Ask a node about the value that comes next: it once, whoever wants to know."""
        must = find is None and parent.must
        for request in self.requests:
            if request.node is node and request.branch.must == must:
                if not must:
                    _hang(request.branch, parent, find)
                return
        branch = MUST
        if not must:
            branch = Branch()
            _hang(branch, parent, find)
        self.requests.append(Task(node, branch))

    def _ask_member(self, frame: Frame, key: str) -> None:
        """The value of this member comes next."""
        self.requests = []
        for task in frame.tasks:
            rules = task.node.objects
            if rules is not None and not task.branch.dead:
                self._request_member(rules, key, task.branch)

    def _ask_matching(self, rules: ObjectRules, key: str) -> None:
        """The same for an only node, which must hold."""
        self.requests = NO_TASKS
        self.node = rules.properties.get(key)
        for pattern, inner in rules.patterns:
            if pattern.matches(key):
                if self.node is not None:  # several
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

    def _begin_item(self, frame: Frame, offset: int) -> None:
        """An item comes next; is there room for it?"""
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
        for find in frame.finds:
            contains = find.node.arrays
            if not find.owner.dead and contains is not None and contains.contains is not None:
                self._request(contains.contains, find.owner, find)

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
        """Go into the container that has begun."""
        tasks = self.tasks
        frame = Frame(in_array, tasks, self.groups)
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
        if len(tasks) == 1 and tasks[0].branch.must and not frame.finds and not self.groups:
            frame.sole = tasks[0].node
        self.tasks = NO_TASKS
        self.groups = NO_GROUPS
        self.frames.append(frame)
        self.frame = frame

    def _watch_items(self, frame: Frame, rules: ArrayRules, task: Task) -> None:
        if rules.unique and frame.seen is None:
            frame.seen = Seen()
        if rules.contains is not None:
            frame.finds.append(LiveGroup(None, task.node, CONTAINS, task.branch))

    def _leave(self, offset: int) -> None:
        """The innermost container is whole."""
        frame = self.frame
        assert frame is not None
        for task in frame.tasks:
            if task.branch.dead:
                continue
            if frame.in_array:
                self._judge_array(frame, task, offset)
            else:
                self._judge_object(frame, task, offset)
            self._judge_whole(task, offset)
        for find in frame.finds:
            self._settle_find(find, offset)
        if frame.groups:
            self._settle(frame.groups, offset, False)
        self.frames.pop()
        self.frame = self.frames[-1] if self.frames else None
        self.requests = NO_TASKS

    def _item_ends(self, frame: Frame, value: object, offset: int) -> None:
        """An item is whole."""
        for find in frame.finds:
            member = find.members.pop() if find.members else None
            if member is not None and not member.dead:
                find.count += 1
                rules = find.node.arrays
                if rules is not None and 0 <= rules.contains_most < find.count:
                    self._fail(find.owner, find.node, "maxContains", offset, find.count, False)
        if frame.seen is not None and frame.seen.repeats(value):
            for task in frame.tasks:
                arrays = task.node.arrays
                if arrays is not None and arrays.unique and not task.branch.dead:
                    self._fail(task.branch, task.node, "uniqueItems", offset, value, False)
            if self.collect:
                frame.seen = None  # said once

    # Keys and strings.

    def _begin_key(self, frame: Frame, offset: int) -> None:
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
        self.wants_whole = False  # a key always is
        self._follow(self.tasks)

    def _end_key(self, frame: Frame, key: str, offset: int) -> None:
        for task in frame.tasks:
            rules = task.node.objects
            if rules is None or task.branch.dead:
                continue
            for keys in rules.closed:
                if not self._broke(task.node, keys.keyword) and not keys.has(key):
                    self._fail(task.branch, task.node, keys.keyword, offset, key, False)
        for task in self.tasks:
            if not task.branch.dead:
                self._judge_text(task, key, offset)
        self._close_text(offset)
        self.in_key = False

    def _count(self, frame: Frame, key: str, offset: int) -> None:
        """One more key, or the same again."""
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
                    self._lose(live.owner, member.failure.at(offset))

    def _follow(self, tasks: list[Task]) -> None:
        """Follow the string that has begun as closely as its schemas allow."""
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
        """More of the open string or key."""
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
            broken.sort(key=_by_place)
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
            self._settle(self.groups, offset, not self.in_key)
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
        """Everything as flat data."""
        writer = Writer()
        frames = [_frame_state(frame, writer) for frame in self.frames]
        node = -1 if self.node is None else self.node.index
        coming = (node, writer.tasks(self.requests), self.skip)
        begun = (self.kind, writer.tasks(self.tasks), writer.groups(self.groups), self.in_key)
        runs = [writer.run(run) for run in self.runs], [writer.run(run) for run in self.ended]
        return frames, coming, begun, runs, list(self.violations), writer.rest()

    def _resume(self, state: tuple[Any, ...]) -> None:
        frames, coming, begun, runs, violations, rest = state
        reader = Reader(self.program, *rest)
        self.frames = [_frame(one, reader) for one in frames]
        self.frame = self.frames[-1] if self.frames else None
        node, requests, self.skip = coming
        self.node = None if node < 0 else self.program.nodes[node]
        self.requests = reader.tasks(requests)
        self.kind, tasks, groups, self.in_key = begun
        self.tasks, self.groups = reader.tasks(tasks), reader.groups(groups)
        self.runs = [reader.run(run) for run in runs[0]]
        self.ended = [reader.run(run) for run in runs[1]]
        self.violations = list(violations)


def _frame_state(frame: Frame, writer: Writer) -> tuple[Any, ...]:
    tasks = writer.tasks(frame.tasks)
    groups, finds = writer.groups(frame.groups), writer.groups(frame.finds)
    keys = None if frame.keys is None else sorted(frame.keys)
    counts = (frame.key, frame.index, keys, frame.watches_keys, write_seen(frame.seen))
    return frame.in_array, frame.sole is not None, tasks, groups, finds, counts


def _frame(state: tuple[Any, ...], reader: Reader) -> Frame:
    in_array, alone, tasks, groups, finds, counts = state
    frame = Frame(in_array, reader.tasks(tasks), reader.groups(groups))
    frame.sole = frame.tasks[0].node if alone else None
    frame.finds = reader.groups(finds)
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
    """What is asked of an item."""
    found: list[Task] = []
    for task in tasks:
        rules = task.node.arrays
        if rules is not None:
            node = rules.prefix[index] if index < len(rules.prefix) else rules.rest
            if node is not None:
                found.append(Task(node, task.branch))
    return found


def _expected_by(tasks: list[Task]) -> Expected | None:
    """What several nodes allow together, as far as it is certain."""
    must: Expected | None = None
    members: dict[int, Expected] = {}  # of alternatives of values around: what each allows here
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
    """The alternatives that fail with a branch."""
    found: list[Branch] = []
    waiting = [branch]
    while waiting:
        one = waiting.pop()
        waiting += one.parents
        if one.choices:
            found.append(one)
    return found


def _expected_by_one(live: LiveGroup, members: dict[int, Expected]) -> Expected | None:
    """What a group allows, of which one alternative must hold; None: it need not."""
    group = live.group
    if group is None or group.kind not in (ANY, ONE) or group.passes or not live.owner.must:
        return None
    found: Expected | None = None
    for member in live.members:
        if member is not None and not member.dead:
            here = members.get(id(member))
            if here is None:
                return None  # it asks nothing of this value
            found = here if found is None else found.either(here)
    return found


def _hang(branch: Branch, parent: Branch, find: LiveGroup | None) -> None:
    """Say what fails with a branch."""
    if find is None:
        if parent not in branch.parents:
            branch.parents.append(parent)
    else:
        find.members.append(branch)


def _by_place(broken: tuple[int, int, Run]) -> tuple[int, int]:
    return broken[0], broken[1]
