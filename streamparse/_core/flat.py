"""Values of any depth as two flat sequences, and back.

Pickle and copy recurse on nested containers and fail a third of the way to the depth limit; what
goes into them from this package goes through here first. `shape` holds one character a token:
`{` and `[` open a container, `}` and `]` close it, `:` takes the next leaf as a key, `.` takes
the next leaf as a value.
"""

from __future__ import annotations

from collections.abc import Iterator


def flatten(value: object) -> tuple[str, list[object]]:
    """The tokens and leaves of `value`, in document order, without recursion."""
    shape: list[str] = []
    leaves: list[object] = []
    iterators: list[Iterator[object]] = []
    owners: list[object] = []
    pending: object = value
    while True:
        if isinstance(pending, (dict, list)):
            shape.append("{" if isinstance(pending, dict) else "[")
            owners.append(pending)
            iterators.append(iter(list(pending)))
        else:
            shape.append(".")
            leaves.append(pending)
        while iterators:
            owner = owners[-1]
            step = next(iterators[-1], _END)
            if step is not _END:
                break
            shape.append("}" if isinstance(owner, dict) else "]")
            iterators.pop()
            owners.pop()
        else:
            return "".join(shape), leaves
        pending = step
        if isinstance(owner, dict):
            shape.append(":")
            leaves.append(step)
            pending = owner[step]


def unflatten(shape: str, leaves: list[object]) -> object:
    """The value that `flatten` took apart."""
    root: list[object] = []
    open_values: list[object] = [root]
    keys: list[object] = [None]
    at = 0
    for token in shape:
        if token in "}]":
            open_values.pop()
            keys.pop()
            continue
        if token == ":":
            keys[-1] = leaves[at]
            at += 1
            continue
        value: object
        if token == ".":
            value = leaves[at]
            at += 1
        else:
            value = {} if token == "{" else []
        holder = open_values[-1]
        if isinstance(holder, dict):
            holder[keys[-1]] = value
        else:
            assert isinstance(holder, list)
            holder.append(value)
        if token != ".":
            open_values.append(value)
            keys.append(None)
    return root[0]


_END = object()
