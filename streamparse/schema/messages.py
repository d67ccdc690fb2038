"""What a violation says: what was expected, what came, and the nearest thing allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import SequenceMatcher
from typing import Final

from streamparse.errors import SchemaViolation
from streamparse.schema.escapes import said
from streamparse.schema.nodes import Failure, Node

_SHOWN: Final = 6  # allowed values that a message lists
_WIDTH: Final = 60  # characters of a value that a message shows
_COMPARED: Final = 500  # allowed values that are compared with what came
_MEASURED: Final = 10  # and those that are measured exactly, which takes long


class Kind:
    """What came, where only its kind is known."""

    def __init__(self, name: str) -> None:
        self.name = name


def violation(failure: Failure) -> SchemaViolation:
    """The error that a failure is raised as."""
    node, keyword = failure.node, failure.keyword
    message = _MESSAGES.get(keyword, _by_its_name)(failure)
    closest = _closest_of(failure)
    if closest is not None:
        message = f"{message}; did you mean {closest!r}?"
    path = node.path if keyword == "false" else (*node.path, keyword)
    return SchemaViolation(
        message,
        code=keyword,
        offset=failure.offset,
        path=failure.path,
        schema_path=path,
        closest=closest,
    )


def _shown(value: object) -> str:
    if isinstance(value, Kind):
        return value.name
    text = repr(value[:_WIDTH]) if isinstance(value, str) else repr(_cropped(value))
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"


def _cropped(value: object) -> object:
    """Never the whole of something large or deep."""
    if isinstance(value, dict):
        return {"…": len(value)} if value else {}
    if isinstance(value, list):
        return ["…", len(value)] if value else []
    return value


def _listed(words: Iterable[str]) -> str:
    every = list(words)
    if len(every) > _SHOWN:
        return f"{', '.join(every[:_SHOWN])} or {len(every) - _SHOWN} others"
    return " or ".join([", ".join(every[:-1]), every[-1]]) if len(every) > 1 else "".join(every)


_TYPES: Final = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "number": "a number",
    "integer": "an integer",
    "boolean": "true or false",
    "null": "null",
}


def _type(failure: Failure) -> str:
    types = failure.node.schema["type"]
    names = [types] if isinstance(types, str) else types
    expected = _listed(_TYPES.get(name, name) for name in names)
    return f"expected {expected}, not {_shown(failure.got)}"


def _enum(failure: Failure) -> str:
    part = _part(failure)
    if part:
        return part
    values = failure.node.schema["enum"]
    allowed = _listed(_shown(value) for value in values)
    one_of = "one of " if len(values) > 1 else ""
    came = "what came" if failure.got is None else _shown(failure.got)
    return f"expected {one_of}{allowed or 'nothing'}, not {came}"


def _const(failure: Failure) -> str:
    part = _part(failure)
    return part or f"expected {_shown(failure.node.schema['const'])}, not {_shown(failure.got)}"


def _part(failure: Failure) -> str:
    """What is wrong with a part of a container that is followed, if it is one; see `literals`."""
    objects, arrays, got = failure.node.objects, failure.node.arrays, failure.got
    if isinstance(got, str) and _keys(failure.node, failure.keyword) and objects is not None:
        return _required(failure) if got in objects.required else _unknown_key(failure)
    if isinstance(got, int) and arrays is not None and arrays.room_keyword == failure.keyword:
        few = f"expected {arrays.room} items, not {got}"
        return few if got < arrays.room else _no_room(failure)
    return ""


def _unknown_key(failure: Failure) -> str:
    keys = _keys(failure.node, failure.keyword)
    allowed = f": expected {_listed(map(repr, keys))}" if keys else ""
    return f"no key may be or begin with {_shown(failure.got)} here{allowed}"


def _required(failure: Failure) -> str:
    return f"the member {failure.got!r} is missing"


def _dependent(failure: Failure) -> str:
    if isinstance(failure.got, tuple):
        return f"the member {failure.got[1]!r} is missing beside {failure.got[0]!r}"
    return _by_its_name(failure)


def _none_fits(failure: Failure) -> str:
    count = len(failure.node.schema[failure.keyword])
    if failure.got == "several":
        return f"fits more than one of the {count} alternatives"
    return f"fits none of the {count} alternatives"


def _bound(words: str, noun: str = "") -> Callable[[Failure], str]:
    def told(failure: Failure) -> str:
        bound = failure.node.schema[failure.keyword]
        return f"expected {words} {bound}{noun}, not {_shown(failure.got)}"

    return told


def _pattern(failure: Failure) -> str:
    pattern = said(failure.node.schema["pattern"])
    return f"{_shown(failure.got)} does not fit the pattern {_shown(pattern)}"


def _no_room(failure: Failure) -> str:
    return f"no item is allowed at index {failure.got}"


def _contains(failure: Failure) -> str:
    return f"{failure.got or 'no'} items are as `contains` asks for"


def _by_its_name(failure: Failure) -> str:
    keyword = failure.keyword
    schema = failure.node.schema
    value = schema.get(keyword) if isinstance(schema, dict) else None
    asked = f" {value!r}" if isinstance(value, (str, int, float)) else ""
    return f"{_shown(failure.got)} is refused by {keyword}{asked}"


_MESSAGES: Final[dict[str, Callable[[Failure], str]]] = {
    "additionalItems": _no_room,
    "additionalProperties": _unknown_key,
    "anyOf": _none_fits,
    "const": _const,
    "contains": _contains,
    "dependencies": _dependent,
    "dependentRequired": _dependent,
    "enum": _enum,
    "exclusiveMaximum": _bound("less than"),
    "exclusiveMinimum": _bound("more than"),
    "false": lambda failure: "nothing is allowed here",
    "items": _no_room,
    "maxContains": _contains,
    "maxItems": _bound("at most", " items"),
    "maxLength": _bound("at most", " characters"),
    "maxProperties": _bound("at most", " members"),
    "maximum": _bound("at most"),
    "minContains": _contains,
    "minItems": _bound("at least", " items"),
    "minLength": _bound("at least", " characters"),
    "minProperties": _bound("at least", " members"),
    "minimum": _bound("at least"),
    "multipleOf": _bound("a multiple of"),
    "not": lambda failure: "is what `not` excludes",
    "oneOf": _none_fits,
    "pattern": _pattern,
    "required": _required,
    "type": _type,
    "unevaluatedItems": _no_room,
    "unevaluatedProperties": _unknown_key,
    "uniqueItems": lambda failure: "an item occurs twice",
}


# The nearest thing allowed.


def _closest_of(failure: Failure) -> str | None:
    if not isinstance(failure.got, str):
        return None
    if failure.keyword in ("enum", "const"):
        for values in failure.node.values:
            if values.keyword == failure.keyword and values.words is not None:
                return closest(failure.got, values.words.words)
    keys = _keys(failure.node, failure.keyword)
    return None if failure.got in keys else closest(failure.got, keys)


def _keys(node: Node, keyword: str) -> list[str]:
    for keys in node.objects.closed if node.objects is not None else ():
        if keys.keyword == keyword:
            return keys.words.words
    return []


def closest(text: str, words: list[str]) -> str | None:
    """The word that was probably meant by a text, or by its beginning; `None` if none is near.

    >>> closest("fahrn", ["celsius", "fahrenheit"])
    'fahrenheit'
    """
    begun = [word for word in words[:_COMPARED] if text[:-1] and word.startswith(text[:-1])]
    if len(begun) == 1:
        return begun[0]
    short = text[:_WIDTH].lower()
    ranked = [
        (-_most_likeness(short, word[:_WIDTH].lower()), number, word)
        for number, word in enumerate(begun or words[:_COMPARED])
    ]
    ranked.sort()
    best: tuple[float, int, str] = (0.6, -_COMPARED, "")
    for bound, number, word in ranked[:_MEASURED]:
        if -bound < best[0]:
            break
        best = max(best, (_likeness(short, word[:_WIDTH].lower()), -number, word))
    return best[2] if best[1] > -_COMPARED else None


def _likeness(short: str, long: str) -> float:
    parts = (long, long[: len(short)])
    return max(SequenceMatcher(None, short, part).ratio() for part in parts)


def _most_likeness(short: str, long: str) -> float:
    """What `_likeness` cannot exceed, by the letters that both have: so much is soon known."""
    size = len(short)
    if not size:
        return 1.0
    left: dict[str, int] = {}
    for char in short:
        left[char] = left.get(char, 0) + 1
    shared, begins = 0, 0
    for place, char in enumerate(long):
        if left.get(char, 0) > 0:
            left[char] -= 1
            shared += 1
        if place < size:
            begins = shared
    whole, beginning = size + len(long), size + min(size, len(long))
    return max(2.0 * shared / whole, 2.0 * begins / beginning)


__all__ = ["Kind", "closest", "violation"]
