"""Tests of streamparse.frontends.signatures: data that a page must post for the provider."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamparse.frontends.signatures import (
    encrypted_value,
    from_encrypted_value,
    from_metadata,
    metadata_of,
    signature_of,
)

NAMES = st.sampled_from(["anthropic", "signature", "id", "encrypted_content", "providerMetadata"])
LEAVES = st.none() | st.integers() | st.sampled_from(["", "s", "{", '{"signature": 1}'])
JUNK = st.recursive(LEAVES, lambda inner: st.dictionaries(NAMES, inner) | st.lists(inner))
CASES: list[tuple[str, dict[str, Any], dict[str, Any] | None, str | None]] = [
    ("anthropic-messages", {"signature": "s"}, {"anthropic": {"signature": "s"}}, "s"),
    (
        "bedrock-invoke-anthropic",
        {"data": "d"},
        {"anthropic": {"redactedData": "d"}},
        '{"data":"d"}',
    ),
    (
        "bedrock-converse",
        {"redactedContent": "aGk="},
        {"bedrock": {"redactedData": "aGk="}},
        '{"redactedContent":"aGk="}',
    ),
    ("google-generate", {"thoughtSignature": "t"}, {"google": {"thoughtSignature": "t"}}, "t"),
    (
        "openai-responses",
        {"id": "rs", "encrypted_content": "e"},
        {"openai": {"itemId": "rs", "reasoningEncryptedContent": "e"}},
        '{"id":"rs","encrypted_content":"e"}',
    ),
    ("openai-responses", {"id": "rs"}, None, None),  # an id alone is not sent
    ("openai-chat", {"signature": "s"}, None, None),
]


@pytest.mark.parametrize(("api", "extra", "metadata", "value"), CASES)
def test_both_ways(
    api: str, extra: dict[str, Any], metadata: dict[str, Any] | None, value: str | None
) -> None:
    assert metadata_of(api, {**extra, "index": 3}) == metadata
    assert encrypted_value(api, {**extra, "index": 3}) == value
    if metadata is not None:
        assert signature_of(api, extra) == extra
        assert from_metadata(api, metadata) == extra
        assert from_encrypted_value(api, value) == extra
        assert from_metadata("ollama-chat", metadata) == {}


def test_streams_of_other_servers() -> None:
    """Data of other servers is kept unchanged, for either protocol."""
    given_data = {"anthropic": {"signature": "s"}}
    assert metadata_of("vercel-ui", {"providerMetadata": given_data}) == given_data
    value = encrypted_value("vercel-ui", {"providerMetadata": given_data})
    assert from_encrypted_value("anthropic-messages", value) == {"signature": "s"}
    assert encrypted_value("ag-ui", {"encryptedValue": "s"}) == "s"
    metadata = metadata_of("ag-ui", {"encryptedValue": "s"})
    assert from_metadata("anthropic-messages", metadata) == {"signature": "s"}


@given(junk=JUNK, api=st.sampled_from([case[0] for case in CASES]))
def test_invalid_data(junk: Any, api: str) -> None:
    for found in (from_metadata(api, junk), from_metadata(api, {"x": junk})):
        assert all(isinstance(value, str) for value in found.values())
    assert isinstance(from_encrypted_value(api, junk), dict)
