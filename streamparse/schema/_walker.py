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

from streamparse.schema._texts import TextValidator
from streamparse.schema.checks import Seen
from streamparse.schema.failures import NO_GROUPS, NO_TASKS, SchemaFrame
from streamparse.schema.nodes import (
    ARRAY,
    CONTAINS,
    DEPENDENT,
    KIND_OF,
    OBJECT,
    STRING,
    ArrayRules,
    LiveGroup,
    Task,
)
from streamparse.schema.runs import Run
from streamparse.schema.state import StateReader, StateWriter, read_seen, write_seen

if TYPE_CHECKING:
    from mypy_extensions import i64


class Walker(TextValidator):
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

    # Keys.

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
