"""Tests of validation by JSON Schema; the reference is the `jsonschema` library."""
