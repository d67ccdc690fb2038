"""Writes answers in each of the formats, in the spellings that models use.

The writers follow the chat templates of the formats, not the table that is tested; from the table
they use only the texts that a value must not contain. This module does not import hypothesis,
because the fuzz targets use it too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from streamparse.formats import Format, Reasoning, get
from tests.formats.invented import (
    KEYS,
    TAG_KEYS,
    Choices,
    Manner,
    Wanted,
    markers,
    prose,
    wanted,
)


@dataclass
class Page:
    """A text that is being written, and the positions at which its calls end."""

    text: str = ""
    ends: list[int] = field(default_factory=list)

    def add(self, *texts: str) -> None:
        self.text += "".join(texts)

    def end(self) -> None:
        """Note that the last character of a call is written, after which it may be complete."""
        self.ends.append(len(self.text))


@dataclass(frozen=True)
class Answer:
    """An answer and the result of reading it; texts are without the white space around them."""

    format: str
    text: str
    content: str
    reasoning: str
    calls: tuple[Wanted, ...]
    ends: tuple[int, ...]  # the positions from which the calls may be complete
    options: dict[str, Any]

    @property
    def tools(self) -> list[dict[str, Any]]:
        """Return each tool once."""
        schemas = {call.name: call.schema for call in self.calls}
        return [{"name": name, "parameters": schema} for name, schema in schemas.items()]


Writer: TypeAlias = Callable[[Page, tuple[Wanted, ...], Choices], None]


# JSON


def spelled(value: Any, choose: Choices) -> str:
    """Return JSON text, compact or not, with escaped characters or not."""
    separators = choose.choice([None, (",", ":"), (" ,", " : ")])
    indent = choose.choice([None, None, 2])
    return json.dumps(
        value, ensure_ascii=choose.random() < 0.3, separators=separators, indent=indent
    )


@dataclass(frozen=True)
class Json:
    """How a format spells the object of a call, and the text around objects."""

    open: str
    close: str = ""
    shape: str = "blocks"  # "array", "lines", "one"
    name: str = "name"
    arguments: tuple[str, ...] = ("arguments", "parameters")
    id: str = ""
    single_key: bool = False
    bare: bool = False  # whether a call needs name and arguments, and nothing else
    between: str = "\n"
    section: tuple[str, str] = ("", "")  # the text around all blocks

    def __call__(self, page: Page, calls: tuple[Wanted, ...], choose: Choices) -> None:
        page.add(self.section[0])
        self.calls(page, calls, choose)
        page.add(self.section[1])

    def calls(self, page: Page, calls: tuple[Wanted, ...], choose: Choices) -> None:
        space = choose.choice(["", "\n"])
        if self.shape == "blocks":
            for place, call in enumerate(calls):
                between = choose.choice(["", self.between]) if place else ""
                page.add(between, self.open, space)
                self.object(page, call, choose)
                page.add(choose.choice(["", "\n"]) if self.close else "", self.close)
            return
        commas = {"lines": ["\n"], "semicolons": [";", "; "]}
        comma = choose.choice(commas.get(self.shape, [",", ", ", " ,\n "]))
        page.add(self.open, space, "[" if self.shape == "array" else "")
        for place, call in enumerate(calls):
            page.add(comma if place else "")
            self.object(page, call, choose)
        page.add("]" if self.shape == "array" else "", space if self.close else "", self.close)

    def object(self, page: Page, call: Wanted, choose: Choices) -> None:
        if self.single_key:
            page.add(spelled({call.name: call.arguments}, choose))
            page.end()
            return
        arguments: Any = call.arguments
        if choose.random() < 0.1:
            arguments = spelled(arguments, choose)
        members = [(self.name, call.name), (choose.choice(list(self.arguments)), arguments)]
        if call.arguments == {} and not self.bare and choose.random() < 0.5:
            members.pop()
        if self.id and call.id is not None:
            members.append((self.id, call.id))
        if choose.random() < 0.2:
            members.append(("type", "function"))
        if choose.random() < 0.3:
            choose.shuffle(members)
        if not self.bare and choose.random() < 0.1:
            members.append(("mood", ["curious"]))
        page.add(spelled(dict(members), choose))
        page.end()


@dataclass(frozen=True)
class Named:
    """The name, then the arguments as JSON. `before` contains `{name}` and `{id}`."""

    before: str
    after: str = ""
    open: str = ""
    close: str = ""
    between: str = ""
    id: str = ""  # the form of the id; "" without ids

    def __call__(self, page: Page, calls: tuple[Wanted, ...], choose: Choices) -> None:
        page.add(self.open)
        for place, call in enumerate(calls):
            identity = self.id.format(name=call.name, place=place, id=call.id)
            page.add(choose.choice(["", self.between]) if place else "")
            page.add(self.before.format(name=call.name, id=identity, place=place))
            page.add(spelled(call.arguments, choose))
            page.end()
            page.add(self.after)
        page.add(self.close)


# Parameters


def plain(value: Any, choose: Choices) -> str:
    """Return a value as the text of a parameter: strings unchanged, scalars also as in Python."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return str(choose.choice([json.dumps(value), str(value)]))
    # Text that could be a closing tag is escaped.
    return spelled(value, choose).replace("<", "\\u003c").replace("]<]", "\\u005d<]")


