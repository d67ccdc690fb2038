"""Tests of validation by JSON Schema; the reference library is `jsonschema`."""
