"""Replaces the data that an API cannot express."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["LOSSES"]

_CHAT: Final = {
    "order": "In a body, text, reasoning and calls have no order among each other.",
    "server_calls": "Calls that the provider runs are left out: a client would try to run them.",
    "server_results": "The results of the provider's tools are left out.",
    "citations": "Only web pages are sent, as `url_citation` annotations without a position.",
    "extra": "Signatures and encrypted reasoning are left out.",
    "model": "A model that the provider names only when the answer fails is left out.",
    "finish_reason": 'A pause becomes `"length"`; a refusal without a text becomes '
    '`"content_filter"`; a reason without a word in the API becomes `"stop"`.',
    "raw_finish_reason": "The word of the provider is replaced by that of the API.",
    "status": "An answer that was cancelled, ended early or has a rejected call has failed.",
    "calls": "The last call before a limit or filter counts as cut, even if it was complete; so "
    "does every call of an answer that ends with an error.",
    "incomplete_calls": "A rejected call counts as cut, and the answer ends with an error.",
    "changed_calls": "A call whose name or arguments change after they were sent ends the answer "
    "with an error.",
    "replaced_text": "Text that the provider replaced after it was streamed stays as it was.",
    "files": "Files, images and sound are left out.",
    "id": 'An answer without an id gets one (`"chatcmpl-0"`), and so does a call.',
    "usage": "A required count that the provider did not send is calculated from the others, or 0.",
}

_ANTHROPIC: Final = {
    "refusal": "The text of a refusal is sent as text.",
    "custom": 'A call with free text becomes a call with the object `{"input": …}`.',
    "arguments": "In a body, arguments that are missing become `{}`.",
    "server_calls": "Calls that another provider runs are left out.",
    "server_results": "The results of another provider's tools are left out.",
    "citations": "Citations of other APIs are left out.",
    "extra": "Of other fields, signatures and redacted thinking are sent.",
    "finish_reason": 'A content filter becomes `"refusal"`; a reason without a word in the API '
    'becomes `"end_turn"` or `"tool_use"`.',
    "raw_finish_reason": "The word of the provider is replaced by that of the API.",
    "status": "An answer that was cancelled, ended early or has a rejected call has failed. So has "
    "one with a call that a content filter cut.",
    "incomplete_calls": "A rejected call counts as cut, and the answer ends with an error. In a "
    "body, an incomplete call is left out unless it is the last block.",
    "changed_calls": "A call whose name or arguments change after they were sent ends the answer "
    "with an error.",
    "replaced_text": "Text that the provider replaced after it was streamed stays as it was.",
    "files": "Files, images and sound are left out, and so are blocks of unknown types.",
    "id": 'An answer without an id gets one (`"msg_0"`), and so does a call.',
    "usage": "There is no total. Required counts that the provider did not send are 0.",
    "model": "A model that the provider names after the beginning is left out.",
    "log_probabilities": "Log probabilities are left out.",
}

_RESPONSES: Final = {
    "server_calls": "Calls that another provider runs are left out.",
    "server_results": "The results of another provider's tools are left out.",
    "citations": "Only web pages and OpenAI's files are sent. Those of another API do not name the "
    "text that they support. An answer without text has none.",
    "extra": "Of other fields, ids of items, encrypted reasoning and phases are sent.",
    "finish_reason": 'A pause becomes `"max_output_tokens"`; a refusal without a text becomes '
    '`"content_filter"`; a reason without a word in the API becomes a normal end.',
    "raw_finish_reason": "The word of the provider is replaced by the status of the response.",
    "status": "An answer that ended early or has a rejected call has failed.",
    "incomplete_calls": "A rejected call counts as cut, and the response fails.",
    "changed_calls": "A call whose name changes after it was sent makes the response fail. "
    "Arguments that change are right in the record of the end of the call.",
    "own_tools": "Calls of OpenAI's own tools come whole; their arguments do not stream.",
    "replaced_text": "Text that the provider replaced after it was streamed stays as it was.",
    "files": "Files, images and sound are left out.",
    "id": 'An answer without an id gets one (`"resp_0"`), and so does an item or a call.',
    "usage": "A count that the provider did not send is calculated from the others, or 0.",
}

#: By the name of the API: what it cannot express, by the part of a message.
LOSSES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "openai-chat": MappingProxyType(_CHAT),
        "openai-responses": MappingProxyType(_RESPONSES),
        "anthropic-messages": MappingProxyType(_ANTHROPIC),
    }
)