@dataclass(frozen=True)
class Tagged:
    """Calls with parameters. The tags contain `{name}`, `{key}`, `{type}`, `{string}`."""

    call: str
    call_end: str
    parameter: str
    parameter_end: str
    open: str = ""
    close: str = ""
    repeats: bool = False  # whether each call has a section of its own
    between: str = "\n"
    trim: bool = False
    line: str = "\n"  # the text that may stand between tags
    as_json: bool = False  # whether values other than strings are strict JSON
    quotes: bool = False  # whether names may be in quotes

    def __call__(self, page: Page, calls: tuple[Wanted, ...], choose: Choices) -> None:
        line = choose.choice(["", self.line])
        if self.open and not self.repeats:
            page.add(self.open, line)
        for place, call in enumerate(calls):
            between = choose.choice(["", self.between]) if place else ""
            page.add(between)
            if self.repeats:
                page.add(self.open, line)
            quote = '"' if self.quotes and choose.random() < 0.2 else ""
            page.add(self.call.format(name=f"{quote}{call.name}{quote}", place=place + 1), line)
            for key, value in call.arguments.items():
                self.parameter_of(page, key, value, call.schema, line, choose)
            page.add(self.call_end)
            page.end()
            page.add(line if self.close or call is not calls[-1] else "")
            if self.repeats:
                page.add(self.close)
        if not self.repeats:
            page.add(self.close)

    def parameter_of(
        self, page: Page, key: str, value: Any, schema: Any, line: str, choose: Choices
    ) -> None:
        is_text = isinstance(value, str)
        text = value if is_text else plain(value, choose)
        if self.as_json and not is_text:
            text = spelled(value, choose).replace("<", "\\u003c")
        kind = _json_type(value)
        opening = self.parameter.format(key=key, type=kind, string=str(is_text).lower())
        page.add(opening, self._framed(text, choose), self.parameter_end, line)

    def _framed(self, text: str, choose: Choices) -> str:
        if not self.trim:
            return text
        bare = text[:1] != "\n" and text[-1:] != "\n" and choose.random() < 0.5
        return text if bare else f"\n{text}\n"


def _json_type(value: Any) -> str:
    names = {str: "string", bool: "boolean", int: "integer", float: "number"}
    return {**names, list: "array", dict: "object", type(None): "null"}[type(value)]


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;")


def _kimi_k3(page: Page, calls: tuple[Wanted, ...], choose: Choices) -> None:
    escaped = [
        replace(
            call,
            name=_escaped(call.name),
            arguments={_escaped(key): value for key, value in call.arguments.items()},
        )
        for call in calls
    ]
    _K3(page, tuple(escaped), choose)


_NS = "]<]minimax[>["


def _minimax_m3(page: Page, calls: tuple[Wanted, ...], choose: Choices) -> None:
    page.add(_NS, "<tool_call>")
    for call in calls:
        page.add(_NS, f'<invoke name="{call.name}">')
        for key, value in call.arguments.items():
            page.add(_element(key, value, choose))
        page.add(_NS, "</invoke>")
        page.end()
    page.add(_NS, "</tool_call>")


