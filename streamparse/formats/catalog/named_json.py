"""Formats that write the name first, then the arguments as JSON."""

from __future__ import annotations

from typing import Final

from streamparse.formats.table import (
    Call,
    Channels,
    Format,
    Header,
    JsonArguments,
    Reasoning,
    Section,
    beginning,
)

__all__ = ["FORMATS"]

_THINK: Final = Reasoning(calls="end")
_MISTRAL_THINK: Final = Reasoning(
    open=("[THINK]", "<think>"), close=("[/THINK]", "</think>"), calls="end"
)
# The header is `name` or `name[CALL_ID]id`. `[ARGS]` or the object itself ends it.
_MISTRAL: Final = Call(
    open=("[TOOL_CALLS]",),
    header=Header(
        pattern=r"\s*(?P<name>[\w.\-]{1,128})\s*(?:\[CALL_ID\]\s*(?P<id>\S*?)\s*)?",
        start=beginning(r"\s*[\w.\-]{0,128}\s*", "[CALL_ID]", r"\s*\S*\s*"),
        end=("[ARGS]",),
        stop=("{",),
        forbidden="\n<>(",
    ),
    payload=JsonArguments(),
)
_FUNCTION_TAG: Final = Call(
    open=("<function=",),
    header=Header(
        pattern=r"\s*(?P<name>[\w.\-:/]{1,128})\s*",
        start=r"\s*[\w.\-:/]{0,128}\s*",
        end=(">",),
        forbidden="\n<{",
    ),
    payload=JsonArguments(),
    close=("</function>",),
)
_DEEPSEEK_SECTION: Final = (
    Section(open=("<｜tool▁calls▁begin｜>",), close=("<｜tool▁calls▁end｜>",)),
)
_PLAMO: Final = "<|plamo:{}:plamo|>"
_PLAMO_START: Final = beginning(
    r"\s*",
    _PLAMO.format("begin_tool_name"),
    r"\s*[^\s<]{0,128}\s*",
    _PLAMO.format("end_tool_name"),
    r"\s*",
    _PLAMO.format("begin_tool_arguments"),
    r"\s*",
    "<|plamo:constrain|>",
    r"\w*\s*",
)

