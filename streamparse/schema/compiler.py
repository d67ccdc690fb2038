"""Compiles a JSON Schema to nodes and resolves all of its references."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from streamparse.paths import parse_json_pointer
from streamparse.schema.escapes import original
from streamparse.schema.evaluated import close
from streamparse.schema.library import Reference, SchemaDialect, check_schema, import_extra
from streamparse.schema.literals import follow, values_of
from streamparse.schema.nodes import (
    ANY,
    ANYTHING,
    ARRAY,
    DEPENDENT,
    FALSE,
    IF,
    NOT,
    NULL,
    NUMBER,
    OBJECT,
    ONE,
    STRING,
    TRUE,
    ArrayRules,
    Check,
    Choice,
    KeySet,
    Node,
    NumberRules,
    ObjectRules,
    Program,
    StringRules,
)
from streamparse.schema.patterns import Pattern, Patterns
from streamparse.schema.plans import EndlessError, Planner
from streamparse.schema.trie import Trie

_MAX_NODES: Final = 50_000
_LARGEST: Final = 1 << 62  # counts are 64-bit integers in the compiled build

# The library also raises these, for references through values that are not containers or strings.
_UNRESOLVABLE: Final = (ValueError, LookupError, TypeError, AttributeError)

TYPES: Final = {
    "object": 1 << OBJECT,
    "array": 1 << ARRAY,
    "string": 1 << STRING,
    "number": 1 << NUMBER,
    "integer": 1 << NUMBER,
    "boolean": 1 << TRUE | 1 << FALSE,
    "null": 1 << NULL,
}


class Site:
    """A schema object in its context: its node, its dialect, and the base of its references."""

    def __init__(
        self, node: Node, schema: dict[str, Any], resolves: Any, dialect: SchemaDialect
    ) -> None:
        self.node = node
        self.schema = schema
        self.resolves = resolves
        self.dialect = dialect
        self.around = dialect  # the dialect of the schema that refers to this one


class _Dynamic(Exception):
    """A reference depends on its dynamic scope, so the scope must be part of each node's key."""


