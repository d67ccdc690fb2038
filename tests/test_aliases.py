"""Tests of the `Literal` types: they list exactly the words that the package uses."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from streamparse import ERROR_CODES, VIOLATION_CODES, aliases, formats
from streamparse._answers import answer
from streamparse._wires import reasons
from streamparse.message_parser import APIS
from streamparse.session_parser import SESSION_APIS


@pytest.mark.parametrize(
    ("alias", "words"),
    [
        (aliases.API, APIS),
        (aliases.FormatName, formats.names()),
        (aliases.ErrorCode, ERROR_CODES),
        (aliases.ViolationCode, VIOLATION_CODES),
    ],
)
def test_words_are_those_of_the_table(alias: Any, words: Any) -> None:
    assert sorted(get_args(alias)) == sorted(words)


def test_finish_reasons() -> None:
    meant = {*reasons._COMMON.values(), reasons.reason_of("unheard_of", {})} - {""}
    assert meant == set(get_args(aliases.FinishReason))
    assert set(answer._STATUS) <= meant


def test_statuses() -> None:
    assert set(answer._STATUS.values()) < set(get_args(aliases.MessageStatus))


def test_every_alias_is_listed() -> None:
    found = {name for name, thing in vars(aliases).items() if get_args(thing)}
    assert sorted(found) == aliases.__all__


def test_session_apis() -> None:
    assert set(get_args(aliases.SessionAPI)) == set(SESSION_APIS)
