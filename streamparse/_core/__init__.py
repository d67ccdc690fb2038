"""The machine room: what mypyc compiles. Public faces are one level up.

Import order inside, each from earlier ones only: growing, deep_path, flat, events, sink, grammar,
machine, builder, selector, chain, writer, transcriber, parser.
"""
