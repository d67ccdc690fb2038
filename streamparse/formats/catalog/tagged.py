"""Formats that write parameters in tags, the key in the opening one."""

from __future__ import annotations

from typing import Final

from streamparse.formats.table import (
    Call,
    Channels,
    Elements,
    Format,
    Header,
    JsonCall,
    Parameters,
    Reasoning,
    Section,
)

__all__ = ["FORMATS"]

_THINK: Final = Reasoning(calls="end")
# Models put quotes around names, or leave them out, as it happens.
_NAME: Final = Header(
    pattern=r"\s*[\"']?(?P<name>[^\"'>\n]+?)[\"']?\s*", end=(">",), forbidden="\n<"
)
_KEY: Final = Header(pattern=r"\s*[\"']?(?P<key>[^\"'>\n]+?)[\"']?\s*", end=(">",), forbidden="\n<")


def _function(trim: bool = True, outside: bool = True) -> Call:
    """`<function=name><parameter=key>value</parameter></function>`"""
    return Call(
        open=("<function=",),
        header=_NAME,
        payload=Parameters(open=("<parameter=",), header=_KEY, close=("</parameter>",), trim=trim),
        close=("</function>",),
        outside=outside,
    )


def _invoke(prefix: str, typing: str = "schema", outside: bool = False) -> Call:
    """`<invoke name="name"><parameter name="key">value</parameter></invoke>`"""
    return Call(
        open=(f"<{prefix}invoke name=",),
        header=_NAME,
        payload=Parameters(
            open=(f"<{prefix}parameter name=",),
            header=_KEY,
            close=(f"</{prefix}parameter>",),
            typing=typing,
        ),
        close=(f"</{prefix}invoke>",),
        outside=outside,
    )


def _dsml(prefix: str) -> Call:
    """DeepSeek's markup: parameters say whether they are strings; without that they are JSON."""
    return Call(
        open=(f"<{prefix}invoke",),
        header=Header(pattern=r"\s+name=[\"'](?P<name>[^\"']*)[\"']\s*", end=(">",)),
        payload=Parameters(
            open=(f"<{prefix}parameter",),
            header=Header(
                pattern=(
                    r"\s+name=\"(?P<key>[^\"]*)\"(?:\s+string=\"(?P<string>true|false)\")?\s*"
                ),
                end=(">",),
            ),
            close=(f"</{prefix}parameter>",),
            typing="wire",
        ),
        close=(f"</{prefix}invoke>",),
    )


def _section(*tags: str) -> tuple[Section, ...]:
    opens, closes = [f"<{tag}>" for tag in tags], [f"</{tag}>" for tag in tags]
    return (Section(open=tuple(opens), close=tuple(closes)),)


_CODER: Final = (_function(),)
_MINIMAX: Final = "]<]minimax[>["
_STEP_TOKENS: Final = ("<｜tool_call_begin｜>", "<｜tool_call_end｜>", "<｜tool_sep｜>")

