"""Fuzzes coercion: for any text and some schemas, any chunking and any fork gives one outcome.

Values that the schema accepts are not changed.
"""

from __future__ import annotations

from fuzz.driver import main

if __name__ == "__main__":
    main("coercion", "check_coercion", "lenient")