def _element(key: str, value: Any, choose: Choices) -> str:
    if isinstance(value, dict) and value:
        inside = "".join(_element(name, member, choose) for name, member in value.items())
    elif isinstance(value, list) and value:
        inside = "".join(_element("item", member, choose) for member in value)
    else:
        inside = "" if isinstance(value, (dict, list)) else plain(value, choose)
    return f"{_NS}<{key}>{inside}{_NS}</{key}>"


# Literals


def python(value: Any, choose: Choices) -> str:
    """A Python literal."""
    if isinstance(value, str):
        return _python_string(value, choose)
    if isinstance(value, list):
        inside = ", ".join(python(item, choose) for item in value)
        if len(value) > 1 and choose.random() < 0.2:
            return f"({inside})"
        return f"[{inside}]"
    if isinstance(value, dict):
        members = (f"{python(key, choose)}: {python(one, choose)}" for key, one in value.items())
        return f"{{{', '.join(members)}}}"
    if value is None or isinstance(value, bool):
        return str(choose.choice([repr(value), json.dumps(value)]))
    return repr(value)


_PLAIN_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _python_string(value: str, choose: Choices) -> str:
    quote = choose.choice(["'", '"'])
    raw = choose.random() < 0.3
    pieces = []
    for char in value:
        if char in ("\\", quote):
            pieces.append("\\" + char)
        elif char in _PLAIN_ESCAPES and not raw:
            pieces.append(_PLAIN_ESCAPES[char])
        elif not char.isascii() and choose.random() < 0.2:
            code = ord(char)
            pieces.append(f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08X}")
        else:
            pieces.append(char)
    around = quote * 3 if choose.random() < 0.1 else quote
    return around + "".join(pieces) + around


@dataclass(frozen=True)
class Pythonic:
    """A list of Python calls."""

    open: str = "["
    close: str = "]"
    between: str = ", "

    def __call__(self, page: Page, calls: tuple[Wanted, ...], choose: Choices) -> None:
        page.add(self.open)
        for place, call in enumerate(calls):
            named = [f"{key}={python(value, choose)}" for key, value in call.arguments.items()]
            page.add(self.between if place else "", f"{call.name}({', '.join(named)})")
            page.end()
        page.add(self.close)


@dataclass(frozen=True)
class Gemma:
    """Calls in Gemma's own syntax."""

    open: str
    close: str
    quote: str

    def __call__(self, page: Page, calls: tuple[Wanted, ...], choose: Choices) -> None:
        for call in calls:
            members = (f"{key}:{self.literal(value)}" for key, value in call.arguments.items())
            page.add(f"{self.open}call:{call.name}{{{','.join(members)}}}")
            page.end()
            page.add(self.close)

    def literal(self, value: Any) -> str:
        if isinstance(value, str):
            return f"{self.quote}{value}{self.quote}"
        if isinstance(value, list):
            return f"[{','.join(map(self.literal, value))}]"
        if isinstance(value, dict):
            members = (f"{key}:{self.literal(member)}" for key, member in value.items())
            return f"{{{','.join(members)}}}"
        return json.dumps(value)


def _sarashina(page: Page, calls: tuple[Wanted, ...], choose: Choices) -> None:
    page.add("<|tool_calls|>[")
    for place, call in enumerate(calls):
        members = {"name": call.name, "arguments": call.arguments}
        items = list(members.items())
        if choose.random() < 0.3:
            items.reverse()
        page.add(", " if place else "", python(dict(items), choose))
        page.end()
    page.add("]")


def _cofl(page: Page, calls: tuple[Wanted, ...], choose: Choices) -> None:
    line = choose.choice(["", "\n"])
    page.add(choose.choice(["", "<|START_ACTION|>"]), "<cofl:tool_calls>", line)
    for call in calls:
        page.add(f'<cofl:tool_call id="{call.id}" name="{_escaped(call.name)}">', line)
        for key, value in call.arguments.items():
            page.add(_cofl_value(f' name="{_escaped(key)}"', value, line, choose), line)
        page.add("</cofl:tool_call>")
        page.end()
    page.add("</cofl:tool_calls>")


