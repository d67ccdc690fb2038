"""The machine room: what mypyc compiles. Public faces are one level up.

Import order inside, each from earlier ones only: deep_path, flat, events, sink, grammar, growing,
machine, builder, selector, chain, writer, transcriber, parser.
"""