FORMATS: Final = (
    Format(
        name="qwen3_coder",
        models="Qwen3-Coder, Qwen3-Coder-Next, Qwen3.5/3.6/3.8, Nanbeige, Ornith",
        source="parsers: vLLM qwen3_coder,qwen3_xml; SGLang; llama.cpp; ollama; lmdeploy",
        calls=_CODER,
        sections=_section("tool_call"),
        reasoning=_THINK,
    ),
    # Its own tags only: a plain `<tool_call>` is text.
    Format(
        name="seed_oss",
        models="ByteDance Seed-OSS-36B",
        source="parsers: vLLM py+rust; llama.cpp",
        calls=(_function(outside=False),),
        sections=_section("seed:tool_call"),
        reasoning=Reasoning(open=("<seed:think>",), close=("</seed:think>",), calls="end"),
    ),
    Format(
        name="mimo",
        models="Xiaomi MiMo-V2",
        source="parsers: vLLM py+rust, SGLang mimo",
        calls=(_function(trim=False),),
        sections=_section("tool_call"),
        reasoning=_THINK,
    ),
    Format(
        name="step3p5",
        models="StepFun Step-3.5-Flash, 3.7",
        source="parsers: vLLM, SGLang, llama.cpp",
        calls=_CODER,
        sections=_section("tool_call"),
        reasoning=_THINK,
    ),
    Format(
        name="step5",
        models="StepFun Step-5",
        source="parsers: vLLM py+rust",
        calls=_CODER,
        sections=_section("tool_call"),
        reasoning=_THINK,
    ),
    Format(
        name="nemotron3",
        models="NVIDIA Nemotron 3 Nano/Super/Ultra, 3.5; Granite 4.2 thinking",
        source="parsers: vLLM qwen3_coder+nemotron_v3; ollama; llama.cpp",
        calls=_CODER,
        sections=_section("tool_call"),
        reasoning=_THINK,
    ),
    Format(
        name="minimax_m2",
        models="MiniMax-M2 series",
        source="parsers: vLLM py+rust, SGLang, llama.cpp",
        calls=(_invoke(""),),
        sections=_section("minimax:tool_call"),
        reasoning=_THINK,
    ),
    Format(
        name="minimax_m3",
        models="MiniMax-M3",
        source="parsers: vLLM py+rust, SGLang, llama.cpp",
        calls=(
            Call(
                open=(f"{_MINIMAX}<invoke name=",),
                header=_NAME,
                payload=Elements(namespace=_MINIMAX),
                close=(f"{_MINIMAX}</invoke>",),
            ),
        ),
        sections=(Section(open=(f"{_MINIMAX}<tool_call>",), close=(f"{_MINIMAX}</tool_call>",)),),
        reasoning=Reasoning(open=("<mm:think>",), close=("</mm:think>",), calls="end"),
    ),
    # The section may hold a JSON call instead.
    Format(
        name="dots",
        models="RedNote dots.llm2",
        source="parsers: vLLM, SGLang dots",
        calls=(_invoke(""), Call(payload=JsonCall(), first="{")),
        sections=(
            Section(open=("<dots_function_call>",), close=("</dots_function_call>",), skip="[,]"),
        ),
        reasoning=_THINK,
    ),
    # No section; some tokenizers lose the space in the tags.
    Format(
        name="minicpm5",
        models="OpenBMB MiniCPM5",
        source="parsers: vLLM, SGLang, llama.cpp",
        calls=(
            Call(
                open=("<function name=", "<functionname="),
                header=_NAME,
                payload=Parameters(
                    open=("<param name=", "<paramname="),
                    header=_KEY,
                    close=("</param>",),
                    cdata=True,
                ),
                close=("</function>",),
            ),
        ),
        reasoning=_THINK,
    ),
    Format(
        name="step3",
        models="StepFun Step3",
        source="parsers: vLLM, SGLang step3",
        calls=(_invoke("steptml:"),),
        sections=(Section(open=("<｜tool_calls_begin｜>",), close=("<｜tool_calls_end｜>",)),),
        separators=(*_STEP_TOKENS, "function<｜tool_sep｜>"),
        reasoning=_THINK,
    ),
    Format(
        name="deepseek_v32",
        models="DeepSeek-V3.2; V3.2-Exp (DSML spelled with ordinary tokens)",
        source="parsers: vLLM py+rust, SGLang, llama.cpp, lmdeploy",
        calls=(_dsml("｜DSML｜"),),
        sections=_section("｜DSML｜function_calls"),
        reasoning=_THINK,
    ),
    # Openers are misspelt, or left out, in production.
    Format(
        name="deepseek_v4",
        models="DeepSeek-V4, V4-Flash",
        source="parsers: vLLM py+rust, SGLang, llama.cpp, lmdeploy",
        calls=(_dsml("｜DSML｜"),),
        sections=_section("｜DSML｜tool_calls", "｜DSML｜toolcalls", "｜DSML｜tool"),
        reasoning=_THINK,
    ),
    # A space behind the prefix; the spelling of V4 is text here.
    Format(
        name="deepseek_v41",
        models="DeepSeek-V4.1",
        source="parsers: vLLM py+rust, SGLang",
        calls=(_dsml("｜DSML｜ "),),
        sections=_section("｜DSML｜ calls"),
        reasoning=_THINK,
    ),
    Format(
        name="gigachat35",
        models="Sber GigaChat3.5",
        source="parsers: SGLang",
        calls=(_dsml("｜GCML｜"),),
        sections=_section("｜GCML｜tool_calls"),
        reasoning=_THINK,
    ),
    # Messages with recipients: `self` is reasoning, `user` and `commentary` are the answer, any
    # other is a tool, in whose message calls count.
    Format(
        name="muse",
        models="Muse Spark, Muse Glimmer",
        source="parsers: vLLM py+rust, SGLang, llama.cpp, ollama glimmer",
        calls=(_invoke("atem:", typing="json_or_string", outside=True),),
        sections=_section("atem:function_calls"),
        channels=Channels(
            open=("<|start|>",),
            header=Header(pattern=r".*", end=("<|message|>",)),
            close=("<|eom|>", "<|eot|>"),
            recipient=r"\bto=([^\s<]+)",
            known=r"<\|start\|>(?:assistant)?\s*to=[^\s<]+\s*",
            reasoning=("self",),
            content=("user", "commentary"),
        ),
        reasoning=None,
        nested_names=True,
    ),
    # Attributes are escaped, bodies are not.
    Format(
        name="kimi_k3",
        models="Kimi-K3",
        source="parsers: vLLM py+rust, SGLang, llama.cpp",
        calls=(
            Call(
                open=("<|open|>call",),
                header=Header(pattern=r"(?=.*?\stool=\"(?P<name>[^\"]*)\").*", end=("<|sep|>",)),
                payload=Parameters(
                    open=("<|open|>argument",),
                    header=Header(
                        pattern=(
                            r"(?=.*?\skey=\"(?P<key>[^\"]*)\")"
                            r"(?:(?=.*?\stype=\"(?P<type>\w+)\"))?.*"
                        ),
                        end=("<|sep|>",),
                    ),
                    close=("<|close|>argument<|sep|>",),
                    typing="type",
                    entities=True,
                ),
                close=("<|close|>call<|sep|>",),
            ),
        ),
        sections=(Section(open=("<|open|>tools<|sep|>",), close=("<|close|>tools<|sep|>",)),),
        reasoning=Reasoning(
            open=("<|open|>think<|sep|>",), close=("<|close|>think<|sep|>",), calls="end"
        ),
        drop=(
            "<|open|>response<|sep|>",
            "<|close|>response<|sep|>",
            "<|open|>message<|sep|>",
            "<|close|>message<|sep|>",
        ),
    ),
)
