"""Formats that write a parameter as a key element followed by a value element."""

from __future__ import annotations

from typing import Final

from streamparse.formats.table import Call, Format, Header, Parameters, Reasoning, Section

__all__ = ["FORMATS"]

_THINK: Final = Reasoning(calls="end")
_NAME: Final = r"\s*(?P<name>[^\s<>{}()\"'`]{1,128})\s*"
_START: Final = r"\s*[^\s<>{}()\"'`]{0,128}\s*"


def _pairs(tag: str, prefix: str = "", name_end: tuple[str, ...] = ()) -> Call:
    """Return `<tag>name<arg_key>key</arg_key><arg_value>value</arg_value></tag>`."""
    return Call(
        open=(f"<{prefix}{tag}>",),
        header=Header(
            pattern=_NAME,
            end=name_end,
            stop=(f"<{prefix}arg_key>", f"</{prefix}{tag}>"),
            start=_START,
        ),
        payload=Parameters(
            open=(f"<{prefix}arg_key>",),
            header=Header(
                pattern=r"\s*(?P<key>[^<>]*?)\s*",
                end=(f"</{prefix}arg_key>",),
            ),
            value=(f"<{prefix}arg_value>",),
            close=(f"</{prefix}arg_value>",),
        ),
        close=(f"</{prefix}{tag}>",),
    )


_IFM_SECTION: Final = (Section(open=("<ifm|tool_calls>",), close=("</ifm|tool_calls>",)),)
_IFM_THINK: Final = Reasoning(
    open=("<ifm|think>", "<ifm|think_fast>", "<ifm|think_faster>"),
    close=("</ifm|think>", "</ifm|think_fast>", "</ifm|think_faster>"),
    calls="end",
)
_IFM_TYPED: Final = Call(
    open=("<ifm|tool_call>",),
    header=Header(pattern=_NAME, stop=("<ifm|arg_key>", "</ifm|tool_call>"), start=_START),
    payload=Parameters(
        open=("<ifm|arg_key>",),
        header=Header(
            pattern=(
                r"\s*(?P<key>[^<>]*?)\s*</ifm\|arg_key>\s*"
                r"(?:<ifm\|arg_type>\s*(?P<type>\w*)\s*</ifm\|arg_type>\s*)?"
            ),
            end=("<ifm|arg_value>",),
        ),
        close=("</ifm|arg_value>",),
        typing="type",
    ),
    close=("</ifm|tool_call>",),
)
_HUNYUAN: Final = (Section(open=("<tool_calls>",), close=("</tool_calls>",)),)

