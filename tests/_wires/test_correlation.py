"""Tests of the rules that find the call of a delta, each with the servers that need the rule.

Deltas are `(index, id, name, text)`; a member that was not sent is None.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, TypeAlias

import pytest

from streamparse._answers.calls import NORMAL, CallReader
from streamparse._answers.options import AnswerOptions
from streamparse._wires.correlation import AMBIGUOUS, NEW, Correlator, Outcome
from streamparse.message import ToolCall

Delta: TypeAlias = tuple[Any, str | None, str | None, str]


def calls_of(deltas: Sequence[Delta]) -> list[CallReader]:
    """Return the calls that an adapter makes from the deltas."""
    correlator = Correlator()
    calls: list[CallReader] = []
    for index, identity, name, text in deltas:
        reader = correlator.find(index, identity, name, text)
        if isinstance(reader, Outcome):
            assert reader is NEW
            reader = CallReader(ToolCall(len(calls)), 0, [], AnswerOptions())
            calls.append(reader)
            correlator.add(reader, index, identity)
        if identity is not None:
            reader.set_id(identity)
        if name is not None:
            reader.add_name(name)
        reader.feed(text)
    for reader in calls:
        reader.close(NORMAL)
    return calls


def summary(deltas: Sequence[Delta]) -> list[tuple[str | None, str | None, Any]]:
    return [
        (reader.call.id, reader.call.name, reader.call.arguments) for reader in calls_of(deltas)
    ]


def codes(deltas: Sequence[Delta]) -> list[list[str]]:
    return [[error.code for error in reader.call.errors] for reader in calls_of(deltas)]


ONE = [("a", "f", {"x": 1})]
TWO = [("a", "f", {"x": 1}), ("b", "f", {"x": 2})]


def test_the_standard_form() -> None:
    """OpenAI sends id and name once, then only the index; calls may be interleaved."""
    first: list[Delta] = [(0, "a", "f", ""), (0, None, None, '{"x"'), (0, None, None, ": 1}")]
    second: list[Delta] = [(1, "b", "f", ""), (1, None, None, '{"x"'), (1, None, None, ": 2}")]
    assert summary(first + second) == TWO
    assert summary([*itertools.chain.from_iterable(zip(first, second, strict=True))]) == TWO
    assert codes(first + second) == [[], []]


# Rule 1: a known id, an index that is absent or agrees


@pytest.mark.parametrize("index", [0, None])
def test_rule_1_a_repeated_id_continues_its_call(index: Any) -> None:
    """NIM, MiniMax and some Qwen models send id and name in every delta."""
    deltas: list[Delta] = [
        (index, "a", "f", '{"x"'),
        (index, "a", "f", ": 1"),
        (index, "a", None, "}"),
    ]
    assert summary(deltas) == ONE
    assert codes(deltas) == [[]]


def test_rule_1_without_an_index_ids_distinguish_calls() -> None:
    deltas: list[Delta] = [
        (None, "a", "f", '{"x"'),
        (None, "b", "f", '{"x"'),
        (None, "a", None, ": 1}"),
        (None, "b", None, ": 2}"),
    ]
    assert summary(deltas) == TWO


def test_rule_1_the_same_id_with_another_name_is_another_call() -> None:
    """Some servers count the ids from the start again."""
    deltas: list[Delta] = [(None, "a", "f", '{"x": 1}'), (None, "a", "g", '{"y": 2}')]
    assert summary(deltas) == [("a", "f", {"x": 1}), ("a", "g", {"y": 2})]
    assert codes(deltas) == [[], ["repeated_id"]]


# Rule 2: an unseen id, an index that is unseen or absent


def test_rule_2_whole_calls_without_an_index() -> None:
    """Gemini's compatible endpoint and Ollama before 0.4.7 send no index."""
    assert summary([(None, "a", "f", '{"x": 1}'), (None, "b", "f", '{"x": 2}')]) == TWO


@pytest.mark.parametrize("index", [0, 1, 7, "one"])
def test_rule_2_the_first_index_may_be_anything(index: Any) -> None:
    assert summary([(index, "a", "f", '{"x"'), (index, None, None, ": 1}")]) == ONE


# Rule 3: an unseen id under a seen index


def test_rule_3_a_late_id() -> None:
    deltas: list[Delta] = [(0, None, "f", ""), (0, "a", None, '{"x": 1}')]
    assert summary(deltas) == ONE
    assert codes(deltas) == [[]]


