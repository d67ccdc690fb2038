"""Prepares a specification of parameters in tags: the literals that may occur in each position."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from streamparse.formats.markers import Markers, first_characters
from streamparse.formats.plan import CallPlan, HeaderPlan, Plan
from streamparse.formats.table import Header, Parameters

__all__ = ["HEADER_LENGTH", "ParametersPlan"]

#: The maximum length of the opening tag of a parameter.
HEADER_LENGTH: Final = 1024


class ParametersPlan:
    """A specification of parameters, prepared for the machine, with the literals of its format."""

    __slots__ = (
        "ahead",
        "body",
        "care",
        "closers",
        "ends",
        "follow_call",
        "header",
        "nested",
        "opening",
        "opens",
        "pairs",
        "spec",
        "value",
    )

    _init_types: ClassVar[tuple[Any, ...]] = (
        Parameters(open=(), header=Header(pattern=""), close=()),
        CallPlan,
        Plan,
    )

    def __init__(self, spec: Parameters, call: CallPlan, plan: Plan) -> None:
        closers, after_call = call.close.words, plan.between.words
        self.spec: Parameters = spec
        self.header: HeaderPlan = HeaderPlan(spec.header, [*spec.open, *spec.close, *closers])
        self.opens: frozenset[str] = frozenset(spec.open)
        self.closers: frozenset[str] = frozenset(spec.close)
        #: The closer of each opener, if each opener has its own.
        paired = len(spec.open) == len(spec.close)
        self.pairs: dict[str, str] = dict(zip(spec.open, spec.close, strict=True)) if paired else {}
        self.ends: frozenset[str] = frozenset(closers)  # the closers of the call
        #: The literals that may occur between parameters, after a value, or after the call.
        self.body: Markers = Markers([*spec.open, *spec.close, *closers, *after_call])
        #: The literals that may occur directly after the name of the call.
        self.ahead: Markers = self.body
        #: The literals between a key and its value. Some models write the end of a key twice.
        self.opening: Markers = Markers([*spec.value, *spec.header.end] if spec.value else [])
        #: Openers that may occur inside a value, each with its own closer.
        self.nested: frozenset[str] = frozenset(
            close.replace("</", "<", 1) for close in spec.close if "</" in close
        )
        self.value: Markers = Markers([*spec.close, *spec.open, *closers, *self.nested])
        self.follow_call: Markers = plan.between
        #: The first characters of literals; text without them contains no literal.
        self.care: list[str] = first_characters(self.value, plan.ends_of_turn)
