"""`format="auto"`: detects the format from the first marker that begins a call or reasoning.

Before that marker, only reasoning in the common tags is recognized. If several formats share a
marker, the text after it selects the format. A marker that matches no format is text.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from streamparse._answers.answer import AnswerReader
from streamparse.formats._framing import Framing
from streamparse.formats._framing_state import NOT_SPACE, TEXT
from streamparse.formats.markers import UNDECIDED, Markers
from streamparse.formats.plan import REASON, REASONING
from streamparse.formats.registry import get, plan_of
from streamparse.formats.table import Format, Reasoning
from streamparse.limits import Limits

__all__ = ["AHEAD", "AT_START", "CHOICES", "SIGNALS", "AutoFraming"]

# The number of characters after a marker within which a format must match. White space directly
# after the marker is limited separately and is not counted.
AHEAD: Final = 96
_SPACE: Final = re.compile(r"\s{0,1024}")

# The header of a Harmony channel. Beam puts the recipient before the marker and `xml` after
# `<|constrain|>`, so `xml` is excluded.
_HARMONY: Final = (
    r"\s*(?:analysis|commentary|final)(?:[^<]{48}"
    r"|[^<]*<(?:[^|]|\|constrain\|>\s*(?!x)\w|\|(?!constrain)[a-z]+\|>))"
)
# For each marker, the patterns of the text after it and the format that each one identifies. At
# most one pattern of a marker matches.
SIGNALS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "<tool_call>": (
        (r"\s*[\[{]", "hermes"),
        (r"\s*<function=", "qwen3_coder"),
        (r"\s*[^\s<>{}\[\]()\"'`]+\s*(?:<arg_key>|</tool_call>)", "glm45"),
    ),
    "<function=": (
        (r"\s*[\w.\-:/]+\s*>\s*\{", "llama31_function_tag"),
        (r"\s*[\"']?[\w.\-:/]+[\"']?\s*>\s*(?:<parameter=|</function>)", "qwen3_coder"),
    ),
    "<tool_calls>": (
        (r"\s*[\[{]", "hunyuan_a13b"),
        (r"\s*<tool_call>[^<]*<tool_sep>", "hy_v3"),
        (r"\s*<tool_call>[^<]*<(?!tool_sep>)(?:arg_key>|/)", "hy_v4"),
    ),
    "<｜tool▁calls▁begin｜>": (
        (r"\s*<｜tool▁call▁begin｜>\s*function<｜tool▁sep｜>", "deepseek_v3"),
        (r"\s*<｜tool▁call▁begin｜>\s*(?!function<)[^<]+<｜tool▁sep｜>", "deepseek_v31"),
    ),
    "[TOOL_CALLS]": (
        (r"\s*\[", "mistral_v3"),
        (r"\s*[\w.\-]+\s*(?:\[ARGS\]|\[CALL_ID\]|\{)", "mistral_v13"),
    ),
    "<ifm|tool_calls>": (
        (r"\s*<ifm\|tool_call>\s*\{", "k2_horizon_json"),
        (
            r"\s*<ifm\|tool_call>[^<{]*<ifm\|arg_key>[^<]*</ifm\|arg_key>\s*<ifm\|arg_type>",
            "k2_horizon_typed",
        ),
        (
            r"\s*<ifm\|tool_call>[^<{]*(?:</|<ifm\|arg_key>[^<]*</ifm\|arg_key>\s*<ifm\|arg_value>)",
            "k2_horizon",
        ),
    ),
    "<function_calls>": ((r"\s*[A-Za-z_][\w.]*\(", "olmo3"),),
    "<|tool_call>": ((r"\s*(?:call)?:", "gemma4"),),
    "<|tool_call|>": ((r"\s*\[", "granite"),),
    "functools": ((r"\s*\[\s*\{", "phi4_mini"),),
    "<function_call>": ((r"\s*\{", "granite_20b_fc"),),
    "<|channel|>": ((_HARMONY, "harmony"),),
    "<｜DSML｜function_calls>": ((r"", "deepseek_v32"),),
    "<|start|>": (
        (r"assistant[^<]*<\|channel\|>" + _HARMONY, "harmony"),
        (r"assistant\s+to=[^\s<]+\s*<\|message\|>", "muse"),
    ),
    "<|python_tag|>": ((r"\s*\{", "llama3_json"),),
    "<｜DSML｜tool_calls>": ((r"", "deepseek_v4"),),
    "<｜DSML｜toolcalls>": ((r"", "deepseek_v4"),),
    "<｜DSML｜invoke": ((r"", "deepseek_v4"),),
    "<｜DSML｜ calls>": ((r"", "deepseek_v41"),),
    "<｜GCML｜tool_calls>": ((r"", "gigachat35"),),
    "<minimax:tool_call>": ((r"", "minimax_m2"),),
    "]<]minimax[>[<tool_call>": ((r"", "minimax_m3"),),
    "<mm:think>": ((r"", "minimax_m3"),),
    "<dots_function_call>": ((r"", "dots"),),
    "<function name=": ((r"", "minicpm5"),),
    "<｜tool_calls_begin｜>": ((r"", "step3"),),
    "<|tool_calls_section_begin|>": ((r"", "kimi_k2"),),
    "<|open|>tools<|sep|>": ((r"", "kimi_k3"),),
    "<|open|>think<|sep|>": ((r"", "kimi_k3"),),
    "<|open|>response<|sep|>": ((r"", "kimi_k3"),),
    "<|tool_call_start|>": (
        (r"\s*\[?\s*\{", "openpangu"),
        (r"\s*\[?\s*[A-Za-z_][\w.]*\(", "lfm2"),
    ),
    "<|python_start|>": ((r"", "llama4_pythonic"),),
    "<start_function_call>": ((r"", "functiongemma"),),
    "<|channel>": ((r"thought", "gemma4"),),
    "<|action_start|>": ((r"\s*<\|plugin\|>", "internlm2"),),
    "<|START_ACTION|>": (
        (r"\s*[\[{]", "cohere_command3"),
        (r"\s*<cofl:tool_calls?[ >]", "cohere_cofl"),
    ),
    "<cofl:tool_calls>": ((r"", "cohere_cofl"),),
    "<|START_RESPONSE|>": ((r"", "cohere_command3"),),
    "<|START_TEXT|>": ((r"", "cohere_command4"),),
    "<|tools_prefix|>": ((r"", "apertus"),),
    "<|inner_prefix|>": ((r"", "apertus"),),
    "<|content_thinking|>": ((r"", "inkling"),),
    "<|content_text|>": ((r"", "inkling"),),
    "<|content_invoke_tool_json|>": ((r"", "inkling"),),
    "<|function_call|>": ((r"", "gigachat31"),),
    "function call<|role_sep|>": ((r"", "gigachat3"),),
    "-> tool/function_call\n": ((r"", "hyperclovax"),),
    "<longcat_tool_call>": ((r"", "longcat"),),
    "<longcat_think>": ((r"", "longcat"),),
    "<TOOLCALL>": ((r"", "nemotron_nano_v2"),),
    "<seed:tool_call>": ((r"", "seed_oss"),),
    "<seed:think>": ((r"", "seed_oss"),),
    "<iquest_tool_call>": ((r"", "iquest_q1"),),
    "<|tool_calls|>": (
        (r"\s*\[\s*\{", "sarashina"),
        (r"\s*<\|tool_call:begin\|>", "solar_open"),
    ),
    "<|think|>": ((r"", "solar_open"),),
    "<|think:start|>": ((r"", "solar_open2"),),
    "<|tool_call:start|>": ((r"", "solar_open2"),),
    "<iquestcoder_tool_call>": ((r"", "iquest_coder_v2"),),
    "<use_mcp_tool>": ((r"\s*<server_name>", "use_mcp_tool"),),
    "<tool: ": ((r"[\w.\-]{1,64}>\s*[\w{]", "cwm"),),
    "<tools>": ((r"\s*\{\s*\"name\"\s*:\s*\"[^\"]*\"\s*,\s*\"arguments\"", "qwen2_5_coder"),),
    "**Tool Call:**\n```json": ((r"\s*\{\s*\"", "rwkv"),),
    "◁think▷": ((r"", "kimi_think"),),
    "<|plamo:begin_think:plamo|>": ((r"", "plamo3"),),
    "<|plamo:begin_tool_requests:plamo|>": ((r"", "plamo3"),),
    "<atem:function_calls>": ((r"", "muse"),),
    "Action:\n```json": ((r"", "command_r_plus"),),
    "[THINK]": ((r"", "mistral_v13"),),
}

# Patterns at the start of an answer that identify a format without a marker.
AT_START: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "[": ((r"\[\s*\{", "xlam"), (r"\[\s*[A-Za-z_][\w.]*\(", "pythonic")),
    "{": ((r"\{\s*\"", "llama3_json"),),
}

# Reasoning tags that several formats share.
_IFM: Final = ("ifm|think", "ifm|think_fast", "ifm|think_faster")
_BASE: Final = Format(
    name="auto",
    calls=(),
    reasoning=Reasoning(
        open=("<think>", "<|START_THINKING|>", *[f"<{tag}>" for tag in _IFM]),
        close=("</think>", "<|END_THINKING|>", *[f"</{tag}>" for tag in _IFM]),
    ),
)


def _compiled(
    table: dict[str, tuple[tuple[str, str], ...]],
) -> dict[str, list[tuple[re.Pattern[str], str]]]:
    return {
        word: [(re.compile(pattern), name) for pattern, name in choices]
        for word, choices in table.items()
    }


CHOICES: Final = _compiled(SIGNALS)
_START_CHOICES: Final = _compiled(AT_START)
_WORDS: Final = Markers(SIGNALS)


class AutoFraming(Framing):
    """A framing machine that chooses its plan.

    A marker selects a format to try. The format is chosen when a call begins (to a declared tool,
    if tools are declared) or when reasoning or a message in its own syntax begins. Otherwise the
    marker and the text after it are emitted as text, and the search continues.
    """

    _init_types: ClassVar[tuple[Any, ...]] = (AnswerReader, Limits)

    def __init__(self, answer: AnswerReader, limits: Limits) -> None:
        super().__init__(answer, plan_of(_BASE), limits)
        self.tried: str = ""  # the name of the format that `plan` belongs to
        self.chosen: bool = False

    def finish(self, normal: bool) -> bool:
        whole = super().finish(normal)
        if not whole:
            self._confirm()  # the text ended inside an open call or reasoning of the format
        return whole

    def _takes_plain(self, text: str) -> bool:
        if self.state == TEXT and not self.tried and _WORDS.may_begin_in(text):
            return False
        return super()._takes_plain(text)

    def _text(self, text: str, pos: int, final: bool) -> int:
        if self.tried:
            return super()._text(text, pos, final)
        if self.fresh and self.mode != REASONING:
            found = NOT_SPACE.search(text, pos)
            if found is not None and found.group() in _START_CHOICES:
                choices = _START_CHOICES[found.group()]
                name = self._shown(choices, text, found.start(), found.end(), final)
                if name:
                    return self._try(name, text, pos, final)
        stop, word = _WORDS.find(text, pos, final)
        if stop > pos:
            new = pos + super()._text(text[pos:stop], 0, final or bool(word))
            self.stuck = self.stuck or (not word and stop < len(text))
            return new
        if not word:
            self.stuck = True
            return pos
        behind = pos + len(word)
        name = (
            ""
            if self._is_in_code(word)
            else self._shown(CHOICES[word], text, behind, behind, final)
        )
        if name and not self._is_quoted(name, word):
            return self._try(name, text, pos, final)
        self._emit_run(word)
        return behind

    def _shown(
        self,
        choices: list[tuple[re.Pattern[str], str]],
        text: str,
        pos: int,
        marker: int,
        final: bool,
    ) -> str:
        """Return the format that the text at `pos` matches; the marker ends at `marker`.

        Returns `""` if no format matches and `UNDECIDED` if more text is needed. Text beyond the
        window is ignored even if it is available, so the result does not depend on chunking.
        """
        space = _SPACE.match(text, marker)
        assert space is not None
        window = space.end() + AHEAD
        for pattern, name in choices:
            if pattern.match(text, pos, window) is not None:
                return name
        return UNDECIDED if not final and len(text) < window else ""

    def _is_in_code(self, word: str) -> bool:
        """Return whether the marker is in Markdown code and every format ignores it there."""
        if not self.quotation.is_code():
            return False
        for _, name in CHOICES[word]:
            if not get(name).quotation:
                return False
        self.quotation.marked = True
        return True

    def _is_quoted(self, name: str, word: str) -> bool:
        """Return whether the marker is quoted.

        In reasoning, a marker is quoted if the format has no calls there. Elsewhere, a reasoning
        marker is quoted if it directly follows a quotation mark.
        """
        if name == UNDECIDED:
            return False
        plan = plan_of(get(name))
        if self.mode == REASONING:
            return plan.calls_in_reasoning == "text"
        action = plan.actions[self.mode].get(word)
        return action is not None and action.kind == REASON and self.quotation.is_behind_quote()

    def _try(self, name: str, text: str, pos: int, final: bool) -> int:
        if name == UNDECIDED:
            self.stuck = True
            return pos
        self.tried = name
        self.plan = plan_of(get(name))
        return super()._text(text, pos, final)

    def _confirm(self) -> None:
        if self.tried and not self.chosen:
            self.chosen = True
            self.answer.note("format", self.tried)

    def _give_up(self) -> None:
        if not self.chosen:
            self.tried = ""
            self.plan = plan_of(_BASE)
        super()._give_up()

    def _is_orphan(self, name: str) -> bool:
        tools = self.answer.tools
        if not self.chosen and tools is not None and tools.find(name) is None:
            return True
        return super()._is_orphan(name)
