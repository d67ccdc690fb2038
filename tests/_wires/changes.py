"""Records that are not what they should be: members changed to something else, anywhere."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

_STRANGE: list[Any] = [None, True, 0, -1, 2.5, "", "x", [], [7], ["y"], {}, {"z": 1}, [{}]]

# (which place, what is put there); places count through all members of all records.
CHANGES: st.SearchStrategy[list[tuple[int, Any]]] = st.lists(
    st.tuples(
        st.integers(0, 500),
        st.sampled_from(_STRANGE),
    ),
    min_size=1,
    max_size=4,
)


def changed(records: Sequence[Any], changes: Sequence[tuple[int, Any]]) -> list[Any]:
    """A copy of the records with these members replaced."""
    twin: list[Any] = copy.deepcopy(list(records))
    for number, value in changes:
        places = _places(twin)
        if places:
            holder, step = places[number % len(places)]
            holder[step] = copy.deepcopy(value)
    return twin


def _places(records: list[Any]) -> list[tuple[Any, Any]]:
    """Every member of every record, at any depth, as its container and its key."""
    found: list[tuple[Any, Any]] = []
    waiting: list[Any] = [record for record in records if isinstance(record, dict)]
    while waiting:
        holder = waiting.pop()
        steps = list(holder) if isinstance(holder, dict) else range(len(holder))
        for step in steps:
            found.append((holder, step))
            if isinstance(holder[step], (dict, list)):
                waiting.append(holder[step])
    return found