class Compiler:
    """Compiles one schema; every schema object becomes one node, however often it is used."""

    def __init__(self, schema: Any, dialect: SchemaDialect, resolves: Any, formats: bool) -> None:
        self.schema = schema
        self.dialect = dialect
        self.resolves = resolves
        self.formats = formats
        self.dynamic: bool = False
        self.dialects: dict[Any, SchemaDialect] = {dialect.kind: dialect}
        self.paths: dict[int, tuple[Any, ...]] = dict(_paths(schema))
        self.checked: set[Any] = set()
        self._mark(schema, dialect)
        self.begin()

    def begin(self) -> None:
        self.program: Program = Program()
        self.known_nodes: dict[Any, Node] = {}
        self.waiting: list[Site] = []
        self.sites: list[Site] = []

    def run(self) -> Program:
        """Return the program; raise `ValueError` for an invalid schema."""
        try:
            self._read()
        except _Dynamic:
            self.dynamic = True
            self.begin()
            self._read()
        for site in self.sites:
            close(site.node, site.dialect.name)
        for node in self.program.nodes:
            node.freeze()
        try:
            Planner(self.program).run()
        except EndlessError as error:
            raise ValueError("the schema has a reference cycle that never ends") from error
        return self.program

    def _read(self) -> None:
        self.program.root = self.node(self.schema, self.resolves, (), self.dialect)
        while self.waiting:
            site = self.waiting.pop()
            self.sites.append(site)
            for keyword, value in site.dialect.applicable(site.schema, site.around):
                read = _KEYWORDS.get(keyword, _by_the_library)
                read(self, site, keyword, value)

    # Nodes.

    def node(
        self,
        schema: Any,
        resolves: Any,
        path: tuple[Any, ...],
        around: SchemaDialect,
        enter: bool = True,
    ) -> Node:
        """Return the node of a schema that occurs inside the dialect `around`.

        `enter`: the `$id` of the schema is the base of its references.
        """
        if isinstance(schema, bool):
            return self._boolean(schema, path)
        if not isinstance(schema, dict):
            raise ValueError(f"bad schema: neither an object nor a boolean at {path!r}")
        if enter:
            resolves = resolves.in_subresource(around.specification.create_resource(schema))
        # The caller chose the dialect of the root; `$schema` counts below it, as in the library.
        dialect = self._dialect(schema, around) if self.known_nodes else around
        key = self._key(schema, resolves, (around.kind, dialect.kind))
        node = self.known_nodes.get(key)
        if node is None:
            node = self.known_nodes[key] = self.new(self.paths.get(id(schema), path), schema)
            node.reference = Reference(dialect, schema, resolves, self.formats)
            node.foreign = dialect is not around
            if self._follows(schema, dialect, around):
                site = Site(node, schema, resolves, dialect)
                site.around = around
                self.waiting.append(site)
            else:
                node.checks.append(Check("$schema", ANYTHING, node.reference))
        return node

    def _dialect(self, schema: dict[str, Any], around: SchemaDialect) -> SchemaDialect:
        """Return the dialect that `$schema` names, or the dialect around the schema."""
        kind = around.of(schema)
        if kind not in self.dialects:
            self.dialects[kind] = SchemaDialect(kind)
        return self.dialects[kind]

    def _follows(
        self, schema: dict[str, Any], dialect: SchemaDialect, around: SchemaDialect
    ) -> bool:
        """Return whether this schema is understood here, rather than only by the library."""
        if dialect is not around:
            try:
                check_schema(schema, dialect)
            except ValueError:
                return False
        return bool(dialect.name)

    def _key(self, schema: Any, resolves: Any, kinds: Any) -> Any:
        base = getattr(resolves, "_base_uri", "")
        scope: tuple[str, ...] = ()
        if self.dynamic:
            # The outermost occurrence of each address counts, as in the library.
            uris = [uri for uri, _ in resolves.dynamic_scope()]
            scope = tuple(dict.fromkeys(reversed(uris)))
        return id(schema), base, scope, kinds

    def _boolean(self, schema: bool, path: tuple[Any, ...]) -> Node:
        node = self.new(path, schema)
        if not schema:
            node.refuse(ANYTHING, "false")
        return node

    def new(self, path: tuple[Any, ...], schema: Any) -> Node:
        if len(self.program.nodes) >= _MAX_NODES:
            raise ValueError(f"the schema has more than {_MAX_NODES} parts")
        node = Node(len(self.program.nodes), path, schema)
        self.program.nodes.append(node)
        return node

    def inner(self, site: Site, schema: Any, *steps: str | int, enter: bool = True) -> Node:
        """Return the node of a schema inside another."""
        return self.node(schema, site.resolves, (*site.node.path, *steps), site.dialect, enter)

    def referred(self, site: Site, keyword: str, reference: str) -> Node:
        """Return the node that a reference leads to."""
        resolved = self._lookup(site, keyword, reference)
        self._check(resolved.contents, site.dialect, reference)
        path = self.paths.get(id(resolved.contents))
        if path is None:
            path = _path_of(reference, (*site.node.path, keyword))
        return self.node(resolved.contents, resolved.resolver, path, site.dialect, enter=False)

    def _check(self, schema: Any, around: SchemaDialect, reference: str) -> None:
        """Check the target of a reference, which the meta-schema may not have reached."""
        if not isinstance(schema, dict) or (id(schema), around.kind) in self.checked:
            return
        if self._dialect(schema, around) is around:  # `_follows` checks other dialects
            check_schema(schema, around, reference)
            self._mark(schema, around)

    def _mark(self, schema: Any, dialect: SchemaDialect) -> None:
        """Record that a schema and the schemas in it were checked."""
        waiting = [schema]
        while waiting:
            one = waiting.pop()
            key = id(one), dialect.kind
            if isinstance(one, dict) and key not in self.checked:
                self.checked.add(key)
                waiting += dialect.specification.subresources_of(one)

    def _lookup(self, site: Site, keyword: str, reference: str) -> Any:
        exceptions = import_extra("referencing.exceptions")
        try:
            if keyword == "$recursiveRef":
                return import_extra("referencing.jsonschema").lookup_recursive_ref(site.resolves)
            return site.resolves.lookup(reference)
        except (exceptions.Unresolvable, *_UNRESOLVABLE) as error:
            raise ValueError(f"unresolvable {keyword} {reference!r}") from error


