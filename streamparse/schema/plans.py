"""Simplifies a schema for each kind of value.

`allOf` and `$ref` are merged into one list of nodes. Alternatives that reject the kind are dropped,
and a choice with one alternative left is no longer a choice: `anyOf` of a string and null is a
string as soon as a quote arrives.
"""

from __future__ import annotations

from streamparse.schema.nodes import (
    ANY,
    DEPENDENT,
    IF,
    KINDS,
    MUST,
    NOT,
    OBJECT,
    ONE,
    Check,
    Choice,
    Group,
    KindPlan,
    KindRefusal,
    Node,
    Program,
    Task,
)

#: The largest number of nodes at one value; beyond it the library decides at the end of the value.
MAX_WEIGHT = 4000
_HEAVY = "allOf"  # the code of such a violation, because it concerns the whole schema


class EndlessError(Exception):
    """A schema applies to the same value without end."""


class Planner:
    """Computes the plans of all nodes."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.made: dict[int, KindPlan] = {}
        self.making: set[int] = set()

    def run(self) -> None:
        for node in list(self.program.nodes):
            node.plans = [self.plan(node, kind) for kind in range(KINDS)]

    def plan(self, node: Node, kind: int) -> KindPlan:
        """Return the plan of a node for a kind; it is computed once."""
        key = node.index * KINDS + kind
        plan = self.made.get(key)
        if plan is None:
            if key in self.making:
                raise EndlessError(node.path)
            self.making.add(key)
            plan = self._plan(node, kind)
            self.making.discard(key)
            self.made[key] = plan
        return plan

    def _plan(self, node: Node, kind: int) -> KindPlan:
        plan = KindPlan()
        # All parts are planned even if the kind is rejected, so that an endless schema is found.
        links = [self.plan(link, kind) for link in node.links]
        parts = [
            (choice, [self._branch(one, kind) for one in choice.nodes]) for choice in node.choices
        ]
        if not node.allowed >> kind & 1:
            plan.refusal = KindRefusal(node, node.refusers[kind])
            return plan
        if node.busy >> kind & 1:
            plan.nodes.append(node)
        for link in links:
            _merge(plan, link)
        for choice, branches in parts:
            self._choose(plan, node, kind, choice, branches)
        return self._finished(plan, node, kind)

    def _branch(self, node: Node | None, kind: int) -> KindPlan | None:
        return None if node is None else self.plan(node, kind)

    def _finished(self, plan: KindPlan, node: Node, kind: int) -> KindPlan:
        if plan.refusal is not None:
            return plan
        plan.nodes = list({one.index: one for one in plan.nodes}.values())
        plan.groups = list({one.index: one for one in plan.groups}.values())
        plan.weight = len(plan.nodes) + sum(map(_weight, plan.groups))
        plan.keeps = any(one.keeps >> kind & 1 for one in plan.nodes) or any(
            branch.keeps for group in plan.groups for branch in group.plans if branch is not None
        )
        alone = not plan.groups and not any(_has_state(one, kind) for one in plan.nodes)
        if alone:
            plan.tasks = [Task(one, MUST) for one in plan.nodes]
        return plan if plan.weight <= MAX_WEIGHT else self._deferred_plan(node, kind)

    def _deferred_plan(self, node: Node, kind: int) -> KindPlan:
        """Return a plan that lets the library decide at the end of the value."""
        whole = Node(len(self.program.nodes), node.path, node.schema)
        whole.checks.append(Check(_HEAVY, 1 << kind, node.reference))
        whole.freeze()
        self.program.nodes.append(whole)
        plan = KindPlan()
        plan.nodes, plan.weight, plan.keeps = [whole], 1, True
        plan.tasks = [Task(whole, MUST)]
        return plan

    def _choose(
        self, plan: KindPlan, node: Node, kind: int, choice: Choice, given: list[KindPlan | None]
    ) -> None:
        """Add to a plan what is left of a choice for this kind."""
        if choice.kind == IF:
            self._condition(plan, node, choice, given)
        elif choice.kind == DEPENDENT:
            if kind == OBJECT and given[0] is not None and not given[0].idle:
                self._group(plan, node, choice, given)
        elif choice.kind == NOT:
            inner = given[0]
            if inner is None or inner.refusal is not None:
                return
            if inner.idle:
                plan.refusal = KindRefusal(node, choice.keyword)
            else:
                self._group(plan, node, choice, given)
        else:
            self._alternatives(plan, node, choice, given)

    def _alternatives(
        self, plan: KindPlan, node: Node, choice: Choice, given: list[KindPlan | None]
    ) -> None:
        possible = [one for one in given if one is not None and one.refusal is None]
        certain = sum(1 for one in possible if one.idle)
        if not possible or (choice.kind == ONE and certain > 1):
            plan.refusal = plan.refusal or KindRefusal(node, choice.keyword)
        elif choice.kind == ANY and certain:
            return
        elif len(possible) == 1:
            _merge(plan, possible[0])
        else:
            group = self._group(plan, node, choice, [one for one in possible if not one.idle])
            group.passes = certain

    def _condition(
        self, plan: KindPlan, node: Node, choice: Choice, given: list[KindPlan | None]
    ) -> None:
        condition, then, other = given
        assert condition is not None
        if condition.refusal is not None:
            _merge(plan, other)
        elif condition.idle:
            _merge(plan, then)
        elif (then is not None and not then.idle) or (other is not None and not other.idle):
            self._group(plan, node, choice, given)

    def _group(
        self, plan: KindPlan, node: Node, choice: Choice, branches: list[KindPlan | None]
    ) -> Group:
        group = Group(choice.kind, node, choice.keyword)
        group.index = len(self.program.groups)
        group.plans = list(branches)
        group.key = choice.key
        self.program.groups.append(group)
        plan.groups.append(group)
        return group


def _merge(plan: KindPlan, other: KindPlan | None) -> None:
    """Add the checks of another plan."""
    if other is None:
        return
    plan.refusal = plan.refusal or other.refusal
    plan.nodes += other.nodes
    plan.groups += other.groups


def _weight(group: Group) -> int:
    """Return the cost of a group; a group is kept for each value even if its branches are idle."""
    return 1 + sum(branch.weight for branch in group.plans if branch is not None)


def _has_state(node: Node, kind: int) -> bool:
    """Return whether each value needs its own task for this node."""
    return kind == 1 and node.arrays is not None and node.arrays.contains is not None
