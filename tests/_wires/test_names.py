"""Tests of the names of APIs that users may write."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse import MessageParser
from streamparse._wires import names
from streamparse._wires.names import api_named
from streamparse.message_parser import APIS


@pytest.mark.parametrize("name", APIS)
def test_its_own_name(name: str) -> None:
    assert api_named(name, APIS) == name
    assert api_named(name.upper().replace("-", "_"), APIS) == name


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        (None, "auto"),
        ("openai", "auto"),
        ("anthropic", "anthropic-messages"),
        ("gemini", "auto"),
        ("ollama", "ollama-chat"),
        ("responses", "openai-responses"),
    ],
)
def test_names_of_providers(name: str | None, meant: str) -> None:
    assert api_named(name, APIS) == meant


def test_all_aliases_mean_an_api() -> None:
    assert set(names._ALIASES.values()) <= set(APIS)
    assert not set(names._ALIASES) & set(APIS)


def test_a_parser_takes_them() -> None:
    name: Any = "anthropic"
    assert MessageParser(name).api == "anthropic-messages"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("openai-cat", "did you mean 'openai-chat'"),
        ("google-", "did you mean 'google-generate' or 'google-interactions'?"),
        ("morse", "no api is named 'morse': "),
        ("", "no api is named ''"),
        (7, "api must be a name, not 7"),
    ],
)
def test_an_unknown_name(name: Any, expected: str) -> None:
    with pytest.raises(ValueError, match="api") as raised:
        api_named(name, APIS)
    assert expected in str(raised.value)
