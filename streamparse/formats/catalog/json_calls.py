"""Formats whose calls are JSON objects that contain the name, after a marker."""

from __future__ import annotations

from typing import Final

from streamparse.formats.table import Call, Channels, Format, Header, JsonCall, Reasoning, Section

__all__ = ["FORMATS"]

# The commas and brackets of an array of calls mean nothing.
_ARRAY: Final = "[,]"
# Models sometimes write one brace too many before a closing tag.
_TAGGED: Final = "[,]}"
_OBJECT: Final = Call(payload=JsonCall(), first="{")
# Bare JSON may be an answer. It is a call if it has both keys.
_UNSURE: Final = Call(payload=JsonCall(), first="{", sure=False)
_COHERE: Final = Call(
    payload=JsonCall(
        name_keys=("tool_name", "name"),
        argument_keys=("parameters", "arguments"),
        id_keys=("tool_call_id",),
    ),
    first="{",
)
_PLUGIN: Final = ("<|action_start|><|plugin|>", "<|action_start|> <|plugin|>")
_THINK_AND_CALL: Final = Reasoning(calls="end")


def _block(open: str, close: str) -> tuple[Section, ...]:
    """Return a section: tags around an object, an array, or one object per line."""
    return (Section(open=(open,), close=(close,), skip=_TAGGED),)


