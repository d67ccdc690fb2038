"""Formats that consist of messages with headers, such as OpenAI's harmony."""

from __future__ import annotations

from typing import Final

from streamparse.formats.table import Channels, Format, Header, JsonArguments, Parameters

__all__ = ["FORMATS"]

FORMATS: Final = (
    # The recipient is before or after the channel, and calls come on any channel. A server may
    # have removed the stop token. The input of built-in tools is free text.
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
                r"(?:to=[^\s<]+(?![^\s<])\s*)?(?:<\|constrain\|>\s*)?(?:(?:json|code)\s*)?"
            ),
            reasoning=("analysis",),
            content=("final", "commentary", "user", "assistant"),
            prefix="functions.",
            payload=JsonArguments(free_text=True),
            inside=("<|channel|>",),
        ),
        reasoning=None,
    ),
    # As harmony, but parameters in tags instead of JSON.
    Format(
        name="beam",
        models="Beam",
        source="parsers: SGLang beam",
        example=(
            "<|channel|>analysis<|message|>I need the tide.<|end|><|start|>assistant to=find_tide"
            "<|channel|>analysis <|constrain|>xml<|message|>"
            '<rfl:parameter name="port">\nPiran\n</rfl:parameter>\n'
            '<rfl:parameter name="day">\n2\n</rfl:parameter>\n<|end|>'
        ),
        calls=(),
        channels=Channels(
            open=("<|start|>", "<|channel|>"),
            header=Header(pattern=r".*", end=("<|message|>",)),
            close=("<|end|>", "<|call|>", "<|return|>"),
            recipient=r"\bto=([^\s<]+)",
            channel=r"<\|channel\|>\s*(\w+)",
            known=(
                r"(?:<\|start\|>)?(?:assistant)?\s*(?:to=[^\s<]+\s*)?"
                r"(?:<\|channel\|>\s*(?:analysis|commentary|final)\s*)?"
                r"(?:to=[^\s<]+\s*)?(?:<\|constrain\|>\s*)?(?:xml\s*)?"
            ),
            reasoning=("analysis",),
            content=("final", "commentary", "user", "assistant"),
            prefix="functions.",
            payload=Parameters(
                open=("<rfl:parameter name=",),
                header=Header(
                    pattern=r"\s*(?P<quote>[\"'])(?P<key>[^\"'\n]{1,128})(?P=quote)\s*", end=(">",)
                ),
                close=("</rfl:parameter>",),
                trim=True,
            ),
            inside=("<|channel|>",),
        ),
        reasoning=None,
    ),
)
