from __future__ import annotations

import math
from typing import Any

import pytest

from streamparse import Limits
from streamparse.gateway.settings import Settings


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"retry": -1}, ValueError, "retry must be 0 or more"),
        ({"retry": True}, TypeError, "retry must be an int"),
        ({"max_body": 0}, ValueError, "max_body must be 1 or more"),
        ({"max_connections": 2.0}, TypeError, "max_connections must be an int"),
        ({"timeout": 0}, ValueError, "timeout must be a number of seconds above 0"),
        ({"heartbeat": -1}, ValueError, "heartbeat must be"),
        ({"stall": math.nan}, ValueError, "stall must be"),
        ({"metrics": "numbers"}, ValueError, "metrics must be a path"),
        ({"limits": 5}, TypeError, "limits must be Limits"),
        ({"format": "nonsense"}, ValueError, "no format is named"),
    ],
)
def test_invalid_options(options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Settings(upstream="http://m", **options)


def test_seconds() -> None:
    settings = Settings(upstream="http://m", timeout=math.inf, connect_timeout=2.0)
    assert settings.seconds == {"connect": 2.0, "pool": 2.0, "read": None, "write": None}


def test_reading() -> None:
    settings = Settings(upstream="http://m", format="hermes", limits=Limits())
    with_tools, without = settings.reading(True), settings.reading(False)
    assert with_tools is not None
    assert with_tools.plan is not None
    assert without is not None
    assert without.plan is not None
    assert not without.plan.format.calls
    assert Settings(upstream="http://m", format=None).reading(True) is None
