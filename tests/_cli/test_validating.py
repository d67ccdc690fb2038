"""Tests of streamparse._cli.validating, and of `streamparse json --schema`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from streamparse import JSONParser, SchemaViolation
from streamparse._cli.validating import Validating, described
from streamparse.schema import SchemaValidator
from tests._cli.running import Runner
from tests.parts import chars, ragged

SCHEMA = {
    "properties": {"unit": {"enum": ["celsius", "kelvin"]}, "days": {"type": "integer"}},
    "required": ["city"],
}
TEXT = '{"unit": "celcius", "days": 3}'
EXPECTED = [
    ("value_started", []),
    ("value_started", ["unit"]),
    ("string_delta", ["unit"]),
    ("violation", ["unit"]),
    ("string_delta", ["unit"]),
    ("value_completed", ["unit"]),
    ("violation", []),  # The same character ends the number and the object.
    ("value_completed", ["days"]),
    ("value_completed", []),
]


def merged(lines: list[dict[str, Any]]) -> list[tuple[str, list[Any]]]:
    """Return the kinds and paths of the lines, with adjacent deltas merged."""
    kinds = [(line["type"], line["path"]) for line in lines]
    return [
        one
        for at, one in enumerate(kinds)
        if at == 0 or one[0] != "string_delta" or kinds[at - 1] != one
    ]


@pytest.mark.parametrize("pieces", [[TEXT], chars(TEXT), ragged(TEXT, 5)], ids=len)
def test_violations_are_in_order_with_the_events(pieces: list[str]) -> None:
    validating = Validating(JSONParser(validator=SchemaValidator(SCHEMA, collect=True)))
    lines = list(validating.lines(piece.encode() for piece in pieces))
    assert merged(lines) == EXPECTED
    deltas = "".join(line["text"] for line in lines if line["type"] == "string_delta")
    assert deltas == "celcius"
    assert validating.reported == 2


def test_a_violation_in_words() -> None:
    error = SchemaViolation(
        "m", code="enum", offset=3, line=2, path=("a", 0), schema_path=("enum",)
    )
    assert described(error) == {
        "type": "violation",
        "path": ["a", 0],
        "code": "enum",
        "message": "m",
        "offset": 3,
        "line": 2,
        "column": 1,
        "schema_path": ["enum"],
        "closest": None,
    }


def test_violations_before_an_error_are_shown(command: Runner, tmp_path: Path) -> None:
    assert run(command, tmp_path, SCHEMA, '{"days": "x", ?') == 1
    assert [line["type"] for line in command.lines][:2] == ["value_started", "violation"]
    assert command.complaint.startswith("streamparse: FILE:1:15: ")


def run(command: Runner, folder: Path, schema: Any, text: str, *arguments: str) -> int:
    file = folder / "schema.json"
    file.write_text(schema if isinstance(schema, str) else json.dumps(schema))
    return command("json", "--schema", str(file), *arguments, given=text)


@pytest.mark.parametrize("size", ["1", "5", "65536"])
def test_the_command(command: Runner, tmp_path: Path, size: str) -> None:
    assert run(command, tmp_path, SCHEMA, TEXT, "--chunk-size", size) == 1
    assert merged(command.lines) == EXPECTED
    (found,) = [line for line in command.lines if line.get("closest")]
    assert (found["code"], found["offset"], found["closest"]) == ("enum", 13, "celsius")
    assert command.err == b""


def test_a_valid_document(command: Runner, tmp_path: Path) -> None:
    assert run(command, tmp_path, SCHEMA, '{"city": "Oslo"}') == 0
    assert run(command, tmp_path, SCHEMA, '{"city": "Oslo"} rest', "--trailing", "stop") == 0
    assert run(command, tmp_path, {"type": "integer"}, "1.5") == 1
    assert [line["type"] for line in command.lines] == ["violation", "value_completed"]


def test_with_selected_events_and_several_documents(command: Runner, tmp_path: Path) -> None:
    arguments = ("--many", "--select", "$[*].city")
    assert run(command, tmp_path, SCHEMA, '{"city": "Oslo"} {"days": 1}', *arguments) == 1
    assert [line["type"] for line in command.lines][-2:] == ["value_completed", "violation"]


@pytest.mark.parametrize("schema", ["{", '{"type": "text"}', "[]"])
def test_a_file_that_is_no_schema(command: Runner, tmp_path: Path, schema: str) -> None:
    assert run(command, tmp_path, schema, TEXT) == 2
    assert "schema.json" in command.complaint


def test_a_missing_file(command: Runner, tmp_path: Path) -> None:
    assert command("json", "--schema", str(tmp_path / "none.json"), given=TEXT) == 2
    assert "No such file" in command.complaint


def test_a_missing_extra(command: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    assert run(command, tmp_path, SCHEMA, TEXT) == 2
    assert "llm-streamparse[schema]" in command.complaint


@pytest.mark.parametrize("other", ["--partial", "--final"])
def test_contradictions(command: Runner, tmp_path: Path, other: str) -> None:
    assert run(command, tmp_path, SCHEMA, TEXT, other) == 2


def test_coercion_is_named_on_standard_error(command: Runner, tmp_path: Path) -> None:
    schema = {"properties": {"days": {"type": "array", "items": {"type": "integer"}}}}
    text = '{"days": "[1, 2]"}'
    assert run(command, tmp_path, schema, text) == 1
    assert run(command, tmp_path, schema, text, "--coerce") == 0
    assert command.lines[-1]["value"] == {"days": [1, 2]}
    assert (
        command.err
        == b"coerced: a value was converted as its schema requires (offset 10, $['days'])\n"
    )


def test_coercion_needs_a_schema(command: Runner) -> None:
    assert command("json", "--coerce", given="1") == 2


def validated(text: str, schema: Any, pieces: list[bytes]) -> list[dict[str, Any]]:
    validating = Validating(JSONParser(validator=SchemaValidator(schema, collect=True)))
    return list(validating.lines(pieces))


def test_only_violations_split_deltas() -> None:
    schema = {"properties": {"a": {"enum": ["\u00fcber"]}}}
    text = json.dumps(
        {"a": "\u00fcbel gelaunt", "b": "x" * 500, "c": "\u00fc" * 500}, ensure_ascii=False
    )
    lines = validated(text, schema, [text.encode()])
    deltas = [line["text"] for line in lines if line["type"] == "string_delta"]
    assert [line["type"] for line in lines].count("violation") == 1
    assert len(deltas) <= 5
    assert "".join(deltas) == "\u00fcbel gelaunt" + "x" * 500 + "\u00fc" * 500


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_violations_next_to_divided_characters(size: int) -> None:
    schema = {"items": {"maxLength": 2}}
    data = json.dumps(
        ["\u00fc\u20ac\U0001f600", "ab", "\u20ac\u20ac\u20ac"], ensure_ascii=False
    ).encode()
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    lines = merged(validated("", schema, pieces))
    assert lines == merged(validated("", schema, [data]))
    assert [kind for kind, _ in lines].count("violation") == 2
