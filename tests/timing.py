"""Two measurements of work: the exact number of executed lines, and processor time."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import streamparse

PACKAGE = str(Path(streamparse.__file__).parent)


def lines_run(call: Callable[[], object]) -> int:
    """Return the number of lines of the package that this call executes."""
    count = 0

    def local(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal count
        count += event == "line"
        return local

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        return local if frame.f_code.co_filename.startswith(PACKAGE) else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def seconds(call: Callable[[], object]) -> float:
    """Return the processor time of this call, without garbage collection and coverage.

    Garbage is not collected before the call either, because that would often take longer than it.
    """
    gc.disable()
    before = sys.gettrace()
    sys.settrace(None)
    try:
        start = time.process_time()
        call()
        return time.process_time() - start
    finally:
        sys.settrace(before)
        gc.enable()
