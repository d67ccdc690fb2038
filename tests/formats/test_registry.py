"""The formats by name."""

from __future__ import annotations

import pytest

from streamparse import formats
from streamparse.formats import Format, get, names
from streamparse.formats.registry import FORMATS, format_of, plan_of
from tests.formats.render import WRITERS


def test_all_are_there_once() -> None:
    assert len(names()) == len(set(names())) == 87
    assert set(WRITERS) == set(names())  # none goes without the laws


def test_entries_say_where_they_are_from() -> None:
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
