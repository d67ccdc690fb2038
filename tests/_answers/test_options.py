"""Tests of the options of answers."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse._answers.options import AnswerOptions, options_of, output_validator_of, root_kind
from streamparse._answers.response import ResponseReader
from streamparse.dialect import Dialect
from streamparse.limits import Limits


def test_defaults_are_strict() -> None:
    options = AnswerOptions()
    assert options.limits == Limits()
    assert options.tools is None
    assert options.dialect is None
    assert options.output_dialect is None
    assert (options.surrogates, options.output) == ("keep", "")


def test_readers_share_the_options() -> None:
    options = AnswerOptions(Limits(tool_calls=2), surrogates="replace")
    response = ResponseReader(options)
    answer = response.at(3)
    call = answer.call("a", "water")
    assert response.options is answer.options is call.options is options
    assert call.limits is options.limits
    assert call.surrogates == "replace"


def test_wrong_surrogates() -> None:
    with pytest.raises(ValueError, match="surrogates must be"):
        AnswerOptions(surrogates="drop")


@pytest.mark.parametrize(
    ("output", "kind"), [(Any, "any"), (object, "any"), (dict, "object"), (list, "array")]
)
def test_root_kind(output: Any, kind: str) -> None:
    assert root_kind(output) == kind


PLAIN: dict[str, Any] = {
    "tools": None,
    "tools_errors": "raise",
    "coerce": False,
    "dialect": "strict",
    "surrogates": "keep",
}
COUNT = {"type": "object", "properties": {"n": {"type": "integer"}}}


def test_parsers_without_options_share_the_defaults() -> None:
    options = options_of(None, **PLAIN)
    assert options is options_of(None, **PLAIN)
    assert (options.tools, options.dialect, options.output) == (None, None, "")
    assert options.output_dialect == Dialect()


@pytest.mark.parametrize(
    ("changed", "name", "value"),
    [
        ({"surrogates": "error"}, "surrogates", "error"),
        ({"dialect": "lenient"}, "dialect", Dialect()),
        ({"output_dialect": "strict"}, "output_dialect", None),
        ({"output": list}, "output", "array"),
        ({"text_reader": repr}, "text_reader", repr),
    ],
)
def test_each_option_is_kept(changed: dict[str, Any], name: str, value: Any) -> None:
    options = options_of(None, **(PLAIN | changed))
    assert getattr(options, name) == value
    assert options is not options_of(None, **PLAIN)
    assert options.limits == Limits()


def test_limits_are_kept() -> None:
    limits = Limits(depth=3)
    options = options_of(limits, **PLAIN)
    assert options.limits is limits
    assert options.machine_options.limits is limits
    assert options.machine_options is options.machine_options


def test_limits_of_another_type() -> None:
    with pytest.raises(TypeError, match=r"Limits.* dict"):
        options_of({"depth": 3}, **PLAIN)  # type: ignore[arg-type]


def test_tools_that_cannot_be_validated() -> None:
    tools = [{"name": "count", "parameters": {"type": 5}}, {"name": "stop", "parameters": {}}]
    options = options_of(None, **(PLAIN | {"tools": tools, "tools_errors": "skip"}))
    errors = options.tool_errors()
    assert list(errors) == ["count"]
    assert isinstance(errors["count"], ValueError)
    errors.clear()
    assert list(options.tool_errors()) == ["count"], "a caller has a copy"
    assert options_of(None, **PLAIN).tool_errors() == {}
    with pytest.raises(ValueError, match="type"):
        options_of(None, **(PLAIN | {"tools": tools}))


@pytest.mark.parametrize("output", [None, Any, object, dict, list])
def test_a_kind_has_no_validator(output: Any) -> None:
    assert output_validator_of(output) is None
    assert options_of(None, **(PLAIN | {"output": output})).output_validator is None


def test_a_schema_has_a_validator() -> None:
    validator = output_validator_of(COUNT)
    assert validator is not None
    assert not validator.coerces
    assert output_validator_of(validator) is validator
    coercing = output_validator_of(COUNT, coerce=True)
    assert coercing is not None
    assert coercing.coerces
    options = options_of(None, **(PLAIN | {"output": COUNT, "coerce": True}))
    assert options.output == "any"
    assert options.output_validator is not None
    assert options.output_validator.coerces


def test_the_name_of_a_type_is_not_an_output() -> None:
    with pytest.raises(TypeError, match="output takes a type or a JSON Schema, not 'dict'"):
        output_validator_of("dict")
