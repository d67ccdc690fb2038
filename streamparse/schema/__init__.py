"""Validation by JSON Schema while the value arrives (extra `schema`)."""

from streamparse.schema.validator import SchemaValidator

__all__ = ["SchemaValidator"]
