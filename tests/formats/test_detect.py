"""Tests of `detect` with the names of models, and with templates written for these tests."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse import formats
from streamparse.formats import detect

NAMES: dict[str, list[str]] = {
    "hermes": [
        "NousResearch/Hermes-3-Llama-3.1-8B",
        "NousResearch/Hermes-2-Pro-Mistral-7B",
        "Qwen/Qwen2.5-7B-Instruct",
        "qwen2.5:7b-instruct-q4_K_M",
        "Qwen/QwQ-32B",
        "Qwen/Qwen3-30B-A3B-Thinking-2507",
        "Qwen_Qwen3-8B-Q4_K_M.gguf",
        "QWEN3:8B",
        "unsloth/Qwen3-8B-bnb-4bit",
        "Qwen/Qwen3-VL-8B-Instruct",
        "Qwen/Qwen3-Omni-30B-A3B-Instruct",
        "Qwen/Qwen2.5-VL-7B-Instruct",
        "qwen3-vl:8b",
        "NousResearch/Hermes-4-70B",
        "LGAI-EXAONE/EXAONE-4.0-32B",
    ],
    "longcat": ["meituan-longcat/LongCat-Flash-Chat", "LongCat-Flash-Thinking"],
    "granite4": ["ibm-granite/granite-4.0-h-tiny", "granite4.1", "granite4:tiny-h"],
    "ernie45": ["baidu/ERNIE-4.5-21B-A3B-Thinking"],
    "smollm3": ["HuggingFaceTB/SmolLM3-3B"],
    "reka_edge": ["RekaAI/reka-edge"],
    "trinity": ["arcee-ai/Trinity-Mini"],
    "nemotron_nano_v2": ["nvidia/NVIDIA-Nemotron-Nano-9B-v2", "NVIDIA-Nemotron-Nano-12B-v2"],
    "apriel": ["ServiceNow-AI/Apriel-1.5-15b-Thinker"],
    "apriel_thinker": ["ServiceNow-AI/Apriel-1.6-15b-Thinker"],
    "jamba": ["ai21labs/AI21-Jamba-1.5-Mini", "AI21-Jamba-Mini-1.6", "AI21-Jamba-Large-1.7"],
    "hunyuan_a13b": ["tencent/Hunyuan-A13B-Instruct"],
    "xlam": ["Salesforce/Llama-xLAM-2-8b-fc-r", "Salesforce/xLAM-2-32b-fc-r"],
    "phi4_mini": ["microsoft/Phi-4-mini-instruct"],
    "firefunction": ["fireworks-ai/llama-3-firefunction-v2"],
    "granite": ["ibm-granite/granite-3.0-8b-instruct", "granite3.3:2b"],
    "granite_20b_fc": ["ibm-granite/granite-20b-functioncalling"],
    "internlm2": ["internlm/internlm2-chat-7b", "internlm/internlm2_5-7b-chat"],
    "intern_s1": ["internlm/Intern-S1", "internlm/Intern-S1-mini"],
    "minimax_m1": ["MiniMaxAI/MiniMax-M1-80k"],
    "cohere_command3": ["CohereLabs/c4ai-command-r7b-12-2024", "c4ai-command-a-03-2025"],
    "cohere_command4": ["command-4"],
    "command_r_plus": ["CohereLabs/c4ai-command-r-08-2024", "c4ai-command-r-plus-08-2024"],
    "llama3_json": [
        "meta-llama/Llama-3.1-8B-Instruct",
        "meta-llama/Meta-Llama-3.1-70B-Instruct",
        "meta-llama/Llama-3.2-11B-Vision-Instruct",
        "meta-llama_Llama-3.3-70B-Instruct-Q5_K_S.gguf",
        "llama3.1:8b",
    ],
    "mistral_v3": [
        "mistralai/Mistral-7B-Instruct-v0.3",
        "mistralai/Mixtral-8x22B-Instruct-v0.1",
        "mistralai/Mistral-Nemo-Instruct-2407",
        "mistralai/Mistral-Small-Instruct-2409",
        "mistralai/Mistral-Small-24B-Instruct-2501",
        "mistralai/Mistral-Large-Instruct-2407",
        "mistral-nemo",
    ],
    "apertus": ["swiss-ai/Apertus-8B-Instruct-2509", "swiss-ai/Apertus-1.5-8B-Instruct"],
    "inkling": ["inkling"],
    "gigachat3": ["ai-sage/GigaChat3-10B-A1.8B"],
    "gigachat31": ["ai-sage/GigaChat3.1-10B-A1.8B"],
    "hyperclovax": ["naver-hyperclovax/HyperCLOVAX-SEED-Think-14B"],
    "mistral_v11": ["mistralai/Mistral-Small-3.2-24B-Instruct-2506", "Magistral-Small-2506"],
    "mistral_v13": [
        "mistralai/Ministral-3-8B-Instruct-2512",
        "mistralai/Mistral-Large-3-675B-Instruct-2512",
        "mistralai/Devstral-2-123B-Instruct-2512",
        "mistralai/Magistral-Small-2509",
        "mistralai/Mistral-Small-4-119B-2603",
    ],
    "kimi_k2": [
        "moonshotai/Kimi-K2-Instruct-0905",
        "Kimi-K2-Thinking",
        "Kimi-K2.5",
        "kimi-k2.6",
        "moonshotai/Kimi-K2.7-Code",
        "moonshotai/Kimi-Linear-48B-A3B-Instruct",
    ],
    "kimi_think": ["moonshotai/Kimi-VL-A3B-Thinking-2506"],
    "deepseek_v3": [
        "deepseek-ai/DeepSeek-V3",
        "DeepSeek-V3-0324",
        "deepseek-ai/DeepSeek-R1",
        "DeepSeek-R1-0528",
        "deepseek-r1:671b",
        "deepcogito/cogito-671b-v2.1",
    ],
    "deepseek_v31": ["deepseek-ai/DeepSeek-V3.1-Terminus", "deepseek-v3.1:671b"],
    "functionary_v31": ["meetkai/functionary-medium-v3.1"],
    "functionary_v32": ["meetkai/functionary-small-v3.2"],
    "solar_open": ["upstage/Solar-Open-100B"],
    "solar_open2": ["upstage/Solar-Open2-250B", "solar-open-2"],
    "plamo3": ["pfnet/plamo-3-nict-8b-instruct"],
    "qwen3_coder": [
        "Qwen/Qwen3-Coder-480B-A35B-Instruct-FP8",
        "Qwen/Qwen3-Coder-Next",
        "Qwen/Qwen3.5-397B-A17B",
        "qwen3.6",
        "qwen3-coder:30b",
    ],
    "seed_oss": ["ByteDance-Seed/Seed-OSS-36B-Instruct"],
    "mimo": ["XiaomiMiMo/MiMo-V2-Flash", "MiMo-V2.5"],
    "step3p5": ["stepfun-ai/Step-3.5-Flash", "Step-3.7"],
    "step5": ["stepfun-ai/Step-5"],
    "nemotron3": ["nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "Nemotron-3-Super-120B-A12B"],
    "minimax_m2": ["MiniMaxAI/MiniMax-M2", "MiniMaxAI/MiniMax-M2.1"],
    "minimax_m3": ["MiniMaxAI/MiniMax-M3"],
    "dots": ["rednote-hilab/dots.llm2.inst"],
    "minicpm5": ["openbmb/MiniCPM5-8B"],
    "step3": ["stepfun-ai/step3"],
    "deepseek_v32": ["deepseek-ai/DeepSeek-V3.2"],
    "deepseek_v4": ["deepseek-ai/DeepSeek-V4", "DeepSeek-V4-Flash"],
    "deepseek_v41": ["deepseek-ai/DeepSeek-V4.1"],
    "gigachat35": ["ai-sage/GigaChat3.5"],
    "muse": ["Muse-Spark", "Muse Glimmer"],
    "kimi_k3": ["moonshotai/Kimi-K3"],
    "glm45": ["zai-org/GLM-4.5-Air", "zai-org/GLM-4.5V", "GLM-4.6-FP8", "zai-org/GLM-4.6V-Flash"],
    "glm47": ["zai-org/GLM-4.7", "glm-4.7-flash", "zai-org/GLM-5", "GLM-5.2"],
    "laguna": ["poolside/Laguna-XS.2", "Laguna-S-2.1"],
    "ling3": ["inclusionAI/Ling-3.0-flash"],
    "spark25": ["iflytek/Spark2.5"],
    "iquest_q1": ["IQuest-Q1"],
    "iquest_coder_v2": ["IQuestLab/IQuest-Coder-V2-40B-Instruct"],
    "hy_v3": ["tencent/Hy3", "tencent/Hy3-preview"],
    "hy_v4": ["tencent/Hy4"],
    "k2_horizon": ["IFM/K2-Horizon"],
    "pythonic": ["Team-ACE/ToolACE-8B"],
    "llama4_pythonic": ["meta-llama/Llama-4-Scout-17B-16E-Instruct"],
    "olmo3": ["allenai/Olmo-3-7B-Instruct", "Olmo-3-32B-Think"],
    "lfm2": ["LiquidAI/LFM2-1.2B", "LiquidAI/LFM2.5-1.2B-Instruct", "LFM2-1.2B-Tool"],
    "functiongemma": ["google/functiongemma-270m-it"],
    "gemma4": ["google/gemma-4-31B-it", "google/gemma-4-E2B-it"],
    "openpangu": ["openPangu-2.0-Flash"],
    "use_mcp_tool": ["miromind-ai/MiroThinker-v1.0-8B"],
    "cwm": ["facebook/cwm", "facebook/cwm-sft"],
    "harmony": ["openai/gpt-oss-20b", "gpt-oss:120b", "openai/gpt-oss-safeguard-20b"],
}

# Formats that no model name implies: prompt styles, and second modes of models.
NAMELESS = {
    "beam",
    "cohere_cofl",
    "granite_pythonic",
    "k2_horizon_json",
    "k2_horizon_typed",
    "llama31_function_tag",
    "qwen2_5_coder",
    "rwkv",
    "sarashina",
}

UNCERTAIN = [
    "",
    "gpt-4o",
    "my-model",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B",
    "deepseek-ai/DeepSeek-R1-0528-Qwen3-8B",
    "deepseek-ai/DeepSeek-V3.2-Speciale",
    "deepseek-r1:8b",
    "deepseek-r1:latest",
    "meta-llama/Llama-3.2-1B-Instruct",
    "meta-llama/Meta-Llama-3-8B-Instruct",
    "nvidia/Llama-3.1-Nemotron-Nano-8B-v1",
    "someone/Llama-3.1-8B-pirate",
    "Qwen/Qwen3-Embedding-8B",
    "Qwen/Qwen2.5-Math-7B",
    "qwen3.1:8b",
    "google/gemma-3-27b-it",
    "teknium/OpenHermes-2.5-Mistral-7B",
    "mistralai/Mistral-7B-Instruct-v0.2",
    "mistralai/Mixtral-8x7B-Instruct-v0.1",
    "THUDM/glm-4-9b-chat",
    "MiniMaxAI/MiniMax-Text-01",
]


@pytest.mark.parametrize(
    ("name", "format"), [(name, format) for format in NAMES for name in NAMES[format]]
)
def test_name(name: str, format: str) -> None:
    assert detect(name) == format


def test_every_format_has_names_or_a_reason() -> None:
    assert set(NAMES) | NAMELESS == set(formats.names())
    assert not set(NAMES) & NAMELESS


@pytest.mark.parametrize("name", UNCERTAIN)
def test_uncertain_name(name: str) -> None:
    assert detect(name) is None


@pytest.mark.parametrize("format", NAMES)
def test_an_unknown_word_makes_a_name_uncertain(format: str) -> None:
    for name in NAMES[format]:
        assert detect(f"{name.removesuffix('.gguf')}-riverboat") is None


def block(*lines: str) -> str:
    """Return a template that writes these lines for each call."""
    body = "\n".join(f"{{{{- {line} }}}}" for line in lines)
    return f"{{% for call in message.tool_calls %}}\n{body}\n{{% endfor %}}"


JSON_CALL = r"""'{"name": "' + call.name + '", "arguments": ' + (call.arguments | tojson) + '}'"""
ROLES = "{{ '<|start_header_id|>' + message.role + '<|end_header_id|>' }}"

TEMPLATES: dict[str, str] = {
    "hermes": block(r"'<tool_call>\n'", JSON_CALL, r"'\n</tool_call>'"),
    "longcat": block("'<longcat_tool_call>'", JSON_CALL, "'</longcat_tool_call>'"),
    "granite4": "{{ '<|start_of_role|>' + role + '<|end_of_role|>' }}"
    + block(r"'<tool_call>\n{\"name\": \"' + call.name", r"'}\n</tool_call>'"),
    "ernie45": "{{ '<response>\\n' + text + '\\n</response>\\n' }}"
    + block(r"'<tool_call>\n'", JSON_CALL),
    "nemotron_nano_v2": block("'<TOOLCALL>[' + calls + ']</TOOLCALL>'"),
    "apriel_thinker": "Say [BEGIN FINAL RESPONSE].\n" + block("'<tool_calls>[' + calls"),
    "jamba": "{{ '<|bom|>' }}" + block("'<tool_calls>['", JSON_CALL, "']</tool_calls>'"),
    "hunyuan_a13b": "{{ '<answer>' + text + '</answer>' }}" + block("'<tool_calls>[' + calls"),
    "minimax_m1": "{{ '<beginning_of_sentence>' }}" + block(r"'<tool_calls>\n'", JSON_CALL),
    "phi4_mini": "{{ '<|tool|>' + tools + '<|/tool|>' }}\nAnswer with functools[{...}]",
    "firefunction": ROLES + block("' functools[' + calls + ']'"),
    "granite": "{{ '<|start_of_role|>' }}\nWrite <|tool_call|> and a JSON list of calls.",
    "granite_20b_fc": block("'<function_call> '", JSON_CALL),
    "internlm2": block(r"'<|action_start|><|plugin|>\n'", JSON_CALL, "'<|action_end|>'"),
    "intern_s1": block(r"'<|action_start|> <|plugin|>\n'", JSON_CALL, "'<|action_end|>'"),
    "cohere_command3": "{{ '<|START_RESPONSE|>' }}" + block("'<|START_ACTION|>[' + calls"),
    "cohere_command4": "{{ '<|START_TEXT|>' }}" + block("'<|START_ACTION|>[' + calls"),
    "command_r_plus": "{{ '<|CHATBOT_TOKEN|>' }}"
    + block(r"'Action:\n```json\n[{\"tool_name\": ' + call.name"),
    "llama3_json": ROLES
    + block(r"""'{"name": "' + call.name + '", '""", r"""'"parameters": ' + call.arguments"""),
    "mistral_v3": block("'[TOOL_CALLS] ['", JSON_CALL, "']'"),
    "apertus": block("'<|tools_prefix|>[' + calls + ']<|tools_suffix|>'"),
    "inkling": block("'<|content_invoke_tool_json|>' + call"),
    "gigachat3": block(r"'function call<|role_sep|>\n'", JSON_CALL),
    "gigachat31": block("'<|function_call|>'", JSON_CALL),
    "hyperclovax": block(r"' -> tool/function_call\n' + calls"),
    "k2_horizon_json": block("'<ifm|tool_calls><ifm|tool_call>'", JSON_CALL),
    "mistral_v11": block("'[TOOL_CALLS]' + call.name + '[CALL_ID]' + call.id + '[ARGS]' + args"),
    "mistral_v13": block("'[TOOL_CALLS]' + call.name + '[ARGS]' + args"),
    "kimi_k2": "<|tool_calls_section_begin|>"
    + block("'<|tool_call_begin|>' + call.id + '<|tool_call_argument_begin|>' + args"),
    "deepseek_v3": "{{'<｜tool▁calls▁begin｜>'}}"
    + block(r"'<｜tool▁call▁begin｜>function<｜tool▁sep｜>' + call.name + '\n```json\n' + args"),
    "deepseek_v31": "{{'<｜tool▁calls▁begin｜>'}}"
    + block("'<｜tool▁call▁begin｜>' + call.name + '<｜tool▁sep｜>' + args"),
    "functionary_v31": ROLES + '\nAs in <function=look_up>{"word": "moss"}</function>',
    "functionary_v32": ROLES + "{{ '>>>all\\n' + text }}",
    "solar_open": block("'<|tool_call:begin|>' + call.id + '<|tool_call:args|>' + args"),
    "plamo3": block("'<|plamo:begin_tool_requests:plamo|>' + calls"),
    "qwen3_coder": block(r"'<tool_call>\n<function=' + call.name + '>\n'")
    + block(r"'<parameter=' + key + '>\n' + value + '\n</parameter>\n'"),
    "mimo": block("'<tool_call><function=' + call.name + '>'")
    + block("'<parameter=' + key + '>' + value + '</parameter>'"),
    "seed_oss": block(r"'<seed:tool_call>\n<function=' + call.name + '>\n'")
    + block(r"'<parameter=' + key + '>' + value + '</parameter>\n'"),
    "minimax_m2": block("'<minimax:tool_call>' + calls"),
    "minimax_m3": block("']<]minimax[>[<tool_call>' + calls"),
    "dots": block("'<dots_function_call>' + calls"),
    "minicpm5": block("""'<function name="' + call.name + '">'""", """'<param name="' + key"""),
    "step3": block("""'<steptml:invoke name="' + call.name + '">'"""),
    "deepseek_v32": block("'<｜DSML｜function_calls>' + calls"),
    "deepseek_v4": block("'<｜DSML｜tool_calls>' + calls"),
    "deepseek_v41": block("'<｜DSML｜ calls>' + calls"),
    "gigachat35": block("'<｜GCML｜tool_calls>' + calls"),
    "muse": block("'<atem:function_calls>' + calls"),
    "kimi_k3": block(
        "'<|open|>call tool=' + call.name + '<|sep|>' + args + '<|close|>call<|sep|>'"
    ),
    "glm45": block("'<tool_call>' + call.name")
    + block(r"'\n<arg_key>' + key + '</arg_key>\n<arg_value>' + value + '</arg_value>\n'"),
    "glm47": block("'<tool_call>' + call.name")
    + block("'<arg_key>' + key + '</arg_key><arg_value>' + value + '</arg_value>'"),
    "iquest_q1": block("'<iquest_tool_call>' + call.name", "'<arg_key>' + key"),
    "hy_v3": "{{ '<tool_calls>' }}"
    + block("'<tool_call>' + call.name + '<tool_sep>'", "'<arg_key>' + key"),
    "hy_v4": "{{ '<tool_calls>' }}" + block("'<tool_call>' + call.name", "'<arg_key>' + key"),
    "k2_horizon": block("'<ifm|tool_call>' + call.name", "'<ifm|arg_key>' + key"),
    "k2_horizon_typed": block(
        "'<ifm|tool_call>' + call.name", "'<ifm|arg_key>' + key", "'<ifm|arg_type>' + type"
    ),
    "pythonic": ROLES + "\nAnswer with [look_up(word='moss')] and nothing else.",
    "llama4_pythonic": "{{ '<|header_start|>' }}\nAnswer with [look_up(word='moss')].",
    "olmo3": block("'<function_calls>' + calls + '</function_calls>'"),
    "lfm2": block("'<|tool_call_start|>[' + calls + ']<|tool_call_end|>'"),
    "functiongemma": block("'<start_function_call>call:' + call.name + '{'"),
    "gemma4": block("'<|tool_call>call:' + call.name + '{'"),
    "openpangu": block("'<|tool_call_start|>['", JSON_CALL, "']<|tool_call_end|>'"),
    "sarashina": block("'<|tool_calls|>[' + calls + ']'"),
    "rwkv": block(r"'**Tool Call:**\n```json\n'", JSON_CALL),
    "kimi_think": "{{ '◁think▷' + message.thinking + '◁/think▷' }}",
    "use_mcp_tool": "{{ tools }}\nWrite <use_mcp_tool>\n<server_name>a</server_name>",
    "cwm": block(r"'<tool: ' + call.name + '>\n' + call.command"),
    "solar_open2": block("'<|tool_call:start|>' + call.name")
    + block("'<|tool_arg:start|>' + key + '<|tool_arg:value|>' + value"),
    "iquest_coder_v2": block("'<iquestcoder_tool_call>' + call.name", "'<arg_key>' + key"),
    "cohere_cofl": "{{ '<|START_ACTION|><|START_TEXT|>' }}"
    + block("""'<cofl:tool_call id="' + call.id + '" name="' + call.name"""),
    "beam": block("'<|channel|>analysis <|constrain|>xml<|message|><rfl:parameter name=' + key"),
    "harmony": block("'<|channel|>analysis<|message|>' + message.thinking"),
}

# Formats with the rules of another format, or that no template shows.
NO_TEMPLATE = {
    "granite_pythonic",
    "qwen2_5_coder",
    "smollm3",
    "reka_edge",
    "trinity",
    "apriel",
    "xlam",
    "llama31_function_tag",
    "step3p5",
    "step5",
    "nemotron3",
    "laguna",
    "ling3",
    "spark25",
}


@pytest.mark.parametrize("format", TEMPLATES)
def test_template(format: str) -> None:
    assert detect(TEMPLATES[format]) == format


@pytest.mark.parametrize("format", TEMPLATES)
def test_template_as_a_string_of_json(format: str) -> None:
    """The template may still be encoded as in `tokenizer_config.json`."""
    escaped = json.dumps(TEMPLATES[format], ensure_ascii=False)
    assert detect(escaped) == format


def test_every_format_has_a_template_or_a_reason() -> None:
    assert set(TEMPLATES) | NO_TEMPLATE == set(formats.names())


@pytest.mark.parametrize(
    "template",
    [
        "{{ message.content }}",
        "{# '<tool_call>' + '<arg_key>' #}{{ message.content }}",
        "{{ '<tool_call>' + call }}",
        "{{ '<tool_calls>[' + calls + ']</tool_calls>' }}",
        TEMPLATES["qwen3_coder"] + TEMPLATES["hermes"],
        TEMPLATES["mistral_v13"] + TEMPLATES["lfm2"],
        TEMPLATES["k2_horizon"] + TEMPLATES["k2_horizon_json"],
    ],
)
def test_uncertain_template(template: str) -> None:
    assert detect(template) is None


@given(st.text() | st.text(alphabet="<|>{}%'\"\n-qwen3.coder[]_"))
def test_any_text(text: str) -> None:
    assert detect(text) in {None, *formats.names()}


def test_other_types_are_rejected() -> None:
    with pytest.raises(TypeError, match="not NoneType"):
        detect(None)  # type: ignore[arg-type]
