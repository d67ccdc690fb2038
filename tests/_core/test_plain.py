"""`json_text` writes whatever a parser makes; the lines of the command line are made of it too."""

from __future__ import annotations

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from streamparse import JSONParser, parse
from streamparse._core.plain import json_text

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@given(VALUES)
def test_reads_back(value: object) -> None:
    text = json_text(value)
    assert "\n" not in text
    assert json.loads(text.encode()) == value


def test_depth_infinity_and_lone_surrogates() -> None:
    parser = JSONParser()
    parser.feed('[{"a":' * 400)
    assert json_text(parser.value) == '[{"a":' * 399 + "[{}]" + "}]" * 399
    value: list[object] = ["bottom"]
    for _ in range(5000):
        value = [{"": value}]
    assert json_text(value) == '[{"":' * 5000 + '["bottom"]' + "}]" * 5000
    assert json_text({"n": math.inf, "s": "\ud800é"}) == '{"n":1e999,"s":"\\ud800é"}'
    assert parse(json_text([1e400, -1e400])) == [math.inf, -math.inf]
