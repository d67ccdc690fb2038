"""Stand-in for `mypy_extensions`, where that package is absent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")


def mypyc_attr(*attrs: str, **kwattrs: object) -> Callable[[_T], _T]:
    """Leave the class as it is."""
    return lambda kind: kind
