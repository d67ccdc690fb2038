"""Tests of the options of answers."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse._answers.options import AnswerOptions, root_kind
from streamparse._answers.response import ResponseReader
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
