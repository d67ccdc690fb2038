"""Detects the format of a model from its name or its chat template.

A wrong format is worse than none. A name with an unknown word (a fine-tune, a distillation, a
merge) gives no result, and neither does a template that contains the markers of two formats.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["detect"]

# Words of a name that do not change the format: sizes, numbers of experts, dates, file formats and
# quantizations, and what the model was tuned for.
_NEUTRAL: Final = re.compile(
    r"\d+(?:\.\d+)?[bmkt]|a\d+(?:\.\d+)?b|\d+e|\d+x\d+b|e\d+b|\d{4}|\d{6}|\d{2}|20\d\d\.\d+"
    r"|instruct|inst|chat|it|hf|think|thinking|reasoning|latest|preview|cloud|tools?|free"
    r"|gguf|ggml|mlx|awq|gptq|exl2|bnb|nvfp4|mxfp4|fp8|fp4|fp16|bf16|f16|block|dynamic|w\d+a\d+"
    r"|int\d|\d+bit|unsloth|qat|dwq|marlin|quantized|ud|i?q\d+|k|s|m|l|xs|xl|xxs|nl|0|1"
)

# Prefixes of a name: the maker of the model, or whoever converted its files.
_MAKER: Final = re.compile(
    r"(?:(?:meta-llama(?=-meta|-llama)|meta|qwen|nvidia|ibm-granite|ibm|google|openai|mistralai|deepseek-ai|zai-org"
    r"|thudm|moonshotai|tencent|ai21labs|ai21|cohereforai|coherelabs|c4ai|baidu|microsoft|arcee-ai"
    r"|nousresearch|nous|servicenow-ai|salesforce|bytedance-seed|bytedance|xiaomimimo|stepfun-ai"
    r"|minimaxai|rednote-hilab|openbmb|poolside|inclusionai|liquidai|swiss-ai|allenai|upstage|pfnet"
    r"|fireworks-ai|meetkai|internlm|huggingfacetb|rekaai|meituan-longcat|meituan|naver-hyperclovax"
    r"|ai-sage|sber|team-ace|llm360|ifm|iflytek|lgai-exaone|miromind-ai|facebook|iquestlab|nemotron(?=-nemotron))-)+"
)

# Patterns for the beginning of a name, after the maker. Only neutral words may follow. The first
# pattern that matches decides; `""` means that the name does not determine the format.
_NAMES: Final[tuple[tuple[str, str], ...]] = (
    # JSON calls after a marker
    (r"hermes-(?:2-pro|2-theta|3|4(?:\.3)?)(?:-llama-3(?:\.[12])?|-mistral)?", "hermes"),
    (r"qwen-?2\.5(?:-?vl)?|qwq|exaone-4\.0", "hermes"),
    (r"longcat-flash", "longcat"),
    (r"granite-?4(?:\.[01])?(?:-(?:h|tiny|small|micro|nano))*", "granite4"),
    (r"ernie-4\.5(?=.*-thinking)(?:-vl)?", "ernie45"),
    (r"smollm3", "smollm3"),
    (r"reka-edge", "reka_edge"),
    (r"trinity-(?:mini|nano|large)", "trinity"),
    (r"nemotron-nano-(?:9b|12b)-v2", "nemotron_nano_v2"),
    (r"apriel-1\.5(?:-15b)?(?:-thinker)?", "apriel"),
    (r"apriel-1\.6(?:-15b)?-thinker", "apriel_thinker"),
    (r"jamba-(?:(?:mini|large)-)?1\.[567](?:-(?:mini|large))?", "jamba"),
    (r"hunyuan-a13b", "hunyuan_a13b"),
    (r"(?:llama-)?xlam-2(?=.*-fc-r)(?:-\d+b)?-fc-r", "xlam"),
    (r"phi-?4-mini", "phi4_mini"),
    (r"(?:llama-3-)?firefunction-v2", "firefunction"),
    (r"granite-?3\.[0123]", "granite"),
    (r"granite-20b-functioncalling", "granite_20b_fc"),
    (r"internlm2(?:-?\.5|-5)?(?=.*-chat)", "internlm2"),
    (r"intern-s1(?:-mini)?", "intern_s1"),
    (r"minimax-m1", "minimax_m1"),
    (r"command-r7b(?=-12-2024|$)|command-a(?:-reasoning)?(?=-\d\d-2025|$)", "cohere_command3"),
    (r"command-4(?=-|$)", "cohere_command4"),
    (r"command-r(?:-plus)?(?=-08-2024|$)", "command_r_plus"),
    (r"llama-?3\.2(?=.*-(?:11b|90b))(?:-\d\db)?-vision", "llama3_json"),
    (r"llama-?3\.2", ""),  # JSON or Python calls, depending on the prompt
    (r"llama-?3\.[13](?=.*(?:-instruct|:)|$|-\d+b$)", "llama3_json"),
    (r"mistral-7b-instruct-v0\.3", "mistral_v3"),
    (r"mixtral-8x22b(?=.*-instruct)(?:-instruct-v0\.1)?", "mistral_v3"),
    (r"mistral-nemo(?=.*-instruct|$|-latest)", "mistral_v3"),
    (r"mistral-small(?=.*-(?:2409|2501))", "mistral_v3"),
    (r"mistral-large(?=.*-2407)", "mistral_v3"),
    (r"apertus(?:-v?1\.5)?", "apertus"),
    (r"inkling", "inkling"),
    (r"gigachat-?3\.5", "gigachat35"),
    (r"gigachat-?3\.1(?:-(?:lightning|ultra))?", "gigachat31"),
    (r"gigachat-?3(?:-(?:lightning|ultra))?", "gigachat3"),
    (r"hyperclovax-seed-think", "hyperclovax"),
    # A name, then JSON
    (r"mistral-small-3\.2", "mistral_v11"),
    (r"mistral-small-3\.1", ""),  # sources disagree
    (r"devstral-small(?=.*-2507)|magistral-(?:small|medium)(?=.*-(?:2506|2507))", "mistral_v11"),
    (r"ministral-3|mistral-large-3|mistral-small-4|devstral(?:-small)?-2", "mistral_v13"),
    (r"magistral-(?:small|medium)(?=.*-(?:2509|251[0-2]))", "mistral_v13"),
    (r"kimi-k2(?:\.[56]|\.7-code)?|kimi-linear", "kimi_k2"),
    (r"kimi-vl(?=.*-thinking)", "kimi_think"),
    (r"deepseek-v3\.1(?:-terminus)?", "deepseek_v31"),
    (r"deepseek-v3\.2-exp", ""),  # sources disagree
    (r"deepseek-v3\.2", "deepseek_v32"),
    (r"deepseek-v3(?:-0324)?", "deepseek_v3"),
    # The smaller models are distillations. In Ollama, the latest version is one of them.
    (r"deepseek-r1(?!-latest|.*-(?!671b|685b)[\d.]+b(?:-|$))", "deepseek_v3"),
    (r"cogito(?=.*-671b)(?:-v2-preview-deepseek)?(?:-671b)?(?:-moe)?(?:-v2\.1)?", "deepseek_v3"),
    (r"functionary-(?:small|medium)-v3\.1", "functionary_v31"),
    (r"functionary-(?:small|medium)-v3\.[24]", "functionary_v32"),
    (r"solar-open-?2", "solar_open2"),
    (r"solar-open", "solar_open"),
    (r"plamo-?3(?:-nict)?(?!.*-base)", "plamo3"),
    # Parameters in tags
    (r"qwen-?3-coder(?:-next)?|qwen-?3\.[568]|nanbeige4(?:\.\d)?|ornith", "qwen3_coder"),
    (r"qwen-?3(?:-next|-?vl|-omni)?", "hermes"),
    (r"intellect-3", "qwen3_coder"),
    (r"seed-oss", "seed_oss"),
    (r"mimo-v2(?:\.5)?(?:-flash|-pro)?", "mimo"),
    (r"step-?3\.[57](?:-flash)?", "step3p5"),
    (r"step-?5", "step5"),
    (r"nemotron-3(?:\.5)?-(?:nano|super|ultra)|granite-?4\.2(?=.*-thinking)", "nemotron3"),
    (r"minimax-m2(?:\.\d)?", "minimax_m2"),
    (r"minimax-m3", "minimax_m3"),
    (r"dots\.llm2", "dots"),
    (r"minicpm-?5", "minicpm5"),
    (r"step-?3", "step3"),
    (r"deepseek-v4\.1(?:-(?:flash|pro))?", "deepseek_v41"),
    (r"deepseek-v4(?:-(?:flash|pro))?", "deepseek_v4"),
    (r"muse-(?:spark|glimmer)", "muse"),
    (r"kimi-k3", "kimi_k3"),
    # Pairs of key and value
    (r"glm-?4\.5v?(?:-air|-flash)?|glm-?4\.6v?(?:-flash)?", "glm45"),
    (r"glm-?4\.7(?:-flash)?|glm-?5(?:\.[1-3])?", "glm47"),
    (r"laguna-(?:xs\.2|s-2\.1)", "laguna"),
    (r"ling-3\.0(?:-(?:flash|mini))?", "ling3"),
    (r"spark-?2\.5", "spark25"),
    (r"iquest-q1", "iquest_q1"),
    (r"iquest-coder-v2", "iquest_coder_v2"),
    (r"hy-?3", "hy_v3"),
    (r"hy-?4", "hy_v4"),
    (r"k2-horizon", "k2_horizon"),
    # Calls as code, channels, and others
    (r"toolace(?:-2)?(?:-llama-3\.1)?", "pythonic"),
    (r"llama-?4-(?:scout|maverick)", "llama4_pythonic"),
    (r"olmo-?3(?:\.1)?", "olmo3"),
    (r"lfm-?2(?:\.5)?", "lfm2"),
    (r"functiongemma", "functiongemma"),
    (r"gemma-?4", "gemma4"),
    (r"gpt-oss(?:-safeguard)?", "harmony"),
    (r"openpangu-2\.0(?:-flash|-pro)?", "openpangu"),
    (r"mirothinker-v1(?:\.\d)?", "use_mcp_tool"),
    (r"cwm(?:-sft)?", "cwm"),
)

# Patterns for the text that a template writes around calls or shows to the model. All patterns of
# the first tuple must be found and none of the second. The result counts if exactly one format
# matches. Formats with the same rules share one entry unless their templates differ.
_CALL_JSON: Final = r"<tool_call>\s*\{\s*\"name\""
_SECTION: Final = r"<tool_calls>"
_PAIR: Final = r"<arg_key>"
_PANGU: Final = r"<\|tool_call_start\|>\s*\[?\s*\{\s*\"name\""
_TEMPLATES: Final[tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]] = (
    ("hermes", (_CALL_JSON,), (r"<response>", r"<\|start_of_role\|>", _SECTION)),
    ("longcat", (r"<longcat_tool_call>",), ()),
    ("granite4", (_CALL_JSON, r"<\|start_of_role\|>"), ()),
    ("ernie45", (_CALL_JSON, r"<response>"), ()),
    ("nemotron_nano_v2", (r"<TOOLCALL>\s*\[",), ()),
    ("apriel_thinker", (r"<tool_calls>\s*\[", r"\[BEGIN FINAL RESPONSE\]"), ()),
    ("jamba", (r"<tool_calls>\s*\[", r"<\|bom\|>"), ()),
    ("hunyuan_a13b", (r"<tool_calls>\s*\[", r"<answer>"), ()),
    ("minimax_m1", (r"<tool_calls>\s*\{", r"<beginning_of_sentence>"), ()),
    ("phi4_mini", (r"functools\s*\[", r"<\|/tool\|>"), ()),
    ("firefunction", (r"functools\s*\[", r"<\|start_header_id\|>"), ()),
    ("granite", (r"<\|tool_call\|>", r"<\|start_of_role\|>"), (_CALL_JSON,)),
    ("granite_20b_fc", (r"<function_call>\s*\{",), ()),
    ("internlm2", (r"<\|action_start\|><\|plugin\|>",), ()),
    ("intern_s1", (r"<\|action_start\|> <\|plugin\|>",), ()),
    ("cohere_command3", (r"<\|START_ACTION\|>", r"<\|START_RESPONSE\|>"), (r"<cofl:",)),
    ("cohere_command4", (r"<\|START_ACTION\|>", r"<\|START_TEXT\|>"), (r"<cofl:",)),
    ("cohere_cofl", (r"<cofl:tool_call ",), ()),
    (
        "command_r_plus",
        (r"Action:\s*```json", r"\"tool_name\"", r"<\|CHATBOT_TOKEN\|>"),
        (r"<\|START_ACTION\|>",),
    ),
    (
        "llama3_json",
        (r"\{\s*\"name\"\s*:", r"\"parameters\"\s*:", r"<\|start_header_id\|>|<\|header_start\|>"),
        (r"<function=", r"functools", r">>>", r"<tool_call", r"\[\w+\(\w+="),
    ),
    ("mistral_v3", (r"\[TOOL_CALLS\]\s*\[",), (r"\[ARGS\]",)),
    ("apertus", (r"<\|tools_prefix\|>",), ()),
    ("inkling", (r"<\|content_invoke_tool_json\|>",), ()),
    ("gigachat3", (r"function call<\|role_sep\|>",), (r"<\|function_call\|>",)),
    ("gigachat31", (r"<\|function_call\|>\s*['\"{]",), ()),
    ("hyperclovax", (r"-> tool/function_call",), ()),
    ("k2_horizon_json", (r"<ifm\|tool_call>\s*\{\s*\"name\"",), (r"<ifm\|arg_key>",)),
    ("mistral_v11", (r"\[TOOL_CALLS\]", r"\[CALL_ID\]", r"\[ARGS\]"), ()),
    ("mistral_v13", (r"\[TOOL_CALLS\]", r"\[ARGS\]"), (r"\[CALL_ID\]",)),
    ("kimi_k2", (r"<\|tool_calls_section_begin\|>", r"<\|tool_call_argument_begin\|>"), ()),
    ("deepseek_v3", (r"<｜tool▁calls▁begin｜>", r"<｜tool▁sep｜>[^<]*```json"), ()),
    ("deepseek_v31", (r"<｜tool▁calls▁begin｜>", r"<｜tool▁sep｜>"), (r"```json",)),
    ("functionary_v31", (r"<function=[^<>\n]*>\s*\{(?!\{|%)",), (r"<tool_call>",)),
    ("functionary_v32", (r">>>all",), ()),
    ("solar_open", (r"<\|tool_call:begin\|>", r"<\|tool_call:args\|>"), ()),
    ("plamo3", (r"<\|plamo:begin_tool_requests:plamo\|>",), ()),
    (
        "qwen3_coder",
        (r"<tool_call>\s*<function=", r"<parameter=[^<>\n]*>\n"),
        (r"<seed:tool_call>",),
    ),
    ("mimo", (r"<tool_call>\s*<function=", r"<parameter="), (r"<parameter=[^<>\n]*>\n",)),
    ("seed_oss", (r"<seed:tool_call>",), ()),
    ("minimax_m2", (r"<minimax:tool_call>",), ()),
    ("minimax_m3", (r"\]<\]minimax\[>\[",), ()),
    ("dots", (r"<dots_function_call>",), ()),
    ("minicpm5", (r"<function name=", r"<param name="), ()),
    ("step3", (r"<steptml:invoke",), ()),
    ("deepseek_v32", (r"<｜DSML｜function_calls",), ()),
    ("deepseek_v4", (r"<｜DSML｜tool_calls",), ()),
    ("deepseek_v41", (r"<｜DSML｜ calls",), ()),
    ("gigachat35", (r"<｜GCML｜tool_calls",), ()),
    ("muse", (r"<atem:function_calls>",), ()),
    ("kimi_k3", (r"<\|open\|>", r"<\|sep\|>", r"<\|close\|>"), ()),
    ("glm45", (r"<tool_call>", _PAIR, r"\n\s*<arg_key>"), (_SECTION,)),
    ("glm47", (r"<tool_call>", _PAIR), (_SECTION, r"\n\s*<arg_key>")),
    ("iquest_q1", (r"<iquest_tool_call>",), ()),
    ("hy_v3", (_SECTION, r"<tool_sep", _PAIR), ()),
    ("hy_v4", (_SECTION, _PAIR), (r"<tool_sep",)),
    ("k2_horizon", (r"<ifm\|arg_key>",), (r"<ifm\|arg_type>", r"<ifm\|tool_call>\s*\{\s*\"name\"")),
    (
        "k2_horizon_typed",
        (r"<ifm\|arg_key>", r"<ifm\|arg_type>"),
        (r"</ifm\|arg_key>\s*<ifm\|arg_value>", r"<ifm\|tool_call>\s*\{\s*\"name\""),
    ),
    (
        "pythonic",
        (r"\[\w+\(\w+=[^\]]*\)\]", r"<\|start_header_id\|>"),
        (r"<\|python_start\|>", r"\"parameters\"\s*:\s*(?!\{\")"),
    ),
    ("llama4_pythonic", (r"\[\w+\(\w+=[^\]]*\)", r"<\|header_start\|>"), (r"\{\s*\"name\"\s*:",)),
    ("olmo3", (r"<function_calls>",), (r"<invoke", r"<atem:")),
    ("lfm2", (r"<\|tool_call_start\|>",), (_PANGU,)),
    ("openpangu", (_PANGU,), ()),
    ("sarashina", (r"<\|tool_calls\|>\s*\[",), (r"<\|tool_call:begin\|>",)),
    ("rwkv", (r"\*\*Tool Call:\*\*\s*```json",), ()),
    ("kimi_think", (r"◁think▷",), ()),
    ("use_mcp_tool", (r"<use_mcp_tool>", r"<server_name>"), ()),
    ("cwm", (r"<tool: ",), ()),
    ("solar_open2", (r"<\|tool_call:start\|>", r"<\|tool_arg:value\|>"), ()),
    ("iquest_coder_v2", (r"<iquestcoder_tool_call>",), ()),
    ("beam", (r"<rfl:parameter", r"<\|channel\|>"), ()),
    ("functiongemma", (r"<start_function_call>call:",), ()),
    ("gemma4", (r"<\|tool_call>call:",), ()),
    ("harmony", (r"<\|channel\|>", r"<\|message\|>", r"analysis"), (r"<rfl:parameter",)),
)

_HEADS: Final = [(re.compile(head), name) for head, name in _NAMES]
_MARKS: Final = [
    (name, [re.compile(mark) for mark in needed], [re.compile(mark) for mark in absent])
    for name, needed, absent in _TEMPLATES
]
_IS_TEMPLATE: Final = re.compile(r"\{[%{#]|\n|<\|")
_COMMENT: Final = re.compile(r"\{#.*?#\}", re.DOTALL)
# Escapes in Jinja literals, possibly escaped once more in a JSON string.
_ESCAPE: Final = re.compile(r"\\+([nt\"'])")
_MEANING: Final = {"n": "\n", "t": "\t"}
# The text between two adjacent literals.
_SEAM: Final = re.compile(r"['\"]\s*[+~]\s*['\"]|['\"]\s*-?\}\}\s*\{\{-?\s*['\"]")


def detect(chat_template_or_model_name: str) -> str | None:
    """Return the name of the format that a model writes, or None if it is not certain.

    Args:
        chat_template_or_model_name: A Hugging Face id or a common spelling of one (of Ollama, of a
            quantized file), in any case; or a Jinja chat template, as in `tokenizer_config.json`.

    Returns:
        A name of `names()`, or None.

    Raises:
        TypeError: The argument is not a string.

    >>> detect("Qwen/Qwen3-30B-A3B-Instruct-2507"), detect("qwen3-coder:30b")
    ('hermes', 'qwen3_coder')
    >>> detect("{{ '[TOOL_CALLS]' + call.name + '[ARGS]' + call.arguments }}")
    'mistral_v13'
    >>> detect("my-finetune-of-llama-3.1-8b") is None
    True
    """
    if not isinstance(chat_template_or_model_name, str):
        raise TypeError(
            "a chat template or the name of a model is text, "
            f"not {type(chat_template_or_model_name).__name__}"
        )
    if _IS_TEMPLATE.search(chat_template_or_model_name):
        return _of_template(chat_template_or_model_name)
    return _of_name(chat_template_or_model_name)


def _of_name(text: str) -> str | None:
    name = text.strip().lower().rpartition("/")[2].removesuffix(".gguf")
    name = re.sub(r"[\s_:@]+|-{2,}", "-", name)
    maker = _MAKER.match(name)
    for start in {0, maker.end() if maker else 0}:
        for head, format in _HEADS:
            found = head.match(name, start)
            if found is not None and _is_neutral(name[found.end() :]):
                return format or None
    return None


def _is_neutral(rest: str) -> bool:
    """Return whether the rest of a name consists of words that do not change the format."""
    if not rest:
        return True
    words = re.split(r"-|\.(?=[a-z])", rest)
    return words[0] == "" and all(_NEUTRAL.fullmatch(word) for word in words[1:])


def _meaning(escape: re.Match[str]) -> str:
    return _MEANING.get(escape[1], escape[1])


def _of_template(text: str) -> str | None:
    plain = _ESCAPE.sub(_meaning, _COMMENT.sub("", text))
    plain = _SEAM.sub("", plain)
    found = {
        name
        for name, needed, absent in _MARKS
        if all(mark.search(plain) for mark in needed)
        and not any(mark.search(plain) for mark in absent)
    }
    return found.pop() if len(found) == 1 else None
