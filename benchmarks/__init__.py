"""Benchmarks of streamparse and similar libraries, in time and memory.

    python -m benchmarks.bench_json      cost per delta, beside other libraries
    python -m benchmarks.bench_growth    what happens to that cost as the document grows
    python -m benchmarks.bench_memory    memory for documents that are not kept
    python -m benchmarks.plot            draw the raw figures of bench_json

Run from a checkout, they measure the checkout, which is the interpreted build. For the compiled one
install the wheel, copy this folder to a place without the sources, and run them there. Each says
which build it has measured.

On a shared machine only the ratios mean much, and only those taken in one run.
"""
