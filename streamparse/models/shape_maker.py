"""Makes the shapes of a type from pydantic's core schema.

A core schema that is not understood gives a shape that accepts anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, Final

from streamparse.models.shapes import KINDS, SCALARS, Member, Shape, Slot, any_shape

__all__ = ["ANY", "BOUNDS", "ShapeMaker", "asks_around"]

ANY: Final[dict[str, Any]] = {"type": "any"}
# The kinds of JSON that pydantic accepts for a type in lax mode. Strict mode accepts no others.
_LEAF_KINDS: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(("str", "bytes", "url", "multi-host-url", "json"), frozenset({"string"})),
    **dict.fromkeys(("int", "float", "bool", "decimal", "complex"), SCALARS | {"string"}),
    **dict.fromkeys(("date", "time", "datetime", "timedelta", "uuid"), SCALARS | {"string"}),
    "none": frozenset({"null"}),
}
_STRICT_KINDS: Final[dict[str, frozenset[str]]] = {
    "int": frozenset({"number"}),
    "float": frozenset({"number"}),
    "bool": frozenset({"true", "false"}),
}
# Constraints that need pydantic even where the Python type already fits.
BOUNDS: Final = frozenset(
    {"max_length", "min_length", "pattern", "strip_whitespace", "to_lower", "to_upper"}
    | {
        "coerce_numbers_to_str",
        "multiple_of",
        "le",
        "ge",
        "lt",
        "gt",
        "allow_inf_nan",
        "ascii_only",
    }
)


class ShapeMaker:
    """Makes shapes. `TypeProgram`, the subclass, has the slots that they refer to."""

    def __init__(
        self,
        definitions: dict[str, Any],
        strict: bool | None,
        by_alias: bool | None,
        by_name: bool | None,
    ) -> None:
        self.strict = strict
        self.by_alias = by_alias
        self.by_name = by_name
        self.definitions: dict[str, Any] = definitions
        self._shapes: dict[Any, list[Shape]] = {}
        self._kept: list[Any] = []  # keeps schemas alive, so that each `id` stays unique

    def slot(self, schema: Any, config: Any) -> Slot:
        """Return the slot of a schema."""
        raise NotImplementedError

    def resolved(self, schema: Any) -> Any:
        """Return the schema that references lead to."""
        while schema["type"] == "definition-ref":
            schema = self.definitions[schema["schema_ref"]]
        return schema

    def is_strict(self, schema: Any, config: Any) -> bool:
        """Return whether a schema is strict. The caller's option overrides it."""
        if self.strict is not None:
            return self.strict
        return bool(schema.get("strict", (config or {}).get("strict", False)))

    def _wrappers(self, schema: Any) -> Iterator[Any]:
        """Yield the schema and those that it is wrapped around, as long as there is one."""
        seen = 0
        while seen < 64:
            yield schema
            seen += 1
            if schema["type"] == "definition-ref":
                schema = self.resolved(schema)
            elif schema["type"] in _SEE_THROUGH or schema["type"].startswith("function-"):
                inner = schema.get("schema")
                if inner is None:
                    return
                schema = inner
            elif schema["type"] == "union" and len(schema["choices"]) == 1:
                schema = _choice(schema["choices"][0])
            else:
                return

    def shapes(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        """Return the alternatives of a schema."""
        schema = self.resolved(schema)
        if id(schema) in outer:
            return [any_shape()]  # a union that contains itself
        key = (id(schema), id(config))
        found = self._shapes.get(key)
        if found is None:
            self._kept.append(schema)
            make = _MAKERS.get(schema["type"])
            inner = (*outer, id(schema))
            found = [any_shape()] if make is None else make(self, schema, config, inner)
            self._shapes[key] = found
        return found

    def _leaf(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        name = schema["type"]
        kinds = _LEAF_KINDS[name]
        if name in _STRICT_KINDS and self.is_strict(schema, config):
            kinds = _STRICT_KINDS[name]
        settings = {**(config or {}), **schema}
        if name == "str" and settings.get("coerce_numbers_to_str"):
            kinds = kinds | SCALARS
        shape = Shape("leaf", kinds, name)
        if name == "str" and not _changes_text(schema, config or {}):
            shape.longest = schema.get("max_length", (config or {}).get("str_max_length"))
        return [shape]

    def _literal(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        return [_worded([_plain(value) for value in schema["expected"]], "literal")]

    def _enum(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        values = [_plain(member) for member in schema["members"]]
        if _takes_other_values(schema) or (config or {}).get("coerce_numbers_to_str"):
            return [Shape("leaf", KINDS, "enum")]
        if schema.get("sub_type") in ("int", "float"):
            return [Shape("leaf", SCALARS | {"string"}, "enum")]
        return [_worded(values, "enum")]

    def _nullable(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        none = Shape("leaf", frozenset({"null"}), "none")
        return [*self.shapes(schema["schema"], config, outer), none]

    def _default(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        if schema.get("on_error", "raise") != "raise":
            return [any_shape().as_loose()]  # the default replaces an invalid value
        return self.shapes(schema["schema"], config, outer)

    def _union(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        choices = schema["choices"]
        several = choices.values() if isinstance(choices, dict) else choices
        shapes: list[Shape] = []
        for choice in several:
            # A tag may be another name of a tag.
            node = choices.get(choice) if isinstance(choice, (str, int)) else _choice(choice)
            if not isinstance(node, dict):
                return [any_shape().as_loose()]
            shapes += [shape for shape in self.shapes(node, config, outer) if shape not in shapes]
        return shapes

    def _either(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        if schema["type"] == "json-or-python":
            return self.shapes(schema["json_schema"], config, outer)
        strict = self.is_strict(schema, config)
        return self.shapes(schema["strict_schema" if strict else "lax_schema"], config, outer)

    def _through(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        """Only the first step sees JSON; later steps see its result, so the whole is validated."""
        first = schema["steps"][0] if schema["type"] == "chain" else schema["schema"]
        shapes = [shape.as_bulk() for shape in self.shapes(first, config, outer)]
        for shape in shapes:
            if shape.label in ("str", "any"):  # these grow; what a later step returns does not
                shape.label = "string"
        return shapes

    def _before(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        inner = schema.get("schema")
        shapes = [any_shape()] if inner is None else self.shapes(inner, config, outer)
        return [shapes[0].as_loose() if len(shapes) == 1 else any_shape().as_loose()]

    def _after(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        inner = self.shapes(schema["schema"], config, outer)
        alone = len(inner) == 1 and inner[0].form != "leaf" and not inner[0].bulk
        if not alone or asks_around(schema):
            return [shape.as_bulk() for shape in inner]
        shape = inner[0].copy()
        shape.steps += ((False, schema["function"]["function"]),)
        return [shape]

    def _array(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        shape = Shape(schema["type"], frozenset({"array"}), schema["type"])
        shape.item = self.slot(schema.get("items_schema", ANY), config)
        shape.fewest = schema.get("min_length", 0) if schema["type"] == "list" else 0
        shape.most = schema.get("max_length") if schema["type"] == "list" else None
        return [shape]

    def _tuple(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        shape = Shape("tuple", frozenset({"array"}), "tuple")
        slots = [self.slot(item, config) for item in schema["items_schema"]]
        variadic = schema.get("variadic_item_index")
        optional = any(self.resolved(item)["type"] == "default" for item in schema["items_schema"])
        if variadic is None:
            shape.items = tuple(slots)
            shape.most = len(slots)
            shape.fewest = 0 if optional else len(slots)
            shape.bulk = optional
        elif variadic == len(slots) - 1:
            shape.items, shape.item = tuple(slots[:-1]), slots[-1]
            shape.fewest = 0 if optional else len(slots) - 1
            shape.bulk = "min_length" in schema or "max_length" in schema
        else:
            return [shape.as_loose()]
        return [shape]

    def _mapping(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        shape = Shape("mapping", frozenset({"object"}), "dict")
        shape.extra = "collect"
        shape.rest = self.slot(schema.get("values_schema", ANY), config)
        keys = self.resolved(schema.get("keys_schema", ANY))
        shape.bulk = keys["type"] not in ("str", "any") or bool(BOUNDS & set(keys))
        if keys["type"] in ("literal", "enum"):
            [named] = self.shapes(keys, config, outer)
            shape.key_words = named.words
        if "min_length" in schema or "max_length" in schema:
            shape.bulk = True
        distinct = keys["type"] in ("str", "any") and not _changes_text(keys, config or {})
        if distinct or shape.key_words is not None:  # keys that differ stay different
            shape.most = schema.get("max_length")
        return [shape]

    def _model(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        config = schema.get("config")  # the model's own: it does not inherit one
        cls = schema["cls"]
        if schema.get("root_model"):
            return self._root_model(schema, config, outer)
        shape, *others = self.shapes(schema["schema"], config, outer)
        shape = shape.copy()
        shape.cls, shape.label = cls, cls.__name__
        if others or shape.form != "fields":
            return [shape.as_loose()]
        shape.form = "model"
        if schema.get("custom_init"):
            return [shape.as_loose()]
        if schema.get("post_init"):
            shape.steps += ((False, _post_init(schema["post_init"])),)
        shape.kinds = KINDS if shape.loose else frozenset({"object"})
        return [shape]

    def _root_model(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        shapes = []
        for inner in self.shapes(schema["schema"], config, outer):
            shape = inner.copy()
            shape.label = schema["cls"].__name__
            shape.steps += ((True, schema["cls"]),)
            if schema.get("post_init") or schema.get("custom_init"):
                shape = shape.as_bulk()
            shapes.append(shape)
        return shapes

    def _fields(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        """Return the shape of a model's or TypedDict's fields."""
        config = schema.get("config", config)
        shape = Shape("fields", frozenset({"object"}), "object")
        fields = [(name, field) for name, field in schema["fields"].items()]
        self._members(shape, fields, config, schema.get("total", True))
        default = (config or {}).get("extra_fields_behavior", "ignore")
        shape.extra = schema.get("extra_behavior", default)
        self._close(shape, schema.get("extras_schema"), config)
        shape.bulk = shape.bulk or schema.get("extras_keys_schema") is not None
        if schema["type"] == "typed-dict":
            shape.cls, shape.label = dict, getattr(schema.get("cls"), "__name__", "TypedDict")
            shape.steps = ()
        return [shape]

    def _dataclass(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        config = schema.get("config")
        arguments = schema["schema"]
        shape = Shape("dataclass", frozenset({"object"}), schema["cls"].__name__)
        shape.cls = schema["cls"]
        if arguments["type"] != "dataclass-args":
            return [shape.as_loose()]
        fields = [(field["name"], field) for field in arguments["fields"]]
        self._members(shape, fields, config, True)
        shape.extra = (config or {}).get("extra_fields_behavior", "ignore")
        odd = any(not field.get("init", True) or field.get("init_only") for _, field in fields)
        if odd:
            return [shape.as_loose()]
        shape.bulk = shape.bulk or shape.extra == "allow"
        self._close(shape, None, config)
        if schema.get("post_init"):
            shape.steps += ((False, _post_init("__post_init__")),)
        return [shape]

    def _members(
        self, shape: Shape, fields: list[tuple[str, Any]], config: Any, total: bool
    ) -> None:
        names: list[str] = []
        required: list[tuple[str, tuple[str, ...]]] = []
        for name, field in fields:
            slot = self.slot(field["schema"], config)
            paths = self._paths_of(name, field, config)
            for path in paths:
                member = Member(name, slot if len(path) == 1 else self.slot(ANY, None))
                shape.members.setdefault(path[0], member)
                shape.bulk = shape.bulk or len(path) > 1
                names.append(path[0])
            if any(asks_around(node) for node in self._wrappers(field["schema"])):
                shape.bulk = True
            node = self.resolved(field["schema"])
            if node["type"] == "default":
                shape.defaults[name] = node
                plain = not node.get("validate_default", (config or {}).get("validate_default"))
                shape.bulk = shape.bulk or not plain or bool(node.get("default_factory_takes_data"))
            elif field.get("required", total):
                required.append((name, tuple(path[0] for path in paths)))
        shape.names, shape.required = tuple(sorted(set(names))), tuple(required)

    def _paths_of(self, name: str, field: Any, config: Any) -> list[list[Any]]:
        """Return the paths of the JSON at which a field may be found."""
        alias = field.get("validation_alias")
        settings = config or {}
        by_alias, by_name = self.by_alias, self.by_name
        if by_alias is None:
            by_alias = settings.get("validate_by_alias", True)
        if by_name is None:
            by_name = settings.get("validate_by_name", settings.get("populate_by_name", False))
        paths: list[list[Any]] = []
        if alias is not None and by_alias:
            several = isinstance(alias, list) and alias and isinstance(alias[0], list)
            paths = alias if several else [alias if isinstance(alias, list) else [alias]]
        if alias is None or by_name:
            paths = [*paths, [name]]
        return paths

    def _close(self, shape: Shape, extras: Any, config: Any) -> None:
        shape.closed = shape.extra == "forbid"
        if shape.extra == "allow":
            shape.rest = self.slot(ANY if extras is None else extras, config)
            renamed = any(key != member.name for key, member in shape.members.items())
            shape.bulk = shape.bulk or renamed


def _takes_other_values(schema: Any) -> bool:
    """Return whether an enumeration has a `_missing_` of its own, which finds further members.

    Since pydantic 2.14 its schema does not show that.
    """
    own = schema.get("missing") or getattr(schema.get("cls"), "_missing_", Enum._missing_)
    return getattr(own, "__func__", own) is not getattr(Enum._missing_, "__func__", None)


def _worded(values: list[Any], label: str) -> Shape:
    """Return the shape of an enumeration (`Literal`, `Enum`)."""
    kinds: set[str] = set()
    for value in values:
        if isinstance(value, str):
            kinds.add("string")
        elif value is None:
            kinds.add("null")
        elif isinstance(value, (bool, int, float)):
            kinds |= SCALARS
        else:
            return Shape("leaf", KINDS, label)
    shape = Shape("leaf", frozenset(kinds), label)
    if "string" in kinds:
        shape.words = tuple(sorted({value for value in values if isinstance(value, str)}))
    return shape


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _choice(choice: Any) -> Any:
    return choice[0] if isinstance(choice, tuple) else choice


def _changes_text(schema: Any, config: Any) -> bool:
    """Return whether pydantic trims or changes the text before it measures it."""
    names = ("strip_whitespace", "to_lower", "to_upper")
    return any(schema.get(name, config.get(f"str_{name}")) for name in names)


def asks_around(schema: Any) -> bool:
    """Return whether a validator reads more than its value."""
    function = schema.get("function")
    return isinstance(function, dict) and function.get("type") == "with-info"


def _post_init(name: str) -> Callable[[Any], Any]:
    """Return a function that calls what pydantic calls on a filled instance."""

    def run(instance: Any) -> Any:
        if name == "__post_init__":
            instance.__post_init__()
        else:
            getattr(instance, name)(None)
        return instance

    return run


_SEE_THROUGH: Final = ("default", "nullable")
_MAKERS: Final[dict[str, Callable[[ShapeMaker, Any, Any, tuple[int, ...]], list[Shape]]]] = {
    **dict.fromkeys(_LEAF_KINDS, ShapeMaker._leaf),
    "any": lambda maker, schema, config, outer: [any_shape()],
    "literal": ShapeMaker._literal,
    "enum": ShapeMaker._enum,
    "nullable": ShapeMaker._nullable,
    "default": ShapeMaker._default,
    "union": ShapeMaker._union,
    "tagged-union": ShapeMaker._union,
    "json-or-python": ShapeMaker._either,
    "lax-or-strict": ShapeMaker._either,
    "chain": ShapeMaker._through,
    "custom-error": ShapeMaker._through,
    "function-before": ShapeMaker._before,
    "function-wrap": ShapeMaker._before,
    "function-plain": ShapeMaker._before,
    "function-after": ShapeMaker._after,
    "list": ShapeMaker._array,
    "set": ShapeMaker._array,
    "frozenset": ShapeMaker._array,
    "tuple": ShapeMaker._tuple,
    "dict": ShapeMaker._mapping,
    "model": ShapeMaker._model,
    "model-fields": ShapeMaker._fields,
    "typed-dict": ShapeMaker._fields,
    "dataclass": ShapeMaker._dataclass,
}
