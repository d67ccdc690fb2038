"""Bugs reported for other parsers: these cases are read correctly for every cut.

Each case is read whole, in characters and in other pieces (`reading.read`), which must all give the
same result.
"""

from __future__ import annotations

from typing import Any

import pytest

from streamparse.formats import FormatParser
from streamparse.message_events import ToolCallDelta
from tests.formats.checks import check_growth
from tests.formats.reading import calls_of, message_of, only, tool

_DSML = "<｜DSML｜"
_NO: dict[str, Any] = {}

# (issue, format, text, content around the calls, calls)
CASES: list[tuple[str, str, str, str, list[tuple[str, Any]]]] = [
    # Several things in one delta, markers in pieces.
    (
        "sgl-project/sglang#31915: a whole call in one delta",
        "hermes",
        '<tool_call>\n{"name": "fetch", "arguments": {"page": 3}}\n</tool_call>',
        "",
        [("fetch", {"page": 3})],
    ),
    (
        "sgl-project/sglang#37634: two calls in one delta",
        "trinity",
        '<tool_call>{"name": "a", "arguments": {"x": 1}}</tool_call>'
        '<tool_call>{"name": "b", "arguments": {"x": 2}}</tool_call>',
        "",
        [("a", {"x": 1}), ("b", {"x": 2})],
    ),
    (
        "sgl-project/sglang#35563: three invokes",
        "deepseek_v32",
        f"{_DSML}function_calls>\n"
        + "".join(f'{_DSML}invoke name="{name}">\n</｜DSML｜invoke>\n' for name in "abc")
        + "</｜DSML｜function_calls>",
        "",
        [("a", _NO), ("b", _NO), ("c", _NO)],
    ),
    (
        "sgl-project/sglang#35153: the end of one and the separator of the next",
        "deepseek_v31",
        '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>a<｜tool▁sep｜>{"x": 1}<｜tool▁call▁end｜>'
        '<｜tool▁call▁begin｜>b<｜tool▁sep｜>{"y": 2}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
        "",
        [("a", {"x": 1}), ("b", {"y": 2})],
    ),
    (
        "sgl-project/sglang#22173, #23363: braces across the end of a call",
        "kimi_k2",
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.a:0<|tool_call_argument_begin|>"
        '{"q": "}{"}<|tool_call_end|><|tool_call_begin|>functions.b:1<|tool_call_argument_begin|>'
        '{"q": {"r": {}}}<|tool_call_end|><|tool_calls_section_end|>',
        "",
        [("a", {"q": "}{"}), ("b", {"q": {"r": {}}})],
    ),
    (
        "sgl-project/sglang#35564: the second element of an array",
        "mistral_v3",
        '[TOOL_CALLS] [{"name": "a", "arguments": {"n": 12}}, {"name": "b", "arguments": {}}]',
        "",
        [("a", {"n": 12}), ("b", _NO)],
    ),
    (
        "sgl-project/sglang#36691: an opener in pieces, no arguments, text after the call",
        "minimax_m2",
        'So:<minimax:tool_call><invoke name="stop"></invoke></minimax:tool_call>Done.',
        "So:Done.",
        [("stop", _NO)],
    ),
    (
        "sgl-project/sglang#34925: text, two calls and text in one delta",
        "step3",
        "Look. <｜tool_calls_begin｜><｜tool_call_begin｜>function<｜tool_sep｜>"
        '<steptml:invoke name="a"><steptml:parameter name="x">p</steptml:parameter>'
        "</steptml:invoke><｜tool_call_end｜><｜tool_sep｜><｜tool_call_begin｜>"
        '<steptml:invoke name="b"><steptml:parameter name="y">q</steptml:parameter>'
        "</steptml:invoke><｜tool_call_end｜><｜tool_calls_end｜> There.",
        "Look.  There.",
        [("a", {"x": "p"}), ("b", {"y": "q"})],
    ),
    (
        "vllm-project/vllm#48347: content, then several blocks",
        "internlm2",
        'Yes.<|action_start|><|plugin|>{"name": "a", "parameters": {"x": 1}}<|action_end|>'
        '<|action_start|><|plugin|>{"name": "b", "parameters": {}}<|action_end|>',
        "Yes.",
        [("a", {"x": 1}), ("b", _NO)],
    ),
    (
        "vllm-project/vllm#48020: both markers in one delta",
        "deepseek_v3",
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>a\n```json\n"
        '{"s": "```"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
        "",
        [("a", {"s": "```"})],
    ),
    (
        "vllm-project/vllm#48020: both markers in one delta",
        "functiongemma",
        "<start_function_call>call:a{s:<escape>x{<escape>}<end_function_call>",
        "",
        [("a", {"s": "x{"})],
    ),
    (
        "vllm-project/vllm#47907: the whole message in one delta",
        "gigachat31",
        '<|function_call|>{"name": "a", "arguments": {"x": 42}}',
        "",
        [("a", {"x": 42})],
    ),
    (
        "vllm-project/vllm#47907: the whole message in one delta",
        "granite_20b_fc",
        '<function_call> {"name": "a", "arguments": {}} <function_call> {"name": "b"}',
        "",
        [("a", _NO), ("b", _NO)],
    ),
    (
        "vllm-project/vllm#48318: separators after content",
        "mistral_v11",
        'Both.[TOOL_CALLS]a{"x": 1}[TOOL_CALLS]b{"x": 2}',
        "Both.",
        [("a", {"x": 1}), ("b", {"x": 2})],
    ),
    (
        "waybarrios/vllm-mlx#631: an unbalanced quote in prose",
        "mistral_v13",
        'The 5" pipe: [TOOL_CALLS]a[ARGS]{}[TOOL_CALLS]b[ARGS]{"x": "\\""}',
        'The 5" pipe: ',
        [("a", _NO), ("b", {"x": '"'})],
    ),
    (
        "ml-explore/mlx-lm#1448: prose after the arguments",
        "mistral_v13",
        '[TOOL_CALLS]grep[ARGS]{"p": "T"}\n\nThen {see}.',
        "\n\nThen {see}.",
        [("grep", {"p": "T"})],
    ),
    (
        "waybarrios/vllm-mlx#509: the end of one and the start of the next",
        "qwen3_coder",
        "<tool_call><function=a>\n<parameter=x>\n1\n</parameter>\n</function>\n"
        "<function=b>\n</function></tool_call>",
        "",
        [("a", {"x": "1"}), ("b", _NO)],
    ),
    (
        "vllm-project/vllm#35615: several parameters in one delta",
        "qwen3_coder",
        "<tool_call><function=a><parameter=x>1</parameter><parameter=y>2</parameter>"
        "<parameter=z>3</parameter></function></tool_call>",
        "",
        [("a", {"x": "1", "y": "2", "z": "3"})],
    ),
    (
        "vllm-project/vllm#33690: pieces that span parameters and calls",
        "step3p5",
        "<tool_call>\n<function=a>\n<parameter=x>\n1\n</parameter>\n</function>\n</tool_call>\n"
        "<tool_call>\n<function=b>\n<parameter=y>\n-2\n</parameter>\n</function>\n</tool_call>",
        "",
        [("a", {"x": "1"}), ("b", {"y": "-2"})],
    ),
    (
        "vllm-project/vllm#53638: a stray opener before the real one",
        "hermes",
        '<tool_call> wait <tool_call>{"name": "a", "arguments": {}}</tool_call>',
        "<tool_call> wait ",
        [("a", _NO)],
    ),
    (
        "vllm-project/vllm#41967: several calls at once",
        "gemma4",
        '<|tool_call>call:a{s:<|"|>x<|"|>}<tool_call|><|tool_call>call:b{n:2}<tool_call|>',
        "",
        [("a", {"s": "x"}), ("b", {"n": 2})],
    ),
    (
        "AmanCode22/deeperseeker#27: an opener in pieces",
        "deepseek_v32",
        f'{_DSML}function_calls>\n{_DSML}invoke name="a">\n'
        f'{_DSML}parameter name="q" string="true">x</｜DSML｜parameter>\n'
        "</｜DSML｜invoke>\n</｜DSML｜function_calls>",
        "",
        [("a", {"q": "x"})],
    ),
    (
        "osaurus-ai/vmlx-swift#128: a bracket before the marker",
        "gemma4",
        "1 < 2 <<|tool_call>call:a{}<tool_call|>",
        "1 < 2 <",
        [("a", _NO)],
    ),
    # Markers inside values.
    (
        "vllm-project/vllm#45167, minpeter/ai-sdk-tool-call-middleware#297",
        "hermes",
        '<tool_call>{"name": "echo", "arguments": {"t": "a </tool_call> b"}}</tool_call>',
        "",
        [("echo", {"t": "a </tool_call> b"})],
    ),
    (
        "NAVER-Cloud-HyperCLOVA-X/hcx-vllm-plugin#5",
        "hyperclovax",
        ' -> tool/function_call\n[{"name": "a", "arguments": {"q": "x <|im_end|>"}}]<|im_end|>',
        "",
        [("a", {"q": "x <|im_end|>"})],
    ),
    (
        "an end marker in a string",
        "kimi_k2",
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.a:0<|tool_call_argument_begin|>"
        '{"q": "<|tool_call_end|>"}<|tool_call_end|><|tool_calls_section_end|>',
        "",
        [("a", {"q": "<|tool_call_end|>"})],
    ),
    (
        "an end marker in a string",
        "olmo3",
        "<function_calls>a(q='</function_calls>)')\nb()</function_calls>",
        "",
        [("a", {"q": "</function_calls>)"}), ("b", _NO)],
    ),
    (
        "an end marker in a string",
        "inkling",
        '<|content_invoke_tool_json|>{"name": "a", "args": {"q": "<|end_message|>"}}'
        "<|end_message|>",
        "",
        [("a", {"q": "<|end_message|>"})],
    ),
    (
        "sgl-project/sglang#38869: a bracket in a string",
        "pythonic",
        '[a(q="x]y"), b(q="(")]',
        "",
        [("a", {"q": "x]y"}), ("b", {"q": "("})],
    ),
    (
        "signalnine/q27#31: the closing tag of the call in a value",
        "qwen3_coder",
        "<tool_call><function=w><parameter=s>Ends with </tool_call> or </function>, see."
        "</parameter></function></tool_call>",
        "",
        [("w", {"s": "Ends with </tool_call> or </function>, see."})],
    ),
    (
        "raullenchai/Rapid-MLX#1542: the closing tag of a value inside the value",
        "qwen3_coder",
        '<tool_call><function=w><parameter=s>return "</parameter>"</parameter></function>'
        "</tool_call>",
        "",
        [("w", {"s": 'return "</parameter>"'})],
    ),
    (
        "unslothai/unsloth#5704: reasoning tags in arguments",
        "hermes",
        '<tool_call>{"name": "w", "arguments": {"code": "<think>x</think>"}}</tool_call>',
        "",
        [("w", {"code": "<think>x</think>"})],
    ),
    (
        "ggml-org/llama.cpp#22371: the marker alone in prose",
        "gemma4",
        "Write <|tool_call> as it is. <|tool_call>call:a{}<tool_call|>",
        "Write <|tool_call> as it is. ",
        [("a", _NO)],
    ),
    (
        "ggml-org/llama.cpp#24071: a bracket in prose",
        "lfm2",
        "Take x = [1, 2] or [a] first.",
        "Take x = [1, 2] or [a] first.",
        [],
    ),
    # Empty calls and missing tags.
    (
        "vllm-project/vllm#28806: no arguments",
        "hermes",
        '<tool_call>{"name": "a", "arguments": {}}</tool_call>',
        "",
        [("a", _NO)],
    ),
    (
        "vllm-project/vllm#44326, osaurus-ai/vmlx-swift#228: a name and nothing else",
        "glm47",
        "<tool_call>clock</tool_call>",
        "",
        [("clock", _NO)],
    ),
    (
        "vllm-project/vllm#48931: no opener of the section, no `string` attribute",
        "deepseek_v4",
        f'{_DSML}invoke name="a">\n{_DSML}parameter name="n">7</｜DSML｜parameter>\n'
        "</｜DSML｜invoke>",
        "",
        [("a", {"n": 7})],
    ),
    (
        "ollama/ollama#17914: a value without a closing tag, and no entities",
        "qwen3_coder",
        "<tool_call><function=a><parameter=x>1 &amp; <b><parameter=y>2</parameter></function>"
        "</tool_call>",
        "",
        [("a", {"x": "1 &amp; <b>", "y": "2"})],
    ),
    (
        "ggml-org/llama.cpp#24807: a repeated closing tag",
        "qwen3_coder",
        "<tool_call><function=a><parameter=x>1</parameter>\n</parameter>\n</function></tool_call>",
        "",
        [("a", {"x": "1"})],
    ),
    (
        "openvinotoolkit/model_server#4502: quotes around names",
        "qwen3_coder",
        '<tool_call><function="bash"><parameter="cmd">ls</parameter></function></tool_call>',
        "",
        [("bash", {"cmd": "ls"})],
    ),
    (
        "sgl-project/sglang#39240: no opening delimiter of a string",
        "gemma4",
        '<|tool_call>call:a{q:weather in Oslo<|"|>,n:1}<tool_call|>',
        "",
        [("a", {"q": "weather in Oslo", "n": 1})],
    ),
    (
        "osaurus-ai/vmlx-swift#61: an envelope that deviates",
        "gemma4",
        '<|tool_call|>call:a({"x": 1})<tool_call|>',
        "",
        [("a", {"x": 1})],
    ),
    (
        "ggml-org/llama.cpp#24329: a type beside the name",
        "llama3_json",
        '{"type": "function", "name": "a", "parameters": {}}',
        "",
        [("a", _NO)],
    ),
    # Values.
    (
        "vllm-project/vllm (#42047): a number in two pieces",
        "gemma4",
        "<|tool_call>call:a{x:108.25,y:-3}<tool_call|>",
        "",
        [("a", {"x": 108.25, "y": -3})],
    ),
    (
        "vllm-project/vllm#38946: markup in an argument",
        "gemma4",
        '<|tool_call>call:a{s:<|"|><!DOCTYPE html>\n<p class="x">{}</p><|"|>}<tool_call|>',
        "",
        [("a", {"s": '<!DOCTYPE html>\n<p class="x">{}</p>'})],
    ),
    (
        "spaces of a value with the type string",
        "deepseek_v32",
        f'{_DSML}invoke name="a">{_DSML}parameter name="s" string="true"> 5 </｜DSML｜parameter>'
        "</｜DSML｜invoke>",
        "",
        [("a", {"s": " 5 "})],
    ),
    # Reasoning and framing.
    (
        "ggml-org/llama.cpp#20260: text before a call",
        "qwen3_coder",
        "<think>hm</think>Here: <tool_call><function=a></function></tool_call>",
        "Here: ",
        [("a", _NO)],
    ),
    (
        "vllm-project/vllm#42454: a bare recipient",
        "harmony",
        '<|start|>assistant to=clock<|channel|>commentary<|message|>{"x": 1}<|call|>',
        "",
        [("clock", {"x": 1})],
    ),
    (
        "jundot/omlx#2032: a call on the channel of reasoning",
        "harmony",
        "<|channel|>analysis<|message|>hm<|end|>"
        '<|start|>assistant to=functions.a<|channel|>analysis<|message|>{"x": 1}<|call|>',
        "",
        [("a", {"x": 1})],
    ),
    (
        "kekzl/imp#1719: channel, recipient and constraint in one header",
        "harmony",
        '<|channel|>commentary to=functions.a <|constrain|>json<|message|>{"x": 1}',
        "",
        [("a", {"x": 1})],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[1]}: {case[0]}")
def test_report(case: tuple[str, str, str, str, list[tuple[str, Any]]]) -> None:
    _, format, text, content, calls = case
    assert calls_of(format, text) == calls
    assert message_of(format, text).text == content
    check_growth(format, text)


# With a schema


def coder(parameter: str, schema: Any) -> Any:
    text = f"<tool_call><function=f><parameter=p>{parameter}</parameter></function></tool_call>"
    ((_, arguments),) = calls_of("qwen3_coder", text, tools=[tool("f", p=schema)])
    return arguments["p"]


@pytest.mark.parametrize(
    ("text", "schema", "expected"),
    [
        ("\nNone\n", {"type": ["object", "null"]}, None),  # vllm-project/vllm#47643
        ('{"a": 1}', {"anyOf": [{"type": "object"}, {"type": "null"}]}, {"a": 1}),  # vllm#36032
        ('[{"ok": true}]', {"type": "array", "items": {"type": "object"}}, [{"ok": True}]),
        ("True", {"type": "boolean"}, True),  # ggml-org/llama.cpp#21771
        ("7.0", {"type": "integer"}, 7),
        ('\n"/tmp/x"\n', {"type": "string"}, '"/tmp/x"'),  # strings are verbatim, with their quotes
    ],
)
def test_values_by_schema(text: str, schema: Any, expected: Any) -> None:
    assert coder(text, schema) == expected


def test_none_is_a_string_in_an_enumeration_of_strings() -> None:
    """vllm-project/vllm#39567: it was read as null."""
    text = (
        '<minimax:tool_call><invoke name="f"><parameter name="m">none</parameter></invoke>'
        "</minimax:tool_call>"
    )
    schema = tool("f", m={"type": "string", "enum": ["none", "all"]})
    assert calls_of("minimax_m2", text, tools=[schema]) == [("f", {"m": "none"})]


def test_numbers_of_glm() -> None:
    """antirez/ds4#569: every value was read as a string."""
    text = "<tool_call>f\n<arg_key>n</arg_key>\n<arg_value>10</arg_value>\n</tool_call>"
    assert calls_of("glm45", text, tools=[tool("f", n="integer")]) == [("f", {"n": 10})]


# The index, the life cycle


def test_two_calls_of_one_tool_are_two() -> None:
    """sgl-project/sglang#35625: the index is the number of the call, not of the tool."""
    text = '<tool_call>{"name": "a"}</tool_call>' * 2
    message = message_of("hermes", text, tools=[tool("b"), tool("a")])
    assert [call.index for call in message.tool_calls] == [0, 1]


def test_markers_are_not_part_of_the_arguments() -> None:
    """raullenchai/Rapid-MLX#579: each marker arrives in a delta of its own."""
    parser = FormatParser("mistral_v13")
    texts = []
    for piece in ("[TOOL_CALLS]", "read", "[ARGS]", '{"f":1}'):
        events = parser.feed(piece)
        texts += [event.text for event in events if isinstance(event, ToolCallDelta)]
    parser.finish()
    assert texts == ['{"f":1}']
    assert only(parser.message).arguments == {"f": 1}


def test_the_next_answer_starts_without_state() -> None:
    """sgl-project/sglang#22173: the second answer was read with the state of the first."""
    for _ in range(2):
        assert calls_of("hermes", '<tool_call>{"name": "a"}</tool_call>') == [("a", {})]


def test_calls_inside_reasoning_of_kimi() -> None:
    """vybestack/llxprt-code#749: Kimi K2 may write calls before the end tag of its reasoning."""
    text = (
        "<think>Let me see<|tool_calls_section_begin|><|tool_call_begin|>functions.a:0"
        "<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|></think>"
    )
    message = message_of("kimi_k2", text)
    assert (message.text, message.reasoning) == ("", "Let me see")
    assert (only(message).name, only(message).id) == ("a", "functions.a:0")


def test_a_truncated_call_is_in_the_message() -> None:
    """lmstudio-ai/lmstudio-bug-tracker#942: it has partial arguments and is not complete."""
    text = ' to=functions.a<|channel|>commentary<|message|>{"x": "ab'
    call = only(message_of("harmony", text, prompt_suffix="<|start|>assistant"))
    assert (call.status, call.arguments, call.partial) == ("truncated", None, {"x": "ab"})


def test_partial_arguments_only_grow() -> None:
    """ggml-org/llama.cpp#12379: values that were emitted do not change later."""
    text = (
        '<tool_call>{"name": "p", "arguments": {"name": "s", "n": [12, {"a": null}]}}</tool_call>'
    )
    check_growth("hermes", text)


def test_a_long_value_is_streamed() -> None:
    """sgl-project/sglang#27005: a file of 4 kB was emitted only at its end."""
    parser = FormatParser("qwen3_coder", tools=[tool("w", s="string")])
    parser.feed("<tool_call>\n<function=w>\n<parameter=s>\n")
    for _ in range(1000):
        events = parser.feed("line")
        assert [event.type for event in events] == ["tool_call_delta", "argument_delta"]
