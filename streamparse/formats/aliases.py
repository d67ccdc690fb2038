"""Further names of formats: those of tool parsers in vLLM and SGLang, and names of models."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from streamparse._core.shown import no_such_name
from streamparse.formats.detect import detect

__all__ = ["canonical"]

# Names of `--tool-call-parser` in vLLM 0.33 and SGLang 0.5 that differ from ours in more than `-`
# and `_`.
_PARSERS: Final[dict[str, str]] = {
    "apertus2509": "apertus",
    "cohere": "cohere_command3",
    "cohere_xml": "cohere_cofl",
    "cogito": "deepseek_v3",
    "deepseek3": "deepseek_v3",
    "exaone": "hermes",
    "exaone4": "hermes",
    "glm": "glm45",
    "glm4_moe": "glm45",
    "glm52": "glm47",
    "gpt_oss": "harmony",
    "granite_thinking": "nemotron3",
    "hunyuan": "hy_v3",
    "internlm": "internlm2",
    "interns1": "intern_s1",
    "iquest_coder": "iquest_coder_v2",
    "lfm2_5": "lfm2",
    "llama3": "llama3_json",
    "llama4_json": "llama3_json",
    "llama4": "llama4_pythonic",
    "minimax": "minimax_m1",
    "ministral3": "mistral_v13",
    "nemotron_v3": "nemotron3",
    "openai": "harmony",
    "openpangu_v2": "openpangu",
    "pangu": "openpangu",
    "phi4_mini_json": "phi4_mini",
    "qwen": "hermes",
    "qwen25": "hermes",
    "qwen3": "hermes",
    "qwen3_json": "hermes",
    "qwen3_xml": "qwen3_coder",
    "step3p7": "step3p5",
}


def canonical(name: str, names: Iterable[str]) -> str:
    """Return the entry of `names` that `name` refers to.

    Args:
        name: An entry in any spelling, the name of a server's tool parser, or the name of a model
            that `detect` knows.
        names: The names of formats.

    Raises:
        ValueError: No entry matches; the message lists similar names.

    >>> canonical("qwen3_xml", ["hermes", "qwen3_coder"])
    'qwen3_coder'
    """
    known = list(names)
    if name in known:
        return name
    plain = re.sub(r"[-\s.]", "_", name.strip().lower())
    joined = {each.replace("_", ""): each for each in known}
    found = _PARSERS.get(plain) or joined.get(plain.replace("_", "")) or detect(name)
    if found in known:
        return found
    raise ValueError(no_such_name("format", name, known, "streamparse.formats.names()"))
