"""Tests of the prepared data for parameters in tags."""

from __future__ import annotations

import pytest

from streamparse.formats._parameters_plan import ParametersPlan
from streamparse.formats.registry import format_of, plan_of
from streamparse.formats.table import Parameters


def plan_for(format: str) -> ParametersPlan:
    plan = plan_of(format_of(format))
    [call] = [call for call in plan.calls if isinstance(call.call.payload, Parameters)]
    assert isinstance(call.call.payload, Parameters)
    return ParametersPlan(call.call.payload, call, plan)


@pytest.mark.parametrize("format", ["qwen3_coder", "minimax_m2", "glm45", "minicpm5"])
def test_the_first_characters_of_literals_are_known(format: str) -> None:
    plan = plan_for(format)
    assert {*plan.opens, *plan.closers, *plan.ends} <= set(plan.value.words)
    for word in plan.value.words:
        assert word[0] in plan.care
    assert set(plan.care) <= set("<[]")  # characters that are rare in text


def test_an_opener_inside_a_value_has_the_closer_of_the_parameter() -> None:
    assert plan_for("qwen3_coder").nested == {"<param>", "<parameter>"}
