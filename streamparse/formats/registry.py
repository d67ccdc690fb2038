"""The formats by name."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Final, cast

from streamparse.aliases import FormatName
from streamparse.formats.aliases import canonical
from streamparse.formats.catalog import (
    channels,
    json_calls,
    keyed,
    literal_calls,
    named_json,
    tagged,
)
from streamparse.formats.detect import detect
from streamparse.formats.plan import Plan
from streamparse.formats.response_templates import from_response_template, refused
from streamparse.formats.structural_tags import from_structural_tag
from streamparse.formats.table import Format

__all__ = ["FORMATS", "format_of", "get", "names", "plan_of"]

FORMATS: Final[dict[str, Format]] = {
    format.name: format
    for family in (json_calls, named_json, tagged, keyed, literal_calls, channels)
    for format in family.FORMATS
}


def names() -> list[FormatName]:
    """Return the names of all formats, in the order of the catalog."""
    return cast("list[FormatName]", list(FORMATS))


def get(name: str) -> Format:
    """Return the format with a name.

    Args:
        name: One of `names()`, the name of a tool parser of vLLM or SGLang, or the name of a model.

    Returns:
        The format.

    Raises:
        ValueError: There is no such format; the message lists similar names.

    >>> get("qwen3_xml").name, get("Qwen/Qwen2.5-7B-Instruct").name
    ('qwen3_coder', 'hermes')
    """
    found = FORMATS.get(name)
    return found if found is not None else FORMATS[canonical(name, FORMATS)]


def format_of(given: Any) -> Format:
    """Return a format that is given as itself, by its name or by a description.

    Args:
        given: A `Format`; a name for `get`; a response template or a structural tag; the path of a
            `tokenizer_config.json`, or of the folder that has one.

    Raises:
        FormatError: The description is wrong, or cannot be expressed.
        OSError: The file cannot be read.
        TypeError: It is something else.
        ValueError: There is no format of this name.
    """
    if isinstance(given, Format):
        return given
    if isinstance(given, Mapping):
        return _described(given)
    if isinstance(given, PathLike) or (isinstance(given, str) and given.endswith(".json")):
        return _of_file(Path(given))
    if not isinstance(given, str):
        raise TypeError(
            f"format must be a name, a Format or a description of one, not {type(given).__name__}"
        )
    return get(given)


def _described(given: Mapping[str, Any]) -> Format:
    """The format of a structural tag, a response template, or a configuration that has one."""
    if given.get("type") == "structural_tag":
        return from_structural_tag(given)
    return from_response_template(given.get("response_template", given))


def _of_file(path: Path) -> Format:
    """The format of a checkpoint; without a response template, that of its chat template."""
    if path.is_dir():
        path = path / "tokenizer_config.json"
    try:
        found = json.loads(path.read_bytes())
    except ValueError as error:
        raise refused(path.name, f"is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise refused(path.name, "must be an object")
    chat_template = found.get("chat_template")
    if isinstance(chat_template, str) and "response_template" not in found:
        name = detect(chat_template)
        if name is not None:
            return FORMATS[name]
    if "fields" not in found and "response_template" not in found and "type" not in found:
        raise refused(path.name, "has no response_template, and its chat_template is not known")
    return _described(found)


@functools.lru_cache(maxsize=256)
def plan_of(format: Format, suffix: str = "") -> Plan:
    """Return the plan of a format. All parsers of the format share it."""
    return Plan(format.with_suffix(suffix))