def _cofl_value(name: str, value: Any, line: str, choose: Choices) -> str:
    if isinstance(value, str):
        kind, text = "raw", value
    elif isinstance(value, (dict, list)) and choose.random() < 0.7:
        names = [f' name="{_escaped(key)}"' for key in value] if isinstance(value, dict) else None
        items = list(value.values()) if isinstance(value, dict) else value
        kind = "list" if names is None else "dict"
        names = names or [""] * len(items)
        inside = [
            _cofl_value(each, item, line, choose) + line
            for each, item in zip(names, items, strict=True)
        ]
        text = line + "".join(inside)
    else:
        kind, text = "json", spelled(value, choose).replace("<", "\\u003c")
    return f'<cofl:value{name} type="{kind}">{text}</cofl:value>'


def _cwm(page: Page, calls: tuple[Wanted, ...], choose: Choices) -> None:
    for call in calls:
        head = choose.choice([f"function>\n{call.name} ", f"{call.name}>\n"])
        page.add("<tool: ", head, spelled(call.arguments, choose))
        page.end()
        page.add(choose.choice(["", "\n"]), "</tool>")


# Channels


def _harmony(page: Page, calls: tuple[Wanted, ...], choose: Choices) -> None:
    for call in calls:
        to, channel = f" to=functions.{call.name}", choose.choice(["commentary", "analysis"])
        constraint = choose.choice(["<|constrain|>json", " <|constrain|>json", " json", ""])
        head = f"{to}<|channel|>{channel}" if choose.random() < 0.5 else f"<|channel|>{channel}{to}"
        _open_message(page, "<|start|>assistant")
        page.add(head, constraint, "<|message|>", spelled(call.arguments, choose))
        page.end()
        page.add("<|call|>")


def _open_message(page: Page, opener: str) -> None:
    """Write the opener of a message, unless it is the first one, whose opener ends the prompt."""
    page.add(opener if page.text else "")


# No value may contain the end of a message.
_RFL = Tagged(
    "<|start|>{name}", "<|", '<rfl:parameter name="{key}">', "</rfl:parameter>", trim=True
)


def _beam(page: Page, calls: tuple[Wanted, ...], choose: Choices) -> None:
    for call in calls:
        _open_message(page, "<|start|>assistant")
        page.add(f" to={call.name}<|channel|>analysis <|constrain|>xml<|message|>")
        for key, value in call.arguments.items():
            _RFL.parameter_of(page, key, value, call.schema, "\n", choose)
        page.add(choose.choice(["<|call|>", "<|end|>"]))
        page.end()


def _nothing(page: Page, calls: tuple[Wanted, ...], choose: Choices) -> None:
    """Write no calls, as the format has none."""
    assert not calls


def _functionary(page: Page, calls: tuple[Wanted, ...], choose: Choices) -> None:
    for call in calls:
        _open_message(page, ">>>")
        page.add(call.name, "\n", spelled(call.arguments, choose))
        page.end()


def _muse(page: Page, calls: tuple[Wanted, ...], choose: Choices) -> None:
    _open_message(page, "<|start|>assistant")
    page.add(f" to={calls[0].name}<|message|>")
    _ATEM(page, calls, choose)
    page.add("<|eom|>")


# The formats


_BLOCK = Json("<tool_call>", "</tool_call>")
_LIST = Json("<tool_calls>", "</tool_calls>", "array")
_COHERE = Json(
    "<|START_ACTION|>",
    "<|END_ACTION|>",
    "array",
    name="tool_name",
    arguments=("parameters",),
    id="tool_call_id",
)
_FUNCTION = Named("<function={name}>", "</function>")
_CODER = Tagged(
    "<function={name}>",
    "</function>",
    "<parameter={key}>",
    "</parameter>",
    "<tool_call>",
    "</tool_call>",
    repeats=True,
    trim=True,
    quotes=True,
)


