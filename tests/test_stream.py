"""Tests of streamparse.stream."""
