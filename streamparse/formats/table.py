"""The table language: it describes a raw-text tool-call format as data.

A `Format` names the literal text that opens and closes each part of an answer, and the kind of
payload that the arguments of a call are. One machine (`framing`) reads all formats. A new format is
a new entry in a file of `catalog/`; `docs/formats.md` explains the words of this file by examples.

A `tuple` of strings is a set of literals: markers, compared as plain text. The fields that are
regular expressions are marked as such.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from os import PathLike
from typing import Any, Final, TypeAlias

__all__ = [
    "Call",
    "Channels",
    "Elements",
    "Format",
    "FormatLike",
    "FreeText",
    "Header",
    "JsonArguments",
    "JsonCall",
    "Literals",
    "Parameters",
    "Reasoning",
    "Section",
    "beginning",
]

# The spellings of the end of a turn. They may also be text, so they count only at the very end.
ENDS_OF_TURN: Final = (
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end_of_text|>",
    "<|endoftext|>",
    "<|end|>",
    "<|eot|>",
    "</s>",
    "<eos>",
    "<end_of_turn>",
    "<turn|>",
    "<｜end▁of▁sentence｜>",
    "<|END_OF_TURN_TOKEN|>",
    "<|message_sep|>",
    "<|return|>",
    "<|call|>",
    "<|user|>",
    "<|observation|>",
    "[e~[",
    "<seed:eos>",
    "<|plamo:tag|>",
    "<|assistant_end|>",
)


@dataclass(frozen=True, kw_only=True)
class Reasoning:
    """Where reasoning begins and ends.

    Attributes:
        open: The markers that open it.
        close: The markers that close it.
        calls: The meaning of a call inside it: `"text"` (a quotation, so it is text), `"end"` (a
            call, which also ends the reasoning; a later closer is dropped) or `"inside"` (a call,
            after which the reasoning continues).
        at_start: An opener counts only at the start of the answer. For openers that are prose.
        begun: The answer begins inside the reasoning, unless the prompt ends it.
    """

    open: tuple[str, ...] = ("<think>",)
    close: tuple[str, ...] = ("</think>",)
    calls: str = "text"
    at_start: bool = False
    begun: bool = False


@dataclass(frozen=True, kw_only=True)
class Section:
    """A frame around calls: `<tool_calls>…</tool_calls>`, a JSON array, a fence.

    Attributes:
        open: The markers that open it.
        close: The markers that close it. Without one, the section ends with its `]`, or where no
            further call begins.
        at_start: Characters that open it without a marker at the start of the answer.
        behind_reasoning: `at_start` applies only directly after the reasoning.
        at_line: A call at the beginning of a line opens it without a marker. Every further call
            needs a line of its own. With `tools`, a call of an unknown name is text.
        skip: Characters to ignore between calls, such as the commas of an array.
    """

    open: tuple[str, ...] = ()
    close: tuple[str, ...] = ()
    at_start: str = ""
    behind_reasoning: bool = False
    at_line: bool = False
    skip: str = ""


@dataclass(frozen=True, kw_only=True)
class Header:
    """The text before the arguments of a call, which contains its name, or before a value.

    Attributes:
        pattern: A regular expression that matches the whole header. Groups of a call: `name`, `id`,
            and `full`, the name with its namespace, which is used if a tool has that name. Groups
            of a parameter: `key`, `type`, `string`.
        end: Literals that end the header.
        stop: Literals that end the header and belong to the text after it.
        empty: Literals that end both the header and the call, which then has no arguments.
        forbidden: Characters that no header contains.
        start: A regular expression that matches every beginning of a header. The text is not a
            header as soon as it does not match. See `beginning`.
    """

    pattern: str
    end: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    forbidden: str = ""
    start: str = ""


@dataclass(frozen=True, kw_only=True)
class JsonCall:
    """Payload: one JSON object that contains the name and the arguments.

    Attributes:
        name_keys: The keys that may hold the name.
        argument_keys: The keys that may hold the arguments.
        id_keys: The keys that may hold the id of the call.
        single_key: The object has one key, the name; its value is the arguments.
        python: The object is a Python dictionary: `{'name': 'f', 'arguments': {}}`.
    """

    name_keys: tuple[str, ...] = ("name",)
    argument_keys: tuple[str, ...] = ("arguments", "parameters")
    id_keys: tuple[str, ...] = ("id",)
    single_key: bool = False
    python: bool = False


@dataclass(frozen=True, kw_only=True)
class JsonArguments:
    """Payload: the arguments as one JSON value, after a header with the name.

    Attributes:
        free_text: A text that does not begin with `{` is the input of a custom tool.
    """

    free_text: bool = False


@dataclass(frozen=True, kw_only=True)
class FreeText:
    """Payload: the text up to the closer of the call, as the value of one key.

    White space around the text is not part of it. A JSON object is taken as the arguments
    themselves.

    Attributes:
        key: The key of the text in the arguments.
    """

    key: str


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Payload: one parameter after the other, as in XML, without escapes in values.

    Attributes:
        open: The markers that open a parameter.
        header: The text up to the value; it contains the key.
        close: The markers that close a value.
        value: The markers that open a value, if the key has a closer of its own. A missing one is
            tolerated.
        trim: One line end on each side of a value is not part of it.
        typing: Where the types of values come from. `"schema"`: the JSON Schema of the tool;
            without it a value is a string. `"json_or_string"`: a string if the schema says so,
            otherwise JSON if it is JSON. `"wire"`: the group `string` of the header is "true" for
            text, otherwise the value is JSON. `"type"`: the group `type` is a JSON type.
            `"nested"`: the group `type` is `json`, or `dict` or `list` for a value that consists of
            parameters (without keys in a list); a group `string` of "false" also means JSON; any
            other value is text.
        cdata: A value may be `<![CDATA[…]]>`.
        entities: Names and keys contain entities such as `&amp;`.
    """

    open: tuple[str, ...]
    header: Header
    close: tuple[str, ...]
    value: tuple[str, ...] = ()
    trim: bool = False
    typing: str = "schema"
    cdata: bool = False
    entities: bool = False


