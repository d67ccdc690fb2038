"""Paths of deep values, which share the path of their parent.

A path is a tuple of steps. In a document of depth d each event of a fragment would have its own
tuple of d steps, so that the memory of the events of a fragment would grow with depth times events.
So the path of a container with more than `SHORT` steps, and the paths of all values in it, are kept
as the path of the parent and one step. The tuple is built when it is read.

A `LeafPath` is the same for a string or a scalar. Compiled, their paths are kept like this at any
depth: it costs less than a tuple, and the garbage collector does not track it.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final, TypeAlias, Union

from streamparse._core._marks import mypyc_attr
from streamparse._core.grammar import COMPILED

SHORT: Final = 16


class DeepPath:
    """The path of a container: `parent`, a tuple or another `DeepPath`, and one more step."""

    __slots__ = ("parent", "step")

    _init_types: ClassVar[tuple[Any, ...]] = (tuple, int)

    def __init__(self, parent: ParentPath, step: object) -> None:
        self.parent: ParentPath = parent
        self.step: object = step


@mypyc_attr(acyclic=True)
class LeafPath:
    """The path of a value in the container at `parent`. It is never a parent itself.

    The garbage collector therefore need not track it. It must track a `DeepPath`: otherwise the
    deallocation of a long chain of them would be recursive.
    """

    __slots__ = ("parent", "step")

    _init_types: ClassVar[tuple[Any, ...]] = (tuple, int)

    def __init__(self, parent: ParentPath, step: object) -> None:
        self.parent: ParentPath = parent
        self.step: object = step


# The path of a container, and any path, as builders and events keep them.
ParentPath: TypeAlias = Union[tuple[Any, ...], DeepPath]  # noqa: UP007
SharedPath: TypeAlias = Union[tuple[Any, ...], DeepPath, LeafPath]  # noqa: UP007


def extended(path: ParentPath, step: object) -> ParentPath:
    """Return `path` and one more step, as the path of a container."""
    if isinstance(path, tuple) and len(path) < SHORT:
        return path + (step,)  # compiled, `(*path, step)` would make a list first
    return DeepPath(path, step)


def leaf_path(base: ParentPath, step: object) -> SharedPath:
    """Return the path of a string or scalar in the container at `base`."""
    if COMPILED or not isinstance(base, tuple):
        return LeafPath(base, step)
    return base + (step,)


def is_same_path(one: SharedPath, other: SharedPath) -> bool:
    """Whether two paths are equal. Paths in different containers count as different."""
    if isinstance(one, DeepPath) and isinstance(other, DeepPath):
        return one.parent is other.parent and one.step == other.step
    if isinstance(one, LeafPath) and isinstance(other, LeafPath):
        return one.parent is other.parent and one.step == other.step
    return one is other or (isinstance(one, tuple) and one == other)


def steps_of(path: SharedPath) -> tuple[Any, ...]:
    """Return a path as a tuple."""
    if isinstance(path, tuple):
        return path
    if isinstance(path, LeafPath):
        return steps_of(path.parent) + (path.step,)
    steps: list[Any] = []
    while isinstance(path, DeepPath):
        steps.append(path.step)
        path = path.parent
    steps.reverse()
    return (*path, *steps)
