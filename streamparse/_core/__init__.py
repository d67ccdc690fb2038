"""The machine room: what mypyc compiles. Public faces are one level up.

Import order inside: flat, events, sink < machine, selector, builder < chain, writer, subtree <
parser.
"""
