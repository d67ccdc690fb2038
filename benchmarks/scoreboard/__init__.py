"""A yardstick for libraries that read the output of language models while it streams.

    python -m benchmarks.scoreboard                    the libraries that are installed here
    python -m benchmarks.scoreboard --install FOLDER   the newest version of all of them

The cases are data (`cases/*.json`): a stream, and what a reader should find in it. Each library
runs in a process of its own with a time limit. The report is one JSON file and one HTML page.
"""
