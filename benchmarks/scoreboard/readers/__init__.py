"""One module for each family of libraries: `readers(name)` gives its function for each discipline.

A function for streams takes the pieces of a body and returns `common.found(…)`. One for partial
JSON takes pieces of text and `show`, which it calls with every partial value, and returns the
value. One for repair takes pieces of text and returns the value.
"""
