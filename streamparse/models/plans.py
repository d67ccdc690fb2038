"""What is sure about the JSON of a type before it is whole, read from pydantic's core schema.

A `Slot` is one place where a value may stand (a field, an item, the root); its `Shape`s are the
alternatives that pydantic would try there, unions taken apart. A shape says only what holds for
every value that pydantic accepts, lax or strict: the kinds of JSON, the strings of a `Literal`, the
keys of `extra="forbid"`, how many items. Everything else is for pydantic itself to judge, when the
value is whole. What is not understood accepts anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, Final

from streamparse._core.expected import Expected

__all__ = ["ANYTHING", "Plans", "Shape", "Slot"]

SCALARS: Final = frozenset({"number", "true", "false"})
KINDS: Final = frozenset({"object", "array", "string", "number", "true", "false", "null"})
#: The key under which the markers of `models` leave their wishes in the metadata of a schema.
MARK: Final = "streamparse"

# The kinds of JSON that pydantic takes for a type in lax mode; in strict mode it takes no more.
_LEAF_KINDS: Final[dict[str, frozenset[str]]] = {
    "str": frozenset({"string"}),
    "bytes": frozenset({"string"}),
    "int": SCALARS | {"string"},
    "float": SCALARS | {"string"},
    "bool": SCALARS | {"string"},
    "decimal": SCALARS | {"string"},
    "complex": SCALARS | {"string"},
    "date": SCALARS | {"string"},
    "time": SCALARS | {"string"},
    "datetime": SCALARS | {"string"},
    "timedelta": SCALARS | {"string"},
    "uuid": SCALARS | {"string"},
    "url": frozenset({"string"}),
    "multi-host-url": frozenset({"string"}),
    "json": frozenset({"string"}),
    "none": frozenset({"null"}),
}
_STRICT_KINDS: Final[dict[str, frozenset[str]]] = {
    "int": frozenset({"number"}),
    "float": frozenset({"number"}),
    "bool": frozenset({"true", "false"}),
}
_LISTS: Final = {"list": "list", "set": "set", "frozenset": "frozenset", "tuple": "tuple"}
# Constraints that make a type more than its kind.
_BOUNDS: Final = frozenset(
    [
        "max_length",
        "min_length",
        "pattern",
        "strip_whitespace",
        "to_lower",
        "to_upper",
        "coerce_numbers_to_str",
        "multiple_of",
        "le",
        "ge",
        "lt",
        "gt",
        "allow_inf_nan",
        "ascii_only",
    ]
)
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


class Member:
    """A key that an object may have: the field it fills."""

    __slots__ = ("name", "slot")

    def __init__(self, name: str, slot: Slot) -> None:
        self.name: str = name
        self.slot: Slot = slot


_SHAPE: Final = (
    "bulk",
    "closed",
    "cls",
    "defaults",
    "extra",
    "fewest",
    "form",
    "item",
    "items",
    "key_words",
    "kinds",
    "label",
    "longest",
    "loose",
    "members",
    "most",
    "names",
    "required",
    "rest",
    "steps",
    "words",
)


class Shape:
    """One alternative of a slot.

    - `form`: `"any"`, `"leaf"` (no container, or one that only pydantic knows), `"model"`,
      `"dataclass"`, `"fields"` (a TypedDict), `"mapping"`, `"list"`, `"set"`, `"frozenset"`,
      `"tuple"`.
    - `bulk`: judged as a whole when it closes, and nothing inside it by itself, because it takes
      more than its parts to make it. `loose`: nothing is sure about what is inside it.
    - `steps`: what pydantic does with the parts once they are put together: `(True, class)` is a
      `RootModel` around them, `(False, function)` an "after" validator.
    """

    __slots__ = _SHAPE

    def __init__(self, form: str, kinds: frozenset[str], label: str) -> None:
        self.form = form
        self.kinds = kinds
        self.label = label
        self.bulk: bool = False
        self.loose: bool = False
        self.cls: Any = None
        self.steps: tuple[tuple[bool, Any], ...] = ()
        # Strings.
        self.words: tuple[str, ...] | None = None
        self.longest: int | None = None
        # Objects.
        self.members: dict[str, Member] = {}
        self.names: tuple[str, ...] = ()
        self.closed: bool = False  # are other keys than `names` refused?
        self.extra: str = "ignore"
        self.rest: Slot | None = None  # the values of other keys
        self.key_words: tuple[str, ...] | None = None
        self.required: tuple[tuple[str, tuple[str, ...]], ...] = ()
        self.defaults: dict[str, Any] = {}  # field: its schema, of the type "default"
        self.most: int | None = None  # items, or members
        # Arrays.
        self.items: tuple[Slot, ...] = ()
        self.item: Slot | None = None
        self.fewest: int = 0

    def copy(self) -> Shape:
        twin = Shape(self.form, self.kinds, self.label)
        for name in _SHAPE:
            setattr(twin, name, getattr(self, name))
        return twin

    def as_bulk(self) -> Shape:
        """The same, but judged as a whole."""
        twin = self.copy()
        twin.bulk = self.form not in ("any", "leaf")
        return twin

    def as_loose(self) -> Shape:
        """A shape of any content: something reads the raw value before this does."""
        twin = Shape(self.form, KINDS, self.label)
        twin.cls, twin.steps, twin.members = self.cls, self.steps, self.members
        twin.bulk = twin.loose = True
        return twin

    def name_of(self, key: str) -> str | None:
        """The name under which the value of a key is kept; None: it is not."""
        member = self.members.get(key)
        if member is not None:
            return member.name
        return key if self.extra in ("allow", "collect") else None

    def slot_at(self, step: str | int) -> Slot | None:
        """The slot of a member or item; None: anything may stand there."""
        if isinstance(step, str):
            member = self.members.get(step)
            return self.rest if member is None else member.slot
        return self.items[step] if step < len(self.items) else self.item


class Slot:
    """A place for a value.

    - `trivial`: the type whose instances need no judge here, or None.
    - `postponed`: it cannot be judged alone, because its validators ask what is around it.
    - `grows`: may an open string be shown as the value so far?
    - `when_complete`, `not_before`: what the markers ask for.
    """

    __slots__ = (
        "config",
        "expected",
        "grows",
        "not_before",
        "number",
        "options",
        "postponed",
        "schema",
        "shapes",
        "trivial",
        "when_complete",
        "whole",
    )

    def __init__(self, number: int, schema: Any, config: Any) -> None:
        self.number: int = number
        self.schema: Any = schema
        self.config: Any = config
        self.shapes: list[Shape] = []
        self.options: dict[str, tuple[Shape, ...]] = {}
        self.trivial: type | None = None
        self.postponed: bool = False
        self.grows: bool = False
        self.when_complete: bool = False
        self.not_before: tuple[str, ...] = ()
        self.expected: Expected | None = None  # what a value may be, once somebody asks
        self.whole: Any = None  # pydantic's validator of it, made when it is first needed


class Plans:
    """All slots of a type; `root` is that of the whole value."""

    def __init__(self, schema: Any, strict: bool | None, by_alias: Any, by_name: Any) -> None:
        self.strict = strict
        self.by_alias = by_alias
        self.by_name = by_name
        self.definitions: dict[str, Any] = {}
        if schema["type"] == "definitions":
            self.definitions = {entry["ref"]: entry for entry in schema["definitions"]}
            schema = schema["schema"]
        self.slots: list[Slot] = []
        self._slots: dict[Any, Slot] = {}
        self._shapes: dict[Any, list[Shape]] = {}
        self._kept: list[Any] = []  # so that no id is used twice
        self.root: Slot = self.slot(schema, None)
        self.anything: Slot = self.slot(_ANY, None)
        done = 0
        while done < len(self.slots):
            self._fill(self.slots[done])
            done += 1
        #: Every shape once, in an order that depends on the type alone.
        self.all_shapes: list[Shape] = [ANYTHING]
        known = {id(ANYTHING)}
        for slot in self.slots:
            for shape in slot.shapes:
                if id(shape) not in known:
                    known.add(id(shape))
                    self.all_shapes.append(shape)

    def slot(self, schema: Any, config: Any) -> Slot:
        """The slot of a schema; filled later, because types refer to themselves."""
        name = (schema["schema_ref"] if schema["type"] == "definition-ref" else id(schema),)
        key = (*name, id(config), id(schema.get("metadata")))
        found = self._slots.get(key)
        if found is None:
            self._kept.append((schema, config))
            found = self._slots[key] = Slot(len(self.slots), schema, config)
            self.slots.append(found)
        return found

    def resolved(self, schema: Any) -> Any:
        """The schema behind references."""
        while schema["type"] == "definition-ref":
            schema = self.definitions[schema["schema_ref"]]
        return schema

    def validator(self, slot: Slot) -> Any:
        """pydantic's own validator of a slot."""
        if slot.whole is None:
            from pydantic_core import SchemaValidator

            schema = slot.schema
            if self.definitions and _refers(schema):
                entries = list(self.definitions.values())
                schema = {"type": "definitions", "schema": schema, "definitions": entries}
            slot.whole = SchemaValidator(schema, slot.config)
        return slot.whole

    def is_strict(self, schema: Any, config: Any) -> bool:
        """Does this node judge strictly? What the caller says counts more than the schema."""
        if self.strict is not None:
            return self.strict
        return bool(schema.get("strict", (config or {}).get("strict", False)))

    # Slots.

    def _fill(self, slot: Slot) -> None:
        slot.shapes = self.shapes(slot.schema, slot.config, ())
        for kind in KINDS:
            slot.options[kind] = tuple(shape for shape in slot.shapes if kind in shape.kinds)
        slot.postponed = any(_asks_around(node) for node in self._wrappers(slot.schema))
        for node in self._wrappers(slot.schema):
            marks = node.get("metadata", {}).get(MARK, {})
            slot.when_complete = slot.when_complete or marks.get("when_complete", False)
            slot.not_before += tuple(marks.get("not_before", ()))
        bare = self._bare(slot.schema)
        config = slot.config or {}
        if bare is not None and not _BOUNDS & set(bare) and not _STR_BOUNDS & set(config):
            slot.trivial = _TRIVIAL.get(bare["type"])
        strings = slot.options["string"]
        slot.grows = len(strings) == 1 and strings[0].label in ("str", "any")
        slot.grows = slot.grows and not strings[0].loose

    def _wrappers(self, schema: Any) -> Iterator[Any]:
        """The schema and what it is wrapped around, as long as that is one value."""
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

    def _bare(self, schema: Any) -> Any:
        """The simple schema that decides alone what this one accepts; None if none does."""
        node = None
        for node in self._wrappers(schema):
            if node["type"].startswith("function-") or node.get("on_error", "raise") != "raise":
                return None
        return node

    # Shapes.

    def shapes(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        """The alternatives of a schema."""
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
        if schema.get("missing") is not None or (config or {}).get("coerce_numbers_to_str"):
            return [Shape("leaf", KINDS, "enum")]
        if schema.get("sub_type") in ("int", "float"):
            return [Shape("leaf", SCALARS | {"string"}, "enum")]
        return [_worded(values, "enum")]

    def _nullable(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        none = Shape("leaf", frozenset({"null"}), "none")
        return [*self.shapes(schema["schema"], config, outer), none]

    def _default(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        if schema.get("on_error", "raise") != "raise":
            return [any_shape().as_loose()]  # what is wrong is replaced by the default
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
        """Only the first step of a chain reads the JSON, and what it gives is something else."""
        first = schema["steps"][0] if schema["type"] == "chain" else schema["schema"]
        shapes = [shape.as_bulk() for shape in self.shapes(first, config, outer)]
        for shape in shapes:
            shape.label = "step"
        return shapes

    def _before(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        inner = schema.get("schema")
        shapes = [any_shape()] if inner is None else self.shapes(inner, config, outer)
        return [shapes[0].as_loose() if len(shapes) == 1 else any_shape().as_loose()]

    def _after(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        inner = self.shapes(schema["schema"], config, outer)
        alone = len(inner) == 1 and inner[0].form not in ("any", "leaf") and not inner[0].bulk
        if not alone or _asks_around(schema):
            return [shape.as_bulk() for shape in inner]
        shape = inner[0].copy()
        shape.steps += ((False, schema["function"]["function"]),)
        return [shape]

    def _array(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        shape = Shape(_LISTS[schema["type"]], frozenset({"array"}), schema["type"])
        shape.item = self.slot(schema.get("items_schema", _ANY), config)
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
        shape.rest = self.slot(schema.get("values_schema", _ANY), config)
        keys = self.resolved(schema.get("keys_schema", _ANY))
        shape.bulk = keys["type"] not in ("str", "any") or bool(_BOUNDS & set(keys))
        if keys["type"] in ("literal", "enum"):
            [judged] = self.shapes(keys, config, outer)
            shape.key_words = judged.words
        if "min_length" in schema or "max_length" in schema:
            shape.bulk = True
        distinct = keys["type"] in ("str", "any") and not _changes_text(keys, config or {})
        if distinct or shape.key_words is not None:  # keys that differ are never made equal
            shape.most = schema.get("max_length")
        return [shape]

    def _model(self, schema: Any, config: Any, outer: tuple[int, ...]) -> list[Shape]:
        config = schema.get("config")  # a model never takes over that of what is around it
        cls = schema["cls"]
        if schema.get("root_model"):
            return self._root_model(schema, config, outer)
        [shape] = self.shapes(schema["schema"], config, outer)
        shape = shape.copy()
        shape.cls, shape.label = cls, cls.__name__
        if shape.form != "fields":
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
        """The fields of a model or TypedDict, by the keys that fill them."""
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
            paths = self._ways_in(name, field, config)
            for path in paths:
                member = Member(name, slot if len(path) == 1 else self.slot(_ANY, None))
                shape.members.setdefault(path[0], member)
                shape.bulk = shape.bulk or len(path) > 1
                names.append(path[0])
            if any(_asks_around(node) for node in self._wrappers(field["schema"])):
                shape.bulk = True
            node = self.resolved(field["schema"])
            if node["type"] == "default":
                shape.defaults[name] = node
                plain = not node.get("validate_default", (config or {}).get("validate_default"))
                shape.bulk = shape.bulk or not plain or bool(node.get("default_factory_takes_data"))
            elif field.get("required", total):
                required.append((name, tuple(path[0] for path in paths)))
        shape.names, shape.required = tuple(sorted(set(names))), tuple(required)

    def _ways_in(self, name: str, field: Any, config: Any) -> list[list[Any]]:
        """The paths at which a field may be found."""
        alias = field.get("validation_alias")
        settings = config or {}
        by_alias = self.by_alias if self.by_alias is not None else True
        by_name = self.by_name if self.by_name is not None else False
        if self.by_alias is None:
            by_alias = settings.get("validate_by_alias", True)
        if self.by_name is None:
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
            shape.rest = self.slot(_ANY if extras is None else extras, config)
            renamed = any(key != member.name for key, member in shape.members.items())
            shape.bulk = shape.bulk or renamed


def any_shape() -> Shape:
    return Shape("any", KINDS, "any")


ANYTHING: Final = any_shape()


def _worded(values: list[Any], label: str) -> Shape:
    """A shape of so many values."""
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
    """Is the text trimmed or changed before it is measured?"""
    names = ("strip_whitespace", "to_lower", "to_upper")
    return any(schema.get(name, config.get(f"str_{name}")) for name in names)


def _asks_around(schema: Any) -> bool:
    """Does a validator look at more than its value?"""
    function = schema.get("function")
    return isinstance(function, dict) and function.get("type") == "with-info"


def _post_init(name: str) -> Callable[[Any], Any]:
    """What pydantic does after it has filled an instance."""

    def run(instance: Any) -> Any:
        if name == "__post_init__":
            instance.__post_init__()
        else:
            getattr(instance, name)(None)
        return instance

    return run


def _refers(schema: Any) -> bool:
    """Is there a reference in the schema?"""
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


_ANY: Final[dict[str, Any]] = {"type": "any"}
_SEE_THROUGH: Final = ("default", "nullable")
_MAKERS: Final[dict[str, Callable[[Plans, Any, Any, tuple[int, ...]], list[Shape]]]] = {
    **dict.fromkeys(_LEAF_KINDS, Plans._leaf),
    "any": lambda plans, schema, config, outer: [any_shape()],
    "literal": Plans._literal,
    "enum": Plans._enum,
    "nullable": Plans._nullable,
    "default": Plans._default,
    "union": Plans._union,
    "tagged-union": Plans._union,
    "json-or-python": Plans._either,
    "lax-or-strict": Plans._either,
    "chain": Plans._through,
    "custom-error": Plans._through,
    "function-before": Plans._before,
    "function-wrap": Plans._before,
    "function-plain": Plans._before,
    "function-after": Plans._after,
    "list": Plans._array,
    "set": Plans._array,
    "frozenset": Plans._array,
    "tuple": Plans._tuple,
    "dict": Plans._mapping,
    "model": Plans._model,
    "model-fields": Plans._fields,
    "typed-dict": Plans._fields,
    "dataclass": Plans._dataclass,
}
