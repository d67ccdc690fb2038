"""Tests of `streamparse._wires`."""
