"""What is left of a schema once the kind of a value is known.

`allOf` and `$ref` melt into one list of nodes; alternatives that refuse the kind drop out, and
what then has only one answer is no alternative any more: `anyOf` of a string and null is a string
as soon as a quote is seen.
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
    Node,
    Plan,
    Program,
    Refusal,
    Task,
)

#: Beyond so many nodes at one value the library decides at its end.
HEAVIEST = 4000
_HEAVY = "allOf"  # the code of what it refuses: all that the schema asks


class EndlessError(Exception):
    """A schema applies to the same value without end."""


class Planner:
    """Makes the plans of all nodes."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.made: dict[int, Plan] = {}
        self.making: set[int] = set()

    def run(self) -> None:
        for node in list(self.program.nodes):
            node.plans = [self.plan(node, kind) for kind in range(KINDS)]

    def plan(self, node: Node, kind: int) -> Plan:
        """The plan of a node for a kind; worked out once."""
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

    def _plan(self, node: Node, kind: int) -> Plan:
        plan = Plan()
        # Also where it is refused anyway: a schema without end is found whatever comes first.
        links = [self.plan(link, kind) for link in node.links]
        parts = [
            (choice, [self._branch(one, kind) for one in choice.nodes]) for choice in node.choices
        ]
        if not node.allowed >> kind & 1:
            plan.refusal = Refusal(node, node.refusers[kind])
            return plan
        if node.busy >> kind & 1:
            plan.nodes.append(node)
        for link in links:
            _melt(plan, link)
        for choice, branches in parts:
            self._choose(plan, node, kind, choice, branches)
        return self._finished(plan, node, kind)

    def _branch(self, node: Node | None, kind: int) -> Plan | None:
        return None if node is None else self.plan(node, kind)

    def _finished(self, plan: Plan, node: Node, kind: int) -> Plan:
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
        return plan if plan.weight <= HEAVIEST else self._late(node, kind)

    def _late(self, node: Node, kind: int) -> Plan:
        """A plan that leaves the verdict to the library, at the end of the value."""
        whole = Node(len(self.program.nodes), node.path, node.schema)
        whole.checks.append(Check(_HEAVY, 1 << kind, node.reference))
        whole.freeze()
        self.program.nodes.append(whole)
        plan = Plan()
        plan.nodes, plan.weight, plan.keeps = [whole], 1, True
        plan.tasks = [Task(whole, MUST)]
        return plan

    def _choose(
        self, plan: Plan, node: Node, kind: int, choice: Choice, given: list[Plan | None]
    ) -> None:
        """Add a choice to a plan, as what is left of it for this kind."""
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
                plan.refusal = Refusal(node, choice.keyword)
            else:
                self._group(plan, node, choice, given)
        else:
            self._alternatives(plan, node, choice, given)

    def _alternatives(
        self, plan: Plan, node: Node, choice: Choice, given: list[Plan | None]
    ) -> None:
        possible = [one for one in given if one is not None and one.refusal is None]
        certain = sum(1 for one in possible if one.idle)
        if not possible or (choice.kind == ONE and certain > 1):
            plan.refusal = plan.refusal or Refusal(node, choice.keyword)
        elif choice.kind == ANY and certain:
            return
        elif len(possible) == 1:
            _melt(plan, possible[0])
        else:
            group = self._group(plan, node, choice, [one for one in possible if not one.idle])
            group.passes = certain

    def _condition(self, plan: Plan, node: Node, choice: Choice, given: list[Plan | None]) -> None:
        condition, then, other = given
        assert condition is not None
        if condition.refusal is not None:
            _melt(plan, other)
        elif condition.idle:
            _melt(plan, then)
        elif (then is not None and not then.idle) or (other is not None and not other.idle):
            self._group(plan, node, choice, given)

    def _group(self, plan: Plan, node: Node, choice: Choice, branches: list[Plan | None]) -> Group:
        group = Group(choice.kind, node, choice.keyword)
        group.index = len(self.program.groups)
        group.plans = list(branches)
        group.key = choice.key
        self.program.groups.append(group)
        plan.groups.append(group)
        return group


def _melt(plan: Plan, other: Plan | None) -> None:
    """Ask for another plan as well."""
    if other is None:
        return
    plan.refusal = plan.refusal or other.refusal
    plan.nodes += other.nodes
    plan.groups += other.groups


def _weight(group: Group) -> int:
    """Also a group of branches that ask nothing is one to be kept for each value."""
    return 1 + sum(branch.weight for branch in group.plans if branch is not None)


def _has_state(node: Node, kind: int) -> bool:
    """Must a value have a task of its own for this node?"""
    return kind == 1 and node.arrays is not None and node.arrays.contains is not None