FORMATS: Final = (
    Format(
        name="glm45",
        models="GLM-4.5(-Air/V), 4.6",
        source="parsers: vLLM py+rust, SGLang glm45, llama.cpp",
        example=(
            "<think>I need the tide.</think>\n<tool_call>find_tide\n<arg_key>port</arg_key>\n"
            "<arg_value>Piran</arg_value>\n<arg_key>day</arg_key>\n<arg_value>2</arg_value>\n"
            "</tool_call>"
        ),
        calls=(_pairs("tool_call"),),
        reasoning=_THINK,
    ),
    Format(
        name="glm47",
        models="GLM-4.7(-Flash), GLM-5.x (5.2, 5.3)",
        source="parsers: vLLM py+rust, SGLang glm47, llama.cpp, ollama, lmdeploy",
        example=(
            "<think>I need the tide.</think><tool_call>find_tide<arg_key>port</arg_key>"
            "<arg_value>Piran</arg_value><arg_key>day</arg_key><arg_value>2</arg_value>"
            "</tool_call>"
        ),
        calls=(_pairs("tool_call"),),
        reasoning=_THINK,
    ),
    Format(
        name="laguna",
        models="poolside Laguna XS.2, S 2.1",
        source="parsers: vLLM, SGLang, llama.cpp, ollama",
        example=(
            "<tool_call>find_tide\n<arg_key>port</arg_key>\n<arg_value>Piran</arg_value>\n"
            "<arg_key>day</arg_key>\n<arg_value>2</arg_value>\n</tool_call>"
        ),
        calls=(_pairs("tool_call"),),
        reasoning=_THINK,
    ),
    Format(
        name="ling3",
        models="inclusionAI Ling-3.0",
        source="parsers: vLLM, SGLang, llama.cpp",
        example=(
            "<tool_call>find_tide<arg_key>port</arg_key><arg_value>Piran</arg_value>"
            "<arg_key>day</arg_key><arg_value>2</arg_value></tool_call>"
        ),
        calls=(_pairs("tool_call"),),
        reasoning=_THINK,
    ),
    Format(
        name="spark25",
        models="iFlytek Spark2.5",
        source="parsers: SGLang, llama.cpp",
        example=(
            "<tool_call>find_tide\n<arg_key>port</arg_key><arg_value>Piran</arg_value>\n"
            "<arg_key>day</arg_key><arg_value>2</arg_value>\n</tool_call>"
        ),
        calls=(_pairs("tool_call"),),
        reasoning=_THINK,
    ),
    Format(
        name="iquest_q1",
        models="IQuest Q1",
        source="parsers: SGLang",
        example=(
            "<iquest_tool_call>find_tide<arg_key>port</arg_key><arg_value>Piran</arg_value>"
            "<arg_key>day</arg_key><arg_value>2</arg_value></iquest_tool_call>"
        ),
        calls=(_pairs("iquest_tool_call"),),
        reasoning=_THINK,
    ),
    Format(
        name="iquest_coder_v2",
        models="IQuest-Coder V2",
        source="parsers: vLLM iquest_coder_v2",
        example=(
            "<iquestcoder_tool_call>find_tide<arg_key>port</arg_key><arg_value>Piran</arg_value>"
            "<arg_key>day</arg_key><arg_value>2</arg_value></iquestcoder_tool_call>"
        ),
        calls=(_pairs("iquestcoder_tool_call"),),
        reasoning=_THINK,
    ),
    # The name ends with its line. There are markers before the key, before the value and after it.
    Format(
        name="solar_open2",
        models="Upstage Solar Open 2",
        source="parsers: vLLM solar_open2",
        example=(
            "<|think:start|>I need the tide.<|think:end|><|tool_call:start|>find_tide\n"
            "<|tool_arg:start|>port<|tool_arg:value|>Piran<|tool_arg:end|>\n"
            "<|tool_arg:start|>day<|tool_arg:value|>2<|tool_arg:end|>\n<|tool_call:end|>"
        ),
        calls=(
            Call(
                open=("<|tool_call:start|>",),
                header=Header(
                    pattern=_NAME, start=_START, stop=("<|tool_arg:start|>", "<|tool_call:end|>")
                ),
                payload=Parameters(
                    open=("<|tool_arg:start|>",),
                    header=Header(pattern=r"\s*(?P<key>[^<>]*?)\s*", end=("<|tool_arg:value|>",)),
                    close=("<|tool_arg:end|>",),
                ),
                close=("<|tool_call:end|>",),
            ),
        ),
        reasoning=Reasoning(
            open=("<|think:start|>", "<|think|>"), close=("<|think:end|>",), calls="end"
        ),
    ),
    # Released checkpoints write a suffix inside every tag; see `Format.with_suffix`.
    Format(
        name="hy_v3",
        models="Tencent Hy3",
        source="parsers: vLLM py+rust hy_v3, SGLang hunyuan, llama.cpp",
        example=(
            "<tool_calls>\n<tool_call>find_tide<tool_sep>\n<arg_key>port</arg_key>\n"
            "<arg_value>Piran</arg_value>\n<arg_key>day</arg_key>\n<arg_value>2</arg_value>\n"
            "</tool_call>\n</tool_calls>"
        ),
        calls=(_pairs("tool_call", name_end=("<tool_sep>",)),),
        sections=_HUNYUAN,
        reasoning=_THINK,
    ),
    Format(
        name="hy_v4",
        models="Tencent Hy4",
        source="parsers: vLLM py+rust, SGLang",
        example=(
            "<tool_calls><tool_call>find_tide<arg_key>port</arg_key>"
            "<arg_value>Piran</arg_value><arg_key>day</arg_key><arg_value>2</arg_value>"
            "</tool_call></tool_calls>"
        ),
        calls=(_pairs("tool_call"),),
        sections=_HUNYUAN,
        reasoning=_THINK,
    ),
    Format(
        name="k2_horizon",
        models="IFM K2 Horizon (default)",
        source="parsers: vLLM, SGLang",
        example=(
            "<ifm|tool_calls><ifm|tool_call>find_tide<ifm|arg_key>port</ifm|arg_key>"
            "<ifm|arg_value>Piran</ifm|arg_value><ifm|arg_key>day</ifm|arg_key>"
            "<ifm|arg_value>2</ifm|arg_value></ifm|tool_call></ifm|tool_calls>"
        ),
        calls=(_pairs("tool_call", "ifm|"),),
        sections=_IFM_SECTION,
        reasoning=_IFM_THINK,
    ),
    Format(
        name="k2_horizon_typed",
        models="IFM K2 Horizon",
        source="parsers: vLLM, SGLang",
        example=(
            "<ifm|tool_calls><ifm|tool_call>find_tide<ifm|arg_key>port</ifm|arg_key>"
            "<ifm|arg_type>string</ifm|arg_type><ifm|arg_value>Piran</ifm|arg_value>"
            "<ifm|arg_key>day</ifm|arg_key><ifm|arg_type>integer</ifm|arg_type>"
            "<ifm|arg_value>2</ifm|arg_value></ifm|tool_call></ifm|tool_calls>"
        ),
        calls=(_IFM_TYPED,),
        sections=_IFM_SECTION,
        reasoning=_IFM_THINK,
    ),
)
