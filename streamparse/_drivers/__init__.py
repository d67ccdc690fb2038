"""The drivers: sources, threads and tasks around the parsers. Async code lives here and above."""
