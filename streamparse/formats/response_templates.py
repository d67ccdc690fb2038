"""Converts response templates of Hugging Face to formats.

The `response_template` in the `tokenizer_config.json` of a checkpoint defines how its answers are
read (transformers 5, `docs/source/en/chat_response_parsing.md`). It names the fields of a message,
what opens and closes each of them, and how its content is read. With the resulting `Format`,
arguments are emitted as they arrive, markers inside strings are text, and text before a call is
kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from streamparse.errors import FormatError
from streamparse.formats.patterns import Piece, alternatives, beginnings, source, trimmed
from streamparse.formats.table import (
    ENDS_OF_TURN,
    Call,
    Format,
    Header,
    JsonArguments,
    JsonCall,
    Literals,
    Parameters,
    Payload,
    Reasoning,
    Section,
    beginning,
)

__all__ = ["from_response_template"]

_KEYS: Final = frozenset(("version", "defaults", "fields", "start_anchor", "start_anchor_pattern"))
_FIELD_KEYS: Final = frozenset(
    (
        "open",
        "open_pattern",
        "close",
        "close_pattern",
        "content",
        "content_args",
        "repeats",
        "join",
        "optional",
        "transform",
        "transform_each",
    )
)
_CONTENTS: Final = frozenset(
    ("text", "int", "float", "bool", "json", "xml-inline", "kv-lines", "python-call-list")
)
_REASONING: Final = ("thinking", "reasoning_content", "reasoning")
_END: Final = "eos"  # as a closer: the end of the text
_BEGINNINGS: Final = ("^", r"\A", r"^\s*", r"\A\s*")
_WHOLE: Final = re.compile(r"\{(\w+(?:\.\w+)*)\}")
_NAMED: Final = re.compile(r"\(\?P<(\w+)>")
_TAG: Final = re.compile(r"<([A-Za-z][\w:.\-]*)")
_SIGNS: Final = re.compile(r"[<>\[\]{}|]")
_NAME_START: Final = r"[^\W\d]"
_TAGGED: Final = "[,]}"  # skipped between JSON calls in tags: parts of an array, or an excess brace


def refused(place: str, message: str) -> FormatError:
    """Return the error for something that is wrong, or that no format can express."""
    return FormatError(f"{place}: {message}", code="invalid_format")


@dataclass(frozen=True)
class _Field:
    """A checked field of the template."""

    name: str
    spec: Mapping[str, Any]
    opens: list[list[Piece]]  # empty: the field has the text outside all others
    closes: list[list[Piece]]  # empty: the field extends to the end

    @property
    def place(self) -> str:
        return f"fields.{self.name}"

    @property
    def content(self) -> str:
        return str(self.spec.get("content", "text"))

    def arguments(self) -> Mapping[str, Any]:
        given = self.spec.get("content_args", {})
        if not isinstance(given, Mapping):
            raise refused(f"{self.place}.content_args", "must be an object")
        return given

    def optional(self) -> tuple[str, ...]:
        """Return the optional text beside the markers, which is framing too."""
        pieces = [piece for marker in (*self.opens, *self.closes) for piece in marker]
        return tuple([word for piece in pieces for word in piece.optional if _SIGNS.search(word)])

    def words(self, side: str) -> tuple[str, ...]:
        """Return the openers or closers, which must be literal text."""
        found = []
        for pieces in self.opens if side == "open" else self.closes:
            inner = trimmed(pieces)
            if len(inner) != 1 or not inner[0].literal:
                raise refused(
                    f"{self.place}.{side}_pattern",
                    f"{source(pieces)!r} is not literal text, which a marker must be",
                )
            found.append(inner[0].literal)
        return tuple(found)


def from_response_template(template: Mapping[str, Any]) -> Format:
    """Return the format that a `response_template` of Hugging Face describes.

    Fields: `content`; `thinking`, `reasoning_content` or `reasoning`; and `tool_calls` with the
    content `json` (also with `string_delims` or `unquoted_keys`), `xml-inline` or
    `python-call-list`. Markers are literal text, or regular expressions that consist of literal
    text, white space, alternatives and, in an opener of `tool_calls`, named groups.

    A prompt given as `prompt_suffix` is read from the end of its last `start_anchor` on.

    Unlike the parser of transformers, the format keeps text before a call, and text that belongs to
    no field is content. It reads truncated calls as far as they go, and finds no markers inside
    strings. `defaults` and `optional` are not used.

    Args:
        template: The template, as in `tokenizer_config.json`.

    Returns:
        A format for `FormatParser` and `MessageParser(format=...)`, which also take the template
        itself.

    Raises:
        FormatError: The template breaks the rules for templates, or needs what no format can
            express. The message names the place in the template and the cause.

    >>> format = from_response_template({
    ...     "start_anchor": "<|assistant|>",
    ...     "fields": {
    ...         "thinking": {"open": "<think>", "close": "</think>"},
    ...         "content": {"close": "<|end|>"},
    ...     },
    ... })
    >>> format.reasoning
    Reasoning(open=('<think>',), close=('</think>',), calls='text', at_start=False, begun=False)
    """
    fields, anchor, anchors = _checked(template)
    return _format_of(fields, anchor, anchors)


def _format_of(fields: list[_Field], anchor: str, anchors: tuple[str, ...]) -> Format:
    calls: tuple[Call, ...] = ()
    sections: tuple[Section, ...] = ()
    separators: tuple[str, ...] = ()
    reasoning: Reasoning | None = None
    drop: tuple[str, ...] = anchors
    ends: tuple[str, ...] = ()
    for field in fields:
        drop += field.optional()
        if field.name == "tool_calls":
            calls, sections, separators = _ToolCalls(field).read()
            continue
        if field.name != "content" and field.name not in _REASONING:
            raise refused(field.place, "a message has no such field")
        _check_text(field)
        if field.name != "content":
            if reasoning is not None:
                raise refused(field.place, "a second field for the reasoning")
            reasoning = _reasoning(field)
        elif field.opens:
            drop += (*field.words("open"), *field.words("close"))
        else:
            ends = field.words("close")
    words = "".join(map(str, (calls, sections)))
    return Format(
        name="response_template",
        calls=calls,
        sections=sections,
        separators=separators,
        reasoning=reasoning,
        drop=drop,
        anchor=anchor,
        ends_of_turn=tuple(dict.fromkeys((*ends, *ENDS_OF_TURN))),
        quotation="```" not in words,
    )


def _reasoning(field: _Field) -> Reasoning:
    """Return the reasoning, which may begin with the answer or end where a call follows."""
    opens = [pieces for pieces in field.opens if source(pieces) not in _BEGINNINGS]
    closes = [pieces for pieces in field.closes if not _looks_ahead(pieces)]
    rest = replace(field, opens=opens, closes=closes)
    return Reasoning(
        open=rest.words("open"),
        close=rest.words("close"),
        begun=len(opens) < len(field.opens),
        calls="end" if len(closes) < len(field.closes) else "text",
    )


# Checks by the rules of transformers (`response_templates.py`), which come first.


def _checked(template: Any) -> tuple[list[_Field], str, tuple[str, ...]]:
    """Return the fields, the pattern of the start anchor, and its literals."""
    if not isinstance(template, Mapping):
        raise refused("response_template", f"must be an object, not {type(template).__name__}")
    _check_keys("response_template", template, _KEYS)
    if template.get("version", 1) != 1:
        raise refused("version", f"{template['version']!r} is not known, only 1 is")
    if not isinstance(template.get("defaults", {}), Mapping):
        raise refused("defaults", "must be an object")
    given = template.get("fields")
    if not isinstance(given, Mapping) or not given:
        raise refused("fields", "must be an object with at least one field")
    fields = [_field(str(name), spec) for name, spec in given.items()]
    implicit = [field.name for field in fields if not field.opens]
    if len(implicit) > 1:
        raise refused("fields", f"only one field may have no opener, not {', '.join(implicit)}")
    if implicit and implicit != ["content"]:
        raise refused(f"fields.{implicit[0]}", "only the content may have no opener")
    anchors = _marker("response_template", template, "start_anchor")
    if not anchors:
        raise refused("response_template", "start_anchor or start_anchor_pattern is missing")
    literals = [pieces[0].literal for pieces in anchors if len(pieces) == 1 and pieces[0].literal]
    marked = [text for text in literals if _SIGNS.search(text)]
    return fields, "|".join(map(source, anchors)), tuple(marked)


def _check_keys(place: str, given: Mapping[str, Any], known: frozenset[str]) -> None:
    unknown = sorted(str(key) for key in given if key not in known)
    if unknown:
        raise refused(place, f"unknown keys: {', '.join(unknown)}")


def _field(name: str, spec: Any) -> _Field:
    place = f"fields.{name}"
    if not isinstance(spec, Mapping):
        raise refused(place, "must be an object")
    _check_keys(place, spec, _FIELD_KEYS)
    content = spec.get("content", "text")
    if content not in _CONTENTS:
        raise refused(
            f"{place}.content", f"{content!r} is not one of {', '.join(sorted(_CONTENTS))}"
        )
    if not isinstance(spec.get("transform_each", False), bool):
        raise refused(f"{place}.transform_each", "must be true or false")
    if spec.get("transform_each") and spec.get("transform") is None:
        raise refused(f"{place}.transform_each", "needs a transform")
    if spec.get("join") is not None and not spec.get("repeats"):
        raise refused(f"{place}.join", "needs repeats")
    opens = _marker(place, spec, "open")
    closes = _marker(place, spec, "close")
    named = _names(opens) | _names(closes)
    if named and spec.get("transform") is None:
        raise refused(place, f"the groups {', '.join(sorted(named))} need a transform")
    if _names(closes):
        raise refused(f"{place}.close_pattern", "a closer with named groups cannot be expressed")
    if [source(pieces) for pieces in closes] == [_END]:
        closes = []
    return _Field(name, spec, opens, closes)


def _names(markers: list[list[Piece]]) -> set[str]:
    """Return the names of all groups."""
    return {name for pieces in markers for name in _NAMED.findall(source(pieces))}


def _looks_ahead(pieces: list[Piece]) -> bool:
    """Return whether a closer is a lookahead."""
    return source(pieces).startswith("(?=")


def _marker(place: str, spec: Mapping[str, Any], key: str) -> list[list[Piece]]:
    """Return the openers or closers: literals, or the alternatives of a regular expression."""
    pattern = spec.get(f"{key}_pattern")
    given = spec.get(key)
    if given is not None and pattern is not None:
        raise refused(place, f"has both {key} and {key}_pattern")
    if pattern is not None:
        return _alternatives(f"{place}.{key}_pattern", pattern)
    words = [given] if isinstance(given, str) else [] if given is None else given
    if not isinstance(words, list) or not all(isinstance(w, str) and w for w in words):
        raise refused(f"{place}.{key}", "must be a text or a list of texts, none of them empty")
    if given is not None and not words:
        raise refused(f"{place}.{key}", "must have at least one text")
    return [[Piece(re.escape(word), literal=word)] for word in words]


def _alternatives(place: str, pattern: Any, expand: bool = True) -> list[list[Piece]]:
    if not isinstance(pattern, str):
        raise refused(place, "must be a text")
    try:
        re.compile(pattern)
    except re.error as error:
        raise refused(place, f"is not a regular expression: {error}") from error
    return alternatives(pattern, expand)


def _check_text(field: _Field) -> None:
    """Raise unless the field is text, as content and reasoning must be."""
    if field.content != "text":
        raise refused(f"{field.place}.content", f"must be text, {field.content} is not")
    if field.spec.get("transform") is not None:
        raise refused(f"{field.place}.transform", "text cannot be transformed")


# Calls.


class _ToolCalls:
    """Converts the field of the calls to calls, sections and separators."""

    def __init__(self, field: _Field) -> None:
        self.field = field
        self.arguments = field.arguments()
        self.each = bool(field.spec.get("transform_each"))
        self.keys = self._keys(_names(field.opens))
        self.groups: dict[str, str] = {
            given: ours for ours, (kind, given) in self.keys.items() if kind == "group"
        }
        #: Whether the name is in the opener.
        self.is_named = "name" in self.groups.values()

    def read(self) -> tuple[tuple[Call, ...], tuple[Section, ...], tuple[str, ...]]:
        """Return the calls, their sections, and the separators between them."""
        content = self.field.content
        if content == "python-call-list":
            return self._python(), self._around("[,]"), ()
        if content not in ("json", "xml-inline"):
            raise refused(f"{self.field.place}.content", f"calls cannot be {content}")
        if not self.is_named:
            return (self._object(),), self._around(_TAGGED if self.field.closes else "[,]"), ()
        found = [self._named(trimmed(pieces)) for pieces in self.field.opens]
        sections = [section for _, section, _ in found if section is not None]
        separators = [word for _, _, words in found for word in words]
        return tuple(call for call, _, _ in found), tuple(sections), tuple(separators)

    # The transform, which defines where the name, the arguments and the id come from.

    def _keys(self, groups: set[str]) -> dict[str, tuple[str, str]]:
        """Return where `name`, `arguments` and `id` are: in a group, a key or the content."""
        transform = self.field.spec.get("transform")
        place = f"{self.field.place}.transform"
        if transform is None:
            return {"name": ("key", "name"), "arguments": ("key", "arguments")}
        if not isinstance(transform, Mapping):
            raise refused(place, "calls must become objects")
        function = transform.get("function", transform)
        found: dict[str, tuple[str, str]] = {}
        if isinstance(function, Mapping):
            for key in ("name", "arguments"):
                if key not in function:
                    raise refused(place, f"the {key} of the function is missing")
                found[key] = self._origin(place, function[key], groups)
        elif self._origin(place, function, groups) == ("content", ""):
            found = {"name": ("key", "name"), "arguments": ("key", "arguments")}
        else:
            raise refused(place, "the function must be the content or have a name and arguments")
        if "id" in transform:
            found["id"] = self._origin(place, transform["id"], groups)
        known = {
            "type",
            "function",
            "id",
            *(("name", "arguments") if function is transform else ()),
        }
        _check_keys(place, transform, frozenset(known))
        return found

    def _origin(self, place: str, text: Any, groups: set[str]) -> tuple[str, str]:
        """Return what a reference means: a named group, a key of the content, or all of it."""
        found = _WHOLE.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise refused(place, f"{text!r} is not a reference such as '{{content}}'")
        path = found[1]
        if path == "content":
            return "content", ""
        if path in groups and not self.each:
            return "group", path
        key = path if self.each else path.removeprefix("content.")
        if "." in key or (not self.each and key == path):
            raise refused(place, f"{text!r} is neither a group nor a key of the content")
        return "key", key

    # Calls whose names are in their content.

    def _around(self, skip: str) -> tuple[Section, ...]:
        opens, closes = self.field.words("open"), self.field.words("close")
        return (Section(open=opens, close=closes, skip=skip),)

    def _python(self) -> tuple[Call, ...]:
        if not self.each or self.keys["name"] != ("key", "name"):
            raise refused(f"{self.field.place}.transform", "must take the name of each call")
        return (python_call(),)

    def _object(self) -> Call:
        """Return a call that is one JSON object with the name in it."""
        place = self.field.place
        if self.field.content != "json":
            raise refused(place, "xml-inline needs the name in the opener")
        if any(self.arguments.get(key) for key in ("string_delims", "unquoted_keys")):
            raise refused(
                f"{place}.content_args",
                "string_delims and unquoted_keys need the name in the opener",
            )
        keys = {key: (given,) for key, (kind, given) in self.keys.items() if kind == "key"}
        if "name" not in keys or "arguments" not in keys:
            raise refused(f"{place}.transform", "the name and the arguments must be in the content")
        payload = JsonCall(
            name_keys=keys["name"], argument_keys=keys["arguments"], id_keys=keys.get("id", ("id",))
        )
        return Call(payload=payload, first="{")

    # Calls whose names are in their openers.

    def _named(self, opener: list[Piece]) -> tuple[Call, Section | None, tuple[str, ...]]:
        """Return the call, a section if its tags are nested, and closers that follow its own."""
        place = f"{self.field.place}.open_pattern"
        if self.keys["arguments"] != ("content", ""):
            raise refused(f"{self.field.place}.transform", "the arguments must be the content")
        if not opener or not opener[0].literal:
            raise refused(place, "must begin with literal text, which a marker is")
        real = [pieces for pieces in self.field.closes if not _looks_ahead(pieces)]
        closers = [_outer(trimmed(pieces)[::-1]) for pieces in real]
        own = [self._closer(pieces[::-1]) for _, pieces in closers]
        after = tuple([word for word, _ in closers if word])
        outer, inner = _outer(opener)
        tag = _TAG.match(inner[0].literal) if outer and not after else None
        if tag is not None:
            # The template leaves out the closer of the inner tag, which a parameter could precede.
            after, own = tuple(own), [f"</{tag[1]}>", *own]
        is_nested = bool(outer and after)
        if not is_nested:
            inner = opener
        payload = self._payload()
        call = Call(
            open=(inner[0].literal,),
            header=self._header(inner[1:], payload, own),
            payload=payload,
            close=tuple(own),
            outside=not is_nested,
        )
        if is_nested:
            return call, Section(open=(outer,), close=after), ()
        return call, None, after

    def _closer(self, pieces: list[Piece]) -> str:
        inner = trimmed(pieces)
        if len(inner) != 1 or not inner[0].literal:
            raise refused(
                f"{self.field.place}.close_pattern", f"{source(pieces)!r} is not literal text"
            )
        return inner[0].literal

    def _header(self, pieces: list[Piece], payload: Payload, closers: list[str]) -> Header:
        """Return the header for the rest of the opener: the name and the text around it."""
        ends: tuple[str, ...] = ()
        stops: tuple[str, ...] = ()
        if pieces and pieces[-1].literal:
            pieces, ends = pieces[:-1], (pieces[-1].literal,)
        else:
            pieces = [*pieces, *_SPACE]
        if not ends and isinstance(payload, Literals):
            ends = ("{",)
        elif not ends:
            opens = payload.open if isinstance(payload, Parameters) else ("{",)
            stops = (*opens, *closers)
        start = beginnings(pieces)
        return Header(
            pattern=self._renamed(source(pieces)),
            end=ends,
            stop=stops,
            start=beginning(*start) if start else "",
        )

    def _renamed(self, pattern: str) -> str:
        """Return the pattern with the group names of `Header`; other groups get no name."""

        def name(found: re.Match[str]) -> str:
            ours = self.groups.get(found[1])
            return "(?:" if ours is None else f"(?P<{ours}>"

        return _NAMED.sub(name, pattern)

    def _payload(self) -> Payload:
        if self.field.content == "xml-inline":
            if all(map(_looks_ahead, self.field.closes)):
                raise refused(self.field.place, "xml-inline needs a closer")
            return _parameters(f"{self.field.place}.content_args", self.arguments)
        delimiters = self.arguments.get("string_delims") or []
        if not delimiters and not self.arguments.get("unquoted_keys"):
            return JsonArguments()
        quotes = []
        for pair in delimiters:
            if not isinstance(pair, list) or len(pair) != 2 or pair[0] != pair[1]:
                place = f"{self.field.place}.content_args.string_delims"
                raise refused(place, "the two delimiters of a string must be the same")
            quotes.append(str(pair[0]))
        return Literals(close="}", assign=":", quotes=(*quotes, '"'), bare=True)


_SPACE: Final = tuple(alternatives(r"\s*")[0])


def python_call() -> Call:
    """Return the call `name(key=value)`, an item of a list of Python calls."""
    return Call(
        first=_NAME_START,
        header=Header(pattern=r"(?P<name>[^\W\d][\w.]*)\s*", end=("(",), start=r"[\w.]{0,128}\s*"),
        payload=Literals(),
    )


def _outer(pieces: list[Piece]) -> tuple[str, list[Piece]]:
    """Return the first of two literals with white space between them, and the rest."""
    if len(pieces) > 2 and pieces[0].literal and pieces[1].is_space and pieces[2].literal:
        return pieces[0].literal, pieces[2:]
    return "", pieces


def _parameters(place: str, arguments: Mapping[str, Any]) -> Parameters:
    """Return the parameters that a `tag_pattern` describes."""
    given = arguments.get("tag_pattern")
    variants = _alternatives(f"{place}.tag_pattern", given, expand=False)
    pieces = trimmed(variants[0])
    groups = [piece.group for piece in pieces]
    if len(variants) != 1 or groups.count("key") != 1 or groups.count("value") != 1:
        raise refused(f"{place}.tag_pattern", "must be one tag with the groups key and value")
    if arguments.get("merge_duplicates"):
        raise refused(f"{place}.merge_duplicates", "a repeated key cannot become a list")
    value = groups.index("value")
    head, tail = pieces[:value], trimmed(pieces[value + 1 :])
    is_trimmed = bool(head) and head[-1].is_space
    head = trimmed(head)
    is_framed = bool(head) and bool(head[0].literal) and bool(head[-1].literal)
    if not is_framed or groups.index("key") > value or len(tail) != 1 or not tail[0].literal:
        raise refused(
            f"{place}.tag_pattern", "the key and the value must stand between literal text"
        )
    inside = head[1:-1]
    values: tuple[str, ...] = ()
    end = head[-1].literal
    if len(inside) > 1 and inside[-1].is_space and inside[-2].literal:
        values, end, inside = (end,), inside[-2].literal, inside[:-2]
    pattern = "".join(_key_only(piece) for piece in inside)
    return Parameters(
        open=(head[0].literal,),
        header=Header(pattern=rf"\s*{pattern}\s*", end=(end,)),
        value=values,
        close=(tail[0].literal,),
        trim=is_trimmed,
        typing=_typing(f"{place}.value_parser", arguments.get("value_parser")),
    )


def _key_only(piece: Piece) -> str:
    """Return the source of a piece, without its group name unless it is the key."""
    named = piece.group and piece.group != "key"
    return piece.source.replace(f"(?P<{piece.group}>", "(?:", 1) if named else piece.source


def _typing(place: str, parser: Any) -> str:
    """Return how values get their types."""
    if parser is None:
        return "schema"
    name = parser.get("name", "text") if isinstance(parser, Mapping) else parser
    if name not in ("json", "text"):
        raise refused(place, f"{name!r} cannot be expressed, only json and text")
    inner = (parser.get("args") or {}) if isinstance(parser, Mapping) else {}
    dialects: Iterable[str] = ("string_delims", "unquoted_keys")
    if any(inner.get(key) for key in dialects):
        raise refused(place, "string_delims and unquoted_keys cannot be expressed in values")
    return "json_or_string" if name == "json" else "schema"
