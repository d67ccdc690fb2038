"""Tests of streamparse.frontends.citations."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse.frontends.citations import Source, sources_of

PAGE = "https://example.org/tides"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"type": "url_citation", "url": PAGE, "title": "Tides"}, Source(PAGE, "Tides")),
        ({"type": "url_citation", "url": PAGE}, Source(PAGE)),
        ({"startIndex": 3, "endIndex": 9, "uri": PAGE, "license": ""}, Source(PAGE)),
        ({"type": "web", "id": "web:0", "url": PAGE}, Source(PAGE)),
        ({"location": {"web": {"url": PAGE}}, "title": "Tides"}, Source(PAGE, "Tides")),
        (
            {"type": "file_citation", "file_id": "f-1", "filename": "Tide.PDF"},
            Source("", "Tide.PDF", "Tide.PDF", "application/pdf"),
        ),
        (
            {"type": "container_file_citation", "file_id": "f-1", "filename": "f-1.xyz"},
            Source("", "f-1.xyz", "f-1.xyz", "application/octet-stream"),
        ),
        (
            {"type": "char_location", "document_title": "Almanac", "cited_text": "low"},
            Source("", "Almanac", "", "text/plain"),
        ),
        (
            {"type": "page_location", "document_title": "Almanac"},
            Source("", "Almanac", "", "application/pdf"),
        ),
        (
            {"title": "Almanac", "location": {"documentChar": {"start": 0}}},
            Source("", "Almanac", "", "text/plain"),
        ),
        (
            {"title": "Almanac", "location": {"documentPage": {"start": 0}}},
            Source("", "Almanac", "", "application/pdf"),
        ),
        ({"title": "A paper"}, Source("", "A paper", "", "application/octet-stream")),
        ({"document_title": None}, Source("", "document", "", "application/octet-stream")),
        ("something else", Source("", "document", "", "application/octet-stream")),
    ],
)
def test_one_source(data: Any, expected: Source) -> None:
    assert sources_of(data) == [expected]


def test_grounding_has_several_sources() -> None:
    chunks = [
        {"web": {"uri": PAGE, "title": "Tides"}},
        {"retrievedContext": {"uri": "gs://b/tides.pdf", "title": "Almanac"}},
        {"maps": {"uri": "https://maps.example/1", "title": "Pier"}},
    ]
    found = sources_of({"segment": {"text": "low"}, "groundingChunks": chunks})
    assert [source.url for source in found] == [PAGE, "gs://b/tides.pdf", "https://maps.example/1"]
    assert [source.title for source in found] == ["Tides", "Almanac", "Pier"]


def test_documents_of_cohere() -> None:
    sources = [
        {"type": "document", "id": "doc:0", "document": {"id": "doc:0", "title": "tides.txt"}},
        {"type": "document", "id": "doc:1", "document": {"id": "doc:1", "url": PAGE}},
        {"type": "tool", "id": "get_tide:0", "tool_output": {"height": 2}},
    ]
    assert sources_of({"text": "low", "sources": sources}) == [
        Source("", "tides.txt", "", "application/octet-stream"),
        Source(PAGE),
        Source("", "get_tide:0", "", "application/octet-stream"),
    ]