@dataclass(frozen=True, kw_only=True)
class Elements:
    """Payload: parameters as nested elements: `NS<key>text NS</key>`.

    Attributes:
        namespace: The text `NS` before every tag.
    """

    namespace: str


@dataclass(frozen=True, kw_only=True)
class Literals:
    """Payload: the arguments as literals of a programming language.

    Attributes:
        close: The bracket that ends the arguments.
        assign: The characters that may separate a name and its value.
        quotes: The delimiters of strings. Inside a quote of one character, backslashes are as in
            Python, and the quote ends the string only where a string may end. Between longer
            delimiters the text is verbatim.
        bare: Unquoted words are strings, and the keys of objects are unquoted.
    """

    close: str = ")"
    assign: str = "="
    quotes: tuple[str, ...] = ("'", '"')
    bare: bool = False


Payload: TypeAlias = JsonCall | JsonArguments | FreeText | Parameters | Elements | Literals


@dataclass(frozen=True, kw_only=True)
class Call:
    """One way to write a call.

    Attributes:
        payload: How the arguments are written.
        open: The markers that open the call.
        first: For a call without a marker: a regular expression. Inside a section, the call begins
            where it matches the next character.
        header: The text between the opener and the payload.
        close: The markers that close the call.
        sure: False if the call counts only after both its name and its arguments were seen, because
            its text may also be an answer. For bare JSON.
        outside: The call may also be outside a section.
    """

    payload: Payload
    open: tuple[str, ...] = ()
    first: str = ""
    header: Header | None = None
    close: tuple[str, ...] = ()
    sure: bool = True
    outside: bool = True


