"""Tests of streamparse._decoding.opening: see test_transport, which drives it."""

from __future__ import annotations
