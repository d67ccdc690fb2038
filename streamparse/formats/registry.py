"""The formats by name."""

from __future__ import annotations

import functools
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
from streamparse.formats.plan import Plan
from streamparse.formats.table import Format

__all__ = ["FORMATS", "format_of", "get", "names", "plan_of"]

FORMATS: Final[dict[str, Format]] = {
    format.name: format
    for family in (json_calls, named_json, tagged, keyed, literal_calls, channels)
    for format in family.FORMATS
}


def names() -> list[FormatName]:
    """The names of all formats, by family."""
    return cast("list[FormatName]", list(FORMATS))


def get(name: str) -> Format:
    """Return the format of this name.

    The name may also be that of a tool parser of vLLM or SGLang, or of a model.

    Raises:
        ValueError: There is no such format; the message names the closest.

    >>> get("qwen3_xml").name, get("Qwen/Qwen2.5-7B-Instruct").name
    ('qwen3_coder', 'hermes')
    """
    found = FORMATS.get(name)
    return found if found is not None else FORMATS[canonical(name, FORMATS)]


def format_of(given: Any) -> Format:
    """A format, given as itself or by its name."""
    if isinstance(given, Format):
        return given
    if not isinstance(given, str):
        raise TypeError(f"format must be a name or a Format, not {type(given).__name__}")
    return get(given)


@functools.lru_cache(maxsize=256)
def plan_of(format: Format, suffix: str = "") -> Plan:
    """The format made ready, once for all its parsers."""
    return Plan(format.with_suffix(suffix))
