"""One module for each family of libraries; `readers(name)` returns a function for each discipline.

A function for streams takes the pieces of a body and returns `common.found(…)`. A function for
partial JSON takes pieces of text and `show`, which it calls with every partial value, and returns
the value. A function for repair takes pieces of text and returns the value.
"""
