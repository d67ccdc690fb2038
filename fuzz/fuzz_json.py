"""For any bytes: no exception but `StreamParseError`; whole, character by character and in random
pieces a parser gives one outcome; it accepts what `json.loads` accepts, with the same value.
"""

from __future__ import annotations

from fuzz.driver import main

if __name__ == "__main__":
    main("json", "check_text_and_bytes", "json")
