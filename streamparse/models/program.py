"""Compiles a pydantic type into slots and shapes: what is certain about a value before its end."""

from __future__ import annotations

from typing import Any, Final

from streamparse.models.shape_maker import ANY, BOUNDS, ShapeMaker, asks_around
from streamparse.models.shapes import ANYTHING, KINDS, Shape, Slot

__all__ = ["MARK", "TypeProgram"]

#: The key of the metadata of a schema under which the markers of `parser` are stored.
MARK: Final = "streamparse"

_STR_BOUNDS: Final = frozenset(
    ["str_min_length", "str_max_length", "str_strip_whitespace", "str_to_lower", "str_to_upper"]
)
_TRIVIAL: Final[dict[str, type]] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "none": type(None),
}


class TypeProgram(ShapeMaker):
    """All slots of a type; `root` is that of the whole value."""

    def __init__(
        self, schema: Any, strict: bool | None, by_alias: bool | None, by_name: bool | None
    ) -> None:
        definitions: dict[str, Any] = {}
        if schema["type"] == "definitions":
            definitions = {entry["ref"]: entry for entry in schema["definitions"]}
            schema = schema["schema"]
        super().__init__(definitions, strict, by_alias, by_name)
        self.slots: list[Slot] = []
        self._slots: dict[Any, Slot] = {}
        self.root: Slot = self.slot(schema, None)
        self.anything: Slot = self.slot(ANY, None)
        done = 0
        while done < len(self.slots):
            self._fill(self.slots[done])
            done += 1
        #: Every shape once, in an order that is the same in every process, for pickles.
        self.all_shapes: list[Shape] = [ANYTHING]
        known = {id(ANYTHING)}
        for slot in self.slots:
            for shape in slot.shapes:
                if id(shape) not in known:
                    known.add(id(shape))
                    self.all_shapes.append(shape)

    def slot(self, schema: Any, config: Any) -> Slot:
        """Return the slot of a schema. It is filled later, because types refer to themselves."""
        name = (schema["schema_ref"] if schema["type"] == "definition-ref" else id(schema),)
        key = (*name, id(config), id(schema.get("metadata")))
        found = self._slots.get(key)
        if found is None:
            self._kept.append((schema, config))
            found = self._slots[key] = Slot(len(self.slots), schema, config)
            self.slots.append(found)
        return found

    def validator(self, slot: Slot) -> Any:
        """Return pydantic's own validator of a slot."""
        if slot.whole is None:
            from pydantic_core import SchemaValidator

            schema = slot.schema
            if self.definitions and _refers(schema):
                entries = list(self.definitions.values())
                schema = {"type": "definitions", "schema": schema, "definitions": entries}
            slot.whole = SchemaValidator(schema, slot.config)
        return slot.whole

    def _fill(self, slot: Slot) -> None:
        slot.shapes = self.shapes(slot.schema, slot.config, ())
        for kind in KINDS:
            slot.options[kind] = tuple(shape for shape in slot.shapes if kind in shape.kinds)
        slot.postponed = any(asks_around(node) for node in self._wrappers(slot.schema))
        for node in self._wrappers(slot.schema):
            marks = node.get("metadata", {}).get(MARK, {})
            slot.when_complete = slot.when_complete or marks.get("when_complete", False)
            slot.not_before += tuple(marks.get("not_before", ()))
        bare = self._bare(slot.schema)
        config = slot.config or {}
        if bare is not None and not BOUNDS & set(bare) and not _STR_BOUNDS & set(config):
            slot.trivial = _TRIVIAL.get(bare["type"])
        strings = slot.options["string"]
        slot.grows = len(strings) == 1 and strings[0].label in ("str", "any")
        slot.grows = slot.grows and not strings[0].loose

    def _bare(self, schema: Any) -> Any:
        """Return the simple schema that decides alone what this one accepts, or None."""
        node = None
        for node in self._wrappers(schema):
            if node["type"].startswith("function-") or node.get("on_error", "raise") != "raise":
                return None
        return node


def _refers(schema: Any) -> bool:
    """Return whether the schema contains a reference."""
    todo = [schema]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            if node.get("type") == "definition-ref":
                return True
            todo += node.values()
        elif isinstance(node, (list, tuple)):
            todo += node
    return False
