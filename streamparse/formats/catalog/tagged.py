"""Formats that write parameters in tags, with the key in the opening tag."""

from __future__ import annotations

from typing import Final

from streamparse.formats.table import (
    Call,
    Channels,
    Elements,
    Format,
    FreeText,
    Header,
    JsonCall,
    Parameters,
    Reasoning,
    Section,
    beginning,
)

__all__ = ["FORMATS"]

_THINK: Final = Reasoning(calls="end")


# Models write names with or without quotes. In quotes a name may contain spaces and `>`.
def _named(group: str, bare: str, empty: tuple[str, ...] = ()) -> Header:
    """Return a header: a name and `>`. Without quotes the name contains none of `bare`."""
    return Header(
        pattern=(
            rf"\s*(?P<quote>[\"'])?(?P<{group}>(?(quote)[^\"'\n<]{{1,128}}|[^{bare}]{{1,128}}?))"
            r"(?(quote)(?P=quote))\s*"
        ),
        start=(
            r"\s*(?:\"[^\"\n<]{0,128}(?:\"\s*)?|'[^'\n<]{0,128}(?:'\s*)?|"
            rf"[^{bare}]{{0,128}}\s*)"
        ),
        end=(">",),
        empty=empty,
        forbidden="\n<",
    )


_NO_NAME: Final = r"\s\"'<>"
_NAME: Final = _named("name", _NO_NAME)
_KEY: Final = _named("key", r"\n\"'<>")


def _function(trim: bool = True, outside: bool = True) -> Call:
    """Return `<function=name><parameter=key>value</parameter></function>`."""
    return Call(
        open=("<function=",),
        header=_NAME,
        payload=Parameters(
            open=("<parameter=", "<param="),
            header=_KEY,
            close=("</parameter>", "</param>"),
            trim=trim,
        ),
        close=("</function>",),
        outside=outside,
    )


def _invoke(prefix: str, typing: str = "schema", outside: bool = False) -> Call:
    """Return `<invoke name="name"><parameter name="key">value</parameter></invoke>`."""
    return Call(
        open=(f"<{prefix}invoke name=",),
        header=_named("name", _NO_NAME, ("/>",)),
        payload=Parameters(
            open=(f"<{prefix}parameter name=", f"<{prefix}param name="),
            header=_KEY,
            close=(f"</{prefix}parameter>", f"</{prefix}param>"),
            typing=typing,
        ),
        close=(f"</{prefix}invoke>",),
        outside=outside,
    )


def _dsml(prefix: str) -> Call:
    """Return a call in DeepSeek's markup. A parameter not marked as a string is JSON."""
    return Call(
        open=(f"<{prefix}invoke",),
        header=Header(
            pattern=r"\s+name=(?P<quote>[\"'])(?P<name>[^\"']{1,128})(?P=quote)\s*",
            start=beginning(
                r"\s*", "name=", r"(?:\"[^\"]{0,128}(?:\"\s*)?|'[^']{0,128}(?:'\s*)?)?"
            ),
            end=(">",),
            empty=("/>",),
        ),
        payload=Parameters(
            open=(f"<{prefix}parameter",),
            header=Header(
                pattern=(
                    r"\s+name=(?P<quote>[\"'])(?P<key>[^\"']*)(?P=quote)"
                    r"(?:\s+(?:string|type)=[\"'](?P<string>\w+)[\"'])?\s*"
                ),
                end=(">",),
            ),
            close=(f"</{prefix}parameter>",),
            typing="wire",
        ),
        close=(f"</{prefix}invoke>",),
    )


def _labelled(open: str, header: Header) -> Call:
    """Return `<tool: label>text</tool>`."""
    return Call(open=(open,), header=header, payload=FreeText(key="command"), close=("</tool>",))


def _section(*tags: str) -> tuple[Section, ...]:
    opens, closes = [f"<{tag}>" for tag in tags], [f"</{tag}>" for tag in tags]
    return (Section(open=tuple(opens), close=tuple(closes)),)