def _invoke(prefix: str, section: str) -> Tagged:
    return Tagged(
        f'<{prefix}invoke name="{{name}}">',
        f"</{prefix}invoke>",
        f'<{prefix}parameter name="{{key}}">',
        f"</{prefix}parameter>",
        f"<{section}>",
        f"</{section}>",
    )


def _dsml(prefix: str, section: str) -> Tagged:
    return replace(
        _invoke(prefix, section),
        parameter=f'<{prefix}parameter name="{{key}}" string="{{string}}">',
        as_json=True,
    )


def _pairs(
    prefix: str = "", tag: str = "tool_call", after_name: str = "", line: str = ""
) -> Tagged:
    return Tagged(
        f"<{prefix}{tag}>{{name}}{after_name}",
        f"</{prefix}{tag}>",
        f"<{prefix}arg_key>{{key}}</{prefix}arg_key>{line}<{prefix}arg_value>",
        f"</{prefix}arg_value>",
        line=line or "\n",
    )


def _ifm(parameter: str = "") -> Tagged:
    written = _pairs("ifm|")
    written = replace(written, open="<ifm|tool_calls>", close="</ifm|tool_calls>")
    kind = "<ifm|arg_key>{key}</ifm|arg_key><ifm|arg_type>{type}</ifm|arg_type><ifm|arg_value>"
    return replace(written, parameter=kind, as_json=True) if parameter else written


def _hunyuan(written: Tagged) -> Tagged:
    return replace(written, open="<tool_calls>", close="</tool_calls>")


_K3 = Tagged(
    '<|open|>call tool="{name}" index="{place}"<|sep|>',
    "<|close|>call<|sep|>",
    '<|open|>argument key="{key}" type="{type}"<|sep|>',
    "<|close|>argument<|sep|>",
    "<|open|>tools<|sep|>",
    "<|close|>tools<|sep|>",
    line="",
    between="",
    as_json=True,
)
_ATEM = _invoke("atem:", "atem:function_calls")
_STEP = "<｜tool_call{}｜>"
_PLAMO = (
    "<|plamo:begin_tool_request:plamo|><|plamo:begin_tool_name:plamo|>{name}"
    "<|plamo:end_tool_name:plamo|><|plamo:begin_tool_arguments:plamo|>"
    "<|plamo:constrain|>json<|plamo:msg|>"
)
_DEEPSEEK = {
    "open": "<｜tool▁calls▁begin｜>",
    "close": "<｜tool▁calls▁end｜>",
    "between": "\n",
}