FORMATS: Final = (
    Format(
        name="mistral_v11",
        models="Mistral Small 3.1/3.2, Medium, Devstral, Magistral",
        source="parsers: vLLM, llama.cpp",
        example=(
            'Let me see.[TOOL_CALLS]find_tide[CALL_ID]t1de4pirn[ARGS]{"port": "Piran", "day": 2}'
        ),
        calls=(_MISTRAL,),
        reasoning=_MISTRAL_THINK,
    ),
    Format(
        name="mistral_v13",
        models="Ministral 3, Mistral Large 3, Devstral 2, Magistral 2509+",
        source="parsers: vLLM, SGLang, llama.cpp ministral3, ollama ministral",
        example=(
            '[THINK]I need the tide.[/THINK][TOOL_CALLS]find_tide[ARGS]{"port": "Piran", "day": 2}'
        ),
        calls=(_MISTRAL,),
        reasoning=_MISTRAL_THINK,
    ),
    # The id is the whole header and must be returned unchanged. Models sometimes write
    # `functions_name_0` and similar for `functions.name:0`.
    Format(
        name="kimi_k2",
        nested_names=True,
        drift=r"(?:functions[._]?)?(?P<name>.+?)(?:[^\w\s]|_)?\d*",
        models="Kimi-K2-Instruct, K2-Thinking, K2.5, K2.6",
        source="parsers: vLLM py+rust, SGLang kimi_k2, llama.cpp",
        example=(
            "<|tool_calls_section_begin|><|tool_call_begin|>functions.find_tide:0"
            '<|tool_call_argument_begin|>{"port": "Piran", "day": 2}<|tool_call_end|>'
            "<|tool_calls_section_end|>"
        ),
        calls=(
            Call(
                open=("<|tool_call_begin|>",),
                header=Header(
                    pattern=r"\s*(?P<id>(?:functions\.)?(?P<full>(?:[^\s<]*\.)?(?P<name>[^\s.<]{1,128}?))"
                    r"(?::\d+)?)\s*",
                    start=r"\s*[^\s<]{0,192}\s*",
                    end=("<|tool_call_argument_begin|>",),
                ),
                payload=JsonArguments(),
                close=("<|tool_call_end|>",),
            ),
        ),
        sections=(
            Section(
                open=("<|tool_calls_section_begin|>", "<|tool_call_section_begin|>"),
                close=("<|tool_calls_section_end|>", "<|tool_call_section_end|>"),
            ),
        ),
        reasoning=_THINK,
    ),
    Format(
        name="deepseek_v3",
        models="DeepSeek-V3, V3-0324, R1, R1-0528, cogito",
        source="parsers: vLLM py+rust, SGLang deepseekv3, llama.cpp, ollama cogito,deepseek3",
        example=(
            "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>find_tide\n"
            '```json\n{"port": "Piran", "day": 2}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>'
        ),
        calls=(
            Call(
                open=("<｜tool▁call▁begin｜>",),
                header=Header(
                    pattern=r"\s*(?:function<｜tool▁sep｜>)?\s*(?P<name>[^\s<]{1,128})\s*",
                    start=beginning(
                        r"\s*[^\s<]{0,128}\s*", "<｜tool▁sep｜>", r"\s*[^\s<]{0,128}\s*"
                    ),
                    end=("```json",),
                    stop=("{",),
                ),
                payload=JsonArguments(),
                close=(
                    "```<｜tool▁call▁end｜>",
                    "```\n<｜tool▁call▁end｜>",
                    "<｜tool▁call▁end｜>",
                ),
            ),
        ),
        sections=_DEEPSEEK_SECTION,
        reasoning=_THINK,
    ),
    Format(
        name="deepseek_v31",
        models="DeepSeek-V3.1",
        source="parsers: vLLM py+rust, SGLang, llama.cpp, lmdeploy, ollama",
        example=(
            "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>find_tide<｜tool▁sep｜>"
            '{"port": "Piran", "day": 2}<｜tool▁call▁end｜><｜tool▁calls▁end｜>'
        ),
        calls=(
            Call(
                open=("<｜tool▁call▁begin｜>",),
                header=Header(
                    pattern=r"\s*(?P<name>[^\s<]{1,128})\s*",
                    start=r"\s*[^\s<]{0,128}\s*",
                    end=("<｜tool▁sep｜>",),
                ),
                payload=JsonArguments(),
                close=("<｜tool▁call▁end｜>",),
            ),
        ),
        sections=_DEEPSEEK_SECTION,
        reasoning=_THINK,
    ),
    Format(
        name="functionary_v31",
        models="meetkai functionary v3.1",
        source="parsers: llama.cpp",
        example='Let me see. <function=find_tide>{"port": "Piran", "day": 2}</function>',
        calls=(_FUNCTION_TAG,),
        reasoning=None,
    ),
    # Each message has its recipient on the first line. The prompt ends with the first `>>>`.
    Format(
        name="functionary_v32",
        models="meetkai functionary v3.2, v3.4",
        source="parsers: llama.cpp",
        example='>>>all\nLet me see.>>>find_tide\n{"port": "Piran", "day": 2}',
        calls=(),
        channels=Channels(
            open=(">>>",),
            header=Header(pattern=r">>>[\w.\-]+", end=("\n",), forbidden=" \t<>(){}[]\"'=,;:"),
            close=(),
            recipient=r"^>>>([\w.\-]+)$",
            content=("all",),
            payload=JsonArguments(),
        ),
        reasoning=None,
    ),
    Format(
        name="llama31_function_tag",
        models='Llama 3.1 (Meta "user-defined custom tool calling")',
        source="parsers: llama.cpp auto",
        example='<function=find_tide>{"port": "Piran", "day": 2}</function>',
        calls=(_FUNCTION_TAG,),
        reasoning=None,
    ),
    Format(
        name="solar_open",
        models="Upstage Solar-Open-100B",
        source="parsers: llama.cpp",
        example=(
            "<|think|>I need the tide.<|end|><|tool_calls|><|tool_call:begin|>c1"
            '<|tool_call:name|>find_tide<|tool_call:args|>{"port": "Piran", "day": 2}'
            "<|tool_call:end|>"
        ),
        calls=(
            Call(
                open=("<|tool_call:begin|>",),
                header=Header(
                    pattern=r"\s*(?P<id>[^\s<]*)\s*<\|tool_call:name\|>\s*(?P<name>\S{1,128})\s*",
                    start=beginning(
                        r"\s*[^\s<]{0,128}\s*", "<|tool_call:name|>", r"\s*\S{0,128}\s*"
                    ),
                    end=("<|tool_call:args|>",),
                ),
                payload=JsonArguments(),
                close=("<|tool_call:end|>",),
            ),
        ),
        sections=(Section(open=("<|tool_calls|>",)),),
        reasoning=Reasoning(open=("<|think|>",), close=("<|end|>",), calls="end"),
        drop=("<|begin|>assistant", "<|content|>", "<|flush|>"),
    ),
    # The name of the server precedes the name of the tool.
    Format(
        name="use_mcp_tool",
        models="MiroThinker",
        source="parsers: llama.cpp",
        example=(
            "Let me see.\n\n<use_mcp_tool>\n<server_name>harbour</server_name>\n"
            "<tool_name>find_tide</tool_name>\n<arguments>\n"
            '{"port": "Piran", "day": 2}\n</arguments>\n</use_mcp_tool>'
        ),
        calls=(
            Call(
                open=("<use_mcp_tool>",),
                header=Header(
                    pattern=(
                        r"\s*<server_name>[^<]*</server_name>\s*"
                        r"<tool_name>\s*(?P<name>[^\s<]{1,128})\s*</tool_name>\s*"
                    ),
                    start=beginning(
                        r"\s*",
                        "<server_name>",
                        r"[^<]{0,128}",
                        "</server_name>",
                        r"\s*",
                        "<tool_name>",
                        r"[^<]{0,128}",
                        "</tool_name>",
                        r"\s*",
                    ),
                    end=("<arguments>",),
                ),
                payload=JsonArguments(),
                close=("</arguments>\n</use_mcp_tool>", "</arguments></use_mcp_tool>"),
            ),
        ),
    ),
    Format(
        name="plamo3",
        models="PFN PLaMo 3",
        source="parsers: vLLM plamo3",
        example=(
            "<|plamo:begin_tool_requests:plamo|><|plamo:begin_tool_request:plamo|>"
            "<|plamo:begin_tool_name:plamo|>find_tide<|plamo:end_tool_name:plamo|>"
            "<|plamo:begin_tool_arguments:plamo|><|plamo:constrain|>json<|plamo:msg|>"
            '{"port": "Piran", "day": 2}<|plamo:end_tool_arguments:plamo|>'
            "<|plamo:end_tool_request:plamo|><|plamo:end_tool_requests:plamo|>"
        ),
        calls=(
            Call(
                open=(_PLAMO.format("begin_tool_request"),),
                header=Header(
                    pattern=(
                        r"\s*<\|plamo:begin_tool_name:plamo\|>\s*(?P<name>.*?)\s*"
                        r"<\|plamo:end_tool_name:plamo\|>\s*"
                        r"<\|plamo:begin_tool_arguments:plamo\|>\s*(?:<\|plamo:constrain\|>(?:json)?\s*)?"
                    ),
                    start=_PLAMO_START,
                    end=("<|plamo:msg|>",),
                    stop=("{",),
                ),
                payload=JsonArguments(),
                close=(
                    _PLAMO.format("end_tool_arguments") + _PLAMO.format("end_tool_request"),
                    _PLAMO.format("end_tool_arguments"),
                    _PLAMO.format("end_tool_request"),
                ),
            ),
        ),
        sections=(
            Section(
                open=(_PLAMO.format("begin_tool_requests"),),
                close=(_PLAMO.format("end_tool_requests"),),
            ),
        ),
        separators=(_PLAMO.format("end_tool_request"),),
        reasoning=Reasoning(
            open=(_PLAMO.format("begin_think"),),
            close=(_PLAMO.format("end_think"),),
            calls="end",
        ),
    ),
)
