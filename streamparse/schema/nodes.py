"""What a schema is compiled into: immutable, shared by all documents.

A `Node` is one schema object: its own assertions, and links to the schemas that apply to the
same value (`$ref`, `allOf`) or are a choice for it (`anyOf`, `oneOf`, `not`, `if`,
`dependentSchemas`). For each kind of value a node has a `Plan`: what is left of all that once the
kind is known, which is mostly very little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from streamparse._core.expected import Expected
from streamparse.schema.patterns import Pattern, Patterns
from streamparse.schema.trie import Trie

if TYPE_CHECKING:
    from mypy_extensions import i64

# The kinds of value that a first character tells apart; a set of them is a mask of bits.
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

# How the alternatives of a group make a verdict.
ANY: Final = 0
ONE: Final = 1
NOT: Final = 2
IF: Final = 3
DEPENDENT: Final = 4
CONTAINS: Final = 5


class Check:
    """What the reference library decides when a value is whole; see `library`."""

    def __init__(self, keyword: str, kinds: int, decide: Any) -> None:
        self.keyword = keyword
        self.kinds = kinds  # the kinds of value that it looks at
        self.decide = decide  # of the value: is it valid?


class Values:
    """`enum` or `const`."""

    def __init__(self, keyword: str, values: list[Any]) -> None:
        self.keyword = keyword
        self.values = values
        self.kinds: int = 0
        self.words: Trie | None = None
        self.numbers: set[Any] = set()
        self.containers: list[Any] = []  # those that are compared when a value is whole


class NumberRules:
    """Bounds of a number; `None` where there is none."""

    def __init__(self) -> None:
        self.whole: bool = False  # `type` asks for an integer
        self.whole_floats: bool = True  # and 1.0 is one
        self.minimum: Any = None
        self.maximum: Any = None
        self.above: Any = None
        self.below: Any = None
        self.step: Any = None


class StringRules:
    """What is asked of a string."""

    def __init__(self) -> None:
        self.shortest: i64 = 0
        self.longest: i64 = -1
        self.pattern: Pattern | None = None


class KeySet:
    """Keys that may occur; what cannot become one of them is refused inside the key."""

    def __init__(self, keyword: str, words: Trie, patterns: Patterns) -> None:
        self.keyword = keyword
        self.words = words
        self.patterns = patterns

    def has(self, key: str) -> bool:
        """May this key occur?"""
        return key in self.words.known or self.patterns.matches(key)


class ObjectRules:
    """What is asked of an object and its members."""

    def __init__(self) -> None:
        self.properties: dict[str, Node] = {}
        self.patterns: list[tuple[Pattern, Node]] = []
        self.extras: Patterns | None = None  # of the keys that are not additional
        self.additional: Node | None = None
        self.closed: list[KeySet] = []
        self.names: Node | None = None
        self.required: list[str] = []
        self.required_keyword: str = "required"
        self.fewest: i64 = 0
        self.most: i64 = -1
        self.dependents: dict[str, list[str]] = {}
        self.dependents_keyword: str = ""
        self.counts: bool = False  # is the set of keys needed?
        self.plain: bool = False  # does `properties.get(key, additional)` tell all?

    def freeze(self) -> None:
        """All is set: work out the rest."""
        self.counts = bool(self.required or self.fewest > 0 or self.most >= 0 or self.dependents)
        self.plain = not self.patterns and self.extras is None


class ArrayRules:
    """What is asked of an array and its items."""

    def __init__(self) -> None:
        self.prefix: list[Node] = []
        self.rest: Node | None = None
        self.room: i64 = -1  # items that the schema leaves room for
        self.room_keyword: str = ""
        self.fewest: i64 = 0
        self.fewest_keyword: str = "minItems"
        self.most: i64 = -1
        self.unique: bool = False
        self.contains: Node | None = None
        self.contains_least: i64 = 1
        self.contains_most: i64 = -1


class Choice:
    """A keyword with alternatives, as the schema has it."""

    def __init__(self, kind: int, keyword: str, nodes: list[Node | None], key: str = "") -> None:
        self.kind = kind
        self.keyword = keyword
        self.nodes = nodes  # of `if`: condition, then, else
        self.key = key


class Node:
    """One schema object."""

    def __init__(self, index: int, path: tuple[Any, ...], schema: Any) -> None:
        self.index = index
        self.path = path  # of the schema itself, from the root of its document
        self.schema = schema
        self.allowed: int = ANYTHING
        self.refusers: list[str] = [""] * KINDS  # the keyword that refuses a kind
        self.numbers: NumberRules | None = None
        self.strings: StringRules | None = None
        self.objects: ObjectRules | None = None
        self.arrays: ArrayRules | None = None
        self.values: list[Values] = []
        self.checks: list[Check] = []
        self.links: list[Node] = []
        self.choices: list[Choice] = []
        self.foreign: bool = False  # in another dialect than the schema around it?
        self.reference: Any = None  # the library's verdict on the whole: see `library`
        self.busy: int = 0  # the kinds of value that this node looks at beyond their kind
        self.keeps: int = 0  # the kinds that it must see whole at their end
        self.plans: list[Plan] = []
        self.expected: Expected | None = None  # what a value may be, once somebody asks

    def refuse(self, kinds: int, keyword: str) -> None:
        """A keyword refuses these kinds."""
        for kind in range(KINDS):
            if kinds >> kind & 1 and not self.refusers[kind]:
                self.refusers[kind] = keyword
        self.allowed &= ~kinds

    def freeze(self) -> None:
        """The keywords have all been read: work out the rest."""
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

    def _freeze_values(self, values: Values) -> None:
        kept = 0
        if values.containers:
            kept = values.kinds & (1 << OBJECT | 1 << ARRAY)
        if values.words is not None:
            kept |= 1 << STRING
        self.keeps |= kept
        self.busy |= kept
        if values.numbers:
            self.busy |= 1 << NUMBER


class Refusal:
    """Why a plan lets no value of its kind pass."""

    def __init__(self, node: Node, keyword: str) -> None:
        self.node = node
        self.keyword = keyword


class Plan:
    """What remains to be asked of a value of a known kind."""

    def __init__(self) -> None:
        self.refusal: Refusal | None = None
        self.nodes: list[Node] = []
        self.groups: list[Group] = []
        self.keeps: bool = False
        self.weight: int = 0
        #: Tasks that any document may share: nobody's verdict but the document's hangs on them.
        #: `None` when each value needs tasks of its own.
        self.tasks: list[Task] | None = None

    @property
    def idle(self) -> bool:
        """Does every value of the kind pass?"""
        return self.refusal is None and not self.nodes and not self.groups


class Group:
    """Alternatives for a value of a known kind."""

    def __init__(self, kind: int, node: Node, keyword: str) -> None:
        self.index: int = 0
        self.kind = kind
        self.node = node
        self.keyword = keyword
        self.plans: list[Plan | None] = []  # of `if`: condition, then, else
        self.passes: int = 0  # alternatives of `oneOf` that are certain to pass
        self.key: str = ""  # whose presence makes a dependent schema count


class Task:
    """A node to be asked about an open value, and what hangs on the answer."""

    def __init__(self, node: Node, branch: Branch) -> None:
        self.node = node
        self.branch = branch


class Failure:
    """A refusal as it was noted; `messages` makes an error of it."""

    def __init__(
        self, node: Node, keyword: str, path: tuple[Any, ...], offset: int, got: object
    ) -> None:
        self.node = node
        self.keyword = keyword
        self.path = path
        self.offset = offset
        self.got = got  # a value, or the text up to the character that decided

    def at(self, offset: int) -> Failure:
        """The same, which only now counts."""
        return Failure(self.node, self.keyword, self.path, offset, self.got)


class Branch:
    """One alternative for one value: what fails when a node of it refuses, and what then."""

    def __init__(self, must: bool = False) -> None:
        self.must = must  # the document itself fails
        self.dead: bool = False
        self.failure: Failure | None = None
        self.parents: list[Branch] = []  # of the value around it: they fail too
        self.choices: list[LiveGroup] = []  # that this is an alternative of


class LiveGroup:
    """The alternatives of one value."""

    def __init__(self, group: Group | None, node: Node, kind: int, owner: Branch) -> None:
        self.group = group  # None: `contains`
        self.node = node
        self.kind = kind
        self.owner = owner
        self.members: list[Branch | None] = []
        self.depth: int = 0  # steps of the path of the value
        self.alive: int = 0
        self.narrowed: int = -1  # where an alternative was lost before
        self.triggered: bool = False
        self.count: int = 0  # items that `contains` has found


MUST: Final = Branch(True)


class Program:
    """A whole schema, compiled."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.groups: list[Group] = []
        self.root: Node | None = None
