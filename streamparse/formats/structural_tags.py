"""Converts structural tags of xgrammar to formats.

A structural tag defines which text a model may write: for each tool, the text before and after its
arguments (xgrammar 0.2, `docs/tutorials/structural_tag.md`). The text that the tags of two tools
share is the frame of a call.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from streamparse.formats.catalog import keyed, tagged
from streamparse.formats.response_templates import refused
from streamparse.formats.table import (
    Call,
    Format,
    Header,
    JsonArguments,
    JsonCall,
    Parameters,
    Reasoning,
    Section,
)

__all__ = ["from_structural_tag"]

#: The format that defines the parameters of a style, with its module.
_STYLES: Final[dict[str, tuple[Any, str]]] = {
    "qwen_xml": (tagged, "qwen3_coder"),
    "minimax_xml": (tagged, "minimax_m2"),
    "deepseek_xml": (tagged, "deepseek_v4"),
    "kimi_k3_xml": (tagged, "kimi_k3"),
    "glm_xml": (keyed, "glm47"),
}
_OBJECT: Final = re.compile(r"\{\s*\"(?P<key>\w+)\"\s*:\s*\"\Z")
_BETWEEN: Final = re.compile(r"\"\s*,\s*\"(?P<key>\w+)\"\s*:\s*")
_NAME: Final = r"[^\s<>{}()\"'`]{1,128}"
_START: Final = r"\s*[^\s<>{}()\"'`]{0,128}\s*"
_NAME_CHARACTERS: Final = r"[\w.\-]+"
_NESTED: Final = ("elements", "tags")
_DEPTH: Final = 32
#: Names of reasoning in the tags around it.
_THOUGHT: Final = re.compile(r"think|thought|analysis|reason", re.IGNORECASE)
_EMPTY_THOUGHT: Final = re.compile(r"\s*(?P<open><[^<>/]+>)?\s*(?P<close></[^<>]+>)\s*")


def from_structural_tag(tag: Mapping[str, Any]) -> Format:
    """Return the format of answers that a structural tag constrains.

    The tag must have the tags of at least two tools, whose names differ: the text that their
    `begin` and `end` share encloses every call. A tag around any text is reasoning if it comes
    first or is named as reasoning; otherwise it is content.

    Args:
        tag: `{"type": "structural_tag", "format": ...}`, as xgrammar takes it.

    Returns:
        A format for `FormatParser` and `MessageParser(format=...)`, which also take the tag itself.

    Raises:
        FormatError: There are fewer than two tools, or no format can express the common frame. The
            message names the cause.

    >>> def tool(name):
    ...     return {
    ...         "type": "tag",
    ...         "begin": '<call>{"name": "%s", "arguments": ' % name,
    ...         "content": {"type": "json_schema"},
    ...         "end": "}</call>",
    ...     }
    >>> tags = {"type": "triggered_tags", "triggers": ["<call>"], "tags": [tool("f"), tool("g")]}
    >>> format = from_structural_tag({"type": "structural_tag", "format": tags})
    >>> format.sections[0].open, format.calls[0].payload.argument_keys
    (('<call>',), ('arguments',))
    """
    if not isinstance(tag, Mapping) or tag.get("type") != "structural_tag":
        raise refused("structural_tag", 'must be an object of the type "structural_tag"')
    found = _Tags(tag.get("format"))
    if len(found.tools) < 2:
        raise refused("structural_tag.format", "must have the tags of at least two tools")
    before, space, after = _common([tool.begin for tool in found.tools])
    name = rf"\s*(?P<full>(?:{re.escape(space)})?(?P<name>{_NAME}))\s*"
    styles = sorted({tool.style for tool in found.tools})
    if len(styles) != 1:
        raise refused("structural_tag.format", f"the tools have several styles: {styles}")
    ends = sorted({end for tool in found.tools for end in tool.ends})
    call, section = _call(before, name, after, ends, styles[0])
    sections = [section] if section is not None else []
    sections += [Section(open=(one,), close=closes) for one, closes in found.around]
    return Format(
        name="structural_tag",
        calls=(call,),
        sections=tuple(sections),
        separators=tuple(found.separators),
        reasoning=found.reasoning,
        drop=tuple(dict.fromkeys((*found.content, *found.separators))),
        quotation="```" not in before,
    )


@dataclass(frozen=True)
class _Tool:
    """The tag of one tool."""

    begin: str
    ends: tuple[str, ...]
    style: str


class _Tags:
    """The parts of a structural tag that matter to a reader."""

    def __init__(self, root: Any) -> None:
        self.tools: list[_Tool] = []
        self.around: list[tuple[str, tuple[str, ...]]] = []
        self.separators: list[str] = []
        self.content: list[str] = []  # literals around content
        self.reasoning: Reasoning | None = None
        self._read(root, 0, True)

    def _read(self, part: Any, depth: int, leads: bool) -> None:
        """Read a part of the tag; `leads` is whether no other text precedes it."""
        if not isinstance(part, Mapping) or depth > _DEPTH:
            return
        kind = part.get("type")
        separator = part.get("separator")
        if isinstance(separator, str) and separator.strip():
            self.separators.append(separator.strip())
        if kind == "tag":
            self._read_tag(part, depth, leads)
        elif kind == "const_string":
            self._read_constant(str(part.get("value") or ""))
        else:
            for number, inner in enumerate(_parts_of(part)):
                self._read(inner, depth + 1, kind == "sequence" and number == 0)

    def _read_tag(self, tag: Mapping[str, Any], depth: int, leads: bool) -> None:
        content = tag.get("content")
        kind = content.get("type") if isinstance(content, Mapping) else None
        begin, ends = str(tag.get("begin") or ""), _texts(tag.get("end"))
        words = tuple([word.strip() for word in ends if word.strip()])
        tool = _tool_of(begin, ends, content)
        if tool is not None:
            self.tools.append(tool)
        elif kind != "any_text":
            if begin.strip():
                self.around.append((begin.strip(), words))
            self._read(content, depth + 1, False)
        elif words and (leads or _THOUGHT.search(begin)) and self.reasoning is None:
            self._set_reasoning(begin.strip(), words)
        else:
            self.content += [word for word in (begin.strip(), *words) if word]

    def _read_constant(self, text: str) -> None:
        """Read constant text, which may be empty reasoning for a model that must not reason."""
        found = _EMPTY_THOUGHT.fullmatch(text)
        if found is not None and self.reasoning is None:
            self._set_reasoning(found["open"] or "", (found["close"],))

    def _set_reasoning(self, opener: str, closers: tuple[str, ...]) -> None:
        opens = (opener,) if opener else ()
        self.reasoning = Reasoning(open=opens, close=closers, calls="end", begun=not opener)


def _parts_of(part: Mapping[str, Any]) -> Iterator[Any]:
    for key in _NESTED:
        inner = part.get(key)
        yield from inner if isinstance(inner, list) else ()
    yield part.get("content")


def _tool_of(begin: str, ends: tuple[str, ...], content: Any) -> _Tool | None:
    """Return the tool, if the tag contains a schema of arguments, perhaps in a sequence."""
    parts = [content]
    if isinstance(content, Mapping) and content.get("type") == "sequence":
        parts = list(_parts_of(content))
    parts = [part for part in parts if isinstance(part, Mapping)]
    for part in parts:
        kind = part.get("type")
        if kind == "qwen_xml_parameter":  # the style in earlier versions
            return _Tool(begin, ends, "qwen_xml")
        if kind == "json_schema":
            return _Tool(begin, ends, str(part.get("style") or "json"))
        if kind != "const_string":
            has_schema = any(other.get("type") == "json_schema" for other in parts)
            if has_schema:
                raise refused(
                    "structural_tag.format",
                    f"has a {kind} before the arguments, which cannot be expressed",
                )
            return None
        begin += str(part.get("value") or "")
    return None


def _texts(given: Any) -> tuple[str, ...]:
    words = given if isinstance(given, list) else [given]
    return tuple([word for word in words if isinstance(word, str) and word])


def _common(begins: list[str]) -> tuple[str, str, str]:
    """Return the common beginning, the namespace that the names share, and the common end.

    Names may begin or end alike, so name characters are left to the names.
    """
    before = _prefix(begins)
    after = _prefix([begin[len(before) :][::-1] for begin in begins])[::-1]
    shared = _last(before)
    before = before[: len(before) - len(shared)]
    after = after[len(_first(after)) :]
    names = [begin[len(before) : len(begin) - len(after)] for begin in begins]
    if len(set(names)) < 2 or not all(re.fullmatch(_NAME_CHARACTERS, name) for name in names):
        raise refused(
            "structural_tag.format",
            f"the beginnings {begins[:2]} differ in more than the name of the tool",
        )
    if not before.strip():
        raise refused("structural_tag.format", "must have text before the name of the tool")
    return before, shared[: shared.rfind(".") + 1], after


def _prefix(texts: list[str]) -> str:
    first, last = min(texts), max(texts)
    place = 0
    while place < len(first) and first[place] == last[place]:
        place += 1
    return first[:place]


def _last(text: str) -> str:
    found = re.search(rf"{_NAME_CHARACTERS}\Z", text)
    return "" if found is None else found.group()


def _first(text: str) -> str:
    found = re.match(_NAME_CHARACTERS, text)
    return "" if found is None else found.group()


def _call(
    before: str, name: str, after: str, ends: list[str], style: str
) -> tuple[Call, Section | None]:
    """Return the call, and the section around it if there is one."""
    closers = tuple([end.strip() for end in ends if end.strip()])
    opened = _OBJECT.search(before)
    between = _BETWEEN.fullmatch(after)
    if style == "json" and opened is not None and between is not None:
        outer = before[: opened.start()].strip()
        payload = JsonCall(name_keys=(opened["key"],), argument_keys=(between["key"],))
        inner = tuple([close.removeprefix("}").strip() for close in closers])
        closes = tuple([close for close in inner if close])
        if not outer:  # bare JSON may also be an ordinary answer
            return Call(payload=payload, first="{", sure=False), Section(at_start="{", skip=";,")
        return Call(payload=payload, first="{"), Section(open=(outer,), close=closes, skip="[,]}")
    arguments = JsonArguments() if style == "json" else _parameters(style)
    opens = arguments.open if isinstance(arguments, Parameters) else ("{",)
    end = after.strip()
    header = Header(
        pattern=name,
        start=_START,
        end=(end,) if end else (),
        stop=() if end else (*opens, *closers),
    )
    first, _, second = before.strip().partition("\n")
    tags = [close.split("\n") for close in closers]
    if not second or any(len(words) != 2 for words in tags):
        return Call(open=(before.strip(),), header=header, payload=arguments, close=closers), None
    # The white space between two tags around a call may vary.
    own, closes = zip(*tags, strict=True)
    call = Call(open=(second.strip(),), header=header, payload=arguments, close=own, outside=False)
    return call, Section(open=(first.strip(),), close=closes)


def _parameters(style: str) -> Parameters:
    """Return the parameters of a style."""
    if style not in _STYLES:
        known = ", ".join(("json", *_STYLES))
        raise refused("structural_tag.format", f"the style {style!r} is not one of {known}")
    module, name = _STYLES[style]
    payload = next(format.calls[0].payload for format in module.FORMATS if format.name == name)
    assert isinstance(payload, Parameters)
    return payload
