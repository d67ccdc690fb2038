"""`python -m tests.frameworks.page` writes programs and versions into `docs/frameworks.md`."""

from __future__ import annotations

import re
from pathlib import Path

from tests.frameworks.serving import PROGRAMS

PAGE = PROGRAMS.parents[1] / "docs" / "frameworks.md"
CONSTRAINTS = Path(__file__).with_name("constraints.txt")

_BLOCK = re.compile(r"(^\[examples/frameworks/(\w+\.py)\][^\n]*\n\n```py\n).*?(^```$)", re.M | re.S)
_ROW = re.compile(r"^(\| \w[\w-]* \| )([a-z][^|]*)( \| \[)", re.MULTILINE)


def versions() -> dict[str, str]:
    """Return the versions with which the programs are tested, by distribution."""
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def code(program: str) -> str:
    """Return a program without its docstring."""
    return (PROGRAMS / program).read_text(encoding="utf-8").split('"""\n\n', 1)[1]


def current(page: str) -> str:
    """Return the page with the current programs and versions."""
    known = versions()

    def row(match: re.Match[str]) -> str:
        names = [each.split()[0] for each in match[2].split(", ")]
        return match[1] + ", ".join(f"{name} {known[name]}" for name in names) + match[3]

    page = _BLOCK.sub(lambda match: match[1] + code(match[2]) + match[3], page)
    return _ROW.sub(row, page)


if __name__ == "__main__":
    PAGE.write_text(current(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
