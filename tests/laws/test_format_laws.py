"""Laws 1 to 4, 7 and 8 for raw-text formats: answers rendered in every format, cut anywhere."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamparse.formats import names
from tests.formats.checks import (
    check_answer,
    check_events,
    check_growth,
    check_nothing_lost,
    check_truncated,
    run,
)
from tests.formats.render import Answer, make_answer
from tests.helpers import cut
from tests.strategies import SIZES

# Each format is a property of its own: together they are searched as hard as others alone.
FEW = settings(max_examples=max(settings().max_examples // 20, 3))
each_format = pytest.mark.parametrize("name", names())
CHOICES = st.randoms(use_true_random=False)


@each_format
@FEW
@given(choose=CHOICES, sizes=SIZES)
def test_law_1_what_was_said_is_read(
    name: str, choose: random.Random, sizes: Sequence[int]
) -> None:
    """Laws 1 and 4: written in the format, cut anywhere, read back."""
    answer = make_answer(name, choose)
    options = {"tools": answer.tools or None, **answer.options}
    whole = run(name, [answer.text], **options)
    assert whole.error is None
    check_answer(whole.message, answer)
    check_events(whole)
    assert run(name, cut(answer.text, [1]), **options).reading == whole.reading
    assert run(name, cut(answer.text, sizes), **options).reading == whole.reading


@each_format
@FEW
@given(choose=CHOICES, sizes=SIZES)
def test_law_3_what_is_shown_only_grows(
    name: str, choose: random.Random, sizes: Sequence[int]
) -> None:
    """Law 3: texts and partial arguments."""
    answer = make_answer(name, choose, most=2)
    options = {"tools": answer.tools or None, **answer.options}
    check_growth(name, cut(answer.text, sizes if any(sizes) else [1]), **options)


@each_format
@FEW
@given(choose=CHOICES, sizes=SIZES, places=st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_law_7_a_cut_call_is_never_complete(
    name: str, choose: random.Random, sizes: Sequence[int], places: list[float]
) -> None:
    """Laws 7 and 8: what stops early."""
    answer = make_answer(name, choose)
    for place in {int(share * len(answer.text)) for share in places}:
        check_truncated(answer, place, cut(answer.text[:place], sizes))
