"""Tests of the modules that mypyc compiles; they run on the interpreted and the compiled build."""
