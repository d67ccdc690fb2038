"""Tests of streamparse._decoding.record: see test_transport, which drives it."""

from __future__ import annotations
