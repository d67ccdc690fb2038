"""Benchmarks of streamparse and similar libraries, in time and memory.

    python -m benchmarks.bench_json      cost per delta, beside other libraries
    python -m benchmarks.bench_growth    growth of that cost with the document
    python -m benchmarks.bench_memory    memory for documents that are not kept
    python -m benchmarks.plot            draw the raw figures of bench_json
    python -m benchmarks.scoreboard      right or wrong on many cases, beside other libraries

In a checkout they measure the interpreted build. For the compiled build, install the wheel, copy
this folder to a place without the sources, and run them there. Each prints which build it measured.

On a shared machine only ratios within one run are reliable.
"""
