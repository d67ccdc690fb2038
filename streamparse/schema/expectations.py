"""The kinds of value and the strings that a schema allows, before the value begins."""

from __future__ import annotations

from streamparse._core.expected import ANY_KIND, Expected
from streamparse.schema.nodes import ANY, ARRAY, KINDS, ONE, STRING, Group, KindPlan, Node


def expected_at(node: Node) -> Expected:
    """Return what the node allows a value to be; it is computed once."""
    found = node.expected
    if found is None:
        found = node.expected = Expected(_kinds(node), _words(node.plans[STRING]), _items(node))
    return found


def _kinds(node: Node) -> int:
    kinds = 0
    for kind in range(KINDS):
        if node.plans[kind].refusal is None:
            kinds |= 1 << kind
    return kinds


def _words(plan: KindPlan) -> frozenset[str] | None:
    """Return the strings that a plan allows, or None if they are not an enumeration."""
    words: frozenset[str] | None = None
    for node in plan.nodes:
        for values in node.values:
            if values.words is not None:
                known = frozenset(values.words.known)
                words = known if words is None else words & known
    for group in plan.groups:
        allowed = _words_of(group)
        if allowed is not None:
            words = allowed if words is None else words & allowed
    return words


def _words_of(group: Group) -> frozenset[str] | None:
    if group.kind not in (ANY, ONE) or group.passes:
        return None
    words: frozenset[str] = frozenset()
    for plan in group.plans:
        allowed = None if plan is None else _words(plan)
        if allowed is None:
            return None
        words |= allowed
    return words


def _items(node: Node) -> int:
    """Return the kinds that the first item of an array may have."""
    kinds = ANY_KIND
    for one in node.plans[ARRAY].nodes:
        rules = one.arrays
        if rules is not None:
            first = rules.prefix[0] if rules.prefix else rules.rest
            if first is not None:
                kinds &= _kinds(first)
    return kinds
