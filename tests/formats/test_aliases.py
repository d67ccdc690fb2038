"""Tests of the other names of formats."""

from __future__ import annotations

import pytest

from streamparse import MessageParser, formats
from streamparse.formats import FormatParser, aliases


@pytest.mark.parametrize("name", formats.names())
def test_every_spelling_of_a_name(name: str) -> None:
    for spelling in (name, name.upper(), name.replace("_", "-"), name.replace("_", "")):
        assert formats.get(spelling).name == name


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("qwen3_xml", "qwen3_coder"),
        ("qwen25", "hermes"),
        ("deepseekv31", "deepseek_v31"),
        ("granite-20b-fc", "granite_20b_fc"),
        ("gpt-oss", "harmony"),
        ("minimax-m2", "minimax_m2"),
        ("Qwen/Qwen3-Coder-30B-A3B-Instruct", "qwen3_coder"),
        ("llama3.1:8b", "llama3_json"),
    ],
)
def test_parsers_of_servers_and_models(name: str, meant: str) -> None:
    assert formats.get(name).name == meant
    assert FormatParser(name).message.status == "in_progress"
    assert MessageParser(format=name).message.status == "in_progress"


def test_the_names_of_parsers_mean_formats() -> None:
    assert set(aliases._PARSERS.values()) <= set(formats.names())
    assert not set(aliases._PARSERS) & set(formats.names())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("herms", "did you mean 'hermes'?"),
        ("mistral", "did you mean 'mistral_v3' or 'mistral_v11' or 'mistral_v13'?"),
        ("", "no format is named '': "),
        ("zzz", "no format is named 'zzz': streamparse.formats.names() lists them"),
    ],
)
def test_an_unknown_name(name: str, expected: str) -> None:
    with pytest.raises(ValueError, match="no format is named") as raised:
        formats.get(name)
    assert expected in str(raised.value)


def test_a_name_that_is_known_is_itself() -> None:
    assert aliases.canonical("b-c", ["a", "b-c", "b_c"]) == "b-c"
