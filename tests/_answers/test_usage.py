from __future__ import annotations

import pytest

from streamparse import LimitError, Limits
from streamparse._answers.usage import UsageRecords, sum_of_usages
from streamparse._core.room import Room
from streamparse.message import Message, Usage


def records(content: int = 1_000) -> UsageRecords:
    return UsageRecords(Message(), Room(Limits(content=content)))


def test_a_record_is_completed_by_earlier_ones() -> None:
    usages = records()
    assert usages.completed({"out": 3}) == {"out": 3}
    assert usages.replace(Usage(raw={"in": 5, "details": {"cached": 2}, "flag": True}))
    merged = usages.completed(
        {"in": 0, "out": 3, "details": {"cached": 0, "new": 1}, "flag": False}
    )
    assert merged == {"in": 5, "out": 3, "details": {"cached": 2, "new": 1}, "flag": False}


def test_the_same_usage_changes_nothing() -> None:
    usages = records()
    assert usages.replace(Usage(3, output_tokens=4))
    assert not usages.replace(Usage(3, output_tokens=4))
    assert usages.replace(Usage(3, output_tokens=5))


def test_only_the_last_record_is_counted() -> None:
    usages = records(20)
    for count in range(50):
        usages.replace(Usage(count, raw={"in": count}))
    with pytest.raises(LimitError):
        usages.replace(Usage(raw={"name": "x" * 30}))


def test_records_add_up() -> None:
    usages = records()
    assert usages.added({"out": 3}) == {"out": 3}
    known = {"in": 5, "out": 1, "details": {"cached": 2, "of": {"deep": 1}}, "flag": True}
    assert usages.replace(Usage(raw=known))
    summed = usages.added({"out": 3, "details": {"cached": 1, "new": 1}, "flag": True, "tier": "a"})
    details = {"cached": 3, "of": {"deep": 1}, "new": 1}
    assert summed == {"in": 5, "out": 4, "details": details, "flag": True, "tier": "a"}


def test_the_sum_of_usages() -> None:
    assert sum_of_usages([None, Usage()]) is None
    total = sum_of_usages([Usage(input_tokens=1), None, Usage(input_tokens=2, output_tokens=3)])
    assert total == Usage(input_tokens=3, output_tokens=3, total_tokens=5)
