"""Formats whose calls are code: the syntax of Python calls, and that of Gemma."""

from __future__ import annotations

from typing import Final

from streamparse.formats.table import Call, Format, Header, Literals, Reasoning, Section

__all__ = ["FORMATS"]

#: A call begins with a letter or `_`.
_NAME_START: Final = r"[^\W\d]"
_PYTHON: Final = Call(
    first=_NAME_START,
    header=Header(
        pattern=r"(?P<name>[^\W\d][\w.\-]*)\s*", end=("(",), forbidden="[]{})\"'`,;:=<>\n"
    ),
    payload=Literals(),
)
_LIST: Final = "[,]"
# A list of calls without a marker counts only at the start of the answer.
_BARE: Final = Section(at_start="[", skip=_LIST)


def _gemma(quote: str) -> Literals:
    return Literals(close="}", assign=":=", quotes=(quote, '"', "'"), bare=True)


_GEMMA_NAME: Final = Header(
    pattern=r"\s*(?P<name>[^\s{}()<>\"']+)\s*",
    end=("{", "({"),
    forbidden="\n}<>\"'",
    start=r"\s*[^\s{}()<>\"']*\s*\(?",
)

FORMATS: Final = (
    Format(
        name="pythonic",
        models="Llama 3.2 1B/3B, ToolACE-8B, others",
        source="parsers: vLLM, SGLang pythonic",
        example="[find_tide(port='Piran', day=2), find_berth(port='Piran')]",
        calls=(_PYTHON,),
        sections=(_BARE,),
    ),
    Format(
        name="llama4_pythonic",
        models="Llama 4 Scout/Maverick",
        source="parsers: vLLM llama4_pythonic, SGLang",
        example="<|python_start|>[find_tide(port='Piran', day=2)]<|python_end|>",
        calls=(_PYTHON,),
        sections=(
            _BARE,
            Section(open=("<|python_start|>",), close=("<|python_end|>",), skip=_LIST),
        ),
    ),
    # One call per line, without brackets.
    Format(
        name="olmo3",
        models="AI2 Olmo-3 7B/32B",
        source="parsers: vLLM olmo3, ollama",
        example=(
            "Let me see.\n<function_calls>find_tide(port='Piran', day=2)\n"
            "find_berth(port='Piran', sheltered=true)</function_calls>"
        ),
        calls=(_PYTHON,),
        sections=(Section(open=("<function_calls>",), close=("</function_calls>",), skip="[,];"),),
    ),
    # One call per line, without a marker. With tools, other names than theirs are text.
    Format(
        name="granite_pythonic",
        models="IBM Granite 3.3, 4.0-H-Small, prompted for Python calls",
        source="parsers: vLLM granite_pythonic",
        example='find_tide(port="Piran", day=2)\nfind_berth(port="Piran", sheltered=True)',
        calls=(
            Call(
                first=_NAME_START,
                header=Header(
                    pattern=r"(?P<name>[^\W\d]\w{0,127})",
                    start=r"[^\W\d]\w{0,127}",
                    end=("(",),
                ),
                payload=Literals(),
            ),
        ),
        sections=(Section(at_line=True),),
        reasoning=None,
    ),
    # Later versions sometimes omit the markers.
    Format(
        name="lfm2",
        models="LiquidAI LFM2, LFM2.5",
        source="parsers: vLLM, SGLang, llama.cpp, ollama",
        example="<|tool_call_start|>[find_tide(port='Piran', day=2)]<|tool_call_end|>Let me see.",
        calls=(_PYTHON,),
        sections=(
            _BARE,
            Section(open=("<|tool_call_start|>",), close=("<|tool_call_end|>",), skip=_LIST),
        ),
    ),
    Format(
        name="functiongemma",
        models="google/functiongemma-270m",
        source="parsers: vLLM, ollama",
        example=(
            "<start_function_call>call:find_tide{day:2,port:<escape>Piran<escape>}"
            "<end_function_call>"
        ),
        calls=(
            Call(
                open=("<start_function_call>call:",),
                header=_GEMMA_NAME,
                payload=_gemma("<escape>"),
                close=("<end_function_call>",),
            ),
        ),
        reasoning=None,
    ),
    # Prose may mention the marker, so `call:` must follow it. Models sometimes omit that word or
    # write `({…})`.
    Format(
        name="gemma4",
        models="Gemma 4 (E2B…31B)",
        source="parsers: vLLM py+rust, SGLang, llama.cpp, ollama",
        example=(
            "<|channel>thought\nI need the tide.\n"
            '<channel|><|tool_call>call:find_tide{port:<|"|>Piran<|"|>,day:2}<tool_call|>'
        ),
        calls=(
            Call(
                open=("call:", ":call:", ":"),
                header=_GEMMA_NAME,
                payload=_gemma('<|"|>'),
                outside=False,
            ),
        ),
        sections=(
            Section(
                open=("<|tool_call>", "<|tool_call|>"),
                close=("<tool_call|>", "</tool_call>"),
                skip=")",
            ),
            # Models sometimes omit the marker directly after the reasoning.
            Section(at_start="c", behind_reasoning=True, skip=")"),
        ),
        reasoning=Reasoning(
            open=("<|channel>thought\n", "<|channel>thought"), close=("<channel|>",), calls="end"
        ),
    ),
)