FORMATS: Final = (
    Format(
        name="hermes",
        models=(
            "Hermes 2/3, Qwen2.5, Qwen3 (dense/MoE instruct + thinking), QwQ, most "
            "Qwen-derived finetunes"
        ),
        source=(
            "parsers: vLLM hermes,qwen3_json; SGLang qwen,qwen25,hermes; llama.cpp auto "
            "(JSON_NATIVE); ollama qwen3; lmdeploy qwen2d5,qwen3"
        ),
        example=(
            "Let me see.\n<tool_call>\n"
            '{"name": "find_tide", "arguments": {"port": "Piran", "day": 2}}\n</tool_call>'
        ),
        calls=(_OBJECT,),
        sections=_block("<tool_call>", "</tool_call>"),
    ),
    Format(
        name="longcat",
        models="LongCat-Flash (Chat/Thinking)",
        source="parsers: vLLM longcat",
        example=(
            '<longcat_tool_call>{"name": "find_tide", "arguments": {"port": "Piran", "day": 2}}'
            "</longcat_tool_call>"
        ),
        calls=(_OBJECT,),
        sections=_block("<longcat_tool_call>", "</longcat_tool_call>"),
        reasoning=Reasoning(
            open=("<longcat_think>", "<think>"), close=("</longcat_think>", "</think>")
        ),
    ),
    # `arguments` may be a JSON string that contains the object. All JSON formats accept that.
    Format(
        name="granite4",
        models="IBM Granite 4.0, 4.1",
        source="parsers: vLLM py+rust granite4; llama.cpp auto",
        example=(
            '<tool_call>{"name": "find_tide", "arguments": "{\\"port\\": \\"Piran\\", '
            '\\"day\\": 2}"}</tool_call>'
        ),
        calls=(_OBJECT,),
        sections=_block("<tool_call>", "</tool_call>"),
    ),
    # Answers are in tags. Some tokenizers write the newline token as `<0x0A>`.
    Format(
        name="ernie45",
        models="Baidu ERNIE-4.5-*-Thinking",
        source="parsers: vLLM ernie45",
        example=(
            "<think>\nI need the tide.\n</think>\n\n<tool_call>\n"
            '{"name": "find_tide", "arguments": {"port": "Piran", "day": 2}}\n</tool_call>\n'
        ),
        calls=(_OBJECT,),
        sections=_block("<tool_call>", "</tool_call>"),
        separators=("<0x0A>",),
        drop=("<response>", "</response>"),
    ),
    Format(
        name="smollm3",
        models="HuggingFaceTB SmolLM3",
        source="parsers: llama.cpp auto",
        example=(
            '<tool_call>{"name": "find_tide", "arguments": {"port": "Piran", "day": 2}}</tool_call>'
        ),
        calls=(_OBJECT,),
        sections=_block("<tool_call>", "</tool_call>"),
    ),
    Format(
        name="reka_edge",
        models="Reka Edge",
        source="parsers: llama.cpp",
        example=(
            "<tool_call>\n"
            '{"name": "find_tide", "arguments": {"port": "Piran", "day": 2}}</tool_call>'
        ),
        calls=(_OBJECT,),
        sections=_block("<tool_call>", "</tool_call>"),
    ),
    # Calls are inside the reasoning and end it.
    Format(
        name="trinity",
        models="Arcee Trinity",
        source="parsers: SGLang trinity",
        example=(
            "<think>I need the tide.<tool_call>\n"
            '{"name": "find_tide", "arguments": {"port": "Piran", "day": 2}}\n'
            "</tool_call></think>"
        ),
        calls=(_OBJECT,),
        sections=_block("<tool_call>", "</tool_call>"),
        reasoning=_THINK_AND_CALL,
    ),
    Format(
        name="nemotron_nano_v2",
        models="NVIDIA Nemotron-Nano-9B/12B-v2",
        source="parsers: llama.cpp; vLLM via plugin",
        example=(
            '<TOOLCALL>[{"name": "find_tide", "arguments": {"port": "Piran", "day": 2}}]</TOOLCALL>'
        ),
        calls=(_OBJECT,),
        sections=_block("<TOOLCALL>", "</TOOLCALL>"),
    ),
    Format(
        name="apriel",
        models="ServiceNow Apriel-1.5",
        source="parsers: llama.cpp",
        example=(
            '<tool_calls>[{"name": "find_tide", "arguments": {"port": "Piran", "day": 2}, '
            '"id": "7"}]</tool_calls>'
        ),
        calls=(_OBJECT,),
        sections=_block("<tool_calls>", "</tool_calls>"),
    ),
    # The prompt opens the reasoning, so everything before the marker belongs to it.
    Format(
        name="apriel_thinker",
        models="ServiceNow Apriel-1.6-15b-Thinker",
        source="parsers: llama.cpp",
        example=(
            'I need the tide.\n[BEGIN FINAL RESPONSE]\n<tool_calls>[{"name": "find_tide", '
            '"arguments": {"port": "Piran", "day": 2}}]</tool_calls>'
        ),
        calls=(_OBJECT,),
        sections=_block("<tool_calls>", "</tool_calls>"),
        reasoning=Reasoning(open=(), close=("[BEGIN FINAL RESPONSE]",)),
        drop=("[BEGIN FINAL RESPONSE]", "[END FINAL RESPONSE]"),
    ),
    Format(
        name="jamba",
        models="AI21 Jamba 1.5/1.6/1.7",
        source="parsers: vLLM jamba",
        example=(
            "<tool_calls>[\n"
            '    {"name": "find_tide", "arguments": {"port": "Piran", "day": 2}}\n'
            "]</tool_calls>"
        ),
        calls=(_OBJECT,),
        sections=_block("<tool_calls>", "</tool_calls>"),
    ),
    Format(
        name="hunyuan_a13b",
        models="Tencent Hunyuan-A13B",
        source="parsers: vLLM hunyuan_a13b",
        example=(
            '<think>\nI need the tide.\n</think>\n<tool_calls>[{"name": "find_tide", '
            '"arguments": {"port": "Piran", "day": 2}}]</tool_calls>'
        ),
        calls=(_OBJECT,),
        sections=_block("<tool_calls>", "</tool_calls>"),
        drop=("<answer>", "</answer>"),
    ),
    # A bare array at the start of the answer, or one of three variants with markers.
    Format(
        name="xlam",
        quotation=False,
        models="Salesforce xLAM-2",
        source="parsers: vLLM xlam",
        example='[{"name": "find_tide", "arguments": {"port": "Piran", "day": 2}}]',
        calls=(_UNSURE,),
        sections=(
            Section(at_start="[", open=("[TOOL_CALLS]",), skip=_ARRAY),
            Section(open=("```json",), close=("```",), skip=_ARRAY),
            Section(open=("<tool_call>",), close=("</tool_call>",), skip=_ARRAY),
        ),
    ),
    Format(
        name="phi4_mini",
        models="Microsoft Phi-4-mini(-instruct)",
        source="parsers: vLLM py+rust phi4_mini_json",
        example='functools[{"name": "find_tide", "arguments": {"port": "Piran", "day": 2}}]',
        calls=(_OBJECT,),
        sections=(Section(open=("functools",), skip=_ARRAY),),
    ),
    Format(
        name="firefunction",
        models="Fireworks llama-3-firefunction-v2",
        source="parsers: llama.cpp",
        example=(
            ' functools[{"name": "find_tide", "arguments": "{\\"port\\": \\"Piran\\", '
            '\\"day\\": 2}"}]'
        ),
        calls=(_OBJECT,),
        sections=(Section(open=("functools",), skip=_ARRAY),),
    ),
    # The marker is a token in 3.0 and plain text in later versions. Sentences
    # delimit the reasoning.
    Format(
        name="granite",
        models="IBM Granite 3.0 (<|tool_call|>), 3.1–3.3 (<tool_call> plain text)",
        source="parsers: vLLM granite",
        example='<|tool_call|>[{"name": "find_tide", "arguments": {"port": "Piran", "day": 2}}]',
        calls=(_OBJECT,),
        sections=(Section(open=("<|tool_call|>", "<tool_call>"), skip=_ARRAY),),
        reasoning=Reasoning(
            open=("Here is my thought process:", "Here's my thought process:"),
            close=("Here is my response:", "Here's my response:"),
            at_start=True,
        ),
    ),
    Format(
        name="granite_20b_fc",
        models="ibm-granite/granite-20b-functioncalling",
        source="parsers: vLLM granite-20b-fc",
        example='<function_call> {"name": "find_tide", "arguments": {"port": "Piran", "day": 2}}',
        calls=(_OBJECT,),
        sections=(Section(open=("<function_call>",)),),
    ),
    Format(
        name="internlm2",
        models="InternLM2-chat, 2.5",
        source="parsers: vLLM py+rust internlm; lmdeploy internlm",
        example=(
            "<|action_start|><|plugin|>\n"
            '{"name": "find_tide", "parameters": {"port": "Piran", "day": 2}}<|action_end|>'
        ),
        calls=(_OBJECT,),
        sections=(Section(open=_PLUGIN, close=("<|action_end|>",), skip=_ARRAY),),
    ),
    Format(
        name="intern_s1",
        models="Intern-S1, S1-mini",
        source="parsers: SGLang interns1; lmdeploy",
        example=(
            "<|action_start|> <|plugin|>\n"
            '{"name": "find_tide", "parameters": {"port": "Piran", "day": 2}}\n<|action_end|>'
        ),
        calls=(_OBJECT,),
        sections=(Section(open=_PLUGIN, close=("<|action_end|>",), skip=_ARRAY),),
    ),
    Format(
        name="minimax_m1",
        models="MiniMax-M1",
        source="parsers: llama.cpp",
        example=(
            '<tool_calls>\n{"name": "find_tide", "arguments": {"port": "Piran", "day": 2}}\n'
            '{"name": "find_berth", "arguments": {"port": "Piran"}}\n</tool_calls>'
        ),
        calls=(_OBJECT,),
        sections=_block("<tool_calls>", "</tool_calls>"),
    ),
    Format(
        name="cohere_command3",
        models="Command R7B-12-2024, Command A",
        source="parsers: vLLM cohere_command3; llama.cpp; ollama cohere",
        example=(
            "<|START_THINKING|>I need the tide.<|END_THINKING|><|START_ACTION|>[\n    "
            '{"tool_call_id": "0", "tool_name": "find_tide", "parameters": {"port": "Piran", '
            '"day": 2}}\n]<|END_ACTION|>'
        ),
        calls=(_COHERE,),
        sections=_block("<|START_ACTION|>", "<|END_ACTION|>"),
        reasoning=Reasoning(open=("<|START_THINKING|>",), close=("<|END_THINKING|>",), calls="end"),
        drop=("<|START_RESPONSE|>", "<|END_RESPONSE|>"),
    ),
    Format(
        name="cohere_command4",
        models="Cohere2 MoE / Command 4",
        source="parsers: vLLM, SGLang cohere_command4; llama.cpp",
        example=(
            "<|START_THINKING|>I need the tide.<|END_THINKING|><|START_ACTION|>[\n    "
            '{"tool_call_id": "0", "tool_name": "find_tide", "parameters": {"port": "Piran", '
            '"day": 2}}\n]<|END_ACTION|>'
        ),
        calls=(_COHERE,),
        sections=_block("<|START_ACTION|>", "<|END_ACTION|>"),
        reasoning=Reasoning(open=("<|START_THINKING|>",), close=("<|END_THINKING|>",), calls="end"),
        drop=("<|START_TEXT|>", "<|END_TEXT|>"),
    ),
    Format(
        name="command_r_plus",
        quotation=False,
        models="Command R, R+ (08-2024)",
        source="parsers: llama.cpp",
        example=(
            'Action:\n```json\n[\n    {\n        "tool_name": "find_tide",\n'
            '        "parameters": {"port": "Piran", "day": 2}\n    }\n]\n```'
        ),
        calls=(_COHERE,),
        sections=(
            Section(
                open=("Action:\n```json", "Action: ```json", "Action:```json"),
                close=("```",),
                skip=_ARRAY,
            ),
        ),
    ),
    # A call is at the start of the answer. JSON after other text is an answer.
    Format(
        name="llama3_json",
        models="Llama 3.1/3.2/3.3, Llama 4 (json template)",
        source=(
            "parsers: vLLM py+rust llama3_json,llama4_json; SGLang llama3; llama.cpp; "
            "lmdeploy llama3"
        ),
        example='{"name": "find_tide", "parameters": {"port": "Piran", "day": 2}}',
        calls=(
            Call(
                payload=JsonCall(argument_keys=("parameters", "arguments")), first="{", sure=False
            ),
        ),
        sections=(Section(at_start="{", open=("<|python_tag|>",), skip=";"),),
    ),
    Format(
        name="mistral_v3",
        models="Mistral 7B v0.3, Mixtral, Nemo, Small 2409/2501, Large 2407",
        source="parsers: vLLM mistral; SGLang mistral; llama.cpp",
        example=(
            '[TOOL_CALLS] [{"name": "find_tide", "arguments": {"port": "Piran", "day": 2}, '
            '"id": "t1de4pirn"}]'
        ),
        calls=(_OBJECT,),
        sections=(Section(open=("[TOOL_CALLS]",), skip=_ARRAY),),
    ),
    # The name is the only key of each object. Calls may be inside the reasoning.
    Format(
        name="apertus",
        models="Swiss AI Apertus 8B/70B",
        source="parsers: vLLM apertus; SGLang apertus2509; llama.cpp",
        example=(
            '<|inner_prefix|>I need the tide.<|tools_prefix|>[{"find_tide": {"port": "Piran", '
            '"day": 2}}]<|tools_suffix|><|inner_suffix|>'
        ),
        calls=(Call(payload=JsonCall(single_key=True), first="{"),),
        sections=_block("<|tools_prefix|>", "<|tools_suffix|>"),
        reasoning=Reasoning(
            open=("<|inner_prefix|>",), close=("<|inner_suffix|>",), calls="inside"
        ),
        drop=("<|assistant_start|>",),
    ),
    # An answer consists of blocks with a type. The reasoning is one of the types.
    Format(
        name="inkling",
        models="Inkling models (2026)",
        source="parsers: vLLM py+rust, SGLang inkling",
        example=(
            "<|content_thinking|>I need the tide.<|end_message|><|message_model|>"
            '<|content_invoke_tool_json|>{"name": "find_tide", "args": {"port": "Piran", '
            '"day": 2}}<|end_message|>'
        ),
        calls=(Call(payload=JsonCall(argument_keys=("args", "arguments")), first="{"),),
        sections=(
            Section(
                open=("<|content_invoke_tool_json|>",),
                close=("<|end_message|>", "<|content_model_end_sampling|>"),
            ),
        ),
        reasoning=Reasoning(
            open=("<|content_thinking|>",),
            close=("<|end_message|>", "<|content_model_end_sampling|>"),
            calls="end",
        ),
        drop=("<|content_text|>",),
        # These markers frame the blocks and are not content.
        channels=Channels(
            open=("<|message_model|>",),
            header=Header(
                pattern=r".*",
                stop=("<|content_text|>", "<|content_thinking|>", "<|content_invoke_tool_json|>"),
            ),
            close=("<|end_message|>", "<|content_model_end_sampling|>"),
            recipient=r"(?!)",
            known=r"<\|message_model\|>\s*",
        ),
    ),
    Format(
        name="gigachat3",
        models="Sber GigaChat3",
        source="parsers: vLLM, SGLang gigachat3; llama.cpp",
        example=(
            "Let me see.<|message_sep|>\n\nfunction call<|role_sep|>\n"
            '{"name": "find_tide", "arguments": {"port": "Piran", "day": 2}}'
        ),
        calls=(_OBJECT,),
        sections=(Section(open=("function call<|role_sep|>",)),),
    ),
    Format(
        name="gigachat31",
        models="Sber GigaChat3.1",
        source="parsers: vLLM, SGLang gigachat3; llama.cpp",
        example=(
            'Let me see.<|function_call|>{"name": "find_tide", "arguments": {"port": "Piran", '
            '"day": 2}}'
        ),
        calls=(_OBJECT,),
        sections=(Section(open=("<|function_call|>",)),),
    ),
    # The markers of LFM2 with JSON between them. Calls may be inside the reasoning.
    Format(
        name="openpangu",
        models="Huawei openPangu-2.0",
        source="parsers: vLLM openpangu",
        example=(
            "<|tool_call_start|>\n"
            '[{"name": "find_tide", "arguments": {"port": "Piran", "day": 2}}]\n<|tool_call_end|>'
        ),
        calls=(_OBJECT,),
        sections=_block("<|tool_call_start|>", "<|tool_call_end|>"),
        reasoning=_THINK_AND_CALL,
    ),
    Format(
        name="qwen2_5_coder",
        models="Qwen2.5-Coder (few-shot)",
        source="parsers: vLLM qwen2_5_coder",
        example=(
            '<tools>\n{"name": "find_tide", "arguments": {"port": "Piran", "day": 2}}\n</tools>'
        ),
        calls=(_OBJECT,),
        sections=_block("<tools>", "</tools>"),
    ),
    # A heading, then the call in a fence, so calls count inside Markdown code.
    Format(
        name="rwkv",
        models="RWKV-7",
        source="parsers: vLLM rwkv",
        example=(
            "**Tool Call:**\n```json\n"
            '{"name": "find_tide", "arguments": {"port": "Piran", "day": 2}}\n```'
        ),
        calls=(_OBJECT,),
        sections=(
            Section(
                open=("**Tool Call:**\n```json", "**Tool Call:**\n\n```json"),
                close=("```",),
                skip=_ARRAY,
            ),
        ),
        quotation=False,
    ),
    # Calls are Python dictionaries instead of JSON objects.
    Format(
        name="sarashina",
        models="SB Intuitions Sarashina",
        source="parsers: smg sarashina",
        example=("<|tool_calls|>[{'name': 'find_tide', 'arguments': {'port': 'Piran', 'day': 2}}]"),
        calls=(Call(payload=JsonCall(python=True), first="{"),),
        sections=(Section(open=("<|tool_calls|>",), skip=_ARRAY),),
    ),
    # The format of a reasoning parser; it has no calls.
    Format(
        name="kimi_think",
        models="Kimi-VL-Thinking",
        source="parsers: SGLang kimi",
        example="◁think▷I need the tide.◁/think▷It is high at two.",
        calls=(),
        reasoning=Reasoning(open=("◁think▷",), close=("◁/think▷",)),
    ),
    # A role header introduces the array, and the end of the turn ends it.
    Format(
        name="hyperclovax",
        models="NAVER HyperCLOVAX-SEED-Think",
        source="parsers: hcx-vllm-plugin",
        example=(
            " -> tool/function_call\n"
            '[{"name": "find_tide", "arguments": {"port": "Piran", "day": 2}}]<|im_end|>'
        ),
        calls=(_OBJECT,),
        sections=(Section(open=("-> tool/function_call\n",), close=("<|im_end|>",), skip=_ARRAY),),
    ),
    Format(
        name="k2_horizon_json",
        models="IFM K2 Horizon",
        source="parsers: vLLM, SGLang k2_horizon",
        example=(
            '<ifm|tool_calls><ifm|tool_call>{"name": "find_tide", "arguments": '
            '{"port": "Piran", "day": 2}}</ifm|tool_call></ifm|tool_calls>'
        ),
        calls=(Call(open=("<ifm|tool_call>",), close=("</ifm|tool_call>",), payload=JsonCall()),),
        sections=(Section(open=("<ifm|tool_calls>",), close=("</ifm|tool_calls>",)),),
        reasoning=Reasoning(
            open=("<ifm|think>", "<ifm|think_fast>", "<ifm|think_faster>"),
            close=("</ifm|think>", "</ifm|think_fast>", "</ifm|think_faster>"),
        ),
    ),
)
