"""Extension of griffe: examples in docstrings (`>>>`) become blocks of code on the site."""

from __future__ import annotations

import re
from typing import Any, Final

from griffe import Extension

# From a prompt to the next empty line, with the empty lines between two prompts.
DOCTEST: Final = re.compile(r"^( *)>>> (?:.+\n?)+(?:\n+\1>>> (?:.+\n?)+)*", re.MULTILINE)


def fenced(text: str) -> str:
    """The docstring with its examples in fences."""
    return DOCTEST.sub(lambda found: block(found[0], found[1]), text)


def block(example: str, indent: str) -> str:
    return f"{indent}```pycon\n{example.rstrip()}\n{indent}```\n"


class Doctests(Extension):
    """Changes the docstring of every object."""

    def on_object(self, *, obj: Any, **kwargs: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)
