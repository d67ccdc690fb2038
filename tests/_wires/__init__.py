"""Tests of what mypyc compiles; they run unchanged on both builds."""
