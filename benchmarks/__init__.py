"""Benchmarks of streamparse and similar libraries, in time and memory.

    python -m benchmarks.bench_json      cost per delta, compared with other libraries
    python -m benchmarks.bench_growth    growth of that cost with the size of the document
    python -m benchmarks.bench_memory    memory for documents that are not kept
    python -m benchmarks.plot            a chart of the raw figures of bench_json
    python -m benchmarks.scoreboard      correctness in many cases, compared with other libraries

In a checkout they measure the interpreted build. To measure the compiled build, install the wheel,
copy this folder to a place without the sources, and run them there. Each prints the measured build.

On a shared machine only ratios within one run are reliable.
"""
