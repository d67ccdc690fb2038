"""Tests of the registry of formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from streamparse import FormatError, formats
from streamparse.formats import Format, get, names
from streamparse.formats.registry import FORMATS, format_of, plan_of
from tests.formats.render import WRITERS


def test_each_format_is_registered_once() -> None:
    assert len(names()) == len(set(names())) == 87
    assert set(WRITERS) == set(names())  # every format has a writer for the tests of the laws


def test_entries_have_models_and_a_source() -> None:
    for name, format in FORMATS.items():
        assert format.name == name
        assert format.models
        assert format.source
        assert format.calls or format.channels or format.reasoning


def test_a_name_or_a_format() -> None:
    own = Format(name="own", calls=())
    assert format_of("hermes") is get("hermes")
    assert format_of(own) is own
    with pytest.raises(ValueError, match="no format is named 'herpes'"):
        get("herpes")
    with pytest.raises(TypeError, match="not int"):
        format_of(7)


def test_a_plan_is_made_once() -> None:
    assert plan_of(get("hermes")) is plan_of(get("hermes"))
    assert plan_of(get("hy_v3"), ":x") is not plan_of(get("hy_v3"))


def test_public_names() -> None:
    assert formats.__all__ == sorted(formats.__all__)
    assert all(hasattr(formats, name) for name in formats.__all__)


TEMPLATE = {"start_anchor": "<a>", "fields": {"content": {"close": "<end>"}}}
TAG = {"type": "structural_tag", "format": {"type": "any_text"}}
KNOWN = {"chat_template": "{{ '[TOOL_CALLS]' + call.name + '[ARGS]' + call.arguments }}"}


@pytest.mark.parametrize(
    "given", [TEMPLATE, {"response_template": TEMPLATE}, {**KNOWN, "response_template": TEMPLATE}]
)
def test_a_description(given: dict[str, Any], tmp_path: Path) -> None:
    described = format_of(given)
    assert isinstance(described, Format)
    file = tmp_path / "tokenizer_config.json"
    file.write_text(json.dumps(given))
    assert format_of(str(file)) == format_of(file) == format_of(tmp_path) == described


def test_the_chat_template_of_a_checkpoint(tmp_path: Path) -> None:
    file = tmp_path / "tokenizer_config.json"
    file.write_text(json.dumps(KNOWN))
    assert format_of(file) is format_of(tmp_path)
    assert format_of(file) in FORMATS.values()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "must be an object"),
        ("{}", "has no response_template"),
        ('{"chat_template": "{{ messages }}"}', "its chat_template is not known"),
    ],
)
def test_files_without_a_format(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "tokenizer_config.json"
    file.write_text(text)
    with pytest.raises(FormatError, match=message) as caught:
        format_of(file)
    assert "tokenizer_config.json" in str(caught.value)
    with pytest.raises(FileNotFoundError):
        format_of(tmp_path / "missing.json")