WRITERS: dict[str, Writer] = {
    "hermes": _BLOCK,
    "longcat": Json("<longcat_tool_call>", "</longcat_tool_call>"),
    "granite4": _BLOCK,
    "ernie45": _BLOCK,
    "smollm3": _BLOCK,
    "reka_edge": _BLOCK,
    "trinity": _BLOCK,
    "nemotron_nano_v2": Json("<TOOLCALL>", "</TOOLCALL>", "array"),
    "apriel": replace(_LIST, id="id"),
    "apriel_thinker": replace(_LIST, id="id"),
    "jamba": _LIST,
    "hunyuan_a13b": _LIST,
    "xlam": Json("", "", "array", bare=True),
    "phi4_mini": Json("functools", "", "array"),
    "firefunction": Json("functools", "", "array"),
    "granite": Json("<|tool_call|>", "", "array"),
    "granite_20b_fc": Json("<function_call>"),
    "internlm2": Json("<|action_start|><|plugin|>", "<|action_end|>"),
    "intern_s1": Json("<|action_start|> <|plugin|>\n", "<|action_end|>"),
    "minimax_m1": Json("<tool_calls>", "</tool_calls>", "lines"),
    "cohere_command3": _COHERE,
    "cohere_command4": _COHERE,
    "command_r_plus": replace(_COHERE, open="Action:\n```json\n", close="\n```"),
    "llama3_json": Json("", "", "semicolons", bare=True),
    "mistral_v3": Json("[TOOL_CALLS]", "", "array", id="id"),
    "apertus": Json("<|tools_prefix|>", "<|tools_suffix|>", "array", single_key=True),
    "inkling": Json(
        "<|content_invoke_tool_json|>",
        "<|end_message|>",
        arguments=("args",),
        between="<|message_model|>",
    ),
    "gigachat3": Json("function call<|role_sep|>\n", shape="one"),
    "gigachat31": Json("<|function_call|>", shape="one"),
    "hyperclovax": Json("-> tool/function_call\n", "<|im_end|>", "array"),
    "k2_horizon_json": Json(
        "<ifm|tool_call>", "</ifm|tool_call>", section=("<ifm|tool_calls>", "</ifm|tool_calls>")
    ),
    "mistral_v11": Named("[TOOL_CALLS]{name}{id}", id="[CALL_ID]{id}[ARGS]"),
    "mistral_v13": Named("[TOOL_CALLS]{name}[ARGS]"),
    "kimi_k2": Named(
        "<|tool_call_begin|>{id}<|tool_call_argument_begin|>",
        "<|tool_call_end|>",
        "<|tool_calls_section_begin|>",
        "<|tool_calls_section_end|>",
        id="functions.{name}:{place}",
    ),
    "deepseek_v3": Named(
        "<｜tool▁call▁begin｜>function<｜tool▁sep｜>{name}\n```json\n",
        "\n```<｜tool▁call▁end｜>",
        **_DEEPSEEK,
    ),
    "deepseek_v31": Named(
        "<｜tool▁call▁begin｜>{name}<｜tool▁sep｜>", "<｜tool▁call▁end｜>", **_DEEPSEEK
    ),
    "functionary_v31": _FUNCTION,
    "functionary_v32": _functionary,
    "llama31_function_tag": _FUNCTION,
    "solar_open": Named(
        "<|tool_call:begin|>{id}<|tool_call:name|>{name}<|tool_call:args|>",
        "<|tool_call:end|>",
        "<|tool_calls|>",
        id="{id}",
    ),
    "plamo3": Named(
        _PLAMO,
        "<|plamo:end_tool_arguments:plamo|><|plamo:end_tool_request:plamo|>",
        "<|plamo:begin_tool_requests:plamo|>",
        "<|plamo:end_tool_requests:plamo|>",
    ),
    "qwen3_coder": _CODER,
    "seed_oss": replace(_CODER, open="<seed:tool_call>", close="</seed:tool_call>"),
    "mimo": replace(_CODER, trim=False),
    "step3p5": _CODER,
    "step5": _CODER,
    "nemotron3": _CODER,
    "minimax_m2": _invoke("", "minimax:tool_call"),
    "minimax_m3": _minimax_m3,
    "dots": _invoke("", "dots_function_call"),
    "minicpm5": Tagged(
        '<function name="{name}">', "</function>", '<param name="{key}">', "</param>"
    ),
    "step3": Tagged(
        _STEP.format("_begin") + '<steptml:invoke name="{name}">',
        "</steptml:invoke>",
        '<steptml:parameter name="{key}">',
        "</steptml:parameter>",
        _STEP.format("s_begin"),
        _STEP.format("_end") + _STEP.format("s_end"),
        between=_STEP.format("_end") + "<｜tool_sep｜>",
    ),
    "deepseek_v32": _dsml("｜DSML｜", "｜DSML｜function_calls"),
    "deepseek_v4": _dsml("｜DSML｜", "｜DSML｜tool_calls"),
    "deepseek_v41": _dsml("｜DSML｜ ", "｜DSML｜ calls"),
    "gigachat35": _dsml("｜GCML｜", "｜GCML｜tool_calls"),
    "muse": _muse,
    "kimi_k3": _kimi_k3,
    "glm45": _pairs(after_name="\n", line="\n"),
    "glm47": _pairs(),
    "laguna": _pairs(after_name="\n", line="\n"),
    "ling3": _pairs(),
    "spark25": _pairs(after_name="\n"),
    "iquest_q1": _pairs(tag="iquest_tool_call"),
    "hy_v3": _hunyuan(_pairs(after_name="<tool_sep>", line="\n")),
    "hy_v4": _hunyuan(_pairs()),
    "k2_horizon": _ifm(),
    "k2_horizon_typed": _ifm("typed"),
    "pythonic": Pythonic(),
    "llama4_pythonic": Pythonic("<|python_start|>[", "]<|python_end|>"),
    "olmo3": Pythonic("<function_calls>", "</function_calls>", "\n"),
    "lfm2": Pythonic("<|tool_call_start|>[", "]<|tool_call_end|>"),
    "functiongemma": Gemma("<start_function_call>", "<end_function_call>", "<escape>"),
    "gemma4": Gemma("<|tool_call>", "<tool_call|>", '<|"|>'),
    "harmony": _harmony,
    "openpangu": Json("<|tool_call_start|>", "<|tool_call_end|>", "array"),
    "qwen2_5_coder": Json("<tools>", "</tools>"),
    "rwkv": Json("**Tool Call:**\n```json\n", "\n```"),
    "use_mcp_tool": Named(
        "<use_mcp_tool>\n<server_name>s</server_name>\n<tool_name>{name}</tool_name>\n<arguments>\n",
        "\n</arguments>\n</use_mcp_tool>",
    ),
    "iquest_coder_v2": _pairs(tag="iquestcoder_tool_call"),
    "solar_open2": Tagged(
        "<|tool_call:start|>{name}\n",
        "<|tool_call:end|>",
        "<|tool_arg:start|>{key}<|tool_arg:value|>",
        "<|tool_arg:end|>",
    ),
    "beam": _beam,
    "sarashina": _sarashina,
    "granite_pythonic": Pythonic("", "", "\n"),
    "cohere_cofl": _cofl,
    "cwm": _cwm,
    "kimi_think": _nothing,
}


