"""Structural tags of xgrammar, made into formats.

A structural tag tells a server which text a model may write: for each tool, what stands before and
after its arguments (xgrammar 0.2, `docs/tutorials/structural_tag.md`). What the tags of two tools
have in common is the frame of a call.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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

#: The parameters of a style are those of this format.
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


def from_structural_tag(tag: Mapping[str, Any]) -> Format:
    """Return the format in which a model answers that a structural tag constrains.

    The tag must have the tags of at least two tools, whose names differ: what their `begin` and
    `end` have in common stands around every call. A tag around any text is the reasoning.

    Args:
        tag: `{"type": "structural_tag", "format": ...}`, as xgrammar takes it.

    Returns:
        A format for `FormatParser` and `MessageParser(format=...)`, which also take the tag itself.

    Raises:
        FormatError: There are fewer than two tools, or the common frame is none that a format can
            express. The message says what it is.

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
    begins = [str(tool["begin"]) for tool in found.tools]
    ends = {end for tool in found.tools for end in _texts(tool.get("end"))}
    before, space, after = _common(begins)
    styles = {str(_content(tool).get("style", "json")) for tool in found.tools}
    if len(styles) != 1:
        raise refused("structural_tag.format", f"the tools have several styles: {sorted(styles)}")
    name = rf"\s*(?P<full>(?:{re.escape(space)})?(?P<name>{_NAME}))\s*"
    call, section = _call(before, name, after, sorted(ends), styles.pop())
    sections = [section] if section is not None else []
    sections += [Section(open=(one,), close=closes) for one, closes in found.around]
    return Format(
        name="structural_tag",
        calls=(call,),
        sections=tuple(sections),
        separators=tuple(found.separators),
        reasoning=found.reasoning,
        quotation="```" not in before,
    )


class _Tags:
    """What a structural tag has in it."""

    def __init__(self, root: Any) -> None:
        self.tools: list[Mapping[str, Any]] = []
        self.around: list[tuple[str, tuple[str, ...]]] = []
        self.separators: list[str] = []
        self.reasoning: Reasoning | None = None
        self._read(root, 0)

    def _read(self, part: Any, depth: int) -> None:
        if not isinstance(part, Mapping) or depth > _DEPTH:
            return
        separator = part.get("separator")
        if isinstance(separator, str) and separator.strip():
            self.separators.append(separator.strip())
        if part.get("type") == "tag":
            self._read_tag(part, depth)
            return
        for inner in _parts_of(part):
            self._read(inner, depth + 1)

    def _read_tag(self, tag: Mapping[str, Any], depth: int) -> None:
        kind = _content(tag).get("type")
        begin, ends = str(tag.get("begin") or ""), _texts(tag.get("end"))
        if kind in ("json_schema", "qwen_xml_parameter"):
            self.tools.append(tag)
        elif kind == "any_text" and ends and self.reasoning is None:
            begin = begin.strip()
            opens = (begin,) if begin else ()
            close = tuple([end.strip() for end in ends])
            self.reasoning = Reasoning(open=opens, close=close, calls="end", begun=not begin)
        elif kind != "any_text":
            if begin.strip():
                self.around.append((begin.strip(), tuple([end.strip() for end in ends])))
            self._read(_content(tag), depth + 1)


def _parts_of(part: Mapping[str, Any]) -> Iterator[Any]:
    for key in _NESTED:
        inner = part.get(key)
        yield from inner if isinstance(inner, list) else ()
    yield part.get("content")


def _content(tag: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a tag has in it; in a sequence, the schema of the arguments."""
    content = tag.get("content")
    if isinstance(content, Mapping) and content.get("type") == "qwen_xml_parameter":
        return {**content, "style": "qwen_xml"}  # its name in earlier versions
    return content if isinstance(content, Mapping) else {}


def _texts(given: Any) -> tuple[str, ...]:
    words = given if isinstance(given, list) else [given]
    return tuple([word for word in words if isinstance(word, str) and word])


def _common(begins: list[str]) -> tuple[str, str, str]:
    """What all of them begin with, a namespace that the names share, and what all end with.

    Names may begin or end alike.
    """
    before = _prefix(begins)
    after = _prefix([begin[len(before) :][::-1] for begin in begins])[::-1]
    shared = _last(before)
    before = before[: len(before) - len(shared)]
    after = after[len(_first(after)) :]
    names = [begin[len(before) : len(begin) - len(after)] for begin in begins]
    if len(set(names)) < 2 or not all(re.fullmatch(_NAME_CHARACTERS, name) for name in names):
        raise refused("structural_tag.format", f"{begins[:2]} differ in more than the tool's name")
    if not before.strip():
        raise refused("structural_tag.format", "nothing stands before the name of the tool")
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
    """The call, and the section around it."""
    closers = tuple([end.strip() for end in ends if end.strip()])
    opened = _OBJECT.search(before)
    between = _BETWEEN.fullmatch(after)
    if style == "json" and opened is not None and between is not None:
        outer = before[: opened.start()].strip()
        if not outer:
            raise refused("structural_tag.format", "nothing stands before the object of a call")
        payload = JsonCall(name_keys=(opened["key"],), argument_keys=(between["key"],))
        inner = tuple([close.removeprefix("}").strip() for close in closers])
        closes = tuple([close for close in inner if close])
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
    return Call(open=(before.strip(),), header=header, payload=arguments, close=closers), None


def _parameters(style: str) -> Parameters:
    """The parameters of a style."""
    if style not in _STYLES:
        known = ", ".join(("json", *_STYLES))
        raise refused("structural_tag.format", f"the style {style!r} is none of {known}")
    module, name = _STYLES[style]
    payload = next(format.calls[0].payload for format in module.FORMATS if format.name == name)
    assert isinstance(payload, Parameters)
    return payload
