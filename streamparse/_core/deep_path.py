"""Paths of deep values, which share the path of their parent.

A path is a tuple of steps. In a document of depth d, each event of one fragment would have a tuple
of d steps of its own, so that the memory of a fragment's events would grow with depth times events.
A path of more than `SHORT` steps is therefore kept as its parent's path and one step; the tuple is
made when someone asks for it.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final, TypeAlias, Union

SHORT: Final = 16


class DeepPath:
    """The path `parent` (a tuple or another one) and one step more."""

    __slots__ = ("parent", "step")

    init_types: ClassVar[tuple[Any, ...]] = (tuple, int)

    def __init__(self, parent: SharedPath, step: object) -> None:
        self.parent: SharedPath = parent
        self.step: object = step


#: A path as builders and events keep it.
SharedPath: TypeAlias = Union[tuple[Any, ...], DeepPath]  # noqa: UP007


def extended(path: SharedPath, step: object) -> SharedPath:
    """The path that leads one step further."""
    if isinstance(path, tuple) and len(path) < SHORT:
        return path + (step,)  # compiled, `(*path, step)` would make a list first
    return DeepPath(path, step)


def is_same_path(one: SharedPath, other: SharedPath) -> bool:
    """Whether two paths are equal; paths of different containers are taken as different."""
    if isinstance(one, DeepPath) and isinstance(other, DeepPath):
        return one.parent is other.parent and one.step == other.step
    return one is other or (isinstance(one, tuple) and one == other)


def steps_of(path: SharedPath) -> tuple[Any, ...]:
    """The path as a tuple."""
    if isinstance(path, tuple):
        return path
    steps: list[Any] = []
    while isinstance(path, DeepPath):
        steps.append(path.step)
        path = path.parent
    steps.reverse()
    return (*path, *steps)