_CODER: Final = (_function(),)
_MINIMAX: Final = "]<]minimax[>["
_ATTRIBUTES: Final = r"(?:\s+\w+=\"[^\"]*\")*\s*"
_STEP_TOKENS: Final = ("<｜tool_call_begin｜>", "<｜tool_call_end｜>", "<｜tool_sep｜>")

FORMATS: Final = (
    Format(
        name="qwen3_coder",
        models="Qwen3-Coder, Qwen3-Coder-Next, Qwen3.5/3.6/3.8, Nanbeige, Ornith",
        source="parsers: vLLM qwen3_coder,qwen3_xml; SGLang; llama.cpp; ollama; lmdeploy",
        example=(
            "Let me see.\n\n<tool_call>\n<function=find_tide>\n<parameter=port>\nPiran\n"
            "</parameter>\n<parameter=day>\n2\n</parameter>\n</function>\n</tool_call>"
        ),
        calls=_CODER,
        sections=_section("tool_call"),
        reasoning=_THINK,
    ),
    # Calls count only inside its own tags: `<tool_call>` is text.
    Format(
        name="seed_oss",
        models="ByteDance Seed-OSS-36B",
        source="parsers: vLLM py+rust; llama.cpp",
        example=(
            "<seed:think>I need the tide.</seed:think><seed:tool_call>\n<function=find_tide>\n"
            "<parameter=port>Piran</parameter>\n<parameter=day>2</parameter>\n</function>\n"
            "</seed:tool_call>"
        ),
        calls=(_function(outside=False),),
        sections=_section("seed:tool_call"),
        reasoning=Reasoning(open=("<seed:think>",), close=("</seed:think>",), calls="end"),
    ),
    Format(
        name="mimo",
        models="Xiaomi MiMo-V2",
        source="parsers: vLLM py+rust, SGLang mimo",
        example=(
            "<tool_call>\n<function=find_tide>\n<parameter=port>Piran</parameter>\n"
            "<parameter=day>2</parameter>\n</function>\n</tool_call>"
        ),
        calls=(_function(trim=False),),
        sections=_section("tool_call"),
        reasoning=_THINK,
    ),
    Format(
        name="step3p5",
        models="StepFun Step-3.5-Flash, 3.7",
        source="parsers: vLLM, SGLang, llama.cpp",
        example=(
            "<think>\nI need the tide.\n</think>\n<tool_call>\n<function=find_tide>\n"
            "<parameter=port>\nPiran\n</parameter>\n<parameter=day>\n2\n</parameter>\n"
            "</function>\n</tool_call>"
        ),
        calls=_CODER,
        sections=_section("tool_call"),
        reasoning=_THINK,
    ),
    Format(
        name="step5",
        models="StepFun Step-5",
        source="parsers: vLLM py+rust",
        example=(
            "<tool_call>\n<function=find_tide>\n<parameter=port>\nPiran\n</parameter>\n"
            "<parameter=day>\n2\n</parameter>\n</function>\n</tool_call>"
        ),
        calls=_CODER,
        sections=_section("tool_call"),
        reasoning=_THINK,
    ),
    Format(
        name="nemotron3",
        models="NVIDIA Nemotron 3 Nano/Super/Ultra, 3.5; Granite 4.2 thinking",
        source="parsers: vLLM qwen3_coder+nemotron_v3; ollama; llama.cpp",
        example=(
            "<think></think><tool_call>\n<function=find_tide>\n<parameter=port>\nPiran\n"
            "</parameter>\n<parameter=day>\n2\n</parameter>\n</function>\n</tool_call>"
        ),
        calls=_CODER,
        sections=_section("tool_call"),
        reasoning=_THINK,
    ),
    Format(
        name="minimax_m2",
        models="MiniMax-M2 series",
        source="parsers: vLLM py+rust, SGLang, llama.cpp",
        example=(
            '<minimax:tool_call>\n<invoke name="find_tide">\n'
            '<parameter name="port">Piran</parameter>\n<parameter name="day">2</parameter>\n'
            "</invoke>\n</minimax:tool_call>"
        ),
        calls=(_invoke(""),),
        sections=_section("minimax:tool_call"),
        reasoning=_THINK,
    ),
    Format(
        name="minimax_m3",
        models="MiniMax-M3",
        source="parsers: vLLM py+rust, SGLang, llama.cpp",
        example=(
            ']<]minimax[>[<tool_call>]<]minimax[>[<invoke name="find_tide">'
            "]<]minimax[>[<port>Piran]<]minimax[>[</port>]<]minimax[>[<days>"
            "]<]minimax[>[<item>2]<]minimax[>[</item>]<]minimax[>[<item>3]<]minimax[>[</item>"
            "]<]minimax[>[</days>]<]minimax[>[</invoke>]<]minimax[>[</tool_call>"
        ),
        calls=(
            Call(
                open=(f"{_MINIMAX}<invoke name=",),
                header=_named("name", _NO_NAME, ("/>",)),
                payload=Elements(namespace=_MINIMAX),
                close=(f"{_MINIMAX}</invoke>",),
            ),
        ),
        sections=(Section(open=(f"{_MINIMAX}<tool_call>",), close=(f"{_MINIMAX}</tool_call>",)),),
        reasoning=Reasoning(open=("<mm:think>",), close=("</mm:think>",), calls="end"),
    ),
    # The section may contain a JSON call instead.
    Format(
        name="dots",
        models="RedNote dots.llm2",
        source="parsers: vLLM, SGLang dots",
        example=(
            '<dots_function_call><invoke name="find_tide">'
            '<parameter name="port">Piran</parameter><parameter name="day">2</parameter>'
            "</invoke></dots_function_call>"
        ),
        calls=(_invoke(""), Call(payload=JsonCall(), first="{")),
        sections=(
            Section(open=("<dots_function_call>",), close=("</dots_function_call>",), skip="[,]"),
        ),
        reasoning=_THINK,
    ),
    # Some tokenizers drop the space in the tags.
    Format(
        name="minicpm5",
        models="OpenBMB MiniCPM5",
        source="parsers: vLLM, SGLang, llama.cpp",
        example=(
            '<function name="find_tide"><param name="port"><![CDATA[Piran]]></param>'
            '<param name="day">2</param></function>'
        ),
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
        example=(
            '<｜tool_calls_begin｜><｜tool_call_begin｜><steptml:invoke name="find_tide">'
            '<steptml:parameter name="port">Piran</steptml:parameter>'
            '<steptml:parameter name="day">2</steptml:parameter></steptml:invoke>'
            "<｜tool_call_end｜><｜tool_calls_end｜>"
        ),
        calls=(_invoke("steptml:"),),
        sections=(Section(open=("<｜tool_calls_begin｜>",), close=("<｜tool_calls_end｜>",)),),
        separators=(*_STEP_TOKENS, "function<｜tool_sep｜>"),
        reasoning=_THINK,
    ),
    Format(
        name="deepseek_v32",
        models="DeepSeek-V3.2; V3.2-Exp (DSML spelled with ordinary tokens)",
        source="parsers: vLLM py+rust, SGLang, llama.cpp, lmdeploy",
        example=(
            '<｜DSML｜function_calls>\n<｜DSML｜invoke name="find_tide">\n'
            '<｜DSML｜parameter name="port" string="true">Piran</｜DSML｜parameter>\n'
            '<｜DSML｜parameter name="day" string="false">2</｜DSML｜parameter>\n'
            "</｜DSML｜invoke>\n</｜DSML｜function_calls>"
        ),
        calls=(_dsml("｜DSML｜"),),
        sections=_section("｜DSML｜function_calls", "｜DSML｜tool_calls"),
        reasoning=_THINK,
    ),
    # In production, models misspell the opener or omit it.
    Format(
        name="deepseek_v4",
        models="DeepSeek-V4, V4-Flash",
        source="parsers: vLLM py+rust, SGLang, llama.cpp, lmdeploy",
        example=(
            '<｜DSML｜tool_calls>\n<｜DSML｜invoke name="find_tide">\n'
            '<｜DSML｜parameter name="port" string="true">Piran</｜DSML｜parameter>\n'
            '<｜DSML｜parameter name="day" string="false">2</｜DSML｜parameter>\n'
            "</｜DSML｜invoke>\n</｜DSML｜tool_calls>"
        ),
        calls=(_dsml("｜DSML｜"),),
        sections=_section(
            "｜DSML｜tool_calls", "｜DSML｜toolcalls", "｜DSML｜tool", "｜DSML｜function_calls"
        ),
        reasoning=_THINK,
    ),
    # A space follows the prefix. Tags as in V4, without the space, are text.
    Format(
        name="deepseek_v41",
        models="DeepSeek-V4.1",
        source="parsers: vLLM py+rust, SGLang",
        example=(
            '<｜DSML｜ calls>\n<｜DSML｜ invoke name="find_tide">\n'
            '<｜DSML｜ parameter name="port" string="true">Piran</｜DSML｜ parameter>\n'
            '<｜DSML｜ parameter name="day" string="false">2</｜DSML｜ parameter>\n'
            "</｜DSML｜ invoke>\n</｜DSML｜ calls>"
        ),
        calls=(_dsml("｜DSML｜ "),),
        sections=_section("｜DSML｜ calls"),
        reasoning=_THINK,
    ),
    Format(
        name="gigachat35",
        models="Sber GigaChat3.5",
        source="parsers: SGLang",
        example=(
            '<｜GCML｜tool_calls>\n<｜GCML｜invoke name="find_tide">\n'
            '<｜GCML｜parameter name="port" string="true">Piran</｜GCML｜parameter>\n'
            '<｜GCML｜parameter name="day" string="false">2</｜GCML｜parameter>\n'
            "</｜GCML｜invoke>\n</｜GCML｜tool_calls>"
        ),
        calls=(_dsml("｜GCML｜"),),
        sections=_section("｜GCML｜tool_calls"),
        reasoning=_THINK,
    ),
    # An attribute gives the type of a value: text, JSON, or further values. Earlier versions write
    # `<cofl:tool_param name="…" string="…">`, without nesting.
    Format(
        name="cohere_cofl",
        models="Cohere Command, newer than 4",
        source="parsers: cohere melody cmd5, xgrammar cohere_xml",
        example=(
            "<|START_THINKING|>I need the tide.<|END_THINKING|><cofl:tool_calls>"
            '<cofl:tool_call id="0" name="find_tide">'
            '<cofl:value name="port" type="raw">Piran</cofl:value>'
            '<cofl:value name="day" type="json">2</cofl:value>'
            "</cofl:tool_call></cofl:tool_calls>"
        ),
        calls=(
            Call(
                open=("<cofl:tool_call ",),
                header=Header(
                    pattern=(
                        r"(?:\s*(?:id=\"(?P<id>[^\"]{0,128})\"|name=\"(?P<name>[^\"]{1,128})\"))*\s*"
                    ),
                    start=(
                        r"(?:\s*(?:id|name)=\"[^\"]{0,128}\")*\s*"
                        r"(?:name|nam|na|n|id|i)?(?:(?<=[de])=(?:\"[^\"]{0,128})?)?"
                    ),
                    end=(">",),
                    empty=("/>",),
                ),
                payload=Parameters(
                    open=("<cofl:value", "<cofl:tool_param"),
                    header=Header(
                        pattern=(
                            r"(?:\s+(?:name=\"(?P<key>[^\"]*)\"|type=\"(?P<type>\w+)\""
                            r"|string=\"(?P<string>\w+)\"))*\s*"
                        ),
                        end=(">",),
                    ),
                    close=("</cofl:value>", "</cofl:tool_param>"),
                    typing="nested",
                    entities=True,
                ),
                close=("</cofl:tool_call>",),
                outside=False,
            ),
        ),
        sections=(Section(open=("<cofl:tool_calls>",), close=("</cofl:tool_calls>",)),),
        reasoning=Reasoning(open=("<|START_THINKING|>",), close=("<|END_THINKING|>",), calls="end"),
        drop=tuple(
            f"<|{place}_{what}|>"
            for what in ("ACTION", "TEXT", "RESPONSE")
            for place in ("START", "END")
        ),
    ),
    # The label in the tag is the name of the tool. After the label `function`, the first word is.
    Format(
        name="cwm",
        models="Meta CWM",
        source="parsers: vLLM cwm",
        example=(
            "<think>I need the tide.</think>\n<tool: function>\n"
            'find_tide {"port": "Piran", "day": 2}\n</tool>'
        ),
        calls=(
            _labelled(
                "<tool: function>",
                Header(
                    pattern=r"\s*(?P<name>[\w.\-]{1,128})",
                    start=r"\s*[\w.\-]{0,128}",
                    end=(" ", "\n"),
                    stop=("</tool>",),
                ),
            ),
            _labelled(
                "<tool: ",
                Header(pattern=r"(?P<name>[\w.\-]{1,128})", start=r"[\w.\-]{0,128}", end=(">",)),
            ),
        ),
        reasoning=_THINK,
    ),
    # The recipient `self` means reasoning, `user` and `commentary` mean content. Any other is a
    # tool, and only messages to tools contain calls.
    Format(
        name="muse",
        models="Muse Spark, Muse Glimmer",
        source="parsers: vLLM py+rust, SGLang, llama.cpp, ollama glimmer",
        example=(
            "<|start|>assistant to=self<|message|>I need the tide.<|eom|>"
            "<|start|>assistant to=find_tide<|message|><atem:function_calls>\n"
            '<atem:invoke name="find_tide">\n'
            '<atem:parameter name="port">Piran</atem:parameter>\n'
            '<atem:parameter name="day">2</atem:parameter>\n</atem:invoke>\n'
            "</atem:function_calls><|eot|>"
        ),
        calls=(_invoke("atem:", typing="json_or_string", outside=True),),
        sections=_section("atem:function_calls"),
        channels=Channels(
            open=("<|start|>",),
            header=Header(pattern=r".*", end=("<|message|>",)),
            close=("<|eom|>", "<|eot|>"),
            recipient=r"\bto=([^\s<]+)",
            known=r"<\|start\|>(?:assistant\s)?\s*to=[^\s<]+\s*",
            reasoning=("self",),
            content=("user", "commentary"),
        ),
        reasoning=None,
        nested_names=True,
    ),
    # Attributes contain entities, bodies do not.
    Format(
        name="kimi_k3",
        models="Kimi-K3",
        source="parsers: vLLM py+rust, SGLang, llama.cpp",
        example=(
            '<|open|>tools<|sep|><|open|>call tool="find_tide" index="1"<|sep|>'
            '<|open|>argument key="port" type="string"<|sep|>Piran<|close|>argument<|sep|>'
            '<|open|>argument key="day" type="number"<|sep|>2<|close|>argument<|sep|>'
            "<|close|>call<|sep|><|close|>tools<|sep|>"
        ),
        calls=(
            Call(
                open=("<|open|>call",),
                header=Header(
                    pattern=r"(?=.*?\stool=\"(?P<name>[^\"]*)\")" + _ATTRIBUTES,
                    start=_ATTRIBUTES + r"(?:\w+(?:=(?:\"[^\"]*)?)?)?",
                    end=("<|sep|>",),
                ),
                payload=Parameters(
                    open=("<|open|>argument",),
                    header=Header(
                        pattern=(
                            r"(?=.*?\skey=\"(?P<key>[^\"]*)\")"
                            r"(?:(?=.*?\stype=\"(?P<type>\w+)\"))?" + _ATTRIBUTES
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