def _paths(schema: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yield the identity and the path of every container of a document."""
    waiting: list[tuple[Any, tuple[Any, ...]]] = [(schema, ())]
    while waiting:
        value, path = waiting.pop()
        if isinstance(value, dict):
            yield id(value), path
            waiting += [(inner, (*path, original(key))) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(inner, (*path, index)) for index, inner in enumerate(value)]


def _path_of(reference: str, otherwise: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the path to report for a schema outside of the given document."""
    document, _, pointer = reference.partition("#")
    try:
        return (document, *parse_json_pointer(pointer)) if document else otherwise
    except ValueError:
        return (reference,)


def _pattern(text: Any) -> Pattern:
    if not isinstance(text, str):
        raise ValueError(f"bad schema: {text!r} is not a regular expression")
    return Pattern(text)


def _count(value: Any) -> int:
    return min(int(value), _LARGEST)


# The rules of a node are created when a keyword first needs them.


def _numbers(site: Site) -> NumberRules:
    if site.node.numbers is None:
        site.node.numbers = NumberRules()
    return site.node.numbers


def _strings(site: Site) -> StringRules:
    if site.node.strings is None:
        site.node.strings = StringRules()
    return site.node.strings


def _objects(site: Site) -> ObjectRules:
    if site.node.objects is None:
        site.node.objects = ObjectRules()
    return site.node.objects


def _arrays(site: Site) -> ArrayRules:
    if site.node.arrays is None:
        site.node.arrays = ArrayRules()
    return site.node.arrays


# Each function reads one keyword, or a few that are alike.


def _type(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    names = [value] if isinstance(value, str) else list(value)
    kinds = 0
    for name in names:
        if name not in TYPES:
            raise ValueError(f"bad schema: there is no type {name!r}")
        kinds |= TYPES[name]
    site.node.refuse(ANYTHING & ~kinds, keyword)
    if "integer" in names and "number" not in names:
        rules = _numbers(site)
        rules.whole = True
        rules.whole_floats = site.dialect.name != "draft4"


def _values(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    values = values_of(keyword, [value] if keyword == "const" else list(value))

    def part(schema: dict[str, Any]) -> Node:
        node = compiler.new(site.node.path, schema)
        node.reference = Reference(site.dialect, schema, site.resolves, compiler.formats)
        return node

    site.node.refuse(ANYTHING & ~values.kinds, keyword)
    site.node.values.append(values)
    choice = follow(values, part)
    if choice is not None:
        values.containers = []
        site.node.choices.append(choice)


_BOUNDS: Final = {
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "above",
    "exclusiveMaximum": "below",
}


def _bound(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    name = _BOUNDS[keyword]
    if site.dialect.name == "draft4":  # there `exclusiveMinimum` is a flag that changes `minimum`
        exclusive = "exclusive" + keyword[0].upper() + keyword[1:]
        if site.schema.get(exclusive, False):
            name = _BOUNDS[exclusive]
    setattr(_numbers(site), name, value)


def _multiple(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    _numbers(site).step = value


def _length(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    if keyword == "maxLength":
        _strings(site).longest = _count(value)
    else:
        _strings(site).shortest = _count(value)


def _matching(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    _strings(site).pattern = _pattern(value)


def _format(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    if compiler.formats:
        _by_the_library(compiler, site, keyword, value)


def _properties(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    rules = _objects(site)
    for name, schema in value.items():
        rules.properties[name] = compiler.inner(site, schema, keyword, name)


def _pattern_properties(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    rules = _objects(site)
    for pattern, schema in value.items():
        node = compiler.inner(site, schema, keyword, pattern)
        rules.patterns.append((_pattern(pattern), node))


def _additional_properties(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    rules = _objects(site)
    if isinstance(value, dict):
        rules.additional = compiler.inner(site, value, keyword)
    patterns = Patterns([_pattern(one) for one in site.schema.get("patternProperties", {})])
    if isinstance(value, dict):
        rules.extras = patterns if patterns.each else None
    elif not value:
        words = Trie(site.schema.get("properties", {}))
        rules.closed.append(KeySet(keyword, words, patterns))


def _names(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    _objects(site).names = compiler.inner(site, value, keyword)


def _required(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    _objects(site).required = list(value)


def _members(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    if keyword == "maxProperties":
        _objects(site).most = _count(value)
    else:
        _objects(site).fewest = _count(value)


def _dependent_required(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    rules = _objects(site)
    rules.dependents_keyword = keyword
    for name, needs in value.items():
        rules.dependents[name] = list(needs)


def _dependent_schemas(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    for name, schema in value.items():
        node = compiler.inner(site, schema, keyword, name)
        site.node.choices.append(Choice(DEPENDENT, keyword, [node], name))


def _dependencies(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    for name, what in value.items():
        read = _dependent_required if isinstance(what, list) else _dependent_schemas
        read(compiler, site, keyword, {name: what})


def _items(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    rules = _arrays(site)
    if isinstance(value, list):
        for index, schema in enumerate(value):
            rules.prefix.append(compiler.inner(site, schema, keyword, index))
    elif value is False:
        knows = "prefixItems" in site.dialect.keywords
        _leave_room(site, keyword, len(site.schema.get("prefixItems", [])) if knows else 0)
    else:
        rules.rest = compiler.inner(site, value, keyword)


def _prefix_items(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    rules = _arrays(site)
    for index, schema in enumerate(value):
        rules.prefix.append(compiler.inner(site, schema, keyword, index))


def _additional_items(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    before = site.schema.get("items", {})
    if not isinstance(before, list):
        return
    if isinstance(value, dict):
        _arrays(site).rest = compiler.inner(site, value, keyword)
    elif not value:
        _leave_room(site, keyword, len(before))


def _leave_room(site: Site, keyword: str, room: int) -> None:
    rules = _arrays(site)
    rules.room, rules.room_keyword = room, keyword


def _size(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    if keyword == "maxItems":
        _arrays(site).most = _count(value)
    else:
        _arrays(site).fewest = _count(value)


def _unique(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    if value:
        _arrays(site).unique = True


def _contains(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    rules = _arrays(site)
    rules.contains = compiler.inner(site, value, keyword, enter=False)
    if site.dialect.name in ("draft2020-12", "draft2019-09"):
        rules.contains_least = _count(site.schema.get("minContains", 1))
        rules.contains_most = _count(site.schema.get("maxContains", -1))


def _refer(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    if keyword != "$ref" and not compiler.dynamic:
        raise _Dynamic
    site.node.links.append(compiler.referred(site, keyword, value))


def _all(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    for index, schema in enumerate(value):
        site.node.links.append(compiler.inner(site, schema, keyword, index))


def _alternatives(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    nodes: list[Node | None] = [
        compiler.inner(site, schema, keyword, index) for index, schema in enumerate(value)
    ]
    kind = ANY if keyword == "anyOf" else ONE
    site.node.choices.append(Choice(kind, keyword, nodes))


def _not(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    inner = compiler.inner(site, value, keyword, enter=False)
    site.node.choices.append(Choice(NOT, keyword, [inner]))


def _if(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    nodes: list[Node | None] = [compiler.inner(site, value, keyword, enter=False)]
    for branch in ("then", "else"):
        found = site.schema.get(branch)
        nodes.append(compiler.inner(site, found, branch) if found is not None else None)
    site.node.choices.append(Choice(IF, keyword, nodes))


def _by_the_library(compiler: Compiler, site: Site, keyword: str, value: Any) -> None:
    kinds = _LOOK_AT.get(keyword, ANYTHING)
    decide = Reference(site.dialect, site.schema, site.resolves, compiler.formats, keyword)
    site.node.checks.append(Check(keyword, kinds, decide))


_LOOK_AT: Final = {
    "format": 1 << STRING,
    "unevaluatedProperties": 1 << OBJECT,
    "unevaluatedItems": 1 << ARRAY,
}

_KEYWORDS: Final[dict[str, Callable[[Compiler, Site, str, Any], None]]] = {
    "$dynamicRef": _refer,
    "$recursiveRef": _refer,
    "$ref": _refer,
    "additionalItems": _additional_items,
    "additionalProperties": _additional_properties,
    "allOf": _all,
    "anyOf": _alternatives,
    "const": _values,
    "contains": _contains,
    "dependencies": _dependencies,
    "dependentRequired": _dependent_required,
    "dependentSchemas": _dependent_schemas,
    "enum": _values,
    "exclusiveMaximum": _bound,
    "exclusiveMinimum": _bound,
    "format": _format,
    "if": _if,
    "items": _items,
    "maxItems": _size,
    "maxLength": _length,
    "maxProperties": _members,
    "maximum": _bound,
    "minItems": _size,
    "minLength": _length,
    "minProperties": _members,
    "minimum": _bound,
    "multipleOf": _multiple,
    "not": _not,
    "oneOf": _alternatives,
    "pattern": _matching,
    "patternProperties": _pattern_properties,
    "prefixItems": _prefix_items,
    "properties": _properties,
    "propertyNames": _names,
    "required": _required,
    "type": _type,
    "uniqueItems": _unique,
}
