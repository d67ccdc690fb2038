"""Fuzzes raw-text formats with any text, and with generated and damaged answers.

Only `StreamParseError` is raised, any chunking gives one result, the deltas add up, no truncated
call is complete, and no text is lost.
"""

from __future__ import annotations

from fuzz.driver import main

if __name__ == "__main__":
    main("formats", "check_formats", "formats", module="formats")
