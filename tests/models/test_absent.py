"""Tests of fields that have not arrived: reading one raises, and nothing else changes."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from streamparse.models import ModelParser


class Garden(BaseModel):
    name: str
    beds: int = 3
    plants: list[str] = Field(default_factory=list)
    note: str | None = None

    @property
    def label(self) -> str:
        return f"{self.name} ({self.beds})"


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str
    beds: int = 3


@dataclasses.dataclass
class Plain:
    name: str
    beds: int = 3


@dataclasses.dataclass(slots=True)
class Slotted:
    name: str
    beds: int = 3


def partial_of(kind: Any, text: str, **options: Any) -> Any:
    parser = ModelParser(kind, **options)
    parser.feed(text)
    return parser.partial


@pytest.mark.parametrize("kind", [Garden, Open, Plain, Slotted])
def test_reading_a_field_that_has_not_arrived(kind: Any) -> None:
    made = partial_of(kind, "{")
    for name in ("name", "beds"):
        with pytest.raises(AttributeError) as caught:
            getattr(made, name)
        assert str(caught.value) == f"{name!r} has not arrived yet"
        assert not hasattr(made, name)
    with pytest.raises(AttributeError, match=f"{kind.__name__!r} object has no attribute 'nome'"):
        _ = made.nome


def test_an_open_model_otherwise_works_as_usual() -> None:
    made = partial_of(Garden, '{"name": "South", "b')
    assert (type(made), repr(made), made.model_dump()) == (
        Garden,
        "Garden(name='South')",
        {"name": "South"},
    )
    expected = Garden.model_construct(name="South")
    for name in ("beds", "plants", "note"):
        del expected.__dict__[name]
    for one in (made, copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert one == expected
        assert expected == one
        assert one.model_fields_set == {"name"}
        with pytest.raises(AttributeError, match="'note' has not arrived yet"):
            _ = one.note
    assert list(made) == [("name", "South")]
    assert made.model_copy(update={"beds": 2}).beds == 2
    with pytest.raises(AttributeError):
        _ = made.label


def test_extra_members_can_be_read() -> None:
    made = partial_of(Open, '{"wind": [1, 2], "na')
    assert (made.wind, made.model_extra) == ([1, 2], {"wind": [1, 2]})
    assert made.model_dump() == {"wind": [1, 2]}
    assert repr(made) == "Open(wind=[1, 2])"


def test_a_complete_model_is_an_ordinary_one() -> None:
    made = partial_of(Garden, '{"name": "South"}')
    assert (made, made.model_extra) == (Garden(name="South"), None)


@pytest.mark.parametrize("kind", [Garden, Open, Plain, Slotted])
def test_defaults(kind: Any) -> None:
    made = partial_of(kind, "{", missing="default")
    assert made.beds == 3
    with pytest.raises(AttributeError, match="'name' has not arrived yet"):
        _ = made.name


@pytest.mark.parametrize("kind", [Garden, Open, Plain, Slotted])
def test_none(kind: Any) -> None:
    made = partial_of(kind, "{", missing="none")
    assert (made.name, made.beds) == (None, None)


def test_open_models_share_nothing_that_can_change() -> None:
    parser = ModelParser(list[Open])
    parser.feed('[{"name": "a", "colour": "red"}, {"name": "b", "si')
    first, second = parser.partial
    assert second.model_extra is not None
    second.model_extra["size"] = 3
    assert first.model_extra == {"colour": "red"}
    parser.feed('ze": 4')
    assert dict(parser.partial[1].model_extra or {}) == {}
    assert dict(second.model_extra) == {"size": 3}
    other = ModelParser(Open)
    other.feed('{"na')
    assert dict(other.partial.model_extra or {}) == {}
    with pytest.raises(AttributeError, match="'beds' has not arrived yet"):
        _ = other.partial.beds
