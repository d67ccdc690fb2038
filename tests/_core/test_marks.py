"""Tests of the stand-in for mypyc's class marks."""

from __future__ import annotations

from streamparse._core._marks import mypyc_attr


def test_a_marked_class_is_left_as_it_is() -> None:
    class Plain:
        pass

    assert mypyc_attr("acyclic", native_class=True)(Plain) is Plain
    assert mypyc_attr()(Plain) is Plain


def test_a_marked_function_is_left_as_it_is() -> None:
    def plain() -> None: ...

    assert mypyc_attr("acyclic")(plain) is plain
