"""Compares libraries that read the output of language models while it streams.

    python -m benchmarks.scoreboard                    the libraries that are installed here
    python -m benchmarks.scoreboard --install FOLDER   the newest version of all of them

The cases are data (`cases/*.json`): a stream, and the expected result. Each library runs in its own
process with a time limit. The report is one JSON file and one HTML page.
"""
