"""Tests of the files in the events and parts of every provider."""

from __future__ import annotations

from typing import Any

import pytest

from streamparse.frontends.files import File, file_of, files_in

INLINE = {"mimeType": "image/png", "data": "aGk="}
LINKED = {"mimeType": "video/mp4", "fileUri": "https://x.example/v"}
CASES: list[tuple[str, Any, File | None]] = [
    ("inlineData", INLINE, File("data:image/png;base64,aGk=", "image/png")),
    ("fileData", LINKED, File("https://x.example/v", "video/mp4")),
    ("file", {"url": "u", "mediaType": "a/b"}, File("u", "a/b")),
    ("image", {"data": "aGk="}, File("data:image/png;base64,aGk=", "image/png")),
    ("video", {"uri": "u", "mime_type": "video/webm"}, File("u", "video/webm")),
    ("inlineData", {"mimeType": "image/png"}, None),
    ("fileData", INLINE, None),
    ("image", {"data": 3}, None),
    ("file", None, None),
    ("safetyRatings", INLINE, None),
]


@pytest.mark.parametrize(("name", "data", "file"), CASES)
def test_event(name: str, data: Any, file: File | None) -> None:
    assert file_of(name, data) == file


def test_part() -> None:
    extra = {"inlineData": INLINE, "thoughtSignature": "s", "fileData": LINKED}
    assert [file.media_type for file in files_in(extra)] == ["image/png", "video/mp4"]
    assert [file.url for file in files_in({"type": "image", "uri": "u"})] == ["u"]
    assert files_in({}) == []