def test_rule_3_an_id_with_another_name_starts_a_call() -> None:
    """A call without an id does not get the id of the next call."""
    deltas: list[Delta] = [(0, None, "f", '{"x": 1}'), (0, "b", "g", '{"y": 2}')]
    assert summary(deltas) == [(None, "f", {"x": 1}), ("b", "g", {"y": 2})]
    assert codes(deltas) == [[], []]


@pytest.mark.parametrize("second", ["f", "g"])
def test_rule_3_a_constant_index(second: str) -> None:
    """Old Groq models, Ollama until 2026 and a Bedrock proxy send whole calls with index 0."""
    deltas: list[Delta] = [(0, "a", "f", '{"x": 1}'), (0, "b", second, '{"x": 2}')]
    assert summary(deltas) == [("a", "f", {"x": 1}), ("b", second, {"x": 2})]
    assert codes(deltas) == [[], []]


def test_rule_3_a_constant_index_and_pieces() -> None:
    deltas: list[Delta] = [
        (0, "a", "f", ""),
        (0, None, None, '{"x"'),
        (0, None, None, ": 1}"),
        (0, "b", "f", ""),
        (0, None, None, '{"x": 2}'),
    ]
    assert summary(deltas) == TWO


def test_rule_3_a_constant_index_without_a_name() -> None:
    """A second value after a whole one starts another call, even without a name."""
    deltas: list[Delta] = [(0, "a", "f", '{"x": 1}'), (0, "b", None, '{"x": 2}')]
    assert [reader.call.id for reader in calls_of(deltas)] == ["a", "b"]
    assert codes(deltas) == [[], ["missing_name"]]


@pytest.mark.parametrize("name", [None, "f"])
def test_rule_3_rotating_ids(name: str | None) -> None:
    """A new id in every delta continues the call, and the anomaly is noted once."""
    deltas: list[Delta] = [(0, "a", "f", '{"x"'), (0, "b", name, ": "), (0, "c", name, "1}")]
    assert summary(deltas) == ONE
    assert codes(deltas) == [["changed_id"]]


def test_rule_3_a_repeated_start_is_one_call() -> None:
    """vLLM with Kimi sends the start of a call twice."""
    deltas: list[Delta] = [
        (0, "a", "f", ""),
        (0, "a", None, '{"x"'),
        (0, None, None, ": 1}"),
    ]
    assert summary(deltas) == ONE


# Rule 4: no id, a seen index


def test_rule_4_another_name_starts_a_call() -> None:
    deltas: list[Delta] = [(0, None, "f", '{"x": 1}'), (0, None, "g", '{"y": 2}')]
    assert summary(deltas) == [(None, "f", {"x": 1}), (None, "g", {"y": 2})]


def test_rule_4_the_same_or_a_longer_name_continues_the_call() -> None:
    assert summary([(0, "a", "f", '{"x"'), (0, None, "f", ": 1}")]) == ONE
    assert summary([(0, "a", "fo", '{"x"'), (0, None, "foo", ": 1}")])[0][1] == "foo"


# Rule 5: no id, an unseen index


def test_rule_5_an_index_is_enough() -> None:
    deltas: list[Delta] = [(0, None, "f", '{"x": 1}'), (1, None, "f", '{"x": 2}')]
    assert [arguments for _, _, arguments in summary(deltas)] == [{"x": 1}, {"x": 2}]


# Rule 6: neither id nor index


def test_rule_6_a_name_starts_a_call() -> None:
    """Mistral and Gemini send whole calls without index or id."""
    deltas: list[Delta] = [(None, None, "f", '{"x": 1}'), (None, None, "f", '{"x": 2}')]
    assert [arguments for _, _, arguments in summary(deltas)] == [{"x": 1}, {"x": 2}]


def test_rule_6_the_only_unfinished_call_continues() -> None:
    """Some servers omit the index in later deltas."""
    deltas: list[Delta] = [
        (0, "a", "f", '{"x": 1}'),
        (1, "b", "f", '{"x"'),
        (None, None, None, ": "),
        (None, None, None, "2}"),
        (None, None, None, "\n"),
    ]
    assert summary(deltas) == TWO
    assert codes(deltas) == [[], []]


