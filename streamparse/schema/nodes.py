"""The compiled form of a schema; it is immutable and shared by all documents.

A `Node` is one schema object: its own assertions, links to the schemas that apply to the same
value (`$ref`, `allOf`), and choices between schemas (`anyOf`, `oneOf`, `not`, `if`,
`dependentSchemas`). For each kind of value a node has a `KindPlan`: the part of the schema that
still matters once the kind is known, which is usually little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from streamparse._core.expected import Expected
from streamparse.schema.patterns import Pattern, Patterns
from streamparse.schema.trie import Trie

if TYPE_CHECKING:
    from mypy_extensions import i64

# The kinds of value, which the first character distinguishes. A set of kinds is a bit mask.
OBJECT: Final = 0
ARRAY: Final = 1
STRING: Final = 2
NUMBER: Final = 3
TRUE: Final = 4
FALSE: Final = 5
NULL: Final = 6
KINDS: Final = 7
ANYTHING: Final = 127

KIND_OF: Final = {"number": NUMBER, "true": TRUE, "false": FALSE, "null": NULL}

# The rules by which the alternatives of a group decide.
ANY: Final = 0
ONE: Final = 1
NOT: Final = 2
IF: Final = 3
DEPENDENT: Final = 4
CONTAINS: Final = 5


class Check:
    """A check by the reference library at the end of a value; see `library`."""

    def __init__(self, keyword: str, kinds: int, decide: Any) -> None:
        self.keyword = keyword
        self.kinds = kinds  # the kinds of value that it looks at
        self.decide = decide  # a function from the value to whether it is valid


class AllowedValues:
    """The allowed values of `enum` or `const`."""

    def __init__(self, keyword: str, values: list[Any]) -> None:
        self.keyword = keyword
        self.values = values
        self.kinds: int = 0
        self.words: Trie | None = None
        self.numbers: set[Any] = set()
        self.containers: list[Any] = []  # the containers that are compared at the end of a value


class NumberRules:
    """The bounds of a number; a bound that the schema does not have is `None`."""

    def __init__(self) -> None:
        self.whole: bool = False  # whether `type` requires an integer
        self.whole_floats: bool = True  # whether 1.0 is an integer
        self.minimum: Any = None
        self.maximum: Any = None
        self.above: Any = None
        self.below: Any = None
        self.step: Any = None


class StringRules:
    """The rules for a string."""

    def __init__(self) -> None:
        self.shortest: i64 = 0
        self.longest: i64 = -1
        self.pattern: Pattern | None = None


class KeySet:
    """The keys that are allowed; a key is rejected as soon as it cannot become one of them."""

    def __init__(self, keyword: str, words: Trie, patterns: Patterns) -> None:
        self.keyword = keyword
        self.words = words
        self.patterns = patterns

    def has(self, key: str) -> bool:
        """Return whether this key is allowed."""
        return key in self.words.known or self.patterns.matches(key)


class ObjectRules:
    """The rules for an object and its members."""

    def __init__(self) -> None:
        self.properties: dict[str, Node] = {}
        self.patterns: list[tuple[Pattern, Node]] = []
        self.extras: Patterns | None = None  # the patterns of the keys that are not additional
        self.additional: Node | None = None
        self.closed: list[KeySet] = []
        self.names: Node | None = None
        self.required: list[str] = []
        self.required_keyword: str = "required"
        self.fewest: i64 = 0
        self.most: i64 = -1
        self.dependents: dict[str, list[str]] = {}
        self.dependents_keyword: str = ""
        self.counts: bool = False  # whether the set of keys is needed
        self.plain: bool = False  # whether `properties.get(key, additional)` is the only schema

    def freeze(self) -> None:
        """Compute the derived attributes after all keywords were read."""
        self.counts = bool(self.required or self.fewest > 0 or self.most >= 0 or self.dependents)
        self.plain = not self.patterns and self.extras is None


class ArrayRules:
    """The rules for an array and its items."""

    def __init__(self) -> None:
        self.prefix: list[Node] = []
        self.rest: Node | None = None
        self.room: i64 = -1  # the number of items that the schema has room for
        self.room_keyword: str = ""
        self.fewest: i64 = 0
        self.fewest_keyword: str = "minItems"
        self.most: i64 = -1
        self.unique: bool = False
        self.contains: Node | None = None
        self.contains_least: i64 = 1
        self.contains_most: i64 = -1


class Choice:
    """A keyword with alternatives, as in the schema."""

    def __init__(self, kind: int, keyword: str, nodes: list[Node | None], key: str = "") -> None:
        self.kind = kind
        self.keyword = keyword
        self.nodes = nodes  # for `if`: the condition, `then`, `else`
        self.key = key


class Node:
    """One schema object."""

    def __init__(self, index: int, path: tuple[Any, ...], schema: Any) -> None:
        self.index = index
        self.path = path  # the path of the schema from the root of its document
        self.schema = schema
        self.allowed: int = ANYTHING
        self.refusers: list[str] = [""] * KINDS  # the keyword that rejects each kind
        self.numbers: NumberRules | None = None
        self.strings: StringRules | None = None
        self.objects: ObjectRules | None = None
        self.arrays: ArrayRules | None = None
        self.values: list[AllowedValues] = []
        self.checks: list[Check] = []
        self.links: list[Node] = []
        self.choices: list[Choice] = []
        self.foreign: bool = False  # whether its dialect differs from that of the schema around it
        self.reference: Any = None  # the library's validator of the whole schema; see `library`
        self.busy: int = 0  # the kinds whose values need a check beyond their kind
        self.keeps: int = 0  # the kinds whose values must be kept until they end
        self.plans: list[KindPlan] = []
        self.expected: Expected | None = None  # its allowed values; `expected_at` computes them

    def refuse(self, kinds: int, keyword: str) -> None:
        """Record that a keyword rejects these kinds."""
        for kind in range(KINDS):
            if kinds >> kind & 1 and not self.refusers[kind]:
                self.refusers[kind] = keyword
        self.allowed &= ~kinds

    def freeze(self) -> None:
        """Compute the derived attributes after all keywords were read."""
        if self.numbers is not None:
            self.busy |= 1 << NUMBER
        if self.strings is not None:
            self.busy |= 1 << STRING
            if self.strings.pattern is not None:
                self.keeps |= 1 << STRING
        if self.objects is not None:
            self.objects.freeze()
            self.busy |= 1 << OBJECT
        if self.arrays is not None:
            self.busy |= 1 << ARRAY
            if self.arrays.unique:
                self.keeps |= 1 << ARRAY
        for values in self.values:
            self._freeze_values(values)
        for check in self.checks:
            self.busy |= check.kinds
            self.keeps |= check.kinds

    def _freeze_values(self, values: AllowedValues) -> None:
        kept = 0
        if values.containers:
            kept = values.kinds & (1 << OBJECT | 1 << ARRAY)
        if values.words is not None:
            kept |= 1 << STRING
        self.keeps |= kept
        self.busy |= kept
        if values.numbers:
            self.busy |= 1 << NUMBER


class KindRefusal:
    """The keyword by which a node rejects every value of a kind."""

    def __init__(self, node: Node, keyword: str) -> None:
        self.node = node
        self.keyword = keyword


class KindPlan:
    """The checks that remain for a value of a known kind."""

    def __init__(self) -> None:
        self.refusal: KindRefusal | None = None
        self.nodes: list[Node] = []
        self.groups: list[Group] = []
        self.keeps: bool = False
        self.weight: int = 0
        #: The tasks that all documents can share, because only the document depends on them;
        #: `None` if each value needs its own tasks.
        self.tasks: list[Task] | None = None

    @property
    def idle(self) -> bool:
        """Whether every value of the kind is valid."""
        return self.refusal is None and not self.nodes and not self.groups


class Group:
    """The alternatives for a value of a known kind."""

    def __init__(self, kind: int, node: Node, keyword: str) -> None:
        self.index: int = 0
        self.kind = kind
        self.node = node
        self.keyword = keyword
        self.plans: list[KindPlan | None] = []  # for `if`: the condition, `then`, `else`
        self.passes: int = 0  # the number of alternatives of `oneOf` that always pass
        self.key: str = ""  # the key whose presence makes a dependent schema apply


class Task:
    """A node to apply to an open value, and the branch that fails if the node rejects it."""

    def __init__(self, node: Node, branch: Branch) -> None:
        self.node = node
        self.branch = branch


class Failure:
    """The facts of a rejection; `messages` turns them into an error."""

    def __init__(
        self, node: Node, keyword: str, path: tuple[Any, ...], offset: int, got: object
    ) -> None:
        self.node = node
        self.keyword = keyword
        self.path = path
        self.offset = offset
        self.got = got  # the value, or the text up to the deciding character

    def at(self, offset: int) -> Failure:
        """Return the same failure at a later offset, where it takes effect."""
        return Failure(self.node, self.keyword, self.path, offset, self.got)


class Branch:
    """One alternative for one value; it fails if one of its nodes rejects the value."""

    def __init__(self, must: bool = False) -> None:
        self.must = must  # whether the document fails with it
        self.dead: bool = False
        self.failure: Failure | None = None
        self.parents: list[Branch] = []  # the branches of the value around it, which fail with it
        self.choices: list[LiveGroup] = []  # the groups that this is an alternative of


class LiveGroup:
    """The state of the alternatives for one value."""

    def __init__(self, group: Group | None, node: Node, kind: int, owner: Branch) -> None:
        self.group = group  # None for `contains`
        self.node = node
        self.kind = kind
        self.owner = owner
        self.members: list[Branch | None] = []
        self.depth: int = 0  # the length of the path of the value
        self.alive: int = 0
        self.narrowed: int = -1  # the offset at which an alternative failed last
        self.triggered: bool = False
        self.count: int = 0  # the number of items that match `contains`


MUST: Final = Branch(True)


class Program:
    """A whole compiled schema."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.groups: list[Group] = []
        self.root: Node | None = None