@dataclass(frozen=True, kw_only=True)
class Channels:
    """Messages with a header that names their destination.

    A header also ends, without a body of its own, at a literal of `close` or `open`; the part of it
    that `known` does not match is then the body.

    Attributes:
        open: The markers that begin a message.
        header: The text up to the body.
        close: The markers that end a message.
        recipient: A regular expression; its first group is the recipient. A recipient that is
            neither in `reasoning` nor in `content` is a tool.
        channel: A regular expression; its first group is the channel, which replaces the recipient
            as the destination of a body that goes to no tool.
        known: A regular expression. The rest of a header that it does not match is passed on as not
            understood.
        reasoning: The destinations that are reasoning.
        content: The destinations that are content.
        prefix: The prefix of the name of a tool, which is removed.
        payload: How the arguments are written in a message to a tool. None: the body is text that
            contains calls.
        inside: Literals of `open` that may occur inside a header.
    """

    open: tuple[str, ...]
    header: Header
    close: tuple[str, ...]
    recipient: str
    channel: str = ""
    known: str = ".*"
    reasoning: tuple[str, ...] = ()
    content: tuple[str, ...] = ()
    prefix: str = ""
    payload: Payload | None = None
    inside: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Format:
    """One raw-text tool-call format.

    Attributes:
        name: The name, for `formats.get`.
        calls: The ways to write a call.
        sections: The frames around calls.
        separators: Literals to ignore between calls.
        reasoning: Where reasoning begins and ends.
        drop: Literals that frame content and are not part of it.
        channels: Messages with headers, if the format has them.
        ends_of_turn: Literals that end the turn; they count only at the end of the text.
        nested_names: A name `a.b` may also mean the tool `b` or `a`.
        drift: A regular expression. Its group `name` is tried when no tool has the name as written.
        anchor: A regular expression. Only the text after its last match in a prompt is read.
        quotation: False if calls also count inside Markdown code, for formats with fences.
        models: The models that write it, for people.
        source: Where the rules come from, for people.
        example: An answer in the format.
    """

    name: str
    calls: tuple[Call, ...]
    sections: tuple[Section, ...] = ()
    separators: tuple[str, ...] = ()
    reasoning: Reasoning | None = Reasoning()
    drop: tuple[str, ...] = ()
    channels: Channels | None = None
    ends_of_turn: tuple[str, ...] = ENDS_OF_TURN
    nested_names: bool = False
    drift: str = ""
    anchor: str = ""
    quotation: bool = True
    models: str = ""
    source: str = ""
    example: str = ""

    def literals(self) -> set[str]:
        """Return all literals except `ends_of_turn`."""
        return set(_strings(self))

    def with_suffix(self, suffix: str) -> Format:
        """Add a suffix to every tag of the format.

        Args:
            suffix: The suffix; `<tag>` becomes `<tag:suffix>`.

        Returns:
            A new format.
        """
        if not suffix:
            return self
        marked = _map(self, lambda text: _TAG.sub(rf"\1{suffix}>", text))
        assert isinstance(marked, Format)
        return replace(marked, name=self.name, example=self.example, models=self.models)


def _strings(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, tuple):
        for entry in part:
            yield from _strings(entry)
    elif is_dataclass(part):
        for field in fields(part):
            if field.name not in _PROSE:
                yield from _strings(getattr(part, field.name))


#: A format or a description of one; see `registry.format_of`.
FormatLike: TypeAlias = str | Format | Mapping[str, Any] | PathLike[str]


def beginning(*parts: str) -> str:
    """Return a regular expression that matches every beginning of a header, for `Header.start`.

    Args:
        parts: Regular expressions and literals in turn; the first and the last are expressions.
            Each expression must match every beginning of its part, the empty one included.

    >>> pattern = re.compile(beginning("[a-z]*", "::", "[0-9]*"))
    >>> [pattern.match(text).end() for text in ("ab", "ab:", "ab::1", "ab:c", "::x")]
    [2, 3, 5, 3, 2]
    """
    found = parts[-1]
    for place in range(len(parts) - 2, 0, -2):
        literal = parts[place]
        started = ""
        for char in reversed(literal[:-1]):
            started = f"(?:{re.escape(char)}{started})?"
        found = f"{parts[place - 1]}(?:{re.escape(literal)}{found}|{started})"
    return found


_TAG: Final = re.compile(r"(?<!\?P)(</?\w+)>")
_PROSE: Final = (
    "name",
    "models",
    "source",
    "example",
    "ends_of_turn",
    "pattern",
    "start",
    "drift",
    "anchor",
)


def _map(part: Any, change: Callable[[str], str]) -> Any:
    """Return a copy of a part of a format with all its literals changed."""
    if isinstance(part, str):
        return change(part)
    if isinstance(part, tuple):
        return tuple(_map(entry, change) for entry in part)
    if is_dataclass(part) and not isinstance(part, type):
        kept = {field.name: getattr(part, field.name) for field in fields(part)}
        changed = {
            name: value if name in _PROSE else _map(value, change) for name, value in kept.items()
        }
        if isinstance(part, Header):
            changed["pattern"] = change(part.pattern)
        return replace(part, **changed)
    return part