def test_rule_6_several_unfinished_calls_are_ambiguous() -> None:
    correlator = Correlator()
    readers = [CallReader(ToolCall(index), 0, [], AnswerOptions()) for index in range(3)]
    for index, reader in enumerate(readers):
        correlator.add(reader, index, f"id{index}")
        reader.set_name("f")
        reader.feed('{"x"' if index else "{}")
    for _ in range(2):
        assert correlator.find(None, None, None, ": 1}") is AMBIGUOUS
        correlator.mark_ambiguous()
    codes = [[error.code for error in reader.call.errors] for reader in readers]
    assert codes == [[], ["ambiguous_delta"], ["ambiguous_delta"]]
    readers[2].feed(": 1}")
    assert correlator.find(None, None, None, ": 1}") is readers[1]


def test_the_first_delta_needs_neither_index_nor_id() -> None:
    assert Correlator().find(None, None, None, "{") is NEW


def test_rule_6_a_repetition_without_labels() -> None:
    deltas: list[Delta] = [(0, "a", "f", '{"x": 1}'), (None, None, None, '{"x": 1}')]
    assert summary(deltas) == ONE
    assert codes(deltas) == [["repeated_arguments"]]


def test_rule_6_a_second_value_without_index_and_id_is_ambiguous() -> None:
    correlator = Correlator()
    reader = CallReader(ToolCall(), 0, [], AnswerOptions())
    correlator.add(reader, 0, "a")
    reader.set_name("f")
    reader.feed('{"x": 1}')
    assert correlator.find(None, None, None, '{"y": 2}') is AMBIGUOUS
    assert correlator.find(None, None, None, " \n") is reader
    assert repr(AMBIGUOUS) == "AMBIGUOUS"


# Names in pieces


@pytest.mark.parametrize("again", [None, "a"])
def test_a_name_in_pieces(again: str | None) -> None:
    """Gateways to Gemini send the name in pieces; the id shows that they belong to one call."""
    deltas: list[Delta] = [(0, "a", "get", ""), (0, again, "_we", ""), (0, again, "ather", '{"x"')]
    assert summary([*deltas, (0, None, None, ": 1}")]) == [("a", "get_weather", {"x": 1})]
    assert codes([*deltas, (0, None, None, ": 1}")]) == [[]]


def test_a_second_name_without_an_id_starts_a_call() -> None:
    deltas: list[Delta] = [(0, None, "f", ""), (0, None, "g", '{"y": 2}')]
    assert summary(deltas) == [(None, "f", {}), (None, "g", {"y": 2})]


def test_another_name_inside_the_arguments_is_noted() -> None:
    deltas: list[Delta] = [(0, "a", "f", '{"x"'), (0, "a", "g", ": 1}")]
    assert summary(deltas) == ONE
    assert codes(deltas) == [["changed_name"]]


def test_a_second_whole_call_of_one_tool_without_ids() -> None:
    deltas: list[Delta] = [(0, None, "f", '{"x": 1}'), (0, None, "f", '{"x": 2}')]
    assert [arguments for _, _, arguments in summary(deltas)] == [{"x": 1}, {"x": 2}]
    assert len(summary([(0, None, "f", '{"x": 1}'), (0, None, "f", '{"x": 1}')])) == 1


# Ids that clash


def test_an_id_of_an_earlier_call_under_a_new_index() -> None:
    """The index decides: Moonshot counts ids itself and may count wrongly."""
    deltas: list[Delta] = [(0, "a", "f", '{"x": 1}'), (1, "a", "f", '{"x": 2}')]
    assert summary(deltas) == [("a", "f", {"x": 1}), ("a", "f", {"x": 2})]
    assert codes(deltas) == [[], ["repeated_id"]]


def test_a_late_id_that_an_earlier_call_has() -> None:
    deltas: list[Delta] = [
        (0, "a", "f", '{"x": 1}'),
        (1, None, "f", '{"x"'),
        (1, "a", None, ": 2}"),
    ]
    assert summary(deltas) == [("a", "f", {"x": 1}), ("a", "f", {"x": 2})]
    assert codes(deltas) == [[], ["repeated_id"]]


def test_a_known_id_under_the_index_of_another_call() -> None:
    """The index decides, unless the name differs."""
    deltas: list[Delta] = [
        (0, "a", "f", '{"x": 1}'),
        (1, "b", "f", '{"x"'),
        (1, "a", None, ": 2}"),
    ]
    assert summary(deltas) == TWO
    assert codes(deltas) == [[], ["changed_id"]]
    deltas = [(0, "a", "f", '{"x": 1}'), (1, "b", "f", '{"x": 2}'), (1, "a", "g", "{}")]
    assert [name for _, name, _ in summary(deltas)] == ["f", "f", "g"]
