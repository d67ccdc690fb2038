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

from streamparse._core.sink import Validator
from streamparse.schema.checks import Seen, equal, number_fault, unique
from streamparse.schema.messages import Kind, violation
from streamparse.schema.nodes import (
    ANY,
    ARRAY,
    CONTAINS,
    DEPENDENT,
    IF,
    KIND_OF,
    MUST,
    NOT,
    NUMBER,
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
    Program,
    Task,
)
from streamparse.schema.runs import Run
from streamparse.schema.state import Reader, Writer, read_seen, write_seen

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


_NO_TASKS: list[Task] = []
_NO_GROUPS: list[LiveGroup] = []


class Walker(Validator):
    """The state of one document."""

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
        self.requests: list[Task] = _NO_TASKS
        # Of the value that began last, or of the open key.
        self.kind: i64 = OBJECT
        self.tasks: list[Task] = _NO_TASKS
        self.groups: list[LiveGroup] = _NO_GROUPS
        self.in_key: bool = False
        self.runs: list[Run] = []
        self.ended: list[Run] = []  # what the open text has broken already

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
                self.groups = _NO_GROUPS
            self.tasks = _NO_TASKS
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
                self.groups = _NO_GROUPS
                if plan.keeps:
                    self.wants_whole = True
                return
            self.tasks, self.groups = [], []
            self._ask(plan, MUST, self.tasks, self.groups, offset)
        elif self.requests:
            requests = self.requests
            self.requests = _NO_TASKS
            self.tasks, self.groups = [], []
            for request in requests:
                if not request.branch.dead:
                    plan = request.node.plans[kind]
                    self._ask(plan, request.branch, self.tasks, self.groups, offset)
        else:
            self.tasks = _NO_TASKS
            self.groups = _NO_GROUPS

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
        self.requests = _NO_TASKS
        self.node = rules.properties.get(key)
        for pattern, inner in rules.patterns:
            if pattern.search(key) is not None:
                if self.node is not None:  # several
                    self.node, self.requests = None, []
                    self._request_member(rules, key, MUST)
                    return
                self.node = inner
        rest = rules.additional if self.node is None else None
        if rest is not None and (rules.extras is None or rules.extras.search(key) is None):
            self.node = rest

    def _request_member(self, rules: ObjectRules, key: str, branch: Branch) -> None:
        node = rules.properties.get(key)
        if node is not None:
            self._request(node, branch)
        for pattern, inner in rules.patterns:
            if pattern.search(key) is not None:
                self._request(inner, branch)
        rest = rules.additional if node is None else None
        if rest is not None and (rules.extras is None or rules.extras.search(key) is None):
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
        self.tasks = _NO_TASKS
        self.groups = _NO_GROUPS
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
        self.requests = _NO_TASKS

    def _judge_object(self, frame: Frame, task: Task, offset: int) -> None:
        rules = task.node.objects
        keys = frame.keys
        if rules is None or keys is None:
            return
        for name in rules.required:
            if name not in keys:
                self._fail(task.branch, task.node, "required", offset, name, False)
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
            self._fail(task.branch, task.node, "minItems", offset, frame.index, False)
        if rules.unique and frame.seen is not None and not _unique(self.built):
            self._fail(task.branch, task.node, "uniqueItems", offset, None, False)

    def _judge_whole(self, task: Task, offset: int) -> None:
        """What only the whole container tells."""
        node = task.node
        for values in node.values:
            if not any(equal(one, self.built) for one in values.containers):
                self._fail(task.branch, node, values.keyword, offset, self.built, False)
        bit = 1 << (ARRAY if isinstance(self.built, list) else OBJECT)
        for check in node.checks:
            if check.kinds & bit and not check.decide(self.built):
                self._fail(task.branch, node, check.keyword, offset, self.built, False)

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
                if not keys.late:
                    self.runs.append(Run(task.node, task.branch, keys.keyword))
            if rules.names is not None:
                self._request(rules.names, task.branch)
        requests = self.requests
        self.requests = _NO_TASKS
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
            if rules.automaton is not None:
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

    def _broke(self, node: Node, keyword: str) -> bool:
        """Was this said inside the text?"""
        return any(run.node is node and run.keyword == keyword for run in self.ended)

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
            pattern = rules.pattern
            missed = pattern is not None and pattern.search(text) is None
            if missed and not self._broke(node, "pattern"):
                self._fail(task.branch, node, "pattern", offset, text, inner)
        for check in node.checks:
            if check.kinds & 1 << STRING and not check.decide(text):
                self._fail(task.branch, node, check.keyword, offset, text, inner)

    def _close_text(self, offset: int) -> None:
        if self.groups:
            self._settle(self.groups, offset, not self.in_key)
            self.groups = _NO_GROUPS
        self.tasks = _NO_TASKS
        if self.runs:
            self.runs = []
        if self.ended:
            self.ended = []

    def _judge_scalar(self, task: Task, value: object, offset: int) -> None:
        node = task.node
        if self.kind == NUMBER:
            if not isinstance(value, (int, float)):  # what `parse_float` made of it
                if node.reference is not None and not node.reference(value):
                    self._fail(task.branch, node, "type", offset, value, True)
                return
            for values in node.values:
                if value not in values.numbers:
                    self._fail(task.branch, node, values.keyword, offset, value, True)
            if node.numbers is not None:
                keyword = number_fault(node.numbers, value)
                if keyword:
                    self._fail(task.branch, node, keyword, offset, value, True)
        for check in node.checks:
            if check.kinds >> self.kind & 1 and not check.decide(value):
                self._fail(task.branch, node, check.keyword, offset, value, True)

    # Alternatives.

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

    def _refuse(self, failure: Failure) -> None:
        error = violation(failure)
        if not self.collect:
            raise error
        self.violations.append(error)

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

    # Words.

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


_KIND_NAMES = ("an object", "an array", "a string", "a number", "true", "false", "null")


def _hang(branch: Branch, parent: Branch, find: LiveGroup | None) -> None:
    """Say what fails with a branch."""
    if find is None:
        if parent not in branch.parents:
            branch.parents.append(parent)
    else:
        find.members.append(branch)


def _by_place(broken: tuple[int, int, Run]) -> tuple[int, int]:
    return broken[0], broken[1]


def _unique(built: object) -> bool:
    return not isinstance(built, list) or unique(built)
