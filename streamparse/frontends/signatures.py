"""The data of a part that its provider requires in the next turn, in the words of front ends.

Providers sign or encrypt reasoning, and some of them calls and texts. A page returns this data with
its messages. In the Vercel AI SDK it is `providerMetadata`, by the name of the provider and in the
words of the SDK's providers; in AG-UI it is the string `encryptedValue`.

Source: the providers `@ai-sdk/anthropic`, `amazon-bedrock`, `google` and `openai`, and
`REASONING_ENCRYPTED_VALUE` of `@ag-ui/core` 1.0.0.
"""

from __future__ import annotations

from typing import Any, Final

from streamparse._core.plain import dict_of, json_text, text_of
from streamparse.errors import StreamParseError
from streamparse.json_parser import parse

__all__ = [
    "encrypted_value",
    "from_encrypted_value",
    "from_metadata",
    "metadata_of",
    "signature_of",
]

_ANTHROPIC: Final = {"signature": "signature", "data": "redactedData"}
# By API: the name of the provider, and the member of `extra` with its name in the AI SDK.
_NAMES: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "anthropic-messages": ("anthropic", _ANTHROPIC),
    "bedrock-invoke-anthropic": ("anthropic", _ANTHROPIC),
    "bedrock-converse": (
        "bedrock",
        {"signature": "signature", "redactedContent": "redactedData"},
    ),
    "google-generate": ("google", {"thoughtSignature": "thoughtSignature"}),
    "openai-responses": (
        "openai",
        {"id": "itemId", "encrypted_content": "reasoningEncryptedContent"},
    ),
}
_NOTHING: Final[tuple[str, dict[str, str]]] = ("", {})


def signature_of(api: str | None, extra: dict[str, Any]) -> dict[str, Any]:
    """Return the members of a part's `extra` that the provider requires; `{}` if there are none."""
    if api in ("vercel-ui", "ag-ui"):
        name = "providerMetadata" if api == "vercel-ui" else "encryptedValue"
        return {name: extra[name]} if extra.get(name) else {}
    names = _NAMES.get(api or "", _NOTHING)[1]
    return _signed({name: extra.get(name) for name in names})


def metadata_of(api: str | None, extra: dict[str, Any]) -> dict[str, Any] | None:
    """Return the `providerMetadata` of a part, or None."""
    found = signature_of(api, extra)
    if "providerMetadata" in found:
        return dict_of(found["providerMetadata"]) or None
    if "encryptedValue" in found:
        return {"ag-ui": found}
    provider, names = _NAMES.get(api or "", _NOTHING)
    return {provider: {names[name]: value for name, value in found.items()}} if found else None


def from_metadata(api: str, metadata: Any) -> dict[str, Any]:
    """Return the `extra` of a part for an API, from `providerMetadata`, which is untrusted."""
    found: dict[str, Any] = {}
    names = _NAMES.get(api, _NOTHING)[1]
    for about in dict_of(metadata).values():
        given = dict_of(about)
        found.update({ours: given[theirs] for ours, theirs in names.items() if theirs in given})
        if "encryptedValue" in given:
            found.update(from_encrypted_value(api, given["encryptedValue"]))
    return _signed(found)


def encrypted_value(api: str | None, extra: dict[str, Any]) -> str | None:
    """Return the `encryptedValue` of a part, or None: a signature as it is, other data as JSON."""
    found = signature_of(api, extra)
    if not found:
        return None
    name, value = next(iter(found.items()))
    plain = ("signature", "thoughtSignature", "encryptedValue")
    return text_of(value) if len(found) == 1 and name in plain else json_text(found)


def from_encrypted_value(api: str, value: Any) -> dict[str, Any]:
    """Return the `extra` of a part for an API, from an `encryptedValue`, which is untrusted."""
    text = text_of(value)
    names = _NAMES.get(api, _NOTHING)[1]
    if not text.startswith("{"):
        return _signed({name: text for name in names if name in ("signature", "thoughtSignature")})
    try:
        given = dict_of(parse(text))
    except StreamParseError:
        return {}
    if "providerMetadata" in given:
        return from_metadata(api, given["providerMetadata"])
    return _signed({name: given.get(name) for name in names})


def _signed(found: dict[str, Any]) -> dict[str, Any]:
    """Return the texts among these members, unless the id of an item is the only one."""
    given = {name: value for name, value in found.items() if value and text_of(value)}
    return given if given.keys() - {"id"} else {}
