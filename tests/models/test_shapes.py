"""Tests of streamparse.models.shapes: slots of members and items, and variants of a shape."""

from __future__ import annotations

from streamparse.models.shapes import KINDS, Member, Shape, Slot, any_shape


def slot(number: int) -> Slot:
    return Slot(number, {"type": "any"}, None)


def test_members() -> None:
    shape = Shape("model", frozenset({"object"}), "Trip")
    shape.members = {"a": Member("first", slot(1))}
    shape.rest = slot(2)
    assert (shape.name_of("a"), shape.name_of("b")) == ("first", None)
    assert shape.slot_at("a") is shape.members["a"].slot
    assert shape.slot_at("b") is shape.rest
    shape.extra = "allow"
    assert shape.name_of("b") == "b"


def test_items() -> None:
    shape = Shape("tuple", frozenset({"array"}), "tuple")
    shape.items = (slot(1),)
    assert shape.slot_at(0) is shape.items[0]
    assert shape.slot_at(1) is None
    shape.item = slot(2)
    assert shape.slot_at(1) is shape.item


def test_variants() -> None:
    shape = Shape("list", frozenset({"array"}), "list")
    shape.most = 3
    bulk = shape.as_bulk()
    assert (bulk.bulk, bulk.most, shape.bulk) == (True, 3, False)
    assert any_shape().as_bulk().bulk
    assert not Shape("leaf", frozenset({"string"}), "str").as_bulk().bulk
    loose = shape.as_loose()
    assert (loose.loose, loose.kinds, loose.most) == (True, KINDS, None)
