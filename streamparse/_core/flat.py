"""Values of any depth as two flat sequences, and their comparison, without recursion.

`pickle` and `copy` recurse into containers and fail at a third of the depth limit, so values are
flattened for them. `shape` has one character for each token: `{` and `[` open a container, `}` and
`]` close it, `:` takes the next leaf as a key, `.` takes the next leaf as a value.
"""

from __future__ import annotations

from collections.abc import Iterator


def flatten(value: object) -> tuple[str, list[object]]:
    """Return the tokens and leaves of `value`, in document order."""
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
    """Return the value that was flattened."""
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


def equal(one: object, other: object) -> bool:
    """Whether two JSON values are equal, in any order of members. True is not equal to 1."""
    if isinstance(one, str):
        return isinstance(other, str) and one == other
    todo: list[tuple[object, object]] = [(one, other)]
    while todo:
        left, right = todo.pop()
        if left is right:
            continue
        if isinstance(left, dict):
            if not isinstance(right, dict) or len(left) != len(right):
                return False
            for key in left:
                if key not in right:
                    return False
                todo.append((left[key], right[key]))
        elif isinstance(left, list):
            if not isinstance(right, list) or len(left) != len(right):
                return False
            todo += zip(left, right, strict=True)
        elif isinstance(left, bool) != isinstance(right, bool) or left != right:
            return False
    return True


_END = object()