# Answers

# The text around the content of some formats.
_WRAPS = {
    "ernie45": ("<response>", "</response>\n"),
    "hunyuan_a13b": ("<answer>", "</answer>"),
    "cohere_command3": ("<|START_RESPONSE|>", "<|END_RESPONSE|>"),
    "cohere_command4": ("<|START_TEXT|>", "<|END_TEXT|>"),
    "inkling": ("<|content_text|>", "<|end_message|><|message_model|>"),
    "kimi_k3": ("<|open|>response<|sep|>", "<|close|>response<|sep|>"),
}
_HARMONY = ("<|channel|>{}<|message|>", "<|end|>", "<|start|>assistant")
_MUSE = (" to={}<|message|>", "<|eom|>", "<|start|>assistant")
_FUNCTIONARY = ("{}\n", "", ">>>")
# (opener, closer, text before all messages but the first), channels of content and reasoning.
CHANNELS = {
    "harmony": (_HARMONY, ("final", "commentary"), "analysis"),
    "beam": (_HARMONY, ("final", "commentary"), "analysis"),
    "muse": (_MUSE, ("user", "commentary"), "self"),
    "functionary_v32": (_FUNCTIONARY, ("all",), ""),
}
# Formats that have calls only at the start of the answer.
BARE = ("xlam", "llama3_json", "pythonic")
NO_CALLS = ("kimi_think",)
_ONE_CALL = ("gigachat3", "gigachat31", "rwkv")
_IDS = (
    "apriel",
    "apriel_thinker",
    "mistral_v3",
    "mistral_v11",
    "solar_open",
    "cohere_command3",
    "cohere_cofl",
)


def manner_of(format: Format) -> Manner:
    """Return the content that the format can express."""
    writer = WRITERS[format.name]
    of_json = ("harmony", "functionary_v32", "cwm", *NO_CALLS)
    if isinstance(writer, (Json, Named)) or format.name in of_json:
        return Manner()
    if isinstance(writer, Pythonic):
        return Manner(keys=KEYS)
    if format.name == "sarashina":
        return Manner()
    if format.name == "cohere_cofl":
        return Manner(is_text=lambda text: "<cofl:" not in text and "</cofl:" not in text)
    if isinstance(writer, Gemma):
        quote = writer.quote
        return Manner(KEYS, KEYS, lambda text: (text + quote).find(quote) == len(text))
    if format.name == "minimax_m3":
        return Manner(KEYS, KEYS, lambda text: _NS not in text, uniform=True)
    tags = {"muse": _ATEM, "kimi_k3": _K3, "beam": _RFL}.get(format.name, writer)
    assert isinstance(tags, Tagged)
    openers = [tags.parameter.partition("{")[0], tags.call.partition("{")[0]]
    stops = [tags.parameter_end, tags.call_end, "<![CDATA[", *openers]
    return Manner(
        TAG_KEYS,
        is_text=lambda text: not any(stop in text for stop in stops),
        typed=format.name == "muse",
    )


