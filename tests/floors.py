"""Prints the lowest versions that the extras allow as constraints: `python -m tests.floors`."""

from __future__ import annotations

import re
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def floors(text: str) -> list[str]:
    """Return `name==version` for each requirement of the extras for users.

    >>> floors('[project.optional-dependencies]\\na = ["b>=1.2"]\\n# What developers need.')
    ['b==1.2']
    """
    extras = text.partition("[project.optional-dependencies]")[2]
    extras = extras.partition("# What developers need.")[0]
    return [f"{name}=={floor}" for name, floor in re.findall(r'"([\w.-]+)>=([\w.]+)"', extras)]


if __name__ == "__main__":
    print("\n".join(floors(PROJECT.read_text(encoding="utf-8"))))
