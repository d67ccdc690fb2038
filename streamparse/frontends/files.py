"""The files in an answer, such as generated images, for every provider."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from streamparse._core.plain import dict_of, text_of

__all__ = ["File", "file_of", "files_in"]

_DEFAULTS: Final = {"image": "image/png", "video": "video/mp4", "document": "application/pdf"}


class File(NamedTuple):
    """A file: its URL, which is a data URL if the answer contains the file, and its media type."""

    url: str
    media_type: str


def file_of(name: str, data: Any) -> File | None:
    """Return the file of a `ProviderEvent`, or None if it has none.

    Args:
        name: The name of the event: `inlineData` or `fileData` (Gemini), `image`, `video` or
            `document` (Interactions), or `file` and `reasoning-file` (the front-end protocols).
        data: The data of the event.

    >>> file_of("inlineData", {"mimeType": "image/png", "data": "aGk="})
    File(url='data:image/png;base64,aGk=', media_type='image/png')
    """
    fields = dict_of(data)
    if name == "inlineData":
        return _made(fields.get("mimeType"), fields.get("data"), None)
    if name == "fileData":
        return _made(fields.get("mimeType"), None, fields.get("fileUri"))
    if name in ("file", "reasoning-file"):
        return _made(fields.get("mediaType"), None, fields.get("url"))
    if name in _DEFAULTS:
        media_type = text_of(fields.get("mime_type")) or _DEFAULTS[name]
        return _made(media_type, fields.get("data"), fields.get("uri"))
    return None


def files_in(extra: dict[str, Any]) -> list[File]:
    """Return the files in the `extra` of a part."""
    found = [file_of(name, data) for name, data in extra.items()]
    found.append(file_of(text_of(extra.get("type")), extra))
    return [file for file in found if file is not None]


def _made(media_type: Any, content: Any, url: Any) -> File | None:
    kind = text_of(media_type)
    if kind and text_of(content):
        return File(f"data:{kind};base64,{content}", kind)
    return File(url, kind) if kind and text_of(url) else None
