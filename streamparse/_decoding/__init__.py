"""Decodes bytes, text and SDK objects into records."""
