"""Tests of streamparse._decoding.json_records: see test_transport, which drives it."""

from __future__ import annotations
