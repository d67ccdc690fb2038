"""The table language: what a raw-text tool-call format looks like, as data.

A format is one `Format`. Its parts say which literal text opens and closes what, and which kind of
payload the arguments of a call are; one machine (`framing`) reads them all. Adding a format is
adding an entry: see `docs/formats.md`, which has the words of this file with examples.

All literals are plain text; only `Header.pattern` is a regular expression.
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

# How the end of a turn is spelled. Text only, so they count only where nothing follows them.
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

    - `calls`: what a call inside it is: `"text"` (quoted, not a call), `"end"` (a call, and the
      reasoning ends there; a late closer is dropped), `"inside"` (a call; reasoning goes on).
    - `at_start`: the opener counts only where the answer begins, as for openers that are prose.
    - `begun`: the answer begins inside the reasoning, unless the prompt ends it.
    """

    open: tuple[str, ...] = ("<think>",)
    close: tuple[str, ...] = ("</think>",)
    calls: str = "text"
    at_start: bool = False
    begun: bool = False


@dataclass(frozen=True, kw_only=True)
class Section:
    """What may stand around calls: `<tool_calls>…</tool_calls>`, a JSON array, a fence.

    - `close` empty: the section ends with its `]`, or where no further call begins.
    - `at_start`: characters that open it without a marker where the answer begins;
      `behind_reasoning`: only where reasoning has just ended.
    - `at_line`: it begins without a marker wherever a call begins a line; each further call has a
      line of its own, and with `tools` a call of an unknown name is text.
    - `skip`: characters between its calls that mean nothing, as the commas of an array.
    """

    open: tuple[str, ...] = ()
    close: tuple[str, ...] = ()
    at_start: str = ""
    behind_reasoning: bool = False
    at_line: bool = False
    skip: str = ""


@dataclass(frozen=True, kw_only=True)
class Header:
    """Text before the arguments, with the name in it.

    - `end`: literals that end it; `stop`: literals that end it and belong to what follows;
      `empty`: literals that end both it and the call, which has no arguments.
    - `pattern`: must match all of it; its groups are `name`, `id`, `full` (the name
      with its namespace, which counts where a tool has it), for parameters `key`, `type`,
      `string`.
    - `forbidden`: characters that show at once that this is no header.
    - `start`: matches every beginning of a header; what it does not shows that this is none.
    """

    pattern: str
    end: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    forbidden: str = ""
    start: str = ""


@dataclass(frozen=True, kw_only=True)
class JsonCall:
    """One JSON object with the name and the arguments in it.

    - `single_key`: the only key is the name, its value the arguments.
    - `python`: the object is written as a Python dictionary: `{'name': 'f', 'arguments': {}}`.
    """

    name_keys: tuple[str, ...] = ("name",)
    argument_keys: tuple[str, ...] = ("arguments", "parameters")
    id_keys: tuple[str, ...] = ("id",)
    single_key: bool = False
    python: bool = False


@dataclass(frozen=True, kw_only=True)
class JsonArguments:
    """The arguments as one JSON value, the name having come before.

    `free_text`: what does not begin with `{` is the free text of a custom tool.
    """

    free_text: bool = False


@dataclass(frozen=True, kw_only=True)
class FreeText:
    """The arguments as text up to the closer of the call: the value of one key.

    White space around the text does not belong to it. A JSON object is the arguments themselves.
    """

    key: str


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Parameters one after the other, as XML writes them; there is no escape in values.

    - `open` begins a parameter, `header` has its key, `close` ends its value. `value` begins the
      value, where the key has an end of its own; the literal is left out at times.
    - `trim`: one line end on each side of a value is not part of it.
    - `typing`: `"schema"` (by the tool's JSON Schema; a string where nothing is known),
      `"wire"` (the header's `string` group is "true" for text, else JSON), `"type"` (the header's
      `type` group is a JSON type), `"json_or_string"` (a string by the schema, else JSON),
      `"nested"` (the header's `type` group is `json`, or `dict` or `list` for a value that consists
      of parameters, which need no key in a list; a `string` group of "false" also means JSON; any
      other value is text).
    - `cdata`: a value may be `<![CDATA[…]]>`. `entities`: `&amp;` and such in headers.
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
    """Parameters as nested elements: `NS<key>text NS</key>`, with `NS` before every tag."""

    namespace: str


@dataclass(frozen=True, kw_only=True)
class Literals:
    """Arguments as literals of a programming language.

    - `close`: the bracket that ends them; `assign`: what stands between name and value.
    - `quotes`: what strings are in. With a quote of one character backslashes are as in Python, and
      the quote ends the string only where a string may end; between longer ones all is verbatim.
    - `bare`: unquoted words are strings, as are the keys of objects.
    """

    close: str = ")"
    assign: str = "="
    quotes: tuple[str, ...] = ("'", '"')
    bare: bool = False


Payload: TypeAlias = JsonCall | JsonArguments | FreeText | Parameters | Elements | Literals


@dataclass(frozen=True, kw_only=True)
class Call:
    """One way to write a call.

    - `open` empty: inside a section, a call begins where the regular expression `first` matches
      the next character.
    - `outside`: it may also stand outside a section.
    - `sure` false: it is a call only once both its name and its arguments were seen, as for bare
      JSON, which may be an answer as well.
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
    """Messages with a header that says where they go.

    `recipient` and `channel` are regular expressions whose first group is searched in a header. A
    recipient that is neither in `reasoning` nor in `content` is a tool: the body is the payload of
    a call of it (without its `prefix`), or, with `payload` None, text in which calls count.
    What `known` does not match as a whole is passed on: something in it is not understood. A
    header ends, without a body of its own, where a literal of `close` or `open` comes, except for
    those of `inside`; what of it `known` does not match is then the body.
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

    - `calls`, `sections`, `channels`, `reasoning`: see there. `separators`: literals between
      calls that mean nothing. `drop`: literals that frame content and are no part of it.
    - `ends_of_turn` count only at the end of the text.
    - `nested_names`: `a.b` stands for the tool that is known, `b` or `a`. `drift`: a regular
      expression whose `name` is tried where the name is that of no tool.
    - `anchor`: a regular expression; of a prompt, only what is behind its last match is read.
    - `quotation` false: calls count inside Markdown code too, as where a fence is a part of them.
    - `models`, `source`, `example`: for people; `source` is where the rules come from.
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
        """All literals but `ends_of_turn`."""
        return set(_strings(self))

    def with_suffix(self, suffix: str) -> Format:
        """The same with `suffix` inside every tag, as some checkpoints write: `<tag:suffix>`."""
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


#: A format, or what describes one: see `registry.format_of`.
FormatLike: TypeAlias = str | Format | Mapping[str, Any] | PathLike[str]


def beginning(*parts: str) -> str:
    """What matches every beginning of a header, for `Header.start`.

    `parts` are in turn what a regular expression matches and a literal that follows it.

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
    """A copy of a part of a format with all its literals changed; the nesting is that of types."""
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
