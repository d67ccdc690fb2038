"""Tests of streamparse.schema.nodes."""

from __future__ import annotations

from streamparse.schema.nodes import ANYTHING, ARRAY, NULL, OBJECT, STRING, Check, KeySet, Node
from streamparse.schema.nodes import ObjectRules as Rules
from streamparse.schema.patterns import Pattern, Patterns
from streamparse.schema.trie import Trie


def test_the_first_keyword_that_rejects_a_kind_is_kept() -> None:
    node = Node(0, (), {})
    node.refuse(1 << STRING | 1 << NULL, "type")
    node.refuse(1 << STRING | 1 << ARRAY, "enum")
    assert [node.refusers[kind] for kind in (STRING, NULL, ARRAY, OBJECT)] == [
        *("type", "type", "enum", "")
    ]
    assert node.allowed == ANYTHING & ~(1 << STRING | 1 << NULL | 1 << ARRAY)


def test_a_node_checks_the_kinds_of_its_rules() -> None:
    node = Node(0, (), {})
    node.freeze()
    assert (node.busy, node.keeps) == (0, 0)
    node.objects = Rules()
    node.checks.append(Check("format", 1 << STRING, bool))
    node.freeze()
    assert node.busy == 1 << OBJECT | 1 << STRING
    assert node.keeps == 1 << STRING


def test_rules_of_objects() -> None:
    rules = Rules()
    rules.freeze()
    assert (rules.counts, rules.plain) == (False, True)
    rules.required = ["a"]
    rules.patterns.append((Pattern("a"), Node(0, (), {})))
    rules.freeze()
    assert (rules.counts, rules.plain) == (True, False)


def test_key_sets() -> None:
    keys = KeySet("", Trie(["a"]), Patterns([Pattern("^b")]))
    assert [keys.has(key) for key in ("a", "bc", "c")] == [True, True, False]
    assert not keys.patterns.late
    assert KeySet("", Trie(["a"]), Patterns([Pattern("b")])).patterns.late
