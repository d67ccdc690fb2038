"""Fuzzes options of the JSON parser: `many`, `trailing="stop"`, `select`, limits and forks.

Any chunking gives one outcome, remainders are exact, and forks change nothing. The last byte of the
data chooses the option.
"""

from __future__ import annotations

from fuzz.driver import main

if __name__ == "__main__":
    main("options", "check_any_option", "json")
