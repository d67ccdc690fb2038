"""Fuzz targets and their checks, which the test suite also runs with Hypothesis."""
