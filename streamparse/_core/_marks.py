"""`mypyc_attr`, which only the compiler reads: so its package is no dependency."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

__all__ = ["mypyc_attr"]

_T = TypeVar("_T")


def _as_it_is(kind: _T) -> _T:
    return kind


try:
    from mypy_extensions import mypyc_attr
except ImportError:

    def mypyc_attr(*attrs: str, **kwattrs: object) -> Callable[[_T], _T]:
        """Leave the class as it is."""
        return _as_it_is
