"""Extension of griffe for docstrings on the site.

Examples (`>>>`) become blocks of code, and names of pages become links.
"""

from __future__ import annotations

import re
from typing import Any, Final

from griffe import Extension

# From a prompt to the next empty line, with the empty lines between two prompts.
DOCTEST: Final = re.compile(r"^( *)>>> (?:.+\n?)+(?:\n+\1>>> (?:.+\n?)+)*", re.MULTILINE)
PAGE: Final = re.compile(r"`docs/([\w-]+)\.md`")


def converted(text: str) -> str:
    """The docstring with fences around its examples, and links to pages."""
    linked = PAGE.sub(r"[\1](../\1.md)", text)
    return DOCTEST.sub(lambda found: block(found[0], found[1]), linked)


def block(example: str, indent: str) -> str:
    return f"{indent}```pycon\n{example.rstrip()}\n{indent}```\n"


class Docstrings(Extension):
    """Changes the docstring of every object."""

    def on_object(self, *, obj: Any, **kwargs: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = converted(obj.docstring.value)
