"""Builds the message of a violation: the expected value, the actual one, and the closest match."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import SequenceMatcher
from typing import Final

from streamparse.errors import SchemaViolation
from streamparse.schema.escapes import original
from streamparse.schema.nodes import Failure, Node

_MAX_LISTED: Final = 6  # the number of allowed values that a message lists
_MAX_WIDTH: Final = 60  # the number of characters of a value that a message shows
_MAX_COMPARED: Final = 500  # the number of allowed values that are compared with the actual value
_MAX_MEASURED: Final = 10  # the number of those whose likeness is computed exactly, which is slow


class Kind:
    """Stands for a value of which only the kind is known."""

    def __init__(self, name: str) -> None:
        self.name = name


def violation(failure: Failure) -> SchemaViolation:
    """Return the error for a failure."""
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


def _display(value: object) -> str:
    if isinstance(value, Kind):
        return value.name
    text = repr(value[:_MAX_WIDTH]) if isinstance(value, str) else repr(_cropped(value))
    return text if len(text) <= _MAX_WIDTH else f"{text[:_MAX_WIDTH]}…"


def _cropped(value: object) -> object:
    """Replace a container by a stand-in, because it may be large or deep."""
    if isinstance(value, dict):
        return {"…": len(value)} if value else {}
    if isinstance(value, list):
        return ["…", len(value)] if value else []
    return value


def _listed(words: Iterable[str]) -> str:
    every = list(words)
    if len(every) > _MAX_LISTED:
        return f"{', '.join(every[:_MAX_LISTED])} or {len(every) - _MAX_LISTED} others"
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
    return f"expected {expected}, not {_display(failure.got)}"


def _enum(failure: Failure) -> str:
    part = _part_message(failure)
    if part:
        return part
    values = failure.node.schema["enum"]
    allowed = _listed(_display(value) for value in values)
    one_of = "one of " if len(values) > 1 else ""
    came = "what came" if failure.got is None else _display(failure.got)
    return f"expected {one_of}{allowed or 'nothing'}, not {came}"


def _const(failure: Failure) -> str:
    part = _part_message(failure)
    return part or f"expected {_display(failure.node.schema['const'])}, not {_display(failure.got)}"


def _part_message(failure: Failure) -> str:
    """Return the message for a part of an allowed container (see `literals`), or `""`."""
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
    return f"no key may be or begin with {_display(failure.got)} here{allowed}"


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
    def message(failure: Failure) -> str:
        bound = failure.node.schema[failure.keyword]
        return f"expected {words} {bound}{noun}, not {_display(failure.got)}"

    return message


def _pattern(failure: Failure) -> str:
    pattern = original(failure.node.schema["pattern"])
    return f"{_display(failure.got)} does not fit the pattern {_display(pattern)}"


def _no_room(failure: Failure) -> str:
    return f"no item is allowed at index {failure.got}"


def _contains(failure: Failure) -> str:
    return f"{failure.got or 'no'} items match `contains`"


def _by_its_name(failure: Failure) -> str:
    keyword = failure.keyword
    schema = failure.node.schema
    value = schema.get(keyword) if isinstance(schema, dict) else None
    asked = f" {value!r}" if isinstance(value, (str, int, float)) else ""
    return f"{_display(failure.got)} violates {keyword}{asked}"


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


# The closest allowed value or key.


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
    """Return the word that a text or its beginning was probably meant to be, or `None`.

    >>> closest("fahrn", ["celsius", "fahrenheit"])
    'fahrenheit'
    """
    begun = [word for word in words[:_MAX_COMPARED] if text[:-1] and word.startswith(text[:-1])]
    if len(begun) == 1:
        return begun[0]
    short = text[:_MAX_WIDTH].lower()
    ranked = [
        (-most_likeness(short, word[:_MAX_WIDTH].lower()), number, word)
        for number, word in enumerate(begun or words[:_MAX_COMPARED])
    ]
    ranked.sort()
    best: tuple[float, int, str] = (0.6, -_MAX_COMPARED, "")
    for bound, number, word in ranked[:_MAX_MEASURED]:
        if -bound < best[0]:
            break
        best = max(best, (likeness(short, word[:_MAX_WIDTH].lower()), -number, word))
    return best[2] if best[1] > -_MAX_COMPARED else None


def likeness(short: str, long: str) -> float:
    """Return how similar two texts, or the first and the beginning of the second, are: 0 to 1."""
    parts = (long, long[: len(short)])
    return max(SequenceMatcher(None, short, part).ratio() for part in parts)


def most_likeness(short: str, long: str) -> float:
    """Return an upper bound of `likeness` from the letters in common, which is fast to compute."""
    size = len(short)
    if not size:
        return 1.0
    left: dict[str, int] = {}
    for char in short:
        left[char] = left.get(char, 0) + 1
    shared, begins = 0, 0
    for index, char in enumerate(long):
        if left.get(char, 0) > 0:
            left[char] -= 1
            shared += 1
        if index < size:
            begins = shared
    whole, beginning = size + len(long), size + min(size, len(long))
    return max(2.0 * shared / whole, 2.0 * begins / beginning)


__all__ = ["Kind", "closest", "likeness", "most_likeness", "violation"]
