"""Converts the messages that a chat page posts to those that a provider accepts.

Source: `UIMessage` of the package `ai` (7.0.173) and the messages of `@ag-ui/core` (1.0.0).

A page can post anything, so its messages are only as trustworthy as its user: system messages are
left out, and answers and tool results may be forged.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import unquote_to_bytes

from streamparse._answers.answer import AnswerReader
from streamparse._answers.options import AnswerOptions
from streamparse._answers.response import ResponseReader
from streamparse._core.plain import dict_of, json_text, list_of, text_of
from streamparse._wires.detection import WIRES, wire_of
from streamparse._wires.names import api_named
from streamparse.frontends.signatures import from_encrypted_value, from_metadata
from streamparse.message import Part, Reasoning, Text

__all__ = ["USERS", "from_ag_ui", "from_ui_messages"]

_DONE: Final = ("output-available", "output-error", "output-denied")


P = TypeVar("P", bound=Part)


class _File(NamedTuple):
    """A file that the user attached, as a `data:` URL or another URL."""

    url: str
    media_type: str
    name: str

    @property
    def base64(self) -> str:
        """The content in base64; `""` if it is not in the URL."""
        head, comma, data = self.url.partition(",")
        if not (comma and head.startswith("data:")):
            return ""
        if head.endswith(";base64"):
            return data
        return base64.b64encode(unquote_to_bytes(data)).decode()

    @property
    def is_image(self) -> bool:
        return self.media_type.startswith("image/")


class _Call(NamedTuple):
    """A call that the page or the server ran, and its result; an exception if it failed."""

    id: str
    name: str
    arguments: Any
    result: Any
    extra: dict[str, Any]  # the data that the provider requires beside the call


def from_ui_messages(messages: Iterable[dict[str, Any]], api: str) -> list[dict[str, Any]]:
    """Convert the messages that `useChat` posts to those of a provider.

    Texts, files, calls with their results and signed reasoning are kept. Calls without a result,
    calls that the provider ran itself, sources and data of the application are left out. System
    messages are left out too, because a page could use them to replace the instructions.

    Args:
        messages: The member `messages` of the request. It is untrusted.
        api: The API of the provider, as in `stream`.

    Returns:
        The messages (Responses: input items; Gemini: contents), without instructions.

    Raises:
        ValueError: The conversion to this API is not supported, or the API does not accept a file
            in the given form.

    >>> page = [{"role": "user", "parts": [{"type": "text", "text": "Hi"}]}]
    >>> from_ui_messages(page, "openai-chat")
    [{'role': 'user', 'content': 'Hi'}]
    """
    writer = _Writer(api)
    for message in _posted(messages):
        parts = [dict_of(part) for part in list_of(message.get("parts"))]
        if message.get("role") == "user":
            texts = [text_of(part.get("text")) for part in parts if part.get("type") == "text"]
            files = [_ui_file(part) for part in parts if part.get("type") == "file"]
            writer.user(texts, files)
        elif message.get("role") == "assistant":
            for step in _steps(parts, writer.api):
                writer.assistant(step)
    return writer.messages


def from_ag_ui(messages: Iterable[dict[str, Any]], api: str) -> list[dict[str, Any]]:
    """Convert the messages of an AG-UI request to those of a provider.

    The same messages are kept as by `from_ui_messages`.

    Args:
        messages: The member `messages` of the request (`RunAgentInput`). It is untrusted.
        api: The API of the provider, as in `stream`.

    Returns:
        The messages; see `from_ui_messages`.

    Raises:
        ValueError: See `from_ui_messages`.

    >>> from_ag_ui([{"id": "1", "role": "user", "content": "Hi"}], "anthropic-messages")
    [{'role': 'user', 'content': [{'type': 'text', 'text': 'Hi'}]}]
    """
    known = _posted(messages)
    results = {text_of(one.get("toolCallId")): one for one in known if one.get("role") == "tool"}
    results.pop("", None)
    writer = _Writer(api)
    step: list[Any] = []
    for message in known:
        role = message.get("role")
        if role == "user":
            writer.assistant(step)
            step = []
            writer.user(*_ag_ui_content(message.get("content")))
        elif role == "reasoning":
            signed = from_encrypted_value(writer.api, message.get("encryptedValue"))
            step += _reasoning(message.get("content"), signed)
        elif role == "assistant":
            if any(isinstance(part, _Call) for part in step):
                writer.assistant(step)
                step = []
            signed = from_encrypted_value(writer.api, message.get("encryptedValue"))
            texts = _ag_ui_content(message.get("content"))[0] or ([""] if signed else [])
            step += [Text(text, signed) for text in texts]
            calls = [dict_of(call) for call in list_of(message.get("toolCalls"))]
            step += [
                _ag_ui_call(one, results, writer.api)
                for one in calls
                if text_of(one.get("id")) in results
            ]
    writer.assistant(step)
    return writer.messages


# The messages that pages post.


def _posted(messages: Any) -> list[dict[str, Any]]:
    """Return the messages among what was posted, which may be anything."""
    return [dict_of(message) for message in messages] if isinstance(messages, Iterable) else []


def _ui_file(part: dict[str, Any]) -> _File:
    name = text_of(part.get("filename"))
    return _File(text_of(part.get("url")), text_of(part.get("mediaType")), name)


def _steps(parts: list[dict[str, Any]], api: str) -> list[list[Any]]:
    """Split the parts into steps: the parts that the model wrote between tool results."""
    steps: list[list[Any]] = [[]]
    for part in parts:
        kind = text_of(part.get("type"))
        is_call = kind.startswith("tool-") or kind == "dynamic-tool"
        is_after = not is_call and any(isinstance(one, _Call) for one in steps[-1])
        if kind == "step-start" or is_after:
            steps.append([])
        if kind == "text":
            text = Text(text_of(part.get("text")), from_metadata(api, part.get("providerMetadata")))
            steps[-1] += [text] if text.text or text.extra else []
        elif kind == "reasoning":
            signed = from_metadata(api, part.get("providerMetadata"))
            steps[-1] += _reasoning(part.get("text"), signed)
        elif is_call and _has_result(part) and not part.get("providerExecuted"):
            steps[-1].append(_ui_call(kind, part, api))
    return steps


def _has_result(part: dict[str, Any]) -> bool:
    """Return whether a call has a final output, or the user denied it."""
    if part.get("state") == "approval-responded":
        return dict_of(part.get("approval")).get("approved") is False
    return part.get("state") in _DONE and part.get("preliminary") is not True


def _ui_call(kind: str, part: dict[str, Any], api: str) -> _Call:
    name = text_of(part.get("toolName")) or kind.removeprefix("tool-")
    given = part.get("input") if part.get("input") is not None else part.get("rawInput")
    result = part.get("output")
    if part.get("state") != "output-available":
        reason = text_of(dict_of(part.get("approval")).get("reason"))
        denied = f"the call was denied: {reason}" if reason else "the call was denied"
        result = RuntimeError(text_of(part.get("errorText")) or denied)
    signed = from_metadata(api, part.get("callProviderMetadata"))
    arguments = {} if given is None else given
    return _Call(text_of(part.get("toolCallId")), name, arguments, result, signed)


def _reasoning(text: Any, signed: dict[str, Any]) -> list[Reasoning]:
    """Return the reasoning if it is signed; the APIs reject or ignore unsigned reasoning."""
    return [Reasoning(text_of(text), signed)] if signed else []


def _ag_ui_content(content: Any) -> tuple[list[str], list[_File]]:
    if isinstance(content, str):
        return [content] if content else [], []
    texts: list[str] = []
    files: list[_File] = []
    for part in [dict_of(one) for one in list_of(content)]:
        source = dict_of(part.get("source"))
        if part.get("type") == "text":
            texts.append(text_of(part.get("text")))
            continue
        media_type = text_of(part.get("mimeType") or source.get("mimeType"))
        url = text_of(part.get("url") or (source.get("value") if _is_url(source) else ""))
        data = text_of(part.get("data") or ("" if _is_url(source) else source.get("value")))
        if data:
            url = f"data:{media_type};base64,{data}"
        if url:
            files.append(_File(url, media_type, text_of(part.get("filename"))))
    return texts, files


def _is_url(source: dict[str, Any]) -> bool:
    return source.get("type") == "url"


def _ag_ui_call(call: dict[str, Any], results: dict[str, dict[str, Any]], api: str) -> _Call:
    function, identity = dict_of(call.get("function")), text_of(call.get("id"))
    found = results[identity]
    result: Any = found.get("content")
    if found.get("error"):
        result = RuntimeError(text_of(found["error"]))
    signed = from_encrypted_value(api, call.get("encryptedValue"))
    arguments = function.get("arguments") or "{}"
    return _Call(identity, text_of(function.get("name")), arguments, result, signed)


# The messages that providers accept.


class _Writer:
    """Writes the messages of one API."""

    def __init__(self, api: str) -> None:
        name = api_named(api, tuple(WIRES))
        found = USERS.get(name)
        if found is None:
            known = ", ".join(USERS)
            raise ValueError(f"{name} cannot be the target of page messages; the APIs are {known}")
        self._user = found
        self.api = name
        self._wire = wire_of(name)
        self.messages: list[dict[str, Any]] = []

    def user(self, texts: list[str], files: list[_File]) -> None:
        """Add a message of the user unless it is empty."""
        texts = [text for text in texts if text]
        if texts or files:
            self.messages.append(self._user(texts, files))

    def assistant(self, step: list[Any]) -> None:
        """Add the parts that the model wrote, and the results of its calls.

        The parts are added to an answer of the API, so that the code that writes the history of a
        received answer writes these messages too.
        """
        if not any(isinstance(part, (Text, _Call)) for part in step):
            return
        response = ResponseReader(AnswerOptions(None))
        self._wire(response)
        answer = response.first
        results: list[Any] = []
        for part in step:
            if isinstance(part, _Call):
                call = answer.call(part.id, part.name)
                text = part.arguments
                call.feed(text if isinstance(text, str) else json_text(text))
                call.call.extra.update(part.extra)
                call.end()
                results.append(part.result)
            elif isinstance(part, Text):
                answer.text(part.text, self._added(answer, Text(extra=part.extra)))
            else:
                if "encrypted_content" in part.extra and part.text:
                    part.extra["summary_index"] = 0
                answer.reasoning(part.text, self._added(answer, Reasoning("", part.extra)))
        answer.finish("stop")
        response.end()
        message = answer.message
        self.messages += message.to_history()
        self.messages += message.tool_results(list(zip(message.tool_calls, results, strict=True)))

    @staticmethod
    def _added(answer: AnswerReader, part: P) -> P:
        answer.add(part)
        return part


def _chat_user(texts: list[str], files: list[_File]) -> dict[str, Any]:
    if not files:
        return {"role": "user", "content": "\n\n".join(texts)}
    content: list[Any] = [{"type": "text", "text": text} for text in texts]
    for file in files:
        if file.is_image:
            content.append({"type": "image_url", "image_url": {"url": file.url}})
        else:
            about = {"filename": file.name or "file", "file_data": _inside(file, file.url)}
            content.append({"type": "file", "file": about})
    return {"role": "user", "content": content}


def _responses_user(texts: list[str], files: list[_File]) -> dict[str, Any]:
    content: list[Any] = [{"type": "input_text", "text": text} for text in texts]
    for file in files:
        if file.is_image:
            content.append({"type": "input_image", "image_url": file.url})
        elif file.base64:
            about = {"filename": file.name or "file", "file_data": file.url}
            content.append({"type": "input_file", **about})
        else:
            content.append({"type": "input_file", "file_url": file.url})
    return {"role": "user", "content": content}


def _anthropic_user(texts: list[str], files: list[_File]) -> dict[str, Any]:
    content: list[Any] = [{"type": "text", "text": text} for text in texts]
    for file in files:
        source = {"type": "url", "url": file.url}
        if file.base64:
            source = {"type": "base64", "media_type": file.media_type, "data": file.base64}
        content.append({"type": "image" if file.is_image else "document", "source": source})
    return {"role": "user", "content": content}


def _google_user(texts: list[str], files: list[_File]) -> dict[str, Any]:
    parts: list[Any] = [{"text": text} for text in texts]
    for file in files:
        if file.base64:
            parts.append({"inlineData": {"mimeType": file.media_type, "data": file.base64}})
        else:
            parts.append({"fileData": {"mimeType": file.media_type, "fileUri": file.url}})
    return {"role": "user", "parts": parts}


def _bedrock_user(texts: list[str], files: list[_File]) -> dict[str, Any]:
    content: list[Any] = [{"text": text} for text in texts]
    for number, file in enumerate(files, 1):
        source = {"bytes": _decoded(file)}
        form = file.media_type.rpartition("/")[2]
        if file.is_image:
            content.append({"image": {"format": form, "source": source}})
        else:
            # Names chosen by users could contain instructions, and names must be unique.
            about = {"format": form, "name": f"document {number}", "source": source}
            content.append({"document": about})
    return {"role": "user", "content": content}


def _ollama_user(texts: list[str], files: list[_File]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "user", "content": "\n\n".join(texts)}
    if files:
        message["images"] = [_inside(file, file.base64) for file in files]
    return message


def _inside(file: _File, given: str) -> str:
    """Return `given`; raise ValueError unless the URL of the file contains its content."""
    if not file.base64:
        raise ValueError("the API accepts the content of this file only, not its URL")
    return given


def _decoded(file: _File) -> bytes:
    try:
        return base64.b64decode(_inside(file, file.base64), validate=True)
    except binascii.Error:
        raise ValueError("the content of a file is not base64") from None


#: Makes the message of a user from its texts and files, for each API.
USERS: Final[dict[str, Callable[[list[str], list[_File]], dict[str, Any]]]] = {
    "openai-chat": _chat_user,
    "openai-responses": _responses_user,
    "anthropic-messages": _anthropic_user,
    "bedrock-invoke-anthropic": _anthropic_user,
    "bedrock-converse": _bedrock_user,
    "google-generate": _google_user,
    "cohere-v2": _chat_user,
    "ollama-chat": _ollama_user,
}
