"""For any text in any raw-text format, and for answers made up and spoilt: no exception but ours;
one reading for all cuts; the deltas add up; no cut call is complete; no word is lost.
"""

from __future__ import annotations

from fuzz.driver import main

if __name__ == "__main__":
    main("formats", "check_formats", "formats", module="formats")
