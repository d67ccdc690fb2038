"""Formats that are messages with headers: OpenAI's harmony."""

from __future__ import annotations

from typing import Final

from streamparse.formats.table import Channels, Format, Header, JsonArguments

__all__ = ["FORMATS"]

FORMATS: Final = (
    # The recipient stands before or after the channel; calls come on any channel; the stop token
    # may have been cut off. Built-in tools take free text.
    Format(
        name="harmony",
        models="gpt-oss-20b/120b, gpt-oss-safeguard",
        source=(
            "parsers: vLLM openai, SGLang gpt-oss, llama.cpp, ollama, lmdeploy, openai/harmony"
        ),
        example=(
            "<|channel|>analysis<|message|>I need the tide.<|end|><|start|>assistant"
            "<|channel|>commentary to=functions.find_tide <|constrain|>json<|message|>"
            '{"port": "Piran", "day": 2}<|call|>'
        ),
        calls=(),
        channels=Channels(
            open=("<|start|>", "<|channel|>"),
            header=Header(pattern=r".*", end=("<|message|>",)),
            close=("<|end|>", "<|call|>", "<|return|>"),
            recipient=r"(?:\b|commentary|analysis)to=([^\s<]+)",
            channel=r"<\|channel\|>\s*(\w+)",
            known=(
                r"(?:<\|start\|>)?(?:assistant)?\s*(?:to=[^\s<]+(?![^\s<])\s*)?"
                r"(?:<\|channel\|>\s*(?:analysis|commentary|final)\s*)?"
                r"(?:to=[^\s<]+(?![^\s<])\s*)?(?:<\|constrain\|>\s*)?(?:json\s*)?"
            ),
            reasoning=("analysis",),
            content=("final", "commentary", "user", "assistant"),
            prefix="functions.",
            payload=JsonArguments(free_text=True),
        ),
        reasoning=None,
    ),
)