def make_calls(format: Format, choose: Choices, count: int) -> tuple[Wanted, ...]:
    """Return this many calls, sometimes two of one tool."""
    if format.name in _ONE_CALL:
        count = min(count, 1)
    if format.name in NO_CALLS:
        count = 0
    manner, words = manner_of(format), markers(format)
    calls = [wanted(choose, manner, words, number) for number in range(count)]
    if count > 1 and choose.random() < 0.2:
        calls[-1] = calls[0]
    for number, call in enumerate(calls):
        if format.name == "kimi_k2":
            calls[number] = replace(call, id=f"functions.{call.name}:{number}")
        elif format.name in _IDS:
            calls[number] = replace(call, id=f"id{number}")
    return tuple(calls)


def make_answer(name: str, choose: Choices, most: int = 3) -> Answer:
    """Return an answer in the format with this name."""
    format = get(name)
    calls = make_calls(format, choose, choose.randrange(most + 1))
    words = markers(format)
    reasoning, before, after = (
        prose(choose, words) if choose.random() < 0.5 else "" for _ in range(3)
    )
    if not calls:
        before, after = before or after, ""
    elif name in BARE:
        before = ""
    if not calls:
        before = before or "Nothing to do."
    if name in CHANNELS:
        return _in_channels(format, choose, reasoning, before, after, calls)
    page = Page()
    options: dict[str, Any] = {}
    reasons = format.reasoning
    if reasons is None:
        reasoning = ""
    elif reasoning or choose.random() < 0.1 or name == "apriel_thinker":
        options = _reason(page, reasons, reasoning, choose)
    opener, closer = _WRAPS.get(name, ("", ""))
    spaces = choose.choice(["", "\n", "\n\n"]), choose.choice(["", "\n", " "])
    if name == "granite_pythonic":
        spaces = ("\n", spaces[1])
    if before:
        page.add(opener, before, closer, spaces[0])
    if calls:
        WRITERS[name](page, calls, choose)
    if after:
        page.add(spaces[1], opener, after, closer)
    elif choose.random() < 0.2:
        page.add(spaces[1])
    # White space beside text is part of the text.
    between = "" if opener or not (before and after) else "".join(spaces)
    content = before + between + after
    return Answer(name, page.text, content, reasoning, calls, tuple(page.ends), options)


def _reason(page: Page, reasons: Reasoning, reasoning: str, choose: Choices) -> dict[str, Any]:
    prefilled = not reasons.open or choose.random() < 0.3
    space = choose.choice(["", "\n"])
    if not prefilled:
        page.add(choose.choice(reasons.open))
    page.add(space, reasoning, space, choose.choice(reasons.close), space)
    return {"in_reasoning": True} if prefilled else {}


def _in_channels(
    format: Format,
    choose: Choices,
    reasoning: str,
    before: str,
    after: str,
    calls: tuple[Wanted, ...],
) -> Answer:
    (opener, closer, first), contents, reasons = CHANNELS[format.name]
    page = Page()

    if format.name == "functionary_v32":  # a `>` at the end would be read as part of the marker
        before, after = (f"{text}." if text else "" for text in (before, after))

    def message(channel: str, text: str) -> None:
        _open_message(page, first)
        page.add(opener.format(channel), text, closer)

    if reasoning and reasons:
        message(reasons, reasoning)
    if before:
        message(choose.choice(contents), before)
    if calls:
        WRITERS[format.name](page, calls, choose)
    if after:
        message(choose.choice(contents), after)
    return Answer(
        format.name,
        page.text,
        before + after,
        reasoning if reasons else "",
        calls,
        tuple(page.ends),
        {"prompt_suffix": first},
    )
