"""Metadata hook that writes the README for package indexes.

An index does not have the files of the repository. So relative links and pictures become absolute,
at the tag of the version, if `[project.urls]` in `pyproject.toml` names the `Repository`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK: Final = re.compile(r"(!?)(\[[^\]\n]*\])\(([^)\s:#][^)\s:]*)\)")
VERSION: Final = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)


def absolute(text: str, repository: str, version: str) -> str:
    """Make relative links absolute; a picture gets the address of its raw file."""

    def replaced(link: re.Match[str]) -> str:
        mark, label, target = link.groups()
        kind = "raw" if mark else "blob"
        return f"{mark}{label}({repository.rstrip('/')}/{kind}/v{version}/{target})"

    return LINK.sub(replaced, text)


class ReadmeHook(MetadataHookInterface):
    """Sets `project.readme`."""

    def update(self, metadata: dict[str, Any]) -> None:
        root = Path(self.root)
        text = (root / "README.md").read_text(encoding="utf-8")
        repository = metadata.get("urls", {}).get("Repository")
        if repository:
            found = VERSION.search((root / "streamparse" / "_version.py").read_text("utf-8"))
            assert found is not None
            text = absolute(text, repository, found[1])
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
