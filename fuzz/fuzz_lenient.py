"""Fuzzes the lenient dialect: any text gives a value or a `StreamParseError`.

Any chunking and any fork gives one outcome, and valid text needs no repair.
"""

from __future__ import annotations

from fuzz.driver import main

if __name__ == "__main__":
    main("lenient", "check_lenient", "lenient")
