"""Fuzz targets and the checks behind them, which the test suite runs under Hypothesis too."""
