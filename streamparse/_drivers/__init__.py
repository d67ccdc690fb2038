"""Reads sources and drives the parsers; asynchronous code begins at this layer."""
