"""What each API cannot express, and what an encoder writes instead."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["LOSSES"]

_CHAT: Final = {
    "order": "Text, reasoning and calls have no order among each other.",
    "server_calls": "Calls that the provider runs are left out: a client would try to run them.",
    "server_results": "The results of the provider's tools are left out.",
    "citations": "Only web pages are sent, as `url_citation` annotations without a position.",
    "extra": "Signatures and encrypted reasoning are left out.",
    "finish_reason": 'A pause becomes `"length"`; a refusal without a text becomes '
    '`"content_filter"`; a reason without a word in the API becomes `"stop"`.',
    "raw_finish_reason": "The word of the provider is replaced by that of the API.",
    "status": "An answer that was cancelled, ended early or has a rejected call has failed.",
    "calls": "The last call before a limit or filter counts as cut, even if it was complete; so "
    "does every call of an answer that ends with an error.",
    "incomplete_calls": "A rejected call counts as cut, and the answer ends with an error.",
    "replaced_text": "Text that the provider replaced after it was streamed stays as it was.",
    "files": "Files, images and sound are left out.",
    "id": 'An answer without an id gets one (`"chatcmpl-0"`), and so does a call.',
    "usage": "A required count that the provider did not send is calculated from the others, or 0.",
}

#: By the name of the API: what it cannot express, by the part of a message.
LOSSES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "openai-chat": MappingProxyType(_CHAT),
    }
)
