"""The web pages and documents that a citation names, for every provider.

The recorded shapes: Anthropic (`url`, or `document_title` with a place in it), OpenAI (`url`, or
`filename` and `file_id`), Gemini (`uri`, or `groundingChunks` of `web`, `maps` and
`retrievedContext`), Bedrock Converse (`title` and `location`), Cohere (`sources` of documents and
tool outputs).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from streamparse._core.plain import dict_of, list_of, text_of

__all__ = ["Source", "sources_of"]

_TITLES: Final = ("title", "document_title", "filename", "source", "file_id", "id")
_MEDIA_TYPES: Final = {
    "csv": "text/csv",
    "html": "text/html",
    "json": "application/json",
    "md": "text/markdown",
    "pdf": "application/pdf",
    "txt": "text/plain",
}
_UNKNOWN: Final = "application/octet-stream"


class Source(NamedTuple):
    """A web page, or a document where `url` is empty; unknown fields are empty."""

    url: str = ""
    title: str = ""
    filename: str = ""
    media_type: str = ""


def sources_of(data: Any) -> list[Source]:
    """Return the sources that a citation names, in its order; at least one.

    >>> sources_of({"type": "url_citation", "url": "https://example.org", "title": "Tides"})
    [Source(url='https://example.org', title='Tides', filename='', media_type='')]
    """
    citation = dict_of(data)
    found = [_source(dict_of(each)) for each in _inner(citation)]
    return found or [_source(citation)]


def _inner(citation: dict[str, Any]) -> list[Any]:
    """Return the sources inside a citation that has several."""
    kinds = ("web", "maps", "retrievedContext")
    chunks = [dict_of(chunk) for chunk in list_of(citation.get("groundingChunks"))]
    grounding = [dict_of(next((chunk[k] for k in kinds if k in chunk), {})) for chunk in chunks]
    cited = [dict_of(each) for each in list_of(citation.get("sources"))]
    return grounding + [{**each, **dict_of(each.get("document"))} for each in cited]


def _source(data: dict[str, Any]) -> Source:
    place = dict_of(data.get("location"))
    web = dict_of(place.get("web"))
    url = text_of(data.get("url")) or text_of(data.get("uri")) or text_of(web.get("url"))
    title = next((data[name] for name in _TITLES if text_of(data.get(name))), "")
    if url:
        return Source(url, "" if title == data.get("id") else title)
    filename = text_of(data.get("filename"))
    return Source("", title or "document", filename, _media_type(data, place, filename))


def _media_type(data: dict[str, Any], place: dict[str, Any], filename: str) -> str:
    """Return the media type by the file name, or else by the kind of the location."""
    ending = filename.rpartition(".")[2].lower()
    if ending in _MEDIA_TYPES:
        return _MEDIA_TYPES[ending]
    if data.get("type") == "page_location" or "documentPage" in place:
        return _MEDIA_TYPES["pdf"]
    if data.get("type") == "char_location" or "documentChar" in place:
        return _MEDIA_TYPES["txt"]
    return _UNKNOWN
