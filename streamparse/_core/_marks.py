"""`mypyc_attr`, without a dependency on its package: only the compiler reads it."""

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
        """Return a decorator that returns the class unchanged."""
        return _as_it_is
