"""Records with some members replaced by values of other types."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

_STRANGE: list[Any] = [None, True, 0, -1, 2.5, "", "x", [], [7], ["y"], {}, {"z": 1}, [{}]]

# Pairs of the number of a member, counted over all records, and the value that replaces it.
CHANGES: st.SearchStrategy[list[tuple[int, Any]]] = st.lists(
    st.tuples(
        st.integers(0, 500),
        st.sampled_from(_STRANGE),
    ),
    min_size=1,
    max_size=4,
)


def changed(records: Sequence[Any], changes: Sequence[tuple[int, Any]]) -> list[Any]:
    """Return a copy of the records in which these members are replaced."""
    twin: list[Any] = copy.deepcopy(list(records))
    for number, value in changes:
        places = _places(twin)
        if places:
            holder, step = places[number % len(places)]
            holder[step] = copy.deepcopy(value)
    return twin


def _places(records: list[Any]) -> list[tuple[Any, Any]]:
    """Return the container and the key of every member of the records, at any depth."""
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
