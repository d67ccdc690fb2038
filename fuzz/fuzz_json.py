"""Fuzzes the JSON parser with any bytes: any chunking gives one outcome, that of `json.loads`.

Only `StreamParseError` is raised.
"""

from __future__ import annotations

from fuzz.driver import main

if __name__ == "__main__":
    main("json", "check_text_and_bytes", "json")
